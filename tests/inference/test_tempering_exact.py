"""Annealing, tempering and rejection, exactly: properly weighted whatever the ladder, as rationals.

Bounded: two particles, ladders of whole numbers (others have irrational weights), one move at each exponent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from fractions import Fraction as F
from functools import partial

import pytest

from pplc.inference import rejection as rejection_sampling
from pplc.inference import tempering
from pplc.inference.metropolis import mh_step, single_site
from pplc.inference.mixture import Mixture
from pplc.inference.options import Options
from pplc.inference.particles import Streams, streams
from pplc.inference.progress import Silent
from pplc.inference.rejection import attempt
from pplc.inference.tempering import Particle, Rule, State
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.representations.population import SCHEMES
from pplc.semantics.representations.traced import Traced
from pplc.semantics.runs import Finished
from pplc.semantics.source import Source, enumerate_runs
from pplc.semantics.values import Value
from tests.support.exact_kernels import State as Trace
from tests.support.exact_kernels import hastings, image, key, matrix, site_redraws, table
from tests.support.exact_laws import Law, propagate, start
from tests.support.reference import bound, masses, rational, rejection
from tests.support.tabled import tabled_replays

PROGRAMS = {
    "sprinkler": """
        model main() {
          rain ~ Bernoulli(0.3)
          if rain { weight(0.2) }
          sprinkler ~ Bernoulli(if rain { 0.1 } else { 0.4 })
          if sprinkler { weight(0.1) }
          return rain
        }
    """,
    "impossible runs": """
        model main() {
          n ~ UniformInt(0, 3)
          condition(n != 1)
          weight(n + 1)
          return n
        }
    """,
    "a choice in one branch": """
        model main() {
          a ~ Bernoulli(0.25)
          if a {
            b ~ Bernoulli(0.5)
            weight(if b { 3 } else { 2 })
          }
          return a
        }
    """,
    "a density above 1 and one below": """
        model main() {
          a ~ UniformInt(0, 2)
          weight(a)
          observe 1 ~ Binomial(2, if a == 1 { 0.5 } else { 0.25 })
          return a
        }
    """,
}
LADDERS = ((1,), (2, 1), (1, 3, 1))


def population_key(state: State) -> Hashable:
    """What distinguishes populations."""
    population = state.population
    runs = [(p.run.choices, p.run.weights, p.trace is None) for p in population.particles]
    return repr(runs), tuple(map(rational, population.log_weights)), rational(population.log_evidence)


def led(program: Bound, count: int, ladder: Sequence[int], below: F, most: int = 1_000_000) -> Law[State]:
    """The law of the population at the end of a ladder; `TooLarge` beyond so many ways for one step."""
    machine = Machine(program, exact=True, infer=Nested())
    rule = Rule(SCHEMES["multinomial"], below, single_site(), 1)

    def onward(state: State, source: Streams, beta: int) -> State:
        return tempering.step(machine, state, beta, rule, streams(source, 0, count))[0]

    law = start(lambda source: tempering.init(machine, streams(source, 0, count)), population_key, most)
    with tabled_replays(key):
        for beta in ladder:
            law = propagate(law, partial(onward, beta=beta), population_key, most)
    return law


def measure(law: Law[State]) -> dict[Value, F]:
    """E[sum of w_i at the value of run i]."""
    found: dict[Value, F] = defaultdict(F)
    for state, probability in law.values():
        population = state.population
        for particle, log_weight in zip(population.particles, population.log_weights, strict=True):
            mass = rational(log_weight) * rational(population.log_evidence)
            if mass:
                assert isinstance(particle.run.event, Finished)
                found[particle.run.event.value] += probability * mass
    return dict(found)


@pytest.mark.parametrize("ladder", LADDERS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_annealed_runs_are_properly_weighted(name: str, ladder: Sequence[int]) -> None:
    law = led(bound(PROGRAMS[name]), 1, ladder, F(0))
    assert measure(law) == masses(bound(PROGRAMS[name]))


POPULATIONS = [
    *((name, (1,), F(1)) for name in PROGRAMS),
    ("a density above 1 and one below", (2, 1), F(1)),
    ("a choice in one branch", (2, 1), F(3, 4)),
]


@pytest.mark.parametrize(("name", "ladder", "below"), POPULATIONS)
def test_tempered_populations_of_two_are_properly_weighted(
    name: str, ladder: Sequence[int], below: F
) -> None:
    law = led(bound(PROGRAMS[name]), 2, ladder, below)
    assert measure(law) == masses(bound(PROGRAMS[name]))


@pytest.mark.parametrize("name", PROGRAMS)
def test_annealing_is_the_textbooks(name: str) -> None:
    ladder = (2, 1)
    law = led(bound(PROGRAMS[name]), 1, ladder, F(0))
    found: dict[tuple[Trace, F], F] = defaultdict(F)
    for state, probability in law.values():
        (particle,), (log_weight,) = state.population.particles, state.population.log_weights
        if particle.trace is not None:
            found[key(particle.trace), rational(log_weight)] += probability
    # Neal (2001): draw from the prior; weigh by weight^(difference of exponents), then move at the new one.
    program = table(bound(PROGRAMS[name]))
    weight = program.weights
    expected: dict[tuple[Trace, F], F] = {
        (state, F(1)): program.mass[state] / weight[state] for state in program.traces
    }
    before = 0
    for beta in ladder:
        target = program.tempered(beta)
        kernel = hastings(target, site_redraws(target, lambda state, _: F(1, len(state))))
        after: dict[tuple[Trace, F], F] = defaultdict(F)
        for (trace, w), probability in expected.items():
            for other, chance in kernel[trace].items():
                after[other, w * weight[trace] ** (beta - before)] += probability * chance
        expected, before = dict(after), beta
    assert dict(found) == expected


def test_increments_of_the_wrong_sign_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = tempering.powered

    def wrong(particle: Particle, change: float, *, exact: bool) -> LogWeight:
        return right(particle, -change, exact=exact)

    monkeypatch.setattr(tempering, "powered", wrong)
    law = led(bound(PROGRAMS["sprinkler"]), 1, (2, 1), F(0))
    assert measure(law) != masses(bound(PROGRAMS["sprinkler"]))


@pytest.mark.parametrize("beta", [2, 3])
@pytest.mark.parametrize("name", PROGRAMS)
def test_moves_keep_the_law_of_the_exponent(name: str, beta: int) -> None:
    program = table(bound(PROGRAMS[name])).tempered(beta)
    mixture = Mixture().kernel({})

    def step(traced: Traced, source: Source) -> Traced:
        return mh_step(program.machine, traced, mixture, source, beta)[0]

    kernel = matrix(program, step)
    assert image(program.posterior, kernel) == program.posterior
    assert image(table(bound(PROGRAMS[name])).posterior, kernel) != table(bound(PROGRAMS[name])).posterior


# ------------------------------------------------------------------ rejection


@pytest.mark.parametrize(("name", "top"), [("sprinkler", 1), ("impossible runs", 4), ("impossible runs", 7)])
def test_runs_are_kept_with_the_probability_of_their_mass(name: str, top: int) -> None:
    machine = Machine(bound(PROGRAMS[name]), exact=True, infer=Nested())
    found: dict[Value, F] = defaultdict(F)
    for run in enumerate_runs(lambda source: attempt(machine, LogRat(F(top)), source)):
        ended, kept = run.value
        if kept:
            assert isinstance(ended.event, Finished)
            found[ended.event.value] += run.probability * top
    assert dict(found) == masses(bound(PROGRAMS[name]))


def test_a_weight_above_the_bound_is_an_error() -> None:
    machine = Machine(bound(PROGRAMS["impossible runs"]), exact=True, infer=Nested())
    runs = enumerate_runs(lambda source: attempt(machine, LogRat(F(3)), source))
    error = rejection(lambda: list(runs))
    assert error.code == "E0408"
    assert "--bound" in error.help


def test_runs_that_are_never_kept_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejection_sampling, "HOPELESS", 500)
    program = bound("model main() { x ~ Normal(0, 1); condition(x > 100); return x }")
    error = rejection(lambda: rejection_sampling.run(program, Options(), Silent()))
    assert error.code == "E0407"
    assert error.message == "none of 500 runs from the prior was kept"
    stopped = rejection_sampling.run(program, Options(), Silent(0.0))
    assert stopped.stopped
    assert stopped.empty
