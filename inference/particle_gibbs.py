"""Particle Gibbs: the path given the parameters by conditional SMC, the parameters given the path by MH.

Both steps leave the posterior invariant, and so does their composition. Without parameters, the whole trace
is the path.

Andrieu, Doucet & Holenstein (JRSS B 2010), section 2.4.3; see `pplc.inference.conditional`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pplc.inference import conditional, mh
from pplc.inference.conditional import Rule
from pplc.inference.importance import refuses
from pplc.inference.markov import Algorithm
from pplc.inference.markov import run as run_chains
from pplc.inference.metropolis import Block
from pplc.inference.mixture import Mixture
from pplc.inference.named_blocks import named
from pplc.inference.options import Options
from pplc.inference.parameters import found
from pplc.inference.particles import Interpreted, Streams, Within
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.starts import start
from pplc.inference.suspended import Suspended as Keys
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.traced import Traced, traced
from pplc.semantics.source import Seeded, Source

__all__ = ["Sweep", "refuses", "run", "sweep_of"]


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Chains of particle Gibbs with `particles` runs in each sweep."""
    machine = Machine(bound, exact=False, infer=Nested(Seeded(options.seed)))
    names = tuple(options.parameters.split(",")) if options.parameters else found(bound.program)
    block = named(bound, names)
    mixture = Mixture(within=block)
    rule = Rule(options.resample_below, options.ancestor_sampling)
    sweep = sweep_of(machine, block, options.particles, rule)

    def step(state: mh.State, source: Source, warm: bool) -> mh.State:
        assert isinstance(source, Seeded)  # streams of each slot are made from it
        state = state._replace(traced=sweep(state.traced, source))
        return mh.step(machine, mixture, state, source, warm=warm) if names else state

    chains = run_chains(
        Algorithm(
            "pgibbs",
            lambda source: mh.init(start(machine, options.init, source).traced),
            step,
            mh.report,
            mh.pack,
            lambda stored: mh.unpack(machine, stored),
        ),
        options,
        progress,
    )
    what = f"parameters {', '.join(names)}" if names else "no parameters"
    return replace(chains.result, note=f"{options.particles:,} particles a sweep, {what}")


@dataclass(frozen=True)
class Sweep:
    """Draws paths anew by conditional SMC, the parameters held fixed.

    parameters: which choices are. count: runs in the population. keys: tell runs of the program apart.
    """

    machine: Machine
    parameters: Block
    count: int
    rule: Rule
    keys: Keys

    def __call__(self, current: Traced, source: Streams) -> Traced:
        """The trace after a sweep."""
        values = current.values
        engine = Interpreted(self.machine, {a: value for a, value in values.items() if self.parameters(a)})
        inner = Within(source, self.count)
        state = conditional.init(engine, values, self.keys, inner.sources(0))
        generation = 0
        while not conditional.done(state):
            generation += 1
            state = conditional.step(engine, state, self.rule, inner.sources(generation))
        return traced(conditional.pick(state.population, source), None)


def sweep_of(machine: Machine, parameters: Block, count: int, rule: Rule) -> Sweep:
    """Sweeps of a program."""
    return Sweep(machine, parameters, count, rule, Keys(machine.bound))
