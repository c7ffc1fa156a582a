"""Values and traces as plain lists and mappings, so that the state of a chain can be stored in a run file."""

# Stored values are nested lists and mappings of anything.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pplc.semantics.values import MISSING, Address, Missing, Record, Tagged, Value


class Unstorable(Exception):
    """A value that only a running program can hold: a function, a model, a distribution."""


def packed(value: Value) -> Any:
    """A value as numbers, strings, lists and mappings. Raises `Unstorable`."""
    match value:
        case bool() | int() | float() | str():
            return value
        case tuple():
            return [packed(entry) for entry in value]
        case range(start=start, stop=stop, step=step):
            return {"range": [start, stop, step]}
        case Record(names, values):
            return {"names": list(names), "values": [packed(entry) for entry in values]}
        case Tagged(tag, payload):
            return {"tag": tag, "payload": [packed(entry) for entry in payload]}
        case Missing():
            return {"missing": True}
        case _:
            raise Unstorable


def unpacked(stored: Any) -> Value:
    """The value that `packed` made this of."""
    match stored:
        case list():
            return tuple(unpacked(entry) for entry in stored)
        case {"range": [start, stop, step]}:
            return range(start, stop, step)
        case {"names": list(names), "values": list(values)}:
            return Record(tuple(names), tuple(unpacked(entry) for entry in values))
        case {"tag": str(tag), "payload": list(payload)}:
            return Tagged(tag, tuple(unpacked(entry) for entry in payload))
        case {"missing": True}:
            return MISSING
        case _:
            return cast("Value", stored)


def packed_trace(values: Mapping[Address, Value]) -> list[Any]:
    """Choices by address, in order. Raises `Unstorable`."""
    return [[packed(cast("Value", address)), packed(value)] for address, value in values.items()]


def unpacked_trace(stored: Any) -> dict[Address, Value]:
    """The choices that `packed_trace` made this of."""
    return {cast("Address", unpacked(address)): unpacked(value) for address, value in stored}
