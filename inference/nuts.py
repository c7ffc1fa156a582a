"""The No-U-Turn sampler as a method of inference."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from pplc.inference.feasible import refuses
from pplc.inference.nuts_kernel import Info, transition
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.sampling import sample
from pplc.inference.trajectory import Metric, Point, Vector
from pplc.semantics.bound import Bound
from pplc.semantics.source import Source

__all__ = ["refuses", "run"]


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Draws from the posterior by NUTS."""

    def step(
        source: Source, start: Point, size: float, metric: Metric
    ) -> Generator[Vector, tuple[Any, Vector], tuple[Point, Info]]:
        return transition(source, start, size, metric, options.max_depth)

    return sample(bound, options, progress, "nuts", step)
