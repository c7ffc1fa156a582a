"""Arrays whose elements are defined one by one, each once; every version is a value.

A trie of 32 children per node, as in Bagwell, "Ideal Hash Trees" (2001), and Clojure's vectors:
`define` copies the path to one element and shares the rest, so that a thousand particles that
differ in their last element share all others. The shape of the trie depends on the defined
elements alone; so equal arrays have equal tries, and a sum of hashes of (index, element), kept up
to date by `define`, is the hash.

An array of rank 2 is an array of rows of rank 1, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias, cast

from pplc.semantics.faults import defined_twice, index_outside, undefined_element, wrong_kind
from pplc.semantics.values import Value

_BITS = 5
_WIDTH = 1 << _BITS


class _Hole(Enum):
    HOLE = "hole"


@dataclass(frozen=True, slots=True)
class _Leaf:
    items: tuple[Value | _Hole, ...]


@dataclass(frozen=True, slots=True)
class _Branch:
    children: tuple[_Leaf | _Branch | None, ...]


_Node: TypeAlias = _Leaf | _Branch | None
_EMPTY_LEAF = _Leaf((_Hole.HOLE,) * _WIDTH)
_EMPTY_BRANCH = _Branch((None,) * _WIDTH)


@dataclass(frozen=True, slots=True)
class Growing:
    """A partly defined array.

    rank:   number of its indices.
    length: one more than the largest first index defined so far.
    digest: the sum of the hashes of the elements with their indices.
    gone:   intervals of first indices whose elements were defined and then forgotten.
    """

    rank: int = 1
    length: int = 0
    digest: int = 0
    root: _Node = field(default=None, repr=False)
    gone: tuple[tuple[int, int], ...] = ()

    def __hash__(self) -> int:
        return hash((self.rank, self.length, self.digest))

    def define(self, indices: tuple[Value, ...], value: Value) -> Growing:
        """The array with one more element; a `Fault` if it is there already."""
        places = tuple([_checked(index) for index in indices])
        old = self._find(places[0])
        if self._holds(places, old):
            raise defined_twice(places)
        return self._written(places, old, value)

    def defined(self, indices: tuple[int, ...], value: Value) -> Growing:
        """`define` without its checks."""
        return self._written(indices, self._find(indices[0]), value)

    def _written(self, indices: tuple[int, ...], old: Value | _Hole, value: Value) -> Growing:
        """The array with a value at the indices; `old` is what stands at the first of them."""
        index = indices[0]
        if len(indices) == 1:
            return self._with(index, old, value)
        row = old if isinstance(old, Growing) else Growing(self.rank - 1)
        return self._with(index, old, cast(Value, row.defined(indices[1:], value)))

    def get(self, index: Value) -> Value:
        """The element, or (with rank > 1) the row, at the first index."""
        place = _checked(index)
        found = self._find(place)
        if isinstance(found, _Hole):
            raise undefined_element((place,))
        return found

    def is_defined(self, indices: tuple[int, ...]) -> bool:
        """Whether the element (or row) is there."""
        return self._holds(indices, self._find(indices[0]))

    def _holds(self, indices: tuple[int, ...], found: Value | _Hole) -> bool:
        """`is_defined`, where `found` is what stands at the first index."""
        if self.gone and any(start <= indices[0] < stop for start, stop in self.gone):
            return True
        if len(indices) == 1:
            return not isinstance(found, _Hole)
        return isinstance(found, Growing) and found.is_defined(indices[1:])

    def items(self) -> Iterator[tuple[tuple[int, ...], Value]]:
        """The defined elements with their indices, in order."""
        for index, found in _elements(self.root, self._level(), 0):
            if self.rank > 1 and isinstance(found, Growing):
                for rest, value in found.items():
                    yield (index, *rest), value
            else:
                yield (index,), found

    def freeze(self) -> tuple[Value, ...]:
        """The array as nested tuples; a `Fault` that names the first element that is not defined.

        The first row of a triangle (`z[i, j] ~ … for i in 0..N, j in 0..i`) is empty.
        """
        result: list[Value] = []
        for index in range(self.length):
            found = self._find(index)
            if isinstance(found, _Hole):
                if self.rank == 1 or index > 0 or not self._is_triangle():
                    raise undefined_element((index,) + (0,) * (self.rank - 1))
                result.append(())
            elif self.rank > 1 and isinstance(found, Growing):
                result.append(found.freeze())
            else:
                result.append(found)
        return tuple(result)

    def forget(self, kept: Iterable[range]) -> Growing:
        """The array without the elements (or rows) outside `kept`, which nothing reads any more.

        They still count as defined: defining one again is an error. What a row lacks can still be defined.
        """
        wanted = tuple(kept)
        result, gone = self, list(self.gone)
        for index, found in tuple(_elements(self.root, self._level(), 0)):
            if not any(index in part for part in wanted):
                left: Value | _Hole = _Hole.HOLE
                if self.rank > 1 and isinstance(found, Growing):
                    left = found.forget(())  # the rest of the row may still be defined
                else:
                    gone.append((index, index + 1))
                if left is not found:
                    result = result._with(index, found, left)
        if result is self:
            return self
        return replace(result, gone=_joined(gone))

    def defined_between(self, start: int, stop: int, kept: Mapping[int, Value]) -> Growing:
        """The array after the elements from `start` to `stop` were defined, all but `kept` forgotten."""
        result, gone = self, list(self.gone)
        low = start
        for index in sorted(kept):
            result = result.defined((index,), kept[index])
            gone.append((low, index))
            low = index + 1
        gone.append((low, stop))
        return replace(result, gone=_joined([(low, high) for low, high in gone if low < high]))

    def _is_triangle(self) -> bool:
        second = self._find(1) if self.length > 1 else _Hole.HOLE
        return isinstance(second, Growing) and second.length == 1

    def _level(self) -> int:
        level = 0
        while self.length > _WIDTH << level:
            level += _BITS
        return level

    def _find(self, index: int) -> Value | _Hole:
        if not 0 <= index < self.length:
            return _Hole.HOLE
        node, level = self.root, self._level()
        while isinstance(node, _Branch):
            node = node.children[index >> level & _WIDTH - 1]
            level -= _BITS
        return _Hole.HOLE if node is None else node.items[index & _WIDTH - 1]

    def _with(self, index: int, old: Value | _Hole, new: Value | _Hole) -> Growing:
        root, level = self.root, self._level()
        while index >= _WIDTH << level:
            if root is not None:
                root = _Branch((root, *_EMPTY_BRANCH.children[1:]))
            level += _BITS
        digest = self.digest - _digest_of(index, old) + _digest_of(index, new)
        root = _put(root, level, index, new)
        return Growing(self.rank, max(self.length, index + 1), digest, root, self.gone)


def _joined(intervals: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same indices as disjoint intervals in order."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return tuple(found)


def _checked(index: Value) -> int:
    if not isinstance(index, int) or isinstance(index, bool):
        raise wrong_kind("[]", "an int as an index", index)
    if index < 0:
        raise index_outside(index, 0)
    return index


def _digest_of(index: int, item: Value | _Hole) -> int:
    return 0 if isinstance(item, _Hole) else hash((index, item))


def _put(node: _Node, level: int, index: int, item: Value | _Hole) -> _Node:
    """The node with one item changed; nothing, if it has become empty."""
    at = index >> level & _WIDTH - 1
    if level == 0:
        items = node.items if isinstance(node, _Leaf) else _EMPTY_LEAF.items
        leaf = _Leaf((*items[:at], item, *items[at + 1 :]))
        there = item is not _Hole.HOLE or any(i is not _Hole.HOLE for i in leaf.items)
        return leaf if there else None
    children = node.children if isinstance(node, _Branch) else _EMPTY_BRANCH.children
    child = _put(children[at], level - _BITS, index, item)
    branch = _Branch((*children[:at], child, *children[at + 1 :]))
    return branch if child is not None or any(c is not None for c in branch.children) else None


def _elements(node: _Node, level: int, start: int) -> Iterator[tuple[int, Value]]:
    match node:
        case None:
            return
        case _Leaf(items):
            for offset, item in enumerate(items):
                if not isinstance(item, _Hole):
                    yield start + offset, item
        case _Branch(children):
            for offset, child in enumerate(children):
                yield from _elements(child, level - _BITS, start + (offset << level))
