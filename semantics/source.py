"""Where randomness comes from: a `Source` that is handed in; there is no global generator.

`Seeded` reads Philox at (seed, task, generation, slot, draw number), so that results depend neither on the
number of threads nor on who draws first. `Scripted` replays every outcome of a computation once, with its
probability: `enumerate_runs` is how algorithms are checked exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pplc.semantics.kernel import f64, i64
from pplc.semantics.number import Number
from pplc.semantics.philox import Block, open_uniform, philox
from pplc.semantics.scripted import Affine, Run, Scripted, enumerate_runs, law_of

__all__ = ["Affine", "Run", "Scripted", "Seeded", "Source", "enumerate_runs", "law_of", "pick"]

_WORD = 1 << 32


class Source(Protocol):
    """What everything random draws through."""

    def choose(self, weights: Sequence[Number]) -> i64:
        """An index, in proportion to its weight; weights are not negative, and one is positive."""
        ...

    def uniform(self) -> f64:
        """A number strictly between 0 and 1."""
        ...


def pick(weights: Sequence[Number], at: f64) -> i64:
    """The index at which the running sum of the weights passes `at` (in [0, 1)) of their total.

    Never an index of weight 0. Raises ValueError if no weight is positive or one is negative or NaN.
    """
    floats = [float(weight) for weight in weights]
    last = -1
    for index, weight in enumerate(floats):
        if not weight >= 0:
            raise ValueError(f"weight {weight} at index {index} is not a weight")
        if weight > 0:
            last = index
    if last < 0:
        raise ValueError("no weight is positive")
    remaining = at * sum(floats)
    for index in range(last):
        remaining -= floats[index]
        if remaining < 0:
            return index
    return last


class Seeded:
    """The production source: a counter-based stream.

    seed:       below 2^64; the key of Philox.
    task:       chain or replicate.
    generation: step of an algorithm that copies states; a copy must not reuse its ancestor's numbers.
    slot:       particle or member of the population.
    draw:       numbers used so far; a new generation or slot starts at 0.
    """

    __slots__ = ("_block", "draw", "generation", "seed", "slot", "task")

    def __init__(self, seed: int, task: int = 0, generation: int = 0, slot: int = 0, draw: int = 0) -> None:
        if not 0 <= seed < _WORD * _WORD:
            raise ValueError(f"seed {seed} is not from 0 to 2^64 - 1")
        if not (0 <= task < _WORD and 0 <= generation < _WORD and 0 <= slot < _WORD):
            raise ValueError(f"task {task}, generation {generation} or slot {slot} is not from 0 to 2^32 - 1")
        if not 0 <= draw < 2 * _WORD:
            raise ValueError(f"draw number {draw} is not from 0 to 2^33 - 1")
        self.seed = seed
        self.task = task
        self.generation = generation
        self.slot = slot
        self.draw = draw
        self._block = self._read() if draw % 2 else None

    def at(
        self, *, task: int | None = None, generation: int | None = None, slot: int | None = None
    ) -> Seeded:
        """A source of the same seed at another place, at its first draw."""
        return Seeded(
            self.seed,
            self.task if task is None else task,
            self.generation if generation is None else generation,
            self.slot if slot is None else slot,
        )

    def uniform(self) -> f64:
        """The next number of the stream. Each block of Philox makes two."""
        block = self._block
        if block is None:
            self._block = block = self._read()
            self.draw += 1
            return open_uniform(block.a, block.b)
        self._block = None
        self.draw += 1
        return open_uniform(block.c, block.d)

    def choose(self, weights: Sequence[Number]) -> i64:
        """An index by inversion; uses one number."""
        return pick(weights, self.uniform())

    def _read(self) -> Block:
        if self.draw >= 2 * _WORD:
            raise OverflowError("2^33 draws in one generation and slot: the stream is used up")
        counter = Block(self.draw >> 1, self.slot, self.generation, self.task)
        return philox(counter, self.seed & (_WORD - 1), self.seed >> 32)
