"""Numbers that depend on continuous variables, and where functions and families take them."""

from __future__ import annotations

import math
from fractions import Fraction as F

import pytest

import pplc
from pplc.inference.answers import Bounds, Exact
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
    assert "could not be shown" in found.message
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


@pytest.mark.parametrize(
    ("prior", "observed"),
    [
        ("Gamma(1, 1)", "-1 ~ Poisson(p)"),
        ("Beta(1, 1)", "5 ~ Binomial(3, p)"),
        ("Beta(1, 1)", "-1 ~ Binomial(3, p)"),
        ("Gamma(1, 1)", "5 ~ BetaBinomial(3, p, 2)"),
        ("Beta(1, 1)", "-1 ~ Geometric(p)"),
        ("Beta(1, 1)", "-2 ~ NegativeBinomial(3, p)"),
        ("Dirichlet([1, 1, 1])", "3 ~ Categorical(p)"),
        ("Dirichlet([1, 1, 1])", "-1 ~ Categorical(p)"),
        ("Dirichlet([1, 1, 1])", "[1, 1, 1] ~ Multinomial(4, p)"),
        ("Dirichlet([1, 1, 1])", "[2, -1, 2] ~ Multinomial(3, p)"),
        ("Gamma(1, 1)", "-2.0 ~ Gamma(3, p)"),
        ("Gamma(1, 1)", "2.0 ~ Beta(3, p)"),
        ("Gamma(1, 1)", "[0.5, 0.6] ~ Dirichlet([p, p])"),
        ("Gamma(1, 1)", "0.5 ~ Pareto(p, 1)"),
        ("Uniform(0, 1)", "2.0 ~ Uniform(0, p)"),
        ("Gamma(1, 1)", "1.5 ~ Kumaraswamy(p, 2)"),
    ],
)
def test_a_datum_outside_the_support_is_impossible_whatever_the_parameter(prior: str, observed: str) -> None:
    program = f"model m() {{\n p ~ {prior}\n if flip(0.25) {{ observe {observed} }}\n return p }}"
    assert pplc.compile(program).infer({}, method="exact").log_evidence == Exact(math.log(0.75), F(3, 4))


@pytest.mark.parametrize(
    ("program", "evidence"),
    [
        ("n ~ UniformInt(2, 4)\n p ~ Dirichlet([1, 1, 1])\n observe [1, 1, 1] ~ Multinomial(n, p)", F(1, 30)),
        ("n ~ UniformInt(3, 6)\n p ~ Beta(1, 1)\n observe 5 ~ Binomial(n, p)", F(1, 4) * (F(1, 6) + F(1, 7))),
    ],
)
def test_a_support_that_depends_on_another_variable_counts(program: str, evidence: F) -> None:
    found = pplc.compile(f"model m() {{\n {program}\n return n }}").infer({}, method="exact").log_evidence
    assert isinstance(found, Exact)
    assert found.rational == evidence


def test_where_nothing_is_observed_the_evidence_is_1_however_integrals_are_known() -> None:
    """Buffon's needle: an angle is integrated numerically, of which the sine is below 0 at the end."""
    text = "d ~ Uniform(0, 1)\n angle ~ Uniform(0, 3.2)\n let hit = d < sin(angle) / 2\n"
    free = pplc.compile(f"model m() {{ {text} }}").infer({}, method="exact")
    assert free.log_evidence == Exact(0.0, F(1))
    bound = pplc.compile(f"model m() {{ {text} condition(hit) }}").infer({}, method="exact")
    assert bound.log_evidence is not None
    assert float(bound.log_evidence.value) == pytest.approx(-math.log(3.2))


def test_a_law_without_a_variance_has_a_mean_that_is_proved() -> None:
    found = pplc.compile("model m() { x ~ StudentT(2, 5, 1) }").query("E[x]", {}, method="exact")
    assert isinstance(found, Bounds)
    assert found.lower <= 5 <= found.upper
    assert found.upper - found.lower < 1e-11
