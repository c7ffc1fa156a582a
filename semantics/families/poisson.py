"""Poisson(rate). Johnson, Kemp & Kotz (2005), ch. 4; draws by Hörmann (1993)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import NamedTuple

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, floor, half_log_2pi, i64, inf, log, nan, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import ndtri
from pplc.semantics.special.gamma import lgamma, log_poisson
from pplc.semantics.special.incomplete_gamma import gamma_tails
from pplc.semantics.special.root import first_index, is_reached


def log_mass(rate: f64, x: i64) -> LogW:
    return log_poisson(x, rate) if x >= 0 else IMPOSSIBLE


def draw(source: Source, rate: f64) -> i64:
    if rate > 1e32:
        return floor(rate)  # the standard deviation is below the spacing of floats
    return _by_rejection(source, rate) if rate >= 10 else _by_inversion(source, rate)


def _by_inversion(source: Source, rate: f64) -> i64:
    """Count up the masses; for small rates, where e^-rate is no small number."""
    u = source.uniform()
    k = 0
    mass = exp(-rate)
    # Beyond 200 the masses are 0 and only rounding can have left something of u.
    while u > mass and k < 200:
        u = u - mass
        k = k + 1
        mass = mass * (rate / k)
    return k


def _by_rejection(source: Source, rate: f64) -> i64:
    """PTRS, transformed rejection with squeeze: Hörmann (1993), Insurance: Math. and Economics 12, 39-45."""
    b = 0.931 + 2.53 * sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = source.uniform() - 0.5
        v = source.uniform()
        s = 0.5 - abs(u)
        k = floor((2 * a / s + b) * u + rate + 0.43)
        if s >= 0.07 and v <= squeeze:
            return k
        if k >= 0 and (s >= 0.013 or v <= s):
            if log(v * inverse_alpha / (a / (s * s) + b)) <= log_poisson(k, rate):
                return k


def cdf(rate: f64, x: f64) -> f64:
    return exp(log_cdf(rate, x))


def log_cdf(rate: f64, x: f64) -> f64:
    if x < 0:
        return -inf
    return gamma_tails(floor(x) + 1, rate).upper if x < inf else 0.0


def log_ccdf(rate: f64, x: f64) -> f64:
    if x < 0:
        return 0.0
    return gamma_tails(floor(x) + 1, rate).lower if x < inf else -inf


class _Level(NamedTuple):
    rate: f64
    p: f64


def _reached(at: _Level, k: i64) -> bool:
    return is_reached(log_cdf(at.rate, k), log_ccdf(at.rate, k), at.p)


def quantile(rate: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    if p == 1 and rate > 0:
        return inf
    guess = floor(rate + sqrt(rate) * ndtri(p)) if 0 < p < 1 else 0
    return first_index(_reached, _Level(rate, p), guess, 0)


def mean(rate: f64) -> f64:
    return rate


def variance(rate: f64) -> f64:
    return rate


def entropy(rate: f64) -> f64:
    if rate > 200:
        # The asymptotic series; its next term is below 1e-13 from here on. Evans & Boersma (1988),
        # IEEE Trans. Inf. Theory 34, 1313-1314.
        y = 1 / rate
        tail = y * (1 / 12 + y * (1 / 24 + y * (19 / 360 + y * (9 / 80 + y * (863 / 2520)))))
        return 0.5 + half_log_2pi + 0.5 * log(rate) - tail
    total = 0.0
    mass = exp(-rate)
    k = 0
    # sum of mass log k!, whose terms are positive: H = rate (1 - log rate) + that sum.
    while k < rate or mass * (k + 1) * (k + 1) > 1e-18:
        k = k + 1
        mass = mass * (rate / k)
        total = total + mass * lgamma(k + 1)
    return rate * (1 - log(rate)) + total if rate > 0 else 0.0


def support_values(rate: f64) -> Iterable[int]:
    return count() if rate > 0 else (0,)


NUMERICS = Numerics(
    family=FAMILIES["Poisson"],
    log_density=log_mass,
    draw=draw,
    cdf=cdf,
    log_cdf=log_cdf,
    log_ccdf=log_ccdf,
    quantile=quantile,
    mean=mean,
    variance=variance,
    entropy=entropy,
    support_values=support_values,
)
