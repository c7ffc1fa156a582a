"""Parts of an axis: a panel, or what lies beyond a point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from flint import arb

from pplc.inference.certified.balls import rational
from pplc.inference.certified.integrand import FROM


@dataclass(frozen=True, slots=True)
class Tail:
    """What is farther from the centre than u, or nearer to it."""

    u: Fraction
    far: bool

    @property
    def slope(self) -> Fraction:
        """By which v, or 1 / v, is the distance from the centre."""
        return self.u / FROM if self.far else self.u * FROM

    @property
    def power(self) -> int:
        """Of v in the distance from the centre."""
        return 1 if self.far else -1


@dataclass(frozen=True, slots=True)
class Panel:
    """The distances from the centre from left to right."""

    left: Fraction
    right: Fraction

    @property
    def ball(self) -> arb:
        """All of them."""
        return arb(rational(self.left)).union(arb(rational(self.right)))

    @property
    def middle(self) -> Fraction:
        """Where it is halved: in its ratio, where that is large."""
        ratio, halves = self.right / max(self.left, self.right / 2**40), 0
        while ratio > 4 and self.left:
            ratio, halves = ratio / 4, halves + 1
        return self.left * 2**halves if halves else (self.left + self.right) / 2

    @property
    def width(self) -> arb:
        """The difference of the ends."""
        return arb(rational(self.right - self.left))


Part: TypeAlias = Panel | Tail
