"""Probabilities of intervals as formulas: each family against mpmath, in both tails and between."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest

from pplc.inference.continuous.evaluation import function, values_at
from pplc.inference.continuous.piece import Piece, World
from pplc.lang.families import FAMILIES
from pplc.semantics.laws import make_law
from pplc.semantics.number import LogRat
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.cumulative import LOG_INTERVALS, log_interval
from pplc.semantics.symbolic.expression import Latent, NeedsValue, Unknown, latent
from pplc.semantics.symbolic.ranges import Range, range_of
from pplc.semantics.symbolic.special import SPECIAL

mp.mp.dps = 500

Tails = tuple[Callable[..., Any], Callable[..., Any]]


def _symmetric(cdf: Callable[[Any], Any]) -> Tails:
    return (lambda m, s, x: cdf((x - m) / s)), (lambda m, s, x: cdf((m - x) / s))


def _folded(cdf: Callable[[Any], Any]) -> Tails:
    return (lambda s, x: 1 - 2 * cdf(-x / s) if x > 0 else mp.mpf(0)), (
        lambda s, x: 2 * cdf(-x / s) if x > 0 else mp.mpf(1)
    )


def _tail(ccdf: Callable[..., Any]) -> Tails:
    return (lambda *given: 1 - ccdf(*given)), ccdf


def _normal(z: Any) -> Any:
    return mp.erfc(-z / mp.sqrt(2)) / 2


def _cauchy(z: Any) -> Any:
    return mp.atan2(1, -z) / mp.pi


TAILS: dict[str, Tails] = {
    "Normal": _symmetric(_normal),
    "Logistic": _symmetric(lambda z: 1 / (1 + mp.exp(-z))),
    "Laplace": _symmetric(lambda z: mp.exp(z) / 2 if z < 0 else 1 - mp.exp(-z) / 2),
    "Cauchy": _symmetric(_cauchy),
    "HalfNormal": _folded(_normal),
    "HalfCauchy": _folded(_cauchy),
    "LogNormal": (
        lambda m, s, x: _normal((mp.log(x) - m) / s) if x > 0 else mp.mpf(0),
        lambda m, s, x: _normal((m - mp.log(x)) / s) if x > 0 else mp.mpf(1),
    ),
    "Exponential": _tail(lambda r, x: mp.exp(-r * x) if x > 0 else mp.mpf(1)),
    "Weibull": _tail(lambda k, s, x: mp.exp(-((x / s) ** k)) if x > 0 else mp.mpf(1)),
    "Pareto": _tail(lambda k, s, x: (s / x) ** k if x > s else mp.mpf(1)),
    "Kumaraswamy": _tail(lambda a, b, x: mp.mpf(1) if x <= 0 else mp.mpf(0) if x >= 1 else (1 - x**a) ** b),
    "Gumbel": (
        lambda m, s, x: mp.exp(-mp.exp((m - x) / s)),
        lambda m, s, x: -mp.expm1(-mp.exp((m - x) / s)),
    ),
    "Uniform": _tail(lambda a, b, x: mp.mpf(1) if x <= a else mp.mpf(0) if x >= b else (b - x) / (b - a)),
}
"""The cdf of each family with a formula, and what lies above, each accurate where it is small."""

PLACES: dict[str, list[tuple[float, ...]]] = {
    **{
        name: [(0.31, 1.7), (-40.0, 1.0), (60.0, 2.0), (0.0, 1e-3), (1e-3, 900.0)]
        for name in ("Normal", "Logistic", "Laplace", "Cauchy", "Gumbel")
    },
    **{name: [(1.3,), (1e-2,), (500.0,)] for name in ("HalfNormal", "HalfCauchy")},
    "LogNormal": [(0.3, 1.7), (-20.0, 1.0), (12.0, 0.5)],
    "Exponential": [(1.3,), (1e-12,), (400.0,)],
    "Weibull": [(0.7, 1.3), (2.5, 1e-2), (1.5, 1e6)],
    "Pareto": [(1.3, 0.4), (1e-9, 0.2), (80.0, 0.7)],
    "Kumaraswamy": [(1.3, 0.4), (1e-7, 2.0), (40.0, 30.0)],
    "Uniform": [(-1.3, 0.9), (0.35, 50.0)],
}
ENDS = [(None, 0.8), (0.3, None), (0.3, 0.8), (-2.0, 0.8), (-0.4, 1.2), (0.79999, 0.8), (None, None)]


def truth(name: str, given: tuple[float, ...], lower: float | None, upper: float | None) -> Any:
    """The probability in 500 digits, by the tail in which the interval lies."""
    cdf, ccdf = TAILS[name]
    exact = [mp.mpf(x) for x in given]
    low = None if lower is None else mp.mpf(lower)
    high = None if upper is None else mp.mpf(upper)
    if low is None:
        return mp.mpf(1) if high is None else cdf(*exact, high)
    if high is None:
        return ccdf(*exact, low)
    return max(cdf(*exact, high) - cdf(*exact, low), ccdf(*exact, low) - ccdf(*exact, high), key=abs)


def rounding(name: str, given: tuple[float, ...], lower: Any, upper: Any, mass: Any) -> float:
    """What the last digits of two tails, as logarithms, make of their difference."""
    cdf, ccdf = TAILS[name]
    exact = [mp.mpf(x) for x in given]
    below = mp.mpf(1) if upper is None else cdf(*exact, mp.mpf(upper))
    above = mp.mpf(1) if lower is None else ccdf(*exact, mp.mpf(lower))
    tail = min(below, above)
    return float(1e-12 + 1e-14 * (1 + abs(mp.log(tail))) * tail / mass)


def around(world: World, given: tuple[float, ...]) -> tuple[list[Unknown], dict[Latent, Any]]:
    """Parameters as variables that lie near to what they are, so that comparisons have answers."""
    import numpy as np

    variables = [Latent((f"p{k}",), world) for k in range(len(given))]
    piece = Piece(latents=tuple(variables))
    for variable, x in zip(variables, given, strict=True):
        piece = piece.within(variable, Range(x - 1e-9 * abs(x) - 1e-300, x + 1e-9 * abs(x) + 1e-300))
    world.piece = piece
    return [latent(v.address, world) for v in variables], {
        v: np.array([x]) for v, x in zip(variables, given, strict=True)
    }


@pytest.mark.parametrize("name", sorted(LOG_INTERVALS))
def test_every_formula_agrees_with_five_hundred_digits_in_both_tails(name: str) -> None:
    compared = 0
    for given in PLACES[name]:
        for lower, upper in ENDS:
            expected = truth(name, given, lower, upper)
            world = World()
            parameters, points = around(world, given)
            found = log_interval(name, parameters, lower, upper)
            if expected == 0:
                assert found == -math.inf
                continue
            log_mass = float(mp.log(expected))
            got = float(values_at(found, points)[0]) if points else float(found)  # type: ignore[arg-type]
            assert abs(got - log_mass) <= rounding(name, given, lower, upper, expected), (given, lower, upper)
            compared += 1
    assert compared >= 10


def test_every_family_with_a_formula_is_compared_and_each_family_is_one() -> None:
    assert set(LOG_INTERVALS) == set(TAILS) == set(PLACES)
    assert set(LOG_INTERVALS) <= set(FAMILIES)


@pytest.mark.parametrize("name", sorted(SPECIAL))
@pytest.mark.parametrize("at", [-700.0, -30.0, -2.5, -0.1, -1e-12, 0.1, 2.5, 30.0, 800.0])
def test_a_function_of_a_number_is_that_of_arrays(name: str, at: float) -> None:
    import numpy as np

    if (name == "log1mexp" and at > 0) or (name == "dilog" and at > 1):
        assert math.isnan(SPECIAL[name](at))
        return
    with np.errstate(all="ignore"):
        array = float(function(name)(np.array([at]))[0])
    assert elementary.applied(name, at) == pytest.approx(array, rel=1e-13, abs=1e-300)


def test_log_probabilities_are_known_to_be_negative() -> None:
    world = World()
    x = latent(("x",), world)
    for name in ("log_ndtr", "log_sigmoid", "log_laplace", "log_cauchy", "log1mexp", "log_gumbel_tail"):
        assert range_of(elementary.applied(name, x), {}).upper == 0
        assert range_of(1 - elementary.exp(elementary.applied(name, x)), {}) == (0, 1)
    (variable,) = x.latents
    found = range_of(elementary.applied("log_ndtr", x), {variable: Range(0.0, 1.0)})
    assert found.lower == pytest.approx(math.log(0.5))


def _call(*_: object) -> Any:
    raise AssertionError("calls no function")


def test_members_of_laws_of_unknown_parameters_are_formulas() -> None:
    world = World()
    x = latent(("x",), world)
    law: Any = make_law("Normal", (x, 1), 0, exact=True, call=_call)
    assert law.log_cdf(2) == elementary.applied("log_ndtr", 2 - x)
    assert law.log_ccdf(2) == elementary.applied("log_ndtr", x - 2)
    assert law.cdf(2) == elementary.exp(elementary.applied("log_ndtr", 2 - x))
    known: Any = make_law("Normal", (0, 1), 0, exact=True, call=_call)
    assert known.log_cdf(x) == elementary.applied("log_ndtr", x)
    without: Any = make_law("StudentT", (3, x, 1), 0, exact=True, call=_call)
    with pytest.raises(NeedsValue):
        without.cdf(1)


def test_counts_from_a_lower_bound_on_are_what_those_below_leave() -> None:
    world = World()
    world.piece = Piece().within(Latent(("r",), world), Range(0.0, math.inf))
    r = latent(("r",), world)
    law: Any = make_law("Poisson", (r,), 0, exact=True, call=_call)
    assert law.interval(1, None) == LogRat(elementary.exp(elementary.applied("log1mexp", -r)))
    assert law.interval(None, None) == LogRat(Fraction(1))
    assert law.interval(0, None) == LogRat(Fraction(1))
