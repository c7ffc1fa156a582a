"""VonMises(location, concentration): an angle from -pi to pi. Mardia & Jupp (2000), sec. 3.5.4.

Draws by Best & Fisher (1979), Appl. Statist. 28, 152-157; distribution functions by quadrature from the
nearer end, so that both tails keep their digits.
"""

from __future__ import annotations

from typing import NamedTuple

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import (
    IMPOSSIBLE,
    LogW,
    acos,
    cos,
    exp,
    f64,
    floor,
    inf,
    log,
    log1p,
    nan,
    pi,
    sin,
    sqrt,
)
from pplc.semantics.source import Source
from pplc.semantics.special.bessel import i1_over_i0, log_i0e
from pplc.semantics.special.error_function import ndtri
from pplc.semantics.special.quadrature import panel
from pplc.semantics.special.root import Step, root


def wrapped(angle: f64) -> f64:
    """The same angle from -pi to pi; unchanged if it lies there."""
    return angle if -pi <= angle <= pi else angle - 2 * pi * floor((angle + pi) / (2 * pi))


def log_density(location: f64, concentration: f64, x: f64) -> LogW:
    if x < -pi or x > pi:
        return IMPOSSIBLE
    # cos d - 1 = -2 sin^2(d / 2) without cancellation.
    half = sin(0.5 * (x - location))
    return -2 * concentration * half * half - log(2 * pi) - log_i0e(concentration)


def draw(source: Source, location: f64, concentration: f64) -> f64:
    if concentration < 1e-8:
        return wrapped(pi * (2 * source.uniform() - 1))
    if concentration > 1e7:
        # The rejection's constants cancel there, and the law is normal to 1 / (8 concentration).
        return wrapped(location + ndtri(source.uniform()) / sqrt(concentration))
    tau = 1 + sqrt(1 + 4 * concentration * concentration)
    rho = (tau - sqrt(2 * tau)) / (2 * concentration)
    r = (1 + rho * rho) / (2 * rho)
    while True:
        z = cos(pi * source.uniform())
        f = (1 + r * z) / (r + z)
        c = concentration * (r - f)
        u = source.uniform()
        if c * (2 - c) > u or log(c / u) + 1 >= c:
            side = 1.0 if source.uniform() < 0.5 else -1.0
            f = f if f < 1 else 1.0
            return wrapped(location + side * acos(f))


class _Law(NamedTuple):
    location: f64
    concentration: f64


def _log_density(at: _Law, x: f64) -> f64:
    return log_density(at.location, at.concentration, x)


def _log_mass(location: f64, concentration: f64, low: f64, high: f64) -> f64:
    """log P(low < X <= high), a sum over panels of about one standard deviation."""
    if high <= low:
        return -inf
    at = _Law(location, concentration)
    centre = wrapped(location)
    # The density's largest value on the interval is at the centre or at an end.
    shift = _log_density(at, low)
    other = _log_density(at, high)
    shift = other if other > shift else shift
    shift = _log_density(at, centre) if low <= centre <= high else shift
    width = pi / 8 if concentration < 6 else 1 / sqrt(concentration)
    panels = floor((high - low) / width) + 1
    total = 0.0
    for i in range(panels):
        left = low + (high - low) * (i / panels)
        right = low + (high - low) * ((i + 1) / panels)
        # A panel whose ends are e^-50 below the top holds nothing: the top lies within none such.
        if _log_density(at, left) - shift > -50 or _log_density(at, right) - shift > -50:
            total = total + panel(_log_density, at, shift, left, right)
    return shift + log(total)


def cdf(location: f64, concentration: f64, x: f64) -> f64:
    return exp(log_cdf(location, concentration, x))


def log_cdf(location: f64, concentration: f64, x: f64) -> f64:
    if x <= -pi:
        return -inf
    if x >= pi:
        return 0.0
    lower = _log_mass(location, concentration, -pi, x)
    return lower if lower < -0.7 else log1p(-exp(_log_mass(location, concentration, x, pi)))


def log_ccdf(location: f64, concentration: f64, x: f64) -> f64:
    return log_cdf(-location, concentration, -x)


class _Level(NamedTuple):
    location: f64
    concentration: f64
    log_p: f64


def _step(at: _Level, x: f64) -> Step:
    lower = log_cdf(at.location, at.concentration, x)
    return Step(lower - at.log_p, exp(log_density(at.location, at.concentration, x) - lower))


def quantile(location: f64, concentration: f64, p: f64) -> f64:
    if not 0 <= p <= 1:
        return nan
    if p == 0 or p == 1:
        return pi if p == 1 else -pi
    if p > 0.5:
        return -quantile(-location, concentration, 1 - p)
    return root(_step, _Level(location, concentration, log(p)), wrapped(location), -pi, pi)


def entropy(location: f64, concentration: f64) -> f64:
    ratio = i1_over_i0(concentration)
    return log(2 * pi) + log_i0e(concentration) + concentration * (1 - ratio)


NUMERICS = Numerics(
    family=FAMILIES["VonMises"],
    log_density=log_density,
    draw=draw,
    cdf=cdf,
    log_cdf=log_cdf,
    log_ccdf=log_ccdf,
    quantile=quantile,
    entropy=entropy,
)
