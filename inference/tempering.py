"""Populations of complete runs led from the prior to the posterior along prior * weight^beta.

Each step multiplies the weights by the increment of the exponent, resamples if the rule says so, and moves
every run by Metropolis-Hastings steps that keep the law of the new exponent. The output is properly weighted
for every ladder that is given, whatever its order; one that is found from the population itself makes the
estimate of the evidence slightly biased, as for any adaptive sampler.

Neal, *Annealed importance sampling* (Statistics and Computing 2001); Del Moral, Doucet & Jasra, *Sequential
Monte Carlo samplers* (JRSS B 2006), section 3.3.2; the search for the next exponent: Zhou, Johansen & Aston,
*Towards automatic model comparison* (JCGS 2016), section 3.2; the fixed ladder: Friel & Pettitt, *Marginal
likelihood estimation via power posteriors* (JRSS B 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf
from typing import NamedTuple

from pplc.inference.metropolis import Kernel, mh_step
from pplc.inference.particles import Sources, inner_randomness
from pplc.inference.smc import Lineage
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE
from pplc.semantics.number import IMPOSSIBLE, LogWeight, Number
from pplc.semantics.representations import sequential
from pplc.semantics.representations.population import (
    Population,
    Scheme,
    effective_size,
    hoist,
    resample,
    spawn,
    weigh,
)
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.representations.traced import Traced, traced
from pplc.semantics.source import Source

KEPT = 0.9
"""The share of its effective particles that a step to the next exponent may leave, if it is searched for."""

STEEP = 4
"""Power of the fixed ladder: most of the way is near the prior (Friel & Pettitt 2008, section 4)."""


class Particle(NamedTuple):
    """A complete run; its trace, unless its weight is zero."""

    run: Suspended
    trace: Traced | None


class State(NamedTuple):
    """What one step hands the next.

    beta:       the exponent that the population has reached.
    lineages:   of the particles.
    generation: how many steps have been made.
    """

    population: Population[Particle]
    beta: float
    lineages: Sequence[Lineage]
    generation: int


class Info(NamedTuple):
    """What a step did.

    effective: effective number of particles before resampling. resampled: whether it resampled.
    accepted:  the share of moves that were accepted.
    """

    effective: Number
    resampled: bool
    accepted: float


class Rule(NamedTuple):
    """How a population is led.

    below: resample when the effective number is at most this share of the particles; 0 never.
    moves: Metropolis-Hastings steps of each particle after every increment.
    """

    scheme: Scheme
    below: Number
    kernel: Kernel
    moves: int


def ladder(steps: int) -> list[float]:
    """The exponents after each of so many steps."""
    return [(k / steps) ** STEEP for k in range(1, steps + 1)]


def init(machine: Machine, sources: Sources) -> State:
    """Runs from the prior, the exponent being 0."""
    particles = [_drawn(machine, source) for source in sources[:-1]]
    one = ONE(machine.exact)
    population = spawn(particles, [one] * len(particles), exact=machine.exact)
    return State(population, 0, [(slot, None) for slot in range(len(particles))], 0)


def _drawn(machine: Machine, source: Source) -> Particle:
    inner_randomness(machine, source)
    choose = sequential.prior(source, exact=machine.exact)
    run, _ = sequential.finish(machine, sequential.start(machine, choose), choose)
    return particle_of(run)


def particle_of(run: Suspended) -> Particle:
    """A run that was taken to its end, or to where its weight became zero."""
    return Particle(run, traced(run, None) if run.finished else None)


def step(machine: Machine, state: State, beta: float, rule: Rule, sources: Sources) -> tuple[State, Info]:
    """The population at the next exponent."""
    population, before, lineages, generation = state
    change = beta - before
    factors = [powered(particle, change, exact=machine.exact) for particle in population.particles]
    population = weigh(population, population.particles, factors)
    if population.dead:
        return State(population, beta, lineages, generation + 1), Info(0, False, 0.0)
    effective = effective_size(population.weights)
    resampled = effective <= rule.below * len(population.particles)
    if resampled:
        population, ancestors = resample(population, rule.scheme, sources[-1])
        lineages = [(slot, lineages[ancestor]) for slot, ancestor in enumerate(ancestors)]
    accepted = 0

    def move(slot: int, particle: Particle) -> Particle:
        nonlocal accepted
        trace = particle.trace
        if trace is None:
            return particle
        for _ in range(rule.moves):
            trace, moved = mh_step(machine, trace, rule.kernel, sources[slot], beta)
            accepted += moved
        return Particle(trace.run, trace)

    population = hoist(move, population)
    share = accepted / (rule.moves * len(population.particles)) if rule.moves else 0.0
    return State(population, beta, lineages, generation + 1), Info(effective, resampled, share)


def powered(particle: Particle, change: float, *, exact: bool) -> LogWeight:
    """The log of the run's weight to a power; a run of weight zero has none left from the first step on."""
    if particle.trace is None:
        return IMPOSSIBLE if exact else -inf
    return particle.trace.log_weight * (int(change) if change == int(change) else change)


def next_beta(state: State) -> float:
    """The largest exponent that leaves the share `KEPT` of the effective particles; 1 if that does."""
    population = state.population
    logs = [float(powered(particle, 1, exact=False)) for particle in population.particles]
    weights = [float(w) for w in population.weights]
    low, high = float(state.beta), 1.0
    if _conditional(weights, logs, high - low) >= KEPT:
        return high
    for _ in range(50):
        middle = (low + high) / 2
        if _conditional(weights, logs, middle - float(state.beta)) >= KEPT:
            low = middle
        else:
            high = middle
    # The first increment drops the runs of weight zero: no exponent is small enough to keep their share.
    return low if low > float(state.beta) else high


def _conditional(weights: Sequence[float], logs: Sequence[float], change: float) -> float:
    """The effective share (sum of W u)^2 / sum of W u^2 that an increment leaves, among living runs."""
    alive = [(w, log) for w, log in zip(weights, logs, strict=True) if w > 0 and log > -inf]
    top = max((log for _, log in alive), default=0.0)
    factors = [(w, exp(change * (log - top))) for w, log in alive]
    whole = sum(w for w, _ in factors)
    first = sum(w * u for w, u in factors)
    second = sum(w * u * u for w, u in factors)
    return first * first / (second * whole) if second > 0 else 0.0
