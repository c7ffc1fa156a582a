"""LKJCholesky(dimension, concentration): the lower Cholesky factor of a matrix drawn from `LKJ`.

Lewandowski, Kurowicka & Joe (2009), J. Multivariate Anal. 100, 1989-2001. The density is one in the entries
below the diagonal. Row i is a vector of length 1: its last entry squared is a beta variable with parameters
concentration + (dimension - 1 - i) / 2 and i / 2, the direction of the rest is uniform (their onion method,
section 3.2).
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.matrices import square, tolerance
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import IMPOSSIBLE, LogW, Matrix, MatrixOut, exp, f64, i64, log, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.error_function import ndtri
from pplc.semantics.special.gamma import digamma, lgamma_growth, log_beta


def log_constant(dimension: i64, concentration: f64) -> f64:
    """The log of the integral of det^(concentration - 1) over correlation matrices: their eq. 17."""
    total = 0.0
    for k in range(1, dimension):
        a = concentration + (dimension - 1 - k) / 2
        total = total + (dimension - k) * ((2 * a - 1) * log(2.0) + log_beta(a, a))
    return total


def row_shape(dimension: i64, concentration: f64, i: i64) -> f64:
    """The first parameter of the beta law of the squared diagonal entry of row i."""
    return concentration + (dimension - 1 - i) / 2


def is_factor(x: Matrix) -> bool:
    """Whether a matrix is lower triangular with a positive diagonal and rows of length 1."""
    for i in range(len(x)):
        if not x[i][i] > 0 or not abs(square(x[i]) - 1) <= tolerance:
            return False
        for j in range(i + 1, len(x)):
            if x[i][j] != 0:
                return False
    return True


def log_density(dimension: i64, concentration: f64, x: Matrix) -> LogW:
    if not is_factor(x):
        return IMPOSSIBLE
    # det^(concentration - 1) and the Jacobian of x x': diagonal entries to the power dimension - 1 - i.
    total = -log_constant(dimension, concentration)
    for i in range(1, dimension):
        total = total + (dimension - 1 - i + 2 * (concentration - 1)) * log(x[i][i])
    return total


def draw(source: Source, dimension: i64, concentration: f64, out: MatrixOut) -> None:
    for i in range(dimension):
        for j in range(dimension):
            out[i][j] = ndtri(source.uniform()) if j < i else 0.0
        if i == 0:
            out[0][0] = 1.0
        else:
            ahead = log_gamma_draw(source, row_shape(dimension, concentration, i))
            behind = log_gamma_draw(source, i / 2)
            # The share of the direction in the row's squared length, and what is left for the diagonal.
            length = sqrt(1 / (1 + exp(ahead - behind))) / sqrt(square(out[i]))
            for j in range(i):
                out[i][j] = out[i][j] * length
            out[i][i] = sqrt(1 / (1 + exp(behind - ahead)))


def mean(dimension: i64, concentration: f64, out: MatrixOut) -> None:
    for i in range(dimension):
        for j in range(dimension):
            out[i][j] = 0.0
        a = row_shape(dimension, concentration, i)
        out[i][i] = exp(lgamma_growth(a, 0.5) - lgamma_growth(a + i / 2, 0.5)) if i > 0 else 1.0


def variance(dimension: i64, concentration: f64, out: MatrixOut) -> None:
    mean(dimension, concentration, out)
    for i in range(dimension):
        a = row_shape(dimension, concentration, i)
        for j in range(i):
            out[i][j] = 0.5 / (a + i / 2)
        out[i][i] = a / (a + i / 2) - out[i][i] * out[i][i] if i > 0 else 0.0


def mean_log_diagonal(dimension: i64, concentration: f64, i: i64) -> f64:
    """The expectation of the log of diagonal entry i > 0."""
    a = row_shape(dimension, concentration, i)
    return 0.5 * (digamma(a) - digamma(a + i / 2))


def entropy(dimension: i64, concentration: f64) -> f64:
    total = log_constant(dimension, concentration)
    for i in range(1, dimension):
        power = dimension - 1 - i + 2 * (concentration - 1)
        total = total - power * mean_log_diagonal(dimension, concentration, i)
    return total


NUMERICS = Numerics(
    family=FAMILIES["LKJCholesky"],
    log_density=log_density,
    draw=draw,
    mean=mean,
    variance=variance,
    entropy=entropy,
)
