"""Pareto(shape, scale): survival (scale / x)^shape. Johnson, Kotz & Balakrishnan (1994), ch. 20."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, expm1, f64, inf, log, log1mexp, log1p, nan
from pplc.semantics.source import Source


def _log_ratio(scale: f64, x: f64) -> f64:
    """log(x / scale), accurate for x near scale."""
    return log1p((x - scale) / scale) if x < 2 * scale else log(x / scale)


def log_density(shape: f64, scale: f64, x: f64) -> LogW:
    return log(shape) - log(x) - shape * _log_ratio(scale, x) if x >= scale else IMPOSSIBLE


def draw(source: Source, shape: f64, scale: f64) -> f64:
    return scale * exp(-log(source.uniform()) / shape)


def cdf(shape: f64, scale: f64, x: f64) -> f64:
    return -expm1(-shape * _log_ratio(scale, x)) if x > scale else 0.0


def log_cdf(shape: f64, scale: f64, x: f64) -> f64:
    return log1mexp(-shape * _log_ratio(scale, x)) if x > scale else -inf


def log_ccdf(shape: f64, scale: f64, x: f64) -> f64:
    return -shape * _log_ratio(scale, x) if x > scale else 0.0


def quantile(shape: f64, scale: f64, p: f64) -> f64:
    return scale * exp(-log1p(-p) / shape) if 0 <= p <= 1 else nan


def mean(shape: f64, scale: f64) -> f64:
    return scale * (shape / (shape - 1)) if shape > 1 else inf


def variance(shape: f64, scale: f64) -> f64:
    if shape <= 2:
        return inf if shape > 1 else nan
    return (scale / (shape - 1)) * (scale / (shape - 1)) * (shape / (shape - 2))


def entropy(shape: f64, scale: f64) -> f64:
    return log(scale / shape) + 1 / shape + 1


NUMERICS = Numerics(
    family=FAMILIES["Pareto"],
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
