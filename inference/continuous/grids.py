"""Pieces without a closed form: up to two variables on a grid, a normal block integrated out at each point.

The variables that enter the exponent as a quadratic form, given the others, are integrated out by linear
algebra: with e^(c + h'x - x'Jx / 2) the mass is (2π)^(n/2) |J|^(-1/2) e^(c + h' J⁻¹ h / 2), the mean J⁻¹ h,
the covariance J⁻¹. The others are integrated by quadrature, the second for each value of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from math import inf, log, pi
from typing import TypeAlias

import numpy as np

from pplc.inference.continuous.evaluation import Floats, Points, inside, values_at
from pplc.inference.continuous.hills import Hills, integrated, parted
from pplc.inference.continuous.peaks import Interval, Rows
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.polynomials import in_powers, of_power
from pplc.inference.continuous.quadrature import Nodes
from pplc.inference.continuous.rows import integrate_rows
from pplc.inference.continuous.slabs import (
    Slab,
    Slice,
    directions,
    linear_in,
    rows_of,
)
from pplc.inference.continuous.squares import squares
from pplc.inference.continuous.wedges import Corner, Wedge, bounded
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    Applied,
    Base,
    Latent,
    Monomial,
    Unknown,
    expanded,
    made,
    mentions,
)
from pplc.semantics.symbolic.ranges import range_of
from pplc.semantics.values import Fault

NEGLIGIBLE = 40.0
"""Log of the share of the mass of a point of the first variable that is not worth points of the second."""

ROUGHEST = 1e-2
"""Error of an integral, as a share of it, above which it counts as none."""

LARGEST = 1e15
"""Log of an integral above which a density grows without end."""

TO_THE_LAST = 1e-11
"""Share of a mass that may be lost in what bounds a block, before a grid over one more variable is tried."""

FLAT = 1e-9
"""Eigenvalue of a precision, as a share of the largest, that may be one of 0 but for rounding."""

Coefficients: TypeAlias = Mapping[tuple[int, ...], Number]
"""Of a polynomial in the block: `()` the constant, `(i,)` linear, `(i, j)` with i <= j quadratic terms."""


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
    """

    points: Points
    log_weights: Floats
    log_mass: float
    error: float
    block: tuple[Latent, ...]
    piece: Piece
    slab: Slab | Wedge | None = None

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


def grid(piece: Piece, wanted: frozenset[Latent] = frozenset(), *, most: int = 2) -> Grid:
    """The grid of a piece; `wanted` must lie on it. `TooMany` if it would have more than two variables.

    most: sums of normal variables that may be bounded without lying on it.
    """
    world = piece.latents[0].space
    assert isinstance(world, World)
    known = world.grids.get((piece, wanted, most))
    if known is None:
        known = _grid(piece, wanted, world, most)
        if len(known.points) > 1:  # those of one variable are found sooner than they are kept
            world.grids[piece, wanted, most] = known
    assert isinstance(known, Grid)
    return known


def _grid(piece: Piece, wanted: frozenset[Latent], world: World, most: int) -> Grid:
    block, slab = block_and_bounds(piece, wanted, most)
    left = tuple(variable for variable in piece.latents if variable not in block)
    if len(left) > world.grid:
        raise TooMany(left, world.grid)
    try:
        made = _made(piece, block, left, slab)
        if slab is not None and made.log_mass == -inf:
            raise Infinite(block)
    except Infinite as infinite:
        if slab is None:
            raise
        try:  # between planes a form may grow, or be flat, which the block's rule does not allow for
            return grid(piece, wanted | _bounded(piece) & set(block), most=most)
        except TooMany:
            raise infinite from None
    if slab is not None and made.slice is not None and made.log_mass > -inf:
        lost = made.slice.lost(made.shares)
        if lost > TO_THE_LAST:
            try:
                return grid(piece, wanted, most=1)
            except TooMany:
                pass
        made = replace(made, error=made.error + lost)
    if made.error > ROUGHEST or made.log_mass > LARGEST:
        raise Infinite(left or block)
    return made


