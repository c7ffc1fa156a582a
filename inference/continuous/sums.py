"""Sums of numbers with weights, each the logarithm of a positive number."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import exp, inf, isfinite, log
from typing import TYPE_CHECKING

from pplc.inference.continuous.integrals import MOST_LOST
from pplc.inference.continuous.piece import ZERO
from pplc.semantics.measure import is_zero
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, LogRat, LogWeight, log_product, log_ratio, parts
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Unknown, terms_of

if TYPE_CHECKING:
    from pplc.inference.certified.constants import Value


def cancelling(terms: Iterable[tuple[LogWeight, Number]]) -> bool:
    """Whether a sum of numbers with weights is a difference of floats in which too many digits cancel."""
    listed = list(terms)
    if any(isinstance(number, Unknown) for _, number in listed):
        known = mentions_variables(listed) or rational_sum(listed) is not None
        return not known and constant_sum(listed) is None
    if all(number >= 0 for _, number in listed):
        return False
    if all(isinstance(weight, LogRat) and not isinstance(number, float) for weight, number in listed):
        return False
    high = max((weight for weight, _ in listed), key=float)
    try:
        found = [float(number) * exp(log_ratio(weight, high)) for weight, number in listed]
    except OverflowError:  # rationals that are too large for floats; what is wanted is not
        return True
    return sum(found) < MOST_LOST * sum(map(abs, found))


def summed(terms: Iterable[tuple[LogWeight, Number]]) -> LogWeight:
    """The log of a sum of numbers with weights; rounding below zero is zero."""
    listed = list(terms)
    if any(isinstance(number, Unknown) for _, number in listed):
        if mentions_variables(listed):
            whole = sum(map(_product, listed), ZERO)
            if isinstance(whole, Unknown) and whole.latents:
                return LogRat(whole)
            listed = [(CERTAIN, whole)]
        rational = rational_sum(listed)
        if rational is not None:
            return LogRat(rational) if rational > 0 else IMPOSSIBLE
        found = constant_sum(listed)
        if found is None:  # which `cancelling` tells before
            raise ArithmeticError(f"too many digits cancel in {listed}")
        return found.log_size if found.sign > 0 else -inf
    exact = [(weight.value, number) for weight, number in listed if isinstance(weight, LogRat)]
    if len(exact) == len(listed) and not any(isinstance(number, float) for _, number in exact):
        total = sum((ratio * Fraction(number) for ratio, number in exact), Fraction(0))
        return LogRat(total) if total > 0 else IMPOSSIBLE
    high = max((weight for weight, _ in listed), key=float, default=IMPOSSIBLE)
    if is_zero(high):
        return -inf
    there = [(weight, number) for weight, number in listed if not is_zero(weight)]
    sum_ = sum(float(number) * exp(log_ratio(weight, high)) for weight, number in there)
    return log_product(high, log(sum_)) if sum_ > 0 else -inf


def mentions_variables(terms: Iterable[tuple[LogWeight, Number]]) -> bool:
    """Whether one of the numbers depends on variables."""
    return any(isinstance(number, Unknown) and number.latents for _, number in terms)


def _product(term: tuple[LogWeight, Number]) -> Number:
    weight, number = term
    if isinstance(weight, LogRat):
        return number * weight.value
    whole, rest = parts(weight)
    return number * elementary.exp(whole + elementary.apart(rest) if isfinite(rest) else rest)


def rational_sum(terms: Iterable[tuple[LogWeight, Number]]) -> Fraction | None:
    """The sum of numbers without variables, with weights, if it shows in the formulas that it is rational."""
    listed = list(terms)
    if not all(isinstance(weight, LogRat) for weight, _ in listed):
        return None
    products = [_product(term) for term in listed]
    if any(isinstance(c, float) for number in products for c in terms_of(number).values()):
        return None
    whole = sum(products, ZERO)
    return None if isinstance(whole, Unknown) else Fraction(whole)


def constant_sum(terms: Iterable[tuple[LogWeight, Number]]) -> Value | None:
    """The sum of numbers without variables, with weights; None if too many digits cancel."""
    from pplc.inference.certified.constants import value_of

    return value_of([_product(term) for term in terms])
