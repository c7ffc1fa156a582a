"""How a program takes one step, for a whole population: what particle algorithms ask of an engine.

`Interpreted` runs the reference interpreter, one machine state per particle; `Moving` also moves the runs by
a Markov kernel on their traces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar, overload

from pplc.inference.metropolis import Kernel, mh_step
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogWeight
from pplc.semantics.representations import sequential
from pplc.semantics.representations.answering import density_of_kept, draw_from
from pplc.semantics.representations.sequential import Choose, Stepped, Suspended
from pplc.semantics.representations.traced import traced
from pplc.semantics.runs import Sampling
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value

S = TypeVar("S")

Sources: TypeAlias = Sequence[Source]
"""The randomness of one generation: a source for each slot, and a last one for the population."""

Moved: TypeAlias = "tuple[list[S], list[LogWeight]]"
"""Particles one step on, and the weights they met."""


class Streams(Source, Protocol):
    """A source from which others are made, one for each generation and slot."""

    def at(self, *, generation: int | None = None, slot: int) -> Source:
        """The source of a slot in a generation, at its first draw; without a generation in its own."""
        ...


@dataclass(frozen=True)
class Within:
    """The streams of a population of `count` inside one step of a chain: slots of its own generation."""

    source: Streams
    count: int

    def sources(self, generation: int) -> list[Source]:
        """The sources of a generation of the inner population. The step itself draws from slot 0."""
        first = 1 + generation * (self.count + 1)
        return [self.source.at(slot=first + slot) for slot in range(self.count + 1)]


def streams(source: Streams, generation: int, count: int) -> list[Source]:
    """The sources of a generation of so many particles."""
    return [source.at(generation=generation, slot=slot) for slot in range(count + 1)]


class Stopped(Exception):
    """It is time to stop, in the middle of a generation; what was before it stands."""


class Watched(Sequence[Source]):
    """The sources of a generation; raises `Stopped` on the way when it is time.

    every: particles between two looks at the clock.
    """

    def __init__(self, sources: Sequence[Source], stopped: Callable[[], bool], every: int) -> None:
        self.sources = sources
        self.stopped = stopped
        self.every = every

    def __len__(self) -> int:
        return len(self.sources)

    @overload
    def __getitem__(self, place: int) -> Source: ...
    @overload
    def __getitem__(self, place: slice) -> Watched: ...
    def __getitem__(self, place: int | slice) -> Source | Watched:
        if isinstance(place, slice):
            return Watched(self.sources[place], self.stopped, self.every)
        if place % self.every == 0 and self.stopped():
            raise Stopped
        return self.sources[place]


class Engine(Protocol[S]):
    """Runs particles of some representation `S`, one weight at a time."""

    @property
    def exact(self) -> bool:
        """Whether weights are rationals."""
        ...

    def start(self, sources: Sources) -> Moved[S]:
        """New runs, each to its first weight; as many as there are slots."""
        ...

    def advance(self, particles: Sequence[S], alive: Sequence[bool], sources: Sources) -> Moved[S]:
        """Each run that is alive to its next weight or its end; finished runs stay, with weight 1."""
        ...

    def move(self, particles: Sequence[S], alive: Sequence[bool], weights: int, sources: Sources) -> list[S]:
        """Each run moved by a kernel that keeps the law of the program cut off after so many weights."""
        ...

    def run_of(self, particle: S) -> Suspended:
        """The suspended run that a particle is."""
        ...


class Restoring(Engine[S], Protocol[S]):
    """An engine whose runs can be made again from their choices."""

    def restore(self, known: Mapping[Address, Value], weights: int, source: Source, *, finished: bool) -> S:
        """The run that made these choices, all of them, just after so many weights, or at its end.

        source: for approximate `infer`s inside, of the seed of the run.
        """
        ...


@dataclass(frozen=True)
class Interpreted:
    """Draws from the program's own laws, but for choices that are given.

    given: values by address. Their densities count as weights, so that the population means the program's
           measure with these choices held fixed.
    """

    machine: Machine
    given: Mapping[Address, Value] = field(default_factory=dict[Address, Value])

    @property
    def exact(self) -> bool:
        return self.machine.exact

    def start(self, sources: Sources) -> Moved[Suspended]:
        found = [sequential.start(self.machine, self._choose(source)) for source in sources[:-1]]
        return [run for run, _ in found], [weight for _, weight in found]

    def advance(
        self, particles: Sequence[Suspended], alive: Sequence[bool], sources: Sources
    ) -> Moved[Suspended]:
        stay = ONE(self.exact)
        found = [
            sequential.advance(self.machine, run, self._choose(source)) if lives else (run, stay)
            for run, lives, source in zip(particles, alive, sources, strict=False)
        ]
        return [run for run, _ in found], [weight for _, weight in found]

    def move(
        self, particles: Sequence[Suspended], alive: Sequence[bool], weights: int, sources: Sources
    ) -> list[Suspended]:
        return list(particles)

    def run_of(self, particle: Suspended) -> Suspended:
        return particle

    def restore(
        self, known: Mapping[Address, Value], weights: int, source: Source, *, finished: bool
    ) -> Suspended:
        return followed(self.machine, self._follow(known, source), len(known), weights, finished=finished)

    def start_along(self, known: Mapping[Address, Value], source: Source) -> Stepped:
        """A new run along the choices of one that is known, to its first weight."""
        return sequential.start(self.machine, self._follow(known, source))

    def advance_along(self, run: Suspended, known: Mapping[Address, Value], source: Source) -> Stepped:
        """A run along the choices of one that is known, to its next weight or its end."""
        return sequential.advance(self.machine, run, self._follow(known, source))

    def _choose(self, source: Source) -> Choose:
        inner_randomness(self.machine, source)
        if not self.given:
            return sequential.prior(source, exact=self.exact)
        one = ONE(self.exact)

        def choose(event: Sampling) -> tuple[Value, LogWeight]:
            if event.address in self.given:
                value = self.given[event.address]
                return value, density_of_kept(event, value)[0]
            return draw_from(event, source), one

        return choose

    def _follow(self, known: Mapping[Address, Value], source: Source) -> Choose:
        """Makes the choices of a run that is known already; they are not weighed, unless given."""
        one = ONE(self.exact)
        draw = self._choose(source)

        def choose(event: Sampling) -> tuple[Value, LogWeight]:
            if event.address in known and event.address not in self.given:
                return known[event.address], one
            return draw(event)

        return choose


def followed(machine: Machine, choose: Choose, choices: int, weights: int, *, finished: bool) -> Suspended:
    """The run that `choose` leads along, once it has made so many choices and met so many weights.

    A run that died of a choice has made one more than when it met its last weight.
    """
    run, _ = sequential.start(machine, choose)
    while not run.finished and (finished or run.weights < weights or len(run.trace()) < choices):
        run, _ = sequential.advance(machine, run, choose)
    return run


def inner_randomness(machine: Machine, source: Source) -> None:
    """Lets approximate `infer`s inside the program draw from the particle's source."""
    if isinstance(machine.infer, Nested):
        machine.infer.source = source


