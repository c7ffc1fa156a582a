"""`pplc fmt`: model files in the one layout."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from pplc.cli import DONE, WRONG
from pplc.cli.check import read_standard_input
from pplc.cli.report import report
from pplc.data_files import read_bytes, reject
from pplc.lang.diagnostics import Rejected
from pplc.lang.formatter import format_text


def fmt(arguments: Namespace) -> int:
    """Rewrites the files, or with `--check` only says which would change; `-` goes to standard output."""
    status = DONE
    for name in arguments.files:
        try:
            before = read_standard_input() if name == "-" else _text(name)
            after = format_text(before, name)
        except Rejected as rejected:
            report(rejected.diagnostics, as_json=arguments.format == "json")
            status = WRONG
            continue
        if arguments.check:
            if after != before:
                sys.stdout.write(f"{name}: would be laid out anew\n")
                status = WRONG
        elif name == "-":
            sys.stdout.write(after)
        elif after != before:
            Path(name).write_text(after, encoding="utf-8")
            sys.stdout.write(f"{name}: laid out anew\n")
    return status


def _text(name: str) -> str:
    try:
        return read_bytes(name, "E0316").decode("utf-8")
    except UnicodeDecodeError:
        reject("E0128", f"`{name}` is not UTF-8 text")
