"""Formulas of programs with continuous variables: at every point the numbers that the engine finds there."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import exp, inf, isclose
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pplc
from pplc.cli import main
from pplc.inference.answers import Answer, Bounds, Exact
from pplc.lang.diagnostics import Rejected
from pplc.semantics.closed_form import ClosedForm
from pplc.semantics.formula import Formula
from pplc.semantics.signs import sign_of
from pplc.symbolic import assumptions


class Case(NamedTuple):
    """A program with open parameters, the types of these in its text, and queries with their formulas.

    above: what a parameter must exceed for all of them to exist.
    """

    text: str
    answers: dict[str, str]
    above: Mapping[str, int] = MappingProxyType({})


CASES = {
    "a normal mean": Case(
        "model m(s: real) { mu ~ Normal(0, 1); observe s ~ Normal(mu, 2) }",
        {
            "E[mu]": "s/5",
            "var(mu)": "4/5",
            "E[mu ^ 2]": "(s**2 + 20)/25",
            "P(mu < 0)": "1/2 - erf(sqrt(10)*s/20)/2",
            "P(mu < 1 | mu > 0)": "",
            "evidence": "sqrt(10)*exp(-s**2/10)/(10*sqrt(pi))",
        },
    ),
    "a scale": Case(
        "model m(s: positive) { mu ~ Normal(0, s); observe 1.5 ~ Normal(mu, 2);"
        " observe -0.5 ~ Normal(mu, s) }",
        {
            "E[mu]": "(3*s**2 - 4)/(2*(s**2 + 8))",
            "var(mu)": "4*s**2/(s**2 + 8)",
            "P(mu < 0)": "",
            "evidence": "",
        },
    ),
    "a scale of which only the use says that it is positive": Case(
        "model m(s: real) { x ~ Normal(0, s); observe 1.0 ~ Normal(x, 1) }",
        {"E[x]": "s**2/(s**2 + 1)", "var(x)": "s**2/(s**2 + 1)"},
    ),
    "counts with a gamma rate": Case(
        "model m(a: positive, b: positive) { l ~ Gamma(a, b); observe 3 ~ Poisson(l);"
        " observe 5 ~ Poisson(2 * l) }",
        {"E[l]": "(a + 8)/(b + 3)", "var(l)": "(a + 8)/(b + 3)**2", "evidence": ""},
    ),
    "a beta prior": Case(
        "model m(a: positive, b: positive) { p ~ Beta(a, b); observe 3 ~ Binomial(7, p); z ~ Bernoulli(p) }",
        {
            "P(z)": "(a + 3)/(a + b + 7)",
            "E[p | z]": "(a + 4)/(a + b + 8)",
            "sd(p)": "",
            "evidence": "",
        },
    ),
    "a beta prior with a known end": Case(
        "model m(a: positive) { x ~ Beta(a, 1); observe true ~ Bernoulli(x) }",
        {"E[x]": "(a + 1)/(a + 2)", "P(x > 0.5)": "2**(-a - 1)*(2**(a + 1) - 1)", "evidence": "a/(a + 1)"},
    ),
    "shares": Case(
        "model m(a: positive) { x ~ Dirichlet([a, 1, 2]); z ~ Categorical(x); observe 0 ~ Categorical(x) }",
        {"P(z == 0)": "(a + 1)/(a + 4)", "E[x[0]]": "(a + 1)/(a + 4)", "evidence": "a/(a + 3)"},
    ),
    "a mixture": Case(
        "model m(w: unit, d: real) { z ~ Bernoulli(w); observe d ~ Normal(if z { 1.0 } else { -1.0 }, 1);"
        " x ~ Normal(if z { 1.0 } else { -1.0 }, 1) }",
        {
            "P(z)": "w*exp(2*d)/(w*exp(2*d) - w + 1)",
            "E[x]": "(w*exp(2*d) + w - 1)/(w*exp(2*d) - w + 1)",
            "var(x)": "",
            "P(x > 0)": "",
            "evidence": "",
        },
    ),
    "a waiting time": Case(
        "model m(r: positive, t: positive) { x ~ Exponential(r); condition(x > t) }",
        {"E[x]": "(r*t + 1)/r", "P(x > 2 * t)": "exp(-r*t)", "evidence": "exp(-r*t)"},
    ),
    "a uniform variable": Case(
        "model m(s: positive) { u ~ Uniform(0, s); observe true ~ Bernoulli(exp(-u)) }",
        {
            "E[u]": "-(s - exp(s) + 1)/(exp(s) - 1)",
            "P(u < s / 2)": "exp(s/2)/(exp(s/2) + 1)",
            "evidence": "(exp(s) - 1)*exp(-s)/s",
        },
    ),
    "a power law": Case(
        "model m(a: positive) { x ~ Pareto(a + 2, 1) }",
        {"E[x]": "(a + 2)/(a + 1)", "P(x > 2)": "2**(-a - 2)", "var(x)": "(a + 2)/(a*(a + 1)**2)"},
    ),
    "an unknown precision": Case(
        "model m(a: positive) { tau ~ Gamma(a, 1); mu ~ Normal(0, precision = tau);"
        " observe 1.0 ~ Normal(mu, precision = tau) }",
        {"E[tau]": "2*(2*a + 1)/5", "var(tau)": "8*(2*a + 1)/25", "evidence": ""},
    ),
    "a comparison of normal variables": Case(
        "model m(d: real) { a ~ Normal(0, 1); b ~ Normal(d, 2); return a < b }",
        {"P(a < b)": "erf(sqrt(10)*d/10)/2 + 1/2", "P(return)": "erf(sqrt(10)*d/10)/2 + 1/2"},
    ),
    "a normal logarithm": Case(
        "model m(s: positive) { x ~ LogNormal(0, s) }",
        {
            "E[x]": "exp(s**2/2)",
            "var(log(x))": "s**2",
            "P(x > 1)": "1/2",
            "P(x > 2)": "1/2 - erf(sqrt(2)*log(2)/(2*s))/2",
        },
    ),
    "half a normal law": Case(
        "model m(s: positive) { x ~ HalfNormal(s) }",
        {"E[x]": "sqrt(2)*s/sqrt(pi)", "var(x)": "s**2*(-2 + pi)/pi"},
    ),
    "a tail": Case(
        "model m(s: positive) { x ~ Normal(0, s); condition(x > 1) }",
        {"P(x > 2)": "", "E[x]": "", "evidence": "1/2 - erf(sqrt(2)/(2*s))/2"},
    ),
    "a random walk that is seen": Case(
        "model m(q: positive) { var x = 0.0; for t in 0..3 { z[t] ~ Normal(x, q); x = z[t];"
        " observe [0.5, -1.0, 2.0][t] ~ Normal(x, 1) }; return x }",
        {
            "E[return]": "q**2*(4*q**4 + 14*q**2 + 9)/(2*(q**6 + 5*q**4 + 6*q**2 + 1))",
            "var(z[0])": "",
            "evidence": "",
        },
    ),
    "counts in a finite program": Case(
        "model m(l: positive) { z ~ Bernoulli(0.3); observe 3 ~ Poisson(if z { l } else { 2 * l }) }",
        {"P(z)": "3*exp(l)/(3*exp(l) + 56)", "evidence": "l**3*(3*exp(l) + 56)*exp(-2*l)/60"},
    ),
    "probabilities that are exponentials": Case(
        "model m(t: positive) { z ~ Bernoulli(exp(-t)); y ~ Bernoulli(if z { 0.5 } else { 1 - exp(-2 * t) });"
        " condition(y) }",
        {"P(z)": "exp(2*t)/(2*exp(3*t) - exp(2*t) - 2*exp(t) + 2)", "sd(z)": "", "evidence": ""},
    ),
    "a power of a symbol": Case(
        "model m(t: positive) { z ~ Bernoulli(2 ^ -t); return z }",
        {"P(z)": "2**(-t)", "var(return)": "(2**t - 1)/2**(2*t)"},
    ),
    "an unknown variance": Case(
        "model m(a: positive, b: positive, y: real) { v ~ InverseGamma(a, b);"
        " observe y ~ Normal(0, variance = v) }",
        {
            "E[v]": "(2*b + y**2)/(2*a - 1)",
            "var(v)": "2*(2*b + y**2)**2/((2*a - 3)*(2*a - 1)**2)",
            "E[1 / v]": "(2*a + 1)/(2*b + y**2)",
            "evidence": "",
        },
        {"a": 2},
    ),
    "reciprocals": Case(
        "model m(a: positive, b: positive) { x ~ Gamma(a, b); y ~ Beta(a, b) }",
        {
            "E[1 / x]": "b/(a - 1)",
            "E[1 / y]": "(a + b - 1)/(a - 1)",
            "var(1 / x)": "b**2/((a - 2)*(a - 1)**2)",
        },
        {"a": 2},
    ),
    "tails that are powers": Case(
        "model m(a: positive, b: positive) { x ~ Pareto(a, b) }",
        {"E[x]": "a*b/(a - 1)", "var(x)": "a*b**2/((a - 2)*(a - 1)**2)"},
        {"a": 2},
    ),
    "lifetimes": Case(
        "model m(b: positive) { x ~ Weibull(2, b); y ~ Weibull(3, b) }",
        {
            "E[x]": "sqrt(pi)*b/2",
            "var(x)": "",
            "E[y]": "",
            "P(x > 1)": "exp(-1/b**2)",
            "P(y < 2 | y > 1)": "",
        },
    ),
    "ends that are left open": Case(
        "model m(a: real, b: positive) { x ~ Uniform(a, a + b); y ~ Gamma(b + 1, 2) }",
        {"E[x]": "(2*a + b)/2", "var(x)": "b**2/12", "E[y]": "(b + 1)/2"},
    ),
    "a finite variable beside a continuous one": Case(
        "model m(a: unit) { p ~ Beta(2, 3); k ~ Binomial(4, p);"
        " observe true ~ Bernoulli(if k > 2 { a } else { 1 - a }) }",
        {"P(k == 3)": "-12*a/(36*a - 53)", "E[p]": "2*(4*a - 9)/(36*a - 53)", "evidence": "-(36*a - 53)/70"},
    ),
}

NUMBERS = {
    "real": st.fractions(-3, 3, max_denominator=8),
    "positive": st.fractions(Fraction(1, 8), 4, max_denominator=8),
    "unit": st.fractions(Fraction(1, 8), Fraction(7, 8), max_denominator=8),
}


def parameters(text: str) -> dict[str, str]:
    """The types of the parameters of a model, by name."""
    inside = text[text.index("(") + 1 : text.index(")")]
    return {name.strip(): kind.strip() for name, kind in (part.split(":") for part in inside.split(","))}


def formula(answer: object) -> Fraction:
    """The rational or formula of an answer."""
    assert isinstance(answer, Exact)
    assert answer.rational is not None
    return answer.rational


def number(answer: Answer | Any, query: str) -> float:
    """The number that a run without open parameters gives."""
    if isinstance(answer, Bounds):
        assert answer.upper - answer.lower <= 1e-9 * max(1.0, abs(answer.value))
    return exp(answer.value) if query == "evidence" else float(answer.value)


@cache
def formulas(what: str) -> dict[str, Fraction]:
    """The answers of a case, found in one run."""
    text, answers, _ = CASES[what]
    lines = "".join(f"\nquery {query}" for query in answers)
    run = pplc.compile(text + lines).infer(symbolic=tuple(parameters(text)))
    return {query: formula(found.answer) for query, found in zip(answers, run.queries, strict=True)}


@pytest.mark.parametrize("what", CASES)
def test_formulas_are_those_of_the_textbook(what: str) -> None:
    found = {query: str(made) for query, made in formulas(what).items()}
    assert found == {query: expected or found[query] for query, expected in CASES[what].answers.items()}


@pytest.mark.parametrize("what", CASES)
@settings(max_examples=2)
@given(data=st.data())
def test_at_a_point_the_formulas_are_the_numbers(what: str, data: st.DataObject) -> None:
    text = CASES[what].text
    model = pplc.compile(text)
    kinds = parameters(text)
    if "Normal(0, s)" in text:
        kinds["s"] = "positive"
    point = {name: data.draw(NUMBERS[kind]) + CASES[what].above.get(name, 0) for name, kind in kinds.items()}
    for query, made in formulas(what).items():
        value = float(made.at(point) if isinstance(made, Formula) else made)
        expected = number(model.query(query, dict(point), method="exact"), query)
        assert isclose(value, expected, rel_tol=1e-8, abs_tol=1e-9), (query, point)


def conditions_of(text: str, query: str) -> tuple[str, ...]:
    """Where the answer of a query holds that stands in the file."""
    run = pplc.compile(f"{text}\nquery {query}").infer(symbolic=tuple(parameters(text)))
    return assumptions(run.bound, run.queries)


def test_where_a_mean_exists_is_said_with_it() -> None:
    text = CASES["an unknown variance"].text
    assert conditions_of(text, "evidence") == ("a > 0", "b > 0")
    assert conditions_of(text, "E[v]") == ("b > 0", "a > 1/2")
    assert conditions_of(text, "var(v)") == ("b > 0", "a > 3/2")
    assert pplc.compile(text).infer(symbolic=("a", "b", "y")).assumptions == ("b > 0", "a > 3/2")
    assert conditions_of("model m(a: real, b: real) { x ~ Uniform(a, b) }", "E[x]") == ("a < b",)
    assert conditions_of("model m(a: real, b: real) { x ~ Normal(0, a - b) }", "var(x)") == ("b < a",)


def test_conditions_that_two_answers_share_are_said_of_each() -> None:
    text = "model m(a: positive, b: positive) { x ~ Pareto(a, b); y ~ Uniform(0, x) }"
    for query in ("E[y]", "E[x]", "E[x], E[y]", "E[y + x]"):
        assert conditions_of(text, query) == ("b > 0", "a > 1"), query
    assert conditions_of(text, "E[1 / x]") == ("a > 0", "b > 0")
    assert str(formula(pplc.compile(text).query("E[y]", symbolic=("a", "b")))) == "a*b/(2*(a - 1))"


def test_where_a_formula_has_a_hole_is_said_with_it() -> None:
    text = (
        "model m(r: positive, s: positive) { x ~ Exponential(r); y ~ Exponential(s); condition(x + y > 1) }"
    )
    assert conditions_of(text, "E[x]") == ("r > 0", "s > 0", "r != s")
    assert conditions_of(text, "var(y)")[-1] == "r != s"
    assert conditions_of(CASES["reciprocals"].text, "E[1 / x]") == ("b > 0", "a > 1")


def test_tables_have_means_and_variances() -> None:
    run = pplc.compile(CASES["a mixture"].text).infer(symbolic=("w", "d"))
    assert str(run["z"].exact[()]["true"]) == "w*exp(2*d)/(w*exp(2*d) - w + 1)"
    assert str(run["x"].formulas["mean"][()]) == "(w*exp(2*d) + w - 1)/(w*exp(2*d) - w + 1)"
    assert not run["x"].numbers
    assert run.assumptions == ("0 < w < 1",)


def test_laws_add_up_and_give_their_moments() -> None:
    run = pplc.compile(CASES["counts in a finite program"].text).infer(symbolic=("l",))
    law = run["z"].exact[()]
    assert sum(law.values(), Fraction(0)) == 1
    assert run["z"].formulas["mean"][()] == law["true"]


def test_derivatives_are_those_of_calculus() -> None:
    made = formula(pplc.compile(CASES["a waiting time"].text).query("evidence", symbolic=("r", "t")))
    assert isinstance(made, ClosedForm)
    assert str(made.derivative("r")) == "-t*exp(-r*t)"
    assert str(made.derivative("t")) == "-r*exp(-r*t)"


def test_arithmetic_of_closed_forms_and_rational_functions() -> None:
    model = pplc.compile("model m(t: positive) { x ~ Exponential(t); return x }")
    tail = formula(model.query("P(x > 1)", symbolic=("t",)))
    assert str(tail) == "exp(-t)"
    assert tail - tail == 0
    assert (1 - tail) + tail == 1
    assert str(2 * tail / tail**2) == "2*exp(t)"
    mean = formula(model.query("E[x]", symbolic=("t",)))
    assert isinstance(mean, Formula)
    wide = tail.field if isinstance(tail, Formula) else None
    assert wide is not None
    assert isinstance(wide.base, type(mean.field))


def test_what_a_run_may_not_reach_says_how_likely_it_is() -> None:
    text = "model m(w: unit, s: positive) { z ~ Bernoulli(w); if z { x ~ Normal(1, s) }; return z }"
    run = pplc.compile(text).infer(symbolic=("w", "s"))
    assert run["x"].formulas["mean"][()] == 1
    assert str(run["x"].formulas["variance"][()]) == "s**2"


def test_impossible_evidence_is_said_to_be() -> None:
    with pytest.raises(Rejected, match="E0403"):
        pplc.compile("model m(s: positive) { x ~ Normal(0, s); condition(x > x + 1) }").infer(symbolic=("s",))


@pytest.mark.parametrize("query", ["quantile(mu, 0.5)", "H(mu < 0)"])
def test_what_has_no_formula_is_refused(query: str) -> None:
    with pytest.raises(Rejected, match="E0560"):
        pplc.compile(CASES["a normal mean"].text).query(query, symbolic=("s",))


def test_conditions_that_never_hold_are_refused() -> None:
    with pytest.raises(Rejected, match="E0604"):
        pplc.compile(CASES["a mixture"].text).query("E[x | z and not z]", symbolic=("w", "d"))


def test_the_command_prints_them(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mean.ppl"
    path.write_text(CASES["a normal mean"].text)
    assert main(["infer", str(path), "--symbolic", "s", "--derivatives"]) == 0
    shown = capsys.readouterr().out
    assert "E[mu] = s/5\nvar(mu) = 4/5\n" in shown
    assert "log(sqrt(10)*exp(-s**2/10)/(10*sqrt(pi)))" in shown
    assert main(["infer", str(path), "--symbolic", "s", "--format", "json"]) == 0
    assert '"mean": "s/5"' in capsys.readouterr().out


def test_equal_expressions_are_at_most_each_other() -> None:
    """`<=` was `<`: of numbers that are always equal it said no, with and without open parameters."""
    text = "model m() { x ~ Normal(0, 1); let y = max(x, 0); return y >= x }"
    assert number(pplc.compile(text).query("P(return)", method="exact"), "P(return)") == 1
    text = "model m(a: real) { x ~ Normal(a, 1); let y = if x > a { a } else { a + 1 }; return y <= a }"
    assert formula(pplc.compile(text).query("P(return)", symbolic=("a",))) == Fraction(1, 2)


def test_data_at_an_open_limit_weigh_what_lies_beyond() -> None:
    text = "model m(c: positive) { x ~ Exponential(1); observe c ~ Censored(Exponential(2), upper = c) }"
    assert str(formula(pplc.compile(text).query("evidence", symbolic=("c",)))) == "exp(-2*c)"


def test_what_makes_an_integral_finite_is_assumed_and_said() -> None:
    text = "model m(x: real, a: positive) { z ~ Normal(0, 1); factor(-(x * a + 1) * z * z) }"
    assert str(formula(pplc.compile(text).query("var(z)", symbolic=("x", "a")))) == "1/(2*a*x + 3)"
    assert conditions_of(text, "var(z)") == ("a > 0", "2*a*x + 3 > 0")
    text = "model m(r: positive) { x ~ Exponential(r); weight(exp(x / 2)) }"
    assert str(formula(pplc.compile(text).query("E[x]", symbolic=("r",)))) == "2/(2*r - 1)"
    assert conditions_of(text, "E[x]") == ("r > 1/2",)


@given(
    coefficients=st.lists(st.integers(-3, 3), min_size=4, max_size=4),
    powers=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=4),
    ends=st.lists(st.sampled_from([(-inf, inf), (0.0, inf), (0.0, 1.0)]), min_size=2, max_size=2),
    at=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.booleans(), st.booleans()),
)
def test_a_sign_that_is_told_is_that_of_every_value(
    coefficients: list[int],
    powers: list[tuple[int, int]],
    ends: list[tuple[float, float]],
    at: tuple[float, float, bool, bool],
) -> None:
    found = sign_of(zip(powers, coefficients, strict=True), ends)
    point = [
        (1 / share - 1 if high == inf else share) * (-1 if below and low < 0 else 1)
        for share, below, (low, high) in zip(at[:2], at[2:], ends, strict=True)
    ]
    value = sum(c * point[0] ** a * point[1] ** b for c, (a, b) in zip(coefficients, powers, strict=True))
    assert found == 0 or found * value >= -1e-6


def test_exponentials_of_exponentials_are_written_out() -> None:
    text = "model m(a: real) { z ~ Bernoulli(0.5); factor(if z { 1 / (1 + exp(a)) } else { a }) }"
    made = formula(pplc.compile(text).query("P(z)", symbolic=("a",)))
    assert isinstance(made, Formula)
    share, other = exp(1 / (1 + exp(1))), exp(1)
    assert isclose(float(made.at({"a": 1})), share / (share + other))


def test_values_that_are_floats_count_in_the_mean_of_a_table() -> None:
    text = "model m(p: unit) { z ~ Bernoulli(p); return if z { sqrt(2) } else { 0.0 } }"
    mean = pplc.compile(text).infer(symbolic=("p",))["return"].formulas["mean"][()]
    assert isinstance(mean, Formula)
    assert isclose(float(mean.at({"p": 1 / Fraction(2)})), 0.5 * 2**0.5)


def test_alternatives_with_a_continuous_field_do_not_stop_the_rest() -> None:
    """They ended in an internal error, of numbers too."""
    text = (
        "type T = A | B(real)\n"
        "model m(p: unit) { z ~ Bernoulli(p); x ~ Normal(0, 1); return if z { A } else { B(x) } }"
    )
    assert str(formula(pplc.compile(text).query("P(z)", symbolic=("p",)))) == "p"
    assert pplc.compile(text).infer({"p": 0.5}, method="exact")["x"].mean == 0


def test_many_scales_are_one_generator_each() -> None:
    """Their exponentials and roots as separate generators took for ever."""
    text = "model m(a: real) { k ~ Uniform(0..4); x ~ Normal(a, k + 1); observe 1.0 ~ Normal(x, 1) }"
    model = pplc.compile(text)
    made = formula(model.query("P(k == 3)", symbolic=("a",)))
    assert isinstance(made, Formula)
    expected = number(model.query("P(k == 3)", {"a": 2}, method="exact"), "P(k == 3)")
    assert isclose(float(made.at({"a": 2})), expected)


def test_an_open_simplex_may_stand_beside_a_density() -> None:
    text = "model m(w: simplex[3]) { z ~ Categorical(w); observe 0.5 ~ Normal(z, 1) }"
    run = pplc.compile(text).infer(symbolic=("w",))
    assert str(run["z"].exact[()]["0"]) == "E*w_0/(-w_0 + E*w_0 - w_1 + E*w_1 + 1)"
    assert run.assumptions[-1] == "0 < -w_0 - w_1 + 1 < 1"
