"""Text to syntax tree: runs the LALR tables that `build_tables` made from `grammar.lark`.

After an error the parser skips to the end of the statement and goes on, so that one pass shows
every syntax error of a file; one line never gets two.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from pplc.lang import syntax as s
from pplc.lang.diagnostics import Diagnostic, Rejected, SourceFile, Span
from pplc.lang.layout import MAX_NESTING, lay_out
from pplc.lang.lexer import END, NEWLINE, Token, tokenize
from pplc.lang.tree import TreeBuilder

MAX_CHARACTERS: Final = 300_000
"""Size of a file. Larger ones are data, and belong in a data file."""

MAX_STACK: Final = 20 * MAX_NESTING
"""Entries of the parser's stack; one level of nesting takes at most 20, those of a signature."""

MAX_ERRORS: Final = 20
"""Syntax errors shown of one file."""

_ITEM_STARTS = frozenset(("model", "fn", "density", "type", "import", "query"))


def parse(text: str, name: str = "<text>") -> s.Program:
    """The tree of a model file; `Rejected` with all its syntax errors."""
    return cast(s.Program, _parse(text, name, "program"))


def parse_query(text: str, name: str = "<query>") -> tuple[s.Query, ...]:
    """The queries of `I(mu; tau), evidence`, as they stand after the word `query`."""
    return cast(tuple[s.Query, ...], _parse(text, name, "queries"))


def parse_expression(text: str, name: str = "<expression>") -> s.Expr:
    """One expression, such as the value of `--set p=0.3`."""
    return cast(s.Expr, _parse(text, name, "expression"))


def parse_intervention(text: str, name: str = "<do>") -> s.DoItem:
    """`x = 1`, `z[3] = 0`, `f.slope = 2`, as they stand in `do(…)`."""
    return cast(s.DoItem, _parse(text, name, "intervention"))


class _Rule(NamedTuple):
    name: str
    action: str
    length: int
    passes: bool
    keep: tuple[tuple[int, bool] | None, ...]
    spliced: bool
    unit: bool


@dataclass(frozen=True, slots=True)
class _Tables:
    states: tuple[dict[str, int], ...]
    rules: tuple[_Rule, ...]
    starts: dict[str, int]
    ends: frozenset[int]


@cache
def _tables() -> _Tables:
    raw = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
    rules = tuple(map(_rule, raw["rules"]))
    return _Tables(tuple(raw["states"]), rules, raw["starts"], frozenset(raw["ends"]))


def _rule(row: list[Any]) -> _Rule:
    """`spliced`: its parts go into the list of its parent; `unit`: its only child stands for it."""
    name, action, length, passes, keep = row
    kept = tuple(None if k is None else (k[0], k[1]) for k in keep)
    spliced = name.startswith("<_")
    return _Rule(
        name,
        action,
        length,
        passes,
        kept,
        spliced,
        passes and not spliced and length == 1 and kept == ((0, False),),
    )


def _parse(text: str, name: str, start: str) -> object:
    file = SourceFile(name, text)
    if len(text) > MAX_CHARACTERS:
        here = Span(file, 1, 1, 1, 1)
        raise Rejected(
            Diagnostic(
                "E0109",
                f"this file is larger than {MAX_CHARACTERS:,} characters",
                here,
                "too large",
                "a model file is small; put numbers in a data file",
            )
        )
    lexed = tokenize(file)
    errors = lexed.errors
    tokens = lay_out(lexed.tokens, file, errors)
    result: object = None
    if tokens:
        tokens = _name_returns(tokens, start == "queries")
        builder = TreeBuilder(file)
        result = _Machine(file, tokens, builder, errors).run(start)
        builder.finish()
        errors.extend(builder.errors)
    if not errors:
        errors.extend(_too_deep(result))
    if errors:
        raise Rejected(*_one_per_line(errors))
    if isinstance(result, s.Program):
        return s.Program(result.items, lexed.comments, span=result.span)
    return result


