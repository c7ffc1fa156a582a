"""Indices of array elements: moved by a constant, and read relative to the variable of a loop."""

from __future__ import annotations

from pplc.lang import core
from pplc.lang.analysis import reads
from pplc.lang.core import Expr

Place = tuple[Expr, ...]
"""The indices of an element, compared as they are written."""


def constant(expr: Expr) -> int | None:
    """The value of an int literal."""
    if isinstance(expr, core.Prim) and expr.op == "neg":
        positive = constant(expr.args[0])
        return None if positive is None else -positive
    if isinstance(expr, core.Literal) and isinstance(expr.value, int) and not isinstance(expr.value, bool):
        return expr.value
    return None


def moved(expr: Expr, by: int) -> Expr:
    """`expr + by` in its simplest form, so that equal indices are written alike."""
    match expr:
        case core.Literal() if (value := constant(expr)) is not None:
            return core.Literal(value + by)
        case core.Prim("add", (left, right)) if (value := constant(right)) is not None:
            return moved(left, value + by)
        case core.Prim("add", (left, right)) if (value := constant(left)) is not None:
            return moved(right, value + by)
        case core.Prim("sub", (left, right)) if (value := constant(right)) is not None:
            return moved(left, by - value)
        case _ if by == 0:
            return expr
        case _ if by > 0:
            return core.Prim("add", (expr, core.Literal(by)))
        case _:
            return core.Prim("sub", (expr, core.Literal(-by)))


def plain(place: Place) -> Place:
    """The indices in their simplest form."""
    return tuple(moved(index, 0) for index in place)


def offset(expr: Expr, variable: str) -> int | None:
    """k, if the expression is `variable + k`."""
    match moved(expr, 0):
        case core.Variable(name) if name == variable:
            return 0
        case core.Prim("add", (core.Variable(name), core.Literal(int() as k))) if name == variable:
            return k
        case core.Prim("sub", (core.Variable(name), core.Literal(int() as k))) if name == variable:
            return -k
        case _:
            return None


def axis_of(place: Place, variable: str) -> tuple[int, int] | None:
    """The position of the one index that is `variable + k`, and k; None if there is no such one."""
    found = [k for k, index in enumerate(place) if variable in reads(index)]
    if len(found) != 1:
        return None
    by = offset(place[found[0]], variable)
    return None if by is None else (found[0], by)


def at(place: Place, axis: int, index: Expr) -> Place:
    """The place with one index replaced."""
    return plain((*place[:axis], index, *place[axis + 1 :]))
