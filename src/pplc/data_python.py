"""Data given in Python: dicts of numbers, lists, arrays, tensors; pandas and polars frames; paths."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from os import PathLike
from typing import Any, TypeAlias, cast

from pplc.data_files import Raw, Table, read, reject
from pplc.semantics.values import MISSING, Record, Tagged

Data: TypeAlias = "Mapping[str, Any] | str | PathLike[str] | Table | Any"
"""A mapping of names to values, a path to a data file, or a pandas or polars frame."""


def table(data: Data, origin: str = "the data") -> Table:
    """The table that a Python value stands for."""
    if isinstance(data, Table):
        return data
    if isinstance(data, str | PathLike):
        return read(str(cast("str | PathLike[str]", data)))
    if isinstance(data, Mapping):
        members = cast("Mapping[Any, Any]", data)
        return Table(origin, {str(name): raw(value) for name, value in members.items()}, binary=True)
    columns: Any = getattr(data, "columns", None)
    if columns is None or not hasattr(data, "__getitem__"):
        reject(
            "E0301",
            f"data cannot be of type `{type(data).__name__}`",
            advice="give a dict, a path, or a pandas or polars frame",
        )
    return Table(origin, {str(name): raw(data[name]) for name in columns}, binary=True)


def raw(value: Any) -> Raw:
    """A Python value in the form in which files are read: arrays become lists, numpy scalars numbers."""
    match value:
        case None | bool() | int() | float() | str() | Fraction() | Record() | Tagged():
            return cast("Raw", value)  # of no kind that data have; conversion says so
        case Decimal():
            return Fraction(value) if value.is_finite() else float(value)
        case Mapping():
            members = cast("Mapping[object, Any]", value)
            return {str(name): raw(item) for name, item in members.items()}
        case list() | tuple() | range():
            return [raw(item) for item in cast("list[Any]", value)]
        case _ if value is MISSING:
            return None
        case _:
            pass
    for method in ("tolist", "to_list", "item"):
        convert = getattr(value, method, None)
        if callable(convert):
            return raw(convert())
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return cast("Raw", value)  # of no kind that data have; conversion says so
