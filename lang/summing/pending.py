"""Weights that depend on variables to be summed out, as code that is written where the sum is.

While a block is read, what depends on such variables is set aside: values as pending code, weights as terms.
A sum over a variable takes the terms that speak of it and writes one loop over its values; what is left
depends on the other variables of these terms, and is a table over their positions. This is variable
elimination (Zhang & Poole 1996) whose factors are code: in which loop a sum stands, and what is
computed once for all rounds, is decided by where the table is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pplc.lang import core
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.diagnostics import NOWHERE, Span
from pplc.lang.summing.indices import constant, moved
from pplc.lang.summing.renaming import Names, bound_in, renamed, renamed_expr
from pplc.lang.summing.scales import Scale
from pplc.lang.summing.supports import Support

MANY = 8
"""Values that a variable is taken to have whose number the text does not say."""


class CannotSum(Exception):
    """The program has a finite variable that is not summed out by code; the words say why, `span` where."""

    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Finite:
    """A variable that is summed out.

    position: the variable of the program that stands for the position of its value.
    count:    how many values there are. site: where it was drawn.
    """

    position: str
    count: Expr
    site: core.Site
    support: Support


Scope = frozenset[Finite]


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that depends on summed variables: an expression over pending code.

    needs: the numbers of that code. scope: the variables.
    """

    value: Expr
    needs: frozenset[int] = frozenset()
    scope: Scope = frozenset()


def scope_of(readings: Iterable[Reading]) -> Scope:
    """The variables that any of some values depends on."""
    return frozenset[Finite]().union(*(reading.scope for reading in readings))


