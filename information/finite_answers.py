"""Queries for information answered: from the exact joint law of a run, or estimated from its draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pplc.inference.answers import Answer, Bounds, Estimate, Exact, Truncated
from pplc.inference.result import Result
from pplc.information.answers import Answered, Runs
from pplc.information.asked import UNITS, Asked, Found
from pplc.information.columns import limits_of, located_answer, wanted, written_laws
from pplc.information.decision_queries import SCORES, possible, scores
from pplc.information.drawn_answers import estimated
from pplc.information.exact_queries import Do, worlds_given
from pplc.information.expressions import datum
from pplc.information.table import Outcome, Probability
from pplc.lang import syntax


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
    worlds = [world for world, _ in followed.worlds]
    laws = written_laws(need, lambda _: worlds)
    columns = {text: e for text, e in need.expressions.items() if text not in laws}
    rows = [tuple(datum(e, world) for e in columns.values()) for world in worlds]
    names, choices = tuple(columns), 0
    if query.decision is not None:
        values = possible(query.decision, worlds)
        names, choices = (*names, SCORES), len(values)
        earned = [scores(query.decision, values, world) for world in worlds]
        rows = [(*row, score) for row, score in zip(rows, earned, strict=True)]
    law: dict[Outcome, Probability] = {}
    for row, (_, probability) in zip(rows, followed.worlds, strict=True):
        law[row] = law.get(row, 0) + probability
    limits = limits_of(query, worlds[0])
    asked = Asked(query, names, law, need.texts, need.averaged, unit, laws, limits, choices)
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
