"""Particle algorithms on the acceptance set's finite programs and on generated ones, checked exactly.

Bounded: two particles; programs of few enough populations, as the tests say. Those that are larger are left
to the tests by chance.
"""

from __future__ import annotations

from fractions import Fraction as F

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import reject as reject_example
from hypothesis import strategies as st

from pplc.inference.conditional import Rule as SweepRule
from pplc.inference.metropolis import single_site
from pplc.inference.particle_gibbs import sweep_of
from pplc.inference.particles import Interpreted, Moving
from pplc.inference.smc import Rule
from pplc.lang.check import check_program
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.population import SCHEMES
from pplc.semantics.values import Address
from tests.acceptance.expected import FINITE
from tests.inference.test_mh_exact import acceptance
from tests.support import textbook
from tests.support.exact_kernels import TooLarge as TooManyTraces
from tests.support.exact_kernels import is_invariant, key, matrix, table
from tests.support.exact_laws import TooLarge, law_of_smc, tabled_smc_law, weighted_measure
from tests.support.programs import ARGUMENTS, Written, programs
from tests.support.reference import masses
from tests.support.tabled import Tabled, by_choices, tabled_replays
from tests.support.tabled_sweeps import tabled_sweeps

MOST = 3_000
"""Ways to take one step, from all populations together, of generated programs."""


def resample_move(program: Bound) -> Moving:
    return Moving(Interpreted(Machine(program, exact=True, infer=Nested())), single_site(), 1)


@pytest.mark.parametrize("name", FINITE)
def test_smc_means_the_acceptance_programs(name: str) -> None:
    program = acceptance(name)
    law = tabled_smc_law(program, 2, Rule(SCHEMES["systematic"], F(2, 3)))
    assert weighted_measure(law) == masses(program)


@pytest.mark.parametrize("name", FINITE)
def test_resample_move_means_the_acceptance_programs(name: str) -> None:
    """With two particles, or one where two have too many populations: runs differ by their traces here."""
    program = acceptance(name)
    rule = Rule(SCHEMES["systematic"], F(2, 3), moving=2)
    engine = Tabled(resample_move(program), by_choices)
    for count, most in ((2, 2_000), (1, 100_000)):
        try:
            with tabled_replays(key):
                law = law_of_smc(engine, by_choices, count, rule, most)
        except TooLarge:
            continue
        assert weighted_measure(law) == masses(program)
        return
    raise AssertionError("too large even for one particle")


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(written=programs(8), scheme=st.sampled_from(sorted(SCHEMES)), lookahead=st.booleans())
def test_smc_means_generated_programs_and_is_the_textbooks(
    written: Written, scheme: str, lookahead: bool
) -> None:
    program = Bound(lower(check_program(written.program)), ARGUMENTS)
    wanted = masses(program)
    if len(wanted) > 12:
        reject_example()
    try:
        law = tabled_smc_law(program, 2, Rule(SCHEMES[scheme], 1, lookahead), most=MOST)
    except TooLarge:
        reject_example()
    assert weighted_measure(law) == wanted
    if not lookahead:
        assert {found.entries: p for found, p in law.items()} == textbook.smc(program, 2, scheme)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(written=programs(5), below=st.sampled_from([1, F(2, 3)]), moving=st.integers(1, 2))
def test_resample_move_means_generated_programs(written: Written, below: F, moving: int) -> None:
    program = Bound(lower(check_program(written.program)), ARGUMENTS)
    if len(masses(program)) > 6:
        reject_example()
    try:
        rule = Rule(SCHEMES["systematic"], below, moving=moving)
        with tabled_replays(key):
            law = law_of_smc(Tabled(resample_move(program), by_choices), by_choices, 2, rule, most=150)
    except TooLarge:
        reject_example()
    assert weighted_measure(law) == masses(program)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(written=programs(6), ancestor_sampling=st.booleans(), below=st.sampled_from([1, F(2, 3)]))
def test_a_sweep_of_conditional_smc_keeps_generated_posteriors(
    written: Written, ancestor_sampling: bool, below: F
) -> None:
    try:
        program = table(Bound(lower(check_program(written.program)), ARGUMENTS), 12)
        sweep = sweep_of(program.machine, nothing, 2, SweepRule(below, ancestor_sampling))

        if not program.traces:
            reject_example()
        kernel = matrix(program, sweep, 1_500)  # type: ignore[arg-type]
    except TooManyTraces:
        reject_example()
    assert is_invariant(program, kernel)


@pytest.mark.parametrize("ancestor_sampling", [False, True])
@pytest.mark.parametrize("name", FINITE)
def test_a_sweep_of_conditional_smc_keeps_the_posteriors_of_the_acceptance_programs(
    name: str, ancestor_sampling: bool
) -> None:
    program = table(acceptance(name))
    kernel = tabled_sweeps(program, 2, SweepRule(1, ancestor_sampling))
    assert all(sum(row.values()) == 1 for row in kernel.values())
    assert is_invariant(program, kernel)


@pytest.mark.parametrize("ancestor_sampling", [False, True])
@pytest.mark.parametrize("name", ["D10_evidence_in_branch", "D14_monty_hall", "R11_smaller_support"])
def test_sweeps_step_by_step_are_sweeps_as_a_whole(name: str, ancestor_sampling: bool) -> None:
    program = table(acceptance(name))
    rule = SweepRule(1, ancestor_sampling)
    whole = matrix(program, sweep_of(program.machine, nothing, 2, rule))  # type: ignore[arg-type]
    assert tabled_sweeps(program, 2, rule) == whole


def nothing(_: Address) -> bool:
    return False
