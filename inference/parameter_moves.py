"""Parameters apart from everything else: their traces, and moves on them, for pseudo-marginal methods.

What is known of parameters theta is an unbiased estimate of the mass of all runs with them,
Z(theta) = p(theta, data), from a population whose runs make these choices (`Interpreted.given`). Moves are
those of Metropolis-Hastings on the program without its weights, in which all other choices are forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pplc.inference import smc
from pplc.inference.metropolis import Block, Proposal, minus
from pplc.inference.mixture import Move
from pplc.inference.particles import Interpreted
from pplc.inference.smc import Rule
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, times
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.population import Population
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value, show_address


@dataclass(frozen=True)
class Parameters:
    """The choices of a program that are its parameters.

    machine: of the program. prior: of the same without weights.
    block:   which choices are parameters.
    """

    machine: Machine
    prior: Machine
    block: Block

    def drawn(self, values: Mapping[Address, Value], source: Source) -> Traced:
        """The parameters with these values, those not given drawn from their laws."""
        found = replay(self.prior, values, source)
        assert found is not None
        return self.forget(found)

    def forget(self, traced: Traced) -> Traced:
        """A trace without the choices that are no parameters."""
        return traced._replace(
            choices={a: choice for a, choice in traced.choices.items() if self.block(a)},
            densities={a: density for a, density in traced.densities.items() if self.block(a)},
        )

    def density(self, theta: Traced) -> LogWeight:
        """The log of the prior density of parameters."""
        total = ONE(self.machine.exact)
        for density, _ in theta.densities.values():
            total = times(total, density)
        return total

    def engine(self, theta: Traced) -> Interpreted:
        """Runs of the program with these parameters; their prior density is among the weights."""
        return Interpreted(self.machine, theta.values)

    def propose(self, theta: Traced, move: Move, source: Source) -> Proposal:
        """New parameters, and the log of (chance to propose back) / (chance to propose)."""
        found = move.kernel(self.prior, theta, source)
        if found.traced is None or found.dimension > 0:
            return found._replace(traced=None)
        new = self.forget(found.traced)
        # The kernel's ratio has the prior densities, which the estimates of the mass have as well.
        change = minus(self.density(new), self.density(theta))
        return found._replace(traced=new, log_ratio=minus(found.log_ratio, change))

    def check(self, theta: Traced, run: Suspended) -> None:
        """Refuses parameters whose place or law depends on choices that are none."""
        met = {a: choice for a, choice in run.trace().items() if self.block(a)}
        for address in {**theta.choices, **met}:
            mine, its = theta.choices.get(address), met.get(address)
            if mine is None or its is None or mine.law != its.law:
                raise Rejected(
                    Diagnostic(
                        "E0338",
                        f"`{show_address(address)}` is no parameter: whether it is drawn, or its law,"
                        " depends on variables that are none",
                        self.machine.bound.program.model.span,
                        help="name those as well in `--parameters`, or leave it out",
                    )
                )


def parameters_of(machine: Machine, block: Block) -> Parameters:
    """The parameters of a program."""
    prior = Machine(machine.bound.before_data(), exact=machine.exact, infer=machine.infer)
    return Parameters(machine, prior, block)


class Swept(NamedTuple):
    """A population at its end, and one of its runs, picked by weight; None if all have weight zero."""

    population: Population[Suspended]
    run: Suspended | None

    @property
    def log_mass(self) -> LogWeight:
        """The log of the estimate of the mass."""
        return self.population.log_mass


def sweep(engine: Interpreted, rule: Rule, sources: Sequence[Source]) -> Swept:
    """SMC from its start to its end; every slot goes on drawing from its source."""
    state = smc.init(engine, sources)
    while not smc.done(engine, state, rule):
        state, _ = smc.step(engine, state, rule, sources)
    return Swept(state.population, pick(state.population, sources[-1]))


def pick(population: Population[Suspended], source: Source) -> Suspended | None:
    """A particle by its weight; None if all weights are zero."""
    if population.dead:
        return None
    return population.particles[source.choose(population.weights)]
