"""Each rule of exact integration against numerical quadrature, and the quadrature against known integrals."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pplc.inference.continuous.changes import as_variable
from pplc.inference.continuous.evaluation import inside, values_at
from pplc.inference.continuous.grids import TooMany, grid
from pplc.inference.continuous.integrals import integrate_out
from pplc.inference.continuous.masses import log_mass, settled
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.quadrature import integrate
from pplc.inference.continuous.truncated_normal import truncated_moments
from pplc.semantics.number import LogRat
from pplc.semantics.symbolic.elementary import log
from pplc.semantics.symbolic.expression import Latent, Unknown, latent

F = Fraction
few = settings(max_examples=20)
"""Examples of a rule: each is an integral found twice."""

# ------------------------------------------------------------------ quadrature

KNOWN: dict[str, tuple[Callable[[Any], Any], float, float, float]] = {
    "normal": (lambda x: -0.5 * x * x, -math.inf, math.inf, 0.5 * math.log(2 * math.pi)),
    "far and narrow": (
        lambda x: -0.5 * ((x - 1e4) / 1e-3) ** 2,
        -math.inf,
        math.inf,
        0.5 * math.log(2 * math.pi) + math.log(1e-3),
    ),
    "Cauchy tail": (lambda x: -np.log1p(x * x), 0.0, math.inf, math.log(math.pi / 2)),
    "singular end": (lambda x: -0.5 * np.log(x) - x, 0.0, math.inf, math.lgamma(0.5)),
    "jump": (
        lambda x: np.where(x < 0.3, 0.0, -5.0),
        0.0,
        1.0,
        math.log(0.3 + 0.7 * math.exp(-5)),
    ),
    "beta": (
        lambda x: 500 * np.log(x) + 800 * np.log1p(-x),
        0.0,
        1.0,
        math.lgamma(501) + math.lgamma(801) - math.lgamma(1302),
    ),
    "two hills": (
        lambda x: np.logaddexp(-0.5 * (x + 3) ** 2, -0.5 * ((x - 4) / 0.2) ** 2),
        -math.inf,
        math.inf,
        0.5 * math.log(2 * math.pi) + math.log(1.2),
    ),
    "left half line": (lambda x: x, -math.inf, 1.0, 1.0),
    "polynomial": (lambda x: np.log(x**3), 0.0, 2.0, math.log(4)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_quadrature_finds_known_integrals(name: str) -> None:
    log_density, low, high, wanted = KNOWN[name]
    found = integrate(log_density, low, high)
    # The rounding of (x - 10000) / 0.001 costs digits that no rule brings back.
    assert found.log_mass == pytest.approx(wanted, abs=1e-10 if name == "far and narrow" else 2e-12)
    assert found.error < 1e-9
    assert np.exp(found.log_weights).sum() == pytest.approx(math.exp(wanted))
    assert (np.diff(found.points) >= 0).all()


def test_an_integral_of_nothing_is_nothing() -> None:
    assert integrate(lambda x: np.full(x.shape, -math.inf), 0.0, math.inf).log_mass == -math.inf


@few
@given(
    st.floats(-3, 3),
    st.floats(0.1, 3),
    st.none() | st.floats(-3, 0),
    st.none() | st.floats(0.5, 4),
    st.integers(0, 4),
)
def test_truncated_normal_moments(
    mean: float, sd: float, low: float | None, high: float | None, order: int
) -> None:
    found = truncated_moments(mean, 1 / F(sd) ** 2, low, high, order)
    assert found is not None
    ends = (-math.inf if low is None else low, math.inf if high is None else high)
    nodes = integrate(lambda x: -0.5 * ((x - mean) / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi)), *ends)
    assert found[0] == pytest.approx(nodes.log_mass, abs=1e-9)
    shares = np.exp(nodes.log_weights - nodes.log_mass)
    assert found[1][order] == pytest.approx(float(shares @ nodes.points**order), rel=1e-6, abs=1e-6)


# ------------------------------------------------------------------ rules

WORLD = World()
X, Y = (latent((name,), WORLD) for name in "xy")
AX, AY = (Latent((name,), WORLD) for name in "xy")
HALVES = st.integers(1, 8).map(lambda n: F(n, 2))
WHOLES = st.integers(1, 6).map(Fraction)


ONE = F(1)


def piece_of(exponent: Any, *bounds: Any, factor: Any = ONE, latents: tuple[Latent, ...] = (AX,)) -> Piece:
    piece = Piece(latents=latents)
    for bound in bounds:
        made = piece.where(bound)
        assert made is not None
        piece = made
    WORLD.piece = piece
    found = Piece(exponent() if callable(exponent) else exponent, factor, piece.region, latents, piece.ranges)
    WORLD.piece = found
    return found


def numerically(piece: Piece) -> float:
    """The log of the integral over the only variable, by quadrature."""
    (variable,) = piece.latents
    low, high = piece.ranges.get(variable, (-math.inf, math.inf))

    def log_density(x: Any) -> Any:
        points = {variable: x}
        with np.errstate(all="ignore"):
            found = values_at(piece.exponent, points) + np.log(values_at(piece.factor, points))
        return np.where(inside(piece, points), found, -math.inf)

    return integrate(log_density, low, high).log_mass


def agrees(piece: Piece) -> None:
    """A rule applies, and gives what quadrature gives."""
    found = integrate_out(piece, piece.latents[0])
    assert found is not None
    assert not any(left.latents for _, left in found)
    assert float(log_mass(piece)) == pytest.approx(numerically(piece), abs=1e-9)


def numbers_are_positive(factor: Any) -> bool:
    return bool((values_at(factor, {AX: np.linspace(-3, 3, 61)}) > 0).all())


FACTORS = st.tuples(WHOLES, WHOLES, st.integers(0, 3)).map(lambda t: t[0] + t[1] * X ** t[2] + X**2)


@few
@given(st.fractions(-4, 4, max_denominator=4), HALVES, FACTORS)
def test_normal(slope: Fraction, precision: Fraction, factor: Any) -> None:
    assume(numbers_are_positive(factor))
    agrees(piece_of(slope * X - precision / 2 * X**2, factor=factor + X**4))


@few
@given(st.fractions(-2, 2, max_denominator=4), HALVES, st.integers(-2, 0), st.integers(1, 3))
def test_normal_between_bounds(slope: Fraction, precision: Fraction, low: int, high: int) -> None:
    agrees(piece_of(slope * X - precision / 2 * X**2, X - low, high - X, factor=X**2 + 1))


@few
@given(HALVES, HALVES, FACTORS)
def test_gamma(shape: Fraction, rate: Fraction, factor: Any) -> None:
    agrees(piece_of(lambda: (shape - 1) * log(X) - rate * X, X, factor=factor))


@few
@given(HALVES, HALVES)
def test_inverse_gamma(shape: Fraction, scale: Fraction) -> None:
    agrees(piece_of(lambda: -(shape + 3) * log(X) - scale / X, X, factor=1 + X**2))


@few
@given(HALVES, HALVES, st.integers(1, 5), FACTORS)
def test_beta(a: Fraction, b: Fraction, end: int, factor: Any) -> None:
    assume(b >= 1)  # below, the distance to the end is too inaccurate near it for a quadrature
    agrees(piece_of(lambda: (a - 1) * log(X) + (b - 1) * log(end - X), X, end - X, factor=factor))


@few
@given(st.integers(0, 4), HALVES, st.integers(0, 2))
def test_shapes_that_are_not_positive_beside_powers_that_are(halves: int, rate: Fraction, more: int) -> None:
    """x^(a - 1) x^m with a + m > 0 >= a, as where a variable is a scale of another between 0 and it."""
    a, power = -F(halves, 2), X ** (halves // 2 + 1)
    factor = power * (1 + X**more)
    agrees(piece_of(lambda: (a - 1) * log(X) - rate * X, X, factor=factor))
    agrees(piece_of(lambda: (a - 1) * log(X) + 2 * log(1 - X), X, 1 - X, factor=factor))
    turned = X ** -(halves // 2 + 1)
    agrees(piece_of(lambda: (-a - 1) * log(X) - rate / X, X, factor=turned * (1 + X**-more)))


@few
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 3))
def test_beta_with_sums_that_are_multiplied_out(a: int, b: int, n: int) -> None:
    agrees(piece_of(lambda: a * log(X) + b * log(1 - X) + n * log(F(1, 4) + X / 2), X, 1 - X))


@few
@given(st.integers(-2, 2), st.integers(1, 4), FACTORS)
def test_polynomials_between_bounds(low: int, width: int, factor: Any) -> None:
    assume(low >= 0)
    agrees(piece_of(F(0), X - low, low + width - X, factor=factor))


@few
@given(HALVES, st.integers(1, 4))
def test_power_laws(shape: Fraction, low: int) -> None:
    agrees(piece_of(lambda: -(shape + 1) * log(X), X - low))


@few
@given(st.integers(-3, 3), st.integers(0, 2), st.integers(1, 3), FACTORS)
def test_polynomials_times_exponentials_between_bounds(rate: int, low: int, width: int, factor: Any) -> None:
    assume(rate != 0)
    agrees(piece_of(rate * X, X - low, low + width - X, factor=factor))


@few
@given(HALVES, st.integers(1, 3), FACTORS)
def test_exponential_tails(rate: Fraction, low: int, factor: Any) -> None:
    agrees(piece_of(-rate * X, X - low, factor=factor))
    agrees(piece_of(rate * X, -low - X, factor=X**2 + 1))


@few
@given(WHOLES, st.integers(1, 5), st.integers(1, 3))
def test_powers_of_what_is_left(slope: Fraction, times: int, end: int) -> None:
    agrees(piece_of(lambda: times * log(end - X), X, end - X, factor=slope))


@few
@given(st.integers(-5, 3), st.integers(1, 3), st.booleans(), st.integers(1, 3), FACTORS)
def test_powers_of_a_distance_from_a_point(
    halves: int, slope: int, below: bool, end: int, factor: Any
) -> None:
    distance = slope * (end + 1 - X if below else X + 1)
    agrees(piece_of(lambda: F(halves, 2) * log(distance), X, end - X, factor=factor))


def test_powers_of_a_distance_that_is_0_at_an_end() -> None:
    root = piece_of(lambda: F(-1, 2) * log(1 - X), X, 1 - X, factor=X**2)
    assert float(log_mass(root)) == pytest.approx(math.log(16 / 15), rel=1e-14)  # B(3, 1/2)
    cancelling = piece_of(lambda: -log(1 - X), X, 1 - X, factor=1 - X)
    assert log_mass(cancelling) == LogRat(F(1))
    assert integrate_out(piece_of(lambda: -log(1 - X), X, 1 - X), AX) is None  # which is infinite


def test_a_density_without_a_rule_has_none() -> None:
    assert integrate_out(piece_of(-(X**4)), AX) is None
    assert integrate_out(piece_of(lambda: -X - log(1 + X), X), AX) is None
    assert integrate_out(piece_of(X**2), AX) is None  # it has no integral either


# ------------------------------------------------------------------ several variables


@few
@given(HALVES, HALVES, st.fractions(-1, 1, max_denominator=4), st.fractions(-2, 2, max_denominator=2))
def test_two_normal_variables(a: Fraction, b: Fraction, mixed: Fraction, slope: Fraction) -> None:
    """log 2π - log|J| / 2 + h' J⁻¹ h / 2, by numpy."""
    assume(a * b - mixed**2 > F(1, 16))
    piece = piece_of(slope * X - a / 2 * X**2 - b / 2 * Y**2 + mixed * X * Y, latents=(AX, AY))
    precision = np.array([[a, -mixed], [-mixed, b]], dtype=float)
    linear = np.array([slope, 0], dtype=float)
    wanted = math.log(2 * math.pi) - 0.5 * np.linalg.slogdet(precision)[1]
    wanted += 0.5 * linear @ np.linalg.solve(precision, linear)
    assert float(log_mass(piece)) == pytest.approx(wanted, abs=1e-9)
    made = grid(piece)
    assert made.log_mass == pytest.approx(wanted, abs=1e-9)
    moments = made.normal(X + 2 * Y + 1)
    assert moments is not None
    mean = 1 + np.array([1, 2]) @ np.linalg.solve(precision, linear)
    variance = np.array([1, 2]) @ np.linalg.solve(precision, np.array([1, 2]))
    assert (moments[0][0], moments[1][0]) == pytest.approx((mean, variance))


