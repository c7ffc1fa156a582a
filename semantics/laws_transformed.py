"""`Transformed(d, f)`: the law of f(x), for f a chain of functions that can be undone one by one.

The density at y is the sum over the preimages x of y of the density at x times |dx/dy|.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from pplc.semantics.faults import unavailable
from pplc.semantics.laws_base import Call, LawValue, Masses, is_nothing, nothing, number
from pplc.semantics.laws_chains import Chain, Evaluate, chain_of, not_invertible
from pplc.semantics.laws_finite import finite_law
from pplc.semantics.laws_monotone import Threshold, threshold
from pplc.semantics.laws_scalar import bare, log_atom, log_difference, log_interval, scalar, search_quantile
from pplc.semantics.measure import share, times, total
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.values import FunctionValue, Number, Value

if TYPE_CHECKING:
    from pplc.semantics.source import Source


@dataclass(frozen=True, slots=True)
class Transformed(LawValue):
    """The law of `function(x)` for x drawn from `base`."""

    base: LawValue
    function: FunctionValue
    chain: Chain
    call: Call = field(compare=False, repr=False)
    exact: bool

    def describe(self) -> str:
        return f"`Transformed({bare(self.base)}, …)`"

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    def draw(self, source: Source) -> Value:
        return self.call(self.function, (self.base.draw(source),))

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        found: list[tuple[LogWeight, int]] = []
        for x, jacobian in self.chain.preimages(number(value, self.describe()), exact=self.exact):
            at: Number | None = _whole(x) if self.discrete else x
            if at is None:
                continue
            weight, dimension = self.base.weigh(at)
            found.append((times(weight, jacobian) if dimension else weight, dimension))
        positive = [(weight, dimension) for weight, dimension in found if not is_nothing(weight)]
        if not positive:
            return nothing(self.exact), 0 if self.discrete else 1
        lowest = min(dimension for _, dimension in positive)
        return total(weight for weight, dimension in positive if dimension == lowest), lowest

    def atoms(self) -> Masses:
        return [(self.call(self.function, (x,)), weight) for x, weight in self.base.atoms()]

    def log_cdf(self, x: Value) -> float:
        at, rises = self._threshold("logcdf", x)
        if math.isinf(at):
            return 0.0 if (at > 0) == rises else -math.inf
        return self.base.log_cdf(at) if rises else float(log_interval(self.base, at, None))

    def log_ccdf(self, x: Value) -> float:
        at, rises = self._threshold("logccdf", x)
        if math.isinf(at):
            return -math.inf if (at > 0) == rises else 0.0
        if rises:
            return self.base.log_ccdf(at)
        return log_difference(self.base.log_cdf(at), float(log_atom(self.base, at)))

    def _threshold(self, member: str, x: Value) -> Threshold:
        found = threshold(self.chain.steps, number(x, self.describe()))
        if found is None:
            raise unavailable(member, self.describe(), "its function does not rise or fall throughout")
        return found

    def quantile(self, p: Number) -> Value:
        if self._threshold("quantile", 0.5).rises:
            return self.call(self.function, (self.base.quantile(p),))
        return search_quantile(self, p)

    def mean(self) -> Value:
        if any(step not in _AFFINE for step, _, _ in self.chain.steps):
            self.refuse("mean")
        return self.call(self.function, (self.base.mean(),))


_AFFINE = frozenset({"add", "sub", "mul", "neg", "real"})


def _whole(x: Number) -> int | None:
    return int(x) if x == math.floor(x) else None


def transformed(base: LawValue, function: Value, *, exact: bool, call: Call, evaluate: Evaluate) -> LawValue:
    """`Transformed(base, function)`; finite laws may go through any function."""
    if not isinstance(function, FunctionValue):
        raise not_invertible("it is not a function of the program")
    table = base.masses()
    if table is not None:
        image: dict[Value, list[LogWeight]] = {}
        for x, weight in table:
            image.setdefault(call(function, (x,)), []).append(weight)
        whole: LogWeight = LogRat(Fraction(1)) if base.exact else 0.0
        masses = {value: share(total(weights), whole) for value, weights in image.items()}
        return finite_law(masses, f"Transformed({bare(base)}, …)")
    chain = chain_of(function, evaluate)
    return Transformed(scalar("Transformed", base), function, chain, call, exact and base.exact)
