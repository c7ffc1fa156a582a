"""The value of a recursive program as a system of equations between the laws of its calls.

Recursion that calls itself more than once (a grammar, a branching process) has too many stacks to be
followed. But what a call returns does not depend on who called: its law is a sum over what its body does,
in which calls stand for their own laws. Iterating from nothing gives lower bounds that rise to the least
solution, and mass not yet accounted for bounds all answers (Etessami & Yannakakis, JACM 56, 2009, on
recursive Markov chains).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from math import exp, inf, log
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.inference.collect import RETURN
from pplc.inference.progress import Progress
from pplc.inference.states import Edge, Graph, Node, can_gain
from pplc.inference.suspended import Suspended
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero
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

    def add(self, given: int, share: float, outcome: Outcome) -> None:
        """One more way."""
        kept, ending = outcome
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


Outcome: TypeAlias = "tuple[float, Law | tuple[Value] | None]"
"""The share of a way that survives its weights, and what it goes on as: a piece, or its value."""


class Equations:
    """The laws of the calls of a program that reports nothing but its value."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.suspended = Suspended(machine.bound, lambda _: False)
        self.laws: list[Law] = []
        self.known: dict[Hashable, Law] = {}
        self.ways = 0

    def solve(self, progress: Progress) -> Graph | None:
        """The value's law as a graph of one step; None if it has no bounds or no value is found."""
        if can_gain(self.machine.bound):
            return None
        top = Law(scale=1.0)
        top.add(0, 1.0, self._outcome(self.machine.start()))
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

    def _follow(self, law: Law) -> None:
        """Runs the ways of a piece that have come to matter."""
        if law.event is not None:
            if not len(law.run) and law.scale > FAINT:
                law.run = np.ones(1, bool)
                for value, mass in choices(law.event):
                    self.ways += 1
                    outcome = self._outcome(self.machine.resume(law.event.state, value))
                    law.add(0, exp(float(mass)), outcome)
            return
        assert law.inner is not None
        assert law.after is not None
        law.inner.scale = max(law.inner.scale, law.scale)
        new = law.unmet()
        values = list(law.inner.places) if new else []
        for place in new[: max(0, MOST_WAYS - self.ways)]:
            law.run[place] = True
            self.ways += 1
            law.add(place, 1.0, self._outcome(self.machine.resume(law.after, values[place])))

    def _outcome(self, event: Event) -> Outcome:
        kept = 1.0
        while isinstance(event, Observing | Weighing):
            weight = weight_of(event)[0] if isinstance(event, Observing) else event.log_weight
            if is_zero(weight):
                return 0.0, None
            kept *= exp(float(weight))
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
