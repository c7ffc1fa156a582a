"""Expressions in continuous random variables: normal form, functions, ranges, densities of families."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.lang.families import FAMILIES
from pplc.semantics.families import NUMERICS
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.contents import latents_in, numbers_in, replaced
from pplc.semantics.symbolic.densities import CONVERSIONS, LOG_DENSITIES
from pplc.semantics.symbolic.elementary import Constant
from pplc.semantics.symbolic.expression import (
    Applied,
    Base,
    Latent,
    NeedsValue,
    Undecided,
    Unknown,
    expanded,
    latent,
    power,
)
from pplc.semantics.symbolic.ranges import Range, range_of
from pplc.semantics.values import Record


class Positive:
    """A space all of whose variables, and nothing else, are known to be positive."""

    def positive(self, number: Unknown) -> bool:
        low, high = range_of(number, dict.fromkeys(number.latents, Range(0.0, math.inf)))
        if low >= 0 or high <= 0:
            return low >= 0
        raise Undecided(number)

    def formula(self, number: Unknown) -> None:
        return None

    def is_open(self, number: Unknown) -> bool:
        return False


SPACE = Positive()
X, Y = (latent((name,), SPACE) for name in "xy")
AT: Mapping[str, float] = {"x": 0.7, "y": 1.9}


def value(number: Any, at: Mapping[str, float] = AT) -> float:
    """The number where its variables have these values, by a walk that shares nothing with the engine's."""
    if not isinstance(number, Unknown):
        return float(number)
    return math.fsum(
        float(c) * math.prod(_atom(atom, at) ** float(k) for atom, k in monomial)
        for monomial, c in number.terms.items()
    )


def _atom(atom: Latent | Applied | Base, at: Mapping[str, float]) -> float:
    match atom:
        case Latent(address):
            return at[str(address[0])]
        case Base(total):
            return value(total, at)
        case Applied(name, argument):
            known: dict[str, Callable[[float], float]] = {
                "exp": math.exp,
                "log": math.log,
                "lgamma": math.lgamma,
                "rounded": float,
                "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
            }
            return known[name](value(argument, at))


NUMBERS = st.recursive(
    st.sampled_from([X, Y]) | st.fractions(-3, 3, max_denominator=4),
    lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner).map(
        lambda t: {"+": t[1] + t[2], "-": t[1] - t[2], "*": t[1] * t[2]}[t[0]]
    ),
    max_leaves=8,
)


