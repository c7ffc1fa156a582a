"""Queries answered from draws: every number with its standard error, an interval, and flags.

With weights w, an event B and a function f, E[f | B] is the ratio R = Σ w B f / Σ w B. Its error is
that of the mean of the residuals w B (f - R) / mean(w B) (the delta method), with the autocorrelation
of the chains taken into account. Moments and probabilities are ratios; a standard deviation and a
quantile are smooth functions of them.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.inference import diagnostics, weights
from pplc.inference.answers import Estimate, estimate
from pplc.inference.collect import arrays
from pplc.inference.predict import to_value
from pplc.inference.result import Array, Draws, Result
from pplc.inference.summary import Variable, of_draws
from pplc.information.answers import Answered, Runs
from pplc.information.expressions import World, datum, event, mentioned, number, path
from pplc.information.query_shape import expressions, level, one
from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.formatter import format_expression
from pplc.semantics.values import Address, Value

Floats: TypeAlias = npt.NDArray[np.float64]

FEW = 100
"""Effective draws below which an estimate is flagged."""


def answer_from_draws(query: syntax.Query, text: str, runs: Runs, result: Result) -> Answered:
    """The answer of a query about a program of which there are draws."""
    draws = result.draws
    assert draws is not None
    share = _shares(query, runs, draws)
    if query.head in ("posterior", "prior"):
        return Answered(text, variables=_tables(query, runs, draws, share))
    expression = one(query)
    values = _column(expression, runs, draws, truth=query.head == "P")
    flags = _flags(share, draws)
    mean, residuals = _ratio(values, share)
    match query.head:
        case "P" | "E":
            found = estimate(mean, _error(residuals), *flags, *_disagree(residuals, draws))
            return Answered(text, _probability(found, values, share) if query.head == "P" else found)
        case "quantile":
            return Answered(text, _quantile(values, share, float(level(query)), flags))
        case _:
            variance, residuals = _ratio((values - mean) ** 2, share)
            error = _error(residuals)
            if query.head == "sd":
                variance, error = sqrt(variance), error / (2 * sqrt(variance)) if variance else 0.0
            found = estimate(variance, error, *flags, *_disagree(residuals, draws))
            return Answered(text, replace(found, interval=(max(found.interval[0], 0.0), found.interval[1])))


# ------------------------------------------------------------------ columns


def _shares(query: syntax.Query, runs: Runs, draws: Draws) -> Floats:
    """The weight of each draw, normalised to mean 1, 0 where a condition fails."""
    share = np.ones((draws.chains, draws.count))
    if draws.log_weights is not None:
        share = weights.normalised(draws.log_weights) * share.size
    for condition in query.given.conditions:
        share = share * _column(condition, runs, draws, truth=True)
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


def _column(expression: syntax.Expr, runs: Runs, draws: Draws, *, truth: bool) -> Floats:
    """The value of a numeric expression, or the indicator of an event, in every draw."""
    direct = _direct(expression, draws)
    if direct is not None and (not truth or direct.dtype == np.bool_):
        return direct.astype(np.float64)
    result = np.empty((draws.chains, draws.count))
    for place, world in _worlds(expression, runs, draws):
        result[place] = event(expression, world) if truth else float(number(expression, world))
    return result


def _direct(expression: syntax.Expr, draws: Draws) -> Array | None:
    """The draws of a scalar variable or an element of an array, if that is all the expression is."""
    array = draws.values.get(path(expression) or "")
    if array is None and isinstance(expression, syntax.Index):
        whole = draws.values.get(path(expression.base) or "")
        places = [i.value for i in expression.indices if isinstance(i, syntax.Number) and i.is_int]
        if whole is not None and len(places) == len(expression.indices) == whole.ndim - 2:
            if all(0 <= i < extent for i, extent in zip(places, whole.shape[2:], strict=True)):
                array = np.moveaxis(whole, (0, 1), (-2, -1))[tuple(int(i) for i in places)]
    if array is None or array.ndim != 2 or array.dtype == object or np.isnan(array).any():
        return None
    return array


def _worlds(expression: syntax.Expr, runs: Runs, draws: Draws) -> list[tuple[tuple[int, int], World]]:
    names = set(mentioned(expression))
    used = {name: array for name, array in draws.values.items() if any(_about(m, name) for m in names)}
    worlds: list[tuple[tuple[int, int], World]] = []
    for place in np.ndindex(draws.chains, draws.count):
        values: dict[str, Value] = {}
        absent: list[str] = []
        for name, array in used.items():
            value = to_value(array[place])
            if value is None:
                absent.append(name)
            else:
                values[name] = value
        world = runs.world(values, exact=False)
        worlds.append((place, replace(world, absent=frozenset(absent)) if absent else world))
    return worlds


def _about(mention: str, name: str) -> bool:
    """Whether mentioning one thing needs the variable: it is it, part of it, or contains it."""
    return (
        mention == name
        or mention.startswith((f"{name}[", f"{name}."))
        or name.startswith((f"{mention}[", f"{mention}."))
    )


# ------------------------------------------------------------------ estimates


def _ratio(values: Floats, share: Floats) -> tuple[float, Floats]:
    """The weighted mean and its residuals; shares have mean 1."""
    mean = float((share * values).mean())
    residuals: Floats = share * (values - mean)
    return mean, residuals


def _error(residuals: Floats) -> float:
    """The standard error of the mean of residuals [chain, draw]; infinite of a single one."""
    error = diagnostics.mcse_mean(residuals)
    if error == error:
        return error
    return float(residuals.std(ddof=1)) / sqrt(residuals.size) if residuals.size > 1 else inf


def _flags(share: Floats, draws: Draws) -> tuple[str, ...]:
    flags: list[str] = []
    effective = share.size / float((share**2).mean())
    if effective < FEW:
        flags.append(f"it rests on {effective:.0f} effective draws")
    if draws.log_weights is not None:
        shape = weights.pareto_k(draws.log_weights)
        if shape > 0.7:
            flags.append(f"a few draws carry most of the weight (Pareto k = {shape:.2f})")
    return tuple(flags)


def _disagree(residuals: Floats, draws: Draws) -> tuple[str, ...]:
    if draws.log_weights is not None:
        return ()
    rhat = diagnostics.rhat(residuals)
    return (f"the chains disagree about it (R-hat = {rhat:.2f})",) if rhat > 1.05 else ()


def _probability(found: Estimate, values: Floats, share: Floats) -> Estimate:
    """The estimate of a probability: inside [0, 1], and never certain because nothing else was seen.

    If all of n effective draws agree, a probability up to 1 - 0.05^(1/n) is compatible with that.
    """
    low, high = max(found.interval[0], 0.0), min(found.interval[1], 1.0)
    kept = values[share > 0]
    if kept.min() == kept.max():
        effective = share.size / float((share**2).mean())
        unseen = 1 - 0.05 ** (1 / effective)
        low, high = (0.0, unseen) if found.value < 0.5 else (1 - unseen, 1.0)
        found = replace(found, flags=(*found.flags, "every draw agrees; the interval is what that proves"))
    return replace(found, interval=(low, high))


def _quantile(values: Floats, share: Floats, at: float, flags: tuple[str, ...]) -> Estimate:
    with np.errstate(divide="ignore"):
        logs = np.log(share)

    def inverse(probability: float) -> float:
        if np.all(share == 1.0):
            return diagnostics.quantile(values, min(max(probability, 0.0), 1.0))
        return weights.quantile(values[share > 0], logs[share > 0], min(max(probability, 0.0), 1.0))

    point = inverse(at)
    _, residuals = _ratio((values <= point).astype(np.float64), share)
    step = _error(residuals)
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
    for (chain, _), world in _worlds(expression, runs, draws):
        chains[chain].append({(name,): datum(expression, world)})
    return arrays(chains)
