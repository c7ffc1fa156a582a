"""What messages advise can be done: the options they name exist, and are the ones that help."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pplc
from pplc.cli import main
from pplc.cli.arguments import build
from pplc.lang.codes import DATA, METHODS, NAMES, QUERIES, RUN, SYNTAX, TYPES

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def _known() -> set[str]:
    parser, commands = build()
    return {flag for each in (parser, *commands.values()) for flag in each.flags()}


def _texts() -> Iterator[tuple[str, str]]:
    """Every string in the code, with its file and line; f-strings piece by piece."""
    source = Path(pplc.__file__).parent
    for path in sorted(source.glob("**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{path.name}:{node.lineno}", node.value


def test_every_option_that_the_code_names_exists() -> None:
    known = _known()
    named = [(where, flag) for where, text in _texts() for flag in FLAG.findall(text)]
    assert len(named) > 50
    assert [(where, flag) for where, flag in named if flag not in known] == []


def test_every_option_that_the_page_of_codes_names_exists() -> None:
    known = _known()
    for codes in (SYNTAX, NAMES, TYPES, DATA, RUN, METHODS, QUERIES):
        for code, entry in codes.items():
            for flag in FLAG.findall(entry.explanation):
                assert flag in known, code


LOOP = "model m() { var n = 0; while n < 1000 { n = n + 1 }; x ~ Bernoulli(0.5) }"
CALLS = """\
fn f(n: int) -> int { return if n == 0 { 0 } else { f(n - 1) } }
model m() { let k = f(100); x ~ Bernoulli(0.5) }
"""
STATES = """\
model m() {
  x[i] ~ Bernoulli(0.5) for i in 0..6
  condition(sum([if b { 1 } else { 0 } for b in x]) > 2)
}
"""


@pytest.mark.parametrize(
    ("text", "flag", "code"),
    [(LOOP, "--max-steps", "E0405"), (CALLS, "--max-calls", "E0406"), (STATES, "--max-states", "E05")],
)
def test_the_bound_that_was_reached_is_the_one_to_raise(
    text: str, flag: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.ppl"
    model.write_text(text + "\n")
    assert main(["infer", str(model), "--method", "exact", flag, "10"]) == 1
    err = capsys.readouterr().err
    assert code in err
    (advice,) = re.findall(r"= help: (.*)", err)
    assert FLAG.findall(advice) == [flag]
    assert main(["infer", str(model), "--method", "exact", flag, "5000"]) == 0


def test_an_option_of_another_command_is_refused_like_any_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.ppl"
    model.write_text(LOOP + "\n")
    assert main(["check", str(model), "--particles", "3"]) == 1
    assert "`--particles` is not an option of `pplc check`" in capsys.readouterr().err


def test_the_manual_has_every_option() -> None:
    page = (Path(__file__).parents[2] / "docs" / "command.md").read_text(encoding="utf-8")
    _, commands = build()
    for command in ("infer", "query", "simulate"):
        for flag in set(commands[command].flags()) - {"-h", "--help", "--debug"}:
            assert f"`{flag}" in page, flag
