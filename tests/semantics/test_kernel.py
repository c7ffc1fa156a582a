"""The elementary functions are total, agree with `math` inside its domain, and have exact twins."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.semantics import elementary, exact_elementary, kernel
from pplc.semantics.number import Inexact, LogRat

ANY = st.floats()
UNARY = ["log", "log1p", "exp", "expm1", "log1mexp", "sqrt", "sin", "cos", "tan", "atan", "acos", "tanh"]


@pytest.mark.parametrize("name", UNARY)
@given(x=ANY)
def test_functions_never_raise_and_are_nan_where_math_has_no_value(name: str, x: float) -> None:
    ours: float = getattr(elementary, name)(x)
    reference: Callable[[float], float] | None = getattr(math, name, None)
    if reference is None:
        return
    try:
        theirs = reference(x)
    except ValueError:
        assert math.isnan(ours) or ours == -math.inf
    except OverflowError:
        assert ours == math.inf
    else:
        assert ours == theirs or (math.isnan(ours) and math.isnan(theirs))


def test_edges_of_the_elementary_functions() -> None:
    assert elementary.log(0.0) == elementary.log1p(-1.0) == -math.inf
    assert elementary.exp(1e4) == elementary.expm1(1e4) == math.inf
    assert elementary.log1mexp(0.0) == -math.inf
    assert elementary.log1mexp(-math.inf) == 0
    assert elementary.log1mexp(-1e-20) == pytest.approx(math.log(1e-20))
    assert elementary.xlogy(0.0, 0.0) == elementary.xlog1py(0.0, -1.0) == 0
    assert elementary.xlogy(2.0, 3.0) == 2 * math.log(3)
    assert elementary.xlog1py(2.0, 0.5) == 2 * math.log1p(0.5)
    assert elementary.atan2(1.0, -1.0) == math.atan2(1, -1)
    assert elementary.floor(-0.5) == -1
    assert elementary.floor(math.inf) == (1 << 63) - 1
    assert elementary.floor(-math.inf) == -((1 << 63) - 1)
    assert elementary.isnan(math.nan)
    assert not elementary.isnan(math.inf)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (2.0, 3.0, 8.0),
        (0.0, 2.0, 0.0),
        (0.0, 0.0, 1.0),
        (0.0, -1.0, math.inf),
        (10.0, 400.0, math.inf),
        (10.0, -400.0, 0.0),
    ],
)
def test_powers(x: float, y: float, expected: float) -> None:
    assert elementary.power(x, y) == expected


@pytest.mark.parametrize(("x", "y"), [(-1.0, 2.0), (math.nan, 1.0), (2.0, math.nan)])
def test_powers_without_a_value_are_nan(x: float, y: float) -> None:
    assert math.isnan(elementary.power(x, y))


@given(a=st.floats(-50, 50), b=st.floats(-50, 50))
def test_logaddexp_is_the_log_of_the_sum(a: float, b: float) -> None:
    assert elementary.logaddexp(a, b) == pytest.approx(math.log(math.exp(a) + math.exp(b)), abs=1e-13)
    assert elementary.logaddexp(a, -math.inf) == a
    assert elementary.logaddexp(-math.inf, b) == b


@given(st.fractions(min_value=Fraction(1, 99), max_value=50, max_denominator=99))
def test_exact_twins_agree_with_the_floats(x: Fraction) -> None:
    assert exact_elementary.log(x) == LogRat(x)
    assert float(exact_elementary.log1p(x)) == pytest.approx(math.log1p(x), rel=1e-13)
    assert exact_elementary.exp(LogRat(x)) == x
    assert exact_elementary.expm1(LogRat(x)) == x - 1
    assert exact_elementary.sqrt(x * x) == x
    assert exact_elementary.floor(x) == math.floor(x)
    assert exact_elementary.xlogy(3, x) == LogRat(x**3)
    assert exact_elementary.xlog1py(2, x) == LogRat((1 + x) ** 2)
    assert exact_elementary.logaddexp(LogRat(x), LogRat(x)) == LogRat(2 * x)
    assert exact_elementary.power(x, 3) == x**3
    assert not exact_elementary.isnan(x)


def test_exact_values_at_the_edges() -> None:
    assert exact_elementary.exp(0) == 1
    assert exact_elementary.xlogy(0, 0) == LogRat(Fraction(1))
    assert exact_elementary.xlog1py(0, -1) == LogRat(Fraction(1))
    assert exact_elementary.log1mexp(LogRat(Fraction(1, 4))) == LogRat(Fraction(3, 4))
    assert exact_elementary.lgamma(5) == LogRat(Fraction(24))
    assert exact_elementary.log_beta(Fraction(1, 2), 2) == LogRat(Fraction(4, 3))
    assert exact_elementary.log_beta(2, Fraction(1, 2)) == LogRat(Fraction(4, 3))
    assert exact_elementary.log_choose(5, 2) == LogRat(Fraction(10))
    assert exact_elementary.log_choose(5, 6) == LogRat(Fraction(0))
    assert exact_elementary.power_sum(2, 1, 3) == Fraction(49, 36)


@pytest.mark.parametrize(
    "compute",
    [
        lambda: exact_elementary.exp(1),
        lambda: exact_elementary.sqrt(2),
        lambda: exact_elementary.sqrt(-1),
        lambda: exact_elementary.log(-1),
        lambda: exact_elementary.log(0.5),  # type: ignore[arg-type]
        lambda: exact_elementary.power(2, Fraction(1, 2)),
        lambda: exact_elementary.lgamma(Fraction(1, 2)),
        lambda: exact_elementary.lgamma(0),
        lambda: exact_elementary.log_beta(Fraction(1, 2), Fraction(1, 2)),
        lambda: exact_elementary.log_choose(Fraction(1, 2), 1),
        lambda: exact_elementary.power_sum(2, 1, 0),
        lambda: exact_elementary.inf + 1,
        lambda: 2 * -exact_elementary.inf,
    ],
)
def test_what_is_not_rational_is_refused(compute: Callable[[], Any]) -> None:
    with pytest.raises(Inexact):
        compute()


@given(st.fractions())
def test_infinity_compares_with_every_rational(x: Fraction) -> None:
    high, low = exact_elementary.inf, -exact_elementary.inf
    for relation in (operator.lt, operator.le):
        assert relation(low, x)
        assert relation(x, high)
        assert relation(low, high)
        assert not relation(high, x)
        assert not relation(x, low)
        assert relation(high, high) == relation(1, 1)
    assert high == exact_elementary.inf
    assert high != low
    assert hash(high) == hash(exact_elementary.inf)


def test_every_elementary_function_is_handed_to_kernels() -> None:
    public = {name for name in vars(elementary) if not name.startswith("_")} - {
        "math",
        "annotations",
        "TypeAlias",
    }
    assert public <= set(kernel.__all__)
