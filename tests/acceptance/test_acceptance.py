"""The acceptance cases: laws and evidence, exact ones as rationals, others in standard errors.

Statistical thresholds come from one false-alarm rate for the whole file and the number of
comparisons; every estimate must be sharp as well (MCSE at most 2 % of the posterior sd, standard
error of log Z at most 0.05), so that a poor one cannot pass by having a large error.
"""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

import pplc
from pplc.run import Run
from tests.acceptance.expected import D22, ENDLESS, FINITE, FLOATS, SAMPLED, SMOOTHED, Sampled

HERE = Path(__file__).parent
FALSE_ALARM = 1e-6
COMPARISONS = sum(len(case.means) + len(case.sds) + 1 for case in SAMPLED.values())
WIDTH = -NormalDist().inv_cdf(FALSE_ALARM / (2 * COMPARISONS))
"""Standard errors allowed; about 5.8."""

CHAINS = 4
SEED = 20261123


def model_of(name: str) -> pplc.Model:
    return pplc.load(HERE / f"{name}.ppl")


def data_of(name: str, settings: Any) -> dict[str, Any]:
    path = HERE / f"{name}.json"
    return {**(json.loads(path.read_text()) if path.exists() else {}), **settings}


@pytest.mark.parametrize("name", FINITE)
def test_finite_programs_have_their_law_and_evidence_exactly(name: str) -> None:
    run = model_of(name).infer({}, method="exact")
    law = {value: Fraction(p) for value, p in run["return"].exact[()].items()}
    assert law == FINITE[name].law
    evidence = run.log_evidence
    assert isinstance(evidence, pplc.Exact)
    assert evidence.rational == FINITE[name].evidence


def test_d22_has_its_joint_law_and_evidence_exactly() -> None:
    model = model_of("D22_partition")
    for event, probability in D22.items():
        answer = model.query(f"P({event})", {})
        assert isinstance(answer, pplc.Exact)
        assert answer.rational == probability
    evidence = model.infer({}).log_evidence
    assert isinstance(evidence, pplc.Exact)
    assert evidence.rational == Fraction(13, 25)


@pytest.mark.parametrize("name", FLOATS)
def test_finite_programs_with_irrational_weights_have_their_law(name: str) -> None:
    law, log_evidence = FLOATS[name]
    run = model_of(name).infer({}, method="exact")
    assert run["return"].probabilities[()] == pytest.approx(law, abs=1e-8)
    evidence = run.log_evidence
    assert isinstance(evidence, pplc.Exact)
    assert evidence.value == pytest.approx(log_evidence, abs=1e-8)


@pytest.mark.parametrize("name", SMOOTHED)
def test_hidden_markov_chains_are_smoothed_exactly(name: str) -> None:
    laws, log_evidence = SMOOTHED[name]
    run = model_of(name).infer(data_of(name, {}), method="exact")
    for t, law in laws.items():
        found = run["z"].probabilities[(t,)]
        assert [found.get(str(k), 0.0) for k in range(len(law))] == pytest.approx(law, abs=2e-6)
    evidence = run.log_evidence
    assert isinstance(evidence, pplc.Exact)
    assert evidence.value == pytest.approx(log_evidence, abs=1e-9)


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_programs_have_tight_bounds_or_rationals(name: str) -> None:
    case = ENDLESS[name]
    run = model_of(name).infer(case.set, method="exact")
    value = run["return"]
    for outcome, probability in case.law.items():
        if case.exact:
            assert Fraction(value.exact[()][outcome]) == probability
            continue
        bounds = value.bounds[()][outcome]
        assert bounds.upper - bounds.lower <= 1e-12
        assert bounds.lower <= probability <= bounds.upper
    evidence = run.log_evidence
    if case.exact:
        assert evidence == pplc.Exact(0.0, Fraction(1))
    else:
        assert isinstance(evidence, pplc.Bounds)
        assert evidence.lower <= case.evidence <= evidence.upper <= evidence.lower + 1e-12
    if case.mean is not None:
        assert float(value.mean) == pytest.approx(case.mean, rel=1e-9)


def test_the_parameter_of_s04_has_its_posterior() -> None:
    run = model_of("S04_hmm_parameter").infer(data_of("S04_hmm_parameter", {}), method="exact")
    assert run["i"].probabilities[()]["0"] == pytest.approx(0.18673735928, abs=1e-9)


def test_a_gpa_between_two_and_four_has_its_probability_exactly_by_the_atoms_measure() -> None:
    evidence = model_of("K12_gpa_exactly").infer({}, method="exact").log_evidence
    assert isinstance(evidence, pplc.Exact)
    assert evidence.rational == Fraction(1, 200)


@pytest.mark.parametrize("name", SAMPLED)
def test_sampled_programs_have_their_means_within_their_errors(name: str) -> None:
    case = SAMPLED[name]
    run = inferred(name, case, case.method, case.draws)
    for variable, mean in case.means.items():
        found, sd, error, draws = moments(run, variable)
        assert abs(found - mean) <= WIDTH * error, (variable, found, mean, error)
        assert error <= 0.02 * sd * 1.05, (variable, error / sd)
        if variable in case.sds:
            # The sd of a sample of `draws` normal variables has this error; ours have lighter or
            # moderately heavier tails, for which twice as much is allowed.
            allowed = WIDTH * 2 * sd / sqrt(2 * draws)
            assert abs(sd - case.sds[variable]) <= allowed, (variable, sd, case.sds[variable])


