"""The density that a run has accumulated over its continuous variables, and the region they lie in.

A run whose continuous variables x have no values yet stands for the measure

    weight · factor(x) · exp(exponent(x)) dx   on   { x : g(x) > 0 for every g in the region }.

`weight` is kept apart, with the weights of the run; the exponent has no constant part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import exp, inf, log
from typing import NamedTuple

from pplc.inference.continuous.open_numbers import Parameters, as_formula, tidied
from pplc.inference.continuous.reach import range_on, sign_on
from pplc.inference.progress import Progress, Silent, TooLate
from pplc.semantics.formula import Formula, Open
from pplc.semantics.number import CERTAIN, LogRat, LogWeight, shifted
from pplc.semantics.signs import assumed_ends, sign
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.elementary import Number, constant_and_rest
from pplc.semantics.symbolic.expression import (
    ONE,
    Atom,
    Exponent,
    Latent,
    Undecided,
    Unknown,
    divisor,
    expanded,
    latents_of,
    made,
    of_atom,
    scaled,
    terms_of,
)
from pplc.semantics.symbolic.ranges import REALS, Range, range_of
from pplc.semantics.values import Address

ZERO: Number = Fraction(0)
UNIT: Number = Fraction(1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A density over a region.

    latents: the variables that are not integrated out yet, in the order of their draws.
    ranges:  of the variables, as far as bounds of one variable tell; what is not listed is any real number.
             What all bounds tell together is `range_of`; it changes when a variable is integrated out, and
             with it the bounds that name it, so that it is never kept in the place of a bound.
    """

    exponent: Number = ZERO
    factor: Number = UNIT
    region: frozenset[Unknown] = frozenset()
    latents: tuple[Latent, ...] = ()
    ranges: Mapping[Latent, Range] = field(default_factory=dict[Latent, Range], compare=False)

    def fresh(self, address: Address) -> Address:
        """An address that none of the variables has: a loop may draw at one address again and again."""
        taken = {variable.address for variable in self.latents}
        found, again = address, 1
        while found in taken:
            again += 1
            found = (*address, f"again#{again}")
        return found

    def with_latent(self, variable: Latent) -> Piece:
        """One more variable, which may have any value."""
        return replace(self, latents=(*self.latents, variable))

    def within(self, variable: Latent, found: Range) -> Piece:
        """What is known of a variable, without a new constraint."""
        known = self.ranges.get(variable, REALS)
        narrowed = Range(max(known.lower, found.lower), min(known.upper, found.upper))
        return replace(self, ranges={**self.ranges, variable: narrowed})

    def where(self, positive: Number) -> Piece | None:
        """The part on which a number is positive; None if that is nowhere."""
        if not isinstance(positive, Unknown):
            return self if positive > 0 else None
        constant = positive.terms.get(ONE, 0)
        if isinstance(constant, float) and abs(constant) == inf:
            return self if constant > 0 else None
        found = self.sign(positive)
        if not isinstance(found, Unknown):
            return self if found else None
        return replace(self, region=self.region | {found}).narrowed(found)

    def sign(self, number: Unknown) -> bool | Unknown:
        """Whether a number is positive on the piece, almost surely; if that depends, the bound."""
        sign = _sign(number, self.ranges)
        if sign is not None:
            return sign
        whole = _undivided(number, self)
        if not isinstance(whole, Unknown):
            return bool(whole > 0)
        sign = _sign(whole, self.ranges)
        if sign is not None:
            return sign
        _, bound = scaled(whole)
        if bound in self.region:
            return True
        if -bound in self.region:
            return False
        sign = sign_on(self.region, bound)
        if sign is None and isinstance(bound.space, World):
            taken = bound.space.taken_sign(bound)
            return taken > 0 if taken else bound
        return bound if sign is None else sign

    def range_of(self, number: object) -> Range:
        """An interval that a number lies in on the piece, as far as all bounds tell."""
        own = range_of(number, self.ranges)
        if own.lower < 0 < own.upper and isinstance(number, Unknown) and isinstance(number.space, World):
            own = number.space.taken(number, own)
        if own.lower == own.upper or not self.region:
            return own
        more = range_on(self.region, number)
        return Range(max(own.lower, more.lower), min(own.upper, more.upper))

    def reach(self, variable: Latent) -> Range:
        """Where a variable lies, as far as all bounds tell."""
        return self.range_of(of_atom(variable, variable.space))

    def narrowed(self, bound: Unknown) -> Piece | None:
        """The piece whose ranges say what a bound says, if that is linear in one variable."""
        single = bound.latents
        if len(single) != 1:
            return self
        (variable,) = single
        slope = bound.terms.get(frozenset({(variable, 1)}))
        if slope is None or len(bound.terms) > (2 if ONE in bound.terms else 1):
            return self
        at = -float(bound.terms.get(ONE, 0)) / float(slope)
        piece = self.within(variable, Range(at, inf) if slope > 0 else Range(-inf, at))
        low, high = piece.ranges[variable]
        return None if low >= high else piece

    def assumed(self) -> Piece:
        """What holds of the variables, without their density."""
        return Piece(region=self.region, ranges=self.ranges)

    def weighed(self, weight: LogWeight, world: World | None = None) -> tuple[LogWeight, Piece]:
        """The piece times a weight that may depend on its variables; what does not comes back.

        world: as in `raised`.
        """
        if isinstance(weight, LogRat) and isinstance(weight.value, Unknown):
            return self.raised(elementary.log(weight.value), world)
        return weight, self

    def raised(self, exponent: Number, world: World | None = None) -> tuple[LogWeight, Piece]:
        """The piece times e to a number; its constant part comes back as a weight.

        world: of the piece, in case that the number depends on none of its variables.
        """
        whole = self.exponent + expanded(exponent)
        if isinstance(whole, Unknown) and isinstance(whole.space, World):
            world = whole.space
        if world is not None and world.parameters:
            return CERTAIN, replace(self, exponent=tidied(whole, world.parameters))
        (exact, rounded, ratio), rest = constant_and_rest(whole)
        constant, rest = _constant_apart(rest)
        rounded += constant
        if rounded and world is not None:
            world.rounding += abs(rounded) * 2.0**-50
        weight: LogWeight = LogRat(ratio)
        if exact or rounded:
            weight = shifted(exact, rounded + log(ratio.numerator) - log(ratio.denominator))
        return weight, replace(self, exponent=rest)


