"""What Core code reads, writes and does: the facts that passes and engines ask for."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import assert_never

from pplc.lang import core
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.graph import circular
from pplc.lang.typesys import Array, List, Option, Record, Tuple, Type, Variable, Wrong


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside an expression."""
    match expr:
        case core.Prim(_, args):
            return args
        case core.Cond(test, then, orelse):
            return (test, then, orelse)
        case core.Law(_, args):
            return tuple(arg for arg in args if arg is not None)
        case core.Literal() | core.Variable() | core.Global() | core.Closure():
            return ()
        case _:
            assert_never(expr)


def inside(expr: Expr) -> Iterator[Expr]:
    """An expression and everything in it, outer ones first."""
    yield expr
    for part in parts(expr):
        yield from inside(part)


def reads(*exprs: Expr) -> Iterator[str]:
    """The variables that expressions read or capture."""
    for expr in exprs:
        for part in inside(expr):
            if isinstance(part, core.Variable):
                yield part.name
            elif isinstance(part, core.Closure):
                yield from part.captured


def statements(block: Block) -> Iterator[Stmt]:
    """Every statement of a block, those of nested blocks included, outer ones first."""
    for statement in block:
        yield statement
        for nested in blocks(statement):
            yield from statements(nested)


def blocks(statement: Stmt) -> tuple[Block, ...]:
    """The blocks directly inside a statement."""
    match statement:
        case core.If(_, then, orelse):
            return (then, orelse)
        case core.For(body=body):
            return (body,)
        case core.While(head, _, body):
            return (head, body)
        case _:
            return ()


def expressions(statement: Stmt) -> tuple[Expr, ...]:
    """The expressions a statement evaluates itself, nested blocks aside, in order of evaluation."""
    match statement:
        case core.Let(_, value):
            return (value,)
        case core.Assign(_, indices, value) | core.Define(_, indices, value):
            return (*indices, value)
        case core.Draw(_, indices, site, law):
            return (*indices, *site.indices, law)
        case core.Observe(_, indices, site, law, value):
            return (*indices, *site.indices, law, value)
        case core.Weight(_, value) | core.Return(value):
            return (value,)
        case core.Call(_, function, args, keywords):
            return (function, *args, *(value for _, value in keywords))
        case core.If(test) | core.While(_, test):
            return (test,)
        case core.For(_, iterable, _, collect, keep):
            return (iterable, *(expr for expr in (keep, collect) if expr is not None))
        case core.Fail():
            return ()
        case _:
            assert_never(statement)


def bound(statement: Stmt) -> tuple[str, ...]:
    """The variables a statement itself gives a new value; changing an element counts."""
    match statement:
        case core.Let(name) | core.Assign(name) | core.Define(name) | core.Draw(name) | core.Call(name):
            return (name,)
        case core.Observe(name):
            return (name,) if name else ()
        case core.For(name, into=into):
            return (name, into) if into else (name,)
        case _:
            return ()


def assigned(function: core.Function) -> frozenset[str]:
    """The variables of a function whose value may change after they were bound.

    `var`s, counters, arrays that are defined or filled element by element.
    """
    found: set[str] = set()
    for statement in statements(function.body):
        filled = isinstance(statement, core.Observe) and statement.name
        if isinstance(statement, core.Assign | core.Define) or filled:
            found.update(bound(statement))
        elif isinstance(statement, core.Draw) and statement.indices:
            found.add(statement.name)
    return frozenset(found)


def callees(function: core.Function) -> frozenset[str]:
    """The functions of the program that a function mentions."""
    found: set[str] = set()
    for statement in statements(function.body):
        for expr in expressions(statement):
            for part in inside(expr):
                if isinstance(part, core.Global):
                    found.add(part.name)
                elif isinstance(part, core.Closure):
                    found.add(part.function)
                elif isinstance(part, core.Law):
                    found.add(part.family)
    return frozenset(found)


def recursive(functions: Mapping[str, core.Function]) -> frozenset[str]:
    """The functions that can reach a mention of themselves."""
    return circular({name: callees(function) for name, function in functions.items()})


def reachable(program: core.Program) -> tuple[core.Function, ...]:
    """The functions that the entry model can reach, itself first."""
    found: dict[str, core.Function] = {}
    todo = [program.entry]
    while todo:
        name = todo.pop()
        if name in program.densities:
            name = program.densities[name].function
        if name in program.functions and name not in found:
            found[name] = program.functions[name]
            todo.extend(sorted(callees(found[name])))
    return tuple(found.values())


REMEMBERING = frozenset(("mem", "DirichletProcess"))
"""Operations whose models remember what was drawn from them, so that runs differ by what came before."""

CANNOT_FAIL = frozenset(
    (
        *("tuple", "list", "record", "construct", "values", "growing", "missing", "is_missing", "eq", "ne"),
        *("is_tag", "item", "field", "payload", "extent", "len", "not", "pi", "infinity"),
    )
)
"""Operations that give a value for all values of their types, where they stand.

`payload` stands only where the tag is known. An array not yet defined to its end is no such value.
"""


def cannot_fail(expr: Expr, unfinished: Container[str] = ()) -> bool:
    """Whether evaluating an expression certainly gives no error.

    unfinished: arrays of which elements may still be undefined; they can be named, but not used.
    """
    if isinstance(expr, core.Variable):
        return True
    return all(
        isinstance(part, core.Literal | core.Global | core.Closure | core.Cond)
        or (isinstance(part, core.Variable) and part.name not in unfinished)
        or (isinstance(part, core.Prim) and part.op in CANNOT_FAIL)
        for part in inside(expr)
    )


def may_be_missing(kind: Type) -> bool:
    """Whether data of a type may have missing entries."""
    match kind:
        case Option() | Variable() | Wrong():
            return True
        case Array(element, _) | List(element):
            return may_be_missing(element)
        case Tuple(items):
            return any(map(may_be_missing, items))
        case Record(fields):
            return any(may_be_missing(item) for _, item in fields)
        case _:
            return False
