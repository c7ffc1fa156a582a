"""Rejection where hardly a run, or none, is kept: it is refused, or said with counts, and never silent."""

from __future__ import annotations

import pytest

import pplc
from pplc.inference import rejection
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.lang.diagnostics import Diagnostic, Rejected
from tests.support.reference import bound
from tests.support.stopping import StopAfter

RARE = "model m() { x ~ Uniform(0, 1); condition(x > 0.9999); return x }"


class Listening(StopAfter):
    """Keeps what is said on the way."""

    def __init__(self, looks: int) -> None:
        super().__init__(looks)
        self.heard: list[Diagnostic] = []

    def warn(self, warning: Diagnostic) -> None:
        self.heard.append(warning)


def test_an_impossible_finite_program_is_refused_after_few_attempts() -> None:
    text = "model m() { x ~ UniformInt(0, 3)\n y ~ UniformInt(0, 3)\n condition(x + y == 9)\n return x }"
    with pytest.raises(Rejected) as caught:
        rejection.run(bound(text), Options(draws=5), StopAfter(rejection.DOUBTFUL + 10))
    assert [(d.code, d.span.line) for d in caught.value.diagnostics] == [("E0403", 3)]


def test_a_possible_program_goes_on() -> None:
    text = "model m() { x ~ UniformInt(1, 2000); condition(x == 7); return x }"
    result = rejection.run(bound(text), Options(draws=2, seed=1), Silent())
    assert result.draws is not None
    assert result.draws.values["x"].tolist() == [[7, 7]]
    assert result.diagnostics["attempts"] > rejection.DOUBTFUL


def test_that_few_runs_are_kept_is_said_while_it_runs() -> None:
    progress = Listening(10_500)
    result = rejection.run(bound(RARE), Options(draws=1000, seed=2), progress)
    assert result.stopped
    (said,) = progress.heard
    assert said.code == "W0320"
    assert "of 10,000 runs" in said.message


def test_that_enough_runs_are_kept_is_not_worth_a_word() -> None:
    progress = Listening(10_500)
    text = "model m() { x ~ Uniform(0, 1); condition(x > 0.9); return x }"
    rejection.run(bound(text), Options(draws=100_000, seed=2), progress)
    assert not progress.heard


def test_a_run_that_was_stopped_says_how_many_it_tried() -> None:
    model = pplc.compile("model m() { x ~ Normal(0, 1); condition(x > 9); return x }")
    with pytest.raises(pplc.Rejected, match="none of 37 runs was kept") as caught:
        model.infer(method="rejection", progress=StopAfter(37))
    assert caught.value.diagnostics[0].code == "E0321"
