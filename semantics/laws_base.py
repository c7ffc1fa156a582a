"""What a distribution is while a program runs: a record that can be drawn from, weighed and asked.

Densities carry their dimension: how many of their factors are densities with respect to length
rather than masses. In a mixed law the lowest dimension wins: an atom outweighs any density
(LANGUAGE.md 11).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Never, TypeAlias

from pplc.semantics.faults import unavailable, wrong_kind
from pplc.semantics.formula import as_rational
from pplc.semantics.number import CERTAIN, IMPOSSIBLE, LogRat, LogWeight
from pplc.semantics.primitives_arithmetic import is_number, plain, rank_of, to_float
from pplc.semantics.values import (
    FunctionValue,
    MemoFunction,
    MemoModel,
    ModelValue,
    Number,
    Urn,
    UrnModel,
    Value,
)

if TYPE_CHECKING:
    from pplc.semantics.source import Source

Call: TypeAlias = "Callable[[FunctionValue, tuple[Value, ...]], Value]"
"""Runs a deterministic function of the program."""

Masses: TypeAlias = "Iterable[tuple[Value, LogWeight]]"
"""Values of positive mass, each once, with the logarithm of its mass."""


class LawValue(ABC):
    """A distribution, or (`Flat`) a density without a sampler. Immutable and hashable.

    What a law cannot do is a `Fault` that names the law and what was asked of it.
    """

    __slots__ = ()

    exact: bool
    """Whether rational densities are kept as `LogRat`."""

    @abstractmethod
    def describe(self) -> str:
        """The law as it stands in messages: `Normal(0, 1)` in backticks."""

    @abstractmethod
    def draw(self, source: Source) -> Value:
        """A value drawn from the law."""

    @abstractmethod
    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        """`log_density_and_dimension` at one value of the law."""

    def log_density_and_dimension(self, value: Value) -> tuple[LogWeight, int]:
        """The log of density or mass at a value, and the dimension of the measure it refers to.

        Exact (`LogRat`) in exact runs wherever it is rational, a float otherwise. A value with more
        axes than the law has is an array of independent values.
        """
        if isinstance(value, float):
            return self.weigh(value)
        value = plain(value)
        if isinstance(value, tuple) and rank_of(value) > self.rank:
            found = [self.log_density_and_dimension(entry) for entry in value]
            one: LogWeight = CERTAIN if self.exact else 0.0
            return (joined(w for w, _ in found) if found else one), sum(d for _, d in found)
        return self.weigh(value)

    def log_density(self, value: Value) -> LogWeight:
        """The log of the density, or of the mass of an atom, at a value."""
        return self.log_density_and_dimension(value)[0]

    @property
    def discrete(self) -> bool:
        """Whether all of the mass is on atoms."""
        return False

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of a value, as far as the law is an array of laws; `()` for one law."""
        return ()

    @property
    def rank(self) -> int:
        """The axes of a value; 0 for a number (or for anything that is no array)."""
        return len(self.shape)

    def masses(self) -> Masses | None:
        """The whole law as a finite table, or None if no finite table is the whole law."""
        return None

    def atoms(self) -> Masses:
        """The points of positive mass of a law that is not discrete: none but for mixed laws."""
        return ()

    def support(self) -> Iterator[Value] | None:
        """The values of a discrete law in order, perhaps without end; None if it is not discrete."""
        found = self.masses() if self.discrete else None
        return None if found is None else (value for value, _ in found)

    def elements(self) -> Iterator[tuple[tuple[int, ...], LawValue]]:
        """The laws of the entries of an array of independent laws, with their indices."""
        yield (), self

    def cdf(self, x: Value) -> Number:
        """P(X <= x): exact where that is rational in an exact run."""
        return math.exp(self.log_cdf(x))

    def log_cdf(self, x: Value) -> float:
        """The logarithm of P(X <= x), accurate in both tails."""
        self.refuse("logcdf", x)

    def log_ccdf(self, x: Value) -> float:
        """The logarithm of P(X > x), accurate in both tails."""
        self.refuse("logccdf", x)

    def interval(
        self,
        lower: Number | None,
        upper: Number | None,
    ) -> LogWeight | None:
        """log P(lower <= X <= upper) as a formula, if the law or a bound depends on continuous variables.

        None if nothing does, so that it is a number, or if there is no formula.
        """
        return None

    def quantile(self, p: Number) -> Value:
        """The least x with P(X <= x) >= p."""
        self.refuse("quantile", p)

    def mean(self) -> Value:
        """The expectation; an array for laws of arrays."""
        self.refuse("mean")

    def variance(self) -> Value:
        """The variance, of every entry for laws of arrays."""
        self.refuse("variance")

    def entropy(self) -> float:
        """Entropy in nats, differential for densities."""
        self.refuse("entropy")

    def refuse(self, member: str, *_: object) -> Never:
        """Says that the law has no such member."""
        raise unavailable(member, self.describe())


def nothing(exact: bool) -> LogWeight:
    """The log density of a value that cannot occur."""
    return IMPOSSIBLE if exact else -math.inf


def is_nothing(weight: LogWeight) -> bool:
    """Whether a log weight is that of zero."""
    return weight.value == 0 if isinstance(weight, LogRat) else weight == -math.inf


def log_of(probability: Number, exact: bool) -> LogWeight:
    """The log of a probability, exact if it is and the run is."""
    if exact and not isinstance(probability, float):
        return LogRat(as_rational(probability))
    return math.log(probability) if probability > 0 else -math.inf


def joined(weights: Iterable[LogWeight]) -> LogWeight:
    """The log of the product of weights, exact if every one of them is."""
    exact: list[LogRat] = []
    total = 0.0
    floats = False
    for weight in weights:
        if isinstance(weight, LogRat):
            exact.append(weight)
        else:
            floats = True
            if weight == -math.inf:
                return weight
            total += weight
    if not exact:
        return total
    # By halves: the product is as long as its factors together, and one at a time would copy it each time.
    while len(exact) > 1:
        pairs = [exact[k] + exact[k + 1] for k in range(0, len(exact) - 1, 2)]
        exact = pairs + exact[2 * len(pairs) :]
    if not floats:
        return exact[0]
    return total + float(exact[0])


def real(value: Value, law: str) -> float:
    """A number as a float; a `Fault` for anything else, such as a missing entry."""
    if isinstance(value, float):
        return value
    if not is_number(value):
        raise wrong_kind(law, "a number", value)
    assert isinstance(value, int | Fraction)
    return to_float(value)


def number(value: Value, law: str) -> Number:
    """A number as it is; a `Fault` for anything else."""
    if not is_number(value):
        raise wrong_kind(law, "a number", value)
    assert isinstance(value, int | float | Fraction)
    return value


def is_opaque(value: object) -> bool:
    """Whether a value is a function, a model or a law, which has no table of probabilities."""
    return isinstance(
        value, FunctionValue | ModelValue | MemoModel | MemoFunction | UrnModel | Urn | LawValue
    )
