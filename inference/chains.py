"""Chains of a gradient sampler in lockstep: warm-up, draws, and the state from which to go on.

A chain is a generator that asks for densities; the requests of all chains are answered together, each
chain in its own row, so that results do not depend on which chain is ahead. Everything random comes
from a `Seeded` source at (seed, chain, iteration): a chain that is continued makes the draws that a longer
one would have made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pplc.inference.adaptation import Moments, StepSize, momentum_root, unit_metric, usable, windows
from pplc.inference.chain_states import ChainState, Standing, WarmState
from pplc.inference.gradient import TRIES
from pplc.inference.nuts_kernel import Info
from pplc.inference.progress import Progress
from pplc.inference.trajectory import Metric, Point, Vector, applied, leapfrog, log_weight
from pplc.semantics.source import Seeded, Source

Floats = npt.NDArray[np.float64]
Asking = Generator[Vector, tuple[Any, Vector], Any]

NOTHING_DONE = Info(1.0, 0, 0, False, 0.0)
BURST = 0.1
"""Seconds between two looks at whether to stop."""


class Transition(Protocol):
    """One step of a sampler, from a point with fresh momentum."""

    def __call__(
        self, source: Source, start: Point, step: float, metric: Metric, /
    ) -> Generator[Vector, tuple[Any, Vector], tuple[Point, Info]]: ...


class Potential(Protocol):
    """Log densities [C] and gradients [C, D] at positions [C, D]."""

    def value_and_gradient(self, positions: Floats) -> tuple[Floats, Floats]: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of chains is to do.

    draws: kept per chain, one in `thin` iterations.
    dense: whether the metric is a whole matrix, or its diagonal.
    """

    draws: int
    warmup: int
    thin: int
    seed: int
    target: float
    dense: bool = False


@dataclass(slots=True)
class Record:
    """What one chain has done.

    warm:  its latest state in warm-up, None before there is one.
    start: its state when warm-up is over, None until then.
    """

    size: int
    positions: list[Floats] = field(default_factory=list[Floats])
    log_densities: list[float] = field(default_factory=list[float])
    gradients: list[Floats] = field(default_factory=list[Floats])
    infos: list[Info] = field(default_factory=list[Info])
    steps: list[float] = field(default_factory=list[float])
    iterations: list[int] = field(default_factory=list[int])
    warm: WarmState | None = None
    start: ChainState | None = None
    done: int = 0
    lost: bool = False

    def after(self, draws: int) -> Standing:
        """Where the chain stood after so many draws: it may have been ahead when it was stopped."""
        if self.start is None:
            return self.warm
        if draws == 0:
            return self.start
        return ChainState(
            self.positions[draws - 1],
            self.log_densities[draws - 1],
            self.gradients[draws - 1],
            self.start.step,
            self.start.metric,
            self.iterations[draws - 1],
        )


def normals(source: Source, size: int) -> Floats:
    """Independent standard normal numbers, two from each pair of uniforms (Box & Muller 1958)."""
    result = np.empty(size)
    for k in range(0, size, 2):
        radius = math.sqrt(-2 * math.log(source.uniform()))
        angle = 2 * math.pi * source.uniform()
        result[k] = radius * math.cos(angle)
        if k + 1 < size:
            result[k + 1] = radius * math.sin(angle)
    return result


def fresh(source: Source, point: Point | ChainState, root: Floats) -> Point:
    """The point with a new momentum; `root` is the metric's `momentum_root`."""
    momentum = applied(root, normals(source, len(point.position)))
    return Point(point.position, momentum, point.log_density, point.gradient)


def reasonable_step(
    source: Source, point: Point, step: float, metric: Floats
) -> Generator[Vector, tuple[Any, Vector], float]:
    """A step size at which about 0.8 of single steps are accepted (Hoffman & Gelman, algorithm 4)."""
    direction = 0
    root = momentum_root(metric)
    while 1e-10 < step < 1e7:
        start = fresh(source, point, root)
        end = yield from leapfrog(start, step, metric, 0.5)
        gain = float(log_weight(end, metric)) - float(log_weight(start, metric))
        here = 1 if gain > math.log(0.8) else -1
        if direction == 0:
            direction = here
        elif here != direction:
            return step
        step = step * 2 if direction == 1 else step / 2
    return step


def starting_point(
    source: Source, given: Callable[[Source], Floats]
) -> Generator[Vector, tuple[Any, Vector], Point | None]:
    """A position of positive density; None if none was found."""
    for _ in range(TRIES):
        position = given(source)
        log_density, gradient = yield position
        if math.isfinite(log_density):
            return Point(position, np.zeros_like(position), float(log_density), gradient)
    return None


