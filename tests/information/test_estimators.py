"""Information from draws: the corrections remove most of the bias, and the errors are honest."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from pplc.information.entropy import entropy_terms, mutual_terms
from pplc.information.estimators import estimated, grassberger
from pplc.lang.diagnostics import Rejected
from tests.support.statistics import FALSE_ALARM

REPEATS, DRAWS = 400, 200
JOINT = 0.7 / 16 * np.ones((4, 4)) + 0.3 * np.eye(4) / 4
TRUTH = float((JOINT * np.log(JOINT * 16)).sum())


def _sample(seed: int) -> dict[str, list[int]]:
    cells = np.random.default_rng(seed).choice(16, DRAWS, p=JOINT.ravel())
    return {"x": (cells // 4).tolist(), "y": (cells % 4).tolist()}


@pytest.mark.parametrize("method", ["miller-madow", "grassberger"])
def test_the_bias_is_a_small_part_of_what_it_was(method: str) -> None:
    """9 degrees of freedom: the plug-in estimate is too large by about 9 / (2 · 200) = .0225 nats."""
    found = [estimated(_sample(seed), mutual_terms("x", "y"), method) for seed in range(REPEATS)]
    values = np.array([e.value for e in found])
    # Chebyshev's bound with the observed spread, generous by its nature, and what is left of the bias.
    tolerance = values.std() * sqrt(2 * log(2 / FALSE_ALARM) / REPEATS)
    assert abs(values.mean() - TRUTH) < tolerance
    assert tolerance < 0.0225 - 0.006
    spread = float(np.mean([e.standard_error for e in found]))
    assert spread == pytest.approx(values.std(), rel=0.2)
    inside = np.mean([e.interval[0] <= TRUTH <= e.interval[1] for e in found])
    assert 0.9 < inside <= 1


def test_independent_variables_have_an_error_although_the_first_order_vanishes() -> None:
    values = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        data = {"x": rng.integers(0, 4, 300).tolist(), "y": rng.integers(0, 4, 300).tolist()}
        values.append(estimated(data, mutual_terms("x", "y")))
    assert np.mean([e.interval[0] <= 0 <= e.interval[1] for e in values]) > 0.9


def test_too_few_draws_are_flagged() -> None:
    data = {"x": list(range(50)), "y": list(range(50))}
    found = estimated(data, entropy_terms("x"))
    assert any("too few" in flag for flag in found.flags)
    enough = estimated({"x": [0, 1] * 500}, entropy_terms("x"))
    assert enough.flags == ("corrected for the bias of counts (Miller–Madow)",)
    assert enough.value == pytest.approx(log(2) + 1 / 2000)


def test_draws_that_agree_prove_little() -> None:
    """Of 100 draws an event of probability 1 - 0.05^(1/100) = 0.0295 shows none 1 time in 20."""
    found = estimated({"x": [1] * 100}, entropy_terms("x"))
    assert found.value == 0
    assert found.interval[1] == pytest.approx(-0.029513 * log(0.029513) - 0.970487 * log(0.970487), rel=1e-4)
    assert any("agrees" in flag for flag in found.flags)
    nothing = estimated({"x": [1] * 100, "y": [0, 1] * 50}, mutual_terms("x", "y"))
    assert nothing.interval[1] == pytest.approx(found.interval[1])


def test_grassberger_of_one_value_is_0() -> None:
    assert grassberger(np.array([1000])) == pytest.approx(0, abs=1e-3)
    assert grassberger(np.array([500, 0, 500])) == pytest.approx(log(2), abs=2e-3)


def test_an_estimator_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Rejected, match="E0609"):
        estimated({"x": [0, 1]}, entropy_terms("x"), "nsb")


def test_data_are_asked_as_programs_are() -> None:
    from pplc.information import H, I, Table, estimate

    data = _sample(3)
    corrected = estimate(data, "I", "x", "y")
    counted = I(Table.of_data(data), "x", "y")
    assert corrected.value == pytest.approx(counted - 9 / (2 * DRAWS), abs=1e-12)
    assert estimate(data, "H", "x", given="y").value > H(Table.of_data(data), "x", "y")
    with pytest.raises(Rejected, match="E0615"):
        estimate(data, "pid", "x", "y")