@given(NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_the_values(a: Any, b: Any) -> None:
    assert value(a + b) == pytest.approx(value(a) + value(b), abs=1e-9)
    assert value(a * b) == pytest.approx(value(a) * value(b), abs=1e-9)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_what_is_equal_is_written_alike(a: Any, b: Any, c: Any) -> None:
    assert (a + b) * c == a * c + b * c
    assert a + b - b == a
    assert isinstance(a - a, Fraction)
    assert not isinstance(a - a, Unknown)


@given(NUMBERS, st.integers(0, 4))
def test_powers_of_sums_are_multiplied_out_when_asked(a: Any, n: int) -> None:
    product: Any = Fraction(1)
    for _ in range(n):
        product = product * a
    assert expanded(a**n) == product


def test_one_less_a_share_of_a_sum_is_the_other_share() -> None:
    space = Positive()
    x, y = latent(("x",), space), latent(("y",), space)
    assert elementary.log(1 - y / (x + y)) == elementary.log(x) - elementary.log(x + y)
    assert elementary.log(1 - 2 * y / (x + y)) == Unknown(
        space, {frozenset({(Applied("log", 1 - 2 * y / (x + y)), 1)}): Fraction(1)}
    )


def test_a_quotient_of_products_cancels() -> None:
    assert X * Y / X == Y
    assert X / X == 1
    assert power(X, Fraction(1, 2)) * power(X, Fraction(1, 2)) == X


def test_logarithm_and_exponential_are_inverse() -> None:
    for number in (X, 3 * X**2 * Y, 1 + X, X * (1 + X) ** -2):
        assert value(elementary.exp(elementary.log(number))) == pytest.approx(value(number))
        assert elementary.log(elementary.exp(number)) == number
    density = 2 * elementary.log(X) + 3 * elementary.log(1 + X) - X * Y
    assert elementary.log(elementary.exp(density)) == density


def test_the_logarithm_of_a_product_is_a_sum() -> None:
    assert elementary.log(X * Y) == elementary.log(X) + elementary.log(Y)
    assert elementary.log((1 + X) ** 3) == 3 * elementary.log(1 + X)
    assert elementary.log(2 + 2 * X) - elementary.log(Fraction(2)) == elementary.log(1 + X)


def test_an_exponent_falls_apart_into_a_float_a_rational_and_the_rest() -> None:
    total = elementary.log(3 * X) + elementary.log(Fraction(1, 4)) + 0.5
    assert elementary.constant_and_rest(total) == (
        Constant(Fraction(0), 0.5, Fraction(3, 4)),
        elementary.log(X),
    )


def test_a_float_that_is_kept_apart_takes_no_digits_from_rationals() -> None:
    far = Fraction(10**30 + 1, 3)
    total = X + far + elementary.LOG_2PI / 2
    assert elementary.constant_and_rest(total) == (
        Constant(far, 1.8378770664093453 / 2, Fraction(1)),
        X,
    )
    assert elementary.constant_and_rest(Fraction(2)) == (
        Constant(Fraction(2), 0.0, Fraction(1)),
        Fraction(0),
    )


def test_factorials_and_beta_functions_of_whole_numbers_stay_rational() -> None:
    assert elementary.constant_and_rest(elementary.lgamma(6))[0].ratio == 120
    assert elementary.constant_and_rest(elementary.log_beta(Fraction(1, 2), 3))[0].ratio == Fraction(16, 15)
    assert elementary.lgamma(Fraction(1, 2)) == pytest.approx(math.log(math.pi) / 2)


def test_comparisons_follow_from_ranges_or_are_undecided() -> None:
    assert X > 0
    assert X + Y > 0
    assert not -X > 0
    assert (X - Y) ** 2 >= 0
    with pytest.raises(Undecided):
        _ = X > Y
    with pytest.raises(Undecided):
        _ = X < 1


def test_what_needs_a_value_says_so() -> None:
    for use in (float, int, round, math.floor, lambda x: x // 2, lambda x: 2**x):
        with pytest.raises(NeedsValue, match="E0525"):
            use(X)


@given(NUMBERS, st.floats(0, 3), st.floats(0, 3))
def test_ranges_contain_the_value(number: Any, x: float, y: float) -> None:
    ranges = {Latent(("x",), SPACE): Range(x, x + 1), Latent(("y",), SPACE): Range(y, y + 1)}
    low, high = range_of(number, ranges)
    for share in (0.0, 0.3, 1.0):
        found = value(number, {"x": x + share, "y": y + 1 - share})
        assert low - 1e-9 * (1 + abs(low)) <= found <= high + 1e-9 * (1 + abs(high))


@given(st.floats(-2, 2), st.floats(0, 2))
def test_ranges_of_functions_contain_the_value(low: float, width: float) -> None:
    ranges = {Latent(("x",), SPACE): Range(low, low + width)}
    for number in (elementary.exp(X), elementary.applied("sigmoid", X), X**2, (X - 1) ** 3):
        found = range_of(number, ranges)
        at = value(number, {"x": low + width / 3})
        assert found.lower - 1e-9 <= at <= found.upper + 1e-9


def test_variables_are_found_and_replaced_wherever_they_stand() -> None:
    held = (1, "a", Record(("b", "c"), (X, (Y, 2))), X + 1)
    assert {str(v) for v in latents_in(held)} == {"x", "y"}
    assert numbers_in(held) == {X, Y, X + 1}
    moved = replaced(held, lambda number: Y if number == X else number)
    assert moved == (1, "a", Record(("b", "c"), (Y, (Y, 2))), X + 1)
    assert replaced(held, lambda number: number) is held


# ------------------------------------------------------------------ densities


class Decided:
    """A space in which every variable has a value, which decides comparisons."""

    def __init__(self, at: Mapping[str, float]) -> None:
        self.at = at

    def positive(self, number: Unknown) -> bool:
        return value(number, self.at) > 0

    def formula(self, number: Unknown) -> None:
        return None

    def is_open(self, number: Unknown) -> bool:
        return False


PARAMETERS: Mapping[str, tuple[Any, ...]] = {
    "Bernoulli": (0.3,),
    "Binomial": (5, 0.3),
    "Categorical": ((0.2, 0.5, 0.3),),
    "Geometric": (0.3,),
    "NegativeBinomial": (2.5, 0.3),
    "Poisson": (2.3,),
    "BetaBinomial": (5, 1.5, 2.5),
    "Multinomial": (4, (0.2, 0.5, 0.3)),
    "Normal": (0.4, 1.3),
    "StudentT": (3.5, 0.4, 1.3),
    "Cauchy": (0.4, 1.3),
    "Laplace": (0.4, 1.3),
    "Logistic": (0.4, 1.3),
    "Gumbel": (0.4, 1.3),
    "LogNormal": (0.4, 1.3),
    "HalfNormal": (1.3,),
    "HalfCauchy": (1.3,),
    "HalfStudentT": (3.5, 1.3),
    "Exponential": (1.3,),
    "Gamma": (2.5, 1.3),
    "InverseGamma": (2.5, 1.3),
    "ChiSquared": (3.5,),
    "Weibull": (1.7, 1.3),
    "Pareto": (2.5, 0.3),
    "Beta": (2.5, 1.3),
    "Uniform": (-0.5, 2.5),
    "Kumaraswamy": (2.5, 1.3),
    "Dirichlet": ((1.5, 2.5, 3.5),),
}
VALUES: Mapping[str, tuple[Any, ...]] = {
    "Bernoulli": (True, False),
    "Categorical": (0, 2),
    "Multinomial": ((1, 2, 1), (0, 0, 4)),
    "Dirichlet": ((0.2, 0.5, 0.3),),
}


@pytest.mark.parametrize("name", LOG_DENSITIES)
def test_the_formula_of_a_family_is_its_kernel(name: str) -> None:
    """The parameters as variables, whose values are put in afterwards."""
    numbers = iter("abcdefghijkl")
    at: dict[str, float] = {}
    space = Decided(at)

    def unknown(parameter: Any) -> Any:
        if isinstance(parameter, tuple):
            return tuple(map(unknown, parameter))
        if isinstance(parameter, int):
            return parameter  # what counts is known
        letter = next(numbers)
        at[letter] = parameter
        return latent((letter,), space)

    given_ = tuple(map(unknown, PARAMETERS[name]))
    discrete = FAMILIES[name].discrete
    for x in VALUES.get(name, (0, 2, 4) if discrete else (0.35, 0.8)):
        for signs in (at, {k: v * 1.25 for k, v in at.items()} if name in SCALED else at):
            wanted = NUMERICS[name].log_density(*_values(given_, signs), x)
            number = LOG_DENSITIES[name](*given_, x if discrete else unknown(x))
            assert value(number, {**at, **signs}) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


SCALED = ("Normal", "StudentT", "Gamma", "InverseGamma", "Beta", "Weibull", "Poisson")
"""Families whose parameters may all grow by a quarter."""


def _values(given_: tuple[Any, ...], at: Mapping[str, float]) -> list[Any]:
    return [
        tuple(value(x, at) for x in p) if isinstance(p, tuple) else p if isinstance(p, int) else value(p, at)
        for p in given_
    ]


@pytest.mark.parametrize(("name", "variant"), CONVERSIONS)
def test_other_parameters_are_converted_as_the_kernels_are(name: str, variant: int) -> None:
    from pplc.semantics.laws_family import variant_of

    given_: Mapping[tuple[str, int], tuple[Any, ...]] = {
        ("Bernoulli", 1): (X,),
        ("Binomial", 1): (5, X),
        ("Categorical", 1): ((X, Y, X + Y),),
    }
    symbols = given_.get((name, variant), (X, Y)[: len(FAMILIES[name].alternatives[variant - 1])])
    if (name, variant) == ("Beta", 1):
        symbols = (X, Y)
    numbers = _values(symbols, AT)
    at: Any = {"Bernoulli": True, "Binomial": 2, "Categorical": 1, "NegativeBinomial": 2}.get(name, 0.35)
    kernels = variant_of(name, variant)
    wanted = kernels.numerics.log_density(*kernels.arguments(tuple(numbers)), at)
    found = LOG_DENSITIES[name](*CONVERSIONS[name, variant](*symbols), at)
    assert value(found) == pytest.approx(wanted, rel=1e-12)
