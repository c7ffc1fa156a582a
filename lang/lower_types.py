"""Types as they are written, without looking into bodies: for the support of a user's density."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from pplc.lang import syntax as s
from pplc.lang.typesys import (
    BOOL,
    INT,
    POSITIVE,
    REAL,
    STRING,
    UNIT,
    UNIT_INTERVAL,
    Base,
    Dist,
    Extent,
    Fn,
    List,
    Matrix,
    Model,
    Option,
    Record,
    Size,
    Sum,
    Tuple,
    Type,
    Vector,
    array,
)

_PLAIN: dict[str, Type] = {
    "bool": BOOL,
    "int": INT,
    "real": REAL,
    "positive": POSITIVE,
    "unit": UNIT_INTERVAL,
    "string": STRING,
}


def written_type(type_: s.TypeExpr, aliases: Mapping[str, s.TypeExpr]) -> Type:
    """The type that an annotation says, its sizes under the names they have there."""
    match type_:
        case s.NamedType("simplex" | "ordered" | "unit_vector" as kind, (size,)):
            return Vector(kind, _size(size))
        case s.NamedType("corr" | "cov" | "chol" as kind, (size,)):
            return Matrix(kind, _size(size))
        case s.NamedType(name):
            if name in _PLAIN:
                return _PLAIN[name]
            return written_type(aliases[name], aliases) if name in aliases else Sum(name)
        case s.ArrayType(element, sizes):
            return array(written_type(element, aliases), tuple(map(_size, sizes)))
        case s.ListType(element):
            return List(written_type(element, aliases))
        case s.TupleType(()):
            return UNIT
        case s.TupleType(items):
            return Tuple(tuple(written_type(item, aliases) for item in items))
        case s.RecordType(fields):
            return Record(tuple((name, written_type(item, aliases)) for name, item in fields))
        case s.OptionType(element):
            return Option(written_type(element, aliases))
        case s.FunctionType(parameters, result):
            given = tuple(written_type(parameter, aliases) for parameter in parameters)
            return Fn(given, written_type(result, aliases))
        case s.GenericType(kind, argument):
            inner = written_type(argument, aliases)
            return Model(inner) if kind == "Model" else Dist(inner) if kind == "Dist" else Base(inner)
        case _:
            assert_never(type_)


def _size(size: s.Size) -> Extent:
    match size:
        case s.SizeName(name):
            return Size(name)
        case s.SizeNumber(value):
            return Size("", value)
        case s.SizeSum(name, offset):
            return Size(name, offset)
        case _:
            assert_never(size)
