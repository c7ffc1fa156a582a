"""Variational inference: a normal law on the unconstrained scale that maximises the evidence lower bound.

Kucukelbir et al. (2017), *Automatic Differentiation Variational Inference*: the guides are those that
Pyro calls AutoNormal (independent) and AutoMultivariateNormal; the optimiser is Adam (Kingma & Ba 2015)
with a step that decays. Everything random comes from the seed.
"""

from __future__ import annotations

import math
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from pplc.inference.answers import estimate
from pplc.inference.approximation import CHUNK, Floats, Normal, approximate, drawn_from
from pplc.inference.chains import BURST, normals
from pplc.inference.feasible import refuses
from pplc.inference.gradient import TRIES, found_density, no_start, one_thread, start_of
from pplc.inference.optimise import ascend, hessian
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.lang.diagnostics import Diagnostic
from pplc.semantics.bound import Bound
from pplc.semantics.source import Seeded

__all__ = ["refuses", "run"]

FIRST_SCALE = 0.1
"""Standard deviation of every coordinate at the start, as in Pyro, in units of the curvature's."""
DECAY = 0.01
"""What is left of the step size at the end."""
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Of Adam (Kingma & Ba 2015, algorithm 1)."""
CLIMB = 200
"""Steps of the ascent that looks for a mode to begin at."""
WINDOW = 0.1
"""The last part of the run, over which the bound is compared with the part before it."""


class Fit(NamedTuple):
    """A fitted guide.

    bound, error: the evidence lower bound over the last part of the run, and its standard error.
    drift:        by how much it still rose, compared with the part before.
    """

    guide: Normal
    bound: float
    error: float
    drift: float
    steps: int
    stopped: bool


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Fits the guide and draws from it."""
    from pplc.inference.potential import Potential

    with one_thread():
        density = found_density(bound)
        potential = Potential(density, CHUNK)
        start = start_of(density, options.init)
        source = Seeded(options.seed)
        first = np.zeros(density.size)
        for attempt in range(TRIES):
            tried = start(source)
            # The middle is the best guess; what the user gave stays.
            first = tried if attempt else _middle(tried, density.size, bool(options.init))
            if np.isfinite(potential.value_and_gradient(np.repeat(first[None], CHUNK, axis=0))[0][0]):
                break
        else:
            raise no_start(density, first)
        centre, scale = _where_to_begin(Potential(density, 1), first, progress)
        fit = fitted(potential, centre, scale, options, progress)
        drawn = drawn_from(fit.guide, potential, options.draws, options.seed, options.steps + 1)
        found: list[Diagnostic] = []
        if abs(fit.drift) > max(0.1, 4 * fit.error):
            found.append(
                Diagnostic(
                    "W0531",
                    f"the evidence lower bound still changed (by {fit.drift:.2g}) when the optimiser stopped",
                    bound.program.model.span,
                    help="raise `--steps` or change `--learning-rate`",
                    severity="warning",
                )
            )
        # The bound of the guide without its impossible draws, whose share is `1 - possible`.
        there = drawn.log_weights[drawn.log_weights > -math.inf]
        possible = len(there) / max(1, len(drawn.log_weights))
        elbo = float(there.mean()) + math.log(possible) if len(there) else -math.inf
        error = float(there.std(ddof=1)) / math.sqrt(len(there)) if len(there) > 1 else math.inf
        evidence = estimate(
            elbo, error, "a lower bound: the evidence is larger by the divergence of the guide"
        )
        numbers = {"elbo": elbo, "elbo_drift": fit.drift}
        note = f"{options.guide} guide, {fit.steps} steps"
        return approximate(
            density, drawn, "svi", options.seed, 0, evidence, numbers, note, found, fit.stopped
        )


def _middle(tried: Floats, size: int, given: bool) -> Floats:
    return tried if given else np.zeros(size)


def _where_to_begin(single: Any, first: Floats, progress: Progress) -> tuple[Floats, Floats]:
    """The mode and the scales of its curvature, if there is one near: the units of the optimiser."""
    found = ascend(single, first, CLIMB, lambda: not progress.stopped())
    if found.converged:
        curvature = -np.diag(hessian(single, found.position))
        if np.all(curvature > 0):
            return found.position, 1 / np.sqrt(curvature)
    return first, np.ones(len(first))


def fitted(potential: Any, centre: Floats, scale: Floats, options: Options, progress: Progress) -> Fit:
    """Maximises the evidence lower bound, in coordinates (u - centre) / scale."""
    size, full = len(centre), options.guide == "AutoMultivariateNormal"
    mean, log_scale = np.zeros(size), np.full(size, np.log(FIRST_SCALE))
    volume = float(np.log(scale).sum())
    lower = np.zeros((size, size))
    source = Seeded(options.seed)
    optimiser = Adam(options.learning_rate)
    bounds: list[float] = []
    last = monotonic()
    stopped = False
    for step in range(1, options.steps + 1):
        z = normals(source.at(generation=step), CHUNK * size).reshape(CHUNK, size)
        factor = lower + np.diag(np.exp(log_scale))
        values, gradients = potential.value_and_gradient(centre + scale * (mean + z @ factor.T))
        gradients = gradients * scale
        there = np.isfinite(values)
        if there.any():
            weight = there / there.sum()
            bounds.append(float(values[there].mean()) + entropy(log_scale) + volume)
            along = (gradients * weight[:, None]).T @ z
            rate = DECAY ** (step / options.steps)
            mean = mean + optimiser.step("mean", (gradients * weight[:, None]).sum(axis=0), rate)
            slope = np.diag(along) * np.exp(log_scale) + 1.0
            log_scale = log_scale + optimiser.step("scale", slope, rate)
            if full:
                lower = lower + np.tril(optimiser.step("lower", np.tril(along, -1), rate), -1)
        if monotonic() - last > BURST:
            last = monotonic()
            progress.advance("fitting", step, options.steps, f"bound {bounds[-1]:.4g}" if bounds else "")
            if progress.stopped():
                stopped = True
                break
    window = max(1, int(WINDOW * len(bounds)))
    late, before = np.array(bounds[-window:]), np.array(bounds[-2 * window : -window] or bounds)
    error = float(late.std(ddof=1) / np.sqrt(len(late))) if len(late) > 1 else float("inf")
    guide = Normal(centre + scale * mean, scale[:, None] * (lower + np.diag(np.exp(log_scale))))
    return Fit(guide, float(late.mean()), error, float(late.mean() - before.mean()), len(bounds), stopped)


def entropy(log_scale: Floats) -> float:
    """Of a normal law with this log diagonal of its factor, in nats."""
    return float(log_scale.sum()) + 0.5 * len(log_scale) * (1 + float(np.log(2 * np.pi)))


class Adam:
    """Steps upwards, each coordinate scaled by the size of its recent slopes."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._moments: dict[str, tuple[int, Floats, Floats]] = {}

    def step(self, name: str, slope: Floats, share: float) -> Floats:
        """The change of the parameter `name` with this slope, at a share of the learning rate."""
        count, mean, square = self._moments.get(name, (0, np.zeros_like(slope), np.zeros_like(slope)))
        count += 1
        mean = BETA_1 * mean + (1 - BETA_1) * slope
        square = BETA_2 * square + (1 - BETA_2) * slope * slope
        self._moments[name] = (count, mean, square)
        corrected = mean / (1 - BETA_1**count)
        return self.rate * share * corrected / (np.sqrt(square / (1 - BETA_2**count)) + EPSILON)
