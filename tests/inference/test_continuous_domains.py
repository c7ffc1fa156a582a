"""Numbers that depend on continuous variables, and where functions and families take them."""

from __future__ import annotations

import math

import pytest

import pplc
from pplc.lang.diagnostics import Rejected


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("x ~ Normal(0, 1)\n return log1p(x)", "E0425"),
        ("x ~ Normal(0, 1)\n return logit(x)", "E0425"),
        ("x ~ Uniform(0, 2)\n return logit(x)", "E0425"),
        ("x ~ Normal(0, 1)\n return sqrt(x)", "E0425"),
        ("x ~ Normal(0, 1)\n weight(x)", "E0404"),
        ("x ~ Normal(0, 1)\n observe_soft(x)", "E0404"),
        ("x ~ Normal(0, 1)\n observe 1 ~ Gamma(x, 1)", "E0401"),
        ("x ~ Uniform(0, 2)\n observe true ~ Bernoulli(x)", "E0401"),
        ("x ~ Exponential(1)\n observe 1 ~ Uniform(x, 2)", "E0401"),
    ],
)
def test_a_number_that_may_be_outside_a_domain_is_refused_where_it_stands(program: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(f"model m() {{\n{program} }}").infer({}, method="exact")
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert "not always" in found.message
    assert found.span.line == 3


@pytest.mark.parametrize(
    "program",
    [
        "x ~ Uniform(-1, 1)\n return log1p(x)",
        "x ~ Uniform(0, 1)\n return logit(x)",
        "x ~ Normal(0, 1)\n condition(x > 0)\n weight(x)\n observe 1 ~ Gamma(x, 1)\n return sqrt(x)",
        "x ~ Exponential(1)\n condition(x < 2)\n observe 1.5 ~ Uniform(x, 2)\n return x",
    ],
)
def test_a_number_that_is_always_inside_a_domain_is_not(program: str) -> None:
    assert math.isfinite(
        float(pplc.compile(f"model m() {{\n{program} }}").infer({}, method="exact")["x"].mean)
    )


def test_auto_leaves_a_domain_that_is_hardly_ever_left_to_draws() -> None:
    run = pplc.compile("model m() {\n x ~ Normal(50, 1)\n return log(x) }").infer({}, seed=1)
    assert run.method.name != "exact"
    assert float(run["return"].mean) == pytest.approx(math.log(50), abs=0.01)