@dataclass(frozen=True)
class Moving:
    """Runs that are also moved, between weights, by so many steps of a Markov kernel on their traces.

    Gilks & Berzuini, *Following a moving target: Monte Carlo inference for dynamic Bayesian models*
    (JRSS B 2001): resample-move.
    """

    runs: Interpreted
    kernel: Kernel
    moves: int

    @property
    def exact(self) -> bool:
        return self.runs.exact

    def start(self, sources: Sources) -> Moved[Suspended]:
        return self.runs.start(sources)

    def advance(
        self, particles: Sequence[Suspended], alive: Sequence[bool], sources: Sources
    ) -> Moved[Suspended]:
        return self.runs.advance(particles, alive, sources)

    def move(
        self, particles: Sequence[Suspended], alive: Sequence[bool], weights: int, sources: Sources
    ) -> list[Suspended]:
        return [
            self._walk(run, weights, source) if lives else run
            for run, lives, source in zip(particles, alive, sources, strict=False)
        ]

    def run_of(self, particle: Suspended) -> Suspended:
        return particle

    def restore(
        self, known: Mapping[Address, Value], weights: int, source: Source, *, finished: bool
    ) -> Suspended:
        return self.runs.restore(known, weights, source, finished=finished)

    def _walk(self, run: Suspended, limit: int, source: Source) -> Suspended:
        inner_randomness(self.runs.machine, source)
        trace = traced(run, limit)
        for _ in range(self.moves):
            trace, _ = mh_step(self.runs.machine, trace, self.kernel, source)
        return trace.run
