"""Wrong expressions and statements and the messages they get, each on one line of a table."""

from pathlib import Path

import pytest

from pplc.lang.check import check_text
from pplc.lang.diagnostics import Diagnostic, Rejected

HERE = Path(__file__).parent
PARAMETERS = (HERE / "expressions.txt").read_text(encoding="utf-8").split("\n")[1]


def table(name: str) -> list[list[str]]:
    """The lines of a table, as what is wrong and what is said."""
    lines = (HERE / name).read_text(encoding="utf-8").split("\n")
    return [
        [part.strip() for part in line.split(" :: ")] for line in lines if " :: " in line and line[0] != "#"
    ]


def first_error(body: str) -> Diagnostic:
    """What a model with this body is refused for."""
    with pytest.raises(Rejected) as caught:
        check_text(f"model f({PARAMETERS}) {{ {body} }}")
    return caught.value.diagnostics[0]


@pytest.mark.parametrize(("expression", "expected"), table("mistaken_expressions.txt"))
def test_a_wrong_expression_gets_its_message(expression: str, expected: str) -> None:
    error = first_error(f"return {expression}")
    assert f"{error.code} {error.message}" == expected
    assert error.label


@pytest.mark.parametrize(("body", "expected"), table("mistaken_statements.txt"))
def test_a_wrong_statement_gets_its_message(body: str, expected: str) -> None:
    error = first_error(body)
    assert f"{error.code} {error.message}" == expected


def test_one_mistake_gives_one_error_whatever_is_done_with_the_value() -> None:
    body = """
    let y = b + 1
    let z = [exp(y), y[0], -y, sum(y), y @ v, fold(fn (a, k) => a + k, y, xs), fold(fn (a, k) => a, 0, y)]
    observe y ~ Normal(y, y)
    observe x ~ y
    e ~ y
    for k in y { factor(k) }
    match y { _ => weight(1) }
    let (g, h) = y
    let r = (y.a, y(1), y.mean, d.logpdf(y), Truncated(y, lower = y), iid(d, y), mem(y), infer(y), map(y, xs))
    condition(y < 1 and y == 2 and not y)
    let q: real[N] = y
    ss[y] ~ Mixture(y, [y, d])
    return if y { y } else { z }
    """
    parameters = PARAMETERS.replace("q: (real, int), r: (a: real, b: bool), ", "")
    with pytest.raises(Rejected) as caught:
        check_text(f"model f({parameters}) {{ {body} }}")
    assert [error.code for error in caught.value.diagnostics] == ["E0212"]
