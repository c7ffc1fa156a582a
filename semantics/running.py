"""The registers of the reference interpreter while a run is going: its control, and what waits for a value.

What each statement does is in `pplc.semantics.statements`; `pplc.semantics.machine` runs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pplc.lang import core
from pplc.lang.diagnostics import NOWHERE, Span
from pplc.semantics.calls import Calls, entered
from pplc.semantics.evaluate import entry_of, extended, located, named, nesting, replaced
from pplc.semantics.faults import part_of_one_draw
from pplc.semantics.growing import Growing
from pplc.semantics.laws import LawValue
from pplc.semantics.runs import (
    Again,
    Bind,
    Caller,
    Collected,
    Drawn,
    Entries,
    Event,
    Finished,
    NeedsOuter,
    Observing,
    Picking,
    Putting,
    Remember,
    Resume,
    Retry,
    Round,
    Sampling,
    State,
)
from pplc.semantics.urns import Drawn as Urns
from pplc.semantics.urns import added, drawn_inside, drawn_so_far, repeated, which
from pplc.semantics.values import (
    MISSING,
    Address,
    Fault,
    FunctionValue,
    MemoFunction,
    MemoModel,
    ModelValue,
    Urn,
    UrnModel,
    Value,
    show,
    to_numbers,
)

if TYPE_CHECKING:
    from pplc.semantics.machine import Machine

WHICH = "which#"
"""The part of an address under which it is chosen which draw of an urn is repeated."""

TOO_DEEP = "a recursion may not end; raise the bound with `--max-calls` if it does"


class Running:
    """The registers of a run while it is going. Methods return an event if the run must wait."""

    def __init__(self, machine: Machine, state: State) -> None:
        self.machine = machine
        self.bound = machine.bound
        self.compiled = machine.compiler.compiled
        (self.block, self.position, self.control, env, self.path, self.memo) = state[:6]
        self.env = dict(env)  # the state stays as it is
        self.recorded, self.steps, self.depth, _, self.calls = state[6:]

    def suspend(self, *, waiting: bool) -> State:
        return State(
            self.block,
            self.position,
            self.control,
            self.env,
            self.path,
            self.memo,
            self.recorded,
            self.steps,
            self.depth,
            waiting,
            self.calls,
        )

    def value(self, expression: core.Expr) -> Value:
        return self.compiled(expression)(self.env)

    def indices(self, expressions: tuple[core.Expr, ...]) -> tuple[Value, ...]:
        return tuple([self.compiled(expression)(self.env) for expression in expressions])

    def address(self, site: core.Site) -> Address:
        where = (*self.path, site.name)
        return (*where, self.indices(site.indices)) if site.indices else where

    def keep(self, address: Address, value: Value) -> None:
        if named(address) and self.machine.record(address):
            self.recorded = (address, value, self.recorded)

    # ------------------------------------------------------------------ control

    def enter(self, block: core.Block) -> None:
        if block:
            self.control = Resume(self.block, self.position, self.control)
            self.block, self.position = block, 0

    def leaves(self) -> Span:
        """Where the block stands that has ended: its loop, for faults of the loop's own expressions."""
        match self.control:
            case Round(loop) | Again(loop):
                return loop.span
            case _:
                return NOWHERE

    def leave(self) -> Event | None:
        """The block has ended."""
        match self.control:
            case Resume(block, position, rest):
                self.block, self.position, self.control = block, position, rest
            case Round(loop, items, position, collected, rest):
                self.control = rest
                if loop.collect is not None and (loop.keep is None or self.value(loop.keep) is True):
                    collected = (self.value(loop.collect), collected)
                self.round(loop, items, position + 1, collected)
            case Again(loop, tested, rest):
                self.control = rest
                self.turn(loop, tested)
            case _:
                return self.deliver(())
        return None

    def round(self, loop: core.For, items: Sequence[Value], position: int, collected: Collected) -> None:
        """Starts the round at `position`, or ends the loop. `control` tops with its `Resume`."""
        if position < len(items):
            self.env[loop.name] = items[position]
            self.control = Round(loop, items, position, collected, self.control)
            self.block, self.position = loop.body, 0
            return
        if loop.into:
            values: list[Value] = []
            while collected is not None:
                values.append(collected[0])
                collected = collected[1]
            self.env[loop.into] = tuple(reversed(values))
        self.block, self.position = (), 0

    def turn(self, loop: core.While, tested: bool) -> None:
        """Starts the body of a `While` whose head has run, or its head."""
        if not tested and self.value(loop.test) is not True:
            self.block, self.position = (), 0
            return
        self.control = Again(loop, not tested, self.control)
        self.block, self.position = (loop.head if tested else loop.body), 0

    def deliver(self, value: Value) -> Event | None:
        """Hands a value to the frame that waits for it."""
        while True:
            match self.control:
                case Bind(statement, address, rest):
                    self.control = rest
                    self.bind(statement, address, value)
                    return None
                case None:
                    return Finished(value, self.recorded)
                case Resume(_, _, rest) | Round(_, _, _, _, rest) | Again(_, _, rest):
                    self.control = rest
                case Caller(env, path, block, position, depth, calls, rest):
                    self.env, self.path, self.block, self.position = dict(env), path, block, position
                    self.depth, self.calls, self.control = depth, calls, rest
                case Remember(key, rest):
                    self.memo = {**self.memo, key: value}
                    self.keep((*key[0], key[1]), value)
                    self.control = rest
                case Drawn(address, span, rest):
                    self.control = rest
                    return self.draw(value, address, span)
                case Picking(urn, address, span, rest):
                    self.control = rest
                    drawn = self.urn(urn)
                    assert isinstance(value, int)
                    if value == len(drawn):
                        self.control = Putting(urn, rest)
                        return self.draw(urn.base, address, span)
                    self.memo = {**self.memo, (urn.address, ()): repeated(drawn, value)}
                    value = drawn[value][0]
                case Putting(urn, rest):
                    self.control = rest
                    self.memo = {**self.memo, (urn.address, ()): added(urn, self.urn(urn), value)}
                case Retry(statement, rest):
                    self.control = rest
                    return self.infer(statement)
                case Entries(statement, address, laws, position, drawn, rest):
                    self.control = rest
                    if drawn:
                        self.fill(statement, address, laws[position][0], value)
                    return self.entries(statement, address, laws, position + 1)

    def apply(
        self, function: FunctionValue, arguments: tuple[Value, ...], path: Address, calls: Calls
    ) -> None:
        """Enters a function; its value is delivered to the frame now on top."""
        self.depth += 1
        if self.depth > self.bound.budget.depth:
            limit = self.bound.budget.depth
            raise Fault("E0406", f"calls are nested more than {limit:,} deep", "one call more", TOO_DEEP)
        env = self.machine.activation(function, arguments)
        self.control = Caller(
            self.env, self.path, self.block, self.position, self.depth - 1, self.calls, self.control
        )
        self.env, self.path, self.block, self.position = env, path, function.function.body, 0
        self.calls = calls

    # ------------------------------------------------------------------ draws

    def draw(self, law: Value, address: Address, span: Span, calls: Calls = ()) -> Event | None:
        """Draws from a law or model; the value is delivered to the frame now on top.

        calls: what is active where `address` stands, unless a memoised function draws elsewhere.
        """
        if self.bound.interventions and self.bound.intervened(address):
            return self.deliver(to_numbers(self.bound.intervention(address), exact=self.machine.exact))
        if isinstance(law, LawValue):
            return Sampling(law, address, span, self.suspend(waiting=True))
        match law:
            case ModelValue(function, arguments):
                self.apply(function, arguments, *entered(address, function.function.name, calls))
                return None
            case MemoModel(function):
                return self.deliver(MemoFunction(address, function))
            case UrnModel(concentration, base):
                return self.deliver(Urn(address, concentration, base))
            case Urn():
                return self.pick(law, address, span)
            case _:
                raise TypeError(f"`~` needs a model or distribution, not {show(law)}")

    def pick(self, urn: Urn, address: Address, span: Span) -> Event | None:
        """Draws from an urn: first which of its draws so far, or a new one."""
        if nesting(urn.address) < nesting(self.path):
            raise drawn_inside(urn)
        drawn = self.urn(urn)
        if not drawn:
            self.control = Putting(urn, self.control)
            return self.draw(urn.base, address, span)
        self.control = Picking(urn, address, span, self.control)
        law = which(urn, drawn, exact=self.machine.exact)
        return Sampling(law, (*address, WHICH), span, self.suspend(waiting=True))

    def urn(self, urn: Urn) -> Urns:
        """What was drawn from an urn so far."""
        return drawn_so_far(self.memo.get((urn.address, ()), ()))

    def fixed(self, address: Address, value: Value) -> Value:
        """The value of a draw or `let`, with the elements that `do` sets one by one."""
        if self.bound.interventions and isinstance(value, tuple):
            for index, element in self.bound.elements(address):
                value = replaced(value, index, to_numbers(element, exact=self.machine.exact))
        return value

    def bind(self, statement: core.Draw | core.Call | core.Observe, address: Address, value: Value) -> None:
        match statement:
            case core.Draw(name, indices):
                value = self.fixed(address, value)
                if indices:
                    array = self.env[name]
                    assert isinstance(array, Growing)
                    self.env[name] = array.define(self.indices(indices), value)
                else:
                    self.env[name] = value
                self.keep(address, value)
            case core.Call(name):
                self.env[name] = value
            case core.Observe(name, indices):
                value = self.fixed(address, value)
                self.place(name, self.indices(indices), value)
                self.keep(address, value)

    def place(self, name: str, indices: tuple[Value, ...], value: Value) -> None:
        """Puts a value where a missing entry was, or another intervention's."""
        if name:
            self.env[name] = replaced(self.env[name], indices, value)

    # ------------------------------------------------------------------ what is asked for again

    def entries(
        self,
        statement: core.Observe,
        address: Address,
        laws: tuple[tuple[tuple[int, ...], LawValue], ...],
        position: int,
    ) -> Event | None:
        """Observes the entries of an array from `position` on; those missing are drawn, or set by `do`."""
        for here in range(position, len(laws)):
            index, law = laws[here]
            entry = extended(address, index)
            value = entry_of(self.value(statement.value), index)
            if self.bound.intervened(entry):
                fixed = to_numbers(self.bound.intervention(entry), exact=self.machine.exact)
                self.fill(statement, address, index, fixed)
                continue
            if any(self.bound.elements(entry)):
                raise part_of_one_draw()
            self.control = Entries(statement, address, laws, here, value is MISSING, self.control)
            if value is MISSING:
                return self.draw(law, entry, statement.span)
            return Observing(law, value, entry, statement.span, self.suspend(waiting=True))
        return None

    def fill(self, statement: core.Observe, address: Address, index: tuple[int, ...], value: Value) -> None:
        """Puts a missing entry's value in its place."""
        self.place(statement.name, (*self.indices(statement.indices), *index), value)
        self.keep(extended(address, index), value)

    def recall(self, function: MemoFunction, arguments: tuple[Value, ...], span: Span) -> Event | None:
        """Delivers a memoised function's value, after drawing it if it is asked for first."""
        key = (function.address, arguments)
        if key in self.memo:
            return self.deliver(self.memo[key])
        if nesting(function.address) < nesting(self.path):
            raise NeedsOuter(function, arguments)
        address = (*function.address, arguments)
        self.control = Remember(key, self.control)
        if function.function.function.kind == "model":
            return self.draw(ModelValue(function.function, arguments), address, span)
        self.control = Drawn(address, span, self.control)
        self.apply(function.function, arguments, self.path, self.calls)
        return None

    def infer(self, statement: core.Call) -> Event | None:
        (model,) = self.indices(statement.args)
        keywords = {name: self.value(value) for name, value in statement.keywords}
        try:
            self.env[statement.name] = self.machine.infer(self.machine, model, keywords, self.memo, self.path)
        except NeedsOuter as needed:
            self.control = Retry(statement, self.control)
            return self.recall(needed.function, needed.arguments, statement.span)
        except Fault as fault:  # it may have been asked for again by a draw that stands elsewhere
            raise located(fault, statement.span) from None
        return None
