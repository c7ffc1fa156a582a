"""Maximising a log density on R^n: L-BFGS from several starts, and its curvature at the maximum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MEMORY = 10
"""Pairs of steps that L-BFGS remembers (Nocedal & Wright 2006, section 7.2)."""
ENOUGH = 1e-4
"""Of the increase that the slope promises, the part that a step must make (Armijo)."""
CURVATURE = 0.9
"""Of the slope, the part that may be left after a step (Wolfe)."""


class Potential(Protocol):
    """Log densities [C] and gradients [C, D] at positions [C, D]."""

    def value_and_gradient(self, positions: Floats) -> tuple[Floats, Floats]: ...


class Maximum(NamedTuple):
    """Where an ascent ended.

    converged: the gradient vanishes there, relative to the size of the numbers.
    """

    position: Floats
    value: float
    gradient: Floats
    converged: bool


def ascend(
    potential: Potential, start: Floats, steps: int, go_on: Callable[[], bool], tolerance: float = 1e-8
) -> Maximum:
    """L-BFGS (Nocedal & Wright 2006, algorithm 7.4) with a bisecting line search, upwards from a start."""

    def at(x: Floats) -> tuple[float, Floats]:
        values, gradients = potential.value_and_gradient(x[None])
        return float(values[0]), gradients[0].copy()

    x = start
    value, gradient = at(x)
    pairs: list[tuple[Floats, Floats]] = []
    for _ in range(steps):
        if _flat(gradient, x, value, tolerance) or not go_on():
            break
        direction = _two_loops(gradient, pairs)
        slope = float(direction @ gradient)
        if not slope > 0:
            pairs, direction, slope = [], gradient, float(gradient @ gradient)
        size = 1.0 if pairs else min(1.0, 1.0 / float(np.sqrt(slope)))
        found = _search(at, x, value, direction, slope, size)
        if found is None:
            if not pairs:
                break
            pairs = []
            continue
        new_x, new_value, new_gradient = found
        moved, changed = new_x - x, gradient - new_gradient
        if float(moved @ changed) > 1e-12 * float(changed @ changed):
            pairs = [*pairs[-(MEMORY - 1) :], (moved, changed)]
        x, value, gradient = new_x, new_value, new_gradient
    return Maximum(x, value, gradient, _flat(gradient, x, value, max(tolerance, 1e-5)))


def _flat(gradient: Floats, x: Floats, value: float, tolerance: float) -> bool:
    scale = max(1.0, abs(value))
    return bool(np.max(np.abs(gradient) * np.maximum(1.0, np.abs(x)), initial=0.0) <= tolerance * scale)


def _two_loops(gradient: Floats, pairs: Sequence[tuple[Floats, Floats]]) -> Floats:
    """The inverse curvature times the gradient."""
    q = gradient.copy()
    shares: list[float] = []
    for moved, changed in reversed(pairs):
        share = float(moved @ q) / float(moved @ changed)
        q = q - share * changed
        shares.append(share)
    if pairs:
        moved, changed = pairs[-1]
        q = q * (float(moved @ changed) / float(changed @ changed))
    for (moved, changed), share in zip(pairs, reversed(shares), strict=True):
        q = q + moved * (share - float(changed @ q) / float(moved @ changed))
    return q


def _search(
    at: Callable[[Floats], tuple[float, Floats]],
    x: Floats,
    value: float,
    direction: Floats,
    slope: float,
    size: float,
) -> tuple[Floats, float, Floats] | None:
    """A step that satisfies the weak Wolfe conditions, by bisection and doubling (Lewis & Overton 2013)."""
    low, high = 0.0, np.inf
    best: tuple[Floats, float, Floats] | None = None
    for _ in range(50):
        new_x = x + size * direction
        new_value, new_gradient = at(new_x)
        if not new_value >= value + ENOUGH * size * slope:
            high = size
        else:
            best = (new_x, new_value, new_gradient)
            if float(new_gradient @ direction) <= CURVATURE * slope:
                return best
            low = size
        size = 2 * low if np.isinf(high) else (low + high) / 2
        if high - low < 1e-16 * high:
            break
    return best


def hessian(potential: Potential, x: Floats) -> Floats:
    """Second derivatives of the log density at x, by central differences of the exact gradient.

    The step balances the truncation error, of order h^2, against rounding, of order 1e-16 / h.
    """
    size = len(x)
    result = np.empty((size, size))
    for i in range(size):
        step = 6e-6 * max(1.0, abs(float(x[i])))
        sides: list[Floats] = []
        for sign in (1.0, -1.0):
            moved = x.copy()
            moved[i] += sign * step
            sides.append(potential.value_and_gradient(moved[None])[1][0].copy())
        result[i] = (sides[0] - sides[1]) / (2 * step)
    return (result + result.T) / 2
