"""The numbers equal ArviZ's; degenerate chains give no number instead of a wrong one."""

from __future__ import annotations

from math import inf, isnan
from typing import Any

import arviz
import numpy as np
import numpy.typing as npt
import pytest

from pplc.inference import diagnostics as d
from pplc.inference import weights as w

az: Any = arviz  # it ships no types
Floats = npt.NDArray[np.float64]


def _autoregressive(rng: np.random.Generator, chains: int, draws: int, rho: float) -> Floats:
    steps = rng.standard_normal((chains, draws))
    for t in range(1, draws):
        steps[:, t] += rho * steps[:, t - 1]
    return steps


def _samples() -> dict[str, Floats]:
    rng = np.random.default_rng(1)
    return {
        "independent": rng.standard_normal((4, 500)),
        "slow": _autoregressive(rng, 4, 1000, 0.9),
        "antithetic": _autoregressive(rng, 3, 401, -0.6),
        "shifted": rng.standard_normal((4, 300)) + np.arange(4)[:, None],
        "heavy": rng.standard_cauchy((2, 999)),
        "binary": (rng.random((4, 250)) < 0.2).astype(float),
        "counts": rng.poisson(3.0, (4, 333)).astype(float),
        "short": rng.standard_normal((2, 5)),
    }


SAMPLES = _samples()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_number_equals_that_of_arviz(name: str) -> None:
    draws = SAMPLES[name]
    ours = {
        "rhat": d.rhat(draws),
        "bulk": d.ess_bulk(draws),
        "tail": d.ess_tail(draws),
        "mean": d.ess_mean(draws),
        "quantile": d.ess_quantile(draws, 0.3),
        "mcse_mean": d.mcse_mean(draws),
        "mcse_sd": d.mcse_sd(draws),
        "mcse_quantile": d.mcse_quantile(draws, 0.9),
        "bfmi": d.energy_fraction(draws)[0],
    }
    theirs = {
        "rhat": az.rhat(draws),
        "bulk": az.ess(draws, method="bulk"),
        "tail": az.ess(draws, method="tail"),
        "mean": az.ess(draws, method="mean"),
        "quantile": az.ess(draws, method="quantile", prob=0.3),
        "mcse_mean": az.mcse(draws, method="mean"),
        "mcse_sd": az.mcse(draws, method="sd"),
        "mcse_quantile": az.mcse(draws, method="quantile", prob=0.9),
        "bfmi": az.bfmi(draws)[0],
    }
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(float(value), rel=1e-10), key


def test_draws_that_are_all_equal_have_no_rhat_and_no_error() -> None:
    draws = np.full((4, 100), 2.5)
    assert isnan(d.rhat(draws))
    assert d.ess_bulk(draws) == 400
    assert d.mcse_mean(draws) == 0
    assert d.mcse_sd(draws) == 0


def test_chains_that_stay_in_different_places_have_infinite_rhat() -> None:
    assert d.rhat(np.repeat([[1.0], [2.0]], 50, axis=1)) == inf


def test_one_chain_is_compared_with_itself() -> None:
    rng = np.random.default_rng(3)
    steady = rng.standard_normal((1, 400))
    assert d.rhat(steady) < 1.01
    assert d.rhat(steady + np.linspace(0, 3, 400)) > 1.1


@pytest.mark.parametrize("draws", [np.zeros((4, 3)), np.array([[1.0, 2.0, np.nan, 3.0, 4.0]])])
def test_too_few_draws_or_a_nan_give_nan(draws: Floats) -> None:
    for number in (d.rhat, d.ess_bulk, d.ess_tail, d.ess_mean, d.mcse_mean, d.mcse_sd):
        assert isnan(number(draws))


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_pareto_k_equals_that_of_arviz(scale: float) -> None:
    log_weights = scale * np.random.default_rng(5).standard_normal(2000)
    assert w.pareto_k(log_weights) == pytest.approx(float(az.psislw(log_weights.copy())[1]), rel=1e-10)


def test_equal_weights_count_every_draw_and_have_no_tail() -> None:
    log_weights = np.full(50, -700.0)
    assert w.ess_weights(log_weights) == pytest.approx(50)
    assert isnan(w.pareto_k(log_weights))
    assert w.log_evidence(log_weights).value == pytest.approx(-700)
    assert w.log_evidence(log_weights).standard_error == 0


def test_weights_that_are_all_zero_say_so() -> None:
    log_weights = np.full(5, -inf)
    assert w.ess_weights(log_weights) == 0
    assert w.log_evidence(log_weights).flags == ("every weight is 0",)


def test_weighted_quantiles_and_moments_are_those_of_the_weighted_law() -> None:
    values = np.array([3.0, 1.0, 2.0, 9.0])
    log_weights = np.log(np.array([0.25, 0.5, 0.25, 1e-300]))
    assert w.quantile(values, log_weights, 0.5) == 1
    assert w.quantile(values, log_weights, 0.6) == 2
    assert w.quantile(values, log_weights, 1.0) == 3
    mean, _ = w.mean_and_error(values, log_weights)
    assert mean == pytest.approx(1.75)
    assert w.spread(values, log_weights) == pytest.approx(np.sqrt(0.25 * 1.25**2 + 0.5 * 0.75**2 + 0.25**3))
