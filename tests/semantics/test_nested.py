"""`infer(m)`: the law of a model inside a model, exact or by sampling."""

from __future__ import annotations

from fractions import Fraction as F
from math import exp, log, sqrt

import pytest

from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations import enumerated, weighted
from pplc.semantics.source import Seeded
from pplc.semantics.values import Fault, FunctionValue, ModelValue, Tagged, Value
from tests.support.reference import bound, marked, mass_of, masses, recorded, rejection

HALF, QUARTER = F(1, 2), F(1, 4)
SHAPES = """
type Shape = Square | Circle
type Word = SayShape | SaySquare | SayNothing
fn truthful(u: Word, s: Shape) -> bool { return match u { SaySquare => s == Square, _ => true } }
model speaker(s: Shape) { u ~ Uniform(values(Word)); condition(truthful(u, s)); return u }
model listener(u: Word) { s ~ Uniform(values(Shape)); observe u ~ infer(speaker(s)); return s }
model main() { s ~ infer(listener(SayShape)); return s }
"""

MEANINGS: dict[str, tuple[str, dict[Value, F]]] = {
    "a listener who reasons about a speaker": (
        SHAPES,
        {Tagged("Square"): F(2, 5), Tagged("Circle"): F(3, 5)},
    ),
    "what is drawn is normalised": (
        (
            "model g() { x ~ Bernoulli(0.25); weight(if x { 6 } else { 2 }); return x }\n"
            "model m() { return ~infer(g()) }"
        ),
        {True: HALF, False: HALF},
    ),
    "drawn without infer it is not": (
        (
            "model g() { x ~ Bernoulli(0.25); weight(if x { 6 } else { 2 }); return x }\n"
            "model m() { return ~g() }"
        ),
        {True: F(3, 2), False: F(3, 2)},
    ),
    "of a distribution it is the distribution": (
        "model m() { return ~infer(Bernoulli(0.25)) }",
        {True: QUARTER, False: F(3, 4)},
    ),
    "otherwise, where the evidence inside is 0": (
        (
            "model g(y: bool) { x ~ Bernoulli(0.5); condition(x and y); return x }\n"
            "model m() { y ~ Bernoulli(0.5); x ~ infer(g(y), otherwise = Delta(false)); return (y, x) }"
        ),
        {(True, True): HALF, (False, False): HALF},
    ),
    "the method may be said": (
        'model g() { return flip(0.25) }\nmodel m() { return ~infer(g(), method = "exact") }',
        {True: QUARTER, False: F(3, 4)},
    ),
    "observed": (
        (
            "model g(p: real) { return flip(p) }\n"
            "model m() { p ~ Uniform([0.25, 0.75]); observe true ~ infer(g(p)); return p }"
        ),
        {QUARTER: F(1, 8), F(3, 4): F(3, 8)},
    ),
    "a memoised function asked inside is drawn outside": (
        (
            "model g(f: fn(int) -> bool) { x ~ Bernoulli(0.5); condition(x or f(0)); return x }\n"
            "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5)); x ~ infer(g(f)); return (x, f(0)) }"
        ),
        {(True, False): HALF, (True, True): QUARTER, (False, True): QUARTER},
    ),
    "a memoised model asked inside is drawn outside": (
        (
            "model h(i: int) { return flip(0.5) }\n"
            "model g(f: fn(int) -> bool) { x ~ Bernoulli(0.5); condition(x or f(0)); return x }\n"
            "model m() { f ~ mem(h); x ~ infer(g(f)); return (x, f(0)) }"
        ),
        {(True, False): HALF, (True, True): QUARTER, (False, True): QUARTER},
    ),
    "and out of two levels": (
        (
            "model inner(f: fn(int) -> bool) { return f(0) and f(1) }\n"
            "model outer(f: fn(int) -> bool) { return ~infer(inner(f)) }\n"
            "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5)); x ~ infer(outer(f)); return (x, f(0)) }"
        ),
        {(True, True): QUARTER, (False, True): QUARTER, (False, False): HALF},
    ),
    "a memoised function drawn inside stays inside": (
        (
            "model g() { f ~ mem(fn (i: int) => Bernoulli(0.5)); condition(f(0)); return f(0) and f(1) }\n"
            "model m() { return (~infer(g())) == (~infer(g())) }"
        ),
        {True: HALF, False: HALF},
    ),
}


@pytest.mark.parametrize("name", MEANINGS)
def test_infer_means(name: str) -> None:
    text, expected = MEANINGS[name]
    assert mass_of(text) == expected


def test_nothing_inside_is_recorded_outside() -> None:
    text = "model g() { x ~ Bernoulli(1); return x }\nmodel m() { y ~ infer(g()); return y }"
    assert recorded(bound(text)) == {(("y", True),): F(1)}


def test_impossible_evidence_inside_is_located_and_says_what_to_do() -> None:
    text, line, column = marked(
        "model g() { x ~ Bernoulli(0.5); condition(x and not x); return x }\n"
        "model m() {\n  y ~ «infer(g())»\n}"
    )
    error = rejection(lambda: masses(bound(text)))
    assert (error.code, error.span.line, error.span.column) == ("E0403", line, column)
    assert "`g`" in error.message
    assert "otherwise" in error.help


