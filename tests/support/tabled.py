"""Laws of a particle's steps, each found once: exact checks then compose them in place of running them again.

What a population does (weights, resampling, who descends from whom, who moves when) is the shipped code, run
for every outcome. What one particle does between two weights is the shipped code as well, but enumerated
once for every state that it starts from; a population picks from its outcomes. That particles step
independently of each other is what the check of the interpreter on small programs says
(`tests/inference/test_smc.py`, whose laws of whole steps are enumerated without tables).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeAlias, TypeVar, cast

import pytest

from pplc.inference import metropolis, mixture
from pplc.inference.particles import Engine, Moved, Sources
from pplc.inference.suspended import Suspended as Keys
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE
from pplc.semantics.number import LogWeight
from pplc.semantics.representations import traced
from pplc.semantics.representations.sequential import Suspended, listed
from pplc.semantics.representations.traced import Traced
from pplc.semantics.runs import Finished
from pplc.semantics.source import Scripted, Source, enumerate_runs
from pplc.semantics.values import Address, Value
from tests.support.reference import rational

T = TypeVar("T")

Name: TypeAlias = Callable[[Suspended], Hashable]
"""What distinguishes runs."""

Outcomes: TypeAlias = "list[tuple[T, Fraction]]"


def by_choices(run: Suspended) -> Hashable:
    """Runs are equal when they have made the same choices."""
    return tuple((c.address, c.value) for c in listed(run.choices)), run.weights, run.finished


def by_state(program: Bound) -> Name:
    """Runs are equal when they go on in the same way, or have ended with the same value."""
    keys = Keys(program)

    def name(run: Suspended) -> Hashable:
        event = run.event
        if isinstance(event, Finished):
            return event.value, run.dimension
        return keys.standing(event.state), run.dimension

    return name


def outcomes(compute: Callable[[Source], T], name: Callable[[T], Hashable]) -> Outcomes[T]:
    """The law of a computation; equal results are one."""
    found: dict[Hashable, tuple[T, Fraction]] = {}
    for run in enumerate_runs(compute):
        key = name(run.value)
        before = found[key][1] if key in found else Fraction(0)
        found[key] = run.value, before + run.probability
    return list(found.values())


def pick(law: Outcomes[T], source: Source) -> T:
    """One of the outcomes, with its probability, which may sum to one with those of all others only."""
    script = cast("Scripted", source)
    value, probability = law[script.branch(len(law))]
    script.probability *= probability
    return value


class Tabled:
    """An engine whose particles step by the laws of another one."""

    def __init__(self, engine: Engine[Suspended], name: Name) -> None:
        self._engine = engine
        self._name = name
        self._known: dict[Hashable, Outcomes[tuple[Suspended, LogWeight]]] = {}

    @property
    def exact(self) -> bool:
        return self._engine.exact

    def start(self, sources: Sources) -> Moved[Suspended]:
        def begin(source: Source) -> tuple[Suspended, LogWeight]:
            runs, factors = self._engine.start([source, source])
            return runs[0], factors[0]

        law = self._law("start", begin)
        found = [pick(law, source) for source in sources[:-1]]
        return [run for run, _ in found], [factor for _, factor in found]

    def advance(
        self, particles: Sequence[Suspended], alive: Sequence[bool], sources: Sources
    ) -> Moved[Suspended]:
        found: list[tuple[Suspended, LogWeight]] = []
        for particle, lives, source in zip(particles, alive, sources, strict=False):
            if not lives:
                found.append((particle, ONE(self.exact)))
                continue

            def go_on(source: Source, run: Suspended = particle) -> tuple[Suspended, LogWeight]:
                runs, factors = self._engine.advance([run], [True], [source, source])
                return runs[0], factors[0]

            found.append(pick(self._law(("advance", self._name(particle)), go_on), source))
        return [run for run, _ in found], [factor for _, factor in found]

    def move(
        self, particles: Sequence[Suspended], alive: Sequence[bool], weights: int, sources: Sources
    ) -> list[Suspended]:
        found: list[Suspended] = []
        for particle, lives, source in zip(particles, alive, sources, strict=False):

            def change(
                source: Source, run: Suspended = particle, alive: bool = lives
            ) -> tuple[Suspended, LogWeight]:
                return self._engine.move([run], [alive], weights, [source, source])[0], ONE(self.exact)

            law = self._law(("move", weights, lives, self._name(particle)), change)
            found.append(pick(law, source)[0])
        return found

    def run_of(self, particle: Suspended) -> Suspended:
        return particle

    def _law(
        self, key: Hashable, compute: Callable[[Source], tuple[Suspended, LogWeight]]
    ) -> Outcomes[tuple[Suspended, LogWeight]]:
        if key not in self._known:
            self._known[key] = outcomes(compute, lambda end: (self._name(end[0]), rational(end[1])))
        return self._known[key]


@contextmanager
def tabled_replays(name: Callable[[Traced], Hashable]) -> Generator[None]:
    """While inside, kernels run the program again by laws that are found once for the choices held fixed."""
    known: dict[Hashable, Outcomes[Traced | None]] = {}
    machines: list[Machine] = []  # so that an identity stays that of one machine

    def replay(
        machine: Machine, fixed: Mapping[Address, Value], source: Source, limit: int | None = None
    ) -> Traced | None:
        key = id(machine), frozenset(fixed.items()), limit
        if key not in known:
            machines.append(machine)
            known[key] = outcomes(
                lambda source: traced.replay(machine, fixed, source, limit),
                lambda found: None if found is None else (name(found),),
            )
        return pick(known[key], source)

    with pytest.MonkeyPatch.context() as patch:
        for user in (metropolis, mixture):
            patch.setattr(user, "replay", replay)
        yield
