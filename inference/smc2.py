"""SMC^2: a population of parameters, each with a population of its own that estimates its likelihood.

The outer population is weighed by the increments of the inner estimates; when too few of its particles
count, it is resampled and every particle takes steps of PMMH, whose populations are made anew up to the same
weight.

Properly weighted, evidence included, when every step resamples (`--resample-below 1`) and all runs meet as
many weights. When the population itself decides, as it does by default, the moves and the decision depend on
each other: the evidence is consistent, but slightly biased for few particles.

Chopin, Jacob & Papaspiliopoulos, *SMC^2: an efficient algorithm for sequential analysis of state space
models* (JRSS B 2013).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pplc.inference import smc
from pplc.inference.checkpoints import packed_population, unpacked_lineages, unpacked_population
from pplc.inference.generations import Replicate, Said, Way, restored, shown, taken
from pplc.inference.importance import refuses
from pplc.inference.metropolis import accept, minus
from pplc.inference.mixture import ZOOM, Mixture
from pplc.inference.options import Options
from pplc.inference.parameter_moves import Parameters, parameters_of, pick
from pplc.inference.parameters import parameters as choices_of
from pplc.inference.particles import Moved, Sources, Watched, inner_randomness, streams
from pplc.inference.populations import replicates
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.smc import Info, Rule, State
from pplc.inference.stored_values import packed_trace, unpacked_trace
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, is_zero, times
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.population import SCHEMES, Population, hoist
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.representations.traced import Traced
from pplc.semantics.source import Seeded, Source

__all__ = ["Info", "State", "init", "refuses", "run", "step"]


LOOK = 50
"""Runs of an inner population between two looks at the clock; a move makes all of them anew, step by step."""


class Particle(NamedTuple):
    """Parameters, and the population of runs with them so far.

    time: steps that the outer population has made; the inner one may be done before.
    """

    theta: Traced
    inner: State[Suspended]
    time: int

    @property
    def log_mass(self) -> LogWeight:
        """The log of the estimate of the mass of the parameters, their prior density included."""
        return self.inner.population.log_mass


@dataclass(frozen=True)
class Nests:
    """Particles of SMC^2, for the outer population (`pplc.inference.particles.Engine`).

    count: runs of an inner population. moves: steps of PMMH after an outer resampling.
    stopped: whether it is time to stop; then `Stopped` is raised on the way.
    """

    parameters: Parameters
    rule: Rule
    count: int
    mixture: Mixture
    moves: int
    stopped: Callable[[], bool]

    @property
    def exact(self) -> bool:
        return self.parameters.machine.exact

    def start(self, sources: Sources) -> Moved[Particle]:
        particles = [self._drawn(source) for source in sources[:-1]]
        factors = [minus_or_zero(p.log_mass, self.parameters.density(p.theta)) for p in particles]
        return particles, factors

    def _drawn(self, source: Source) -> Particle:
        inner_randomness(self.parameters.machine, source)
        theta = self.parameters.drawn({}, source)
        return Particle(theta, smc.init(self.parameters.engine(theta), self._slots(source)), 0)

    def advance(
        self, particles: Sequence[Particle], alive: Sequence[bool], sources: Sources
    ) -> Moved[Particle]:
        found: list[Particle] = []
        factors: list[LogWeight] = []
        for particle, lives, source in zip(particles, alive, sources, strict=False):
            inner_randomness(self.parameters.machine, source)
            engine = self.parameters.engine(particle.theta)
            if not lives or smc.done(engine, particle.inner, self.rule):
                found.append(particle._replace(time=particle.time + 1))
                factors.append(ONE(self.exact))
                continue
            inner, _ = smc.step(engine, particle.inner, self.rule, self._slots(source))
            found.append(Particle(particle.theta, inner, particle.time + 1))
            factors.append(minus_or_zero(found[-1].log_mass, particle.log_mass))
        return found, factors

    def move(
        self, particles: Sequence[Particle], alive: Sequence[bool], weights: int, sources: Sources
    ) -> list[Particle]:
        return list(particles)

    def run_of(self, particle: Particle) -> Suspended:
        """A run that has not finished, if there is one."""
        runs = zip(*particle.inner.population[:2], strict=True)
        living = [run for run, weight in runs if not is_zero(weight)]
        unfinished = [run for run in living if not run.finished]
        return (unfinished or living or list(particle.inner.population.particles))[0]

    def picked(self, particle: Particle, source: Source) -> Suspended:
        """A run of the particle, by its weight."""
        run = pick(particle.inner.population, source)
        if run is None:
            return particle.inner.population.particles[0]
        self.parameters.check(particle.theta, run)
        return run

    def moved(self, particle: Particle, source: Source) -> Particle:
        """After `moves` steps of PMMH, which keep the law of the particle as far as it has come."""
        inner_randomness(self.parameters.machine, source)
        if is_zero(particle.log_mass):
            return particle
        for _ in range(self.moves):
            move = self.mixture.choose(self.parameters.prior, particle.theta, {}, source)
            if move is None:
                continue
            new, ratio, _ = self.parameters.propose(particle.theta, move, source)
            if new is None:
                continue
            proposed = self._advanced(new, particle.time, source)
            mass = proposed.log_mass
            if not is_zero(mass) and accept(times(ratio, minus(mass, particle.log_mass)), source):
                particle = proposed
        return particle

    def _advanced(self, theta: Traced, time: int, source: Source) -> Particle:
        """A new population with these parameters, as far as that of the old ones is."""
        engine = self.parameters.engine(theta)
        slots = self._slots(source)
        inner = smc.init(engine, slots)
        while inner.generation < time and not smc.done(engine, inner, self.rule):
            inner, _ = smc.step(engine, inner, self.rule, slots)
        return Particle(theta, inner, time)

    def _slots(self, source: Source) -> Sources:
        """An inner population draws from its particle's source, slot after slot."""
        return Watched([source] * (self.count + 1), self.stopped, LOOK)


