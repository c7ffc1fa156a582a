"""Normal variables of which two sums are bounded: the probability of that, and means given it.

As `pplc.inference.continuous.slabs`, with Owen's function T in the place of Φ (Owen 1956, Ann. Math. Statist.
27, eqs. 2.1 and 3.1). T has an absolute error of rounding, so that a probability near 0 has few digits; how
many is told, and where that matters a grid is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, log, pi
from typing import NamedTuple

import numpy as np

from pplc.inference.continuous.evaluation import Floats, Points, function, owens_t
from pplc.inference.continuous.laws import Density, Part, Real
from pplc.inference.continuous.quadrature import integrate
from pplc.inference.continuous.slabs import Slab, Slice, log_between

ROUNDING = 4e-16
"""Absolute error of a probability that is a sum of values of T and Φ."""

LEAST = 1e-20
"""Share of a point below which it does not count in a density, of which each point needs many values of T."""

DEPENDENT = 1e-300
"""1 - ρ² is taken to be no less, so that nothing is divided by 0 where one sum follows from the other."""


@dataclass(frozen=True)
class Wedge:
    """Two slabs that are not parallel."""

    first: Slab
    second: Slab

    def at(self, points: Points, means: Floats, covariances: Floats) -> Corner:
        """The wedge at every point."""
        first, second = self.first.at(points, means, covariances), self.second.at(points, means, covariances)
        return Corner(first, second, _correlation((first.along * second.slopes).sum(1), first.sd, second.sd))


class Corner(NamedTuple):
    """A wedge at points; correlation: of the two sums."""

    first: Slice
    second: Slice
    correlation: Floats

    @property
    def log_mass(self) -> Floats:
        """The log of the probability of the wedge; no less than that of rounding."""
        return np.log(self.mass)

    @property
    def mass(self) -> Floats:
        """The probability of the wedge."""
        one, two = self.first, self.second
        return between_both(one.low, one.high, two.low, two.high, self.correlation)

    def lost(self, shares: Floats) -> float:
        """The error of a sum over the points, as a share of it, given the share of each."""
        return float(shares @ (ROUNDING / self.mass))

    def law(self, shares: Floats, means: Floats, sds: Floats, rows: Floats) -> Part | None:
        """The law of a number of these moments and slopes [point, place]; None if the bounds tell nothing."""
        covariances = [(rows * slab.along).sum(1) for slab in (self.first, self.second)]
        if not any(shared.any() for shared in covariances):
            return None
        both = [
            _correlation(shared, sds, slab.sd)
            for shared, slab in zip(covariances, (self.first, self.second), strict=True)
        ]
        return WedgeNormals(shares, means, sds, both[0], both[1], self)


def _correlation(covariance: Floats, one: Floats, two: Floats) -> Floats:
    scale = one * two
    found = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)
    return np.clip(found, -1.0, 1.0)


def between_both(low: Floats, high: Floats, below: Floats, above: Floats, rho: Floats) -> Floats:
    """P(low < X < high, below < Y < above) of standard normal variables; no less than rounding."""
    found = under_both(high, above, rho)
    for sign, h, k in ((-1, low, above), (-1, high, below), (1, low, below)):
        if not ((h == -inf).all() or (k == -inf).all()):  # most bounds have one side only
            found = found + sign * under_both(h, k, rho)
    found = np.minimum(found, np.exp(np.minimum(log_between(low, high), log_between(below, above))))
    return np.asarray(np.where((low < high) & (below < above), np.maximum(found, ROUNDING), ROUNDING))


def under_both(h: Floats, k: Floats, rho: Floats) -> Floats:
    """P(X <= h, Y <= k) of standard normal variables with a correlation."""
    ndtr = function("ndtr")
    of_h: Floats = ndtr(h)
    of_k: Floats = ndtr(k)
    if (h == inf).all() or (k == inf).all():
        return np.asarray(of_h * of_k + 0 * rho)
    root = np.sqrt(np.maximum(1 - rho**2, DEPENDENT))
    with np.errstate(all="ignore"):
        # of 0 and 0, the ratio of both is 1 in every direction that counts
        ratio = np.where(h == k, 1.0, k / h)
        other = np.where(h == k, 1.0, h / k)
        ends = owens_t(h, (ratio - rho) / root) + owens_t(k, (other - rho) / root)
        apart = (h * k < 0) | ((h * k == 0) & (h + k < 0))
        found = 0.5 * (of_h + of_k) - ends - np.where(apart, 0.5, 0.0)
    found = np.where(h == inf, of_k, np.where(k == inf, of_h, found))
    return np.asarray(np.where((h == -inf) | (k == -inf), 0.0, found))


@dataclass(frozen=True)
class WedgeNormals:
    """The law of a number that is normal at every point, given that two others lie between bounds.

    shares: of the points, the bounds taken in. means, sds: of the number without them. first, second: its
    correlations with the two. All [point].
    """

    shares: Floats
    means: Floats
    sds: Floats
    first: Floats
    second: Floats
    corner: Corner

    @property
    def mean(self) -> Real:
        """The mean."""
        return self._mean

    @cached_property
    def _mean(self) -> float:
        """By Stein's lemma: E[Z g(X, Y)] = ρ₁ E[∂g / ∂X] + ρ₂ E[∂g / ∂Y], and indicators have jumps."""
        one, two, rho = self.corner.first, self.corner.second, self.corner.correlation
        faces = self.first * _faces(one, two, rho) + self.second * _faces(two, one, rho)
        return float(self.shares @ (self.means + self.sds * faces / self.corner.mass))

    @property
    def variance(self) -> Real:
        """The variance."""
        return self._density.variance

    def cdf(self, x: float) -> float:
        """P(X <= x)."""
        return self._density.cdf(x)

    @cached_property
    def _density(self) -> Density:
        kept = (self.shares > LEAST) & (self.sds > 0)
        one, two = self.corner.first, self.corner.second
        columns = (self.shares, self.means, self.sds, self.first, self.second, self.corner.correlation)
        shares, means, sds, a, b, rho = (part[kept, None] for part in columns)
        ends = [part[kept, None] for part in (one.low, one.high, two.low, two.high)]
        roots = [np.sqrt(np.maximum(1 - r**2, DEPENDENT)) for r in (a, b)]
        given = np.clip((rho - a * b) / (roots[0] * roots[1]), -1.0, 1.0)
        constant = np.log(shares) - np.log(sds) - np.log(self.corner.mass[kept, None])

        def log_density(x: Floats) -> Floats:
            z = (x - means) / sds
            with np.errstate(all="ignore"):
                low, high = ((end - a * z) / roots[0] for end in ends[:2])
                below, above = ((end - b * z) / roots[1] for end in ends[2:])
                mass = between_both(low, high, below, above, np.broadcast_to(given, z.shape))
                found = constant - 0.5 * z**2 + np.where(mass > ROUNDING, np.log(mass), -inf)
            return np.asarray(np.logaddexp.reduce(found, axis=0) - 0.5 * log(2 * pi))

        return Density(integrate(log_density, -inf, inf))


def _faces(one: Slice, two: Slice, rho: Floats) -> Floats:
    """φ at both ends of one sum, each times the probability of the bounds of the other given that end."""
    root = np.sqrt(np.maximum(1 - rho**2, DEPENDENT))

    def face(z: Floats) -> Floats:
        end = np.where(np.isfinite(z), z, 0.0)
        inside = log_between((two.low - rho * end) / root, (two.high - rho * end) / root)
        return np.where(np.isfinite(z), np.exp(inside - 0.5 * end**2) / (2 * pi) ** 0.5, 0.0)

    return face(one.low) - face(one.high)


def bounded(slabs: Sequence[Slab]) -> Slab | Wedge | None:
    """What one or two slabs are together."""
    if not slabs:
        return None
    return slabs[0] if len(slabs) == 1 else Wedge(*slabs)
