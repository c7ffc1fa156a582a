"""Queries for information answered from draws: estimates with their errors, corrected for bias.

Combinations of entropies have Miller and Madow's correction (`pplc.information.estimators`). All else is
computed from the weighted frequencies of the draws as it is from an exact law, and again without each of
twenty groups of draws: the jackknife gives a correction and an error (`pplc.information.jackknife`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pplc.inference.answers import Estimate
from pplc.inference.joint import about
from pplc.inference.result import Array, Draws, Result
from pplc.information.answers import Runs
from pplc.information.asked import Asked, Found
from pplc.information.columns import Wanted, limits_of, located_answer, wanted, written_laws
from pplc.information.decision_queries import SCORES, possible, read_by, scores
from pplc.information.entropy import SIGNED, Terms, shannon
from pplc.information.estimators import corrected, labelled
from pplc.information.expressions import World, datum, evaluate, mentioned
from pplc.information.frequencies import Column, Drawn, frequent, not_negative
from pplc.information.jackknife import groups
from pplc.information.sampled_queries import (
    directly,
    effective_draws,
    error_of_mean,
    flags_of_weights,
    shares,
    worlds_of,
)
from pplc.information.table import Floats, Probability, Table
from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.formatter import format_expression
from pplc.untyped import as_list

MOST_REALS = 50
"""Different numbers among the draws of a real variable beyond which it is taken to be continuous."""

UNSTABLE = frozenset(("common", "wyner", "couple", "compress", "mecb", "bottleneck"))
"""Heads whose answer hangs on coincidences of the law, equal or missing masses, which no draws repeat.

Masses that fit within ε couple with an entropy of the order ε ln 1/ε more, a value of mass ε makes a common
part vanish, and a bottleneck opens at a critical beta: the jackknife is right about none of these.
"""


def estimated(query: syntax.Query, runs: Runs, result: Result, unit: float) -> Found:
    """The answer from draws; `Rejected` E0615 where only an exact law has one."""
    draws = result.draws
    assert draws is not None
    need = wanted(query)
    _refuse_unstable(query, result.method)
    laws = written_laws(need, lambda e: (evaluate(e, w) for w in _worlds_of_law(e, runs, draws)))
    columns = {text: _column(e, runs, draws) for text, e in need.expressions.items() if text not in laws}
    terms = shannon(query.head, need.texts, need.averaged)
    if terms is not None and not query.options and not laws:
        return Found(_corrected(need, terms, columns, runs, draws))
    if not columns:
        return located_answer(Asked(query, (), {(): 1}, need.texts, need.averaged, unit, laws))
    return _resampled(need, columns, laws, runs, draws, unit)


def _worlds_of_law(expression: syntax.Expr, runs: Runs, draws: Draws) -> Sequence[World]:
    """The worlds in which a law is to be the same: one is enough if it mentions nothing that was drawn."""
    if any(about(name, drawn) for name in mentioned(expression) for drawn in draws.values):
        return [world for _, world in worlds_of(expression, runs, draws)]
    return [runs.world({}, exact=True)]


def _refuse_unstable(query: syntax.Query, method: str) -> None:
    measure = next((v.name for k, v in query.options if k == "measure" and isinstance(v, syntax.Name)), "")
    if query.head in UNSTABLE or measure == "gk":
        raise Rejected(
            Diagnostic(
                "E0615",
                f"`{query.head}` is computed from an exact law, but `{method}` gives draws",
                query.span,
                help="it hangs on which masses are equal or 0, which draws cannot tell; use `exact` for a"
                " program of finite variables, and `Table.of_data` in Python for data as they were counted",
            )
        )


def _column(expression: syntax.Expr, runs: Runs, draws: Draws) -> Column:
    direct = directly(expression, draws)
    if direct is not None:
        return _of_array(direct, expression)
    values = [datum(expression, world) for _, world in worlds_of(expression, runs, draws)]
    labels = labelled(values)
    if any(isinstance(value, float) for value in values):
        _few(int(labels.max()) + 1, len(labels), expression)
    return Column(labels, list(dict.fromkeys(values)))


def _of_array(values: Array, expression: syntax.Expr) -> Column:
    rows = values.reshape(values.shape[0] * values.shape[1], -1)
    _, first, labels = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    if rows.dtype.kind == "f":
        _few(len(first), len(rows), expression)
    flat = values.reshape(len(rows), *values.shape[2:])
    return Column(labels.reshape(-1), [_hashable(flat[k].tolist()) for k in first])


def _hashable(value: object) -> Hashable:
    items = as_list(value)
    return value if items is None else tuple(_hashable(item) for item in items)


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


# ------------------------------------------------------------------ combinations of entropies


def _corrected(
    need: Wanted, terms: Terms, columns: Mapping[str, Column], runs: Runs, draws: Draws
) -> Estimate:
    share = shares(need.events, runs, draws)
    labels = {text: column.labels for text, column in columns.items()}
    found = corrected(
        labels,
        terms,
        share.ravel(),
        _effective(columns, share, draws),
        lambda residuals: error_of_mean(residuals.reshape(share.shape), share, draws),
    )
    found = replace(found, flags=(*found.flags, *flags_of_weights(draws)))
    return found if need.query.head in SIGNED else not_negative(found)


def _effective(columns: Mapping[str, Column], share: Floats, draws: Draws) -> float:
    """As many independent draws, of the column that has fewest."""
    each = (column.labels.reshape(share.shape).astype(np.float64) for column in columns.values())
    return min(effective_draws(numbers, share, draws) for numbers in each)


# ------------------------------------------------------------------ all else


def _resampled(
    need: Wanted,
    columns: Mapping[str, Column],
    laws: Mapping[str, Table],
    runs: Runs,
    draws: Draws,
    unit: float,
) -> Found:
    query = need.query
    share = shares(need.events, runs, draws)
    effective = _effective(columns, share, draws)
    limits: tuple[Probability, ...] = ()
    choices = 0
    if query.decision is not None:
        limits, choices, column = _scored(query.decision, query, runs, draws)
        columns = {**columns, SCORES: column}
    drawn = Drawn(columns, share.ravel(), groups(draws), effective)
    asked = Asked(query, tuple(columns), {}, need.texts, need.averaged, unit, laws, limits, choices)
    return frequent(asked, drawn, flags_of_weights(draws))


def _scored(
    decision: syntax.Decision, query: syntax.Query, runs: Runs, draws: Draws
) -> tuple[tuple[Probability, ...], int, Column]:
    """The limits of a decision, how many choices it has, and what each of them earns in every draw."""
    everything = syntax.TupleLiteral(read_by(decision))
    worlds = [world for _, world in worlds_of(everything, runs, draws)]
    values = possible(decision, lambda e: (datum(e, world) for world in worlds))
    if len(values) > MOST_REALS:
        _few(len(values), 0, read_by(decision)[0])
    earned = [scores(decision, values, world) for world in worlds]
    return limits_of(query, worlds[0]), len(values), Column(labelled(earned), list(dict.fromkeys(earned)))
