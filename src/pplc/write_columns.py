"""Columns of equal length as CSV or Parquet."""

# pyarrow ships no types.
# pyright: basic

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_columns(columns: Mapping[str, Sequence[Any]], path: str, *, parquet: bool) -> None:
    """Writes them; in CSV missing values are empty, and floats have the digits that give them back."""
    if parquet:
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table(dict(columns)), path)
        return
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*(map(_text, column) for column in columns.values()), strict=True))


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
