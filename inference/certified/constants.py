"""The values of numbers that depend on no variable: sums of products of logarithms, exponentials and roots.

They are enclosed by balls whose precision grows until their digits are known: differences of exact numbers
may cancel as far as they like. What was rounded before has only the digits of a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf
from typing import NamedTuple

from flint import arb

from pplc.inference.certified.balls import BALLS, precise
from pplc.inference.certified.straight_line import StraightLine
from pplc.semantics.number import shifted
from pplc.semantics.symbolic.elementary import Number

PRECISIONS = (128, 512, 2048)
"""Bits that are tried."""

ENOUGH = 2.0**-56
"""Radius of a ball, as a share of its middle, that a float does not show."""

LOST = 1e-13
"""The same, from which on too many digits of floats have cancelled: what rounding may take of an answer."""

NOTHING = 2.0**-1024
"""Size below which a difference of exact numbers is none: equal ones may be written differently."""


class Value(NamedTuple):
    """A number: its sign (0 for 0), the log of its size, and a bound of its error as a share of it."""

    sign: int
    log_size: float
    error: float


def value_of(numbers: Sequence[Number]) -> Value | None:
    """The sum of numbers without variables; None if too many digits of floats cancel in it."""
    for bits in PRECISIONS:
        last = bits == PRECISIONS[-1]
        with precise(bits):
            found: arb = sum(StraightLine(numbers, [], BALLS)(), arb(0))
            if not found.is_finite():
                return None
            if found > 0 or found < 0:
                error = float((found.rad() / abs(found).lower()).upper())
                if error < ENOUGH or (last and error < LOST):
                    return Value(1 if found > 0 else -1, _log(abs(found)), error)
            elif last and abs(found).upper() < NOTHING:
                return Value(0, -inf, 0.0)
    return None


def _log(size: arb) -> float:
    """A log of any size, whose whole part is kept by itself."""
    found = size.log().mid()
    whole = int(found.floor().fmpz())
    return shifted(Fraction(whole), float(found - whole))
