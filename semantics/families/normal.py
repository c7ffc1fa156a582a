"""Normal(mean, sd): the normal law.

Johnson, Kotz & Balakrishnan (1994), ch. 13. Draws invert the distribution function: one number each.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import LogW, f64, half_log_2pi, log, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import log_ndtr, ndtr, ndtri


def log_density(mean: f64, sd: f64, x: f64) -> LogW:
    z = (x - mean) / sd
    return -0.5 * z * z - log(sd) - half_log_2pi


def draw(source: Source, mean: f64, sd: f64) -> f64:
    return mean + sd * ndtri(source.uniform())


def cdf(mean: f64, sd: f64, x: f64) -> f64:
    return ndtr((x - mean) / sd)


def log_cdf(mean: f64, sd: f64, x: f64) -> f64:
    return log_ndtr((x - mean) / sd)


def log_ccdf(mean: f64, sd: f64, x: f64) -> f64:
    return log_ndtr((mean - x) / sd)


def quantile(mean: f64, sd: f64, p: f64) -> f64:
    return mean + sd * ndtri(p)


def mean(mean: f64, sd: f64) -> f64:
    return mean


def variance(mean: f64, sd: f64) -> f64:
    return sd * sd


def entropy(mean: f64, sd: f64) -> f64:
    return 0.5 + half_log_2pi + log(sd)


def from_variance(mean: f64, variance: f64) -> tuple[f64, f64]:
    return mean, sqrt(variance)


def from_precision(mean: f64, precision: f64) -> tuple[f64, f64]:
    return mean, 1 / sqrt(precision)


NUMERICS = Numerics(
    family=FAMILIES["Normal"],
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
_BY_VARIANCE, _BY_PRECISION = NUMERICS.family.alternatives
VARIANTS = (Variant(_BY_VARIANCE, NUMERICS, from_variance), Variant(_BY_PRECISION, NUMERICS, from_precision))
