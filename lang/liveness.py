"""What a suspended run may still read: the variables, and of arrays the elements.

An engine that merges equal states drops everything else first, so that two runs which differ only in
what is past become one. The needs of a run are put together from its frames, outermost first:

    needs = NOTHING
    for frame in frames from the outermost to the innermost:
        needs = then(piece of the frame, needs)
    needs = then(liveness.rest(block, position), needs)

with `rest` for a block to go on in, `rounds` for a loop in the middle of a round, `again` for a
`while`, `binding` for a statement that waits for its value, `statement` for one that will be done
again. A caller's frame starts afresh from NOTHING: its activation has variables of its own.
`Needs.elements(name, env)` then says which elements of an array to keep. An element not needed is
to be replaced by a mark, not removed: defining it twice is still an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from pplc.lang import core
from pplc.lang.analysis import bound, expressions, parts
from pplc.lang.core import Block, Expr, Stmt


@dataclass(frozen=True, slots=True)
class Affine:
    """`variable + offset`, or just the offset if the variable is empty."""

    variable: str
    offset: int

    def value(self, env: Mapping[str, object]) -> int | None:
        """The number, if the variable is bound to an int."""
        if not self.variable:
            return self.offset
        known = env.get(self.variable)
        return known + self.offset if isinstance(known, int) else None

    def plus(self, more: int) -> Affine:
        """The sum with a constant."""
        return Affine(self.variable, self.offset + more)


@dataclass(frozen=True, slots=True)
class Sweep:
    """The elements from `low` up to but not including `high`, along the first axis."""

    low: Affine
    high: Affine


Elements: TypeAlias = "frozenset[Sweep] | OneOf['all']"
"""Which elements of an array are read; of an array only defined or filled further, none."""

NO_ELEMENTS: frozenset[Sweep] = frozenset()


@dataclass(frozen=True, slots=True)
class Needs:
    """What a piece of code reads that was bound before it.

    reads:   by variable, the elements read; "all" also for whatever is no array.
    kills:   variables certainly bound anew in it, so that nothing after it reads the present value.
    changes: variables possibly bound or changed in it.
    leaves:  nothing after it in the same activation is reached.
    """

    reads: Mapping[str, Elements] = field(default_factory=dict[str, Elements])
    kills: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    leaves: bool = False

    def elements(self, name: str, env: Mapping[str, object]) -> list[range] | None:
        """The elements of a variable still needed, along its first axis; None if all are.

        An empty list for an array of which none is needed, or a variable that is dead.
        """
        sweeps = self.reads.get(name, NO_ELEMENTS)
        if sweeps == "all":
            return None
        found: list[range] = []
        for sweep in sweeps:
            low, high = sweep.low.value(env), sweep.high.value(env)
            if low is None or high is None:
                return None
            if low < high:
                found.append(range(low, high))
        return found


NOTHING = Needs()


def then(first: Needs, rest: Needs) -> Needs:
    """The needs of one piece of code followed by another."""
    if first.leaves:
        return first
    later: dict[str, Elements] = {name: need for name, need in rest.reads.items() if name not in first.kills}
    return Needs(
        _union(first.reads, _without(later, first.changes)),
        first.kills | rest.kills,
        first.changes | rest.changes,
        rest.leaves,
    )


def either(first: Needs, second: Needs) -> Needs:
    """The needs of code that does one or the other."""
    kills = first.kills & second.kills
    if first.leaves or second.leaves:
        kills = second.kills if first.leaves else first.kills
    return Needs(
        _union(first.reads, second.reads),
        kills,
        first.changes | second.changes,
        first.leaves and second.leaves,
    )


class Liveness:
    """The needs of the pieces of one program, each computed when it is first asked for."""

    def __init__(self, program: core.Program) -> None:
        # The program is kept alive, so that ids of its blocks stay theirs.
        self.program = program
        self._rests: dict[int, tuple[Needs, ...]] = {}
        self._kept: list[Block] = []

    def rest(self, block: Block, position: int) -> Needs:
        """The statements of a block from a position to its end."""
        if position >= len(block):
            return NOTHING
        known = self._rests.get(id(block))
        if known is None:
            suffixes = [NOTHING]
            for statement in reversed(block):
                suffixes.append(then(self.statement(statement), suffixes[-1]))
            known = self._rests[id(block)] = tuple(reversed(suffixes))
            self._kept.append(block)
        return known[position]

    def statement(self, statement: Stmt) -> Needs:
        """One statement."""
        match statement:
            case core.If(test, then_block, orelse):
                branches = either(self.rest(then_block, 0), self.rest(orelse, 0))
                return then(_reading((test,)), branches)
            case core.For(_, iterable):
                return then(_reading((iterable,)), self._all_rounds(statement, _bounds(iterable)))
            case core.While():
                return self.again(statement, tested=True)
            case core.Return(value):
                return Needs(_reading((value,)).reads, leaves=True)
            case core.Fail():
                return Needs(leaves=True)
            case _:
                return then(_reading(expressions(statement)), self.binding(statement))

    def binding(self, statement: Stmt) -> Needs:
        """What is left of a statement that waits for its value."""
        match statement:
            case core.Define(name, indices) | core.Draw(name, indices) | core.Observe(name, indices) if (
                indices
            ):
                reads = dict(_reading(indices).reads)
                reads.setdefault(name, NO_ELEMENTS)
                return Needs(reads, changes=frozenset((name,)))
            case core.Assign(name, indices) if indices:
                reads = dict(_reading(indices).reads)
                reads[name] = "all"
                return Needs(reads, changes=frozenset((name,)))
            case core.Observe(name) if name:
                return Needs({name: "all"}, changes=frozenset((name,)))
            case _:
                names = frozenset(bound(statement))
                return Needs(kills=names, changes=names)

    def rounds(self, loop: core.For, remaining: Sequence[object]) -> Needs:
        """The end of a round of a loop, and the rounds for the remaining items."""
        end = _reading([expr for expr in (loop.keep, loop.collect) if expr is not None])
        if not remaining:
            return then(end, _after(loop))
        bounds: tuple[Affine, Affine] | None = None
        if isinstance(remaining, range) and remaining.step == 1:
            bounds = Affine("", remaining.start), Affine("", remaining.stop)
        return then(end, self._all_rounds(loop, bounds))

    def again(self, loop: core.While, *, tested: bool) -> Needs:
        """What follows the body of a `while` (`tested`), or its head; the same word as in the frame.

        After the body comes the head; after the head the test, and then perhaps the body.
        """
        test = _reading((loop.test,))
        head, body = self.rest(loop.head, 0), self.rest(loop.body, 0)
        changes = head.changes | body.changes
        # Any number of turns: what one of them reads some later one may read too.
        turn = then(then(head, test), Needs(body.reads, changes=body.changes))
        turns = Needs(_without(turn.reads, changes), head.kills, changes, head.leaves)
        if tested:
            return turns
        more = then(body, turns)
        return Needs(_union(test.reads, more.reads), frozenset(), changes)

    def _all_rounds(self, loop: core.For, bounds: tuple[Affine, Affine] | None) -> Needs:
        """Any number of rounds, the loop's variable going through `bounds`."""
        end = _reading([expr for expr in (loop.keep, loop.collect) if expr is not None])
        body = then(self.rest(loop.body, 0), end)
        changes = body.changes - {loop.name}
        outer: dict[str, Elements] = {name: need for name, need in body.reads.items() if name != loop.name}
        reads: dict[str, Elements] = {}
        for name, need in _without(outer, changes).items():
            reads[name] = need if need == "all" else _over(need, loop.name, bounds)
        every = Needs(reads, changes=changes | {loop.name})
        return then(every, _after(loop))


