"""Which values a variable takes that loops assign, where the text alone says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pplc.lang import core, typesys
from pplc.lang.analysis import bound, expressions, inside, reads, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.diagnostics import Span
from pplc.lang.summing.indices import constant, moved
from pplc.lang.summing.supports import support_of

MOST_ROUNDS = 40
"""Rounds that are tried before values are taken to grow with every round."""
MOST_VALUES = 150
"""Integers that a variable may be: a round has a table of the values before it and after it."""


@dataclass(frozen=True, slots=True)
class Values:
    """Finitely many values: false and true, those of a list, or the integers between two."""

    listed: Expr | None = None
    lower: Expr | None = None
    upper: Expr | None = None

    def certain(self, array: str, place: Expr, value: Expr, span: Span) -> Block:
        """A draw of the element at a place that is the value, with weight 1."""
        site = core.Site(array, (place,))
        element = core.Prim("index", (core.Variable(array), place))
        if self.listed is not None:
            law: Expr = core.Law("Uniform", (self.listed,))
            count: Expr = core.Prim("len", (self.listed,))
        elif self.lower is not None and self.upper is not None:
            law = core.Law("UniformInt", (self.lower, self.upper))
            count = moved(_difference(self.upper, self.lower), 1)
        else:
            chance = core.Cond(value, core.Literal(1), core.Literal(0))
            return (core.Draw(array, (place,), site, core.Law("Bernoulli", (chance,)), span=span),)
        return (
            core.Draw(array, (place,), site, law, span=span),
            core.Weight("weight", count, span=span),
            core.Weight("condition", core.Prim("eq", (element, value)), span=span),
        )


def values_of(
    name: str,
    loop: core.For,
    before: Sequence[Stmt],
    kinds: Mapping[str, typesys.Type],
    enumerations: Mapping[str, Sequence[str]],
) -> Values | None:
    """The values of a variable before, in and after the loop that assigns it; None if there may be any."""
    match kinds.get(name):
        case typesys.Bool():
            return Values()
        case typesys.Sum(type_) if type_ in enumerations:
            return Values(core.Prim("values", (), tuple(enumerations[type_])))
        case typesys.Int():
            return _integers(name, loop, before, kinds)
        case _:
            return None


def _integers(
    name: str, loop: core.For, before: Sequence[Stmt], kinds: Mapping[str, typesys.Type]
) -> Values | None:
    """From the first value: what rounds make of it until nothing new comes, or what each may add to it."""
    known = _Known(kinds)
    known.block(before)
    first = known.of(core.Variable(name))
    if first is None or first.fixed is None or first.moved is not None:
        return None
    # Elements are of any round, so that the values of a round's own variables say nothing of them.
    known.forget(loop.body)
    low, high = first.fixed
    for _ in range(MOST_ROUNDS):
        after = known.after(loop.body, name, Interval(None, (low, high)))
        if after is None or after.fixed is None:
            return None
        if low <= after.fixed[0] and after.fixed[1] <= high:
            return Values(None, core.Literal(low), core.Literal(high))
        low, high = min(low, after.fixed[0]), max(high, after.fixed[1])
    low, high = first.fixed
    after = known.after(loop.body, name, Interval((0, 0), None))
    if after is None or _indexes(loop.body, name):
        return None
    if after.fixed is not None:
        low, high = min(low, after.fixed[0]), max(high, after.fixed[1])
    down, up = (0, 0) if after.moved is None else after.moved
    assert isinstance(loop.iterable, core.Prim)
    start, stop = loop.iterable.args
    rounds = _difference(stop, start)
    known_rounds = constant(rounds)
    if known_rounds is None:
        rounds = core.Prim("max", (rounds, core.Literal(0)))
    elif max(known_rounds, 0) * (max(up, 0) - min(down, 0)) + high - low >= MOST_VALUES:
        return None
    else:
        rounds = core.Literal(max(known_rounds, 0))
    return Values(None, _moved(low, min(down, 0), rounds), _moved(high, max(up, 0), rounds))


def _indexes(body: Block, name: str) -> bool:
    """Whether a value that comes from a variable is an index: values that no run reaches might be outside."""
    derived = {name}
    while True:
        more = derived | {
            each
            for statement in statements(body)
            if not derived.isdisjoint(reads(*expressions(statement)))
            for each in bound(statement)
        }
        if more == derived:
            break
        derived = more
    return any(
        isinstance(part, core.Prim) and part.op == "index" and not derived.isdisjoint(reads(*part.args[1:]))
        for statement in statements(body)
        for expr in expressions(statement)
        for part in inside(expr)
    )


def _difference(a: Expr, b: Expr) -> Expr:
    known = constant(b)
    return core.Prim("sub", (a, b)) if known is None else moved(a, -known)


def _moved(first: int, step: int, rounds: Expr) -> Expr:
    """`first + step * rounds`."""
    known = constant(rounds)
    if step == 0 or known is not None:
        return core.Literal(first + step * (known or 0))
    return moved(core.Prim("mul", (core.Literal(step), rounds)) if step != 1 else rounds, first)


Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Interval:
    """An integer: in `moved` away from the variable's value at the start of a round, or in `fixed`."""

    moved: Pair | None
    fixed: Pair | None

    def joined(self, other: Interval) -> Interval:
        """One of the two."""
        return Interval(_hull(self.moved, other.moved), _hull(self.fixed, other.fixed))

    def plus(self, other: Pair) -> Interval:
        """The sum with a number in an interval."""
        return Interval(_added(self.moved, other), _added(self.fixed, other))


