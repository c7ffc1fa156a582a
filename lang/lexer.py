"""Characters to tokens: names in any script, exact numbers, strings, operators, comments.

Nothing is thrown away but blanks: what belongs to another language (`&&`, `<-`, `**`) becomes a
token too, so that `pplc.lang.mistakes` can say what to write instead.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pplc.lang.diagnostics import Diagnostic, SourceFile, Span
from pplc.lang.syntax import Comment

KEYWORDS: Final = frozenset(
    "model fn density type import query let var if else match for in while return observe"
    " and or not true false on array".split()
)
"""Reserved words; LANGUAGE.md, grammar notes."""

FOREIGN: Final = frozenset(
    ("&&", "||", "!", "**", "<-", "+=", "-=", "*=", "/=", "++", "::", "&", "$", "\\", "===", "<>")
)
"""Operators of other languages, which no rule of the grammar accepts."""

MAX_DIGITS: Final = 400
"""Digits in one literal. A double has at most 309 before the point; int() on more is quadratic."""

END: Final = "$END"
NEWLINE: Final = "_NL"

_OPERATORS = (
    ":= => -> == != <= >= // .. && || ** <- += -= *= /= ++ :: === <>"
    " + - * / % ^ @ ~ = < > ( ) [ ] { } , : ; . ? | ! & $ \\"
)
_BY_LENGTH = sorted(_OPERATORS.split(), key=lambda op: -len(op))
_TOKEN = re.compile(
    r"(?P<blank>[ \t\f\r\ufeff]+)"
    r"|(?P<newline>\n)"
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>[A-Za-z0-9_\u0080-\U0010ffff]+)"
    r'|(?P<string>"(?:[^"\\\n]|\\[^\n])*")'
    r'|(?P<open_string>"[^\n]*)'
    r"|(?P<quoted>'[^'\n]*'?)"
    r"|(?P<operator>" + "|".join(re.escape(op) for op in _BY_LENGTH) + ")"
    r"|(?P<other>.)"
)
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_LOOKALIKES = {
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "∼": "~",
    "˜": "~",
    "−": "-",
    "–": "-",
    "×": "*",
    "·": "*",
    "÷": "/",
    "“": '"',
    "”": '"',
    "‘": '"',
    "’": '"',
    "→": "->",
    "⇒": "=>",
    "←": "~",
    "∧": "and",
    "∨": "or",
    "¬": "not",
    "；": ";",
    "，": ",",
    "（": "(",
    "）": ")",
    "\u00a0": "a space",
    "\u200b": "nothing",
    "∈": "in",
    "∣": "|",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text. `type` is `NAME`, `NUMBER`, `STRING`, `_NL`, `$END`, or the text itself.

    line, column: of the first character, from 1; a token never spans lines.
    end:          column after the last character.
    value:        of a name (NFC), a number (`Decimal`) or a string (escapes resolved).
    spaced:       blank or line start before it.
    """

    type: str
    text: str
    line: int
    column: int
    end: int
    value: str | Decimal = ""
    spaced: bool = True

    def span(self, file: SourceFile) -> Span:
        """Where it stands."""
        return Span(file, self.line, self.column, self.line, self.end)


@dataclass(frozen=True, slots=True)
class Lexed:
    """All tokens, newlines among them and `$END` last; the comments; what was wrong."""

    tokens: list[Token]
    comments: tuple[Comment, ...]
    errors: list[Diagnostic]


