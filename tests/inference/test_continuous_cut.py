"""Data that are truncated or censored, with unknown parameters, against quadrature by SciPy."""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

import pplc
from pplc.inference.answers import Bounds

Y = [0.5, 1.75, 1.25]


def middle(answer: Any) -> float:
    """The number, or the middle of bounds, which must be narrow."""
    if isinstance(answer, Bounds):
        assert answer.upper - answer.lower < 1e-9
        return (answer.lower + answer.upper) / 2
    return float(answer.value)


def area(density: Any, low: float, high: float) -> float:
    return float(integrate.quad(density, low, high, epsabs=0, epsrel=1e-11, limit=400)[0])


def between(law: Any, low: float, high: float) -> float:
    """P(low < X < high), by the smaller tail."""
    by_tail = law.sf(low) - law.sf(high)
    return float(by_tail if law.cdf(low) > 0.5 else law.cdf(high) - law.cdf(low))


CUT: dict[str, tuple[str, str, Any, Any, tuple[float, float], tuple[float, float]]] = {
    "normal above": (
        "Normal(0, 2)", "Truncated(Normal(t, 1), lower = 0.25)",
        stats.norm(0, 2), lambda t: stats.norm(t, 1), (-15, 15), (0.25, np.inf),
    ),
    "normal below": (
        "Normal(0, 2)", "Truncated(Normal(t, 1), upper = 2)",
        stats.norm(0, 2), lambda t: stats.norm(t, 1), (-15, 15), (-np.inf, 2),
    ),
    "normal between": (
        "Normal(0, 20)", "Truncated(Normal(t, 1), lower = 0.25, upper = 2)",
        stats.norm(0, 20), lambda t: stats.norm(t, 1), (-35, 35), (0.25, 2),
    ),
    "normal of unknown spread": (
        "Gamma(2, 1)", "Truncated(Normal(1, t), lower = 0, upper = 2)",
        stats.gamma(2), lambda t: stats.norm(1, t), (1e-3, 40), (0, 2),
    ),
    "log normal": (
        "Normal(0, 2)", "Truncated(LogNormal(t, 1), upper = 2)",
        stats.norm(0, 2), lambda t: stats.lognorm(1, 0, np.exp(t)), (-15, 15), (0, 2),
    ),
    "exponential": (
        "Gamma(2, 1)", "Truncated(Exponential(t), upper = 2)",
        stats.gamma(2), lambda t: stats.expon(0, 1 / t), (1e-12, 40), (0, 2),
    ),
    "exponential by its mean": (
        "Gamma(3, 1)", "Truncated(Exponential(mean = t), lower = 0.25, upper = 2)",
        stats.gamma(3), lambda t: stats.expon(0, t), (1e-2, 60), (0.25, 2),
    ),
    "logistic": (
        "Normal(0, 2)", "Truncated(Logistic(t, 0.5), lower = 0, upper = 2)",
        stats.norm(0, 2), lambda t: stats.logistic(t, 0.5), (-15, 15), (0, 2),
    ),
    "laplace": (
        "Normal(0, 2)", "Truncated(Laplace(t, 0.5), lower = 0, upper = 2)",
        stats.norm(0, 2), lambda t: stats.laplace(t, 0.5), (-15, 15), (0, 2),
    ),
    "weibull": (
        "Gamma(4, 2)", "Truncated(Weibull(t, 1), lower = 0.25)",
        stats.gamma(4, 0, 0.5), stats.weibull_min, (1e-3, 30), (0.25, np.inf),
    ),
    "gumbel": (
        "Normal(0, 2)", "Truncated(Gumbel(t, 1), lower = 0.25, upper = 2)",
        stats.norm(0, 2), lambda t: stats.gumbel_r(t, 1), (-15, 15), (0.25, 2),
    ),
    "uniform": (
        "Gamma(2, 1)", "Truncated(Uniform(0, t + 2), lower = 0.25, upper = 3)",
        stats.gamma(2), lambda t: stats.uniform(0, t + 2), (1e-9, 40), (0.25, 3),
    ),
}  # fmt: skip
"""prior and law of the data; the same in SciPy; where the parameter lies, where the data do."""


