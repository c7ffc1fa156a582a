"""One raw value as a value of a type: kinds, shapes, constraints, each error with the entry it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isinf, isnan

from pplc.data_files import MAX_EXPONENT, Cell, Raw, number
from pplc.lang import typesys
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import Type
from pplc.semantics.values import MISSING, Record, Tagged, Value

TOLERANCE = Fraction(1, 10**8)
"""How far a simplex may be from summing to 1, a unit vector from length 1, a matrix from symmetry."""


HUGE = 10**MAX_EXPONENT


class Misfit(Exception):
    """A value that is not of the wanted type; `code` is E0304 to E0307."""

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice


@dataclass
class Sizes:
    """What is known about the size names, and how."""

    known: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])

    def unify(self, size: typesys.Extent, length: int, what: str, origin: str) -> None:
        """The axis of `what` has this length: check it, or learn from it."""
        if not isinstance(size, typesys.Size):
            return
        if not size.name:
            if length != size.offset:
                raise Misfit("E0305", f"{what} must have {_count(size.offset)}, but it has {length}")
            return
        implied = length - size.offset
        if size.name not in self.known:
            if implied < 0:
                raise Misfit("E0305", f"{what} must have at least {_count(size.offset)}, but it has {length}")
            self.known[size.name] = (implied, origin)
            return
        value, source = self.known[size.name]
        if value != implied:
            wanted = typesys.show_size(size)
            raise Misfit(
                "E0307",
                f"{what} must have {wanted} = {_count(value + size.offset)}, but it has {length}",
                f"`{size.name}` is {value} because of {source}",
            )


def _count(n: int) -> str:
    return f"{n} element" if n == 1 else f"{n} elements"


@dataclass(frozen=True)
class Context:
    """What conversion needs to know.

    origin: the file, for messages.
    sums:   sum type -> constructor -> number of values it carries.
    """

    origin: str
    sizes: Sizes
    sums: Mapping[str, Mapping[str, int]]
    binary: bool = False


def convert(kind: Type, raw: Raw, what: str, context: Context) -> Value:
    """The value of type `kind`; `what` is how messages name it, such as `y[3]`."""
    match kind:
        case typesys.Array(element, sizes):
            return _array(element, sizes, raw, what, context)
        case typesys.Vector() | typesys.Matrix():
            return _constrained(kind, raw, what, context)
        case typesys.List(element):
            items = _items(raw, what, kind, context)
            return tuple(convert(element, item, f"{what}[{k}]", context) for k, item in enumerate(items))
        case typesys.Tuple(kinds):
            items = _items(raw, what, kind, context)
            if len(items) != len(kinds):
                raise Misfit(
                    "E0305",
                    f"{_place(what, context)} must have {_count(len(kinds))}, but it has {len(items)}",
                )
            pairs = enumerate(zip(kinds, items, strict=True))
            return tuple(convert(k, item, f"{what}[{i}]", context) for i, (k, item) in pairs)
        case typesys.Record(fields):
            return _record(kind, fields, raw, what, context)
        case typesys.Option(element):
            if raw is None or (context.binary and isinstance(raw, float) and isnan(raw)):
                return MISSING
            return convert(element, raw, what, context)
        case _:
            return _scalar(kind, raw, what, context)


def _place(what: str, context: Context) -> str:
    return f"`{what}` in {context.origin}"


def found(raw: Raw) -> str:
    """What a value is, after `but`: `it is the string "three"`."""
    match raw:
        case None:
            return "it is missing"
        case list():
            return f"it is a list of {len(raw)}"
        case dict():
            return "it is an object"
        case Cell(text):
            return f"it is `{text[:40]}`"
        case bool():
            return f"it is `{'true' if raw else 'false'}`"
        case str():
            return f'it is the string "{raw[:40]}"'
        case int():
            return f"it is {raw}" if abs(raw) < HUGE else "it is a huge integer"
        case float() | Fraction():
            return f"it is {float(raw):g}"
        case _:
            return f"it is a Python `{type(raw).__name__}`"


def _wrong(kind: Type, raw: Raw, what: str, context: Context, advice: str = "") -> Misfit:
    return Misfit("E0304", f"{_place(what, context)} must be {_describe(kind)}, but {found(raw)}", advice)


def _describe(kind: Type) -> str:
    match kind:
        case typesys.Bool():
            return "`true` or `false`"
        case typesys.Int():
            return "an integer"
        case typesys.Real("positive"):
            return "a positive number"
        case typesys.Real("unit"):
            return "a number from 0 to 1"
        case typesys.Real():
            return "a number"
        case typesys.String():
            return "a string"
        case typesys.Array() | typesys.List():
            return f"a list, of type `{typesys.show(kind)}`"
        case typesys.Tuple(items):
            return f"a list of {len(items)}, of type `{typesys.show(kind)}`"
        case typesys.Record():
            return f"an object, of type `{typesys.show(kind)}`"
        case _:
            return f"of type `{typesys.show(kind)}`"


def _items(raw: Raw, what: str, kind: Type, context: Context) -> list[Raw]:
    if not isinstance(raw, list):
        raise _wrong(kind, raw, what, context)
    return raw


def _array(element: Type, sizes: tuple[typesys.Extent, ...], raw: Raw, what: str, context: Context) -> Value:
    if not sizes:
        return convert(element, raw, what, context)
    items = _items(raw, what, typesys.Array(element, sizes), context)
    context.sizes.unify(sizes[0], len(items), _place(what, context), f"`{what}` in {context.origin}")
    if len(sizes) == 1:
        _refuse_names(element, items, what, context)
        return tuple([convert(element, item, f"{what}[{k}]", context) for k, item in enumerate(items)])
    rows: list[Value] = []
    for k, item in enumerate(items):
        if isinstance(item, list) and isinstance(items[0], list) and len(item) != len(items[0]):
            raise Misfit(
                "E0305",
                f"{_place(what, context)} is ragged: `{what}[0]` has {len(items[0])}"
                f" and `{what}[{k}]` has {_count(len(item))}",
            )
        rows.append(_array(element, sizes[1:], item, f"{what}[{k}]", context))
    return tuple(rows)


def _refuse_names(element: Type, items: list[Raw], what: str, context: Context) -> None:
    """Integers that number groups are often still text in a table: says how they become numbers."""
    names = [item.text if isinstance(item, Cell) else item for item in items if item is not None]
    if not isinstance(element, typesys.Int) or not names or not all(map(_is_name, names)):
        return
    levels = sorted(dict.fromkeys(map(str, names)))
    shown = ", ".join(f"`{level[:20]}` = {k}" for k, level in enumerate(levels[:3]))
    more = ", …" if len(levels) > 3 else ""
    frame = f'frame["{what}"]'
    raise Misfit(
        "E0304",
        f"{_place(what, context)} must be integers, but it is text, such as `{names[0]}`",
        f"number its {len(levels)} different values from 0 ({shown}{more}): in pandas"
        f' `{frame} = {frame}.astype("category").cat.codes`, in R `as.integer(factor({what})) - 1`',
    )


def _is_name(item: Raw) -> bool:
    if not isinstance(item, str) or not item.strip():
        return False
    try:
        number(item)
    except ValueError:
        return True
    return False


def _record(kind: Type, fields: tuple[tuple[str, Type], ...], raw: Raw, what: str, context: Context) -> Value:
    if not isinstance(raw, dict):
        raise _wrong(kind, raw, what, context)
    names = [name for name, _ in fields]
    for name in names:
        if name not in raw:
            raise Misfit("E0305", f"{_place(what, context)} has no field `{name}`")
    for name in raw:
        if name not in names:
            raise Misfit("E0305", f"{_place(what, context)} has a field `{name}` that its type has not")
    return Record(tuple(names), tuple(convert(k, raw[name], f"{what}.{name}", context) for name, k in fields))


# ------------------------------------------------------------------ scalars


def _scalar(kind: Type, raw: Raw, what: str, context: Context) -> Value:
    if raw is None:
        raise Misfit(
            "E0304",
            f"{_place(what, context)} is missing, but the type is `{typesys.show(kind)}`",
            f"write `{typesys.show(kind)}?` if entries may be missing: they become random variables",
        )
    if isinstance(raw, list | dict):
        raise _wrong(kind, raw, what, context)
    match kind:
        case typesys.Bool():
            return _bool(kind, raw, what, context)
        case typesys.Int():
            value = _number(kind, raw, what, context)
            if value.denominator != 1:
                raise _wrong(kind, raw, what, context)
            return int(value)
        case typesys.Real(domain):
            value = Fraction(_number(kind, raw, what, context))
            if (domain == "positive" and value <= 0) or (domain == "unit" and not 0 <= value <= 1):
                raise Misfit("E0306", f"{_place(what, context)} must be {_describe(kind)}, but {found(raw)}")
            return value
        case typesys.String():
            if isinstance(raw, Cell):
                return raw.text
            if isinstance(raw, str):
                return raw
            raise _wrong(kind, raw, what, context)
        case typesys.Sum(name):
            return _constructor(name, kind, raw, what, context)
        case typesys.Fn() | typesys.Model() | typesys.Dist() | typesys.Base():
            raise Misfit(
                "E0304",
                f"`{what}` is of type `{typesys.show(kind)}`, which data cannot give",
                "define it in the model file and call the model from another one",
            )
        case _:
            raise _wrong(kind, raw, what, context)


def _bool(kind: Type, raw: Raw, what: str, context: Context) -> bool:
    text = raw.text.lower() if isinstance(raw, Cell) else raw
    if text in (True, "true", "1") and not (isinstance(raw, str)):
        return True
    if text in (False, "false", "0") and not (isinstance(raw, str)):
        return False
    raise _wrong(kind, raw, what, context)


def _number(kind: Type, raw: Raw, what: str, context: Context) -> int | Fraction:
    match raw:
        case bool():
            raise _wrong(kind, raw, what, context, "for truth values declare the parameter `bool`")
        case int() | Fraction():
            if abs(raw) > HUGE:
                raise Misfit("E0304", f"{_place(what, context)} is beyond ±1e{MAX_EXPONENT}")
            return raw
        case float():
            if isnan(raw):
                raise Misfit("E0304", f"{_place(what, context)} is not a number (NaN)", _missing_advice(kind))
            if isinf(raw):
                raise Misfit("E0304", f"{_place(what, context)} is infinite")
            return Fraction(raw)
        case Cell(text):
            try:
                return number(text)
            except ValueError as error:
                raise Misfit(
                    "E0304", f"{_place(what, context)} must be {_describe(kind)}, but {error}"
                ) from None
        case _:
            raise _wrong(kind, raw, what, context)


def _missing_advice(kind: Type) -> str:
    return f"write `{typesys.show(kind)}?` if entries may be missing"


def _constructor(name: str, kind: Type, raw: Raw, what: str, context: Context) -> Value:
    text = raw.tag if isinstance(raw, Tagged) else raw.text if isinstance(raw, Cell) else raw
    constructors = context.sums.get(name, {})
    if not isinstance(text, str):
        raise _wrong(kind, raw, what, context, "write the name of the alternative as a string")
    if text not in constructors:
        known = ", ".join(f"`{constructor}`" for constructor in constructors)
        near = did_you_mean(text, constructors)
        raise Misfit("E0304", f"{_place(what, context)} is `{text}`, but `{name}` is one of {known}", near)
    if isinstance(raw, Tagged) and len(raw.payload) == constructors[text]:
        return raw
    if constructors[text]:
        raise Misfit(
            "E0304",
            f"{_place(what, context)} is `{text}`, which carries values; data can only name plain ones",
        )
    return Tagged(text)


# ------------------------------------------------------------------ constrained vectors and matrices


def _constrained(kind: typesys.Vector | typesys.Matrix, raw: Raw, what: str, context: Context) -> Value:
    rank = 1 if isinstance(kind, typesys.Vector) else 2
    plain = typesys.Array(typesys.REAL, (kind.size,) * rank)
    value = _array(typesys.REAL, plain.sizes, raw, what, context)
    problem = _vector_problem(kind, value) if rank == 1 else _matrix_problem(kind, value)
    if problem:
        raise Misfit("E0306", f"{_place(what, context)} must be {_DESCRIBE[kind.kind]}, but {problem}")
    return value


_DESCRIBE = {
    "simplex": "a vector of probabilities that sum to 1",
    "ordered": "strictly increasing",
    "unit_vector": "a vector of length 1",
    "corr": "a correlation matrix",
    "cov": "a covariance matrix",
    "chol": "a Cholesky factor: lower triangular with a positive diagonal",
}


def _vector_problem(kind: typesys.Vector | typesys.Matrix, value: Value) -> str:
    entries = _numbers(value)
    match kind.kind:
        case "simplex":
            negative = next((k for k, x in enumerate(entries) if x < 0), None)
            if negative is not None:
                return f"entry {negative} is {float(entries[negative]):g}"
            total = sum(entries, Fraction(0))
            return "" if abs(total - 1) <= TOLERANCE else f"the sum is {float(total):.10g}"
        case "ordered":
            down = next((k for k in range(1, len(entries)) if entries[k] <= entries[k - 1]), None)
            return "" if down is None else f"entry {down} is not above entry {down - 1}"
        case _:
            square = sum((x * x for x in entries), Fraction(0))
            return "" if abs(square - 1) <= TOLERANCE else f"the squared length is {float(square):.10g}"


def _matrix_problem(kind: typesys.Vector | typesys.Matrix, value: Value) -> str:
    rows = [_numbers(row) for row in value] if isinstance(value, tuple) else []
    size = len(rows)
    if kind.kind == "chol":
        above = [(i, j) for i in range(size) for j in range(i + 1, size) if rows[i][j] != 0]
        if above:
            return f"entry {list(above[0])} above the diagonal is not 0"
        low = next((i for i in range(size) if rows[i][i] <= 0), None)
        return "" if low is None else f"entry {[low, low]} is not positive"
    scale = max((abs(x) for row in rows for x in row), default=Fraction(1))
    for i in range(size):
        for j in range(i):
            if abs(rows[i][j] - rows[j][i]) > TOLERANCE * scale:
                return f"entries {[i, j]} and {[j, i]} differ: it is not symmetric"
        if kind.kind == "corr" and abs(rows[i][i] - 1) > TOLERANCE:
            return f"entry {[i, i]} on the diagonal is not 1"
    return (
        "" if _positive_definite([[float(x) for x in row] for row in rows]) else "it is not positive definite"
    )


def _positive_definite(rows: list[list[float]]) -> bool:
    import numpy as np

    try:
        np.linalg.cholesky(np.array(rows).reshape(len(rows), len(rows)))
    except np.linalg.LinAlgError:
        return False
    return True


def _numbers(value: Value) -> list[Fraction]:
    return [x for x in value if isinstance(x, Fraction)] if isinstance(value, tuple) else []
