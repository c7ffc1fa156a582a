"""Independent draws from the exact joint posterior, and what would be observed anew given each.

The engine's way of finding laws is also a way to draw: forwards through the graph of merged states, each
edge in proportion to the mass of all runs that go on through it (forward filtering, backward sampling:
Frühwirth-Schnatter 1994, with the directions exchanged), or down the tree of eliminated variables, each
given those that were eliminated after it. A draw is a whole run: everything that it recorded, and every
choice it made, named or not, so that the run can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import exp
from typing import NamedTuple, TypeAlias

import numpy as np

from pplc.inference import elimination
from pplc.inference.collect import Run, arrays, functions
from pplc.inference.continuous.grids import TooMany
from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.programs import has_density
from pplc.inference.continuous.sampling import Draws as ContinuousDraws
from pplc.inference.continuous.sampling import valued
from pplc.inference.elimination import Plan
from pplc.inference.exact import FIRST_STATES, TOO_MANY, eliminable
from pplc.inference.factor_graph import Refused
from pplc.inference.factors import LOGS
from pplc.inference.forward import followed, impossible, no_runs, share_left
from pplc.inference.inner import Merging
from pplc.inference.junction import Tree
from pplc.inference.predict import before_data, completed
from pplc.inference.progress import Progress
from pplc.inference.random_values import ABSENT, at
from pplc.inference.result import Draws
from pplc.inference.sites import observed
from pplc.inference.state_graph import Edge, Graph, Node
from pplc.inference.suspended import ordered
from pplc.lang.diagnostics import Diagnostic, Rejected, Span
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import located
from pplc.semantics.growing import Growing
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero, share, total
from pplc.semantics.nested import Nested
from pplc.semantics.number import Number
from pplc.semantics.representations.answering import pointwise
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.source import Seeded, Source
from pplc.semantics.values import Address, Value

OPEN = 1e-6
"""Share of the mass of an endless program that draws may leave out without a word."""

LONG = 256
"""Binary digits of the denominator of a probability by which is still chosen as a rational."""

TASK = 1 << 30
"""The task of `Seeded` whose numbers the draws use, apart from those of the prior."""


@dataclass(frozen=True)
class Drawn:
    """One run, drawn from the posterior.

    run:     what it recorded, and its value under `RETURN`.
    choices: of all its draws, by address, or in the order in which they were made.
    """

    run: Run
    choices: Mapping[Address, Value] | Sequence[Value]


@dataclass(frozen=True)
class Drawing:
    """Draws, and an upper bound of the mass of the runs that they leave out, as a share of the others."""

    drawn: Sequence[Drawn]
    left: float

    def draws(self) -> Draws:
        """The draws as arrays, in one chain."""
        runs = [[one.run for one in self.drawn]]
        caveat = f"draws of the runs that were followed, beside which others have a mass of {self.left:.1g}"
        return Draws(arrays(runs), functions=functions(runs), caveat=caveat if self.left > OPEN else "")


Sampler: TypeAlias = "Callable[[Source], Drawn]"


def drawing(bound: Bound, count: int, seed: int, progress: Progress) -> Drawing:
    """Independent draws from the posterior; fewer if told to stop. Raises `Rejected` if there are none."""
    one, left = sampler(bound, progress)
    drawn: list[Drawn] = []
    for k in range(count):
        if progress.stopped():
            break
        drawn.append(one(Seeded(seed, task=TASK, slot=k)))
        progress.advance("drawing", k + 1, count)
    return Drawing(drawn, left)


def sampler(bound: Bound, progress: Progress) -> tuple[Sampler, float]:
    """A function that draws one run from the posterior, and the share of the mass that it leaves out."""
    if bound.open:
        message = "the answers are formulas, from which nothing can be drawn"
        raise Rejected(Diagnostic("E0561", message, help="give the parameters values"))
    if not ordered(bound.program) or has_density(bound.program):
        return _along(bound, progress)
    first = min(bound.budget.states, FIRST_STATES)
    try:
        return _along(replace(bound, budget=replace(bound.budget, states=first)), progress)
    except Rejected as rejected:
        if first == bound.budget.states or rejected.diagnostics[0].code != TOO_MANY:
            raise
        many = rejected.diagnostics[0]
    planned = eliminable(bound, many)
    if planned is not None:
        with suppress(Refused):
            return down(planned, bound), 0.0
    return _along(bound, progress)


# ------------------------------------------------------------------ along the states


def _along(bound: Bound, progress: Progress) -> tuple[Sampler, float]:
    graph = followed(bound, progress, forgets=False)
    if is_zero(graph.evidence()):
        raise impossible(graph, bound)
    return _Walk(graph, bound.program.model.span), share_left(graph)


class _Walk:
    """Draws runs by walking through a graph of states."""

    def __init__(self, graph: Graph, span: Span) -> None:
        self._graph, self._span = graph, span
        self._start = self._ways(graph.start)
        self._known: dict[Node, tuple[tuple[Edge, ...], tuple[Number, ...]]] = {}
        self._continuous = ContinuousDraws()

    def _ways(self, edges: Sequence[Edge]) -> tuple[tuple[Edge, ...], tuple[Number, ...]]:
        """The edges that lead to an end, and the share of the mass that goes on along each."""
        masses = [self._graph.mass(edge) for edge in edges]
        whole = total(masses)
        there = [(edge, mass) for edge, mass in zip(edges, masses, strict=True) if not is_zero(mass)]
        return tuple(edge for edge, _ in there), tuple(_short(share(mass, whole)) for _, mass in there)

    def __call__(self, source: Source) -> Drawn:
        recorded: dict[Address, Value] = {}
        choices: list[Value] = []
        edges, shares = self._start
        while True:
            edge = edges[source.choose(shares) if len(edges) > 1 else 0]
            recorded.update(edge.recorded)
            if edge.chosen is not None:
                choices.append(edge.chosen)
            node = edge.target
            if node is None:
                return self._valued(Drawn(_frozen(recorded), choices), edge.piece, source)
            if node not in self._known:
                self._known[node] = self._ways(node.edges)
            edges, shares = self._known[node]

    def _valued(self, drawn: Drawn, piece: Piece, source: Source) -> Drawn:
        """The run with its continuous variables drawn, given all else."""
        if not piece.latents:
            return drawn
        try:
            at_ = self._continuous.draw(piece, source)
        except TooMany as fault:
            raise located(fault, self._span) from None
        return Drawn(valued(drawn.run, at_), valued(drawn.choices, at_))


def _short(probability: Number) -> Number:
    """A probability, as a float if it is a long rational: choosing by it would take long."""
    if isinstance(probability, Fraction) and probability.denominator.bit_length() > LONG:
        return float(probability)
    return probability


def _frozen(recorded: Mapping[Address, Value]) -> Run:
    return {a: value.freeze() if isinstance(value, Growing) else value for a, value in recorded.items()}


# ------------------------------------------------------------------ down the tree


def down(planned: Plan, bound: Bound) -> Sampler:
    """Draws runs from a network in the order opposite to that in which its variables are eliminated."""
    graph = planned.graph
    recorded = {address: graph.tabled(value) for address, value in planned.recorded.items()}
    choices = {address: graph.tabled(value) for address, value in planned.drawn.items()}
    tree = elimination.gathered(planned)
    if tree is None:
        raise no_runs(bound.program.model.span)

    def draw(source: Source) -> Drawn:
        where = assignment(tree, source)
        return Drawn(dict(_there(recorded, where)), dict(_there(choices, where)))

    return draw


def _there(values: Mapping[Address, Value], where: Mapping[int, int]) -> Iterator[tuple[Address, Value]]:
    for address, value in values.items():
        found = at(value, where)
        if found is not ABSENT:
            yield address, found


def assignment(tree: Tree, source: Source) -> dict[int, int]:
    """The place of a value for every variable of a tree, drawn from their joint law, after `gather`."""
    tables = tree.tables
    where: dict[int, int] = {}
    for variable in reversed(tree.variables):
        potential = tree.potentials[variable]
        size = tables.sizes[variable]
        strides = tables.strides(potential.scope)
        # The variable stands last in the scope, so that its values are neighbours in the table.
        low = sum(strides[v] * where[v] for v in potential.scope[:-1])
        first, last = np.searchsorted(potential.keys, [low, low + size]).tolist()
        weights: list[float | Fraction] = potential.weights[first:last].tolist()
        if tables.algebra is LOGS:
            high = max(weights)
            weights = [exp(weight - high) for weight in weights]
        taken = first + (source.choose(weights) if len(weights) > 1 else 0)
        where[variable] = int(potential.keys[taken]) - low
    return where


# ------------------------------------------------------------------ the same runs again


class Repeated(NamedTuple):
    """A drawn run, made again.

    choices:    the value of every draw, named or not.
    likelihood: the log density of every observation, entry by entry.
    """

    choices: Mapping[Address, Value]
    likelihood: Mapping[Address, Value]


def repeated(bound: Bound, drawn: Sequence[Drawn], progress: Progress) -> list[Repeated]:
    """The same runs again, with what drawing left out. Fewer runs if told to stop."""
    machine = Machine(bound, exact=True, infer=Merging())
    found: list[Repeated] = []
    for one in drawn:
        if progress.stopped():
            break
        found.append(_again(machine, one.choices))
        progress.advance("running again", len(found), len(drawn))
    return found


def _again(machine: Machine, choices: Mapping[Address, Value] | Sequence[Value]) -> Repeated:
    known: dict[Address, Value] = {}
    likelihood: dict[Address, Value] = {}
    left = iter(()) if isinstance(choices, Mapping) else iter(choices)
    event: Event = machine.start()
    while not isinstance(event, Finished):
        match event:
            case Sampling(_, address, _, state):
                value = choices[address] if isinstance(choices, Mapping) else next(left)
                known[address] = value
                event = machine.resume(state, value)
            case Observing(law, value, address, _, state):
                densities = pointwise(law, value, address).items()
                likelihood.update({place: float(density) for place, density in densities})
                event = machine.resume(state)
            case Weighing(state=state):
                event = machine.resume(state)
    return Repeated(known, likelihood)


def predicted(bound: Bound, runs: Sequence[Repeated], seed: int, progress: Progress) -> list[Run]:
    """For each run the same choices, and its data drawn anew, which later statements see.

    Draws that the run does not make with the data it has are made anew. Fewer runs if told to stop.
    """
    nested = Nested()
    machine = Machine(before_data(bound), exact=False, infer=nested)
    new = observed(bound.program)
    found: list[Run] = []
    for k, run in enumerate(runs):
        if progress.stopped():
            break
        nested.source = Seeded(seed, task=TASK + 1, slot=k)
        found.append(completed(machine, nested.source, partial(_kept, run.choices, new)))
        progress.advance("predicting", k + 1, len(runs))
    return found


def _kept(choices: Mapping[Address, Value], new: frozenset[str], address: Address) -> Value | None:
    return None if address[0] in new else choices.get(address)
