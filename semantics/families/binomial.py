"""Binomial(n, p). Johnson, Kemp & Kotz (2005), ch. 3; draws by Hörmann (1993).

By `logit` the two probabilities come from the log odds, each with its full relative accuracy.
"""

from __future__ import annotations

from typing import NamedTuple

from pplc.lang.families import FAMILIES
from pplc.semantics.families.bernoulli import logistic
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, floor, i64, inf, log, nan, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import ndtri
from pplc.semantics.special.gamma import log_binomial
from pplc.semantics.special.incomplete_beta import beta_tails
from pplc.semantics.special.incomplete_gamma import Tails
from pplc.semantics.special.root import first_index, is_reached


def _log_mass(n: i64, p: f64, q: f64, x: i64) -> LogW:
    return log_binomial(x, n - x, p, q) if 0 <= x <= n else IMPOSSIBLE


def log_mass(n: i64, p: f64, x: i64) -> LogW:
    return _log_mass(n, p, 1 - p, x)


def _draw(source: Source, n: i64, p: f64, q: f64) -> i64:
    if p > q:
        return n - _draw(source, n, q, p)
    if n <= 64 or n * p < 10:
        return _by_inversion(source, n, p, q)
    return _by_rejection(source, n, p, q)


def draw(source: Source, n: i64, p: f64) -> i64:
    return _draw(source, n, p, 1 - p)


def _by_inversion(source: Source, n: i64, p: f64, q: f64) -> i64:
    """Count up the masses by comparisons only, so that a scripted source can enumerate it."""
    u = source.uniform()
    mass = exp(log_binomial(0, n, p, q))
    total = mass
    k = 0
    while k < n and u > total:
        k = k + 1
        mass = mass * ((n - k + 1) * p / (k * q))
        total = total + mass
        if mass == 0:
            return k
    return k


def _by_rejection(source: Source, n: i64, p: f64, q: f64) -> i64:
    """BTRS, transformed rejection with squeeze: Hörmann (1993), J. Statist. Comput. Simul. 46, 101-110."""
    spread = sqrt(n * p * q)
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = n * p + 0.5
    alpha = (2.83 + 5.1 / b) * spread
    squeeze = 0.92 - 4.2 / b
    mode = floor((n + 1) * p)
    log_peak = log_binomial(mode, n - mode, p, q)
    while True:
        u = source.uniform() - 0.5
        v = source.uniform()
        s = 0.5 - abs(u)
        k = floor((2 * a / s + b) * u + c)
        if 0 <= k <= n:
            if s >= 0.07 and v <= squeeze:
                return k
            if log(v * alpha / (a / (s * s) + b)) <= log_binomial(k, n - k, p, q) - log_peak:
                return k


def _tails(n: i64, p: f64, q: f64, x: f64) -> Tails:
    """(log P(X <= x), log P(X > x)): A&S 26.5.24."""
    if x < 0:
        return Tails(-inf, 0.0)
    if x >= n:
        return Tails(0.0, -inf)
    k = floor(x)
    return beta_tails(n - k, k + 1, q, p)


def cdf(n: i64, p: f64, x: f64) -> f64:
    return exp(_tails(n, p, 1 - p, x).lower)


def log_cdf(n: i64, p: f64, x: f64) -> f64:
    return _tails(n, p, 1 - p, x).lower


def log_ccdf(n: i64, p: f64, x: f64) -> f64:
    return _tails(n, p, 1 - p, x).upper


class _Level(NamedTuple):
    n: i64
    p: f64
    q: f64
    level: f64


def _reached(at: _Level, k: i64) -> bool:
    tails = _tails(at.n, at.p, at.q, k)
    return is_reached(tails.lower, tails.upper, at.level)


def _quantile(n: i64, p: f64, q: f64, level: f64) -> f64:
    if not 0 <= level <= 1:
        return nan
    if level == 1:
        return n if p > 0 else 0
    guess = floor(n * p + sqrt(n * p * q) * ndtri(level)) if level > 0 else 0
    return first_index(_reached, _Level(n, p, q, level), guess if guess < n else n, 0)


def quantile(n: i64, p: f64, level: f64) -> f64:
    return _quantile(n, p, 1 - p, level)


def mean(n: i64, p: f64) -> f64:
    return n * p


def variance(n: i64, p: f64) -> f64:
    return n * p * (1 - p)


def support_values(n: i64, p: f64) -> range:
    if p == 0 or p == 1:
        return range(n, n + 1) if p == 1 else range(1)
    return range(n + 1)


def log_mass_by_logit(n: i64, logit: f64, x: i64) -> LogW:
    return _log_mass(n, logistic(logit), logistic(-logit), x)


def draw_by_logit(source: Source, n: i64, logit: f64) -> i64:
    return _draw(source, n, logistic(logit), logistic(-logit))


def cdf_by_logit(n: i64, logit: f64, x: f64) -> f64:
    return exp(log_cdf_by_logit(n, logit, x))


def log_cdf_by_logit(n: i64, logit: f64, x: f64) -> f64:
    return _tails(n, logistic(logit), logistic(-logit), x).lower


def log_ccdf_by_logit(n: i64, logit: f64, x: f64) -> f64:
    return _tails(n, logistic(logit), logistic(-logit), x).upper


def quantile_by_logit(n: i64, logit: f64, level: f64) -> f64:
    return _quantile(n, logistic(logit), logistic(-logit), level)


def mean_by_logit(n: i64, logit: f64) -> f64:
    return n * logistic(logit)


def variance_by_logit(n: i64, logit: f64) -> f64:
    return n * logistic(logit) * logistic(-logit)


def support_values_by_logit(n: i64, logit: f64) -> range:
    return range(n + 1)


NUMERICS = Numerics(
    family=FAMILIES["Binomial"],
    log_density=log_mass,
    draw=draw,
    cdf=cdf,
    log_cdf=log_cdf,
    log_ccdf=log_ccdf,
    quantile=quantile,
    mean=mean,
    variance=variance,
    support_values=support_values,
)
VARIANTS = (
    Variant(
        NUMERICS.family.alternatives[0],
        Numerics(
            family=FAMILIES["Binomial"],
            log_density=log_mass_by_logit,
            draw=draw_by_logit,
            cdf=cdf_by_logit,
            log_cdf=log_cdf_by_logit,
            log_ccdf=log_ccdf_by_logit,
            quantile=quantile_by_logit,
            mean=mean_by_logit,
            variance=variance_by_logit,
            support_values=support_values_by_logit,
        ),
    ),
)
