"""Small finite programs and the measures they must have: read by tests of every engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction as F

from pplc.semantics.bound import Bound
from pplc.semantics.values import MISSING, Address, Tagged, Value
from tests.support.reference import Data, Do, bound

HALF, QUARTER = F(1, 2), F(1, 4)


@dataclass(frozen=True)
class Case:
    """A program with its data and interventions.

    masses: the unnormalised measure of its value.
    """

    text: str
    masses: dict[Value, F]
    data: Data = field(default_factory=dict[str, Value])
    do: Do = field(default_factory=dict[Address, Value])

    @property
    def bound(self) -> Bound:
        """The program with its data."""
        return bound(self.text, self.data, do=self.do)


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
    "several indices at once go through tuples, arrays and lists": (
        "let t = ([3, 1], (5, true), [(1, 2), (3, 4)]); return t[0, 1] + t[1, 0] + t[2, 1, 0] + t[2][0, 1]",
        {11: F(1)},
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
    "that asks another first": (
        (
            "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5))\n"
            "g ~ mem(fn (i: int) => if f(i) { Bernoulli(0.25) } else { Delta(false) })\n"
            "return (g(0), f(0)) }"
        ),
        {(True, True): F(1, 8), (False, True): F(3, 8), (False, False): HALF},
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


CASES: dict[str, Case] = {
    **{name: Case("model m() { " + body + " }", masses) for name, (body, masses) in MEANINGS.items()},
    **{name: Case(text, masses) for name, (text, masses) in WHOLE.items()},
    **{f"memo: {name}": Case(text, masses) for name, (text, masses) in MEMO.items()},
    **{f"missing: {name}": Case(text, masses, data) for name, (text, data, masses) in MISSING_DATA.items()},
    **{f"do: {name}": Case(text, masses, data, do) for name, (text, data, do, masses) in DO.items()},
}
