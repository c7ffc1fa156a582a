"""Interval bounds of expressions from the ranges of their variables (Moore 1966), ends included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erf, exp, expm1, fsum, inf, isnan, log, log1p, nan, pi, tanh
from sys import float_info
from typing import NamedTuple, cast

from pplc.semantics.symbolic.expression import Applied, Base, Coefficient, Exponent, Latent, Monomial, Unknown
from pplc.semantics.symbolic.special import LOG_CDFS, dilog


class Range(NamedTuple):
    """A closed interval that a number lies in; its ends may be infinite."""

    lower: float
    upper: float


REALS = Range(-inf, inf)
LARGEST = float_info.max

Ranges = Mapping[Latent, Range]


def range_of(number: object, ranges: Ranges) -> Range:
    """An interval that contains a number wherever its variables are in theirs."""
    if not isinstance(number, Unknown):
        return _around(cast("Coefficient", number))
    lower: list[float] = []
    upper: list[float] = []
    for monomial, coefficient in number.terms.items():
        low, high = times(_of_monomial(monomial, ranges), _around(coefficient))
        lower.append(low)
        upper.append(high)
    return Range(_sum(lower, -inf), _sum(upper, inf))


def _sum(values: list[float], worst: float) -> float:
    if worst in values:
        return worst
    return fsum(values) if all(abs(value) < inf for value in values) else -worst


def _around(number: Coefficient) -> Range:
    """A known number; one that no float holds is between the largest and infinity."""
    try:
        value = float(number)
    except OverflowError:
        return Range(LARGEST, inf) if number > 0 else Range(-inf, -LARGEST)
    return Range(value, value)


def _times(a: float, b: float) -> float:
    """A product of ends, in which 0 times infinity is 0."""
    return 0.0 if a == 0 or b == 0 else a * b


def _of_monomial(monomial: Monomial, ranges: Ranges) -> Range:
    found = Range(1.0, 1.0)
    for atom, exponent in monomial:
        found = times(found, power(_of_atom(atom, ranges), exponent))
    return found


def times(left: Range, right: Range) -> Range:
    """The product of two intervals."""
    ends = [_times(a, b) for a in left for b in right]
    return Range(min(ends), max(ends))


def _of_atom(atom: Latent | Applied | Base, ranges: Ranges) -> Range:
    match atom:
        case Latent():
            return ranges.get(atom, REALS)
        case Base(total):
            return range_of(total, ranges)
        case Applied(name, argument):
            increasing = INCREASING.get(name)
            if increasing is None:
                return BOUNDED.get(name, REALS)
            low, high = range_of(argument, ranges)
            return Range(increasing(low), increasing(high))


def power(found: Range, exponent: Exponent) -> Range:
    """An interval to a power."""
    low, high = found
    if exponent == 1:
        return found
    whole = exponent.denominator == 1
    if whole and exponent % 2 == 0 and low < 0:
        size = Range(0.0 if high >= 0 else -high, max(-low, high))
        return power(size, exponent)
    if low < 0 and (not whole or (exponent < 0 <= high)):
        return REALS
    ends = (_to(low, exponent), _to(high, exponent))
    return Range(min(ends), max(ends))


def _to(x: float, exponent: Exponent) -> float:
    if x == 0:
        return inf if exponent < 0 else 0.0
    if abs(x) == inf:
        return 0.0 if exponent < 0 else (x if exponent % 2 else inf)
    try:
        return float(x ** float(exponent)) if exponent.denominator != 1 else float(x ** int(exponent))
    except OverflowError:
        return inf if x > 0 or exponent % 2 == 0 else -inf


def _guarded(function: Callable[[float], float], at_minus: float, at_plus: float) -> Callable[[float], float]:
    def of(x: float) -> float:
        if isnan(x):
            return nan
        if x == inf:
            return at_plus
        if x == -inf:
            return at_minus
        try:
            return function(x)
        except OverflowError:
            return at_plus if x > 0 else at_minus
        except ValueError:  # left of the domain
            return -inf

    return of


INCREASING: Mapping[str, Callable[[float], float]] = {
    "exp": _guarded(exp, 0.0, inf),
    "expm1": _guarded(expm1, -1.0, inf),
    "log": _guarded(log, -inf, inf),
    "log1p": _guarded(log1p, -inf, inf),
    "tanh": _guarded(tanh, -1.0, 1.0),
    "erf": _guarded(erf, -1.0, 1.0),
    "rounded": float,
    "dilog": _guarded(lambda x: dilog(min(x, 1.0)), -inf, pi**2 / 6),
    **{name: _guarded(cdf, -inf, 0.0) for name, cdf in LOG_CDFS.items()},
    "sigmoid": _guarded(lambda x: 1 / (1 + exp(-x)) if x > -700 else 0.0, 0.0, 1.0),
}
"""Functions that increase on their whole domain."""

BOUNDED: Mapping[str, Range] = {
    "sin": Range(-1.0, 1.0),
    "cos": Range(-1.0, 1.0),
    "log1mexp": Range(-inf, 0.0),
    "log_gumbel_tail": Range(-inf, 0.0),
}
