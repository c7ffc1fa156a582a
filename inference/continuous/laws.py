"""The law of a number that depends on continuous variables: a mixture of points, families and grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import erfc, exp, inf, sqrt
from typing import Protocol, TypeAlias, cast

import numpy as np

from pplc.inference.continuous.evaluation import Floats
from pplc.semantics.laws import FamilyLaw

Real: TypeAlias = Fraction | float


class Part(Protocol):
    """One component of a mixture, without an atom."""

    @property
    def mean(self) -> Real: ...
    @property
    def variance(self) -> Real: ...
    def cdf(self, x: float) -> float: ...


@dataclass(frozen=True)
class Family:
    """A law of a family."""

    law: FamilyLaw

    @property
    def mean(self) -> Real:
        """The mean, rational where it is."""
        return cast(Real, self.law.mean())

    @property
    def variance(self) -> Real:
        """The variance."""
        return cast(Real, self.law.variance())

    def cdf(self, x: float) -> float:
        """P(X <= x)."""
        return exp(self.law.log_cdf(x))


@dataclass(frozen=True)
class Normals:
    """A mixture of normal laws.

    shares, means, sds: of each; a standard deviation of 0 is a point, taken as part of a continuum.
    """

    shares: Floats
    means: Floats
    sds: Floats

    @property
    def mean(self) -> Real:
        """The mean."""
        return self._mean

    @property
    def variance(self) -> Real:
        """The variance."""
        return self._variance

    @cached_property
    def _mean(self) -> float:
        return float(self.shares @ self.means)

    @cached_property
    def _variance(self) -> float:
        return float(self.shares @ (self.sds**2 + (self.means - self._mean) ** 2))

    def cdf(self, x: float) -> float:
        """P(X <= x)."""
        if not self.sds.any():
            return self._of_points(x)
        z = (x - self.means) / np.where(self.sds > 0, self.sds, 1e-300)
        return float(self.shares @ np.array([0.5 * erfc(-v / sqrt(2)) for v in z.tolist()]))

    @cached_property
    def _sorted(self) -> tuple[Floats, Floats]:
        order = np.argsort(self.means, kind="stable")
        shares = self.shares[order]
        return self.means[order], np.cumsum(shares) - 0.5 * shares

    def _of_points(self, x: float) -> float:
        points, below = self._sorted
        return float(np.interp(x, points, below, left=0.0, right=1.0))


@dataclass(frozen=True)
class Mixed:
    """The law of a real variable: atoms and continuous parts with their probabilities.

    The probabilities sum to less than 1 if some runs do not reach the variable.
    """

    atoms: tuple[tuple[Real, Real], ...]
    parts: tuple[tuple[Real, Part], ...]

    @cached_property
    def reached(self) -> Real:
        """The probability that a run defines the variable."""
        return _total([p for _, p in self.atoms] + [p for p, _ in self.parts])

    @cached_property
    def mean(self) -> Real:
        """The mean, given that the variable is reached: rational where everything is."""
        return (
            _total([x * p for x, p in self.atoms] + [p * part.mean for p, part in self.parts]) / self.reached
        )

    @cached_property
    def variance(self) -> Real:
        """The variance."""
        spread = [p * (x - self.mean) ** 2 for x, p in self.atoms]
        spread += [p * (part.variance + (part.mean - self.mean) ** 2) for p, part in self.parts]
        return _total(spread) / self.reached

    def cdf(self, x: float) -> float:
        """P(X <= x), given that the variable is reached."""
        mass = sum(float(p) for at, p in self.atoms if at <= x) + sum(
            float(p) * part.cdf(x) for p, part in self.parts
        )
        return mass / float(self.reached)

    def quantile(self, at: float) -> float:
        """The least x with P(X <= x) >= at, to a relative error of 1e-12."""
        centre = float(self.mean)
        width = sqrt(max(float(self.variance), 0.0))
        if not (abs(centre) < inf and 0 < width < inf):
            centre, width = 0.0, 1.0
        low, high = centre - width, centre + width
        while self.cdf(low) >= at and width < 1e300:
            width *= 2
            low -= width
        while self.cdf(high) < at and width < 1e300:
            width *= 2
            high += width
        for _ in range(200):
            middle = 0.5 * (low + high)
            if middle in (low, high):
                break
            if self.cdf(middle) >= at:
                high = middle
            else:
                low = middle
        return high


def _total(numbers: Sequence[Real]) -> Real:
    total: Real = Fraction(0)
    for number in numbers:
        total = total + number
    return total
