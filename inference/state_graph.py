"""The graph of the states of a program: its nodes and edges, and the masses that flow through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from pplc.inference.continuous.piece import NOTHING, Piece, World
from pplc.inference.solving import flow
from pplc.lang.diagnostics import NOWHERE, Span
from pplc.semantics.formula import bits
from pplc.semantics.measure import times, total
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, LogRat, LogWeight
from pplc.semantics.runs import Sampling
from pplc.semantics.values import Address, Value

MOST_BITS = 4096
"""Longest numerator or denominator of a rational weight; beyond it weights go on as floats."""

ROUNDED_BITS = 256
"""Digits of rational weights in an endless program, in its numerators and denominators."""


class Edge(NamedTuple):
    """One way on from a node.

    weight:    of the draw and of everything up to the next one.
    recorded:  named draws and lets on the way; at the end the value as well, under `RETURN`.
    target:    the next state, None at the end.
    dimension: of the finished run, at the end (LANGUAGE.md 11).
    piece:     at the end, the density over the continuous variables, whose integral `weight` contains.
    chosen:    the value of the draw; None before the first draw.
    """

    weight: LogWeight
    recorded: Mapping[Address, Value]
    target: Node | None
    dimension: int
    piece: Piece = NOTHING
    chosen: Value | None = None


@dataclass(eq=False, slots=True)
class Node:
    """Runs that are one state: the draw they wait for, the ways here and on, and their weights.

    piece: the density over the continuous variables on every way here, up to the weight of the way.
    size:  its integral, for states that are not followed.
    whole: they are not followed, but are known to end with the mass that they have.
    recorded: what is known of those.
    reach: the mass of the ways here that were found before it was followed, as a float.
    """

    event: Sampling | None
    dimension: int
    piece: Piece = NOTHING
    size: LogWeight = CERTAIN
    whole: bool = False
    recorded: Mapping[Address, Value] = field(default_factory=dict[Address, Value])
    incoming: list[LogWeight] = field(default_factory=list[LogWeight])
    edges: list[Edge] = field(default_factory=list[Edge])
    alpha: LogWeight = IMPOSSIBLE
    beta: LogWeight = IMPOSSIBLE
    place: int = -1
    reach: float = 0.0


@dataclass(slots=True)
class Graph:
    """The states of a program in the order in which they were left, and the edges before the first.

    lowest:   dimension of the finished runs that count; the others have measure zero beside them.
    rest:     states not followed. Their α, together, is the mass that all answers leave open: no run
              gains weight (`can_gain`).
    dead_end: where the last run died.
    stopped:  the user or the time limit ended it.
    world:    what is known of the continuous variables, and of their integrals.
    """

    start: list[Edge] = field(default_factory=list[Edge])
    nodes: list[Node] = field(default_factory=list[Node])
    rest: list[Node] = field(default_factory=list[Node])
    lowest: int = 0
    dead_end: Span = NOWHERE
    stopped: bool = False
    world: World = field(default_factory=World)

    def mass(self, edge: Edge) -> LogWeight:
        """The weight of an edge and of everything after it."""
        if edge.target is not None:
            return times(edge.weight, edge.target.beta)
        return edge.weight if edge.dimension == self.lowest else IMPOSSIBLE

    def evidence(self) -> LogWeight:
        """The log of the mass of all finished runs."""
        return total(map(self.mass, self.start)) if self.start else IMPOSSIBLE

    def open(self) -> LogWeight:
        """The log of the mass of the runs that were not followed to their end."""
        return total(map(self.left, self.rest)) if self.rest else IMPOSSIBLE

    @property
    def whole(self) -> bool:
        """Whether there are runs that were not followed, and the mass of all of them is known exactly."""
        return bool(self.rest) and all(node.whole for node in self.rest)

    def left(self, node: Node) -> LogWeight:
        """The log of the mass of the runs of a state that was not followed."""
        return times(node.alpha, node.size)

    def edges(self, one: LogWeight) -> Iterator[tuple[Edge, LogWeight]]:
        """Every edge with the mass of the finished runs that pass through it."""
        for edge in self.start:
            yield edge, times(one, self.mass(edge))
        for node in self.nodes:
            for edge in node.edges:
                yield edge, times(node.alpha, self.mass(edge))


def settle(graph: Graph, fit: Callable[[LogWeight], LogWeight], *, gains: bool = False) -> None:
    """Finds α and β of a graph that may have cycles. States from which no end is reached have α 0.

    gains: as in `flow`.
    """
    every = [*graph.nodes, *graph.rest]
    for place, node in enumerate(every):
        node.place = place
    alive = _alive(graph, every)
    links: list[list[tuple[int, LogWeight]]] = [[] for _ in every]
    back: list[list[tuple[int, LogWeight]]] = [[] for _ in every]
    inflow: list[LogWeight] = [IMPOSSIBLE] * len(every)
    ends: list[LogWeight] = [IMPOSSIBLE] * len(every)
    arriving: dict[int, list[LogWeight]] = {}
    for edge in graph.start:
        if edge.target is not None and alive[edge.target.place]:
            arriving.setdefault(edge.target.place, []).append(fit(edge.weight))
    for place, weights in arriving.items():
        inflow[place] = total(weights)
    for node in graph.nodes:
        ending: list[LogWeight] = []
        for edge in node.edges:
            if edge.target is None:
                if edge.dimension == graph.lowest:
                    ending.append(fit(edge.weight))
            elif alive[edge.target.place]:
                links[node.place].append((edge.target.place, fit(edge.weight)))
                back[edge.target.place].append((node.place, fit(edge.weight)))
        if ending:
            ends[node.place] = total(ending)
    alphas = flow(inflow, links, fit, gains=gains)  # β is finite where α is
    for node, alpha, beta in zip(every, alphas, flow(ends, back, fit), strict=True):
        node.alpha, node.beta = alpha, beta


def _alive(graph: Graph, every: list[Node]) -> list[bool]:
    """The states from which an end that counts, or what is not followed, can be reached."""
    found = [False] * len(every)
    before: list[list[Node]] = [[] for _ in every]
    todo = list(graph.rest)
    for node in graph.nodes:
        for edge in node.edges:
            if edge.target is not None:
                before[edge.target.place].append(node)
            elif edge.dimension == graph.lowest:
                todo.append(node)
    while todo:
        node = todo.pop()
        if not found[node.place]:
            found[node.place] = True
            todo.extend(before[node.place])
    return found


def fitted(weight: LogWeight) -> LogWeight:
    """The weight, as a float if its rational has outgrown the budget."""
    if isinstance(weight, LogRat):
        if bits(weight.value) > MOST_BITS:
            return float(weight)
    return weight


def rounded(weight: LogWeight) -> LogWeight:
    """A rational weight down to `ROUNDED_BITS` binary digits; what is lost is far below every bound given.

    Sums of such numbers stay short, as their denominators are powers of two.
    """
    if isinstance(weight, LogRat):
        top, bottom = weight.value.numerator, weight.value.denominator
        if bottom.bit_length() > 64 or top.bit_length() > 64:
            places = max(0, ROUNDED_BITS - top.bit_length() + bottom.bit_length())
            return LogRat(Fraction((top << places) // bottom, 1 << places))
    return weight
