"""The type of an expression, inferred both ways: `wanted` is a hint that comes down, the type goes up.

The hint never forces anything; the caller checks that the type fits.
"""

from __future__ import annotations

from typing import assert_never

from pplc.lang import syntax as s
from pplc.lang.check_annotations import check_fields, type_of
from pplc.lang.check_arms import branches, match_of
from pplc.lang.check_body import function_body
from pplc.lang.check_calls import call
from pplc.lang.check_definitions import in_clauses, leave_comprehension
from pplc.lang.check_draws import drawn
from pplc.lang.check_help import text_of
from pplc.lang.check_members import member
from pplc.lang.check_operators import binary, compare, range_of, unary
from pplc.lang.check_shapes import index
from pplc.lang.check_state import Checker, Entry, Frame
from pplc.lang.check_values import name_value
from pplc.lang.typesys import (
    BOOL,
    INT,
    REAL,
    STRING,
    UNIT,
    UNKNOWN_SIZE,
    Extent,
    Fn,
    Int,
    List,
    Model,
    Option,
    Record,
    Size,
    Tuple,
    Type,
    Unit,
    Variable,
    Wrong,
    array,
    size_names,
    substitute_sizes,
)


def infer(c: Checker, expr: s.Expr, wanted: Type | None) -> Type:
    """The type of an expression, written down for its node."""
    return c.record(expr, _infer(c, expr, wanted))


def _infer(c: Checker, expr: s.Expr, wanted: Type | None) -> Type:
    match expr:
        case s.Number():
            return INT if expr.is_int else REAL
        case s.Boolean():
            return BOOL
        case s.String():
            return STRING
        case s.Name():
            return name_value(c, expr)
        case s.Unary():
            return unary(c, expr)
        case s.Binary():
            return binary(c, expr, wanted)
        case s.Compare():
            return compare(c, expr)
        case s.Range():
            return range_of(c, expr)
        case s.Call():
            return call(c, expr, wanted)
        case s.Index(base, indices):
            kind = c.infer(base, None)
            return index(c, expr, kind, indices, text_of(base))
        case s.Member():
            return member(c, expr)
        case s.Sample(law):
            return drawn(c, expr, law, c.infer(law, None))
        case s.ListLiteral(items):
            return _list(c, items, wanted)
        case s.TupleLiteral(items):
            return _tuple(c, items, wanted)
        case s.RecordLiteral(fields):
            return _record(c, fields, wanted)
        case s.Comprehension():
            return _comprehension(c, expr, wanted)
        case s.Lambda():
            return _lambda(c, expr, wanted)
        case s.IfExpr():
            return _if(c, expr)
        case s.Match():
            return match_of(c, expr, c.block) or UNIT
        case _:
            assert_never(expr)


# ------------------------------------------------------------------ structures


def _element_hint(c: Checker, wanted: Type | None) -> Type | None:
    if wanted is None:
        return None
    opened = c.unify.head(wanted)
    while isinstance(opened, Option):
        opened = c.unify.head(opened.element)
    element = c.unify.element(opened)
    return None if isinstance(element, Wrong) else element


def _list(c: Checker, items: tuple[s.Expr, ...], wanted: Type | None) -> Type:
    if not items:
        return List(_element_hint(c, wanted) or c.unify.fresh(soft=True))
    hint = _element_hint(c, wanted)
    element: Type = c.infer(items[0], hint)
    for item in items[1:]:
        kind = c.infer(item, hint if hint is not None else element)
        joined = c.unify.join(element, kind)
        if joined is None:
            return c.report(
                "E0210",
                f"a list has elements of one type, but here are `{c.show(element)}` and `{c.show(kind)}`",
                item.span,
                f"this is `{c.show(kind)}`",
                "values of different types belong into a tuple, `(a, b)`",
            )
        element = joined
    return array(element, (Size("", len(items)),))


def _tuple(c: Checker, items: tuple[s.Expr, ...], wanted: Type | None) -> Type:
    opened = c.unify.head(wanted) if wanted is not None else None
    hints: tuple[Type | None, ...] = (None,) * len(items)
    if isinstance(opened, Tuple) and len(opened.items) == len(items):
        hints = opened.items
    return Tuple(tuple(c.infer(i, h) for i, h in zip(items, hints, strict=True))) if items else UNIT


