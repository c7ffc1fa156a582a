"""Constraining maps invert, land in their support, and have the Jacobians they state."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.lang.families import Domain, Kind
from pplc.semantics.families.checks import inside
from pplc.semantics.transforms import (
    TRANSFORMS,
    Transform,
    constrain,
    log_jacobian,
    transform_of,
    unconstrain,
)

BOUNDS = [(-math.inf, math.inf), (0.0, math.inf), (-2.5, math.inf), (-math.inf, 3.0), (0.0, 1.0), (-4.0, 9.5)]


@pytest.mark.parametrize(("lower", "upper"), BOUNDS)
@given(u=st.floats(-30, 30))
def test_numbers_come_back_and_lie_between_the_bounds(lower: float, upper: float, u: float) -> None:
    x = constrain(lower, upper, u)
    assert lower <= x <= upper
    if lower < x < upper:
        # x is rounded at its own size, its distance to a bound may be much smaller.
        gap = min(x - lower, upper - x, 1.0)
        assert unconstrain(lower, upper, x) == pytest.approx(
            u, abs=1e-13 + 4 * math.ulp(max(abs(x), 1)) / gap
        )


@pytest.mark.parametrize(("lower", "upper"), BOUNDS)
@given(u=st.floats(-5, 5))
def test_the_jacobian_of_numbers_is_the_slope(lower: float, upper: float, u: float) -> None:
    h = 1e-5
    slope = (constrain(lower, upper, u + h) - constrain(lower, upper, u - h)) / (2 * h)
    assert log_jacobian(lower, upper, u) == pytest.approx(math.log(abs(slope)), abs=1e-5)


def test_far_out_the_interval_map_keeps_the_distance_to_the_nearer_bound() -> None:
    assert constrain(0.0, 1.0, -300.0) == pytest.approx(math.exp(-300), rel=1e-13)
    assert log_jacobian(0.0, 1.0, -800.0) == -800
    assert log_jacobian(0.0, 1.0, 800.0) == -800


def _constrained(transform: Transform, size: int, u: list[float]) -> tuple[np.ndarray, float]:
    if transform.rank == 1:
        vector = [0.0] * size
        log_det = transform.constrain(u, vector)
        return np.array(vector), log_det
    rows = [[0.0] * size for _ in range(size)]
    log_det = transform.constrain(u, rows)
    return np.array(rows), log_det


def _free_entries(name: str, value: np.ndarray) -> np.ndarray:
    """The entries that coordinates of the support's Lebesgue measure run over."""
    size = len(value)
    match name:
        case "simplex":
            return value[:-1]
        case "corr" | "chol_corr":
            return value[np.tril_indices(size, -1)]
        case "cov" | "chol":
            return value[np.tril_indices(size)]
        case _:
            return value


# The map to the sphere is no bijection and has its own test.
BIJECTIONS = [name for name in TRANSFORMS if name != "unit_vector"]


@pytest.mark.parametrize("name", BIJECTIONS)
@settings(max_examples=40)
@given(data=st.data())
def test_vectors_and_matrices_come_back(name: str, data: st.DataObject) -> None:
    transform = TRANSFORMS[name]
    size = data.draw(st.integers(1, 4))
    free = transform.free(size)
    u = data.draw(st.lists(st.floats(-3, 3), min_size=free, max_size=free))
    value, _ = _constrained(transform, size, u)
    back = [0.0] * free
    transform.unconstrain(value.tolist(), back)
    assert back == pytest.approx(u, abs=1e-7)


@pytest.mark.parametrize("name", BIJECTIONS)
@settings(max_examples=40)
@given(data=st.data())
def test_the_jacobian_is_the_determinant_of_the_derivative(name: str, data: st.DataObject) -> None:
    transform = TRANSFORMS[name]
    size = data.draw(st.integers(2, 4))
    free = transform.free(size)
    u = np.array(data.draw(st.lists(st.floats(-1.5, 1.5), min_size=free, max_size=free)))
    h = 1e-5
    columns = [
        _free_entries(name, _constrained(transform, size, (u + h * e).tolist())[0])
        - _free_entries(name, _constrained(transform, size, (u - h * e).tolist())[0])
        for e in np.eye(free)
    ]
    _, log_det = np.linalg.slogdet(np.array(columns) / (2 * h))
    assert _constrained(transform, size, u.tolist())[1] == pytest.approx(log_det, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("simplex", Domain.SIMPLEX),
        ("ordered", Domain.ORDERED),
        ("positive_ordered", Domain.ORDERED),
        ("cov", Domain.COV),
        ("corr", Domain.COV),
        ("chol", Domain.CHOL_COV),
        ("chol_corr", Domain.CHOL_CORR),
    ],
)
@given(data=st.data())
def test_values_lie_in_their_support(name: str, domain: Domain, data: st.DataObject) -> None:
    transform = TRANSFORMS[name]
    size = data.draw(st.integers(1, 4))
    free = transform.free(size)
    u = data.draw(st.lists(st.floats(-3, 3), min_size=free, max_size=free))
    value, _ = _constrained(transform, size, u)
    assert inside(domain, value.tolist())
    if name == "positive_ordered":
        assert value[0] > 0
    if name == "corr":
        assert np.diag(value).tolist() == [1.0] * size


def test_the_centre_of_a_simplex_is_zero() -> None:
    value, _ = _constrained(TRANSFORMS["simplex"], 4, [0.0, 0.0, 0.0])
    assert value == pytest.approx([0.25] * 4)


def test_partial_correlations_near_one_keep_their_digits() -> None:
    transform = TRANSFORMS["chol_corr"]
    value, log_det = _constrained(transform, 2, [25.0])
    back = [0.0]
    transform.unconstrain(value.tolist(), back)
    assert back[0] == pytest.approx(25.0, rel=1e-13)
    assert log_det == pytest.approx(2 * (math.log(2) - 25.0), rel=1e-13)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5).filter(lambda u: max(map(abs, u)) > 1e-3))
def test_unit_vectors_have_length_one_and_normal_coordinates(u: list[float]) -> None:
    value, term = _constrained(TRANSFORMS["unit_vector"], len(u), u)
    assert np.linalg.norm(value) == pytest.approx(1)
    assert value * np.linalg.norm(u) == pytest.approx(u)
    assert term == pytest.approx(-sum(x * x for x in u) / 2)


def test_supports_of_vectors_and_matrices_have_transforms() -> None:
    assert transform_of(Kind.SIMPLEX) is TRANSFORMS["simplex"]
    assert transform_of(Kind.CORR) is TRANSFORMS["corr"]
    with pytest.raises(KeyError):
        transform_of(Kind.BOOLEAN)
