"""MvStudentT(df, location, scale), by the Cholesky factor of the scale or by its inverse.

Kotz & Nadarajah (2004), Multivariate t Distributions and Their Applications, eq. 1.1.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families import mv_normal
from pplc.semantics.families.matrices import cholesky, fill, forward, log_diagonal, matrix, square, vector
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import LogW, Matrix, Vector, VectorOut, exp, f64, i64, inf, log, log1p, nan, pi
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.gamma import digamma, lgamma_growth


def _log_constant(df: f64, size: i64) -> f64:
    """The log of the density at the centre for scale 1."""
    return lgamma_growth(df / 2, size / 2) - size / 2 * log(df * pi)


def _log_density(df: f64, size: i64, half_log_det: f64, distance: f64) -> LogW:
    return _log_constant(df, size) - half_log_det - (df + size) / 2 * log1p(distance / df)


def log_density_by_chol(df: f64, location: Vector, chol: Matrix, x: Vector) -> LogW:
    z = vector(len(location))
    for i in range(len(location)):
        z[i] = x[i] - location[i]
    forward(chol, z, z)
    return _log_density(df, len(location), log_diagonal(chol), square(z))


def _stretch(source: Source, df: f64, location: Vector, out: VectorOut) -> None:
    """Turns a normal draw around `location` into one of the t law."""
    factor = exp(0.5 * (log(df / 2) - log_gamma_draw(source, df / 2)))
    for i in range(len(location)):
        out[i] = location[i] + factor * (out[i] - location[i])


def draw_by_chol(source: Source, df: f64, location: Vector, chol: Matrix, out: VectorOut) -> None:
    mv_normal.draw_by_chol(source, location, chol, out)
    _stretch(source, df, location, out)


def mean_of(df: f64, location: Vector, scale: Matrix, out: VectorOut) -> None:
    for i in range(len(location)):
        out[i] = location[i] if df > 1 else nan


def _widen(df: f64, out: VectorOut) -> None:
    """Turns the diagonal of the scale into variances."""
    if df <= 2:
        fill(inf if df > 1 else nan, out)
        return
    for i in range(len(out)):
        out[i] = out[i] * (df / (df - 2))


def variance_by_chol(df: f64, location: Vector, chol: Matrix, out: VectorOut) -> None:
    mv_normal.variance_by_chol(location, chol, out)
    _widen(df, out)


def _entropy(df: f64, size: i64, half_log_det: f64) -> f64:
    half = (df + size) / 2
    return half_log_det - _log_constant(df, size) + half * (digamma(half) - digamma(df / 2))


def entropy_by_chol(df: f64, location: Vector, chol: Matrix) -> f64:
    return _entropy(df, len(location), log_diagonal(chol))


def log_density(df: f64, location: Vector, scale: Matrix, x: Vector) -> LogW:
    chol = matrix(len(location))
    return log_density_by_chol(df, location, chol, x) if cholesky(scale, chol) else nan


def draw(source: Source, df: f64, location: Vector, scale: Matrix, out: VectorOut) -> None:
    mv_normal.draw(source, location, scale, out)
    _stretch(source, df, location, out)


def variance(df: f64, location: Vector, scale: Matrix, out: VectorOut) -> None:
    mv_normal.variance(location, scale, out)
    _widen(df, out)


def entropy(df: f64, location: Vector, scale: Matrix) -> f64:
    chol = matrix(len(location))
    return entropy_by_chol(df, location, chol) if cholesky(scale, chol) else nan


def log_density_by_precision(df: f64, location: Vector, precision: Matrix, x: Vector) -> LogW:
    size = len(location)
    chol = matrix(size)
    if not cholesky(precision, chol):
        return nan
    distance = 0.0
    for i in range(size):
        z = 0.0
        for k in range(i, size):
            z = z + chol[k][i] * (x[k] - location[k])
        distance = distance + z * z
    return _log_density(df, size, -log_diagonal(chol), distance)


def draw_by_precision(source: Source, df: f64, location: Vector, precision: Matrix, out: VectorOut) -> None:
    mv_normal.draw_by_precision(source, location, precision, out)
    _stretch(source, df, location, out)


def variance_by_precision(df: f64, location: Vector, precision: Matrix, out: VectorOut) -> None:
    mv_normal.variance_by_precision(location, precision, out)
    _widen(df, out)


def entropy_by_precision(df: f64, location: Vector, precision: Matrix) -> f64:
    chol = matrix(len(location))
    return _entropy(df, len(location), -log_diagonal(chol)) if cholesky(precision, chol) else nan


NUMERICS = Numerics(
    family=FAMILIES["MvStudentT"],
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
            family=FAMILIES["MvStudentT"],
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
            family=FAMILIES["MvStudentT"],
            log_density=log_density_by_precision,
            draw=draw_by_precision,
            mean=mean_of,
            variance=variance_by_precision,
            entropy=entropy_by_precision,
        ),
    ),
)
