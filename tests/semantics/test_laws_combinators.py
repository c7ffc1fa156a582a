"""Combinators of laws: the right mass in the tails, atoms beside densities, exact where rational."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from pplc.lang import core
from pplc.lang.typesys import Array, Bool, Int, Matrix, Real, Size, Tuple, Type, Vector
from pplc.lang.typesys import Record as RecordType
from pplc.semantics.laws import LawValue, make_law, make_user_law
from pplc.semantics.laws_density import belongs, dimension_of
from pplc.semantics.laws_scalar import least
from pplc.semantics.number import LogRat
from pplc.semantics.source import Seeded
from pplc.semantics.values import Fault, FunctionValue, Record, Value
from tests.support.statistics import FALSE_ALARM

F = Fraction


def _never(*_: object) -> Value:
    raise AssertionError("no function is called")


def law(
    family: str,
    *arguments: Value | None,
    exact: bool = False,
    call: Callable[[FunctionValue, tuple[Value, ...]], Value] = _never,
) -> LawValue:
    return make_law(family, arguments, 0, exact=exact, call=call)


def weighed(one: LawValue, value: Value) -> Any:
    """Log density and dimension at a value."""
    return one.log_density_and_dimension(value)


def fails(code: str, act: Callable[[], object]) -> str:
    with pytest.raises(Fault) as caught:
        act()
    assert caught.value.code == code
    return caught.value.message


def table(of: LawValue) -> dict[Value, Any]:
    masses = of.masses()
    assert masses is not None
    return {value: w.value if isinstance(w, LogRat) else math.exp(w) for value, w in masses}


def normal(mean: float = 0.0, sd: float = 1.0) -> LawValue:
    return law("Normal", mean, sd)


def total_mass(one: LawValue, low: float, high: float) -> float:
    """The integral of the density and the masses of the atoms."""

    def density(x: float) -> float:
        weight, dimension = weighed(one, x)
        return math.exp(weight) if dimension else 0.0

    continuous: float = integrate.quad(density, low, high, limit=200)[0]
    return continuous + math.fsum(math.exp(w) for _, w in one.atoms())


def numbers(one: LawValue, source: Seeded, draws: int) -> Any:
    """Draws as an array."""
    return np.array([one.draw(source) for _ in range(draws)], dtype=float)


def assert_draws_follow(one: LawValue, draws: int = 2000) -> None:
    """Draws have the law's cdf: Dvoretzky, Kiefer & Wolfowitz, with Massart's constant (1990)."""
    source = Seeded(8)
    drawn = np.sort(numbers(one, source, draws))
    tolerance = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * draws))
    for x in drawn[:: draws // 40]:
        below = np.searchsorted(drawn, x, side="right") / draws
        assert abs(below - float(one.cdf(x))) <= tolerance


# ------------------------------------------------------------------ Truncated


@pytest.mark.parametrize(
    ("low", "high"),
    [(None, 1.0), (-1.0, None), (-1.0, 2.5), (8.0, None), (8.0, 9.0), (None, -30.0), (30.0, 31.0)],
)
def test_truncated_normals_are_right_far_into_the_tails(low: float | None, high: float | None) -> None:
    one = law("Truncated", normal(), low, high)
    a, b = -math.inf if low is None else low, math.inf if high is None else high
    theirs = stats.truncnorm(a, b)
    start = a if a > -math.inf else b - 1
    for x in (start + 0.1, start + 0.5, start + 0.9):
        assert one.log_density(x) == pytest.approx(theirs.logpdf(x), rel=1e-9)
        assert one.log_cdf(x) == pytest.approx(theirs.logcdf(x), rel=1e-7, abs=1e-12)
        assert one.log_ccdf(x) == pytest.approx(theirs.logsf(x), rel=1e-7, abs=1e-12)
    assert one.log_density(start - 100 if low is not None else start + 100) == -math.inf
    assert one.quantile(0.3) == pytest.approx(theirs.ppf(0.3), rel=1e-6)
    assert one.quantile(0.9) == pytest.approx(theirs.ppf(0.9), rel=1e-6)
    assert_draws_follow(one, 400)
    source = Seeded(2)
    drawn = numbers(one, source, 50)
    assert ((a <= drawn) & (drawn <= b)).all()


def test_truncated_normals_integrate_to_one() -> None:
    assert total_mass(law("Truncated", normal(), -1.0, 2.0), -1, 2) == pytest.approx(1, abs=1e-9)
    assert law("Truncated", normal(), 0.0).describe() == "`Truncated(Normal(0.0, 1.0), lower = 0.0)`"


def test_bounds_belong_to_the_truncated_law() -> None:
    one = law("Truncated", law("UniformInt", 0, 9), 3, 5, exact=True)
    exact = law("Truncated", law("UniformInt", 0, 9, exact=True), F(5, 2), 5, exact=True)
    assert table(exact) == {3: F(1, 3), 4: F(1, 3), 5: F(1, 3)}
    assert table(one) == pytest.approx({3: 1 / 3, 4: 1 / 3, 5: 1 / 3})
    assert exact.mean() == 4
    assert exact.variance() == F(2, 3)
    assert exact.entropy() == pytest.approx(math.log(3))
    assert exact.cdf(3) == F(1, 3)
    assert exact.cdf(2) == 0
    assert exact.quantile(F(1, 2)) == 4
    assert list(exact.support() or ()) == [3, 4, 5]
    assert exact.draw(Seeded(1)) in {3, 4, 5}


def test_truncation_of_an_endless_discrete_law() -> None:
    poisson, theirs = law("Poisson", 3.0), stats.poisson(3)
    above = law("Truncated", poisson, 2)
    assert above.masses() is None
    assert above.log_density(4) == pytest.approx(theirs.logpmf(4) - theirs.logsf(1), rel=1e-12)
    assert above.log_density(1) == -math.inf
    support = above.support()
    assert support is not None
    assert [next(support) for _ in range(3)] == [2, 3, 4]
    assert above.quantile(0.5) == next(
        k for k in range(20) if (theirs.cdf(k) - theirs.cdf(1)) / theirs.sf(1) >= 0.5
    )
    assert_draws_follow(above)
    below = law("Truncated", poisson, None, 4)
    assert table(below) == pytest.approx({k: theirs.pmf(k) / theirs.cdf(4) for k in range(5)})
    assert list(below.support() or ()) == [0, 1, 2, 3, 4]
    geometric = law("Truncated", law("Geometric", F(1, 3), exact=True), 2, exact=True)
    assert geometric.log_density(2) == LogRat(F(1, 3))
    far = law("Truncated", poisson, 40)
    source = Seeded(3)
    assert (numbers(far, source, 20) >= 40).all()


def test_truncation_is_exact_where_the_cdf_is_rational() -> None:
    one = law("Truncated", law("Uniform", 0, 4, exact=True), 1, 2, exact=True)
    assert weighed(one, F(3, 2)) == (LogRat(F(1)), 1)
    assert one.cdf(F(3, 2)) == F(1, 2)
    half_way = law("Truncated", law("Exponential", F(1), exact=True), None, 2, exact=True)
    assert half_way.log_density(F(1)) == pytest.approx(-1 - math.log(-math.expm1(-2)))


def test_arrays_truncate_element_by_element() -> None:
    one = law("Truncated", law("Normal", (0.0, 1.0), 1.0), (0.0, -1.0))
    assert one.shape == (2,)
    assert one.log_density((0.5, 0.0)) == pytest.approx(
        stats.truncnorm(0, math.inf).logpdf(0.5) + stats.truncnorm(-2, math.inf).logpdf(-1)
    )
    assert law("Truncated", normal(), None, (0.0, 1.0)).shape == (2,)


def test_truncation_that_leaves_nothing_is_a_fault() -> None:
    assert "no probability" in fails("E0431", lambda: law("Truncated", law("Uniform", 0.0, 1.0), 2.0))
    assert "`lower` must be less" in fails("E0401", lambda: law("Truncated", normal(), 2.0, 1.0))
    fails("E0429", lambda: law("Truncated", law("MvNormal", (0.0,), ((1.0,),)), 0.0))
    fails("E0429", lambda: law("Truncated", 3, 0.0))
    fails("E0429", lambda: law("Truncated", normal(), "a"))
    fails("E0511", lambda: law("Truncated", normal(), 0.0).mean())
    fails("E0511", lambda: law("Truncated", normal(), 0.0).variance())
    fails("E0511", lambda: law("Truncated", normal(), 0.0).entropy())


class _Fixed:
    """A source whose numbers are given."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = list(numbers)

    def choose(self, weights: Any) -> int:
        raise AssertionError("nothing to choose")

    def uniform(self) -> float:
        return self.numbers.pop(0)


