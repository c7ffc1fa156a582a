"""`pplc check`: the errors of model files. Imports no numpy."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from pplc.cli import DONE, WRONG
from pplc.cli.report import report
from pplc.lang.check import check_program
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.loader import load, load_text
from pplc.lang.render import to_json


def check(arguments: Namespace) -> int:
    """Checks every file; as JSON all diagnostics go to standard output, for editors."""
    found: list[Diagnostic] = []
    for name in arguments.files:
        problems = _problems(name)
        found += problems
        if arguments.format == "text":
            report(problems)
            if not any(d.severity == "error" for d in problems):
                sys.stdout.write(f"{name}: no errors\n")
    if arguments.format == "json":
        sys.stdout.write(json.dumps({"diagnostics": [to_json(d) for d in found]}, ensure_ascii=False) + "\n")
    return WRONG if any(d.severity == "error" for d in found) else DONE


def _problems(name: str) -> tuple[Diagnostic, ...]:
    try:
        program = load_text(read_standard_input(), "<stdin>", Path.cwd()) if name == "-" else load(name)
        return check_program(program).warnings
    except Rejected as rejected:
        return rejected.diagnostics


def read_standard_input() -> str:
    """The text on standard input."""
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected(Diagnostic("E0128", "standard input is not UTF-8 text")) from None
