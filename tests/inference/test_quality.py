"""The numbers about a run are the worst over all variables, infinite ones included."""

from __future__ import annotations

from math import inf

import numpy as np

import pplc
from pplc.inference.quality import measured, warnings_of
from pplc.inference.result import Draws, Result
from pplc.inference.summary import summarise

GEOMETRIC = """\
model g(n: int) -> int {
  stop ~ Bernoulli(0.5)
  if stop { return n }
  return ~g(n + 1)
}
model m() {
  n ~ g(0)
  return n
}
"""


def test_chains_that_stay_apart_are_the_worst_of_all() -> None:
    """Also where another variable has a finite R-hat."""
    moving = np.random.default_rng(3).standard_normal((4, 50))
    apart = np.repeat(np.arange(4.0)[:, None], 50, axis=1)
    draws = Draws({"moving": moving, "apart": apart})
    result = Result("mh", draws=draws)
    variables = summarise(result)
    numbers = measured(result, variables)
    assert numbers["max_rhat"] == inf
    (disagree,) = (w for w in warnings_of(result, variables, numbers, dense=True) if w.code == "W0313")
    assert "`apart`" in disagree.message
    assert "R-hat up to inf" in disagree.message


def test_particle_gibbs_of_one_particle_never_moves_and_says_so() -> None:
    found = pplc.compile(GEOMETRIC).infer(method="pgibbs", particles=1, draws=5)
    assert found.diagnostics["max_rhat"] == inf
    assert "W0313" in {warning.code for warning in found.warnings}
