"""Dirichlet(concentration): probabilities that sum to 1, a density in all but one of them.

Kotz, Balakrishnan & Johnson (2000), Continuous Multivariate Distributions, ch. 49.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.matrices import tolerance
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import CERTAIN, IMPOSSIBLE, LogW, Vector, VectorOut, exp, f64, inf, xlogy
from pplc.semantics.source import Source
from pplc.semantics.special.draws import log_gamma_draw
from pplc.semantics.special.gamma import digamma, lgamma


def total_of(concentration: Vector) -> f64:
    total = concentration[0]
    for i in range(1, len(concentration)):
        total = total + concentration[i]
    return total


def _log_constant(concentration: Vector) -> LogW:
    """The log of 1 over the multivariate beta function."""
    log_constant = lgamma(total_of(concentration))
    for i in range(len(concentration)):
        log_constant = log_constant - lgamma(concentration[i])
    return log_constant


def log_density(concentration: Vector, x: Vector) -> LogW:
    if not abs(total_of(x) - 1) <= tolerance:
        return IMPOSSIBLE
    infinite = False
    for i in range(len(x)):
        # On an edge of the simplex a concentration above 1 wins over one below 1.
        if x[i] < 0 or (x[i] == 0 and concentration[i] > 1):
            return IMPOSSIBLE
        infinite = infinite or (x[i] == 0 and concentration[i] < 1)
    if infinite:
        return inf
    log_product = CERTAIN
    for i in range(len(x)):
        log_product = log_product + xlogy(concentration[i] - 1, x[i])
    return log_product + _log_constant(concentration)


def draw(source: Source, concentration: Vector, out: VectorOut) -> None:
    """Gamma variables over their sum, scaled by the largest so that small shapes do not underflow."""
    for i in range(len(concentration)):
        out[i] = log_gamma_draw(source, concentration[i])
    highest = out[0]
    for i in range(1, len(out)):
        highest = max(highest, out[i])
    for i in range(len(out)):
        out[i] = exp(out[i] - highest)
    total = total_of(out)
    for i in range(len(out)):
        out[i] = out[i] / total


def mean(concentration: Vector, out: VectorOut) -> None:
    total = total_of(concentration)
    for i in range(len(concentration)):
        out[i] = concentration[i] / total


def variance(concentration: Vector, out: VectorOut) -> None:
    total = total_of(concentration)
    for i in range(len(concentration)):
        share = concentration[i] / total
        out[i] = share * (1 - share) / (total + 1)


def entropy(concentration: Vector) -> f64:
    total = total_of(concentration)
    result = (total - len(concentration)) * digamma(total) - _log_constant(concentration)
    for i in range(len(concentration)):
        result = result - (concentration[i] - 1) * digamma(concentration[i])
    return result


NUMERICS = Numerics(
    family=FAMILIES["Dirichlet"],
    log_density=log_density,
    draw=draw,
    mean=mean,
    variance=variance,
    entropy=entropy,
)
