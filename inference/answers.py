"""The kinds of answer: exact, bounded, truncated, or an estimate with its error.

The type says which it is, so that nothing downstream can print an estimate without its error.
Imports no numpy: answers are few and scalar.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, log, log1p, nan, nextafter
from typing import TypeAlias

from pplc.semantics.formula import Formula, as_rational, is_open
from pplc.semantics.number import LogRat, LogWeight


@dataclass(frozen=True, slots=True)
class Exact:
    """A number without error, up to rounding of its last digits.

    value:    the number as a float (for a log evidence: log Z, in nats); NaN only for a formula, and for
              what is known not to exist, as the mean of a Cauchy law.
    rational: the answer as a rational, or a formula, where it is one; for a log evidence this is Z itself.
    """

    value: float
    rational: Fraction | None = None

    def __post_init__(self) -> None:
        if is_open(self.rational) and not isinstance(self.rational, Formula):
            raise ValueError(f"an exact answer without a value: {self.rational}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """A certified interval; `confidence` is 1 where the certificate is a proof."""

    lower: float
    upper: float
    confidence: float = 1.0

    @property
    def value(self) -> float:
        """The middle of the interval, for where one number is needed."""
        return self.lower + (self.upper - self.lower) / 2 if self.upper < inf else self.upper


@dataclass(frozen=True, slots=True)
class Truncated:
    """A number of the runs that were followed, without a certificate: the others may have any values.

    left: upper bound of the mass of the runs not followed, as a share of those that were.
    """

    value: float
    left: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error.

    interval: at the stated level, 0.95 unless said otherwise.
    flags:    reasons not to rely on it, in plain words.
    """

    value: float
    standard_error: float
    interval: tuple[float, float]
    flags: tuple[str, ...] = ()


def exactly(value: Fraction | float) -> Exact:
    """A number that was computed exactly: rational, a formula, or a float right to its last digits."""
    if isinstance(value, float):
        return Exact(value)
    return Exact(nan if is_open(value) else float(value), as_rational(value))


UNOBSERVED = Exact(0.0, Fraction(1))
"""The evidence where nothing is observed, as its logarithm."""


def exact_log(weight: LogWeight) -> Exact:
    """An evidence, as its logarithm."""
    if isinstance(weight, LogRat):
        return Exact(nan if is_open(weight.value) else float(weight), weight.value)
    return Exact(float(weight))


def estimate(value: float, standard_error: float, *flags: str) -> Estimate:
    """The estimate with its normal 95 % interval, value ± 1.96 standard errors."""
    width = 1.959963984540054 * standard_error
    return Estimate(value, standard_error, (value - width, value + width), flags)


Answer: TypeAlias = Exact | Bounds | Truncated | Estimate


ROUNDING = 1e-13
"""Relative error allowed for the rounding of weights that are not rational, in sums over many runs."""


def below(number: Fraction | float) -> float:
    """A float not above the number; one step further down for floats, whose last digit may be rounded."""
    found = float(number)
    return found if isinstance(number, Fraction) and Fraction(found) <= number else nextafter(found, -inf)


def above(number: Fraction | float) -> float:
    """A float not below the number."""
    return -below(-number)


def enclosed(share: Fraction | float, left: float) -> Bounds:
    """The bounds of a probability: `share` of the mass followed, and mass `left` of which nothing is known.

    With M followed, m of it in the event, and at most R more: m / (M + R) ≤ P ≤ (m + R) / (M + R).
    `share` is m / M rounded to a float at most once, `left` at least R / M.
    """
    low, high = Fraction(below(share)), Fraction(above(share))
    more = Fraction(left)
    return Bounds(max(0.0, below(low / (1 + more))), min(1.0, above((high + more) / (1 + more))))


def enclosed_log(mass: LogWeight, left: float) -> Bounds:
    """The bounds of a log evidence: the log of the mass followed, M, and of at most R = `left` · M more."""
    found = float(mass)
    size = abs(found)
    if isinstance(mass, LogRat) and not 0.5 < mass.value < 2:
        if 1e-300 < mass.value < 1e300:  # else its logarithm is the difference of two that may be large
            found = log(float(mass.value))
            size = abs(found) + 1
        else:
            size = abs(log(mass.value.numerator)) + abs(log(mass.value.denominator))
    slack = 4 * 2.0**-52 * size + (0.0 if isinstance(mass, LogRat) else ROUNDING)
    more = log1p(left) if left > 1e-8 else left  # log(1 + x) <= x
    return Bounds(below(found - slack), above(found + slack + above(more)))
