"""Markov kernels on the traces of finite programs as exact matrices, and textbook statements of them.

A step is run under a scripted source from every trace, so that every outcome of its own randomness counts
with its probability, in rationals. Validity: pi K = pi. Specification: K equals what is written down here
from the table of traces alone, by Hastings' formula, without replaying anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.source import Source, enumerate_runs
from pplc.semantics.values import Address, Value
from tests.support.reference import rational
from tests.support.tabled import tabled_replays

State: TypeAlias = tuple[tuple[Address, Value], ...]
"""A trace as its choices, in the order in which they were made."""

Law: TypeAlias = dict[State, Fraction]
Matrix: TypeAlias = dict[State, Law]
Step: TypeAlias = Callable[[Traced, Source], Traced]


class TooLarge(Exception):
    """A program with more traces, or with more ways to go on from one, than a check may take."""


@dataclass(frozen=True)
class Table:
    """A finite program as the list of its traces of positive weight.

    mass:    the unnormalised measure. factors: of each choice, its probability under its law.
    weights: the products of the weights.
    """

    machine: Machine
    traces: Mapping[State, Traced]
    factors: Mapping[State, Mapping[Address, Fraction]]
    weights: Mapping[State, Fraction]

    @property
    def mass(self) -> Law:
        found: Law = {}
        for state, factors in self.factors.items():
            total = self.weights[state]
            for factor in factors.values():
                total *= factor
            found[state] = total
        return found

    def tempered(self, power: int) -> Table:
        """The same traces with their weights raised to a power."""
        return replace(self, weights={state: weight**power for state, weight in self.weights.items()})

    @property
    def evidence(self) -> Fraction:
        return sum(self.mass.values(), Fraction(0))

    @property
    def posterior(self) -> Law:
        z = self.evidence
        return {state: mass / z for state, mass in self.mass.items()}


def key(traced: Traced) -> State:
    """The trace as a state."""
    return tuple(traced.values.items())


def table(bound: Bound, most: int = 10_000) -> Table:
    """Every trace of a finite program; raises `TooLarge` beyond so many runs."""
    machine = Machine(bound, exact=True, infer=Nested())
    traces: dict[State, Traced] = {}
    for number, run in enumerate(enumerate_runs(lambda source: replay(machine, {}, source))):
        if number >= most:
            raise TooLarge
        if run.value is not None:
            traces[key(run.value)] = run.value
    factors = {state: {a: rational(d) for a, (d, _) in t.densities.items()} for state, t in traces.items()}
    weights = {state: rational(traced.log_weight) for state, traced in traces.items()}
    return Table(machine, traces, factors, weights)


def matrix(program: Table, step: Step, most: int = 1_000_000) -> Matrix:
    """The transition matrix of a step, from every trace."""
    found: Matrix = {}
    runs = 0
    for state, traced in program.traces.items():
        row: Law = {}
        for run in enumerate_runs(partial(_outcome, step, traced)):
            runs += 1
            if runs > most:
                raise TooLarge
            row[run.value] = row.get(run.value, Fraction(0)) + run.probability
        assert sum(row.values()) == 1
        found[state] = row
    return found


def tabled_matrix(program: Table, step: Step, most: int = 1_000_000) -> Matrix:
    """The same, running the program again by laws that are found once."""
    with tabled_replays(key):
        return matrix(program, step, most)


def _outcome(step: Step, traced: Traced, source: Source) -> State:
    return key(step(traced, source))


def image(law: Law, kernel: Matrix) -> Law:
    """The law after one step; states of probability zero are left out."""
    found: Law = {}
    for state, probability in law.items():
        for after, chance in kernel[state].items():
            found[after] = found.get(after, Fraction(0)) + probability * chance
    return {state: probability for state, probability in found.items() if probability}


def is_invariant(program: Table, kernel: Matrix) -> bool:
    """Whether pi K = pi, as rationals."""
    posterior = {state: p for state, p in program.posterior.items() if p}
    return image(posterior, kernel) == posterior


def stationary(kernel: Matrix, function: Callable[[State], Fraction], rounds: int = 400) -> float:
    """The expectation of a function under the limit of the chain, by iterating in floats."""
    law = {state: 1 / len(kernel) for state in kernel}
    for _ in range(rounds):
        after = dict.fromkeys(kernel, 0.0)
        for state, p in law.items():
            for other, chance in kernel[state].items():
                after[other] += p * float(chance)
        law = after
    return sum(p * float(function(state)) for state, p in law.items())


# ------------------------------------------------------------------ textbook statements


Proposed: TypeAlias = Iterable[tuple[State, Fraction]]
Way: TypeAlias = Callable[[State], Proposed]
"""From a trace to those that may be proposed, with the probability that this is tried.

