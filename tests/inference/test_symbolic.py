"""Answers as formulas: at every point they are the numbers that the same engine finds there."""

from __future__ import annotations

import json
import operator
import subprocess
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import pplc
from pplc.cli import main
from pplc.inference import exact
from pplc.inference.answers import Exact
from pplc.lang.diagnostics import Rejected
from pplc.run import Run
from pplc.semantics.formula import Field, Formula, Open, symbols

P, Q = symbols(("p", "q")).values()


def number(answer: object) -> Fraction:
    """The rational or formula of an answer."""
    assert isinstance(answer, Exact)
    assert answer.rational is not None
    return answer.rational


def at(value: Fraction, point: Mapping[str, Fraction]) -> Fraction:
    """The value of a formula, or of a number, where the symbols have values."""
    return value.at(point) if isinstance(value, Formula) else value


def laws(run: Run) -> dict[str, Any]:
    """The exact probabilities of every variable."""
    return {name: variable.exact for name, variable in run.variables.items()}


def laws_at(run: Run, point: Mapping[str, Fraction]) -> dict[str, Any]:
    """The same at a point; values of probability 0 there are left out, as numbers leave them out."""
    found: dict[str, Any] = {}
    for name, variable in run.variables.items():
        elements = {
            i: {v: x for v, f in law.items() if (x := at(f, point))} for i, law in variable.exact.items()
        }
        found[name] = elements
    return found


# ------------------------------------------------------------------ the arithmetic

fractions = st.fractions(-5, 5, max_denominator=7)
OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> tuple[Any, Any]:
    """A formula, and the function of p and q that it stands for."""
    kind = draw(st.sampled_from(["p", "q", "number", *OPERATIONS] if depth else ["p", "q", "number"]))
    if kind == "p":
        return P, lambda p, q: p
    if kind == "q":
        return Q, lambda p, q: q
    if kind == "number":
        value = draw(fractions)
        return value, lambda p, q: value
    (left, of_left), (right, of_right) = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    operate = OPERATIONS[kind]
    assume(kind != "/" or right != 0)
    return operate(left, right), lambda p, q: operate(of_left(p, q), of_right(p, q))


@given(made=expressions(), p=fractions, q=fractions)
def test_a_formula_at_a_point_is_the_same_arithmetic_on_numbers(made: Any, p: Fraction, q: Fraction) -> None:
    formula, function = made
    try:
        expected = function(p, q)
        value = at(formula, {"p": p, "q": q})
    except ZeroDivisionError:
        assume(False)
        raise
    assert value == expected


def test_formulas_written_differently_are_equal_and_constants_are_numbers() -> None:
    assert (P * P - 1) / (P - 1) == P + 1
    assert hash((P * P - 1) / (P - 1)) == hash(P + 1)
    assert type((1 - P) + P) is Fraction
    assert P - P == 0
    assert P**0 == 1
    assert P**-2 == 1 / (P * P)
    assert {P: 1}[(2 * P) / 2] == 1
    assert str(P * P - P * Q) == "p*(p - q)"


@pytest.mark.parametrize(
    "compute",
    [
        lambda: P < 1,
        lambda: P >= 0,
        lambda: float(P),
        lambda: int(P),
        lambda: abs(P),
        lambda: P // 2,
        lambda: P * 0.5,
        lambda: 2**P,
        lambda: Fraction(P),
        lambda: max(P, Q),
    ],
)
def test_what_needs_the_value_is_an_error_and_never_a_guess(compute: Any) -> None:
    with pytest.raises(Open):
        compute()


def test_derivatives_are_those_of_calculus() -> None:
    formula = P * P / (P + Q)
    assert isinstance(formula, Formula)
    assert formula.derivative("p") == (P * P + 2 * P * Q) / (P + Q) ** 2
    assert formula.derivative("q") == -P * P / (P + Q) ** 2


def test_formulas_of_different_runs_do_not_mix() -> None:
    with pytest.raises(ValueError, match="different runs"):
        assert P + symbols(("p",))["p"]


# ------------------------------------------------------------------ programs

LAWN = """
model lawn(rain: unit, dry: unit, both: unit) {
  r ~ Bernoulli(rain)
  sprinkler ~ Bernoulli(if r { 0.1 } else { dry })
  observe true ~ Bernoulli(if r and sprinkler { both } else if r or sprinkler { 0.9 } else { 0 })
  return r
}
query P(r), P(sprinkler | r), E[sprinkler], var(r), evidence
"""

