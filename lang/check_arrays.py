"""Arrays defined element by element: `theta[j] ~ … for j in 0..J`. Their extents from their indices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pplc.lang import syntax as s
from pplc.lang.check_constants import constant, size_value
from pplc.lang.check_state import Checker, Entry
from pplc.lang.scope import Binding
from pplc.lang.typesys import UNKNOWN_SIZE, Array, Extent, Size, shifted


@dataclass(frozen=True, slots=True)
class Definition:
    """One place that defines elements, inside loops over `clauses`."""

    statement: s.Draw | s.Define
    clauses: tuple[s.Clause, ...]


def grown(c: Checker, binding: Binding) -> Entry:
    """What is known of such an array; made up from all its definitions when it is first mentioned."""
    entry = c.entries.get(binding.unique)
    if entry is not None:
        return entry
    body = c.growing.get(binding.unique)
    sizes: tuple[Extent, ...] = (UNKNOWN_SIZE,) * binding.rank
    if body is not None:
        here = [d for d in definitions(body, ()) if _defines(c, d, binding)]
        sizes = tuple(_extent(c, here, axis) for axis in range(binding.rank))
    entry = Entry(Array(c.unify.fresh(soft=True), sizes))
    c.entries[binding.unique] = entry
    return entry


def _defines(c: Checker, definition: Definition, binding: Binding) -> bool:
    target = definition.statement.target
    known = c.binding(target)
    return known is not None and known.unique == binding.unique and len(target.indices) == binding.rank


def definitions(node: s.Node, clauses: tuple[s.Clause, ...]) -> Iterator[Definition]:
    """Every definition of an element in a body, with the loops around it; not in anonymous functions."""
    match node:
        case s.Draw(_, _, own) | s.Define(_, _, own):
            yield Definition(node, clauses + own)
        case s.For(own, body):
            yield from definitions(body, clauses + own)
        case s.While(_, body):
            yield from definitions(body, clauses)
        case s.Block(statements, value):
            for statement in statements:
                yield from definitions(statement, clauses)
            if value is not None:
                yield from definitions(value, clauses)
        case s.ExprStmt(expr, own):
            yield from definitions(expr, clauses + own)
        case s.IfExpr(_, then, orelse):
            yield from definitions(then, clauses)
            if orelse is not None:
                yield from definitions(orelse, clauses)
        case s.Match(_, arms):
            for arm in arms:
                yield from definitions(arm.body, clauses)
        case _:
            pass


def _extent(c: Checker, here: list[Definition], axis: int) -> Extent:
    """One more than the greatest index, if the indices seem to fill the axis."""
    covered = [_covered(c, d.statement.target.indices[axis], d.clauses) for d in here]
    numbers = [(low, high) for low, high in covered if not _named(high)]
    named = [(low, high) for low, high in covered if _named(high)]
    if any(not isinstance(high, Size) for _, high in covered) or not covered:
        return UNKNOWN_SIZE
    if not named:
        return max((high for _, high in numbers), key=_offset)
    names = {high.name for _, high in named if isinstance(high, Size)}
    if len(names) > 1 or names & {name for d in here for name in _loop_variables(c, d)}:
        return UNKNOWN_SIZE
    # Elements given one by one, as `z[0] ~ …`, come before those of the loop.
    starts = [low.offset for low, _ in named if isinstance(low, Size) and not low.name]
    if numbers and max(_offset(high) for _, high in numbers) > max(starts, default=0):
        return UNKNOWN_SIZE
    return max((high for _, high in named), key=_offset)


def _loop_variables(c: Checker, definition: Definition) -> Iterator[str]:
    for clause in definition.clauses:
        binding = c.binding(clause.pattern)
        if binding is not None:
            yield binding.unique


def _named(size: Extent) -> bool:
    return isinstance(size, Size) and bool(size.name)


def _offset(size: Extent) -> int:
    return size.offset if isinstance(size, Size) else 0


def _covered(c: Checker, index: s.Expr, clauses: tuple[s.Clause, ...]) -> tuple[Extent, Extent]:
    """The indices that one definition covers, from the first up to but not including the last."""
    match index:
        case s.Name():
            clause = _clause_of(c, index, clauses)
            if clause is not None:
                if not isinstance(clause.iterable, s.Range):
                    return UNKNOWN_SIZE, UNKNOWN_SIZE
                high = size_value(c, clause.iterable.high)
                return size_value(c, clause.iterable.low), high
        case s.Binary("+" | "-" as op, left, right):
            step = constant(c, right)
            if step is not None and step.denominator == 1:
                low, high = _covered(c, left, clauses)
                by = int(step) if op == "+" else -int(step)
                return shifted(low, by), shifted(high, by)
        case _:
            pass
    value = size_value(c, index)
    return value, shifted(value, 1)


def _clause_of(c: Checker, name: s.Name, clauses: tuple[s.Clause, ...]) -> s.Clause | None:
    binding = c.binding(name)
    for clause in clauses:
        own = c.binding(clause.pattern)
        if own is not None and binding is not None and own.unique == binding.unique:
            return clause
    return None
