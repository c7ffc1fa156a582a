"""Elementwise operations on batches: alignment, guards, and what follows for known values."""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pplc.inference.torch_values import FLOAT, Batch, Content, aligned, lift, untraced


def elementwise(operation: Callable[..., Tensor], *values: Content, real: bool = False) -> Batch:
    """Applies a broadcasting operation to numbers and arrays by NumPy's rules, round by round.

    real: arguments are made float64 first.
    """
    parts = [lift(value) for value in values]
    known = all(part.known for part in parts)
    owners = frozenset[str]().union(*(part.owners for part in parts))
    if known:
        with untraced():
            return _apply(operation, parts, real, True, owners)
    return _apply(operation, parts, real, False, owners)


def _apply(
    operation: Callable[..., Tensor], parts: list[Batch], real: bool, known: bool, owners: frozenset[str]
) -> Batch:
    tensors, rank = aligned(parts)
    if real:
        tensors = [t if t.dtype == FLOAT else t.to(FLOAT) for t in tensors]
    return Batch(operation(*tensors), rank, known, owners)


def where(test: Content, yes: Content, no: Content) -> Batch:
    """Elementwise choice; the sides are made of one dtype."""

    def choose(t: Tensor, a: Tensor, b: Tensor) -> Tensor:
        dtype = torch.promote_types(a.dtype, b.dtype)
        return torch.where(t, a.to(dtype), b.to(dtype))

    return elementwise(choose, test, yes, no)


def guarded(guard: Batch | None, part: Content, safe: float) -> Batch:
    """The argument where the result will be used, a harmless number elsewhere.

    A gradient through `where` alone would be 0 * inf in the rounds that do not take its side.
    """
    return lift(part) if guard is None else where(guard, part, safe)


def both(guard: Batch | None, test: Batch) -> Batch:
    """The guard of a side of an `if` inside another."""
    return test if guard is None else elementwise(torch.logical_and, guard, test)


def negated(test: Batch) -> Batch:
    """Elementwise `not`."""
    return elementwise(torch.logical_not, test)


def softplus(x: Tensor) -> Tensor:
    """log(1 + e^x). (torch's default goes over to x at 20 already, an error of 2e-9.)"""
    return torch.nn.functional.softplus(x, threshold=700.0)


def log_sigmoid(x: Tensor) -> Tensor:
    """log(1 / (1 + e^-x)), minus infinity never being reached."""
    return -softplus(-x)
