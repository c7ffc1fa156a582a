"""Bernoulli(p): true with probability p. Johnson, Kemp & Kotz (2005), ch. 3.

By `logit` it has kernels of its own: near 1 the probability would round away what the log odds still know.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, log, log1p, xlogy
from pplc.semantics.source import Source


def log_mass(p: f64, x: bool) -> LogW:
    return log(p) if x else log1p(-p)


def draw(source: Source, p: f64) -> bool:
    return source.uniform() < p


def cdf(p: f64, x: f64) -> f64:
    if x < 0:
        return 0.0
    return 1 - p if x < 1 else 1.0


def log_cdf(p: f64, x: f64) -> LogW:
    if x < 0:
        return IMPOSSIBLE
    return log1p(-p) if x < 1 else 0.0


def log_ccdf(p: f64, x: f64) -> LogW:
    if x < 0:
        return 0.0
    return log(p) if x < 1 else IMPOSSIBLE


def quantile(p: f64, level: f64) -> bool:
    return level > 1 - p


def mean(p: f64) -> f64:
    return p


def variance(p: f64) -> f64:
    return p * (1 - p)


def entropy(p: f64) -> f64:
    return -xlogy(p, p) - (1 - p) * log1p(-p) if p < 1 else 0.0


def support_values(p: f64) -> tuple[bool, ...]:
    if p == 0 or p == 1:
        return (p == 1,)
    return False, True


def logistic(logit: f64) -> f64:
    return 1 / (1 + exp(-logit))


def log_mass_by_logit(logit: f64, x: bool) -> LogW:
    z = logit if x else -logit
    return -log1p(exp(-z)) if z > 0 else z - log1p(exp(z))


def draw_by_logit(source: Source, logit: f64) -> bool:
    return source.uniform() < logistic(logit)


def cdf_by_logit(logit: f64, x: f64) -> f64:
    return exp(log_cdf_by_logit(logit, x))


def log_cdf_by_logit(logit: f64, x: f64) -> LogW:
    if x < 0:
        return IMPOSSIBLE
    return log_mass_by_logit(logit, False) if x < 1 else 0.0


def log_ccdf_by_logit(logit: f64, x: f64) -> LogW:
    if x < 0:
        return 0.0
    return log_mass_by_logit(logit, True) if x < 1 else IMPOSSIBLE


def quantile_by_logit(logit: f64, level: f64) -> bool:
    return level > logistic(-logit)


def variance_by_logit(logit: f64) -> f64:
    return logistic(logit) * logistic(-logit)


def entropy_by_logit(logit: f64) -> f64:
    # Softplus of -|logit| plus |logit| times the smaller probability.
    size = abs(logit)
    return log1p(exp(-size)) + (size * logistic(-size) if size < 1e300 else 0.0)


def support_values_by_logit(logit: f64) -> tuple[bool, ...]:
    return False, True


NUMERICS = Numerics(
    family=FAMILIES["Bernoulli"],
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
VARIANTS = (
    Variant(
        NUMERICS.family.alternatives[0],
        Numerics(
            family=FAMILIES["Bernoulli"],
            log_density=log_mass_by_logit,
            draw=draw_by_logit,
            cdf=cdf_by_logit,
            log_cdf=log_cdf_by_logit,
            log_ccdf=log_ccdf_by_logit,
            quantile=quantile_by_logit,
            mean=logistic,
            variance=variance_by_logit,
            entropy=entropy_by_logit,
            support_values=support_values_by_logit,
        ),
    ),
)
