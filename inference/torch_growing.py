"""Arrays that the model defines element by element, on the Pyro back end.

An element defined in one round is a cell; elements defined by all rounds of a plate at once are a block.
"""

# pyright: basic

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from pplc.inference.torch_index import index, move_batch_to_shape
from pplc.inference.torch_values import (
    Batch,
    CannotVectorise,
    Content,
    combine,
    lift,
    stack,
    untraced,
)
from pplc.semantics.faults import defined_twice, undefined_element
from pplc.semantics.values import Address

Place = tuple[int, ...]


@dataclass(slots=True)
class Block:
    """What the rounds of the plates around one definition defined.

    indices: as they were written, each an int or one int per round.
    places:  the index of every element, outermost plate slowest.
    value:   per round.
    rows:    the same with the rounds as the first axis, when it was first needed.
    """

    indices: tuple[Content, ...]
    places: list[Place]
    value: Content
    sizes: tuple[int, ...]
    rows: Content = None


@dataclass(slots=True)
class TorchGrowing:
    """A partly defined array.

    rank:  number of its indices.
    level: how many plates were open where the array was made; their rounds have an array each.
    reported: the address under which elements given by `:=` are reported; empty if there are none.
    """

    rank: int
    level: int
    cells: dict[Place, Content] = field(default_factory=dict[Place, Content])
    blocks: list[Block] = field(default_factory=list[Block])
    frozen: Content = None
    reported: tuple[Content, ...] = ()

    def define(self, indices: Sequence[Content], value: Content, plates: Sequence[int]) -> None:
        """Defines an element, or in open plates (their sizes, outermost first) one per round."""
        self.frozen = None
        inner = tuple(plates[self.level :])
        if not inner:
            place = tuple(_int(i) for i in indices)
            if place in self.cells:
                raise defined_twice(place)
            self.cells[place] = value
            return
        places = spread_indices(indices, self.level, inner)
        if len(set(places)) != len(places):
            raise CannotVectorise("rounds that define the same element")
        self.blocks.append(Block(tuple(indices), places, value, inner))

    def copy(self) -> TorchGrowing:
        """A copy to which a side of an `if` may add."""
        return TorchGrowing(self.rank, self.level, dict(self.cells), list(self.blocks), None, self.reported)

    def merged(self, other: TorchGrowing, choose: Callable[[Content, Content], Content]) -> TorchGrowing:
        """What two sides of an `if` have defined; both must define the same elements."""
        if self.cells.keys() != other.cells.keys() or len(self.blocks) != len(other.blocks):
            raise CannotVectorise("elements that are defined in some rounds only")
        cells = {k: v if v is other.cells[k] else choose(v, other.cells[k]) for k, v in self.cells.items()}
        blocks: list[Block] = []
        for a, b in zip(self.blocks, other.blocks, strict=True):
            if a.places != b.places:
                raise CannotVectorise("elements that are defined in some rounds only")
            value = a.value if a.value is b.value else choose(a.value, b.value)
            blocks.append(Block(a.indices, a.places, value, a.sizes))
        return TorchGrowing(self.rank, self.level, cells, blocks, None, self.reported)

    def shared(self, other: TorchGrowing, choose: Callable[[Content, Content], Content]) -> TorchGrowing:
        """What both sides of an `if` have defined, each for itself."""
        cells = {k: choose(v, other.cells[k]) for k, v in self.cells.items() if k in other.cells}
        return TorchGrowing(self.rank, self.level, cells, [], None, self.reported)

    def since(self, before: TorchGrowing) -> Iterator[tuple[tuple[Content, ...], Content]]:
        """The indices, as they were written, and values of what was defined after `before`."""
        for place, value in self.cells.items():
            if place not in before.cells:
                yield place, value
        for block in self.blocks[len(before.blocks) :]:
            yield block.indices, block.value

    def read(self, indices: Sequence[Content], guard: Batch | None) -> Content:
        """The element or part at these indices."""
        head, rest = tuple(indices[: self.rank]), indices[self.rank :]
        if len(head) == self.rank:
            found: Content = None
            if all(isinstance(i, int) for i in head):
                found = self.cells.get(head)
                if found is None and not self.blocks:
                    raise undefined_element(head)
            else:
                for block in self.blocks:
                    if all(same(a, b) for a, b in zip(head, block.indices, strict=True)):
                        found = block.value
            if found is None and all(isinstance(i, int) for i in head) and not self._begins():
                found = self._element(head)
            if found is not None:
                return index(found, rest, guard) if rest else found
        return index(self.freeze(), indices, guard)

    def _begins(self) -> bool:
        """Whether the first element is defined; the array cannot be taken as a whole if it is not."""
        first = (0,) * self.rank
        return first in self.cells or any(first in block.places for block in self.blocks)

    def _element(self, place: Place) -> Content:
        """An element that the rounds of a plate defined; None if none did."""
        for block in self.blocks:
            if place in block.places:
                if block.rows is None:
                    block.rows = rows(lift(block.value), self.level, block.sizes)
                return index(block.rows, (block.places.index(place),))
        return None

    def length(self, axis: int) -> int:
        """One more than the largest index along an axis."""
        places = itertools.chain(self.cells, *(block.places for block in self.blocks))
        return max((place[axis] + 1 for place in places), default=0)

    def freeze(self) -> Content:
        """The whole array; a `Fault` names the first element that is not defined."""
        if self.frozen is None:
            self.frozen = self._assemble()
        return self.frozen

    def _assemble(self) -> Content:
        if not self.cells and not self.blocks:
            return ()
        extents = tuple(self.length(axis) for axis in range(self.rank))
        wanted = list(itertools.product(*(range(n) for n in extents)))
        if not self.blocks:
            return self._of_cells(extents, wanted)
        parts: list[Batch] = []
        places: list[Place] = []
        for block in self.blocks:
            if block.rows is None:
                block.rows = rows(lift(block.value), self.level, block.sizes)
            parts.append(block.rows)
            places.extend(block.places)
        if self.cells:
            stacked = stack(list(self.cells.values()))
            if stacked is None:
                raise CannotVectorise("an array whose elements are not numbers")
            parts.append(stacked)
            places.extend(self.cells)
        if len(set(places)) != len(places):
            raise defined_twice(next(p for p in places if places.count(p) > 1))
        shape_rank = parts[0].rank - 1
        if places == wanted and len(parts) == 1:
            whole = parts[0]
        else:
            order = {place: position for position, place in enumerate(places)}
            for place in wanted:
                if place not in order:
                    raise undefined_element(place)
            joined = parts[0]
            if len(parts) > 1:
                joined = combine(
                    lambda *ts: torch.cat(ts, dim=ts[0].dim() - shape_rank - 1), parts, shape_rank + 1
                )
            whole = joined
            if places != wanted:
                whole = lift(index(joined, (lift(tuple(order[place] for place in wanted)),)))
        data = whole.data
        front = data.dim() - whole.rank
        data = data.reshape(*data.shape[:front], *extents, *data.shape[front + 1 :])
        return Batch(data, whole.rank - 1 + self.rank, whole.known, whole.owners)

    def _of_cells(self, extents: Place, wanted: list[Place]) -> Content:
        for place in wanted:
            if place not in self.cells:
                if self.rank == 2 and self._is_triangle():
                    return self._nested(())
                raise undefined_element(place)
        stacked = stack([self.cells[place] for place in wanted])
        if stacked is None:
            return self._nested(())
        data = stacked.data
        front = data.dim() - stacked.rank
        data = data.reshape(*data.shape[:front], *extents, *data.shape[front + 1 :])
        return Batch(data, stacked.rank - 1 + self.rank, stacked.known, stacked.owners)

    def _is_triangle(self) -> bool:
        return all(second <= first for first, second in self.cells)

    def _nested(self, prefix: Place) -> Content:
        if len(prefix) == self.rank:
            return self.cells[prefix]
        below = {place[len(prefix)] for place in self.cells if place[: len(prefix)] == prefix}
        return tuple(self._nested((*prefix, k)) for k in range(max(below, default=-1) + 1))