@dataclass(frozen=True, slots=True)
class Term:
    """A weight that depends on summed variables; `span` is where it comes from."""

    reading: Reading
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def scope(self) -> Scope:
        """The variables it depends on."""
        return self.reading.scope


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum over the values of a variable, for whoever draws from the posterior of that variable.

    site:     of its draw, as it can be evaluated where the sum stands.
    weights:  the array that is summed, one entry per position.
    position: a name, and value: the value at the position of that name.
    axes:     the loops over positions of other variables around it; there is one sum in each round of them.
    """

    site: core.Site
    weights: str
    position: str
    value: Expr
    axes: tuple[str, ...] = ()

    def renamed(self, names: Mapping[str, str]) -> Sum:
        """The same sum in code with other names."""
        return Sum(
            core.Site(self.site.name, tuple(renamed_expr(index, names) for index in self.site.indices)),
            names.get(self.weights, self.weights),
            names.get(self.position, self.position),
            renamed_expr(self.value, names),
            tuple(names.get(axis, axis) for axis in self.axes),
        )


Positions = Mapping[Finite, str]


class Code:
    """Pending code and the sums made of it."""

    def __init__(self, names: Names, scale: Scale, most: int | None = None) -> None:
        self.names = names
        self.most = most
        self.scale = scale
        self.sums: dict[str, Sum] = {}
        self._pending: list[Block] = []
        self._order: dict[Finite, int] = {}

    # ------------------------------------------------------------------ pending

    def variable(self, name: str, support: Support, site: core.Site) -> Finite:
        """A new variable to be summed out."""
        found = Finite(self.names.fresh(f"{name}"), support.count, site, support)
        self._order[found] = len(self._order)
        return found

    def valued(self, variable: Finite, needs: Iterable[int] = (), scope: Scope = frozenset()) -> Reading:
        """The value of a variable; `needs` and `scope` are those of what its values are computed from."""
        value, scope = variable.support.value(core.Variable(variable.position)), scope | {variable}
        if not isinstance(value, core.Variable):
            name = self.names.fresh(variable.position)
            needs = self.pend((core.Let(name, value),), needs)
            value = core.Variable(name)
        return Reading(value, frozenset(needs), scope)

    def certain(self, variable: Finite) -> Expr:
        """The weight of a variable that is not drawn: one of its positions has it all."""
        first = core.Prim("eq", (core.Variable(variable.position), core.Literal(0)))
        return core.Cond(first, self.scale.one, self.scale.zero)

    def pend(self, block: Block, needs: Iterable[int] = ()) -> frozenset[int]:
        """Sets a block aside; what it and its values need from now on."""
        self._pending.append(block)
        return frozenset(needs) | {len(self._pending) - 1}

    def mark(self) -> int:
        """The number of the next pending code: what is inside a block has this number or a later one."""
        return len(self._pending)

    def ordered(self, scope: Iterable[Finite]) -> list[Finite]:
        """Variables in the order in which they were met."""
        return sorted(scope, key=lambda each: self._order[each])

    def block_of(self, needs: Iterable[int]) -> Block:
        """Pending code as it stands, under its own names."""
        return tuple(statement for number in sorted(needs) for statement in self._pending[number])

    def written(
        self, needs: Iterable[int], values: Sequence[Expr], positions: Positions
    ) -> tuple[Block, list[Expr]]:
        """Pending code under fresh names, at these positions, and the values that it gives."""
        block = self.block_of(needs)
        names = {old: self.names.fresh(old) for old in bound_in(block)}
        names.update({each.position: new for each, new in positions.items()})
        for old, new in names.items():
            if old in self.sums:
                self.sums[new] = self.sums[old].renamed(names)
        return renamed(block, names), [renamed_expr(value, names) for value in values]

    # ------------------------------------------------------------------ tables

    def table(
        self,
        axes: Sequence[Finite],
        make: Callable[[Positions], tuple[Block, Expr]],
        name: str,
        positions: Positions | None = None,
    ) -> tuple[Block, Expr]:
        """An array over the positions of some variables; without any, one value."""
        positions = positions or {}
        if not axes:
            return make(positions)
        first, *rest = axes
        position, into = self.names.fresh(first.position), self.names.fresh(name)
        inner, value = self.table(rest, make, name, {**positions, first: position})
        loop = core.For(position, self.range(first), inner, collect=value, into=into)
        return (loop,), core.Variable(into)

    def range(self, variable: Finite) -> Expr:
        """The positions of a variable."""
        return core.Prim("range", (core.Literal(0), variable.count))

    def joined(
        self, terms: Sequence[Term], axes: Sequence[Finite], name: str, extra: Positions | None = None
    ) -> tuple[Block, Expr]:
        """The product of terms as a table."""

        def make(positions: Positions) -> tuple[Block, Expr]:
            needs = frozenset[int]().union(*(term.reading.needs for term in terms))
            block, values = self.written(needs, [t.reading.value for t in terms], positions)
            return block, self.scale.joined(values)

        return self.table(axes, make, name, extra)

    def summed(self, variable: Finite, terms: Sequence[Term], positions: Positions) -> tuple[Block, Expr]:
        """The sum of the product of terms over a variable's values, at positions of the others."""
        position = self.names.fresh(variable.position)
        block, weight = self.joined(terms, (), "", {**positions, variable: position})
        weights, total = self.names.fresh("weights"), self.names.fresh("total")
        loop = core.For(position, self.range(variable), block, collect=weight, into=weights)
        value = variable.support.value(core.Variable(position))
        self.sums[total] = Sum(variable.site, weights, position, value, tuple(positions.values()))
        span = next((term.span for term in terms if term.span != NOWHERE), NOWHERE)
        summing = core.Let(total, core.Prim(self.scale.plus, (core.Variable(weights),)), span=span)
        return (loop, summing), core.Variable(total)

    def eliminated(
        self, variables: Iterable[Finite], terms: Sequence[Term], out: list[Stmt] | None
    ) -> list[Term]:
        """The terms with variables summed out, the cheapest sum first.

        Tables are written to `out`; without it, sums stay pending code of the variables left.
        """
        left: list[Term] = list(terms)
        todo = self.ordered(variables)
        while todo:
            variable = _cheapest(todo, left)
            todo.remove(variable)
            mine = [term for term in left if variable in term.scope]
            left = [term for term in left if variable not in term.scope]
            axes = self.ordered(_around(variable, mine) - {variable})
            if self.most is not None and _entries((variable, *axes)) > self.most:
                raise CannotSum("too many variables meet in one sum")
            span = next((term.span for term in mine if term.span != NOWHERE), NOWHERE)
            if out is None:
                block, value = self.summed(variable, mine, {each: each.position for each in axes})
                left.append(Term(Reading(value, self.pend(block), frozenset(axes)), span))
                continue
            block, value = self.table(axes, partial(self.summed, variable, mine), "table")
            out.extend(block)
            left.append(self.of_table(value, axes, span))
        return left

    def of_table(self, table: Expr, axes: Sequence[Finite], span: Span = NOWHERE) -> Term:
        """The weight that a table has at the positions of its variables."""
        if not axes:
            return Term(Reading(table), span)
        places = tuple(core.Variable(each.position) for each in axes)
        return Term(Reading(core.Prim("index", (table, *places)), scope=frozenset(axes)), span)


def _cheapest(variables: Sequence[Finite], terms: Sequence[Term]) -> Finite:
    """The variable whose sum depends on the fewest others."""
    sizes = [len(_around(variable, terms)) for variable in variables]
    return variables[sizes.index(min(sizes))]


def _entries(variables: Iterable[Finite]) -> int:
    """The size of a table; a variable whose number of values the text does not say is taken to have many."""
    size = 1
    for variable in variables:
        size *= constant(moved(variable.count, 0)) or MANY
    return size


def _around(variable: Finite, terms: Iterable[Term]) -> Scope:
    """A variable and those that share a term with it."""
    return frozenset({variable}).union(*(term.scope for term in terms if variable in term.scope))
