"""Continuous variables that are independent are integrated, reported and drawn apart."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

import pplc
from pplc.inference.answers import Bounds
from pplc.inference.continuous.components import about, components
from pplc.inference.continuous.masses import log_mass
from pplc.inference.continuous.piece import Piece, World
from pplc.semantics.symbolic.expression import Latent, latent

MANY = """
model m(y: real[N]) {
  a ~ Logistic(0, 1)
  b ~ Cauchy(0, 1)
  c ~ Logistic(1, 2)
  d ~ Gumbel(0, 1)
  e ~ Uniform(0, 2)
  observe y[i] ~ Normal(a, 1) for i in 0..N
  observe 1 ~ Normal(c, 2)
  return a
}
"""
"""Four variables, none of which has a closed form: more than a grid takes."""


def middle(answer: Any) -> float:
    """The number, or the middle of bounds, which must be narrow."""
    if isinstance(answer, Bounds):
        assert answer.upper - answer.lower < 1e-9
        return (answer.lower + answer.upper) / 2
    return float(answer.value)


def area(density: Any, low: float = -np.inf, high: float = np.inf) -> float:
    return float(integrate.quad(density, low, high, epsabs=0, epsrel=1e-11, limit=400)[0])


def test_more_independent_variables_than_a_grid_takes_are_integrated_one_by_one() -> None:
    run = pplc.compile(MANY).infer({"y": [0.5, 2.0]}, method="exact")

    def of_a(x: float) -> float:
        return float(stats.logistic.pdf(x) * stats.norm.pdf(0.5, x) * stats.norm.pdf(2.0, x))

    def of_c(x: float) -> float:
        return float(stats.logistic.pdf(x, 1, 2) * stats.norm.pdf(1, x, 2))

    a, c = area(of_a), area(of_c)
    assert middle(run.log_evidence) == pytest.approx(log(a) + log(c), abs=1e-9)
    assert float(run["a"].mean) == pytest.approx(area(lambda x: x * of_a(x)) / a, abs=1e-9)
    assert float(run["c"].mean) == pytest.approx(area(lambda x: x * of_c(x)) / c, abs=1e-9)
    assert float(run["d"].mean) == pytest.approx(np.euler_gamma, abs=1e-9)
    assert float(run["b"].numbers["q95"]) == pytest.approx(stats.cauchy.ppf(0.95), rel=1e-6)


def test_a_query_needs_only_the_variables_it_mentions() -> None:
    found = pplc.compile(MANY).query("P(a > e)", {"y": []}, method="exact")
    # ∫ 1 / (1 + e^x) dx / 2 from 0 to 2
    assert middle(found) == pytest.approx((log(2) - log(1 + exp(-2))) / 2, abs=1e-10)


def test_independent_variables_are_drawn_apart() -> None:
    run = pplc.compile(MANY).infer({"y": []}, method="exact", seed=3)
    a, d = np.ravel(run.draws("a")), np.ravel(run.draws("d"))
    assert stats.kstest(a, stats.logistic.cdf).pvalue > 1e-6
    assert stats.kstest(d, stats.gumbel_r.cdf).pvalue > 1e-6
    assert abs(stats.spearmanr(a, d).statistic) < 6 / len(a) ** 0.5


def test_groups_are_those_that_the_density_and_the_bounds_join() -> None:
    world = World()
    x, y, z, w = (latent((name,), world) for name in "xyzw")
    variables = tuple(Latent((name,), world) for name in "xyzw")
    exponent = -x * x - y * y - x * y - z * z - w * w - z
    piece = Piece(exponent=exponent, latents=variables)
    assert [[str(v) for v in part.latents] for part in components(piece)] == [["x", "y"], ["z"], ["w"]]
    bounded = piece.where(z - w)
    assert bounded is not None
    parts = components(bounded)
    assert [[str(v) for v in part.latents] for part in parts] == [["x", "y"], ["z", "w"]]
    assert sum((part.exponent for part in parts), Fraction(0)) == exponent
    joined = Piece(exponent=exponent, factor=x * z + y, latents=variables)
    assert [[str(v) for v in part.latents] for part in components(joined)] == [["x", "y", "z"], ["w"]]


def test_the_product_of_components_is_the_piece() -> None:
    world = World()
    x, y, z = (latent((name,), world) for name in "xyz")
    variables = tuple(Latent((name,), world) for name in "xyz")
    piece: Piece | None = Piece(exponent=-x * 2 - y * 3 - z * z / 2, latents=variables)
    for bound in (x, y):
        assert piece is not None
        piece = piece.where(bound)
    assert piece is not None
    parts = components(piece)
    assert float(log_mass(piece)) == pytest.approx(sum(float(log_mass(part)) for part in parts), abs=1e-12)
    assert about(parts, frozenset(variables)) == piece
    assert about(parts, frozenset({variables[1]})) == parts[1]


def test_variables_of_an_outer_program_join_nothing_and_belong_to_one_component() -> None:
    world = World()
    x, y, outer = (latent((name,), world) for name in "xyo")
    inside = (Latent(("x",), world), Latent(("y",), world))
    parts = components(Piece(exponent=x * outer + y * outer + outer - x * x - y * y, latents=inside))
    assert [[str(v) for v in part.latents] for part in parts] == [["x"], ["y"]]
    assert parts[0].exponent == x * outer + outer - x * x
    assert parts[1].exponent == y * outer - y * y
