"""Draws from exact posteriors: their law is the posterior, as rationals, and each is a whole run."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings

import pplc
from pplc.inference import exact_draws
from pplc.inference.collect import RETURN
from pplc.inference.elimination import plan
from pplc.inference.exact_draws import Drawn, drawing, predicted, repeated, sampler
from pplc.inference.factor_graph import Refused
from pplc.inference.predict import completed
from pplc.inference.progress import Silent
from pplc.lang.check import check_program
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound, Budget
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero
from pplc.semantics.nested import Nested
from pplc.semantics.representations.enumerated import denote
from pplc.semantics.source import Seeded, Source, law_of
from pplc.semantics.values import Address, Value
from tests.support.programs import ARGUMENTS, Written, programs
from tests.support.reference import bound
from tests.support.statistics import FALSE_ALARM

Outcome = frozenset[tuple[Address, Value]]


def law_of_runs(draw: Callable[[Source], Drawn]) -> dict[Outcome, Fraction]:
    """The law of what a drawn run recorded: every path of the sampler, with its probability."""
    return law_of(lambda source: frozenset(draw(source).run.items()))


def posterior(program: Bound) -> dict[Outcome, Fraction | float]:
    """The joint posterior of all that is recorded, by following every path; empty if there is none."""
    measure = denote(program, Nested(), lambda run: frozenset({**run.variables(), RETURN: run.value}.items()))
    return {} if is_zero(measure.evidence) else dict(measure.probabilities())


def assert_mean(mean: float, expected: float, draws: int) -> None:
    """Independent draws between 0 and 1 have the mean `expected` (Hoeffding 1963, theorem 2)."""
    assert abs(mean - expected) <= sqrt(log(2 / FALSE_ALARM) / (2 * draws))


def remade(program: Bound, one: Drawn) -> dict[Address, Value]:
    """What the program records with the choices of a drawn run and nothing else."""
    (again,) = repeated(program, [one], Silent())
    machine = Machine(program, exact=True, infer=Nested())
    return dict(completed(machine, Seeded(0), again.choices.get, given=True))


# ------------------------------------------------------------------ generated programs


@settings(max_examples=80)
@given(written=programs())
def test_runs_drawn_along_merged_states_have_the_posterior_as_their_law(written: Written) -> None:
    program = Bound(lower(check_program(written.program)), ARGUMENTS)
    expected = posterior(program)
    if expected:
        draw, left = sampler(program, Silent())
        assert left == 0
        assert law_of_runs(draw) == expected
        one = draw(Seeded(1))
        assert remade(program, one) == one.run
    else:
        with pytest.raises(pplc.Rejected, match="E0403"):
            sampler(program, Silent())


@settings(max_examples=80)
@given(written=programs())
def test_runs_drawn_from_eliminated_variables_have_the_posterior_as_their_law(written: Written) -> None:
    program = Bound(lower(check_program(written.program)), ARGUMENTS)
    expected = posterior(program)
    try:
        planned = plan(program)
    except Refused:
        return
    if expected:
        draw = exact_draws.down(planned, program)
        assert law_of_runs(draw) == expected
        one = draw(Seeded(1))
        assert remade(program, one) == one.run


# ------------------------------------------------------------------ programs of their own


def test_early_choices_are_made_with_what_comes_later_in_mind() -> None:
    text = """
    model hmm(y: bool[3]) {
      z[0] ~ Bernoulli(0.5)
      observe y[0] ~ Bernoulli(if z[0] { 0.75 } else { 0.25 })
      for t in 1..3 {
        z[t] ~ Bernoulli(if z[t - 1] { 0.9 } else { 0.2 })
        observe y[t] ~ Bernoulli(if z[t] { 0.75 } else { 0.25 })
      }
    }"""
    program = bound(text, {"y": (True, False, False)})
    assert law_of_runs(sampler(program, Silent())[0]) == posterior(program)
    assert law_of_runs(exact_draws.down(plan(program), program)) == posterior(program)


COINS = """
model coins(y: bool[N]) {
  bent ~ Bernoulli(0.25)
  observe y[i] ~ Bernoulli(if bent { 0.9 } else { 0.5 }) for i in 0..N
}"""


def test_a_large_network_is_drawn_from_by_its_tree() -> None:
    text = """
    model m(n: int) {
      x[i] ~ Bernoulli(0.5) for i in 0..n
      y[i] ~ Bernoulli(if x[i] { 0.9 } else { 0.2 }) for i in 0..n
      condition(y[i] == y[0]) for i in 0..n
      condition(x[0])
    }"""
    found = drawing(bound(text, {"n": 20}), 400, 3, Silent())
    values = found.draws().values
    assert values["x"].shape == (1, 400, 20)
    assert (values["y"] == values["y"][:, :, :1]).all()
    assert values["x"][:, :, 0].all()
    # P(y = 1 | x[0]) by Bayes' rule over the 19 other pairs.
    up, down = 0.9 * 0.55**19, 0.1 * 0.45**19
    assert_mean(float(values["y"][0, :, 0].mean()), up / (up + down), 400)


def test_recursion_and_cycles_are_drawn_from() -> None:
    text = """
    model geometric() -> int { if flip(0.5) { return 0 }; return 1 + ~geometric() }
    model m() { n ~ geometric(); condition(n % 2 == 1); return n }"""
    found = drawing(bound(text), 2000, 1, Silent())
    values = found.draws().values["n"][0]
    assert (values % 2 == 1).all()
    assert_mean(float((values == 1).mean()), 0.75, 2000)
    assert found.left < 1e-9
    assert found.draws().caveat == ""


def test_draws_that_leave_much_out_say_so() -> None:
    text = """
    model m() { var n = 0; while flip(0.999) { n = n + 1 }; x ~ Bernoulli(0.5); return n }"""
    short = bound(text, budget=Budget(states=300))
    assert "were followed" in drawing(short, 2, 1, Silent()).draws().caveat


def test_predictions_keep_choices_without_a_name() -> None:
    text = """
    model m(y: bool, z: bool) {
      let odd = flip(0.5)
      observe y ~ Bernoulli(if odd { 1 } else { 0 })
      observe z ~ Bernoulli(if y { 1 } else { 0 })
      return odd
    }"""
    for seen in (True, False):
        program = bound(text, {"y": seen, "z": seen})
        runs = repeated(program, drawing(program, 20, 1, Silent()).drawn, Silent())
        for run in predicted(program, runs, 1, Silent()):
            assert run["y",] is seen
            assert run["z",] is seen


def test_what_comes_after_a_datum_sees_the_one_drawn_anew() -> None:
    text = """
    model m(y: bool[2]) {
      observe y[0] ~ Bernoulli(0.5)
      observe y[1] ~ Bernoulli(if y[0] { 1 } else { 0 })
    }"""
    program = bound(text, {"y": (True, True)})
    runs = predicted(
        program, repeated(program, drawing(program, 400, 1, Silent()).drawn, Silent()), 1, Silent()
    )
    assert all(run["y", (0,)] == run["y", (1,)] for run in runs)
    assert_mean(sum(run["y", (0,)] is True for run in runs) / 400, 0.5, 400)


# ------------------------------------------------------------------ in Python


def test_an_exact_run_has_draws_when_they_are_asked_for() -> None:
    model = pplc.compile(COINS)
    run = model.infer({"y": [True] * 4}, method="exact", draws=3000, seed=5)
    bent = run.draws("bent")
    assert bent.shape == (1, 3000)
    probability = run["bent"].exact[()]["true"]
    assert_mean(float(bent.mean()), float(probability), 3000)
    again = model.infer({"y": [True] * 4}, method="exact", draws=3000, seed=5)
    assert (again.draws("bent") == bent).all()
    other = model.infer({"y": [True] * 4}, method="exact", draws=3000, seed=6)
    assert not (other.draws("bent") == bent).all()
    with pytest.raises(KeyError, match="did you mean `bent`"):
        run.draws("bend")


def test_an_exact_run_has_the_groups_of_arviz() -> None:
    run = pplc.compile(COINS).infer({"y": [True, False, True]}, draws=500, seed=1)
    assert run.method.name == "exact"
    data = run.to_arviz()
    assert data.posterior.sizes == {"chain": 1, "draw": 500}
    assert data.posterior_predictive["y"].shape == (1, 500, 3)
    bent = data.posterior["bent"].values[0]
    expected = np.where(bent[:, None], np.log([0.9, 0.1, 0.9]), log(0.5))
    np.testing.assert_allclose(data.log_likelihood["y"].values[0], expected, rtol=1e-12)
    weight = float(run["bent"].probabilities[()]["true"])
    mean = float(data.posterior_predictive["y"].values.mean(axis=2).mean())
    assert_mean(mean, weight * 0.9 + (1 - weight) * 0.5, 500)


def test_formulas_cannot_be_drawn_from() -> None:
    run = pplc.compile("model m(p: unit) { x ~ Bernoulli(p) }").infer(symbolic=("p",))
    with pytest.raises(pplc.Rejected, match="E0561"):
        run.draws("x")
