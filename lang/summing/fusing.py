"""Loops that read what an earlier loop drew, in the rounds of the earlier loop.

`z[i] ~ Categorical(w) for i in 0..N` and `observe y[i] ~ Normal(mu[z[i]], s) for i in 0..N` are one loop, in
which each `z[i]` is drawn and read, so that its sum stands inside. Where the second loop has one round more
at its start, as the observations of a chain have whose first state is drawn apart, that round goes before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pplc.lang import core
from pplc.lang.analysis import bound, expressions, reads, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.passes.rewriting import bottom_up, with_expressions
from pplc.lang.summing.indices import axis_of, constant, moved, plain
from pplc.lang.summing.scope import array_reads

Summable = Callable[[core.Draw], bool]


def fused(block: Block, summable: Summable) -> Block:
    """The block with every loop that reads finite elements put into the loop that draws them."""
    found = tuple(
        with_expressions(statement, lambda expr: expr, lambda inner: fused(inner, summable))
        for statement in block
    )
    while (smaller := _once(found, summable)) is not None:
        found = smaller
    return found


@dataclass(frozen=True, slots=True)
class _Facts:
    """What statements read and bind, whole names only."""

    read: frozenset[str]
    bound: frozenset[str]

    @staticmethod
    def of(*block: Stmt) -> _Facts:
        every = list(statements(block))
        changed = (name for statement in every for name in bound(statement))
        return _Facts(
            frozenset(name for statement in every for name in reads(*expressions(statement))),
            frozenset(changed),
        )

    def may_pass(self, other: _Facts) -> bool:
        """Whether two pieces of code may change places."""
        return not (self.bound & (other.read | other.bound) or other.bound & self.read)


def _once(block: Block, summable: Summable) -> Block | None:
    """The block with one pair of loops fused; None if there is none."""
    for first, drawing in enumerate(block):
        if not isinstance(drawing, core.For) or drawing.collect is not None:
            continue
        arrays = {s.name: s for s in drawing.body if isinstance(s, core.Draw) and s.indices and summable(s)}
        for second in range(first + 1, len(block)):
            reading = block[second]
            if not isinstance(reading, core.For) or not arrays.keys() & _Facts.of(reading).read:
                continue
            between = block[first + 1 : second]
            joint = _joined(drawing, reading, arrays)
            if joint is None:
                break
            if _Facts.of(*between).may_pass(_Facts.of(reading)):
                return (*block[:first], *joint, *between, *block[second + 1 :])
            if _Facts.of(*between).may_pass(_Facts.of(drawing)):
                return (*block[:first], *between, *joint, *block[second + 1 :])
            break
    return None


def _joined(drawing: core.For, reading: core.For, arrays: dict[str, core.Draw]) -> Block | None:
    """Both loops as one, and before it a round that only the second has."""
    if reading.collect is not None or not reading.independent:
        return None
    ranges = (drawing.iterable, reading.iterable)
    if not all(isinstance(each, core.Prim) and each.op == "range" for each in ranges):
        return None
    (start, stop), (begin, end) = (each.args for each in ranges if isinstance(each, core.Prim))
    early = begin == moved(start, -1) and constant(start) is not None
    if stop != end or not (begin == start or early):
        return None
    first, second = _Facts.of(*drawing.body), _Facts.of(*reading.body)
    if second.bound & (first.read | first.bound):
        return None
    for name in first.bound & second.read:
        # A round of the second loop must read what the first has written by then.
        if name not in arrays or not _only_so_far(reading, name, arrays[name], drawing.name):
            return None
    same = core.Variable(drawing.name)
    body = tuple(_at(statement, reading.name, same) for statement in reading.body)
    joint = replace(drawing, body=(*drawing.body, *body), independent=False)
    if not early:
        return (joint,)
    alone = tuple(_at(statement, reading.name, begin) for statement in reading.body)
    there = core.Prim("lt", (begin, end))
    return (core.If(there, alone, (), span=reading.span), joint)


def _only_so_far(reading: core.For, name: str, draw: core.Draw, variable: str) -> bool:
    own = axis_of(plain(draw.indices), variable)
    if own is None:
        return False
    axis, offset = own
    for place in array_reads(reading.body, name):
        read = None if place is None or len(place) < len(draw.indices) else axis_of(place, reading.name)
        if read is None or read[0] != axis or read[1] > offset:
            return False
    return True


def _at(statement: Stmt, variable: str, index: Expr) -> Stmt:
    """A statement of a loop's body in the round of an index."""

    def change(expr: Expr) -> Expr:
        return bottom_up(
            expr, lambda part: index if isinstance(part, core.Variable) and part.name == variable else part
        )

    def inside(block: Block) -> Block:
        return tuple(_at(inner, variable, index) for inner in block)

    return with_expressions(statement, change, inside)
