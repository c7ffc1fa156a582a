"""What a memoised function has drawn is a variable: reported, asked about and set by its arguments."""

from __future__ import annotations

import pytest
from scipy import stats

import pplc
from pplc.inference.answers import Estimate, Exact
from pplc.lang.diagnostics import Rejected
from tests.support.statistics import FALSE_ALARM

TEXT = """\
model m() {
  eyes ~ mem(fn (name: string) => Bernoulli(0.25))
  pay ~ mem(fn (grade: int, good: bool) => UniformInt(grade, grade + 2))
  k ~ UniformInt(0, 1)
  let any = pay(k, true)
  let two = pay(2, true)
  return eyes("ada") or two == 4
}
"""
MODEL = pplc.compile(TEXT)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ('P(eyes("ada"))', 1 / 4),
        ("E[pay(2, true)]", 3),
        ('P(return | not eyes("ada"))', 1 / 3),
        ('P(return | do(eyes["ada"] = true))', 1),
        ("P(return | do(pay[2, true] = 3))", 1 / 4),
        ("P(pay(2, true) == 4 or pay(2, true) == 3)", 2 / 3),
    ],
)
def test_queries_name_what_was_drawn_by_its_arguments(query: str, value: float) -> None:
    exact = MODEL.query(query)
    assert isinstance(exact, Exact)
    assert exact.value == pytest.approx(value)
    drawn = MODEL.query(query, method="importance", draws=2000, seed=1)
    assert isinstance(drawn, Estimate)
    bound = stats.norm.isf(FALSE_ALARM / 2) * (drawn.standard_error or 0.0)
    assert abs(drawn.value - value) <= bound + 1e-12


def test_it_is_reported() -> None:
    run = MODEL.infer()
    assert run['eyes["ada"]'].numbers["mean"] == pytest.approx(0.25)
    assert run["pay[2, true]"].numbers["mean"] == pytest.approx(3)
    assert run["pay[0, true]"].reached == pytest.approx(0.5)


@pytest.mark.parametrize("method", ["exact", "importance"])
@pytest.mark.parametrize("query", ["E[pay(0, true)]", "E[pay(7, true)]"])
def test_what_some_runs_do_not_ask_for_has_no_law(method: str, query: str) -> None:
    with pytest.raises(Rejected, match=r"E0610|E0606"):
        MODEL.query(query, method=method, seed=1)


def test_arguments_have_their_types() -> None:
    with pytest.raises(Rejected, match="E0210"):
        MODEL.query("P(return | do(eyes[1] = true))")
