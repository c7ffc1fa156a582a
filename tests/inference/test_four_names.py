"""Every sampling algorithm is one file with State, Info, init and step, and can be stepped by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from pplc.inference import (
    conditional,
    importance,
    mh,
    particle_gibbs,
    pimh,
    pmmh,
    rejection,
    smc,
    smc2,
    tempering,
)
from pplc.inference.conditional import Rule as SweepRule
from pplc.inference.metropolis import single_site
from pplc.inference.mixture import Mixture
from pplc.inference.named_blocks import named
from pplc.inference.parameter_moves import parameters_of
from pplc.inference.particles import Interpreted, Moving, streams
from pplc.inference.progress import Silent
from pplc.inference.registry import METHODS
from pplc.inference.starts import start
from pplc.inference.suspended import Suspended as Keys
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.population import SCHEMES
from pplc.semantics.representations.traced import Traced
from pplc.semantics.source import Seeded
from tests.support.reference import bound

WALK = """
model walk() {
  drift ~ Gamma(2, 2)
  x[0] ~ Normal(0, 1)
  observe true ~ Bernoulli(1 / (1 + exp(-x[0])))
  for t in 1..3 {
    x[t] ~ Normal(x[t-1], drift)
    observe true ~ Bernoulli(1 / (1 + exp(-x[t])))
  }
}
"""
COUNT = 3
SMC = smc.Rule(SCHEMES["systematic"])
SWEEP = SweepRule(1, ancestor_sampling=True)

Begin: TypeAlias = Callable[[Machine, Seeded], Any]
Step: TypeAlias = Callable[[Machine, Any, Seeded, int], Any]
"""The step of an iteration, from the machine, the state and the source of that iteration."""


def traced(machine: Machine, source: Seeded) -> Traced:
    return start(machine, {}, source).traced


def kernel_of_pmmh(machine: Machine) -> pmmh.Kernel:
    block = named(machine.bound, ["drift"])
    return pmmh.Kernel(parameters_of(machine, block), Mixture(within=block), SMC, COUNT)


def kernel_of_pimh(machine: Machine) -> pimh.Kernel:
    return pimh.Kernel(Interpreted(machine), SMC, COUNT)


def moving(machine: Machine) -> Moving:
    return Moving(Interpreted(machine), single_site(), 1)


def nests(machine: Machine) -> smc2.Nests:
    kernel = kernel_of_pmmh(machine)
    return smc2.Nests(kernel.parameters, SMC, 2, kernel.mixture, 1, Silent().stopped)


def heated(below: float) -> Step:
    rule = tempering.Rule(SCHEMES["systematic"], below, single_site(), 1)

    def step(machine: Machine, state: Any, source: Seeded, number: int) -> Any:
        beta = tempering.ladder(4)[number - 1]
        return tempering.step(machine, state, beta, rule, streams(source, number, COUNT))

    return step


def gibbs(machine: Machine, state: Any, source: Seeded) -> Any:
    block = named(machine.bound, ["drift"])
    sweep = particle_gibbs.sweep_of(machine, block, COUNT, SWEEP)
    return particle_gibbs.step(sweep, Mixture(within=block), state, source, warm=False)


def begun_along(machine: Machine, source: Seeded) -> conditional.State:
    values = traced(machine, source).values
    return conditional.init(Interpreted(machine), values, Keys(machine.bound), streams(source, 0, COUNT))


def begun_at_the_prior(machine: Machine, source: Seeded) -> tempering.State:
    return tempering.init(machine, streams(source, 0, COUNT))


ALGORITHMS: dict[str, tuple[ModuleType, Begin, Step]] = {
    "importance": (
        importance,
        lambda machine, source: importance.init(),
        lambda machine, state, source, number: importance.step(machine, state, source),
    ),
    "rejection": (
        rejection,
        lambda machine, source: rejection.init(),
        lambda machine, state, source, number: rejection.step(machine, 0.0, state, source),
    ),
    "smc": (
        smc,
        lambda machine, source: smc.init(Interpreted(machine), streams(source, 0, COUNT)),
        lambda machine, state, source, number: smc.step(
            Interpreted(machine), state, SMC, streams(source, number, COUNT)
        ),
    ),
    "rmsmc": (
        smc,
        lambda machine, source: smc.init(moving(machine), streams(source, 0, COUNT)),
        lambda machine, state, source, number: smc.step(
            moving(machine), state, smc.Rule(SMC.scheme, moving=4), streams(source, number, COUNT)
        ),
    ),
    "smc2": (
        smc2,
        lambda machine, source: smc2.init(nests(machine), streams(source, 0, COUNT)),
        lambda machine, state, source, number: smc2.step(
            nests(machine), state, SMC, streams(source, number, COUNT)
        ),
    ),
    "ais": (tempering, begun_at_the_prior, heated(below=0)),
    "tempered": (tempering, begun_at_the_prior, heated(below=1)),
    "mh": (
        mh,
        lambda machine, source: mh.init(traced(machine, source)),
        lambda machine, state, source, number: mh.step(machine, Mixture(), state, source, warm=False),
    ),
    "pimh": (
        pimh,
        lambda machine, source: pimh.init(kernel_of_pimh(machine), source),
        lambda machine, state, source, number: pimh.step(kernel_of_pimh(machine), state, source, warm=False),
    ),
    "pmmh": (
        pmmh,
        lambda machine, source: pmmh.init(kernel_of_pmmh(machine), {}, source),
        lambda machine, state, source, number: pmmh.step(kernel_of_pmmh(machine), state, source, warm=False),
    ),
    "pgibbs": (
        particle_gibbs,
        lambda machine, source: particle_gibbs.init(traced(machine, source)),
        lambda machine, state, source, number: gibbs(machine, state, source),
    ),
    "the sweeps of pgibbs": (
        conditional,
        begun_along,
        lambda machine, state, source, number: conditional.step(
            Interpreted(machine), state, SWEEP, streams(source, number, COUNT)
        ),
    ),
}
"""By the name of the method: its module, and how it begins and takes a step on a small program."""

OTHERS = {"exact", "nuts", "hmc", "svi", "laplace", "map"}
"""Methods that draw no runs of the program: they sum over them, or follow the gradient of its density."""


def test_every_method_that_runs_the_program_is_in_the_table() -> None:
    assert (set(ALGORITHMS) | OTHERS) - {"the sweeps of pgibbs"} == set(METHODS)


def is_record(kind: Any) -> bool:
    """Whether this is the class of named tuples or of data classes."""
    return isinstance(kind, type) and (
        is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields"))
    )


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_has_four_names_and_steps_by_hand(name: str) -> None:
    module, begin, step = ALGORITHMS[name]
    assert is_record(module.State)
    assert is_record(module.Info)
    assert callable(module.init)
    assert callable(module.step)
    machine = Machine(bound(WALK), exact=False, infer=Nested(Seeded(1)))
    first = begin(machine, Seeded(1))
    second, did = step(machine, first, Seeded(1, generation=1), 1)
    third, did_then = step(machine, second, Seeded(1, generation=2), 2)
    assert [type(state) for state in (first, second, third)] == [module.State] * 3
    assert [type(info) for info in (did, did_then)] == [module.Info] * 2
    # Nothing is stored outside the state: a step that is made again is the same.
    again, did_again = step(machine, first, Seeded(1, generation=1), 1)
    assert repr(again) == repr(second)
    assert repr(did_again) == repr(did)


def test_a_step_of_particle_gibbs_counts_the_resamplings_of_its_sweep() -> None:
    machine = Machine(bound(WALK), exact=False, infer=Nested(Seeded(1)))
    state = particle_gibbs.init(traced(machine, Seeded(1)))
    source = Seeded(1, generation=1)
    found: list[int] = []
    for below in (0, 1):
        sweep = particle_gibbs.sweep_of(machine, named(machine.bound, []), COUNT, SweepRule(below))
        _, info = particle_gibbs.step(sweep, None, state, source, warm=False)
        assert info.accepted == 0
        found.append(info.resamplings)
    assert found == [0, 3]  # after each of the three data, before going on to the next or to the end


def test_stored_states_say_what_the_last_step_accepted() -> None:
    machine = Machine(bound(WALK), exact=False, infer=Nested(Seeded(1)))
    state = mh.init(traced(machine, Seeded(1)))
    assert mh.unpack(machine, mh.pack(state, 0.25))[1] == 0.25
    proposed = pimh.init(kernel_of_pimh(machine), Seeded(1))
    parameters = kernel_of_pmmh(machine)
    judged = pmmh.init(parameters, {}, Seeded(1))
    for accepted in (0.0, 1.0):
        assert pimh.unpack(machine, pimh.pack(proposed, accepted))[1] == accepted
        assert pmmh.unpack(parameters, pmmh.pack(judged, accepted))[1] == accepted
