"""Logistic(location, scale): the law of log odds. Johnson, Kotz & Balakrishnan (1995), ch. 23."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import LogW, exp, f64, log, log1p, nan, pi
from pplc.semantics.source import Source


def log_density(location: f64, scale: f64, x: f64) -> LogW:
    z = abs((x - location) / scale)
    return -z - 2 * log1p(exp(-z)) - log(scale)


def draw(source: Source, location: f64, scale: f64) -> f64:
    return quantile(location, scale, source.uniform())


def cdf(location: f64, scale: f64, x: f64) -> f64:
    return exp(log_cdf(location, scale, x))


def log_cdf(location: f64, scale: f64, x: f64) -> f64:
    z = (x - location) / scale
    return z - log1p(exp(z)) if z < 0 else -log1p(exp(-z))


def log_ccdf(location: f64, scale: f64, x: f64) -> f64:
    return log_cdf(-location, scale, -x)


def quantile(location: f64, scale: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    # Near the median log p and log(1 - p) would cancel.
    log_odds = log1p((2 * p - 1) / (1 - p)) if 0.25 < p < 0.75 else log(p) - log1p(-p)
    return location + scale * log_odds


def mean(location: f64, scale: f64) -> f64:
    return location


def variance(location: f64, scale: f64) -> f64:
    return scale * scale * (pi * pi / 3)


def entropy(location: f64, scale: f64) -> f64:
    return 2 + log(scale)


NUMERICS = Numerics(
    family=FAMILIES["Logistic"],
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
