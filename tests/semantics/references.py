"""What the families are compared with: their textbook formulas in 50-digit arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp

Real = Any
"""An mpmath number; the library has no types."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A family's law by formulas that make no effort to be fast or to avoid cancellation.

    log_density: of parameters and value.
    tails:       (P(X <= x), P(X > x)).
    points:      parameter lists.
    values:      where to compare, for each parameter list.
    """

    log_density: Callable[..., Real]
    tails: Callable[..., tuple[Real, Real]]
    points: Sequence[tuple[Any, ...]]
    values: Callable[..., Sequence[float]]


def _around(location: float, scale: float) -> list[float]:
    steps = [-1e5, -300.0, -35.0, -9.0, -3.0, -1.0, -0.2, -1e-9, 0.0, 0.3, 1.1, 4.0, 8.0, 30.0, 500.0, 1e7]
    return [location + scale * step for step in steps]


def _positive(scale: float) -> list[float]:
    return [scale * step for step in (1e-12, 1e-4, 0.02, 0.3, 0.9, 1.0, 1.3, 2.0, 5.0, 20.0, 300.0)]


def _unit() -> list[float]:
    return [1e-14, 1e-5, 0.01, 0.2, 0.5, 0.7, 0.95, 0.999, 1 - 2.0**-30]


def _complement(upper: Real) -> tuple[Real, Real]:
    return 1 - upper, upper


def _real(x: float) -> Real:
    return mp.mpf(x)


# --- continuous laws ---------------------------------------------------------------------------------------


def _standard_normal(z: Real) -> tuple[Real, Real]:
    return mp.erfc(-z / mp.sqrt(2)) / 2, mp.erfc(z / mp.sqrt(2)) / 2


def _normal_density(mean: float, sd: float, x: float) -> Real:
    z = (_real(x) - mean) / sd
    return -z * z / 2 - mp.log(sd) - mp.log(2 * mp.pi) / 2


def _normal_tails(mean: float, sd: float, x: float) -> tuple[Real, Real]:
    return _standard_normal((_real(x) - mean) / sd)


def _exponential_tails(rate: float, x: float) -> tuple[Real, Real]:
    t = _real(rate) * x
    return -mp.expm1(-t), mp.exp(-t)


def _laplace_density(location: float, scale: float, x: float) -> Real:
    return -abs(_real(x) - location) / scale - mp.log(2 * _real(scale))


def _laplace_tails(location: float, scale: float, x: float) -> tuple[Real, Real]:
    z = (_real(x) - location) / scale
    near = mp.exp(-abs(z)) / 2
    return (near, 1 - near) if z < 0 else (1 - near, near)


def _logistic_density(location: float, scale: float, x: float) -> Real:
    z = (_real(x) - location) / scale
    return -z - 2 * mp.log1p(mp.exp(-z)) - mp.log(scale)


def _logistic_tails(location: float, scale: float, x: float) -> tuple[Real, Real]:
    z = (_real(x) - location) / scale
    return 1 / (1 + mp.exp(-z)), 1 / (1 + mp.exp(z))


def _gumbel_density(location: float, scale: float, x: float) -> Real:
    z = (_real(x) - location) / scale
    return -z - mp.exp(-z) - mp.log(scale)


def _gumbel_tails(location: float, scale: float, x: float) -> tuple[Real, Real]:
    t = mp.exp(-(_real(x) - location) / scale)
    return mp.exp(-t), -mp.expm1(-t)


def _cauchy_density(location: float, scale: float, x: float) -> Real:
    z = (_real(x) - location) / scale
    return -mp.log(mp.pi * scale * (1 + z * z))


def _cauchy_tails(location: float, scale: float, x: float) -> tuple[Real, Real]:
    z = (_real(x) - location) / scale
    return mp.atan2(1, -z) / mp.pi, mp.atan2(1, z) / mp.pi


def _half_cauchy_tails(scale: float, x: float) -> tuple[Real, Real]:
    z = _real(x) / scale
    return 2 * mp.atan(z) / mp.pi, 2 * mp.atan(1 / z) / mp.pi


def _half_normal_tails(sd: float, x: float) -> tuple[Real, Real]:
    z = _real(x) / sd / mp.sqrt(2)
    return mp.erf(z), mp.erfc(z)


def _log_normal_density(meanlog: float, sdlog: float, x: float) -> Real:
    return _normal_density(meanlog, sdlog, mp.log(x)) - mp.log(x)


def _log_normal_tails(meanlog: float, sdlog: float, x: float) -> tuple[Real, Real]:
    return _standard_normal((mp.log(x) - meanlog) / sdlog)


def _gamma_density(shape: float, rate: float, x: float) -> Real:
    t = _real(x) * rate
    return _real(shape) * mp.log(t) - t - mp.loggamma(shape) - mp.log(x)


def _gamma_tails(shape: float, rate: float, x: float) -> tuple[Real, Real]:
    t = _real(x) * rate
    if t < shape:
        lower = mp.gammainc(shape, 0, t, regularized=True)
        return lower, mp.gammainc(shape, t, mp.inf, regularized=True) if lower > 0.9 else 1 - lower
    return _complement(mp.gammainc(shape, t, mp.inf, regularized=True))


def _inverse_gamma_density(shape: float, scale: float, x: float) -> Real:
    return _gamma_density(shape, scale, 1 / _real(x)) - 2 * mp.log(x)


def _inverse_gamma_tails(shape: float, scale: float, x: float) -> tuple[Real, Real]:
    lower, upper = _gamma_tails(shape, scale, 1 / _real(x))
    return upper, lower


def _weibull_density(shape: float, scale: float, x: float) -> Real:
    t = (_real(x) / scale) ** shape
    return mp.log(shape) + mp.log(t) - t - mp.log(x)


def _weibull_tails(shape: float, scale: float, x: float) -> tuple[Real, Real]:
    t = (_real(x) / scale) ** shape
    return -mp.expm1(-t), mp.exp(-t)


def _pareto_density(shape: float, scale: float, x: float) -> Real:
    return mp.log(shape) + shape * mp.log(_real(scale) / x) - mp.log(x)


def _pareto_tails(shape: float, scale: float, x: float) -> tuple[Real, Real]:
    return _complement((_real(scale) / x) ** shape)


def _beta_density(a: float, b: float, x: float) -> Real:
    log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(_real(a) + b)
    return (_real(a) - 1) * mp.log(x) + (_real(b) - 1) * mp.log1p(-_real(x)) - log_beta


def _beta_tails(a: float, b: float, x: Real) -> tuple[Real, Real]:
    lower = mp.betainc(a, b, 0, x, regularized=True)
    return (
        (lower, 1 - lower)
        if lower < 0.5
        else _complement(mp.betainc(b, a, 0, 1 - _real(x), regularized=True))
    )


def _uniform_tails(lower: float, upper: float, x: float) -> tuple[Real, Real]:
    width = _real(upper) - lower
    return (_real(x) - lower) / width, (_real(upper) - x) / width


def _kumaraswamy_density(a: float, b: float, x: float) -> Real:
    x = _real(x)
    return mp.log(a) + mp.log(b) + (_real(a) - 1) * mp.log(x) + (_real(b) - 1) * mp.log(1 - x**a)


def _student_density(df: float, location: float, scale: float, x: float) -> Real:
    z = (_real(x) - location) / scale
    half = _real(df) / 2
    constant = mp.loggamma(half + 0.5) - mp.loggamma(half) - mp.log(df * mp.pi) / 2 - mp.log(scale)
    return constant - (half + 0.5) * mp.log1p(z * z / df)


def _student_tails(df: float, location: float, scale: float, x: float) -> tuple[Real, Real]:
    z = (_real(x) - location) / scale
    near = mp.betainc(_real(df) / 2, 0.5, 0, df / (df + z * z), regularized=True) / 2
    return (near, 1 - near) if z < 0 else (1 - near, near)


def _half_student_tails(df: float, scale: float, x: float) -> tuple[Real, Real]:
    upper = _student_tails(df, 0.0, scale, x)[1]
    return 1 - 2 * upper, 2 * upper


def _von_mises_density(location: float, concentration: float, x: float) -> Real:
    kappa = _real(concentration)
    return kappa * mp.cos(_real(x) - location) - mp.log(2 * mp.pi * mp.besseli(0, kappa))


def _von_mises_tails(location: float, concentration: float, x: float) -> tuple[Real, Real]:
    # `quad` stops at an absolute error, hence the scaling by the density at the point.
    def density(t: Real) -> Real:
        return mp.exp(concentration * (mp.cos(t - _real(location)) - mp.cos(_real(x) - location)))

    with mp.workdps(25):
        scale = mp.exp(_von_mises_density(location, concentration, x))
        return (
            scale * mp.quad(density, mp.linspace(-mp.pi, x, 20)),
            scale * mp.quad(density, mp.linspace(x, mp.pi, 20)),
        )


def _skew_density(location: float, scale: float, shape: float, x: float) -> Real:
    z = (_real(x) - location) / scale
    return mp.log(2) + _normal_density(0.0, 1.0, z) + mp.log(_standard_normal(shape * z)[0]) - mp.log(scale)


def _skew_tails(location: float, scale: float, shape: float, x: float) -> tuple[Real, Real]:
    # Phi(z) - 2 T(z, shape) with Owen's T, in digits that outlast the cancellation.
    z = (_real(x) - location) / scale

    def integrand(t: Real) -> Real:
        return mp.exp(-z * z * (1 + t * t) / 2) / (1 + t * t)

    owen = mp.quad(integrand, mp.linspace(0, shape, 5)) / (2 * mp.pi) if shape else mp.mpf(0)
    lower, upper = _standard_normal(z)
    return lower - 2 * owen, upper + 2 * owen


CONTINUOUS: dict[str, Reference] = {
    "Normal": Reference(
        _normal_density, _normal_tails, [(0.0, 1.0), (-3.5, 0.01), (1e4, 250.0)],
        lambda mean, sd: [x for x in _around(mean, sd) if abs(x - mean) < 1e3 * sd],
    ),
    "Uniform": Reference(
        lambda lower, upper, x: -mp.log(_real(upper) - lower), _uniform_tails, [(0.0, 1.0), (-3.0, 5.5)],
        lambda lower, upper: [lower + (upper - lower) * u for u in _unit()],
    ),
    "Exponential": Reference(
        lambda rate, x: mp.log(rate) - _real(rate) * x, _exponential_tails, [(1.0,), (0.003,), (70.0,)],
        lambda rate: _positive(1 / rate),
    ),
    "Laplace": Reference(_laplace_density, _laplace_tails, [(0.0, 1.0), (2.5, 0.3)], _around),
    "Logistic": Reference(_logistic_density, _logistic_tails, [(0.0, 1.0), (2.5, 0.3)], _around),
    "Gumbel": Reference(
        _gumbel_density, _gumbel_tails, [(0.0, 1.0), (2.5, 0.3)],
        lambda location, scale: [x for x in _around(location, scale) if x > location - 10 * scale],
    ),
    "Cauchy": Reference(_cauchy_density, _cauchy_tails, [(0.0, 1.0), (2.5, 0.3)], _around),
    "HalfCauchy": Reference(
        lambda scale, x: mp.log(2) + _cauchy_density(0.0, scale, x), _half_cauchy_tails, [(1.0,), (25.0,)],
        _positive,
    ),
    "HalfNormal": Reference(
        lambda sd, x: mp.log(2) + _normal_density(0.0, sd, x), _half_normal_tails,
        [(1.0,), (25.0,)], _positive,
    ),
    "LogNormal": Reference(
        _log_normal_density, _log_normal_tails, [(0.0, 1.0), (-2.0, 0.25), (3.0, 2.0)],
        lambda meanlog, sdlog: _positive(float(mp.exp(meanlog))),
    ),
    "Gamma": Reference(
        _gamma_density, _gamma_tails,
        [(1.0, 1.0), (0.01, 3.0), (0.5, 0.1), (4.5, 2.0), (90.0, 0.3), (3000.0, 7.0)],
        lambda shape, rate: _positive(shape / rate),
    ),
    "ChiSquared": Reference(
        lambda df, x: _gamma_density(_real(df) / 2, 0.5, x),
        lambda df, x: _gamma_tails(_real(df) / 2, 0.5, x),
        [(1.0,), (0.3,), (17.0,)], _positive,
    ),
    "InverseGamma": Reference(
        _inverse_gamma_density, _inverse_gamma_tails, [(1.0, 1.0), (0.5, 3.0), (2.5, 0.4), (40.0, 80.0)],
        lambda shape, scale: [x for x in _positive(scale / shape) if x > 1e-3 * scale / shape],
    ),
    "Weibull": Reference(
        _weibull_density, _weibull_tails, [(1.0, 1.0), (0.4, 3.0), (7.0, 0.2)],
        lambda shape, scale: [x for x in _positive(scale) if (x / scale) ** shape < 1e4],
    ),
    "Pareto": Reference(
        _pareto_density, _pareto_tails, [(1.0, 1.0), (0.4, 3.0), (7.0, 0.2)],
        lambda shape, scale: [scale + x for x in _positive(scale)],
    ),
    "Beta": Reference(
        _beta_density, _beta_tails,
        [(1.0, 1.0), (0.5, 0.5), (2.0, 5.0), (0.05, 3.0), (70.0, 30.0), (1500.0, 900.0)],
        lambda a, b: _unit(),
    ),
    "Kumaraswamy": Reference(
        _kumaraswamy_density, lambda a, b, x: _complement((1 - _real(x) ** a) ** b),
        [(1.0, 1.0), (0.5, 0.5), (2.0, 5.0), (30.0, 2.0)], lambda a, b: _unit(),
    ),
    "StudentT": Reference(
        _student_density, _student_tails,
        [(1.0, 0.0, 1.0), (0.3, 1.0, 2.0), (4.0, -5.0, 0.1), (1e6, 0.0, 1.0)],
        lambda df, location, scale: [x for x in _around(location, scale) if df < 1e3 or abs(x) < 100],
    ),
    "HalfStudentT": Reference(
        lambda df, scale, x: mp.log(2) + _student_density(df, 0.0, scale, x), _half_student_tails,
        [(1.0, 1.0), (0.3, 2.0), (4.0, 0.1)], lambda df, scale: _positive(scale),
    ),
    "VonMises": Reference(
        _von_mises_density, _von_mises_tails, [(0.0, 0.0), (0.5, 0.7), (-2.0, 15.0), (7.0, 60.0)],
        lambda location, concentration: [-3.1, -0.3, 0.6, 1.4],
    ),
    "SkewNormal": Reference(
        _skew_density, _skew_tails, [(0.0, 1.0, 0.0), (1.0, 2.0, 0.7), (0.0, 1.0, -4.0), (0.0, 0.5, 30.0)],
        lambda location, scale, shape: [
            location + scale * z for z in (-3.0, -1.0, -0.1, 0.0, 0.05, 0.8, 2.0, 5.0) if abs(z * shape) < 7
        ],
    ),
}  # fmt: skip


# --- discrete laws -----------------------------------------------------------------------------------------


def _choose(n: Any, k: Any) -> Real:
    return mp.gamma(_real(n) + 1) / mp.gamma(_real(k) + 1) / mp.gamma(_real(n) - k + 1)


def _summed(
    log_mass: Callable[..., Real], ends: Callable[..., tuple[int, int]]
) -> Callable[..., tuple[Real, Real]]:
    """Both tails by summing masses from the first to the last value, `ends(*parameters)`."""

    def tails(*arguments: Any) -> tuple[Real, Real]:
        *parameters, x = arguments
        first, last = ends(*parameters)
        below = mp.fsum(mp.exp(log_mass(*parameters, k)) for k in range(first, x + 1))
        above = mp.fsum(mp.exp(log_mass(*parameters, k)) for k in range(x + 1, last + 1))
        return below, above

    return tails


def _bernoulli(p: float, x: bool) -> Real:
    return mp.log(p) if x else mp.log1p(-_real(p))


def _binomial(n: int, p: float, x: int) -> Real:
    return mp.log(_choose(n, x)) + x * mp.log(p) + (n - x) * mp.log1p(-_real(p))


def _categorical(probabilities: Sequence[float], x: int) -> Real:
    return mp.log(probabilities[x])


def _geometric(p: float, x: int) -> Real:
    return mp.log(p) + x * mp.log1p(-_real(p))


def _negative_binomial(successes: float, p: float, x: int) -> Real:
    r = _real(successes)
    return mp.loggamma(r + x) - mp.loggamma(r) - mp.loggamma(x + 1) + r * mp.log(p) + x * mp.log1p(-_real(p))


def _poisson(rate: float, x: int) -> Real:
    return x * mp.log(rate) - _real(rate) - mp.loggamma(x + 1)


def _hypergeometric(population: int, successes: int, draws: int, x: int) -> Real:
    ways = _choose(successes, x) * _choose(population - successes, draws - x)
    return mp.log(ways) - mp.log(_choose(population, draws))


def _beta_binomial(n: int, a: float, b: float, x: int) -> Real:
    def log_beta(s: Real, t: Real) -> Real:
        return mp.loggamma(s) + mp.loggamma(t) - mp.loggamma(s + t)

    return mp.log(_choose(n, x)) + log_beta(_real(a) + x, _real(b) + n - x) - log_beta(_real(a), _real(b))


def _ordered_logistic(location: float, cutpoints: Sequence[float], x: int) -> Real:
    edges = [-mp.inf, *(_real(c) - location for c in cutpoints), mp.inf]
    return mp.log(1 / (1 + mp.exp(-edges[x + 1])) - 1 / (1 + mp.exp(-edges[x])))


def _zipf(exponent: float, n: int, x: int) -> Real:
    total = mp.fsum(_real(k) ** -exponent for k in range(1, n + 1)) if n > 0 else mp.zeta(exponent)
    return -_real(exponent) * mp.log(x) - mp.log(total)


def _zipf_tails(exponent: float, n: int, x: int) -> tuple[Real, Real]:
    if n > 0:
        return _summed(_zipf, lambda _, last: (1, last))(exponent, n, x)
    return _complement(mp.zeta(exponent, x + 1) / mp.zeta(exponent))


def _counts(high: int) -> list[int]:
    return sorted(
        {k for k in (0, 1, 2, 3, 7, 20, 60, 99, 150, 400, high // 2, high - 1, high) if 0 <= k <= high}
    )


DISCRETE: dict[str, Reference] = {
    "Bernoulli": Reference(
        _bernoulli, lambda p, x: (1 - _real(p), _real(p)) if not x else (mp.mpf(1), mp.mpf(0)),
        [(0.3,), (1e-9,), (0.999,)], lambda p: [False, True],
    ),
    "Binomial": Reference(
        _binomial, _summed(_binomial, lambda n, p: (0, n)), [(1, 0.3), (7, 0.5), (100, 0.02), (400, 0.9)],
        lambda n, p: _counts(n),
    ),
    "Categorical": Reference(
        _categorical, _summed(_categorical, lambda probabilities: (0, len(probabilities) - 1)),
        [((0.25, 0.5, 0.125, 0.125),), ((1e-12, 1 - 1e-12),)],
        lambda probabilities: list(range(len(probabilities))),
    ),
    "Geometric": Reference(
        _geometric,
        lambda p, x: (-mp.expm1((x + 1) * mp.log1p(-_real(p))), mp.exp((x + 1) * mp.log1p(-_real(p)))),
        [(0.3,), (1e-6,), (0.99,)], lambda p: _counts(2000),
    ),
    "NegativeBinomial": Reference(
        _negative_binomial,
        lambda r, p, x: _beta_tails(r, x + 1, p), [(1.0, 0.3), (0.2, 0.01), (12.5, 0.7), (400.0, 0.5)],
        lambda r, p: _counts(900),
    ),
    "Poisson": Reference(
        _poisson, lambda rate, x: _gamma_tails(x + 1, 1.0, rate)[::-1], [(0.01,), (1.0,), (37.5,), (800.0,)],
        lambda rate: _counts(1500),
    ),
    "UniformInt": Reference(
        lambda lower, upper, x: -mp.log(upper - lower + 1),
        lambda lower, upper, x: (
            _real(x - lower + 1) / (upper - lower + 1), _real(upper - x) / (upper - lower + 1)
        ),
        [(0, 1), (-3, 9), (5, 5), (0, 10**12)],
        lambda lower, upper: sorted({lower, (lower + upper) // 2, upper}),
    ),
    "Hypergeometric": Reference(
        _hypergeometric,
        _summed(
            _hypergeometric,
            lambda population, successes, draws: (
                max(0, draws - population + successes), min(successes, draws)
            ),
        ),
        [(10, 4, 3), (1000, 300, 200), (50, 20, 50), (3000, 1500, 4)],
        lambda population, successes, draws: [
            k for k in _counts(min(successes, draws)) if k >= draws - (population - successes)
        ],
    ),
    "BetaBinomial": Reference(
        _beta_binomial, _summed(_beta_binomial, lambda n, a, b: (0, n)),
        [(1, 1.0, 1.0), (20, 0.3, 0.2), (300, 4.0, 9.0), (40, 2e4, 1e4)], lambda n, a, b: _counts(n),
    ),
    "OrderedLogistic": Reference(
        _ordered_logistic, _summed(_ordered_logistic, lambda location, cutpoints: (0, len(cutpoints))),
        [(0.0, (-1.0, 0.5, 2.0)), (30.0, (-1.0, 0.5)), (1.0, (1.0,)), (0.0, (0.1, 0.1 + 1e-9))],
        lambda location, cutpoints: list(range(len(cutpoints) + 1)),
    ),
    "Zipf": Reference(
        _zipf, _zipf_tails, [(1.5, 0), (3.0, 0), (1.0, 60), (0.0, 9), (2.5, 100)],
        lambda exponent, n: [k for k in (1, 2, 5, 40, 1000, 10**5) if n == 0 or k <= n],
    ),
}  # fmt: skip

REFERENCES = CONTINUOUS | DISCRETE
