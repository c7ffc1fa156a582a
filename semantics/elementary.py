"""The elementary functions that kernels may call, on floats, total as in IEEE 754: no exceptions.

`pplc.semantics.kernel` hands them to the kernels; `pplc.semantics.exact_elementary` holds their exact twins.
Where `math` raises (log 0, exp 1000, a negative square root), these return an infinity or NaN, as native
code will.
"""

from __future__ import annotations

import math
from typing import TypeAlias

f64: TypeAlias = float  # noqa: PYI042  a machine type
i64: TypeAlias = int  # noqa: PYI042  a machine type
u32: TypeAlias = int  # noqa: PYI042  a machine type
u64: TypeAlias = int  # noqa: PYI042  a machine type

inf: f64 = math.inf
nan: f64 = math.nan
pi: f64 = math.pi
# Irrational constants are imported, not written in kernels: an exact run must not take them for decimals.
half_log_2pi: f64 = 0.9189385332046727
euler_gamma: f64 = 0.5772156649015329
sqrt_half: f64 = 0.7071067811865476

# The largest x with e^x a float: log(2^1024 (1 - 2^-54)), rounded down.
_EXP_OVERFLOWS = 709.782712893384
_MOST = (1 << 63) - 1


def log(x: f64) -> f64:
    """Natural logarithm; minus infinity at 0, NaN below."""
    if x > 0:
        return math.log(x)
    return -inf if x == 0 else nan


def log1p(x: f64) -> f64:
    """log(1 + x) without loss near 0; minus infinity at -1, NaN below."""
    if x > -1:
        return math.log1p(x)
    return -inf if x == -1 else nan


def exp(x: f64) -> f64:
    """e^x; infinity where it overflows."""
    if x <= _EXP_OVERFLOWS:
        return math.exp(x)
    return x if x != x else inf


def expm1(x: f64) -> f64:
    """e^x - 1 without loss near 0; infinity where it overflows."""
    if x <= _EXP_OVERFLOWS:
        return math.expm1(x)
    return x if x != x else inf


def log1mexp(x: f64) -> f64:
    """log(1 - e^x) for x <= 0 without loss at either end; NaN for x > 0.

    Mächler (2012), Accurately Computing log(1 - exp(-|a|)): the two forms meet at -log 2.
    """
    if x > 0:
        return nan
    return log(-expm1(x)) if x > -0.6931471805599453 else log1p(-exp(x))


def logaddexp(a: f64, b: f64) -> f64:
    """log(e^a + e^b) without overflow."""
    if a == b:
        return a + 0.6931471805599453
    if a > b:
        return a + log1p(exp(b - a))
    return b + log1p(exp(a - b))


def xlogy(x: f64, y: f64) -> f64:
    """`x log y`, and 0 where x is 0, whatever y is."""
    return 0.0 if x == 0 else x * log(y)


def xlog1py(x: f64, y: f64) -> f64:
    """`x log(1 + y)`, and 0 where x is 0, whatever y is."""
    return 0.0 if x == 0 else x * log1p(y)


def sqrt(x: f64) -> f64:
    """Square root; NaN below 0."""
    return math.sqrt(x) if x >= 0 else nan


def power(x: f64, y: f64) -> f64:
    """x^y for x >= 0; infinity where it overflows and at 0 to a negative power; NaN for x < 0."""
    if x < 0 or x != x or y != y:
        return nan
    if x == 0:
        return inf if y < 0 else math.pow(x, y)
    if y * math.log(x) >= _EXP_OVERFLOWS:
        return inf
    return math.pow(x, y)


def floor(x: f64) -> i64:
    """The largest integer at or below x; for an infinite x the integer of 64 bits nearest to it."""
    if x == inf or x == -inf:
        return _MOST if x > 0 else -_MOST
    return math.floor(x)


def sin(x: f64) -> f64:
    """Sine of a finite angle in radians."""
    return math.sin(x) if x - x == 0 else nan


def cos(x: f64) -> f64:
    """Cosine of a finite angle in radians."""
    return math.cos(x) if x - x == 0 else nan


def tan(x: f64) -> f64:
    """Tangent of a finite angle in radians."""
    return math.tan(x) if x - x == 0 else nan


def atan(x: f64) -> f64:
    """Inverse tangent, between -pi/2 and pi/2."""
    return math.atan(x)


def atan2(y: f64, x: f64) -> f64:
    """The angle of the point (x, y)."""
    return math.atan2(y, x)


def acos(x: f64) -> f64:
    """Inverse cosine; NaN outside -1 to 1."""
    return math.acos(x) if -1 <= x <= 1 else nan


def tanh(x: f64) -> f64:
    """Hyperbolic tangent."""
    return math.tanh(x)


def isnan(x: f64) -> bool:
    """Whether x is not a number."""
    return x != x
