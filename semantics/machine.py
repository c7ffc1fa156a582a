"""The reference interpreter: a small-step machine over Core whose suspended runs are values.

A run goes on until it needs something from outside: a draw (`Sampling`), the weight of an
observation (`Observing`) or of an action (`Weighing`), or until it has `Finished`. Whoever drives
it answers with `resume`. The `State` in an event is never changed afterwards, so it may be copied
(resampling), stored, and resumed as often as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pplc.lang import core
from pplc.lang.diagnostics import NOWHERE, Span
from pplc.semantics.bound import Bound
from pplc.semantics.calls import Active
from pplc.semantics.evaluate import Compiler, located
from pplc.semantics.laws import LawValue
from pplc.semantics.running import Running
from pplc.semantics.runs import Bind, Control, Entries, Env, Event, Finished, Memo, State
from pplc.semantics.statements import EXECUTE
from pplc.semantics.values import Address, Fault, FunctionValue, ModelValue, Value, to_numbers

ENDLESS = "a loop or recursion may not end; raise the bound with `--max-steps` if it does"

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
        return go(Running(self, State(body, 0, None, env, path, memo, None, 0, 0, False, calls)))

    def resume(self, state: State, value: Value = ()) -> Event:
        """Goes on with a suspended run; `value` is the draw it asked for."""
        run = Running(self, state)
        try:
            event = run.deliver(value) if state.waiting else None
        except Fault as fault:
            raise located(fault, _waits_at(state.control)) from None
        return event if event is not None else go(run)

    def call(self, function: FunctionValue, arguments: tuple[Value, ...]) -> Value:
        """The value of a deterministic function."""
        env = self.activation(function, arguments)
        event = go(Running(self, State(function.function.body, 0, None, env, (), {}, None, 0, 0, False, ())))
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


def go(run: Running) -> Event:
    """Runs until the next event."""
    limit = run.bound.budget.steps
    while True:
        statement: core.Stmt | None = None
        try:
            run.steps += 1  # the end of a block counts: the body of an endless loop may be empty
            if run.position < len(run.block):
                statement = run.block[run.position]
                run.position += 1
            if run.steps > limit:
                raise Fault("E0405", f"the run did not end within {limit:,} steps", "still running", ENDLESS)
            event = run.leave() if statement is None else EXECUTE[type(statement)](run, statement)
        except Fault as fault:
            raise located(fault, statement.span if statement else run.leaves()) from None
        if event is not None:
            return event


def _waits_at(control: Control) -> Span:
    """The statement that a suspended run gives the answer to."""
    match control:
        case Bind(statement) | Entries(statement):
            return statement.span
        case _:
            return NOWHERE
