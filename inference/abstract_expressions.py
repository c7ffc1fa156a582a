"""Expressions of Core where variables may be random: structure stays, the rest becomes tables.

What makes or takes apart arrays, tuples, records and sum values works on the structure; functions of
whole arrays are folded, elementwise ones go over the elements; every other operation is a function of
the few variables that its arguments depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, assert_never

from pplc.inference.factor_graph import ERRORS, FactorGraph, Refused
from pplc.inference.random_values import (
    FAULT,
    Family,
    as_value,
    family_in,
    is_mark,
    is_view,
    possible,
    product_in,
)
from pplc.lang import core
from pplc.lang.functions import FUNCTIONS
from pplc.semantics.growing import Growing
from pplc.semantics.laws import make_law, make_user_law
from pplc.semantics.primitives import PRIMITIVES
from pplc.semantics.primitives_arithmetic import ARITHMETIC, plain
from pplc.semantics.values import Fault, FunctionValue, Record, Tagged, Value

Env: TypeAlias = Mapping[str, Value]

MAKERS = frozenset("tuple list record construct values growing missing".split())
"""Operations that put together what they are given, whatever it is."""

STRUCTURE = frozenset("range len extent zip reverse concat append".split())
"""Operations that look at no element, as long as their arguments themselves are not random."""

PARTS = frozenset(("field", "item", "payload", "is_tag"))
"""Operations that look at the outermost structure of their one argument."""

ELEMENTWISE = (frozenset(ARITHMETIC) - {"eq", "ne"}) | {
    name
    for name, function in FUNCTIONS.items()
    if function.signatures and all(s.rule == "elementwise" for s in function.signatures)
}
"""Operations that broadcast over arrays."""

FOLDS: Mapping[str, tuple[Value, Callable[[Value, Value], Value]]] = {
    "sum": (0, lambda so_far, x: PRIMITIVES["add"]((), True, so_far, _number(x))),
    "any": (False, lambda so_far, x: so_far is True or _number(x) == 1),
    "all": (True, lambda so_far, x: so_far is True and _number(x) == 1),
}
"""Functions of whole arrays: where they start, and how the next element joins."""


class Evaluator:
    """Evaluates the expressions of one program over a factor graph."""

    def __init__(self, graph: FactorGraph, program: core.Program) -> None:
        self.graph = graph
        self.program = program

    def value(self, expression: core.Expr, env: Env) -> Value:
        """The value; `FAULT` where evaluating it is an error."""
        match expression:
            case core.Literal(value):
                return value
            case core.Variable(name):
                return env[name]
            case core.Global(name):
                return FunctionValue(self.program.functions[name])
            case core.Closure(name, captured):
                return FunctionValue(self.program.functions[name], tuple(env[x] for x in captured))
            case core.Cond(test, then, orelse):
                tested = self.graph.tabled(self.value(test, env))
                if is_mark(tested):
                    return FAULT
                if not is_view(tested):
                    return self.value(then if tested is True else orelse, env)
                return self.merged(tested, self.value(then, env), self.value(orelse, env))
            case core.Prim(op, args, static):
                return self.operation(op, static, [self.value(argument, env) for argument in args])
            case core.Law(family, args, parametrisation):
                given = [None if argument is None else self.value(argument, env) for argument in args]
                return self._law(family, given, parametrisation, expression)
            case _:
                assert_never(expression)

    def _law(self, family: str, given: Sequence[Value | None], parametrisation: int, at: core.Law) -> Value:
        if any(map(is_mark, given)):
            return FAULT
        random = any(family_in(value) is not None or self.graph.finder.is_random(value) for value in given)
        density = self.program.densities.get(family)
        try:
            if density is not None:
                if random:
                    raise Refused(f"the density `{family}` has random arguments", at.span)
                maker = FunctionValue(self.program.functions[density.function])
                return make_user_law(density, maker, given, self.graph.call)
            if not random:
                return make_law(family, given, parametrisation, exact=True, call=self.graph.call)
        except Fault:
            return FAULT
        return as_value(Family(family, tuple(given), parametrisation))

    # ------------------------------------------------------------------ operations

    def operation(self, op: str, static: tuple[str | int, ...], arguments: Sequence[Value]) -> Value:
        """A primitive of arguments that may be random."""
        if any(map(is_mark, arguments)):
            return FAULT
        if op not in PRIMITIVES:
            raise Refused(f"`{op}` calls a function")
        leaf = any(is_view(a) or product_in(a) is not None for a in arguments)
        if op == "index":
            return self._indexed(arguments[0], tuple(arguments[1:]))
        if op in MAKERS or (not leaf and (op in STRUCTURE or op in PARTS)):
            return self._structural(op, static, arguments)
        if op in ELEMENTWISE:
            arrays = [plain(argument) for argument in arguments]
            if any(isinstance(array, tuple) for array in arrays) and self.graph.finder.is_random(
                tuple(arrays)
            ):
                return self._elementwise(op, static, arrays)
            if op == "mul" and leaf:
                return self.graph.multiply(*arguments)
            if op == "sub" and arguments[0] == 1 and product_in(arguments[1]) is not None:
                return self.graph.one_minus(arguments[1])
        elif not leaf and len(arguments) == 1 and self.graph.finder.is_random(arguments[0]):
            folded = self._folded(op, static, arguments[0])
            if folded is not None:
                return folded
        elif op in ("eq", "ne") and all(isinstance(plain(a), tuple) for a in arguments):
            return self._same(static, op, *map(plain, arguments))
        return self.graph.apply((op, static), _primitive(op, static), *arguments)

    def _structural(self, op: str, static: tuple[str | int, ...], arguments: Sequence[Value]) -> Value:
        try:
            return PRIMITIVES[op](static, True, *arguments)
        except ERRORS:
            if op not in PARTS and any(map(self.graph.finder.is_random, arguments)):
                raise Refused(f"`{op}` of something random") from None
            return FAULT

    def _indexed(self, array: Value, indices: tuple[Value, ...]) -> Value:
        """`index`: from the first index on, as far as the structure goes."""
        if not indices:
            return plain(array)
        if is_mark(array):
            return array
        first = self.graph.tabled(indices[0])
        if is_view(array) or (is_view(first) and not self.graph.finder.is_random(array)):
            return self.graph.apply("index", _primitive("index", ()), array, *indices)
        if is_view(first):
            if not isinstance(array, tuple | Growing):
                raise Refused("something that is no array is indexed")
            items = range(array.length) if isinstance(array, Growing) else range(len(array))
            wanted = {k for k in possible(first) if isinstance(k, int) and k in items}
            return self.graph.select(
                first,
                {k: self._indexed(self._structural("index", (), (array, k)), indices[1:]) for k in wanted},
            )
        if isinstance(first, tuple | range):
            if len(indices) > 1 and self.graph.finder.is_random((array, indices)):
                raise Refused("random elements are picked along several axes")
            if isinstance(first, range) or not self.graph.finder.is_random(first):
                return self._structural("index", (), (array, *indices))
            return tuple(self._indexed(array, (place,)) for place in first)
        return self._indexed(self._structural("index", (), (array, first)), indices[1:])

    def _elementwise(self, op: str, static: tuple[str | int, ...], arrays: Sequence[Value]) -> Value:
        lengths = {len(array) for array in arrays if isinstance(array, tuple)}
        ranks = {_rank(array) for array in arrays if isinstance(array, tuple)}
        if len(ranks) > 1 or len(lengths - {1}) > 1:
            raise Refused("random arrays of different shapes meet")
        length = max(lengths)
        return tuple(
            self.operation(op, static, [_entry(array, k) for array in arrays]) for k in range(length)
        )

    def _folded(self, op: str, static: tuple[str | int, ...], array: Value) -> Value | None:
        """A function of a whole array with random elements, one element after the other."""
        items = plain(array)
        if not isinstance(items, tuple) or not items or any(isinstance(item, tuple) for item in items):
            return None
        if op == "prod":
            product: Value = 1
            for item in items:
                product = self.graph.multiply(product, self.graph.apply("number", _number, item))
            return product
        if op == "mean":
            return self.operation("div", (), [self.operation("sum", (), [items]), len(items)])
        if op in ("min", "max"):
            value, *rest = items
            for item in rest:
                value = self.graph.apply((op, static), _primitive(op, static), value, item)
            return value
        if op not in FOLDS:
            return None
        value, join = FOLDS[op]
        for item in items:
            value = self.graph.apply(op, join, value, item)
        return value

    def _same(self, static: tuple[str | int, ...], op: str, left: Value, right: Value) -> Value:
        """Whether two arrays are equal, element by element."""
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        same: Value = len(left) == len(right)
        if same:
            for a, b in zip(left, right, strict=True):
                same = self.merged(same, self.operation("eq", static, [a, b]), False)
        return same if op == "eq" else self.operation("not", (), [same])

    # ------------------------------------------------------------------ choices

    def merged(self, test: Value, then: Value, orelse: Value) -> Value:
        """`then` where the test holds, else `orelse`, element by element where they are built alike."""
        if then is orelse or not is_view(test):
            return then if test is not False else orelse
        if isinstance(then, Growing) or isinstance(orelse, Growing):
            return self._grown(test, then, orelse)
        match then, orelse:
            case tuple(), tuple() if len(then) == len(orelse) and self._random(then, orelse):
                return tuple(self.merged(test, a, b) for a, b in zip(then, orelse, strict=True))
            case Record(names, left), Record(_, right) if self._random(left, right):
                return Record(names, tuple(self.merged(test, a, b) for a, b in zip(left, right, strict=True)))
            case Tagged(tag, left), Tagged(other, right) if tag == other and self._random(left, right):
                return Tagged(tag, tuple(self.merged(test, a, b) for a, b in zip(left, right, strict=True)))
            case _:
                return self.graph.choose(test, then, orelse)

    def _random(self, left: Value, right: Value) -> bool:
        return self.graph.finder.is_random((left, right))

    def _grown(self, test: Value, then: Value, orelse: Value) -> Value:
        if then == orelse:
            return then
        if not isinstance(then, Growing) or not isinstance(orelse, Growing):
            raise Refused("an array is defined in some runs only")
        left, right = dict(then.items()), dict(orelse.items())
        if left.keys() != right.keys():
            raise Refused("elements of an array are defined in some runs only")
        result = Growing(then.rank)
        for place, item in left.items():
            result = result.defined(place, self.merged(test, item, right[place]))
        return result


def _primitive(op: str, static: tuple[str | int, ...]) -> Callable[..., Value]:
    operation = PRIMITIVES[op]
    return lambda *arguments: operation(static, True, *arguments)


def _number(value: Value) -> Value:
    return int(value) if isinstance(value, bool) else value


def _rank(array: Value) -> int:
    rank = 0
    while isinstance(array, tuple):
        rank += 1
        if not array:
            break
        array = array[0]
    return rank


def _entry(array: Value, index: int) -> Value:
    if not isinstance(array, tuple):
        return array
    return array[0 if len(array) == 1 else index]
