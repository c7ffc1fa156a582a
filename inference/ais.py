"""Annealed importance sampling: every run is led from the prior to the posterior alone.

Neal, *Annealed importance sampling* (Statistics and Computing 2001); see `pplc.inference.tempering`.
"""

from __future__ import annotations

from pplc.inference.annealing import sample
from pplc.inference.importance import refuses
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.semantics.bound import Bound

__all__ = ["refuses", "run"]


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """`particles` runs, each led in `temperatures` steps; they are never resampled."""
    return sample(bound, "ais", options, progress, below=0.0)
