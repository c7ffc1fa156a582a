"""Products of panels and tails, with enclosures of the integrals over them, and products of rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flint import acb, arb

from pplc.inference.certified.gauss import legendre
from pplc.inference.certified.on_chart import OnChart
from pplc.inference.certified.parts import Panel, Part, Tail
from pplc.inference.certified.sides import Side
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


def most_on(
    on: OnChart, sides: tuple[Side, Side], balls: Iterable[tuple[arb | acb, arb | acb]]
) -> tuple[list[arb], int]:
    """Bounds of the density and its multiples on balls, and how many of these were looked at."""
    found: list[arb] = [arb(0)] * on.count
    looked = 0
    for s, t in balls:
        looked += 1
        values = on.bounds(sides, s, t)
        if not values[0].is_finite():
            return [arb.pos_inf()] * on.count, looked
        found = [most.max(value) for most, value in zip(found, values, strict=True)]
    return found, looked


def rule(on: OnChart, sides: tuple[Side, Side], counts: tuple[int, int], bits: int) -> list[arb]:
    """The product of two Gauss–Legendre rules on a box."""
    first, second = (
        [
            (u, slope * weight)
            for node, weight in legendre(count, bits)
            for u, slope in [side.distance(side.middle + side.radius * node)]
        ]
        for side, count in zip(sides, counts, strict=True)
    )
    sums: list[arb] = [arb(0)] * on.count
    for u, weight in first:
        for w, own in second:
            both = weight * own
            sums = [total + value * both for total, value in zip(sums, on(u, w), strict=True)]
    return [total * (sides[0].radius * sides[1].radius) for total in sums]
