"""Runs what a page tells the reader to type, in a folder that has the examples."""

from __future__ import annotations

import doctest
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.fences import ROOT, Fence

BIN = Path(sys.executable).parent
TIME_LIMIT = 600.0
"""Seconds for one command: far above the slowest (NUTS), so that only a hang reaches it."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command line of a page, and what the page says it prints (empty: not said)."""

    place: str
    line: str
    expected: str


def commands(fence: Fence) -> list[Command]:
    """The commands of a `console` block (`$ ` before each, output below) or a `bash` block (one per line)."""
    found: list[Command] = []
    for number, text in enumerate(fence.body.splitlines(), fence.line + 1):
        place = f"{fence.page}:{number}"
        if fence.language == "bash":
            if text.strip() and not text.startswith("#"):
                found.append(Command(place, text, ""))
        elif text.startswith("$ "):
            found.append(Command(place, text.removeprefix("$ "), ""))
        else:
            assert found, f"{place}: a console block begins with `$ `"
            last = found.pop()
            found.append(Command(last.place, last.line, last.expected + text + "\n"))
    return found


def sandbox(folder: Path) -> Path:
    """A folder like a checkout as far as a reader's commands go: it has `examples/`."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


def run(command: Command, folder: Path) -> None:
    """Run the command as typed; it prints what the page says (`...` stands for anything) and ends well.

    A command whose expected output shows an `error[E…]` must end with status 1, any other with 0.
    """
    line = command.line.replace(".venv/bin/", f"{BIN}/")
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", "COLUMNS": "110"}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    status = 1 if "error[E" in command.expected else 0
    assert done.returncode == status, (
        f"{command.place}: `{command.line}` ended with status {done.returncode}, not {status}:\n{done.stdout}"
    )
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    if command.expected:
        assert doctest.OutputChecker().check_output(command.expected, done.stdout, flags), (
            f"{command.place}: `{command.line}` printed\n{done.stdout}\n"
            f"where the page has\n{command.expected}"
        )
