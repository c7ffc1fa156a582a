"""The three kinds of answer: exact, bounded, or an estimate with its error.

The type says which it is, so that nothing downstream can print an estimate without its error.
Imports no numpy: answers are few and scalar.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Exact:
    """A number without error, up to rounding of its last digits.

    value:    the number as a float (for a log evidence: log Z, in nats).
    rational: the answer as a rational where it is one; for a log evidence the rational is Z itself.
    """

    value: float
    rational: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """A certified interval; `confidence` is 1 where the certificate is a proof."""

    lower: float
    upper: float
    confidence: float = 1.0


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


def estimate(value: float, standard_error: float, *flags: str) -> Estimate:
    """The estimate with its normal 95 % interval, value ± 1.96 standard errors."""
    width = 1.959963984540054 * standard_error
    return Estimate(value, standard_error, (value - width, value + width), flags)


Answer: TypeAlias = Exact | Bounds | Estimate
