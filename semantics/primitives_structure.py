"""Arrays, tuples, records and sum values: making them and reading parts of them."""

from __future__ import annotations

import itertools
from fractions import Fraction

from pplc.semantics.faults import index_outside, shapes_differ, too_large, wrong_kind
from pplc.semantics.growing import Growing
from pplc.semantics.primitives_arithmetic import Primitive, Static, plain, rank_of
from pplc.semantics.values import MISSING, Record, Tagged, Value, shape_of

MOST_ELEMENTS = 20_000_000
"""Elements that one function may make; a small program must not fill the memory."""


def counted(function: str, *extents: Value) -> tuple[int, ...]:
    """Extents of an array to be made, if it is not too large."""
    shape: list[int] = []
    elements = 1
    for extent in extents:
        if not isinstance(extent, int) or isinstance(extent, bool) or extent < 0:
            raise wrong_kind(function, "a length that is not negative", extent)
        elements *= extent
        shape.append(extent)
    if elements > MOST_ELEMENTS:
        raise too_large(function, f"{elements:,} elements, more than {MOST_ELEMENTS:,}")
    return tuple(shape)


def make_tuple(static: Static, exact: bool, *items: Value) -> Value:  # noqa: ARG001
    """A tuple, list or array of what is given."""
    return tuple(item if isinstance(item, range) else plain(item) for item in items)


def make_record(static: Static, exact: bool, *items: Value) -> Value:  # noqa: ARG001
    """A record; the names are static."""
    return Record(tuple(map(str, static)), tuple(plain(item) for item in items))


def field(static: Static, exact: bool, record: Value) -> Value:  # noqa: ARG001
    """The entry of a record under a static name."""
    if not isinstance(record, Record):
        raise wrong_kind(f".{static[0]}", "a record", record)
    return record[str(static[0])]


def construct(static: Static, exact: bool, *items: Value) -> Value:  # noqa: ARG001
    """A value of a sum type with a static tag."""
    return Tagged(str(static[0]), tuple(plain(item) for item in items))


def is_tag(static: Static, exact: bool, value: Value) -> Value:  # noqa: ARG001
    """Whether a value of a sum type has the static tag."""
    return isinstance(value, Tagged) and value.tag == static[0]


def payload(static: Static, exact: bool, value: Value) -> Value:  # noqa: ARG001
    """What a value of a sum type carries at a static position."""
    if not isinstance(value, Tagged):
        raise wrong_kind("match", "a value of a sum type", value)
    return value.payload[int(static[0])]


def item(static: Static, exact: bool, value: Value) -> Value:  # noqa: ARG001
    """The part of a tuple at a static position."""
    if not isinstance(value, tuple):
        raise wrong_kind("match", "a tuple", value)
    return value[int(static[0])]


def all_tags(static: Static, exact: bool) -> Value:  # noqa: ARG001
    """`values(T)`: every value of an enumerated type, whose tags are static."""
    return tuple(Tagged(str(tag)) for tag in static)


# ------------------------------------------------------------------ indexing


def index(static: Static, exact: bool, array: Value, *indices: Value) -> Value:  # noqa: ARG001
    """`a[i, …]`: an int drops its axis, a range keeps a part of it, arrays of ints pick elements.

    Arrays are broadcast together and give the axes of the result where the first of them stands,
    as in NumPy's advanced indexing; ranges are slices.
    """
    if len(indices) == 1 and type(indices[0]) is int:
        return _element(array, indices[0])
    return _part(array, tuple(i if isinstance(i, range) else plain(i) for i in indices))


def _part(array: Value, indices: tuple[Value, ...]) -> Value:
    if not indices:
        return array
    first, rest = indices[0], indices[1:]
    if isinstance(first, range):
        return tuple(plain(_part(_element(array, i), rest)) for i in first)
    if isinstance(first, tuple):
        return _picked(array, indices)
    return _part(_element(array, first), rest)


def _element(array: Value, position: Value) -> Value:
    if isinstance(array, Growing):
        return array.get(position)
    if not isinstance(array, tuple | range):
        raise wrong_kind("[]", "an array", array)
    if not isinstance(position, int) or isinstance(position, bool):
        raise wrong_kind("[]", "an int as an index", position)
    if not 0 <= position < len(array):
        raise index_outside(position, len(array))
    return array[position]


