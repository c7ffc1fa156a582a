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
