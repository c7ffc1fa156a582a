"""Enumerated: the finite weighted list of everything a program can do.

Meaning: the sum of its weights at each outcome. Naive on purpose: every path is followed to its end,
nothing is merged. `pplc.inference.exact` merges, and is tested against this.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple, TypeVar

from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import located
from pplc.semantics.machine import Infer, Machine
from pplc.semantics.measure import ONE, Measure, collected, is_zero, times
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.answering import weight_of
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.values import Fault, Value

K = TypeVar("K", bound=Hashable)


class Outcome(NamedTuple):
    """One path of a program to its end, and its weight (see `Weighted` for the dimension)."""

    finished: Finished
    log_weight: LogWeight
    dimension: int


def choices(event: Sampling) -> list[tuple[Value, LogWeight]]:
    """Every value a draw can take with its log mass; an error if they are not finitely many."""
    try:
        found = event.law.masses()
    except Fault as fault:
        raise located(fault, event.span) from None
    if found is None:
        raise Rejected(
            Diagnostic(
                "E0502",
                f"{event.law.describe()} has infinitely many values, so it cannot be enumerated",
                event.span,
                help="choose another method, such as `--method importance`, or let `--method auto` choose",
            )
        )
    return [(value, mass) for value, mass in found if not is_zero(mass)]


def outcomes(machine: Machine, event: Event) -> Iterator[Outcome]:
    """Every path from an event to its end that has positive weight, depth first."""
    paths = [(event, ONE(machine.exact), 0)]
    budget = machine.bound.budget.states
    done = 0
    while paths:
        event, weight, dimension = paths.pop()
        match event:
            case Sampling(_, _, _, state):
                for value, mass in reversed(choices(event)):
                    paths.append((machine.resume(state, value), times(weight, mass), dimension))
                if len(paths) + done > budget:
                    raise too_many(budget, event)
            case Observing(_, _, _, _, state):
                factor, more = weight_of(event)
                if not is_zero(factor):
                    paths.append((machine.resume(state), times(weight, factor), dimension + more))
            case Weighing(factor, _, state):
                if not is_zero(factor):
                    paths.append((machine.resume(state), times(weight, factor), dimension))
            case Finished():
                done += 1
                yield Outcome(event, weight, dimension)


def too_many(budget: int, event: Sampling) -> Rejected:
    """The error when enumeration runs out of its budget."""
    return Rejected(
        Diagnostic(
            "E0503",
            f"enumeration would keep more than {budget:,} runs",
            event.span,
            label="the number of runs grows here",
            help="raise the bound with `--max-states`, or choose another method",
        )
    )


def denote(bound: Bound, infer: Infer, of: Callable[[Finished], K], *, exact: bool = True) -> Measure[K]:
    """The unnormalised measure of a finite program over `of` of its finished runs."""
    machine = Machine(bound, exact=exact, infer=infer)
    found = ((of(o.finished), o.log_weight, o.dimension) for o in outcomes(machine, machine.start()))
    return collected(found)
