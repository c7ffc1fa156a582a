"""A program before its data: each place is drawn once, where it is observed first, and nothing is weighed."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from pplc.lang.check import check_text
from pplc.lang.core_check import check_core
from pplc.lang.drawn_once import drawn_once
from pplc.lang.lower import lower
from tests.support.again import AGAIN, FIRST, text_of
from tests.support.reference import bound, masses, rejection


@pytest.mark.parametrize("name", AGAIN)
def test_a_place_observed_again_keeps_the_value_that_it_was_drawn_with(name: str) -> None:
    body, data = AGAIN[name]
    program = bound(text_of(body), data, prior=True)
    check_core(program.program)
    assert masses(program) == FIRST


@pytest.mark.parametrize("name", AGAIN)
def test_the_data_are_weighed_by_every_observation_as_before(name: str) -> None:
    body, data = AGAIN[name]
    program = bound(text_of(body), data)
    assert masses(program) != masses(bound(text_of(body), data, prior=True))


def test_observing_again_does_not_change_the_law_of_what_was_drawn_before() -> None:
    text = "model m(y: bool) { p ~ Bernoulli(0.25); observe y ~ Bernoulli(if p { 0.5 } else { 0.125 })\n"
    again = text + "observe y ~ Bernoulli(if p { 0.25 } else { 1 }); return p }"
    assert masses(bound(again, {"y": True}, prior=True)) == {True: F(1, 4), False: F(3, 4)}


def test_do_sets_a_place_that_is_observed_twice() -> None:
    body, data = AGAIN["the same place by another law"]
    program = bound(text_of(body), data, do={("y",): False}, prior=True)
    assert masses(program) == {(F(1, 4), False): F(1, 2), (F(3, 4), False): F(1, 2)}


def test_the_whole_after_a_part_of_it_is_an_error_at_the_later_observation() -> None:
    text = "model m(y: bool[2]) {\n  observe y[0] ~ Bernoulli(0.5)\n  observe y ~ Bernoulli(0.5)\n}"
    error = rejection(lambda: masses(bound(text, {"y": (True, True)}, prior=True)))
    assert (error.code, error.span.line) == ("E0458", 3)
    assert masses(bound(text, {"y": (True, True)})) == {(): F(1, 8)}


ONCE = (
    "y: bool) { observe y ~ HALF }",
    "y: bool[N]) { observe y[i] ~ HALF for i in 0..N }",
    "y: bool[N]) { observe y[0] ~ HALF; for t in 1..N { observe y[t] ~ HALF } }",
    "y: bool[N]) { observe y[0] ~ HALF; for t in 0..N - 1 { observe y[t + 1] ~ HALF }; return N }",
    "y: bool[4]) { for t in 0..2 { observe y[t] ~ HALF }; for t in 2..4 { observe y[t] ~ HALF } }",
    "y: bool[N, 2]) { observe y[i, j] ~ HALF for i in 0..N, j in 0..2 }",
    "y: bool[N]) { c ~ HALF; for i in 0..N { if c { observe y[i] ~ HALF } else { observe y[i] ~ HALF } } }",
    "y: bool[N], z: bool[N]) { for i in 0..N { observe y[i] ~ HALF; observe z[i] ~ HALF } }",
)
"""Models whose text says that no place is observed twice."""


@pytest.mark.parametrize("body", ONCE)
def test_a_program_that_observes_each_place_once_stays_as_it_is(body: str) -> None:
    program = lower(check_text(text_of(body)))
    assert drawn_once(program) == program


@pytest.mark.parametrize(
    "body",
    [
        "y: bool[N]) { for i in 0..N { for k in 0..2 { observe y[i] ~ HALF } } }",
        "y: bool[N]) { for i in 0..N - 1 { observe y[i] ~ HALF; observe y[i + 1] ~ HALF } }",
        "y: bool[N]) { var i = 0; while i < 2 { observe y[i] ~ HALF; i = i + 1 } }",
        "y: bool[N]) { for i in [0, 0] { observe y[i] ~ HALF } }",
        "y: bool) { for i in 0..2 { c ~ HALF; if c { observe y ~ HALF } else { observe y ~ HALF } } }",
    ],
)
def test_a_program_that_may_observe_a_place_twice_is_changed(body: str) -> None:
    program = lower(check_text(text_of(body)))
    changed = drawn_once(program)
    assert changed != program
    check_core(changed)
