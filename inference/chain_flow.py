"""Forward and backward along a chain of rounds, as products of vectors and matrices.

With α_t the weights of the states before round t, β_t those of all that follows it, and W_t the weights
of round t, an edge u → w has the probability α_t(u) W_t(u, w) β_t+1(w) / Z (Rabiner 1989, eqs. 18-27, with
the scaling of section V.A). Vectors are scaled to sum 1 after every round, so that nothing of weight
underflows; if what comes from both sides hardly meets, logarithms are added instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, log
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

MEETING = 1e-200
"""Least Σ α W β of a round, all scaled: what underflows is below 1e-300, so that it does not matter."""

CHUNK = 1 << 20
"""Weights that are held at once."""


@dataclass(frozen=True)
class Stretch:
    """Rounds in a row with the same edges.

    size:         states before and after.
    weights:      log weights of the edges without densities.
    densities:    [round, column], log densities by which edges are also weighed:
    by_source:    the columns for each state before, a list of arrays over the states,
    by_target:    for each state after,
    by_edge:      and for each edge, where they depend on neither alone.
    """

    rounds: int
    size: tuple[int, int]
    source: Ints
    target: Ints
    weights: Floats
    densities: Floats
    by_source: tuple[Ints, ...] = ()
    by_target: tuple[Ints, ...] = ()
    by_edge: tuple[Ints, ...] = ()

    def added(self, columns: tuple[Ints, ...], low: int, high: int) -> Floats:
        """The sum of some columns of the densities in some rounds."""
        found = self.densities[low:high].take(columns[0], axis=1)
        for more in columns[1:]:
            found += self.densities[low:high].take(more, axis=1)
        return found

    def log_weights(self, low: int, high: int) -> Floats:
        """Of the edges, [round, edge]."""
        found = np.tile(self.weights, (high - low, 1))
        for columns, ends in ((self.by_source, self.source), (self.by_target, self.target)):
            if columns:
                found += self.added(columns, low, high).take(ends, axis=1)
        return found + self.added(self.by_edge, low, high) if self.by_edge else found

    @cached_property
    def dense(self) -> bool:
        """Whether its edges fill a good part of a matrix."""
        return self.size[0] * self.size[1] <= 8 * len(self.weights)

    @cached_property
    def step(self) -> int:
        """Rounds whose weights are held at once."""
        return max(1, CHUNK // max(self.size[0] * self.size[1] if self.dense else 1, len(self.weights)))

    def matrices(self, low: int, high: int) -> tuple[Floats, Floats]:
        """The weights that depend on both ends, scaled to a largest edge of 1, and the logs of the scales.

        As matrices, [round, before, after], if `dense`, else of the edges, [round, edge]; one for all
        rounds if these are equal.
        """
        logs = self.weights[None, :]
        if self.by_edge:
            logs = logs + self.added(self.by_edge, low, high)
        weights, scale = scaled(logs)
        if not self.dense:
            return weights, scale
        found = np.zeros((len(weights), self.size[0] * self.size[1]))
        flat = self.source * self.size[1] + self.target
        if len(np.unique(flat)) == len(flat):
            found[:, flat] = weights
        else:
            for edge, place in enumerate(flat.tolist()):
                found[:, place] += weights[:, edge]
        return found.reshape(len(weights), *self.size), scale

    def forward(self, alpha: Floats, weights: Floats) -> Floats:
        """Along the edges."""
        if self.dense:
            return alpha @ weights
        return _sums(self.target, alpha[self.source] * weights, self.size[1])

    def backward(self, beta: Floats, weights: Floats) -> Floats:
        """Against the edges."""
        if self.dense:
            return weights @ beta
        return _sums(self.source, beta[self.target] * weights, self.size[0])


def scaled(logs: Floats) -> tuple[Floats, Floats]:
    """The exponentials of each row, divided by the largest, and the logarithms of these."""
    high = logs.max(axis=1)
    high[high == -inf] = 0.0
    return np.exp(logs - high[:, None]), high


class Underflow(ArithmeticError):
    """The scaled vectors hardly meet."""


class Forward(NamedTuple):
    """α before each round of a stretch and after it, and by what the sum fell in it; or logarithms."""

    before: Floats
    after: Floats
    norms: Floats


def _pieces(stretch: Stretch, low: int, high: int) -> tuple[list[Floats], list[Floats], list[Floats], float]:
    """Of some rounds the matrices, the factors before and after them, and the log of all scales together."""
    count = high - low
    weights, scale = stretch.matrices(low, high)
    total = float(scale.sum()) * (count if len(weights) == 1 else 1)
    matrices = [weights[0]] * count if len(weights) == 1 else list(weights)
    factors: list[list[Floats]] = []
    for columns in (stretch.by_source, stretch.by_target):
        if columns:
            rows, scale = scaled(stretch.added(columns, low, high))
            total += float(scale.sum())
            factors.append(list(rows))
        else:
            factors.append([])
    return matrices, factors[0], factors[1], total


def scaled_forward(stretches: Sequence[Stretch], start: Floats) -> tuple[list[Forward], Floats]:
    """α of each stretch, of sum 1, and its logarithm after the last; `start` is log α before the first."""
    total = float(start.max())
    alpha = np.exp(start - total)
    found: list[Forward] = []
    for stretch in stretches:
        before = np.empty((stretch.rounds, stretch.size[0]))
        after = np.empty((stretch.rounds, stretch.size[1]))
        norms = np.empty(stretch.rounds)
        ones = np.ones(stretch.size[1])
        for low in range(0, stretch.rounds, stretch.step):
            high = min(stretch.rounds, low + stretch.step)
            matrices, sources, targets, logs = _pieces(stretch, low, high)
            total += logs
            for k in range(high - low):
                before[low + k] = alpha
                alpha = stretch.forward(alpha * sources[k] if sources else alpha, matrices[k])
                if targets:
                    alpha = alpha * targets[k]
                norm = norms[low + k] = alpha @ ones
                if norm == 0:
                    raise Underflow
                alpha = alpha / norm
                after[low + k] = alpha
        total += float(np.log(norms).sum())
        found.append(Forward(before, after, norms))
    with np.errstate(divide="ignore"):
        return found, np.log(alpha) + total


def scaled_backward(stretches: Sequence[Stretch], end: Floats) -> tuple[list[Floats], Floats]:
    """β after every round of each stretch, of sum 1, and its logarithm before the first; `end` is log β."""
    total = float(end.max())
    beta = np.exp(end - total)
    found: list[Floats] = []
    for stretch in reversed(stretches):
        betas = np.empty((stretch.rounds, stretch.size[1]))
        norms = np.empty(stretch.rounds)
        ones, last = np.ones(stretch.size[0]), np.ones(stretch.size[1])
        for high in range(stretch.rounds, 0, -stretch.step):
            low = max(0, high - stretch.step)
            matrices, sources, targets, logs = _pieces(stretch, low, high)
            total += logs
            for k in range(high - low - 1, -1, -1):
                betas[low + k] = beta
                beta = stretch.backward(beta * targets[k] if targets else beta, matrices[k])
                if sources:
                    beta = beta * sources[k]
                norm = norms[low + k] = beta @ ones
                if norm == 0:
                    raise Underflow
                beta = beta / norm
        total += float(np.log(norms).sum())
        found.append(betas / (betas @ last)[:, None])
    with np.errstate(divide="ignore"):
        return found[::-1], np.log(beta) + total


def log_forward(stretches: Sequence[Stretch], start: Floats) -> tuple[list[Forward], Floats]:
    """`scaled_forward` with logarithms throughout."""
    alpha, found = start, list[Forward]()
    for stretch in stretches:
        before = np.empty((stretch.rounds, stretch.size[0]))
        after = np.empty((stretch.rounds, stretch.size[1]))
        for k in range(stretch.rounds):
            before[k] = alpha
            logs = stretch.log_weights(k, k + 1)[0]
            alpha = after[k] = _added(alpha[stretch.source] + logs, stretch.target, stretch.size[1])
        found.append(Forward(before, after, np.ones(stretch.rounds)))
    return found, alpha


def log_backward(stretches: Sequence[Stretch], end: Floats) -> tuple[list[Floats], Floats]:
    """`scaled_backward` with logarithms throughout."""
    beta, found = end, list[Floats]()
    for stretch in reversed(stretches):
        betas = np.empty((stretch.rounds, stretch.size[1]))
        for k in reversed(range(stretch.rounds)):
            betas[k] = beta
            logs = stretch.log_weights(k, k + 1)[0]
            beta = _added(beta[stretch.target] + logs, stretch.source, stretch.size[0])
        found.append(betas)
    return found[::-1], beta


def _added(logs: Floats, place: Ints, size: int) -> Floats:
    """log Σ exp of the entries at each place."""
    high = np.full(size, -inf)
    np.maximum.at(high, place, logs)
    shift = np.where(high == -inf, 0.0, high)
    sums = _sums(place, np.exp(logs - shift[place]), size)
    with np.errstate(divide="ignore"):
        found: Floats = np.log(sums) + shift
    return found


def _sums(place: Ints, values: Floats, size: int) -> Floats:
    """The sum of the values at each place."""
    return np.bincount(place, weights=values, minlength=size).astype(np.float64, copy=False)


def targets(alpha: Forward, beta: Floats, *, logs: bool) -> Floats:
    """The probability of every state after every round, [round, state]."""
    if logs:
        return _shares(alpha.after + beta)
    found = alpha.after * beta
    sums = found.sum(axis=1)
    if float((sums * alpha.norms).min()) < MEETING:
        raise Underflow
    shares: Floats = found / sums[:, None]
    return shares


def edges(stretch: Stretch, alpha: Forward, beta: Floats, low: int, high: int, *, logs: bool) -> Floats:
    """The probability of every edge in some rounds, [round, edge]."""
    weights = stretch.log_weights(low, high)
    before, after = alpha.before[low:high], beta[low:high]
    if not logs:
        with np.errstate(divide="ignore"):
            before, after = np.log(before), np.log(after)
    return _shares(before[:, stretch.source] + weights + after[:, stretch.target])


def _shares(logs: Floats) -> Floats:
    """Each row as probabilities."""
    found: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares: Floats = found / found.sum(axis=1, keepdims=True)
    return shares


def log_total(logs: Floats) -> float:
    """log Σ exp."""
    high = float(logs.max(initial=-inf))
    return high if high == -inf else high + log(float(np.exp(logs - high).sum()))
