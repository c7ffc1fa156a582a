"""What a well-formed Core program is. Runs after every pass in tests: a fault here is a bug of ours."""

from __future__ import annotations

from dataclasses import dataclass

from pplc.lang import core
from pplc.lang.analysis import expressions, inside, reads
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.functions import FUNCTIONS, MEMBERS

OPERATIONS = frozenset(
    (
        *("add", "sub", "mul", "div", "floordiv", "mod", "pow", "matmul", "neg", "not"),
        *("eq", "ne", "lt", "le", "gt", "ge", "tuple", "list", "record", "field", "construct"),
        *("is_tag", "payload", "item", "index", "extent", "growing", "missing", "flatten", "mean_of", "pdf"),
        *(FUNCTIONS.keys() - {"map", "filter", "fold", "flip", "infer"}),
        *(MEMBERS.keys() - {"mean"}),
    )
)
"""Every operation a `Prim` may have."""


class Malformed(Exception):
    """A Core program that no pass may produce."""


@dataclass(frozen=True, slots=True)
class _Known:
    """At a point of a function: variables bound on every path to it, names drawn on some path."""

    bound: frozenset[str]
    drawn: frozenset[str] = frozenset()


def check_core(program: core.Program) -> core.Program:
    """The program itself, if every function is well formed and the entry is a model."""
    if program.model.kind != "model":
        raise Malformed(f"the entry `{program.entry}` is no model")
    for density in program.densities.values():
        _require(
            program.functions[density.function].parameters == density.parameters, f"density {density.name}"
        )
    for name, function in program.functions.items():
        _require(name == function.name, f"{name} stands under another name")
        start = (*function.parameters, *function.captured)
        _require(len(set(start)) == len(start), f"{name} binds a variable twice at its start")
        end = _Checker(program, function).block(function.body, _Known(frozenset(start)))
        _require(end is None, f"{name} may end without returning")
    return program


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise Malformed(message)


class _Checker:
    def __init__(self, program: core.Program, function: core.Function) -> None:
        self.program = program
        self.function = function
        self.anonymous: set[str] = set()

    def block(self, block: Block, known: _Known) -> _Known | None:
        """What is known after a block; None if it never reaches its end."""
        after: _Known | None = known
        for statement in block:
            _require(after is not None, f"{self.function.name} has code that is never reached")
            if after is not None:
                after = self.statement(statement, after)
        return after

    def statement(self, statement: Stmt, known: _Known) -> _Known | None:
        where = f"{self.function.name}: {type(statement).__name__}"
        effect = isinstance(statement, core.Draw | core.Observe | core.Weight)
        _require(not effect or self.function.kind == "model", f"{where} in a deterministic function")
        late = isinstance(statement, core.For | core.While)
        for expr in () if late else expressions(statement):
            self.expr(expr, known, callee=isinstance(statement, core.Call) and expr is statement.function)
        match statement:
            case core.Let(name) | core.Draw(name, ()):
                return self.drawn(statement, _Known(known.bound | {name}, known.drawn))
            case core.Assign(name) | core.Define(name) | core.Draw(name):
                _require(name in known.bound, f"{where} of `{name}`, which is not bound")
                return self.drawn(statement, known)
            case core.Observe(name):
                _require(not name or name in known.bound, f"{where} of `{name}`, which is not bound")
                return self.drawn(statement, known)
            case core.Call(name, core.Global(callee), args) if callee != "infer":
                wanted = len(self.program.functions[callee].parameters)
                _require(len(args) == wanted, f"{where} of `{callee}` with {len(args)} arguments")
                return _Known(known.bound | {name}, known.drawn)
            case core.Call(name):
                return _Known(known.bound | {name}, known.drawn)
            case core.If(_, then, orelse):
                return _meet(self.block(then, known), self.block(orelse, known))
            case core.For(name, iterable, body, collect, keep, into):
                _require((collect is None) == (not into), f"{where} collects into nothing")
                _require(keep is None or collect is not None, f"{where} keeps without collecting")
                self.expr(iterable, known)
                after = self.block(body, _Known(known.bound | {name}, known.drawn))
                for late_expr in (collect, keep):
                    if late_expr is not None and after is not None:
                        self.expr(late_expr, after)
                drawn = known.drawn if after is None else after.drawn
                return _Known(known.bound | {into} if into else known.bound, drawn)
            case core.While(head, test, body):
                tested = self.block(head, known)
                if tested is None:
                    return None
                self.expr(test, tested)
                after = self.block(body, tested)
                return _Known(tested.bound, tested.drawn if after is None else after.drawn)
            case core.Return() | core.Fail():
                return None
            case core.Weight():
                return known

    def drawn(self, statement: Stmt, known: _Known) -> _Known:
        """Sites are unique: anonymous ones in the function, named ones on every path."""
        if isinstance(statement, core.Draw | core.Observe):
            name = statement.site.name
            _require("#" not in name or name not in self.anonymous, f"two sites are called `{name}`")
            self.anonymous.add(name)
            if isinstance(statement, core.Draw) and not statement.indices:
                _require(name not in known.drawn, f"`{name}` may be drawn twice in a run")
                return _Known(known.bound, known.drawn | {name})
        return known

    def expr(self, expr: Expr, known: _Known, *, callee: bool = False) -> None:
        for name in reads(expr):
            _require(name in known.bound, f"{self.function.name} reads `{name}`, which may not be bound")
        for part in inside(expr):
            match part:
                case core.Global("infer"):
                    _require(callee, "`infer` is only called")
                case core.Global(name):
                    _require(name in self.program.functions, f"no function `{name}`")
                    _require(not self.program.functions[name].captured, f"`{name}` captures, as a Global")
                case core.Closure(name, captured):
                    _require(name in self.program.functions, f"no function `{name}`")
                    wanted = len(self.program.functions[name].captured)
                    _require(len(captured) == wanted, f"`{name}` captures {wanted} variables")
                case core.Law(family, args) if family in self.program.densities:
                    wanted = len(self.program.densities[family].parameters)
                    _require(len(args) == wanted, f"density {family} of {len(args)} arguments")
                case core.Law(family):
                    _require(family in FAMILIES or family in COMBINATORS, f"no family `{family}`")
                case core.Prim(op):
                    _require(op in OPERATIONS, f"no operation `{op}`")
                case _:
                    pass


def _meet(left: _Known | None, right: _Known | None) -> _Known | None:
    """After an `If`: bound on both ways, drawn on either."""
    if left is None or right is None:
        return left or right
    return _Known(left.bound & right.bound, left.drawn | right.drawn)
