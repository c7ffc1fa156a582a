"""Sides of boxes, in the coordinate in which a rule is applied along them."""

from __future__ import annotations

from itertools import pairwise

from flint import acb, arb

from pplc.inference.certified.balls import rational
from pplc.inference.certified.parts import Panel

RATIO = 2
"""Of the ends of a panel, from which on the logarithm of the distance is the coordinate."""


class Side:
    """A side of a box: the distances from the end of a chart, or their logarithms.

    Densities of scales vary with the ratios of these, and are singular where one is 0: not so the logarithm.
    """

    def __init__(self, panel: Panel) -> None:
        left, right = arb(rational(panel.left)), arb(rational(panel.right))
        self.logarithmic = panel.left > 0 and panel.right >= RATIO * panel.left
        if self.logarithmic:
            left, right = left.log(), right.log()
        self.radius = (right - left) / 2
        self.middle = (left + right) / 2
        self.whole = left.union(right)

    def parts(self, count: int) -> list[arb]:
        """The coordinate in as many balls."""
        steps = [self.middle + self.radius * (arb(2 * k - count) / count) for k in range(count + 1)]
        return [a.union(b) for a, b in pairwise(steps)]

    def distance(self, s: arb) -> tuple[arb, arb]:
        """The distance where the coordinate is s, and its derivative."""
        if not self.logarithmic:
            return s, arb(1)
        u = s.exp()
        return u, u

    def ellipse(self, rho: float, *, tiles: int) -> list[acb]:
        """What contains the upper half of the ellipse with foci at the ends and this sum of semi-axes.

        Semi-axes for a half width of 1; in as many parts. On the lower half, values are the conjugate ones.
        """
        wide, high = self.radius * ((rho + 1 / rho) / 2), self.radius * ((rho - 1 / rho) / 2)
        up = arb(0).union(high)
        steps = [self.middle + wide * (arb(2 * k - tiles) / tiles) for k in range(tiles + 1)]
        return [acb(a.union(b), up) for a, b in pairwise(steps)]
