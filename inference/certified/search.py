"""The search for a proof: the parts of a domain that may hold the most mass first, until all are settled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from math import inf
from typing import Generic, Protocol, TypeVar

from flint import arb

from pplc.inference.certified.tails import Diverges


class Piece(Protocol):
    """A part of a domain without a proof yet."""

    @property
    def found(self) -> Sequence[arb | Diverges]:
        """Enclosures of the integrals over it: of a density, and of its multiples."""
        ...


P = TypeVar("P", bound=Piece)


class Search(ABC, Generic[P]):
    """Integrals as sums over parts.

    totals:   what is settled.
    sizes:    of the integrals, roughly; they only tell which errors are small.
    diverged: the integrals that are infinite, or do not exist.
    definite: which of them have integrands of one sign: they are infinite if they are over one part.
    """

    def __init__(self, sizes: Sequence[arb], definite: Sequence[bool]) -> None:
        self.totals = [arb(0)] * len(sizes)
        self.sizes = list(sizes)
        self.diverged: dict[int, Diverges] = {}
        self.looked = 0
        self._definite = definite
        self._queue: list[tuple[float, int, P]] = []

    def put(self, *parts: P) -> None:
        """Queues parts by how much mass they may hold, and notes what is infinite over one of them."""
        for part in parts:
            for k, found in enumerate(part.found):
                if isinstance(found, Diverges) and self.diverged.setdefault(k, found) != found:
                    self.diverged[k] = Diverges(0)
        for part in parts:
            self.looked += 1
            heappush(self._queue, (-size(part.found) if self.known(part.found) else -inf, self.looked, part))

    def run(self) -> list[arb | Diverges] | None:
        """The integrals; None if no proof is found."""
        while self._queue:
            if self.hopeless():
                return None
            _, _, part = heappop(self._queue)
            self.put(*self.left_of(part))
        return [self.diverged.get(k, total) for k, total in enumerate(self.totals)]

    @abstractmethod
    def hopeless(self) -> bool:
        """Whether the search is given up."""

    @abstractmethod
    def left_of(self, part: P) -> Iterable[P]:
        """What is left to do of a part: nothing if it is settled, and was added, or smaller parts."""

    def known(self, found: Sequence[arb | Diverges]) -> bool:
        """Whether all integrals over a part that still matter are bounded, or infinite."""
        return all(isinstance(one, Diverges) or one.is_finite() for _, one in self._mattering(found))

    def within(self, found: Sequence[arb | Diverges], share: float) -> bool:
        """Whether all integrals over a part are known to this share of the whole."""
        return self.known(found) and all(
            isinstance(one, Diverges) or k in self.diverged or bool(one.rad() <= self.sizes[k] * share)
            for k, one in self._mattering(found)
        )

    def _mattering(self, found: Sequence[arb | Diverges]) -> Iterable[tuple[int, arb | Diverges]]:
        """What may diverge with the other sign still matters where an integral is infinite."""
        return (
            (k, one)
            for k, one in enumerate(found)
            if not (k in self.diverged and (self._definite[k] or self.diverged[k].sign == 0))
        )

    def add(self, found: Sequence[arb | Diverges]) -> None:
        """Adds what is settled."""
        for k, value in enumerate(found):
            if k not in self.diverged and isinstance(value, arb):
                self.totals[k] += value


def size(found: Sequence[arb | Diverges]) -> float:
    """The log of the most that the first integral may be."""
    first = found[0]
    if isinstance(first, Diverges) or not first.is_finite():
        return inf
    upper = abs(first).upper()
    return float(upper.log()) if upper > 0 else -inf
