"""Particle independent Metropolis-Hastings: every iteration proposes a run picked from a new population.

It is accepted with probability min(1, Z' / Z), the ratio of the populations' estimates of the evidence. Their
mean over all proposals is itself an estimate of the evidence, as of independent replicates of SMC.

Andrieu, Doucet & Holenstein, *Particle Markov chain Monte Carlo methods* (JRSS B 2010), section 2.4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import exp, inf, log, nan, sqrt
from typing import Any, NamedTuple

from pplc.inference.answers import Estimate, estimate
from pplc.inference.importance import refuses
from pplc.inference.markov import Algorithm, Reported
from pplc.inference.markov import run as run_chains
from pplc.inference.metropolis import accept, minus
from pplc.inference.options import Options
from pplc.inference.parameter_moves import Swept, sweep
from pplc.inference.particles import Interpreted
from pplc.inference.populations import all_dead
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.smc import Rule
from pplc.inference.stored_values import packed_trace, unpacked_trace
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


class State(NamedTuple):
    """Where a chain stands: the run, the log of the evidence that came with it, what was proposed so far."""

    run: Suspended
    log_mass: LogWeight
    moments: Moments
    accepted: bool


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Chains of PIMH with `particles` runs in each population."""
    machine = Machine(bound, exact=False, infer=Nested(Seeded(options.seed)))
    engine = Interpreted(machine)
    rule = Rule(SCHEMES[options.resampler], options.resample_below, options.lookahead)
    count = options.particles

    def begin(source: Seeded) -> State:
        number = 0
        while True:
            first = number * (count + 1)
            sources = [source.at(generation=0, slot=slot) for slot in range(first, first + count + 1)]
            swept = sweep(engine, rule, sources)
            if swept.run is not None:
                return State(swept.run, swept.log_mass, NONE, accepted=False)
            number += 1
            if number == SWEEPS:
                raise all_dead(swept.population, bound.program.model.span)

    def one_step(state: State, source: Source, warm: bool) -> State:
        assert isinstance(source, Seeded)  # every slot of a population reads a stream of its own
        sources = [source.at(slot=slot) for slot in range(1, count + 2)]
        after = decided(state, sweep(engine, rule, sources), source)
        return after._replace(moments=NONE) if warm else after

    def unpack(stored: Mapping[str, Any]) -> State:
        found = replay(machine, unpacked_trace(stored["run"]), Seeded(0))
        assert found is not None
        number, first, second = stored["moments"]
        moments = Moments(int(number), float(first), float(second))
        return State(found.run, float(stored["log_mass"]), moments, bool(stored["accepted"]))

    chains = run_chains(Algorithm("pimh", begin, one_step, report, pack, unpack), options, progress)
    return replace(
        chains.result,
        log_evidence=evidence([state.moments for state in chains.ends]),
        no_evidence="",
        note=f"{count:,} particles",
    )


NONE = Moments(0, -inf, -inf)


def decided(state: State, swept: Swept, source: Source) -> State:
    """The state after a proposal."""
    moments = state.moments.add(float(swept.log_mass))
    if swept.run is None or not accept(minus(swept.log_mass, state.log_mass), source):
        return state._replace(moments=moments, accepted=False)
    return State(swept.run, swept.log_mass, moments, accepted=True)


def report(state: State) -> Reported:
    """The run, and the log of the estimate of the evidence that came with it."""
    return Reported(state.run, float(state.log_mass), float(state.accepted))


def pack(state: State) -> dict[str, Any]:
    """The state as a storable value."""
    run = {address: choice.value for address, choice in state.run.trace().items()}
    return {
        "run": packed_trace(run),
        "log_mass": float(state.log_mass),
        "moments": list(state.moments),
        "accepted": state.accepted,
    }


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
