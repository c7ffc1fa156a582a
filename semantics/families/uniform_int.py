"""UniformInt(lower, upper): every integer between, both ends included. Johnson, Kemp & Kotz (2005), ch. 6."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, f64, floor, i64, inf, log, log1p, nan
from pplc.semantics.source import Source


def log_mass(lower: i64, upper: i64, x: i64) -> LogW:
    return -log(upper - lower + 1) if lower <= x <= upper else IMPOSSIBLE


def draw(source: Source, lower: i64, upper: i64) -> i64:
    # A uniform number has 52 bits: beyond 2^52 values not all can come up.
    return lower + floor(source.uniform() * (upper - lower + 1))


def cdf(lower: i64, upper: i64, x: f64) -> f64:
    if x < lower:
        return 0.0
    return (floor(x) - lower + 1) / (upper - lower + 1) if x < upper else 1.0


def log_cdf(lower: i64, upper: i64, x: f64) -> f64:
    if x < lower:
        return -inf
    if x >= upper:
        return 0.0
    n = upper - lower + 1
    below = floor(x) - lower + 1
    return log(below / n) if 2 * below < n else log1p(-(n - below) / n)


def log_ccdf(lower: i64, upper: i64, x: f64) -> f64:
    if x < lower:
        return 0.0
    if x >= upper:
        return -inf
    n = upper - lower + 1
    above = upper - floor(x)
    return log(above / n) if 2 * above < n else log1p(-(n - above) / n)


def quantile(lower: i64, upper: i64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    n = upper - lower + 1
    # The smallest k with k / n >= p, where a p that is k / n rounded counts as k / n.
    steps = -floor(-(p * n * (1 - 1e-15)))
    return lower + (steps if steps > 1 else 1) - 1


def mean(lower: i64, upper: i64) -> f64:
    return lower + (upper - lower) / 2


def variance(lower: i64, upper: i64) -> f64:
    n = upper - lower + 1
    return (n - 1) * (n + 1) / 12


def entropy(lower: i64, upper: i64) -> f64:
    return log(upper - lower + 1)


def support_values(lower: i64, upper: i64) -> range:
    return range(lower, upper + 1)


NUMERICS = Numerics(
    family=FAMILIES["UniformInt"],
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
