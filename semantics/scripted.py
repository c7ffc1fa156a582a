"""A source that replays every outcome of a computation once, with its probability, in rationals.

`choose` forks over its weights. `uniform()` gives a symbolic number U: rational affine maps of it and
comparisons with rationals are allowed, and a comparison forks at its breakpoint; so does `math.floor`.
Anything else raises `Inexact`: an algorithm that is to be checked exactly decides by comparing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Generic, Never, TypeVar, cast

from pplc.semantics.kernel import f64, i64
from pplc.semantics.number import Inexact, Number

if TYPE_CHECKING:  # `source` hands on the names of this file
    from pplc.semantics.source import Source

T = TypeVar("T")


@dataclass(slots=True)
class _Fork:
    """One decision of a run: which branch was taken of those that have positive probability."""

    taken: int
    branches: int


class Scripted:
    """A `Source` that follows a script of decisions and takes the first branch after its end.

    probability: of the decisions taken so far.
    """

    __slots__ = ("_limit", "_script", "_step", "probability")

    def __init__(self, script: list[_Fork], limit: int) -> None:
        self.probability = Fraction(1)
        self._script = script
        self._step = 0
        self._limit = limit

    def choose(self, weights: Sequence[Number]) -> i64:
        """An index of positive weight; one run for each."""
        exact = [_rational(weight) for weight in weights]
        total = sum(exact, Fraction(0))
        possible = [index for index, weight in enumerate(exact) if weight > 0]
        if not possible or any(weight < 0 for weight in exact):
            raise ValueError(f"no weights to choose by: {weights}")
        index = possible[self.branch(len(possible))]
        self.probability *= exact[index] / total
        return index

    def at(self, *, generation: int | None = None, slot: int) -> Scripted:
        """The source of a slot in a generation: the script itself."""
        return self

    def uniform(self) -> f64:
        """A symbolic uniform number; typed as a float because algorithms take it for one."""
        return cast("float", Affine(_Interval(self, Fraction(0), Fraction(1)), Fraction(1), Fraction(0)))

    def branch(self, branches: int) -> int:
        """The branch to take here; a decision with one branch is none."""
        if branches == 1:
            return 0
        if self._step == len(self._script):
            if self._step >= self._limit:
                raise RuntimeError(f"a run made more than {self._limit} decisions")
            self._script.append(_Fork(0, branches))
        fork = self._script[self._step]
        if fork.branches != branches:
            raise RuntimeError("the computation decides differently when it is repeated")
        self._step += 1
        return fork.taken


@dataclass(slots=True)
class _Interval:
    """What is known of one uniform number: that it lies between `low` and `high`."""

    source: Scripted
    low: Fraction
    high: Fraction

    def below(self, point: Fraction) -> bool:
        """Decide whether the number is less than `point`; forks if both can be."""
        if point <= self.low or point >= self.high:
            return point >= self.high
        return self.split([point]) == 0

    def split(self, points: Sequence[Fraction]) -> int:
        """Decide between which of the increasing inner `points` the number lies."""
        edges = [self.low, *points, self.high]
        part = self.source.branch(len(edges) - 1)
        self.source.probability *= (edges[part + 1] - edges[part]) / (self.high - self.low)
        self.low, self.high = edges[part], edges[part + 1]
        return part


class Affine:
    """scale * U + shift for a symbolic uniform number U."""

    __slots__ = ("_interval", "_scale", "_shift")

    def __init__(self, interval: _Interval, scale: Fraction, shift: Fraction) -> None:
        self._interval = interval
        self._scale = scale
        self._shift = shift

    def __add__(self, other: object) -> Affine:
        return Affine(self._interval, self._scale, self._shift + _rational(other))

    __radd__ = __add__

    def __neg__(self) -> Affine:
        return Affine(self._interval, -self._scale, -self._shift)

    def __sub__(self, other: object) -> Affine:
        return self + -_rational(other)

    def __rsub__(self, other: object) -> Affine:
        return -self + other

    def __mul__(self, other: object) -> Affine:
        factor = _rational(other)
        if factor == 0:
            raise Inexact("a uniform number times 0: decide before drawing")
        return Affine(self._interval, self._scale * factor, self._shift * factor)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Affine:
        return self * (1 / _rational(other))

    def __lt__(self, other: object) -> bool:
        point = (_rational(other) - self._shift) / self._scale
        # Equality has probability 0, so strict and weak comparisons are the same decision.
        return self._interval.below(point) == (self._scale > 0)

    __le__ = __lt__

    def __gt__(self, other: object) -> bool:
        return not self < other

    __ge__ = __gt__

    def __floor__(self) -> int:
        ends = [self._scale * end + self._shift for end in (self._interval.low, self._interval.high)]
        low, high = math.floor(min(ends)), math.ceil(max(ends))
        inner = range(low + 1, high)
        points = [(k - self._shift) / self._scale for k in inner]
        if self._scale > 0:
            return low + self._interval.split(points)
        return high - 1 - self._interval.split(points[::-1])

    def _refuse(self, *_: object) -> Never:
        raise Inexact("a scripted uniform number allows affine maps and comparisons only")

    __eq__ = __ne__ = _refuse
    __hash__ = _refuse  # a number not yet known has no hash
    __float__ = __int__ = __bool__ = __pow__ = __rpow__ = _refuse
    __abs__ = __rtruediv__ = __floordiv__ = __mod__ = _refuse


def _rational(x: object) -> Fraction:
    if isinstance(x, int | Fraction):
        return Fraction(x)
    raise Inexact(f"{x!r} met an exact random number, but is not rational")


@dataclass(frozen=True, slots=True)
class Run(Generic[T]):
    """One way a computation can go: its result and the probability of its decisions."""

    value: T
    probability: Fraction


def enumerate_runs(compute: Callable[[Source], T], limit: int = 10_000) -> Iterator[Run[T]]:
    """Every run of `compute`, depth first; the probabilities of a terminating one sum to 1.

    limit: decisions in one run; more raise RuntimeError. The number of runs is the caller's to bound: the
    iterator is lazy.

    >>> [run.value for run in enumerate_runs(lambda source: source.choose([1, 0, 2]))]
    [0, 2]
    """
    script: list[_Fork] = []
    while True:
        source = Scripted(script, limit)
        value = compute(source)
        yield Run(value, source.probability)
        while script and script[-1].taken == script[-1].branches - 1:
            script.pop()
        if not script:
            return
        script[-1].taken += 1


def law_of(compute: Callable[[Source], T], limit: int = 10_000) -> dict[T, Fraction]:
    """The law of the result of a computation with finitely many runs and hashable results."""
    law: dict[T, Fraction] = {}
    for run in enumerate_runs(compute, limit):
        law[run.value] = law.get(run.value, Fraction(0)) + run.probability
    return law