MONTY = """
type Door = A | B | C
model monty(left: unit) {
  prize ~ Uniform(values(Door))
  host ~ Categorical(match prize { A => [0, left, 1 - left], B => [0, 0, 1], C => [0, 1, 0] })
  condition(host == 1)
  return prize
}
query P(prize == A), P(prize == C)
"""

RUIN = """
model ruin(p: unit) {
  var x = 3
  while x > 0 and x < 10 { if flip(p) { x = x + 1 } else { x = x - 1 } }
  return x == 10
}
query P(return)
"""

FAMILIES = """
model families(p: unit, a: positive, b: positive) {
  n ~ Binomial(3, p)
  k ~ BetaBinomial(2, a, b)
  c ~ Categorical([p * p, 2 * p * (1 - p), (1 - p) ^ 2])
  u ~ Uniform([1, 2])
  m ~ Mixture([p, 1 - p], [UniformInt(0, 1), Delta(2)])
  z ~ ZeroInflated(p, UniformInt(0, 1))
  condition(n + k + u < 5)
  weight(a / (a + b))
  return n * k
}
query E[n], E[k], P(m == 2), E[n * p]
"""

CHAIN = """
model chain(stay: unit, see: unit, y: bool[T]) {
  z[0] ~ Bernoulli(0.5)
  for t in 1..T { z[t] ~ Bernoulli(if z[t - 1] { stay } else { 1 - stay }) }
  observe y[t] ~ Bernoulli(if z[t] { see } else { 1 - see }) for t in 0..T
}
query P(z[0]), evidence
"""

VALUES = """
model values(p: unit, c: real) {
  x ~ Bernoulli(p)
  return if x { c } else { 2 * c }
}
query E[return], var(return)
"""

PROGRAMS: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "a sprinkler with an open table": (LAWN, ("rain", "dry", "both"), {}),
    "a biased host": (MONTY, ("left",), {}),
    "a gambler's ruin, which may take for ever": (RUIN, ("p",), {}),
    "families with rational masses": (FAMILIES, ("p", "a", "b"), {}),
    "a hidden Markov chain": (CHAIN, ("stay", "see"), {"y": [True, False, True, True]}),
    "values that are formulas": (VALUES, ("p", "c"), {}),
}


@pytest.mark.parametrize("what", PROGRAMS)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_at_a_point_the_formulas_are_the_numbers(what: str, data: st.DataObject) -> None:
    text, names, known = PROGRAMS[what]
    model = pplc.compile(text)
    run = model.infer(known or None, symbolic=names)
    point = {name: data.draw(st.fractions("1/9", "8/9", max_denominator=9)) for name in names}
    numbers = model.infer({**known, **point}, method="exact")
    assert at(number(run.log_evidence), point) == number(numbers.log_evidence)
    if what != "values that are formulas":  # there values at the point meet, not only probabilities
        assert laws_at(run, point) == laws(numbers)
    for ours, theirs in zip(run.queries, numbers.queries, strict=True):
        assert ours.query == theirs.query
        assert at(number(ours.answer), point) == number(theirs.answer)


def test_the_ruin_of_a_gambler_is_the_textbook_formula() -> None:
    run = pplc.compile(RUIN).infer(symbolic=("p",))
    win = number(run.queries[0].answer)
    ratio = (1 - P) / P
    assert str(win) == str((1 - ratio**3) / (1 - ratio**10))
    assert win.at({"p": Fraction(1, 2)}) == Fraction(3, 10) if isinstance(win, Formula) else False


def test_the_biased_host_gives_it_away_by_the_textbook_formula() -> None:
    run = pplc.compile(MONTY).infer(symbolic=("left",))
    assert [str(number(q.answer)) for q in run.queries] == ["left/(left + 1)", "1/(left + 1)"]
    assert run.assumptions == ("0 < left < 1",)
    assert run.symbolic == ("left",)


@pytest.mark.parametrize(
    "text",
    [
        "model m(p: unit) { var n = 0; while flip(p) { n = n + 1 }; return n }",
        "model m(p: unit) -> int { if flip(p) { return 0 }; return 1 + ~m(p) }",
    ],
)
def test_what_never_comes_back_has_no_formula(text: str) -> None:
    with pytest.raises(Rejected, match="E0561"):
        pplc.compile(text).infer(symbolic=("p",))


