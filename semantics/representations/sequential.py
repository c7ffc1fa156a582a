"""Sequential: a run suspended just after each of its weights; a value that can be copied, stored, resumed.

Meaning: the measure of the program cut off after its k-th weight, over the suspended runs; a run that has
finished stays as it is and gets no further weight. `finish` runs to the end, so that the meaning of
`start`, any number of `advance`s and `finish` is the program's own measure
(Scibior et al., *Denotational validation of higher-order Bayesian inference*, POPL 2018, section 4.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from pplc.semantics.laws import LawValue
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero, times
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.answering import draw_from, pointwise, weight_of
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value


class Choice(NamedTuple):
    """A draw that a run has made: from `law`, at `address`."""

    address: Address
    value: Value
    law: LawValue


Choices: TypeAlias = "tuple[Choice, Choices] | None"
Observed: TypeAlias = "tuple[Choice, Observed] | None"


class Suspended(NamedTuple):
    """A run that waits just after a weight, or has finished.

    event:     the observation or weight it waits at (already counted), or its end.
    choices:   its draws so far, latest first; runs that were copied share what they have in common.
    observed:  its observations so far, latest first, each as the choice it would have been.
    weights:   how many weights it has met.
    dimension: how many of its weights were densities with respect to length rather than masses.
    log_weight: log of the product of its weights.
    """

    event: Event
    choices: Choices
    observed: Observed
    weights: int
    dimension: int
    log_weight: LogWeight

    @property
    def finished(self) -> bool:
        """Whether the run has ended."""
        return isinstance(self.event, Finished)

    def trace(self) -> dict[Address, Choice]:
        """The draws by address, in the order in which they were made."""
        made = list(listed(self.choices))
        return {choice.address: choice for choice in reversed(made)}

    def likelihood(self, one: LogWeight) -> dict[Address, LogWeight]:
        """The log density of every observed datum, of arrays that of every entry; `one` is the log of 1."""
        found: dict[Address, LogWeight] = {}
        for address, value, law in reversed(list(listed(self.observed))):
            for entry, density in pointwise(law, value, address).items():  # one datum may be seen repeatedly
                found[entry] = times(found.get(entry, one), density)
        return found


def listed(choices: Choices) -> Iterator[Choice]:
    """The choices of a run, latest first."""
    while choices is not None:
        yield choices[0]
        choices = choices[1]


Choose: TypeAlias = Callable[[Sampling], tuple[Value, LogWeight]]
"""Answers a draw: the value, and the log of the factor by which the run must be weighed for it.

The factor is the law's density over the proposal's: 1 for a draw from the law itself.
"""


def prior(source: Source, *, exact: bool) -> Choose:
    """Draws from the program's own laws."""
    one = ONE(exact)
    return lambda event: (draw_from(event, source), one)


Stepped: TypeAlias = "tuple[Suspended, LogWeight]"
"""A suspended run and the log of the weight it met on the way there."""


def start(machine: Machine, choose: Choose) -> Stepped:
    """A run from the start of the program to its first weight."""
    return start_from(machine, machine.start(), choose)


def start_from(machine: Machine, event: Event, choose: Choose) -> Stepped:
    """A run from its first event, such as that of an inner model, to its first weight."""
    return _until_weight(machine, Suspended(event, None, None, 0, 0, ONE(machine.exact)), event, choose)


def advance(machine: Machine, run: Suspended, choose: Choose) -> Stepped:
    """A suspended run taken on to its next weight or its end; the weight on the way.

    A finished run stays, with weight 1.
    """
    match run.event:
        case Observing(state=state) | Weighing(state=state):
            return _until_weight(machine, run, machine.resume(state), choose)
        case Finished():
            return run, ONE(machine.exact)
        case Sampling():
            raise TypeError("a suspended run waits after a weight, not at a draw")


def finish(machine: Machine, stepped: Stepped, choose: Choose) -> Stepped:
    """A suspended run taken on to its end, unless its weight becomes zero; the product of its weights."""
    run, total = stepped
    while not run.finished and not is_zero(total):
        run, weight = advance(machine, run, choose)
        total = times(total, weight)
    return run, total


def _until_weight(machine: Machine, run: Suspended, event: Event, choose: Choose) -> Stepped:
    """From the event that comes next on to the first weight, which is counted, or to the end."""
    _, choices, observed, weights, dimension, log_weight = run
    factors = ONE(machine.exact)
    while isinstance(event, Sampling):
        value, factor = choose(event)
        choices = (Choice(event.address, value, event.law), choices)
        factors = times(factors, factor)
        if is_zero(factor):  # the value is impossible: nothing may be computed from it
            dead = Weighing(factor, event.span, event.state)
            return Suspended(dead, choices, observed, weights, dimension, factor), factor
        event = machine.resume(event.state, value)
    if isinstance(event, Finished):
        return Suspended(event, choices, observed, weights, dimension, log_weight), factors
    weights += 1
    if isinstance(event, Observing):
        weight, more = weight_of(event)
        observed = (Choice(event.address, event.value, event.law), observed)
        dimension += more
    else:
        weight = event.log_weight
    return Suspended(event, choices, observed, weights, dimension, times(log_weight, weight)), times(
        factors, weight
    )
