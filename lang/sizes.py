"""Where the size names of parameter types are found: `J` of `y: real[J]` is the length of `y`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pplc.lang.diagnostics import Span
from pplc.lang.syntax import (
    ArrayType,
    FunctionType,
    GenericType,
    ListType,
    NamedType,
    OptionType,
    RecordType,
    Size,
    SizeNumber,
    SizeSum,
    TupleType,
    TypeExpr,
)

Step: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class SizePlace:
    """One mention of a size name in a type.

    path:   tuple positions and record fields that lead to the array.
    axis:   of that array; -1 if no value shows the size (inside lists, functions and models).
    offset: the extent is the size plus this.
    """

    name: str
    offset: int
    path: tuple[Step, ...]
    axis: int
    span: Span


def size_places(type_: TypeExpr, aliases: Mapping[str, TypeExpr]) -> Iterator[SizePlace]:
    """Every mention of a size name in a type, in source order, through aliases."""
    return _places(type_, aliases, (), 0, frozenset())


def _places(
    type_: TypeExpr, aliases: Mapping[str, TypeExpr], path: tuple[Step, ...], axis: int, seen: frozenset[str]
) -> Iterator[SizePlace]:
    match type_:
        case NamedType(name, sizes):
            if name in aliases and name not in seen:
                yield from _places(aliases[name], aliases, path, axis, seen | {name})
            yield from _sizes(sizes, path, axis)
        case ArrayType(element, sizes):
            yield from _sizes(sizes, path, axis)
            yield from _places(element, aliases, path, axis + len(sizes) if axis >= 0 else -1, seen)
        case OptionType(element):
            yield from _places(element, aliases, path, axis, seen)
        case ListType(element):
            yield from _places(element, aliases, path, -1, seen)
        case TupleType(items):
            for position, item in enumerate(items):
                # The items of an array of tuples are not reached: the array may be empty.
                yield from _places(item, aliases, (*path, position), 0 if axis == 0 else -1, seen)
        case RecordType(fields):
            for name, item in fields:
                yield from _places(item, aliases, (*path, name), 0 if axis == 0 else -1, seen)
        case FunctionType(parameters, result):
            for item in (*parameters, result):
                yield from _places(item, aliases, path, -1, seen)
        case GenericType(_, argument):
            yield from _places(argument, aliases, path, -1, seen)


def _sizes(sizes: tuple[Size, ...], path: tuple[Step, ...], axis: int) -> Iterator[SizePlace]:
    for position, size in enumerate(sizes):
        if not isinstance(size, SizeNumber):
            offset = size.offset if isinstance(size, SizeSum) else 0
            yield SizePlace(size.name, offset, path, axis + position if axis >= 0 else -1, size.span)
