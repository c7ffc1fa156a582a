"""Values of numbers without variables, against arithmetic of many digits."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.inference.certified.constants import value_of
from pplc.semantics.symbolic.elementary import Number, apart, exp, log, sqrt

F = Fraction
RATIOS = st.fractions(F(1, 20), F(20), max_denominator=20)


def size(number: Any) -> float:
    with mpmath.workdps(60):
        return float(mpmath.log(abs(number)))


@given(st.lists(st.tuples(st.fractions(-3, 3, max_denominator=9), RATIOS, RATIOS), min_size=1, max_size=4))
def test_sums_of_products_of_logarithms(parts: list[tuple[Fraction, Fraction, Fraction]]) -> None:
    number: Number = F(1, 3)
    with mpmath.workdps(60):
        wanted = mpmath.mpf(1) / 3
        for c, p, q in parts:
            number = number + c * log(p) * log(q)
            wanted += mpmath.mpf(c.numerator) / c.denominator * _log(p) * _log(q)
    found = value_of([number])
    assert found is not None
    if wanted:
        assert found.sign == (1 if wanted > 0 else -1)
        assert float(found.log_size) == pytest.approx(size(wanted), rel=1e-14, abs=1e-15)


def _log(ratio: Fraction) -> Any:
    return mpmath.log(mpmath.mpf(ratio.numerator) / ratio.denominator)


def test_exact_numbers_may_cancel_as_far_as_they_like() -> None:
    close = F(10**40 + 1, 10**40)
    found = value_of([log(F(3) * close), -log(F(3))])
    assert found is not None
    assert found.sign == 1
    assert found.log_size == pytest.approx(-40 * math.log(10), rel=1e-15)


def test_equal_numbers_that_are_written_differently_leave_nothing() -> None:
    found = value_of([log(F(4)), -2 * log(F(2))])
    assert found is not None
    assert (found.sign, found.log_size) == (0, -math.inf)


def test_floats_that_cancel_have_no_value() -> None:
    assert value_of([apart(math.log(3)), -log(F(3)), F(1)]) is not None
    assert value_of([apart(math.log(3)), -log(F(3))]) is None
    assert value_of([1.0 + 1e-9, log(F(3)) - log(F(3)) - 1]) is None


def test_logarithms_of_large_numbers_keep_their_digits() -> None:
    found = value_of([exp(F(10**12)) * sqrt(1 + log(F(2)))])
    assert found is not None
    assert found.log_size - 10**12 == pytest.approx(0.5 * math.log1p(math.log(2)), abs=1e-3)
    assert getattr(found.log_size, "rest", 0.0) == pytest.approx(0.5 * math.log1p(math.log(2)), rel=1e-14)
