"""MvNormal(mean, cov), by its Cholesky factor or its precision.

Kotz, Balakrishnan & Johnson (2000), Continuous Multivariate Distributions, ch. 45. Each way to give it has
kernels of its own: inverting a matrix, or factoring a product of factors, would lose digits.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.matrices import (
    backward,
    cholesky,
    forward,
    log_diagonal,
    matrix,
    square,
    standard_normals,
    vector,
)
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import LogW, Matrix, Vector, VectorOut, f64, half_log_2pi, nan
from pplc.semantics.source import Source


def log_density_by_chol(mean: Vector, chol: Matrix, x: Vector) -> LogW:
    z = vector(len(mean))
    for i in range(len(mean)):
        z[i] = x[i] - mean[i]
    forward(chol, z, z)
    return -0.5 * square(z) - log_diagonal(chol) - len(mean) * half_log_2pi


def draw_by_chol(source: Source, mean: Vector, chol: Matrix, out: VectorOut) -> None:
    z = vector(len(mean))
    standard_normals(source, z)
    for i in range(len(mean)):
        total = mean[i]
        for k in range(i + 1):
            total = total + chol[i][k] * z[k]
        out[i] = total


def mean_of(mean: Vector, cov: Matrix, out: VectorOut) -> None:
    for i in range(len(mean)):
        out[i] = mean[i]


def variance_by_chol(mean: Vector, chol: Matrix, out: VectorOut) -> None:
    for i in range(len(mean)):
        out[i] = square(chol[i])


def entropy_by_chol(mean: Vector, chol: Matrix) -> f64:
    return len(mean) * (0.5 + half_log_2pi) + log_diagonal(chol)


def log_density(mean: Vector, cov: Matrix, x: Vector) -> LogW:
    chol = matrix(len(mean))
    return log_density_by_chol(mean, chol, x) if cholesky(cov, chol) else nan


def draw(source: Source, mean: Vector, cov: Matrix, out: VectorOut) -> None:
    chol = matrix(len(mean))
    cholesky(cov, chol)
    draw_by_chol(source, mean, chol, out)


def variance(mean: Vector, cov: Matrix, out: VectorOut) -> None:
    for i in range(len(mean)):
        out[i] = cov[i][i]


def entropy(mean: Vector, cov: Matrix) -> f64:
    chol = matrix(len(mean))
    return entropy_by_chol(mean, chol) if cholesky(cov, chol) else nan


def log_density_by_precision(mean: Vector, precision: Matrix, x: Vector) -> LogW:
    # With precision = L L' the exponent is the square of L' (x - mean).
    size = len(mean)
    chol = matrix(size)
    if not cholesky(precision, chol):
        return nan
    total = 0.0
    for i in range(size):
        z = 0.0
        for k in range(i, size):
            z = z + chol[k][i] * (x[k] - mean[k])
        total = total + z * z
    return -0.5 * total + log_diagonal(chol) - size * half_log_2pi


def draw_by_precision(source: Source, mean: Vector, precision: Matrix, out: VectorOut) -> None:
    size = len(mean)
    chol = matrix(size)
    cholesky(precision, chol)
    z = vector(size)
    standard_normals(source, z)
    backward(chol, z, z)
    for i in range(size):
        out[i] = mean[i] + z[i]


def variance_by_precision(mean: Vector, precision: Matrix, out: VectorOut) -> None:
    # Column i of L^-1 squared and summed is entry i of the diagonal of (L L')^-1.
    size = len(mean)
    chol = matrix(size)
    cholesky(precision, chol)
    z = vector(size)
    for i in range(size):
        for k in range(size):
            z[k] = 1.0 if k == i else 0.0
        forward(chol, z, z)
        out[i] = square(z)


def entropy_by_precision(mean: Vector, precision: Matrix) -> f64:
    chol = matrix(len(mean))
    return len(mean) * (0.5 + half_log_2pi) - log_diagonal(chol) if cholesky(precision, chol) else nan


NUMERICS = Numerics(
    family=FAMILIES["MvNormal"],
    log_density=log_density,
    draw=draw,
    mean=mean_of,
    variance=variance,
    entropy=entropy,
)
_BY_CHOL, _BY_PRECISION = NUMERICS.family.alternatives
VARIANTS = (
    Variant(
        _BY_CHOL,
        Numerics(
            family=FAMILIES["MvNormal"],
            log_density=log_density_by_chol,
            draw=draw_by_chol,
            mean=mean_of,
            variance=variance_by_chol,
            entropy=entropy_by_chol,
        ),
    ),
    Variant(
        _BY_PRECISION,
        Numerics(
            family=FAMILIES["MvNormal"],
            log_density=log_density_by_precision,
            draw=draw_by_precision,
            mean=mean_of,
            variance=variance_by_precision,
            entropy=entropy_by_precision,
        ),
    ),
)