def _name_returns(tokens: list[Token], query: bool) -> list[Token]:
    """In queries, outside blocks, `return` is the name of the model's value: it ends up as one."""
    out: list[Token] = []
    depth = 0
    for token in tokens:
        if token.type in ("{", "}"):
            depth += 1 if token.type == "{" else -1
        elif depth == 0 and token.type in ("query", NEWLINE):
            query = token.type == "query"
        elif depth == 0 and query and token.type == "return":
            token = replace(token, type="NAME", value=token.text)
        out.append(token)
    return out


def _one_per_line(errors: Iterable[Diagnostic]) -> list[Diagnostic]:
    """In the order of the file; of several on a line only the first found, the others may be its echo."""
    first: dict[int, Diagnostic] = {}
    for error in errors:
        first.setdefault(error.span.line, error)
    return sorted(first.values(), key=lambda error: (error.span.line, error.span.column))[:MAX_ERRORS]


_METHODS: Final = {"lambda": "lambda_", "list": "list_", "tuple": "tuple_"}
"""Rules named like a word of Python."""


class _Machine:
    """The stack machine: states, and beside them values and the first and last token of each."""

    def __init__(
        self, file: SourceFile, tokens: list[Token], builder: TreeBuilder, errors: list[Diagnostic]
    ) -> None:
        self.file, self.tokens, self.builder, self.errors = file, tokens, builder, errors
        self.tables = _tables()
        self.actions: dict[str, Callable[[list[Any], Span], Any]] = {
            rule.action: getattr(builder, _METHODS.get(rule.action, rule.action))
            for rule in self.tables.rules
            if hasattr(builder, _METHODS.get(rule.action, rule.action))
        }
        self.rule = ""
        self.states: list[int] = []
        self.shifted: list[int] = []  # the states after the last token, before any reduction by the next
        self.values: list[Any] = []
        self.firsts: list[int] = []
        self.lasts: list[int] = []

    def run(self, start: str) -> object:
        """Parse all tokens; None if an error left nothing to build."""
        self.states.append(self.tables.starts[start])
        self.shifted = self.states.copy()
        self.rule = start
        states, rules, end, stack = self.tables.states, self.tables.rules, self.tables.ends, self.states
        position, failures = 0, 0
        while True:
            token = self.tokens[position]
            action = states[stack[-1]].get(token.type)
            if action is None:
                if token.type == END and stack[-1] in end:
                    return self.values[-1]
                failures += 1
                self.errors.append(self._explain(position))
                resumed = self._recover(position) if failures < MAX_ERRORS else None
                if resumed is None:
                    return None
                position = resumed
            elif action >= 0:
                self._push(action, token, position, position)
                self.shifted = stack.copy()
                if len(stack) > MAX_STACK:
                    self.errors.append(_deep(token.span(self.file)))
                    return None
                position += 1
            elif (rule := rules[-1 - action]).unit:  # one child stands for the rule: only the state changes
                stack[-1] = states[stack[-2]][rule.name]
            else:
                self._reduce(rule, position)

    def _push(self, state: int, value: object, first: int, last: int) -> None:
        self.states.append(state)
        self.values.append(value)
        self.firsts.append(first)
        self.lasts.append(last)

    def _reduce(self, rule: _Rule, position: int) -> None:
        base = len(self.values) - rule.length
        values = self.values[base:]
        first, last = (self.firsts[base], self.lasts[-1]) if rule.length else (position, position - 1)
        del self.states[base + 1 :], self.values[base:], self.firsts[base:], self.lasts[base:]
        keep = rule.keep
        parts: list[Any] = []
        if rule.spliced and keep and keep[0] == (0, True):
            parts, keep = values[0], keep[1:]  # a list grows in place: copying it each time is quadratic
        for kept in keep:
            if kept is None:
                parts.append(None)
            elif kept[1]:
                parts.extend(values[kept[0]])
            else:
                parts.append(values[kept[0]])
        value: Any = parts
        if not rule.spliced:
            value = (
                parts[0]
                if rule.passes and len(parts) == 1
                else self.actions[rule.action](parts, self._span(first, last))
            )
        self._push(self.tables.states[self.states[-1]][rule.name], value, first, last)

    def _span(self, first: int, last: int) -> Span:
        start = self.tokens[first]
        if last < first:
            return Span(self.file, start.line, start.column, start.line, start.column)
        end = self.tokens[last]
        return Span(self.file, start.line, start.column, end.line, end.end)

    def _explain(self, position: int) -> Diagnostic:
        from pplc.lang.mistakes import Situation, explain  # its table is read only if there is a mistake

        return explain(Situation(self.file, self.tokens, position, self._accepts(), self.rule))

    def _accepts(self) -> frozenset[str]:
        """Terminals that could stand here: those whose reductions end in a shift."""
        return frozenset(
            symbol for symbol in self.tables.states[self.shifted[-1]] if self._would_shift(symbol)
        )

    def _would_shift(self, symbol: str) -> bool:
        stack = self.shifted.copy()
        while True:
            action = self.tables.states[stack[-1]].get(symbol)
            if action is None or action >= 0:
                return action is not None or (symbol == END and stack[-1] in self.tables.ends)
            rule = self.tables.rules[-1 - action]
            del stack[len(stack) - rule.length :]
            stack.append(self.tables.states[stack[-1]][rule.name])

    def _recover(self, position: int) -> int | None:
        """Give up the innermost statement or item; where to go on, just after it."""
        depth = len(self.states) - 1
        while depth >= 0 and not self.tables.states[self.states[depth]].keys() & {"<_statement>", "<_item>"}:
            depth -= 1
        if depth < 0:
            return None
        goto = self.tables.states[self.states[depth]]
        rule = "<_statement>" if "<_statement>" in goto else "<_item>"
        first = self.firsts[depth] if depth < len(self.firsts) else position
        del self.states[depth + 1 :], self.values[depth:], self.firsts[depth:], self.lasts[depth:]
        self._push(goto[rule], [], first, position)
        self.shifted = self.states.copy()
        level = sum(_bracket(token) for token in self.tokens[first:position])
        while not self._resumes(position, level, rule):
            level += _bracket(self.tokens[position])
            position += 1
        return position

    def _resumes(self, position: int, level: int, rule: str) -> bool:
        token = self.tokens[position]
        if token.type == END:
            return True
        if level > 0 or rule == "<_item>" and token.type != NEWLINE:
            return False
        if rule == "<_item>":  # what follows a broken header would only repeat the error
            return self.tokens[position + 1].type in _ITEM_STARTS
        return token.type in (NEWLINE, "}")


