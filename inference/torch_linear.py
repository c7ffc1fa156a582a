"""Vectors, matrices and Gaussian-process kernels on tensors, under the names of the language's functions."""

# pyright: basic
# mypy: disable-error-code="no-any-return"
# Some of torch's operators are typed as giving anything.

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from pplc.inference.torch_values import (
    FLOAT,
    Batch,
    Content,
    combine,
    lift,
)

Guard: TypeAlias = Batch | None
Operation: TypeAlias = Callable[..., Content]
"""`(guard, *arguments) -> value`."""


def on_shape(rank: int, operation: Callable[..., Tensor], *, real: bool = True) -> Operation:
    """An operation on the last axes that torch does batch by batch."""

    def apply(guard: Guard, *xs: Content) -> Content:  # noqa: ARG001
        parts = [lift(x) for x in xs]
        if real:
            return combine(lambda *ts: operation(*[t.to(FLOAT) for t in ts]), parts, rank)
        return combine(operation, parts, rank)

    return apply


def matmul(guard: Guard, a: Content, b: Content) -> Content:  # noqa: ARG001
    """`a @ b`, of vectors and matrices."""
    left, right = lift(a), lift(b)

    def product(x: Tensor, y: Tensor) -> Tensor:
        if left.rank == 1 and right.rank == 1:
            return (x * y).sum(-1)
        if left.rank == 1:
            return torch.matmul(x.unsqueeze(-2), y).squeeze(-2)
        if right.rank == 1:
            return torch.matmul(x, y.unsqueeze(-1)).squeeze(-1)
        return torch.matmul(x, y)

    return combine(product, [left, right], left.rank + right.rank - 2)


def solve(guard: Guard, a: Content, b: Content) -> Content:  # noqa: ARG001
    """The x with a @ x = b; NaN where `a` is singular."""
    right = lift(b)

    def solved(x: Tensor, y: Tensor) -> Tensor:
        if right.rank == 1:
            return or_nan(*torch.linalg.solve_ex(x, y.unsqueeze(-1))).squeeze(-1)
        return or_nan(*torch.linalg.solve_ex(x, y))

    return combine(solved, [lift(a), right], right.rank)


def diag(guard: Guard, x: Content) -> Content:  # noqa: ARG001
    """The diagonal matrix of a vector, or the diagonal of a matrix."""
    part = lift(x)
    if part.rank == 1:
        return combine(torch.diag_embed, [part], 2)
    return combine(lambda t: torch.diagonal(t, dim1=-2, dim2=-1), [part], 1)


def or_nan(found: Tensor, failed: Tensor) -> Tensor:
    """The matrices found; NaN where there is none, so that a trajectory can be rejected."""
    return torch.where((failed == 0).unsqueeze(-1).unsqueeze(-1), found, torch.full_like(found, math.nan))


def cholesky(t: Tensor) -> Tensor:
    """The factor; NaN where the matrix is not positive definite."""
    return or_nan(*torch.linalg.cholesky_ex(t))


def kernel(shape: Callable[..., Tensor], extra: int = 0) -> Operation:
    """The covariances of points on a line or in space by `shape`, which has two scales and `extra` more."""

    def apply(guard: Guard, *args: Content) -> Content:  # noqa: ARG001
        points, scales = args[: -2 - extra], [lift(s) for s in args[-2 - extra :]]
        x = lift(points[0])
        y = lift(points[1]) if len(points) == 2 else x

        def covariance(a: Tensor, b: Tensor, *s: Tensor) -> Tensor:
            s = tuple(t.unsqueeze(-1).unsqueeze(-1) for t in s)
            if x.rank == 1:
                difference = a.unsqueeze(-1) - b.unsqueeze(-2)
                squared = difference * difference
            else:
                difference = a.unsqueeze(-2) - b.unsqueeze(-3)
                squared = (difference * difference).sum(-1)
            return shape(squared, *s)

        return combine(covariance, [x, y, *scales], 2)

    return apply


def _distance(squared: Tensor) -> Tensor:
    """The root, with gradient 0 at 0."""
    zero = squared == 0
    return torch.where(
        zero, torch.zeros_like(squared), torch.sqrt(torch.where(zero, torch.ones_like(squared), squared))
    )


def exp_quad(squared: Tensor, sd: Tensor, length: Tensor) -> Tensor:
    """The squared exponential (Rasmussen & Williams 2006, eq. 4.9)."""
    return sd * sd * torch.exp(-squared / (2 * length * length))


def matern32(squared: Tensor, sd: Tensor, length: Tensor) -> Tensor:
    """The Matern class with nu = 3/2 (Rasmussen & Williams 2006, eq. 4.17)."""
    s = math.sqrt(3) * _distance(squared) / length
    return sd * sd * (1 + s) * torch.exp(-s)


def matern52(squared: Tensor, sd: Tensor, length: Tensor) -> Tensor:
    """The Matern class with nu = 5/2 (Rasmussen & Williams 2006, eq. 4.17)."""
    s = math.sqrt(5) * _distance(squared) / length
    return sd * sd * (1 + s + s * s / 3) * torch.exp(-s)


def periodic(squared: Tensor, sd: Tensor, length: Tensor, period: Tensor) -> Tensor:
    """The periodic kernel (MacKay 1998; Rasmussen & Williams 2006, eq. 4.31)."""
    return sd * sd * torch.exp(-2 * torch.sin(math.pi * _distance(squared) / period) ** 2 / (length * length))
