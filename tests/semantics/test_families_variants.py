"""Named alternatives say the same law; parameters outside their domains are found; kernels never raise."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.lang.families import FAMILIES, Domain, Family
from pplc.semantics.families import NUMERICS, VARIANTS, Violation, check_parameters, variant
from pplc.semantics.families.checks import inside
from pplc.semantics.source import Seeded

SCALAR = {name: family for name, family in FAMILIES.items() if family.event_rank == 0}

SAME_LAW: list[tuple[str, list[str], tuple[Any, ...], tuple[Any, ...]]] = [
    # family, names, values, the same law by the family's own parameters
    ("Normal", ["mean", "variance"], (1.0, 4.0), (1.0, 2.0)),
    ("Normal", ["mean", "precision"], (1.0, 0.25), (1.0, 2.0)),
    ("Exponential", ["scale"], (4.0,), (0.25,)),
    ("Exponential", ["mean"], (4.0,), (0.25,)),
    ("Gamma", ["shape", "scale"], (3.0, 0.5), (3.0, 2.0)),
    ("Gamma", ["shape", "mean"], (3.0, 1.5), (3.0, 2.0)),
    ("Gamma", ["mean", "sd"], (4.0, 2.0), (4.0, 1.0)),
    ("Beta", ["mean", "concentration"], (0.25, 8.0), (2.0, 6.0)),
    ("Bernoulli", ["logit"], (math.log(3),), (0.75,)),
    ("Binomial", ["n", "logit"], (9, math.log(3)), (9, 0.75)),
    ("Categorical", ["logits"], ((0.0, math.log(2), math.log(5)),), ((0.125, 0.25, 0.625),)),
    ("NegativeBinomial", ["mean", "dispersion"], (6.0, 2.0), (2.0, 0.25)),
]
every_variant = pytest.mark.parametrize(
    ("name", "names", "values", "own"),
    SAME_LAW,
    ids=[f"{n}({', '.join(names)})" for n, names, *_ in SAME_LAW],
)


def test_every_alternative_of_a_scalar_family_is_among_the_cases() -> None:
    listed = {
        (name, tuple(p.name for p in parameters))
        for name, family in SCALAR.items()
        for parameters in family.alternatives
    }
    assert listed == {(name, tuple(names)) for name, names, *_ in SAME_LAW}
    for name, family in SCALAR.items():
        assert tuple(v.parameters for v in VARIANTS.get(name, ())) == family.alternatives


@every_variant
def test_alternatives_give_the_same_law(
    name: str, names: list[str], values: tuple[Any, ...], own: tuple[Any, ...]
) -> None:
    found, plain = variant(name, names), NUMERICS[name]
    given_ = found.arguments(values)
    points = range(8) if FAMILIES[name].discrete else [0.01, 0.3, 0.9, 2.5]
    for x in points if name != "Bernoulli" else (False, True):
        for member in ("log_density", "cdf", "log_cdf", "log_ccdf"):
            theirs, ours = getattr(found.numerics, member), getattr(plain, member)
            assert theirs(*given_, x) == pytest.approx(ours(*own, x), rel=1e-12, abs=1e-15)
    for level in (0.0, 0.1, 0.5, 0.93):
        assert found.numerics.quantile is not None
        assert plain.quantile is not None
        assert found.numerics.quantile(*given_, level) == pytest.approx(
            plain.quantile(*own, level), rel=1e-12
        )
    for member in ("mean", "variance", "entropy"):
        theirs, ours = getattr(found.numerics, member), getattr(plain, member)
        assert (theirs is None) == (ours is None)
        if theirs is not None:
            assert theirs(*given_) == pytest.approx(ours(*own), rel=1e-12)
    if FAMILIES[name].discrete:
        sample = [found.numerics.draw(Seeded(9, slot=i), *given_) for i in range(300)]
        assert (
            sample == [plain.draw(Seeded(9, slot=i), *own) for i in range(300)] or name == "NegativeBinomial"
        )
        assert found.numerics.support_values is not None


def test_without_names_the_own_parameters_are_meant() -> None:
    assert variant("Normal").numerics is NUMERICS["Normal"]
    assert variant("Normal", ["mean", "sd"]).arguments((1, 2)) == (1, 2)
    with pytest.raises(KeyError, match="Normal"):
        variant("Normal", ["mean", "width"])


def test_log_odds_far_out_keep_what_a_probability_would_round_away() -> None:
    by_logit = variant("Bernoulli", ["logit"]).numerics
    assert by_logit.log_density(50.0, False) == pytest.approx(-50, rel=1e-12)
    assert by_logit.log_density(50.0, True) == pytest.approx(-math.exp(-50), rel=1e-12)
    assert by_logit.log_density(-800.0, True) == -800
    binomial = variant("Binomial", ["n", "logit"]).numerics
    assert binomial.log_density(10, 60.0, 9) == pytest.approx(math.log(10) - 60, rel=1e-12)
    categorical = variant("Categorical", ["logits"]).numerics
    assert categorical.log_density((0.0, -900.0), 1) == -900
    assert categorical.log_density((0.0, -900.0), 2) == -math.inf


def test_small_means_of_the_negative_binomial_keep_their_digits() -> None:
    by_mean = variant("NegativeBinomial", ["mean", "dispersion"]).numerics
    poisson = NUMERICS["Poisson"]
    for k in range(6):
        assert by_mean.log_density(2.5, 1e14, k) == pytest.approx(poisson.log_density(2.5, k), rel=1e-12)


# --- domains -----------------------------------------------------------------------------------------------

GOOD: dict[Domain, list[Any]] = {
    Domain.REAL: [-1.5, 0, Fraction(1, 3)],
    Domain.POSITIVE: [1e-300, 3, Fraction(1, 3)],
    Domain.NONNEGATIVE: [0, 0.0, 2.5],
    Domain.UNIT: [0, 0.5, 1],
    Domain.OPEN_UNIT: [1e-9, 0.5],
    Domain.POSITIVE_UNIT: [1e-9, 1],
    Domain.INT: [-3, 0],
    Domain.NATURAL: [0, 5],
    Domain.POSITIVE_INT: [1, 5],
    Domain.REAL_VECTOR: [(), (1.0, -2.0)],
    Domain.POSITIVE_VECTOR: [(1.0, 2)],
    Domain.ORDERED: [(-1.0, 0.0, 3.5), (2.0,), ()],
    Domain.SIMPLEX: [(0.25, 0.75), (1,), (Fraction(1, 3), Fraction(2, 3))],
    Domain.COV: [((2.0, 0.5), (0.5, 1.0)), ((1,),)],
    Domain.PRECISION: [((2.0, 0.5), (0.5, 1.0))],
    Domain.CHOL_COV: [((2.0, 0.0), (0.5, 1.0))],
    Domain.CHOL_CORR: [((1.0, 0.0), (0.6, 0.8))],
}
BAD: dict[Domain, list[Any]] = {
    Domain.REAL: [math.nan, math.inf, "x", None],
    Domain.POSITIVE: [0, -1.0, math.inf],
    Domain.NONNEGATIVE: [-1e-300],
    Domain.UNIT: [-0.1, 1.0001, math.nan],
    Domain.OPEN_UNIT: [0, 1],
    Domain.POSITIVE_UNIT: [0, 1.5],
    Domain.INT: [0.5, 1.0, 1 << 63],
    Domain.NATURAL: [-1, 2.0],
    Domain.POSITIVE_INT: [0],
    Domain.REAL_VECTOR: [3.0, (1.0, math.nan), ("a",)],
    Domain.POSITIVE_VECTOR: [(), (1.0, 0.0)],
    Domain.ORDERED: [(1.0, 1.0), (2.0, 1.0)],
    Domain.SIMPLEX: [(), (0.5, 0.4), (1.5, -0.5)],
    Domain.COV: [
        ((1.0, 0.5), (0.4, 1.0)),
        ((1.0, 2.0), (2.0, 1.0)),
        ((1.0, 0.0),),
        (1.0, 2.0),
        ((math.nan,),),
        (),
    ],
    Domain.PRECISION: [((0.0,),)],
    Domain.CHOL_COV: [((1.0, 0.1), (0.5, 1.0)), ((-1.0,),)],
    Domain.CHOL_CORR: [((1.0, 0.0), (0.6, 0.7))],
}


@pytest.mark.parametrize("domain", Domain)
def test_domains_hold_what_they_should(domain: Domain) -> None:
    for value in GOOD[domain]:
        assert inside(domain, value), value
    for value in BAD[domain]:
        assert not inside(domain, value), value


def _violation(name: str, *values: Any) -> Violation | None:
    return check_parameters(FAMILIES[name], values)


def test_violations_name_the_parameter_the_value_and_the_domain() -> None:
    assert _violation("Normal", 0.0, 1.0) is None
    assert _violation("Normal", 0.0, -1.0) == Violation("sd", -1.0, "a positive number")
    by_variance = FAMILIES["Normal"].alternatives[0]
    found = check_parameters(FAMILIES["Normal"], (0.0, -1.0), by_variance)
    assert found == Violation("variance", -1.0, "a positive number")


@pytest.mark.parametrize(
    ("name", "good", "bad", "parameter"),
    [
        ("Uniform", (0.0, 1.0), (1.0, 1.0), "lower"),
        ("UniformInt", (1, 1), (2, 1), "lower"),
        ("Hypergeometric", (5, 5, 5), (5, 6, 5), "successes"),
        ("Hypergeometric", (5, 5, 5), (5, 5, 6), "draws"),
        ("Zipf", (0.5, 3), (1.0, 0), "exponent"),
        ("Wishart", (1.5, ((1.0, 0.0), (0.0, 1.0))), (1.0, ((1.0, 0.0), (0.0, 1.0))), "df"),
    ],
)
def test_conditions_between_parameters_are_checked(
    name: str, good: tuple[Any, ...], bad: tuple[Any, ...], parameter: str
) -> None:
    assert _violation(name, *good) is None
    found = _violation(name, *bad)
    assert found is not None
    assert found.parameter == parameter
    assert "must be" in found.expected


# --- no exceptions, no hangs, no NaN -----------------------------------------------------------------------

sizes = st.sampled_from([1e-300, 1e-20, 1e-3, 0.5, 1.0, 2.0, 30.0, 1e4, 1e9, 1e20, 1e300])
numbers = st.one_of(sizes, sizes.map(lambda x: -x), st.floats(allow_nan=False, allow_infinity=False))
STRATEGIES: dict[Domain, st.SearchStrategy[Any]] = {
    Domain.REAL: numbers,
    Domain.POSITIVE: sizes,
    Domain.NONNEGATIVE: sizes | st.just(0.0),
    Domain.UNIT: st.floats(0, 1),
    Domain.POSITIVE_UNIT: st.floats(0, 1, exclude_min=True),
    Domain.INT: st.integers(-(1 << 62), 1 << 62),
    Domain.NATURAL: st.integers(0, 50) | st.sampled_from([10**4, 10**9, 10**18]),
    Domain.SIMPLEX: st.lists(st.floats(0.01, 1), min_size=1, max_size=5).map(
        lambda p: [x / sum(p) for x in p]
    ),
    Domain.ORDERED: st.lists(st.floats(-1e3, 1e3), max_size=4, unique=True).map(sorted),
}
# Laws whose sums and rejections are long for huge parameters are kept to sizes of real models.
MODEST = {"BetaBinomial", "Hypergeometric", "Zipf"}


def _parameters(family: Family, data: st.DataObject) -> tuple[Any, ...]:
    values = tuple(data.draw(STRATEGIES[p.domain]) for p in family.parameters)
    if family.name in MODEST:
        values = tuple(v % 50 if isinstance(v, int) else v for v in values)
    return values


@pytest.mark.parametrize("name", sorted(SCALAR))
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_log_densities_never_raise_and_are_never_nan(name: str, data: st.DataObject) -> None:
    family = SCALAR[name]
    values = _parameters(family, data)
    if check_parameters(family, values) is not None:
        return
    x = data.draw(STRATEGIES[Domain.INT] if family.discrete else numbers)
    w = NUMERICS[name].log_density(*values, x if name != "Bernoulli" else bool(x % 2))
    assert not math.isnan(w)
    assert w <= 1e-9 or not family.discrete


@pytest.mark.parametrize("name", sorted(set(SCALAR) - {"VonMises", "SkewNormal"}))
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_distribution_functions_never_raise_and_stay_between_zero_and_one(
    name: str, data: st.DataObject
) -> None:
    family, numerics = SCALAR[name], NUMERICS[name]
    values = _parameters(family, data)
    if check_parameters(family, values) is not None:
        return
    assert numerics.cdf is not None
    assert numerics.log_cdf is not None
    assert numerics.log_ccdf is not None
    x = data.draw(st.integers(-3, 10**6) if family.discrete else numbers)
    lower, upper = numerics.log_cdf(*values, x), numerics.log_ccdf(*values, x)
    if math.isnan(lower):  # the stated limit of the incomplete beta function
        assert max(map(abs, values)) > 1e8
        return
    assert lower <= 0
    assert upper <= 0
    assert math.exp(lower) + math.exp(upper) == pytest.approx(1, abs=1e-9)
    assert numerics.cdf(*values, x) == pytest.approx(math.exp(lower), abs=1e-12)


@pytest.mark.parametrize("name", sorted(SCALAR))
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_draws_never_raise_and_have_positive_density(name: str, data: st.DataObject) -> None:
    family, numerics = SCALAR[name], NUMERICS[name]
    values = _parameters(family, data)
    if check_parameters(family, values) is not None:
        return
    x: Any = numerics.draw(Seeded(data.draw(st.integers(0, 1 << 63))), *values)
    assert not math.isnan(x)
    if family.discrete and x < 1 << 62:
        assert numerics.log_density(*values, x) > -math.inf
