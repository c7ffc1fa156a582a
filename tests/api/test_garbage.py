"""Python's own settings stand after a run as they stood before it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

import pplc
from pplc.garbage import RARELY, rarely_collected
from pplc.lang.diagnostics import Rejected


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    """Whatever a test sets is undone."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize(
    ("before", "inside"), [((700, 10, 10), RARELY), ((0, 10, 10), 0), ((500_000, 5, 5), 500_000)]
)
def test_garbage_is_searched_for_more_rarely_but_never_where_it_was_not(
    before: tuple[int, int, int], inside: int
) -> None:
    gc.set_threshold(*before)
    with rarely_collected():
        assert gc.get_threshold() == (inside, *before[1:])
    assert gc.get_threshold() == before


def test_a_run_leaves_the_search_for_garbage_as_it_was_even_if_it_fails() -> None:
    gc.set_threshold(701, 11, 12)
    pplc.compile("model m() { return flip(0.5) }").infer({}, method="smc", particles=10)
    assert gc.get_threshold() == (701, 11, 12)
    with pytest.raises(Rejected):
        pplc.compile("model m() { condition(false) }").infer({}, method="smc", particles=10)
    assert gc.get_threshold() == (701, 11, 12)
