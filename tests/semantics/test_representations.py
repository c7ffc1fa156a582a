"""Enumerated, Sampled and Weighted runs mean the same measure, total mass included."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction as F
from math import exp, inf, log

import pytest

from pplc.semantics.machine import Machine
from pplc.semantics.measure import Measure, is_zero
from pplc.semantics.nested import Nested
from pplc.semantics.representations import enumerated, sampled, weighted
from pplc.semantics.representations.enumerated import denote
from pplc.semantics.source import Seeded, Source, enumerate_runs, law_of
from pplc.semantics.values import MISSING, Value
from tests.support.meanings import CASES
from tests.support.reference import bound, marked, masses, rational, rejection


@pytest.mark.parametrize("name", CASES)
def test_weighted_runs_mean_the_measure_that_enumeration_finds(name: str) -> None:
    case = CASES[name]
    machine = Machine(case.bound, exact=True, infer=Nested())
    found: dict[Value, F] = defaultdict(F)
    for run in enumerate_runs(lambda source: weighted.run(machine, source)):
        found[run.value.finished.value] += run.probability * rational(run.value.log_weight)
    assert {value: mass for value, mass in found.items() if mass} == case.masses


@pytest.mark.parametrize("name", CASES)
def test_sampled_runs_have_the_law_of_the_prior(name: str) -> None:
    case = CASES[name]
    program = bound(case.text, case.data, do=case.do, prior=True)
    machine = Machine(program, exact=True, infer=Nested())
    assert law_of(lambda source: sampled.run(machine, source).value) == masses(program)


def test_a_program_with_weights_is_not_simply_sampled() -> None:
    machine = Machine(bound("model m() { condition(flip(0.5)) }"), exact=True, infer=Nested())
    with pytest.raises(TypeError):
        sampled.run(machine, Seeded(0))


TEXT = (
    "model m(y: bool?[N], u: bool) { p ~ Uniform([0.25, 0.75]); observe y ~ iid(Bernoulli(p), N)\n"
    "for i in 0..N { observe u ~ Bernoulli(p) }; weight(2); return p }"
)


def test_a_weighted_run_keeps_its_draws_and_pointwise_densities() -> None:
    program = bound(TEXT, {"y": (True, MISSING, False), "u": True})
    machine = Machine(program, exact=True, infer=Nested())
    (run,) = (
        run.value
        for run in enumerate_runs(lambda source: weighted.run(machine, source))
        if run.value.trace == {("p",): F(1, 4), ("y", (1,)): True}
    )
    assert rational(run.log_weight) == F(1, 4) * F(3, 4) * F(1, 4) ** 3 * 2
    assert {address: rational(w) for address, w in run.likelihood.items()} == {
        ("y", (0,)): F(1, 4),
        ("y", (2,)): F(3, 4),
        ("u",): F(1, 64),
    }


def test_an_array_observed_at_once_has_a_density_for_every_entry() -> None:
    program = bound(
        "model m(y: bool[N]) { observe y ~ iid(Bernoulli(0.25), N); return 1 }", {"y": (True, False)}
    )
    run = weighted.run(Machine(program, exact=True, infer=Nested()), Seeded(0))
    assert {address: rational(w) for address, w in run.likelihood.items()} == {
        ("y", (0,)): F(1, 4),
        ("y", (1,)): F(3, 4),
    }
    assert rational(run.log_weight) == F(3, 16)


def test_densities_have_a_dimension_and_masses_none() -> None:
    program = bound("model m() { observe 0.5 ~ Uniform(0, 2); observe true ~ Bernoulli(0.5); return 1 }")
    run = weighted.run(Machine(program, exact=False, infer=Nested()), Seeded(0))
    assert run.dimension == 1
    assert run.log_weight == pytest.approx(log(0.25), rel=1e-15)


MIXED = """
model main() {
  usa ~ Bernoulli(0.5)
  let scale = if usa { 4.0 } else { 10.0 }
  observe 4.0 ~ Mixture([0.99, 0.01], [Uniform(0, scale), Delta(scale)])
  return usa
}
"""


def test_the_lowest_dimension_wins_in_a_mixed_law() -> None:
    measure = denote(bound(MIXED), Nested(), lambda run: run.value)
    assert measure.dimension == 0
    assert {value: exp(float(w)) for value, w in measure.masses.items()} == pytest.approx({True: 0.005})


def test_a_mixed_law_without_an_atom_has_a_density() -> None:
    measure = denote(bound(MIXED.replace("observe 4.0", "observe 3.0")), Nested(), lambda run: run.value)
    assert measure.dimension == 1
    assert measure.probabilities() == pytest.approx({True: 5 / 7, False: 2 / 7})


def test_paths_come_with_their_weights_and_without_impossible_ones() -> None:
    program = bound(
        "model m() { x ~ UniformInt(0, 3); y ~ Bernoulli(0.5); condition(x > 2 and y); return x }"
    )
    machine = Machine(program, exact=True, infer=Nested())
    (only,) = enumerated.outcomes(machine, machine.start())
    assert (only.finished.variables(), rational(only.log_weight)) == ({("x",): 3, ("y",): True}, F(1, 8))


def test_a_draw_of_probability_zero_is_no_path() -> None:
    program = bound("model m() { x ~ Bernoulli(0); weight(1 / (1 - int(x))); return x }")
    assert masses(program) == {False: 1}


def test_a_fault_while_drawing_is_located() -> None:
    text, line, column = marked("model m(a: int) {\n  x ~ «Binomial(a, 0.5)»\n}")
    machine = Machine(bound(text, {"a": -1}), exact=False, infer=Nested())
    error = rejection(lambda: weighted.run(machine, Seeded(0)))
    assert (error.code, error.span.line, error.span.column) == ("E0401", line, column)


def test_numbers_of_a_seed_do_not_depend_on_what_ran_before() -> None:
    machine = Machine(bound("model m() { x ~ Normal(0, 1); return x }"), exact=False, infer=Nested())

    def value(source: Source) -> Value:
        return weighted.run(machine, source).finished.value

    first = [value(Seeded(7, slot=slot)) for slot in range(4)]
    assert [value(Seeded(7, slot=slot)) for slot in reversed(range(4))] == first[::-1]
    assert len(set(first)) == 4


def test_a_run_ends_where_its_weight_becomes_zero() -> None:
    program = bound(
        "model m() { x ~ Bernoulli(1); observe 3 ~ UniformInt(0, 1); y ~ Bernoulli(1); return y }"
    )
    run = weighted.run(Machine(program, exact=False, infer=Nested()), Seeded(0))
    assert run.log_weight == -inf
    assert set(run.trace) == {("x",)}
    assert (run.finished.variables(), run.finished.value) == ({("x",): True}, MISSING)


def test_nothing_is_computed_from_values_that_the_program_excludes() -> None:
    program = bound(
        "model m() { n ~ UniformInt(-1, 1); condition(n >= 0); x ~ Binomial(n, 0.5); return 1 / (1 + n) }"
    )
    machine = Machine(program, exact=True, infer=Nested())
    found: dict[Value, F] = defaultdict(F)
    for run in enumerate_runs(lambda source: weighted.run(machine, source)):
        if not is_zero(run.value.log_weight):
            found[run.value.finished.value] += run.probability
    assert found == {1: F(1, 3), F(1, 2): F(1, 3)}


def test_the_measure_of_an_impossible_program_is_empty() -> None:
    assert denote(bound("model m() { condition(false) }"), Nested(), lambda run: run.value) == Measure({})