def test_draws_do_not_leave_the_bounds_by_rounding() -> None:
    almost = 1 - 2**-53
    assert law("Truncated", normal(), 0.1, 0.2).draw(_Fixed(almost)) == 0.2
    assert law("Truncated", normal(), 0.1, 0.3).draw(_Fixed(1e-300)) >= 0.1  # type: ignore[operator]
    assert law("Truncated", law("Exponential", 1.0), 0.5).draw(_Fixed(almost)) < math.inf  # type: ignore[operator]
    counts = law("Truncated", law("Poisson", 1e6), 1e6 - 500_000, 1e6 + 0.5)
    assert counts.draw(_Fixed(almost)) <= 1e6 + 0.5  # type: ignore[operator]
    assert isinstance(counts.draw(_Fixed(1e-300)), int)


def test_truncated_mixtures_and_atoms_of_discrete_ones() -> None:
    exact = law("Truncated", law("UniformInt", 0, 9, exact=True), 3, 5, exact=True)
    assert list(exact.atoms()) == list(exact.masses() or ())
    assert law("Truncated", law("Exponential", 1.0), 1.0).log_density(0.5) == -math.inf
    assert law("Truncated", law("Exponential", 1.0), None, 1.0).log_density(-0.5) == -math.inf
    assert law("Truncated", law("Exponential", 1.0), 1.0).support() is None
    assert law("Truncated", law("Poisson", 2.0), None, 1e9).masses() is None
    fails("E0429", lambda: law("Truncated", law("Uniform", ("a", "b")), 1))


