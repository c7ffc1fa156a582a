"""What every statement of Core means, by small programs and the measures they must have."""

from __future__ import annotations

from fractions import Fraction as F
from math import inf, log, nan

import pytest

from pplc.lang import core
from pplc.lang.diagnostics import NO_FILE, Span
from pplc.semantics.bound import Bound, Budget
from pplc.semantics.evaluate import log_weight
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations import weighted
from pplc.semantics.source import Seeded
from pplc.semantics.values import MISSING, Fault, FunctionValue, Value
from tests.support.meanings import CASES, DATA
from tests.support.reference import (
    addresses,
    bound,
    marked,
    masses,
    recorded,
    rejection,
)

HALF, QUARTER = F(1, 2), F(1, 4)


@pytest.mark.parametrize("name", CASES)
def test_a_program_means_its_measure(name: str) -> None:
    case = CASES[name]
    assert masses(case.bound) == case.masses


# ------------------------------------------------------------------ missing data


def test_missing_entries_are_recorded_and_others_are_not() -> None:
    text = "model m(y: bool?[N]) { observe y ~ iid(Bernoulli(0.25), N); return 1 }"
    assert recorded(bound(text, {"y": (True, MISSING)})) == {
        (("y[1]", True),): F(1, 16),
        (("y[1]", False),): F(3, 16),
    }


# ------------------------------------------------------------------ interventions


def test_what_do_sets_is_recorded_too() -> None:
    text = "model m(y: bool[N]) { x ~ Bernoulli(0.5); observe y ~ iid(Bernoulli(0.5), N); return x }"
    program = bound(text, {"y": (True, True)}, do={("x",): True, ("y", (1,)): False})
    assert recorded(program) == {(("x", True), ("y[1]", False)): HALF}


def test_an_intervention_on_an_element_that_is_not_there_is_located() -> None:
    text, line, column = marked("model m() {\n  «z ~ Bernoulli([0.5, 0.5])»\n  return z\n}")
    error = rejection(lambda: masses(bound(text, do={("z", (7,)): True})))
    assert (error.code, error.span.line, error.span.column) == ("E0402", line, column)


# ------------------------------------------------------------------ prior


def test_the_prior_leaves_out_every_weight_and_draws_what_was_observed() -> None:
    text = (
        "model m(y: bool[N]) { p ~ Uniform([0.25, 0.75]); observe y ~ iid(Bernoulli(p), N)\n"
        "observe true ~ Bernoulli(p); condition(p > 0.5); weight(p); factor(0.5); return (p, y[0]) }"
    )
    assert masses(bound(text, {"y": (True,)}, prior=True)) == {
        (QUARTER, True): F(1, 8),
        (QUARTER, False): F(3, 8),
        (F(3, 4), True): F(3, 8),
        (F(3, 4), False): F(1, 8),
    }


def test_the_prior_of_observed_entries_obeys_do() -> None:
    program = bound(DATA, {"y": (True, True)}, do={("y", (0,)): True, ("p",): QUARTER}, prior=True)
    assert masses(program) == {(QUARTER, (True, True)): QUARTER, (QUARTER, (True, False)): F(3, 4)}


# ------------------------------------------------------------------ addresses

