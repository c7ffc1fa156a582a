"""How the runs of a program end whose parameters are open: what they recorded, and their densities.

The parameters are numbers that depend on variables which are never integrated over. The rules of
`pplc.inference.continuous` apply as they are: what is left when every other variable is integrated out is
a formula in the parameters.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from fractions import Fraction
from typing import NamedTuple, TypeAlias, cast

from pplc.inference.continuous.changes import as_variable
from pplc.inference.continuous.masses import Masses, settled
from pplc.inference.continuous.open_numbers import Parameters, as_number
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.formulas.log_normal import with_logarithms
from pplc.inference.formulas.quotients import Quotients
from pplc.inference.formulas.writing import Term
from pplc.inference.inner import Merging
from pplc.inference.progress import Progress
from pplc.inference.state_graph import Graph
from pplc.inference.states import Explorer
from pplc.lang.diagnostics import Rejected
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import located
from pplc.semantics.formula import Field, Formula, Open, formulas_in
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero
from pplc.semantics.number import CERTAIN, LogRat, LogWeight
from pplc.semantics.signs import assumed_ends
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent, Undecided, Unknown, expanded, latent
from pplc.semantics.symbolic.ranges import Range, range_of
from pplc.semantics.values import Address, Fault, Value

Part: TypeAlias = tuple[Number, Fraction, Piece]
"""A number with a weight and the density over the variables that it depends on."""

Ranges: TypeAlias = Mapping[Latent, Range]


class End(NamedTuple):
    """One way to the end."""

    recorded: Mapping[Address, Value]
    weight: Fraction
    piece: Piece


class Integrated(NamedTuple):
    """The integral of a piece, with what had to be assumed for it to exist."""

    terms: tuple[Term, ...]
    assumed: Mapping[object, str]


@dataclass(frozen=True, eq=False)
class Ends:
    """Every way to the end, of the lowest dimension.

    parameters: the open ones as variables, with their symbols. ranges: of these.
    arguments:  the arguments of the program in these variables. known: integrals that were found.
    assumed:    what was, for the runs to be followed.
    reported:   what is assumed beside so that the numbers in the tables of variables exist.
    """

    parameters: Parameters
    ranges: Ranges
    arguments: Mapping[str, Value]
    world: World
    ends: tuple[End, ...]
    states: int
    known: dict[Piece, Integrated] = dataclass_field(default_factory=dict[Piece, "Integrated"])
    assumed: Mapping[object, str] = dataclass_field(default_factory=dict[object, str])
    reported: Mapping[object, str] = dataclass_field(default_factory=dict[object, str])

    def quotients(self, sums: Mapping[str, Iterable[Part]]) -> Quotients:
        """The integrals of sums, as formulas; a `Fault` if one has no rule, or depends on an open sign."""
        return Quotients(
            self.parameters, self.ranges, {name: list(self._terms(parts)) for name, parts in sums.items()}
        )

    def parts(self) -> list[Part]:
        """The evidence, as the integral of 1."""
        return [(Fraction(1), end.weight, end.piece) for end in self.ends]

    def _terms(self, parts: Iterable[Part]) -> Iterator[Term]:
        for number, weight, piece in parts:
            whole = replace(piece, factor=piece.factor * number)
            if whole.factor == 0:
                continue
            if whole not in self.known:
                self.world.piece = piece
                with self.assuming() as assumed:
                    self.known[whole] = Integrated(tuple(_integrated(whole, self.ranges)), assumed)
            found = self.known[whole]
            self.field.assumed.update(found.assumed)
            yield from (term._replace(weight=term.weight * weight) for term in found.terms)

    @property
    def field(self) -> Field:
        """Of the symbols, with what is assumed of them."""
        return next(iter(self.parameters.values())).field

    @contextmanager
    def assuming(self) -> Generator[dict[object, str]]:
        """What is assumed beside what runs need, taken back at the end and put into what is given."""
        before, new = dict(self.field.assumed), dict[object, str]()
        self.field.assumed.clear()
        self.field.assumed.update(self.assumed)  # not what other integrals needed
        try:
            yield new
        finally:
            new.update((key, text) for key, text in self.field.assumed.items() if key not in self.assumed)
            self.field.assumed.clear()
            self.field.assumed.update(before)


def _integrated(piece: Piece, ranges: Ranges) -> Iterator[Term]:
    """The integral of a piece over all its variables, given the ranges of the parameters."""
    for part in with_logarithms(piece):
        for weight, left in _settled(part):
            if left.latents:
                raise _no_formula(left)
            for bound in left.region:
                if range_of(bound, ranges).lower < 0:
                    raise Open(bound)
            assert isinstance(weight, LogRat)
            yield Term(weight.value, left.factor, left.exponent)


def _settled(piece: Piece) -> list[tuple[LogWeight, Piece]]:
    pieces = settled(piece)
    if any(left.latents for _, left in pieces):
        return settled(_with_planes(piece))
    return pieces


def _with_planes(piece: Piece) -> Piece:
    """The piece with a sum of variables that is bounded as a variable, if one is."""
    sums = [bound for bound in piece.region if len(bound.latents & {*piece.latents}) > 1]
    changed = as_variable(sums[0], piece) if len(sums) == 1 else None
    return piece if changed is None else replace(changed[1], exponent=expanded(changed[1].exponent))


def _no_formula(piece: Piece) -> Fault:
    names = ", ".join(f"`{variable}`" for variable in piece.latents)
    return Fault(
        "E0525",
        f"the integral over {names} has no formula in the parameters that are left open",
        "no exact rule applies here",
        "give the parameters values",
    )


class _Whole(Masses):
    """Stands for the integrals of pieces while runs are followed: none is needed."""

    def of(self, piece: Piece) -> LogWeight:
        return CERTAIN


def follow(bound: Bound, progress: Progress) -> Ends:
    """Follows all runs. Parameters that must be positive, or probabilities, are from then on taken to be."""
    field = next(formulas_in(tuple(bound.arguments.values()))).field
    while True:
        known = dict(field.assumed)
        try:
            return _followed(bound, field, progress)
        except (Fault, Rejected):
            if field.assumed == known:
                raise


def _followed(bound: Bound, field: Field, progress: Progress) -> Ends:
    world = World(grid=0)
    parameters = Parameters(
        {
            Latent((name,), world): cast("Formula", field.made(generator))
            for name, generator in zip(field.names, field.ring.gens, strict=True)
        }
    )
    world.parameters = parameters
    ranges = {variable: Range(*ends) for variable, ends in zip(parameters, assumed_ends(field), strict=True)}
    world.piece = Piece(region=frozenset(_bounds(ranges)), ranges=ranges)
    arguments = {name: _replaced(value, parameters) for name, value in bound.arguments.items()}
    machine = Machine(replace(bound, arguments=arguments), exact=True, infer=Merging())
    explorer = Explorer(machine, progress, forgetful=False, world=world, forgets=False)
    explorer.masses = _Whole()
    try:
        graph = explorer.explore()
    except Undecided as undecided:
        raise located(Open(undecided.number), bound.program.model.span) from None
    return Ends(
        parameters,
        ranges,
        arguments,
        world,
        tuple(_ends(graph)),
        len(graph.nodes),
        assumed=dict(field.assumed),
    )


def _bounds(ranges: Ranges) -> Iterator[Unknown]:
    """What is assumed of parameters as bounds, from which others follow: x > b says that x > 0."""
    for variable, (low, high) in ranges.items():
        number = latent(variable.address, variable.space)
        if low == 0:
            yield number
        if high == 1:
            yield 1 - number


def _ends(graph: Graph) -> Iterator[End]:
    for edge, mass in graph.edges(ONE(True)):
        if edge.target is None and edge.dimension == graph.lowest and not is_zero(mass):
            assert isinstance(mass, LogRat)
            yield End(edge.recorded, mass.value, edge.piece)


def _replaced(value: Value, parameters: Parameters) -> Value:
    """A value with variables in the place of symbols."""
    if isinstance(value, Formula):
        return cast("Value", as_number(value, parameters))
    if isinstance(value, tuple):
        return tuple(_replaced(item, parameters) for item in value)
    return value
