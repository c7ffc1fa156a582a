"""Types and sizes: frozen records, how they are written, and the few questions everyone asks of them.

`real[K, N]` and `array[K] real[N]` are one type: `array` flattens. Sizes are symbolic: a number, or a
name plus a constant, or unknown. Unification and widening stand in `pplc.lang.check_unify`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

# ------------------------------------------------------------------ sizes


@dataclass(frozen=True, slots=True)
class Size:
    """`name + offset`; a plain number has an empty name.

    declared: the name is a size name or an `int` parameter, so that two different names are different
              sizes; otherwise it is a computed `int` variable, about which nothing is known.
    """

    name: str = ""
    offset: int = 0
    declared: bool = True


@dataclass(frozen=True, slots=True)
class SizeVariable:
    """A size still to be found, plus a constant."""

    number: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class UnknownSize:
    """A length that is known only when the program runs."""


Extent: TypeAlias = Size | SizeVariable | UnknownSize
UNKNOWN_SIZE = UnknownSize()


def shifted(size: Extent, by: int) -> Extent:
    """The size plus a constant."""
    match size:
        case Size(name, offset, declared):
            return Size(name, offset + by, declared)
        case SizeVariable(number, offset):
            return SizeVariable(number, offset + by)
        case UnknownSize():
            return size
        case _:
            assert_never(size)


def show_size(size: Extent) -> str:
    """A size as it is written: `3`, `J`, `T - 1`; `_` if it is not known.

    >>> show_size(Size("T", -1)), show_size(Size("", 3))
    ('T - 1', '3')
    """
    match size:
        case Size("", offset):
            return str(offset)
        case Size(name, 0):
            return name
        case Size(name, offset):
            return f"{name} {'+' if offset > 0 else '-'} {abs(offset)}"
        case SizeVariable() | UnknownSize():
            return "_"
        case _:
            assert_never(size)


# ------------------------------------------------------------------ types


@dataclass(frozen=True, slots=True)
class Bool:
    """`bool`."""


@dataclass(frozen=True, slots=True)
class Int:
    """`int`."""


RealKind: TypeAlias = Literal["real", "positive", "unit"]


@dataclass(frozen=True, slots=True)
class Real:
    """`real`; `positive` is above 0, `unit` from 0 to 1 with both ends."""

    kind: RealKind = "real"


@dataclass(frozen=True, slots=True)
class String:
    """`string`."""


@dataclass(frozen=True, slots=True)
class Unit:
    """`()`: the type of the value `()`."""


VectorKind: TypeAlias = Literal["simplex", "ordered", "unit_vector"]
MatrixKind: TypeAlias = Literal["corr", "cov", "chol"]


@dataclass(frozen=True, slots=True)
class Vector:
    """`simplex[K]`, `ordered[K]`, `unit_vector[K]`: a constrained vector of K reals."""

    kind: VectorKind
    size: Extent


@dataclass(frozen=True, slots=True)
class Matrix:
    """`corr[K]`, `cov[K]`, `chol[K]`: a constrained matrix of K by K reals."""

    kind: MatrixKind
    size: Extent


@dataclass(frozen=True, slots=True)
class Array:
    """`element[sizes]`, rectangular. Build it with `array`, which flattens arrays of arrays."""

    element: Type
    sizes: tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class List:
    """`[element]`: of any length, perhaps ragged when nested."""

    element: Type


@dataclass(frozen=True, slots=True)
class Tuple:
    """`(T, U)`, of two or more items."""

    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """`(a: T, b: U)`; the order of the fields is part of the type."""

    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """A declared sum type, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Option:
    """`T?`: a value or missing."""

    element: Type


@dataclass(frozen=True, slots=True)
class Fn:
    """`fn(T, U) -> V`; `random` only for `flip` as a value, which draws when it is called."""

    parameters: tuple[Type, ...]
    result: Type
    random: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """`Model[T]`: can be drawn from."""

    element: Type


@dataclass(frozen=True, slots=True)
class Dist:
    """`Dist[T]`: a model with a density, a support and a sampler."""

    element: Type


@dataclass(frozen=True, slots=True)
class Base:
    """`Base[T]`: a density without a sampler, perhaps of infinite mass."""

    element: Type


@dataclass(frozen=True, slots=True)
class Variable:
    """A type still to be found."""

    number: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """The type of what has already been complained about; agrees with every type."""


Type: TypeAlias = (
    Bool
    | Int
    | Real
    | String
    | Unit
    | Vector
    | Matrix
    | Array
    | List
    | Tuple
    | Record
    | Sum
    | Option
    | Fn
    | Model
    | Dist
    | Base
    | Variable
    | Wrong
)

BOOL = Bool()
INT = Int()
REAL = Real()
POSITIVE = Real("positive")
UNIT_INTERVAL = Real("unit")
STRING = String()
UNIT = Unit()
WRONG = Wrong()


def array(element: Type, sizes: tuple[Extent, ...]) -> Type:
    """`element[sizes]`, flattened; the element itself if there are no sizes.

    >>> array(array(REAL, (Size("N"),)), (Size("K"),)) == Array(REAL, (Size("K"), Size("N")))
    True
    """
    if not sizes:
        return element
    if isinstance(element, Array):
        return Array(element.element, sizes + element.sizes)
    return Array(element, sizes)


def dense(kind: Type) -> Type:
    """The plain array behind a constrained vector or matrix; any other type as it is."""
    match kind:
        case Vector("simplex", size):
            return Array(UNIT_INTERVAL, (size,))
        case Vector(_, size):
            return Array(REAL, (size,))
        case Matrix(_, size):
            return Array(REAL, (size, size))
        case Array(Vector() | Matrix() as element, sizes):
            return array(dense(element), sizes)
        case _:
            return kind


