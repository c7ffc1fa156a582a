"""Queries for information: answers of exact programs and of draws, units, events and variables, refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from math import exp, log
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pplc
from pplc.cli import main
from pplc.inference.answers import Bounds, Estimate, Exact, Truncated
from pplc.information import TC, H, I, Table, table
from pplc.information.answers import Answer
from pplc.lang.check_queries import HEADS
from pplc.lang.diagnostics import Rejected

BIT = log(2)
GATE = """\
model gate() {
  a ~ Bernoulli(0.5)
  b ~ Bernoulli(0.5)
  let t = a and b
  s ~ Categorical([0.5, 0.25, 0.25])
  return t
}
"""
TIME = """\
model copying() {
  x[0] ~ Bernoulli(0.5)
  y[0] ~ Bernoulli(0.5)
  for t in 1..3 {
    x[t] ~ Bernoulli(0.5)
    y[t] ~ Bernoulli(if x[t - 1] { 0.9 } else { 0.1 })
  }
  return y[2]
}
"""
CLIENTS = """\
model clients() {
  z ~ Bernoulli(0.5)
  s ~ Bernoulli(if z { 0.9 } else { 0.1 })
  yhat ~ Bernoulli(if z { if s { 0.8 } else { 0.5 } } else { if s { 0.4 } else { 0.2 } })
  y ~ Bernoulli(if z { 0.8 } else { 0.3 })
  return yhat
}
"""
AND = 0.8112781244591328  # H(t) = 2 - (3/4) log2 3


def ask(text: str, query: str, unit: str = "bits") -> Answer:
    """The exact answer of a query with one number."""
    found = pplc.compile(text).query(query, method="exact", unit="nats" if unit == "nats" else "bits")
    assert isinstance(found, Exact | Bounds)
    return found


def middle(answer: Answer) -> float:
    """Its value."""
    if isinstance(answer, Bounds):
        assert 0 <= answer.upper - answer.lower < 1e-7
        return (answer.lower + answer.upper) / 2
    return answer.value


def several(text: str, query: str) -> dict[str, float]:
    """The numbers of a query with several, in bits."""
    found = pplc.compile(text).query(query, method="exact", unit="bits")
    assert isinstance(found, Mapping)
    return {name: middle(part) for name, part in found.items() if isinstance(part, Exact | Bounds)}


NUMBERS: dict[str, float] = {
    "H(t)": AND,
    "H(a, b)": 2,
    "H(t | a)": 0.5,
    "H(t | a == true)": 1,
    "H(t | a == true and b == true)": 0,
    "H(t | a == true, b)": 0,
    "I(a; t)": AND - 0.5,
    "I(a, b; t)": AND,
    "I(a; b)": 0,
    "I(a; b | t)": 0.5 - (AND - 0.5),
    "I(a; b | t == false)": 0.2516291673878229,  # log2 3 - 4/3
    "interaction(a, b, t)": AND - 1,
    "TC(a, b, t)": AND,
    "DTC(a, b, t)": 1,
    "O(a, b, t)": AND - 1,
    "H(s)": 1.5,
    "H(s, kind = renyi, order = 2)": log(8 / 3) / BIT,
    "renyi(s, order = 2)": log(8 / 3) / BIT,
    "KL(a, t)": (0.5 * log(0.5 / 0.75) + 0.5 * log(2)) / BIT,
    "divergence(a, t, kind = js)": 0.04879494069539858,
    "common(a, t)": 0,
    "wyner(a, b)": 0,
    "reconstruct(t; a, b)": 0,
    "reconstruct(t; a)": 0.5,
    "capacity(a; t)": log(1.25) / BIT,
    "couple(a, t)": 1.5,  # the law (1/2, 1/4, 1/4)
    "rate(a, distortion = 0.1)": 1 - 0.4689955935892812,
    "prior H(t)": AND,
    "H(a | do(b = true), t == true)": 0,
    "I(a; t | do(b = true))": 1,
}


@pytest.mark.parametrize("query", NUMBERS)
def test_exact_answers_in_bits_and_nats(query: str) -> None:
    assert middle(ask(GATE, query)) == pytest.approx(NUMBERS[query], abs=1e-9)
    assert middle(ask(GATE, query, "nats")) == pytest.approx(NUMBERS[query] * BIT, abs=1e-9)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("divergence(a, t, kind = tv)", Fraction(1, 4)),
        ("divergence(a, t, kind = chi2)", Fraction(1, 3)),
        ("divergence(a, t, kind = w1)", None),
        ("tsallis(s, order = 2)", Fraction(5, 8)),
        ("count(s)", None),
    ],
)
def test_what_has_no_unit_is_the_same_in_all(query: str, value: Fraction | None) -> None:
    bits, nats = ask(GATE, query), ask(GATE, query, "nats")
    assert bits == nats
    if value is not None:
        assert bits == Exact(float(value), value)
    if query == "count(s)":
        assert middle(bits) == pytest.approx(exp(1.5 * BIT))


def test_decompositions_have_atoms() -> None:
    broja = several(GATE, "pid(t; a, b)")
    assert broja == pytest.approx({"{a}{b}": 0.311278, "{a}": 0, "{b}": 0, "{a b}": 0.5}, abs=5e-7)
    ccs = several(GATE, "pid(t; a, b, measure = ccs)")
    assert ccs["{a}{b}"] == pytest.approx(0.103759, abs=5e-7)
    three = several(GATE, "pid(t; a, b, s, measure = imin)")
    assert len(three) == 18
    assert several(GATE, "pid(t; a, b | s == 0)") == pytest.approx(broja, abs=1e-8)


def test_disparity_and_decisions() -> None:
    found = several(CLIENTS, "disparity(z; yhat | s)")
    assert found == pytest.approx({"unique": 0, "redundant": 0.230838, "masked": 0.038243}, abs=6e-7)
    best = "decide d given (z, s, y) maximise P(d == y) subject to"
    assert middle(ask(CLIENTS, f"{best} I(z; d) <= 0.05")) == pytest.approx(0.880872, abs=5e-7)
    assert middle(ask(CLIENTS, f"{best} I(d; z) <= 0.01")) == pytest.approx(0.808802, abs=5e-7)
    assert middle(ask(CLIENTS, f"{best} I(z; d | s) <= 0")) == pytest.approx(0.95, abs=1e-8)
    assert middle(ask(CLIENTS, f"{best} I(z; d | s) <= 0.05")) == pytest.approx(0.991825, abs=5e-7)
    both = f"{best} I(z; d) <= 0.05 and I(z; d | s) <= 0.1"
    assert middle(ask(CLIENTS, both)) == pytest.approx(0.880872, abs=5e-7)
    # Limits are in the unit of the answer.
    nats = ask(CLIENTS, f"{best} I(z; d) <= {0.05 * BIT:.12f}", "nats")
    assert middle(nats) == pytest.approx(0.880872, abs=5e-7)


def test_a_decision_without_limits_is_the_best_guess() -> None:
    assert middle(ask(CLIENTS, "decide d given (z) maximise P(d == y)")) == pytest.approx(0.75, abs=1e-8)
    after = "decide d given (s | do(z = true)) maximise P(y == d)"
    assert middle(ask(CLIENTS, after)) == pytest.approx(0.8, abs=1e-8)
    # Two units of profit for finding y, a loss of one for a false alarm: worth it where P(y | z) > 1/3.
    profit = "decide d in [0, 1] given (z) maximise E[if y { 2 * d } else { -d }]"
    assert middle(ask(CLIENTS, profit)) == pytest.approx(0.5 * (2 * 0.8 - 0.2), abs=1e-7)
    nothing = "decide d in [0, 1] given (z) maximise E[if y { 2 * d } else { -d }] subject to I(d; z) <= 0"
    assert middle(ask(CLIENTS, nothing)) == pytest.approx(2 * 0.55 - 0.45, abs=1e-7)


def test_information_over_time() -> None:
    h = 0.4689955935892812
    assert middle(ask(TIME, "transfer(x; y)")) == pytest.approx(1 - h)
    assert middle(ask(TIME, "transfer(y; x)")) == 0
    assert middle(ask(TIME, "directed(x; y)")) == pytest.approx(2 * (1 - h))
    assert middle(ask(TIME, "I(x; y)")) == pytest.approx(2 * (1 - h))


@pytest.mark.parametrize("lag", ["1.5", "0", "3"])
def test_a_lag_is_a_number_of_steps(lag: str) -> None:
    with pytest.raises(Rejected, match="the lag is"):
        pplc.compile(TIME).query(f"transfer(x; y, lag = {lag})")


def test_bottlenecks_and_codes() -> None:
    found = pplc.compile(GATE).query("bottleneck(a, b; t, beta = 50)", unit="bits")
    assert isinstance(found, Mapping)
    rate, relevance = found["rate"], found["relevance"]
    assert isinstance(rate, Exact)
    assert isinstance(relevance, Bounds)
    assert relevance.lower <= AND + 1e-9 <= relevance.upper + 1e-8
    assert relevance.lower == pytest.approx(AND, abs=1e-3)
    assert middle(ask(GATE, "compress(s, rate = 1)")) == pytest.approx(1, abs=1e-6)
    coupled = ask(GATE, "mecb(s, a, rate = 1)")
    assert isinstance(coupled, Exact | Bounds)


def test_draws_give_estimates_with_errors_and_flags() -> None:
    found = pplc.compile(GATE).query("I(a; t)", method="importance", draws=4000, seed=3)
    assert isinstance(found, Estimate)
    assert found.standard_error < 0.02
    assert abs(found.value - (AND - 0.5) * BIT) < 7 * found.standard_error
    assert "Miller–Madow" in found.flags[0]
    event = pplc.compile(GATE).query("H(t | a == true)", method="importance", draws=4000, seed=3, unit="bits")
    assert isinstance(event, Estimate)
    assert abs(event.value - 1) < 0.01


CHANCES = st.integers(0, 10).map(lambda tenths: f"{tenths / 10}")


@settings(max_examples=12, deadline=None)
@given(st.lists(CHANCES, min_size=9, max_size=9))
def test_random_programs_have_the_information_of_their_tables(chance: list[str]) -> None:
    """Two inputs and an output with any chances, by the program and by the table of its definition."""
    p, rest = [Fraction(c) for c in chance], iter(chance)
    text = (
        f"model m() {{\n  a ~ Bernoulli({next(rest)})\n"
        f"  b ~ Bernoulli(if a {{ {next(rest)} }} else {{ {next(rest)} }})\n"
        f"  c ~ Categorical(if a == b {{ {_thirds(p[3], p[4])} }} else {{ {_thirds(p[5], p[6])} }})\n"
        "  return c\n}"
    )
    law: dict[tuple[bool, bool, int], Fraction] = {}
    for a, b in ((x, y) for x in (False, True) for y in (False, True)):
        first = p[0] if a else 1 - p[0]
        given_a = p[1] if a else p[2]
        both = first * (given_a if b else 1 - given_a)
        x, y = (p[3], p[4]) if a == b else (p[5], p[6])
        for c, q in enumerate((x / 3, y / 3, 1 - x / 3 - y / 3)):
            law[a, b, c] = both * q
    joint = Table.of(law, ("a", "b", "c"))
    model = pplc.compile(text)
    for query, value in {
        "H(a, b, c)": H(joint, ("a", "b", "c")),
        "I(a, b; c)": I(joint, ("a", "b"), "c"),
        "I(a; b | c)": I(joint, "a", "b", "c"),
        "TC(a, b, c)": TC(joint, ("a", "b", "c")),
    }.items():
        answer = model.query(query, method="exact")
        assert isinstance(answer, Exact)
        assert answer.value == pytest.approx(value, abs=1e-12), query


def _thirds(x: Fraction, y: Fraction) -> str:
    return f"[{x} / 3, {y} / 3, 1 - ({x} + {y}) / 3]".replace("Fraction", "")


ENDLESS = """\
model waiting() -> int {
  if flip(0.5) { return 1 }
  return 1 + ~waiting()
}
model m() {
  n ~ waiting()
  k ~ Poisson(3)
  return n
}
"""


@pytest.mark.parametrize(("query", "bits"), [("H(n)", 2.0), ("H(k)", 2.786522), ("I(n; k)", 0.0)])
def test_endless_programs_say_what_they_leave_out(query: str, bits: float) -> None:
    found = pplc.compile(ENDLESS).query(query, method="exact", unit="bits")
    assert isinstance(found, Truncated)
    assert found.value == pytest.approx(bits, abs=5e-7)
    assert 0 < found.left < 1e-9


def test_the_continuous_beside_the_endless_is_refused() -> None:
    text = "model m() { x ~ Normal(0, 1); k ~ Poisson(3); return k }"
    with pytest.raises(Rejected, match="E0614"):
        pplc.compile(text).query("H(x)", method="exact")


def test_a_variable_that_some_runs_lack_is_refused_until_conditioned_on() -> None:
    text = "model m() { a ~ Bernoulli(0.5)\n if a { b ~ Bernoulli(0.5)\n return b }\n return a }"
    with pytest.raises(Rejected, match="E0610"):
        pplc.compile(text).query("H(b)")
    assert middle(ask(text, "H(b | a == true)")) == pytest.approx(1)


def test_the_cut_of_a_continuous_variable_is_finite() -> None:
    text = "model m() { x ~ Normal(0, 1); y ~ Normal(x, 1); return y }"
    found = pplc.compile(text).query("I(x > 0; y > 0)", method="importance", draws=4000, seed=1, unit="bits")
    assert isinstance(found, Estimate)
    # Correlation √½: the signs agree with probability 3/4, so that I = 1 - h(1/4).
    assert abs(found.value - 0.1887218755408671) < 7 * found.standard_error


CUTS = """\
model m() {
  x ~ Normal(0, 1)
  y ~ Normal(x, 1)
  a ~ Bernoulli(if x > 0 { 0.9 } else { 0.2 })
  return a
}
"""


def test_cuts_of_continuous_variables_are_asked_exactly() -> None:
    assert middle(ask(CUTS, "H(x > 0 | x > 0)")) == 0
    both = "model m() { u ~ Uniform(0, 1); let half = u > 0.5; let quarter = u > 0.25; return half }"
    assert middle(ask(both, "I(half; quarter)")) == pytest.approx(AND - 0.5, abs=1e-8)
    assert ask(both, "divergence(u > 0.5, u > 0.25, kind = tv)") == Exact(0.25, Fraction(1, 4))
    assert middle(ask(CUTS, "KL(x > 0, Bernoulli(0.5))")) == pytest.approx(0, abs=1e-8)
    # a says what a bit of chance 1/2 says through the channel (0.9, 0.2).
    law = Table.of({(True, True): 0.45, (True, False): 0.05, (False, True): 0.1, (False, False): 0.4}, "xa")
    assert middle(ask(CUTS, "I(x > 0; a)", "nats")) == pytest.approx(I(law, "x", "a"), abs=1e-8)
    best = middle(ask(CUTS, "decide d given (a) maximise P(d == (x > 0))"))
    assert best == pytest.approx(0.85, abs=1e-7)


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("H(x)", "x"),
        ("H(a | x)", "x"),
        ("I(a; x + y)", "x + y"),
        ("pid(a; x > 0, y)", "y"),
        ("KL(x, y)", "x"),
        ("dependence(x; y)", "x"),
        ("couple(a, y)", "y"),
        ("decide d given (y) maximise P(d == a)", "y"),
        ("decide d in [0, 1] given (a) maximise E[d * y]", "d * y"),
    ],
)
def test_what_is_continuous_is_named(query: str, what: str) -> None:
    with pytest.raises(Rejected) as caught:
        ask(CUTS, query)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message.split("`")[1]) == ("E0614", what)


REFUSED = {
    "H(q)": "E0201",
    "common((a, s), b, kind = functional)": "E0613",
    "I(a; qq)": "E0201",
    "H(a | a == true and not a)": "E0604",
    "pid(t; a)": "E0609",
    "pid(t; a, b, measure = nonsense)": "E0609",
    "pid(t; a, b, s, measure = broja)": "E0609",
    "pid(t; a, b | s)": "E0609",
    "KL(a, b | s)": "E0609",
    "disparity(t; a)": "E0609",
    "H(a, kind = nonsense)": "E0609",
    "renyi(a, order = b)": "E0609",
    "renyi(a, order = 0 - 1)": "E0609",
    "divergence(a, t, kind = nonsense)": "E0609",
    "rate(a, distortion = 2)": "E0609",
    "rate(a)": "E0609",
    "bottleneck(a; t)": "E0609",
    "transfer(a; t)": "E0609",
    "decide d in [] given (a) maximise P(d == t)": "E0609",
    "compress(a)": "E0609",
    "Hh(a)": "E0608",
}


@pytest.mark.parametrize("query", REFUSED)
def test_a_query_that_makes_no_sense_gets_its_error(query: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(GATE).query(query, method="exact")
    (found, *_) = caught.value.diagnostics
    assert found.code == REFUSED[query], str(caught.value)
    assert found.span.line == 1  # it points into the query


def test_an_element_that_an_array_does_not_have_is_said_to_be_missing() -> None:
    text = "model m(y: real[T]) { z[t] ~ Bernoulli(0.5) for t in 0..T\n return z[0] }"
    with pytest.raises(Rejected, match="E0601: `z` has no element with this index"):
        pplc.compile(text).query("H(z[5])", {"y": [1, 2]}, method="exact")
    assert middle(ask(TIME, "directed(x; x)")) == pytest.approx(3)


def test_what_is_mentioned_twice_counts_once() -> None:
    assert middle(ask(GATE, "H(a, a)")) == 1
    twice = "decide d given (a, a) maximise P(d == a) subject to I(d; a) <= 0 and I(d; a | a) <= 0"
    assert middle(ask(GATE, twice)) == pytest.approx(0.5, abs=1e-7)
    found = pplc.compile(GATE).query("pid(a; a, b)", method="exact", unit="bits")
    assert found == {"{a}{b}": Exact(0.0), "{a}": Exact(1.0), "{b}": Exact(0.0), "{a b}": Exact(0.0)}


def test_what_needs_the_law_is_not_estimated_from_draws() -> None:
    for query in ("common(t, a)", "wyner(t, a)", "couple(t, a)", "pid(t; a, b, measure = gk)"):
        with pytest.raises(Rejected, match="E0615"):
            pplc.compile(GATE).query(query, method="importance", draws=100)
    text = "model m() { x ~ Normal(0, 1); return x }"
    for query in ("H(x)", "I(x; x > 0)", "H(return)"):
        with pytest.raises(Rejected, match="E0614"):
            pplc.compile(text).query(query, method="importance", draws=300)


def test_every_head_of_information_has_an_example_that_checks() -> None:
    from pplc.information.finite_queries import ANSWERS

    assert set(ANSWERS) <= set(HEADS)


def test_the_command_prints_and_writes_units(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gate.ppl"
    file.write_text(GATE, encoding="utf-8")
    assert main(["query", str(file), "pid(t; a, b)", "H(a)", "--unit", "bits"]) == 0
    shown = capsys.readouterr().out
    assert "H(a) = 1 (exact) bits" in shown
    assert "{a}{b}  0.311278" in shown
    assert main(["query", str(file), "pid(t; a, b)", "I(a; t)", "--format", "json", "--unit", "bits"]) == 0
    atoms, information = json.loads(capsys.readouterr().out)["queries"]
    assert atoms["kind"] == "bounds"
    assert atoms["unit"] == "bits"
    assert 0 < atoms["gap"] < 1e-8
    assert atoms["atoms"]["{a b}"] == pytest.approx(0.5, abs=1e-8)
    assert information == {
        "query": "I(a; t)", "kind": "exact", "value": pytest.approx(AND - 0.5), "unit": "bits"
    }  # fmt: skip
    assert main(["query", str(file), "H(a)", "--unit", "dits"]) == 1


def test_an_open_parameter_has_no_information(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A logarithm has no rational formula: an error of the query, not a fault."""
    file = tmp_path / "open.ppl"
    file.write_text("model m(p: real) { x ~ Bernoulli(p)\n return x }\nquery P(x), H(x)", encoding="utf-8")
    assert main(["infer", str(file), "--symbolic", "p"]) == 1
    shown = capsys.readouterr()
    assert "H(x): no answer (E0560)" in shown.out
    assert "E0560" in shown.err


def test_arrays_as_values_need_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """32 values of each of two arrays happen together in 32 ways, of 1024 cells."""
    monkeypatch.setattr(table, "MOST_CELLS", 100)
    text = "model m() { z[i] ~ Bernoulli(0.5) for i in 0..5\n let w = [not b for b in z]\n return z[0] }"
    assert middle(ask(text, "I(z; w)")) == pytest.approx(5)
    assert middle(ask(text, "TC(z, w)")) == pytest.approx(5)
    with pytest.raises(Rejected, match="E0613"):
        ask(text, "capacity(z; w)")
