"""Diagnostics and bugs on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pplc.lang.diagnostics import Diagnostic
from pplc.lang.render import render, to_json


def report(diagnostics: Sequence[Diagnostic], *, as_json: bool = False) -> None:
    """Errors and warnings, as text with carets (coloured on a terminal) or as one JSON object."""
    stream = sys.stderr
    if as_json:
        import json

        stream.write(
            json.dumps({"diagnostics": [to_json(d) for d in diagnostics]}, ensure_ascii=False) + "\n"
        )
        return
    for diagnostic in diagnostics:
        stream.write(render(diagnostic, colour=stream.isatty()).rstrip("\n") + "\n\n")


def bug(error: Exception) -> None:
    """What is said of an exception that is none of the user's making."""
    from importlib.metadata import version

    sys.stderr.write(
        f"this is a bug in pplc {version('pplc')}: {type(error).__name__}: {str(error)[:500]}\n"
        "please report it with the model and the data; `--debug` shows where it happened\n"
    )
