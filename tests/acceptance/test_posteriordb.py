"""Models of posteriordb against its reference posteriors, from the command line.

Each model file is run on the data file as it was published; the rule of comparison is that of
`tests/data/posteriordb/README.md`: every reported mean within four standard errors, both sides'
errors taken together, from chains that agree (R-hat) and are worth a thousand independent draws.
Seeds are fixed: a run that passes passes always.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pplc.cli import DONE, main

MODELS = Path(__file__).parent / "posteriordb"
DATA = Path(__file__).parents[1] / "data" / "posteriordb"

Summary = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """Draws and warm-up steps of each of four chains, and seed; user-CPU seconds of one run in a comment."""

    draws: int = 1000
    warmup: int = 1000
    seed: int = 1
    target_accept: float = 0.8


RUNS: Mapping[str, Run] = {
    "arK-arK": Run(),  # 12 s
    "earnings-logearn_interaction": Run(),  # 7 s
    "eight_schools-eight_schools_noncentered": Run(target_accept=0.9),  # 7 s
    "garch-garch11": Run(draws=700, warmup=500),  # about 30 s
    "gp_pois_regr-gp_regr": Run(),  # 5 s
    "hmm_example-hmm_example": Run(draws=700, warmup=200),  # about 55 s
    "kidiq-kidscore_interaction": Run(draws=2000),  # about 45 s
    "kidiq-kidscore_momiq": Run(draws=1500),  # 12 s
    "kilpisjarvi_mod-kilpisjarvi": Run(),  # 5 s
    "low_dim_gauss_mix-low_dim_gauss_mix": Run(),  # 10 s
    "mesquite-logmesquite_logvash": Run(draws=1200),  # 16 s
    "nes2000-nes": Run(),  # 22 s
    "sblrc-blr": Run(draws=1500),  # 8 s
}
STATES: Mapping[str, Run] = {
    "hmm_example-hmm_example": Run(draws=700, warmup=300),  # 45 s
    "low_dim_gauss_mix-low_dim_gauss_mix": Run(draws=700, warmup=300),  # 18 s
}
"""Models written once more: the states of a chain, or the components of points, are variables."""


def _of_element(summary: Summary, figure: str, indices: tuple[int, ...]) -> float:
    """A figure of one element; `indices` start at 1, as the reference's names do."""
    figures = summary[figure]
    for index in indices:
        figures = figures[index - 1]
    return float(figures)


def _named(name: str) -> tuple[str, tuple[int, ...]]:
    """`beta[2]` as the variable and its indices."""
    found = re.fullmatch(r"(\w+)(?:\[([\d,]+)\])?", name)
    assert found is not None, name
    return found[1], tuple(int(index) for index in (found[2] or "").split(",") if index)


def _complaints(variables: Mapping[str, Summary], reference: Mapping[str, Mapping[str, float]]) -> list[str]:
    """What is wrong with the answers, by the rule."""
    wrong = list[str]()
    for name, known in reference.items():
        variable, indices = _named(name)
        mean, sd, error, rhat, bulk = (
            _of_element(variables[variable], figure, indices)
            for figure in ("mean", "sd", "mcse_mean", "rhat", "ess_bulk")
        )
        far = abs(mean - known["mean"]) / math.hypot(error, known["mcse_mean"])
        # A bad sampler must not pass by its large error.
        effective = min(bulk, (sd / error) ** 2)
        if not far <= 4:
            wrong.append(f"{name}: mean {mean}, not {known['mean']}: {far:.1f} standard errors")
        if not (rhat < 1.01 and effective >= 1000):
            wrong.append(f"{name}: R-hat {rhat:.4f}, effective draws {effective:.0f}")
        if not 0.9 < sd / known["sd"] < 1.1:
            wrong.append(f"{name}: sd {sd}, not {known['sd']}")
    return wrong


def _answers(model: Path, data: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> Mapping[str, Summary]:
    """What the command says of a model's variables."""
    words = ["infer", str(model), "--data", str(data), "--format", "json"]
    words += ["--draws", str(run.draws), "--warmup", str(run.warmup), "--seed", str(run.seed)]
    words += ["--target-accept", str(run.target_accept), "--method", "nuts"]
    status = main(words)
    shown = capsys.readouterr()
    assert status == DONE, shown.err
    variables: Mapping[str, Summary] = json.loads(shown.out)["variables"]
    return variables


@pytest.mark.parametrize("name", RUNS)
def test_the_posterior_is_that_of_posteriordb(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = DATA / f"{name}.json"
    variables = _answers(MODELS / f"{name}.ppl", data, RUNS[name], capsys)
    assert _complaints(variables, json.loads(data.read_text())["reference"]) == []


@pytest.mark.parametrize("name", STATES)
def test_the_posterior_with_states_as_variables_is_the_same(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = DATA / f"{name}.json"
    variables = _answers(MODELS / "states" / f"{name}.ppl", data, STATES[name], capsys)
    published = json.loads(data.read_text())
    assert _complaints(variables, published["reference"]) == []
    # The states are drawn as well, one for every datum.
    assert variables["z"]["shape"] == [len(published["data"]["y"])]


def test_every_model_and_every_data_file_is_run() -> None:
    assert {path.stem for path in MODELS.glob("*.ppl")} == set(RUNS)
    assert {path.stem for path in DATA.glob("*.json")} == set(RUNS)
    assert {path.stem for path in (MODELS / "states").glob("*.ppl")} == set(STATES)


def test_the_rule_refuses_a_mean_an_error_and_chains_that_are_off() -> None:
    reference = {"beta[2]": {"mean": 1.0, "sd": 2.0, "mcse_mean": 0.02}}

    def complaints(**changed: float) -> int:
        good = {"mean": 1.0, "sd": 2.0, "mcse_mean": 0.03, "rhat": 1.0, "ess_bulk": 4400.0}
        summary = {figure: [0.0, value] for figure, value in (good | changed).items()}
        return len(_complaints({"beta": summary}, reference))

    assert complaints() == 0
    assert complaints(mean=1.14) == 0
    assert complaints(mean=1.15) == 1
    assert complaints(mean=math.nan) == 1
    assert complaints(rhat=1.02) == 1
    assert complaints(ess_bulk=900.0) == 1
    assert complaints(mcse_mean=0.1) == 1
    assert complaints(sd=2.3) == 1
