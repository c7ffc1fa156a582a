"""Sequential Monte Carlo: a population of runs, weighed one weight at a time and resampled in between.

Every step composes transformations that preserve the meaning of a population: `resample`, `move`, `advance`
and `weigh`. So the output is properly weighted and the evidence unbiased, whatever the number of particles,
the scheme, or the rule for when to resample.

Del Moral, Doucet & Jasra, *Sequential Monte Carlo samplers* (JRSS B 2006), section 3; Chopin &
Papaspiliopoulos, *An Introduction to Sequential Monte Carlo* (2020), algorithm 10.1; the look-ahead:
Pitt & Shephard, *Filtering via simulation: auxiliary particle filters* (JASA 1999), with the pilot of Lin,
Chen & Liu, *Lookahead strategies for sequential Monte Carlo* (Statistical Science 2013), section 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from pplc.inference.particles import Engine, Sources
from pplc.semantics.measure import is_zero
from pplc.semantics.number import LogWeight, Number, log_weight, weight
from pplc.semantics.representations.population import (
    Population,
    Scheme,
    effective_size,
    resample,
    spawn,
    weigh,
)

S = TypeVar("S")

Lineage: TypeAlias = "tuple[int, Lineage] | None"
"""The slots of a particle's ancestors, latest first. Particles share the past that they have in common and
nothing keeps lines that died out, so that all lineages together stay small: about T + N log N entries after
T generations (Jacob, Murray & Rubenthaler, *Path storage in the particle filter*, 2015)."""


class State(NamedTuple, Generic[S]):
    """What one step hands the next.

    population: the runs, each after its latest weight.
    lineages:   of the particles.
    generation: how many steps have been made.
    """

    population: Population[S]
    lineages: Sequence[Lineage]
    generation: int


class Info(NamedTuple):
    """What a step did.

    effective: effective number of particles before it. resampled: whether it resampled.
    """

    effective: Number
    resampled: bool


@dataclass(frozen=True)
class Rule:
    """How and when to resample.

    scheme:    which offspring descends from whom.
    below:     resample when the effective number is at most this share of the particles: 1 resamples
               before every step, 0 never.
    lookahead: resample for the weights that a pilot run of each particle meets next.
    moving:    before how many of the first steps the runs are moved. It must not depend on the population,
               neither on its weights nor on whether its runs have finished: the kernel keeps the law of all
               populations together, not of those that are moved.
    """

    scheme: Scheme
    below: Number = 1
    lookahead: bool = False
    moving: int = 0


def init(engine: Engine[S], sources: Sources) -> State[S]:
    """A population of new runs, each after its first weight."""
    particles, log_weights = engine.start(sources)
    population = spawn(particles, log_weights, exact=engine.exact)
    return State(population, [(slot, None) for slot in range(len(particles))], 0)


def done(engine: Engine[S], state: State[S], rule: Rule) -> bool:
    """Whether nothing is left to do: all runs have finished or have weight zero, and none is to be moved."""
    population = state.population
    return (
        population.dead
        or state.generation >= rule.moving
        and all(
            is_zero(w) or engine.run_of(particle).finished
            for particle, w in zip(population.particles, population.log_weights, strict=True)
        )
    )


def step(engine: Engine[S], state: State[S], rule: Rule, sources: Sources) -> tuple[State[S], Info]:
    """Resamples and moves the population as the rule says, then takes every run to its next weight."""
    population, lineages, generation = state
    count = len(population.particles)
    effective = effective_size(population.weights)
    resampled = effective <= rule.below * count
    if resampled:
        population, ancestors = _resampled(engine, population, rule, sources)
        lineages = [lineages[ancestor] for ancestor in ancestors]
    alive = [not is_zero(w) for w in population.log_weights]
    if generation < rule.moving:
        moved = engine.move(population.particles, alive, generation + 1, sources)
        population = population._replace(particles=moved)
    particles, factors = engine.advance(population.particles, alive, sources)
    return (
        State(
            weigh(population, particles, factors),
            [(slot, line) for slot, line in enumerate(lineages)] if resampled else lineages,
            generation + 1,
        ),
        Info(effective, resampled),
    )


def _resampled(
    engine: Engine[S], population: Population[S], rule: Rule, sources: Sources
) -> tuple[Population[S], Sequence[int]]:
    if not rule.lookahead:
        return resample(population, rule.scheme, sources[-1])
    # A pilot draws its own future, which is then thrown away: given the particle, the factor is independent
    # of what the offspring will draw, so that weighing by it and, after resampling, against it cancels.
    scores = _scores(engine, population, sources)
    twisted = weigh(population, population.particles, scores)
    offspring, ancestors = resample(twisted, rule.scheme, sources[-1])
    return weigh(offspring, offspring.particles, [-scores[ancestor] for ancestor in ancestors]), ancestors


def _scores(engine: Engine[S], population: Population[S], sources: Sources) -> list[LogWeight]:
    """A positive factor for each particle: the next weight of its pilot, averaged with that of all.

    Without the average, a particle whose pilot meets weight zero would never have offspring.
    """
    alive = [not is_zero(w) for w in population.log_weights]
    _, factors = engine.advance(population.particles, alive, sources)
    numbers = _scaled(factors)
    mean = sum(numbers) / (Fraction(len(numbers)) if engine.exact else len(numbers))
    if mean == 0:
        return [log_weight(Fraction(1) if engine.exact else 1.0)] * len(numbers)
    return [log_weight((number + mean) / 2) for number in numbers]


def _scaled(factors: Sequence[LogWeight]) -> list[Number]:
    """Factors on the ordinary scale; floats relative to the largest, so that none overflows."""
    floats = [factor for factor in factors if isinstance(factor, float)]
    if len(floats) < len(factors):
        return [weight(factor) for factor in factors]
    top = max(floats)
    return [weight(factor - top) if top > float("-inf") else 0.0 for factor in floats]
