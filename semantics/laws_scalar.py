"""What laws of single numbers have in common: intervals, accurate in both tails, and inversion."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction

from pplc.semantics.elementary import log1mexp
from pplc.semantics.faults import outside_domain, wrong_kind
from pplc.semantics.laws_base import LawValue, nothing
from pplc.semantics.laws_finite import Finite
from pplc.semantics.measure import total
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.primitives_arithmetic import to_float
from pplc.semantics.values import Number, Value


def bare(law: LawValue) -> str:
    """A law's description without its backticks, to stand inside another."""
    return law.describe().strip("`")


def scalar(name: str, law: LawValue) -> LawValue:
    """The law, which must be one of single numbers."""
    if law.rank != 0:
        raise wrong_kind(name, "a distribution of single numbers", law)
    return law


def log_difference(a: float, b: float) -> float:
    """log(e^a - e^b) for a >= b."""
    return a if b == -math.inf else -math.inf if b >= a else a + log1mexp(b - a)


def log_atom(law: LawValue, x: Number) -> LogWeight:
    """The log mass of the point x; of zero where the law has a density."""
    weight, dimension = law.weigh(x)
    return weight if dimension == 0 else nothing(law.exact)


MOST_LISTED = 100_000
"""Values of an endless discrete law below a bound that are listed one by one."""


def table_up_to(law: LawValue, upper: Number | None) -> Iterator[tuple[Number, LogWeight]] | None:
    """The masses of a discrete law up to `upper`, if they are finitely many, and not too many."""
    table = law.masses()
    if table is not None:
        return ((as_number(x), w) for x, w in table if upper is None or as_number(x) <= upper)
    support = law.support() if upper is not None else None
    first = None if support is None else next(support, None)
    if support is None or first is None or upper is None or upper - as_number(first) > MOST_LISTED:
        return None
    limit = upper
    support = itertools.chain([first], support)
    listed = itertools.takewhile(lambda x: x <= limit, map(as_number, support))
    return ((x, law.log_density(x)) for x in listed)


def as_number(value: Value) -> Number:
    """A value of a scalar law as a number, `true` as 1."""
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, int | float | Fraction):
        raise wrong_kind("a distribution of numbers", "numbers", value)
    return value


def log_interval(
    law: LawValue, lower: Number | None, upper: Number | None, *, open_below: bool = False
) -> LogWeight:
    """log P(lower <= X <= upper), the lower end left out if `open_below`; None is unbounded.

    Exact where the law is finite or has a rational cdf. Otherwise the difference of the two tails
    that are smaller, so that an interval far out keeps its digits.
    """
    table = table_up_to(law, upper) if law.discrete and (law.exact or isinstance(law, Finite)) else None
    if table is not None:
        found = [w for x, w in table if lower is None or x > lower or (x == lower and not open_below)]
        return total(found) if found else nothing(law.exact)
    formula = law.interval(lower, upper)
    if formula is not None:
        return formula
    if law.exact:
        exact = _exact_interval(law, lower, upper, open_below=open_below)
        if exact is not None:
            return exact
    half_open = _log_half_open(law, lower, upper)
    if lower is None or open_below:
        return half_open
    return total([half_open, float(log_atom(law, lower))])


def _exact_interval(
    law: LawValue, lower: Number | None, upper: Number | None, *, open_below: bool
) -> LogRat | None:
    above: Number = 1 if upper is None else law.cdf(upper)
    below: Number = 0 if lower is None else law.cdf(lower)
    if isinstance(above, float) or isinstance(below, float):
        return None
    mass = LogRat(max(Fraction(above) - Fraction(below), Fraction(0)))
    if lower is None or open_below:
        return mass
    atom = log_atom(law, lower)
    return LogRat(mass.value + atom.value) if isinstance(atom, LogRat) else None


def _log_half_open(law: LawValue, lower: Number | None, upper: Number | None) -> float:
    """log P(lower < X <= upper)."""
    if lower is None:
        return 0.0 if upper is None else law.log_cdf(upper)
    above = law.log_ccdf(lower)
    if upper is None:
        return above
    below = law.log_cdf(lower)
    if above < below:
        return log_difference(above, law.log_ccdf(upper))
    return log_difference(law.log_cdf(upper), below)


# ------------------------------------------------------------------ inversion


def search_quantile(law: LawValue, p: Number) -> Value:
    """The least number x with P(X <= x) >= p, by bisection over all floats (or ints of a discrete law)."""
    if not 0 <= p <= 1:
        raise outside_domain(bare(law), "p", p, "a number between 0 and 1")
    level = to_float(p)
    if level <= 0.5:
        aim = math.log(level) if level > 0 else -math.inf

        def reached(x: float) -> bool:
            return law.log_cdf(x) >= aim
    else:
        rest = to_float(1 - p)
        aim = math.log(rest) if rest > 0 else -math.inf

        def reached(x: float) -> bool:
            return law.log_ccdf(x) <= aim

    found = least(reached)
    if law.discrete and math.isfinite(found):
        return math.ceil(found)
    return found


def least(reached: Callable[[float], bool]) -> float:
    """The least float from which on a monotone condition holds; infinity if it never does."""
    low, high = _order(-math.inf), _order(math.inf)
    while high - low > 1:
        middle = (low + high) // 2
        if reached(_float(middle)):
            high = middle
        else:
            low = middle
    return _float(high)


def _order(x: float) -> int:
    """The place of a float among all floats, -0 and 0 being one."""
    bits: int = struct.unpack("<q", struct.pack("<d", x))[0]
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def _float(place: int) -> float:
    magnitude: float = struct.unpack("<d", struct.pack("<q", abs(place)))[0]
    return magnitude if place >= 0 else -magnitude
