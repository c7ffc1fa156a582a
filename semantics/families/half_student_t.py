"""HalfStudentT(df, scale): the absolute value of a Student t variable at 0. Gelman (2006)."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families import student_t
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, inf, log, nan, pi, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.gamma import lgamma_growth


def log_density(df: f64, scale: f64, x: f64) -> LogW:
    return log(2) + student_t.log_density(df, 0.0, scale, x) if x >= 0 else IMPOSSIBLE


def draw(source: Source, df: f64, scale: f64) -> f64:
    return scale * abs(student_t.standard_draw(source, df))


def cdf(df: f64, scale: f64, x: f64) -> f64:
    return exp(log_cdf(df, scale, x))


def log_cdf(df: f64, scale: f64, x: f64) -> f64:
    return student_t.two_sided(df, x / scale).lower if x > 0 else -inf


def log_ccdf(df: f64, scale: f64, x: f64) -> f64:
    return student_t.two_sided(df, x / scale).upper if x > 0 else 0.0


def quantile(df: f64, scale: f64, p: f64) -> f64:
    return scale * student_t.quantile_of_size(df, p, 1 - p) if 0 <= p <= 1 else nan


def mean(df: f64, scale: f64) -> f64:
    # 2 sqrt(df / pi) gamma((df + 1) / 2) / (gamma(df / 2) (df - 1)): Johnson et al. (1995), eq. 28.10.
    if df <= 1:
        return inf
    return 2 * scale * sqrt(df / pi) / (df - 1) * exp(lgamma_growth(df / 2, 0.5))


def variance(df: f64, scale: f64) -> f64:
    if df <= 2:
        return inf if df > 1 else nan
    first = mean(df, scale)
    return scale * scale * (df / (df - 2)) - first * first


def entropy(df: f64, scale: f64) -> f64:
    return student_t.entropy(df, 0.0, scale) - log(2)


NUMERICS = Numerics(
    family=FAMILIES["HalfStudentT"],
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
