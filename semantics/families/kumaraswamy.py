"""Kumaraswamy(a, b): cdf 1 - (1 - x^a)^b on (0, 1). Kumaraswamy (1980); moments in Jones (2009)."""

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
)
from pplc.semantics.source import Source
from pplc.semantics.special.gamma import digamma, log_beta


def log_density(a: f64, b: f64, x: f64) -> LogW:
    if x < 0 or x > 1:
        return IMPOSSIBLE
    if x == 0 or x == 1:
        near = a if x == 0 else b
        if near == 1:
            return log(b if x == 0 else a)
        return inf if near < 1 else IMPOSSIBLE
    return log(a) + log(b) + (a - 1) * log(x) + (b - 1) * log1mexp(a * log(x))


def draw(source: Source, a: f64, b: f64) -> f64:
    return quantile(a, b, source.uniform())


def cdf(a: f64, b: f64, x: f64) -> f64:
    return -expm1(log_ccdf(a, b, x))


def log_cdf(a: f64, b: f64, x: f64) -> f64:
    return log1mexp(log_ccdf(a, b, x))


def log_ccdf(a: f64, b: f64, x: f64) -> f64:
    if x <= 0:
        return 0.0
    return b * log1mexp(a * log(x)) if x < 1 else -inf


def quantile(a: f64, b: f64, p: f64) -> f64:
    return exp(log1mexp(log1p(-p) / b) / a) if 0 <= p <= 1 else nan


def mean(a: f64, b: f64) -> f64:
    return exp(log(b) + log_beta(1 + 1 / a, b))


def variance(a: f64, b: f64) -> f64:
    first = mean(a, b)
    return exp(log(b) + log_beta(1 + 2 / a, b)) - first * first


def entropy(a: f64, b: f64) -> f64:
    harmonic = digamma(b + 1) + euler_gamma
    return 1 - 1 / b + (1 - 1 / a) * harmonic - log(a) - log(b)


NUMERICS = Numerics(
    family=FAMILIES["Kumaraswamy"],
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
