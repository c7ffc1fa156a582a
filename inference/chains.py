"""Chains of a gradient sampler in lockstep: warm-up, draws, and the state from which to go on.

A chain is a generator that asks for densities; the requests of all chains are answered together, each
chain in its own row, so that results do not depend on which chain is ahead. Everything random comes
from a `Seeded` source at (seed, chain, iteration): a chain that is continued makes the draws that a longer
one would have made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pplc.inference.adaptation import Moments, StepSize, momentum_root, unit_metric, usable, windows
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


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where a chain stands after warm-up; what `--resume` needs.

    iteration: transitions made so far, warm-up included; the generation of the source.
    metric:    the inverse mass matrix or its diagonal, (co)variances of the posterior.
    """

    position: Floats
    log_density: float
    gradient: Floats
    step: float
    metric: Floats
    iteration: int

    def to_dict(self) -> dict[str, Any]:
        """As numbers and arrays, for run files."""
        return {
            "position": self.position,
            "log_density": self.log_density,
            "gradient": self.gradient,
            "step": self.step,
            "metric": self.metric,
            "iteration": self.iteration,
        }

    @staticmethod
    def from_dict(stored: Mapping[str, Any]) -> ChainState:
        """The state that `to_dict` wrote."""
        return ChainState(
            np.asarray(stored["position"], dtype=np.float64),
            float(stored["log_density"]),
            np.asarray(stored["gradient"], dtype=np.float64),
            float(stored["step"]),
            np.asarray(stored["metric"], dtype=np.float64),
            int(stored["iteration"]),
        )


@dataclass(slots=True)
class Record:
    """What one chain has done. `start` is its state when warm-up is over, None until then."""

    size: int
    positions: list[Floats] = field(default_factory=list[Floats])
    log_densities: list[float] = field(default_factory=list[float])
    gradients: list[Floats] = field(default_factory=list[Floats])
    infos: list[Info] = field(default_factory=list[Info])
    steps: list[float] = field(default_factory=list[float])
    iterations: list[int] = field(default_factory=list[int])
    start: ChainState | None = None
    done: int = 0
    lost: bool = False

    def after(self, draws: int) -> ChainState | None:
        """The state in which the chain had made so many draws: it may have been ahead when it was stopped."""
        if self.start is None or draws == 0:
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
    resumed: ChainState | None,
) -> Asking:
    """One chain, from its start or its state, to its last draw."""
    source = Seeded(settings.seed, task)
    if resumed is None:
        start = yield from starting_point(source, given)
        if start is None:
            record.lost = True
            return
        state = yield from warm_up(source, start, settings, transition, record)
    else:
        state = resumed
    record.start = state
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


def warm_up(
    source: Seeded, start: Point, settings: Settings, transition: Transition, record: Record
) -> Generator[Vector, tuple[Any, Vector], ChainState]:
    """Learns step size and metric; both stay as they are afterwards."""
    size = len(start.position)
    metric = unit_metric(size, dense=settings.dense)
    root = momentum_root(metric)
    plan = windows(settings.warmup)
    step = yield from reasonable_step(source.at(generation=0, slot=1), start, 1.0, metric)
    tuner = StepSize.starting_at(step, settings.target)
    seen = Moments.of_size(size, dense=settings.dense)
    point = start
    for iteration in range(settings.warmup):
        here = source.at(generation=iteration + 1)
        begun = fresh(here, point, root)
        point, info = yield from transition(here, begun, step, metric)
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
    kept = tuner.final() if settings.warmup else step
    return ChainState(point.position, float(point.log_density), point.gradient, kept, metric, settings.warmup)


def lockstep(potential: Potential, chains: Sequence[Asking], size: int, progress: Callable[[], bool]) -> bool:
    """Runs the chains to their ends; false if `progress` said to stop before."""
    positions = np.zeros((len(chains), size))
    active = [False] * len(chains)
    for k, asking in enumerate(chains):
        active[k] = _ask(positions, k, asking, None)
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
    *,
    warm: bool,
) -> Callable[[], bool]:
    """Tells `progress` how far the chains are, and `outside` where they met no density; false to stop."""
    from time import monotonic

    total = (settings.draws + (settings.warmup if warm else 0)) * len(records)
    last = monotonic()

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
