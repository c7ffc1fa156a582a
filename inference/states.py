"""Forward execution that merges equal states, and the backward pass over what it found.

The states of a finite program form a graph without cycles: a node is a set of runs that wait for the
same draw with the same live variables, an edge one value of the draw, with the weight of everything
up to the next draw. With α the weight of all paths to a node and β that of all paths from it to an
end, what an edge from u to w records has the probability α(u) · weight · β(w) / Z (the
forward–backward algorithm: Rabiner 1989, eqs. 18–27, on a graph instead of a chain).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import exp
from typing import NamedTuple

from pplc.inference.collect import RETURN
from pplc.inference.progress import Progress
from pplc.inference.suspended import Key, Suspended
from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.lang.diagnostics import NOWHERE, Span
from pplc.lang.families import FAMILIES
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero, times, total
from pplc.semantics.number import IMPOSSIBLE, LogRat, LogWeight
from pplc.semantics.representations.answering import weight_of
from pplc.semantics.representations.enumerated import choices, too_many
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.values import Address, Value

MOST_BITS = 4096
"""Longest numerator or denominator of a rational weight; beyond it weights go on as floats."""

NEGLIGIBLE = 1e-16
"""Share of the mass at which the runs that are left of an endless program are given up."""


class Edge(NamedTuple):
    """One way on from a node.

    weight:    of the draw and of everything up to the next one.
    recorded:  named draws and lets on the way; at the end the value as well, under `RETURN`.
    target:    the next state, None at the end.
    dimension: of the finished run, at the end (LANGUAGE.md 11).
    """

    weight: LogWeight
    recorded: Mapping[Address, Value]
    target: Node | None
    dimension: int


@dataclass(eq=False, slots=True)
class Node:
    """Runs that are one state: the draw they wait for, the ways here and on, and their weights."""

    event: Sampling
    dimension: int
    incoming: list[LogWeight] = field(default_factory=list[LogWeight])
    edges: list[Edge] = field(default_factory=list[Edge])
    alpha: LogWeight = IMPOSSIBLE
    beta: LogWeight = IMPOSSIBLE


@dataclass(slots=True)
class Graph:
    """The states of a program in the order in which they were left, and the edges before the first.

    lowest:   dimension of the finished runs that count; the others have measure zero beside them.
    left:     prior mass of the runs that were given up, as a share of what has finished.
    dead_end: where the last run died.
    stopped:  the user or the time limit ended it.
    """

    start: list[Edge] = field(default_factory=list[Edge])
    nodes: list[Node] = field(default_factory=list[Node])
    lowest: int = 0
    left: float = 0.0
    dead_end: Span = NOWHERE
    stopped: bool = False

    def mass(self, edge: Edge) -> LogWeight:
        """The weight of an edge and of everything after it."""
        if edge.target is not None:
            return times(edge.weight, edge.target.beta)
        return edge.weight if edge.dimension == self.lowest else IMPOSSIBLE

    def evidence(self) -> LogWeight:
        """The log of the mass of all finished runs."""
        return total(map(self.mass, self.start)) if self.start else IMPOSSIBLE

    def edges(self, one: LogWeight) -> Iterator[tuple[Edge, LogWeight]]:
        """Every edge with the mass of the finished runs that pass through it."""
        for edge in self.start:
            yield edge, times(one, self.mass(edge))
        for node in self.nodes:
            for edge in node.edges:
                yield edge, times(node.alpha, self.mass(edge))


class Explorer:
    """Builds the graph of one program.

    forgetful: what was recorded belongs to the edges, and does not tell states apart; otherwise it
    does, and every end has the whole joint outcome.
    """

    def __init__(self, machine: Machine, progress: Progress, *, forgetful: bool) -> None:
        self.machine = machine
        self.progress = progress
        self.forgetful = forgetful
        self.suspended = Suspended(machine.bound.program)
        self.graph = Graph()
        self.pending: dict[Key, Node] = {}
        self.queue: list[tuple[tuple[int, ...], int, Key]] = []
        self.pushed = 0
        self.finished: dict[int, list[LogWeight]] = {}

    def explore(self) -> Graph:
        """The whole graph, weights forward and backward included."""
        one = ONE(self.machine.exact)
        budget = self.machine.bound.budget.states
        endless = not self.suspended.ordered and not can_gain(self.machine.bound.program)
        self._follow(self.machine.start(), one, one, 0, self.graph.start)
        while self.queue:
            node = self.pending.pop(heapq.heappop(self.queue)[2])
            self._expand(node)
            done = len(self.graph.nodes)
            if done + len(self.pending) > budget:
                raise too_many(budget, node.event)
            if done % 256 == 0:
                self.progress.advance("states", done)
                if self.progress.stopped():
                    self.graph.stopped = True
                    break
            if endless and done % 64 == 0 and self._negligible():
                break
        self.graph.lowest = min(self.finished, default=0)
        for node in reversed(self.graph.nodes):
            node.beta = fitted(total(map(self.graph.mass, node.edges))) if node.edges else IMPOSSIBLE
        return self.graph

    def _expand(self, node: Node) -> None:
        node.alpha = fitted(total(node.incoming))
        self.graph.nodes.append(node)
        for value, mass in choices(node.event):
            event = self.machine.resume(node.event.state, value)
            self._follow(event, node.alpha, mass, node.dimension, node.edges)

    def _follow(
        self, event: Event, before: LogWeight, weight: LogWeight, dimension: int, edges: list[Edge]
    ) -> None:
        """Runs on to the next draw or the end, and joins the state found there."""
        while isinstance(event, Observing | Weighing):
            more = 0
            if isinstance(event, Observing):
                factor, more = weight_of(event)
            else:
                factor = event.log_weight
            if is_zero(factor):
                self.graph.dead_end = event.span
                return
            weight, dimension = times(weight, factor), dimension + more
            event = self.machine.resume(event.state)
        if isinstance(event, Finished):
            recorded = {**event.variables(), RETURN: event.value}
            edges.append(Edge(weight, recorded, None, dimension))
            self.finished.setdefault(dimension, []).append(times(before, weight))
            return
        recorded = {}
        if self.forgetful:
            recorded = Finished((), event.state.recorded).variables()
            event = event._replace(state=event.state._replace(recorded=None))
        key, event = self.suspended.key(event)
        node = self.pending.get((*key, dimension))
        if node is None:
            node = self.pending[(*key, dimension)] = Node(event, dimension)
            self.pushed += 1  # breaks ties, so that keys are never compared
            heapq.heappush(self.queue, (self.suspended.order(event.state), self.pushed, (*key, dimension)))
        node.incoming.append(times(before, weight))
        edges.append(Edge(weight, recorded, node, dimension))

    def _negligible(self) -> bool:
        """Whether what is left of an endless program no longer matters; it can gain no weight."""
        ended = sum(exp(float(total(weights))) for weights in self.finished.values())
        left = sum(exp(float(total(node.incoming))) for node in self.pending.values())
        if ended == 0 or left > NEGLIGIBLE * ended:
            return False
        self.graph.left = left / ended
        return True


def fitted(weight: LogWeight) -> LogWeight:
    """The weight, as a float if its rational has outgrown the budget."""
    if isinstance(weight, LogRat):
        value = weight.value
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
            return float(weight)
    return weight


def can_gain(program: core.Program) -> bool:
    """Whether a run's weight can grow: by `weight`, `factor`, or a density above 1."""
    for function in program.functions.values():
        for statement in statements(function.body):
            match statement:
                case core.Weight("factor" | "weight"):
                    return True
                case core.Observe(law=core.Law(family)) if family in FAMILIES and FAMILIES[family].discrete:
                    pass
                case core.Observe():
                    return True
                case _:
                    pass
    return False
