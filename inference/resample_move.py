"""Resample-move: SMC whose particles take Metropolis-Hastings steps after every resampling.

The kernel keeps the law of the program cut off at the current weight, so that copies of one ancestor part
again and variables drawn early go on being renewed. Each move runs the program again from its start.

Gilks & Berzuini, *Following a moving target* (JRSS B 2001).
"""

from __future__ import annotations

from pplc.inference.importance import refuses
from pplc.inference.metropolis import single_site
from pplc.inference.options import Options
from pplc.inference.particles import Interpreted, Moving
from pplc.inference.populations import sample
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested

__all__ = ["refuses", "run"]


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """`chains` populations of `particles` runs, moved `moves` times after each resampling."""
    machine = Machine(bound, exact=False, infer=Nested())
    engine = Moving(Interpreted(machine), single_site(), options.moves)
    return sample(engine, "rmsmc", options, progress, bound.program.model.span)
