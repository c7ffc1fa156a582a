"""Reading arrays at indices: numbers, ranges and arrays of ints, each possibly different per round."""

# pyright: basic

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pplc.inference.torch_values import (
    Batch,
    CannotVectorise,
    Content,
    is_numeric,
    lift,
    pad,
    stack,
    tensor,
    untraced,
)
from pplc.semantics.faults import index_outside


def index(value: Content, indices: Sequence[Content], guard: Batch | None = None) -> Content:
    """`value[i, j, …]` as NumPy does, but with indices checked, and ranges as slices."""
    for position, where in enumerate(indices):
        if isinstance(value, range) and isinstance(where, int):
            value = tuple(value)
        if not isinstance(value, tuple):
            break
        if isinstance(where, int) and not isinstance(where, bool):
            if not 0 <= where < len(value):
                raise index_outside(where, len(value))
            value = value[where]
        elif isinstance(where, range):
            check_range(where, len(value))
            rest = indices[position + 1 :]
            return tuple(index(value[k], rest, guard) if rest else value[k] for k in where)
        else:
            value = _whole(value)
            return _read(value, indices[position:], guard)
    else:
        return value
    return _read(lift(value), indices[position:], guard)


def _whole(value: Content) -> Batch:
    stacked = stack(value) if isinstance(value, tuple) else lift(value)
    if stacked is None:
        raise CannotVectorise("an index that differs between rounds, into values that are not numbers")
    return stacked


def check_range(where: range, extent: int) -> None:
    """A range of indices must lie inside the array."""
    for end in (where.start, where.stop - 1) if where else ():
        if not 0 <= end < extent:
            raise index_outside(end, extent)


def _read(array: Batch, indices: Sequence[Content], guard: Batch | None) -> Content:
    parts = [where if isinstance(where, int | range) else lift(where) for where in indices]
    known = array.known and all(not isinstance(part, Batch) or part.known for part in parts)
    if known:
        with untraced():
            read = _gather(array, parts, guard)
    else:
        read = _gather(array, parts, guard)
    owners = array.owners.union(*(part.owners for part in parts if isinstance(part, Batch)))
    result = Batch(read.data, read.rank, known, owners)
    if known and result.rank == 0 and result.data.dim() == 0:
        with untraced():
            return result.data.item()
    return result


def _gather(array: Batch, indices: Sequence[int | range | Batch], guard: Batch | None) -> Batch:
    """First what is the same in every round (slices, views), then one gather for the rest."""
    data, rank = array.data, array.rank
    axis = data.dim() - rank
    gathers: list[tuple[int, Batch]] = []
    for where in indices:
        extent = data.shape[axis]
        if isinstance(where, Batch) and where.known and where.rank == 0 and where.data.dim() == 0:
            where = int(where.data.item())
        if isinstance(where, range):
            check_range(where, extent)
            data = data.narrow(axis, where.start, len(where)) if where else data.narrow(axis, 0, 0)
            axis += 1
        elif isinstance(where, int):
            if not 0 <= where < extent:
                raise index_outside(where, extent)
            data = data.select(axis, where)
            gathers = [(before + 1, which) for before, which in gathers]  # counted from the end
            rank -= 1
        elif (
            guard is None
            and not gathers
            and (run := consecutive(where)) is not None
            and _vacant(data, rank, run[1])
        ):
            start, level = run
            count = where.data.numel()
            check_range(range(start, start + count), extent)
            behind = data.dim() - axis
            part = data if count == extent else data.narrow(axis, start, count)
            data = _as_rounds(part, axis, data.dim() - rank, level)
            axis = data.dim() - behind + 1
            rank -= 1
        else:
            gathers.append((axis - data.dim(), checked(where, extent, guard)))
            axis += 1
    if not gathers:
        return Batch(data, rank)
    return _vectorised(Batch(data, rank), gathers)


def consecutive(where: Batch) -> tuple[int, int] | None:
    """The first of known indices that go up by one along one batch axis, and that axis' level."""
    shape = where.data.shape
    if not where.known or where.rank or not shape or shape[0] < 2 or where.data.numel() != shape[0]:
        return None
    with untraced():
        flat = where.data.flatten()
        start = int(flat[0].item())
        if bool((flat == torch.arange(start, start + len(flat))).all().item()):
            return start, len(shape) - 1
    return None


