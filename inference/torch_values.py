"""Values of the Pyro back end: numbers and arrays as torch tensors that may hold a value per round.

A `Batch` is one number or array of the language, for every element of the loops (plates) and
enumerations around it at once: `data` has the shape [*batch, *shape], the batch axes aligned from
the right, as Pyro aligns plates. What depends on no draw is `known`: such numbers are plain Python
scalars where they are single, and are computed outside any tracing, so that a compiled density holds
them as constants. All other values of the language are those of `pplc.semantics.values`.
"""

# pyright: basic
# torch's stubs leave most operations partly unknown.

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import _disable_current_modes

from pplc.lang.diagnostics import Span
from pplc.semantics.faults import wrong_kind
from pplc.semantics.values import MISSING, Record, Tagged

Any_: TypeAlias = Any
Content: TypeAlias = Any
"""A value of the back end: a `Batch`, or a value of `pplc.semantics.values` with such values inside."""

FLOAT = torch.float64


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A number or array, once per element of the batch.

    data:   [*batch, *shape]; the last `rank` axes are the array's own.
    known:  depends on no draw.
    owners: enumerated draws it depends on, by the names of their sites.
    """

    data: Tensor
    rank: int
    known: bool = False
    owners: frozenset[str] = frozenset()

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of the array itself."""
        return tuple(self.data.shape[self.data.dim() - self.rank :])

    @property
    def batch(self) -> tuple[int, ...]:
        """The extents of the batch."""
        return tuple(self.data.shape[: self.data.dim() - self.rank])

    @property
    def single(self) -> bool:
        """Whether there is one value for all rounds."""
        return all(n == 1 for n in self.batch)


class CannotVectorise(Exception):
    """The rounds of a loop cannot be done at once; they are done one by one instead.

    span: the innermost expression or statement that was being done.
    """

    span: Span | None = None


OTHERWISE = "use `--method importance`, which runs the program as it is"
"""What helps where gradients cannot follow a program."""


class Refused(Exception):
    """A method based on densities cannot run the program; carries the words to say so."""

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help


@contextmanager
def untraced() -> Iterator[None]:
    """Computes at once, even while a density is being traced."""
    with _disable_current_modes(), torch.no_grad():
        yield


def is_number(value: Content) -> bool:
    """Whether the value is a single Python number or truth value."""
    return isinstance(value, bool | int | float | Fraction)


def is_numeric(value: Content) -> bool:
    """Whether the value is a number, or an array of numbers."""
    return isinstance(value, Batch | bool | int | float | Fraction)


def settled(data: Tensor, rank: int, known: bool, owners: frozenset[str] = frozenset()) -> Content:
    """The value with this tensor: a Python scalar if it is known and single."""
    if known and data.dim() == 0 and rank == 0:
        with untraced():
            return data.item()
    return Batch(data, rank, known, owners)


def tensor(value: Any) -> Tensor:
    """A constant tensor of Python numbers, outside any tracing. Reals are float64, ints int64."""
    with untraced():
        return torch.as_tensor(value, dtype=_dtype(value))


def _dtype(value: Any) -> torch.dtype:
    while isinstance(value, list | tuple) and value:
        kinds = {_dtype(item) for item in value}
        for kind in (FLOAT, torch.int64, torch.bool):
            if kind in kinds:
                return kind
    if isinstance(value, bool):
        return torch.bool
    if isinstance(value, int):
        return torch.int64
    return FLOAT


def lift(value: Content) -> Batch:
    """A numeric value as a `Batch`; arrays and lists of numbers are stacked.

    Raises `CannotVectorise` if the value is none of these.
    """
    if isinstance(value, Batch):
        return value
    if isinstance(value, Fraction):
        value = float(value)
    if isinstance(value, bool | int | float):
        return Batch(tensor(value), 0, True)
    if isinstance(value, range):
        with untraced():
            return Batch(torch.arange(value.start, value.stop), 1, True)
    if isinstance(value, tuple):
        stacked = stack(value)
        if stacked is not None:
            return stacked
    raise CannotVectorise(f"{type(value).__name__} is not a number or array of numbers")


def _as_leaves(value: Content, rank: int) -> Any:
    """Nested tuples of Python numbers as nested lists with reals as floats."""
    if isinstance(value, tuple | range):
        return [_as_leaves(item, rank - 1) for item in value]
    return float(value) if isinstance(value, Fraction) else value


def plain_depth(value: Content) -> int:
    """The rank of nested tuples of Python numbers with even extents; -1 for anything else."""
    if is_number(value):
        return 0
    if not isinstance(value, tuple) or not value:
        return -1
    first = plain_depth(value[0])
    if first < 0:
        return -1
    size = len(value[0]) if isinstance(value[0], tuple) else -1
    for item in value:
        if plain_depth(item) != first or (size >= 0 and len(item) != size):
            return -1
    return first + 1


