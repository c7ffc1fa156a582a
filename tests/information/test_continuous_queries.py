"""Queries of continuous variables: each is answered, estimated or refused by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scipy import stats

import pplc
from pplc.cli import main
from pplc.inference.answers import Bounds, Estimate, Exact
from pplc.lang.diagnostics import Rejected

PAIR = """\
model pair() {
  x ~ Normal(0, 1)
  y ~ Normal(x, 1)
  observe 0.5 ~ Normal(y, 1)
  return x
}
query E[x]
query E[floor(x)]
query P(x > y)
"""
MEAN, SD = 1 / 6, (2 / 3) ** 0.5
"""Of x given the datum, which is x plus two standard normal variables."""


def test_a_query_without_a_rule_does_not_lose_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "pair.ppl", tmp_path / "run.json"
    file.write_text(PAIR)
    assert main(["infer", str(file), "--method", "exact", "--format", "json", "--out", str(out)]) == 1
    found = json.loads(capsys.readouterr().out)
    mean, floor, more = found["queries"]
    assert mean["value"] == pytest.approx(MEAN)
    assert floor["kind"] == "error"
    assert floor["diagnostics"][0]["code"] == "E0525"
    assert more["kind"] == "bounds"
    assert more["upper"] - more["lower"] < 1e-9
    assert json.loads(out.read_text())["variables"]["x"]["mean"] == pytest.approx(MEAN)


def test_python_raises_the_reason_of_one_query_alone() -> None:
    model = pplc.compile(PAIR)
    run = model.infer({}, method="exact")
    assert [error.code for error in run.errors] == ["E0525"]
    assert float(run["x"].mean) == pytest.approx(MEAN)
    with pytest.raises(Rejected) as caught:
        model.query("E[floor(x)]", method="exact")
    assert caught.value.diagnostics[0].code == "E0525"


@pytest.mark.parametrize("query", ["P(x > sin(y) * exp(z) * w)", "E[sin(x * y * z * w)]"])
def test_more_variables_than_a_grid_takes_are_refused_at_the_query(query: str) -> None:
    text = """
    model m() {
      x ~ Logistic(0, 1)
      y ~ Logistic(0, 1)
      z ~ Logistic(0, 1)
      w ~ Logistic(0, 1)
    }
    query E[x]
    """
    run = pplc.compile(f"{text}query {query}").infer({}, method="exact")
    first, second = run.queries
    assert isinstance(first.answer, Exact | Bounds)
    assert abs(first.answer.value if isinstance(first.answer, Exact) else first.answer.lower) < 1e-9
    assert [error.code for error in second.errors] == ["E0526"]
    assert second.errors[0].span.line == 9


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("P(floor(x) == 0)", stats.norm.cdf(1, MEAN, SD) - stats.norm.cdf(0, MEAN, SD)),
        (
            "E[floor(x)]",
            sum(k * (stats.norm.cdf(k + 1, MEAN, SD) - stats.norm.cdf(k, MEAN, SD)) for k in range(-9, 9)),
        ),
        (
            "E[floor(x) | do(y = 1)]",
            sum(k * (stats.norm.cdf(k + 1) - stats.norm.cdf(k)) for k in range(-9, 9)),
        ),
    ],
)
def test_auto_estimates_what_has_no_rule_from_draws_of_the_exact_law(query: str, expected: float) -> None:
    model = pplc.compile(PAIR)
    found = model.query(query, seed=2)
    assert isinstance(found, Estimate)
    assert 0 < found.standard_error < 0.1
    assert abs(found.value - expected) < 6 * found.standard_error
    assert isinstance(model.query("E[x]", seed=2), Exact)


def test_auto_estimates_information_about_cuts_without_a_rule() -> None:
    found = pplc.compile(PAIR).query("H(floor(x) > 0)", seed=2)
    assert isinstance(found, Estimate)
    p = stats.norm.sf(1, MEAN, SD)
    assert abs(found.value - stats.entropy([p, 1 - p])) < 6 * found.standard_error


def test_moments_that_do_not_exist_are_refused_and_infinite_ones_said() -> None:
    text = "model m() { c ~ Cauchy(0, 1)\n p ~ Pareto(0.9, 1)\n t ~ StudentT(2, 0, 1) }"
    model = pplc.compile(text)
    for query in ("E[c]", "sd(c)", "var(p)"):
        with pytest.raises(Rejected) as caught:
            model.query(query, method="exact")
        assert caught.value.diagnostics[0].code == "E0617"
    for query in ("E[p]", "sd(t)"):
        assert model.query(query, method="exact") == Exact(float("inf"))
