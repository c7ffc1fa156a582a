"""A number in the place of a variable: the piece after a change of variables."""

from __future__ import annotations

from dataclasses import replace

from pplc.inference.continuous.piece import ZERO, Piece, World
from pplc.inference.continuous.polynomials import in_powers, substituted
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, NeedsValue, Undecided, Unknown, latent


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
