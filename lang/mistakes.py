"""Syntax errors by example: what people write, and what they should hear."""

from __future__ import annotations

from dataclasses import dataclass

from pplc.lang.diagnostics import Diagnostic, SourceFile
from pplc.lang.lexer import END, NEWLINE, Token


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the parser stands: `tokens[position]` cannot follow; one of `accepts` could."""

    file: SourceFile
    tokens: list[Token]
    position: int
    accepts: frozenset[str]

    @property
    def token(self) -> Token:
        """The one that cannot stand here."""
        return self.tokens[self.position]


def explain(situation: Situation) -> Diagnostic:
    """The diagnostic for a token that cannot stand where it stands."""
    token = situation.token
    found = {NEWLINE: "the end of the line", END: "the end of the file"}.get(token.type, f"`{token.text}`")
    return Diagnostic("E0101", f"unexpected {found}", token.span(situation.file), "not expected here")
