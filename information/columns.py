"""What a query needs of every run: the values of its variables, and the laws that are written in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp

from pplc.information.asked import Asked, Found, badly
from pplc.information.decision_queries import groups_of, read_by
from pplc.information.exact_queries import names_in
from pplc.information.expressions import World, numbers
from pplc.information.finite_queries import ANSWERS
from pplc.information.table import Probability, Table
from pplc.lang import syntax
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.formatter import format_expression
from pplc.semantics.laws_base import LawValue
from pplc.semantics.number import LogRat
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.values import Value


@dataclass(frozen=True)
class Wanted:
    """A query taken apart.

    groups: the expressions between `;`.
    given:  the variables after `|`, which are averaged over.
    events: the query with its events alone after `|`.
    """

    query: syntax.Query
    groups: tuple[tuple[syntax.Expr, ...], ...]
    given: tuple[syntax.Expr, ...]
    events: syntax.Query

    @cached_property
    def expressions(self) -> dict[str, syntax.Expr]:
        """All that is asked about, by its text."""
        return {format_expression(e): e for e in (*(e for group in self.groups for e in group), *self.given)}

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables that all of this reads."""
        decision = self.query.decision
        found = names_in(*self.expressions.values())
        return found if decision is None else found | (names_in(*read_by(decision)) - {decision.name})

    @property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """The groups, as texts."""
        return tuple(tuple(format_expression(e) for e in group) for group in self.groups)

    @property
    def averaged(self) -> tuple[str, ...]:
        """The variables after `|`, as texts."""
        return tuple(format_expression(e) for e in self.given)


def wanted(query: syntax.Query) -> Wanted:
    """What a query for information needs."""
    if any(isinstance(part, syntax.Query) for group in query.groups for part in group):
        raise badly(query, "this query does not take another one")
    groups = tuple(
        tuple(part for part in group if not isinstance(part, syntax.Query)) for group in query.groups
    )
    if query.decision is not None:
        groups = groups_of(query, query.decision)
    averaged = tuple(condition for condition in query.given.conditions if not is_event(condition))
    events = tuple(condition for condition in query.given.conditions if is_event(condition))
    return Wanted(query, groups, averaged, replace(query, given=replace(query.given, conditions=events)))


def is_event(condition: syntax.Expr) -> bool:
    """Whether what stands after `|` is an event, not a variable."""
    match condition:
        case syntax.Compare() | syntax.Unary("not", _) | syntax.Binary("and" | "or", _, _):
            return True
        case _:
            return False


def written_laws(need: Wanted, values: Callable[[syntax.Expr], Iterable[Value]]) -> dict[str, Table]:
    """The laws that are written in a query, by their text; `values`: of an expression, in all runs."""
    return {text: written_law(e, values(e)) for text, e in need.expressions.items() if _is_law(e)}


def _is_law(expression: syntax.Expr) -> bool:
    """Whether an expression that was checked is a law: a family or combinator with its arguments."""
    match expression:
        case syntax.Call(syntax.Name(name)):
            return name in FAMILIES or name in COMBINATORS or name == "couple"
        case _:
            return False


def limits_of(query: syntax.Query, world: World) -> tuple[Probability, ...]:
    """The limits of a decision as numbers."""
    limits = () if query.decision is None else query.decision.limits
    return tuple(numbers(limit.most, world)[()] for limit in limits)


def located_answer(asked: Asked) -> Found:
    """The answer from a joint law; errors point into the query: what works on tables knows no places."""
    try:
        return ANSWERS[asked.query.head](asked)
    except Rejected as rejected:
        query = asked.query
        raise Rejected(
            *(replace(d, span=query.span) if d.span == NOWHERE else d for d in rejected.diagnostics)
        ) from None


def written_law(expression: syntax.Expr, values: Iterable[Value]) -> Table:
    """The law that an expression denotes, the same in all runs, as a table of one variable."""
    found: LawValue | None = None
    for value in values:
        assert isinstance(value, LawValue)
        if latents_in(value) or (found is not None and value != found):
            raise Rejected(
                Diagnostic(
                    "E0616",
                    f"`{format_expression(expression)}` is not the same law in every run",
                    expression.span,
                    "depends on what is drawn",
                    "a law in a query is made of numbers and of parameters of the model; of a law that"
                    " varies, draw a variable in the model, and ask about that",
                )
            )
        found = value
    assert found is not None
    return law_table(found, expression)


def finite(expression: syntax.Expr, value: Value) -> Value:
    """A value that is known in a run; `Rejected` E0614 if it depends on continuous variables."""
    if latents_in(value):
        shown = format_expression(expression)
        message = f"`{shown}` is continuous, and information is computed of variables with few values"
        advice = f"ask about a cut of it, such as `{shown} > 0`"
        raise Rejected(Diagnostic("E0614", message, expression.span, "not finite", advice))
    return value


def law_table(law: LawValue, expression: syntax.Expr) -> Table:
    """A law of finitely many values as a table; `Rejected` E0614 if it has others."""
    masses = law.masses()
    if masses is None:
        reason = "has values without end" if law.discrete else "is continuous"
        help_ = "cut off what is rare, as in `Truncated(…, upper = 50)`" if law.discrete else ""
        raise Rejected(
            Diagnostic(
                "E0614",
                f"{law.describe()} {reason}: what a query compares are laws of finitely many values",
                expression.span,
                "not finite",
                help_,
            )
        )
    cells = [(value, m.value if isinstance(m, LogRat) else exp(m)) for value, m in masses]
    if any(isinstance(p, float) for _, p in cells):
        total = sum(float(p) for _, p in cells)  # of logarithms the sum is 1 up to rounding alone
        return Table.of({(value,): float(p) / total for value, p in cells}, ("x",))
    return Table.of({(value,): p for value, p in cells}, ("x",))
