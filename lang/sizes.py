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
    """The mentions of size names in a type, in source order, through aliases.

    An alias is followed once where values show its sizes, and once where they do not: following it
    again would name the same sizes, and pairs of pairs of pairs are endless.
    """
    followed: set[tuple[str, bool]] = set()
    pending: list[tuple[TypeExpr | tuple[Size, ...], tuple[Step, ...], int]] = [(type_, (), 0)]
    while pending:
        part, path, axis = pending.pop()
        inside = 0 if axis == 0 else -1
        match part:
            case tuple():
                yield from _sizes(part, path, axis)
            case NamedType(name, sizes):
                pending.append((sizes, path, axis))
                if name in aliases and (name, axis >= 0) not in followed:
                    followed.add((name, axis >= 0))
                    pending.append((aliases[name], path, axis))
            case ArrayType(element, sizes):
                pending.append((element, path, axis + len(sizes) if axis >= 0 else -1))
                pending.append((sizes, path, axis))
            case OptionType(element):
                pending.append((element, path, axis))
            case ListType(element) | GenericType(_, element):
                pending.append((element, path, -1))
            case TupleType(items):
                # The items of an array of tuples are not reached: the array may be empty.
                places = [(item, (*path, position), inside) for position, item in enumerate(items)]
                pending.extend(reversed(places))
            case RecordType(fields):
                pending.extend(reversed([(item, (*path, name), inside) for name, item in fields]))
            case FunctionType(parameters, result):
                pending.extend(reversed([(item, path, -1) for item in (*parameters, result)]))


def _sizes(sizes: tuple[Size, ...], path: tuple[Step, ...], axis: int) -> Iterator[SizePlace]:
    for position, size in enumerate(sizes):
        if not isinstance(size, SizeNumber):
            offset = size.offset if isinstance(size, SizeSum) else 0
            yield SizePlace(size.name, offset, path, axis + position if axis >= 0 else -1, size.span)
