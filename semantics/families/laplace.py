"""Laplace(location, scale): the double exponential law. Johnson, Kotz & Balakrishnan (1995), ch. 24."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import LogW, exp, f64, log, log1p, nan
from pplc.semantics.source import Source


def log_density(location: f64, scale: f64, x: f64) -> LogW:
    return -abs((x - location) / scale) - log(2 * scale)


def draw(source: Source, location: f64, scale: f64) -> f64:
    return quantile(location, scale, source.uniform())


def cdf(location: f64, scale: f64, x: f64) -> f64:
    z = (x - location) / scale
    return 0.5 * exp(z) if z < 0 else 1 - 0.5 * exp(-z)


def log_cdf(location: f64, scale: f64, x: f64) -> f64:
    z = (x - location) / scale
    return z + log(0.5) if z < 0 else log1p(-0.5 * exp(-z))


def log_ccdf(location: f64, scale: f64, x: f64) -> f64:
    return log_cdf(-location, scale, -x)


def quantile(location: f64, scale: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    return location + scale * log(2 * p) if p < 0.5 else location - scale * log(2 * (1 - p))


def mean(location: f64, scale: f64) -> f64:
    return location


def variance(location: f64, scale: f64) -> f64:
    return 2 * scale * scale


def entropy(location: f64, scale: f64) -> f64:
    return 1 + log(2 * scale)


NUMERICS = Numerics(
    family=FAMILIES["Laplace"],
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
