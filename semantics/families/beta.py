"""Beta(a, b): mean a / (a + b). Johnson, Kotz & Balakrishnan (1995), ch. 25."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, inf, log, log1p
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.gamma import digamma, log_beta, log_binomial
from pplc.semantics.special.incomplete_beta import beta_inverse, beta_tails


def log_density(a: f64, b: f64, x: f64) -> LogW:
    if x < 0 or x > 1:
        return IMPOSSIBLE
    if x == 0 or x == 1:
        near = a if x == 0 else b
        if near == 1:
            return log(b if x == 0 else a)
        return inf if near < 1 else IMPOSSIBLE
    # Loader (2000): the density is binomial(a; a + b, x) a b / ((a + b) x (1 - x)).
    return log_binomial(a, b, x, 1 - x) + log(a * (b / (a + b))) - log(x) - log1p(-x)


def draw(source: Source, a: f64, b: f64) -> f64:
    log_first = log_gamma_draw(source, a)
    log_second = log_gamma_draw(source, b)
    return 1 / (1 + exp(log_second - log_first))


def cdf(a: f64, b: f64, x: f64) -> f64:
    return exp(beta_tails(a, b, x, 1 - x).lower)


def log_cdf(a: f64, b: f64, x: f64) -> f64:
    return beta_tails(a, b, x, 1 - x).lower


def log_ccdf(a: f64, b: f64, x: f64) -> f64:
    return beta_tails(a, b, x, 1 - x).upper


def quantile(a: f64, b: f64, p: f64) -> f64:
    return beta_inverse(a, b, p).x


def mean(a: f64, b: f64) -> f64:
    return a / (a + b)


def variance(a: f64, b: f64) -> f64:
    total = a + b
    return (a / total) * (b / total) / (total + 1)


def entropy(a: f64, b: f64) -> f64:
    total = a + b
    slopes = (a - 1) * digamma(a) + (b - 1) * digamma(b) - (total - 2) * digamma(total)
    return log_beta(a, b) - slopes


def from_mean(mean: f64, concentration: f64) -> tuple[f64, f64]:
    return mean * concentration, (1 - mean) * concentration


NUMERICS = Numerics(
    family=FAMILIES["Beta"],
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
VARIANTS = (Variant(NUMERICS.family.alternatives[0], NUMERICS, from_mean),)
