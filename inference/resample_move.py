"""Resample-move: SMC whose particles take Metropolis-Hastings steps before every step.

The kernel keeps the law of the program cut off at the current weight, so that copies of one ancestor part
again and variables drawn early go on being renewed. Each move runs the program again from its start.

Before how many steps the runs are moved is fixed in advance, by runs that are thrown away: were it to depend
on the population, say on whether its runs have finished, the evidence would be biased.

Gilks & Berzuini, *Following a moving target* (JRSS B 2001).
"""

from __future__ import annotations

from pplc.inference.importance import refuses
from pplc.inference.metropolis import single_site
from pplc.inference.options import Options
from pplc.inference.particles import Interpreted, Moving, inner_randomness
from pplc.inference.populations import sample
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.sequential import finish, prior, start
from pplc.semantics.source import Seeded

PILOT, PILOTS = 1 << 30, 10
"""The task of the seed from which pilot runs draw, apart from those of replicates; and their number."""

__all__ = ["refuses", "run"]


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """`chains` populations of `particles` runs, moved `moves` times before each step."""
    machine = Machine(bound, exact=False, infer=Nested())
    engine = Moving(Interpreted(machine), single_site(), options.moves)
    pilots = [_weights(machine, Seeded(options.seed, task=PILOT, slot=k)) for k in range(PILOTS)]
    return sample(engine, "rmsmc", options, progress, bound.program.model.span, moving=max(pilots))


def _weights(machine: Machine, source: Seeded) -> int:
    """How many weights a run meets, until one is zero."""
    inner_randomness(machine, source)
    choose = prior(source, exact=machine.exact)
    run, _ = finish(machine, start(machine, choose), choose)
    return run.weights
