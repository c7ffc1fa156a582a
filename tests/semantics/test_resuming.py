"""Suspended runs are values: they can be resumed as often as one likes, and nothing is shared."""

from __future__ import annotations

from fractions import Fraction as F

from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.runs import Event, Finished, Observing, Sampling, Weighing
from pplc.semantics.values import MISSING, Value
from tests.support.reference import Data, bound


def start(text: str, data: Data | None = None) -> tuple[Machine, Event]:
    """A machine for a text, and the first event of a run."""
    machine = Machine(bound(text, data), exact=True, infer=Nested())
    return machine, machine.start()


def finish(machine: Machine, event: Event, values: list[Value]) -> Value:
    """The value of a run that gets these draws from here on."""
    left = list(values)
    while not isinstance(event, Finished):
        event = (
            machine.resume(event.state, left.pop(0))
            if isinstance(event, Sampling)
            else machine.resume(event.state)
        )
    assert not left
    return event.value


def test_a_variable_changed_in_one_continuation_is_unchanged_in_another() -> None:
    machine, event = start(
        "model m() { var n = 0; x ~ UniformInt(1, 2); n = n + x; y ~ UniformInt(0, 1); return n + y }"
    )
    assert isinstance(event, Sampling)
    first = machine.resume(event.state, 1)
    second = machine.resume(event.state, 2)
    again = machine.resume(event.state, 1)
    assert [finish(machine, e, [0]) for e in (first, second, again)] == [1, 2, 1]
    assert [finish(machine, e, [1]) for e in (again, second, first)] == [2, 3, 2]


def test_an_element_defined_in_one_continuation_is_undefined_in_another() -> None:
    machine, event = start(
        "model m() { for t in 0..3 { z[t] ~ UniformInt(0, 9) }; return [z[0], z[1], z[2]] }"
    )
    assert isinstance(event, Sampling)
    second = machine.resume(event.state, 1)
    assert finish(machine, second, [2, 3]) == (1, 2, 3)
    assert finish(machine, second, [4, 5]) == (1, 4, 5)
    assert finish(machine, event, [6, 7, 8]) == (6, 7, 8)


def test_the_caller_of_a_suspended_model_is_not_shared() -> None:
    text = (
        "model g() { x ~ UniformInt(0, 9); return x }\n"
        "model m() { var n = 0; a ~ g(); n = n + a; b ~ g(); n = n + 10 * b; return n }"
    )
    machine, event = start(text)
    assert isinstance(event, Sampling)
    middle = machine.resume(event.state, 1)
    assert finish(machine, middle, [2]) == 21
    assert finish(machine, middle, [3]) == 31
    assert finish(machine, event, [4, 5]) == 54


def test_what_a_memoised_function_drew_belongs_to_its_run() -> None:
    text = (
        "model m() { f ~ mem(fn (i: int) => UniformInt(0, 9)); let a = f(0); let b = f(1)\n"
        "return [a, b, f(0)] }"
    )
    machine, event = start(text)
    assert finish(machine, event, [1, 2]) == (1, 2, 1)
    assert finish(machine, event, [3, 4]) == (3, 4, 3)


def test_what_is_recorded_belongs_to_its_run() -> None:
    machine, event = start("model m() { x ~ UniformInt(0, 9); y ~ UniformInt(0, 9); return x }")
    assert isinstance(event, Sampling)
    ends = [machine.resume(event.state, value) for value in (1, 2)]
    for value, middle in zip((1, 2), ends, strict=True):
        assert isinstance(middle, Sampling)
        end = machine.resume(middle.state, 5)
        assert isinstance(end, Finished)
        assert end.variables() == {("x",): value, ("y",): 5}


def test_weights_come_in_the_order_of_the_run() -> None:
    text = "model m(y: bool) { observe y ~ Bernoulli(0.25); weight(2); condition(true); return 1 }"
    machine, event = start(text, {"y": True})
    assert isinstance(event, Observing)
    assert (event.value, event.address) == (True, ("y",))
    second = machine.resume(event.state)
    assert isinstance(second, Weighing)
    assert second.log_weight == type(second.log_weight)(F(2))
    assert finish(machine, event, []) == finish(machine, second, []) == 1


def test_entries_wait_for_a_draw_or_a_weight_each() -> None:
    text = "model m(y: int?[N]) { observe y ~ iid(UniformInt(0, 9), N); return y }"
    machine, event = start(text, {"y": (1, MISSING, 3, MISSING)})
    assert isinstance(event, Observing)
    assert event.address == ("y", (0,))
    draw = machine.resume(event.state)
    assert isinstance(draw, Sampling)
    assert draw.address == ("y", (1,))
    assert finish(machine, draw, [5, 6]) == (1, 5, 3, 6)
    assert finish(machine, draw, [7, 8]) == (1, 7, 3, 8)


def test_only_what_is_asked_for_is_recorded() -> None:
    program = bound("model m() { x ~ Bernoulli(1); y ~ Bernoulli(1); return x }")
    machine = Machine(program, exact=True, infer=Nested(), record=lambda address: address == ("y",))
    event = machine.start()
    for _ in range(2):
        assert isinstance(event, Sampling)
        event = machine.resume(event.state, True)
    assert isinstance(event, Finished)
    assert event.variables() == {("y",): True}


def test_numbers_are_floats_in_runs_that_are_not_exact() -> None:
    program = bound("model m(a: real) { return a + 0.5 }", {"a": F(1, 4)})
    machine = Machine(program, exact=False, infer=Nested())
    value = finish(machine, machine.start(), [])
    assert isinstance(value, float)
    assert value == 0.75
