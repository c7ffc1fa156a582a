"""Programs that are out of reach are refused soon, and only these."""

from __future__ import annotations

from pathlib import Path

import pytest

from pplc.cli import main
from pplc.inference import outlook

DOUBLING = """
model m() {
  a[i] ~ Bernoulli(0.5) for i in 0..60
  var h = 0
  for i in 0..60 { h = h * 2 + int(a[i]) }
  condition(h % 17 == 3)
  return a[0]
}
"""

MERGING = """
model m() {
  var h = 7
  for i in 0..40 { a ~ Bernoulli(0.5); h = (h * 31 + int(a)) % 499 }
  return h
}
"""


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """The growth is looked at early, as that takes less time."""
    monkeypatch.setattr(outlook, "FIRST_LOOK", 200)


def query(text: str, folder: Path) -> int:
    """The exit status of a query, with twenty thousand states allowed."""
    path = folder / "m.ppl"
    path.write_text(text)
    return main(["query", str(path), "P(return == 1)", "--method", "exact", "--max-states", "20000"])


def test_states_that_double_at_every_draw_are_refused_before_the_budget_is_spent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query(DOUBLING.replace("return a[0]", "return int(a[0])"), tmp_path) == 1
    said = capsys.readouterr().err
    assert "error[E0503]: exact inference would keep more than 20,000 states" in said
    assert "512 states wait here, growing at each draw, and 50 more draws follow" in said


def test_states_that_double_only_at_first_are_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query(MERGING, tmp_path) == 0
    assert "P(return == 1) = 0.00200401" in capsys.readouterr().out
