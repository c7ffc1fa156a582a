"""Balls of log cdfs contain the numbers, and their slopes the quotients of differences."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import pytest
from flint import acb, arb

import pplc
from pplc.inference.answers import Bounds
from pplc.inference.certified.balls import FUNCTIONS, precise
from pplc.inference.certified.log_cdfs import LOG_CDFS
from pplc.inference.certified.slopes import DERIVATIVES
from pplc.semantics.symbolic.special import SPECIAL

PLACES = [-700.0, -40.0, -2.5, -0.5, -1e-9, 0.0, 1e-9, 0.5, 2.5, 40.0, 700.0]
NAMES = sorted(LOG_CDFS)


def defined(name: str, high: float) -> bool:
    return name != "log1mexp" or high < 0


def ball(low: float, high: float) -> arb:
    return arb(low).union(arb(high))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [0.0, 1e-6, 0.25])
def test_the_ball_of_an_interval_contains_the_values_at_both_ends_and_between(
    name: str, width: float
) -> None:
    with precise():
        for at in PLACES:
            if not defined(name, at + width):
                continue
            found = FUNCTIONS[name](ball(at, at + width))
            for x in (at, at + width / 3, at + width):
                exact = SPECIAL[name](x)
                within = 1e-13 * (1 + abs(exact)) + float(found.rad())
                assert abs(float(found.mid()) - exact) <= within, (at, x)


@pytest.mark.parametrize("name", NAMES)
def test_the_derivative_contains_quotients_of_differences(name: str) -> None:
    with precise():
        for at in PLACES:
            whole = ball(at, at + 1 / 64)
            if not defined(name, at + 1 / 64):
                continue
            values = FUNCTIONS[name](whole)
            if not values.is_finite():
                continue
            left, right = arb(at), arb(at + 1 / 64)
            quotient = (FUNCTIONS[name](right) - FUNCTIONS[name](left)) * 64
            assert DERIVATIVES[name](whole, values).overlaps(quotient), at


@pytest.mark.parametrize("name", NAMES)
def test_complex_balls_are_finite_only_where_the_function_is_analytic(name: str) -> None:
    with precise():
        across = FUNCTIONS[name](acb(ball(-1, 1), ball(-1, 1)))
        assert not across.is_finite() or name in ("log_sigmoid", "log_gumbel_tail", "log_cauchy")
        left = FUNCTIONS[name](acb(arb(-2.0), arb(0.125)))
        assert left.is_finite()
        reference: dict[str, Any] = {
            "log_sigmoid": lambda z: -mp.log(1 + mp.exp(-z)),
            "log_laplace": lambda z: z - mp.log(2),
            "log_cauchy": lambda z: mp.log(mp.mpf(1) / 2 + mp.atan(z) / mp.pi),
            "log_gumbel_tail": lambda z: mp.log(1 - mp.exp(-mp.exp(-z))),
            "log1mexp": lambda z: mp.log(1 - mp.exp(z)),
        }
        exact = complex(reference[name](mp.mpc(-2, 0.125)))
        assert complex(left.mid()) == pytest.approx(exact, rel=1e-13)


def test_balls_of_the_dilogarithm_and_its_slope_contain_it_and_end_at_its_cut() -> None:
    dilog, slope = FUNCTIONS["dilog"], DERIVATIVES["dilog"]
    with precise(), mp.workdps(30):
        for at in (-30.0, -1.0, -0.125, -(2.0**-9), 0.0, 2.0**-9, 0.25, 0.5, 0.984375):
            whole = ball(at, at + 1 / 64)
            left, right = dilog(arb(at)), dilog(arb(at + 1 / 64))
            assert abs(float(left.mid()) - float(mp.polylog(2, at).real)) < 1e-15 * (1 + abs(at))
            assert dilog(whole).contains(left)
            assert dilog(whole).contains(right)
            if at + 1 / 64 < 1:
                found = slope(whole, dilog(whole))
                assert found.overlaps((right - left) * 64)
                assert found.rad() < 0.2 * found.mid()
        z = acb(0.5, 0.25)
        assert complex(dilog(z).mid()) == pytest.approx(complex(mp.polylog(2, mp.mpc(0.5, 0.25))), rel=1e-14)
        assert not dilog(acb(ball(0.5, 1.5), ball(-1, 1))).is_finite()
        assert not dilog(ball(0.5, 1.5)).is_finite()


@pytest.mark.parametrize(
    ("law", "prior"),
    [
        ("Truncated(Logistic(t, 1), lower = 0, upper = 2)", "Cauchy(0, 1)"),
        ("Truncated(Laplace(t, 1), lower = 0, upper = 2)", "Cauchy(0, 1)"),
        ("Truncated(Cauchy(t, 1), lower = 0)", "Normal(0, 1)"),
        ("Truncated(Gumbel(t, 1), lower = 0)", "Uniform(-5, 5)"),
        ("Truncated(Exponential(t), upper = 2)", "Gamma(2, 1)"),
        ("Truncated(Weibull(2, t), upper = 2)", "Gamma(2, 1)"),
    ],
)
def test_the_evidence_of_truncated_data_is_proved(law: str, prior: str) -> None:
    """To the ends of the line, where a normaliser goes to zero."""
    text = f"model m() {{ t ~ {prior}\n observe 0.5 ~ {law} }}"
    found = pplc.compile(text).infer({}, method="exact").log_evidence
    assert isinstance(found, Bounds)
    assert found.upper - found.lower < 1e-9
