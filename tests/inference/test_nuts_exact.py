"""NUTS and HMC, exactly: the shipped code in rationals, on orbits of finite length.

The leapfrog step of size 1 on U = ω² q² / 2 is a rational linear map of period 6, 4, 3 for ω² = 1, 2, 3.
Both samplers are valid for any reversible, volume-preserving flow and any weights on its orbits, so the
weights here are arbitrary rationals; enumerating every choice of a transition gives its matrix K, and
π K = π is checked with `==`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pplc.inference import hmc_kernel, nuts_kernel
from pplc.inference.trajectory import Point, leapfrog, log_weight
from pplc.semantics.number import LogRat
from pplc.semantics.scripted import law_of
from pplc.semantics.source import Source

Key = tuple[Fraction, ...]
HALF, ONE = Fraction(1, 2), Fraction(1)
PERIODS = {1: 6, 2: 4, 3: 3}


def vector(*entries: int) -> Any:
    return np.array([Fraction(e) for e in entries], dtype=object)


class Oscillators:
    """Independent oscillators with these squared frequencies."""

    def __init__(self, *squares: int) -> None:
        self.squares = vector(*squares)
        self.metric = vector(*[1] * len(squares))

    def answer(self, asking: Generator[Any, Any, Any]) -> Any:
        """Runs a computation that asks for gradients."""
        try:
            position = next(asking)
            while True:
                position = asking.send((Fraction(0), -self.squares * position))
        except StopIteration as stop:
            return stop.value

    def point(self, position: Any, momentum: Any) -> Point:
        return Point(position, momentum, Fraction(0), -self.squares * position)

    def orbit(self, start: Point) -> list[Point]:
        points = [start]
        while True:
            after = self.answer(leapfrog(points[-1], ONE, self.metric, HALF))
            if key(after) == key(start):
                return points
            points.append(after)


MIX = np.array([[Fraction(e) for e in row] for row in ((1, 2), (1, 3))], dtype=object)
UNMIX = np.array([[Fraction(e) for e in row] for row in ((3, -2), (-1, 1))], dtype=object)
"""A change of coordinates S and its inverse, in whole numbers."""


class Coupled(Oscillators):
    """Two oscillators in the coordinates q = S x, p = S'^-1 p_x, under the dense inverse metric S S'."""

    def __init__(self, *squares: int) -> None:
        super().__init__(*squares)
        self.metric = MIX @ MIX.T
        self.stiffness = UNMIX.T @ np.diag(self.squares) @ UNMIX

    def answer(self, asking: Generator[Any, Any, Any]) -> Any:
        try:
            position = next(asking)
            while True:
                position = asking.send((Fraction(0), -(self.stiffness @ position)))
        except StopIteration as stop:
            return stop.value

    def point(self, position: Any, momentum: Any) -> Point:
        return Point(position, momentum, Fraction(0), -(self.stiffness @ position))

    def of(self, simple: Point) -> Point:
        """The point that has these simple coordinates."""
        return self.point(MIX @ simple.position, UNMIX.T @ simple.momentum)


def key(point: Point) -> Key:
    return (*point.position, *point.momentum)


def matrix(
    system: Oscillators, points: list[Point], transition: Callable[[Source, Point], Generator[Any, Any, Any]]
) -> list[dict[Key, Fraction]]:
    """The rows of the transition matrix."""

    def row(start: Point) -> dict[Key, Fraction]:
        def end(source: Source) -> Key:
            return key(system.answer(transition(source, start))[0])

        return law_of(end, limit=2_000_000)

    return [row(p) for p in points]


def stays(points: list[Point], weights: dict[Key, Fraction], rows: list[dict[Key, Fraction]]) -> bool:
    """Whether the weights are unchanged by the matrix."""
    after = {key(p): Fraction(0) for p in points}
    for point, row in zip(points, rows, strict=True):
        assert sum(row.values()) == 1
        for place, probability in row.items():
            after[place] += weights[key(point)] * probability
    return after == weights


def arbitrary(points: list[Point], symmetric: bool = False) -> dict[Key, Fraction]:
    """Rationals that follow no pattern; equal for opposite momenta if asked."""
    weights: dict[Key, Fraction] = {}
    for number, point in enumerate(points):
        opposite = (*point.position, *(-point.momentum))
        if symmetric and opposite in weights:
            weights[key(point)] = weights[opposite]
        else:
            weights[key(point)] = Fraction(1 + (number * number * 7 + number * 3) % 11, 5 + number)
    return weights


def nuts(weights: dict[Key, Fraction], system: Oscillators, depth: int) -> Any:
    def transition(source: Source, start: Point) -> Generator[Any, Any, Any]:
        return nuts_kernel.transition(
            source, start, ONE, system.metric, depth, lambda p, _: LogRat(weights[key(p)]), HALF
        )

    return transition


@pytest.mark.parametrize("square", [1, 2, 3])
def test_the_leapfrog_has_the_period_that_theory_gives(square: int) -> None:
    system = Oscillators(square)
    assert len(system.orbit(system.point(vector(2), vector(1)))) == PERIODS[square]


@pytest.mark.parametrize("squares", [(1,), (2, 3), (1, 2, 3)])
def test_the_leapfrog_is_reversible_and_keeps_volume(squares: tuple[int, ...]) -> None:
    system = Oscillators(*squares)
    size = len(squares)
    there = system.answer(
        leapfrog(
            system.point(vector(*range(1, size + 1)), vector(*range(3, size + 3))), ONE, system.metric, HALF
        )
    )
    back = system.answer(leapfrog(there._replace(momentum=-there.momentum), ONE, system.metric, HALF))
    assert list(back.position) == list(range(1, size + 1))
    assert list(-back.momentum) == list(range(3, size + 3))
    columns = []
    for i in range(2 * size):
        unit = [int(i == j) for j in range(2 * size)]
        moved = system.answer(
            leapfrog(system.point(vector(*unit[:size]), vector(*unit[size:])), ONE, system.metric, HALF)
        )
        columns.append([float(x) for x in key(moved)])
    assert abs(np.linalg.det(np.array(columns)) - 1) < 1e-12


@pytest.mark.parametrize(
    ("squares", "depth"), [((1,), 1), ((1,), 2), ((1,), 3), ((2,), 2), ((3,), 2), ((1, 2), 2)]
)
def test_nuts_keeps_every_law_on_an_orbit(squares: tuple[int, ...], depth: int) -> None:
    system = Oscillators(*squares)
    size = len(squares)
    points = system.orbit(system.point(vector(*range(2, size + 2)), vector(*[1] * size)))
    weights = arbitrary(points)
    assert stays(points, weights, matrix(system, points, nuts(weights, system, depth)))


@pytest.mark.parametrize(("squares", "depth"), [((1, 2), 2), ((2, 3), 2), ((1, 3), 2)])
def test_nuts_with_a_dense_metric_keeps_every_law_on_an_orbit(squares: tuple[int, ...], depth: int) -> None:
    system = Coupled(*squares)
    points = system.orbit(system.point(vector(2, 5), vector(1, -1)))
    weights = arbitrary(points)
    assert stays(points, weights, matrix(system, points, nuts(weights, system, depth)))


@pytest.mark.parametrize(("squares", "depth"), [((1, 2), 2), ((2, 3), 2)])
def test_a_dense_metric_is_a_change_of_coordinates(squares: tuple[int, ...], depth: int) -> None:
    """Transition by transition, U-turns included: a unit metric in x is S S' in q = S x."""
    simple, coupled = Oscillators(*squares), Coupled(*squares)
    points = simple.orbit(simple.point(vector(2, 3), vector(1, 1)))
    images = [coupled.of(p) for p in points]
    name = {key(image): key(p) for p, image in zip(points, images, strict=True)}
    weights = arbitrary(points)
    rows = matrix(simple, points, nuts(weights, simple, depth))
    moved = {key(image): weights[name[key(image)]] for image in images}
    for row, other in zip(rows, matrix(coupled, images, nuts(moved, coupled, depth)), strict=True):
        assert row == {name[place]: p for place, p in other.items()}


