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
    assert "stopping; what was computed is kept" in err
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


def test_ctrl_c_before_anything_is_there_is_said(folder: Path) -> None:
    status, out, err = _interrupted([*WORDS, *ENDLESS, "--warmup", "100000000"], after=1)
    assert (status, out) == (1, "")
    assert "error[E0321]" in err
    assert "Traceback" not in err
    assert not (folder / "stopped.json").exists()


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
