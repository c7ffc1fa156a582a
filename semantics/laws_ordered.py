"""`Ordered(d, n)`: n independent draws from d, restricted to increasing order and renormalised."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from pplc.semantics.faults import wrong_kind
from pplc.semantics.laws_base import LawValue, Masses, is_nothing, joined, log_of, nothing
from pplc.semantics.laws_lifted import MOST_VALUES
from pplc.semantics.laws_scalar import as_number, bare, scalar
from pplc.semantics.number import LogRat, LogWeight, weight
from pplc.semantics.primitives_arithmetic import to_float
from pplc.semantics.values import Fault, Number, Value

if TYPE_CHECKING:
    from pplc.semantics.source import Source

_ATTEMPTS = 10_000


@dataclass(frozen=True, slots=True)
class Ordered(LawValue):
    """The order statistics of `count` draws from `base`, given that they differ.

    log_mass: the log probability that `count` draws come in strictly increasing order: that of
              1 / count! for a law without atoms.
    """

    base: LawValue
    count: int
    log_mass: LogWeight
    exact: bool

    def describe(self) -> str:
        return f"`Ordered({bare(self.base)}, {self.count})`"

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    @property
    def rank(self) -> int:
        return 1

    def draw(self, source: Source) -> Value:
        for _ in range(_ATTEMPTS):
            drawn = [as_number(self.base.draw(source)) for _ in range(self.count)]
            if len(set(drawn)) == self.count:
                return tuple(sorted(drawn))
        raise Fault(
            "E0432",
            f"{self.describe()} needs {self.count} different values, but {_ATTEMPTS:,} tries gave fewer",
            "values repeat too often",
        )

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        if not isinstance(value, tuple) or len(value) != self.count:
            raise wrong_kind(self.describe(), f"a vector of {self.count} numbers", value)
        entries = [as_number(entry) for entry in value]
        dimension = 0 if self.discrete else self.count
        if any(a >= b for a, b in itertools.pairwise(entries)):
            return nothing(self.exact), dimension
        one = log_of(1, self.exact)
        product = joined([one, *(self.base.weigh(entry)[0] for entry in entries)])
        if isinstance(product, LogRat) and isinstance(self.log_mass, LogRat):
            return product - self.log_mass, dimension
        return product if is_nothing(product) else float(product) - float(self.log_mass), dimension

    def masses(self) -> Masses | None:
        table = self.base.masses() if self.discrete else None
        if table is None:
            return None
        values = sorted(as_number(value) for value, _ in table)
        if math.comb(len(values), self.count) > MOST_VALUES:
            raise Fault(
                "E0521",
                f"{self.describe()} has more than {MOST_VALUES:,} values, too many to list",
                "too many values",
            )
        return [(chosen, self.weigh(chosen)[0]) for chosen in itertools.combinations(values, self.count)]


def ordered(base: LawValue, count: Value, *, exact: bool) -> LawValue:
    """`Ordered(base, count)`."""
    law = scalar("Ordered", base)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise wrong_kind("Ordered", "a number of draws that is not negative", count)
    rational = exact and law.exact
    if not law.discrete:
        if list(law.atoms()):
            raise wrong_kind("Ordered", "a distribution without atoms, or a finite one", law)
        chance: Number = Fraction(1, math.factorial(count)) if rational else 0.0
        mass: LogWeight = log_of(chance, True) if rational else -math.lgamma(count + 1)
        return Ordered(law, count, mass, rational)
    table = law.masses()
    if table is None:
        raise wrong_kind("Ordered", "a distribution without atoms, or a finite one", law)
    mass = _increasing([weight(w) for _, w in table], count, exact=rational)
    if is_nothing(mass):
        raise Fault(
            "E0431", f"`Ordered({bare(law)}, {count})` needs {count} different values", "too few values"
        )
    return Ordered(law, count, mass, rational)


def _increasing(masses: list[float | Fraction], count: int, *, exact: bool) -> LogWeight:
    """The log probability that `count` draws increase strictly: the elementary symmetric polynomial."""
    sums: list[Number] = [1, *([0] * count)]
    for mass in masses:
        for k in range(count, 0, -1):
            sums[k] = sums[k] + sums[k - 1] * mass
    return log_of(sums[count], exact) if exact else log_of(to_float(sums[count]), False)
