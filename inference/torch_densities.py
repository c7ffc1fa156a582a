"""Log densities of the scalar families in torch, over broadcast parameters.

Formulas and sources are those of `pplc.lang.families`; parameters stand in the order of the
signature, the value last. A parameter outside its domain may give any number: `torch_families` puts
NaN there.
"""

# pyright: basic
# mypy: disable-error-code="no-any-return"
# Some of torch's operators are typed as giving anything.

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import torch
from torch import Tensor

from pplc.inference.torch_cumulative import log_ndtr
from pplc.inference.torch_elementwise import log_sigmoid, softplus

Density: TypeAlias = Callable[..., Tensor]

LOG_ROOT_TAU = 0.5 * math.log(2 * math.pi)
LOG_2 = math.log(2)
LOG_PI = math.log(math.pi)

# ------------------------------------------------------------------ discrete


def bernoulli(p: Tensor, x: Tensor) -> Tensor:
    return torch.log(torch.where(x != 0, p, 1 - p))


def bernoulli_logit(logit: Tensor, x: Tensor) -> Tensor:
    return log_sigmoid(torch.where(x != 0, logit, -logit))


def log_choose(n: Tensor, k: Tensor) -> Tensor:
    return torch.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)


def binomial(n: Tensor, p: Tensor, x: Tensor) -> Tensor:
    return log_choose(n, x) + torch.xlogy(x, p) + torch.special.xlog1py(n - x, -p)


def binomial_logit(n: Tensor, logit: Tensor, x: Tensor) -> Tensor:
    return log_choose(n, x) + x * log_sigmoid(logit) + (n - x) * log_sigmoid(-logit)


def geometric(p: Tensor, x: Tensor) -> Tensor:
    return torch.special.xlog1py(x, -p) + torch.log(p)


def log_arrangements(successes: Tensor, x: Tensor) -> Tensor:
    """log Gamma(x + r) / (x! Gamma(r))."""
    return torch.lgamma(x + successes) - torch.lgamma(x + 1) - torch.lgamma(successes)


def negative_binomial(successes: Tensor, p: Tensor, x: Tensor) -> Tensor:
    return log_arrangements(successes, x) + successes * torch.log(p) + torch.special.xlog1py(x, -p)


def negative_binomial_mean(mean: Tensor, dispersion: Tensor, x: Tensor) -> Tensor:
    count = log_arrangements(dispersion, x)
    return count - dispersion * torch.log1p(mean / dispersion) - x * torch.log1p(dispersion / mean)


def poisson(rate: Tensor, x: Tensor) -> Tensor:
    return torch.xlogy(x, rate) - rate - torch.lgamma(x + 1)


def uniform_int(lower: Tensor, upper: Tensor, x: Tensor) -> Tensor:
    return -torch.log(upper - lower + 1) + torch.zeros_like(x)


def hypergeometric(population: Tensor, successes: Tensor, draws: Tensor, x: Tensor) -> Tensor:
    return (
        log_choose(successes, x)
        + log_choose(population - successes, draws - x)
        - log_choose(population, draws)
    )


def log_beta(a: Tensor, b: Tensor) -> Tensor:
    return torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)


