"""Programs with continuous variables that exact inference once answered wrongly, against formulas."""

from __future__ import annotations

import math
from fractions import Fraction
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
    assert log_evidence("model m() { x ~ Uniform(-1, 1); condition(x * x < 0.25) }") == pytest.approx(
        log(0.5)
    )


def test_two_groups_of_data_under_a_student_t_leave_two_hills() -> None:
    text = """
    model m(y: real[N]) { mu ~ Normal(0, 100)
      observe y ~ StudentT(3, mu, 0.01)
      return mu }
    """
    y = [0.0] * 5 + [50.0] * 5
    steps = 0.01 * np.sinh(np.linspace(-9, 9, 100_001))  # to 40 on each side
    at = np.concatenate([steps[steps < 25], 50 + steps[steps > -25]])
    log_density = stats.norm.logpdf(at, 0, 100) + sum(stats.t.logpdf(v, 3, at, 0.01) for v in y)
    density = np.exp(log_density - log_density.max())
    mass = np.trapezoid(density, at)
    run = pplc.compile(text).infer({"y": y}, method="exact")
    assert float(run.log_evidence.value) == pytest.approx(  # type: ignore[union-attr]
        log(mass) + log_density.max(), abs=1e-5
    )
    assert float(run["mu"].mean) == pytest.approx(np.trapezoid(density * at, at) / mass, rel=1e-4)


def test_the_two_roots_of_a_square_are_equally_probable() -> None:
    text = """
    model m() { x ~ Normal(0, 100)
      observe 900.0 ~ Normal(x ^ 2, 0.1)
      return x }
    """
    run = pplc.compile(text).infer({}, method="exact")
    assert float(run["x"].mean) == pytest.approx(0, abs=1e-5)
    assert float(run["x"].sd) == pytest.approx(30, abs=1e-4)
    assert 400 < (run.draws("x") > 0).sum() < 600  # of 1000: six standard deviations


@pytest.mark.parametrize(("size", "successes"), [(20, 10), (60, 33), (200, 100)])
def test_binomial_data_under_a_truncated_normal_keep_their_digits(size: int, successes: int) -> None:
    text = """
    model m(n: int, k: int) { p ~ Truncated(Normal(0.5, 0.1), lower = 0, upper = 1)
      observe k ~ Binomial(n, p)
      return p }
    """

    def density(p: float) -> float:
        return float(stats.binom.pmf(successes, size, p) * stats.truncnorm.pdf(p, -5, 5, 0.5, 0.1))

    mass = area(density, 0, 1)
    run = pplc.compile(text).infer({"n": size, "k": successes}, method="exact")
    assert float(run.log_evidence.value) == pytest.approx(log(mass), abs=1e-9)  # type: ignore[union-attr]
    assert float(run["p"].mean) == pytest.approx(area(lambda p: p * density(p), 0, 1) / mass, abs=1e-9)


@pytest.mark.parametrize(
    ("law", "mean"),
    [
        ("Truncated(Normal(0, 1), lower = 0)", (2 / np.pi) ** 0.5),
        ("Truncated(Exponential(2), upper = 1)", 0.5 - np.exp(-2) / -np.expm1(-2)),
        ("Truncated(Normal(0, 1), lower = 3, upper = 4)", stats.truncnorm.mean(3, 4)),
    ],
)
def test_truncated_variables_have_exact_answers(law: str, mean: float) -> None:
    run = pplc.compile(f"model m() {{ x ~ {law}; return x }}").infer({}, method="exact")
    assert float(run.log_evidence.value) == pytest.approx(0, abs=1e-9)  # type: ignore[union-attr]
    assert float(run["x"].mean) == pytest.approx(mean, abs=1e-8)


INFINITE = {
    "a square that grows": "x ~ Normal(0, 1); factor(x ^ 2)",
    "two squares, whose determinant is positive": "x ~ Normal(0, 1); y ~ Normal(0, 1); factor(x ^ 2 + y ^ 2)",
    "a cube": "x ~ Normal(0, 1); factor(x ^ 3)",
    "a pole at an end": "x ~ Uniform(0, 1); weight(1 / x)",
    "a pole inside": "x ~ Uniform(-1, 1); weight(1 / x ^ 2)",
    "a heavy tail": "x ~ Pareto(0.5, 1); weight(x)",
    "a rate below zero": "x ~ Exponential(1); factor(2 * x)",
}


@pytest.mark.parametrize("name", INFINITE)
def test_an_infinite_evidence_is_no_number(name: str) -> None:
    with pytest.raises(pplc.Rejected, match="E0524"):
        log_evidence(f"model m() {{ {INFINITE[name]} }}")


def test_a_square_that_falls_is_a_number() -> None:
    assert log_evidence("model m() { x ~ Normal(0, 1); factor(x ^ 2 / 4) }") == pytest.approx(log(2) / 2)


def test_what_depends_on_an_outer_variable_and_has_no_formula_is_refused() -> None:
    text = """
    model inner(x: real) { y ~ Normal(x, 1)
      condition(y > 0)
      return y }
    model m() { x ~ Normal(0, 1)
      observe 1.0 ~ infer(inner(x))
      return x }
    """
    with pytest.raises(pplc.Rejected, match="E0525"):
        log_evidence(text)


