"""Where the density of one variable may have several narrow hills, so that none of them is missed.

A search for the highest point finds one. The others are known from the formula: 1 + ((x - a) / s)²,
under the logarithm of a Student t, is least at the real part of its complex roots, and the wider the larger
the imaginary part; a polynomial in the exponent has its hills where its derivative is zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import exp, inf
from typing import Any, NamedTuple, cast

import numpy as np

from pplc.inference.continuous.evaluation import Floats, Points, values_at
from pplc.inference.continuous.piece import Piece
from pplc.inference.continuous.polynomials import Powers, in_powers, of_power, shape_in
from pplc.inference.continuous.quadrature import LogDensity, Nodes, integrate
from pplc.semantics.symbolic.contents import latents_in
from pplc.semantics.symbolic.expression import Latent

MOST_HILLS = 12
"""Hills between which an interval is cut."""

FAR = 6.0
"""Distance of two hills, in units of the narrower one, below which they are taken as one."""

LOW = 60.0
"""Log height below the highest at which a hill no longer matters, whatever its width."""


class Hill(NamedTuple):
    """Where a density may have a maximum, and how wide that is."""

    at: float
    width: float


class Hills:
    """The possible hills of the density of a piece along one variable, as they depend on the others."""

    def __init__(self, piece: Piece, variable: Latent) -> None:
        self._smooth: Powers = {}
        self._logs: list[Powers] = []
        shape = shape_in(piece.exponent, variable)
        if shape is None:
            return
        for total in shape.logs:
            powers = in_powers(total, variable)
            if powers is not None and _is_polynomial(powers) and max(powers) > 1:
                self._logs.append(powers)
        if _is_polynomial(shape.powers):
            self._smooth = shape.powers
        if len(self._logs) < 2 and max(self._smooth, default=0) <= 2 - 2 * len(self._logs):
            self._smooth, self._logs = {}, []  # one hill

    def at(self, points: Points) -> list[Hill]:
        """The hills where the other variables have these values, one of each."""
        return [*self._of_logs(points), *self._of_polynomial(points)]

    def at_each(self, points: Points) -> list[list[Hill]]:
        """The same for each of many points."""
        count = len(next(iter(points.values())))
        if not self._smooth and not self._logs:
            return [[] for _ in range(count)]
        every = [coefficient for powers in self._logs for coefficient in powers.values()]
        if (
            latents_in(tuple(self._smooth.values()))
            or any(max(powers) > 2 for powers in self._logs)
            or not latents_in(tuple(every)) <= points.keys()
        ):
            return [self.at({v: x[k : k + 1] for v, x in points.items()}) for k in range(count)]
        places: list[Floats] = []
        widths: list[Floats] = []
        for powers in self._logs:
            a, b, c = (values_at(of_power(powers, k), points) for k in (2, 1, 0))
            with np.errstate(all="ignore"):
                places.append(-0.5 * b / a)
                widths.append(np.sqrt(4 * a * c - b * b) / np.abs(2 * a))
        for hill in self._of_polynomial({}):
            places.append(np.full(count, hill.at))
            widths.append(np.full(count, hill.width))
        if not places:
            return [[] for _ in range(count)]
        at, wide = np.stack(places, axis=1), np.stack(widths, axis=1)
        there = np.isfinite(at) & (wide > 0)
        return [
            [Hill(x, width) for x, width, kept in zip(*row, strict=True) if kept]
            for row in zip(at.tolist(), wide.tolist(), there.tolist(), strict=True)
        ]

    def _of_logs(self, points: Points) -> Iterator[Hill]:
        for powers in self._logs:
            for root in np.roots(_falling(powers, points)):
                if root.imag > 0:
                    yield Hill(float(root.real), float(root.imag))

    def _of_polynomial(self, points: Points) -> Iterator[Hill]:
        slope = np.polyder(_falling(self._smooth, points))
        for root in np.roots(slope) if len(slope) > 1 else ():
            bend = float(cast(Any, np.polyval(np.polyder(slope), root.real)))
            if abs(root.imag) <= 1e-9 * abs(root) and bend < 0:
                yield Hill(float(root.real), (-bend) ** -0.5)


def integrated(log_density: LogDensity, intervals: list[tuple[float, float]], hills: list[Hill]) -> Nodes:
    """The integral over several intervals, each cut between the hills that may lie in it."""
    intervals = [part for whole in intervals for part in _parted(hills, log_density, *whole)]
    found = [integrate(log_density, low, high) for low, high in intervals]
    if len(found) == 1:
        return found[0]
    mass = float(np.logaddexp.reduce([nodes.log_mass for nodes in found])) if found else -inf
    if mass == -inf:
        return Nodes(np.empty(0), np.empty(0), -inf, 0.0)
    return Nodes(
        np.concatenate([nodes.points for nodes in found]),
        np.concatenate([nodes.log_weights for nodes in found]),
        mass,
        sum(nodes.error * exp(nodes.log_mass - mass) for nodes in found),
    )


def _parted(hills: list[Hill], log_density: LogDensity, low: float, high: float) -> list[tuple[float, float]]:
    """An interval, cut half way between the hills in it that matter."""
    heights = log_density(np.array([hill.at for hill in hills])) if _apart(hills, low, high) else np.empty(0)
    return parted(hills, heights, low, high)


def parted(hills: list[Hill], heights: Floats, low: float, high: float) -> list[tuple[float, float]]:
    """An interval, cut half way between the hills in it that matter, given the log density at each."""
    if not _apart(hills, low, high):
        return [(low, high)]
    found = zip(heights.tolist(), hills, strict=True)
    within = sorted(((height, hill) for height, hill in found if low < hill.at < high), reverse=True)
    kept: list[Hill] = []
    for height, hill in within:
        if height < within[0][0] - LOW or len(kept) == MOST_HILLS:
            break
        if all(abs(hill.at - other.at) > FAR * min(hill.width, other.width) for other in kept):
            kept.append(hill)
    places = sorted(hill.at for hill in kept)
    edges = [low, *(0.5 * (a + b) for a, b in pairwise(places)), high]
    return list(pairwise(edges))


def _apart(hills: list[Hill], low: float, high: float) -> bool:
    """Whether some hills in an interval are not taken as one, as far as that is quickly seen."""
    within = [hill for hill in hills if low < hill.at < high]
    if len(within) < 2:
        return False
    places = [hill.at for hill in within]
    return max(places) - min(places) > FAR * min(hill.width for hill in within)


def _is_polynomial(powers: Powers) -> bool:
    return bool(powers) and all(type(exponent) is int and exponent >= 0 for exponent in powers)


def _falling(powers: Powers, points: Points) -> list[float]:
    """The coefficients of a polynomial, that of the highest power first; none if others matter."""
    if not all(latents_in(coefficient) <= points.keys() for coefficient in powers.values()):
        return [0.0]  # variables of a normal block, say, which are nowhere yet
    found = [0.0] * (int(max(powers, default=0)) + 1)
    for exponent, coefficient in powers.items():
        found[-1 - int(exponent)] = float(values_at(coefficient, points).reshape(-1)[0])
    return found if np.isfinite(found).all() else [0.0]
