"""Weighted draws: moments, quantiles, their errors, and whether the weights can be trusted.

Log weights are one array of any shape; a weight of 0 is -inf. All functions work with the normalised
weights w = exp(l - max l) / Σ.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, isfinite, log, nan, sqrt

import numpy as np
import numpy.typing as npt

from pplc.inference.answers import Estimate, estimate

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

EPSILON = 1e-12
"""Rounding of a sum of squares of weights: below it there is one family with all of the weight."""


def normalised(log_weights: Floats) -> Floats:
    """Weights that sum to 1, in the same shape; all NaN if every weight is 0."""
    top = float(np.max(log_weights, initial=-inf))
    if top == -inf:
        return np.full(log_weights.shape, nan)
    weights = np.exp(log_weights - top)
    result: Floats = weights / weights.sum()
    return result


def ess_weights(log_weights: Floats) -> float:
    """Kish's effective number of draws, (Σw)² / Σw²; 0 if every weight is 0, or there are none."""
    return ess_of(normalised(log_weights))


def ess_of(weights: Floats) -> float:
    """The same of weights that sum to 1."""
    total = float((weights**2).sum())
    return 1 / total if total > 0 else 0.0


def log_evidence(log_weights: Floats) -> Estimate:
    """Log of the mean weight of independent draws, with its standard error by the delta method.

    The mean weight is unbiased for Z; its log is biased downwards by about half the square of the error.
    """
    count = log_weights.size
    top = float(np.max(log_weights, initial=-inf))
    if top == -inf:
        return Estimate(-inf, nan, (-inf, inf), ("every weight is 0",))
    weights = np.exp(log_weights.ravel() - top)
    mean = float(weights.mean())
    error = float(weights.std(ddof=1)) / sqrt(count) / mean if count > 1 else inf
    return estimate(top + log(mean), error, *_unsure(error))


FEW = 10
"""Effective families below which errors are guesses, and agreement is chance; replicates from which on their
own spread tells the error."""


def mean_and_error(values: Floats, log_weights: Floats, families: Whole | None = None) -> tuple[float, float]:
    """The self-normalised mean Σ w x and its standard error √Σ w²(x - mean)² (Owen 2013, eq. 9.8).

    families: of the draws, if not all are independent (see `Draws`).
    """
    weights = normalised(log_weights)
    mean = _mean(values, weights)
    return mean, sum_error(weights * (values - mean), weights, families)


def sum_error(residuals: Floats, weights: Floats, families: Whole | None = None) -> float:
    """The standard error of a sum of residuals w(x - mean): √Σ (sum over a family)².

    Families that share the weight among few say little about their spread: the square is divided by
    1 - Σ (weight of a family)², so that it is unbiased for families of equal weight, and infinite if there
    is one family alone, or few that agree: they say nothing of what others would have been. So does one draw
    that has all of the weight, or few that agree.

    Chan & Lai, *A general theory of particle filters in hidden Markov models and some applications*
    (Annals of Statistics 2013), eq. 2.16; Lee & Whiteley, *Variance estimation in the particle filter*
    (Biometrika 2018), section 4.
    """
    if families is None:
        known = residuals.any() or ess_of(weights) >= FEW
        return sqrt(float((residuals**2).sum())) if known else inf
    _, member = np.unique(families, return_inverse=True)
    sums, shares = (
        np.bincount(member.ravel(), residuals.ravel()),
        np.bincount(member.ravel(), weights.ravel()),
    )
    rest = 1 - float((shares**2).sum())
    if not residuals.any():
        return 0.0 if (1 - rest) * FEW <= 1 else inf
    if rest < EPSILON:
        return inf
    return sqrt(float((sums**2).sum()) / rest) * _few(1 / (1 - rest))


ROUGH = (
    "its error is a guess, more often too large than too small: the particles descend from few of those at"
    f" the start; `--chains {FEW}` or more take it from the spread of as many populations"
)


def effective_families(log_weights: Floats, families: Whole) -> float:
    """Kish's effective number of families, (Σ of weights)² / Σ (weight of a family)²."""
    _, member = np.unique(families, return_inverse=True)
    shares = np.bincount(member.ravel(), normalised(log_weights).ravel())
    return 1 / float((shares**2).sum())


def _few(families: float) -> float:
    """By how much Student's 97.5 % quantile exceeds the normal one, for so many effective families.

    An error that is itself estimated from few families is too small as often as not; so intervals of 1.96
    errors hold. Cornish & Fisher's expansion in the degrees of freedom (Abramowitz & Stegun 26.7.5).
    """
    freedom = families - 1
    return 1 + 1.210 / freedom + 1.441 / freedom**2 + 1.302 / freedom**3


