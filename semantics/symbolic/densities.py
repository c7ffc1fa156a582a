"""The log densities of families as formulas, for parameters and values that are not known.

Formulas of Johnson, Kotz & Balakrishnan and Johnson, Kemp & Kotz, as `pplc.lang.families` cites them,
in the parameters of the main list. They hold on the support; what the support demands of a value is said
by `bounds`. The tests compare each with its kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import comb
from types import MappingProxyType
from typing import TypeAlias

from pplc.semantics.linalg import ldl
from pplc.semantics.symbolic.elementary import (
    LOG_2PI,
    LOG_PI,
    Number,
    applied,
    exp,
    lgamma,
    log,
    log1p,
    log_beta,
    raised,
    sqrt,
)
from pplc.semantics.symbolic.expression import Unknown

_HALF = Fraction(1, 2)


def _normal(mean: Number, sd: Number, x: Number) -> Number:
    return -_HALF * ((x - mean) / sd) ** 2 - log(sd) - _HALF * LOG_2PI


def _normal_by_variance(mean: Number, variance: Number, x: Number) -> Number:
    """Without the standard deviation, which is rational more seldom."""
    return -_HALF * (x - mean) ** 2 / variance - _HALF * log(variance) - _HALF * LOG_2PI


def _normal_by_precision(mean: Number, precision: Number, x: Number) -> Number:
    return -_HALF * precision * (x - mean) ** 2 + _HALF * log(precision) - _HALF * LOG_2PI


def _student_t(df: Number, location: Number, scale: Number, x: Number) -> Number:
    spread = log1p(((x - location) / scale) ** 2 / df)
    power = _HALF * (df + 1)  # a rational, where a quotient of integers would be a float
    constant = lgamma(power) - lgamma(_HALF * df) - _HALF * log(df) - _HALF * LOG_PI
    return constant - log(scale) - power * spread


def _cauchy(location: Number, scale: Number, x: Number) -> Number:
    return -log(scale) - LOG_PI - log1p(((x - location) / scale) ** 2)


def _laplace(location: Number, scale: Number, x: Number) -> Number:
    return -abs(x - location) / scale - log(2 * scale)


def _logistic(location: Number, scale: Number, x: Number) -> Number:
    z = (x - location) / scale
    return -z - log(scale) - 2 * log(1 + exp(-z))


def _gumbel(location: Number, scale: Number, x: Number) -> Number:
    z = (x - location) / scale
    return -z - exp(-z) - log(scale)


def _log_normal(mean: Number, sd: Number, x: Number) -> Number:
    return _normal(mean, sd, log(x)) - log(x)


def _half_normal(sd: Number, x: Number) -> Number:
    return _normal(0, sd, x) + log(2)


def _half_cauchy(scale: Number, x: Number) -> Number:
    return _cauchy(0, scale, x) + log(2)


def _half_student_t(df: Number, scale: Number, x: Number) -> Number:
    return _student_t(df, 0, scale, x) + log(2)


def _exponential(rate: Number, x: Number) -> Number:
    return log(rate) - rate * x


def _gamma(shape: Number, rate: Number, x: Number) -> Number:
    return shape * log(rate) - lgamma(shape) + (shape - 1) * log(x) - rate * x


def _inverse_gamma(shape: Number, scale: Number, x: Number) -> Number:
    return shape * log(scale) - lgamma(shape) - (shape + 1) * log(x) - scale / x


def _chi_squared(df: Number, x: Number) -> Number:
    return _gamma(df / Fraction(2), _HALF, x)


def _weibull(shape: Number, scale: Number, x: Number) -> Number:
    z = x / scale
    return log(shape) - log(scale) + (shape - 1) * log(z) - raised(z, shape)


def _pareto(shape: Number, scale: Number, x: Number) -> Number:
    return log(shape) + shape * log(scale) - (shape + 1) * log(x)


def _beta(a: Number, b: Number, x: Number) -> Number:
    return (a - 1) * log(x) + (b - 1) * log(1 - x) - log_beta(a, b)


def _uniform(lower: Number, upper: Number, x: Number) -> Number:  # noqa: ARG001
    return -log(upper - lower)


def _kumaraswamy(a: Number, b: Number, x: Number) -> Number:
    return log(a) + log(b) + (a - 1) * log(x) + (b - 1) * log(1 - raised(x, a))


def _bernoulli(p: Number, x: bool) -> Number:
    return log(p) if x else log(1 - p)


def _binomial(n: int, p: Number, k: int) -> Number:
    return log(comb(n, k)) + k * log(p) + (n - k) * log(1 - p)


def _categorical(probabilities: Sequence[Number], k: int) -> Number:
    return log(probabilities[k])


def _geometric(p: Number, k: int) -> Number:
    return log(p) + k * log(1 - p)


def _negative_binomial(successes: Number, p: Number, k: int) -> Number:
    counted = lgamma(k + successes) - lgamma(successes) - lgamma(k + 1)
    return counted + successes * log(p) + (k * log(1 - p) if k else 0)


def _poisson(rate: Number, k: int) -> Number:
    return k * log(rate) - rate - lgamma(k + 1)


def _beta_binomial(n: int, a: Number, b: Number, k: int) -> Number:
    return log(comb(n, k)) + log_beta(a + k, b + n - k) - log_beta(a, b)


def _multinomial(n: int, probabilities: Sequence[Number], counts: Sequence[int]) -> Number:
    total = lgamma(n + 1)
    for p, k in zip(probabilities, counts, strict=True):
        total = total + (k * log(p) if k else 0) - lgamma(k + 1)
    return total


def _dirichlet(concentration: Sequence[Number], x: Sequence[Number]) -> Number:
    total: Number = Fraction(0)
    sum_: Number = Fraction(0)
    for a, p in zip(concentration, x, strict=True):
        total = total + (a - 1) * log(p) - lgamma(a)
        sum_ = sum_ + a
    return total + lgamma(sum_)


def mv_normal(
    mean: Sequence[Number], spread: Sequence[Sequence[Number]], kind: str, x: Sequence[Number]
) -> Number:
    """The log density of a normal vector with a known covariance L D L': of z with L z = x - mean.

    kind: what the spread is, as of `pplc.semantics.linalg.ldl`.
    """
    lower, variances = ldl(tuple(map(tuple, spread)), kind)
    parts: list[Number] = []
    total: Number = Fraction(0)
    for row, variance, centre, value in zip(lower, variances, mean, x, strict=True):
        z: Number = value - centre
        for slope, part in zip(row, parts, strict=False):
            if slope:
                z = z - part * slope
        parts.append(z)
        total = total - _HALF * (z * z / variance + log(variance) + LOG_2PI)
    return total


LOG_DENSITIES: Mapping[str, Callable[..., Number]] = MappingProxyType(
    {
        "Bernoulli": _bernoulli,
        "Binomial": _binomial,
        "Categorical": _categorical,
        "Geometric": _geometric,
        "NegativeBinomial": _negative_binomial,
        "Poisson": _poisson,
        "BetaBinomial": _beta_binomial,
        "Multinomial": _multinomial,
        "Normal": _normal,
        "StudentT": _student_t,
        "Cauchy": _cauchy,
        "Laplace": _laplace,
        "Logistic": _logistic,
        "Gumbel": _gumbel,
        "LogNormal": _log_normal,
        "HalfNormal": _half_normal,
        "HalfCauchy": _half_cauchy,
        "HalfStudentT": _half_student_t,
        "Exponential": _exponential,
        "Gamma": _gamma,
        "InverseGamma": _inverse_gamma,
        "ChiSquared": _chi_squared,
        "Weibull": _weibull,
        "Pareto": _pareto,
        "Beta": _beta,
        "Uniform": _uniform,
        "Kumaraswamy": _kumaraswamy,
        "Dirichlet": _dirichlet,
    }
)
"""(*parameters, value) -> log density; of vectors and matrices only where that is elementary."""


def _logistic_of(x: Number) -> Number:
    return applied("sigmoid", x) if isinstance(x, Unknown) else 1 / (1 + exp(-float(x)))


def _softmax(logits: Sequence[Number]) -> tuple[Number, ...]:
    powers = [exp(x) for x in logits]
    whole = sum(powers[1:], powers[0])
    return tuple(x / whole for x in powers)


Converted: TypeAlias = tuple[Number, ...]


def _by_logit(logit: Number) -> Converted:
    return (_logistic_of(logit),)


def _counted_by_logit(n: int, logit: Number) -> Converted:
    return n, _logistic_of(logit)


def _by_logits(logits: Sequence[Number]) -> Converted:
    return (_softmax(logits),)


def _by_dispersion(mean: Number, dispersion: Number) -> Converted:
    return dispersion, dispersion / (mean + dispersion)


def _by_variance(mean: Number, variance: Number) -> Converted:
    return mean, sqrt(variance)


def _by_precision(mean: Number, precision: Number) -> Converted:
    return mean, raised(precision, -_HALF)


def _inverted(mean: Number) -> Converted:
    return (1 / mean,)


def _shape_and_scale(shape: Number, scale: Number) -> Converted:
    return shape, 1 / scale


def _shape_and_mean(shape: Number, mean: Number) -> Converted:
    return shape, shape / mean


def _mean_and_sd(mean: Number, sd: Number) -> Converted:
    return (mean / sd) ** 2, mean / sd / sd


def _mean_and_concentration(mean: Number, concentration: Number) -> Converted:
    return mean * concentration, (1 - mean) * concentration


CONVERSIONS: Mapping[tuple[str, int], Callable[..., Converted]] = MappingProxyType(
    {
        ("Bernoulli", 1): _by_logit,
        ("Binomial", 1): _counted_by_logit,
        ("Categorical", 1): _by_logits,
        ("NegativeBinomial", 1): _by_dispersion,
        ("Normal", 1): _by_variance,
        ("Normal", 2): _by_precision,
        ("Exponential", 1): _inverted,
        ("Exponential", 2): _inverted,
        ("Gamma", 1): _shape_and_scale,
        ("Gamma", 2): _shape_and_mean,
        ("Gamma", 3): _mean_and_sd,
        ("Beta", 1): _mean_and_concentration,
    }
)
"""From the k-th alternative list of parameters to the main one."""


_OTHERS: Mapping[tuple[str, int], Callable[..., Number]] = MappingProxyType(
    {("Normal", 1): _normal_by_variance, ("Normal", 2): _normal_by_precision}
)


def log_density(name: str, variant: int) -> Callable[..., Number] | None:
    """(*parameters of a list, value) -> log density; variant 0 is the main list, k the k-th alternative."""
    density = LOG_DENSITIES.get(name)
    other = _OTHERS.get((name, variant))
    if not variant or density is None or other is not None:
        return other or density
    convert = CONVERSIONS[name, variant]
    return lambda *given: density(*convert(*given[:-1]), given[-1])
