"""Generations of a population, one after the other, with looks at the clock and what to go on from.

Replicate k of a method reads task k of the seed, generation g of it generation g: a population that goes on
makes the draws that one which was never stopped would have made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from pplc.inference.checkpoints import packed_lineages, unpacked_lineages
from pplc.inference.particles import Sources, Stopped, Watched, streams
from pplc.inference.progress import Progress
from pplc.inference.smc import Lineage, State
from pplc.inference.stored_values import Unstorable
from pplc.semantics.representations.population import Population
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.source import Seeded


class Replicate(NamedTuple):
    """One population with what is known of it.

    resamplings: how often it was resampled. whole: every run has finished, or has weight zero.
    checkpoint:  of one that is not whole, what to go on from, as storable values; None: from its start.
    """

    state: State[Suspended]
    resamplings: int
    whole: bool
    checkpoint: Mapping[str, Any] | None = None


Make: TypeAlias = Callable[[Seeded, "Mapping[str, Any] | None"], "Replicate | None"]
"""Makes a population from its source, or goes on with one from its checkpoint.

None if it was stopped before its first generation was there.
"""


class Standing(Protocol):
    """Where an algorithm stands: after so many generations, with particles of these lineages."""

    @property
    def generation(self) -> int: ...
    @property
    def lineages(self) -> Sequence[Lineage]: ...


S = TypeVar("S")
T = TypeVar("T", bound=Standing)


class Said(NamedTuple):
    """What a step did: whether it resampled, and what is shown of it beside the number of the generation."""

    resampled: bool
    note: str


@dataclass(frozen=True)
class Way(Generic[T]):
    """How an algorithm takes a population to its end, and how it is stored on the way.

    init:   a population, from the sources of the first generation.
    step:   the next generation of one that is not `done`, from its sources.
    runs:   what is shown: the runs that the particles are.
    pack:   the particles as storable values; may raise `Unstorable`. unpack: the state of a checkpoint.
    every:  particles between two looks at the clock.
    task:   what is shown while it works. steps: of how many generations, if that is known.
    """

    init: Callable[[Sources], T]
    done: Callable[[T], bool]
    step: Callable[[T, Sources], tuple[T, Said]]
    runs: Callable[[T], State[Suspended]]
    pack: Callable[[T], dict[str, Any]]
    unpack: Callable[[Mapping[str, Any]], T]
    every: int
    task: str = "stepping"
    steps: int | None = None


def taken(
    way: Way[T], source: Seeded, count: int, progress: Progress, checkpoint: Mapping[str, Any] | None
) -> Replicate | None:
    """One population to its end, from its start or its checkpoint; None as in `Make`.

    A generation that is stopped half way is made again by who goes on, from the one before it.
    """

    def sources(generation: int) -> Watched:
        return Watched(streams(source, generation, count), progress.stopped, way.every)

    resamplings = 0
    try:
        if checkpoint is None:
            state = way.init(sources(0))
        else:
            state, resamplings = way.unpack(checkpoint), int(checkpoint["resamplings"])
    except Stopped:
        return None
    while not way.done(state):
        try:
            if progress.stopped():
                raise Stopped
            state, said = way.step(state, sources(state.generation + 1))
        except Stopped:
            return Replicate(
                way.runs(state), resamplings, whole=False, checkpoint=_stored(way, state, resamplings)
            )
        resamplings += said.resampled
        progress.advance(way.task, state.generation, way.steps, said.note)
    return Replicate(way.runs(state), resamplings, whole=True)


def restored(population: Population[S], checkpoint: Mapping[str, Any]) -> State[S]:
    """The state of a checkpoint whose particles are these; of their lineages it has the first ancestors."""
    return State(population, unpacked_lineages(checkpoint["families"]), int(checkpoint["generation"]))


def shown(standing: Standing, population: Population[Suspended]) -> State[Suspended]:
    """Where an algorithm stands, with the runs that its particles are."""
    return State(population, standing.lineages, standing.generation)


def _stored(way: Way[T], state: T, resamplings: int) -> Mapping[str, Any] | None:
    """A population as storable values; None if a program's values cannot be stored."""
    try:
        particles = way.pack(state)
    except Unstorable:
        return None
    return {
        **particles,
        "families": packed_lineages(state.lineages),
        "generation": state.generation,
        "resamplings": resamplings,
    }
