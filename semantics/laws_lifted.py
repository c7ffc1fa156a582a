"""Arrays of independent laws: what a family becomes when its parameters are arrays, and `iid`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pplc.semantics.faults import shapes_differ, wrong_kind
from pplc.semantics.laws_base import LawValue, Masses, joined
from pplc.semantics.number import CERTAIN, LogWeight
from pplc.semantics.primitives_arithmetic import plain, rank_of
from pplc.semantics.values import Fault, Value, shape_of

if TYPE_CHECKING:
    from pplc.semantics.source import Source

MOST_VALUES = 1_000_000
"""Values of a joint law that enumeration will list; beyond that it refuses."""


@dataclass(frozen=True, slots=True)
class Lifted(LawValue):
    """Independent laws along one axis; the laws may be arrays of laws themselves.

    name: what to call it in messages.
    """

    name: str
    laws: tuple[LawValue, ...]
    exact: bool

    def describe(self) -> str:
        return self.laws[0].describe() if self.laws else f"`{self.name}`"

    @property
    def discrete(self) -> bool:
        return all(law.discrete for law in self.laws)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.laws), *(self.laws[0].shape if self.laws else ()))

    def draw(self, source: Source) -> Value:
        return tuple(law.draw(source) for law in self.laws)

    @property
    def rank(self) -> int:
        return 1 + (self.laws[0].rank if self.laws else 0)

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        laws, entries = self._matched(value)
        found = [law.log_density_and_dimension(x) for law, x in zip(laws, entries, strict=True)]
        dimension = sum(d for _, d in found)
        return (joined(w for w, _ in found) if found else CERTAIN if self.exact else 0.0), dimension

    def masses(self) -> Masses | None:
        tables: list[list[tuple[Value, LogWeight]]] = []
        size = 1
        for law in self.laws:
            table = law.masses()
            if table is None:
                return None
            tables.append(list(table))
            size *= len(tables[-1])
            if size > MOST_VALUES:
                raise Fault(
                    "E0521",
                    f"an array of {len(self.laws)} draws from {self.describe()} has more than"
                    f" {MOST_VALUES:,} values, too many to list",
                    "too many values",
                    "draw its elements one by one: `z[i] ~ … for i in 0..N`",
                )
        one: LogWeight = CERTAIN if self.exact else 0.0
        return (
            (tuple(x for x, _ in row), joined(w for _, w in row) if row else one)
            for row in itertools.product(*tables)
        )

    def elements(self) -> Iterator[tuple[tuple[int, ...], LawValue]]:
        for index, law in enumerate(self.laws):
            for rest, element in law.elements():
                yield (index, *rest), element

    def mean(self) -> Value:
        return tuple(law.mean() for law in self.laws)

    def variance(self) -> Value:
        return tuple(law.variance() for law in self.laws)

    def entropy(self) -> float:
        return math.fsum(law.entropy() for law in self.laws)

    def _matched(self, value: Value) -> tuple[tuple[LawValue, ...], tuple[Value, ...]]:
        if not isinstance(value, tuple):
            raise wrong_kind(self.name, f"an array of {len(self.laws)} values", value)
        laws = self.laws * len(value) if len(self.laws) == 1 else self.laws
        if len(value) != len(laws):
            raise shapes_differ("observe", shape_of(value), self.shape)
        return laws, value


def over(
    name: str, arguments: Sequence[Value], ranks: Sequence[int], make: Callable[..., LawValue], *, exact: bool
) -> LawValue:
    """The law of `arguments` by `make`, or an array of laws where they have more axes than `ranks`.

    The axes in excess are broadcast as NumPy does. A law that is an argument has its own shape.
    """
    excess = [_axes(argument) - rank for argument, rank in zip(arguments, ranks, strict=True)]
    most = max(excess, default=0)
    if most <= 0:
        return make(*arguments)
    lengths = [_length(a) for a, axes in zip(arguments, excess, strict=True) if axes == most]
    length = next((n for n in lengths if n != 1), 1)
    for other in lengths:
        if other not in (1, length):
            raise shapes_differ(name, (length,), (other,))
    rounds = (
        [_entry(a, i) if axes == most else a for a, axes in zip(arguments, excess, strict=True)]
        for i in range(length)
    )
    if most == 1:
        return Lifted(name, tuple(make(*entries) for entries in rounds), exact)
    return Lifted(name, tuple(over(name, entries, ranks, make, exact=exact) for entries in rounds), exact)


def _axes(argument: Value) -> int:
    return len(argument.shape) if isinstance(argument, LawValue) else rank_of(argument)


def _length(argument: Value) -> int:
    if isinstance(argument, Lifted):
        return len(argument.laws)
    assert isinstance(argument, tuple)
    return len(argument)


def _entry(argument: Value, index: int) -> Value:
    if isinstance(argument, Lifted):
        return argument.laws[0 if len(argument.laws) == 1 else index]
    assert isinstance(argument, tuple)
    return argument[0 if len(argument) == 1 else index]


def fitted(law: LawValue, value: Value) -> LawValue:
    """The law broadcast to the shape of a value observed under it, so that entries have laws.

    `observe y ~ Normal(mu, 1)` with an array y and one mu means independent observations.
    """
    value = plain(value)
    if not isinstance(value, tuple) or rank_of(value) < law.rank:
        return law
    if rank_of(value) > law.rank:
        return Lifted(law.describe(), tuple(fitted(law, entry) for entry in value), law.exact)
    if isinstance(law, Lifted) and len(law.laws) == 1 != len(value):
        return Lifted(law.name, law.laws * len(value), law.exact)
    return law