def test_infinite_bounds_are_none() -> None:
    assert law("Truncated", normal(), -math.inf, 1.0) == law("Truncated", normal(), None, 1.0)
    assert law("Truncated", normal(), None, math.inf).log_density(0.0) == normal().log_density(0.0)


# ------------------------------------------------------------------ Censored


def test_what_lies_beyond_a_bound_is_an_atom_there() -> None:
    one = law("Censored", normal(), -1.0, 2.0)
    assert weighed(one, -1.0) == (pytest.approx(stats.norm.logcdf(-1)), 0)
    assert weighed(one, 2.0) == (pytest.approx(stats.norm.logsf(2)), 0)
    assert weighed(one, 0.5) == (pytest.approx(stats.norm.logpdf(0.5)), 1)
    assert one.log_density(-1.5) == one.log_density(2.5) == -math.inf
    assert total_mass(one, -1, 2) == pytest.approx(1, abs=1e-9)
    assert [one.cdf(x) for x in (-2, 3)] == [0, 1]
    assert one.cdf(0.5) == pytest.approx(stats.norm.cdf(0.5))
    assert (one.log_cdf(-2), one.log_cdf(2)) == (-math.inf, 0)
    assert one.log_cdf(0) == one.log_ccdf(0) == pytest.approx(math.log(0.5))
    assert (one.log_ccdf(-2), one.log_ccdf(2)) == (0, -math.inf)
    assert [one.quantile(p) for p in (0.001, 0.5, 0.999)] == pytest.approx([-1, 0, 2])
    assert_draws_follow(one)
    assert not one.discrete
    assert one.describe() == "`Censored(Normal(0.0, 1.0), lower = -1.0, upper = 2.0)`"


