"""Queries are checked against the model they are about."""

import pytest

from pplc.lang.check import check_query, check_text
from pplc.lang.check_queries import HEADS
from pplc.lang.diagnostics import Rejected
from pplc.lang.parse import parse_query
from pplc.lang.typesys import show

MODEL = """
type Colour = Red | Green
model line(s: positive) {
  slope ~ Normal(0, s)
  w[k] ~ Normal(0, 1) for k in 0..3
  return fn (x: real) => slope * x
}
model entry(y: real[N], n: int) {
  g ~ line(1)
  h[k] ~ line(2) for k in 0..4
  x ~ Normal(0, 1)
  b ~ Bernoulli(0.5)
  c ~ Uniform(values(Colour))
  for k in 0..n { e ~ Normal(0, 1) }
  z[k, j] ~ Poisson(3) for k in 0..n, j in 0..2
  let twice = 2 * x
  observe y ~ Normal(x, 1)
  return g(1)
}
"""
CHECKED = check_text(MODEL)


ACCEPTED = """
posterior(x, b, c, y)
posterior(g.slope, h[2].w)
prior(x)
prior P(x > 0)
P(b)
P(not b or x < y[0])
P(c == Red)
P(c == Red | b, x > 0)
E[x]
E[b]
E[exp(x) + z[0, 1]]
E[y[1] | do(x = 1)]
sd(e[3])
var(twice)
quantile(x, 0.05)
evidence
prior evidence
E[x | do(y[2] = 3), b]
E[g.slope | do(g.w[1] = 3)]
line.E[slope]
line.P(w[0] > 0)
H(x)
H(x, b | y)
I(x; y)
I(x, b; y | c)
KL(x, y[0])
TC(x, b)
O(x, b, c)
renyi(x, order = 2)
pid(b; x, y, measure = broja)
bounds(E[x | do(b = true)])
bounds(E[x | do(b = true)], via = sharp)
common(x, y)
wyner(x, y)
reconstruct(x; b, c)
couple(x, y)
compress(x, rate = 1)
mecb(x, y, rate = 2)
disparity(x; b | c)
decide guess given (b, c) maximise P(guess == b) subject to I(c; guess) <= 0.1
semantic(x; b)
divergence(x, y[1], kind = kl)
KL(b, Bernoulli(0.3))
couple(c, Uniform(values(Colour)), b)
H(Binomial(3, 0.5))
P(z[0, 0] == 2)
E[sum(y)]
P(any([v > 0 for v in y]))
E[return]
P(return > 0 | b, return < 3)
prior P(return > 0)
posterior(return, x)
line.posterior(slope)
"""


@pytest.mark.parametrize("query", ACCEPTED.strip().split("\n"))
def test_a_query_about_what_the_model_has_is_accepted(query: str) -> None:
    check_query(CHECKED, parse_query(query)[0])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mean(x)", "E0608 there is no query `mean`"),
        ("posterior()", "E0609 the query `posterior` is not written like this"),
        ("I(x, y)", "E0609 the query `I` is not written like this"),
        ("I(x; y; b)", "E0609 the query `I` is not written like this"),
        ("evidence(x)", "E0609 the query `evidence` is not written like this"),
        ("P(b, b)", "E0609 the query `P` is not written like this"),
        ("TC(x)", "E0609 the query `TC` is not written like this"),
        ("E[x, level = 1]", "E0609 the query `E` has no option `level`"),
        ("pid(b; x, y, measur = broja)", "E0609 the query `pid` has no option `measur`"),
        ("quantile(x, 2)", "E0609 a quantile is asked for at a number between 0 and 1"),
        ("quantile(x, y[0])", "E0609 a quantile is asked for at a number between 0 and 1"),
        ("bounds(I(x, y))", "E0609 the query `I` is not written like this"),
        ("P(x)", "E0602 an event is true or false, but this is `real`"),
        ("P(c)", "E0602 an event is true or false, but this is `Colour`"),
        ("E[x | x]", "E0602 an event is true or false, but this is `real`"),
        ("E[c]", "E0603 `E` takes a number, but this is `Colour`"),
        ("sd(g)", "E0603 `sd` takes a number, but this is `fn(real) -> real`"),
        ("E[g.slop]", "E0601 there is no variable `g.slop`"),
        ("E[x | do(return = 1)]", "E0601 there is no variable `return`"),
        ("P(return)", "E0602 an event is true or false, but this is `real`"),
        ("E[x | do(g.slop = 1)]", "E0601 there is no variable `g.slop`"),
        ("E[x | do(x.y = 1)]", "E0601 there is no variable `x.y`"),
        ("E[x | do(b = 1)]", "E0210 what `b` is set to has the wrong type: expected `bool`, found `int`"),
        ("E[x | do(c = 1)]", "E0210 what `c` is set to has the wrong type: expected `Colour`, found `int`"),
        ("E[x | do(y[0, 1] = 1)]", "E0214 `y` has 1 axis, but 2 indices were given"),
        ("E[x | do(q = 1)]", "E0201 `entry` has no variable `q` to set"),
        ("E[q]", "E0201 there is no `q` here"),
        ("E[x + c]", "E0212 `+` needs numbers, but this is `Colour`"),
        ("lin.E[slope]", "E0201 there is no model `lin`"),
        ("P(b == 1)", "E0212 `==` compares values of one type, but here are `bool` and `int`"),
    ],
)
def test_a_query_about_something_else_is_refused(query: str, expected: str) -> None:
    with pytest.raises(Rejected) as caught:
        check_query(CHECKED, parse_query(query)[0])
    first = caught.value.diagnostics[0]
    assert f"{first.code} {first.message}" == expected
    assert first.span.line == 1


