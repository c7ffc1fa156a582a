"""Queries answered from exact joint laws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import isnan, sqrt
from typing import TypeAlias, TypeVar

from pplc.inference.answers import Bounds, Truncated, above, exactly
from pplc.inference.continuous import expectations
from pplc.inference.continuous.cases import shared
from pplc.inference.continuous.changes import linear
from pplc.inference.continuous.expectations import (
    MOST_INTEGRALS,
    Contribution,
    infinite_mean,
    mean,
    variance,
)
from pplc.inference.continuous.expectations import quantile as quantile_of
from pplc.inference.continuous.laws import Mixed
from pplc.inference.continuous.marginals import Marginals
from pplc.inference.continuous.piece import Piece
from pplc.inference.numerical_answers import (
    behind,
    both,
    enclosed_quantile,
    estimated,
    known_to,
    share_known_to,
)
from pplc.inference.result import Index, Probability, Result
from pplc.inference.summary import Variable, of_densities, of_law
from pplc.information.answers import Answer, Answered, Exact, Runs, answered
from pplc.information.expressions import World, datum, entries, event, mentioned, numbers, path, same_length
from pplc.information.left_out import Rest, expectation, quantile
from pplc.information.query_shape import expressions, level, one
from pplc.lang import syntax
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.formatter import format_expression
from pplc.semantics.closed_form import root
from pplc.semantics.evaluate import located
from pplc.semantics.formula import as_rational
from pplc.semantics.symbolic.beyond import Hidden
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.expression import depends
from pplc.semantics.values import Address, Fault, Value

T = TypeVar("T")

Weighted: TypeAlias = list[tuple[World, Probability]]
Pairs: TypeAlias = list[tuple[Fraction | float, Probability]]
Do: TypeAlias = Mapping[Address, Value]


def answer_exactly(
    query: syntax.Query, text: str, runs: Runs, interventions: Do, result: Result, *, prior: bool
) -> Answered:
    """The answer of a query whose program has an exact law."""
    try:
        return _answer(query, text, runs, interventions, result, prior=prior)
    except Fault as fault:  # an integral without rules, or an infinite one
        raise located(fault, query.span) from None


def _answer(
    query: syntax.Query, text: str, runs: Runs, interventions: Do, result: Result, *, prior: bool
) -> Answered:
    def given(names: frozenset[str]) -> Followed:
        return worlds_given(query, runs, interventions, names, prior=prior)

    if query.head in ("posterior", "prior"):
        tables: dict[str, Variable] = {}
        for expression in expressions(query):
            name = format_expression(expression)
            spelled = path(expression) or ""
            whole = (result.laws or {}).get(spelled)
            dense = result.densities.get(spelled)
            if dense is not None and not query.given.conditions:
                tables[name] = of_densities(name, dense, result.left.get(spelled, 0.0))
            elif whole is None:
                found = given(names_in(expression))
                values = list(valued(found.worlds, partial(datum, expression)))
                if any(latents_in(value) for value, _, _ in values):
                    tables[name] = of_densities(name, _mixed(expression, values), found.left)
                else:
                    tables[name] = of_law(name, {(): _law(values)}, found.left)
            elif query.given.conditions:
                every = {index: given(frozenset({_element(spelled, index)})) for index in whole}
                laws = {index: _law_at(_element(spelled, index), f.worlds) for index, f in every.items()}
                tables[name] = of_law(name, laws, max(found.left for found in every.values()))
            else:
                tables[name] = of_law(name, whole, result.left.get(spelled, 0.0))
        return Answered(text, variables=tables)
    expression = one(query)
    found = given(names_in(expression))
    if query.head == "P":
        truth: Pairs = [(Fraction(v), p) for v, p, _ in valued(found.worlds, partial(event, expression))]
        rest = _rest(found, lambda world: Fraction(event(expression, world)), truth=True)
        return Answered(text, _numerically(_mean(truth, rest, found.left), found, result))
    everywhere = list(valued(found.worlds, partial(numbers, expression)))
    same_length(expression, (row for row, _, _ in everywhere))
    if any(depends(value) for row, _, _ in everywhere for value in row.values()):
        marginals = Marginals()
        elements = {k: [(p, row[k], piece) for row, p, piece in everywhere] for k in everywhere[0][0]}
        return answered(
            text,
            {k: _moment_of(query, listed, marginals, found.left) for k, listed in elements.items()},
        )
    rows = [(row, p) for row, p, _ in everywhere]
    truth_value = all(isinstance(datum(expression, world), bool) for world, _ in found.worlds)

    def moment(index: Index) -> Answer:
        pairs = [(row[index], p) for row, p in rows]
        rest = _rest(found, lambda world: Fraction(numbers(expression, world)[index]), truth=truth_value)
        return _moment(query, pairs, rest, found.left)

    return answered(text, {index: moment(index) for index in rows[0][0]})


def _numerically(answer: Answer, found: Followed, result: Result) -> Answer:
    """A probability with the error of the integrals that it rests on."""
    if not isinstance(answer, Exact) or answer.rational is not None:
        return answer
    known = both(behind(world.piece for world, _ in found.worlds), result.numerical)
    return share_known_to(answer, known, 1 if len(found.worlds) == 1 else MOST_INTEGRALS)


def names_in(*parts: syntax.Expr) -> frozenset[str]:
    """The variables that expressions mention."""
    return frozenset(name for part in parts for name in mentioned(part))


@dataclass(frozen=True)
class Followed:
    """The worlds in which the conditions hold, with probabilities that sum to 1.

    left: mass of the runs not followed, as a share. rest: such runs; the world is None where it is not
    known, because they have not yet made everything. A rational mass is theirs, others are bounds of it.
    """

    worlds: Weighted
    left: float = 0.0
    rest: Sequence[tuple[World | None, Probability]] = ()


def worlds_given(
    query: syntax.Query, runs: Runs, interventions: Do, names: frozenset[str], *, prior: bool
) -> Followed:
    """The worlds in which the conditions of a query hold; `Rejected` E0604 if there are none."""
    conditions = query.given.conditions
    names |= names_in(*conditions)
    joint = runs.outcomes(interventions, names, prior=prior)
    every = {name for outcome in joint for name in outcome.values}
    worlds: Weighted = []

    def holds(world: World) -> bool:
        return all(event(condition, world) for condition in conditions)

    for values, probability, piece in joint:
        world = replace(runs.world(values, exact=True), absent=frozenset(every - values.keys()), piece=piece)
        for true, p, part in valued([(world, probability)], holds):
            if true:
                worlds.append((replace(world, piece=part), p))
    total = sum(probability for _, probability in worlds)
    if total == 0:
        raise impossible(query)
    share, outcomes = runs.left(interventions, names, prior=prior)
    rest: list[tuple[World | None, Probability]] = []
    for values, mass, _ in outcomes:
        known = runs.world(values, exact=True) if every <= values.keys() else None
        try:
            if known is not None and not holds(known):
                continue
        except Hidden:
            known = None
        of = mass / total
        rest.append((known, of if isinstance(of, Fraction) and known is not None else above(of)))
    left = above(share / total) if share else 0.0
    return Followed([(world, probability / total) for world, probability in worlds], left, rest)


def _rest(found: Followed, value: Callable[[World], Fraction], *, truth: bool) -> Sequence[Rest] | None:
    """What is known of a value on the runs not followed; None if it may be anything there."""
    known: list[Rest] = []
    for world, mass in found.rest:
        try:
            at = None if world is None else value(world)
        except Hidden:
            at = None
        if at is not None:
            known.append(Rest(mass, at, at))
        elif truth:
            known.append(Rest(mass, Fraction(0), Fraction(1)))
        else:
            return None
    return known


def impossible(query: syntax.Query) -> Rejected:
    """The error of conditioning on an event that does not happen."""
    span = query.given.conditions[0].span if query.given.conditions else query.span
    return Rejected(Diagnostic("E0604", "the condition of this query has probability 0", span, "never true"))


def valued(worlds: Weighted, value: Callable[[World], T]) -> Iterator[tuple[T, Probability, Piece]]:
    """A value in every world, with its probability; where it depends on comparisons, in every part of one."""
    for world, probability in worlds:
        for found, piece, share in shared(world.piece, partial(value, world)):
            yield found, probability * share, piece


def _mixed(expression: syntax.Expr, values: list[tuple[Value, Probability, Piece]]) -> dict[Index, Mixed]:
    """The laws of the numbers in a value."""
    rows: list[tuple[dict[Index, Fraction | float], Probability, Piece]] = [
        (dict(entries(value, (), expression, exact=True)), p, piece) for value, p, piece in values
    ]
    same_length(expression, (row for row, _, _ in rows))
    marginals = Marginals()
    return {k: marginals.mixed((p, row[k], piece) for row, p, piece in rows) for k in rows[0][0]}


def _moment_of(
    query: syntax.Query, listed: Sequence[Contribution], marginals: Marginals, left: float
) -> Answer:
    """A moment or quantile of a variable with a density."""
    behind_it = behind(piece for _, _, piece in listed)
    if query.head != "quantile" and not left:
        share_error = 0.0 if behind_it is None or len(listed) == 1 else behind_it.error * MOST_INTEGRALS
        if behind_it is None or behind_it.proved:
            known = mean(listed, share_error) if query.head == "E" else variance(listed, share_error)
            if known is not None:
                known = expectations.root(known) if query.head == "sd" else known
                if isinstance(known.value, float) and isnan(known.value):
                    raise _no_moment(query)
                answer = exactly(known.value)
                if not known.error:
                    return answer
                bounds = known_to(answer, known.error, proved=True)
                if query.head != "E" and isinstance(bounds, Bounds):
                    return Bounds(max(0.0, bounds.lower), bounds.upper)
                return bounds
        elif (infinite := infinite_mean(listed)) is not None:
            if query.head != "E" or isnan(infinite):
                raise _no_moment(query)
            return Exact(infinite)
    if query.head == "quantile" and not left and not any(linear(value, piece) for _, value, piece in listed):
        ends = quantile_of(listed, level(query))
        if ends is not None:
            return Bounds(*ends)
    law = marginals.mixed(listed)
    if query.head == "quantile":
        at = level(query)
        number: Fraction | float = law.quantile(float(at))
        if not left and not law.closed:
            return enclosed_quantile(listed, float(number), at, law)
    elif query.head == "E":
        number = law.mean
    else:
        number = law.variance if query.head == "var" else sqrt(law.variance)
    if left:
        return Truncated(float(number), left)
    return exactly(number) if law.closed else estimated(float(number), law, behind_it)


def _no_moment(query: syntax.Query) -> Rejected:
    """The error of a moment that does not exist."""
    expression = one(query)
    shown = f"`{format_expression(expression)}`"
    if query.head == "E":
        message = f"{shown} has no mean: its tails are too heavy on both sides"
        label = "what is above 0 and what is below both weigh infinitely much"
    else:
        message = f"{shown} has no variance: its mean is infinite or does not exist"
        label = "its tails are too heavy"
    advice = "quantiles exist, as in `quantile(x, 0.5)`"
    return Rejected(Diagnostic("E0617", message, expression.span, label, advice))


def _law(values: list[tuple[Value, Probability, Piece]]) -> dict[Value, Probability]:
    law: dict[Value, Probability] = {}
    for value, probability, _ in values:
        law[value] = law.get(value, 0) + probability
    return law


def _element(name: str, index: Index) -> str:
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def _law_at(element: str, worlds: Weighted) -> dict[Value, Probability]:
    """The law of one element of a variable."""
    law: dict[Value, Probability] = {}
    for world, probability in worlds:
        if element in world.values:
            value = world.values[element]
            law[value] = law.get(value, 0) + probability
    return law


def _mean(pairs: Pairs, rest: Sequence[Rest] | None, left: float) -> Answer:
    mean = sum(value * p for value, p in pairs)
    if not left:
        return exactly(mean)
    return Truncated(float(mean), left) if rest is None else expectation(pairs, rest)


def _moment(query: syntax.Query, pairs: Pairs, rest: Sequence[Rest] | None, left: float) -> Answer:
    if query.head == "quantile":
        return quantile(pairs, level(query), left) if left else exactly(_quantile(pairs, level(query)))
    if query.head == "E":
        return _mean(pairs, rest, left)
    mean = sum(value * p for value, p in pairs)
    variance = sum((value - mean) ** 2 * p for value, p in pairs)
    if left:
        return Truncated(float(variance) if query.head == "var" else sqrt(variance), left)
    if query.head == "var":
        return exactly(variance)
    return Exact(sqrt(variance)) if isinstance(variance, float) else exactly(root(as_rational(variance)))


def _quantile(pairs: Pairs, at: Fraction) -> Fraction | float:
    below: Probability = 0
    ordered = sorted(pairs, key=lambda pair: pair[0])
    for value, probability in ordered:
        below += probability
        if below >= at:
            return value
    return ordered[-1][0]
