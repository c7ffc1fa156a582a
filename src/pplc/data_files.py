"""Data files as tables of named values: JSON, CSV, Parquet and npz, numbers exactly as written.

A value is a bool, an int, a `Fraction`, a string, None (missing), a `Cell` (text of a CSV file, read
according to the type it is wanted for), or a list or a dict of these. What is wrong with a file is one
`Rejected` that says where.
"""

from __future__ import annotations

import csv
import io
import json
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeAlias

from pplc import data_places
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected, SourceFile, Span
from pplc.lang.suggest import nearest
from pplc.semantics.values import Record, Tagged

MAX_EXPONENT = 300
"""Largest power of ten in a number: beyond it lies no float of full precision, and a rational such as
1e999999999 would fill the memory."""

MAX_DEPTH = 200
"""Deepest nesting of lists and objects."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one field of a CSV file."""

    text: str


Raw: TypeAlias = (
    "bool | int | float | Fraction | str | Cell | list[Raw] | dict[str, Raw] | Tagged | Record | None"
)
"""A value as described above (from Python also the semantics' own); `pplc.data_convert` gives it a type."""


@dataclass(frozen=True)
class Table:
    """Named values and where they come from; `origin` is for messages, such as `data.json`."""

    origin: str
    values: Mapping[str, Raw]
    binary: bool = False
    """Numbers were floats: NaN stands for a missing entry."""


def reject(code: str, message: str, span: Span = NOWHERE, label: str = "", advice: str = "") -> NoReturn:
    """Raises one diagnostic."""
    raise Rejected(Diagnostic(code, message, span, label, advice))


def number(text: str) -> int | Fraction:
    """The number that a decimal stands for, exactly; ValueError if it is none or out of bounds."""
    try:
        decimal = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"`{text}` is not a number") from None
    if not decimal.is_finite():
        raise ValueError(f"`{text}` is not a finite number")
    if decimal and abs(decimal.adjusted()) > MAX_EXPONENT:
        raise ValueError(f"the exponent of `{text[:40]}` is beyond ±{MAX_EXPONENT}")
    whole = text.lstrip("+-").isdigit()
    return int(decimal) if whole else Fraction(decimal)


def read(path: str) -> Table:
    """The table in a file; `-` is standard input, `file.json#member` an object inside a JSON file."""
    if path == "-":
        raw = sys.stdin.buffer.read()
        text = decode(raw, "standard input")
        reader = read_json if text.lstrip()[:1] in ("{", "[") else read_csv
        return reader(text, "standard input")
    name, _, member = path.rpartition("#") if "#" in path and not Path(path).exists() else (path, "", "")
    content = read_bytes(name)
    match Path(name).suffix.lower():
        case ".json":
            table = read_json(decode(content, name), name)
        case ".csv":
            table = read_csv(decode(content, name), name)
        case ".parquet":
            from pplc.data_binary import read_parquet

            table = read_parquet(content, name)
        case ".npz":
            from pplc.data_binary import read_npz

            table = read_npz(content, name)
        case suffix:
            reject(
                "E0301",
                f"`{name}` ends in `{suffix}`, but data files are `.json`, `.csv`, `.parquet` or `.npz`",
            )
    return _member(table, member) if member else table


def _member(table: Table, member: str) -> Table:
    value = table.values.get(member)
    if isinstance(value, dict):
        return Table(f"{table.origin}#{member}", value)
    names = ", ".join(f"`{name}`" for name, inner in table.values.items() if isinstance(inner, dict))
    found = "is not an object" if member in table.values else "is not there"
    reject(
        "E0303",
        f"the member `{member}` of `{table.origin}` {found}",
        advice=f"its objects are {names}" if names else "it has no objects inside",
    )


def read_bytes(name: str, code: str = "E0301") -> bytes:
    """The content of a regular file."""
    path = Path(name)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            advice = "to read from a pipe use `-`, standard input" if stat.S_ISFIFO(mode) else ""
            reject(code, f"`{name}` is {kind}", advice=advice)
        return path.read_bytes()
    except FileNotFoundError:
        near = _near(path)
        reject(code, f"there is no file `{name}`", advice=f"did you mean `{near}`?" if near else "")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        reject(code, f"`{name}` cannot be read: {reason.lower()}")


