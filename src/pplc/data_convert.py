"""One raw value as a value of a type: kinds, shapes, constraints, each error with the entry it is about."""

from __future__ import annotations

from math import isnan

from pplc.data_constraints import CONSTRAINTS, problem_of
from pplc.data_files import Cell, Raw, number
from pplc.data_misfits import Context, Misfit, elements, place, wrong
from pplc.data_scalars import scalar
from pplc.lang import typesys
from pplc.lang.typesys import Type
from pplc.semantics.values import MISSING, Record, Value


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
                    f"{place(what, context)} must have {elements(len(kinds))}, but it has {len(items)}",
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
            return scalar(kind, raw, what, context)


def _items(raw: Raw, what: str, kind: Type, context: Context) -> list[Raw]:
    if not isinstance(raw, list):
        raise wrong(kind, raw, what, context)
    return raw


def _array(element: Type, sizes: tuple[typesys.Extent, ...], raw: Raw, what: str, context: Context) -> Value:
    if not sizes:
        return convert(element, raw, what, context)
    items = _items(raw, what, typesys.Array(element, sizes), context)
    context.sizes.unify(sizes[0], len(items), place(what, context), f"`{what}` in {context.origin}")
    if len(sizes) == 1:
        _refuse_names(element, items, what, context)
        return tuple([convert(element, item, f"{what}[{k}]", context) for k, item in enumerate(items)])
    rows: list[Value] = []
    for k, item in enumerate(items):
        if isinstance(item, list) and isinstance(items[0], list) and len(item) != len(items[0]):
            raise Misfit(
                "E0305",
                f"{place(what, context)} is ragged: `{what}[0]` has {len(items[0])}"
                f" and `{what}[{k}]` has {elements(len(item))}",
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
        f"{place(what, context)} must be integers, but it is text, such as `{names[0]}`",
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
        raise wrong(kind, raw, what, context)
    names = [name for name, _ in fields]
    for name in names:
        if name not in raw:
            raise Misfit("E0305", f"{place(what, context)} has no field `{name}`")
    for name in raw:
        if name not in names:
            raise Misfit("E0305", f"{place(what, context)} has a field `{name}` that its type has not")
    return Record(tuple(names), tuple(convert(k, raw[name], f"{what}.{name}", context) for name, k in fields))


def _constrained(kind: typesys.Vector | typesys.Matrix, raw: Raw, what: str, context: Context) -> Value:
    rank = 1 if isinstance(kind, typesys.Vector) else 2
    plain = typesys.Array(typesys.REAL, (kind.size,) * rank)
    value = _array(typesys.REAL, plain.sizes, raw, what, context)
    problem = problem_of(kind, value)
    if problem:
        raise Misfit("E0306", f"{place(what, context)} must be {CONSTRAINTS[kind.kind]}, but {problem}")
    return value
