"""Products of panels and tails, with enclosures of the integrals over them, and products of rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from flint import acb, arb

from pplc.inference.certified.gauss import legendre
from pplc.inference.certified.on_chart import OnChart
from pplc.inference.certified.parts import Panel, Part, Tail
from pplc.inference.certified.tails import Diverges


@dataclass(frozen=True, slots=True)
class Box:
    """A product of two parts of a chart without a proof yet.

    splits:  how often it was parted along each axis.
    found:   enclosures of its integrals.
    steeper: the axis along which the exponent changes more, on a box of panels.
    """

    on: OnChart
    parts: tuple[Part, Part]
    splits: tuple[int, int]
    found: Sequence[arb | Diverges]
    steeper: int = 0

    @property
    def least_split(self) -> int:
        """The axis along which it was parted least."""
        return 0 if self.splits[0] < self.splits[1] else 1

    @property
    def tailed(self) -> bool:
        """Whether one of its parts is a tail."""
        return any(isinstance(part, Tail) for part in self.parts)


def box_of(on: OnChart, parts: tuple[Part, Part], splits: tuple[int, int] = (0, 0)) -> Box:
    """A product of parts, and what its integrals may be."""
    match parts:
        case (Panel() as u, Panel() as w):
            found, steeper = on.on_panels(u, w)
            return Box(on, parts, splits, found, steeper)
        case _:
            return Box(on, parts, splits, on.integrals(parts))


def parted(box: Box, axis: int) -> list[tuple[tuple[Part, Part], tuple[int, int]]]:
    """A panel halved along an axis, or a tail moved out along it and a panel between: parts and splits."""
    part = box.parts[axis]
    if isinstance(part, Panel):
        middle = part.middle
        new: tuple[Part, Part] = Panel(part.left, middle), Panel(middle, part.right)
    else:
        u = part.u * 4 if part.far else part.u / 4
        new = Panel(min(u, part.u), max(u, part.u)), Tail(u, part.far)
    splits = box.splits[0] + (axis == 0), box.splits[1] + (axis == 1)
    return [((one, box.parts[1]) if axis == 0 else (box.parts[0], one), splits) for one in new]


class Side:
    """A side of a box of panels, in balls."""

    def __init__(self, panel: Panel) -> None:
        self.ball = panel.ball
        self.radius = panel.width / 2
        left, right = Panel(panel.left, panel.left).ball, Panel(panel.right, panel.right).ball
        self.middle = (left + right) / 2
        self.halves = [left.union(self.middle), self.middle.union(right)]

    def ellipse(self, rho: float, *, tiles: int) -> list[acb]:
        """What contains the upper half of the ellipse with foci at the ends and this sum of semi-axes.

        Semi-axes for a half width of 1; in as many parts. On the lower half, values are the conjugate ones.
        """
        wide, high = self.radius * ((rho + 1 / rho) / 2), self.radius * ((rho - 1 / rho) / 2)
        up = arb(0).union(high)
        steps = [self.middle + wide * (arb(2 * k - tiles) / tiles) for k in range(tiles + 1)]
        return [acb(a.union(b), up) for a, b in pairwise(steps)]


def most_on(on: OnChart, balls: Iterable[tuple[arb | acb, arb | acb]]) -> tuple[list[arb], int]:
    """Bounds of the density and its multiples on balls, and how many of these were looked at."""
    found: list[arb] = [arb(0)] * on.count
    looked = 0
    for u, w in balls:
        looked += 1
        values = on.over(u, w)
        if not values[0].is_finite():
            return [arb.pos_inf()] * on.count, looked
        found = [most.max(abs(value).upper()) for most, value in zip(found, values, strict=True)]
    return found, looked


def rule(on: OnChart, sides: tuple[Side, Side], counts: tuple[int, int], bits: int) -> list[arb]:
    """The product of two Gauss–Legendre rules on a box."""
    u, w = sides
    sums: list[arb] = [arb(0)] * on.count
    inner = [(w.middle + w.radius * node, weight) for node, weight in legendre(counts[1], bits)]
    for node, weight in legendre(counts[0], bits):
        x = u.middle + u.radius * node
        for y, own in inner:
            both = weight * own
            sums = [total + value * both for total, value in zip(sums, on(x, y), strict=True)]
    return [total * (u.radius * w.radius) for total in sums]