def test_censored_counts_are_counts() -> None:
    exact = law("Censored", law("UniformInt", 0, 9, exact=True), 2, 7, exact=True)
    assert table(exact) == {2: F(3, 10), 3: F(1, 10), 4: F(1, 10), 5: F(1, 10), 6: F(1, 10), 7: F(3, 10)}
    assert exact.mean() == F(45, 10)
    assert exact.variance() == F(17, 4)
    assert exact.entropy() > 0
    poisson = law("Censored", law("Poisson", 3.0), None, 4)
    assert table(poisson) == pytest.approx(
        {**{k: stats.poisson(3).pmf(k) for k in range(4)}, 4: stats.poisson(3).sf(3)}
    )
    assert law("Censored", law("Poisson", 3.0), 1).masses() is None
    fails("E0511", lambda: law("Censored", normal(), 0.0).mean())
    assert list(exact.atoms()) == list(exact.masses() or ())


def test_censoring_a_law_with_atoms_keeps_them() -> None:
    inside = law("Mixture", (0.5, 0.5), (law("Delta", 1.0), normal()))
    one = law("Censored", inside, None, 2.0)
    assert {x: math.exp(w) for x, w in one.atoms()} == pytest.approx({1.0: 0.5, 2.0: 0.5 * stats.norm.sf(2)})
    at_the_bound = law("Censored", inside, None, 1.0)
    assert math.exp(at_the_bound.log_density(1.0)) == pytest.approx(0.5 + 0.5 * stats.norm.sf(1))
    cut = law("Truncated", inside, 1.0, 3.0)
    mass = 0.5 + 0.5 * (stats.norm.cdf(3) - stats.norm.cdf(1))
    assert weighed(cut, 1.0) == (pytest.approx(math.log(0.5 / mass)), 0)
    assert total_mass(cut, 1, 3) == pytest.approx(1, abs=1e-9)
    assert_draws_follow(cut, 400)


# ------------------------------------------------------------------ Mixture, ZeroInflated


def test_the_lowest_dimension_wins() -> None:
    usa = law(
        "Mixture",
        (F(99, 100), F(1, 100)),
        (law("Uniform", 0, 4, exact=True), law("Delta", 4, exact=True)),
        exact=True,
    )
    india = law(
        "Mixture",
        (F(99, 100), F(1, 100)),
        (law("Uniform", 0, 10, exact=True), law("Delta", 10, exact=True)),
        exact=True,
    )
    assert weighed(usa, 4) == (LogRat(F(1, 100)), 0)
    assert weighed(india, 4) == (LogRat(F(99, 1000)), 1)
    assert weighed(usa, F(3)) == (LogRat(F(99, 400)), 1)
    assert weighed(usa, 5) == (LogRat(F(0)), 1)
    assert usa.cdf(3) - usa.cdf(2) == F(99, 400)
    assert list(usa.atoms()) == [(4, LogRat(F(1, 100)))]
    assert usa.mean() == F(99, 100) * 2 + F(4, 100)
    assert usa.masses() is None
    assert usa.support() is None


def test_mixtures_of_normals() -> None:
    one = law("Mixture", (0.3, 0.7), (normal(-1.0), normal(2.0)))
    assert one.log_density(0.5) == pytest.approx(stats.norm.logpdf(1.5))
    assert one.cdf(0.5) == pytest.approx(0.3 * stats.norm.cdf(1.5) + 0.7 * stats.norm.cdf(-1.5))
    assert one.log_ccdf(30.0) == pytest.approx(math.log(0.7) + stats.norm.logsf(28), rel=1e-9)
    assert one.mean() == pytest.approx(1.1)
    assert one.variance() == pytest.approx(1 + 0.3 * 2.1**2 + 0.7 * 0.9**2)
    assert one.cdf(float(one.quantile(0.2))) == pytest.approx(0.2, rel=1e-12)  # type: ignore[arg-type]
    assert total_mass(one, -10, 10) == pytest.approx(1, abs=1e-9)
    assert_draws_follow(one)
    assert one.describe() == "`Mixture([0.3, 0.7], …)`"
    fails("E0511", one.entropy)


