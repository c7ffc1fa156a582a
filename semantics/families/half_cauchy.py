"""HalfCauchy(scale): the absolute value of a Cauchy variable at 0. Gelman (2006)."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, atan, f64, inf, log, log1p, nan, pi, tan
from pplc.semantics.source import Source


def log_density(scale: f64, x: f64) -> LogW:
    if x < 0:
        return IMPOSSIBLE
    z = x / scale
    # z^2 overflows where log(1 + z^2) does not.
    spread = log1p(z * z) if z < 1e100 else 2 * log(z)
    return -spread - log(0.5 * pi * scale)


def draw(source: Source, scale: f64) -> f64:
    return quantile(scale, source.uniform())


def cdf(scale: f64, x: f64) -> f64:
    return 2 / pi * atan(x / scale) if x > 0 else 0.0


def _ccdf(scale: f64, x: f64) -> f64:
    return 2 / pi * atan(scale / x)


def log_cdf(scale: f64, x: f64) -> f64:
    return log(cdf(scale, x)) if x < scale else log1p(-_ccdf(scale, x))


def log_ccdf(scale: f64, x: f64) -> f64:
    return log1p(-cdf(scale, x)) if x < scale else log(_ccdf(scale, x))


def quantile(scale: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    if p == 1:
        return inf
    return scale * tan(0.5 * pi * p) if p < 0.5 else scale / tan(0.5 * pi * (1 - p))


def mean(scale: f64) -> f64:
    return inf


def variance(scale: f64) -> f64:
    return nan


def entropy(scale: f64) -> f64:
    return log(2 * pi * scale)


NUMERICS = Numerics(
    family=FAMILIES["HalfCauchy"],
    log_density=log_density,
    draw=draw,
    cdf=cdf,
    log_cdf=log_cdf,
    log_ccdf=log_ccdf,
    quantile=quantile,
    mean=mean,
    variance=variance,
    entropy=entropy,
)
