"""Draws of variables that were summed out, given draws of the others.

The derivative of a log sum by its entries is the posterior law of the variable. Put a draw from that law in
the place of the derivative, and the reverse sweep of automatic differentiation draws all variables jointly:
it goes through the sums in the opposite order, and what reaches a sum over one variable, given others, is 1
at the values drawn for those and 0 elsewhere. For a chain it is forward filtering, backward sampling
(Eisner 2016, "Inside-outside and forward-backward algorithms are just backprop"; Rush 2020, "Torch-Struct").
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyro
import torch
from pyro import poutine
from torch import Tensor

from pplc.inference.pyro_model import Density, Fixed
from pplc.inference.pyro_sites import PyroSites
from pplc.inference.torch_evaluate import Env, Evaluator, Returned
from pplc.inference.torch_growing import addresses
from pplc.inference.torch_plan import Path, Plan
from pplc.inference.torch_values import FLOAT, Batch, Content, lift
from pplc.lang import core
from pplc.lang.summing import Sum
from pplc.semantics.bound import Bound
from pplc.semantics.values import Address


class DrawnSum(torch.autograd.Function):
    """`log_sum_exp` over the last axis, whose derivative is a draw: 1 at one entry, 0 at the others."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor) -> Tensor:
        """The sum."""
        ctx.save_for_backward(weights)
        return torch.logsumexp(weights, -1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """One entry in proportion to its weight, where the sum was drawn."""
        (weights,) = ctx.saved_tensors
        # The largest of independent Gumbel variables around the log weights (Maddison et al. 2014, eq. 2).
        uniform = torch.rand(weights.shape, dtype=FLOAT)
        chosen = (weights - torch.log(-torch.log(uniform))).argmax(-1, keepdim=True)
        return torch.zeros_like(weights).scatter(-1, chosen, gradient.unsqueeze(-1))


@dataclass(frozen=True, slots=True)
class Met:
    """A sum as it was met in a run.

    probe: what its derivative is found by. address: of the variable. value: at positions.
    sizes: of the plates around it, 1 for those that are loops over positions of other variables.
    axes:  which of them are such loops.
    """

    probe: Tensor
    address: Path
    value: Callable[[Batch], Content]
    sizes: tuple[int, ...]
    axes: tuple[bool, ...]


class Recovering(Evaluator):
    """A run of a summed program whose sums can be drawn from."""

    def __init__(
        self, bound: Bound, plan: Plan, sites: PyroSites, sums: Mapping[str, Sum], draws: int | None
    ) -> None:
        super().__init__(bound, plan, sites)
        self.sums = sums
        self.draws = draws
        self.met: list[Met] = []
        self._around: list[str] = []

    def plated(self, statement: core.For, items: Content, count: int, env: Env, path: Path) -> None:
        """All rounds at once."""
        self._around.append(statement.name)
        try:
            super().plated(statement, items, count, env, path)
        finally:
            self._around.pop()

    def execute(self, statement: core.Stmt, env: Env, path: Path) -> Returned | None:
        """Runs one statement; a sum over a variable gets its probe."""
        if not isinstance(statement, core.Let) or statement.name not in self.sums:
            return super().execute(statement, env, path)
        found = self.sums[statement.name]
        weights = lift(env[found.weights])
        open_sizes = [plate.size for plate in self.plates]
        batch = tuple(reversed(open_sizes))
        if self.draws is not None:
            batch = (self.draws, *([1] * (self.plan.nesting - len(batch))), *batch)
        data = weights.data.to(FLOAT)
        shape = np.broadcast_shapes(data.shape[:-1], batch)
        probe = torch.zeros((*shape, data.shape[-1]), dtype=FLOAT, requires_grad=True)
        env[statement.name] = Batch(cast("Any", DrawnSum).apply(data + probe), 0)
        axes = tuple(name in found.axes for name in self._around)
        here = dict(env)

        def value(position: Batch) -> Content:
            return self.value(found.value, {**here, found.position: position})

        sizes = tuple(1 if axis else size for axis, size in zip(axes, open_sizes, strict=True))
        self.met.append(Met(probe, self.address(found.site, env, path), value, sizes, axes))
        return None


def recovered(density: Density, points: Tensor) -> dict[Address, Tensor]:
    """Values of the variables that were summed out, [S] by address, for positions [S, D] of the others."""
    assert density.summed is not None
    plan = density.summed.model.plan
    if plan.branches or plan.alone:
        each = [_recovered(density, point, None) for point in points]
        return {address: torch.cat([one[address] for one in each]) for address in each[0]}
    return _recovered(density, points, len(points))


def _recovered(density: Density, points: Tensor, draws: int | None) -> dict[Address, Tensor]:
    assert density.summed is not None
    model = density.summed.model
    evaluator = Recovering(model.bound, model.plan, PyroSites(), density.summed.sums, draws)

    def run() -> None:
        with Fixed(points, density.slots, _refuse):
            if draws is None:
                evaluator.run(model.arguments)
            else:
                plate: Any = pyro.plate
                with plate("draws#", draws, dim=-1 - model.plan.nesting):
                    evaluator.run(model.arguments)

    with torch.enable_grad():
        trace = poutine.trace(run).get_trace()
        total: Any = trace.log_prob_sum()
        if evaluator.met:
            total.backward()
    found: dict[Address, Tensor] = {}
    certain: dict[Address, Tensor] = {}
    with torch.no_grad():
        for met in evaluator.met:
            for address, drawn, values in _of(met, draws or 1):
                if address in found:
                    values = torch.where(drawn, values, found[address])
                    drawn = drawn | certain[address]
                found[address], certain[address] = values, drawn
    return found


def _of(met: Met, draws: int) -> list[tuple[Address, Tensor, Tensor]]:
    """For every round of the loops of the program: the address, which draws drew there, and what."""
    gradient = met.probe.grad
    assert gradient is not None
    depth = len(met.sizes)
    for level, axis in enumerate(met.axes):
        if axis:
            gradient = gradient.sum(-2 - level, keepdim=True)
    drawn = gradient.sum(-1) > 0.5
    values = lift(met.value(Batch(gradient.argmax(-1), 0)))

    def rounds(data: Tensor) -> Tensor:
        """[rounds, S], the outermost loop slowest."""
        whole = data.expand(drawn.shape).reshape(draws, *drawn.shape[drawn.dim() - depth :])
        return whole.permute(*range(depth, 0, -1), 0).reshape(-1, draws)

    return list(zip(addresses(met.address, met.sizes), rounds(drawn), rounds(values.data), strict=True))


def _refuse(size: int) -> Tensor:
    raise AssertionError(f"{size} numbers for a site without a slot")


__all__ = ["recovered"]
