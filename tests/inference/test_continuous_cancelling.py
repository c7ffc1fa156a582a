"""Polynomials of high degree, multiplied out, are differences of large numbers: no digit is lost unsaid."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import optimize, stats

import pplc
from pplc import Bounds, Exact
from pplc.inference.continuous.truncated_normal import truncated_mean, truncated_moments

POINTS, WEIGHTS = np.polynomial.legendre.leggauss(600)
SHARES, UNITS = WEIGHTS / 2, (POINTS + 1) / 2

FEW = ((13, 29), (21, 26))
MANY = ((60, 90), (70, 80))


def near(answer: Any, truth: float) -> bool:
    """Whether an answer that is no estimate is the truth, but for the rounding of the truth."""
    assert isinstance(answer, Exact | Bounds)
    if isinstance(answer, Bounds):
        assert answer.upper - answer.lower < 1e-8
    return abs(answer.value - truth) < 1e-9


@pytest.mark.parametrize("power", [1, 2, 4])
@pytest.mark.parametrize(("first", "second"), [FEW, MANY])
def test_beta_variables_with_a_weight(first: tuple[int, int], second: tuple[int, int], power: int) -> None:
    model = pplc.compile(
        f"model m() {{ a ~ Beta{first}; b ~ Beta{second}\n weight(exp(-a ^ {power}))\n return b - a }}"
    )
    heights = SHARES * stats.beta(*first).pdf(UNITS) * np.exp(-(UNITS**power))
    above = heights @ stats.beta(*second).sf(UNITS)
    assert near(model.query("evidence", {}, method="exact"), float(np.log(heights.sum())))
    assert near(model.query("P(b > a)", {}, method="exact"), float(above / heights.sum()))


def test_the_table_of_a_difference_of_beta_variables_has_its_quantiles() -> None:
    """Of two rates, after 12 of 40 and 20 of 45: the closed form of the density loses all digits."""
    text = """model m() { a ~ Beta(1, 1); b ~ Beta(1, 1)
      observe 12 ~ Binomial(40, a); observe 20 ~ Binomial(45, b)
      return b - a }"""
    table = pplc.compile(text).infer({}, method="exact")["return"]
    first, second = (stats.beta(*shape) for shape in FEW)

    def below(difference: float, share: float) -> float:
        return float(SHARES * first.pdf(UNITS) @ second.cdf(UNITS + difference)) - share

    for name, share in (("q05", 0.05), ("q95", 0.95)):
        truth = optimize.brentq(below, -1, 1, args=(share,), xtol=1e-14)
        assert float(table.numbers[name]) == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (F(1, 4), F(1, 2)), (None, -3), (6, None), (-40, -39), (None, 1)]
)
def test_the_mean_of_a_polynomial_of_high_degree_between_bounds(low: Any, high: Any) -> None:
    """x^12 (1 - x)^28, whose coefficients have signs in turn, under exp(-x²)."""
    coefficients = {12 + k: F((-1) ** k) * F(int(mpmath.binomial(28, k))) for k in range(29)}
    found = truncated_mean(coefficients, F(0), F(2), low, high)
    assert found is not None
    with mpmath.workdps(60):
        ends = [-mpmath.inf if low is None else mpmath.mpf(F(low).numerator) / F(low).denominator]
        ends += [mpmath.inf if high is None else mpmath.mpf(F(high).numerator) / F(high).denominator]
        if low is None and high is not None:
            ends.insert(1, ends[1] - 10)
        if None not in (low, high):
            ends = mpmath.linspace(*ends, 201)
        mass = mpmath.quad(lambda x: mpmath.exp(-x * x), ends)
        mean = mpmath.quad(lambda x: mpmath.exp(-x * x) * x**12 * (1 - x) ** 28, ends) / mass
        assert found[0] == pytest.approx(float(mpmath.log(mass / mpmath.sqrt(mpmath.pi))), rel=1e-14)
    assert found[1] == pytest.approx(float(mean), rel=1e-14)


def test_moments_between_symmetric_bounds_are_zero_or_known_to_the_last_digit() -> None:
    found = truncated_moments(F(0), F(1), F(-1), F(1), 30)
    assert found is not None
    for k, moment in enumerate(found[1]):
        with mpmath.workdps(30):
            whole = mpmath.quad(mpmath.npdf, [-1, 0, 1])
            truth = mpmath.quad(lambda x, k=k: x**k * mpmath.npdf(x), [-1, 0, 1]) / whole
        assert moment == pytest.approx(float(truth) if k % 2 == 0 else 0.0, rel=1e-15, abs=1e-25)


def test_coefficients_that_were_rounded_and_cancel_give_no_mean() -> None:
    coefficients: dict[int, Any] = {
        k: float((-1) ** k * mpmath.binomial(60, k)) * (1 + 1e-16) for k in range(61)
    }
    assert truncated_mean(coefficients, F(0), F(2), F(1, 2), F(1)) is None


def test_data_observed_as_an_array_are_data_observed_one_by_one() -> None:
    y = [F(k * k % 17, 4) for k in range(101)]
    texts = ("observe y ~ Normal(mu, 1)", "for i in 0..n { observe y[i] ~ Normal(mu, 1) }")
    whole, single = (
        pplc.compile(f"model m(y: real[n]) {{ mu ~ Normal(0, 10)\n {text}\n return mu }}") for text in texts
    )
    for query in ("E[mu]", "P(mu > 2)"):
        assert whole.query(query, {"y": y}, method="exact") == single.query(query, {"y": y}, method="exact")
