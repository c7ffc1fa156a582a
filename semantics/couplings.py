"""Joint laws with given margins and little entropy: greedy, and the least of all by search.

Numbers are `Fraction`s, and then the margins are exact, or floats. Laws are lists of probabilities; a
coupling gives the tuples of places that have mass.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = Fraction | float
Law: TypeAlias = Sequence[Number]
Coupling: TypeAlias = Mapping[tuple[int, ...], Number]

DUST = 1e-14
"""What rounding may leave of a float that should have become 0."""

MOST_STEPS = 150_000
"""Steps that the search for the least entropy takes before it gives up: some 2 s."""


def greedy_coupling(laws: Sequence[Law]) -> Coupling:
    """A joint law of any number of margins: again and again the most likely values that are left meet.

    At most sum of the lengths - number of laws + 1 atoms. Kocaoglu, Dimakis, Vishwanath & Hassibi
    (2017), "Entropic causal inference". Its entropy exceeds the least by at most log2(e) / e = 0.53 bits for
    two laws, and 1.22 for more: Compton, Katz, Qi, Greenewald & Kocaoglu (2023), "Minimum-entropy coupling
    approximation guarantees beyond the majorization barrier".

    >>> half, third = Fraction(1, 2), Fraction(1, 3)
    >>> len(greedy_coupling([[half, half], [third, third, third]]))
    4
    """
    rest = [list(law) for law in laws]
    joint: dict[tuple[int, ...], Number] = {}
    while True:
        place = tuple(max(range(len(law)), key=lambda i: (_rounded(law[i]), -i)) for law in rest)
        mass = min(law[i] for law, i in zip(rest, place, strict=True))
        if mass <= (0 if isinstance(mass, Fraction | int) else DUST):
            return joint
        joint[place] = joint.get(place, 0) + mass
        for law, i in zip(rest, place, strict=True):
            law[i] -= mass


def _rounded(number: Number) -> Number:
    """Floats that differ by rounding alone compare equal, so that floats and `Fraction`s break ties alike."""
    return round(number, 12) if isinstance(number, float) else number


def meet(laws: Sequence[Law]) -> list[Number]:
    """The greatest lower bound of laws in majorisation: no coupling is less spread out than this.

    Its partial sums, largest first, are the least of the partial sums of the laws. Cicalese, Gargano &
    Vaccaro (2019), "Minimum-entropy couplings and their applications", fact 1.

    >>> meet([[0.5, 0.5], [0.5, 0.25, 0.25]])
    [0.5, 0.25, 0.25]
    """
    length = max(len(law) for law in laws)
    ordered = [sorted(law, reverse=True) + [0] * (length - len(law)) for law in laws]
    result: list[Number] = []
    sums: list[Number] = [0] * len(laws)
    before: Number = 0
    for k in range(length):
        sums = [total + law[k] for total, law in zip(sums, ordered, strict=True)]
        result.append(min(sums) - before)
        before = min(sums)
    return result


def least_coupling(p: Law, q: Law) -> tuple[Coupling, bool]:
    """The coupling of two laws with the least entropy, and whether the search was complete.

    Entropy is concave, so that a vertex of the transport polytope attains the minimum; the support of a
    vertex is a forest, and removing its leaves one by one puts min(what is left of the row, of the
    column) on a cell each time. The search goes through these removals, depth first, and cuts where
    the entropy so far and the majorisation bound of what is left reach the best known, or where the
    same remainder was reached at less cost. Incomplete searches return the best found, at worst the
    greedy coupling.
    """
    first = greedy_coupling([p, q])
    search = _Search((), sum(_cost(mass) for mass in first.values()))
    # Which cells have mass is found in floats; how much, from the margins themselves.
    search.extend(tuple(map(float, p)), tuple(map(float, q)), 0.0, ())
    return _replayed(search.best, p, q) if search.best else first, search.steps <= MOST_STEPS


def _replayed(cells: Sequence[Cell], p: Law, q: Law) -> Coupling:
    """The coupling that puts as much as fits on these cells, in this order."""
    rows, columns = list(p), list(q)
    joint: dict[tuple[int, ...], Number] = {}
    for i, j in cells:
        mass = min(rows[i], columns[j])
        joint[i, j] = mass
        rows[i], columns[j] = rows[i] - mass, columns[j] - mass
    for place, mass in greedy_coupling([rows, columns]).items():
        joint[place] = joint.get(place, 0) + mass
    return {place: mass for place, mass in joint.items() if mass > 0}


Cell: TypeAlias = tuple[int, int]
Floats: TypeAlias = tuple[float, ...]


@dataclass
class _Search:
    """The cells of the best coupling so far, none for the one it began with; what remained where the search
    has been, and at what cost.
    """

    best: tuple[Cell, ...]
    least: float
    steps: int = 0
    seen: dict[tuple[Floats, Floats], float] = field(default_factory=dict[tuple[Floats, Floats], float])

    def extend(self, rows: Floats, columns: Floats, cost: float, done: tuple[Cell, ...]) -> None:
        """Goes through all completions of a partial coupling that may be better than the best."""
        left = [i for i, mass in enumerate(rows) if mass > 0]
        right = [j for j, mass in enumerate(columns) if mass > 0]
        if not left or not right:
            if cost < self.least - DUST:
                self.best, self.least = done, cost
            return
        if cost + sum(map(_cost, meet([rows, columns]))) >= self.least - DUST:
            return
        key = _sorted(rows), _sorted(columns)
        if self.seen.get(key, math.inf) <= cost + DUST:
            return
        self.seen[key] = cost
        self.steps += len(left) * len(right)
        if self.steps > MOST_STEPS:
            return
        cells = [(min(rows[i], columns[j]), i, j) for i in left for j in right]
        for mass, i, j in sorted(cells, key=lambda cell: -cell[0]):
            above, beside = _without(rows, i, mass), _without(columns, j, mass)
            self.extend(above, beside, cost + _cost(mass), (*done, (i, j)))


def _without(law: Floats, place: int, mass: float) -> Floats:
    rest = law[place] - mass
    return (*law[:place], rest if rest > DUST else 0.0, *law[place + 1 :])


def _sorted(law: Floats) -> Floats:
    return tuple(sorted(round(mass, 12) for mass in law if mass > 0))


def _cost(mass: Number) -> float:
    return -float(mass) * math.log(mass) if mass > 0 else 0.0
