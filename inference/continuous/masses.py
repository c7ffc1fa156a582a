"""Integrals of pieces: in closed form as far as the rules go, the rest by quadrature."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import exp, inf, log

from pplc.inference.continuous.changes import with_planes_as_variables
from pplc.inference.continuous.grids import grid, quadratic_variables
from pplc.inference.continuous.independence import independent
from pplc.inference.continuous.integrals import MOST_LOST, integrate_out
from pplc.inference.continuous.piece import UNIT, ZERO, Piece
from pplc.semantics.measure import times
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, LogRat, LogWeight
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, NeedsValue, Undecided, Unknown, latents_of

Weighted = tuple[LogWeight, Piece]


class Masses:
    """The integrals of the pieces of one program, each found once.

    grids: the variables that were integrated numerically, with the largest error, as a share of the integral.
    """

    def __init__(self) -> None:
        self.grids: dict[str, float] = {}
        self._known: dict[Piece, LogWeight] = {}

    def of(self, piece: Piece) -> LogWeight:
        """The log of the integral of a piece over all its variables."""
        if not piece.latents and piece.exponent == 0 and piece.factor == 1:
            return CERTAIN
        found = self._known.get(piece)
        if found is None:
            found = self._known[piece] = log_mass(piece, self.grids)
        return found


def settled(piece: Piece, keep: frozenset[Latent] = frozenset(), *, whole: bool = False) -> list[Weighted]:
    """The piece as a sum of pieces without the variables that have closed forms, but for those to keep.

    whole: every one of the pieces is a density itself. Otherwise some may be what others are lessened by.
    """
    left = entangled(piece, keep)
    for variable in by_use(piece, keep):
        found = None if variable in left else integrate_out(piece, variable, whole=whole)
        if found is not None:
            return [
                (times(weight, more), last)
                for weight, part in found
                for more, last in settled(part, keep, whole=whole)
            ]
    return [(CERTAIN, piece)]


def entangled(piece: Piece, keep: frozenset[Latent]) -> frozenset[Latent]:
    """The normal variables, but for those to keep, that are bounded together with others.

    Φ of the others, which is what is left of one of them, has no rule; a normal block has, as a whole.
    """
    if not piece.region:
        return frozenset()
    normal = quadratic_variables(piece)
    bounded = normal & {variable for bound in piece.region for variable in bound.latents}
    if not bounded or len(normal) < 2:
        return frozenset()
    terms = piece.exponent.terms if isinstance(piece.exponent, Unknown) else ()
    groups = [{*latents_of(term)} for term in terms] + [{*bound.latents} for bound in piece.region]
    return frozenset(
        variable
        for variable in bounded - keep
        if any(variable in group and len(group & normal) > 1 for group in groups)
    )


def by_use(piece: Piece, keep: frozenset[Latent]) -> list[Latent]:
    """The variables but those to keep, in the order to try them in: first those that little depends on."""
    uses = dict.fromkeys(piece.latents, 0)
    if isinstance(piece.exponent, Unknown):
        for monomial in piece.exponent.terms:
            for variable in set(latents_of(monomial)):
                if variable in uses:
                    uses[variable] += 1
    for bound in piece.region:
        for variable in bound.latents:
            if variable in uses and len(bound.latents) > 1:
                uses[variable] += 1
    return sorted((variable for variable in piece.latents if variable not in keep), key=uses.__getitem__)


def log_mass(piece: Piece, grids: dict[str, float] | None = None) -> LogWeight:
    """The log of the integral of a piece over all its variables; a formula in those of the outer program.

    grids: where to note which variables were integrated numerically, and with what error.
    """
    mass: LogWeight = CERTAIN
    for part in independent(piece):
        mass = times(mass, _mass(part, grids))
    return mass


def _mass(piece: Piece, grids: dict[str, float] | None) -> LogWeight:
    piece = with_planes_as_variables(piece)
    parts = settled(piece)
    if not any(left.latents for _, left in parts):
        terms = _terms(piece, parts, grids)
        if not cancelling(terms):
            return summed(terms)
    return summed(_terms(piece, settled(piece, whole=True), grids))


def _terms(
    piece: Piece, parts: Iterable[Weighted], grids: dict[str, float] | None
) -> list[tuple[LogWeight, Number]]:
    """The integrals of the parts of a piece, as numbers with weights."""
    terms: list[tuple[LogWeight, Number]] = []
    for weight, left in parts:
        if left.latents:
            outside = latents_in((left.exponent, left.factor, left.region)) - set(left.latents)
            if outside:  # variables of the outer program, which have no values yet
                raise NeedsValue(min(map(str, outside)))
            for part in independent(left):
                weight = times(weight, _on_grid(part, grids))
            terms.append((weight, UNIT))
            continue
        for bound in left.region - piece.region:
            raise Undecided(bound)  # of variables of the outer program
        terms.append(
            (weight, left.factor if left.exponent == 0 else left.factor * elementary.exp(left.exponent))
        )
    return terms


def _on_grid(piece: Piece, grids: dict[str, float] | None) -> float:
    made = grid(piece)
    names = ", ".join(f"`{variable}`" for variable in made.points if variable not in made.block)
    if grids is not None and names:
        grids[names] = max(grids.get(names, 0.0), made.error)
    return made.log_mass


def cancelling(terms: Iterable[tuple[LogWeight, Number]]) -> bool:
    """Whether a sum of numbers with weights is a difference of floats in which too many digits cancel."""
    listed = list(terms)
    if all(isinstance(number, Unknown) or number >= 0 for _, number in listed):
        return False
    if any(isinstance(number, Unknown) for _, number in listed):
        return False
    if all(isinstance(weight, LogRat) and not isinstance(number, float) for weight, number in listed):
        return False
    high = max(float(weight) for weight, _ in listed)
    found = [float(number) * exp(float(weight) - high) for weight, number in listed]
    return sum(found) < MOST_LOST * sum(map(abs, found))


def summed(terms: Iterable[tuple[LogWeight, Number]]) -> LogWeight:
    """The log of a sum of numbers with weights; rounding below zero is zero."""
    listed = list(terms)
    if any(isinstance(number, Unknown) for _, number in listed):
        whole: Number = ZERO
        for weight, number in listed:
            whole = whole + number * (weight.value if isinstance(weight, LogRat) else elementary.exp(weight))
        return LogRat(whole) if isinstance(whole, Unknown) else _log(whole)
    exact = [(weight.value, number) for weight, number in listed if isinstance(weight, LogRat)]
    if len(exact) == len(listed) and not any(isinstance(number, float) for _, number in exact):
        total = sum((ratio * Fraction(number) for ratio, number in exact), Fraction(0))
        return LogRat(total) if total > 0 else IMPOSSIBLE
    high = max((float(weight) for weight, _ in listed), default=-inf)
    if high == -inf:
        return -inf
    sum_ = sum(float(number) * exp(float(weight) - high) for weight, number in listed)
    return high + log(sum_) if sum_ > 0 else -inf


def _log(number: Number) -> LogWeight:
    if isinstance(number, float):
        return log(number) if number > 0 else -inf
    return LogRat(Fraction(number)) if number > 0 else IMPOSSIBLE
