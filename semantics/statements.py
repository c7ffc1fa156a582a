"""What the reference interpreter does at each statement of Core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pplc.lang import core
from pplc.semantics.evaluate import has_missing, log_weight, replaced
from pplc.semantics.growing import Growing
from pplc.semantics.laws import LawValue, fitted
from pplc.semantics.running import Running
from pplc.semantics.runs import Bind, Event, Observing, Resume, Weighing
from pplc.semantics.values import (
    MISSING,
    Address,
    Fault,
    ForeignFunction,
    FunctionValue,
    MemoFunction,
    ModelValue,
    Value,
    show,
    to_numbers,
)

INFER = core.Global("infer")


def _recorded(run: Running, address: Address, value: Value) -> Value:
    """The value of a `let` that is reported, which `do` may set."""
    if isinstance(value, Growing):
        value = value.freeze()  # a snapshot, which outlives what is defined later
    if run.bound.interventions and run.bound.intervened(address):
        value = to_numbers(run.bound.intervention(address), exact=run.machine.exact)
    value = run.fixed(address, value)
    run.keep(address, value)
    return value


def let(run: Running, statement: core.Let) -> None:
    """Names a value."""
    value = run.value(statement.value)
    if statement.recorded:
        value = _recorded(run, (*run.path, statement.recorded), value)
    run.env[statement.name] = value


def assign(run: Running, statement: core.Assign) -> None:
    """Gives a variable, or an element of it, another value."""
    value = run.value(statement.value)
    if statement.indices:
        value = replaced(run.env[statement.name], run.indices(statement.indices), value)
    run.env[statement.name] = value


def define(run: Running, statement: core.Define) -> None:
    """Gives an element of an array that is written one by one its value."""
    array = run.env[statement.name]
    assert isinstance(array, Growing)
    indices, value = run.indices(statement.indices), run.value(statement.value)
    if statement.recorded:
        value = _recorded(run, (*run.path, statement.recorded, indices), value)
    run.env[statement.name] = array.define(indices, value)


def sample(run: Running, statement: core.Draw) -> Event | None:
    """Draws from a law or model."""
    address = run.address(statement.site)
    law = run.value(statement.law)
    run.control = Bind(statement, address, run.control)
    return run.draw(law, address, statement.span, run.calls)


def observe(run: Running, statement: core.Observe) -> Event | None:
    """Weighs data, or draws them where they are missing or asked for."""
    address = run.address(statement.site)
    if run.bound.interventions and run.bound.intervened(address):
        value = to_numbers(run.bound.intervention(address), exact=run.machine.exact)
        run.bind(statement, address, value)
        return None
    law = run.value(statement.law)
    if not isinstance(law, LawValue):
        raise TypeError(f"`observe` needs a distribution, not {show(law)}")
    value = run.value(statement.value)
    if run.bound.prior and not statement.name:
        return None
    if run.bound.prior or value is MISSING:
        run.control = Bind(statement, address, run.control)
        whole = law if value is MISSING else fitted(law, value)  # what is drawn has the datum's shape
        return run.draw(whole, address, statement.span)
    set_inside = run.bound.interventions and any(run.bound.elements(address))
    if statement.name and (set_inside or has_missing(value)):
        return run.entries(statement, address, tuple(fitted(law, value).elements()), 0)
    return Observing(law, value, address, statement.span, run.suspend(waiting=False))


def weigh(run: Running, statement: core.Weight) -> Event | None:
    """Multiplies the weight of the run."""
    if run.bound.prior:
        return None
    weight = log_weight(statement.kind, run.value(statement.value), exact=run.machine.exact)
    return Weighing(weight, statement.span, run.suspend(waiting=False))


def call(run: Running, statement: core.Call) -> Event | None:
    """Applies a function, or finds the law of a model."""
    if statement.function == INFER:
        return run.infer(statement)
    function, arguments = run.value(statement.function), run.indices(statement.args)
    match function:
        case FunctionValue(definition) if definition.kind == "model":
            run.env[statement.name] = ModelValue(function, arguments)
        case FunctionValue():
            run.control = Bind(statement, (), run.control)
            run.apply(function, arguments, run.path, run.calls)
        case MemoFunction():
            run.control = Bind(statement, (), run.control)
            return run.recall(function, arguments, statement.span)
        case ForeignFunction():
            run.env[statement.name] = function.call(arguments)
        case _:
            raise TypeError(f"{show(function)} is not a function")
    return None


def branch(run: Running, statement: core.If) -> None:
    """Enters one side."""
    run.enter(statement.then if run.value(statement.test) is True else statement.orelse)


def loop(run: Running, statement: core.For) -> None:
    """Starts a loop over items."""
    items = run.value(statement.iterable)
    if isinstance(items, Growing):
        items = items.freeze()
    assert isinstance(items, range | tuple)
    run.control = Resume(run.block, run.position, run.control)
    run.round(statement, items, 0, None)


def repeat(run: Running, statement: core.While) -> None:
    """Starts a loop with a test."""
    run.control = Resume(run.block, run.position, run.control)
    run.turn(statement, True)


def leave_function(run: Running, statement: core.Return) -> Event | None:
    """Delivers the value of the function that is active."""
    value = run.value(statement.value)
    return run.deliver(value.freeze() if isinstance(value, Growing) else value)


def fail(_: Running, statement: core.Fail) -> None:
    """Ends the run with the error of an arm or value that cannot be."""
    raise Fault(statement.code, statement.message)


EXECUTE: Mapping[type, Callable[[Running, Any], Event | None]] = {
    core.Let: let,
    core.Assign: assign,
    core.Define: define,
    core.Draw: sample,
    core.Observe: observe,
    core.Weight: weigh,
    core.Call: call,
    core.If: branch,
    core.For: loop,
    core.While: repeat,
    core.Return: leave_function,
    core.Fail: fail,
}
"""What is done at a statement; an event if the run must wait."""
