"""ChiSquared(df): gamma with shape df / 2 and rate 1 / 2. Johnson, Kotz & Balakrishnan (1994), ch. 18."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families import gamma
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import LogW, f64
from pplc.semantics.source import Source


def log_density(df: f64, x: f64) -> LogW:
    return gamma.log_density(df / 2, 0.5, x)


def draw(source: Source, df: f64) -> f64:
    return gamma.draw(source, df / 2, 0.5)


def cdf(df: f64, x: f64) -> f64:
    return gamma.cdf(df / 2, 0.5, x)


def log_cdf(df: f64, x: f64) -> f64:
    return gamma.log_cdf(df / 2, 0.5, x)


def log_ccdf(df: f64, x: f64) -> f64:
    return gamma.log_ccdf(df / 2, 0.5, x)


def quantile(df: f64, p: f64) -> f64:
    return gamma.quantile(df / 2, 0.5, p)


def mean(df: f64) -> f64:
    return df


def variance(df: f64) -> f64:
    return 2 * df


def entropy(df: f64) -> f64:
    return gamma.entropy(df / 2, 0.5)


NUMERICS = Numerics(
    family=FAMILIES["ChiSquared"],
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
