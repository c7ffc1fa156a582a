"""Conditional SMC: a population in which slot 0 follows a run that is known, the reference.

Replacing the reference by a run of the final population, picked by weight, leaves the program's normalised
measure invariant, whatever the number of particles. With ancestor sampling, the reference's past is drawn
anew at every resampling, among all particles that could go on as the reference does.

Andrieu, Doucet & Holenstein, *Particle Markov chain Monte Carlo methods* (JRSS B 2010), section 4.3;
Lindsten, Jordan & Schon, *Particle Gibbs with ancestor sampling* (JMLR 2014), algorithm 3; for programs:
Wood, van de Meent & Mansinghka, *A new approach to probabilistic programming inference* (AISTATS 2014).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pplc.inference.future import Future
from pplc.inference.particles import Interpreted, Sources
from pplc.inference.suspended import Suspended as Keys
from pplc.semantics.measure import is_zero, times
from pplc.semantics.number import Number, weight
from pplc.semantics.representations.population import (
    SCHEMES,
    Population,
    effective_size,
    part,
    push_evidence,
    spawn,
    weigh,
)
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value


class Rule(NamedTuple):
    """below: as in SMC. ancestor_sampling: draw the reference's past anew. Resampling is multinomial."""

    below: Number = 1
    ancestor_sampling: bool = False


class State(NamedTuple):
    """What one step hands the next.

    population: the runs, the reference in slot 0.
    future:     of the reference. left: which of its choices it has still to make, as there. Its past may
                have been drawn anew, and is then another one than it was.
    """

    population: Population[Suspended]
    future: Future
    left: int


class Info(NamedTuple):
    """What a step did. effective: effective number of runs before it. resampled: whether it resampled."""

    effective: Number
    resampled: bool


def init(engine: Interpreted, reference: Mapping[Address, Value], keys: Keys, sources: Sources) -> State:
    """A population after its first weight, the reference in slot 0."""
    others, log_weights = engine.start([*sources[1:-1], sources[-1]])
    first, log_weight = engine.start_along(reference, sources[0])
    future = Future(engine, {a: v for a, v in reference.items() if a not in engine.given}, keys)
    population = spawn([first, *others], [log_weight, *log_weights], exact=engine.exact)
    return State(population, future, future.without(future.whole, first))


def done(state: State) -> bool:
    """Whether no run can go on."""
    population = state.population
    return all(
        run.finished or is_zero(w)
        for run, w in zip(population.particles, population.log_weights, strict=True)
    )


def step(engine: Interpreted, state: State, rule: Rule, sources: Sources) -> tuple[State, Info]:
    """Resamples if the rule says so, and takes every run to its next weight."""
    population, future, left = state
    effective = effective_size(population.weights)
    resampled = effective <= rule.below * len(population.particles)
    if resampled:
        population = _resampled(state, rule, sources[-1], exact=engine.exact)
    alive = [not is_zero(w) for w in population.log_weights]
    runs, factors = engine.advance(population.particles[1:], alive[1:], sources[1:])
    first, factor = engine.advance_along(population.particles[0], future.choices, sources[0])
    population = weigh(population, [first, *runs], [factor, *factors])
    return State(population, future, future.without(left, first)), Info(effective, resampled)


def pick(population: Population[Suspended], source: Source) -> Suspended:
    """A run picked by weight."""
    return population.particles[source.choose(population.weights)]


def _resampled(state: State, rule: Rule, source: Source, *, exact: bool) -> Population[Suspended]:
    """Offspring of equal weight: slot 0 goes on as the reference, the others pick their ancestors."""
    count = len(state.population.particles)
    pushed = push_evidence(state.population)
    ancestors = SCHEMES["multinomial"](source, pushed.weights, count - 1) if count > 1 else []
    past = _past(state._replace(population=pushed), source) if rule.ancestor_sampling else 0
    offspring = [pushed.particles[ancestor] for ancestor in (past, *ancestors)]
    share = part(count, exact=exact)
    return Population(offspring, [share] * count, pushed.log_evidence)


def _past(state: State, source: Source) -> int:
    """Whose past the reference goes on from: by weight times the density of its future after that past."""
    population, future, left = state
    scores = [
        w if is_zero(w) else times(w, future.weigh(run, left))
        for run, w in zip(population.particles, population.log_weights, strict=True)
    ]
    top = max(score for score in scores if not is_zero(score))
    return source.choose([weight(times(s, -top)) for s in scores])
