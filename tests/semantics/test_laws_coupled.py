"""`couple(p, q)` and `observe_soft(t)` in programs: the law of pairs, and truth by degrees."""

from __future__ import annotations

from fractions import Fraction
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pplc
from pplc.inference.answers import Estimate, Exact
from pplc.lang.diagnostics import Rejected
from pplc.semantics.laws_coupled import coupled
from pplc.semantics.laws_finite import Finite, finite_law
from pplc.semantics.number import LogRat
from tests.support.statistics import FALSE_ALARM

PAIR = """\
model pair() {
  xy ~ couple(Categorical([0.7, 0.2, 0.1]), Categorical([0.45, 0.3, 0.25]))
  let (x, y) = xy
  return x + y
}
"""

NEAR = """\
model near() {
  x ~ Categorical([0.1, 0.2, 0.4, 0.2, 0.1])
  observe_soft([0.5, 1.0, 0.5, 0.0, 0.0][x])
  return x
}
"""


def test_the_pair_has_the_law_of_the_best_vertex() -> None:
    model = pplc.compile(PAIR)
    for event, chance in (
        ("x == 0 and y == 0", Fraction(9, 20)),
        ("x == 0 and y == 2", Fraction(1, 4)),
        ("x == 1 and y == 1", Fraction(1, 5)),
        ("x == 2 and y == 1", Fraction(1, 10)),
    ):
        assert model.query(f"P({event})") == Exact(float(chance), chance)


def test_margins_are_rational_and_exact() -> None:
    laws = pplc.compile(PAIR).infer(method="exact").variables
    assert laws["x"].exact[()] == {"0": Fraction(7, 10), "1": Fraction(1, 5), "2": Fraction(1, 10)}
    assert laws["y"].exact[()] == {"0": Fraction(9, 20), "1": Fraction(3, 10), "2": Fraction(1, 4)}


def test_simulated_pairs_have_these_frequencies() -> None:
    draws = 4000
    found = pplc.compile(PAIR).simulate(draws=draws, seed=3)
    share = np.mean([row["xy"] == [0, 2] for row in found])
    assert abs(share - 0.25) < sqrt(log(2 / FALSE_ALARM) / (2 * draws))


def test_a_pair_is_observed_with_its_mass() -> None:
    text = """\
model seen(a: bool, b: int) {
  p ~ Uniform([0.25, 0.5])
  observe (a, b) ~ couple(Bernoulli(p), Binomial(2, 0.5))
  return p
}
"""
    # p = 1/4 pairs false with 1 (1/2) and 0 (1/4); p = 1/2 pairs all of false with 1.
    run = pplc.compile(text).infer({"a": False, "b": 0}, method="exact")
    assert isinstance(run.log_evidence, Exact | Estimate)
    assert run.log_evidence.value == pytest.approx(log(1 / 8))
    assert run.variables["return"].exact[()] == {"0.25": Fraction(1)}


def test_only_finite_laws_are_coupled() -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile("model f() { x ~ couple(Normal(0, 1), Bernoulli(0.5)); return x }").infer()
    assert caught.value.diagnostics[0].code == "E0511"


@settings(max_examples=40, deadline=None)
@given(*[st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any) for _ in "pq"])
def test_any_finite_laws_keep_their_margins(first: list[int], second: list[int]) -> None:
    p, q = (Finite("p", {k: Fraction(w, sum(ws)) for k, w in enumerate(ws) if w}) for ws in (first, second))
    joint = coupled(p, q)
    for axis, law in enumerate((p, q)):
        margin: dict[object, Fraction] = {}
        for pair, weight in joint.masses():
            assert isinstance(pair, tuple)
            assert isinstance(weight, LogRat)
            margin[pair[axis]] = margin.get(pair[axis], Fraction(0)) + weight.value
        assert margin == law.table


def test_laws_in_floats_are_coupled_as_the_exact_ones_are() -> None:
    exact = coupled(
        finite_law({0: Fraction(1, 3), 1: Fraction(2, 3)}), finite_law({0: Fraction(1, 3), 2: Fraction(2, 3)})
    )
    floats = coupled(finite_law({0: 1 / 3, 1: 2 / 3}), finite_law({0: 1 / 3, 2: 2 / 3}))
    assert set(exact.table) == set(floats.table) == {(0, 0), (1, 2)}
    assert not floats.exact


def test_a_soft_condition_weighs_by_its_truth() -> None:
    run = pplc.compile(NEAR).infer(method="exact")
    assert isinstance(run.log_evidence, Exact)
    assert run.log_evidence.rational == Fraction(9, 20)
    assert run.variables["x"].exact[()] == {"0": Fraction(1, 9), "1": Fraction(4, 9), "2": Fraction(4, 9)}


def test_draws_are_weighed_alike() -> None:
    run = pplc.compile(NEAR).infer(method="importance", draws=4000, seed=5)
    assert isinstance(run.log_evidence, Estimate)
    assert abs(run.log_evidence.value - log(9 / 20)) < 6.1 * run.log_evidence.standard_error


def test_gradients_see_the_truth_value() -> None:
    text = "model g() { z ~ Normal(0, 1); observe_soft(exp(-z^2)); return z }"
    value, slope = pplc.compile(text).log_density({"z": 0.5}, gradient=True)
    assert value == pytest.approx(-0.5 * log(2 * np.pi) - 0.125 - 0.25)
    assert slope["z"] == pytest.approx(-0.5 - 1.0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("model f() { observe_soft(1.5); return 1 }", "E0219"),
        ("model f() { observe_soft(true); return 1 }", "E0210"),
        ("model f() { x ~ Bernoulli(0.5); observe_soft(if x { 1.5 } else { 0.5 }); return x }", "E0404"),
        ("model f() { x ~ Bernoulli(0.5); observe_soft(if x { -0.5 } else { 0.5 }); return x }", "E0404"),
        ("fn f(x: real) -> real { observe_soft(x); return x }\nmodel m() { return f(1.0) }", "E0222"),
    ],
)
def test_truth_is_a_number_between_0_and_1_and_only_models_weigh(text: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(text).infer()
    assert code in {d.code for d in caught.value.diagnostics}


def test_a_truth_value_above_1_is_no_weight_for_gradients() -> None:
    with pytest.raises(Rejected, match="not a number"):
        pplc.compile("model g() { z ~ Normal(0, 1); observe_soft(1 + z^2); return z }").infer(method="nuts")


def test_gradient_methods_refuse_a_coupling_and_say_so() -> None:
    text = """\
model f(v: bool) {
  p ~ Beta(2, 2)
  pair ~ couple(Bernoulli(p), Bernoulli(0.5))
  observe v ~ Bernoulli(if pair[0] { 0.9 } else { 0.2 })
  return p
}
"""
    with pytest.raises(Rejected, match="gradient methods have no version") as caught:
        pplc.compile(text).infer({"v": True}, method="nuts")
    assert caught.value.diagnostics[0].code == "E0511"
    run = pplc.compile(text).infer({"v": True}, seed=1)
    # p has density 6 p (1 - p) (0.2 + 0.7 p) / 0.55, and mean (0.2 / 2 + 0.7 * 0.3) / 0.55.
    assert abs(float(run.variables["p"].mean) - 0.31 / 0.55) < 6.1 * float(
        run.variables["p"].numbers["mcse_mean"]
    )
