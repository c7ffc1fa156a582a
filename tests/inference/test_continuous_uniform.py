"""Events over several uniform variables, some between bounds of others: rational, or with logarithms."""

from __future__ import annotations

from fractions import Fraction

import pytest

import pplc
from pplc.inference.answers import Exact
from pplc.inference.continuous.integrals import integrate_out
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.polynomials import in_powers
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