@few
@given(HALVES, st.integers(-2, 2), st.integers(0, 3))
def test_a_normal_variable_whose_precision_is_a_gamma_variable(rate: Fraction, datum: int, n: int) -> None:
    piece = piece_of(
        lambda: (n + F(5, 2)) * log(Y) - rate * Y - Y / 2 * (X - datum) ** 2, Y, latents=(AX, AY)
    )
    assert not any(left.latents for _, left in settled(piece))
    wanted = integrate(
        lambda y: (n + 2.5) * np.log(y) - float(rate) * y + 0.5 * np.log(2 * math.pi / y), 0.0, math.inf
    )
    assert float(log_mass(piece)) == pytest.approx(wanted.log_mass, abs=1e-9)


def both(piece: Piece) -> None:
    """The closed form over two variables is what a grid over both gives."""
    found = settled(piece)
    assert not any(left.latents for _, left in found)
    made = grid(piece, frozenset({AX, AY}))
    assert float(log_mass(piece)) == pytest.approx(made.log_mass, abs=1e-8)


@settings(max_examples=3)
@given(st.integers(1, 3), st.integers(1, 3))
def test_variables_that_bound_each_other(a: int, b: int) -> None:
    both(piece_of(-a * X - b * Y, X, Y - X, 3 - Y, latents=(AX, AY)))
    both(piece_of(-a * X, X, Y, 2 - X - Y, factor=b + X * Y, latents=(AX, AY)))
    both(piece_of(F(0), X, Y, 2 - X, 3 - Y, X + Y - 1, latents=(AX, AY)))


