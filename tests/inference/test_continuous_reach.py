"""What bounds say together of the sign of a number, against corners and points of the region."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.inference.continuous.cone import combines
from pplc.inference.continuous.piece import Piece, World
from pplc.inference.continuous.reach import range_on, sign_on
from pplc.semantics.symbolic.expression import Unknown, latent
from pplc.semantics.symbolic.ranges import Range

WORLD = World()
x, y, z = (latent((name,), WORLD) for name in "xyz")
TRIANGLE = frozenset({x, y, 1 - x - y})


@pytest.mark.parametrize(
    ("region", "number", "expected"),
    [
        ({x, 1 - x, y, x - y}, y, Range(0, 1)),
        ({x, 1 - x, y - x, 1 - y, z - x, y - z}, z, Range(0, 1)),
        ({x - 1, 3 - x, y, x * 2 - y}, y + 1, Range(1, 7)),
        ({x, 1 - x, y, 1 - y, z, x * y - z}, z, Range(0, 1)),
        ({x - y, y - z}, x, Range(float("-inf"), float("inf"))),
    ],
)
def test_ranges_follow_from_bounds_that_name_other_variables(
    region: set[Unknown], number: Unknown, expected: Range
) -> None:
    assert range_on(frozenset(region), number) == expected


@pytest.mark.parametrize(
    ("region", "number", "expected"),
    [
        (TRIANGLE, 1 - x - y, True),
        (TRIANGLE, 2 - 2 * x - y, True),
        (TRIANGLE, x + y - 1, False),
        (TRIANGLE, 1 - x - 2 * y, None),
        ({x - y, y - z}, x - z, True),
        ({x - y, y - z}, z - x, False),
        ({x - y, y - z}, x - 2 * z, None),
        ({x, y, 1 - x - y, x * y - z}, x * y + x - z, True),
    ],
)
def test_signs_follow_from_sums_of_bounds(
    region: set[Unknown], number: Unknown, expected: bool | None
) -> None:
    assert sign_on(frozenset(region), number) is expected


def test_a_bound_that_follows_is_no_bound_of_its_own() -> None:
    piece = Piece()
    for bound in (x, 1 - x, y, x - y):
        narrower = piece.where(bound)
        assert narrower is not None
        piece = narrower
    assert piece.where(1 - y) == piece
    assert piece.where(y - x) is None
    assert piece.where(1 - x - y) != piece


SMALL = st.integers(-3, 3).map(F)
PLANES = st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=1, max_size=4)


@given(planes=PLANES, number=st.tuples(SMALL, SMALL, SMALL))
def test_a_number_is_shown_to_be_positive_exactly_where_the_corners_say_so(
    planes: list[tuple[F, F, F]], number: tuple[F, F, F]
) -> None:
    """On the part of a square between planes, unless that is empty: then anything may be shown."""
    square = [(F(1), F(0), F(5)), (F(-1), F(0), F(5)), (F(0), F(1), F(5)), (F(0), F(-1), F(5))]
    bounds = [*square, *planes]
    corners = [at for first, second in combinations(bounds, 2) if (at := _meet(first, second)) is not None]
    inside = [at for at in corners if all(_at(bound, at) >= 0 for bound in bounds)]
    if inside:
        shown = combines(number, [*bounds, (F(0), F(0), F(1))])
        assert shown == all(_at(number, at) >= 0 for at in inside)


def _at(plane: tuple[F, F, F], at: tuple[F, F]) -> F:
    return plane[0] * at[0] + plane[1] * at[1] + plane[2]


def _meet(first: tuple[F, F, F], second: tuple[F, F, F]) -> tuple[F, F] | None:
    (a, b, c), (d, e, f) = first, second
    area = a * e - b * d
    return ((b * f - c * e) / area, (c * d - a * f) / area) if area else None
