"""Rebuilding Core bottom up: what every pass shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias, assert_never

from pplc.lang import core
from pplc.lang.core import Block, Expr, Stmt

OnExpr: TypeAlias = Callable[[Expr], Expr]
OnBlock: TypeAlias = Callable[[Block], Block]


def with_parts(expr: Expr, change: OnExpr) -> Expr:
    """The expression with each direct part changed; itself if none changes."""
    match expr:
        case core.Prim(_, args):
            changed = tuple(map(change, args))
            return expr if _same(changed, args) else replace(expr, args=changed)
        case core.Cond(test, then, orelse):
            new = (change(test), change(then), change(orelse))
            return expr if _same(new, (test, then, orelse)) else core.Cond(*new, span=expr.span)
        case core.Law(_, args):
            given = tuple(None if arg is None else change(arg) for arg in args)
            return expr if _same(given, args) else replace(expr, args=given)
        case core.Literal() | core.Variable() | core.Global() | core.Closure():
            return expr
        case _:
            assert_never(expr)


def _same(new: Iterable[object], old: Iterable[object]) -> bool:
    # By identity: `Literal(1)` and `Literal(True)` are equal.
    return all(a is b for a, b in zip(new, old, strict=True))


def bottom_up(expr: Expr, change: OnExpr) -> Expr:
    """The expression with every part of it changed, innermost first."""
    return change(with_parts(expr, lambda part: bottom_up(part, change)))


def with_expressions(statement: Stmt, change: OnExpr, on_block: OnBlock) -> Stmt:
    """The statement with the expressions it evaluates, and the blocks inside it, changed."""

    def each(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
        return tuple(map(change, exprs))

    match statement:
        case core.Let(value=value) | core.Weight(value=value) | core.Return(value):
            return replace(statement, value=change(value))
        case core.Assign(_, indices, value) | core.Define(_, indices, value):
            return replace(statement, indices=each(indices), value=change(value))
        case core.Draw(_, indices, site, law):
            site = replace(site, indices=each(site.indices))
            return replace(statement, indices=each(indices), site=site, law=change(law))
        case core.Observe(_, indices, site, law, value):
            site = replace(site, indices=each(site.indices))
            return replace(statement, indices=each(indices), site=site, law=change(law), value=change(value))
        case core.Call(_, function, args, keywords):
            given = tuple((name, change(value)) for name, value in keywords)
            return replace(statement, function=change(function), args=each(args), keywords=given)
        case core.If(test, then, orelse):
            return replace(statement, test=change(test), then=on_block(then), orelse=on_block(orelse))
        case core.For(_, iterable, body, collect, keep):
            return replace(
                statement,
                iterable=change(iterable),
                body=on_block(body),
                collect=None if collect is None else change(collect),
                keep=None if keep is None else change(keep),
            )
        case core.While(head, test, body):
            return replace(statement, head=on_block(head), test=change(test), body=on_block(body))
        case core.Fail():
            return statement
        case _:
            assert_never(statement)


def in_every_function(
    program: core.Program, change: Callable[[core.Function], core.Function]
) -> core.Program:
    """The program with each function changed."""
    functions = {name: change(function) for name, function in program.functions.items()}
    return replace(program, functions=functions)


def leaves(statement: Stmt) -> bool:
    """Whether nothing after a statement in its function is reached."""
    match statement:
        case core.Return() | core.Fail():
            return True
        case core.If(_, then, orelse):
            return any(map(leaves, then)) and any(map(leaves, orelse))
        case core.While(head):
            return any(map(leaves, head))
        case _:
            return False


def reachable(block: Iterable[Stmt]) -> Block:
    """A block up to the first statement that is never passed."""
    found: list[Stmt] = []
    for statement in block:
        found.append(statement)
        if leaves(statement):
            break
    return tuple(found)
