"""Proved integrals: of pieces that are left with one variable, alone or beside a normal block.

Enclosures come from `pplc.inference.certified`. What is left with more variables has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from pplc.inference.certified.normal_block import log_unit
from pplc.inference.continuous.grids import normal_block, quadratic
from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.slabs import Slab, linear_in
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Unknown
from pplc.semantics.symbolic.ranges import Range

if TYPE_CHECKING:
    from flint import arb

    from pplc.inference.certified.tails import Diverges


class Proved(NamedTuple):
    """A number and a bound of its distance from the true one; without a bound if it is infinite."""

    value: float
    error: float = 0.0


REMEMBERED = 256
"""Integrals that are kept: what is reported and what is asked share many."""

MOST_BLOCK = 60
"""Variables of a normal block beyond which no proof is looked for."""


class Mass(NamedTuple):
    """The log of an integral over one variable, infinite if that is."""

    variable: Latent
    log_mass: Proved


def proved_log_mass(piece: Piece) -> Mass | None:
    """The log of the integral of a piece; None if nothing could be proved."""
    found = integrals(piece)
    if found is None:
        return None
    log_mass = _log(found.values[0], log_unit(found.block))
    return None if log_mass is None else Mass(found.variable, log_mass)


class Integrals(NamedTuple):
    """Integrals over a variable and a normal block of this size, but for (2π)^(n/2)."""

    variable: Latent
    block: int
    values: list[arb | Diverges]


def integrals(piece: Piece, number: Number | None = None) -> Integrals | None:
    """The integral of a piece that has one variable beside a normal block; None if nothing could be proved.

    number: then those of the piece times it, and times its square, come after it; and, of a number that is
    linear in the block, times its standard deviation given the variable.
    """
    ranges = frozenset(piece.ranges.items())
    block, slab = normal_block(piece, frozenset())
    found = _with(piece, block, slab, ranges, number)
    if found is None and slab is not None:  # between planes a form may be flat, or grow
        block, slab = normal_block(piece, frozenset(block[place] for place in slab.slopes))
        found = _with(piece, block, slab, ranges, number)
    return found


def _with(
    piece: Piece,
    block: tuple[Latent, ...],
    slab: Slab | None,
    ranges: frozenset[tuple[Latent, Range]],
    number: Number | None,
) -> Integrals | None:
    left = [variable for variable in piece.latents if variable not in block]
    if len(left) != 1 or len(block) > MOST_BLOCK:
        return None
    found = _enclosed(piece, block, _Planes.of(slab), ranges, number)
    return None if found is None else Integrals(left[0], len(block), found)


class _Planes(NamedTuple):
    """A `Slab`, so that it can be looked up."""

    slopes: tuple[tuple[int, Number], ...] = ()
    lows: tuple[Number, ...] = ()
    highs: tuple[Number, ...] = ()

    @staticmethod
    def of(slab: Slab | None) -> _Planes:
        """The slab, with only those planes that matter as far as that is known."""
        if slab is None:
            return _Planes()
        return _Planes(tuple(slab.slopes.items()), _strongest(slab.lows, max), _strongest(slab.highs, min))


def _strongest(ends: Sequence[Number], choose: Callable[[Sequence[Number]], Number]) -> tuple[Number, ...]:
    known = [end for end in ends if not isinstance(end, Unknown)]
    return (*(end for end in ends if isinstance(end, Unknown)), *([choose(known)] if known else []))


@lru_cache(maxsize=REMEMBERED)
def _enclosed(
    piece: Piece,
    block: tuple[Latent, ...],
    planes: _Planes,
    ranges: frozenset[tuple[Latent, Range]],  # noqa: ARG001  # which do not count when pieces are compared
    number: Number | None,
) -> list[arb | Diverges] | None:
    from pplc.inference.certified.integrand import Integrand
    from pplc.inference.certified.panels import enclosures
    from pplc.inference.certified.terms import Term

    (variable,) = (variable for variable in piece.latents if variable not in block)
    bounds = frozenset(b for b in piece.region if b.latents.isdisjoint(block))
    term = Term(0.0, replace(piece, region=bounds), quadratic(piece.exponent, block), len(block))
    if planes.slopes:
        if len(planes.lows) > 1 or len(planes.highs) > 1:
            return None
        low, high = (next(iter(ends), None) for ends in (planes.lows, planes.highs))
        term = replace(term, slopes=dict(planes.slopes), low=low, high=high)
    if number is None:
        return enclosures(Integrand(variable, [term]))
    linear = linear_in(number, block)
    if linear is None or (linear.slopes and planes.slopes):
        return None
    if linear.slopes:
        return enclosures(Integrand(variable, [term], [], [linear]))
    return enclosures(Integrand(variable, [term], [number, number * number]))


def _log(mass: arb | Diverges, more: float) -> Proved | None:
    from pplc.inference.certified.balls import precise
    from pplc.inference.certified.tails import Diverges

    if isinstance(mass, Diverges):
        return Proved(inf)
    if not mass > 0:
        return None
    with precise():
        found = mass.log()
        value = float(found.mid())
        error = float((abs(found - value)).upper())
    return Proved(value + more, error)
