"""Errors say what is known of them: from the spread of replicates, roughly, or not at all."""

from __future__ import annotations

from math import exp, inf, log, sqrt
from typing import Any

import numpy as np
import pytest

import pplc
from pplc.inference import populations, smc2, weights
from pplc.inference.answers import Estimate
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from tests.support.reference import bound
from tests.support.stopping import StopAfter

WALK = """
model walk(y: real[T]) {
  a ~ Normal(0, 1)
  x[0] ~ Normal(0, 1)
  observe y[0] ~ Normal(x[0], 1)
  for t in 1..T {
    x[t] ~ Normal(a * x[t - 1], 1)
    observe y[t] ~ Normal(x[t], 1)
  }
}
query E[x[0]], E[x[39]], evidence
"""
LONG = {"y": tuple(float(k % 3) for k in range(40))}


def evidence(module: Any, **options: Any) -> Estimate:
    found = module.run(bound(WALK, LONG), Options(**options), Silent()).log_evidence
    assert isinstance(found, Estimate)
    return found


def test_one_draw_says_nothing_of_its_error() -> None:
    run = pplc.compile("model m() { x ~ Normal(0, 1); observe 1 ~ Normal(x, 1) }").infer(
        method="importance", draws=1
    )
    assert run["x"].numbers["mcse_mean"] == inf
    assert isinstance(run.log_evidence, Estimate)
    assert run.log_evidence.standard_error == inf
    assert run.log_evidence.flags == ("nothing is known of its error",)


def test_draws_that_agree_have_an_error_unless_they_are_many() -> None:
    nothing = np.zeros(20)
    assert weights.sum_error(nothing, weights.normalised(np.zeros(20))) == 0
    heavy = weights.normalised(np.array([0.0, *[-800.0] * 19]))
    assert weights.sum_error(nothing, heavy) == inf


def test_ten_replicates_take_the_error_of_the_evidence_from_their_spread() -> None:
    result = populations.run(bound(WALK, LONG), Options(particles=15, chains=12, seed=1), Silent())
    assert result.draws is not None
    assert result.draws.log_weights is not None
    rows = np.exp(result.draws.log_weights.reshape(12, 15)).mean(axis=1)
    found = result.log_evidence
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(log(rows.mean()))
    plain = rows.std(ddof=1) / sqrt(12) / rows.mean()
    student = (
        2.200985160082949 / 1.959963984540054
    )  # 97.5 % quantiles of t with 11 degrees, and of the normal
    assert found.standard_error == pytest.approx(plain * student, rel=2e-3)


def test_a_replicate_that_died_counts_as_evidence_zero() -> None:
    found = weights.replicated_evidence([0.0] * 10 + [-inf] * 10)
    assert exp(found.value) == pytest.approx(0.5)
    assert found.standard_error > sqrt(1 / 20)


def test_an_error_from_few_families_says_so_and_names_the_cure() -> None:
    few = evidence(populations, particles=60, chains=1, seed=3)
    assert few.standard_error < inf
    assert weights.ROUGH in few.flags
    assert weights.ROUGH not in evidence(populations, particles=60, chains=10, seed=3).flags


def test_few_parameters_say_nothing_of_the_error_of_the_evidence() -> None:
    found = evidence(smc2, particles=5, inner_particles=5, moves=1, chains=1, seed=1)
    assert found.standard_error == inf
    assert found.flags == ("nothing is known of its error",)


def test_queries_of_runs_that_were_stopped_say_that_they_are_not_there_yet() -> None:
    run = pplc.compile(WALK).infer(LONG, method="smc", particles=30, progress=StopAfter(9))
    by = {query.query: query for query in run.queries}
    assert not by["E[x[0]]"].errors
    assert [error.code for error in by["E[x[39]]"].errors] == ["E0321"]
    (error,) = by["evidence"].errors
    assert error.code == "E0607"
    assert "smc" not in error.help
    assert "--resume" in error.help


@pytest.mark.filterwarnings("error")
def test_a_tail_of_equal_weights_has_a_shape_where_the_exponential_law_is_among_those_tried() -> None:
    logs = np.array([0.0] * 100 + [-1.0] * 1012)  # the third of the 40 values tried is the exponential law's
    near = logs + 1e-9 * np.arange(logs.size)
    assert weights.pareto_k(logs) == pytest.approx(weights.pareto_k(near), rel=0.02)
