"""One transition of the No-U-Turn sampler, multinomial variant.

Hoffman & Gelman (2014) with the changes of Betancourt (2017): points are chosen in proportion to
their weights inside a sub-tree and with a bias to the new sub-tree at the top, and the U-turn test uses the
sum of momenta, also across the seam of two joined sub-trees (Stan since 2.21). The recursion is written
as a binary counter: finished sub-trees lie on a stack, and two of equal size become one.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any, NamedTuple

from pplc.inference.trajectory import (
    Metric,
    Point,
    Vector,
    Weigh,
    goes_on,
    leapfrog,
    log_weight,
    takes_new,
    takes_second,
)
from pplc.semantics.number import LogWeight, logaddexp, weight
from pplc.semantics.source import Source

MOST_ENERGY = 1000.0
"""A trajectory whose energy has grown by more diverges, as in Stan."""


class Tree(NamedTuple):
    """A stretch of trajectory, in the order in which it was walked.

    depth:  it has 2^depth points.
    first, last: momenta at its ends. total: the sum of its momenta.
    weight: the log of the sum of its weights. chosen: one of its points.
    """

    depth: int
    first: Vector
    last: Vector
    total: Vector
    weight: LogWeight
    chosen: Point


class Info(NamedTuple):
    """What a transition has done.

    acceptance: mean of min(1, weight / initial weight) over the points visited.
    steps:      leapfrog steps. depth: of the tree.
    energy:     minus the log weight of the new point.
    outside:    where it met a density of 0, or one that is not a number (it then counts as diverging).
    """

    acceptance: float
    steps: int
    depth: int
    diverging: bool
    energy: float
    outside: Vector | None = None


def leaf(point: Point, weighed: LogWeight) -> Tree:
    """A tree of one point."""
    return Tree(0, point.momentum, point.momentum, point.momentum, weighed, point)


def still(first: Tree, second: Tree, metric: Metric) -> bool:
    """Whether the two stretches together do not turn, across their seam either."""
    return (
        goes_on(first.first, second.last, first.total + second.total, metric)
        and goes_on(first.first, second.first, first.total + second.first, metric)
        and goes_on(first.last, second.last, second.total + first.last, metric)
    )


def joined(first: Tree, second: Tree, chosen: Point) -> Tree:
    """Two stretches as one."""
    return Tree(
        first.depth + 1,
        first.first,
        second.last,
        first.total + second.total,
        logaddexp(first.weight, second.weight),
        chosen,
    )


def backwards(tree: Tree) -> Tree:
    """The same stretch, walked from its other end."""
    return tree._replace(first=tree.last, last=tree.first)


class Grown(NamedTuple):
    """A sub-tree and the point where it ends; None if it turned or diverged on the way."""

    tree: Tree | None
    end: Point
    diverging: bool
    acceptance: float
    steps: int


def grow(
    source: Source,
    start: Point,
    depth: int,
    step: Any,
    metric: Metric,
    base: LogWeight,
    weigh: Weigh,
    half: Any,
) -> Generator[Vector, tuple[Any, Vector], Grown]:
    """Walks 2^depth steps from a point, as long as no aligned part of the walk turns."""
    stack: list[Tree] = []
    point, acceptance = start, 0.0
    for steps in range(1, 2**depth + 1):
        point = yield from leapfrog(point, step, metric, half)
        weighed = weigh(point, metric)
        gain = float(weighed - base)
        if not gain > -MOST_ENERGY:
            return Grown(None, point, True, acceptance, steps)
        acceptance += min(1.0, float(weight(gain)))
        tree = leaf(point, weighed)
        while stack and stack[-1].depth == tree.depth:
            before = stack.pop()
            second = takes_second(source, before.weight, tree.weight)
            if not still(before, tree, metric):
                return Grown(None, point, False, acceptance, steps)
            tree = joined(before, tree, tree.chosen if second else before.chosen)
        stack.append(tree)
    return Grown(stack[0], point, False, acceptance, 2**depth)


def transition(
    source: Source,
    start: Point,
    step: Any,
    metric: Metric,
    max_depth: int,
    weigh: Weigh = log_weight,
    half: Any = 0.5,
) -> Generator[Vector, tuple[Any, Vector], tuple[Point, Info]]:
    """The next point, from a point whose momentum is fresh."""
    base = weigh(start, metric)
    tree = leaf(start, base)
    ends = {1: start, -1: start}
    acceptance, steps, diverging = 0.0, 0, False
    outside: Vector | None = None
    depth = 0
    while depth < max_depth:
        direction = 1 if source.choose((1, 1)) == 1 else -1
        grown = yield from grow(source, ends[direction], depth, direction * step, metric, base, weigh, half)
        acceptance += grown.acceptance
        steps += grown.steps
        diverging = grown.diverging
        if grown.tree is None:
            if diverging and not float(grown.end.log_density) > -math.inf:
                outside = grown.end.position
            break
        ends[direction] = grown.end
        # `tree` runs forward in time; seen from the new stretch its near end is its last point.
        old = tree if direction == 1 else backwards(tree)
        new = takes_new(source, old.weight, grown.tree.weight)
        turned = not still(old, grown.tree, metric)
        tree = joined(old, grown.tree, grown.tree.chosen if new else old.chosen)
        if direction == -1:
            tree = backwards(tree)
        depth += 1
        if turned:
            break
    energy = -float(weigh(tree.chosen, metric))
    return tree.chosen, Info(acceptance / max(steps, 1), steps, depth, diverging, energy, outside)


__all__ = ["Info", "Point", "Tree", "transition"]
