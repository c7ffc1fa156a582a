"""Where a variable may lie, given others: the intervals between the roots of the bounds of a piece."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import numpy as np

from pplc.inference.continuous.evaluation import Points, values_at
from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.polynomials import in_powers, of_power
from pplc.semantics.symbolic.expression import Latent, mentions


def outer_first(piece: Piece, left: tuple[Latent, ...], outer: Latent | None = None) -> tuple[Latent, ...]:
    """The variables in an order in which the bounds of the last are known once the others are.

    outer: which is to be first, if it can be.
    """
    if len(left) < 2:
        return left
    for inner in sorted(left, key=lambda variable: variable == outer):
        if all(
            (powers := in_powers(bound, inner)) is not None and set(powers) <= {0, 1}
            for bound in piece.region
            if mentions(bound, inner)
        ):
            return (*(v for v in left if v != inner), inner)
    return tuple(sorted(left, key=lambda variable: variable != outer))


def intervals(piece: Piece, variable: Latent, points: Points) -> list[tuple[float, float]]:
    """Where a variable may lie, given others: between roots of the bounds that are polynomials in it."""
    low, high = piece.reach(variable)
    cuts: list[float] = []
    bounds: list[list[float]] = []
    for bound in piece.region:
        powers = in_powers(bound, variable) if mentions(bound, variable) else None
        if powers is None or not bound.latents <= {variable, *points}:
            continue
        if not all(type(k) is int and k >= 0 for k in powers):
            continue
        rising = [
            float(values_at(of_power(powers, k), points).reshape(-1)[0]) for k in range(int(max(powers)) + 1)
        ]
        roots = np.roots(rising[::-1])
        cuts += roots[np.abs(roots.imag) < 1e-12 * (1 + np.abs(roots))].real.tolist()
        bounds.append(rising)
    edges = [low, *sorted(cut for cut in set(cuts) if low < cut < high), high]
    found: list[tuple[float, float]] = []
    for left, right in pairwise(edges):
        middle = between(left, right)
        if left < right and all(np.polyval(rising[::-1], middle) > 0 for rising in bounds):
            if found and found[-1][1] == left:
                found[-1] = (found[-1][0], right)
            else:
                found.append((left, right))
    return found


def between(left: float, right: float) -> float:
    """A point between two ends, which may be infinite."""
    if left == -inf:
        return 0.0 if right == inf else right - 1 - abs(right)
    return left + 1 + abs(left) if right == inf else 0.5 * (left + right)
