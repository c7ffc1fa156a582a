"""Entropies and their combinations: known numbers, chain rules, data processing, relabelling."""

from __future__ import annotations

from fractions import Fraction
from math import comb, inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.information.entropy import (
    co_information,
    dual_total_correlation,
    effective_count,
    entropy,
    mutual_information,
    o_information,
    renyi_entropy,
    total_correlation,
    tsallis_entropy,
)
from pplc.information.table import Table
from tests.support.joints import channels, joints, through, uniform

BIT = log(2)
CLOSE = 1e-12
XYZ = ("x", "y", "z")


def _bits(probabilities: list[float]) -> float:
    return entropy(Table.of_array(np.array(probabilities)), "x1") / BIT


def test_known_entropies() -> None:
    assert _bits([0.5, 0.25, 0.125, 0.125]) == pytest.approx(1.75, abs=1e-15)
    assert _bits([0.1, 0.9]) == pytest.approx(0.468996, abs=5e-7)
    assert _bits([0.11, 0.89]) == pytest.approx(0.499916, abs=5e-7)
    binomial = [comb(10, k) * 0.3**k * 0.7 ** (10 - k) for k in range(11)]
    assert _bits(binomial) == pytest.approx(2.566668, abs=5e-7)
    geometric = [2.0**-k for k in range(1, 60)] + [2.0**-59]
    assert _bits(geometric) == pytest.approx(2, abs=1e-12)
    poisson = [np.exp(-3.0)]
    for k in range(1, 60):
        poisson.append(poisson[-1] * 3 / k)
    assert _bits((np.array(poisson) / sum(poisson)).tolist()) == pytest.approx(2.786522, abs=5e-7)


def test_two_dice() -> None:
    law = {(i, i + j): Fraction(1, 36) for i in range(1, 7) for j in range(1, 7)}
    table = Table.of(law, ("first", "sum"))
    assert entropy(table, "sum") / BIT == pytest.approx(3.274402, abs=5e-7)
    assert mutual_information(table, "first", "sum") / BIT == pytest.approx(0.689439, abs=5e-7)


def test_example_2_2_1_of_cover_and_thomas() -> None:
    rows = [[4, 2, 1, 1], [2, 4, 1, 1], [2, 2, 2, 2], [8, 0, 0, 0]]
    table = Table.of_array(np.array(rows).T / 32, ("x", "y"))
    for names, expected in ((["x"], 1.75), (["y"], 2.0), (["x", "y"], 3.375)):
        assert entropy(table, names) / BIT == pytest.approx(expected, abs=CLOSE)
    assert entropy(table, "x", "y") / BIT == pytest.approx(1.375, abs=CLOSE)
    assert mutual_information(table, "x", "y") / BIT == pytest.approx(0.375, abs=CLOSE)


def test_the_sign_of_interaction_information_is_that_of_redundancy() -> None:
    names = ("x1", "x2", "t")
    assert co_information(uniform("000", "111"), names) == pytest.approx(BIT)
    assert co_information(uniform("000", "011", "101", "110"), names) == pytest.approx(-BIT)
    assert o_information(uniform("000", "111"), names) == pytest.approx(BIT)
    assert o_information(uniform("000", "011", "101", "110"), names) == pytest.approx(-BIT)


def test_independence_is_exactly_0_for_rationals() -> None:
    law = {
        (a, b): Fraction(p, 10) * Fraction(q, 7) for a, p in enumerate((3, 7)) for b, q in enumerate((2, 5))
    }
    table = Table.of(law, ("x", "y"))
    assert mutual_information(table, "x", "y") == 0.0
    assert total_correlation(table, ("x", "y")) == 0.0


def test_a_probability_that_no_float_holds_has_its_logarithm() -> None:
    tiny = Fraction(1, 10**400)
    table = Table.of({"0": tiny, "1": 1 - tiny}, ("x",))
    assert renyi_entropy(table, "x", inf) == pytest.approx(0, abs=1e-300)
    independent = Table.of({"00": tiny * tiny, "01": tiny * (1 - tiny), "10": (1 - tiny) * tiny,
                            "11": (1 - tiny) ** 2}, ("x", "y"))  # fmt: skip
    assert mutual_information(independent, "x", "y") == 0.0


