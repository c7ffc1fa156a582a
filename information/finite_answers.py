"""Queries for information answered: from the exact joint law of a run, or estimated from its draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pplc.inference.answers import Answer, Bounds, Estimate, Exact, Truncated
from pplc.inference.result import Array, Draws, Result
from pplc.information.answers import Answered, Runs
from pplc.information.asked import UNITS, Asked, Found, badly
from pplc.information.entropy import SIGNED, shannon
from pplc.information.estimators import Labels, corrected, labelled
from pplc.information.exact_queries import Do, names_in, worlds_given
from pplc.information.expressions import datum
from pplc.information.finite_queries import ANSWERS, is_event
from pplc.information.sampled_queries import (
    directly,
    effective_draws,
    error_of_mean,
    flags_of_weights,
    shares,
    worlds_of,
)
from pplc.information.table import Outcome, Probability
from pplc.lang import syntax
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected
from pplc.lang.formatter import format_expression

MOST_REALS = 50
"""Different numbers among the draws of a real variable beyond which it is taken to be continuous."""


def answer_finite(
    query: syntax.Query, text: str, runs: Runs, interventions: Do, result: Result, *, prior: bool, unit: str
) -> Answered:
    """The answer of a query for information, in nats or bits."""
    if result.laws is None:
        found = Found(_estimated(query, runs, result))
    else:
        found = _exactly(query, runs, interventions, UNITS[unit], prior=prior)
    scale = 1 / UNITS[unit] if found.informational else 1.0
    shown = unit if found.informational else ""
    match found.answer:
        case Exact() | Bounds() | Estimate() | Truncated() as answer:
            return Answered(text, in_unit(answer, scale), unit=shown)
        case parts:
            return Answered(text, parts={k: in_unit(part, scale) for k, part in parts.items()}, unit=shown)


def in_unit(answer: Answer, scale: float) -> Answer:
    """A number in another unit."""
    if scale == 1:
        return answer
    match answer:
        case Exact(value):
            return Exact(value * scale)
        case Bounds(lower, upper, confidence):
            return Bounds(lower * scale, upper * scale, confidence)
        case Truncated(value, left):
            return Truncated(value * scale, left)
        case Estimate(value, error, (low, high), flags):
            return Estimate(value * scale, error * scale, (low * scale, high * scale), flags)


def _parts(query: syntax.Query) -> tuple[list[list[syntax.Expr]], list[syntax.Expr], syntax.Query]:
    """The expressions of each group, the variables after `|`, and the query with its events alone."""
    groups = [[part for part in group if not isinstance(part, syntax.Query)] for group in query.groups]
    if any(len(own) != len(group) for own, group in zip(groups, query.groups, strict=True)):
        raise badly(query, "this query does not take another one")
    averaged = [condition for condition in query.given.conditions if not is_event(condition)]
    events = tuple(condition for condition in query.given.conditions if is_event(condition))
    return groups, averaged, replace(query, given=replace(query.given, conditions=events))


# ------------------------------------------------------------------ exact laws


def _exactly(query: syntax.Query, runs: Runs, interventions: Do, unit: float, *, prior: bool) -> Found:
    groups, averaged, events = _parts(query)
    wanted = {format_expression(e): e for e in (*(e for group in groups for e in group), *averaged)}
    followed = worlds_given(events, runs, interventions, names_in(*wanted.values()), prior=prior)
    law: dict[Outcome, Probability] = {}
    for world, probability in followed.worlds:
        outcome = tuple(datum(expression, world) for expression in wanted.values())
        law[outcome] = law.get(outcome, 0) + probability
    columns = tuple(tuple(format_expression(e) for e in group) for group in groups)
    given = tuple(format_expression(e) for e in averaged)
    try:
        found = ANSWERS[query.head](Asked(query, tuple(wanted), law, columns, given, unit))
    except Rejected as rejected:
        # What works on tables knows no places in a text.
        raise Rejected(
            *(replace(d, span=query.span) if d.span == NOWHERE else d for d in rejected.diagnostics)
        ) from None
    return found if not followed.left else replace(found, answer=_partial(found.answer, followed.left))


def _partial(answer: Answer | Mapping[str, Answer], left: float) -> Answer | Mapping[str, Answer]:
    """The same of an endless program, some runs of which were not followed."""
    match answer:
        case Exact(value):
            return Truncated(value, left)
        case Bounds(lower, upper):
            return Truncated((lower + upper) / 2, left)
        case Estimate() | Truncated():
            return answer
        case parts:
            found: dict[str, Answer] = {}
            for name, part in parts.items():
                within = _partial(part, left)
                assert not isinstance(within, Mapping)
                found[name] = within
            return found


# ------------------------------------------------------------------ draws


def _estimated(query: syntax.Query, runs: Runs, result: Result) -> Estimate:
    draws = result.draws
    assert draws is not None
    groups, averaged, events = _parts(query)
    names = [[format_expression(e) for e in group] for group in groups]
    terms = shannon(query.head, names, [format_expression(e) for e in averaged])
    if terms is None or query.options:
        raise Rejected(
            Diagnostic(
                "E0615",
                f"`{query.head}` is computed from an exact law, but `{result.method}` gives draws",
                query.span,
                help="use `exact`, which takes programs of finite variables; from draws there are"
                " H, I, TC, DTC, O and interaction",
            )
        )
    share = shares(events, runs, draws)
    columns = {
        format_expression(e): _labels(e, runs, draws)
        for e in (*(e for group in groups for e in group), *averaged)
    }
    size = share.shape
    numbers = [labels.reshape(size).astype(np.float64) for labels in columns.values()]
    effective = min(effective_draws(column, share, draws) for column in numbers)
    found = corrected(
        columns,
        terms,
        share.ravel(),
        effective,
        lambda residuals: error_of_mean(residuals.reshape(size), share, draws),
    )
    found = replace(found, flags=(*found.flags, *flags_of_weights(draws)))
    if query.head in SIGNED:
        return found
    low, high = found.interval
    return replace(found, value=max(found.value, 0.0), interval=(max(low, 0.0), max(high, 0.0)))


def _labels(expression: syntax.Expr, runs: Runs, draws: Draws) -> Labels:
    """Numbers for the values of an expression in all draws, chain after chain."""
    direct = directly(expression, draws)
    if direct is not None:
        return _of_array(direct, expression)
    values = [datum(expression, world) for _, world in worlds_of(expression, runs, draws)]
    labels = labelled(values)
    if any(isinstance(value, float) for value in values):
        _few(int(labels.max()) + 1, len(labels), expression)
    return labels


def _of_array(values: Array, expression: syntax.Expr) -> Labels:
    rows = values.reshape(values.shape[0] * values.shape[1], -1)
    labels = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
    if rows.dtype.kind == "f":
        _few(int(labels.max()) + 1, len(labels), expression)
    return labels


def _few(different: int, draws: int, expression: syntax.Expr) -> None:
    if different > min(MOST_REALS, max(draws / 2, 1)):
        shown = format_expression(expression)
        raise Rejected(
            Diagnostic(
                "E0614",
                f"`{shown}` is continuous: {different} different values among the draws",
                expression.span,
                "not finite",
                f"ask about a cut of it, such as `{shown} > 0`",
            )
        )
