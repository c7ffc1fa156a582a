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
from pplc.semantics.values import Address, Value

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

Choices: TypeAlias = "tuple[tuple[Address, Value], ...]"

Node: TypeAlias = "tuple[Choices, int]"
"""A run cut off after so many weights. A finished one has as many as it met, and one more for its end."""


def smc(
    program: Bound, count: int, scheme: str, below: Fraction | int = 1
) -> dict[tuple[tuple[Value, Fraction], ...], Fraction]:
    """The law of the output of SMC: values with weights, the estimate of the evidence being their sum.

    Algorithms 10.1 and 10.2: resample when (sum of w)^2 / sum of w^2 <= below * N, w the weights since the
    last resampling. A population whose weights are all zero stays as it is.
    """
    tree = _Tree(program)
    law: dict[tuple[tuple[Node, ...], tuple[Fraction, ...]], Fraction] = defaultdict(Fraction)
    for picks in product(tree.after[None], repeat=count):
        first = tuple(tree.weight[node] / count for node in picks)
        law[picks, first] += prod((tree.chance[n] for n in picks), start=Fraction(1))
    found: dict[tuple[tuple[Value, Fraction], ...], Fraction] = defaultdict(Fraction)
    while law:
        (nodes, weights), p = law.popitem()
        if not any(w and tree.after[node] != [node] for node, w in zip(nodes, weights, strict=True)):
            found[tuple((tree.value.get(n, ()), w) for n, w in zip(nodes, weights, strict=True))] += p
            continue
        mass = sum(weights, Fraction(0))
        offspring: Offspring = {tuple(range(count)): Fraction(1)}
        if mass**2 <= below * count * sum(w**2 for w in weights):
            offspring = SCHEMES[scheme](weights, count)
            weights = (mass / count,) * count
        for ancestors, q in offspring.items():
            parents = [nodes[a] for a in ancestors]
            for picks, chance in tree.moved(parents):
                factors = (tree.weight[n] if n != old else 1 for n, old in zip(picks, parents, strict=True))
                moved = tuple(w * f for w, f in zip(weights, factors, strict=True))
                law[picks, moved] += p * q * chance
    return dict(found)


def conditional_smc(
    program: Bound, reference: Choices, count: int, *, ancestor_sampling: bool
) -> dict[Choices, Fraction]:
    """The law of the run that conditional SMC picks, given the reference; resampling before every step.

    Andrieu, Doucet & Holenstein (2010), section 4.3; with ancestor sampling, Lindsten, Jordan & Schon (2014),
    eq. 8: the reference's past is drawn by weight times gamma(past and future) / gamma(past).
    """
    tree = _Tree(program)
    law: dict[tuple[tuple[Node, ...], Choices], Fraction] = defaultdict(Fraction)
    first = tree.after[None]
    for picks in product(first, repeat=count - 1):
        head = _on_the_way(first, reference)
        chance = prod((tree.chance[n] for n in picks), start=Fraction(1))
        law[(head, *picks), reference[len(head[0]) :]] += chance
    found: dict[Choices, Fraction] = defaultdict(Fraction)
    while law:
        (nodes, future), p = law.popitem()
        weights = [tree.weight[node] for node in nodes]
        if not any(w and tree.after[node] != [node] for node, w in zip(nodes, weights, strict=True)):
            for node, w in zip(nodes, weights, strict=True):
                found[node[0]] += p * w / sum(weights)
            continue
        pasts: dict[Node, Fraction] = {nodes[0]: Fraction(1)}
        if ancestor_sampling:
            pasts = defaultdict(Fraction)
            for node, w in zip(nodes, weights, strict=True):
                pasts[node] += w * tree.whole.get((*node[0], *future), Fraction(0)) / (tree.mass[node] or 1)
        for (past, share), (ancestors, q) in product(pasts.items(), multinomial(weights, count - 1).items()):
            if share:
                whole = (*past[0], *future)
                head = _on_the_way(tree.after[past], whole)
                for picks, chance in tree.moved([nodes[a] for a in ancestors]):
                    moved = p * q * share / sum(pasts.values()) * chance
                    law[(head, *picks), whole[len(head[0]) :]] += moved
    return {choices: p for choices, p in found.items() if p}


def _on_the_way(nodes: Sequence[Node], choices: Choices) -> Node:
    """The one that a run with these choices comes through."""
    (found,) = [node for node in nodes if choices[: len(node[0])] == node[0]]
    return found


class _Tree:
    """Every run of a program, cut off after each of its weights.

    after:  how it can go on; a finished run stays. chance, weight: of its last step. mass: gamma of it.
    whole:  gamma of the finished runs by their choices. value: of the finished runs.
    """

    def __init__(self, program: Bound) -> None:
        self.machine = Machine(program, exact=True, infer=Nested())
        self.after: dict[Node | None, list[Node]] = {}
        self.chance: dict[Node, Fraction] = {}
        self.weight: dict[Node, Fraction] = {}
        self.mass: dict[Node, Fraction] = {}
        self.whole: dict[Choices, Fraction] = {}
        self.value: dict[Node, Value] = {}
        self._grow(None, (), self.machine.start(), Fraction(1))

    def _grow(self, node: Node | None, choices: Choices, event: Event, mass: Fraction) -> None:
        self.after[node] = []
        for c, e, p, w in list(_continuations(self.machine, choices, event, Fraction(1))):
            new = (c, 1 if node is None else node[1] + 1)
            self.after[node].append(new)
            self.chance[new], self.weight[new], self.mass[new] = p, w, mass * p * w
            if isinstance(e, Finished):
                self.whole[c] = mass * p * w
                self.value[new] = e.value
                self.after[new] = [new]
            elif not w:
                self.after[new] = [new]
            else:
                assert isinstance(e, Observing | Weighing)
                self._grow(new, c, self.machine.resume(e.state), mass * p * w)

    def moved(self, nodes: Sequence[Node]) -> Iterator[tuple[tuple[Node, ...], Fraction]]:
        """Where these runs are after their next weights, with the probability of it."""
        for picks in product(*(self.after[node] for node in nodes)):
            steps = (self.chance[n] for n, old in zip(picks, nodes, strict=True) if n != old)
            yield picks, prod(steps, start=Fraction(1))


def _number(weight: LogWeight) -> Fraction:
    assert isinstance(weight, LogRat)
    return weight.value


def _continuations(
    machine: Machine, choices: Choices, event: Event, p: Fraction
) -> Iterator[tuple[Choices, Event, Fraction, Fraction]]:
    match event:
        case Sampling(law, address, _, state):
            for value, mass in law.masses() or ():
                if _number(mass):
                    yield from _continuations(
                        machine, (*choices, (address, value)), machine.resume(state, value), p * _number(mass)
                    )
        case Observing(law, value):
            yield choices, event, p, _number(law.log_density(value))
        case Weighing(weight):
            yield choices, event, p, _number(weight)
        case Finished():
            yield choices, event, p, Fraction(1)
