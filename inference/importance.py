"""Importance sampling: independent runs from the prior, weighed by their observations and weights.

Also called likelihood weighting. Properly weighted: E[w f(run)] is the integral of f under the
program's unnormalised measure, so that the mean weight is an unbiased estimate of the evidence, and
self-normalised means converge to those of the posterior (Owen, *Monte Carlo theory, methods and
examples*, 2013, ch. 9). Every run draws from its own stream of the seed.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np

from pplc.inference import weights
from pplc.inference.collect import RETURN, arrays, functions
from pplc.inference.options import Options
from pplc.inference.particles import inner_randomness
from pplc.inference.progress import Progress
from pplc.inference.result import Draws, Result
from pplc.lang import core
from pplc.lang.analysis import reachable, statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations import weighted
from pplc.semantics.representations.weighted import Weighted
from pplc.semantics.source import Seeded, Source
from pplc.semantics.values import Address, Value


class State(NamedTuple):
    """What one step hands the next: how many runs have been drawn, which is the stream of the next one."""

    drawn: int


class Info(NamedTuple):
    """What a step did: the run that it drew, with its weight."""

    run: Weighted


def refuses(bound: Bound) -> str:
    """Why the program cannot be sampled, as far as its text says; empty if it may be."""
    for function in reachable(bound.program):
        for statement in statements(function.body):
            match statement:
                case core.Draw(site=site, law=core.Law(family)):
                    if family == "Flat" or family in bound.program.densities:
                        return f"`{site.name}` has no sampler (`{family}`)"
                case _:
                    pass
    return ""


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """`draws` weighted runs."""
    nested = Nested()
    machine = Machine(bound, exact=False, infer=nested)
    state = init() if options.state is None else State(int(options.state["next"]))
    before = [] if not state.drawn or options.state is None else [int(options.state["dimension"])]
    runs: list[Weighted] = []
    stopped = False
    while len(runs) < options.draws:
        if progress.stopped():
            stopped = True
            break
        state, info = step(machine, state, Seeded(options.seed, slot=state.drawn))
        runs.append(info.run)
        progress.advance("drawing", len(runs), options.draws)
    lowest = min([*(run.dimension for run in runs if run.log_weight > -inf), *before], default=0)
    logs = np.array([float(run.log_weight) if run.dimension == lowest else -inf for run in runs])
    if runs and not before and not np.isfinite(logs).any():
        raise all_zero(bound, len(runs))
    recorded = [[{**run.finished.variables(), RETURN: run.finished.value} for run in runs]]
    draws = Draws(
        arrays(recorded),
        logs[None, :],
        arrays([[_likelihood(run) for run in runs]]),
        functions=functions(recorded),
    )
    ess, k = weights.ess_weights(logs), weights.pareto_k(logs)
    return Result(
        "importance",
        draws=draws,
        log_evidence=weights.log_evidence(logs),
        diagnostics={"ess_weights": ess, "pareto_k": k},
        note=counted(len(runs), "weighted draw") + ("; `infer` inside is approximate" * nested.approximate),
        state={"method": "importance", "next": state.drawn, "dimension": lowest},
        stopped=stopped,
    )


def init() -> State:
    """The state at the start."""
    return State(0)


def step(machine: Machine, state: State, source: Source) -> tuple[State, Info]:
    """One weighted run from the prior."""
    inner_randomness(machine, source)
    return State(state.drawn + 1), Info(weighted.run(machine, source))


def all_zero(bound: Bound, count: int) -> Rejected:
    """The error when no run has positive weight."""
    return Rejected(
        Diagnostic(
            "E0407",
            f"none of {counted(count, 'draw')} from the prior has positive weight",
            bound.program.model.span,
            help="the evidence may be impossible, or too rare to meet by chance: take more `--draws`,"
            " write conditions as observations, or use another method",
        )
    )


def _likelihood(run: Weighted) -> dict[Address, Value]:
    return {address: float(weight) for address, weight in run.likelihood.items()}
