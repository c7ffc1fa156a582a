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
from pplc.semantics.values import MISSING, Fault, Tagged, Value
from tests.support.reference import (
    Data,
    Do,
    addresses,
    bound,
    marked,
    mass_of,
    masses,
    recorded,
    rejection,
)

HALF, QUARTER = F(1, 2), F(1, 4)

MEANINGS: dict[str, tuple[str, dict[Value, F]]] = {
    "a draw": ("x ~ Bernoulli(0.25); return x", {True: QUARTER, False: 1 - QUARTER}),
    "a draw inside an expression": (
        "return (~UniformInt(0, 1)) + 2 * (~UniformInt(0, 1))",
        {0: QUARTER, 1: QUARTER, 2: QUARTER, 3: QUARTER},
    ),
    "draws are made left to right": (
        "return if flip(0.5) { flip(0.5) } else { true }",
        {True: F(3, 4), False: QUARTER},
    ),
    "`and` draws only what it needs": ("return flip(0.5) and flip(0.25)", {True: F(1, 8), False: F(7, 8)}),
    "a condition": ("x ~ Bernoulli(0.25); condition(x); return x", {True: QUARTER}),
    "a weight": (
        "x ~ Bernoulli(0.5); weight(if x { 3 } else { 0.5 }); return x",
        {True: F(3, 2), False: QUARTER},
    ),
    "a weight of zero": ("x ~ Bernoulli(0.5); weight(if x { 0 } else { 1 }); return x", {False: HALF}),
    "a factor of zero": ("x ~ Bernoulli(0.5); factor(0); return x", {True: HALF, False: HALF}),
    "an observation": (
        "x ~ Bernoulli(0.5); observe true ~ Bernoulli(if x { 0.25 } else { 0.5 }); return x",
        {True: F(1, 8), False: QUARTER},
    ),
    "a model without return gives unit": ("x ~ Bernoulli(0.5); condition(x)", {(): HALF}),
    "a variable assigned in a branch": (
        "var n = 1; if flip(0.5) { n = 2 } else { n = n + 2 }; return n",
        {2: HALF, 3: HALF},
    ),
    "a variable assigned in a loop": (
        "var n = 0; for i in 0..3 { if flip(0.5) { n = n + i } }; return n",
        dict.fromkeys(range(4), QUARTER),
    ),
    "an element assigned in an array": (
        "var a = [0, 0]; let i = ~UniformInt(0, 1); a[i] = 5; return a",
        {(5, 0): HALF, (0, 5): HALF},
    ),
    "an element of an element assigned": (
        "var a = [[0, 0], [0, 0]]; let i = ~UniformInt(0, 1); a[i, 1] = 5; return a",
        {((0, 5), (0, 0)): HALF, ((0, 0), (0, 5)): HALF},
    ),
    "an array defined by elements": (
        "for t in 0..2 { a[t] := t + 1 }; return a",
        {(1, 2): F(1)},
    ),
    "a while loop": (
        "var n = 0; while n < 2 and flip(0.5) { n = n + 1 }; return n",
        {0: HALF, 1: QUARTER, 2: QUARTER},
    ),
    "an early return out of nested loops": (
        "for i in 0..2 { for j in 0..2 { if flip(0.5) { return 10 * i + j } } }; return -1",
        {0: HALF, 1: QUARTER, 10: F(1, 8), 11: F(1, 16), -1: F(1, 16)},
    ),
    "an early return out of a while loop": (
        "var n = 0; while true { n = n + 1; if n == 3 { return n } }; return -1",
        {3: F(1)},
    ),
    "a loop over an empty range": ("var n = 7; for i in 3..3 { n = i }; return n", {7: F(1)}),
    "a loop over a list": ('var n = ""; for s in ["a", "b"] { n = s }; return n', {"b": F(1)}),
    "a loop over a defined array": (
        "for t in 0..3 { a[t] := t * t }; var n = 0; for v in a { n = n + v }; return n",
        {5: F(1)},
    ),
    "a comprehension": (
        "return [~UniformInt(0, i) for i in 0..2]",
        {(0, 0): HALF, (0, 1): HALF},
    ),
    "a comprehension with a condition": (
        "return [i for i in 0..3 if i != 1 and flip(0.5)]",
        {(): QUARTER, (0,): QUARTER, (2,): QUARTER, (0, 2): QUARTER},
    ),
    "a comprehension inside a comprehension": (
        "return [[i + j for j in 0..i] for i in 1..3]",
        {((1,), (2, 3)): F(1)},
    ),
    "functions given to map, filter and fold": (
        (
            "let k = ~UniformInt(1, 2); return fold(fn (a: int, b: int) => a + b, 0,"
            " map(fn (x: int) => k * x, filter(fn (x: int) => x > 1, [1, 2, 3])))"
        ),
        {5: HALF, 10: HALF},
    ),
    "a closure keeps what it captured": (
        "var n = 1; let k = n; let f = fn (x: int) => x + k; n = 100; return f(1) + n",
        {102: F(1)},
    ),
    "a record, a tuple and a string": (
        'let r = (a: 1, b: "x"); let (p, q) = (r.b, r.a + 1); return (p, q)',
        {("x", 2): F(1)},
    ),
    "division is rational": ("return 1 / 3", {F(1, 3): F(1)}),
    "a lifted draw": (
        "x ~ Bernoulli([0.5, 0.25]); return x",
        {
            (True, True): F(1, 8),
            (True, False): F(3, 8),
            (False, True): F(1, 8),
            (False, False): F(3, 8),
        },
    ),
}


