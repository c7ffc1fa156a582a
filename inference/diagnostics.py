"""How good a set of draws is: rank-normalised split R-hat, effective sample sizes, Monte Carlo errors.

Definitions follow Vehtari, Gelman, Simpson, Carpenter & Bürkner, *Rank-normalization, folding, and
localization: an improved R-hat* (Bayesian Analysis 2021), in the details ArviZ, whose numbers these
equal. Weighted draws are in `pplc.inference.weights`.

Arrays `draws` here are [chain, draw] of one scalar. Fewer than four draws, or an entry that is not
finite, make every number NaN.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, exp, floor, lgamma, log, log1p, log10, nan, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SMALLEST = 4
"""Draws per chain below which nothing can be said."""


def _usable(draws: Floats) -> bool:
    return draws.shape[1] >= SMALLEST and bool(np.isfinite(draws).all())


def _constant(draws: Floats) -> bool:
    return float(draws.max() - draws.min()) < float(np.finfo(float).resolution)


def split_chains(draws: Floats) -> Floats:
    """First and second halves as chains of their own; the middle draw of an odd number is left out."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


@lru_cache(maxsize=8)
def _normal_scores(size: int) -> Floats:
    """Normal scores (Blom 1958) of the ranks 1, 1.5, …, size, found at twice the rank."""
    normal = NormalDist()
    scores = np.full(2 * size + 1, nan)
    for twice in range(2, 2 * size + 1):
        scores[twice] = normal.inv_cdf((twice / 2 - 0.375) / (size + 0.25))
    return scores


