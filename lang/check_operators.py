"""Arithmetic, comparisons, logic and ranges."""

from __future__ import annotations

from fractions import Fraction

from pplc.lang import syntax as s
from pplc.lang.check_constants import constant, range_size
from pplc.lang.check_shapes import booleans, broadcast, matrix_product, numeric, plain, report_shapes
from pplc.lang.check_state import Checker
from pplc.lang.check_unify import Clash
from pplc.lang.typesys import (
    BOOL,
    INT,
    POSITIVE,
    REAL,
    UNIT_INTERVAL,
    WRONG,
    Array,
    Base,
    Dist,
    Fn,
    Int,
    Model,
    Real,
    String,
    Type,
    Variable,
    Wrong,
    array,
    children,
    scalar_of,
    show,
)


def unary(c: Checker, node: s.Unary) -> Type:
    """`-x`, `+x`, `not b`."""
    if node.op == "not":
        c.check(node.operand, BOOL, "what follows `not`")
        return BOOL
    kind = c.infer(node.operand, None)
    known = numeric(c, kind)
    if isinstance(kind, Wrong):
        return WRONG
    if known is None:
        return _not_numbers(c, node.op, node.operand, kind)
    entry, shape = known
    if isinstance(entry, Variable):
        c.unify.fits(entry, REAL)
    return array(INT if isinstance(entry, Int) else REAL if node.op == "-" else entry, shape)


def binary(c: Checker, node: s.Binary, wanted: Type | None) -> Type:
    """Arithmetic and logic; chains to the left are walked in a loop, for they may be long."""
    spine: list[s.Binary] = []
    leaf: s.Expr = node
    while isinstance(leaf, s.Binary) and leaf.op not in ("and", "or"):
        spine.append(leaf)
        leaf = leaf.left
    if not spine:
        c.check(node.left, BOOL, f"the left side of `{node.op}`")
        c.check(node.right, BOOL, f"the right side of `{node.op}`")
        return BOOL
    hint = wanted if wanted is not None and numeric(c, wanted) is not None else None
    left = c.infer(leaf, hint)
    for one in reversed(spine):
        right = c.infer(one.right, hint)
        left = _arithmetic(c, one, left, right)
        c.types[id(one)] = left
    return left


def _arithmetic(c: Checker, node: s.Binary, left: Type, right: Type) -> Type:
    if isinstance(left, Wrong) or isinstance(right, Wrong):
        return WRONG
    if node.op == "@":
        return matrix_product(c, node, left, right)
    ours, theirs = numeric(c, left), numeric(c, right)
    if ours is None or theirs is None:
        if ours is None:
            return _not_numbers(c, node.op, node.left, left)
        return _not_numbers(c, node.op, node.right, right)
    shape = broadcast(c, ours[1], theirs[1])
    if isinstance(shape, Clash):
        return report_shapes(c, f"`{node.op}` combines arrays of", shape, left, right, node.span)
    a, b = _settle(c, node.op, ours[0], theirs[0])
    return array(_entry(c, node, a, b), shape)


def _settle(
    c: Checker, op: str, left: Int | Real | Variable, right: Int | Real | Variable
) -> tuple[Type, Type]:
    """Parameters of anonymous functions whose type is not known yet become numbers by their use."""
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Variable):
            c.unify.fits(side, INT if op in ("%", "//") and isinstance(other, Int) else REAL)
    return c.unify.head(left), c.unify.head(right)


def _entry(c: Checker, node: s.Binary, left: Type, right: Type) -> Type:
    """The type of one entry of the result; `positive` and `unit` where that is sure."""
    op = node.op
    if isinstance(left, Int) and isinstance(right, Int):
        power = constant(c, node.right)
        whole = op in ("+", "-", "*", "//", "%") or (op == "^" and power is not None and power >= 0)
        if whole:
            return INT
    ours, theirs = constant(c, node.left), constant(c, node.right)
    if ours is not None and theirs is not None:
        return REAL
    positive = _is_positive(left, ours) and _is_positive(right, theirs)
    unit = _is_unit(left, ours) and _is_unit(right, theirs)
    match op:
        case "*" | "/" if positive:
            return POSITIVE
        case "*" if unit:
            return UNIT_INTERVAL
        case "+" if positive or (
            (_is_positive(left, ours) and _is_unit(right, theirs))
            or (_is_unit(left, ours) and _is_positive(right, theirs))
        ):
            return POSITIVE
        case "-" if ours == 1 and _is_unit(right, None):
            return UNIT_INTERVAL
        case "^" if _is_positive(left, ours):
            return POSITIVE
        case "^" if _is_unit(left, ours) and (_is_positive(right, theirs) or theirs == 0):
            return UNIT_INTERVAL
        case _:
            return REAL


