"""Every family against 50-digit arithmetic, against its own definitions, and by its draws."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from pplc.lang.families import FAMILIES
from pplc.semantics.families import NUMERICS, Numerics
from pplc.semantics.source import Seeded
from tests.semantics.references import CONTINUOUS, DISCRETE, REFERENCES
from tests.support.statistics import FALSE_ALARM

CASES = [(name, point) for name, reference in REFERENCES.items() for point in reference.points]
every_case = pytest.mark.parametrize(
    ("name", "point"), CASES, ids=[f"{name}{point}" for name, point in CASES]
)


@pytest.fixture(autouse=True)
def _fifty_digits() -> Any:
    with mp.workdps(50):
        yield


def _close(ours: float, exact: Any, tolerance: float = 1e-12, floor: float = 0.0) -> None:
    """`ours` is within `tolerance` of `exact`, relative to it or to `floor` if that is larger."""
    assert abs(ours - exact) <= tolerance * max(abs(exact), floor), f"{ours!r} is not {mp.nstr(exact, 20)}"


def test_every_scalar_family_has_numerics_and_a_reference() -> None:
    scalars = {name for name, family in FAMILIES.items() if family.event_rank == 0}
    assert scalars <= set(NUMERICS)
    assert scalars == set(REFERENCES)


@every_case
def test_log_density_is_right_in_the_bulk_and_the_tails(name: str, point: tuple[Any, ...]) -> None:
    reference = REFERENCES[name]
    for x in reference.values(*point):
        # An absolute error of a log density is a relative one of the density.
        _close(NUMERICS[name].log_density(*point, x), reference.log_density(*point, x), floor=1.0)


@every_case
def test_distribution_functions_are_right_in_both_tails(name: str, point: tuple[Any, ...]) -> None:
    reference, numerics = REFERENCES[name], NUMERICS[name]
    assert numerics.cdf is not None
    assert numerics.log_cdf is not None
    assert numerics.log_ccdf is not None
    for x in reference.values(*point):
        lower, upper = reference.tails(*point, x)
        smallest = mp.mpf(10) ** -280
        if lower > smallest:
            _close(numerics.cdf(*point, x), lower)
        # Where one tail holds all but 1e-30, the 50-digit difference has few digits left.
        if lower > 0 and upper > mp.mpf(10) ** -30:
            _close(numerics.log_cdf(*point, x), mp.log(lower) if lower < 0.5 else mp.log1p(-upper))
        if upper > 0 and lower > mp.mpf(10) ** -30:
            _close(numerics.log_ccdf(*point, x), mp.log(upper) if upper < 0.5 else mp.log1p(-lower))


@every_case
def test_nothing_lies_below_or_above_the_support(name: str, point: tuple[Any, ...]) -> None:
    numerics = NUMERICS[name]
    assert numerics.cdf is not None
    assert numerics.log_cdf is not None
    assert numerics.log_ccdf is not None
    low, high = _support(numerics, point)
    if low > -math.inf:
        if name != "Bernoulli":  # whose mass is of `true` and `false`, and nothing else has their type
            assert numerics.log_density(*point, low - 1) == -math.inf
        assert numerics.cdf(*point, low - 1) == 0
        assert numerics.log_cdf(*point, low - 1) == -math.inf
        assert numerics.log_ccdf(*point, low - 1) == 0
    if high < math.inf:
        if name != "Bernoulli":
            assert numerics.log_density(*point, high + 1) == -math.inf
        assert numerics.log_ccdf(*point, high + 1) == -math.inf
    assert numerics.cdf(*point, high) == pytest.approx(1, abs=1e-15)
    assert numerics.log_cdf(*point, high) == pytest.approx(0, abs=1e-15)


def _support(numerics: Numerics, point: tuple[Any, ...]) -> tuple[float, float]:
    """The smallest interval that holds the support."""
    if numerics.support_values is not None:
        listed = numerics.support_values(*point)
        first = next(iter(listed))
        return first, (listed[-1] if isinstance(listed, range | tuple) else math.inf)  # type: ignore[return-value]
    names = {p.name: value for p, value in zip(numerics.family.parameters, point, strict=True)}
    support = numerics.family.support
    if support.kind.name == "CIRCLE":
        return -math.pi, math.pi
    low = names.get(str(support.lower), support.lower)
    high = names.get(str(support.upper), support.upper)
    return (-math.inf if low is None else low), (math.inf if high is None else high)


CONTINUOUS_CASES = [(name, point) for name, reference in CONTINUOUS.items() for point in reference.points]
every_density = pytest.mark.parametrize(
    ("name", "point"), CONTINUOUS_CASES, ids=[f"{name}{point}" for name, point in CONTINUOUS_CASES]
)
DISCRETE_CASES = [(name, point) for name, reference in DISCRETE.items() for point in reference.points]
every_mass = pytest.mark.parametrize(
    ("name", "point"), DISCRETE_CASES, ids=[f"{name}{point}" for name, point in DISCRETE_CASES]
)
LEVELS = [1e-300, 1e-30, 1e-9, 0.01, 0.3, 0.5, 0.6, 0.9, 1 - 2.0**-20, 1 - 2.0**-45]


@every_density
def test_quantiles_invert_the_distribution_function(name: str, point: tuple[Any, ...]) -> None:
    numerics = NUMERICS[name]
    assert numerics.quantile is not None
    assert numerics.log_cdf is not None
    assert numerics.log_ccdf is not None
    for p in LEVELS:
        x = numerics.quantile(*point, p)
        low, high = _support(numerics, point)
        assert low <= x <= high
        if x in (low, high):  # the quantile lies nearer to the end than any float
            continue
        ours = numerics.log_cdf(*point, x) if p < 0.5 else numerics.log_ccdf(*point, x)
        wanted = math.log(p) if p < 0.5 else math.log1p(-p)
        # One rounding of x moves the log tail by its slope times the spacing of floats there.
        slope = math.exp(numerics.log_density(*point, x) - ours)
        assert abs(ours - wanted) <= 1e-12 * max(1, abs(wanted)) + 4 * slope * math.ulp(x)
    assert math.isnan(numerics.quantile(*point, 1.5))


@every_mass
def test_quantiles_are_the_least_value_that_reaches_the_level(name: str, point: tuple[Any, ...]) -> None:
    numerics = NUMERICS[name]
    assert numerics.quantile is not None
    assert numerics.cdf is not None
    for p in (1e-30, 1e-9, 0.01, 0.3, 0.5, 0.6, 0.9, 0.999):
        k = numerics.quantile(*point, p)
        assert numerics.cdf(*point, k) >= p * (1 - 1e-13)
        assert numerics.cdf(*point, k - 1) < p
    for k in REFERENCES[name].values(*point)[:3]:
        level = numerics.cdf(*point, k)
        if numerics.log_density(*point, k) > -30 and level < 0.99:
            assert numerics.quantile(*point, level) == k


# Laws too long to sum up; their moments stand in `test_moments_of_long_laws`.
LONG = {("Zipf", (1.5, 0)), ("Zipf", (3.0, 0)), ("UniformInt", (0, 10**12)), ("Geometric", (1e-6,))}
SHORT_CASES = [case for case in DISCRETE_CASES if case not in LONG]


@pytest.mark.parametrize(
    ("name", "point"), SHORT_CASES, ids=[f"{name}{point}" for name, point in SHORT_CASES]
)
def test_masses_sum_to_one_with_the_stated_moments(name: str, point: tuple[Any, ...]) -> None:
    numerics = NUMERICS[name]
    assert numerics.support_values is not None
    assert numerics.quantile is not None
    assert numerics.mean is not None
    assert numerics.variance is not None
    last = numerics.quantile(*point, 1 - 1e-15) + 40
    support: Iterable[Any] = numerics.support_values(*point)
    values = list(itertools.takewhile(lambda k: k <= last, support))
    masses = [math.exp(numerics.log_density(*point, k)) for k in values]
    mean = math.fsum(m * k for m, k in zip(masses, values, strict=True))
    variance = math.fsum(m * (k - mean) ** 2 for m, k in zip(masses, values, strict=True))
    assert math.fsum(masses) == pytest.approx(1, abs=1e-12)
    assert numerics.mean(*point) == pytest.approx(mean, rel=1e-10, abs=1e-12)
    assert numerics.variance(*point) == pytest.approx(variance, rel=1e-9, abs=1e-12)
    if numerics.entropy is not None:
        entropy = -math.fsum(m * math.log(m) for m in masses if m > 0)
        assert numerics.entropy(*point) == pytest.approx(entropy, rel=1e-10, abs=1e-12)


def test_moments_of_long_laws() -> None:
    zipf = NUMERICS["Zipf"]
    assert zipf.mean is not None
    assert zipf.variance is not None
    assert zipf.mean(1.5, 0) == math.inf
    mean = mp.zeta(3.5) / mp.zeta(4.5)
    _close(float(zipf.mean(4.5, 0)), mean)  # type: ignore[arg-type]
    _close(float(zipf.variance(4.5, 0)), mp.zeta(2.5) / mp.zeta(4.5) - mean**2)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0.3, 3.0, 150.0, 200.0, 201.0, 1e4])
def test_the_entropy_of_poisson_is_the_sum_over_its_masses(rate: float) -> None:
    poisson = NUMERICS["Poisson"]
    assert poisson.entropy is not None
    width = 12 * math.sqrt(rate) + 30
    logs = [poisson.log_density(rate, k) for k in range(max(0, int(rate - width)), int(rate + width))]
    assert poisson.entropy(rate) == pytest.approx(-math.fsum(w * math.exp(w) for w in logs), rel=1e-11)


# --- densities by quadrature -------------------------------------------------------------------------------

NODES, WEIGHTS = (list(map(float, part)) for part in np.polynomial.legendre.leggauss(20))


def _panels(low: float, high: float, panels: int) -> Iterator[tuple[float, float]]:
    """The nodes of an integral from `low` to `high`, with their weights."""
    half = (high - low) / panels / 2
    for i in range(panels):
        for t, w in zip(NODES, WEIGHTS, strict=True):
            yield low + (2 * i + 1 + t) * half, w * half


def _pieces(name: str, point: tuple[Any, ...]) -> list[tuple[float, float, float]]:
    """Points, the log density there, and the probability around them; tails are spread out."""
    numerics = NUMERICS[name]
    assert numerics.quantile is not None
    low, high = _support(numerics, point)
    found: list[tuple[float, float, float]] = []

    def add(x: float, size: float) -> None:
        w = numerics.log_density(*point, x)
        if w > -745:
            found.append((x, w, math.exp(w) * size))

    if high < math.inf and name in {"Uniform", "VonMises"}:
        for x, size in _panels(low, high, 64):
            add(x, size)
    elif high < math.inf:
        for u, size in _panels(-120, 36, 700):
            add(1 / (1 + math.exp(-u)), size / (2 + math.exp(u) + math.exp(-u)))
    elif low > -math.inf:
        scale = numerics.quantile(*point, 0.5) - low
        for u, size in _panels(-250, 80, 2000):
            add(low + scale * math.exp(u), size * scale * math.exp(u))
    else:
        middle = numerics.quantile(*point, 0.5)
        scale = (numerics.quantile(*point, 0.75) - numerics.quantile(*point, 0.25)) / 4
        for u, size in _panels(-80.0, 80.0, 320):
            add(middle + scale * math.sinh(u), size * scale * math.cosh(u))
    return found


# Densities so heavy at an end that no float is near enough to it for the integral to be complete.
STEEP = {("Gamma", (0.01, 3.0)), ("Beta", (0.05, 3.0)), ("Beta", (0.5, 0.5)), ("Kumaraswamy", (0.5, 0.5))}
GENTLE_CASES = [case for case in CONTINUOUS_CASES if case not in STEEP]


@pytest.mark.parametrize(
    ("name", "point"), GENTLE_CASES, ids=[f"{name}{point}" for name, point in GENTLE_CASES]
)
def test_densities_integrate_to_one_with_the_stated_moments(name: str, point: tuple[Any, ...]) -> None:
    numerics = NUMERICS[name]
    pieces = _pieces(name, point)
    assert math.fsum(p for _, _, p in pieces) == pytest.approx(1, abs=1e-10)
    variance = numerics.variance(*point) if numerics.variance is not None else math.nan
    assert isinstance(variance, float)
    if math.isfinite(variance):
        assert numerics.mean is not None
        mean = numerics.mean(*point)
        assert isinstance(mean, float)
        ours = math.fsum(p * x for x, _, p in pieces)
        assert mean == pytest.approx(ours, rel=1e-9, abs=1e-9 * math.sqrt(variance))
        spread = math.fsum(p * (x - mean) ** 2 for x, _, p in pieces)
        assert variance == pytest.approx(spread, rel=1e-8)
    if numerics.entropy is not None:
        entropy = -math.fsum(p * w for _, w, p in pieces)
        assert numerics.entropy(*point) == pytest.approx(entropy, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "point", "mean", "variance"),
    [
        ("Cauchy", (0.0, 1.0), math.nan, math.nan),
        ("HalfCauchy", (1.0,), math.inf, math.nan),
        ("StudentT", (1.0, 0.0, 1.0), math.nan, math.nan),
        ("StudentT", (2.0, 3.0, 1.0), 3.0, math.inf),
        ("HalfStudentT", (1.0, 1.0), math.inf, math.nan),
        ("InverseGamma", (1.0, 1.0), math.inf, math.nan),
        ("InverseGamma", (2.0, 1.0), 1.0, math.inf),
        ("Pareto", (1.0, 1.0), math.inf, math.nan),
        ("Pareto", (2.0, 1.0), 2.0, math.inf),
    ],
)
def test_moments_that_do_not_exist_are_infinite_or_nan(
    name: str, point: tuple[float, ...], mean: float, variance: float
) -> None:
    numerics = NUMERICS[name]
    assert numerics.mean is not None
    assert numerics.variance is not None
    assert numerics.mean(*point) == pytest.approx(mean, nan_ok=True)
    assert numerics.variance(*point) == pytest.approx(variance, nan_ok=True)


# --- draws -------------------------------------------------------------------------------------------------

EXTRA_DRAWS = [
    ("Binomial", (1000, 0.3)),
    ("Binomial", (100_000, 0.999)),
    ("Poisson", (9.9,)),
    ("Poisson", (1e6,)),
    ("BetaBinomial", (64, 2.0, 3.0)),
    ("Hypergeometric", (10_000, 4_000, 3_000)),
    ("Zipf", (1.0, 10**6)),
    ("Zipf", (0.5, 3)),
    ("VonMises", (1.0, 1e-9)),
    ("VonMises", (3.0, 1e3)),
    ("Gamma", (0.2, 1.0)),
]


@pytest.mark.parametrize(
    ("name", "point"),
    [*CASES, *EXTRA_DRAWS],
    ids=[f"{name}{point}" for name, point in [*CASES, *EXTRA_DRAWS]],
)
def test_draws_follow_the_distribution_function(name: str, point: tuple[Any, ...]) -> None:
    """Dvoretzky-Kiefer-Wolfowitz with the constant of Massart (1990), which holds for discrete laws too."""
    numerics = NUMERICS[name]
    assert numerics.cdf is not None
    n = 400 if name in {"SkewNormal", "VonMises"} else 3000
    source = Seeded(20_260_101)
    drawn = sorted(numerics.draw(source, *point) for _ in range(n))  # type: ignore[type-var]
    distance = 0.0
    below = 0
    for x, group in itertools.groupby(drawn):
        after = numerics.cdf(*point, x)
        before = numerics.cdf(*point, x - 1) if numerics.family.discrete else after  # type: ignore[operator]
        distance = max(
            distance, before - below / n if not numerics.family.discrete else abs(before - below / n)
        )
        below += len(list(group))
        distance = max(distance, abs(below / n - after))
    assert distance < math.sqrt(math.log(2 / FALSE_ALARM) / (2 * n))
    if numerics.family.support.kind.name == "BOOLEAN":
        assert {type(x) for x in drawn} == {bool}
    elif numerics.family.discrete:
        assert {type(x) for x in drawn} == {int}


def test_equal_seeds_give_equal_draws() -> None:
    for numerics, reference in ((NUMERICS[name], REFERENCES[name]) for name in REFERENCES):
        point = reference.points[-1]
        assert numerics.draw(Seeded(3), *point) == numerics.draw(Seeded(3), *point)