def test_mixtures_of_discrete_laws_add_their_masses() -> None:
    parts = (law("Bernoulli", F(1, 2), exact=True), law("Delta", True, exact=True))
    one = law("Mixture", (F(1, 4), F(3, 4)), parts, exact=True)
    assert table(one) == {False: F(1, 8), True: F(7, 8)}
    assert one.discrete
    assert list(one.support() or ()) == [False, True]
    endless = law("Mixture", (0.5, 0.5), (law("Poisson", 1.0), law("UniformInt", 1, 3)))
    support = endless.support()
    assert support is not None
    assert [next(support) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert endless.quantile(0.5) == 1
    cut = law("Truncated", endless, None, 1)
    assert table(cut) == pytest.approx(
        {0: math.exp(-1) / (2 * math.exp(-1) + 1 / 3), 1: 1 - math.exp(-1) / (2 * math.exp(-1) + 1 / 3)}
    )


def test_mixtures_of_vectors_are_of_whole_vectors() -> None:
    one = law("Mixture", (0.5, 0.5), (law("Normal", (0.0, 0.0), 1.0), law("Normal", (5.0, 5.0), 1.0)))
    assert one.rank == 1
    assert one.mean() == (2.5, 2.5)
    first, second = stats.norm.logpdf([0, 1]).sum(), stats.norm(5).logpdf([0, 1]).sum()
    assert one.log_density((0.0, 1.0)) == pytest.approx(np.logaddexp(first, second) - math.log(2))
    fails("E0511", lambda: one.quantile(0.5))


def test_components_of_weight_zero_drop_out() -> None:
    one = law("Mixture", (1.0, 0.0), (normal(), law("Delta", 0.0)))
    assert weighed(one, 0.0) == (pytest.approx(stats.norm.logpdf(0)), 1)


def test_mixtures_are_checked() -> None:
    assert "sum to 1" in fails("E0401", lambda: law("Mixture", (0.5, 0.6), (normal(), normal())))
    assert "of length 2" in fails("E0401", lambda: law("Mixture", (0.5, 0.25, 0.25), (normal(), normal())))
    fails("E0429", lambda: law("Mixture", (0.5, 0.5), (1, 2)))
    fails("E0401", lambda: law("ZeroInflated", 1.5, normal()))


def test_zero_inflation_adds_mass_at_zero() -> None:
    counts = law("ZeroInflated", 0.25, law("Poisson", 2.0))
    assert counts.log_density(0) == pytest.approx(math.log(0.25 + 0.75 * math.exp(-2)))
    assert counts.log_density(3) == pytest.approx(math.log(0.75) + stats.poisson(2).logpmf(3))
    assert counts.mean() == pytest.approx(1.5)
    amounts = law("ZeroInflated", 0.25, law("Exponential", 1.0))
    assert weighed(amounts, 0.0) == (math.log(0.25), 0)
    assert weighed(amounts, 1.0) == (pytest.approx(math.log(0.75) - 1), 1)
    assert total_mass(amounts, 0, 50) == pytest.approx(1, abs=1e-8)
    several = law("ZeroInflated", (0.1, 0.2), law("Poisson", (1.0, 2.0)))
    assert several.shape == (2,)
    assert table(law("ZeroInflated", F(1, 2), law("UniformInt", 0, 1, exact=True), exact=True)) == {
        0: F(3, 4),
        1: F(1, 4),
    }
    assert counts.describe() == "`ZeroInflated(0.25, Poisson(2.0))`"


# ------------------------------------------------------------------ iid, Ordered


def test_independent_draws() -> None:
    one = law("iid", normal(), 3)
    assert one.shape == (3,)
    assert one.log_density((0.0, 1.0, 2.0)) == pytest.approx(stats.norm.logpdf([0, 1, 2]).sum())
    exact = law("iid", law("Bernoulli", F(1, 3), exact=True), 2, exact=True)
    assert sum(table(exact).values()) == 1
    fails("E0429", lambda: law("iid", normal(), -1))


def test_ordered_draws_are_renormalised() -> None:
    one = law("Ordered", normal(), 3)
    assert weighed(one, (-1.0, 0.0, 2.0)) == (
        pytest.approx(math.log(6) + stats.norm.logpdf([-1, 0, 2]).sum()),
        3,
    )
    assert one.log_density((0.0, -1.0, 2.0)) == one.log_density((0.0, 0.0, 2.0)) == -math.inf
    drawn = one.draw(Seeded(1))
    assert isinstance(drawn, tuple)
    assert list(drawn) == sorted(drawn)  # type: ignore[type-var]
    assert one.rank == 1
    assert one.describe() == "`Ordered(Normal(0.0, 1.0), 3)`"
    exact = law("Ordered", law("Uniform", 0, 2, exact=True), 2, exact=True)
    assert exact.log_density((F(1, 2), F(1))) == LogRat(F(1, 2))
    assert law("Ordered", normal(), 0).log_density(()) == 0


def test_the_least_and_largest_of_ordered_draws_have_their_laws() -> None:
    one, source, draws = law("Ordered", law("Uniform", 0.0, 1.0), 3), Seeded(5), 2000
    drawn = numbers(one, source, draws)
    tolerance = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * draws))
    assert abs(drawn[:, 0].mean() - 1 / 4) <= tolerance
    assert abs(drawn[:, 2].mean() - 3 / 4) <= tolerance


