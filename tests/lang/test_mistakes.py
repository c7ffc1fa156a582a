"""Syntax errors by example: every example in the table gets its own entry's message, and only that."""

import pytest

from pplc.lang.codes import SYNTAX
from pplc.lang.diagnostics import Rejected
from pplc.lang.mistakes import expected
from pplc.lang.mistakes_table import MISTAKES
from pplc.lang.parse import parse

EXAMPLES = [(mistake, example) for mistake in MISTAKES for example in mistake.examples]


@pytest.mark.parametrize(("mistake", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_a_mistake_gets_its_own_message(mistake: object, example: str) -> None:
    from pplc.lang.mistakes_table import Mistake

    assert isinstance(mistake, Mistake)
    with pytest.raises(Rejected) as raised:
        parse(example)
    error = raised.value.diagnostics[0]
    assert error.code == mistake.code
    for written, shown in (
        (mistake.message, error.message),
        (mistake.label, error.label),
        (mistake.help, error.help),
    ):
        parts = [part.split(">", 1)[-1] for part in written.replace("<-", "\0").split("<")]
        assert all(part.replace("\0", "<-") in shown for part in parts if ">" not in part)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.message)
def test_every_entry_has_two_examples_and_a_code_of_its_area(mistake: object) -> None:
    from pplc.lang.mistakes_table import Mistake

    assert isinstance(mistake, Mistake)
    assert len(mistake.examples) >= 2
    assert mistake.code in SYNTAX
    assert not mistake.message.endswith(".")
    assert mistake.message[0] in "`" or mistake.message[0].islower()


@pytest.mark.parametrize("code", [code for code, entry in SYNTAX.items() if entry.example and code < "E0125"])
def test_the_example_of_a_syntax_code_gives_that_code_first(code: str) -> None:
    with pytest.raises(Rejected) as raised:
        parse(SYNTAX[code].example)
    assert raised.value.diagnostics[0].code == code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model m() { x ~ a b }", "expected an operator, `}` or the end of the line, found `b`"),
        ("type 3 = A", "expected a name, found `3`"),
        ("import x", "only model files can be imported"),
        ("model m() { match a { = } }", "expected a pattern or `}`, found `=`"),
        ("let x = (a,,)", "expected an expression or `)`, found `,`"),
        ("fn f(x: real) => x y", "expected an operator or the end of the line, found `y`"),
        ("model m() { for i in a, }", "expected a pattern, found `}`"),
        ("model m", "`m` needs its parameters"),
        ("model m() { } 3", "a statement cannot stand outside of a model"),
        (")", "`)` closes nothing"),
        ("%", "expected `model`, `fn` or another item, found `%`"),
    ],
)
def test_other_errors_say_what_was_expected_and_found(text: str, message: str) -> None:
    with pytest.raises(Rejected) as raised:
        parse(text)
    assert raised.value.diagnostics[0].message == message


def test_what_could_stand_somewhere_is_said_in_words() -> None:
    assert expected(frozenset({"->"}), "") == ["`->`"]
    assert expected(frozenset({"NAME", "array", "(", "fn", "NUMBER", "["}), "[") == ["a type"]
    assert expected(frozenset(), "") == ["nothing"]