def _constant_apart(number: Number) -> tuple[float, Number]:
    """The value of what depends on no variable in a number, and the rest."""
    known = {monomial: c for monomial, c in terms_of(number).items() if not any(latents_of(monomial))}
    if not known:
        return 0.0, number
    from pplc.inference.certified.constants import value_of

    constant = made(number.space, known)
    found = value_of([constant])
    if found is None:
        return 0.0, number
    return found.sign * exp(found.log_size), number - constant


NOTHING = Piece()
"""No continuous variable."""


class Numerical(NamedTuple):
    """How well an integral is known that has no closed form.

    error:  a bound of its relative error; an estimate of it if it is not proved.
    """

    error: float
    proved: bool


class World:
    """The space of the variables of one program; it knows the piece of the run that is going.

    grid:      how many variables of a piece may be integrated numerically.
    numerical: the variables that were, with the worst that is known of their integrals.
    rounding:  of the logs of all weights, added up: what floats may have lost of what they are logs of.
    grids:     integrals over two variables, by what was asked for: they take seconds.
    progress:  of the run, which may break off integrals over two variables.
    centred:   the latest changes of variables. Equal pieces of other programs are of their own worlds.
    parameters: what has no value and is not integrated over, as answers are formulas in it. Exponents then
               keep their constants.
    """

    def __init__(self, grid: int = 2, progress: Progress | None = None) -> None:
        self.piece = NOTHING
        self.grid = grid
        self.progress = progress or Silent()
        self.grids: dict[tuple[Piece, frozenset[Latent], int, Latent | None], object] = {}
        self.centred: dict[Piece, object] = {}
        self.numerical: dict[str, Numerical] = {}
        self.rounding = 0.0
        self.parameters = Parameters({})

    def note(self, variables: Iterable[Latent], found: Numerical) -> None:
        """Remembers that variables were integrated numerically."""
        names = ", ".join(f"`{variable}`" for variable in variables)
        before = self.numerical.get(names, found)
        self.numerical[names] = Numerical(max(before.error, found.error), before.proved and found.proved)

    def look(self) -> None:
        """Breaks off what takes seconds, if it is on trial, and late."""
        if self.progress.late():
            raise TooLate

    def positive(self, number: Unknown) -> bool:
        """Whether a number is positive on the piece of the run that is going."""
        found = self.piece.sign(number)
        if not isinstance(found, Unknown):
            return found
        if not self.is_open(found):
            raise Undecided(found)
        raise Open(found)

    def formula(self, number: Unknown) -> Formula | None:
        """The rational function of parameters left open that a number is; None if it is none."""
        found = as_formula(number, self.parameters) if self.is_open(number) else None
        return found if isinstance(found, Formula) else None

    def taken(self, number: Unknown, found: Range) -> Range:
        """The range of a number, less what has been assumed not to be: of what is left open."""
        known = self.taken_sign(number)
        return Range(0.0, found.upper) if known > 0 else Range(found.lower, 0.0) if known < 0 else found

    def taken_sign(self, number: Unknown) -> int:
        """The sign that a number which is left open is taken to have; 0 if none."""
        formula = self.formula(number)
        return 0 if formula is None else sign(formula, assumed_ends(formula.field))

    def take_positive(self, number: Number) -> bool:
        """Whether a number may be taken to be positive, as one that is left open: answers say that it is."""
        formula = self.formula(number) if isinstance(number, Unknown) else None
        if formula is not None:
            formula.assume_positive()
        return formula is not None

    def is_open(self, number: Unknown) -> bool:
        """Whether a number depends on parameters that are left open, and on nothing else."""
        return bool(self.parameters) and number.latents <= self.parameters.keys()


def look(variables: Sequence[Latent]) -> None:
    """Breaks off, if what is done with these variables is on trial, and late."""
    space = variables[0].space if variables else None
    if isinstance(space, World):
        space.look()


def _sign(number: Number, ranges: Mapping[Latent, Range]) -> bool | None:
    """Whether a number is positive, almost surely, as far as single bounds tell; None if they do not."""
    if not isinstance(number, Unknown):
        return bool(number > 0)
    low, high = range_of(number, ranges)
    return True if low >= 0 else False if high <= 0 else None


def _undivided(number: Unknown, piece: Piece) -> Number:
    """The number without positive divisors and factors: x / (x + y) < 1 says that 0 < y, as x y > 0 does."""

    def positive(atom: Atom) -> bool:
        return piece.range_of(of_atom(atom, number.space)).lower >= 0

    by = divisor(number, positive)
    whole = number if by is None else expanded(number * by)
    if not isinstance(whole, Unknown):
        return whole
    shared = frozenset[tuple[Atom, Exponent]].intersection(*whole.terms)
    for atom, exponent in shared:
        if positive(atom):
            whole = whole * of_atom(atom, number.space, -exponent)
    return whole


__all__ = ["CERTAIN", "NOTHING", "UNIT", "ZERO", "Numerical", "Piece", "World", "look"]
