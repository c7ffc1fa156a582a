"""Many integrals of one variable at once: one for each value of another.

As `pplc.inference.continuous.quadrature`, whose maps and rule these are, but over arrays of intervals: what
is slow in Python is done once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.inference.continuous.evaluation import Floats
from pplc.inference.continuous.quadrature import NODES, STEPS, Nodes

Rows: TypeAlias = npt.NDArray[np.intp]
Truths: TypeAlias = npt.NDArray[np.bool_]
LogDensity: TypeAlias = Callable[[Rows, Floats], Floats]
"""Of the rows and points given, arrays of one shape."""

FIRST = 8
"""Panels to begin with, besides those around the highest point."""

COARSE = 192
"""Points among which the highest is looked for first."""

FINE = 32
"""Points between the neighbours of the highest one, in each further look."""

LOOKS = 14

NEAR = 0.05
"""Differences of the log density from its neighbours at which the highest point is found."""

ACCURATE = 1e-12
"""Error of a panel, as a share of its interval, below which it is not halved any more: of thousands of rows
none matters more than its share."""

ROUNDING = 1e-15
"""The same, for every unit of the log density, which is as inaccurate as it is large."""

DEEPEST = 64
"""Halvings of a panel."""

AT_ONCE = 256
"""Intervals that are integrated at once; more take too much memory."""


class Interval(NamedTuple):
    """A part of the line of a row."""

    row: int
    low: float
    high: float


def integrate_rows(log_density: LogDensity, intervals: Sequence[Interval], rows: int) -> list[Nodes]:
    """The integrals of e^log_density over the intervals of every row."""
    found: list[list[Nodes]] = [[] for _ in range(rows)]
    kinds: dict[tuple[bool, bool], list[Interval]] = {}
    for interval in intervals:
        kinds.setdefault((interval.low > -inf, interval.high < inf), []).append(interval)
    for kind in kinds.values():
        for start in range(0, len(kind), AT_ONCE):
            part = kind[start : start + AT_ONCE]
            for interval, nodes in zip(part, _integrated(log_density, part), strict=True):
                found[interval.row].append(nodes)
    return [_joined(parts) for parts in found]


def _joined(parts: list[Nodes]) -> Nodes:
    parts = sorted((nodes for nodes in parts if nodes.log_mass > -inf), key=lambda nodes: nodes.points[0])
    if not parts:
        return Nodes(np.empty(0), np.empty(0), -inf, 0.0)
    if len(parts) == 1:
        return parts[0]
    mass = float(np.logaddexp.reduce([nodes.log_mass for nodes in parts]))
    return Nodes(
        np.concatenate([nodes.points for nodes in parts]),
        np.concatenate([nodes.log_weights for nodes in parts]),
        mass,
        float(sum(nodes.error * np.exp(nodes.log_mass - mass) for nodes in parts)),
    )


@dataclass(frozen=True)
class _Maps:
    """The maps of intervals of one kind from (0, 1), or (-1, 1) for the whole line; arrays by interval."""

    kind: str
    origin: Floats
    unit: Floats
    sign: float

    @property
    def ends(self) -> tuple[float, float]:
        return (-1.0 if self.kind == "line" else 0.0), 1.0

    def taken(self, which: Rows) -> _Maps:
        return _Maps(self.kind, self.origin[which], self.unit[which], self.sign)

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
        unit = np.log(self.unit)[:, None]
        match self.kind:
            case "finite":
                return unit + np.log(6 * s * (1 - s))
            case "line":
                return unit + np.log((1 + s * s) / (1 - s * s) ** 2)
            case _:
                return unit + np.log(2 * s / (1 - s) ** 3)


def _maps(part: Sequence[Interval], at: Floats | None = None, scale: Floats | None = None) -> _Maps:
    low, high = (np.array([interval[k] for interval in part], dtype=np.float64) for k in (1, 2))
    ones = np.ones(len(part))
    scale = ones if scale is None else scale
    if low[0] > -inf and high[0] < inf:
        return _Maps("finite", low, high - low, 1.0)
    if low[0] == -inf and high[0] == inf:
        return _Maps("line", np.zeros(len(part)) if at is None else at, scale, 1.0)
    end, sign = (low, 1.0) if low[0] > -inf else (high, -1.0)
    return _Maps("half", end, ones if at is None else np.maximum(np.abs(at - end), scale), sign)


def _mapped(log_density: LogDensity, rows: Rows, maps: _Maps, s: Floats) -> Floats:
    with np.errstate(all="ignore"):
        points = maps.to_x(s)
        found = log_density(np.repeat(rows, s.shape[1]), points.ravel()).reshape(s.shape)
        found = found + maps.log_slope(s)
    return np.where(np.isnan(found), -inf, found)


def _integrated(log_density: LogDensity, part: Sequence[Interval]) -> list[Nodes]:
    rows = np.array([interval.row for interval in part], dtype=np.intp)
    at, scale = _peaks(log_density, rows, part)
    maps = _maps(part, at, np.where(scale > 0, scale, 1.0))
    left, right, owner = _first_panels(maps, at, scale)
    done: list[tuple[Rows, Floats, Floats]] = []
    errors = np.zeros(len(part))
    _, weights = _panels(log_density, rows, maps, owner, left, right)
    settled = np.full(len(part), -inf)  # of the panels that are done
    for depth in range(DEEPEST):
        middle = 0.5 * (left + right)
        halves = (left, middle), (middle, right)
        parts = [_panels(log_density, rows, maps, owner, *ends) for ends in halves]
        finer = np.logaddexp(*(_log_sums(w) for _, w in parts))
        most = settled.copy()
        np.logaddexp.at(most, owner, finer)
        with np.errstate(all="ignore"):
            high = most[owner]
            off = np.abs(np.exp(finer - high) - np.exp(_log_sums(weights) - high))
        off = np.where(high > -inf, off, 0.0)
        good = ~(off > ACCURATE + ROUNDING * np.where(np.isfinite(high), np.abs(high), 0.0)) | (
            depth == DEEPEST - 1
        )
        np.add.at(errors, owner[good], off[good])
        np.logaddexp.at(settled, owner[good], finer[good])
        for points, own in parts:
            done.append((owner[good], points[good], own[good]))
        if good.all():
            break
        bad = ~good
        left, right = np.concatenate([left[bad], middle[bad]]), np.concatenate([middle[bad], right[bad]])
        owner = np.concatenate([owner[bad], owner[bad]])
        weights = np.concatenate([own[bad] for _, own in parts])
    return _sorted(done, settled, errors)


def _sorted(done: list[tuple[Rows, Floats, Floats]], masses: Floats, errors: Floats) -> list[Nodes]:
    """The panels by interval and in the order of their points."""
    owner, points, weights = (np.concatenate(parts) for parts in zip(*done, strict=True))
    finite = np.isfinite(points).all(1)
    owner, points, weights = owner[finite], points[finite], weights[finite]
    reversed_ = points[:, 0] > points[:, -1]
    points[reversed_], weights[reversed_] = points[reversed_, ::-1], weights[reversed_, ::-1]
    order = np.lexsort((points[:, 0], owner))
    starts = np.searchsorted(owner[order], np.arange(len(masses) + 1))
    return [
        Nodes(points[own].ravel(), weights[own].ravel(), float(mass), float(error))
        for own, mass, error in zip(
            (order[a:b] for a, b in pairwise(starts.tolist())), masses, errors, strict=True
        )
    ]


def _first_panels(maps: _Maps, at: Floats, scale: Floats) -> tuple[Floats, Floats, Rows]:
    """Panels of every interval that has mass, finer around its highest point."""
    low, high = maps.ends
    steps = np.concatenate([[0.0], STEPS, -STEPS])
    with np.errstate(all="ignore"):
        cuts = maps.to_s(at[:, None] + scale[:, None] * steps)
    cuts = np.where((cuts > low) & (cuts < high), cuts, low)
    even = np.broadcast_to(np.linspace(low, high, FIRST + 1), (len(at), FIRST + 1))
    edges = np.sort(np.concatenate([even, cuts], axis=1), axis=1)
    left, right = edges[:, :-1], edges[:, 1:]
    kept = (right > left) & (scale > 0)[:, None]
    owner = np.broadcast_to(np.arange(len(at))[:, None], left.shape)
    return left[kept], right[kept], owner[kept]


def _panels(
    log_density: LogDensity, rows: Rows, maps: _Maps, owner: Rows, left: Floats, right: Floats
) -> tuple[Floats, Floats]:
    """Points [panel, node] and their log weights."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = 0.5 * (right - left)
    s = 0.5 * (left + right)[:, None] + half[:, None] * nodes
    own = maps.taken(owner)
    values = _mapped(log_density, rows[owner], own, s)
    with np.errstate(all="ignore"):
        return own.to_x(s), values + np.log(half)[:, None] + np.log(weights)


def _log_sums(values: Floats) -> Floats:
    return np.asarray(np.logaddexp.reduce(values, axis=1))


def _peaks(log_density: LogDensity, rows: Rows, part: Sequence[Interval]) -> tuple[Floats, Floats]:
    """Where most of the mass of every interval lies, and how far from there it falls off; 0 for none."""
    maps = _maps(part)
    count = len(part)
    left, right = (np.full(count, end) for end in maps.ends)
    size, each = COARSE, np.arange(count)

    def by_distance(s: Floats) -> Floats:
        # By the logarithm of the distance from an end, so that where a density is infinite it has no peak.
        found = _mapped(log_density, rows, maps, s)
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
