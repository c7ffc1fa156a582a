"""The log density of a program and its gradient, for several chains in one call.

The density and its gradient are recorded once as a list of tensor operations, and vectorised over chains:
a call costs what these operations cost. Where that cannot be done, because the run branches on a draw,
chains are evaluated one by one.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import vmap

from pplc.inference.pyro_model import Density
from pplc.inference.torch_schedule import Schedule, TooLarge, quietly
from pplc.inference.torch_trace import Tape, Untraceable, record

Floats = npt.NDArray[np.float64]
Call = Callable[[Floats], tuple[Floats, Floats]]
"""Gradients and log densities at positions; a call may overwrite what the one before gave."""


class Potential:
    """`value_and_gradient` of a log density for a fixed number of chains.

    jacobian: of the map from the unconstrained scale; without it, the density on the program's own scale.
    traced:   whether the recorded operations are used; otherwise chains are evaluated one by one.
    """

    def __init__(self, density: Density, chains: int, *, jacobian: bool = True) -> None:
        self.size = density.size
        self.chains = chains
        self.density = density
        self.jacobian = jacobian
        self.why = ""
        self._call = self._compiled()
        self.traced = self._call is not None

    def value_and_gradient(self, positions: Floats) -> tuple[Floats, Floats]:
        """Log densities [C] and gradients [C, D] at positions [C, D].

        Where the density or a derivative is not a finite number, as where a parameter is outside its
        domain, the density is minus infinity, and the gradient zero (`pyro_reasons` says why).
        """
        if self._call is not None:
            with quietly():
                gradient, value = self._call(positions)
            values, gradients = value.copy(), gradient.copy()
        else:
            u = torch.from_numpy(np.ascontiguousarray(positions))
            values = np.empty(len(positions))
            gradients = np.empty_like(positions)
            for k in range(len(positions)):
                values[k], gradients[k] = self._alone(u[k])
        if not (np.isfinite(values).all() and np.isfinite(gradients).all()):
            bad = ~np.isfinite(values) | ~np.isfinite(gradients).all(axis=1)
            values[bad] = -np.inf
            gradients[bad] = 0.0
        return values, gradients

    def _alone(self, u: Tensor) -> tuple[float, Floats]:
        gradient, value = self._single(u)
        return float(value), gradient.numpy()

    def _single(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """Gradient and value at one position, by autograd."""
        with torch.enable_grad():
            point = u.detach().requires_grad_()
            value = self.density(point, jacobian=self.jacobian)
            if not value.requires_grad:
                return torch.zeros_like(u), value
            (gradient,) = torch.autograd.grad(value, point)
        return gradient, value.detach()

    def _compiled(self) -> Call | None:
        if self.size == 0:
            return None
        example = 0.1 * torch.linspace(0.5, 1.5, self.size, dtype=torch.float64).repeat(self.chains, 1)
        try:
            # One chain by ordinary autograd, which Pyro's enumeration needs; what is recorded are plain
            # tensor operations, which can be vectorised over chains.
            single = record(self._single, example[0].clone())
            tape = record(vmap(single), example)
        except Untraceable as why:
            self.why = str(why)
            return None
        return scheduled(tape, example)


def scheduled(tape: Tape, example: Tensor) -> Call:
    """The operations with their memory laid out, if that gives what they give; else by TorchScript."""
    other = example.flip(1) * -0.7
    try:
        with quietly():
            schedule = Schedule(tape, example)
            for point in (example, other):
                for ours, theirs in zip(schedule(point.numpy()), tape(point), strict=True):
                    if not np.allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-12, equal_nan=True):
                        return scripted(tape, example)
    except TooLarge:
        return scripted(tape, example)
    return cast("Call", schedule)


class _Program(torch.nn.Module):
    """The operations as the kind of object that TorchScript takes."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self.tape = tape

    def forward(self, u: Tensor) -> tuple[Tensor, ...]:
        """Runs them."""
        return self.tape(u)


def scripted(tape: Tape, example: Tensor) -> Call:
    """The operations run by TorchScript, which spends least time between them."""
    with torch.no_grad():
        traced = torch.jit.trace(_Program(tape).eval(), (example,), check_trace=False)
        frozen = torch.jit.freeze(traced)

    def call(positions: Floats) -> tuple[Floats, Floats]:
        gradient, value = frozen(torch.from_numpy(np.ascontiguousarray(positions)))
        return gradient.numpy(), value.numpy()

    return call
