"""Runs made by hand: a model with data, and draws that no method has made."""

from __future__ import annotations

import numpy as np

import pplc
from pplc.data_python import table
from pplc.inference.answers import estimate
from pplc.inference.registry import METHODS
from pplc.inference.result import Draws, Result
from pplc.inferring import bind_model
from pplc.run import Run
from pplc.semantics.bound import Bound

SCHOOLS = """\
model schools(y: real[J], sigma: positive[J]) {
  mu ~ Normal(0, 5)
  theta[j] ~ Normal(mu, 1) for j in 0..J
  observe y ~ Normal(theta, sigma)
  return mu > 0
}
"""
DATA = {"y": [3.0, -1.0], "sigma": [2, 1]}


def run_by_hand(*, weighted: bool = False, chains: int = 2, count: int = 50, seed: int = 1) -> Run:
    """A run of `SCHOOLS` with normal draws, and a state to go on from."""
    rng = np.random.default_rng(seed)
    model = pplc.compile(SCHOOLS, name="schools.ppl")
    bound = Bound(model.program, bind_model(model, [table(DATA)], None).arguments)
    mu = rng.standard_normal((chains, count))
    draws = Draws(
        {"mu": mu, "theta": rng.standard_normal((chains, count, 2)), "return": mu > 0},
        rng.standard_normal((chains, count)) if weighted else None,
        {"y": rng.standard_normal((chains, count, 2))},
        {} if weighted else {"lp": mu, "diverging": mu > 5, "energy": rng.standard_normal((chains, count))},
    )
    method = METHODS["importance" if weighted else "nuts"]
    result = Result(
        method.name,
        draws=draws,
        log_evidence=estimate(-3.5, 0.01) if weighted else None,
        state={"position": mu[:, -1], "step": 3, "deep": {"a": [1.5, float("inf")], "b": "text"}},
    )
    return Run("schools", method, method.fill({"seed": seed}), "asked for", 0.5, result, bound)
