"""Ctrl-C during chains: what was computed is shown and stored, and can go on bit by bit."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pplc.cli import main

MODEL = """\
model m(y: real[N]) {
  mu ~ Normal(0, 10)
  s ~ HalfNormal(3)
  observe y ~ Normal(mu, s)
}
query E[mu]
"""
WORDS = ["infer", "m.ppl", "--set", "y=[1, 2, 3]", "--method", "nuts", "--chains", "2", "--warmup", "30"]
ENDLESS = ["--draws", "100000000", "--progress", "--out", "stopped.json"]
SMALL = {"nuts": ["--warmup", "30"], "mh": ["--warmup", "30"], "smc": ["--particles", "50"],
         "pimh": ["--warmup", "3"], "tempered": ["--particles", "50"]}  # fmt: skip
WAIT = 120
"""Seconds after which a process that does not come so far is broken."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "m.ppl").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _interrupted(words: Sequence[str], after: int) -> tuple[int, str, str]:
    """The status and the output of a command that is interrupted after so many iterations of its chains."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pplc", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), False)
    seen = b""
    try:
        until = time.monotonic() + WAIT
        while not any(int(n.replace(b",", b"")) > after for n in re.findall(rb"sampling ([\d,]+)/", seen)):
            assert process.poll() is None, seen.decode()
            assert time.monotonic() < until, seen.decode()
            seen += process.stderr.read() or b""
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        os.set_blocking(process.stderr.fileno(), True)
        out, err = process.communicate(timeout=WAIT)
    finally:
        process.kill()
    return process.returncode, out.decode(), (seen + err).decode()


def _draws(path: str) -> dict[str, list[list[float]]]:
    stored = json.loads(Path(path).read_text())
    return {name: array["values"] for name, array in stored["draws"].items()}


def test_ctrl_c_keeps_what_was_computed_and_a_run_goes_on_from_there(folder: Path) -> None:
    status, out, err = _interrupted([*WORDS, *ENDLESS], after=100)
    assert status == 0
    assert "Traceback" not in err
    assert "stopping at the next chance" in err
    assert "is kept" not in err
    assert "warning[W0311]" in err
    assert out.startswith("variable")
    assert "E[mu] = " in out
    found = re.search(r"nuts, 2 chains × (\d+) draws", out)
    assert found is not None
    count = int(found[1])
    assert 0 < count < 10**8

    more = ["--draws", "7", "--out", "more.json"]
    assert main(["infer", "m.ppl", "--set", "y=[1, 2, 3]", "--resume", "stopped.json", *more]) == 0
    assert main([*WORDS, "--draws", str(count + 7), "--out", "long.json"]) == 0
    assert _draws("more.json") == _draws("long.json")


def test_ctrl_c_during_warm_up_keeps_how_far_the_chains_came(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = _interrupted([*WORDS, *ENDLESS, "--warmup", "1000"], after=100)
    assert (status, out) == (1, "")
    assert "error[E0321]: the method `nuts` was stopped before it had any answer" in err
    assert "`stopped.json` keeps how far it came: `--resume stopped.json` goes on from there" in err
    assert "Traceback" not in err

    data = ["--set", "y=[1, 2, 3]"]
    assert main(["infer", "m.ppl", *data, "--resume", "stopped.json", "--draws", "5", "--out", "on.nc"]) == 0
    assert main([*WORDS, "--warmup", "1000", "--draws", "5", "--out", "long.json"]) == 0
    capsys.readouterr()
    assert main(["infer", "m.ppl", *data, "--resume", "on.nc", "--draws", "1", "--out", "more.json"]) == 0
    assert {name: [chain[:5] for chain in values] for name, values in _draws("more.json").items()} == _draws(
        "long.json"
    )


@pytest.mark.parametrize(("words", "advice"), [
    ([], "or let `--out run.json` keep how far it comes, so that `--resume` goes on"),
    (["--out", "t.csv"], "or let `--out run.json` keep how far it comes, so that `--resume` goes on"),
    (["--out", "t.nc"], "`t.nc` keeps how far it came: `--resume t.nc` goes on from there"),
])  # fmt: skip
@pytest.mark.parametrize("method", ["nuts", "mh", "pimh", "smc", "tempered", "rejection"])
def test_a_run_without_time_for_a_draw_says_how_to_go_on(
    method: str, words: Sequence[str], advice: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--set", "y=[1, 2, 3]"]
    assert (
        main(
            ["infer", "m.ppl", *data, "--method", method, *SMALL.get(method, []), "--time", "0.001ms", *words]
        )
        == 1
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error[E0321]: the method `{method}` was stopped before it had any answer" in err
    assert advice in err
    assert not (folder / "t.csv").exists()
    if words[-1:] == ["t.nc"] and method != "rejection":  # whose weights have no bound here
        more = ["--draws", "5"] if method in ("nuts", "mh", "pimh") else []
        assert main(["infer", "m.ppl", *data, "--resume", "t.nc", *more, "--out", "on.json"]) == 0


def test_a_population_stopped_half_way_says_what_each_command_can_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["m.ppl", "E[mu]", "--set", "y=[1, 2, 3]", "--method", "tempered", "--particles", "200"]
    assert main(["query", *words, "--time", "1s", "--moves", "5000", "--chains", "1"]) == 0
    err = capsys.readouterr().err
    assert "these are no draws of the posterior" in err
    assert "give it more `--time`; `pplc infer` can keep how far it comes by `--out`, for `--resume`" in err


@pytest.mark.parametrize("method", ["nuts", "hmc"])
def test_chains_go_on_bit_by_bit_through_both_kinds_of_file(method: str, folder: Path) -> None:
    words = [*WORDS, "--method", method, "--thin", "2", "--seed", "11"]
    assert main([*words, "--draws", "12", "--out", "first.nc"]) == 0
    on = ["infer", "m.ppl", "--set", "y=[1, 2, 3]"]
    assert main([*on, "--resume", "first.nc", "--draws", "5", "--out", "second.json"]) == 0
    assert main([*on, "--resume", "second.json", "--draws", "8", "--out", "third.json"]) == 0
    assert main([*words, "--draws", "25", "--out", "long.json"]) == 0
    assert _draws("third.json") == _draws("long.json")
    first = _draws("second.json")["mu"]
    assert [chain[:17] for chain in _draws("long.json")["mu"]] == first
