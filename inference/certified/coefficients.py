"""Coefficients of germs that depend on a second variable s in a ball.

What cancels in a germ must cancel exactly, as a term that is left, however small, grows without bound. So
sums of products c s^q (log s)^m with rational c are kept as they are, and only what is no such sum is
enclosed, with its slope in s (`pplc.inference.certified.slopes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from flint import arb, fmpq

from pplc.inference.certified.balls import BALLS, rational, up_to
from pplc.inference.certified.slopes import Sloped, Slopes
from pplc.inference.certified.straight_line import Scalar
from pplc.semantics.symbolic.expression import Exponent

Exact: TypeAlias = Mapping[tuple[Exponent, Exponent], fmpq]
"""Rational coefficients by the powers of s and of log s."""

ALONE = (0, 0)
LOG_OF_S = (0, 1)

SLOPES = Slopes()


@dataclass(frozen=True, slots=True, eq=False)
class Coefficient:
    """A function of s on a ball: a sum of products of powers of s and log s, plus what is enclosed.

    s:     the variable. rest: enclosed; None for nothing.
    known: what contains all values; None if nothing but the sum tells.
    """

    exact: Exact
    s: Sloped
    rest: Sloped | None = None
    known: arb | None = None

    def __add__(self, other: Scalar) -> Scalar:
        if not isinstance(other, Coefficient):
            other = _constant(other, self.s)
        exact = dict(self.exact)
        for key, c in other.exact.items():
            exact[key] = exact.get(key, fmpq(0)) + c
        return _formed(exact, self.s, _plus(self.rest, other.rest))

    __radd__ = __add__

    def __neg__(self) -> Coefficient:
        return Coefficient(
            {key: -c for key, c in self.exact.items()},
            self.s,
            None if self.rest is None else -self.rest,
            None if self.known is None else -self.known,
        )

    def __sub__(self, other: Scalar) -> Scalar:
        return self + -other

    def __rsub__(self, other: Scalar) -> Scalar:
        return -self + other

    def __mul__(self, other: Scalar) -> Scalar:
        if isinstance(other, int | fmpq) and self.known is not None and other != 0:
            known = self.known * other
            if self.known >= 0 and other > 0 and not known >= 0:
                known = up_to(known.upper())
            exact: dict[tuple[Exponent, Exponent], fmpq] = {key: c * other for key, c in self.exact.items()}
            return Coefficient(exact, self.s, None if self.rest is None else self.rest * arb(other), known)
        if not isinstance(other, Coefficient):
            other = _constant(other, self.s)
        exact = {}
        for (q, m), a in self.exact.items():
            for (r, n), b in other.exact.items():
                exact[q + r, m + n] = exact.get((q + r, m + n), fmpq(0)) + a * b
        rest: Sloped | None = None
        if other.rest is not None and self.exact:
            rest = self.of_exact() * other.rest
        if self.rest is not None:
            rest = _plus(rest, self.rest * other.sloped())
        return _formed(exact, self.s, rest)

    __rmul__ = __mul__

    def __truediv__(self, other: Scalar) -> Scalar:
        if not isinstance(other, Coefficient):
            return self * (1 / other)
        return self * other.power(-1)

    def __rtruediv__(self, other: Scalar) -> Scalar:
        return self.power(-1) * other

    def __pow__(self, exponent: int) -> Scalar:
        return self.power(exponent)

    def __gt__(self, other: Scalar) -> bool:
        return bool(self.ball() > other)

    def __ge__(self, other: Scalar) -> bool:
        return bool(self.ball() >= other)

    def __lt__(self, other: Scalar) -> bool:
        return bool(self.ball() < other)

    def __le__(self, other: Scalar) -> bool:
        return bool(self.ball() <= other)

    def of_exact(self) -> Sloped:
        """The exact sum on the ball of s."""
        total: Sloped | None = None
        for (q, m), c in self.exact.items():
            term = SLOPES.constant(Fraction(int(c.p), int(c.q)))
            if q:
                term = SLOPES.power(self.s, q) * term
            if m:
                term = SLOPES.power(SLOPES.apply("log", self.s), m) * term
            total = _plus(total, term)
        return SLOPES.constant(Fraction(0)) if total is None else total

    def sloped(self) -> Sloped:
        """The function with its slope."""
        whole = self.of_exact() if self.rest is None else self.of_exact() + self.rest
        if self.known is None:
            return whole
        return Sloped(whole.middle, whole.whole.intersection(self.known), whole.slopes, whole.off)

    def ball(self) -> arb:
        """What contains all values."""
        found: arb = self.sloped().whole
        if self.known is not None and self.known >= 0 and not found >= 0:  # as rounding has it
            return up_to(found.upper())
        return found

    def power(self, exponent: Exponent) -> Scalar:
        """A power of it."""
        if len(self.exact) == 1 and self.rest is None:
            (((q, m), c),) = self.exact.items()
            if not m and exponent == int(exponent):
                return _formed({(_short(q * exponent), 0): c ** int(exponent)}, self.s, None)
            if not m and c > 0:
                level = arb(c) ** arb(rational(exponent))
                return _formed({(_short(q * exponent), 0): fmpq(1)}, self.s, None) * level
        whole = SLOPES.power(self.sloped(), exponent)
        if exponent != int(exponent) or exponent < 0 or self.rest is not None:
            return Coefficient({}, self.s, whole)
        found: Scalar = fmpq(1)
        for _ in range(int(exponent)):
            found = self * found
        if not isinstance(found, Coefficient):
            return found
        return Coefficient(found.exact, self.s, None, BALLS.power(self.ball(), exponent))

    def apply(self, name: str) -> Scalar:
        """A function of `pplc.inference.certified.balls.FUNCTIONS`."""
        if name == "log" and len(self.exact) == 1 and self.rest is None:
            (((q, m), c),) = self.exact.items()
            if not m and c > 0:
                log_s = _formed({LOG_OF_S: rational(q)}, self.s, None)
                return log_s if c == 1 else log_s + arb(c).log()
        return Coefficient({}, self.s, SLOPES.apply(name, self.sloped()))


def _short(exponent: Exponent) -> Exponent:
    return int(exponent) if exponent == int(exponent) else exponent


def _constant(number: Scalar, s: Sloped) -> Coefficient:
    """A number that is the same for every s; in a ball, one that is anything in it."""
    if isinstance(number, int | fmpq):
        return Coefficient({ALONE: fmpq(number)} if number != 0 else {}, s)
    return Coefficient({}, s, Sloped(number, number, (), ()))


def _plus(left: Sloped | None, right: Sloped | None) -> Sloped | None:
    if left is None or right is None:
        return left if right is None else right
    return left + right


def _formed(exact: Exact, s: Sloped, rest: Sloped | None) -> Scalar:
    """A coefficient; a rational number if it is one."""
    exact = {key: c for key, c in exact.items() if c != 0}
    if rest is None and not set(exact) - {ALONE}:
        return exact.get(ALONE, fmpq(0))
    return Coefficient(exact, s, rest)


def of_variable(s: Sloped, polynomial: Mapping[int, Fraction]) -> Scalar:
    """Σ c s^k with rational c."""
    return _formed({(k, 0): rational(c) for k, c in polynomial.items()}, s, None)


def enclosure(c: Scalar) -> arb:
    """What contains a coefficient."""
    return c.ball() if isinstance(c, Coefficient) else arb(c)


def raised(c: Scalar, exponent: Exponent) -> Scalar:
    """A power of a coefficient, which is positive unless the exponent is whole."""
    if isinstance(c, Coefficient):
        return c.power(exponent)
    return c ** int(exponent) if exponent == int(exponent) else arb(c) ** arb(rational(exponent))


def logarithm(c: Scalar) -> Scalar:
    """The logarithm of a coefficient, which is positive."""
    if isinstance(c, Coefficient):
        return c.apply("log")
    return fmpq(0) if isinstance(c, fmpq) and c == 1 else arb(c).log()
