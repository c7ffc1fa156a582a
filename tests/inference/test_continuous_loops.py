"""Continuous variables drawn again and again: at one address, with the old one still in use."""

from __future__ import annotations

from math import exp, factorial, pi

import numpy as np
import pytest

import pplc

ARRIVALS = """
model main() {
  var t = 0.0
  var n = 0
  while t < 1 and n < 5 {
    t = t + ~Exponential(1.5)
    n = n + 1
  }
  return n
}
"""
POISSON = [exp(-1.5) * 1.5**k / factorial(k) for k in range(4)]
EXPECTED = [*POISSON, 1 - sum(POISSON)]
"""n is k + 1 if k arrivals come before time 1: of the last, all others."""


def test_anonymous_draws_of_a_loop_are_variables_of_their_own() -> None:
    run = pplc.compile(ARRIVALS).infer({}, method="exact")
    found = run["return"].probabilities[()]
    assert [found[str(n)] for n in range(1, 6)] == pytest.approx(EXPECTED, abs=1e-12)
    assert float(run.log_evidence.value) == pytest.approx(0, abs=1e-12)  # type: ignore[union-attr]


def test_draws_of_such_a_loop_have_its_law() -> None:
    run = pplc.compile(ARRIVALS.replace("n < 5", "n < 2")).infer({}, method="exact", draws=1000, seed=4)
    drawn = np.ravel(run.draws("return"))
    p = POISSON[0]
    assert abs((drawn == 1).mean() - p) < 6 * (p * (1 - p) / 1000) ** 0.5


def test_a_sum_in_the_place_of_its_terms_keeps_its_sign() -> None:
    text = """
    model main() {
      var t = ~Exponential(1.5)
      var n = 1
      if t < 1 { t = t + ~Exponential(1.5)
        n = 2 }
      if t < 1 { t = t + ~Exponential(1.5)
        n = 3 }
      return n
    }
    """
    found = pplc.compile(text).infer({}, method="exact")["return"].probabilities[()]
    assert [found[str(n)] for n in (1, 2, 3)] == pytest.approx(
        [*POISSON[:2], 1 - sum(POISSON[:2])], abs=1e-12
    )


def test_a_random_walk_that_stops_when_it_is_high() -> None:
    text = """
    model main() {
      var x = 0.0
      var n = 0
      while x < 1 and n < 2 { x = x + ~Normal(0, 1)
        n = n + 1 }
      return x > 0
    }
    """
    # It ends after two steps unless the first is beyond 1, where it is above 0 as well:
    # P = P(z > 1) + P(z < 1, z + w > 0), and P(z > 1, z + w < 0) is what the second step alone would take.
    from scipy import integrate, stats

    back = integrate.quad(lambda z: stats.norm.pdf(z) * stats.norm.cdf(-z), 1, np.inf, epsabs=0)[0]
    found = pplc.compile(text).query("P(return)", method="exact")
    assert found.value == pytest.approx(0.5 + back, abs=1e-9)  # type: ignore[union-attr]


def test_a_draw_of_a_simplex_in_a_loop() -> None:
    text = """
    model main() {
      var most = 0.0
      for k in 0..2 { let p = ~Dirichlet([1, 1])
        most = max(most, p[0]) }
      return most
    }
    """
    assert float(pplc.compile(text).infer({}, method="exact")["return"].mean) == pytest.approx(
        2 / 3, abs=1e-10
    )
    quarter = """
    model main() {
      var inside = 0
      var n = 0
      while n < 1 { let x = ~Uniform(0, 1)
        let y = ~Uniform(0, 1)
        inside = if x * x + y * y < 1 { 1 } else { 0 }
        n = n + 1 }
      return inside
    }
    """
    found = pplc.compile(quarter).infer({}, method="exact")
    assert float(found["return"].mean) == pytest.approx(pi / 4, abs=1e-9)
