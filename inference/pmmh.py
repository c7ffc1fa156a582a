"""Particle marginal Metropolis-Hastings: parameters move by MH, their likelihood is estimated by SMC.

The estimate Z(theta) takes the place of the likelihood in the acceptance ratio; because it is unbiased, the
chain leaves the exact posterior of parameters and path invariant, whatever the number of particles.

Andrieu, Doucet & Holenstein, *Particle Markov chain Monte Carlo methods* (JRSS B 2010), section 2.4.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pplc.inference import mh
from pplc.inference.importance import refuses
from pplc.inference.markov import Algorithm, Reported
from pplc.inference.markov import run as run_chains
from pplc.inference.metropolis import accept, minus
from pplc.inference.mixture import Mixture
from pplc.inference.options import Options
from pplc.inference.parameter_moves import Parameters, Swept, parameters_of, sweep
from pplc.inference.parameters import parameters as choices_of
from pplc.inference.particles import Sources, Streams, inner_randomness
from pplc.inference.progress import Progress
from pplc.inference.result import Result
from pplc.inference.smc import Rule
from pplc.inference.starts import TRIES, start
from pplc.inference.stored_values import packed_trace, unpacked_trace
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.measure import times
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.population import SCHEMES
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.source import Seeded, Source

__all__ = ["refuses", "run"]

SWEEPS = 20
"""Populations tried at the start before a chain gives up."""


class State(NamedTuple):
    """What one step hands the next.

    theta:    the parameters, as a chain of Metropolis-Hastings with its scales.
    log_mass: the log of the estimate of their mass.
    run:      a run with these parameters, picked from the population that gave the estimate.
    """

    theta: mh.State
    log_mass: LogWeight
    run: Suspended


class Info(NamedTuple):
    """What a step did.

    accepted: whether it took the proposed parameters.
    log_mass: the log of the estimate of their mass; None if none of positive density were proposed.
    """

    accepted: bool
    log_mass: LogWeight | None


@dataclass(frozen=True)
class Kernel:
    """The step: how parameters move, and how the population that judges them is made."""

    parameters: Parameters
    mixture: Mixture
    rule: Rule
    particles: int

    def sweep(self, theta: Traced, sources: Sources) -> Swept:
        """A population with these parameters; each slot draws from its own source, the last is for all."""
        found = sweep(self.parameters.engine(theta), self.rule, sources)
        if found.run is not None:
            self.parameters.check(theta, found.run)
        return found


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Chains of PMMH with `particles` runs in each population."""
    machine = Machine(bound, exact=False, infer=Nested(Seeded(options.seed)))
    names = [name.strip() for name in options.parameters.split(",")] if options.parameters else []
    block = choices_of(bound, names)
    rule = Rule(SCHEMES[options.resampler], options.resample_below)
    kernel = Kernel(parameters_of(machine, block), Mixture(within=block), rule, options.particles)

    def one_step(state: State, source: Source, warm: bool) -> tuple[State, Info]:
        assert isinstance(source, Seeded)  # every slot of a population reads a stream of its own
        return step(kernel, state, source, warm=warm)

    chains = run_chains(
        Algorithm(
            "pmmh",
            lambda source: init(kernel, options.init, source),
            one_step,
            report,
            pack,
            lambda stored: unpack(kernel, stored),
        ),
        options,
        progress,
    )
    return replace(
        chains.result,
        note=counted(options.particles, "particle"),
        warnings=tuple(mh.stuck([state.theta.counts for state in chains.ends])),
    )


def init(kernel: Kernel, given: Mapping[str, Any], source: Seeded) -> State:
    """Parameters from the prior, or as given, whose population has positive mass."""
    parameters = kernel.parameters
    found = start(parameters.machine, given, source).traced
    values = {a: value for a, value in found.values.items() if parameters.block(a)}
    theta = parameters.drawn(values, source.at(generation=0, slot=TRIES))
    for number in range(SWEEPS):
        first = TRIES + 1 + number * (kernel.particles + 1)
        slots = range(first, first + kernel.particles + 1)
        swept = kernel.sweep(theta, [source.at(generation=0, slot=slot) for slot in slots])
        if swept.run is not None:
            return State(mh.init(theta), swept.log_mass, swept.run)
    raise Rejected(
        Diagnostic(
            "E0440",
            f"none of {SWEEPS} populations with the parameters of the start has positive weight",
            parameters.machine.bound.program.model.span,
            help="take more `--particles`, or give another start by `--init FILE`",
        )
    )


def step(kernel: Kernel, state: State, source: Streams, *, warm: bool) -> tuple[State, Info]:
    """One proposal of parameters, judged by a population of its own."""
    inner_randomness(kernel.parameters.machine, source)
    theta = state.theta
    move = kernel.mixture.choose(kernel.parameters.prior, theta.traced, theta.scales, source)
    if move is None:
        return state, Info(accepted=False, log_mass=None)
    new, ratio, _ = kernel.parameters.propose(theta.traced, move, source)
    after, log_mass = state, None
    if new is not None:
        sources = [source.at(slot=slot) for slot in range(1, kernel.particles + 2)]
        swept = kernel.sweep(new, sources)
        log_mass = swept.log_mass
        after = decided(state, new, ratio, swept, source)
    moved = after is not state
    chain = theta
    if warm:
        chain = mh.learnt(chain, move.walks, accepted=moved)
    else:
        counts = mh.counted(chain, after.theta.traced, move.sites, accepted=moved)
        chain = chain._replace(counts=counts)
    return after._replace(theta=chain._replace(traced=after.theta.traced)), Info(moved, log_mass)


def decided(state: State, new: Traced, ratio: LogWeight, swept: Swept, source: Source) -> State:
    """The state itself, or that with the new parameters and a run of their population."""
    if swept.run is None or not accept(times(ratio, minus(swept.log_mass, state.log_mass)), source):
        return state
    return State(state.theta._replace(traced=new), swept.log_mass, swept.run)


def report(state: State, accepted: float) -> Reported:
    """The run, and the log of the estimated mass of its parameters."""
    return Reported(state.run, float(state.log_mass), accepted)


# ------------------------------------------------------------------ the state in run files


def pack(state: State, accepted: float) -> dict[str, Any]:
    """The state, and whether the step to it accepted, as a storable value."""
    run = {a: choice.value for a, choice in state.run.trace().items()}
    theta = mh.pack(state.theta, accepted)
    return {"theta": theta, "log_mass": float(state.log_mass), "run": packed_trace(run)}


def unpack(kernel: Kernel, stored: Mapping[str, Any]) -> tuple[State, float]:
    """The state and the share that `pack` made this of."""
    parameters = kernel.parameters
    theta, accepted = mh.unpack(parameters.prior, stored["theta"])
    run = replay(parameters.machine, unpacked_trace(stored["run"]), Seeded(0))
    assert run is not None
    theta = theta._replace(traced=parameters.forget(theta.traced))
    return State(theta, float(stored["log_mass"]), run.run), accepted
