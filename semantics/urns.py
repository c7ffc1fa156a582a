"""Draws from a Dirichlet process by its urn: what is kept between them, and the choices there are.

With concentration α and n draws made so far, the next is each earlier one with probability 1 / (α + n),
and new, from the base law, with probability α / (α + n) (Blackwell & MacQueen 1973, eq. 1). The random law
itself, of infinitely many atoms, is never made: the draws have the law they have given it, it summed out.
"""

from __future__ import annotations

from typing import TypeAlias, cast

from pplc.semantics.faults import outside_domain, wrong_kind
from pplc.semantics.formula import Formula
from pplc.semantics.laws_base import LawValue
from pplc.semantics.laws_finite import weighted_list
from pplc.semantics.primitives_arithmetic import add, div, is_number
from pplc.semantics.values import Fault, Number, Urn, UrnModel, Value, show

Drawn: TypeAlias = "tuple[tuple[Value, int], ...]"
"""The values drawn so far, each once, and how often; discrete ones in an order that forgets the draws'."""


def urn_model(concentration: Value, base: Value) -> UrnModel:
    """The value of `DirichletProcess(concentration, base)`."""
    if not isinstance(base, LawValue):
        raise wrong_kind("DirichletProcess", "a law", base)
    if not is_number(concentration):
        raise wrong_kind("DirichletProcess", "a number", concentration)
    amount = cast(Number, concentration)
    # Of a formula its assumptions say that it is positive.
    if not isinstance(amount, Formula) and not amount > 0:
        raise outside_domain("DirichletProcess", "concentration", amount, "positive")
    return UrnModel(amount, base)


def drawn_so_far(value: Value) -> Drawn:
    """What the memory of a run holds of an urn."""
    return cast(Drawn, value)


def which(urn: Urn, drawn: Drawn, *, exact: bool) -> LawValue:
    """The law of the place of the next draw among those so far; one place more is a new one."""
    whole: Number = urn.concentration
    for _, count in drawn:
        whole = add(exact, whole, count)
    counts = (*(count for _, count in drawn), urn.concentration)
    weights = tuple(div(exact, count, whole) for count in counts)
    return weighted_list("DirichletProcess", tuple(range(len(counts))), weights, exact=exact)


def repeated(drawn: Drawn, place: int) -> Drawn:
    """After an earlier value was drawn again."""
    return tuple((value, count + (k == place)) for k, (value, count) in enumerate(drawn))


def added(urn: Urn, drawn: Drawn, value: Value) -> Drawn:
    """After a new value was drawn from the base law, which may give one that there is."""
    for place, (known, _) in enumerate(drawn):
        if known == value:
            return repeated(drawn, place)
    more = (*drawn, (value, 1))
    return tuple(sorted(more, key=lambda entry: show(entry[0]))) if urn.base.discrete else more


def drawn_inside(urn: Urn) -> Fault:
    """Inside `infer` stands a draw from an urn of outside."""
    return Fault(
        "E0457",
        f"`{show(urn)}` was drawn outside `infer`, which would have to answer for every law that it may be",
        "drawn from inside `infer`",
        "draw the Dirichlet process inside the model that `infer` is asked for, or from it outside",
    )
