"""Forward execution that merges equal states, and the backward pass over what it found.

The states of a program form a graph: a node is a set of runs that wait for the same draw with the
same live variables, an edge one value of the draw, with the weight of everything up to the next
draw. With α the weight of all paths to a node and β that of all paths from it to an end, what an
edge from u to w records has the probability α(u) · weight · β(w) / Z (the forward–backward algorithm:
Rabiner 1989, eqs. 18–27, on a graph instead of a chain).

Without `while` and recursion there are no cycles, and states are forgotten once they are left. With
them a state may come back, and the sums over paths are linear systems (`pplc.inference.solving`); a
graph without end is followed until little mass is left, all of which `Graph.rest` bounds.
"""

from __future__ import annotations

import contextlib
import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import exp, inf, log
from typing import TypeVar

from pplc.inference.collect import RETURN
from pplc.inference.continuous.cases import under
from pplc.inference.continuous.counts import (
    MOST_COUNTED,
    MOST_INTEGRATED,
    counted,
    weighs_nothing_after,
)
from pplc.inference.continuous.draws import chosen, drawings, parted, weighed
from pplc.inference.continuous.forgetting import forgotten
from pplc.inference.continuous.masses import Masses
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.outlook import Outlook
from pplc.inference.progress import Progress
from pplc.inference.solving import Diverges, TooLarge
from pplc.inference.state_graph import Edge, Graph, Node, fitted, rounded, settle
from pplc.inference.suspended import Key, Suspended
from pplc.lang import core
from pplc.lang.analysis import reachable, statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.families import FAMILIES
from pplc.lang.wording import about
from pplc.semantics.bound import Bound, Budget
from pplc.semantics.evaluate import located
from pplc.semantics.laws import LawValue
from pplc.semantics.laws_base import log_of
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero, times, total
from pplc.semantics.number import IMPOSSIBLE, LogRat, LogWeight
from pplc.semantics.representations.enumerated import choices, too_many
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.symbolic.beyond import Beyond
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.values import Address, Fault, Value, show_address

T = TypeVar("T")

FAINT = 1e-22
"""Mass of a state of an endless program at which it is not followed, once there are many."""

MANY = 500
"""States seen of an endless program up to which all are followed: it may come to an end."""

MOST_LISTED = 1_000
"""Laws whose masses are kept."""

NEGLIGIBLE = 1e-15
"""Mass of the runs not followed, as a share of those that have ended, at which an endless program is left."""

FIRST_LOOK = 64
"""States of a program without known end after which the mass that is left is looked at first."""

EDGES_LOOK = 128
"""States after which it is looked at how many edges are sure to come."""

EDGES_PER_STATE = 5
"""Edges that may come, for each state that may be kept: they are kept too, and are made in some minutes."""

INFINITE = "E0502"

CUT = 1e-18
"""Mass at which the tail of a law of infinitely many values is left out."""

MOST_VALUES = 100_000
"""Values of one draw that are followed."""

GAINING_LOOK = 250
"""States of a program whose weights may grow, and that may not end, after which it is looked at first."""

GROWING = 5
"""Looks, each at twice as many states, at which the runs that go on weigh more than those that have ended."""

FADED = 1e-30
"""Mass of what is left of such a program, as a share, at which it is taken to have no end."""

PATIENCE = 2000
"""States of an endless program before it is given up because it does not come to an end in time."""

ENDLESS = ("E0405", "E0406")
"""Runs of more steps or calls than the budget allows: their mass is left over."""


