"""Whether a result can be relied on: numbers about the run as a whole, and warnings in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from pplc.inference import diagnostics, weights
from pplc.inference.result import Draws, Result
from pplc.inference.summary import Variable
from pplc.lang.diagnostics import Diagnostic

MARKOV = ("nuts", "hmc", "mh", "pimh", "pmmh", "pgibbs")
"""Methods whose draws depend on each other; independent ones have no chains to compare."""

RHAT, ESS_PER_CHAIN, PARETO_K, E_BFMI, ESS_WEIGHTS = 1.01, 100.0, 0.7, 0.3, 100.0
"""Limits beyond which a number is warned about: Vehtari et al. (2021, 2024), Betancourt (2016)."""


def measured(result: Result, variables: Mapping[str, Variable]) -> dict[str, float]:
    """Numbers about the run: those of the method, and the worst over all variables."""
    found = dict(result.diagnostics)
    draws = result.draws
    if draws is None:
        return found
    if draws.log_weights is not None:
        found["ess_weights"] = weights.ess_weights(draws.log_weights)
        found["pareto_k"] = weights.pareto_k(draws.log_weights)
        if draws.families is not None:
            found["effective_families"] = weights.effective_families(draws.log_weights, draws.families)
        return found
    if draws.count > 1:
        for key, name, worst in (
            ("max_rhat", "rhat", np.nanmax),
            ("min_ess_bulk", "ess_bulk", np.nanmin),
            ("min_ess_tail", "ess_tail", np.nanmin),
        ):
            every = [v.numbers[name].ravel() for v in variables.values() if name in v.numbers]
            joined = np.concatenate(every) if every else np.zeros(0)
            if not np.isnan(joined).all():  # chains that stand still in different places: R-hat is infinite
                found[key] = float(worst(joined))
    if "diverging" in draws.stats:
        found["divergences"] = int(draws.stats["diverging"].sum())
    if "energy" in draws.stats and draws.count > 1:
        found["min_bfmi"] = float(np.nanmin(diagnostics.energy_fraction(draws.stats["energy"])))
    return found


def warnings_of(
    result: Result, variables: Mapping[str, Variable], numbers: Mapping[str, float], *, dense: bool
) -> tuple[Diagnostic, ...]:
    """What the user should know before relying on the result; empty if all is well.

    dense: whether the program has continuous variables, which methods with gradients move.
    """
    return (*result.warnings, *_warnings(result, variables, numbers, dense))


def _warnings(
    result: Result, variables: Mapping[str, Variable], numbers: Mapping[str, float], dense: bool
) -> Iterator[Diagnostic]:
    if result.stopped:
        half = result.draws is not None and result.draws.caveat
        what = "these are no draws of the posterior" if half else "what is shown was computed until then"
        advice = (
            "give it more `--time`; `pplc infer` can keep how far it comes by `--out`, for `--resume`"
            if half
            else ""
        )
        yield _warning("W0311", f"the run was stopped early; {what}", advice)
    draws = result.draws
    if draws is None:
        return
    if draws.log_weights is not None:
        yield from _weighted(draws, numbers, dense)
        return
    stuck = _stuck(draws)
    if stuck:
        which = ("chain " if len(stuck) == 1 else "chains ") + ", ".join(map(str, stuck))
        yield _warning("W0312", f"{which} never moved", "check the initial values, or the data")
    chains = result.method in MARKOV
    bad = [name for name, v in variables.items() if _worst(v, "rhat") > RHAT]
    if chains and bad:
        which = "the chains" if draws.chains > 1 else "the halves of the chain"
        yield _warning(
            "W0313",
            f"{which} do not agree about {_list(bad)} (R-hat up to {numbers['max_rhat']:.4g}, over {RHAT})",
            "draw longer with `--warmup` and `--draws`, or write the model so that it mixes better",
        )
    few = ESS_PER_CHAIN * draws.chains
    low = [name for name, v in variables.items() if _least(v) < few]
    if chains and low and draws.count > 1:
        yield _warning(
            "W0314", f"{_list(low)}: fewer than {few:.0f} effective draws", "draw more with `--draws`"
        )
    if numbers.get("min_bfmi", 1.0) < E_BFMI:
        yield _warning(
            "W0317",
            f"the energy explores slowly (E-BFMI {numbers['min_bfmi']:.2f})",
            "the tails are heavy: reparametrise, or draw longer",
        )


def _weighted(draws: Draws, numbers: Mapping[str, float], dense: bool) -> Iterator[Diagnostic]:
    size, count = numbers["ess_weights"], draws.chains * draws.count
    if size < ESS_WEIGHTS:
        yield _warning(
            "W0318",
            "there is only one draw"
            if count == 1
            else f"there are only {count} draws"
            if round(size) == count
            else f"the {count} weighted draws are worth only {size:.0f}",
            f"draw more with `{'--draws' if draws.families is None else '--particles'}`, or use a method that"
            f" looks for the posterior, such as `{'nuts' if dense else 'mh'}`",
        )
    lines = numbers.get("effective_families", weights.FEW)
    if lines < weights.FEW:
        yield _warning(
            "W0318",
            f"the particles descend from few of those at the start: they are worth {lines:.1f} families",
            "what was drawn early rests on these few; take more `--particles`, or another method",
        )
    if numbers["pareto_k"] > PARETO_K:
        yield _warning(
            "W0319",
            f"a few draws carry most of the weight (Pareto k = {numbers['pareto_k']:.2f}):"
            " errors are larger than stated",
            "the prior is far from the posterior; use another method",
        )


def _stuck(draws: Draws) -> list[int]:
    """Chains in which nothing ever changes although it changes in others.

    Real variables are looked at, unless they change in no chain: finite ones may have been drawn anew for
    a chain whose real ones are stuck.
    """
    if draws.chains < 2 or draws.count < 2:
        return []
    for kinds in ("f", "iubOU"):
        moves = np.zeros(draws.chains, dtype=np.bool_)
        for array in draws.values.values():
            if array.dtype.kind in kinds:
                flat = array.reshape(draws.chains, draws.count, -1)
                moves |= (flat != flat[:, :1]).any(axis=(1, 2))
        if moves.any():
            return [k for k, moved in enumerate(moves) if not moved]
    return []


def _worst(variable: Variable, name: str) -> float:
    numbers = variable.numbers.get(name)
    finite = np.zeros(0) if numbers is None else numbers[~np.isnan(numbers)]
    return float(finite.max(initial=0.0))


def _least(variable: Variable) -> float:
    both = [variable.numbers[name].ravel() for name in ("ess_bulk", "ess_tail") if name in variable.numbers]
    joined = np.concatenate(both) if both else np.zeros(0)
    return float(joined[~np.isnan(joined)].min(initial=np.inf))


def _list(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _warning(code: str, message: str, advice: str = "") -> Diagnostic:
    return Diagnostic(code, message, help=advice, severity="warning")
