"""Finite measures: outcomes with log weights, added up.

Log weights are `LogRat` (a rational in disguise) as long as everything was rational, and floats
from the first irrational on; the sum says which it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from pplc.semantics.number import (
    CERTAIN,
    IMPOSSIBLE,
    LogRat,
    LogShifted,
    LogWeight,
    log_product,
    log_ratio,
    log_sum_exp,
    log_sum_rat,
)
from pplc.semantics.symbolic.elementary import exp
from pplc.semantics.symbolic.expression import Unknown

K = TypeVar("K", bound=Hashable)
J = TypeVar("J", bound=Hashable)


def ONE(exact: bool) -> LogWeight:
    """The log weight of a run that nothing has weighed yet."""
    return CERTAIN if exact else 0.0


def is_zero(weight: LogWeight) -> bool:
    """Whether a log weight stands for zero."""
    return weight.value == 0 if isinstance(weight, LogRat) else weight == -math.inf


def times(left: LogWeight, right: LogWeight) -> LogWeight:
    """The log of a product; exact if both factors are."""
    if type(left) is float and type(right) is float:
        both = left + right
        if both == both:  # zero times infinity, and what is no number, are looked at below
            return both
    if isinstance(left, LogRat) and isinstance(right, LogRat):
        return left + right
    if depends(left) or depends(right):
        return opened(left) + opened(right)
    if is_zero(left) or is_zero(right):
        return -math.inf
    return log_product(left, right)


def depends(weight: LogWeight) -> bool:
    """Whether a weight depends on continuous random variables."""
    return isinstance(weight, LogRat) and isinstance(weight.value, Unknown)


def opened(weight: LogWeight) -> LogRat:
    """A weight in the form in which it meets those that depend on continuous variables."""
    if isinstance(weight, LogRat):
        return weight
    if isinstance(weight, LogShifted):
        return LogRat(exp(Fraction(weight.whole)) * exp(weight.rest))
    return IMPOSSIBLE if weight == -math.inf else LogRat(exp(weight))


def total(weights: Iterable[LogWeight]) -> LogWeight:
    """The log of a sum; exact if every term is."""
    terms = list(weights)
    rationals = [weight for weight in terms if isinstance(weight, LogRat)]
    if len(rationals) < len(terms) and any(map(depends, rationals)):
        return log_sum_rat([opened(weight) for weight in terms])
    return log_sum_rat(rationals) if len(rationals) == len(terms) else log_sum_exp(map(_floating, terms))


def _floating(weight: LogWeight) -> float:
    return float(weight) if isinstance(weight, LogRat) else weight


def share(weight: LogWeight, whole: LogWeight) -> Fraction | float:
    """The quotient of two weights, as a probability: rational if both are."""
    if isinstance(weight, LogRat) and isinstance(whole, LogRat):
        return weight.value / whole.value
    return math.exp(log_ratio(weight, whole))


@dataclass(frozen=True, slots=True)
class Measure(Generic[K]):
    """An unnormalised measure on finitely many outcomes.

    dimension: of the densities its weights are, the lowest among the runs that made it; runs of
    higher dimension have measure zero beside them (LANGUAGE.md 11).
    """

    masses: Mapping[K, LogWeight]
    dimension: int = 0

    @property
    def evidence(self) -> LogWeight:
        """The log of the total mass: the normalising constant."""
        return total(self.masses.values()) if self.masses else IMPOSSIBLE

    def probabilities(self) -> dict[K, Fraction | float]:
        """The normalised measure. The total mass must not be zero."""
        whole = self.evidence
        return {outcome: share(weight, whole) for outcome, weight in self.masses.items()}

    def map(self, function: Callable[[K], J]) -> Measure[J]:
        """The image of the measure under a function."""
        return collected((function(outcome), w, self.dimension) for outcome, w in self.masses.items())


def collected(found: Iterable[tuple[K, LogWeight, int]]) -> Measure[K]:
    """The measure that adds up outcomes with their weights and dimensions, keeping the lowest of these."""
    terms: dict[K, list[LogWeight]] = {}
    lowest: int | None = None
    for outcome, weight, dimension in found:
        if is_zero(weight):
            continue
        if lowest is None or dimension < lowest:
            terms, lowest = {}, dimension
        if dimension == lowest:
            terms.setdefault(outcome, []).append(weight)
    return Measure({outcome: total(weights) for outcome, weights in terms.items()}, lowest or 0)
