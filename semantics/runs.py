"""What a suspended run consists of, and what it asks for: frames, states and events.

Everything here is immutable. What a run still has to do is a linked list of frames, innermost
first; a value that comes back (from a draw, a call, a memoised function) is delivered to the first
frame that waits for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from pplc.lang import core
from pplc.lang.diagnostics import Span
from pplc.semantics.calls import Calls
from pplc.semantics.laws import LawValue
from pplc.semantics.number import LogWeight
from pplc.semantics.values import Address, MemoFunction, Urn, Value

Env: TypeAlias = "dict[str, Value]"
Memo: TypeAlias = "Mapping[tuple[Address, tuple[Value, ...]], Value]"
Collected: TypeAlias = "tuple[Value, Collected] | None"
Recorded: TypeAlias = "tuple[Address, Value, Recorded] | None"

# ------------------------------------------------------------------ frames


class Resume(NamedTuple):
    """Go on in this block of the same activation."""

    block: core.Block
    position: int
    rest: Control


class Round(NamedTuple):
    """A round of a `For` has ended; go on with the next."""

    loop: core.For
    items: Sequence[Value]
    position: int
    collected: Collected
    rest: Control


class Again(NamedTuple):
    """The head (`tested` is false) or the body of a `While` has ended."""

    loop: core.While
    tested: bool
    rest: Control


class Caller(NamedTuple):
    """The activation that called: restored when the callee returns."""

    env: Env
    path: Address
    block: core.Block
    position: int
    depth: int
    calls: Calls
    rest: Control


class Bind(NamedTuple):
    """The value is for this statement."""

    statement: core.Draw | core.Call | core.Observe
    address: Address
    rest: Control


class Drawn(NamedTuple):
    """The value is a law or model that a memoised function gave: draw from it."""

    address: Address
    span: Span
    rest: Control


class Remember(NamedTuple):
    """The value is the memoised function's, for good."""

    key: tuple[Address, tuple[Value, ...]]
    rest: Control


class Picking(NamedTuple):
    """The value is the place of the next draw from an urn among its draws so far."""

    urn: Urn
    address: Address
    span: Span
    rest: Control


class Putting(NamedTuple):
    """The value is drawn anew from the base law of an urn, and put into it."""

    urn: Urn
    rest: Control


class Retry(NamedTuple):
    """The value only had to be drawn first, for an `infer` that needed it; do the call now."""

    statement: core.Call
    rest: Control


class Entries(NamedTuple):
    """An array with missing entries is observed entry by entry; the value is for this one.

    `drawn`: the entry was missing, so the value takes its place; else there is no value.
    """

    statement: core.Observe
    address: Address
    laws: tuple[tuple[tuple[int, ...], LawValue], ...]
    position: int
    drawn: bool
    rest: Control


Control: TypeAlias = (
    Resume | Round | Again | Caller | Bind | Drawn | Remember | Picking | Putting | Retry | Entries | None
)

# ------------------------------------------------------------------ states and events


class State(NamedTuple):
    """A suspended run.

    path:     the address of the activation. memo: what memoised functions have drawn so far.
    recorded: named draws and lets so far, latest first.
    steps, depth: statements executed and calls open, for the budgets.
    waiting:  the frame on top waits for a value.
    calls:    the functions on the way to the activation, for the paths of recursive ones.
    """

    block: core.Block
    position: int
    control: Control
    env: Env
    path: Address
    memo: Memo
    recorded: Recorded
    steps: int
    depth: int
    waiting: bool
    calls: Calls


class Sampling(NamedTuple):
    """The run needs a draw from `law`, named `address`: resume with the value."""

    law: LawValue
    address: Address
    span: Span
    state: State


class Observing(NamedTuple):
    """The run weighs itself by the density of `law` at `value`: resume with nothing."""

    law: LawValue
    value: Value
    address: Address
    span: Span
    state: State


class Weighing(NamedTuple):
    """The run multiplies its weight by exp(`log_weight`): resume with nothing."""

    log_weight: LogWeight
    span: Span
    state: State


class Finished(NamedTuple):
    """The run has returned."""

    value: Value
    recorded: Recorded

    def variables(self) -> dict[Address, Value]:
        """The recorded values by address, in the order in which they were first made."""
        found: list[tuple[Address, Value]] = []
        entry = self.recorded
        while entry is not None:
            found.append((entry[0], entry[1]))
            entry = entry[2]
        return dict(reversed(found))


Event: TypeAlias = Sampling | Observing | Weighing | Finished


class NeedsOuter(Exception):
    """Inside `infer`, a function memoised outside is asked something new: draw it outside."""

    def __init__(self, function: MemoFunction, arguments: tuple[Value, ...]) -> None:
        super().__init__()
        self.function = function
        self.arguments = arguments