def tokenize(file: SourceFile) -> Lexed:
    """Split a text into tokens, never failing: errors are collected and a stand-in token is given."""
    tokens: list[Token] = []
    comments: list[Comment] = []
    errors: list[Diagnostic] = []
    line, line_start, position, spaced = 1, 0, 0, True
    text = file.text
    while position < len(text):
        found = _TOKEN.match(text, position)
        assert found is not None  # the last alternative matches anything
        kind, word, column = found.lastgroup, found.group(), position - line_start + 1
        position = found.end()
        match kind:
            case "blank":
                spaced = True
                continue
            case "newline":
                tokens.append(Token(NEWLINE, "\n", line, column, column + 1))
                line, line_start, spaced = line + 1, position, True
                continue
            case "comment":
                alone = not tokens or tokens[-1].line != line or tokens[-1].type == NEWLINE
                comments.append(Comment(word[1:].rstrip(), line, column, alone))
                continue
            case "number":
                token = _number(word, line, column, spaced, text[position : position + 2], file, errors)
            case "word":
                length = _name_length(word)
                if length == 0:
                    strange = next((i for i, c in enumerate(word) if c.isidentifier()), len(word))
                    position = found.start() + strange
                    errors.append(_strange(word[0], Span(file, line, column, line, column + strange)))
                    spaced = False
                    continue
                word = word[:length]
                position = found.start() + length
                name = word if word.isascii() else unicodedata.normalize("NFC", word)
                token = Token(
                    name if name in KEYWORDS else "NAME", word, line, column, column + length, name, spaced
                )
            case "string":
                value = _unescape(word[1:-1], line, column + 1, file, errors)
                token = Token("STRING", word, line, column, column + len(word), value, spaced)
            case "open_string":
                token = Token("STRING", word, line, column, column + len(word), word[1:], spaced)
                errors.append(
                    Diagnostic(
                        "E0104",
                        "this string is not closed",
                        token.span(file),
                        'no closing `"` on this line',
                        'a string ends with `"` on the line it starts on; write `\\n` for a new line',
                    )
                )
            case "quoted":
                token = Token("STRING", word, line, column, column + len(word), word[1:-1], spaced)
                errors.append(
                    Diagnostic(
                        "E0104",
                        "strings stand in double quotes",
                        token.span(file),
                        "single quotes",
                        f'write `"{word.strip(chr(39))}"`',
                    )
                )
            case "operator":
                token = Token(word, word, line, column, column + len(word), "", spaced)
            case _:
                errors.append(_strange(word, Span(file, line, column, line, column + 1)))
                spaced = False
                continue
        tokens.append(token)
        spaced = False
    tokens.append(Token(END, "", line, position - line_start + 1, position - line_start + 1))
    return Lexed(tokens, tuple(comments), errors)


def _name_length(word: str) -> int:
    """How many characters from the start make a name; any script, as Unicode's UAX 31 says."""
    if word.isidentifier():
        return len(word)
    if not word[0].isidentifier():
        return 0
    return next(i for i, character in enumerate(word) if not ("a" + character).isidentifier())


def _number(
    word: str,
    line: int,
    column: int,
    spaced: bool,
    following: str,
    file: SourceFile,
    errors: list[Diagnostic],
) -> Token:
    span = Span(file, line, column, line, column + len(word))
    mantissa, _, exponent = word.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 9:
        errors.append(
            Diagnostic("E0107", f"this number is too long: at most {MAX_DIGITS} digits", span, "too long")
        )
        return Token("NUMBER", "1", line, column, column + len(word), Decimal(1), spaced)
    value = Decimal(word)
    if (
        value
        and not -400 <= value.adjusted() <= 308
        or value
        and value.adjusted() == 308
        and float(value) == float("inf")
    ):
        errors.append(
            Diagnostic(
                "E0107",
                f"the number `{word}` is out of range",
                span,
                "not between 1e-400 and 1.79e308",
                "real numbers are doubles in the end; rescale the quantity",
            )
        )
        value = Decimal(1)
    if following[:1] == "_" or following[:1].isalpha():
        pass  # left to the parser: a number directly before a name
    return Token("NUMBER", word, line, column, column + len(word), value, spaced)


def _unescape(raw: str, line: int, column: int, file: SourceFile, errors: list[Diagnostic]) -> str:
    def replace(found: re.Match[str]) -> str:
        code = found.group(1)
        if code[0] == "u" and len(code) > 1:
            point = int(code.strip("u{}"), 16)
            if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF:
                return chr(point)
        elif code in _ESCAPED:
            return _ESCAPED[code]
        start = column + found.start()
        span = Span(file, line, start, line, start + len(found.group()))
        errors.append(
            Diagnostic(
                "E0104",
                f"a string has no escape `{found.group()}`",
                span,
                "unknown escape",
                'the escapes are `\\n \\t \\r \\" \\\\ \\uXXXX \\u{X…}`; a backslash itself is `\\\\`',
            )
        )
        return ""

    return _ESCAPE.sub(replace, raw) if "\\" in raw else raw


def _strange(character: str, span: Span) -> Diagnostic:
    name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
    shown = character if character.isprintable() and character != "`" else f"U+{ord(character):04X}"
    advice = f"write `{_LOOKALIKES[character]}`" if character in _LOOKALIKES else ""
    return Diagnostic(
        "E0105", f"the character `{shown}` ({name}) has no meaning here", span, "unexpected character", advice
    )
