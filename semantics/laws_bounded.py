"""`Truncated` and `Censored`: a law cut off at bounds, or recorded only up to them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pplc.semantics.laws_base import LawValue, Masses, is_nothing, nothing, number
from pplc.semantics.laws_finite import finite_law
from pplc.semantics.laws_scalar import (
    as_number,
    bare,
    log_atom,
    log_interval,
    scalar,
    search_quantile,
    table_up_to,
)
from pplc.semantics.measure import share, total
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.primitives_arithmetic import to_float
from pplc.semantics.symbolic.elementary import exp
from pplc.semantics.symbolic.expression import depends
from pplc.semantics.values import Fault, Number, Value, show

if TYPE_CHECKING:
    from pplc.semantics.source import Source

_FAR = 0.99
"""Where the cdf at the lower bound is above this, inversion goes through the upper tail."""


@dataclass(frozen=True, slots=True)
class Truncated(LawValue):
    """`base` restricted to lower <= x <= upper and renormalised; None is unbounded.

    log_mass: the log probability of the interval under `base`.
    """

    base: LawValue
    lower: Number | None
    upper: Number | None
    log_mass: LogWeight
    exact: bool

    def describe(self) -> str:
        return _described("Truncated", self.base, self.lower, self.upper)

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    def draw(self, source: Source) -> Value:
        if self.masses() is not None:
            return _table(self, "draw").draw(source)
        u = source.uniform()
        below = 0.0 if self.lower is None else math.exp(self.base.log_cdf(self.lower))
        if self.lower is not None:
            below -= math.exp(float(log_atom(self.base, self.lower)))
        if below > _FAR:
            return search_quantile(self, u)
        level = min(max(below + u * math.exp(float(self.log_mass)), 0.0), 1.0)
        value = as_number(self.base.quantile(level))
        # Rounding may lead past a bound; past an absent one it leads to infinity.
        if self.lower is not None and value < self.lower:
            return math.ceil(self.lower) if self.discrete else to_float(self.lower)
        if self.upper is not None and value > self.upper:
            return math.floor(self.upper) if self.discrete else to_float(self.upper)
        return value if math.isfinite(value) else search_quantile(self, u)

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        weight, dimension = self.base.weigh(value)
        x = as_number(value)
        if (self.lower is not None and x < self.lower) or (self.upper is not None and x > self.upper):
            return nothing(self.exact), dimension
        if isinstance(weight, LogRat) and isinstance(self.log_mass, LogRat):
            return weight - self.log_mass, dimension
        if is_nothing(weight):
            return weight, dimension
        if isinstance(self.log_mass, LogRat) and depends(self.log_mass.value):
            return LogRat(exp(float(weight)) / self.log_mass.value), dimension
        if isinstance(weight, LogRat) and depends(weight.value):
            return LogRat(weight.value * exp(-float(self.log_mass))), dimension
        return float(weight) - float(self.log_mass), dimension

    def masses(self) -> Masses | None:
        table = table_up_to(self.base, self.upper) if self.discrete else None
        if table is None:
            return None
        if self.base.masses() is not None:
            values: Iterator[Value] = (value for value, _ in self.base.masses() or ())
        else:
            values = (x for x, _ in table)
        weighed = [(value, self.weigh(value)[0]) for value in values]
        return [(value, weight) for value, weight in weighed if not is_nothing(weight)]

    def atoms(self) -> Masses:
        if self.discrete:
            return self.masses() or ()
        weighed = [(value, self.weigh(value)[0]) for value, _ in self.base.atoms()]
        return [(value, weight) for value, weight in weighed if not is_nothing(weight)]

    def support(self) -> Iterator[Value] | None:
        support = self.base.support()
        if support is None:
            return None
        table = self.masses()
        if table is not None:
            return (value for value, _ in table)
        return (value for value in support if self.lower is None or as_number(value) >= self.lower)

    def cdf(self, x: Value) -> Number:
        mass = self._inside(None, number(x, self.describe()))
        return share(mass, self.log_mass)

    def log_cdf(self, x: Value) -> float:
        return min(float(self._inside(None, number(x, self.describe()))) - float(self.log_mass), 0.0)

    def log_ccdf(self, x: Value) -> float:
        return min(float(self._inside(number(x, self.describe()), None)) - float(self.log_mass), 0.0)

    def _inside(self, above: Number | None, up_to: Number | None) -> LogWeight:
        """log P(above < X <= up_to and X within the bounds) under the base."""
        lower, upper, open_below = self.lower, self.upper, False
        if above is not None and (lower is None or above >= lower):
            lower, open_below = above, True
        if up_to is not None and (upper is None or up_to < upper):
            upper = up_to
        if lower is not None and upper is not None and (lower > upper or (open_below and lower == upper)):
            return nothing(self.exact)
        return log_interval(self.base, lower, upper, open_below=open_below)

    def quantile(self, p: Number) -> Value:
        return search_quantile(self, p)

    def mean(self) -> Value:
        return _table(self, "mean").mean()

    def variance(self) -> Value:
        return _table(self, "variance").variance()

    def entropy(self) -> float:
        return _table(self, "entropy").entropy()


def truncated(base: LawValue, lower: Value | None, upper: Value | None, *, exact: bool) -> LawValue:
    """`Truncated(base, lower = …, upper = …)`; a `Fault` if nothing of `base` lies between the bounds."""
    low, high = _bounds("Truncated", lower, upper)
    law = scalar("Truncated", base)
    mass = log_interval(law, low, high)
    if is_nothing(mass):
        raise Fault(
            "E0431",
            f"`{_described('Truncated', base, low, high).strip('`')}` has no probability between its bounds",
            "nothing lies between the bounds",
        )
    return Truncated(law, low, high, mass, exact and law.exact)


@dataclass(frozen=True, slots=True)
class Censored(LawValue):
    """A draw from `base`, of which one sees only the bound if it lies beyond a bound.

    A bound is an atom with all the mass beyond it; between the bounds the density is that of `base`.
    """

    base: LawValue
    lower: Number | None
    upper: Number | None
    exact: bool

    def describe(self) -> str:
        return _described("Censored", self.base, self.lower, self.upper)

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    def draw(self, source: Source) -> Value:
        value = as_number(self.base.draw(source))
        if self.lower is not None and value < self.lower:
            return self.lower
        return self.upper if self.upper is not None and value > self.upper else value

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        x = number(value, self.describe())
        if self.lower is not None and x <= self.lower:
            return (log_interval(self.base, None, self.lower) if x == self.lower else nothing(self.exact)), 0
        if self.upper is not None and x >= self.upper:
            return (log_interval(self.base, self.upper, None) if x == self.upper else nothing(self.exact)), 0
        return self.base.weigh(value)

    def masses(self) -> Masses | None:
        table = table_up_to(self.base, self.upper) if self.discrete else None
        if table is None:
            return None
        values = [x for x, _ in table if self.lower is None or x > self.lower]
        if self.upper is not None:
            values = [x for x in values if x < self.upper]
        return self._weighed(
            [
                *([] if self.lower is None else [self.lower]),
                *values,
                *([] if self.upper is None else [self.upper]),
            ]
        )

    def atoms(self) -> Masses:
        found = self.masses()
        if found is not None:
            return found
        bounds = [bound for bound in (self.lower, self.upper) if bound is not None]
        inside = [as_number(x) for x, _ in self.base.atoms()]
        return self._weighed([*bounds, *(x for x in inside if x not in bounds)])

    def _weighed(self, values: list[Number]) -> Masses:
        weighed = [(x, self.weigh(x)[0]) for x in values]
        return [(x, weight) for x, weight in weighed if not is_nothing(weight)]

    def cdf(self, x: Value) -> Number:
        at = number(x, self.describe())
        if self.lower is not None and at < self.lower:
            return 0
        return 1 if self.upper is not None and at >= self.upper else self.base.cdf(at)

    def log_cdf(self, x: Value) -> float:
        at = number(x, self.describe())
        if self.lower is not None and at < self.lower:
            return -math.inf
        return 0.0 if self.upper is not None and at >= self.upper else self.base.log_cdf(at)

    def log_ccdf(self, x: Value) -> float:
        at = number(x, self.describe())
        if self.lower is not None and at < self.lower:
            return 0.0
        if self.upper is not None and at >= self.upper:
            return -math.inf
        # What lies beyond the upper bound counts as the bound, which is above x.
        return self.base.log_ccdf(at)

    def quantile(self, p: Number) -> Value:
        value = as_number(self.base.quantile(p))
        if self.lower is not None and value < self.lower:
            return self.lower
        return self.upper if self.upper is not None and value > self.upper else value

    def mean(self) -> Value:
        return _table(self, "mean").mean()

    def variance(self) -> Value:
        return _table(self, "variance").variance()

    def entropy(self) -> float:
        return _table(self, "entropy").entropy()


def censored(base: LawValue, lower: Value | None, upper: Value | None, *, exact: bool) -> LawValue:
    """`Censored(base, lower = …, upper = …)`."""
    low, high = _bounds("Censored", lower, upper)
    law = scalar("Censored", base)
    return Censored(law, low, high, exact and law.exact)


def _bounds(name: str, lower: Value | None, upper: Value | None) -> tuple[Number | None, Number | None]:
    low = None if lower is None else number(lower, name)
    high = None if upper is None else number(upper, name)
    if low is not None and high is not None and not low < high:
        raise Fault(
            "E0401",
            f"`lower` must be less than `upper` in `{name}`, but they are {show(low)} and {show(high)}",
            f"from {show(low)} to {show(high)}",
        )
    return None if low == -math.inf else low, None if high == math.inf else high


def _described(name: str, base: LawValue, lower: Number | None, upper: Number | None) -> str:
    bounds = [
        f"{side} = {show(bound)}" for side, bound in (("lower", lower), ("upper", upper)) if bound is not None
    ]
    return f"`{name}({', '.join([bare(base), *bounds])})`"


def _table(law: LawValue, member: str) -> LawValue:
    """The law as a finite table; refused if it is none."""
    masses = law.masses()
    if masses is None:
        law.refuse(member)
    whole = [(value, weight) for value, weight in masses]
    mass = total(weight for _, weight in whole)
    return finite_law({value: share(weight, mass) for value, weight in whole}, bare(law))
