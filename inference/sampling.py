"""NUTS and HMC as methods: chains on the density of a program, and their draws as a `Result`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pplc.inference.chain_states import Standing, from_dict, to_dict
from pplc.inference.chains import (
    Floats,
    Record,
    Settings,
    Transition,
    chain,
    lockstep,
    watching,
)
from pplc.inference.gradient import found_density, no_start, one_thread, reported, start_of
from pplc.inference.options import Options
from pplc.inference.progress import Progress
from pplc.inference.result import Array, Draws, Result
from pplc.lang.diagnostics import Diagnostic
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound
from pplc.semantics.source import Seeded

if TYPE_CHECKING:
    from pplc.inference.pyro_model import Density

NO_EVIDENCE = "Markov chains do not estimate it"


def sample(bound: Bound, options: Options, progress: Progress, method: str, transition: Transition) -> Result:
    """Runs the chains of a gradient method."""
    from pplc.inference.potential import Potential
    from pplc.inference.pyro_reasons import leaving

    with one_thread():
        density = found_density(bound)
        settings = Settings(
            options.draws,
            options.warmup,
            options.thin,
            options.seed,
            options.target_accept,
            dense=options.metric == "dense",
        )
        resumed = _resumed(options, method, density.size)
        count = len(resumed)
        start = start_of(density, options.init)
        records = [Record(density.size) for _ in range(count)]
        chains = [chain(records[k], settings, k, start, transition, resumed[k]) for k in range(count)]
        potential = Potential(density, count)
        watch = watching(records, settings, progress, leaving(density), resumed)
        finished = lockstep(potential, chains, density.size, watch)
        for k, record in enumerate(records):
            if record.lost:
                raise no_start(density, start(Seeded(options.seed, k)))
        return _result(density, records, options, method, finished)


def _resumed(options: Options, method: str, size: int) -> Sequence[Standing]:
    """Where each chain stands; None of those that have not begun."""
    if options.state is None:
        return [None] * options.chains
    stored = options.state
    assert (stored["method"], int(stored["size"])) == (method, size)  # else E0314, before it came here
    chains: Sequence[Mapping[str, Any]] = stored["chains"]
    return [from_dict(each) for each in chains]


def _result(
    density: Density, records: Sequence[Record], options: Options, method: str, finished: bool
) -> Result:
    draws = min(len(record.positions) for record in records)
    positions = np.array([record.positions[:draws] for record in records], dtype=np.float64)
    chains = len(records)
    flat: Floats = positions.reshape(chains * draws, density.size)
    seeds = [(options.seed * 4096 + k, n) for k, r in enumerate(records) for n in r.iterations[:draws]]
    values: dict[str, Array] = {}
    likelihood: dict[str, Array] = {}
    if draws:
        found = reported(density, flat, seeds)
        values = {n: a.reshape(chains, draws, *a.shape[1:]) for n, a in found.values.items()}
        likelihood = {n: a.reshape(chains, draws, *a.shape[1:]) for n, a in found.log_likelihood.items()}
    stats = _stats(records, draws)
    divergences = int(stats["diverging"].sum())
    outside = [i.outside for record in records for i in record.infos[:draws] if i.outside is not None]
    states = [to_dict(record.after(draws)) for record in records]
    return Result(
        method,
        draws=Draws(values, None, likelihood, stats),
        no_evidence=NO_EVIDENCE,
        diagnostics={"divergences": divergences, "outside": len(outside)},
        note=_note(density),
        warnings=tuple(_warnings(density, divergences, outside, stats, options)),
        state={"method": method, "size": density.size, "chains": states},
        stopped=not finished,
    )


def _stats(records: Sequence[Record], draws: int) -> dict[str, Array]:
    infos = [record.infos[:draws] for record in records]
    return {
        "lp": np.array([record.log_densities[:draws] for record in records]),
        "diverging": np.array([[i.diverging for i in row] for row in infos], dtype=np.bool_),
        "acceptance_rate": np.array([[i.acceptance for i in row] for row in infos]),
        "tree_depth": np.array([[i.depth for i in row] for row in infos], dtype=np.int64),
        "n_steps": np.array([[i.steps for i in row] for row in infos], dtype=np.int64),
        "energy": np.array([[i.energy for i in row] for row in infos]),
        "step_size": np.array([record.steps[:draws] for record in records]),
    }


def _note(density: Density) -> str:
    note = counted(density.size, "unconstrained parameter")
    if density.discrete:
        note += f", {counted(len(density.discrete), 'discrete variable')} summed out"
    return note


def _warnings(
    density: Density,
    divergences: int,
    outside: Sequence[Floats],
    stats: Mapping[str, Array],
    options: Options,
) -> list[Diagnostic]:
    from pplc.inference.pyro_reasons import met_outside

    found: list[Diagnostic] = []
    model, total = density.model.bound.program.model.span, stats["lp"].size
    if divergences:
        found.append(
            Diagnostic(
                "W0430",
                f"{divergences} of {total} transitions diverged: parts of the posterior may be missing",
                model,
                help="raise `--target-accept`, or write the model in a non-centred form",
                severity="warning",
            )
        )
    found.extend(met_outside(density, outside, f"of {total} trajectories were cut off"))
    deep = int((stats["tree_depth"] >= options.max_depth).sum())
    if deep:
        found.append(
            Diagnostic(
                "W0432",
                f"{deep} of {total} transitions reached the greatest tree depth, {options.max_depth}",
                model,
                help="raise `--max-depth`, or rescale the model",
                severity="warning",
            )
        )
    return found
