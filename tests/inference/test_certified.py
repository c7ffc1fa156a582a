"""Proved integrals: every enclosure contains what arithmetic of many digits gives."""

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

from pplc.inference.certified.balls import BALLS, precise, rational
from pplc.inference.certified.germs import Germ, Germs, Lost, small
from pplc.inference.certified.integrand import Integrand
from pplc.inference.certified.normal_block import NormalBlock
from pplc.inference.certified.panels import enclosures
from pplc.inference.certified.slopes import Slopes, variables
from pplc.inference.certified.straight_line import StraightLine
from pplc.inference.certified.tails import Diverges, integral
from pplc.inference.certified.terms import Term
from pplc.inference.continuous.blocks import quadratic
from pplc.inference.continuous.piece import Piece, World
from pplc.semantics.symbolic.elementary import Number, applied, exp, lgamma, log, sqrt
from pplc.semantics.symbolic.expression import Applied, Latent, Undecided, latent, of_atom

WORLD = World()
X = Latent(("x",), WORLD)
x: Any = latent(("x",), WORLD)
DIGITS = 40
with mpmath.workdps(DIGITS):
    ROOT = mpmath.sqrt(2)
UNIT = arb(-1).union(arb(1))


def piece_of(exponent: Callable[[], Number], *bounds: Number) -> Piece:
    """A density over x on a region, whose signs are known while the exponent is made."""
    piece: Piece | None = Piece(latents=(X,))
    for bound in bounds:
        assert piece is not None
        piece = piece.where(bound)
    assert piece is not None
    WORLD.piece = piece
    return replace(piece, exponent=exponent())


def proved(exponent: Callable[[], Number], *bounds: Number, functions: tuple[Number, ...] = ()) -> list[Any]:
    piece = piece_of(exponent, *bounds)
    found = enclosures(Integrand(X, [Term(0.0, piece, quadratic(piece.exponent, ()))], functions))
    assert found is not None
    return found


def ndtr(z: Any) -> Any:
    return mpmath.erfc(-z / mpmath.sqrt(2)) / 2


