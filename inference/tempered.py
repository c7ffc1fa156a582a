"""Tempered SMC: a population of complete runs, resampled on its way from the prior to the posterior.

Del Moral, Doucet & Jasra, *Sequential Monte Carlo samplers* (JRSS B 2006); see `pplc.inference.tempering`.
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
    """`chains` populations of `particles` runs; 0 temperatures are as many as it takes."""
    return sample(bound, "tempered", options, progress, below=options.resample_below)
