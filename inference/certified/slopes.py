"""Arithmetic on values with slopes: enclosures over a ball that are good to second order in its radius.

Of a function f on a ball X around m: f(m), an enclosure of f(X), and one of the slopes
(f(x) - f(m)) / (x - m), such as that of the derivative on X. Then f(X) lies in f(m) + slope · (X - m): the
mean value form (Neumaier 1990, Interval Methods for Systems of Equations, sec. 2.3), for real and for complex
balls, which are convex.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from pplc.inference.certified.balls import BALLS, FUNCTIONS, mills_ratio
from pplc.inference.certified.log_cdfs import SLOPES
from pplc.inference.certified.straight_line import Scalar
from pplc.semantics.symbolic.expression import Exponent


@dataclass(frozen=True, slots=True)
class Sloped:
    """A function on a ball: its value in the middle, its values, its slopes; off: the ball less its
    middle; None for a constant.
    """

    middle: Scalar
    whole: Scalar
    slope: Scalar
    off: Scalar

    def __add__(self, other: Scalar) -> Sloped:
        if not isinstance(other, Sloped):
            return Sloped(self.middle + other, self.whole + other, self.slope, self.off)
        off: Scalar = other.off if self.off is None else self.off
        slope: Scalar = self.slope + other.slope
        return formed(self.middle + other.middle, self.whole + other.whole, slope, off)

    def __neg__(self) -> Sloped:
        return Sloped(-self.middle, -self.whole, -self.slope, self.off)

    def __sub__(self, other: Scalar) -> Sloped:
        return self.__add__(-other)

    def __mul__(self, other: Scalar) -> Sloped:
        if not isinstance(other, Sloped):
            return Sloped(self.middle * other, self.whole * other, self.slope * other, self.off)
        slope = self.slope * other.whole + other.slope * self.middle
        off = other.off if self.off is None else self.off
        return formed(self.middle * other.middle, self.whole * other.whole, slope, off)


def formed(middle: Scalar, whole: Scalar, slope: Scalar, off: Scalar) -> Sloped:
    """A function whose values are known by the mean value form or directly, whichever is narrower."""
    if off is None:
        return Sloped(middle, whole, slope, off)
    by_slope = middle + slope * off
    return Sloped(middle, by_slope if _radius(by_slope) < _radius(whole) else whole, slope, off)


def variable(ball: Scalar) -> Sloped:
    """The variable itself."""
    return Sloped(ball.mid(), ball, arb(1), ball - ball.mid())


def _radius(ball: Scalar) -> Scalar:
    return ball.rad() if ball.is_finite() else arb.pos_inf()


class Slopes:
    """The arithmetic of values with slopes."""

    def constant(self, number: Fraction | float) -> Scalar:
        """A known number."""
        found = BALLS.constant(number)
        return Sloped(found, found, arb(0), None)

    def power(self, base: Sloped, exponent: Exponent) -> Sloped:
        """A power; its slope is its derivative somewhere on the ball."""
        less = BALLS.power(base.whole, exponent - 1)
        slope = base.slope * less * BALLS.constant(Fraction(exponent))
        middle = BALLS.power(base.middle, exponent)
        return formed(middle, BALLS.power(base.whole, exponent), slope, base.off)

    def apply(self, name: str, argument: Sloped) -> Sloped:
        """A function; its slope is its derivative somewhere on the ball."""
        function = FUNCTIONS[name]
        whole = function(argument.whole)
        slope = argument.slope * DERIVATIVES[name](argument.whole, whole)
        return formed(function(argument.middle), whole, slope, argument.off)


DERIVATIVES: dict[str, Callable[[Scalar, Scalar], Scalar]] = {
    "exp": lambda z, y: y,
    "log": lambda z, y: 1 / z,
    "sin": lambda z, y: z.cos(),
    "cos": lambda z, y: -z.sin(),
    "tan": lambda z, y: 1 + y * y,
    "atan": lambda z, y: 1 / (1 + z * z),
    "tanh": lambda z, y: 1 - y * y,
    "sigmoid": lambda z, y: y * (1 - y),
    "lgamma": lambda z, y: z.digamma(),
    "erf": lambda z, y: 2 * (-z * z).exp() / arb.pi().sqrt(),
    "log_ndtr": mills_ratio,
    "scaled_log_ndtr": lambda z, y: mills_ratio(z, y - z * z / 2) + z,
    **SLOPES,
}
"""By the argument and the value. Where that is not analytic, it is not finite, and neither is the slope."""