def shape_of(kind: Type) -> tuple[Extent, ...]:
    """The sizes along every axis, those of a constrained vector or matrix included; `()` for the rest."""
    match dense(kind):
        case Array(_, sizes):
            return sizes
        case _:
            return ()


def scalar_of(kind: Type) -> Type:
    """The type of one entry of an array of any rank; a type that is no array is its own."""
    match dense(kind):
        case Array(element, _):
            return element
        case other:
            return other


def children(kind: Type) -> Iterator[Type]:
    """The types that a type is made of, one level down."""
    match kind:
        case (
            Array(element, _)
            | List(element)
            | Option(element)
            | Model(element)
            | Dist(element)
            | Base(element)
        ):
            yield element
        case Tuple(items):
            yield from items
        case Record(fields):
            yield from (field for _, field in fields)
        case Fn(parameters, result):
            yield from parameters
            yield result
        case _:
            pass


def rebuilt(kind: Type, change: Callable[[Type], Type], resize: Callable[[Extent], Extent]) -> Type:
    """The same kind of type with its parts changed, one level down."""
    match kind:
        case Array(element, sizes):
            return array(change(element), tuple(resize(size) for size in sizes))
        case Vector(name, size):
            return Vector(name, resize(size))
        case Matrix(name, size):
            return Matrix(name, resize(size))
        case List(element):
            return List(change(element))
        case Option(element):
            return Option(change(element))
        case Model(element):
            return Model(change(element))
        case Dist(element):
            return Dist(change(element))
        case Base(element):
            return Base(change(element))
        case Tuple(items):
            return Tuple(tuple(change(item) for item in items))
        case Record(fields):
            return Record(tuple((name, change(field)) for name, field in fields))
        case Fn(parameters, result, random):
            return Fn(tuple(change(parameter) for parameter in parameters), change(result), random)
        case Bool() | Int() | Real() | String() | Unit() | Sum() | Variable() | Wrong():
            return kind
        case _:
            assert_never(kind)


def with_sizes(kind: Type, resize: Callable[[Extent], Extent]) -> Type:
    """The type with every size in it changed."""
    return rebuilt(kind, lambda part: with_sizes(part, resize), resize)


def substitute_sizes(kind: Type, sizes: Mapping[str, Extent]) -> Type:
    """The type with size names replaced; names that are not in the mapping stay."""

    def replace(size: Extent) -> Extent:
        if isinstance(size, Size) and size.name in sizes:
            return shifted(sizes[size.name], size.offset)
        return size

    return with_sizes(kind, replace)


def size_names(kind: Type) -> frozenset[str]:
    """The names that the sizes in a type mention."""
    found: set[str] = set()

    def look(size: Extent) -> Extent:
        if isinstance(size, Size) and size.name:
            found.add(size.name)
        return size

    with_sizes(kind, look)
    return frozenset(found)


def weight(kind: Type, limit: int) -> int:
    """How many records a type is made of when written out, counted no further than just past `limit`.

    Parts may be shared, so that a type that fits in memory can be endless on paper.
    """
    count = 0
    pending = [kind]
    while pending and count <= limit:
        count += 1
        pending.extend(children(pending.pop()))
    return count


# ------------------------------------------------------------------ display

LONGEST_NAME = 80


def show(kind: Type) -> str:
    """A type as it is written in a program, cut short where that would be long.

    >>> show(Array(Vector("simplex", Size("M")), (Size("K"),))), show(Option(REAL))
    ('array[K] simplex[M]', 'real?')
    """
    text = _show(kind, 4) if weight(kind, 200) > 200 else _show(kind, 20)
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


def _show(kind: Type, depth: int) -> str:
    """`depth` levels of a type; what lies deeper is `…`."""
    if depth == 0:
        return "…"
    match kind:
        case Bool():
            return "bool"
        case Int():
            return "int"
        case Real(name):
            return name
        case String():
            return "string"
        case Unit():
            return "()"
        case Sum(name):
            return name
        case Vector(name, size) | Matrix(name, size):
            return f"{name}[{show_size(size)}]"
        case Array(element, sizes):
            inside = ", ".join(show_size(size) for size in sizes)
            if isinstance(element, Bool | Int | Real | String | Sum) or _is_plain_option(element):
                return f"{_show(element, depth - 1)}[{inside}]"
            return f"array[{inside}] {_show(element, depth - 1)}"
        case List(element):
            return f"[{_show(element, depth - 1)}]"
        case Tuple(items):
            return "(" + ", ".join(_show(item, depth - 1) for item in items) + ")"
        case Record(fields):
            return "(" + ", ".join(f"{name}: {_show(field, depth - 1)}" for name, field in fields) + ")"
        case Option(element):
            return f"{_show(element, depth - 1)}?"
        case Fn(parameters, result):
            inside = ", ".join(_show(parameter, depth - 1) for parameter in parameters)
            return f"fn({inside}) -> {_show(result, depth - 1)}"
        case Model(element):
            return f"Model[{_show(element, depth - 1)}]"
        case Dist(element):
            return f"Dist[{_show(element, depth - 1)}]"
        case Base(element):
            return f"Base[{_show(element, depth - 1)}]"
        case Variable() | Wrong():
            return "_"
        case _:
            assert_never(kind)


def _is_plain_option(kind: Type) -> bool:
    return isinstance(kind, Option) and isinstance(kind.element, Bool | Int | Real | String | Sum)