def test_what_is_reported_on_an_endless_way_is_left_out() -> None:
    text = "model m(p: unit) { var n = 0; while flip(p) { step ~ Bernoulli(0.5); n = 1 - n }; return n }"
    run = pplc.compile(text).infer(symbolic=("p",))
    assert list(run.variables) == ["return"]
    assert str(run["return"].exact[()]["0"]) == "1/(p + 1)"


def test_states_with_equal_formulas_are_merged() -> None:
    text = "model walk(p: unit) { var x = 0; for i in 0..12 { if flip(p) { x = x + 1 } }; return x }"
    run = pplc.compile(text).infer(symbolic=("p",))
    assert run.diagnostics["states"] <= 12 * 13
    assert str(number(Exact(0.0, run["return"].exact[()]["12"]))) == "p**12"


def test_elimination_runs_over_formulas_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "FIRST_STATES", 3)
    text = """
    model net(p: unit) {
      x[i] ~ Bernoulli(p) for i in 0..3
      let any_ = any(x)
      y ~ Bernoulli(if any_ { p } else { 0.5 })
      condition(y)
    }"""
    run = pplc.compile(text).infer(symbolic=("p",))
    assert "elimination" in run.result.note
    silent = (1 - P) ** 3
    z = silent / 2 + (1 - silent) * P
    assert str(number(run.log_evidence)) == str(z)
    assert str(run["x"].exact[0,]["true"]) == str(P * P / z)


def test_declared_types_and_the_program_say_where_formulas_hold() -> None:
    text = """
    model m(a: positive, p: unit, c: real) { x ~ Bernoulli(p); y ~ Bernoulli(c * p); weight(a) }"""
    run = pplc.compile(text).infer(symbolic=("a", "p", "c"))
    assert run.assumptions == ("a > 0", "0 < p < 1", "0 < c*p < 1")


def test_arrays_and_simplices_may_be_open() -> None:
    text = """
    model m(n: int, p: unit[n], t: array[2] simplex[3]) {
      x ~ Bernoulli(p[0] * p[1])
      k ~ Categorical(t[if x { 1 } else { 0 }])
      return k
    }"""
    run = pplc.compile(text).infer({"n": 2}, symbolic=("p", "t"))
    assert run.symbolic == ("p_0", "p_1", "t_0_0", "t_0_1", "t_1_0", "t_1_1")
    point = {name: Fraction(k + 1, 11) for k, name in enumerate(run.symbolic)}
    whole = sum((at(f, point) for f in run["k"].exact[()].values()), Fraction(0))
    assert whole == 1
    x, (a, b) = Fraction(1, 11) * Fraction(2, 11), (Fraction(3, 11), Fraction(5, 11))
    assert at(run["k"].exact[()]["0"], point) == (1 - x) * a + x * b


