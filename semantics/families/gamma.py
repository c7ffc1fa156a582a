"""Gamma(shape, rate): mean shape / rate. Johnson, Kotz & Balakrishnan (1994), ch. 17."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, inf, log, nan
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.gamma import digamma, lgamma, log_poisson
from pplc.semantics.special.incomplete_gamma import gamma_inverse, gamma_tails


def log_density(shape: f64, rate: f64, x: f64) -> LogW:
    if x < 0 or x == inf:
        return IMPOSSIBLE
    if x == 0:
        if shape == 1:
            return log(rate)
        return inf if shape < 1 else IMPOSSIBLE
    # Loader (2000): the density is poisson(shape; rate x) shape / x.
    return log_poisson(shape, rate * x) + log(shape) - log(x)


def draw(source: Source, shape: f64, rate: f64) -> f64:
    return exp(log_gamma_draw(source, shape)) / rate


def cdf(shape: f64, rate: f64, x: f64) -> f64:
    return exp(gamma_tails(shape, rate * x).lower)


def log_cdf(shape: f64, rate: f64, x: f64) -> f64:
    return gamma_tails(shape, rate * x).lower


def log_ccdf(shape: f64, rate: f64, x: f64) -> f64:
    return gamma_tails(shape, rate * x).upper


def quantile(shape: f64, rate: f64, p: f64) -> f64:
    return gamma_inverse(shape, p) / rate if 0 <= p <= 1 else nan


def mean(shape: f64, rate: f64) -> f64:
    return shape / rate


def variance(shape: f64, rate: f64) -> f64:
    return shape / rate / rate


def entropy(shape: f64, rate: f64) -> f64:
    return shape - log(rate) + lgamma(shape) + (1 - shape) * digamma(shape)


def from_scale(shape: f64, scale: f64) -> tuple[f64, f64]:
    return shape, 1 / scale


def from_mean(shape: f64, mean: f64) -> tuple[f64, f64]:
    return shape, shape / mean


def from_moments(mean: f64, sd: f64) -> tuple[f64, f64]:
    return (mean / sd) * (mean / sd), mean / sd / sd


NUMERICS = Numerics(
    family=FAMILIES["Gamma"],
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
_BY_SCALE, _BY_MEAN, _BY_MOMENTS = NUMERICS.family.alternatives
VARIANTS = (
    Variant(_BY_SCALE, NUMERICS, from_scale),
    Variant(_BY_MEAN, NUMERICS, from_mean),
    Variant(_BY_MOMENTS, NUMERICS, from_moments),
)
