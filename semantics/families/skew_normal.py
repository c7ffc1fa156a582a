"""SkewNormal(location, scale, shape): density 2 phi(z) Phi(shape z) / scale. Azzalini (1985).

Distribution functions by quadrature away from the point, so that both tails keep their digits (Owen's T
function would cancel there).
"""

from __future__ import annotations

from typing import NamedTuple

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import LogW, exp, f64, half_log_2pi, inf, log, log1p, nan, pi, sqrt
from pplc.semantics.source import Source
from pplc.semantics.special.error_function import log_ndtr, ndtri
from pplc.semantics.special.quadrature import panel
from pplc.semantics.special.root import Step, root


class _Law(NamedTuple):
    shape: f64


def _standard(at: _Law, z: f64) -> f64:
    return log(2) - half_log_2pi - 0.5 * z * z + log_ndtr(at.shape * z)


def log_density(location: f64, scale: f64, shape: f64, x: f64) -> LogW:
    z = (x - location) / scale
    if abs(z) == inf:
        return -inf
    return _standard(_Law(shape), z) - log(scale)


def draw(source: Source, location: f64, scale: f64, shape: f64) -> f64:
    # Henze (1986): (shape |U| + V) / sqrt(1 + shape^2), without overflow for large shapes.
    size = sqrt(1 + shape * shape)
    first = abs(ndtri(source.uniform()))
    second = ndtri(source.uniform())
    return location + scale * (shape / size * first + second / size)


def _log_below(shape: f64, z: f64) -> f64:
    """log P(Z <= z) of the standard law, by panels leftwards from z, as far as they count."""
    at = _Law(shape)
    # The log density is concave. Left of `bend` it curves like -(1 + shape^2) z^2 / 2 at most, beyond like
    # -z^2 / 2, where Phi(shape z) is constant to 1e-17; mirrored for negative shapes.
    bend = 9 / abs(shape) if abs(shape) > 1 else inf
    narrow = 1 / sqrt(1 + shape * shape)
    shift = _top(at, z)
    total = 0.0
    right = z
    while True:
        flat = right > bend if shape > 0 else right <= -bend
        width = 1.0 if flat else narrow
        # Far out the density falls by a factor e over a much shorter way.
        slope = right * (1 + shape * shape) if right < 0 < shape else right
        width = width if abs(slope) * width < 4 else 4 / abs(slope)
        left = right - width
        left = bend if flat and shape > 0 and left < bend else left
        left = -bend if shape < 0 and right > -bend > left else left
        part = panel(_standard, at, shift, left, right)
        total = total + part
        # To the left of the mode the remaining panels fall geometrically.
        if left < 0 and part < 1e-18 * total and _standard(at, left) < _standard(at, right):
            return shift + log(total)
        if total == 0 and _standard(at, left) - shift < -800:
            return -inf
        right = left


def _top(at: _Law, z: f64) -> f64:
    """About the largest log density up to z: the scale that keeps the panels from under- and overflowing."""
    near = _standard(at, z)
    if z <= 0:
        return near
    centre = _standard(at, 0.0)
    return near if near > centre else centre


def _log_cdf(shape: f64, z: f64) -> f64:
    if abs(z) == inf:
        return 0.0 if z > 0 else -inf
    # The median has the sign of the shape and lies within 0.6745 of 0.
    if z < (0.7 if shape > 0 else 0.0):
        return _log_below(shape, z)
    return log1p(-exp(_log_below(-shape, -z)))


def cdf(location: f64, scale: f64, shape: f64, x: f64) -> f64:
    return exp(_log_cdf(shape, (x - location) / scale))


def log_cdf(location: f64, scale: f64, shape: f64, x: f64) -> f64:
    return _log_cdf(shape, (x - location) / scale)


def log_ccdf(location: f64, scale: f64, shape: f64, x: f64) -> f64:
    return _log_cdf(-shape, (location - x) / scale)


class _Level(NamedTuple):
    shape: f64
    log_p: f64


def _step(at: _Level, z: f64) -> Step:
    lower = _log_cdf(at.shape, z)
    return Step(lower - at.log_p, exp(_standard(_Law(at.shape), z) - lower))


def quantile(location: f64, scale: f64, shape: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    if p == 0 or p == 1:
        return inf if p == 1 else -inf
    if p > 0.5:
        return -quantile(-location, scale, -shape, 1 - p)
    # 2 Phi bounds the cdf, so that half the level's normal quantile lies below this one.
    return location + scale * root(_step, _Level(shape, log(p)), ndtri(p), ndtri(0.5 * p) - 1e-6, 1.0)


def mean(location: f64, scale: f64, shape: f64) -> f64:
    return location + scale * _drift(shape)


def _drift(shape: f64) -> f64:
    return sqrt(2 / pi) * (shape / sqrt(1 + shape * shape))


def variance(location: f64, scale: f64, shape: f64) -> f64:
    return scale * scale * (1 - _drift(shape) * _drift(shape))


NUMERICS = Numerics(
    family=FAMILIES["SkewNormal"],
    log_density=log_density,
    draw=draw,
    cdf=cdf,
    log_cdf=log_cdf,
    log_ccdf=log_ccdf,
    quantile=quantile,
    mean=mean,
    variance=variance,
)
