"""The convex program of BROJA: known optima, and its certificate on random and degenerate tables."""

from __future__ import annotations

from math import log
from time import process_time

import numpy as np
import pytest

from pplc.information.broja import minimise
from pplc.information.decomposition import broja_of_many, pid
from pplc.information.table import Floats, Table
from pplc.lang.diagnostics import Rejected
from tests.support.joints import GATES

BIT = log(2)
GAP = 1e-8 * BIT
RNG = np.random.default_rng


def _random(count: int, shape: tuple[int, ...], concentration: float, seed: int) -> Floats:
    size = int(np.prod(shape))
    return RNG(seed).dirichlet(np.full(size, concentration), count).reshape(count, *shape)


def _f(q: Floats) -> Floats:
    """Σ q ln(q / q(., x1, x2)) of each table, straight from the definition."""
    block = np.broadcast_to(q.sum(1, keepdims=True), q.shape)
    terms = np.zeros_like(q)
    terms[q > 0] = q[q > 0] * np.log(q[q > 0] / block[q > 0])
    result: Floats = terms.sum((1, 2, 3))
    return result


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 3, 3), (4, 4, 4), (2, 5, 3), (6, 2, 2)])
@pytest.mark.parametrize("concentration", [1.0, 0.1, 0.02])
def test_random_tables_are_certified(shape: tuple[int, ...], concentration: float) -> None:
    tables = _random(200, shape, concentration, seed=1)
    found = minimise(tables)
    gap = found.primal - found.dual
    assert gap.max() <= GAP
    assert gap.min() >= -1e-14  # primal ≥ dual, up to rounding
    # The certificate's first half is attained by a law with the right margins, up to rounding.
    assert np.abs(found.law.sum(3) - tables.sum(3)).max() < 1e-11
    assert np.abs(found.law.sum(2) - tables.sum(2)).max() < 1e-11
    assert found.law.min() >= 0
    assert np.abs(_f(found.law) - found.primal).max() < 1e-12


def test_a_thousand_tables_of_one_call_are_certified_and_quick() -> None:
    tables = _random(1000, (4, 4, 4), 1.0, seed=2)
    start = process_time()
    found = minimise(tables)
    seconds = process_time() - start  # of the processor: other programs do not count
    assert (found.primal - found.dual).max() <= GAP
    assert seconds < 5.0  # 5 ms each; some 0.4 ms were measured


def test_zeros_anywhere_are_allowed() -> None:
    tables = _random(300, (3, 3, 3), 0.3, seed=3)
    tables[tables < 0.05] = 0
    tables /= tables.sum((1, 2, 3), keepdims=True)
    found = minimise(tables)
    assert (found.primal - found.dual).max() <= GAP


def test_no_other_law_with_the_margins_is_lower() -> None:
    """The dual bound against a search: laws with the margins, moved along the kernel of the margins."""
    tables = _random(40, (2, 2, 2), 1.0, seed=4)
    found = minimise(tables)
    sign = np.array([[1.0, -1.0], [-1.0, 1.0]])
    for table, dual in zip(tables, found.dual, strict=True):
        laws = _grid(table, sign, np.linspace(-1, 1, 81))
        inside = laws[(laws >= 0).all((1, 2, 3))]
        assert _f(inside).min() >= dual - 1e-12


def _grid(table: Floats, sign: Floats, steps: Floats) -> Floats:
    """table + s on t = 0 and u on t = 1, for all s and u."""
    s, u = np.meshgrid(steps, steps)
    change = np.stack([s.ravel()[:, None, None] * sign, u.ravel()[:, None, None] * sign], axis=1)
    return table[None] + change


RANDOM = {
    2: (0.153824469, 0.0, 0.003074885, 0.015377073),
    4: (0.045957299, 0.051296209, 0.034116587, 0.172865982),
    6: (0.04562359, 0.02932520, 0.02470902, 0.35019634),
    8: (0.04106933, 0.05604202, 0.01671436, 0.40552934),
    12: (0.03195672, 0.03059810, 0.02029654, 0.47719070),
    20: (0.0210133, 0.0210184, 0.0088259, 0.5111623),
}


def test_random_tables_whose_values_are_known() -> None:
    """Clarabel's and ECOS's values of p ~ Dirichlet(1), bits; U1 U2 R S."""
    for sizes in ((2, 3, 4, 5), (6, 7, 8, 10, 12, 16, 20)):
        rng = RNG(0)
        for n in sizes:
            p = rng.dirichlet(np.ones(n**3)).reshape(n, n, n)
            if n not in RANDOM:
                continue
            atoms = pid(Table.of_array(p, ("t", "a", "b")), "t", ["a", "b"]).atoms
            u1, u2, r, s = RANDOM[n]
            digits = 2e-9 if n < 6 else 2e-8 if n < 20 else 1e-7
            for name, expected in {"{a}": u1, "{b}": u2, "{a}{b}": r, "{a b}": s}.items():
                assert atoms[name] / BIT == pytest.approx(expected, abs=digits), (n, name)


def test_where_dits_default_is_wrong() -> None:
    """dit 2.3's `PID_BROJA` answers W with U = (.666667, .666667) and R = -.415038."""
    atoms = pid(GATES["W"], "t", ["x1", "x2"]).atoms
    assert atoms["{x1}{x2}"] / BIT == pytest.approx(0.251629, abs=5e-7)
    assert atoms["{x1 x2}"] / BIT == pytest.approx(2 / 3, abs=1e-9)
    rnd = pid(GATES["RND"], "t", ["x1", "x2"]).atoms
    assert rnd["{x1}{x2}"] / BIT == pytest.approx(0.188722, abs=5e-7)
    assert rnd["{x1}"] == pytest.approx(0, abs=1e-9)


def test_tables_of_different_shapes_in_one_call() -> None:
    tables = [GATES[name] for name in ("COPY", "XOR", "W", "RDNUNQXOR")]
    for table, found in zip(tables, broja_of_many(tables), strict=True):
        alone = pid(table, "t", ["x1", "x2"])
        assert found.atoms == pytest.approx(alone.atoms, abs=1e-9)
    assert broja_of_many([]) == []


def test_a_table_of_one_cell() -> None:
    found = minimise(np.ones((1, 1, 1, 1)))
    assert found.primal[0] == found.dual[0] == 0


@pytest.mark.parametrize("tables", [np.ones((2, 2, 2)) / 8, -np.ones((1, 2, 2, 2)) / 8, [[[[np.nan]]]]])
def test_what_are_no_tables_is_refused(tables: Floats) -> None:
    with pytest.raises(Rejected, match="E0613"):
        minimise(tables)
