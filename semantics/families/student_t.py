"""StudentT(df, location, scale). Johnson, Kotz & Balakrishnan (1995), ch. 28."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import LogW, exp, f64, inf, log, log1p, nan, pi, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.error_function import ndtri
from pplc.semantics.special.gamma import digamma, lgamma_growth, log_beta
from pplc.semantics.special.incomplete_beta import beta_inverse, beta_tails
from pplc.semantics.special.incomplete_gamma import Tails


def log_density(df: f64, location: f64, scale: f64, x: f64) -> LogW:
    z = abs((x - location) / scale)
    # z^2 overflows where log(1 + z^2 / df) does not.
    spread = log1p(z * z / df) if z < 1e100 else 2 * log(z) - log(df)
    return lgamma_growth(df / 2, 0.5) - 0.5 * log(df * pi) - log(scale) - 0.5 * (df + 1) * spread


def draw(source: Source, df: f64, location: f64, scale: f64) -> f64:
    return location + scale * standard_draw(source, df)


def standard_draw(source: Source, df: f64) -> f64:
    """A normal variable over the root of a chi-squared one by its degrees of freedom."""
    normal = ndtri(source.uniform())
    log_mean_square = log_gamma_draw(source, df / 2) - log(df / 2)
    return normal * exp(-0.5 * log_mean_square)


def two_sided(df: f64, z: f64) -> Tails:
    """(log P(|T| <= z), log P(|T| > z)) of the standard law, for z >= 0."""
    if z > 1e100:
        # df / (df + z^2) without overflow; nothing but the tail's power law is left there.
        tail = 0.5 * df * (log(df) - 2 * log(z)) - log_beta(df / 2, 0.5) - log(df / 2)
        return Tails(log1p(-exp(tail)), tail)
    square = z * z
    return beta_tails(0.5, df / 2, square / (df + square), df / (df + square))


def cdf(df: f64, location: f64, scale: f64, x: f64) -> f64:
    z = (x - location) / scale
    if z < 0:
        return 0.5 * exp(two_sided(df, -z).upper)
    return 0.5 + 0.5 * exp(two_sided(df, z).lower)


def log_cdf(df: f64, location: f64, scale: f64, x: f64) -> f64:
    z = (x - location) / scale
    if z < 0:
        return two_sided(df, -z).upper - log(2)
    return log1p(-0.5 * exp(two_sided(df, z).upper))


def log_ccdf(df: f64, location: f64, scale: f64, x: f64) -> f64:
    return log_cdf(df, -location, scale, -x)


def quantile_of_size(df: f64, p: f64, q: f64) -> f64:
    """The z with P(|T| <= z) = p = 1 - q, given whichever of the two is known better; 0 <= z."""
    odds = beta_inverse(0.5, df / 2, p) if p < q else beta_inverse(df / 2, 0.5, q)
    near = odds.x if p < q else odds.y
    far = odds.y if p < q else odds.x
    return inf if far == 0 else sqrt(df * (near / far))


def quantile(df: f64, location: f64, scale: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    if p < 0.5:
        return location - scale * quantile_of_size(df, 1 - 2 * p, 2 * p)
    return location + scale * quantile_of_size(df, 2 * p - 1, 2 * (1 - p))


def mean(df: f64, location: f64, scale: f64) -> f64:
    return location if df > 1 else nan


def variance(df: f64, location: f64, scale: f64) -> f64:
    if df <= 2:
        return inf if df > 1 else nan
    return scale * scale * (df / (df - 2))


def entropy(df: f64, location: f64, scale: f64) -> f64:
    slopes = digamma((df + 1) / 2) - digamma(df / 2)
    return 0.5 * (df + 1) * slopes + 0.5 * log(df) + log_beta(df / 2, 0.5) + log(scale)


NUMERICS = Numerics(
    family=FAMILIES["StudentT"],
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
