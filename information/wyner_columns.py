"""Wyner's common information of any small block, by column generation.

C = H(x, y) - max Σ_w p(w) [H(a_w) + H(b_w)] over all ways to write the joint law as a mixture
Σ_w p(w) a_w ⊗ b_w of product laws. Over a given stock of product laws that is a linear program; its
multipliers λ price other ones: a ⊗ b improves it if H(a) + H(b) - a'λb > 0. For given a the best b is
proportional to exp(-λ'a), and the other way round, which climbs to a local maximum.

Where x has two values a is one number, and the largest violation is found for certain, by bisection
with a bound on every interval; λ raised by it is feasible in the dual, which gives the lower bound.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from math import inf, log
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.information.linear_program import minimise
from pplc.information.pair import entropy_of, information_of
from pplc.information.table import Floats

STARTS = 12
"""Random starting points in each rectangle of the support when new product laws are looked for."""

CLIMB = 200
"""Steps of each climb; it converges linearly."""

ROUNDS = 60
"""Linear programs solved at most."""

GAIN = 1e-11
"""Nats that a product law must gain to be taken into the stock."""

TAKEN = 40
"""Product laws taken into the stock in one round, the most gainful ones."""

MOST_RECTANGLES = 16
"""Rectangles of the support that are searched."""

MOST_CELLS = 150
"""Cells with mass, each an equation of the linear programs, beyond which w = x or w = y has to do."""

SPLITS = 200_000
"""Intervals that the certificate looks at, at most."""

Product: TypeAlias = tuple[Floats, Floats]
"""The margins a and b of a product law a ⊗ b."""


def least_common(block: Floats) -> tuple[float, float]:
    """Lower and upper bound of C in nats, of a block whose support is connected."""
    joint = block if block.shape[0] <= block.shape[1] else block.T
    support = joint > 0
    if support.sum() > MOST_CELLS:
        return information_of(joint), min(entropy_of(joint.sum(0)), entropy_of(joint.sum(1)))
    binary = joint.shape[0] == 2
    stock = _first_laws(joint)
    generator = np.random.default_rng(0)
    rectangles = list(_rectangles(support))
    # w = x and w = y are always there.
    gained = entropy_of(joint) - min(entropy_of(joint.sum(0)), entropy_of(joint.sum(1)))
    dual, prices = inf, np.zeros(support.shape)
    for _ in range(ROUNDS):
        values = np.array([entropy_of(a) + entropy_of(b) for a, b in stock])
        columns = np.array([np.outer(a, b)[support] for a, b in stock]).T
        solved = minimise(-values, columns, joint[support])
        prices[support] = -solved.multipliers
        gained = max(gained, _attained(columns, solved.point, values, joint[support]))
        new = [
            (gain, (a, b))
            for rows, free in rectangles
            for a, b, gain in _climbs(prices, rows, free, stock, generator)
            if gain > GAIN
        ]
        if binary:
            over, worst = _violation(prices, support)
            dual = min(dual, float((prices * joint).sum()) + over)
            new += [(over, worst)] if over > GAIN else []
        if not new or dual - gained <= GAIN:
            break
        new.sort(key=lambda pair: -pair[0])
        stock = _distinct([*stock, *(law for _, law in new[:TAKEN])])
    lower = max(information_of(joint), entropy_of(joint) - dual)
    return lower, max(entropy_of(joint) - gained, lower)


def _first_laws(joint: Floats) -> list[Product]:
    """Single cells, of which any law is a mixture, and the laws of one variable given the other."""
    rows, columns = np.eye(joint.shape[0]), np.eye(joint.shape[1])
    cells = [(rows[i], columns[j]) for i, j in np.argwhere(joint > 0)]
    given_x = [(rows[i], row / row.sum()) for i, row in enumerate(joint)]
    given_y = [(column / column.sum(), columns[j]) for j, column in enumerate(joint.T)]
    return [*cells, *given_x, *given_y]


def _attained(columns: Floats, weights: Floats, values: Floats, target: Floats) -> float:
    """Σ p(w) [H(a_w) + H(b_w)] of a mixture that is the joint law exactly.

    The solver's mixture is shrunk until it is below the law everywhere; what is missing is filled up with
    single cells, which contribute nothing.
    """
    weights = np.maximum(weights, 0.0)
    mixed = columns @ weights
    shrink = min(1.0, float((target / np.maximum(mixed, 1e-300)).min()))
    return shrink * float(values @ weights)


def _rectangles(
    support: npt.NDArray[np.bool_],
) -> Iterator[tuple[list[int], list[int]]]:
    """The largest products of rows and columns inside the support: every product law lives in one."""
    found: set[frozenset[int]] = set()
    for row in support:
        columns = frozenset(np.flatnonzero(row).tolist())
        found |= {columns} | {columns & other for other in found}
        if len(found) > MOST_RECTANGLES:
            break
    for columns in sorted(found, key=sorted):
        listed = sorted(columns)
        if listed:
            yield [i for i in range(support.shape[0]) if support[i, listed].all()], listed


def _climbs(
    prices: Floats,
    rows: list[int],
    free: list[int],
    stock: list[Product],
    generator: np.random.Generator,
) -> Iterator[tuple[Floats, Floats, float]]:
    """Local maxima of H(a) + H(b) - a'λb over product laws in a rectangle, starting points, and the gains."""
    inner = prices[np.ix_(rows, free)]
    known = np.array([a[rows] for a, _ in stock if a[rows].sum() > 0.999])
    starts = np.concatenate([generator.dirichlet(np.ones(len(rows)), STARTS), known[-STARTS:]])
    starts = np.maximum(starts, 1e-9)
    a = starts / starts.sum(1, keepdims=True)
    b = _softmax(-a @ inner)
    # Early prices mislead: laws from all over the rectangle, not only the best ones, steady them.
    seen = [*zip(a, b, strict=True)]
    for _ in range(CLIMB):
        a = _softmax(-b @ inner.T)
        b = _softmax(-a @ inner)
    for one, other in [*zip(a, b, strict=True), *seen]:
        gain = entropy_of(one) + entropy_of(other) - float(one @ inner @ other)
        whole, beside = np.zeros(prices.shape[0]), np.zeros(prices.shape[1])
        whole[rows], beside[free] = one, other
        yield whole, beside, gain


