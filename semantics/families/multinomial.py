"""Multinomial(n, probabilities): how often each category comes up in n draws.

Johnson, Kotz & Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35. One category after another:
each count is binomial given those before it, and the binomial mass keeps its digits for large n.
"""

from __future__ import annotations

from collections.abc import Iterator

from pplc.lang.families import FAMILIES
from pplc.semantics.families import binomial
from pplc.semantics.families.table import Numerics
from pplc.semantics.kernel import CERTAIN, IMPOSSIBLE, Counts, CountsOut, LogW, Vector, VectorOut, f64, i64
from pplc.semantics.source import Source
from pplc.semantics.special.gamma import log_binomial


def _after(probabilities: Vector, first: i64) -> f64:
    """The probability of the categories from `first` on."""
    total = probabilities[first]
    for i in range(first + 1, len(probabilities)):
        total = total + probabilities[i]
    return total


def log_mass(n: i64, probabilities: Vector, x: Counts) -> LogW:
    left = n
    for i in range(len(x)):
        if x[i] < 0 or (x[i] > 0 and probabilities[i] == 0):
            return IMPOSSIBLE
        left = left - x[i]
    if left != 0:
        return IMPOSSIBLE
    left = n
    log_product = CERTAIN
    for i in range(len(x) - 1):
        rest = _after(probabilities, i + 1)
        if left > 0 and probabilities[i] > 0 and rest > 0:
            whole = probabilities[i] + rest
            log_product = log_product + log_binomial(
                x[i], left - x[i], probabilities[i] / whole, rest / whole
            )
        left = left - x[i]
    return log_product


def draw(source: Source, n: i64, probabilities: Vector, out: CountsOut) -> None:
    left = n
    for i in range(len(probabilities) - 1):
        rest = _after(probabilities, i + 1)
        if left == 0 or probabilities[i] == 0:
            out[i] = 0
        elif rest == 0:
            out[i] = left
        else:
            out[i] = binomial.draw(source, left, probabilities[i] / (probabilities[i] + rest))
        left = left - out[i]
    out[len(probabilities) - 1] = left


def mean(n: i64, probabilities: Vector, out: VectorOut) -> None:
    for i in range(len(probabilities)):
        out[i] = n * probabilities[i]


def variance(n: i64, probabilities: Vector, out: VectorOut) -> None:
    for i in range(len(probabilities)):
        out[i] = n * probabilities[i] * (1 - probabilities[i])


def support_values(n: int, probabilities: Vector) -> Iterator[tuple[int, ...]]:
    """Every vector of counts of positive mass, in lexicographic order."""
    if len(probabilities) == 1:
        yield (n,)
        return
    others_possible = any(p > 0 for p in probabilities[1:])
    if not others_possible:
        yield (n, *(0 for _ in probabilities[1:]))
        return
    for count in range(n + 1 if probabilities[0] > 0 else 1):
        for others in support_values(n - count, probabilities[1:]):
            yield (count, *others)


NUMERICS = Numerics(
    family=FAMILIES["Multinomial"],
    log_density=log_mass,
    draw=draw,
    mean=mean,
    variance=variance,
    support_values=support_values,
)
