"""One name, one random variable: finds names that two draws of the same run would share.

Draws in different arms of an `if` or `match` may share a name, and so may a draw in an arm that
returns and one after it; any other two would have the same address.
"""

from __future__ import annotations

from collections.abc import Sequence

from pplc.lang.diagnostics import Diagnostic, Note, Span
from pplc.lang.syntax import (
    Bind,
    Block,
    Boolean,
    Define,
    Draw,
    Expr,
    ExprStmt,
    Function,
    IfExpr,
    Lambda,
    Let,
    Match,
    Node,
    Return,
    Stmt,
    While,
)
from pplc.lang.walk import children, within


def repeated_sites(function: Function | Lambda) -> list[Diagnostic]:
    """A diagnostic for every draw whose name an earlier draw or reported `let` of the run has."""
    arrays = {
        node.target.name
        for node in within(function.body)
        if isinstance(node, Draw | Define) and node.target.indices
    }
    sites = _Sites()
    sites.block(function.body)
    for stmt in function.body.statements:
        if isinstance(stmt, Let) and isinstance(stmt.pattern, Bind):
            name, span = stmt.pattern.name, stmt.pattern.span
            # Clashes of whole names with arrays are found by the scopes.
            if name in sites.seen and name not in arrays:
                sites.errors.append(_repeated(name, sites.seen[name], span))
    return sites.errors


def leaves(stmts: Sequence[Stmt], value: Expr | None) -> bool:
    """Whether a block never reaches its end, because it returns on every path, or goes on for ever."""
    return any(_statement_leaves(stmt) for stmt in stmts) or (value is not None and _expr_leaves(value))


def _statement_leaves(stmt: Stmt) -> bool:
    match stmt:
        case Return() | While(Boolean(True)):  # nothing but `return` leaves a loop
            return True
        case ExprStmt(expr, ()):
            return _expr_leaves(expr)
        case _:
            return False


def _expr_leaves(expr: Expr) -> bool:
    match expr:
        case IfExpr(_, then, Block() as orelse):
            return leaves(then.statements, then.value) and leaves(orelse.statements, orelse.value)
        case Match(_, arms):
            return bool(arms) and all(leaves(arm.body.statements, arm.body.value) for arm in arms)
        case _:
            return False


class _Sites:
    """The names drawn on the way to a place, with what to forget when the way is another."""

    def __init__(self) -> None:
        self.seen: dict[str, Span] = {}
        self.order: list[str] = []
        self.errors: list[Diagnostic] = []

    def block(self, block: Block) -> None:
        for stmt in block.statements:
            self.node(stmt)
        if block.value is not None:
            self.node(block.value)

    def node(self, node: Node) -> None:
        match node:
            case Lambda():
                pass
            case IfExpr(condition, then, orelse):
                self.node(condition)
                self._arms((then,) if orelse is None else (then, orelse))
            case Match(subject, arms):
                self.node(subject)
                self._arms(tuple(arm.body for arm in arms))
            case Block():
                self.block(node)
            case _:
                for child in children(node):
                    self.node(child)
                if isinstance(node, Draw) and not node.target.indices:
                    self._draw(node.target.name, node.target.span)

    def _draw(self, name: str, span: Span) -> None:
        if name in self.seen:
            self.errors.append(_repeated(name, span, self.seen[name]))
        else:
            self.seen[name] = span
            self.order.append(name)

    def _arms(self, arms: tuple[Block, ...]) -> None:
        """Each arm starts from what was before; after them is what any drew that does not return."""
        start = len(self.order)
        after: dict[str, Span] = {}
        for arm in arms:
            self.block(arm)
            drawn = {name: self.seen.pop(name) for name in self.order[start:]}
            del self.order[start:]
            if not leaves(arm.statements, arm.value):
                after |= drawn
        self.seen |= after
        self.order += after


def _repeated(name: str, span: Span, first: Span) -> Diagnostic:
    return Diagnostic(
        "E0202",
        f"`{name}` is defined twice: both would be the variable `{name}` of the same run",
        span,
        "defined again",
        "give the second one another name",
        (Note(first, "first defined here"),),
    )
