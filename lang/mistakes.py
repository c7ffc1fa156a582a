"""Syntax errors: which known mistake it is (`mistakes_table`), else what was expected and found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from pplc.lang.diagnostics import Diagnostic, SourceFile
from pplc.lang.layout import CONTINUES
from pplc.lang.lexer import END, NEWLINE, Token
from pplc.lang.mistakes_table import MISTAKES, Mistake
from pplc.lang.suggest import nearest

_NEEDS_RIGHT: Final = CONTINUES - frozenset("( [ { | , : else".split())
_ENDS: Final = frozenset((NEWLINE, END, ")", "]", "}", ",", ";"))
_EXPRESSION: Final = frozenset(
    (
        "NAME",
        "NUMBER",
        "STRING",
        "(",
        "[",
        "-",
        "+",
        "~",
        "not",
        "if",
        "match",
        "fn",
        "model",
        "true",
        "false",
    )
)
_ITEMS: Final = frozenset(("model", "fn", "density", "type", "import", "query", "let"))
_STATEMENTS: Final = frozenset("let var observe return while for query type density import".split())
_OPERATORS: Final = frozenset("+ - * / // % ^ @ == != < <= > >= and or .. . ?".split())


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the parser stands: `tokens[position]` cannot follow; one of `accepts` could.

    rule: what is being read, a `program` or `queries` alone.
    """

    file: SourceFile
    tokens: Sequence[Token]
    position: int
    accepts: frozenset[str]
    rule: str = "program"

    @property
    def token(self) -> Token:
        """The one that cannot stand here."""
        return self.tokens[self.position]

    def at(self, offset: int) -> Token:
        """A neighbour of the token; the end of the file beyond both ends."""
        index = self.position + offset
        return self.tokens[index] if 0 <= index < len(self.tokens) else self.tokens[-1]

    def start(self) -> int:
        """Index of the first token of the statement or item that the token is in."""
        level, index = 0, self.position
        while index > 0:
            kind = self.tokens[index - 1].type
            if kind in (")", "]", "}"):
                level += 1
            elif kind in ("(", "[", "{"):
                if level == 0 and kind == "{":
                    break
                level = max(0, level - 1)
            elif kind == NEWLINE and level == 0:
                break
            index -= 1
        return index

    def inside(self) -> str:
        """The innermost bracket that is open, or the empty string."""
        level = 0
        for index in range(self.position - 1, -1, -1):
            kind = self.tokens[index].type
            if kind in (")", "]", "}"):
                level += 1
            elif kind in ("(", "[", "{"):
                if level == 0:
                    return kind
                level -= 1
        return ""


def explain(situation: Situation) -> Diagnostic:
    """The diagnostic for a token that cannot stand where it stands."""
    if (slip := _misspelled_item(situation)) is not None:
        return slip
    if (broken := _line_broken_off(situation)) is not None:
        return _nothing_right(situation, broken)
    for mistake in MISTAKES:
        if _matches(mistake, situation):
            return _known(mistake, situation)
    before = situation.at(-1)
    if before.type in _NEEDS_RIGHT and situation.token.type in _ENDS and situation.position > 0:
        return _nothing_right(situation, before)
    return _unexpected(situation)


def _is(token: Token, alternatives: str) -> bool:
    """Whether a token is one of the alternatives; of none at all means any."""
    return not alternatives or any(word in (token.type, token.text) for word in alternatives.split())


def _matches(mistake: Mistake, here: Situation) -> bool:
    """Whether everything that a mistake asks for is so; the cheap questions first."""
    if mistake.token and not _is(here.token, mistake.token):
        return False
    if not all(
        _is(here.at(index - len(mistake.before)), words) for index, words in enumerate(mistake.before)
    ):
        return False
    if len(mistake.before) > here.position:
        return False
    if not all(_is(here.at(index + 1), words) for index, words in enumerate(mistake.after)):
        return False
    if mistake.glued and here.token.spaced:
        return False
    if mistake.earlier and not _is_earlier(mistake.earlier, here):
        return False
    if not here.accepts.issuperset(mistake.accepts.split()) or here.accepts.intersection(
        mistake.rejects.split()
    ):
        return False
    if mistake.inside and here.inside() not in mistake.inside.split():
        return False
    if mistake.start == "query" and here.rule == "queries":
        return True
    return not mistake.start or _is(here.tokens[here.start()], mistake.start)


def _is_earlier(words: str, here: Situation) -> bool:
    before = (here.tokens[index] for index in range(here.position - 1, -1, -1))
    return any(_is(token, words) for token in takewhile(lambda token: token.line == here.token.line, before))


def _known(mistake: Mistake, here: Situation) -> Diagnostic:
    place = here.tokens[here.start()] if mistake.at is None else here.at(mistake.at)
    words = {
        "found": here.token.text or "the end of the line",
        "previous": here.at(-1).text,
        "next": here.at(1).text,
        "start": here.tokens[here.start()].text,
    }
    message, label, advice = (_fill(text, words) for text in (mistake.message, mistake.label, mistake.help))
    return Diagnostic(mistake.code, message, place.span(here.file), label, advice)


