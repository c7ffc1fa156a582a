"""Integrals whose coefficients contain parameters that are left open: exact ones, with no float in them.

They stand beside the rules of `pplc.inference.continuous.integrals`, which may give floats where coefficients
are known, and take signs from ranges alone.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from pplc.inference.continuous.open_numbers import tidied
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.polynomials import Powers, Shape, of_power
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.elementary import LOG_2PI, Number, exp, lgamma, log
from pplc.semantics.symbolic.expression import CONSTANTS, Applied, Unknown, of_atom

ONE, ZERO = Fraction(1), Fraction(0)


def open_integral(
    factor: Powers, shape: Shape, low: Number | None, high: Number | None, piece: Piece, world: World
) -> list[tuple[Number, Number]] | None:
    """∫ Σ factor[m] x^m exp(shape) dx from low to high, as a sum of e^first · second; None without a rule."""
    if shape.logs or not all(type(m) is int for m in factor):
        return None
    if len(shape.powers) == 1 and not set(shape.powers) & {1, -1} and low is not None:
        found = _stretched(factor, shape, low, high, piece)
        if found is not None:
            return found
    if not shape.powers and isinstance(shape.log, Unknown) and not _varies(shape.log, piece):
        return _power(factor, shape.log, low, high, piece)
    if not all(m >= 0 for m in factor):
        return None
    if shape.log == 0 and 2 in shape.powers and set(shape.powers) <= {1, 2}:
        return _normal(factor, shape, low, high, piece, world)
    return None


def _varies(number: Number, piece: Piece) -> bool:
    """Whether a number depends on variables that are still to be integrated over."""
    return not latents_in(number).isdisjoint(piece.latents)


def _power(
    factor: Powers, power: Number, low: Number | None, high: Number | None, piece: Piece
) -> list[tuple[Number, Number]] | None:
    """x^s times whole powers right of 0."""
    if low is None or piece.range_of(low).lower < 0:
        return None
    ups = [power + m + 1 for m in factor]
    if (low == 0 and not all(exists(up, piece) for up in ups)) or (
        high is None and not all(exists(-up, piece) for up in ups)
    ):
        return None
    return [
        ((power + 1) * log(end), sum((c * sign * end**m / (power + 1 + m) for m, c in _listed(factor)), ZERO))
        for end, sign in ((high, 1), (low, -1))
        if end is not None and end != 0
    ]


def exists(number: Number, piece: Piece) -> bool:
    """Whether a number on whose sign it hangs that an integral is finite is positive, or taken to be."""
    if not isinstance(number, Unknown):
        return bool(number > 0)
    found = piece.range_of(number)
    if found.lower >= 0:
        return True  # what is left open is inside its range
    return found.upper > 0 and isinstance(number.space, World) and number.space.take_positive(number)


def _stretched(
    factor: Powers, shape: Shape, low: Number, high: Number | None, piece: Piece
) -> list[tuple[Number, Number]] | None:
    """x^s exp(-c x^k) right of 0, as a gamma integral in x^k: on the half line, or one that is elementary."""
    ((k, slope),) = shape.powers.items()
    rate = -slope
    if _varies(rate, piece) or _varies(shape.log, piece) or not exists(rate, piece):
        return None
    found: list[tuple[Number, Number]] = []
    for m, c in _listed(factor):
        a = (shape.log + m + 1) / Fraction(k)
        if low == 0 and high is None:
            if not exists(a, piece):
                return None
            found.append((_lgamma(a) - a * log(rate), c / abs(k)))
            continue
        if isinstance(a, Unknown) or a.denominator != 1 or a <= 0 or k < 0 or piece.range_of(low).lower < 0:
            return None
        for end, sign in ((low, 1), (high, -1)):
            if end is not None:
                u = end**k if end != 0 else ZERO
                found.append((-rate * u, _incomplete(int(a), rate, u) * c * sign / k))
    return found


def _incomplete(a: int, rate: Number, u: Number) -> Number:
    """e^(c u) times the integral of t^(a - 1) e^(-c t) from u on."""
    terms = (Fraction(factorial(a - 1), factorial(j)) * u**j / rate ** (a - j) for j in range(a))
    return sum(terms, ZERO)


def _lgamma(a: Number) -> Number:
    """log Γ(a), not evaluated."""
    if isinstance(a, Unknown) or a.denominator == 1:
        return lgamma(a)
    return of_atom(Applied("lgamma", Fraction(a)), CONSTANTS)


def _listed(factor: Powers) -> list[tuple[int, Number]]:
    return [(int(m), c) for m, c in factor.items()]


def _normal(
    factor: Powers, shape: Shape, low: Number | None, high: Number | None, piece: Piece, world: World
) -> list[tuple[Number, Number]] | None:
    """exp(-A x²/2 + B x) between bounds, which may be infinite.

    With E(x) = exp(-A x²/2 + B x), by parts: A I_m = B I_{m-1} + (m-1) I_{m-2} - [x^{m-1} E(x)].
    """
    precision = tidied(shape.powers[2] * -2, world.parameters)
    if _varies(precision, piece) or not exists(precision, piece):
        return None
    ends = [end for end in (low, high) if end is not None]
    slope = of_power(shape.powers, 1)
    if ends and any(_varies(number, piece) for number in (slope, *ends)):
        return None
    variance = tidied(ONE / precision, world.parameters)
    mean = tidied(slope * variance, world.parameters)
    degree = max(map(int, factor), default=0)
    whole = [ONE, mean]
    for m in range(2, degree + 1):
        whole.append(mean * whole[m - 1] + variance * whole[m - 2] * (m - 1))
    exponent = slope * mean / 2 + (LOG_2PI - log(precision)) / 2
    size = sum((c * whole[m] for m, c in _listed(factor)), ZERO)
    if not ends:
        return [(exponent, size)]
    root = exp(log(precision) / 2)
    if low is None or high is None:
        z = (mean - low if high is None else high - mean) * root
        found = [(exponent + _log_cdf(z), size)]
    else:
        found = [
            (exponent + _log_cdf((high - mean) * root), size),
            (exponent + _log_cdf((low - mean) * root), -size),
        ]
    for end, sign in ((high, -1), (low, 1)):
        if end is None or degree == 0:
            continue
        edge = [ZERO, variance * sign]
        for m in range(2, degree + 1):
            edge.append(
                mean * edge[m - 1] + variance * edge[m - 2] * (m - 1) + variance * sign * end ** (m - 1)
            )
        at_end = sum((c * edge[m] for m, c in _listed(factor)), ZERO)
        found.append((end * slope - precision * end**2 / 2, at_end))
    return found


def _log_cdf(z: Number) -> Number:
    """log Φ(z), not evaluated."""
    if isinstance(z, Unknown):
        return of_atom(Applied("log_ndtr", z), z.space)
    return of_atom(Applied("log_ndtr", Fraction(z)), CONSTANTS)
