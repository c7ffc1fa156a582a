"""Acceptance cases by particle methods: means and evidence within their own errors.

Errors are those that the run states, from the families of its particles. Thresholds come from the suite's
false-alarm rate for this file and the number of comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Any

import pytest

import pplc
from tests.acceptance.expected import SMOOTHED
from tests.acceptance.test_acceptance import FALSE_ALARM, SEED, data_of, model_of


@dataclass(frozen=True)
class Case:
    """What a method must find: means by variable or element, and log Z if it estimates it."""

    name: str
    method: str
    options: Mapping[str, Any]
    means: Mapping[str, float]
    log_evidence: float | None = None
    error: float = 0.05
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


def smoothed(name: str) -> dict[str, float]:
    """The means of the states."""
    return {f"z[{t}]": sum(k * p for k, p in enumerate(law)) for t, law in SMOOTHED[name][0].items()}


S04 = {**smoothed("S04_hmm_parameter"), "stay": 0.35 * 0.18673735928 + 0.65 * (1 - 0.18673735928)}
KALMAN = {"return": 1295 / 89}
CASES = (
    Case("R10_telegraph", "smc", {"particles": 1500}, {"return": 1.0}, log((1 - exp(-10)) / 2)),
    Case("R10_telegraph", "rmsmc", {"particles": 1500}, {"return": 1.0}, log((1 - exp(-10)) / 2)),
    Case(
        "S03_hmm_smoothing", "smc", {"particles": 2500}, smoothed("S03_hmm_smoothing"), -44.6858415509, 0.08
    ),
    Case("S04_hmm_parameter", "smc", {"particles": 3000}, S04, -14.443231987266, 0.06),
    Case("S04_hmm_parameter", "rmsmc", {"particles": 300}, S04, -14.443231987266, 0.2),
    Case("S04_hmm_parameter", "pgibbs", {"particles": 8, "draws": 120, "warmup": 20, "chains": 2}, S04),
    Case("S05_kalman", "smc", {"particles": 1500}, KALMAN, -12.299685008193, 0.15),
    Case(
        "S05_kalman",
        "smc",
        {"particles": 1500, "resampler": "stratified", "lookahead": True},
        KALMAN,
        -12.299685008193,
        0.15,
    ),
)
WIDTH = -NormalDist().inv_cdf(FALSE_ALARM / (2 * sum(len(case.means) + 1 for case in CASES)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.method}-{len(case.options)}")
def test_particle_methods_find_means_and_evidence_within_their_errors(case: Case) -> None:
    run = model_of(case.name).infer(
        data_of(case.name, case.settings), method=case.method, seed=SEED, **case.options
    )
    for variable, mean in case.means.items():
        base, _, index = variable.partition("[")
        numbers = (run[base].element((int(index[:-1]),)) if index else run[base]).numbers
        found, error = float(numbers["mean"]), float(numbers["mcse_mean"])
        # Where every draw agrees the error knows nothing of what was not met: at most one part in fifty.
        assert abs(found - mean) <= WIDTH * error + (0.02 if error == 0 else 0), (variable, found, error)
    if case.log_evidence is not None:
        evidence = run.log_evidence
        assert isinstance(evidence, pplc.Estimate)
        assert evidence.standard_error <= case.error
        assert abs(evidence.value - case.log_evidence) <= WIDTH * evidence.standard_error


@pytest.mark.parametrize(
    ("method", "options", "effective"),
    [
        ("smc", {"particles": 3000}, 3000 / 6),
        # One move in 21 redraws the whole trace, and one in 6 of these meets the condition; 3 moves a draw.
        ("mh", {"draws": 2000, "warmup": 10}, 4 * 2000 * 3 / 21 / 6),
    ],
)
def test_d14_is_right_where_single_sites_alone_would_be_stuck(
    method: str, options: Mapping[str, Any], effective: float
) -> None:
    run = model_of("D14_monty_hall").infer({}, method=method, seed=SEED, **options)
    found = run["prize"].probabilities[()]["C"]
    assert abs(found - 2 / 3) <= WIDTH * sqrt(2 / 9 / effective)
