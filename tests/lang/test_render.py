"""Diagnostics as text: one golden rendering for each thing the renderer can do, and as JSON."""

import json

import pytest

from pplc.lang.diagnostics import Diagnostic, Note, SourceFile, Span
from pplc.lang.render import WIDTH, render, to_json, visible, width


def diagnostic(text: str, line: int, column: int, end: int, *notes: Note, help: str = "") -> Diagnostic:
    file = SourceFile("m.ppl", text)
    return Diagnostic("E0201", "there is no `b`", Span(file, line, column, line, end), "unknown", help, notes)


def test_a_span_is_underlined_with_its_label_and_help() -> None:
    assert render(diagnostic("let a = b + c\n", 1, 9, 10, help="did you mean `c`?")) == (
        "error[E0201]: there is no `b`\n"
        "  --> m.ppl:1:9\n"
        "   |\n"
        " 1 | let a = b + c\n"
        "   |         ^ unknown\n"
        "   = help: did you mean `c`?\n"
    )


def test_tabs_are_four_columns_wide() -> None:
    assert render(diagnostic("\tlet\ta = b", 1, 10, 11)).splitlines()[3:] == [
        " 1 |     let    a = b",
        "   |                ^ unknown",
    ]


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    assert render(diagnostic("中文 e\u0301 b", 1, 7, 8)).splitlines()[3:] == [
        " 1 | 中文 e\u0301 b",
        "   |        ^ unknown",
    ]
    assert (width("中"), width("e\u0301"), width("a\tb")) == (2, 1, 6)


def test_the_end_of_the_file_can_be_pointed_at() -> None:
    assert render(diagnostic("let a =", 1, 8, 8)).splitlines()[3:] == [
        " 1 | let a =",
        "   |        ^ unknown",
    ]
    assert render(diagnostic("let a =\n", 2, 1, 1)).splitlines()[3:] == [" 2 |", "   | ^ unknown"]


def test_a_span_of_several_lines_is_underlined_on_its_first() -> None:
    file = SourceFile("m.ppl", "let a = f(\n  b)  \n")
    shown = render(Diagnostic("E0201", "no", Span(file, 1, 9, 2, 5), "here"))
    assert shown.splitlines()[3:] == [" 1 | let a = f(", "   |         ^^ here"]


def test_two_places_of_a_file_are_shown_in_its_order_with_what_is_between_left_out() -> None:
    text = "let b = 1\n\n\n" + "\n" * 7 + "let b = 2\n"
    file = SourceFile("m.ppl", text)
    first = Note(Span(file, 1, 5, 1, 6), "first given here")
    assert render(Diagnostic("E0202", "twice", Span(file, 11, 5, 11, 6), "again", notes=(first,))) == (
        "error[E0202]: twice\n"
        "   --> m.ppl:11:5\n"
        "    |\n"
        "  1 | let b = 1\n"
        "    |     - first given here\n"
        "...\n"
        " 11 | let b = 2\n"
        "    |     ^ again\n"
    )


def test_two_places_of_a_line_share_it() -> None:
    file = SourceFile("m.ppl", "let a = [1, 2)")
    note = Note(Span(file, 1, 14, 1, 15), "`)` here")
    assert render(
        Diagnostic("E0102", "open", Span(file, 1, 9, 1, 10), "needs a `]`", notes=(note,))
    ).splitlines()[3:] == [
        " 1 | let a = [1, 2)",
        "   |         ^ needs a `]`",
        "   |              - `)` here",
    ]


def test_a_note_in_another_file_names_it() -> None:
    other = SourceFile("lib.ppl", "fn f() => 1")
    shown = render(diagnostic("let a = b", 1, 9, 10, Note(Span(other, 1, 4, 1, 5), "there")))
    assert shown.splitlines()[5:] == ["  ::: lib.ppl:1:4", "   |", " 1 | fn f() => 1", "   |    - there"]


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    text = "let a = [" + "1, " * 200 + "b, " + "2, " * 200 + "]"
    column = text.index("b") + 1
    line, caret = render(diagnostic(text, 1, column, column + 1)).splitlines()[3:]
    assert line.startswith(" 1 | ...")
    assert line.endswith("...")
    assert len(line) == len(" 1 | ") + WIDTH + 6
    assert line[caret.index("^")] == "b"


def test_without_a_place_only_the_message_is_shown() -> None:
    shown = render(Diagnostic("E0301", "no data", help="give `--data`\nor `--set`"))
    assert shown == "error[E0301]: no data\n   = help: give `--data`\n           or `--set`\n"


def test_a_note_without_a_place_is_a_line_of_its_own() -> None:
    from pplc.lang.diagnostics import NOWHERE

    assert (
        render(diagnostic("b", 1, 1, 2, Note(NOWHERE, "seen before"))).splitlines()[-1]
        == "   = note: seen before"
    )


def test_several_are_separated_by_empty_lines_and_none_are_nothing() -> None:
    one = Diagnostic("W0301", "unused", severity="warning")
    assert render([one, one]) == "warning[W0301]: unused\n\nwarning[W0301]: unused\n"
    assert render([]) == ""


def test_colours_change_nothing_but_the_colours() -> None:
    import re

    one = diagnostic("let a = b", 1, 9, 10, help="c")
    assert "\x1b[" not in render(one)
    assert re.sub(r"\x1b\[[0-9;]*m", "", render(one, colour=True)) == render(one)
    assert "\x1b[1;31m^\x1b" not in render(one, colour=True)  # caret and label are one run of colour
    assert "\x1b[1;31m^ unknown\x1b[0m" in render(one, colour=True)


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\u202e", "\x00", "\r", "\x07"])
def test_what_a_terminal_would_obey_is_spelled_out(hostile: str) -> None:
    shown = render(diagnostic(f"let {hostile}a = b", 1, 5, 6))
    assert hostile not in shown
    assert visible(hostile[0]) == f"\\u{{{ord(hostile[0]):x}}}"


def test_json_has_the_places_and_survives_a_round_trip() -> None:
    note = Note(Span(SourceFile("lib.ppl", "x"), 1, 1, 1, 2), "there")
    data = to_json(diagnostic("let a = b", 1, 9, 10, note, help="c"))
    assert json.loads(json.dumps(data)) == {
        "code": "E0201",
        "severity": "error",
        "message": "there is no `b`",
        "file": "m.ppl",
        "line": 1,
        "column": 9,
        "end_line": 1,
        "end_column": 10,
        "label": "unknown",
        "help": "c",
        "notes": [
            {"file": "lib.ppl", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "label": "there"}
        ],
    }
    assert "file" not in to_json(Diagnostic("E0301", "no data"))
