"""The value of a recursive program as a system of equations between the laws of its calls.

Recursion that calls itself more than once (a grammar, a branching process) has too many stacks to be
followed. But what a call returns does not depend on who called: its law is a sum over what its body does,
in which calls stand for their own laws. Iterating from nothing gives lower bounds that rise to the least
solution, and mass not yet accounted for bounds all answers (Etessami & Yannakakis, JACM 56, 2009, on
recursive Markov chains). If no call comes back to itself there is nothing to iterate: one pass, from the
calls that make no others, finds all laws, and nothing is left out, however small.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from math import exp, inf, log
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.inference.collect import RETURN
from pplc.inference.progress import Progress
from pplc.inference.state_graph import Edge, Graph, Node, fitted
from pplc.inference.states import can_gain
from pplc.inference.suspended import Suspended
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero, times, total
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, LogWeight
from pplc.semantics.representations.answering import weight_of
from pplc.semantics.representations.enumerated import choices
from pplc.semantics.runs import Caller, Control, Event, Finished, Observing, Sampling, State, Weighing
from pplc.semantics.values import Value

Floats: TypeAlias = npt.NDArray[np.float64]

FAINT = 1e-18
"""Mass of a way through a call, as seen from the start, at which it is left out."""

SMALL = 1e-14
"""Mass left out at which the iteration ends."""

MOST_WAYS = 400_000
"""Ways through calls that are run."""

MOST_WHOLE = 50_000
"""The same where it is not yet known whether calls are finitely many: a second or two."""

DEEPEST = 5_000
"""Pieces that wait for each other, beyond which a recursion is taken to have no end."""

MOST_ROUNDS = 2_000

HERE = ("call#",)
"""Where calls stand: nothing below is reported, so that it does not matter."""


@dataclass(eq=False)
class Law:
    """What is known of the law of a piece of a run that ends in a value.

    event:  the draw it begins with; or else
    inner:  the call whose value it waits for in `after`.
    scale:  the mass with which the piece is met.
    mass:   lower bounds, by the place of the value; `dead` is the mass of runs that died.
    run:    from which places of `inner` (or the one place of a draw) the ways were run.
    ended:  ways that end: from which place of `inner` (0 if there is none), with what share, where; `table`
            has the same rows as they were when sums were last made.
    onward: ways that go on as another piece, and where its values are among these.
    killed: ways that die, with their shares.
    ways:   all of these as they are, for the pass without iteration: from where, with what weight, to what.
    whole:  the whole law, once that pass has found it.
    """

    event: Sampling | None = None
    inner: Law | None = None
    after: State | None = None
    scale: float = 0.0
    places: dict[Value, int] = field(default_factory=dict[Value, int])
    mass: Floats = field(default_factory=lambda: np.zeros(0))
    dead: float = 0.0
    run: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    ended: list[tuple[int, float, int]] = field(default_factory=list[tuple[int, float, int]])
    table: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    onward: list[tuple[int, float, Law, list[int]]] = field(
        default_factory=list["tuple[int, float, Law, list[int]]"]
    )
    killed: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    ways: list[tuple[int, LogWeight, Ending]] = field(default_factory=list["tuple[int, LogWeight, Ending]"])
    whole: dict[Value, LogWeight] | None = None

    def add(self, given: int, mass: LogWeight, outcome: Outcome) -> None:
        """One more way."""
        weight, ending = outcome
        if ending is not None:
            self.ways.append((given, times(mass, weight), ending))
        share, kept = exp(float(mass)), exp(float(weight))
        if kept < 1:
            self.killed.append((given, share * (1 - kept)))
        if isinstance(ending, Law):
            self.onward.append((given, share * kept, ending, []))
        elif ending is not None:
            place = self.places.setdefault(ending[0], len(self.places))
            self.ended.append((given, share * kept, place))

    def unmet(self) -> list[int]:
        """The places of values of the call that matter, and from which nothing was run."""
        assert self.inner is not None
        mass = self.inner.mass
        if len(self.run) < len(mass):
            self.run = np.pad(self.run, (0, len(mass) - len(self.run)))
        found: list[int] = np.flatnonzero((mass * self.scale > FAINT) & ~self.run).tolist()
        return found

    def gather(self) -> None:
        """The whole law, of pieces whose whole laws are known."""
        before: list[LogWeight] = [CERTAIN]
        if self.inner is not None:
            assert self.inner.whole is not None
            before = [self.inner.whole.get(value, IMPOSSIBLE) for value in self.inner.places]
        found: dict[Value, list[LogWeight]] = {}
        for given, weight, ending in self.ways:
            weight = times(before[given], weight)
            if not isinstance(ending, Law):
                found.setdefault(ending[0], []).append(weight)
                continue
            assert ending.whole is not None
            for value, mass in ending.whole.items():
                found.setdefault(value, []).append(times(weight, mass))
        self.whole = {value: fitted(total(weights)) for value, weights in found.items()}
        for value in self.whole:
            self.places.setdefault(value, len(self.places))

    def update(self) -> None:
        """The sums over all ways, from what is now known of the others."""
        for _, _, law, where in self.onward:
            if len(where) < len(law.places):
                new = list(law.places)[len(where) :]
                where.extend(self.places.setdefault(value, len(self.places)) for value in new)
        found = np.zeros(len(self.places))
        given = self.inner.mass if self.inner is not None else np.ones(1)
        if len(self.table) < len(self.ended):
            new_rows = np.array(self.ended[len(self.table) :])
            self.table = np.concatenate([self.table, new_rows])
        before, after = self.table[:, 0].astype(np.int64), self.table[:, 2].astype(np.int64)
        np.add.at(found, after, self.table[:, 1] * given[before])
        dead = self.inner.dead if self.inner is not None else 0.0
        dead += sum(share * float(given[at]) for at, share in self.killed)
        for at, share, law, where in self.onward:
            weight = share * float(given[at])
            found[where[: len(law.mass)]] += weight * law.mass
            dead += weight * law.dead
            law.scale = max(law.scale, self.scale * weight)
        self.mass, self.dead = found, dead


Ending: TypeAlias = "Law | tuple[Value]"
"""What a way goes on as: a piece, or its value."""

Outcome: TypeAlias = "tuple[LogWeight, Ending | None]"
"""The weight of a way, and what it goes on as; None if it dies."""


class Equations:
    """The laws of the calls of a program that reports nothing but its value."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.suspended = Suspended(machine.bound, lambda _: False)
        self.laws: list[Law] = []
        self.known: dict[Hashable, Law] = {}
        self.ways = 0
        self.mixed = False  # whether weights are densities, which count beside others by their dimension

    def whole(self, progress: Progress) -> Graph | None:
        """The value's whole law, if no piece waits for itself and they are few; else, or if it is 0, None."""
        top = Law(scale=1.0)
        top.add(0, CERTAIN, self._outcome(self.machine.start()))
        if not self._gathered(top, progress):
            return None
        assert top.whole is not None
        graph = Graph()
        graph.start = [Edge(mass, {RETURN: value}, None, 0) for value, mass in top.whole.items()]
        return graph if graph.start else None

    def solve(self, progress: Progress) -> Graph | None:
        """The value's law as a graph of one step; None if it has no bounds or no value is found."""
        if can_gain(self.machine.bound):
            return None
        top = Law(scale=1.0)
        top.add(0, CERTAIN, self._outcome(self.machine.start()))
        left = before = 1.0
        for count in range(MOST_ROUNDS):
            for law in list(self.laws):
                self._follow(law)
            for law in reversed(self.laws):
                law.update()
            top.update()
            left = max(0.0, 1.0 - float(top.mass.sum()) - top.dead)
            if left <= SMALL or progress.stopped() or self.ways > MOST_WAYS:
                break
            if count % 50 == 49:
                if left > 0.999 * before:
                    break
                before = left
        graph = Graph()
        for value, mass in zip(top.places, top.mass.tolist(), strict=True):
            if mass > 0:
                graph.start.append(Edge(log(mass), {RETURN: value}, None, 0))
        graph.rest = [Node(None, 0, alpha=log(left) if left > 0 else -inf)]
        return graph if graph.start else None

    def _gathered(self, top: Law, progress: Progress) -> bool:
        """Finds the whole laws of all pieces, if none waits for itself and they are few enough."""
        path: list[tuple[Law, Iterator[Law]]] = [(top, self._needed(top))]
        open_: set[int] = {id(top)}
        while path:
            law, needed = path[-1]
            following = next((other for other in needed if other.whole is None), None)
            if self.mixed or self.ways > MOST_WHOLE or len(path) > DEEPEST or progress.stopped():
                return False
            if following is None:
                law.gather()
                open_.discard(id(law))
                path.pop()
            elif id(following) in open_:
                return False
            else:
                open_.add(id(following))
                path.append((following, self._needed(following)))
        return True

    def _needed(self, law: Law) -> Iterator[Law]:
        """The pieces whose whole laws make up that of a piece; its own ways are run on the way."""
        if law.event is not None:
            self._draw(law)
        elif law.inner is not None:
            yield law.inner
            law.run = np.pad(law.run, (0, len(law.inner.places) - len(law.run)))
            self._resume(law, np.flatnonzero(~law.run).tolist())
        yield from [ending for _, _, ending in law.ways if isinstance(ending, Law)]

    def _draw(self, law: Law) -> None:
        """Runs the ways from a draw, once."""
        assert law.event is not None
        if len(law.run):
            return
        law.run = np.ones(1, bool)
        for value, mass in choices(law.event):
            self.ways += 1
            law.add(0, mass, self._outcome(self.machine.resume(law.event.state, value)))

    def _resume(self, law: Law, places: list[int]) -> None:
        """Runs the ways from values of the call that a piece waits for."""
        assert law.inner is not None
        assert law.after is not None
        values = list(law.inner.places) if places else []
        for place in places:
            law.run[place] = True
            self.ways += 1
            law.add(place, CERTAIN, self._outcome(self.machine.resume(law.after, values[place])))

    def _follow(self, law: Law) -> None:
        """Runs the ways of a piece that have come to matter."""
        if law.event is not None:
            if law.scale > FAINT:
                self._draw(law)
            return
        assert law.inner is not None
        law.inner.scale = max(law.inner.scale, law.scale)
        self._resume(law, law.unmet()[: max(0, MOST_WAYS - self.ways)])

    def _outcome(self, event: Event) -> Outcome:
        kept: LogWeight = CERTAIN
        while isinstance(event, Observing | Weighing):
            weight, dimension = weight_of(event) if isinstance(event, Observing) else (event.log_weight, 0)
            self.mixed = self.mixed or bool(dimension)
            if is_zero(weight):
                return IMPOSSIBLE, None
            kept = times(kept, weight)
            event = self.machine.resume(event.state)
        return kept, ((event.value,) if isinstance(event, Finished) else self._piece(event))

    def _piece(self, event: Sampling) -> Law:
        """The call in which a run stands, and around it those that wait for it."""
        control, caller = _cut(event.state.control)
        state = event.state._replace(control=control, path=HERE, recorded=None, steps=0, depth=0, calls=())
        key, event = self.suspended.key(event._replace(state=state))
        law = self._law(key, Law(event=event))
        while caller is not None:
            control, further = _cut(caller.rest)
            state = State(caller.block, caller.position, control, caller.env, HERE, {}, None, 0, 0, True, ())
            place, state = self.suspended.place(state)
            law = self._law((id(law), *place), Law(inner=law, after=state))
            caller = further
        return law

    def _law(self, key: Hashable, new: Law) -> Law:
        law = self.known.get(key)
        if law is None:
            law = self.known[key] = new
            self.laws.append(new)
        return law


def _cut(control: Control) -> tuple[Control, Caller | None]:
    """The frames of the innermost call alone, and its caller."""
    frames: list[Control] = []
    while control is not None and not isinstance(control, Caller):
        frames.append(control)
        control = control.rest
    inner: Control = None
    for frame in reversed(frames):
        assert frame is not None
        inner = frame._replace(rest=inner)
    return inner, control