@pytest.mark.parametrize("name", MEANINGS)
def test_a_program_means_its_measure(name: str) -> None:
    body, expected = MEANINGS[name]
    assert mass_of("model m() { " + body + " }") == expected


WHOLE: dict[str, tuple[str, dict[Value, F]]] = {
    "recursion": (
        (
            "model r(n: int) -> int { if n == 0 or flip(0.5) { return n }; return ~r(n - 1) }\n"
            "model m() { return ~r(2) }"
        ),
        {2: HALF, 1: QUARTER, 0: QUARTER},
    ),
    "functions that call each other": (
        (
            "fn even(n: int) -> bool { if n == 0 { return true }; return odd(n - 1) }\n"
            "fn odd(n: int) -> bool { if n == 0 { return false }; return even(n - 1) }\n"
            "model m() { x ~ UniformInt(0, 2); return even(x) }"
        ),
        {True: F(2, 3), False: F(1, 3)},
    ),
    "a model is a value": (
        (
            "model coin(p: real) { return flip(p) }\n"
            "model twice(c: Model[bool]) { return (~c) and (~c) }\n"
            "model m() { return ~twice(coin(0.5)) }"
        ),
        {True: QUARTER, False: F(3, 4)},
    ),
    "a model that returns a function": (
        (
            "model line() { a ~ UniformInt(0, 1); return fn (x: int) => a * x }\n"
            "model m() { f ~ line(); return f(2) + f(3) }"
        ),
        {0: HALF, 5: HALF},
    ),
    "the caller goes on with its own variables": (
        (
            "fn g(x: int) -> int { var n = x; n = n + 1; return n }\n"
            "model m() { var n = 5; let k = g(n); return (n, k) }"
        ),
        {(5, 6): F(1)},
    ),
    "an early return of a function inside a loop": (
        (
            "fn first(xs: [int]) -> int { for x in xs { if x > 1 { return x } }; return 0 }\n"
            "model m() { let a = first([1, 2, 3]); return a + first([0]) }"
        ),
        {2: F(1)},
    ),
    "a match on a sum": (
        "type S = A | B(n: int)\nmodel m() { s ~ Uniform([A, B(3)]); return match s { A => 0, B(n) => n } }",
        {0: HALF, 3: HALF},
    ),
    "values of a sum": (
        "type S = A | B\nmodel m() { s ~ Uniform(values(S)); condition(s != A); return s }",
        {Tagged("B"): HALF},
    ),
    "a top-level let": ("let k = 3\nmodel m() { return k + k }", {6: F(1)}),
}


@pytest.mark.parametrize("name", WHOLE)
def test_functions_and_models_mean_their_measure(name: str) -> None:
    text, expected = WHOLE[name]
    assert mass_of(text) == expected


# ------------------------------------------------------------------ memoised functions

