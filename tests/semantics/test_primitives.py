"""Primitive operations: exact where rational, broadcast as NumPy does, loud outside their domains."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from pplc.lang.core import Function, Literal, Return
from pplc.lang.functions import FUNCTIONS, MEMBERS
from pplc.semantics.growing import Growing
from pplc.semantics.primitives import PRIMITIVES
from pplc.semantics.values import MISSING, Fault, FunctionValue, MemoModel, Record, Tagged, Value

F = Fraction
HALF = Fraction(1, 2)

OPERATORS = {
    *("add", "sub", "mul", "div", "floordiv", "mod", "pow", "matmul", "neg", "not"),
    *("eq", "ne", "lt", "le", "gt", "ge"),
    *("tuple", "list", "record", "field", "construct", "is_tag", "payload", "item", "index", "range"),
    *("len", "extent", "growing", "is_missing", "missing", "flatten"),
    *("logpdf", "cdf", "logcdf", "logccdf", "quantile", "mean_of", "mem"),
}
LOWERED = {"map", "filter", "fold", "flip", "infer"}
"""Functions that take functions, draw or run models: lowering makes statements of them."""
SOLVED = {"ode"}
"""Called by the evaluator itself, because it calls a function of the program in turn."""


def run(op: str, *arguments: Value, exact: bool = False, static: tuple[str | int, ...] = ()) -> Any:
    return PRIMITIVES[op](static, exact, *arguments)


def both(op: str, *arguments: Value) -> tuple[Any, Any]:
    return run(op, *arguments, exact=True), run(op, *arguments)


def fails(
    code: str, op: str, *arguments: Value, exact: bool = False, static: tuple[str | int, ...] = ()
) -> str:
    with pytest.raises(Fault) as caught:
        run(op, *arguments, exact=exact, static=static)
    assert caught.value.code == code
    return caught.value.message


def test_every_operator_and_library_function_has_a_primitive_and_nothing_else_has() -> None:
    library = {name for name in FUNCTIONS if name not in LOWERED}
    members = {name if name != "mean" else "mean_of" for name in MEMBERS}
    assert set(PRIMITIVES) == (OPERATORS | library | members | {"pdf"}) - SOLVED  # which only passes write


# ------------------------------------------------------------------ arithmetic

rationals = st.fractions(min_value=-50, max_value=50, max_denominator=30)


@given(rationals, rationals)
def test_rationals_stay_rational_under_arithmetic(a: Fraction, b: Fraction) -> None:
    assert run("add", a, b, exact=True) == a + b
    assert run("sub", a, b, exact=True) == a - b
    assert run("mul", a, b, exact=True) == a * b
    if b != 0:
        quotient = run("div", a, b, exact=True)
        assert isinstance(quotient, Fraction)
        assert quotient * b == a
        floor, rest = run("floordiv", a, b, exact=True), run("mod", a, b, exact=True)
        assert floor * b + rest == a
        assert 0 <= rest * (1 if b > 0 else -1) < abs(b)


@given(st.integers(-100, 100), st.integers(-20, 20).filter(bool))
def test_integer_division_floors_and_the_remainder_has_the_sign_of_the_divisor(a: int, b: int) -> None:
    assert run("floordiv", a, b) == math.floor(Fraction(a, b))
    assert run("mod", a, b) == a - b * math.floor(Fraction(a, b))


def test_the_quotient_of_ints_is_rational_in_exact_runs_and_a_float_otherwise() -> None:
    exact, rounded = both("div", 1, 3)
    assert exact == F(1, 3)
    assert isinstance(exact, Fraction)
    assert rounded == 1 / 3
    assert isinstance(rounded, float)


def test_a_float_makes_floats_of_rationals() -> None:
    for op in ("add", "sub", "mul", "div", "floordiv", "mod"):
        assert isinstance(run(op, F(7, 2), 2.0, exact=True), float)
    assert run("add", F(10) ** 400, 1.0) == math.inf
    assert run("sub", 1.0, F(10) ** 400) == -math.inf


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        (2, 10, 1024),
        (2, 0, 1),
        (0, 0, 1),
        (0, 5, 0),
        (-1, 10**30 + 1, -1),
        (1, 10**30, 1),
        (F(2, 3), 3, F(8, 27)),
        (F(2, 3), -2, F(9, 4)),
        (F(-1), 10**40 + 1, F(-1)),
        (4, F(1, 2), 2.0),
        (4.0, 0.5, 2.0),
        (-2.0, 3.0, -8.0),
        (-2.0, 3, -8.0),
        (10.0, 400, math.inf),
        (-10.0, 401, -math.inf),
        (-10.0, 400, math.inf),
        (0.5, math.inf, 0.0),
    ],
)
def test_powers(base: Value, exponent: Value, expected: float) -> None:
    assert run("pow", base, exponent, exact=True) == expected


def test_negative_powers_of_ints_are_reals() -> None:
    exact, rounded = both("pow", 2, -2)
    assert exact == F(1, 4)
    assert isinstance(exact, Fraction)
    assert isinstance(rounded, float)


def test_powers_outside_their_domain_are_faults() -> None:
    fails("E0424", "pow", 0, -1)
    fails("E0424", "pow", 0.0, -0.5)
    fails("E0425", "pow", -2.0, 0.5)
    assert "131,072" in fails("E0427", "mul", 10**30000, 10**30000)
    fails("E0427", "pow", 10, 10**9)


def test_rationals_with_too_many_digits_become_floats() -> None:
    assert run("pow", F(1, 2), 10**6, exact=True) == 0.0
    assert run("pow", F(3, 2), 10**6, exact=True) == math.inf
    assert run("pow", F(3, 2), -(10**6), exact=True) == 0.0
    tiny = F(1, 3) ** 60000
    assert run("mul", tiny, tiny, exact=True) == 0.0
    assert run("mul", 1 / tiny, -1 / tiny, exact=True) == -math.inf


@pytest.mark.parametrize("op", ["div", "floordiv", "mod"])
@pytest.mark.parametrize("zero", [0, 0.0, F(0)])
def test_division_by_zero_is_a_fault(op: str, zero: Value) -> None:
    assert "by zero" in fails("E0424", op, 3, zero)


def test_what_is_not_a_number_never_arises_silently() -> None:
    for op, a, b in (
        ("sub", math.inf, math.inf),
        ("add", math.inf, -math.inf),
        ("mul", 0.0, math.inf),
        ("div", math.inf, math.inf),
        ("mod", math.inf, 2.0),
        ("floordiv", math.inf, 2.0),
    ):
        fails("E0428", op, a, b)


def test_missing_and_other_kinds_are_no_numbers() -> None:
    assert "missing" in fails("E0429", "add", 1.0, MISSING)
    fails("E0429", "add", True, 1)
    fails("E0429", "exp", "text")
    fails("E0429", "neg", True)
    fails("E0429", "not", 1)


# ------------------------------------------------------------------ broadcasting

shapes = st.lists(st.integers(1, 3), max_size=3).flatmap(
    lambda sizes: st.tuples(
        st.just(tuple(sizes)),
        st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes)),
        st.integers(0, len(sizes)),
    )
)


def _nested(array: np.ndarray[Any, Any]) -> Any:
    return tuple(map(_nested, array)) if array.ndim else float(array)


@given(shapes)
def test_arrays_broadcast_as_in_numpy(given_shapes: tuple[tuple[int, ...], list[bool], int]) -> None:
    shape, stretched, dropped = given_shapes
    other = tuple(1 if one else n for one, n in zip(stretched, shape, strict=True))[dropped:]
    a = np.arange(math.prod(shape), dtype=float).reshape(shape)
    b = np.arange(math.prod(other), dtype=float).reshape(other) + 0.5
    assert run("add", _nested(a), _nested(b)) == _nested(np.asarray(a + b))
    assert run("sub", _nested(b), _nested(a)) == _nested(np.asarray(b - a))
    assert run("lt", _nested(a), _nested(b)) == _nested_bool(np.asarray(a < b))


def _nested_bool(array: np.ndarray[Any, Any]) -> Any:
    return tuple(map(_nested_bool, array)) if array.ndim else bool(array)


def test_shapes_that_do_not_fit_are_named() -> None:
    assert "[2, 2] and [3]" in fails("E0426", "add", ((1, 2), (3, 4)), (1, 2, 3))


def test_ranges_and_growing_arrays_are_arrays() -> None:
    growing = Growing().define((0,), 10).define((1,), 20)
    assert run("add", range(2), growing) == (10, 21)
    assert run("neg", growing) == (-10, -20)
    assert run("not", (True, False)) == (False, True)


# ------------------------------------------------------------------ comparison


def test_equality_is_of_whole_values_of_any_type() -> None:
    growing = Growing().define((0,), 1)
    assert run("eq", growing, (1,))
    assert run("eq", Tagged("A", (1,)), Tagged("A", (1,)))
    assert run("ne", (1, 2), (1, 3))
    assert run("eq", F(1, 2), 0.5)
    assert run("eq", "a", "a")


def test_order_of_numbers_and_strings() -> None:
    assert run("lt", 1, F(3, 2))
    assert not run("ge", 1, 1.5)
    assert run("le", "a", "b")
    assert run("gt", "b", "a")
    assert run("ge", 2, 2)


# ------------------------------------------------------------------ structure


def test_tuples_records_and_sum_values() -> None:
    assert run("tuple", 1, Growing().define((0,), 2)) == (1, (2,))
    record = run("record", 1, 2.0, static=("a", "b"))
    assert record == Record(("a", "b"), (1, 2.0))
    assert run("field", record, static=("b",)) == 2.0
    circle = run("construct", 1.5, static=("Circle",))
    assert circle == Tagged("Circle", (1.5,))
    assert run("is_tag", circle, static=("Circle",))
    assert not run("is_tag", circle, static=("Square",))
    assert run("payload", circle, static=(0,)) == 1.5
    assert run("item", (1, 2), static=(1,)) == 2
    assert run("values", static=("A", "B")) == (Tagged("A"), Tagged("B"))
    assert run("missing") is MISSING
    assert run("is_missing", MISSING)
    assert not run("is_missing", 1)
    for op, static in (("field", ("a",)), ("payload", (0,)), ("item", (0,))):
        fails("E0429", op, 3, static=static)


def test_indexing_by_ints_ranges_and_arrays_is_numpys() -> None:
    array = np.arange(24).reshape(2, 3, 4)
    nested: Any = tuple(tuple(tuple(int(x) for x in row) for row in rows) for rows in array)

    def same(ours: Any, theirs: Any) -> None:
        assert np.array_equal(np.array(ours), theirs)

    same(run("index", nested, 1), array[1])
    same(run("index", nested, 1, 2, 3), array[1, 2, 3])
    same(run("index", nested, range(2), range(1, 3)), array[0:2, 1:3])
    same(run("index", nested, range(2), 0, range(1, 3)), array[0:2, 0, 1:3])
    same(run("index", nested, (1, 0, 1)), array[[1, 0, 1]])
    same(run("index", nested, (1, 0), (2, 1)), array[[1, 0], [2, 1]])
    same(run("index", nested, ((1, 0), (0, 0))), array[[[1, 0], [0, 0]]])
    same(run("index", nested, ((1,), (0,)), (2, 1, 0)), array[[[1], [0]], [2, 1, 0]])
    same(run("index", nested, (1, 0), 2, (3, 0)), array[[1, 0], 2, [3, 0]])
    assert run("index", nested, range(0), 5) == ()


def test_indexing_growing_arrays_reads_what_is_there() -> None:
    array = Growing(2).define((0, 0), 5).define((0, 1), 6).define((1, 0), 7)
    assert run("index", array, 0, 1) == 6
    row = run("index", array, 0)
    assert isinstance(row, Growing)
    assert run("index", array, range(1)) == ((5, 6),)
    assert run("index", array, (1, 0), 0) == (7, 5)
    fails("E0422", "index", array, 1, 1)
    assert run("index", range(3, 8), 2) == 5


def test_indices_outside_the_array_are_named_with_its_extent() -> None:
    assert "the index 3 is outside the array, whose indices are from 0 to 2" in fails(
        "E0402", "index", (1, 2, 3), 3
    )
    assert "none" in fails("E0402", "index", (), 0)
    fails("E0402", "index", (1, 2, 3), -1)
    fails("E0402", "index", (1, 2, 3), range(1, 4))
    fails("E0402", "index", (1, 2, 3), (0, 7))
    fails("E0429", "index", (1, 2, 3), 1.0)
    fails("E0429", "index", 5, 0)
    fails("E0426", "index", ((1, 2), (3, 4)), (0, 1), (0, 1, 1))


def test_lengths_and_extents() -> None:
    assert run("len", (1, 2, 3)) == 3
    assert run("len", Growing().define((4,), 1)) == 5
    assert run("len", range(2, 6)) == 4
    assert run("len", "text") == 4
    assert run("extent", ((1, 2, 3), (4, 5, 6)), static=(1,)) == 3
    assert run("extent", ((1, 2, 3), (4, 5, 6)), static=(0,)) == 2
    assert run("extent", (), static=(1,)) == 0
    fails("E0429", "len", 3)


def test_ranges_and_arrays_are_made() -> None:
    assert run("range", 2, 5) == range(2, 5)
    assert run("range", 3) == range(3)
    fails("E0429", "range", 1, 2.5)
    zeros, floats = both("zeros", 2, 3)
    assert zeros == ((0, 0, 0), (0, 0, 0)) == floats
    assert isinstance(zeros[0][0], Fraction)
    assert isinstance(floats[0][0], float)
    assert run("ones", 0) == ()
    assert run("growing", static=(2,)) == Growing(2)
    fails("E0427", "zeros", 10**6, 10**6)
    fails("E0429", "ones", -1)


def test_lists_are_joined_zipped_and_turned() -> None:
    assert run("append", (1, 2), 3) == (1, 2, 3)
    assert run("concat", (1,), range(2)) == (1, 0, 1)
    assert run("zip", (1, 2), ("a", "b")) == ((1, "a"), (2, "b"))
    assert run("reverse", range(3)) == (2, 1, 0)
    assert run("flatten", ((1, 2), (), range(2))) == (1, 2, 0, 1)
    fails("E0426", "zip", (1,), (1, 2))
    fails("E0429", "append", 1, 2)


# ------------------------------------------------------------------ functions


@pytest.mark.parametrize(
    ("name", "theirs", "points"),
    [
        ("exp", math.exp, [-800.0, -1.0, 0.5, 700.0]),
        ("expm1", math.expm1, [-1e-12, 3.0]),
        ("log", math.log, [1e-300, 0.5, 7.0]),
        ("log1p", math.log1p, [1e-12, -0.5]),
        ("sin", math.sin, [1.0, -20.0]),
        ("cos", math.cos, [1.0]),
        ("tan", math.tan, [1.0]),
        ("atan", math.atan, [1.0, math.inf]),
        ("tanh", math.tanh, [0.3, 40.0]),
        ("erf", special.erf, [-3.0, 1e-9, 0.7, 6.0]),
        ("lgamma", special.gammaln, [0.1, 3.5, 200.0, -0.5, -3.7]),
        ("logit", special.logit, [1e-9, 0.3, 0.999]),
        ("sigmoid", special.expit, [-750.0, -3.0, 2.0, 40.0]),
        ("sqrt", math.sqrt, [2.0, 0.0]),
    ],
)
def test_functions_are_accurate(name: str, theirs: Any, points: list[float]) -> None:
    assert run(name, tuple(points)) == pytest.approx(tuple(theirs(x) for x in points), rel=2e-15, abs=1e-300)


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("exp", 0, 1),
        ("log", F(1), 0),
        ("log1p", 0, 0),
        ("expm1", F(0), 0),
        ("sqrt", F(4, 9), F(2, 3)),
        ("sigmoid", 0, HALF),
        ("erf", 0, 0),
        ("lgamma", 2, 0),
        ("cos", 0, 1),
        ("abs", F(-1, 3), F(1, 3)),
        ("real", 3, F(3)),
    ],
)
def test_rational_values_stay_rational_in_exact_runs(name: str, argument: Value, value: Fraction) -> None:
    result = run(name, argument, exact=True)
    assert result == value
    assert isinstance(result, Fraction)
    if name != "abs":
        assert isinstance(run(name, 2.0 if name == "real" else 1.0), float)


def test_irrational_values_are_floats_in_exact_runs() -> None:
    assert run("sqrt", F(2), exact=True) == math.sqrt(2)
    assert run("exp", F(1), exact=True) == math.e


def test_values_at_the_ends_of_domains() -> None:
    assert run("log", 0.0) == -math.inf
    assert run("log1p", -1.0) == -math.inf
    assert run("logit", (0.0, 1.0)) == (-math.inf, math.inf)
    assert run("exp", 1000.0) == math.inf
    assert run("expm1", 1000.0) == math.inf
    assert run("lgamma", math.inf) == math.inf


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("log", -1.0),
        ("log1p", -1.5),
        ("sqrt", F(-1, 4)),
        ("logit", 1.5),
        ("lgamma", 0.0),
        ("lgamma", -2.0),
        ("sin", math.inf),
        ("floor", math.inf),
        ("choose", -1),
    ],
)
def test_outside_their_domains_functions_say_what_they_need(name: str, argument: Value) -> None:
    arguments = (argument, 1) if name == "choose" else (argument,)
    message = fails("E0425", name, *arguments)
    assert f"`{name}` needs" in message


def test_rounding_gives_ints() -> None:
    for name, theirs in (("floor", math.floor), ("ceil", math.ceil), ("round", round), ("int", int)):
        for x in (2.5, -2.5, F(7, 2), 3):
            found = run(name, x)
            assert found == theirs(x)
            assert isinstance(found, int)
    assert run("int", (True, 2.7)) == (1, 2)


def test_beta_is_rational_for_integers() -> None:
    assert run("beta", 2, 3, exact=True) == F(1, 12)
    assert run("beta", 2, HALF, exact=True) == F(4, 3)
    assert run("beta", 0.5, 0.5, exact=True) == pytest.approx(math.pi, rel=1e-14)
    assert run("beta", HALF, HALF, exact=True) == pytest.approx(math.pi, rel=1e-14)
    assert run("beta", 2.0, 3.0) == pytest.approx(1 / 12, rel=1e-14)
    fails("E0425", "beta", 0, 1)
    fails("E0425", "beta", 1, -1.0)


def test_binomial_coefficients() -> None:
    assert run("choose", 5, (0, 2, 5, 6, -1)) == (1, 10, 1, 0, 0)
    fails("E0427", "choose", 10**6, 10**5)
    fails("E0429", "choose", 5, 2.0)
    fails("E0429", "choose", 5.0, 2)


def test_constants() -> None:
    assert run("pi") == math.pi
    assert run("infinity") == math.inf


# ------------------------------------------------------------------ reductions


def test_reductions_go_over_all_entries() -> None:
    matrix = ((1, 2), (3, 6))
    assert run("sum", matrix) == 12
    assert run("prod", matrix) == 36
    assert both("mean", matrix) == (3, 3)
    assert run("max", matrix) == 6
    assert run("min", matrix) == 1
    assert run("variance", matrix, exact=True) == F(14, 3)
    assert run("sd", (0, 2, 4), exact=True) == 2
    assert run("sum", ()) == 0
    assert run("sum", (True, False, True)) == 2
    assert run("any", (False, True))
    assert not run("any", ())
    assert not run("all", (False, True))
    assert run("all", ())


def test_extremes_of_two_broadcast() -> None:
    assert run("max", (1, 5), 3) == (3, 5)
    assert run("min", (1, 5), 3) == (1, 3)


def test_log_sum_exp_does_not_overflow() -> None:
    assert run("log_sum_exp", (1000.0, 1000.0)) == 1000 + math.log(2)
    assert run("log_sum_exp", (-math.inf, 0.0)) == 0
    assert run("log_sum_exp", (0.0, 1.0), 0.0) == pytest.approx((math.log(2), math.log1p(math.e)))
    assert run("log_sum_exp", ()) == -math.inf


def test_vectors_are_summed_sorted_and_normalised() -> None:
    assert run("cumsum", (1, 2, 3)) == (1, 3, 6)
    assert run("cumsum", ()) == ()
    assert run("sort", (3, F(1, 2), 2.5)) == (F(1, 2), 2.5, 3)
    assert run("softmax", (1000.0, 1000.0, -math.inf)) == (0.5, 0.5, 0)
    assert run("softmax", (F(3), F(3)), exact=True) == (HALF, HALF)
    assert sum(run("softmax", (0.3, 5.0, -2.0))) == pytest.approx(1, abs=1e-15)
    assert run("norm", (3, 4), exact=True) == 5
    assert run("norm", (1e200, 1e200)) == pytest.approx(math.sqrt(2) * 1e200)


def test_reductions_of_nothing_are_faults() -> None:
    for name in ("mean", "max", "min", "softmax", "variance"):
        fails("E0425", name, ())
    fails("E0425", "variance", (1,))
    fails("E0425", "softmax", (math.inf, 0.0))
    fails("E0429", "sum", ("a",))
    fails("E0429", "sort", ((1, 2), (3, 4)))


# ------------------------------------------------------------------ linear algebra

squares = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(rationals, min_size=n, max_size=n), min_size=n, max_size=n)
)


@given(squares)
def test_inverses_determinants_and_solutions_of_rationals_are_exact(rows: list[list[Fraction]]) -> None:
    matrix = tuple(tuple(row) for row in rows)
    size = len(matrix)
    determinant = run("det", matrix, exact=True)
    identity = run("eye", size, exact=True)
    assert float(determinant) == pytest.approx(np.linalg.det(np.array(rows, dtype=float)), rel=1e-6, abs=1e-3)
    if determinant == 0:
        fails("E0425", "inv", matrix, exact=True)
        assert run("logdet", matrix, exact=True) == -math.inf
        return
    inverse = run("inv", matrix, exact=True)
    assert (
        run("matmul", matrix, inverse, exact=True) == identity == run("matmul", inverse, matrix, exact=True)
    )
    column = tuple(F(i + 1) for i in range(size))
    assert run("matmul", matrix, run("solve", matrix, column, exact=True), exact=True) == column
    assert run("solve", matrix, identity, exact=True) == inverse
    assert run("logdet", matrix, exact=True) == pytest.approx(math.log(abs(determinant)), abs=1e-9)
    assert run("det", run("transpose", matrix), exact=True) == determinant


def test_linear_algebra_on_floats_is_numpys() -> None:
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=(5, 5)), generator.normal(size=(5, 3))
    ours, other = _nested(a), _nested(b)
    assert np.allclose(run("inv", ours), np.linalg.inv(a), rtol=1e-11)
    assert np.allclose(run("solve", ours, other), np.linalg.solve(a, b), rtol=1e-11)
    assert run("det", ours) == pytest.approx(np.linalg.det(a), rel=1e-12)
    assert run("logdet", ours) == pytest.approx(np.linalg.slogdet(a)[1], rel=1e-12)
    spd = a @ a.T
    assert np.allclose(run("cholesky", _nested(spd)), np.linalg.cholesky(spd), rtol=1e-10)
    assert np.allclose(run("matmul", ours, other), a @ b, rtol=1e-13)
    assert np.allclose(run("matmul", ours, other[0] + other[1][:2]), a @ np.r_[b[0], b[1][:2]], rtol=1e-13)
    assert np.allclose(run("matmul", other[0], run("transpose", other)), b[0] @ b.T, rtol=1e-13)


def test_products_of_vectors() -> None:
    assert run("matmul", (1, 2), (3, 4), exact=True) == 11
    assert run("dot", (1, 2), (3, 4)) == 11
    assert run("outer", (1, 2), (3, 4), exact=True) == ((3, 4), (6, 8))
    assert run("diag", (1, 2), exact=True) == ((1, 0), (0, 2))
    assert run("diag", ((1, 2), (3, 4)), exact=True) == (1, 4)
    assert run("matmul", (), ()) == 0
    assert run("matmul", ((), ()), ()) == (0, 0)
    assert run("matmul", (), (1, 2)) == ()


def test_cholesky_factors_of_rational_squares_stay_rational() -> None:
    factor = run("cholesky", ((4, 2), (2, 10)), exact=True)
    assert factor == ((2, 0), (1, 3))
    assert all(isinstance(entry, Fraction) for row in factor for entry in row)
    assert run("cholesky", ((2, 0), (0, 2)), exact=True)[0][0] == math.sqrt(2)


def test_matrices_that_do_not_fit_or_have_no_factor_are_faults() -> None:
    fails("E0425", "cholesky", ((1, 2), (2, 1)))
    assert "symmetric" in fails("E0425", "cholesky", ((1, 2), (0, 1)))
    fails("E0426", "cholesky", ((1, 2, 3), (2, 5, 3)))
    fails("E0426", "matmul", ((1, 2), (3, 4)), (1, 2, 3))
    fails("E0426", "matmul", ((1, 2), (3, 4)), ((1, 2), (3, 4), (5, 6)))
    fails("E0426", "dot", (1,), (1, 2))
    fails("E0426", "inv", ((1, 2, 3), (4, 5, 6)))
    fails("E0426", "solve", ((1, 2), (3, 4)), (1, 2, 3))
    fails("E0426", "transpose", ((1, 2), (3,)))
    fails("E0426", "det", ((1, 2), (3,)))
    fails("E0429", "matmul", 1, (1, 2))
    fails("E0429", "inv", 3)
    fails("E0429", "transpose", (1, 2))
    fails("E0427", "eye", 10**5)


# ------------------------------------------------------------------ Gaussian processes


@pytest.mark.parametrize(
    ("name", "covariance", "extra"),
    [
        ("gp_exp_quad", lambda r: math.exp(-(r**2) / (2 * 0.49)), ()),
        ("gp_matern32", lambda r: (1 + math.sqrt(3) * r / 0.7) * math.exp(-math.sqrt(3) * r / 0.7), ()),
        (
            "gp_matern52",
            lambda r: (
                (1 + math.sqrt(5) * r / 0.7 + 5 * r * r / (3 * 0.49)) * math.exp(-math.sqrt(5) * r / 0.7)
            ),
            (),
        ),
        ("gp_periodic", lambda r: math.exp(-2 * math.sin(math.pi * r / 2.5) ** 2 / 0.49), (2.5,)),
    ],
)
def test_covariance_functions_of_gaussian_processes(
    name: str, covariance: Any, extra: tuple[float, ...]
) -> None:
    x, y = (0.0, 0.4, 2.0), (1.0, -3.0)
    square = run(name, x, 1.5, 0.7, *extra)
    assert np.array(square) == pytest.approx(
        np.array([[2.25 * covariance(abs(p - q)) for q in x] for p in x])
    )
    between = run(name, x, y, 1.5, 0.7, *extra)
    assert np.array(between) == pytest.approx(
        np.array([[2.25 * covariance(abs(p - q)) for q in y] for p in x])
    )
    plane = run(name, ((0.0, 0.0), (3.0, 4.0)), 1.5, 0.7, *extra)
    assert plane[0][1] == pytest.approx(2.25 * covariance(5.0))
    fails("E0425", name, x, -1.0, 0.7, *extra)
    fails("E0426", name, ((0.0, 0.0),), (1.0,), 1.5, 0.7, *extra)


def test_mem_is_a_model_of_memoised_functions() -> None:
    function = FunctionValue(Function("f", "fn", ("x",), (), (Return(Literal(1)),)))
    assert run("mem", function) == MemoModel(function)
    fails("E0429", "mem", 3)
