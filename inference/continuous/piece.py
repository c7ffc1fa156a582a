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

from pplc.inference.progress import Progress, Silent, TooLate
from pplc.semantics.number import CERTAIN, LogRat, LogWeight, shifted
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.elementary import Number, constant_and_rest
from pplc.semantics.symbolic.expression import (
    ONE,
    Atom,
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
    ranges:  of the variables, as far as single bounds tell; what is not listed is any real number.
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
        sign = _sign(positive, self.ranges)
        if sign is not None:
            return self if sign else None
        positive = _undivided(positive, self.ranges)
        sign = _sign(positive, self.ranges)
        if sign is not None:
            return self if sign else None
        _, bound = scaled(positive)
        if bound in self.region:
            return self
        if -bound in self.region:
            return None
        return replace(self, region=self.region | {bound}).narrowed(bound)

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

    def weighed(self, weight: LogWeight) -> tuple[LogWeight, Piece]:
        """The piece times a weight that may depend on its variables; what does not comes back."""
        if isinstance(weight, LogRat) and isinstance(weight.value, Unknown):
            return self.raised(elementary.log(weight.value))
        return weight, self

    def raised(self, exponent: Number, world: World | None = None) -> tuple[LogWeight, Piece]:
        """The piece times e to a number; its constant part comes back as a weight.

        world: of the piece, in case that the number depends on none of its variables.
        """
        whole = self.exponent + expanded(exponent)
        (exact, rounded, ratio), rest = constant_and_rest(whole)
        if isinstance(whole, Unknown) and isinstance(whole.space, World):
            world = whole.space
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
    """

    def __init__(self, grid: int = 2, progress: Progress | None = None) -> None:
        self.piece = NOTHING
        self.grid = grid
        self.progress = progress or Silent()
        self.grids: dict[tuple[Piece, frozenset[Latent], int, Latent | None], object] = {}
        self.centred: dict[Piece, object] = {}
        self.numerical: dict[str, Numerical] = {}
        self.rounding = 0.0

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
        ranges = self.piece.ranges
        sign = _sign(number, ranges)
        if sign is not None:
            return sign
        whole = _undivided(number, ranges)
        sign = _sign(whole, ranges)
        if sign is not None:
            return sign
        _, bound = scaled(whole)
        if bound in self.piece.region:
            return True
        if -bound in self.piece.region:
            return False
        raise Undecided(bound)


def look(variables: Sequence[Latent]) -> None:
    """Breaks off, if what is done with these variables is on trial, and late."""
    space = variables[0].space if variables else None
    if isinstance(space, World):
        space.look()


def _sign(number: Number, ranges: Mapping[Latent, Range]) -> bool | None:
    """Whether a number is positive, almost surely, as far as ranges tell; None if they do not."""
    if not isinstance(number, Unknown):
        return bool(number > 0)
    low, high = range_of(number, ranges)
    return True if low >= 0 else False if high <= 0 else None


def _undivided(number: Unknown, ranges: Mapping[Latent, Range]) -> Number:
    """The number times what it is divided by, if that is positive: x / (x + y) < 1 says that 0 < y."""

    def positive(atom: Atom) -> bool:
        return range_of(of_atom(atom, number.space), ranges).lower >= 0

    by = divisor(number, positive)
    return number if by is None else expanded(number * by)


__all__ = ["CERTAIN", "NOTHING", "UNIT", "ZERO", "Numerical", "Piece", "World", "look"]
