"""Queries about couplings, compression, common parts and labels, asked of programs, in bits."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any, Literal

import pytest

import pplc
from pplc.inference.answers import Bounds, Exact
from pplc.information.finite_queries import ANSWERS
from pplc.information.queries import BASIC, HEADS
from pplc.lang.diagnostics import Rejected

TWO_LAWS = """\
model laws() {
  p ~ Categorical([0.7, 0.2, 0.1])
  q ~ Categorical([0.45, 0.3, 0.25])
  r ~ Categorical([0.4, 0.3, 0.2, 0.1])
  return p
}
"""

NOISY = """\
model noisy() {
  x ~ Bernoulli(0.5)
  y ~ Bernoulli(if x { 0.9 } else { 0.1 })
  block ~ Bernoulli(0.5)
  u ~ Bernoulli(0.5)
  v ~ Bernoulli(0.5)
  let a = (block, u)
  let b = (block, v)
  return x
}
"""

CLOCK = """\
model clock() {
  z ~ UniformInt(0, 29)
  let two = z % 2
  let three = z % 3
  let five = z % 5
  return z
}
"""

AGES = """\
model ages() {
  x ~ Categorical([0.1, 0.2, 0.4, 0.2, 0.1])
  let near1 = [0.1353352832366127, 1.0, 0.1353352832366127, 0.00033546262790251185, 1.522997974471263e-8][x]
  let near3 = [1.522997974471263e-8, 0.00033546262790251185, 0.1353352832366127, 1.0, 0.1353352832366127][x]
  let low = x < 2
  return x
}
"""


def ask(text: str, query: str, unit: Literal["nats", "bits"] = "bits") -> Any:
    return pplc.compile(text).query(query, method="exact", unit=unit)


def number(text: str, query: str, unit: Literal["nats", "bits"] = "bits") -> float:
    answer = ask(text, query, unit)
    assert isinstance(answer, Exact)
    return answer.value


def test_the_least_entropy_of_a_coupling_asks_only_about_the_laws() -> None:
    assert number(TWO_LAWS, "couple(p, q)") == pytest.approx(1.814980, abs=5e-7)
    assert number(TWO_LAWS, "couple(p, q)", "nats") == pytest.approx(1.814980 * log(2), abs=5e-7)


@pytest.mark.parametrize(("rate", "found"), [("1.2", 1.156780), ("0.8", 0.75284), ("0.3", 0.20030)])
def test_a_compression_to_a_rate_in_the_unit_asked_for(rate: str, found: float) -> None:
    answer = ask(TWO_LAWS, f"compress(p, rate = {rate})")
    low = answer.value if isinstance(answer, Exact) else answer.lower
    assert low == pytest.approx(found, abs=5e-6)


def test_a_coupling_through_a_bottleneck() -> None:
    wide, narrow = ask(TWO_LAWS, "mecb(p, q, rate = 3)"), ask(TWO_LAWS, "mecb(p, q, rate = 0.5)")
    assert isinstance(wide, Bounds)
    assert isinstance(narrow, Bounds)
    assert wide.lower == pytest.approx(0.881291, abs=5e-7)
    assert 0 < narrow.lower <= narrow.upper <= 0.5 + 1e-12


def test_the_kinds_of_common_information() -> None:
    assert number(NOISY, "common(x, y)") == pytest.approx(0, abs=1e-12)
    assert number(NOISY, "common(a, b)") == pytest.approx(1)
    assert number(NOISY, "wyner(x, y)") == pytest.approx(0.872761, abs=5e-7)
    assert number(NOISY, "common(x, y, kind = wyner)") == pytest.approx(0.872761, abs=5e-7)
    assert number(NOISY, "common(x, y, kind = exact)") == pytest.approx(0.991076, abs=5e-7)
    assert number(NOISY, "common(x, y, kind = functional)") == pytest.approx(1)
    assert number(NOISY, "wyner(a, b)") == pytest.approx(1)


def test_what_is_missing_to_compute_a_variable_from_others() -> None:
    assert number(CLOCK, "reconstruct(z; two, three, five)") == 0
    assert number(CLOCK, "reconstruct(z; two, three)") == pytest.approx(log(5) / log(2))


@pytest.mark.parametrize(
    ("kind", "value"), [("w1", 0.4), ("cs", 0.494696 / log(2)), ("ed", 0.16), ("tv", 0.4)]
)
def test_dependence_as_a_distance_from_independence(kind: str, value: float) -> None:
    assert number(NOISY, f"dependence(x; y, kind = {kind})") == pytest.approx(value, abs=1e-6)


def test_what_labels_tell_and_the_point_of_the_rate_curve() -> None:
    for slope, conveyed, rate in (
        ("0.25", -0.463461, 0.363178),
        ("1", 0.168341, 0.598258),
        ("2", 0.169889, 0.599999),
    ):
        parts = ask(AGES, f"semantic(x; near1, near3, slope = {slope})")
        assert isinstance(parts, Mapping)
        assert parts["G"].value == pytest.approx(conveyed, abs=2e-6)
        assert parts["R"].value == pytest.approx(rate, abs=2e-6)
    parts = ask(AGES, "semantic(x; low)")
    assert set(parts) == {"low"}
    assert parts["low"].value == pytest.approx(-log(0.3) / log(2))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("compress(p, rate = -1)", "E0609"),
        ("compress(p)", "E0609"),
        ("common(p, q, r, kind = exact)", "E0609"),
        ("common(p, q, kind = best)", "E0609"),
        ("dependence(p; q, kind = best)", "E0609"),
        ("semantic(p; q, slope = -1)", "E0609"),
        ("semantic(p; q)", "E0613"),
        ("semantic(p; p > 5)", "E0604"),
        ("wyner(p, nobody)", "E0201"),
        ("couple(p, q | r)", "E0609"),
        ("couple(p, q | r > 7)", "E0604"),
    ],
)
def test_queries_that_make_no_sense_say_why(query: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        ask(TWO_LAWS, query)
    assert caught.value.diagnostics[0].code == code


def test_a_law_is_coupled_with_itself_by_being_equal() -> None:
    assert number(TWO_LAWS, "couple(p, p)") == pytest.approx(number(TWO_LAWS, "H(p)"))


def test_conditions_change_the_laws() -> None:
    given = "model m() { p ~ UniformInt(0, 3); q ~ UniformInt(0, 3); return p }"
    assert number(given, "couple(p, q)") == pytest.approx(2)
    assert number(given, "couple(p, q | p < 2)") == pytest.approx(2)
    assert number(given, "couple(p, q | p < 2, q < 2)") == pytest.approx(1)


def test_draws_are_no_law_to_couple() -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(TWO_LAWS).query("couple(p, q)", method="importance", seed=1)
    assert caught.value.diagnostics[0].code == "E0615"


def test_every_head_is_answered_somewhere() -> None:
    assert {*BASIC, *ANSWERS} == set(HEADS)
