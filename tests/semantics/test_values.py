"""Values are immutable, hashable and shown as users write them; growing arrays define each element once."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.lang.core import Function, Literal, Return
from pplc.semantics.growing import Growing
from pplc.semantics.values import (
    MISSING,
    Fault,
    FunctionValue,
    MemoFunction,
    MemoModel,
    ModelValue,
    Record,
    Tagged,
    Value,
    shape_of,
    show,
    show_address,
    to_numbers,
)


def _function(name: str = "f", kind: str = "fn") -> Function:
    return Function(name, "model" if kind == "model" else "fn", ("x",), ("a",), (Return(Literal(1)),))


# ------------------------------------------------------------------ functions and records


def test_functions_are_equal_by_name_and_what_they_captured() -> None:
    one, same = FunctionValue(_function(), (1,)), FunctionValue(_function(), (1,))
    assert one == same
    assert hash(one) == hash(same)
    assert one != FunctionValue(_function(), (2,))
    assert one != FunctionValue(_function("g"), (1,))
    assert one != "f"


def test_records_are_read_by_name() -> None:
    assert Record(("a", "b"), (1, 2.5))["b"] == 2.5


def test_a_fault_carries_what_a_diagnostic_says() -> None:
    fault = Fault("E0401", "message", "label", "help")
    assert (fault.code, fault.message, fault.label, fault.help) == ("E0401", "message", "label", "help")
    assert str(fault) == "E0401: message"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3, "3"),
        (0.25, "0.25"),
        (Fraction(-5, 4), "-1.25"),
        (Fraction(1, 3), "1/3"),
        (Fraction(7), "7"),
        (Fraction(1, 3 * 10**13), "3.3333333333333334e-14"),
        ('say "hi"\n', '"say \\"hi\\"\\n"'),
        (range(2, 5), "2..5"),
        ((1, (2.0, MISSING)), "[1, [2.0, missing]]"),
        (tuple(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … 8 more]"),
        (Record(("a", "b"), (1, False)), "(a: 1, b: false)"),
        (Tagged("Nothing"), "Nothing"),
        (Tagged("Circle", (Fraction(1, 2),)), "Circle(0.5)"),
        (FunctionValue(_function(kind="model")), "model f"),
        (ModelValue(FunctionValue(_function()), (1, 2)), "f(1, 2)"),
        (MemoModel(FunctionValue(_function())), "mem(f)"),
        (MemoFunction(("eyes",), FunctionValue(_function())), "eyes"),
    ],
)
def test_values_are_shown_as_they_are_written(value: Value, text: str) -> None:
    assert show(value) == text


def test_addresses_are_shown_with_indices_paths_and_depths() -> None:
    assert show_address(("theta", (3,))) == "theta[3]"
    assert show_address(("f", "slope")) == "f.slope"
    assert show_address(("n", "geometric#1", 3)) == "n.geometric#1^3"
    assert show_address(("eyes", ("bob", 1))) == 'eyes["bob", 1]'


def test_numbers_are_made_exact_and_back_in_every_part_of_a_value() -> None:
    value = (0.5, 2, True, Record(("a",), (0.25,)), Tagged("T", (1.5,)), "text", MISSING)
    rational = (Fraction(1, 2), 2, True, Record(("a",), (Fraction(1, 4),)), Tagged("T", (Fraction(3, 2),)))
    assert to_numbers(value, exact=True) == (*rational, "text", MISSING)
    back = to_numbers(to_numbers(value, exact=True), exact=False)
    assert back == value
    assert isinstance(back, tuple)
    assert isinstance(back[0], float)
    assert to_numbers(float("inf"), exact=True) == float("inf")


def test_shapes_of_nested_tuples() -> None:
    assert shape_of(()) == (0,)
    assert shape_of(range(4)) == (4,)
    assert shape_of(3.0) == ()
    assert shape_of((((1, 2),), ((3, 4),))) == (2, 1, 2)
    assert shape_of(((1, 2), 3)) == (2,)


# ------------------------------------------------------------------ growing arrays


@given(st.permutations(range(70)), st.integers(0, 69))
def test_elements_are_found_whatever_the_order_in_which_they_were_defined(
    order: list[int], split: int
) -> None:
    array = Growing()
    for index in order[:split]:
        array = array.define((index,), index * 10)
    before = dict(array.items())
    later = array
    for index in order[split:]:
        later = later.define((index,), index * 10)
    assert later.freeze() == tuple(index * 10 for index in range(70))
    assert later.length == 70
    assert dict(array.items()) == before == {(i,): i * 10 for i in order[:split]}
    again = Growing()
    for index in range(70):
        again = again.define((index,), index * 10)
    assert again == later
    assert hash(again) == hash(later)


def test_large_indices_make_the_trie_deeper_and_nothing_else() -> None:
    array = Growing().define((40_000,), "far").define((3,), "near")
    assert array.get(40_000) == "far"
    assert array.get(3) == "near"
    assert array.length == 40_001
    assert [index for index, _ in array.items()] == [(3,), (40_000,)]


def test_an_element_is_defined_once() -> None:
    array = Growing(2).define((1, 2), 5)
    with pytest.raises(Fault, match=r"element \[1, 2\] is defined twice"):
        array.define((1, 2), 5)


@pytest.mark.parametrize("index", [1, 5, 100])
def test_an_element_that_is_not_there_is_a_located_error(index: int) -> None:
    array = Growing().define((0,), 1).define((2,), 1)
    with pytest.raises(Fault, match=rf"element \[{index}\] is read before it is defined"):
        array.get(index)


@pytest.mark.parametrize("index", [-1, 1.0, True, "a"])
def test_indices_are_ints_that_are_not_negative(index: Value) -> None:
    with pytest.raises(Fault):
        Growing().define((index,), 1)
    with pytest.raises(Fault):
        Growing().define((0,), 1).get(index)


def test_holes_are_named_when_the_whole_array_is_wanted() -> None:
    with pytest.raises(Fault, match=r"element \[1\]"):
        Growing().define((0,), 1).define((2,), 1).freeze()
    with pytest.raises(Fault, match=r"element \[1, 0\]"):
        Growing(2).define((0, 0), 1).define((2, 0), 1).freeze()
    assert Growing().freeze() == ()


def test_rows_of_a_matrix_are_arrays_themselves() -> None:
    array = Growing(2)
    for i in range(3):
        for j in range(2):
            array = array.define((i, j), 10 * i + j)
    row = array.get(1)
    assert isinstance(row, Growing)
    assert row.freeze() == (10, 11)
    assert array.freeze() == ((0, 1), (10, 11), (20, 21))
    assert array.is_defined((2, 1))
    assert not array.is_defined((2, 2))
    assert not array.is_defined((5, 0))
    assert len(list(array.items())) == 6


def test_the_first_row_of_a_triangle_is_empty() -> None:
    array = Growing(2)
    for i in range(3):
        for j in range(i):
            array = array.define((i, j), i + j)
    assert array.freeze() == ((), (1,), (2, 3))
    with pytest.raises(Fault):
        Growing(2).define((1, 0), 1).define((1, 1), 1).freeze()


def test_elements_that_nothing_reads_are_forgotten_and_still_defined() -> None:
    array = Growing()
    for index in range(50):
        array = array.define((index,), index)
    kept = array.forget([range(48, 60)])
    assert dict(kept.items()) == {(48,): 48, (49,): 49}
    assert kept.length == 50
    assert kept.gone == ((0, 48),)
    with pytest.raises(Fault, match="defined twice"):
        kept.define((7,), 1)
    assert kept.forget([range(48, 60)]) is kept
    assert kept.define((50,), 5).get(50) == 5
    one_by_one = array.forget([range(10, 50)]).forget([range(48, 50)])
    assert one_by_one == kept
    assert hash(one_by_one) == hash(kept)
    assert array.forget([range(10), range(20, 50)]).gone == ((10, 20),)
    rows = Growing(2).define((0, 0), 1).define((0, 1), 2).define((1, 0), 3)
    last = rows.forget([range(1, 2)])
    assert dict(last.items()) == {(1, 0): 3}
    assert last.forget([range(1, 2)]) is last
    assert dict(last.define((0, 2), 4).items()) == {(0, 2): 4, (1, 0): 3}
    with pytest.raises(Fault, match="defined twice"):
        last.define((0, 1), 1)
