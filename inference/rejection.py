"""Rejection sampling: runs from the prior, each kept with probability weight / bound.

The runs that are kept are independent draws from the posterior, exactly, as long as no weight exceeds the
bound; one that does is an error. The share that is kept estimates the evidence: of n runs until the r-th is
kept, (r - 1) / (n - 1) is unbiased (Haldane, *On a method of estimating frequencies*, Biometrika 1945).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, log, nan, sqrt
from typing import Any, NamedTuple

from pplc.inference import exact
from pplc.inference.answers import Estimate, estimate
from pplc.inference.auto import Trial
from pplc.inference.collect import arrays
from pplc.inference.continuous.programs import has_density
from pplc.inference.importance import refuses
from pplc.inference.markov import likelihood_of, variables_of
from pplc.inference.metropolis import accept
from pplc.inference.options import Options
from pplc.inference.particles import inner_randomness
from pplc.inference.progress import Progress
from pplc.inference.registry import METHODS
from pplc.inference.result import Draws, Result
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.measure import is_zero, times
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogWeight
from pplc.semantics.representations import sequential
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.source import Seeded, Source

__all__ = ["Info", "State", "attempt", "init", "refuses", "run", "step"]

ROUNDING = 1e-9
"""By how much the log of a weight may exceed the bound before it is an error: sums of logs are rounded."""

SLOTS = 1 << 31
"""Attempts that read one generation of the seed."""


HOPELESS = 100_000
"""Attempts after which a method that has kept no run gives up: any number of draws would take for ever."""

MANY = (10_000, 100_000, 1_000_000)
"""Attempts after which it is said how few runs are kept, if they are fewer than `FEW`."""

FEW = 1 / 1000

DOUBTFUL = 100
"""Attempts after which a finite program none of whose runs was kept is asked whether one can be."""

SECONDS, STATES = 1.0, 10_000
"""What that may cost: it is given up otherwise."""


class State(NamedTuple):
    """What one step hands the next: what has been tried so far, in this run and those that it continues.

    kept:      of the runs tried. A run of lower dimension than any before starts the count anew.
    dimension: the lowest of any run of positive weight; only these count (LANGUAGE.md 11).
    """

    tried: int
    kept: int
    dimension: int | None


class Info(NamedTuple):
    """What a step did: the run that it drew, and whether that is kept."""

    run: Suspended
    kept: bool


def attempt(machine: Machine, bound: LogWeight, source: Source) -> tuple[Suspended, bool]:
    """A run from the prior, and whether it is kept. Raises `Rejected` if its weight exceeds the bound."""
    choose = sequential.prior(source, exact=machine.exact)
    run, weight = sequential.finish(machine, sequential.start(machine, choose), choose)
    if is_zero(weight):
        return run, False
    ratio = times(weight, -bound)
    if float(ratio) > ROUNDING:
        raise _exceeded(machine, float(weight), float(bound))
    return run, accept(ratio, source)


def init() -> State:
    """The state at the start."""
    return State(0, 0, None)


def step(machine: Machine, bound: LogWeight, state: State, source: Source) -> tuple[State, Info]:
    """One attempt. What was kept before a run of lower dimension has no mass beside it."""
    inner_randomness(machine, source)
    run, good = attempt(machine, bound, source)
    tried, kept, lowest = state
    if not good or (lowest is not None and run.dimension > lowest):
        return state._replace(tried=tried + 1), Info(run, kept=False)
    if lowest is not None and run.dimension < lowest:
        kept = 0
    return State(tried + 1, kept + 1, run.dimension), Info(run, kept=True)


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """`draws` runs that are kept, from as many attempts as it takes."""
    machine = Machine(bound, exact=False, infer=Nested())
    before = done = init() if options.state is None else _resumed(options.state)
    kept: list[Suspended] = []
    stopped = False
    while len(kept) < options.draws:
        if done.kept == 0 and done.tried >= HOPELESS:
            raise _hopeless(machine)
        if progress.stopped():
            stopped = True
            break
        source = Seeded(options.seed, generation=done.tried // SLOTS, slot=done.tried % SLOTS)
        done, info = step(machine, options.bound, done, source)
        if info.kept:
            if done.kept == 1:
                kept = []  # the first of its dimension
            kept.append(info.run)
        progress.advance("drawing", len(kept), options.draws, f"{done.tried:,} attempts")
        if done.tried == DOUBTFUL and not done.kept:
            _refuse_impossible(bound, progress)
        if done.tried in MANY and done.kept < FEW * done.tried:
            progress.warn(_rare(machine, done))
    return Result(
        "rejection",
        draws=Draws(
            arrays([[variables_of(each) for each in kept]]),
            log_likelihood=arrays([[likelihood_of(each) for each in kept]]),
        ),
        log_evidence=evidence(done, options.bound, stopped=stopped),
        note=f"{len(kept):,} of {done.tried:,} runs kept",
        diagnostics={"attempts": done.tried},
        state={
            "method": "rejection",
            "tried": done.tried,
            "kept": done.kept,
            "dimension": -1 if done.dimension is None else done.dimension,
        },
        replaces=before.dimension != done.dimension and before.dimension is not None,
        stopped=stopped,
    )


def evidence(done: State, bound: float, *, stopped: bool) -> Estimate:
    """The log of the evidence with its standard error by the delta method."""
    tried, kept, _ = done
    if kept == 0:
        return Estimate(-inf, nan, (-inf, inf), ("no run was kept",))
    share = kept / tried if stopped or kept < 2 else (kept - 1) / (tried - 1)
    return estimate(log(share) + bound, sqrt((1 - share) / kept))


def _resumed(stored: Mapping[str, Any]) -> State:
    dimension = int(stored["dimension"])
    return State(int(stored["tried"]), int(stored["kept"]), None if dimension < 0 else dimension)


def _refuse_impossible(bound: Bound, progress: Progress) -> None:
    """Raises `Rejected` (E0403) if enumeration shows soon that no run has positive weight."""
    if has_density(bound.program) or exact.refuses(bound):
        return
    small = replace(bound, budget=replace(bound.budget, states=min(bound.budget.states, STATES)))
    try:
        exact.run(small, METHODS["exact"].fill({}), Trial(progress, SECONDS))
    except Rejected as rejected:
        if any(diagnostic.code == "E0403" for diagnostic in rejected.diagnostics):
            raise


def _rare(machine: Machine, done: State) -> Diagnostic:
    kept = f"only {done.kept:,}" if done.kept else "none"
    return Diagnostic(
        "W0320",
        f"{kept} of {done.tried:,} runs from the prior {'was' if done.kept < 2 else 'were'} kept so far",
        machine.bound.program.model.span,
        help="it may take for ever: stop it with Ctrl-C, and use another method, such as `--method smc`, or a"
        " smaller `--bound`, if no weight exceeds it",
        severity="warning",
    )


def _hopeless(machine: Machine) -> Rejected:
    return Rejected(
        Diagnostic(
            "E0407",
            f"none of {HOPELESS:,} runs from the prior was kept",
            machine.bound.program.model.span,
            help="the evidence may be impossible or very rare, or `--bound` far above every weight:"
            " use another method, such as `--method smc`",
        )
    )


def _exceeded(machine: Machine, weight: float, bound: float) -> Rejected:
    return Rejected(
        Diagnostic(
            "E0408",
            f"a run has weight e^{weight:.4g}, above the bound e^{bound:.4g}: what was kept would be wrong",
            machine.bound.program.model.span,
            help=f"give a bound that no weight exceeds, such as `--bound {weight + 1:.3g}` or more;"
            " densities have no upper bound in general, and then `--method importance` is meant",
        )
    )
