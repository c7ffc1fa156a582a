"""A program's meaning from its text, by following every path: what tests of the machine read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from pplc.lang.check import check_text
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound, Budget
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.representations.enumerated import denote
from pplc.semantics.values import Address, Value, show_address

Data = Mapping[str, Value]
Do = Mapping[Address, Value]
USUAL = Budget()


def bound(
    text: str, data: Data | None = None, *, do: Do | None = None, prior: bool = False, budget: Budget = USUAL
) -> Bound:
    """The program of a text with its data."""
    found = Bound(lower(check_text(text)), data or {}, do or {}, budget=budget)
    return found.before_data() if prior else found


def masses(program: Bound) -> dict[Value, Fraction]:
    """The unnormalised measure of the value, in rationals."""
    measure = denote(program, Nested(), lambda run: run.value)
    return {value: rational(weight) for value, weight in measure.masses.items()}


def mass_of(text: str, data: Data | None = None, *, do: Do | None = None) -> dict[Value, Fraction]:
    """`masses` of a text."""
    return masses(bound(text, data, do=do))


def recorded(program: Bound) -> dict[tuple[tuple[str, Value], ...], Fraction]:
    """The measure over everything a run records, by address as users see it."""
    measure = denote(
        program,
        Nested(),
        lambda run: tuple((show_address(address), value) for address, value in run.variables().items()),
    )
    return {outcome: rational(weight) for outcome, weight in measure.masses.items()}


def addresses(program: Bound) -> set[str]:
    """Every address that some run records."""
    return {address for outcome in recorded(program) for address, _ in outcome}


def rational(weight: LogWeight) -> Fraction:
    """The rational that an exact log weight stands for."""
    assert isinstance(weight, LogRat)
    return weight.value


def rejection(compute: Callable[[], object]) -> Diagnostic:
    """The one error that a computation ends in."""
    with pytest.raises(Rejected) as caught:
        compute()
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def marked(text: str) -> tuple[str, int, int]:
    """A text without the marks around the place of its error, and that place: line, column of «…».

    >>> marked("a «b» c")
    ('a b c', 1, 3)
    """
    before = text[: text.index("«")]
    return text.replace("«", "").replace("»", ""), before.count("\n") + 1, len(before) - before.rfind("\n")