def normal_scores(draws: Floats) -> Floats:
    """Ranks over all chains, ties averaged, as quantiles of the standard normal law."""
    _, group, counts = np.unique(draws, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    twice_average = 2 * last - counts + 1
    scores: Floats = _normal_scores(draws.size)[twice_average[group.reshape(draws.shape)]]
    return scores


# ------------------------------------------------------------------ R-hat


def _plain_rhat(chains: Floats) -> float:
    count = chains.shape[1]
    within = float(chains.var(axis=1, ddof=1).mean())
    between = count * float(chains.mean(axis=1).var(ddof=1))
    if within == 0:
        return nan if between == 0 else float("inf")
    return sqrt((between / within + count - 1) / count)


def rhat(draws: Floats) -> float:
    """The larger of the rank-normalised split R-hats of the draws and of their distance to the median.

    One chain is compared with itself, half against half. NaN if every draw is the same; infinite if
    each chain stays where it is and they differ.
    """
    if not _usable(draws) or _constant(draws):
        return nan
    halves = split_chains(draws)
    folded = np.abs(halves - np.median(halves))
    return _larger(_plain_rhat(normal_scores(halves)), _plain_rhat(normal_scores(folded)))


def _larger(a: float, b: float) -> float:
    """The larger of two numbers; a NaN (nothing to compare, as in a fair coin's folded draws) gives way."""
    return b if a != a else a if b != b else max(a, b)


# ------------------------------------------------------------------ effective sample size


def _autocovariance(chains: Floats) -> Floats:
    """Of each chain at every lag, divided by the number of draws."""
    count = chains.shape[1]
    size = 1 << (2 * count - 1).bit_length()
    spectrum = np.fft.rfft(chains - chains.mean(axis=1, keepdims=True), n=size, axis=1)
    power: Floats = np.fft.irfft(spectrum * np.conjugate(spectrum), n=size, axis=1)[:, :count] / count
    return power


def _plain_ess(chains: Floats) -> float:
    """Draws over the integrated autocorrelation time, by Geyer's initial monotone sequence."""
    if _constant(chains):
        return float(chains.size)
    number, count = chains.shape
    covariance = _autocovariance(chains).mean(axis=0)
    within = float(covariance[0]) * count / (count - 1)
    total = float(covariance[0])
    if number > 1:
        total += float(chains.mean(axis=1).var(ddof=1))
    correlation = 1.0 - (within - covariance) / total
    rho = np.zeros(count)
    even, odd = 1.0, float(correlation[1])
    rho[0], rho[1] = even, odd
    t = 1
    while t < count - 3 and even + odd > 0:
        even, odd = float(correlation[t + 1]), float(correlation[t + 2])
        if even + odd >= 0:
            rho[t + 1], rho[t + 2] = even, odd
        t += 2
    last = t - 2
    if even > 0:
        rho[last + 1] = even
    for k in range(1, last - 1, 2):
        if rho[k + 1] + rho[k + 2] > rho[k - 1] + rho[k]:
            rho[k + 1] = rho[k + 2] = (rho[k - 1] + rho[k]) / 2
    time = -1.0 + 2.0 * float(rho[: last + 1].sum()) + float(rho[last + 1])
    return chains.size / max(time, 1 / log10(chains.size))


def ess_bulk(draws: Floats) -> float:
    """Effective number of draws for the centre of the law: that of the normal scores."""
    return _plain_ess(normal_scores(split_chains(draws))) if _usable(draws) else nan


def ess_mean(draws: Floats) -> float:
    """Effective number of draws for the mean."""
    return _plain_ess(split_chains(draws)) if _usable(draws) else nan


def ess_quantile(draws: Floats, probability: float) -> float:
    """Effective number of draws for a quantile: that of the indicator of lying below it."""
    if not _usable(draws):
        return nan
    return _plain_ess(split_chains((draws <= quantile(draws, probability)).astype(np.float64)))


def ess_tail(draws: Floats) -> float:
    """The smaller of those for the 5 % and 95 % quantiles."""
    return min(ess_quantile(draws, 0.05), ess_quantile(draws, 0.95))


# ------------------------------------------------------------------ Monte Carlo standard errors


def mcse_mean(draws: Floats) -> float:
    """Standard error of the mean of the draws."""
    if not _usable(draws):
        return nan
    return float(draws.std(ddof=1)) / sqrt(ess_mean(draws))


def mcse_sd(draws: Floats) -> float:
    """Standard error of the standard deviation of the draws."""
    if not _usable(draws):
        return nan
    squares = (draws - draws.mean()) ** 2
    variance = float(squares.mean())
    if variance == 0:
        return 0.0
    spread = (float((squares**2).mean()) - variance**2) / ess_mean(squares)
    return sqrt(spread / variance / 4)


def quantile(draws: Floats, probability: float) -> float:
    """A quantile of the draws of all chains, linear between order statistics (R's type 7)."""
    ordered = np.sort(draws, axis=None)
    count = ordered.size
    position = count * probability + 1 - probability
    below = floor(min(max(position, 1), count - 1))
    share = min(max(position - below, 0.0), 1.0)
    return float((1 - share) * ordered[below - 1] + share * ordered[below])


def mcse_quantile(draws: Floats, probability: float) -> float:
    """Half the distance between the quantiles one standard error to either side, in probability."""
    if not _usable(draws):
        return nan
    size = ess_quantile(draws, probability)
    a, b = size * probability + 1, size * (1 - probability) + 1
    ordered = np.sort(draws, axis=None)
    low = _beta_quantile(a, b, 0.1586553) * ordered.size - 1
    high = _beta_quantile(a, b, 0.8413447) * ordered.size - 1
    left = ordered[floor(max(low, 0))]
    right = ordered[ceil(min(high, ordered.size - 1))]
    return float(right - left) / 2


def _beta_quantile(a: float, b: float, probability: float) -> float:
    """The quantile of the beta law by bisection, to 2^-60."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _beta_cdf(a, b, middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_cdf(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function by its continued fraction (Abramowitz & Stegun 26.5.8)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_cdf(b, a, 1 - x)
    if x <= 0:
        return 0.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    # The modified method of Lentz: the denominators of the fraction, from the front.
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / (1 + term * d), 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * fraction


def energy_fraction(energy: Floats) -> Floats:
    """E-BFMI of each chain [chain] from its energies [chain, draw]; below 0.3 is poor.

    Betancourt, *Diagnosing suboptimal cotangent disintegrations* (2016), eq. 2.
    """
    spread = energy.var(axis=1, ddof=1)
    step: Floats = (np.diff(energy, axis=1) ** 2).mean(axis=1)
    fraction: Floats = np.divide(step, spread, out=np.full(len(energy), nan), where=spread > 0)
    return fraction
