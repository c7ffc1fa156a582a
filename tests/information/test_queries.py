"""Queries: exact answers as rationals, estimates with their errors, refusals with their codes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import log, sqrt

import pytest

import pplc
from pplc.inference.answers import Bounds, Estimate, Exact
from pplc.inference.summary import Variable
from pplc.lang.diagnostics import Rejected

SPRINKLER = """\
model sprinkler() {
  rain ~ Bernoulli(0.3)
  sprinkler ~ Bernoulli(if rain { 0.1 } else { 0.4 })
  wet ~ Bernoulli(if rain { if sprinkler { 0.98 } else { 0.8 } } else { if sprinkler { 0.9 } else { 0.0 } })
  condition(not wet)
  return rain
}
"""

TREATMENT = """\
model treatment() {
  severe ~ Bernoulli(0.5)
  treated ~ Bernoulli(if severe { 0.8 } else { 0.2 })
  let chance = (if severe { 0.4 } else { 0.8 }) + (if treated { 0.1 } else { 0.0 })
  recovers ~ Bernoulli(chance)
  return recovers
}
"""

CHAIN = """\
model chain(y: bool[T]) {
  z[0] ~ Bernoulli(0.5)
  observe y[0] ~ Bernoulli(if z[0] { 0.75 } else { 0.25 })
  for t in 1..T {
    z[t] ~ Bernoulli(if z[t - 1] { 0.75 } else { 0.25 })
    observe y[t] ~ Bernoulli(if z[t] { 0.75 } else { 0.25 })
  }
  return z[T - 1]
}
"""
SEEN = {"y": [True, True, False]}


def _exact(text: str, query: str, data: Mapping[str, object] | None = None) -> Exact:
    answer = pplc.compile(text).query(query, data, method="exact")
    assert isinstance(answer, Exact)
    return answer


@pytest.mark.parametrize(
    ("query", "rational"),
    [
        ("P(rain)", Fraction(39, 359)),
        ("P(not rain)", Fraction(320, 359)),
        ("P(rain | sprinkler)", Fraction(6, 286)),
        ("E[if rain { 2 } else { 1 }]", Fraction(398, 359)),
        ("var(if rain { 1 } else { 0 })", Fraction(39 * 320, 359**2)),
        ("prior P(rain)", Fraction(3, 10)),
        (
            "prior P(wet | do(rain = true))",
            Fraction(1, 10) * Fraction(98, 100) + Fraction(9, 10) * Fraction(8, 10),
        ),
    ],
)
def test_exact_answers_are_rationals(query: str, rational: Fraction) -> None:
    assert _exact(SPRINKLER, query) == Exact(float(rational), rational)


def test_the_evidence_is_z_itself() -> None:
    found = _exact(SPRINKLER, "evidence")
    assert found.rational == Fraction(2513, 5000)
    assert found.value == pytest.approx(log(0.5026))


def test_seeing_is_not_doing() -> None:
    seen, done = (
        _exact(TREATMENT, "P(recovers | treated)"),
        _exact(TREATMENT, "P(recovers | do(treated = true))"),
    )
    assert seen.rational == Fraction(8, 10) * Fraction(1, 2) + Fraction(2, 10) * Fraction(9, 10)
    assert done.rational == Fraction(1, 2) * Fraction(1, 2) + Fraction(1, 2) * Fraction(9, 10)


def test_a_let_can_be_set() -> None:
    assert _exact(TREATMENT, "P(recovers | do(chance = 1))").rational == 1
    assert _exact(TREATMENT, "E[chance | do(severe = true), treated]").rational == Fraction(1, 2)


def test_elements_and_conditions_on_them() -> None:
    smoothed = _exact(CHAIN, "P(z[0] | z[2])", SEEN)
    assert smoothed.rational is not None
    # By hand: z0 given y0 and z2 = true; the path through z1 weighs y1.
    weights = {
        z0: sum(
            Fraction(3 if z0 else 1, 4) * _step(z0, z1) * Fraction(3 if z1 else 1, 4) * _step(z1, True)
            for z1 in (False, True)
        )
        for z0 in (False, True)
    }
    assert smoothed.rational == weights[True] / (weights[True] + weights[False])
    assert _exact(CHAIN, "P(z[0] == z[1] and z[1] == z[2] | z[0])", SEEN).rational is not None
    assert _exact(CHAIN, "E[sum([if b { 1 } else { 0 } for b in z])]", SEEN).value == pytest.approx(
        sum(_exact(CHAIN, f"P(z[{t}])", SEEN).value for t in range(3))
    )


def _step(a: bool, b: bool) -> Fraction:
    return Fraction(3 if a == b else 1, 4)


ROWS = """\
model rows(m: bool[N, M]) {
  p ~ Uniform([0.25, 0.75])
  for i in 0..N { observe m[i] ~ iid(Bernoulli(p), M) }
}
"""
ENTRIES = """\
model entries(m: bool[N, M]) {
  p ~ Uniform([0.25, 0.75])
  observe m[i, j] ~ Bernoulli(p) for i in 0..N, j in 0..M
}
"""
ALL_TRUE = {"m": [[True, True], [True, True]]}


@pytest.mark.parametrize("text", [ROWS, ENTRIES])
@pytest.mark.parametrize(
    ("query", "rational"),
    [
        ("prior P(m[1, 0])", Fraction(1, 2)),
        ("prior P(m[1][0])", Fraction(1, 2)),
        ("prior P(m[1, 0] and m[0][1])", Fraction(5, 16)),
        ("prior P(m[1, 0] | m[0, 1])", Fraction(5, 8)),
        ("prior P(m[1] == [true, true])", Fraction(5, 16)),
    ],
)
def test_an_entry_of_a_row_is_drawn_before_the_data_however_it_is_observed_and_asked_for(
    text: str, query: str, rational: Fraction
) -> None:
    assert _exact(text, query, ALL_TRUE).rational == rational


def test_draws_of_one_row_answer_for_its_entries() -> None:
    text = ROWS.replace("for i in 0..N", "for i in 1..N")
    answer = pplc.compile(text).query("prior P(m[1, 0])", ALL_TRUE, method="importance", draws=2000)
    assert isinstance(answer, Estimate)
    assert abs(answer.value - 0.5) < 5 * answer.standard_error < 0.1


def test_an_entry_of_an_observed_row_of_reals_varies_before_the_data() -> None:
    text = "model m(m: real?[N, M]) { a ~ Normal(0, 1); for i in 0..N { observe m[i] ~ Normal(a, 1) } }"
    rows: tuple[list[float | None], ...] = ([0.5, 3], [0.5, None])
    for row in rows:
        assert _near("prior sd(m[1, 1])", text, row) == pytest.approx(sqrt(2), abs=1e-9)
        assert _near("prior P(m[1, 1] > 0)", text, row) == pytest.approx(0.5, abs=1e-9)


def _near(query: str, text: str, row: list[float | None]) -> float:
    answer = pplc.compile(text).query(query, {"m": [[1, 2], row]}, method="exact")
    return (answer.lower + answer.upper) / 2 if isinstance(answer, Bounds) else _value(answer)


def _value(answer: object) -> float:
    assert isinstance(answer, Exact)
    return float(answer.value)


@pytest.mark.parametrize("query", ["P(x[1, 0])", "P(x[1][0])", "P(x[0, 1] | x[1, 0] and x[1, 1])"])
def test_an_entry_of_an_element_that_is_an_array_is_asked_for_as_of_a_matrix(query: str) -> None:
    text = "model m() { for i in 0..2 { x[i] ~ iid(Bernoulli(0.3), 2) } }"
    assert _exact(text, query).rational == Fraction(3, 10)


@pytest.mark.parametrize("query", ["P(w[1, 0])", "P(w[1][0])", "P(w[1] == [true, true] | w[1, 1])"])
def test_entries_that_are_drawn_one_by_one_and_read_by_nothing_have_their_laws(query: str) -> None:
    text = "model m() { w[i, j] ~ Bernoulli(0.3) for i in 0..2, j in 0..2 }"
    assert _exact(text, query).rational == Fraction(3, 10)


def test_what_a_called_model_draws_in_place_of_a_datum_is_no_law_of_the_datum() -> None:
    text = """\