def _int(value: Content) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CannotVectorise("an element whose place differs between rounds")
    return value


def same(a: Content, b: Content) -> bool:
    """Whether two indices are equal in every round."""
    if isinstance(a, Batch) and isinstance(b, Batch):
        if a is b:
            return True
        if not (a.known and b.known) or a.data.shape != b.data.shape:
            return False
        with untraced():
            return bool((a.data == b.data).all().item())
    return isinstance(a, int) and isinstance(b, int) and a == b


def rows(part: Batch, level: int, sizes: Sequence[int]) -> Batch:
    """The rounds of plates `level`, `level + 1`, … as one first axis, the outermost slowest."""
    for offset in reversed(range(len(sizes))):
        part = move_batch_to_shape(part, level + offset, sizes[offset])
    data = part.data
    front = data.dim() - part.rank
    count = 1
    for size in sizes:
        count *= size
    data = data.reshape(*data.shape[:front], count, *data.shape[front + len(sizes) :])
    return Batch(data, part.rank - len(sizes) + 1, part.known, part.owners)


def spread_indices(indices: Sequence[Content], level: int, sizes: Sequence[int]) -> list[Place]:
    """The index of every round, as ints, outermost plate slowest."""
    columns: list[list[int]] = []
    for each in indices:
        part = lift(each)
        if not part.known:
            raise CannotVectorise("an element whose place is random")
        with untraced():
            spread = rows(part, level, sizes)
            if spread.data.dim() != 1:
                raise CannotVectorise("an element whose place differs between outer rounds")
            columns.append([int(k) for k in spread.data.tolist()])
    return list(zip(*columns, strict=True))


def addresses(address: Sequence[Content], sizes: Sequence[int]) -> list[Address]:
    """The address that a site has in every round of the plates around it, the outermost slowest."""
    count = 1
    for size in sizes:
        count *= size
    columns: list[list[Any]] = []
    for part in address:
        if isinstance(part, tuple) and any(isinstance(i, Batch) for i in part):
            columns.append(list(spread_indices(part, 0, sizes)))
        else:
            columns.append([part] * count)
    return [tuple(row) for row in zip(*columns, strict=True)]
