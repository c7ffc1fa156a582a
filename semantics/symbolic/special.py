"""Functions without a normal form: what they are at a known number.

An expression keeps them by name (`Applied`); where its variables have values, `pplc.inference.continuous`
evaluates them for arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from math import atan2, exp, fsum, inf, log, log1p, nan, pi
from types import MappingProxyType

from pplc.semantics.elementary import log1mexp
from pplc.semantics.special.error_function import erf, log_ndtr


def log_sigmoid(x: float) -> float:
    """log 1 / (1 + e^-x), the log cdf of the standard logistic law."""
    return x - log1p(exp(x)) if x < 0 else -log1p(exp(-x))


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x) without overflow."""
    return exp(log_sigmoid(x))


def log_laplace(x: float) -> float:
    """The log cdf of the standard Laplace law: e^x / 2 left of 0, 1 - e^-x / 2 right of it."""
    return x - log(2) if x < 0 else log1p(-0.5 * exp(-x))


def log_cauchy(x: float) -> float:
    """The log cdf of the standard Cauchy law, 1/2 + atan(x) / pi, without cancellation in the lower tail."""
    return log(atan2(1.0, -x) / pi) if x > -inf else -inf


LOG_CDFS: Mapping[str, Callable[[float], float]] = MappingProxyType(
    {
        "log_ndtr": lambda x: log_ndtr(x) if x > -inf else -inf,
        "log_sigmoid": log_sigmoid,
        "log_laplace": log_laplace,
        "log_cauchy": log_cauchy,
    }
)
"""Log cdfs of standard laws that are symmetric about 0."""


def log_gumbel_tail(x: float) -> float:
    """The log of 1 - exp(-e^-x), what the standard Gumbel law has above x, without underflow."""
    return -x if x > NEARLY else log1mexp(-exp(-x))


def dilog(x: float) -> float:
    """The dilogarithm Σ x^k / k², for numbers up to 1, where it is π² / 6; beyond it is not real.

    Left of 0 and right of 1/2 by Landen's and Euler's equations (Zagier 2007, The dilogarithm function, I.2).
    """
    if x > 1:
        return nan
    if x < 0:
        return -dilog(x / (x - 1)) - 0.5 * log1p(-x) ** 2 if x > -inf else -inf
    if x > 0.5:
        return pi**2 / 6 - (log(x) * log1p(-x) if x < 1 else 0.0) - dilog(1 - x)
    return fsum(x**k / k**2 for k in range(1, 54))  # 2^-53 / 53^2 is nothing


NEARLY = 37.0
"""From here on log(1 - exp(-e^-x)) is -x to the last digit: the next term is e^-x / 2."""

SPECIAL: Mapping[str, Callable[[float], float]] = MappingProxyType(
    {
        **LOG_CDFS,
        "log1mexp": log1mexp,
        "rounded": float,
        "log_gumbel_tail": log_gumbel_tail,
        "sigmoid": sigmoid,
        "erf": erf,
        "dilog": dilog,
        "sin": math.sin,
        "cos": math.cos,
        "tan": math.tan,
        "atan": math.atan,
        "tanh": math.tanh,
    }
)
"""All of them, by name."""
