"""Runs recorded tensor operations with all memory laid out beforehand.

Shapes never change between calls, so every result has a buffer of its own, views of buffers are made
once, and a call is a list of numpy functions with outputs. For the small arrays of most models what
counts is the time between operations; numpy needs the least. Functions that numpy lacks, and
transcendental ones of long arrays, are torch's.
"""

# pyright: basic
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from pplc.inference.torch_trace import Operation, Ref, Tape

Step: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...]]

MOST_BYTES = 1 << 28
"""Buffers of one schedule; a computation that needs more is left to torch's own memory."""
FEW = 8
"""Arrays up to which numpy puts them together one by one faster than torch does at once."""
LONG = 4096
"""Entries from which torch's vectorised exponentials are faster than numpy's."""


class TooLarge(Exception):
    """The buffers would take too much memory."""


@contextmanager
def quietly() -> Generator[None]:
    """Numbers that are not finite are no news, and torch keeps no record."""
    with torch.no_grad(), np.errstate(all="ignore"):
        yield


class Schedule:
    """A tape with its buffers; the results of a call are overwritten by the next."""

    def __init__(self, tape: Tape, example: Tensor) -> None:
        self.steps: list[Step] = []
        self.values: list[Any] = [None] * tape.slots
        self.bytes = 0
        self.input = example.clone()
        self.values[0] = self.input
        for operation in tape.operations:
            self._add(operation)
        self.outputs = tuple(self._load(o).numpy() for o in tape.outputs)
        self._into = self.input.numpy()

    def __call__(self, u: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
        """Runs all operations on an input of the example's shape, inside the caller's `quietly`."""
        np.copyto(self._into, u)
        for function, args in self.steps:
            function(*args)
        return self.outputs

    def _load(self, item: Any) -> Any:
        if isinstance(item, Ref):
            return self.values[item.slot]
        if isinstance(item, list | tuple):
            return [self._load(i) for i in item]
        return item

    def _add(self, operation: Operation) -> None:
        args = [self._load(a) for a in operation.args]
        kwargs = {k: self._load(v) for k, v in operation.kwargs.items()}
        result = operation.function(*args, **kwargs)
        results = (result,) if operation.single else tuple(result)
        sources = {_storage(a) for a in _tensors(args)}
        if operation.single and _storage(result) in sources:
            self.values[operation.outs[0]] = result  # a view, which stays valid
            return
        if not operation.single and all(_storage(each) in sources for each in results):
            for slot, each in zip(operation.outs, results, strict=True):  # views, as of `unbind`
                if slot >= 0:
                    self.values[slot] = each
            return
        for slot, each in zip(operation.outs, results, strict=True):
            if slot >= 0:
                self.values[slot] = each.contiguous()
                self.bytes += each.numel() * each.element_size()
        if self.bytes > MOST_BYTES:
            raise TooLarge
        name = operation.function._schema.name.split("::")[-1]  # noqa: SLF001
        maker = MAKERS.get(name)
        steps = None
        if maker is not None and operation.single:
            steps = maker(args, kwargs, self.values[operation.outs[0]])
        if steps is None:
            buffers = [self.values[slot] if slot >= 0 else None for slot in operation.outs]
            steps = [_general(operation.function, args, kwargs, buffers, operation.single)]
        self.steps.extend(steps)


def _storage(value: Any) -> int:
    return value.untyped_storage().data_ptr() if isinstance(value, Tensor) else 0


def _tensors(args: Any) -> list[Tensor]:
    found: list[Tensor] = []
    tree_map(lambda a: found.append(a) if isinstance(a, Tensor) else None, args)
    return found


def _general(function: Any, args: Any, kwargs: Any, buffers: list[Any], single: bool) -> Step:
    """Any operation, by torch, copied into its buffers."""

    def run() -> None:
        result = function(*args, **kwargs)
        for buffer, each in zip(buffers, (result,) if single else result, strict=True):
            if buffer is not None:
                buffer.copy_(each)

    return run, ()


# ------------------------------------------------------------------ operations in numpy

Maker: TypeAlias = Callable[[list[Any], dict[str, Any], Tensor], "list[Step] | None"]


def _array(value: Any) -> Any:
    return value.numpy() if isinstance(value, Tensor) else value


def _same_kind(out: Tensor, *args: Any) -> bool:
    """Whether numpy may compute in the dtype of the result."""
    for arg in args:
        if isinstance(arg, Tensor) and arg.dtype != out.dtype:
            return False
        if isinstance(arg, complex) or not isinstance(arg, Tensor | bool | int | float):
            return False
    return True


def _ufunc(function: Callable[..., Any]) -> Maker:
    def make(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
        if kwargs or not _same_kind(out, *args):
            return None
        return [(function, (*map(_array, args), out.numpy()))]

    return make


def _extreme(function: Callable[..., Any]) -> Maker:
    """numpy wants the output of these two by name."""

    def make(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
        if kwargs or not _same_kind(out, *args):
            return None
        return [(partial(function, *map(_array, args), out=out.numpy()), ())]

    return make


def _compare(function: Callable[..., Any]) -> Maker:
    def make(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
        if kwargs or out.dtype != torch.bool:
            return None
        return [(function, (*map(_array, args), out.numpy()))]

    return make


def _transcendental(function: Callable[..., Any], long: Callable[..., Any]) -> Maker:
    def make(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
        if kwargs or len(args) != 1 or not _same_kind(out, *args) or not out.dtype.is_floating_point:
            return None
        if out.numel() >= LONG:
            return [(lambda: long(args[0], out=out), ())]
        return [(function, (_array(args[0]), out.numpy()))]

    return make


def _power(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
    if kwargs or not _same_kind(out, *args):
        return None
    if not isinstance(args[1], Tensor) and args[1] == 2:
        return [(np.square, (_array(args[0]), out.numpy()))]
    if not isinstance(args[1], Tensor) and args[1] == 1:
        return [(np.copyto, (out.numpy(), _array(args[0])))]
    return [(np.power, (_array(args[0]), _array(args[1]), out.numpy()))]


def _sum(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
    if kwargs or not _same_kind(out, args[0]) or len(args) < 2:
        return None
    source = _array(args[0])
    axes = tuple(a % source.ndim for a in args[1]) if source.ndim else ()
    keep = bool(args[2]) if len(args) > 2 else False
    return [(np.add.reduce, (source, axes or None, None, out.numpy(), keep))]


def _copy(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:  # noqa: ARG001
    return [(np.copyto, (out.numpy(), _array(args[0]), "unsafe"))]


def _where(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
    if kwargs or len(args) != 3 or not _same_kind(out, *args[1:]):
        return None
    test, yes, no = map(_array, args)
    target = out.numpy()
    return [(np.copyto, (target, no)), (np.copyto, (target, yes, "no", test))]


def _into_part(part: Callable[[Tensor, list[Any]], Tensor]) -> Maker:
    """A gradient that is zero but for a part, which is overwritten in every call."""

    def make(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
        if kwargs:
            return None
        out.zero_()
        return [(np.copyto, (part(out, args).numpy(), _array(args[0])))]

    return make


def _stack(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
    tensors, dim = [*args, 0][:2]
    return _beside(tensors, kwargs, out, lambda: out.unbind(dim))


def _cat(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
    tensors, dim = [*args, 0][:2]
    if any(tensor.dim() != out.dim() for tensor in tensors):
        return None
    return _beside(tensors, kwargs, out, lambda: out.split([t.shape[dim] for t in tensors], dim))


def _beside(
    tensors: Sequence[Tensor], kwargs: dict[str, Any], out: Tensor, parts: Callable[[], Sequence[Tensor]]
) -> list[Step] | None:
    """Arrays side by side, each copied to its part of the result."""
    if kwargs or len(tensors) > FEW or not _same_kind(out, *tensors):
        return None
    return [(np.copyto, (part.numpy(), _array(t))) for part, t in zip(parts(), tensors, strict=True)]


def _slice(out: Tensor, args: list[Any]) -> Tensor:
    _, _, dim, start, end, step = args
    return torch.ops.aten.slice.Tensor(out, dim, start, end, step)


def _select(out: Tensor, args: list[Any]) -> Tensor:
    _, _, dim, index = args
    return out.select(dim, index)


def _matmul(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
    """By torch, which keeps to one thread here; numpy's library would start its own."""
    if kwargs or not _same_kind(out, *args):
        return None
    return [(partial(torch.matmul, *args, out=out), ())]


def _clamp(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
    bounds = [*args[1:], None, None][:2]
    if kwargs or not _same_kind(out, args[0]) or any(isinstance(b, Tensor) for b in bounds):
        return None
    low, high = bounds
    target = out.numpy()
    steps: list[Step] = []
    if low is not None:
        steps.append((partial(np.maximum, _array(args[0]), low, out=target), ()))
    if high is not None:
        steps.append(
            (partial(np.minimum, target if low is not None else _array(args[0]), high, out=target), ())
        )
    return steps


def _logsumexp(args: list[Any], kwargs: dict[str, Any], out: Tensor) -> list[Step] | None:
    if kwargs:
        return None
    source, dims, *keep = args
    if len(dims) == 1 and source.numel() < LONG and source.dtype == out.dtype:
        # One function of numpy takes less time than torch's call, though more per entry.
        along = dims[0] % source.dim()
        return [(np.logaddexp.reduce, (source.numpy(), along, None, out.numpy(), bool(keep and keep[0])))]
    return [(lambda: torch.logsumexp(source, dims, bool(keep and keep[0]), out=out), ())]


MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "add": _ufunc(np.add),
        "sub": _ufunc(np.subtract),
        "mul": _ufunc(np.multiply),
        "div": _ufunc(np.divide),
        "neg": _ufunc(np.negative),
        "reciprocal": _ufunc(np.reciprocal),
        "sqrt": _ufunc(np.sqrt),
        "square": _ufunc(np.square),
        "maximum": _extreme(np.maximum),
        "minimum": _extreme(np.minimum),
        "sign": _ufunc(np.sign),
        "abs": _ufunc(np.absolute),
        "gt": _compare(np.greater),
        "ge": _compare(np.greater_equal),
        "lt": _compare(np.less),
        "le": _compare(np.less_equal),
        "eq": _compare(np.equal),
        "ne": _compare(np.not_equal),
        "logical_and": _compare(np.logical_and),
        "logical_not": _compare(np.logical_not),
        "bitwise_and": _compare(np.logical_and),
        "exp": _transcendental(np.exp, torch.exp),
        "log": _transcendental(np.log, torch.log),
        "log1p": _transcendental(np.log1p, torch.log1p),
        "expm1": _transcendental(np.expm1, torch.expm1),
        "tanh": _transcendental(np.tanh, torch.tanh),
        "sin": _transcendental(np.sin, torch.sin),
        "cos": _transcendental(np.cos, torch.cos),
        "pow": _power,
        "sum": _sum,
        "clone": _copy,
        "_to_copy": _copy,
        "copy": _copy,
        "_reshape_copy": _into_part(lambda out, args: out.view(args[0].shape)),
        "where": _where,
        "slice_backward": _into_part(_slice),
        "select_backward": _into_part(_select),
        "mm": _matmul,
        "bmm": _matmul,
        "clamp": _clamp,
        "logsumexp": _logsumexp,
        "stack": _stack,
        "cat": _cat,
    }
)
"""By torch's name: the steps that compute an operation into its buffer; None where numpy would differ."""
