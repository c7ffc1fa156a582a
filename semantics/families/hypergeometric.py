"""Hypergeometric(population, successes, draws). Johnson, Kemp & Kotz (2005), ch. 6.

Masses as a quotient of three binomials (Loader 2000), cdfs by summing from the nearer end, draws by inversion
from the mode outwards, wide laws by rejection.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, exp, f64, floor, i64, inf, log, log1mexp, nan
from pplc.semantics.source import Source
from pplc.semantics.special.gamma import log_binomial
from pplc.semantics.special.incomplete_gamma import Tails
from pplc.semantics.special.root import is_reached


def lowest(population: i64, successes: i64, draws: i64) -> i64:
    least = draws - (population - successes)
    return least if least > 0 else 0


def highest(successes: i64, draws: i64) -> i64:
    return successes if successes < draws else draws


def log_mass(population: i64, successes: i64, draws: i64, x: i64) -> LogW:
    if x < lowest(population, successes, draws) or x > highest(successes, draws):
        return IMPOSSIBLE
    if population == 0:
        return log(1)
    p = draws / population
    q = (population - draws) / population
    failures = population - successes
    return (
        log_binomial(x, successes - x, p, q)
        + log_binomial(draws - x, failures - draws + x, p, q)
        - log_binomial(draws, population - draws, p, q)
    )


def growth(population: i64, successes: i64, draws: i64, x: i64) -> f64:
    """mass(x + 1) / mass(x)."""
    above = (successes - x) * (draws - x)
    return above / ((x + 1) * (population - successes - draws + x + 1))


def draw(source: Source, population: i64, successes: i64, draws: i64) -> i64:
    mode = (draws + 1) * (successes + 1) // (population + 2)
    if variance(population, successes, draws) > 100:
        return _by_rejection(source, population, successes, draws, mode)
    return _by_inversion(source, population, successes, draws, mode)


def _by_rejection(source: Source, population: i64, successes: i64, draws: i64, mode: i64) -> i64:
    """Devroye (1987), A Simple Generator for Discrete Log-Concave Distributions, Computing 39, 87-91."""
    log_peak = log_mass(population, successes, draws, mode)
    peak = exp(log_peak)
    flat = 1 + 0.5 * peak
    while True:
        u = source.uniform()
        w = source.uniform()
        side = 1 if source.uniform() < 0.5 else -1
        if u <= flat / (1 + flat):
            y = source.uniform() * flat / peak
        else:
            y = (flat - log(source.uniform())) / peak
        x = mode + side * floor(y + 0.5)
        envelope = flat - peak * y
        log_height = log(w) + (envelope if envelope < 0 else 0.0)
        if log_height <= log_mass(population, successes, draws, x) - log_peak:
            return x


def _by_inversion(source: Source, population: i64, successes: i64, draws: i64, mode: i64) -> i64:
    """From the mode outwards by comparisons only, so that a scripted source can enumerate it."""
    low = lowest(population, successes, draws)
    high = highest(successes, draws)
    u = source.uniform()
    mass = exp(log_mass(population, successes, draws, mode))
    total = mass
    below = mode
    above = mode
    mass_below = mass
    mass_above = mass
    while True:
        if u < total:
            return above
        if below > low:
            below = below - 1
            mass_below = mass_below / growth(population, successes, draws, below)
            total = total + mass_below
            if u < total:
                return below
        if above < high:
            mass_above = mass_above * growth(population, successes, draws, above)
            above = above + 1
            total = total + mass_above
        elif below == low:
            # Rounding left a little of u over: the sum of all masses fell short of 1.
            return mode


def _tails(population: i64, successes: i64, draws: i64, x: f64) -> Tails:
    low = lowest(population, successes, draws)
    high = highest(successes, draws)
    if x < low:
        return Tails(-inf, 0.0)
    if x >= high:
        return Tails(0.0, -inf)
    k = floor(x)
    if k * population < draws * successes:
        lower = log_mass(population, successes, draws, k) + log(_below(population, successes, draws, k))
        return Tails(lower, log1mexp(lower))
    upper = log_mass(population, successes, draws, k + 1) + log(_above(population, successes, draws, k + 1))
    return Tails(log1mexp(upper), upper)


def _below(population: i64, successes: i64, draws: i64, k: i64) -> f64:
    """P(X <= k) / mass(k)."""
    low = lowest(population, successes, draws)
    total = 1.0
    term = 1.0
    while k > low and term > 1e-17 * total:
        k = k - 1
        term = term / growth(population, successes, draws, k)
        total = total + term
    return total


def _above(population: i64, successes: i64, draws: i64, k: i64) -> f64:
    """P(X >= k) / mass(k)."""
    high = highest(successes, draws)
    total = 1.0
    term = 1.0
    while k < high and term > 1e-17 * total:
        term = term * growth(population, successes, draws, k)
        k = k + 1
        total = total + term
    return total


def cdf(population: i64, successes: i64, draws: i64, x: f64) -> f64:
    return exp(_tails(population, successes, draws, x).lower)


def log_cdf(population: i64, successes: i64, draws: i64, x: f64) -> f64:
    return _tails(population, successes, draws, x).lower


def log_ccdf(population: i64, successes: i64, draws: i64, x: f64) -> f64:
    return _tails(population, successes, draws, x).upper


def quantile(population: i64, successes: i64, draws: i64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    low = lowest(population, successes, draws)
    high = highest(successes, draws)
    while low < high:
        middle = (low + high) // 2
        tails = _tails(population, successes, draws, middle)
        if is_reached(tails.lower, tails.upper, p):
            high = middle
        else:
            low = middle + 1
    return low


def mean(population: i64, successes: i64, draws: i64) -> f64:
    return draws * successes / population if population > 0 else 0.0


def variance(population: i64, successes: i64, draws: i64) -> f64:
    if population < 2:
        return 0.0
    share = successes / population
    return draws * share * (1 - share) * ((population - draws) / (population - 1))


def support_values(population: i64, successes: i64, draws: i64) -> range:
    return range(lowest(population, successes, draws), highest(successes, draws) + 1)


NUMERICS = Numerics(
    family=FAMILIES["Hypergeometric"],
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
