"""A piece as a product of pieces, each of variables that depend on none of the others.

A density that is a product over groups of variables, on a region that is one, has an integral that is a
product as well: each group is integrated by itself, and the law of a number needs only the groups that it
is made of. What a group is must show in the formula: a term of the exponent, a bound and what the factor is a
product of each join the variables that they mention.
"""

from __future__ import annotations

from collections.abc import Iterable

from pplc.inference.continuous.piece import UNIT, ZERO, Piece
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    Coefficient,
    Latent,
    Monomial,
    Unknown,
    latents_of,
    made,
    of_atom,
    terms_of,
)


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
    return _apart(piece, found)


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


def _apart(piece: Piece, groups: list[frozenset[Latent]]) -> tuple[Piece, ...]:
    """The components of groups of variables; numbers that mention none belong to the first.

    Bounds of variables of the outer program alone hold in every component.
    """
    number_of = {variable: k for k, group in enumerate(groups) for variable in group}

    def place(mentioned: Iterable[Latent]) -> int | None:
        return next((number_of[variable] for variable in mentioned if variable in number_of), None)

    terms: list[dict[Monomial, Coefficient]] = [{} for _ in groups]
    for monomial, coefficient in terms_of(piece.exponent).items():
        terms[place(latents_of(monomial)) or 0][monomial] = coefficient
    factors: list[Number] = [UNIT for _ in groups]
    for part in _product(piece.factor):
        at = place(latents_in(part)) or 0
        factors[at] = factors[at] * part
    regions: list[list[Unknown]] = [[] for _ in groups]
    for bound in piece.region:
        group = place(bound.latents)
        for k in range(len(groups)) if group is None else (group,):
            regions[k].append(bound)
    outer = {variable: found for variable, found in piece.ranges.items() if variable not in number_of}
    space = piece.exponent.space if isinstance(piece.exponent, Unknown) else piece.latents[0].space
    mine: list[tuple[Latent, ...]] = [() for _ in groups]
    for variable in piece.latents:
        mine[number_of[variable]] += (variable,)
    return tuple(
        Piece(
            made(space, own) if own else ZERO,
            factor,
            frozenset(region),
            variables,
            outer | {v: piece.ranges[v] for v in variables if v in piece.ranges},
        )
        for own, factor, region, variables in zip(terms, factors, regions, mine, strict=True)
    )
