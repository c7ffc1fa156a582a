"""Constant folding, and reading through variables that are only another name for something.

Arithmetic on literals is exact, as in an exact run; runs in floats come closer to the truth by it. An
operation that would fail, or whose result would be very long, is left to fail or run where it stands.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from pplc.lang import core
from pplc.lang.analysis import assigned, bound, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.passes.rewriting import bottom_up, in_every_function, reachable, with_expressions

MOST_BITS = 4096
"""Of the numerator and denominator of a folded number."""

_ARITHMETIC: Mapping[str, Callable[[int | Fraction, int | Fraction], int | Fraction]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}
_ORDER: Mapping[str, Callable[[int | Fraction, int | Fraction], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}


def fold_constants(program: core.Program) -> core.Program:
    """Fold operations on literals and branches on known tests; read through copies."""
    return in_every_function(program, _fold_function)


def _fold_function(function: core.Function) -> core.Function:
    known = _names_for_others(function)

    def folded(expr: Expr) -> Expr:
        return bottom_up(expr, lambda part: _fold(_substituted(part, known)))

    def block(old: Block) -> Block:
        new: list[Stmt] = []
        for statement in old:
            changed = with_expressions(statement, folded, block)
            match changed:
                case core.If(core.Literal(True), then, _):
                    new.extend(then)
                case core.If(core.Literal(False), _, orelse):
                    new.extend(orelse)
                case _:
                    new.append(changed)
        return reachable(new)

    return replace(function, body=block(function.body))


def _names_for_others(function: core.Function) -> Mapping[str, Expr]:
    """The variables bound once, to a literal, a function, or another variable that never changes."""
    times = Counter((*function.parameters, *function.captured))
    for statement in statements(function.body):
        times.update(bound(statement))
    changing = assigned(function)

    def fixed(name: str) -> bool:
        return times[name] == 1 and name not in changing

    known: dict[str, Expr] = {}
    for statement in statements(function.body):
        if isinstance(statement, core.Let) and not statement.recorded and fixed(statement.name):
            match statement.value:
                case core.Literal() | core.Global() as value:
                    known[statement.name] = value
                case core.Variable(name) as value if fixed(name):
                    known[statement.name] = known.get(name, value)
                case core.Closure(_, captured) as value if all(map(fixed, captured)):
                    known[statement.name] = value
                case _:
                    pass
    return known


def _substituted(expr: Expr, known: Mapping[str, Expr]) -> Expr:
    match expr:
        case core.Variable(name) if name in known:
            return known[name]
        case core.Closure(_, captured):
            copies = {name: known.get(name) for name in captured}
            names = tuple(
                copy.name if isinstance(copy := copies[name], core.Variable) else name for name in captured
            )
            return replace(expr, captured=names)
        case _:
            return expr


def _fold(expr: Expr) -> Expr:
    match expr:
        case core.Cond(core.Literal(bool() as test), then, orelse):
            return then if test else orelse
        case core.Prim("not", (core.Literal(bool() as value),)):
            return core.Literal(not value, span=expr.span)
        case core.Prim("neg", (core.Literal(int() | Fraction() as number),)) if not isinstance(number, bool):
            return _literal(-number, expr)
        case core.Prim(op, (core.Literal(left), core.Literal(right))):
            return _binary(op, left, right, expr)
        case _:
            return expr


def _binary(op: str, left: core.Scalar, right: core.Scalar, expr: Expr) -> Expr:
    if isinstance(left, bool | str) and type(left) is type(right) and op in ("eq", "ne"):
        return core.Literal((left == right) == (op == "eq"), span=expr.span)
    if isinstance(left, bool | str | tuple) or isinstance(right, bool | str | tuple):
        return expr
    if op in _ORDER:
        return core.Literal(_ORDER[op](left, right), span=expr.span)
    if op in _ARITHMETIC:
        return _literal(_ARITHMETIC[op](left, right), expr)
    if op == "div" and right != 0:
        return _literal(Fraction(left) / right, expr)
    if op in ("floordiv", "mod") and right != 0 and isinstance(left, int) and isinstance(right, int):
        return _literal(left // right if op == "floordiv" else left % right, expr)
    return expr


def _literal(value: int | Fraction, expr: Expr) -> Expr:
    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
    return core.Literal(value, span=expr.span) if bits <= MOST_BITS else expr
