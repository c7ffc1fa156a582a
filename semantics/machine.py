"""The reference interpreter: a small-step machine over Core whose suspended runs are values.

A run goes on until it needs something from outside: a draw (`Sampling`), the weight of an
observation (`Observing`) or of an action (`Weighing`), or until it has `Finished`. Whoever drives
it answers with `resume`. The `State` in an event is never changed afterwards, so it may be copied
(resampling), stored, and resumed as often as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pplc.lang import core
from pplc.lang.diagnostics import NOWHERE, Span
from pplc.semantics.bound import Bound
from pplc.semantics.calls import Active, Calls, entered
from pplc.semantics.evaluate import (
    Compiler,
    entry_of,
    extended,
    has_missing,
    located,
    log_weight,
    named,
    nesting,
    replaced,
)
from pplc.semantics.faults import part_of_one_draw
from pplc.semantics.growing import Growing
from pplc.semantics.laws import LawValue, fitted
from pplc.semantics.runs import (
    Again,
    Bind,
    Caller,
    Collected,
    Control,
    Drawn,
    Entries,
    Env,
    Event,
    Finished,
    Memo,
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
    Weighing,
)
from pplc.semantics.urns import Drawn as Urns
from pplc.semantics.urns import added, drawn_inside, drawn_so_far, repeated, which
from pplc.semantics.values import (
    MISSING,
    Address,
    Fault,
    ForeignFunction,
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

WHICH = "which#"
"""The part of an address under which it is chosen which draw of an urn is repeated."""

INFER = core.Global("infer")
ENDLESS = "a loop or recursion may not end; raise the bound with `--max-steps` if it does"
TOO_DEEP = "a recursion may not end; raise the bound with `--max-calls` if it does"

Infer: TypeAlias = "Callable[[Machine, Value, Mapping[str, Value], Memo, Address], LawValue]"
"""How `infer(m)` finds its law: the model, the keywords, what is memoised, and where it stands."""


class Machine:
    """Runs one program with its data.

    exact:  numbers are `Fraction`s as long as they can be, else floats throughout.
    infer:  how `infer(m)` finds its law; engines pass theirs.
    record: which named draws and lets to keep until the end (all, if not given).
    """

    def __init__(
        self,
        bound: Bound,
        *,
        exact: bool,
        infer: Infer,
        record: Callable[[Address], bool] = lambda _: True,
    ) -> None:
        self.bound = bound
        self.exact = exact
        self.infer = infer
        self.record = record
        self.compiler = Compiler(bound.program, exact, self.call)

    def start(self) -> Event:
        """The first event of a run of the entry model."""
        model = self.bound.program.model
        given = self.bound.arguments
        arguments = tuple(to_numbers(given[name], exact=self.exact) for name in model.parameters)
        return self.start_model(ModelValue(FunctionValue(model), arguments), {}, ())

    def start_model(self, model: ModelValue, memo: Memo, path: Address) -> Event:
        """The first event of a run of a model value at a place, as `infer` needs it."""
        env = self.activation(model.function, model.arguments)
        body = model.function.function.body
        calls = (Active(len(path), model.function.function.name),)
        return _Run(self, State(body, 0, None, env, path, memo, None, 0, 0, False, calls)).go()

    def resume(self, state: State, value: Value = ()) -> Event:
        """Goes on with a suspended run; `value` is the draw it asked for."""
        run = _Run(self, state._replace(env=dict(state.env)))
        try:
            event = run.deliver(value) if state.waiting else None
        except Fault as fault:
            raise located(fault, _waits_at(state.control)) from None
        return event if event is not None else run.go()

    def call(self, function: FunctionValue, arguments: tuple[Value, ...]) -> Value:
        """The value of a deterministic function."""
        env = self.activation(function, arguments)
        event = _Run(self, State(function.function.body, 0, None, env, (), {}, None, 0, 0, False, ())).go()
        if not isinstance(event, Finished):
            raise Fault(
                "E0411",
                "a function used in a density must be deterministic, but this one draws",
                "the density is random",
                "a memoised function draws; call it in the model, and give the density its value",
            )
        return event.value

    def activation(self, function: FunctionValue, arguments: tuple[Value, ...]) -> Env:
        """The variables with which a function starts."""
        definition = function.function
        if len(arguments) != len(definition.parameters):
            raise TypeError(f"`{definition.name}` was given {len(arguments)} arguments")
        env = dict(zip(definition.captured, function.captured, strict=True))
        env.update(zip(definition.parameters, arguments, strict=True))
        return env


def _waits_at(control: Control) -> Span:
    """The statement that a suspended run gives the answer to."""
    match control:
        case Bind(statement) | Entries(statement):
            return statement.span
        case _:
            return NOWHERE


class _Run:
    """The registers of a run while it is going. Methods return an event if the run must wait."""

    def __init__(self, machine: Machine, state: State) -> None:
        self.machine = machine
        self.bound = machine.bound
        (self.block, self.position, self.control, self.env, self.path, self.memo) = state[:6]
        self.recorded, self.steps, self.depth = state.recorded, state.steps, state.depth
        self.calls = state.calls

    def go(self) -> Event:
        """Runs until the next event."""
        limit = self.bound.budget.steps
        while True:
            statement: core.Stmt | None = None
            try:
                self.steps += 1  # the end of a block counts: the body of an endless loop may be empty
                if self.position < len(self.block):
                    statement = self.block[self.position]
                    self.position += 1
                if self.steps > limit:
                    raise Fault(
                        "E0405", f"the run did not end within {limit:,} steps", "still running", ENDLESS
                    )
                event = self.leave() if statement is None else _EXECUTE[type(statement)](self, statement)
            except Fault as fault:
                raise located(fault, statement.span if statement else self.leaves()) from None
            if event is not None:
                return event

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
        return self.machine.compiler.compiled(expression)(self.env)

    def indices(self, expressions: tuple[core.Expr, ...]) -> tuple[Value, ...]:
        return tuple(self.value(expression) for expression in expressions)

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
                case Bind(statement, address, rest):
                    self.control = rest
                    self.bind(statement, address, value)
                    return None
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
            case _ if isinstance(law, LawValue):
                return Sampling(law, address, span, self.suspend(waiting=True))
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

    # ------------------------------------------------------------------ statements

    def let(self, statement: core.Let) -> None:
        value = self.value(statement.value)
        if statement.recorded:
            address = (*self.path, statement.recorded)
            if isinstance(value, Growing):
                value = value.freeze()  # a snapshot, which outlives what is defined later
            if self.bound.interventions and self.bound.intervened(address):
                value = to_numbers(self.bound.intervention(address), exact=self.machine.exact)
            value = self.fixed(address, value)
            self.keep(address, value)
        self.env[statement.name] = value

    def assign(self, statement: core.Assign) -> None:
        value = self.value(statement.value)
        if statement.indices:
            value = replaced(self.env[statement.name], self.indices(statement.indices), value)
        self.env[statement.name] = value

    def define(self, statement: core.Define) -> None:
        array = self.env[statement.name]
        assert isinstance(array, Growing)
        indices, value = self.indices(statement.indices), self.value(statement.value)
        if statement.recorded:
            address = (*self.path, statement.recorded, indices)
            if isinstance(value, Growing):
                value = value.freeze()
            if self.bound.interventions and self.bound.intervened(address):
                value = to_numbers(self.bound.intervention(address), exact=self.machine.exact)
            value = self.fixed(address, value)
            self.keep(address, value)
        self.env[statement.name] = array.define(indices, value)

    def sample(self, statement: core.Draw) -> Event | None:
        address = self.address(statement.site)
        law = self.value(statement.law)
        self.control = Bind(statement, address, self.control)
        return self.draw(law, address, statement.span, self.calls)

    def observe(self, statement: core.Observe) -> Event | None:
        address = self.address(statement.site)
        if self.bound.interventions and self.bound.intervened(address):
            value = to_numbers(self.bound.intervention(address), exact=self.machine.exact)
            self.bind(statement, address, value)
            return None
        law = self.value(statement.law)
        if not isinstance(law, LawValue):
            raise TypeError(f"`observe` needs a distribution, not {show(law)}")
        value = self.value(statement.value)
        if self.bound.prior and not statement.name:
            return None
        if self.bound.prior or value is MISSING:
            self.control = Bind(statement, address, self.control)
            whole = law if value is MISSING else fitted(law, value)  # what is drawn has the datum's shape
            return self.draw(whole, address, statement.span)
        if statement.name and (has_missing(value) or any(self.bound.elements(address))):
            return self.entries(statement, address, tuple(fitted(law, value).elements()), 0)
        return Observing(law, value, address, statement.span, self.suspend(waiting=False))

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

    def weigh(self, statement: core.Weight) -> Event | None:
        if self.bound.prior:
            return None
        weight = log_weight(statement.kind, self.value(statement.value), exact=self.machine.exact)
        return Weighing(weight, statement.span, self.suspend(waiting=False))

    def call(self, statement: core.Call) -> Event | None:
        if statement.function == INFER:
            return self.infer(statement)
        function, arguments = self.value(statement.function), self.indices(statement.args)
        match function:
            case FunctionValue(definition) if definition.kind == "model":
                self.env[statement.name] = ModelValue(function, arguments)
            case FunctionValue():
                self.control = Bind(statement, (), self.control)
                self.apply(function, arguments, self.path, self.calls)
            case MemoFunction():
                self.control = Bind(statement, (), self.control)
                return self.recall(function, arguments, statement.span)
            case ForeignFunction():
                self.env[statement.name] = function.call(arguments)
            case _:
                raise TypeError(f"{show(function)} is not a function")
        return None

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

    def branch(self, statement: core.If) -> None:
        self.enter(statement.then if self.value(statement.test) is True else statement.orelse)

    def loop(self, statement: core.For) -> None:
        items = self.value(statement.iterable)
        if isinstance(items, Growing):
            items = items.freeze()
        assert isinstance(items, range | tuple)
        self.control = Resume(self.block, self.position, self.control)
        self.round(statement, items, 0, None)

    def repeat(self, statement: core.While) -> None:
        self.control = Resume(self.block, self.position, self.control)
        self.turn(statement, True)

    def leave_function(self, statement: core.Return) -> Event | None:
        value = self.value(statement.value)
        return self.deliver(value.freeze() if isinstance(value, Growing) else value)

    def fail(self, statement: core.Fail) -> None:
        raise Fault(statement.code, statement.message)


_EXECUTE: Mapping[type, Callable[[_Run, Any], Event | None]] = {
    core.Let: _Run.let,
    core.Assign: _Run.assign,
    core.Define: _Run.define,
    core.Draw: _Run.sample,
    core.Observe: _Run.observe,
    core.Weight: _Run.weigh,
    core.Call: _Run.call,
    core.If: _Run.branch,
    core.For: _Run.loop,
    core.While: _Run.repeat,
    core.Return: _Run.leave_function,
    core.Fail: _Run.fail,
}
