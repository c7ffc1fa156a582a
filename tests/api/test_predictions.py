"""Predictions from the draws of a run: how many are made, which they are, and that it is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray

import pplc
from pplc.cli import main
from pplc.inference.predict import affordable, places, posterior_runs
from tests.support.stopping import StopAfter

MEAN = pplc.compile("model mean(y: real[N]) { mu ~ Normal(0, 10); observe y ~ Normal(mu, 0.001) }")
SMALL = {"y": [1.0, 2.0]}
LARGE = {"y": [0.0] * 20_000}


def test_every_draw_is_predicted_from_where_that_is_little_work() -> None:
    run = MEAN.infer(SMALL, method="laplace", draws=150, seed=1)
    data = run.to_arviz()
    assert data.posterior_predictive.sizes == {"chain": 1, "draw": 150, "y_dim_0": 2}
    # The noise is so small that each prediction shows its draw.
    np.testing.assert_allclose(data.posterior_predictive["y"][0, :, 0], run.draws("mu")[0], atol=0.01)


def test_predictions_have_the_numbers_of_their_draws() -> None:
    run = MEAN.infer(SMALL, method="laplace", draws=100, seed=1)
    predicted = run.to_arviz(predictive=4).posterior_predictive
    assert predicted["draw"].values.tolist() == [0, 25, 50, 75]
    np.testing.assert_allclose(predicted["y"][0, :, 1], run.draws("mu")[0, ::25], atol=0.01)
    assert run.to_arviz(predictive=1000).posterior_predictive.sizes["draw"] == 100


def test_how_many_are_made_unasked_depends_on_the_program_and_the_data_alone() -> None:
    run = MEAN.infer(SMALL, method="laplace", draws=20, seed=1)
    assert affordable(run.bound, 4, 1000, 0) == 1000
    large = MEAN.infer(LARGE, method="laplace", draws=4, seed=1).bound
    assert affordable(large, 1, 1000, 0) == affordable(large, 1, 1000, 7) == 12
    assert affordable(large, 5, 1000, 0) == 2
    assert affordable(large, 100, 1000, 0) == 1


def test_fewer_predictions_than_draws_are_said_to_be_fewer(tmp_path: Path) -> None:
    run = MEAN.infer(LARGE, method="laplace", draws=15, seed=1)
    with pytest.warns(UserWarning, match="predictions were made from 12 of the 15 draws of each chain"):
        run.save(tmp_path / "run.nc")
    stored = xarray.open_dataset(tmp_path / "run.nc", group="posterior_predictive", engine="h5netcdf")
    assert stored.sizes["draw"] == 12


def test_told_to_stop_every_chain_has_as_many_predictions() -> None:
    run = MEAN.infer(SMALL, method="nuts", chains=3, draws=8, warmup=20, seed=1)
    assert run.result.draws is not None
    chains = posterior_runs(run.bound, run.result.draws, 8, 0, StopAfter(5))
    assert [len(runs) for runs in chains] == [5, 5, 5]


def test_draws_are_taken_evenly_and_again_if_there_are_too_few() -> None:
    assert places(1000, 3) == [0, 333, 666]
    assert places(2, 4) == [0, 0, 1, 1]


def test_as_many_data_sets_are_predicted_as_asked_for(tmp_path: Path) -> None:
    (tmp_path / "mean.ppl").write_text("model mean(y: real) { mu ~ Normal(0, 1); observe y ~ Normal(mu, 1) }")
    run = str(tmp_path / "run.json")
    model = str(tmp_path / "mean.ppl")
    data = ["--set", "y=1"]
    assert main(["infer", model, *data, "--method", "laplace", "--draws", "10", "--out", run]) == 0
    for count in (7, 25):
        out = tmp_path / "new.json"
        words = ["simulate", model, *data, "--from", run, "--draws", str(count), "--out", str(out)]
        assert main(words) == 0
        assert out.read_text().count('"y"') == count


def test_predictions_go_to_netcdf_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "coin.ppl").write_text("model coin() { x ~ Bernoulli(0.5) }")
    words = ["infer", str(tmp_path / "coin.ppl"), "--out", str(tmp_path / "run.json"), "--predictive", "3"]
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "predictions are written to `.nc` files only" in err


def test_a_datum_drawn_anew_has_the_shape_of_the_one_given() -> None:
    model = pplc.compile(
        "model m(y: real[N, M], z: real?[N]) {\n"
        "  mu ~ Normal(0, 10)\n"
        "  observe y ~ Normal(mu, 0.001)\n"
        "  observe z[1] ~ Normal(mu, 0.001)\n"
        "}"
    )
    (found,) = model.simulate({"y": [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "z": [5, None]}, seed=2)
    assert np.shape(found["y"]) == (2, 3)
    np.testing.assert_allclose(found["y"], found["mu"], atol=0.01)
    assert found["z"] == [5, pytest.approx(found["mu"], abs=0.01)]
    assert set(found) == {"y", "z", "mu"}


def test_predictions_follow_draws_that_begin_at_another_index() -> None:
    model = pplc.compile(
        "model m(y: real[N]) {\n"
        "  z[k] ~ Normal(0, 10) for k in 1..3\n"
        "  observe y ~ Normal(z[1] - z[2], 0.001)\n"
        "}"
    )
    run = model.infer({"y": [3.0]}, method="laplace", draws=10, seed=1)
    predicted = run.to_arviz().posterior_predictive["y"][0, :, 0]
    np.testing.assert_allclose(predicted, run.draws("z[1]")[0] - run.draws("z[2]")[0], atol=0.02)


TWICE = """
model twice(y: real) {
  mu ~ Normal(0, 10)
  observe y ~ Normal(mu, 0.001)
  observe y ~ Normal(-mu, 0.001)
  let low = y - 0.01
}"""


def test_a_datum_observed_twice_is_drawn_where_it_is_observed_first() -> None:
    model = pplc.compile(TWICE)
    data = model.infer({"y": 1.0}, method="laplace", draws=50, seed=1).to_arviz()
    np.testing.assert_allclose(data.prior_predictive["y"], data.prior["mu"], atol=0.01)
    np.testing.assert_allclose(data.prior["low"], data.prior_predictive["y"] - 0.01)
    np.testing.assert_allclose(data.posterior_predictive["y"], data.posterior["mu"], atol=0.01)
    assert abs(data.prior["mu"].values).max() > 1
