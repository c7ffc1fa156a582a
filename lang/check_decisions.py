"""Decisions: `decide yhat given (…) maximise … subject to …`, their form and their types."""

from __future__ import annotations

from collections.abc import Iterator

from pplc.lang import syntax as s
from pplc.lang.check_answerable import refuse_unanswerable
from pplc.lang.check_constants import constant
from pplc.lang.check_shapes import numeric
from pplc.lang.check_state import Checker, Entry
from pplc.lang.diagnostics import Diagnostic, Span
from pplc.lang.tree import DECISION
from pplc.lang.typesys import WRONG, Bool, Type, Wrong
from pplc.lang.walk import within


def decision_errors(query: s.Query) -> list[Diagnostic]:
    """What is wrong with the form of a decision."""
    decision = query.decision
    if decision is None or not query.groups or len(query.groups) > 1 or query.options:
        return [_badly("`decide` is not written like this", query.span)]
    name, objective = decision.name, decision.objective
    errors: list[Diagnostic] = []
    if objective.head not in ("P", "E") or _count(objective) != (1,) or objective.options:
        message = f"what is maximised is `P(…)` or `E[…]`, not `{objective.head}`"
        errors.append(_badly(message, objective.span))
    elif objective.given != s.Given():
        message = "what is maximised has no conditions of its own"
        errors.append(_badly(message, objective.span, "conditions stand after `|` in what is given"))
    elif not _speaks(objective.groups[0][0], name):
        errors.append(_badly(f"what is maximised does not depend on `{name}`", objective.span))
    if decision.values is None and not errors and compared(decision) is None:
        message = f"the values that `{name}` may have are not known"
        help_ = f"say them, as in `decide {name} in [0, 1] given …`"
        errors.append(_badly(message, decision.span, help_))
    errors += [error for limit in decision.limits for error in _limit_errors(limit, name)]
    return errors


def _limit_errors(limit: s.Limit, name: str) -> Iterator[Diagnostic]:
    query = limit.information
    if query.head != "I" or len(_count(query)) != 2 or 0 in _count(query) or query.options:
        yield _badly("a limit is one of information, as in `I(z; yhat) <= 0.1`", query.span)
        return
    own = [group == (s.Name(name),) for group in query.groups]
    rest = [part for group, ours in zip(query.groups, own, strict=True) if not ours for part in group]
    rest += query.given.conditions
    if sum(own) != 1 or query.given.interventions or any(_speaks(part, name) for part in rest):
        message = f"a limit is one of what `{name}` alone says of variables of the model"
        yield _badly(message, query.span, f"write it as `I(z; {name})` or `I(z; {name} | s)`")


def _badly(message: str, span: Span, help: str = "") -> Diagnostic:
    return Diagnostic("E0609", message, span, help=help or f"write it as in `{DECISION}`")


def _count(query: s.Query) -> tuple[int, ...]:
    return tuple(map(len, query.groups))


def _speaks(part: s.Node, name: str) -> bool:
    return any(isinstance(node, s.Name) and node.name == name for node in within(part))


def compared(decision: s.Decision) -> s.Expr | None:
    """What the decision is compared with in `P(yhat == y)`, whose values it has if no others are given."""
    match decision.objective.groups:
        case ((s.Compare(s.Name(name), (("==", other),)),),) if name == decision.name:
            return None if _speaks(other, name) else other
        case ((s.Compare(other, (("==", s.Name(name)),)),),) if name == decision.name:
            return None if _speaks(other, name) else other
        case _:
            return None


def check_decision(c: Checker, decision: s.Decision) -> None:
    """The types of a decision whose form is right."""
    binding = c.names.of.get(id(decision)) or c.query_names[id(decision)]
    c.entries[binding.unique] = Entry(_type_of_values(c, decision))
    part = decision.objective.groups[0][0]
    if not isinstance(part, s.Query):
        kind = c.unify.head(c.infer(part, None))
        refuse_unanswerable(c, part, kind)
        number = numeric(c, kind)
        truth = isinstance(kind, Bool)
        fits = truth or (decision.objective.head == "E" and number is not None)
        if not isinstance(kind, Wrong) and not (fits and (number is None or not number[1])):
            wanted = "an event" if decision.objective.head == "P" else "a number"
            message = f"what is maximised is {wanted}, but this is `{c.show(kind)}`"
            c.report("E0609", message, part.span, f"this is `{c.show(kind)}`")
    for limit in decision.limits:
        query = limit.information
        for other in (*query.groups[0], *query.groups[1], *query.given.conditions):
            if not isinstance(other, s.Query):
                refuse_unanswerable(c, other, c.unify.head(c.infer(other, None)))
        c.infer(limit.most, None)
        most = constant(c, limit.most)
        if most is None or most < 0:
            message = "the limit of an information is a number that is not negative"
            c.report("E0609", message, limit.most.span, "not such a number")


def _type_of_values(c: Checker, decision: s.Decision) -> Type:
    if decision.values is None:
        other = compared(decision)
        return WRONG if other is None else c.infer(other, None)
    kind = c.infer(decision.values, None)
    if decision.values == s.ListLiteral(()):
        return c.report("E0609", f"`{decision.name}` needs a value that it may have", decision.values.span)
    refuse_unanswerable(c, decision.values, kind)
    element = c.unify.head(c.unify.element(kind))
    if isinstance(element, Wrong) and not isinstance(kind, Wrong):
        return c.report(
            "E0609",
            f"`{decision.name}` is one of a list of values, but this is `{c.show(kind)}`",
            decision.values.span,
            f"this is `{c.show(kind)}`",
        )
    return element
