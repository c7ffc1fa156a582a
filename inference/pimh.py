"""Particle independent Metropolis-Hastings: every iteration proposes a run picked from a new population.

It is accepted with probability min(1, Z' / Z), the ratio of the populations' estimates of the evidence. Their
mean over all proposals is itself an estimate of the evidence, as of independent replicates of SMC.

Andrieu, Doucet & Holenstein, *Particle Markov chain Monte Carlo methods* (JRSS B 2010), section 2.4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, inf, log, nan, sqrt
from typing import Any, NamedTuple

from pplc.inference.answers import Estimate, estimate
from pplc.inference.importance import refuses
from pplc.inference.markov import Algorithm, Reported
from pplc.inference.markov import run as run_chains
from pplc.inference.metropolis import accept, minus
from pplc.inference.options import Options
from pplc.inference.parameter_moves import Swept, sweep
from pplc.inference.particles import Interpreted, Sources, Streams
from pplc.inference.populations import all_dead
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.smc import Rule
from pplc.inference.stored_values import packed_trace, unpacked_trace
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.population import SCHEMES
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.representations.traced import replay
from pplc.semantics.source import Seeded, Source

__all__ = ["refuses", "run"]

SWEEPS = 20
"""Populations tried at the start before a chain gives up."""


class Moments(NamedTuple):
    """Of the estimates of the evidence so far: how many, the logs of their sum and sum of squares."""

    number: int
    first: float
    second: float

    def add(self, log_mass: float) -> Moments:
        """One more."""
        return Moments(self.number + 1, _log_add(self.first, log_mass), _log_add(self.second, 2 * log_mass))


NONE = Moments(0, -inf, -inf)


class State(NamedTuple):
    """What one step hands the next: the run, the log of the evidence that came with it, what was proposed."""

    run: Suspended
    log_mass: LogWeight
    moments: Moments


class Info(NamedTuple):
    """What a step did.

    accepted: whether it took the proposed run. log_mass: the log of the estimate that came with that.
    """

    accepted: bool
    log_mass: LogWeight


@dataclass(frozen=True)
class Kernel:
    """The step: how populations of so many particles are made."""

    engine: Interpreted
    rule: Rule
    particles: int

    def sweep(self, sources: Sources) -> Swept:
        """A population; each slot draws from its own source, the last is for all."""
        return sweep(self.engine, self.rule, sources)


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Chains of PIMH with `particles` runs in each population."""
    machine = Machine(bound, exact=False, infer=Nested(Seeded(options.seed)))
    rule = Rule(SCHEMES[options.resampler], options.resample_below, options.lookahead)
    kernel = Kernel(Interpreted(machine), rule, options.particles)

    def one_step(state: State, source: Source, warm: bool) -> tuple[State, Info]:
        assert isinstance(source, Seeded)  # every slot of a population reads a stream of its own
        return step(kernel, state, source, warm=warm)

    chains = run_chains(
        Algorithm(
            "pimh",
            lambda source: init(kernel, source),
            one_step,
            report,
            pack,
            lambda stored: unpack(machine, stored),
        ),
        options,
        progress,
    )
    return replace(
        chains.result,
        log_evidence=evidence([state.moments for state in chains.ends]),
        no_evidence="",
        note=counted(options.particles, "particle"),
    )


def init(kernel: Kernel, source: Streams) -> State:
    """A run of the first population of positive mass; raises `Rejected` after `SWEEPS` without."""
    number = 0
    while True:
        first = number * (kernel.particles + 1)
        slots = range(first, first + kernel.particles + 1)
        swept = kernel.sweep([source.at(generation=0, slot=slot) for slot in slots])
        if swept.run is not None:
            return State(swept.run, swept.log_mass, NONE)
        number += 1
        if number == SWEEPS:
            raise all_dead(swept.population, kernel.engine.machine.bound.program.model.span)


def step(kernel: Kernel, state: State, source: Streams, *, warm: bool) -> tuple[State, Info]:
    """One proposal, from a population of its own; of those made during warm-up nothing is kept."""
    sources = [source.at(slot=slot) for slot in range(1, kernel.particles + 2)]
    after, info = decided(state, kernel.sweep(sources), source)
    return after._replace(moments=NONE) if warm else after, info


def decided(state: State, swept: Swept, source: Source) -> tuple[State, Info]:
    """The state after a proposal, and whether that was taken."""
    moments = state.moments.add(float(swept.log_mass))
    if swept.run is None or not accept(minus(swept.log_mass, state.log_mass), source):
        return state._replace(moments=moments), Info(accepted=False, log_mass=swept.log_mass)
    return State(swept.run, swept.log_mass, moments), Info(accepted=True, log_mass=swept.log_mass)


def report(state: State, accepted: float) -> Reported:
    """The run, and the log of the estimate of the evidence that came with it."""
    return Reported(state.run, float(state.log_mass), accepted)


def pack(state: State, accepted: float) -> dict[str, Any]:
    """The state, and whether the step to it accepted, as a storable value."""
    run = {address: choice.value for address, choice in state.run.trace().items()}
    return {
        "run": packed_trace(run),
        "log_mass": float(state.log_mass),
        "moments": list(state.moments),
        "accepted": bool(accepted),
    }


def unpack(machine: Machine, stored: Mapping[str, Any]) -> tuple[State, float]:
    """The state and the share that `pack` made this of."""
    found = replay(machine, unpacked_trace(stored["run"]), Seeded(0))
    assert found is not None
    number, first, second = stored["moments"]
    moments = Moments(int(number), float(first), float(second))
    return State(found.run, float(stored["log_mass"]), moments), float(stored["accepted"])


def evidence(moments: list[Moments]) -> Estimate:
    """The log of the mean of all estimates, with its standard error by the delta method."""
    count = sum(each.number for each in moments)
    first, second = -inf, -inf
    for each in moments:
        first, second = _log_add(first, each.first), _log_add(second, each.second)
    if first == -inf:
        return Estimate(-inf, nan, (-inf, inf), ("every weight is 0",))
    # The variance of the estimates, relative to the square of their mean.
    spread = max(0.0, exp(second - 2 * first) * count - 1)
    error = sqrt(spread / (count - 1)) if count > 1 else inf
    return estimate(first - log(count), error)


def _log_add(left: float, right: float) -> float:
    high, low = max(left, right), min(left, right)
    return high if low == -inf else high + log(1 + exp(low - high))
