"""Code under fresh names: a sum writes the code of its terms anew wherever it needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import bound, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.passes.rewriting import bottom_up, with_expressions


class Names:
    """Gives names that no variable of a function has."""

    def __init__(self, function: core.Function) -> None:
        self._taken = {*function.parameters, *function.captured}
        for statement in statements(function.body):
            self._taken.update(bound(statement))

    def fresh(self, base: str) -> str:
        """A new name that looks like `base`."""
        stem = base.split("'", maxsplit=1)[0] or "x"
        number = 1
        name = f"{stem}'"
        while name in self._taken:
            number += 1
            name = f"{stem}'{number}"
        self._taken.add(name)
        return name


def bound_in(block: Block) -> tuple[str, ...]:
    """Every variable that a block gives a value, in order."""
    return tuple(dict.fromkeys(name for statement in statements(block) for name in bound(statement)))


def renamed(block: Block, names: Mapping[str, str]) -> Block:
    """A block with its variables under other names; sites keep theirs."""
    return tuple(_statement(statement, names) for statement in block)


def renamed_expr(expr: Expr, names: Mapping[str, str]) -> Expr:
    """An expression with its variables under other names."""

    def change(part: Expr) -> Expr:
        match part:
            case core.Variable(name) if name in names:
                return replace(part, name=names[name])
            case core.Closure(_, captured):
                return replace(part, captured=tuple(names.get(name, name) for name in captured))
            case _:
                return part

    return bottom_up(expr, change)


def _statement(statement: Stmt, names: Mapping[str, str]) -> Stmt:
    changed = with_expressions(
        statement, lambda expr: renamed_expr(expr, names), lambda block: renamed(block, names)
    )
    match changed:
        case core.For(name=name, into=into):
            return replace(changed, name=names.get(name, name), into=names.get(into, into))
        case core.Let() | core.Assign() | core.Call() | core.Draw() | core.Define() | core.Observe():
            return replace(changed, name=names.get(changed.name, changed.name))
        case _:
            return changed
