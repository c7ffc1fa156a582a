"""The normal block of a piece: the variables in which its exponent is a quadratic form, given the others.

With e^(c + h'x - x'Jx / 2) the mass is (2π)^(n/2) |J|^(-1/2) e^(c + h' J⁻¹ h / 2), the mean J⁻¹ h, the
covariance J⁻¹.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import inf, log, pi
from typing import TypeAlias

import numpy as np

from pplc.inference.continuous.evaluation import Floats, Points, values_at
from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.slabs import Slab, directions
from pplc.inference.continuous.squares import squares
from pplc.inference.continuous.wedges import Wedge, bounded
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Applied, Base, Latent, Monomial, Unknown, expanded, made

FLAT = 1e-9
"""Eigenvalue of a precision, as a share of the largest, that may be one of 0 but for rounding."""

Coefficients: TypeAlias = Mapping[tuple[int, ...], Number]
"""Of a polynomial in the block: `()` the constant, `(i,)` linear, `(i, j)` with i <= j quadratic terms."""


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
    block -= bounded_variables(piece) - _curved(exponent, piece)
    while True:
        faults: dict[Latent, int] = {}
        for monomial in exponent.terms:
            for variable in _misfits(monomial, block):
                faults[variable] = faults.get(variable, 0) + 1
        if not faults:
            return block
        # Of several, the one drawn first: scales come before what they scale, and every run does the same.
        block.remove(max((v for v in piece.latents if v in faults), key=faults.__getitem__))


def bounded_variables(piece: Piece) -> frozenset[Latent]:
    """The variables that stand in bounds."""
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
        if piece.range_of(made(exponent.space, terms)).lower < 0  # type: ignore[arg-type]
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
