"""The page of the manual on error codes, made from the registry: `python -m pplc.lang.codes_page`."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from pplc.lang.codes import DATA, METHODS, NAMES, QUERIES, RUN, SYNTAX, TYPES, Code

_INTRODUCTION = """\
# Error codes

Every message has a code, which never changes its meaning. Errors begin with `E`, warnings with `W`.
Errors are looked for in stages (syntax, names, types and shapes, then data, then the run), and all that a
stage finds are shown together. `pplc check --format json` gives the same to editors.
A first line `# run: …` of an example says with which `pplc` command it gives the message.

<!-- Made from lang/codes.py by `python -m pplc.lang.codes_page > docs/errors.md`. -->
"""

_SECTIONS: tuple[tuple[str, Mapping[str, Code]], ...] = (
    ("Syntax and files", SYNTAX),
    ("Names, types and shapes", {**NAMES, **TYPES}),
    ("Data and options", DATA),
    ("Run time", RUN),
    ("Methods", METHODS),
    ("Queries", QUERIES),
)


def page() -> str:
    """The whole page, in MyST Markdown."""
    parts = [_INTRODUCTION]
    for title, codes in _SECTIONS:
        if codes:
            parts.append(f"## {title}\n")
            parts.extend(_entry(code, codes[code]) for code in sorted(codes))
    return "\n".join(parts)


def _entry(code: str, entry: Code) -> str:
    """One code. Programs whose only fault is the code are marked so, and run by the test of the manual."""
    lines = [f"### {code}: {entry.title}", "", entry.explanation, ""]
    if entry.example:
        fence = "text"
        if code in NAMES or code in TYPES:
            fence = f"ppl bad {code}" if code.startswith("E") else "ppl"
        lines += [f"```{fence}", entry.example.rstrip("\n"), "```", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
