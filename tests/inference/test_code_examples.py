"""The examples of codes that only a run gives: each gives its code, when it is run as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from pplc.lang.codes import CODES
from pplc.lang.diagnostics import Rejected
from tests.support.bad import RUN, run

PYTHON = "import pplc\n"
RUNNABLE = {code: entry.example for code, entry in CODES.items() if entry.example.startswith((RUN, PYTHON))}
BACK_END = [
    code
    for code in CODES
    if code[:4] in ("E053", "E054", "W053", "E044")
    or code in ("E0330", "E0331", "E0332", "E0433", "W0430", "W0431", "W0432")
]


@pytest.mark.parametrize("code", sorted(RUNNABLE))
def test_an_example_that_is_run_gives_its_code(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message points into the program, and speaks of nothing that is not in it."""
    text = RUNNABLE[code]
    if text.startswith(PYTHON):
        with pytest.raises(Rejected) as caught:
            exec(compile(text, "example.py", "exec"), {})
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == code
        assert diagnostic.span.line == 1
        return
    monkeypatch.chdir(tmp_path)
    Path("f.ppl").write_text(text, encoding="utf-8")
    (command,) = [line.removeprefix(RUN) for line in text.splitlines() if line.startswith(RUN)]
    status, said = run(command, "f.ppl")
    assert status == (0 if code.startswith("W") else 1), said
    (message,) = [part for part in said.split("\n\n") if f"[{code}]" in part][:1]
    assert "--> f.ppl:" in message
    assert "#" not in message.splitlines()[0]


@pytest.mark.parametrize("code", BACK_END)
def test_every_code_of_the_gradient_methods_has_an_example_that_is_run(code: str) -> None:
    assert code in RUNNABLE
