"""Dropping what nobody reads. What may fail stays: an error is part of what a program means."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import assigned, callees, cannot_fail, expressions, reads, statements
from pplc.lang.core import Block, Stmt
from pplc.lang.passes.rewriting import in_every_function, with_expressions


def drop_dead_code(program: core.Program) -> core.Program:
    """Drop unread `let`s, `if`s that do nothing, anonymous functions that nobody mentions."""
    return _without_unmentioned(in_every_function(program, _drop))


def _drop(function: core.Function) -> core.Function:
    unfinished = set(assigned(function))
    for statement in statements(function.body):
        # An array being defined reaches another variable only through a `let` of its name.
        if isinstance(statement, core.Let) and unfinished.intersection(reads(statement.value)):
            unfinished.add(statement.name)
    while True:
        smaller = replace(function, body=_without_unread(function.body, _read(function), unfinished))
        if _size(smaller.body) == _size(function.body):
            return function
        function = smaller


def _read(function: core.Function) -> frozenset[str]:
    """The variables that some expression reads, or that are changed in place."""
    found: set[str] = set()
    for statement in statements(function.body):
        found.update(reads(*expressions(statement)))
        if isinstance(statement, core.Assign | core.Define | core.Observe) or (
            isinstance(statement, core.Draw) and statement.indices
        ):
            found.add(statement.name)
    return frozenset(found)


def _without_unread(block: Block, read: frozenset[str], unfinished: Container[str]) -> Block:
    return tuple(_kept(block, read, unfinished))


def _kept(block: Block, read: frozenset[str], unfinished: Container[str]) -> Iterator[Stmt]:
    for statement in block:
        smaller = with_expressions(
            statement, lambda expr: expr, lambda inner: _without_unread(inner, read, unfinished)
        )
        match smaller:
            case core.Let(name, value, "") if name not in read and cannot_fail(value, unfinished):
                pass
            case core.If(test, (), ()) if cannot_fail(test, unfinished):
                pass
            case _:
                yield smaller


def _size(block: Block) -> int:
    return sum(1 for _ in statements(block))


def _without_unmentioned(program: core.Program) -> core.Program:
    """Anonymous functions that are mentioned nowhere are dropped; named ones stay for queries."""
    functions = dict(program.functions)
    while True:
        mentioned = {name for function in functions.values() for name in callees(function)}
        unused = [name for name in functions if ("@" in name or "#" in name) and name not in mentioned]
        if not unused:
            return replace(program, functions=functions)
        for name in unused:
            del functions[name]
