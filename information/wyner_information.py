"""Wyner's common information C(x; y) = min I(x, y; w) over all w that make x and y independent.

Wyner (1975). I <= C <= min(H(x), H(y)). A w determines the Gács–Körner part k, since independent copies
of k given w can only be equal if they are constant; so C = H(k) + Σ_k p(k) C(x; y | k), and each block is
solved by itself: by a closed form, or by column generation.
"""

from __future__ import annotations

from math import fsum, isclose, log, sqrt

import numpy as np

from pplc.inference.answers import Bounds, Exact
from pplc.information.common import common_part
from pplc.information.couplings import NEGLIGIBLE
from pplc.information.entropy import Names
from pplc.information.pair import entropy_of, information_of, matrix, sufficient
from pplc.information.table import Floats, Table
from pplc.information.wyner_columns import least_common

SAME = 1e-12
"""Probabilities that are closer than this count as equal where a block is compared with a pattern."""


def wyner(table: Table, x: Names, y: Names) -> Exact | Bounds:
    """C(x; y) in nats: exact for blocks with a closed form, otherwise bounds.

    The upper bound belongs to an explicit w. The lower one is certified by a dual solution where one of
    the variables has two values in the block, and is I(x; y | k) of the block elsewhere.
    """
    joint = matrix(table, x, y)
    lower, upper, closed = [0.0], [0.0], True
    for mass, whole in blocks(joint):
        # A w for sufficient statistics of x and y is one for x and y.
        block = sufficient(sufficient(whole).T).T
        known = closed_form(block)
        low, high = (known, known) if known is not None else least_common(block)
        closed = closed and (known is not None or isclose(low, high, rel_tol=0, abs_tol=NEGLIGIBLE))
        lower.append(mass * low)
        upper.append(mass * high)
    parts = common_part(table, [x, y]).entropy
    if closed:
        return Exact(parts + fsum(upper))
    return Bounds(parts + fsum(lower), parts + fsum(upper))


def blocks(joint: Floats) -> list[tuple[float, Floats]]:
    """The blocks of the Gács–Körner part: their masses, and the joint laws [x, y] given the block."""
    part = common_part(Table.of_array(joint / joint.sum(), ("x", "y")), ["x", "y"])
    found: list[tuple[float, Floats]] = []
    for k in range(len(part.law)):
        rows = [i for i in range(joint.shape[0]) if part.block[0].get(i) == k]
        columns = [j for j in range(joint.shape[1]) if part.block[1].get(j) == k]
        inside = joint[np.ix_(rows, columns)]
        found.append((float(inside.sum()), inside / inside.sum()))
    return found


def closed_form(block: Floats) -> float | None:
    """C of one block in nats where a formula is known; None elsewhere.

    0 where x and y are independent; H(x) or H(y) where these are no more than I; the doubly symmetric
    binary source and its erasure variant, Wyner (1975), Cuff (2013).
    """
    information = information_of(block)
    if information <= SAME:
        return 0.0
    if min(entropy_of(block.sum(1)), entropy_of(block.sum(0))) <= information + SAME:
        return information
    binary = block if block.shape[0] <= block.shape[1] else block.T
    if binary.shape == (2, 2):
        a = binary[0, 1] * 2
        pattern = np.array([[1 - a, a], [a, 1 - a]]) / 2
        return symmetric_binary(min(a, 1 - a)) if _equal(binary, pattern) else None
    if binary.shape == (2, 3):
        for erased in range(3):
            ordered = np.roll(binary, 1 - erased, axis=1)
            e = 2 * ordered[0, 1]
            for pair in (ordered, ordered[::-1]):
                if _equal(pair, np.array([[1 - e, e, 0], [0, e, 1 - e]]) / 2):
                    return symmetric_erasure(float(e))
    return None


def _equal(a: Floats, b: Floats) -> bool:
    return bool(np.abs(a - b).max() <= SAME)


def symmetric_binary(a: float) -> float:
    """C of two fair bits that differ with probability a <= 1/2, in nats: ln 2 + h(a) - 2 h(a1).

    a1 = (1 - √(1 - 2a)) / 2: w is a fair bit, seen by both through errors of rate a1. Wyner (1975).
    """
    inner = (1 - sqrt(1 - 2 * a)) / 2
    return log(2) + _binary(a) - 2 * _binary(inner)


def symmetric_erasure(e: float) -> float:
    """C of a fair bit and itself erased with probability e, in nats: ln 2 if e <= 1/2, else h(e).

    Cuff (2013), "Distributed channel synthesis".
    """
    return log(2) if e <= 0.5 else _binary(e)


def gaussian(correlation: float) -> float:
    """C of two jointly normal variables in nats, ½ ln((1 + |ρ|) / (1 - |ρ|)). Xu, Liu & Chen (2016)."""
    rho = abs(correlation)
    return log((1 + rho) / (1 - rho)) / 2


def _binary(p: float) -> float:
    return entropy_of(np.array([p, 1 - p]))
