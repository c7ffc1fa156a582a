"""Hamiltonian Monte Carlo with a fixed path length as a method of inference."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

from pplc.inference.feasible import refuses
from pplc.inference.hmc_kernel import MOST_STEPS, transition
from pplc.inference.nuts_kernel import Info
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.sampling import sample
from pplc.inference.trajectory import Metric, Point, Vector
from pplc.semantics.bound import Bound
from pplc.semantics.source import Source

__all__ = ["refuses", "run"]


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Draws from the posterior by HMC with trajectories of `options.path_length`."""

    def step(
        source: Source, start: Point, size: float, metric: Metric
    ) -> Generator[Vector, tuple[Any, Vector], tuple[Point, Info]]:
        # The path length is in units of the posterior's standard deviations, which the metric holds;
        # it is jittered so that no direction is a multiple of its period (Neal 2011, section 3.2).
        path = options.path_length * (0.5 + source.uniform())
        steps = max(1, min(MOST_STEPS, math.ceil(path / size)))
        return transition(source, start, size, metric, steps)

    return sample(bound, options, progress, "hmc", step)