def _after(loop: core.For) -> Needs:
    names = frozenset((loop.into,)) if loop.into else frozenset[str]()
    return Needs(kills=names, changes=names)


def _over(sweeps: frozenset[Sweep], variable: str, bounds: tuple[Affine, Affine] | None) -> Elements:
    """What one round of a loop reads, read by all of them."""
    found: set[Sweep] = set()
    for sweep in sweeps:
        low, high = sweep.low, sweep.high
        if variable in (low.variable, high.variable):
            if bounds is None:
                return "all"
            # The first round reads lowest and the last one highest.
            if low.variable == variable:
                low = bounds[0].plus(low.offset)
            if high.variable == variable:
                high = bounds[1].plus(high.offset - 1)
        found.add(Sweep(low, high))
    return frozenset(found)


def _bounds(iterable: Expr) -> tuple[Affine, Affine] | None:
    match iterable:
        case core.Prim("range", (low, high)):
            ends = affine(low), affine(high)
        case core.Prim("range", (high,)):
            ends = Affine("", 0), affine(high)
        case _:
            return None
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def affine(expr: Expr) -> Affine | None:
    """`x`, `x + 3`, `x - 3`, `3 + x`, `3` as such; None for anything else."""
    match expr:
        case core.Literal(bool()):
            return None
        case core.Literal(int() as value):
            return Affine("", value)
        case core.Variable(name):
            return Affine(name, 0)
        case core.Prim("add", (left, core.Literal(int() as value))) | core.Prim(
            "add", (core.Literal(int() as value), left)
        ):
            inner = affine(left)
            return None if inner is None else inner.plus(value)
        case core.Prim("sub", (left, core.Literal(int() as value))):
            inner = affine(left)
            return None if inner is None else inner.plus(-value)
        case _:
            return None


def _reading(exprs: Iterable[Expr]) -> Needs:
    found: dict[str, Elements] = {}
    for expr in exprs:
        _read(expr, found)
    return Needs(found)


def _read(expr: Expr, found: dict[str, Elements]) -> None:
    match expr:
        case core.Variable(name):
            found[name] = "all"
        case core.Closure(_, captured):
            for name in captured:
                found[name] = "all"
        case core.Prim("index", (core.Variable(name), first, *more)):
            place = affine(first)
            before = found.get(name, NO_ELEMENTS)
            if place is None or before == "all":
                found[name] = "all"
            else:
                found[name] = before | {Sweep(place, place.plus(1))}
            for index in (first, *more):
                _read(index, found)
        case _:
            for part in parts(expr):
                _read(part, found)


def _union(first: Mapping[str, Elements], second: Mapping[str, Elements]) -> dict[str, Elements]:
    found = dict(first)
    for name, need in second.items():
        before = found.get(name)
        if before is None or need == "all":
            found[name] = need
        elif before != "all":
            found[name] = before | need
    return found


def _without(needs: Mapping[str, Elements], changes: frozenset[str]) -> dict[str, Elements]:
    """The same, when the variables that the sweeps speak of have changed in between."""
    found: dict[str, Elements] = {}
    for name, need in needs.items():
        stale = need != "all" and any(
            sweep.low.variable in changes or sweep.high.variable in changes for sweep in need
        )
        found[name] = "all" if stale else need
    return found
