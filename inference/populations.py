"""From populations to results: replicates of SMC, their draws, weights, families and evidence.

`--chains` replicates run independently. Replicate k reads task k of the seed, step g of it generation g, so
that a copied particle never draws its ancestor's numbers again, and a run that goes on makes the draws that
a longer one would have made, and states the same evidence (`pplc.inference.met`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, TypeVar

import numpy as np

from pplc.inference import smc, weights
from pplc.inference.checkpoints import eve, packed_population, unpacked_population
from pplc.inference.collect import Run, arrays
from pplc.inference.generations import Make, Replicate, Said, Way, restored, shown, taken
from pplc.inference.guided import Guided
from pplc.inference.importance import refuses
from pplc.inference.markov import likelihood_of, variables_of
from pplc.inference.met import Met
from pplc.inference.options import Options
from pplc.inference.particles import Interpreted, Restoring, Sources
from pplc.inference.progress import Progress
from pplc.inference.result import Draws, Result
from pplc.inference.smc import Rule, State
from pplc.inference.weights import Floats, Whole
from pplc.lang.diagnostics import Diagnostic, Rejected, Span
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.population import SCHEMES, Population, hoist
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.runs import Finished
from pplc.semantics.source import Seeded, Source

__all__ = ["all_dead", "refuses", "replicates", "run", "sample"]

S = TypeVar("S")

HALF_WAY = "it was stopped half way between the prior and the posterior"
"""What is said of a population that has not met all of its weights."""


LOOK = 200
"""Particles between two looks at the clock: a tenth of a second of simple programs, at most."""


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """`--method smc`: `chains` populations of `particles` runs, drawn from the laws or by a guide."""
    machine = Machine(bound, exact=False, infer=Nested())
    span = bound.program.model.span
    if options.proposal:
        return sample(Guided(machine, options.proposal), "smc", options, progress, span)
    return sample(Interpreted(machine), "smc", options, progress, span)


def sample(
    engine: Restoring[S],
    method: str,
    options: Options,
    progress: Progress,
    model: Span,
    moving: int = 0,
) -> Result:
    """`chains` populations of `particles` runs each, moved before the first `moving` steps."""
    rule = Rule(SCHEMES[options.resampler], options.resample_below, options.lookahead, moving)

    def make(source: Seeded, checkpoint: Mapping[str, Any] | None) -> Replicate | None:
        return taken(_way(engine, rule, source), source, options.particles, progress, checkpoint)

    return replicates(make, method, options, model, f"{options.resampler} resampling")


def replicates(make: Make, method: str, options: Options, model: Span, note: str) -> Result:
    """The result of `chains` populations, each made from a source of its own.

    A population that is stopped half way is shown if it is the first of all; it is gone on with in any case.
    """
    before: Mapping[str, Any] = {} if options.state is None else options.state
    first = int(before.get("next", 0))
    found: list[Replicate] = []
    half: Replicate | None = None
    for number in range(first, first + options.chains):
        checkpoint = before.get("checkpoint") if number == first else None
        replicate = make(Seeded(options.seed, task=number), checkpoint)
        if replicate is None or not replicate.whole:
            half = replicate
            break
        found.append(replicate)
    following = first + len(found)
    earlier = Met.stored(before)
    state: dict[str, Any] = {"method": method, "next": following, **earlier.storable()}
    if half is not None and half.checkpoint is not None:
        state["checkpoint"] = half.checkpoint
    elif not found and "checkpoint" in before:
        state["checkpoint"] = before["checkpoint"]
    shown = [half] if half is not None and not following else found
    if not shown:
        return Result(method, state=state, stopped=True)
    result, met = _result(method, shown, earlier, options, note, model)
    return replace(
        result,
        state={**state, **met.storable()} if found else state,
        replaces=options.state is not None and not first,
        stopped=len(found) < options.chains,
    )


def _checked(found: Sequence[Replicate], earlier: Met, model: Span) -> None:
    if not earlier.alive and all(replicate.state.population.dead for replicate in found):
        raise all_dead(found[-1].state.population, model)


def _way(engine: Restoring[S], rule: Rule, source: Source) -> Way[State[S]]:
    """How SMC does it."""

    def step(state: State[S], sources: Sources) -> tuple[State[S], Said]:
        state, info = smc.step(engine, state, rule, sources)
        return state, Said(info.resampled, f"{float(info.effective):.0f} effective particles")

    def runs(state: State[S]) -> State[Suspended]:
        return shown(state, hoist(lambda _, particle: engine.run_of(particle), state.population))

    return Way(
        init=lambda sources: smc.init(engine, sources),
        done=lambda state: smc.done(engine, state, rule),
        step=step,
        runs=runs,
        pack=lambda state: packed_population(runs(state).population),
        unpack=lambda checkpoint: restored(unpacked_population(engine, checkpoint, source), checkpoint),
        every=LOOK,
    )


def all_dead(population: Population[Suspended], model: Span) -> Rejected:
    """The error when every particle of every population has weight zero."""
    runs = population.particles
    weights_met = max(run.weights for run in runs)
    last = next(run.event for run in runs if run.weights == weights_met)
    return Rejected(
        Diagnostic(
            "E0407",
            ("the only particle has" if len(runs) == 1 else f"all {len(runs):,} particles have")
            + f" weight zero at {'its' if len(runs) == 1 else 'their'} {_ordinal(weights_met)} weight",
            model if isinstance(last, Finished) else last.span,
            help="the evidence may be impossible, or too rare to meet by chance: take more `--particles`,"
            " write conditions as observations, or use another method",
        )
    )


def _ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


# ------------------------------------------------------------------ results


def _result(
    method: str, found: Sequence[Replicate], earlier: Met, options: Options, note: str, model: Span
) -> tuple[Result, Met]:
    """The draws of the populations found, what is known of them and those before, and what that rests on."""
    _checked(found, earlier, model)
    dimensions = [
        run.dimension
        for replicate in found
        for run, w in zip(*replicate.state.population[:2], strict=True)
        if float(w) > -inf
    ]
    if earlier.alive:
        dimensions.append(earlier.dimension)
    lowest = min(dimensions)
    logs = np.array([_log_weights(replicate, lowest) for replicate in found])
    families = np.array([[eve(line) for line in r.state.lineages] for r in found])
    families += (earlier.count + np.arange(len(found)))[:, None] * options.particles
    resamplings = [replicate.resamplings for replicate in found]
    picked = options.resampler == "multinomial"
    met = earlier.at(lowest).joined(_met(logs, families, resamplings, lowest, picked=picked))
    # Replicates are independent draws, not chains: they stand one after the other.
    runs = [run for replicate in found for run in replicate.state.population.particles]
    whole = found[-1].whole
    result = Result(
        method,
        draws=Draws(
            arrays([[_recorded(run) for run in runs]]),
            logs.reshape(1, -1),
            arrays([[likelihood_of(run) for run in runs]]),
            families=families.reshape(1, -1),
            caveat="" if whole else HALF_WAY,
        ),
        log_evidence=met.evidence if whole else None,
        no_evidence="" if whole else HALF_WAY,
        diagnostics={"unique_ancestors": met.ancestors, "resamplings": met.resamplings},
        note=note,
    )
    return result, met


def _met(logs: Floats, families: Whole, resamplings: Sequence[int], dimension: int, *, picked: bool) -> Met:
    """What the log weights and families of replicates, [replicate, particle], say of them.

    resamplings: how often each was resampled. dimension: of the runs that count. picked: whether the
    resampling was by independent picks.
    """
    tops = logs.max(axis=1)
    values = [
        float(top + np.log(np.exp(row - top).mean())) if top > -inf else -inf
        for row, top in zip(logs, tops, strict=True)
    ]
    errors: list[float] = []
    rough: list[bool] = []
    for value, row, members, times in zip(values, logs, families, resamplings, strict=True):
        errors.append(weights.population_error(row, members, times if picked else 0) if value > -inf else inf)
        few = value > -inf and times > 0 and weights.effective_families(row, members) < weights.FEW
        rough.append(few)
    ancestors = int(np.unique(families[logs > -inf]).size)
    return Met(values, errors, rough, ancestors, sum(resamplings), dimension)


def _log_weights(replicate: Replicate, lowest: int) -> list[float]:
    """The weights, evidence included, on the scale on which their mean is that of the evidence.

    In mixed laws only the runs of lowest dimension count (LANGUAGE.md 11).
    """
    population = replicate.state.population
    scale = float(population.log_evidence) + float(np.log(len(population.particles)))
    return [
        float(w) + scale if run.dimension == lowest else -inf
        for run, w in zip(population.particles, population.log_weights, strict=True)
    ]


def _recorded(run: Suspended) -> Run:
    """The variables of a run: of one that has not finished those that it has made so far."""
    if isinstance(run.event, Finished):
        return variables_of(run)
    return Finished((), run.event.state.recorded).variables()
