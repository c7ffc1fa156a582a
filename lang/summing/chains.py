"""Loops whose finite variables depend on those of earlier rounds: the forward algorithm.

The loop carries a table over the variables that the next round reads, as Baum and Welch's forward pass does
for a hidden Markov chain (Rabiner 1989, eq. 19-21); several chained arrays are one table over all of them.
Weights that do not depend on the loop are computed before it, and those that depend on the round alone for
all rounds at once, so that a round is little more than a product of a table with a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pplc.lang import core
from pplc.lang.core import Expr, Stmt
from pplc.lang.passes.rewriting import bottom_up
from pplc.lang.summing import draws
from pplc.lang.summing.hoisting import Hoisting
from pplc.lang.summing.indices import Place, at, axis_of, moved, plain
from pplc.lang.summing.pending import CannotSum, Finite, Reading, Term
from pplc.lang.summing.scope import Known, array_reads
from pplc.lang.summing.supports import Support

if TYPE_CHECKING:
    from pplc.lang.summing.walk import Walker


@dataclass(frozen=True, slots=True)
class Link:
    """An array of finite variables that a loop draws, and how far back a round reads it.

    axis: the index that counts rounds. ahead: the element that a round draws stands at `variable + ahead`.
    """

    statement: core.Draw
    axis: int
    ahead: int
    lag: int

    def place(self, index: Expr, back: int) -> Place:
        """The indices of the element drawn `back` rounds before the round of `index`."""
        return at(self.statement.indices, self.axis, moved(index, self.ahead - back))


def links(walker: Walker, loop: core.For) -> list[Link]:
    """The arrays that rounds draw and later rounds read."""
    found: list[Link] = []
    for statement in loop.body:
        if (
            not isinstance(statement, core.Draw)
            or not statement.indices
            or draws.summable(walker, statement) is None
        ):
            continue
        own = plain(statement.indices)
        where = axis_of(own, loop.name)
        if where is None:
            continue
        axis, ahead = where
        lag = 0
        for place in array_reads(loop.body, statement.name):
            if place is None or len(place) < len(own):
                raise CannotSum(f"`{statement.name}` is read as a whole")
            read = axis_of(place[: len(own)], loop.name)
            if (
                read is not None
                and read[0] == axis
                and _others(place, axis, len(own)) == _others(own, axis, len(own))
            ):
                lag = max(lag, ahead - read[1])
        if lag:
            found.append(Link(statement, axis, ahead, lag))
    return found


def _others(place: Place, axis: int, count: int) -> Place:
    return tuple(index for k, index in enumerate(place[:count]) if k != axis)


def is_chain(walker: Walker, loop: core.For, known: Known) -> bool:  # noqa: ARG001
    """Whether a loop draws finite variables that later rounds read."""
    return bool(links(walker, loop))


def summed(walker: Walker, loop: core.For, known: Known, out: list[Stmt], terms: list[Term]) -> None:
    """Writes the loop with a table that goes from round to round, and leaves a term of the last table."""
    iterable = loop.iterable
    if not isinstance(iterable, core.Prim) or iterable.op != "range" or loop.collect is not None:
        raise CannotSum("a chain of finite variables goes through a list")
    _Chain(walker, loop, links(walker, loop), known).write(iterable.args[0], iterable.args[1], out, terms)


class _Chain:
    def __init__(self, walker: Walker, loop: core.For, found: list[Link], known: Known) -> None:
        self.walker = walker
        self.code = walker.code
        self.loop = loop
        self.links = found
        self.known = known
        self.alpha = self.code.names.fresh("forward")

    def write(self, start: Expr, stop: Expr, out: list[Stmt], terms: list[Term]) -> None:
        """Everything: the table before the loop, the loop, and the term after it."""
        entering = [self.copied(variable, terms) for variable in self.entering(start)]
        before = [term for term in terms if any(v is not None and v in term.scope for v in entering)]
        before = self.settled(before, terms, entering, out)
        terms[:] = [term for term in terms if term not in before]
        passive = frozenset[Finite]().union(*(term.scope for term in before)) - {v for v in entering if v}
        # The round: what it draws, and the terms of it.
        inner, body = self.known.inner(), list[Stmt]()
        previous = self.previous(inner, entering)
        found = self.walker.block(self.loop.body, inner, body)
        self.walker.check_carried(self.loop, inner, self.known)
        drawn = {link.statement.name: self.drawn(inner, link) for link in self.links}
        for name, variable in drawn.items():
            first = next(v for v, (array, _) in previous.items() if array == name)
            if not variable.support.like(first.support):
                raise CannotSum(f"the values of `{name}` differ from round to round")
        leaving = [
            drawn[array] if back == 1 else self.at_lag(previous, array, back - 1)
            for _, (array, back) in previous.items()
        ]
        outer = frozenset[Finite]().union(*(term.scope for term in found)) - inner.finite - previous.keys()
        axes = self.code.ordered(passive | outer)
        self.first_table(entering, previous, axes, before, out)
        # Later rounds may have more values than the first, for which tables before the loop have room.
        counts = {each: drawn[array].count for each, (array, _) in previous.items()}
        body, found = Hoisting(self.code, self.loop, counts, out).done(body, found, start)
        self.round(body, found, inner, previous, leaving, axes)
        out.append(replace(self.loop, body=tuple(body), independent=False))
        self.after(stop, previous, axes, terms)

    def entering(self, start: Expr) -> list[Finite | None]:
        """The variables that the first round reads as earlier ones'; None before the first element."""
        found: list[Finite | None] = []
        for link in self.links:
            for back in range(1, link.lag + 1):
                place = link.place(start, back)
                reading = self.known.elements.get((link.statement.name, place))
                index = place[link.axis]
                if reading is not None:
                    (variable,) = reading.scope if len(reading.scope) == 1 else (None,)
                    if variable is None:
                        raise CannotSum(f"`{link.statement.name}` does not begin with a finite variable")
                    found.append(variable)
                elif isinstance(index, core.Literal) and isinstance(index.value, int) and index.value < 0:
                    found.append(None)
                else:
                    raise CannotSum(f"`{link.statement.name}` does not begin with a finite variable")
        return found

    def copied(self, variable: Finite | None, terms: list[Term]) -> Finite | None:
        """A variable that enters; another one of equal value, if it is also read by its own name later."""
        later = (self.loop.body, *self.walker.after)
        if variable is None or not self.known.mentioned({variable}, later):
            return variable
        copy = self.code.variable(variable.site.name, variable.support, variable.site)
        same = core.Prim("eq", (core.Variable(copy.position), core.Variable(variable.position)))
        weight = core.Cond(same, self.code.scale.one, self.code.scale.zero)
        terms.append(Term(Reading(weight, scope=frozenset({copy, variable})), self.loop.span))
        self.known.finite.add(copy)
        return copy

    def settled(
        self, before: list[Term], terms: list[Term], entering: list[Finite | None], out: list[Stmt]
    ) -> list[Term]:
        """The terms of the variables that enter, others that nothing reads any more summed out of them."""
        later = (self.loop.body, *self.walker.after)
        enter = frozenset(v for v in entering if v is not None)
        while True:
            scope = frozenset[Finite]().union(*(term.scope for term in before)) - enter
            done = (scope & self.known.finite) - self.known.mentioned(scope, later)
            if not done:
                break
            group = [term for term in terms if any(v in done for v in term.scope)]
            left = self.code.eliminated(done, group, out)
            terms[:] = [term for term in terms if term not in group] + left
            self.known.finite -= done
            before = [term for term in terms if enter & term.scope]
        if not enter <= self.known.finite:
            raise CannotSum("a chain begins outside the block of its loop")
        self.known.finite -= enter
        return before

    def previous(self, inner: Known, entering: list[Finite | None]) -> dict[Finite, tuple[str, int]]:
        """The variables of earlier rounds as a round sees them: by array and how many rounds back."""
        found: dict[Finite, tuple[str, int]] = {}
        index: Expr = core.Variable(self.loop.name)
        slot = 0
        for link in self.links:
            name = link.statement.name
            for back in range(1, link.lag + 1):
                first = entering[slot]
                support = first.support if first is not None else self.own_support(link)
                count = core.Prim("extent", (core.Variable(self.alpha),), (slot,))
                place = link.place(index, back)
                site = replace(link.statement.site, indices=self.site_at(link, index, back))
                variable = self.code.variable(name, replace(support, count=count), site)
                inner.elements[name, place] = self.code.valued(variable)
                found[variable] = (name, back)
                slot += 1
        return found

    def own_support(self, link: Link) -> Support:
        """The support of an array that has no element before the first round: that of its own draws."""
        support = draws.summable(self.walker, link.statement)
        assert support is not None
        return replace(support, count=draws.code_count(self.walker, support.count, self.known))

    def site_at(self, link: Link, index: Expr, back: int) -> tuple[Expr, ...]:
        """The indices of the site of an element drawn some rounds before a round."""
        names = {self.loop.name: moved(index, -back)}
        return plain(tuple(_substituted(i, names) for i in link.statement.site.indices))

    def drawn(self, inner: Known, link: Link) -> Finite:
        """The variable that a round draws."""
        reading = inner.elements[link.statement.name, plain(link.statement.indices)]
        (variable,) = reading.scope
        return variable

    def at_lag(self, previous: Mapping[Finite, tuple[str, int]], array: str, back: int) -> Finite:
        return next(variable for variable, key in previous.items() if key == (array, back))

    def first_table(
        self,
        entering: list[Finite | None],
        previous: Mapping[Finite, tuple[str, int]],
        axes: list[Finite],
        before: list[Term],
        out: list[Stmt],
    ) -> None:
        """The table with which the first round begins."""
        slots: list[Finite] = []
        for variable, seen in zip(entering, previous, strict=True):
            if variable is not None:
                slots.append(variable)
                continue
            # No round reads an element before the first: any weights that sum to 1 will do in its place.
            link = next(each for each in self.links if each.statement.name == previous[seen][0])
            nothing = self.code.variable(link.statement.name, self.own_support(link), seen.site)
            certain = self.code.certain(nothing)
            before = [*before, Term(Reading(certain, scope=frozenset({nothing})), self.loop.span)]
            slots.append(nothing)
        block, table = self.code.joined(before, [*slots, *axes], "forward")
        out.extend(block)
        out.append(core.Let(self.alpha, table, span=self.loop.span))

    def round(
        self,
        body: list[Stmt],
        found: list[Term],
        inner: Known,
        previous: Mapping[Finite, tuple[str, int]],
        leaving: list[Finite],
        axes: list[Finite],
    ) -> None:
        """One round: the next table from this one."""
        places = tuple(core.Variable(v.position) for v in (*previous, *axes))
        carried = core.Prim("index", (core.Variable(self.alpha), *places))
        table = Term(Reading(carried, scope=frozenset((*previous, *axes))), self.loop.span)
        gone = (inner.finite | previous.keys()) - set(leaving)
        left = self.code.eliminated(gone, [table, *found], body)
        block, value = self.code.joined(left, [*leaving, *axes], "forward")
        body.extend(block)
        body.append(core.Assign(self.alpha, (), value, span=self.loop.span))

    def after(
        self, stop: Expr, previous: Mapping[Finite, tuple[str, int]], axes: list[Finite], terms: list[Term]
    ) -> None:
        """The variables of the last rounds, which the block goes on with, and their weight."""
        last: list[Finite] = []
        for slot, (variable, (name, back)) in enumerate(previous.items()):
            link = next(link for link in self.links if link.statement.name == name)
            count = core.Prim("extent", (core.Variable(self.alpha),), (slot,))
            site = replace(link.statement.site, indices=self.site_at(link, stop, back))
            end = self.code.variable(name, replace(variable.support, count=count), site)
            self.known.elements[name, link.place(stop, back)] = self.code.valued(end)
            self.known.finite.add(end)
            last.append(end)
        places = tuple(core.Variable(v.position) for v in (*last, *axes))
        weight = core.Prim("index", (core.Variable(self.alpha), *places))
        terms.append(Term(Reading(weight, scope=frozenset((*last, *axes))), self.loop.span))


def _substituted(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    return bottom_up(
        expr, lambda part: values.get(part.name, part) if isinstance(part, core.Variable) else part
    )
