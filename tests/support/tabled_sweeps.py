"""Sweeps of conditional SMC as matrices, found step by step: populations that have become equal are one.

Every step is the shipped code, run for every outcome; what one particle does is found once (`Tabled`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from typing import TypeVar, cast

from pplc.inference import conditional
from pplc.inference.conditional import Rule, State
from pplc.inference.particles import Interpreted
from pplc.inference.suspended import Suspended as Keys
from pplc.semantics.machine import Machine
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.sequential import Stepped, Suspended, listed
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value
from tests.support.exact_kernels import Matrix, Table
from tests.support.exact_kernels import State as Trace
from tests.support.tabled import Outcomes, Tabled, by_choices, outcomes, pick

T = TypeVar("T")


class TabledRuns(Tabled):
    """Runs drawn from their laws, step by step from tables; a reference by its own."""

    def __init__(self, machine: Machine) -> None:
        self._runs = Interpreted(machine)
        super().__init__(self._runs, by_choices)

    @property
    def machine(self) -> Machine:
        return self._runs.machine

    @property
    def given(self) -> Mapping[Address, Value]:
        return self._runs.given

    def start_along(self, known: Mapping[Address, Value], source: Source) -> Stepped:
        law = self._law(("along", frozenset(known.items())), partial(self._runs.start_along, known))
        return pick(law, source)

    def advance_along(self, run: Suspended, known: Mapping[Address, Value], source: Source) -> Stepped:
        name = "along", frozenset(known.items()), self._name(run)
        return pick(self._law(name, partial(self._runs.advance_along, run, known)), source)


def tabled_sweeps(program: Table, count: int, rule: Rule) -> Matrix:
    """The transition matrix of a sweep of `count` runs without parameters, from every trace."""
    runs = TabledRuns(program.machine)
    engine = cast("Interpreted", runs)  # it has all that a sweep asks for
    keys = Keys(program.machine.bound)
    found: Matrix = {}
    for state, trace in program.traces.items():
        begin = partial(_begun, engine, trace.values, keys, count)
        law = outcomes(begin, _name)
        while not all(conditional.done(each) for each, _ in law):
            law = _joined((partial(_stepped, engine, each, rule, count), p) for each, p in law)
        found[state] = dict(_merged((partial(_picked, each), p) for each, p in law))
    return found


def _begun(
    engine: Interpreted, values: Mapping[Address, Value], keys: Keys, count: int, source: Source
) -> State:
    return conditional.init(engine, values, keys, [source] * (count + 1))


def _stepped(engine: Interpreted, state: State, rule: Rule, count: int, source: Source) -> State:
    if conditional.done(state):
        return state
    return conditional.step(engine, state, rule, [source] * (count + 1))[0]


def _picked(state: State, source: Source) -> Trace:
    picked = conditional.pick(state.population, source)
    return tuple((c.address, c.value) for c in reversed(list(listed(picked.choices))))


def _joined(parts: Iterable[tuple[Callable[[Source], State], Fraction]]) -> Outcomes[State]:
    return _merged(parts, _name)


def _merged(
    parts: Iterable[tuple[Callable[[Source], T], Fraction]],
    name: Callable[[T], Hashable] = lambda value: value,
) -> Outcomes[T]:
    """The law of computations, each with its probability; equal results are one."""
    found: dict[Hashable, tuple[T, Fraction]] = {}
    for compute, before in parts:
        for value, chance in outcomes(compute, name):
            known = name(value)
            so_far = found[known][1] if known in found else Fraction(0)
            found[known] = value, so_far + before * chance
    return list(found.values())


def _name(state: State) -> Hashable:
    """What distinguishes populations on the way from one trace."""
    population = state.population
    weights: tuple[LogWeight, ...] = tuple(population.log_weights)
    return tuple(map(by_choices, population.particles)), weights, state.left