Only traces of positive weight are listed: the others are never accepted."""


def hastings(program: Table, ways: Sequence[Way]) -> Matrix:
    """The matrix of Metropolis-Hastings with several ways to propose, each accepted for itself.

    A way gives the probability that it is taken and proposes each trace; what is left over stays.
    Hastings (1970): accept with min(1, pi(y) q(y, x) / pi(x) q(x, y)).
    """
    mass = program.mass
    found: Matrix = {state: {state: Fraction(1)} for state in program.traces}
    for way in ways:
        proposals = {state: _added(way(state)) for state in program.traces}
        for state, targets in proposals.items():
            row = found[state]
            for target, chance in targets.items():
                back = proposals[target].get(state, Fraction(0))
                moved = min(chance, mass[target] * back / mass[state])
                row[target] = row.get(target, Fraction(0)) + moved
                row[state] -= moved
    return {state: {s: p for s, p in row.items() if p} for state, row in found.items()}


def _added(proposed: Proposed) -> Law:
    found: Law = {}
    for state, chance in proposed:
        if chance:
            found[state] = found.get(state, Fraction(0)) + chance
    return found


def redraws(program: Table, share: Fraction, free: Callable[[Address], bool]) -> Way:
    """The free choices are drawn from their laws, and so are those that are met for the first time."""

    def way(state: State) -> Proposed:
        old = dict(state)
        for target in program.traces:
            kept = ((a, v) for a, v in target if a in old and not free(a))
            if all(old[address] == value for address, value in kept):
                yield target, share * _drawn(program, target, old, free)

    return way


def site_redraws(program: Table, share: Callable[[State, Address], Fraction]) -> list[Way]:
    """One choice is drawn anew; each choice is a way. share: the probability to pick it."""

    def at(site: Address) -> Way:
        def way(state: State) -> Proposed:
            if site in dict(state):
                yield from redraws(program, share(state, site), lambda address: address == site)(state)

        return way

    return [at(site) for site in _addresses(program)]


def site_walks(
    program: Table, share: Callable[[State, Address], Fraction], longest_at: Callable[[State, Address], int]
) -> list[Way]:
    """One integer goes up or down by 1 to the longest step, all alike; others stay, new ones are drawn."""

    def at(site: Address) -> Way:
        def way(state: State) -> Proposed:
            old = dict(state)
            if site not in old or not share(state, site):
                return
            longest = longest_at(state, site)
            for target in program.traces:
                new = dict(target)
                if any(a in new and v != new[a] for a, v in state if a != site) or site not in new:
                    continue
                before, after = old[site], new[site]
                assert isinstance(before, int)
                assert isinstance(after, int)
                if 0 < abs(after - before) <= longest:
                    fresh = _drawn(program, target, old, lambda _: False)
                    yield target, share(state, site) * fresh / (2 * longest)

        return way

    return [at(site) for site in _addresses(program)]


def _drawn(
    program: Table, target: State, old: Mapping[Address, Value], free: Callable[[Address], bool]
) -> Fraction:
    """The probability of the choices of a trace that its laws have drawn."""
    chance = Fraction(1)
    for address, _ in target:
        if address not in old or free(address):
            chance *= program.factors[target][address]
    return chance


def _addresses(program: Table) -> list[Address]:
    return sorted({address for state in program.traces for address, _ in state}, key=repr)
