"""Expectations of numbers under pieces: in closed form, or enclosed by proved integrals.

E[g] is the integral of the density times g, divided by that of the density. Where neither the rules nor a
proof lead to it, there is no answer here; that one does not exist or is infinite is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, isnan, nan, sqrt
from typing import TYPE_CHECKING, TypeAlias

from pplc.inference.continuous.cases import share_of
from pplc.inference.continuous.components import about, components
from pplc.inference.continuous.masses import signed_integral
from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.proofs import quick
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import CONSTANTS, Space, Unknown, made, of_atom
from pplc.semantics.symbolic.ranges import range_of

if TYPE_CHECKING:
    from flint import arb

    from pplc.inference.continuous.enclosed import Enclosed

Real: TypeAlias = Fraction | float
Contribution: TypeAlias = tuple[Real, Number, Piece]
"""The probability of a piece, the value of a number there, the piece."""


NARROW = 1e-11
"""Width of the bounds of a quantile, as a share of it."""

FARTHEST = 1e12
"""Size of a quantile beyond which it is not looked for."""

MOST_STEPS = 100


@dataclass(frozen=True)
class Known:
    """A number that is known to an absolute error, which is proved; 0 if it is exact up to rounding."""

    value: Real
    error: float = 0.0


def mean(contributions: Iterable[Contribution], share_error: float) -> Known | None:
    """The mean of a number; None if there is no rule for it. Infinite or NaN where it does not exist.

    share_error: of the probabilities, as a share of them.
    """
    listed = list(contributions)
    closed = _closed(listed, 1)
    if closed is not None:
        return Known(closed)
    from pplc.inference.certified.balls import precise

    with precise():
        found = _enclosed(listed, share_error)
        return None if found is None else _known(found[0])


def variance(contributions: Iterable[Contribution], share_error: float) -> Known | None:
    """The variance of a number, as `mean`."""
    listed = list(contributions)
    first, second = _closed(listed, 1), _closed(listed, 2)
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        return Known(second - first**2)
    from pplc.inference.certified.balls import precise
    from pplc.inference.certified.tails import Diverges

    with precise():
        found = _enclosed(listed, share_error)
        if found is None:
            return None
        middle, square = found
        if isinstance(middle, Diverges):
            return Known(nan)
        if isinstance(square, Diverges):
            return _known(square)
        return _known((square - middle * middle).nonnegative_part())


def moments_of(contributions: Iterable[Contribution]) -> tuple[Real, Real] | None:
    """Mean and variance of a number, but for the errors of what they rest on; None if there is no rule."""
    listed = list(contributions)
    first, second = mean(listed, 0.0), variance(listed, 0.0)
    return None if first is None or second is None else (first.value, second.value)


def probability_below(contributions: Iterable[Contribution], end: float) -> float | None:
    """P(X < end) from proved integrals, which may take seconds; None if nothing could be proved."""
    from pplc.inference.certified.balls import precise

    with precise():
        found = _probability(list(contributions), end)
        return None if found is None else float(found.mid())


def encloses(
    contributions: Iterable[Contribution], low: float, high: float, at: Fraction, *, quickly: bool = True
) -> bool:
    """Whether it is proved that a quantile lies between two numbers: P(X < low) < at < P(X < high).

    quickly: without integrals over two variables, which take seconds and have fewer digits.
    """
    from pplc.inference.certified.balls import precise
    from pplc.inference.continuous.enclosed import ball

    listed = list(contributions)
    with precise(), quick(_space(listed)) if quickly else nullcontext():
        below, above = _probability(listed, low), _probability(listed, high)
        level = ball(at)
        return below is not None and above is not None and bool(below < level < above)


def quantile(contributions: Iterable[Contribution], at: Fraction) -> tuple[float, float] | None:
    """Bounds of a quantile, from probabilities alone; None if these are not known.

    The end of an interval that stays is weighed less and less (Dowell & Jarratt 1971, BIT 11, 168).
    """
    from pplc.inference.certified.balls import precise
    from pplc.inference.continuous.enclosed import ball

    listed = list(contributions)
    with precise(), quick(_space(listed)):
        level = ball(at)

        def over(x: float) -> float | None:
            found = _probability(listed, x)
            return None if found is None else float((found - level).mid())

        low, high = -1.0, 1.0
        below, above = over(low), over(high)
        while below is not None and below >= 0 and low > -FARTHEST:
            low, high, above = 4 * low, low, below
            below = over(low)
        while above is not None and above <= 0 and high < FARTHEST:
            low, high, below = high, 4 * high, above
            above = over(high)
        if below is None or above is None or below >= 0 or above <= 0:
            return None
        for _ in range(MOST_STEPS):
            if high - low <= NARROW * max(abs(low), abs(high)):
                break
            step = NARROW / 4 * max(abs(low), abs(high))
            middle = min(max(low - below * (high - low) / (above - below), low + step), high - step)
            found = over(middle)
            if found is None:
                return None
            if found < 0:
                low, below, above = middle, found, above / 2
            else:
                high, above, below = middle, found, below / 2
        return (low, high) if encloses(listed, low, high, at) else None


def _space(contributions: Sequence[Contribution]) -> Space:
    return next((value.space for _, value, _ in contributions if isinstance(value, Unknown)), CONSTANTS)


def root(found: Known) -> Known:
    """The square root of a number that is not negative."""
    value = float(found.value)
    if not found.error or isnan(value) or value == inf:
        return Known(sqrt(max(value, 0.0)) if value == value else nan)
    low, high = sqrt(max(value - found.error, 0.0)), sqrt(max(value + found.error, 0.0))
    return Known((low + high) / 2, (high - low) / 2 * (1 + 1e-12) + 1e-15 * high)


def _closed(contributions: Sequence[Contribution], power: int) -> Real | None:
    """The mean of a power of a number, where all integrals have closed forms."""
    total: Real = Fraction(0)
    whole: Real = Fraction(0)
    for share, value, piece in contributions:
        whole = whole + share
        if not isinstance(value, Unknown):
            total = total + share * (value if isinstance(value, float) else Fraction(value)) ** power
            continue
        near = about(components(piece), value.latents)
        if (
            power % 2
            and not _definite(value, near)
            and signed_integral(_times(near, value, power + 1)) is None
        ):
            return None
        mass, found = signed_integral(near), signed_integral(_times(near, value, power))
        if mass is None or found is None:
            return None
        total = total + share * found[0] * share_of(found[1], mass[1])
    return total / whole


def _times(piece: Piece, value: Number, power: int) -> Piece:
    return replace(piece, factor=piece.factor * value**power) if power else piece


def _definite(value: Unknown, piece: Piece) -> bool:
    """Whether the integral of a number, one variable after the other, tells whether it exists.

    That over a variable that may be negative can be 0 where the next would be infinite.
    """
    return range_of(value, piece.ranges).lower >= 0 or len(piece.latents) == 1


def _enclosed(contributions: Sequence[Contribution], share_error: float) -> tuple[Enclosed, Enclosed] | None:
    """The means of a number and of its square."""
    from flint import arb

    from pplc.inference.continuous.enclosed import ball, plus, scaled

    sums: list[Enclosed] = [ball(0), ball(0)]
    whole = ball(0)
    for share, value, piece in contributions:
        weight = ball(share) * (1 + arb(-1).union(arb(1)) * share_error)
        whole += weight
        if isinstance(value, Unknown):
            found = _moments(value, about(components(piece), value.latents))
            if found is None:
                return None
        else:
            found = (ball(value), ball(value) ** 2)
        for k, one in enumerate(found):
            term = scaled(one, weight)
            if term is None:
                return None
            sums[k] = plus(sums[k], term)
    if not whole > 0:
        return None
    first, second = (scaled(one, 1 / whole) for one in sums)
    return None if first is None or second is None else (first, second)


def _moments(value: Unknown, piece: Piece) -> tuple[Enclosed, Enclosed] | None:
    """The means of a number under a piece, and of its square."""
    from pplc.inference.certified.tails import Diverges
    from pplc.inference.continuous.enclosed import integral, scaled, with_moments

    found: Sequence[Enclosed | None] | None
    with quick(value.space):
        found = with_moments(piece, value)
        if found is None:
            mass, first, second = (integral(_times(piece, value, k)) for k in (0, 1, 2))
            if not _definite(value, piece) and (second is None or isinstance(second, Diverges)):
                first = _by_sign(value, piece)
            found = mass, first, second
    if any(one is None for one in found):
        found = with_moments(piece, value)
        if found is None:
            return None
    mass, first, second = found
    if mass is None or first is None or second is None or isinstance(mass, Diverges) or not mass > 0:
        return None
    shares = scaled(first, 1 / mass), scaled(second, 1 / mass)
    return None if shares[0] is None or shares[1] is None else (shares[0], shares[1])


def _by_sign(value: Unknown, piece: Piece) -> Enclosed | None:
    """The integral of a piece times a number, term by term, where that is positive and where negative.

    One term at the most may be infinite or have none.
    """
    from pplc.inference.certified.tails import Diverges
    from pplc.inference.continuous.enclosed import ball, plus

    total: Enclosed = ball(0)
    for monomial, coefficient in value.terms.items():
        found = _of_product(made(value.space, {monomial: coefficient}), piece)
        if found is None or (isinstance(total, Diverges) and isinstance(found, Diverges)):
            return None
        total = plus(total, found)
    return total


def _of_product(value: Number, piece: Piece) -> Enclosed | None:
    from pplc.inference.continuous.enclosed import ball, integral, plus

    if not isinstance(value, Unknown):
        return integral(_times(piece, value, 1))
    ((monomial, _),) = value.terms.items()
    parts: list[Piece] = [piece]
    for atom, exponent in monomial:
        alone = of_atom(atom, value.space)
        if exponent % 2 == 0 or range_of(alone, piece.ranges).lower >= 0:
            continue
        parts = [cut for part in parts for side in (alone, -alone) if (cut := part.where(side)) is not None]
    total: Enclosed = ball(0)
    for part in parts:
        found = integral(_times(part, value, 1))
        if found is None:
            return None
        total = plus(total, found)
    return total


def _probability(contributions: Sequence[Contribution], end: float) -> arb | None:
    """P(X < end)."""
    from pplc.inference.certified.tails import Diverges
    from pplc.inference.continuous.enclosed import ball, integral, part_of

    total, whole = ball(0), ball(0)
    for share, value, piece in contributions:
        whole += ball(share)
        if not isinstance(value, Unknown):
            total += ball(share) if value < end else ball(0)
            continue
        near = about(components(piece), value.latents)
        mass, part = integral(near), part_of(near, Fraction(end) - value)
        if mass is None or part is None or isinstance(mass, Diverges) or isinstance(part, Diverges):
            return None
        total += ball(share) * part / mass
    return total / whole


def _known(found: Enclosed) -> Known | None:
    from pplc.inference.certified.tails import Diverges

    if isinstance(found, Diverges):
        return Known(nan if found.sign == 0 else found.sign * inf)
    if not found.is_finite():
        return None
    value = float(found.mid())
    return Known(value, float(abs(found - value).upper()))
