"""Independent draws of the variables of a piece, from the density it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from math import exp, inf, log
from typing import Any, Protocol, TypeAlias, cast

import numpy as np

from pplc.inference.continuous.components import components
from pplc.inference.continuous.evaluation import Floats, Points, inside, values_at
from pplc.inference.continuous.grids import Grid, TooMany, grid
from pplc.inference.continuous.hills import Hills, integrated
from pplc.inference.continuous.integrals import integrate_out
from pplc.inference.continuous.marginals import recognised
from pplc.inference.continuous.masses import by_use, log_mass
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.polynomials import substituted
from pplc.inference.continuous.quadrature import Nodes
from pplc.inference.continuous.slabs import Slice
from pplc.semantics.measure import is_zero, share
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import log_ndtr, log_ndtri, ndtri
from pplc.semantics.symbolic.contents import replaced
from pplc.semantics.symbolic.expression import Latent, Unknown

Values: TypeAlias = dict[Latent, float]

LEAST = 1e-300
"""A uniform variable of 0 counts as this."""


class Draws:
    """Draws from pieces; what they need is found once for each."""

    def __init__(self) -> None:
        self._known: dict[Piece, _Way] = {}

    def draw(self, piece: Piece, source: Source) -> Values:
        """The variables of a piece, drawn jointly. `TooMany` if there are no rules for that."""
        if not piece.latents:
            return {}
        known = self._known.get(piece)
        if known is None:
            known = self._known[piece] = _way(piece)
        return known.draw(source, self)


def valued(value: Any, at: Mapping[Latent, float]) -> Any:
    """A value with the numbers in it that depend on variables replaced by what they are there."""
    points: Points = {latent: np.array([x]) for latent, x in at.items()}

    def change(number: Unknown) -> Any:
        return float(values_at(number, points)[0])

    return replaced(value, change)


class _Way(Protocol):
    def draw(self, source: Source, draws: Draws) -> Values: ...


def _way(piece: Piece) -> _Way:
    if len(piece.latents) == 1:
        return _One(piece)
    parts = components(piece)
    if len(parts) > 1:
        return _Apart(parts)
    try:
        return _Grids(grid(piece, most=1))
    except TooMany:
        for variable in by_use(piece, frozenset()):
            found = integrate_out(piece, variable, whole=True)
            if found is not None:
                return _Steps(piece, variable, [left for _, left in found])
        raise


class _Apart:
    """Variables that are independent: each component is drawn by itself."""

    def __init__(self, parts: tuple[Piece, ...]) -> None:
        self._parts = parts

    def draw(self, source: Source, draws: Draws) -> Values:
        return {variable: x for part in self._parts for variable, x in draws.draw(part, source).items()}


class _Grids:
    """A piece on a grid: a point of it, and the normal block given that point."""

    def __init__(self, made: Grid) -> None:
        self._grid = made

    @cached_property
    def _below(self) -> Floats:
        return np.cumsum(self._grid.shares)

    def draw(self, source: Source, draws: Draws) -> Values:
        made = self._grid
        on = [variable for variable in made.points if variable not in made.block]
        u = source.uniform()
        if len(on) == 1 and not made.block:
            middle = self._below - 0.5 * made.shares
            return {on[0]: float(np.interp(u, middle, made.points[on[0]]))}
        k = min(int(np.searchsorted(self._below, u)), len(self._below) - 1)
        found = {variable: float(made.points[variable][k]) for variable in on}
        if made.block:
            means, covariances = made.moments
            factor = cast(Floats, np.linalg.cholesky(covariances[k]))
            noise: Floats = np.array([ndtri(source.uniform()) for _ in made.block])
            values: Floats = means[k] + factor.dot(noise)
            if isinstance(made.slice, Slice):
                values = self._between(made.slice, k, values, source)
            found |= {v: float(x) for v, x in zip(made.block, values, strict=True)}
        return found

    @staticmethod
    def _between(slab: Slice, k: int, values: Floats, source: Source) -> Floats:
        """A draw of the block with the sum that is bounded replaced by one between its bounds."""
        sd, slopes, along = slab.sd[k], slab.slopes[k], slab.along[k]
        if sd == 0:
            return values
        low, high = float(slab.low[k]), float(slab.high[k])
        sign = -1.0 if low > 0 else 1.0  # in the lower tail Φ has all its digits
        below, above = sorted((sign * low, sign * high))
        first, last = log_ndtr(below) if below > -inf else -inf, log_ndtr(above) if above < inf else 0.0
        u = source.uniform()
        z = sign * min(max(log_ndtri(last + log(max(u + (1 - u) * exp(first - last), LEAST))), below), above)
        return np.asarray(values + along / sd * (z + (slab.mean[k] - slopes @ values) / sd))


class _Steps:
    """A piece one variable of which is drawn given the others, and these from what is left without it."""

    def __init__(self, piece: Piece, variable: Latent, cases: list[Piece]) -> None:
        self._piece, self._variable = piece, variable
        masses = [(case, log_mass(case)) for case in cases]
        self._cases = [(case, mass) for case, mass in masses if not is_zero(mass)]

    def draw(self, source: Source, draws: Draws) -> Values:
        high = max((mass for _, mass in self._cases), key=float)
        weights = [float(share(mass, high)) for _, mass in self._cases]
        case = self._cases[source.choose(weights) if len(weights) > 1 else 0][0]
        found = draws.draw(case, source)
        piece = self._piece
        for variable, value in found.items():
            piece = _fixed(piece, variable, value)
        return {**found, **_One(piece).draw(source, draws)}


def _fixed(piece: Piece, variable: Latent, value: float) -> Piece:
    """The piece where one variable has a value."""
    left = tuple(v for v in piece.latents if v != variable)
    made: Piece = Piece(latents=left)
    for bound in piece.region:
        narrowed = made.where(substituted(bound, variable, value))
        made = made if narrowed is None else narrowed
    world = variable.space
    assert isinstance(world, World)
    world.piece = made
    return replace(
        made,
        exponent=substituted(piece.exponent, variable, value),
        factor=substituted(piece.factor, variable, value),
    )


class _One:
    """The only variable of a piece: of a family, or by inversion of its cdf."""

    def __init__(self, piece: Piece) -> None:
        (self._variable,) = piece.latents
        self._piece = piece
        self._law = recognised(self._variable, piece)

    @cached_property
    def _nodes(self) -> Nodes:
        piece, variable = self._piece, self._variable
        low, high = piece.ranges.get(variable, (-np.inf, np.inf))

        def log_density(x: Floats) -> Floats:
            points = {variable: x}
            with np.errstate(all="ignore"):
                found = values_at(piece.exponent, points) + np.log(values_at(piece.factor, points))
            return np.where(inside(piece, points), found, -np.inf)

        return integrated(log_density, [(low, high)], Hills(piece, variable).at({}))

    def draw(self, source: Source, draws: Draws) -> Values:
        if self._law is not None:
            return {self._variable: float(self._law.draw(source))}  # type: ignore[arg-type]
        return {self._variable: float(np.interp(source.uniform(), self._nodes.below, self._nodes.points))}
