"""Queries: known heads with the right number of arguments, about variables that the model has.

How a query is answered, and whether this version can, is decided when it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from pplc.lang import syntax as s
from pplc.lang.check_annotations import declare_types
from pplc.lang.check_answerable import refuse_law, refuse_unanswerable
from pplc.lang.check_body import value_block
from pplc.lang.check_constants import constant
from pplc.lang.check_decisions import check_decision, decision_errors
from pplc.lang.check_expr import infer
from pplc.lang.check_help import text_of
from pplc.lang.check_records import Checked, ModelSignature
from pplc.lang.check_shapes import booleans, index, numeric, plain
from pplc.lang.check_state import Checker, Entry, Frame
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.names import RETURNED, resolve_query
from pplc.lang.suggest import did_you_mean
from pplc.lang.tree import DECISION
from pplc.lang.typesys import (
    WRONG,
    Array,
    Base,
    Bool,
    Dist,
    Fn,
    Int,
    Real,
    Record,
    Type,
    UnknownSize,
    Variable,
    Wrong,
    shape_of,
)


@dataclass(frozen=True, slots=True)
class Head:
    """The form of one kind of query.

    groups:  fewest and most arguments of every group; groups are separated by `;`.
    takes:   what the arguments are; `laws`: variables, or laws written in the query.
    options: the names of what may be given as `name = value`.
    how:     an example for messages.
    """

    groups: tuple[tuple[int, int], ...]
    takes: str
    how: str
    options: tuple[str, ...] = ()


_MANY = 1_000_000
_SOME = ((1, _MANY),)

HEADS: Mapping[str, Head] = MappingProxyType(
    {
        "posterior": Head(_SOME, "values", "posterior(mu, tau)"),
        "prior": Head(_SOME, "values", "prior(mu, tau)"),
        "P": Head(((1, 1),), "event", "P(x > 0)"),
        "E": Head(((1, 1),), "number", "E[x]"),
        "sd": Head(((1, 1),), "number", "sd(x)"),
        "var": Head(((1, 1),), "number", "var(x)"),
        "quantile": Head(((2, 2),), "quantile", "quantile(x, 0.05)"),
        "evidence": Head((), "nothing", "evidence"),
        "H": Head(_SOME, "laws", "H(x)", ("kind", "order")),
        "I": Head((*_SOME, *_SOME), "values", "I(x; y)"),
        "KL": Head(((2, 2),), "laws", "KL(p, q)"),
        "TC": Head(((2, _MANY),), "values", "TC(x, y, z)"),
        "O": Head(((3, _MANY),), "values", "O(x, y, z)"),
        "renyi": Head(_SOME, "laws", "renyi(x, order = 2)", ("order",)),
        "tsallis": Head(_SOME, "laws", "tsallis(x, order = 2)", ("order",)),
        "pid": Head(((1, 1), (2, _MANY)), "values", "pid(t; a, b, measure = broja)", ("measure",)),
        "bounds": Head(
            ((1, 1),), "query", "bounds(E[y | do(a = 1)])", ("via", "theta", "instrument", "hidden")
        ),
        "common": Head(((2, _MANY),), "values", "common(x, y)", ("kind",)),
        "wyner": Head(((2, 2),), "values", "wyner(x, y)"),
        "reconstruct": Head(((1, 1), (1, _MANY)), "values", "reconstruct(x; a, b)"),
        "couple": Head(((2, _MANY),), "laws", "couple(p, q)"),
        "compress": Head(((1, 1),), "laws", "compress(x, rate = 1)", ("rate",)),
        "mecb": Head(((2, 2),), "laws", "mecb(x, y, rate = 1)", ("rate",)),
        "disparity": Head(((1, 1), (1, 1)), "values", "disparity(z; yhat | s)"),
        "decide": Head(_SOME, "values", DECISION),
        "semantic": Head((*_SOME, *_SOME), "values", "semantic(x; near, far)", ("slope",)),
        "dependence": Head((*_SOME, *_SOME), "values", "dependence(x; y, kind = w1)", ("kind",)),
        "divergence": Head(((2, 2),), "laws", "divergence(p, q, kind = js)", ("kind", "order")),
        "DTC": Head(((2, _MANY),), "values", "DTC(x, y, z)"),
        "interaction": Head(((2, _MANY),), "values", "interaction(x, y, z)"),
        "count": Head(_SOME, "laws", "count(x)"),
        "capacity": Head((*_SOME, *_SOME), "values", "capacity(x; y)"),
        "rate": Head(_SOME, "laws", "rate(x, distortion = 0.1)", ("distortion",)),
        "bottleneck": Head((*_SOME, *_SOME), "values", "bottleneck(x; y, beta = 5)", ("beta",)),
        "directed": Head(((1, 1), (1, 1)), "values", "directed(x; y)"),
        "transfer": Head(((1, 1), (1, 1)), "values", "transfer(x; y, lag = 1)", ("lag",)),
    }
)
"""Every query of the language, whether or not this version answers it."""


def check_query(checked: Checked, query: s.Query, entry: str = "") -> None:
    """Raise `Rejected` with all that is wrong with a query about a model of the program.

    entry: the model the query is about, unless it names one itself; the file's last by default.
    """
    about = entry or checked.entry
    errors = _form_errors(query)
    if errors:
        raise Rejected(*errors)
    if not about:
        raise Rejected(
            Diagnostic("E0601", "there is no model to ask about", query.span, "no model in this file")
        )
    known = checked.models.get(query.model or about)
    names = resolve_query(checked.names, about, _without_option_names(query))
    if known is None:
        raise Rejected(Diagnostic("E0601", f"`{query.model}` is not a model", query.span, "not a model"))
    c = _checker(checked, query.model or about, known)
    c.query_names = names
    c.inside = lambda member: _inside(c, checked, known, member)
    _query(c, checked, known, query)
    if c.errors:
        raise Rejected(*sorted(c.errors, key=lambda d: (d.span.line, d.span.column)))


def _without_option_names(query: s.Query) -> s.Query:
    """Options such as `measure = broja` are words, not variables."""
    options = tuple((name, value) for name, value in query.options if not isinstance(value, s.Name))
    groups = tuple(
        tuple(_without_option_names(part) if isinstance(part, s.Query) else part for part in group)
        for group in query.groups
    )
    return replace(query, options=options, groups=groups)


def _checker(checked: Checked, model: str, known: ModelSignature) -> Checker:
    """A checker that knows the variables of the model."""
    c = Checker(checked.names)
    c.infer = partial(infer, c)
    c.block = partial(value_block, c)
    declare_types(c)
    for name, binding in checked.names.visible[model].items():
        kind = known.variables.get(name)
        if kind is not None:
            c.entries[binding.unique] = Entry(kind)
    c.entries[RETURNED.unique] = Entry(known.result)
    c.frames.append(Frame("query", model))
    return c


# ------------------------------------------------------------------ form


def _form_errors(query: s.Query) -> list[Diagnostic]:
    head = HEADS.get(query.head)
    if head is None:
        help_ = did_you_mean(query.head, HEADS) or "the queries are " + ", ".join(
            f"`{h}`" for h in tuple(HEADS)[:8]
        )
        return [Diagnostic("E0608", f"there is no query `{query.head}`", query.span, "unknown query", help_)]
    errors: list[Diagnostic] = []
    if query.head == "decide":
        return decision_errors(query)
    counts = [len(group) for group in query.groups] or ([0] if head.groups else [])
    fits = len(counts) == len(head.groups) and all(
        low <= count <= high for count, (low, high) in zip(counts, head.groups, strict=True)
    )
    if not fits:
        errors.append(
            Diagnostic(
                "E0609",
                f"the query `{query.head}` is not written like this",
                query.span,
                _wanted(head, counts),
                f"write it as in `{head.how}`",
            )
        )
    for name, value in query.options:
        if name not in head.options:
            help_ = did_you_mean(name, head.options)
            if not help_:
                help_ = f"to ask about equality write `{name} == …`" if not head.options else (
                    "its options are " + ", ".join(f"`{option}`" for option in head.options)
                )  # fmt: skip
            message = f"the query `{query.head}` has no option `{name}`"
            errors.append(Diagnostic("E0609", message, value.span, "unknown option", help_))
    for group in query.groups:
        for part in group:
            if isinstance(part, s.Query):
                errors += _form_errors(part)
    return errors


def _wanted(head: Head, counts: Sequence[int]) -> str:
    if len(head.groups) != len(counts):
        if not head.groups:
            return "takes no arguments"
        parts = len(head.groups)
        return (
            "one group of arguments expected" if parts == 1 else f"{parts} groups, separated by `;`, expected"
        )
    for count, (low, high) in zip(counts, head.groups, strict=True):
        if count < low:
            return f"at least {low} expected" if high == _MANY else f"{low} expected"
        if count > high:
            return f"{high} expected"
    return ""


# ------------------------------------------------------------------ types


def _query(c: Checker, checked: Checked, known: ModelSignature, query: s.Query) -> None:
    head = HEADS[query.head]
    for group in query.groups:
        for position, part in enumerate(group):
            if isinstance(part, s.Query):
                _query(c, checked, known, part)
            else:
                _argument(c, query, head, position, part)
    if head.takes == "laws":
        _laws(c, query)
    if query.decision is not None:
        check_decision(c, query.decision)
    for item in query.given.interventions:
        _intervention(c, checked, known, item)
    for condition in query.given.conditions:
        kind = c.unify.head(c.infer(condition, None))
        refuse_unanswerable(c, condition, WRONG)
        if head.takes in ("event", "number", "quantile") and not isinstance(kind, Bool | Wrong):
            _not_an_event(c, condition, kind)


def _argument(c: Checker, query: s.Query, head: Head, position: int, part: s.Expr) -> None:
    kind = c.unify.head(c.infer(part, None))
    if head.takes == "laws" and isinstance(kind, Dist | Base):
        refuse_law(c, part)
    elif head.takes in ("values", "laws", "event", "number") or (head.takes == "quantile" and not position):
        refuse_unanswerable(c, part, kind if head.takes in ("values", "laws") else WRONG)
    if isinstance(kind, Wrong):
        return
    match head.takes:
        case "event":
            if not isinstance(kind, Bool):
                _not_an_event(c, part, kind)
        case "quantile" if position > 0:
            value = constant(c, part)
            if value is None or not 0 <= value <= 1:
                c.report(
                    "E0609",
                    "a quantile is asked for at a number between 0 and 1",
                    part.span,
                    "not between 0 and 1",
                )
        case "number" | "quantile":
            # The expectation of a bool is its probability; of arrays there is one for each element.
            if numeric(c, kind) is None and not booleans(c, kind):
                c.report(
                    "E0603",
                    f"`{query.head}` takes a number, but this is `{c.show(kind)}`",
                    part.span,
                    f"this is `{c.show(kind)}`",
                    "" if isinstance(kind, Fn) else f"`P({text_of(part, 'x')} == …)` asks for a probability",
                )
            elif any(isinstance(c.unify.size(extent), UnknownSize) for extent in shape_of(plain(c, kind))):
                c.report(
                    "E0603",
                    f"`{query.head}` takes a number or an array, but the length of this list may differ"
                    " between runs",
                    part.span,
                    f"this is `{c.show(kind)}`",
                    f"ask for one element, or for `posterior({text_of(part, 'x')})`",
                )
        case _:
            pass


COMPARED = frozenset(("KL", "divergence"))
"""Queries that compare two laws value by value."""

TOGETHER = frozenset(("H", "renyi", "tsallis", "count", "rate"))
"""Queries in which several arguments are taken together, as one variable."""


def _laws(c: Checker, query: s.Query) -> None:
    """What is compared has values of one type, and a law stands alone where variables stand together."""
    parts = [part for group in query.groups for part in group if not isinstance(part, s.Query)]
    kinds = [c.unify.head(c.types.get(id(part), WRONG)) for part in parts]
    written = [part for part, kind in zip(parts, kinds, strict=True) if isinstance(kind, Dist | Base)]
    if query.head in COMPARED and len(kinds) == 2:
        first, second = (
            c.unify.head(kind.element) if isinstance(kind, Dist | Base) else kind for kind in kinds
        )
        if c.unify.join(first, second) is None:
            c.report(
                "E0609",
                f"`{query.head}` compares laws of the same values, but these are of `{c.show(first)}` and"
                f" `{c.show(second)}`",
                parts[1].span,
                f"this is of `{c.show(second)}`",
            )
    if written and query.head in TOGETHER and (len(parts) > 1 or query.given.conditions):
        c.report(
            "E0609",
            f"in `{query.head}` a law stands alone: it is no variable that happens together with others",
            written[0].span,
            "a law",
            "draw a variable from it in the model, and ask about that",
        )


def _not_an_event(c: Checker, part: s.Expr, kind: Type) -> None:
    example = "> 0" if isinstance(kind, Real) else "== …"
    c.report(
        "E0602",
        f"an event is true or false, but this is `{c.show(kind)}`",
        part.span,
        f"this is `{c.show(kind)}`",
        f"compare it, as in `{text_of(part, 'x')} {example}`",
    )


def _path(expr: s.Expr) -> list[str]:
    """`f.slope` as names, `f[2].slope` too; empty if it is no path."""
    names: list[str] = []
    while isinstance(expr, s.Member | s.Index):
        if isinstance(expr, s.Member):
            names.append(expr.name)
        expr = expr.base
    return [expr.name, *reversed(names)] if isinstance(expr, s.Name) else []


def _inside(c: Checker, checked: Checked, known: ModelSignature, node: s.Member) -> Type | None:
    """The type of `f.slope`, a variable of the model that `f` was drawn from; None if it is no such path."""
    path = _path(node)
    if not path or path[0] not in known.calls:
        return None
    drawn = known.variables.get(path[0])
    while isinstance(drawn, Array):  # every entry was drawn: `p[0].age`
        drawn = c.unify.head(drawn.element)
    callee = checked.models.get(known.calls[path[0]])
    if isinstance(drawn, Dist | Base | Record) and (callee is None or path[1] not in callee.variables):
        return None  # a member of what was drawn
    return _variable(c, checked, known, path, node)


def _variable(c: Checker, checked: Checked, known: ModelSignature, path: Sequence[str], node: s.Node) -> Type:
    signature: ModelSignature | None = known
    for name in path[:-1]:
        callee = signature.calls.get(name) if signature is not None else None
        signature = checked.models.get(callee) if callee is not None else None
    variables: Mapping[str, Type] = signature.variables if signature is not None else {}
    name = path[len(path) - 1]
    if name in variables:
        return variables[name]
    return c.report(
        "E0601",
        f"there is no variable `{'.'.join(path)}`",
        node.span,
        "unknown variable",
        did_you_mean(name, variables),
    )


def _intervention(c: Checker, checked: Checked, known: ModelSignature, item: s.DoItem) -> None:
    name = ".".join(item.path)
    kind = _variable(c, checked, known, item.path, item)
    function = c.unify.head(kind)
    if isinstance(function, Fn) and len(item.indices) == len(function.parameters):
        # What a memoised function has drawn stands under its arguments: `do(eyes["ada"] = true)`.
        for argument, parameter in zip(item.indices, function.parameters, strict=True):
            c.require(c.infer(argument, parameter), parameter, argument.span, f"an argument of `{name}`")
        kind = function.result
    elif item.indices:
        kind = index(c, item, kind, item.indices, name)
    found = c.infer(item.value, kind)
    if not isinstance(kind, Wrong | Variable):
        opened = c.unify.head(kind)
        if isinstance(opened, Real) and isinstance(found, Int | Real):
            return
        c.require(found, kind, item.value.span, f"what `{name}` is set to")
