"""The groups of variables of a piece that are independent: its mass is the product of theirs."""

from __future__ import annotations

from collections.abc import Iterable

from pplc.inference.continuous.piece import UNIT, ZERO, Piece
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Coefficient, Latent, Monomial, Unknown, latents_of, made


def independent(piece: Piece) -> list[Piece]:
    """The piece as a product of pieces that have no variable in common; the first has what is constant."""
    if len(piece.latents) < 2:
        return [piece]
    groups = _groups(piece)
    if len(groups) < 2:
        return [piece]
    found: list[Piece] = []
    exponents = _shared_out(piece.exponent, groups)
    factor = _of(piece.factor)
    for place, (group, exponent) in enumerate(zip(groups, exponents, strict=True)):
        first = place == 0
        found.append(
            Piece(
                exponent,
                piece.factor if (factor & group if factor & set(piece.latents) else first) else UNIT,
                frozenset(bound for bound in piece.region if _belongs(bound, group, groups, first=first)),
                tuple(variable for variable in piece.latents if variable in group),
                {latent: held for latent, held in piece.ranges.items() if latent in group or first},
            )
        )
    return found


def apart(piece: Piece, wanted: frozenset[Latent]) -> tuple[Piece, list[Piece]]:
    """What some variables depend on, and the other groups."""
    parts = independent(piece)
    near = [part for part in parts if not wanted.isdisjoint(part.latents)]
    if len(parts) < 2 or not near:
        return piece, []
    return _joined(piece, near), [part for part in parts if wanted.isdisjoint(part.latents)]


def _joined(piece: Piece, parts: list[Piece]) -> Piece:
    exponent: Number = ZERO
    factor: Number = UNIT
    for part in parts:
        exponent, factor = exponent + part.exponent, factor * part.factor
    kept = {variable for part in parts for variable in part.latents}
    return Piece(
        exponent,
        factor,
        frozenset(bound for part in parts for bound in part.region),
        tuple(variable for variable in piece.latents if variable in kept),
        {latent: held for part in parts for latent, held in part.ranges.items()},
    )


def _groups(piece: Piece) -> list[set[Latent]]:
    """The variables, together where a term of the exponent, the factor or a bound has both."""
    groups = [{variable} for variable in piece.latents]
    for tied in _ties(piece):
        met = [group for group in groups if not tied.isdisjoint(group)]
        if len(met) > 1:
            groups = [group for group in groups if tied.isdisjoint(group)]
            groups.append(set().union(*met))
            if len(groups) == 1:
                break
    return groups


def _ties(piece: Piece) -> Iterable[frozenset[Latent]]:
    yield _of(piece.factor)
    for bound in piece.region:
        yield bound.latents
    if isinstance(piece.exponent, Unknown):
        for monomial in piece.exponent.terms:
            yield frozenset(latents_of(monomial))


def _of(number: Number) -> frozenset[Latent]:
    return number.latents if isinstance(number, Unknown) else frozenset()


def _shared_out(exponent: Number, groups: list[set[Latent]]) -> list[Number]:
    """The terms of an exponent, each to the group it has variables of."""
    if not isinstance(exponent, Unknown):
        return [exponent, *(ZERO for _ in groups[1:])]
    place = {variable: k for k, group in enumerate(groups) for variable in group}
    parts: list[dict[Monomial, Coefficient]] = [{} for _ in groups]
    for monomial, coefficient in exponent.terms.items():
        owners = (place[variable] for variable in latents_of(monomial) if variable in place)
        parts[next(owners, 0)][monomial] = coefficient
    return [made(exponent.space, part) for part in parts]


def _belongs(bound: Unknown, group: set[Latent], groups: list[set[Latent]], *, first: bool) -> bool:
    if not bound.latents.isdisjoint(group):
        return True
    return first and all(bound.latents.isdisjoint(other) for other in groups)
