"""`Mixture` and `ZeroInflated`: one of several laws, chosen by weights.

Where laws of different dimension meet, the lowest dimension with positive weight is the density:
`Mixture([0.99, 0.01], [Uniform(0, 4), Delta(4)])` has mass 0.01 at 4, whatever the density there.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pplc.lang.families import Domain
from pplc.semantics.faults import outside_domain, wrong_kind
from pplc.semantics.formula import as_rational
from pplc.semantics.laws_base import LawValue, Masses, is_nothing, log_of, nothing, number
from pplc.semantics.laws_finite import delta
from pplc.semantics.laws_parameters import argument, probabilities
from pplc.semantics.laws_scalar import as_number, bare, search_quantile
from pplc.semantics.measure import times, total
from pplc.semantics.number import LogWeight, log_sum_exp
from pplc.semantics.primitives_arithmetic import add, broadcast, mul, sub, to_float
from pplc.semantics.values import Number, Value, show

if TYPE_CHECKING:
    from pplc.semantics.source import Source


@dataclass(frozen=True, slots=True)
class Mixture(LawValue):
    """One of `laws`, chosen by `weights`, which are positive and sum to 1."""

    name: str
    weights: tuple[Number, ...]
    laws: tuple[LawValue, ...]
    exact: bool

    def describe(self) -> str:
        return f"`{self.name}`"

    @property
    def discrete(self) -> bool:
        return all(law.discrete for law in self.laws)

    @property
    def rank(self) -> int:
        return self.laws[0].rank

    def draw(self, source: Source) -> Value:
        return self.laws[source.choose(self.weights)].draw(source)

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        found = [
            (times(log_of(weight, self.exact), density), dimension)
            for weight, law in zip(self.weights, self.laws, strict=True)
            for density, dimension in [law.log_density_and_dimension(value)]
        ]
        positive = [(density, dimension) for density, dimension in found if not is_nothing(density)]
        if not positive:
            return nothing(self.exact), max(dimension for _, dimension in found)
        lowest = min(dimension for _, dimension in positive)
        return total(density for density, dimension in positive if dimension == lowest), lowest

    def masses(self) -> Masses | None:
        values = self._values([law.masses() for law in self.laws])
        return None if values is None else [(value, self.weigh(value)[0]) for value in values]

    def atoms(self) -> Masses:
        values = self._values([law.masses() if law.discrete else law.atoms() for law in self.laws])
        return [(value, self.weigh(value)[0]) for value in values or ()]

    def _values(self, tables: list[Masses | None]) -> list[Value] | None:
        found: dict[Value, None] = {}
        for table in tables:
            if table is None:
                return None
            found.update((value, None) for value, _ in table)
        return list(found)

    def support(self) -> Iterator[Value] | None:
        masses = self.masses()
        if masses is not None:
            return (value for value, _ in masses)
        if not self.discrete:
            return None
        return self._merged()

    def _merged(self) -> Iterator[Value]:
        """The values of every law in increasing order, each once."""
        supports = [support for law in self.laws for support in [law.support()] if support is not None]
        last: Value = math.nan
        for value in heapq.merge(*supports, key=as_number):
            if value != last:
                yield value
            last = value

    def cdf(self, x: Value) -> Number:
        at = number(x, self.describe())
        result: Number = 0
        for weight, law in zip(self.weights, self.laws, strict=True):
            result = add(self.exact, result, mul(self.exact, weight, law.cdf(at)))
        return result

    def log_cdf(self, x: Value) -> float:
        pairs = zip(self.weights, self.laws, strict=True)
        return min(log_sum_exp(math.log(w) + law.log_cdf(x) for w, law in pairs), 0.0)

    def log_ccdf(self, x: Value) -> float:
        pairs = zip(self.weights, self.laws, strict=True)
        return min(log_sum_exp(math.log(w) + law.log_ccdf(x) for w, law in pairs), 0.0)

    def quantile(self, p: Number) -> Value:
        if self.rank != 0:
            self.refuse("quantile")
        return search_quantile(self, p)

    def mean(self) -> Value:
        return self._average([law.mean() for law in self.laws])

    def variance(self) -> Value:
        mean = self.mean()
        around: list[Value] = []
        for law in self.laws:
            away = broadcast("variance", sub, self.exact, law.mean(), mean)
            square = broadcast("variance", mul, self.exact, away, away)
            around.append(broadcast("variance", add, self.exact, law.variance(), square))
        return self._average(around)

    def _average(self, values: list[Value]) -> Value:
        result: Value = 0
        for weight, value in zip(self.weights, values, strict=True):
            result = broadcast(
                "mean", add, self.exact, result, broadcast("mean", mul, self.exact, weight, value)
            )
        return result


def mixture(weights: Value, laws: Value, *, exact: bool) -> LawValue:
    """`Mixture(weights, dists)`; laws of weight 0 drop out."""
    if not isinstance(laws, tuple) or not all(isinstance(law, LawValue) for law in laws):
        raise wrong_kind("Mixture", "a list of distributions", laws)
    numbers = probabilities("Mixture", "weights", weights)
    if len(numbers) != len(laws):
        raise outside_domain(
            "Mixture", "weights", weights, f"of length {len(laws)}, one weight per distribution"
        )
    listed = cast("tuple[LawValue, ...]", laws)
    return _mixed(f"Mixture({show(weights)}, …)", numbers, listed, exact=exact)


def zero_inflated(p: Value, law: LawValue, *, exact: bool) -> LawValue:
    """`ZeroInflated(p, law)`: 0 with probability p, otherwise a draw from `law`."""
    chance = cast(Number, argument("ZeroInflated", "p", p, Domain.UNIT))
    zero: Value = 0 if law.discrete or exact else 0.0
    name = f"ZeroInflated({show(p)}, {bare(law)})"
    return _mixed(name, (chance, 1 - chance), (delta(zero, exact=exact), law), exact=exact)


def _mixed(name: str, weights: tuple[Number, ...], laws: tuple[LawValue, ...], *, exact: bool) -> LawValue:
    kept = [(weight, law) for weight, law in zip(weights, laws, strict=True) if weight != 0]
    rational = exact and not any(isinstance(weight, float) for weight, _ in kept)
    return Mixture(
        name,
        tuple(as_rational(w) if rational else to_float(w) for w, _ in kept),
        tuple(law for _, law in kept),
        rational and all(law.exact for _, law in kept),
    )