def _record(c: Checker, fields: tuple[tuple[str, s.Expr], ...], wanted: Type | None) -> Type:
    opened = c.unify.head(wanted) if wanted is not None else None
    hints = dict(opened.fields) if isinstance(opened, Record) else {}
    check_fields(c, fields)
    return Record(tuple((name, c.infer(value, hints.get(name))) for name, value in fields))


def _comprehension(c: Checker, node: s.Comprehension, wanted: Type | None) -> Type:
    sizes, bound = in_clauses(c, node.clauses)
    if node.condition is not None:
        c.check(node.condition, BOOL, "the condition of a comprehension")
    element = c.infer(node.element, _element_hint(c, wanted))
    leave_comprehension(c, node)
    opened = c.unify.full(element) if not isinstance(element, Wrong) else element
    ragged = bool(size_names(opened) & bound)
    opened = substitute_sizes(opened, dict.fromkeys(bound, UNKNOWN_SIZE))
    if len(node.clauses) > 1 or node.condition is not None or sizes[0] is None or ragged:
        return List(opened)
    return array(opened, (sizes[0],))


# ------------------------------------------------------------------ functions


def _lambda(c: Checker, node: s.Lambda, wanted: Type | None) -> Type:
    opened = c.unify.head(wanted) if wanted is not None else None
    hints: tuple[Type, ...] = ()
    if isinstance(opened, Fn) and len(opened.parameters) == len(node.parameters):
        hints = opened.parameters
    parameters: list[Type] = []
    names: dict[str, Extent] = {}
    for binding in c.names.sizes.get(id(node), ()):
        if binding.unique:
            c.entries[binding.unique] = Entry(INT, Size(binding.unique))
            names[binding.unique] = UNKNOWN_SIZE
    for position, parameter in enumerate(node.parameters):
        kind = _parameter(c, parameter, hints[position] if position < len(hints) else None, names)
        parameters.append(kind)
        own = c.names.of.get(id(parameter))
        size = Size(own.unique) if own is not None and isinstance(c.unify.head(kind), Int) else None
        if own is not None and size is not None:
            names[own.unique] = UNKNOWN_SIZE
        # What a function is called with may depend on draws; only the caller knows.
        c.enter(parameter, Entry(kind, size))
    result = type_of(c, node.result) if node.result is not None else None
    frame = Frame(node.kind, "", result)
    found = function_body(c, frame, node.body, node, c.names.arrays.get(id(node), ()))
    if node.kind == "model":
        found = Model(found)
    # A function that is a value takes arrays of any size, which is not followed any further.
    kinds = [*parameters, found]
    if names:
        kinds = [k if isinstance(k, Wrong) else substitute_sizes(c.unify.full(k), names) for k in kinds]
    return Fn(tuple(kinds[:-1]), kinds[len(kinds) - 1])


def _parameter(c: Checker, parameter: s.Parameter, hint: Type | None, sizes: dict[str, Extent]) -> Type:
    if parameter.type is not None:
        kind = type_of(c, parameter.type)
        if hint is not None:
            c.require(
                hint, substitute_sizes(kind, sizes), parameter.span, f"the parameter `{parameter.name}`"
            )
        return kind
    return hint if hint is not None else c.unify.fresh()


def _if(c: Checker, node: s.IfExpr) -> Type:
    """An `if` whose value is used. A branch that returns has no value, and needs none."""
    c.check(node.condition, BOOL, "the condition")
    then = c.block(node.then)
    if node.orelse is None:
        if then is not None and not isinstance(c.unify.head(then), Unit | Wrong | Variable):
            return c.report(
                "E0210",
                "this `if` has a value only where its condition holds",
                node.span,
                "no `else`",
                "add an `else` with a value for the other case",
            )
        return UNIT
    orelse = c.block(node.orelse)
    return branches(c, [(then, node.then), (orelse, node.orelse)]) or UNIT
