"""Integrals of pieces as balls: closed forms with their rounding, and proved integrals of what these leave.

The factor of a piece may be negative here.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, TypeAlias

from pplc.inference.answers import ROUNDING
from pplc.inference.continuous.blocks import normal_block
from pplc.inference.continuous.changes import with_planes_as_variables
from pplc.inference.continuous.components import about, components
from pplc.inference.continuous.grids import grid
from pplc.inference.continuous.masses import settled
from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.proofs import integrals
from pplc.semantics.number import LogRat, LogWeight, parts
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Unknown

if TYPE_CHECKING:
    from flint import arb

    from pplc.inference.certified.tails import Diverges

Enclosed: TypeAlias = "arb | Diverges"


def ball(number: float | Number) -> arb:
    """A known number; a float is right to its last digits only."""
    from pplc.inference.certified.balls import BALLS
    from pplc.inference.certified.straight_line import StraightLine

    found: arb = StraightLine([number], [], BALLS)()[0]
    return found * _rounded() if isinstance(number, float | Unknown) else found


def weight_of(log_weight: LogWeight) -> arb:
    """What a log weight is the logarithm of."""
    from flint import arb

    if isinstance(log_weight, LogRat):
        return ball(log_weight.value)
    if log_weight == -inf:
        return ball(0)
    whole, rest = parts(log_weight)
    return (arb(whole) + arb(rest, abs(rest) * 2.0**-50)).exp() * _rounded()


def _rounded() -> arb:
    from flint import arb

    return 1 + arb(-1).union(arb(1)) * ROUNDING


def scaled(found: Enclosed, by: Enclosed) -> Enclosed | None:
    """A product; None if one factor is infinite and the other may be 0."""
    from pplc.inference.certified.tails import Diverges

    infinite = [one for one in (found, by) if isinstance(one, Diverges)]
    if not infinite:
        return found * by  # type: ignore[operator]
    sign = 1
    for one in (found, by):
        if isinstance(one, Diverges):
            sign *= one.sign
        elif not (one > 0 or one < 0):
            return None
        else:
            sign *= 1 if one > 0 else -1
    return Diverges(sign)


def plus(left: Enclosed, right: Enclosed) -> Enclosed:
    """A sum; of what is infinite with both signs there is none, which is `Diverges` with sign 0."""
    from pplc.inference.certified.tails import Diverges

    if isinstance(left, Diverges) and isinstance(right, Diverges):
        return left if left == right else Diverges(0)
    if isinstance(left, Diverges):
        return left if right.is_finite() else right  # type: ignore[union-attr]
    if isinstance(right, Diverges):
        return right if left.is_finite() else left
    return left + right


def integral(piece: Piece) -> Enclosed | None:
    """The integral of a piece over all its variables; None if nothing could be proved."""
    product: Enclosed | None = ball(1)
    for part in components(piece):
        total = _summed(part, whole=False)
        if total is None:  # terms that are infinite with both signs may be those of one finite integral
            total = _summed(part, whole=True)
        if total is None:
            return None
        assert product is not None
        product = scaled(product, total)
        if product is None:
            return None
    return product


def _summed(piece: Piece, *, whole: bool) -> Enclosed | None:
    """The integral of a piece as a sum; None if nothing is known of it, or terms differ by what is infinite.

    whole: as in `settled`.
    """
    from pplc.inference.certified.tails import Diverges

    total: Enclosed = ball(0)
    for log_weight, left in settled(with_planes_as_variables(piece), whole=whole):
        found = _of_one(left)
        term = None if found is None else scaled(found, weight_of(log_weight))
        if term is None:
            return None
        total = plus(total, term)
        if isinstance(total, Diverges) and not total.sign:
            return None
    return total


def _of_one(piece: Piece) -> Enclosed | None:
    """The integral of what the rules leave."""
    if not piece.latents:
        return ball(piece.factor) * ball(piece.exponent).exp()
    product: Enclosed | None = ball(1)
    for part in components(piece):
        found = _proved(part)
        product = None if found is None or product is None else scaled(product, found)
    return product


def _proved(piece: Piece) -> Enclosed | None:
    block, _ = normal_block(piece, frozenset())
    if len(block) == len(piece.latents):
        return weight_of(grid(piece).log_mass)
    found = integrals(piece)
    return None if found is None else scaled(found.values[0], _unit(found.block))


def with_moments(piece: Piece, number: Unknown) -> list[Enclosed] | None:
    """The integrals of a piece, of it times a number, and times its square, in one go.

    For numbers of the variable that is left, or linear in the normal block beside it; None for others. Where
    the size of the number has no finite mean, the second is `Diverges`.
    """
    from pplc.inference.certified.tails import Diverges

    sums: list[Enclosed] = [ball(0)] * 3
    for log_weight, whole in settled(piece, number.latents, whole=True):
        parts = components(whole)
        found = integrals(about(parts, number.latents), number)
        if found is None:
            return None
        by: Enclosed | None = weight_of(log_weight) * _unit(found.block)
        for part in parts:
            if number.latents.isdisjoint(part.latents):
                beside = _of_one(part)
                by = None if beside is None or by is None else scaled(by, beside)
        mass, first, *others = found.values
        if len(others) == 2 and isinstance(others[1], Diverges):
            first = Diverges(0)
        for k, value in enumerate((mass, first, others[0])):
            term = None if by is None else scaled(value, by)
            if term is None:
                return None
            sums[k] = plus(sums[k], term)
    return sums


def _unit(block: int) -> arb:
    """(2π)^(n/2)."""
    from flint import arb

    return (2 * arb.pi()).sqrt() ** block


def part_of(piece: Piece, positive: Number) -> Enclosed | None:
    """The integral over where a number is positive."""
    part = piece.where(positive)
    return ball(0) if part is None else integral(part)
