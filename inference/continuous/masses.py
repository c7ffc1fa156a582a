"""Integrals of pieces: in closed form as far as the rules go, the rest by quadrature."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import exp, inf, log1p

from pplc.inference.continuous.blocks import quadratic_variables
from pplc.inference.continuous.centres import centred
from pplc.inference.continuous.changes import with_planes_as_variables
from pplc.inference.continuous.components import components
from pplc.inference.continuous.grids import Infinite, grid
from pplc.inference.continuous.integrals import MOST_LOST, integrate_out
from pplc.inference.continuous.piece import UNIT, Numerical, Piece, World
from pplc.inference.continuous.polynomials import in_powers, of_power
from pplc.inference.continuous.proofs import proved_log_mass
from pplc.inference.continuous.sums import (
    cancelling,
    constant_sum,
    mentions_variables,
    rational_sum,
    summed,
)
from pplc.inference.continuous.tails import tails
from pplc.semantics.measure import is_zero, times
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, LogRat, LogWeight, log_product, log_ratio
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    Latent,
    NeedsValue,
    Undecided,
    Unknown,
    latents_of,
    of_atom,
)

Weighted = tuple[LogWeight, Piece]

LONG = 24
"""Terms of a polynomial that is integrated numerically."""


class Masses:
    """The integrals of the pieces of one program, each found once."""

    def __init__(self) -> None:
        self._known: dict[Piece, LogWeight] = {}

    def of(self, piece: Piece) -> LogWeight:
        """The log of the integral of a piece over all its variables."""
        if not piece.latents and piece.exponent == 0 and piece.factor == 1:
            return CERTAIN
        found = self._known.get(piece)
        if found is None:
            parts = components(piece)
            made = product(map(self.of, parts)) if len(parts) > 1 else log_mass(piece)
            found = self._known[piece] = made
        return found


def product(masses: Iterable[LogWeight]) -> LogWeight:
    """The log of the product of masses."""
    found: LogWeight = CERTAIN
    for mass in masses:
        found = times(found, mass)
    return found


def settled(
    piece: Piece,
    keep: frozenset[Latent] = frozenset(),
    *,
    whole: bool = False,
    cut: frozenset[Latent] = frozenset(),
) -> list[Weighted]:
    """The piece as a sum of pieces without the variables that have closed forms, but for those to keep.

    whole: every one of the pieces is a density itself. Otherwise some may be what others are lessened by.
    cut:   normal variables between bounds that are known to be integrated one by one, before others.
    """
    left = entangled(piece, keep) - cut
    if left:
        cut |= tails(piece, quadratic_variables(piece), keep)
        left -= cut
    order = [v for v in sorted(by_use(piece, keep), key=lambda v: v not in cut) if v not in left]
    for variable, last in [*((v, False) for v in order), *((v, True) for v in order)]:
        found = integrate_out(piece, variable, whole=whole, cut=variable in cut, dilogarithms=last)
        if found is not None:
            return [
                (times(weight, more), last)
                for weight, part in found
                for more, last in settled(part, keep, whole=whole, cut=cut)
            ]
    parts = by_sign(piece)
    if len(parts) == 1:
        return [(CERTAIN, piece)]
    return [each for part in parts for each in settled(part, keep, whole=whole, cut=cut)]


def by_sign(piece: Piece) -> list[Piece]:
    """The piece in parts on which the slopes of all bounds have signs that are known; itself if they have.

    Where a slope changes its sign, what it bounds jumps from one side of the bound to the other, and no
    quadrature over the variables of the slope sees that.
    """
    for bound in piece.region:
        for variable in bound.latents:
            powers = in_powers(bound, variable)
            if powers is None or 1 not in powers or not set(powers) <= {0, 1}:
                continue
            slope = powers[1]
            if not isinstance(slope, Unknown) or slope.latents.isdisjoint(piece.latents):
                continue
            low, high = piece.range_of(slope)
            if low < 0 < high and isinstance(piece.sign(slope), Unknown):
                end = of_atom(variable, variable.space) + of_power(powers, 0) / slope
                others = replace(piece, region=piece.region - {bound})
                sides = [others.where(slope * sign) for sign in (1, -1)]
                found = [
                    side.where(end * sign)
                    for side, sign in zip(sides, (1, -1), strict=True)
                    if side is not None
                ]
                return [part for each in found if each is not None for part in by_sign(each)]
    return [piece]


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


def log_mass(piece: Piece) -> LogWeight:
    """The log of the integral of a piece over all its variables; a formula in those of the outer program."""
    return product(_mass(part) for part in components(piece))


def _mass(piece: Piece) -> LogWeight:
    piece = with_planes_as_variables(piece)
    parts = settled(piece)
    if not any(left.latents for _, left in parts):
        terms = _terms(piece, parts)
        if not cancelling(terms):
            return summed(terms)
    parts = settled(piece, whole=True)
    if len(piece.latents) <= 2 and any(left.latents and _long(left.factor) for _, left in parts):
        parts = [(CERTAIN, piece)]
    terms = _terms(piece, parts)
    if any(isinstance(number, Unknown) for _, number in terms) and cancelling(terms):
        return product(map(_numerically, components(piece)))
    return summed(terms)


def _long(factor: Number) -> bool:
    """Whether a factor is a polynomial so long that its terms cancel: one more variable is better."""
    return isinstance(factor, Unknown) and len(factor.terms) > LONG


def _terms(piece: Piece, parts: Iterable[Weighted]) -> list[tuple[LogWeight, Number]]:
    """The integrals of the parts of a piece, as numbers with weights."""
    terms: list[tuple[LogWeight, Number]] = []
    for weight, left in parts:
        if left.latents:
            outside = latents_in((left.exponent, left.factor, left.region)) - set(left.latents)
            if outside:  # variables of the outer program, which have no values yet
                raise NeedsValue(min(map(str, outside)))
            for part in components(left):
                weight = times(weight, _numerically(part))
            terms.append((weight, UNIT))
            continue
        for bound in left.region - piece.region:
            raise Undecided(bound)  # of variables of the outer program
        terms.append(
            (weight, left.factor if left.exponent == 0 else left.factor * elementary.exp(left.exponent))
        )
    return terms


def _numerically(piece: Piece) -> LogWeight:
    moved = centred(piece)
    return times(moved.weight, _near_zero(moved.piece))


def _near_zero(piece: Piece) -> float:
    world = piece.latents[0].space
    assert isinstance(world, World)
    proof = proved_log_mass(piece)
    if proof is not None:
        if proof.log_mass.value == inf:
            raise Infinite(proof.variables, proved=True)
        world.note(proof.variables, Numerical(proof.log_mass.error, proved=True))
        return proof.log_mass.value
    made = grid(piece)
    on = [variable for variable in made.points if variable not in made.block]
    if on:
        world.note(on, Numerical(made.error, proved=False))
    return made.log_mass


def signed_integral(piece: Piece) -> tuple[int, LogWeight] | None:
    """Sign and log of the size of an integral whose factor may be negative, in closed form.

    None if there is none, or too many digits cancel.
    """
    sign = 1
    size: LogWeight = CERTAIN
    for part in components(piece):
        left = settled(part)
        if any(rest.latents for _, rest in left):
            return None
        terms = _terms(part, left)
        if mentions_variables(terms):
            return None
        rational = rational_sum(terms)
        if rational is not None:
            whole: LogWeight = LogRat(abs(rational))
            positive = rational > 0
        elif any(isinstance(number, Unknown) for _, number in terms):
            found = constant_sum(terms)
            if found is None:
                return None
            whole, positive = found.log_size, found.sign > 0
        else:
            plus, minus = (summed([(w, by * n) for w, n in terms if by * n > 0]) for by in (1, -1))
            positive = float(plus) > float(minus)
            high, low = max(plus, minus, key=float), min(plus, minus, key=float)
            apart = log_ratio(low, high) if float(low) > -inf else -inf
            if apart > log1p(-MOST_LOST):
                return None
            whole = log_product(high, log1p(-exp(apart))) if float(high) > -inf else -inf
        if is_zero(whole):
            return 0, IMPOSSIBLE
        sign, size = (sign if positive else -sign), times(size, whole)
    return sign, size
