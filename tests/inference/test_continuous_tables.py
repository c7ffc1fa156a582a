"""Tables of normal variables of which three sums are bounded: right, and without what only queries need."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import pplc
from pplc.inference.certified import planes
from pplc.inference.continuous import wedges
from pplc.inference.continuous.evaluation import Floats, owens_t
from pplc.inference.continuous.proofs import _enclosed

ORDERED = """
model ordered() {
  a ~ Normal(0, 1)
  b ~ Normal(0, 1)
  c ~ Normal(0, 1)
  d ~ Normal(0, 1)
  condition(a < b and b < c and c < d)
  return [a, b, c, d]
}
"""

PROBIT = """
model probit() {
  b ~ Normal(0, 1)
  z[0] ~ Normal(b * 0.5, 1)
  z[1] ~ Normal(b * 1.5, 1)
  z[2] ~ Normal(b * -0.7, 1)
  condition(z[0] > 0 and z[1] > 0 and z[2] > 0)
  return b * b
}
"""


@pytest.fixture
def values_of_t(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many values of Owen's T are found at a time."""
    counts: list[int] = []

    def counted(h: Floats, a: Floats) -> Floats:
        counts.append(np.broadcast(h, a).size)
        return owens_t(h, a)

    monkeypatch.setattr(wedges, "owens_t", counted)
    return counts


def test_four_ordered_normal_variables_are_order_statistics(values_of_t: list[int]) -> None:
    """The k-th of n has the law of the normal quantile of Beta(k, n + 1 - k) (David & Nagaraja 2003, 2.1)."""
    run = pplc.compile(ORDERED).infer({}, method="exact")
    for k, name in enumerate("abcd"):
        beta = stats.beta(k + 1, 4 - k)
        found = run[name].numbers
        assert found["q05"] == pytest.approx(stats.norm.ppf(beta.ppf(0.05)), abs=1e-9)
        assert found["q95"] == pytest.approx(stats.norm.ppf(beta.ppf(0.95)), abs=1e-9)
        mean = beta.expect(stats.norm.ppf)
        square = beta.expect(lambda u: stats.norm.ppf(u) ** 2)
        assert found["mean"] == pytest.approx(mean, abs=1e-7)
        assert found["sd"] == pytest.approx(np.sqrt(square - mean**2), abs=1e-7)
        assert run["return"].numbers["mean"][k] == found["mean"]
    # Each density is a sum over the points of another variable: some 600 by 2400 for each of three.
    assert sum(values_of_t) < 15e6


B = np.linspace(-9, 9, 200_001)
SLOPES = (0.5, 1.5, -0.7)


def _posterior_of_b() -> Floats:
    """On a fine lattice, on which sums of normal densities are right to the last digits."""
    weight = stats.norm.pdf(B) * np.prod([stats.norm.cdf(B * slope) for slope in SLOPES], axis=0)
    return np.asarray(weight / weight.sum())


def test_the_table_of_three_latent_probits_needs_no_proof_over_two_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The moments of a normal law that is cut exist, so that quadrature may find them."""
    proofs: list[Any] = []
    enclosures = planes.enclosures

    def counted(*arguments: Any) -> Any:
        proofs.append(arguments)
        return enclosures(*arguments)

    monkeypatch.setattr(planes, "enclosures", counted)
    _enclosed.cache_clear()
    run = pplc.compile(PROBIT).infer({}, method="exact")
    weight = _posterior_of_b()
    b, z = run["b"].numbers, run["z"].numbers
    assert b["mean"] == pytest.approx(weight @ B, abs=1e-8)
    assert b["sd"] == pytest.approx(np.sqrt(weight @ (B - weight @ B) ** 2), abs=1e-8)
    middle = B * SLOPES[1]  # of a normal variable that is cut at 0, of which these are the first moments
    first = middle + np.exp(stats.norm.logpdf(middle) - stats.norm.logcdf(middle))
    mean, square = weight @ first, weight @ (1 + middle * first)
    assert z["mean"][1] == pytest.approx(mean, abs=1e-8)
    assert z["sd"][1] == pytest.approx(np.sqrt(square - mean**2), abs=1e-8)
    above = weight @ (stats.norm.sf(z["q95"][1] - middle) / stats.norm.cdf(middle))
    assert above == pytest.approx(0.05, abs=1e-8)
    assert run["return"].numbers["mean"] == pytest.approx(weight @ B**2, abs=1e-8)
    assert not proofs


def test_an_exact_query_needs_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    run = pplc.compile(PROBIT + "query evidence").infer({}, method="exact")

    def refused(*_: object) -> Any:
        raise AssertionError("a table was made")

    monkeypatch.setattr("pplc.run.summarise", refused)
    assert run.warnings == ()
    assert run.reliable
    assert run.diagnostics["states"] > 0
