"""A block of normal variables that are tied to numbers and to each other, integrated out as one expression.

Where the exponent is -½ Σ w (x_i - m)² - ½ Σ k (x_i - x_j)² with positive weights, as in a hierarchy, a
random walk, or of repeated measurements, x_i integrated out leaves a sum of this kind: of all that x_i is
tied to, with weights of the sum P, each two with weights w and w' are then tied with w w' / P (the star-mesh
transform of electrical networks; Grassmann, Taksar & Heyman 1985, Operations Research 33, 1107, for Markov
chains). Nothing is a difference of large numbers. With weights that are powers of scales, w w' / P is
written as (w w' g) / (P g), where g is their common denominator: that has no singularity where a scale is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from pplc.inference.certified.normal_block import Quadratic, plan
from pplc.inference.continuous.piece import Piece, World
from pplc.semantics.symbolic.elementary import Number, log, sqrt
from pplc.semantics.symbolic.expression import (
    ONE,
    Base,
    Exponent,
    Latent,
    Monomial,
    NeedsValue,
    Undecided,
    Unknown,
    made,
    power,
)


@dataclass(frozen=True, slots=True)
class _At:
    """A number that variables are tied to; as a record, so that none equals the place of a variable."""

    number: Fraction


Node: TypeAlias = int | _At
"""A variable by its place, or a number that variables are tied to."""

MOST_TIES = 600
"""Pairs that are tied anew, in all; beyond, an expression is larger than it is worth."""

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Moments:
    """Mean, variance and standard deviation of a number that is linear in the block."""

    mean: Number
    variance: Number
    sd: Number


def integrated(
    piece: Piece, quadratic: Quadratic, size: int, numbers: Sequence[tuple[Number, Mapping[int, Number]]]
) -> tuple[Number, list[Moments]] | None:
    """The log of the integral over a block, but for (2π)^(n/2), and moments; None if it is no such block."""
    space = next((number.space for number in quadratic.values() if isinstance(number, Unknown)), None)
    if not isinstance(space, World) or not size:
        return None
    before, space.piece = space.piece, piece
    try:
        return _integrated(piece, quadratic, size, numbers)
    except (NeedsValue, Undecided):  # a sign is not known
        return None
    finally:
        space.piece = before


def _integrated(
    piece: Piece, quadratic: Quadratic, size: int, numbers: Sequence[tuple[Number, Mapping[int, Number]]]
) -> tuple[Number, list[Moments]] | None:
    found = _ties(piece, quadratic, size)
    if found is None:
        return None
    exponent, ties, pairs = found
    rows = [dict(slopes) for _, slopes in numbers]
    means = [constant for constant, _ in numbers]
    variances: list[Number] = [Fraction(0)] * len(numbers)
    made_so_far = 0
    for step in plan(size, pairs):
        i = step.variable
        tied = ties.pop(i)
        made_so_far += len(tied) * len(tied) // 2
        if made_so_far > MOST_TIES or not tied:
            return None
        by = _denominator(tied.values())
        weights = {node: weight * by for node, weight in tied.items()}
        total: Number = sum(weights.values(), Fraction(0))
        inverse = power(total, -1) if isinstance(total, Unknown) else 1 / Fraction(total)
        exponent = exponent + (log(by) - log(total)) * HALF
        for one, other in combinations(tied, 2):
            tie = tied[one] * weights[other] * inverse
            if isinstance(one, _At) and isinstance(other, _At):
                exponent = exponent - tie * ((one.number - other.number) ** 2 * HALF)
            for own, far in ((one, other), (other, one)):
                if not isinstance(own, _At):
                    ties[own][far] = ties[own].get(far, Fraction(0)) + tie
        for node in tied:
            if not isinstance(node, _At):
                del ties[node][i]
        for k, row in enumerate(rows):
            slope = row.pop(i, None)
            if slope is None:
                continue
            variances[k] = variances[k] + slope * slope * by * inverse
            for node, weight in weights.items():
                share = slope * weight * inverse
                if isinstance(node, _At):
                    means[k] = means[k] + share * node.number
                else:
                    row[node] = row.get(node, Fraction(0)) + share
    moments = [Moments(m, v, sqrt(v)) for m, v in zip(means, variances, strict=True)]
    return exponent, moments


def _ties(
    piece: Piece, quadratic: Quadratic, size: int
) -> tuple[Number, dict[int, dict[Node, Number]], set[tuple[int, int]]] | None:
    """What is left of the exponent, the weights of every variable by what it is tied to, and tied pairs."""
    sums: dict[int, Number] = dict.fromkeys(range(size), Fraction(0))
    ties: dict[int, dict[Node, Number]] = {i: {} for i in range(size)}
    pairs: set[tuple[int, int]] = set()
    for key, number in quadratic.items():
        match key:
            case (i, j) if i == j:
                sums[i] = sums[i] - 2 * number
            case (i, j):
                if not _positive(number, piece):
                    return None
                ties[i][j] = ties[j][i] = number
                pairs.add((i, j))
                sums[i], sums[j] = sums[i] - number, sums[j] - number
            case _:
                pass
    constant: Number = quadratic.get((), Fraction(0))
    for i in range(size):
        weights = _to_numbers(sums[i], quadratic.get((i,), Fraction(0)), piece)
        if weights is None:
            return None
        for place, weight in weights.items():
            ties[i][_At(place)] = weight
            constant = constant + weight * (place * place * HALF)
    return constant, ties, pairs


def _to_numbers(total: Number, linear: Number, piece: Piece) -> dict[Fraction, Number] | None:
    """The weights w with Σ w = total and Σ w m = linear, by m: the power of a scale stands in both."""
    left = _terms(linear)
    found: dict[Fraction, Number] = {}
    for monomial, coefficient in _terms(total).items():
        own = left.pop(monomial, Fraction(0))
        if isinstance(coefficient, float) or isinstance(own, float):
            return None
        weight = made(total.space, {monomial: coefficient}) if isinstance(total, Unknown) else coefficient
        if not _positive(weight, piece):
            return None
        place = Fraction(own) / Fraction(coefficient)
        found[place] = found.get(place, Fraction(0)) + weight
    return None if left else found


def _terms(number: Number) -> dict[Monomial, Fraction | float]:
    if isinstance(number, Unknown):
        return dict(number.terms)
    return {ONE: number if isinstance(number, float) else Fraction(number)} if number else {}


def _positive(number: Number, piece: Piece) -> bool:
    """Whether every term of a number is known to be."""
    if not isinstance(number, Unknown):
        return bool(number > 0)
    return all(
        piece.range_of(made(number.space, {monomial: c})).lower >= 0 for monomial, c in number.terms.items()
    )


def _denominator(numbers: Iterable[Number]) -> Number:
    """A product of powers by which numbers have no negative ones."""
    least: dict[Latent | Base, Exponent] = {}
    space = None
    for number in numbers:
        if not isinstance(number, Unknown):
            continue
        space = number.space
        for monomial in number.terms:
            for atom, exponent in monomial:
                if isinstance(atom, Latent | Base):
                    least[atom] = min(least.get(atom, 0), exponent)
    if space is None:
        return Fraction(1)
    return made(space, {frozenset((atom, -k) for atom, k in least.items() if k): Fraction(1)})


__all__ = ["Moments", "integrated"]
