"""Metropolis-Hastings on a program's traces.

Every draw is one round of moves from a fixed mixture (`pplc.inference.mixture`), as many as the trace had
numbers at the end of warm-up. Warm-up learns the scales of the random walks by stochastic approximation
(Andrieu & Thoms, *A tutorial on adaptive MCMC*, Statistics and Computing 2008, algorithm 4); afterwards
nothing is learnt, so that the kernel is one and leaves the posterior invariant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import exp, log, sqrt
from typing import Any, NamedTuple

from pplc.inference.collect import split
from pplc.inference.markov import Algorithm, Reported
from pplc.inference.markov import run as run_chains
from pplc.inference.metropolis import mh_step
from pplc.inference.mixture import Mixture, Place, Scales, usual_scale
from pplc.inference.named_blocks import parse_blocks
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.proposals import proposal_kernel
from pplc.inference.result import Result
from pplc.inference.starts import start as find_start
from pplc.inference.steps import size_of
from pplc.inference.stored_values import packed, packed_trace, unpacked, unpacked_trace
from pplc.lang.diagnostics import Diagnostic
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.source import Seeded, Source
from pplc.semantics.values import Address, Value

TARGET = 0.44
"""The share of steps that scales aim at: the best for one number (Roberts & Rosenthal 2001, section 2.2)."""

MOST_MOVES = 25
"""Moves for one draw, at most."""

ENOUGH = 50
"""Proposals after which a variable that never moved is warned about."""


class Counts(NamedTuple):
    """What became of the proposals about a variable.

    tried: proposals of another value for it alone. moved: how often any move changed it.
    """

    tried: int
    moved: int


class State(NamedTuple):
    """What one step hands the next.

    scales: of the walks; fixed after warm-up, as are `moves`, the number of moves of a step.
    tries:  how often each scale has been tried during warm-up; of the same places.
    counts: of the proposals after warm-up, by variable.
    """

    traced: Traced
    scales: Scales
    tries: Mapping[Place, int]
    moves: int
    counts: Mapping[str, Counts]


class Info(NamedTuple):
    """What a step did. accepted: the share of its moves that were accepted, in [0, 1]."""

    accepted: float


def refuses(bound: Bound) -> str:
    """MH takes every program: what has no sampler can start where `--init` says."""
    del bound
    return ""


def run(bound: Bound, options: Options, progress: Progress) -> Result:
    """Chains of Metropolis-Hastings."""
    machine = Machine(bound, exact=False, infer=Nested(Seeded(options.seed)))
    mixture = mixture_of(machine, options)
    tries: list[int] = []

    def begin(source: Seeded) -> State:
        found = find_start(machine, options.init, source)
        tries.append(found.tries)
        return init(found.traced)

    chains = run_chains(
        Algorithm(
            "mh",
            begin,
            lambda state, source, warm: step(machine, mixture, state, source, warm=warm),
            report,
            pack,
            lambda stored: unpack(machine, stored),
        ),
        options,
        progress,
    )
    moves = max((state.moves for state in chains.ends), default=1)
    return replace(
        chains.result,
        note=_note(moves, tries),
        warnings=tuple(stuck([state.counts for state in chains.ends])),
    )


def mixture_of(machine: Machine, options: Options) -> Mixture:
    """The moves that the options ask for."""
    others = (proposal_kernel(machine, options.proposal),) if options.proposal else ()
    return Mixture(blocks=parse_blocks(machine.bound, options.blocks), others=others)


def _note(moves: int, tries: Sequence[int]) -> str:
    note = f"{moves} move{'s' * (moves != 1)} per draw"
    if max(tries, default=1) > 1:
        note += f"; a start was found after {max(tries):,} draws from the prior"
    return note


# ------------------------------------------------------------------ the chain


def init(traced: Traced) -> State:
    """The state at the start."""
    return State(traced, {}, {}, _moves(traced), {})


def _moves(traced: Traced) -> int:
    return max(1, min(MOST_MOVES, sum(size_of(value) for value in traced.values.values())))


def step(
    machine: Machine, mixture: Mixture, state: State, source: Source, *, warm: bool
) -> tuple[State, Info]:
    """One round of moves."""
    accepted, count = 0, state.moves
    for _ in range(count):
        state, moved = _move(machine, mixture, state, source, warm=warm)
        accepted += moved
    return state._replace(moves=_moves(state.traced)) if warm else state, Info(accepted / count)


def _move(
    machine: Machine, mixture: Mixture, state: State, source: Source, *, warm: bool
) -> tuple[State, bool]:
    move = mixture.choose(machine, state.traced, state.scales, source)
    if move is None:
        return state, False
    traced, accepted = mh_step(machine, state.traced, move.kernel, source)
    if warm:
        state = learnt(state, move.walks, accepted=accepted)
    else:
        state = state._replace(counts=counted(state, traced, move.sites, accepted=accepted))
    return state._replace(traced=traced), accepted


def counted(state: State, traced: Traced, sites: Sequence[Address], *, accepted: bool) -> dict[str, Counts]:
    """The counts after a move. A redraw that gave the value that was there is not counted as a try."""
    counts = dict(state.counts)
    for site in sites:
        name = split(site)[0]
        tried, moved = counts.get(name, Counts(0, 0))
        after = traced.choices.get(site)
        changed = after is None or after.value != state.traced.choices[site].value
        alone = len(sites) == 1 and (changed or not accepted)
        counts[name] = Counts(tried + alone, moved + changed)
    return counts


def learnt(state: State, walks: Sequence[Place], *, accepted: bool) -> State:
    """The scales of these walks a little larger after a success, a little smaller after a failure."""
    if not walks:
        return state
    scales, tries = dict(state.scales), dict(state.tries)
    for place in walks:
        count = tries[place] = tries.get(place, 0) + 1
        scale = scales.get(place) or usual_scale(state.traced.choices[place[1]])
        scales[place] = exp(log(scale) + (accepted - TARGET) / sqrt(count))
    return state._replace(scales=scales, tries=tries)


def report(state: State, accepted: float) -> Reported:
    """The run, and the log of the joint density of its choices and its data."""
    log_density = float(state.traced.log_weight) + sum(float(d) for d, _ in state.traced.densities.values())
    return Reported(state.traced.run, log_density, accepted)


def stuck(counts: Sequence[Mapping[str, Counts]]) -> Iterator[Diagnostic]:
    """A warning that names the variables whose every proposal was rejected, in every chain."""
    tried: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    for chain in counts:
        for name, found in chain.items():
            tried[name] += found.tried
            moved[name] += found.moved
    names = [name for name in tried if tried[name] >= ENOUGH and not moved[name] and "#" not in name]
    if names:
        listed = ", ".join(f"`{name}`" for name in names[:5])
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        yield Diagnostic(
            "W0433",
            f"{listed}{more}: every proposal of another value was rejected, in every chain",
            help="either the data leave one value only, or the chains cannot reach the others: compare with"
            " another method, such as `--method smc`",
            severity="warning",
        )


# ------------------------------------------------------------------ the state in run files


def pack(state: State, accepted: float) -> dict[str, Any]:
    """A state, and the share that the step to it accepted, as numbers, strings, lists and mappings."""
    return {
        "trace": packed_trace(state.traced.values),
        "scales": [
            [number, packed(_as_value(address)), scale, state.tries[number, address]]
            for (number, address), scale in state.scales.items()
        ],
        "moves": state.moves,
        "counts": {name: [tried, moved] for name, (tried, moved) in state.counts.items()},
        "accepted": accepted,
    }


def unpack(machine: Machine, stored: Mapping[str, Any]) -> tuple[State, float]:
    """The state and the share that `pack` made this of."""
    traced = replay(machine, unpacked_trace(stored["trace"]), Seeded(0))
    assert traced is not None
    scales: dict[Place, float] = {}
    tries: dict[Place, int] = {}
    for number, address, scale, tried in stored["scales"]:
        place = int(number), _as_address(unpacked(address))
        scales[place], tries[place] = float(scale), int(tried)
    counts = {name: Counts(int(tried), int(moved)) for name, (tried, moved) in stored["counts"].items()}
    return State(traced, scales, tries, int(stored["moves"]), counts), float(stored["accepted"])


def _as_value(address: Address) -> Value:
    return address


def _as_address(value: Value) -> Address:
    assert isinstance(value, tuple)
    return tuple(part for part in value if isinstance(part, str | int | tuple))
