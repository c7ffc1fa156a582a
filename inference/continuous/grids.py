"""Pieces without a closed form: up to two variables on a grid, a normal block integrated out at each point.

The variables that enter the exponent as a quadratic form, given the others, are integrated out by linear
algebra: with e^(c + h'x - x'Jx / 2) the mass is (2π)^(n/2) |J|^(-1/2) e^(c + h' J⁻¹ h / 2), the mean J⁻¹ h,
the covariance J⁻¹. The others are integrated by quadrature, the second for each value of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import inf, log

import numpy as np

from pplc.inference.continuous.blocks import block_and_bounds, block_at, bounded_variables
from pplc.inference.continuous.evaluation import Floats, Points, inside, sizes_at, values_at
from pplc.inference.continuous.hills import Hills, integrated, parted
from pplc.inference.continuous.intervals import between, intervals, outer_first
from pplc.inference.continuous.peaks import Interval, Rows
from pplc.inference.continuous.piece import Piece, World, look
from pplc.inference.continuous.quadrature import Nodes
from pplc.inference.continuous.ridges import on_rows
from pplc.inference.continuous.rows import integrate_rows
from pplc.inference.continuous.slabs import (
    Slab,
    Slice,
    linear_in,
    rows_of,
)
from pplc.inference.continuous.wedges import Corner, Wedge
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    Latent,
    Unknown,
    mentions,
)
from pplc.semantics.symbolic.ranges import Range
from pplc.semantics.values import Fault

NEGLIGIBLE = 40.0
"""Log of the share of the mass of a point of the first variable that is not worth points of the second."""

ROUGHEST = 1e-2
"""Error of an integral, as a share of it, above which it counts as none."""

LARGEST = 1e15
"""Log of an integral above which a density grows without end."""

REMEMBERED = 16
"""Grids of two variables that are kept for programs that are run again, for other queries."""

TO_THE_LAST = 1e-11
"""Share of a mass that may be lost in what bounds a block, before a grid over one more variable is tried."""


ROUNDING = 2.0**-50
"""Error of a float that is computed in some steps, as a share of it."""


class TooMany(Fault):
    """More variables are left than a grid can take."""

    def __init__(self, left: tuple[Latent, ...], most: int) -> None:
        named = ", ".join(f"`{variable}`" for variable in left[:MOST_NAMED])
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        super().__init__(
            "E0526",
            f"exact inference is left with {len(left)} continuous variables that have no closed form,"
            f" and takes at most {most}",
            f"{named}{more}",
            "choose a method that draws, such as `--method nuts`",
        )


MOST_NAMED = 4


class Infinite(Fault):
    """An integral that is infinite: proved to be, or as far as can be told."""

    def __init__(self, over: Iterable[Latent], *, proved: bool = False) -> None:
        doubt = "" if proved else ", or too rough to be found numerically"
        super().__init__(
            "E0524",
            f"the integral over {', '.join(f'`{variable}`' for variable in over)} is infinite{doubt}",
            "the weights do not fall off",
            "no posterior exists unless they do",
        )


@dataclass(frozen=True)
class Grid:
    """A piece as weighted points of some variables, the others normal given these.

    points:      of the variables on the grid, arrays of one length.
    log_weights: log of the mass at each point. log_mass: of all. error: estimated, as a share of the mass.
    block:       the normal variables, their means [point, i] and covariances [point, i, j].
    slab:        what bounds them; the moments of the block are those without it.
    rows:        of two variables the one that was integrated over last, and its density; a row of points
                 has one value of it.
    """

    points: Points
    log_weights: Floats
    log_mass: float
    error: float
    block: tuple[Latent, ...]
    piece: Piece
    slab: Slab | Wedge | None = None
    rows: tuple[Latent, Nodes] | None = None

    @cached_property
    def shares(self) -> Floats:
        """The probability of each point."""
        return np.exp(self.log_weights - self.log_mass)

    @cached_property
    def moments(self) -> tuple[Floats, Floats]:
        """Means and covariances of the block."""
        _, means, covariances = block_at(self.piece, self.block)(self.points)
        return means, covariances

    @cached_property
    def slice(self) -> Slice | Corner | None:
        """What bounds the block, at every point; None if nothing does."""
        return None if self.slab is None else self.slab.at(self.points, *self.moments)

    def normal(self, number: Number) -> tuple[Floats, Floats, Floats] | None:
        """Mean and variance of a number at every point, without what bounds the block, and its slopes.

        None unless the number is linear in the block; slopes [point, place].
        """
        linear = linear_in(number, self.block)
        if linear is None:
            return None
        size = len(self.log_weights)
        mean = np.broadcast_to(values_at(linear.constant, self.points), (size,)).astype(np.float64)
        variance = np.zeros(size)
        rows = np.zeros((size, len(self.block)))
        if linear.slopes:
            means, covariances = self.moments
            rows = rows_of(linear.slopes, self.points, means.shape)
            mean = mean + (rows * means).sum(1)
            variance = np.einsum("ni,nij,nj->n", rows, covariances, rows)
        return mean, np.maximum(variance, 0.0), rows


def grid(
    piece: Piece,
    wanted: frozenset[Latent] = frozenset(),
    *,
    most: int = 2,
    outer: Latent | None = None,
) -> Grid:
    """The grid of a piece; `wanted` must lie on it. `TooMany` if it would have more than two variables.

    most:  sums of normal variables that may be bounded without lying on it.
    outer: of two variables the one to integrate over last, if that is possible.
    """
    world = piece.latents[0].space
    assert isinstance(world, World)
    known = world.grids.get((piece, wanted, most, outer))
    if known is None:
        known = _grid(piece, wanted, world, most, outer)
        if len(known.points) > 1:  # those of one variable are found sooner than they are kept
            world.grids[piece, wanted, most, outer] = known
    assert isinstance(known, Grid)
    return known


def _grid(piece: Piece, wanted: frozenset[Latent], world: World, most: int, outer: Latent | None) -> Grid:
    block, slab = block_and_bounds(piece, wanted, most)
    left = tuple(variable for variable in piece.latents if variable not in block)
    if len(left) > world.grid:
        raise TooMany(left, world.grid)
    try:
        if slab is None and len(left) == 2:
            made = _of_two(piece, frozenset(piece.ranges.items()), block, left, outer)
        else:
            made = _made(piece, block, left, slab, outer)
        if slab is not None and made.log_mass == -inf:
            raise Infinite(block)
    except Infinite as infinite:
        if slab is None:
            raise
        try:  # between planes a form may grow, or be flat, which the block's rule does not allow for
            return grid(piece, wanted | bounded_variables(piece) & set(block), most=most, outer=outer)
        except TooMany:
            raise infinite from None
    if slab is not None and made.slice is not None and made.log_mass > -inf:
        lost = made.slice.lost(made.shares)
        if lost > TO_THE_LAST:
            try:
                return grid(piece, wanted, most=1, outer=outer)
            except TooMany:
                pass
        made = replace(made, error=made.error + lost)
    if isinstance(piece.factor, Unknown) and made.log_mass > -inf:
        made = replace(made, error=made.error + _cancelled(piece.factor, made))
    if made.error > ROUGHEST or made.log_mass > LARGEST:
        raise Infinite(left or block)
    return made


def _cancelled(factor: Unknown, made: Grid) -> float:
    """The share of the mass that rounding may have taken: a polynomial may be a difference of large terms."""
    with np.errstate(all="ignore"):
        larger = sizes_at(factor, made.points) / np.abs(values_at(factor, made.points))
    return ROUNDING * float(made.shares @ np.where(made.shares > 0, larger - 1, 0.0))


@lru_cache(maxsize=REMEMBERED)
def _of_two(
    piece: Piece,
    ranges: frozenset[tuple[Latent, Range]],  # noqa: ARG001  # which do not count when pieces are compared
    block: tuple[Latent, ...],
    left: tuple[Latent, ...],
    last: Latent | None,
) -> Grid:
    return _made(piece, block, left, None, last)


def _made(
    piece: Piece,
    block: tuple[Latent, ...],
    left: tuple[Latent, ...],
    slab: Slab | Wedge | None,
    last: Latent | None,
) -> Grid:
    form = block_at(piece, block)
    whole = piece
    # What bounds the block is in the slab.
    piece = replace(piece, region=frozenset(b for b in piece.region if b.latents.isdisjoint(block)))

    def log_density(points: Points) -> Floats:
        if len(left) > 1:
            look(left)
        found, *moments = form(points)
        if slab is not None:
            found = found + slab.at(points, *moments).log_mass
        if isinstance(piece.factor, Unknown):
            with np.errstate(all="ignore"):
                found = found + np.log(values_at(piece.factor, points))
        elif piece.factor != 1:
            found = found + log(float(piece.factor))
        found = np.where(inside(piece, points), found, -inf)
        if (found == inf).any():
            raise Infinite(block or left)
        return found

    order = outer_first(piece, left, last)
    if not order:
        one = np.zeros(1)
        found = log_density({block[0]: one})
        return Grid({block[0]: one}, found, float(found[0]), 0.0, block, whole, slab)
    if len(order) == 1:
        (variable,) = order
        hills = Hills(piece, variable).at({})
        nodes = integrated(lambda x: log_density({variable: x}), intervals(piece, variable, {}), hills)
        return Grid(
            {variable: nodes.points}, nodes.log_weights, nodes.log_mass, nodes.error, block, whole, slab
        )
    outer, inner = order
    known = None if block else on_rows(piece, outer, inner)
    if known is not None:
        nodes, points, log_weights = known
        return Grid(points, log_weights, nodes.log_mass, nodes.error, block, whole, slab, (outer, nodes))
    rows: dict[float, Nodes] = {}
    inner_hills = Hills(piece, inner)
    free = all(not mentions(bound, inner) or len(bound.latents) == 1 for bound in piece.region)
    fixed = intervals(piece, inner, {}) if free else None

    def lines(values: Floats) -> Iterator[Interval]:
        hills = inner_hills.at_each({outer: values})
        rows = np.repeat(np.arange(len(values)), [len(row) for row in hills])
        tops = np.array([hill.at for row in hills for hill in row])
        heights = log_density({outer: values[rows], inner: tops}) if len(tops) else tops
        ends = np.cumsum([len(row) for row in hills])
        for row, (own, at) in enumerate(zip(hills, np.split(heights, ends[:-1]), strict=True)):
            own_lines = intervals(piece, inner, {outer: values[row : row + 1]}) if fixed is None else fixed
            for low, high in own_lines:
                for part in parted(own, at, low, high):
                    yield Interval(row, *part)

    def of_outer(x: Floats) -> Floats:
        new = [at for at in x.tolist() if at not in rows]
        values = np.array(new)

        def of_inner(row: Rows, y: Floats) -> Floats:
            return log_density({outer: values[row], inner: y})

        if new:
            found = integrate_rows(of_inner, list(lines(values)), len(new))
            rows.update(zip(new, found, strict=True))
        return np.array([rows[at].log_mass for at in x.tolist()])

    usual = {inner: np.array([between(*piece.reach(inner))])}
    nodes = integrated(of_outer, intervals(piece, outer, {}), Hills(piece, outer).at(usual))
    of_outer(nodes.points)
    heavy = nodes.log_weights > nodes.log_mass - NEGLIGIBLE
    xs: list[Floats] = []
    ys: list[Floats] = []
    weights: list[Floats] = []
    for at, weight in zip(nodes.points[heavy].tolist(), nodes.log_weights[heavy].tolist(), strict=True):
        inner_nodes = rows[at]
        if inner_nodes.log_mass > -inf:
            xs.append(np.full(inner_nodes.points.shape, at))
            ys.append(inner_nodes.points)
            weights.append(inner_nodes.log_weights - inner_nodes.log_mass + weight)
    # The rows' errors are shares of the rows, so that theirs of the whole is their mean.
    error = nodes.error + float(nodes.shares @ np.array([rows[at].error for at in nodes.points.tolist()]))
    points = {outer: np.concatenate(xs), inner: np.concatenate(ys)} if xs else {}
    return Grid(
        points,
        np.concatenate(weights) if weights else np.empty(0),
        nodes.log_mass,
        error,
        block,
        whole,
        slab,
        (outer, nodes),
    )
