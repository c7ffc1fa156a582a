"""Loops whose rounds are steps of a Markov chain: a round as a function of what it needs from outside.

Where a loop counts `t` and reads its arrays only at `t`, `t - 1`, …, a round is the same function every
time: of the values that earlier rounds leave behind (variables that change, and the last few elements of
arrays that the loop defines) and of its data (elements of other arrays at `t`, `t + 1`, …). Two rounds
with equal data then have equal transitions, which need to be found only once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pplc.lang import core
from pplc.lang.analysis import bound, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.liveness import affine
from pplc.lang.passes.rewriting import with_expressions, with_parts


@dataclass(frozen=True, slots=True)
class Place:
    """The element of an array at the loop's variable plus `offset`."""

    array: str
    offset: int

    @property
    def name(self) -> str:
        """The variable that holds it during a round."""
        return f"{self.array}@{self.offset}"


@dataclass(frozen=True)
class Rounds:
    """A loop taken apart.

    body:      of a round, ending in a `return` of the values of `carried` and the defined elements of
               `windows`; elements are variables (`Place.name`).
    carried:   plain variables that a round changes.
    windows:   arrays that a round defines one element of, with the largest distance at which the loop
               reads earlier ones.
    data:      elements of other arrays that a round reads.
    observed:  of these the ones that are nothing but observed.
    counting:  the round reads the loop's variable itself, so that no two rounds are alike.
    relative:  by the name of a site, which of its indices count from the loop's variable.
    elements:  names under which a round records an element of an array, without its index.
    """

    loop: core.For
    body: Block
    carried: tuple[str, ...]
    windows: dict[str, int]
    data: tuple[Place, ...]
    observed: frozenset[Place]
    counting: bool
    relative: dict[str, tuple[bool, ...]]
    elements: frozenset[str]


class _Unfit(Exception):
    """The loop is not of the kind."""


def rounds(loop: core.For) -> Rounds | None:
    """The loop taken apart; None if it is not of the kind, or leaves its function."""
    if loop.into or any(isinstance(s, core.Return | core.While | core.Fail) for s in statements(loop.body)):
        return None
    try:
        return _Taking(loop).taken()
    except _Unfit:
        return None


class _Taking:
    def __init__(self, loop: core.For) -> None:
        self.loop = loop
        self.changed = {name for statement in statements(loop.body) for name in bound(statement)}
        self.windows = dict.fromkeys(self._defined(), 0)
        self.data: dict[Place, None] = {}
        self.otherwise: set[Place] = set()
        self.counting = False
        self.recorded: set[str] = set()

    def taken(self) -> Rounds:
        body = tuple(self._statement(statement) for statement in self.loop.body)
        carried = tuple(sorted(self.changed - self.windows.keys() - {self.loop.name}))
        relative = self._sites()
        observed = frozenset(place for place in self.data if place not in self.otherwise)
        return Rounds(
            self.loop,
            body,
            carried,
            self.windows,
            tuple(self.data),
            observed,
            self.counting,
            relative,
            frozenset(self.recorded),
        )

    def _defined(self) -> Iterator[str]:
        """The arrays of which the loop defines elements: each once a round, that of the round."""
        seen: set[str] = set()
        within = {id(s) for inner in statements(self.loop.body) if isinstance(inner, core.For)
                  for s in statements(inner.body)}  # fmt: skip
        for statement in statements(self.loop.body):
            match statement:
                case core.Draw(name, indices) | core.Define(name, indices) if indices:
                    place = affine(indices[0]) if len(indices) == 1 else None
                    here = place is not None and (place.variable, place.offset) == (self.loop.name, 0)
                    if not here or name in seen or id(statement) in within:
                        raise _Unfit
                    seen.add(name)
                    yield name
                case _:
                    pass

    def _offset(self, expr: Expr) -> int | None:
        """How far an index is from the loop's variable, if that is what it counts from."""
        place = affine(expr)
        return place.offset if place is not None and place.variable == self.loop.name else None

    def _statement(self, statement: Stmt) -> Stmt:
        match statement:
            case core.Draw(name, _, site, law) if name in self.windows:
                made = Place(name, 0).name
                return replace(statement, name=made, indices=(), site=self._site(site), law=self._expr(law))
            case core.Define(name, _, value, recorded):
                if recorded:
                    self.recorded.add(recorded)
                return core.Let(Place(name, 0).name, self._expr(value), recorded, span=statement.span)
            case core.Draw(site=site, law=law):
                return replace(statement, site=self._site(site), law=self._expr(law))
            case core.Observe(name, _, site, law, value):
                if name:
                    raise _Unfit  # entries of it may be missing
                place = self._place(value)
                observed = self._expr(value) if place is None else core.Variable(place.name)
                if place is not None:
                    self.data.setdefault(place)
                return replace(statement, site=self._site(site), law=self._expr(law), value=observed)
            case _:
                return with_expressions(statement, self._expr, self._block)

    def _block(self, block: Block) -> Block:
        return tuple(self._statement(statement) for statement in block)

    def _site(self, site: core.Site) -> core.Site:
        kept = tuple(
            index if self._offset(index) is not None else self._expr(index) for index in site.indices
        )
        return replace(site, indices=kept)

    def _place(self, expr: Expr) -> Place | None:
        """The element of an array of data that an expression is."""
        match expr:
            case core.Prim("index", (core.Variable(name), first)) if name not in self.changed:
                offset = self._offset(first)
                return None if offset is None else Place(name, offset)
            case _:
                return None

    def _expr(self, expr: Expr) -> Expr:
        match expr:
            case core.Variable(name):
                if name in self.windows:
                    raise _Unfit  # the array as a whole
                self.counting = self.counting or name == self.loop.name
                return expr
            case core.Closure(_, captured):
                if any(name in self.windows for name in captured):
                    raise _Unfit
                self.counting = self.counting or self.loop.name in captured
                return expr
            case core.Prim("index", (core.Variable(name), first, *more)):
                offset = self._offset(first)
                if offset is not None and (name in self.windows or name not in self.changed):
                    place = Place(name, offset)
                    if name not in self.windows:
                        self.data.setdefault(place)
                        self.otherwise.add(place)
                    elif offset > 0:
                        raise _Unfit
                    else:
                        self.windows[name] = max(self.windows[name], -offset)
                    element = core.Variable(place.name, span=expr.span)
                    rest = tuple(self._expr(index) for index in more)
                    return replace(expr, args=(element, *rest)) if rest else element
                return with_parts(expr, self._expr)
            case _:
                return with_parts(expr, self._expr)

    def _sites(self) -> dict[str, tuple[bool, ...]]:
        found: dict[str, tuple[bool, ...]] = {}
        for statement in statements(self.loop.body):
            if isinstance(statement, core.Draw | core.Observe):
                site = statement.site
                offsets = tuple(self._offset(index) is not None for index in site.indices)
                if found.setdefault(site.name, offsets) != offsets:
                    raise _Unfit
        return found


def without_places(program: core.Program) -> core.Program:
    """The program in which observed data have no missing entries to fill: what `into` is for."""
    entry = program.model

    def plain(statement: Stmt) -> Stmt:
        changed = with_expressions(statement, lambda expr: expr, lambda block: tuple(map(plain, block)))
        return replace(changed, name="", indices=()) if isinstance(changed, core.Observe) else changed

    body = tuple(map(plain, entry.body))
    return replace(program, functions={**program.functions, program.entry: replace(entry, body=body)})
