"""Normal variables between two parallel planes: the probability of that, and moments given it.

What bounds a normal block may be one sum of its variables, as in P(a > b): then the mass is that of the
block times Φ(b) - Φ(a) of the standardised sum, and moments are those of one truncated normal variable
(Tallis 1961, eqs. 3 and 4, in one dimension), whatever the size of the block. Whole arrays at once: one
entry for every point of the variables that the block is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from math import inf, log, pi
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pplc.inference.continuous.evaluation import Floats, Points, function, values_at
from pplc.inference.continuous.laws import Density, Part, Real
from pplc.inference.continuous.polynomials import in_powers, of_power
from pplc.inference.continuous.quadrature import NODES, integrate
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Undecided, is_positive, mentions

NARROW = 2.0
"""Width between the planes, times the distance from the middle of the law if that is above 1, in standard
deviations, below which a sum over nodes has more digits than differences of Φ: between narrow planes the
density changes by a factor of e² at most, which a rule of 16 nodes integrates to the last digit."""

DETERMINED = 1e-14
"""1 - ρ² below which one number follows from another."""


class Linear(NamedTuple):
    """constant + Σ slope · variable of a block, by places in it."""

    constant: Number
    slopes: Mapping[int, Number]


def linear_in(number: Number, block: Sequence[Latent]) -> Linear | None:
    """A number as it depends on a block; None if that is not linearly."""
    slopes: dict[int, Number] = {}
    for i, variable in enumerate(block):
        if not mentions(number, variable):
            continue
        powers = in_powers(number, variable)
        if powers is None or not set(powers) <= {0, 1} or any(mentions(powers[1], other) for other in block):
            return None
        slopes[i] = powers[1]
        number = of_power(powers, 0)
    return Linear(number, slopes)


@dataclass(frozen=True)
class Slab:
    """low < Σ slope · variable < high for all lows and highs, which may depend on other variables."""

    slopes: Mapping[int, Number]
    lows: tuple[Number, ...] = ()
    highs: tuple[Number, ...] = ()

    def within(self, bound: Linear) -> Slab | None:
        """The part of the slab where a number is positive; None if its planes are not parallel to these."""
        ratio = _ratio(bound.slopes, self.slopes)
        if ratio is None:
            return None
        try:
            rising = is_positive(ratio)
        except Undecided:
            return None
        at = -bound.constant / ratio
        if rising:
            return Slab(self.slopes, (*self.lows, at), self.highs)
        return Slab(self.slopes, self.lows, (*self.highs, at))

    def at(self, points: Points, means: Floats, covariances: Floats) -> Slice:
        """The slab at every point, where the block has these means [n, i] and covariances [n, i, j]."""
        size = len(means)
        slopes = rows_of(self.slopes, points, means.shape)
        along = np.einsum("nij,nj->ni", covariances, slopes)
        mean, variance = (slopes * means).sum(1), np.maximum((slopes * along).sum(1), 0.0)
        low, high = (
            reduce(
                choose, (np.broadcast_to(values_at(end, points), (size,)) for end in ends), np.full(size, far)
            )
            for choose, ends, far in ((np.maximum, self.lows, -inf), (np.minimum, self.highs, inf))
        )
        sd = np.sqrt(variance)
        return Slice(slopes, along, mean, sd, _scaled(low, mean, sd), _scaled(high, mean, sd))


def _scaled(end: Floats, mean: Floats, sd: Floats) -> Floats:
    """An end, standardised; infinite for what has no spread."""
    with np.errstate(all="ignore"):
        found = np.where(sd > 0, (end - mean) / sd, np.sign(end - mean) * inf)
    return np.asarray(np.where(np.isnan(found), 0.0, found))


def directions(bounds: Iterable[Number], block: Sequence[Latent]) -> tuple[list[Slab], int]:
    """The bounds of a block as slabs, parallel ones as one, and the number of bounds that are not linear
    or have no side that is known.
    """
    found: list[Slab] = []
    wild = 0
    for bound in bounds:
        linear = linear_in(bound, block)
        if linear is None:
            wild += 1
            continue
        if not linear.slopes:
            continue
        for place, slab in enumerate(found):
            narrowed = slab.within(linear)
            if narrowed is not None:
                found[place] = narrowed
                break
        else:
            first = next(iter(linear.slopes.values()))
            ratios = {place: slope / first for place, slope in linear.slopes.items()}
            made = Slab(ratios).within(linear) or Slab(linear.slopes).within(linear)
            if made is None:  # on which side it lies depends on other variables
                wild += 1
            else:
                found.append(made)
    return found, wild


def _ratio(slopes: Mapping[int, Number], others: Mapping[int, Number]) -> Number | None:
    """The number by which all slopes are multiples of others; None if there is none."""
    if slopes.keys() != others.keys():
        return None
    first = next(iter(others))
    ratio = slopes[first] / others[first]
    return ratio if all(slopes[i] == others[i] * ratio for i in others) else None


def rows_of(slopes: Mapping[int, Number], points: Points, shape: tuple[int, ...]) -> Floats:
    """Slopes as an array [point, place in the block]."""
    found = np.zeros(shape)
    for place, slope in slopes.items():
        found[:, place] = values_at(slope, points)
    return found


class Slice(NamedTuple):
    """A slab at points.

    slopes, along: of the sum, and its covariance with every variable of the block [n, i].
    mean, sd: of the sum. low, high: the ends, standardised.
    """

    slopes: Floats
    along: Floats
    mean: Floats
    sd: Floats
    low: Floats
    high: Floats

    @property
    def log_mass(self) -> Floats:
        """The log of the probability of the slab."""
        return log_between(self.low, self.high)

    def lost(self, shares: Floats) -> float:
        """The error of a sum over the points, as a share of it, given the share of each: none."""
        return 0.0

    def law(self, shares: Floats, means: Floats, sds: Floats, rows: Floats) -> Part | None:
        """The law of a number of these moments and slopes [point, place]; None if the bounds tell nothing."""
        shared = (rows * self.along).sum(1)
        if not shared.any():
            return None
        scale = sds * self.sd
        correlations = np.divide(shared, scale, out=np.zeros_like(shared), where=scale > 0)
        return SlabNormals(shares, means, sds, correlations, self.low, self.high)


def log_between(low: Floats, high: Floats) -> Floats:
    """log(Φ(high) - Φ(low)) with full relative accuracy; -inf where low >= high."""
    log_ndtr = function("log_ndtr")
    turned = low > 0
    a, b = np.where(turned, -high, low), np.where(turned, -low, high)
    with np.errstate(all="ignore"):
        upper: Floats = log_ndtr(b)
        lower: Floats = log_ndtr(a)
        found = np.asarray(np.where(a == -inf, upper, upper + np.log(-np.expm1(lower - upper))))
        narrow = _narrow(a, b)
        if narrow.any():
            found[narrow] = _by_nodes(a[narrow], b[narrow])[0]
    return np.asarray(np.where(low < high, found, -inf))


def _narrow(low: Floats, high: Floats) -> npt.NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        middle = 0.5 * np.abs(low + high)
        return np.asarray((low < high) & ((high - low) * np.maximum(1.0, middle) < NARROW))


def _by_nodes(low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
    """Log mass, mean and variance of a standard normal variable between narrow bounds."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half, middle = 0.5 * (high - low)[:, None], 0.5 * (low + high)[:, None]
    steps = half * nodes  # from the middle m: the density there is φ(m) e^(-m t - t²/2)
    masses = half * weights * np.exp(-middle * steps - 0.5 * steps**2)
    mass = masses.sum(1)
    step = (masses * steps).sum(1) / mass
    spread = (masses * (steps - step[:, None]) ** 2).sum(1) / mass
    log_mass = np.log(mass) - 0.5 * middle[:, 0] ** 2 - 0.5 * log(2 * pi)
    return np.asarray(log_mass), np.asarray(middle[:, 0] + step), np.asarray(spread)