def _fill(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"<{name}>", word.strip() or "the end of the line")
    return text


def _line_broken_off(here: Situation) -> Token | None:
    """The sign at the end of the line before, if what follows it is the start of a statement.

    Such a line was joined with the next one, as in `x ~` above `y ~ Normal(0, 1)`.
    """
    if here.position == 0:
        return None
    index = here.position - 1
    if here.token.type in ("~", "=", ":="):  # back over the target, `y` or `y[i]`
        while (
            index > 0
            and here.tokens[index].line == here.token.line
            and here.tokens[index].type not in _NEEDS_RIGHT
        ):
            index -= 1
        first = here.tokens[index + 1]
        if first.type != "NAME":
            return None
    else:
        first = here.token
        if first.type not in _STATEMENTS:
            return None
    sign = here.tokens[index]
    return sign if sign.type in _NEEDS_RIGHT and sign.line < first.line else None


def _nothing_right(here: Situation, sign: Token) -> Diagnostic:
    wanted = {
        "~": "a law, as in `x ~ Normal(0, 1)`",
        "in": "a range or list, as in `for i in 0..N`",
        "->": "a type",
        "on": "a type",
    }.get(sign.type, "an expression")
    return Diagnostic(
        "E0114", f"`{sign.text}` has nothing on its right", sign.span(here.file), f"expected {wanted}"
    )


def _misspelled_item(here: Situation) -> Diagnostic | None:
    """`modle f()`: a word that is near one of those that begin an item."""
    if here.token.type != "NAME" or not here.accepts >= {"model", "query"}:
        return None
    found = nearest(here.token.text, sorted(_ITEMS))
    if found is None:
        return None
    return Diagnostic(
        "E0121",
        f"no item begins with `{here.token.text}`",
        here.token.span(here.file),
        "unknown word",
        f"did you mean `{found}`?",
    )


def _unexpected(here: Situation) -> Diagnostic:
    token, before = here.token, here.at(-1)
    found = {NEWLINE: "the end of the line", END: "the end of the file"}.get(token.type, f"`{token.text}`")
    span = token.span(here.file)
    if here.position > 0 and token.type != END and (token.line > before.line or not token.text):
        found = "the end of the line"
        span = Token(END, "", before.line, before.end, before.end).span(here.file)
    wanted = _listed(expected(here.accepts, here.inside()))
    return Diagnostic("E0101", f"expected {wanted}, found {found}", span, "unexpected", _meant(here))


def _meant(here: Situation) -> str:
    """Advice for two words side by side, of which the first may be a slip of a word of the language."""
    first = here.at(-1)
    if here.position == 0 or first.type != "NAME" or here.start() != here.position - 1:
        return ""
    if here.token.type not in ("NAME", "NUMBER", "STRING"):
        return ""
    found = nearest(first.text, ("return", "let", "var", "observe", "for", "while", "match", "if"))
    return f"did you mean `{found}`?" if found else "a call has parentheses, `f(x)`"


def expected(accepts: frozenset[str], inside: str) -> list[str]:
    """What could stand here, in words."""
    out: list[str] = []
    rest = set(accepts)
    if {"NAME", "array"} <= accepts:
        out.append("a type")
        rest -= {"NAME", "array", "(", "[", "fn", "NUMBER"}
    elif {"NAME", "NUMBER", "("} <= accepts and "[" in accepts:  # no pattern begins with `[`
        out.append("an expression" if "let" not in accepts else "a statement")
        rest -= _EXPRESSION | {"let", "var", "observe", "return", "for", "while"}
    elif {"model", "query"} <= accepts:
        out.append("`model`, `fn` or another item")
        rest -= {"model", "fn", "density", "type", "import", "query", "let", END}
    elif {"NAME", "true"} <= accepts:
        out.append("a pattern")
        rest -= {"NAME", "NUMBER", "STRING", "true", "false", "(", "-"}
    elif "NAME" in accepts:
        out.append("a name")
        rest -= {"NAME"}
    if {"+", "*"} <= accepts:
        out.append("an operator")
        rest -= _OPERATORS | {"(", "["}
    closing = {"(": ")", "[": "]", "{": "}"}.get(inside, "")
    for symbol in ("STRING", "NUMBER", ",", closing, "{", "=>", "=", ":", "~", "in", NEWLINE, END):
        if symbol in rest:
            names = {
                "STRING": "a string",
                "NUMBER": "a number",
                NEWLINE: "the end of the line",
                END: "the end of the file",
            }
            if symbol == END and NEWLINE in accepts:
                continue
            out.append(names.get(symbol, f"`{symbol}`"))
            rest.discard(symbol)
    return out or [f"`{symbol}`" for symbol in sorted(rest)] or ["nothing"]


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
