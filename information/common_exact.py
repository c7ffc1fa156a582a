"""Exact common information G(x; y) = min H(w) over all w that make x and y independent.

Kumar, Li & El Gamal (2014), "Exact common information". C <= G <= min(H(x), H(y)), and like Wyner's C it
splits along the Gács–Körner part. Functional common information asks for the w that are functions of
(x, y), which makes it a search over partitions of the support.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import fsum, inf, log
from typing import TypeAlias

import numpy as np

from pplc.inference.answers import Bounds, Exact
from pplc.information.common import common_part
from pplc.information.entropy import Names
from pplc.information.pair import entropy_of, matrix, sufficient
from pplc.information.table import Floats, Table, too_many
from pplc.information.wyner_columns import least_common
from pplc.information.wyner_information import blocks, closed_form

CLOSE = 1e-10
"""Nats between an upper and a lower bound that are one number."""

PROPORTIONAL = 1e-12
"""How far the 2 × 2 minors of a product law may be from 0."""

MOST_CELLS = 10
"""Cells of a block whose partitions are searched: the tenth Bell number is 115,975."""

Cell: TypeAlias = tuple[int, int]


def exact_common(table: Table, x: Names, y: Names) -> Exact | Bounds:
    """G(x; y) in nats: exact for independent, binary and functional blocks, otherwise bounds.

    Between Wyner's common information and the least entropy of a w that was found.
    """
    lower, upper, closed = [0.0], [0.0], True
    for mass, block in blocks(matrix(table, x, y)):
        low, high = _block(block)
        closed = closed and high - low <= CLOSE
        lower.append(mass * low)
        upper.append(mass * high)
    parts = common_part(table, [x, y]).entropy
    if closed:
        return Exact(parts + fsum(upper))
    return Bounds(parts + fsum(lower), parts + fsum(upper))


def _block(block: Floats) -> tuple[float, float]:
    block = sufficient(sufficient(block).T).T
    if block.shape == (2, 2):
        found = binary(block)
        return found, found
    known = closed_form(block)
    low = known if known is not None else least_common(block)[0]
    high = min(entropy_of(block.sum(0)), entropy_of(block.sum(1)))
    if high - low > CLOSE and (block > 0).sum() <= MOST_CELLS:
        high = min(high, functional_block(block))
    return min(low, high), high


def binary(block: Floats) -> float:
    """G of two binary variables in nats.

    Two values of w are enough (Kumar, Li & El Gamal 2014; no decomposition into more that was tried is
    better). Of P = s a⊗b + (1 - s) c⊗d the mass s
    is 1 / b'P⁻¹a, so that it is extreme at the ends of a and b: one component is confined to one row or
    one column. If it is row i, the other component has all of row k, and a multiple t of it in
    row i, from none up to the largest that fits: s is extreme at one of the two.
    """
    if abs(float(np.linalg.det(block))) <= PROPORTIONAL:
        return 0.0
    candidates: list[float] = []
    for law in (block, block.T):
        for i in range(2):
            row, other = law[i], law[1 - i]
            # What another row has of nothing limits nothing.
            most = min((float(r / o) for r, o in zip(row, other, strict=True) if o > 0), default=0.0)
            s = float(row.sum())
            candidates += [s, s - most * float(other.sum())]
    return min(entropy_of(np.array([s, 1 - s])) for s in candidates)


def functional_common(table: Table, x: Names, y: Names) -> float:
    """The least H(w) in nats of a function w of (x, y) that makes x and y independent.

    `Rejected` E0613 if a block of the table has more than `MOST_CELLS` cells.
    """
    parts = common_part(table, [x, y]).entropy
    found = [mass * functional_block(block) for mass, block in blocks(matrix(table, x, y))]
    return parts + fsum(found)


def functional_block(block: Floats) -> float:
    """The same for a joint law [x, y]: a search over the partitions of its support into product laws."""
    cells = [(int(i), int(j)) for i, j in np.argwhere(block > 0)]
    if len(cells) > MOST_CELLS:
        raise too_many(len(cells), MOST_CELLS)
    pieces = list(_products(block, frozenset(cells)))

    def least(left: frozenset[Cell]) -> float:
        if not left:
            return 0.0
        first = min(left)
        fitting = [(cost, piece) for cost, piece in pieces if first in piece and piece <= left]
        return min((cost + least(left - piece) for cost, piece in fitting), default=inf)

    return least(frozenset(cells))


def _products(block: Floats, cells: frozenset[Cell]) -> Iterator[tuple[float, frozenset[Cell]]]:
    """The sets of cells on which the law is a product, and their shares -p ln p of the entropy of w."""
    rows, columns = (sorted({cell[k] for cell in cells}) for k in (0, 1))
    for a in _subsets(rows):
        for b in _subsets(columns):
            piece = frozenset((i, j) for i in a for j in b)
            if not piece <= cells:
                continue
            inside = block[np.ix_(a, b)]
            mass = float(inside.sum())
            if np.abs(inside * mass - np.outer(inside.sum(1), inside.sum(0))).max() <= PROPORTIONAL:
                yield -mass * log(mass), piece


def _subsets(items: list[int]) -> Iterator[tuple[int, ...]]:
    for size in range(1, len(items) + 1):
        yield from combinations(items, size)
