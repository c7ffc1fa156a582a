"""Programs that must fail: `bad/E0201_….ppl` gives the message in `bad/E0201_….txt`, and no other."""

from pathlib import Path

import pytest

from pplc.lang.check import check_query, check_text
from pplc.lang.codes import CODES
from pplc.lang.diagnostics import Rejected
from pplc.lang.render import render

PROGRAMS = sorted((Path(__file__).parents[1] / "programs" / "bad").glob("*.ppl"))


def message(path: Path) -> str:
    """What a user sees of a wrong program."""
    try:
        checked = check_text(path.read_text(encoding="utf-8"), path.name, path.parent)
        for query in checked.queries:
            check_query(checked, query)
    except Rejected as rejected:
        return render(rejected.diagnostics)
    return render(checked.warnings) if checked.warnings else "accepted"


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_wrong_program_gets_its_message(path: Path) -> None:
    expected = path.with_suffix(".txt").read_text(encoding="utf-8")
    assert message(path) == expected
    assert expected.startswith((f"error[{path.name[:5]}]", f"warning[{path.name[:5]}]"))
    assert path.name[:5] in CODES
