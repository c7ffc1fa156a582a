"""`pplc simulate`: data sets as files."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from pplc.api import load
from pplc.cli import DONE
from pplc.cli.inputs import budget, settings, tables
from pplc.data_files import reject
from pplc.simulating import simulate as draw
from pplc.untyped import as_list
from pplc.write_columns import write_columns


def simulate(arguments: Namespace) -> int:
    """Draws data sets and writes them: one object, or a list of them, as JSON; one as CSV or Parquet."""
    count = arguments.draws or 1
    suffix = "" if arguments.out is None else Path(arguments.out).suffix.lower()
    if suffix not in ("", ".json", ".csv", ".parquet") or (arguments.out is not None and not suffix):
        reject("E0313", f"`{arguments.out}`: data are written as `.json`, `.csv` or `.parquet`")
    if suffix in (".csv", ".parquet") and count > 1:
        reject(
            "E0313",
            f"`{arguments.out}` holds one data set, but {count} are to be drawn",
            advice="use `.json`",
        )
    model = load(arguments.file, model=arguments.model or "")
    found = draw(
        model,
        tables(arguments),
        settings(arguments),
        count,
        arguments.seed or 0,
        from_run=arguments.from_run or "",
        budget=budget(arguments),
    )
    try:
        _write(found, arguments.out, suffix)
    except OSError as error:
        reject("E0313", f"`{arguments.out}` cannot be written: {(error.strerror or str(error)).lower()}")
    return DONE


def _write(found: list[dict[str, Any]], out: str | None, suffix: str) -> None:
    if suffix in (".csv", ".parquet"):
        assert out is not None
        write_columns(_columns(found[0]), out, parquet=suffix == ".parquet")
        return
    text = json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        Path(out).write_text(text, encoding="utf-8")


def _columns(data: dict[str, Any]) -> dict[str, list[Any]]:
    """The lists of the most common length: those that fit one table."""
    lists: dict[str, list[Any]] = {name: value for name, value in data.items() if _flat(value)}
    lengths = [len(value) for value in lists.values()]
    if not lengths:
        return {name: [value] for name, value in data.items() if not isinstance(value, list | dict)}
    length = max(set(lengths), key=lengths.count)
    return {name: value for name, value in lists.items() if len(value) == length}


def _flat(value: Any) -> bool:
    """Whether it is a list of scalars."""
    items = as_list(value)
    return items is not None and not any(isinstance(item, list | dict) for item in items)
