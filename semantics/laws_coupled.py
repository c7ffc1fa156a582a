"""`couple(p, q)`: the law of pairs with given margins that has the least entropy."""

from __future__ import annotations

from functools import lru_cache

from pplc.semantics.couplings import Coupling, greedy_coupling, least_coupling
from pplc.semantics.faults import unavailable
from pplc.semantics.laws_base import LawValue, is_nothing
from pplc.semantics.laws_finite import Finite, finite_law
from pplc.semantics.laws_scalar import bare
from pplc.semantics.measure import share, total
from pplc.semantics.values import Number, Value

SMALL = 4
"""Values of both laws up to which the least entropy is searched for; that takes some 10 ms at most."""


def coupled(p: LawValue, q: LawValue) -> Finite:
    """The coupling of two finite laws; `Fault` E0511 where one of them is not finite."""
    rows, columns = _table(p), _table(q)
    joint = _coupling(tuple(mass for _, mass in rows), tuple(mass for _, mass in columns))
    pairs: dict[Value, Number] = {(rows[i][0], columns[j][0]): mass for (i, j), mass in joint.items()}
    return finite_law(pairs, f"couple({bare(p)}, {bare(q)})")


def _table(law: LawValue) -> list[tuple[Value, Number]]:
    """The values of positive probability, in order."""
    masses = law.masses()
    if masses is None:
        raise unavailable("couple", law.describe(), "it has no finite table of values")
    kept = [(value, weight) for value, weight in masses if not is_nothing(weight)]
    mass = total(weight for _, weight in kept)
    return [(value, share(weight, mass)) for value, weight in kept]


@lru_cache(maxsize=1024)
def _coupling(p: tuple[Number, ...], q: tuple[Number, ...]) -> Coupling:
    """Programs couple the same laws again and again."""
    if max(len(p), len(q)) <= SMALL:
        return least_coupling(p, q)[0]
    return greedy_coupling([p, q])
