"""OrderedLogistic(location, cutpoints): the cutpoints below a logistic variable. McCullagh (1980)."""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import (
    IMPOSSIBLE,
    LogW,
    Vector,
    exp,
    f64,
    floor,
    i64,
    inf,
    log,
    log1mexp,
    log1p,
    nan,
)
from pplc.semantics.source import Source
from pplc.semantics.special.root import is_reached


def _log_logistic(z: f64) -> f64:
    return -log1p(exp(-z)) if z > 0 else z - log1p(exp(z))


def log_mass(location: f64, cutpoints: Vector, x: i64) -> LogW:
    k = len(cutpoints)
    if x < 0 or x > k:
        return IMPOSSIBLE
    if k == 0:
        return 0.0
    if x == 0:
        return _log_logistic(cutpoints[0] - location)
    if x == k:
        return _log_logistic(location - cutpoints[k - 1])
    # s(b) - s(a) = s(b) s(-a) (1 - e^(a - b)) for the logistic function s: nothing cancels.
    low = cutpoints[x - 1]
    high = cutpoints[x]
    return _log_logistic(high - location) + _log_logistic(location - low) + log1mexp(low - high)


def draw(source: Source, location: f64, cutpoints: Vector) -> i64:
    u = source.uniform()
    position = location + log(u) - log1p(-u)
    k = 0
    while k < len(cutpoints) and cutpoints[k] < position:
        k = k + 1
    return k


def cdf(location: f64, cutpoints: Vector, x: f64) -> f64:
    return exp(log_cdf(location, cutpoints, x))


def log_cdf(location: f64, cutpoints: Vector, x: f64) -> f64:
    if x < 0:
        return -inf
    return _log_logistic(cutpoints[floor(x)] - location) if x < len(cutpoints) else 0.0


def log_ccdf(location: f64, cutpoints: Vector, x: f64) -> f64:
    if x < 0:
        return 0.0
    return _log_logistic(location - cutpoints[floor(x)]) if x < len(cutpoints) else -inf


def quantile(location: f64, cutpoints: Vector, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    for k in range(len(cutpoints)):
        if is_reached(log_cdf(location, cutpoints, k), log_ccdf(location, cutpoints, k), p):
            return k
    return len(cutpoints)


def mean(location: f64, cutpoints: Vector) -> f64:
    total = 0.0
    for k in range(len(cutpoints)):
        total = total + exp(log_ccdf(location, cutpoints, k))
    return total


def variance(location: f64, cutpoints: Vector) -> f64:
    centre = mean(location, cutpoints)
    total = 0.0
    for k in range(len(cutpoints) + 1):
        total = total + (k - centre) * (k - centre) * exp(log_mass(location, cutpoints, k))
    return total


def entropy(location: f64, cutpoints: Vector) -> f64:
    total = 0.0
    for k in range(len(cutpoints) + 1):
        w = log_mass(location, cutpoints, k)
        if w > -inf:
            total = total - w * exp(w)
    return total


def support_values(location: f64, cutpoints: Vector) -> range:
    return range(len(cutpoints) + 1)


NUMERICS = Numerics(
    family=FAMILIES["OrderedLogistic"],
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
