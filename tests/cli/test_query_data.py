"""`pplc query DATA`: the rows of a data file, in text and as JSON, and what does not apply to them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pplc.cli import main


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = [f"{str(k % 2 == 0).lower()},{k % 3},{'clerk' if k % 4 else 'smith'}" for k in range(120)]
    path.write_text("\n".join(["even,third,job", *rows]) + "\n", encoding="utf-8")
    return path


def test_rows_are_asked_and_every_number_has_its_error(
    people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", str(people), "H(even)", "pid(even; third, job)", "--unit", "bits"]) == 0
    shown = capsys.readouterr().out
    assert "H(even) = 1.0" in shown or "H(even) = 1 ±" in shown
    assert "{third}{job}" in shown
    assert "120 rows of" in shown
    assert shown.count("±") == 5


def test_the_json_object_has_errors_and_flags(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", str(people), "pid(even; third, job)", "E[third]", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == 120
    atoms, mean = found["queries"]
    assert atoms["kind"] == "estimate"
    assert set(atoms["atoms"]["{job}"]) == {"kind", "value", "se", "interval", "flags"}
    assert any("jackknife" in flag for flag in atoms["flags"])
    assert mean["value"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["H(even)", "--method", "mh"], "E0310"),
        (["H(even)", "--set", "even=1"], "E0310"),
        (["H(even)", "--draws", "10"], "E0310"),
        (["H(odd)"], "E0201"),
        (["common(even, job)"], "E0615"),
    ],
)
def test_what_does_not_apply_to_data_is_an_error(
    people: Path, words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", str(people), *words]) == 1
    assert f"error[{code}]" in capsys.readouterr().err