def _near(path: Path) -> str:
    try:
        near = nearest(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return ""
    return "" if near is None else str(path.parent / near)


def decode(content: bytes, name: str) -> str:
    """UTF-8 text without a byte order mark."""
    if content.startswith(b"\xef\xbb\xbf"):
        reject("E0302", f"`{name}` begins with a byte order mark", advice="save it as UTF-8 without BOM")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        reject("E0302", f"line {line} of `{name}` is not UTF-8: byte 0x{byte:02x} at offset {error.start}")


# ------------------------------------------------------------------ JSON


class _Bad(Exception):
    """Something that the JSON decoder accepts and we do not; `find` finds where it stands."""

    def __init__(self, message: str, label: str, find: Callable[[SourceFile], Span]) -> None:
        super().__init__(message)
        self.label = label
        self.find = find


def _pairs(pairs: list[tuple[str, Raw]]) -> dict[str, Raw]:
    result: dict[str, Raw] = {}
    for name, value in pairs:
        if name in result:
            raise _Bad(
                f"has the key `{name}` twice in one object",
                "given again",
                partial(data_places.of_key_again, key=name),
            )
        result[name] = value
    return result


def _constant(text: str) -> NoReturn:
    raise _Bad(
        f"contains `{text}`, which is not a number; write `null` for a missing value",
        "not a number",
        partial(data_places.of_word, word=text),
    )


def _number(text: str) -> int | Fraction:
    try:
        return number(text)
    except ValueError as error:
        message = f"contains a number that cannot be used: {error}"
        raise _Bad(message, "this number", partial(data_places.of_word, word=text)) from None


def parse_json(text: str, name: str) -> Raw:
    """Any JSON value."""
    try:
        value: Raw = json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_constant, object_pairs_hook=_pairs
        )
    except json.JSONDecodeError as error:
        file = SourceFile(name, text)
        span = Span(file, error.lineno, error.colno, error.lineno, error.colno + 1)
        reject("E0302", f"`{name}` is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", span, "here")
    except _Bad as error:
        reject("E0302", f"`{name}` {error}", error.find(SourceFile(name, text)), error.label)
    except RecursionError:
        reject("E0302", f"`{name}` is nested too deeply", advice=f"at most {MAX_DEPTH} levels are read")
    if _deeper(value, MAX_DEPTH):
        reject("E0302", f"`{name}` is nested too deeply", advice=f"at most {MAX_DEPTH} levels are read")
    return value


def _deeper(value: Raw, limit: int) -> bool:
    level: list[Raw] = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        below: list[Raw] = []
        for item in level:
            if isinstance(item, dict | list):
                inside = item.values() if isinstance(item, dict) else item
                below.extend(part for part in inside if isinstance(part, dict | list))
        if not below:
            return False
        level = below
    return True


def read_json(text: str, name: str) -> Table:
    """A JSON object: its members by name."""
    value = parse_json(text, name)
    if not isinstance(value, dict):
        found = "a list" if isinstance(value, list) else "a single value"
        reject(
            "E0302",
            f"`{name}` holds {found}, but data are an object of named values",
            advice='write it as `{"name": value, …}`',
        )
    return Table(name, value)


# ------------------------------------------------------------------ CSV


def read_csv(text: str, name: str) -> Table:
    """A CSV file with a header: a list of cells for each column; empty and `NA` mean missing."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        numbered = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        reject("E0302", f"`{name}` is not CSV: {error}")
    if not numbered:
        reject("E0302", f"`{name}` is empty", advice="the first line names the columns")
    (_, header), *body = numbered
    header = [title.strip() for title in header]
    twice = next((title for k, title in enumerate(header) if title in header[:k]), None)
    if twice is not None:
        reject("E0302", f"`{name}` has two columns named `{twice}`")
    for line, row in body:
        if len(row) != len(header):
            fields = f"{len(row)} field" if len(row) == 1 else f"{len(row)} fields"
            message = f"line {line} of `{name}` has {fields}, but the header names {len(header)}"
            reject("E0302", message, data_places.of_line(SourceFile(name, text), line), fields)
    columns: dict[str, Raw] = {title: [_cell(row[k]) for _, row in body] for k, title in enumerate(header)}
    columns.pop("", None)  # R and pandas write row names under an empty title
    return Table(name, columns)


def _cell(text: str) -> Cell | None:
    text = text.strip()
    return None if text in ("", "NA") else Cell(text)
