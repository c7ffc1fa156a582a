"""Grids of two variables with a concave exponent, as of regressions, by sums in coordinates that suit it.

Steps that make the trapezoidal rule along the rows exact to the last digits come from the proof of that
(`pplc.inference.certified.lines`); what is slow to find by halving panels of unknown densities is known here.
"""

from __future__ import annotations

from fractions import Fraction
from math import log

import numpy as np

from pplc.inference.continuous.evaluation import Floats, Points, values_at
from pplc.inference.continuous.piece import Piece, look
from pplc.inference.continuous.quadrature import NODES, Nodes
from pplc.semantics.symbolic.expression import Latent, Unknown

GOAL = 36.0
"""Minus the log of the error that is aimed at."""

NEGLIGIBLE = 45.0
"""Log of the highest density over one at which a grid ends."""

PANELS = 2
"""Of Gauss–Legendre rules for every step over the rows: points are so close that a cubic tells quantiles."""

FIRST, MOST = 16, 2**11
"""Steps to either side of the middle: at first, and at most."""


def on_rows(piece: Piece, outer: Latent, inner: Latent) -> tuple[Nodes, Points, Floats] | None:
    """The density of the outer variable, and weighted points; None if the exponent is not one of these."""
    if piece.region or isinstance(piece.factor, Unknown) or set(piece.latents) != {outer, inner}:
        return None
    from pplc.inference.certified.balls import precise
    from pplc.inference.certified.concave import concave
    from pplc.inference.certified.lines import Cut, rows_of

    of = concave(piece.exponent, (outer, inner))
    if of is None:
        return None
    with precise():
        rows = rows_of(of, Cut((Fraction(1), Fraction(0)), None, None, Fraction(0)), GOAL, 1.0)
    if rows is None:
        return None
    pace, step = float(rows.pace), float(rows.step)
    start, tilt, centre = float(rows.origin[1]), float(rows.across[1]), float(rows.centre)
    more = log(float(piece.factor)) + log(step)

    def at(w: Floats, steps: int) -> tuple[Floats, Floats]:
        """[row, step]: the inner variable, and the log density times the step."""
        look(piece.latents)
        y = start + tilt * w[:, None] + step * np.arange(-steps, steps + 1)
        x = np.broadcast_to(w[:, None], y.shape)
        return y, values_at(piece.exponent, {outer: x, inner: y}) + more

    many, steps = FIRST, FIRST
    while True:
        values = at(centre + pace * np.arange(-many, many + 1, dtype=np.float64), steps)[1]
        if not np.isfinite(values.max()) or max(many, steps) > MOST:
            return None
        least = values.max() - NEGLIGIBLE
        more_rows, more_steps = (values[[0, -1]] > least).any(), (values[:, [0, -1]] > least).any()
        if not more_rows and not more_steps:
            break
        many, steps = (2 * many if more_rows else many), (2 * steps if more_steps else steps)
    sums = np.logaddexp.reduce(values, axis=1)
    (there,) = np.nonzero(sums > sums.max() - NEGLIGIBLE)
    wide = pace / PANELS
    first, last = (PANELS * (int(k) - many) for k in (there[0] - 1, there[-1] + 1))
    edges: Floats = centre + wide * np.arange(first, last + 1, dtype=np.float64)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    w: Floats = (0.5 * (edges[1:] + edges[:-1])[:, None] + 0.5 * wide * nodes).ravel()
    y, found = at(w, steps)
    found = found + np.tile(np.log(0.5 * wide * weights), len(edges) - 1)[:, None]
    masses = np.logaddexp.reduce(found, axis=1)
    whole = float(np.logaddexp.reduce(masses))
    error = abs(float(np.expm1(np.logaddexp.reduce(sums) + log(pace) - whole)))
    kept = found > found.max() - NEGLIGIBLE
    x: Floats = np.broadcast_to(w[:, None], y.shape)
    points: Points = {outer: x[kept], inner: y[kept]}
    return Nodes(w, masses, whole, error), points, found[kept]
