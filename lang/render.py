"""Diagnostics as text, in the style of rustc, and as plain data for editors.

    error[E0204]: `Normal` takes 2 parameters, but 3 were given
      --> eight_schools.ppl:3:9
       |
     3 |   mu  ~ Normal(0, 5, 1)
       |         ^^^^^^^^^^^^^^^ expected `mean` and `sd`
       = help: for a truncated normal write `Truncated(Normal(0, 5), lower = 1)`

Tabs are shown as four blanks, wide characters count as two columns, combining ones as none;
what a terminal would obey instead of show (escape sequences, direction marks) is made visible.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pplc.lang.diagnostics import Diagnostic, Span

WIDTH: Final = 100
"""Columns of source shown of one line; of a longer one the part around the caret."""

TAB: Final = "    "
_RED, _YELLOW, _BLUE, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"


def render(diagnostics: Diagnostic | Iterable[Diagnostic], colour: bool = False) -> str:
    """All of them, separated by empty lines; ends with a newline unless there are none."""
    items = [diagnostics] if isinstance(diagnostics, Diagnostic) else list(diagnostics)
    return "\n".join(_one(diagnostic, partial(_paint, colour)) for diagnostic in items)


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """What an editor needs: lines and columns from 1, ends exclusive; no `file` if it has no place."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "label": diagnostic.label,
        "help": diagnostic.help,
        "notes": [{**_place(note.span), "label": note.label} for note in diagnostic.notes],
    }


def _place(span: Span) -> dict[str, Any]:
    if span.line == 0:
        return {}
    return {
        "file": span.file.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


@dataclass(frozen=True, slots=True)
class _Mark:
    """One underlined place: the first line of a span, and what to say under it."""

    span: Span
    label: str
    sign: str


def _paint(colour: bool, code: str, text: str) -> str:
    return f"{code}{text}{_PLAIN}" if colour and text else text


def _one(diagnostic: Diagnostic, paint: partial[str]) -> str:
    tint = _RED if diagnostic.severity == "error" else _YELLOW
    code = f"[{diagnostic.code}]" if diagnostic.code else ""
    head = paint(tint, diagnostic.severity + code) + paint(_BOLD, ": " + visible(diagnostic.message))
    marks = [
        _Mark(diagnostic.span, diagnostic.label, "^"),
        *(_Mark(note.span, note.label, "-") for note in diagnostic.notes),
    ]
    shown = [mark for mark in marks if mark.span.line > 0]
    margin = max((len(str(mark.span.line)) for mark in shown), default=1) + 2
    lines = [head]
    for file in dict.fromkeys(mark.span.file for mark in shown):
        here = [mark for mark in shown if mark.span.file == file]
        arrow = "-->" if file == diagnostic.span.file else ":::"
        lines.append(
            " " * (margin - 1)
            + paint(_BLUE, arrow)
            + f" {visible(file.name)}:{here[0].span.line}:{here[0].span.column}"
        )
        lines += _excerpt(here, margin, tint, paint)
    lines += [
        " " * margin + paint(_BLUE, "=") + f" note: {visible(mark.label)}"
        for mark in marks[1:]
        if mark.span.line == 0 and mark.label
    ]
    if diagnostic.help:
        first, *rest = visible(diagnostic.help, keep="\n").split("\n")
        lines.append(" " * margin + paint(_BLUE, "=") + f" help: {first}")
        lines += [" " * (margin + 8) + line for line in rest]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _excerpt(marks: Sequence[_Mark], margin: int, tint: str, paint: partial[str]) -> list[str]:
    """Each line that has marks once, in the order of the file, the marks under it."""
    bar = paint(_BLUE, "|")
    lines = [" " * margin + bar]
    previous = 0
    for number in sorted({mark.span.line for mark in marks}):
        if previous and number > previous + 1:
            lines.append(paint(_BLUE, "..."))
        previous = number
        here = sorted((mark for mark in marks if mark.span.line == number), key=lambda mark: mark.span.column)
        text = here[0].span.file.line(number)
        start, end = _window(text, here[0].span.column - 1)
        before, after = ("..." if start else ""), ("..." if end < len(text) else "")
        lines.append(
            paint(_BLUE, str(number).rjust(margin - 1))
            + " "
            + bar
            + " "
            + before
            + visible(text[start:end])
            + after
        )
        for mark in here:
            first = min(max(mark.span.column - 1, start), end)
            last = mark.span.end_column - 1 if mark.span.end_line == number else len(text.rstrip())
            offset = len(before) + width(text[start:first])
            length = max(1, width(text[first : min(max(last, first), end)]))
            colour = tint if mark.sign == "^" else _BLUE
            lines.append(
                " " * margin
                + bar
                + " "
                + " " * offset
                + paint(colour, mark.sign * length + (" " + visible(mark.label) if mark.label else ""))
            )
    return lines


def _window(text: str, column: int) -> tuple[int, int]:
    """The part of a line to show: all, or about `WIDTH` characters around a column."""
    if len(text) <= WIDTH:
        return 0, len(text)
    start = max(0, min(column - WIDTH // 3, len(text) - WIDTH))
    return start, min(len(text), start + WIDTH)


def visible(text: str, keep: str = "") -> str:
    """The text with tabs as blanks and everything unprintable spelled out."""
    return "".join(_show(character, keep) for character in text)


def _show(character: str, keep: str) -> str:
    if character == "\t":
        return TAB
    if character in keep or character.isprintable() or unicodedata.category(character) in ("Zs", "Mn", "Mc"):
        return character
    return f"\\u{{{ord(character):x}}}"


def width(text: str) -> int:
    """Columns that `visible(text)` takes in a terminal; UAX 11: wide and full-width take two."""
    return sum(_columns(character) for character in visible(text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