def moments_between(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of a standard normal variable between bounds; 0 where nothing lies between them."""
    turned = high < 0  # then the interval lies in the upper tail, or has 0 inside
    a, b = np.where(turned, -high, low), np.where(turned, -low, high)
    with np.errstate(all="ignore"):
        at_low, at_high = np.where(a < 0, _shares(a, b), _tail_shares(a, b))
        mean = np.where(turned, -1.0, 1.0) * (at_low - at_high)
        edges = np.where(np.isinf(a), 0.0, a * at_low) - np.where(np.isinf(b), 0.0, b * at_high)
        variance = np.clip(1 + edges - mean**2, 0.0, 1.0)
    narrow = _narrow(low, high)
    if narrow.any():
        _, mean[narrow], variance[narrow] = _by_nodes(low[narrow], high[narrow])
    there = (low < high) & np.isfinite(mean)
    return np.asarray(np.where(there, mean, 0.0)), np.asarray(np.where(there, variance, 0.0))


def _shares(low: Floats, high: Floats) -> Floats:
    """φ / P at both ends, for an interval that begins below 0."""
    mass = log_between(low, high)
    return np.stack([np.exp(-0.5 * z**2 - 0.5 * log(2 * pi) - mass) for z in (low, high)])


def _tail_shares(low: Floats, high: Floats) -> Floats:
    """The same for one above 0, by φ(a) / Φ(-a) = √(2/π) / erfcx(a / √2), which does not underflow."""
    erfcx = function("erfcx")
    scaled = erfcx(low / 2**0.5)
    fallen = np.exp(-0.5 * (high - low) * (high + low))  # φ(high) / φ(low)
    begins = (2 / pi) ** 0.5 / (scaled - fallen * np.where(np.isinf(high), 0.0, erfcx(high / 2**0.5)))
    return np.stack([begins, begins * fallen])


@dataclass(frozen=True)
class SlabNormals:
    """The law of a number that is normal at every point, given that another lies between bounds.

    shares: of the points, the bounds taken in. means, sds: of the number without the bounds. correlations: of
    the two. low, high: the bounds of the other, standardised. All [point]. (Azzalini 1985.)
    """

    shares: Floats
    means: Floats
    sds: Floats
    correlations: Floats
    low: Floats
    high: Floats

    @property
    def mean(self) -> Real:
        """The mean."""
        return float(self.shares @ self._centres)

    @property
    def variance(self) -> Real:
        """The variance."""
        _, between = moments_between(self.low, self.high)
        inner = self.sds**2 * (1 - self.correlations**2 * (1 - between))
        return float(self.shares @ (inner + (self._centres - float(self.mean)) ** 2))

    @cached_property
    def _centres(self) -> Floats:
        between, _ = moments_between(self.low, self.high)
        return self.means + self.sds * self.correlations * between

    def cdf(self, x: float) -> float:
        """P(X <= x)."""
        return self._density.cdf(x)

    @cached_property
    def _density(self) -> Density:
        kept = (self.shares > 0) & (self.sds > 0)
        shares, means, sds, low, high = (
            part[kept, None] for part in (self.shares, self.means, self.sds, self.low, self.high)
        )
        rho = np.clip(self.correlations[kept, None], -1.0, 1.0)
        left = 1 - rho**2
        constant = np.log(shares) - np.log(sds) - log_between(low, high)

        def log_density(x: Floats) -> Floats:
            z = (x - means) / sds
            with np.errstate(all="ignore"):
                root = np.sqrt(left)
                given = log_between((low - rho * z) / root, (high - rho * z) / root)
                told = np.where((low < rho * z) & (rho * z < high), 0.0, -inf)
                found = constant - 0.5 * z**2 + np.where(left > DETERMINED, given, told)
            return np.asarray(np.logaddexp.reduce(found, axis=0) - 0.5 * log(2 * pi))

        ends = (-inf, inf)
        if (left <= DETERMINED).all():  # then it lies between bounds itself
            turned = np.sign(rho)
            edges = means + sds * turned * np.where(turned > 0, [low, high], [high, low])
            ends = float(edges[0].min()), float(edges[1].max())
        return Density(integrate(log_density, *ends))
