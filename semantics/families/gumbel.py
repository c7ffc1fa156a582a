"""Gumbel(location, scale): type I extreme values of maxima. Johnson, Kotz & Balakrishnan (1995), ch. 22."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import LogW, euler_gamma, exp, f64, inf, log, log1mexp, log1p, nan, pi
from pplc.semantics.source import Source


def log_density(location: f64, scale: f64, x: f64) -> LogW:
    z = (x - location) / scale
    # Far to the left e^-z is infinite and outweighs -z.
    return -z - exp(-z) - log(scale) if z > -700 else -inf


def draw(source: Source, location: f64, scale: f64) -> f64:
    return quantile(location, scale, source.uniform())


def cdf(location: f64, scale: f64, x: f64) -> f64:
    return exp(log_cdf(location, scale, x))


def log_cdf(location: f64, scale: f64, x: f64) -> f64:
    return -exp((location - x) / scale)


def log_ccdf(location: f64, scale: f64, x: f64) -> f64:
    z = (x - location) / scale
    # 1 - exp(-t) = t (1 - t / 2 + ...) at t = e^-z, which underflows far to the right.
    return -z + log1p(-0.5 * exp(-z)) if z > 40 else log1mexp(-exp(-z))


def quantile(location: f64, scale: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    minus_log = -log(p) if p < 0.5 else -log1p(-(1 - p))
    return location - scale * log(minus_log)


def mean(location: f64, scale: f64) -> f64:
    return location + scale * euler_gamma


def variance(location: f64, scale: f64) -> f64:
    return scale * scale * (pi * pi / 6)


def entropy(location: f64, scale: f64) -> f64:
    return log(scale) + euler_gamma + 1


NUMERICS = Numerics(
    family=FAMILIES["Gumbel"],
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
