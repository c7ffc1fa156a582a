"""Types as the user writes them, made into types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from pplc.lang import syntax as s
from pplc.lang.check_state import Checker
from pplc.lang.typesys import (
    BOOL,
    INT,
    POSITIVE,
    REAL,
    STRING,
    UNIT,
    UNIT_INTERVAL,
    UNKNOWN_SIZE,
    WRONG,
    Base,
    Dist,
    Extent,
    Fn,
    List,
    Matrix,
    MatrixKind,
    Model,
    Option,
    Record,
    Size,
    Sum,
    Tuple,
    Type,
    Vector,
    VectorKind,
    array,
    shifted,
)
from pplc.lang.walk import within

_PLAIN: dict[str, Type] = {
    "bool": BOOL,
    "int": INT,
    "real": REAL,
    "positive": POSITIVE,
    "unit": UNIT_INTERVAL,
    "string": STRING,
}
_VECTORS: dict[str, VectorKind] = {"simplex": "simplex", "ordered": "ordered", "unit_vector": "unit_vector"}
_MATRICES: dict[str, MatrixKind] = {"corr": "corr", "cov": "cov", "chol": "chol"}


def type_of(c: Checker, written: s.TypeExpr) -> Type:
    """The type that an annotation says."""
    match written:
        case s.NamedType(name, sizes):
            return _named(c, written, name, sizes)
        case s.ArrayType(element, sizes):
            return array(type_of(c, element), tuple(size_of(c, size) for size in sizes))
        case s.ListType(element):
            return List(type_of(c, element))
        case s.TupleType(items):
            return Tuple(tuple(type_of(c, item) for item in items)) if items else UNIT
        case s.RecordType(fields):
            check_fields(c, fields)
            return Record(tuple((name, type_of(c, field)) for name, field in fields))
        case s.OptionType(element):
            inner = type_of(c, element)
            return inner if isinstance(inner, Option) else Option(inner)
        case s.FunctionType(parameters, result):
            return Fn(tuple(type_of(c, parameter) for parameter in parameters), type_of(c, result))
        case s.GenericType("Model", argument):
            return Model(type_of(c, argument))
        case s.GenericType("Dist", argument):
            return Dist(type_of(c, argument))
        case s.GenericType(_, argument):
            return Base(type_of(c, argument))
        case _:
            assert_never(written)


def _named(c: Checker, written: s.NamedType, name: str, sizes: tuple[s.Size, ...]) -> Type:
    if name in _VECTORS or name in _MATRICES:
        if len(sizes) != 1:
            given = f"but {len(sizes)} stand here" if sizes else "but none stands here"
            return c.report(
                "E0218",
                f"`{name}` takes one size, {given}",
                written.span,
                "one size expected",
                f"write `{name}[K]`" + (f"; arrays of them are `array[N] {name}[K]`" if sizes else ""),
            )
        size = size_of(c, sizes[0])
        return Vector(_VECTORS[name], size) if name in _VECTORS else Matrix(_MATRICES[name], size)
    if name in c.names.aliases:
        kind = c.aliases.get(name, WRONG)
    elif name in c.names.sums:
        kind = Sum(name)
    else:
        kind = _PLAIN.get(name, WRONG)
    return array(kind, tuple(size_of(c, size) for size in sizes))


def size_of(c: Checker, written: s.Size) -> Extent:
    """The size that an annotation says."""
    if isinstance(written, s.SizeNumber):
        return Size("", written.value)
    offset = written.offset if isinstance(written, s.SizeSum) else 0
    binding = c.binding(written)
    if binding is None or not binding.unique:
        return Size(written.name, offset)
    if binding.kind == "size":
        return Size(binding.unique, offset)
    entry = c.globals.get(binding.unique) if binding.kind == "global" else c.entries.get(binding.unique)
    if entry is None:
        return UNKNOWN_SIZE
    if c.unify.fits(entry.type, INT) is not None:
        return _no_size(c, written, entry.type)
    return shifted(entry.size, offset) if entry.size is not None else UNKNOWN_SIZE


def _no_size(c: Checker, written: s.SizeName | s.SizeSum, kind: Type) -> Extent:
    c.report(
        "E0218",
        f"`{written.name}` cannot be a size: it is `{c.show(kind)}`, not `int`",
        written.span,
        "not an integer",
    )
    return UNKNOWN_SIZE


def declare_types(c: Checker) -> None:
    """The aliases, and the constructors of sum types; their fields may speak of any type of the file."""
    for name in _in_order(c.names.aliases):
        written = c.names.aliases[name]
        c.aliases[name] = c.record(written, type_of(c, written))
    for name, constructors in c.names.sums.items():
        for constructor in constructors:
            check_fields(c, constructor.fields)
            fields = tuple((field, type_of(c, kind)) for field, kind in constructor.fields)
            c.constructors[constructor.name] = (name, fields)


def check_fields(c: Checker, fields: Sequence[tuple[str, s.Node]]) -> None:
    """Complain about two fields of one name."""
    seen: set[str] = set()
    for name, node in fields:
        if name and name in seen:
            c.report("E0202", f"the field `{name}` is defined twice", node.span, "defined again")
        seen.add(name)


def _in_order(aliases: Mapping[str, s.TypeExpr]) -> list[str]:
    """Aliases after those they are made of; without recursion, for chains of them may be long."""
    order: dict[str, None] = {}
    for start in aliases:
        path = [start]
        while path:
            needed = [n.name for n in within(aliases[path[-1]]) if isinstance(n, s.NamedType)]
            missing = next((n for n in needed if n in aliases and n not in order and n not in path), None)
            if missing is None:
                order[path.pop()] = None
            else:
                path.append(missing)
    return list(order)
