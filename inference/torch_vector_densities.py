"""Log densities of the families of vectors and matrices in torch, and of those with vector parameters.

The last axes of parameters and values are those of one draw; all axes before them are broadcast.
"""

# pyright: basic
# mypy: disable-error-code="no-any-return"
# Some of torch's operators are typed as giving anything.

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from pplc.inference.torch_densities import LOG_PI, LOG_ROOT_TAU, Density
from pplc.inference.torch_elementwise import log_sigmoid


def at(table: Tensor, x: Tensor) -> Tensor:
    """`table[..., x]`, the other axes broadcast."""
    x = x.to(torch.int64).unsqueeze(-1)
    batch = np.broadcast_shapes(table.shape[:-1], x.shape[:-1])
    return table.expand(*batch, table.shape[-1]).gather(-1, x.expand(*batch, 1)).squeeze(-1)


def categorical(probabilities: Tensor, x: Tensor) -> Tensor:
    return torch.log(at(probabilities, x))


def categorical_logits(logits: Tensor, x: Tensor) -> Tensor:
    return at(torch.log_softmax(logits, -1), x)


def ordered_logistic(location: Tensor, cutpoints: Tensor, x: Tensor) -> Tensor:
    """By sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)), which does not cancel."""
    count = cutpoints.shape[-1]
    above, below = at(cutpoints, x.clamp(max=count - 1)), at(cutpoints, (x - 1).clamp(min=0))
    first, last = x == 0, x == count
    inner = ~(first | last)
    gap = torch.where(inner, above - below, torch.ones_like(above))
    return (
        torch.where(last, torch.zeros_like(above), log_sigmoid(above - location))
        + torch.where(first, torch.zeros_like(above), log_sigmoid(location - below))
        + torch.where(inner, torch.log(-torch.expm1(-gap)), torch.zeros_like(above))
    )


def multinomial(n: Tensor, probabilities: Tensor, x: Tensor) -> Tensor:
    return torch.lgamma(n + 1) + (torch.xlogy(x, probabilities) - torch.lgamma(x + 1)).sum(-1)


def dirichlet(concentration: Tensor, x: Tensor) -> Tensor:
    terms = torch.xlogy(concentration - 1, x) - torch.lgamma(concentration)
    return torch.lgamma(concentration.sum(-1)) + terms.sum(-1)


def factor(matrix: Tensor) -> Tensor:
    """The Cholesky factor, NaN where there is none."""
    lower, failed = torch.linalg.cholesky_ex(matrix)
    return torch.where((failed == 0)[..., None, None], lower, torch.full_like(lower, math.nan))


def log_diagonal(lower: Tensor) -> Tensor:
    """Sum of the logs of the diagonal: half the log determinant of lower @ lower.T."""
    return torch.log(torch.diagonal(lower, dim1=-2, dim2=-1)).sum(-1)


def whitened(lower: Tensor, x: Tensor) -> Tensor:
    """The squared length of lower^-1 x."""
    batch = np.broadcast_shapes(lower.shape[:-2], x.shape[:-1])
    z = torch.linalg.solve_triangular(
        lower.expand(*batch, *lower.shape[-2:]), x.expand(*batch, x.shape[-1]).unsqueeze(-1), upper=False
    ).squeeze(-1)
    return (z * z).sum(-1)


