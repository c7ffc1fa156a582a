"""Answers of programs that rest on proved integrals: the bounds contain what other arithmetic gives."""

from __future__ import annotations

from math import inf
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.special import gammaln, log_ndtr
from scipy.stats import norm

import pplc
from pplc import Bounds, Estimate, Exact
from pplc.inference.certified import strips
from pplc.inference.continuous.proofs import _enclosed

DIGITS = 25


def asked(text: str, *queries: str, data: dict[str, Any] | None = None) -> list[Any]:
    model = pplc.compile(text)
    return [model.query(query, data or {}, method="exact") for query in queries]


def within(answer: Any, true: Any, width: float) -> bool:
    """Whether bounds contain a number, but for rounding of the check, and are no wider than this."""
    assert isinstance(answer, Bounds)
    assert answer.upper - answer.lower <= width
    slack = 1e-13 * (1 + abs(float(true)))
    return answer.lower - slack <= float(true) <= answer.upper + slack


LOGIT = """
model m(k: int, n: int) { x ~ Normal(0, 2)
  observe k ~ Binomial(n, sigmoid(x)) }
"""


def test_evidence_moments_and_probabilities_are_bounds() -> None:
    data = {"k": 7, "n": 9}

    def joint(x: Any) -> Any:
        p = 1 / (1 + mpmath.exp(-x))
        return 36 * p**7 * (1 - p) ** 2 * mpmath.npdf(x, 0, 2)

    with mpmath.workdps(DIGITS):
        ends = [-30, -8, 0, 4, 10, 30]
        z, first, second = (mpmath.quad(lambda x, k=k: joint(x) * x**k, ends) for k in (0, 1, 2))
        above = mpmath.quad(joint, [1, 4, 10, 30]) / z
        mean, variance = first / z, second / z - (first / z) ** 2
        true = [mpmath.log(z), mean, mpmath.sqrt(variance), variance, above]
    found = asked(LOGIT, "evidence", "E[x]", "sd(x)", "var(x)", "P(x > 1)", data=data)
    assert all(within(answer, number, 1e-10) for answer, number in zip(found, true, strict=True))


def test_a_scale_and_the_normal_variables_that_it_is_of() -> None:
    """θ_j ~ Normal(0, τ), y_j ~ Normal(θ_j, 1): given τ, y_j has variance τ² + 1."""
    text = """
    model m(y: real[2]) { tau ~ HalfCauchy(2)
      theta[j] ~ Normal(0, tau) for j in 0..2
      observe y[j] ~ Normal(theta[j], 1) for j in 0..2 }
    """
    y = [1.5, -4.0]

    def joint(tau: Any) -> Any:
        total = 2 / (mpmath.pi * 2 * (1 + (tau / 2) ** 2))
        for value in y:
            total *= mpmath.npdf(value, 0, mpmath.sqrt(1 + tau**2))
        return total

    with mpmath.workdps(DIGITS):
        ends = [0, 1, 4, 20, 200, mpmath.inf]
        z = mpmath.quad(joint, ends)
        tau = mpmath.quad(lambda t: t * joint(t), ends) / z
        theta = mpmath.quad(lambda t: joint(t) * y[0] * t**2 / (1 + t**2), ends) / z

        def below(t: Any) -> Any:  # P(θ_0 > 0 | τ)
            mean, variance = y[0] * t**2 / (1 + t**2), t**2 / (1 + t**2)
            return mpmath.ncdf(mean / mpmath.sqrt(variance)) * joint(t)

        positive = mpmath.quad(below, [mpmath.mpf(10) ** -12, *ends[1:]]) / z
    queries = ("evidence", "E[tau]", "E[theta[0]]", "P(theta[0] > 0)")
    evidence, mean, first, sign = asked(text, *queries, data={"y": y})
    assert within(evidence, mpmath.log(z), 1e-10)
    assert within(mean, tau, 1e-10)
    assert within(first, theta, 1e-10)
    assert within(sign, positive, 1e-10)


PAIRS = """
model m() { a ~ Exponential(1)
  b ~ Exponential(1)
  c ~ Gamma(3, 2)
  z ~ Normal(1, 2) }
"""


def test_means_that_do_not_exist_are_said_not_to() -> None:
    ratio, fine = asked(PAIRS, "E[a / b]", "E[z * a / c]")
    assert ratio == Exact(inf)
    for query in ("E[z / b]", "E[1 / z]", "sd(a / b)"):
        with pytest.raises(pplc.Rejected, match="E0617"):
            asked(PAIRS, query)
    assert fine.value == pytest.approx(1, abs=1e-12)


def test_a_mean_under_a_scale_without_a_mean_does_not_exist() -> None:
    """Given the scale the mean is 0, and yet E|x| is infinite."""
    text = "model m() { s ~ HalfCauchy(1)\n x ~ Normal(0, s) }"
    with pytest.raises(pplc.Rejected, match="E0617"):
        asked(text, "E[x]")


