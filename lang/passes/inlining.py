"""Inlining of deterministic functions: their bodies instead of their calls.

Only functions that are not recursive and return at their end alone, and that are tiny or called from
one place. A body is copied with variables of its own.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import bound, callees, expressions, inside, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.graph import circular, components
from pplc.lang.passes.rewriting import bottom_up, with_expressions

TINY = 24
"""Nodes of a body that is copied wherever it is called: about as many as a call needs to be set up."""

MOST_NODES = 200
"""A body larger than this is copied nowhere."""


def inline_functions(program: core.Program) -> core.Program:
    """Replace calls of small functions by their bodies."""
    mentions = Counter(name for function in program.functions.values() for name in _called(function))
    done: dict[str, core.Function] = {}
    candidates: dict[str, core.Function] = {}
    edges = {name: callees(function) for name, function in program.functions.items()}
    never = circular(edges)
    for name in itertools.chain.from_iterable(components(edges)):
        function = done[name] = _Inliner(program.functions[name], candidates).function()
        # The size counts after inlining: else calls of calls would double at every step.
        largest = MOST_NODES if mentions[name] == 1 else TINY
        fits = function.kind == "fn" and name not in never and _nodes(function.body) <= largest
        if fits and _returns_at_its_end(function):
            candidates[name] = function
    return replace(program, functions={name: done[name] for name in program.functions})


def _called(function: core.Function) -> Iterator[str]:
    for statement in statements(function.body):
        if isinstance(statement, core.Call):
            match statement.function:
                case core.Global(name) | core.Closure(name):
                    yield name
                case _:
                    pass


def _returns_at_its_end(function: core.Function) -> bool:
    *before, last = function.body
    return isinstance(last, core.Return) and not any(
        isinstance(statement, core.Return) for statement in statements(tuple(before))
    )


def _nodes(block: Block) -> int:
    return sum(
        1 + sum(sum(1 for _ in inside(expr)) for expr in expressions(statement))
        for statement in statements(block)
    )


class _Inliner:
    def __init__(self, function: core.Function, candidates: Mapping[str, core.Function]) -> None:
        self.caller = function
        self.candidates = candidates
        self.variables = dict(function.variables)
        self.copies = 0

    def function(self) -> core.Function:
        body = self.block(self.caller.body)
        return replace(self.caller, body=body, variables=self.variables) if self.copies else self.caller

    def block(self, block: Block) -> Block:
        new: list[Stmt] = []
        for statement in block:
            match statement:
                case core.Call(_, core.Global(name), _, ()) if name in self.candidates:
                    new.extend(self.copy(statement, self.candidates[name], ()))
                case core.Call(_, core.Closure(name, captured), _, ()) if name in self.candidates:
                    new.extend(self.copy(statement, self.candidates[name], captured))
                case _:
                    new.append(with_expressions(statement, lambda expr: expr, self.block))
        return tuple(new)

    def copy(self, call: core.Call, callee: core.Function, captured: tuple[str, ...]) -> Iterator[Stmt]:
        """The body of the callee in place of a call."""
        self.copies += 1
        names = dict.fromkeys((*callee.parameters, *callee.captured))
        for statement in statements(callee.body):
            names.update(dict.fromkeys(bound(statement)))
        fresh = {name: f"{name}%{self.copies}" for name in names}
        for name, copied in fresh.items():
            if name in callee.variables:
                self.variables[copied] = callee.variables[name]
        for parameter, argument in zip(callee.parameters, call.args, strict=True):
            yield core.Let(fresh[parameter], argument, span=call.span)
        for inner, outer in zip(callee.captured, captured, strict=True):
            yield core.Let(fresh[inner], core.Variable(outer, span=call.span), span=call.span)
        *before, last = callee.body
        assert isinstance(last, core.Return)
        for statement in before:
            yield renamed(statement, fresh)
        yield core.Let(call.name, _renamed_expr(last.value, fresh), span=call.span)


def renamed(statement: Stmt, names: Mapping[str, str]) -> Stmt:
    """A statement of a deterministic function with its variables under other names."""
    changed = with_expressions(
        statement,
        lambda expr: _renamed_expr(expr, names),
        lambda block: tuple(renamed(inner, names) for inner in block),
    )
    match changed:
        case core.For():
            return replace(changed, name=names[changed.name], into=names.get(changed.into, ""))
        case core.Let() | core.Assign() | core.Define() | core.Call():
            return replace(changed, name=names[changed.name])
        case _:
            return changed


def _renamed_expr(expr: Expr, names: Mapping[str, str]) -> Expr:
    def change(part: Expr) -> Expr:
        match part:
            case core.Variable(name):
                return replace(part, name=names[name])
            case core.Closure(_, captured):
                return replace(part, captured=tuple(names[name] for name in captured))
            case _:
                return part

    return bottom_up(expr, change)
