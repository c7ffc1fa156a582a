"""The transitions of one round of a loop, found by running it from each state it is met in.

Observations of data that are nothing but observed are not weighed here: the law is remembered, so that
the round need not be run again for other data (`Datum`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from pplc.inference.rounds import Place, Rounds
from pplc.lang import core
from pplc.semantics.calls import Active
from pplc.semantics.growing import Growing
from pplc.semantics.laws import LawValue
from pplc.semantics.laws_base import is_opaque
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero, times
from pplc.semantics.number import CERTAIN, LogWeight
from pplc.semantics.representations.answering import weight_of
from pplc.semantics.representations.enumerated import choices
from pplc.semantics.runs import Env, Event, Finished, Observing, Sampling, State, Weighing
from pplc.semantics.values import Address, FunctionValue, Value

MOST_PATHS = 5_000
"""Ways through one round from one state."""


class Unfit(Exception):
    """The program, with these data, is left to the general engine."""


@dataclass(frozen=True, slots=True)
class Datum:
    """Stands for a datum that is observed but not yet known."""

    place: Place


class Term(NamedTuple):
    """A density by which an edge is still to be weighed."""

    place: Place
    law: LawValue


class Way(NamedTuple):
    """One way through a round: its weight without `terms`, what it leaves behind and records."""

    weight: float
    terms: tuple[Term, ...]
    left: tuple[Value, ...]
    recorded: Mapping[Address, Value]
    dimension: int


def state_in(machine: Machine, block: core.Block, env: Env) -> State:
    """A run of the entry model that stands at the beginning of a block."""
    calls = (Active(0, machine.bound.program.model.name),)
    return State(block, 0, None, env, (), {}, None, 0, 0, False, calls)


def returning(machine: Machine, block: core.Block, names: tuple[str, ...]) -> core.Block:
    """The block, with the values of variables as its result: as captured by a function.

    A tuple of them would refuse arrays that are not defined throughout.
    """
    return (*block, core.Return(core.Closure(machine.bound.program.entry, names)))


def step_of(
    machine: Machine, rounds: Rounds, carried: tuple[str, ...], windows: tuple[str, ...]
) -> core.Block:
    """A round that ends with what it leaves behind."""
    return returning(machine, rounds.body, (*carried, *(Place(name, 0).name for name in windows)))


def ways(machine: Machine, block: core.Block, env: Env) -> list[Way]:
    """Every way of positive weight through a round."""
    try:
        start = machine.resume(state_in(machine, block, env))
    except KeyError:
        raise Unfit from None  # an element that is not there; the general engine says so
    found: list[Way] = []
    todo: list[tuple[Event, LogWeight, tuple[Term, ...], int]] = [(start, CERTAIN, (), 0)]
    while todo:
        event, weight, terms, dimension = todo.pop()
        try:
            match event:
                case Sampling(_, _, _, state):
                    for value, mass in reversed(choices(event)):
                        following = machine.resume(state, value)
                        todo.append((following, times(weight, mass), terms, dimension))
                case Observing(law, value, _, _, state) if isinstance(value, Datum):
                    term = Term(cast(Datum, value).place, law)
                    todo.append((machine.resume(state), weight, (*terms, term), dimension))
                case Observing(_, _, _, _, state):
                    factor, more = weight_of(event)
                    if not is_zero(factor):
                        todo.append((machine.resume(state), times(weight, factor), terms, dimension + more))
                case Weighing(factor, _, state):
                    if not is_zero(factor):
                        todo.append((machine.resume(state), times(weight, factor), terms, dimension))
                case Finished(value):
                    assert isinstance(value, FunctionValue)
                    found.append(Way(float(weight), terms, value.captured, recorded(event), dimension))
        except KeyError:
            raise Unfit from None
        if len(todo) + len(found) > MOST_PATHS:
            raise Unfit
    return found


def recorded(event: Finished) -> dict[Address, Value]:
    """What a run has recorded that has a law: no functions or models."""
    return {
        address: value.freeze() if isinstance(value, Growing) else value
        for address, value in event.variables().items()
        if not is_opaque(value)
    }