@pytest.mark.parametrize("function", ["fn (i: int) => Bernoulli(0)", "h"])
def test_impossible_evidence_is_located_where_infer_stands_if_it_had_to_wait(function: str) -> None:
    text, line, column = marked(
        "model h(i: int) { x ~ Bernoulli(0); return x }\n"
        "model g(f: fn(int) -> bool) { condition(f(0)); return 1 }\n"
        "model m() {\n  f ~ mem(" + function + ")\n  y ~ «infer(g(f))»\n}"
    )
    error = rejection(lambda: masses(bound(text)))
    assert (error.code, error.span.line, error.span.column) == ("E0403", line, column)


def test_an_approximate_method_needs_an_engine_that_draws() -> None:
    text = 'model g() { return flip(0.5) }\nmodel m() { return ~infer(g(), method = "importance") }'
    assert rejection(lambda: masses(bound(text))).code == "E0505"


def test_an_unknown_method_is_refused() -> None:
    program = bound("model m() { return 1 }")
    nested = Nested()
    machine = Machine(program, exact=True, infer=nested)
    model = ModelValue(FunctionValue(program.program.model), ())
    with pytest.raises(Fault, match="E0504"):
        nested(machine, model, {"method": "magic"}, {}, ())


def test_a_model_that_cannot_be_enumerated_is_refused() -> None:
    text = "model g() { x ~ Normal(0, 1); return x > 0 }\nmodel m() { return ~infer(g()) }"
    assert rejection(lambda: masses(bound(text))).code == "E0502"


def test_draws_must_be_positive() -> None:
    text = (
        "model g() { return flip(0.5) }\n"
        'model m(n: int) { return ~infer(g(), method = "importance", draws = n) }'
    )
    nested = Nested(Seeded(1))
    machine = Machine(bound(text, {"n": 0}), exact=False, infer=nested)
    assert rejection(machine.start).code == "E0506"
    assert not nested.approximate


def test_a_sampled_law_is_near_and_marked_as_approximate() -> None:
    text = (
        "model g() { x ~ Bernoulli(0.5); y ~ Bernoulli(if x { 0.75 } else { 0.25 }); condition(y)\n"
        'return x }\nmodel m() { x ~ infer(g(), method = "importance", draws = 4000); return x }'
    )
    nested = Nested(Seeded(1))
    machine = Machine(bound(text), exact=False, infer=nested)
    (yes,) = (o for o in enumerated.outcomes(machine, machine.start()) if o.finished.value is True)
    assert nested.approximate
    # P(x | y) = 3/4 from N runs, of which half are kept: Hoeffding over those kept (at least N/3, or
    # Hoeffding would have to fail for y), with false-alarm rate 1e-9.
    assert abs(exp(float(yes.log_weight)) - 0.75) < sqrt(log(2e9) / (2 * 4000 / 3))


def test_equal_models_have_equal_laws_within_a_run_of_the_engine() -> None:
    text = (
        "model g(n: int) { x ~ UniformInt(0, n); return x }\n"
        'model m() { a ~ infer(g(1), method = "importance", draws = 9)\n'
        'b ~ infer(g(1), method = "importance", draws = 9)\n'
        "return (a, b) }"
    )
    machine = Machine(bound(text), exact=False, infer=Nested(Seeded(3)))
    law: dict[Value, float] = {}
    for outcome in enumerated.outcomes(machine, machine.start()):
        law[outcome.finished.value] = exp(float(outcome.log_weight))
    assert law[(0, 1)] == pytest.approx(law[(1, 0)], rel=1e-12)
    assert law[(0, 0)] * law[(1, 1)] == pytest.approx(law[(0, 1)] * law[(1, 0)], rel=1e-12)


def test_an_inner_law_depends_on_what_was_memoised_outside() -> None:
    text = (
        "model g(f: fn(int) -> int) { return f(0) }\n"
        "model m() { f ~ mem(fn (i: int) => UniformInt(0, 1)); let a = f(0); b ~ infer(g(f)); return (a, b) }"
    )
    assert mass_of(text) == {(0, 0): HALF, (1, 1): HALF}


def test_infer_inside_a_sampled_run_is_exact() -> None:
    program: Bound = bound(
        "model g() { x ~ Bernoulli(0.25); condition(x); return x }\nmodel m() { return ~infer(g()) }"
    )
    nested = Nested(Seeded(1))
    run = weighted.run(Machine(program, exact=False, infer=nested), Seeded(1))
    assert (run.finished.value, run.log_weight, nested.approximate) == (True, 0.0, False)


def test_the_prior_draws_from_inner_laws_with_their_weights() -> None:
    outer = "w ~ infer(speaker(Circle)); s ~ infer(listener(w)); condition(s == Circle); return s"
    text = f"{SHAPES}model outer() {{ {outer} }}"
    assert masses(bound(text, prior=True)) == {Tagged("Circle"): F(3, 5), Tagged("Square"): F(2, 5)}
    assert masses(bound(text)) == {Tagged("Circle"): F(3, 5)}