MEMO: dict[str, tuple[str, dict[Value, F]]] = {
    "the same argument gives the same value": (
        "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5)); return f(1) == f(1) }",
        {True: F(1)},
    ),
    "other arguments give independent values": (
        "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5)); return (f(1), f(2)) }",
        {(a, b): QUARTER for a in (True, False) for b in (True, False)},
    ),
    "two draws of one memo are two functions": (
        (
            "model m() { for i in 0..2 { f[i] ~ mem(fn (s: string) => Bernoulli(0.5)) }\n"
            'return f[0]("a") == f[1]("a") }'
        ),
        {True: HALF, False: HALF},
    ),
    "of a model": (
        (
            "model g(i: int) { x ~ Bernoulli(0.5); condition(x or i == 0); return x }\n"
            "model m() { f ~ mem(g); return (f(0), f(1), f(1)) }"
        ),
        {(True, True, True): QUARTER, (False, True, True): QUARTER},
    ),
    "whose function chooses the law": (
        "model m() { p ~ Uniform([0.25, 0.5]); f ~ mem(fn (i: int) => Bernoulli(p)); return f(0) and f(0) }",
        {True: F(3, 8), False: F(5, 8)},
    ),
    "that asks another": (
        (
            "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5))\n"
            "g ~ mem(fn (i: int) => if f(i) { Bernoulli(0.25) } else { Delta(false) })\n"
            "return (f(0), g(0)) }"
        ),
        {(True, True): F(1, 8), (True, False): F(3, 8), (False, False): HALF},
    ),
    "of recursion through itself": (
        (
            "model walk(f: fn(int) -> bool, i: int) -> int { if f(i) { return i }; if i == 2 { return 9 }\n"
            "return ~walk(f, i + 1) }\n"
            "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5)); a ~ walk(f, 0); b ~ walk(f, 0)\n"
            "return (a, b) }"
        ),
        {(0, 0): HALF, (1, 1): QUARTER, (2, 2): F(1, 8), (9, 9): F(1, 8)},
    ),
}


@pytest.mark.parametrize("name", MEMO)
def test_a_memoised_function_remembers(name: str) -> None:
    text, expected = MEMO[name]
    assert mass_of(text) == expected


# ------------------------------------------------------------------ missing data

MISSING_DATA: dict[str, tuple[str, Data, dict[Value, F]]] = {
    "a scalar": (
        "model m(y: bool?) { observe y ~ Bernoulli(0.25); return 1 }",
        {"y": MISSING},
        {1: F(1)},
    ),
    "an array observed as a whole": (
        "model m(y: bool?[N]) { p ~ Uniform([0.25, 0.5]); observe y ~ iid(Bernoulli(p), N); return (p, y) }",
        {"y": (True, MISSING, False)},
        {
            (F(1, 4), (True, True, False)): F(3, 128),
            (F(1, 4), (True, False, False)): F(9, 128),
            (HALF, (True, True, False)): F(1, 16),
            (HALF, (True, False, False)): F(1, 16),
        },
    ),
    "an array whose every entry is missing": (
        "model m(y: bool?[N]) { observe y ~ iid(Bernoulli(0.5), N); return y }",
        {"y": (MISSING, MISSING)},
        {(a, b): QUARTER for a in (True, False) for b in (True, False)},
    ),
    "an array of two axes": (
        (
            "model m(y: bool?[N, M]) { for i in 0..N { observe y[i] ~ iid(Bernoulli(0.25), M) }\n"
            "return y[1, 0] }"
        ),
        {"y": ((True, True), (MISSING, True))},
        {True: F(1, 256), False: F(3, 256)},
    ),
    "entries observed one by one": (
        "model m(y: bool?[N]) { for i in 0..N { observe y[i] ~ Bernoulli(0.25) }; return y }",
        {"y": (True, MISSING)},
        {(True, True): F(1, 16), (True, False): F(3, 16)},
    ),
    "an autoregression reads the entry that was drawn": (
        (
            "model m(y: int?[N]) { for i in 1..N { observe y[i] ~ UniformInt(y[i - 1], y[i - 1] + 1) }\n"
            "return y }"
        ),
        {"y": (0, MISSING, 1)},
        {(0, 0, 1): QUARTER, (0, 1, 1): QUARTER},
    ),
}


@pytest.mark.parametrize("name", MISSING_DATA)
def test_missing_data_are_drawn_where_they_are_observed(name: str) -> None:
    text, data, expected = MISSING_DATA[name]
    assert mass_of(text, data) == expected


def test_missing_entries_are_recorded_and_others_are_not() -> None:
    text = "model m(y: bool?[N]) { observe y ~ iid(Bernoulli(0.25), N); return 1 }"
    assert recorded(bound(text, {"y": (True, MISSING)})) == {
        (("y[1]", True),): F(1, 16),
        (("y[1]", False),): F(3, 16),
    }


# ------------------------------------------------------------------ interventions

CHAIN = (
    "model m() { a ~ Bernoulli(0.5); b ~ Bernoulli(if a { 0.75 } else { 0.25 })\n"
    "condition(b); return (a, b) }"
)
CALLS = (
    "model inner() { x ~ Bernoulli(0.5); y ~ Bernoulli(if x { 0.75 } else { 0.25 }); return y }\n"
    "model m() { f ~ inner(); return f }"
)
DATA = "model m(y: bool[N]) { p ~ Uniform([0.25, 0.75])\nobserve y ~ iid(Bernoulli(p), N); return (p, y) }"
Q1, Q3 = QUARTER, F(3, 4)