class Tail:
    """A law of infinitely many values, enumerated as far as was asked for.

    found: values with their masses. left: upper bounds of the mass before each of them, and after the last.
    """

    def __init__(self, law: LawValue) -> None:
        support = law.support()
        assert support is not None
        self.law, self.support = law, support
        self.found: list[tuple[Value, LogWeight]] = []
        self.left: list[Fraction | float] = [Fraction(1)]

    def until(self, most: float) -> int:
        """How many values leave a mass of at most `most`; no more than `MOST_VALUES` are tried."""
        tried = 0
        while float(self.left[-1]) > most and tried < MOST_VALUES:
            tried += 1
            value = next(self.support, None)
            if value is None:
                self.left[-1] = Fraction(0)
                break
            mass = rounded(self.law.log_density(value))
            if not is_zero(mass):
                self.found.append((value, mass))
                self.left.append(self._less(value, mass))
        return bisect_left(self.left, -most, key=lambda left: -float(left)) if most < 1 else 0

    def _less(self, value: Value, mass: LogWeight) -> Fraction | float:
        left = self.left[-1]
        if isinstance(mass, LogRat) and isinstance(left, Fraction):
            return left - mass.value
        less = max(0.0, float(left) - exp(float(mass))) + 1e-16
        if less < 1e-3:  # what is left of a difference of large numbers is no longer accurate
            with contextlib.suppress(Fault):
                less = min(exp(self.law.log_ccdf(value)) * (1 + 1e-9), float(left))
        return less