def _softmax(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    normalised: Floats = weights / weights.sum(axis=1, keepdims=True)
    return normalised


def _distinct(laws: list[Product]) -> list[Product]:
    kept: dict[tuple[float, ...], Product] = {}
    for a, b in laws:
        kept.setdefault(tuple(np.round(np.concatenate([a, b]), 7).tolist()), (a, b))
    return list(kept.values())


def _violation(prices: Floats, support: npt.NDArray[np.bool_]) -> tuple[float, Product]:
    """An upper bound, at least 0, of max over a, b of H(a) + H(b) - a'λb for binary x, and where it is.

    A product law lives on one row, where ln Σ_y exp(-λ(y)) is the maximum, or on the columns in which both
    rows have mass.
    """
    found: list[tuple[float, float]] = []
    for i in range(2):
        found.append((_top(-prices[i][support[i]]), 1.0 - i))
    both = support.all(0)
    if both.any():
        found.append(_worst(prices[:, both]))
    over, t = max(found)
    a = np.array([t, 1 - t])
    live = both if 0 < t < 1 else support[0] if t == 1 else support[1]
    b = np.zeros(prices.shape[1])
    b[live] = _softmax(-(a @ prices[:, live])[None, :])[0]
    return max(over, 0.0), (a, b)


def _top(logs: Floats) -> float:
    """ln Σ exp."""
    top = float(logs.max())
    return top + log(float(np.exp(logs - top).sum()))


def _worst(prices: Floats) -> tuple[float, float]:
    """An upper bound of max over t of h(t) + ln Σ_y exp(-λ_t(y)), λ_t = t λ_0 + (1 - t) λ_1, and the best t.

    A concave and a convex function of t. On an interval the first is below its tangent at the middle, the
    second below its chord, and the sum of two lines is largest at an end: the interval with the
    largest bound is halved until the bound is attained.
    """

    def convex(t: float) -> float:
        return _top(-(t * prices[0] + (1 - t) * prices[1]))

    def concave(t: float) -> float:
        return entropy_of(np.array([t, 1 - t]))

    def bound(low: float, high: float) -> float:
        middle = (low + high) / 2
        slope = log((1 - middle) / middle) * (high - low) / 2
        return concave(middle) + max(convex(low) - slope, convex(high) + slope)

    best, at = max((concave(t) + convex(t), t) for t in np.linspace(0, 1, 101).tolist())
    waiting = [(-bound(0.0, 1.0), 0.0, 1.0)]
    for _ in range(SPLITS):
        negative, low, high = waiting[0]
        if -negative <= best + GAIN:
            break
        middle = (low + high) / 2
        best, at = max((best, at), (concave(middle) + convex(middle), middle))
        heapq.heapreplace(waiting, (-bound(low, middle), low, middle))
        heapq.heappush(waiting, (-bound(middle, high), middle, high))
    return max(best, -waiting[0][0]), at
