"""Decisions are checked against the model: their form, what is maximised, values and limits."""

from __future__ import annotations

import pytest

from pplc.lang.check import check_query, check_text
from pplc.lang.diagnostics import Rejected
from pplc.lang.parse import parse_query

MODEL = """
type Colour = Red | Green
model m() {
  a ~ Bernoulli(0.5); b ~ Bernoulli(if a { 0.9 } else { 0.2 })
  c ~ Uniform(values(Colour)); x ~ Normal(0, 1)
  v[k] ~ Normal(0, 1) for k in 0..3
}
"""
CHECKED = check_text(MODEL)

ACCEPTED = """
decide d given (a) maximise P(d == b)
decide d given (a) maximise P(b == d)
decide d given (a) maximise P(d == (x > 0))
decide d given (a) maximise E[d == c]
decide d given (a, c | b) maximise P(d == b)
decide d in [0, 1] given (a) maximise E[if b { d } else { -d }]
decide d in [true, false] given (a) maximise P(d and b)
decide d in values(Colour) given (a) maximise P(d == c)
decide d given (a, b) maximise P(d == b) subject to I(a; d) <= 0.1
decide d given (a, b) maximise P(d == b) subject to I(d; a | b) <= 0.1 and I(d; b) <= 2 * 0.5
"""


@pytest.mark.parametrize("query", ACCEPTED.strip().split("\n"))
def test_a_decision_about_what_the_model_has_is_accepted(query: str) -> None:
    check_query(CHECKED, parse_query(query)[0])


@pytest.mark.parametrize(
    ("query", "expected"),
    {
        "decide d given (a) maximise H(d)": "what is maximised is `P(…)` or `E[…]`, not `H`",
        "decide d given (a) maximise P(d == b | a)": "what is maximised has no conditions of its own",
        "decide d given (a) maximise P(a == b)": "what is maximised does not depend on `d`",
        "decide d given (a) maximise E[int(d == b)]": "the values that `d` may have are not known",
        "decide d given (a) maximise P(d == d)": "the values that `d` may have are not known",
        "decide d given (a) maximise P((d and b) == d)": "the values that `d` may have are not known",
        "decide d in 3 given (a) maximise E[d * x]": "`d` is one of a list of values, but this is `int`",
        "decide d in [] given (a) maximise P(d == b)": "`d` needs a value that it may have",
        "decide d in [0, 1] given (a) maximise P(d * x)": "what is maximised is an event, but this is `real`",
        "decide d in [0, 1] given (a) maximise E[d * v]": (
            "what is maximised is a number, but this is `real[3]`"
        ),
        "decide d given (a) maximise P(d == b) subject to H(d) <= 1": (
            "a limit is one of information, as in `I(z; yhat) <= 0.1`"
        ),
        "decide d given (a) maximise P(d == b) subject to I(a; b) <= 1": (
            "a limit is one of what `d` alone says of variables of the model"
        ),
        "decide d given (a) maximise P(d == b) subject to I(d, a; b) <= 1": (
            "a limit is one of what `d` alone says of variables of the model"
        ),
        "decide d given (a) maximise P(d == b) subject to I(d; b | do(a = true)) <= 1": (
            "a limit is one of what `d` alone says of variables of the model"
        ),
        "decide d given (a) maximise P(d == b) subject to I(d; b) <= -1": (
            "the limit of an information is a number that is not negative"
        ),
        "decide d given (a) maximise P(d == b) subject to I(d; b) <= x": (
            "the limit of an information is a number that is not negative"
        ),
    }.items(),
)
def test_a_decision_that_makes_no_sense_is_refused(query: str, expected: str) -> None:
    with pytest.raises(Rejected) as caught:
        check_query(CHECKED, parse_query(query)[0])
    (first, *_) = caught.value.diagnostics
    assert (first.code, first.message) == ("E0609", expected)


UNANSWERABLE = """
P(~Bernoulli(0.5))
E[(fn (y: real) => y)(x)]
E[if a { let y = x; y } else { 0 }]
E[[fn (y: real) => y][0](x)]
H(fn (y: real) => y)
E[match c { Red => 1, Green => 2 }]
E[sum([y for (y, z) in [(1, 2)]])]
KL(b, if a { Bernoulli(0.5) } else { Bernoulli(0.2) })
"""


@pytest.mark.parametrize("query", UNANSWERABLE.strip().split("\n"))
def test_what_queries_do_not_compute_is_refused(query: str) -> None:
    with pytest.raises(Rejected, match="E0606"):
        check_query(CHECKED, parse_query(query)[0])
