"""Exact laws of particle algorithms: what checks compare with `==`, and how it is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from pplc.inference import smc
from pplc.inference.particles import Engine, Interpreted, Streams, streams
from pplc.inference.smc import Rule, State
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.population import Population, hoist
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.runs import Finished
from pplc.semantics.source import enumerate_runs
from pplc.semantics.values import Value
from tests.support.reference import rational
from tests.support.tabled import Name, Tabled, by_choices, by_state

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Output(NamedTuple):
    """What is compared of a population of finished runs: values with their weights, evidence included."""

    entries: tuple[tuple[Value, Fraction], ...]

    @property
    def evidence(self) -> Fraction:
        """The total mass."""
        return sum((mass for _, mass in self.entries), Fraction(0))

    def share(self, value: Value) -> Fraction:
        """The self-normalised probability of a value."""
        return sum((mass for v, mass in self.entries if v == value), Fraction(0)) / self.evidence


def output(population: Population[Suspended]) -> Output:
    """The finished runs of a population; a run of weight zero may have stopped anywhere."""
    found: list[tuple[Value, Fraction]] = []
    for run, log_weight in zip(population.particles, population.log_weights, strict=True):
        mass = rational(log_weight) * rational(population.log_evidence)
        assert mass == 0 or isinstance(run.event, Finished)
        found.append((run.event.value if isinstance(run.event, Finished) else (), mass))
    return Output(tuple(found))


def expectation(law: Mapping[K, Fraction], of: Callable[[K], Fraction]) -> Fraction:
    """The mean of a function under a law whose probabilities sum to one."""
    assert sum(law.values()) == 1
    return sum((probability * of(value) for value, probability in law.items()), Fraction(0))


def weighted_measure(law: Mapping[Output, Fraction]) -> dict[Value, Fraction]:
    """E[sum of w_i at x_i]: what a properly weighted population must share with its program."""
    found: dict[Value, Fraction] = defaultdict(Fraction)
    for value, probability in law.items():
        for entry, mass in value.entries:
            found[entry] += probability * mass
    return {value: mass for value, mass in found.items() if mass}


# ------------------------------------------------------------------ laws, step by step


Law: TypeAlias = "dict[Hashable, tuple[T, Fraction]]"
"""States by what distinguishes them, with their probabilities."""


class TooLarge(Exception):
    """More paths than a check may take."""


def start(compute: Callable[[Streams], T], key: Callable[[T], Hashable], most: int = 1_000_000) -> Law[T]:
    """The law of where an algorithm starts."""
    found: Law[T] = {}
    _add(found, compute, key, Fraction(1), most)
    return found


def propagate(
    law: Law[T], step: Callable[[T, Streams], T], key: Callable[[T], Hashable], most: int = 1_000_000
) -> Law[T]:
    """The law after a step; equal states are merged, so that paths do not multiply."""
    found: Law[T] = {}
    runs = 0
    for state, probability in law.values():
        runs += _add(found, partial(step, state), key, probability, most - runs)
    return found


def _add(
    into: Law[T],
    compute: Callable[[Streams], T],
    key: Callable[[T], Hashable],
    probability: Fraction,
    most: int,
) -> int:
    """Adds the law of a computation; how many runs it has."""
    number = 0
    for number, run in enumerate(enumerate_runs(lambda source: compute(cast("Streams", source)))):
        name = key(run.value)
        before = into[name][1] if name in into else Fraction(0)
        into[name] = run.value, before + probability * run.probability
        if number > most:
            raise TooLarge
    return number + 1


def population_key(population: Population[Suspended], name: Name = by_choices) -> Hashable:
    """What distinguishes populations, if `name` distinguishes runs."""
    return (
        tuple(map(name, population.particles)),
        tuple(map(rational, population.log_weights)),
        rational(population.log_evidence),
    )


def smc_law(
    program: Bound, count: int, rule: Rule, engine: Engine[Any] | None = None, most: int = 1_000_000
) -> dict[Output, Fraction]:
    """The law of what SMC gives with so many particles; raises `TooLarge` beyond so many ways for one step.

    engine: the interpreter unless given.
    """
    plain: Engine[Any] = Interpreted(Machine(program, exact=True, infer=Nested()))
    return law_of_smc(plain if engine is None else engine, by_choices, count, rule, most)


def law_of_smc(
    engine: Engine[Any], name: Name, count: int, rule: Rule, most: int = 1_000_000
) -> dict[Output, Fraction]:
    """The same of an engine; runs of equal names are one."""

    def runs_of(state: State[Any]) -> Population[Suspended]:
        return hoist(lambda _, particle: engine.run_of(particle), state.population)

    def key(state: State[Any]) -> Hashable:
        return population_key(runs_of(state), name)

    def onward(state: State[Any], source: Streams) -> State[Any]:
        if smc.done(engine, state, rule):
            return state
        return smc.step(engine, state, rule, streams(source, state.generation + 1, count))[0]

    states = start(lambda source: smc.init(engine, streams(source, 0, count)), key, most)
    while not all(smc.done(engine, state, rule) for state, _ in states.values()):
        states = propagate(states, onward, key, most)
    law: dict[Output, Fraction] = defaultdict(Fraction)
    for state, probability in states.values():
        law[output(runs_of(state))] += probability
    return dict(law)


def tabled_smc_law(program: Bound, count: int, rule: Rule, most: int = 1_000_000) -> dict[Output, Fraction]:
    """As `smc_law` of the interpreter, with the laws of its steps found once for each state."""
    name = by_state(program)
    engine = Tabled(Interpreted(Machine(program, exact=True, infer=Nested())), name)
    return law_of_smc(engine, name, count, rule, most)
