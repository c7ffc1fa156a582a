"""Intervals mapped to (0, 1) or (-1, 1), so that algebraic ends and tails become smooth, and where mass lies.

Of many intervals at once: what is slow in Python is done once for all of them. Davis & Rabinowitz (1984),
Methods of Numerical Integration, sec. 2.7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.intp]
Truths: TypeAlias = npt.NDArray[np.bool_]
RowDensity: TypeAlias = Callable[[Rows, Floats], Floats]
"""Of the rows and points given, arrays of one shape."""

COARSE = 192
"""Points among which the highest is looked for first."""

FINE = 32
"""Points between the neighbours of the highest one, in each further look."""

LOOKS = 14

NEAR = 0.05
"""Differences of the log density from its neighbours at which the highest point is found."""


class Interval(NamedTuple):
    """A part of the line of a row."""

    row: int
    low: float
    high: float


@dataclass(frozen=True)
class Maps:
    """The maps of intervals of one kind from (0, 1), or (-1, 1) for the whole line; arrays by interval."""

    kind: str
    origin: Floats
    unit: Floats
    sign: float

    @property
    def ends(self) -> tuple[float, float]:
        """Of the intervals that are mapped."""
        return (-1.0 if self.kind == "line" else 0.0), 1.0

    def taken(self, which: Rows) -> Maps:
        """The maps of some of the intervals."""
        return Maps(self.kind, self.origin[which], self.unit[which], self.sign)

    def to_x(self, s: Floats) -> Floats:
        """[interval, …] to the variable."""
        origin, unit = self.origin[:, None], self.sign * self.unit[:, None]
        match self.kind:
            case "finite":
                return origin + unit * (s * s * (3 - 2 * s))
            case "line":
                return origin + unit * (s / (1 - s * s))
            case _:
                return origin + unit * (s / (1 - s)) ** 2

    def to_s(self, x: Floats) -> Floats:
        """[interval, …] back."""
        step = self.sign * (x - self.origin[:, None]) / self.unit[:, None]
        match self.kind:
            case "finite":
                return 0.5 - np.sin(np.arcsin(np.clip(1 - 2 * step, -1, 1)) / 3)
            case "line":
                return np.asarray(2 * step / (1 + np.sqrt(1 + 4 * step**2)))
            case _:
                root = np.sqrt(np.maximum(step, 0.0))
                return np.asarray(root / (1 + root))

    def log_slope(self, s: Floats) -> Floats:
        """The log of the slope of the maps."""
        unit = np.log(self.unit)[:, None]
        match self.kind:
            case "finite":
                return unit + np.log(6 * s * (1 - s))
            case "line":
                return unit + np.log((1 + s * s) / (1 - s * s) ** 2)
            case _:
                return unit + np.log(2 * s / (1 - s) ** 3)


def maps_of(part: Sequence[Interval], at: Floats | None = None, scale: Floats | None = None) -> Maps:
    """The maps of intervals of one kind, finest around the places given."""
    low, high = (np.array([interval[k] for interval in part], dtype=np.float64) for k in (1, 2))
    ones = np.ones(len(part))
    scale = ones if scale is None else scale
    if low[0] > -inf and high[0] < inf:
        return Maps("finite", low, high - low, 1.0)
    if low[0] == -inf and high[0] == inf:
        return Maps("line", np.zeros(len(part)) if at is None else at, scale, 1.0)
    end, sign = (low, 1.0) if low[0] > -inf else (high, -1.0)
    return Maps("half", end, ones if at is None else np.maximum(np.abs(at - end), scale), sign)


def mapped(log_density: RowDensity, rows: Rows, maps: Maps, s: Floats) -> Floats:
    """The log density [interval, point] in the mapped variables."""
    with np.errstate(all="ignore"):
        points = maps.to_x(s)
        found = log_density(np.repeat(rows, s.shape[1]), points.ravel()).reshape(s.shape)
        found = found + maps.log_slope(s)
    return np.where(np.isnan(found), -inf, found)


def peaks(
    log_density: RowDensity, rows: Rows, part: Sequence[Interval], coarse: int = COARSE
) -> tuple[Floats, Floats]:
    """Where most of the mass of every interval lies, and how far from there it falls off; 0 for none.

    coarse: points among which the highest is looked for first.
    """
    maps = maps_of(part)
    count = len(part)
    left, right = (np.full(count, end) for end in maps.ends)
    size, each = coarse, np.arange(count)

    def by_distance(s: Floats) -> Floats:
        # By the logarithm of the distance from an end, so that where a density is infinite it has no peak.
        found = mapped(log_density, rows, maps, s)
        return found if maps.kind == "line" else found + np.log(s * (1 - s))

    at, top = np.zeros(count), np.full(count, -inf)
    for _ in range(LOOKS):
        grid = left[:, None] + (right - left)[:, None] * (np.arange(1, size) / size)
        values = by_distance(grid)
        best = values.argmax(1)
        at, top = grid[each, best], values[each, best]
        inner = np.concatenate([left[:, None], grid, right[:, None]], axis=1)
        left, right = inner[each, best], inner[each, best + 2]
        beside = np.concatenate([np.full((count, 1), -inf), values, np.full((count, 1), -inf)], axis=1)
        with np.errstate(all="ignore"):
            lower = np.minimum(beside[each, best], beside[each, best + 2])
            if ((top - lower < NEAR) | (top == -inf)).all():
                break
        size = FINE + 1
    widths = 2.0 ** np.arange(-50.0, 1.0)
    low, high = maps.ends
    fallen: list[Truths] = []
    for sign in (1.0, -1.0):
        s = at[:, None] + sign * widths
        inside = (s > low) & (s < high)
        values = by_distance(np.where(inside, s, at[:, None]))
        fallen.append(inside & (values < top[:, None] - 0.5))
    either = fallen[0] | fallen[1]
    first = either.argmax(1)
    edge = np.where(fallen[0][each, first], at + widths[first], at - widths[first])
    with np.errstate(all="ignore"):
        centre = maps.to_x(at[:, None])[:, 0]
        scale = np.abs(maps.to_x(edge[:, None])[:, 0] - centre)
        lengths = np.array([interval.high - interval.low for interval in part])
    none = ~either.any(1)
    scale = np.where(none, np.where(np.isfinite(lengths), lengths, 1.0), scale)
    return centre, np.where(top > -inf, np.maximum(scale, np.finfo(float).tiny), 0.0)
