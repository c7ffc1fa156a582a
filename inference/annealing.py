"""Populations of complete runs, led from the prior to the posterior, as a method's result."""

from __future__ import annotations

from dataclasses import replace

from pplc.inference import tempering
from pplc.inference.mixture import ZOOM, Mixture
from pplc.inference.options import Options
from pplc.inference.particles import streams
from pplc.inference.populations import Replicate, replicates
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.smc import State
from pplc.inference.tempering import Rule
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.population import SCHEMES, hoist
from pplc.semantics.source import Seeded


def sample(bound: Bound, method: str, options: Options, progress: Progress, *, below: float) -> Result:
    """`chains` populations of `particles` runs, resampled at this share of effective particles."""
    machine = Machine(bound, exact=False, infer=Nested())
    rule = Rule(SCHEMES[options.resampler], below, Mixture(zoom=ZOOM).kernel({}), options.moves)
    steps: list[int] = []

    def make(source: Seeded, _: object) -> Replicate:
        found, count = _led(machine, rule, source, options, progress)
        steps.append(count)
        return found

    result = replicates(make, method, options, bound.program.model.span, "")
    return replace(result, note=f"{max(steps)} temperatures, {_moves(options.moves)} at each")


def _moves(count: int) -> str:
    return f"{count} move{'s' * (count != 1)}"


def _led(
    machine: Machine, rule: Rule, source: Seeded, options: Options, progress: Progress
) -> tuple[Replicate, int]:
    """One population from the prior to the posterior, and the number of its temperatures."""
    count = options.particles
    state = tempering.init(machine, streams(source, 0, count))
    given = tempering.ladder(options.temperatures) if options.temperatures else None
    resamplings = 0
    while state.beta < 1 and not state.population.dead:
        if progress.stopped():
            break
        beta = tempering.next_beta(state) if given is None else given[state.generation]
        sources = streams(source, state.generation + 1, count)
        state, info = tempering.step(machine, state, beta, rule, sources)
        resamplings += info.resampled
        progress.advance(
            "tempering",
            state.generation,
            options.temperatures or None,
            f"temperature {float(beta):.3g}, {float(info.effective):.0f} effective particles",
        )
    population = hoist(lambda _, particle: particle.run, state.population)
    whole = state.beta >= 1 or state.population.dead
    return Replicate(
        State(population, state.lineages, state.generation), resamplings, whole
    ), state.generation
