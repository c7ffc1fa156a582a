"""Exact inference by variable elimination on the factor graph of a static program.

Where forward execution would have to carry many variables at once, here they are summed out one by one
in an order that keeps tables small. Laws and evidence are those of enumeration: rational while tables
are few and their numbers short, otherwise floats on the log scale, which no evidence underflows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import fsum
from typing import NamedTuple, TypeAlias, TypeVar, cast

import numpy as np

from pplc.inference.abstract_run import AbstractRun
from pplc.inference.collect import RETURN, variables
from pplc.inference.factor_graph import FactorGraph, Refused
from pplc.inference.factors import EXACT, LOGS, Algebra, Factor, Overgrown, Scope, Tables, TooWide
from pplc.inference.junction import Order, Tree, Wide, along, order
from pplc.inference.random_values import ABSENT, at, is_mark, is_view, possible, view_in
from pplc.inference.result import Index, Probability
from pplc.semantics.bound import Bound
from pplc.semantics.laws_base import is_opaque
from pplc.semantics.machine import Machine
from pplc.semantics.measure import Measure, is_zero, times, total
from pplc.semantics.nested import Nested
from pplc.semantics.number import IMPOSSIBLE, LogRat, LogWeight, log_weight
from pplc.semantics.values import Address, Value

MOST_ROWS = 4_000_000
"""Rows of one table: a few hundred megabytes while it is made."""

MOST_ROWS_KEPT = 30_000_000
"""Rows of all tables that the way down needs again."""

MOST_EXACT_ROWS = 20_000
"""Rows of all tables up to which rationals are tried: about a second."""

MOST_JOINT = 2_000
"""Rows of a table made only to report a variable whose parts are not numbers."""

K = TypeVar("K")
Laws: TypeAlias = "dict[str, dict[Index, dict[Value, Probability]]]"
Leaves: TypeAlias = "dict[Index, Value]"


@dataclass(frozen=True)
class Plan:
    """A program as a factor graph, and the order in which its variables are summed out.

    drawn:    the value of every draw, named or not.
    reported: the random numbers to report, by address and index within the value.
    left_out: variables that have too many values to be reported.
    """

    graph: FactorGraph
    recorded: Mapping[Address, Value]
    drawn: Mapping[Address, Value]
    reported: Mapping[Address, Leaves]
    left_out: tuple[Address, ...]
    order: Order

    @property
    def rows(self) -> int:
        """The cost: rows of all tables together, an upper bound."""
        return self.order.rows

    @cached_property
    def followed(self) -> int:
        """What following all runs would cost instead: about so many states, or more."""
        return along(*_network(self.graph)).rows

    @property
    def widest(self) -> str:
        """The variable whose elimination makes the largest table."""
        variables_ = self.graph.variables
        return variables_[self.order.widest].name if variables_ else ""


class Answers(NamedTuple):
    """What elimination finds.

    laws:      as in `Result`.
    evidence:  a `LogRat` if everything was rational. Zero if the data are impossible; no laws then.
    rows:      of the largest table.
    """

    laws: Laws
    evidence: LogWeight
    rows: int


def plan(bound: Bound) -> Plan:
    """The factor graph of a program; raises `Refused` if it has none."""
    run = AbstractRun(Machine(bound, exact=True, infer=Nested()))
    run.run()
    graph = run.graph
    reported: dict[Address, Leaves] = {}
    left_out: list[Address] = []
    for address, value in run.recorded.items():
        leaves = _leaves(graph, value)
        if leaves is None:
            left_out.append(address)
        else:
            reported[address] = leaves
    if graph.suspects:
        _refuse_errors(graph)
    return Plan(graph, run.recorded, run.drawn, reported, tuple(left_out), _order(graph))


def _order(graph: FactorGraph, kept: frozenset[int] = frozenset()) -> Order:
    return order(*_network(graph), kept)


def _network(graph: FactorGraph) -> tuple[list[int], list[tuple[Scope, int]]]:
    """How many values each variable has, and the scope and rows of each table."""
    tables = [(table.scope, len(table.rows)) for table in graph.tables]
    return [len(variable.values) for variable in graph.variables], tables


def _refuse_errors(graph: FactorGraph) -> None:
    """Refuses a program in which some run, were it not for its weights, would end in an error."""
    before = FactorGraph(graph.call)
    before.variables = graph.variables
    before.tables = [table for table in graph.tables if table.defines]
    _, tree = _summed(before, _order(before), LOGS, True)
    assert tree is not None
    for variable, places, what in graph.suspects:
        if places.intersection(tree.marginal(variable).keys.tolist()):
            raise Refused(f"{what} may be an error")


def _leaves(graph: FactorGraph, value: Value) -> Leaves | None:
    """What is to be reported of a value: the entries of an array of numbers, else the value as a whole.

    None if the whole has too many values. An error in a run that gets there is `Refused`.
    """
    found: Leaves = {}
    entries = list(_entries((), value))
    numbers = all(_numeric(entry) for _, entry in entries)
    for index, entry in entries if numbers else [((), value)]:
        try:
            if graph.roots(entry) and graph.count(entry) > MOST_JOINT and not is_view(entry):
                return None
            leaf = graph.applied("value", _same, entry)
        except Refused:
            return None
        found[index] = graph.sound(leaf, "a reported variable")
    return found


def _entries(index: Index, value: Value) -> Iterator[tuple[Index, Value]]:
    if isinstance(value, tuple) and value:
        for k, item in enumerate(value):
            yield from _entries((*index, k), item)
    else:
        yield index, value


def _numeric(value: Value) -> bool:
    return all(isinstance(x, int | float | Fraction) or is_mark(x) for x in possible(value))


def _same(value: Value) -> Value:
    return value


# ------------------------------------------------------------------ answers


def run(found: Plan) -> Answers:
    """The laws of all variables, and the evidence."""
    evidence, tree = _solved(found, True)
    largest = max((len(p.keys) for p in tree.potentials.values()), default=0) if tree else 0
    laws: Laws = {}
    if tree is None:
        return Answers(laws, evidence, largest)
    marginals: dict[int, Mapping[int, Probability]] = {}
    names = variables(sorted(found.reported, key=lambda address: address == RETURN))
    for name, elements in names.items():
        of_elements: dict[Index, dict[Value, Probability]] = {}
        for index, address in elements.items():
            for inner, leaf in found.reported[address].items():
                law = _law(tree, leaf, marginals)
                if law:
                    of_elements[*index, *inner] = law
        if of_elements:
            laws[name] = of_elements
    return Answers(laws, evidence, largest)


def _law(
    tree: Tree, leaf: Value, marginals: dict[int, Mapping[int, Probability]]
) -> dict[Value, Probability]:
    """The law of a view, in the order of its values; runs without it are left out."""
    view = view_in(leaf)
    if view is None:
        return {} if leaf is ABSENT or is_opaque(leaf) else {leaf: _one(tree)}
    if view.root not in marginals:
        marginals[view.root] = _probabilities(tree, tree.marginal(view.root))
    terms: dict[Value, list[Probability]] = {}
    for place, probability in marginals[view.root].items():
        value = view.values[place]
        if not is_mark(value) and not is_opaque(value):
            terms.setdefault(value, []).append(probability)
    return {value: _sum(terms[value]) for value in _ordered(terms)}


def _probabilities(tree: Tree, factor: Factor) -> dict[int, Probability]:
    """A law of one variable, normalised, by positions."""
    keys: list[int] = factor.keys.tolist()
    if tree.tables.algebra is LOGS:
        weights = np.exp(factor.weights - factor.weights.max())
        shares: list[Probability] = (weights / weights.sum()).tolist()
    else:
        whole = sum(factor.weights.tolist(), Fraction(0))
        shares = [weight / whole for weight in factor.weights.tolist()]
    return dict(zip(keys, shares, strict=True))


def _one(tree: Tree) -> Probability:
    return 1.0 if tree.tables.algebra is LOGS else Fraction(1)


def _sum(probabilities: list[Probability]) -> Probability:
    if isinstance(probabilities[0], float):
        return fsum(probabilities)
    return sum(probabilities, Fraction(0))


def _ordered(values: Mapping[Value, object]) -> list[Value]:
    try:
        return sorted(values)  # type: ignore[type-var]
    except TypeError:
        return list(values)


def joint(
    found: Plan,
    record: Callable[[Address], bool],
    key: Callable[[dict[Address, Value]], K],
) -> Measure[K]:
    """The unnormalised joint law of what is recorded: `key` of each outcome (the value under `RETURN`)."""
    wanted = {address: value for address, value in found.recorded.items() if record(address)}
    wanted[RETURN] = found.recorded[RETURN]
    return joint_of(found, wanted, key)


def joint_of(
    found: Plan, wanted: Mapping[Address, Value], key: Callable[[dict[Address, Value]], K]
) -> Measure[K]:
    """The unnormalised joint law of some recorded values."""
    tabled = {address: found.graph.tabled(value) for address, value in wanted.items()}
    roots = found.graph.roots(*tabled.values())
    evidence, tree = _solved(found, False, frozenset(roots))
    if tree is None:
        return Measure({})
    factor = tree.joint()
    terms: dict[K, list[LogWeight]] = {}
    digits: list[list[int]] = tree.tables.digits(factor).tolist()
    for row, weight in zip(digits, factor.weights.tolist(), strict=True):
        where = dict(zip(factor.scope, row, strict=True))
        values = {address: at(value, where) for address, value in tabled.items()}
        outcome = key({address: value for address, value in values.items() if value is not ABSENT})
        own: LogWeight = weight if tree.tables.algebra is LOGS else LogRat(weight)
        terms.setdefault(outcome, []).append(times(evidence, own))
    return Measure({outcome: total(weights) for outcome, weights in terms.items()})


def gathered(found: Plan) -> Tree | None:
    """The tree of buckets after the way up, over every variable made so far; None if nothing is possible."""
    return _solved(replace(found, order=_order(found.graph)), False)[1]


def _solved(found: Plan, down: bool, kept: frozenset[int] = frozenset()) -> tuple[LogWeight, Tree | None]:
    """The tree of buckets and the product of its constants: the evidence, if all variables are eliminated.

    No tree if nothing is possible.
    """
    graph = found.graph
    if is_zero(graph.constant):
        return IMPOSSIBLE, None
    best = _order(graph, kept) if kept else found.order
    rational = isinstance(graph.constant, LogRat) and all(
        isinstance(weight, LogRat) for table in graph.tables for weight in table.weights
    )
    if rational and best.rows <= MOST_EXACT_ROWS:
        try:
            return _summed(graph, best, EXACT, down, kept)
        except Overgrown:
            pass
    return _summed(graph, best, LOGS, down, kept)


def _summed(
    graph: FactorGraph, best: Order, algebra: Algebra, down: bool, kept: frozenset[int] = frozenset()
) -> tuple[LogWeight, Tree | None]:
    sizes = [len(variable.values) for variable in graph.variables]
    position = [0] * len(sizes)
    for place, variable in enumerate(best.variables):
        position[variable] = place
    tables = Tables(sizes, position, algebra, MOST_ROWS)
    names = graph.variables
    try:
        factors = [_factor(tables, t.scope, t.rows, t.weights) for t in graph.tables]
        tree = Tree(tables, [v for v in best.variables if v not in kept], factors, MOST_ROWS_KEPT)
        if not tree.gather():
            return IMPOSSIBLE, None
        if down:
            tree.spread()
    except TooWide as wide:
        raise Refused(f"a table would have {wide.rows:,} rows") from None
    except Wide as wide:
        raise Refused(f"the table of `{names[wide.variable].name}` would have {wide.rows:,} rows") from None
    evidence = graph.constant
    for constant in tree.constants:
        weight: float | Fraction = constant.tolist()[0]
        evidence = times(evidence, float(weight) if algebra is LOGS else log_weight(weight))
    return evidence, tree


def _factor(tables: Tables, scope: Scope, rows: object, weights: object) -> Factor:
    given = cast("list[LogWeight]", weights)
    if tables.algebra is LOGS:
        numbers = np.array([float(weight) for weight in given])
    else:
        numbers = np.empty(len(given), object)
        numbers[:] = [weight.value for weight in given if isinstance(weight, LogRat)]
    digits = np.array(rows, np.int64).reshape(len(given), len(scope))
    return tables.factor(scope, digits, numbers)


__all__ = ["Answers", "Plan", "Refused", "gathered", "joint", "plan", "run"]
