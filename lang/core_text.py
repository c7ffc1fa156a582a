"""Core as text, for `pplc ir --stage core` and for whoever debugs a pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from pplc.lang import core
from pplc.lang.core import Block, Expr, Stmt

_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "mod": "%", "pow": "^",
    "matmul": "@", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "range": "..",
}  # fmt: skip


def show(program: core.Program) -> str:
    """The whole program, one function after the other, the entry marked."""
    parts = ["\n".join(_function(function, program)) for function in program.functions.values()]
    return "\n\n".join(parts) + "\n"


def show_expr(expr: Expr) -> str:
    """One expression, every operation in brackets."""
    match expr:
        case core.Literal(value):
            if isinstance(value, bool):
                return "true" if value else "false"
            return f'"{value}"' if isinstance(value, str) else str(value)
        case core.Variable(name) | core.Global(name):
            return name
        case core.Prim(op, (left, right), ()) if op in _INFIX:
            return f"({show_expr(left)} {_INFIX[op]} {show_expr(right)})"
        case core.Prim("index", (base, *indices), _):
            return f"{show_expr(base)}[{', '.join(map(show_expr, indices))}]"
        case core.Prim(op, args, static):
            fixed = f"<{', '.join(map(str, static))}>" if static else ""
            return f"{op}{fixed}({', '.join(map(show_expr, args))})"
        case core.Cond(test, then, orelse):
            return f"(if {show_expr(test)} then {show_expr(then)} else {show_expr(orelse)})"
        case core.Law(family, args, parametrisation):
            form = f"'{parametrisation}" if parametrisation else ""
            given = ", ".join("_" if arg is None else show_expr(arg) for arg in args)
            return f"{family}{form}({given})"
        case core.Closure(function, captured):
            return f"{function}{{{', '.join(captured)}}}"
        case _:
            assert_never(expr)


def _function(function: core.Function, program: core.Program) -> Iterator[str]:
    entry = "entry " if function.name == program.entry else ""
    captured = f" with {', '.join(function.captured)}" if function.captured else ""
    yield f"{entry}{function.kind} {function.name}({', '.join(function.parameters)}){captured}"
    yield from _block(function.body, 1)


def _block(block: Block, depth: int) -> Iterator[str]:
    for statement in block:
        yield from _statement(statement, depth)


def _place(name: str, indices: tuple[Expr, ...]) -> str:
    return f"{name}[{', '.join(map(show_expr, indices))}]" if indices else name


def _statement(statement: Stmt, depth: int) -> Iterator[str]:
    pad = "  " * depth
    match statement:
        case core.Let(name, value, recorded):
            yield f"{pad}let {name} = {show_expr(value)}" + (f"  # {recorded}" if recorded else "")
        case core.Assign(name, indices, value):
            yield f"{pad}{_place(name, indices)} = {show_expr(value)}"
        case core.Define(name, indices, value, recorded):
            shown = f"  # {recorded}" if recorded else ""
            yield f"{pad}{_place(name, indices)} := {show_expr(value)}{shown}"
        case core.Draw(name, indices, site, law):
            yield f"{pad}{_place(name, indices)} ~ {show_expr(law)}  @ {_place(site.name, site.indices)}"
        case core.Observe(name, indices, site, law, value):
            missing = f" into {_place(name, indices)}" if name else ""
            at = _place(site.name, site.indices)
            yield f"{pad}observe {show_expr(value)} ~ {show_expr(law)}{missing}  @ {at}"
        case core.Weight(kind, value):
            yield f"{pad}{kind} {show_expr(value)}"
        case core.Call(name, function, args, keywords):
            given = [*map(show_expr, args), *(f"{key}={show_expr(value)}" for key, value in keywords)]
            yield f"{pad}{name} <- {show_expr(function)}({', '.join(given)})"
        case core.If(test, then, orelse):
            yield f"{pad}if {show_expr(test)}"
            yield from _block(then, depth + 1)
            if orelse:
                yield f"{pad}else"
                yield from _block(orelse, depth + 1)
        case core.For(name, iterable, body, collect, keep, into, independent):
            yield f"{pad}{'each' if independent else 'for'} {name} in {show_expr(iterable)}"
            yield from _block(body, depth + 1)
            if collect is not None:
                kept = f" if {show_expr(keep)}" if keep is not None else ""
                yield f"{pad}collect {show_expr(collect)}{kept} into {into}"
        case core.While(head, test, body):
            yield f"{pad}loop"
            yield from _block(head, depth + 1)
            yield f"{pad}while {show_expr(test)}"
            yield from _block(body, depth + 1)
        case core.Return(value):
            yield f"{pad}return {show_expr(value)}"
        case core.Fail(code, message):
            yield f"{pad}fail {code} {message}"
        case _:
            assert_never(statement)
