"""Statements, blocks and the bodies of functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from pplc.lang import syntax as s
from pplc.lang.check_annotations import type_of
from pplc.lang.check_arms import bind_pattern, match_of
from pplc.lang.check_arrays import grown
from pplc.lang.check_combinators import law_is_atomless
from pplc.lang.check_constants import constant, is_atomless, is_latent, size_value
from pplc.lang.check_domains import require
from pplc.lang.check_draws import drawn, observe, text_of
from pplc.lang.check_shapes import index, plain
from pplc.lang.check_state import Checker, Entry, Frame
from pplc.lang.diagnostics import Note, Span
from pplc.lang.names_sites import leaves
from pplc.lang.scope import Binding
from pplc.lang.typesys import (
    BOOL,
    INT,
    REAL,
    UNIT,
    UNKNOWN_SIZE,
    WRONG,
    Array,
    Dist,
    Extent,
    Int,
    List,
    Matrix,
    Model,
    Option,
    Real,
    Size,
    Type,
    Unit,
    Variable,
    Vector,
    Wrong,
    dense,
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
    gone = False
    for statement in block.statements:
        if gone and not warned:
            _warn_unreachable(c, statement.span)
            warned = True
        _statement(c, statement)
        gone = gone or leaves((statement,), None)
    if gone and not warned and block.value is not None:
        _warn_unreachable(c, block.value.span)


def _warn_unreachable(c: Checker, span: Span) -> None:
    c.warn("W0202", "this is never reached", span, "after a `return`")


def _statement(c: Checker, statement: s.Stmt) -> None:
    match statement:
        case s.Let():
            let(c, statement)
        case s.VarDecl():
            _var(c, statement)
        case s.Assign():
            _assign(c, statement)
        case s.Define(target, value, clauses) | s.Draw(target, value, clauses):
            with_clauses = in_clauses(c, clauses)
            _define(c, statement, target, value)
            _leave_clauses(c, with_clauses)
        case s.Observe(_, _, clauses):
            with_clauses = in_clauses(c, clauses)
            observe(c, statement)
            _leave_clauses(c, with_clauses)
        case s.ExprStmt(expr, clauses):
            with_clauses = in_clauses(c, clauses)
            action(c, expr)
            _leave_clauses(c, with_clauses)
        case s.For(clauses, body):
            with_clauses = in_clauses(c, clauses)
            action_block(c, body)
            _leave_clauses(c, with_clauses)
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


# ------------------------------------------------------------------ loops


def in_clauses(c: Checker, clauses: tuple[s.Clause, ...]) -> tuple[list[Extent | None], set[str]]:
    """Make the names of `for` clauses known. The length of each iterable (None for a list), and the names."""
    sizes: list[Extent | None] = []
    bound: set[str] = set()
    for clause in clauses:
        kind = c.unify.head(c.infer(clause.iterable, None))
        element: Type = WRONG
        size: Extent | None = None
        opened = kind.element if isinstance(kind, Option) else kind
        match c.unify.head(opened):
            case Array(_, (first, *_)):
                element, size = c.unify.element(opened), first
            case Vector(_, first) | Matrix(_, first):
                element, size = c.unify.element(opened), first
            case List(inner):
                element = inner
            case Wrong():
                pass
            case Variable() as unknown:
                element = c.unify.fresh()
                c.unify.fits(unknown, List(element))
            case other:
                help_ = f"`0..{text_of(clause.iterable)}` counts up to it" if isinstance(other, Int) else ""
                c.report(
                    "E0215",
                    f"a `for` goes over a range, an array or a list, but this is `{c.show(other)}`",
                    clause.iterable.span,
                    f"this is `{c.show(other)}`",
                    help_,
                )
        bind_pattern(c, clause.pattern, Entry(element, latent=is_latent(c, clause.iterable)))
        bound |= {b.unique for node in within(clause.pattern) if (b := c.names.of.get(id(node))) is not None}
        sizes.append(size)
        c.frame.loops += 1
    c.frame.locals |= bound
    return sizes, bound


def _leave_clauses(c: Checker, clauses: tuple[list[Extent | None], set[str]]) -> None:
    c.frame.loops -= len(clauses[0])


def leave_comprehension(c: Checker, node: s.Comprehension) -> None:
    """The loops of a comprehension are over."""
    c.frame.loops -= len(node.clauses)


# ------------------------------------------------------------------ definitions


def _size_of_variable(c: Checker, kind: Type, value: s.Expr | None, unique: str) -> Extent | None:
    """The size that an integer that never changes stands for: a known one, or itself."""
    if not isinstance(c.unify.head(kind), Int):
        return None
    if value is not None:
        known = size_value(c, value)
        if isinstance(known, Size):
            return known
    c.frame.locals.add(unique)
    return Size(unique, 0, declared=False)


def let(c: Checker, node: s.Let) -> None:
    """`let p = e`."""
    kind = _annotated(c, node.type, node.value)
    pattern = node.pattern
    known = c.names.of.get(id(pattern))
    unique = known.unique if known is not None else ""
    entry = Entry(
        kind,
        _size_of_variable(c, kind, node.value, unique) if isinstance(pattern, s.Bind) else None,
        is_latent(c, node.value),
        is_atomless(c, node.value),
        constant(c, node.value) if isinstance(pattern, s.Bind) else None,
    )
    bind_pattern(c, pattern, entry)
    if isinstance(pattern, s.LiteralPattern | s.ConstructorPattern) or (
        known and known.kind == "constructor"
    ):
        c.report(
            "E0227",
            "a `let` needs a pattern that every value fits",
            pattern.span,
            "some values may not fit",
            "use `match`",
        )


def _annotated(c: Checker, written: s.TypeExpr | None, value: s.Expr) -> Type:
    if written is None:
        return c.infer(value, None)
    wanted = type_of(c, written)
    found = c.infer(value, wanted)
    require(c, value, found, wanted, "the value")
    return wanted


def _var(c: Checker, node: s.VarDecl) -> None:
    kind = _annotated(c, node.type, node.value)
    if node.type is None:
        kind = _loosened(c.unify.head(kind))
    c.enter(node, Entry(kind, latent=is_latent(c, node.value)))


def _loosened(kind: Type) -> Type:
    """The type of a `var` that starts with a value: what comes later need not be positive, or sum to 1."""
    match dense(kind):
        case Real():
            return REAL
        case Array(Real(), sizes):
            return Array(REAL, sizes)
        case other:
            return other


def _assign(c: Checker, node: s.Assign) -> None:
    binding = c.binding(node.target)
    entry = c.entries.get(binding.unique) if binding is not None else None
    if binding is None or entry is None:
        c.infer(node.value, None)
        return
    wanted = entry.type
    if node.target.indices:
        wanted = index(c, node.target, entry.type, node.target.indices, node.target.name)
    c.types[id(node.target)] = entry.type
    found = c.infer(node.value, wanted)
    help_ = ""
    if isinstance(c.unify.head(wanted), Int) and isinstance(plain(c, found), Real):
        help_ = f"declare it as a real number: `var {node.target.name}: real = …`"
    elif isinstance(c.unify.head(wanted), Array | Vector) and isinstance(c.unify.head(found), List | Array):
        element = c.unify.element(wanted)
        if not node.target.indices:
            declared = f"var {node.target.name}: [{c.show(element)}] = …"
            help_ = f"if its length changes, declare it as a list: `{declared}`"
    c.require(found, wanted, node.value.span, f"what `{node.target.name}` is assigned", help_=help_)
    latent = entry.latent or is_latent(c, node.value)
    c.entries[binding.unique] = replace(entry, latent=latent)


def _define(c: Checker, node: s.Draw | s.Define, target: s.Target, value: s.Expr) -> None:
    """`x ~ e`, `z[t] ~ e`, `a[t] := e`."""
    if isinstance(node, s.Draw):
        law = c.infer(value, None)
        kind = drawn(c, node, value, law)
        latent, atomless = True, law_is_atomless(c, value)
    else:
        kind = c.infer(value, None)
        latent, atomless = is_latent(c, value), is_atomless(c, value)
    binding = c.binding(target)
    if binding is None:
        return
    if not target.indices:
        size = _size_of_variable(c, kind, None, binding.unique)
        c.enter(target, Entry(kind, size, latent, atomless))
        c.frame.depth_of[binding.unique] = c.frame.loops
        return
    for position in target.indices:
        c.check(position, INT, "an index of a defined element")
    known = grown(c, binding)
    c.types[id(target)] = known.type
    _check_element(c, node, target, known, kind)
    first = binding.unique not in c.frame.depth_of
    c.frame.depth_of[binding.unique] = 0
    atomless = atomless if first else known.atomless and atomless
    c.entries[binding.unique] = replace(known, latent=known.latent or latent, atomless=atomless)


def _check_element(c: Checker, node: s.Node, target: s.Target, known: Entry, kind: Type) -> None:
    """An element must be of the type that the elements before have."""
    if isinstance(kind, Wrong) or not isinstance(known.type, Array):
        return
    local = dict.fromkeys(c.frame.locals, UNKNOWN_SIZE)
    found = substitute_sizes(c.unify.full(kind), local)
    clash = c.unify.fits(found, known.type.element)
    if clash is not None:
        c.mismatch(
            clash, found, c.unify.head(known.type.element), node.span, f"an element of `{target.name}`"
        )


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