REFUSED = {
    "a comparison": ("if p < 0.5 { return 0 }; return 1", "E0560"),
    "an equality": ("return p == 0.5", "E0560"),
    "the larger of two": ("return max(p, 0.5)", "E0560"),
    "probabilities that do not add up": ("x ~ Categorical([p, p])", "E0401"),
    "a comparison beside a normal variable": ("x ~ Normal(p, 1); if p < 0.5 { return 0 }; return 1", "E0560"),
    "an equality beside a normal variable": ("x ~ Normal(p, 1); return p == 0.5", "E0560"),
    "an equality of arrays beside one": ("x ~ Normal(p, 1); return [p, x] == [0.5, x]", "E0560"),
    "a bound that depends on a sign": ("x ~ Uniform(0, p); return x < 0.5", "E0560"),
    "an integral without a rule": ("x ~ Normal(0, p); observe true ~ Bernoulli(exp(-x ^ 4))", "E0525"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_has_no_formula_is_refused_at_its_place(what: str) -> None:
    body, code = REFUSED[what]
    with pytest.raises(Rejected) as caught:
        pplc.compile(f"model m(p: unit) {{ {body} }}").infer(symbolic=("p",))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert diagnostic.span.line == 1


WRONG: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "no such parameter": (("q",), {"p": 0.5, "n": 1}, "no parameter `q`"),
    "an int": (("n",), {"p": 0.5}, "`int`"),
    "a value as well": (("p",), {"p": 0.5, "n": 1}, "the data give it a value"),
}


@pytest.mark.parametrize("what", WRONG)
def test_parameters_that_cannot_be_open_are_refused(what: str) -> None:
    names, data, message = WRONG[what]
    with pytest.raises(Rejected, match=message):
        pplc.compile("model m(p: unit, n: int) { x ~ Binomial(n, p) }").infer(data, symbolic=names)


def test_only_the_exact_method_has_formulas() -> None:
    with pytest.raises(Rejected, match="E0310"):
        pplc.compile("model m(p: unit) { x ~ Bernoulli(p) }").infer(symbolic=("p",), method="importance")


def test_a_standard_deviation_is_a_root() -> None:
    model = pplc.compile("model m(p: unit) { x ~ Bernoulli(p) }\nquery sd(x)")
    (query,) = model.infer(symbolic=("p",)).queries
    assert str(number(query.answer)) == "sqrt(-p*(p - 1))"


# ------------------------------------------------------------------ the command


def ran(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the command prints."""
    assert main(arguments) == 0
    return capsys.readouterr().out


@pytest.fixture
def ruin(tmp_path: Path) -> str:
    path = tmp_path / "coin.ppl"
    path.write_text(
        "model coin(p: unit) { a ~ Bernoulli(p); b ~ Bernoulli(p); condition(a or b); return a }\nquery P(b)"
    )
    return str(path)


def test_the_command_writes_formulas_and_where_they_hold(
    ruin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ran(["infer", ruin, "--symbolic", "p"], capsys)
    assert "P(a = true) = -1/(p - 2)" in text
    assert "Formulas hold where 0 < p < 1." in text
    found = json.loads(ran(["infer", ruin, "--symbolic", "p", "--format", "json"], capsys))
    assert found["log_evidence"] == {"kind": "exact", "value": None, "exact": "-p*(p - 2)"}
    assert found["variables"]["a"]["exact"] == {"false": "(p - 1)/(p - 2)", "true": "-1/(p - 2)"}
    assert found["variables"]["a"]["formulas"]["mean"] == "-1/(p - 2)"
    assert found["queries"][0]["exact"] == "-1/(p - 2)"
    assert found["symbolic"] == {"parameters": ["p"], "assumptions": ["0 < p < 1"]}


def test_derivatives_are_given_on_request(ruin: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(
        ran(["query", ruin, "P(b)", "--symbolic", "p", "--derivatives", "--format", "json"], capsys)
    )
    assert [(q["query"], q["exact"]) for q in found["queries"]] == [
        ("P(b)", "-1/(p - 2)"),
        ("d/dp Z", "-2*(p - 1)"),
        ("d/dp P(b)", "(p - 2)**(-2)"),
    ]


def test_sympy_is_imported_only_for_formulas() -> None:
    script = (
        "import sys, pplc\n"
        "model = pplc.compile('model m(p: unit) { x ~ Bernoulli(p) }')\n"
        "model.infer({'p': 0.5})\n"
        "assert 'sympy' not in sys.modules\n"
        "model.infer(symbolic=('p',))\n"
        "assert 'sympy' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_assumptions_are_those_of_one_run() -> None:
    field = symbols(("p",))["p"].field
    assert isinstance(field, Field)
    assert field.assumed == {}


def test_that_weights_add_up_is_assumed_where_they_come_back() -> None:
    """Σ (w/2)^k converges below 2 only: formulas that hold for every w would be wrong."""
    loop = "var odd = false; while flip(0.5) { weight(w); odd = not odd }; return odd"
    text = f"model m(w: positive) {{ {loop} }}"
    run = pplc.compile(text).infer(symbolic=("w",))
    assert str(run["return"].exact[()]["true"]) == "w/(w + 2)"
    assert run.assumptions == ("w > 0", "w**2 < 4")
    chances = text.replace("weight(w); ", "").replace("flip(0.5)", "flip(w)").replace("positive", "unit")
    assert pplc.compile(chances).infer(symbolic=("w",)).assumptions == ("0 < w < 1",)


@pytest.mark.parametrize("law", ["Bernoulli(p + 1)", "Bernoulli(-p)", "BetaBinomial(2, p - 2, 1)"])
def test_what_is_outside_for_every_value_is_an_error(law: str) -> None:
    with pytest.raises(Rejected, match="E0401"):
        pplc.compile(f"model m(p: unit) {{ x ~ {law} }}").infer(symbolic=("p",))


def test_a_datum_of_a_real_law_beside_a_symbol_has_a_formula() -> None:
    """It ended in an internal error: its density is a float."""
    text = "model m(p: unit) { k ~ Bernoulli(p); observe 2.0 ~ Normal(int(k), 1); return k }"
    run = pplc.compile(text).infer(symbolic=("p",))
    assert str(run["k"].exact[()]["true"]) == "p*exp(3/2)/(-p + p*exp(3/2) + 1)"
