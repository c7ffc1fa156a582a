"""The tables of the library's functions in the language reference: `python -m pplc.lang.functions_page`."""

from __future__ import annotations

import sys

from pplc.lang.functions import ACTIONS, FUNCTIONS, MEMBERS, Function, Signature
from pplc.lang.typesys import (
    Array,
    Base,
    Dist,
    Fn,
    List,
    Model,
    Option,
    Tuple,
    Type,
    Variable,
    children,
    show,
    show_size,
)

MARK = "<!-- Made from lang/functions.py by `python -m pplc.lang.functions_page`. -->"
"""What stands before the tables in `docs/language.md`."""

_LETTERS = {-1: "T", -2: "U"}


def tables() -> str:
    """Functions, actions and members, as Markdown tables."""
    parts = ["| function | |", "|---|---|"]
    parts += [_row(function) for function in FUNCTIONS.values()]
    parts += ["", "| action | |", "|---|---|"]
    parts += [_row(action) for action in ACTIONS.values()]
    parts += ["", "| member of a law `d` | |", "|---|---|"]
    for member in MEMBERS.values():
        argument = {"value": "(x)", "probability": "(p)", "nothing": ""}[member.takes]
        parts.append(f"| `d.{member.name}{argument}` | {member.doc} |")
    return "\n".join(parts) + "\n"


def _row(function: Function) -> str:
    if function.constant is not None:
        return f"| `{function.name}: {written(function.constant)}` | {_cell(function.doc)} |"
    calls = "<br>".join(f"`{_cell(_call(function.name, one))}`" for one in function.signatures)
    return f"| {calls} | {_cell(function.doc)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _call(name: str, signature: Signature) -> str:
    least = len(signature.parameters) - signature.optional
    several = "[…]" if signature.rule == "reduction" else ""
    shown = [
        f"{parameter}: {written(kind)}{several}{' = …' if i >= least else ''}"
        for i, (parameter, kind) in enumerate(signature.parameters)
    ]
    return f"{name}({', '.join(shown)}) -> {written(signature.result)}"


def written(kind: Type) -> str:
    """A type of a signature, its variables as letters.

    >>> written(Fn((Variable(-1),), List(Variable(-2))))
    'fn(T) -> [U]'
    """
    if not any(isinstance(part, Variable) for part in _parts(kind)):
        return show(kind)
    match kind:
        case Variable(number):
            return _LETTERS[number]
        case Array(element, sizes):
            return f"array[{', '.join(map(show_size, sizes))}] {written(element)}"
        case List(element):
            return f"[{written(element)}]"
        case Tuple(items):
            return f"({', '.join(map(written, items))})"
        case Option(element):
            return f"{written(element)}?"
        case Fn(parameters, result):
            return f"fn({', '.join(map(written, parameters))}) -> {written(result)}"
        case Model(element):
            return f"Model[{written(element)}]"
        case Dist(element):
            return f"Dist[{written(element)}]"
        case Base(element):
            return f"Base[{written(element)}]"
        case _:
            return show(kind)


def _parts(kind: Type) -> list[Type]:
    """A type and everything it is made of."""
    return [kind, *(part for child in children(kind) for part in _parts(child))]


def page(text: str) -> str:
    """The language reference with its tables made new."""
    return text[: text.index(MARK) + len(MARK)] + "\n\n" + tables()


if __name__ == "__main__":
    sys.stdout.write(tables())