class Explorer:
    """Builds the graph of one program.

    forgetful: what was recorded belongs to the edges, and does not tell states apart, unless it depends
    on continuous variables; otherwise it does, and every end has the whole joint outcome.
    cut:       mass at which the tail of a law of infinitely many values is left out.
    world:     of the continuous variables. Inside `infer` it is that of the outer program, and what is
    assumed of its variables holds.
    forgets:   continuous variables that nothing reads any more are integrated out.
    """

    def __init__(
        self,
        machine: Machine,
        progress: Progress,
        *,
        forgetful: bool,
        cut: float = CUT,
        world: World | None = None,
        forgets: bool = True,
    ) -> None:
        self.machine = machine
        self.world = World(machine.bound.budget.grid, progress) if world is None else world
        self.base = self.world.piece.assumed()
        self.forgets = forgets
        self.masses = Masses()
        self.progress = progress
        self.forgetful = forgetful
        self.suspended = Suspended(machine.bound, machine.record)
        self.ordered = self.suspended.ordered
        # Formulas have no bounds: their states must come to an end.
        self.bounded = not can_gain(machine.bound) and not machine.bound.open
        self.endless = not self.ordered and self.bounded
        self.cut = cut
        self.fit = fitted
        self.weighings = 0
        self.tails: dict[LawValue, Tail] = {}
        self.listed: dict[LawValue, list[tuple[Value, LogWeight]]] = {}
        self.graph = Graph()
        self.known: dict[Key, Node] = {}
        self.queue: list[tuple[tuple[int, ...], int, Key, Node]] = []
        self.pushed = 0
        self.cut_short: list[tuple[float, Node]] = []
        self.faint: dict[Node, tuple[tuple[int, ...], int, Key, Node]] = {}
        self.ended: set[int] = set()
        self.beyond = Node(None, 0)
        self.aside: list[Node] = []
        self.looked = (0, 0.0)
        self.lefts: list[float] = []  # logs of what was left at the looks at a program that gains
        self.gaining = not self.ordered and not self.bounded and not machine.bound.open

    def explore(self, start: Event | None = None) -> Graph:
        """The whole graph from an event on (the start of the program), weights included."""
        one = ONE(self.machine.exact)
        for event, piece in self._under(self.base, self.machine.start if start is None else lambda: start):
            self._follow(event, None, one, 0, piece, self.graph.start)
        self._follow_all()
        self.graph.lowest = min(self.ended, default=0)
        self.graph.world = self.world
        if self.ordered:
            self.beyond.alpha = total(self.beyond.incoming) if self.beyond.incoming else IMPOSSIBLE
            for node in reversed(self.graph.nodes):
                node.beta = self.fit(total(map(self.graph.mass, node.edges))) if node.edges else IMPOSSIBLE
        else:
            self._settle()
        return self.graph

    def _settle(self) -> None:
        span = self.machine.bound.program.model.span
        try:
            fit = fitted if not self.graph.rest else rounded
            settle(self.graph, fit, gains=can_gain(self.machine.bound))
        except Diverges:
            message = "the weights of runs that come back to a state add up to infinity"
            help_ = "no posterior exists unless the weights in its loops and recursion are smaller"
            raise Rejected(Diagnostic("E0524", message, span, help=help_)) from None
        except TooLarge:
            message = (
                f"the {len(self.graph.nodes):,} states that come back make too large a system of equations"
            )
            raise Rejected(Diagnostic("E0503", message, span)) from None

    def _follow_all(self) -> None:
        budget = self.machine.bound.budget.states
        outlook = Outlook(self.machine, budget)
        look = GAINING_LOOK if self.gaining else FIRST_LOOK
        while self.queue or self._more_is_left():
            if self.graph.stopped:
                self._leave()
                return
            order, place, key, node = heapq.heappop(self.queue)
            if self.endless and node.reach < FAINT and self.pushed >= MANY:
                self.faint[node] = order, place, key, node
                continue
            if self.ended and node.dimension > min(self.ended):
                self._place(node)  # beside runs with fewer densities it counts for nothing
                continue
            if self.ordered:
                del self.known[key]
                assert node.event is not None
                outlook.note(order, node.event, len(self.graph.nodes))
            self._expand(node)
            done = len(self.graph.nodes)
            if self.ordered and done % EDGES_LOOK == 0:
                self._refuse_edges(node)
            if done % 256 == 0 or node.piece.latents:
                self.progress.advance("states", done)
                if self.progress.stopped():
                    self.graph.stopped = True
                    self._leave()
                    return
            if done + len(self.queue) > budget:
                if self.endless and self.ended:
                    self._leave()
                    return
                assert node.event is not None
                raise too_many(budget, node.event)
            if self.endless and done >= look:
                look = done + max(FIRST_LOOK, done // 2)
                self._leave()
                if self._enough():
                    return
                self.graph.rest = []
            if self.gaining and done >= look and not node.piece.latents:
                look = 2 * done
                self._refuse_unbounded()
        self._leave()
        self.graph.rest += self.aside

    def _refuse_edges(self, node: Node) -> None:
        """Refuses what is sure to take too many edges: of states that wait at the same draw as this one."""
        assert node.event is not None
        most = EDGES_PER_STATE * max(self.machine.bound.budget.states, Budget().states)
        values = len(node.edges)
        if values * len(self.queue) <= most:
            return
        place = self.suspended.order(node.event.state)
        waiting = sum(1 for other, _, _, _ in self.queue if other == place)
        if values * waiting > most:
            steps = f"{values:,} values in each of {waiting:,} states"
            message = f"enumeration would make {about(values * waiting)} steps or more, because of"
            message += f" `{show_address(node.event.address)}`, which has {steps}"
            help_ = "raise the bound with `--max-states`, or choose another method"
            raise Rejected(
                Diagnostic("E0503", message, node.event.span, "the number of steps grows here", help_)
            )

    def _refuse_unbounded(self) -> None:
        """Refuses runs that go on although next to nothing is left of them, which may yet weigh anything.

        It refuses runs, too, that weigh the more the longer they go on.
        """
        if not self.ended:
            return
        self.graph.lowest = min(self.ended)
        self._leave()
        self._settle()
        left = float(self.graph.open()) - float(self.graph.evidence())
        self.graph.rest = []
        if -inf < left < log(FADED):
            message = (
                "runs whose weights may be above 1 go on without coming back, so that nothing has bounds"
            )
            span = self.machine.bound.program.model.span
            help_ = "if it is the value that grows, return less; or choose `--method importance`"
            raise Rejected(Diagnostic("E0503", message, span, help=help_))
        self.lefts.append(left)
        last = self.lefts[-GROWING:]
        if len(last) == GROWING and last[0] > 0 and all(a <= b for a, b in pairwise(last)):
            message = "runs that go on weigh the more the longer they do, so that nothing has bounds"
            help_ = "if their weights add up to infinity, there is no posterior; make the weights smaller"
            raise Rejected(Diagnostic("E0503", message, self.machine.bound.program.model.span, help=help_))

    def _leave(self) -> None:
        """What is in the queue is left over."""
        self.graph.rest = [node for _, _, _, node in (*self.queue, *self.faint.values())]
        for node in self.graph.rest:
            if node.piece.latents:
                node.size = self._mass(node.piece)
        if self.beyond.place >= 0:
            self.graph.rest.append(self.beyond)

    def _under(self, piece: Piece, run: Callable[[], T]) -> Iterator[tuple[T, Piece]]:
        return under(self.world, piece, run)

    def _expand(self, node: Node) -> None:
        if self.ordered:
            node.alpha = self.fit(total(node.incoming))
        self._place(node)
        self._follow_values(node)

    def _follow_values(self, node: Node) -> None:
        assert node.event is not None
        state = node.event.state
        large = self.endless and self.pushed >= MANY
        faint = 0.0
        for value, mass, piece in self._values(node, node.event):
            if large and not node.piece.latents and node.reach * (share := exp(float(mass))) < FAINT:
                faint += share
                continue
            try:
                found = list(self._under(piece, partial(self.machine.resume, state, value)))
            except Rejected as rejected:
                if not self.endless or rejected.diagnostics[0].code not in ENDLESS:
                    raise
                self._give_up(node, mass)
                continue
            for event, part in found:
                self._follow(event, node, mass, node.dimension, part, node.edges, value)
        if faint:
            self._give_up(node, LogRat(Fraction(faint * (1 + 1e-9))))
            self.cut_short.append((faint, node))

    def _place(self, node: Node) -> None:
        """Makes a state one of the graph; without edges it comes to no end."""
        node.place = len(self.graph.nodes)
        self.graph.nodes.append(node)

    def _give_up(self, node: Node, mass: LogWeight) -> None:
        """Leaves runs of a state unfollowed."""
        self.beyond.place = 0
        self.beyond.incoming.append(times(node.alpha, mass))
        node.edges.append(Edge(mass, {}, self.beyond, node.dimension))

    def _set_aside(self, node: Node, event: Sampling, mass: LogWeight, last: int) -> None:
        """Leaves runs unfollowed that are weighed no more: the mass of values above `last` is known."""
        recorded = Finished((), event.state.recorded).variables()
        known = {address: value for address, value in recorded.items() if not latents_in(value)}
        aside = Node(None, node.dimension, whole=True, recorded={**known, event.address: Beyond(last)})
        aside.alpha = times(node.alpha, mass)
        node.edges.append(Edge(mass, {}, aside, node.dimension))
        self.aside.append(aside)

    def _values(self, node: Node, event: Sampling) -> Iterator[tuple[Value, LogWeight, Piece]]:
        """The values of a draw with their masses; of infinitely many those that matter.

        A continuous variable has one, which stands for all of them, and its density is part of the piece.
        """
        if not event.law.discrete:
            for drawn, _ in self._under(node.piece, lambda: drawings(event, self.world)):
                yield from drawn
            return
        try:
            if not (node.piece.latents or self.machine.bound.open or latents_in(event.law)):
                yield from ((value, mass, node.piece) for value, mass in self._listed(event))
                return
            for found, _ in self._under(node.piece, lambda: chosen(event, self.world)):
                yield from found
            return
        except Rejected as rejected:
            if rejected.diagnostics[0].code != INFINITE:
                raise
            if not self.bounded:
                raise _without_bound(rejected, self.machine.bound) from None
            if latents_in(event.law):
                for counted_, _ in self._under(node.piece, lambda: self._counted(node, event)):
                    if counted_ is None:
                        raise
                    yield from counted_
                return
        self.fit = rounded  # nothing is rational from here on
        before = exp(float(node.alpha)) if self.ordered else 1.0
        known = self.tails.get(event.law)
        if known is None:
            known = self.tails[event.law] = Tail(event.law)
        count = known.until(self.cut / before if before > 0 else 1.0)
        yield from ((value, mass, node.piece) for value, mass in known.found[:count])
        if known.left[count] > 0:
            self._give_up(node, LogRat(Fraction(known.left[count])))

    def _listed(self, event: Sampling) -> list[tuple[Value, LogWeight]]:
        """The values of a law that depends on no continuous variable, with their masses."""
        found = self.listed.get(event.law)
        if found is None:
            found = choices(event)
            if len(self.listed) < MOST_LISTED:
                self.listed[event.law] = found
        return found

    def _counted(self, node: Node, event: Sampling) -> list[tuple[Value, LogWeight, Piece]] | None:
        """The values of a law without a largest one, of which a parameter is a continuous variable."""
        piece = self.world.piece
        whole = self._mass(piece)
        before = exp(float(node.alpha) + float(whole)) if self.ordered else 1.0

        def more(count: int) -> bool:
            return (
                count < (MOST_INTEGRATED if self.world.numerical else MOST_COUNTED)
                and not self.progress.stopped()
            )

        found = counted(event, piece, self._mass, self.cut / before if before > 0 else 1.0, more)
        if found is None:
            return None
        values, left = found
        last = values[-1][0]
        exactly = self.ordered and isinstance(left, Fraction) and isinstance(whole, LogRat)
        if (
            exactly
            and isinstance(last, int)
            and weighs_nothing_after(self.machine.bound.program, event.address)
        ):
            self._set_aside(node, event, times(whole, log_of(left, exact=True)), last)
            return values
        self.fit = rounded
        self._give_up(node, times(whole, log_of(left, exact=True)))
        return values

    def _follow(
        self,
        event: Event,
        before: Node | None,
        weight: LogWeight,
        dimension: int,
        piece: Piece,
        edges: list[Edge],
        chosen: Value | None = None,
    ) -> None:
        """Runs on to the next draws or ends, and joins the states found there.

        before: the state that they come from; None at the start.
        """
        todo = [(event, weight, dimension, piece)]
        while todo and not self.graph.stopped:
            event, weight, dimension, piece = todo.pop()
            match event:
                case Observing() | Weighing():
                    todo += self._weighed(event, weight, dimension, piece)
                case Finished():
                    self._end(event, weight, dimension, piece, edges, chosen)
                case Sampling():
                    self._join(event, before, weight, dimension, piece, edges, chosen)

    def _weighed(
        self, event: Observing | Weighing, weight: LogWeight, dimension: int, piece: Piece
    ) -> list[tuple[Event, LogWeight, int, Piece]]:
        """The runs that go on after a weight."""
        found: list[tuple[Event, LogWeight, int, Piece]] = []
        self.weighings += 1
        if piece.latents and self.weighings % 64 == 0 and self.progress.stopped():
            self.graph.stopped = True
        for (constant, left, more), _ in self._under(piece, lambda: weighed(event, self.world)):
            if is_zero(constant):
                self.graph.dead_end = event.span
                continue
            for following, last in self._under(left, lambda: self.machine.resume(event.state)):
                found.append((following, times(weight, constant), dimension + more, last))
        return found

    def _end(
        self,
        event: Finished,
        weight: LogWeight,
        dimension: int,
        piece: Piece,
        edges: list[Edge],
        chosen: Value | None,
    ) -> None:
        mass = self._mass(piece)
        if not is_zero(mass):
            recorded = {**event.variables(), RETURN: event.value}
            edges.append(Edge(times(weight, mass), recorded, None, dimension, piece, chosen))
            self.ended.add(dimension)

    def _mass(self, piece: Piece) -> LogWeight:
        try:
            return self.masses.of(piece)
        except Fault as fault:  # no rule, and too many variables for a grid
            raise located(fault, self.machine.bound.program.model.span) from None

    def _join(
        self,
        event: Sampling,
        before: Node | None,
        weight: LogWeight,
        dimension: int,
        piece: Piece,
        edges: list[Edge],
        chosen: Value | None,
    ) -> None:
        recorded: Mapping[Address, Value] = {}
        if self.forgetful:
            known, kept = parted(event.state.recorded)
            recorded = Finished((), known).variables()
            event = event._replace(state=event.state._replace(recorded=kept))
        key, event = self.suspended.key(event)
        if piece.latents and self.forgets:
            self.world.piece = piece
            alive = (event.law, *self.suspended.live, event.state.memo, event.state.recorded)
            more, piece, moved = forgotten(piece, alive)
            weight = times(weight, more)
            if moved is not None:
                event = event._replace(state=moved.state(event.state), law=moved.value(event.law))
                key, event = self.suspended.key(event)
        key = (*key, dimension, piece)
        node = self.known.get(key)
        if node is None:
            node = self.known[key] = Node(event, dimension, piece)
            self.pushed += 1  # breaks ties, so that keys are never compared
            heapq.heappush(self.queue, (self.suspended.order(event.state), self.pushed, key, node))
        if self.ordered:
            node.incoming.append(weight if before is None else times(before.alpha, weight))
        elif self.endless:
            node.reach += exp(min(0.0, float(weight))) * (1.0 if before is None else before.reach)
            self._look_again(node)
        edges.append(Edge(weight, recorded, node, dimension, chosen=chosen))

    def _more_is_left(self) -> bool:
        """Whether to go on: what was set aside, but has more mass than was seen, is then in the queue."""
        if not self.faint and not self.cut_short:
            return False
        self._leave()
        if self._enough():
            return False
        if not self.ended:
            self._settle()
        for node in (*self.graph.nodes, *self.graph.rest):
            node.reach = exp(min(0.0, float(node.alpha)))
        for node in tuple(self.faint):
            self._look_again(node)
        again = [node for share, node in self.cut_short if share * node.reach >= FAINT]
        self.cut_short = [(share, node) for share, node in self.cut_short if share * node.reach < FAINT]
        for node in again:
            node.edges.clear()
            self._follow_values(node)
        self.graph.rest = []
        left = any(edge.target is self.beyond for node in self.graph.nodes for edge in node.edges)
        self.beyond.place = 0 if left else -1
        return bool(self.queue)

    def _look_again(self, node: Node) -> None:
        """Follows a state that was set aside, once it has more mass."""
        if node in self.faint and node.reach >= FAINT:
            heapq.heappush(self.queue, self.faint.pop(node))

    def _enough(self) -> bool:
        """Whether what is left of an endless program no longer matters, or will not do so in time.

        If the logarithm of what is left goes on falling as it last did, when is it small enough?
        """
        if not self.ended:
            return False
        self.graph.lowest = min(self.ended)
        try:
            settle(self.graph, float)
        except (Diverges, TooLarge):
            return True
        left = float(self.graph.open()) - float(self.graph.evidence())
        if left <= log(NEGLIGIBLE):
            return True
        states, (before, most) = len(self.graph.nodes), self.looked
        self.looked = (states, left)
        if not before or states < PATIENCE:
            return False
        needed = (left - log(NEGLIGIBLE)) * (states - before)
        return needed > (most - left) * (self.machine.bound.budget.states - states)


def _without_bound(rejected: Rejected, bound: Bound) -> Rejected:
    """The error of a law that cannot be cut off, as what is cut off may weigh anything; or has no formula."""
    advice = (
        "give the parameters that are left open values: then answers have bounds"
        if bound.open
        else "weights that may be above 1 leave no bound on what its large values weigh; choose another"
        " method, such as `--method importance`"
    )
    return Rejected(replace(rejected.diagnostics[0], help=advice))


def can_gain(bound: Bound) -> bool:
    """Whether a run's weight can grow: by `weight`, `factor`, or a density, that may be above 1."""
    if bound.prior:
        return False
    for function in reachable(bound.program):
        for statement in statements(function.body):
            match statement:
                case core.Weight("weight", value):
                    if not _at_most(value, 1):
                        return True
                case core.Weight("factor", value):
                    if not _at_most(value, 0):
                        return True
                case core.Observe(law=core.Law(family)) if family in FAMILIES and FAMILIES[family].discrete:
                    pass
                case core.Observe():
                    return True
                case _:
                    pass
    return False


def _at_most(expr: core.Expr, most: int) -> bool:
    """Whether an expression is at most a number, as far as its text says."""
    match expr:
        case core.Literal(int() | Fraction() as value):
            return not isinstance(value, bool) and value <= most
        case core.Cond(_, then, orelse):
            return _at_most(then, most) and _at_most(orelse, most)
        case _:
            return False
