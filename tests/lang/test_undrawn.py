"""What a program observes without drawing it before the data, and what rests on that."""

from __future__ import annotations

import pytest

from pplc.lang.check import check_text
from pplc.lang.lower import lower
from pplc.lang.undrawn import Undrawn, undrawn

HALF = "Bernoulli(0.5)"


def found(text: str) -> Undrawn:
    return undrawn(lower(check_text(text.replace("HALF", HALF))))


VIEWS = (
    "model m(y: (a: bool)) { observe y.a ~ HALF }",
    "model m(y: array[2] (a: bool)) { observe y[i].a ~ HALF for i in 0..2 }",
    "model m(y: bool[N]) { for v in y { observe v ~ HALF } }",
    "model m(y: bool[N]) { for (v, w) in zip(y, y) { observe v ~ HALF; observe w ~ HALF } }",
    "model m(y: bool) { let v = not y; observe v ~ HALF }",
    "model m(y: int[N]) { observe sum(y) ~ Binomial(9, 0.5) }",
    "model m(y: int[N]) { var s = 0; for i in 0..N { s = s + y[i] }; observe s ~ Binomial(9, 0.5) }",
    "model m(y: bool) { let f = fn (b: bool) => b == y; observe f(true) ~ HALF }",
    "fn g(b: bool) -> bool { return not b }\nmodel m(y: bool) { observe g(y) ~ HALF }",
    "model sub(b: (a: bool)) { observe b.a ~ HALF; return 1 }\nmodel m(y: (a: bool)) { x ~ sub(y) }",
    "model sub(b: bool) { observe b ~ HALF; return 1 }\nmodel m(y: bool[2]) { x ~ sub(y[0]) }",
    "model sub(b: bool[N]) { observe b[0] ~ HALF; return b[0] }\nmodel m(y: bool[2]) { x ~ sub(y) }",
    (
        "model sub(b: bool[N]) { observe b[i] ~ Bernoulli(if b[0] { 0.5 } else { 0.25 }) for i in 1..N }\n"
        "model m(y: bool[2]) { ~sub(y) }"
    ),
)


@pytest.mark.parametrize("text", VIEWS)
def test_what_is_computed_from_a_datum_is_no_place_of_it(text: str) -> None:
    assert found(text).observed.keys() == {"y"}
    assert found(text).read is None


def test_of_a_place_that_a_called_model_does_not_draw_the_caller_is_not_told() -> None:
    text = "model sub(b: bool[N]) { observe b[0] ~ HALF; return b[1] }\nmodel m(y: bool[2]) { x ~ sub(y) }"
    read = found(text).read
    assert read is not None
    assert read[0] == "y"


DRAWN = (
    "model m(y: bool) { observe y ~ HALF }",
    "model m(y: bool[N]) { observe y[i] ~ HALF for i in 0..N; observe y[0] == y[1] ~ HALF }",
    "model m(y: bool[2]) { observe len(y) ~ Binomial(4, 0.5) }",
    "model m(y: bool) { x ~ HALF; observe not x ~ HALF; observe true ~ HALF }",
)


@pytest.mark.parametrize("text", DRAWN)
def test_a_datum_that_is_drawn_as_it_stands_is_none_of_them(text: str) -> None:
    assert found(text) == Undrawn({}, {}, None)


@pytest.mark.parametrize(
    "statement",
    [
        "q ~ Bernoulli(if y.a { 0.5 } else { 0.25 })",
        "if y.a { q ~ HALF }",
        "observe z ~ Bernoulli(if y.a { 0.5 } else { 0.25 })",
        "let v = y.a; let w = not v; q ~ Bernoulli(if w { 0.5 } else { 0.25 })",
        "q ~ sub(y.a)",
        "var n = 0; while n < y.n { n = n + 1 }",
    ],
)
def test_a_law_or_a_branch_that_rests_on_it_is_found(statement: str) -> None:
    sub = "model sub(b: bool) -> bool { x ~ Bernoulli(if b { 0.5 } else { 0.25 }); return x }\n"
    text = sub + "model m(y: (a: bool, n: int), z: bool) {\n observe y.a ~ HALF\n" + statement + "\n}"
    read = found(text).read
    assert read is not None
    assert read[0] == "y"
    assert read[1].line == 4


def test_what_is_reported_of_it_is_named_and_the_rest_is_not() -> None:
    text = "model m(y: bool) { let v = not y; p ~ HALF; let w = not p; observe v ~ HALF; return (v, p) }"
    assert found(text).names == {"v": "y", "return": "y"}
    assert found(text).read is None