@pytest.mark.parametrize("level", [0.001, 0.3, 0.99])
@pytest.mark.parametrize(
    ("query", "law"),
    [
        ("exp(x)", stats.lognorm(1).ppf),
        ("x ^ 2", stats.chi2(1).ppf),
        ("x", lambda p: stats.norm.isf((1 - p) * stats.norm.sf(0.5))),
    ],
)
def test_quantiles_of_what_lies_on_a_grid_have_their_digits(query: str, law: Any, level: float) -> None:
    given = " | x > 0.5" if query == "x" else ""
    model = pplc.compile("model m() { x ~ Normal(0, 1); return x }")
    found = model.query(f"quantile({query}, {level}{given})", {}, method="exact")
    assert float(found.value) == pytest.approx(law(level), rel=1e-6)  # type: ignore[union-attr]


def test_the_law_of_a_function_that_turns_often_is_right() -> None:
    model = pplc.compile("model m() { x ~ Uniform(0, 10); return x }")
    found = model.query("quantile(sin(x), 0.5)", {}, method="exact")
    at = (np.arange(1_000_000) + 0.5) / 1e5
    assert float(found.value) == pytest.approx(np.quantile(np.sin(at), 0.5), abs=1e-5)  # type: ignore[union-attr]


def test_a_normal_block_under_a_grid_has_no_hills_of_its_own() -> None:
    text = """
    model m(y: real[N]) { mu ~ Normal(0, 5)
      tau ~ HalfCauchy(5)
      theta[i] ~ Normal(mu, tau) for i in 0..N
      observe y ~ Normal(theta, 10) }
    """
    y = np.array([28.0, 8.0, -3.0])

    def density(tau: float) -> float:
        cov = (100 + tau**2) * np.eye(3) + 25
        return float(2 * stats.cauchy.pdf(tau, 0, 5) * stats.multivariate_normal.pdf(y, np.zeros(3), cov))

    assert log_evidence(text, {"y": y.tolist()}) == pytest.approx(log(area(density, 0, np.inf)), abs=1e-6)


def test_inner_laws_are_those_of_the_part_that_a_run_is_in() -> None:
    """A comparison inside `infer` of a variable outside is decided differently on the two parts."""
    text = """
    model coin(x: real) { y ~ Bernoulli(if x < 0.25 { 0.1 } else { 0.9 }); return y }
    model m() { x ~ Uniform(0, 1)
      y ~ infer(coin(x))
      return y }
    """
    run = pplc.compile(text).infer({}, method="exact")
    assert run["return"].exact[()] == {"false": Fraction(3, 10), "true": Fraction(7, 10)}


@pytest.mark.parametrize(
    ("law", "mean", "sd"),
    [
        ("Cauchy(1, 2)", math.nan, math.nan),
        ("HalfCauchy(2)", math.inf, math.nan),
        ("StudentT(1.5, 3, 1)", 3.0, math.inf),
        ("HalfStudentT(1.5, 1)", None, math.inf),
        ("StudentT(4, 3, 1)", 3.0, math.sqrt(2)),
        ("Logistic(2, 1)", 2.0, math.pi / math.sqrt(3)),
        ("Weibull(0.7, 1)", math.gamma(1 + 1 / 0.7), None),
    ],
)
def test_moments_that_do_not_exist_are_no_numbers(law: str, mean: float | None, sd: float | None) -> None:
    found = pplc.compile(f"model m() {{ x ~ {law}; return 1 }}").infer({}, method="exact")["x"]
    if mean is not None:
        assert float(found.mean) == pytest.approx(mean, rel=1e-6, nan_ok=True)
    if sd is not None:
        assert float(found.sd) == pytest.approx(sd, rel=1e-4, nan_ok=True)


def test_the_mean_of_a_function_leaves_out_what_has_no_mass() -> None:
    run = pplc.compile("model m() { x ~ Normal(0, 1); let y = exp(x); return 1 }").infer({}, method="exact")
    assert float(run["y"].mean) == pytest.approx(math.exp(0.5), rel=1e-9)
    assert float(run["y"].sd) == pytest.approx(math.sqrt((math.e - 1) * math.e), rel=1e-6)


@pytest.mark.parametrize(
    ("text", "mean"),
    [
        ("a ~ Exponential(1); b ~ Uniform(0, a)", Fraction(1, 2)),
        ("a ~ Beta(1, 2); b ~ Uniform(0, a)", Fraction(1, 6)),
        ("a ~ InverseGamma(1, 1); b ~ Uniform(0, 1 / a)", Fraction(1, 2)),
    ],
)
def test_a_scale_whose_power_has_no_integral_of_its_own_is_not_impossible(text: str, mean: Fraction) -> None:
    model = pplc.compile(f"model m() {{ {text}; return b }}")
    assert model.query("E[b]", {}, method="exact") == pplc.Exact(float(mean), mean)


def test_what_is_uniform_below_an_exponential_variable_has_its_law() -> None:
    """P(b < x) = 1 - e^-x + x E₁(x)."""
    model = pplc.compile("model m() { a ~ Exponential(1); b ~ Uniform(0, a); return b }")
    found = model.query("P(b < 0.5)", {}, method="exact")
    expected = 1 - math.exp(-0.5) + 0.5 * float(special.exp1(0.5))
    assert found.value == pytest.approx(expected, rel=1e-12)  # type: ignore[union-attr]
