"""What is known while a block is read: which values depend on summed variables, and how to write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pplc.lang import core
from pplc.lang.analysis import expressions, parts, reads, statements
from pplc.lang.core import Block, Expr
from pplc.lang.passes.rewriting import with_parts
from pplc.lang.summing.indices import Place, plain
from pplc.lang.summing.pending import CannotSum, Finite, Reading, Scope


@dataclass(slots=True)
class Known:
    """The values of one block that depend on summed variables.

    values:   by variable. elements: by array and indices, as they are written.
    arrays:   the arrays of which elements depend on such variables.
    finite:   variables that this block draws and that no sum has taken yet.
    counts:   how many elements an array has, where each is written out.
    """

    values: dict[str, Reading] = field(default_factory=dict[str, Reading])
    elements: dict[tuple[str, Place], Reading] = field(default_factory=dict[tuple[str, Place], Reading])
    arrays: set[str] = field(default_factory=set[str])
    finite: set[Finite] = field(default_factory=set[Finite])
    counts: Mapping[str, int] = field(default_factory=dict[str, int])

    def inner(self) -> Known:
        """The same for a block inside, which draws its own."""
        return Known(dict(self.values), dict(self.elements), set(self.arrays), counts=self.counts)

    def depends(self, expr: Expr) -> bool:
        """Whether an expression reads a value that depends on summed variables."""
        return any(name in self.values or name in self.arrays for name in reads(expr))

    def changed_by(self, block: Block) -> bool:
        """Whether a block assigns a variable whose value depends on summed ones."""
        return any(isinstance(s, core.Assign) and s.name in self.values for s in statements(block))

    def read(self, expr: Expr) -> Reading:
        """An expression over pending code."""
        needs: set[int] = set()
        scope: set[Finite] = set()

        def met(reading: Reading) -> Expr:
            needs.update(reading.needs)
            scope.update(reading.scope)
            return reading.value

        def change(part: Expr) -> Expr:
            match part:
                case core.Prim("index", (core.Variable(name), *indices)) if name in self.arrays:
                    place = plain(tuple(indices))
                    for length in range(1, len(place) + 1):
                        found = self.elements.get((name, place[:length]))
                        if found is not None:
                            rest = tuple(change(index) for index in indices[length:])
                            value = met(found)
                            return core.Prim("index", (value, *rest), span=part.span) if rest else value
                    every = self.listed(name)
                    if every is None:
                        raise CannotSum(f"which element of `{name}` is read is not plain")
                    whole = core.Prim("list", tuple(map(met, every)))
                    return core.Prim("index", (whole, *map(change, indices)), span=part.span)
                case core.Variable(name) if name in self.arrays:
                    every = self.listed(name)
                    if every is None:
                        raise CannotSum(f"`{name}` is read as a whole")
                    return core.Prim("list", tuple(map(met, every)))
                case core.Variable(name) if name in self.values:
                    return met(self.values[name])
                case core.Closure(_, captured):
                    if any(name in self.arrays for name in captured):
                        raise CannotSum("a function captures an array of summed variables")
                    names: list[str] = []
                    for name in captured:
                        value = met(self.values[name]) if name in self.values else core.Variable(name)
                        assert isinstance(value, core.Variable)  # pending values are bound by a `let`
                        names.append(value.name)
                    return core.Closure(part.function, tuple(names), span=part.span)
                case _:
                    return with_parts(part, change)

        value = change(expr)
        return Reading(value, frozenset(needs), frozenset(scope))

    def listed(self, array: str) -> list[Reading] | None:
        """All elements of an array along one axis, if each is written out and known by now."""
        found = [
            self.elements.get((array, (core.Literal(place),))) for place in range(self.counts.get(array, 0))
        ]
        known = [reading for reading in found if reading is not None]
        return known if known and len(known) == len(found) else None

    def mentioned(self, scope: Iterable[Finite], later: Iterable[Block]) -> frozenset[Finite]:
        """The variables that later code reads, itself or through a value."""
        wanted, found = frozenset(scope), set[Finite]()
        for block in later:
            for expr in _every(block):
                for part in _outermost(expr):
                    found |= self._through(part)
        return wanted & found

    def _through(self, part: Expr) -> Scope:
        match part:
            case core.Variable(name) if name in self.values:
                return self.values[name].scope
            case core.Closure(_, captured):
                return frozenset[Finite]().union(*(self._through(core.Variable(n)) for n in captured))
            case core.Prim("index", (core.Variable(name), *indices)) if name in self.arrays:
                place = plain(tuple(indices))
                return frozenset[Finite]().union(
                    *(r.scope for (array, at), r in self.elements.items() if array == name and at == place)
                )
            case _:
                return frozenset()


def _every(block: Block) -> Iterator[Expr]:
    for statement in statements(block):
        yield from expressions(statement)


def _outermost(expr: Expr) -> Iterator[Expr]:
    """The parts of an expression, an indexed array together with its indices."""
    yield expr
    if isinstance(expr, core.Prim) and expr.op == "index":
        for part in parts(expr)[1:]:
            yield from _outermost(part)
        if not isinstance(expr.args[0], core.Variable):
            yield from _outermost(expr.args[0])
    else:
        for part in parts(expr):
            yield from _outermost(part)


def array_reads(block: Iterable[core.Stmt], name: str) -> Iterator[Place | None]:
    """The indices at which statements read an array; None where they read it otherwise."""
    for statement in statements(tuple(block)):
        for expr in expressions(statement):
            for part in _outermost(expr):
                match part:
                    case core.Prim("index", (core.Variable(read), *indices)) if read == name:
                        yield plain(tuple(indices))
                    case core.Variable(read) if read == name:
                        yield None
                    case core.Closure(_, captured) if name in captured:
                        yield None
                    case _:
                        pass
