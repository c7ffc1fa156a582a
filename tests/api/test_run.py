"""A run in all its forms: numbers, text, JSON, tables, InferenceData, HTML, pictures, run files."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import xarray

import pplc
from pplc.inference.answers import Estimate, Exact
from pplc.inference.merge import joined
from pplc.information.answers import Answered
from pplc.lang.diagnostics import Rejected
from pplc.stored import read
from pplc.text_output import show
from tests.support.runs import run_by_hand


def test_variables_have_the_moments_of_their_draws() -> None:
    run = run_by_hand()
    mu, theta = run.draws("mu"), run.draws("theta")
    assert run["mu"].mean == mu.mean()
    assert np.allclose(run["theta"].sd, theta.std(axis=(0, 1), ddof=1))
    assert run["theta[1]"].mean == pytest.approx(theta[..., 1].mean())
    assert run["return"].probabilities[()]["true"] == pytest.approx((mu > 0).mean())
    assert list(run) == ["mu", "theta", "return"]
    with pytest.raises(KeyError, match="did you mean `theta`"):
        run["thetta"]


def test_weighted_draws_have_weighted_moments() -> None:
    run = run_by_hand(weighted=True)
    assert run.weights is not None
    assert run["mu"].mean == pytest.approx((run.weights * run.draws("mu")).sum())
    assert run["mu"].numbers["ess"] == pytest.approx(1 / (run.weights**2).sum())


def test_the_summary_is_a_frame_of_elements() -> None:
    frame = run_by_hand().summary()
    assert list(frame.index) == ["mu", "theta[0]", "theta[1]", "return"]
    assert {"mean", "sd", "q05", "q95", "mcse_mean", "ess_bulk", "ess_tail", "rhat"} == set(frame.columns)


def test_the_text_has_tables_the_evidence_and_what_ran() -> None:
    text = str(run_by_hand(weighted=True))
    assert "theta[1]" in text
    assert "log evidence  -3.5 ± 0.01 (95 %: -3.52 to -3.48)" in text
    assert "importance, 2 chains × 50 draws, seed 1, 0.50 s. Why: asked for. Verified: law-exact" in text
    assert "return    false" in text


@pytest.mark.parametrize(
    ("error", "shown"), [(0.01, "-3.123"), (1e-4, "-3.1235"), (1e-13, "-3.12346"), (0.0, "-3.123")]
)
def test_an_estimate_has_the_digits_that_its_error_leaves(error: float, shown: str) -> None:
    text = show(Estimate(-3.123456789, error, (-3.123456789 - 2 * error, -3.123456789 + 2 * error)))
    assert text.startswith(f"{shown} ± ")


def test_the_json_object_is_plain_json() -> None:
    found = json.loads(json.dumps(run_by_hand().to_json(), allow_nan=False))
    assert found["model"] == "schools"
    assert found["variables"]["theta"]["shape"] == [2]
    assert len(found["variables"]["theta"]["rhat"]) == 2
    assert found["diagnostics"]["divergences"] == 0
    assert {w["code"] for w in found["warnings"]} <= {"W0313", "W0314", "W0317"}


def test_draws_as_csv_and_parquet_are_one_row_each(tmp_path: Path) -> None:
    run = run_by_hand(weighted=True)
    run.save(tmp_path / "run.csv")
    run.save(tmp_path / "run.parquet")
    with (tmp_path / "run.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["chain", "draw", "log_weight", "mu", "theta[0]", "theta[1]", "return"]
    assert len(rows) == 100
    assert float(rows[51]["theta[1]"]) == run.draws("theta")[1, 1, 1]
    table = pyarrow.parquet.read_table(tmp_path / "run.parquet")
    assert table.column("mu").to_pylist() == run.draws("mu").ravel().tolist()


@pytest.mark.parametrize("ending", ["json", "nc"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_run_file_gives_back_every_bit(ending: str, weighted: bool, tmp_path: Path) -> None:
    run = run_by_hand(weighted=weighted)
    path = str(tmp_path / f"run.{ending}")
    run.save(path)
    found = read(path)
    before, after = run.result.draws, found.result.draws
    assert before is not None
    assert after is not None
    for kind in ("values", "stats", "log_likelihood"):
        assert list(getattr(before, kind)) == list(getattr(after, kind))
        for name, array in getattr(before, kind).items():
            assert array.dtype == getattr(after, kind)[name].dtype
            assert np.array_equal(array, getattr(after, kind)[name])
    assert (before.log_weights is None) == (after.log_weights is None)
    state = found.result.state
    assert run.result.state is not None
    assert state is not None
    assert np.array_equal(state["position"], run.result.state["position"])
    assert state["deep"] == run.result.state["deep"]
    assert found.options["seed"] == 1


def test_netcdf_has_the_groups_that_arviz_wants(tmp_path: Path) -> None:
    run_by_hand().save(tmp_path / "run.nc")
    sizes = {
        group: xarray.open_dataset(tmp_path / "run.nc", group=group, engine="h5netcdf").sizes
        for group in (
            "posterior",
            "sample_stats",
            "log_likelihood",
            "posterior_predictive",
            "prior",
            "prior_predictive",
            "observed_data",
            "constant_data",
        )
    }
    assert sizes["posterior"]["draw"] == 50
    assert sizes["posterior_predictive"]["chain"] == 2
    assert sizes["prior_predictive"]["y_dim_0"] == 2


def test_arviz_can_compare_by_loo() -> None:
    import arviz

    loo = arviz.loo(run_by_hand(count=200).to_arviz())  # type: ignore[no-untyped-call]
    assert loo.n_data_points == 2


@pytest.mark.parametrize(
    "content", ["{}", "[]", "", '{"format": 2, "method": "nuts"}', '{"format": 7, "method": "nuts"}']
)
def test_what_is_no_run_file_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    with pytest.raises(Rejected, match="E0314"):
        read(str(path))


def test_two_parts_of_a_run_are_one() -> None:
    first, second = run_by_hand(seed=1), run_by_hand(seed=2)
    both = joined(first.result, second.result)
    assert both.draws is not None
    assert both.draws.count == 100
    assert np.array_equal(both.draws.values["mu"][:, 50:], second.draws("mu"))


def test_notebooks_show_a_table_and_a_picture() -> None:
    shown = run_by_hand()._repr_html_()
    assert "<td>theta[0]</td>" in shown
    assert "data:image/png;base64," in shown


def test_plots_have_a_row_for_each_element() -> None:
    assert len(run_by_hand().plot("mu", "theta").axes) == 6
    with pytest.raises(Rejected, match="no variable `tehta`"):
        run_by_hand().plot("tehta")


def test_brackets_in_queries_are_not_markup() -> None:
    run = replace(run_by_hand(), queries=(Answered("E[mu]", Exact(0.5, Fraction(1, 2))),))
    assert "E[mu] = 0.5 (1/2, exact)" in str(run)


def test_what_every_draw_says_has_probability_one() -> None:
    model = pplc.compile("model m() {\n x ~ Normal(0, 1)\n b ~ Bernoulli(1)\n return b }")
    assert model.infer({}, method="importance", draws=4001)["b"].probabilities == {(): {"true": 1.0}}
    assert model.infer({}, method="mh", draws=999)["b"].probabilities == {(): {"true": 1.0}}


def test_what_a_float_cannot_hold_is_shown_all_the_same() -> None:
    """It was shown as `0 (exact)`."""
    answer = pplc.compile("model m() { n ~ Binomial(2000, 0.5) }").query("P(n == 0)", method="exact")
    assert isinstance(answer, Exact)
    assert answer.value == 0.0
    assert show(answer) == "8.70981e-603 (exact)"
    assert show(Exact(0.0, Fraction(0))) == "0 (exact)"
