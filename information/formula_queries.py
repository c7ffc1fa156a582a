"""Queries of programs with open parameters whose answers are integrals (`pplc.inference.formulas`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import TypeVar

from pplc.inference.answers import exactly
from pplc.inference.continuous.cases import under
from pplc.inference.continuous.piece import Piece
from pplc.inference.formulas.ends import Ends, Part
from pplc.inference.formulas.exact import WHOLE, law_of, mean_of, moments_of
from pplc.inference.joint import by_name
from pplc.inference.result import Index, Result
from pplc.inference.summary import Variable, of_law, of_moments, summarise
from pplc.information.answers import Answer, Answered, Runs, answered
from pplc.information.exact_queries import impossible
from pplc.information.expressions import World, datum, entries, event, numbers, path, same_length
from pplc.information.query_shape import expressions, one
from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.formatter import format_expression
from pplc.semantics.closed_form import root
from pplc.semantics.symbolic.contents import latents_in

T = TypeVar("T")


def no_formula(query: syntax.Query) -> Rejected:
    """The error of asking for what has none."""
    message = f"`{query.head}` has no formula"
    advice = "give the parameters values, or ask for probabilities, means or variances"
    return Rejected(Diagnostic("E0560", message, query.span, "this needs numbers", advice))


def answer_by_formulas(query: syntax.Query, text: str, runs: Runs, result: Result) -> Answered:
    """The answer of a query in formulas."""
    ends = result.ends
    assert ends is not None
    if query.head == "quantile":
        raise no_formula(query)
    if query.head in ("posterior", "prior"):
        known = {} if query.given.conditions else summarise(result)
        if known:
            ends.field.assumed.update(ends.reported)
        return Answered(
            text,
            variables={
                format_expression(e): known.get(path(e) or "") or _table(e, query, runs, ends)
                for e in expressions(query)
            },
        )
    expression = one(query)
    if query.head == "P":
        whole: list[Part] = []
        true: list[Part] = []
        for held, weight, piece in _valued(query, runs, ends, partial(event, expression)):
            whole.append((Fraction(1), weight, piece))
            true.append((Fraction(held), weight, piece))
        _possible(query, whole)
        found = ends.quotients({WHOLE: whole, "true": true})
        _possible(query, found.elements[WHOLE])
        return Answered(text, exactly(found.formula(found.elements["true"] / found.elements[WHOLE])))
    rows = list(_valued(query, runs, ends, partial(numbers, expression)))
    _possible(query, rows)
    same_length(expression, (row for row, _, _ in rows))
    whole = [(Fraction(1), weight, piece) for _, weight, piece in rows]
    answers: dict[Index, Answer] = {}
    for index in rows[0][0]:
        parts = [(row[index], weight, piece) for row, weight, piece in rows]
        if query.head == "E":
            answers[index] = exactly(mean_of(ends, whole, parts))
        else:
            moments = moments_of(ends, whole, parts)
            answers[index] = exactly(moments.variance if query.head == "var" else root(moments.variance))
    return answered(text, answers)


def _possible(query: syntax.Query, mass: object) -> None:
    if not mass:
        raise impossible(query)


def _valued(
    query: syntax.Query, runs: Runs, ends: Ends, value: Callable[[World], T]
) -> Iterator[tuple[T, Fraction, Piece]]:
    """A value on every part of every end on which the conditions of a query hold."""
    listed = [(by_name(end.recorded), end) for end in ends.ends]
    every = {name for values, _ in listed for name in values}
    for values, end in listed:
        world = replace(
            runs.world({**ends.arguments, **values}, exact=True),
            absent=frozenset(every - values.keys()),
            piece=end.piece,
        )

        def found(world: World = world) -> T | None:
            if not all(event(condition, world) for condition in query.given.conditions):
                return None
            return value(world)

        for made, piece in under(ends.world, end.piece, found):
            if made is not None:
                yield made, end.weight, piece


def _table(expression: syntax.Expr, query: syntax.Query, runs: Runs, ends: Ends) -> Variable:
    """The law of an expression, or the moments of its numbers if it is continuous."""
    name = format_expression(expression)
    values = list(_valued(query, runs, ends, partial(datum, expression)))
    _possible(query, values)
    whole = [(Fraction(1), weight, piece) for _, weight, piece in values]
    if not any(latents_in(value) for value, _, _ in values):
        law, moments = law_of(ends, whole, values)
        return of_law(name, {(): law}, moments={(): moments})
    rows = [(dict(entries(value, (), expression, exact=True)), w, p) for value, w, p in values]
    same_length(expression, (row for row, _, _ in rows))
    elements = {
        index: moments_of(ends, whole, [(row[index], w, p) for row, w, p in rows]) for index in rows[0][0]
    }
    return of_moments(name, elements)
