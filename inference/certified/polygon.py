"""A polygon, which need not be bounded, as a union of triangles, half strips and cones, all of them exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from pplc.inference.certified.charts import Sum

Line: TypeAlias = tuple[Fraction, Fraction, Fraction]
"""a, b and c: it bounds the half plane a x + b y + c > 0."""

Vector: TypeAlias = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a polygon in coordinates u and w from 0: x and y, and the area dx dy in the coordinates.

    bounded: whether u, and w, go to 1 and not to infinity.
    """

    axes: tuple[Sum, Sum]
    area: Sum
    bounded: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class _Edge:
    """The points from a start along a direction: to an end, or to infinity; of a whole line, both ways."""

    start: Vector
    along: Vector
    end: Vector | None
    line: Line
    whole: bool = False


def cells(lines: Sequence[Line]) -> list[Cell]:
    """Cells whose union is where half planes meet, at least one: fans from a corner, or cones from lines."""
    edges = [edge for k, line in enumerate(lines) if (edge := _edge(line, lines, k)) is not None]
    if not edges:
        return []
    if edges[0].whole:
        return _between_lines(edges)
    apex = edges[0].start
    found: list[Cell] = []
    for edge in edges:
        if apex not in (edge.start, edge.end):
            side = _less(edge.start, apex)
            if edge.end is None:
                found.append(_affine(apex, side, edge.along, (True, False)))
            else:
                found.append(_triangle(apex, side, _less(edge.end, edge.start)))
    rays = [edge.along for edge in edges if edge.end is None]
    if len(rays) == 2 and _cross(*rays):
        found.append(_affine(apex, rays[0], rays[1], (False, False)))
    return found


def _edge(line: Line, lines: Sequence[Line], place: int) -> _Edge | None:
    """The part of a line that bounds the polygon, if it does; of lines that are the same, the first does."""
    a, b, c = line
    foot = -a * c / (a * a + b * b), -b * c / (a * a + b * b)
    along = -b, a
    low: Fraction | None = None
    high: Fraction | None = None
    for k, (p, q, r) in enumerate(lines):
        level, slope = p * foot[0] + q * foot[1] + r, p * along[0] + q * along[1]
        if k == place:
            continue
        if not slope:
            same = not level and a * p + b * q > 0
            if level < 0 or (not level and (not same or k < place)):
                return None
            continue
        at = -level / slope
        if slope > 0:
            low = at if low is None else max(low, at)
        else:
            high = at if high is None else min(high, at)
    if low is not None and high is not None and low >= high:
        return None
    start, end = (None if t is None else _plus(foot, along, t) for t in (low, high))
    if start is None:
        back = -along[0], -along[1]
        return _Edge(foot, along, None, line, whole=True) if end is None else _Edge(end, back, None, line)
    return _Edge(start, along, end, line)


def _between_lines(edges: Sequence[_Edge]) -> list[Cell]:
    """A half plane as two cones, or a strip as two half strips."""
    first = edges[0]
    ways = [first.along, (-first.along[0], -first.along[1])]
    if len(edges) > 1:
        across = _less(edges[1].start, first.start)
        return [_affine(first.start, across, way, (True, False)) for way in ways]
    a, b, _ = first.line
    inward = (Fraction(1 if a > 0 else -1), Fraction(0)) if a else (Fraction(0), Fraction(1 if b > 0 else -1))
    return [_affine(first.start, inward, way, (False, False)) for way in ways]


def _affine(origin: Vector, u: Vector, w: Vector, bounded: tuple[bool, bool]) -> Cell:
    """A cone or a half strip: the origin, and multiples of two vectors."""
    x, y = (_sum({(0, 0): o, (1, 0): a, (0, 1): b}) for o, a, b in zip(origin, u, w, strict=True))
    return Cell((x, y), {(0, 0): abs(_cross(u, w))}, bounded)


def _triangle(apex: Vector, side: Vector, across: Vector) -> Cell:
    """The points apex + u (side + w across), with the area u |side × across| (Duffy 1982, SIAM 19, 1260)."""
    x, y = (_sum({(0, 0): o, (1, 0): a, (1, 1): b}) for o, a, b in zip(apex, side, across, strict=True))
    return Cell((x, y), {(1, 0): abs(_cross(side, across))}, (True, True))


def _sum(terms: Sum) -> Sum:
    return {powers: c for powers, c in terms.items() if c}


def _cross(u: Vector, w: Vector) -> Fraction:
    return u[0] * w[1] - u[1] * w[0]


def _less(left: Vector, right: Vector) -> Vector:
    return left[0] - right[0], left[1] - right[1]


def _plus(point: Vector, along: Vector, by: Fraction) -> Vector:
    return point[0] + along[0] * by, point[1] + along[1] * by
