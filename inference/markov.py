"""Chains of any Markov kernel side by side, and their draws as a `Result`.

An algorithm gives the start of a chain and its step; everything random in iteration i of chain k comes from
the seed at (task k, generation i). So a chain that is continued makes the draws that a longer one would
have made, and results do not depend on when a chain is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from pplc.inference.collect import RETURN, arrays
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.result import Draws, Result
from pplc.inference.stored_values import Unstorable
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.representations.sequential import Suspended
from pplc.semantics.runs import Finished
from pplc.semantics.source import Seeded, Source
from pplc.semantics.values import Address, Value

S = TypeVar("S")

NO_EVIDENCE = "Markov chains do not estimate it"


class Reported(NamedTuple):
    """What a chain shows of its state.

    run: finished. log_density: of the state, up to a constant. accepted: share of the last step's moves.
    """

    run: Suspended
    log_density: float
    accepted: float


class Accepting(Protocol):
    """What every algorithm says of a step: the share of its moves that were accepted."""

    @property
    def accepted(self) -> float: ...


@dataclass(frozen=True)
class Algorithm(Generic[S]):
    """A way to make chains.

    start:  the first state, drawn from the chain's source; raises `Rejected` if there is none.
    step:   the next state, and what the step did; during warm-up (true) it may learn, afterwards it is one
            fixed kernel.
    report: what is shown of a state and the share that the step to it accepted.
    pack, unpack: both as a storable value and back.
    """

    name: str
    start: Callable[[Seeded], S]
    step: Callable[[S, Source, bool], tuple[S, Accepting]]
    report: Callable[[S, float], Reported]
    pack: Callable[[S, float], Any]
    unpack: Callable[[Any], tuple[S, float]]


class Chain(NamedTuple, Generic[S]):
    """Where a chain stands.

    iteration: steps made, warm-up included; the generation of the source.
    accepted:  the share of the last step's moves; 0 before the first.
    """

    state: S
    iteration: int
    accepted: float


@dataclass(frozen=True)
class Chains(Generic[S]):
    """What the chains have made, and their last states."""

    result: Result
    ends: Sequence[S]


def run(algorithm: Algorithm[S], options: Options, progress: Progress) -> Chains[S]:
    """Starts or continues the chains, warms them up, draws; ends early if told to."""
    source = Seeded(options.seed)
    chains = _resumed(algorithm, options)
    if chains is None:
        chains = [Chain(algorithm.start(source.at(task=k)), 0, 0.0) for k in range(options.chains)]
    warm = max(0, options.warmup - chains[0].iteration)
    total = warm + options.draws * options.thin
    kept: list[list[Reported]] = [[] for _ in chains]
    latest: Sequence[Chain[S]] = chains
    done = 0
    while done < total:
        moved = _round(algorithm, chains, source, done < warm, progress)
        if moved is None:
            break
        chains = moved
        done += 1
        progress.advance("sampling", done * len(chains), total * len(chains))
        if done <= warm or (done - warm) % options.thin == 0:
            latest = chains  # steps after the last draw are made again by who continues
        if done > warm and latest is chains:
            for k, chain in enumerate(chains):
                kept[k].append(algorithm.report(chain.state, chain.accepted))
    result = replace(_result(algorithm.name, kept, done < total), state=_stored(algorithm, latest))
    return Chains(result, [chain.state for chain in chains])


def _round(
    algorithm: Algorithm[S], chains: Sequence[Chain[S]], source: Seeded, warm: bool, progress: Progress
) -> list[Chain[S]] | None:
    """Every chain one step on; None if it is time to stop, and then no chain has moved."""
    moved: list[Chain[S]] = []
    for k, (before, iteration, _) in enumerate(chains):
        if progress.stopped():
            return None
        here = source.at(task=k, generation=iteration + 1)
        state, info = algorithm.step(before, here, warm)
        moved.append(Chain(state, iteration + 1, float(info.accepted)))
    return moved


def _result(name: str, kept: Sequence[Sequence[Reported]], stopped: bool) -> Result:
    values = arrays([[variables_of(each.run) for each in chain] for chain in kept])
    likelihood = arrays([[likelihood_of(each.run) for each in chain] for chain in kept])
    stats = {
        "lp": np.array([[each.log_density for each in chain] for chain in kept]),
        "acceptance_rate": np.array([[each.accepted for each in chain] for chain in kept]),
    }
    return Result(
        name,
        draws=Draws(values, None, likelihood, stats),
        no_evidence=NO_EVIDENCE,
        stopped=stopped,
    )


def variables_of(run: Suspended) -> dict[Address, Value]:
    """What a finished run recorded, with its value."""
    assert isinstance(run.event, Finished)
    return {**run.event.variables(), RETURN: run.event.value}


def likelihood_of(run: Suspended) -> dict[Address, Value]:
    """The log density of every observed datum of a run."""
    return {address: float(weight) for address, weight in run.likelihood(0.0).items()}


# ------------------------------------------------------------------ states


def _stored(algorithm: Algorithm[S], chains: Sequence[Chain[S]]) -> dict[str, Any] | None:
    """What to continue from; None if the program's values cannot be stored."""
    try:
        listed = [{"state": algorithm.pack(c.state, c.accepted), "iteration": c.iteration} for c in chains]
    except Unstorable:
        return None
    return {"method": algorithm.name, "chains": listed}


def _resumed(algorithm: Algorithm[S], options: Options) -> list[Chain[S]] | None:
    if options.state is None:
        return None
    stored = options.state
    if stored.get("method") != algorithm.name:
        raise Rejected(
            Diagnostic(
                "E0314",
                f"the run to resume is not a run of `{algorithm.name}`",
                help="resume with the same model, data and method",
            )
        )
    listed: Sequence[Mapping[str, Any]] = stored["chains"]
    chains: list[Chain[S]] = []
    for each in listed:
        state, accepted = algorithm.unpack(each["state"])
        chains.append(Chain(state, int(each["iteration"]), accepted))
    return chains
