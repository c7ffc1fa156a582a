"""Constraining maps of covariance and correlation matrices, through their Cholesky factors (kernels).

Coordinates run through the lower triangle row by row. Jacobians as `pplc.semantics.transforms` says.
"""

from __future__ import annotations

from pplc.semantics.kernel import (
    Matrix,
    MatrixOut,
    Vector,
    VectorOut,
    exp,
    f64,
    i64,
    log,
    log1p,
    sqrt,
    tanh,
)


def pairs(size: i64) -> i64:
    """Entries below the diagonal."""
    return size * (size - 1) // 2


def triangle(size: i64) -> i64:
    """Entries on and below the diagonal."""
    return size * (size + 1) // 2


def constrain_chol(u: Vector, out: MatrixOut) -> f64:
    """A lower triangular matrix with the exponentials of its coordinates on the diagonal."""
    size = len(out)
    total = 0.0
    at = 0
    for i in range(size):
        for j in range(size):
            out[i][j] = 0.0
        for j in range(i):
            out[i][j] = u[at]
            at = at + 1
        out[i][i] = exp(u[at])
        total = total + u[at]
        at = at + 1
    return total


def unconstrain_chol(x: Matrix, out: VectorOut) -> None:
    """The inverse of `constrain_chol`."""
    at = 0
    for i in range(len(x)):
        for j in range(i):
            out[at] = x[i][j]
            at = at + 1
        out[at] = log(x[i][i])
        at = at + 1


def constrain_cov(u: Vector, out: MatrixOut) -> f64:
    """L L' for the factor L of `constrain_chol`. d(L L') = 2^K prod L_ii^(K - i) dL, i from 0."""
    total = constrain_chol(u, out)
    size = len(out)
    for i in range(size):
        total = total + log(2) + (size - i) * log(out[i][i])
    _square(out)
    return total


def unconstrain_cov(x: Matrix, out: VectorOut) -> None:
    """The inverse of `constrain_cov`; NaN if x is not positive definite."""
    at = 0
    for i in range(len(x)):
        for j in range(i + 1):
            out[at] = _cholesky_entry(x, out, i, j)
            at = at + 1
    for i in range(len(x)):
        diagonal = triangle(i) + i
        out[diagonal] = log(out[diagonal])


def _cholesky_entry(x: Matrix, packed: Vector, i: i64, j: i64) -> f64:
    """L_ij of x = L L' from the entries before it, packed row by row."""
    rest = x[i][j]
    for k in range(j):
        rest = rest - packed[triangle(i) + k] * packed[triangle(j) + k]
    return sqrt(rest) if i == j else rest / packed[triangle(j) + j]


def _square(factor: MatrixOut) -> None:
    """L L' in place of the lower triangular L, from the last row up."""
    size = len(factor)
    for i in range(size - 1, -1, -1):
        for j in range(i, -1, -1):
            total = 0.0
            for k in range(j + 1):
                total = total + factor[i][k] * factor[j][k]
            factor[i][j] = total
    for i in range(size):
        for j in range(i):
            factor[j][i] = factor[i][j]


def constrain_chol_corr(u: Vector, out: MatrixOut) -> f64:
    """A Cholesky factor with rows of length 1: tanh u are the canonical partial correlations."""
    size = len(out)
    total = 0.0
    at = 0
    for i in range(size):
        rest = 1.0
        for j in range(size):
            out[i][j] = 0.0
        for j in range(i):
            out[i][j] = tanh(u[at]) * sqrt(rest)
            # 1 - tanh^2 = (sech u)^2, written so that it neither overflows nor rounds to 0 early.
            log_shrink = 2 * (log(2) - abs(u[at]) - log1p(exp(-2 * abs(u[at]))))
            total = total + 0.5 * log(rest) + log_shrink
            rest = rest * exp(log_shrink)
            at = at + 1
        out[i][i] = sqrt(rest)
    return total


def unconstrain_chol_corr(x: Matrix, out: VectorOut) -> None:
    """The inverse of `constrain_chol_corr`."""
    at = 0
    for i in range(len(x)):
        # What the entries from j on leave of the row's length, summed from the diagonal's side.
        for j in range(i):
            rest = 0.0
            for k in range(i, j, -1):
                rest = rest + x[i][k] * x[i][k]
            # atanh(L_ij / sqrt(L_ij^2 + rest)) without cancellation: asinh(L_ij / sqrt(rest)).
            ratio = abs(x[i][j]) / sqrt(rest)
            size = log1p(ratio + ratio * ratio / (1 + sqrt(1 + ratio * ratio)))
            out[at] = size if x[i][j] >= 0 else -size
            at = at + 1


def constrain_corr(u: Vector, out: MatrixOut) -> f64:
    """L L' for the factor L of `constrain_chol_corr`. d(L L') = prod L_jj^(K - 1 - j) dL."""
    total = constrain_chol_corr(u, out)
    size = len(out)
    for j in range(size):
        total = total + (size - 1 - j) * log(out[j][j])
    _square(out)
    for i in range(size):
        out[i][i] = 1.0
    return total


def unconstrain_corr(x: Matrix, out: VectorOut) -> None:
    """The inverse of `constrain_corr`: partial correlations by recursion, without a factor to store.

    Lewandowski, Kurowicka & Joe (2009), sec. 2: row i of the Cholesky factor from the rows before it, which
    are kept as their partial correlations.
    """
    at = 0
    for i in range(len(x)):
        rest = 1.0
        for j in range(i):
            inner = x[i][j]
            for k in range(j):
                inner = inner - _factor_entry(out, i, k) * _factor_entry(out, j, k)
            entry = inner / _factor_entry(out, j, j)
            partial = entry / sqrt(rest)
            out[at] = 0.5 * (log1p(partial) - log1p(-partial))
            rest = rest - entry * entry
            at = at + 1


def _factor_entry(u: Vector, i: i64, j: i64) -> f64:
    """L_ij of the factor that stands for the coordinates u."""
    rest = 1.0
    for k in range(j):
        partial = tanh(u[pairs(i) + k])
        rest = rest * (1 - partial * partial)
    return sqrt(rest) if i == j else tanh(u[pairs(i) + j]) * sqrt(rest)
