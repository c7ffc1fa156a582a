"""The table of methods: each has an engine, options that exist, and words for the output."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from math import exp
from typing import Any

import pytest

import pplc
from pplc.inference.options import Options
from pplc.inference.registry import LATER, METHODS
from pplc.semantics.bound import Bound

NAMES = {field.name for field in fields(Options)}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_an_engine_and_options_that_exist(name: str) -> None:
    method = METHODS[name]
    assert method.options <= NAMES
    assert set(method.defaults) <= NAMES
    assert method.doc
    assert method.verified
    assert callable(import_module(method.module).run)
    assert method.fill({"seed": 7}).seed == 7


@pytest.mark.parametrize("name", METHODS)
def test_a_model_of_one_number_is_refused_by_none(name: str) -> None:
    model = pplc.compile("model m() {\n  x ~ Normal(0, 1)\n  return x\n}\n")
    reason = METHODS[name].refuses(Bound(model.program))
    assert not reason


def test_methods_to_come_have_names_of_their_own() -> None:
    assert not set(LATER) & set(METHODS)


def test_a_number_that_depends_on_a_summed_out_coin_is_drawn_from_its_posterior() -> None:
    model = pplc.compile(
        "model m(y: real) {\n  b ~ Bernoulli(0.5)\n  x ~ Normal(if b { 1 } else { 0 }, 1)\n"
        "  observe y ~ Normal(x, 1)\n  return x\n}\n"
    )
    run = model.infer({"y": 1}, method="nuts", warmup=200, draws=500, chains=2, seed=1)
    # y given b is normal with variance 2, and x given both has mean (y + b) / 2.
    chance = 1 / (1 + exp(-1 / 4))
    mean, error = float(run["x"].mean), float(run["x"].numbers["mcse_mean"])
    # Six standard errors: further off once in 5e8.
    assert abs(mean - (1 + chance) / 2) < 6 * error < 0.4


@pytest.mark.parametrize(
    ("method", "options", "consistent"),
    [
        ("tempered", {}, True),
        ("tempered", {"temperatures": 2}, False),
        ("ais", {}, False),
        ("ais", {"temperatures": 0}, True),
        ("smc2", {"inner_particles": 2}, True),
        ("smc2", {"inner_particles": 2, "resample_below": 1.0}, False),
        ("smc", {}, False),
    ],
)
def test_evidence_that_is_consistent_only_is_not_called_exact(
    method: str, options: dict[str, Any], consistent: bool
) -> None:
    text = "model m() { p ~ Bernoulli(0.5); for t in 0..2 { weight(if p { 0.5 } else { 0.25 }) } }"
    run = pplc.compile(text).infer(method=method, particles=5, **options)
    assert run.verified.startswith(METHODS[method].verified)
    assert ("consistent, not unbiased" in run.verified) is consistent
    assert run.to_json()["verified"] == run.verified
    assert f"Verified: {run.verified}." in str(run)
