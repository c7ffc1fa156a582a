"""Naive statements of resampling and SMC, as laws over finite tables; written apart from what they check.

Chopin & Papaspiliopoulos, *An Introduction to Sequential Monte Carlo* (2020), ch. 9 and 10.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, product
from math import floor, prod
from typing import TypeAlias

from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.values import Value

Offspring: TypeAlias = "dict[tuple[int, ...], Fraction]"
"""The law of the ancestors of all offspring."""


def _bounds(weights: Sequence[Fraction]) -> list[tuple[Fraction, Fraction]]:
    """The part of [0, 1] that belongs to each particle."""
    none = Fraction(0)
    whole = sum(weights, none)
    edges = [sum(weights[:k], none) / whole for k in range(len(weights) + 1)]
    return list(pairwise(edges))


def _product(columns: Sequence[Mapping[int, Fraction]]) -> Offspring:
    """Independent picks."""
    law: Offspring = {}
    for picks in product(*(column.items() for column in columns)):
        law[tuple(k for k, _ in picks)] = prod((p for _, p in picks), start=Fraction(1))
    return law


def multinomial(weights: Sequence[Fraction], count: int) -> Offspring:
    """Independent picks by weight."""
    column = {k: w / sum(weights) for k, w in enumerate(weights) if w}
    return _product([column] * count)


def stratified(weights: Sequence[Fraction], count: int) -> Offspring:
    """Pick i from the part of [i/n, (i+1)/n] that each particle covers."""
    columns: list[dict[int, Fraction]] = []
    for i in range(count):
        low, high = Fraction(i, count), Fraction(i + 1, count)
        overlap = {k: min(b, high) - max(a, low) for k, (a, b) in enumerate(_bounds(weights))}
        columns.append({k: length * count for k, length in overlap.items() if length > 0})
    return _product(columns)


def systematic(weights: Sequence[Fraction], count: int) -> Offspring:
    """One shift for all picks: constant between the points where some pick changes."""
    bounds = _bounds(weights)
    cuts = sorted({Fraction(0), Fraction(1)} | {edge * count % 1 for pair in bounds for edge in pair})
    law: Offspring = defaultdict(Fraction)
    for left, right in pairwise(cuts):
        points = [(i + (left + right) / 2) / count for i in range(count)]
        law[tuple(next(k for k, (a, b) in enumerate(bounds) if a <= x < b) for x in points)] += right - left
    return dict(law)


def residual(weights: Sequence[Fraction], count: int) -> Offspring:
    """Whole expected numbers first, the rest by independent picks."""
    expected = [w * count / sum(weights) for w in weights]
    sure = [k for k, e in enumerate(expected) for _ in range(floor(e))]
    rest = [e - floor(e) for e in expected]
    if len(sure) == count:
        return {tuple(sure): Fraction(1)}
    return {(*sure, *picks): p for picks, p in multinomial(rest, count - len(sure)).items()}


SCHEMES: Mapping[str, Callable[[Sequence[Fraction], int], Offspring]] = {
    "multinomial": multinomial,
    "stratified": stratified,
    "systematic": systematic,
    "residual": residual,
}

# ------------------------------------------------------------------ SMC

Member: TypeAlias = "tuple[tuple[Value, ...], Event, Fraction]"
"""A run cut off after a weight: its choices, which tell two of them apart, where it waits, and the weight."""

Step: TypeAlias = "list[tuple[tuple[Value, ...], Event, Fraction, Fraction]]"
"""Continuations of a run to its next weight: choices, place, probability, weight."""


def _number(weight: LogWeight) -> Fraction:
    assert isinstance(weight, LogRat)
    return weight.value


def _continuations(
    machine: Machine, choices: tuple[Value, ...], event: Event, p: Fraction
) -> Iterator[tuple[tuple[Value, ...], Event, Fraction, Fraction]]:
    match event:
        case Sampling(law, _, _, state):
            for value, mass in law.masses() or ():
                if _number(mass):
                    yield from _continuations(
                        machine, (*choices, value), machine.resume(state, value), p * _number(mass)
                    )
        case Observing(law, value):
            yield choices, event, p, _number(law.log_density(value))
        case Weighing(weight):
            yield choices, event, p, _number(weight)
        case Finished():
            yield choices, event, p, Fraction(1)


def smc(program: Bound, count: int, scheme: str) -> dict[tuple[tuple[Value, Fraction], ...], Fraction]:
    """The law of the output of SMC that resamples before every step: values with weights, evidence included.

    Algorithm 10.1, with N the number of particles: the estimate of the evidence is the product of the mean
    weights. A population whose weights are all zero stays as it is.
    """
    machine = Machine(program, exact=True, infer=Nested())
    first = list(_continuations(machine, (), machine.start(), Fraction(1)))

    def onward(choices: tuple[Value, ...], event: Event, weight: Fraction) -> Step:
        if isinstance(event, Finished) or not weight:
            return [(choices, event, Fraction(1), Fraction(1) if weight else Fraction(0))]
        assert isinstance(event, Observing | Weighing)
        return list(_continuations(machine, choices, machine.resume(event.state), Fraction(1)))

    law: dict[object, tuple[tuple[Member, ...], Fraction, Fraction]] = {}

    def add(
        into: dict[object, tuple[tuple[Member, ...], Fraction, Fraction]],
        members: tuple[Member, ...],
        z: Fraction,
        p: Fraction,
    ) -> None:
        key = (tuple((c, isinstance(e, Finished), w) for c, e, w in members), z)
        into[key] = (members, z, p + (into[key][2] if key in into else 0))

    for picks in product(first, repeat=count):
        add(
            law,
            tuple((c, e, w) for c, e, _, w in picks),
            Fraction(1),
            prod((p for _, _, p, _ in picks), start=Fraction(1)),
        )
    while True:
        going = {
            key
            for key, (members, _, _) in law.items()
            if any(w and not isinstance(e, Finished) for _, e, w in members)
        }
        if not going:
            break
        after = {key: value for key, value in law.items() if key not in going}
        for key in going:
            members, z, p = law[key]
            weights = [w for _, _, w in members]
            mean = sum(weights, Fraction(0)) / count
            for ancestors, chance in SCHEMES[scheme](weights, count).items():
                parents = [members[a] for a in ancestors]
                for picks in product(*(onward(c, e, Fraction(1)) for c, e, _ in parents)):
                    moved = tuple((c, e, w) for c, e, _, w in picks)
                    add(
                        after,
                        moved,
                        z * mean,
                        p * chance * prod((q for _, _, q, _ in picks), start=Fraction(1)),
                    )
        law = after
    found: dict[tuple[tuple[Value, Fraction], ...], Fraction] = defaultdict(Fraction)
    for members, z, p in law.values():
        found[tuple((e.value if isinstance(e, Finished) else (), w * z / count) for _, e, w in members)] += p
    return dict(found)