def _vacant(data: Tensor, rank: int, level: int) -> bool:
    """Whether the batch has no rounds yet at this level."""
    batch = data.dim() - rank
    return level >= batch or data.shape[batch - 1 - level] == 1


def _as_rounds(data: Tensor, axis: int, batch: int, level: int) -> Tensor:
    """An axis of the array as the rounds of the plate at `level`: a view, no copy.

    This is what a plate does that reads one element in each round, in order.
    """
    first = data.movedim(axis, 0)
    if level >= batch:
        return first.reshape(first.shape[0], *([1] * (level - batch)), *first.shape[1:])
    position = batch - 1 - level
    return first.squeeze(1 + position).movedim(0, position)


def checked(where: Batch, extent: int, guard: Batch | None) -> Batch:
    """Indices known beforehand must be inside the array; under a guard the unused ones are moved there."""
    if guard is not None:
        return Batch(where.data.clamp(0, max(extent - 1, 0)), where.rank, where.known, where.owners)
    if where.known and where.data.numel():
        with untraced():
            for end in (int(where.data.min().item()), int(where.data.max().item())):
                if not 0 <= end < extent:
                    raise index_outside(end, extent)
    return where


def _vectorised(array: Batch, gathers: list[tuple[int, Batch]]) -> Batch:
    """A gather along some axes, the batch axes of array and indices being broadcast.

    gathers: (axis counted from the end, indices). Gathered axes stand first in the result, in place of
    their own; other axes keep their order.
    """
    axes = [axis for axis, _ in gathers]
    rest = [axis for axis in range(-array.rank, 0) if axis not in axes]
    if len(gathers) == 1 and gathers[0][1].rank > 0 and array.data.dim() == array.rank:
        axis, where = gathers[0]
        if where.data.dim() == 1:
            return Batch(array.data.index_select(axis, where.data), array.rank)
    if rest and max(axes) > min(rest):
        if len(gathers) > 1 or gathers[0][1].rank > 0:
            raise CannotVectorise("an array of indices behind a range")
    joint = max(where.rank for _, where in gathers)
    batch_rank = array.data.dim() - array.rank
    batch = list(range(batch_rank))
    order = [*batch, *(array.data.dim() + axis for axis in axes), *(array.data.dim() + axis for axis in rest)]
    data = array.data.permute(order)
    places: list[Tensor] = []
    shapes = [pad(where.data, where.rank, joint) for _, where in gathers]
    if batch_rank == 0:
        places = shapes
    else:
        for position in range(batch_rank):
            extent = data.shape[position]
            behind = batch_rank - position - 1 + joint
            places.append(tensor([0] if extent == 1 else list(range(extent))).reshape(-1, *([1] * behind)))
        places += shapes
    return Batch(data[tuple(places)], joint + len(rest))


def move_batch_to_shape(part: Batch, level: int, extent: int) -> Batch:
    """The rounds of the plate at `level` (0 the outermost) as the first axis of the array.

    The batch axis of a plate is the (level + 1)-th from the right.
    """
    data, rank = part.data, part.rank
    batch = data.dim() - rank
    position = batch - 1 - level
    if position < 0:
        shaped = data.reshape(*data.shape[:batch], 1, *data.shape[batch:])
        return _stretched(Batch(shaped, rank + 1, part.known, part.owners), batch, extent)
    moved = data.unsqueeze(batch).transpose(position, batch)
    return _stretched(Batch(moved, rank + 1, part.known, part.owners), batch, extent)


def _stretched(part: Batch, axis: int, extent: int) -> Batch:
    data = part.data
    if data.shape[axis] != extent:
        data = data.expand(*data.shape[:axis], extent, *data.shape[axis + 1 :])
    while data.dim() > part.rank and data.shape[0] == 1:
        data = data.squeeze(0)
    return Batch(data, part.rank, part.known, part.owners)


def move_shape_to_batch(part: Batch, level: int) -> Batch:
    """The first axis of the array as the rounds of the plate at `level`."""
    data, rank = part.data, part.rank
    batch = data.dim() - rank
    while batch <= level:
        data = data.unsqueeze(0)
        batch += 1
    position = batch - 1 - level
    return Batch(data.transpose(position, batch).squeeze(batch), rank - 1, part.known, part.owners)


__all__ = [
    "check_range",
    "checked",
    "index",
    "is_numeric",
    "move_batch_to_shape",
    "move_shape_to_batch",
    "torch",
]
