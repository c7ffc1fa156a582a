"""Counts without a largest value whose parameter is unknown: what their heavy tail leaves exact."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

import pplc
from pplc.inference.answers import Bounds, Exact
from pplc.semantics.symbolic.beyond import Beyond, Hidden
from pplc.semantics.symbolic.elementary import log_beta
from pplc.semantics.symbolic.expression import terms_of

EXPECTED = {
    "P(n == 3)": F(1, 20),
    "P(n <= 5)": F(6, 7),
    "P(n > 5)": F(1, 7),
    "P(2 <= n and n < 4)": F(2, 15),
    "P(n < 3 | n < 10)": F(33, 40),
    "P(n < 10 | n >= 3)": F(7, 11),
    "E[n < 2]": F(2, 3),
}
"""P(n = k) = 1 / ((k + 1) (k + 2)), so that E[n] is infinite."""


@pytest.fixture(scope="module")
def geometric() -> pplc.Run:
    asked = ", ".join((*EXPECTED, "P(n == 5000)"))
    return pplc.compile(
        f"model m() {{ t ~ Uniform(0, 1); n ~ Geometric(t); return n }}\nquery {asked}"
    ).infer({}, method="exact")


@pytest.mark.parametrize("query", EXPECTED)
def test_a_finite_sum_is_rational_however_heavy_the_tail(geometric: pplc.Run, query: str) -> None:
    (found,) = (answered.answer for answered in geometric.queries if answered.query == query)
    assert found == Exact(float(EXPECTED[query]), EXPECTED[query])


def test_what_the_tail_decides_has_bounds(geometric: pplc.Run) -> None:
    found = geometric.queries[-1].answer
    assert isinstance(found, Bounds)
    assert found.lower <= 1 / (5001 * 5002) <= found.upper < 1e-3


def test_the_evidence_is_that_of_all_runs(geometric: pplc.Run) -> None:
    assert geometric.log_evidence == Exact(0.0, F(1))


def test_what_is_observed_before_leaves_all_exact() -> None:
    """t is Beta(2, 1) then: P(n = k) = 2 B(3, k + 1)."""
    model = pplc.compile(
        "model m() { t ~ Uniform(0, 1); observe true ~ Bernoulli(t); n ~ Geometric(t); return n }"
    )
    assert model.query("P(n == 2)", {}, method="exact") == Exact(1 / 15, F(1, 15))
    run = model.infer({}, method="exact")
    assert isinstance(run.log_evidence, Exact)
    assert run.log_evidence.rational == F(1, 2)


def test_what_is_observed_after_leaves_bounds() -> None:
    """P(n > 2) counts half: 3/4 + 1/8 of the mass is left, and 3/4 of it before."""
    model = pplc.compile(
        "model m() { t ~ Uniform(0, 1); n ~ Geometric(t); condition(n < 3 or flip(0.5)); return n }"
    )
    found = model.query("P(n < 3)", {}, method="exact")
    assert isinstance(found, Bounds)
    assert found.lower <= 6 / 7 <= found.upper < found.lower + 2e-3


def test_a_number_beyond_another_is_compared_as_far_as_that_tells() -> None:
    number = Beyond(9)
    assert number > 9
    assert number >= 10
    assert number != 9
    assert not number < 10
    assert not number <= 9
    for asked in (
        lambda: number > 10,
        lambda: number == 10,
        lambda: number < 11,
        lambda: number + 1,
        lambda: number == Beyond(9.0),  # type: ignore[arg-type]
        lambda: float(number),
    ):
        with pytest.raises(Hidden):
            asked()


def test_a_beta_function_is_the_same_from_both_sides() -> None:
    """By the smaller of two integers, as products of a thousand numbers are slow."""
    for a, b in ((F(1), F(900)), (F(7), F(3)), (F(5, 2), F(4))):
        assert log_beta(a, b) == log_beta(b, a)
    ((term,),) = [terms_of(log_beta(F(5, 2), F(4)))]
    ((atom, power),) = term
    assert (atom.argument, power) == (F(6) / (F(5, 2) * F(7, 2) * F(9, 2) * F(11, 2)), 1)  # type: ignore[union-attr]
