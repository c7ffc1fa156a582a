"""Every code of the language is documented, has an example that gives it, and at least two wrong programs."""

from pathlib import Path

import pytest

from pplc.lang import families_page, functions_page
from pplc.lang.check import check_text
from pplc.lang.codes import CODES, NAMES, TYPES
from pplc.lang.codes_page import page
from pplc.lang.diagnostics import Rejected
from tests.support.bad import programs

ROOT = Path(__file__).parents[2]
STATIC = {**NAMES, **TYPES}


def codes_of(text: str) -> list[str]:
    """The codes of what the checker says about a program, warnings included."""
    try:
        return [warning.code for warning in check_text(text).warnings]
    except Rejected as rejected:
        return [error.code for error in rejected.diagnostics]


@pytest.mark.parametrize("code", sorted(STATIC))
def test_the_example_of_a_code_gives_that_code_first(code: str) -> None:
    assert codes_of(STATIC[code].example)[0] == code


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_has_two_wrong_programs_or_more(code: str) -> None:
    assert len(programs(code)) >= 2


def test_the_page_of_the_manual_is_made_from_the_registry() -> None:
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == page()


def test_the_language_reference_lists_the_functions_as_they_are() -> None:
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert functions_page.page(text) == text


def test_the_page_on_families_is_made_from_their_signatures() -> None:
    assert (ROOT / "docs" / "families.md").read_text(encoding="utf-8") == families_page.page()
