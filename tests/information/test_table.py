"""Finite joint laws: what they accept, what they refuse, and that rationals stay rational."""

from __future__ import annotations

import pkgutil
from fractions import Fraction

import numpy as np
import pytest

from pplc import information
from pplc.information.table import Table
from pplc.lang.diagnostics import Rejected

AND = Table.of({"000": Fraction(1, 4), "010": Fraction(1, 4), "100": Fraction(1, 4), "111": Fraction(1, 4)})


def test_marginals_stand_in_the_order_asked_for_and_stay_rational() -> None:
    law = AND.marginal("x3", "x1")
    assert law.names == ("x3", "x1")
    assert law.probabilities.tolist() == [[Fraction(1, 2), Fraction(1, 4)], [0, Fraction(1, 4)]]
    assert AND.marginal().probabilities.shape == ()


def test_conditioning_renormalises() -> None:
    law = AND.given({"x3": "0"})
    assert dict(law.items()) == {key: Fraction(1, 3) for key in [("0", "0"), ("0", "1"), ("1", "0")]}


def test_a_group_has_the_tuples_that_happen_as_values() -> None:
    law = AND.grouped({"t": ["x3"], "both": ["x1", "x2"]})
    assert dict(law.items())["0", ("1", "0")] == Fraction(1, 4)
    assert law.probabilities.shape == (2, 4)
    copied = Table.of({"00": 0.5, "11": 0.5}).grouped({"z": ["x1", "x2"]})
    assert copied.values == ((("0", "0"), ("1", "1")),)


def test_data_are_counted_exactly() -> None:
    law = Table.of_data({"x": np.array([1, 1, 2]), "y": np.array([[0, 1], [0, 1], [2, 2]])})
    assert dict(law.items()) == {(1, (0, 1)): Fraction(2, 3), (2, (2, 2)): Fraction(1, 3)}


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("E0613", lambda: Table.of({"0": 0.5, "1": 0.6})),
        ("E0613", lambda: Table.of({"0": 1.5, "1": -0.5})),
        ("E0613", lambda: Table.of({"0": float("nan"), "1": 1.0})),
        ("E0613", lambda: Table.of({"0": Fraction(1, 2), "11": Fraction(1, 2)})),
        ("E0613", lambda: Table.of({})),
        ("E0613", lambda: Table.of_array(np.ones((2, 2)) / 4, ("x", "x"))),
        ("E0613", lambda: Table.of({(k, -k): 1 / 3000 for k in range(3000)})),
        ("E0613", lambda: Table.of_data({"x": [1, 2], "y": [1]})),
        ("E0601", lambda: AND.marginal("x4")),
        ("E0604", lambda: AND.given({"x3": "1", "x1": "0"})),
        ("E0604", lambda: AND.given({"x3": "7"})),
    ],
)
def test_what_is_no_law_is_refused(code: str, wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(Rejected) as caught:
        wrong()
    assert caught.value.diagnostics[0].code == code


def test_the_functions_of_the_package_are_there_under_their_names() -> None:
    """And none is hidden by a module of its name, which an import would put in its place."""
    modules = {module.name for module in pkgutil.iter_modules(information.__path__)}
    assert not modules & set(information.__all__)
    assert all(callable(getattr(information, name)) for name in information.__all__)
    with pytest.raises(AttributeError, match="no attribute `entropi`"):
        information.entropi  # noqa: B018