def _bracket(token: Token) -> int:
    return 1 if token.type in ("(", "[", "{") else -1 if token.type in (")", "]", "}") else 0


def _too_deep(root: object) -> list[Diagnostic]:
    """Refuse trees so deep that recursive functions over them could overflow; walks without recursion."""
    level: list[s.Node] = _nodes([root])
    for _ in range(MAX_NESTING):
        level = _nodes([getattr(node, name) for node in level for name in _parts(node)])
        if not level:
            return []
    return [_deep(level[0].span)]


def _parts(node: s.Node) -> tuple[str, ...]:
    """The names of a node's fields, positions not among them."""
    names: tuple[str, ...] = type(node).__match_args__
    return names


def _nodes(values: list[object]) -> list[s.Node]:
    """The nodes among values, and in tuples of tuples: tuples do not count as levels."""
    out: list[s.Node] = []
    while values:
        value = values.pop()
        if isinstance(value, s.Node):
            out.append(value)
        elif isinstance(value, tuple):
            values.extend(cast(tuple[object, ...], value))
    return out


def _deep(span: Span) -> Diagnostic:
    return Diagnostic(
        "E0108",
        f"this is nested more than {MAX_NESTING} deep",
        span,
        "too deep",
        "give parts of it names with `let`, or write a loop or a function",
    )
