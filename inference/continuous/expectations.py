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
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from pplc.inference.answers import ROUNDING
from pplc.inference.continuous.bounded_moments import bounded_moments, is_normal
from pplc.inference.continuous.centres import centred_with
from pplc.inference.continuous.components import about, components
from pplc.inference.continuous.masses import signed_integral
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.proofs import quick
from pplc.semantics.measure import share
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import CONSTANTS, ONE, Latent, Space, Unknown, made, of_atom
from pplc.semantics.symbolic.ranges import range_of

if TYPE_CHECKING:
    from flint import arb

    from pplc.inference.continuous.enclosed import Enclosed

Real: TypeAlias = Fraction | float
Contribution: TypeAlias = tuple[Real, Number, Piece]
"""The probability of a piece, the value of a number there, the piece."""


MOST_INTEGRALS = 5
"""In the probability of a piece: its share of a run, that of the run, and that of what is given."""

NARROW = 1e-11
"""Width of the bounds of a quantile, as a share of it."""

FARTHEST = 1e12
"""Size of a quantile beyond which it is not looked for."""

MOST_STEPS = 100

ROUGH = 1e-6
"""Width of a variance, as a share of it, from which on it is looked for again about the mean."""


@dataclass(frozen=True)
class Known:
    """A number that is known to an absolute error, which is proved; 0 if it is exact up to rounding."""

    value: Real
    error: float = 0.0


def mean(contributions: Iterable[Contribution], share_error: float, *, thorough: bool = True) -> Known | None:
    """The mean of a number; None if there is no rule for it. Infinite or NaN where it does not exist.

    share_error: of the probabilities, as a share of them. If not thorough, without what takes seconds.
    """
    constant, listed = _near_zero(contributions)
    closed = _closed(listed, 1)
    if closed is not None:
        return Known(constant + closed if isinstance(closed, Fraction) else float(constant) + closed)
    from pplc.inference.certified.balls import precise
    from pplc.inference.continuous.enclosed import ball, plus

    with precise():
        found = _enclosed(listed, share_error, thorough=thorough)
        return None if found is None else _known(plus(found[0], ball(constant)))


def variance(
    contributions: Iterable[Contribution], share_error: float, *, thorough: bool = True
) -> Known | None:
    """The variance of a number, as `mean`."""
    _, listed = _near_zero(contributions)
    first, second = _closed(listed, 1), _closed(listed, 2)
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        return Known(second - first**2)
    from pplc.inference.certified.balls import precise
    from pplc.inference.certified.tails import Diverges

    with precise():
        for last in (False, True):
            found = _enclosed(listed, share_error, thorough=thorough)
            if found is None:
                return None
            middle, square = found
            if isinstance(middle, Diverges):
                return Known(nan)
            if isinstance(square, Diverges):
                return _known(square)
            spread = (square - middle * middle).nonnegative_part()
            if last or not middle.is_finite() or spread.rad() <= ROUGH * abs(spread.mid()):
                return _known(spread)
            # Of a number whose mean is large beside its standard deviation, about that mean.
            listed = _less(listed, Fraction(float(middle.mid())))
    raise AssertionError("the second time is the last")


def _near_zero(contributions: Iterable[Contribution]) -> tuple[Fraction, list[Contribution]]:
    """A constant, and the numbers less it, under what matters to them, by distances from where mass lies."""
    moved = [
        (chance, *_near(value, piece)) if isinstance(value, Unknown) else (chance, value, piece)
        for chance, value, piece in contributions
    ]
    constants = [
        (float(chance), value.terms.get(ONE, Fraction(0)))
        for chance, value, _ in moved
        if isinstance(value, Unknown)
    ]
    _, constant = max(constants, default=(0.0, Fraction(0)), key=itemgetter(0))
    exact = Fraction(constant)
    return exact, _less(moved, exact)


def _near(value: Unknown, piece: Piece) -> tuple[Number, Piece]:
    number, moved = centred_with(value, about(components(piece), value.latents))
    return number, moved.piece


def _less(contributions: Iterable[Contribution], constant: Fraction) -> list[Contribution]:
    return [
        (chance, (value if isinstance(value, Unknown) else Fraction(value)) - constant, piece)
        for chance, value, piece in contributions
    ]


def infinite_mean(contributions: Iterable[Contribution]) -> float | None:
    """The mean of a number if it is infinite, NaN if it does not exist; None if neither is shown quickly."""
    from pplc.inference.certified.balls import precise
    from pplc.inference.certified.tails import Diverges
    from pplc.inference.continuous.enclosed import ball, plus

    _, listed = _near_zero(contributions)
    total: Enclosed = ball(0)
    with precise():
        for _, value, piece in listed:
            if isinstance(value, Unknown):
                found = _moments(value, piece, thorough=False)
                if found is None:
                    return None
                total = plus(total, found[0])
    return (total.sign * inf if total.sign else nan) if isinstance(total, Diverges) else None


