"""Decompositions: every gate by every measure, lattices of three sources, Gaussians, and what must hold."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.information.common import gacs_korner
from pplc.information.decomposition import MEASURES, Decomposition, pid
from pplc.information.entropy import entropy, mutual_information
from pplc.information.gaussian import gaussian_information, gaussian_pid, linear_gaussian
from pplc.information.lattice import antichains, atoms, below
from pplc.information.redundancy import MEASURES as ON_LATTICES
from pplc.information.table import Table
from pplc.information.two_sources import nearest, pairwise
from pplc.lang.diagnostics import Rejected
from tests.support.joints import GATES, joints, uniform

BIT = log(2)

INFORMATIONS = {
    "XOR": (0, 0, 1, 1),
    "AND": (0.311278, 0.311278, 0.811278, 0.811278),
    "OR": (0.311278, 0.311278, 0.811278, 0.811278),
    "RDN": (1, 1, 1, 1),
    "UNQ": (1, 0, 1, 1),
    "COPY": (1, 1, 2, 2),
    "SUM": (0.5, 0.5, 1.5, 1.5),
    "XORAND": (0.5, 0.5, 1.5, 1.5),
    "RDNXOR": (1, 1, 2, 2),
    "RDNUNQXOR": (2, 2, 4, 4),
    "RND": (0.188722, 0.188722, 0.5, 1),
    "IMPERFECT_RDN": (1, 0.989590, 1, 1),
    "W": (0.251629, 0.251629, 0.918296, 0.918296),
}

COLUMNS = ("imin", "mmi", "broja", "ccs", "dep", "sx", "pm", "gk", "ig", "mes", "proj")
REDUNDANCY = {
    "XOR": (0, 0, 0, 0, 0, -0.584963, 0, 0, 0, 0, 0),
    "AND": (
        0.311278,
        0.311278,
        0.311278,
        0.103759,
        0.081704,
        0.122556,
        0.561278,
        0,
        0.082831,
        0.081704,
        0.311278,
    ),
    "OR": (
        0.311278,
        0.311278,
        0.311278,
        0.103759,
        0.081704,
        0.122556,
        0.561278,
        0,
        0.082831,
        0.081704,
        0.311278,
    ),
    "RDN": (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    "UNQ": (0, 0, 0, 0, 0, 0.415037, 1, 0, 0, 0, 0),
    "COPY": (1, 1, 0, 0, 0, 0.415037, 1, 0, 0, 0, 0),
    "SUM": (0.5, 0.5, 0.5, 0, 0.188722, -0.084963, 0.5, 0, 0.084963, 0.188722, 0.5),
    "XORAND": (0.5, 0.5, 0.5, 0, 0.188722, -0.084963, 0.5, 0, 0.084963, 0.188722, 0.5),
    "RDNXOR": (1, 1, 1, 1, 1, 0.415037, 1, 1, 1, 1, 1),
    "RDNUNQXOR": (2, 2, 1, 1, 1, 1.192645, 2, 1, 1, 1, 1),
    "RND": (
        0.188722,
        0.188722,
        0.188722,
        0.0849625,
        0.045566,
        0.207519,
        0.584963,
        0,
        0.088691,
        0.045566,
        0.188722,
    ),
    "IMPERFECT_RDN": (
        0.989590,
        0.989590,
        0.989590,
        0.997559,
        0.989590,
        0.997559,
        0.998556,
        0,
        0.98959,
        0.98959,
        0.98959,
    ),
    "W": (0.251629, 0.251629, 0.251629, 0, 0.044110, -0.276692, -0.081704, 0, -0.06178, 0.04411, 0.251629),
}


def _bits(found: Decomposition) -> dict[str, float]:
    return {name: value / BIT for name, value in found.atoms.items()}


@pytest.mark.parametrize("gate", INFORMATIONS)
def test_the_informations_of_the_gates(gate: str) -> None:
    table = GATES[gate]
    found = (
        mutual_information(table, "t", "x1"),
        mutual_information(table, "t", "x2"),
        mutual_information(table, "t", ("x1", "x2")),
        entropy(table, "t"),
    )
    assert [value / BIT for value in found] == pytest.approx(INFORMATIONS[gate], abs=5e-7)


@pytest.mark.parametrize("measure", COLUMNS)
@pytest.mark.parametrize("gate", REDUNDANCY)
def test_the_redundancy_of_the_gates(gate: str, measure: str) -> None:
    found = _bits(pid(GATES[gate], "t", ["x1", "x2"], measure))
    expected = REDUNDANCY[gate][COLUMNS.index(measure)]
    first, second, both, _ = INFORMATIONS[gate]
    assert list(found.values()) == pytest.approx(
        [expected, first - expected, second - expected, both - first - second + expected], abs=2e-6
    )
    assert found["{x1}{x2}"] == pytest.approx(expected, abs=6e-7)


def test_exact_forms() -> None:
    assert _bits(pid(GATES["AND"], "t", ["x1", "x2"]))["{x1 x2}"] == pytest.approx(0.5, abs=1e-9)
    for gate, measure, value in (
        ("XOR", "sx", log(2 / 3)),
        ("AND", "ccs", log(4 / 3) / 4),
        ("COPY", "sx", log(4 / 3)),
        ("RND", "ccs", 0.0849625007211562 * BIT),  # dit's 0.084953 is its maximum entropy's error
    ):
        found = pid(GATES[gate], "t", ["x1", "x2"], measure).atoms["{x1}{x2}"]
        assert found == pytest.approx(value, abs=1e-10), (gate, measure)


GIANT = uniform("0000", "1111")
PARITY = uniform("0000", "0011", "0101", "0110", "1001", "1010", "1100", "1111")
AND3 = uniform("0000", "0010", "0100", "0110", "1000", "1010", "1100", "1111")
ALL = ("{x1}{x2}", "{x1}{x3}", "{x2}{x3}")
ONE = ("{x1}", "{x2}", "{x3}")
PAIRS = ("{x1 x2}", "{x1 x3}", "{x2 x3}")
TWO_PAIRS = ("{x1 x2}{x1 x3}", "{x1 x2}{x2 x3}", "{x1 x3}{x2 x3}")
MIXED = ("{x1}{x2 x3}", "{x2}{x1 x3}", "{x3}{x1 x2}")
SHARED, PAIRWISE, TOP = "{x1}{x2}{x3}", "{x1 x2}{x1 x3}{x2 x3}", "{x1 x2 x3}"


def _each(names: tuple[str, ...], value: float) -> dict[str, float]:
    return dict.fromkeys(names, value)


LATTICES = [
    *[(GIANT, m, {SHARED: 1.0}) for m in ON_LATTICES],
    (PARITY, "imin", {TOP: 1.0}),
    (PARITY, "ccs", {TOP: 1.0}),
    (
        PARITY,
        "sx",
        {TOP: 0.245112, **_each(PAIRS, 0.169925), **_each(TWO_PAIRS, 0.093109), **_each(ONE, 0.321928),
         PAIRWISE: -0.226861, **_each(MIXED, -0.129283), **_each(ALL, -0.192645), SHARED: 0.192645},
    ),
    (AND3, "imin", {TOP: 0.25, PAIRWISE: 0.155639, SHARED: 0.137925}),
    (
        AND3,
        "ccs",
        {TOP: 0.302758, **_each(PAIRS, -0.100919), **_each(TWO_PAIRS, 0.083397), **_each(ONE, 0.065683),
         **_each(ALL, 0.024081), SHARED: 0.024081},
    ),
    (
        AND3,
        "sx",
        {TOP: 0.122556, **_each(PAIRS, 0.033083), **_each(TWO_PAIRS, 0.015712), **_each(ONE, 0.045566),
         PAIRWISE: 0.003139, **_each(MIXED, 0.006115), **_each(ALL, 0.030197), SHARED: 0.025851},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("table", "measure", "expected"), LATTICES)
def test_lattices_of_three_sources(table: Table, measure: str, expected: dict[str, float]) -> None:
    found = _bits(pid(table, "t", ["x1", "x2", "x3"], measure))
    assert len(found) == 18
    assert found == pytest.approx({name: expected.get(name, 0.0) for name in found}, abs=1e-6)


def test_four_sources() -> None:
    table = uniform("00000", "11111")
    found = _bits(pid(table, "t", ["x1", "x2", "x3", "x4"], "imin"))
    assert len(found) == 166
    assert found["{x1}{x2}{x3}{x4}"] == pytest.approx(1)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("sources", [2, 3, 4])
def test_moebius_inversion_undoes_the_sums(sources: int) -> None:
    values = np.random.default_rng(7).normal(size=len(antichains(sources))).tolist()
    chains = antichains(sources)
    sums = [sum(v for v, b in zip(values, chains, strict=True) if below(b, a)) for a in chains]
    assert atoms(sums, sources) == pytest.approx(values, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(joints(3, most=3), st.sampled_from(MEASURES))
def test_atoms_sum_to_the_informations(table: Table, measure: str) -> None:
    found = pid(table, "x", ["y", "z"], measure)
    shared, first, second, _ = found.atoms.values()
    one, two = mutual_information(table, "x", "y"), mutual_information(table, "x", "z")
    assert shared + first == pytest.approx(one, abs=1e-10)
    assert shared + second == pytest.approx(two, abs=1e-10)
    assert sum(found.atoms.values()) == pytest.approx(mutual_information(table, "x", ("y", "z")), abs=1e-10)
    assert found.gap <= 1e-8 * BIT
    if measure in ("broja", "imin", "mmi", "proj"):
        assert min(found.atoms.values()) >= -1e-9
    if measure == "gk":
        assert shared <= gacs_korner(table, ["y", "z"]) + 1e-10


@settings(max_examples=25, deadline=None)
@given(joints(4, most=2), st.sampled_from(sorted(ON_LATTICES)))
def test_atoms_of_three_sources_sum_to_the_information(table: Table, measure: str) -> None:
    found = pid(table, "x", ["y", "z", "w"], measure)
    assert sum(found.atoms.values()) == pytest.approx(
        mutual_information(table, "x", ("y", "z", "w")), abs=1e-9
    )


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_names_of_values_do_not_matter(data: st.DataObject) -> None:
    table = data.draw(joints(3, most=3))
    measure = data.draw(st.sampled_from(MEASURES))
    orders = [data.draw(st.permutations(range(len(values)))) for values in table.values]
    renamed = Table.of(
        {tuple(o[v.index(x)] for o, v, x in zip(orders, table.values, key, strict=True)): p
         for key, p in table.items()},
        table.names,
    )  # fmt: skip
    first, second = (pid(t, "x", ["y", "z"], measure).atoms for t in (table, renamed))
    assert second == pytest.approx(first, abs=1e-8)


def test_the_nearest_mixture_has_no_better_neighbour() -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        law, laws = rng.dirichlet(np.full(4, 0.5)), rng.dirichlet(np.full(4, 0.5), 6).T
        w = nearest(law, laws)
        assert w.min() >= 0
        assert w.sum() == pytest.approx(1)
        # the condition of Karush, Kuhn and Tucker, which proves a minimum of a convex function
        ratio = laws.T @ (law / (laws @ w))
        assert ratio.max() <= 1 + 1e-10
        assert np.abs(w * (1 - ratio)).max() < 1e-10


def test_sources_may_be_several_variables() -> None:
    joined = pid(PARITY, "t", [("x1", "x2"), "x3"])
    assert _bits(joined) == pytest.approx({"{(x1 x2)}{x3}": 0, "{(x1 x2)}": 0, "{x3}": 0, "{(x1 x2) x3}": 1})


def test_the_law_of_largest_entropy_has_the_pairwise_margins() -> None:
    p = np.random.default_rng(5).dirichlet(np.full(24, 0.3)).reshape(2, 3, 4)
    p[p < 0.02] = 0
    p /= p.sum()
    q = pairwise(p)
    for axis in range(3):
        assert np.abs(q.sum(axis) - p.sum(axis)).max() < 1e-12


@pytest.mark.parametrize(
    ("weights", "correlation", "expected"),
    [
        ((1, 1), 0.0, (0.292481, 0, 0, 0.5)),
        ((2, 1), 0.0, (0.131517, 0.660964, 0, 0.5)),
        ((1, 1), 0.5, (0.596323, 0, 0, 0.403677)),
    ],
)
def test_gaussians(weights: tuple[float, float], correlation: float, expected: tuple[float, ...]) -> None:
    covariance = linear_gaussian(weights, 1.0, [[1, correlation], [correlation, 1]])
    found = gaussian_pid(covariance, 0, [1], [2])
    assert [v / BIT for v in found.atoms.values()] == pytest.approx(expected, abs=5e-7)
    one, two = (gaussian_information(covariance, [0], [k]) / BIT for k in (1, 2))
    assert (one, two) == pytest.approx((expected[0] + expected[1], expected[0] + expected[2]), abs=1e-6)
    both = gaussian_information(covariance, [0], [1, 2]) / BIT
    assert sum(found.atoms.values()) / BIT == pytest.approx(both, abs=1e-12)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("E0609", lambda: pid(PARITY, "t", ["x1", "x2"], "brojaa")),
        ("E0609", lambda: pid(PARITY, "t", ["x1", "x2", "x3"], "broja")),
        ("E0609", lambda: pid(PARITY, "t", ["x1"], "imin")),
        ("E0609", lambda: pid(PARITY, "t", ["x1", "x1"])),
        ("E0601", lambda: pid(PARITY, "t", ["x1", "x5"])),
        ("E0613", lambda: gaussian_information([[1, 2], [2, 1]], [0], [1])),
        ("E0613", lambda: gaussian_information([[1, 0.5], [0.4, 1]], [0], [1])),
    ],
)
def test_what_makes_no_sense_is_refused(code: str, wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(Rejected) as caught:
        wrong()
    assert caught.value.diagnostics[0].code == code
