"""A program before its data: what is observed is drawn, each place once, where it is observed first.

Without its weights a program draws its data. A datum that is observed again has its value by then, so that
observing it again is a weight, which is left out like every other: weighing the run by it would change the
laws of the variables that were drawn before. Where one place may be observed twice, this is made part of
the program: it notes which places are drawn, and skips the observations of those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple, TypeAlias

from pplc.lang import core
from pplc.lang.analysis import blocks
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.passes.rewriting import in_every_function, with_expressions

PART = "`{}` is observed as a whole after a part of it: before the data, each place is drawn once"

Side: TypeAlias = tuple[int, int]
"""An `if` inside a function, and which of its blocks."""


class _Found(NamedTuple):
    """An observation of a place of a parameter, with the loops and the sides of `if`s around it."""

    statement: core.Observe
    loops: tuple[core.For | core.While, ...]
    sides: tuple[Side, ...]


def drawn_once(program: core.Program) -> core.Program:
    """The program with every place of a parameter observed at most once in a run."""
    return in_every_function(program, _once)


def _once(function: core.Function) -> core.Function:
    found = list(_observations(function.body, (), ()))
    names = {each.statement.name for each in found}
    depths: dict[str, int] = {}
    for name in sorted(names & set(function.parameters)):
        own = [each for each in found if each.statement.name == name]
        if any(_meet(a, b) for k, a in enumerate(own) for b in own[k:]):
            depths[name] = max(len(each.statement.indices) for each in own)
    if not depths:
        return function
    notes = tuple(core.Let(_note(name), _nothing(name, 0, depth)) for name, depth in depths.items())
    return replace(function, body=(*notes, *_guarded(function.body, depths)))


def _observations(
    block: Block, loops: tuple[core.For | core.While, ...], sides: tuple[Side, ...]
) -> Iterator[_Found]:
    for statement in block:
        if isinstance(statement, core.Observe) and statement.name:
            yield _Found(statement, loops, sides)
        inner = (*loops, statement) if isinstance(statement, core.For | core.While) else loops
        for number, nested in enumerate(blocks(statement)):
            side = ((id(statement), number),) if isinstance(statement, core.If) else ()
            yield from _observations(nested, inner, (*sides, *side))


# ------------------------------------------------------------------ can two observations meet?


def _meet(a: _Found, b: _Found) -> bool:
    """Whether both may be of one place in one run; of an observation and itself, whether twice."""
    axes = list(zip(a.statement.indices, b.statement.indices, strict=False))
    if any(_apart(_interval(i, a.loops), _interval(j, b.loops)) for i, j in axes):
        return False
    shared = [x for x, y in zip(a.loops, b.loops, strict=False) if x is y]
    if not all(any(_pins(loop, i, j) for i, j in axes) for loop in shared):
        return True  # in two rounds of one loop
    sides = dict(a.sides)
    return a is not b and all(sides.get(condition, side) == side for condition, side in b.sides)


def _pins(loop: core.For | core.While, i: Expr, j: Expr) -> bool:
    """Whether two indices are equal in the same round of a loop alone."""
    if not isinstance(loop, core.For) or not _is_range(loop.iterable):
        return False
    (first, by), (second, more) = _shifted(i), _shifted(j)
    return first == loop.name == second and by == more


def _shifted(index: Expr) -> tuple[str, int]:
    """A variable and what is added to it; no variable for a number, and none that is known otherwise."""
    match index:
        case core.Literal(int() as value):
            return "", value
        case core.Variable(name):
            return name, 0
        case core.Prim("add" | "sub" as op, (core.Variable(name), core.Literal(int() as by))):
            return name, by if op == "add" else -by
        case core.Prim("add", (core.Literal(int() as by), core.Variable(name))):
            return name, by
        case _:
            return "?", 0


def _interval(index: Expr, loops: Sequence[core.For | core.While]) -> tuple[float, float]:
    """The least and the greatest that an index can be, as far as the text says."""
    name, by = _shifted(index)
    if not name:
        return by, by
    for loop in loops:
        if isinstance(loop, core.For) and loop.name == name and _is_range(loop.iterable):
            match loop.iterable:
                case core.Prim(args=(core.Literal(int() as start), core.Literal(int() as stop))):
                    return start + by, stop - 1 + by
                case core.Prim(args=(core.Literal(int() as start), _)):
                    return start + by, inf
                case _:
                    break
    return -inf, inf


def _is_range(items: Expr) -> bool:
    return isinstance(items, core.Prim) and items.op == "range"


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] < other[0] or other[1] < one[0]


# ------------------------------------------------------------------ noting what is drawn


def _note(name: str) -> str:
    """The variable that says which places of a parameter are drawn, by as many indices as are ever given."""
    return f"{name}#drawn"


def _nothing(name: str, first: int, depth: int) -> Expr:
    """Nothing drawn, in the shape of the axes of a parameter from `first` on."""
    if first == depth:
        return core.Literal(False)
    extents = [core.Prim("extent", (core.Variable(name),), (axis,)) for axis in range(first, depth)]
    return core.Prim("lt", (core.Prim("zeros", tuple(extents)), core.Literal(0)))


def _guarded(block: Block, depths: Mapping[str, int]) -> Block:
    return tuple(_guard(statement, depths) for statement in block)


def _guard(statement: Stmt, depths: Mapping[str, int]) -> Stmt:
    """An observation that is skipped if its place is drawn, and notes that it is from then on."""
    if not isinstance(statement, core.Observe) or statement.name not in depths:
        changed = with_expressions(statement, lambda expr: expr, lambda block: _guarded(block, depths))
        if (
            isinstance(statement, core.For)
            and isinstance(changed, core.For)
            and changed.body != statement.body
        ):
            return replace(changed, independent=False)  # a round reads what those before it have noted
        return changed
    name, indices, span = statement.name, statement.indices, statement.span
    note, depth = core.Variable(_note(name)), depths[statement.name]
    here: Expr = core.Prim("index", (note, *indices), span=statement.site.span) if indices else note
    none, some = _nothing(name, len(indices), depth), here
    fresh: Block = (statement, core.Assign(_note(name), indices, core.Prim("not", (none,)), span=span))
    if len(indices) == depth:
        return core.If(some, (), fresh, span=span)
    partly = core.Fail("E0458", PART.format(statement.site.name), span=span)
    drawn = core.If(core.Prim("all", (here,)), (), (partly,), span=span)
    return core.If(core.Prim("any", (here,)), (drawn,), fresh, span=span)


__all__ = ["drawn_once"]
