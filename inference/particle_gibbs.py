"""Particle Gibbs: the path given the parameters by conditional SMC, the parameters given the path by MH.

Both steps leave the posterior invariant, and so does their composition. Without parameters, the whole trace
is the path.

Andrieu, Doucet & Holenstein (JRSS B 2010), section 2.4.3; see `pplc.inference.conditional`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from pplc.inference import conditional, mh
from pplc.inference.conditional import Rule
from pplc.inference.importance import refuses
from pplc.inference.markov import Algorithm
from pplc.inference.markov import run as run_chains
from pplc.inference.metropolis import Block
from pplc.inference.mh import State
from pplc.inference.mixture import Mixture
from pplc.inference.named_blocks import named
from pplc.inference.options import Options
from pplc.inference.parameters import found
from pplc.inference.particles import Interpreted, Streams, Within
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.starts import start
from pplc.inference.suspended import Suspended as Keys
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.traced import Traced, traced
from pplc.semantics.source import Seeded, Source

__all__ = ["Info", "State", "Sweep", "init", "refuses", "run", "step", "sweep_of"]


class Info(NamedTuple):
    """What a step did.

    accepted:    the share of the moves of parameters that were accepted, in [0, 1]; 0 without parameters.
    resamplings: how often the population of the sweep was resampled.
    """

    accepted: float
    resamplings: int


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Chains of particle Gibbs with `particles` runs in each sweep."""
    machine = Machine(bound, exact=False, infer=Nested(Seeded(options.seed)))
    names = tuple(options.parameters.split(",")) if options.parameters else found(bound.program)
    block = named(bound, names)
    mixture = Mixture(within=block) if names else None
    rule = Rule(options.resample_below, options.ancestor_sampling)
    sweep = sweep_of(machine, block, options.particles, rule)

    def one_step(state: State, source: Source, warm: bool) -> tuple[State, Info]:
        assert isinstance(source, Seeded)  # streams of each slot are made from it
        return step(sweep, mixture, state, source, warm=warm)

    chains = run_chains(
        Algorithm(
            "pgibbs",
            lambda source: init(start(machine, options.init, source).traced),
            one_step,
            mh.report,
            mh.pack,
            lambda stored: mh.unpack(machine, stored),
        ),
        options,
        progress,
    )
    what = f"parameters {', '.join(names)}" if names else "no parameters"
    return replace(chains.result, note=f"{counted(options.particles, 'particle')} a sweep, {what}")


def init(traced: Traced) -> State:
    """The state at the start: that of a chain of Metropolis-Hastings."""
    return mh.init(traced)


def step(
    sweep: Sweep, mixture: Mixture | None, state: State, source: Streams, *, warm: bool
) -> tuple[State, Info]:
    """A sweep, and then a round of moves of the parameters, if there are any (a mixture)."""
    path, resamplings = sweep.drawn(state.traced, source)
    state = state._replace(traced=path)
    if mixture is None:
        return state, Info(0.0, resamplings)
    state, info = mh.step(sweep.machine, mixture, state, source, warm=warm)
    return state, Info(info.accepted, resamplings)


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
        return self.drawn(current, source)[0]

    def drawn(self, current: Traced, source: Streams) -> tuple[Traced, int]:
        """The trace after a sweep, and how often its population was resampled."""
        values = current.values
        engine = Interpreted(self.machine, {a: value for a, value in values.items() if self.parameters(a)})
        inner = Within(source, self.count)
        state = conditional.init(engine, values, self.keys, inner.sources(0))
        generation = resamplings = 0
        while not conditional.done(state):
            generation += 1
            state, info = conditional.step(engine, state, self.rule, inner.sources(generation))
            resamplings += info.resampled
        return traced(conditional.pick(state.population, source), None), resamplings


def sweep_of(machine: Machine, parameters: Block, count: int, rule: Rule) -> Sweep:
    """Sweeps of a program."""
    return Sweep(machine, parameters, count, rule, Keys(machine.bound))
