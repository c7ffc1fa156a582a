"""The law of a number under a piece: recognised as one of a family, or found on a grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import inf, log

import numpy as np

from pplc.inference.continuous.blocks import block_and_bounds
from pplc.inference.continuous.centres import at_centres, centred, centred_with
from pplc.inference.continuous.changes import (
    as_multiple,
    as_variable,
    with_inner_variables,
    with_planes_as_variables,
)
from pplc.inference.continuous.components import about, components
from pplc.inference.continuous.evaluation import Floats, inside, sizes_at, values_at
from pplc.inference.continuous.expectations import Contribution, moments_of
from pplc.inference.continuous.grids import Grid, TooMany, grid
from pplc.inference.continuous.hills import Hills, integrated
from pplc.inference.continuous.integrals import MOST_LOST
from pplc.inference.continuous.laws import Density, Family, Image, Mixed, Normals, Part, Real
from pplc.inference.continuous.masses import log_mass, product, settled
from pplc.inference.continuous.piece import NOTHING, UNIT, Piece
from pplc.inference.continuous.polynomials import Powers, in_powers, of_power, shape_in
from pplc.inference.continuous.quadrature import Nodes
from pplc.semantics.laws import FamilyLaw, make_law
from pplc.semantics.measure import share, times, total
from pplc.semantics.number import LogWeight, log_ratio
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Unknown, latent
from pplc.semantics.values import Value

FEW = 4
"""Variables of a piece up to which mean and variance of a number are proved where its law is reported."""

MOST_BOUNDED = 2
"""Sums of a normal block that may be bounded."""

MANY = 8
"""Variables of a piece from which on a normal block is handled by linear algebra, in floats."""


class Marginals:
    """The laws of numbers that depend on continuous variables; what they share is found once."""

    def __init__(self) -> None:
        self._blocks: dict[Piece, Grid | None] = {}
        self._parts: dict[Piece, tuple[Piece, ...]] = {}
        self._mixed: dict[tuple[Contribution, ...], Mixed] = {}

    def mixed(self, contributions: Iterable[tuple[Real, Number, Piece]]) -> Mixed:
        """The law of a variable that has these values under these pieces, each with its probability."""
        listed = tuple(contributions)  # what is returned is often a variable once more
        if listed not in self._mixed:
            self._mixed[listed] = self._mixture(listed)
        return self._mixed[listed]

    def _mixture(self, contributions: Iterable[Contribution]) -> Mixed:
        atoms: dict[Real, Real] = {}
        sums: dict[tuple[Unknown, Piece], Real] = {}
        for chance, value, piece in contributions:
            if isinstance(value, Unknown):
                if piece not in self._parts:
                    self._parts[piece] = components(piece)
                piece = about(self._parts[piece], value.latents)
                sums[value, piece] = sums.get((value, piece), Fraction(0)) + chance
            else:
                at = value if isinstance(value, float) else Fraction(value)
                atoms[at] = atoms.get(at, Fraction(0)) + chance
        parts: list[tuple[Real, Part]] = []
        for (value, piece), chance in sums.items():
            found = self.law_of(value, piece)
            own = total([weight for weight, _ in found])
            parts += [(chance * share(weight, own), law) for weight, law in found]
        listed: list[Contribution] = [(chance, value, piece) for (value, piece), chance in sums.items()]
        if (
            all(isinstance(law, Family) for _, law in parts)
            or max(len(p.latents) for _, _, p in listed) > FEW
        ):
            return Mixed(tuple(sorted(atoms.items())), tuple(parts))
        listed += [(chance, at, NOTHING) for at, chance in atoms.items()]
        return Mixed(tuple(sorted(atoms.items())), tuple(parts), partial(moments_of, listed))

    def law_of(self, number: Unknown, piece: Piece) -> list[tuple[LogWeight, Part]]:
        """The law of a number under a piece, as parts with their masses, which sum to that of the piece."""
        if len(piece.latents) > MANY:
            block = self._block(piece)
            if block is not None:
                near, moved = centred_with(number, piece)
                law = _law_on(near, moved.piece, block) if moved is centred(piece) else None
                if law is not None:
                    return [(times(moved.weight, block.log_mass), law)]
        changed = as_variable(number, piece) or as_multiple(number, piece)
        if changed is None:
            return _on_grid(*with_inner_variables(number, piece))
        variable, piece = changed
        piece = with_planes_as_variables(piece, frozenset({variable}))
        left = settled(piece, frozenset({variable}))
        if all(inner.latents == (variable,) for _, inner in left):
            found = _of_variable(variable, left)
            if found is not None:
                return [found]
            # Closed forms of what is over the others cancel: by quadrature over these as well.
            return _on_grid(latent(variable.address, variable.space), piece, frozenset(piece.latents))
        left = settled(piece, frozenset({variable}), whole=True)
        return [
            (times(weight, part), law)
            for weight, inner in left
            for part, law in _on_grid(latent(variable.address, variable.space), inner)
        ]

    def _block(self, piece: Piece) -> Grid | None:
        if piece not in self._blocks:
            try:
                self._blocks[piece] = grid(centred(piece).piece)
            except TooMany:
                self._blocks[piece] = None
        return self._blocks[piece]


def _normals(number: Number, on: Grid) -> Part | None:
    """The law of a number that is linear in the normal block of a grid."""
    moments = on.normal(number)
    if moments is None:
        return None
    means, variances, rows = moments
    sds = np.sqrt(variances)
    law = None if on.slice is None else on.slice.law(on.shares, means, sds, rows)
    if law is not None:
        return law
    if len(means) == 1 and sds[0] > 0:
        found = _family("Normal", float(means[0]), float(sds[0]))
        return None if found is None else Family(found)
    return Normals(on.shares, means, sds)


def _of_variable(variable: Latent, left: list[tuple[LogWeight, Piece]]) -> tuple[LogWeight, Part] | None:
    """The law of the only variable of some pieces, whose densities add up; None if their digits cancel."""
    if len(left) == 1:
        ((weight, piece),) = left
        found = recognised(variable, piece)
        if found is not None:
            return times(weight, log_mass(piece)), Family(found)
    centres: Mapping[Latent, Fraction] = centred(left[0][1]).centres
    moved = [(weight, at_centres(piece, centres)) for weight, piece in left]
    if any(made.centres != centres for _, made in moved):
        centres = dict[Latent, Fraction]()
        moved = [(weight, at_centres(piece, centres)) for weight, piece in left]
    near = [(times(weight, made.weight), made.piece) for weight, made in moved]
    largest = max((weight for weight, _ in near), key=float)
    nodes = _summed(variable, [(log_ratio(weight, largest), piece) for weight, piece in near])
    if nodes is None:
        return None
    return times(largest, nodes.log_mass), Density(nodes, centres.get(variable, Fraction(0)))


def _summed(variable: Latent, left: list[tuple[float, Piece]]) -> Nodes | None:
    ranges = [piece.ranges.get(variable, (-inf, inf)) for _, piece in left]

    def log_densities(x: Floats) -> tuple[Floats, Floats]:
        """Of the sum, and of that of the sizes of all terms."""
        logs: list[Floats] = []
        signs: list[Floats] = []
        sizes: list[Floats] = []
        for weight, piece in left:
            points = {variable: x}
            factor = np.broadcast_to(values_at(piece.factor, points), x.shape)
            with np.errstate(all="ignore"):
                found = values_at(piece.exponent, points) + weight
                within = inside(piece, points)
                logs.append(np.where(within, found + np.log(np.abs(factor)), -inf))
                sizes.append(np.where(within, found + np.log(sizes_at(piece.factor, points)), -inf))
            signs.append(np.sign(factor))
        high = np.max(logs, axis=0)
        safe = np.where(np.isfinite(high), high, 0.0)
        signed = [sign * np.exp(log - safe) for sign, log in zip(signs, logs, strict=True)]
        whole: Floats = np.sum(signed, axis=0)
        with np.errstate(all="ignore"):
            found = np.asarray(np.where(whole > 0, safe + np.log(whole), -inf))
            return found, np.asarray(np.logaddexp.reduce(sizes, axis=0))

    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    hills = [hill for _, piece in left for hill in Hills(piece, variable).at({})]
    nodes = integrated(lambda x: log_densities(x)[0], [(low, high)], hills)
    if all(not isinstance(piece.factor, Unknown) and piece.factor > 0 for _, piece in left):
        return nodes
    sums, sizes = log_densities(nodes.points)
    with np.errstate(all="ignore"):
        whole = np.logaddexp.reduce(nodes.log_weights + np.where(sums > -inf, sizes - sums, 0.0))
    return None if nodes.log_mass - whole < log(MOST_LOST) else nodes


def recognised(variable: Latent, piece: Piece) -> FamilyLaw | None:
    """The family to which the density of the only variable of a piece belongs; None if to none here."""
    shape = shape_in(piece.exponent, variable)
    if shape is None or isinstance(piece.factor, Unknown) or isinstance(shape.log, Unknown):
        return None
    powers, a = shape.powers, shape.log
    low, high = _bounds(variable, piece)
    if inf in (low, high):
        return None
    if set(powers) <= {1, 2} and 2 in powers and a == 0 and not shape.logs and (low, high) == (None, None):
        precision = powers[2] * -2
        return _family("Normal", of_power(powers, 1) / precision, UNIT / precision, variant=1)
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
    """The ends of the only variable of a piece; infinity for what is no interval."""
    lows: list[Number] = []
    highs: list[Number] = []
    for bound in piece.region:
        powers: Powers = in_powers(bound, variable) or {}
        if not set(powers) <= {0, 1} or 1 not in powers:
            return inf, inf
        at = -of_power(powers, 0) / powers[1]
        (lows if powers[1] > 0 else highs).append(at)
    return max(lows, default=None), min(highs, default=None)


def _on_grid(
    number: Unknown, piece: Piece, keep: frozenset[Latent] = frozenset()
) -> list[tuple[LogWeight, Part]]:
    """The law of a number with up to two variables on a grid.

    keep: more variables that are not integrated out in closed form.
    """
    found: list[tuple[LogWeight, Part]] = []
    for weight, whole in settled(piece, number.latents | keep, whole=True):
        parts = components(whole)
        others = (part for part in parts if number.latents.isdisjoint(part.latents))
        weight = times(weight, product(map(log_mass, others)))
        near, moved = centred_with(number, about(parts, number.latents))
        weight = times(weight, moved.weight)
        made = _grid_for(near, moved.piece)
        law = _law_on(near, moved.piece, made)
        assert law is not None
        found.append((times(weight, made.log_mass), law))
    return found


def _law_on(number: Number, piece: Piece, made: Grid) -> Part | None:
    """The law of a number on a grid of a piece; None if it is not linear in the block.

    Of a number of one variable by its density, which is smooth between points; of others by points.
    """
    on = [variable for variable in made.points if variable not in made.block]
    if isinstance(number, Unknown) and len(number.latents) == 1 and made.log_mass > -inf:
        (variable,) = number.latents
        nodes = _nodes(variable, piece, made, on) if variable in on else None
        if nodes is not None:
            return Image(Density(nodes), _function(number, variable))
    return _normals(number, made)


def _nodes(variable: Latent, piece: Piece, made: Grid, on: Sequence[Latent]) -> Nodes | None:
    """The density of a variable on a grid; None if no grid integrates over it last."""
    if len(on) == 1:
        return Nodes(made.points[variable], made.log_weights, made.log_mass, made.error)
    if made.rows is None or made.rows[0] != variable:
        made = grid(piece, frozenset({variable}), outer=variable)
    return made.rows[1] if made.rows is not None and made.rows[0] == variable else None


def _function(number: Number, variable: Latent) -> Callable[[Floats], Floats]:
    return lambda x: values_at(number, {variable: x})


def _grid_for(number: Unknown, piece: Piece) -> Grid:
    if _alone(number, piece):
        return grid(piece, number.latents)
    try:
        made = grid(piece)
        if made.normal(number) is not None:
            return made
    except TooMany:
        pass
    return grid(piece, number.latents)


def _alone(number: Unknown, piece: Piece) -> bool:
    """Whether a variable may be the only one on a grid, where another would have to be otherwise.

    Its density is then known at every point; beside another, each is a sum over all points of that.
    """
    if len(number.latents) > 1:
        return False
    usual, _ = block_and_bounds(piece, frozenset(), MOST_BOUNDED)
    own, bounds = block_and_bounds(piece, number.latents, MOST_BOUNDED)
    return bounds is not None and len(usual) == len(own) == len(piece.latents) - 1
