"""InverseGamma(shape, scale): 1 / G for G of Gamma(shape, rate = scale).

Johnson, Kotz & Balakrishnan (1994), ch. 17.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, inf, log, nan
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.gamma import digamma, lgamma, log_poisson
from pplc.semantics.special.incomplete_gamma import gamma_inverse_upper, gamma_tails


def log_density(shape: f64, scale: f64, x: f64) -> LogW:
    if x <= 0 or x == inf:
        return IMPOSSIBLE
    return log_poisson(shape, scale / x) + log(shape) - log(x)


def draw(source: Source, shape: f64, scale: f64) -> f64:
    return scale * exp(-log_gamma_draw(source, shape))


def cdf(shape: f64, scale: f64, x: f64) -> f64:
    return exp(log_cdf(shape, scale, x))


def log_cdf(shape: f64, scale: f64, x: f64) -> f64:
    return gamma_tails(shape, scale / x).upper if x > 0 else -inf


def log_ccdf(shape: f64, scale: f64, x: f64) -> f64:
    return gamma_tails(shape, scale / x).lower if x > 0 else 0.0


def quantile(shape: f64, scale: f64, p: f64) -> f64:
    g = gamma_inverse_upper(shape, p)
    return inf if g == 0 else scale / g


def mean(shape: f64, scale: f64) -> f64:
    return scale / (shape - 1) if shape > 1 else inf


def variance(shape: f64, scale: f64) -> f64:
    if shape <= 2:
        return inf if shape > 1 else nan
    return (scale / (shape - 1)) * (scale / (shape - 1)) / (shape - 2)


def entropy(shape: f64, scale: f64) -> f64:
    return shape + log(scale) + lgamma(shape) - (1 + shape) * digamma(shape)


NUMERICS = Numerics(
    family=FAMILIES["InverseGamma"],
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