def test_what_bounds_a_variable_is_decided_case_by_case() -> None:
    """Both parts of a stick broken twice, and what is between, longer than a quarter: 1 / 16, a rational."""
    piece = piece_of(F(0), X - F(1, 4), Y - X - F(1, 4), F(3, 4) - Y, latents=(AX, AY))
    mass = log_mass(piece)
    assert isinstance(mass, LogRat)
    assert mass.value == F(1, 32)
    parabola = piece_of(F(0), X + 1, 1 - X, Y + 1, 1 - Y, X**2 - 4 * Y, latents=(AX, AY))
    assert log_mass(parabola) == LogRat(F(13, 6))


@few
@given(WHOLES, HALVES)
def test_a_change_of_variables_keeps_the_mass(a: Fraction, b: Fraction) -> None:
    piece = piece_of(lambda: (a - 1) * log(X) - X - b * Y, X, Y, latents=(AX, AY))
    changed = as_variable(2 * X + Y + 1, piece)
    assert changed is not None
    variable, moved = changed
    assert variable in moved.latents
    assert float(log_mass(moved)) == pytest.approx(float(log_mass(piece)), abs=1e-9)


def test_more_variables_than_a_grid_takes_are_refused_by_name() -> None:
    names = [latent((name,), WORLD) for name in "abc"]
    piece = piece_of(
        -sum((x**4 for x in names), F(0)) - (names[0] * names[1] * names[2]) ** 2,
        latents=tuple(Latent((name,), WORLD) for name in "abc"),
    )
    with pytest.raises(TooMany, match="left with 3 continuous variables"):
        log_mass(piece)


def test_a_piece_that_is_empty_is_none() -> None:
    piece = piece_of(F(0), X, 1 - X)
    assert piece.where(X - 2) is None
    assert piece.where(-X) is None
    assert piece.where(X + 1) is piece
    narrowed = piece.where(X - F(1, 2))
    assert narrowed is not None
    assert narrowed.ranges[AX] == (0.5, 1.0)
    assert isinstance(X, Unknown)
