"""Earth mover's distance between finite laws, and the dependence that it measures.

W1(p, q) = min Σ π(u, v) d(u, v) over the couplings π of p and q: a linear program over the transport
polytope. Villani (2009), "Optimal transport", def. 6.1.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from fractions import Fraction
from itertools import product

import numpy as np

from pplc.information.entropy import Names, listed
from pplc.information.linear_program import margins, minimise
from pplc.information.table import Outcome, Probability, Table, no_law, too_many
from pplc.untyped import as_tuple

MOST_PAIRS = 250_000
"""Pairs of joint values, each a variable of the linear program."""

NEGLIGIBLE = 1e-13
"""Mass that need not be moved: less than rounding."""


def ground_distance(u: Hashable, v: Hashable) -> float:
    """The distance of two values: |u - v| of numbers, summed over the entries of tuples, else 0 or 1."""
    first, second = as_tuple(u), as_tuple(v)
    if first is not None and second is not None and len(first) == len(second):
        return sum(ground_distance(a, b) for a, b in zip(first, second, strict=True))
    if isinstance(u, int | float | Fraction) and isinstance(v, int | float | Fraction):
        return abs(float(u - v))
    return float(u != v)


def wasserstein(
    p: Table, q: Table, distance: Callable[[Hashable, Hashable], float] = ground_distance
) -> float:
    """W1 of two laws of the same variables, for a metric on their joint values.

    By default the distances in each variable are added.
    """
    if set(p.names) != set(q.names):
        raise no_law(f"the two laws are of different variables: {list(p.names)} and {list(q.names)}")
    first, second = list(p.items()), list(q.marginal(*p.names).items())
    return _transport(first, second, distance)


def wasserstein_dependency(
    table: Table, x: Names, y: Names, distance: Callable[[Hashable, Hashable], float] = ground_distance
) -> float:
    """W1 between the joint law of x and y and the product of its margins: 0 exactly if independent.

    In the unit of the distances, which are added over x and y (the l1 product metric). Ozair et al. (2019),
    "Wasserstein dependency measure for representation learning".
    """
    both = table.grouped({"x": listed(x), "y": listed(y)})
    joint = list(both.items())
    single = [list(both.marginal(name).items()) for name in ("x", "y")]
    independent = [((*a, *b), p * q) for (a, p), (b, q) in product(*single)]
    return _transport(joint, independent, distance)


def _transport(
    p: list[tuple[Outcome, Probability]],
    q: list[tuple[Outcome, Probability]],
    distance: Callable[[Hashable, Hashable], float],
) -> float:
    laws = dict(p), dict(q)
    # By the triangle inequality what both laws have in a place may stay there.
    excess = {at: laws[0].get(at, 0) - laws[1].get(at, 0) for at in dict.fromkeys([*laws[0], *laws[1]])}
    sources = {at: float(mass) for at, mass in excess.items() if mass > NEGLIGIBLE}
    sinks = {at: -float(mass) for at, mass in excess.items() if mass < -NEGLIGIBLE}
    if not sources or not sinks:
        return 0.0
    if len(sources) * len(sinks) > MOST_PAIRS:
        raise too_many(len(sources) * len(sinks))
    cost = np.array([[distance(u, v) for v in sinks] for u in sources])
    here, there = (np.array(list(masses.values())) for masses in (sources, sinks))
    moved = float(here.sum())
    right = np.concatenate([here / here.sum(), there[:-1] / there.sum()])
    value = minimise(cost.ravel(), margins(len(sources), len(sinks)), right).value
    return max(value * moved, 0.0)
