"""Cells of polygons, exactly; and charts in which they, and their corners, are products."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pplc.inference.certified.charts import Chart, Sum, product_of
from pplc.inference.certified.integrand import Half
from pplc.inference.certified.parts import Tail
from pplc.inference.certified.polygon import Cell, Line, cells

ONE = Fraction(1)

points = st.tuples(st.fractions(-3, 3, max_denominator=4), st.fractions(-3, 3, max_denominator=4))
shares = st.fractions(Fraction(1, 16), Fraction(15, 16), max_denominator=16)


def at(terms: Sum, u: Fraction, w: Fraction) -> Fraction:
    return sum((c * u**i * w**j for (i, j), c in terms.items()), Fraction(0))


def inside(lines: list[Line], x: Fraction, y: Fraction) -> bool:
    return all(a * x + b * y + c >= 0 for a, b, c in lines)


def area(cell: Cell) -> Fraction:
    assert all(cell.bounded)
    return sum((c / ((i + 1) * (j + 1)) for (i, j), c in cell.area.items()), Fraction(0))


def sides(corners: list[tuple[Fraction, Fraction]]) -> list[Line]:
    """The lines of a convex polygon, whose corners go around it to the left."""
    around = [*corners, corners[0]]
    return [(-(q[1] - p[1]), q[0] - p[0], p[0] * q[1] - p[1] * q[0]) for p, q in pairwise(around)]


@given(points, points, points)
def test_a_triangle_is_cells_with_its_area(
    a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction], c: tuple[Fraction, Fraction]
) -> None:
    doubled = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if not doubled:
        return
    corners = [a, b, c] if doubled > 0 else [a, c, b]
    assert sum(map(area, cells(sides(corners)))) == abs(doubled) / 2


def test_a_square_is_two_triangles_and_a_bound_that_only_touches_it_adds_none() -> None:
    corners = [(Fraction(x), Fraction(y)) for x, y in ((0, 0), (2, 0), (2, 2), (0, 2))]
    lines = sides(corners)
    assert [area(cell) for cell in cells(lines)] == [2, 2]
    touching = (Fraction(-1), Fraction(-1), Fraction(4))
    assert sum(map(area, cells([*lines, touching, touching]))) == 4
    assert cells([*lines, (ONE, ONE, Fraction(-5))]) == []


REGIONS: list[tuple[list[Line], int]] = [
    ([(ONE, -ONE, Fraction(0))], 2),  # a half plane
    ([(ONE, -ONE, Fraction(0)), (-ONE, ONE, ONE)], 2),  # a strip
    ([(ONE, -ONE, Fraction(0)), (Fraction(0), ONE, Fraction(0))], 1),  # a cone
    (
        [(ONE, Fraction(0), Fraction(0)), (Fraction(0), ONE, Fraction(0)), (ONE, ONE, -ONE)],
        2,
    ),  # cut at its corner
]


@given(st.sampled_from(REGIONS), points, shares, shares)
def test_every_point_of_a_region_lies_in_one_cell(
    region: tuple[list[Line], int], point: tuple[Fraction, Fraction], u: Fraction, w: Fraction
) -> None:
    lines, count = region
    found = cells(lines)
    assert len(found) == count
    for cell in found:
        first, second = (
            one if bounded else 1 / one for one, bounded in zip((u, w), cell.bounded, strict=True)
        )
        assert inside(lines, at(cell.axes[0], first, second), at(cell.axes[1], first, second))
    covers = sum(_contains(cell, *point) for cell in found)
    strictly = all(a * point[0] + b * point[1] + c > 0 for a, b, c in lines)
    assert covers >= 1 if strictly else covers == 0 or inside(lines, *point)


def _contains(cell: Cell, x: Fraction, y: Fraction) -> bool:
    """Whether a point lies in a cone, a half strip or a triangle, from its coordinates."""
    key = (0, 1) if any((0, 1) in terms for terms in cell.axes) else (1, 1)

    def vector(powers: tuple[int, int]) -> list[Fraction]:
        return [terms.get(powers, Fraction(0)) for terms in cell.axes]

    (ox, oy), (ux, uy), (wx, wy) = vector((0, 0)), vector((1, 0)), vector(key)
    size = ux * wy - uy * wx
    u = ((x - ox) * wy - (y - oy) * wx) / size
    w = (ux * (y - oy) - uy * (x - ox)) / size
    if key == (1, 1):
        w = w / u if u else Fraction(0)
    return all(
        one >= 0 and (one <= 1 or not bounded) for one, bounded in zip((u, w), cell.bounded, strict=True)
    )


@given(st.booleans(), st.booleans(), shares, shares)
def test_a_corner_that_is_blown_up_is_covered_once_with_its_area(
    far: bool, also: bool, v: Fraction, w: Fraction
) -> None:
    """The point (v, w) of a corner, each over 1, has coordinates in the chart where the larger is second."""
    half = Half(Fraction(2), -1, None, natural=True)
    chart = product_of(half, Half(Fraction(0), 1, None, natural=True))
    tails = Tail(Fraction(3), far=far), Tail(Fraction(5), far=also)
    second, first = chart.blown_up(tails)
    v, w = 1 / v, 1 / w
    on, (a, s) = (second, (v, w / v)) if w >= v else (first, (w, v / w))
    u = [tail.u * z if tail.far else tail.u / z for tail, z in zip(tails, (v, w), strict=True)]
    assert at(on.axes[0], a, s) == 2 - u[0]
    assert at(on.axes[1], a, s) == u[1]
    assert at(on.area, a, s) == _jacobian(on, a, s)


def _jacobian(chart: Chart, u: Fraction, w: Fraction) -> Fraction:
    """|∂(x, y) / ∂(u, w)|"""

    def along(terms: Sum, axis: int) -> Fraction:
        slopes = {
            (i - (axis == 0), j - (axis == 1)): c * (i, j)[axis]
            for (i, j), c in terms.items()
            if (i, j)[axis]
        }
        return at(slopes, u, w)

    x, y = chart.axes
    return abs(along(x, 0) * along(y, 1) - along(x, 1) * along(y, 0))
