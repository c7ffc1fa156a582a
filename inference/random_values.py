"""Values of a program that are random, as functions of the variables of a factor graph.

Arrays, tuples, records and sum values keep their structure; where something random stands in them,
there is a `View` of one variable, or a `Product` or `Choice` that is not a table yet. They stand
where Core has a `Value`, so they are typed as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final, cast

from pplc.semantics.growing import Growing
from pplc.semantics.laws import LawValue
from pplc.semantics.values import FunctionValue, ModelValue, Number, Record, Tagged, Value


class Mark(Enum):
    """What stands in the place of a value."""

    ABSENT = "not made by this run"
    FAULT = "an error, if this run gets here"


ABSENT: Final = cast(Value, Mark.ABSENT)
FAULT: Final = cast(Value, Mark.FAULT)


@dataclass(frozen=True, slots=True)
class View:
    """A function of one variable: `values[k]` where that has its k-th value."""

    root: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """`constant` times the views, or 1 minus that: a table of it could be exponentially large."""

    constant: Number
    views: tuple[View, ...]
    complement: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A law whose parameters are random: a family or combinator and its arguments, None if left out."""

    family: str
    arguments: tuple[Value | None, ...]
    parametrisation: int


def view_in(value: object) -> View | None:
    """The view that a value is, if it is one."""
    return value if isinstance(value, View) else None


def product_in(value: object) -> Product | None:
    """The product that a value is, if it is one."""
    return value if isinstance(value, Product) else None


def family_in(value: object) -> Family | None:
    """The law of random parameters that a value is, if it is one."""
    return value if isinstance(value, Family) else None


def is_view(value: object) -> bool:
    """Whether a value is a view."""
    return isinstance(value, View)


def possible(value: Value) -> tuple[Value, ...]:
    """What a value may be, marks included: the values of a view; anything else as it is."""
    view = view_in(value)
    return (value,) if view is None else view.values


def is_mark(value: object) -> bool:
    """Whether there is no value."""
    return isinstance(value, Mark)


def as_value(random: View | Product | Family) -> Value:
    """What is random, typed as what stands in environments."""
    return cast(Value, random)


PLAIN = frozenset({bool, int, float, Fraction, str, range, type(None)})
"""Types of values that hold no others."""


class Finder:
    """Finds what is random in values; remembers large arrays that hold nothing random."""

    def __init__(self) -> None:
        self._plain: dict[int, object] = {}

    def random(self, value: object) -> Iterator[View | Product]:
        """The views and products in a value, in order."""
        if type(value) in PLAIN:
            return
        if isinstance(value, View | Product):
            yield value
        elif isinstance(value, tuple):
            yield from self._inside(cast("tuple[object, ...]", value))
        else:
            for part in parts(value):
                yield from self.random(part)

    def _inside(self, items: tuple[object, ...]) -> Iterator[View | Product]:
        if id(items) in self._plain:
            return
        nothing = True
        for item in items:
            if type(item) not in PLAIN:
                for found in self.random(item):
                    nothing = False
                    yield found
        if nothing and len(items) > 8:
            self._plain[id(items)] = items  # kept alive, so that its id stays its own

    def is_random(self, value: object) -> bool:
        """Whether anything in a value is random."""
        return next(self.random(value), None) is not None


def parts(value: object) -> tuple[object, ...]:
    """What a value that is no array is made of."""
    match value:
        case Record(_, values):
            return values
        case Tagged(_, payload):
            return payload
        case FunctionValue(_, captured):
            return captured
        case ModelValue(function, arguments):
            return (function, *arguments)
        case Growing():
            return tuple(item for _, item in value.items())
        case Family(_, arguments):
            return arguments
        case _:
            return ()


def at(value: Value, digits: Mapping[int, int]) -> Value:
    """A value where the variables have their k-th values; a mark if one is in it.

    Products and laws of random parameters must have been made tables before.
    """
    if type(value) in PLAIN:
        return value
    view = view_in(value)
    if view is not None:
        return view.values[digits[view.root]]
    match value:
        case tuple():
            return _whole(items := tuple(at(item, digits) for item in value), items)
        case Record(names, values):
            items = tuple(at(item, digits) for item in values)
            return _whole(items, Record(names, items))
        case Tagged(tag, payload):
            items = tuple(at(item, digits) for item in payload)
            return _whole(items, Tagged(tag, items))
        case FunctionValue(function, captured):
            items = tuple(at(item, digits) for item in captured)
            return _whole(items, FunctionValue(function, items))
        case ModelValue(function, arguments):
            inner = at(function, digits)
            items = tuple(at(item, digits) for item in arguments)
            if isinstance(inner, FunctionValue):
                return _whole(items, ModelValue(inner, items))
            return inner
        case _:
            return value


def _whole(items: tuple[Value, ...], value: Value) -> Value:
    mark = mark_in(items)
    return value if mark is None else mark


def mark_in(values: tuple[Value, ...]) -> Value | None:
    """What some values come to if they are no values: `ABSENT` if one is, as no run reads such a one."""
    found: Value | None = None
    for value in values:
        if value is ABSENT:
            return value
        if value is FAULT:
            found = value
    return found


def is_law(value: object) -> bool:
    """Whether a value is a law, of random parameters or not."""
    return isinstance(value, LawValue | Family)


def kinds(value: object) -> object:
    """The types in a value: what tells `True` and 1 apart, which Python takes for equal."""
    match value:
        case tuple():
            return tuple(map(kinds, cast("tuple[object, ...]", value)))
        case View(_, values):
            return tuple(map(kinds, values))
        case Product(constant, views):
            return (type(constant), *map(kinds, views))
        case Record(_, values) | Tagged(_, values):
            return tuple(map(kinds, values))
        case _:
            return type(value)
