"""Means of normal variables given that one or two sums of them lie between bounds: proved, against mpmath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest

import pplc
from pplc.inference.answers import Bounds, Estimate, Exact

THREE = """
model three() {
  x ~ iid(Normal(0, 1), 3)
  condition(x[0] > x[1]); condition(x[0] > x[2])
  return x[0]
}
"""

TWO = """
model two() {
  a ~ Normal(1, 2)
  b ~ Normal(0.5 * a, 1)
  condition(b > 3)
  return a
}
"""

STRIP = """
model strip() {
  a ~ Normal(1, 2)
  b ~ Normal(0.5 * a, 1)
  condition(a + b > 40); condition(a + b < 40.5)
  return a
}
"""

CORNER = """
model corner() {
  a ~ Normal(0, 1)
  b ~ Normal(0.6 * a, 0.8)
  condition(a > 1); condition(b < 0.5); condition(a < 4)
  c ~ Normal(a - b, 1)
  return a
}
"""


def within(program: str, query: str, truth: Any, width: float = 1e-9) -> bool:
    """Whether an answer is proved, holds the truth, and is no wider than a share of it."""
    answer = pplc.compile(program).query(query, {}, method="exact")
    if isinstance(answer, Exact):  # a rule leads to a closed form
        return bool(abs(answer.value - truth) <= 1e-12 * abs(truth))
    assert isinstance(answer, Bounds), answer
    assert answer.upper - answer.lower <= width * abs(answer.upper)
    return bool(answer.lower <= truth <= answer.upper)


def test_the_largest_of_three_has_its_known_moments() -> None:
    mean = 3 / (2 * mpmath.sqrt(mpmath.pi))
    square = 1 + mpmath.sqrt(3) / (2 * mpmath.pi)
    assert within(THREE, "E[x[0]]", mean)
    assert within(THREE, "var(x[0])", square - mean**2)
    assert within(THREE, "E[x[0] * x[0]]", square)
    assert within(THREE, "E[x[1] + x[2]]", -mean)
    assert within(THREE, "sd(x[0])", mpmath.sqrt(square - mean**2))


def of(power: int, low: float, high: float, weight: Callable[[Any], Any]) -> Any:
    """E[t^power] under φ(t) times a weight, between two ends."""

    def moment(k: int) -> Any:
        inner = mpmath.linspace(low, high, 30)
        return mpmath.quad(lambda t: t**k * mpmath.npdf(t) * weight(t), inner)

    return moment(power) / moment(0)


def test_one_sum_is_a_truncated_normal_variable() -> None:
    # b has mean 0.5 and variance 2; a given b has slope 1 and, less that, variance 2
    with mpmath.workdps(30):
        sd = mpmath.sqrt(2)
        first, second = (of(k, 2.5 / sd, 30, lambda _: 1) for k in (1, 2))
        assert within(TWO, "E[b]", 0.5 + sd * first)
        assert within(TWO, "E[a]", 1 + sd * first)
        assert within(TWO, "var(a)", 2 + 2 * (second - first**2))
        assert within(TWO, "E[a * b]", 0.5 + 1.5 * sd * first + 2 * second)


def test_a_strip_far_out_loses_no_digits() -> None:
    # a + b has mean 1.5 and variance 4 + 2 + 2 * 2 = 10; its covariance with a is 6
    with mpmath.workdps(60):
        sd = mpmath.sqrt(10)
        first, second = (of(k, 38.5 / sd, 39 / sd, lambda _: 1) for k in (1, 2))
        assert within(STRIP, "E[a]", 1 + 6 / sd * first)
        assert within(STRIP, "var(a)", 4 - mpmath.mpf(36) / 10 * (1 - second + first**2), 1e-8)


def test_a_corner_bounded_on_three_sides_and_a_variable_beside_it() -> None:
    with mpmath.workdps(30):

        def below(t: Any) -> Any:
            return mpmath.ncdf((0.5 - 0.6 * t) / mpmath.mpf("0.8"))

        def falling(t: Any) -> Any:
            """E[b; b < 0.5 | a = t]."""
            return 0.6 * t * below(t) - 0.8 * mpmath.npdf((0.5 - 0.6 * t) / mpmath.mpf("0.8"))

        first = of(1, 1, 4, below)
        other = mpmath.quad(lambda t: mpmath.npdf(t) * falling(t), [1, 2, 3, 4]) / mpmath.quad(
            lambda t: mpmath.npdf(t) * below(t), [1, 2, 3, 4]
        )
        assert within(CORNER, "E[a]", first, 1e-8)
        assert within(CORNER, "E[b]", other, 1e-8)
        assert within(CORNER, "E[c]", first - other, 1e-8)


@pytest.mark.parametrize("query", ["E[x[0] ^ 3]", "E[exp(x[0])]"])
def test_other_numbers_are_estimated(query: str) -> None:
    assert isinstance(pplc.compile(THREE).query(query, {}, method="exact"), Estimate)


def _first_above(x: Any) -> Any:
    """The density of x, and that y < x and z < x - 2, for independent standard normal y and z."""
    return mpmath.npdf(x) * mpmath.ncdf(x) * mpmath.ncdf(x - 2)


@pytest.mark.parametrize(
    ("query", "truth"),
    [
        ("P(x > y and x > z + 2)", lambda: mpmath.quad(_first_above, [-20, -5, 0, 5, 20])),
        ("P(x > y and y > z)", lambda: mpmath.mpf(1) / 6),
        ("P(x > 0 and x + y > 0)", lambda: mpmath.mpf(3) / 8),
        ("P(x > 0 and x < 1 and x + y > 1)", lambda: _strip(0, 1, 1)),
        ("P(x > 30 and x + y > 31)", lambda: _strip(30, 60, 31)),
        ("P(x > 60 and x + y > 61)", lambda: 0),
    ],
)
def test_a_probability_of_two_sums_of_normal_variables_is_proved(
    query: str, truth: Callable[[], Any]
) -> None:
    """Orthants in closed form: 1/4 + arcsin(ρ) / 2π. Far out, and where floats end."""
    text = "model m() { x ~ Normal(0, 1); y ~ Normal(0, 1); z ~ Normal(0, 1) }"
    with mpmath.workdps(30):
        assert within(text, query, truth(), 1e-11)


def _strip(low: int, high: int, least: int) -> Any:
    """P(low < x < high, x + y > least), from where the density of x is highest on."""

    def above(t: Any) -> Any:
        return mpmath.exp(-low * t - t * t / 2) * mpmath.ncdf(low + t - least)

    steps = [mpmath.mpf(k) * (high - low) / 200 for k in range(201)]
    return mpmath.npdf(low) * mpmath.quad(above, steps)


def test_the_evidence_of_two_comparisons_that_were_seen_is_proved() -> None:
    """Of the form of the density as well: its variables depend on each other, and a datum is seen."""
    text = """model m() { a ~ Normal(0, 1); b ~ Normal(1, 2); c ~ Normal(0.5, 1)
      observe 0.3 ~ Normal(a + b, 1)
      condition(a > b); condition(a > c) }"""
    with mpmath.workdps(30):

        def of_a(a: Any) -> Any:  # b given a and the datum: precision 1/4 + 1, mean (1/4 + 0.3 - a) / 1.25
            weight = mpmath.npdf(0.3, a + 1, mpmath.sqrt(5)) * mpmath.npdf(a)
            below = mpmath.ncdf((a - (mpmath.mpf("0.55") - a) / 1.25) * mpmath.sqrt(1.25))
            return weight * below * mpmath.ncdf(a - mpmath.mpf("0.5"))

        truth = mpmath.log(mpmath.quad(of_a, [-20, -5, 0, 5, 20]))
        assert within(text, "evidence", truth, 1e-11)