def stack(values: Sequence[Content]) -> Batch | None:
    """An array of the values; None if they are not numeric and of one shape."""
    if not values:
        return Batch(tensor([]), 1, True)
    depth = plain_depth(tuple(values))
    if depth >= 0:
        return Batch(tensor(_as_leaves(tuple(values), depth)), depth, True)
    if not all(is_numeric(v) or isinstance(v, tuple | range) for v in values):
        return None
    try:
        parts = [lift(value) for value in values]
    except CannotVectorise:
        return None
    if len({(part.rank, part.shape) for part in parts}) != 1:
        return None
    return combine(lambda *ts: torch.stack(ts, dim=ts[0].dim() - parts[0].rank), parts, parts[0].rank + 1)


def combine(
    operation: Callable[..., Tensor], parts: Sequence[Batch], rank: int, *, align: bool = True
) -> Batch:
    """Applies an operation of one dtype to batches whose batch axes are broadcast first.

    rank: of the result. If all parts are known, so is the result, and it is computed at once.
    """
    known = all(part.known for part in parts)
    owners = frozenset[str]().union(*(part.owners for part in parts))

    def run() -> Tensor:
        tensors = [part.data for part in parts]
        if align:
            tensors = broadcast_batches(parts)
            dtype = tensors[0].dtype
            for other in tensors[1:]:
                dtype = torch.promote_types(dtype, other.dtype)
            tensors = [t if t.dtype == dtype else t.to(dtype) for t in tensors]
        return operation(*tensors)

    if known:
        with untraced():
            return Batch(run(), rank, True, owners)
    return Batch(run(), rank, False, owners)


def broadcast_batches(parts: Sequence[Batch]) -> list[Tensor]:
    """The tensors expanded to one common batch, each with its own shape."""
    batch = np.broadcast_shapes(*(part.batch for part in parts))
    return [
        part.data if part.batch == tuple(batch) else part.data.expand(*batch, *part.shape) for part in parts
    ]


def aligned(parts: Sequence[Batch]) -> tuple[list[Tensor], int]:
    """The tensors with axes inserted between batch and shape, so that the shapes broadcast.

    Also the rank of the result: NumPy's rules on the shapes, Pyro's on the batches.
    """
    rank = max(part.rank for part in parts)
    return [pad(part.data, part.rank, rank) for part in parts], rank


def pad(data: Tensor, rank: int, wanted: int) -> Tensor:
    """Inserts axes of length 1 before the last `rank`, so that there are `wanted` of them.

    Nothing is done to a tensor without a batch, whose shape broadcasts as it is.
    """
    if rank == wanted or data.dim() == rank:
        return data
    batch = data.shape[: data.dim() - rank]
    return data.reshape(*batch, *([1] * (wanted - rank)), *data.shape[data.dim() - rank :])


def from_value(value: Any) -> Content:
    """A value of the reference semantics (the data) for the back end: even arrays become tensors."""
    match value:
        case Fraction():
            return float(value)
        case tuple() if value:
            if plain_depth(value) > 0:
                return stack(value)
            return tuple(from_value(item) for item in value)
        case Record(names, values):
            return Record(names, tuple(from_value(item) for item in values))
        case Tagged(tag, payload):
            return Tagged(tag, tuple(from_value(item) for item in payload))
        case _:
            return value


def plain(value: Content) -> Content:
    """A known value as the reference semantics has it; refused if it is random."""
    match value:
        case Batch():
            if not value.known:
                raise Refused(
                    "E0547", "a number that depends on a draw stands where a known one is needed", OTHERWISE
                )
            if not value.single:
                raise CannotVectorise("a value that differs between rounds")
            with untraced():
                return _nested(value.data.reshape(value.shape).tolist())
        case tuple():
            return tuple(plain(item) for item in value)
        case _:
            return value


def _nested(value: object) -> Content:
    return tuple(_nested(item) for item in value) if isinstance(value, list) else value


def has_missing(value: Content) -> bool:
    """Whether an array has entries that are missing."""
    return value is MISSING or (isinstance(value, tuple) and any(has_missing(item) for item in value))


def truth(value: Content) -> bool | None:
    """A truth value that is the same in every round and known; None if it is not."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Batch) and value.known:
        with untraced():
            if bool(value.data.all()):
                return True
            if not bool(value.data.any()):
                return False
    return None


def integer(value: Content) -> int:
    """A known int; raises `CannotVectorise` if it differs between rounds, `Refused` if it is random."""
    if isinstance(value, bool) or not isinstance(value, int):
        if isinstance(value, Batch) and value.rank == 0 and not value.data.dtype.is_floating_point:
            if value.known:
                raise CannotVectorise("an index that differs between rounds")
            raise Refused("E0547", "the shape of the run depends on a random number", OTHERWISE)
        raise wrong_kind("[]", "an int", ())
    return value