@pytest.mark.parametrize("head", HEADS)
def test_the_example_of_a_query_has_the_form_it_shows(head: str) -> None:
    (query,) = parse_query(HEADS[head].how)
    assert query.head == head
    low = [least for least, _ in HEADS[head].groups]
    assert all(len(group) >= least for group, least in zip(query.groups, low, strict=True))


def test_a_model_lists_its_variables_with_their_types() -> None:
    entry = CHECKED.models["entry"]
    shown = {name: show(kind) for name, kind in entry.variables.items()}
    assert shown == {
        "y": "real[N]",
        "n": "int",
        "N": "int",
        "g": "fn(real) -> real",
        "h": "array[4] fn(real) -> real",
        "x": "real",
        "b": "bool",
        "c": "Colour",
        "e": "real[_]",
        "z": "int[n, 2]",
        "twice": "real",
    }
    assert entry.calls == {"g": "line", "h": "line"}
    assert [(name, show(kind)) for name, kind, _ in entry.parameters] == [("y", "real[N]"), ("n", "int")]
    assert show(entry.result) == "real"
    assert CHECKED.entry == "entry"


def test_queries_of_the_file_are_checked_with_it() -> None:
    with pytest.raises(Rejected) as caught:
        check_text(MODEL + "query E[x], P(x)\n")
    assert [error.code for error in caught.value.diagnostics] == ["E0602"]
    assert len(check_text(MODEL + "query E[x], P(b)\nquery evidence\n").queries) == 3


def test_a_file_without_a_model_has_nothing_to_ask_about() -> None:
    checked = check_text("fn f() -> int { return 1 }")
    assert checked.entry == ""
    with pytest.raises(Rejected, match="E0601"):
        check_query(checked, parse_query("evidence")[0])


def test_a_function_is_no_model_to_ask_about() -> None:
    with pytest.raises(Rejected, match="E0601: `helper` is not a model"):
        check_text("fn helper(x: real) -> real { return x }\n" + MODEL + "query helper.E[x]\n")


def test_a_member_of_a_drawn_law_is_told_from_a_variable_of_its_model() -> None:
    text = "model inner() { mean ~ Normal(0, 1); s ~ Exponential(1); return Normal(mean, s) }\n"
    text += "model outer() { law ~ inner(); x ~ law; return x }\n"
    assert len(check_text(f"{text}query E[law.mean], E[law.s]").queries) == 2
    for query in ("E[law.logpdf(1)]", "P(law.cdf(0) > 0.5)"):  # of the law itself, which no run keeps
        with pytest.raises(Rejected, match="E0606"):
            check_text(f"{text}query {query}")
