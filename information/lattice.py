"""The redundancy lattice: sets of sources none of which contains another, and sums over it.

Williams & Beer (2010): one antichain α is below another β if every member of β contains a member of α.
A redundancy is a sum of atoms over all that lies below, which Möbius inversion undoes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import TypeAlias

from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected

Members: TypeAlias = frozenset[int]
"""A set of sources, by their numbers, taken together."""

Antichain: TypeAlias = frozenset[Members]

MOST_SOURCES = 4
"""Lattices have 4, 18, 166 and then 7579 elements for 2, 3, 4 and 5 sources."""


@cache
def antichains(sources: int) -> tuple[Antichain, ...]:
    """All antichains of non-empty sets of sources, each after everything below it.

    >>> [len(antichains(n)) for n in (2, 3, 4)]
    [4, 18, 166]
    """
    if not 2 <= sources <= MOST_SOURCES:
        message = f"a decomposition has 2 to {MOST_SOURCES} sources, not {sources}"
        raise Rejected(Diagnostic("E0609", message, NOWHERE, help="take several sources together as a tuple"))
    sets = [frozenset(c) for size in range(1, sources + 1) for c in combinations(range(sources), size)]
    found: list[Antichain] = []

    def grow(chosen: Antichain, rest: Sequence[Members]) -> None:
        if chosen:
            found.append(chosen)
        for k, new in enumerate(rest):
            # Sets come by size: a later one cannot lie inside an earlier one.
            if not any(old <= new for old in chosen):
                grow(chosen | {new}, rest[k + 1 :])

    grow(frozenset(), sets)
    # What is below has more below it still: counting orders the lattice, and names break ties.
    return tuple(sorted(found, key=lambda a: (sum(below(b, a) for b in found), shown(a))))


def below(alpha: Antichain, beta: Antichain) -> bool:
    """Whether α ≼ β: every member of β contains a member of α."""
    return all(any(a <= b for a in alpha) for b in beta)


@cache
def _strictly_below(sources: int) -> tuple[tuple[int, ...], ...]:
    chains = antichains(sources)
    return tuple(
        tuple(k for k, other in enumerate(chains[:at]) if below(other, alpha))
        for at, alpha in enumerate(chains)
    )


def atoms(redundancies: Sequence[float], sources: int) -> list[float]:
    """The atoms whose sums below each antichain are the redundancies, in the order of `antichains`."""
    found: list[float] = []
    for value, lower in zip(redundancies, _strictly_below(sources), strict=True):
        found.append(value - sum(found[k] for k in lower))
    return found


def shown(alpha: Antichain, names: Sequence[str] | None = None) -> str:
    """An antichain as `{x1}{x2 x3}`; without names, numbers.

    >>> shown(frozenset({frozenset({0}), frozenset({1, 2})}), ["a", "b", "c"])
    '{a}{b c}'
    """
    members = sorted(alpha, key=lambda a: (len(a), sorted(a)))
    return "".join(
        "{" + " ".join(str(k) if names is None else names[k] for k in sorted(a)) + "}" for a in members
    )


def by_name(values: Mapping[Antichain, float] | Sequence[float], names: Sequence[str]) -> dict[str, float]:
    """Values of the antichains, in the order of `antichains`, under their names."""
    chains = antichains(len(names))
    listed = [values[a] for a in chains] if isinstance(values, Mapping) else values
    return {shown(a, names): value for a, value in zip(chains, listed, strict=True)}
