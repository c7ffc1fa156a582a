"""The signs of polynomials and rational functions inside a box, as far as factors and terms show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

from pplc.semantics.formula import Field, Formula

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
        for factor, times in factors:
            if times % 2:
                found *= sign_of(factor.terms(), ends)
    return found


def sign_of(terms: Iterable[tuple[Sequence[int], Any]], ends: Ends) -> int:
    """The sign of a polynomial, by powers with coefficients, inside a box; 0 if its terms do not show it."""
    low = high = 0.0
    for powers, coefficient in terms:
        least, most = 1.0, 1.0
        for (lower, upper), power in zip(ends, powers, strict=True):
            if not power:
                continue
            low_end, high_end = _power(lower, upper, power)
            ends_of_product = [_times(a, b) for a in (least, most) for b in (low_end, high_end)]
            least, most = min(ends_of_product), max(ends_of_product)
        size = float(coefficient)
        both = sorted((_times(size, least), _times(size, most)))
        low, high = low + both[0], high + both[1]
    return 1 if low >= 0 else -1 if high <= 0 else 0


def _power(lower: float, upper: float, power: int) -> tuple[float, float]:
    """The ends of a power of a number between two ends."""
    if power % 2 == 0 and lower < 0:
        return (0.0 if upper > 0 else upper**power), max(lower**power, upper**power)
    return lower**power, upper**power


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b
