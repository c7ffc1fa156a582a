"""Every program, command and Python snippet of README and the manual works as the page shows it.

The first word after the backticks says what a block is:

- ` ```ppl `: a whole file; `pplc check` accepts it. ` ```ppl coin.ppl ` is also written to that
  file for the page's commands; ` ```ppl bad E0204 ` must be refused with that code alone, and may
  name a file as well.
- ` ```json data.json ` and ` ```csv data.csv `: written to that file.
- ` ```console `: commands after `$ `; lines below a command are what it prints, `...` for anything.
- ` ```bash `: commands, one per line; only their status is checked.
- ` ```python `: the page's snippets are one script, run after the page's commands.

A block with `<!-- ci: NAME -->` above it installs something and is run by `.ci/run` instead.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pplc.cli import main
from tests.support.fences import Fence, page_name, pages, read_fences
from tests.support.shell import TIME_LIMIT, commands, run, sandbox

CODE = re.compile(r"error\[(E\d{4})\]")
PROGRAMS = [
    pytest.param(fence, id=f"{page_name(page)}:{fence.line}")
    for page in pages()
    for fence in read_fences(page)
    if fence.language == "ppl"
]


def file_name(fence: Fence) -> str:
    """The file that a block is to be written to; empty if it names none."""
    return fence.words[-1] if fence.words and "." in fence.words[-1] else ""


@pytest.mark.parametrize("fence", PROGRAMS)
def test_a_program_of_the_manual_is_accepted_or_refused_as_the_page_says(
    fence: Fence, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / (file_name(fence) or "model.ppl")
    file.write_text(fence.body, encoding="utf-8")
    expected = {fence.words[1]} if fence.words[:1] == ("bad",) else set[str]()
    status = main(["check", str(file)])
    shown = capsys.readouterr()
    assert set(CODE.findall(shown.err)) == expected, f"{fence.place}: {shown.err}"
    assert status == (1 if expected else 0), f"{fence.place}: {shown.err}"


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_the_commands_and_snippets_of_a_page_do_what_it_shows(page: Path, tmp_path: Path) -> None:
    fences = [f for f in read_fences(page) if not f.mark]
    folder = sandbox(tmp_path)
    for fence in fences:
        match fence.language:
            case "ppl" | "json" | "csv" if name := file_name(fence):
                (folder / name).write_text(fence.body, encoding="utf-8")
            case "console" | "bash":
                for command in commands(fence):
                    run(command, folder)
            case _:
                pass
    snippets = "\n".join(f"# {f.place}\n{f.body}" for f in fences if f.language == "python")
    if snippets:
        script = folder / "snippets_of_the_page.py"
        script.write_text(snippets, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, script.name],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stderr
