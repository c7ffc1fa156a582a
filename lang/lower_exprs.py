"""Lowering of expressions and whole functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal as OneOf
from typing import assert_never, final

from pplc.lang import core
from pplc.lang.core import Expr
from pplc.lang.lower_base import UNIT_VALUE, Branch, Rounds, global_name
from pplc.lang.lower_blocks import Blocks
from pplc.lang.lower_calls import callee_name
from pplc.lang.lower_patterns import binds, number
from pplc.lang.sizes import SizePlace, Step, size_places
from pplc.lang.syntax import (
    Binary,
    Bind,
    Block,
    Boolean,
    Call,
    Compare,
    Comprehension,
    Density,
    Function,
    IfExpr,
    Index,
    Lambda,
    ListLiteral,
    Match,
    Member,
    Name,
    Number,
    Parameter,
    Pattern,
    Range,
    RecordLiteral,
    Sample,
    String,
    TupleLiteral,
    TypeExpr,
    Unary,
)
from pplc.lang.syntax import (
    Expr as Tree,
)
from pplc.lang.typesys import INT, Tuple

OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floordiv", "%": "mod", "^": "pow", "@": "matmul",
    "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
}  # fmt: skip


@final
class FunctionLowering(Blocks):
    """Lowers one function of the program: a named one, an anonymous one, a density, a top-level `let`."""

    def sibling(self, name: str, kind: OneOf["fn", "model"]) -> FunctionLowering:
        return FunctionLowering(self.output, name, kind)

    # -------------------------------------------------------------- functions

    def function(
        self, tree: Function | Density | Lambda, body: Block, captured: tuple[str, ...] = ()
    ) -> core.Function:
        """The function, with its sizes and arrays bound at its start."""
        names = self.output.names
        parameters = tuple(self.variable(parameter) for parameter in tree.parameters)
        self.parameters = frozenset(parameters)
        arrays = names.arrays.get(id(tree), ())
        self.changing |= {array.unique for array in arrays}
        self._sizes(tree)
        for array in arrays:
            start = core.Prim("growing", (), (array.rank,), span=array.declared)
            self.emit(core.Let(array.unique, start, span=array.declared))
        self.top = True
        self.statements(body.statements)
        value: Expr = UNIT_VALUE
        if body.value is not None:
            value = self.expr(body.value)
        self.emit(core.Return(value, span=body.span if body.value is None else body.value.span))
        statements = tuple(self.branch.body)
        variables = dict(self.variables)
        return core.Function(
            self.name, self.kind, parameters, captured, statements, variables, span=tree.span
        )

    def top_level(self, pattern: Pattern, tree: Tree) -> Iterator[tuple[str, core.Block]]:
        """The functions for the names of a top-level `let`: name and body."""
        if isinstance(pattern, Bind):
            self.name = global_name(pattern.name)
            yield self.name, self._returning(self.expr(tree))
            return
        parts = list(binds(pattern, core.Variable("whole", span=pattern.span), self.output.names))
        self.name = "let#" + "#".join(bind.name for bind, _ in parts)
        yield self.name, self._returning(self.expr(tree))
        for bind, part in parts:
            call = core.Call("whole", core.Global(self.name, span=bind.span), (), span=bind.span)
            yield global_name(bind.name), (call, core.Return(part, span=bind.span))

    def _returning(self, value: Expr) -> core.Block:
        self.emit(core.Return(value, span=value.span))
        return tuple(self.branch.body)

    def _sizes(self, tree: Function | Density | Lambda) -> None:
        names = self.output.names
        for size in names.sizes.get(id(tree), ()):
            if not size.unique:
                continue
            for parameter, place in _places(tree, names.aliases):
                if place.name != size.name or place.axis < 0:
                    continue
                value: Expr = core.Variable(self.binding(parameter).unique, span=place.span)
                for step in place.path:
                    value = _part(value, step)
                value = core.Prim("extent", (value,), (place.axis,), span=place.span)
                if place.offset:
                    offset = core.Literal(place.offset, span=place.span)
                    value = core.Prim("sub", (value, offset), span=place.span)
                self.variables[size.unique] = INT
                self.emit(core.Let(size.unique, value, span=place.span))
                break

    def _lambda(self, tree: Lambda) -> Expr:
        captured = tuple(binding.unique for binding in self.output.names.captures[id(tree)])
        base = self.name.split("@")[0]
        position = 1 + sum(name.startswith(f"{base}@") for name in self.output.functions)
        name = f"{base}@{position}"
        # Its place in the table is taken before its own anonymous functions are numbered.
        self.output.functions[name] = core.Function(name, tree.kind, (), (), ())
        inside = self.sibling(name, tree.kind)
        for variable in captured:
            if variable in self.variables:
                inside.variables[variable] = self.variables[variable]
        self.output.functions[name] = inside.function(tree, tree.body, captured)
        return core.Closure(name, captured, span=tree.span)

    # -------------------------------------------------------------- expressions

    def expr(self, tree: Tree) -> Expr:
        span = tree.span
        match tree:
            case Number(_, is_int):
                return core.Literal(number(tree.value, is_int=is_int), span=span)
            case Boolean(value):
                return core.Literal(value, span=span)
            case String(text):
                return core.Literal(text, span=span)
            case Name():
                return self._name(tree)
            case Unary(op, operand):
                value_ = self.expr(operand)
                return value_ if op == "+" else core.Prim("neg" if op == "-" else "not", (value_,), span=span)
            case Binary("and", left, right):
                return self._shortcut(tree, self.expr(left), right, when=True)
            case Binary("or", left, right):
                return self._shortcut(tree, self.expr(left), right, when=False)
            case Binary(op, left, right):
                return core.Prim(OPERATORS[op], tuple(self.parallel((left, right))), span=span)
            case Compare():
                return self._compare(tree)
            case Range(low, high):
                return core.Prim("range", tuple(self.parallel((low, high))), span=span)
            case Call():
                return self.call(tree)
            case Index():
                return self._index(tree)
            case Member():
                return self.member(tree)
            case Sample(law):
                return self.draw(self.expr(law), callee_name(law), span, tree)
            case ListLiteral(items):
                return core.Prim("list", tuple(self.parallel(items)), span=span)
            case TupleLiteral(items):
                return core.Prim("tuple", tuple(self.parallel(items)), span=span) if items else UNIT_VALUE
            case RecordLiteral(fields):
                values = self.parallel([value for _, value in fields])
                return core.Prim("record", tuple(values), tuple(name for name, _ in fields), span=span)
            case Comprehension():
                return self.comprehension(tree)
            case Lambda():
                return self._lambda(tree)
            case IfExpr():
                return self.if_(tree, wanted=True)
            case Match():
                return self.match(tree, wanted=True)
            case _:
                assert_never(tree)

    def _name(self, tree: Name) -> Expr:
        binding = self.binding(tree)
        if binding.kind in ("local", "size"):
            return core.Variable(binding.unique, span=tree.span)
        return self.named_value(binding, tree)

    def _index(self, tree: Index) -> Expr:
        base, *indices = self.parallel([tree.base, *tree.indices])
        kind = self.type_of(tree.base)
        while indices and isinstance(kind, Tuple):
            position, *indices = indices
            assert isinstance(position, core.Literal)
            assert isinstance(position.value, int)
            base = core.Prim("item", (base,), (position.value,), span=tree.span)
            kind = kind.items[position.value]
        return core.Prim("index", (base, *indices), span=tree.span) if indices else base

    def _shortcut(self, tree: Tree, left: Expr, right: Tree, *, when: bool) -> Expr:
        """`and`, `or`: the right side only `when` the left is true, or false."""
        with self.aside() as branch:
            branch.value = self.expr(right)
        return self._either(tree, left, branch, when=when)

    def _either(self, tree: Tree, left: Expr, right: Branch, *, when: bool) -> Expr:
        known = Branch(value=core.Literal(not when, span=tree.span))
        if when:
            return self.choose([(left, right)], known, tree.span, tree)
        return self.choose([(left, known)], right, tree.span, tree)

    def _compare(self, tree: Compare) -> Expr:
        """A chain evaluates what stands in its middle once, and nothing after a false link."""
        (op, second), *rest = tree.rest
        left, right = self.parallel((tree.first, second))
        if not rest:
            return core.Prim(OPERATORS[op], (left, right), span=tree.span)
        right = self.atom(right, second.span, second)
        return self._chain(tree, core.Prim(OPERATORS[op], (left, right), span=tree.span), right, 1)

    def _chain(self, tree: Compare, test: Expr, middle: Expr, position: int) -> Expr:
        op, operand = tree.rest[position]
        last = position == len(tree.rest) - 1
        with self.aside() as branch:
            right = self.expr(operand)
            if not last:
                right = self.atom(right, operand.span, operand)
            link = core.Prim(OPERATORS[op], (middle, right), span=tree.span)
            branch.value = link if last else self._chain(tree, link, right, position + 1)
        return self._either(tree, test, branch, when=True)

    def collect_element(self, tree: Comprehension, rounds: Rounds) -> None:
        """The element of a comprehension, only where its condition holds."""
        if tree.condition is None:
            rounds.collect = self.expr(tree.element)
            return
        keep = self.expr(tree.condition)
        with self.aside() as branch:
            branch.value = self.expr(tree.element)
        if not branch.body:
            rounds.keep, rounds.collect = keep, branch.value
            return
        rounds.keep = self.atom(keep, tree.span, tree.condition)
        if isinstance(rounds.keep, core.Variable) and rounds.keep.name in self.changing:
            rounds.keep = self.let(rounds.keep, tree.span, tree.condition)
        rounds.collect = self.choose([(rounds.keep, branch)], Branch(), tree.span, tree.element)


def _places(
    tree: Function | Density | Lambda, aliases: Mapping[str, TypeExpr]
) -> Iterator[tuple[Parameter, SizePlace]]:
    for parameter in tree.parameters:
        if parameter.type is not None:
            for place in size_places(parameter.type, aliases):
                yield parameter, place


def _part(value: Expr, step: Step) -> Expr:
    if isinstance(step, str):
        return core.Prim("field", (value,), (step,), span=value.span)
    return core.Prim("item", (value,), (step,), span=value.span)