def _made(
    piece: Piece, block: tuple[Latent, ...], left: tuple[Latent, ...], slab: Slab | Wedge | None
) -> Grid:
    form = block_at(piece, block)
    whole = piece
    # What bounds the block is in the slab.
    piece = replace(piece, region=frozenset(b for b in piece.region if b.latents.isdisjoint(block)))

    def log_density(points: Points) -> Floats:
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

    order = _outer_first(piece, left)
    if not order:
        one = np.zeros(1)
        found = log_density({block[0]: one})
        return Grid({block[0]: one}, found, float(found[0]), 0.0, block, whole, slab)
    if len(order) == 1:
        (variable,) = order
        hills = Hills(piece, variable).at({})
        nodes = integrated(lambda x: log_density({variable: x}), _intervals(piece, variable, {}), hills)
        return Grid(
            {variable: nodes.points}, nodes.log_weights, nodes.log_mass, nodes.error, block, whole, slab
        )
    outer, inner = order
    rows: dict[float, Nodes] = {}
    inner_hills = Hills(piece, inner)
    free = all(not mentions(bound, inner) or len(bound.latents) == 1 for bound in piece.region)
    known = _intervals(piece, inner, {}) if free else None

    def intervals(values: Floats) -> Iterator[Interval]:
        hills = inner_hills.at_each({outer: values})
        rows = np.repeat(np.arange(len(values)), [len(row) for row in hills])
        tops = np.array([hill.at for row in hills for hill in row])
        heights = log_density({outer: values[rows], inner: tops}) if len(tops) else tops
        ends = np.cumsum([len(row) for row in hills])
        for row, (own, at) in enumerate(zip(hills, np.split(heights, ends[:-1]), strict=True)):
            lines = _intervals(piece, inner, {outer: values[row : row + 1]}) if known is None else known
            for low, high in lines:
                for part in parted(own, at, low, high):
                    yield Interval(row, *part)

    def of_outer(x: Floats) -> Floats:
        new = [at for at in x.tolist() if at not in rows]
        values = np.array(new)

        def of_inner(row: Rows, y: Floats) -> Floats:
            return log_density({outer: values[row], inner: y})

        if new:
            found = integrate_rows(of_inner, list(intervals(values)), len(new))
            rows.update(zip(new, found, strict=True))
        return np.array([rows[at].log_mass for at in x.tolist()])

    usual = {inner: np.array([_between(*piece.ranges.get(inner, (-inf, inf)))])}
    nodes = integrated(of_outer, _intervals(piece, outer, {}), Hills(piece, outer).at(usual))
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
    )


# ------------------------------------------------------------------ the normal block


def normal_block(piece: Piece, wanted: frozenset[Latent]) -> tuple[tuple[Latent, ...], Slab | None]:
    """The largest set found of variables in which the exponent is a quadratic form, and what bounds them.

    At most one sum of them is bounded, on one side or both.
    """
    block, slab = block_and_bounds(piece, wanted, 1)
    assert not isinstance(slab, Wedge)
    return block, slab


def block_and_bounds(
    piece: Piece, wanted: frozenset[Latent], most: int
) -> tuple[tuple[Latent, ...], Slab | Wedge | None]:
    """The same with up to `most` sums that are bounded: one or two."""
    block = quadratic_variables(piece, wanted)
    while True:
        ordered = tuple(variable for variable in piece.latents if variable in block)
        bounds = [bound for bound in piece.region if not bound.latents.isdisjoint(block)]
        found, wild = directions(bounds, ordered)
        if not wild and len(found) <= most:
            return ordered, bounded(found)
        without = {
            v: directions(bounds, tuple(other for other in ordered if other != v))
            for v in ordered
            if any(v in bound.latents for bound in bounds)
        }
        block.remove(min(without, key=lambda v: len(without[v][0]) + 2 * without[v][1]))


def quadratic_variables(piece: Piece, wanted: frozenset[Latent] = frozenset()) -> set[Latent]:
    """The largest set found of variables, but for those wanted, in which the exponent is a quadratic form."""
    factor = piece.factor.latents if isinstance(piece.factor, Unknown) else frozenset[Latent]()
    block = {v for v in piece.latents if v not in factor and v not in wanted}
    exponent = expanded(piece.exponent)
    if not isinstance(exponent, Unknown):
        return set()
    block -= _bounded(piece) - _curved(exponent, piece)
    while True:
        faults: dict[Latent, int] = {}
        for monomial in exponent.terms:
            for variable in _misfits(monomial, block):
                faults[variable] = faults.get(variable, 0) + 1
        if not faults:
            return block
        block.remove(max(faults, key=faults.__getitem__))


def _bounded(piece: Piece) -> frozenset[Latent]:
    return frozenset(latent for bound in piece.region for latent in bound.latents)


def _curved(exponent: Unknown, piece: Piece) -> frozenset[Latent]:
    """The variables whose squares stand in an exponent, with coefficients that may be negative."""
    found: dict[Latent, dict[Monomial, object]] = {}
    for monomial, coefficient in exponent.terms.items():
        for atom, power in monomial:
            if isinstance(atom, Latent) and power == 2:
                found.setdefault(atom, {})[monomial - {(atom, power)}] = coefficient
    return frozenset(
        variable
        for variable, terms in found.items()
        if range_of(made(exponent.space, terms), piece.ranges).lower < 0  # type: ignore[arg-type]
    )


def _misfits(monomial: Monomial, block: set[Latent]) -> Iterator[Latent]:
    """The variables of the block for which a term is no part of a quadratic form in it."""
    degree = 0
    members: list[Latent] = []
    for atom, exponent in monomial:
        match atom:
            case Latent():
                if atom in block:
                    members.append(atom)
                    degree += 2 if type(exponent) is int and exponent == 2 else 1 if exponent == 1 else 9
            case Applied(_, Unknown() as argument) | Base(argument):
                yield from argument.latents & block
            case _:
                pass
    if degree > 2:
        yield from members


