"""Directed information and transfer entropy: a copied process, feedback, and the law of conservation."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import log

import pytest
from hypothesis import given, settings

from pplc.information.directed import directed_information, transfer_entropy
from pplc.information.entropy import mutual_information
from pplc.information.table import Table
from pplc.lang.diagnostics import Rejected
from tests.support.joints import joints

BIT = log(2)
X, Y = ("x0", "x1", "x2"), ("y0", "y1", "y2")


def _copied() -> Table:
    """x is fair and independent; y repeats x one step later, and starts at 0."""
    law = {(*bits, 0, bits[0], bits[1]): Fraction(1, 8) for bits in product((0, 1), repeat=3)}
    return Table.of(law, (*X, *Y))


def test_a_copy_knows_its_original_and_not_the_other_way() -> None:
    table = _copied()
    assert transfer_entropy(table, X, Y) == pytest.approx(BIT)
    assert transfer_entropy(table, Y, X) == 0.0
    assert directed_information(table, X, Y) == pytest.approx(2 * BIT)
    assert directed_information(table, Y, X) == 0.0


@settings(max_examples=30, deadline=None)
@given(joints(4, most=2))
def test_what_is_not_directed_flows_back(table: Table) -> None:
    """I(x; y) = I(x → y) + I(0 y → x); Massey & Massey (2005)."""
    x, y = ("x", "y"), ("z", "w")
    whole = mutual_information(table, x, y)
    back = mutual_information(table, y[:1], x[1], x[:1])
    assert directed_information(table, x, y) + back == pytest.approx(whole, abs=1e-12)
    assert 0 <= directed_information(table, x, y) <= whole + 1e-12


def test_processes_of_different_lengths_are_refused() -> None:
    with pytest.raises(Rejected, match="E0609"):
        directed_information(_copied(), X, Y[:2])
    for lag in (0, 3):
        with pytest.raises(Rejected, match="E0609"):
            transfer_entropy(_copied(), X, Y, lag=lag)
