"""InverseWishart(df, scale): the inverse of a Wishart matrix of scale inverse(scale).

Gupta & Nagar (2000), Matrix Variate Distributions, sec. 3.4; the variances are in Press (1982), Applied
Multivariate Analysis, sec. 5.2.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.matrices import (
    cholesky,
    factor_product,
    fill_matrix,
    forward,
    is_symmetric,
    log_diagonal,
    log_multigamma,
    matrix,
    multidigamma,
    quotient_trace,
    vector,
)
from pplc.semantics.families.table import Numerics
from pplc.semantics.families.wishart import standard_factor
from pplc.semantics.kernel import IMPOSSIBLE, LogW, Matrix, MatrixOut, f64, inf, log, nan
from pplc.semantics.source import Source


def log_density(df: f64, scale: Matrix, x: Matrix) -> LogW:
    size = len(scale)
    chol = matrix(size)
    if not cholesky(scale, chol):
        return nan
    factor = matrix(size)
    if not is_symmetric(x) or not cholesky(x, factor):
        return IMPOSSIBLE
    return (
        df * log_diagonal(chol)
        - (df + size + 1) * log_diagonal(factor)
        - 0.5 * quotient_trace(factor, chol)
        - 0.5 * df * size * log(2.0)
        - log_multigamma(df / 2, size)
    )


def draw(source: Source, df: f64, scale: Matrix, out: MatrixOut) -> None:
    """M M' with M = L A^-T, for scale = L L' and A A' a Wishart matrix of scale 1."""
    size = len(scale)
    chol = matrix(size)
    cholesky(scale, chol)
    standard = matrix(size)
    standard_factor(source, df, standard)
    factor = matrix(size)
    column = vector(size)
    for i in range(size):
        # Row i of M is the solution of A m = row i of L.
        for k in range(size):
            column[k] = chol[i][k]
        forward(standard, column, column)
        for k in range(size):
            factor[i][k] = column[k]
    factor_product(factor, out)


def mean(df: f64, scale: Matrix, out: MatrixOut) -> None:
    over = df - len(scale) - 1
    if over <= 0:
        fill_matrix(nan, out)
        return
    for i in range(len(scale)):
        for j in range(len(scale)):
            out[i][j] = scale[i][j] / over


def variance(df: f64, scale: Matrix, out: MatrixOut) -> None:
    over = df - len(scale) - 1
    if over <= 2:
        fill_matrix(inf if over > 0 else nan, out)
        return
    for i in range(len(scale)):
        for j in range(len(scale)):
            products = (over + 2) * scale[i][j] * scale[i][j] + over * scale[i][i] * scale[j][j]
            out[i][j] = products / ((over + 1) * over * over * (over - 2))


def entropy(df: f64, scale: Matrix) -> f64:
    size = len(scale)
    chol = matrix(size)
    if not cholesky(scale, chol):
        return nan
    # E log det X = log det scale - size log 2 - multidigamma(df / 2).
    log_det = 2 * log_diagonal(chol) - size * log(2.0) - multidigamma(df / 2, size)
    return (
        0.5 * (df + size + 1) * log_det
        - df * log_diagonal(chol)
        + 0.5 * df * size * (1 + log(2.0))
        + log_multigamma(df / 2, size)
    )


NUMERICS = Numerics(
    family=FAMILIES["InverseWishart"],
    log_density=log_density,
    draw=draw,
    mean=mean,
    variance=variance,
    entropy=entropy,
)
