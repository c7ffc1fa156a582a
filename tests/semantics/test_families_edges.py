"""The ends of supports, the ends of levels, and the rewrite behind exact kernels."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from pplc.semantics.families import NUMERICS, variant
from pplc.semantics.kernel import Inexact, exact
from pplc.semantics.source import Seeded, Source, law_of
from tests.semantics import example_kernel


@pytest.mark.parametrize(
    ("name", "point", "x", "density"),
    [
        ("Gamma", (0.5, 1.0), 0.0, math.inf),
        ("Gamma", (1.0, 3.0), 0.0, 3.0),
        ("Gamma", (2.0, 3.0), 0.0, 0.0),
        ("Gamma", (2.0, 3.0), math.inf, 0.0),
        ("InverseGamma", (2.0, 3.0), 0.0, 0.0),
        ("Weibull", (0.5, 1.0), 0.0, math.inf),
        ("Weibull", (1.0, 4.0), 0.0, 0.25),
        ("Weibull", (2.0, 1.0), 0.0, 0.0),
        ("Weibull", (2.0, 1.0), math.inf, 0.0),
        ("Beta", (0.5, 1.0), 0.0, math.inf),
        ("Beta", (1.0, 3.0), 0.0, 3.0),
        ("Beta", (2.0, 3.0), 0.0, 0.0),
        ("Beta", (3.0, 1.0), 1.0, 3.0),
        ("Beta", (3.0, 0.5), 1.0, math.inf),
        ("Kumaraswamy", (0.5, 1.0), 0.0, math.inf),
        ("Kumaraswamy", (1.0, 3.0), 0.0, 3.0),
        ("Kumaraswamy", (2.0, 3.0), 0.0, 0.0),
        ("Kumaraswamy", (3.0, 1.0), 1.0, 3.0),
        ("Exponential", (2.0,), 0.0, 2.0),
        ("HalfNormal", (1.0,), 0.0, math.sqrt(2 / math.pi)),
        ("HalfCauchy", (1.0,), 0.0, 2 / math.pi),
        ("LogNormal", (0.0, 1.0), 0.0, 0.0),
        ("Pareto", (3.0, 2.0), 2.0, 1.5),
        ("Uniform", (0.0, 2.0), 2.0, 0.5),
        ("Normal", (0.0, 1.0), math.inf, 0.0),
        ("SkewNormal", (0.0, 1.0, 2.0), -math.inf, 0.0),
        ("Cauchy", (0.0, 1.0), 1e200, 0.0),
        ("Hypergeometric", (0, 0, 0), 0, 1.0),
        ("OrderedLogistic", (0.0, ()), 0, 1.0),
    ],
)
def test_densities_at_the_ends_of_the_support(
    name: str, point: tuple[Any, ...], x: float, density: float
) -> None:
    w = NUMERICS[name].log_density(*point, x)
    assert (math.inf if w == math.inf else math.exp(w)) == pytest.approx(density)


@pytest.mark.parametrize(
    ("name", "point", "lowest", "highest"),
    [
        ("Normal", (0.0, 1.0), -math.inf, math.inf),
        ("StudentT", (3.0, 0.0, 1.0), -math.inf, math.inf),
        ("Cauchy", (0.0, 1.0), -math.inf, math.inf),
        ("Laplace", (0.0, 1.0), -math.inf, math.inf),
        ("Logistic", (0.0, 1.0), -math.inf, math.inf),
        ("Gumbel", (0.0, 1.0), -math.inf, math.inf),
        ("SkewNormal", (0.0, 1.0, 2.0), -math.inf, math.inf),
        ("VonMises", (1.0, 2.0), -math.pi, math.pi),
        ("Uniform", (-1.0, 3.0), -1.0, 3.0),
        ("HalfNormal", (1.0,), 0.0, math.inf),
        ("HalfCauchy", (1.0,), 0.0, math.inf),
        ("HalfStudentT", (3.0, 1.0), 0.0, math.inf),
        ("Exponential", (1.0,), 0.0, math.inf),
        ("LogNormal", (0.0, 1.0), 0.0, math.inf),
        ("Gamma", (2.0, 1.0), 0.0, math.inf),
        ("InverseGamma", (2.0, 1.0), 0.0, math.inf),
        ("Weibull", (2.0, 1.0), 0.0, math.inf),
        ("Pareto", (2.0, 1.5), 1.5, math.inf),
        ("Beta", (2.0, 1.0), 0.0, 1.0),
        ("Kumaraswamy", (2.0, 1.0), 0.0, 1.0),
        ("Bernoulli", (0.5,), False, True),
        ("Binomial", (4, 0.5), 0, 4),
        ("Binomial", (4, 0.0), 0, 0),
        ("Categorical", ((0.2, 0.8),), 0, 1),
        ("UniformInt", (2, 5), 2, 5),
        ("Geometric", (0.5,), 0, math.inf),
        ("Geometric", (1.0,), 0, 0),
        ("Poisson", (2.0,), 0, math.inf),
        ("Poisson", (0.0,), 0, 0),
        ("NegativeBinomial", (2.0, 0.5), 0, math.inf),
        ("NegativeBinomial", (2.0, 1.0), 0, 0),
        ("Hypergeometric", (9, 4, 3), 0, 3),
        ("BetaBinomial", (4, 1.0, 1.0), 0, 4),
        ("OrderedLogistic", (0.0, (0.0, 1.0)), 0, 2),
        ("Zipf", (2.0, 0), 1, math.inf),
        ("Zipf", (2.0, 7), 1, 7),
    ],
)
def test_quantiles_of_zero_and_one_are_the_ends(
    name: str, point: tuple[Any, ...], lowest: float, highest: float
) -> None:
    quantile = NUMERICS[name].quantile
    assert quantile is not None
    assert (quantile(*point, 0.0), quantile(*point, 1.0)) == (lowest, highest)
    if name not in {"Bernoulli", "Categorical"}:
        assert math.isnan(quantile(*point, -0.25))


def test_a_quantile_beyond_every_count_is_infinite() -> None:
    quantile = NUMERICS["Zipf"].quantile
    assert quantile is not None
    assert quantile(1.001, 0, 0.999) == math.inf


def test_far_tails_of_the_student_law_are_a_power() -> None:
    log_ccdf = NUMERICS["StudentT"].log_ccdf
    assert log_ccdf is not None
    assert log_ccdf(2.0, 0.0, 1.0, 1e120) == pytest.approx(math.log(0.5) - 2 * 120 * math.log(10), rel=1e-12)


def test_sums_without_end_are_nan() -> None:
    log_cdf = NUMERICS["BetaBinomial"].log_cdf
    assert log_cdf is not None
    assert math.isnan(log_cdf(10**9, 2.0, 2.0, 4 * 10**8))
    wide = NUMERICS["Beta"].log_cdf
    assert wide is not None
    assert math.isnan(wide(1e18, 1e18, 0.5))


def test_rates_without_a_visible_spread_are_drawn_as_they_are() -> None:
    assert NUMERICS["Poisson"].draw(Seeded(1), 1e40) == int(1e40)


def test_categorical_by_logits_never_draws_what_has_no_mass() -> None:
    draw = variant("Categorical", ["logits"]).numerics.draw
    assert {draw(Seeded(i), (-900.0, 0.0, -900.0)) for i in range(200)} == {1}


def test_assignments_with_an_operator_are_exact() -> None:
    assert exact(example_kernel.telescope)(Fraction(1, 3), 2) == Fraction(1, 72)
    assert example_kernel.telescope(1 / 3, 2) == pytest.approx(1 / 72)


@pytest.mark.parametrize("kernel", [example_kernel.turn, example_kernel.half_circle, example_kernel.leak])
def test_kernels_without_exact_values_say_so(kernel: Any) -> None:
    with pytest.raises(Inexact):
        exact(kernel)(Fraction(1, 3))


def test_a_kernel_that_no_file_holds_has_no_exact_twin() -> None:
    namespace: dict[str, Any] = {"__name__": "nowhere"}
    exec("def f(x): return x", namespace)
    with pytest.raises(ModuleNotFoundError):
        exact(namespace["f"])


def test_scripted_numbers_can_be_divided_and_compared_from_either_side() -> None:
    def third(source: Source) -> bool:
        u = source.uniform() / 3
        return u >= Fraction(1, 9)

    assert law_of(third) == {True: Fraction(2, 3), False: Fraction(1, 3)}
