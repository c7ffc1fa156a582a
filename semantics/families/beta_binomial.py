"""BetaBinomial(n, a, b): binomial with a success probability drawn from Beta(a, b).

Johnson, Kemp & Kotz (2005), sec. 6.2.2, there as the negative hypergeometric law. cdfs are sums of masses.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families import beta, binomial
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, floor, i64, inf, log, log1mexp, nan
from pplc.semantics.source import Source
from pplc.semantics.special.gamma import log_beta_growth, log_choose
from pplc.semantics.special.incomplete_gamma import Tails
from pplc.semantics.special.root import is_reached

_MOST_TERMS = 10_000_000


def log_mass(n: i64, a: f64, b: f64, x: i64) -> LogW:
    return log_choose(n, x) + log_beta_growth(a, b, x, n - x) if 0 <= x <= n else IMPOSSIBLE


def growth(n: i64, a: f64, b: f64, x: i64) -> f64:
    """mass(x + 1) / mass(x)."""
    return (n - x) / (x + 1) * ((x + a) / (n - x - 1 + b))


def draw(source: Source, n: i64, a: f64, b: f64) -> i64:
    if n > 64:
        return binomial.draw(source, n, beta.draw(source, a, b))
    # Count up the masses by comparisons only, so that a scripted source can enumerate it.
    u = source.uniform()
    mass = exp(log_mass(n, a, b, 0))
    total = mass
    k = 0
    while k < n and u > total:
        mass = mass * growth(n, a, b, k)
        k = k + 1
        total = total + mass
    return k


def _log_up_to(n: i64, a: f64, b: f64, k: i64) -> f64:
    """log P(X <= k), summed downwards from k; NaN where that would take minutes."""
    if k > _MOST_TERMS:
        return nan
    total = 1.0
    term = 1.0
    for x in range(k - 1, -1, -1):
        term = term / growth(n, a, b, x)
        total = total + term
    return log_mass(n, a, b, k) + log(total)


def _tails(n: i64, a: f64, b: f64, x: f64) -> Tails:
    if x < 0:
        return Tails(-inf, 0.0)
    if x >= n:
        return Tails(0.0, -inf)
    k = floor(x)
    if (k + 0.5) * (a + b) < n * a:
        lower = _log_up_to(n, a, b, k)
        return Tails(lower, log1mexp(lower))
    upper = _log_up_to(n, b, a, n - k - 1)
    return Tails(log1mexp(upper), upper)


def cdf(n: i64, a: f64, b: f64, x: f64) -> f64:
    return exp(_tails(n, a, b, x).lower)


def log_cdf(n: i64, a: f64, b: f64, x: f64) -> f64:
    return _tails(n, a, b, x).lower


def log_ccdf(n: i64, a: f64, b: f64, x: f64) -> f64:
    return _tails(n, a, b, x).upper


def quantile(n: i64, a: f64, b: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    low = 0
    high = n
    while low < high:
        middle = (low + high) // 2
        tails = _tails(n, a, b, middle)
        if is_reached(tails.lower, tails.upper, p):
            high = middle
        else:
            low = middle + 1
    return low


def mean(n: i64, a: f64, b: f64) -> f64:
    return n * (a / (a + b))


def variance(n: i64, a: f64, b: f64) -> f64:
    total = a + b
    return n * (a / total) * (b / total) * ((total + n) / (total + 1))


def support_values(n: i64, a: f64, b: f64) -> range:
    return range(n + 1)


NUMERICS = Numerics(
    family=FAMILIES["BetaBinomial"],
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
