"""The generated programs themselves, through the front of the way: text, parser, formatter, checker."""

from hypothesis import given, settings

from pplc.lang.check import check_program, check_text
from pplc.lang.formatter import format_program, format_text
from pplc.lang.lower import lower
from pplc.lang.parse import parse
from tests.support.meaning import lowered, meaning
from tests.support.programs import ARGUMENTS, Written, programs


@settings(max_examples=60)
@given(written=programs())
def test_a_printed_program_is_read_as_the_same_tree(written: Written) -> None:
    text = format_program(written.program)
    assert parse(text) == written.program
    assert format_text(text) == text


@settings(max_examples=60)
@given(written=programs())
def test_every_generated_program_has_types(written: Written) -> None:
    checked = check_program(written.program)
    assert checked.entry == "main"
    assert not [warning for warning in checked.warnings if warning.severity == "error"]


@settings(max_examples=40)
@given(written=programs())
def test_a_program_means_the_same_when_it_comes_from_its_text(written: Written) -> None:
    from_text = lower(check_text(format_program(written.program)))
    assert meaning(from_text, ARGUMENTS) == meaning(lowered(written.program), ARGUMENTS)
