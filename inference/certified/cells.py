"""The region of two variables between bounds, in charts: products of halves, or cells of a polygon."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import inf

from pplc.inference.certified.charts import Chart, Sum, product_of
from pplc.inference.certified.integrand import Half, Integrand, halved
from pplc.inference.certified.polygon import Cell, Line, cells
from pplc.inference.certified.terms import Term
from pplc.semantics.symbolic.expression import ONE, Latent, Unknown


def charts_of(latents: Sequence[Latent], term: Term) -> list[Chart] | None:
    """Charts whose union is the region of a term; None if a bound is not linear."""
    lines = [_line(bound, latents) for bound in sorted(term.piece.region, key=str)]
    if all(line is not None and 0 in line[:2] for line in lines):
        axes = [Integrand(variable, [term]).halves() for variable in latents]
        return [product_of(u, w) for u, w in product(*axes)]
    listed = [line for line in lines if line is not None]
    if len(listed) < len(lines):
        return None
    for axis, variable in enumerate(latents):
        for end, sign in zip(term.piece.ranges.get(variable, (-inf, inf)), (1, -1), strict=True):
            slopes = Fraction(sign * (axis == 0)), Fraction(sign * (axis == 1))
            if abs(end) < inf and not any(_says(line, axis, sign, end) for line in listed):
                listed.append((*slopes, -sign * Fraction(end)))
    return [chart for cell in cells(listed) for chart in _charts(cell)]


def _line(bound: Unknown, latents: Sequence[Latent]) -> Line | None:
    """a, b and c of a x + b y + c; None if it is no such sum."""
    keys = [frozenset({(variable, 1)}) for variable in latents]
    if set(bound.terms) - {*keys, ONE}:
        return None
    a, b, c = (Fraction(bound.terms.get(key, 0)) for key in (*keys, ONE))
    return a, b, c


def _says(line: Line, axis: int, sign: int, end: float) -> bool:
    """Whether a line is the end of a range, which is a float."""
    slope, other, constant = line[axis], line[1 - axis], line[2]
    return not other and slope * sign > 0 and float(-constant / slope) == end


def _charts(cell: Cell) -> list[Chart]:
    """A cell by the distances from the ends of its coordinates."""
    first, second = (halved(Fraction(0), Fraction(1) if bounded else None) for bounded in cell.bounded)
    return [
        Chart(
            (_in_halves(cell.axes[0], u, w), _in_halves(cell.axes[1], u, w)),
            _in_halves(cell.area, u, w),
            reaches=(u.reach, w.reach),
        )
        for u, w in product(first, second)
    ]


def _in_halves(terms: Sum, u: Half, w: Half) -> Sum:
    """A sum in the distances from the centres of halves; its powers are 0 or 1."""
    found: dict[tuple[int, int], Fraction] = {}
    for (i, j), c in terms.items():
        first = {1: Fraction(u.sign), 0: u.centre} if i else {0: Fraction(1)}
        second = {1: Fraction(w.sign), 0: w.centre} if j else {0: Fraction(1)}
        for (k, a), (m, b) in product(first.items(), second.items()):
            found[k, m] = found.get((k, m), Fraction(0)) + c * a * b
    return {powers: c for powers, c in found.items() if c}
