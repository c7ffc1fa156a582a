"""Normal variables that are bounded together: by arithmetic of many digits, programs by other integrals."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

import pplc
from pplc.inference.continuous.blocks import block_at
from pplc.inference.continuous.components import about, components
from pplc.inference.continuous.grids import grid
from pplc.inference.continuous.masses import log_mass
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.slabs import log_between, moments_between
from pplc.semantics.symbolic.expression import Latent, latent

BETWEEN = [
    (-1.0, 2.0), (-math.inf, 0.5), (0.5, math.inf), (8.0, 9.0), (-30.0, -29.5), (37.5, math.inf),
    (0.0, 1e-9), (3.0, 3.0 + 1e-3), (20.0, 20.0 + 4e-4), (20.0, 20.0 + 6e-4), (-0.01, 0.0099), (-5.0, 40.0),
]  # fmt: skip


def exactly_between(low: float, high: float) -> tuple[Any, Any, Any]:
    """Log mass, mean and variance of a standard normal variable between bounds, to 40 digits."""
    with mpmath.workdps(60):
        a, b = mpmath.mpf(low), mpmath.mpf(high)
        if a > 0:  # ncdf has all its digits in the lower tail
            mass = mpmath.ncdf(-a) - mpmath.ncdf(-b)
        else:
            mass = mpmath.ncdf(b) - mpmath.ncdf(a)
        mean = (mpmath.npdf(a) - mpmath.npdf(b)) / mass
        edges = (a * mpmath.npdf(a) if low > -math.inf else 0) - (
            b * mpmath.npdf(b) if high < math.inf else 0
        )
        return mpmath.log(mass), mean, 1 + edges / mass - mean**2


@pytest.mark.parametrize(("low", "high"), BETWEEN)
def test_what_lies_between_bounds_has_its_digits(low: float, high: float) -> None:
    ends = np.array([low]), np.array([high])
    mass, mean, variance = exactly_between(low, high)
    found_mean, found_variance = moments_between(*ends)
    assert log_between(*ends)[0] == pytest.approx(float(mass), abs=1e-11, rel=1e-14)
    assert found_mean[0] == pytest.approx(float(mean), abs=1e-11, rel=1e-9)
    assert found_variance[0] == pytest.approx(float(variance), rel=1e-7)


def test_nothing_lies_between_bounds_in_the_wrong_order() -> None:
    assert log_between(np.array([1.0]), np.array([1.0]))[0] == -math.inf
    assert log_between(np.array([2.0]), np.array([1.0]))[0] == -math.inf


# ------------------------------------------------------------------ pieces

WORLD = World()
S, A, B = (latent((name,), WORLD) for name in "sab")
LATENTS = tuple(Latent((name,), WORLD) for name in "sab")


@pytest.mark.parametrize("scale", [1e-9, 1e-4, 0.3, 20.0])
def test_a_block_given_a_small_scale_keeps_its_digits(scale: float) -> None:
    """log N(y; a, 1) N(a; 3, s) N(b; a, s), integrated, and the moments, near a scale of 0."""
    exponent = -((A - 3) ** 2) / (2 * S**2) - (B - A) ** 2 / (2 * S**2) - (A - Fraction(7, 2)) ** 2 / 2
    piece = Piece(exponent, latents=LATENTS)
    made = grid(Piece(exponent - S, region=frozenset({S}), latents=LATENTS))
    mass, means, covariances = block_at(piece, made.block)({LATENTS[0]: np.array([scale])})
    with mpmath.workdps(60):
        s = mpmath.mpf(scale)
        precision = mpmath.matrix([[2 / s**2 + 1, -1 / s**2], [-1 / s**2, 1 / s**2]])
        linear = mpmath.matrix([3 / s**2 + mpmath.mpf(7) / 2, 0])
        inverse = precision**-1
        mean = inverse * linear
        wanted = (linear.T * mean)[0] / 2 - 9 / (2 * s**2) - mpmath.mpf(49) / 8
        wanted += mpmath.log(2 * mpmath.pi) - mpmath.log(mpmath.det(precision)) / 2
        assert mass[0] == pytest.approx(float(wanted), abs=1e-12, rel=1e-12)
        assert means[0] == pytest.approx([float(x) for x in mean], rel=1e-13)
        assert covariances[0, 1, 1] == pytest.approx(float(inverse[1, 1]), rel=1e-12)


def test_independent_variables_are_integrated_apart() -> None:
    """Four variables without closed forms, two and two."""
    names = [latent((name,), WORLD) for name in "wxyz"]
    w, x, y, z = names
    latents = tuple(Latent((name,), WORLD) for name in "wxyz")
    exponent = -(w**4) - x**4 + w * x - y**4 - z**4 + 2 * y * z
    piece = Piece(exponent, latents=latents)
    parts = components(piece)
    assert [part.latents for part in parts] == [latents[:2], latents[2:]]
    assert about(parts, frozenset({latents[0]})) == parts[0]

    def of(times: float) -> float:
        found = integrate.dblquad(lambda v, u: math.exp(-(u**4) - v**4 + times * u * v), -4, 4, -4, 4)
        return float(found[0])

    assert float(log_mass(piece)) == pytest.approx(math.log(of(1)) + math.log(of(2)), abs=1e-9)


def test_a_factor_of_several_variables_ties_them() -> None:
    piece = Piece(-(A**2) - B**2, factor=1 + A**2 * B**2, latents=LATENTS[1:])
    assert components(piece) == (piece,)
    # E(1 + a² b²) of variances 1/2
    assert float(log_mass(piece)) == pytest.approx(math.log(math.pi * 1.25))


def test_a_form_that_grows_between_planes_is_integrated_there() -> None:
    """∫_0^1 ∫ exp(-a²/2 - b²/2 + 3 a b) da db = √2π ∫_0^1 e^(4 b²) db"""
    piece = Piece(-(A**2) / 2 - B**2 / 2 + 3 * A * B, latents=LATENTS[1:])
    for bound in (B, 1 - B):
        narrowed = piece.where(bound)
        assert narrowed is not None
        piece = narrowed
    wanted = math.sqrt(2 * math.pi) * integrate.quad(lambda b: math.exp(4 * b * b), 0, 1)[0]
    assert float(log_mass(piece)) == pytest.approx(math.log(wanted), abs=1e-10)
    assert grid(piece).log_mass == pytest.approx(math.log(wanted), abs=1e-10)


# ------------------------------------------------------------------ programs

Moments = Callable[[float], "tuple[float, Any, Any]"]
"""Of a scale: its density times that of the data, mean and covariance of the variables given both."""


def mixed(given: Moments, value: Callable[[Any, Any], float]) -> float:
    """The mean over the scale of what has a closed form given it."""

    def at(s: float, function: Callable[[Any, Any], float]) -> float:
        weight, mean, covariance = given(s)
        return weight * function(mean, covariance)

    def area(function: Callable[[Any, Any], float]) -> float:
        parts = [(0, 0.5), (0.5, 2), (2, 8), (8, 30), (30, np.inf)]
        return sum(
            float(integrate.quad(at, *part, args=(function,), epsabs=0, epsrel=1e-11)[0]) for part in parts
        )

    return area(value) / area(lambda *_: 1.0)


def conditioned(mean: Any, covariance: Any, rows: Any, y: Any, noise: Any) -> tuple[float, Any, Any]:
    """The density of data rows · x + noise, and x given them."""
    spread = rows @ covariance @ rows.T + np.diag(noise)
    gain = covariance @ rows.T @ np.linalg.inv(spread)
    weight = stats.multivariate_normal.pdf(y, rows @ mean, spread)
    return float(weight), mean + gain @ (y - rows @ mean), covariance - gain @ rows @ covariance


def above(row: list[float], at: float = 0.0) -> Callable[[Any, Any], float]:
    """P(row · x > at)."""
    slopes = np.array(row)

    def found(mean: Any, covariance: Any) -> float:
        centre, sd = slopes @ mean - at, math.sqrt(slopes @ covariance @ slopes)
        return float(stats.norm.cdf(centre / sd)) if sd > 0 else float(centre > 0)

    return found


def size(row: list[float]) -> Callable[[Any, Any], float]:
    """E|row · x| (the folded normal law)."""
    slopes = np.array(row)

    def found(mean: Any, covariance: Any) -> float:
        m, s = float(slopes @ mean), math.sqrt(slopes @ covariance @ slopes)
        z = m / s if s > 1e-300 else math.inf
        return 2 * s * float(stats.norm.pdf(z)) + m * (1 - 2 * float(stats.norm.cdf(-z)))

    return found


def larger(i: int, k: int, length: int) -> Callable[[Any, Any], float]:
    """E max(x_i, x_k) = (E x_i + E x_k + E|x_i - x_k|) / 2."""
    row = [0.0] * length
    row[i], row[k] = 1.0, -1.0
    return lambda mean, covariance: 0.5 * (float(mean[i] + mean[k]) + size(row)(mean, covariance))


SCALE = """
model scale(y: real[N]) {
  s ~ HalfNormal(2)
  a ~ Normal(0, s)
  b ~ Normal(1, s)
  observe y ~ Normal(a, 1)
}
"""
Y = [0.3, 1.7, -0.4]


def of_scale(s: float) -> tuple[float, Any, Any]:
    rows = np.array([[1.0, 0.0]] * 3)
    found = conditioned(np.array([0.0, 1.0]), s * s * np.eye(2), rows, np.array(Y), np.ones(3))
    return found[0] * float(stats.norm.pdf(s, 0, 2)), found[1], found[2]


LINE = """
model line(x: real[N], y: real[N]) {
  sd ~ HalfNormal(2)
  a ~ Normal(0, 5)
  b ~ Normal(0, 5)
  observe y ~ Normal(a + b * x, sd)
}
"""
LINE_X, LINE_Y = [0, 1, 2, 3, 4, 5], [0.3, 1.7, 2.1, 2.9, 4.6, 4.8]


def of_line(sd: float) -> tuple[float, Any, Any]:
    rows = np.array([[1.0, x] for x in LINE_X])
    noise = np.full(6, max(sd, 0.05) ** 2)  # below, nothing is left of the density
    found = conditioned(np.zeros(2), 25 * np.eye(2), rows, np.array(LINE_Y), noise)
    return found[0] * float(stats.norm.pdf(sd, 0, 2)), found[1], found[2]


SCHOOLS = """
model schools(y: real[N], sigma: positive[N]) {
  mu ~ Normal(0, 5)
  tau ~ HalfCauchy(5)
  theta[j] ~ Normal(mu, tau) for j in 0..N
  observe y ~ Normal(theta, sigma)
}
"""
SCHOOLS_Y, SIGMA = [28.0, 8, -3, 7, -1, 1, 18, 12], [15.0, 10, 16, 11, 9, 11, 10, 18]


def of_schools(tau: float) -> tuple[float, Any, Any]:
    found = conditioned(
        np.zeros(8), tau * tau * np.eye(8) + 25, np.eye(8), np.array(SCHOOLS_Y), np.square(SIGMA)
    )
    return found[0] * float(stats.cauchy.pdf(tau, 0, 5)), found[1], found[2]


PROGRAMS: dict[str, tuple[str, dict[str, Any], Moments]] = {
    "scale": (SCALE, {"y": Y}, of_scale),
    "line": (LINE, {"x": LINE_X, "y": LINE_Y}, of_line),
    "schools": (SCHOOLS, {"y": SCHOOLS_Y, "sigma": SIGMA}, of_schools),
}

EIGHT = [0.0] * 6
QUERIES: list[tuple[str, str, Callable[[Any, Any], float]]] = [
    ("scale", "P(a > b)", above([1, -1])),
    ("scale", "P(a + b > 2)", above([1, 1], 2)),
    ("scale", "E[max(a, b)]", larger(0, 1, 2)),
    ("scale", "E[abs(a - b)]", size([1, -1])),
    ("line", "P(b > 1)", above([0, 1], 1)),
    ("line", "P(a + 6 * b > 5.5)", above([1, 6], 5.5)),
    ("schools", "P(theta[0] > theta[1])", above([1, -1, *EIGHT])),
    ("schools", "P(theta[0] > 10)", above([1, 0, *EIGHT], 10)),
    ("schools", "E[max(theta[0], theta[1])]", larger(0, 1, 8)),
]


@pytest.mark.parametrize(("name", "query", "given"), QUERIES)
def test_bounds_of_normal_variables_given_an_unknown_scale(
    name: str, query: str, given: Callable[[Any, Any], float]
) -> None:
    text, data, moments = PROGRAMS[name]
    found = pplc.compile(text).query(query, data, method="exact")
    assert float(found.value) == pytest.approx(mixed(moments, given), rel=2e-8)  # type: ignore[union-attr]


def test_quantiles_given_that_one_variable_is_above_another() -> None:
    found = pplc.compile(SCALE).query("quantile(a, 0.9 | a > b)", {"y": Y}, method="exact")
    at = float(found.value)  # type: ignore[union-attr]

    def both(mean: Any, covariance: Any) -> float:  # P(a <= at and b < a)
        spread = np.array([[1, 0], [-1, 1]])
        law = stats.multivariate_normal(
            spread @ mean, spread @ covariance @ spread.T, abseps=1e-12, releps=1e-12
        )
        return float(law.cdf([at, 0.0]))

    inside = mixed(of_scale, both) / mixed(of_scale, above([1, -1]))
    assert inside == pytest.approx(0.9, abs=1e-6)


def test_draws_of_bounded_blocks_are_in_bounds_and_have_their_mean() -> None:
    text = SCALE.replace("observe", "condition(a > b)\n  observe")
    run = pplc.compile(text).infer({"y": Y}, method="exact", seed=3, draws=2000)
    a, b = np.asarray(run.draws("a")), np.asarray(run.draws("b"))
    assert (a > b).all()
    expected = float(run["b"].mean)
    assert abs(b.mean() - expected) < 5.5 * b.std() / len(b) ** 0.5
