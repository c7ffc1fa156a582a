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
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
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
    at, scale = _peak(log_density, low, high)
    if scale == 0:
        return Nodes(np.empty(0), np.empty(0), -inf, 0.0)
    ends, to_x, to_s, log_slope = _mapped(low, high, at, scale)

    def mapped(s: Floats) -> Floats:
        with np.errstate(all="ignore"):
            found = log_density(to_x(s)) + log_slope(s)
        return np.where(np.isnan(found), -inf, found)

    cuts = to_s(np.concatenate([[at], at + scale * STEPS, at - scale * STEPS]))
    edges = np.concatenate([np.linspace(*ends, FIRST + 1), cuts[(cuts > ends[0]) & (cuts < ends[1])]])
    edges = np.unique(edges)
    left, right = edges[:-1], edges[1:]
    _, log_weights = _panels(mapped, left, right)
    whole = _log_sum(log_weights)
    done: list[tuple[Floats, Floats]] = []
    errors: list[Floats] = []
    count = len(left)
    while len(left):
        middle = 0.5 * (left + right)
        first, second = _panels(mapped, left, middle), _panels(mapped, middle, right)
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
        xs = to_x(every)
    order = np.argsort(xs)
    panels = order.reshape(-1, NODES)  # the ends of the map are infinite, without mass
    order = panels[np.isfinite(xs[panels]).all(axis=1)].ravel()
    total = _log_sum(weights)
    return Nodes(xs[order], weights[order], total, float(np.concatenate(errors).sum()))


def _gentle(log_density: LogDensity, low: float, high: float) -> Nodes | None:
    """The integral of a density that hardly varies over a finite interval, by few panels; None if it does."""
    _, to_x, _, log_slope = _mapped(low, high, low, high - low)

    def mapped(s: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(log_density(to_x(s)) + log_slope(s))

    points, whole = _panels(mapped, np.array([0.0, 0.5]), np.array([0.5, 1.0]))
    inner = whole.ravel() - log_slope(points.ravel())
    if not np.isfinite(inner).all() or np.abs(np.diff(inner)).max() > GENTLE + np.log(NODES):
        return None
    points, halves = _panels(mapped, np.array([0.0, 0.25, 0.5, 0.75]), np.array([0.25, 0.5, 0.75, 1.0]))
    total = _log_sum(halves)
    error = abs(np.expm1(_log_sum(whole) - total)) if total > -inf else inf
    return Nodes(to_x(points.ravel()), halves.ravel(), total, float(error)) if error <= TOLERANCE else None


def _panels(mapped: LogDensity, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Points [panel, node] and their log weights."""
    nodes, weights = _legendre()
    half = 0.5 * (right - left)
    points = 0.5 * (left + right)[:, None] + half[:, None] * nodes
    values = mapped(points.ravel()).reshape(points.shape)
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


def _mapped(
    low: float, high: float, at: float, scale: float
) -> tuple[tuple[float, float], LogDensity, LogDensity, LogDensity]:
    """The ends of a variable s, the map from it, back, and the log of its slope."""
    if low > -inf and high < inf:
        width = high - low
        return (
            (0.0, 1.0),
            lambda s: low + width * (s * s * (3 - 2 * s)),
            lambda x: 0.5 - np.sin(np.arcsin(np.clip(1 - 2 * (x - low) / width, -1, 1)) / 3),
            lambda s: np.log(6 * width * s * (1 - s)),
        )
    if low == -inf and high == inf:
        return (
            (-1.0, 1.0),
            lambda s: at + scale * (s / (1 - s * s)),
            lambda x: 2 * (x - at) / scale / (1 + np.sqrt(1 + (2 * (x - at) / scale) ** 2)),
            lambda s: np.log(scale * (1 + s * s) / (1 - s * s) ** 2),
        )
    end, sign = (low, 1.0) if low > -inf else (high, -1.0)
    reach = max(abs(at - end), scale)

    def back(x: Floats) -> Floats:
        y = np.sqrt(np.maximum(sign * (x - end) / reach, 0.0))
        return np.asarray(y / (1 + y), dtype=np.float64)

    return (
        (0.0, 1.0),
        lambda s: end + sign * reach * (s / (1 - s)) ** 2,
        back,
        lambda s: np.log(2 * reach * s / (1 - s) ** 3),
    )


def _peak(log_density: LogDensity, low: float, high: float) -> tuple[float, float]:
    """Where most of the mass lies, and how far from there the density falls off; 0 if it is zero everywhere.

    In the mapped variable, in which ends at which the density is infinite are none.
    """
    ends, to_x, _, log_slope = _mapped(low, high, 0.0 if low == -inf else low, 1.0)

    def mapped(s: Floats) -> Floats:
        with np.errstate(all="ignore"):
            found = log_density(to_x(s)) + log_slope(s)
        return np.where(np.isnan(found), -inf, found)

    left, right = ends
    grid = np.linspace(left, right, 16 * FIRST + 1)[1:-1]
    values = mapped(grid)
    for _ in range(14):
        best = int(values.argmax())
        if values[best] == -inf:
            return 0.0, 0.0
        left, right = (grid[best - 1] if best else left), (grid[best + 1] if best < len(grid) - 1 else right)
        grid = np.linspace(left, right, 34)[1:-1]
        values = mapped(grid)
    best = int(values.argmax())
    at, top = float(grid[best]), float(values[best])
    widths = 2.0 ** np.arange(-50.0, 1.0)
    sides = [at - widths, at + widths]
    inside = [(s > ends[0]) & (s < ends[1]) for s in sides]
    fallen = [
        np.where(k, mapped(np.where(k, s, at)), top) < top - 0.5 for k, s in zip(inside, sides, strict=True)
    ]
    either = fallen[0] | fallen[1]
    centre = float(to_x(np.array([at]))[0])
    if not either.any():
        return centre, high - low if high - low < inf else 1.0
    k = int(either.argmax())
    edge = at + widths[k] if fallen[1][k] else at - widths[k]
    return centre, abs(float(to_x(np.array([edge]))[0]) - centre)
