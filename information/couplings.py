"""Couplings: joint laws with given margins, the one of least entropy among them.

The least entropy of a coupling of p and q is the same as the most information that variables with these
laws can have about each other: I = H(p) + H(q) - H(coupling). The algorithms are in
`pplc.semantics.couplings`, which programs use as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, isclose
from typing import Any

import numpy as np

from pplc.inference.answers import Bounds, Exact
from pplc.information.entropy import entropy, log_of
from pplc.information.table import Cells, Probability, Table, no_law
from pplc.semantics.couplings import Coupling, Law, greedy_coupling, least_coupling, meet

NEGLIGIBLE = 1e-12
"""Entropies in nats that are closer than this are one."""


@dataclass(frozen=True, slots=True)
class Coupled:
    """Laws coupled with little entropy.

    table:  the joint law found; its margins are the given laws, exactly where these are rational.
    least:  the least entropy of all couplings, in nats: exact where it was found, otherwise between
            the majorisation bound and the entropy of `table`.
    greedy: the entropy of the greedy coupling, in nats.
    """

    table: Table
    least: Exact | Bounds
    greedy: float


def lower_bound(laws: Sequence[Table]) -> float:
    """The entropy of the laws' meet in majorisation, which no coupling undercuts; in nats.

    Cicalese, Gargano & Vaccaro (2019), corollary 1.
    """
    return _entropy(meet([_law(law) for law in laws]))


def couple(laws: Sequence[Table]) -> Coupled:
    """The coupling of least entropy of two or more laws.

    laws: each the law of one variable or of several together; all names different.

    Two laws: exact, by search over the vertices of the transport polytope, as long as the search ends
    within its budget (up to five values each it does). Otherwise greedy, with bounds.
    """
    if len(laws) < 2:
        raise no_law("a coupling has at least two margins")
    margins = [_law(law) for law in laws]
    first = greedy_coupling(margins)
    complete = False
    best = first
    if len(laws) == 2:
        best, complete = least_coupling(*margins)
    value, bound = _entropy(list(best.values())), _entropy(meet(margins))
    known = complete or isclose(value, bound, rel_tol=0, abs_tol=NEGLIGIBLE)
    least = Exact(value) if known else Bounds(bound, value)
    return Coupled(_table(laws, best), least, _entropy(list(first.values())))


def most_information(laws: Sequence[Table]) -> Exact | Bounds:
    """The most that variables with these two laws can tell about each other, in nats."""
    least = couple(laws).least
    whole = fsum(entropy(law, law.names) for law in laws)
    if isinstance(least, Exact):
        return Exact(whole - least.value)
    return Bounds(whole - least.upper, whole - least.lower)


def _law(table: Table) -> Law:
    return table.probabilities.ravel().tolist()


def _entropy(law: Sequence[Probability]) -> float:
    return -fsum(float(p) * log_of(p) for p in law if p > 0)


def _table(laws: Sequence[Table], joint: Coupling) -> Table:
    exact = all(law.exact for law in laws)
    cells: Cells = np.full(tuple(law.probabilities.size for law in laws), Fraction(0) if exact else 0.0)
    for place, mass in joint.items():
        cells[place] = mass
    shape = tuple(extent for law in laws for extent in law.probabilities.shape)
    names = tuple(name for law in laws for name in law.names)
    values: tuple[tuple[Any, ...], ...] = tuple(axis for law in laws for axis in law.values)
    return Table(names, values, cells.reshape(shape))
