"""Log cumulative probabilities in torch, (below or at, above), where torch can differentiate them.

What truncation and censoring need. Families not listed have none in torch: the incomplete beta
function is missing, and of the incomplete gamma function the derivative in its shape.
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

from pplc.inference.torch_elementwise import log_sigmoid

Tails: TypeAlias = Callable[..., tuple[Tensor, Tensor]]


def log1mexp(x: Tensor) -> Tensor:
    """log(1 - e^x) for x <= 0 (Maechler 2012); minus infinity at 0, with a finite gradient elsewhere."""
    near = x > -0.6931471805599453
    a = torch.where(near, x, torch.full_like(x, -0.5))
    b = torch.where(near, torch.full_like(x, -1.0), x)
    return torch.where(near, torch.log(-torch.expm1(a)), torch.log1p(-torch.exp(b)))


def log_difference(high: Tensor, low: Tensor) -> Tensor:
    """log(e^high - e^low), high >= low."""
    impossible = low == -math.inf
    safe = torch.where(impossible, high - 1, low)
    return torch.where(impossible, high, high + log1mexp(safe - high))


def log_ndtr(z: Tensor) -> Tensor:
    """log of the standard normal P(Z <= z), accurate in both tails.

    torch's own has no rule for several chains at once. Below -1 it is the scaled complementary error
    function that neither under- nor overflows (Abramowitz & Stegun 7.1.2, 7.1.13).
    """
    low = z < -1
    half = z * -math.sqrt(0.5)
    tail = torch.where(low, half, torch.ones_like(half))
    rest = torch.where(low, torch.zeros_like(half), half)
    below = torch.log(0.5 * torch.special.erfcx(tail)) - tail * tail
    return torch.where(low, below, torch.log1p(-0.5 * torch.erfc(-rest)))


def normal(mean: Tensor, sd: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    z = (x - mean) / sd
    return log_ndtr(z), log_ndtr(-z)


def log_normal(meanlog: Tensor, sdlog: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return normal(meanlog, sdlog, torch.log(x))


def half_normal(sd: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    z = x / sd
    return torch.log(torch.erf(z / math.sqrt(2))), math.log(2) + log_ndtr(-z)


def logistic(location: Tensor, scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    z = (x - location) / scale
    return log_sigmoid(z), log_sigmoid(-z)


def gumbel(location: Tensor, scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    below = -torch.exp(-(x - location) / scale)
    return below, log1mexp(below)


def laplace(location: Tensor, scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    z = (x - location) / scale
    tail = -torch.abs(z) - math.log(2)
    rest = torch.log1p(-torch.exp(tail))
    return torch.where(z < 0, tail, rest), torch.where(z < 0, rest, tail)


def _arc(z: Tensor) -> Tensor:
    """log(1/2 + atan(z)/pi), accurate in the lower tail too."""
    low = z < -1
    inner = torch.where(low, torch.zeros_like(z), z)
    outer = torch.where(low, z, -torch.ones_like(z))
    return torch.where(
        low, torch.log(torch.atan(-1 / outer) / math.pi), torch.log(0.5 + torch.atan(inner) / math.pi)
    )


def cauchy(location: Tensor, scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    z = (x - location) / scale
    return _arc(z), _arc(-z)


def half_cauchy(scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    z = x / scale
    return torch.log(2 / math.pi * torch.atan(z)), math.log(2) + _arc(-z)


def exponential(rate: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return log1mexp(-rate * x), -rate * x


def exponential_scale(scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return log1mexp(-x / scale), -x / scale


def weibull(shape: Tensor, scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    above = -((x / scale) ** shape)
    return log1mexp(above), above


def pareto(shape: Tensor, scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    above = shape * (torch.log(scale) - torch.log(x))
    return log1mexp(above), above


def uniform(lower: Tensor, upper: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return (
        torch.log((x - lower) / (upper - lower)),
        torch.log((upper - x) / (upper - lower)),
    )


def kumaraswamy(a: Tensor, b: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    above = b * torch.log1p(-(x**a))
    return log1mexp(above), above


def gamma(shape: Tensor, rate: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return (
        torch.log(torch.special.gammainc(shape, rate * x)),
        torch.log(torch.special.gammaincc(shape, rate * x)),
    )


def gamma_scale(shape: Tensor, scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return gamma(shape, 1 / scale, x)


def chi_squared(df: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return gamma(df / 2, torch.full_like(df, 0.5), x)


def inverse_gamma(shape: Tensor, scale: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    above, below = gamma(shape, scale, 1 / x)
    return below, above


def poisson(rate: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    k = torch.floor(x) + 1
    return torch.log(torch.special.gammaincc(k, rate)), torch.log(torch.special.gammainc(k, rate))


def geometric(p: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    above = (torch.floor(x) + 1) * torch.log1p(-p)
    return log1mexp(above), above


TAILS: Mapping[tuple[str, int], Tails] = MappingProxyType(
    {
        ("Normal", 0): normal,
        ("LogNormal", 0): log_normal,
        ("HalfNormal", 0): half_normal,
        ("Logistic", 0): logistic,
        ("Gumbel", 0): gumbel,
        ("Laplace", 0): laplace,
        ("Cauchy", 0): cauchy,
        ("HalfCauchy", 0): half_cauchy,
        ("Exponential", 0): exponential,
        ("Exponential", 1): exponential_scale,
        ("Exponential", 2): exponential_scale,
        ("Weibull", 0): weibull,
        ("Pareto", 0): pareto,
        ("Uniform", 0): uniform,
        ("Kumaraswamy", 0): kumaraswamy,
        ("Gamma", 0): gamma,
        ("Gamma", 1): gamma_scale,
        ("ChiSquared", 0): chi_squared,
        ("InverseGamma", 0): inverse_gamma,
        ("Poisson", 0): poisson,
        ("Geometric", 0): geometric,
    }
)
"""By family and parametrisation: parameters, then the point; inside the support."""

SHAPES = frozenset({"Gamma", "ChiSquared", "InverseGamma"})
"""Families whose first parameter must not be random where their tails are needed."""