def _hull(a: Pair | None, b: Pair | None) -> Pair | None:
    if a is None or b is None:
        return a or b
    return min(a[0], b[0]), max(a[1], b[1])


def _added(a: Pair | None, b: Pair) -> Pair | None:
    return None if a is None else (a[0] + b[0], a[1] + b[1])


@dataclass(slots=True)
class _Known:
    """What is known of the integers of a block; None of those that may be any. kinds: types of variables."""

    kinds: Mapping[str, typesys.Type]
    values: dict[str, Interval | None] = field(default_factory=dict[str, Interval | None])
    elements: dict[str, Interval | None] = field(default_factory=dict[str, Interval | None])

    def block(self, block: Sequence[Stmt]) -> None:
        """Reads statements in order."""
        for statement in block:
            match statement:
                case core.Let(name, value) | core.Assign(name, (), value):
                    self.values[name] = self.of(value)
                case core.Draw(name, (), _, law):
                    self.values[name] = _drawn(law)
                case core.Draw(name, _, _, law):
                    self.element(name, _drawn(law))
                case core.If(test, then, orelse):
                    self.either(test, then, orelse)
                case core.For(body=body):
                    self.rounds(statement, body)
                case _:
                    self.forget((statement,))

    def rounds(self, loop: core.For, body: Block) -> None:
        """Some rounds of a loop: where variables are until nothing new comes, or nothing of them."""
        changed = {name for statement in statements((loop,)) for name in bound(statement)}
        for _ in range(MOST_ROUNDS):
            round_ = _Known(self.kinds, {**self.values, loop.name: None}, self.elements)
            round_.block(body)
            new = dict(self.values)
            for name in changed & self.values.keys():
                before, after = self.values[name], round_.values.get(name)
                new[name] = None if before is None or after is None else before.joined(after)
            if new == self.values:
                break
            self.values = new
        else:
            self.forget((loop,))

    def after(self, body: Block, name: str, before: Interval) -> Interval | None:
        """Where a variable is after a round that finds it in an interval."""
        round_ = _Known(self.kinds, {**self.values, name: before}, dict(self.elements))
        round_.block(body)
        return round_.of(core.Variable(name))

    def forget(self, block: Block) -> None:
        """Nothing is known of the variables that statements bind."""
        drawn = (core.Draw, core.Define)
        for statement in statements(block):
            if not isinstance(statement, drawn) or not statement.indices:
                self.values.update(dict.fromkeys(bound(statement)))
            if isinstance(statement, core.Define):
                self.elements[statement.name] = None

    def element(self, array: str, here: Interval | None) -> None:
        """One element of an array is here, so that any may be."""
        before = self.elements.get(array, here)
        self.elements[array] = None if before is None or here is None else before.joined(here)

    def either(self, test: Expr, then: Block, orelse: Block) -> None:
        """One of two blocks."""
        first, second = self.where(test, holds=True), self.where(test, holds=False)
        first.block(then)
        second.block(orelse)
        for name in {**first.values, **second.values}:
            a, b = first.values.get(name), second.values.get(name)
            self.values[name] = None if a is None or b is None else a.joined(b)

    def truth(self, expr: Expr) -> bool:
        """Whether an expression is a truth value, not a number."""
        match expr:
            case core.Variable(name):
                return isinstance(self.kinds.get(name), typesys.Bool)
            case core.Prim("index", (core.Variable(name), *_)):
                kind = self.kinds.get(name)
                return isinstance(kind, typesys.Array) and isinstance(kind.element, typesys.Bool)
            case core.Prim(op):
                return op in ("eq", "ne", "lt", "le", "gt", "ge", "not", "is_tag")
            case core.Cond(_, then, orelse):
                return self.truth(then) or self.truth(orelse)
            case core.Literal(value):
                return isinstance(value, bool)
            case _:
                return False

    def of(self, expr: Expr) -> Interval | None:
        """Where the value of an expression is."""
        known = constant(expr)
        if known is not None:
            return Interval(None, (known, known))
        match expr:
            case core.Variable(name):
                return self.values.get(name)
            case core.Prim("index", (core.Variable(name), *_)):
                return self.elements.get(name)
            case core.Prim("int", (what,)) if self.truth(what):
                return Interval(None, (0, 1))
            case core.Prim("add", (a, b)):
                return self.sum(self.of(a), self.of(b))
            case core.Prim("sub", (a, b)):
                other = self.of(b)
                if other is None or other.moved is not None or other.fixed is None:
                    return None
                return self.sum(self.of(a), Interval(None, (-other.fixed[1], -other.fixed[0])))
            case core.Cond(test, then, orelse):
                first = self.where(test, holds=True).of(then)
                second = self.where(test, holds=False).of(orelse)
                return None if first is None or second is None else first.joined(second)
            case core.Prim("min" | "max" as op, (a, b)):
                one, two = self.fixed(a), self.fixed(b)
                if one is None or two is None:
                    return None
                pick = min if op == "min" else max
                return Interval(None, (pick(one[0], two[0]), pick(one[1], two[1])))
            case _:
                return None

    def fixed(self, expr: Expr) -> Pair | None:
        """The interval of a value that is not told from another."""
        found = self.of(expr)
        return None if found is None or found.moved is not None else found.fixed

    def where(self, test: Expr, *, holds: bool) -> _Known:
        """What is known where a test holds, or where it does not."""
        found = _Known(self.kinds, dict(self.values), self.elements)
        match test:
            case core.Prim("not", (inner,)):
                return self.where(inner, holds=not holds)
            case core.Cond(left, right, core.Literal(False)) if holds:
                return self.where(left, holds=True).where(right, holds=True)
            case core.Cond(left, core.Literal(True), right) if not holds:
                return self.where(left, holds=False).where(right, holds=False)
            case core.Prim(op, (core.Variable(name), right)) if op in _LIMITS:
                there, limit = self.fixed(test.args[0]), self.fixed(right)
                if there is not None and limit is not None:
                    within = _LIMITS[op if holds else _OPPOSITE[op]](there, limit)
                    if within[0] <= within[1]:
                        found.values[name] = Interval(None, within)
            case _:
                pass
        return found

    def sum(self, a: Interval | None, b: Interval | None) -> Interval | None:
        """The sum of two, one of which does not move."""
        if a is None or b is None:
            return None
        if a.moved is None and a.fixed is not None:
            return b.plus(a.fixed)
        return a.plus(b.fixed) if b.moved is None and b.fixed is not None else None