def test_renyi_and_tsallis() -> None:
    table = Table.of({"0": Fraction(1, 2), "1": Fraction(1, 4), "2": Fraction(1, 4)}, ("x",))
    assert renyi_entropy(table, "x", 2) == pytest.approx(-log(3 / 8))
    assert renyi_entropy(table, "x", 0) == pytest.approx(log(3))
    assert renyi_entropy(table, "x", inf) == pytest.approx(BIT)
    assert renyi_entropy(table, "x", 1) == entropy(table, "x")
    assert renyi_entropy(table, "x", 1 + 1e-7) == pytest.approx(entropy(table, "x"), abs=1e-6)
    assert tsallis_entropy(table, "x", 2) == Fraction(5, 8)
    assert tsallis_entropy(table, "x", Fraction(1, 2)) == pytest.approx(2 * (0.5**0.5 + 1 - 1))
    assert effective_count(table, "x") == pytest.approx(2**1.5)


@settings(max_examples=60, deadline=None)
@given(joints(3))
def test_chain_rules(table: Table) -> None:
    every = entropy(table, XYZ)
    assert every == pytest.approx(
        entropy(table, "x") + entropy(table, "y", "x") + entropy(table, "z", ("x", "y")), abs=CLOSE
    )
    assert mutual_information(table, "x", ("y", "z")) == pytest.approx(
        mutual_information(table, "x", "y") + mutual_information(table, "x", "z", "y"), abs=CLOSE
    )
    assert co_information(table, XYZ) == pytest.approx(
        mutual_information(table, "x", "y") - mutual_information(table, "x", "y", "z"), abs=CLOSE
    )
    total = sum(entropy(table, name) for name in XYZ) - every
    dual = every - sum(
        entropy(table, a, b) for a, b in (("x", ("y", "z")), ("y", ("x", "z")), ("z", ("x", "y")))
    )
    assert total_correlation(table, XYZ) == pytest.approx(total, abs=CLOSE)
    assert dual_total_correlation(table, XYZ) == pytest.approx(dual, abs=CLOSE)
    assert o_information(table, XYZ) == pytest.approx(total - dual, abs=CLOSE)


@settings(max_examples=60, deadline=None)
@given(joints(3))
def test_information_is_between_0_and_the_entropies(table: Table) -> None:
    found = mutual_information(table, "x", "y")
    assert 0 <= found <= min(entropy(table, "x"), entropy(table, "y")) + CLOSE
    assert found == mutual_information(table, "y", "x")
    assert mutual_information(table, "x", "x") == pytest.approx(entropy(table, "x"), abs=CLOSE)
    assert mutual_information(table, "x", "y", "z") <= entropy(table, "x", "z") + CLOSE


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_channel_adds_information(data: st.DataObject) -> None:
    table = data.draw(joints(2))
    rows = data.draw(channels(len(table.values[1])))
    behind = through(table, "y", rows, "output")
    assert mutual_information(behind, "x", "output") <= mutual_information(table, "x", "y") + CLOSE
    assert mutual_information(behind, "x", "output", "y") == 0.0


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_names_of_values_and_their_order_do_not_matter(data: st.DataObject) -> None:
    table = data.draw(joints(3))
    order = [data.draw(st.permutations(values)) for values in table.values]
    renamed = Table.of(
        {
            tuple(f"v{axis.index(v)}" for axis, v in zip(order, key, strict=True)): p
            for key, p in table.items()
        },
        table.names,
    )
    for measure in (co_information, total_correlation, dual_total_correlation, o_information):
        assert measure(renamed, XYZ) == pytest.approx(measure(table, XYZ), abs=CLOSE)


@settings(max_examples=40, deadline=None)
@given(joints(3))
def test_floats_agree_with_rationals(table: Table) -> None:
    floats = Table(table.names, table.values, table.floats)
    for measure in (co_information, total_correlation, dual_total_correlation):
        assert measure(floats, XYZ) == pytest.approx(measure(table, XYZ), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(joints(4, most=2))
def test_what_is_given_is_averaged_over(table: Table) -> None:
    """Every measure given w is the mean of the measure where w has each of its values."""
    law = table.marginal("w")
    for measure in (co_information, total_correlation, dual_total_correlation, o_information):
        mean = sum(float(p) * measure(table.given({"w": value}), XYZ) for (value,), p in law.items())
        assert measure(table, XYZ, "w") == pytest.approx(mean, abs=CLOSE)
