"""Importance sampling is properly weighted: checked exactly over every path of its randomness."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction as F
from math import exp, log, sqrt

import numpy as np
import pytest

import pplc
from pplc.inference import importance
from pplc.inference.answers import Estimate
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero
from pplc.semantics.nested import Nested
from pplc.semantics.representations import weighted
from pplc.semantics.source import Source, enumerate_runs
from pplc.semantics.values import MISSING, Value
from tests.support.meanings import CASES
from tests.support.reference import bound, masses, rational, rejection
from tests.support.statistics import FALSE_ALARM
from tests.support.stopping import StopAfter

SPRINKLER = """
model sprinkler() {
  rain ~ Bernoulli(0.2)
  sprinkler ~ Bernoulli(if rain { 0.01 } else { 0.4 })
  observe true ~ Bernoulli(if sprinkler { 0.9 } else { if rain { 0.8 } else { 0.1 } })
  return rain
}
"""
PROGRAMS = {
    "sprinkler": SPRINKLER,
    "weights in branches": (
        "model m() { x ~ Bernoulli(0.5); if x { weight(3) } else { condition(flip(0.25)) }\nreturn x }"
    ),
    "as many draws as they like": (
        "model r(n: int) -> int { if n == 2 or flip(0.5) { weight(n + 1); return n }; return ~r(n + 1) }\n"
        "model m() { return ~r(0) }"
    ),
    "nested": "model g() { x ~ Bernoulli(0.5); condition(x); return x }\nmodel m() { return ~infer(g()) }",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_two_runs_are_properly_weighted_together(name: str) -> None:
    program = bound(PROGRAMS[name])
    machine = Machine(program, exact=True, infer=Nested())

    def two(source: Source) -> tuple[F, tuple[tuple[Value, F], ...]]:
        runs = [weighted.run(machine, source) for _ in range(2)]
        weights = [rational(run.log_weight) for run in runs]
        return sum(weights, F(0)) / 2, tuple(
            (r.finished.value, w) for r, w in zip(runs, weights, strict=True)
        )

    law = masses(program)
    z = sum(law.values())
    probability, evidence, square = F(0), F(0), F(0)
    shares: dict[Value, F] = defaultdict(F)
    for run in enumerate_runs(two):
        mean, outputs = run.value
        probability += run.probability
        evidence += run.probability * mean
        square += run.probability * mean**2
        for value, weight in outputs:
            shares[value] += run.probability * weight / 2
    assert probability == 1
    assert evidence == z
    assert {value: share for value, share in shares.items() if share} == law
    # Of independent runs: E[Z-hat^2] = Z^2 + Var(w) / 2, Var(w) = E[w^2] - Z^2.
    second = sum(
        run.probability * rational(run.value.log_weight) ** 2
        for run in enumerate_runs(lambda source: weighted.run(machine, source))
    )
    assert square == z**2 + (second - z**2) / 2


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if not is_zero(log(sum(case.masses.values())))]
)
def test_the_sampler_reports_runs_of_the_program(name: str) -> None:
    case = CASES[name]
    result = importance.run(case.bound, Options(draws=40), Silent())
    assert result.draws is not None
    assert result.draws.log_weights is not None
    assert result.draws.log_weights.shape == (1, 40)
    assert isinstance(result.log_evidence, Estimate)


def test_the_sprinkler_is_near_its_posterior_and_evidence() -> None:
    count = 4000
    result = importance.run(bound(SPRINKLER), Options(draws=count, seed=11), Silent())
    assert result.draws is not None
    assert result.draws.log_weights is not None
    weights = np.exp(result.draws.log_weights[0])
    rain = result.draws.values["rain"][0]
    law = masses(bound(SPRINKLER))
    # Hoeffding (1963) for means of weights in [0, 1], twice.
    tolerance = sqrt(log(4 / FALSE_ALARM) / (2 * count))
    assert abs(weights.mean() - float(law[True] + law[False])) < tolerance
    assert abs((weights * rain).mean() - float(law[True])) < tolerance
    assert isinstance(result.log_evidence, Estimate)
    assert exp(result.log_evidence.value) == pytest.approx(weights.mean(), rel=1e-12)
    assert result.diagnostics["ess_weights"] == pytest.approx(
        weights.sum() ** 2 / (weights**2).sum(), rel=1e-9
    )


def test_a_continued_run_is_the_longer_run() -> None:
    text = "model m(y: real?[N]) { mu ~ Normal(0, 1); observe y ~ iid(Normal(mu, 1), N); return mu > 0 }"
    program = bound(text, {"y": (F(1), MISSING)})
    whole = importance.run(program, Options(draws=12, seed=5), Silent())
    first = importance.run(program, Options(draws=5, seed=5), Silent())
    rest = importance.run(program, Options(draws=7, seed=5, state=first.state), Silent())
    assert whole.state == rest.state
    assert whole.draws is not None
    assert first.draws is not None
    assert rest.draws is not None
    for name, values in whole.draws.values.items():
        joined = np.concatenate([first.draws.values[name], rest.draws.values[name]], axis=1)
        assert np.array_equal(values, joined), name
    assert set(whole.draws.values) == {"mu", "y[1]", "return"}
    assert {name: array.shape for name, array in whole.draws.log_likelihood.items()} == {"y": (1, 12, 1)}


def test_a_continued_run_has_the_same_inner_laws() -> None:
    text = (
        "model g() { x ~ Bernoulli(0.3); return x }\n"
        'model m() { a ~ Bernoulli(0.5); observe true ~ infer(g(), method = "importance", draws = 50)\n'
        "return a }"
    )
    whole = importance.run(bound(text), Options(draws=8, seed=5), Silent())
    first = importance.run(bound(text), Options(draws=3, seed=5), Silent())
    rest = importance.run(bound(text), Options(draws=5, seed=5, state=first.state), Silent())
    assert whole.draws is not None
    assert rest.draws is not None
    assert np.array_equal(whole.draws.values["a"][:, 3:], rest.draws.values["a"])
    assert whole.draws.log_weights is not None
    assert rest.draws.log_weights is not None
    assert np.array_equal(whole.draws.log_weights[:, 3:], rest.draws.log_weights)
    assert whole.note.endswith("`infer` inside is approximate")


def test_seeds_make_a_difference() -> None:
    program = bound("model m() { x ~ Normal(0, 1); return 1 }")
    runs = [importance.run(program, Options(draws=3, seed=seed), Silent()).draws for seed in (1, 1, 2)]
    one, same, other = (draws.values["x"].tolist() for draws in runs if draws is not None)
    assert one == same != other


def test_no_run_of_positive_weight_is_an_error_that_says_what_to_do() -> None:
    error = rejection(
        lambda: importance.run(bound("model m() { condition(false) }"), Options(draws=7), Silent())
    )
    assert (error.code, error.span.line) == ("E0407", 1)
    assert "none of 7 draws" in error.message


MIXED = """
model main() {
  exactly ~ Bernoulli(0.5)
  observe 4.0 ~ Mixture([0.5, 0.5], [Uniform(0, 10), Delta(if exactly { 4.0 } else { 5.0 })])
  return exactly
}
"""


def test_only_runs_of_lowest_dimension_have_weight() -> None:
    result = importance.run(bound(MIXED), Options(draws=50), Silent())
    assert result.draws is not None
    assert result.draws.log_weights is not None
    exactly = result.draws.values["exactly"][0]
    assert 0 < exactly.sum() < 50
    assert np.array_equal(np.isfinite(result.draws.log_weights[0]), exactly)


def test_a_stopped_run_keeps_what_it_has() -> None:
    result = importance.run(bound(SPRINKLER), Options(draws=100), StopAfter(4))
    assert result.stopped
    assert result.state == {"method": "importance", "next": 4, "dimension": 0}
    assert result.draws is not None
    assert result.draws.values["rain"].shape == (1, 4)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("x", {"return"}),
        ("[x, n]", {"return"}),
        ("(half: x / 2, sure: n > 0)", {"return.half", "return.sure"}),
        ("(x, n > 0)", {"return[0]", "return[1]"}),
    ],
)
def test_runs_that_ended_early_lack_what_comes_later_and_count_nothing(value: str, parts: set[str]) -> None:
    text = "model m() { n ~ UniformInt(-1, 3); condition(n >= 0); x ~ Binomial(n, 0.5); return VALUE }"
    found = pplc.compile(text.replace("VALUE", value)).infer(method="importance", draws=3000, seed=2)
    exact = pplc.compile(text.replace("VALUE", value)).infer(method="exact")
    assert set(found.variables) == {"n", "x", *parts}
    share = (found.draws("n") != -1).mean()
    assert abs(share - 0.8) < 5 * sqrt(0.16 / 3000)
    for name in set(found.variables) & set(exact.variables):
        variable = exact.variables[name]
        assert found.variables[name].shape == variable.shape
        for key in {"mean"} & set(variable.numbers):
            assert np.abs(found.variables[name].numbers[key] - variable.numbers[key]).max() < 0.1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x ~ Flat(); observe 1.0 ~ Normal(x, 1)", "`x` has no sampler (`Flat`)"),
        ("x ~ Normal(0, 1)", ""),
        ("x ~ infer(Bernoulli(0.5))", ""),
    ],
)
def test_draws_without_a_sampler_are_refused_before_running(body: str, reason: str) -> None:
    assert importance.refuses(bound("model m() { " + body + " }")) == reason
