"""Arrays of independent laws, taken apart where their parameters are random."""

from __future__ import annotations

from collections.abc import Iterator

from pplc.inference.factor_graph import Refused
from pplc.inference.random_values import Family, as_value, family_in, is_view
from pplc.lang.families import FAMILIES
from pplc.semantics.laws import LawValue, fitted
from pplc.semantics.laws_family import parameters_of
from pplc.semantics.laws_lifted import Lifted
from pplc.semantics.primitives_arithmetic import plain, rank_of
from pplc.semantics.values import Value


def split(law: Value) -> tuple[Value, ...] | None:
    """An array of independent laws as the laws of its elements; None if it is one law."""
    if isinstance(law, Lifted):
        return law.laws
    one = family_in(law)
    if one is None or one.family not in FAMILIES:
        return None
    parameters = parameters_of(one.family, one.parametrisation)
    ranks = [parameter.rank for parameter in parameters[: len(one.arguments)]]
    excess = [
        rank_of(argument) - rank if isinstance(argument, tuple) else 0
        for argument, rank in zip(one.arguments, ranks, strict=True)
    ]
    most = max(excess, default=0)
    if most <= 0:
        return None
    lengths = {
        len(a) for a, axes in zip(one.arguments, excess, strict=True) if axes == most and isinstance(a, tuple)
    }
    length = max(lengths)
    if len(lengths - {1}) > 1:
        raise Refused("arrays of different lengths meet in a law")

    def entry(argument: Value | None, axes: int, k: int) -> Value | None:
        if axes < most or not isinstance(argument, tuple):
            return argument
        return argument[0 if len(argument) == 1 else k]

    return tuple(
        as_value(
            Family(
                one.family,
                tuple(entry(a, axes, k) for a, axes in zip(one.arguments, excess, strict=True)),
                one.parametrisation,
            )
        )
        for k in range(length)
    )


def rank_of_law(law: Value) -> int:
    """The axes of a value of a law."""
    if isinstance(law, LawValue):
        return law.rank
    one = family_in(law)
    if one is not None:
        laws = split(law)
        if laws is not None:
            return 1 + rank_of_law(laws[0])
        if one.family in FAMILIES:
            return FAMILIES[one.family].event_rank
    raise Refused("an array is observed under a law that is random as a whole")


def paired(law: Value, value: Value) -> tuple[tuple[Value, Value], ...] | None:
    """The entries of an array observed under a law, each with its own; None if it is observed as a whole."""
    value = plain(value)
    if not isinstance(value, tuple) or is_view(law):
        return None
    if rank_of(value) > rank_of_law(law):
        return tuple((law, entry) for entry in value)
    laws = split(fitted(law, value) if isinstance(law, LawValue) else law)
    if laws is None or len(laws) not in (1, len(value)):
        return None
    return tuple((laws[k if len(laws) > 1 else 0], entry) for k, entry in enumerate(value))


def entries(
    law: Value, value: Value, index: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Value, Value]]:
    """Every entry of what is observed: its index, its law, its value."""
    pairs = paired(law, value)
    if pairs is None:
        yield index, law, value
        return
    for k, (part, entry) in enumerate(pairs):
        yield from entries(part, entry, (*index, k))