def chain(
    record: Record,
    settings: Settings,
    task: int,
    given: Callable[[Source], Floats],
    transition: Transition,
    resumed: Standing,
) -> Asking:
    """One chain, from its start or its state, to its last draw."""
    source = Seeded(settings.seed, task)
    standing = resumed
    if standing is None:
        start = yield from starting_point(source, given)
        if start is None:
            record.lost = True
            return
        standing = yield from cold(source, start, settings)
    if isinstance(standing, WarmState):
        standing = yield from warm_up(source, standing, settings, transition, record)
    record.start = state = standing
    root = momentum_root(state.metric)
    for _ in range(settings.draws):
        info = NOTHING_DONE
        for _ in range(settings.thin):
            generation = state.iteration + 1
            here = source.at(generation=generation)
            point = fresh(here, state, root)
            point, info = yield from transition(here, point, state.step, state.metric)
            state = ChainState(
                point.position, float(point.log_density), point.gradient, state.step, state.metric, generation
            )
        record.positions.append(state.position)
        record.log_densities.append(state.log_density)
        record.gradients.append(state.gradient)
        record.infos.append(info)
        record.steps.append(state.step)
        record.iterations.append(state.iteration)
        record.done += 1


def cold(
    source: Seeded, start: Point, settings: Settings
) -> Generator[Vector, tuple[Any, Vector], WarmState]:
    """The beginning of warm-up: nothing is learnt but a step size that is not absurd."""
    size = len(start.position)
    metric = unit_metric(size, dense=settings.dense)
    step = yield from reasonable_step(source.at(generation=0, slot=1), start, 1.0, metric)
    return WarmState(
        ChainState(start.position, float(start.log_density), start.gradient, step, metric, 0),
        StepSize.starting_at(step, settings.target),
        Moments.of_size(size, dense=settings.dense),
    )


def warm_up(
    source: Seeded, begun: WarmState, settings: Settings, transition: Transition, record: Record
) -> Generator[Vector, tuple[Any, Vector], ChainState]:
    """Learns step size and metric; both stay as they are afterwards."""
    record.warm = begun
    here = begun.here
    size = len(here.position)
    metric, step = here.metric, here.step
    root = momentum_root(metric)
    plan = windows(settings.warmup)
    begun = WarmState.of(here, begun.tuner, begun.seen)
    tuner, seen = begun.tuner, begun.seen
    point = Point(here.position, np.zeros(size), here.log_density, here.gradient)
    for iteration in range(here.iteration, settings.warmup):
        now = source.at(generation=iteration + 1)
        point, info = yield from transition(now, fresh(now, point, root), step, metric)
        step = tuner.update(info.acceptance)
        if plan.inside(iteration):
            seen.add(point.position)
        if iteration + 1 in plan.ends and seen.count > 1:
            metric = usable(seen.regularised())
            root = momentum_root(metric)
            seen = Moments.of_size(size, dense=settings.dense)
            step = yield from reasonable_step(
                source.at(generation=iteration + 1, slot=1), point, step, metric
            )
            tuner = StepSize.starting_at(step, settings.target)
        record.done += 1
        here = ChainState(
            point.position, float(point.log_density), point.gradient, step, metric, iteration + 1
        )
        record.warm = WarmState.of(here, tuner, seen)
    return replace(here, step=tuner.final()) if settings.warmup else here


def lockstep(potential: Potential, chains: Sequence[Asking], size: int, progress: Callable[[], bool]) -> bool:
    """Runs the chains to their ends; false if `progress` said to stop before."""
    positions = np.zeros((len(chains), size))
    active = [False] * len(chains)
    for k, asking in enumerate(chains):
        active[k] = _ask(positions, k, asking, None)
    # A trajectory may run off to infinity, where momenta overflow; its weight, which is no number, ends it.
    with np.errstate(over="ignore", invalid="ignore"):
        while any(active):
            values, gradients = potential.value_and_gradient(positions)
            for k, asking in enumerate(chains):
                if active[k]:
                    active[k] = _ask(positions, k, asking, (float(values[k]), gradients[k].copy()))
            if not progress():
                return False
    return True


def _ask(positions: Floats, k: int, asking: Asking, answer: tuple[float, Floats] | None) -> bool:
    try:
        wanted = next(asking) if answer is None else asking.send(answer)
    except StopIteration:
        return False
    # A position that is not finite has density zero; the row stays where it was, and says so.
    positions[k] = wanted
    return True


def watching(
    records: Sequence[Record],
    settings: Settings,
    progress: Progress,
    outside: Callable[[Floats], None],
    begun: Sequence[Standing],
) -> Callable[[], bool]:
    """Tells `progress` how far the chains are from where they began, and `outside` where they met no density.

    False when it is time to stop.
    """
    from time import monotonic

    total = sum(settings.draws + _left(standing, settings.warmup) for standing in begun)
    last = -BURST  # the first look is not put off: there may be no time at all

    seen = [0] * len(records)

    def look() -> bool:
        nonlocal last
        for k, record in enumerate(records):
            for info in record.infos[seen[k] :]:
                seen[k] += 1
                if info.outside is not None:
                    outside(info.outside)
        now = monotonic()
        if now - last < BURST:
            return True
        last = now
        progress.advance("sampling", sum(r.done for r in records), total)
        return not progress.stopped()

    return look


def _left(standing: Standing, warmup: int) -> int:
    """How much of its warm-up a chain has before it."""
    match standing:
        case None:
            return warmup
        case WarmState(here):
            return warmup - here.iteration
        case ChainState():
            return 0
