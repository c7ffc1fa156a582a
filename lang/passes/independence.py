"""Finding loops whose rounds do not depend on each other, so that they may be done at once.

A loop is independent if no round reads what another round writes:
- it leaves no function early and changes no variable from outside;
- elements of arrays from outside are written only at indices that differ from round to round, and
  such an array is read in the loop only at the round's own index;
- it calls no function that may be memoised, as the first call draws for all.
Draws and weights are no obstacle: each round has its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from pplc.lang import core
from pplc.lang.analysis import REMEMBERING, bound, expressions, inside, may_be_missing, parts, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.passes.rewriting import with_expressions


def find_independent_loops(program: core.Program) -> core.Program:
    """Mark the loops whose rounds are independent."""
    memoising = _may_memoise(program)
    functions = {
        name: replace(function, body=_Marker(function, memoising).block(function.body))
        for name, function in program.functions.items()
    }
    return replace(program, functions=functions)


def _may_memoise(program: core.Program) -> frozenset[str] | None:
    """The functions that may call a memoised function; None if the program memoises nothing."""
    every = program.functions
    if not any(
        isinstance(part, core.Prim) and part.op in REMEMBERING
        for function in every.values()
        for statement in statements(function.body)
        for expr in expressions(statement)
        for part in inside(expr)
    ):
        return None
    found: set[str] = set()
    while True:
        more = {
            name
            for name, function in every.items()
            if function.kind == "fn"
            and any(_calls_memoised(statement, found) for statement in statements(function.body))
        }
        if more == found:
            return frozenset(found)
        found = more


def _calls_memoised(statement: Stmt, memoising: AbstractSet[str]) -> bool:
    match statement:
        case core.Call(_, core.Global(name) | core.Closure(name)) if name != "infer":
            return name in memoising
        case core.Call():
            return True
        case _:
            return False


@dataclass(frozen=True, slots=True)
class _Line:
    """The index at `position` is `slope * variable + offset`, the slope not 0."""

    position: int
    slope: int
    offset: int


class _Marker:
    def __init__(self, function: core.Function, memoising: frozenset[str] | None) -> None:
        self.function = function
        self.memoising = memoising
        self.times = Counter((*function.parameters, *function.captured))
        for statement in statements(function.body):
            self.times.update(bound(statement))

    def block(self, block: Block) -> Block:
        return tuple(self.statement(statement) for statement in block)

    def statement(self, statement: Stmt) -> Stmt:
        changed = with_expressions(statement, lambda expr: expr, self.block)
        if isinstance(changed, core.For):
            return replace(changed, independent=self.independent(changed))
        return changed

    def independent(self, loop: core.For) -> bool:
        body = list(statements(loop.body))
        if any(self._obstacle(statement) for statement in body):
            return False
        own = self._own(body) | {loop.name}
        if any(name not in own for statement in body for name in _rebound(statement)):
            return False
        # For each array from outside that is written: where all its accesses agree on a line.
        shared: dict[str, frozenset[_Line]] = {}
        for statement in body:
            place = self._place(statement)
            if place is not None and place[0] not in own:
                lines = _lines(place[1], loop)
                shared[place[0]] = shared.get(place[0], lines) & lines
        ends = [expr for expr in (loop.collect, loop.keep) if expr is not None]
        for expr in (*ends, *(expr for statement in body for expr in expressions(statement))):
            for name, indices in _array_reads(expr):
                if name in shared:
                    shared[name] &= _lines(indices, loop)
        return all(shared.values())

    def _own(self, body: list[Stmt]) -> set[str]:
        """The variables bound within the loop and nowhere else."""
        here = Counter(name for statement in body for name in bound(statement))
        return {
            name for statement in body for name in _introduced(statement) if here[name] == self.times[name]
        }

    def _obstacle(self, statement: Stmt) -> bool:
        if isinstance(statement, core.Return):
            return True
        if self.memoising is None:
            return False
        if isinstance(statement, core.Draw):
            return not isinstance(statement.law, core.Law)
        return _calls_memoised(statement, self.memoising)

    def _place(self, statement: Stmt) -> tuple[str, tuple[Expr, ...]] | None:
        """The array a statement writes an element of; of data only what may be missing is written."""
        match statement:
            case core.Define(name, indices) | core.Assign(name, indices):
                return name, indices
            case core.Draw(name, indices) if indices:
                return name, indices
            case core.Observe(name, indices) if name:
                kind = self.function.variables.get(name)
                return (name, indices) if kind is None or may_be_missing(kind) else None
            case _:
                return None


def _introduced(statement: Stmt) -> tuple[str, ...]:
    """The variables that a statement binds afresh."""
    match statement:
        case core.Let(name) | core.Draw(name, ()) | core.Call(name):
            return (name,)
        case core.For():
            return bound(statement)
        case _:
            return ()


def _rebound(statement: Stmt) -> tuple[str, ...]:
    """The variables whose whole value a statement sets."""
    if isinstance(statement, core.Assign) and not statement.indices:
        return (statement.name,)
    return _introduced(statement)


def _lines(indices: tuple[Expr, ...], loop: core.For) -> frozenset[_Line]:
    """The indices that no two rounds share."""
    if not (isinstance(loop.iterable, core.Prim) and loop.iterable.op == "range"):
        return frozenset()
    found: set[_Line] = set()
    for position, index in enumerate(indices):
        line = _line(index, loop.name)
        if line is not None and line[0] != 0:
            found.add(_Line(position, *line))
    return frozenset(found)


def _line(expr: Expr, variable: str) -> tuple[int, int] | None:
    """`(slope, offset)` of an expression linear in a variable and otherwise constant."""
    match expr:
        case core.Literal(bool()):
            return None
        case core.Literal(int() as value):
            return 0, value
        case core.Variable(name) if name == variable:
            return 1, 0
        case core.Prim("add" | "sub" | "mul" as op, (left, right)):
            one, two = _line(left, variable), _line(right, variable)
            if one is None or two is None:
                return None
            if op == "mul":
                if one[0] and two[0]:
                    return None
                return one[0] * two[1] + two[0] * one[1], one[1] * two[1]
            sign = 1 if op == "add" else -1
            return one[0] + sign * two[0], one[1] + sign * two[1]
        case _:
            return None


def _array_reads(expr: Expr) -> Iterator[tuple[str, tuple[Expr, ...]]]:
    """The variables an expression reads, with the indices at which; none for a whole."""
    match expr:
        case core.Prim("index", (core.Variable(name), *indices)):
            yield name, tuple(indices)
            for index in indices:
                yield from _array_reads(index)
        case core.Variable(name):
            yield name, ()
        case core.Closure(_, captured):
            for name in captured:
                yield name, ()
        case _:
            for part in parts(expr):
                yield from _array_reads(part)
