"""What tells suspended runs apart: their frames and whatever they may still read.

Two runs that stand at the same place, wait for the same law and agree on everything live are one
state to the exact engine (`pplc.inference.states`). Variables and array elements that nothing reads
any more are dropped first (`pplc.lang.liveness`), so that an HMM has as many states a step as its
hidden variable has values.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, TypeAlias

from pplc.inference.slicing import memoises
from pplc.lang import core
from pplc.lang.analysis import reachable, recursive, statements
from pplc.lang.liveness import NOTHING, Liveness, Needs, then
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import named
from pplc.semantics.growing import Growing
from pplc.semantics.runs import (
    Again,
    Bind,
    Caller,
    Control,
    Drawn,
    Entries,
    Env,
    Picking,
    Putting,
    Remember,
    Resume,
    Retry,
    Round,
    Sampling,
    State,
)
from pplc.semantics.values import Address, Value

Key: TypeAlias = tuple[Hashable, ...]

LARGE = 16
"""Tuples longer than this are hashed once and known by a number from then on."""


class Activation(NamedTuple):
    """One open call: where it goes on, its frames innermost first, its variables."""

    block: core.Block
    position: int
    frames: tuple[Control, ...]
    env: Env


class Shortened:
    """Values as keys; large ones are hashed once, and known by a number from then on."""

    def __init__(self) -> None:
        self._numbers: dict[Value, int] = {}
        self._known: dict[int, tuple[Value, int]] = {}

    def __call__(self, value: Value) -> Hashable:
        """The value, or the number it is known by if it is large."""
        if not isinstance(value, tuple) or len(value) <= LARGE:
            return value
        known = self._known.get(id(value))
        if known is None:
            number = self._numbers.setdefault(value, len(self._numbers))
            known = self._known[id(value)] = (value, number)  # keeps the value, so its id stays its own
        return ("large", known[1])


def ordered(program: core.Program) -> bool:
    """Whether no run comes back to where it was: there is neither recursion nor `while`."""
    used = {function.name: function for function in reachable(program)}
    return not recursive(used) and not any(
        isinstance(statement, core.While)
        for function in used.values()
        for statement in statements(function.body)
    )


class Suspended:
    """Keys of the suspended runs of one program.

    reported: which addresses are recorded. Where nothing below is, the place in the calls does not tell
    states apart, and calls whose value their caller only returns leave no trace.
    live: what the run asked about last may still read, whatever it is called.
    """

    def __init__(self, bound: Bound, reported: Callable[[Address], bool] = lambda _: True) -> None:
        program = bound.program
        self._reported = reported
        self._addressed = bool(bound.interventions) or memoises(program)
        self._liveness = Liveness(program)
        self._needs: dict[Key, Needs] = {}
        self._short = Shortened()
        self.ordered = ordered(program)
        self.live: list[Value] = []

    def key(self, event: Sampling) -> tuple[Key, Sampling]:
        """What must be equal for two runs to be one, and the event without what is dead in it."""
        state = event.state
        parts: list[Hashable] = [event.law]
        if self._addressed:
            parts += (event.address, state.path, frozenset(state.memo.items()))
        elif named(state.path):
            parts.append(state.path)
            if named(event.address):
                parts.append(event.address)
        place, state = self.place(state)
        return (*parts, *place), event._replace(state=state)

    def place(self, state: State) -> tuple[Key, State]:
        """The part of the key that is not about the draw, and the state without what is dead in it."""
        parts: list[Hashable] = []
        recorded = state.recorded
        while recorded is not None:
            parts.append((recorded[0], self._short(recorded[1])))
            recorded = recorded[2]
        env = state.env
        self.live = []
        for depth, activation in enumerate(activations(state)):
            if depth and self._only_returns(activation):
                continue
            shape = self._shape(activation)
            needs = self._needs.get(shape)
            if needs is None:
                needs = self._needs[shape] = self._needed(activation)
            alive = live(needs, activation.env)
            if depth == 0:
                env = alive
            parts.append(shape)
            self.live += alive.values()
            parts.extend((name, self._short(alive[name])) for name in sorted(alive))
            for frame in activation.frames:
                if isinstance(frame, Round):
                    collected = _listed(frame)
                    parts.append(self._short(collected))
                    self.live.append(collected)
        return tuple(parts), state._replace(env=env)

    def standing(self, state: State) -> Key:
        """What must be equal for two runs to go on in the same way, and to name their draws alike.

        Nothing that was recorded counts.
        """
        paths: list[Hashable] = [state.path, state.calls]
        frame = state.control
        while frame is not None:
            if isinstance(frame, Caller):
                paths += (frame.path, frame.calls)
            frame = frame.rest
        place, _ = self.place(state._replace(recorded=None))
        return (tuple(paths), frozenset(state.memo.items()), *place)

    def order(self, state: State) -> tuple[int, ...]:
        """Runs least far are to go on first, so that equal ones meet.

        Without recursion and `while` the place in the program and the rounds of its loops say how
        far a run is; with them, the number of statements it has executed.
        """
        if not self.ordered:
            return (state.steps,)
        places = [state.position]
        frame = state.control
        while frame is not None:
            match frame:
                case Resume(_, position) | Round(_, _, position) | Caller(_, _, _, position):
                    places.append(position)
                case _:
                    pass
            frame = frame.rest
        return tuple(reversed(places))

    def _only_returns(self, activation: Activation) -> bool:
        """Whether a caller does nothing with the value it waits for but return it."""
        rest = activation.block[activation.position : activation.position + 1]
        match activation.frames, rest:
            case (Bind(core.Draw(name, ()), address), *_), (core.Return(core.Variable(value)),):
                silent = not named(address) or not self._reported(address)
                return name == value and silent and not self._addressed
            case (Bind(core.Call(name)), *_), (core.Return(core.Variable(value)),):
                return name == value and not self._addressed
            case _:
                return False

    def _shape(self, activation: Activation) -> Key:
        shape: list[Hashable] = [id(activation.block), activation.position]
        for frame in activation.frames:
            match frame:
                case Resume(block, position):
                    shape += ("resume", id(block), position)
                case Round(loop, items, position):
                    rest = items[position + 1 :]
                    assert isinstance(rest, range | tuple)
                    shape += (
                        "round",
                        id(loop),
                        position,
                        rest if isinstance(rest, range) else self._short(rest),
                    )
                case Again(loop, tested):
                    shape += ("again", id(loop), tested)
                case Bind(statement) | Retry(statement):
                    shape += ("bind", id(statement))
                case Entries(statement, address, _, position, drawn):
                    shape += ("entries", id(statement), address, position, drawn)
                case Remember(key):
                    shape += ("remember", key)
                case Picking(urn, address):
                    shape += ("pick", urn, address)
                case Putting(urn):
                    shape += ("put", urn)
                case Drawn(address):
                    shape += ("drawn", address)
                case Caller() | None:
                    raise AssertionError("an activation ends before its caller")
        return tuple(shape)

    def _needed(self, activation: Activation) -> Needs:
        needs = NOTHING
        waiting: list[Needs] = []
        for frame in reversed(activation.frames):
            match frame:
                case Resume(block, position):
                    needs = then(self._liveness.rest(block, position), needs)
                case Round(loop, items, position):
                    needs = then(self._liveness.rounds(loop, items[position + 1 :]), needs)
                case Again(loop, tested):
                    needs = then(self._liveness.again(loop, tested=tested), needs)
                case Bind(statement):
                    waiting.append(self._liveness.binding(statement))
                case Retry(statement):
                    waiting.append(self._liveness.statement(statement))
                case Entries(statement):
                    waiting.append(Needs({statement.name: "all"}))
                    waiting.append(self._liveness.statement(statement))
                case _:
                    pass
        needs = then(self._liveness.rest(activation.block, activation.position), needs)
        for frame_needs in waiting:
            needs = then(frame_needs, needs)
        return needs


def activations(state: State) -> list[Activation]:
    """The open calls of a run, innermost first."""
    found: list[Activation] = []
    block, position, env = state.block, state.position, state.env
    frames: list[Control] = []
    frame = state.control
    while frame is not None:
        if isinstance(frame, Caller):
            found.append(Activation(block, position, tuple(frames), env))
            block, position, env, frames = frame.block, frame.position, frame.env, []
        else:
            frames.append(frame)
        frame = frame.rest
    found.append(Activation(block, position, tuple(frames), env))
    return found


def live(needs: Needs, env: Mapping[str, Value]) -> Env:
    """The variables that are still read, and of arrays the elements."""
    kept: Env = {}
    for name in needs.reads:
        if name not in env:
            continue
        value = env[name]
        if isinstance(value, Growing):
            elements = needs.elements(name, env)
            kept[name] = value if elements is None else value.forget(elements)
        else:
            kept[name] = value
    return kept


def _listed(frame: Round) -> tuple[Value, ...]:
    values: list[Value] = []
    collected = frame.collected
    while collected is not None:
        values.append(collected[0])
        collected = collected[1]
    return tuple(values)
