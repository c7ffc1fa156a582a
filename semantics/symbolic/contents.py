"""The random variables that values of a program depend on: numbers, and whatever holds numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any, cast

from pplc.semantics.symbolic.expression import Latent, Unknown

NONE: frozenset[Latent] = frozenset()


def latents_in(value: object) -> frozenset[Latent]:
    """The random variables in a value: of arrays, records, laws, functions with what they captured."""
    match value:
        case Unknown():
            return value.latents
        case bool() | int() | float() | str() | Fraction() | range() | None:
            return NONE
        case tuple() | list() | frozenset():
            return _joined(cast("tuple[object, ...]", value))
        case Mapping():
            held = cast("Mapping[object, object]", value)
            return _joined((*held.keys(), *held.values()))
        case _ if is_dataclass(value) and not isinstance(value, type):
            if type(value).__module__.startswith("pplc.lang"):
                return NONE  # a piece of the program
            held_fields: list[Any] = [getattr(value, part.name) for part in fields(value)]
            return _joined(held_fields)
        case _:
            return NONE


def _joined(values: Any) -> frozenset[Latent]:
    found = NONE
    for value in values:
        more = latents_in(value)
        if more and not more <= found:
            found = found | more
    return found
