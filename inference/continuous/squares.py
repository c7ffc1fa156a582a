"""A quadratic form as a sum of squares, so that its integral keeps its digits near a scale of 0.

The exponent of θ ~ Normal(μ, τ) is -(θ - μ)² / 2τ². Multiplied out, its terms are as large as 1 / τ² each,
and what they differ by is lost when τ is small. Here, what stands with each power of τ is written as squares
again, exactly if it is rational, and the squares are rows of a least-squares problem, solved by orthogonal
triangles with the heaviest rows first (Björck 1996, Numerical Methods for Least Squares Problems, secs. 2.4
and 4.4). Nothing is subtracted then that is large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import pi
from typing import cast

import numpy as np

from pplc.inference.continuous.evaluation import Floats, Points, values_at
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import ONE, Coefficient, Monomial, Unknown, made, terms_of
from pplc.semantics.symbolic.ranges import Ranges, range_of


@dataclass
class _Group:
    """times · (constant + Σ linear x - Σ pairs x x / 2), in which only `times` depends on other variables."""

    times: Number
    constant: Coefficient = Fraction(0)
    linear: dict[int, Coefficient] = field(default_factory=dict[int, Coefficient])
    pairs: dict[int, dict[int, Coefficient]] = field(default_factory=dict[int, dict[int, Coefficient]])

    def add(self, key: tuple[int, ...], coefficient: Coefficient) -> None:
        match key:
            case ():
                self.constant = self.constant + coefficient
            case (i,):
                self.linear[i] = coefficient
            case (i, j):
                self.pairs.setdefault(i, {})[j] = -2 * coefficient if i == j else -coefficient
                self.pairs.setdefault(j, {})[i] = self.pairs[i][j]
            case _:
                raise AssertionError("not a quadratic form")

    def squared(self) -> list[_Row] | None:
        """The squares, which are taken out of the form: what is left is linear. None if there are none."""
        rows: list[_Row] = []
        while self.pairs:
            pivot = min(self.pairs, key=lambda i: (len(self.pairs[i]), i))
            line = self.pairs.pop(pivot)
            weight = line.get(pivot, Fraction(0))
            if weight <= 0:
                return None
            slopes = {i: value / weight for i, value in line.items()}
            at = self.linear.pop(pivot, Fraction(0)) / weight
            rows.append(_Row(self.times, weight, slopes, at))
            self.constant = self.constant + weight * at * at / 2
            for i, slope in slopes.items():
                if i == pivot:
                    continue
                _less(self.linear, i, weight * slope * at)
                others = self.pairs[i]
                del others[pivot]
                for j, other in slopes.items():
                    if j != pivot:
                        _less(others, j, weight * slope * other)
                if not others:
                    del self.pairs[i]
        return rows


def _less(numbers: dict[int, Coefficient], place: int, by: Coefficient) -> None:
    left = numbers.get(place, Fraction(0)) - by
    if left:
        numbers[place] = left
    else:
        numbers.pop(place, None)


@dataclass(frozen=True)
class _Row:
    """-times · weight · (Σ slopes x - at)² / 2."""

    times: Number
    weight: Coefficient
    slopes: Mapping[int, Coefficient]
    at: Coefficient


@dataclass(frozen=True)
class Squares:
    """A quadratic form in a block as squares and what is linear, with coefficients that depend on others.

    times: of each row. slopes, ends: of the squares, by row. size: of the block.
    """

    times: tuple[Number, ...]
    slopes: Floats
    ends: Floats
    constant: Number
    linear: Mapping[int, Number]

    def at(self, points: Points) -> tuple[Floats, Floats, Floats]:
        """Log mass, mean and covariance of the block at every point."""
        count = len(next(iter(points.values())))
        rows, size = self.slopes.shape
        constant = np.array(np.broadcast_to(values_at(self.constant, points), (count,)))
        linear = np.zeros((count, size))
        for place, number in self.linear.items():
            linear[:, place] = values_at(number, points)
        with np.errstate(all="ignore"):
            roots = np.sqrt(
                np.stack([np.broadcast_to(values_at(c, points), (count,)) for c in self.times], 1)
            )
        good = np.asarray(np.isfinite(roots).all(1) & np.isfinite(linear).all(1))
        roots = np.where(good[:, None], roots, 1.0)
        stacked = np.zeros((count, max(rows, size + 1), size + 1))
        stacked[:, :rows, :size] = roots[:, :, None] * self.slopes
        stacked[:, :rows, size] = roots * self.ends
        heavy = np.argsort(-np.abs(stacked[:, :, :size]).max(2), axis=1, kind="stable")
        triangle = _triangles(np.take_along_axis(stacked, heavy[:, :, None], axis=1))
        inner, turned, left = triangle[:, :size, :size], triangle[:, :size, size], triangle[:, size, size]
        diagonal = np.abs(np.einsum("nii->ni", inner))
        good &= (diagonal > 0).all(1)
        inverse = np.linalg.inv(np.where(good[:, None, None], inner, np.eye(size)))
        # With M = QR and the rows' ends e: x = R⁻¹ (Q'e + R⁻ᵀ h), and what is left of e is no row's.
        moved = np.einsum("nji,nj->ni", inverse, linear)
        mean = np.einsum("nij,nj->ni", inverse, turned + moved)
        covariance = np.einsum("nij,nkj->nik", inverse, inverse)
        with np.errstate(all="ignore"):
            found = constant - 0.5 * left**2 + (moved * turned).sum(1) + 0.5 * (moved**2).sum(1)
            found = found + 0.5 * size * np.log(2 * pi) - np.log(diagonal).sum(1)
        return np.where(good & np.isfinite(found), found, -np.inf), mean, covariance


def squares(form: Mapping[tuple[int, ...], Number], size: int, ranges: Ranges) -> Squares | None:
    """A quadratic form (keys as in `blocks.Coefficients`) as squares; None if it may be no sum of them."""
    groups: dict[Monomial, _Group] = {}
    constant: Number = form.get((), Fraction(0))
    spaces = [number.space for number in form.values() if isinstance(number, Unknown)]
    curved = {m for key, number in form.items() if len(key) == 2 for m in terms_of(number)}
    free = {m: coefficient for m, coefficient in terms_of(constant).items() if m not in curved}
    for key, number in form.items():
        for monomial, coefficient in terms_of(number).items():
            if not key and monomial not in curved:
                continue
            if monomial not in groups:
                times = made(spaces[0], {monomial: Fraction(1)}) if monomial != ONE else Fraction(1)
                groups[monomial] = _Group(times)
            groups[monomial].add(key, coefficient)
    constant = made(spaces[0], free) if spaces else constant if not curved else Fraction(0)
    linear: dict[int, Number] = {}
    rows: list[_Row] = []
    for monomial, group in groups.items():
        if monomial in curved and range_of(group.times, ranges).lower < 0:
            return None
        found = group.squared()
        if found is None:
            return None
        rows += found
        constant = constant + group.times * group.constant
        for place, slope in group.linear.items():
            linear[place] = linear.get(place, Fraction(0)) + group.times * slope
    if len(rows) < size:
        return None
    return _stacked(rows, size, constant, linear)


def _stacked(rows: Sequence[_Row], size: int, constant: Number, linear: Mapping[int, Number]) -> Squares:
    slopes, ends = np.zeros((len(rows), size)), np.zeros(len(rows))
    for k, row in enumerate(rows):
        root = float(row.weight) ** 0.5
        for place, slope in row.slopes.items():
            slopes[k, place] = root * float(slope)
        ends[k] = root * float(row.at)
    return Squares(tuple(row.times for row in rows), slopes, ends, constant, linear)


def _triangles(matrices: Floats) -> Floats:
    """The upper triangles R of M = QR, of many matrices at once."""
    return cast(Floats, np.linalg.qr(matrices, mode="r"))
