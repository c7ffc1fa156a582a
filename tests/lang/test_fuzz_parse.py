"""Mutated and truncated files give diagnostics, never another exception; `bench/fuzz.py` runs many more."""

import random

from bench.fuzz import fault, mutate, sources
from hypothesis import given
from hypothesis import strategies as st

from pplc.lang.diagnostics import Rejected
from pplc.lang.parse import parse
from pplc.lang.render import render

TEXTS = sources()


@given(st.integers(0, 2**32))
def test_a_mutated_file_is_taken_or_refused_with_a_place(seed: int) -> None:
    rng = random.Random(seed)
    assert fault(mutate(rng.choice(TEXTS), rng)) == ""


def test_every_beginning_of_a_file_is_taken_or_refused() -> None:
    text = max(TEXTS, key=lambda text: len(set(text)))[:400]
    for end in range(len(text)):
        assert fault(text[:end]) == ""


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_at_all_is_taken_or_refused(text: str) -> None:
    shown = "accepted"
    try:
        parse(text)
    except Rejected as rejected:
        shown = render(rejected.diagnostics)
    assert shown
