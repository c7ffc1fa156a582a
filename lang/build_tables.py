"""Grammar to parse tables: the only file that knows Lark.

    python -m pplc.lang.build_tables

reads `grammar.lark` and writes `tables.json`, which `pplc.lang.parse` runs without importing Lark:
`pplc check` starts at once. A test rebuilds the tables and compares them with those shipped.
"""

# Lark has no complete types for its parse tables; this script is where strict typing stops.
# pyright: basic
# mypy: disable-error-code="no-untyped-call, attr-defined, union-attr, no-any-return, index"

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lark import Lark
from lark.lexer import PatternStr
from lark.parsers.lalr_analysis import Shift

STARTS = ("program", "queries", "expression", "intervention")
FOLDER = Path(__file__).parent


def build(grammar: str) -> dict[str, Any]:
    """The tables as plain data.

    states: per state, terminal or `<rule>` -> `n` (go to state n) or `-1 - n` (reduce by rule n);
            terminals written in quotes in the grammar carry their text as their name.
    rules:  `[name, action, length, passes, keep]`: `passes` if a single child stands for the rule;
            `keep` lists what the action is given: `[position, spliced]`, or None for a missing part.
    starts: rule name -> first state.  ends: the states that accept at the end of the text.
    """
    lark = Lark(
        grammar, parser="lalr", lexer="basic", start=list(STARTS), maybe_placeholders=True, debug=True
    )
    text = {t.name: t.pattern.value for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    table: Any = lark.parser.parser._parse_table  # noqa: SLF001  (Lark shows its tables nowhere else)
    states = sorted(table.states, key=lambda state: sorted(map(repr, state)))
    number = {state: index for index, state in enumerate(states)}
    rules = sorted(
        {
            argument
            for actions in table.states.values()
            for action, argument in actions.values()
            if action is not Shift
        },
        key=repr,
    )
    name = {rule.origin.name: f"<{rule.origin.name}>" for rule in lark.parser.parser_conf.rules} | text
    rule_number = {rule: index for index, rule in enumerate(rules)}
    return {
        "states": [
            {
                name.get(symbol, symbol): number[argument] if action is Shift else -1 - rule_number[argument]
                for symbol, (action, argument) in sorted(table.states[state].items())
            }
            for state in states
        ],
        "rules": [_rule(rule) for rule in rules],
        "starts": {name: number[state] for name, state in sorted(table.start_states.items())},
        "ends": sorted(number[state] for state in table.end_states.values()),
    }


def _rule(rule: Any) -> list[Any]:
    """One rule, with Lark's conventions for what is kept: see `build`."""
    options = rule.options
    missing = _missing(options.empty_indices, len(rule.expansion))
    keep: list[list[Any] | None] = []
    for position, symbol in enumerate(rule.expansion):
        keep += [None] * missing[position]
        if options.keep_all_tokens or not (symbol.is_term and symbol.filter_out):
            keep.append([position, not symbol.is_term and symbol.name.startswith("_")])
    keep += [None] * missing[len(rule.expansion)]
    name = str(rule.origin.name)
    passes = name.startswith("_") or (options.expand1 and not rule.alias)
    return [f"<{name}>", rule.alias or name, len(rule.expansion), bool(passes), keep]


def _missing(empty: tuple[bool, ...], length: int) -> list[int]:
    """How many absent `[...]` parts stand before each position; the last entry: after all."""
    if not empty:
        return [0] * (length + 1)
    return [len(run) for run in "".join("1" if absent else "0" for absent in empty).split("0")]


def dump(tables: dict[str, Any]) -> str:
    """The text of tables.json: one state or rule a line, so that changes can be read."""
    rows = {key: [json.dumps(row) for row in tables[key]] for key in ("states", "rules")}
    blocks = [f'"{key}": [\n' + ",\n".join(lines) + "\n]" for key, lines in rows.items()]
    blocks += [f'"{key}": {json.dumps(tables[key])}' for key in ("starts", "ends")]
    return "{" + ",\n".join(blocks) + "}\n"


def main() -> None:
    """Write the tables next to the grammar."""
    tables = build((FOLDER / "grammar.lark").read_text(encoding="utf-8"))
    (FOLDER / "tables.json").write_text(dump(tables), encoding="utf-8")


if __name__ == "__main__":
    main()
