"""What is measured far from 0 is known as well as what is measured near it: laws may be moved as a whole."""

from __future__ import annotations

from typing import Any

import pytest

import pplc
from pplc import Bounds, Estimate, Exact

CLOSE = 1e-9
"""Difference of numbers, in units of a standard deviation, that may come of being far away."""

KNOWN_PRIOR = """model m() { x ~ Normal({at}, 1)
  observe {at} + 0.3 ~ Normal(x, 0.05)
  observe {at} + 0.35 ~ Normal(x, 0.05) }"""
BY_VARIANCE = """model m() { x ~ Normal({at}, variance = 2)
  observe {at} + 0.3 ~ Normal(x, variance = 0.003) }"""
WALK = """model m() { w ~ Normal({at}, 1)
  x ~ Normal(w, 0.1)
  y ~ Normal(x, 0.1)
  observe {at} + 0.3 ~ Normal(w, 0.05)
  observe {at} + 0.35 ~ Normal(y, 0.05) }"""
CAUCHY = """model m() { x ~ Cauchy({at}, 1)
  observe {at} + 0.3 ~ Normal(x, 0.05)
  observe {at} + 0.35 ~ Normal(x, 0.05) }"""
STUDENT = """model m() { x ~ Normal({at}, 1)
  observe {at} + 0.3 ~ StudentT(4, x, 0.05)
  observe {at} + 0.4 ~ StudentT(4, x, 0.05) }"""
TRUNCATED = """model m() { x ~ Truncated(Normal({at}, 1), lower = {at} + 0.2)
  observe {at} + 0.3 ~ Normal(x, 0.5) }"""
SCALE = """model m() { x ~ Normal({at}, 1)
  tau ~ HalfCauchy(1)
  observe {at} + 0.3 ~ Normal(x, tau)
  observe {at} + 0.1 ~ Normal(x, tau) }"""
KINKED = """model m() { x ~ Laplace({at}, 1)
  observe {at} + 0.3 ~ Normal(x, 0.5)
  observe {at} + 0.35 ~ Laplace(x, 0.5) }"""

QUERIES = ("evidence", "P(x > {at} + 0.3)", "E[x - {at}]", "sd(x)", "quantile(x - {at}, 0.9)")


def answers(text: str, at: int) -> list[Any]:
    model = pplc.compile(text.replace("{at}", str(at)))
    return [model.query(query.replace("{at}", str(at)), {}, method="exact") for query in QUERIES]


@pytest.mark.parametrize("at", [10**6, 10**8])
@pytest.mark.parametrize(
    "text",
    [KNOWN_PRIOR, BY_VARIANCE, WALK, CAUCHY, STUDENT, TRUNCATED, SCALE, KINKED],
    ids=lambda t: t[10:40],
)
def test_answers_do_not_depend_on_where_the_zero_of_a_scale_is(text: str, at: int) -> None:
    near, far = answers(text, 0), answers(text, at)
    sd = near[3].value
    for one, other in zip(near, far, strict=True):
        assert not isinstance(other, Estimate)
        assert abs(one.value - other.value) <= CLOSE * sd + _width(one) / 2
        assert _width(other) <= _width(one) + CLOSE * sd


def _width(answer: Exact | Bounds) -> float:
    return answer.upper - answer.lower if isinstance(answer, Bounds) else 0.0


@pytest.mark.parametrize("text", [KNOWN_PRIOR, CAUCHY, SCALE])
def test_tables_do_not_depend_on_it_either(text: str) -> None:
    """But for the digits of a float: 10⁶ has steps of 1e-10."""
    near, far = (
        pplc.compile(text.replace("{at}", str(at))).infer({}, method="exact")["x"] for at in (0, 10**6)
    )
    assert far.sd == pytest.approx(near.sd, rel=CLOSE)
    for name in ("mean", "q05", "q95"):
        assert float(far.numbers[name]) - 10**6 == pytest.approx(float(near.numbers[name]), abs=1e-9)


def test_a_scale_that_is_no_rational_gives_bounds_where_its_rounding_matters() -> None:
    """1 / sd² is a float then, and what cancels is as large as 10¹² times it."""
    text = "model m() { x ~ Normal({at}, sqrt(2))\n observe {at} + 0.3 ~ Normal(x, 0.05) }"
    near, far = answers(text, 0), answers(text, 10**6)
    for one, other in zip(near[:2], far[:2], strict=True):
        assert isinstance(other, Bounds)
        assert other.lower <= one.value <= other.upper
    hopeless = answers(text, 10**9)
    assert hopeless[0].lower <= near[0].value <= hopeless[0].upper
    assert (hopeless[1].lower, hopeless[1].upper) == (0, 1)


def test_scales_far_from_1_change_the_evidence_by_units_alone() -> None:
    """Densities of data in units of 10^-8 and 10^8, whose logs cancel."""
    text = """model m() {{ s ~ Gamma(0.5, {small})
      t ~ HalfCauchy({large})
      observe 3 / {small} ~ Normal(0, s)
      observe 2 * {large} ~ Laplace(0, t * (1 + s * {small})) }}"""
    values = [
        pplc.compile(text.format(small=scale, large=scale)).query("evidence", {}, method="exact")
        for scale in ("1.0", "1e8")
    ]
    assert [float(value.value) for value in values] == pytest.approx([-7.92568] * 2, abs=1e-5)  # type: ignore[union-attr]
