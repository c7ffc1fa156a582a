"""Cauchy(location, scale): no moment exists. Johnson, Kotz & Balakrishnan (1994), ch. 16."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import LogW, atan, f64, inf, log, log1p, nan, pi, tan
from pplc.semantics.source import Source


def log_density(location: f64, scale: f64, x: f64) -> LogW:
    z = abs((x - location) / scale)
    # z^2 overflows where log(1 + z^2) does not.
    spread = log1p(z * z) if z < 1e100 else 2 * log(z)
    return -spread - log(pi * scale)


def draw(source: Source, location: f64, scale: f64) -> f64:
    return quantile(location, scale, source.uniform())


def cdf(location: f64, scale: f64, x: f64) -> f64:
    z = (x - location) / scale
    return atan(-1 / z) / pi if z < -1 else 0.5 + atan(z) / pi


def log_cdf(location: f64, scale: f64, x: f64) -> f64:
    if x < location:
        return log(cdf(location, scale, x))
    return log1p(-cdf(-location, scale, -x))


def log_ccdf(location: f64, scale: f64, x: f64) -> f64:
    return log_cdf(-location, scale, -x)


def quantile(location: f64, scale: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    if p == 0 or p == 1:
        return inf if p == 1 else -inf
    if p < 0.25:
        return location - scale / tan(pi * p)
    if p > 0.75:
        return location + scale / tan(pi * (1 - p))
    return location + scale * tan(pi * (p - 0.5))


def mean(location: f64, scale: f64) -> f64:
    return nan


def variance(location: f64, scale: f64) -> f64:
    return nan


def entropy(location: f64, scale: f64) -> f64:
    return log(4 * pi * scale)


NUMERICS = Numerics(
    family=FAMILIES["Cauchy"],
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
