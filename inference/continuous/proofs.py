"""Proved integrals: of pieces that are left with one variable or two, alone or beside a normal block.

Enclosures come from `pplc.inference.certified`. What is left with more variables has none; nor has what is
left with two where a run may not integrate two variables numerically, as that takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from pplc.inference.certified.normal_block import log_unit
from pplc.inference.continuous.attraction import integrated
from pplc.inference.continuous.blocks import normal_block, quadratic
from pplc.inference.continuous.bounded_moments import bounded_log_mass
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.slabs import Slab, linear_in
from pplc.semantics.number import shifted
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Space, Unknown
from pplc.semantics.symbolic.ranges import Range

if TYPE_CHECKING:
    from flint import arb

    from pplc.inference.certified.tails import Diverges
    from pplc.inference.certified.terms import Linear, Term


class Proved(NamedTuple):
    """A number and a bound of its distance from the true one; without a bound if it is infinite."""

    value: float
    error: float = 0.0


REMEMBERED = 256
"""Integrals that are kept: what is reported and what is asked share many."""

MOST_BLOCK = 60
"""Variables of a normal block beyond which no proof is looked for."""


class Mass(NamedTuple):
    """The log of an integral over variables, infinite if that is."""

    variables: tuple[Latent, ...]
    log_mass: Proved


def proved_log_mass(piece: Piece) -> Mass | None:
    """The log of the integral of a piece; None if nothing could be proved."""
    from pplc.inference.certified.balls import precise

    with precise():
        bounded = bounded_log_mass(piece)
    if bounded is not None:
        return Mass(piece.latents, _apart(bounded, 0.0))
    found = integrals(piece)
    if found is None:
        return None
    log_mass = _log(found.values[0], log_unit(found.block))
    return None if log_mass is None else Mass(found.variables, log_mass)


class Integrals(NamedTuple):
    """Integrals over variables and a normal block of this size, but for (2π)^(n/2)."""

    variables: tuple[Latent, ...]
    block: int
    values: list[arb | Diverges]


def integrals(piece: Piece, number: Number | None = None) -> Integrals | None:
    """The integral of a piece with one variable or two beside a normal block; None if none is proved.

    number: then those of the piece times it, and times its square, come after it; and, of a number that is
    linear in the block, times its standard deviation given the variables.
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
    left = tuple(variable for variable in piece.latents if variable not in block)
    if not left or len(left) > _most(left[0]) or len(block) > MOST_BLOCK:
        return None
    found = _enclosed(piece, block, _Planes.of(slab), ranges, number)
    return None if found is None else Integrals(left, len(block), found)


def _most(variable: Latent) -> int:
    """The variables that may be left of a piece: one always, as its integral takes milliseconds."""
    world = variable.space
    assert isinstance(world, World)
    return max(1, min(2, world.grid))


@contextmanager
def quick(space: Space) -> Generator[None]:
    """Looks for no proofs over two variables: where many would be needed, as they take seconds."""
    if not isinstance(space, World):
        yield
        return
    before, space.grid = space.grid, min(space.grid, 1)
    try:
        yield
    finally:
        space.grid = before


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
    from pplc.inference.certified.terms import Term

    left = tuple(variable for variable in piece.latents if variable not in block)
    bounds = frozenset(b for b in piece.region if b.latents.isdisjoint(block))
    term = Term(0.0, replace(piece, region=bounds), quadratic(piece.exponent, block), len(block))
    if planes.slopes:
        if len(planes.lows) > 1 or len(planes.highs) > 1:
            return None
        low, high = (next(iter(ends), None) for ends in (planes.lows, planes.highs))
        term = replace(term, slopes=dict(planes.slopes), low=low, high=high)
    if number is None:
        return _over(left, term, [], [])
    linear = linear_in(number, block)
    if linear is None or (linear.slopes and planes.slopes):
        return None
    if linear.slopes:
        return _over(left, term, [], [linear])
    return _over(left, term, [number, number * number], [])


def _simpler(term: Term, linear: list[Linear]) -> tuple[Term, list[Number]] | None:
    """The term with its block integrated out, and moments of numbers in it, as functions of what is left."""
    if term.slopes:
        return None
    found = integrated(term.piece, term.exponent, term.block, linear)
    if found is None:
        return None
    exponent, moments = found
    functions: list[Number] = []
    for one in moments:
        functions += [one.mean, one.variance + one.mean * one.mean, one.sd]
    return replace(term, exponent={(): exponent}, block=0), functions


def _over(
    left: tuple[Latent, ...], term: Term, functions: list[Number], linear: list[Linear]
) -> list[arb | Diverges] | None:
    from pplc.inference.certified import panels, planes, strips
    from pplc.inference.certified.integrand import Integrand

    if len(left) == 1:
        return panels.enclosures(Integrand(left[0], [term], functions, linear))
    found = None if linear else strips.enclosures(left, term, functions)
    if found is not None:
        return found
    simpler = _simpler(term, linear)
    if simpler is not None:
        return planes.enclosures(left, simpler[0], [*functions, *simpler[1]], [])
    return planes.enclosures(left, term, functions, linear)


def _log(mass: arb | Diverges, more: float) -> Proved | None:
    from pplc.inference.certified.balls import precise
    from pplc.inference.certified.tails import Diverges

    if isinstance(mass, Diverges):
        return Proved(inf)
    with precise():
        return _apart(mass.log(), more) if mass > 0 else None


def _apart(found: arb, more: float) -> Proved:
    """A log as a float, with what is more: its whole part by itself, so that digits are kept."""
    from pplc.inference.certified.balls import precise

    with precise():
        whole = Fraction(int(found.mid().floor().fmpz()))
        rest = float((found - int(whole)).mid())
        error = float((abs(found - int(whole) - rest)).upper())
    return Proved(shifted(whole, rest + more), error + (abs(rest) + abs(more)) * 2.0**-52)
