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


def numbers_in(value: object) -> set[Unknown]:
    """The numbers in a value that depend on random variables."""
    match value:
        case Unknown():
            return {value}
        case _ if not latents_in(value):
            return set()
        case tuple() | list() | frozenset():
            return {number for item in cast("tuple[object, ...]", value) for number in numbers_in(item)}
        case Mapping():
            held = cast("Mapping[object, object]", value)
            return numbers_in((*held.keys(), *held.values()))
        case _:
            parts = fields(cast(Any, value))
            return {number for part in parts for number in numbers_in(getattr(value, part.name))}


def replaced(value: Any, change: Mapping[Unknown, Unknown]) -> Any:
    """The value with some of the numbers in it replaced."""
    match value:
        case Unknown():
            return change.get(value, value)
        case _ if not latents_in(value):
            return value
        case tuple() if hasattr(value, "_fields"):  # a named tuple
            return type(value)(*(replaced(item, change) for item in cast("tuple[Any, ...]", value)))
        case tuple() | list() | frozenset():
            return type(cast("tuple[Any, ...]", value))(replaced(item, change) for item in value)
        case Mapping():
            held = cast("Mapping[Any, Any]", value)
            return {replaced(key, change): replaced(item, change) for key, item in held.items()}
        case _:
            made = {part.name: getattr(value, part.name) for part in fields(value) if part.init}
            return type(value)(**{name: replaced(item, change) for name, item in made.items()})
