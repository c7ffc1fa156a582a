"""Integrals of concave exponents, as of regressions, contain what other quadrature gives; bounds hold."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import acb, arb
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from pplc.inference.certified import strips
from pplc.inference.certified.balls import BALLS, precise
from pplc.inference.certified.concave import Concave, concave
from pplc.inference.certified.straight_line import StraightLine
from pplc.inference.certified.terms import Term
from pplc.inference.continuous.piece import Piece, World
from pplc.semantics.symbolic.elementary import Number, applied, exp, log
from pplc.semantics.symbolic.expression import Latent, latent

WORLD = World()
X, Y = Latent(("x",), WORLD), Latent(("y",), WORLD)
x: Any = latent(("x",), WORLD)
y: Any = latent(("y",), WORLD)

PLACES = (Fraction(-3, 2), Fraction(-1, 2), Fraction(1, 4), Fraction(1), Fraction(9, 4))
COUNTS = (0, 1, 2, 3, 9)
PRIOR = -x * x / 2 - y * y / 8

LOGISTIC = PRIOR + sum(
    applied("log_sigmoid", s * (x + y * c)) for s, c in zip((1, -1, 1, 1, 1), PLACES, strict=True)
)
PROBIT = PRIOR + sum(
    applied("log_ndtr", s * (x + y * c)) for s, c in zip((1, -1, 1, 1, -1), PLACES, strict=True)
)
COUNTED = PRIOR + sum(n * (x + y * c) - exp(x + y * c) for n, c in zip(COUNTS, PLACES, strict=True))


def logistic(a: Any, b: Any) -> Any:
    return sum(
        special.log_expit(s * (a + b * float(c))) for s, c in zip((1, -1, 1, 1, 1), PLACES, strict=True)
    )


def probit(a: Any, b: Any) -> Any:
    return sum(
        special.log_ndtr(s * (a + b * float(c))) for s, c in zip((1, -1, 1, 1, -1), PLACES, strict=True)
    )


def counted(a: Any, b: Any) -> Any:
    return sum(n * (a + b * float(c)) - np.exp(a + b * float(c)) for n, c in zip(COUNTS, PLACES, strict=True))


PROGRAMS = pytest.mark.parametrize(
    ("exponent", "likelihood"), [(LOGISTIC, logistic), (PROBIT, probit), (COUNTED, counted)]
)


def proved(exponent: Number, *bounds: Number, functions: tuple[Number, ...] = ()) -> Any:
    piece: Piece | None = Piece(latents=(X, Y))
    for one in bounds:
        assert piece is not None
        piece = piece.where(one)
    assert piece is not None
    piece = replace(piece, exponent=exponent)
    return strips.enclosures((X, Y), Term(0.0, piece, {(): exponent}), functions)


def points(likelihood: Any, step: float = 0.02) -> tuple[Any, Any, Any]:
    """A grid, and the masses of its points by the trapezoidal rule, whose error is far below 1e-15 here."""
    along = np.arange(-9, 9, step)
    a, b = np.meshgrid(along, 2 * along)
    return a, b, np.exp(-a * a / 2 - b * b / 8 + likelihood(a, b)) * 2 * step**2


def close(found: arb, expected: float) -> bool:
    """Whether an enclosure is narrow, and right to the digits that a sum of floats has."""
    return bool(found.rad() < 1e-11 * abs(found)) and abs(float(found.mid()) / expected - 1) < 1e-12


@PROGRAMS
@pytest.mark.parametrize(("p", "q"), [(0, 1), (1, 0), (1, 2)])
def test_integrals_and_moments_are_those_of_the_trapezoidal_rule(
    exponent: Number, likelihood: Any, p: int, q: int
) -> None:
    number = p * x + q * y + 1
    found = proved(exponent, functions=(number, number * number))
    a, b, masses = points(likelihood)
    for k, one in enumerate(found):
        assert close(one, float((masses * (p * a + q * b + 1) ** k).sum()))


def test_where_a_probability_or_a_rate_is_above_a_number_a_line_is_the_end() -> None:
    p = applied("sigmoid", x - 2 * y)
    for bound, line in (
        (p - Fraction(1, 5), x - 2 * y + Fraction(math.log(4))),
        (Fraction(1, 5) - p, -x + 2 * y - Fraction(math.log(4))),
        (exp(x - 2 * y) - 3, x - 2 * y - Fraction(math.log(3))),
        (3 - exp(x - 2 * y), -x + 2 * y + Fraction(math.log(3))),
    ):
        (found,), (expected,) = proved(LOGISTIC, bound), proved(LOGISTIC, line)
        assert found.rad() < 1e-11 * found
        assert abs(found - expected) < 1e-11 * found
    assert proved(LOGISTIC, applied("tanh", x)) is None


@PROGRAMS
def test_means_of_probabilities_and_of_rates(exponent: Number, likelihood: Any) -> None:
    a, b, masses = points(likelihood)
    for number, values in (
        (-3 * applied("sigmoid", x - 2 * y), -3 * special.expit(a - 2 * b)),
        (exp(x + y / 2 + 1), np.exp(a + b / 2 + 1)),
    ):
        found = proved(exponent, functions=(number, number * number))
        for k, one in enumerate(found):
            assert close(one, float((masses * values**k).sum()))


@pytest.mark.parametrize("exponent", [LOGISTIC, PROBIT, COUNTED])
def test_what_lies_on_both_sides_of_a_line_adds_up(exponent: Number) -> None:
    (whole,) = proved(exponent)
    for line in (y, y - 3, x + 2 * y - Fraction(1, 3), x + 2):
        (above,), (below,) = proved(exponent, line), proved(exponent, -line)
        assert whole.overlaps(above + below)
        assert (above + below).rad() < 1e-11 * whole


def test_between_two_ends_is_the_difference_of_what_lies_beyond_each() -> None:
    number = y
    whole = proved(COUNTED, functions=(number, number * number))
    parts = [
        proved(COUNTED, *bounds, functions=(number, number * number))
        for bounds in ((-y,), (y, Fraction(1, 2) - y), (y - Fraction(1, 2),))
    ]
    for k, one in enumerate(whole):
        total = sum((part[k] for part in parts), arb(0))
        assert one.overlaps(total)
        assert total.rad() < 1e-11 * abs(one)


@PROGRAMS
def test_beyond_a_line_is_the_mass_that_nested_quadrature_finds(exponent: Number, likelihood: Any) -> None:
    """A Gauss-Legendre rule along y on panels, the trapezoidal one along x."""
    nodes, weights = np.polynomial.legendre.leggauss(30)
    expected = 0.0
    along = np.arange(-10, 10, 0.02)
    for low in np.arange(1.25, 25, 1.25):
        for node, weight in zip(nodes, weights, strict=True):
            b = low + 0.625 * (1 + node)
            values = np.exp(-along * along / 2 - b * b / 8 + likelihood(along, b))
            expected += values.sum() * 0.02 * weight * 0.625
    (found,) = proved(exponent, y - Fraction(5, 4))
    assert close(found, expected)


@given(
    st.sampled_from([LOGISTIC, PROBIT, COUNTED]),
    st.fractions(-3, 3, max_denominator=8),
    st.fractions(-3, 3, max_denominator=8),
    st.fractions(-1, 1, max_denominator=8),
    st.fractions(-1, 1, max_denominator=8),
    st.fractions(Fraction(1, 16), Fraction(1, 2), max_denominator=16),
)
@settings(max_examples=60, deadline=None)
def test_the_size_on_a_strip_is_no_more_than_its_bound(
    exponent: Number, a: Fraction, b: Fraction, u: Fraction, v: Fraction, height: Fraction
) -> None:
    of = concave(exponent, (X, Y))
    assert of is not None
    with precise():
        swell = of.swell([((u, v), height)])
        line = StraightLine([exponent, swell], (X, Y), BALLS)
        at, more = line(*(arb(float(one)) for one in (a, b)))
        there = line(*(acb(float(one), float(step * height)) for one, step in ((a, u), (b, v))))[0]
        assert (there.real if isinstance(there, acb) else there) <= at + more + of.growth(
            (u, v), height
        ) + 1e-25


def test_bounds_on_strips_are_attained_where_they_can_be() -> None:
    """|σ(iθ)| = σ(0) / cos(θ / 2), so that a factor less would be wrong."""
    of = concave(applied("log_sigmoid", x) - y * y, (X, Y))
    assert of is not None
    with precise():
        size = StraightLine([of.number], (X, Y), BALLS)(acb(0, 2), acb(0))[0].real
        assert abs(size + arb(2).log() - of.growth((Fraction(1), Fraction(0)), Fraction(2))) < 1e-11


@pytest.mark.parametrize(
    "exponent",
    [
        -x * x - y**4,
        -x * x / 2 - y * y / 2 - log(1 + x * x),
        -x * x / 2 - y * y / 2 - applied("log_sigmoid", x + y),
        -x * x / 2 - y * y / 2 + exp(x),
        -x * x / 2 + 2 * x * y - y * y / 2 + applied("log_sigmoid", x),
        -x * x / 2 - y * y / 2,
        -x * x / 2 - y * y / 2 + applied("log_sigmoid", x * y),
    ],
)
def test_what_is_not_seen_to_be_concave_is_left_to_others(exponent: Number) -> None:
    assert proved(exponent) is None


def test_bounds_of_two_numbers_and_moments_of_another_are_left_to_others() -> None:
    assert proved(LOGISTIC, x, y) is None
    assert proved(LOGISTIC, x, functions=(y, y * y)) is None
    assert proved(LOGISTIC, functions=(x * y, x * x * y * y)) is None


def test_data_far_from_the_middle_make_narrow_ridges_that_are_followed() -> None:
    """Slopes about 70, so that the variables are correlated by -0.999 and more."""
    exponent = (
        -x * x / 200
        - y * y / 2
        + sum(
            applied("log_sigmoid", s * (x + y * c))
            for s, c in zip((1, -1, 1, -1, -1), (66, 68, 70, 73, 78), strict=True)
        )
    )
    (found,) = proved(exponent)
    b, a = np.meshgrid(np.arange(-8, 8, 0.002), np.arange(-90, 90, 0.1))
    value = -a * a / 200 - b * b / 2
    for s, c in zip((1, -1, 1, -1, -1), (66, 68, 70, 73, 78), strict=True):
        value = value + special.log_expit(s * (a + b * c))
    assert abs(float(found.mid()) / float(np.exp(value).sum() * 0.002 * 0.1) - 1) < 1e-11
    assert found.rad() < 1e-11 * found


def test_steps_that_are_too_large_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error of e^-3 aimed at, and no better, there is no proof; and what was found is that rough."""
    monkeypatch.setattr(strips, "TRIES", 1)
    monkeypatch.setattr(strips, "GOAL", 3.0)
    assert proved(LOGISTIC) is None
    monkeypatch.setattr(strips, "ENOUGH", -5)
    (found,) = proved(LOGISTIC)
    assert found.rad() > 1e-4 * found
    monkeypatch.undo()
    (right,) = proved(LOGISTIC)
    assert found.contains(right)