_LIMITS: Mapping[str, Callable[[Pair, Pair], Pair]] = {
    "lt": lambda x, y: (x[0], min(x[1], y[1] - 1)),
    "le": lambda x, y: (x[0], min(x[1], y[1])),
    "gt": lambda x, y: (max(x[0], y[0] + 1), x[1]),
    "ge": lambda x, y: (max(x[0], y[0]), x[1]),
    "eq": lambda x, y: (max(x[0], y[0]), min(x[1], y[1])),
    "ne": lambda x, _: x,
}
"""Where x in an interval is if a comparison with y in another one holds."""
_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}


def _drawn(law: Expr) -> Interval | None:
    """Where the draws of a law are."""
    support = support_of(law)
    if isinstance(law, core.Cond):
        then, orelse = _drawn(law.then), _drawn(law.orelse)
        return None if then is None or orelse is None else then.joined(orelse)
    if support is None:
        return None
    if support.kind == "list" and isinstance(support.first, core.Prim) and support.first.op == "list":
        values = [constant(value) for value in support.first.args]
        known = [value for value in values if value is not None]
        return Interval(None, (min(known), max(known))) if known and len(known) == len(values) else None
    count = _count(support.count)
    first = 0 if support.first is None else constant(support.first)
    if support.kind not in ("position", "from") or count is None or first is None:
        return None
    return Interval(None, (first, first + count - 1))


def _count(count: Expr) -> int | None:
    """How many values, if the text says so; rows of one table are equally long."""
    match count:
        case core.Prim("extent", (core.Prim("list", items),), (0,)):
            return len(items)
        case core.Prim("extent", (core.Prim("index", (core.Prim("list", (row, *_)), _)),), (0,)):
            return _count(core.Prim("extent", (row,), (0,)))
        case core.Prim("extent", (core.Cond(_, then, orelse),), (0,)):
            both = [_count(core.Prim("extent", (side,), (0,))) for side in (then, orelse)]
            return both[0] if both[0] == both[1] else None
        case _:
            return constant(moved(count, 0))
