"""Queries for information answered: from the exact joint law of a run, or estimated from its draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from pplc.inference.answers import Answer, Bounds, Estimate, Exact, Truncated
from pplc.inference.result import Result
from pplc.information.answers import Answered, Runs
from pplc.information.asked import UNITS, Asked, Found
from pplc.information.columns import finite, limits_of, located_answer, wanted, written_laws
from pplc.information.decision_queries import SCORES, possible, read_by, scores
from pplc.information.drawn_answers import estimated
from pplc.information.exact_queries import Do, valued, worlds_given
from pplc.information.expressions import World, datum, evaluate
from pplc.information.table import Outcome, Probability
from pplc.lang import syntax
from pplc.semantics.values import Value


def answer_finite(
    query: syntax.Query, text: str, runs: Runs, interventions: Do, result: Result, *, prior: bool, unit: str
) -> Answered:
    """The answer of a query for information, in nats or bits."""
    if result.laws is None:
        found = estimated(query, runs, result, UNITS[unit])
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


def _exactly(query: syntax.Query, runs: Runs, interventions: Do, unit: float, *, prior: bool) -> Found:
    need = wanted(query)
    followed = worlds_given(need.events, runs, interventions, need.names, prior=prior)

    def values(of: Callable[[syntax.Expr, World], Value], e: syntax.Expr) -> list[Value]:
        return [value for value, _, _ in valued(followed.worlds, partial(of, e))]

    laws = written_laws(need, partial(values, evaluate))
    columns = {text: e for text, e in need.expressions.items() if text not in laws}
    choices = () if query.decision is None else possible(query.decision, partial(values, datum))
    names = tuple(columns) if query.decision is None else (*columns, SCORES)

    def row(world: World) -> tuple[Value, ...]:
        found = tuple(finite(e, datum(e, world)) for e in columns.values())
        if query.decision is None:
            return found
        earned = scores(query.decision, choices, world)
        return (*found, finite(read_by(query.decision)[0], earned))

    law: dict[Outcome, Probability] = {}
    for outcome, probability, _ in valued(followed.worlds, row):
        law[outcome] = law.get(outcome, 0) + probability
    limits = limits_of(query, followed.worlds[0][0])
    asked = Asked(query, names, law, need.texts, need.averaged, unit, laws, limits, len(choices))
    found = located_answer(asked)
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
