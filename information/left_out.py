"""What is certain of a query's answer when some runs of the program were not followed.

With M the mass of the runs that were followed and at most r_i of each kind i of the others, an expectation
is (S + Σ x_i t_i) / (M + Σ x_i) for some x_i in [0, r_i], where t_i lies between the least and greatest
values of the expression on runs of kind i.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from pplc.inference.answers import Bounds, Exact, Truncated, above, below, exactly
from pplc.inference.result import Probability


class Rest(NamedTuple):
    """Runs not followed: an upper bound of their mass (the others' is 1), and where the value lies.

    mass: if it is rational, their mass itself.
    """

    mass: Probability
    low: Fraction
    high: Fraction


ROUNDING = Fraction(1, 10**14)
"""Relative error allowed for the rounding of probabilities: they come from logarithms in floating point."""


def expectation(
    pairs: Sequence[tuple[Fraction | float, Probability]], rest: Sequence[Rest]
) -> Exact | Bounds:
    """An expectation, or bounds of it, from the values and probabilities on the runs that were followed."""
    masses = [*(p for _, p in pairs), *(r.mass for r in rest)]
    if all(isinstance(mass, Fraction) for mass in masses) and all(r.low == r.high for r in rest):
        listed = [*((Fraction(value), Fraction(p)) for value, p in pairs), *((r.low, r.mass) for r in rest)]
        whole = sum((Fraction(p) for _, p in listed), Fraction(0))
        return exactly(sum((value * Fraction(p) for value, p in listed), Fraction(0)) / whole)
    exact = [(Fraction(value), Fraction(probability)) for value, probability in pairs]
    mean = sum((value * p for value, p in exact), Fraction(0))
    slack = ROUNDING * sum((abs(value) * p for value, p in exact), Fraction(0))
    least = _extreme(mean - slack, [(r.low, r.mass) for r in rest])
    most = -_extreme(-mean - slack, [(-r.high, r.mass) for r in rest])
    return Bounds(below(least), above(most))


def _extreme(mean: Fraction, rest: list[tuple[Fraction, Probability]]) -> Fraction:
    """The least ratio: it takes in what lies below it, the lowest first."""
    weighted, mass = mean, Fraction(1)
    for value, more in sorted(rest):
        if value * mass >= weighted:
            break
        weighted, mass = weighted + value * Fraction(more), mass + Fraction(more)
    return weighted / mass


def quantile(
    pairs: Sequence[tuple[Fraction | float, Probability]], at: Fraction, left: float
) -> Exact | Truncated:
    """The least x with P(X ≤ x) ≥ `at`: exact if it is the same wherever the mass `left` lies."""
    known = Fraction(0)
    more = Fraction(above(left)) + Fraction(1, 2**40)  # and the rounding of the probabilities
    needed = at * (1 + more)
    ordered = sorted(pairs, key=lambda pair: pair[0])
    for value, probability in ordered:
        before, known = known, known + Fraction(probability)
        if known >= at:
            certain = before + more < at and known >= needed
            return Exact(float(value)) if certain else Truncated(float(value), left)
    return Truncated(float(ordered[-1][0]), left)
