"""The types of expressions: what is inferred, shown as the user would write it."""

from pathlib import Path

import pytest

from pplc.lang.check import check_text
from pplc.lang.typesys import show

LINES = (Path(__file__).parent / "expressions.txt").read_text(encoding="utf-8").split("\n")
PARAMETERS = LINES[1]
CASES = [line.split(" :: ") for line in LINES if " :: " in line and not line.startswith("#")]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_an_expression_has_its_type(expression: str, expected: str) -> None:
    checked = check_text(f"model f({PARAMETERS}) {{ return {expression} }}")
    assert show(checked.models["f"].result) == expected
