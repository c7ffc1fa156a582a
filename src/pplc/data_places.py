"""Where in a JSON file something stands that the decoder of the standard library reads without complaint."""

from __future__ import annotations

import json
import re

from pplc.lang.diagnostics import SourceFile, Span

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def of_word(file: SourceFile, word: str) -> Span:
    """The first number or constant that is written so."""
    for token in _TOKEN.finditer(file.text):
        if token[0] == word:
            return _span(file, token)
    return Span(file, 1, 1, 1, 2)


def of_key_again(file: SourceFile, key: str) -> Span:
    """The second time that one object has the key."""
    objects: list[bool] = []  # whether each object or list that is open has the key
    before: re.Match[str] | None = None
    for token in _TOKEN.finditer(file.text):
        match token[0]:
            case "{" | "[":
                objects.append(False)
            case "}" | "]":
                objects.pop()
            case ":" if before is not None and json.loads(before[0]) == key:
                if objects[-1]:
                    return _span(file, before)
                objects[-1] = True
            case _:
                pass
        before = token
    return Span(file, 1, 1, 1, 2)


def of_line(file: SourceFile, number: int) -> Span:
    """A whole line, counted from 1."""
    line = file.text.splitlines()[number - 1]
    return Span(file, number, 1, number, max(len(line), 1) + 1)


def _span(file: SourceFile, token: re.Match[str]) -> Span:
    line = file.text.count("\n", 0, token.start()) + 1
    column = token.start() - file.text.rfind("\n", 0, token.start())
    return Span(file, line, column, line, column + len(token[0]))


__all__ = ["of_key_again", "of_line", "of_word"]
