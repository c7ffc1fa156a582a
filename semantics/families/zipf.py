"""Zipf(exponent, n): ranks from 1 on with mass proportional to rank^-exponent; n = 0 stands for no last rank.

Johnson, Kemp & Kotz (2005), sec. 11.2.20. Draws by rejection-inversion: Hörmann & Derflinger (1996),
ACM Trans. Model. Comput. Simul. 6, 169-184.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import NamedTuple

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, expm1, f64, floor, i64, inf, log, log1p, nan, power
from pplc.semantics.source import Source
from pplc.semantics.special.root import MOST_INDEX, first_index, is_reached
from pplc.semantics.special.zeta import power_sum


def log_mass(exponent: f64, n: i64, x: i64) -> LogW:
    if x < 1 or (n > 0 and x > n):
        return IMPOSSIBLE
    return log(power(x, -exponent)) - log(power_sum(exponent, 1, n))


def _integral(exponent: f64, x: f64) -> f64:
    """The integral of t^-exponent from 1 to x; for x = infinity too where it exists."""
    if x == inf:
        return 1 / (exponent - 1)
    t = (1 - exponent) * log(x)
    return log(x) if t == 0 else expm1(t) / (1 - exponent)


def _inverse_integral(exponent: f64, area: f64) -> f64:
    t = (1 - exponent) * area
    if t == 0:
        return exp(area)
    # Rounding may carry t a little below -1, where x is as good as infinite.
    return exp(log1p(t) / (1 - exponent)) if t > -1 else inf


def draw(source: Source, exponent: f64, n: i64) -> i64:
    low = _integral(exponent, 1.5) - 1
    high = _integral(exponent, n + 0.5 if n > 0 else inf)
    # Within this distance of its rank a point is below the curve without looking.
    near = 2 - _inverse_integral(exponent, _integral(exponent, 2.5) - power(2, -exponent))
    while True:
        area = high + source.uniform() * (low - high)
        x = _inverse_integral(exponent, area)
        if x < 1e300:
            k = floor(x + 0.5)
            k = k if k > 1 else 1
            k = n if 0 < n < k else k
            if k - x <= near or area >= _integral(exponent, k + 0.5) - power(k, -exponent):
                return k


def cdf(exponent: f64, n: i64, x: f64) -> f64:
    return exp(log_cdf(exponent, n, x))


def _share_above(exponent: f64, n: i64, k: i64) -> f64:
    return power_sum(exponent, k + 1, n) / power_sum(exponent, 1, n)


def _share_up_to(exponent: f64, n: i64, k: i64) -> f64:
    return power_sum(exponent, 1, k) / power_sum(exponent, 1, n)


def log_cdf(exponent: f64, n: i64, x: f64) -> f64:
    if x < 1:
        return -inf
    if x == inf or (n > 0 and x >= n):
        return 0.0
    above = _share_above(exponent, n, floor(x))
    return log1p(-above) if above < 0.5 else log(_share_up_to(exponent, n, floor(x)))


def log_ccdf(exponent: f64, n: i64, x: f64) -> f64:
    if x < 1:
        return 0.0
    if x == inf or (n > 0 and x >= n):
        return -inf
    below = _share_up_to(exponent, n, floor(x))
    return log1p(-below) if below < 0.5 else log(_share_above(exponent, n, floor(x)))


class _Level(NamedTuple):
    exponent: f64
    n: i64
    p: f64


def _reached(at: _Level, k: i64) -> bool:
    return is_reached(log_cdf(at.exponent, at.n, k), log_ccdf(at.exponent, at.n, k), at.p)


def quantile(exponent: f64, n: i64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    if p == 1:
        return n if n > 0 else inf
    k = first_index(_reached, _Level(exponent, n, p), 1, 1)
    return k if k < MOST_INDEX else inf


def mean(exponent: f64, n: i64) -> f64:
    if n == 0 and exponent <= 2:
        return inf
    return power_sum(exponent - 1, 1, n) / power_sum(exponent, 1, n)


def variance(exponent: f64, n: i64) -> f64:
    if n == 0 and exponent <= 3:
        return inf if exponent > 2 else nan
    first = mean(exponent, n)
    return power_sum(exponent - 2, 1, n) / power_sum(exponent, 1, n) - first * first


def support_values(exponent: f64, n: i64) -> Iterable[int]:
    return range(1, n + 1) if n > 0 else count(1)


NUMERICS = Numerics(
    family=FAMILIES["Zipf"],
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
