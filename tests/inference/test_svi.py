"""SVI, Laplace and MAP on models whose posteriors are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pplc.inference import laplace, svi
from pplc.inference import map as mode
from pplc.inference.answers import Estimate
from pplc.inference.optimise import ascend, hessian
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.lang.diagnostics import Rejected
from tests.support.densities import bound_of

LINEAR = """model m(y: real[N], x: real[N]) {
  a ~ Normal(0, 2)
  b ~ Normal(0, 2)
  observe y ~ Normal(a + b * x, 1)
}"""
DATA: dict[str, Any] = {"y": [1.0, 2.5, 2.0, 4.0], "x": [0.0, 1.0, 2.0, 3.0]}


def exact() -> tuple[Any, Any, float]:
    """Mean, covariance and log evidence of `LINEAR`."""
    design = np.stack([np.ones(4), np.array(DATA["x"])], axis=1)
    y = np.array(DATA["y"])
    precision = design.T @ design + np.eye(2) / 4
    mean = np.linalg.solve(precision, design.T @ y)
    marginal = np.eye(4) + 4 * design @ design.T
    evidence = -0.5 * (
        y @ np.linalg.solve(marginal, y) + np.linalg.slogdet(marginal)[1] + 4 * math.log(2 * math.pi)
    )
    return mean, np.linalg.inv(precision), float(evidence)


def draws_of(result: Any) -> Any:
    return np.stack([result.draws.values["a"][0], result.draws.values["b"][0]], axis=1)


def test_laplace_is_exact_for_a_normal_posterior() -> None:
    mean, covariance, evidence = exact()
    result = laplace.run(bound_of(LINEAR, DATA), Options(draws=4000, seed=3), Silent())
    assert isinstance(result.log_evidence, Estimate)
    assert abs(result.log_evidence.value - evidence) < 1e-6
    draws = draws_of(result)
    errors = 6.2 * np.sqrt(np.diag(covariance) / 4000)
    assert (np.abs(draws.mean(axis=0) - mean) < errors).all()
    assert np.allclose(np.cov(draws.T), covariance, atol=0.15 * covariance.max())


def test_a_full_guide_finds_a_normal_posterior_and_its_evidence() -> None:
    mean, covariance, evidence = exact()
    options = Options(draws=4000, steps=2500, seed=3, guide="AutoMultivariateNormal")
    result = svi.run(bound_of(LINEAR, DATA), options, Silent())
    assert isinstance(result.log_evidence, Estimate)
    assert -0.05 < result.log_evidence.value - evidence < 6.2 * result.log_evidence.standard_error + 1e-3
    draws = draws_of(result)
    assert (np.abs(draws.mean(axis=0) - mean) < 0.2 * np.sqrt(np.diag(covariance))).all()
    assert np.allclose(np.cov(draws.T), covariance, atol=0.2 * covariance.max())


def test_an_independent_guide_gives_a_lower_bound_that_is_less() -> None:
    _, covariance, evidence = exact()
    result = svi.run(bound_of(LINEAR, DATA), Options(draws=4000, steps=2500, seed=3), Silent())
    assert isinstance(result.log_evidence, Estimate)
    # The best independent guide loses -log(1 - rho^2) / 2.
    rho = covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])
    gap = -0.5 * math.log(1 - rho * rho)
    assert abs(evidence - gap - result.log_evidence.value) < 0.1
    assert any("lower bound" in flag for flag in result.log_evidence.flags)


def test_the_mode_is_that_of_the_programs_own_variables() -> None:
    """Gamma(3, 2) has its mode at 1; on the logarithmic scale it would be 3/2."""
    bound = bound_of("model m() { x ~ Gamma(3, 2); p ~ Dirichlet([2.0, 3.0, 4.0]) }")
    result = mode.run(bound, Options(steps=500), Silent())
    assert result.draws is not None
    assert abs(float(result.draws.values["x"][0, 0]) - 1) < 1e-5
    assert np.allclose(result.draws.values["p"][0, 0], [1 / 6, 2 / 6, 3 / 6], atol=1e-5)


@pytest.mark.parametrize("method", [mode, laplace], ids=["map", "laplace"])
def test_a_density_without_a_maximum_is_refused(method: Any) -> None:
    bound = bound_of("model m() { s ~ HalfCauchy(1); x[i] ~ Normal(0, s) for i in 0..3 }")
    if method is laplace:
        bound = bound_of("model m() { x ~ Flat(); y ~ Flat(); observe 1.0 ~ Normal(x + y, 1) }")
    with pytest.raises(Rejected) as caught:
        method.run(bound, Options(steps=300), Silent())
    assert caught.value.diagnostics[0].code in ("E0441", "E0442")


def test_a_flat_prior_has_no_evidence() -> None:
    bound = bound_of("model m(y: real) { x ~ Flat(); observe y ~ Normal(x, 1) }", {"y": 2.0})
    for method, options in ((laplace, Options(draws=10)), (svi, Options(draws=10, steps=50))):
        result = method.run(bound, options, Silent())
        assert result.log_evidence is None
        assert "Flat" in result.no_evidence


def test_a_poor_approximation_says_so() -> None:
    """A normal law has thinner tails than Cauchy's."""
    result = laplace.run(bound_of("model m() { x ~ Cauchy(0, 1) }"), Options(draws=2000, seed=1), Silent())
    assert any(warning.code == "W0530" for warning in result.warnings)


class Quadratic:
    """-(x - c)' A (x - c) / 2."""

    center = np.array([1.0, -2.0, 3.0])
    matrix = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 0.01 + 2.0]])

    def value_and_gradient(self, positions: Any) -> tuple[Any, Any]:
        d = positions - self.center
        slope = d @ self.matrix
        return -0.5 * (d * slope).sum(axis=1), -slope


def test_an_ascent_ends_at_the_top_and_the_curvature_is_right() -> None:
    found = ascend(Quadratic(), np.zeros(3), 200, lambda: True)
    assert found.converged
    assert np.allclose(found.position, Quadratic.center, atol=1e-7)
    assert np.allclose(hessian(Quadratic(), found.position), -Quadratic.matrix, atol=1e-8)


class Banana:
    """Rosenbrock's valley, upside down."""

    def value_and_gradient(self, positions: Any) -> tuple[Any, Any]:
        x, y = positions[:, 0], positions[:, 1]
        value = -((1 - x) ** 2) - 100 * (y - x * x) ** 2
        slope = np.stack([2 * (1 - x) + 400 * x * (y - x * x), -200 * (y - x * x)], axis=1)
        return value, slope


def test_an_ascent_follows_a_curved_valley() -> None:
    found = ascend(Banana(), np.array([-1.2, 1.0]), 500, lambda: True)
    assert np.allclose(found.position, [1, 1], atol=1e-5)
