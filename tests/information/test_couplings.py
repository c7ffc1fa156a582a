"""Couplings: numbers of worked examples, margins, and the order of the bounds."""

from __future__ import annotations

from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.inference.answers import Bounds, Exact
from pplc.information.couplings import couple, lower_bound, most_information
from pplc.information.entropy import entropy
from pplc.information.table import Floats, Table
from pplc.semantics.couplings import greedy_coupling, least_coupling, meet

BIT = log(2)

Law = list[Fraction]


def tenths(text: str) -> Law:
    return [Fraction(word) / 10 for word in text.split()]


def table(law: Law, name: str) -> Table:
    return Table.of({(k,): p for k, p in enumerate(law)}, (name,))


@st.composite
def laws(draw: st.DrawFn, most: int = 4) -> Law:
    weights = draw(st.lists(st.integers(0, 9), min_size=1, max_size=most).filter(any))
    return [Fraction(w, sum(weights)) for w in weights]


@pytest.mark.parametrize(
    ("p", "q", "bound", "least", "greedy", "information"),
    [
        ("5 5", "5 2.5 2.5", 1.5, 1.5, 1.5, 1.0),
        ("6 4", "5 3 2", 1.485475, 1.685475, 1.685475, 0.770951),
        ("5 3 2", "4 3.5 2.5", 1.558872, 1.946439, 1.946439, 1.097908),
        ("7 2 1", "4.5 3 2.5", 1.539491, 1.814980, 1.914980, 0.881291),
    ],
)
def test_the_least_entropy_of_couplings_that_were_enumerated_elsewhere(
    p: str, q: str, bound: float, least: float, greedy: float, information: float
) -> None:
    margins = [table(tenths(p), "x"), table(tenths(q), "y")]
    found = couple(margins)
    assert isinstance(found.least, Exact)
    assert found.least.value / BIT == pytest.approx(least, abs=5e-7)
    assert found.greedy / BIT == pytest.approx(greedy, abs=5e-7)
    assert lower_bound(margins) / BIT == pytest.approx(bound, abs=5e-7)
    most = most_information(margins)
    assert isinstance(most, Exact)
    assert most.value / BIT == pytest.approx(information, abs=5e-7)


def test_the_vertex_that_beats_the_greedy_coupling() -> None:
    coupling, complete = least_coupling(tenths("7 2 1"), tenths("4.5 3 2.5"))
    twentieths = {place: mass * 20 for place, mass in coupling.items()}
    assert complete
    assert twentieths == {(0, 0): 9, (0, 2): 5, (1, 1): 4, (2, 1): 2}


def test_three_margins_are_coupled_greedily() -> None:
    margins = [tenths("5 3 2"), tenths("4 4 2"), tenths("6 2 2")]
    atoms = sorted(greedy_coupling(margins).values(), reverse=True)
    assert atoms == tenths("4 2 2 1 1")
    found = couple([table(law, name) for law, name in zip(margins, "xyz", strict=True)])
    assert isinstance(found.least, Bounds)
    assert found.least.upper / BIT == pytest.approx(2.121928, abs=5e-7)


def test_a_coupling_of_laws_given_as_floats_breaks_ties_as_the_exact_one_does() -> None:
    p, q = tenths("5 3 2"), tenths("4 3 2 1")
    exact, _ = least_coupling(p, q)
    floats, _ = least_coupling([float(x) for x in p], [float(x) for x in q])
    assert set(exact) == set(floats)
    assert all(floats[place] == pytest.approx(float(mass), abs=1e-12) for place, mass in exact.items())


@settings(max_examples=60, deadline=None)
@given(laws(), laws())
def test_margins_are_exact_and_bounds_are_in_order(p: Law, q: Law) -> None:
    margins = [table(p, "x"), table(q, "y")]
    found = couple(margins)
    assert isinstance(found.least, Exact)
    assert found.table.marginal("x").probabilities.tolist() == p
    assert found.table.marginal("y").probabilities.tolist() == q
    assert entropy(found.table, ("x", "y")) == pytest.approx(found.least.value, abs=1e-12)
    largest = max(entropy(margins[0], "x"), entropy(margins[1], "y"))
    assert largest <= lower_bound(margins) + 1e-12
    assert lower_bound(margins) <= found.least.value + 1e-12
    assert found.least.value <= found.greedy + 1e-12
    # Compton et al. (2023): the greedy coupling of two laws is within log2(e) / e = 0.53 bits.
    assert found.greedy <= found.least.value + 0.5308 * BIT


@settings(max_examples=40, deadline=None)
@given(st.lists(laws(), min_size=2, max_size=4))
def test_greedy_couplings_of_many_laws_have_their_margins_and_few_atoms(several: list[Law]) -> None:
    joint = greedy_coupling(several)
    assert len(joint) <= sum(map(len, several)) - len(several) + 1
    for axis, law in enumerate(several):
        margin = [sum(mass for place, mass in joint.items() if place[axis] == k) for k in range(len(law))]
        assert margin == law


@settings(max_examples=60, deadline=None)
@given(st.lists(laws(), min_size=2, max_size=3))
def test_the_meet_is_majorised_by_every_law(several: list[Law]) -> None:
    lowest = meet(several)
    assert sum(lowest) == 1
    assert lowest == sorted(lowest, reverse=True)
    for law in several:
        ordered = sorted(law, reverse=True) + [Fraction(0)] * (len(lowest) - len(law))
        assert all(sum(lowest[:k]) <= sum(ordered[:k]) for k in range(len(lowest)))


def test_the_search_agrees_with_every_vertex_of_small_polytopes() -> None:
    generator = np.random.default_rng(5)
    for _ in range(10):
        p, q = (generator.dirichlet(np.ones(3)) for _ in range(2))
        found, complete = least_coupling(p.tolist(), q.tolist())
        assert complete
        value = -sum(float(m) * log(m) for m in found.values())
        assert value == pytest.approx(_least_over_vertices(p, q), abs=1e-10)


def _least_over_vertices(p: Floats, q: Floats) -> float:
    """Every basis of the transport equations, solved; those that are not negative are the vertices."""
    from itertools import combinations

    rows = [np.kron(np.eye(3), np.ones(3)), np.kron(np.ones(3), np.eye(3))]
    equations = np.concatenate(rows)[:-1]
    right = np.concatenate([p, q])[:-1]
    least = np.inf
    for basis in combinations(range(9), 5):
        inside = equations[:, basis]
        if abs(np.linalg.det(inside)) > 0.5:
            x = np.linalg.solve(inside, right)
            if x.min() > -1e-12:
                x = x[x > 1e-15]
                least = min(least, float(-(x * np.log(x)).sum()))
    return least


def test_laws_of_long_rationals_are_coupled_exactly_and_soon() -> None:
    p = [Fraction(2, 3) ** k for k in range(40)]
    q = [Fraction(3, 5) ** k for k in range(4)]
    first, second = [x / sum(p) for x in p[:4]], [x / sum(q) for x in q]
    first[0] += 1 - sum(first)
    coupling, complete = least_coupling(first, second)
    assert complete
    assert [sum(m for (i, _), m in coupling.items() if i == k) for k in range(4)] == first
    assert [sum(m for (_, j), m in coupling.items() if j == k) for k in range(4)] == second
