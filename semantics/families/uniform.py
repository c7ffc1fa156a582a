"""Uniform(lower, upper): constant density. Johnson, Kotz & Balakrishnan (1995), ch. 26."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, f64, log, log1p, nan
from pplc.semantics.source import Source


def log_density(lower: f64, upper: f64, x: f64) -> LogW:
    return -log(upper - lower) if lower <= x <= upper else IMPOSSIBLE


def draw(source: Source, lower: f64, upper: f64) -> f64:
    return lower + (upper - lower) * source.uniform()


def cdf(lower: f64, upper: f64, x: f64) -> f64:
    if x <= lower:
        return 0.0
    return (x - lower) / (upper - lower) if x < upper else 1.0


def log_cdf(lower: f64, upper: f64, x: f64) -> f64:
    p = cdf(lower, upper, x)
    return log(p) if p < 0.5 else log1p(-cdf(-upper, -lower, -x))


def log_ccdf(lower: f64, upper: f64, x: f64) -> f64:
    return log_cdf(-upper, -lower, -x)


def quantile(lower: f64, upper: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    return lower + (upper - lower) * p if p < 0.5 else upper - (upper - lower) * (1 - p)


def mean(lower: f64, upper: f64) -> f64:
    return lower + (upper - lower) / 2


def variance(lower: f64, upper: f64) -> f64:
    return (upper - lower) * (upper - lower) / 12


def entropy(lower: f64, upper: f64) -> f64:
    return log(upper - lower)


NUMERICS = Numerics(
    family=FAMILIES["Uniform"],
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
