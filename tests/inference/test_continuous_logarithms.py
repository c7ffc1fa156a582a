"""Integrals of products of linear forms and logarithms, against mpmath's quadrature."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction as F
from typing import Any

import mpmath
import pytest

import pplc
from pplc.inference.answers import Exact
from pplc.inference.certified.constants import value_of
from pplc.inference.continuous.logarithms import Bounds, NoClosedForm, integral_of_logarithms
from pplc.inference.continuous.piece import World
from pplc.semantics.symbolic.elementary import Number, dilog, log
from pplc.semantics.symbolic.expression import Latent, latent


def between(bounds: Bounds) -> tuple[Latent, Any]:
    """A variable between bounds, and as a number."""
    world = World()
    x = latent(("x",), world)
    for bound in [x - bounds.low, *([] if bounds.high is None else [bounds.high - x])]:
        narrower = world.piece.where(bound)
        assert narrower is not None
        world.piece = narrower
    return Latent(("x",), world), x


def value(number: Number) -> mpmath.mpf:
    found = value_of([number])
    assert found is not None
    return found.sign * mpmath.exp(found.log_size)


INTEGRANDS: list[tuple[Callable[[Any, Callable[[Any], Any]], Any], float | F, float | F | None]] = [
    # one form
    (lambda x, log: x**2 * log(x) ** 3, F(0), F(2)),
    (lambda x, log: log(x) ** 2 / x, F(1, 2), F(3)),
    (lambda x, log: x * log(3 - 2 * x) ** 2, F(0), F(1)),
    (lambda x, log: log(x) / x**3, F(1), None),
    (lambda x, log: log(-x) / x, F(-3), F(-1)),
    (lambda x, log: log(1 - x / 3) * (1 + x**2), F(-1), F(3)),
    # several
    (lambda x, log: 1 / x / (x + 1) / (2 * x + 5), F(1), F(2)),
    (lambda x, log: x**4 / (x + 1) ** 2 / (x + 3) ** 3, F(1), F(4)),
    (lambda x, log: 1 / (x - 1) / (x - 3), F(3, 2), F(2)),
    # dilogarithms: each of the equations, at both ends, for forms of either sign
    (lambda x, log: log(2 + x) / x, F(1), F(3)),
    (lambda x, log: log(1 + x) / x, F(0), F(2)),
    (lambda x, log: log(1 - x) / x, F(0), F(1)),
    (lambda x, log: log(3 - x) / (x + 1), F(1), F(3)),
    (lambda x, log: log(x - 1) / x, F(1), F(3)),
    (lambda x, log: log(x) / (1 + x), F(0), F(1)),
    (lambda x, log: log(-x) / (x - 1), F(-3), F(-1)),
    (lambda x, log: log(4 - x) / (x - 5), F(1), F(4)),
    (lambda x, log: log(2 * x - 1) / (3 * x + 1), F(1, 2), F(1)),
    (lambda x, log: x**3 * log(x + 2) / (x + 1), F(0), F(1)),
    (lambda x, log: log(x) * x / (x + 3), F(0), F(1)),
]


@pytest.mark.parametrize(("of", "low", "high"), INTEGRANDS)
def test_integrals_are_those_of_quadrature(of: Callable[..., Any], low: F, high: F | None) -> None:
    bounds = Bounds(low, high, dilogarithms=True)
    variable, x = between(bounds)
    exponent, (more, found) = integral_of_logarithms(variable, of(x, log), F(0), bounds)
    assert exponent == more == 0
    with mpmath.workdps(30):
        first = mpmath.mpf(low.numerator) / low.denominator
        last = mpmath.inf if high is None else mpmath.mpf(high.numerator) / high.denominator
        expected = mpmath.quad(lambda x: of(x, mpmath.log), [first, min(first + 1, (first + last) / 2), last])
    assert value(found) == pytest.approx(float(expected), rel=1e-14)


def test_powers_in_the_exponent_count_as_factors() -> None:
    bounds = Bounds(F(1), F(2))
    variable, x = between(bounds)
    y = latent(("y",), variable.space)
    exponent, (_, found) = integral_of_logarithms(variable, x**2, -log(x + 1) + y, bounds)
    assert exponent == y
    assert value(found) == pytest.approx(0.5 + float(mpmath.log(1.5)), rel=1e-14)


def test_what_divides_cancels_before_terms_are_integrated() -> None:
    """Each term of (x - 1) / (x - 1) is infinite at 1, also divided by another form."""
    bounds = Bounds(F(1), F(2))
    variable, x = between(bounds)
    assert integral_of_logarithms(variable, x - 1, -log(x - 1), bounds)[1] == (0, 1)
    _, (_, found) = integral_of_logarithms(variable, x - 1, -log(x + 1) - log(x - 1), bounds)
    assert value(found) == pytest.approx(float(mpmath.log(1.5)), rel=1e-14)


@pytest.mark.parametrize(
    ("of", "bounds"),
    [
        (lambda x: log(x) / x, Bounds(F(0), F(1))),
        (lambda x: log(x + 2) / x, Bounds(F(0), F(1), dilogarithms=True)),
        (lambda x: 1 / (x - 1), Bounds(F(0), F(2))),
        (lambda x: log(x) / (x + 1), Bounds(F(0), F(1))),
        (lambda x: log(x) ** 2 / (x + 1), Bounds(F(0), F(1), dilogarithms=True)),
        (lambda x: log(x) * log(x + 1), Bounds(F(0), F(1), dilogarithms=True)),
        (log, Bounds(F(1), None)),
    ],
)
def test_infinite_integrals_and_those_of_other_functions_have_no_rule(
    of: Callable[[Any], Number], bounds: Bounds
) -> None:
    variable, x = between(bounds)
    with pytest.raises(NoClosedForm):
        integral_of_logarithms(variable, of(x), F(0), bounds)


@pytest.mark.parametrize("at", [F(1), F(3, 4), F(1, 3), F(-1, 2), F(-1), F(-20)])
def test_the_dilogarithm_of_a_rational_is_kept_as_it_is(at: F) -> None:
    expected = float(mpmath.polylog(2, mpmath.mpf(at.numerator) / at.denominator).real)
    assert value(dilog(at)) == pytest.approx(expected, rel=1e-15)
    assert dilog(float(at)) == pytest.approx(expected, rel=1e-15)
    assert dilog(F(0)) == 0


BETWEEN = "a ~ Uniform(0, 1); b ~ Uniform(a, 1); c ~ Uniform(a, b)"


def below(end: float) -> float:
    """P(c < x): of 1 - c = (1 - a) (1 - u v) with independent uniform a, u and v; u v has density -log w."""
    with mpmath.workdps(30):
        return float(
            mpmath.quad(lambda w: -mpmath.log(w) * (1 - min((1 - end) / (1 - w), 1)), [0, end / 2, end])
        )


def test_a_variable_between_two_others_has_probabilities_with_dilogarithms() -> None:
    model = pplc.compile(f"model m() {{ {BETWEEN}; return c }}")
    for end in (0.01, 0.3, 0.9):
        found = model.query(f"P(c < {end})", {}, method="exact")
        assert isinstance(found, Exact)
        assert found.value == pytest.approx(below(end), rel=1e-13)
    for level in (0.05, 0.95):
        found = model.query(f"quantile(c, {level})", {}, method="exact")
        assert below((found.lower + found.upper) / 2) == pytest.approx(level, abs=1e-9)  # type: ignore[union-attr]