@pytest.mark.parametrize("name", sorted(CUT))
def test_truncated_data_with_an_unknown_parameter_have_an_exact_posterior(name: str) -> None:
    prior, law, of_prior, of_data, (low, high), (a, b) = CUT[name]
    text = f"model m(y: real[N]) {{ t ~ {prior}\n observe y ~ {law}\n return t }}"
    run = pplc.compile(text).infer({"y": Y}, method="exact")

    def density(t: float) -> float:
        data = of_data(t)
        cut = between(data, a, b)
        return float(of_prior.pdf(t) * np.prod(data.pdf(Y) / cut)) if cut > 0 else 0.0

    cuts = (low, 0.5, 1.0, 1.125, 1.5, 2.0, high)
    mass = sum(area(density, u, v) for u, v in pairwise(cuts))
    mean = sum(area(lambda t: t * density(t), u, v) for u, v in pairwise(cuts)) / mass
    assert middle(run.log_evidence) == pytest.approx(log(mass), abs=1e-8)
    assert float(run["t"].mean) == pytest.approx(mean, abs=1e-7)


def test_censored_data_count_what_lies_beyond_the_bounds() -> None:
    text = """
    model m(y: real[N]) { t ~ Normal(0, 2)
      observe y ~ Censored(Normal(t, 1), lower = 0.25, upper = 2)
      return t }
    """
    y = [0.25, 0.25, 1.5, 2.0]
    run = pplc.compile(text).infer({"y": y}, method="exact")

    def density(t: float) -> float:
        beyond = stats.norm.cdf(0.25, t) ** 2 * stats.norm.sf(2, t)
        return float(stats.norm.pdf(t, 0, 2) * stats.norm.pdf(1.5, t) * beyond)

    mass = area(density, -15, 15)
    assert middle(run.log_evidence) == pytest.approx(log(mass), abs=1e-9)
    assert float(run["t"].mean) == pytest.approx(area(lambda t: t * density(t), -15, 15) / mass, abs=1e-9)


def test_waiting_times_that_were_cut_short_leave_a_gamma_posterior() -> None:
    text = """
    model m(y: real[N]) { t ~ Gamma(2, 1)
      observe y ~ Censored(Exponential(t), upper = 2)
      return t }
    """
    run = pplc.compile(text).infer({"y": [0.5, 2, 1.25, 2]}, method="exact")
    # Two were seen, and the times add up to 5.75.
    assert float(run["t"].mean) == pytest.approx(4 / 6.75, abs=1e-12)
    assert float(run["t"].sd) == pytest.approx(2 / 6.75, abs=1e-12)


def test_counts_above_zero_alone() -> None:
    text = """
    model m(y: int[N]) { r ~ Gamma(2, 1)
      observe y ~ Truncated(Poisson(r), lower = 1)
      return r }
    """
    y = [1, 3, 1]

    def density(r: float) -> float:
        return float(stats.gamma.pdf(r, 2) * np.prod(stats.poisson.pmf(y, r)) / (-np.expm1(-r)) ** 3)

    mass = area(density, 0, 40)
    run = pplc.compile(text).infer({"y": y}, method="exact")
    assert middle(run.log_evidence) == pytest.approx(log(mass), abs=1e-9)
    assert float(run["r"].mean) == pytest.approx(area(lambda r: r * density(r), 0, 40) / mass, abs=1e-9)


def test_counts_up_to_a_bound() -> None:
    text = """
    model m(y: int[N]) { p ~ Beta(2, 3)
      observe y ~ Truncated(Binomial(5, p), upper = 3)
      return p }
    """
    y = [1, 3, 1]

    def density(p: float) -> float:
        return float(
            stats.beta.pdf(p, 2, 3) * np.prod(stats.binom.pmf(y, 5, p)) / stats.binom.cdf(3, 5, p) ** 3
        )

    mass = area(density, 0, 1)
    run = pplc.compile(text).infer({"y": y}, method="exact")
    assert middle(run.log_evidence) == pytest.approx(log(mass), abs=1e-9)


