"""Events over several uniform variables, some between bounds of others: rational, or with logarithms."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

import pplc
from pplc.inference.answers import Exact, exactly
from pplc.inference.continuous.integrals import integrate_out
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.polynomials import in_powers
from pplc.inference.continuous.sums import summed
from pplc.semantics.number import LogRat
from pplc.semantics.symbolic.elementary import log
from pplc.semantics.symbolic.expression import Latent, latent, power

THREE = "a ~ Uniform(0, 1); b ~ Uniform(0, 1); c ~ Uniform(0, 1)"


def answer(body: str, query: str) -> object:
    return pplc.compile(f"model m() {{ {body} }}").query(query, {}, method="exact")


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        # 2 ∫ (3/2 - a)² / 2 da from 1/2 to 1
        (f"{THREE}; condition(a + b + c < 1.5); return a", "P(a > 0.5)", Fraction(7, 24)),
        # What is above 1/2 is half as large in each of the four directions.
        (
            "u[i] ~ Uniform(0, 1) for i in 0..4; condition(sum(u) < 1); return u[0]",
            "P(u[0] > 0.5)",
            Fraction(1, 16),
        ),
        (f"{THREE}; return a + b + c < 1", "P(a > 0.5 | return)", Fraction(1, 8)),
        # The range of three has the density 6 r (1 - r).
        (
            "u[i] ~ Uniform(0, 1) for i in 0..3; return max(u) - min(u)",
            "P(return < 0.5)",
            Fraction(1, 2),
        ),
        # b is the largest, or uniform below the largest m: 1/3 + 2/3 E[min(1, 1 / 2m)]
        (f"{THREE}; return max(max(a, b), c) - b", "P(return < 0.5)", Fraction(19, 24)),
    ],
)
def test_events_over_three_and_more_are_rational(body: str, query: str, expected: Fraction) -> None:
    assert answer(body, query) == Exact(float(expected), expected)


NESTED = "a ~ Uniform(0, 1); b ~ Uniform(0, a)"
REST = "a ~ Uniform(0, 1); b ~ Uniform(0, 1 - a)"
TWO = math.log(2)


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        # P(b < x) = x - x log x
        (f"{NESTED}; return b", "P(b < 0.5)", (1 + TWO) / 2),
        (f"{NESTED}; return b < 0.5", "P(return)", (1 + TWO) / 2),
        (
            f"{NESTED}; return b",
            "P(a < 0.7 | b > 0.2)",
            (0.5 - 0.2 * math.log(3.5)) / (0.8 + 0.2 * math.log(0.2)),
        ),
        (f"{NESTED}; return b", "E[b | b < 0.5]", (TWO / 8 + 1 / 16) / ((1 + TWO) / 2)),
        (f"{REST}; return b < 0.5", "P(return)", (1 + TWO) / 2),
        (
            f"{REST}; return b",
            "P(a < 0.3 | b > 0.2)",
            (0.3 + 0.2 * math.log(0.7)) / (0.8 + 0.2 * math.log(0.2)),
        ),
        # A stick broken at random, and what is left again: the parts make a triangle.
        (f"{REST}; return a < 0.5 and b < 0.5 and a + b > 0.5", "P(return)", TWO - 0.5),
    ],
)
def test_a_closed_form_of_logarithms_is_a_number(body: str, query: str, expected: float) -> None:
    found = answer(body, query)
    assert isinstance(found, Exact)
    assert found.rational is None
    assert found.value == pytest.approx(expected, rel=1e-14)


def test_the_evidence_of_nested_uniforms_is_a_number() -> None:
    run = pplc.compile(f"model m() {{ {NESTED}; condition(b < 0.5); return a }}").infer({}, method="exact")
    assert isinstance(run.log_evidence, Exact)
    assert run.log_evidence.value == pytest.approx(math.log((1 + TWO) / 2), rel=1e-14)


def test_an_inner_law_of_nested_uniforms_can_be_drawn_from() -> None:
    text = f"""
    model inner() {{ {NESTED}; return b < 0.5 }}
    model main() {{ x ~ infer(inner()); y ~ infer(inner()); condition(x or y); return x }}
    """
    found = pplc.compile(text).query("P(return)", {}, method="exact")
    p = (1 + TWO) / 2
    assert isinstance(found, Exact)
    assert found.value == pytest.approx(p / (1 - (1 - p) ** 2), rel=1e-14)


def test_the_mean_of_a_quotient_of_uniform_variables_is_rational() -> None:
    assert answer("a ~ Uniform(0, 1); b ~ Uniform(0, 1); return a", "E[a / (a + b)]") == Exact(
        0.5, Fraction(1, 2)
    )


def test_the_mean_of_a_root_of_uniform_variables_is_proved() -> None:
    """By integrals of what has a constant density."""
    found = answer("a ~ Uniform(0, 1); b ~ Uniform(0, 1); return a", "E[sqrt(a + b)]")
    assert isinstance(found, pplc.Bounds)
    assert found.lower <= 4 / 15 * (2**2.5 - 2) <= found.upper
    assert found.upper - found.lower < 1e-8


def test_logarithms_that_cancel_leave_a_rational() -> None:
    assert answer(f"{NESTED}; return b", "E[b]") == Exact(0.25, Fraction(1, 4))
    terms = [(LogRat(Fraction(1, 2)), log(Fraction(3))), (LogRat(Fraction(1)), 1 - log(Fraction(3)) / 2)]
    assert summed(terms) == LogRat(Fraction(1))


def test_numbers_that_depend_on_no_variable_leave_the_exponent() -> None:
    weight, left = Piece(latents=(X,)).raised(log(1 - log(Fraction(1, 2)) / 2) - x)
    assert left.exponent == -x
    assert weight == pytest.approx(math.log(1 + TWO / 2), rel=1e-14)


def test_an_exact_answer_without_a_value_is_a_bug() -> None:
    with pytest.raises(ValueError, match="without a value"):
        exactly(log(Fraction(2)))


WORLD = World()
X, Y = Latent(("x",), WORLD), Latent(("y",), WORLD)
x, y = latent(("x",), WORLD), latent(("y",), WORLD)


def test_a_variable_that_cancels_when_powers_are_multiplied_out_is_none() -> None:
    assert in_powers(power(x + 1, 2) - x * x - 2 * x, X) == {0: Fraction(1)}
    assert in_powers(power(x + y, 2) - x * x - 2 * x * y, X) == {0: y * y}


def test_a_bound_in_which_the_variable_cancels_bounds_the_others() -> None:
    square = Piece(latents=(X, Y)).where(x)
    assert square is not None
    for bound in (1 - x, y, 1 - y, power(x + y, 2) - x * x - 2 * x * y - Fraction(1, 4)):
        narrower = square.where(bound)
        assert narrower is not None
        square = narrower
    found = integrate_out(square, X)
    assert found is not None
    assert [left.region for _, left in found] == [frozenset({y, 1 - y, y * y * 4 - 1})]
