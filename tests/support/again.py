"""Models that observe a place again, and what they mean before the data."""

from __future__ import annotations

from fractions import Fraction as F

from pplc.semantics.values import MISSING, Value
from tests.support.reference import Data

QUARTERS = F(1, 4), F(3, 4)
FIRST: dict[Value, F] = {(p, y): (p if y else 1 - p) / 2 for p in QUARTERS for y in (True, False)}
"""The meaning of each of these before the data: the parameter, and a datum drawn from it."""

AGAIN: dict[str, tuple[str, Data]] = {
    "the same place by another law": (
        "y: bool) { PRIOR; observe y ~ FROM_P; observe y ~ ALWAYS; return (p, y) }",
        {"y": True},
    ),
    "every round of a loop": (
        (
            "y: bool) { PRIOR; for k in 0..4 { observe y ~ Bernoulli(if k == 0 { p } else { 1 }) }\n"
            "return (p, y) }"
        ),
        {"y": True},
    ),
    "an element, by two loops": (
        (
            "y: bool[N]) { PRIOR; observe y[i] ~ FROM_P for i in 0..N\n"
            "observe y[N - 1 - i] ~ ALWAYS for i in 0..N; return (p, y[0]) }"
        ),
        {"y": (True, True), "N": 2},
    ),
    "what the data say": (
        "y: bool[2], at: int[3]) { PRIOR; observe y[i] ~ FROM_P for i in at; return (p, y[1]) }",
        {"y": (True, True), "at": (1, 0, 1)},
    ),
    "an element after the whole": (
        "y: bool[2]) { PRIOR; observe y ~ FROM_P; observe y[1] ~ ALWAYS; return (p, y[1]) }",
        {"y": (True, True)},
    ),
    "the whole after all elements": (
        "y: bool[2]) { PRIOR; observe y[i] ~ FROM_P for i in 0..2; observe y ~ ALWAYS; return (p, y[1]) }",
        {"y": (True, True)},
    ),
    "a row after the elements of it": (
        (
            "y: bool[1, 2]) { PRIOR; observe y[0, j] ~ FROM_P for j in 0..2\n"
            "observe y[0] ~ ALWAYS; return (p, y[0, 1]) }"
        ),
        {"y": ((True, True),)},
    ),
    "on one side of a condition, and after it": (
        "y: bool) { PRIOR; c ~ HALF; if c { observe y ~ FROM_P }; observe y ~ FROM_P; return (p, y) }",
        {"y": True},
    ),
    "a place that is missing": (
        "y: bool?) { PRIOR; observe y ~ FROM_P; observe y ~ Bernoulli(0.125); return (p, y == true) }",
        {"y": MISSING},
    ),
    "inside a called model": (
        (
            "y: bool) { x ~ inner(y); return x }\n"
            "model inner(z: bool) { PRIOR; observe z ~ FROM_P; observe z ~ ALWAYS; return (p, z) }"
        ),
        {"y": True},
    ),
}
"""Parameters and body of models that observe a place again, and their data."""


def text_of(body: str) -> str:
    """The model, after what it calls: the last one is the entry."""
    for short, long in SHORT.items():
        body = body.replace(short, long)
    first, _, rest = body.partition("\nmodel ")
    return ("model " + rest + "\n" if rest else "") + "model m(" + first


SHORT = {
    "PRIOR": "p ~ Uniform([0.25, 0.75])",
    "FROM_P": "Bernoulli(p)",
    "ALWAYS": "Bernoulli(1)",
    "HALF": "Bernoulli(0.5)",
}
