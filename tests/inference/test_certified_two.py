"""Proved integrals over two variables: every enclosure contains what formulas and other quadrature give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

import pplc
from pplc.inference.certified import planes
from pplc.inference.certified.balls import BALLS, precise, rational
from pplc.inference.certified.corners import Corner, Corners, bound
from pplc.inference.certified.straight_line import StraightLine
from pplc.inference.certified.tails import Diverges
from pplc.inference.certified.terms import Term
from pplc.inference.continuous.blocks import quadratic
from pplc.inference.continuous.piece import Piece, World
from pplc.semantics.symbolic.elementary import Number, applied, lgamma, log
from pplc.semantics.symbolic.expression import Latent, latent

WORLD = World()
X, Y = Latent(("x",), WORLD), Latent(("y",), WORLD)
x: Any = latent(("x",), WORLD)
y: Any = latent(("y",), WORLD)


def proved(exponent: Callable[[], Number], *bounds: Number, functions: tuple[Number, ...] = ()) -> Any:
    piece: Piece | None = Piece(latents=(X, Y))
    for one in bounds:
        assert piece is not None
        piece = piece.where(one)
    assert piece is not None
    WORLD.piece = piece
    piece = replace(piece, exponent=exponent())
    return planes.enclosures((X, Y), Term(0.0, piece, quadratic(piece.exponent, ())), functions, ())


def assume_positive() -> None:
    piece = Piece(latents=(X, Y)).where(x)
    piece = piece and piece.where(y)
    assert piece is not None
    WORLD.piece = piece


def narrow(found: arb, expected: float) -> bool:
    """Whether an enclosure is narrow, and right to the digits that a float has."""
    return bool(found.rad() < 1e-8 * abs(found)) and abs(float(found.mid()) / expected - 1) < 1e-8


@given(st.fractions(-1, 1, max_denominator=8), st.fractions(-1, 1, max_denominator=8))
@settings(max_examples=3, deadline=None)
def test_a_turned_product_of_quartic_densities_has_the_integral_of_the_product(
    a: Fraction, b: Fraction
) -> None:
    # With u = x - a and v = y + x / 2 - b, whose Jacobian is 1, it is e^(-u⁴ - u²) e^(-v²).
    with mpmath.workdps(20):
        first = mpmath.quad(lambda u: mpmath.exp(-(u**4) - u * u), [-mpmath.inf, 0, mpmath.inf])
    found = proved(lambda: -((x - a) ** 4) - (x - a) ** 2 - (y + x / 2 - b) ** 2)
    assert found is not None
    assert narrow(found[0], float(first * mpmath.sqrt(mpmath.pi)))


def on_logs(log_density: Callable[[Any, Any], Any], step: float = 0.02) -> Any:
    """Values of a density of positive x and y, times the areas of points that are even in log x and log y.

    The trapezoidal rule on the whole plane, whose error falls faster than any power of the step.
    """
    points = np.exp(np.arange(-12, 6, step))
    first, second = np.meshgrid(points, points)
    return first, second, np.exp(log_density(first, second)) * first * second * step**2


def test_gamma_data_with_both_parameters_unknown_are_integrated_with_moments() -> None:
    exponent = lambda: -x * x / 18 - y * y / 18 + 6 * x * log(y) - 6 * lgamma(x) - 12 * y + 3 * x  # noqa: E731
    found = proved(exponent, x, y, functions=(x, x * x))
    assert found is not None
    first, _, masses = on_logs(
        lambda a, b: -a * a / 18 - b * b / 18 + 6 * a * np.log(b) - 6 * special.gammaln(a) - 12 * b + 3 * a
    )
    for k, one in enumerate(found):
        assert narrow(one, float((masses * first**k).sum()))


def test_logistic_regression_with_two_coefficients() -> None:
    slopes = (Fraction(1, 2), Fraction(-1), Fraction(3, 2))
    found = proved(lambda: -x * x / 2 - y * y / 2 + sum(applied("log_sigmoid", x + y * s) for s in slopes))
    assert found is not None
    # The trapezoidal rule on the whole plane is exact but for e^(-(2π/h)²/2), here 1e-13 and less.
    points = np.arange(-10, 10, 0.05)
    a, b = np.meshgrid(points, points)
    value = -(a * a) / 2 - b * b / 2 + sum(special.log_expit(a + b * float(s)) for s in slopes)
    assert narrow(found[0], float(np.exp(value).sum() * 0.05**2))


def test_location_and_scale_of_normal_data_under_heavy_tails() -> None:
    found = proved(
        lambda: -6 * log(y) - (3 + 2 * (x - 1) ** 2) / y**2 - 2 * log(1 + x * x) - log(1 + y * y), y
    )
    assert found is not None
    step = 0.02
    location, scale = np.meshgrid(np.sinh(np.arange(-20, 20, step)), np.exp(np.arange(-6, 12, step)))
    value = -6 * np.log(scale) - (3 + 2 * (location - 1) ** 2) / scale**2
    value += -2 * np.log1p(location**2) - np.log1p(scale**2)
    expected = (np.exp(value) * np.sqrt(1 + location**2) * scale).sum() * step**2
    assert narrow(found[0], float(expected))


def test_beta_data_with_both_parameters_unknown_need_the_ratio_of_these() -> None:
    """Four data whose logs sum to -3, and those of 1 less them to -4; a, b ~ Exponential(1)."""
    exponent = lambda: 4 * (lgamma(x + y) - lgamma(x) - lgamma(y)) - 4 * x - 5 * y + 7  # noqa: E731
    found = proved(exponent, x, y, functions=(x, x * y))
    assert found is not None
    first, second, masses = on_logs(
        lambda a, b: (
            4 * (special.gammaln(a + b) - special.gammaln(a) - special.gammaln(b)) - 4 * a - 5 * b + 7
        )
    )
    for one, by in zip(found, (1, first, first * second), strict=True):
        assert narrow(one, float((masses * by).sum()))


def test_two_scales_that_share_what_they_explain() -> None:
    """Two normal data 1 and -2 with variance x² + y²; the scales under half-Cauchy priors."""
    found = proved(
        lambda: -log(x * x + y * y) - 5 / (2 * (x * x + y * y)) - log(1 + x * x) - log(1 + y * y), x, y
    )
    assert found is not None
    points = np.exp(np.arange(-30, 30, 0.02))
    a, b = np.meshgrid(points, points)
    value = -np.log(a * a + b * b) - 5 / (2 * (a * a + b * b)) - np.log1p(a * a) - np.log1p(b * b)
    assert narrow(found[0], float((np.exp(value) * a * b).sum() * 0.02**2))


def test_a_half_plane_that_cuts_both_variables_has_half_of_what_is_symmetric() -> None:
    found = proved(lambda: -x * x - y * y * y * y, x - y)
    assert found is not None
    assert narrow(found[0], float(mpmath.sqrt(mpmath.pi) * mpmath.gamma(mpmath.mpf(5) / 4)))


def test_a_triangle_is_integrated_where_the_density_is_not_analytic_at_its_sides() -> None:
    """∫ x^(3/2) (1 - x)^(1/2) y (1 - y) over 0 < x < y < 1: over y it is 1/6 - x²/2 + x³/3."""
    found = proved(lambda: (3 * log(x) + log(1 - x)) / 2 + log(y) + log(1 - y), x, 1 - x, y, 1 - y, y - x)
    assert found is not None
    powers = {0: Fraction(1, 6), 2: Fraction(-1, 2), 3: Fraction(1, 3)}
    assert narrow(found[0], sum(float(c) * float(mpmath.beta(2.5 + k, 1.5)) for k, c in powers.items()))


def test_a_curved_bound_is_not_proved() -> None:
    assert proved(lambda: -x * x - y * y * y * y, x - y * y) is None


def test_an_integral_over_one_tail_that_is_infinite_makes_the_whole_infinite() -> None:
    found = proved(lambda: -x * x - x**4 - log(1 + y * y) / 2, y)
    assert found == [Diverges(1)]


def test_of_a_finite_integral_a_multiple_may_be_infinite() -> None:
    """Given x the scale y has no mean; and what is not of one sign does not exist."""
    found = proved(lambda: -x * x - x**4 - log(1 + y * y), y, functions=(y, x * y * y, x))
    assert found is not None
    assert narrow(
        found[0], float(mpmath.pi / 2 * mpmath.quad(lambda t: mpmath.exp(-t * t - t**4), [-9, 0, 9]))
    )
    assert found[1:3] == [Diverges(1), Diverges(0)]
    assert found[3].contains(0)


def value_of(corner: Corner, v: arb, w: arb) -> arb:
    total = arb(0)
    for ((p, k), (q, m)), c in corner.terms.items():
        powers = [
            v ** arb(rational(p)),
            v.log() ** arb(rational(k)),
            w ** arb(rational(q)),
            w.log() ** arb(rational(m)),
        ]
        total += arb(c) * powers[0] * powers[1] * powers[2] * powers[3]
    return total


NUMBERS: list[Callable[[], Number]] = [
    lambda: log(1 + (x - 3) ** 2 / y**2),
    lambda: log(x * x + y * y),
    lambda: lgamma(x + 2),
    lambda: lgamma(x) - x * log(y),
    lambda: (x * x + y * y) ** Fraction(-1, 2),
    lambda: applied("log_sigmoid", x - 2 * y),
    lambda: applied("log_ndtr", 3 - x * y),
    lambda: 1 / (1 + x) + log(y + 3),
]


FAR = [(True, True), (True, False), (False, True), (False, False)]


@pytest.mark.parametrize("place", range(len(NUMBERS)))
@pytest.mark.parametrize("far", FAR)
def test_corners_contain_what_numbers_are_there(place: int, far: tuple[bool, bool]) -> None:
    assume_positive()
    made = NUMBERS[place]()
    with precise():
        corners = Corners(arb(64), arb(64))
        at = [corners.along(axis, Fraction(0), Fraction(1), far=far[axis]) for axis in (0, 1)]
        (found,) = StraightLine([made], [X, Y], corners)(*at)
        for v in (arb(64), arb(100), arb(10) ** 6):
            for w in (arb(64), arb(200), arb(10) ** 9):
                points = [z if out else 1 / z for z, out in zip((v, w), far, strict=True)]
                (exact,) = StraightLine([made], [X, Y], BALLS)(*points)
                assert value_of(found, v, w).overlaps(exact)


@given(
    st.fractions(Fraction(1, 8), 2, max_denominator=8),
    st.fractions(Fraction(1, 8), 2, max_denominator=8),
    st.fractions(-1, Fraction(1, 8), max_denominator=8),
)
@settings(max_examples=20, deadline=None)
def test_what_lies_in_a_corner_is_no_more_than_its_bound(a: Fraction, b: Fraction, c: Fraction) -> None:
    """The exponent is -a v² - b w² + c v w, and v, w >= 4."""
    with precise():
        corners = Corners(arb(4), arb(4))
        v, w = (corners.along(axis, Fraction(0), Fraction(1), far=True) for axis in (0, 1))
        exponent = v * v * corners.constant(-a) + w * w * corners.constant(-b) + v * w * corners.constant(c)
        most = bound(exponent, corners.constant(1), far=(True, True))
    points = np.arange(4, 30, 0.02)
    first, second = np.meshgrid(points, points)
    value = -float(a) * first**2 - float(b) * second**2 + float(c) * first * second
    # A lower sum: the integrand falls along both axes where 2 a v > c w, which the bound does not need.
    rough = float(np.exp(value).sum() * 0.02**2)
    assert most.is_finite() == (c <= 0)  # a product that grows is only bounded by powers that are larger
    if c <= 0:
        assert rough * 0.8 <= float(most.upper())


def test_evidence_and_means_of_a_model_with_two_variables_left_are_bounds() -> None:
    text = """
    model m(y: real[N]) {
      a ~ HalfNormal(3)
      b ~ HalfNormal(3)
      observe y ~ Gamma(a, b)
      return a
    }
    """
    data = {"y": [1.2, 0.7, 2.9, 1.6, 2.2, 3.1]}
    found = pplc.compile(text).infer(data, method="exact").log_evidence
    assert isinstance(found, pplc.Bounds)
    assert found.upper - found.lower < 1e-8
