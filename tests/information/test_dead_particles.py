"""Queries about what is drawn after a hard condition: particles that ended there have no weight."""

from __future__ import annotations

import pytest

import pplc
from pplc import Estimate

MODEL = """
model m() { x ~ Normal(0, 1)
  condition(x > -1)
  z ~ Normal(x, 1)
  return z }
"""


@pytest.mark.parametrize("method", ["smc", "rmsmc", "tempered", "importance"])
def test_what_comes_after_a_hard_condition_can_be_asked_for(method: str) -> None:
    """E z = φ(1) / Φ(1) = 0.2876."""
    model = pplc.compile(MODEL)
    for query, true in (("E[z]", 0.2876), ("E[return]", 0.2876), ("P(x > -1)", 1.0)):
        found = model.query(query, method=method, seed=1)
        assert isinstance(found, Estimate)
        assert abs(found.value - true) <= 6 * found.standard_error + 1e-3
