"""Factors of a finite network as sparse tables, and the algebra of what stands in them.

A factor has a scope of variables and one weight for each assignment that is possible; all others
have weight zero and are not stored, so that a deterministic relation costs as much as it has rows.
An assignment is kept as one integer, its digits the values of the variables in mixed radix, the
last variable of the scope the fastest; the rows are in order of that integer. Joining two factors
is then a sort-merge join, summing out the last variable a sum over neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.semantics.formula import bits

Keys: TypeAlias = npt.NDArray[np.int64]
Weights: TypeAlias = npt.NDArray[Any]
Scope: TypeAlias = tuple[int, ...]

LONGEST_KEY = 1 << 62
"""Assignments of one scope that an integer of 64 bits can number."""


@dataclass(frozen=True, slots=True)
class Algebra:
    """The weights: `Fraction`s (or formulas) as objects, or logarithms of floats.

    one:               the weight 1, as an array of one.
    product, quotient: of arrays of weights of equal length. The divisor is nowhere zero.
    sums:              of the runs of an array that begin at the given positions.
    scaled:            an array as one of moderate numbers and what all of them were multiplied by.
    """

    one: Weights
    product: Callable[[Weights, Weights], Weights]
    quotient: Callable[[Weights, Weights], Weights]
    sums: Callable[[Weights, npt.NDArray[np.int64]], Weights]
    scaled: Callable[[Weights], tuple[Weights, Weights]]


def _log_sums(weights: Weights, starts: npt.NDArray[np.int64]) -> Weights:
    """The logs of sums of exponentials, each relative to its largest term, so that none underflows."""
    high = np.maximum.reduceat(weights, starts)
    lengths = np.diff(np.append(starts, len(weights)))
    return high + np.log(np.add.reduceat(np.exp(weights - np.repeat(high, lengths)), starts))


MOST_BITS = 4096
"""Longest numerator or denominator of a rational weight; beyond it sums go on in floats."""


class Overgrown(Exception):
    """A rational weight has become too long."""


def _as_they_are(weights: Weights) -> tuple[Weights, Weights]:
    if bits(weights[0]) > MOST_BITS:
        raise Overgrown
    return weights, weights[:0]


def _below_zero(weights: Weights) -> tuple[Weights, Weights]:
    """Logarithms relative to the largest, so that those of tiny evidence keep their last digits."""
    high = weights.max(keepdims=True)
    return weights - high, high


EXACT = Algebra(np.array([Fraction(1)], object), np.multiply, np.true_divide, np.add.reduceat, _as_they_are)
LOGS = Algebra(np.zeros(1), np.add, np.subtract, _log_sums, _below_zero)


@dataclass(frozen=True, slots=True)
class Factor:
    """Weights of the possible assignments of `scope`; `keys` ascend."""

    scope: Scope
    keys: Keys
    weights: Weights


class TooWide(Exception):
    """A table would have more rows than allowed; `rows` is how many, about."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


