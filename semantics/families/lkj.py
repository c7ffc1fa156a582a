"""LKJ(dimension, concentration): correlation matrices with density proportional to det^(concentration - 1).

Lewandowski, Kurowicka & Joe (2009), J. Multivariate Anal. 100, 1989-2001; a density in the entries below the
diagonal.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families import lkj_cholesky
from pplc.semantics.families.lkj_cholesky import log_constant, mean_log_diagonal
from pplc.semantics.families.matrices import (
    cholesky,
    factor_product,
    is_symmetric,
    log_diagonal,
    matrix,
    tolerance,
)
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, Matrix, MatrixOut, f64, i64
from pplc.semantics.source import Source


def log_density(dimension: i64, concentration: f64, x: Matrix) -> LogW:
    for i in range(dimension):
        if not abs(x[i][i] - 1) <= tolerance:
            return IMPOSSIBLE
    factor = matrix(dimension)
    if not is_symmetric(x) or not cholesky(x, factor):
        return IMPOSSIBLE
    return 2 * (concentration - 1) * log_diagonal(factor) - log_constant(dimension, concentration)


def draw(source: Source, dimension: i64, concentration: f64, out: MatrixOut) -> None:
    factor = matrix(dimension)
    lkj_cholesky.draw(source, dimension, concentration, factor)
    factor_product(factor, out)
    for i in range(dimension):
        out[i][i] = 1.0


def mean(dimension: i64, concentration: f64, out: MatrixOut) -> None:
    for i in range(dimension):
        for j in range(dimension):
            out[i][j] = 1.0 if i == j else 0.0


def variance(dimension: i64, concentration: f64, out: MatrixOut) -> None:
    # Every correlation is a symmetric beta variable on (-1, 1).
    for i in range(dimension):
        for j in range(dimension):
            out[i][j] = 0.0 if i == j else 1 / (2 * concentration + dimension - 1)


def entropy(dimension: i64, concentration: f64) -> f64:
    total = log_constant(dimension, concentration)
    for i in range(1, dimension):
        total = total - 2 * (concentration - 1) * mean_log_diagonal(dimension, concentration, i)
    return total


NUMERICS = Numerics(
    family=FAMILIES["LKJ"],
    log_density=log_density,
    draw=draw,
    mean=mean,
    variance=variance,
    entropy=entropy,
)
