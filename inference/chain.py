"""Programs with long loops over few states: forward and backward as matrix products instead of runs.

The entry model is cut into its loops (`pplc.inference.rounds`) and the statements between them, which are
followed run by run. What is left of the runs at a cut are the states there; their weights are passed
through the loops as vectors. The answers are those of `pplc.inference.states`, in floating point.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from math import exp, inf
from typing import NamedTuple

import numpy as np

from pplc.inference.chain_flow import (
    CHUNK,
    Floats,
    Forward,
    Ints,
    Underflow,
    edges,
    log_backward,
    log_forward,
    log_total,
    scaled_backward,
    scaled_forward,
    targets,
)
from pplc.inference.chain_loop import Loop, Tabulator
from pplc.inference.chain_rows import Unfit, returning, state_in
from pplc.inference.collect import RETURN
from pplc.inference.inner import Merging
from pplc.inference.progress import Progress
from pplc.inference.rounds import rounds, without_places
from pplc.inference.slicing import memoises
from pplc.inference.state_graph import Graph
from pplc.inference.states import Explorer
from pplc.inference.suspended import Shortened, ordered
from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.lang.diagnostics import NOWHERE, Rejected, Span
from pplc.lang.liveness import Liveness
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import has_missing
from pplc.semantics.growing import Growing
from pplc.semantics.laws_base import is_opaque
from pplc.semantics.machine import Machine
from pplc.semantics.runs import Env
from pplc.semantics.values import (
    Address,
    FunctionValue,
    Value,
    to_numbers,
)

FEWEST_EDGES = 3_000
"""Edges of all rounds together below which the general engine is as fast, and rational."""

Law = dict[Value, float]


class Link(NamedTuple):
    """An edge of a graph of states, with all that is needed to pass along it.

    before: log weight of all ways to it. place: of the state it leaves, -1 before the first; target: of
    the state it leads to, or -1, and then end: the number of the state at the cut, 0 at the very end.
    """

    before: float
    place: int
    weight: float
    target: int
    end: int
    recorded: tuple[tuple[Address, Value], ...]


@dataclass(eq=False)
class Between:
    """Statements between loops, followed from each state before them.

    links: of the graph of each such state, in the order in which its states are reached, and how many
    these are. ends: the states at the next cut that are reached, with the log weights of that.
    """

    names: tuple[str, ...]
    links: list[list[Link]] = field(default_factory=list[list[Link]])
    sizes: list[int] = field(default_factory=list[int])
    ends: list[dict[int, float]] = field(default_factory=list[dict[int, float]])
    left: list[Env] = field(default_factory=list[Env])
    numbers: dict[Hashable, int] = field(default_factory=dict[Hashable, int])
    short: Shortened = field(default_factory=Shortened)

    def add(self, graph: Graph, *, last: bool) -> None:
        """Adds the graph of one more state before the statements."""
        for place, node in enumerate(graph.nodes):
            node.place = place
        links: list[Link] = []
        weights: dict[int, list[float]] = {}
        ways = [(0.0, -1, edge) for edge in graph.start]
        ways += [(float(node.alpha), node.place, edge) for node in graph.nodes for edge in node.edges]
        for before, place, edge in ways:
            weight, target, end = float(edge.weight), -1, 0
            if edge.target is not None:
                target = edge.target.place
            else:
                end = 0 if last else self._number(edge.recorded[RETURN])
                weights.setdefault(end, []).append(before + weight)
            recorded = tuple(
                (address, value.freeze() if isinstance(value, Growing) else value)
                for address, value in edge.recorded.items()
                if not is_opaque(value)
            )
            links.append(Link(before, place, weight, target, end, recorded))
        self.links.append(links)
        self.sizes.append(len(graph.nodes))
        self.ends.append({end: log_total(np.array(logs)) for end, logs in weights.items()})

    def _number(self, value: Value) -> int:
        assert isinstance(value, FunctionValue)
        key = tuple(map(self.short, value.captured))
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.left)
            self.left.append(dict(zip(self.names, value.captured, strict=True)))
        return number


@dataclass(frozen=True, eq=False)
class Chain:
    """A program cut into pieces, its transitions tabulated: ready to be passed through."""

    pieces: Sequence[Between | Loop]
    states: int
    edges: int
    span: Span = NOWHERE

    def laws(self) -> tuple[dict[Address, Law], float]:
        """The law of everything recorded, by address, and the log evidence; minus infinity if it is 0."""
        try:
            return _passed(self, logs=False)
        except Underflow:
            return _passed(self, logs=True)


def chain(bound: Bound, progress: Progress, fewest: int = FEWEST_EDGES) -> Chain | None:
    """The program as a chain; None if it is none, or has too few edges to be worth it."""
    program = bound.program
    if bound.interventions or memoises(program) or not ordered(program) or _missing(bound):
        return None
    if bound.prior and any(isinstance(s, core.Observe) and s.name for s in statements(program.model.body)):
        return None
    program = without_places(program)
    cuts = _cuts(program.model.body)
    if not cuts:
        return None
    machine = Machine(replace(bound, program=program), exact=True, infer=Merging())
    try:
        return _Cutting(machine, progress, fewest).chain(program.model.body, cuts)
    except Unfit:
        return None
    except Rejected:
        return None  # a state that is never reached may be at fault; the general engine knows


def _missing(bound: Bound) -> bool:
    return any(isinstance(value, tuple) and has_missing(value) for value in bound.arguments.values())


def _cuts(body: core.Block) -> list[int]:
    """Where loops stand that may be taken apart; none after a statement that may leave the model."""
    found: list[int] = []
    for place, statement in enumerate(body):
        if isinstance(statement, core.For) and rounds(statement) is not None:
            found.append(place)
        elif any(isinstance(inner, core.Return) for inner in statements((statement,))):
            break
    return found


class _Cutting:
    def __init__(self, machine: Machine, progress: Progress, fewest: int) -> None:
        self.machine, self.progress, self.fewest = machine, progress, fewest
        self.liveness = Liveness(machine.bound.program)
        self.states = 0
        self.edges = 0

    def chain(self, body: core.Block, cuts: list[int]) -> Chain | None:
        given = self.machine.bound.arguments
        envs: list[Env] = [{name: to_numbers(value, exact=True) for name, value in given.items()}]
        pieces: list[Between | Loop] = []
        at = 0
        fewest = self.fewest if len(cuts) == 1 else 0
        for cut in cuts:
            if cut > at:
                between = self._between(body, at, cut, envs)
                pieces.append(between)
                envs = between.left
            loop = self._loop(body, cut, envs, fewest)
            pieces.append(loop)
            envs = loop.left
            at = cut + 1
        if self.edges < self.fewest:
            return None
        pieces.append(self._between(body, at, len(body), envs))
        last = body[cuts[-1]]
        return Chain(pieces, self.states, self.edges, last.span)

    def _loop(self, body: core.Block, cut: int, envs: list[Env], fewest: int) -> Loop:
        statement = body[cut]
        assert isinstance(statement, core.For)
        taken = rounds(statement)
        assert taken is not None
        after = self.liveness.rest(body, cut + 1)
        loop = Tabulator(self.machine, taken, envs, after, self.progress).loop(fewest)
        alive = after.reads.keys()
        loop.left = [{name: value for name, value in env.items() if name in alive} for env in loop.left]
        counts = [stretch.rounds * stretch.size[0] for stretch in loop.stretches]
        self.states += sum(counts)
        self.edges += sum(stretch.rounds * len(stretch.weights) for stretch in loop.stretches)
        return loop

    def _between(self, body: core.Block, start: int, stop: int, envs: list[Env]) -> Between:
        """The statements from `start` to `stop`, run from every state before them."""
        last = stop == len(body)
        block = body[start:stop]
        names: tuple[str, ...] = ()
        if not last:
            names = tuple(sorted(self.liveness.rest(body, stop).reads))
            block = returning(self.machine, block, names)
        between = Between(names)
        dimensions: set[int] = set()
        for env in envs:
            explorer = Explorer(self.machine, self.progress, forgetful=True)
            try:
                graph = explorer.explore(self.machine.resume(state_in(self.machine, block, env)))
            except KeyError:
                raise Unfit from None
            dimensions |= explorer.ended
            if graph.stopped or len(dimensions) > 1:
                raise Unfit
            self.states += len(graph.nodes)
            between.add(graph, last=last)
        return between


# ------------------------------------------------------------------ passes


def _passed(chain: Chain, *, logs: bool) -> tuple[dict[Address, Law], float]:
    alphas: list[Floats] = [np.zeros(1)]
    inner: list[list[Forward]] = []
    forward, backward = (log_forward, log_backward) if logs else (scaled_forward, scaled_backward)
    for piece in chain.pieces:
        if isinstance(piece, Between):
            inner.append([])
            alphas.append(_forward(piece, alphas[-1]))
        else:
            start = np.full(piece.stretches[0].size[0], -inf)
            np.logaddexp.at(start, piece.starts, alphas[-1])
            if start.max() == -inf:
                return {}, -inf
            within, end = forward(piece.stretches, start)
            inner.append(within)
            alphas.append(end)
    evidence = log_total(alphas[-1])
    if evidence == -inf:
        if not logs:
            raise Underflow
        return {}, -inf
    found: list[dict[Address, Law]] = []
    beta = np.zeros(len(alphas[-1]))
    for place in reversed(range(len(chain.pieces))):
        piece = chain.pieces[place]
        if isinstance(piece, Between):
            found.append(_recorded_between(piece, alphas[place] - evidence, beta))
            beta = _backward(piece, beta)
        else:
            betas, first = backward(piece.stretches, beta)
            found.append(_recorded_within(piece, inner[place], betas, logs=logs))
            beta = first[piece.starts]
    laws: dict[Address, Law] = {}
    for some in reversed(found):
        laws.update(some)
    return laws, evidence


def _forward(piece: Between, alpha: Floats) -> Floats:
    arriving: dict[int, list[float]] = {}
    for before, ends in zip(alpha.tolist(), piece.ends, strict=True):
        for number, weight in ends.items():
            arriving.setdefault(number, []).append(before + weight)
    size = max(len(piece.left), 1)
    return np.array([log_total(np.array(arriving.get(number, [-inf]))) for number in range(size)])


def _backward(piece: Between, beta: Floats) -> Floats:
    return np.array(
        [log_total(np.array([beta[number] + w for number, w in ends.items()])) for ends in piece.ends]
    )


def _recorded_between(piece: Between, alpha: Floats, beta: Floats) -> dict[Address, Law]:
    """The laws of what is recorded between loops; `alpha` is divided by the evidence."""
    laws: dict[Address, Law] = {}
    after = beta.tolist()
    for start, links, size in zip(alpha.tolist(), piece.links, piece.sizes, strict=True):
        if start == -inf:
            continue
        ahead: list[list[float]] = [[] for _ in range(size)]
        betas: list[float | None] = [None] * size
        for link in reversed(links):  # the links from a state stand after those that lead to it
            follows = after[link.end]
            if link.target >= 0:
                known = betas[link.target]
                if known is None:
                    known = betas[link.target] = log_total(np.array(ahead[link.target]))
                follows = known
            follows += link.weight
            if link.place >= 0:
                ahead[link.place].append(follows)
            if link.recorded and follows > -inf:
                probability = exp(start + link.before + follows)
                for address, value in link.recorded:
                    law = laws.setdefault(address, {})
                    law[value] = law.get(value, 0.0) + probability
    return laws


def _recorded_within(
    loop: Loop, alphas: Sequence[Forward], betas: Sequence[Floats], *, logs: bool
) -> dict[Address, Law]:
    """The laws of what the rounds of a loop record."""
    laws: dict[Address, Law] = {}
    at = 0
    for stretch, block, alpha, beta in zip(loop.stretches, loop.blocks, alphas, betas, strict=True):
        ends = targets(alpha, beta, logs=logs)  # also looks whether α and β meet
        for address, (values, codes) in block.by_target.items():
            _spread(loop, laws, address, values, ends @ _indicators(codes, len(values)), at)
        step = max(1, CHUNK // len(block.weights))
        for low in range(0, stretch.rounds if block.by_edge else 0, step):
            high = min(stretch.rounds, low + step)
            probabilities = edges(stretch, alpha, beta, low, high, logs=logs)
            for address, (values, codes) in block.by_edge.items():
                rows = probabilities @ _indicators(codes, len(values))
                _spread(loop, laws, address, values, rows, at + low)
        at += stretch.rounds
    return laws


def _indicators(codes: Ints, count: int) -> Floats:
    """[code, value]: 1 where they are the same; the code -1 is none."""
    found = np.zeros((len(codes), count + 1))
    found[np.arange(len(codes)), codes] = 1.0
    return found[:, :count]


def _spread(
    loop: Loop, laws: dict[Address, Law], address: Address, values: list[Value], rows: Floats, at: int
) -> None:
    """Notes the law of an address in each round from the one at place `at` on."""
    positive = bool((rows > 0).all())
    for k, row in enumerate(rows.tolist()):
        law = dict(zip(values, row, strict=True))
        if not positive:
            law = {value: p for value, p in law.items() if p > 0}
        if law:
            laws[_absolute(loop, address, loop.items[at + k])] = law


def _absolute(loop: Loop, address: Address, counter: int) -> Address:
    """An address in the round of a counter, from that in round 0."""
    if len(address) == 1:
        return (address[0], (counter,)) if address[0] in loop.rounds.elements else address
    relative = loop.rounds.relative.get(str(address[0]), ())
    if loop.rounds.counting or not any(relative):
        return address
    indices = address[1]
    assert isinstance(indices, tuple)
    moved = tuple(
        i + counter if moves and isinstance(i, int) else i for i, moves in zip(indices, relative, strict=True)
    )
    return (address[0], moved, *address[2:])