def test_a_quantile_of_a_product_lies_between_its_bounds() -> None:
    """P(a c < q) = 1 - E exp(-q / c)"""
    (found,) = asked(PAIRS, "quantile(a * c, 0.5)")
    assert isinstance(found, Bounds)
    assert found.upper - found.lower < 1e-9

    def less(q: float) -> Any:
        return 1 - mpmath.quad(lambda c: 4 * c**2 * mpmath.exp(-2 * c - q / c), [0, 1, 4, 20, 60])

    with mpmath.workdps(DIGITS):
        assert less(found.lower) < 0.5 < less(found.upper)


def test_a_quantile_of_a_sum_lies_between_its_bounds() -> None:
    (found,) = asked(PAIRS, "quantile(z + a, 0.9)")

    def less(q: float) -> Any:
        return mpmath.quad(lambda a: mpmath.exp(-a) * mpmath.ncdf((q - a - 1) / 2), [0, 2, 8, 40])

    with mpmath.workdps(DIGITS):
        assert less(found.lower) < 0.9 < less(found.upper)


def test_what_is_not_proved_is_an_estimate() -> None:
    """Two variables without a closed form: whatever was found is not called exact."""
    text = """
    model m() { a ~ Normal(0, 1)
      b ~ Normal(0, 1)
      factor(-a^4 - b^4 + a * b) }
    """
    evidence, mean = asked(text, "evidence", "E[a^2]")
    assert not isinstance(evidence, Exact)
    assert not isinstance(mean, Exact)
    assert isinstance(evidence, Estimate | Bounds)


def test_an_infinite_evidence_is_proved_to_be() -> None:
    text = "model m() { x ~ Exponential(1)\n weight(1 / x) }"
    with pytest.raises(pplc.Rejected, match="E0524"):
        asked(text, "evidence")


def far_evidence(shift: int, sd: float) -> Any:
    """log ∫ Cauchy(t | 0, 1) Normal(shift | t, sd) dt"""
    with mpmath.workdps(40):
        ends = [shift + k * sd for k in (-40, -10, -3, 0, 3, 10, 40)]
        around = mpmath.quad(lambda t: mpmath.npdf(shift, t, sd) / (mpmath.pi * (1 + t * t)), ends)
        return mpmath.log(around)


@pytest.mark.parametrize(("shift", "sd"), [(50, "1"), (3000, "1"), (10_000, "1"), (300, "exp(-3)")])
def test_bounds_allow_for_the_rounding_of_large_weights(shift: int, sd: str) -> None:
    """Terms of the size of shift² / 2 sd² cancel in the log evidence, and are floats."""
    text = f"model m() {{ t ~ Cauchy(0, 1)\n observe {shift} ~ Normal(t, {sd}) }}"
    (found,) = asked(text, "evidence")
    true = far_evidence(shift, 1 if sd == "1" else mpmath.exp(-3))
    assert isinstance(found, Bounds)
    assert found.lower <= true <= found.upper


def test_a_probability_that_rests_on_integrals_is_not_exact() -> None:
    text = """
    model m() { k ~ Bernoulli(0.5)
      t ~ Cauchy(0, 1)
      observe 50 ~ Normal(t, if k { 0.1 } else { 0.2 }) }
    """
    (found,) = asked(text, "P(k)")
    one, two = (mpmath.exp(far_evidence(50, sd)) for sd in (mpmath.mpf("0.1"), mpmath.mpf("0.2")))
    assert isinstance(found, Bounds)
    assert found.lower <= one / (one + two) <= found.upper


def test_a_standard_deviation_is_bounded_by_0() -> None:
    text = "model m() { t ~ Cauchy(0, 1)\n observe 1000000 ~ Normal(t, 1) }"
    (found,) = asked(text, "sd(t)")
    assert found.lower >= 0


def test_a_quantile_read_off_points_says_how_far_it_may_be_off() -> None:
    """Of two independent normal variables the ratio is Cauchy's: its upper quartile is 1."""
    text = "model m() { x ~ Normal(0, 1)\n y ~ Normal(0, 1) }"
    (found,) = asked(text, "quantile(x / y, 0.75)")
    low, high = found.interval if isinstance(found, Estimate) else (found.lower, found.upper)
    assert low <= 1 <= high


