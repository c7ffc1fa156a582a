"""`decide yhat given (…) maximise … subject to …`: what it needs of every run, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from pplc.inference.answers import Bounds
from pplc.information.asked import Asked, Found, no_given
from pplc.information.decision import Limit, best_rule, limited
from pplc.information.expressions import World, event, numbers
from pplc.information.table import Outcome, Probability, Table
from pplc.lang import syntax
from pplc.lang.check_decisions import compared
from pplc.semantics.values import Number, Value

SCORES = "maximise"
"""The name of the column of scores, which no expression has: it is a word alone."""


def groups_of(query: syntax.Query, decision: syntax.Decision) -> tuple[tuple[syntax.Expr, ...], ...]:
    """What is seen, and for every limit I(yhat; about | given) what it is about and what is given."""
    found = [query.groups[0]]
    for limit in decision.limits:
        (about,) = (group for group in limit.information.groups if group != (syntax.Name(decision.name),))
        found += [about, limit.information.given.conditions]
    return tuple(tuple(part for part in group if not isinstance(part, syntax.Query)) for group in found)


def read_by(decision: syntax.Decision) -> tuple[syntax.Expr, ...]:
    """The expressions that say what may be decided and how good it is."""
    objective = decision.objective.groups[0][0]
    assert not isinstance(objective, syntax.Query)
    return (objective,) if decision.values is None else (objective, decision.values)


def possible(
    decision: syntax.Decision, values: Callable[[syntax.Expr], Iterable[Value]]
) -> tuple[Value, ...]:
    """The values that may be decided: those given, or those of what the decision is compared with.

    values: of an expression, in all runs.
    """
    if decision.values is not None:
        listed = next(iter(values(decision.values)))
        return tuple(dict.fromkeys(listed)) if isinstance(listed, tuple | range) else (listed,)
    other = compared(decision)
    assert other is not None
    return tuple(dict.fromkeys(values(other)))


def scores(decision: syntax.Decision, values: Sequence[Value], world: World) -> tuple[Number, ...]:
    """What deciding each of the values earns in one world."""
    part = decision.objective.groups[0][0]
    assert not isinstance(part, syntax.Query)
    found: list[Number] = []
    for value in values:
        inside = replace(world, values={**world.values, decision.name: value})
        if decision.objective.head == "P":
            found.append(Fraction(event(part, inside)))
        else:
            found.append(numbers(part, inside)[()])
    return tuple(found)


def answer_decision(asked: Asked) -> Found:
    """The largest expected score within the limits, between a decision's and a bound of all."""
    no_given(asked)
    law: dict[Outcome, Probability] = {}
    for outcome, p in asked.law.items():
        law[outcome[:-1]] = law.get(outcome[:-1], 0) + p
    table = Table.of(law, asked.names[:-1])
    sees, *rest = asked.groups
    seen = table.marginal(*sees)
    cells = {outcome: k for k, (outcome, _) in enumerate(seen.items())}
    places = [asked.names.index(name) for name in seen.names]
    earned = [(tuple(outcome[k] for k in places), outcome[-1], p) for outcome, p in asked.law.items()]
    mass = np.zeros(len(cells))
    gain = np.zeros((len(cells), asked.choices))
    for key, scores_of, p in earned:
        mass[cells[key]] += float(p)
        gain[cells[key]] += float(p) * np.array(scores_of, dtype=np.float64)
    limits = [
        limited(table, sees, Limit(about, float(most) * asked.unit, given))
        for about, given, most in zip(rest[::2], rest[1::2], asked.limits, strict=True)
    ]
    lower, upper, _, _ = best_rule(mass, gain / mass[:, None], limits)
    return Found(Bounds(lower, upper), informational=False)
