"""Numbers in normal form: what they do beside arithmetic, and the functions that keep their form."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest

from pplc.semantics.evaluate import log_weight
from pplc.semantics.families import NUMERICS
from pplc.semantics.faults import not_always, outside_domain
from pplc.semantics.formula import Open
from pplc.semantics.number import LogRat
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.beyond import Beyond, Hidden
from pplc.semantics.symbolic.contents import latents_in, replaced
from pplc.semantics.symbolic.densities import log_density, mv_normal
from pplc.semantics.symbolic.expression import (
    CONSTANTS,
    Applied,
    Base,
    Latent,
    NeedsValue,
    Unknown,
    added,
    expanded,
    is_positive,
    latent,
    of_atom,
    power,
)
from pplc.semantics.symbolic.ranges import LARGEST, REALS, Range, range_of
from pplc.semantics.symbolic.supports import bounds, outside
from pplc.semantics.values import Fault

HALF = Fraction(1, 2)


@dataclass
class Box:
    """A space that knows where its variables are; some may be parameters left open."""

    ends: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    open: frozenset[str] = frozenset()

    def positive(self, number: Unknown) -> bool:
        ranges = {x: Range(*self.ends[str(x)]) for x in number.latents}
        low, high = range_of(number, ranges)
        assert low >= 0 or high <= 0
        return low >= 0

    def formula(self, number: Unknown) -> None:
        return None

    def is_open(self, number: Unknown) -> bool:
        return {str(x) for x in number.latents} <= self.open


BOX = Box({"x": (0, math.inf), "u": (0, 1), "z": (-math.inf, -1)}, frozenset({"u"}))
X, U, Z = (latent((name,), BOX) for name in "xuz")


def value(number: Any, **at: float) -> float:
    """The number where its variables are at points: the one interval that is left of it."""
    known = {Latent((name,), BOX): Range(x, x) for name, x in at.items()}
    low, high = range_of(number, known)
    assert high - low <= 1e-12 * (1 + abs(low))
    return low


# ------------------------------------------------------------------ numbers


def test_a_number_is_written_as_a_sum_of_products() -> None:
    assert str(2 * X * U**2 - X + 1) == "-1 * x + 1 + 2 * u^2 * x"
    assert str(power(1 + X, -1)) == "(1 + x)^-1"
    assert repr(elementary.log(1 + X)) == "Unknown(log(1 + x))"
    assert str(Latent(("x",), BOX)) == "x"


def test_a_number_is_one_object_that_is_true() -> None:
    assert bool(X)
    assert copy.copy(X) is X is copy.deepcopy(X)
    assert +X is X
    assert X != 1
    assert len({X, X + 0, X + 1}) == 2


def test_zero_and_nothing_are_plain_numbers() -> None:
    assert Fraction(0) == X * 0
    assert Fraction(1) == X**0
    assert added(BOX, []) == Fraction(0)
    assert added(BOX, [(frozenset(), Fraction(2)), (frozenset(), Fraction(-2))]) == Fraction(0)
    assert 1 / X * X == 1
    assert X * Fraction(1, 4) == X / 4


@pytest.mark.parametrize(
    "use",
    [
        lambda: X + "a",
        lambda: X * "a",
        lambda: X / "a",
        lambda: X ** "a",
    ],
)
def test_arithmetic_with_what_is_no_number_is_a_mistake(use: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        use()


def test_sizes_and_orders_follow_from_where_variables_are() -> None:
    assert abs(X) == X
    assert abs(Z) == -Z
    assert Z < X
    assert Z <= X
    assert X > Z
    assert X >= X  # of equal numbers, not of the same variable
    assert not X < X
    assert is_positive(X + math.inf)
    assert not is_positive(Z - math.inf)


def test_parameters_left_open_are_told_from_variables_that_need_a_value() -> None:
    with pytest.raises(Open, match="E0560"):
        int(U)
    for use in (int, lambda x: x.numerator, lambda x: x.denominator, lambda x: 2**x):
        with pytest.raises(NeedsValue, match="E0525"):
            use(X)


def test_roots_need_what_is_positive() -> None:
    assert power(4 * X**2, HALF) == 2 * X
    assert expanded(power(power(1 + X, HALF), 2)) == 1 + X
    with pytest.raises(NeedsValue):
        power(Z - 1, HALF)


def test_a_power_that_no_float_holds_needs_a_value() -> None:
    assert ((X - 1000) ** 301).terms
    with pytest.raises(NeedsValue, match="E0525"):
        power(X - 1e3, 301)


def test_exponentials_that_meet_are_one() -> None:
    assert elementary.exp(X) * elementary.exp(U) == elementary.exp(X + U)
    assert elementary.exp(X) * elementary.exp(-X) == 1
    assert elementary.exp(X) ** 2 == elementary.exp(2 * X)
    assert elementary.exp(X + 1) * elementary.exp(-X) == elementary.exp(1)


def test_constants_have_a_space_of_their_own() -> None:
    three = elementary.log(3)
    assert three.space is CONSTANTS
    assert (three + X).space is BOX
    assert (X + three).space is BOX
    assert three > 1
    assert three < 2
    assert elementary.exp(three * 2) == 9
    assert CONSTANTS.formula(three) is None
    assert not CONSTANTS.is_open(three)


# ------------------------------------------------------------------ functions


def test_logarithms_of_known_numbers() -> None:
    assert elementary.log(0.0) == -math.inf
    assert elementary.log(2.0) == math.log(2)
    assert elementary.log(1) == 0
    assert elementary.log(0) == -math.inf
    assert elementary.log1p(0.5) == math.log1p(0.5)
    assert elementary.log1p(X) == elementary.log(1 + X)


def test_exponentials_of_known_numbers() -> None:
    assert elementary.exp(0) == 1
    assert elementary.exp(math.inf) == math.inf
    assert elementary.exp(-math.inf) == 0
    assert value(elementary.exp(2)) == pytest.approx(math.exp(2))


@pytest.mark.parametrize("name", sorted(elementary.SYMMETRIC))
def test_the_logarithm_of_one_tail_is_that_of_the_other(name: str) -> None:
    tail = elementary.applied(name, X)
    assert elementary.log(1 - elementary.exp(tail)) == elementary.applied(name, -X)


def test_the_logarithm_of_one_less_a_logistic_function_does_not_cancel() -> None:
    number = elementary.log(1 - elementary.applied("sigmoid", X))
    assert value(number, x=40.0) == pytest.approx(-40.0, abs=1e-12)


@pytest.mark.parametrize(
    "number",
    [
        1 - 2 * elementary.applied("sigmoid", X),
        1 - X * elementary.applied("sigmoid", X),
        1 - elementary.applied("sigmoid", X) ** 2,
        1 - elementary.exp(-2 * X),
        1 - elementary.exp(-X * U),
        1 - elementary.exp(-X),
        2 - elementary.applied("sigmoid", X),
    ],
)
def test_other_logarithms_of_differences_stay_as_they_are(number: Any) -> None:
    found = elementary.log(number)
    assert all(str(atom).startswith("log(") for monomial in found.terms for atom, _ in monomial)
    at = {"x": 0.3, "u": 0.4}
    assert expanded(elementary.exp(found)) == number
    low, _ = range_of(number, {Latent((n,), BOX): Range(x, x) for n, x in at.items()})
    if low > 0:
        assert value(found, **at) == pytest.approx(math.log(low))


def test_what_a_product_of_more_than_logarithms_is_the_exponential_of() -> None:
    assert elementary.exp(HALF * elementary.log(X)) == of_atom(Applied("exp", HALF * elementary.log(X)), BOX)
    assert elementary.exp(2 * elementary.log(1 + X) + X) == power(1 + X, 2) * elementary.exp(X)
    assert expanded(elementary.exp(elementary.log(1 + X) + 3)) == (1 + X) * elementary.exp(3)


def test_the_known_part_of_a_number_takes_in_roots_of_rationals() -> None:
    known, rest = elementary.constant_and_rest(X + elementary.log(2) * HALF + 1)
    assert rest == X
    assert known == elementary.Constant(Fraction(1), 0.5 * math.log(2), Fraction(1))
    assert elementary.apart(0.0) == 0
    assert elementary.apart(math.inf) == math.inf


def test_square_roots() -> None:
    assert elementary.sqrt(Fraction(9, 4)) == Fraction(3, 2)
    assert elementary.sqrt(2) == math.sqrt(2)
    assert elementary.sqrt(2.0) == math.sqrt(2)
    assert elementary.sqrt(X) == power(X, HALF)


def test_powers_whose_base_or_exponent_is_unknown() -> None:
    assert elementary.raised(X, 0.5) == power(X, HALF)
    assert elementary.raised(2, X) == elementary.exp(elementary.log(2) * X)
    assert elementary.raised(X, U) == elementary.exp(elementary.log(X) * U)
    with pytest.raises(NeedsValue):
        elementary.raised(-2, X)


def test_gamma_and_beta_functions() -> None:
    assert elementary.log_beta(X, 2) == elementary.lgamma(X) + elementary.lgamma(2) - elementary.lgamma(X + 2)
    assert elementary.log_beta(0.5, 0.25) == pytest.approx(
        math.lgamma(0.5) + math.lgamma(0.25) - math.lgamma(0.75)
    )
    assert elementary.exp(elementary.log_beta(2, 3)) == Fraction(1, 12)
    assert elementary.exp(elementary.log_beta(3, Fraction(1, 2))) == Fraction(16, 15)
    assert elementary.lgamma(5000) == pytest.approx(math.lgamma(5000))


def test_dilogarithms() -> None:
    assert elementary.dilog(0) == 0
    assert value(elementary.dilog(1)) == pytest.approx(math.pi**2 / 6)
    assert elementary.dilog(0.5) == pytest.approx(math.pi**2 / 12 - math.log(2) ** 2 / 2)
    assert value(elementary.dilog(U), u=0.5) == pytest.approx(elementary.dilog(0.5))


def test_functions_of_known_numbers_are_floats() -> None:
    assert elementary.applied("sigmoid", Fraction(0)) == 0.5


# ------------------------------------------------------------------ ranges

RANGES: Mapping[str, tuple[Any, tuple[float, float]]] = {
    "a quotient that may be anything": (power(X - 1, -1), (-math.inf, math.inf)),
    "an even power of what has either sign": ((X - 1) ** 2, (0.0, math.inf)),
    "an even power of what is negative": (Z**2, (1.0, math.inf)),
    "an odd power": (Z**3, (-math.inf, -1.0)),
    "a quotient of what is negative": (1 / Z, (-1.0, 0.0)),
    "a root": (power(X, HALF), (0.0, math.inf)),
    "a large power": ((X + 10) ** 400, (LARGEST, math.inf)),
    "a large odd power of a negative number": ((Z - 1000) ** 301, (-math.inf, -math.inf)),
    "a bounded function": (elementary.applied("sin", X), (-1.0, 1.0)),
    "a function that is not known": (elementary.applied("lgamma", X), (-math.inf, math.inf)),
    "a large exponential": (elementary.exp(X + 800), (math.inf, math.inf)),
    "a logarithm left of where it is": (elementary.log(U) + X, (-math.inf, math.inf)),
    "a difference": (X - U, (-1.0, math.inf)),
}


@pytest.mark.parametrize("what", RANGES)
def test_the_range_of(what: str) -> None:
    number, expected = RANGES[what]
    assert range_of(number, {Latent((n,), BOX): Range(*ends) for n, ends in BOX.ends.items()}) == expected


def test_nothing_is_known_of_other_variables() -> None:
    assert range_of(X, {}) == REALS
    assert range_of(elementary.applied("sigmoid", X), {}) == (0.0, 1.0)
    assert range_of(elementary.log(X), {}).lower == -math.inf


# ------------------------------------------------------------------ densities


@pytest.mark.parametrize("size", [1, 3])
def test_the_density_of_a_normal_vector_is_its_kernel(size: int) -> None:
    cov = tuple(tuple(Fraction(2 if i == j else 1) for j in range(size)) for i in range(size))
    mean, x = tuple(map(Fraction, range(size))), tuple(Fraction(1, k + 2) for k in range(size))
    places = tuple(latent((f"v{k}",), Box()) for k in range(size))
    found = mv_normal(mean, cov, "cov", places)
    at = {
        y: Range(float(v), float(v)) for y, v in zip((next(iter(p.latents)) for p in places), x, strict=True)
    }
    wanted = NUMERICS["MvNormal"].log_density(mean, cov, x)
    assert range_of(found, at).lower == pytest.approx(wanted, rel=1e-12)


def test_variants_of_families_have_the_density_of_their_main_list() -> None:
    by_mean = log_density("Beta", 1)
    main = log_density("Beta", 0)
    assert by_mean is not None
    assert main is not None
    assert by_mean(U, 4, HALF) == main(4 * U, 4 - 4 * U, HALF)
    variance = log_density("Normal", 1)
    assert variance is not None
    assert value(variance(0, X, 1), x=4.0) == pytest.approx(-1 / 8 - math.log(2) - math.log(2 * math.pi) / 2)
    assert log_density("VonMises", 0) is None


def test_values_outside_of_a_support() -> None:
    assert bounds("Uniform", (X, X + 2)) == (X, X + 2)
    assert bounds("Categorical", ((U, 1 - U),)) == (0, 1)
    assert outside("Exponential", (X,), -1)
    assert not outside("Exponential", (X,), 1)
    assert outside("Binomial", (3, U), 4)
    assert outside("Multinomial", (3, (U, 1 - U)), (1, 1))
    assert outside("Multinomial", (0, (U, 1 - U)), (1, -1))
    assert not outside("Multinomial", (3, (U, 1 - U)), (1, 2))
    assert not outside("MvNormal", ((X,), ((1,),)), (0.5,))


# ------------------------------------------------------------------ weights, messages, contents


def test_weights_that_depend_on_variables() -> None:
    assert log_weight("factor", X, exact=True) == LogRat(elementary.exp(X))
    assert log_weight("weight", X, exact=True) == LogRat(X)
    assert log_weight("observe_soft", U, exact=True) == LogRat(U)
    with pytest.raises(Fault, match="`weight` needs a number that is not negative, which could not"):
        log_weight("weight", Z, exact=True)
    with pytest.raises(Fault, match="`observe_soft` needs a truth value between 0 and 1, which could not"):
        log_weight("observe_soft", Z, exact=True)


def test_messages_about_what_was_not_shown() -> None:
    assert "which could not be shown of `x`" in str(outside_domain("Normal", "sd", X, "positive"))
    assert "must be positive, but it is -1" in str(outside_domain("Normal", "sd", -1, "positive"))
    assert "could not be shown of `x`" in str(not_always("log", X, "a positive number"))


def test_variables_are_found_in_the_keys_and_values_of_mappings() -> None:
    held = {X: (1, U), 3: Z}
    assert {str(v) for v in latents_in(held)} == {"x", "u", "z"}
    assert replaced(held, lambda n: n + 1) == {X + 1: (1, U + 1), 3: Z + 1}
    assert replaced(held, lambda n: n) is held
    thing = object()
    assert not latents_in(thing)
    assert replaced(thing, lambda n: n + 1) is thing
    assert Base(1 + X).hashed != Base(2 + X).hashed


def test_a_number_of_which_a_lower_bound_is_known() -> None:
    number = Beyond(3)
    assert number > 3
    assert number >= 4
    assert not number < 4
    assert not number <= 3
    assert number != 3
    assert number != 2.5
    assert repr(number) == "Beyond(3)"
    asked: list[Callable[[], Any]] = [
        lambda: number > 4,
        lambda: number == 7,
        lambda: number < Beyond(2),
        lambda: number + 1,
        lambda: number.numerator,
        lambda: number.denominator,
        lambda: number == "a",
    ]
    for ask in asked:
        with pytest.raises(Hidden):
            ask()
    assert len({number, 3}) == 2
