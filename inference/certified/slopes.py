"""Arithmetic on values with slopes: enclosures over a ball that are good to second order in its radius.

Of a function f on a ball X around m: f(m), an enclosure of f(X), and one of slopes s with f(x) - f(m) =
s · (x - m), such as that of the gradient on X. Then f(X) lies in f(m) + s · (X - m): the mean value form
(Neumaier 1990, Interval Methods for Systems of Equations, sec. 2.3), for real and for complex balls, which
are convex; of one variable or of several.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from flint import acb, arb

from pplc.inference.certified.balls import BALLS, FUNCTIONS, digamma, mills_ratio
from pplc.inference.certified.log_cdfs import SLOPES
from pplc.inference.certified.straight_line import Scalar
from pplc.semantics.symbolic.expression import Exponent

Along: TypeAlias = tuple[Scalar, ...]
"""Numbers along every variable; empty where a function is constant."""


@dataclass(frozen=True, slots=True)
class Sloped:
    """A function on a ball: its value in the middle, its values, its slopes along every variable.

    off: the ball less its middle, along every variable. Of a constant there are no slopes.
    """

    middle: Scalar
    whole: Scalar
    slopes: Along
    off: Along

    def __add__(self, other: Scalar) -> Sloped:
        if not isinstance(other, Sloped):
            return Sloped(self.middle + other, self.whole + other, self.slopes, self.off)
        middle, whole = self.middle + other.middle, self.whole + other.whole
        return formed(middle, whole, _sum(self.slopes, other.slopes), self.off or other.off)

    def __neg__(self) -> Sloped:
        return Sloped(-self.middle, -self.whole, tuple(-slope for slope in self.slopes), self.off)

    def __sub__(self, other: Scalar) -> Sloped:
        return self.__add__(-other)

    def __mul__(self, other: Scalar) -> Sloped:
        if not isinstance(other, Sloped):
            return Sloped(self.middle * other, self.whole * other, _times(self.slopes, other), self.off)
        slopes = _sum(_times(self.slopes, other.whole), _times(other.slopes, self.middle))
        middle, whole = self.middle * other.middle, self.whole * other.whole
        return formed(middle, whole, slopes, self.off or other.off)


def formed(middle: Scalar, whole: Scalar, slopes: Along, off: Along) -> Sloped:
    """A function whose values are known by the mean value form and directly."""
    if not slopes:
        return Sloped(middle, whole, slopes, off)
    by_slope = sum((slope * step for slope, step in zip(slopes, off, strict=True)), middle)
    return Sloped(middle, _both(by_slope, whole), slopes, off)


def variables(*balls: Scalar) -> list[Sloped]:
    """The variables themselves."""
    off = tuple(ball - ball.mid() for ball in balls)
    return [
        Sloped(ball.mid(), ball, tuple(arb(int(i == k)) for i in range(len(balls))), off)
        for k, ball in enumerate(balls)
    ]


def _sum(left: Along, right: Along) -> Along:
    if not left or not right:
        return left or right
    return tuple(a + b for a, b in zip(left, right, strict=True))


def _times(slopes: Along, by: Scalar) -> Along:
    return tuple(slope * by for slope in slopes)


def _both(left: Scalar, right: Scalar) -> Scalar:
    """What lies in two balls; of complex ones the narrower."""
    if not left.is_finite():
        return right
    if not right.is_finite():
        return left
    if isinstance(left, arb) and isinstance(right, arb):
        return left.intersection(right)
    return left if left.rad() < right.rad() else right


class Slopes:
    """The arithmetic of values with slopes."""

    def constant(self, number: Fraction | float) -> Scalar:
        """A known number."""
        found = BALLS.constant(number)
        return Sloped(found, found, (), ())

    def power(self, base: Sloped, exponent: Exponent) -> Sloped:
        """A power; its slope is its derivative somewhere on the ball."""
        less = BALLS.power(base.whole, exponent - 1)
        slopes = _times(base.slopes, less * BALLS.constant(Fraction(exponent)))
        middle, whole = BALLS.power(base.middle, exponent), BALLS.power(base.whole, exponent)
        if isinstance(whole, arb) and whole >= 0 and not whole > 0:  # whose lower end rounding would spoil
            return Sloped(middle, whole, slopes, base.off)
        return formed(middle, whole, slopes, base.off)

    def apply(self, name: str, argument: Sloped) -> Sloped:
        """A function; its slope is its derivative somewhere on the ball."""
        function = FUNCTIONS[name]
        whole = function(argument.whole)
        slopes = argument.slopes and _times(argument.slopes, DERIVATIVES[name](argument.whole, whole))
        return formed(function(argument.middle), whole, slopes, argument.off)


def _of_dilogarithm(z: Scalar, _: Scalar) -> Scalar:
    """-log(1 - z) / z; near 0, where it is 1 + z / 2 + z² / 3 + …, 1 with a bound of the rest."""
    size = abs(z).upper()
    if size < 0.5 and not abs(z) > NEAR_0:
        off = (size / (1 - size)).upper() * arb(-1).union(arb(1))
        return 1 + (acb(off, off) if isinstance(z, acb) else off)
    return -FUNCTIONS["log"](1 - z) / z


NEAR_0 = 2.0**-8
"""Size of a number below which a quotient by it may lose its digits."""

DERIVATIVES: dict[str, Callable[[Scalar, Scalar], Scalar]] = {
    "exp": lambda z, y: y,
    "log": lambda z, y: 1 / z,
    "sin": lambda z, y: z.cos(),
    "cos": lambda z, y: -z.sin(),
    "tan": lambda z, y: 1 + y * y,
    "atan": lambda z, y: 1 / (1 + z * z),
    "tanh": lambda z, y: 1 - y * y,
    "sigmoid": lambda z, y: y * (1 - y),
    "lgamma": lambda z, y: digamma(z),
    "erf": lambda z, y: 2 * (-z * z).exp() / arb.pi().sqrt(),
    "dilog": _of_dilogarithm,
    "log_ndtr": mills_ratio,
    "scaled_log_ndtr": lambda z, y: mills_ratio(z, y - z * z / 2) + z,
    **SLOPES,
}
"""By the argument and the value. Where that is not analytic, it is not finite, and neither is the slope."""
