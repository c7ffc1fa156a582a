"""Geometric(p): failures before the first success, 0, 1, 2, ... Johnson, Kemp & Kotz (2005), sec. 5.2."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import (
    IMPOSSIBLE,
    LogW,
    exp,
    f64,
    floor,
    i64,
    inf,
    log,
    log1mexp,
    log1p,
    nan,
    xlog1py,
)
from pplc.semantics.source import Source


def log_mass(p: f64, x: i64) -> LogW:
    return log(p) + xlog1py(x, -p) if x >= 0 else IMPOSSIBLE


def draw(source: Source, p: f64) -> i64:
    return floor(log(source.uniform()) / log1p(-p)) if p < 1 else 0


def cdf(p: f64, x: f64) -> f64:
    return exp(log_cdf(p, x))


def log_cdf(p: f64, x: f64) -> f64:
    return log1mexp(log_ccdf(p, x)) if x >= 0 else -inf


def log_ccdf(p: f64, x: f64) -> f64:
    if x < 0:
        return 0.0
    return (floor(x) + 1) * log1p(-p) if x < inf else -inf


def quantile(p: f64, level: f64) -> f64:
    if not 0 <= level <= 1:
        return nan
    if level == 1 and p < 1:
        return inf
    if level == 0 or p == 1:
        return 0
    # The smallest k with (k + 1) log(1 - p) <= log(1 - level), with room for the rounding of `level`.
    k = -floor(-(log1p(-level) / log1p(-p)) * (1 - 1e-14)) - 1
    return k if k > 0 else 0


def mean(p: f64) -> f64:
    return (1 - p) / p


def variance(p: f64) -> f64:
    return (1 - p) / p / p


def entropy(p: f64) -> f64:
    return (-p * log(p) - (1 - p) * log1p(-p)) / p if p < 1 else 0.0


def support_values(p: f64) -> Iterable[int]:
    return count() if p < 1 else (0,)


NUMERICS = Numerics(
    family=FAMILIES["Geometric"],
    log_density=log_mass,
    draw=draw,
    cdf=cdf,
    log_cdf=log_cdf,
    log_ccdf=log_ccdf,
    quantile=quantile,
    mean=mean,
    variance=variance,
    entropy=entropy,
    support_values=support_values,
)
