"""The random variables that values of a program depend on: numbers, and whatever holds numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    found: set[Unknown] = set()

    def note(number: Unknown) -> Unknown:
        found.add(number)
        return number

    replaced(value, note)
    return found


def replaced(value: Any, change: Callable[[Unknown], Any]) -> Any:
    """The value with the numbers in it that depend on random variables changed; itself if none is."""
    match value:
        case Unknown():
            return change(value)
        case bool() | int() | float() | str() | Fraction() | range() | None:
            return value
        case tuple() | list() | frozenset():
            return _listed(cast("tuple[Any, ...]", value), change)
        case _ if _is_mapping(value):
            return _mapped(value, change)
        case _ if is_dataclass(value) and not isinstance(value, type):
            if type(value).__module__.startswith("pplc.lang"):
                return value  # a piece of the program
            parts = {part.name: getattr(value, part.name) for part in fields(value) if part.init}
            moved = {name: replaced(part, change) for name, part in parts.items()}
            return value if all(parts[name] is moved[name] for name in parts) else type(value)(**moved)
        case _:
            return value


def _listed(value: tuple[Any, ...], change: Callable[[Unknown], Any]) -> Any:
    old = tuple(value)
    new = tuple(replaced(item, change) for item in old)
    if all(a is b for a, b in zip(old, new, strict=True)):
        return value
    kind: Any = type(value)
    return kind(*new) if hasattr(value, "_fields") else kind(new)  # a named tuple takes its parts


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _mapped(value: Mapping[Any, Any], change: Callable[[Unknown], Any]) -> Any:
    made = {replaced(key, change): replaced(item, change) for key, item in value.items()}
    same = all(a is b and value[a] is made[b] for a, b in zip(value, made, strict=True))
    return value if same else made
