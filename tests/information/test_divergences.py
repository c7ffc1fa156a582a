"""Divergences: definitions on known laws, and what holds between them."""

from __future__ import annotations

from fractions import Fraction
from math import inf, log, sqrt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pplc.information import divergences as d
from pplc.information.table import Table
from pplc.lang.diagnostics import Rejected
from tests.support.joints import channels, joints, through

P = Table.of({"0": Fraction(23, 30), "1": Fraction(7, 30)}, ("y",))
Q = Table.of({"0": Fraction(3, 5), "1": Fraction(2, 5)}, ("y",))


def test_known_values() -> None:
    """The confounded model of the causal bounds: P(y | a = 1) = .766667, P(y | do(a = 1)) = .6."""
    pairs = d.aligned(P, Q)
    assert d.kl(pairs) == pytest.approx(0.062161, abs=5e-7)
    assert d.hellinger(pairs) == pytest.approx(0.016262, abs=5e-7)
    assert float(d.chi_squared(pairs)) / 2 == pytest.approx(0.057870, abs=5e-7)
    assert d.chi_squared(pairs) == Fraction(25, 216)
    assert d.total_variation(pairs) == Fraction(1, 6)
    assert d.jensen_shannon(pairs) == pytest.approx(0.016189, abs=5e-7)


def test_values_are_matched_by_label() -> None:
    first = Table.of({"a": Fraction(1, 2), "b": Fraction(1, 2)})
    second = Table.of({"b": Fraction(1, 2), "c": Fraction(1, 2)})
    pairs = d.aligned(first, second)
    assert d.total_variation(pairs) == Fraction(1, 2)
    assert d.kl(pairs) == d.chi_squared(pairs) == d.renyi(pairs, 2) == d.tsallis(pairs, 2) == inf
    assert d.jensen_shannon(pairs) == pytest.approx(log(2) / 2)
    assert d.renyi(pairs, Fraction(1, 2)) == pytest.approx(2 * log(2))


def test_laws_of_different_variables_are_refused() -> None:
    with pytest.raises(Rejected, match="E0613"):
        d.aligned(P, Table.of({"0": 1.0}, ("z",)))


def test_dependence_by_cauchy_schwarz_and_euclid() -> None:
    """Table "other dependence measures": doubly symmetric binary source (.1), and the gate AND."""
    source = Table.of({"00": 0.45, "01": 0.05, "10": 0.05, "11": 0.45}, ("x", "y"))
    gate = Table.of({"00": 0.5, "10": 0.25, "11": 0.25}, ("x", "y"))
    for table, cs, ed in ((source, 0.494696, 0.16), (gate, log(1.2), 0.0625)):
        x, y = table.marginal("x"), table.marginal("y")
        independent = Table.of({(*a, *b): p * q for a, p in x.items() for b, q in y.items()}, ("x", "y"))
        pairs = d.aligned(table, independent)
        assert d.cauchy_schwarz(pairs) == pytest.approx(cs, abs=5e-7)
        assert float(d.euclidean(pairs)) == pytest.approx(ed, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_inequalities_between_divergences_and_data_processing(data: st.DataObject) -> None:
    table = data.draw(joints(2))
    assume(len(table.values[0]) > 1)
    p = table.marginal("x")
    q = Table.of(_ramp(p), ("x",))
    pairs = d.aligned(p, q)
    tv, h = float(d.total_variation(pairs)), d.hellinger(pairs)
    assert tv <= sqrt(d.kl(pairs) / 2) + 1e-12  # Pinsker
    assert h - 1e-12 <= tv <= sqrt(2 * h) + 1e-12  # Le Cam
    assert d.kl(pairs) <= log(1 + float(d.chi_squared(pairs))) + 1e-12
    assert 0 <= d.jensen_shannon(pairs) <= log(2) + 1e-12
    assert d.renyi(pairs, Fraction(1, 2)) <= d.kl(pairs) + 1e-12 <= d.renyi(pairs, 2) + 2e-12
    assert d.renyi(pairs, 1 + 1e-7) == pytest.approx(d.kl(pairs), abs=1e-5)
    rows = data.draw(channels(len(p.values[0])))
    behind = d.aligned(*(through(law, "x", rows, "o").marginal("o") for law in (p, q)))
    for kind in ("kl", "js", "tv", "hellinger", "chi2"):
        assert d.KINDS[kind](behind) <= d.KINDS[kind](pairs) + Fraction(1, 10**12), kind


def _ramp(p: Table) -> dict[object, Fraction]:
    """A law that is nowhere 0 on the values of another."""
    count = len(p.values[0])
    return {value: Fraction(2 * (k + 1), count * (count + 1)) for k, value in enumerate(p.values[0])}
