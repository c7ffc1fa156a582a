"""PIMH, PMMH and SMC^2, exactly, as rationals, on finite programs.

Bounded: two particles; SMC^2 with two particles, of parameters or of runs with one of the other, unmoved, or
with one weight and one of each, moved; its moves by themselves as a matrix, with two runs. Laws of sweeps are
enumerated once for each value of the parameters, and steps composed from them; that the shipped step of PMMH
is this composition is checked with one particle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction as F
from functools import partial
from typing import NamedTuple, TypeAlias, cast

import pytest

from pplc.inference import mh, pimh, pmmh, smc, smc2
from pplc.inference.mixture import Mixture
from pplc.inference.named_blocks import named
from pplc.inference.parameter_moves import Parameters, Swept, parameters_of, pick
from pplc.inference.particles import Interpreted, Streams, streams
from pplc.inference.pimh import NONE
from pplc.inference.pmmh import Kernel
from pplc.inference.progress import Silent
from pplc.inference.smc import Rule
from pplc.inference.smc2 import Nests, Particle
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.number import CERTAIN, LogWeight
from pplc.semantics.representations.population import SCHEMES
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.representations.traced import Traced
from pplc.semantics.runs import Finished
from pplc.semantics.source import Source, enumerate_runs
from pplc.semantics.values import Value
from tests.support.exact_laws import Law, population_key, propagate, start
from tests.support.reference import bound, masses, rational
from tests.support.tabled import Name, Tabled, by_choices, by_state, tabled_replays

CHAIN = """
model m() {
  p ~ Categorical([0.5, 0.25, 0.25])
  let stay = [0.25, 0.5, 0.75][p]
  z[0] ~ Bernoulli(0.5)
  observe true ~ Bernoulli(if z[0] { 0.75 } else { 0.25 })
  for t in 1..LENGTH {
    z[t] ~ Bernoulli(if z[t-1] { stay } else { 0.5 })
    observe true ~ Bernoulli(if z[t] { 0.5 } else { 0.25 })
  }
  return (p, z[LENGTH - 1])
}
"""
MULTINOMIAL = Rule(SCHEMES["multinomial"])

Key = tuple[Value, F]
"""The value of the run, and the estimate of the mass."""


Proposals: TypeAlias = "dict[tuple[Value | None, LogWeight], F]"
"""New parameters, if any, and the ratio by which they are judged."""


Chances: TypeAlias = "dict[tuple[F, LogWeight, F], F]"
"""To accept, by the estimate before, the ratio, and the estimate after."""


class Outcome(NamedTuple):
    """What a sweep may give, with its probability."""

    swept: Swept
    probability: F


def value_of(run: Suspended) -> Value:
    assert isinstance(run.event, Finished)
    return run.event.value


def sweeps(runs: Interpreted, count: int, most: int = 1_000_000) -> dict[Key, Outcome]:
    """The law of a sweep, by the value of its run and the estimate: `sweep`, but merging equal states.

    Sweeps of estimate zero, which pick no run, are left out.
    """
    name_of = by_state(runs.machine.bound)
    engine = Tabled(runs, name_of)

    def key(state: smc.State[Suspended]) -> Hashable:
        return population_key(state.population, name_of)

    def onward(state: smc.State[Suspended], source: Streams) -> smc.State[Suspended]:
        return smc.step(engine, state, MULTINOMIAL, [source] * (count + 1))[0]

    def onward_if_going(state: smc.State[Suspended], source: Streams) -> smc.State[Suspended]:
        return state if smc.done(engine, state, MULTINOMIAL) else onward(state, source)

    law = start(lambda source: smc.init(engine, [source] * (count + 1)), key, most)
    while not all(smc.done(engine, state, MULTINOMIAL) for state, _ in law.values()):
        law = propagate(law, onward_if_going, key, most)
    found: dict[Key, Outcome] = {}
    for state, probability in law.values():
        for run in enumerate_runs(partial(pick, state.population)):
            if run.value is None:
                continue
            name = value_of(run.value), rational(state.population.log_mass)
            before = found[name].probability if name in found else F(0)
            found[name] = Outcome(Swept(state.population, run.value), before + probability * run.probability)
    return found


def values(law: Mapping[Key, F]) -> dict[Value, F]:
    """The marginal law of the value."""
    found: dict[Value, F] = defaultdict(F)
    for (value, _), probability in law.items():
        found[value] += probability
    return dict(found)


# ------------------------------------------------------------------ PIMH


def test_pimh_leaves_the_posterior_as_it_is() -> None:
    check_pimh(bound(CHAIN.replace("LENGTH", "2")))


def check_pimh(program: Bound, most: int = 1_000_000) -> None:
    """The extended target of two particles is invariant, and its marginal the posterior."""
    machine = Machine(program, exact=True, infer=Nested())
    law = sweeps(Interpreted(machine), 2, most)
    # The extended target: what a sweep gives, weighed by its estimate (Andrieu et al. 2010, theorem 2).
    target = {name: outcome.probability * name[1] for name, outcome in law.items()}
    assert values(target) == masses(program)
    after: dict[Key, F] = defaultdict(F)
    for (value, mass), probability in target.items():
        run = law[value, mass].swept.run
        assert run is not None
        state = pimh.State(run, law[value, mass].swept.log_mass, NONE)
        accepted: dict[F, F] = {}
        for name, outcome in law.items():
            if name[1] not in accepted:  # all that the decision looks at
                decisions = list(enumerate_runs(partial(pimh.decided, state, outcome.swept)))
                accepted[name[1]] = sum((d.probability for d in decisions if d.value[1].accepted), F(0))
                for end, info in (d.value for d in decisions):
                    kept = outcome.swept if info.accepted else state
                    assert (end.run, end.log_mass) == (kept.run, kept.log_mass)
            share = probability * outcome.probability
            after[name] += share * accepted[name[1]]
            after[value, mass] += share * (1 - accepted[name[1]])
        # A sweep of estimate zero is never accepted.
        after[value, mass] += probability * (1 - sum(outcome.probability for outcome in law.values()))
    assert {name: p for name, p in after.items() if p} == target


# ------------------------------------------------------------------ PMMH


def kernel_of(program: Bound, count: int, name: str = "p") -> Kernel:
    machine = Machine(program, exact=True, infer=Nested())
    block = named(program, [name])
    return Kernel(parameters_of(machine, block), Mixture(within=block), MULTINOMIAL, count)


def parameter(theta: Traced) -> Value:
    (value,) = theta.values.values()
    return value


def parameter_traces(parameters: Parameters) -> dict[Value, Traced]:
    """The parameters, by their value."""
    runs = enumerate_runs(lambda source: parameters.drawn({}, source))
    return {parameter(run.value): run.value for run in runs}


def test_pmmh_leaves_the_posterior_of_parameters_and_path_as_it_is() -> None:
    check_pmmh(bound(CHAIN.replace("LENGTH", "3")))


def check_pmmh(program: Bound, most: int = 1_000_000, name: str = "p") -> None:
    """The extended target of two particles is invariant under a step that moves the parameter."""
    kernel = kernel_of(program, 2, name)
    parameters = kernel.parameters
    thetas = parameter_traces(parameters)
    laws = {p: sweeps(parameters.engine(theta), 2, most) for p, theta in thetas.items()}
    target = {
        (p, key): outcome.probability * key[1] for p, law in laws.items() for key, outcome in law.items()
    }
    marginal: dict[Value, F] = defaultdict(F)
    for (_, (value, _)), mass in target.items():
        marginal[value] += mass
    assert dict(marginal) == masses(parameters.machine.bound)
    moves = {p: proposals(kernel, theta) for p, theta in thetas.items()}
    after: dict[tuple[Value, Key], F] = defaultdict(F)
    known: Chances = {}
    for (p, key), mass in target.items():
        for end, chance in row(moves, thetas, laws, p, key, known).items():
            after[end] += mass * chance
    assert dict(after) == target


def row(
    moves: Mapping[Value, Proposals],
    thetas: Mapping[Value, Traced],
    laws: Mapping[Value, Mapping[Key, Outcome]],
    p: Value,
    name: Key,
    known: Chances,
) -> dict[tuple[Value, Key], F]:
    """The law after a step, composed of the shipped proposal, sweeps and decision.

    known: chances to accept so far, by all that the decision looks at.
    """
    swept = laws[p][name].swept
    assert swept.run is not None
    state = pmmh.State(mh.init(thetas[p]), swept.log_mass, swept.run)
    found: dict[tuple[Value, Key], F] = defaultdict(F)
    for (to, ratio), chance in moves[p].items():
        if to is None:
            found[p, name] += chance
            continue
        for there, outcome in laws[to].items():
            decision = name[1], ratio, there[1]
            if decision not in known:
                known[decision] = chance_to_accept(state, thetas[to], ratio, outcome.swept)
            share = chance * outcome.probability
            found[to, there] += share * known[decision]
            found[p, name] += share * (1 - known[decision])
        # A sweep of estimate zero is never accepted.
        found[p, name] += chance * (1 - sum((o.probability for o in laws[to].values()), F(0)))
    return {end: chance for end, chance in found.items() if chance}


def chance_to_accept(state: pmmh.State, new: Traced, ratio: LogWeight, swept: Swept) -> F:
    chance = F(0)
    for run in enumerate_runs(partial(pmmh.decided, state, new, ratio, swept)):
        if run.value is not state:
            chance += run.probability
            assert run.value.theta.traced is new
            assert (run.value.log_mass, run.value.run) == (swept.log_mass, swept.run)
    return chance


def proposals(kernel: Kernel, theta: Traced) -> Proposals:
    """The law of what is proposed from parameters: the new ones and the ratio; None if nothing is."""
    parameters = kernel.parameters

    def propose(source: Source) -> tuple[Value | None, LogWeight]:
        move = kernel.mixture.choose(parameters.prior, theta, {}, source)
        assert move is not None
        new, ratio, _ = parameters.propose(theta, move, source)
        return (None, CERTAIN) if new is None else (parameter(new), ratio)

    found: Proposals = defaultdict(F)
    with tabled_replays(lambda traced: parameter(parameters.forget(traced))):
        for run in enumerate_runs(propose):
            found[run.value] += run.probability
    return dict(found)


def test_the_step_of_pmmh_proposes_sweeps_and_decides() -> None:
    kernel = kernel_of(bound(CHAIN.replace("LENGTH", "1")), 1)
    parameters = kernel.parameters
    thetas = parameter_traces(parameters)
    laws = {p: sweeps(parameters.engine(theta), 1) for p, theta in thetas.items()}
    moves = {p: proposals(kernel, theta) for p, theta in thetas.items()}
    for p, law in laws.items():
        for name, outcome in law.items():
            assert outcome.swept.run is not None
            state = pmmh.State(mh.init(thetas[p]), outcome.swept.log_mass, outcome.swept.run)
            found: dict[tuple[Value, Key], F] = defaultdict(F)
            ends = start(partial(pmmh.step, kernel, state, warm=False), repr)
            for (end, info), probability in ends.values():
                assert info.accepted or end.run is state.run
                where = parameter(end.theta.traced), (value_of(end.run), rational(end.log_mass))
                found[where] += probability
            assert dict(found) == row(moves, thetas, laws, p, name, {})


# ------------------------------------------------------------------ SMC^2


@dataclass(frozen=True)
class TabledParameters(Parameters):
    """Parameters whose populations step by laws that are found once."""

    name: Name = by_choices
    engines: dict[Value, Tabled] = field(default_factory=dict[Value, Tabled])

    def engine(self, theta: Traced) -> Interpreted:
        engine = self.engines.setdefault(parameter(theta), Tabled(super().engine(theta), self.name))
        return cast("Interpreted", engine)  # SMC^2 takes it for an `Engine`, which it is


def short_chain(length: int) -> Bound:
    return bound(CHAIN.replace("LENGTH", str(length)).replace("0.5, 0.25, 0.25", "0.75, 0.25"))


def nests_of(program: Bound, inner: int, moves: int, name: str = "p") -> Nests:
    kernel = kernel_of(program, inner, name)
    found = kernel.parameters
    parameters = TabledParameters(found.machine, found.prior, found.block, by_state(program))
    return Nests(parameters, MULTINOMIAL, inner, kernel.mixture, moves, Silent().stopped)


def keys_of(nests: Nests) -> Callable[[Particle], Hashable]:
    """What distinguishes particles."""
    assert isinstance(nests.parameters, TabledParameters)
    name = nests.parameters.name

    def key(particle: Particle) -> Hashable:
        return parameter(particle.theta), population_key(particle.inner.population, name), particle.time

    return key


def led(nests: Nests, count: int, most: int = 1_000_000) -> Law[smc.State[Particle]]:
    """The law of the outer population at its end."""
    particle_key = keys_of(nests)

    def outer_key(state: smc.State[Particle]) -> Hashable:
        population = state.population
        return (
            tuple(map(particle_key, population.particles)),
            tuple(map(rational, population.log_weights)),
            rational(population.log_evidence),
        )

    def onward(state: smc.State[Particle], source: Streams) -> smc.State[Particle]:
        if smc.done(nests, state, MULTINOMIAL):
            return state
        return smc2.step(nests, state, MULTINOMIAL, streams(source, 0, count))[0]

    law = start(lambda source: smc2.init(nests, streams(source, 0, count)), outer_key, most)
    while not all(smc.done(nests, state, MULTINOMIAL) for state, _ in law.values()):
        law = propagate(law, onward, outer_key, most)
    return law


def measure(law: Law[smc.State[Particle]]) -> dict[Value, F]:
    """E of the weights of all inner runs, at their values."""
    found: dict[Value, F] = defaultdict(F)
    for state, probability in law.values():
        outer = state.population
        for particle, log_weight in zip(outer.particles, outer.log_weights, strict=True):
            mass = rational(log_weight) * rational(outer.log_evidence)
            if not mass:
                continue
            inner = particle.inner.population
            for run, w in zip(inner.particles, inner.log_weights, strict=True):
                share = rational(w) * rational(inner.log_evidence) / rational(inner.log_mass)
                if share:
                    found[value_of(run)] += probability * mass * share
    return dict(found)


@pytest.mark.parametrize(("count", "inner", "moves", "length"), [(2, 1, 0, 2), (1, 2, 0, 2), (1, 1, 1, 1)])
def test_smc2_is_properly_weighted(count: int, inner: int, moves: int, length: int) -> None:
    nests = nests_of(short_chain(length), inner, moves)
    law = led(nests, count)
    assert sum(probability for _, probability in law.values()) == 1
    assert measure(law) == masses(nests.parameters.machine.bound)


def test_the_moves_of_smc2_keep_the_law_of_its_particles() -> None:
    nests = nests_of(short_chain(2), 2, 1)
    particle_key = keys_of(nests)
    drawn = start(lambda source: nests.start(streams(source, 0, 1))[0][0], particle_key)
    target = {
        name: probability * rational(particle.log_mass) / rational(nests.parameters.density(particle.theta))
        for name, (particle, probability) in drawn.items()
    }
    after: dict[Hashable, F] = defaultdict(F)
    for name, (particle, _) in drawn.items():
        for end, probability in start(partial(nests.moved, particle), particle_key).values():
            after[particle_key(end)] += target[name] * probability
    assert dict(after) == target
