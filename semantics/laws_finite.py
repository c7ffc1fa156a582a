"""Laws given by a finite table: `Delta`, `Empirical`, `Uniform` of a list, and what `infer` finds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from pplc.semantics.faults import outside_domain
from pplc.semantics.formula import as_rational
from pplc.semantics.laws_base import LawValue, Masses, log_of, nothing, number
from pplc.semantics.number import LogWeight
from pplc.semantics.primitives_arithmetic import rank_of, to_float
from pplc.semantics.values import Number, Value, show

if TYPE_CHECKING:
    from pplc.semantics.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Finite(LawValue):
    """Finitely many values with their probabilities.

    name:  what the user called it.
    table: each value once, with a positive probability; they sum to 1.
    """

    name: str
    table: Mapping[Value, Number]
    exact: bool = True
    _hash: int = field(init=False, repr=False, default=0)
    _rank: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        # Lists of different depths may stand in one table.
        object.__setattr__(self, "_rank", max(map(rank_of, self.table)))
        object.__setattr__(self, "_hash", hash(frozenset(self.table.items())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Finite) and self._hash == other._hash and self.table == other.table

    def __hash__(self) -> int:
        return self._hash

    @property
    def discrete(self) -> bool:
        return True

    def describe(self) -> str:
        return f"`{self.name}`"

    def draw(self, source: Source) -> Value:
        if len(self.table) == 1:
            return next(iter(self.table))
        return tuple(self.table)[source.choose(tuple(self.table.values()))]

    @property
    def rank(self) -> int:
        return self._rank

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        mass = self.table.get(value)
        return (nothing(self.exact) if mass is None else log_of(mass, self.exact)), 0

    def masses(self) -> Masses:
        return [(value, log_of(p, self.exact)) for value, p in self.table.items()]

    def atoms(self) -> Masses:
        return self.masses()

    def support(self) -> Iterator[Value]:
        return iter(self.table)

    def cdf(self, x: Value) -> Number:
        bound = number(x, self.describe())
        return self._sum((1, p) for value, p in self.table.items() if self._number(value) <= bound)

    def log_cdf(self, x: Value) -> float:
        return _log(self.cdf(x))

    def log_ccdf(self, x: Value) -> float:
        bound = number(x, self.describe())
        return _log(self._sum((1, p) for value, p in self.table.items() if self._number(value) > bound))

    def quantile(self, p: Number) -> Value:
        if not 0 <= p <= 1:
            raise outside_domain(self.name, "p", p, "a number between 0 and 1")
        below: Number = 0
        ordered = sorted(self.table, key=self._number)
        for value in ordered:
            below += self.table[value]
            if below >= p:
                return value
        return ordered[-1]

    def mean(self) -> Value:
        return self._sum((self._number(value), p) for value, p in self.table.items())

    def variance(self) -> Value:
        mean = self._sum((self._number(value), p) for value, p in self.table.items())
        return self._sum(((self._number(value) - mean) ** 2, p) for value, p in self.table.items())

    def entropy(self) -> float:
        return -math.fsum(float(p) * math.log(p) for p in self.table.values())

    def _number(self, value: Value) -> Number:
        return int(value) if isinstance(value, bool) else number(value, self.describe())

    def _sum(self, terms: Iterable[tuple[Number, Number]]) -> Number:
        listed = list(terms)
        if any(isinstance(x, float) or isinstance(p, float) for x, p in listed):
            return math.fsum(to_float(x) * to_float(p) for x, p in listed)
        return sum((x * p for x, p in listed), Fraction(0))


def _log(probability: Number) -> float:
    return math.log(probability) if probability > 0 else -math.inf


def finite_law(probabilities: Mapping[Value, Number], name: str = "infer") -> Finite:
    """The law of a table of probabilities that sum to 1: what `infer(m)` denotes."""
    exact = not any(isinstance(p, float) for p in probabilities.values())
    return Finite(name, {value: p for value, p in probabilities.items() if p != 0}, exact)


def delta(value: Value, *, exact: bool) -> Finite:
    """`Delta(value)`: always that value."""
    return Finite(f"Delta({show(value)})", {value: Fraction(1) if exact else 1.0}, exact)


def weighted_list(
    name: str, values: tuple[Value, ...], weights: tuple[Number, ...] | None, *, exact: bool
) -> Finite:
    """One of `values`, by `weights` (that sum to 1), or each as often as it stands there."""
    if not values:
        raise outside_domain(name, "values", values, "a list that is not empty")
    if weights is None:
        weights = (Fraction(1, len(values)),) * len(values)
    table: dict[Value, Fraction | float] = {}
    for value, weight in zip(values, weights, strict=True):
        if weight != 0:
            amount = as_rational(weight) if exact and not isinstance(weight, float) else weight
            table[value] = table.get(value, 0) + amount
    if not exact:
        table = {value: float(p) for value, p in table.items()}
    return Finite(name, table, not any(isinstance(p, float) for p in table.values()))
