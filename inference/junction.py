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
    first = Greedy(sizes, given, last, by_fill=False).order()
    if first.rows <= CHEAP * len(sizes):
        return first
    return min(first, Greedy(sizes, given, last, by_fill=True).order(), key=lambda found: found.rows)


def along(sizes: Sequence[int], tables: Iterable[tuple[Scope, int]]) -> Order:
    """The cost of eliminating each variable after the last table that it stands in, in their own order.

    If the tables stand in the order in which runs meet them, following all runs at once costs about as much,
    or more, since runs carry variables together that no table joins.
    """
    given = tuple(tables)
    done = [0] * len(sizes)
    for place, (scope, _) in enumerate(given):
        for variable in scope:
            done[variable] = place
    variables = sorted(range(len(sizes)), key=lambda variable: done[variable])
    return Greedy(sizes, given, frozenset(), by_fill=False).along(variables)


class Greedy:
    """The network while it is eliminated on paper: which factors there are, and how full they are.

    All sums over neighbours are kept up to date rather than made anew: a dense network of some thousand
    variables would otherwise take minutes to be refused.

    weight: of each variable, the log of its values times those of its neighbours.
    gaps:   the pairs of its neighbours that no factor joins.
    """

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
        self.weight = list(self.logs)
        self.fullness = [0.0] * len(sizes)
        self.gaps = [0] * len(sizes)
        for scope, rows in tables:
            self._add(frozenset(scope), log(max(rows, 1)))

    def _add(self, scope: frozenset[int], rows: float) -> set[int]:
        """A factor, by its scope and the log of its rows; gives the variables with gaps that it closes."""
        changed: set[int] = set()
        for variable in scope:
            for other in scope - self.near[variable]:
                if other > variable:
                    changed |= self._join(variable, other)
        full = min(0.0, rows - sum(self.logs[v] for v in scope))
        for variable in scope:
            self.factors[variable].add(len(self.scopes))
            self.fullness[variable] += full
        self.scopes.append(scope)
        self.full.append(full)
        return changed

    def _join(self, one: int, two: int) -> set[int]:
        """Makes two variables neighbours; gives those that are neighbours of both."""
        near, also = self.near[one], self.near[two]
        both = near & also if self.by_fill else set[int]()
        if self.by_fill:
            self.gaps[one] += len(near) - len(both)
            self.gaps[two] += len(also) - len(both)
            for common in both:
                self.gaps[common] -= 1
        near.add(two)
        also.add(one)
        self.weight[one] += self.logs[two]
        self.weight[two] += self.logs[one]
        return both

    def _rows(self, variable: int) -> float:
        """The log of the rows of a variable's table."""
        return max(self.weight[variable] + self.fullness[variable], self.logs[variable])

    def _cost(self, variable: int) -> tuple[float, float]:
        rows = self._rows(variable)
        return (self.gaps[variable], rows) if self.by_fill else (rows, 0.0)

    def order(self) -> Order:
        """The variables, one after the other the one that costs least."""
        costs = [self._cost(variable) for variable in range(len(self.logs))]
        queue = [(v in self.last, cost, v) for v, cost in enumerate(costs)]
        heapify(queue)
        left = set(range(len(self.logs)))
        found = _Sum()
        while queue:
            _, cost, variable = heappop(queue)
            if variable not in left or cost != costs[variable]:
                continue
            left.discard(variable)
            logs = self._rows(variable)
            found.add(variable, logs)
            for other in self.eliminate(variable, logs):
                costs[other] = self._cost(other)
                heappush(queue, (other in self.last, costs[other], other))
        return found.order()

    def along(self, variables: Iterable[int]) -> Order:
        """The variables in this order."""
        found = _Sum()
        for variable in variables:
            logs = self._rows(variable)
            found.add(variable, logs)
            self.eliminate(variable, logs)
        return found.order()

    def eliminate(self, variable: int, logs: float) -> set[int]:
        """Joins what a variable is joined with; gives the variables whose cost may have changed."""
        rest = frozenset(self.near[variable])
        for factor in self.factors[variable]:
            full = self.full[factor]
            for other in self.scopes[factor]:
                if other != variable:
                    self.factors[other].discard(factor)
                    self.fullness[other] -= full
        for other in rest:
            near = self.near[other]
            near.discard(variable)
            self.weight[other] -= self.logs[variable]
            if self.by_fill:
                self.gaps[other] -= len(near) - len(near & rest)
        if not rest:
            return set()
        return {*rest, *self._add(rest, logs)}


class _Sum:
    """The cost of an order, so far."""

    def __init__(self) -> None:
        self.variables: list[int] = []
        self.rows, self.most, self.widest = 0.0, 0.0, 0

    def add(self, variable: int, logs: float) -> None:
        """A variable, with the log of the rows of its table."""
        rows = exp(min(logs, 700.0))
        self.variables.append(variable)
        self.rows += rows
        if rows > self.most * (1 + 1e-9):
            self.widest, self.most = variable, rows

    def order(self) -> Order:
        """All of it."""
        return Order(tuple(self.variables), round(self.rows), self.widest, round(self.most))


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
