"""Uniform variables between others: their ranges, and closed forms of what is asked of them."""

from __future__ import annotations

import math
from fractions import Fraction as F

import pytest

import pplc
from pplc.inference.answers import Exact
from pplc.lang.diagnostics import Rejected

TWO = math.log(2)


def answer(body: str, query: str) -> object:
    return pplc.compile(f"model m() {{ {body} }}").query(query, {}, method="exact")


UNIT = "a ~ Uniform(0, 1)"
BELOW = f"{UNIT}; b ~ Uniform(0, a)"
REST = f"{UNIT}; b ~ Uniform(0, 1 - a)"
CHAIN = f"{BELOW}; c ~ Uniform(0, b)"
WIDER = f"{UNIT}; b ~ Uniform(a, 2 * a + 1)"
BETWEEN = f"{UNIT}; b ~ Uniform(a, 1); c ~ Uniform(a, b)"


@pytest.mark.parametrize(
    ("body", "evidence", "query", "expected"),
    [
        # E[b] = 1/4 and E[b^2] = 1/9, as b is a product of two independent ones.
        (f"{BELOW}; observe true ~ Bernoulli(b)", F(1, 4), "E[b]", F(4, 9)),
        (f"{BELOW}; weight(b)", F(1, 4), "E[a]", F(2, 3)),
        (f"{BELOW}; weight(a)", F(1, 2), "P(b < 0.5)", F(3, 4)),
        (f"{BELOW}; observe true ~ Bernoulli(0.3 + 0.2 * b)", F(7, 20), "E[b]", F(5, 18)),
        (f"{BELOW}; observe true ~ Bernoulli(a - b)", F(1, 4), "E[a - b]", F(4, 9)),
        # Intervals are too wide for the sum, whose two parts are each up to 1.
        (f"{REST}; observe true ~ Bernoulli(a + b)", F(3, 4), "E[a + b]", F(22, 27)),
        (f"{REST}; observe true ~ Bernoulli(1 - a - b)", F(1, 4), "E[1 - a - b]", F(4, 9)),
        # A product of three, with E[c^2] = 1/27
        (f"{CHAIN}; observe true ~ Bernoulli(c)", F(1, 8), "E[c]", F(8, 27)),
        (f"{UNIT}; d ~ Uniform(0, 1); b ~ Uniform(0, a * d); weight(1 - b)", F(7, 8), "E[b]", F(19, 189)),
        (f"{BETWEEN}; observe true ~ Bernoulli(b - c)", F(1, 8), "E[b]", F(7, 9)),
    ],
)
def test_what_lies_between_others_is_in_their_range(body: str, evidence: F, query: str, expected: F) -> None:
    model = pplc.compile(f"model m() {{ {body} }}")
    found = model.infer({}, method="exact").log_evidence
    assert isinstance(found, Exact)
    assert found.rational == evidence
    assert model.query(query, {}, method="exact") == Exact(float(expected), expected)


@pytest.mark.parametrize(
    "body",
    [
        "s ~ Uniform(0, 2); t ~ Uniform(0, s); observe true ~ Bernoulli(t)",
        f"{UNIT}; b ~ Uniform(0, 1); observe true ~ Bernoulli(a + b)",
        f"{REST}; observe true ~ Bernoulli(a + 2 * b)",
        f"{BELOW}; observe true ~ Bernoulli(b - a)",
        f"{BELOW}; c ~ Uniform(a, b)",
    ],
)
def test_what_may_be_outside_a_domain_is_still_refused(body: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(f"model m() {{ {body} }}").infer({}, method="exact")
    (found,) = caught.value.diagnostics
    assert found.code == "E0401"
    assert "condition" in found.help


def test_a_condition_that_follows_from_another_is_not_forgotten_with_it() -> None:
    """`a < 1/2` follows from the first condition, and must hold when `b` is integrated out."""
    body = f"{UNIT}; b ~ Uniform(0, 1); condition(a + b < 0.5); condition(a < 0.5)"
    assert answer(body, "evidence") == Exact(math.log(F(1, 8)), F(1, 8))
    assert answer(body, "E[a]") == Exact(1 / 6, F(1, 6))
    assert answer(f"{body}; return b", "P(b < 0.25)") == Exact(0.75, F(3, 4))


def test_orders_that_contradict_each_other_are_impossible() -> None:
    """No two of the bounds do, and three do."""
    body = f"{UNIT}; b ~ Uniform(0, 1); c ~ Uniform(0, 1); let x = a > b and b > c and c > a"
    assert answer(f"{body}; return x", "P(return)") == Exact(0.0, F(0))


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        # P(c < x) = x (1 + L + L^2 / 2) with L = -log x
        (CHAIN, "P(c < 0.5)", 0.5 * (1 + TWO + TWO**2 / 2)),
        (f"{CHAIN}; weight(c)", "P(c < 0.5)", 0.25 * (1 + 2 * TWO + 2 * TWO**2)),
        (f"{CHAIN}; condition(a < 0.5)", "E[log(c)]", -3 - TWO),
        # E[b] = 5/4 and E[b^2] = 35/18; logarithms cancel
        (
            f"{UNIT}; b ~ Uniform(a, 2 * a + 1); observe 1 ~ Binomial(2, b / 3)",
            "evidence",
            math.log(65 / 162),
        ),
    ],
)
def test_polynomials_in_logarithms_have_closed_forms(body: str, query: str, expected: float) -> None:
    found = answer(body, query)
    assert isinstance(found, Exact)
    assert found.value == pytest.approx(expected, rel=1e-13)
