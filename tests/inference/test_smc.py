"""SMC is properly weighted, and has the law of the textbook's: checked over every path of its randomness."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from math import inf, log, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pplc.inference import weights
from pplc.inference.answers import Estimate
from pplc.inference.guided import Guided
from pplc.inference.merge import joined
from pplc.inference.options import Options
from pplc.inference.populations import run
from pplc.inference.progress import Silent
from pplc.inference.smc import Rule
from pplc.semantics.machine import Machine
from pplc.semantics.measure import times
from pplc.semantics.nested import Nested
from pplc.semantics.representations import sequential
from pplc.semantics.representations.population import SCHEMES
from pplc.semantics.source import Source, enumerate_runs
from tests.support import textbook
from tests.support.exact_laws import expectation, smc_law, weighted_measure
from tests.support.reference import bound, masses, rational, rejection
from tests.support.stopping import StopAfter

SPRINKLER = (Path(__file__).parents[1] / "acceptance" / "D02_sprinkler_soft.ppl").read_text()


KNOWN = {
    # L01-L03 of the acceptance cases: particles, scheme, share of weight before which to resample, E[share].
    ("multinomial", 1, 1): F(3, 10),
    ("multinomial", 2, 1): F(26189, 110000),
    ("multinomial", 3, 1): F(48631478720632173, 250750750250000000),
    ("systematic", 2, 1): F(12979, 55000),
    ("stratified", 2, 1): F(12979, 55000),
    ("multinomial", 2, 0): F(19711, 85000),
}


@pytest.mark.parametrize(("scheme", "count", "below"), KNOWN)
def test_the_law_on_the_sprinkler_is_the_known_one(scheme: str, count: int, below: int) -> None:
    law = smc_law(bound(SPRINKLER), count, Rule(SCHEMES[scheme], below))
    assert expectation(law, lambda found: found.evidence) == F(2513, 5000)
    assert expectation(law, lambda found: found.share(True)) == KNOWN[scheme, count, below]
    collapsed = weighted_measure(law)
    assert collapsed[True] / sum(collapsed.values()) == F(39, 359)


@pytest.mark.parametrize(("advances", "finished"), [(0, F(105, 127)), (1, F(2510, 2513)), (2, F(1))])
def test_l06_runs_are_suspended_just_after_each_weight(advances: int, finished: F) -> None:
    machine = Machine(bound(SPRINKLER), exact=True, infer=Nested())

    def compute(source: Source) -> tuple[bool, F]:
        choose = sequential.prior(source, exact=True)
        suspended, total = sequential.start(machine, choose)
        for _ in range(advances):
            suspended, factor = sequential.advance(machine, suspended, choose)
            total = times(total, factor)
        return suspended.finished, rational(total)

    runs = list(enumerate_runs(compute))
    whole = sum(r.probability * r.value[1] for r in runs)
    assert sum(r.probability * r.value[1] for r in runs if r.value[0]) / whole == finished


PROGRAMS = {
    "sprinkler": SPRINKLER,
    "weights in one branch only": (
        "model m() { x ~ Bernoulli(0.5); if x { weight(3); y ~ Bernoulli(0.25); condition(y) }; return x }"
    ),
    "as many weights as they like": (
        "model r(n: int) -> int { if n == 2 or flip(0.5) { return n }; weight(n + 1); return ~r(n + 1) }\n"
        "model m() { return ~r(0) }"
    ),
    "impossible unless a rare draw": (
        "model m() { x ~ UniformInt(0, 3); condition(x > 2); y ~ Bernoulli(0.5)\n"
        "weight(if y { 2 } else { 1 })\n"
        "return (x, y) }"
    ),
    "a chain": (
        "model m() { z[0] ~ Bernoulli(0.5)\n"
        "for t in 1..3 { z[t] ~ Bernoulli(if z[t-1] { 0.75 } else { 0.5 })\n"
        "observe true ~ Bernoulli(if z[t] { 0.5 } else { 0.25 }) }; return z[2] }"
    ),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_law_is_the_textbooks_and_means_the_program(name: str, scheme: str) -> None:
    program = bound(PROGRAMS[name])
    law = smc_law(program, 2, Rule(SCHEMES[scheme]))
    assert weighted_measure(law) == masses(program)
    naive = textbook.smc(program, 2, scheme)
    assert {found.entries: p for found, p in law.items()} == naive


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_effective_number_of_all_weights_decides_when_to_resample(name: str) -> None:
    program = bound(PROGRAMS[name])
    law = smc_law(program, 2, Rule(SCHEMES["systematic"], F(4, 5)))
    assert {found.entries: p for found, p in law.items()} == textbook.smc(program, 2, "systematic", F(4, 5))


@pytest.mark.parametrize("rule", ["at half", "never", "looks ahead"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_rule_means_the_program(name: str, rule: str) -> None:
    rules = {
        "at half": Rule(SCHEMES["systematic"], F(2, 3)),
        "never": Rule(SCHEMES["systematic"], 0),
        "looks ahead": Rule(SCHEMES["multinomial"], 1, lookahead=True),
    }
    program = bound(PROGRAMS[name])
    assert weighted_measure(smc_law(program, 2, rules[rule])) == masses(program)


def test_errors_by_family_are_those_of_independent_draws_when_every_draw_is_its_own_family() -> None:
    rng = np.random.default_rng(5)
    values, logs = rng.standard_normal(200), rng.standard_normal(200)
    alone = np.arange(200)
    mean, error = weights.mean_and_error(values, logs)
    again, larger = weights.mean_and_error(values, logs, alone)
    assert mean == again
    share = float((weights.normalised(logs) ** 2).sum())
    # The first terms of Student's quantile over the normal one; the rest is below a thousandth here.
    few = 1 + 1.21 / (1 / share - 1)
    assert larger == pytest.approx(error / sqrt(1 - share) * few, rel=1e-3)
    evidence = weights.log_evidence(logs).standard_error
    assert weights.population_error(logs, alone, 0) == pytest.approx(evidence * few, rel=1e-3)


def test_one_family_alone_tells_nothing_of_the_error() -> None:
    logs, same = np.zeros(10), np.zeros(10, dtype=np.int64)
    assert weights.mean_and_error(np.arange(10.0), logs, same)[1] == inf
    assert weights.population_error(logs, same, 3) == inf


GUIDED = """
model guide(b: bool) {
  x ~ Bernoulli(0.75)
  z[0] ~ Bernoulli(if b { 0.5 } else { 0.25 })
}
model main(b: bool) {
  x ~ Bernoulli(0.5)
  weight(if x { 3 } else { 1 })
  u ~ Bernoulli(0.25)
  z[0] ~ Bernoulli(if x { 0.25 } else { 0.75 })
  condition(z[0] or u)
  return (x, u, z[0])
}
"""


@pytest.mark.parametrize("below", [1, F(2, 3)])
def test_a_guide_changes_how_runs_are_drawn_and_not_what_they_mean(below: F) -> None:
    program = bound(GUIDED, {"b": False})
    engine = Guided(Machine(program, exact=True, infer=Nested()), "guide")
    law = smc_law(program, 2, Rule(SCHEMES["systematic"], below), engine)
    assert weighted_measure(law) == masses(program)
    assert law != smc_law(program, 2, Rule(SCHEMES["systematic"], below))


@pytest.mark.parametrize(
    ("guide", "message"),
    [
        ("model guide() { w ~ Bernoulli(0.5) }", "a run of the model ended without drawing it"),
        ("model guide() { x ~ Bernoulli(0.5); condition(x) }", "a guide may draw only"),
        ("model guide(c: bool) { x ~ Bernoulli(if c { 0.5 } else { 1 }) }", "needs `c`"),
        ("model other() { x ~ Bernoulli(0.5) }", "the file has no model `guide`"),
        ("model guide() { x ~ Normal(0, 1) }", "one is continuous there"),
        ("model guide() { x ~ Bernoulli(1) }", "which cannot give all that"),
    ],
)
def test_what_is_no_guide_is_refused(guide: str, message: str) -> None:
    program = bound(f"{guide}\nmodel main() {{ x ~ Bernoulli(0.5); weight(2); return x }}")
    options = Options(particles=5, proposal="guide")
    found = rejection(lambda: run(program, options, Silent()))
    assert found.code == "E0339"
    assert message in found.message


def test_a_guide_on_half_of_the_line_is_refused() -> None:
    text = """
    model guide() { x ~ HalfNormal(1) }
    model main(y: real) { x ~ Normal(0, 1); observe y ~ Normal(x, 1); return x }
    """
    found = rejection(lambda: run(bound(text, {"y": F(0)}), Options(particles=5, proposal="guide"), Silent()))
    assert "which cannot give all that `Normal" in found.message


def test_a_perfect_guide_leaves_nothing_to_chance() -> None:
    # The posterior of x given y is Normal(y / 2, sqrt(1/2)): every weight is the evidence.
    text = """
    model guide(y: real) { x ~ Normal(y / 2, 0.7071067811865476) }
    model main(y: real) { x ~ Normal(0, 1); observe y ~ Normal(x, 1); return x }
    """
    program = bound(text, {"y": F(3, 2)})
    result = run(program, Options(particles=50, chains=1, proposal="guide"), Silent())
    assert isinstance(result.log_evidence, Estimate)
    assert result.log_evidence.value == pytest.approx(-(1.5**2) / 4 - log(4 * pi) / 2, abs=1e-12)
    assert result.log_evidence.standard_error < 1e-6


@pytest.mark.parametrize(("guide", "chains"), [("", 1), ("guide", 1), ("", 2)])
def test_a_population_that_was_stopped_goes_on_to_the_same_draws(guide: str, chains: int) -> None:
    text = """
    model guide(y: real[T]) { x[0] ~ Normal(y[0], 1); for t in 1..T { x[t] ~ Normal(y[t], 1) } }
    model main(y: real[T]) {
      x[0] ~ Normal(0, 1)
      observe y[0] ~ Normal(x[0], 1)
      for t in 1..T { x[t] ~ Normal(x[t-1], 1); condition(x[t] > -1); observe y[t] ~ Normal(x[t], 1) }
      return x[T-1]
    }
    """
    program = bound(text, {"y": (F(1), F(2), F(0), F(1))})
    settings = Options(particles=20, proposal=guide, chains=chains)
    whole = run(program, settings, Silent())
    part = run(program, settings, StopAfter(3))
    assert part.stopped
    assert part.state is not None
    again = joined(part, run(program, replace(settings, state=part.state), Silent()))
    assert again.draws is not None
    assert again.draws.log_weights is not None
    assert whole.draws is not None
    assert whole.draws.log_weights is not None
    assert again.draws.families is not None
    assert whole.draws.families is not None
    for name, values in whole.draws.values.items():
        assert np.array_equal(values, again.draws.values[name], equal_nan=True)
    assert np.allclose(whole.draws.log_weights, again.draws.log_weights, rtol=0, atol=1e-12)
    assert np.array_equal(whole.draws.families, again.draws.families)
    more = joined(whole, run(program, replace(settings, state=whole.state), Silent()))
    assert more.draws is not None
    assert more.draws.count == 2 * whole.draws.count


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_error_of_the_evidence_is_that_of_the_draws_whatever_the_scheme(scheme: Any) -> None:
    program = bound("model half() { x ~ Bernoulli(0.49); condition(x) }")
    result = run(program, Options(particles=2000, chains=1, resampler=scheme, seed=2), Silent())
    assert isinstance(result.log_evidence, Estimate)
    # Of n draws of which a share p is kept: sqrt((1 - p) / (n p)).
    assert result.log_evidence.standard_error == pytest.approx(sqrt(0.51 / 0.49 / 2000), rel=0.15)


def test_few_families_that_agree_say_nothing_of_their_error() -> None:
    equal = np.zeros(20)
    nothing = np.zeros(20)
    assert weights.sum_error(nothing, weights.normalised(equal), np.arange(20)) == 0
    assert weights.sum_error(nothing, weights.normalised(equal), np.arange(20) % 3) == inf
    assert weights.sum_error(nothing, weights.normalised(equal)) == 0  # without families all are independent
