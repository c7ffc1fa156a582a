"""Mass and moments of a normal law between bounds."""

from __future__ import annotations

from fractions import Fraction
from math import exp, expm1, inf, log, pi, sqrt
from typing import TypeAlias

from pplc.semantics.special.error_function import log_ndtr

Real: TypeAlias = Fraction | float

LEAST = -30.0
"""Log mass between the bounds below which the recursion for moments loses its digits."""


def truncated_moments(
    mean: Real, sd: float, low: Real | None, high: Real | None, most: int
) -> tuple[float, list[float]] | None:
    """The log mass between the bounds, and the moments about 0 up to order `most`; None if inaccurate.

    Burkardt (2014), The truncated normal distribution, sec. 4: with a and b the standardised bounds,
    m_k = mean m_{k-1} + (k - 1) sd² m_{k-2} + sd (low^(k-1) φ(a) - high^(k-1) φ(b)) / Z.
    """
    # Of rationals the differences are exact, however far from 0 they lie.
    a = -inf if low is None else float(low - mean) / sd
    b = inf if high is None else float(high - mean) / sd
    log_mass = _log_between(a, b)
    if log_mass < LEAST:
        return None
    mass = exp(log_mass)
    moments, centre = [1.0], float(mean)
    for k in range(1, most + 1):
        edge = 0.0
        if low is not None:
            edge += float(low) ** (k - 1) * _density(a)
        if high is not None:
            edge -= float(high) ** (k - 1) * _density(b)
        before = moments[k - 2] if k > 1 else 0.0
        moments.append(centre * moments[k - 1] + (k - 1) * sd**2 * before + sd * edge / mass)
    return log_mass, moments


def _log_between(a: float, b: float) -> float:
    """log(Φ(b) - Φ(a)), through the tail in which the interval lies."""
    if a > 0:
        a, b = -b, -a
    upper = log_ndtr(b) if b < inf else 0.0
    if a == -inf:
        return upper
    lower = log_ndtr(a)
    return upper + log(-expm1(lower - upper)) if lower < upper else -inf


def _density(z: float) -> float:
    return exp(-z * z / 2) / sqrt(2 * pi)
