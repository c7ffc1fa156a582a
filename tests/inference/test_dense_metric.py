"""The dense metric: what adaptation learns, the momenta it gives, what it is worth under correlation."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from pplc.inference import hmc, nuts
from pplc.inference.adaptation import Moments, momentum_root, unit_metric, usable
from pplc.inference.chains import Record, Settings, chain, lockstep
from pplc.inference.diagnostics import ess_mean, rhat
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.inference.trajectory import applied
from pplc.semantics.source import Source
from tests.inference.test_hmc_chains import WIDTH, LogGamma, step
from tests.support.densities import bound_of

MIX = np.array([[1.0, 0.0, 0.0], [30.0, 1.0, 0.0], [0.0, -50.0, 1.0]])


class Mixed:
    """`LogGamma` numbers in the coordinates q = MIX x: skewed, and correlated up to 0.999."""

    def value_and_gradient(self, positions: Any) -> tuple[Any, Any]:
        simple = np.linalg.solve(MIX, positions.T).T
        value, gradient = LogGamma().value_and_gradient(simple)
        return value, np.linalg.solve(MIX.T, gradient.T).T


@cache
def run(*, dense: bool) -> list[Record]:
    def anywhere(source: Source) -> Any:
        return MIX @ np.array([4 * source.uniform() - 2 for _ in range(3)])

    records = [Record(3) for _ in range(4)]
    settings = Settings(150, 500, 1, 5, 0.8, dense=dense)
    chains = [chain(r, settings, k, anywhere, step, None) for k, r in enumerate(records)]
    assert lockstep(Mixed(), chains, 3, lambda: True)
    return records


def test_nuts_with_a_dense_metric_finds_correlated_skewed_moments() -> None:
    records = run(dense=True)
    draws = np.array([r.positions for r in records])
    simple = np.linalg.solve(MIX, draws.reshape(-1, 3).T).T.reshape(draws.shape)
    for i in range(3):
        column = simple[:, :, i]
        assert abs(column.mean() - LogGamma.mean[i]) < WIDTH * LogGamma.sd[i] / math.sqrt(ess_mean(column))
        squares = (column - LogGamma.mean[i]) ** 2
        error = squares.std() / math.sqrt(ess_mean(squares))
        assert abs(squares.mean() - LogGamma.sd[i] ** 2) < WIDTH * error
        assert rhat(column) < 1.05


def test_a_dense_metric_needs_a_small_part_of_the_steps() -> None:
    steps = [sum(i.steps for r in run(dense=dense) for i in r.infos) for dense in (False, True)]
    assert steps[0] > 3 * steps[1]


def test_running_covariances_are_those_of_the_draws() -> None:
    draws = np.random.default_rng(1).normal(size=(50, 3)) @ MIX.T
    seen = Moments.of_size(3, dense=True)
    for x in draws:
        seen.add(x)
    expected = 50 / 55 * np.cov(draws.T) + 1e-3 * 5 / 55 * np.eye(3)
    assert np.allclose(seen.regularised(), expected, rtol=1e-9)
    assert np.array_equal(seen.regularised(), seen.regularised().T)


def test_momenta_have_the_inverse_of_the_metric_as_covariance() -> None:
    for metric in (np.array([0.25, 4.0]), np.array([[2.0, 0.9], [0.9, 0.5]])):
        root = np.diag(momentum_root(metric)) if metric.ndim == 1 else momentum_root(metric)
        whole = np.diag(metric) if metric.ndim == 1 else metric
        assert np.allclose(root @ root.T @ whole, np.eye(2), atol=1e-12)
        assert np.array_equal(usable(metric), metric)


def test_a_metric_that_rounding_has_spoilt_keeps_its_diagonal() -> None:
    spoilt = np.array([[1.0, 1.0], [1.0, 1.0 - 1e-12]])
    assert np.array_equal(usable(spoilt), np.diag(np.diag(spoilt)))
    assert np.array_equal(applied(unit_metric(2, dense=True), spoilt[0]), spoilt[0])


LINE = """model m(x: real[N], y: real[N]) {
  a ~ Normal(0, 100); b ~ Normal(0, 100); s ~ Exponential(1)
  observe y ~ Normal(a + b * x, s)
}"""
DATA = {"x": [5.0, 6.0, 7.0, 8.0, 9.0], "y": [1.0, 1.9, 3.2, 3.9, 5.1]}


@pytest.mark.parametrize("method", [nuts, hmc])
def test_a_run_with_a_dense_metric_goes_on_as_a_longer_one(method: Any) -> None:
    options = Options(draws=12, warmup=50, chains=2, seed=3, metric="dense")
    whole = method.run(bound_of(LINE, DATA), options, Silent())
    first = method.run(bound_of(LINE, DATA), replace(options, draws=5), Silent())
    rest = method.run(bound_of(LINE, DATA), replace(options, draws=7, state=first.state), Silent())
    assert np.asarray(first.state["chains"][0]["metric"]).shape == (3, 3)
    for name, array in whole.draws.values.items():
        joined = np.concatenate([first.draws.values[name], rest.draws.values[name]], axis=1)
        assert np.array_equal(array, joined), name
