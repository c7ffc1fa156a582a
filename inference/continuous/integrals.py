"""One variable integrated out of a piece in closed form, where there is a rule for it.

The rules are the classical integrals behind conjugate pairs: of the normal, gamma, inverse gamma, beta and
power forms, each times a polynomial, with bounds and coefficients that may depend on other variables. As
they look at how the exponent depends on the variable, not at which laws it came from, products of conjugate
pairs, hierarchies and linear-Gaussian programs need no rules of their own.

Gradshteyn & Ryzhik (2007): 3.323.2 and 3.462.2 (normal), 2.321 (exponential), 3.381.4 (gamma), 3.478.1
(inverse gamma), 3.191.1 (beta).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import comb, factorial
from typing import NamedTuple, TypeAlias

from pplc.inference.continuous.logarithms import Bounds, NoClosedForm, integral_of_logarithms
from pplc.inference.continuous.open_rules import exists, open_integral
from pplc.inference.continuous.piece import UNIT, ZERO, Piece, World
from pplc.inference.continuous.polynomials import Powers, Shape, in_powers, of_power, shape_in
from pplc.inference.continuous.truncated_normal import truncated_mean, truncated_moments
from pplc.semantics.formula import Open
from pplc.semantics.number import LogWeight
from pplc.semantics.special.error_function import log_ndtr
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.elementary import LOG_2PI, Number, apart, applied, lgamma, log, log_beta, sqrt
from pplc.semantics.symbolic.expression import (
    Known,
    Latent,
    NeedsValue,
    Undecided,
    Unknown,
    mentions,
    terms_of,
)

MOST_CASES = 64
"""Choices of the bounds that matter, out of several, that are looked at."""

FEW = 2
"""Variables left beside which a quotient by a sum is simple enough."""

TINY = 5e-324
"""The smallest positive float."""

MOST_LOST = 1e-4
"""Size of a difference, as a share of the numbers it is of, below which it is not taken: four digits."""

MOST_POWER = 400
"""Degree of a polynomial that is multiplied out."""

MOST_POWER_OF_SUMS = 16
"""Degree of one with other variables in it: beyond, its terms are many, and cancel where they have values."""

Term: TypeAlias = tuple[Number, Number]
"""e to the first times the second."""

End: TypeAlias = "Number | None"
"""A bound; None is infinite."""


def integrate_out(
    piece: Piece, variable: Latent, *, whole: bool = False, cut: bool = False, dilogarithms: bool = False
) -> list[tuple[LogWeight, Piece]] | None:
    """The pieces whose sum is the piece with a variable integrated out; None if no rule is known.

    whole: none of them may be a difference, so that all are densities themselves.
    cut:   a normal variable between bounds is integrated even where it may be part of a block.
    dilogarithms: the integral may contain them, though no rule leads further.
    """
    factor = in_powers(piece.factor, variable)
    shape = shape_in(piece.exponent, variable)
    cases = _cases(piece, variable)
    if cases is None:
        return None
    found: list[tuple[LogWeight, Piece]] = []
    world = variable.space
    assert isinstance(world, World)
    for low, high, rest in cases:
        before, world.piece = world.piece, rest  # the signs of what is taken the logarithm of
        try:
            terms = None
            if factor is not None and shape is not None:
                if world.parameters:
                    terms = open_integral(factor, shape, low, high, rest, world)
                if terms is None:
                    terms = _integral(variable, dict(factor), _copied(shape), low, high, rest, cut=cut)
            if terms is not None and shape is not None:
                left = shape.rest
            else:
                left, *terms = integral_of_logarithms(
                    variable, piece.factor, piece.exponent, Bounds(low, high, dilogarithms)
                )
        except (_Cancels, Undecided, NoClosedForm, Open):
            return None
        finally:
            world.piece = before
        if whole and len(terms) > 1:
            return None
        found += [
            replace(rest, exponent=left, factor=made).raised(exponent, world)
            for exponent, made in terms
            if made != 0
        ]
    return found


class _Cancels(Exception):
    """Too many digits cancel in a sum of floats."""


def _copied(shape: Shape) -> Shape:
    return Shape(shape.rest, dict(shape.powers), shape.log, dict(shape.logs))


# ------------------------------------------------------------------ bounds


def _cases(piece: Piece, variable: Latent) -> Iterator[tuple[End, End, Piece]] | None:
    """The bounds of a variable, with the piece of the others on which they are the ones that matter."""
    lows: list[Number] = []
    highs: list[Number] = []
    rest: set[Unknown] = set()
    for bound in piece.region:
        if not mentions(bound, variable):
            rest.add(bound)
            continue
        powers = in_powers(bound, variable)
        if powers is None or not set(powers) <= {0, 1}:
            return None
        if 1 not in powers:  # multiplied out, the variable cancels
            left = of_power(powers, 0)
            if isinstance(left, Unknown):
                rest.add(left)
            elif not left > 0:
                return iter(())
            continue
        slope = powers[1]
        # Not what this bound itself says of its slope: with the variable it goes.
        low, high = replace(piece, region=piece.region - {bound}).range_of(slope)
        at = -of_power(powers, 0) / slope
        if low >= 0:
            lows.append(at)
        elif high <= 0:
            highs.append(at)
        else:
            return None
    latents = tuple(latent for latent in piece.latents if latent != variable)
    ranges = {latent: found for latent, found in piece.ranges.items() if latent != variable}
    others = replace(piece, region=frozenset(rest), latents=latents, ranges=ranges)
    lows, highs = _strongest(lows, others, 1), _strongest(highs, others, -1)
    if max(len(lows), 1) * max(len(highs), 1) > MOST_CASES:
        return None
    return _chosen(others, lows, highs)


def _strongest(ends: list[Number], piece: Piece, sign: int) -> list[Number]:
    """The ends without those that others make superfluous everywhere."""
    kept: list[Number] = []
    for end in ends:
        if any(end == other or piece.range_of((other - end) * sign).lower >= 0 for other in kept):
            continue
        kept = [other for other in kept if piece.range_of((end - other) * sign).lower < 0]
        kept.append(end)
    return kept


def _chosen(
    others: Piece, lows: Sequence[Number], highs: Sequence[Number]
) -> Iterator[tuple[End, End, Piece]]:
    for low, high in product(lows or [None], highs or [None]):
        piece: Piece | None = others
        bounds = [low - other for other in lows if other is not low]
        bounds += [other - high for other in highs if other is not high]
        if low is not None and high is not None:
            bounds.append(high - low)
        for bound in bounds:
            piece = piece.where(bound) if piece is not None else None
        if piece is not None:
            yield low, high, piece


# ------------------------------------------------------------------ rules


def _integral(
    variable: Latent, factor: Powers, shape: Shape, low: End, high: End, piece: Piece, *, cut: bool
) -> list[Term] | None:
    """∫ Σ factor[m] x^m exp(shape) dx from low to high; None if no rule is known."""
    powers, half_line = set(shape.powers), low == 0 and high is None
    near = None if powers or low != 0 or high is None else _near_end(variable, shape, high)
    if not powers and shape.log == 0 and set(factor) == {0} and len(shape.logs) == 1:
        linear = _linear_power(variable, factor[0], shape, low, high)
        if linear is not None:
            return linear
    moved = None if powers else _distances(variable, factor, shape)
    if moved is not None:
        found = None if near is None or high is None else _beta_of(variable, factor, shape, near, high, piece)
        return found or _power(*moved.applied(low, high), piece, right=True)
    if not _multiplied_out(variable, factor, shape, None if near is None else near[0]):
        return None
    if near is not None and high is not None:
        return _beta(factor, shape, *near, high, piece)
    if powers == {-1} and half_line:
        return _inverse_gamma(factor, shape, piece)
    if powers == {1} and half_line:
        return _gamma(factor, shape, piece)
    if not _absorbed(factor, shape):
        return None
    if not powers:
        return _power(factor, low, high, piece)
    if powers == {1}:
        return _exponential(factor, shape, low, high, piece)
    if powers <= {1, 2}:
        whole = low is None and high is None
        return (
            _normal(factor, shape, piece) if whole else _truncated(factor, shape, low, high, piece, cut=cut)
        )
    return None


def _linear_power(variable: Latent, factor: Number, shape: Shape, low: End, high: End) -> list[Term] | None:
    """(a + b x)^k between bounds, at one of which it is zero."""
    ((total, times),) = shape.logs.items()
    powers = in_powers(total, variable)
    if powers is None or set(powers) - {0, 1} or isinstance(powers[1], Unknown) or isinstance(times, Unknown):
        return None
    if low is None or high is None or not times > -1:
        return None
    start, end = of_power(powers, 0) + powers[1] * low, of_power(powers, 0) + powers[1] * high
    if start == 0:
        return [((times + 1) * log(end), factor / (powers[1] * (times + 1)))]
    if end == 0:
        return [((times + 1) * log(start), factor / (-powers[1] * (times + 1)))]
    return None


def _beta_of(
    variable: Latent, factor: Powers, shape: Shape, near: tuple[Unknown, Number], high: Number, piece: Piece
) -> list[Term] | None:
    """`_beta`, which leaves factor and shape as they are."""
    factor, shape = dict(factor), _copied(shape)
    if not _multiplied_out(variable, factor, shape, near[0]):
        return None
    return _beta(factor, shape, *near, high, piece)


class _Distance(NamedTuple):
    """Powers of the positive distance y = start + slope x, in the place of powers of x."""

    start: Number
    slope: Known
    factor: Powers

    def applied(self, low: End, high: End) -> tuple[Powers, End, End]:
        """The powers with the density of y, and its bounds."""
        ends = [None if end is None else self.start + end * self.slope for end in (low, high)]
        if self.slope < 0:
            ends.reverse()
        size = abs(self.slope)
        return {m: c / size for m, c in self.factor.items()}, ends[0], ends[1]


def _distances(variable: Latent, factor: Powers, shape: Shape) -> _Distance | None:
    """A polynomial times negative or broken powers of one distance from a point, by powers of that."""
    lead = [total for total, times in shape.logs.items() if not _is_whole(times)]
    if len(lead) != 1 or not _is_whole(shape.log):
        return None
    powers, times = in_powers(lead[0], variable), shape.logs[lead[0]]
    if powers is None or set(powers) - {0, 1} or isinstance(powers[1], Unknown):
        return None
    if isinstance(times, float | Unknown):
        return None
    made, left = dict(factor), Shape(shape.rest, {}, shape.log, dict(shape.logs))
    if not _multiplied_out(variable, made, left, lead[0]) or not _absorbed(made, left) or not _whole(made):
        return None
    start, slope = of_power(powers, 0), powers[1]
    found: Powers = {}
    for m, c in made.items():  # ((y - start) / slope)^m
        for k in range(int(m) + 1):
            term = c * comb(int(m), k) * (-start) ** (int(m) - k) / slope ** int(m)
            raised = k + Fraction(times)
            exponent = raised.numerator if raised.denominator == 1 else raised
            found[exponent] = found[exponent] + term if exponent in found else term
    return _Distance(start, slope, {m: c for m, c in found.items() if c != 0})


def _is_whole(times: Number) -> bool:
    return not isinstance(times, Unknown) and times == int(times) and 0 <= times <= MOST_POWER


def _near_end(variable: Latent, shape: Shape, high: Number) -> tuple[Unknown, Number] | None:
    """The sum k (high - x) whose logarithm the exponent contains, and k."""
    for total in shape.logs:
        powers = in_powers(total, variable)
        if powers is not None and set(powers) <= {0, 1} and not isinstance(powers[1], Unknown):
            if powers[1] < 0 and of_power(powers, 0) / -powers[1] == high:
                return total, -powers[1]
    return None


def _multiplied_out(variable: Latent, factor: Powers, shape: Shape, keep: Unknown | None) -> bool:
    """Whether whole multiples of logarithms of polynomials, all but one, are now part of the factor."""
    for total, times in list(shape.logs.items()):
        if total == keep:
            continue
        if isinstance(times, Unknown) or times != int(times) or not 0 < times <= MOST_POWER:
            return False
        powers = in_powers(total, variable)
        if powers is None:
            return False
        if times > MOST_POWER_OF_SUMS and any(isinstance(c, Unknown) for c in powers.values()):
            return False
        for _ in range(int(times)):
            multiplied: Powers = {}
            for (m, c), (k, d) in product(factor.items(), powers.items()):
                multiplied[m + k] = multiplied[m + k] + c * d if m + k in multiplied else c * d
            factor.clear()
            factor.update(multiplied)
        del shape.logs[total]
    return True


def _absorbed(factor: Powers, shape: Shape) -> bool:
    """Whether the power of x that the exponent contains is now part of the factor."""
    power = shape.log
    if isinstance(power, Unknown) or (isinstance(power, float) and not power.is_integer()):
        return False
    if power:
        moved = {exponent + Fraction(power): c for exponent, c in factor.items()}
        factor.clear()
        factor.update({(e.numerator if e.denominator == 1 else e): c for e, c in moved.items()})
        shape.log = ZERO
    return True


def _positive(number: Number, piece: Piece) -> bool:
    """Whether a coefficient is, without which there is no integral."""
    if _is_open(number, piece):
        return exists(number, piece)
    return piece.range_of(number).lower >= 0 and number != 0


def _whole(factor: Powers) -> bool:
    return all(type(exponent) is int and 0 <= exponent <= MOST_POWER for exponent in factor)


def _normal(factor: Powers, shape: Shape, piece: Piece) -> list[Term] | None:
    """exp(-A x²/2 + B x) on the line; moments by m_k = (B/A) m_{k-1} + (k-1) m_{k-2} / A."""
    precision = shape.powers[2] * -2
    if not _positive(precision, piece) or not _whole(factor) or not _single(precision, piece):
        return None
    if _left_to_a_block(precision, factor, piece):
        return None
    slope = of_power(shape.powers, 1)
    mean, variance = slope / precision, UNIT / precision
    exponent = slope * mean / 2 + (LOG_2PI - log(precision)) / 2
    moments = [UNIT, mean]
    for k in range(2, _degree(factor) + 1):
        moments.append(mean * moments[k - 1] + variance * moments[k - 2] * (k - 1))
    return [(exponent, _sum(c * moments[int(k)] for k, c in factor.items()))]


def _degree(factor: Powers) -> int:
    return int(max(factor, default=0))


def _single(number: Number, piece: Piece) -> bool:
    """Whether dividing by a number leaves few terms: it is a product, or few variables are left to see it.

    Otherwise a grid, on which a normal block is integrated out by linear algebra, is better.
    """
    return len(terms_of(number)) <= 1 or len(piece.latents) <= FEW or not _varies(number, piece)


def _left_to_a_block(precision: Number, factor: Powers, piece: Piece) -> bool:
    """Whether a grid integrates the variable as part of a normal block, which keeps more digits.

    A quotient by a sum is a difference of large numbers where a scale in it is near 0.
    """
    return (
        set(factor) == {0}
        and isinstance(precision, Unknown)
        and len(precision.terms) > 1
        and precision.latents <= set(piece.latents)
    )


def _cut_in_a_block(precision: Number, mean: Number, piece: Piece) -> bool:
    """Whether a grid or proof integrates a variable that is cut as part of a normal block.

    (B/A)² A / 2 and log Φ are large and cancel where what they depend on is near an end: a block does not add
    them.
    """
    others = latents_in((precision, mean))
    return bool(others) and others <= set(piece.latents)


def _truncated(
    factor: Powers, shape: Shape, low: End, high: End, piece: Piece, *, cut: bool
) -> list[Term] | None:
    """The same between bounds: with known coefficients, or one bound and no moments, by the normal cdf Φ."""
    known = [shape.powers[2], of_power(shape.powers, 1), low, high]
    if any(isinstance(number, Unknown) for number in known):
        return _tail(factor, shape, low, high, piece, cut=cut)
    if not shape.powers[2] < 0 or not _whole(factor):
        return None
    precision, slope = -2 * shape.powers[2], of_power(shape.powers, 1)
    mean = slope / precision
    exponent = slope * mean / 2 + (LOG_2PI - log(precision)) / 2
    coefficients = {int(k): c for k, c in factor.items() if not isinstance(c, Unknown)}
    if len(coefficients) == len(factor):
        found = truncated_mean(coefficients, mean, precision, low, high)
        return None if found is None else [(exponent + apart(found[0]), found[1])]
    known_moments = truncated_moments(mean, precision, low, high, _degree(factor))
    if known_moments is None:
        return None
    log_mass, moments = known_moments
    return [(exponent + apart(log_mass), _sum(c * moments[int(k)] for k, c in factor.items()))]


def _tail(factor: Powers, shape: Shape, low: End, high: End, piece: Piece, *, cut: bool) -> list[Term] | None:
    """exp(-A x²/2 + B x) beyond one bound e: Φ(± (B/A - e) √A) times the integral over the line."""
    whole = _normal(factor, shape, piece) if set(factor) == {0} else None
    if whole is None or (low is None) == (high is None):
        return None
    precision = shape.powers[2] * -2
    mean = of_power(shape.powers, 1) / precision
    end: Number = high if low is None else low
    if not cut and not isinstance(end, Unknown) and _cut_in_a_block(precision, mean, piece):
        return None
    try:
        z = (mean - end if high is None else end - mean) * sqrt(precision)
    except (NeedsValue, Undecided):  # the sign of what stands under the root is not known
        return None
    ((exponent, made),) = whole
    tail = applied("log_ndtr", z) if isinstance(z, Unknown) else apart(log_ndtr(float(z)))
    return [(exponent + tail, made)]


def _gamma(factor: Powers, shape: Shape, piece: Piece) -> list[Term] | None:
    """x^a e^(-c x) on the half line."""
    rate, a = -shape.powers[1], shape.log + 1
    if not _positive(rate, piece) or not _single(rate, piece) or not _exists(a, factor, piece):
        return None
    a, factor = _from_least(a, factor, piece)
    exponent = lgamma(a) - a * log(rate)
    return [(exponent, _sum(c * _rising(a, int(m)) / rate ** int(m) for m, c in factor.items()))]


def _inverse_gamma(factor: Powers, shape: Shape, piece: Piece) -> list[Term] | None:
    """x^(-a-1) e^(-d/x) on the half line."""
    scale, a = -shape.powers[-1], -shape.log - 1
    turned: Powers = {-m: c for m, c in factor.items()}
    if not _positive(scale, piece) or not _single(scale, piece) or not _exists(a, turned, piece):
        return None
    a, turned = _from_least(a, turned, piece)
    exponent = lgamma(a) - a * log(scale)
    return [(exponent, _sum(c * _rising(a, int(m)) / scale ** int(m) for m, c in turned.items()))]


def _exists(a: Number, factor: Powers, piece: Piece) -> bool:
    """Whether Γ(a + m) does for every power m, all whole."""
    if _is_open(a, piece):
        return all(type(m) is int and exists(a + m, piece) for m in factor)
    return all(type(m) is int and piece.range_of(a + m).lower >= TINY for m in factor) and (
        not isinstance(a, Unknown) or all(m >= 0 for m in factor)
    )


def _from_least(a: Number, factor: Powers, piece: Piece) -> tuple[Number, Powers]:
    """A shape and powers, as the least shape and powers from 0: where a is not positive, Γ(a) is no use."""
    if isinstance(a, Unknown) and piece.range_of(a).lower >= 0:
        return a, factor
    least = min(factor)
    return a + least, {m - least: c for m, c in factor.items()}


def _varies(number: Number, piece: Piece) -> bool:
    """Whether a number depends on variables that are still to be integrated over."""
    return not latents_in(number).isdisjoint(piece.latents)


def _beta(
    factor: Powers, shape: Shape, near_end: Unknown, scale: Number, high: Number, piece: Piece
) -> list[Term] | None:
    """x^a (s - x)^b from 0 to s."""
    a, b = shape.log + 1, shape.logs[near_end] + 1
    if not all(type(m) is int for m in factor) or _varies(a, piece) or _varies(b, piece):
        return None
    if not _exists(a, factor, piece) or not piece.range_of(b).lower >= 0 or b == 0:
        return None
    a, factor = _from_least(a, factor, piece)
    exponent = log_beta(a, b) + (a + b - 1) * log(high) + (b - 1) * log(scale)
    shares = ((m, c, _rising(a, int(m)) / _rising(a + b, int(m))) for m, c in factor.items())
    return [(exponent, _sum(c * share * high ** int(m) for m, c, share in shares))]


def _power(factor: Powers, low: End, high: End, piece: Piece, *, right: bool = False) -> list[Term] | None:
    """Powers of x between bounds; negative ones only right of 0, where they are finite.

    right: x is known to be positive.
    """
    if low is None:
        return None
    right = right or piece.range_of(low).lower >= 0
    numbers: list[Number] = []
    for exponent, c in factor.items():
        up = exponent + 1
        if (exponent < 0 and not right) or (low == 0 and up <= 0) or (high is None and up >= 0):
            return None
        if up == 0:
            assert high is not None
            numbers.append(c * (log(high) - log(low)))
            continue
        if up.denominator != 1 and not isinstance(low, Unknown) and low < 0:
            return None
        if high is not None:
            numbers.append(c * _raised(high, up) / up)
        if low != 0:
            numbers.append(-c * _raised(low, up) / up)
    return [(ZERO, _sum(numbers))]


def _is_open(number: Number, piece: Piece) -> bool:
    return isinstance(number, Unknown) and not _varies(number, piece)


def _raised(base: Number, exponent: int | Fraction) -> Number:
    if isinstance(base, Unknown) or exponent.denominator == 1:
        return base ** (exponent if isinstance(base, Unknown) else int(exponent))
    return float(base) ** float(exponent)


def _exponential(factor: Powers, shape: Shape, low: End, high: End, piece: Piece) -> list[Term] | None:
    """A polynomial times e^(-c x) between bounds, one of which may be infinite."""
    rate = -shape.powers[1]
    if not _whole(factor) or not _single(rate, piece):
        return None
    found = piece.range_of(rate)
    if (high is None and found.lower < 0) or (low is None and found.upper > 0):
        return None
    terms: list[Term] = []
    for end, sign in ((low, 1), (high, -1)):
        if end is not None:
            inner = (
                c
                * Fraction(factorial(int(m)), factorial(j))
                * (end**j if j else UNIT)
                / rate ** (int(m) - j + 1)
                for m, c in factor.items()
                for j in range(int(m) + 1)
            )
            terms.append((-rate * end, _sum(inner) * sign))
    return terms


def _rising(a: Number, m: int) -> Number:
    """a (a + 1) … (a + m - 1); of a negative m, 1 / ((a - 1) … (a + m))."""
    result: Number = UNIT
    for i in range(m):
        result = result * (a + i)
    for i in range(-m):
        result = result / (a - 1 - i)
    return result


def _sum(numbers: Iterable[Number]) -> Number:
    """A sum; `_Cancels` if rounding has taken too many of its digits."""
    listed = list(numbers)
    try:
        total: Number = sum(listed, ZERO)
        if isinstance(total, float):
            size = sum(abs(float(number)) for number in listed if not isinstance(number, Unknown))
            if not abs(total) >= MOST_LOST * size:
                raise _Cancels
    except OverflowError:  # a rational that is too large for a float, beside a float
        raise _Cancels from None
    return total
