"""Programs that must fail: `bad/E0201_….ppl` gives the message in `bad/E0201_….txt`, and no other."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from pplc.lang.codes import CODES
from tests.support.bad import message, programs, runs

CHECKER = doctest.OutputChecker()


@pytest.mark.parametrize(
    "path",
    # A command may run through all that there is; only what the checker reads is its own code's test.
    [pytest.param(p, marks=pytest.mark.no_cover if runs(p) else (), id=p.stem) for p in programs()],
)
def test_a_wrong_program_gets_its_message(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`...` stands for numbers that depend on the machine."""
    expected = path.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n") + "\n"
    code = path.name[:5]
    assert code in CODES
    assert expected.startswith(f"error[{code}]") if code.startswith("E") else f"warning[{code}]" in expected
    monkeypatch.chdir(tmp_path)
    found = message(path, tmp_path)
    assert CHECKER.check_output(expected, found.rstrip("\n") + "\n", doctest.ELLIPSIS), found


def test_every_message_belongs_to_a_program() -> None:
    folder = programs()[0].parent
    known = {path.stem for path in programs()}
    known_parts = {path.stem for path in folder.iterdir() if path.is_file()}
    assert known == known_parts
