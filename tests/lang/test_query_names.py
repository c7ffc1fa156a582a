"""Names that a query does not find, and mistakes that a look at the model explains."""

from __future__ import annotations

from fractions import Fraction

import pytest

import pplc
from pplc.inference.answers import Exact
from pplc.lang.diagnostics import Diagnostic, Rejected

MODEL = (
    "model m(y: real[N]) { rain ~ Bernoulli(0.5); h[0] := 1\n observe y[i] ~ Normal(0, 1) for i in 0..N }\n"
)


def _error(text: str) -> Diagnostic:
    with pytest.raises(Rejected) as caught:
        pplc.compile(text)
    (found,) = caught.value.diagnostics
    return found


def test_a_query_about_nothing_known_lists_what_there_is() -> None:
    found = _error(MODEL + "query P(nope)")
    assert (found.code, found.help) == ("E0201", "`m` has `y`, `N`, `h`, `rain`")


def test_a_near_name_is_all_that_is_said() -> None:
    assert _error(MODEL + "query P(rian)").help == "did you mean `rain`?"


def test_many_variables_are_not_all_listed() -> None:
    many = "model m() { " + "; ".join(f"x{k} ~ Bernoulli(0.5)" for k in range(30)) + " }\n"
    found = _error(many + "query P(nothing)").help
    assert found.startswith("`m` has `x0`, `x1`, ")
    assert found.endswith("`x7`, …")


def test_a_distribution_that_is_assigned_was_meant_to_be_drawn() -> None:
    assert "to draw it write `mu ~ …`" in _error("model m() { mu = Normal(0, 1); return mu }").help
    assert "~" not in _error("model m() { mu = 3; return mu }").help


def test_values_of_an_alias_are_those_of_its_type() -> None:
    types = "type Shape = Square | Circle\ntype Figure = Shape\ntype Truth = bool\n"
    text = types + "model m() { s ~ Uniform(values(Figure)); t ~ Uniform(values(Truth)) }"
    assert pplc.compile(text).query("P(s == Circle and t)") == Exact(0.25, Fraction(1, 4))
    assert _error("type N = real\nmodel m() { x ~ Uniform(values(N)) }").code == "E0224"
