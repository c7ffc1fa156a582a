"""Inverses by search: for quantiles without a closed form, continuous and integer ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from pplc.semantics.kernel import exp, f64, i64, isnan

P = TypeVar("P")

# Where the search for an integer ends: no count in a model is larger.
MOST_INDEX = 1 << 62

# What a few dozen operations may lose of a probability; R takes the same for its discrete quantiles.
_ROUNDING = 64 * 2.220446049250313e-16


class Step(NamedTuple):
    """What Newton's method needs of an increasing function at a point: its value and its slope."""

    gap: f64
    slope: f64


def root(step: Callable[[P, f64], Step], at: P, guess: f64, lower: f64, upper: f64) -> f64:
    """Where an increasing function crosses 0 between finite bounds: Newton, kept inside a shrinking bracket.

    at: the function's parameters. Stops at two neighbouring floats, or when a step no longer moves x.
    """
    x = guess if lower < guess < upper else 0.5 * (lower + upper)
    for _ in range(300):
        gap, slope = step(at, x)
        if isnan(gap):
            return gap
        if gap == 0:
            return x
        if gap < 0:
            lower = x
        else:
            upper = x
        following = x - gap / slope if slope > 0 else lower
        if not lower < following < upper:
            following = 0.5 * (lower + upper)
        if abs(following - x) <= 1e-16 * abs(x) or following in (lower, upper):
            return following
        x = following
    return x


def first_index(reached: Callable[[P, i64], bool], at: P, guess: i64, lower: i64) -> i64:
    """The smallest k >= lower at which a condition holds that stays true; `MOST_INDEX` or more if none is."""
    low = lower - 1
    high = guess if lower < guess < MOST_INDEX else lower
    stride = 1
    while high < MOST_INDEX and not reached(at, high):
        low = high
        high = high + stride
        stride = stride * 2
    if high > lower:
        stride = 1
        below = high - 1
        while below > low and reached(at, below):
            high = below
            below = below - stride
            stride = stride * 2
        if below > low:
            low = below
    while high - low > 1:
        middle = (low + high) // 2
        if reached(at, middle):
            high = middle
        else:
            low = middle
    return high


def is_reached(log_cdf: f64, log_ccdf: f64, p: f64) -> bool:
    """Whether a cdf, given by both its logs, is at least p; a p that is the cdf rounded counts as the cdf."""
    if p < 0.5:
        return exp(log_cdf) >= p * (1 - _ROUNDING)
    # 2^-52 for the rounding of p itself, which weighs more than that of a small 1 - p.
    return exp(log_ccdf) <= (1 - p) * (1 + _ROUNDING) + 2.220446049250313e-16