CASES: dict[str, tuple[Callable[[], Number], tuple[Number, ...], Callable[[Any], Any], list[Any]]] = {
    "normal": (lambda: -x * x / 2, (), lambda t: mpmath.exp(-t * t / 2), [-mpmath.inf, 0, mpmath.inf]),
    "a normal law far away": (
        lambda: -((x - 1000) ** 2) * 50_000,
        (),
        lambda t: mpmath.exp(-((t - 1000) ** 2) * 50_000),
        [999, 999.98, 1000, 1000.02, 1001],
    ),
    "two hills": (
        lambda: -(x**4) + 9 * x * x,
        (),
        lambda t: mpmath.exp(-(t**4) + 9 * t * t),
        [-8, -3, -2, 0, 2, 3, 8],
    ),
    "a Student law": (
        lambda: -2 * log(1 + x * x / 3),
        (),
        lambda t: (1 + t * t / 3) ** -2,
        [-mpmath.inf, 0, mpmath.inf],
    ),
    "a gamma law with a pole": (
        lambda: -x - log(x) / 2,
        (x,),
        lambda t: mpmath.exp(-t) / mpmath.sqrt(t),
        [0, 1, mpmath.inf],
    ),
    "a beta law with poles at both ends": (
        lambda: -log(x) / 2 - log(1 - x) / 2,
        (x, 1 - x),
        lambda t: 1 / mpmath.sqrt(t * (1 - t)),
        [0, Fraction(1, 2), 1],
    ),
    "logistic data": (
        lambda: 3 * log(applied("sigmoid", x)) + 4 * log(1 - applied("sigmoid", x)) - x * x / 50,
        (),
        lambda t: mpmath.exp(-4 * t - t * t / 50) / (1 + mpmath.exp(-t)) ** 7,
        [-30, -5, 0, 5, 30],
    ),
    "an unknown shape": (
        lambda: -3 * lgamma(x) + 5 * x - x * x / 10,
        (x,),
        lambda t: mpmath.exp(5 * t - t * t / 10) / mpmath.gamma(t) ** 3,
        [0, 1, 4, 10, 40],
    ),
    "probit data": (
        lambda: of_atom(Applied("log_ndtr", 2 * x), WORLD) - x * x / 2,
        (),
        lambda t: ndtr(2 * t) * mpmath.exp(-t * t / 2),
        [-12, -3, 0, 3, 12],
    ),
    "a Gumbel law": (
        lambda: -x - exp(-x),
        (),
        lambda t: mpmath.exp(-t - mpmath.exp(-t)),
        [-8, 0, 5, 60],
    ),
    "a curved bound": (
        lambda: -x * x / 2,
        (x * x - 2,),
        lambda t: 2 * mpmath.exp(-t * t / 2),
        [ROOT, 3, mpmath.inf],
    ),
    "a half line that begins at a third": (
        lambda: -x * x / 2,
        (3 * x - 1,),
        lambda t: mpmath.exp(-t * t / 2),
        [Fraction(1, 3), 3, mpmath.inf],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_enclosure_contains_the_integral_and_is_narrow(name: str) -> None:
    exponent, bounds, density, ends = CASES[name]
    (found,) = proved(exponent, *bounds)
    with mpmath.workdps(DIGITS):
        true = mpmath.quad(
            density, [mpmath.mpf(e.numerator) / e.denominator if isinstance(e, Fraction) else e for e in ends]
        )
    with precise():
        assert found.rad() <= abs(found) * arb(2) ** -44
        assert found.overlaps(arb(mpmath.nstr(true, 25)) * (1 + UNIT * 1e-20))


def test_the_largest_value_of_a_germ_may_lie_farther_out_than_where_it_begins() -> None:
    """log(v)³ / v is largest at v = e³."""
    found = small((-1, 3), arb(4))
    assert found.overlaps(arb(27) * arb(-3).exp())
    assert found.contains(arb(4).log() ** 3 / 4)


def test_moments_come_with_the_integral() -> None:
    """A gamma law with shape 1/2: Γ(1/2), Γ(3/2), Γ(5/2)."""
    found = proved(lambda: -x - log(x) / 2, x, functions=(x, x * x))
    with precise():
        for k, value in enumerate(found):
            assert value.overlaps((arb(1) / 2 + k).gamma())


@pytest.mark.parametrize(
    ("exponent", "bounds", "functions", "signs"),
    [
        (lambda: -log(x) - x, (x,), (), [1]),
        (lambda: x * x, (), (), [1]),
        (lambda: -log(1 + x * x), (), (x, x * x), [None, 0, 1]),
        (lambda: -3 * log(1 + x * x) / 2, (x,), (x, x * x), [None, None, 1]),
        (lambda: -x, (x,), (1 / x, -(x**-2)), [None, 1, -1]),
        (lambda: -x * x, (), (1 / x,), [None, 0]),
    ],
)
def test_an_infinite_integral_is_said_to_be(
    exponent: Callable[[], Number],
    bounds: tuple[Number, ...],
    functions: tuple[Number, ...],
    signs: list[int | None],
) -> None:
    """1 / x at 0, growth, the moments of Cauchy's law and of its half; 0 says that both ends are infinite."""
    found = proved(exponent, *bounds, functions=functions)
    assert [one.sign if isinstance(one, Diverges) else None for one in found] == signs


@pytest.mark.parametrize("power", [Fraction(-1, 2), Fraction(-49, 50), Fraction(3, 7)])
def test_powers_at_an_end_are_integrated_to_the_last_digits(power: Fraction) -> None:
    """∫_0^2 x^p dx = 2^(p + 1) / (p + 1)"""
    (found,) = proved(lambda: log(x) * power, x, 2 - x)
    with precise():
        p = arb(rational(power)) + 1
        assert found.overlaps(arb(2) ** p / p)
        assert found.rad() <= abs(found) * arb(2) ** -44


# ------------------------------------------------------------------ the arithmetics, on generated numbers

SMOOTH: list[Callable[[Any], Any]] = [
    lambda a: a + Fraction(1, 3),
    lambda a: a * Fraction(-3, 2),
    lambda a: a * a - 2 * a,
    lambda a: exp(a * Fraction(1, 4)),
    lambda a: applied("sigmoid", a),
    lambda a: applied("atan", a),
    lambda a: a * applied("sigmoid", a),
    lambda a: applied("erf", a),
    lambda a: log(1 + a * a),
    lambda a: 1 / (2 + a * a),
    lambda a: sqrt(1 + a * a),
    lambda a: lgamma(1 + a * a),
    lambda a: of_atom(Applied("log_ndtr", a), WORLD) if hasattr(a, "terms") else a,
]
numbers = (
    st.lists(st.sampled_from(range(len(SMOOTH))), min_size=1, max_size=3)
    .map(lambda picked: _composed([SMOOTH[k] for k in picked]))
    .filter(lambda number: number is not None)
)


def _composed(steps: list[Callable[[Any], Any]]) -> Any:
    number = x
    WORLD.piece = Piece(latents=(X,))
    try:
        for step in steps:
            number = step(number)
    except Undecided:
        return None
    return number


def at(number: Any, value: arb) -> arb:
    found: arb = StraightLine([number], [X], BALLS)(value)[0]
    return found


@given(numbers, st.fractions(-3, 3, max_denominator=16), st.sampled_from([0.01, 0.2, 1.0]))
@settings(max_examples=200, deadline=None)
def test_slopes_enclose_what_a_number_is_on_a_ball(number: Any, middle: Fraction, radius: float) -> None:
    with precise():
        centre = arb(rational(middle))
        whole = centre + arb(-1).union(arb(1)) * radius
        found = StraightLine([number], [X], Slopes())(*variables(whole))[0]
        if not found.whole.is_finite():
            return
        for k in range(-4, 5):
            point = centre + arb(k) * radius / 4
            assert found.whole.overlaps(at(number, point))
            assert (found.middle + sum(found.slopes) * (point - whole.mid())).overlaps(at(number, point))


def value_of(germ: Germ, v: arb) -> arb:
    total = arb(0)
    for (p, k), c in germ.terms.items():
        total += c * v ** arb(rational(p)) * v.log() ** arb(rational(k))
    scale = arb(0)
    for (p, k), c in germ.scale.items():
        scale += c * v ** arb(rational(p)) * v.log() ** arb(rational(k))
    return total * scale.exp()


@given(numbers, st.booleans(), st.sampled_from([1, -1]), st.sampled_from([Fraction(1), Fraction(7, 2)]))
@settings(max_examples=300, deadline=None)
def test_germs_enclose_what_a_number_is_from_there_on(
    number: Any, far: bool, sign: int, scale: Fraction
) -> None:
    with precise(256):
        germs = Germs(arb(4))
        try:
            found = StraightLine([number], [X], germs)(germs.around(Fraction(1, 5), sign * scale, far=far))[0]
        except Lost:
            return
        for v in map(arb, (4, 5, 9, 40, 300, 10**5)):
            u = v if far else 1 / v
            true = at(number, arb(rational(Fraction(1, 5))) + sign * u * arb(rational(scale)))
            if true.is_finite():
                assert value_of(found, v).overlaps(true)


@pytest.mark.parametrize(
    ("exponent", "factor", "density"),
    [
        (lambda v: -3 * log(v), lambda v: 1 + 0 * v, lambda t: t**-3),
        (lambda v: -2 * v * v + 3 * v, lambda v: v, lambda t: t * mpmath.exp(-2 * t * t + 3 * t)),
        (lambda v: -5 * log(1 + v * v) / 2, lambda v: v * v, lambda t: t * t * (1 + t * t) ** -2.5),
        (
            lambda v: -exp(v) + v,
            lambda v: 1 + 0 * v,
            lambda t: mpmath.exp(t - mpmath.exp(t)) if t < 30 else 0,
        ),
        (lambda v: -2 * log(v), lambda v: log(v) ** 2, lambda t: mpmath.log(t) ** 2 / t**2),
        (lambda v: -sqrt(v), lambda v: 1 + 0 * v, lambda t: mpmath.exp(-mpmath.sqrt(t))),
        (
            lambda v: -2 * log(v) ** 2 + log(v),
            lambda v: v * log(v),
            lambda t: t * t * mpmath.log(t) * mpmath.exp(-2 * mpmath.log(t) ** 2),
        ),
        (
            lambda v: -v - 3 * log(v) ** 2,
            lambda v: 1 + 0 * v,
            lambda t: mpmath.exp(-t - 3 * mpmath.log(t) ** 2),
        ),
    ],
)
def test_what_lies_beyond_is_enclosed(
    exponent: Callable[[Any], Any], factor: Callable[[Any], Any], density: Callable[[Any], Any]
) -> None:
    piece = piece_of(lambda: 0, x)
    WORLD.piece = piece
    with precise():
        germs = Germs(arb(4))
        v = germs.around(Fraction(0), Fraction(1), far=True)
        logs, factors = (StraightLine([n], [X], germs)(v)[0] for n in (exponent(x), factor(x)))
        found = integral(logs, factors, far=True)
        with mpmath.workdps(DIGITS):
            true = mpmath.quad(density, [4, 5, 6, 8, 12, 20, 50, 200, 1000, 10**5, 10**10, mpmath.inf])
        assert isinstance(found, arb)
        assert found.is_finite()
        assert found.overlaps(arb(mpmath.nstr(true, 20)) + arb(0, 1e-12))


# ------------------------------------------------------------------ normal blocks


@given(st.integers(1, 6), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_block_has_the_determinant_mean_and_variance_of_its_matrix(size: int, random: Any) -> None:
    rng = np.random.default_rng(random.randrange(2**32))
    root = rng.integers(-3, 4, (size, size)).astype(float)
    precision = root @ root.T + np.eye(size)
    h, row = rng.integers(-4, 5, size).astype(float), rng.integers(-2, 3, size).astype(float)
    form: dict[tuple[int, ...], Number] = {(): Fraction(1)}
    form |= {(i,): Fraction(h[i]) for i in range(size)}
    form |= {
        (i, j): Fraction(-precision[i, j] / (2 if i == j else 1)) for i in range(size) for j in range(i, size)
    }
    slopes = {i: Fraction(row[i]) for i in range(size)}
    with precise():
        exponent, [(mean, variance)], _ = NormalBlock(form, size, [(Fraction(5), slopes)], [], BALLS)()
    inverse = np.linalg.inv(precision)
    assert float(exponent) == pytest.approx(1 + h @ inverse @ h / 2 - np.linalg.slogdet(precision)[1] / 2)
    assert float(mean) == pytest.approx(5 + row @ inverse @ h)
    assert float(variance) == pytest.approx(row @ inverse @ row, abs=1e-12)


def test_nothing_cancels_where_variables_are_almost_equal() -> None:
    """θ_j ~ Normal(μ, ε): the log determinant of the differences is known however small ε is."""
    tiny = 10**40
    form: dict[tuple[int, ...], Number] = {(0, 0): Fraction(-3 * tiny - 1, 2)}
    for j in (1, 2, 3):
        form[j, j] = Fraction(-tiny - 1, 2)
        form[0, j] = Fraction(tiny)
    with precise(64):
        exponent, _, _ = NormalBlock(form, 4, [], [], BALLS)()
        # det J = ε^-3 · (1 + 3) to leading order
        assert abs(exponent + (3 * arb(tiny).log() + arb(4).log()) / 2) < 1e-12


def test_panels_that_meet_add_up() -> None:
    """The same integral in two parts."""
    whole, *parts = (
        proved(lambda: -x * x / 2, *bounds)[0]
        for bounds in ((), (Fraction(1, 7) - x,), (x - Fraction(1, 7), 2 - x), (x - 2,))
    )
    with precise():
        assert sum(parts, arb(0)).overlaps(whole)
        assert all(part > 0 for part in parts)
