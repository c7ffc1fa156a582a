"""Fields of records that a called model returned, alone or as entries of an array."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

import pplc
from pplc.inference.answers import Estimate, Exact
from pplc.lang.diagnostics import Rejected

PERSON = """
model person(more: real) {
  t ~ Bernoulli(0.25)
  return (tall: t, size: if t { 5 } else { 1 }, shift: more)
}
"""
ROW = PERSON + "model m() { p[i] ~ person(i) for i in 0..3; condition(any([q.tall for q in p])) }"
GRID = PERSON + "model m() { p[i, j] ~ person(i) for i in 0..2, j in 0..2; return p[1, 0].size }"
ALIVE = F(37, 64)
TRUTHS = [
    (ROW, "P(p[0].tall)", F(1, 4) / ALIVE),
    (ROW, "P(p[0].t)", F(1, 4) / ALIVE),
    (ROW, "E[p[1].size]", 1 + 4 * F(1, 4) / ALIVE),
    (ROW, "E[p[2].size + p[2].shift | p[0].tall]", F(4)),
    (ROW, "P(p[1].tall and not p[0].t)", F(3, 16) / ALIVE),
    (GRID, "P(p[1, 0].tall)", F(1, 4)),
    (GRID, "P(p[1][0].tall)", F(1, 4)),
    (GRID, "E[p[0, 1].size]", F(2)),
]


@pytest.mark.parametrize(("text", "query", "truth"), TRUTHS)
def test_fields_of_entries_have_exact_answers(text: str, query: str, truth: F) -> None:
    assert pplc.compile(text).query(query, method="exact") == Exact(float(truth), truth)


@pytest.mark.parametrize(("text", "query", "truth"), TRUTHS)
def test_fields_of_entries_are_estimated_from_draws(text: str, query: str, truth: F) -> None:
    found = pplc.compile(text).query(query, method="importance", draws=1000, seed=3)
    assert isinstance(found, Estimate)
    assert abs(found.value - truth) <= 6 * found.standard_error
    assert found.standard_error < 0.2


def test_fields_of_entries_are_estimated_from_gradients() -> None:
    text = """
model person(m: real) { h ~ Normal(m, 1); return (height: h, twice: 2 * h) }
model m(y: real[2]) { p[i] ~ person(i) for i in 0..2; observe y[i] ~ Normal(p[i].twice, 1) for i in 0..2 }
"""
    model = pplc.compile(text)
    found = model.query("E[p[1].twice]", {"y": [0, 3]}, method="nuts", draws=200, warmup=200, seed=1)
    assert isinstance(found, Estimate)
    assert abs(found.value - F(14, 5)) <= 6 * found.standard_error  # h given 3: precision 5, mean (1 + 6) / 5


def test_the_law_of_a_field_is_a_table() -> None:
    run = pplc.compile(ROW + "\nquery posterior(p[0].size)").infer(method="exact")
    (answered,) = run.queries
    table = answered.variables["p[0].size"]
    assert table.probabilities[()] == {"1": float(F(21, 37)), "5": float(F(16, 37))}


@pytest.mark.parametrize(
    ("query", "code", "found"),
    [
        ("P(p[0].tal)", "E0211", "this record has no field `tal`"),
        ("P(p.tall)", "E0211", "has no member `tall`"),
        ("P(p[3].tall)", "E0221", "the index 3 is past the end"),
    ],
)
def test_what_is_no_field_is_refused(query: str, code: str, found: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(ROW).query(query)
    (error,) = caught.value.diagnostics
    assert error.code == code
    assert found in error.message
