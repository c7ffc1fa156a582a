"""The density of two variables on a quadrant, and functions times it, in the arithmetics that proofs need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from flint import acb, arb

from pplc.inference.certified.balls import BALLS, FUNCTIONS, rational
from pplc.inference.certified.corners import Corners, bound
from pplc.inference.certified.germs import CONSTANT, Germ, Germs, Lost
from pplc.inference.certified.integrand import FROM, Half
from pplc.inference.certified.slopes import Slopes, variables
from pplc.inference.certified.straight_line import Scalar
from pplc.inference.certified.tails import Diverges
from pplc.inference.certified.terms import Linear, Run, Term
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent

ORDER = 2
"""Of the Taylor expansions of germs: along the other variable they have balls for coefficients anyway."""

UNIT = arb(-1).union(arb(1))


@dataclass(frozen=True, slots=True)
class Tail:
    """What is farther from the centre than u, or nearer to it."""

    u: Fraction
    far: bool

    @property
    def slope(self) -> Fraction:
        """By which v, or 1 / v, is the distance from the centre."""
        return self.u / FROM if self.far else self.u * FROM


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


class Quadrant:
    """A term on the product of two halves, and its multiples."""

    def __init__(
        self,
        term: Term,
        latents: Sequence[Latent],
        functions: Sequence[Number],
        linear: Sequence[Linear],
        halves: tuple[Half, Half],
    ) -> None:
        self.halves = halves
        self.count = 1 + len(functions) + 3 * len(linear)
        self._exact, self._sloped, self._germs, self._corners = (
            Run(term, latents, functions, linear, [], arithmetic)
            for arithmetic in (
                BALLS,
                Slopes(),
                Germs(arb(FROM), ORDER),
                Corners(arb(FROM), arb(FROM)),
            )
        )

    def _at(self, axis: int, u: Scalar) -> Scalar:
        half = self.halves[axis]
        return u * half.sign + rational(half.centre)

    def __call__(self, u: arb, w: arb) -> list[Scalar]:
        """The density and its multiples at a point."""
        return self._exact.values([self._at(0, u), self._at(1, w)], True)

    def over(self, u: arb | acb, w: arb | acb) -> list[Scalar]:
        """The same over balls; not finite where they are not analytic on complex ones."""
        return self._sloped.values(variables(self._at(0, u), self._at(1, w)), True)

    def on_panels(self, u: Panel, w: Panel) -> tuple[list[Scalar], int]:
        """Enclosures of the integrals over a box, and the axis along which the exponent changes more."""
        exponent, numbers = self._sloped.parts(variables(self._at(0, u.ball), self._at(1, w.ball)))
        changes = [
            abs(slope).upper() * step.rad() for slope, step in zip(exponent.slopes, exponent.off, strict=True)
        ]
        density = FUNCTIONS["exp"](exponent.whole) * (u.width * w.width)
        return [density * number.whole for number in numbers], 0 if changes and changes[0] > changes[1] else 1

    def integrals(self, parts: tuple[Part, Part]) -> list[arb | Diverges]:
        """Enclosures of the integrals over a product of parts."""
        try:
            match parts:
                case (Panel() as u, Panel() as w):
                    return self.on_panels(u, w)[0]
                case (Tail() as tail, Panel() as panel):
                    return self._beyond(0, tail, panel)
                case (Panel() as panel, Tail() as tail):
                    return self._beyond(1, tail, panel)
                case (u, w):
                    assert isinstance(u, Tail)
                    assert isinstance(w, Tail)
                    return self._corner((u, w))
        except Lost:
            pass
        return [arb.nan()] * self.count

    def _beyond(self, axis: int, tail: Tail, panel: Panel) -> list[arb | Diverges]:
        half = self.halves[axis]
        germs = Germs(arb(FROM), ORDER)
        x = germs.around(half.centre, tail.slope * half.sign, far=tail.far)
        y = Germ({CONSTANT: self._at(1 - axis, panel.ball)}, arb(FROM))
        found = self._germs.beyond([x, y] if axis == 0 else [y, x], far=tail.far)
        area = panel.width * rational(tail.slope)
        return [value if isinstance(value, Diverges) else value * area for value in found]

    def _corner(self, tails: tuple[Tail, Tail]) -> list[arb | Diverges]:
        corners = Corners(arb(FROM), arb(FROM))
        at = [
            corners.along(axis, half.centre, tail.slope * half.sign, far=tail.far)
            for axis, (half, tail) in enumerate(zip(self.halves, tails, strict=True))
        ]
        exponent, numbers = self._corners.parts(at)
        area = rational(tails[0].slope) * rational(tails[1].slope)
        far = tails[0].far, tails[1].far
        return [UNIT * (bound(exponent, number, far=far) * area) for number in numbers]