def beta_binomial(n: Tensor, a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    return log_choose(n, x) + log_beta(x + a, n - x + b) - log_beta(a, b)


def zipf(exponent: Tensor, n: Tensor, x: Tensor) -> Tensor:
    """Where every `n` is 0 the normaliser is zeta, of which torch has no derivative."""
    largest = int(n.max().item())
    if largest <= 0:
        total = torch.log(torch.special.zeta(exponent, torch.ones_like(exponent)))
    else:
        ranks = torch.arange(1, largest + 1, dtype=torch.float64)
        terms = -exponent.unsqueeze(-1) * torch.log(ranks)
        terms = torch.where(ranks <= n.unsqueeze(-1), terms, torch.full_like(terms, -math.inf))
        total = torch.logsumexp(terms, -1)
    return -exponent * torch.log(x) - total


# ------------------------------------------------------------------ continuous


def normal(mean: Tensor, sd: Tensor, x: Tensor) -> Tensor:
    z = (x - mean) / sd
    return -0.5 * (z * z) - torch.log(sd) - LOG_ROOT_TAU


def normal_variance(mean: Tensor, variance: Tensor, x: Tensor) -> Tensor:
    return -0.5 * (x - mean) ** 2 / variance - 0.5 * torch.log(variance) - LOG_ROOT_TAU


def normal_precision(mean: Tensor, precision: Tensor, x: Tensor) -> Tensor:
    return -0.5 * (x - mean) ** 2 * precision + 0.5 * torch.log(precision) - LOG_ROOT_TAU


def student_t(df: Tensor, location: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    z = (x - location) / scale
    shape = torch.lgamma((df + 1) / 2) - torch.lgamma(df / 2) - 0.5 * (torch.log(df) + LOG_PI)
    return shape - torch.log(scale) - (df + 1) / 2 * torch.log1p(z * z / df)


def cauchy(location: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    z = (x - location) / scale
    return -LOG_PI - torch.log(scale) - torch.log1p(z * z)


def laplace(location: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    return -torch.abs(x - location) / scale - torch.log(scale) - LOG_2


def logistic(location: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    z = (x - location) / scale
    return -z - 2 * softplus(-z) - torch.log(scale)


def gumbel(location: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    z = (x - location) / scale
    return -z - torch.exp(-z) - torch.log(scale)


def log_normal(meanlog: Tensor, sdlog: Tensor, x: Tensor) -> Tensor:
    y = torch.log(x)
    return normal(meanlog, sdlog, y) - y


def half_normal(sd: Tensor, x: Tensor) -> Tensor:
    return normal(torch.zeros_like(x), sd, x) + LOG_2


def half_cauchy(scale: Tensor, x: Tensor) -> Tensor:
    return cauchy(torch.zeros_like(x), scale, x) + LOG_2


def half_student_t(df: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    return student_t(df, torch.zeros_like(x), scale, x) + LOG_2


def exponential(rate: Tensor, x: Tensor) -> Tensor:
    return torch.log(rate) - rate * x


def exponential_scale(scale: Tensor, x: Tensor) -> Tensor:
    return -torch.log(scale) - x / scale


def gamma(shape: Tensor, rate: Tensor, x: Tensor) -> Tensor:
    return torch.xlogy(shape, rate) + torch.xlogy(shape - 1, x) - rate * x - torch.lgamma(shape)


def gamma_scale(shape: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    return torch.xlogy(shape - 1, x) - shape * torch.log(scale) - x / scale - torch.lgamma(shape)


def gamma_mean(shape: Tensor, mean: Tensor, x: Tensor) -> Tensor:
    return gamma(shape, shape / mean, x)


def gamma_mean_sd(mean: Tensor, sd: Tensor, x: Tensor) -> Tensor:
    return gamma((mean / sd) ** 2, mean / sd**2, x)


def inverse_gamma(shape: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    return shape * torch.log(scale) - (shape + 1) * torch.log(x) - scale / x - torch.lgamma(shape)


def chi_squared(df: Tensor, x: Tensor) -> Tensor:
    return gamma(df / 2, torch.full_like(df, 0.5), x)


def weibull(shape: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    z = x / scale
    return torch.log(shape) - torch.log(scale) + torch.xlogy(shape - 1, z) - z**shape


def pareto(shape: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    return torch.log(shape) + shape * torch.log(scale) - (shape + 1) * torch.log(x)


def beta(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    return torch.xlogy(a - 1, x) + torch.special.xlog1py(b - 1, -x) - log_beta(a, b)


def beta_mean(mean: Tensor, concentration: Tensor, x: Tensor) -> Tensor:
    return beta(mean * concentration, (1 - mean) * concentration, x)


def uniform(lower: Tensor, upper: Tensor, x: Tensor) -> Tensor:
    return -torch.log(upper - lower) + torch.zeros_like(x)


def kumaraswamy(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    return torch.log(a) + torch.log(b) + torch.xlogy(a - 1, x) + torch.special.xlog1py(b - 1, -(x**a))


def von_mises(location: Tensor, concentration: Tensor, x: Tensor) -> Tensor:
    """With the scaled Bessel function, log I0(k) = log i0e(k) + k; 1 - cos without cancellation."""
    half = torch.sin((x - location) / 2)
    return -2 * concentration * half * half - torch.log(torch.special.i0e(concentration)) - LOG_2 - LOG_PI


def skew_normal(location: Tensor, scale: Tensor, shape: Tensor, x: Tensor) -> Tensor:
    z = (x - location) / scale
    return LOG_2 + normal(location, scale, x) + log_ndtr(shape * z)


DENSITIES: Mapping[tuple[str, int], Density] = MappingProxyType(
    {
        ("Bernoulli", 0): bernoulli,
        ("Bernoulli", 1): bernoulli_logit,
        ("Binomial", 0): binomial,
        ("Binomial", 1): binomial_logit,
        ("Geometric", 0): geometric,
        ("NegativeBinomial", 0): negative_binomial,
        ("NegativeBinomial", 1): negative_binomial_mean,
        ("Poisson", 0): poisson,
        ("UniformInt", 0): uniform_int,
        ("Hypergeometric", 0): hypergeometric,
        ("BetaBinomial", 0): beta_binomial,
        ("Zipf", 0): zipf,
        ("Normal", 0): normal,
        ("Normal", 1): normal_variance,
        ("Normal", 2): normal_precision,
        ("StudentT", 0): student_t,
        ("Cauchy", 0): cauchy,
        ("Laplace", 0): laplace,
        ("Logistic", 0): logistic,
        ("Gumbel", 0): gumbel,
        ("LogNormal", 0): log_normal,
        ("HalfNormal", 0): half_normal,
        ("HalfCauchy", 0): half_cauchy,
        ("HalfStudentT", 0): half_student_t,
        ("Exponential", 0): exponential,
        ("Exponential", 1): exponential_scale,
        ("Exponential", 2): exponential_scale,
        ("Gamma", 0): gamma,
        ("Gamma", 1): gamma_scale,
        ("Gamma", 2): gamma_mean,
        ("Gamma", 3): gamma_mean_sd,
        ("InverseGamma", 0): inverse_gamma,
        ("ChiSquared", 0): chi_squared,
        ("Weibull", 0): weibull,
        ("Pareto", 0): pareto,
        ("Beta", 0): beta,
        ("Beta", 1): beta_mean,
        ("Uniform", 0): uniform,
        ("Kumaraswamy", 0): kumaraswamy,
        ("VonMises", 0): von_mises,
        ("SkewNormal", 0): skew_normal,
    }
)
"""By family and parametrisation."""
