"""Exact log weights behave as logarithms and never meet floats."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.semantics.number import (
    CERTAIN,
    IMPOSSIBLE,
    Inexact,
    LogRat,
    LogShifted,
    log_product,
    log_ratio,
    log_sum_exp,
    log_sum_rat,
    log_weight,
    logaddexp,
    shifted,
    weight,
)

weights = st.fractions(min_value=0, max_value=100, max_denominator=50)


@given(weights, weights)
def test_sums_of_logs_are_products(r: Fraction, s: Fraction) -> None:
    assert LogRat(r) + LogRat(s) == LogRat(r * s)
    assert logaddexp(LogRat(r), LogRat(s)) == LogRat(r + s)
    assert log_sum_rat([LogRat(r), LogRat(s), LogRat(r)]) == LogRat(2 * r + s)


@given(weights, weights.filter(bool))
def test_differences_undo_sums(r: Fraction, s: Fraction) -> None:
    assert LogRat(r) + LogRat(s) - LogRat(s) == LogRat(r)
    assert -LogRat(s) + LogRat(s) == CERTAIN


@given(weights, weights)
def test_order_is_that_of_the_weights(r: Fraction, s: Fraction) -> None:
    a, b = LogRat(r), LogRat(s)
    assert (a < b, a <= b, a > b, a >= b) == (r < s, r <= s, r > s, r >= s)
    assert max(a, b) == LogRat(max(r, s))
    assert r == 0 or abs(a) == LogRat(max(r, 1 / r))


@given(st.fractions(min_value=Fraction(1, 10**6), max_value=10**6))
def test_the_float_is_the_logarithm(r: Fraction) -> None:
    assert math.isclose(float(LogRat(r)), math.log(r), rel_tol=1e-13, abs_tol=1e-13)


def test_the_float_keeps_its_digits_near_one_and_beyond_the_range_of_floats() -> None:
    assert math.isclose(float(LogRat(1 + Fraction(1, 10**30))), 1e-30, rel_tol=1e-15)
    assert math.isclose(float(LogRat(Fraction(10) ** 1000)), 1000 * math.log(10), rel_tol=1e-15)
    assert math.isclose(float(LogRat(Fraction(1, 10**1000))), -1000 * math.log(10), rel_tol=1e-15)
    assert float(IMPOSSIBLE) == -math.inf


def test_integer_multiples_are_powers() -> None:
    assert 3 * LogRat(Fraction(2, 3)) == LogRat(Fraction(8, 27))
    assert LogRat(Fraction(2, 3)) * -1 == LogRat(Fraction(3, 2))
    assert LogRat(Fraction(2)) * Fraction(4, 2) == LogRat(Fraction(4))
    assert 2 * IMPOSSIBLE == IMPOSSIBLE


@pytest.mark.parametrize("times", [Fraction(1, 2), 0.5, 2.0])
def test_other_multiples_are_inexact(times: Fraction | float) -> None:
    with pytest.raises(Inexact):
        _ = LogRat(Fraction(2)) * times


@pytest.mark.parametrize("times", [0, -1])
def test_minus_infinity_has_no_other_multiples(times: int) -> None:
    with pytest.raises(Inexact):
        _ = IMPOSSIBLE * times


def test_minus_infinity_cannot_be_subtracted() -> None:
    with pytest.raises(Inexact):
        _ = CERTAIN - IMPOSSIBLE


def test_meeting_a_float_is_inexact() -> None:
    with pytest.raises(Inexact):
        _ = CERTAIN + 1.0
    with pytest.raises(Inexact):
        _ = 1.0 - CERTAIN
    with pytest.raises(Inexact):
        _ = CERTAIN < 0.5
    with pytest.raises(Inexact):
        logaddexp(CERTAIN, 0.0)


def test_a_negative_number_has_no_log() -> None:
    with pytest.raises(ValueError, match="negative"):
        LogRat(Fraction(-1))


def test_float_log_weights_add_without_overflow() -> None:
    assert logaddexp(1000.0, 1000.0) == 1000 + math.log(2)
    assert logaddexp(-math.inf, 3.0) == 3.0
    assert logaddexp(-math.inf, -math.inf) == -math.inf
    assert log_sum_exp([]) == -math.inf
    assert log_sum_exp([-math.inf, -math.inf]) == -math.inf
    assert log_sum_exp([math.inf, 1.0]) == math.inf
    assert math.isnan(log_sum_exp([math.inf, math.nan]))
    assert math.isclose(log_sum_exp([-1000.0, -1000.0, -1001.0]), -1000 + math.log(2 + math.exp(-1)))


def test_weights_keep_their_kind() -> None:
    assert log_weight(Fraction(1, 2)) == LogRat(Fraction(1, 2))
    assert log_weight(0.0) == -math.inf
    assert log_weight(2.0) == math.log(2)
    assert weight(LogRat(Fraction(1, 3))) == Fraction(1, 3)
    assert weight(0.0) == 1.0
    assert weight(1e4) == math.inf


def test_what_is_large_in_log_weights_cancels_exactly() -> None:
    far = Fraction(10**30) + Fraction(1, 3)
    one, other = shifted(far, 0.25), shifted(-far, 0.5)
    assert isinstance(one, LogShifted)
    assert float(one) == float(far)
    assert log_product(one, other) == pytest.approx(0.75, abs=1e-15)
    assert log_ratio(one, -other) == pytest.approx(0.75, abs=1e-15)
    assert log_ratio(one, LogRat(Fraction(1))) == float(far)
    both = log_sum_exp([one, log_product(one, math.log(3)), -math.inf])
    assert log_ratio(both, one) == pytest.approx(math.log(4), abs=1e-15)
    assert log_sum_exp([other, 0.0]) == 0.0


def test_log_weights_without_a_large_part_are_floats() -> None:
    assert type(shifted(Fraction(1, 4), 0.5)) is float
    assert type(log_product(shifted(Fraction(7), 0.5), shifted(Fraction(-7), 0.5))) is float
    assert shifted(Fraction(5), -math.inf) == -math.inf