def test_the_tails_of_a_log_normal_law_are_proved() -> None:
    """x ~ LogNormal(0, 1), 2 ~ Gamma(2, x): x² · 2 e^(-2 x) beside its density."""
    text = "model m() { x ~ LogNormal(0, 1)\n observe 2 ~ Gamma(2, x) }"

    def joint(x: Any) -> Any:
        return 2 * x * mpmath.exp(-2 * x) * mpmath.npdf(mpmath.log(x)) if x else mpmath.mpf(0)

    with mpmath.workdps(DIGITS):
        ends = [0, 0.1, 1, 4, 20, 100]
        z, first, inverse = (mpmath.quad(lambda x, k=k: joint(x) * x**k, ends) for k in (0, 1, -1))
        true = [mpmath.log(z), first / z, inverse / z, mpmath.quad(joint, [1, 4, 20, 100]) / z]
    found = asked(text, "evidence", "E[x]", "E[1 / x]", "P(x > 1)")
    assert all(within(answer, number, 1e-10) for answer, number in zip(found, true, strict=True))


HEAVY = """model m() { x ~ Pareto(1, 2)
  y ~ Pareto(1, 1)
  z ~ Normal(0, 1)
  u ~ Normal(0, 1)
  w ~ Exponential(1) }"""


@pytest.mark.parametrize("query", ["E[x + y]", "E[x + z]", "E[abs(z / u)]", "E[w / abs(z)]"])
def test_a_mean_is_infinite_where_a_term_of_the_number_is(query: str) -> None:
    (found,) = asked(HEAVY, query)
    assert found == Exact(inf)


@pytest.mark.parametrize("query", ["E[x - y]", "E[x - y + z]", "sd(x - y)", "E[z / u]", "sd(abs(z / u))"])
def test_a_mean_that_is_infinite_on_both_sides_does_not_exist(query: str) -> None:
    """Quickly, although a law of two heavy tails is slow to integrate numerically."""
    with pytest.raises(pplc.Rejected) as refused:
        asked(HEAVY, query)
    assert [diagnostic.code for diagnostic in refused.value.diagnostics] == ["E0617"]


@pytest.mark.parametrize("law", ["Normal", "Logistic"])
def test_a_latent_threshold_of_either_outcome_is_proved(law: str) -> None:
    """With u = F(b), which is uniform, the likelihood of two successes in three is u² (1 - u)."""
    text = f"""
    model m(y: bool[3]) {{ b ~ {law}(0, 1)
      observe y[i] ~ Bernoulli({law}(0, 1).cdf(b)) for i in 0..3
      return b }}
    """
    data = {"y": [True, False, True]}
    evidence, above = asked(text, "evidence", "P(b > 0)", data=data)
    assert within(evidence, mpmath.log(mpmath.mpf(1) / 12), 1e-11)
    assert within(above, mpmath.mpf(11) / 16, 1e-11)


SHARED_SCALE = """
model m() { mu ~ Normal(0, 3)
  s ~ HalfCauchy(2)
  factor(-mu^4 / (1 + s)) }
"""


def test_a_mean_over_two_variables_that_is_infinite_is_proved_to_be() -> None:
    """Given mu, s has the tail s^-2."""
    (mean,) = asked(SHARED_SCALE, "E[s]")
    assert mean == Exact(inf)


def test_a_comparison_of_two_variables_without_a_closed_form_is_bounded() -> None:
    """a ~ Gamma(5/2, 1) and b ~ Gamma(7/2, 2), each weighted by one more datum of which it is the shape."""
    text = """
    model m() { a ~ Gamma(2.5, 1)
      b ~ Gamma(3.5, 2)
      observe 1.1 ~ Gamma(a, 2)
      observe 0.7 ~ Gamma(b, 1) }
    """

    def density(shape: float, rate: float, of: float, datum: float) -> Any:
        datum = mpmath.mpf(str(datum))
        return lambda z: z ** (shape - 1) * mpmath.exp(-rate * z) * (of * datum) ** z / mpmath.gamma(z)

    first, second = density(2.5, 1, 2, 1.1), density(3.5, 2, 1, 0.7)
    with mpmath.workdps(12):
        whole = mpmath.quad(first, [0, 2, 8, 40]) * mpmath.quad(second, [0, 1, 5, 30])
        less = mpmath.quad(lambda z: first(z) * mpmath.quad(second, [0, z / 2, z]), [0, 1, 3, 8, 30])
    (found,) = asked(text, "P(a > b)")
    assert within(found, less / whole, 1e-8)


def test_two_scales_of_a_hierarchy_are_bounded() -> None:
    """y = θ + noise has variance σ² + τ², and given these θ has the mean y τ² / (σ² + τ²)."""
    text = """
    model m(y: real[2]) { tau ~ HalfNormal(2)
      sigma ~ HalfNormal(2)
      theta[j] ~ Normal(0, tau) for j in 0..2
      observe y[j] ~ Normal(theta[j], sigma) for j in 0..2 }
    """

    def joint(size: Any, angle: Any) -> Any:
        """In polar coordinates, of which the likelihood knows the size alone."""
        prior = mpmath.exp(-(size**2) / 8) / (2 * mpmath.pi)
        return size * prior * mpmath.exp(-mpmath.mpf(25) / 4 / (2 * size**2)) / size**2 / (2 * mpmath.pi)

    with mpmath.workdps(DIGITS):
        z = mpmath.pi / 2 * mpmath.quad(lambda size: joint(size, 0), [0, 1, 3, 8, 40])
        true = [mpmath.log(z), mpmath.mpf("0.75")]  # the mean of cos² is 1/2 by symmetry
    found = asked(text, "evidence", "E[theta[0]]", data={"y": [1.5, -2.0]})
    assert all(within(answer, number, 1e-7) for answer, number in zip(found, true, strict=True))


