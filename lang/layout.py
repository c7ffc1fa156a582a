"""Which newlines count: a filter on the token stream that keeps a stack of brackets.

Newlines inside `( )` and `[ ]` do not count, except within a block `{ }` inside them, where they
count again. A newline after an operator, a comma and so on does not count, nor does one before
`else`, a closing bracket, `{` or `|`. What remains stands between two statements, exactly once.
"""

from __future__ import annotations

from typing import Final

from pplc.lang.diagnostics import Diagnostic, Note, SourceFile, Span
from pplc.lang.lexer import END, NEWLINE, Token

MAX_NESTING: Final = 200
"""Brackets within brackets, and levels of the syntax tree; deeper files are refused, not crashed on."""

CONTINUES: Final = frozenset(
    "+ - * / // % ^ @ ~ = == != < <= > >= and or not .. , : => -> := . on in ( [ { | else"
    " && || ** <- += -= *= /= ! &".split()
)
"""A newline after one of these does not count."""

CONTINUED_BY: Final = frozenset(("else", ")", "]", "}", "{", "|", END))
"""Nor does one before these."""

IN_QUERIES: Final = frozenset(("given", "maximise", "maximize", "subject"))
"""Nor one before these outside of all blocks, where no item begins with a name: they go on with a query."""

_STARTS_AFTER_BLOCK = frozenset(
    "NAME NUMBER STRING true false return let var observe while if match fn model"
    " query type density import".split()
)
_ONLY_STATEMENTS = frozenset(
    ("let", "var", "observe", "return", "while", "query", "type", "density", "import")
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def lay_out(tokens: list[Token], file: SourceFile, errors: list[Diagnostic]) -> list[Token]:
    """The tokens the parser sees: separators that count, brackets balanced (the missing ones reported).

    Empty if brackets are nested too deep to go on.
    """
    layout = _Layout(file, tokens, errors)
    for position, token in enumerate(tokens):
        if not layout.take(position, token):
            return []
    return layout.out


class _Layout:
    """The stack of open brackets, and the tokens let through so far."""

    def __init__(self, file: SourceFile, tokens: list[Token], errors: list[Diagnostic]) -> None:
        self.file, self.tokens, self.errors = file, tokens, errors
        self.out: list[Token] = []
        self.stack: list[Token] = []
        self.pending: Token | None = None
        self.indents: dict[int, int] = {}
        self.suspect: Token | None = None  # a `{` whose `}` stands further left than the line it is on
        self.open_blocks = sum((token.type == "{") - (token.type == "}") for token in tokens)

    def take(self, position: int, token: Token) -> bool:
        """Let a token through, or keep it back; False if brackets are nested too deep."""
        out, stack = self.out, self.stack
        if token.type == NEWLINE or (token.type == ";" and (not stack or stack[-1].type == "{")):
            self.pending = self.pending or token
            return True
        if self.pending is not None:
            self._new_line(position, token, self.pending)
        counts = not stack or stack[-1].type == "{"
        if (
            self.pending
            and counts
            and out
            and out[-1].type not in CONTINUES
            and token.type not in CONTINUED_BY
            and (stack or token.type != "NAME" or token.value not in IN_QUERIES)
        ):
            place = self.pending
            out.append(Token(NEWLINE, place.text, place.line, place.column, place.end))
        elif (
            not self.pending and counts and out and out[-1].type == "}" and token.type in _STARTS_AFTER_BLOCK
        ):
            out.append(_virtual(NEWLINE, token))
        self.pending = None
        self.indents.setdefault(token.line, token.column)
        if token.type in _CLOSING:
            stack.append(token)
            if len(stack) > MAX_NESTING:
                self.errors.append(_too_deep(token.span(self.file)))
                return False
        elif token.type in (")", "]", "}"):
            if not self._close(token):
                return True
        elif token.type == END:
            if out:  # the end is where the text ends, not after the empty lines that follow
                token = Token(END, "", out[-1].line, out[-1].end, out[-1].end)
            self._close_all(token)
        out.append(token)
        return True

    def _new_line(self, position: int, token: Token, newline: Token) -> None:
        """At the start of a line, close what was certainly meant to end before it."""
        if self.stack and self.stack[-1].type != "{" and _starts_statement(self.tokens, position):
            while self.stack and self.stack[-1].type != "{":
                opening = self.stack.pop()
                self.errors.append(self._unclosed(opening))
                self.out.append(_virtual(_CLOSING[opening.type], newline))
        if self.stack and self.open_blocks > 0 and token.column == 1 and _starts_item(self.tokens, position):
            self._close_all(newline)

    def _close(self, token: Token) -> bool:
        """Match a closing bracket, or the wrong one in its place; False if it matches nothing."""
        stack = self.stack
        reach = len(stack)  # `)` and `]` close nothing outside of the block they are in, `}` only blocks
        while reach > 0 and stack[reach - 1].type != "{":
            reach -= 1
        block = token.type == "}"
        if (block and reach == 0) or (not block and reach == len(stack)):
            span = token.span(self.file)
            self.errors.append(
                Diagnostic("E0103", f"`{token.text}` closes nothing", span, "no bracket is open here")
            )
            return False
        matches = block or any(_CLOSING[opening.type] == token.type for opening in stack[reach:])
        while _CLOSING[stack[-1].type] != token.type:
            opening = stack.pop()
            closing = _CLOSING[opening.type]
            note = Note(token.span(self.file), f"`{token.text}` here, expected `{closing}`")
            self.errors.append(self._unclosed(opening, note))
            self.out.append(_virtual(closing, token))
            if not matches:  # `[1, 2)`: the wrong bracket was meant to close this one
                return False
        opening = stack.pop()
        if self.suspect is None and self.indents[token.line] == token.column < self.indents[opening.line]:
            self.suspect = opening
        return True

    def _close_all(self, place: Token) -> None:
        """Report the bracket that was most probably forgotten, and close all that are open."""
        if self.stack:
            blocks = [opening for opening in self.stack if opening.type == "{"]
            self.errors.append(self._unclosed(self.suspect if self.suspect and blocks else self.stack[-1]))
            self.open_blocks -= len(blocks)
        while self.stack:
            self.out.append(_virtual(_CLOSING[self.stack.pop().type], place))
        self.suspect = None

    def _unclosed(self, opening: Token, *notes: Note) -> Diagnostic:
        closing = _CLOSING[opening.type]
        message, label = f"this `{opening.text}` is never closed", f"needs a `{closing}`"
        return Diagnostic("E0102", message, opening.span(self.file), label, notes=notes)


def _starts_statement(tokens: list[Token], position: int) -> bool:
    """Whether a line certainly starts a statement, so that an open parenthesis before it was forgotten."""
    token = tokens[position]
    following = tokens[position + 1].type if position + 1 < len(tokens) else END
    if token.type in _ONLY_STATEMENTS or _starts_item(tokens, position):
        return True
    return token.type == "NAME" and following in ("~", ":=")


def _starts_item(tokens: list[Token], position: int) -> bool:
    token = tokens[position]
    following = tokens[position + 1].type if position + 1 < len(tokens) else END
    return token.type in ("query", "type", "density", "import") or (
        token.type in ("model", "fn") and following == "NAME"
    )


def _too_deep(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0108",
        f"brackets are nested more than {MAX_NESTING} deep",
        span,
        "too deep",
        "give parts of this expression a name with `let`",
    )


def _virtual(kind: str, place: Token) -> Token:
    return Token(kind, "", place.line, place.column, place.column)