ADDRESSES: dict[str, tuple[str, set[str]]] = {
    "a draw": ("model m() { x ~ Bernoulli(0.5) }", {"x"}),
    "a let": ("model m() { let x = 1; return x }", {"x"}),
    "an element": ("model m() { for t in 0..2 { z[t] ~ Bernoulli(0.5) } }", {"z[0]", "z[1]"}),
    "an element of two indices": (
        "model m() { z[i, j] ~ Bernoulli(0.5) for i in 0..2, j in 0..i + 1 }",
        {"z[0, 0]", "z[1, 0]", "z[1, 1]"},
    ),
    "a draw in a loop": ("model m() { for t in 1..3 { x ~ Bernoulli(0.5) } }", {"x[1]", "x[2]"}),
    "a draw in a loop in a loop": (
        "model m() { for t in 0..2 { for u in 5..6 { x ~ Bernoulli(0.5) } } }",
        {"x[0, 5]", "x[1, 5]"},
    ),
    "a draw in a while loop": (
        "model m() { var n = 0; while n < 2 { x ~ Bernoulli(0.5); n = n + 1 } }",
        {"x[0]", "x[1]"},
    ),
    "a draw inside a called model": (
        "model g() { x ~ Bernoulli(0.5); return x }\nmodel m() { a ~ g(); b ~ g() }",
        {"a", "a.x", "b", "b.x"},
    ),
    "a draw inside a model called in a loop": (
        "model g() { x ~ Bernoulli(0.5); return 1 }\nmodel m() { for i in 0..2 { a[i] ~ g() } }",
        {"a[0]", "a[0].x", "a[1]", "a[1].x"},
    ),
    "anonymous draws have none that users see": (
        "model g() { x ~ Bernoulli(0.5); return x }\nmodel m() { return (~g()) and flip(0.5) }",
        set(),
    ),
    "recursion is reported down to its first level": (
        (
            "model g(n: int) -> int { x ~ Bernoulli(0.5); if n == 0 { return 0 }; r ~ g(n - 1); return r }\n"
            "model m() { a ~ g(3) }"
        ),
        {"a", "a.x", "a.r", "a.r.x", "a.r.r"},
    ),
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses_of(name: str) -> None:
    text, expected = ADDRESSES[name]
    assert addresses(bound(text)) == expected


def test_what_is_recorded_keeps_the_order_of_the_run() -> None:
    text = (
        "model g() { x ~ Bernoulli(1); return x }\n"
        "model m() { b ~ Bernoulli(1); a ~ g(); let c = 2; return a }"
    )
    assert list(recorded(bound(text))) == [(("b", True), ("a.x", True), ("a", True), ("c", 2))]


def test_a_recorded_array_is_what_it_was_when_it_was_bound() -> None:
    text = "model m() { z[0] ~ Bernoulli(1); let early = z; z[1] ~ Bernoulli(1); return len(early) }"
    (run,) = recorded(bound(text))
    assert dict(run)["early"] == (True,)


# ------------------------------------------------------------------ errors

ERRORS: dict[str, tuple[str, str, Budget]] = {
    "a loop without end": ("E0405", "«while true { n = n + 1 }»; return n", Budget(steps=100)),
    "a loop without end whose body is empty": ("E0405", "«while true { }»; return n", Budget(steps=100)),
    "a long loop whose body is empty": (
        "E0405",
        "for «i in 0..1000000000000» { }; return n",
        Budget(steps=100),
    ),
    "more paths than may be kept": ("E0503", "for i in 0..40 { «x ~ Bernoulli(0.5)» }", Budget(states=100)),
    "infinitely many values": ("E0502", "«x ~ Poisson(2)»", Budget()),
    "a parameter outside its domain": ("E0401", "p ~ Uniform([1.5]); x ~ «Bernoulli(p)»", Budget()),
    "an index outside": ("E0402", "let a = [1, 2]; n = 5; let b = «a[n]»", Budget()),
    "an index outside, assigned to": ("E0402", "var a = [1, 2]; n = 5; «a[n] = 0»", Budget()),
    "a negative weight": ("E0404", "n = -1; «weight(n)»", Budget()),
    "an infinite weight": ("E0404", "let a = 1.0; «weight(-log(a - 1))»", Budget()),
    "an infinite factor": ("E0404", "let a = 1.0; «factor(-log(a - 1))»", Budget()),
    "an infinite density": ("E0404", "«observe 0.0 ~ Beta(0.5, 0.5)»", Budget()),
    "an error in the condition of a comprehension": (
        "E0402",
        "let a = [1]; let b = [i for i in 0..3 if «a[i]» > 0]",
        Budget(),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_run_time_errors_are_located(name: str) -> None:
    code, body, budget = ERRORS[name]
    text, line, column = marked("model m() {\n  var n = 0\n  " + body + "\n}")
    error = rejection(lambda: masses(bound(text, budget=budget)))
    assert (error.code, error.span.line, error.span.column) == (code, line, column)


def test_recursion_without_end_is_located() -> None:
    text, line, column = marked(
        "model r(n: int) -> int {\n  return «~r(n + 1)»\n}\nmodel m() { return ~r(0) }"
    )
    error = rejection(lambda: masses(bound(text, budget=Budget(depth=50))))
    assert (error.code, error.span.line, error.span.column) == ("E0406", line, column)


@pytest.mark.parametrize(
    ("kind", "value"), [("weight", nan), ("factor", nan), ("weight", True), ("factor", "a")]
)
def test_a_weight_must_be_a_number(kind: str, value: Value) -> None:
    with pytest.raises(Fault, match="E0404"):
        log_weight(kind, value, exact=False)


def test_weights_are_logarithms() -> None:
    assert log_weight("weight", 2.0, exact=False) == log(2)
    assert log_weight("weight", 0, exact=False) == -inf
    assert log_weight("weight", 0.0, exact=True) == -inf
    assert log_weight("weight", 2.0, exact=True) == log(2)
    assert log_weight("factor", -2, exact=True) == -2.0
    assert log_weight("factor", 0, exact=False) == 0.0
    assert log_weight("condition", True, exact=False) == 0.0
    assert log_weight("condition", False, exact=False) == -inf


# ------------------------------------------------------------------ what no checked program does


def run(*body: core.Stmt) -> object:
    """A run of Core that no lowering makes."""
    program = core.Program({"m": core.Function("m", "model", (), (), body)}, "m")
    return Machine(Bound(program), exact=True, infer=Nested()).start()


ONE = core.Literal(1)


@pytest.mark.parametrize(
    "statement",
    [
        core.Draw("x", (), core.Site("x"), ONE),
        core.Observe("", (), core.Site("observe#1"), ONE, ONE),
        core.Call("x", ONE, ()),
        core.Call("x", core.Global("m"), (ONE,)),
        core.Call("x", core.Global("infer"), (ONE,)),
        core.Assign("x", (ONE,), ONE),
    ],
)
def test_core_that_is_not_typed_is_a_bug_of_ours(statement: core.Stmt) -> None:
    with pytest.raises(TypeError):
        run(core.Let("x", ONE), statement, core.Draw("y", (), core.Site("y"), core.Variable("x")))


def test_a_failure_of_the_program_has_its_code_and_place() -> None:
    error = rejection(lambda: run(core.Fail("E0409", "nothing fits", span=Span(NO_FILE, 3, 4, 3, 5))))
    assert (error.code, error.message, error.span.line) == ("E0409", "nothing fits", 3)


def test_functions_used_in_densities_draw_nothing() -> None:
    program = bound("model g() { return flip(0.5) }\nmodel m() { return ~g() }")
    machine = Machine(program, exact=True, infer=Nested())
    function = FunctionValue(program.program.model)
    with pytest.raises(Fault, match="E0411"):
        machine.call(function, ())
    with pytest.raises(TypeError, match="1 arguments"):
        machine.call(function, (1,))


def test_a_density_of_the_users_weighs_and_has_no_sampler() -> None:
    text = "density Steep(k: real) on real = fn (x) => -k * abs(x)\n"
    program = bound(text + "model m() { observe 2.0 ~ Steep(1.5); return 1 }")
    run = weighted.run(Machine(program, exact=False, infer=Nested()), Seeded(0))
    assert (run.log_weight, run.dimension) == (-3.0, 1)
    text, line, column = marked(text + "model m() {\n  «x ~ Steep(1.5)»\n}")
    machine = Machine(bound(text), exact=False, infer=Nested())
    error = rejection(lambda: weighted.run(machine, Seeded(0)))
    assert (error.code[:2], error.span.line, error.span.column) == ("E0", line, column)
