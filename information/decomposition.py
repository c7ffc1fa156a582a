"""Partial information decompositions of finite laws: what sources say of a target, alone and together.

Two sources: redundancy R, unique U1 and U2, synergy S, with R + U1 = I(t; x1), R + U2 = I(t; x2) and
R + U1 + U2 + S = I(t; x1 x2). Three and four sources: an atom for every antichain of the lattice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pplc.information.broja import Certified, minimise
from pplc.information.entropy import Names, listed
from pplc.information.lattice import antichains, atoms, by_name
from pplc.information.redundancy import MEASURES as ON_LATTICES
from pplc.information.redundancy import Support, support
from pplc.information.table import Table
from pplc.information.two_sources import FOR_TWO
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean

MEASURES = ("broja", *ON_LATTICES, *FOR_TWO)
"""Names of the measures; `broja` and those of `FOR_TWO` are defined for two sources."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The atoms of a decomposition, in nats.

    measure: its name.
    atoms:   value by antichain: `{x1}{x2}` is shared by both, `{x1}` unique to x1, `{x1 x2}` synergy.
    gap:     each atom is within `gap` of the truth, certified by duality; 0 where a formula gave it.
    """

    measure: str
    atoms: Mapping[str, float]
    gap: float = 0.0


def pid(table: Table, target: Names, sources: Sequence[Names], measure: str = "broja") -> Decomposition:
    """The decomposition of I(target; sources) by a measure, one of `MEASURES`, in nats.

    A source may be several variables. `Rejected` E0609 for a measure that does not exist, or is not
    defined for this many sources.

    >>> from math import log
    >>> gate = Table.of({"000": 0.25, "010": 0.25, "100": 0.25, "111": 0.25}, ("a", "b", "t"))
    >>> round(pid(gate, "t", ["a", "b"]).atoms["{a b}"] / log(2), 6)
    0.5
    """
    check(measure, len(sources))
    groups = [listed(source) for source in sources]
    names = [" ".join(group) if len(group) == 1 else f"({' '.join(group)})" for group in groups]
    if len(set(names)) < len(names):
        raise Rejected(Diagnostic("E0609", f"the sources {', '.join(names)} are not all different", NOWHERE))
    law = support(table, listed(target), groups)
    if measure == "broja":
        return _broja([law], [names])[0]
    if measure in FOR_TWO:
        first, second, both = _informations(law)
        shared = FOR_TWO[measure](law.table.floats, first, second)
        return Decomposition(measure, _four(names, first, second, both, shared))
    values = [ON_LATTICES[measure](law, alpha) for alpha in antichains(len(sources))]
    return Decomposition(measure, by_name(atoms(values, len(sources)), names))


def check(measure: str, sources: int) -> None:
    """Refuses measures that do not exist or are not defined for so many sources."""
    if measure not in MEASURES:
        advice = did_you_mean(measure, MEASURES) or f"the measures are {', '.join(MEASURES)}"
        raise Rejected(Diagnostic("E0609", f"there is no decomposition by `{measure}`", NOWHERE, help=advice))
    antichains(sources)
    if measure not in ON_LATTICES and sources != 2:
        message = f"`{measure}` is defined for two sources, not for {sources}"
        advice = f"on a lattice: {', '.join(ON_LATTICES)}; or take sources together as a tuple"
        raise Rejected(Diagnostic("E0609", message, NOWHERE, help=advice))


def broja_of_many(tables: Sequence[Table]) -> list[Decomposition]:
    """BROJA's decomposition of many tables of three variables, source, source, target, in one call."""
    laws = [support(t, t.names[2:], [t.names[:1], t.names[1:2]]) for t in tables]
    return _broja(laws, [list(t.names[:2]) for t in tables])


def _broja(laws: Sequence[Support], names: Sequence[Sequence[str]]) -> list[Decomposition]:
    if not laws:
        return []
    shapes = np.array([law.table.probabilities.shape for law in laws])
    padded = np.zeros((len(laws), *(int(n) for n in shapes.max(0))))
    for k, law in enumerate(laws):
        t, n1, n2 = law.table.probabilities.shape
        padded[k, :t, :n1, :n2] = law.table.floats
    solved = minimise(padded)
    return [_certified(law, own, solved, k) for k, (law, own) in enumerate(zip(laws, names, strict=True))]


def _certified(law: Support, names: Sequence[str], solved: Certified, k: int) -> Decomposition:
    first, second, both = _informations(law)
    p = law.table.floats.sum((1, 2))
    entropy = -float((p[p > 0] * np.log(p[p > 0])).sum())
    high, low = float(solved.primal[k]) + entropy, float(solved.dual[k]) + entropy
    # The union's information I_Q(t; x1 x2) is at least what each source says, and at most what both do.
    low = max(low, first, second)
    high = min(max(high, low), both)
    middle = min((low + high) / 2, both)
    shared = first + second - middle
    return Decomposition("broja", _four(names, first, second, both, shared), max(high - low, 0.0) / 2)


def _informations(law: Support) -> tuple[float, float, float]:
    """I(t; x1), I(t; x2), I(t; x1 x2)."""
    sets = (frozenset({0}), frozenset({1}), frozenset({0, 1}))
    first, second, both = (law.information(a) for a in sets)
    return first, second, both


def _four(names: Sequence[str], first: float, second: float, both: float, shared: float) -> dict[str, float]:
    """The atoms of two sources from the informations and the redundancy."""
    atoms = [shared, first - shared, second - shared, both - first - second + shared]
    # Differences of equal numbers are 0, and not what is left of their last digits.
    return by_name([0.0 if abs(atom) <= 1e-15 * max(both, 1.0) else atom for atom in atoms], names)
