"""Variables of a Laplace law, whose density is made of two pieces."""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

import pplc
from pplc.inference.answers import Bounds


def middle(answer: Any) -> float:
    return (answer.lower + answer.upper) / 2 if isinstance(answer, Bounds) else float(answer.value)


def test_a_laplace_prior_has_the_answers_of_both_sides() -> None:
    text = "model m() { x ~ Laplace(0, 1)\n return x }"
    run = pplc.compile(text).infer({}, method="exact", draws=1000, seed=2)
    assert float(run["x"].mean) == pytest.approx(0, abs=1e-12)
    assert float(run["x"].sd) == pytest.approx(2**0.5, abs=1e-12)
    assert float(run["x"].numbers["q95"]) == pytest.approx(log(10), abs=1e-9)
    assert stats.kstest(np.ravel(run.draws("x")), stats.laplace.cdf).pvalue > 1e-6
    assert middle(pplc.compile(text).query("P(x > 1)", method="exact")) == pytest.approx(
        exp(-1) / 2, abs=1e-12
    )


def test_two_laplace_variables_are_compared() -> None:
    text = "model m() { x ~ Laplace(0, 1)\n y ~ Laplace(0, 1)\n return x > y + 1 }"
    found = middle(pplc.compile(text).query("P(return)", method="exact"))
    # The difference has the tail (2 + d) e^-d / 4.
    assert found == pytest.approx(3 * exp(-1) / 4, abs=1e-10)


def test_a_laplace_prior_shrinks_a_normal_mean() -> None:
    text = """
    model m(y: real[N]) { x ~ Laplace(0.5, 0.75)
      observe y ~ Normal(x, 1)
      return x }
    """
    y = [1.5, 2.0]

    def density(x: float) -> float:
        return float(stats.laplace.pdf(x, 0.5, 0.75) * np.prod(stats.norm.pdf(y, x)))

    def area(of: Any) -> float:
        return float(integrate.quad(of, -12, 15, points=[0.5], epsabs=0, epsrel=1e-12, limit=300)[0])

    run = pplc.compile(text).infer({"y": y}, method="exact")
    mass = area(density)
    assert middle(run.log_evidence) == pytest.approx(log(mass), abs=1e-10)
    assert float(run["x"].mean) == pytest.approx(area(lambda x: x * density(x)) / mass, abs=1e-10)


def test_a_laplace_variable_around_another_variable() -> None:
    text = """
    model m() { mu ~ Normal(0, 1)
      x ~ Laplace(mu, 1)
      observe 1 ~ Normal(x, 0.5)
      return mu }
    """
    run = pplc.compile(text).infer({}, method="exact")

    def density(x: float) -> float:
        of_mu = integrate.quad(
            lambda mu: stats.norm.pdf(mu) * stats.laplace.pdf(x, mu), -9, 9, points=[x], epsabs=0, limit=200
        )
        return float(of_mu[0] * stats.norm.pdf(1, x, 0.5))

    mass = integrate.quad(density, -4, 6, epsabs=0, limit=100)[0]
    assert middle(run.log_evidence) == pytest.approx(log(mass), abs=1e-8)
