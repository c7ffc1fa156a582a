"""Hamiltonian trajectories: the leapfrog step, its energy, and the test for a U-turn.

Written for numbers of any kind: numpy arrays of floats, or of `Fraction`s (dtype object) when the
algorithms are checked exactly. A log weight is a float or a `LogRat`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias

import numpy.typing as npt

from pplc.semantics.number import LogWeight, weight
from pplc.semantics.source import Source

Vector: TypeAlias = npt.NDArray[Any]
"""[D], of float64 or object."""
Metric: TypeAlias = npt.NDArray[Any]
"""The inverse mass matrix, an estimate of the posterior's covariance: its diagonal [D], or whole [D, D]."""

Ask: TypeAlias = Generator[Vector, tuple[Any, Vector], Any]
"""A computation that asks for the log density and its gradient at positions it yields."""


class Point(NamedTuple):
    """A place in phase space.

    log_density: at the position; gradient: of it.
    """

    position: Vector
    momentum: Vector
    log_density: Any
    gradient: Vector


Weigh: TypeAlias = Callable[[Point, Metric], LogWeight]
"""The log weight of a point under an inverse metric; `log_weight` but for exact checks."""


def applied(metric: Metric, vector: Vector) -> Vector:
    """The matrix times the vector; a diagonal one is given as a vector."""
    product: Vector = metric @ vector if metric.ndim == 2 else metric * vector
    return product


def log_weight(point: Point, metric: Metric) -> LogWeight:
    """Minus the energy: log density less p' M^-1 p / 2, for the inverse metric M^-1."""
    momentum = point.momentum
    value: float = point.log_density - 0.5 * float(momentum.dot(applied(metric, momentum)))
    return value


def leapfrog(
    point: Point, step: Any, metric: Metric, half: Any
) -> Generator[Vector, tuple[Any, Vector], Point]:
    """One leapfrog step (Neal 2011, eq. 5.18-20): reversible and of unit Jacobian; `half` is 1/2."""
    part = half * step
    momentum = point.momentum + part * point.gradient
    position = point.position + step * applied(metric, momentum)
    log_density, gradient = yield position
    return Point(position, momentum + part * gradient, log_density, gradient)


def goes_on(first: Vector, last: Vector, total: Vector, metric: Metric) -> bool:
    """Whether a trajectory still moves away from both its ends (Betancourt 2017, A.4.2).

    first, last: momenta at the ends. total: the sum of the momenta along it.
    """
    sharp = applied(metric, total)
    return bool(first.dot(sharp) > 0 and last.dot(sharp) > 0)


def takes_second(source: Source, first: LogWeight, second: LogWeight) -> bool:
    """Chooses the second of two in proportion to their weights."""
    high = max(first, second)
    return source.choose((weight(first - high), weight(second - high))) == 1


def takes_new(source: Source, old: LogWeight, new: LogWeight) -> bool:
    """Chooses the second with probability min(1, new / old)."""
    if new >= old:
        return True
    share = weight(new - old)
    return source.choose((1 - share, share)) == 1