def moments_of(contributions: Iterable[Contribution]) -> tuple[Real, Real] | None:
    """Mean and variance of a number, but for the errors of what they rest on; None if there is no rule.

    Where they are sure to exist, a rule that takes seconds is none: quadrature finds them, too.
    """
    listed = list(contributions)
    thorough = not all(_sure(value, piece) for _, value, piece in listed if isinstance(value, Unknown))
    first = mean(listed, 0.0, thorough=thorough)
    second = None if first is None else variance(listed, 0.0, thorough=thorough)
    return None if first is None or second is None else (first.value, second.value)


def _sure(value: Unknown, piece: Piece) -> bool:
    """Whether all powers of a number have means, as is seen at once: a polynomial where a density falls fast.

    Densities whose logarithm is concave fall exponentially in all directions, if their integral is finite.
    """
    plain = all(
        isinstance(atom, Latent) and type(power) is int and power > 0
        for monomial in value.terms
        for atom, power in monomial
    )
    return plain and (is_normal(piece) or _is_concave(piece))


def _is_concave(piece: Piece) -> bool:
    if isinstance(piece.factor, Unknown) or len(piece.latents) != 2:
        return False
    from pplc.inference.certified.concave import affine, concave

    pair = piece.latents[0], piece.latents[1]
    convex = all(affine(bound, pair) is not None for bound in piece.region)
    return convex and concave(piece.exponent, pair) is not None


def probability_below(contributions: Iterable[Contribution], end: float) -> Known | None:
    """P(X < end) from proved integrals, which may take seconds; None if nothing could be proved."""
    from pplc.inference.certified.balls import precise

    with precise():
        found = _probability(list(contributions), end)
        return None if found is None else _known(found)


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
    for chance, value, piece in contributions:
        whole = whole + chance
        if not isinstance(value, Unknown):
            total = total + chance * (value if isinstance(value, float) else Fraction(value)) ** power
            continue
        if (
            power % 2
            and not _definite(value, piece)
            and signed_integral(_times(piece, value, power + 1)) is None
        ):
            return None
        mass, found = signed_integral(piece), signed_integral(_times(piece, value, power))
        if mass is None or found is None:
            return None
        total = total + chance * found[0] * share(found[1], mass[1])
    return total / whole


def _times(piece: Piece, value: Number, power: int) -> Piece:
    return replace(piece, factor=piece.factor * value**power) if power else piece


def _definite(value: Unknown, piece: Piece) -> bool:
    """Whether the integral of a number, one variable after the other, tells whether it exists.

    That over a variable that may be negative can be 0 where the next would be infinite.
    """
    return piece.range_of(value).lower >= 0 or len(piece.latents) == 1


def _enclosed(
    contributions: Sequence[Contribution], share_error: float, *, thorough: bool
) -> tuple[Enclosed, Enclosed] | None:
    """The means of a number and of its square."""
    from pplc.inference.continuous.enclosed import ball, plus, scaled

    sums: list[Enclosed] = [ball(0), ball(0)]
    whole = ball(0)
    for chance, value, piece in contributions:
        weight = ball(chance) * _about_1(share_error)
        whole += weight
        if isinstance(value, Unknown):
            found = _moments(value, piece, thorough=thorough)
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


def _moments(value: Unknown, piece: Piece, *, thorough: bool = True) -> tuple[Enclosed, Enclosed] | None:
    """The means of a number under a piece, and of its square; if not thorough, without what takes seconds."""
    from pplc.inference.certified.tails import Diverges
    from pplc.inference.continuous.enclosed import integral, scaled, with_moments

    bounded = bounded_moments(value, piece)
    if bounded is not None:
        return bounded
    found: Sequence[Enclosed | None] | None
    with quick(value.space):
        found = with_moments(piece, value)
        if found is None:
            mass, first, second = (integral(_times(piece, value, k)) for k in (0, 1, 2))
            signs = not _definite(value, piece) and (second is None or isinstance(second, Diverges))
            if first is None or signs:
                first = _by_sign(value, piece)
            if isinstance(first, Diverges):
                return first, Diverges(1)
            found = mass, first, second
    if any(one is None for one in found):
        found = with_moments(piece, value) if thorough else None
        if found is None:
            return None
    mass, first, second = found
    if mass is None or first is None or second is None or isinstance(mass, Diverges) or not mass > 0:
        return None
    shares = scaled(first, 1 / mass), scaled(second, 1 / mass)
    return None if shares[0] is None or shares[1] is None else (shares[0], shares[1])


