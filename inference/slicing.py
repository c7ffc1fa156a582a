"""The part of a program that decides some of its variables: what is only reported is cut away.

Endless programs count rounds for addresses, durations and the like, so that no state comes back.
Without what nobody asked for, the states of a random walk between two walls are its positions, and
its law is the solution of a linear system (`pplc.inference.solving`).
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import CANNOT_FAIL, REMEMBERING, bound, expressions, inside, reads, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.passes.rewriting import in_every_function, with_expressions

SAFE = CANNOT_FAIL | {"add", "sub", "mul", "neg", "lt", "le", "gt", "ge", "min", "max", "abs"}
"""Operations that give no error for arguments of their types."""


def without_reports(program: core.Program, kept: Container[str]) -> core.Program:
    """The program whose sites and `let`s outside `kept` (user names) are neither reported nor addressed.

    Runs correspond one to one, with the same values, weights and kept reports. Statements that could
    stop a run with an error stay.
    """
    return in_every_function(program, lambda function: _slice(function, kept))


def without_value(program: core.Program) -> core.Program:
    """The program whose entry returns nothing of interest; weights and errors stay as they are."""

    def nothing(block: Block) -> Block:
        return tuple(
            replace(statement, value=core.Literal(0, span=statement.value.span))
            if isinstance(statement, core.Return) and _is_safe(statement.value)
            else with_expressions(statement, lambda expr: expr, nothing)
            for statement in block
        )

    entry = replace(program.model, body=nothing(program.model.body))
    return replace(program, functions={**program.functions, program.entry: entry})


def memoises(program: core.Program) -> bool:
    """Whether runs remember draws by address: those of memoised functions and of Dirichlet processes."""
    return any(
        isinstance(part, core.Prim) and part.op in REMEMBERING
        for function in program.functions.values()
        for statement in statements(function.body)
        for expression in expressions(statement)
        for part in inside(expression)
    )


def _slice(function: core.Function, kept: Container[str]) -> core.Function:
    body = _unreported(function.body, kept)
    needed = _needed(body)
    return replace(function, body=tuple(_without(body, needed)))


def _unreported(block: Block, kept: Container[str]) -> Block:
    def nested(inner: Block) -> Block:
        return _unreported(inner, kept)

    found: list[Stmt] = []
    for statement in block:
        match statement:
            case core.Let(recorded=name) | core.Define(recorded=name) if name and name not in kept:
                found.append(replace(statement, recorded=""))
            case core.Draw(site=site) | core.Observe(site=site) if site.name not in kept:
                found.append(replace(statement, site=replace(site, indices=())))
            case _:
                found.append(with_expressions(statement, lambda expr: expr, nested))
    return tuple(found)


def _droppable(statement: Stmt) -> bool:
    """Whether a statement does nothing but give a variable a value, and cannot fail."""
    match statement:
        case core.Let(_, value, "") | core.Assign(_, (), value):
            return _is_safe(value)
        case _:
            return False


def _is_safe(expr: Expr) -> bool:
    return all(
        not isinstance(part, core.Prim | core.Law) or (isinstance(part, core.Prim) and part.op in SAFE)
        for part in inside(expr)
    )


def _needed(body: Block) -> frozenset[str]:
    """The variables that decide what a run does: those that statements which stay read, directly or not."""
    from_names: dict[str, set[str]] = {}
    needed: set[str] = set()
    for statement in statements(body):
        read = set(reads(*expressions(statement)))
        if _droppable(statement):
            from_names.setdefault(bound(statement)[0], set()).update(read)
            continue
        needed |= read
        if not isinstance(statement, core.Draw) or statement.indices:
            needed.update(bound(statement))  # an array changed in one place must be there
    todo = list(needed)
    while todo:
        for name in from_names.get(todo.pop(), ()):
            if name not in needed:
                needed.add(name)
                todo.append(name)
    return frozenset(needed)


def _without(block: Block, needed: frozenset[str]) -> Iterator[Stmt]:
    for statement in block:
        if _droppable(statement) and bound(statement)[0] not in needed:
            continue
        yield with_expressions(statement, lambda expr: expr, lambda inner: tuple(_without(inner, needed)))
