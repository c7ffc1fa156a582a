"""Acceptance cases by Markov chains and populations of parameters: right within their stated errors.

Thresholds come from the suite's false-alarm rate; an estimate must also be sharp enough to tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction as F
from math import exp, log, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import pplc
from pplc.inference import ais, pimh, pmmh, rejection, smc2, tempered
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.inference.result import Array, Result
from tests.acceptance.expected import FINITE, SAMPLED
from tests.support.reference import bound
from tests.support.statistics import FALSE_ALARM

HERE = Path(__file__).parents[1] / "acceptance"
WIDTH = -NormalDist().inv_cdf(FALSE_ALARM / 2)
SEED = 20261124


@dataclass(frozen=True)
class Case:
    """A method on an acceptance case.

    sharp: the largest standard error, as a share of the standard deviation.
    """

    name: str
    method: str
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    sharp: float = 0.1


def run_of(case: Case) -> pplc.Run:
    path = HERE / f"{case.name}.json"
    data: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return pplc.load(HERE / f"{case.name}.ppl").infer(data, method=case.method, seed=SEED, **case.options)


def close(run: pplc.Run, name: str, expected: float, sharp: float) -> None:
    """Whether a mean is within its error of what is expected; of a finite variable, that of 1 or `true`."""
    base, _, index = name.partition("[")
    variable = run[base].element((int(index[:-1]),)) if index else run[base]
    mean, sd, error = (float(variable.numbers[key]) for key in ("mean", "sd", "mcse_mean"))
    assert abs(mean - expected) <= WIDTH * error, (name, mean, expected, error)
    assert error <= sharp * max(sd, 1e-12), (name, error, sd)


MEANS = [
    Case("K04_beta_bernoulli", "mh", {"draws": 600, "warmup": 200}),
    Case("K20_normal_evidence", "mh", {"draws": 600, "warmup": 200}),
    Case("K01_normal_mean", "mh", {"draws": 600, "warmup": 200}),
    Case("K11_spike_slab", "mh", {"draws": 600, "warmup": 200}),
    Case("R01_geometric", "mh", {"draws": 800, "warmup": 50}),
    Case("K17_even_poisson", "mh", {"draws": 800, "warmup": 100}),
    Case("K20_normal_evidence", "pmmh", {"parameters": "mu", "particles": 2, "draws": 500, "warmup": 200}),
    Case("K20_normal_evidence", "tempered", {"particles": 400}),
    Case("K04_beta_bernoulli", "rejection", {"draws": 200}),
    Case("K04_beta_bernoulli", "ais", {"particles": 300, "temperatures": 10}),
]


@pytest.mark.parametrize("case", MEANS, ids=lambda case: f"{case.name}-{case.method}")
def test_means_are_those_of_the_case(case: Case) -> None:
    run = run_of(case)
    for name, expected in SAMPLED[case.name].means.items():
        close(run, name, expected, case.sharp)


EVIDENCE = [
    Case("K20_normal_evidence", "tempered", {"particles": 400}),
    Case("K20_normal_evidence", "ais", {"particles": 300, "temperatures": 10}),
    Case("K20_normal_evidence", "pimh", {"particles": 30, "draws": 30, "warmup": 1}),
    Case("K04_beta_bernoulli", "rejection", {"draws": 100}),
]


@pytest.mark.parametrize("case", EVIDENCE, ids=lambda case: f"{case.name}-{case.method}")
def test_the_evidence_is_that_of_the_case(case: Case) -> None:
    evidence = run_of(case).log_evidence
    expected = SAMPLED[case.name].log_evidence
    assert isinstance(evidence, pplc.Estimate)
    assert expected is not None
    assert evidence.standard_error < 0.2
    assert abs(evidence.value - expected) <= WIDTH * evidence.standard_error


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("pmmh", {"particles": 8, "draws": 100, "warmup": 5, "chains": 4}),
        ("smc2", {"particles": 100, "inner_particles": 8, "moves": 1}),
    ],
)
def test_s04_has_its_smoothed_law_and_parameter(method: str, options: dict[str, Any]) -> None:
    run = run_of(Case("S04_hmm_parameter", method, options))
    close(run, "i", 1 - 0.18673735928, 0.15)
    close(run, "z[3]", 0.7566946503, 0.15)
    close(run, "z[7]", 0.1948150427, 0.15)
    if method == "smc2":
        assert isinstance(run.log_evidence, pplc.Estimate)
        error = run.log_evidence.standard_error
        assert error < 0.3
        assert abs(run.log_evidence.value + 14.443231987266) <= WIDTH * error


@pytest.mark.parametrize(
    ("method", "options"), [("mh", {"draws": 50, "warmup": 20}), ("rejection", {"draws": 200})]
)
def test_r10_ends_in_state_one(method: str, options: dict[str, Any]) -> None:
    run = run_of(Case("R10_telegraph", method, options))
    assert float(run["return"].mean) == 1
    if method == "rejection":
        assert isinstance(run.log_evidence, pplc.Estimate)
        expected = SAMPLED["R10_telegraph"].log_evidence
        assert expected is not None
        assert abs(run.log_evidence.value - expected) <= WIDTH * run.log_evidence.standard_error


def test_monty_halls_prize_is_behind_the_other_door_two_times_in_three() -> None:
    run = run_of(Case("D14_monty_hall", "mh", {"draws": 500, "warmup": 10}))
    law = {key: float(p) for key, p in FINITE["D14_monty_hall"].law.items()}
    found = run["prize"].probabilities[()]
    # The whole trace is redrawn once in 21 moves, and then accepted once in six: few of the draws are new.
    fresh = 500 * 4 * 3 / 21 / 6 / 2
    for key, p in law.items():
        assert abs(found[key] - p) <= WIDTH * sqrt(p * (1 - p) / fresh)
    assert run.warnings  # the guest's door, which the data give, is named


def test_rejection_estimates_the_evidence_without_bias() -> None:
    # The sum over n of P(the r-th is kept at n) * (r - 1) / (n - 1) is the share, here for r = 3.
    share = 0.3
    total = sum(
        (n - 1) * (n - 2) / 2 * share**3 * (1 - share) ** (n - 3)
        * rejection_share(rejection.State(n, 3, 0))
        for n in range(3, 400)
    )  # fmt: skip
    assert total == pytest.approx(share, abs=1e-12)
    certain = rejection.evidence(rejection.State(1, 1, 0), log(2), stopped=False)
    assert certain.value == pytest.approx(log(2))


def rejection_share(done: rejection.State) -> float:
    return exp(rejection.evidence(done, 0.0, stopped=False).value)


CHAIN = """
model m(y: real[T]) {
  s ~ Exponential(1)
  for t in 0..T {
    x[t] ~ Normal(if t == 0 { 0 } else { x[t-1] }, s)
    observe y[t] ~ Normal(x[t], 1)
  }
}
"""
GOES_ON: dict[str, tuple[Callable[..., Result], Options]] = {
    "pmmh": (pmmh.run, Options(particles=4, draws=6, warmup=2, chains=2, seed=3)),
    "pimh": (pimh.run, Options(particles=4, draws=6, warmup=2, chains=2, seed=3)),
    "rejection": (rejection.run, Options(draws=6, bound=0.0, seed=3)),
    "smc2": (smc2.run, Options(particles=4, inner_particles=3, chains=2, seed=3)),
    "tempered": (tempered.run, Options(particles=4, chains=2, seed=3)),
    "ais": (ais.run, Options(particles=4, chains=2, temperatures=3, seed=3)),
}


@pytest.mark.parametrize("method", GOES_ON)
def test_a_continued_run_is_the_longer_run(method: str) -> None:
    run, options = GOES_ON[method]
    program = bound(CHAIN, {"y": (F(1, 2), F(1))})
    first = run(program, options, Silent())
    more = replace(options, state=first.state)
    rest = run(program, more, Silent())
    draws = method in ("pmmh", "pimh", "rejection")
    longer = replace(options, draws=12) if draws else replace(options, chains=4)
    whole = run(program, longer, Silent())
    for name in ("s", "x"):
        parts = [values_of(part, name) for part in (first, rest)]
        joined = np.concatenate(parts, axis=1)
        assert np.array_equal(joined, values_of(whole, name)), name
    assert rest.state == whole.state
    if draws:
        assert rest.log_evidence == whole.log_evidence


def values_of(result: Result, name: str) -> Array:
    assert result.draws is not None
    return result.draws.values[name]
