"""The other sampling algorithms on generated programs, checked exactly, 200 programs each.

Bounded: programs of a few paths; two particles, ladders of whole numbers. `pmmh` and `smc2` need programs
with parameters: they are checked on written ones.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction as F

from hypothesis import HealthCheck, given, settings
from hypothesis import reject as reject_example

from pplc.inference.rejection import attempt
from pplc.lang.check import check_program
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
from tests.inference.test_pseudo_marginal_exact import check_pimh
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
    program = bound_of(written)
    machine = Machine(program, exact=True, infer=Nested())
    found: dict[Value, F] = defaultdict(F)
    for run in enumerate_runs(lambda source: weighted.run(machine, source)):
        found[run.value.finished.value] += run.probability * rational(run.value.log_weight)
    assert {value: mass for value, mass in found.items() if mass} == masses(program)


@MANY
@given(written=programs(60))
def test_rejection_keeps_generated_runs_by_their_weight(written: Written) -> None:
    program = bound_of(written)
    machine = Machine(program, exact=True, infer=Nested())
    runs = [run.value.log_weight for run in enumerate_runs(lambda source: weighted.run(machine, source))]
    top = max((rational(w) for w in runs), default=F(0))
    if not top:
        reject_example()
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
        annealed = led(program, 1, (2, 1), F(0), 600)
        tempered = led(program, 2, (1,), F(1), 600)
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


def _evidence(program: Bound) -> LogRat:
    return LogRat(sum(masses(program).values(), F(0)))