DO: dict[str, tuple[str, Data, Do, dict[Value, F]]] = {
    "a draw; what follows keeps its weight": (CHAIN, {}, {("a",): True}, {(True, True): Q3}),
    "a draw; what comes before knows nothing of it": (
        CHAIN,
        {},
        {("b",): True},
        {(True, True): HALF, (False, True): HALF},
    ),
    "an element": (
        (
            "model m() { z[0] ~ Bernoulli(0.5); for t in 1..3 {\n"
            "z[t] ~ Bernoulli(if z[t - 1] { 1 } else { 0 }) }; return [z[0], z[1], z[2]] }"
        ),
        {},
        {("z", (1,)): False},
        {(True, False, False): HALF, (False, False, False): HALF},
    ),
    "a whole array": (
        "model m() { for t in 0..2 { z[t] ~ Bernoulli(0.5) }; return [z[0], z[1]] }",
        {},
        {("z",): (True, False)},
        {(True, False): F(1)},
    ),
    "a whole array drawn at once": (
        "model m() { z ~ Bernoulli([0.5, 0.5]); return z }",
        {},
        {("z",): (True, False)},
        {(True, False): F(1)},
    ),
    "an element of an array drawn at once": (
        "model m() { z ~ Bernoulli([0.25, 0.5]); return z }",
        {},
        {("z", (1,)): True},
        {(True, True): Q1, (False, True): Q3},
    ),
    "an element of a row of an array": (
        "model m() { for i in 0..2 { z[i] ~ Bernoulli([0, 0]) }; return [z[0], z[1]] }",
        {},
        {("z", (1, 0)): True},
        {((False, False), (True, False)): F(1)},
    ),
    "a let": (
        "model m() { a ~ Bernoulli(0.5); let b = not a; return (a, b) }",
        {},
        {("b",): True},
        {(True, True): HALF, (False, True): HALF},
    ),
    "an element of a let": (
        "model m() { a ~ Bernoulli(0.5); let b = [a, a]; return b }",
        {},
        {("b", (0,)): True},
        {(True, True): HALF, (True, False): HALF},
    ),
    "a site inside a called model": (CALLS, {}, {("f", "x"): True}, {True: Q3, False: Q1}),
    "the result of a called model": (CALLS, {}, {("f",): True}, {True: F(1)}),
    "a value of a memoised function": (
        "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5)); return (f(0), f(1)) }",
        {},
        {("f", (0,)): True},
        {(True, True): HALF, (True, False): HALF},
    ),
    "an observed site loses its weight": (
        "model m(y: bool) { p ~ Uniform([0.25, 0.75]); observe y ~ Bernoulli(p); return (p, y) }",
        {"y": True},
        {("y",): False},
        {(Q1, False): HALF, (Q3, False): HALF},
    ),
    "an observed array": (
        DATA,
        {"y": (True, True)},
        {("y",): (False, True)},
        {(Q1, (False, True)): HALF, (Q3, (False, True)): HALF},
    ),
    "an entry of an array observed at once": (
        DATA,
        {"y": (True, True)},
        {("y", (0,)): False},
        {(Q1, (False, True)): F(1, 8), (Q3, (False, True)): F(3, 8)},
    ),
    "a missing entry of an array observed at once": (
        DATA.replace("bool[N]", "bool?[N]"),
        {"y": (MISSING, True)},
        {("y", (0,)): False},
        {(Q1, (False, True)): F(1, 8), (Q3, (False, True)): F(3, 8)},
    ),
    "an entry observed by itself": (
        "model m(y: bool[N]) { for i in 0..N { observe y[i] ~ Bernoulli(0.25) }; return y }",
        {"y": (True, True)},
        {("y", (1,)): False},
        {(True, False): Q1},
    ),
    "a real in a run with rationals": (
        "model m() { x ~ Uniform([1.5, 2.5]); return x * 2 }",
        {},
        {("x",): 0.25},
        {HALF: F(1)},
    ),
}


@pytest.mark.parametrize("name", DO)
def test_do_sets(name: str) -> None:
    text, data, do, expected = DO[name]
    assert mass_of(text, data, do=do) == expected


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
        (Q1, True): F(1, 8),
        (Q1, False): F(3, 8),
        (Q3, True): F(3, 8),
        (Q3, False): F(1, 8),
    }


def test_the_prior_of_observed_entries_obeys_do() -> None:
    program = bound(DATA, {"y": (True, True)}, do={("y", (0,)): True, ("p",): Q1}, prior=True)
    assert masses(program) == {(Q1, (True, True)): Q1, (Q1, (True, False)): Q3}


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
