"""The density of one variable, and functions times it, in ball arithmetic and in that of germs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import inf

from flint import acb, arb

from pplc.inference.certified.balls import BALLS, rational
from pplc.inference.certified.germs import Germs, Lost
from pplc.inference.certified.slopes import Slopes, variables
from pplc.inference.certified.straight_line import Arithmetic, Scalar, StraightLine
from pplc.inference.certified.tails import Diverges
from pplc.inference.certified.terms import Linear, Run, Term, definite
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.polynomials import in_powers, substituted
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, NeedsValue, Undecided, Unknown, latent

FROM = 4
"""v at which tails begin: u is a multiple of it, or of 1 / v."""


@dataclass(frozen=True, slots=True)
class Half:
    """The points x = centre + sign · u for u between 0 and the reach, which may be infinite.

    natural: the centre is an end of the density, and no mere cut.
    """

    centre: Fraction
    sign: int
    reach: Fraction | None
    natural: bool


class Integrand:
    """A sum of terms as a function of the variable, and that times functions of the variable.

    functions: what it is multiplied by.
    linear:    numbers that are linear in a block: then by their mean given the variable, the mean of their
               square, and their standard deviation, in this order.
    """

    def __init__(
        self,
        variable: Latent,
        terms: Sequence[Term],
        functions: Sequence[Number] = (),
        linear: Sequence[Linear] = (),
    ) -> None:
        self._variable = variable
        self._terms = terms
        self._functions = functions
        self._linear = linear
        self.count = 1 + len(functions) + 3 * len(linear)

    def halves(self) -> list[Half]:
        """Where the variable may lie: the intervals between the ends of the terms, in halves."""
        cuts: set[Fraction] = set()
        least: list[float] = []
        most: list[float] = []
        for term in self._terms:
            low, high = term.piece.ranges.get(self._variable, (-inf, inf))
            roots = [root for bound in term.piece.region if (root := self._root(bound)) is not None]
            cuts |= set(roots)
            # What is known of a range beside the region of the piece is exact.
            least.append(low)
            most.append(high)
        low, high = min(least), max(most)
        cuts |= {Fraction(end) for end in (low, high) if abs(end) < inf and not _near(end, cuts)}
        inner = sorted(cut for cut in cuts if _within(cut, low, high))
        ends: list[Fraction | None] = [*inner]
        if low == -inf:
            ends.insert(0, None)
        if high == inf:
            ends.append(None)
        return [half for left, right in pairwise(ends) for half in halved(left, right)]

    @property
    def definite(self) -> list[bool]:
        """Whether the sum has one sign, and each of its multiples."""
        each = [definite(term, self._functions, self._linear) for term in self._terms]
        return [len(each) == 1 and one for one in each[0]]

    def _root(self, bound: Unknown) -> Fraction | None:
        powers = in_powers(bound, self._variable)
        if powers is None or not set(powers) <= {0, 1} or 1 not in powers:
            return None
        slope, constant = powers[1], powers.get(0, Fraction(0))
        if isinstance(slope, Unknown) or isinstance(constant, Unknown):
            return None
        return -Fraction(constant) / Fraction(slope)

    def on(self, half: Half) -> OnHalf:
        """The integrand on one side of the domain."""
        there = [term for term in self._terms if self._reaches(term, half)]
        moved = Integrand(self._variable, there, self._functions, self._linear)
        if half.natural and not (half.centre == 0 and half.sign == 1):
            moved = moved._from(half) or moved
        return OnHalf(moved, half)

    def _from(self, half: Half) -> Integrand | None:
        """The integrand as a function of the distance from the centre, so that 1 - (1 - u) is u."""
        space = self._variable.space
        assert isinstance(space, World)
        u = Latent((*self._variable.address, "distance#"), space)
        distance = latent(u.address, space)
        value = distance * half.sign + half.centre
        before = space.piece

        def moved(number: Number) -> Number:
            return substituted(number, self._variable, value)

        try:
            terms: list[Term] = []
            for term in self._terms:
                piece = Piece(latents=(u,)).where(distance)
                if half.reach is not None:
                    piece = piece and piece.where(half.reach - distance)
                for bound in self.curved(term):
                    piece = piece and piece.where(moved(bound))
                if piece is None:
                    continue
                space.piece = piece
                exponent = {key: moved(number) for key, number in term.exponent.items()}
                piece = replace(piece, factor=moved(term.piece.factor))
                slopes = {i: moved(number) for i, number in term.slopes.items()}
                low, high = (None if end is None else moved(end) for end in (term.low, term.high))
                terms.append(Term(term.log_weight, piece, exponent, term.block, slopes, low, high))
            functions = [moved(function) for function in self._functions]
            linear = [(moved(c), {i: moved(s) for i, s in slopes.items()}) for c, slopes in self._linear]
        except (Undecided, NeedsValue):
            return None
        finally:
            space.piece = before
        return Integrand(u, terms, functions, linear)

    def _reaches(self, term: Term, half: Half) -> bool:
        """Whether a term is not 0 on a half, as far as bounds that are linear in the variable tell."""
        low, high = term.piece.ranges.get(self._variable, (-inf, inf))
        step = half.sign * (Fraction(1) if half.reach is None else half.reach / 2)
        inner = half.centre + step
        if not low <= inner <= high:
            return False
        for bound in term.piece.region:
            root = self._root(bound)
            if (
                root is not None
                and not StraightLine([bound], [self._variable], BALLS)(arb(rational(inner)))[0] > 0
            ):
                return False
        return True

    def curved(self, term: Term) -> list[Unknown]:
        """The bounds of a term that are not linear in the variable."""
        return sorted((bound for bound in term.piece.region if self._root(bound) is None), key=str)

    def run(self, term: Term, arithmetic: Arithmetic) -> Run:
        """A term in an arithmetic."""
        return Run(term, [self._variable], self._functions, self._linear, self.curved(term), arithmetic)

    @property
    def variable(self) -> Latent:
        """The variable of the integral."""
        return self._variable

    @property
    def terms(self) -> Sequence[Term]:
        """What is summed."""
        return self._terms

    @property
    def functions(self) -> Sequence[Number]:
        """What the density is multiplied by."""
        return self._functions

    @property
    def linear(self) -> Sequence[Linear]:
        """The numbers that are linear in a block."""
        return self._linear


class OnHalf:
    """The sum of the terms that reach a half, and its multiples."""

    def __init__(self, of: Integrand, half: Half) -> None:
        self.half = half
        self.count = of.count
        self._of = of
        self._direct = of.variable.address[-1:] != ("distance#",)
        self._centre = BALLS.constant(half.centre)
        self._exact = [of.run(term, BALLS) for term in of.terms]
        self._sloped = [of.run(term, Slopes()) for term in of.terms]

    def _at(self, u: Scalar) -> Scalar:
        """The point at a distance from the centre."""
        return u * self.half.sign + self._centre if self._direct else u

    def __call__(self, u: arb, inside: Sequence[bool | None]) -> list[Scalar]:
        """The sum and its multiples at a point."""
        return self._sum([(run, self._at(u)) for run in self._exact], inside)

    def over(self, u: arb | acb, inside: Sequence[bool | None]) -> list[Scalar]:
        """The same over a ball; not finite where they are not analytic on a complex one."""
        (x,) = variables(self._at(u))
        return self._sum([(run, x) for run in self._sloped], inside)

    def _sum(self, runs: Sequence[tuple[Run, Scalar]], inside: Sequence[bool | None]) -> list[Scalar]:
        totals: list[Scalar] = [arb(0)] * self.count
        for (run, x), known in zip(runs, inside, strict=True):
            if known is not False:
                values = run.values([x], known)
                totals = [total + value for total, value in zip(totals, values, strict=True)]
        return totals

    def inside(self, u: arb) -> list[bool | None]:
        """Of each term, whether all of a real ball lies in its region; None if only a part may."""
        x = self._at(u)
        return [run.inside([x]) for run in self._exact]

    def beyond(self, u: Fraction, *, far: bool) -> list[arb | Diverges]:
        """The integrals over what is farther from the centre than u, or nearer to it."""
        arithmetic = Germs(arb(FROM))
        centre, sign = (self.half.centre, self.half.sign) if self._direct else (Fraction(0), 1)
        slope = u / FROM if far else u * FROM
        x = arithmetic.around(centre, slope * sign, far=far)
        totals: list[arb | Diverges] = [arb(0)] * self.count
        for term in self._of.terms:
            try:
                found = self._of.run(term, arithmetic).beyond([x], far=far)
            except Lost:
                return [arb.nan()] * self.count
            found = [f if isinstance(f, Diverges) else f * rational(slope) for f in found]
            totals = [_sum(total, more) for total, more in zip(totals, found, strict=True)]
        return totals


def _sum(left: arb | Diverges, right: arb | Diverges) -> arb | Diverges:
    if isinstance(left, Diverges):
        if isinstance(right, Diverges):
            return left if left == right else arb.nan()
        return left if right.is_finite() else right
    if isinstance(right, Diverges):
        return right if left.is_finite() else left
    return left + right


def _near(end: float, cuts: set[Fraction]) -> bool:
    """Whether a float is a root of the region but for rounding."""
    return any(float(cut) == end for cut in cuts)


def _within(cut: Fraction, low: float, high: float) -> bool:
    return low <= float(cut) <= high


def halved(left: Fraction | None, right: Fraction | None) -> list[Half]:
    """An interval in halves, each from an end; the line from 0; None is infinity."""
    if left is None and right is None:
        return [Half(Fraction(0), -1, None, False), Half(Fraction(0), 1, None, False)]
    if left is None or right is None:
        end, sign = (left, 1) if left is not None else (right, -1)
        assert end is not None
        return [Half(end, sign, None, True)]
    middle = Fraction(float(left + right) / 2)
    if not left < middle < right:
        middle = (left + right) / 2
    return [Half(left, 1, middle - left, True), Half(right, -1, right - middle, True)]
