"""Wrong expressions and the messages they get, each on one line of a table."""

from pathlib import Path

import pytest

from pplc.lang.check import check_text
from pplc.lang.diagnostics import Rejected

HERE = Path(__file__).parent
PARAMETERS = (HERE / "expressions.txt").read_text(encoding="utf-8").split("\n")[1]
TABLE = (HERE / "mistaken_expressions.txt").read_text(encoding="utf-8").split("\n")
CASES = [line.split(" :: ") for line in TABLE if " :: " in line and not line.startswith("#")]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_a_wrong_expression_gets_its_message(expression: str, expected: str) -> None:
    with pytest.raises(Rejected) as caught:
        check_text(f"model f({PARAMETERS}) {{ return {expression.strip()} }}")
    first = caught.value.diagnostics[0]
    assert f"{first.code} {first.message}" == expected
    assert first.label