def _picked(array: Value, indices: tuple[Value, ...]) -> Value:
    """The part for indices of which the first is an array: one round per entry of its leading axis."""
    deepest = max(rank_of(i) for i in indices if isinstance(i, tuple))
    leading = [i for i in indices if isinstance(i, tuple) and rank_of(i) == deepest]
    lengths = {len(i) for i in leading} - {1} or {1}
    if len(lengths) > 1:
        raise shapes_differ(
            "[]", shape_of(leading[0]), shape_of(next(i for i in leading if len(i) != len(leading[0])))
        )
    (length,) = lengths

    def at(entry: Value, round_: int) -> Value:
        if not isinstance(entry, tuple) or rank_of(entry) < deepest:
            return entry
        return entry[0 if len(entry) == 1 else round_]

    return tuple(plain(_part(array, tuple(at(i, r) for i in indices))) for r in range(length))


def length(static: Static, exact: bool, array: Value) -> Value:  # noqa: ARG001
    """The number of elements along the first axis."""
    if isinstance(array, Growing):
        return array.length
    if not isinstance(array, tuple | range | str):
        raise wrong_kind("len", "an array or list", array)
    return len(array)


def extent(static: Static, exact: bool, array: Value) -> Value:
    """The number of elements along a static axis."""
    axis = int(static[0]) if static else 0
    if axis == 0:
        return length((), exact, array)
    shape = shape_of(plain(array))
    return shape[axis] if axis < len(shape) else 0


def make_range(static: Static, exact: bool, *bounds: Value) -> Value:  # noqa: ARG001
    """`a..b`, or `range(n)`: the ints from a (or 0) up to but not including b."""
    ints = [b for b in bounds if isinstance(b, int) and not isinstance(b, bool)]
    if len(ints) != len(bounds) or not 1 <= len(ints) <= 2:
        raise wrong_kind("..", "ints", bounds)
    return range(*ints)


def growing(static: Static, exact: bool) -> Value:  # noqa: ARG001
    """An array of static rank whose elements are yet to be defined."""
    return Growing(int(static[0]))


# ------------------------------------------------------------------ making arrays


def _filled(name: str, whole: Fraction) -> Primitive:
    def primitive(static: Static, exact: bool, *extents: Value) -> Value:  # noqa: ARG001
        value: Value = whole if exact else float(whole)
        for extent_ in reversed(counted(name, *extents)):
            value = (value,) * extent_
        return value

    return primitive


def join(static: Static, exact: bool, *arrays: Value) -> Value:  # noqa: ARG001
    """Lists one after the other."""
    return tuple(itertools.chain.from_iterable(_items("concat", array) for array in arrays))


def flatten(static: Static, exact: bool, lists: Value) -> Value:  # noqa: ARG001
    """One list of the elements of all lists in a list."""
    return tuple(itertools.chain.from_iterable(_items("concat", inner) for inner in _items("concat", lists)))


def zipped(static: Static, exact: bool, *arrays: Value) -> Value:  # noqa: ARG001
    """Tuples of the elements at the same places; the lengths must agree."""
    lists = [_items("zip", array) for array in arrays]
    for other in lists[1:]:
        if len(other) != len(lists[0]):
            raise shapes_differ("zip", (len(lists[0]),), (len(other),))
    return tuple(zip(*lists, strict=True))


def reverse(static: Static, exact: bool, array: Value) -> Value:  # noqa: ARG001
    """The elements from the last to the first."""
    return _items("reverse", array)[::-1]


def append(static: Static, exact: bool, array: Value, value: Value) -> Value:  # noqa: ARG001
    """The list with one more element at its end."""
    return (*_items("append", array), plain(value))


def _items(name: str, array: Value) -> tuple[Value, ...]:
    array = plain(array)
    if not isinstance(array, tuple):
        raise wrong_kind(name, "an array or list", array)
    return array


def is_missing(static: Static, exact: bool, value: Value) -> Value:  # noqa: ARG001
    """Whether an entry of the data is missing."""
    return value is MISSING


def missing(static: Static, exact: bool) -> Value:  # noqa: ARG001
    """The missing value."""
    return MISSING


STRUCTURE: dict[str, Primitive] = {
    "tuple": make_tuple,
    "list": make_tuple,
    "record": make_record,
    "field": field,
    "construct": construct,
    "is_tag": is_tag,
    "payload": payload,
    "item": item,
    "values": all_tags,
    "index": index,
    "len": length,
    "extent": extent,
    "range": make_range,
    "growing": growing,
    "zeros": _filled("zeros", Fraction(0)),
    "ones": _filled("ones", Fraction(1)),
    "zip": zipped,
    "reverse": reverse,
    "concat": join,
    "flatten": flatten,
    "append": append,
    "is_missing": is_missing,
    "missing": missing,
}
