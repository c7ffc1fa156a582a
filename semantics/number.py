"""Numbers of the semantics: ordinary ones, and weights kept as logarithms.

A log weight is a `float` in numerical runs (`LogW`) and a `LogRat` in exact ones: `LogRat(r)` stands for
log r with r a rational, so that sums and maxima of weights stay exact. Exact numbers raise `Inexact` where
they would have to meet a float.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Self, TypeAlias, overload

from pplc.semantics.formula import as_rational, is_open

Number: TypeAlias = int | float | Fraction
LogW: TypeAlias = float
"""A log weight as kernels write it: a float; exact runs of the same source put a `LogRat` there."""


class Inexact(ArithmeticError):
    """An exact computation met a float or a number that is not rational."""


@dataclass(frozen=True, slots=True)
class LogRat:
    """log r for a rational r >= 0; log 0 is minus infinity.

    value: the rational r itself, a weight on the ordinary scale.
    """

    value: Fraction

    def __post_init__(self) -> None:
        if not is_open(self.value) and self.value < 0:
            raise ValueError(f"the logarithm of the negative number {self.value}")

    def __add__(self, other: LogWeight) -> LogRat:
        return LogRat(self.value * _value(other))

    __radd__ = __add__

    def __sub__(self, other: LogWeight) -> LogRat:
        if _value(other) == 0:
            raise Inexact("minus infinity cannot be subtracted")
        return LogRat(self.value / _value(other))

    def __rsub__(self, other: LogWeight) -> LogRat:
        return LogRat(_value(other)) - self

    def __neg__(self) -> LogRat:
        return CERTAIN - self

    def __abs__(self) -> LogRat:
        return self if self.value >= 1 else -self

    def __mul__(self, times: Number) -> LogRat:
        """An integer multiple: log r^times. Multiples of minus infinity must be positive."""
        if isinstance(times, float) or times != int(times):
            raise Inexact(f"{times} times a logarithm: the power is not rational")
        if self.value == 0 and times <= 0:
            raise Inexact(f"{times} times minus infinity")
        return LogRat(self.value ** int(times))

    __rmul__ = __mul__

    def __lt__(self, other: LogWeight) -> bool:
        return self.value < _value(other)

    def __le__(self, other: LogWeight) -> bool:
        return self.value <= _value(other)

    def __gt__(self, other: LogWeight) -> bool:
        return self.value > _value(other)

    def __ge__(self, other: LogWeight) -> bool:
        return self.value >= _value(other)

    def __float__(self) -> float:
        """The float nearest to log r, or nearly; near r = 1 through log1p, so that nothing cancels."""
        top, bottom = self.value.numerator, self.value.denominator
        if top == 0:
            return -math.inf
        if bottom <= 2 * top <= 4 * bottom:
            return math.log1p(float(Fraction(top - bottom, bottom)))
        return math.log(top) - math.log(bottom)


class LogShifted(float):
    """A log weight n + r in floating point: a whole number n, which may be large and cancel, and a float r.

    To whatever knows nothing of it, it is the float nearest to the sum. Data that are measured far from 0
    give weights whose logarithms are as large as the squares of what was measured, and differ by little.
    """

    whole: int
    rest: float

    def __new__(cls, whole: int, rest: float) -> Self:
        self = super().__new__(cls, whole + rest)
        self.whole, self.rest = whole, rest
        return self

    def __neg__(self) -> LogShifted:
        return LogShifted(-self.whole, -self.rest)


LogWeight: TypeAlias = float | LogRat


def shifted(number: Fraction, rest: float) -> float:
    """The log weight that is the sum of a rational, of any size, and a float."""
    whole = round(number)
    if not whole or not math.isfinite(rest):
        return float(number) + rest
    return LogShifted(whole, float(number - whole) + rest)


def parts(weight: LogWeight) -> tuple[int, float]:
    """A log weight as a whole number and a float."""
    return (weight.whole, weight.rest) if isinstance(weight, LogShifted) else (0, float(weight))


def log_product(left: LogWeight, right: LogWeight) -> float:
    """The log of the product of two weights that are not 0, in floating point."""
    (n, r), (m, s) = parts(left), parts(right)
    return LogShifted(n + m, r + s) if n + m else r + s


def log_ratio(left: LogWeight, right: LogWeight) -> float:
    """The log of the quotient of two weights that are not 0: what is large in both cancels exactly."""
    (n, r), (m, s) = parts(left), parts(right)
    return float(n - m) + (r - s)


def _value(w: LogWeight) -> Fraction:
    if isinstance(w, LogRat):
        return w.value
    raise Inexact(f"an exact log weight met the float {w}")


IMPOSSIBLE = LogRat(Fraction(0))
CERTAIN = LogRat(Fraction(1))


@overload
def logaddexp(a: float, b: float) -> float: ...
@overload
def logaddexp(a: LogRat, b: LogRat) -> LogRat: ...
@overload
def logaddexp(a: LogWeight, b: LogWeight) -> LogWeight: ...
def logaddexp(a: LogWeight, b: LogWeight) -> LogWeight:
    """log(e^a + e^b), without overflow; of two `LogRat`s exactly."""
    if isinstance(a, LogRat) or isinstance(b, LogRat):
        return LogRat(_value(a) + _value(b))
    if a == b:  # equal infinities too, whose difference would be NaN
        return a + math.log(2)
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high))


def log_sum_exp(weights: Iterable[float]) -> float:
    """The log of the sum of e^w; minus infinity for none. The sum is correctly rounded (`math.fsum`)."""
    listed = list(weights)
    high = max(listed, default=-math.inf)
    if math.isinf(high):
        return math.nan if any(math.isnan(w) for w in listed) else high
    if isinstance(high, LogShifted):
        by = high.whole
        return log_product(
            LogShifted(by, 0.0), log_sum_exp([log_ratio(w, LogShifted(by, 0.0)) for w in listed])
        )
    return high + math.log(math.fsum(math.exp(w - high) for w in listed))


def log_sum_rat(weights: Iterable[LogRat]) -> LogRat:
    """`log_sum_exp` of exact log weights, exactly."""
    return LogRat(sum((w.value for w in weights), Fraction(0)))


@overload
def log_weight(x: float) -> float: ...
@overload
def log_weight(x: Fraction) -> LogRat: ...
@overload
def log_weight(x: Number) -> LogWeight: ...
def log_weight(x: Number) -> LogWeight:
    """The log of a weight x >= 0 in the kind of number that x is: rationals and integers stay exact."""
    if isinstance(x, float):
        return -math.inf if x == 0.0 else math.log(x)
    return LogRat(as_rational(x))


@overload
def weight(w: float) -> float: ...
@overload
def weight(w: LogRat) -> Fraction: ...
@overload
def weight(w: LogWeight) -> float | Fraction: ...
def weight(w: LogWeight) -> float | Fraction:
    """e^w, the weight on the ordinary scale; a `LogRat` gives its rational."""
    if isinstance(w, LogRat):
        return w.value
    return math.exp(w) if w < 709.782712893384 else math.inf
