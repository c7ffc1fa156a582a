"""Queries answered from exact joint laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import sqrt
from typing import TypeAlias

from pplc.inference.result import Index, Probability, Result
from pplc.inference.summary import Variable, of_law
from pplc.information.answers import Answered, Exact, Runs, answered
from pplc.information.expressions import World, datum, event, mentioned, numbers, path, same_length
from pplc.information.query_shape import expressions, level, one
from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.formatter import format_expression
from pplc.semantics.values import Address, Value

Weighted: TypeAlias = list[tuple[World, Probability]]
Do: TypeAlias = Mapping[Address, Value]


def answer_exactly(
    query: syntax.Query, text: str, runs: Runs, interventions: Do, result: Result, *, prior: bool
) -> Answered:
    """The answer of a query whose program has an exact law."""

    def worlds(names: frozenset[str]) -> Weighted:
        return _given(query, runs, interventions, names, prior=prior)

    if query.head in ("posterior", "prior"):
        tables: dict[str, Variable] = {}
        for expression in expressions(query):
            name = format_expression(expression)
            spelled = path(expression) or ""
            whole = (result.laws or {}).get(spelled)
            if whole is None:
                law = _law(expression, worlds(_names(expression)))
                tables[name] = of_law(name, {(): law})
            elif query.given.conditions:
                tables[name] = of_law(name, {index: _law_at(spelled, index, worlds) for index in whole})
            else:
                tables[name] = of_law(name, whole)
        return Answered(text, variables=tables)
    expression = one(query)
    found = worlds(_names(expression))
    if query.head == "P":
        return Answered(text, _exact(sum(p for world, p in found if event(expression, world))))
    rows = [(numbers(expression, world), p) for world, p in found]
    same_length(expression, (row for row, _ in rows))
    return answered(
        text, {index: _moment(query, [(row[index], p) for row, p in rows]) for index in rows[0][0]}
    )


def _names(*parts: syntax.Expr) -> frozenset[str]:
    return frozenset(name for part in parts for name in mentioned(part))


def _given(
    query: syntax.Query, runs: Runs, interventions: Do, names: frozenset[str], *, prior: bool
) -> Weighted:
    """The worlds in which the conditions hold, with probabilities that sum to 1."""
    conditions = query.given.conditions
    joint = runs.outcomes(interventions, names | _names(*conditions), prior=prior)
    worlds: Weighted = []
    for values, probability in joint:
        world = runs.world(values, exact=True)
        if all(event(condition, world) for condition in conditions):
            worlds.append((world, probability))
    total = sum(probability for _, probability in worlds)
    if total == 0:
        raise impossible(query)
    return [(world, probability / total) for world, probability in worlds]


def impossible(query: syntax.Query) -> Rejected:
    """The error of conditioning on an event that does not happen."""
    span = query.given.conditions[0].span if query.given.conditions else query.span
    return Rejected(Diagnostic("E0604", "the condition of this query has probability 0", span, "never true"))


def _law(expression: syntax.Expr, worlds: Weighted) -> dict[Value, Probability]:
    law: dict[Value, Probability] = {}
    for world, probability in worlds:
        value = datum(expression, world)
        law[value] = law.get(value, 0) + probability
    return law


def _law_at(
    name: str, index: Index, worlds: Callable[[frozenset[str]], Weighted]
) -> dict[Value, Probability]:
    """The law of one element of a variable."""
    element = f"{name}[{', '.join(map(str, index))}]" if index else name
    law: dict[Value, Probability] = {}
    for world, probability in worlds(frozenset({element})):
        if element in world.values:
            value = world.values[element]
            law[value] = law.get(value, 0) + probability
    return law


def _moment(query: syntax.Query, pairs: list[tuple[Fraction | float, Probability]]) -> Exact:
    if query.head == "quantile":
        return _exact(_quantile(pairs, level(query)))
    mean = sum(value * p for value, p in pairs)
    if query.head == "E":
        return _exact(mean)
    variance = sum((value - mean) ** 2 * p for value, p in pairs)
    return _exact(variance) if query.head == "var" else Exact(sqrt(variance))


def _exact(value: Probability) -> Exact:
    return Exact(float(value), Fraction(value) if isinstance(value, int | Fraction) else None)


def _quantile(pairs: list[tuple[Fraction | float, Probability]], at: Fraction) -> Fraction | float:
    below: Probability = 0
    ordered = sorted(pairs, key=lambda pair: pair[0])
    for value, probability in ordered:
        below += probability
        if below >= at:
            return value
    return ordered[-1][0]
