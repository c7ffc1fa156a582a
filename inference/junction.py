"""Sums over all assignments of a network: bucket elimination up, the same buckets down again.

Every factor lies in the bucket of the variable of its scope that is eliminated first. Upwards a
bucket multiplies its factors, sums its variable out and hands the rest to the next bucket of what
remains (Dechter 1999, "Bucket elimination", Artificial Intelligence 113); downwards each bucket is
rescaled so that it agrees with the bucket it handed to (Lauritzen & Spiegelhalter 1988, on the tree
of buckets). Then every bucket holds the joint law of its variables, up to the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import exp, log

import numpy as np

from pplc.inference.factors import Factor, Scope, Tables, TooWide, Weights


@dataclass(frozen=True, slots=True)
class Order:
    """A sequence in which to eliminate, and what it costs.

    variables: first to last.
    rows:      of all tables together, about.
    widest:    the variable with the largest table, and `most` its rows.
    """

    variables: tuple[int, ...]
    rows: int
    widest: int
    most: int


CHEAP = 50
"""Rows per variable up to which the first order found is good enough."""


def order(
    sizes: Sequence[int], tables: Iterable[tuple[Scope, int]], last: frozenset[int] = frozenset()
) -> Order:
    """A good order of elimination; the variables in `last` come at the end.

    Greedily the variable whose elimination makes the smallest table, and if that is not cheap also the
    one that joins the fewest variables which no factor has joined before; the better of the two
    ("min-weight" and "min-fill" of Kjærulff 1990, "Triangulation of graphs: algorithms giving small total
    state space"). The rows of a table are guessed from how many of the assignments are possible in its
    parts (`tables`: scopes and rows), as if these were independent.
    """
    given = tuple(tables)
    first = _Greedy(sizes, given, last, by_fill=False).order()
    if first.rows <= CHEAP * len(sizes):
        return first
    return min(first, _Greedy(sizes, given, last, by_fill=True).order(), key=lambda found: found.rows)


class _Greedy:
    """The network while it is eliminated on paper: which factors there are, and how full they are."""

    def __init__(
        self,
        sizes: Sequence[int],
        tables: Iterable[tuple[Scope, int]],
        last: frozenset[int],
        *,
        by_fill: bool,
    ) -> None:
        self.logs = [log(size) for size in sizes]
        self.last = last
        self.by_fill = by_fill
        self.scopes: list[frozenset[int]] = []
        self.full: list[float] = []
        self.factors: list[set[int]] = [set() for _ in sizes]
        self.near: list[set[int]] = [set() for _ in sizes]
        for scope, rows in tables:
            self._add(frozenset(scope), log(max(rows, 1)))

    def _add(self, scope: frozenset[int], rows: float) -> None:
        """A factor, by its scope and the log of its rows."""
        for variable in scope:
            self.factors[variable].add(len(self.scopes))
            self.near[variable] |= scope
            self.near[variable].discard(variable)
        self.scopes.append(scope)
        self.full.append(min(0.0, rows - sum(self.logs[v] for v in scope)))

    def _rows(self, variable: int) -> float:
        """The log of the rows of a variable's table."""
        every = self.logs[variable] + sum(self.logs[v] for v in self.near[variable])
        return max(every + sum(self.full[f] for f in self.factors[variable]), self.logs[variable])

    def _cost(self, variable: int) -> tuple[float, float]:
        rows = self._rows(variable)
        if not self.by_fill:
            return rows, 0.0
        near = self.near[variable]
        return sum(len(near) - 1 - len(near & self.near[other]) for other in near) / 2, rows

    def order(self) -> Order:
        costs = [self._cost(variable) for variable in range(len(self.logs))]
        queue = [(v in self.last, cost, v) for v, cost in enumerate(costs)]
        heapify(queue)
        done: set[int] = set()
        found: list[int] = []
        total, widest, most = 0.0, 0, 0.0
        while queue:
            _, cost, variable = heappop(queue)
            if variable in done or cost != costs[variable]:
                continue
            done.add(variable)
            found.append(variable)
            logs = self._rows(variable)
            rows = exp(min(logs, 700.0))
            total += rows
            if rows > most:
                widest, most = variable, rows
            for other in self._eliminate(variable, logs) - done:
                costs[other] = self._cost(other)
                heappush(queue, (other in self.last, costs[other], other))
        return Order(tuple(found), int(total), widest, int(most))

    def _eliminate(self, variable: int, logs: float) -> set[int]:
        """Joins what a variable is joined with; gives the variables whose cost may have changed."""
        rest = frozenset(self.near[variable])
        for factor in tuple(self.factors[variable]):
            for other in self.scopes[factor]:
                self.factors[other].discard(factor)
        for other in rest:
            self.near[other].discard(variable)
        if rest:
            self._add(rest, logs)
        return set(rest).union(*(self.near[other] for other in rest)) if self.by_fill else set(rest)


class Wide(Exception):
    """The table of a variable is too large."""

    def __init__(self, variable: int, rows: int) -> None:
        super().__init__(variable, rows)
        self.variable = variable
        self.rows = rows


class Tree:
    """The buckets of a network in an order of elimination.

    potentials: of each variable the product of its bucket, what others handed up included.
    messages:   what it hands up; a constant where nothing of its scope remains.
    parents:    the variable it hands that to, or -1.
    constants:  weights of factors without variables, of messages of empty scope, and what others were
                scaled by: their product is the evidence.
    rest:       factors of variables that are not eliminated at all.
    """

    def __init__(
        self, tables: Tables, variables: Sequence[int], factors: Iterable[Factor], most_rows: int
    ) -> None:
        self.tables = tables
        self.variables = variables
        self.constants: list[Weights] = []
        self.rest: list[Factor] = []
        self.potentials: dict[int, Factor] = {}
        self.messages: dict[int, Factor] = {}
        self.parents: dict[int, int] = {}
        self._buckets: dict[int, list[Factor]] = {variable: [] for variable in variables}
        self._left = most_rows
        for factor in factors:
            self._put(factor)

    def _put(self, factor: Factor) -> int:
        if not factor.scope:
            self.constants.append(factor.weights)
            return -1
        if factor.scope[-1] not in self._buckets:
            self.rest.append(factor)
            return -1
        self._buckets[factor.scope[-1]].append(factor)
        return factor.scope[-1]

    def gather(self) -> bool:
        """Upwards; whether anything is possible, that is whether the evidence is positive."""
        for variable in self.variables:
            bucket = sorted(self._buckets.pop(variable), key=lambda factor: len(factor.keys))
            try:
                potential = bucket[-1]
                for factor in reversed(bucket[:-1]):
                    potential = self.tables.product(potential, factor)
            except TooWide as wide:
                raise Wide(variable, wide.rows) from None
            self._left -= len(potential.keys)
            if self._left < 0:
                raise Wide(variable, len(potential.keys))
            if not len(potential.keys):
                return False
            message = self.tables.without_last(potential)
            weights, scale = self.tables.algebra.scaled(message.weights)
            message = Factor(message.scope, message.keys, weights)
            if len(scale):
                self.constants.append(scale)
            self.potentials[variable], self.messages[variable] = potential, message
            self.parents[variable] = self._put(message)
        return all(map(len, self.constants))

    def joint(self) -> Factor:
        """The law of the variables that were not eliminated, not normalised, after `gather`."""
        found = Factor((), np.zeros(1, np.int64), self.tables.algebra.one)
        for factor in sorted(self.rest, key=lambda factor: len(factor.keys)):
            found = self.tables.product(found, factor)
        return found

    def spread(self) -> None:
        """Downwards: makes each potential the joint law of its variables, up to a constant of its own."""
        tables = self.tables
        for variable in reversed(self.variables):
            parent = self.parents[variable]
            if parent < 0:
                continue
            own, message = self.potentials[variable], self.messages.pop(variable)
            outside = tables.onto(self.potentials[parent], set(message.scope))
            # What the parent holds for an assignment is never possible where the message is not.
            places = np.searchsorted(message.keys, outside.keys)
            ratio = tables.algebra.quotient(outside.weights, message.weights[places])
            rescaled = tables.product(own, Factor(message.scope, outside.keys, ratio))
            self.potentials[variable] = rescaled

    def marginal(self, variable: int) -> Factor:
        """The law of one variable, not normalised, after `spread`."""
        return self.tables.onto(self.potentials[variable], {variable})
