"""Populations of complete runs, led from the prior to the posterior, as a method's result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pplc.inference import smc, tempering
from pplc.inference.checkpoints import packed_population, unpacked_lineages, unpacked_population
from pplc.inference.generations import Replicate, Said, Way, shown, taken
from pplc.inference.mixture import ZOOM, Mixture
from pplc.inference.options import Options
from pplc.inference.particles import Interpreted, Sources
from pplc.inference.populations import replicates
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.tempering import Rule, State
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.population import SCHEMES, hoist
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.source import Seeded

LOOK = 20
"""Particles between two looks at the clock: each runs the program several times over."""


def sample(bound: Bound, method: str, options: Options, progress: Progress, *, below: float) -> Result:
    """`chains` populations of `particles` runs, resampled at this share of effective particles."""
    machine = Machine(bound, exact=False, infer=Nested())
    rule = Rule(SCHEMES[options.resampler], below, Mixture(zoom=ZOOM).kernel({}), options.moves)
    steps: list[int] = []

    def make(source: Seeded, checkpoint: Mapping[str, Any] | None) -> Replicate | None:
        way = _way(machine, rule, source, options.temperatures)
        found = taken(way, source, options.particles, progress, checkpoint)
        if found is not None:
            steps.append(found.state.generation)
        return found

    result = replicates(make, method, options, bound.program.model.span, "")
    return replace(result, note=f"{max(steps, default=0)} temperatures, {_moves(options.moves)} at each")


def _moves(count: int) -> str:
    return f"{count} move{'s' * (count != 1)}"


def _way(machine: Machine, rule: Rule, source: Seeded, temperatures: int) -> Way[State]:
    """By so many temperatures, or as many as the population needs."""
    given = tempering.ladder(temperatures) if temperatures else None

    def step(state: State, sources: Sources) -> tuple[State, Said]:
        beta = tempering.next_beta(state) if given is None else given[state.generation]
        state, info = tempering.step(machine, state, beta, rule, sources)
        note = f"temperature {float(beta):.3g}, {float(info.effective):.0f} effective particles"
        return state, Said(info.resampled, note)

    return Way(
        init=lambda sources: tempering.init(machine, sources),
        done=lambda state: state.beta >= 1 or state.population.dead,
        step=step,
        runs=_runs,
        pack=lambda state: {**packed_population(_runs(state).population), "beta": float(state.beta)},
        unpack=lambda checkpoint: _restored(machine, checkpoint, source),
        every=LOOK,
        task="tempering",
        steps=temperatures or None,
    )


def _runs(state: State) -> smc.State[Suspended]:
    """The state with the runs that the particles are."""
    return shown(state, hoist(lambda _, particle: particle.run, state.population))


def _restored(machine: Machine, checkpoint: Mapping[str, Any], source: Seeded) -> State:
    """The population of a checkpoint."""
    found = unpacked_population(Interpreted(machine), checkpoint, source)
    return State(
        hoist(lambda _, run: tempering.particle_of(run), found),
        float(checkpoint["beta"]),
        unpacked_lineages(checkpoint["families"]),
        int(checkpoint["generation"]),
    )
