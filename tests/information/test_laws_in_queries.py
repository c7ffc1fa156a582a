"""Laws written in queries: the same numbers as by hand, rational where they are, and clear errors."""

from __future__ import annotations

from fractions import Fraction
from math import inf, log

import pytest

import pplc
from pplc.inference.answers import Bounds, Estimate, Exact
from pplc.lang.diagnostics import Rejected

BIT = log(2)
MODEL = """\
model m(q: real) {
  a ~ Bernoulli(0.3)
  k ~ Binomial(2, 0.5)
  observe a ~ Bernoulli(0.5)
  return a
}
"""


def ask(query: str, method: str = "exact", draws: int | None = None) -> object:
    return pplc.compile(MODEL).query(query, {"q": 0.25}, method=method, draws=draws, unit="bits", seed=2)


def value(query: str) -> float:
    found = ask(query)
    assert isinstance(found, Exact)
    return found.value


def kl(p: float, q: float) -> float:
    """Of two laws of a bit, in bits."""
    return (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))) / BIT


@pytest.mark.parametrize(
    ("query", "bits"),
    [
        ("KL(Bernoulli(0.3), Bernoulli(0.5))", kl(0.3, 0.5)),
        ("KL(a, Bernoulli(0.5))", kl(0.3, 0.5)),
        ("KL(Bernoulli(0.5), a)", kl(0.5, 0.3)),
        ("KL(a, Bernoulli(q))", kl(0.3, 0.25)),
        ("KL(a, Bernoulli(p = 2 * q))", kl(0.3, 0.5)),
        ("KL(a, Bernoulli(0.5) | k == 1)", kl(0.3, 0.5)),
        ("KL(k, Categorical([1/4, 1/2, 1/4]))", 0.0),
        ("KL(Delta(1), k)", 1.0),
        ("KL(k, Delta(1))", inf),
        ("H(Bernoulli(0.11))", 0.499916),
        ("H(Binomial(10, 0.3))", 2.566668),
        ("H(Categorical([1/2, 1/4, 1/8, 1/8]))", 1.75),
        ("H(Bernoulli(0.5), kind = renyi, order = 1/2)", 1.0),
        ("couple(Categorical([0.7, 0.2, 0.1]), Categorical([0.45, 0.3, 0.25]))", 1.814980),
        ("couple(k, Binomial(2, 1/2))", 1.5),
        ("KL(couple(Bernoulli(0.5), Bernoulli(0.5)), couple(Bernoulli(0.5), Bernoulli(0.5)))", 0.0),
    ],
)
def test_known_values(query: str, bits: float) -> None:
    assert value(query) == pytest.approx(bits, abs=5e-7)


def test_what_is_rational_stays_so() -> None:
    assert ask("divergence(a, Bernoulli(0.5), kind = tv)") == Exact(0.2, Fraction(1, 5))
    # (1/4, 1/2, 1/4) and (9/16, 6/16, 1/16): 25/144 + 6/144 + 81/144
    assert ask("divergence(k, Binomial(2, 0.25), kind = chi2)") == Exact(7 / 9, Fraction(7, 9))
    assert ask("tsallis(Categorical([1/2, 1/4, 1/4]), order = 2)") == Exact(0.625, Fraction(5, 8))


def test_laws_are_sources_to_compress_and_describe() -> None:
    rate = ask("rate(Bernoulli(0.5), distortion = 0.1)")
    assert isinstance(rate, Bounds)
    assert rate.lower <= 0.5310044064107188 <= rate.upper + 1e-12
    found = ask("compress(Categorical([0.7, 0.2, 0.1]), rate = 0.8)")
    assert isinstance(found, Bounds)
    assert found.lower == pytest.approx(0.75284, abs=5e-6)
    assert value("count(UniformInt(1, 8))") == pytest.approx(8)


def test_a_posterior_is_compared_with_a_law_from_draws() -> None:
    """`a` is observed to be what a fair coin shows: its posterior is that of the prior."""
    found = ask("KL(a, Bernoulli(0.5))", "importance", 4000)
    assert isinstance(found, Estimate)
    assert abs(found.value - kl(0.3, 0.5)) < 7 * found.standard_error
    assert ask("KL(Bernoulli(0.3), Bernoulli(0.5))", "importance", 50) == ask(
        "KL(Bernoulli(0.3), Bernoulli(0.5))"
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("KL(k, Poisson(3))", "E0614"),
        ("KL(q, Normal(0, 1))", "E0614"),
        ("KL(a, Binomial(1, 0.5))", "E0609"),
        ("KL(a, Bernoulli(if a { 0.1 } else { 0.2 }))", "E0616"),
        ("H(Bernoulli(0.5), a)", "E0609"),
        ("H(Bernoulli(0.5) | a)", "E0609"),
        ("I(a; Bernoulli(0.5))", "E0606"),
        ("pid(a; k, Bernoulli(0.5))", "E0606"),
        ("P(Bernoulli(0.5))", "E0606"),
        ("KL(a, Bernoulli(1.5))", "E0219"),
        ("KL(a, Bernoulli(6 * q))", "E0401"),
        ("divergence(a, Bernoulli(0.5), kind = kl, order = 3)", "E0609"),
        ("divergence(a, Bernoulli(0.5), kind = renyi, order = k)", "E0609"),
    ],
)
def test_laws_that_make_no_sense_say_why(query: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        ask(query)
    assert caught.value.diagnostics[0].code == code, str(caught.value)
    assert caught.value.diagnostics[0].span.line == 1
