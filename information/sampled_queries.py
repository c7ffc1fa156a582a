"""Queries answered from draws: every number with its standard error, an interval, and flags.

With weights w, an event B and a function f, E[f | B] is the ratio R = Σ w B f / Σ w B. Its error is
that of the mean of the residuals w B (f - R) / mean(w B) (the delta method), with the autocorrelation
of the chains taken into account. Moments and probabilities are ratios; a standard deviation and a
quantile are smooth functions of them.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf, isfinite, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.inference import diagnostics, weights
from pplc.inference.answers import Estimate, estimate
from pplc.inference.collect import arrays
from pplc.inference.joint import about
from pplc.inference.predict import to_value
from pplc.inference.quality import MARKOV
from pplc.inference.result import Array, Draws, Index, Result
from pplc.inference.summary import Variable, of_draws
from pplc.information.answers import Answered, Runs, answered
from pplc.information.expressions import (
    World,
    datum,
    drawn_functions,
    evaluate,
    event,
    mentioned,
    numbers,
    path,
    same_length,
)
from pplc.information.query_shape import expressions, level, one
from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.formatter import format_expression
from pplc.semantics.values import Address, Value

Floats: TypeAlias = npt.NDArray[np.float64]

FEW = 100
"""Effective draws below which an estimate is flagged."""

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal."""


def answer_from_draws(query: syntax.Query, text: str, runs: Runs, result: Result) -> Answered:
    """The answer of a query about a program of which there are draws."""
    draws = result.draws
    assert draws is not None
    share = shares(query, runs, draws)
    if query.head in ("posterior", "prior"):
        return Answered(text, variables=_tables(query, runs, draws, share))
    expression = one(query)
    markov = result.method in MARKOV
    if query.head == "P":
        return Answered(
            text, _probability(expression, _events(expression, runs, draws), share, draws, markov)
        )
    columns = _columns(expression, runs, draws)
    return answered(
        text,
        {
            index: _moment(query, expression, values, share, draws, markov)
            for index, values in columns.items()
        },
    )


def _moment(
    query: syntax.Query, expression: syntax.Expr, values: Array, share: Floats, draws: Draws, markov: bool
) -> Estimate:
    """The mean, spread or quantile of a number; the mean of a truth value is a probability."""
    if query.head == "E" and values.dtype == np.bool_:
        return _probability(expression, values.astype(np.float64), share, draws, markov)
    values = values.astype(np.float64)
    mean, residuals = _ratio(values, share)
    flags = _flags(effective_draws(values, share, draws), draws)
    match query.head:
        case "E":
            return estimate(
                mean, error_of_mean(residuals, share, draws), *flags, *_disagree(residuals, markov)
            )
        case "quantile":
            return _quantile(values, share, draws, float(level(query)), flags)
        case _:
            variance, residuals = _ratio((values - mean) ** 2, share)
            error = error_of_mean(residuals, share, draws)
            if query.head == "sd":
                variance, error = sqrt(variance), error / (2 * sqrt(variance)) if variance else 0.0
            found = estimate(variance, error, *flags, *_disagree(residuals, markov))
            return replace(found, interval=(max(found.interval[0], 0.0), found.interval[1]))


# ------------------------------------------------------------------ columns


def shares(query: syntax.Query, runs: Runs, draws: Draws) -> Floats:
    """The weight of each draw, normalised to mean 1, 0 where a condition fails."""
    share = np.ones((draws.chains, draws.count))
    if draws.log_weights is not None:
        share = weights.normalised(draws.log_weights) * share.size
    for condition in query.given.conditions:
        share = share * _events(condition, runs, draws)
    mean = float(share.mean())
    if not mean > 0:
        raise Rejected(
            Diagnostic(
                "E0604",
                f"none of the {share.size} draws satisfies the condition of this query",
                query.given.conditions[0].span if query.given.conditions else query.span,
                "never true among the draws",
                "make it part of the model with `condition` or `observe`, or draw more",
            )
        )
    return share / mean


def _events(expression: syntax.Expr, runs: Runs, draws: Draws) -> Floats:
    """The indicator of an event in every draw."""
    direct = directly(expression, draws)
    if direct is not None and direct.dtype == np.bool_ and direct.ndim == 2:
        return direct.astype(np.float64)
    result = np.empty((draws.chains, draws.count))
    for place, world in worlds_of(expression, runs, draws):
        result[place] = event(expression, world)
    return result


def _columns(expression: syntax.Expr, runs: Runs, draws: Draws) -> dict[Index, Array]:
    """A number, or the elements of an array, in every draw: [chain, draw] by index; truth values as such."""
    direct = directly(expression, draws)
    if direct is not None:
        return {index: direct[(slice(None), slice(None), *index)] for index in np.ndindex(*direct.shape[2:])}
    rows: dict[tuple[int, int], dict[Index, Fraction | float]] = {}
    truth = True
    for place, world in worlds_of(expression, runs, draws):
        value = evaluate(expression, world)
        truth = truth and isinstance(value, bool)
        rows[place] = numbers(expression, world)
    same_length(expression, rows.values())
    found: dict[Index, Array] = {}
    for index in rows[0, 0] if rows else ():
        column = np.empty((draws.chains, draws.count))
        for place, row in rows.items():
            column[place] = row[index]
        found[index] = column.astype(np.bool_) if truth else column
    return found


