"""Counts without a largest value whose law depends on a continuous variable, and normal vectors as data."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats

import pplc
from pplc.inference.answers import Exact

MIXED = """
model m(y: int[N]) {
  k ~ Bernoulli(0.25)
  rate ~ Gamma(if k { 5 } else { 2 }, if k { 1 } else { 2 })
  observe y ~ Poisson(rate)
  new ~ Poisson(rate)
  return new
}
"""
Y = [2, 4, 3]


def evidence(a: float, b: float) -> float:
    total, n = sum(Y), len(Y)
    counted = sum(special.gammaln(k + 1) for k in Y)
    return float(
        np.exp(
            a * log(b) - special.gammaln(a) + special.gammaln(a + total) - (a + total) * log(b + n) - counted
        )
    )


def test_a_count_to_come_is_a_mixture_of_negative_binomials() -> None:
    shares = np.array([0.75 * evidence(2, 2), 0.25 * evidence(5, 1)])
    laws = [stats.nbinom(11, 5 / 6), stats.nbinom(14, 4 / 5)]
    run = pplc.compile(MIXED).infer({"y": Y}, method="exact")
    # Nothing is observed after the count, so that its cut tail leaves the evidence whole: a rational.
    assert isinstance(run.log_evidence, Exact)
    assert run.log_evidence.rational is not None
    assert float(run.log_evidence.rational) == pytest.approx(shares.sum(), rel=1e-13)
    shares /= shares.sum()
    for count in (0, 3, 12):
        bounds = run["new"].bounds[()][str(count)]
        exact = float(shares @ [law.pmf(count) for law in laws])
        assert bounds.lower - 1e-14 <= exact <= bounds.upper + 1e-14
        assert bounds.upper - bounds.lower < 1e-13
    assert float(run["rate"].mean) == pytest.approx(shares @ [11 / 5, 14 / 4], abs=1e-12)
    assert run["rate"].left > 0


def test_data_may_depend_on_a_count_with_an_unknown_rate() -> None:
    text = """
    model m() { rate ~ Gamma(2, 1)
      n ~ Poisson(rate)
      observe 3 ~ Binomial(n, 0.5)
      return n }
    """
    run = pplc.compile(text).infer({}, method="exact")
    # Thinned, the counts are Poisson of half the rate: a negative binomial; the rest is another.
    expected = stats.nbinom.logpmf(3, 2, 1 / 1.5)
    assert run.log_evidence.lower <= expected <= run.log_evidence.upper  # type: ignore[union-attr]
    assert float(run["n"].mean) == pytest.approx(3 + 0.5 * 5 / 1.5, abs=1e-9)


def test_a_count_whose_rate_has_no_closed_form_has_bounds() -> None:
    text = "model m() { rate ~ LogNormal(-1, 0.25)\n n ~ Poisson(rate)\n return n }"
    run = pplc.compile(text).infer({}, method="exact")

    def density(rate: float) -> float:
        return float(stats.lognorm.pdf(rate, 0.25, 0, np.exp(-1)) * stats.poisson.pmf(2, rate))

    exact = integrate.quad(density, 0, 4, epsabs=0, epsrel=1e-11, limit=400)[0]
    bounds = run["n"].bounds[()]["2"]
    assert bounds.lower - 1e-11 <= exact <= bounds.upper + 1e-11
    assert bounds.upper - bounds.lower < 1e-9


@pytest.mark.parametrize("spread", ["cov = S", "chol = cholesky(S)", "precision = inv(S)"])
def test_normal_vectors_may_be_data_of_an_unknown_mean(spread: str) -> None:
    text = f"""
    model m(y: real[N], S: cov[N], x: real[N]) {{ b ~ Normal(0, 2)
      k ~ Bernoulli(0.25)
      observe y ~ MvNormal([if k {{ b * x[i] }} else {{ 0.0 }} for i in 0..N], {spread})
      return b }}
    """
    S = np.array([[2, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 1.5]])
    x, y = np.array([1.0, -1.0, 2.0]), np.array([1.0, 0.5, 2.0])
    law: Any = stats.multivariate_normal
    masses = np.array(
        [0.75 * law.pdf(y, np.zeros(3), S), 0.25 * law.pdf(y, np.zeros(3), S + 4 * np.outer(x, x))]
    )
    run = pplc.compile(text).infer({"y": y.tolist(), "S": S.tolist(), "x": x.tolist()}, method="exact")
    assert float(run.log_evidence.value) == pytest.approx(log(masses.sum()), abs=1e-12)  # type: ignore[union-attr]
    weights = np.linalg.inv(S)
    mean = x @ weights @ y / (x @ weights @ x + 0.25)
    assert float(run["b"].mean) == pytest.approx(masses[1] / masses.sum() * mean, abs=1e-12)


def test_a_quantile_at_an_atom_is_the_atom() -> None:
    text = "model m() { x ~ Mixture([0.5, 0.5], [Delta(0), Normal(0, 1)])\n return x }"
    found = pplc.compile(text).query("quantile(x, 0.5)", method="exact")
    assert found.value == 0  # type: ignore[union-attr]


def test_an_exact_run_with_a_density_is_written_as_draws(tmp_path: Any) -> None:
    run = pplc.compile("model m() { x ~ Normal(0, 1)\n b ~ Bernoulli(0.5)\n return x }").infer(
        {}, method="exact", draws=20, seed=1
    )
    run.save(tmp_path / "run.csv")
    header, *rows = (tmp_path / "run.csv").read_text().splitlines()
    assert header.startswith("chain,draw,x,b")
    assert len(rows) == 20
    assert float(rows[3].split(",")[2]) == np.ravel(run.draws("x"))[3]
