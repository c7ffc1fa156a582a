"""Distributions as run-time values: `make_law` makes every one that Core's `Law` can name."""

from __future__ import annotations

from collections.abc import Sequence

from pplc.semantics.laws_base import Call, LawValue
from pplc.semantics.laws_family import FamilyLaw, family_law, family_ranks, with_defaults
from pplc.semantics.laws_finite import Finite, finite_law
from pplc.semantics.laws_lifted import Lifted, fitted, over
from pplc.semantics.values import Value

__all__ = [
    "FamilyLaw",
    "Finite",
    "LawValue",
    "Lifted",
    "finite_law",
    "fitted",
    "make_law",
]


def make_law(
    family: str, arguments: Sequence[Value | None], parametrisation: int, *, exact: bool, call: Call
) -> LawValue:
    """The law of a family or combinator, parameters in the order of the signature.

    parametrisation: 0 the family's main parameters, k its k-th alternative.
    call:            runs a function of the program, for `Transformed`.
    A parameter outside its domain is a `Fault`.
    """
    values = with_defaults(family, arguments, parametrisation)

    def one(*entries: Value) -> LawValue:
        return family_law(family, entries, parametrisation, exact=exact)

    return over(family, values, family_ranks(family, parametrisation), one, exact=exact)
