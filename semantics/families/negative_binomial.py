"""NegativeBinomial(successes, p): failures before `successes` successes, which need not be an integer.

Johnson, Kemp & Kotz (2005), ch. 5. By `mean` and `dispersion` (variance mean + mean^2 / dispersion) it is the
same law with successes = dispersion and p = dispersion / (dispersion + mean); the failure probability then
comes from its own formula, because 1 - p would round away small means.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import NamedTuple

from pplc.lang.families import FAMILIES
from pplc.semantics.families import poisson
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, floor, i64, inf, log, nan, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.error_function import ndtri
from pplc.semantics.special.gamma import log_binomial
from pplc.semantics.special.incomplete_beta import beta_tails
from pplc.semantics.special.incomplete_gamma import Tails
from pplc.semantics.special.root import first_index, is_reached


def _log_mass(successes: f64, p: f64, q: f64, x: i64) -> LogW:
    # (x + r - 1 over x) p^r q^x: the last trial is a success, a share r / (r + x) of all orders.
    return log_binomial(successes, x, p, q) + log(successes / (successes + x)) if x >= 0 else IMPOSSIBLE


def log_mass(successes: f64, p: f64, x: i64) -> LogW:
    return _log_mass(successes, p, 1 - p, x)


def draw(source: Source, successes: f64, p: f64) -> i64:
    """A Poisson variable whose rate is a gamma variable."""
    if p == 1:
        return 0
    return poisson.draw(source, exp(log_gamma_draw(source, successes)) * ((1 - p) / p))


def _tails(successes: f64, p: f64, q: f64, x: f64) -> Tails:
    """(log P(X <= x), log P(X > x)): A&S 26.5.26."""
    if x < 0:
        return Tails(-inf, 0.0)
    return beta_tails(successes, floor(x) + 1, p, q) if x < inf else Tails(0.0, -inf)


def cdf(successes: f64, p: f64, x: f64) -> f64:
    return exp(_tails(successes, p, 1 - p, x).lower)


def log_cdf(successes: f64, p: f64, x: f64) -> f64:
    return _tails(successes, p, 1 - p, x).lower


def log_ccdf(successes: f64, p: f64, x: f64) -> f64:
    return _tails(successes, p, 1 - p, x).upper


class _Level(NamedTuple):
    successes: f64
    p: f64
    q: f64
    level: f64


def _reached(at: _Level, k: i64) -> bool:
    tails = _tails(at.successes, at.p, at.q, k)
    return is_reached(tails.lower, tails.upper, at.level)


def _quantile(successes: f64, p: f64, q: f64, level: f64) -> f64:
    if not 0 <= level <= 1:
        return nan
    if level == 1 and q > 0:
        return inf
    centre = successes * q / p
    guess = floor(centre + sqrt(centre / p) * ndtri(level)) if 0 < level < 1 else 0
    return first_index(_reached, _Level(successes, p, q, level), guess, 0)


def quantile(successes: f64, p: f64, level: f64) -> f64:
    return _quantile(successes, p, 1 - p, level)


def mean(successes: f64, p: f64) -> f64:
    return successes * (1 - p) / p


def variance(successes: f64, p: f64) -> f64:
    return successes * (1 - p) / p / p


def support_values(successes: f64, p: f64) -> Iterable[int]:
    return count() if p < 1 else (0,)


def log_mass_by_mean(mean: f64, dispersion: f64, x: i64) -> LogW:
    total = dispersion + mean
    return _log_mass(dispersion, dispersion / total, mean / total, x)


def draw_by_mean(source: Source, mean: f64, dispersion: f64) -> i64:
    return poisson.draw(source, exp(log_gamma_draw(source, dispersion)) * (mean / dispersion))


def cdf_by_mean(mean: f64, dispersion: f64, x: f64) -> f64:
    return exp(log_cdf_by_mean(mean, dispersion, x))


def log_cdf_by_mean(mean: f64, dispersion: f64, x: f64) -> f64:
    total = dispersion + mean
    return _tails(dispersion, dispersion / total, mean / total, x).lower


def log_ccdf_by_mean(mean: f64, dispersion: f64, x: f64) -> f64:
    total = dispersion + mean
    return _tails(dispersion, dispersion / total, mean / total, x).upper


def quantile_by_mean(mean: f64, dispersion: f64, level: f64) -> f64:
    total = dispersion + mean
    return _quantile(dispersion, dispersion / total, mean / total, level)


def mean_by_mean(mean: f64, dispersion: f64) -> f64:
    return mean


def variance_by_mean(mean: f64, dispersion: f64) -> f64:
    return mean + mean * (mean / dispersion)


def support_values_by_mean(mean: f64, dispersion: f64) -> Iterable[int]:
    return count()


NUMERICS = Numerics(
    family=FAMILIES["NegativeBinomial"],
    log_density=log_mass,
    draw=draw,
    cdf=cdf,
    log_cdf=log_cdf,
    log_ccdf=log_ccdf,
    quantile=quantile,
    mean=mean,
    variance=variance,
    support_values=support_values,
)
VARIANTS = (
    Variant(
        NUMERICS.family.alternatives[0],
        Numerics(
            family=FAMILIES["NegativeBinomial"],
            log_density=log_mass_by_mean,
            draw=draw_by_mean,
            cdf=cdf_by_mean,
            log_cdf=log_cdf_by_mean,
            log_ccdf=log_ccdf_by_mean,
            quantile=quantile_by_mean,
            mean=mean_by_mean,
            variance=variance_by_mean,
            support_values=support_values_by_mean,
        ),
    ),
)
