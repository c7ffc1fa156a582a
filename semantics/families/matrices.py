"""Kernels that the multivariate families share: Cholesky factors, triangular systems, log determinants.

`vector` and `matrix` are scratch space, the only thing kernels allocate: a native back end gives them buffers
of the sizes asked for. Golub & Van Loan (2013), Matrix Computations, sec. 3.1 and 4.2.
"""

from __future__ import annotations

from pplc.semantics.kernel import Matrix, MatrixOut, Vector, VectorOut, f64, i64, log, pi, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import ndtri
from pplc.semantics.special.gamma import digamma, lgamma

# How far a matrix may be from symmetry, rows from length 1 and probabilities from summing to 1.
tolerance: f64 = 1e-8


def vector(size: i64) -> VectorOut:
    """Scratch space for a vector, zeros."""
    return [0.0] * size


def matrix(size: i64) -> MatrixOut:
    """Scratch space for a square matrix, zeros."""
    return [[0.0] * size for _ in range(size)]


def is_symmetric(a: Matrix) -> bool:
    """Whether a square matrix equals its transpose, up to rounding."""
    for i in range(len(a)):
        for j in range(i):
            largest = max(abs(a[i][i]), abs(a[j][j]), abs(a[i][j]))
            if not abs(a[i][j] - a[j][i]) <= tolerance * largest:
                return False
    return True


def cholesky(a: Matrix, out: MatrixOut) -> bool:
    """Fills `out` with the lower Cholesky factor; false if `a` is not positive definite."""
    for i in range(len(a)):
        for j in range(i + 1):
            rest = a[i][j]
            for k in range(j):
                rest = rest - out[i][k] * out[j][k]
            if j < i:
                out[i][j] = rest / out[j][j]
            else:
                if not rest > 0:
                    return False
                out[i][i] = sqrt(rest)
        for j in range(i + 1, len(a)):
            out[i][j] = 0.0
    return True


def forward(chol: Matrix, b: Vector, out: VectorOut) -> None:
    """Solves L out = b for a lower triangular L; `out` may be `b`."""
    for i in range(len(chol)):
        rest = b[i]
        for k in range(i):
            rest = rest - chol[i][k] * out[k]
        out[i] = rest / chol[i][i]


def backward(chol: Matrix, b: Vector, out: VectorOut) -> None:
    """Solves L' out = b for a lower triangular L; `out` may be `b`."""
    for step in range(len(chol)):
        i = len(chol) - 1 - step
        rest = b[i]
        for k in range(i + 1, len(chol)):
            rest = rest - chol[k][i] * out[k]
        out[i] = rest / chol[i][i]


def log_diagonal(chol: Matrix) -> f64:
    """The log determinant of a triangular matrix: half that of the matrix it factors."""
    total = 0.0
    for i in range(len(chol)):
        total = total + log(chol[i][i])
    return total


def square(x: Vector) -> f64:
    """The sum of the squares."""
    total = 0.0
    for i in range(len(x)):
        total = total + x[i] * x[i]
    return total


def quotient_trace(chol: Matrix, other: Matrix) -> f64:
    """The trace of A^-1 B for A = L L' and B = M M', from L and M: the squared entries of L^-1 M."""
    size = len(chol)
    column = vector(size)
    total = 0.0
    for j in range(size):
        for i in range(size):
            column[i] = other[i][j]
        forward(chol, column, column)
        total = total + square(column)
    return total


def factor_product(factor: Matrix, out: MatrixOut) -> None:
    """Fills `out` with M M' for a square matrix M."""
    for i in range(len(factor)):
        for j in range(i + 1):
            total = 0.0
            for k in range(len(factor)):
                total = total + factor[i][k] * factor[j][k]
            out[i][j] = total
            out[j][i] = total


def lower_product(left: Matrix, right: Matrix, out: MatrixOut) -> None:
    """Fills `out` with the product of two lower triangular matrices."""
    for i in range(len(left)):
        for j in range(len(left)):
            total = 0.0
            for k in range(j, i + 1):
                total = total + left[i][k] * right[k][j]
            out[i][j] = total


def standard_normals(source: Source, out: VectorOut) -> None:
    """Fills `out` with independent standard normal numbers."""
    for i in range(len(out)):
        out[i] = ndtri(source.uniform())


def log_multigamma(a: f64, size: i64) -> f64:
    """The logarithm of the multivariate gamma function. Gupta & Nagar (2000), theorem 1.4.1."""
    total = size * (size - 1) / 4 * log(pi)
    for i in range(size):
        total = total + lgamma(a - i / 2)
    return total


def multidigamma(a: f64, size: i64) -> f64:
    """The derivative of `log_multigamma`."""
    total = 0.0
    for i in range(size):
        total = total + digamma(a - i / 2)
    return total


def fill(value: f64, out: VectorOut) -> None:
    """Sets every entry."""
    for i in range(len(out)):
        out[i] = value


def fill_matrix(value: f64, out: MatrixOut) -> None:
    """Sets every entry."""
    for i in range(len(out)):
        fill(value, out[i])