def _by_sign(value: Unknown, piece: Piece) -> Enclosed | None:
    """The integral of a piece times a number, term by term, where that is positive and where negative.

    Of terms that are infinite with both signs it does not exist, if those of one sign are independent of
    those of the other: some mass is where the ones are large and the others are not. Otherwise nothing is
    known.
    """
    from pplc.inference.certified.tails import Diverges
    from pplc.inference.continuous.enclosed import ball, plus

    total: Enclosed = ball(0)
    infinite: dict[int, frozenset[Latent]] = {}
    for monomial, coefficient in value.terms.items():
        term = made(value.space, {monomial: coefficient})
        found = _of_product(term, piece)
        if found is None:
            return None
        total = plus(total, found)
        if isinstance(found, Diverges):
            infinite[found.sign] = infinite.get(found.sign, frozenset()) | _joined_with(term, piece)
    if 0 in infinite and len(infinite) + len(value.terms) > 2:
        return None
    if len(infinite) > 1 and not infinite[1].isdisjoint(infinite[-1]):
        return None
    return total


def _joined_with(number: Unknown, piece: Piece) -> frozenset[Latent]:
    """The variables that those of a number may depend on."""
    return frozenset(about(components(piece), number.latents).latents)


def _of_product(value: Number, piece: Piece) -> Enclosed | None:
    from pplc.inference.continuous.enclosed import ball, integral, plus

    if not isinstance(value, Unknown):
        return integral(_times(piece, value, 1))
    ((monomial, _),) = value.terms.items()
    parts: list[Piece] = [piece]
    for atom, exponent in monomial:
        alone = of_atom(atom, value.space)
        if exponent % 2 == 0 or piece.range_of(alone).lower >= 0:
            continue
        parts = [cut for part in parts for side in (alone, -alone) if (cut := part.where(side)) is not None]
    total: Enclosed = ball(0)
    for part in parts:
        decided = _decided(part)
        found = ball(0) if decided is None else integral(_times(decided, value, 1))
        if found is None:
            return None
        total = plus(total, found)
    return total


def _decided(piece: Piece) -> Piece | None:
    """The piece without bounds that follow from the ranges of its variables; None if one cannot hold."""
    kept: set[Unknown] = set()
    for bound in piece.region:
        low, high = range_of(_with_its_sign(bound), piece.ranges)
        if high <= 0:
            return None
        if low < 0 or len(bound.latents) == 1:
            kept.add(bound)
    return replace(piece, region=frozenset(kept))


def _with_its_sign(bound: Unknown) -> Unknown:
    """A number with the same sign, without quotients where it is a product."""
    if len(bound.terms) > 1:
        return bound
    ((monomial, coefficient),) = bound.terms.items()
    if any(type(exponent) is not int for _, exponent in monomial):
        return bound
    odd = frozenset((atom, 1) for atom, exponent in monomial if exponent % 2)
    return Unknown(bound.space, {odd: coefficient}) if odd else bound


def _probability(contributions: Sequence[Contribution], end: float) -> arb | None:
    """P(X < end)."""
    from pplc.inference.certified.tails import Diverges
    from pplc.inference.continuous.enclosed import ball, integral, part_of

    share_error = _share_error(contributions)
    if share_error is None:
        return None
    total, whole = ball(0), ball(0)
    for chance, value, piece in contributions:
        weight = ball(chance) * _about_1(share_error)
        whole += weight
        if not isinstance(value, Unknown):
            total += weight if value < end else ball(0)
            continue
        near, left = _near(value, piece)
        mass, part = integral(left), part_of(left, Fraction(end) - near)
        if mass is None or part is None or isinstance(mass, Diverges) or isinstance(part, Diverges):
            return None
        total += weight * part / mass
    return total / whole


def _share_error(contributions: Sequence[Contribution]) -> float | None:
    """The error of probabilities as a share of them; None if it is not proved. Of one alone there is none."""
    if len(contributions) == 1:
        return 0.0
    spaces = {id(v.space): v.space for _, _, piece in contributions for v in piece.latents[:1]}
    known = [one for space in spaces.values() if isinstance(space, World) for one in space.numerical.values()]
    if not all(one.proved for one in known):
        return None
    return MOST_INTEGRALS * (ROUNDING + max((one.error for one in known), default=0.0))


def _about_1(error: float) -> arb:
    from flint import arb

    return 1 + arb(-1).union(arb(1)) * error


def _known(found: Enclosed) -> Known | None:
    from pplc.inference.certified.tails import Diverges

    if isinstance(found, Diverges):
        return Known(nan if found.sign == 0 else found.sign * inf)
    if not found.is_finite():
        return None
    value = float(found.mid())
    return Known(value, float(abs(found - value).upper()))
