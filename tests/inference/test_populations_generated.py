"""The other sampling algorithms on generated programs, checked exactly, 200 programs each.

Bounded: programs of a few paths; two particles, ladders of whole numbers. For `pmmh` and `smc2`, which need
a parameter, the generated programs are called by a model that draws one of their arguments.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction as F

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import reject as reject_example
from hypothesis import strategies as st

from pplc.inference.rejection import attempt
from pplc.lang import core
from pplc.lang.check import check_program, check_text
from pplc.lang.formatter import format_program
from pplc.lang.loader import load
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat
from pplc.semantics.representations import weighted
from pplc.semantics.runs import Finished
from pplc.semantics.source import enumerate_runs
from pplc.semantics.values import Value
from tests.acceptance.expected import FINITE
from tests.inference.test_mh_exact import ACCEPTANCE, acceptance
from tests.inference.test_pseudo_marginal_exact import check_pimh, check_pmmh, nests_of
from tests.inference.test_pseudo_marginal_exact import led as smc2_law
from tests.inference.test_pseudo_marginal_exact import measure as smc2_measure
from tests.inference.test_tempering_exact import led, measure
from tests.support.exact_laws import TooLarge
from tests.support.programs import ARGUMENTS, Written, programs
from tests.support.reference import masses, rational

MANY = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def bound_of(written: Written) -> Bound:
    return Bound(lower(check_program(written.program)), ARGUMENTS)


@MANY
@given(written=programs(60))
def test_weighted_runs_mean_generated_programs(written: Written) -> None:
    check_weighted(bound_of(written))


def check_weighted(program: Bound) -> None:
    """The mean of the weights at each value is its mass."""
    machine = Machine(program, exact=True, infer=Nested())
    found: dict[Value, F] = defaultdict(F)
    for run in enumerate_runs(lambda source: weighted.run(machine, source)):
        found[run.value.finished.value] += run.probability * rational(run.value.log_weight)
    assert {value: mass for value, mass in found.items() if mass} == masses(program)


@MANY
@given(written=programs(60))
def test_rejection_keeps_generated_runs_by_their_weight(written: Written) -> None:
    program = bound_of(written)
    if is_zero(_evidence(program)):
        reject_example()
    check_rejection(program)


def check_rejection(program: Bound) -> None:
    """Runs are kept with the probability of their mass over the largest weight."""
    machine = Machine(program, exact=True, infer=Nested())
    runs = [run.value.log_weight for run in enumerate_runs(lambda source: weighted.run(machine, source))]
    top = max(map(rational, runs))
    found: dict[Value, F] = defaultdict(F)
    for run in enumerate_runs(lambda source: attempt(machine, LogRat(top), source)):
        ended, kept = run.value
        if kept:
            assert isinstance(ended.event, Finished)
            found[ended.event.value] += run.probability * top
    assert {value: mass for value, mass in found.items() if mass} == masses(program)


@MANY
@given(written=programs(6))
def test_annealing_and_tempering_mean_generated_programs(written: Written) -> None:
    program = bound_of(written)
    try:
        annealed = led(program, 1, (2, 1), F(0), 80)
        tempered = led(program, 2, (1,), F(1), 80)
    except TooLarge:
        reject_example()
    assert measure(annealed) == masses(program)
    assert measure(tempered) == masses(program)


@MANY
@given(written=programs(6))
def test_pimh_keeps_generated_posteriors(written: Written) -> None:
    program = bound_of(written)
    if is_zero(_evidence(program)):
        reject_example()
    try:
        check_pimh(program, 400)
    except TooLarge:
        reject_example()


def with_parameter(written: Written) -> Bound:
    """The program called by a model that draws its argument `b`, as `p`."""
    outer = "model outer(y: int[N]) { p ~ Bernoulli(0.25); r ~ main(y, p); return r }"
    program = lower(check_text(f"{format_program(written.program)}\n{outer}\n"))
    return Bound(program, {"y": ARGUMENTS["y"]})


@MANY
@given(written=programs(4))
def test_pmmh_keeps_generated_posteriors(written: Written) -> None:
    program = with_parameter(written)
    if is_zero(_evidence(program)):
        reject_example()
    try:
        check_pmmh(program, 200)
    except TooLarge:
        reject_example()


@MANY
@given(written=programs(4), size=st.sampled_from([(2, 1), (1, 2)]))
def test_smc2_means_generated_programs(written: Written, size: tuple[int, int]) -> None:
    program = with_parameter(written)
    count, inner = size
    try:
        law = smc2_law(nests_of(program, inner, 0), count, 40)
    except TooLarge:
        reject_example()
    assert smc2_measure(law) == masses(program)


@pytest.mark.parametrize("name", FINITE)
def test_annealing_and_tempering_mean_the_acceptance_programs(name: str) -> None:
    """Annealing with one particle, tempering with two where they have few enough ways, else with one."""
    program = acceptance(name)
    assert measure(led(program, 1, (2, 1), F(0))) == masses(program)
    try:
        tempered = led(program, 2, (1,), F(1), 1_500)
    except TooLarge:
        tempered = led(program, 1, (2, 1), F(1))
    assert measure(tempered) == masses(program)


@pytest.mark.parametrize("name", FINITE)
def test_weighted_runs_and_rejection_mean_the_acceptance_programs(name: str) -> None:
    check_weighted(acceptance(name))
    check_rejection(acceptance(name))


def with_its_parameter(name: str) -> tuple[Bound, str]:
    """An acceptance program and its first variable, a parameter if its law depends on nothing.

    Where the first draw has no name, the program is called by a model that draws one.
    """
    program = acceptance(name)
    first = next(s for s in program.program.model.body if not isinstance(s, core.Let))
    if isinstance(first, core.Draw) and first.site.name.isidentifier() and isinstance(first.law, core.Law):
        return program, first.site.name
    text = format_program(load(ACCEPTANCE / f"{name}.ppl"))
    outer = f"model outer() {{ p ~ Bernoulli(0.25); r ~ {program.program.entry}(); return r }}"
    return Bound(lower(check_text(f"{text}\n{outer}\n"))), "p"


@pytest.mark.parametrize("name", FINITE)
def test_particle_mcmc_and_smc2_mean_the_acceptance_programs(name: str) -> None:
    """SMC^2 with one parameter of two runs, and with two of one where they have few enough ways."""
    check_pimh(acceptance(name))
    program, parameter = with_its_parameter(name)
    check_pmmh(program, name=parameter)
    for count, inner, most in ((1, 2, 10_000), (2, 1, 300)):
        try:
            law = smc2_law(nests_of(program, inner, 0, parameter), count, most)
        except TooLarge:
            assert count == 2
            continue
        assert smc2_measure(law) == masses(program)


def _evidence(program: Bound) -> LogRat:
    return LogRat(sum(masses(program).values(), F(0)))
