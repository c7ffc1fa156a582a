"""Kernels over rationals: exact masses, exact laws of samplers, and refusal of everything irrational."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import pytest

from pplc.lang.families import FAMILIES
from pplc.semantics.families import NUMERICS, VARIANTS
from pplc.semantics.kernel import exact, exact_module
from pplc.semantics.number import Inexact, LogRat
from pplc.semantics.rewrite import exact_log_mass
from pplc.semantics.source import Source, law_of

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)

FINITE: list[tuple[str, tuple[Any, ...]]] = [
    ("Bernoulli", (THIRD,)),
    ("Bernoulli", (Fraction(0),)),
    ("Bernoulli", (1,)),
    ("Binomial", (4, Fraction(2, 7))),
    ("Binomial", (3, Fraction(9, 10))),
    ("Binomial", (2, 0)),
    ("Binomial", (2, 1)),
    ("Binomial", (0, HALF)),
    ("Categorical", ((HALF, THIRD, Fraction(1, 6)),)),
    ("Categorical", ((HALF, 0, HALF),)),
    ("UniformInt", (-1, 4)),
    ("UniformInt", (3, 3)),
    ("Hypergeometric", (9, 4, 3)),
    ("Hypergeometric", (5, 4, 4)),
    ("Hypergeometric", (3, 3, 2)),
    ("Hypergeometric", (0, 0, 0)),
    ("BetaBinomial", (4, HALF, Fraction(3, 2))),
    ("BetaBinomial", (3, 1, 1)),
]
every_finite = pytest.mark.parametrize(("name", "point"), FINITE, ids=[f"{n}{p}" for n, p in FINITE])


@every_finite
def test_exact_masses_sum_to_one_and_agree_with_the_floats(name: str, point: tuple[Any, ...]) -> None:
    numerics = NUMERICS[name]
    assert numerics.support_values is not None
    log_mass = exact_log_mass(numerics.log_density)
    masses = {x: log_mass(*point, x).value for x in numerics.support_values(*point)}
    assert sum(masses.values()) == 1
    assert all(mass > 0 for mass in masses.values())
    floats = [
        tuple(map(float, p)) if isinstance(p, tuple) else p if isinstance(p, int) else float(p) for p in point
    ]
    for x, mass in masses.items():
        assert math.exp(numerics.log_density(*floats, x)) == pytest.approx(float(mass), rel=1e-13)


@every_finite
def test_samplers_have_exactly_the_stated_law(name: str, point: tuple[Any, ...]) -> None:
    numerics = NUMERICS[name]
    draw = exact(numerics.draw)
    log_mass = exact_log_mass(numerics.log_density)
    law = law_of(lambda source: draw(source, *point))
    assert law == {x: log_mass(*point, x).value for x in law}
    assert sum(law.values()) == 1


def test_known_masses() -> None:
    def mass(name: str, *arguments: Any) -> Fraction:
        return exact_log_mass(NUMERICS[name].log_density)(*arguments).value

    assert mass("Geometric", THIRD, 3) == Fraction(8, 81)
    assert mass("Geometric", 1, 0) == 1
    assert mass("Geometric", 1, 2) == 0
    assert mass("NegativeBinomial", 3, THIRD, 2) == Fraction(6 * 4, 243)
    assert mass("Zipf", 1, 4, 2) == Fraction(6, 25)
    assert mass("Beta", 2, 2, HALF) == Fraction(3, 2)
    assert mass("Uniform", Fraction(1, 4), Fraction(3, 4), HALF) == 2
    assert mass("Uniform", 0, 1, 2) == 0
    assert mass("Binomial", 2, HALF, 5) == 0
    assert mass("UniformInt", 1, 6, 7) == 0
    by_mean = VARIANTS["NegativeBinomial"][0].numerics.log_density
    assert exact_log_mass(by_mean)(2, 1, 1).value == Fraction(2, 9)


def test_uniform_numbers_are_affine_in_the_source() -> None:
    draw = exact(NUMERICS["Uniform"].draw)

    def below_zero(source: Source) -> bool:
        x = draw(source, -1, 2)
        return x < 0  # type: ignore[operator]

    assert law_of(below_zero) == {True: THIRD, False: 2 * THIRD}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Normal", (0, 1, 1)),
        ("Normal", (Fraction(0), Fraction(1), Fraction(0))),
        ("Exponential", (1, 1)),
        ("Laplace", (0, 1, 0)),
        ("Cauchy", (0, 1, 0)),
        ("Logistic", (0, 1, 0)),
        ("Gumbel", (0, 1, 0)),
        ("Gamma", (1, 1, 1)),
        ("Beta", (HALF, 2, HALF)),
        ("Poisson", (1, 1)),
        ("StudentT", (3, 0, 1, 0)),
        ("VonMises", (0, 1, 0)),
        ("SkewNormal", (0, 1, 0, 0)),
        ("OrderedLogistic", (0, (0, 1), 0)),
        ("NegativeBinomial", (HALF, HALF, 1)),
        ("Zipf", (2, 0, 1)),
        ("Zipf", (HALF, 4, 2)),
        ("Weibull", (HALF, 1, 2)),
    ],
)
def test_irrational_densities_are_refused(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Inexact):
        exact_log_mass(NUMERICS[name].log_density)(*arguments)


def test_every_family_has_an_exact_module_that_can_be_built() -> None:
    for name in NUMERICS:
        module = exact_module(NUMERICS[name].log_density.__module__)
        assert module.NUMERICS.family is FAMILIES[name]
        assert module is not None
        assert exact_module(NUMERICS[name].log_density.__module__) is module


@pytest.mark.parametrize("arguments", [(0.5, True), (HALF, 0.5)])
def test_floats_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Inexact):
        exact(NUMERICS["Binomial"].log_density)(2, *arguments)
    with pytest.raises(Inexact):
        exact(NUMERICS["Categorical"].log_density)((0.5, 0.5), 0)


def test_exact_values_are_log_rats() -> None:
    assert exact(NUMERICS["Bernoulli"].log_density)(THIRD, True) == LogRat(THIRD)
    quantile = NUMERICS["Categorical"].quantile
    assert quantile is not None
    assert exact(quantile)((HALF, THIRD, Fraction(1, 6)), Fraction(5, 6)) == 1
    with pytest.raises(Inexact, match="no exact log mass"):
        exact_log_mass(quantile)((HALF, HALF), HALF)


def test_supports_list_what_has_mass_in_order() -> None:
    def first(name: str, *point: Any) -> list[Any]:
        listed = NUMERICS[name].support_values
        assert listed is not None
        return list(itertools.islice(listed(*point), 5))

    assert first("Bernoulli", 0.5) == [False, True]
    assert first("Bernoulli", 0) == [False]
    assert first("Bernoulli", 1) == [True]
    assert first("Binomial", 2, 0.0) == [0]
    assert first("Binomial", 2, 1.0) == [2]
    assert first("Geometric", 1.0) == [0]
    assert first("Geometric", 0.5) == [0, 1, 2, 3, 4]
    assert first("Poisson", 0.0) == [0]
    assert first("NegativeBinomial", 2.0, 1.0) == [0]
    assert first("Hypergeometric", 10, 8, 5) == [3, 4, 5]
    assert first("Zipf", 2.0, 3) == [1, 2, 3]
    assert first("Categorical", (0.5, 0.0, 0.5)) == [0, 2]
