"""Drawn functions called in queries: exactly, on weighted runs, and on chains, whose runs are run again."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import pplc
from pplc.inference.answers import Estimate, Exact
from pplc.lang.diagnostics import Rejected

COINS = """\
model rule() { k ~ UniformInt(1, 3); return fn (x: int) => k * x }
model m() { f ~ rule(); condition(f(1) > 1) }
query E[f(10)], P(f(2) == 4 | f(1) > 1)
"""

LINE = """\
model line() {
  slope ~ Normal(0, 3); icept ~ Normal(0, 3)
  return fn (x: real) => slope * x + icept
}
model regression(x: real[N], y: real[N]) {
  f ~ line()
  observe y[i] ~ Normal(f(x[i]), 0.5) for i in 0..N
  return f(6.0)
}
"""
DATA = {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0]}

ANONYMOUS = """\
model line() { let slope = ~Normal(0, 1) * 2; return fn (x: real) => slope * x }
model m(y: real) { f ~ line(); observe y ~ Normal(f(1.0), 1); return f(6.0) }
"""

MEMO = """\
model people() {
  eyes ~ mem(fn (name: string) => Bernoulli(0.4))
  let same = eyes("bob") == eyes("eve")
}
"""


def test_a_drawn_function_has_exact_values() -> None:
    run = pplc.compile(COINS).infer(method="exact")
    assert [q.answer for q in run.queries] == [Exact(25.0, Fraction(25)), Exact(0.5, Fraction(1, 2))]


@pytest.mark.parametrize("method", ["importance", "nuts", "laplace"])
def test_a_drawn_function_called_in_a_query_is_that_of_the_run(method: str) -> None:
    text = LINE + "query E[f(6.0)], E[return], E[f.slope * 6.0 + f.icept], P(f(6.0) > 6)"
    options = {"nuts": {"warmup": 50, "chains": 2}}.get(method, {})
    run = pplc.compile(text).infer(DATA, method=method, draws=60, seed=1, **options)  # type: ignore[arg-type]
    values = [q.answer.value for q in run.queries if isinstance(q.answer, Estimate)]
    assert values[0] == pytest.approx(values[1], rel=1e-6)
    assert values[0] == pytest.approx(values[2], rel=1e-6)
    share = np.full((1, 1), 1 / run.draws("return").size) if run.weights is None else run.weights
    assert values[3] == pytest.approx(float(((run.draws("return") > 6) * share).sum()))


def test_interventions_and_priors_have_functions_of_their_own() -> None:
    model = pplc.compile(LINE)
    found = model.query("E[f(1.0) - f(0.0) | do(f.slope = 2)]", DATA, method="nuts", draws=20, warmup=20)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(2)
    prior = model.query("prior sd(f(0.0))", DATA, method="nuts", draws=500, chains=1)
    assert isinstance(prior, Estimate)
    assert abs(prior.value - 3) < 6 * prior.standard_error


def test_draws_without_a_name_are_kept_by_weighted_runs() -> None:
    run = pplc.compile(ANONYMOUS + "query E[f(6.0)], E[return]").infer(
        {"y": 1.0}, method="importance", draws=50
    )
    first, second = run.queries
    assert first.answer == second.answer


def test_draws_without_a_name_are_not_kept_by_chains_and_that_is_said_before_they_run() -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(ANONYMOUS + "query E[f(6.0)]").infer({"y": 1.0}, method="nuts", draws=10**6)
    (found,) = caught.value.diagnostics
    assert found.code == "E0606"
    assert "drawn without a name" in found.label


def test_a_memoised_function_has_the_values_that_the_run_asked_for() -> None:
    model = pplc.compile(MEMO)
    assert model.query('P(eyes("bob") and eyes("eve"))') == Exact(0.16, Fraction(4, 25))
    found = model.query('P(eyes("bob") == eyes("eve"))', method="importance", draws=200, seed=1)
    assert found == model.query("P(same)", method="importance", draws=200, seed=1)
    for method in ("exact", "importance"):
        with pytest.raises(Rejected, match="E0610"):
            model.query('P(eyes("dan"))', method=method, seed=1)
