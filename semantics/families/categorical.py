"""Categorical(probabilities): an index from 0 to K - 1. Johnson, Kemp & Kotz (2005), ch. 1.

By `logits` the mass of k is e^logits[k] over their sum, computed without leaving the log scale.
"""

from __future__ import annotations

from pplc.lang.families import FAMILIES
from pplc.semantics.families.table import Numerics, Variant
from pplc.semantics.kernel import IMPOSSIBLE, LogW, Vector, exp, f64, i64, inf, log, log1p, xlogy
from pplc.semantics.source import Source


def log_mass(probabilities: Vector, x: i64) -> LogW:
    return log(probabilities[x]) if 0 <= x < len(probabilities) else IMPOSSIBLE


def draw(source: Source, probabilities: Vector) -> i64:
    return source.choose(probabilities)


def _up_to(probabilities: Vector, x: f64) -> f64:
    total = 0.0
    for k in range(len(probabilities)):
        if k <= x:
            total = total + probabilities[k]
    return total


def _beyond(probabilities: Vector, x: f64) -> f64:
    total = 0.0
    for k in range(len(probabilities)):
        if k > x:
            total = total + probabilities[k]
    return total


def cdf(probabilities: Vector, x: f64) -> f64:
    return _up_to(probabilities, x) if x < len(probabilities) - 1 else 1.0


def log_cdf(probabilities: Vector, x: f64) -> f64:
    below = _up_to(probabilities, x)
    return log(below) if below < 0.5 else log1p(-_beyond(probabilities, x))


def log_ccdf(probabilities: Vector, x: f64) -> f64:
    above = _beyond(probabilities, x)
    return log(above) if above < 0.5 else log1p(-_up_to(probabilities, x))


def quantile(probabilities: Vector, p: f64) -> i64:
    total = 0.0
    last = 0
    for k in range(len(probabilities)):
        total = total + probabilities[k]
        if probabilities[k] > 0:
            # The sum may fall short of p = 1 by rounding; then it is the last value that can occur.
            last = k
            if total >= p:
                return k
    return last


def mean(probabilities: Vector) -> f64:
    total = 0.0
    for k in range(len(probabilities)):
        total = total + k * probabilities[k]
    return total


def variance(probabilities: Vector) -> f64:
    centre = mean(probabilities)
    total = 0.0
    for k in range(len(probabilities)):
        total = total + (k - centre) * (k - centre) * probabilities[k]
    return total


def entropy(probabilities: Vector) -> f64:
    total = 0.0
    for k in range(len(probabilities)):
        total = total - xlogy(probabilities[k], probabilities[k])
    return total


def support_values(probabilities: Vector) -> tuple[int, ...]:
    return tuple(k for k, p in enumerate(probabilities) if p != 0)


def log_total(logits: Vector) -> LogW:
    """The log of the sum of e^logits."""
    high = -inf
    for k in range(len(logits)):
        high = logits[k] if logits[k] > high else high
    total = 0.0
    for k in range(len(logits)):
        total = total + exp(logits[k] - high)
    return high + log(total)


def log_mass_by_logits(logits: Vector, x: i64) -> LogW:
    return logits[x] - log_total(logits) if 0 <= x < len(logits) else IMPOSSIBLE


def draw_by_logits(source: Source, logits: Vector) -> i64:
    # Inversion without the list of weights, which a kernel could not allocate.
    total = log_total(logits)
    u = source.uniform()
    last = 0
    for k in range(len(logits)):
        mass = exp(logits[k] - total)
        if mass > 0:
            last = k
            u = u - mass
            if u < 0:
                return k
    return last


def probabilities_of(logits: Vector) -> tuple[float, ...]:
    """The softmax of the logits."""
    total = log_total(logits)
    return tuple(exp(logit - total) for logit in logits)


def cdf_by_logits(logits: Vector, x: f64) -> f64:
    return cdf(probabilities_of(logits), x)


def log_cdf_by_logits(logits: Vector, x: f64) -> f64:
    return log_cdf(probabilities_of(logits), x)


def log_ccdf_by_logits(logits: Vector, x: f64) -> f64:
    return log_ccdf(probabilities_of(logits), x)


def quantile_by_logits(logits: Vector, p: f64) -> i64:
    return quantile(probabilities_of(logits), p)


def mean_by_logits(logits: Vector) -> f64:
    return mean(probabilities_of(logits))


def variance_by_logits(logits: Vector) -> f64:
    return variance(probabilities_of(logits))


def entropy_by_logits(logits: Vector) -> f64:
    return entropy(probabilities_of(logits))


def support_values_by_logits(logits: Vector) -> tuple[int, ...]:
    return tuple(range(len(logits)))


NUMERICS = Numerics(
    family=FAMILIES["Categorical"],
    log_density=log_mass,
    draw=draw,
    cdf=cdf,
    log_cdf=log_cdf,
    log_ccdf=log_ccdf,
    quantile=quantile,
    mean=mean,
    variance=variance,
    entropy=entropy,
    support_values=support_values,
)
VARIANTS = (
    Variant(
        NUMERICS.family.alternatives[0],
        Numerics(
            family=FAMILIES["Categorical"],
            log_density=log_mass_by_logits,
            draw=draw_by_logits,
            cdf=cdf_by_logits,
            log_cdf=log_cdf_by_logits,
            log_ccdf=log_ccdf_by_logits,
            quantile=quantile_by_logits,
            mean=mean_by_logits,
            variance=variance_by_logits,
            entropy=entropy_by_logits,
            support_values=support_values_by_logits,
        ),
    ),
)
