"""Variables whose logarithm is normal, by their logarithms."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.polynomials import in_powers, of_power, substituted
from pplc.semantics.symbolic.elementary import Number, exp, log
from pplc.semantics.symbolic.expression import (
    Applied,
    Latent,
    Unknown,
    expanded,
    latent,
    made,
    of_atom,
    terms_of,
)


def with_logarithms(piece: Piece) -> list[Piece]:
    """The piece as a sum of pieces in which no square of the logarithm of a variable stands."""
    for variable in piece.latents:
        if _squared(piece.exponent, variable):
            changed = _by_logarithm(piece, variable)
            if changed is not None:
                return [found for part in changed for found in with_logarithms(part)]
    return [piece]


def _squared(exponent: Number, variable: Latent) -> bool:
    logarithm = Applied("log", of_atom(variable, variable.space))
    return any(atom == logarithm and power == 2 for m in terms_of(exponent) for atom, power in m)


def _by_logarithm(piece: Piece, variable: Latent) -> list[Piece] | None:
    """The piece with x = e^y, one for every term of the factor; None if a bound of x is not linear."""
    new = Latent(piece.fresh((*variable.address, "log#")), variable.space)
    y = latent(new.address, new.space)
    x = exp(y)
    region: set[Unknown] = set()
    for bound in piece.region:
        if variable not in bound.latents:
            region.add(bound)
            continue
        powers = in_powers(bound, variable)
        if powers is None or not set(powers) <= {0, 1}:
            return None
        slope, end = powers[1], -of_power(powers, 0) / powers[1]
        if isinstance(slope, Unknown) or not (end > 0 or end == 0):
            return None
        if end != 0:
            further = (y - log(end)) * (1 if slope > 0 else -1)
            assert isinstance(further, Unknown)
            region.add(further)
    latents = tuple(new if old == variable else old for old in piece.latents)
    ranges = {old: found for old, found in piece.ranges.items() if old != variable}
    moved = replace(piece, region=frozenset(region), latents=latents, ranges=ranges)
    exponent = expanded(substituted(piece.exponent, variable, x)) + y
    found: list[Piece] = []
    for monomial, coefficient in terms_of(expanded(substituted(piece.factor, variable, x))).items():
        powers_of_e = [pair for pair in monomial if isinstance(pair[0], Applied) and pair[0].name == "exp"]
        inner: Number = Fraction(0)
        for atom, power in powers_of_e:
            assert isinstance(atom, Applied)
            inner = inner + atom.argument * power
        rest = made(variable.space, {monomial - frozenset(powers_of_e): coefficient})
        found.append(replace(moved, exponent=exponent + inner, factor=rest))
    return found