@pytest.mark.parametrize("name", [name for name, case in SAMPLED.items() if case.log_evidence is not None])
def test_sampled_programs_have_their_evidence_within_its_error(name: str) -> None:
    case = SAMPLED[name]
    evidence = inferred(name, case, case.evidence_method, case.evidence_draws).log_evidence
    assert case.log_evidence is not None
    assert isinstance(evidence, pplc.Estimate)
    assert evidence.standard_error <= 0.05
    # A weighted normal law around a mode has errors as small as rounding.
    assert abs(evidence.value - case.log_evidence) <= WIDTH * evidence.standard_error + 1e-9


def inferred(name: str, case: Sampled, method: str, draws: int) -> Run:
    data = data_of(name, case.set)
    if method == "nuts":
        return model_of(name).infer(data, method=method, seed=SEED, draws=draws // CHAINS, chains=CHAINS)
    return model_of(name).infer(data, method=method, seed=SEED, draws=draws)


def moments(run: Run, name: str) -> tuple[float, float, float, float]:
    """Mean, sd, standard error and effective number of draws of a variable or element.

    Of events and of finite variables these are those of the indicator of `true` or 1.
    """
    base, _, index = name.partition("[")
    variable = run[base].element((int(index[:-1]),)) if index else run[base]
    if "mcse_mean" in variable.numbers:
        numbers = {key: float(value) for key, value in variable.numbers.items()}
        draws = numbers["ess_bulk"] if "ess_bulk" in numbers else numbers["ess"]
        return numbers["mean"], numbers["sd"], numbers["mcse_mean"], draws
    law = variable.probabilities[()]
    p = law.get("true", law.get("1", 0.0))
    draws = run.diagnostics.get("ess_weights", 2500.0)
    return p, sqrt(p * (1 - p)), sqrt(p * (1 - p) / draws), draws


def test_impossible_evidence_is_a_clear_error() -> None:
    with pytest.raises(pplc.Rejected) as caught:
        model_of("D24_impossible").infer({})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0403"
    assert diagnostic.span.line == 4


@pytest.mark.parametrize("method", ["auto", "importance"])
def test_a_parameter_outside_its_domain_is_a_clear_error(method: str) -> None:
    path = str(HERE / "D25_bad_parameter.ppl")
    command = [sys.executable, "-m", "pplc", "infer", path, "--method", method]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "D25_bad_parameter.ppl:4" in done.stderr
    assert "Bernoulli" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("path", sorted(HERE.glob("*.ppl")), ids=lambda path: path.stem)
def test_every_case_can_be_simulated(path: Path) -> None:
    if path.stem in ("D25_bad_parameter",):
        return
    settings = {"R04_gamblers_ruin": {"p": 0.5}, "H03_dpmem": {"alpha": 1.0}}.get(path.stem, {})
    draws = model_of(path.stem).simulate(data_of(path.stem, settings), draws=2, seed=1)
    assert draws


def test_the_gambler_of_even_odds_wins_three_times_in_ten_after_21_rounds() -> None:
    run = model_of("R04_gamblers_ruin").infer({"p": 0.5}, method="importance", draws=3000, seed=SEED)
    won, _, error, _ = moments(run, "return")
    assert abs(won - 0.3) <= WIDTH * error
    rounds, _, error, _ = moments(run, "duration")
    assert abs(rounds - 21) <= WIDTH * error


def test_one_draw_from_a_dirichlet_process_repeats_with_one_over_one_plus_alpha() -> None:
    run = model_of("H03_dpmem").infer({"alpha": 1}, method="importance", draws=3000, seed=SEED)
    equal, _, error, _ = moments(run, "return")
    assert abs(equal - 0.5) <= WIDTH * error


DIGITS = {"K22_eight_schools": 2e-5}
"""Relative error to which the source gives the numbers of a case, where that is more than 1e-8."""


@pytest.mark.parametrize("name", [name for name in SAMPLED if name != "H03_dpmem" and name not in ENDLESS])
def test_the_exact_method_finds_the_same_numbers(name: str) -> None:
    """Conjugate, linear-Gaussian, mixed, recursive programs: closed forms, grids of one or two variables.

    H03 is written by stick breaking, whose tail no closed form shortens: `DirichletProcess` is exact.
    """
    case = SAMPLED[name]
    run = model_of(name).infer(data_of(name, case.set), method="exact")
    close = DIGITS.get(name, 1e-8)
    assert {v: _number(run, v, "mean") for v in case.means} == pytest.approx(case.means, rel=close, abs=1e-9)
    assert {v: _number(run, v, "sd") for v in case.sds} == pytest.approx(case.sds, rel=close)
    if case.log_evidence is not None:
        found = run.log_evidence
        if isinstance(found, pplc.Bounds):
            assert found.lower - 1e-9 <= case.log_evidence <= found.upper + 1e-9
            assert found.upper - found.lower < 1e-9
        else:
            assert isinstance(found, pplc.Exact)
            assert found.value == pytest.approx(case.log_evidence, abs=2e-9)


def _number(run: Run, name: str, key: str) -> float:
    return float(run[name].numbers[key][()])