def test_a_bound_may_be_a_variable() -> None:
    text = """
    model m() { t ~ Uniform(-1, 1)
      observe 1.5 ~ Truncated(Normal(0, 1), lower = t)
      return t }
    """
    mass = area(lambda t: stats.norm.pdf(1.5) / stats.norm.sf(t) / 2, -1, 1)
    run = pplc.compile(text).infer({}, method="exact")
    assert middle(run.log_evidence) == pytest.approx(log(mass), abs=1e-10)


def test_a_variable_may_be_cut_off_and_have_an_unknown_parameter() -> None:
    text = """
    model m() { t ~ Uniform(-2, 3)
      observe 0.5 ~ Normal(~Truncated(Normal(t, 1), lower = 0), 1)
      return t }
    """

    def density(t: float) -> float:
        # φ(x - t) φ(x - 0.5) is that of the mean, times that of the distance.
        between = stats.norm.pdf(0.5, t, 2**0.5) * stats.norm.sf(0, (t + 0.5) / 2, 0.5**0.5)
        return float(between / stats.norm.sf(-t) / 5)

    mass = area(density, -2, 3)
    run = pplc.compile(text).infer({}, method="exact")
    assert middle(run.log_evidence) == pytest.approx(log(mass), abs=1e-9)
    assert float(run["t"].mean) == pytest.approx(area(lambda t: t * density(t), -2, 3) / mass, abs=1e-9)


def test_a_variable_that_is_censored_is_an_atom_at_each_bound_and_has_a_density_between() -> None:
    text = """
    model m() { t ~ Normal(0, 1)
      x ~ Censored(Normal(t, 1), lower = -1, upper = 1)
      return x }
    """
    model = pplc.compile(text)
    beyond = stats.norm.sf(1, 0, 2**0.5)
    for query, expected in (
        ("P(x == 1)", beyond),
        ("P(x == -1)", beyond),
        ("P(x > 0.5)", stats.norm.sf(0.5, 0, 2**0.5)),
        ("var(x)", 2 * beyond + area(lambda x: x * x * stats.norm.pdf(x, 0, 2**0.5), -1, 1)),
        ("E[t | x == 1]", area(lambda t: t * stats.norm.pdf(t) * stats.norm.sf(1, t), -12, 12) / beyond),
    ):
        assert middle(model.query(query, method="exact")) == pytest.approx(expected, abs=1e-9)


def test_members_of_laws_are_weights_and_probabilities() -> None:
    probit = "model m() { b ~ Normal(0, 1)\n observe true ~ Bernoulli(Normal(0, 1).cdf(2 * b))\n return b }"
    run = pplc.compile(probit).infer({}, method="exact")
    # E[Φ(2 b)] = 1/2, and E[b Φ(2 b)] = E[2 φ(2 b)] = 2 / sqrt(2 pi 5)
    assert middle(run.log_evidence) == pytest.approx(log(0.5), abs=1e-12)
    assert float(run["b"].mean) == pytest.approx(4 / (10 * np.pi) ** 0.5, abs=1e-12)
    for member, expected in (
        ("factor(Normal(b, 1).logpdf(2))", stats.norm.pdf(2, 0, 2**0.5)),
        ("factor(Normal(b, 1).logccdf(2))", stats.norm.sf(2, 0, 2**0.5)),
        ("weight(Normal(b, 1).cdf(2))", stats.norm.cdf(2, 0, 2**0.5)),
    ):
        run = pplc.compile(f"model m() {{ b ~ Normal(0, 1)\n {member} }}").infer({}, method="exact")
        assert middle(run.log_evidence) == pytest.approx(log(expected), abs=1e-12)
