"""The exact twins of the elementary functions: rationals in, rationals or `LogRat` out, `Inexact` otherwise.

`pplc.semantics.rewrite` binds these names where a kernel imports their float versions.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Never, TypeAlias

from pplc.semantics.formula import as_rational, is_open
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, Inexact, LogRat

Exact: TypeAlias = int | Fraction

LONG_ROW, LONGEST_ROW = 100, 20_000
"""Between these n, all of n over k are kept together: each by itself would take n steps."""


class Infinity:
    """Plus or minus infinity: it can be compared, and is Inexact in arithmetic."""

    __slots__ = ("_sign",)

    def __init__(self, sign: int) -> None:
        self._sign = sign

    def __neg__(self) -> Infinity:
        return Infinity(-self._sign)

    def __lt__(self, other: object) -> bool:
        return self._sign < 0 and self != other

    def __gt__(self, other: object) -> bool:
        return self._sign > 0 and self != other

    def __le__(self, other: object) -> bool:
        return self._sign < 0 or self == other

    def __ge__(self, other: object) -> bool:
        return self._sign > 0 or self == other

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Infinity) and self._sign == other._sign

    def __hash__(self) -> int:
        return hash(("infinity", self._sign))

    def _refuse(self, *_: object) -> Never:
        raise Inexact("infinity in exact arithmetic")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse


inf = Infinity(1)


def rational(x: Exact | float | LogRat) -> Fraction:
    """The rational x; Inexact for a float or a log weight."""
    if isinstance(x, int | Fraction):
        return as_rational(x)
    raise Inexact(f"{x!r} is not a rational")


f64 = rational
i64 = int


def divide(a: Exact | LogRat, b: Exact | LogRat) -> Fraction:
    """The quotient a / b of rationals; of integers too it is a rational."""
    return rational(a) / rational(b)


def power(x: Exact | LogRat, y: Exact | LogRat) -> Fraction:
    """x^y for an integer y."""
    exponent = rational(y)
    if exponent.denominator != 1:
        raise Inexact(f"{x} to the power {y} need not be rational")
    return rational(x) ** exponent.numerator


def log(x: Exact) -> LogRat:
    """The log of x >= 0."""
    value = rational(x)
    if not is_open(value) and value < 0:
        raise Inexact(f"the logarithm of {value}")
    return LogRat(value)


def log1p(x: Exact) -> LogRat:
    """log(1 + x) for x >= -1."""
    return log(1 + rational(x))


def exp(x: Exact | LogRat) -> Fraction:
    """e^x where it is rational: of a log weight and of 0."""
    if isinstance(x, LogRat):
        return x.value
    if rational(x) == 0:
        return Fraction(1)
    raise Inexact(f"exp({x}) is not rational")


def expm1(x: Exact | LogRat) -> Fraction:
    """e^x - 1 where it is rational."""
    return exp(x) - 1


def log1mexp(x: LogRat) -> LogRat:
    """log(1 - e^x) of a log weight of at most 1."""
    return log(1 - exp(x))


def logaddexp(a: LogRat, b: LogRat) -> LogRat:
    """log(e^a + e^b)."""
    return LogRat(a.value + b.value)


def xlogy(x: Exact, y: Exact) -> LogRat:
    """`x log y` for an integer x; log 1 where x is 0."""
    return CERTAIN if x == 0 else log(y) * x


def xlog1py(x: Exact, y: Exact) -> LogRat:
    """`x log(1 + y)` for an integer x; log 1 where x is 0."""
    return CERTAIN if x == 0 else log1p(y) * x


def sqrt(x: Exact) -> Fraction:
    """The square root of the square of a rational."""
    value = rational(x)
    if value >= 0:
        root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
        if root * root == value:
            return root
    raise Inexact(f"sqrt({value}) is not rational")


def floor(x: Exact) -> int:
    """The largest integer at or below x."""
    return math.floor(x)


def isnan(x: Exact | LogRat) -> bool:  # noqa: ARG001  exact numbers are numbers
    """False."""
    return False


def lgamma(x: Exact) -> LogRat:
    """`log (x - 1)!` for a positive integer x."""
    value = rational(x)
    if value.denominator != 1 or value < 1:
        raise Inexact(f"the gamma function at {value} is not rational")
    return LogRat(Fraction(math.factorial(value.numerator - 1)))


def log_beta(a: Exact, b: Exact) -> LogRat:
    """`log B(a, b)` for rational a and b of which one is an integer: B(a, n) = (n - 1)! / (a)_n."""
    first, second = rational(a), rational(b)
    if second.denominator != 1:
        first, second = second, first
    if second.denominator != 1 or second < 1 or first <= 0:
        raise Inexact(f"B({a}, {b}) need not be rational")
    n = second.numerator
    return LogRat(math.factorial(n - 1) / _rising(first, n))


def log_choose(n: Exact, k: Exact) -> LogRat:
    """The log of the binomial coefficient of two integers; minus infinity outside 0 <= k <= n."""
    if rational(n).denominator != 1 or rational(k).denominator != 1:
        raise Inexact(f"{n} over {k} need not be rational")
    return LogRat(Fraction(_choose(int(n), int(k)))) if 0 <= k <= n else IMPOSSIBLE


def _choose(n: int, k: int) -> int:
    return _choices(n)[min(k, n - k)] if LONG_ROW < n < LONGEST_ROW else math.comb(n, k)


@lru_cache(maxsize=2)
def _choices(n: int) -> tuple[int, ...]:
    """The first half of a row of Pascal's triangle, each from the one before: laws list all of them."""
    row = [1]
    for k in range(1, n // 2 + 1):
        row.append(row[-1] * (n - k + 1) // k)
    return tuple(row)


def log_binomial(k: Exact, m: Exact, p: Exact, q: Exact) -> LogRat:
    """The log of (k + m over k) p^k q^m for integers k and m."""
    return log_choose(k + m, k) + xlogy(k, p) + xlogy(m, q)


def log_beta_growth(a: Exact, b: Exact, k: int, m: int) -> LogRat:
    """`log(B(a + k, b + m) / B(a, b))` for integers k, m >= 0: a quotient of rising factorials."""
    return LogRat(_rising(a, k) * _rising(b, m) / _rising(rational(a) + b, k + m))


def power_sum(s: Exact, first: int, last: int) -> Fraction:
    """The sum of k^-s for k from `first` to `last`, for integer s and a finite sum."""
    if last == 0:
        raise Inexact("an infinite sum of powers")
    return sum((power(k, -s) for k in range(first, last + 1)), Fraction(0))


def _rising(x: Exact, n: int) -> Fraction:
    """The rising factorial x (x + 1) ... (x + n - 1)."""
    product = Fraction(1)
    for i in range(n):
        product *= rational(x) + i
    return product
