"""Populations of complete runs, led from the prior to the posterior, as a method's result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pplc.inference import smc, tempering
from pplc.inference.checkpoints import (
    packed_lineages,
    packed_population,
    unpacked_lineages,
    unpacked_population,
)
from pplc.inference.mixture import ZOOM, Mixture
from pplc.inference.options import Options
from pplc.inference.particles import Interpreted, Stopped, Watched, streams
from pplc.inference.populations import Replicate, replicates
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.stored_values import Unstorable
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
        found = _led(machine, rule, source, options, progress, checkpoint)
        if found is not None:
            steps.append(found.state.generation)
        return found

    result = replicates(make, method, options, bound.program.model.span, "")
    return replace(result, note=f"{max(steps, default=0)} temperatures, {_moves(options.moves)} at each")


def _moves(count: int) -> str:
    return f"{count} move{'s' * (count != 1)}"


def _led(
    machine: Machine,
    rule: Rule,
    source: Seeded,
    options: Options,
    progress: Progress,
    checkpoint: Mapping[str, Any] | None,
) -> Replicate | None:
    """One population from the prior, or from its checkpoint, to the posterior; None as in `Make`."""
    count = options.particles

    def sources(generation: int) -> Watched:
        return Watched(streams(source, generation, count), progress.stopped, LOOK)

    given = tempering.ladder(options.temperatures) if options.temperatures else None
    resamplings = 0
    try:
        if checkpoint is None:
            state = tempering.init(machine, sources(0))
        else:
            state, resamplings = _restored(machine, checkpoint, source), int(checkpoint["resamplings"])
    except Stopped:
        return None
    while state.beta < 1 and not state.population.dead:
        try:
            if progress.stopped():
                raise Stopped
            beta = tempering.next_beta(state) if given is None else given[state.generation]
            state, info = tempering.step(machine, state, beta, rule, sources(state.generation + 1))
        except Stopped:
            return Replicate(_runs(state), resamplings, whole=False, checkpoint=_stored(state, resamplings))
        resamplings += info.resampled
        progress.advance(
            "tempering",
            state.generation,
            options.temperatures or None,
            f"temperature {float(beta):.3g}, {float(info.effective):.0f} effective particles",
        )
    return Replicate(_runs(state), resamplings, whole=True)


def _runs(state: State) -> smc.State[Suspended]:
    """The state with the runs that the particles are."""
    population = hoist(lambda _, particle: particle.run, state.population)
    return smc.State(population, state.lineages, state.generation)


def _stored(state: State, resamplings: int) -> Mapping[str, Any] | None:
    """A population as storable values; None if a program's values cannot be stored."""
    try:
        population = packed_population(_runs(state).population)
    except Unstorable:
        return None
    return {
        **population,
        "beta": float(state.beta),
        "families": packed_lineages(state.lineages),
        "generation": state.generation,
        "resamplings": resamplings,
    }


def _restored(machine: Machine, checkpoint: Mapping[str, Any], source: Seeded) -> State:
    """The population of a checkpoint."""
    found = unpacked_population(Interpreted(machine), checkpoint, source)
    return State(
        hoist(lambda _, run: tempering.particle_of(run), found),
        float(checkpoint["beta"]),
        unpacked_lineages(checkpoint["families"]),
        int(checkpoint["generation"]),
    )
