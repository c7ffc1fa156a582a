"""The density of a piece in any arithmetic, as a function of the variables left beside a normal block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from flint import acb, arb

from pplc.inference.certified.balls import FUNCTIONS
from pplc.inference.certified.germs import Germ
from pplc.inference.certified.normal_block import NormalBlock, Quadratic
from pplc.inference.certified.slopes import Sloped, Slopes
from pplc.inference.certified.straight_line import Arithmetic, Scalar, StraightLine
from pplc.inference.certified.tails import Diverges, integral
from pplc.inference.continuous.piece import Piece
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Unknown

Linear = tuple[Number, Mapping[int, Number]]
"""A number that is linear in a normal block: a constant, and slopes by places in the block."""


@dataclass(frozen=True)
class Term:
    """A piece in which the other variables than those of an integral are a normal block, or integrated out.

    log_weight: log of a factor.
    exponent:   quadratic in the block, by monomials (`Quadratic`). block: its size.
    slopes:     of a sum of variables of the block that lies between `low` and `high`, if it does.
    """

    log_weight: float
    piece: Piece
    exponent: Quadratic
    block: int = 0
    slopes: Mapping[int, Number] = field(default_factory=dict[int, Number])
    low: Number | None = None
    high: Number | None = None


class Run:
    """One term in one arithmetic."""

    def __init__(
        self,
        term: Term,
        variables: Sequence[Latent],
        functions: Sequence[Number],
        linear: Sequence[Linear],
        bounds: Sequence[Unknown],
        arithmetic: Arithmetic,
    ) -> None:
        sums: list[Linear] = [(Fraction(0), term.slopes)] if term.slopes else []
        self._block = NormalBlock(term.exponent, term.block, [*linear, *sums], variables, arithmetic)
        self._planes = (term.low is not None, term.high is not None)
        planes: list[Number] = [end for end in (term.low, term.high) if end is not None]
        self._ends = StraightLine(planes, variables, arithmetic)
        others: list[Number] = [term.piece.factor, *functions]
        self._others = StraightLine(others, variables, arithmetic)
        self._bounds = StraightLine(bounds, variables, arithmetic)
        self._weight = arithmetic.constant(term.log_weight)
        self._arithmetic = arithmetic

    def values(self, at: Sequence[Scalar], inside: bool | None) -> list[Scalar]:
        """The density, times the functions, and times what numbers in the block have for means."""
        exponent, numbers = self.parts(at)
        if isinstance(self._arithmetic, Slopes):
            exponent, numbers = exponent.whole, [number.whole for number in numbers]
        power = FUNCTIONS["exp"](exponent)
        if inside is None:
            power = _nothing_or(power)
        return [power * number for number in numbers]

    def parts(self, at: Sequence[Scalar]) -> tuple[Scalar, list[Scalar]]:
        """The exponent, and what stands before its power: in the density, and in its multiples."""
        exponent, moments = self._block(*at)
        exponent = exponent + self._weight
        factor, *functions = self._others(*at)
        if any(self._planes):
            mean, variance = moments.pop()
            apply, inverse = self._arithmetic.apply, self._arithmetic.power(variance, Fraction(-1, 2))
            ends = [(end - mean) * inverse for end in self._ends(*at)]
            match self._planes:
                case (False, True):
                    exponent = exponent + apply("log_ndtr", ends[0])
                case (True, False):
                    exponent = exponent + apply("log_ndtr", -ends[0])
                case _:
                    low, high = ends if _mostly_negative(ends[0] + ends[1]) else (-ends[1], -ends[0])
                    whole = apply("log_ndtr", high)  # Φ(high) - Φ(low), in the tail that has the digits
                    exponent = exponent + whole + apply("log1mexp", apply("log_ndtr", low) - whole)
        return exponent, self._multiples(factor, functions, moments)

    def inside(self, at: Sequence[arb]) -> bool | None:
        """Whether all of a real ball lies between the bounds; None if only a part may."""
        known: bool | None = True
        for bound in self._bounds(*at):
            if bound <= 0:
                return False
            if not bound > 0:
                known = None
        return known

    def beyond(self, at: Sequence[Germ], *, far: bool) -> list[arb | Diverges]:
        """The integrals over a tail."""
        exponent, numbers = self.parts(at)
        for bound in self._bounds(*at):
            _, ball = bound.factored()
            if ball <= 0:
                return [arb(0)] * len(numbers)
            if not ball > 0:
                return [arb.nan()] * len(numbers)
        return [integral(exponent, number, far=far) for number in numbers]

    def _multiples(
        self, factor: Scalar, functions: Sequence[Scalar], moments: Sequence[tuple[Scalar, Scalar]]
    ) -> list[Scalar]:
        found = [factor, *(factor * f for f in functions)]
        for mean, variance in moments:
            sd = self._arithmetic.power(variance, Fraction(1, 2))
            found += [factor * mean, factor * (variance + mean * mean), factor * sd]
        return found


def _mostly_negative(number: Scalar) -> bool:
    """Whether the middle of a ball, or where a germ goes, is below 0."""
    if isinstance(number, Germ):
        return bool(number.split()[1] < 0) if number.terms else False
    middle = number.middle if isinstance(number, Sloped) else number
    if not isinstance(middle, arb | acb):
        return False  # either way is right
    return bool((middle.real if isinstance(middle, acb) else middle).mid() < 0)


def _nothing_or(density: Scalar) -> Scalar:
    """What may be the density or 0, which is not analytic."""
    if isinstance(density, acb):
        return acb(arb.nan(), arb.nan())
    return density.union(arb(0))
