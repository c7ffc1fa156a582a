"""A block of normal variables, given others, integrated out by elimination in any arithmetic.

With e^(c + h'x - x'Jx / 2) the integral over x in R^n is (2π)^(n/2) |J|^(-1/2) e^(c + h' J⁻¹ h / 2); a
number a + r'x has mean a + r' J⁻¹ h and variance r' J⁻¹ r. Variables are eliminated in the order of least
degree: a chain or a star costs as many operations as it has variables (Golub & Van Loan 2013, sec. 11.1). The
diagonal of J is kept as row sums less the rest of the row: where variables are coupled by squares of
differences, the rest is negative and the sums stay positive, so that nothing cancels however small a scale is
(Grassmann, Taksar & Heyman 1985, Operations Research 33, 1107, for Markov chains).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log, pi
from typing import NamedTuple

from pplc.inference.certified.straight_line import Arithmetic, Scalar, StraightLine
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Latent

Quadratic = Mapping[tuple[int, ...], Number]
"""Of a polynomial in the block: `()` the constant, `(i,)` linear, `(i, j)` with i <= j quadratic terms."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Step:
    """The elimination of one variable.

    others: those that it is still coupled with. fill: the pairs of these.
    """

    variable: int
    others: tuple[int, ...]
    fill: tuple[Pair, ...]


def _pair(i: int, j: int) -> Pair:
    return (i, j) if i <= j else (j, i)


def plan(size: int, pairs: Iterable[Pair], last: int | None = None) -> tuple[Step, ...]:
    """The order of elimination: always a variable that is coupled with the fewest others.

    last: a variable that comes after all others.
    """
    coupled: dict[int, set[int]] = {i: set() for i in range(size)}
    for i, j in pairs:
        if i != j:
            coupled[i].add(j)
            coupled[j].add(i)
    steps: list[Step] = []
    while coupled:
        variable = min(coupled, key=lambda i: (i == last, len(coupled[i]), i))
        others = tuple(sorted(coupled.pop(variable)))
        for other in others:
            coupled[other] |= set(others)
            coupled[other] -= {variable, other}
        fill = tuple(_pair(a, b) for k, a in enumerate(others) for b in others[k + 1 :])
        steps.append(Step(variable, others, fill))
    return tuple(steps)


class Integrated(NamedTuple):
    """The integral over a block, and what is known of it.

    exponent: its log but for log(2π) n / 2. moments: mean and variance of every number.
    bounded:  h and J of the variable that is bounded, if one is: given it, the exponent has h x - J x² / 2
              besides.
    """

    exponent: Scalar
    moments: list[tuple[Scalar, Scalar]]
    bounded: tuple[Scalar, Scalar] | None = None


class NormalBlock:
    """The integral over a block as a function of the other variables, and moments given these.

    numbers: linear in the block, each a constant and slopes. bounded: a variable between bounds, which no
             number depends on: the others are integrated out.
    """

    def __init__(
        self,
        quadratic: Quadratic,
        size: int,
        numbers: Sequence[tuple[Number, Mapping[int, Number]]],
        variables: Sequence[Latent],
        arithmetic: Arithmetic,
        bounded: int | None = None,
    ) -> None:
        nothing: Number = Fraction(0)
        sums: dict[int, Number] = dict.fromkeys(range(size), nothing)
        pairs: dict[Pair, Number] = {}
        linear: dict[int, Number] = {}
        for key, number in quadratic.items():
            match key:
                case (i,):
                    linear[i] = number
                case (i, j) if i == j:
                    sums[i] = sums[i] - 2 * number
                case (i, j):
                    pairs[i, j] = -number
                    sums[i], sums[j] = sums[i] - number, sums[j] - number
                case _:
                    pass
        self._plan = plan(size, pairs, bounded)
        self._bounded = bounded
        listed: list[Number] = [quadratic.get((), nothing), *sums.values()]
        self._pairs = {pair: len(listed) + k for k, pair in enumerate(pairs)}
        listed += pairs.values()
        self._linear = {i: len(listed) + k for k, i in enumerate(linear)}
        listed += linear.values()
        self._rows: list[tuple[int, dict[int, int]]] = []
        for constant, slopes in numbers:
            self._rows.append((len(listed), {i: len(listed) + 1 + k for k, i in enumerate(slopes)}))
            listed += [constant, *slopes.values()]
        self._values = StraightLine(listed, variables, arithmetic)
        self._arithmetic = arithmetic
        self._size = size
        self._half = arithmetic.constant(Fraction(1, 2))
        self._nothing = arithmetic.constant(Fraction(0))

    def __call__(self, *at: Scalar) -> Integrated:
        """The block where the other variables have these values."""
        values = self._values(*at)
        nothing, half = self._nothing, self._half
        sums = values[1 : self._size + 1]
        coupling = {pair: values[k] for pair, k in self._pairs.items()}
        linear = {i: values[k] for i, k in self._linear.items()}
        rows = [{i: values[k] for i, k in slopes.items()} for _, slopes in self._rows]
        exponent = values[0]
        means = [values[constant] for constant, _ in self._rows]
        variances: list[Scalar] = [nothing] * len(rows)
        for step in self._plan:
            i = step.variable
            pivot = sums[i]
            for j in step.others:
                pivot = pivot - coupling[_pair(i, j)]
            if i == self._bounded:  # the last
                exponent = exponent - self._arithmetic.apply("log", pivot) * half
                moments = list(zip(means, variances, strict=True))
                return Integrated(exponent, moments, (linear.get(i, nothing), pivot))
            inverse = self._arithmetic.power(pivot, -1)
            ratios = {j: coupling[_pair(i, j)] * inverse for j in step.others}
            h = linear.get(i)
            exponent = exponent - self._arithmetic.apply("log", pivot) * half
            if h is not None:
                exponent = exponent + h * h * inverse * half
            for j, ratio in ratios.items():
                sums[j] = sums[j] - ratio * sums[i]
                if h is not None:
                    linear[j] = linear.get(j, nothing) - ratio * h
            for a, b in step.fill:
                coupling[a, b] = coupling.get((a, b), nothing) - ratios[a] * coupling[_pair(i, b)]
            for k, row in enumerate(rows):
                r = row.get(i)
                if r is None:
                    continue
                variances[k] = variances[k] + r * r * inverse
                if h is not None:
                    means[k] = means[k] + r * h * inverse
                for j, ratio in ratios.items():
                    row[j] = row.get(j, nothing) - ratio * r
        return Integrated(exponent, list(zip(means, variances, strict=True)))


def log_unit(size: int) -> float:
    """The log of (2π)^(n/2)."""
    return 0.5 * size * log(2 * pi)