def directly(expression: syntax.Expr, draws: Draws) -> Array | None:
    """The draws of a variable, or of an element or part of an array, if that is all the expression is."""
    array = draws.values.get(path(expression) or "")
    if array is None and isinstance(expression, syntax.Index):
        whole = draws.values.get(path(expression.base) or "")
        places = [int(i.value) for i in expression.indices if isinstance(i, syntax.Number) and i.is_int]
        if whole is not None and len(places) == len(expression.indices) <= whole.ndim - 2:
            if all(0 <= i < extent for i, extent in zip(places, whole.shape[2:], strict=False)):
                array = np.moveaxis(whole, (0, 1), (-2, -1))[tuple(places)]
                array = np.moveaxis(array, (-2, -1), (0, 1))
    if array is None or array.dtype == object or np.isnan(array).any():
        return None
    return array


def worlds_of(expression: syntax.Expr, runs: Runs, draws: Draws) -> list[tuple[tuple[int, int], World]]:
    """What an expression speaks of, in every draw, with the draw's place [chain, draw].

    A draw without weight may have ended before it made everything: for it stands one that has weight.
    """
    names = set(mentioned(expression))
    used = {name: array for name, array in draws.values.items() if any(about(m, name) for m in names)}
    unknown = [
        name
        for name in drawn_functions(expression, runs.program)
        if not any(known.startswith(f"{name}[") for known in used)  # what a memoised function was asked
    ]
    if unknown:
        found = runs.functions(draws)
        used.update({name: found[name] for name in unknown if name in found})
    worlds: list[tuple[tuple[int, int], World]] = []
    dead = np.zeros((draws.chains, draws.count), dtype=np.bool_)
    if draws.log_weights is not None:
        dead = draws.log_weights == -np.inf
    alive = np.argwhere(~dead)
    for place in np.ndindex(draws.chains, draws.count):
        at = tuple(alive[0]) if dead[place] and len(alive) else place
        values: dict[str, Value] = {}
        absent: list[str] = []
        for name, array in used.items():
            value = to_value(array[at])
            if value is None:
                absent.append(name)
            else:
                values[name] = value
        world = runs.world(values, exact=False)
        worlds.append((place, replace(world, absent=frozenset(absent)) if absent else world))
    return worlds


# ------------------------------------------------------------------ estimates


def _ratio(values: Floats, share: Floats) -> tuple[float, Floats]:
    """The weighted mean and its residuals; shares have mean 1."""
    mean = float((share * values).mean())
    residuals: Floats = share * (values - mean)
    return mean, residuals


def error_of_mean(residuals: Floats, share: Floats, draws: Draws) -> float:
    """The standard error of the mean of residuals [chain, draw]; infinite of a single one.

    share: of the draws, with mean 1. Draws of one family count as one.
    """
    if draws.families is not None:
        return weights.sum_error(residuals / share.size, share / share.size, draws.families)
    error = diagnostics.mcse_mean(residuals)
    if error == error:
        return error
    return float(residuals.std(ddof=1)) / sqrt(residuals.size) if residuals.size > 1 else inf


def _kish(share: Floats) -> float:
    """Kish's effective number of draws, (Σw)² / Σw²."""
    return float(share.sum()) ** 2 / float((share**2).sum())


def _families(share: Floats, families: Array) -> float:
    """Kish's effective number of families."""
    _, member = np.unique(families, return_inverse=True)
    return _kish(np.bincount(member.ravel(), share.ravel()).astype(np.float64))


def effective_draws(values: Floats, share: Floats, draws: Draws) -> float:
    """Effective draws: of weighted ones Kish's number, of chains that of the table (bulk ESS)."""
    if draws.families is not None and len(np.unique(draws.families)) < draws.families.size:
        mean, residuals = _ratio(values, share)
        error = error_of_mean(residuals, share, draws)
        variance = float((share * (values - mean) ** 2).mean())
        told = error > 0 and isfinite(error)  # otherwise what all agree on tells nothing of their spread
        return min(_kish(share), variance / error**2) if told else _families(share, draws.families)
    if draws.log_weights is not None or not bool((share == 1).all()):
        return _kish(share)
    bulk = diagnostics.ess_bulk(values)
    return bulk if bulk == bulk else float(share.size)


def _flags(effective: float, draws: Draws) -> tuple[str, ...]:
    flags: list[str] = [f"no answer about the posterior: {draws.caveat}"] if draws.caveat else []
    if effective < FEW:
        flags.append(f"it rests on {effective:.0f} effective draw{'' if round(effective) == 1 else 's'}")
    if draws.log_weights is not None:
        shape = weights.pareto_k(draws.log_weights)
        if shape > 0.7:
            flags.append(f"a few draws carry most of the weight (Pareto k = {shape:.2f})")
    return tuple(flags)


