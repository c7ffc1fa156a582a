"""Binomial coefficients of long rows are those of Pascal's triangle."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from pplc.semantics.exact_elementary import LONGEST_ROW, log_choose


@pytest.mark.parametrize("n", [7, 100, 101, 102, 2001, LONGEST_ROW])
def test_rows_of_any_length(n: int) -> None:
    for k in (0, 1, 2, n // 3, n // 2, n // 2 + 1, n - 1, n):
        assert log_choose(n, k).value == Fraction(comb(n, k))
