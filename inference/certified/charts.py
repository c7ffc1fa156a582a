"""Coordinates of the plane in which a density is simple: x and y as sums of products of whole powers.

A chart has two coordinates u and w, each on a half line or an interval from 0, or from 1 to infinity. Where
both go to an end at once, a density may depend on their ratio, which no product of intervals tells. With v
and w >= 1 there, the corner is the union of v = a, w = a s and of v = a s, w = a with a, s >= 1: in these,
which are charts again, the ratio s is a coordinate of its own (blowing up: Hironaka 1964, Annals of
Mathematics 79, 109; for integrals of this kind Binoth & Heinrich 2000, Nuclear Physics B 585, 741, "sector
decomposition").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from pplc.inference.certified.integrand import Half
from pplc.inference.certified.parts import Panel, Part, Tail

Powers: TypeAlias = tuple[int, int]
"""Of both coordinates; they may be negative."""

Sum: TypeAlias = Mapping[Powers, Fraction]

DEEPEST = 4
"""How often a corner is blown up."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Coordinates on a part of the plane.

    axes:    x and y as functions of the coordinates.
    area:    dx dy as a share of the area in the coordinates, which is positive.
    starts:  the least values of the coordinates, 0 or 1.
    reaches: the largest; None for infinity.
    depth:   how often it was blown up.
    """

    axes: tuple[Sum, Sum]
    area: Sum
    starts: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    reaches: tuple[Fraction | None, Fraction | None] = (None, None)
    depth: int = 0

    def blown_up(self, tails: tuple[Tail, Tail]) -> list[Chart]:
        """A corner in charts of which a ratio is a coordinate; none if that was done too often."""
        if self.depth >= DEEPEST:
            return []
        return [
            Chart(
                (_through(self.axes[0], move, tails), _through(self.axes[1], move, tails)),
                _area(self.area, move, tails),
                (Fraction(1), Fraction(1)),
                depth=self.depth + 1,
            )
            for move in (_second_larger, _first_larger)
        ]

    def parts(self, axis: int, *, singular: bool) -> list[Part]:
        """The first parts of a coordinate: with a tail near 0 if the density is singular there."""
        start, reach = self.starts[axis], self.reaches[axis]
        one = Fraction(1) if reach is None else reach
        parts: list[Part] = []
        if singular and not start:
            start = one / 4
            parts.append(Tail(start, far=False))
        if start < one:
            parts.append(Panel(start, one))
        if reach is None:
            parts += [Panel(one, one * 4), Tail(one * 4, far=True)]
        return parts


def product_of(u: Half, w: Half) -> Chart:
    """The product of two halves, by the distances from their centres."""
    return Chart(
        (
            _sum({(0, 0): u.centre, (1, 0): Fraction(u.sign)}),
            _sum({(0, 0): w.centre, (0, 1): Fraction(w.sign)}),
        ),
        {(0, 0): Fraction(1)},
        reaches=(u.reach, w.reach),
    )


def _sum(terms: Sum) -> Sum:
    return {powers: c for powers, c in terms.items() if c}


def _second_larger(i: int, j: int) -> Powers:
    """v^i w^j in powers of a and s, for v = a and w = a s."""
    return i + j, j


def _first_larger(i: int, j: int) -> Powers:
    return i + j, i


def _through(terms: Sum, move: Callable[[int, int], Powers], tails: tuple[Tail, Tail]) -> Sum:
    """A sum in a and s: the coordinates are U v and W w, or U / v and W / w near 0."""
    first, second = tails
    return {
        move(i * first.power, j * second.power): c * first.u**i * second.u**j for (i, j), c in terms.items()
    }


def _area(area: Sum, move: Callable[[int, int], Powers], tails: tuple[Tail, Tail]) -> Sum:
    """With dv dw = a da ds, and U dv or U dv / v² along each coordinate."""
    first, second = tails
    less = move(first.power - 1, second.power - 1)
    by = first.u * second.u
    return {(i + less[0] + 1, j + less[1]): c * by for (i, j), c in _through(area, move, tails).items()}
