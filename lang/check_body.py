"""Statements, blocks and the bodies of functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from pplc.lang import syntax as s
from pplc.lang.check_arms import match_of
from pplc.lang.check_definitions import (
    assign,
    define,
    in_clauses,
    leave_clauses,
    let,
    var,
)
from pplc.lang.check_domains import require
from pplc.lang.check_draws import observe
from pplc.lang.check_state import Checker, Frame
from pplc.lang.diagnostics import Note, Span
from pplc.lang.names_sites import leaves
from pplc.lang.scope import Binding
from pplc.lang.typesys import (
    BOOL,
    UNIT,
    UNKNOWN_SIZE,
    WRONG,
    Dist,
    Model,
    Type,
    Unit,
    Variable,
    Wrong,
    substitute_sizes,
)
from pplc.lang.walk import within


def function_body(c: Checker, frame: Frame, body: s.Block, node: s.Node, arrays: Sequence[Binding]) -> Type:
    """Check the body of a function; what it returns, as declared or as inferred."""
    for binding in arrays:
        c.growing[binding.unique] = body
    c.frames.append(frame)
    end = _tail(c, body)
    result = _result(c, frame, body, node, end)
    if frame.kind == "fn":
        _warn_unused(c, body)
    c.frames.pop()
    if isinstance(result, Wrong):
        return WRONG
    return substitute_sizes(c.unify.full(result), dict.fromkeys(frame.locals, UNKNOWN_SIZE))


def _tail(c: Checker, body: s.Block) -> Type | None:
    """What the end of a body gives: None if it is never reached, unit if nothing stands there."""
    statements(c, body)
    value = body.value
    if value is None or (isinstance(value, s.IfExpr) and value.orelse is None):
        if value is not None:
            action(c, value)
        return None if leaves(body.statements, value) else UNIT
    wanted = c.frame.result
    kind = c.infer(value, wanted)
    return None if leaves(body.statements, value) else kind


def _result(c: Checker, frame: Frame, body: s.Block, node: s.Node, end: Type | None) -> Type:
    value = body.value
    nothing = end is not None and isinstance(c.unify.head(end), Unit)
    if frame.result is not None:
        if (
            end is not None
            and nothing
            and not isinstance(c.unify.head(frame.result), Unit | Variable | Wrong)
        ):
            _missing_return(c, frame, body, node, frame.result)
        elif end is not None:
            if value is not None:
                require(c, value, end, frame.result, "what is returned")
        return frame.result
    result: Type | None = None
    for kind, span in [*frame.returns, *([(end, body.span)] if end is not None and not nothing else [])]:
        joined = kind if result is None else c.unify.join(result, kind)
        if joined is None:
            assert result is not None
            return c.report(
                "E0210",
                f"what is returned has different types: `{c.show(result)}` and `{c.show(kind)}`",
                value.span if span == body.span and value is not None else span,
                f"this is `{c.show(kind)}`",
                notes=(Note(frame.returns[0][1], f"this is `{c.show(frame.returns[0][0])}`"),),
            )
        result = joined
    if nothing and result is not None and not isinstance(c.unify.head(result), Unit | Wrong):
        _missing_return(c, frame, body, node, result)
    return UNIT if result is None else result


def _missing_return(c: Checker, frame: Frame, body: s.Block, node: s.Node, wanted: Type) -> None:
    span = body.span
    end = Span(span.file, span.end_line, max(1, span.end_column - 1), span.end_line, span.end_column)
    what = f"`{frame.name}`" if frame.name else f"this `{frame.kind}`"
    c.report(
        "E0226",
        f"{what} returns `{c.show(wanted)}`, but its end can be reached without a `return`",
        end if span.line else node.span,
        "nothing is returned here",
        "add a `return`, or an `else` to the last `if`",
    )


def _warn_unused(c: Checker, body: s.Block) -> None:
    for node in within(body):
        if isinstance(node, s.Let):
            for bind in within(node.pattern):
                binding = c.names.of.get(id(bind))
                if isinstance(bind, s.Bind) and binding is not None and binding.kind == "local":
                    if binding.unique not in c.used and not bind.name.startswith("_"):
                        c.warn(
                            "W0203",
                            f"`{bind.name}` is never used",
                            bind.span,
                            "unused",
                            "leave it out, or name it `_`",
                        )


# ------------------------------------------------------------------ blocks


def value_block(c: Checker, block: s.Block) -> Type | None:
    """A block whose value is used; None if it returns instead."""
    statements(c, block)
    if block.value is None:
        return None if leaves(block.statements, None) else UNIT
    kind = c.infer(block.value, None)
    return None if leaves(block.statements, block.value) else kind


def action_block(c: Checker, block: s.Block) -> Type | None:
    """A block that stands for what it does."""
    statements(c, block)
    if block.value is not None:
        action(c, block.value)
    return UNIT


def statements(c: Checker, block: s.Block) -> None:
    """The statements of a block; warns of those that are never reached."""
    warned = False
    gone: s.Stmt | None = None
    for statement in block.statements:
        if gone is not None and not warned:
            _warn_unreachable(c, statement.span, gone)
            warned = True
        _statement(c, statement)
        if gone is None and leaves((statement,), None):
            gone = statement
    if gone is not None and not warned and block.value is not None:
        _warn_unreachable(c, block.value.span, gone)


def _warn_unreachable(c: Checker, span: Span, gone: s.Stmt) -> None:
    after = "a loop without end" if isinstance(gone, s.While) else "a `return`"
    c.warn("W0202", "this is never reached", span, f"after {after}")


def _statement(c: Checker, statement: s.Stmt) -> None:
    match statement:
        case s.Let():
            let(c, statement)
        case s.VarDecl():
            var(c, statement)
        case s.Assign():
            assign(c, statement)
        case s.Define(target, value, clauses) | s.Draw(target, value, clauses):
            with_clauses = in_clauses(c, clauses)
            define(c, statement, target, value)
            leave_clauses(c, with_clauses)
        case s.Observe(_, _, clauses):
            with_clauses = in_clauses(c, clauses)
            observe(c, statement)
            leave_clauses(c, with_clauses)
        case s.ExprStmt(expr, clauses):
            with_clauses = in_clauses(c, clauses)
            action(c, expr)
            leave_clauses(c, with_clauses)
        case s.For(clauses, body):
            with_clauses = in_clauses(c, clauses)
            action_block(c, body)
            leave_clauses(c, with_clauses)
        case s.While(condition, body):
            c.check(condition, BOOL, "the condition of `while`")
            c.frame.loops += 1
            action_block(c, body)
            c.frame.loops -= 1
        case s.Return(value):
            _return(c, statement, value)
        case _:
            assert_never(statement)


def action(c: Checker, expr: s.Expr) -> None:
    """An expression for what it does. One that does nothing is probably a mistake."""
    match expr:
        case s.IfExpr(condition, then, orelse):
            c.check(condition, BOOL, "the condition")
            action_block(c, then)
            if orelse is not None:
                action_block(c, orelse)
            c.types[id(expr)] = UNIT
        case s.Match():
            c.types[id(expr)] = match_of(c, expr, lambda block: action_block(c, block)) or UNIT
        case _:
            kind = c.unify.head(c.infer(expr, None))
            if isinstance(kind, Model | Dist):
                c.warn(
                    "W0204",
                    f"nothing is drawn here: this is `{c.show(kind)}`, and it is not used",
                    expr.span,
                    "not used",
                    "to draw from it write `x ~ …`",
                )
            elif not isinstance(kind, Unit | Wrong | Variable) and not _draws(expr):
                c.warn("W0204", "this value is not used", expr.span, f"this is `{c.show(kind)}`")


def _draws(expr: s.Expr) -> bool:
    return any(isinstance(node, s.Sample | s.Call) for node in within(expr))


def _return(c: Checker, node: s.Return, value: s.Expr | None) -> None:
    wanted = c.frame.result
    kind = UNIT if value is None else c.infer(value, wanted)
    span = node.span if value is None else value.span
    if wanted is None:
        c.frame.returns.append((kind, span))
        return
    help_ = ""
    if value is None and not isinstance(c.unify.head(wanted), Unit):
        help_ = "`return` alone returns `()`"
    elif isinstance(c.unify.head(kind), Model) and not isinstance(c.unify.head(wanted), Model):
        help_ = "the arrow names what a draw gives; draw with `~` first"
    if value is None:
        c.require(kind, wanted, span, "what is returned", help_=help_)
    else:
        require(c, value, kind, wanted, "what is returned", help_=help_)
