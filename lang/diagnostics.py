"""Errors are data until the last moment: a `Diagnostic` is a record, `Rejected` carries them.

One function (`pplc.lang.render.render`) turns them into text. A bug of ours is never a
`Diagnostic`; it is an ordinary exception.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A model file as it was read: its name for display and its whole text."""

    name: str
    text: str

    def line(self, number: int) -> str:
        """Line `number` (from 1), without its newline; empty past the end."""
        lines = self.text.split("\n")
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else ""


NO_FILE = SourceFile("<none>", "")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters in a file; lines and columns count from 1."""

    file: SourceFile = field(repr=False)
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of `other`."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)


NOWHERE = Span(NO_FILE, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that explains a diagnostic, such as an earlier definition."""

    span: Span
    label: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong with what the user wrote.

    code:    `E0204`-style, catalogued in `pplc.lang.codes`; never reused.
    message: makes sense alone; lower case, no full stop, code in backticks.
    label:   short, stands under the caret.
    help:    what to do about it; empty if there is nothing to say.
    """

    code: str
    message: str
    span: Span = NOWHERE
    label: str = ""
    help: str = ""
    notes: tuple[Note, ...] = ()
    severity: Severity = "error"


class Rejected(Exception):
    """The user's file, data or options are wrong; carries every diagnostic that one pass found."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics
