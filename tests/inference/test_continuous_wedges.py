"""Two sums of normal variables between bounds: against integrals over one of them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

import pplc
from pplc.inference.continuous.grids import grid
from pplc.inference.continuous.masses import log_mass
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.wedges import Wedge, between_both, under_both
from pplc.semantics.symbolic.expression import Latent, latent

INF = math.inf
CORRELATIONS = [-1.0, -0.999999, -0.7, 0.0, 0.2, 0.95, 1 - 1e-12, 1.0]
CORNERS = [
    (0.0, 0.0),
    (0.7, -0.4),
    (0.0, 1.0),
    (-1.0, 0.0),
    (-2.0, -2.0),
    (1.5, 1.5),
    (INF, 0.3),
    (-INF, 0.3),
]


def below_both(h: float, k: float, rho: float) -> float:
    """P(X <= h, Y <= k), by an integral over X, cut where the other factor turns."""
    root = math.sqrt(1 - rho**2)
    if root == 0:
        other = k if rho > 0 else INF
        least = -INF if rho > 0 else -k
        return max(0.0, float(stats.norm.cdf(min(h, other)) - stats.norm.cdf(least)))
    turn = k / rho if rho else 0.0
    edges = [
        -40.0,
        *sorted({max(-40.0, min(h, 40.0, turn + d * root)) for d in (-9, 0, 9)}),
        min(h, 40.0),
    ]

    def density(x: float) -> float:
        return float(stats.norm.pdf(x) * stats.norm.cdf((k - rho * x) / root))

    return sum(
        float(integrate.quad(density, a, b, epsabs=1e-14, epsrel=1e-12)[0])
        for a, b in pairwise(edges)
        if a < b
    )


@pytest.mark.parametrize("rho", CORRELATIONS)
@pytest.mark.parametrize(("h", "k"), CORNERS)
def test_probabilities_below_two_bounds(h: float, k: float, rho: float) -> None:
    found = under_both(np.array([h]), np.array([k]), np.array([rho]))[0]
    assert found == pytest.approx(below_both(h, k, rho), abs=1e-7 if 0 < 1 - abs(rho) < 1e-9 else 2e-13)


def test_probabilities_between_bounds_are_differences_of_those_below() -> None:
    low, high, below, above, rho = (np.array([x]) for x in (-0.5, 1.2, -INF, 0.4, 0.6))
    wanted = below_both(1.2, 0.4, 0.6) - below_both(-0.5, 0.4, 0.6)
    assert between_both(low, high, below, above, rho)[0] == pytest.approx(wanted, abs=1e-13)


WORLD = World()
A, B = (latent((name,), WORLD) for name in "ab")


def corner(bounds: list[Any]) -> Piece:
    piece = Piece(-(A**2) / 2 - B**2 / 2 + A * B / 2, latents=tuple(Latent((name,), WORLD) for name in "ab"))
    for bound in bounds:
        narrowed = piece.where(bound)
        assert narrowed is not None
        piece = narrowed
    return piece


def test_a_corner_that_is_hardly_ever_reached_is_integrated_numerically() -> None:
    """A probability of 1e-22 has no digits left as a difference of values of T."""
    piece = corner([A - 9, -B - 2])
    assert not isinstance(grid(piece).slab, Wedge)

    def given(a: float) -> float:  # b ~ N(a / 2, 1)
        return float(np.exp(-3 * a * a / 8) * stats.norm.cdf(-2 - a / 2))

    wanted = math.sqrt(2 * math.pi) * integrate.quad(given, 9, 20, epsabs=0, epsrel=1e-11)[0]
    assert float(log_mass(piece)) == pytest.approx(math.log(wanted), abs=1e-9)


def test_a_quadrant_has_its_formula() -> None:
    """P(A > 0, B > 0) = 1/4 + asin(ρ) / 2π, with ρ = 1/2: 1/3 (Sheppard 1899)."""
    piece = corner([A, B])
    assert isinstance(grid(piece).slab, Wedge)
    whole = math.log(2 * math.pi) - 0.5 * math.log(0.75)
    assert float(log_mass(piece)) - whole == pytest.approx(math.log(1 / 3), abs=1e-13)


TEXT = """
model scale(y: real[N]) {
  s ~ HalfNormal(2)
  a ~ Normal(0, s)
  b ~ Normal(1, s)
  c ~ Normal(0.5, s)
  observe y ~ Normal(a, 1)
}
"""
Y = [0.3, 1.7, -0.4]


def asked(query: str) -> float:
    found = pplc.compile(TEXT).query(query, {"y": Y}, method="exact")
    return float(found.value)  # type: ignore[union-attr]


def posterior(value: Any, size: int = 160) -> float:
    """E of a function of a and s, given the data: sums over both, by rules of Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(size)
    s, by_s = np.array([]), np.array([])
    for low, high in ((0, 0.3), (0.3, 1), (1, 3), (3, 8), (8, 18)):
        s = np.append(s, low + (high - low) * (nodes + 1) / 2)
        by_s = np.append(by_s, weights * (high - low) / 2)
    precision = 1 / s**2 + 3
    mean, sd = sum(Y) / precision, precision**-0.5
    # N(y; a, 1) N(a; 0, s) integrated over a
    evidence = sd / s * np.exp(0.5 * mean**2 * precision) * np.exp(-(s**2) / 8)
    z = 9 * nodes
    a = mean[:, None] + sd[:, None] * z
    mass = (by_s * evidence)[:, None] * weights * np.exp(-0.5 * z**2)
    return float((mass * value(a, s[:, None])).sum() / mass.sum())