def _quadratic_precision(precision: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """x' P x, and half the log determinant of P's inverse."""
    lower = factor(precision)
    z = torch.matmul(lower.transpose(-1, -2), x.unsqueeze(-1)).squeeze(-1)
    return (z * z).sum(-1), -log_diagonal(lower)


def mv_normal_chol(mean: Tensor, chol: Tensor, x: Tensor) -> Tensor:
    return -0.5 * whitened(chol, x - mean) - log_diagonal(chol) - x.shape[-1] * LOG_ROOT_TAU


def mv_normal(mean: Tensor, cov: Tensor, x: Tensor) -> Tensor:
    return mv_normal_chol(mean, factor(cov), x)


def mv_normal_precision(mean: Tensor, precision: Tensor, x: Tensor) -> Tensor:
    squared, half = _quadratic_precision(precision, x - mean)
    return -0.5 * squared - half - x.shape[-1] * LOG_ROOT_TAU


def _mv_t(df: Tensor, squared: Tensor, half: Tensor, size: int) -> Tensor:
    shape = torch.lgamma((df + size) / 2) - torch.lgamma(df / 2) - 0.5 * size * (torch.log(df) + LOG_PI)
    return shape - half - (df + size) / 2 * torch.log1p(squared / df)


def mv_student_t_chol(df: Tensor, location: Tensor, chol: Tensor, x: Tensor) -> Tensor:
    return _mv_t(df, whitened(chol, x - location), log_diagonal(chol), x.shape[-1])


def mv_student_t(df: Tensor, location: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    return mv_student_t_chol(df, location, factor(scale), x)


def mv_student_t_precision(df: Tensor, location: Tensor, precision: Tensor, x: Tensor) -> Tensor:
    squared, half = _quadratic_precision(precision, x - location)
    return _mv_t(df, squared, half, x.shape[-1])


def log_multigamma(a: Tensor, size: int) -> Tensor:
    """The log of the multivariate gamma function."""
    total = torch.zeros_like(a) + size * (size - 1) / 4 * LOG_PI
    for k in range(size):
        total = total + torch.lgamma(a - k / 2)
    return total


def _traced(lower: Tensor, matrix: Tensor) -> Tensor:
    """The trace of (lower lower')^-1 matrix, for a symmetric matrix."""
    batch = np.broadcast_shapes(lower.shape[:-2], matrix.shape[:-2])
    solved = torch.cholesky_solve(
        matrix.expand(*batch, *matrix.shape[-2:]), lower.expand(*batch, *lower.shape[-2:])
    )
    return torch.diagonal(solved, dim1=-2, dim2=-1).sum(-1)


def wishart(df: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    size = x.shape[-1]
    lower, value = factor(scale), factor(x)
    return (
        (df - size - 1) * log_diagonal(value)
        - 0.5 * _traced(lower, x)
        - df * log_diagonal(lower)
        - 0.5 * df * size * math.log(2)
        - log_multigamma(df / 2, size)
    )


def inverse_wishart(df: Tensor, scale: Tensor, x: Tensor) -> Tensor:
    size = x.shape[-1]
    lower, value = factor(scale), factor(x)
    return (
        df * log_diagonal(lower)
        - (df + size + 1) * log_diagonal(value)
        - 0.5 * _traced(value, scale)
        - 0.5 * df * size * math.log(2)
        - log_multigamma(df / 2, size)
    )


def log_lkj_normaliser(size: int, concentration: Tensor) -> Tensor:
    """The log integral of det^(concentration - 1) over the correlation matrices of this size."""
    total = torch.zeros_like(concentration)
    for k in range(1, size):
        total = (
            total
            + k / 2 * LOG_PI
            + torch.lgamma(concentration + (size - 1 - k) / 2)
            - torch.lgamma(concentration + (size - 1) / 2)
        )
    return total


def lkj(dimension: Tensor, concentration: Tensor, x: Tensor) -> Tensor:
    return 2 * (concentration - 1) * log_diagonal(factor(x)) - log_lkj_normaliser(x.shape[-1], concentration)


def lkj_cholesky(dimension: Tensor, concentration: Tensor, x: Tensor) -> Tensor:
    size = x.shape[-1]
    powers = torch.arange(size - 1, -1, -1, dtype=torch.float64)
    exponents = powers + 2 * (concentration.unsqueeze(-1) - 1)
    logs = torch.log(torch.diagonal(x, dim1=-2, dim2=-1))
    return (exponents * logs)[..., 1:].sum(-1) - log_lkj_normaliser(size, concentration)


VECTOR_DENSITIES: Mapping[tuple[str, int], Density] = MappingProxyType(
    {
        ("Categorical", 0): categorical,
        ("Categorical", 1): categorical_logits,
        ("OrderedLogistic", 0): ordered_logistic,
        ("Multinomial", 0): multinomial,
        ("Dirichlet", 0): dirichlet,
        ("MvNormal", 0): mv_normal,
        ("MvNormal", 1): mv_normal_chol,
        ("MvNormal", 2): mv_normal_precision,
        ("MvStudentT", 0): mv_student_t,
        ("MvStudentT", 1): mv_student_t_chol,
        ("MvStudentT", 2): mv_student_t_precision,
        ("Wishart", 0): wishart,
        ("InverseWishart", 0): inverse_wishart,
        ("LKJ", 0): lkj,
        ("LKJCholesky", 0): lkj_cholesky,
    }
)
"""By family and parametrisation."""
