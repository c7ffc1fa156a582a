"""Draws from a Dirichlet process: exchangeable, with the law of its urn, with any base, in every engine."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import permutations
from math import factorial, isclose, log, prod, sqrt

import pytest

import pplc
from pplc.inference.answers import Exact
from pplc.semantics.number import LogRat
from tests.support.reference import bound, mass_of, masses, rejection
from tests.support.statistics import FALSE_ALARM

DRAWS = """
model m(alpha: positive, n: int) {
  g ~ DirichletProcess(alpha, UniformInt(0, 2))
  x[i] ~ g for i in 0..n
  return [x[i] for i in 0..n]
}"""

SAME = """
model m(alpha: positive, n: int) {
  g ~ DirichletProcess(alpha, Normal(0, 1))
  x[i] ~ g for i in 0..n
  return [[x[i] == x[j] for j in 0..i] for i in 0..n]
}"""


def polya(values: tuple[int, ...], alpha: Fraction) -> Fraction:
    """The probability of draws over {0, 1, 2}, by a Pólya urn of `alpha` / 3 balls of each kind."""
    seen: Counter[int] = Counter()
    found = Fraction(1)
    for n, value in enumerate(values):
        found *= (seen[value] + alpha / 3) / (alpha + n)
        seen[value] += 1
    return found


@pytest.mark.parametrize("alpha", [Fraction(1), Fraction(3, 2), Fraction(1, 10)])
def test_draws_with_a_finite_base_are_those_of_a_polya_urn(alpha: Fraction) -> None:
    law = mass_of(DRAWS, {"alpha": alpha, "n": 4})
    assert len(law) == 81
    for values, mass in law.items():
        assert isinstance(values, tuple)
        assert mass == polya(tuple(v for v in values if isinstance(v, int)), alpha)


def test_draws_are_exchangeable() -> None:
    law = mass_of(DRAWS, {"alpha": Fraction(5, 7), "n": 4})
    for values, mass in law.items():
        assert isinstance(values, tuple)
        assert all(law[tuple(order)] == mass for order in permutations(values))


def test_merging_states_changes_nothing() -> None:
    program = bound(DRAWS, {"alpha": Fraction(2), "n": 4})
    run = pplc.compile(DRAWS).infer({"alpha": 2, "n": 4}, method="exact")
    assert run.log_evidence == Exact(0.0, Fraction(1))
    law: dict[str, Fraction] = {}
    for values, mass in masses(program).items():
        assert isinstance(values, tuple)
        law[str(values[3])] = law.get(str(values[3]), Fraction(0)) + mass
    assert law == run["x[3]"].exact[()]


def chinese_restaurant(blocks: tuple[int, ...], alpha: Fraction) -> Fraction:
    """The probability of a partition by the sizes of its blocks (Antoniak 1974; Pitman 2006, eq. 3.6)."""
    rising = prod((alpha + k for k in range(sum(blocks))), start=Fraction(1))
    return alpha ** len(blocks) * prod(factorial(size - 1) for size in blocks) / rising


@pytest.mark.parametrize("alpha", [1, 3])
def test_with_a_continuous_base_equal_draws_make_a_chinese_restaurant(alpha: int) -> None:
    run = pplc.compile(SAME + "\nquery posterior(return)").infer({"alpha": alpha, "n": 3}, method="exact")
    text = "model q(alpha: positive) { g ~ DirichletProcess(alpha, Normal(0, 1)); x ~ g; y ~ g; z ~ g;"
    events: dict[str, list[tuple[int, ...]]] = {
        "x == y and y == z": [(3,)],
        "x == y and y != z": [(2, 1)],
        "x != y and y != z and x != z": [(1, 1, 1)],
        "x == z": [(3,), (2, 1)],
    }
    for test, blocks in events.items():
        model = pplc.compile(f"{text} return {test} }}\nquery P(return)")
        (query,) = model.infer({"alpha": alpha}, method="exact").queries
        (found,) = query.numbers
        assert isinstance(found, Exact)
        expected = sum((chinese_restaurant(sizes, Fraction(alpha)) for sizes in blocks), start=Fraction(0))
        assert isclose(found.value, expected, abs_tol=1e-12)
    assert run["x[2]"].mean == pytest.approx(0, abs=1e-12)


def test_two_draws_are_equal_with_probability_one_over_one_plus_alpha_as_a_formula() -> None:
    text = """
    model m(alpha: positive) { g ~ DirichletProcess(alpha, UniformInt(0, 1)); x ~ g; y ~ g; return x == y }
    query P(return)"""
    (query,) = pplc.compile(text).infer(symbolic=("alpha",)).queries
    (found,) = query.numbers
    assert isinstance(found, Exact)
    assert str(found.rational) == "(alpha + 2)/(2*(alpha + 1))"


def test_two_processes_have_urns_of_their_own() -> None:
    text = """
    model m() {
      f ~ DirichletProcess(1, Bernoulli(0.5))
      g ~ DirichletProcess(1, Bernoulli(0.5))
      x ~ f; y ~ g; z ~ f
      return (x == y, x == z)
    }"""
    assert mass_of(text) == {
        (True, True): Fraction(3, 8),
        (False, True): Fraction(3, 8),
        (True, False): Fraction(1, 8),
        (False, False): Fraction(1, 8),
    }


def test_a_process_is_handed_to_a_model_and_drawn_from_inside() -> None:
    text = """
    model pair(g: Model[int]) { a ~ g; b ~ g; return a == b }
    model m() { g ~ DirichletProcess(2, UniformInt(0, 1)); c ~ g; same ~ pair(g); return same }"""
    # Of two draws from the law itself: 1 / 3 repeated, else one of two values.
    assert mass_of(text)[True] == Fraction(1, 3) + Fraction(2, 3) * Fraction(1, 2)


def test_what_is_observed_about_draws_weighs_their_groups() -> None:
    text = """
    model m() {
      g ~ DirichletProcess(1, Bernoulli(0.5))
      x[i] ~ g for i in 0..2
      observe true ~ Bernoulli(if x[0] { 0.75 } else { 0.25 })
      observe false ~ Bernoulli(if x[1] { 0.75 } else { 0.25 })
      return x[0] == x[1]
    }"""
    found = masses(bound(text))
    same, apart = Fraction(3, 4) * Fraction(3, 16), Fraction(1, 8) * (Fraction(9, 16) + Fraction(1, 16))
    assert found == {True: same, False: apart}


@pytest.mark.parametrize("method", ["importance", "smc", "mh"])
def test_sampling_repeats_draws_as_often(method: str) -> None:
    text = """
    model m(alpha: positive) { g ~ DirichletProcess(alpha, Normal(0, 1)); x ~ g; y ~ g; return x == y }"""
    draws = 1000 if method == "mh" else 4000
    model = pplc.compile(text)
    if method == "smc":
        run = model.infer({"alpha": 3}, method=method, seed=1, particles=draws)
    else:
        run = model.infer({"alpha": 3}, method=method, seed=1, draws=draws)
    mean = float(run.draws("return").mean())
    effective = run["return"].numbers["ess_bulk"][()] if method == "mh" else draws
    assert abs(mean - 0.25) <= sqrt(log(2 / FALSE_ALARM) / (2 * float(effective)))


def test_a_concentration_is_positive() -> None:
    error = rejection(
        lambda: mass_of("model m(a: real) { g ~ DirichletProcess(a, Bernoulli(0.5)); x ~ g }", {"a": 0})
    )
    assert (error.code, error.span.line) == ("E0401", 1)


def test_methods_of_gradients_refuse_it_in_words() -> None:
    model = pplc.compile("model m() { g ~ DirichletProcess(1, Normal(0, 1)); x ~ g; y ~ g; return x == y }")
    with pytest.raises(pplc.Rejected, match="E0543"):
        model.infer(method="nuts")


def test_the_evidence_of_a_mixture_of_unknown_size_is_the_sum_over_partitions() -> None:
    text = """
    model m(y: bool[3]) {
      g ~ DirichletProcess(1, UniformInt(1, 3))
      c[i] ~ g for i in 0..3
      observe y[i] ~ Bernoulli(c[i] / 4) for i in 0..3
    }"""
    y = (True, True, False)
    expected = Fraction(0)
    for values in [(a, b, c) for a in (1, 2, 3) for b in (1, 2, 3) for c in (1, 2, 3)]:
        prior = polya(tuple(v - 1 for v in values), Fraction(1))
        expected += prior * prod(
            Fraction(v, 4) if s else 1 - Fraction(v, 4) for v, s in zip(values, y, strict=True)
        )
    run = pplc.compile(text).infer({"y": list(y)}, method="exact")
    assert run.log_evidence == Exact(float(LogRat(expected)), expected)
