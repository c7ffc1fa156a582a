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


@pytest.mark.parametrize("particles", [5, 12, 20])
def test_an_event_on_which_few_families_agree_has_an_interval_of_as_many_draws(particles: int) -> None:
    """Nothing tells their spread, so that each counts as one draw: an infinite error stopped the query."""
    text = """model m() { q ~ Beta(2, 2); z ~ Bernoulli(q)
      for i in 0..3 { observe 3 ~ Normal(if z { 2 } else { -3 }, 1) } }
    query P(z)"""
    for seed in range(6):
        run = pplc.compile(text).infer({}, method="smc", particles=particles, seed=seed)
        found = run.queries[0].answer
        assert isinstance(found, Estimate)
        assert 0 < found.standard_error < 0.5
        low, high = found.interval
        assert 0 <= low <= found.value <= high <= 1
        assert high - low > 0.05