def _is_positive(kind: Type, value: Fraction | None) -> bool:
    return kind == POSITIVE or (value is not None and value > 0)


def _is_unit(kind: Type, value: Fraction | None) -> bool:
    return kind == UNIT_INTERVAL or (value is not None and 0 <= value <= 1)


def _not_numbers(c: Checker, op: str, operand: s.Expr, kind: Type) -> Type:
    help_ = ""
    match c.unify.head(kind):
        case Model(inner) | Dist(inner) | Base(inner):
            help_ = f"draw from it first: `~…` has type `{c.show(inner)}`"
        case Fn():
            help_ = "call it: a function is not the value it returns"
        case String() if op == "+":
            help_ = "strings cannot be joined"
        case Array() | _ if booleans(c, kind):
            help_ = "`int(b)` is 1 for `true` and 0 for `false`"
        case _:
            pass
    return c.report(
        "E0212",
        f"`{op}` needs numbers, but this is `{c.show(kind)}`",
        operand.span,
        f"this is `{c.show(kind)}`",
        help_,
    )


# ------------------------------------------------------------------ comparisons


def compare(c: Checker, node: s.Compare) -> Type:
    """`a == b`, `a < b <= c`."""
    left, before = c.infer(node.first, None), node.first
    for op, right in node.rest:
        kind = c.infer(right, left)
        if op in ("==", "!="):
            _equality(c, op, before, right, left, kind)
        else:
            _order(c, op, before, right, left, kind)
        left, before = kind, right
    return BOOL


def _equality(c: Checker, op: str, a: s.Expr, b: s.Expr, left: Type, right: Type) -> None:
    span = a.span.to(b.span)
    if c.unify.join(plain(c, left), plain(c, right)) is None:
        clash = f"`{c.show(left)}` and `{c.show(right)}`"
        help_ = ""
        if {type(c.unify.head(left)).__name__, type(c.unify.head(right)).__name__} == {"Bool", "Int"}:
            help_ = "a `bool` is `true` or `false`; `int(b)` makes a number of it"
        c.report("E0212", f"`{op}` compares values of one type, but here are {clash}", span, clash, help_)
    for expr, kind in ((a, left), (b, right)):
        if not has_equality(c, kind):
            c.report(
                "E0212",
                f"`{op}` cannot compare values of type `{c.show(kind)}`",
                expr.span,
                "functions and laws have no decidable equality",
                _draw_first(c.unify.head(kind)),
            )
            return


def _draw_first(kind: Type) -> str:
    if isinstance(kind, Model | Dist | Base):
        return f"draw from it first: `~…` has type `{show(kind.element)}`"
    return "compare what they return" if isinstance(kind, Fn) else ""


def has_equality(c: Checker, kind: Type) -> bool:
    """Whether two values of a type can be told apart: no function, model or law in it."""
    count, pending = 0, [kind]
    seen: set[str] = set()
    while pending and count < 1000:
        count += 1
        part = c.unify.head(pending.pop())
        if isinstance(part, Fn | Model | Dist | Base):
            return False
        pending.extend(children(part))
        name = getattr(part, "name", "")
        if name in c.names.sums and name not in seen:
            seen.add(name)
            for constructor in c.names.sums[name]:
                pending.extend(t for _, t in c.constructors.get(constructor.name, ("", ()))[1])
    return True


def _order(c: Checker, op: str, a: s.Expr, b: s.Expr, left: Type, right: Type) -> None:
    ours, theirs = plain(c, left), plain(c, right)
    if isinstance(ours, Variable) or isinstance(theirs, Variable):
        other = theirs if isinstance(ours, Variable) else ours
        wanted: Type = other if isinstance(other, String) else REAL
        for kind in (ours, theirs):
            if isinstance(kind, Variable):
                c.unify.fits(kind, wanted)
        ours, theirs = c.unify.head(ours), c.unify.head(theirs)
    for expr, kind, other in ((a, ours, theirs), (b, theirs, ours)):
        if isinstance(kind, Int | Real | Wrong) or (
            isinstance(kind, String) and isinstance(other, String | Wrong)
        ):
            continue
        shown = c.show(kind)
        help_ = "`int(b)` is 1 for `true` and 0 for `false`" if booleans(c, kind) else _draw_first(kind)
        if isinstance(kind, Array) and isinstance(scalar_of(kind), Int | Real):
            help_ = "compare the elements, as in `all([x < 1 for x in xs])`"
        c.report(
            "E0212", f"`{op}` compares numbers, but this is `{shown}`", expr.span, f"this is `{shown}`", help_
        )
        return


def range_of(c: Checker, node: s.Range) -> Type:
    """`low..high`."""
    c.check(node.low, INT, "the start of a range")
    c.check(node.high, INT, "the end of a range")
    return Array(INT, (range_size(c, node.low, node.high),))
