"""Runs that are stopped anywhere and gone on with: bit for bit what they would have been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pplc
from pplc.run import Run
from tests.support.stopping import StopAfter

TEXT = """
model guide(y: real[T]) { drift ~ Gamma(2, 2); for t in 0..T { x[t] ~ Normal(y[t], 1) } }
model coin(p: real) { c ~ Bernoulli(p); return c }
model level(y: real[T]) {
  drift ~ Gamma(2, 2)
  up ~ infer(coin(0.75), method = "importance", draws = 20)
  for t in 0..T {
    x[t] ~ Normal(if up { 1 } else { 0 }, drift)
    condition(x[t] > -1)
    observe y[t] ~ Normal(x[t], 1)
  }
  return x[T-1]
}
"""
DATA = {"y": [1, 2, 0, 1]}
SEED = 7


POPULATIONS: dict[str, dict[str, Any]] = {
    "smc": {"particles": 12},
    "smc, guided": {"particles": 12, "proposal": "guide"},
    "rmsmc": {"particles": 12},
    "tempered": {"particles": 40, "moves": 2},
    "ais": {"particles": 40, "temperatures": 6},
    "smc2": {"particles": 6, "inner_particles": 3, "moves": 1, "parameters": "drift", "resample_below": 1.0},
}


def _interrupted(model: pplc.Model, looks: int, path: str, method: str, options: dict[str, Any]) -> Run:
    """A run that is stopped after so many looks at the clock, then after twice as many, and so on."""
    resume = None
    for attempt in range(1, 100):
        stop = StopAfter(attempt * looks)
        try:
            run = model.infer(DATA, method=method, resume=resume, progress=stop, **options)
        except pplc.Unanswered as error:
            run = error.run
        if not run.result.stopped:
            return run
        run.save(path)
        resume, options = path, {}
    raise AssertionError("it never comes to its end")


def _same(left: Run, right: Run) -> None:
    mine, its = left.result.draws, right.result.draws
    assert mine is not None
    assert its is not None
    for name, values in mine.values.items():
        assert np.array_equal(values, its.values[name], equal_nan=values.dtype.kind == "f"), name
    for name, values in mine.log_likelihood.items():
        assert np.array_equal(values, its.log_likelihood[name], equal_nan=True), name
    for left_one, right_one in ((mine.log_weights, its.log_weights), (mine.families, its.families)):
        assert left_one is not None
        assert right_one is not None
        assert np.array_equal(left_one, right_one)
    assert left.log_evidence == right.log_evidence
    assert left.result.note == right.result.note


@pytest.mark.parametrize("looks", [1, 2, 3, 5, 9, 30])
@pytest.mark.parametrize("name", POPULATIONS)
def test_a_population_that_is_stopped_goes_on_bit_for_bit(name: str, looks: int, tmp_path: Path) -> None:
    model = pplc.compile(TEXT, model="level")
    options: dict[str, Any] = {**POPULATIONS[name], "seed": SEED}
    method = name.split(",", maxsplit=1)[0]
    whole = model.infer(DATA, method=method, **options)
    _same(whole, _interrupted(model, looks, str(tmp_path / "run.json"), method, options))


@pytest.mark.parametrize(("chains", "ending"), [(2, "json"), (5, "nc")])
@pytest.mark.parametrize("name", POPULATIONS)
def test_finished_populations_gone_on_with_state_the_evidence_of_all_of_them(
    name: str, chains: int, ending: str, tmp_path: Path
) -> None:
    """Below ten populations its error is pooled, from ten on it is their spread."""
    model = pplc.compile(TEXT, model="level")
    options: dict[str, Any] = {**POPULATIONS[name], "seed": SEED}
    method = name.split(",", maxsplit=1)[0]
    path = str(tmp_path / f"run.{ending}")
    model.infer(DATA, method=method, chains=chains, **options).save(path)
    longer = model.infer(DATA, resume=path)
    whole = model.infer(DATA, method=method, chains=2 * chains, **options)
    assert longer.log_evidence == whole.log_evidence
    assert longer.diagnostics == whole.diagnostics
    mine, its = longer.result.draws, whole.result.draws
    assert mine is not None
    assert its is not None
    assert np.array_equal(mine.log_weights, its.log_weights)  # type: ignore[arg-type]
    assert np.array_equal(mine.families, its.families)  # type: ignore[arg-type]


def test_populations_gone_on_with_more_than_once_state_the_evidence_of_all_of_them(tmp_path: Path) -> None:
    """The third time it is stopped at once, and still states what it knew."""
    model = pplc.compile(TEXT, model="level")
    options: dict[str, Any] = {"method": "smc", "particles": 12, "seed": SEED}
    path = str(tmp_path / "run.json")
    model.infer(DATA, chains=2, **options).save(path)
    for chains in (4, 6):
        longer = model.infer(DATA, resume=path)
        longer.save(path)
        assert longer.log_evidence == model.infer(DATA, chains=chains, **options).log_evidence
        stopped = model.infer(DATA, resume=path, progress=StopAfter(0))
        assert stopped.result.stopped
        assert stopped.log_evidence == longer.log_evidence
        assert stopped.diagnostics == longer.diagnostics
        stopped.save(path)


ATOMS = """
model main() {
  exactly ~ Bernoulli(0.06)
  observe 4.0 ~ Mixture([0.5, 0.5], [Uniform(0, 10), Delta(if exactly { 4.0 } else { 5.0 })])
}
"""
SIZES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "smc": ({"particles": 4, "chains": 3}, {}, {"particles": 4, "chains": 6}),
    "importance": ({"draws": 12}, {"draws": 12}, {"draws": 24}),
}


@pytest.mark.parametrize("method", SIZES)
def test_runs_of_a_lower_dimension_take_all_mass_from_those_found_before_or_later(
    method: str, tmp_path: Path
) -> None:
    model = pplc.compile(ATOMS)
    path = str(tmp_path / "run.json")
    once, more, twice = SIZES[method]
    fell, stayed = 0, 0
    for seed in range(12):
        first = model.infer(method=method, seed=seed, **once)
        first.save(path)
        longer = model.infer(resume=path, **more)
        whole = model.infer(method=method, seed=seed, **twice)
        assert longer.log_evidence == whole.log_evidence
        assert np.array_equal(longer.weights, whole.weights)  # type: ignore[arg-type]
        assert first.result.state is not None
        assert longer.result.state is not None
        before, after = first.result.state["dimension"], longer.result.state["dimension"]
        fell += after < before
        stayed += before == after == 0
    assert fell
    assert stayed


def test_rejection_drops_what_it_kept_when_it_finds_a_lower_dimension_after_it_goes_on(
    tmp_path: Path,
) -> None:
    model = pplc.compile(ATOMS)
    path = str(tmp_path / "run.json")
    fell = 0
    for seed in range(12):
        first = model.infer(method="rejection", seed=seed, draws=3)
        first.save(path)
        longer = model.infer(resume=path, draws=12)
        assert first.result.state is not None
        assert longer.result.state is not None
        fall = longer.result.state["dimension"] < first.result.state["dimension"]
        fell += fall
        assert longer.draws("exactly").size == (12 if fall else 15)
        if longer.result.state["dimension"] == 0:
            assert longer.draws("exactly").all()
    assert fell


class Counting(StopAfter):
    """Counts the looks and never asks to stop."""

    def stopped(self) -> bool:
        self.left += 1
        return False


def test_smc2_looks_at_the_clock_within_the_inner_populations() -> None:
    """Two parameters: each of 500 runs, one step at a time, when it moves on and when it is made anew."""
    progress = Counting(0)
    pplc.compile(TEXT, model="level").infer(
        DATA, method="smc2", particles=2, inner_particles=500, resample_below=1.0, moves=1, progress=progress
    )
    steps = 2 * sum(1 + time for time in range(1, 5))
    assert progress.left > 10 * steps


CHAINS: dict[str, dict[str, Any]] = {
    "nuts": {"warmup": 30, "draws": 6},
    "nuts, dense": {"warmup": 30, "draws": 6, "metric": "dense"},
    "hmc": {"warmup": 25, "draws": 6, "thin": 2},
    "mh": {"warmup": 12, "draws": 6, "thin": 2},
    "pgibbs": {"warmup": 5, "draws": 4, "particles": 3, "parameters": "drift"},
    "pmmh": {"warmup": 6, "draws": 4, "particles": 3, "parameters": "drift"},
    "pimh": {"warmup": 4, "draws": 5, "particles": 3},
}
SMOOTH = """
model main(y: real[T]) {
  m ~ Normal(0, 2)
  s ~ HalfNormal(3)
  observe y ~ Normal(m, s)
}
"""


@pytest.mark.parametrize("looks", [1, 4, 9, 17])
@pytest.mark.parametrize("name", CHAINS)
def test_chains_that_are_stopped_in_warm_up_or_after_it_go_on_bit_for_bit(
    name: str, looks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pplc.inference.chains.BURST", 0.0)
    method = name.split(",", maxsplit=1)[0]
    gradient = method in ("nuts", "hmc")
    model = pplc.compile(SMOOTH) if gradient else pplc.compile(TEXT, model="level")
    options: dict[str, Any] = {**CHAINS[name], "seed": SEED, "chains": 2}
    whole = model.infer(DATA, method=method, **options).result.draws
    resume: str | None = None
    left, stops = options["draws"], 0
    found = None
    while left:
        given: dict[str, Any] = {**(options if resume is None else {}), "draws": left}
        stop = StopAfter(looks * (5 if gradient else 1)) if stops < 3 else None
        try:
            run = model.infer(DATA, method=method, resume=resume, progress=stop, **given)
        except pplc.Unanswered as error:
            run = error.run
        stops += run.result.stopped
        found = run.result.draws
        left = options["draws"] - (0 if found is None else found.count)
        resume = str(tmp_path / "run.json")
        run.save(resume)
    assert stops
    assert whole is not None
    assert found is not None
    assert list(whole.values) == list(found.values)
    for key, values in {**whole.values, **whole.stats, **whole.log_likelihood}.items():
        again = {**found.values, **found.stats, **found.log_likelihood}[key]
        assert values.dtype == again.dtype, key
        assert np.array_equal(values, again), key