class Tables:
    """Operations on the factors of one network.

    sizes:     how many values each variable has.
    position:  when each variable is eliminated; scopes stand in falling order of it.
    most_rows: of one table; beyond it `TooWide` is raised.
    """

    def __init__(
        self, sizes: Sequence[int], position: Sequence[int], algebra: Algebra, most_rows: int
    ) -> None:
        self.sizes = sizes
        self.position = position
        self.algebra = algebra
        self.most_rows = most_rows

    def ordered(self, variables: set[int]) -> Scope:
        """A scope of these variables: the one to be eliminated first stands last."""
        return tuple(sorted(variables, key=lambda v: -self.position[v]))

    def strides(self, scope: Scope) -> Mapping[int, int]:
        """What one step of each variable adds to the key."""
        found: dict[int, int] = {}
        stride = 1
        for variable in reversed(scope):
            found[variable] = stride
            stride *= self.sizes[variable]
        if stride > LONGEST_KEY:
            raise TooWide(stride)
        return found

    def factor(self, variables: Scope, rows: npt.NDArray[np.int64], weights: Weights) -> Factor:
        """A factor from assignments [row, variable], each once, in any order."""
        scope = self.ordered(set(variables))
        strides = self.strides(scope)
        steps = np.array([strides[v] for v in variables], dtype=np.int64)
        return _sorted(scope, rows @ steps if len(variables) else np.zeros(len(rows), np.int64), weights)

    def projected(self, keys: Keys, scope: Scope, onto: Scope, target: Mapping[int, int]) -> Keys:
        """The part of each key that the variables of `onto` make up, by the strides of another scope."""
        strides = self.strides(scope)
        found = np.zeros(len(keys), np.int64)
        for variable in onto:
            found += keys // strides[variable] % self.sizes[variable] * target[variable]
        return found

    def product(self, left: Factor, right: Factor) -> Factor:
        """The join of two factors."""
        if len(left.scope) < len(right.scope):
            left, right = right, left
        shared = tuple(v for v in left.scope if v in right.scope)
        common = self.strides(shared)
        here = self.projected(left.keys, left.scope, shared, common)
        if len(shared) == len(right.scope):
            places = np.searchsorted(right.keys, here)
            places[places == len(right.keys)] = 0
            match = right.keys[places] == here if len(right.keys) else np.zeros(len(here), bool)
            weights = self.algebra.product(left.weights[match], right.weights[places[match]])
            return Factor(left.scope, left.keys[match], weights)
        there = self.projected(right.keys, right.scope, shared, common)
        order = np.argsort(there, kind="stable")
        there = there[order]
        first = np.searchsorted(there, here, "left")
        counts = np.searchsorted(there, here, "right") - first
        rows = int(counts.sum())
        if rows > self.most_rows:
            raise TooWide(rows)
        of_left = np.repeat(np.arange(len(here)), counts)
        offsets = np.arange(rows) - np.repeat(np.cumsum(counts) - counts, counts)
        of_right = order[np.repeat(first, counts) + offsets]
        scope = self.ordered({*left.scope, *right.scope})
        target = self.strides(scope)
        new = tuple(v for v in right.scope if v not in shared)
        keys = (
            self.projected(left.keys, left.scope, left.scope, target)[of_left]
            + self.projected(right.keys, right.scope, new, target)[of_right]
        )
        weights = self.algebra.product(left.weights[of_left], right.weights[of_right])
        return _sorted(scope, keys, weights)

    def without_last(self, factor: Factor) -> Factor:
        """The factor with the last variable of its scope summed out."""
        keys = factor.keys // self.sizes[factor.scope[-1]]
        return self._summed(factor.scope[:-1], keys, factor.weights)

    def onto(self, factor: Factor, variables: set[int]) -> Factor:
        """The factor with every variable summed out but these."""
        scope = tuple(v for v in factor.scope if v in variables)
        keys = self.projected(factor.keys, factor.scope, scope, self.strides(scope))
        order = np.argsort(keys, kind="stable")
        return self._summed(scope, keys[order], factor.weights[order])

    def _summed(self, scope: Scope, keys: Keys, weights: Weights) -> Factor:
        if not len(keys):
            return Factor(scope, keys, weights)
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        return Factor(scope, keys[starts], self.algebra.sums(weights, starts))

    def digits(self, factor: Factor) -> npt.NDArray[np.int64]:
        """The assignments of a factor, [row, variable]."""
        strides = self.strides(factor.scope)
        columns = [factor.keys // strides[v] % self.sizes[v] for v in factor.scope]
        return np.stack(columns, axis=1) if columns else np.zeros((len(factor.keys), 0), np.int64)


def _sorted(scope: Scope, keys: Keys, weights: Weights) -> Factor:
    if len(keys) > 1 and not bool((keys[1:] > keys[:-1]).all()):
        order = np.argsort(keys, kind="stable")
        keys, weights = keys[order], weights[order]
    return Factor(scope, keys, weights)
