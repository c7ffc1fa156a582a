"""The point of highest posterior density, on the scale of the program's own variables."""

from __future__ import annotations

import numpy as np

from pplc.inference.feasible import refuses
from pplc.inference.gradient import found_density, one_thread, reported
from pplc.inference.modes import best_of
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.result import Draws, Result
from pplc.semantics.bound import Bound

__all__ = ["refuses", "run"]


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Climbs from several starts; the result is one draw, the highest point found."""
    from pplc.inference.potential import Potential

    with one_thread():
        density = found_density(bound)
        best, note = best_of(density, Potential(density, 1, jacobian=False), options, progress)
        outputs = reported(density, best.position[None], [(options.seed * 4096, 0)])
        values = {name: array[None] for name, array in outputs.values.items()}
        likelihood = {name: array[None] for name, array in outputs.log_likelihood.items()}
        return Result(
            "map",
            draws=Draws(values, None, likelihood, {"lp": np.array([[best.value]])}),
            no_evidence="a single point does not estimate it",
            diagnostics={"lp": best.value},
            note=note,
            stopped=progress.stopped(),
        )