def test_the_energy_under_a_dense_metric_is_that_of_its_coordinates() -> None:
    system = Coupled(1, 2)
    point = system.of(Oscillators(1, 2).point(vector(2, 3), vector(4, 1)))
    assert log_weight(point, system.metric) == -0.5 * (16 + 1)


def test_nuts_that_always_takes_the_new_sub_tree_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nuts_kernel, "takes_new", lambda *_: True)
    system = Oscillators(1)
    points = system.orbit(system.point(vector(2), vector(1)))
    weights = arbitrary(points)
    assert not stays(points, weights, matrix(system, points, nuts(weights, system, 2)))


def test_nuts_that_walks_one_way_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the choice of direction the walk is not reversible."""
    shipped = leapfrog

    def forwards(point: Point, step: Any, metric: Any, half: Any) -> Any:
        return shipped(point, abs(step), metric, half)

    monkeypatch.setattr(nuts_kernel, "leapfrog", forwards)
    system = Oscillators(1)
    points = system.orbit(system.point(vector(2), vector(1)))
    weights = arbitrary(points)
    assert not stays(points, weights, matrix(system, points, nuts(weights, system, 2)))


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_hmc_with_a_random_sign_of_the_momentum_keeps_symmetric_laws(steps: int) -> None:
    system = Oscillators(1)
    points = system.orbit(system.point(vector(2), vector(1)))
    weights = arbitrary(points, symmetric=True)
    if any((*p.position, *(-p.momentum)) not in weights for p in points):
        mirrored = [system.point(p.position, -p.momentum) for p in points]
        points = list({key(p): p for p in (*points, *mirrored)}.values())
        weights = arbitrary(points, symmetric=True)

    def transition(source: Source, start: Point) -> Generator[Any, Any, Any]:
        # Momenta are refreshed before a transition and forgotten after it; here only their sign is.
        point, info = yield from hmc_kernel.transition(
            source,
            system.point(start.position, sign(source) * start.momentum),
            ONE,
            system.metric,
            steps,
            lambda p, _: LogRat(weights[key(p)]),
            HALF,
        )
        return point._replace(momentum=sign(source) * point.momentum), info

    rows = matrix(system, points, transition)
    assert stays(points, weights, rows)


def test_a_transition_of_nuts_has_the_law_of_the_textbook_recursion() -> None:
    """The counter of sub-trees against the recursion of Hoffman & Gelman with multinomial weights."""
    system = Oscillators(1)
    points = system.orbit(system.point(vector(2), vector(1)))
    weights = arbitrary(points)
    shipped = matrix(system, points, nuts(weights, system, 2))
    for start, row in zip(range(len(points)), shipped, strict=True):
        assert row == textbook(points, weights, start, 2)


def sign(source: Source) -> int:
    return 1 if source.choose((1, 1)) == 1 else -1


def textbook(
    points: list[Point], weights: dict[Key, Fraction], start: int, depth: int
) -> dict[Key, Fraction]:
    """The law of one transition on a cyclic orbit, by recursion over spans of indices."""
    count = len(points)

    def weight(i: int) -> Fraction:
        return weights[key(points[i % count])]

    def total(a: int, b: int) -> Any:
        result = points[a % count].momentum
        for i in range(a + 1, b + 1):
            result = result + points[i % count].momentum
        return result

    def straight(a: int, b: int) -> bool:
        middle = (a + b) // 2
        spans = [
            (points[a % count].momentum, points[b % count].momentum, total(a, b)),
            (points[a % count].momentum, points[(middle + 1) % count].momentum, total(a, middle + 1)),
            (points[middle % count].momentum, points[b % count].momentum, total(middle, b)),
        ]
        return all(np.dot(first, rho) > 0 and np.dot(last, rho) > 0 for first, last, rho in spans)

    def valid(a: int, b: int) -> bool:
        if a == b:
            return True
        middle = (a + b) // 2
        return valid(a, middle) and valid(middle + 1, b) and straight(a, b)

    law: dict[Key, Fraction] = {}

    def give(chosen: dict[int, Fraction], share: Fraction) -> None:
        for i, p in chosen.items():
            place = key(points[i % count])
            law[place] = law.get(place, Fraction(0)) + share * p

    def walk(a: int, b: int, chosen: dict[int, Fraction], level: int, share: Fraction) -> None:
        if level == depth:
            give(chosen, share)
            return
        size = b - a + 1
        for low, high, left, right in ((b + 1, b + size, a, b + size), (a - size, a - 1, a - size, b)):
            if not valid(low, high):
                give(chosen, share / 2)
                continue
            old = sum((weight(i) for i in range(a, b + 1)), Fraction(0))
            new = sum((weight(i) for i in range(low, high + 1)), Fraction(0))
            move = min(Fraction(1), new / old)
            after = {i: p * (1 - move) for i, p in chosen.items()}
            for i in range(low, high + 1):
                after[i] = after.get(i, Fraction(0)) + move * weight(i) / new
            if straight(left, right):
                walk(left, right, after, level + 1, share / 2)
            else:
                give(after, share / 2)

    walk(start, start, {start: Fraction(1)}, 0, Fraction(1))
    return {place: p for place, p in law.items() if p}
