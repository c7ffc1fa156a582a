"""Queries about a whole array of which some entries are data, and others variables."""

from __future__ import annotations

from math import sqrt

import pytest

import pplc

PART = """
model m(y: real[N]) { mu ~ Normal(0, 1)
  for i in 1..N { observe y[i] ~ Normal(mu, 1) } }
"""
MISSING = """
model m(y: real?[3]) { mu ~ Normal(0, 1)
  for i in 0..3 { observe y[i] ~ Normal(mu, 1) } }
"""


def test_the_prior_of_an_array_observed_in_part_draws_that_part() -> None:
    """y[0] is 1; the others have variance 2 and covariance 1."""
    model, data = pplc.compile(PART), {"y": [1, 2, 3]}
    assert model.query("prior E[sum(y)]", data, method="exact").value == pytest.approx(1, abs=1e-9)  # type: ignore[union-attr]
    assert model.query("prior sd(sum(y))", data, method="exact").value == pytest.approx(sqrt(6))  # type: ignore[union-attr]


def test_a_missing_entry_is_a_number_in_the_whole_array() -> None:
    """1 + E[mu | 1, 3] + 3 with E[mu | 1, 3] = 4/3."""
    model, data = pplc.compile(MISSING), {"y": [1, None, 3]}
    assert model.query("E[sum(y)]", data, method="exact").value == pytest.approx(16 / 3)  # type: ignore[union-attr]
