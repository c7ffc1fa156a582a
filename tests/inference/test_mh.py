"""Chains of Metropolis-Hastings: starts, warm-up, resuming, what they refuse and what they warn about."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from pplc.inference import mh
from pplc.inference.mixture import Mixture
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.inference.result import Draws, Result
from pplc.inference.starts import start
from pplc.inference.steps import has_sampler, step
from pplc.inference.summary import summarise
from pplc.semantics.laws import make_law
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.source import Seeded
from pplc.semantics.values import FunctionValue, Value
from tests.support.reference import bound, rejection
from tests.support.statistics import FALSE_ALARM
from tests.support.stopping import StopAfter

WIDTH = -NormalDist().inv_cdf(FALSE_ALARM / 2)

NORMAL = "model m(y: real) { mu ~ Normal(0, 2); observe y ~ Normal(mu, 1); return mu > 0 }"
VARIED = """
type Shape = Square | Round(int)
model m() {
  n ~ Poisson(2)
  x[i] ~ Normal(0, 1) for i in 0..n
  s ~ Uniform([Square, Round(1), Round(2)])
  p ~ Dirichlet([1, 1, 2])
  observe 1.5 ~ Normal(sum(x) + p[0], 1)
  let pair = (a: n, b: s)
  return s
}
"""


def sampled(text: str, data: Mapping[str, Value] | None = None, **given: Any) -> Result:
    """A short run."""
    options: dict[str, Any] = {"draws": 40, "warmup": 30, "chains": 2, "seed": 3, **given}
    return mh.run(bound(text, data), Options(**options), Silent())


def draws_of(result: Result) -> Draws:
    assert result.draws is not None
    return result.draws


def test_a_continued_run_is_the_longer_run_bit_by_bit() -> None:
    whole = sampled(VARIED, draws=12, thin=2)
    first = sampled(VARIED, draws=5, thin=2)
    assert first.state is not None
    rest = sampled(VARIED, draws=7, thin=2, state=first.state)
    assert rest.state == whole.state
    for name in ("n", "p", "s", "return"):
        joined = np.concatenate([draws_of(part).values[name] for part in (first, rest)], axis=1)
        assert joined.tolist() == draws_of(whole).values[name].tolist(), name
    stats = [draws_of(part).stats["lp"] for part in (first, rest)]
    assert np.array_equal(np.concatenate(stats, axis=1), draws_of(whole).stats["lp"])


def test_chains_have_streams_of_their_own_and_seeds_make_a_difference() -> None:
    one, same, other = (draws_of(sampled(NORMAL, {"y": 1}, seed=seed)).values["mu"] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[0], one[1])
    assert draws_of(sampled(NORMAL, {"y": 1})).stats.keys() == {"lp", "acceptance_rate"}


def test_a_function_cannot_be_stored_so_that_the_run_has_no_state() -> None:
    text = "model m() { f ~ Uniform([fn (x: int) => x, fn (x: int) => x + 1]); return f(1) }"
    assert sampled(text).state is None
    assert sampled(NORMAL, {"y": 1}).state is not None


def test_warm_up_learns_scales_and_nothing_is_learnt_afterwards() -> None:
    machine = Machine(bound(NORMAL, {"y": 1}), exact=False, infer=Nested())
    state = mh.init(start(machine, {}, Seeded(1)).traced)
    for iteration in range(1, 300):
        state, _ = mh.step(machine, Mixture(), state, Seeded(1, generation=iteration), warm=True)
    scales = dict(state.scales)
    assert set(scales) == {(0, ("mu",))}
    for iteration in range(300, 400):
        state, _ = mh.step(machine, Mixture(), state, Seeded(1, generation=iteration), warm=False)
    assert state.scales == scales


def test_draws_agree_with_a_conjugate_posterior() -> None:
    result = sampled(NORMAL, {"y": 3}, draws=1500, warmup=300)
    mu = summarise(result)["mu"]
    error = float(mu.numbers["mcse_mean"])
    assert abs(float(mu.mean) - 12 / 5) < WIDTH * error
    assert error < 0.05
    assert abs(float(mu.sd) - sqrt(4 / 5)) < WIDTH * 2 * sqrt(4 / 5) / sqrt(2 * float(mu.numbers["ess_bulk"]))


CONSTRAINED = {
    "a simplex": "p ~ Dirichlet([2, 3, 5])",
    "a positive number": "p ~ Gamma(3, 2)",
    "a number between bounds": "p ~ Beta(2, 6)",
    "an array": "p ~ iid(Exponential(2), 2)",
    "a correlation": "p ~ LKJ(2, 2.0)",
    "a covariance": "p ~ Wishart(4, [[1.0, 0.5], [0.5, 1.0]])",
    "an integer": "p ~ Poisson(3)",
}


@pytest.mark.parametrize("name", CONSTRAINED)
def test_walks_on_constrained_values_keep_their_law(name: str) -> None:
    machine = Machine(bound("model m() { " + CONSTRAINED[name] + " }"), exact=False, infer=Nested())
    law = start(machine, {}, Seeded(0)).traced.choices[("p",)].law
    # Started from the law and moved once, a value has the law still: a paired test, draw by draw.
    count = 3000
    differences: list[Any] = []
    for k in range(count):
        source = Seeded(7, slot=k)
        before = law.draw(source)
        found = step(law, before, 1.0, source, exact=False)
        assert found is not None
        ratio = float(law.log_density(found.value)) - float(law.log_density(before)) + float(found.log_ratio)
        accepted = source.uniform() < np.exp(min(0.0, ratio))
        after = found.value if accepted else before
        differences.append(np.square(np.array(after, dtype=float)) - np.square(np.array(before, dtype=float)))
    table = np.array(differences)
    error = table.std(axis=0) / sqrt(count)
    assert (np.abs(table.mean(axis=0)) <= WIDTH * error + 1e-12).all()
    assert (error > 0).any()


def test_flat_variables_walk_from_the_start_they_are_given() -> None:
    text = "model m() { x ~ Flat(); s ~ Flat(lower = 0)\nobserve 3.0 ~ Normal(x, 1); factor(-s) }"
    x = summarise(sampled(text, init={"x": 0, "s": 1}, draws=1000, warmup=300))["x"]
    assert abs(float(x.mean) - 3) < WIDTH * float(x.numbers["mcse_mean"])
    error = rejection(lambda: sampled(text, init={"x": 0}))
    assert (error.code, error.span.line) == ("E0522", 1)
    assert "`s`" in error.message
    assert "--init" in error.help
    flat = make_law("Flat", [None, None], 0, exact=False, call=_uncalled)
    assert not has_sampler(flat)


def _uncalled(function: FunctionValue, arguments: tuple[Value, ...]) -> Value:
    raise AssertionError((function, arguments))


@pytest.mark.parametrize(
    ("init", "code"),
    [({"mu": "x"}, "E0331"), ({"nu": 1.0}, "E0332"), ({"z": [1]}, "E0330"), ({"z": 3}, "E0330")],
)
def test_starts_that_fit_nothing_are_refused(init: Mapping[str, Any], code: str) -> None:
    text = "model m() { mu ~ Normal(0, 1); z[i] ~ Bernoulli(0.5) for i in 0..2 }"
    assert rejection(lambda: sampled(text, init=init)).code == code


def test_starts_are_searched_for_and_the_search_is_told() -> None:
    result = sampled("model m() { x ~ UniformInt(1, 20); condition(x == 7); return x }")
    assert "a start was found after" in result.note


def test_no_start_is_an_error_at_the_place_where_runs_end() -> None:
    text = "model m() {\n  x ~ Normal(0, 1)\n  condition(x > 0)\n  condition(x > 40)\n  return x\n}"
    error = rejection(lambda: sampled(text))
    assert error.code == "E0440"
    assert error.span.line in (3, 4)
    assert "end here" in error.label


def test_a_stopped_run_keeps_whole_rounds() -> None:
    options = Options(draws=100, warmup=10, chains=3, seed=3)
    result = mh.run(bound(NORMAL, {"y": 1}), options, StopAfter(50))
    assert result.stopped
    assert draws_of(result).count == 6
    assert result.state is not None
    rest = mh.run(
        bound(NORMAL, {"y": 1}), Options(draws=4, warmup=10, chains=3, seed=3, state=result.state), Silent()
    )
    whole = mh.run(bound(NORMAL, {"y": 1}), Options(draws=10, warmup=10, chains=3, seed=3), Silent())
    assert np.array_equal(draws_of(rest).values["mu"], draws_of(whole).values["mu"][:, 6:])


def test_moves_between_structures_where_one_name_has_several_laws_are_no_errors() -> None:
    text = """
    model m() {
      b ~ UniformInt(0, 3)
      let scale = if b == 0 { Normal(0, 1) } else { Exponential(1) }
      x ~ iid(scale, b)
      y ~ scale
      z ~ Dirichlet([1.0 for k in 0..(b + 2)])
      return b
    }
    """
    b = summarise(sampled(text, draws=1200, warmup=100, chains=2))["b"]
    assert abs(float(b.mean) - 1.5) < WIDTH * float(b.numbers["mcse_mean"])
    assert float(b.numbers["ess_bulk"]) > 100


def test_a_proposal_that_reads_what_is_not_there_is_refused() -> None:
    text = (
        "model step(current: (mu: real, nu: real)) { mu ~ Normal(current.mu, 1) }\n"
        "model m() { mu ~ Normal(0, 1); return mu }"
    )
    error = rejection(lambda: sampled(text, proposal="step"))
    assert error.code == "E0339"
    assert "`nu`" in error.message
    assert rejection(lambda: sampled(text, proposal="stop")).help == "did you mean `step`?"


def test_a_proposal_program_finds_the_posterior() -> None:
    text = "model step(current: (mu: real), y: real) { mu ~ Normal((current.mu + y) / 2, 1.5) }\n" + NORMAL
    mu = summarise(sampled(text, {"y": 3}, proposal="step", draws=1500, warmup=10))["mu"]
    assert abs(float(mu.mean) - 12 / 5) < WIDTH * float(mu.numbers["mcse_mean"])


def test_the_variable_whose_every_proposal_was_rejected_is_named() -> None:
    text = "model m() { a ~ UniformInt(0, 99); b ~ UniformInt(0, 99); c ~ Bernoulli(0.5); condition(a == b) }"
    result = sampled(text, draws=150, warmup=0)
    (warning,) = result.warnings
    assert warning.code == "W0433"
    assert "`a`" in warning.message
    assert "`c`" not in warning.message