def flags_of_weights(draws: Draws) -> tuple[str, ...]:
    """The flags of whatever rests on all of these draws and their weights; none if they have no weights."""
    if draws.log_weights is None:
        return ()
    return _flags(weights.ess_weights(draws.log_weights), draws)


def _disagree(residuals: Floats, markov: bool) -> tuple[str, ...]:
    """What to say where parts of the chains differ; independent draws have no chains to compare."""
    if not markov:
        return ()
    rhat = diagnostics.rhat(residuals)
    return (f"the chains disagree about it (R-hat = {rhat:.2f})",) if rhat > 1.05 else ()


def _probability(
    expression: syntax.Expr, values: Floats, share: Floats, draws: Draws, markov: bool
) -> Estimate:
    """The estimate of a probability: inside [0, 1], and never certain because nothing else was seen.

    Few effective draws, or weights that cannot be trusted, leave room for events that no heavy draw has
    seen, however small the error of the weighted mean: it is then at least that of Wilson's score
    interval (JASA 1927, eq. 13) with n effective draws. If all agree, a probability up to
    1 - 0.05^(1/n) is compatible with that.
    """
    mean, residuals = _ratio(values, share)
    effective = effective_draws(values, share, draws)
    kept = values[share > 0]
    agree = bool(kept.min() == kept.max())
    if agree and draws.log_weights is None:
        effective = min(effective, _mixing(expression, draws))
    doubts = _flags(effective, draws)
    flags = (*doubts, *_disagree(residuals, markov))
    mean = min(max(mean, 0.0), 1.0)
    found = estimate(mean, error_of_mean(residuals, share, draws))
    low, high = found.interval
    if agree or doubts:
        center, half = _wilson(mean, min(effective, share.size))
        low, high = min(low, center - half), max(high, center + half)
        known = isfinite(found.standard_error) or not agree
        found = replace(found, standard_error=max(found.standard_error if known else 0.0, half / Z))
    low, high = max(low, 0.0), min(high, 1.0)
    if agree:
        unseen = 1 - 0.05 ** (1 / effective)
        low, high = (0.0, unseen) if mean < 0.5 else (1 - unseen, 1.0)
        flags = (*flags, "every draw agrees; the interval is what that proves")
    return replace(found, interval=(low, high), flags=flags)


def _mixing(expression: syntax.Expr, draws: Draws) -> float:
    """The least bulk ESS of the variables that an event is about, at most a hundred elements of each.

    An event on which every draw agrees says nothing itself of how the chains mix.
    """
    found = [
        diagnostics.ess_bulk(column.astype(np.float64))
        for name, array in draws.values.items()
        if array.dtype.kind in "fib" and any(about(m, name) for m in mentioned(expression))
        for column in np.moveaxis(array.reshape(*array.shape[:2], -1), -1, 0)[:100]
    ]
    return min((ess for ess in found if ess == ess), default=inf)


def _wilson(mean: float, count: float) -> tuple[float, float]:
    """The centre and half the width of Wilson's 95 % interval."""
    scale = 1 + Z**2 / count
    half = Z * sqrt(mean * (1 - mean) / count + (Z / (2 * count)) ** 2) / scale
    return (mean + Z**2 / (2 * count)) / scale, half


def _quantile(values: Floats, share: Floats, draws: Draws, at: float, flags: tuple[str, ...]) -> Estimate:
    with np.errstate(divide="ignore"):
        logs = np.log(share)

    def inverse(probability: float) -> float:
        if np.all(share == 1.0):
            return diagnostics.quantile(values, min(max(probability, 0.0), 1.0))
        return weights.quantile(values[share > 0], logs[share > 0], min(max(probability, 0.0), 1.0))

    point = inverse(at)
    _, residuals = _ratio((values <= point).astype(np.float64), share)
    step = error_of_mean(residuals, share, draws)
    error = (inverse(at + step) - inverse(at - step)) / 2
    return Estimate(point, error, (inverse(at - 1.96 * step), inverse(at + 1.96 * step)), flags)


# ------------------------------------------------------------------ tables


def _tables(query: syntax.Query, runs: Runs, draws: Draws, share: Floats) -> dict[str, Variable]:
    if query.given.conditions:
        with np.errstate(divide="ignore"):
            draws = replace(draws, log_weights=np.maximum(np.log(share), -inf))
    tables: dict[str, Variable] = {}
    for expression in expressions(query):
        name = format_expression(expression)
        array = draws.values.get(path(expression) or "")
        found = {name: array} if array is not None else _evaluated(name, expression, runs, draws)
        tables.update({key: of_draws(key, values, draws) for key, values in found.items()})
    return tables


def _evaluated(name: str, expression: syntax.Expr, runs: Runs, draws: Draws) -> dict[str, Array]:
    chains: list[list[dict[Address, Value]]] = [[] for _ in range(draws.chains)]
    for (chain, _), world in worlds_of(expression, runs, draws):
        chains[chain].append({(name,): datum(expression, world)})
    return arrays(chains)