def population_error(log_weights: Floats, families: Whole, resamplings: int) -> float:
    """The relative standard error of a population's evidence, from the families of its N particles.

    resamplings: how often it was resampled by independent picks; 0 for schemes whose own noise is small.

    √(1 - (N/(N-1))^(n+1) (1 - Σ (weight of a family)²)) after n resamplings: Lee & Whiteley (2018), eq. 6,
    whose power takes out what independent picks add to the families. Other schemes add next to nothing, so
    that n = 0 is right for them where they are resampled from unequal weights, and too large, never too
    small, where lines die out with time. Infinite if there are fewer than two families, or so few particles
    that picking them evenly makes any weights equal: nothing is known then.
    """
    count = log_weights.size
    if count < FEW:
        return inf
    _, member = np.unique(families, return_inverse=True)
    shares = np.bincount(member.ravel(), normalised(log_weights).ravel())
    different = 1 - float((shares**2).sum())
    if different < 1 / 2 - EPSILON:
        return inf
    few = _few(1 / (1 - different))
    return few * sqrt(max(0.0, 1 - (count / (count - 1)) ** (resamplings + 1) * different))


def replicated_evidence(values: Sequence[float]) -> Estimate:
    """The log of the mean of independent, unbiased estimates of Z of equal law, its error from their spread.

    values: of each the log; at least `FEW` of them.
    """
    found = log_evidence(np.array(values))
    return estimate(found.value, found.standard_error * _few(len(values)), *found.flags)


def pooled_evidence(parts: Sequence[tuple[float, float, int]], *flags: str) -> Estimate:
    """The log of the mean of independent, unbiased estimates of Z.

    parts: of each the log, the relative standard error, and how much it counts. flags: of the errors.
    """
    top = max(value for value, _, _ in parts)
    if top == -inf:
        return Estimate(-inf, nan, (-inf, inf), ("every weight is 0",))
    whole = sum(count for _, _, count in parts)
    scaled = [(exp(value - top) * count / whole, error) for value, error, count in parts if value > -inf]
    mean = sum(value for value, _ in scaled)
    error = sqrt(sum((value * error) ** 2 for value, error in scaled)) / mean
    return estimate(top + log(mean), error, *_unsure(error), *(flags if error < inf else ()))


def _unsure(error: float) -> tuple[str, ...]:
    if error == inf:
        return ("nothing is known of its error",)
    if error > 0.5:
        return ("the standard error of the evidence is large; its interval is unreliable",)
    return ()


def _mean(values: Floats, weights: Floats) -> float:
    """Σ w x from the first value on, so that the mean of equal values is that value."""
    if not values.size:
        return nan
    first = float(values.flat[0])
    return first + float((weights * (values - first)).sum())


def spread(values: Floats, log_weights: Floats) -> float:
    """The standard deviation √Σ w (x - mean)²."""
    weights = normalised(log_weights)
    mean = _mean(values, weights)
    return sqrt(float((weights * (values - mean) ** 2).sum()))


def quantile(values: Floats, log_weights: Floats, probability: float) -> float:
    """The smallest value that has at least this much weight at or below it."""
    order = np.argsort(values, axis=None)
    cumulative = np.cumsum(normalised(log_weights).ravel()[order])
    if not isfinite(float(cumulative[-1])):
        return nan
    place = int(np.searchsorted(cumulative, probability * (1 - 1e-12)))
    return float(values.ravel()[order][min(place, values.size - 1)])


def pareto_k(log_weights: Floats) -> float:
    """Shape of the generalised Pareto law fitted to the largest weights; above 0.7 they are unreliable.

    Vehtari, Simpson, Gelman, Yao & Gabry, *Pareto smoothed importance sampling* (JMLR 2024); the fit is
    Zhang & Stephens' (Technometrics 2009) with the weak prior of ArviZ, whose numbers these equal. NaN
    if fewer than five weights stand out, as when all are equal, or none is positive.
    """
    top = float(np.max(log_weights, initial=-inf))
    if top == -inf:
        return nan
    logs = np.sort(log_weights, axis=None) - top
    count = logs.size
    tail = int(np.ceil(min(count / 5, 3 * sqrt(count))))
    if count <= tail:
        return nan
    cutoff = max(float(logs[-tail - 1]), log(float(np.finfo(float).tiny)))
    excess = np.exp(logs[logs > cutoff]) - np.exp(cutoff)
    return _pareto_shape(excess) if excess.size > 4 else nan


def _pareto_shape(ordered: Floats) -> float:
    count = ordered.size
    grid = 30 + int(sqrt(count))
    b = 1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))
    b = b / (3 * ordered[int(count / 4 + 0.5) - 1]) + 1 / ordered[-1]
    k = np.log1p(-b[:, None] * ordered).mean(axis=1)
    # Where b is 0 the law is exponential, and -b / k tends to one over the mean.
    with np.errstate(invalid="ignore"):
        rate = np.where(k == 0, 1 / float(ordered.mean()), -(b / k))
    profile = count * (np.log(rate) - k - 1)
    with np.errstate(over="ignore"):
        weights = 1 / np.exp(profile - profile[:, None]).sum(axis=1)
    kept = weights >= 10 * np.finfo(float).eps
    weights, b = weights[kept] / weights[kept].sum(), b[kept]
    shape = float(np.log1p(-float((b * weights).sum()) * ordered).mean())
    return (count * shape + 10 * 0.5) / (count + 10)
