"""LogNormal(meanlog, sdlog): e to a normal variable. Johnson, Kotz & Balakrishnan (1994), ch. 14."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, expm1, f64, half_log_2pi, inf, log
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import log_ndtr, ndtr, ndtri


def log_density(meanlog: f64, sdlog: f64, x: f64) -> LogW:
    if x <= 0:
        return IMPOSSIBLE
    z = (log(x) - meanlog) / sdlog
    return -0.5 * z * z - log(sdlog) - half_log_2pi - log(x)


def draw(source: Source, meanlog: f64, sdlog: f64) -> f64:
    return exp(meanlog + sdlog * ndtri(source.uniform()))


def cdf(meanlog: f64, sdlog: f64, x: f64) -> f64:
    return ndtr((log(x) - meanlog) / sdlog) if x > 0 else 0.0


def log_cdf(meanlog: f64, sdlog: f64, x: f64) -> f64:
    return log_ndtr((log(x) - meanlog) / sdlog) if x > 0 else -inf


def log_ccdf(meanlog: f64, sdlog: f64, x: f64) -> f64:
    return log_ndtr((meanlog - log(x)) / sdlog) if x > 0 else 0.0


def quantile(meanlog: f64, sdlog: f64, p: f64) -> f64:
    return exp(meanlog + sdlog * ndtri(p))


def mean(meanlog: f64, sdlog: f64) -> f64:
    return exp(meanlog + 0.5 * sdlog * sdlog)


def variance(meanlog: f64, sdlog: f64) -> f64:
    return expm1(sdlog * sdlog) * exp(2 * meanlog + sdlog * sdlog)


def entropy(meanlog: f64, sdlog: f64) -> f64:
    return meanlog + 0.5 + half_log_2pi + log(sdlog)


NUMERICS = Numerics(
    family=FAMILIES["LogNormal"],
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
