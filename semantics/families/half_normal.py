"""HalfNormal(sd): a centred normal variable without its sign. Johnson, Kotz & Balakrishnan (1994), ch. 13."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, f64, half_log_2pi, log, log1p, nan, pi, sqrt, sqrt_half
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import erf, erfc, log_ndtr, ndtri, ndtri_from_centre


def log_density(sd: f64, x: f64) -> LogW:
    if x < 0:
        return IMPOSSIBLE
    z = x / sd
    return -0.5 * z * z - log(sd) - half_log_2pi + log(2)


def draw(source: Source, sd: f64) -> f64:
    return quantile(sd, source.uniform())


def cdf(sd: f64, x: f64) -> f64:
    return erf(x / sd * sqrt_half) if x > 0 else 0.0


def log_cdf(sd: f64, x: f64) -> f64:
    return log(cdf(sd, x)) if x < sd else log1p(-erfc(x / sd * sqrt_half))


def log_ccdf(sd: f64, x: f64) -> f64:
    return log1p(-cdf(sd, x)) if x < sd else log(2) + log_ndtr(-x / sd)


def quantile(sd: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    return sd * ndtri_from_centre(0.5 * p) if p < 0.85 else -sd * ndtri(0.5 * (1 - p))


def mean(sd: f64) -> f64:
    return sd * sqrt(2 / pi)


def variance(sd: f64) -> f64:
    return sd * sd * (1 - 2 / pi)


def entropy(sd: f64) -> f64:
    return 0.5 + half_log_2pi + log(sd) - log(2)


NUMERICS = Numerics(
    family=FAMILIES["HalfNormal"],
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
