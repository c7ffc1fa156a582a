"""The law of a number that depends on continuous variables: a mixture of points, families and grids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import erfc, exp, inf, sqrt
from typing import Protocol, TypeAlias, cast

import numpy as np

from pplc.inference.continuous.evaluation import Floats, inside, values_at
from pplc.inference.continuous.grids import Grid, TooMany, grid
from pplc.inference.continuous.cases import share_of
from pplc.inference.continuous.masses import log_mass, settled
from pplc.inference.continuous.piece import UNIT, ZERO, Piece, World
from pplc.inference.continuous.polynomials import Powers, in_powers, shape_in, substituted
from pplc.inference.continuous.quadrature import Nodes, integrate
from pplc.semantics.laws import FamilyLaw, make_law
from pplc.semantics.measure import times, total
from pplc.semantics.number import LogWeight
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, NeedsValue, Undecided, Unknown, latent
from pplc.semantics.values import Value

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

    @cached_property
    def mean(self) -> float:
        """The mean."""
        return float(self.shares @ self.means)

    @cached_property
    def variance(self) -> float:
        """The variance."""
        return float(self.shares @ (self.sds**2 + (self.means - self.mean) ** 2))

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
        return _total([x * p for x, p in self.atoms] + [p * part.mean for p, part in self.parts]) / self.reached

    @cached_property
    def variance(self) -> Real:
        """The variance."""
        spread = [p * (x - self.mean) ** 2 for x, p in self.atoms]
        spread += [p * (part.variance + (part.mean - self.mean) ** 2) for p, part in self.parts]
        return _total(spread) / self.reached

    def cdf(self, x: float) -> float:
        """P(X <= x), given that the variable is reached."""
        mass = sum(float(p) for at, p in self.atoms if at <= x) + sum(float(p) * part.cdf(x) for p, part in self.parts)
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


# ------------------------------------------------------------------ finding it


def law_of(number: Unknown, piece: Piece) -> list[tuple[LogWeight, Part]]:
    """The law of a number under a piece, as parts with their masses, which sum to that of the piece."""
    changed = as_variable(number, piece)
    if changed is None:
        return _on_grid(number, piece)
    variable, piece = changed
    left = settled(piece, frozenset({variable}))
    if all(inner.latents == (variable,) for _, inner in left):
        return [_of_variable(variable, left)]
    return [
        (times(weight, part), law)
        for weight, inner in left
        for part, law in _on_grid(latent(variable.address, variable.space), inner)
    ]


def as_variable(
    number: Unknown, piece: Piece, among: frozenset[Latent] | None = None
) -> tuple[Latent, Piece] | None:
    """The piece in which one variable has been replaced by the number, which is linear in it; None if none is.

    among: the variables that may be replaced, if not all of them.

    With u = a x + b the density of u is that of x at (u - b) / a, divided by |a|.
    """
    if len(number.terms) == 1:
        ((monomial, coefficient),) = number.terms.items()
        if len(monomial) == 1 and coefficient == 1:
            ((atom, power),) = monomial
            if isinstance(atom, Latent) and power == 1 and atom in piece.latents:
                return atom, piece
    for old in reversed(piece.latents):
        if old not in (number.latents if among is None else among & number.latents):
            continue
        powers = in_powers(number, old)
        if powers is None or not set(powers) <= {0, 1} or isinstance(powers[1], Unknown):
            continue
        new = Latent((*old.address, "value#"), old.space)
        value = (latent(new.address, new.space) - powers.get(0, ZERO)) / powers[1]
        made = _replaced(piece, old, new, value, abs(powers[1]))
        if made is not None:
            return new, made
    return None


def _replaced(piece: Piece, old: Latent, new: Latent, value: Number, slope: Number) -> Piece | None:
    world = new.space
    assert isinstance(world, World)
    made: Piece | None = Piece(latents=(*(v for v in piece.latents if v != old), new))
    before = world.piece
    try:
        for bound in sorted(piece.region, key=lambda bound: len(bound.terms)):
            made = None if made is None else made.where(substituted(bound, old, value))
        if made is None:
            return None
        world.piece = made  # the signs of what stands under logarithms and powers follow from the bounds
        factor = substituted(piece.factor, old, value) / slope
        return replace(made, exponent=substituted(piece.exponent, old, value), factor=factor)
    except (Undecided, NeedsValue):
        return None
    finally:
        world.piece = before


def _of_variable(variable: Latent, left: list[tuple[LogWeight, Piece]]) -> tuple[LogWeight, Part]:
    """The law of the only variable of some pieces, whose densities add up."""
    if len(left) == 1:
        ((weight, piece),) = left
        found = recognised(variable, piece)
        if found is not None:
            return times(weight, log_mass(piece)), Family(found)
    nodes = _summed(variable, left)
    shares = np.exp(nodes.log_weights - nodes.log_mass)
    return nodes.log_mass, Normals(shares, nodes.points, np.zeros(shares.shape))


def _summed(variable: Latent, left: list[tuple[LogWeight, Piece]]) -> Nodes:
    ranges = [piece.ranges.get(variable, (-inf, inf)) for _, piece in left]

    def log_density(x: Floats) -> Floats:
        logs, signs = [], []
        for weight, piece in left:
            points = {variable: x}
            factor = np.broadcast_to(values_at(piece.factor, points), x.shape)
            with np.errstate(all="ignore"):
                found = values_at(piece.exponent, points) + float(weight) + np.log(np.abs(factor))
            logs.append(np.where(inside(piece, points), found, -inf))
            signs.append(np.sign(factor))
        high = np.max(logs, axis=0)
        safe = np.where(np.isfinite(high), high, 0.0)
        total = np.sum([s * np.exp(v - safe) for s, v in zip(signs, logs, strict=True)], axis=0)
        with np.errstate(all="ignore"):
            return np.asarray(np.where(total > 0, safe + np.log(total), -inf))

    return integrate(log_density, min(low for low, _ in ranges), max(high for _, high in ranges))


def recognised(variable: Latent, piece: Piece) -> FamilyLaw | None:
    """The family that the density of the only variable of a piece belongs to; None if to none of the usual."""
    shape = shape_in(piece.exponent, variable)
    if shape is None or isinstance(piece.factor, Unknown) or isinstance(shape.log, Unknown):
        return None
    powers, a = shape.powers, shape.log
    low, high = _bounds(variable, piece)
    if set(powers) <= {1, 2} and 2 in powers and a == 0 and not shape.logs and (low, high) == (None, None):
        precision = powers[2] * -2
        return _family("Normal", powers.get(1, ZERO) / precision, UNIT / precision, variant=1)
    if shape.logs:
        ((total, b), *others) = shape.logs.items()
        ends = in_powers(total, variable) or {}
        if others or powers or (low, high) != (0, 1) or ends != {0: 1, 1: -1}:
            return None
        return _family("Beta", a + 1, b + 1)
    if (low, high) == (0, None) and set(powers) == {1}:
        return _family("Gamma", a + 1, -powers[1])
    if (low, high) == (0, None) and set(powers) == {-1}:
        return _family("InverseGamma", -a - 1, -powers[-1])
    if not powers and (low, high) == (0, 1):
        return _family("Beta", a + 1, UNIT)
    if not powers and a == 0 and low is not None and high is not None:
        return _family("Uniform", low, high)
    return None


def _family(name: str, *parameters: Number, variant: int = 0) -> FamilyLaw | None:
    exact = not any(isinstance(p, float) for p in parameters)
    found = make_law(name, parameters, variant, exact=exact, call=_no_call)
    return found if isinstance(found, FamilyLaw) else None


def _no_call(*_: object) -> Value:
    raise AssertionError("a family calls no function")


def _bounds(variable: Latent, piece: Piece) -> tuple[Number | None, Number | None]:
    lows: list[Number] = []
    highs: list[Number] = []
    for bound in piece.region:
        powers: Powers = in_powers(bound, variable) or {}
        if not set(powers) <= {0, 1} or 1 not in powers:
            return inf, inf
        at = -powers.get(0, ZERO) / powers[1]
        (lows if powers[1] > 0 else highs).append(at)
    return max(lows, default=None), min(highs, default=None)


def _on_grid(number: Unknown, piece: Piece) -> list[tuple[LogWeight, Part]]:
    """The law of a number with up to two variables on a grid."""
    found: list[tuple[LogWeight, Part]] = []
    for weight, left in settled(piece, number.latents):
        grid_ = _grid_for(number, left)
        moments = grid_.mean_and_variance(number)
        assert moments is not None
        means, variances = moments
        law = Normals(grid_.shares, means, np.sqrt(np.maximum(variances, 0.0)))
        found.append((times(weight, grid_.log_mass), law))
    return found


def _grid_for(number: Unknown, piece: Piece) -> Grid:
    try:
        made = grid(piece)
        if made.mean_and_variance(number) is not None:
            return made
    except TooMany:
        pass
    return grid(piece, number.latents)


def mixed(contributions: Iterable[tuple[Real, Number, Piece]]) -> Mixed:
    """The law of a variable that has these values under these pieces, each with its probability."""
    atoms: dict[Real, Real] = {}
    sums: dict[tuple[Unknown, Piece], Real] = {}
    for share, value, piece in contributions:
        if isinstance(value, Unknown):
            sums[value, piece] = sums.get((value, piece), Fraction(0)) + share
        else:
            at = value if isinstance(value, float) else Fraction(value)
            atoms[at] = atoms.get(at, Fraction(0)) + share
    parts: list[tuple[Real, Part]] = []
    for (value, piece), share in sums.items():
        found = law_of(value, piece)
        own = total([weight for weight, _ in found])
        parts += [(share * share_of(weight, own), law) for weight, law in found]
    return Mixed(tuple(sorted(atoms.items())), tuple(parts))
