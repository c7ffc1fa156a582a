"""Latent normal variables of a probit, and others with bounds of their own: against integrals of Φ."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

import pplc
from pplc.inference.continuous.blocks import quadratic_variables
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.tails import tails
from pplc.semantics.symbolic.expression import Latent, latent

X = [0.5, -1.0, 2.0, 1.5, -0.3]
Y = [True, False, True, True, False]

PROBIT = """
model m(x: real[N], y: bool[N]) {
  b ~ Normal(0, 2)
  e[i] ~ Normal(b * x[i], 1) for i in 0..N
  for i in 0..N { condition((e[i] > 0) == y[i]) }
  return b
}
"""


def area(density: Callable[[float], float], low: float, high: float = 30.0) -> float:
    return float(integrate.quad(density, low, high, epsabs=0, epsrel=1e-12, limit=400, points=[0.0, 2.0])[0])


def probit(b: float) -> float:
    signs = np.where(Y, 1.0, -1.0)
    return float(stats.norm.pdf(b, 0, 2) * np.prod(stats.norm.cdf(signs * b * np.array(X))))


@pytest.fixture(scope="module")
def run() -> Any:
    return pplc.compile(PROBIT).infer({"x": X, "y": Y}, method="exact")


def test_the_evidence_of_a_probit_by_latent_draws_is_one_integral(run: Any) -> None:
    assert run.log_evidence.value == pytest.approx(np.log(area(probit, -30)), abs=1e-11)
    assert run.log_evidence.upper - run.log_evidence.lower < 1e-11  # which is proved


def test_the_coefficient_of_a_probit_has_its_law(run: Any) -> None:
    mass = area(probit, -30)
    assert float(run["b"].mean) == pytest.approx(area(lambda b: b * probit(b), -30) / mass, rel=1e-9)


def test_a_latent_variable_of_a_probit_has_its_law(run: Any) -> None:
    """Given b, e[0] is normal above 0, with mean μ + φ(μ) / Φ(μ), for μ = b / 2."""

    def mean(b: float) -> float:
        middle = 0.5 * b
        return float(middle + np.exp(stats.norm.logpdf(middle) - stats.norm.logcdf(middle)))

    expected = area(lambda b: mean(b) * probit(b), -30) / area(probit, -30)
    assert float(run["e"].mean[0]) == pytest.approx(expected, rel=1e-9)


def test_probabilities_of_a_coefficient_of_a_probit_are_proved() -> None:
    found = pplc.compile(PROBIT).query("P(b > 1)", {"x": X, "y": Y}, method="exact")
    assert isinstance(found, pplc.Bounds)
    assert found.upper - found.lower < 1e-10
    assert found.value == pytest.approx(area(probit, 1.0) / area(probit, -30), rel=1e-9)


def test_one_variable_above_many_is_one_integral() -> None:
    text = """
    model m() {
      m ~ Normal(0, 1)
      x[i] ~ Normal(0.5, 1) for i in 0..6
      condition(x[i] < m) for i in 0..6
      return m > 1
    }
    """

    def density(m: float) -> float:
        return float(stats.norm.pdf(m) * stats.norm.cdf(m - 0.5) ** 6)

    found = pplc.compile(text).query("P(return)", {}, method="exact")
    assert isinstance(found, pplc.Bounds)
    assert found.value == pytest.approx(area(density, 1.0) / area(density, -30), rel=1e-9)


WORLD = World()
NAMES = [Latent((name,), WORLD) for name in "abcdefg"]
A, B, C, D, E, F, G = NAMES
a, b, c, d, e, f, g = (latent((name,), WORLD) for name in "abcdefg")


def chosen(exponent: Any, *positive: Any, keep: frozenset[Latent] = frozenset()) -> frozenset[Latent]:
    piece = Piece(latents=tuple(NAMES))
    for number in positive:
        narrower = piece.where(number)
        assert narrower is not None
        piece = narrower
    half = Fraction(1, 2)
    whole = exponent - half * sum((v * v for v in (a, b, c, d, e, f, g)), Fraction(0))
    piece = piece.raised(whole)[1]
    return tails(piece, quadratic_variables(piece), keep)


def test_variables_that_depend_on_one_other_are_integrated_one_by_one() -> None:
    shared = (b + c + d + e) * a / 10
    assert chosen(shared, b, c, d, e) == {B, C, D, E}
    assert chosen(shared, b, -c, d - 1, 1 - e) == {B, C, D, E}


def test_what_is_left_may_be_two() -> None:
    shared = (c + d + e + f + g) * (a + b) / 20
    assert chosen(shared, c, d, e, f, g) == {C, D, E, F, G}
    assert chosen(shared, c, d, e, f) == frozenset()  # as many are left beside a block


def test_a_block_with_one_or_two_bounds_stays_whole() -> None:
    assert chosen((b + c + d) * a / 10, b, c) == frozenset()
    assert chosen((b + c + d) * a / 10, b, c, d) == frozenset()


def test_variables_between_two_bounds_or_bounds_of_others_are_no_tails() -> None:
    shared = (b + c + d + e + f) * a / 10
    assert chosen(shared, b, 1 - b, c, d, e, f) == {C, D, E, F}
    assert chosen(shared, b - a, c - a, d - a, e - a, f - a) == frozenset()


def test_a_variable_whose_precision_is_unknown_is_no_tail() -> None:
    shared = (b + c + d + e) * a / 10
    assert chosen(shared - b * b * f * f, b, c, d, e) == frozenset()  # three beside b, which is in no block
    assert chosen((b + c + d + e + f) * a / 10 - b * b * g * g, b, c, d, e, f) == {C, D, E, F}


def test_variables_to_keep_are_not_integrated() -> None:
    shared = (b + c + d + e) * a / 10
    assert chosen(shared, b, c, d, e, keep=frozenset({A})) == {B, C, D, E}
    assert B not in chosen(shared, b, c, d, e, keep=frozenset({B}))
