"""What variables have in common: the Gács–Körner common part, and the lattice it belongs to.

Variables on one probability space, up to relabelling, are the partitions of its outcomes; their lattice
has the pair as join and the common part as meet. Shannon (1953), "The lattice theory of information".
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from pplc.information.entropy import Names, entropy, listed
from pplc.information.table import Outcome, Probability, Table

COMMON = "common"
"""The name of the common part in the tables made here."""


@dataclass(frozen=True, slots=True)
class CommonPart:
    """The finest variable that each of several variables determines.

    law:     the probabilities of its values, blocks 0, 1, … in order of first appearance.
    block:   for every variable (or group) its value -> the block; what never happens is left out.
    entropy: in nats: the Gács–Körner common information.
    """

    law: tuple[Probability, ...]
    block: tuple[Mapping[Hashable, int], ...]
    entropy: float


def common_part(table: Table, groups: Sequence[Names]) -> CommonPart:
    """The Gács–Körner common part of two or more variables, or groups of variables.

    Values are joined when they happen together; the blocks are the connected components. Gács & Körner
    (1973), sec. 1; for more than two variables Tyagi, Narayan & Gupta (2011).
    """
    grouped = table.grouped({f"g{k}": listed(names) for k, names in enumerate(groups)})
    parent: dict[tuple[int, Hashable], tuple[int, Hashable]] = {}

    def root(node: tuple[int, Hashable]) -> tuple[int, Hashable]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for outcome in [outcome for outcome, _ in grouped.items()]:
        first = root((0, outcome[0]))
        for k, value in enumerate(outcome[1:], 1):
            parent[root((k, value))] = first
    number: dict[tuple[int, Hashable], int] = {}
    law: list[Probability] = []
    for outcome, p in grouped.items():
        at = number.setdefault(root((0, outcome[0])), len(number))
        if at == len(law):
            law.append(0)
        law[at] += p
    block: tuple[dict[Hashable, int], ...] = tuple({} for _ in groups)
    for k, value in parent:
        block[k][value] = number[root((k, value))]
    part = Table.of({(at,): p for at, p in enumerate(law)}, (COMMON,))
    return CommonPart(tuple(law), block, entropy(part, COMMON))


def gacs_korner(table: Table, groups: Sequence[Names]) -> float:
    """The Gács–Körner common information K in nats: the entropy of the common part; K <= I."""
    return common_part(table, groups).entropy


def with_meet(table: Table, groups: Sequence[Names], name: str = COMMON) -> Table:
    """The table with the common part of several groups as one more variable."""
    part = common_part(table, groups)
    places = table.axes(listed(groups[0]))

    def key(outcome: Outcome) -> Hashable:
        return outcome[places[0]] if len(places) == 1 else tuple(outcome[k] for k in places)

    law = {(*outcome, part.block[0][key(outcome)]): p for outcome, p in table.items()}
    return Table.of(law, (*table.names, name))


def determines(table: Table, x: Names, y: Names) -> bool:
    """Whether y is a function of x, that is x is at or above y in the lattice: H(y | x) = 0.

    Decided on the support, without rounding.
    """
    a, b = table.axes(listed(x)), table.axes(listed(y))
    seen: dict[Outcome, Outcome] = {}
    for outcome in [outcome for outcome, _ in table.items()]:
        image = tuple(outcome[k] for k in b)
        if seen.setdefault(tuple(outcome[k] for k in a), image) != image:
            return False
    return True
