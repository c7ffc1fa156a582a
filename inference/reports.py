"""What is reported of a graph of states: the law of every variable, from the edges that recorded it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeAlias

from pplc.inference.collect import RETURN, split, variables
from pplc.inference.continuous.laws import Mixed
from pplc.inference.continuous.marginals import Marginals
from pplc.inference.continuous.piece import Piece
from pplc.inference.result import Index, Probability
from pplc.inference.state_graph import Graph
from pplc.semantics.growing import Growing
from pplc.semantics.laws_base import is_opaque
from pplc.semantics.measure import ONE, is_zero, share, total
from pplc.semantics.number import LogWeight
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.values import (
    Address,
    Fault,
    Record,
    Value,
)

Laws: TypeAlias = dict[str, dict[Index, dict[Value, Probability]]]
Densities: TypeAlias = dict[str, dict[Index, Mixed]]


def reported(graph: Graph, evidence: LogWeight, *, rational: bool) -> tuple[Laws, Densities, list[str]]:
    """The laws of all variables: finite tables, those with a density somewhere; names of those without rules.

    rational: probabilities may be; otherwise they are floats right to their last digits.
    """
    terms: dict[Address, dict[Value, list[LogWeight]]] = {}
    dense: dict[Address, list[tuple[LogWeight, Value, Piece]]] = {}
    for edge, mass in graph.edges(ONE(True)):
        if is_zero(mass):
            continue
        for address, value in edge.recorded.items():
            if is_opaque(value):
                continue
            known = value.freeze() if isinstance(value, Growing) else value
            if edge.piece.latents and latents_in(known):
                dense.setdefault(address, []).append((mass, known, edge.piece))
            else:
                terms.setdefault(address, {}).setdefault(known, []).append(mass)
    for address, found in dense.items():
        for value, masses in terms.pop(address, {}).items():
            found.append((total(masses), value, Piece()))
    order = sorted(terms, key=lambda address: address == RETURN)
    laws: Laws = {}
    for name, elements in variables(order).items():
        laws[name] = {}
        for index, address in elements.items():
            law = {value: share(total(masses), evidence) for value, masses in terms[address].items()}
            if not rational:
                law = {value: float(probability) for value, probability in law.items()}
            laws[name][index] = {value: law[value] for value in _ordered(law)}
    return laws, *_densities(dense, evidence)


def _densities(
    dense: dict[Address, list[tuple[LogWeight, Value, Piece]]], evidence: LogWeight
) -> tuple[Densities, list[str]]:
    entries: dict[Address, list[tuple[LogWeight, Number, Piece]]] = {}
    for address, values in dense.items():
        for mass, value, piece in values:
            for place, number in numbers_of(address, value):
                entries.setdefault(place, []).append((mass, number, piece))
    marginals = Marginals()
    order = sorted(entries, key=lambda address: address[0] == RETURN[0])
    found: Densities = {}
    without: list[str] = []
    for name, elements in variables(order).items():
        try:
            found[name] = {
                index: marginals.mixed(
                    (share(mass, evidence), number, piece) for mass, number, piece in entries[address]
                )
                for index, address in elements.items()
            }
        except Fault:
            without.append(name)
    return found, without


def numbers_of(address: Address, value: Value) -> Iterator[tuple[Address, Number]]:
    """The numbers in a value, with their addresses: elements of arrays, fields of records."""
    match value:
        case tuple():
            for k, item in enumerate(value):
                _, index = split(address)
                inside = (*address[:-1], (*index, k)) if index else (*address, (k,))
                yield from numbers_of(inside, item)
        case Record(names, values):
            for name, item in zip(names, values, strict=True):
                yield from numbers_of((*address, name), item)
        case int() | float() | Fraction():
            yield address, value
        case _:
            pass


def _ordered(values: Iterable[Value]) -> list[Value]:
    """Values in their own order where they have one; else as they were found."""
    try:
        return sorted(values)  # type: ignore[type-var]
    except TypeError:
        return list(values)
