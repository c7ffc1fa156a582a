"""Wishart(df, scale): sums of `df` outer products of normal vectors, also for a df that is no integer.

Gupta & Nagar (2000), Matrix Variate Distributions, ch. 3.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.matrices import (
    cholesky,
    factor_product,
    is_symmetric,
    log_diagonal,
    log_multigamma,
    lower_product,
    matrix,
    multidigamma,
    quotient_trace,
)
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, Matrix, MatrixOut, exp, f64, log, nan
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.error_function import ndtri


def log_density(df: f64, scale: Matrix, x: Matrix) -> LogW:
    size = len(scale)
    chol = matrix(size)
    if not cholesky(scale, chol):
        return nan
    factor = matrix(size)
    if not is_symmetric(x) or not cholesky(x, factor):
        return IMPOSSIBLE
    return (
        (df - size - 1) * log_diagonal(factor)
        - df * log_diagonal(chol)
        - 0.5 * quotient_trace(chol, factor)
        - 0.5 * df * size * log(2.0)
        - log_multigamma(df / 2, size)
    )


def standard_factor(source: Source, df: f64, out: MatrixOut) -> None:
    """The lower factor of a Wishart matrix of scale 1: Bartlett (1933), Gupta & Nagar theorem 3.3.4."""
    for i in range(len(out)):
        for j in range(len(out)):
            if j < i:
                out[i][j] = ndtri(source.uniform())
            else:
                out[i][j] = 0.0
        # The square root of a chi-squared variable, twice a gamma variable.
        out[i][i] = exp(0.5 * (log(2.0) + log_gamma_draw(source, (df - i) / 2)))


def draw(source: Source, df: f64, scale: Matrix, out: MatrixOut) -> None:
    size = len(scale)
    chol = matrix(size)
    cholesky(scale, chol)
    standard = matrix(size)
    standard_factor(source, df, standard)
    factor = matrix(size)
    lower_product(chol, standard, factor)
    factor_product(factor, out)


def mean(df: f64, scale: Matrix, out: MatrixOut) -> None:
    for i in range(len(scale)):
        for j in range(len(scale)):
            out[i][j] = df * scale[i][j]


def variance(df: f64, scale: Matrix, out: MatrixOut) -> None:
    for i in range(len(scale)):
        for j in range(len(scale)):
            out[i][j] = df * (scale[i][j] * scale[i][j] + scale[i][i] * scale[j][j])


def entropy(df: f64, scale: Matrix) -> f64:
    size = len(scale)
    chol = matrix(size)
    if not cholesky(scale, chol):
        return nan
    return (
        (size + 1) * log_diagonal(chol)
        + 0.5 * size * (size + 1) * log(2.0)
        + log_multigamma(df / 2, size)
        - 0.5 * (df - size - 1) * multidigamma(df / 2, size)
        + 0.5 * df * size
    )


NUMERICS = Numerics(
    family=FAMILIES["Wishart"],
    log_density=log_density,
    draw=draw,
    mean=mean,
    variance=variance,
    entropy=entropy,
)
