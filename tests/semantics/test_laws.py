"""Laws of families: exact where rational, lifted over arrays, loud about parameters outside their domains."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pplc.lang.families import FAMILIES
from pplc.semantics.families import NUMERICS
from pplc.semantics.growing import Growing
from pplc.semantics.laws import Finite, LawValue, Lifted, finite_law, fitted, make_law
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.primitives import PRIMITIVES
from pplc.semantics.source import Seeded, law_of
from pplc.semantics.values import MISSING, Fault, Tagged, Value

F = Fraction
ROOT2 = math.sqrt(2)


def _never(*_: object) -> Value:
    raise AssertionError("no function is called")


def law(family: str, *arguments: Value | None, alternative: int = 0, exact: bool = False) -> LawValue:
    return make_law(family, arguments, alternative, exact=exact, call=_never)


def weighed(one: LawValue, value: Value) -> Any:
    """Log density and dimension at a value."""
    return one.log_density_and_dimension(value)


def fails(code: str, family: str, *arguments: Value, alternative: int = 0, exact: bool = False) -> str:
    with pytest.raises(Fault) as caught:
        law(family, *arguments, alternative=alternative, exact=exact)
    assert caught.value.code == code
    return caught.value.message


def table(of: LawValue) -> dict[Value, Any]:
    """The masses of a law; exact ones as Fractions."""
    masses = of.masses()
    assert masses is not None
    return {value: w.value if isinstance(w, LogRat) else math.exp(w) for value, w in masses}


def log(weight: LogWeight) -> float:
    return float(weight)


# ------------------------------------------------------------------ single laws

SOME: dict[str, tuple[Value, ...]] = {
    "Bernoulli": (F(1, 3),),
    "Binomial": (4, F(1, 3)),
    "Categorical": ((F(1, 2), F(1, 3), F(1, 6)),),
    "Geometric": (F(1, 3),),
    "NegativeBinomial": (F(3), F(1, 3)),
    "Poisson": (F(5, 2),),
    "UniformInt": (-2, 3),
    "Hypergeometric": (10, 4, 3),
    "BetaBinomial": (4, F(2), F(3)),
    "OrderedLogistic": (F(1, 2), (F(-1), F(1))),
    "Zipf": (F(2), 5),
    "Multinomial": (3, (F(1, 2), F(1, 2))),
    "Normal": (F(1), F(2)),
    "StudentT": (F(5), F(1), F(2)),
    "Cauchy": (F(0), F(1)),
    "Laplace": (F(0), F(1)),
    "Logistic": (F(0), F(1)),
    "Gumbel": (F(0), F(1)),
    "LogNormal": (F(0), F(1)),
    "HalfNormal": (F(1),),
    "HalfCauchy": (F(5),),
    "HalfStudentT": (F(4), F(1)),
    "Exponential": (F(2),),
    "Gamma": (F(2), F(3)),
    "InverseGamma": (F(4), F(3)),
    "ChiSquared": (F(4),),
    "Weibull": (F(2), F(3)),
    "Pareto": (F(4), F(1)),
    "Beta": (F(2), F(3)),
    "Uniform": (F(1), F(3)),
    "Kumaraswamy": (F(2), F(3)),
    "VonMises": (F(0), F(1)),
    "SkewNormal": (F(0), F(1), F(2)),
    "Dirichlet": ((F(1), F(2)),),
    "MvNormal": ((F(0), F(1)), ((F(2), F(1)), (F(1), F(3)))),
    "MvStudentT": (F(5), (F(0), F(1)), ((F(2), F(1)), (F(1), F(3)))),
    "Wishart": (F(5), ((F(2), F(1)), (F(1), F(3)))),
    "InverseWishart": (F(5), ((F(2), F(1)), (F(1), F(3)))),
    "LKJ": (2, F(2)),
    "LKJCholesky": (2, F(2)),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_draws_values_of_its_support_and_weighs_them(name: str) -> None:
    family, one = FAMILIES[name], law(name, *SOME[name])
    exact = law(name, *SOME[name], exact=True)
    assert one.discrete == exact.discrete == family.discrete
    assert one.rank == family.event_rank
    assert one.describe().startswith(f"`{name}(")
    source = Seeded(4)
    for _ in range(5):
        value = one.draw(source)
        weight, dimension = weighed(one, value)
        assert log(weight) > -math.inf
        assert (dimension == 0) == (family.discrete or name == "nothing")
        assert log(exact.log_density(value)) == pytest.approx(log(weight), rel=1e-12, abs=1e-12)
        hash(one)
    assert one == law(name, *SOME[name])
    assert exact == law(name, *SOME[name], exact=True)


@pytest.mark.parametrize("name", FAMILIES)
def test_finite_families_list_masses_that_sum_to_one(name: str) -> None:
    family, exact, one = FAMILIES[name], law(name, *SOME[name], exact=True), law(name, *SOME[name])
    if not family.finite and name != "Zipf":
        assert one.masses() is None
        return
    masses, floats = table(exact), table(one)
    assert sum(floats.values()) == pytest.approx(1, abs=1e-13)
    assert list(masses) == list(floats)
    if name not in {"OrderedLogistic", "Zipf"}:
        assert sum(masses.values()) == 1
        assert all(isinstance(mass, Fraction) for mass in masses.values())
    support = exact.support()
    assert support is not None
    assert list(support) == list(masses)


def test_infinite_discrete_laws_have_a_support_without_end_and_no_table() -> None:
    support = law("Poisson", 2.0).support()
    assert support is not None
    assert [next(support) for _ in range(3)] == [0, 1, 2]
    assert law("Normal", 0.0, 1.0).support() is None
    assert law("Zipf", 2.0, 0).masses() is None


def test_exact_laws_of_rational_parameters_are_rational() -> None:
    assert law("Bernoulli", F(1, 3), exact=True).log_density(True) == LogRat(F(1, 3))
    assert law("Geometric", F(1, 3), exact=True).log_density(2) == LogRat(F(4, 27))
    assert law("Uniform", 0, 4, exact=True).log_density(F(1)) == LogRat(F(1, 4))
    assert law("Beta", 2, 1, exact=True).log_density(F(1, 2)) == LogRat(F(1))
    assert law("Binomial", 3, F(1, 2), exact=True).mean() == F(3, 2)
    assert law("Binomial", 3, F(1, 2), exact=True).variance() == F(3, 4)
    assert law("Binomial", 3, F(1, 2), exact=True).cdf(1.5) == F(1, 2)
    assert law("Uniform", 0, 4, exact=True).cdf(F(1)) == F(1, 4)


def test_what_is_irrational_falls_back_to_floats_in_exact_runs() -> None:
    normal = law("Normal", F(0), F(1), exact=True)
    assert normal.log_density(F(1)) == pytest.approx(stats.norm.logpdf(1))
    assert normal.cdf(F(1)) == pytest.approx(stats.norm.cdf(1))
    contaminated = law("Bernoulli", 0.25, exact=True)
    assert contaminated.log_density(True) == math.log(0.25)
    assert contaminated.exact is False
    assert law("Bernoulli", F(1, 4), exact=True).log_density(True) == LogRat(F(1, 4))
    assert isinstance(law("Uniform", 0, 4, exact=True).log_density(1.0), float)


def test_impossible_values_have_log_density_minus_infinity() -> None:
    assert law("Exponential", 1.0).log_density(-1.0) == -math.inf
    assert law("Bernoulli", F(0), exact=True).log_density(True) == LogRat(F(0))
    assert law("Categorical", (0.5, 0.5)).log_density(7) == -math.inf
    assert table(law("Bernoulli", 1.0)) == {True: 1.0}


@pytest.mark.parametrize(
    ("name", "alternative", "arguments", "same"),
    [
        ("Bernoulli", 1, (0.0,), ("Bernoulli", (0.5,), 1)),
        ("Binomial", 1, (3, 0.4), ("Binomial", (3, 1 / (1 + math.exp(-0.4))), 2)),
        ("Categorical", 1, ((0.0, math.log(3.0)),), ("Categorical", ((0.25, 0.75),), 1)),
        ("NegativeBinomial", 1, (3.0, 2.0), ("NegativeBinomial", (2.0, 0.4), 4)),
        ("Normal", 1, (1.0, 4.0), ("Normal", (1.0, 2.0), 0.3)),
        ("Normal", 2, (1.0, 4.0), ("Normal", (1.0, 0.5), 0.3)),
        ("Exponential", 1, (4.0,), ("Exponential", (0.25,), 0.3)),
        ("Exponential", 2, (4.0,), ("Exponential", (0.25,), 0.3)),
        ("Gamma", 1, (2.0, 4.0), ("Gamma", (2.0, 0.25), 0.3)),
        ("Gamma", 2, (2.0, 4.0), ("Gamma", (2.0, 0.5), 0.3)),
        ("Gamma", 3, (2.0, 4.0), ("Gamma", (0.25, 0.125), 0.3)),
        ("Beta", 1, (0.25, 8.0), ("Beta", (2.0, 6.0), 0.3)),
        ("MvNormal", 1, ((0.0,), ((2.0,),)), ("MvNormal", ((0.0,), ((4.0,),)), (0.3,))),
        ("MvNormal", 2, ((0.0,), ((2.0,),)), ("MvNormal", ((0.0,), ((0.5,),)), (0.3,))),
    ],
)
def test_alternatives_are_the_same_law(
    name: str, alternative: int, arguments: tuple[Value, ...], same: tuple[str, tuple[Value, ...], Value]
) -> None:
    family, parameters, value = same
    one, other = law(name, *arguments, alternative=alternative), law(family, *parameters)
    assert one.log_density(value) == pytest.approx(other.log_density(value), rel=1e-12)
    assert np.array(one.mean()) == pytest.approx(np.array(other.mean()), rel=1e-12)
    assert "=" in one.describe()
    assert type(one.draw(Seeded(1))) is type(other.draw(Seeded(1)))


def test_rational_alternatives_stay_rational() -> None:
    beta = law("Beta", F(1, 2), 2, alternative=1, exact=True)
    assert beta.log_density(F(1, 3)) == LogRat(F(1))
    assert law("Exponential", F(4), alternative=1, exact=True).mean() == 4
    root = law("Normal", 0, F(2), alternative=1, exact=True)
    assert root.log_density(F(1)) == pytest.approx(stats.norm(0, ROOT2).logpdf(1))


def test_log_odds_keep_what_probabilities_would_round_away() -> None:
    assert law("Bernoulli", 50.0, alternative=1).log_density(False) == pytest.approx(-50)
    assert law("Bernoulli", -800.0, alternative=1).log_density(True) == -800


def test_defaults_stand_in_for_what_is_left_out() -> None:
    assert law("Zipf", 2.0, None) == law("Zipf", 2.0) == law("Zipf", 2.0, 0)
    with pytest.raises(Fault):
        law("Normal", 1.0)


def test_between_the_atoms_of_a_discrete_law_there_is_nothing() -> None:
    for one in (law("Poisson", 2.0), law("Bernoulli", 0.5), law("Poisson", F(2), exact=True)):
        assert weighed(one, 1.5) == (LogRat(F(0)) if one.exact else -math.inf, 0)
        assert log(one.log_density(math.inf)) == -math.inf
        assert one.log_density(1.0) == one.log_density(1)
    assert law("Bernoulli", 0.25).log_density(1) == math.log(0.25)
    assert law("Bernoulli", 0.25).log_density(2) == -math.inf


def test_exact_laws_without_a_table_draw_through_their_kernels() -> None:
    assert law("Poisson", F(2), exact=True).draw(Seeded(1)) == law("Poisson", 2.0).draw(Seeded(1))
    assert law("Normal", 0, 1, exact=True).draw(Seeded(1)) == law("Normal", 0.0, 1.0).draw(Seeded(1))


def test_a_product_of_exact_and_rounded_densities_is_rounded() -> None:
    both = law("Normal", (0, 1), 1, exact=True)
    one = Lifted("both", (law("Uniform", 0, 2, exact=True), law("Normal", 0, 1, exact=True)), True)
    assert one.log_density((F(1), F(0))) == pytest.approx(math.log(0.5) + stats.norm.logpdf(0))
    assert one.log_density((F(3), F(0))) == -math.inf
    assert both.log_density((F(0), F(1))) == pytest.approx(2 * stats.norm.logpdf(0))
    assert law("Uniform", (0.0, 0.0), 1.0).log_density((2.0, 0.5)) == -math.inf


# ------------------------------------------------------------------ domains


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("Normal", (0.0, 0.0), "`sd` of `Normal` must be a positive number, but it is 0.0"),
        ("Normal", (0.0, math.nan), "`sd`"),
        ("Normal", (math.inf, 1.0), "`mean` of `Normal` must be a number"),
        ("Normal", (0.0, MISSING), "missing"),
        ("Bernoulli", (F(3, 2),), "between 0 and 1, but it is 1.5"),
        ("Binomial", (-1, 0.5), "`n`"),
        ("Binomial", (2.0, 0.5), "`n`"),
        ("Categorical", ((0.5, 0.6),), "sum to 1"),
        ("Dirichlet", ((1.0, 0.0),), "positive numbers"),
        ("OrderedLogistic", (0.0, (1.0, 1.0)), "increasing"),
        ("Uniform", (2.0, 1.0), "`lower` must be less than `upper`"),
        ("UniformInt", (3, 1), "at most"),
        ("MvNormal", ((0.0, 0.0), ((1.0, 2.0), (2.0, 1.0))), "positive definite"),
        ("MvNormal", ((0.0, 0.0, 0.0), ((1.0, 0.0), (0.0, 1.0))), "of length 3"),
        ("Wishart", (1.0, ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))), "`df`"),
        ("LKJ", (0, 1.0), "positive integer"),
    ],
)
@pytest.mark.parametrize("exact", [False, True])
def test_a_parameter_outside_its_domain_is_named(
    name: str, arguments: tuple[Value, ...], says: str, exact: bool
) -> None:
    assert says in fails("E0401", name, *arguments, exact=exact)


def test_probabilities_as_decimals_are_normalised_in_exact_runs() -> None:
    thirds = (F("0.333333333"), F("0.333333333"), F("0.333333333"))
    assert table(law("Categorical", thirds, exact=True)) == {0: F(1, 3), 1: F(1, 3), 2: F(1, 3)}


@pytest.mark.parametrize("value", [MISSING, (1.0, 2.0), "a", Tagged("A")])
def test_values_of_another_kind_are_faults(value: Value) -> None:
    with pytest.raises(Fault):
        law("MvNormal", (0.0, 0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))).log_density(
            value
        )
    if not isinstance(value, tuple):
        with pytest.raises(Fault):
            law("Normal", 0.0, 1.0).log_density(value)
        with pytest.raises(Fault):
            law("Normal", 0.0, 1.0).cdf(value)


# ------------------------------------------------------------------ members


def test_members_are_the_kernels() -> None:
    normal = law("Normal", 1.0, 2.0)
    theirs = stats.norm(1, 2)
    assert normal.cdf(0.3) == pytest.approx(theirs.cdf(0.3), rel=1e-14)
    assert normal.log_cdf(-40) == pytest.approx(theirs.logcdf(-40), rel=1e-12)
    assert normal.log_ccdf(40) == pytest.approx(theirs.logsf(40), rel=1e-12)
    assert normal.quantile(0.975) == pytest.approx(theirs.ppf(0.975), rel=1e-14)
    assert normal.entropy() == pytest.approx(theirs.entropy(), rel=1e-14)
    assert (normal.mean(), normal.variance()) == (1, 4)
    assert law("Bernoulli", 0.25).cdf(False) == 0.75
    assert law("Bernoulli", 0.25).quantile(0.9) is True
    assert law("Poisson", 2.0).cdf(2.7) == law("Poisson", 2.0).cdf(2)
    assert law("Poisson", 2.0).quantile(1) == math.inf
    assert law("MvNormal", (0.0, 1.0), ((2.0, 0.0), (0.0, 3.0))).variance() == (2.0, 3.0)
    assert law("Wishart", 5.0, ((2.0, 0.0), (0.0, 3.0))).mean() == ((10.0, 0.0), (0.0, 15.0))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: law("Cauchy", 0.0, 1.0).mean(),
        lambda: law("MvNormal", (0.0,), ((1.0,),)).cdf(0.0),
        lambda: law("MvNormal", (0.0,), ((1.0,),)).quantile(0.5),
        lambda: law("Multinomial", 2, (0.5, 0.5)).entropy(),
        lambda: law("Flat").mean(),
        lambda: law("Flat").log_cdf(0.0),
        lambda: law("Flat").log_ccdf(0.0),
        lambda: law("Flat").quantile(0.5),
        lambda: law("Flat").variance(),
        lambda: law("Flat").entropy(),
    ],
)
def test_what_a_law_does_not_have_is_refused(ask: Any) -> None:
    with pytest.raises(Fault) as caught:
        ask()
    assert caught.value.code == "E0511"


def test_quantiles_are_of_probabilities() -> None:
    for one in (law("Normal", 0.0, 1.0), law("Delta", 1.0), law("Truncated", law("Normal", 0.0, 1.0), 0.0)):
        with pytest.raises(Fault):
            one.quantile(1.5)


# ------------------------------------------------------------------ arrays of laws


def test_parameters_that_are_arrays_make_arrays_of_laws_by_numpys_rules() -> None:
    lifted = law("Normal", ((0.0,), (1.0,), (2.0,)), (1.0, 2.0))
    assert lifted.shape == (3, 2)
    assert lifted.rank == 2
    x = np.arange(6.0).reshape(3, 2)
    value = tuple(map(tuple, x.tolist()))
    theirs = stats.norm(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 2.0])).logpdf(x).sum()
    assert weighed(lifted, value) == (pytest.approx(theirs), 6)
    assert lifted.mean() == ((0, 0), (1, 1), (2, 2))
    assert lifted.variance() == ((1, 4),) * 3
    assert lifted.entropy() == pytest.approx(3 * (stats.norm(0, 1).entropy() + stats.norm(0, 2).entropy()))
    drawn = lifted.draw(Seeded(1))
    assert isinstance(drawn, tuple)
    assert len(drawn) == 3
    laws = dict(lifted.elements())
    assert laws[(2, 1)] == law("Normal", 2.0, 2.0)
    assert list(laws) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    assert not lifted.discrete
    assert lifted.masses() is None


def test_vectors_lift_over_their_leading_axes() -> None:
    lifted = law("Categorical", ((0.5, 0.5), (0.25, 0.75)))
    assert lifted.log_density((0, 1)) == math.log(0.5) + math.log(0.75)
    normals = law("MvNormal", ((0.0, 0.0), (1.0, 1.0)), ((1.0, 0.0), (0.0, 1.0)))
    assert normals.log_density(((0.0, 0.0), (1.0, 1.0))) == pytest.approx(-2 * math.log(2 * math.pi))
    assert normals.rank == 2


def test_growing_arrays_and_ranges_are_parameters_and_values() -> None:
    means = Growing().define((0,), 0.0).define((1,), 1.0)
    assert law("Normal", means, 1.0) == law("Normal", (0.0, 1.0), 1.0)
    assert law("Normal", range(2), 1.0).log_density(means) == pytest.approx(2 * stats.norm.logpdf(0))


def test_one_law_observes_an_array_of_independent_values() -> None:
    one = law("Normal", 0.0, 1.0)
    assert weighed(one, (1.0, (2.0,))) == pytest.approx((stats.norm.logpdf([1, 2]).sum(), 2))
    assert one.log_density(()) == 0
    assert law("Uniform", 0, 4, exact=True).log_density((F(1), F(2))) == LogRat(F(1, 16))
    rows = law("Normal", (0.0, 1.0), 1.0)
    assert rows.log_density(((0.0, 1.0), (0.0, 1.0))) == pytest.approx(4 * stats.norm.logpdf(0))
    assert [index for index, _ in fitted(one, (1.0, 2.0)).elements()] == [(0,), (1,)]
    assert [index for index, _ in fitted(rows, ((1.0, 2.0),)).elements()] == [(0, 0), (0, 1)]
    assert fitted(law("Normal", (0.0,), 1.0), (1.0, 2.0, 3.0)).shape == (3,)
    assert fitted(one, 1.0) is one
    assert fitted(rows, (1.0, 2.0)) is rows


def test_arrays_that_do_not_fit_are_faults() -> None:
    with pytest.raises(Fault) as caught:
        law("Normal", (0.0, 1.0), (1.0, 2.0, 3.0))
    assert caught.value.code == "E0426"
    with pytest.raises(Fault) as caught:
        law("Normal", (0.0, 1.0), 1.0).log_density((1.0, 2.0, 3.0))
    assert caught.value.code == "E0426"
    with pytest.raises(Fault):
        law("Normal", (0.0, 1.0), 1.0).log_density(1.0)


def test_finite_arrays_are_enumerated_jointly_up_to_a_bound() -> None:
    lifted = law("Bernoulli", (F(1, 2), F(1, 3)), exact=True)
    assert table(lifted) == {
        (False, False): F(1, 3),
        (False, True): F(1, 6),
        (True, False): F(1, 3),
        (True, True): F(1, 6),
    }
    assert lifted.discrete
    assert lifted.describe() == "`Bernoulli(0.5)`"
    with pytest.raises(Fault) as caught:
        law("iid", law("Bernoulli", 0.5), 40).masses()
    assert caught.value.code == "E0521"


def test_nothing_drawn_is_one_certain_value() -> None:
    empty = law("iid", law("Bernoulli", F(1, 2), exact=True), 0, exact=True)
    assert table(empty) == {(): 1}
    assert empty.log_density(()) == LogRat(F(1))
    assert law("Normal", (), 1.0).log_density(()) == 0
    assert law("Normal", (), 1.0).describe() == "`Normal`"


def test_members_of_arrays_of_laws_go_over_the_elements() -> None:
    lifted = law("Uniform", 0.0, (1.0, 2.0))
    assert PRIMITIVES["cdf"]((), False, lifted, 0.5) == (0.5, 0.25)
    assert PRIMITIVES["cdf"]((), False, lifted, (0.5, 1.0)) == (0.5, 0.5)
    assert PRIMITIVES["quantile"]((), False, lifted, 0.5) == (0.5, 1.0)
    assert PRIMITIVES["cdf"]((), False, law("Uniform", 0.0, 1.0), (0.5, 0.75)) == (0.5, 0.75)
    assert PRIMITIVES["cdf"]((), False, law("Uniform", 0.0, (1.0,)), (0.5, 0.75)) == (0.5, 0.75)
    assert PRIMITIVES["logcdf"]((), False, law("Uniform", 0.0, 1.0), 0.5) == math.log(0.5)
    assert PRIMITIVES["logccdf"]((), False, law("Uniform", 0.0, 1.0), 0.5) == math.log(0.5)
    assert PRIMITIVES["mean_of"]((), False, lifted) == (0.5, 1.0)
    density = PRIMITIVES["logpdf"]((), True, law("Uniform", 0, 4, exact=True), F(1))
    assert density == -math.log(4)
    with pytest.raises(Fault):
        PRIMITIVES["cdf"]((), False, lifted, (0.5, 1.0, 2.0))
    with pytest.raises(Fault):
        PRIMITIVES["cdf"]((), False, 3, 0.5)


# ------------------------------------------------------------------ finite tables


def test_delta_is_certain() -> None:
    one = law("Delta", (1, 2), exact=True)
    assert table(one) == {(1, 2): 1}
    assert one.draw(Seeded(1)) == (1, 2)
    assert weighed(one, (1, 2)) == (LogRat(F(1)), 0)
    assert one.log_density((2, 1)) == LogRat(F(0))
    assert law("Delta", 4.0).log_density(4) == 0
    assert one.describe() == "`Delta([1, 2])`"


def test_lists_weigh_each_entry_as_often_as_it_stands_there() -> None:
    assert table(law("Uniform", ("a", "b", "a"), exact=True)) == {"a": F(2, 3), "b": F(1, 3)}
    assert table(law("Empirical", (1.0, 2.0), (F(1, 4), F(3, 4)), exact=True)) == {1.0: F(1, 4), 2.0: F(3, 4)}
    assert table(law("Empirical", (1.0, 2.0, 3.0), (0.25, 0.75, 0.0))) == {1.0: 0.25, 2.0: 0.75}
    assert fails("E0401", "Uniform", ())
    assert "one weight per value" in fails("E0401", "Empirical", (1, 2), (0.5, 0.25, 0.25))
    assert fails("E0401", "Empirical", (1, 2), (0.5, 0.6))
    assert fails("E0429", "Uniform", 3)
    mixed = law("Empirical", (1, 2), (0.5, 0.5), exact=True)
    assert mixed.log_density(1) == math.log(0.5)


def test_uniform_of_two_numbers_is_the_family() -> None:
    assert not law("Uniform", 0.0, 1.0).discrete
    assert law("Uniform", (0.0, 1.0)).discrete


def test_members_of_finite_laws() -> None:
    one = finite_law({1: F(1, 4), 3: F(1, 2), 2: F(1, 4)})
    assert one.mean() == F(9, 4)
    assert one.variance() == F(11, 16)
    assert one.cdf(2) == F(1, 2)
    assert one.log_cdf(0) == -math.inf
    assert one.log_ccdf(2) == math.log(0.5)
    assert [one.quantile(p) for p in (0, F(1, 4), F(1, 3), 1)] == [1, 1, 2, 3]
    assert one.entropy() == pytest.approx(1.5 * math.log(2))
    assert one.atoms() == one.masses()
    floats = finite_law({True: 0.1, False: 0.9})
    assert floats.mean() == pytest.approx(0.1)
    assert floats.quantile(1.0) is True
    assert not floats.exact
    thirds = finite_law({1: 1 / 3, 2: 1 / 3, 3: 1 / 3 - 1e-16})
    assert thirds.quantile(1.0) == 3
    with pytest.raises(Fault):
        finite_law({"a": F(1)}).mean()
    assert list(one.support()) == [1, 3, 2]
    assert list(one.elements()) == [((), one)]
    assert law("MvNormal", (0.0,), ((1.0,),), alternative=1).log_density((0.0,)) == pytest.approx(
        -0.5 * math.log(2 * math.pi)
    )


def test_lists_of_different_depths_are_values_of_one_law() -> None:
    one = finite_law({(): F(1, 2), ((1,), (2, 3)): F(1, 2)})
    assert one.log_density(((1,), (2, 3))) == LogRat(F(1, 2))
    assert one.log_density(()) == LogRat(F(1, 2))
    assert one.log_density((1,)) == LogRat(F(0))


def test_finite_laws_are_equal_by_their_tables() -> None:
    one, same = finite_law({1: F(1, 2), 2: F(1, 2)}), finite_law({2: F(1, 2), 1: F(1, 2)}, "other")
    assert one == same
    assert hash(one) == hash(same)
    assert one != finite_law({1: F(1, 3), 2: F(2, 3)})
    assert one != 3
    assert isinstance(one, Finite)
    assert finite_law({1: F(1), 2: F(0)}).table == {1: F(1)}


@pytest.mark.parametrize(
    "make",
    [
        lambda: law("Uniform", ("a", "b", "a"), exact=True),
        lambda: law("Categorical", (F(1, 2), F(1, 3), F(1, 6)), exact=True),
        lambda: law("Bernoulli", F(1, 3), exact=True),
        lambda: law("ZeroInflated", F(1, 3), law("Bernoulli", F(1, 2), exact=True), exact=True),
        lambda: law(
            "Mixture",
            (F(1, 4), F(3, 4)),
            (law("Delta", 1, exact=True), law("Uniform", (1, 2), exact=True)),
            exact=True,
        ),
    ],
)
def test_draws_of_finite_laws_have_exactly_their_law(make: Any) -> None:
    one = make()
    assert law_of(one.draw) == table(one)


def test_lifted_laws_draw_their_elements_independently() -> None:
    lifted = law("Bernoulli", (F(1, 2), F(1, 3)), exact=True)
    assert isinstance(lifted, Lifted)
    assert law_of(lifted.draw) == table(lifted)


def test_every_family_has_kernels() -> None:
    assert set(NUMERICS) == set(FAMILIES)
