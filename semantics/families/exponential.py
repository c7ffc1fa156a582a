"""Exponential(rate): the waiting time of a Poisson process. Johnson, Kotz & Balakrishnan (1994), ch. 19."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import IMPOSSIBLE, LogW, expm1, f64, inf, log, log1mexp, log1p, nan
from pplc.semantics.source import Source


def log_density(rate: f64, x: f64) -> LogW:
    return log(rate) - rate * x if x >= 0 else IMPOSSIBLE


def draw(source: Source, rate: f64) -> f64:
    return -log(source.uniform()) / rate


def cdf(rate: f64, x: f64) -> f64:
    return -expm1(-rate * x) if x > 0 else 0.0


def log_cdf(rate: f64, x: f64) -> f64:
    return log1mexp(-rate * x) if x > 0 else -inf


def log_ccdf(rate: f64, x: f64) -> f64:
    return -rate * x if x > 0 else 0.0


def quantile(rate: f64, p: f64) -> f64:
    return -log1p(-p) / rate if 0 <= p <= 1 else nan


def mean(rate: f64) -> f64:
    return 1 / rate


def variance(rate: f64) -> f64:
    return 1 / rate / rate


def entropy(rate: f64) -> f64:
    return 1 - log(rate)


def from_scale(scale: f64) -> tuple[f64]:
    return (1 / scale,)


NUMERICS = Numerics(
    family=FAMILIES["Exponential"],
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
VARIANTS = tuple(Variant(parameters, NUMERICS, from_scale) for parameters in NUMERICS.family.alternatives)
