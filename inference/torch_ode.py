"""`ode` on tensors: the steps of the reference, whose lengths are found from the values as they are.

The derivative is that of the steps taken; their lengths count as constants. They depend on the values, so
that a density with an `ode` is not recorded but evaluated anew at every point.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from pplc.inference.torch_values import Batch, Content, Refused, lift
from pplc.semantics.ode import (
    ERROR,
    MOST_STEPS,
    NODES,
    ROWS,
    TOLERANCE,
    checked_times,
    checked_tolerance,
    factor,
    too_many_steps,
    unsolved,
)
from pplc.semantics.values import Fault

UNSOLVED = "E0453"
"""Where a trajectory meets an equation without a solution, the density is no number: it is cut off there."""


def solved(
    apply: Callable[[float, Batch], Content],
    first: Content,
    times: Content,
    start: Content = 0.0,
    tolerance: Content = TOLERANCE,
) -> Batch:
    """The solution at the times, [*batch, time, entry]; `apply` gives the slope at a time and a value.

    NaN where draws make an equation that cannot be solved.
    """
    begin = _numbers(start)[0]
    solver = _Solver(apply, lift(first), checked_tolerance(_numbers(tolerance)[0]))
    when = checked_times(_numbers(times), begin)
    try:
        rows = solver.rows(when, begin)
    except Fault as fault:
        if solver.known or fault.code != UNSOLVED:
            raise
        rows = [solver.first.data * torch.nan for _ in when]
    batch = np.broadcast_shapes(*(row.shape[:-1] for row in rows)) if rows else ()
    wide = [row.expand((*batch, row.shape[-1])) for row in rows]
    size = solver.first.shape[0]
    data = torch.stack(wide, dim=-2) if wide else torch.zeros((0, size), dtype=torch.float64)
    return Batch(data, 2, solver.known, solver.owners)


def _numbers(value: Content) -> list[float]:
    found = lift(value)
    if not found.known or not found.single:
        raise Refused("E0547", "the times and the tolerance of `ode` must be known, the same in every round")
    return [float(number) for number in found.data.reshape(-1).tolist()]


class _Solver:
    def __init__(self, apply: Callable[[float, Batch], Content], first: Batch, tolerance: float) -> None:
        self.apply = apply
        self.first = first
        self.tolerance = tolerance
        self.known = first.known
        self.owners = first.owners

    def slope(self, t: float, y: Tensor) -> Tensor:
        value = lift(self.apply(t, Batch(y, 1, self.known, self.owners)))
        self.known = self.known and value.known
        self.owners |= value.owners
        if not bool(torch.isfinite(value.data).all()):
            raise unsolved(f"the slope at time {t:g} is not finite", "its slope is not finite")
        return value.data.to(torch.float64)

    def rows(self, times: Sequence[float], t: float) -> list[Tensor]:
        y = self.first.data.to(torch.float64)
        rows: list[Tensor] = []
        if not times or times[-1] <= t:
            return [y for _ in times]
        k = self.slope(t, y)
        step = self.first_step(t, y, k)
        steps = 0
        for end in times:
            while t < end:
                steps += 1
                taken = min(step, end - t)
                if steps > MOST_STEPS or t + taken == t:
                    raise too_many_steps()
                slopes = [k]
                new = y
                for node, row in zip(NODES, ROWS, strict=True):
                    new = _moved(y, taken, row, slopes)
                    slopes.append(self.slope(t + node * taken, new))
                error = self.norm(_moved(torch.zeros_like(y), taken, ERROR, slopes), y, new)
                if error <= 1:
                    t = end if taken == end - t else t + taken
                    y, k = new, slopes[-1]
                grown = taken * factor(error)
                step = max(step, grown) if error <= 1 and taken < step else grown
            rows.append(y)
        return rows

    def first_step(self, t: float, y: Tensor, k: Tensor) -> float:
        size, rise = self.norm(y, y, y), self.norm(k, y, y)
        guess = 1e-6 if size < 1e-5 or rise < 1e-5 else 0.01 * size / rise
        later = self.slope(t + guess, _moved(y, guess, (1.0,), [k]))
        steep = max(rise, self.norm(later - k, y, y) / guess)
        return min(100 * guess, max(1e-6, guess * 1e-3) if steep <= 1e-15 else (0.01 / steep) ** 0.2)

    def norm(self, parts: Tensor, y: Tensor, new: Tensor) -> float:
        """The largest error of the batch, in units of what is allowed."""
        allowed = self.tolerance * (1 + torch.maximum(y.abs(), new.abs()))
        if parts.numel() == 0:
            return 0.0
        return float((parts / allowed).detach().square().mean(-1).sqrt().max())


def _moved(y: Tensor, step: float, row: Sequence[float], slopes: Sequence[Tensor]) -> Tensor:
    total = y
    for a, k in zip(row, slopes, strict=True):
        if a:
            total = total + (step * a) * k
    return total
