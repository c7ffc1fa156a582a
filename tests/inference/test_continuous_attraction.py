"""Blocks of normal variables as one expression: what linear algebra gives at every point."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from pplc.inference.certified.balls import BALLS
from pplc.inference.certified.straight_line import StraightLine
from pplc.inference.continuous.attraction import integrated
from pplc.inference.continuous.piece import Piece, World
from pplc.semantics.symbolic.elementary import Number, log
from pplc.semantics.symbolic.expression import Latent, latent

WORLD = World()
S, T = Latent(("s",), WORLD), Latent(("t",), WORLD)
s: Any = latent(("s",), WORLD)
t: Any = latent(("t",), WORLD)


def positive() -> Piece:
    piece = Piece(latents=(S, T)).where(s)
    piece = piece and piece.where(t)
    assert piece is not None
    return piece


def value(number: Number, at: tuple[float, float]) -> float:
    (found,) = StraightLine([number], [S, T], BALLS)(*(BALLS.constant(Fraction(one)) for one in at))
    return float(found.mid())


def by_algebra(
    quadratic: dict[Any, Number], size: int, row: list[float], at: tuple[float, float]
) -> list[float]:
    """log ∫ but for (2π)^(n/2), mean and variance of a number, from the precision at a point."""
    precision, linear = np.zeros((size, size)), np.zeros(size)
    constant = 0.0
    for key, number in quadratic.items():
        found = value(number, at)
        match key:
            case ():
                constant = found
            case (i,):
                linear[i] = found
            case (i, j):
                precision[i, j] -= found
                precision[j, i] -= found
            case _:
                raise KeyError(key)
    covariance = np.linalg.inv(precision)
    exponent = constant + linear @ covariance @ linear / 2 - np.linalg.slogdet(precision)[1] / 2
    slopes = np.array(row)
    return [exponent, slopes @ covariance @ linear, slopes @ covariance @ slopes]


def hierarchy() -> dict[Any, Number]:
    """x_0, x_1 ~ Normal(x_2, t), x_2 ~ Normal(1, 3), and data 2, 5 of x_0 and -1 of x_1 with deviation s."""
    w, k, g = s ** (-2), t ** (-2), Fraction(1, 9)
    return {
        (): -w * 15 - g / 2,
        (0,): w * 7,
        (1,): -w,
        (2,): g,
        (0, 0): -w - k / 2,
        (1, 1): -(w + k) / 2,
        (2, 2): -k - g / 2,
        (0, 2): k,
        (1, 2): k,
    }


def test_a_hierarchy_has_the_integral_and_the_moments_of_linear_algebra() -> None:
    quadratic = hierarchy()
    found = integrated(positive(), quadratic, 3, [(Fraction(0), {0: Fraction(1), 2: Fraction(1, 2)})])
    assert found is not None
    exponent, (moments,) = found
    for at in ((0.5, 2.0), (3.0, 0.25), (1.0, 1.0)):
        expected = by_algebra(quadratic, 3, [1.0, 0.0, 0.5], at)
        numbers = (exponent, moments.mean, moments.variance)
        assert np.allclose([value(number, at) for number in numbers], expected, rtol=1e-12)
        assert np.isclose(value(moments.sd, at), expected[2] ** 0.5, rtol=1e-12)


def test_a_scale_of_data_that_others_explain_may_be_0() -> None:
    """y = 3 with variance s² + t²: no logarithm of s is left, nor a negative power."""
    quadratic: dict[Any, Number] = {
        (): -Fraction(9, 2) * s ** (-2),
        (0,): 3 * s ** (-2),
        (0, 0): -(s ** (-2) + t ** (-2)) / 2,
    }
    found = integrated(positive(), quadratic, 1, [])
    assert found is not None
    exponent, _ = found
    WORLD.piece = positive()
    assert exponent == log(s) + log(t) - log(s * s + t * t) / 2 - Fraction(9, 2) * (s * s + t * t) ** (-1)


def test_variables_that_repel_each_other_are_left_to_linear_algebra() -> None:
    quadratic: dict[Any, Number] = {(0, 0): -(s ** (-2)), (1, 1): -(s ** (-2)), (0, 1): -(s ** (-2))}
    assert integrated(positive(), quadratic, 2, []) is None
