"""Weibull(shape, scale): survival exp(-(x / scale)^shape). Johnson, Kotz & Balakrishnan (1994), ch. 21."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import (
    IMPOSSIBLE,
    LogW,
    euler_gamma,
    exp,
    expm1,
    f64,
    inf,
    log,
    log1mexp,
    log1p,
    nan,
    power,
)
from pplc.semantics.source import Source
from pplc.semantics.special.gamma import lgamma


def log_density(shape: f64, scale: f64, x: f64) -> LogW:
    if x < 0 or x == inf:
        return IMPOSSIBLE
    if x == 0:
        if shape == 1:
            return -log(scale)
        return inf if shape < 1 else IMPOSSIBLE
    # The logs apart, lest the ratio of numbers far from each other be 0 or infinite.
    log_ratio = log(x) - log(scale)
    hazard = power(x / scale, shape) if abs(log_ratio) < 600 else exp(shape * log_ratio)
    return log(shape) - log(x) + shape * log_ratio - hazard if hazard < inf else IMPOSSIBLE


def draw(source: Source, shape: f64, scale: f64) -> f64:
    return scale * power(-log(source.uniform()), 1 / shape)


def cdf(shape: f64, scale: f64, x: f64) -> f64:
    return -expm1(-power(x / scale, shape)) if x > 0 else 0.0


def log_cdf(shape: f64, scale: f64, x: f64) -> f64:
    return log1mexp(-power(x / scale, shape)) if x > 0 else -inf


def log_ccdf(shape: f64, scale: f64, x: f64) -> f64:
    return -power(x / scale, shape) if x > 0 else 0.0


def quantile(shape: f64, scale: f64, p: f64) -> f64:
    return scale * power(-log1p(-p), 1 / shape) if 0 <= p <= 1 else nan


def mean(shape: f64, scale: f64) -> f64:
    return scale * exp(lgamma(1 + 1 / shape))


def variance(shape: f64, scale: f64) -> f64:
    # gamma(1 + 2 / k) - gamma(1 + 1 / k)^2 as a product, because the terms agree for large shapes.
    twice_first = 2 * lgamma(1 + 1 / shape)
    return scale * scale * exp(twice_first) * expm1(lgamma(1 + 2 / shape) - twice_first)


def entropy(shape: f64, scale: f64) -> f64:
    return euler_gamma * (1 - 1 / shape) + log(scale / shape) + 1


NUMERICS = Numerics(
    family=FAMILIES["Weibull"],
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