def both_below(a: Any, s: Any) -> Any:
    return stats.norm.cdf((a - 1) / s) * stats.norm.cdf((a - 0.5) / s)


def largest(a: Any, s: Any) -> Any:
    """E max(a, b, c), given a and s: a + ∫ over x > a of 1 - P(b <= x) P(c <= x)."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    top = np.maximum(a, 1 + 9 * s)
    step = (top - a)[..., None] * (nodes + 1) / 2
    x = a[..., None] + step
    wide = np.broadcast_to(s, a.shape)[..., None]
    beyond = 1 - stats.norm.cdf((x - 1) / wide) * stats.norm.cdf((x - 0.5) / wide)
    return a + (top - a) / 2 * (weights * beyond).sum(-1)


def test_one_of_three_is_the_largest_given_an_unknown_scale() -> None:
    assert asked("P(a > b and a > c)") == pytest.approx(posterior(both_below), rel=1e-7)
    chances = [asked(f"P({x} > {y} and {x} > {z})") for x, y, z in ("abc", "bca", "cab")]
    assert sum(chances) == pytest.approx(1, abs=1e-10)


def test_the_mean_of_the_largest_of_three_given_an_unknown_scale() -> None:
    assert asked("E[max(a, max(b, c))]") == pytest.approx(posterior(largest, 60), rel=1e-6)


def test_means_and_quantiles_given_two_comparisons() -> None:
    chance = posterior(both_below)
    wanted = posterior(lambda a, s: a * both_below(a, s)) / chance
    assert asked("E[a | a > b and a > c]") == pytest.approx(wanted, rel=1e-7)
    square = posterior(lambda a, s: a**2 * both_below(a, s)) / chance
    assert asked("sd(a | a > b and a > c)") == pytest.approx(math.sqrt(square - wanted**2), rel=1e-6)
    at = asked("quantile(a, 0.8 | a > b and a > c)")
    # A jump inside a panel costs the sum digits.
    assert posterior(lambda a, s: (a <= at) * both_below(a, s), 400) / chance == pytest.approx(0.8, abs=2e-3)


SIGNS = """
model signs() {
  x ~ Normal(0.5, 1)
  y ~ Normal(0, 1)
  condition(x * (y - 1) > 0)
  return x
}
"""


def exact(model: pplc.Model, query: str) -> Any:
    return model.query(query, {}, method="exact")


def test_a_bound_whose_slope_has_either_sign_is_two_bounds() -> None:
    """Both signs alike, or both unlike: a sum over two quadrants around (0, 1)."""
    model = pplc.compile(SIGNS)
    up, over = float(stats.norm.cdf(0.5)), float(stats.norm.cdf(-1.0))
    like, unlike = up * over, (1 - up) * (1 - over)
    mass = like + unlike

    def value(query: str) -> float:
        return float(exact(model, query).value)

    assert value("evidence") == pytest.approx(math.log(mass), rel=1e-13)
    assert value("P(x > 0)") == pytest.approx(like / mass, rel=1e-12)
    height = float(stats.norm.pdf(1))  # E[y; y > 1] = φ(1) = -E[y; y < 1]
    expected = height * (2 * up - 1) / mass
    assert value("E[y]") == pytest.approx(expected, rel=1e-12)

    def below(t: float) -> float:
        """P(y < t) for t < 1."""
        return float(stats.norm.cdf(t)) * (1 - up) / mass

    found = exact(model, "quantile(y, 0.3)")
    assert below(found.interval[0]) < 0.3 < below(found.interval[1])


def test_a_product_that_is_positive_leaves_both_laws_as_they_were() -> None:
    run = pplc.compile(
        "model m() { x ~ Normal(0, 1); y ~ Normal(0, 1)\n condition(x * y > 0)\n return x }"
    ).infer({}, method="exact")
    for name in ("x", "y"):
        assert float(run[name].numbers["q95"]) == pytest.approx(1.6448536269514722, rel=1e-9)
        assert float(run[name].numbers["q05"]) == pytest.approx(-1.6448536269514722, rel=1e-9)
