"""What a program's weights and draws depend on; the rest says only what is reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import expressions, reads, statements
from pplc.lang.core import Block, Stmt
from pplc.lang.passes.rewriting import with_expressions

_EFFECTS = (core.Draw, core.Observe, core.Weight, core.Return, core.Fail, core.While)


def relevant(body: Block) -> Block:
    """A model's body without what no draw and no weight depends on, and without its value."""
    *before, last = body
    if not isinstance(last, core.Return):
        return body
    block = (*before, replace(last, value=core.Literal(())))
    needed: set[str] = set()
    while True:
        more = needed | _read(block, needed)
        if more == needed:
            return tuple(_kept(block, needed))
        needed = more


def _read(block: Block, needed: set[str]) -> set[str]:
    """What the statements read that are needed."""
    found: set[str] = set()
    for statement in block:
        if not _stays(statement, needed):
            continue
        found.update(reads(*expressions(statement)))
        if isinstance(statement, core.Draw | core.Assign | core.Define | core.Observe):
            found.add(statement.name)
        match statement:
            case core.If(_, then, orelse):
                found |= _read(then, needed) | _read(orelse, needed)
            case core.For(body=body):
                found |= _read(body, needed)
            case core.While(head, _, body):
                found |= _read(head, needed) | _read(body, needed)
            case _:
                pass
    return found


def _stays(statement: Stmt, needed: set[str]) -> bool:
    match statement:
        case core.Call(name, function):
            # What is called through a variable may be memoised, and then it draws.
            return name in needed or not isinstance(function, core.Global | core.Closure)
        case core.Let(name) | core.Assign(name) | core.Define(name):
            return name in needed
        case core.If() | core.For():
            into = statement.into if isinstance(statement, core.For) else ""
            return into in needed or any(
                isinstance(inner, _EFFECTS) or (inner is not statement and _stays(inner, needed))
                for inner in statements((statement,))
            )
        case _:
            return True


def _kept(block: Block, needed: set[str]) -> Iterator[Stmt]:
    for statement in block:
        if _stays(statement, needed):
            smaller = with_expressions(
                statement, lambda expr: expr, lambda inner: tuple(_kept(inner, needed))
            )
            if isinstance(smaller, core.For) and smaller.into and smaller.into not in needed:
                smaller = replace(smaller, collect=None, keep=None, into="")
            yield smaller
