"""`pplc ir`: the syntax tree of a model, or its Core, finite variables summed out if asked."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import fields, is_dataclass
from typing import Any

from pplc.api import load
from pplc.cli import DONE
from pplc.lang.core import Program
from pplc.lang.core_text import show
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected, Span
from pplc.lang.loader import load as load_program
from pplc.lang.summing import CannotSum, sum_out
from pplc.untyped import as_tuple


def ir(arguments: Namespace) -> int:
    """Prints one stage of the way."""
    if arguments.stage == "ast":
        lines = tree(load_program(arguments.file))
        text = "\n".join(lines) + "\n"
    else:
        program = load(arguments.file, model=arguments.model or "").program
        text = show(without_finite(program) if arguments.stage == "summed" else program)
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    return DONE


def without_finite(program: Program) -> Program:
    """The program that gradient methods run; E0552 if Pyro is to enumerate its variables instead."""
    try:
        return sum_out(program).program
    except CannotSum as why:
        raise Rejected(
            Diagnostic(
                "E0552",
                f"not every finite variable is summed out by code: {why}",
                why.span if why.span != NOWHERE else program.model.span,
                "this stands in the way",
                "gradient methods let Pyro enumerate its values, or say why they cannot",
            )
        ) from None


def tree(node: Any, name: str = "", depth: int = 0) -> list[str]:
    """A syntax tree, one node a line, children indented; places and empty fields left out."""
    before = "  " * depth + (f"{name}: " if name else "")
    if not is_dataclass(node) or isinstance(node, type):
        return [before + repr(node)]
    scalars: list[str] = []
    below: list[str] = []
    for f in fields(node):
        value: Any = getattr(node, f.name)
        if isinstance(value, Span) or f.name == "comments" or value is None or value in ((), "", f.default):
            continue
        items = as_tuple(value)
        if items is not None and _has_nodes(items):
            below.append("  " * (depth + 1) + f"{f.name}:")
            for item in _flat(items):
                below += tree(item, "", depth + 2)
        elif is_dataclass(value):
            below += tree(value, f.name, depth + 1)
        else:
            scalars.append(f"{f.name}={value!r}" if f.name != "decimal" else f"{value}")
    return [f"{before}{type(node).__name__}{' ' if scalars else ''}{' '.join(scalars)}", *below]


def _has_nodes(items: Any) -> bool:
    return any(is_dataclass(item) or isinstance(item, tuple) for item in items)


def _flat(items: Any) -> list[Any]:
    """Pairs such as a name and its value, one after the other."""
    found: list[Any] = []
    for item in items:
        found += _flat(item) if isinstance(item, tuple) else [item]
    return found
