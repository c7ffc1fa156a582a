"""Options from Python are checked as those of the command line are."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import pplc
from pplc.cli import main
from pplc.inference.options import CHOICES, DOMAINS, Options
from pplc.inference.registry import METHODS, settle
from pplc.lang.diagnostics import Rejected

COIN = pplc.compile("model coin() { bias ~ Beta(1, 1); observe 1 ~ Binomial(1, bias) }")


def _refused(**options: Any) -> list[str]:
    with pytest.raises(Rejected) as caught:
        COIN.infer(**options)
    return [f"{d.code}: {d.message}" for d in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": -1}, "E0317: `draws`: `-1` is not a positive integer"),
        ({"draws": 0}, "E0317: `draws`: `0` is not a positive integer"),
        ({"draws": 2.5}, "E0317: `draws`: `2.5` is not a positive integer"),
        ({"draws": "many"}, "E0317: `draws`: `'many'` is not a positive integer"),
        ({"draws": True}, "E0317: `draws`: `True` is not a positive integer"),
        ({"seed": -1}, "E0317: `seed`: `-1` is not an integer from 0 to 2^64 - 1"),
        ({"seed": 2**64}, "E0317: `seed`: `18446744073709551616` is not an integer from 0 to 2^64 - 1"),
        ({"warmup": -1, "method": "nuts"}, "E0317: `warmup`: `-1` is not an integer that is not negative"),
        ({"time": 0}, "E0317: `time`: `0` is not a positive number"),
        ({"time": float("nan")}, "E0317: `time`: `nan` is not a positive number"),
        ({"method": "nuts", "target_accept": 1}, "E0317: `target_accept`: `1` is not between 0 and 1"),
        (
            {"method": "svi", "guide": "AutoNorml"},
            "E0317: `guide`: `AutoNorml` is not one of AutoNormal, AutoMultivariateNormal",
        ),
        (
            {"method": "nuts", "init": [1]},
            "E0319: `init` must be a mapping from variables to numbers, but it is a `list`",
        ),
        (
            {"method": "nuts", "init": {"bias": "half"}},
            "E0319: where `bias` starts must be a number, or a rectangular array of numbers",
        ),
        ({"method": "exact", "warmup": 3}, "E0310: `warmup` does not apply to the method `exact`"),
        ({"method": "nust"}, "E0312: there is no method `nust`"),
        ({"max_states": 0}, "E0317: `max_states`: `0` is not a positive integer"),
        ({"max_steps": 2.5}, "E0317: `max_steps`: `2.5` is not a positive integer"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_with_its_diagnostic(
    options: dict[str, Any], message: str
) -> None:
    assert _refused(**options) == [message]


def test_all_that_is_wrong_with_options_is_said_at_once() -> None:
    assert len(_refused(method="nuts", draws=0, seed=-1, path_length=1.0)) == 3


def test_numbers_of_numpy_are_numbers() -> None:
    run = COIN.infer(method="importance", draws=np.int64(10), seed=np.uint8(3))  # type: ignore[arg-type]
    assert (run.options.draws, run.options.seed) == (10, 3)
    assert settle("auto", {"draws": 1e4, "seed": 2**64 - 1}) == {"draws": 10_000, "seed": 2**64 - 1}


def test_simulating_checks_its_options_too() -> None:
    for options in ({"draws": 0}, {"seed": -1}):
        with pytest.raises(Rejected, match="E0317"):
            COIN.simulate(**options)


def test_the_command_line_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--draws", "0"], ["--draws", "2.5"], ["--seed", "-1"], ["--guide", "AutoNorml"]):
        assert main(["infer", "coin.ppl", *words]) == 1
        err = capsys.readouterr().err
        assert "E0317" in err
        assert f"`{words[1]}` is not" in err


def test_an_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="draw_count"):
        COIN.infer(draw_count=3)  # type: ignore[call-arg]


def test_every_option_says_which_values_it_has() -> None:
    """Those without a domain are switches, names of the model, or values that have their own check."""
    free = {"init", "state"} | {f.name for f in fields(Options) if f.type in ("bool", "str")}
    assert {f.name for f in fields(Options)} - free <= DOMAINS.keys() | CHOICES.keys()
    for method in METHODS.values():
        for name, value in method.defaults.items():
            assert settle("auto", {name: value}) == {name: value}


def test_states_may_be_limited_from_python_too() -> None:
    model = pplc.compile("model m() { x[i] ~ Bernoulli(0.5) for i in 0..12; return x }")
    with pytest.raises(Rejected, match="E0503"):
        model.infer(method="exact", max_states=50)
    with pytest.raises(Rejected, match="E0503"):
        model.query("P(return == x)", method="exact", max_states=50)
    assert len(model.infer(method="exact", max_states=20_000)["x"].exact) == 12
