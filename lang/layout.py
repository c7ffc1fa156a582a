"""Which newlines count: a filter on the token stream that keeps a stack of brackets.

Newlines inside `( )` and `[ ]` do not count, except within a block `{ }` inside them, where they
count again. A newline after an operator, a comma and so on does not count, nor does one before
`else`, a closing bracket, `{` or `|`. What remains stands between two statements, exactly once.
"""

from __future__ import annotations

from typing import Final

from pplc.lang.diagnostics import Diagnostic, Note, SourceFile
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

_STARTS_AFTER_BLOCK = frozenset(
    "NAME NUMBER STRING true false return let var observe while if match fn model"
    " query type density import".split()
)
_ONLY_STATEMENTS = frozenset(
    ("let", "var", "observe", "return", "while", "query", "type", "density", "import")
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def lay_out(tokens: list[Token], file: SourceFile, errors: list[Diagnostic]) -> list[Token]:
    """The tokens the parser sees: separators that count, brackets balanced (the missing ones reported)."""
    out: list[Token] = []
    stack: list[Token] = []
    pending: Token | None = None
    for position, token in enumerate(tokens):
        if token.type == NEWLINE or (token.type == ";" and (not stack or stack[-1].type == "{")):
            pending = pending or token
            continue
        if pending and stack and stack[-1].type != "{" and _starts_statement(tokens, position):
            _close_before(out, stack, pending, file, errors)
        counts = not stack or stack[-1].type == "{"
        if pending and counts and out and out[-1].type not in CONTINUES and token.type not in CONTINUED_BY:
            out.append(Token(NEWLINE, pending.text, pending.line, pending.column, pending.end))
        elif not pending and counts and out and out[-1].type == "}" and token.type in _STARTS_AFTER_BLOCK:
            out.append(Token(NEWLINE, "", token.line, token.column, token.column))
        pending = None
        if token.type in _CLOSING:
            stack.append(token)
            if len(stack) > MAX_NESTING:
                errors.append(
                    Diagnostic(
                        "E0108",
                        f"brackets are nested more than {MAX_NESTING} deep",
                        token.span(file),
                        "too deep",
                        "give parts of this expression a name with `let`",
                    )
                )
                return []
        elif token.type in (")", "]", "}") and not _close(out, stack, token, file, errors):
            continue
        elif token.type == END:
            if out:  # the end is where the text ends, not after the empty lines that follow
                last = out[-1]
                token = Token(END, "", last.line, last.end, last.end)
            _close_all(out, stack, token, file, errors)
        out.append(token)
    return out


def _starts_statement(tokens: list[Token], position: int) -> bool:
    """Whether a line certainly starts a statement, so that an open parenthesis before it was forgotten."""
    token = tokens[position]
    if token.type in _ONLY_STATEMENTS:
        return True
    following = tokens[position + 1].type if position + 1 < len(tokens) else END
    return (
        token.type == "NAME"
        and following in ("~", ":=")
        or token.type in ("model", "fn")
        and following == "NAME"
    )


def _close_before(
    out: list[Token], stack: list[Token], newline: Token, file: SourceFile, errors: list[Diagnostic]
) -> None:
    """Close what stands open at the end of a line, down to the block around it."""
    while stack and stack[-1].type != "{":
        opening = stack.pop()
        errors.append(_unclosed(opening, file))
        out.append(_virtual(_CLOSING[opening.type], newline))


def _close(
    out: list[Token], stack: list[Token], token: Token, file: SourceFile, errors: list[Diagnostic]
) -> bool:
    """Match a closing bracket, or the wrong one in its place; False if it matches nothing."""
    reach = len(stack)  # `)` and `]` close nothing outside of the block they are in, `}` only blocks
    while reach > 0 and stack[reach - 1].type != "{":
        reach -= 1
    block = token.type == "}"
    if (block and reach == 0) or (not block and reach == len(stack)):
        errors.append(
            Diagnostic("E0103", f"`{token.text}` closes nothing", token.span(file), "no bracket is open here")
        )
        return False
    matches = block or any(_CLOSING[opening.type] == token.type for opening in stack[reach:])
    while _CLOSING[stack[-1].type] != token.type:
        opening = stack.pop()
        closing = _CLOSING[opening.type]
        note = Note(token.span(file), f"`{token.text}` here, expected `{closing}`")
        errors.append(_unclosed(opening, file, note))
        out.append(_virtual(closing, token))
        if not matches:  # `[1, 2)`: the wrong bracket was meant to close this one
            return False
    stack.pop()
    return True


def _close_all(
    out: list[Token], stack: list[Token], end: Token, file: SourceFile, errors: list[Diagnostic]
) -> None:
    if stack:
        errors.append(_unclosed(stack[0], file))
    while stack:
        out.append(_virtual(_CLOSING[stack.pop().type], end))


def _unclosed(opening: Token, file: SourceFile, *notes: Note) -> Diagnostic:
    closing = _CLOSING[opening.type]
    return Diagnostic(
        "E0102",
        f"this `{opening.text}` is never closed",
        opening.span(file),
        f"needs a `{closing}`",
        notes=notes,
    )


def _virtual(kind: str, place: Token) -> Token:
    return Token(kind, "", place.line, place.column, place.column)
