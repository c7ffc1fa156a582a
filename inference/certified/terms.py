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


def definite(term: Term, functions: Sequence[Number], linear: Sequence[Linear]) -> list[bool]:
    """Whether the density has one sign, and its multiples: of linear numbers, squares and deviations have."""

    def one_sign(number: Number) -> bool:
        low, high = term.piece.range_of(number)
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
        # A variable that is bounded by itself is integrated out last, and apart.
        alone = next(iter(term.slopes)) if list(term.slopes.values()) == [1] else None
        sums: list[Linear] = [(Fraction(0), term.slopes)] if term.slopes and alone is None else []
        self._block = NormalBlock(term.exponent, term.block, [*linear, *sums], variables, arithmetic, alone)
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
        exponent, moments, bounded = self._block(*at)
        exponent = exponent + self._weight
        factor, *functions = self._others(*at)
        if bounded is not None:
            exponent = exponent + self._cut(*bounded, self._ends(*at))
        elif any(self._planes):
            exponent = exponent + self._between(*moments.pop(), self._ends(*at))
        return exponent, self._multiples(factor, functions, moments)

    def _between(self, mean: Scalar, variance: Scalar, ends: Sequence[Scalar]) -> Scalar:
        """The log of the probability that a normal variable lies between the planes.

        Far from the mean, log Φ(z) = -z² / 2 + what varies slowly. The squares are kept apart, as those of
        two planes cancel.
        """
        by_sd = self._arithmetic.power(variance, Fraction(-1, 2))
        order, z = self._tail([(end - mean) * by_sd for end in ends])
        off = [ends[k] - mean for k in order]
        by_variance = self._arithmetic.power(variance, -1) * self._half
        if not _negative(z[-1]):
            return self._near(z)
        # off² of the two differ by their difference times their sum.
        less = (off[-1] - off[0]) * (off[-1] + off[0]) * by_variance if len(z) == 2 else None
        return self._far(z, less) - off[-1] * off[-1] * by_variance

    def _cut(self, h: Scalar, precision: Scalar, ends: Sequence[Scalar]) -> Scalar:
        """log ∫ e^(h x - J x² / 2) dx between the planes, but for (log(2π) - log J) / 2.

        It is h² / 2J + log P. Far from the mean, where these are large and cancel, it is the exponent in the
        end that has the mass, and what varies slowly.
        """
        by_sd = self._arithmetic.power(precision, Fraction(-1, 2))
        order, z = self._tail([(end * precision - h) * by_sd for end in ends])
        if not _negative(z[-1]):
            return self._near(z) + h * h * self._arithmetic.power(precision, -1) * self._half
        least, largest = ends[order[0]], ends[order[-1]]
        less = None
        if len(z) == 2:
            less = (least - largest) * (h - (least + largest) * precision * self._half)
        return self._far(z, less) + largest * (h - largest * precision * self._half)

    def _tail(self, z: list[Scalar]) -> tuple[list[int], list[Scalar]]:
        """Standardised ends in the tail that has the digits, the lower one first, and which they are."""
        order = list(range(len(z)))
        if self._planes == (True, False) or (len(z) == 2 and not _negative(z[0] + z[1])):
            return order[::-1], [-one for one in reversed(z)]
        return order, z

    def _near(self, z: Sequence[Scalar]) -> Scalar:
        """log(Φ(b) - Φ(a)) for b that is not far below 0."""
        apply = self._arithmetic.apply
        whole = apply("log_ndtr", z[-1])
        if len(z) == 1:
            return whole
        return whole + apply("log1mexp", apply("log_ndtr", z[0]) - whole)

    def _far(self, z: Sequence[Scalar], less: Scalar) -> Scalar:
        """The same plus b² / 2, for b far below 0: Φ(b) - Φ(a) is Φ(b) (1 - Φ(a) / Φ(b)).

        less: (b² - a²) / 2.
        """
        apply = self._arithmetic.apply
        whole = apply("scaled_log_ndtr", z[-1])
        if len(z) == 1:
            return whole
        return whole + apply("log1mexp", apply("scaled_log_ndtr", z[0]) - whole + less)

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
