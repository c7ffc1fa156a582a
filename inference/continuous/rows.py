"""Many integrals of one variable at once: one for each value of another.

As `pplc.inference.continuous.quadrature`, whose maps and rule these are, but over arrays of intervals: what
is slow in Python is done once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf

import numpy as np

from pplc.inference.continuous.evaluation import Floats
from pplc.inference.continuous.peaks import (
    Interval,
    Maps,
    RowDensity,
    Rows,
    mapped,
    maps_of,
    peaks,
)
from pplc.inference.continuous.quadrature import NODES, STEPS, Nodes

FIRST = 8
"""Panels to begin with, besides those around the highest point."""

ACCURATE = 1e-12
"""Error of a panel, as a share of its interval, below which it is not halved any more: of thousands of rows
none matters more than its share."""

ROUNDING = 1e-15
"""The same, for every unit of the log density, which is as inaccurate as it is large."""

DEEPEST = 64
"""Halvings of a panel."""

AT_ONCE = 256
"""Intervals that are integrated at once; more take too much memory."""


def integrate_rows(log_density: RowDensity, intervals: Sequence[Interval], rows: int) -> list[Nodes]:
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


def _integrated(log_density: RowDensity, part: Sequence[Interval]) -> list[Nodes]:
    rows = np.array([interval.row for interval in part], dtype=np.intp)
    at, scale = peaks(log_density, rows, part)
    maps = maps_of(part, at, np.where(scale > 0, scale, 1.0))
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


def _first_panels(maps: Maps, at: Floats, scale: Floats) -> tuple[Floats, Floats, Rows]:
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
    log_density: RowDensity, rows: Rows, maps: Maps, owner: Rows, left: Floats, right: Floats
) -> tuple[Floats, Floats]:
    """Points [panel, node] and their log weights."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = 0.5 * (right - left)
    s = 0.5 * (left + right)[:, None] + half[:, None] * nodes
    own = maps.taken(owner)
    values = mapped(log_density, rows[owner], own, s)
    with np.errstate(all="ignore"):
        return own.to_x(s), values + np.log(half)[:, None] + np.log(weights)


def _log_sums(values: Floats) -> Floats:
    return np.asarray(np.logaddexp.reduce(values, axis=1))
