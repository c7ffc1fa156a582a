"""A piece as a product of pieces, each of variables that depend on none of the others.

A density that is a product over groups of variables, on a region that is one, has an integral that is a
product as well: each group is integrated by itself, and the law of a number needs only the groups that it
is made of. What a group is must show in the formula: a term of the exponent, a bound and what the factor is a
product of each join the variables that they mention.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pplc.inference.continuous.piece import UNIT, ZERO, Piece
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Unknown, latents_of, made, of_atom, terms_of


def components(piece: Piece) -> tuple[Piece, ...]:
    """Pieces whose product is the piece, in the order of their first variables; itself if they are one."""
    if len(piece.latents) < 2:
        return (piece,)
    groups = _Groups(piece.latents)
    for monomial in terms_of(piece.exponent):
        groups.join(latents_of(monomial))
    for bound in piece.region:
        groups.join(bound.latents)
    for part in _product(piece.factor):
        groups.join(latents_in(part))
    found = groups.found()
    if len(found) == 1:
        return (piece,)
    return tuple(_of(piece, mine, first=k == 0) for k, mine in enumerate(found))


def about(parts: tuple[Piece, ...], wanted: frozenset[Latent]) -> Piece:
    """The product of those components of a piece that mention a variable wanted: but for a factor, its law.

    parts: of one piece, as `components` gives them.
    """
    kept = [part for part in parts if not wanted.isdisjoint(part.latents)] or list(parts)
    if len(kept) == 1:
        return kept[0]
    factor, exponent = UNIT, ZERO
    for part in kept:
        factor, exponent = factor * part.factor, exponent + part.exponent
    return Piece(
        exponent,
        factor,
        frozenset(bound for part in kept for bound in part.region),
        tuple(variable for part in kept for variable in part.latents),
        {variable: found for part in kept for variable, found in part.ranges.items()},
    )


def _product(factor: Number) -> list[Number]:
    """The numbers that a factor is the product of."""
    if not isinstance(factor, Unknown) or len(factor.terms) != 1:
        return [factor]
    ((monomial, coefficient),) = factor.terms.items()
    return [coefficient, *(of_atom(atom, factor.space, exponent) for atom, exponent in monomial)]


class _Groups:
    """Variables in groups: which have been joined, directly or by way of others."""

    def __init__(self, variables: tuple[Latent, ...]) -> None:
        self._above = dict(zip(variables, variables, strict=True))

    def _top(self, variable: Latent) -> Latent:
        while (above := self._above[variable]) != variable:
            self._above[variable] = self._above[above]
            variable = above
        return variable

    def join(self, variables: Iterable[Latent]) -> None:
        """The variables depend on each other; those of the outer program count for nothing."""
        known = [self._top(variable) for variable in variables if variable in self._above]
        for top in known[1:]:
            self._above[self._top(top)] = self._top(known[0])

    def found(self) -> list[frozenset[Latent]]:
        """The groups, in the order of their first variables."""
        made: dict[Latent, set[Latent]] = {}
        for variable in self._above:
            made.setdefault(self._top(variable), set()).add(variable)
        return [frozenset(group) for group in made.values()]


def _of(piece: Piece, mine: frozenset[Latent], *, first: bool) -> Piece:
    """The component of some of the variables of a piece; numbers that mention none belong to the first.

    Bounds of variables of the outer program alone hold in every component.
    """
    all_of_them = frozenset(piece.latents)

    def belongs(mentioned: Iterable[Latent]) -> bool:
        own = all_of_them.intersection(mentioned)
        return not own.isdisjoint(mine) if own else first

    exponent = piece.exponent
    if isinstance(exponent, Unknown):
        terms = exponent.terms.items()
        exponent = made(exponent.space, {m: c for m, c in terms if belongs(latents_of(m))})
    elif not first:
        exponent = ZERO
    factor = UNIT
    for part in _product(piece.factor):
        if belongs(latents_in(part)):
            factor = factor * part
    others = all_of_them - mine
    return replace(
        piece,
        exponent=exponent,
        factor=factor,
        region=frozenset(bound for bound in piece.region if bound.latents.isdisjoint(others)),
        latents=tuple(variable for variable in piece.latents if variable in mine),
        ranges={variable: found for variable, found in piece.ranges.items() if variable not in others},
    )
