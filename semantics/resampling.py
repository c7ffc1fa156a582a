"""Resampling schemes: which particle each offspring descends from (kernels).

Each scheme writes to `out` the ancestor of every offspring, so that particle i has `len(out)` times its share
of the weight as offspring in expectation. `cumulative` holds the running sums of the weights, the last of
them positive. A particle of weight zero has no offspring.

Douc, Cappe & Moulines, *Comparison of resampling schemes for particle filtering* (ISPA 2005).
"""

from __future__ import annotations

from pplc.semantics.kernel import CountsOut, Vector, VectorOut, f64, floor, i64
from pplc.semantics.source import Source


def position(cumulative: Vector, at: f64) -> i64:
    """The first index whose running sum exceeds `at`; by bisection."""
    low: i64 = 0
    high: i64 = len(cumulative) - 1
    # Rounding may bring `at` to the total itself: then the last index that adds to it is meant.
    while high > 0 and cumulative[high - 1] == cumulative[high]:
        high = high - 1
    while low < high:
        middle: i64 = (low + high) // 2
        if at < cumulative[middle]:
            high = middle
        else:
            low = middle + 1
    return low


def multinomial(source: Source, cumulative: Vector, out: CountsOut) -> None:
    """Every offspring picks its ancestor independently."""
    total = cumulative[len(cumulative) - 1]
    for i in range(len(out)):
        out[i] = position(cumulative, source.uniform() * total)


def stratified(source: Source, cumulative: Vector, out: CountsOut) -> None:
    """Offspring i picks by a number that is uniform on the i-th of equal parts."""
    count: i64 = len(out)
    total = cumulative[len(cumulative) - 1]
    for i in range(count):
        out[i] = position(cumulative, (source.uniform() + i) * total / count)


def systematic(source: Source, cumulative: Vector, out: CountsOut) -> None:
    """As `stratified`, with the same number in every part."""
    count: i64 = len(out)
    total = cumulative[len(cumulative) - 1]
    shift = source.uniform()
    for i in range(count):
        out[i] = position(cumulative, (shift + i) * total / count)


def residual(source: Source, cumulative: Vector, out: CountsOut, scratch: VectorOut) -> None:
    """Each particle has the whole part of its expected offspring; what remains is picked as in `multinomial`.

    scratch: as long as `cumulative`.
    """
    count: i64 = len(out)
    total = cumulative[len(cumulative) - 1]
    filled: i64 = 0
    before = 0 * total
    left = 0 * total
    for i in range(len(cumulative)):
        expected = (cumulative[i] - before) * count / total
        before = cumulative[i]
        whole: i64 = floor(expected)
        for _ in range(whole):
            if filled < count:
                out[filled] = i
                filled = filled + 1
        left = left + (expected - whole)
        scratch[i] = left
    for k in range(filled, count):
        out[k] = position(scratch, source.uniform() * left)
