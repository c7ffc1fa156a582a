"""The spaces that draws live in, and smooth maps onto them from R^n with their log Jacobians.

The maps are those of the Stan reference manual ("Constraint transforms"), written in logs so that
gradients stay finite far out.
"""

# pyright: basic

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.distributions import constraints

from pplc.inference.torch_elementwise import log_sigmoid, softplus

Kind: TypeAlias = Literal[
    "real", "between", "simplex", "ordered", "corr_chol", "corr", "cov", "chol", "discrete", "none"
]
RANKS = {"simplex": 1, "ordered": 1, "corr_chol": 2, "corr": 2, "cov": 2, "chol": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where a draw may lie.

    kind:  "real" has the rank `rank`; "between" is scalar with bounds, None where there is none.
    lower, upper: of every entry; tensors that broadcast with the draws, less the axes of one draw.
    rank:  axes of one draw.
    """

    kind: Kind
    rank: int = 0
    lower: Tensor | None = None
    upper: Tensor | None = None


REAL = Space("real")
POSITIVE = Space("between", 0, torch.zeros((), dtype=torch.float64), None)
UNIT = Space("between", 0, torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64))
DISCRETE = Space("discrete")


def matrix_space(kind: Kind) -> Space:
    """A space of vectors or matrices."""
    return Space(kind, RANKS[kind])


def free_shape(space: Space, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the unconstrained point for draws of this shape."""
    front = shape[: len(shape) - space.rank]
    size = shape[-1] if shape else 0
    match space.kind:
        case "simplex":
            return (*front, size - 1)
        case "corr_chol" | "corr":
            return (*front, size * (size - 1) // 2)
        case "cov" | "chol":
            return (*front, size * (size + 1) // 2)
        case _:
            return shape


def constrain(space: Space, u: Tensor) -> tuple[Tensor, Tensor]:
    """The draw at an unconstrained point, and the log Jacobian of one draw."""
    match space.kind:
        case "real":
            return u, torch.zeros(u.shape[: u.dim() - space.rank], dtype=u.dtype)
        case "between":
            return _between(space.lower, space.upper, u)
        case "simplex":
            return _simplex(u)
        case "ordered":
            return _ordered(space.lower, space.upper, u)
        case "corr_chol":
            return _corr_chol(u)
        case "corr":
            lower, jacobian = _corr_chol(u)
            size = lower.shape[-1]
            powers = torch.arange(size - 1, -1, -1, dtype=u.dtype)
            logs = torch.log(torch.diagonal(lower, dim1=-2, dim2=-1))
            return lower @ lower.transpose(-1, -2), jacobian + (powers * logs).sum(-1)
        case "chol" | "cov":
            lower, logs = _chol(u)
            if space.kind == "chol":
                return lower, logs.sum(-1)
            size = lower.shape[-1]
            powers = torch.arange(size, 0, -1, dtype=u.dtype)
            return lower @ lower.transpose(-1, -2), ((powers + 1) * logs).sum(-1) + size * math.log(2)
        case _:
            raise AssertionError(f"a draw from a {space.kind} space has no unconstrained scale")


def _between(lower: Tensor | None, upper: Tensor | None, u: Tensor) -> tuple[Tensor, Tensor]:
    if lower is not None and upper is not None:
        width = upper - lower
        return lower + width * torch.sigmoid(u), torch.log(width) + log_sigmoid(u) + log_sigmoid(-u)
    if lower is not None:
        return lower + torch.exp(u), u
    if upper is not None:
        return upper - torch.exp(u), u
    return u, torch.zeros_like(u)


def _ordered(lower: Tensor | None, upper: Tensor | None, u: Tensor) -> tuple[Tensor, Tensor]:
    """Increasing vectors; between two bounds the gaps are a simplex."""
    if lower is not None and upper is not None:
        gaps, jacobian = _simplex(u)
        width = upper - lower
        x = lower.unsqueeze(-1) + width.unsqueeze(-1) * gaps[..., :-1].cumsum(-1)
        return x, jacobian + u.shape[-1] * torch.log(width)
    steps = torch.exp(u)
    if lower is not None:
        return lower.unsqueeze(-1) + steps.cumsum(-1), u.sum(-1)
    if upper is not None:
        return upper.unsqueeze(-1) - steps.flip(-1).cumsum(-1).flip(-1), u.sum(-1)
    return torch.cat([u[..., :1], steps[..., 1:]], -1).cumsum(-1), u[..., 1:].sum(-1)


def _simplex(u: Tensor) -> tuple[Tensor, Tensor]:
    """Stick breaking, with the middle of the simplex at u = 0."""
    size = u.shape[-1] + 1
    x = u - torch.log(torch.arange(size - 1, 0, -1, dtype=u.dtype))
    taken, left = log_sigmoid(x), log_sigmoid(-x)
    rest = left.cumsum(-1)
    before = rest - left
    logs = torch.cat([taken + before, rest[..., -1:]], -1)
    return torch.exp(logs), (taken + left + before).sum(-1)


def lower_indices(size: int, diagonal: int) -> Tensor:
    """For every entry of a matrix its place in the vector of the lower triangle; the rest is one past it."""
    rows = torch.arange(size).unsqueeze(-1)
    columns = torch.arange(size).unsqueeze(0)
    start = rows * (rows + 1) // 2 if diagonal == 0 else rows * (rows - 1) // 2
    count = size * (size + 1) // 2 if diagonal == 0 else size * (size - 1) // 2
    inside = columns <= rows + diagonal
    return torch.where(inside, start + columns, torch.full_like(start + columns, count))


def _triangle(u: Tensor, size: int, diagonal: int) -> Tensor:
    """The vector as a lower triangle, zero elsewhere."""
    padded = torch.cat(
        [u, torch.zeros_like(u[..., :1]) if u.shape[-1] else u.new_zeros((*u.shape[:-1], 1))], -1
    )
    flat = padded.index_select(-1, lower_indices(size, diagonal).flatten())
    return flat.reshape(*u.shape[:-1], size, size)


def _corr_chol(u: Tensor) -> tuple[Tensor, Tensor]:
    """Canonical partial correlations tanh(u), row by row (Lewandowski, Kurowicka & Joe 2009)."""
    size = int((1 + math.isqrt(1 + 8 * u.shape[-1])) // 2)
    z = _triangle(torch.tanh(u), size, -1)
    logs = _triangle(-2 * (u + softplus(-2 * u) - math.log(2)), size, -1)
    before = logs.cumsum(-1) - logs
    below = torch.tril(torch.ones(size, size, dtype=u.dtype), -1)
    lower = (z + torch.eye(size, dtype=u.dtype)) * torch.exp(before / 2)
    lower = lower * (below + torch.eye(size, dtype=u.dtype))
    return lower, ((before / 2 + logs) * below).sum((-1, -2))


def _chol(u: Tensor) -> tuple[Tensor, Tensor]:
    """A lower triangle with the exponential on its diagonal, and the logs of that diagonal."""
    size = int((math.isqrt(1 + 8 * u.shape[-1]) - 1) // 2)
    raw = _triangle(u, size, 0)
    logs = torch.diagonal(raw, dim1=-2, dim2=-1)
    return torch.tril(raw, -1) + torch.diag_embed(torch.exp(logs)), logs


def unconstrain(space: Space, x: Tensor) -> Tensor:
    """The unconstrained point of a draw; not finite if it is on or outside the boundary."""
    match space.kind:
        case "real":
            return x
        case "between":
            lower, upper = space.lower, space.upper
            if lower is not None and upper is not None:
                return torch.log(x - lower) - torch.log(upper - x)
            if lower is not None:
                return torch.log(x - lower)
            return x if upper is None else torch.log(upper - x)
        case "simplex":
            return _simplex_free(x)
        case "ordered":
            return _ordered_free(space.lower, space.upper, x)
        case "corr_chol" | "corr":
            lower = _factor(x) if space.kind == "corr" else x
            squares = lower * lower
            left = 1 - (squares.cumsum(-1) - squares)
            z = lower / torch.sqrt(left)
            return torch.atanh(_vector(z, -1))
        case "chol" | "cov":
            lower = _factor(x) if space.kind == "cov" else x
            logs = torch.log(torch.diagonal(lower, dim1=-2, dim2=-1))
            return _vector(torch.tril(lower, -1) + torch.diag_embed(logs), 0)
        case _:
            raise AssertionError(f"a draw from a {space.kind} space has no unconstrained scale")


def _factor(x: Tensor) -> Tensor:
    """The Cholesky factor; NaN where there is none."""
    factor, failed = torch.linalg.cholesky_ex(x)
    return torch.where((failed > 0)[..., None, None], torch.nan, factor)


def _simplex_free(x: Tensor) -> Tensor:
    left = 1 - x.cumsum(-1)[..., :-1]
    offset = torch.log(torch.arange(x.shape[-1] - 1, 0, -1, dtype=x.dtype))
    return torch.log(x[..., :-1]) - torch.log(left) + offset


def _ordered_free(lower: Tensor | None, upper: Tensor | None, x: Tensor) -> Tensor:
    if lower is not None and upper is not None:
        ends = [lower.expand(x.shape[:-1]).unsqueeze(-1), x, upper.expand(x.shape[:-1]).unsqueeze(-1)]
        edges = torch.cat(ends, -1)
        return _simplex_free((edges[..., 1:] - edges[..., :-1]) / (upper - lower).unsqueeze(-1))
    if lower is not None:
        first = (x[..., :1] - lower.unsqueeze(-1),)
        return torch.log(torch.cat([*first, x[..., 1:] - x[..., :-1]], -1))
    if upper is not None:
        last = (upper.unsqueeze(-1) - x[..., -1:],)
        return torch.log(torch.cat([x[..., 1:] - x[..., :-1], *last], -1))
    return torch.cat([x[..., :1], torch.log(x[..., 1:] - x[..., :-1])], -1)


def _vector(matrix: Tensor, diagonal: int) -> Tensor:
    size = matrix.shape[-1]
    rows, columns = torch.tril_indices(size, size, diagonal)
    return matrix[..., rows, columns]


def constraint(space: Space) -> constraints.Constraint:
    """The space in torch's words, for Pyro's own guides and kernels."""
    match space.kind:
        case "real":
            return constraints.independent(constraints.real, space.rank) if space.rank else constraints.real
        case "between":
            if space.lower is not None and space.upper is not None:
                return constraints.interval(space.lower, space.upper)
            if space.lower is not None:
                return constraints.greater_than(space.lower)
            return constraints.real if space.upper is None else constraints.less_than(space.upper)
        case "simplex":
            return constraints.simplex
        case "ordered":
            from pyro.distributions import constraints as extra

            return extra.ordered_vector
        case "corr_chol":
            return constraints.corr_cholesky
        case "cov" | "corr":
            return constraints.positive_definite
        case "chol":
            return constraints.lower_cholesky
        case _:
            return constraints.integer_interval(0, 1)
