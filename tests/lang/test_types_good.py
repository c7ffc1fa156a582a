"""Programs that must be accepted: one per corner of the language, each without a warning."""

from pathlib import Path
from time import process_time

import pytest

from pplc.lang.check import check_text

PROGRAMS = sorted((Path(__file__).parents[1] / "programs" / "good").glob("*.ppl"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_right_program_is_accepted_without_a_warning(path: Path) -> None:
    assert check_text(path.read_text(encoding="utf-8"), path.name).warnings == ()


def test_a_program_of_thirty_lines_is_checked_in_less_than_50_ms() -> None:
    lines = [f"  x{i} ~ Normal({i}, 1)\n  observe y[{i}] ~ Normal(x{i} + 1, 0.5)" for i in range(13)]
    text = "\n".join(["model f(y: real[N]) {", *lines, "  return x0 + x12", "}", "query E[x0]"])
    check_text(text)  # the tables of the parser are read once
    times = []
    for _ in range(5):
        start = process_time()
        check_text(text)
        times.append(process_time() - start)
    assert min(times) < 0.05
