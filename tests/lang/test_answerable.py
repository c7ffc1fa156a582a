"""What a query cannot compute is refused when the model is checked, not when the run is over."""

from __future__ import annotations

import pytest

import pplc
from pplc.inference.answers import Exact
from pplc.lang.diagnostics import Rejected

MODEL = """\
type Pair = Of(left: int, right: int)
fn less(a: int, b: int) -> int { return a - b }
density Odd(k: real) on real = fn (x: real) => -x * k
model die() { d ~ UniformInt(1, 6); return d }
model rule() { k ~ UniformInt(1, 2); return fn (big: int, small: int) => big - k * small }
model m() {
  x ~ UniformInt(1, 6)
  y ~ die()
  f ~ rule()
  let law = Normal(0, 1)
}
"""

REFUSED = (
    "E[~Normal(0, 1)]",
    "P(flip(0.5))",
    "P(match x { 1 => true, _ => false })",
    "E[if x > 1 { let w = 2; w } else { 1 }]",
    "E[sum(map(fn (k: int) => k, [x]))]",
    "E[Normal(0, 1).logpdf(x)]",
    "E[law.logpdf(x)]",
    "posterior(f)",
    "posterior(die())",
    "posterior(law)",
    "E[sum([a for (a, b) in [(x, y)]])]",
    "P(Of(right = 1, left = x) == Of(1, 2))",
    "E[x | flip(0.5)]",
)


@pytest.mark.parametrize("query", REFUSED)
def test_what_cannot_be_computed_in_every_run_is_refused_at_once(query: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(MODEL + f"query {query}")
    assert "E0606" in [d.code for d in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("E[less(b = 1, a = 5)]", 4),
        ("E[less(5, b = 1)]", 4),
        ("E[max([x, 7])]", 7),
        ("P(Of(x, y) == Of(x, y))", 1),
        ("E[sum([if x > 9 { 1 } else { k } for k in 0..4 if k > 1])]", 5),
        ("E[(a: 1, b: x + 2).a]", 1),
    ],
)
def test_everything_else_is_computed(query: str, value: int) -> None:
    found = pplc.compile(MODEL).query(query, method="exact")
    assert isinstance(found, Exact)
    assert found.rational == value
