"""The commands that run no inference: what they print, and their exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pplc.cli import main

HMM = """\
model hmm(y: int[T], init: simplex[K], trans: array[K] simplex[K], emit: array[K] simplex[M]) {
  z[0] ~ Categorical(init)
  observe y[0] ~ Categorical(emit[z[0]])
  for t in 1..T {
    z[t] ~ Categorical(trans[z[t - 1]])
    observe y[t] ~ Categorical(emit[z[t]])
  }
  return z[T - 1]
}
"""

TABLES = {
    "init": [0.5, 0.5],
    "trans": [[0.7, 0.3], [0.2, 0.8]],
    "emit": [[0.9, 0.1], [0.3, 0.7]],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hmm.ppl").write_text(HMM)
    (tmp_path / "hmm.json").write_text(json.dumps(TABLES))
    (tmp_path / "bad.ppl").write_text("model m() {\n  mu ~ Nromal(0, 5)\n  return mu\n}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _pplc(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pplc", *words], capture_output=True, text=True, check=False)


def test_the_command_works_from_a_shell(folder: Path) -> None:
    done = _pplc("check", "hmm.ppl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hmm.ppl: no errors\n", "")
    assert _pplc("--version").stdout.startswith("pplc 0.")


def test_check_imports_no_numpy(folder: Path) -> None:
    code = (
        "import sys; from pplc.cli import main; status = main(['check', 'hmm.ppl']);"
        "heavy = {'numpy', 'rich', 'torch', 'pyro', 'arviz', 'pandas'} & set(sys.modules);"
        "sys.exit(status or str(heavy) * bool(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    plain = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == plain
    assert "pplc infer coin.ppl --set heads=7 --set flips=10" in plain
    assert main(["infer", "--help"]) == 0
    assert "weighs independent draws from the prior" in capsys.readouterr().out
    assert main(["query", "--help"]) == 0
    assert "P(x > 0 | do(a = 1))" in capsys.readouterr().out


USAGE: dict[tuple[str, ...], tuple[str, str]] = {
    ("infre", "x"): ("E0317: there is no command `infre`", "did you mean `infer`?"),
    ("infer",): (
        "E0317: the following arguments are required: FILE",
        "`pplc infer --help` lists the options",
    ),
    ("infer", "m.ppl", "--drws", "3"): (
        "E0317: `--drws` is not an option of `pplc infer`",
        "did you mean `--draws`?",
    ),
    ("check", "m.ppl", "--seed", "1"): (
        "E0317: `--seed` is not an option of `pplc check`",
        "`pplc check --help` lists the options",
    ),
    ("infer", "m.ppl", "n.ppl"): (
        "E0317: `n.ppl` is one argument too many",
        "`pplc infer --help` lists the options",
    ),
    ("infer", "m.ppl", "--draws", "0"): (
        "E0317: `--draws`: `0` is not a positive integer",
        "`pplc infer --help` lists the options",
    ),
    ("infer", "m.ppl", "--time", "3 weeks"): (
        "E0317: `--time`: `3 weeks` is not a time, such as `30s` or `5m`",
        "`pplc infer --help` lists the options",
    ),
    ("infer", "hmm.ppl", "--method", "nust"): ("E0312: there is no method `nust`", "did you mean `nuts`?"),
    ("infer", "hmm.ppl", "--method", "exact", "--warmup", "3"): (
        "E0310: `--warmup` does not apply to the method `exact`",
        "it takes `--draws`, `--seed`, `--time`",
    ),
    ("infer", "none.ppl"): ("E0316: there is no file `none.ppl`", ""),
    ("infer", "hmm.ppl", "--model", "hnm"): (
        "E0315: `hmm.ppl` has no model `hnm`",
        "did you mean `hmm`?",
    ),
    ("infer", "hmm.ppl", "--out", "run.txt"): (
        "E0313: `run.txt` ends in `.txt`, but a run is written as `.nc`, `.json`, `.csv`, `.parquet`",
        "",
    ),
    ("infer", "hmm.ppl", "--out", "no/run.nc"): (
        "E0313: `no/run.nc` cannot be written: there is no folder `no`",
        "",
    ),
    ("infer", "hmm.ppl", "--set", "T"): (
        "E0318: `--set T` is not of the form `NAME=VALUE`",
        "as in `--set p=0.3`",
    ),
    ("infer", "hmm.ppl", "--data", "-", "--data", "-"): (
        "E0308: standard input can be read only once, but `--data -` was given twice",
        "",
    ),
    ("simulate", "hmm.ppl", "--out", "x.csv", "--draws", "2"): (
        "E0313: `x.csv` holds one data set, but 2 are to be drawn",
        "use `.json`",
    ),
    ("graph", "hmm.ppl", "-o", "x.gif"): (
        "E0313: `x.gif`: pictures are written as `.svg`, `.png`, `.pdf` or `.dot`",
        "",
    ),
    ("fmt", "none.ppl"): ("E0316: there is no file `none.ppl`", ""),
    ("query", "hmm.ppl", "bounds(P(z[0] == 1))"): (
        "E0605: the query `bounds` is not available in this version",
        "causal bounds come with later ones",
    ),
}


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_a_wrong_command_line_has_one_error_and_status_1(
    words: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message, advice = USAGE[words]
    assert main([*words, "--format", "json"]) == 1
    out, err = capsys.readouterr()
    (found,) = json.loads(err)["diagnostics"]
    assert (f"{found['code']}: {found['message']}", found["help"]) == (message, advice)
    assert out == ""


def test_a_bug_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: object) -> int:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("pplc.cli._run", broken)
    assert main(["check", "x"]) == 2
    assert "this is a bug in pplc" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        main(["check", "x", "--debug"])


def test_check_shows_every_file_and_points_at_the_mistake(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "hmm.ppl", "bad.ppl"]) == 1
    out, err = capsys.readouterr()
    assert out == "hmm.ppl: no errors\n"
    assert "--> bad.ppl:2:8" in err
    assert "did you mean `Normal`?" in err


def test_check_as_json_is_for_editors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", "bad.ppl"]) == 1
    out, err = capsys.readouterr()
    (found,) = json.loads(out)["diagnostics"]
    assert (found["file"], found["line"], found["column"], found["end_column"]) == ("bad.ppl", 2, 8, 14)
    assert err == ""


def test_fmt_rewrites_and_checks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "loose.ppl").write_text("model m( ) {\n x~Normal( 0,1 )   # why\n return x }\n")
    assert main(["fmt", "--check", "loose.ppl", "hmm.ppl"]) == 1
    assert capsys.readouterr().out == "loose.ppl: would be laid out anew\n"
    assert main(["fmt", "loose.ppl", "hmm.ppl"]) == 0
    assert (folder / "loose.ppl").read_text() == "model m() {\n  x ~ Normal(0, 1)  # why\n  return x\n}\n"
    assert main(["fmt", "--check", "loose.ppl"]) == 0


def test_ir_shows_the_tree_and_the_core(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ir", "hmm.ppl"]) == 0
    core = capsys.readouterr().out
    assert core.startswith("entry model hmm(y, init, trans, emit)\n")
    assert main(["ir", "hmm.ppl", "--stage", "ast"]) == 0
    tree = capsys.readouterr().out
    assert tree.startswith("Program\n  items:\n    Function kind='model' name='hmm'\n")
    assert main(["ir", "hmm.ppl", "--stage", "summed"]) == 0
    summed = capsys.readouterr().out
    assert "~" not in summed
    assert "forward'" in summed


def test_graph_writes_pictures_and_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "hmm.ppl"]) == 0
    text = capsys.readouterr().out
    assert '"z" -> "y";' in text
    assert '"trans" -> "z";' in text
    assert 'label="t in 1..T"' in text
    assert main(["graph", "hmm.ppl", "-o", "hmm.svg"]) == 0
    assert ElementTree.parse(folder / "hmm.svg").getroot().tag.endswith("svg")


def test_simulated_data_are_data_for_the_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "hmm.ppl", "--data", "hmm.json", "--set", "T=20", "--seed", "3"]
    assert main(words) == 0
    first = capsys.readouterr().out
    assert main(words) == 0
    assert capsys.readouterr().out == first
    data = json.loads(first)
    assert len(data["y"]) == len(data["z"]) == 20
    assert set(data["y"]) <= {0, 1}
    assert data["trans"] == TABLES["trans"]
    assert main([*words, "--draws", "3", "--out", "many.json"]) == 0
    assert len(json.loads((folder / "many.json").read_text())) == 3
    assert main([*words, "--out", "one.csv"]) == 0
    assert (folder / "one.csv").read_text().splitlines()[0] == "y,z"


def test_a_size_that_nothing_shows_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "hmm.ppl", "--data", "hmm.json", "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().err)["diagnostics"]
    assert found["message"] == "the size `T` of `y` is not known"
    assert found["help"] == "give it with `--set T=10`, or give data that have it"