def test_ordered_draws_of_a_finite_law_differ() -> None:
    one = law("Ordered", law("Empirical", (1, 2, 3), (F(1, 2), F(1, 3), F(1, 6)), exact=True), 2, exact=True)
    masses = table(one)
    assert masses == {(1, 2): F(6, 11), (1, 3): F(3, 11), (2, 3): F(2, 11)}
    assert one.draw(Seeded(1)) in masses
    assert one.discrete
    floats = law("Ordered", law("UniformInt", 1, 3), 2)
    assert table(floats) == pytest.approx({(1, 2): 1 / 3, (1, 3): 1 / 3, (2, 3): 1 / 3})
    fails("E0431", lambda: law("Ordered", law("Bernoulli", 0.5), 3))
    fails("E0429", lambda: law("Ordered", law("Poisson", 1.0), 2))
    fails("E0429", lambda: law("Ordered", law("Censored", normal(), 0.0), 2))
    fails("E0429", lambda: law("Ordered", normal(), -2))
    fails("E0429", lambda: one.log_density((1, 2, 3)))
    fails("E0521", lambda: law("Ordered", law("UniformInt", 0, 99), 10).masses())
    fails("E0432", lambda: law("Ordered", law("Empirical", (0, 1), (1e-30, 1.0)), 2).draw(Seeded(0)))


# ------------------------------------------------------------------ Flat and users' densities


def test_flat_has_density_one_and_no_sampler() -> None:
    assert law("Flat").log_density_and_dimension(1e300) == (0, 1)
    assert law("Flat", 0, exact=True).log_density(F(1)) == LogRat(F(1))
    assert law("Flat", 0.0, 1.0).log_density(2.0) == -math.inf
    assert law("Flat", (0.0, 1.0)).shape == (2,)
    assert law("Flat", 0.0).describe() == "`Flat(lower = 0.0)`"
    assert law("Flat").masses() is None
    fails("E0522", lambda: law("Flat").draw(Seeded(1)))
    fails("E0401", lambda: law("Flat", 2.0, 1.0))