def quadratic(exponent: Number, block: tuple[Latent, ...]) -> Coefficients:
    """An exponent as a quadratic form in a block."""
    exponent = expanded(exponent)
    if not isinstance(exponent, Unknown):
        return {(): exponent}
    place = {variable: i for i, variable in enumerate(block)}
    found: dict[tuple[int, ...], dict[Monomial, object]] = {}
    for monomial, coefficient in exponent.terms.items():
        key: list[int] = []
        rest = set(monomial)
        for atom, power in monomial:
            if isinstance(atom, Latent) and atom in place:
                key += [place[atom]] * int(power)
                rest.discard((atom, power))
        found.setdefault(tuple(sorted(key)), {})[frozenset(rest)] = coefficient
    return {key: made(exponent.space, terms) for key, terms in found.items()}  # type: ignore[arg-type]


def block_at(piece: Piece, block: tuple[Latent, ...]) -> Callable[[Points], tuple[Floats, Floats, Floats]]:
    """The block as a function of the points: its log mass, mean and covariance there."""
    form = quadratic(piece.exponent, block)
    if block and len(block) < len(piece.latents):
        found = squares(form, len(block), piece.ranges)
        if found is not None:
            return found.at
    return partial(_block, form, block)


def _block(
    quadratic: Coefficients, block: tuple[Latent, ...], points: Points
) -> tuple[Floats, Floats, Floats]:
    """Log mass, mean and covariance of the block at every point; the mass may be infinite."""
    count, size = len(next(iter(points.values()))), len(block)
    constant = np.zeros(count)
    linear = np.zeros((count, size))
    precision = np.zeros((count, size, size))
    for key, number in quadratic.items():
        values = np.broadcast_to(values_at(number, points), (count,))
        match key:
            case ():
                constant = constant + values
            case (i,):
                linear[:, i] += values
            case (i, j):
                precision[:, i, j] -= values
                precision[:, j, i] -= values
            case _:
                raise AssertionError("not a quadratic form")
    if not size:
        return constant, linear, precision
    good = np.asarray(np.isfinite(precision).all(axis=(1, 2)) & np.isfinite(linear).all(axis=1))
    safe = np.where(good[:, None, None], precision, np.eye(size))
    growing = np.zeros(count, dtype=np.bool_)
    try:
        np.linalg.cholesky(safe)
    except np.linalg.LinAlgError:
        curved = np.linalg.eigvalsh(safe)
        growing = good & (curved[:, 0] < -FLAT * np.abs(curved[:, -1])) & np.isfinite(constant)
        good &= curved[:, 0] > 0
    sign, log_det = np.linalg.slogdet(safe)
    good = good & (sign > 0)
    safe = np.where(good[:, None, None], safe, np.eye(size))
    covariance = np.linalg.inv(safe)
    mean = np.einsum("nij,nj->ni", covariance, np.where(good[:, None], linear, 0.0))
    found = constant + 0.5 * (linear * mean).sum(1) + 0.5 * (size * log(2 * pi) - log_det)
    return np.where(growing, inf, np.where(good, found, -inf)), mean, covariance


# ------------------------------------------------------------------ bounds


def _outer_first(piece: Piece, left: tuple[Latent, ...]) -> tuple[Latent, ...]:
    """The variables in an order in which the bounds of the last are known once the others are."""
    if len(left) < 2:
        return left
    for inner in left:
        if all(
            (powers := in_powers(bound, inner)) is not None and set(powers) <= {0, 1}
            for bound in piece.region
            if mentions(bound, inner)
        ):
            return (*(v for v in left if v != inner), inner)
    return left


def _intervals(piece: Piece, variable: Latent, points: Points) -> list[tuple[float, float]]:
    """Where a variable may lie, given others: between roots of the bounds that are polynomials in it."""
    low, high = piece.ranges.get(variable, (-inf, inf))
    cuts: list[float] = []
    bounds: list[list[float]] = []
    for bound in piece.region:
        powers = in_powers(bound, variable) if mentions(bound, variable) else None
        if powers is None or not bound.latents <= {variable, *points}:
            continue
        if not all(type(k) is int and k >= 0 for k in powers):
            continue
        rising = [
            float(values_at(of_power(powers, k), points).reshape(-1)[0]) for k in range(int(max(powers)) + 1)
        ]
        roots = np.roots(rising[::-1])
        cuts += roots[np.abs(roots.imag) < 1e-12 * (1 + np.abs(roots))].real.tolist()
        bounds.append(rising)
    edges = [low, *sorted(cut for cut in set(cuts) if low < cut < high), high]
    found: list[tuple[float, float]] = []
    for left, right in pairwise(edges):
        middle = _between(left, right)
        if left < right and all(np.polyval(rising[::-1], middle) > 0 for rising in bounds):
            if found and found[-1][1] == left:
                found[-1] = (found[-1][0], right)
            else:
                found.append((left, right))
    return found


def _between(left: float, right: float) -> float:
    if left == -inf:
        return 0.0 if right == inf else right - 1 - abs(right)
    return left + 1 + abs(left) if right == inf else 0.5 * (left + right)
