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
from pplc.semantics.symbolic.ranges import range_of

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


def definite(term: Term, functions: Sequence[Number], linear: Sequence[Linear]) -> list[bool]:
    """Whether the density has one sign, and its multiples: of linear numbers, squares and deviations have."""

    def one_sign(number: Number) -> bool:
        low, high = range_of(number, term.piece.ranges)
        return low >= 0 or high <= 0

    whole = one_sign(term.piece.factor)
    return [
        whole,
        *(whole and one_sign(function) for function in functions),
        *(whole and always for _ in linear for always in (False, True, True)),
    ]


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
        self._half = arithmetic.constant(Fraction(1, 2))

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
            exponent = exponent + self._between(*moments.pop(), self._ends(*at))
        return exponent, self._multiples(factor, functions, moments)

    def _between(self, mean: Scalar, variance: Scalar, ends: Sequence[Scalar]) -> Scalar:
        """The log of the probability that a normal variable lies between the planes.

        Far from the mean, log Φ(z) = -z² / 2 + what varies slowly. The squares are kept apart, as those of
        two planes, and that of the exponent, cancel; Φ(b) - Φ(a) is Φ(b) (1 - Φ(a) / Φ(b)) in the tail that
        has the digits.
        """
        apply, power = self._arithmetic.apply, self._arithmetic.power
        by_variance, by_sd = power(variance, -1), power(variance, Fraction(-1, 2))
        off = [end - mean for end in ends]
        z = [one * by_sd for one in off]
        if self._planes == (True, False) or (len(z) == 2 and not _negative(z[0] + z[1])):
            z, off = [-one for one in reversed(z)], [-one for one in reversed(off)]
        high, largest = z[-1], off[-1]
        far = _negative(high)
        whole = apply("scaled_log_ndtr" if far else "log_ndtr", high)
        square = largest * largest * by_variance * self._half
        if len(z) == 1:
            return whole - square if far else whole
        low, least = z[0], off[0]
        if not far:
            return whole + apply("log1mexp", apply("log_ndtr", low) - whole)
        # off² of the two differ by their difference times their sum.
        less = (largest - least) * (largest + least) * by_variance * self._half
        ratio = apply("scaled_log_ndtr", low) - whole + less
        return whole - square + apply("log1mexp", ratio)

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


def _negative(number: Scalar) -> bool:
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
