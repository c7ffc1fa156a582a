"""Intervals of the evidence of few particles hold it as often as they say, over many seeds.

A hidden Markov chain with an unknown persistence (S04), where a parameter drawn at the start never moves, and
a linear-Gaussian chain, whose evidence the Kalman filter knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log, pi
from typing import Any

import numpy as np
from scipy.stats import binom

import pplc
from tests.acceptance.test_acceptance import data_of, model_of
from tests.support.statistics import FALSE_ALARM

SEEDS = 150
LEAST = int(binom.ppf(FALSE_ALARM, SEEDS, 0.95))
"""Intervals of 95 % that hold what they are of, of so many runs, but for one false alarm in a billion."""

S04 = -14.443231987266
GAUSSIAN = """
model main(y: real[T]) {
  x[0] ~ Normal(0, 1)
  observe y[0] ~ Normal(x[0], 0.5)
  for t in 1..T {
    x[t] ~ Normal(0.9 * x[t-1], 1)
    observe y[t] ~ Normal(x[t], 0.5)
  }
}
"""
Y = [1.3, -0.4, -1.9, 0.2, 0.7, 2.6]


def kalman(data: list[float]) -> float:
    """The log evidence of `GAUSSIAN`."""
    mean, variance, found = 0.0, 1.0, 0.0
    for t, y in enumerate(data):
        if t:
            mean, variance = 0.9 * mean, 0.81 * variance + 1
        spread = variance + 0.25
        found -= 0.5 * (log(2 * pi * spread) + (y - mean) ** 2 / spread)
        gain = variance / spread
        mean, variance = mean + gain * (y - mean), variance * (1 - gain)
    return found


def held(model: pplc.Model, data: Mapping[str, Any], truth: float, **options: Any) -> tuple[int, int]:
    """How many intervals hold the evidence: those stated, and those of weights taken as independent."""
    stated = naive = 0
    for seed in range(SEEDS):
        run = model.infer(data, method="smc", seed=seed, **options)
        evidence = run.log_evidence
        assert isinstance(evidence, pplc.Estimate)
        low, high = evidence.interval
        stated += low <= truth <= high
        assert run.weights is not None
        error = float(np.sqrt(run.weights.var() / run.weights.mean() ** 2 / run.weights.size))
        naive += abs(evidence.value - truth) <= 1.96 * error
    return stated, naive


def test_intervals_hold_the_evidence_of_a_chain_with_an_unknown_persistence() -> None:
    data = data_of("S04_hmm_parameter", {})
    stated, naive = held(model_of("S04_hmm_parameter"), data, S04, particles=50)
    assert stated >= LEAST
    assert naive < LEAST


def test_intervals_hold_the_evidence_of_a_linear_gaussian_chain() -> None:
    stated, naive = held(pplc.compile(GAUSSIAN), {"y": Y}, kalman(Y), particles=40)
    assert stated >= LEAST
    assert naive < LEAST