def _user_law(support: Type, log_density: Callable[[Value], Value]) -> LawValue:
    function = core.Function("Mine", "fn", ("scale",), (), ())
    point = FunctionValue(core.Function("Mine#at", "fn", ("x",), (), ()))

    def call(called: FunctionValue, arguments: tuple[Value, ...]) -> Value:
        return point if called.function is function else log_density(arguments[0])

    density = core.UserDensity("Mine", ("scale",), "Mine", support)
    return make_user_law(density, FunctionValue(function), [2.0], call)


def test_a_users_density_is_zero_off_its_support() -> None:
    one = _user_law(Real("positive"), lambda x: F(-3, 2))
    assert weighed(one, 1.0) == (-1.5, 1)
    assert weighed(one, -1.0) == (-math.inf, 1)
    assert one.describe() == "`Mine(2.0)`"
    assert not one.discrete
    assert one == _user_law(Real("positive"), lambda x: 0.0)
    fails("E0522", lambda: one.draw(Seeded(1)))
    fails("E0429", lambda: _user_law(Real(), lambda x: True).log_density(1.0))
    function = FunctionValue(core.Function("Mine", "fn", (), (), ()))
    density = core.UserDensity("Mine", (), "Mine", Real())
    fails("E0429", lambda: make_user_law(density, function, [], lambda f, a: 3))
    counts = _user_law(Int(), lambda x: 0.0)
    assert counts.discrete
    vector = _user_law(Vector("simplex", Size("K")), lambda x: 0.0)
    assert vector.rank == 1
    assert weighed(vector, (0.25, 0.75)) == (0, 1)


TWO = Size("", 2)


@pytest.mark.parametrize(
    ("support", "inside", "outside", "dimension"),
    [
        (Real(), 1.0, math.inf, 1),
        (Real("unit"), F(1, 2), 1.5, 1),
        (Int(), 3, None, 0),
        (Bool(), True, None, 0),
        (Vector("simplex", TWO), (0.25, 0.75), (0.5, 0.6), 1),
        (Vector("ordered", TWO), (0.25, 0.75), (0.5, 0.5), 2),
        (Vector("unit_vector", TWO), (0.6, 0.8), (0.6, 0.6), 1),
        (Matrix("cov", TWO), ((2.0, 0.0), (0.0, 1.0)), ((1.0, 2.0), (2.0, 1.0)), 3),
        (Matrix("corr", TWO), ((1.0, 0.5), (0.5, 1.0)), ((2.0, 0.5), (0.5, 1.0)), 1),
        (Matrix("chol", TWO), ((2.0, 0.0), (0.5, 1.0)), ((2.0, 0.5), (0.5, 1.0)), 3),
        (Array(Real("positive"), (TWO, TWO)), ((1.0, 2.0), (3.0, 4.0)), ((1.0, 2.0), (3.0, -4.0)), 4),
        (Tuple((Real(), Real("positive"))), (-1.0, 1.0), (1.0, -1.0), 2),
        (RecordType((("a", Real()), ("b", Int()))), Record(("a", "b"), (1.0, 2)), 3, 1),
    ],
)
def test_supports_of_users_densities(
    support: Type, inside: Value, outside: Value | None, dimension: int
) -> None:
    assert belongs(inside, support)
    assert outside is None or not belongs(outside, support)
    assert dimension_of(support, inside) == dimension
    assert (dimension_of(support, None) == 0) == (dimension == 0)
    assert _user_law(support, lambda x: 0.0).log_density_and_dimension(inside) == (0, dimension)


# ------------------------------------------------------------------ inversion


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_bisection_over_all_floats_finds_each_of_them(x: float) -> None:
    assert least(lambda y: y >= x) == x


def test_a_condition_that_never_holds_has_no_least_float() -> None:
    assert least(lambda _: False) == math.inf