REGRESSIONS: dict[str, tuple[str, list[int], Any]] = {
    "logistic": (
        "Bernoulli(logit = a + b * x)",
        [0, 1, 0, 1, 1, 1],
        lambda y, m: -np.logaddexp(0, (1 - 2 * y) * m),
    ),
    "probit": (
        "Bernoulli(Normal(0, 1).cdf(a + b * x))",
        [0, 1, 0, 1, 1, 1],
        lambda y, m: log_ndtr((2 * y - 1) * m),
    ),
    "counts": (
        "Poisson(exp(a + b * x))",
        [0, 2, 1, 3, 2, 7],
        lambda y, m: y * m - np.exp(m) - gammaln(y + 1),
    ),
}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_regressions_with_two_coefficients_are_bounded(name: str) -> None:
    law, data, log_density = REGRESSIONS[name]
    places = [-1.5, -0.5, 0.25, 1.0, 1.5, 2.0]
    values = data if name == "counts" else [bool(y) for y in data]
    pairs = ", ".join(f"({x}, {str(y).lower()})" for x, y in zip(places, values, strict=True))
    model = f"""
    model m() {{ a ~ Normal(0, 1)
      b ~ Normal(0.5, 2)
      for (x, y) in [{pairs}] {{ observe y ~ {law} }}
      return a + 2 * b }}
    """
    # The trapezoidal rule on the plane; below and above b = 0.5 apart that of Gauss and Legendre along b.
    nodes, weights = np.polynomial.legendre.leggauss(40)
    b = np.concatenate([low + 0.5 * (nodes + 1) for low in np.arange(-15.5, 16.5)])
    a = np.arange(-9, 9, 0.05)
    mesh = np.meshgrid(a, b, indexing="ij")
    log_joint = norm.logpdf(mesh[0]) + norm.logpdf(mesh[1], 0.5, 2)
    for x, y in zip(places, data, strict=True):
        log_joint += log_density(y, mesh[0] + mesh[1] * x)
    masses = np.exp(log_joint) * 0.05 * np.tile(0.5 * weights, 32)
    z = masses.sum()
    mean = (masses * mesh[1]).sum() / z
    ret = mesh[0] + 2 * mesh[1]
    expected = [
        np.log(z),
        mean,
        ((masses * (mesh[1] - mean) ** 2).sum() / z) ** 0.5,
        (masses * ret).sum() / z,
        (masses * (mesh[1] > 0.5)).sum() / z,
    ]
    found = asked(model, "evidence", "E[b]", "sd(b)", "E[a + 2 * b]", "P(b > 0.5)")
    for answer, number in zip(found, expected, strict=True):
        assert within(answer, number, 1e-10)
    (median,) = asked(model, "quantile(b, 0.5)")
    ends = asked(model, f"P(b < {median.lower!r})", f"P(b < {median.upper!r})")
    assert median.upper - median.lower < 1e-7
    assert ends[0].upper < 0.5 < ends[1].lower


def test_a_program_that_is_run_again_is_known_as_well_as_before() -> None:
    """What is remembered of the first run, whose numbers are equal, is not taken for that of the second."""
    first, second = (asked(LOGIT, "evidence", "P(x > 1)", data={"k": 7, "n": 9}) for _ in range(2))
    assert all(isinstance(answer, Bounds) for answer in first)
    assert first == second


def test_a_probability_near_1_is_within_its_bounds_where_integrals_have_few_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its parts add up to 1; the whole, integrated by itself, differs from their sum by more than that."""
    text = """
    model m() { a ~ Normal(0, 2)
      b ~ Normal(0, 2)
      for (x, y) in [(-1.5, false), (-0.3, false), (0.1, true), (1.4, true)] {
        observe y ~ Bernoulli(logit = a + b * x) } }
    """
    queries = "P(b > -1)", "P(b < -1)"
    sharp = asked(text, *queries)
    monkeypatch.setattr(strips, "enclosures", lambda *_: None)
    _enclosed.cache_clear()
    rough = asked(text, *queries)
    _enclosed.cache_clear()
    for narrow, wide in zip(sharp, rough, strict=True):
        assert narrow.upper - narrow.lower < wide.upper - wide.lower < 1e-9
        assert wide.lower <= narrow.lower
        assert narrow.upper <= wide.upper