model sub(y: bool[N], p: real) { observe y[0] ~ Bernoulli(p); return y[0] }
model main(y: bool[N]) { u ~ sub(y, 0.9); v ~ sub(y, 0.1) }
"""
    data = {"y": [True]}
    assert _exact(text, "prior P(u)", data).rational == Fraction(9, 10)
    assert _exact(text, "prior P(v.y[0])", data).rational == Fraction(1, 10)
    with pytest.raises(Rejected) as rejected:
        _exact(text, "prior P(y[0])", data)
    assert [diagnostic.code for diagnostic in rejected.value.diagnostics] == ["E0459"]


def test_the_prior_of_what_is_observed_is_its_prediction() -> None:
    assert _exact(CHAIN, "prior P(y[2])", SEEN).rational == Fraction(1, 2)
    assert _exact(CHAIN, "prior P(y[1] | z[1])", SEEN).rational == Fraction(3, 4)


def test_quantiles_and_deviations_of_finite_laws() -> None:
    text = "model dice() { d[i] ~ UniformInt(1, 6) for i in 0..2\n let s = d[0] + d[1]\n return s }"
    assert _exact(text, "quantile(s, 0.5)").rational == 7
    assert _exact(text, "var(s)").rational == Fraction(35, 6)
    assert _exact(text, "sd(s)") == Exact(sqrt(35 / 6))


def test_posterior_of_variables_and_expressions_is_a_table() -> None:
    model = pplc.compile(CHAIN)
    tables = model.query("posterior(z, z[0] and z[2] | z[1])", SEEN, method="exact")
    assert isinstance(tables, dict)
    assert isinstance(tables["z"], Variable)
    assert tables["z"].shape == (3,)
    assert tables["z"].exact[(1,)] == {"true": 1}
    assert (
        tables["z[0] and z[2]"].exact[()]["true"] == _exact(CHAIN, "P(z[0] and z[2] | z[1])", SEEN).rational
    )


# ------------------------------------------------------------------ estimates


@pytest.mark.parametrize(
    "query",
    [
        "P(rain)",
        "P(rain | sprinkler)",
        "E[if rain { 2 } else { 1 }]",
        "prior P(wet)",
        "sd(if rain { 1.0 } else { 0.0 })",
    ],
)
def test_estimates_agree_with_exact_answers_within_their_errors(query: str) -> None:
    model = pplc.compile(SPRINKLER)
    exact = _exact(SPRINKLER, query)
    found = model.query(query, method="importance", draws=4000, seed=1)
    assert isinstance(found, Estimate)
    assert 0 < found.standard_error < 0.1
    # Six standard errors: a normal estimate is further off once in 5e8.
    assert abs(found.value - exact.value) < 6 * found.standard_error
    assert found.interval[0] <= found.value <= found.interval[1]


def test_a_standard_error_is_that_of_independent_draws() -> None:
    found = pplc.compile("model coin() { x ~ Bernoulli(0.25)\n return x }").query(
        "P(x)", method="importance", draws=10_000, seed=2
    )
    assert isinstance(found, Estimate)
    assert found.standard_error == pytest.approx(sqrt(0.25 * 0.75 / 10_000), rel=0.1)


def test_an_event_that_every_draw_agrees_on_is_not_called_certain() -> None:
    text = "model rare() { x ~ Normal(0, 1)\n return x }"
    found = pplc.compile(text).query("P(x > 30)", method="importance", draws=1000, seed=1)
    assert isinstance(found, Estimate)
    assert found.value == 0
    assert found.interval[0] == 0
    assert found.interval[1] == pytest.approx(0.003, rel=0.01)
    assert "every draw agrees" in found.flags[0]


def test_few_draws_that_satisfy_a_condition_are_flagged() -> None:
    text = "model pair() { x ~ Normal(0, 1)\n y ~ Normal(x, 1)\n return y }"
    found = pplc.compile(text).query("E[y | x > 2.5]", method="importance", draws=2000, seed=1)
    assert isinstance(found, Estimate)
    assert "effective draws" in found.flags[0]


# ------------------------------------------------------------------ refusals

REFUSED = {
    "P(rian)": "did you mean `rain`",
    "E[rain | rain and not rain]": "E0604",
    "bounds(P(rain | do(sprinkler = true)))": "E0605: the query `bounds` is not available in this version",
    "P(rain | do(rian = true))": "did you mean `rain`",
    "quantile(rain, 2)": "E06",
    "P(if rain { 2 } else { 1 })": "E06",
}


@pytest.mark.parametrize("query", REFUSED)
def test_a_query_that_makes_no_sense_is_refused(query: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(SPRINKLER).query(query, method="exact")
    (found, *_) = caught.value.diagnostics
    assert REFUSED[query] in f"{found.code}: {found.message} {found.help}"
    assert found.code.startswith("E0")


def test_a_single_draw_has_no_error() -> None:
    model = pplc.compile("model one() { x ~ Normal(0, 1)\n return x }")
    for query in ("E[x]", "sd(x)", "quantile(x, 0.9)"):
        found = model.query(query, method="importance", draws=1, seed=1)
        assert isinstance(found, Estimate)
        assert "1 effective draw" in found.flags[0]
