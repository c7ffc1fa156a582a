"""The signs of polynomials and rational functions inside a box, as far as factors and terms show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

from pplc.semantics.formula import Field, Formula
from pplc.semantics.symbolic.ranges import Range, power, times

Ends = Sequence[tuple[float, float]]
"""The lower and upper end of each symbol, in the order of the symbols."""


def assumed_ends(field: Field) -> list[tuple[float, float]]:
    """What is assumed of the symbols themselves."""
    found: list[tuple[float, float]] = []
    for generator in field.ring.gens:
        if (generator, "probability") in field.assumed:
            found.append((0.0, 1.0))
        else:
            found.append((0.0 if (generator, "positive") in field.assumed else -inf, inf))
    return found


def sign(formula: Formula, ends: Ends) -> int:
    """The sign of a rational function inside a box; 0 if its factors do not show it."""
    found = 1
    for part in (formula.element.numer, formula.element.denom):
        content, factors = part.factor_list()
        found *= 1 if content > 0 else -1
        for factor, multiplicity in factors:
            if multiplicity % 2:
                found *= sign_of(factor.terms(), ends)
    return found


def sign_of(terms: Iterable[tuple[Sequence[int], Any]], ends: Ends) -> int:
    """The sign of a polynomial, by powers with coefficients, inside a box; 0 if its terms do not show it."""
    low = high = 0.0
    for powers, coefficient in terms:
        found = Range(1.0, 1.0)
        for (lower, upper), exponent in zip(ends, powers, strict=True):
            if exponent:
                found = times(found, power(Range(lower, upper), exponent))
        size = float(coefficient)
        found = times(found, Range(size, size))
        low, high = low + found.lower, high + found.upper
    return 1 if low >= 0 else -1 if high <= 0 else 0
