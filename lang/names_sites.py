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
)
from pplc.lang.walk import children, within

Named = dict[str, Span]


def repeated_sites(function: Function | Lambda) -> list[Diagnostic]:
    """A diagnostic for every draw whose name an earlier draw or reported `let` of the run has."""
    errors: list[Diagnostic] = []
    declared: Named = {}
    for stmt in function.body.statements:
        if isinstance(stmt, Let) and isinstance(stmt.pattern, Bind):
            declared[stmt.pattern.name] = stmt.pattern.span
    arrays = {
        node.target.name: node.target.span
        for node in within(function.body)
        if isinstance(node, Draw | Define) and node.target.indices
    }
    # A clash with these in the same scope is found by the scopes; here it is blocks further in.
    seen = _block(function.body, dict(arrays), errors)
    for name, span in seen.items():
        if name in declared and name not in arrays and declared[name] != span:
            errors.append(_repeated(name, span, declared[name]))
    return errors


def leaves(stmts: Sequence[Stmt], value: Expr | None) -> bool:
    """Whether a block never reaches its end, because it returns on every path."""
    return any(_statement_leaves(stmt) for stmt in stmts) or (value is not None and _expr_leaves(value))


def _statement_leaves(stmt: Stmt) -> bool:
    match stmt:
        case Return():
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


def _block(block: Block, before: Named, errors: list[Diagnostic]) -> Named:
    """The names drawn before or in the block; those of arms that return do not go on."""
    seen = dict(before)
    for stmt in (*block.statements, *((block.value,) if block.value is not None else ())):
        seen = _node(stmt, seen, errors)
    return seen


def _node(node: Node, before: Named, errors: list[Diagnostic]) -> Named:
    match node:
        case Lambda():
            return before
        case IfExpr(condition, then, orelse):
            before = _node(condition, before, errors)
            arms = (then,) if orelse is None else (then, orelse)
            return _arms(arms, before, errors)
        case Match(subject, arms):
            before = _node(subject, before, errors)
            return _arms(tuple(arm.body for arm in arms), before, errors)
        case Block():
            return _block(node, before, errors)
        case _:
            for child in children(node):
                before = _node(child, before, errors)
            if isinstance(node, Draw) and not node.target.indices:
                name, span = node.target.name, node.target.span
                if name in before:
                    errors.append(_repeated(name, span, before[name]))
                before = {**before, name: span}
            return before


def _arms(arms: tuple[Block, ...], before: Named, errors: list[Diagnostic]) -> Named:
    after = dict(before)
    for arm in arms:
        seen = _block(arm, before, errors)
        if not leaves(arm.statements, arm.value):
            after |= {name: span for name, span in seen.items() if name not in before}
    return after


def _repeated(name: str, span: Span, first: Span) -> Diagnostic:
    return Diagnostic(
        "E0202",
        f"`{name}` is defined twice: both would be the variable `{name}` of the same run",
        span,
        "defined again",
        "give the second one another name",
        (Note(first, "first defined here"),),
    )
