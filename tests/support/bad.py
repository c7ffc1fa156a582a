"""Wrong programs and what a user sees of them: `tests/programs/bad/CODE_….ppl` with the message in `….txt`.

A program is checked, unless it begins with commands: `# run: infer --data E0304_word.json` runs `pplc
infer` on the file with these options, in a folder with all files of the program's name. Of several
commands the last is the one whose standard error is the message. A `.py` file uses the Python interface;
what it raises, or the warnings that it leaves in `warnings`, are the message.
"""

from __future__ import annotations

import io
import runpy
import shlex
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from pplc.cli import DONE, WRONG, main
from pplc.lang.check import check_query, check_text
from pplc.lang.diagnostics import Rejected
from pplc.lang.render import render

BAD = Path(__file__).parents[1] / "programs" / "bad"
RUN = "# run: "


def programs(code: str = "") -> list[Path]:
    """The wrong programs of a code, or all."""
    return sorted(path for path in BAD.glob(f"{code}*_*") if path.suffix in (".ppl", ".py"))


def runs(path: Path) -> bool:
    """Whether a wrong program is more than checked."""
    return path.suffix == ".py" or bool(_commands(path.read_text(encoding="utf-8")))


def message(path: Path, folder: Path) -> str:
    """What a user sees of a wrong program; `folder` is empty and the working directory."""
    if path.suffix == ".py":
        return _of_python(path)
    text = path.read_text(encoding="utf-8")
    commands = _commands(text)
    if not commands:
        return _of_checker(text, path)
    for file in BAD.glob(f"{path.stem}.*"):
        if file.suffix != ".txt":
            shutil.copy(file, folder)
    *before, last = commands
    for command in before:
        status, said = run(command, path.name)
        assert status == DONE, said
    status, said = run(last, path.name)
    assert status == (WRONG if path.name.startswith("E") else DONE), f"exit status {status}\n{said}"
    return said


def _commands(text: str) -> list[str]:
    return [line.removeprefix(RUN) for line in text.splitlines() if line.startswith(RUN)]


def run(command: str, file: str) -> tuple[int, str]:
    """The exit status and standard error of a command on a file, which may be named in it."""
    head, *options = shlex.split(command)
    words = [head, *options] if any(".ppl" in word for word in options) else [head, file, *options]
    errors = io.StringIO()
    with redirect_stderr(errors), redirect_stdout(io.StringIO()):
        status = main(words)
    return status, errors.getvalue().rstrip("\n") + "\n"


def _of_checker(text: str, path: Path) -> str:
    try:
        checked = check_text(text, path.name, path.parent)
        for query in checked.queries:
            check_query(checked, query)
    except Rejected as rejected:
        return render(rejected.diagnostics)
    return render(checked.warnings) if checked.warnings else "accepted"


def _of_python(path: Path) -> str:
    try:
        left = runpy.run_path(str(path))
    except Rejected as rejected:
        return render(rejected.diagnostics)
    return render(left["warnings"])
