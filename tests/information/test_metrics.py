"""Metrics on variables, reconstruction from others, and earth mover's dependence."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.information.entropy import effective_count, entropy
from pplc.information.metrics import rajski_distance, shannon_distance
from pplc.information.reconstruction import reconstruct, with_complement
from pplc.information.table import Floats, Table
from pplc.information.transport import wasserstein, wasserstein_dependency
from pplc.lang.diagnostics import Rejected

BIT = log(2)
Function = Callable[[int], int]


@st.composite
def triples(draw: st.DrawFn) -> Table:
    weights = draw(st.lists(st.integers(0, 5), min_size=12, max_size=12).filter(any))
    law = {(k // 6, k // 2 % 3, k % 2): Fraction(w, sum(weights)) for k, w in enumerate(weights)}
    return Table.of(law, ("x", "y", "z"))


def functions_of(values: range | list[int], **functions: Function) -> Table:
    law = {(v, *(f(v) for f in functions.values())): Fraction(1, len(values)) for v in values}
    return Table.of(law, ("x", *functions))


@settings(max_examples=60, deadline=None)
@given(triples(), st.sampled_from([shannon_distance, rajski_distance]))
def test_both_are_metrics(table: Table, distance: Callable[[Table, str, str], float]) -> None:
    xy, yz, xz = distance(table, "x", "y"), distance(table, "y", "z"), distance(table, "x", "z")
    assert distance(table, "x", "x") == 0
    assert xy == pytest.approx(distance(table, "y", "x"), abs=1e-12)
    assert min(xy, yz, xz) >= 0
    assert xz <= xy + yz + 1e-12
    if distance is rajski_distance:
        assert max(xy, yz, xz) <= 1


def test_variables_that_determine_each_other_are_at_distance_0() -> None:
    table = functions_of(range(4), y=lambda v: 3 - v)
    assert shannon_distance(table, "x", "y") == 0
    assert rajski_distance(table, "x", "y") == 0


def test_residues_that_reconstruct_a_number_by_the_chinese_remainder_theorem() -> None:
    table = functions_of(range(30), a=lambda v: v % 2, b=lambda v: v % 3, c=lambda v: v % 5)
    found = reconstruct(table, "x", ["a", "b", "c"])
    assert found.distances == pytest.approx((0.796205, 0.676992, 0.526803), abs=5e-7)
    assert found.margin == pytest.approx(0, abs=1e-12)
    assert found.possible
    assert found.functions
    assert found.rule is not None
    assert found.rule[1, 2, 3] == (23,)
    assert found.extra_values == 1


def test_a_condition_that_refutes() -> None:
    table = functions_of(range(30), a=lambda v: v % 2, b=lambda v: v % 3)
    found = reconstruct(table, "x", ["a", "b"])
    assert sum(found.distances) == pytest.approx(1.473197, abs=5e-7)
    assert found.refuted
    assert not found.possible
    assert found.extra_values == 5
    assert found.missing / BIT == pytest.approx(log(5) / BIT)


def test_a_condition_that_is_necessary_and_not_sufficient() -> None:
    yes = reconstruct(functions_of(range(12), a=lambda v: v % 4, b=lambda v: v % 6), "x", ["a", "b"])
    no = reconstruct(functions_of(range(12), a=lambda v: v % 2, b=lambda v: v % 6), "x", ["a", "b"])
    assert sum(yes.distances) == pytest.approx(0.721057, abs=5e-7)
    assert yes.possible
    assert sum(no.distances) == pytest.approx(1, abs=1e-12)
    assert not no.refuted
    assert not no.possible


def test_sign_and_size_give_a_number_back() -> None:
    table = functions_of([-2, -1, 1, 2], sign=lambda v: 1 if v > 0 else -1, size=abs)
    found = reconstruct(table, "x", ["sign", "size"])
    assert found.distances == pytest.approx((0.5, 0.5), abs=1e-12)
    assert found.possible


def test_the_distances_of_what_is_no_function_of_the_target_refute_nothing() -> None:
    law = {(a ^ b, a, b): Fraction(1, 4) for a in (0, 1) for b in (0, 1)}
    found = reconstruct(Table.of(law, ("x", "a", "b")), "x", ["a", "b"])
    assert found.possible
    assert found.margin == pytest.approx(-1)
    assert not found.functions
    assert not found.refuted


@settings(max_examples=40, deadline=None)
@given(triples())
def test_the_complement_makes_every_reconstruction_possible(table: Table) -> None:
    found = reconstruct(table, "y", ["x", "z"])
    assert found.possible == (entropy(table, "y", ("x", "z")) < 1e-12)
    whole = with_complement(table, "y", ["x", "z"])
    assert reconstruct(whole, "y", ["x", "z", "complement"]).possible
    assert len(whole.values[whole.axis("complement")]) == found.extra_values


@pytest.mark.parametrize(
    ("joint", "distance"),
    [
        (np.eye(2) / 2, 0.5),
        (np.array([[0.9, 0.1], [0.1, 0.9]]) / 2, 0.4),
        (np.eye(3) / 3, 8 / 9),
        (np.array([[2, 0], [1, 1]]) / 4, 0.25),
    ],
)
def test_dependence_as_earth_to_be_moved(joint: Floats, distance: float) -> None:
    table = Table.of_array(joint, ("x", "y"))
    assert wasserstein_dependency(table, "x", "y") == pytest.approx(distance, abs=5e-7)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any),
    st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any),
)
def test_the_distance_on_the_line_is_the_area_between_the_distribution_functions(
    first: list[int], second: list[int]
) -> None:
    p, q = (
        Table.of({(k,): Fraction(w, sum(ws)) for k, w in enumerate(ws)}, ("x",)) for ws in (first, second)
    )
    area = sum(
        abs(Fraction(sum(first[: k + 1]), sum(first)) - Fraction(sum(second[: k + 1]), sum(second)))
        for k in range(3)
    )
    assert wasserstein(p, q) == pytest.approx(float(area), abs=1e-9)


def test_laws_of_different_variables_have_no_distance() -> None:
    with pytest.raises(Rejected, match="different variables"):
        wasserstein(Table.of({"0": 1.0}, ("x",)), Table.of({"0": 1.0}, ("y",)))


def test_the_effective_count_of_equally_likely_values_is_their_number() -> None:
    assert effective_count(functions_of(range(7)), "x") == pytest.approx(7)


def test_masses_far_smaller_than_the_solver_can_tell_apart_are_moved() -> None:
    weights = [Fraction(1, 4) ** k for k in range(24)]
    p = Table.of({(k,): w / sum(weights) for k, w in enumerate(weights)}, ("x",))
    q = Table.of({(k,): w / sum(weights) for k, w in enumerate(reversed(weights))}, ("x",))
    mean = sum(k * w for k, w in enumerate(weights)) / sum(weights)
    # p is below q in stochastic order, so that everything moves up: the distance is that of the means.
    assert wasserstein(p, q) == pytest.approx(float(23 - 2 * mean), abs=1e-9)
    joint = Table.of({(a, a): w / sum(weights) for a, w in enumerate(weights)}, ("x", "y"))
    assert wasserstein_dependency(joint, "x", "y") > 0