def minus_or_zero(left: LogWeight, right: LogWeight) -> LogWeight:
    """The log of a quotient; that of zero if the dividend is zero."""
    return left if is_zero(left) else minus(left, right)


def init(nests: Nests, sources: Sources) -> State[Particle]:
    """Parameters from the prior, each with a population after its first weight."""
    return smc.init(nests, sources)


def step(nests: Nests, state: State[Particle], rule: Rule, sources: Sources) -> tuple[State[Particle], Info]:
    """The outer population at its next weight; particles move if it was resampled before."""
    state, info = smc.step(nests, state, rule, sources)
    if info.resampled:
        moved = hoist(lambda slot, particle: nests.moved(particle, sources[slot]), state.population)
        state = state._replace(population=moved)
    return state, info


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """`chains` populations of `particles` parameters, each with `inner_particles` runs."""
    machine = Machine(bound, exact=False, infer=Nested())
    names = [name.strip() for name in options.parameters.split(",")] if options.parameters else []
    block = choices_of(bound, names)
    rule = Rule(SCHEMES[options.resampler], options.resample_below)
    nests = Nests(
        parameters_of(machine, block),
        rule,
        options.inner_particles,
        Mixture(block, zoom=ZOOM),
        options.moves,
        progress.stopped,
    )

    def make(source: Seeded, checkpoint: Mapping[str, Any] | None) -> Replicate | None:
        return taken(_way(nests, rule, source), source, options.particles, progress, checkpoint)

    note = (
        f"{counted(options.particles, 'parameter')} with {counted(options.inner_particles, 'particle')} each"
    )
    return replicates(make, "smc2", options, bound.program.model.span, note)


def _way(nests: Nests, rule: Rule, source: Seeded) -> Way[State[Particle]]:
    def stepped(state: State[Particle], sources: Sources) -> tuple[State[Particle], Said]:
        state, info = step(nests, state, rule, sources)
        return state, Said(info.resampled, f"{float(info.effective):.0f} effective parameters")

    return Way(
        init=lambda sources: init(nests, sources),
        done=lambda state: smc.done(nests, state, rule),
        step=stepped,
        runs=lambda state: _runs(nests, state, source),
        pack=_packed_state,
        unpack=lambda checkpoint: _restored(nests, checkpoint, source),
        every=1,
    )


def _runs(nests: Nests, state: State[Particle], source: Seeded) -> State[Suspended]:
    """The state with a run for each of the particles."""
    last = streams(source, state.generation + 1, len(state.population.particles))
    return shown(state, hoist(lambda slot, particle: nests.picked(particle, last[slot]), state.population))


# ------------------------------------------------------------------ the state in run files


def _packed_state(state: State[Particle]) -> dict[str, Any]:
    return {
        "particles": [_packed(particle) for particle in state.population.particles],
        "log_weights": [float(w) for w in state.population.log_weights],
        "log_evidence": float(state.population.log_evidence),
    }


def _packed(particle: Particle) -> dict[str, Any]:
    return {
        "theta": packed_trace(particle.theta.values),
        **packed_population(particle.inner.population),
        "generation": particle.inner.generation,
        "time": particle.time,
    }


def _restored(nests: Nests, checkpoint: Mapping[str, Any], source: Seeded) -> State[Particle]:
    """The population of a checkpoint."""
    inner_randomness(nests.parameters.machine, source)
    population = Population(
        [_unpacked(nests, each, source) for each in checkpoint["particles"]],
        [float(w) for w in checkpoint["log_weights"]],
        float(checkpoint["log_evidence"]),
    )
    return restored(population, checkpoint)


def _unpacked(nests: Nests, stored: Mapping[str, Any], source: Seeded) -> Particle:
    theta = nests.parameters.drawn(unpacked_trace(stored["theta"]), source)
    population = unpacked_population(nests.parameters.engine(theta), stored, source)
    lineages = unpacked_lineages(range(len(population.particles)))  # those of inner runs are not read
    inner = State(population, lineages, int(stored["generation"]))
    return Particle(theta, inner, int(stored["time"]))
