"""`pplc infer` and `pplc query` from the command line to the answer."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from pplc.cli import main
from pplc.cli.progress import Line
from pplc.interrupt import interruptible

SPRINKLER = """\
model sprinkler() {
  rain ~ Bernoulli(0.3)
  sprinkler ~ Bernoulli(if rain { 0.1 } else { 0.4 })
  wet ~ Bernoulli(if rain { if sprinkler { 0.98 } else { 0.8 } } else { if sprinkler { 0.9 } else { 0.0 } })
  condition(not wet)
  return rain
}
query P(rain), evidence
"""

COIN = """\
model coin(heads: int, flips: int) {
  bias ~ Beta(1, 1)
  observe heads ~ Binomial(flips, bias)
  return bias
}
model other(n: int) { x ~ Bernoulli(0.5)
  return x }
query coin.P(bias > 0.5), other.P(x)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sprinkler.ppl").write_text(SPRINKLER)
    (tmp_path / "coin.ppl").write_text(COIN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _json(words: list[str], capsys: pytest.CaptureFixture[str], status: int = 0) -> dict[str, object]:
    assert main([*words, "--format", "json"]) == status
    out, err = capsys.readouterr()
    assert err == ""
    found: dict[str, object] = json.loads(out)
    return found


def test_the_json_object_is_that_of_the_manual(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(["infer", "sprinkler.ppl"], capsys)
    assert list(found) == [
        "model", "method", "why", "verified", "seed", "seconds", "log_evidence", "variables", "queries",
        "diagnostics", "warnings",
    ]  # fmt: skip
    assert (found["model"], found["method"], found["seed"], found["warnings"]) == (
        "sprinkler",
        "exact",
        0,
        [],
    )
    assert str(found["why"]).startswith("finite")
    evidence = {"kind": "exact", "value": pytest.approx(-0.68796, abs=1e-5), "exact": "2513/5000"}
    assert found["log_evidence"] == evidence
    variables = found["variables"]
    assert isinstance(variables, dict)
    assert variables["rain"]["exact"] == {"false": "320/359", "true": "39/359"}
    assert variables["rain"]["mean"] == pytest.approx(39 / 359)
    assert set(variables) == {"rain", "sprinkler", "wet", "return"}
    assert found["queries"] == [
        {"query": "P(rain)", "kind": "exact", "value": pytest.approx(39 / 359), "exact": "39/359"},
        {"query": "evidence", **evidence, "unit": "nats"},
    ]  # fmt: skip


def test_json_tells_infinite_numbers_from_those_that_do_not_exist(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "heavy.ppl").write_text("model heavy() { x ~ Pareto(1, 1); return x }\nquery E[x], E[-x]\n")
    found = _json(["infer", "heavy.ppl"], capsys)
    values = [query["value"] for query in found["queries"]]  # type: ignore[attr-defined]
    x = found["variables"]["x"]  # type: ignore[index]
    assert (values, x["mean"], x["sd"]) == (["Infinity", "-Infinity"], "Infinity", None)


def test_the_text_is_a_rendering_of_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["infer", "sprinkler.ppl"]) == 0
    out, err = capsys.readouterr()
    assert "rain       false 0.8914 (320/359)  true 0.1086 (39/359)" in out
    assert "log evidence  -0.687961 (Z = 2513/5000, exact)" in out
    assert "P(rain) = 0.108635 (39/359, exact)" in out
    assert "Verified: law-exact" in out
    assert err == ""


def test_query_answers_only_the_queries(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(
        ["query", "sprinkler.ppl", "P(wet or rain), E[if rain { 1 } else { 0 }]", "prior P(rain)"], capsys
    )
    assert "variables" not in found
    queries = found["queries"]
    assert isinstance(queries, list)
    assert [q["exact"] for q in queries] == ["39/359", "39/359", "3/10"]


def test_weighted_draws_come_with_errors_and_a_seed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["infer", "coin.ppl", "--model", "coin", "--set", "heads=7", "--set", "flips=10",
             "--method", "importance", "--draws", "4000", "--seed", "3"]  # fmt: skip
    found = _json(words, capsys)
    again = _json(words, capsys)
    for run in (found, again):
        del run["seconds"]
    assert found == again
    evidence, variables = found["log_evidence"], found["variables"]
    assert isinstance(evidence, dict)
    assert isinstance(variables, dict)
    # The evidence of a uniform prior is 1 / 11, whatever was seen.
    assert abs(evidence["value"] + 2.3979) < 6 * evidence["se"] < 0.2
    assert abs(variables["bias"]["mean"] - 8 / 12) < 6 * variables["bias"]["mcse_mean"]
    assert [q["query"] for q in found["queries"]] == ["coin.P(bias > 0.5)"]  # type: ignore[attr-defined]


def test_data_are_read_from_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    class Standard:
        buffer = io.BytesIO(b'{"heads": 7, "flips": 10}')

    monkeypatch.setattr("sys.stdin", Standard)
    words = ["infer", "coin.ppl", "--model", "coin", "--data", "-", "--method", "importance", "--draws", "50"]
    assert _json(words, capsys)["method"] == "importance"


def test_strict_is_3_where_the_answer_is_unreliable(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["infer", "coin.ppl", "--model", "coin", "--set", "heads=999", "--set", "flips=1000",
             "--method", "importance", "--draws", "100"]  # fmt: skip
    found = _json([*words, "--strict"], capsys, status=3)
    assert "W0318" in [w["code"] for w in found["warnings"]]  # type: ignore[attr-defined]
    assert main(words) == 0
    assert "warning[W0318]" in capsys.readouterr().err
    assert main(["infer", "sprinkler.ppl", "--strict"]) == 0


def test_auto_refuses_an_option_that_its_choice_does_not_take(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["infer", "sprinkler.ppl", "--warmup", "10"]) == 1
    assert "`auto` chose the method `exact`, to which `warmup` does not apply" in capsys.readouterr().err


def test_a_run_is_stored_and_goes_on_bit_by_bit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["infer", "coin.ppl", "--model", "coin", "--set", "heads=7", "--set", "flips=10"]
    method = ["--method", "importance", "--seed", "5"]
    assert main([*words, *method, "--draws", "30", "--out", "first.json"]) == 0
    assert main([*words, "--resume", "first.json", "--draws", "20", "--out", "both.nc"]) == 0
    assert main([*words, *method, "--draws", "50", "--out", "long.json"]) == 0
    assert main([*words, "--resume", "both.nc", "--draws", "1", "--out", "more.json"]) == 0
    capsys.readouterr()
    first, long, more = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("first", "long", "more")
    )
    for key in ("draws", "log_weights"):
        both = [_cut(part[key], 30) for part in (long, first)]
        assert both[0] == both[1]
        assert _cut(more[key], 50) == _cut(long[key], 50)


def _cut(stored: dict[str, object], count: int) -> object:
    """The first draws of each array."""
    if "values" in stored:
        values = stored["values"]
        assert isinstance(values, list)
        return [chain[:count] for chain in values]
    return {name: _cut(array, count) for name, array in stored.items() if isinstance(array, dict)}


RESUMED = {
    "--set heads=8": "is a run of another model, or of other data",
    "--seed 6": "a run goes on as it began: `seed` cannot change",
    "--method nuts": "is a run of the method `importance`, not `nuts`",
}


@pytest.mark.parametrize("change", RESUMED)
def test_a_run_does_not_go_on_as_another(
    change: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["infer", "coin.ppl", "--model", "coin", "--set", "flips=10"]
    heads = [] if "heads" in change else ["--set", "heads=7"]
    start = [*words, "--set", "heads=7", "--method", "importance", "--draws", "10", "--out", "run.json"]
    assert main(start) == 0
    assert main([*words, *heads, *change.split(), "--resume", "run.json"]) == 1
    assert RESUMED[change] in capsys.readouterr().err


# ------------------------------------------------------------------ waiting


class _Screen:
    """A stream that remembers."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_progress_is_shown_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("pplc.cli.progress.monotonic", lambda: now[0])
    screen = _Screen()
    line = Line(screen, shown=True, seconds=10)  # type: ignore[arg-type]
    line.advance("sampling", 1, 100)
    assert screen.text == ""
    now[0] = 1.5
    line.advance("sampling", 30, 100, "2 divergences")
    assert screen.text == "\r\x1b[Ksampling 30/100 (30%) 2 s 2 divergences"
    line.advance("sampling", 31, 100)
    assert "31" not in screen.text
    assert not line.stopped()
    now[0] = 10.0
    assert line.stopped()
    line.clear()
    assert screen.text.endswith("\r\x1b[K")


def test_the_first_interrupt_asks_and_the_second_insists() -> None:
    asked: list[bool] = []

    def interrupted_twice() -> None:
        with interruptible(lambda: asked.append(True)):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            assert asked == [True]
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        interrupted_twice()


def test_what_was_drawn_before_the_time_was_up_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["infer", "coin.ppl", "--model", "coin", "--set", "heads=7", "--set", "flips=10",
             "--method", "importance", "--draws", "100000000", "--time", "300ms"]  # fmt: skip
    start = time.monotonic()
    found = _json(words, capsys)
    assert time.monotonic() - start < 30
    codes = {w["code"] for w in found["warnings"]}  # type: ignore[attr-defined]
    assert "W0311" in codes <= {"W0311", "W0318"}  # a busy machine may leave time for few draws only
    assert found["log_evidence"] is not None


def test_a_method_that_had_no_time_for_an_answer_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["infer", "coin.ppl", "--model", "coin", "--set", "heads=7", "--set", "flips=10"]
    assert main([*words, "--method", "importance", "--time", "0.000001ms"]) == 1
    assert (
        "error[E0321]: the method `importance` was stopped before it had any answer"
        in capsys.readouterr().err
    )


LOST = """\
model m(y: real) {
  x ~ Normal(0, 1)
  observe y ~ Normal(x, 1)
}
query evidence, E[x], P(x > 0 | x > 50)
"""


def test_a_query_without_an_answer_does_not_lose_the_rest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "lost.ppl").write_text(LOST)
    words = ["infer", "lost.ppl", "--set", "y=1", "--method", "nuts", "--draws", "20", "--warmup", "20"]
    assert main([*words, "--out", "run.json"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith("variable")
    assert "E[x] = " in out
    assert "evidence: no answer (E0607)" in out
    assert "P(x > 0 | x > 50): no answer (E0604)" in out
    assert err.count("error[E0607]") == err.count("error[E0604]") == 1
    assert err.index("error[E0607]") > 0
    assert (folder / "run.json").exists()

    assert main([*words, "--format", "json"]) == 1
    out, err = capsys.readouterr()
    evidence, mean, _ = json.loads(out)["queries"]
    assert (evidence["query"], evidence["kind"]) == ("evidence", "error")
    assert evidence["diagnostics"][0]["code"] == "E0607"
    assert mean["kind"] == "estimate"
    assert [d["code"] for d in json.loads(err)["diagnostics"]] == ["E0607", "E0604"]


def test_the_evidence_is_shown_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["infer", "sprinkler.ppl"]) == 0
    assert capsys.readouterr().out.count("evidence") == 1


def test_data_are_predicted_from_an_exact_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bent.ppl").write_text(
        "model bent(y: bool[N]) {\n"
        "  bent ~ Bernoulli(0.5)\n"
        "  observe y[i] ~ Bernoulli(if bent { 1 } else { 0 }) for i in 0..N\n"
        "}\n"
    )
    data = ["--set", "y=[true, true]"]
    assert main(["infer", "bent.ppl", *data, "--method", "exact", "--out", "run.nc"]) == 0
    assert main(["simulate", "bent.ppl", *data, "--from", "run.nc", "--draws", "3", "--out", "new.json"]) == 0
    assert json.loads(Path("new.json").read_text()) == [{"y": [True, True], "bent": True}] * 3
