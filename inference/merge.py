"""Two parts of a run as one: what `--resume` adds is appended to what was there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, nan

import numpy as np

from pplc.inference import weights
from pplc.inference.result import Array, Draws, Result
from pplc.lang.wording import counted


def joined(first: Result, second: Result) -> Result:
    """The result of the longer run, whose method states the evidence of both parts from its state.

    That of independent weighted draws is found here, from all of them.
    """
    if second.empty:  # it was stopped before anything came of it
        return replace(first, state=second.state, stopped=True)
    if second.replaces or first.empty:
        return second
    assert first.draws is not None
    assert second.draws is not None
    draws = join_draws(_counting(first, second), second.draws)
    evidence = second.log_evidence
    if draws.log_weights is not None and draws.families is None and evidence is not None:
        evidence = weights.log_evidence(draws.log_weights)
    return replace(
        second,
        draws=draws,
        log_evidence=evidence,
        diagnostics={**first.diagnostics, **second.diagnostics},
        note=second.note if draws.log_weights is None else counted(draws.log_weights.size, "weighted draw"),
        warnings=(*first.warnings, *(w for w in second.warnings if w not in first.warnings)),
    )


def join_draws(first: Draws, second: Draws) -> Draws:
    """The draws of each chain one after the other."""
    log_weights = None
    if first.log_weights is not None and second.log_weights is not None:
        log_weights = np.concatenate([first.log_weights, second.log_weights], axis=1)
    counts = (first.count, second.count)
    families = None
    if first.families is not None and second.families is not None:
        families = np.concatenate([first.families, second.families], axis=1)  # numbered from the first run on
    return Draws(
        _tables(first.values, second.values, first.chains, counts),
        log_weights,
        _tables(first.log_likelihood, second.log_likelihood, first.chains, counts),
        _tables(first.stats, second.stats, first.chains, counts),
        families,
    )


def _counting(first: Result, second: Result) -> Draws:
    """The draws of the first part; without weight if later ones have a lower dimension (LANGUAGE.md 11)."""
    draws = first.draws
    assert draws is not None
    before, after = ((part.state or {}).get("dimension") for part in (first, second))
    if draws.log_weights is None or before == after:
        return draws
    return replace(draws, log_weights=np.full_like(draws.log_weights, -inf))


def _tables(
    first: Mapping[str, Array], second: Mapping[str, Array], chains: int, counts: tuple[int, int]
) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name in {**first, **second}:
        left = first.get(name)
        right = second.get(name)
        if left is None and right is not None:
            left = _blank(right, chains, counts[0])
        elif right is None and left is not None:
            right = _blank(left, chains, counts[1])
        if left is None or right is None or left.shape[2:] != right.shape[2:]:
            continue
        if left.dtype != right.dtype and {left.dtype.kind, right.dtype.kind} != {"i", "f"}:
            left, right = left.astype(object), right.astype(object)
        found[name] = np.concatenate([left, right], axis=1)
    return found


def _blank(like: Array, chains: int, count: int) -> Array:
    """Draws of a variable that no run of this part reached."""
    shape = (chains, count, *like.shape[2:])
    return np.full(shape, nan) if like.dtype.kind == "f" else np.full(shape, None, dtype=object)
