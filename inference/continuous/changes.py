"""A number in the place of a variable: the piece after a change of variables."""

from __future__ import annotations

from dataclasses import replace

from pplc.inference.continuous.blocks import quadratic_variables
from pplc.inference.continuous.piece import ZERO, Piece, World
from pplc.inference.continuous.polynomials import in_powers, of_power, substituted
from pplc.inference.continuous.slabs import Slab, directions
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    Applied,
    Base,
    Latent,
    NeedsValue,
    Undecided,
    Unknown,
    expanded,
    latent,
    of_atom,
    power,
)
from pplc.semantics.values import Address


def as_variable(
    number: Unknown, piece: Piece, among: frozenset[Latent] | None = None
) -> tuple[Latent, Piece] | None:
    """The piece with a variable replaced by the number, which is linear in it; None if that cannot be.

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
        new = Latent(piece.fresh((*_first(old.address), "value#")), old.space)
        value = (latent(new.address, new.space) - of_power(powers, 0)) / powers[1]
        made = _replaced(piece, old, new, value, abs(powers[1]))
        if made is not None:
            return new, made
    return None


def as_multiple(number: Unknown, piece: Piece) -> tuple[Latent, Piece] | None:
    """The same for a number that is a x + b with a positive a that depends on other variables: a product."""
    world = number.space
    assert isinstance(world, World)
    before = world.piece
    for old in reversed(piece.latents):
        powers = in_powers(number, old) if old in number.latents else None
        if powers is None or not set(powers) <= {0, 1} or not isinstance(powers[1], Unknown):
            continue
        world.piece = piece
        try:
            if not world.positive(powers[1]):
                continue
        except Undecided:
            continue
        finally:
            world.piece = before
        new = Latent(piece.fresh((*_first(old.address), "value#")), old.space)
        value = (latent(new.address, new.space) - of_power(powers, 0)) / powers[1]
        made = _replaced(piece, old, new, value, powers[1])
        if made is not None:
            return new, made
    return None


def linear(number: Number, piece: Piece) -> bool:
    """Whether a number may take the place of a variable of a piece, being linear in it; or is known."""
    return not isinstance(number, Unknown) or as_variable(number, piece) is not None


def with_planes_as_variables(piece: Piece, keep: frozenset[Latent] = frozenset()) -> Piece:
    """The piece with sums of normal variables that are bounded as variables, if several are, but for two.

    keep: variables that stay. What is left is bounded by two sums of variables given the others.
    """
    if len(piece.region) < 3:
        return piece
    normal = quadratic_variables(piece)
    tried: set[Unknown] = set()
    while True:
        order = tuple(variable for variable in piece.latents if variable in normal)
        bounds = sorted(piece.region, key=lambda bound: (len(bound.terms), str(bound)))
        sums = [_sum(slab, order) for slab in directions(bounds, order)[0] if len(slab.slopes) > 1]
        left = [number for number in sums if number is not None and number not in tried]
        if len(sums) < 3 or not left:
            return piece
        tried.add(left[0])
        changed = as_variable(left[0], piece, frozenset(normal) - keep)
        if changed is not None:
            new, made = changed
            normal = (normal & set(made.latents)) | {new}
            piece = replace(made, exponent=expanded(made.exponent))


def _sum(slab: Slab, order: tuple[Latent, ...]) -> Unknown | None:
    """What a slab bounds, if that has known coefficients."""
    total: Number = ZERO
    for place, slope in slab.slopes.items():
        if isinstance(slope, Unknown):
            return None
        total = total + latent(order[place].address, order[place].space) * slope
    assert isinstance(total, Unknown)
    return total


def _first(address: Address) -> Address:
    """The address of a draw, of the variable that may have taken its place."""
    return tuple(part for part in address if part != "value#" and not str(part).startswith("again#"))


def with_inner_variables(number: Unknown, piece: Piece) -> tuple[Unknown, Piece]:
    """The number with sums that stand under powers and functions as variables, where that leaves fewer."""
    world = number.space
    assert isinstance(world, World)
    for inner in sorted(filter(_linear, _sums_in(number)), key=lambda total: (len(total.terms), str(total))):
        alone = inner.latents - _besides(number, inner)
        if len(alone) < 2:
            continue
        changed = as_variable(inner, piece, alone)
        if changed is None:
            continue
        variable, piece = changed
        world.piece = piece  # whether the new variable is positive follows from the bounds
        return with_inner_variables(_with(number, inner, variable), piece)
    return number, piece


def _linear(total: Unknown) -> bool:
    """Whether a number is a sum of multiples of variables."""
    return all(all(isinstance(a, Latent) and k == 1 for a, k in m) and len(m) < 2 for m in total.terms)


def _besides(number: Unknown, inner: Unknown) -> frozenset[Latent]:
    """The variables of a number that stand elsewhere than in a sum under a power or function."""
    found: frozenset[Latent] = frozenset()
    for monomial in number.terms:
        for atom, _ in monomial:
            match atom:
                case Latent():
                    found |= {atom}
                case Applied(_, Unknown() as held) | Base(held):
                    found |= frozenset() if held == inner else _besides(held, inner)
                case _:
                    pass
    return found


def _sums_in(number: Unknown) -> set[Unknown]:
    """The sums under powers, and in the arguments of functions."""
    found: set[Unknown] = set()
    for monomial in number.terms:
        for atom, _ in monomial:
            match atom:
                case Base(total):
                    found |= {total, *_sums_in(total)}
                case Applied(_, Unknown() as argument):
                    found |= {argument, *_sums_in(argument)}
                case _:
                    pass
    return {total for total in found if len(total.terms) > 1}


def _with(number: Unknown, inner: Unknown, variable: Latent) -> Unknown:
    """The number with a variable in the place of a sum under a power or function."""
    new = latent(variable.address, variable.space)
    total: Number = ZERO
    for monomial, coefficient in number.terms.items():
        term: Number = coefficient
        for atom, exponent in monomial:
            match atom:
                case Base(held):
                    base: Number = (
                        new if held == inner else of_atom(Base(_with(held, inner, variable)), held.space)
                    )
                case Applied(name, Unknown() as held):
                    base = of_atom(
                        Applied(name, new if held == inner else _with(held, inner, variable)), held.space
                    )
                case _:
                    base = of_atom(atom, number.space)
            term = term * (base if exponent == 1 else power(base, exponent))
        total = total + term
    return total if isinstance(total, Unknown) else number


def _replaced(piece: Piece, old: Latent, new: Latent, value: Number, slope: Number) -> Piece | None:
    world = new.space
    assert isinstance(world, World)
    made: Piece | None = Piece(latents=(*(v for v in piece.latents if v != old), new))
    before = world.piece
    try:
        # What others are bounded by tells their signs, and with them what a quotient is bounded by.
        order = sorted(piece.region, key=lambda bound: (old in bound.latents, len(bound.terms), str(bound)))
        for bound in order:
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
