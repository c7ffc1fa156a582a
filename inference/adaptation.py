"""Warm-up: step size by dual averaging, a diagonal or dense metric from windows that double (as in Stan).

Hoffman & Gelman (2014), section 3.2; Stan reference manual, "Automatic parameter tuning".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GAMMA, T0, KAPPA = 0.05, 10.0, 0.75
"""Of dual averaging: shrinkage, stabilisation of early steps, decay (Hoffman & Gelman, section 3.2.1)."""


@dataclass(slots=True)
class StepSize:
    """Dual averaging of the log step size towards a target acceptance."""

    target: float
    center: float
    count: int = 0
    error: float = 0.0
    average: float = 0.0

    @staticmethod
    def starting_at(step: float, target: float) -> StepSize:
        """Aims first at ten times the given step."""
        return StepSize(target, math.log(10 * step))

    def update(self, acceptance: float) -> float:
        """The step size to try next."""
        self.count += 1
        accepted = 0.0 if math.isnan(acceptance) else min(1.0, acceptance)
        share = 1 / (self.count + T0)
        self.error = (1 - share) * self.error + share * (self.target - accepted)
        log_step = self.center - math.sqrt(self.count) / GAMMA * self.error
        decay = self.count**-KAPPA
        self.average = (1 - decay) * self.average + decay * log_step
        return math.exp(log_step)

    def final(self) -> float:
        """The step size to keep."""
        return math.exp(self.average)


@dataclass(slots=True)
class Moments:
    """Running means, and sums of squared deviations (Welford 1962) or of their products.

    squares: [D], or [D, D] for a dense metric.
    """

    mean: Floats
    squares: Floats
    count: int = 0

    @staticmethod
    def of_size(size: int, *, dense: bool = False) -> Moments:
        """Nothing seen yet."""
        return Moments(np.zeros(size), np.zeros((size, size) if dense else size))

    def add(self, x: Floats) -> None:
        """One more draw."""
        self.count += 1
        before = x - self.mean
        self.mean = self.mean + before / self.count
        after = x - self.mean
        self.squares = self.squares + (np.outer(before, after) if self.squares.ndim == 2 else before * after)

    def regularised(self) -> Floats:
        """The variances or covariances, drawn a little towards 1e-3 times the identity, as in Stan."""
        n = self.count
        estimate = (n / (n + 5)) * self.squares / (n - 1)
        towards = 1e-3 * (5 / (n + 5))
        if estimate.ndim == 1:
            return estimate + towards
        symmetric: Floats = (estimate + estimate.T) / 2 + towards * np.eye(len(estimate))
        return symmetric


def unit_metric(size: int, *, dense: bool) -> Floats:
    """The metric before anything has been seen."""
    return np.eye(size) if dense else np.ones(size)


def momentum_root(metric: Floats) -> Floats:
    """R such that R z has covariance M, the inverse of `metric`, for standard normal z: 1 / sqrt, or L'^-1.

    `metric` = L L', which `usable` sees to.
    """
    if metric.ndim == 1:
        return 1 / np.sqrt(metric)
    return np.linalg.inv(np.linalg.cholesky(metric)).T.astype(np.float64)


def usable(metric: Floats) -> Floats:
    """The metric, or its diagonal part where rounding leaves it without a Cholesky factor."""
    if metric.ndim == 2:
        try:
            np.linalg.cholesky(metric)
        except np.linalg.LinAlgError:
            return np.diag(np.diag(metric))
    return metric


@dataclass(frozen=True, slots=True)
class Windows:
    """Where the metric is learnt.

    start:  iterations before the first window (step size alone).
    ends:   iterations after which the metric is renewed.
    """

    start: int
    ends: tuple[int, ...]

    def inside(self, iteration: int) -> bool:
        """Whether the draw of this iteration counts for the metric."""
        return bool(self.ends) and self.start <= iteration < self.ends[-1]


def windows(warmup: int, *, initial: int = 75, base: int = 25, final: int = 50) -> Windows:
    """Stan's schedule: windows of 25, 50, 100, … between 75 iterations before and 50 after.

    >>> windows(1000).ends
    (100, 150, 250, 450, 950)
    """
    if warmup < 20:
        return Windows(warmup, ())
    if initial + base + final > warmup:
        initial = int(0.15 * warmup)
        final = int(0.1 * warmup)
        base = warmup - initial - final
    ends: list[int] = []
    last = warmup - final
    at, size = initial, base
    while at < last:
        end = at + size
        size *= 2
        if end + size > last:
            end = last
        ends.append(end)
        at = end
    return Windows(initial, tuple(ends))
