"""Integrals of one variable by adaptive Gauss–Legendre quadrature, in the logarithm.

The interval is mapped to (0, 1) or (-1, 1) so that algebraic ends and tails become smooth, and cut into
panels, at first finer around the highest point; panels whose halves do not add up to the whole are halved.
Davis & Rabinowitz (1984), Methods of Numerical Integration, secs. 2.7 and 6.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from math import inf, log
from typing import TypeAlias

import numpy as np

from pplc.inference.continuous.peaks import Floats, Interval, Rows, mapped, maps_of, peaks

LogDensity: TypeAlias = Callable[[Floats], Floats]

NODES = 16
"""Of each panel: exact for polynomials of degree 31."""

FIRST = 24
"""Panels to begin with."""

TOLERANCE = 1e-13
"""Error of a panel, as a share of the whole, below which it is not halved any more."""

GENTLE = 3.0
"""Step of the log density between neighbouring nodes up to which no peak can hide between them."""

MOST_PANELS = 4_000
STEPS = 3.0 ** np.arange(0.0, 12.0)
"""Distances from the highest point, in units of the scale there, at which panels are cut at first."""

DEEPEST = 1e-15
"""Width of a panel in the mapped variable at which halving ends: at a jump of the density."""


@dataclass(frozen=True)
class Nodes:
    """A density on an interval as weighted points.

    points:      in increasing order. log_weights: log of density times width, so that their exponentials sum
    to the integral. log_mass: its logarithm. error: estimated, as a share of the integral.
    """

    points: Floats
    log_weights: Floats
    log_mass: float
    error: float

    @cached_property
    def shares(self) -> Floats:
        """The probability of each point."""
        return np.exp(self.log_weights - self.log_mass)

    @cached_property
    def below(self) -> Floats:
        """The probability of what lies below each point, as accurate as the integral: panel by panel."""
        panels = self.shares.reshape(-1, NODES)
        before = np.cumsum(panels.sum(axis=1)) - panels.sum(axis=1)
        return np.asarray((before[:, None] + panels @ _partial().T).ravel())

    @cached_property
    def densities(self) -> Floats:
        """The probability density at each point, which is the slope of `below`."""
        panels, (nodes, weights) = self.points.reshape(-1, NODES), _legendre()
        values = np.polynomial.legendre.legvander(nodes, NODES - 1)
        slopes = np.polynomial.legendre.legval(
            nodes, np.polynomial.legendre.legder(np.eye(NODES), axis=0)
        ).T  # of every Legendre polynomial at every node
        derivative = panels @ np.linalg.solve(values.T, slopes.T)
        with np.errstate(all="ignore"):
            found = self.shares.reshape(-1, NODES) / weights / derivative
        return np.where(derivative > 0, found, 0.0).ravel()


@cache
def _legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights


@cache
def _partial() -> Floats:
    """[i, j]: the part left of node i of the integral of what is 1 at node j and 0 at the others."""
    nodes, _ = _legendre()
    # The polynomial that is 1 at node j is Σ_k (2k + 1) / 2 · w_j P_k(x_j) P_k, as the rule is exact.
    values = np.polynomial.legendre.legvander(nodes, NODES)
    first = np.arange(NODES)
    integrals = np.empty((NODES, NODES))  # ∫ P_k from -1: (P_{k+1} - P_{k-1}) / (2k + 1)
    integrals[:, 0] = nodes + 1
    integrals[:, 1:] = (values[:, 2:] - values[:, : NODES - 1]) / (2 * first[1:] + 1)
    return np.asarray(integrals @ ((2 * first + 1)[:, None] / 2 * values[:, :NODES].T))


def integrate(log_density: LogDensity, low: float, high: float) -> Nodes:
    """The integral of e^log_density over an interval, which may be infinite."""
    found = _gentle(log_density, low, high) if low > -inf and high < inf else None
    if found is not None:
        return found
    whole_line = [Interval(0, low, high)]
    one = np.zeros(1, dtype=np.intp)

    def row(_: Rows, x: Floats) -> Floats:
        return log_density(x)

    at, scale = peaks(row, one, whole_line, 16 * FIRST)
    if not scale[0] > 0:
        return Nodes(np.empty(0), np.empty(0), -inf, 0.0)
    maps = maps_of(whole_line, at, scale)

    def density(s: Floats) -> Floats:
        return np.asarray(mapped(row, one, maps, s[None])[0])

    cuts = maps.to_s((at + scale * np.concatenate([[0.0], STEPS, -STEPS]))[None])[0]
    start, end = maps.ends
    edges = np.concatenate([np.linspace(start, end, FIRST + 1), cuts[(cuts > start) & (cuts < end)]])
    edges = np.unique(edges)
    left, right = edges[:-1], edges[1:]
    _, log_weights = _panels(density, left, right)
    whole = _log_sum(log_weights)
    done: list[tuple[Floats, Floats]] = []
    errors: list[Floats] = []
    count = len(left)
    while len(left):
        middle = 0.5 * (left + right)
        first, second = _panels(density, left, middle), _panels(density, middle, right)
        halves = np.logaddexp(_log_sum_rows(first[1]), _log_sum_rows(second[1]))
        most = max(_log_sum(halves), *[_log_sum(w) for _, w in done], whole if count == len(left) else -inf)
        if most == -inf:
            return Nodes(np.empty(0), np.empty(0), -inf, 0.0)
        off = np.abs(np.exp(halves - most) - np.exp(_log_sum_rows(log_weights) - most))
        bad = (off > TOLERANCE) & (right - left > DEEPEST)
        count += int(bad.sum())
        if count > MOST_PANELS:
            bad[:] = False
        good = ~bad
        done += [(first[0][good], first[1][good]), (second[0][good], second[1][good])]
        errors.append(off[good])
        left, right = np.concatenate([left[bad], middle[bad]]), np.concatenate([middle[bad], right[bad]])
        log_weights = np.concatenate([first[1][bad], second[1][bad]])
    every = np.concatenate([p.ravel() for p, _ in done])
    weights = np.concatenate([w.ravel() for _, w in done])
    with np.errstate(all="ignore"):
        xs = maps.to_x(every[None])[0]
    order = np.argsort(xs)
    panels = order.reshape(-1, NODES)  # the ends of the map are infinite, without mass
    order = panels[np.isfinite(xs[panels]).all(axis=1)].ravel()
    total = _log_sum(weights)
    return Nodes(xs[order], weights[order], total, float(np.concatenate(errors).sum()))


def _gentle(log_density: LogDensity, low: float, high: float) -> Nodes | None:
    """The integral of a density that hardly varies over a finite interval, by few panels; None if it does."""
    maps = maps_of([Interval(0, low, high)])

    def density(s: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(log_density(maps.to_x(s[None])[0]) + maps.log_slope(s[None])[0])

    points, whole = _panels(density, np.array([0.0, 0.5]), np.array([0.5, 1.0]))
    inner = whole.ravel() - maps.log_slope(points.reshape(1, -1))[0]
    if not np.isfinite(inner).all() or np.abs(np.diff(inner)).max() > GENTLE + np.log(NODES):
        return None
    points, halves = _panels(density, np.array([0.0, 0.25, 0.5, 0.75]), np.array([0.25, 0.5, 0.75, 1.0]))
    total = _log_sum(halves)
    error = abs(np.expm1(_log_sum(whole) - total)) if total > -inf else inf
    return (
        Nodes(maps.to_x(points.reshape(1, -1))[0], halves.ravel(), total, float(error))
        if error <= TOLERANCE
        else None
    )


def _panels(density: LogDensity, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Points [panel, node] and their log weights."""
    nodes, weights = _legendre()
    half = 0.5 * (right - left)
    points = 0.5 * (left + right)[:, None] + half[:, None] * nodes
    values = density(points.ravel()).reshape(points.shape)
    with np.errstate(divide="ignore"):
        return points, values + np.log(half)[:, None] + np.log(weights)


def _log_sum(values: Floats) -> float:
    high = float(values.max()) if values.size else -inf
    return high if high == -inf else high + log(float(np.exp(values - high).sum()))


def _log_sum_rows(values: Floats) -> Floats:
    high = values.max(axis=1)
    safe = np.where(np.isfinite(high), high, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(safe + np.log(np.exp(values - safe[:, None]).sum(axis=1)))
