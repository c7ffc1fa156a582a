"""What bounds say together: the ranges of variables that lie between others, and the signs of numbers.

Where b < a and a < 1, b < 1: ranges follow from bounds and from the ranges of what these mention (interval
arithmetic, narrowed from bound to bound: Davis 1987, Artificial Intelligence 32, 281). Where that is too
wide, as for a + b with b < 1 - a, a number is positive where all bounds g are if it is Σ λ g + λ₀ with no
λ negative (Farkas 1902; of what is linear also only if, but on an empty region). Products of variables count
as variables of their own there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import inf, isfinite
from typing import TypeAlias

from pplc.inference.continuous.cone import combines
from pplc.inference.continuous.polynomials import in_powers, of_power
from pplc.semantics.symbolic.expression import ONE, Latent, Monomial, Unknown
from pplc.semantics.symbolic.ranges import REALS, Range, range_of

Region: TypeAlias = frozenset[Unknown]
"""Numbers that are positive."""

MOST_BOUNDS = 24
"""Bounds that are looked at beside a number: those of its variables, of the variables in these, and so on."""

ROUNDS = 6
"""How often ranges are narrowed: of bounds that name each other they may become narrower without end."""

REMEMBERED = 4096
"""Answers that are kept: a run asks again after every draw."""


def range_on(region: Region, number: object) -> Range:
    """An interval that contains a number wherever all bounds hold."""
    if not isinstance(number, Unknown):
        return range_of(number, {})
    return range_of(number, reach(near(region, number.latents)))


@lru_cache(maxsize=REMEMBERED)
def sign_on(region: Region, number: Unknown) -> bool | None:
    """Whether a number is positive wherever all bounds hold, almost surely; None if they do not tell."""
    bounds = near(region, number.latents)
    ranges = reach(bounds)
    low, high = range_of(number, ranges)
    if low >= 0 or high <= 0:
        return low >= 0
    if len(number.terms.keys() - {ONE}) < 2:  # of one variable its range tells all that bounds do
        return None
    known = [*bounds, *_ends(number, ranges)]
    return True if _follows(number, known) else False if _follows(-number, known) else None


@lru_cache(maxsize=REMEMBERED)
def near(region: Region, variables: frozenset[Latent]) -> Region:
    """The bounds that matter to variables: of these, of the variables that they name, and so on, if few."""
    found: set[Unknown] = set()
    known = variables
    while True:
        more = [bound for bound in region if bound not in found and not bound.latents.isdisjoint(known)]
        if len(found) + len(more) > MOST_BOUNDS:
            more.sort(key=lambda bound: (len(bound.latents - known), len(bound.terms), str(bound)))
            return frozenset(found | set(more[: MOST_BOUNDS - len(found)]))
        if not more:
            return frozenset(found)
        found |= set(more)
        known = known.union(*(bound.latents for bound in more))


@lru_cache(maxsize=REMEMBERED)
def reach(region: Region) -> Mapping[Latent, Range]:
    """The ranges of all variables, as far as bounds tell that are linear in one of them."""
    ranges: dict[Latent, Range] = {}
    sides = [
        (variable, side)
        for bound in sorted(region, key=lambda bound: (len(bound.latents), str(bound)))
        for variable in bound.latents
        if (side := _side(bound, variable)) is not None
    ]
    for _ in range(ROUNDS):
        before = dict(ranges)
        for variable, side in sides:
            old, new = ranges.get(variable, REALS), end_of(*side, ranges)
            ranges[variable] = Range(max(old.lower, new.lower), min(old.upper, new.upper))
            if not ranges[variable].lower < ranges[variable].upper:
                return ranges  # nowhere: whatever is said of it is true
        if ranges == before:
            break
    return ranges


def _side(bound: Unknown, variable: Latent) -> tuple[object, object] | None:
    """Slope and rest of a bound that is linear in a variable."""
    powers = in_powers(bound, variable)
    if powers is None or 1 not in powers or not set(powers) <= {0, 1}:
        return None
    return powers[1], of_power(powers, 0)


def end_of(slope: object, rest: object, ranges: Mapping[Latent, Range]) -> Range:
    """Where a variable x lies if slope · x + rest is positive."""
    low, high = range_of(slope, ranges)
    if low < 0 < high:
        return REALS
    at = range_of(-rest / slope, ranges)  # type: ignore[operator]
    return Range(at.lower, inf) if low >= 0 else Range(-inf, at.upper)


def _ends(number: Unknown, ranges: Mapping[Latent, Range]) -> Iterable[Unknown]:
    """The ranges of the terms of a number, as bounds."""
    for monomial in number.terms.keys() - {ONE}:
        term = Unknown(number.space, {monomial: Fraction(1)})
        low, high = range_of(term, ranges)
        if isfinite(low):
            yield term - Fraction(low)
        if isfinite(high):
            yield -term + Fraction(high)


def _follows(number: Unknown, bounds: Sequence[Unknown]) -> bool:
    """Whether a number is a sum of multiples of bounds and a constant, none of them negative."""
    terms = {term for part in (number, *bounds) for term in part.terms}
    rows: list[Monomial] = [*(terms - {ONE}), ONE]
    columns = [[Fraction(bound.terms.get(row, 0)) for row in rows] for bound in bounds]
    columns.append([Fraction(row == ONE) for row in rows])
    target = [Fraction(number.terms.get(row, 0)) for row in rows]
    return combines(target, columns)
