"""The law of a number that depends on continuous variables: a mixture of points, families and grids."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import erfc, exp, inf, isfinite, nan, sqrt
from typing import Protocol, TypeAlias, cast

import numpy as np

from pplc.inference.continuous.evaluation import Floats
from pplc.inference.continuous.quadrature import NODES, Nodes
from pplc.semantics.laws import FamilyLaw

CROSSING = 45
"""Halvings of the distance between two points, to where a function crosses a value."""

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
        points, shares = self.by_value
        return points, np.cumsum(shares) - 0.5 * shares

    @cached_property
    def by_value(self) -> tuple[Floats, Floats]:
        """The means in increasing order, each once, and the share of all points that have it.

        On a grid of two variables a whole row has the value of the outer one.
        """
        values, place = np.unique(self.means, return_inverse=True)
        return values, np.bincount(place, self.shares, len(values)).astype(np.float64)

    def _of_points(self, x: float) -> float:
        points, below = self._sorted
        return float(np.interp(x, points, below, left=0.0, right=1.0))


SLOW = 0.05
"""How much faster than needed for a moment a tail must fall: the power is known to about two digits."""

FAR_OUT = 20.0
"""Distance, in units of the middle of the law, from which on a tail shows its power."""


def moments(points: Floats, shares: Floats) -> tuple[float, float]:
    """Mean and variance of points in increasing order; infinite or NaN where they do not exist.

    A tail that falls as |x|^-k has the moment of order m for k > m + 1.
    """
    there = shares > 0
    points, shares = points[there], shares[there]
    powers = _power(points, shares), _power(points[::-1], shares[::-1])
    low, high = (0 < k < 2 + SLOW for k in powers)
    if low or high:
        return (nan if low and high else -inf if low else inf), nan
    mean = float(shares @ points)
    return mean, inf if any(0 < k < 3 + SLOW for k in powers) else float(shares @ (points - mean) ** 2)


def _power(points: Floats, shares: Floats) -> float:
    """The k of a tail whose density falls as |x|^-k, given the points from its end on; 0 if it has none.

    What lies beyond x is proportional to |x|^(1 - k): compared at the inner ends of the two outermost panels.
    """
    beyond, more = float(shares[:NODES].sum()), float(shares[: 2 * NODES].sum())
    if len(points) < 4 * NODES or not 0 < beyond < more:
        return 0.0
    middle = points[np.argsort(-shares)[:NODES]]
    far, near = abs(float(points[NODES - 1])), abs(float(points[2 * NODES - 1]))
    if not near > FAR_OUT * float(1 + np.abs(middle).max()) or not far > near:
        return 0.0
    return 1 + math.log(more / beyond) / math.log(far / near)


class Drawn(ABC):
    """A law by points of a quadrature, which have its moments."""

    @property
    def mean(self) -> Real:
        """The mean; infinite or NaN where it does not exist."""
        return self._moments[0]

    @property
    def variance(self) -> Real:
        """The variance; infinite or NaN where it does not exist."""
        return self._moments[1]

    @cached_property
    def _moments(self) -> tuple[float, float]:
        return moments(*self.weighted())

    @abstractmethod
    def weighted(self) -> tuple[Floats, Floats]:
        """Values in increasing order, and their probabilities."""


@dataclass(frozen=True)
class Density(Drawn):
    """A law by its density at the points of a quadrature, which are distances from a centre."""

    nodes: Nodes
    centre: Fraction = Fraction(0)

    @property
    def mean(self) -> Real:
        """The mean; infinite or NaN where it does not exist."""
        return float(self.centre) + self._moments[0]

    def weighted(self) -> tuple[Floats, Floats]:
        """The points."""
        return self.nodes.points, self.nodes.shares

    def cdf(self, x: float) -> float:
        """P(X <= x)."""
        return self.below(float(Fraction(x) - self.centre) if self.centre and isfinite(x) else x)

    def below(self, x: float) -> float:
        """The probability of distances up to x."""
        points = self.nodes.points
        if x <= points[0]:
            return 0.0
        if x >= points[-1]:
            return 1.0
        # The cubic with the values and slopes at the two points around x (Hermite).
        k = int(np.searchsorted(points, x, side="right"))
        width = float(points[k] - points[k - 1])
        t = (x - float(points[k - 1])) / width
        (low, high), (rise, fall) = self.nodes.below[k - 1 : k + 1], self.nodes.densities[k - 1 : k + 1]
        step = high - low
        bend = t * (1 - t) * ((rise * width - step) * (1 - t) - (fall * width - step) * t)
        return min(max(float(low + t * step + bend), 0.0), 1.0)


@dataclass(frozen=True)
class Image(Drawn):
    """The law of a function of a variable.

    function: of arrays. It may have one turning point between neighbouring points of the quadrature at most.
    """

    of: Density
    function: Callable[[Floats], Floats]

    @cached_property
    def _values(self) -> Floats:
        return self.function(self.of.nodes.points)

    @cached_property
    def _ends(self) -> tuple[Floats, Floats]:
        """Points between which the function rises or falls, and its values there."""
        points, values = self.of.nodes.points, self._values
        with np.errstate(invalid="ignore"):  # infinite ones
            steps = np.sign(np.diff(values))
        (turns,) = np.nonzero(steps[1:] * steps[:-1] < 0)
        low, high = points[turns], points[turns + 2]
        up = np.where(values[turns + 1] > values[turns], 1.0, -1.0)
        for _ in range(2 * CROSSING if len(turns) else 0):
            first, second = (2 * low + high) / 3, (low + 2 * high) / 3
            rising = up * self.function(first) < up * self.function(second)
            low, high = np.where(rising, first, low), np.where(rising, high, second)
        found = np.union1d(points, 0.5 * (low + high))
        return found, self.function(found)

    def weighted(self) -> tuple[Floats, Floats]:
        """The values at the points."""
        order = np.argsort(self._values)
        return self._values[order], self.of.nodes.shares[order]

    def cdf(self, x: float) -> float:
        """P(f(X) <= x), from where f crosses x."""
        points, values = self._ends
        under = values <= x
        (at,) = np.nonzero(under[1:] != under[:-1])
        left, low, high = under[at], points[at], points[at + 1]
        for _ in range(CROSSING if len(at) else 0):
            middle = 0.5 * (low + high)
            same = (self.function(middle) <= x) == left
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        below = sum(
            self.of.below(end) if leaving else -self.of.below(end)
            for end, leaving in zip(low.tolist(), left.tolist(), strict=True)
        )
        return min(max(below + float(under[-1]), 0.0), 1.0)


def nothing() -> None:
    """What is known of a law beside its parts."""


@dataclass(frozen=True)
class Mixed:
    """The law of a real variable: atoms and continuous parts with their probabilities.

    The probabilities sum to less than 1 if some runs do not reach the variable.

    proved: mean and variance where they are known otherwise than from the parts, infinite or NaN where they
            do not exist; None if they are not.
    """

    atoms: tuple[tuple[Real, Real], ...]
    parts: tuple[tuple[Real, Part], ...]
    proved: Callable[[], tuple[Real, Real] | None] = field(default=nothing, compare=False)

    @cached_property
    def _known(self) -> tuple[Real, Real] | None:
        return self.proved()

    @property
    def closed(self) -> bool:
        """Whether every part is a law of a family."""
        return all(isinstance(part, Family) for _, part in self.parts)

    @property
    def blur(self) -> float:
        """How much a probability read off points may be off: a point counts as a whole."""
        points = [part for _, part in self.parts if isinstance(part, Normals) and not part.sds.any()]
        return max((float(part.by_value[1].max()) for part in points), default=0.0)

    @cached_property
    def reached(self) -> Real:
        """The probability that a run defines the variable."""
        return _total([p for _, p in self.atoms] + [p for p, _ in self.parts])

    @cached_property
    def mean(self) -> Real:
        """The mean, given that the variable is reached: rational where everything is."""
        if self._known is not None:
            return self._known[0]
        return (
            _total([x * p for x, p in self.atoms] + [p * part.mean for p, part in self.parts]) / self.reached
        )

    @cached_property
    def variance(self) -> Real:
        """The variance."""
        if self._known is not None:
            return self._known[1]
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
        return next((float(x) for x, _ in self.atoms if low <= x <= high), high)

    @cached_property
    def table(self) -> tuple[float, float, float, float]:
        """What is reported: the mean, the standard deviation, the quantiles at 5 % and 95 %."""
        spread = sqrt(max(float(self.variance), 0.0))
        return float(self.mean), spread, self.quantile(0.05), self.quantile(0.95)


def _total(numbers: Sequence[Real]) -> Real:
    total: Real = Fraction(0)
    for number in numbers:
        total = total + number
    return total
