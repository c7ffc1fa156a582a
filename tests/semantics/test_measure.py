"""Finite measures: weights add up exactly or in floats, and the lowest dimension wins."""

from __future__ import annotations

from fractions import Fraction as F
from math import exp, inf, isnan, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.semantics.measure import ONE, Measure, collected, is_zero, share, times, total
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, LogRat, LogWeight

RATIONALS = st.fractions(min_value=0, max_value=4, max_denominator=20).map(LogRat)
FLOATS = st.one_of(st.just(-inf), st.floats(-50, 50))


@given(left=RATIONALS | FLOATS, right=RATIONALS | FLOATS)
def test_products_are_products(left: LogWeight, right: LogWeight) -> None:
    product = times(left, right)
    assert float(product) == pytest.approx(float(left) + float(right), rel=1e-12, abs=1e-12)
    assert isinstance(product, LogRat) == (isinstance(left, LogRat) and isinstance(right, LogRat))
    assert is_zero(product) == (is_zero(left) or is_zero(right))


@given(weights=st.lists(RATIONALS | st.floats(-30, 30), min_size=1, max_size=5))
def test_sums_are_sums(weights: list[LogWeight]) -> None:
    whole = total(weights)
    assert exp(float(whole)) == pytest.approx(sum(exp(float(w)) for w in weights), rel=1e-12)
    assert isinstance(whole, LogRat) == all(isinstance(w, LogRat) for w in weights)


def test_zero_times_infinity_is_zero() -> None:
    assert times(IMPOSSIBLE, inf) == -inf
    assert times(-inf, inf) == -inf


def test_a_weight_that_is_no_number_stays_one_that_is_seen() -> None:
    assert isnan(float(times(nan, 1.0)))


def test_the_empty_product_and_the_empty_sum() -> None:
    assert ONE(True) == CERTAIN
    assert ONE(False) == 0.0
    assert is_zero(total([]))
    empty: Measure[int] = Measure({})
    assert is_zero(empty.evidence)


def test_a_share_is_rational_if_both_weights_are() -> None:
    assert share(LogRat(F(1)), LogRat(F(3))) == F(1, 3)
    assert share(log(0.25), LogRat(F(1, 2))) == pytest.approx(0.5, rel=1e-15)


def test_equal_outcomes_add_up_and_impossible_ones_are_left_out() -> None:
    found: list[tuple[str, LogWeight, int]] = [
        ("a", LogRat(F(1, 2)), 0),
        ("b", IMPOSSIBLE, 0),
        ("a", LogRat(F(1, 4)), 0),
        ("c", -inf, 0),
    ]
    measure = collected(found)
    assert measure.masses == {"a": LogRat(F(3, 4))}
    assert measure.evidence == LogRat(F(3, 4))
    assert measure.probabilities() == {"a": 1}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_only_the_lowest_dimension_counts_in_whatever_order_the_runs_come(order: tuple[int, ...]) -> None:
    found = [("atom", LogRat(F(1, 100)), 1), ("line", LogRat(F(9)), 2), ("atom", LogRat(F(1, 50)), 1)]
    measure = collected(found[k] for k in order)
    assert measure == Measure({"atom": LogRat(F(3, 100))}, 1)


def test_a_run_of_weight_zero_does_not_count_with_its_dimension() -> None:
    assert collected([("a", IMPOSSIBLE, 0), ("b", CERTAIN, 1)]) == Measure({"b": CERTAIN}, 1)


def test_the_image_of_a_measure_keeps_its_mass() -> None:
    measure = Measure({1: LogRat(F(1, 2)), 2: LogRat(F(1, 4)), 3: LogRat(F(1, 8))}, 1)
    assert measure.map(lambda n: n % 2) == Measure({1: LogRat(F(5, 8)), 0: LogRat(F(1, 4))}, 1)