def test_a_concave_exponent_is_taken_apart() -> None:
    of = concave(COUNTED, (X, Y))
    assert isinstance(of, Concave)
    assert of.precision == (Fraction(1), Fraction(0), Fraction(1, 4))
    whole = Fraction(sum(COUNTS)), sum((n * c for n, c in zip(COUNTS, PLACES, strict=True)), Fraction(0))
    assert of.linear == whole
    assert sorted(link.slopes[1] for link in of.links) == sorted(PLACES)


@pytest.mark.parametrize(
    ("times", "slope", "shift"),
    [(Fraction(1, 10), 10, 0), (Fraction(3, 10), 5, 2), (Fraction(1, 20), 12, 1), (Fraction(5, 2), 5, 2)],
)
def test_a_power_of_a_normal_probability_that_is_not_whole_has_branch_points(
    times: Fraction, slope: int, shift: int
) -> None:
    """They are zeros of Φ beside the real line. With u along the slopes the integral is one over u."""
    (found,) = proved(-x * x / 2 - y * y / 2 + times * applied("log_ndtr", slope * x + y + shift))
    u, step = np.linspace(-9, 9, 18001, retstep=True)
    density = np.exp(-u * u / 2 + float(times) * special.log_ndtr(math.hypot(slope, 1) * u + shift))
    assert close(found, float(density.sum() * step * math.sqrt(2 * math.pi)))
