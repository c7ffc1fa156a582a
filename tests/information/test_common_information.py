"""Gács–Körner, Wyner and exact common information: known values and the order K <= I <= C <= G."""

from __future__ import annotations

from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.inference.answers import Answer, Bounds, Exact
from pplc.information.common import common_part, determines, gacs_korner, with_meet
from pplc.information.common_exact import exact_common, functional_common
from pplc.information.entropy import entropy, mutual_information
from pplc.information.gaussian import gaussian_information
from pplc.information.table import Table
from pplc.information.wyner_columns import least_common
from pplc.information.wyner_information import gaussian, symmetric_binary, symmetric_erasure, wyner

BIT = log(2)
XY = ("x", "y")


def symmetric(a: float) -> Table:
    return Table.of_array(np.array([[1 - a, a], [a, 1 - a]]) / 2, XY)


def erasure(e: float) -> Table:
    return Table.of_array(np.array([[1 - e, e, 0], [0, e, 1 - e]]) / 2, XY)


BLOCKS = Table.of({(x, y): Fraction(1, 8) for x in range(4) for y in range(4) if x // 2 == y // 2}, XY)


@st.composite
def joints(draw: st.DrawFn, most: int = 3) -> Table:
    shape = draw(st.tuples(st.integers(2, most), st.integers(2, most)))
    cells = shape[0] * shape[1]
    weights = draw(st.lists(st.sampled_from([0, 0, 1, 2, 5]), min_size=cells, max_size=cells).filter(any))
    law = {divmod(k, shape[1]): Fraction(w, sum(weights)) for k, w in enumerate(weights)}
    return Table.of(law, XY)


def ends(answer: Answer) -> tuple[float, float]:
    if isinstance(answer, Exact):
        return answer.value, answer.value
    assert isinstance(answer, Bounds)
    return answer.lower, answer.upper


@pytest.mark.parametrize(
    ("source", "information", "common", "least"),
    [
        (symmetric(0.05), 0.713603, 0.0, 0.942141),
        (symmetric(0.10), 0.531004, 0.0, 0.872761),
        (erasure(0.25), 0.75, 0.0, 1.0),
        (erasure(0.75), 0.25, 0.0, 0.811278),
        (BLOCKS, 1.0, 1.0, 1.0),
    ],
)
def test_sources_whose_common_information_is_known(
    source: Table, information: float, common: float, least: float
) -> None:
    assert mutual_information(source, "x", "y") / BIT == pytest.approx(information, abs=5e-7)
    assert gacs_korner(source, XY) / BIT == pytest.approx(common, abs=1e-12)
    found = wyner(source, "x", "y")
    assert isinstance(found, Exact)
    assert found.value / BIT == pytest.approx(least, abs=5e-7)


@pytest.mark.parametrize(
    ("source", "functional"), [(symmetric(0.1), 1.0), (erasure(0.25), 1.0), (BLOCKS, 1.0)]
)
def test_functional_common_information(source: Table, functional: float) -> None:
    assert functional_common(source, "x", "y") / BIT == pytest.approx(functional, abs=1e-12)


def test_exact_common_information() -> None:
    # dit's numerical 0.991061 of the first lies 1.5e-5 below the minimum h(4/9), so that it is no coupling.
    assert ends(exact_common(symmetric(0.1), "x", "y"))[0] / BIT == pytest.approx(0.991076, abs=5e-7)
    for source in (erasure(0.25), BLOCKS):
        answer = exact_common(source, "x", "y")
        assert isinstance(answer, Exact)
        assert answer.value / BIT == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("rho", "information", "nats"),
    [
        (0.3, 0.047155, 0.309520),
        (0.5, 0.143841, 0.549306),
        (0.75, 0.413339, 0.972955),
        (0.9, 0.830366, 1.472219),
        (-0.5, 0.143841, 0.549306),
    ],
)
def test_wyner_of_normal_variables(rho: float, information: float, nats: float) -> None:
    assert gaussian(rho) == pytest.approx(nats, abs=5e-7)
    assert gaussian_information([[1, rho], [rho, 1]], [0], [1]) == pytest.approx(information, abs=5e-7)


@pytest.mark.parametrize("a", [0.02, 0.1, 0.3])
def test_column_generation_finds_the_closed_form_and_proves_it(a: float) -> None:
    low, high = least_common(np.array([[1 - a, a], [a, 1 - a]]) / 2)
    assert low <= symmetric_binary(a) + 1e-12
    assert symmetric_binary(a) <= high + 1e-12
    assert high - low < 1e-8


@pytest.mark.parametrize("e", [0.25, 0.75])
def test_the_certificate_covers_supports_with_holes(e: float) -> None:
    low, high = least_common(np.array([[1 - e, e, 0], [0, e, 1 - e]]) / 2)
    assert low - 1e-12 <= symmetric_erasure(e) <= high + 1e-12
    assert high - low < 1e-8


@settings(max_examples=4, deadline=None)
@given(joints())
def test_the_three_kinds_and_information_are_in_order(table: Table) -> None:
    information = mutual_information(table, "x", "y")
    low, high = ends(wyner(table, "x", "y"))
    exact_low, exact_high = ends(exact_common(table, "x", "y"))
    smaller = min(entropy(table, "x"), entropy(table, "y"))
    assert gacs_korner(table, XY) <= information + 1e-12
    assert information <= low + 1e-9
    assert low <= high + 1e-12
    assert high <= smaller + 1e-8
    assert low <= exact_low + 1e-9
    assert high <= exact_high + 1e-8
    assert exact_high <= smaller + 1e-9


@settings(max_examples=40, deadline=None)
@given(joints(4))
def test_the_common_part_is_below_both_and_above_what_is_below_both(table: Table) -> None:
    whole = with_meet(table, XY)
    assert determines(whole, "x", "common")
    assert determines(whole, "y", "common")
    assert entropy(whole, "common") == pytest.approx(common_part(table, XY).entropy, abs=1e-12)
    # x and y are independent of nothing less: given the common part, no finer one is left.
    for block, probability in enumerate(common_part(table, XY).law):
        assert probability > 0
        inside = whole.given({"common": block})
        assert gacs_korner(inside, XY) == 0


def test_three_variables_have_the_common_part_of_all() -> None:
    law = {
        (a + 2 * b, a + 4 * c, a + 8 * d): Fraction(1, 16)
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
        for d in (0, 1)
    }
    table = Table.of(law, ("x", "y", "z"))
    assert gacs_korner(table, ("x", "y", "z")) == pytest.approx(BIT)
    assert gacs_korner(table, (("x", "y"), "z")) == pytest.approx(BIT)


def test_values_that_say_the_same_count_as_one() -> None:
    split = {(x, 2 * y + k): Fraction(9 if x == y else 1, 40) for x in (0, 1) for y in (0, 1) for k in (0, 1)}
    found = wyner(Table.of(split, XY), "x", "y")
    assert isinstance(found, Exact)
    assert found.value / BIT == pytest.approx(0.872761, abs=5e-7)
    assert ends(exact_common(Table.of(split, XY), "x", "y"))[0] / BIT == pytest.approx(0.991076, abs=5e-7)
