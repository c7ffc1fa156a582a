"""Programs with continuous variables that exact inference once answered wrongly, against formulas and sums."""

from __future__ import annotations

from math import lgamma, log
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats

import pplc


def log_evidence(text: str, data: dict[str, Any] | None = None) -> float:
    found = pplc.compile(text).infer(data or {}, method="exact").log_evidence
    return float(found.value)  # type: ignore[union-attr]


def area(density: Any, low: float, high: float, points: Any = None) -> float:
    return float(integrate.quad(density, low, high, epsabs=0, epsrel=1e-10, limit=400, points=points)[0])


def test_what_a_density_is_lessened_by_does_not_get_lost_on_a_grid() -> None:
    text = """
    model m() { x ~ Gamma(2, 1)
      y ~ Logistic(0, 1)
      condition(x < y) }
    """
    mass = area(lambda y: stats.gamma.cdf(y, 2) * stats.logistic.pdf(y), 0, np.inf)
    assert log_evidence(text) == pytest.approx(log(mass), abs=1e-8)


def test_a_rate_of_either_sign_leaves_no_pole() -> None:
    text = """
    model m() { x ~ Uniform(0, 1)
      r ~ Normal(0, 1)
      factor(-r * x) }
    """
    mass = area(lambda r: -np.expm1(-r) / r * stats.norm.pdf(r), -12, -1e-12) + area(
        lambda r: -np.expm1(-r) / r * stats.norm.pdf(r), 1e-12, 12
    )
    assert log_evidence(text) == pytest.approx(log(mass), abs=1e-8)


@pytest.mark.parametrize(("counts", "most"), [([4] * 10, 1), ([8, 9, 7], 1), ([30, 31, 28], 10)])
def test_counts_far_above_the_largest_rate_are_not_impossible(counts: list[int], most: int) -> None:
    text = f"""
    model m(y: int[N]) {{ r ~ Uniform(0, {most})
      observe y ~ Poisson(r)
      return r }}
    """
    n, total = len(counts), sum(counts)
    # ∫ r^s e^(-n r) dr is an incomplete gamma function (its upper tail: Gradshteyn & Ryzhik 3.381.1)
    mass = np.log(special.gammainc(total + 1, n * most)) + lgamma(total + 1) - (total + 1) * log(n)
    expected = mass - log(most) - sum(lgamma(k + 1) for k in counts)
    assert log_evidence(text, {"y": counts}) == pytest.approx(expected, abs=1e-9)


def test_polynomials_with_float_coefficients_keep_their_digits() -> None:
    text = """
    model m() { x ~ Normal(0, 1)
      p ~ Uniform(0.4, 0.6)
      condition(x > 0.3)
      observe 30 ~ Binomial(60, p)
      weight(x) }
    """
    mass = area(lambda p: stats.binom.pmf(30, 60, p) / 0.2, 0.4, 0.6) * stats.norm.pdf(0.3)
    assert log_evidence(text) == pytest.approx(log(mass), abs=1e-9)


def test_a_condition_on_a_square_leaves_a_law() -> None:
    run = pplc.compile("model m() { x ~ Uniform(-1, 1); condition(x * x < 0.25); return x }").infer(
        {}, method="exact"
    )
    assert float(run["x"].sd) == pytest.approx(12**-0.5, abs=1e-9)
    assert log_evidence("model m() { x ~ Uniform(-1, 1); condition(x * x < 0.25) }") == pytest.approx(log(0.5))
