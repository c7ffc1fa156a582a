"""What patterns ask and bind, as pure expressions of the value they are matched against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from pplc.lang import core
from pplc.lang.core import Expr
from pplc.lang.scope import Resolution
from pplc.lang.syntax import (
    Bind,
    Boolean,
    ConstructorPattern,
    LiteralPattern,
    Number,
    Pattern,
    String,
    TuplePattern,
    Wildcard,
)


def number(value: Fraction, *, is_int: bool) -> int | Fraction:
    """The constant that a written number stands for."""
    return int(value) if is_int else value


def tests(pattern: Pattern, value: Expr, names: Resolution) -> Iterator[Expr]:
    """What must hold for the pattern to fit, in an order in which each may rely on those before."""
    span = pattern.span
    match pattern:
        case Wildcard():
            pass
        case Bind(name):
            if names.of[id(pattern)].kind == "constructor":
                yield core.Prim("is_tag", (value,), (name,), span=span)
        case LiteralPattern(literal, negative):
            match literal:
                case Boolean(wanted_):
                    yield value if wanted_ else core.Prim("not", (value,), span=span)
                case Number():
                    constant = literal.value * (-1 if negative else 1)
                    wanted = core.Literal(number(constant, is_int=literal.is_int), span=span)
                    yield core.Prim("eq", (value, wanted), span=span)
                case String(text):
                    yield core.Prim("eq", (value, core.Literal(text, span=span)), span=span)
        case TuplePattern(items):
            for position, item in enumerate(items):
                yield from tests(item, core.Prim("item", (value,), (position,), span=item.span), names)
        case ConstructorPattern(name, arguments):
            yield core.Prim("is_tag", (value,), (name,), span=span)
            for position, item in enumerate(arguments):
                yield from tests(item, core.Prim("payload", (value,), (position,), span=item.span), names)


def all_of(conditions: Sequence[Expr]) -> Expr | None:
    """The conjunction, evaluated from the left; None if it is empty."""
    if not conditions:
        return None
    *before, value = conditions
    for condition in reversed(before):
        value = core.Cond(condition, value, core.Literal(False, span=value.span), span=condition.span)
    return value


def binds(pattern: Pattern, value: Expr, names: Resolution) -> Iterator[tuple[Bind, Expr]]:
    """The variables a pattern binds, each with the part of the value it gets."""
    match pattern:
        case Bind():
            if names.of[id(pattern)].kind != "constructor":
                yield pattern, value
        case TuplePattern(items):
            for position, item in enumerate(items):
                yield from binds(item, core.Prim("item", (value,), (position,), span=item.span), names)
        case ConstructorPattern(_, arguments):
            for position, item in enumerate(arguments):
                yield from binds(item, core.Prim("payload", (value,), (position,), span=item.span), names)
        case Wildcard() | LiteralPattern():
            pass
