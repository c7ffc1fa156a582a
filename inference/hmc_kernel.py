"""One transition of Hamiltonian Monte Carlo with a fixed path length (Neal 2011, section 5.3)."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

from pplc.inference.nuts_kernel import MOST_ENERGY, Info
from pplc.inference.trajectory import Metric, Point, Vector, Weigh, leapfrog, log_weight, takes_new
from pplc.semantics.number import weight
from pplc.semantics.source import Source

MOST_STEPS = 1024
"""Steps of one trajectory, however small the step size becomes."""


def transition(
    source: Source,
    start: Point,
    step: Any,
    metric: Metric,
    steps: int,
    weigh: Weigh = log_weight,
    half: Any = 0.5,
) -> Generator[Vector, tuple[Any, Vector], tuple[Point, Info]]:
    """The next point, from a point whose momentum is fresh: `steps` leapfrog steps, then accept or stay."""
    base = weigh(start, metric)
    point = start
    for taken in range(1, steps + 1):
        point = yield from leapfrog(point, step, metric, half)
        gain = float(weigh(point, metric) - base)
        if not gain > -MOST_ENERGY:
            outside = None if float(point.log_density) > -math.inf else point.position
            return start, Info(0.0, taken, 0, True, -float(base), outside)
    weighed = weigh(point, metric)
    acceptance = min(1.0, float(weight(float(weighed - base))))
    chosen = point if takes_new(source, base, weighed) else start
    return chosen, Info(acceptance, steps, 0, False, -float(weigh(chosen, metric)))
