"""Constraining maps: from unconstrained coordinates to the values of a support, with their Jacobians.

Kernels. `constrain_*` writes the value to `out` (scalars return it) and returns log |det| of the Jacobian
with respect to Lebesgue measure on the value's free entries: all but the last of a simplex, the strict
lower triangle of a correlation matrix or its Cholesky factor, the lower triangle with diagonal of a
covariance or its factor. Stan Reference Manual, "Constraint Transforms"; the correlation maps are those of
Lewandowski, Kurowicka & Joe (2009). `transform_of` finds the maps for a vector or matrix support.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pplc.lang.families import Kind
from pplc.semantics import transforms_matrix as matrix
from pplc.semantics.kernel import Vector, VectorOut, exp, f64, i64, inf, log, log1p, sqrt

# --- numbers: an infinite bound stands for none ------------------------------------------------------------


def log_logistic(u: f64) -> f64:
    """The log of 1 / (1 + e^-u), without overflow."""
    return -log1p(exp(-u)) if u > 0 else u - log1p(exp(u))


def constrain(lower: f64, upper: f64, u: f64) -> f64:
    """The number between the bounds that stands for u; increasing in u, except below an upper bound alone."""
    if lower == -inf and upper == inf:
        return u
    if upper == inf:
        return lower + exp(u)
    if lower == -inf:
        return upper - exp(u)
    # From the nearer end, so that the distance to it keeps its digits.
    width = upper - lower
    return lower + width * exp(log_logistic(u)) if u < 0 else upper - width * exp(log_logistic(-u))


def unconstrain(lower: f64, upper: f64, x: f64) -> f64:
    """The u that `constrain` maps to x; infinite at a bound, NaN outside."""
    if lower == -inf and upper == inf:
        return x
    if upper == inf:
        return log(x - lower)
    if lower == -inf:
        return log(upper - x)
    return log(x - lower) - log(upper - x)


def log_jacobian(lower: f64, upper: f64, u: f64) -> f64:
    """log |dx / du| of `constrain`."""
    if lower == -inf and upper == inf:
        return 0.0
    if lower == -inf or upper == inf:
        return u
    return log(upper - lower) + log_logistic(u) + log_logistic(-u)


# --- vectors -----------------------------------------------------------------------------------------------


def constrain_simplex(u: Vector, out: VectorOut) -> f64:
    """Stick-breaking: K - 1 coordinates to K probabilities; 0 gives equal ones. Returns the log-Jacobian."""
    parts = len(u) + 1
    log_rest = 0.0
    total = 0.0
    for k in range(parts - 1):
        shifted = u[k] - log(parts - 1 - k)
        out[k] = exp(log_rest + log_logistic(shifted))
        total = total + log_rest + log_logistic(shifted) + log_logistic(-shifted)
        log_rest = log_rest + log_logistic(-shifted)
    out[parts - 1] = exp(log_rest)
    return total


def unconstrain_simplex(x: Vector, out: VectorOut) -> None:
    """The inverse of `constrain_simplex`; infinite where a probability is 0."""
    parts = len(x)
    rest = x[parts - 1]
    for k in range(parts - 2, -1, -1):
        # The share that the first k parts leave over is summed from its small end.
        out[k] = log(x[k]) - log(rest) + log(parts - 1 - k)
        rest = rest + x[k]


def constrain_ordered(u: Vector, out: VectorOut) -> f64:
    """Increasing numbers: the first as it is, then steps e^u. Returns the log-Jacobian."""
    total = 0.0
    for k in range(len(u)):
        out[k] = u[k] if k == 0 else out[k - 1] + exp(u[k])
        total = total + (u[k] if k > 0 else 0.0)
    return total


def unconstrain_ordered(x: Vector, out: VectorOut) -> None:
    """The inverse of `constrain_ordered`."""
    for k in range(len(x)):
        out[k] = x[k] if k == 0 else log(x[k] - x[k - 1])


def constrain_positive_ordered(u: Vector, out: VectorOut) -> f64:
    """Increasing positive numbers: steps e^u from 0. Returns the log-Jacobian."""
    total = 0.0
    for k in range(len(u)):
        out[k] = (out[k - 1] if k > 0 else 0.0) + exp(u[k])
        total = total + u[k]
    return total


def unconstrain_positive_ordered(x: Vector, out: VectorOut) -> None:
    """The inverse of `constrain_positive_ordered`."""
    for k in range(len(x)):
        out[k] = log(x[k] - (x[k - 1] if k > 0 else 0.0))


def constrain_unit_vector(u: Vector, out: VectorOut) -> f64:
    """u / |u|. No bijection: the length is given a law, so that the returned term is -|u|^2 / 2.

    With it, a flat density on the sphere makes u standard normal.
    """
    square = 0.0
    for k in range(len(u)):
        square = square + u[k] * u[k]
    length = sqrt(square)
    for k in range(len(u)):
        out[k] = u[k] / length if length > 0 else 0.0
    return -0.5 * square


def constrain_vector(u: Vector, out: VectorOut) -> f64:
    """The identity."""
    for k in range(len(u)):
        out[k] = u[k]
    return 0.0


def unconstrain_vector(x: Vector, out: VectorOut) -> None:
    """The identity: also a u that `constrain_unit_vector` maps to the unit vector x."""
    for k in range(len(x)):
        out[k] = x[k]


# --- by support --------------------------------------------------------------------------------------------


def _less_one(size: i64) -> i64:
    return size - 1


def _same(size: i64) -> i64:
    return size


@dataclass(frozen=True, slots=True)
class Transform:
    """The maps of one kind of support.

    rank:        of the constrained value, 1 or 2.
    free:        length of a vector or side of a matrix -> number of unconstrained coordinates.
    constrain:   (u, out) -> log-Jacobian; `out` has the shape of the value.
    unconstrain: (x, out) -> None; `out` has length free(size).
    """

    rank: int
    free: Callable[[int], int]
    constrain: Callable[..., float]
    unconstrain: Callable[..., None]


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        "real_vector": Transform(1, _same, constrain_vector, unconstrain_vector),
        "simplex": Transform(1, _less_one, constrain_simplex, unconstrain_simplex),
        "ordered": Transform(1, _same, constrain_ordered, unconstrain_ordered),
        "positive_ordered": Transform(1, _same, constrain_positive_ordered, unconstrain_positive_ordered),
        "unit_vector": Transform(1, _same, constrain_unit_vector, unconstrain_vector),
        "corr": Transform(2, matrix.pairs, matrix.constrain_corr, matrix.unconstrain_corr),
        "chol_corr": Transform(2, matrix.pairs, matrix.constrain_chol_corr, matrix.unconstrain_chol_corr),
        "cov": Transform(2, matrix.triangle, matrix.constrain_cov, matrix.unconstrain_cov),
        "chol": Transform(2, matrix.triangle, matrix.constrain_chol, matrix.unconstrain_chol),
    }
)
"""By the name of the type that the value has in the language."""

_NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.REAL_VECTOR: "real_vector",
        Kind.SIMPLEX: "simplex",
        Kind.ORDERED: "ordered",
        Kind.CORR: "corr",
        Kind.CHOL_CORR: "chol_corr",
        Kind.COV: "cov",
    }
)


def transform_of(kind: Kind) -> Transform:
    """The maps of a vector or matrix support; KeyError for scalar and discrete ones."""
    return TRANSFORMS[_NAMES[kind]]
