"""Functions given from Python, on tensors: for every round at once where they can, else round by round.

A function is written for one value. Most that are made of tensor operations, torch modules above all, take
leading axes as well; whether this one does is found by trying it on the first values it meets.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pplc.inference.torch_combine import known_value
from pplc.inference.torch_plan import Plan
from pplc.inference.torch_primitives import frozen
from pplc.inference.torch_trace import Untraceable
from pplc.inference.torch_values import (
    Batch,
    Content,
    Refused,
    from_value,
    is_numeric,
    lift,
    settled,
    untraced,
)
from pplc.lang import typesys
from pplc.lang.typesys import Type
from pplc.semantics.faults import failed, wrong_result
from pplc.semantics.values import ForeignFunction, Record

Asked = tuple[Any, ...]

CLOSE = 1e-5
"""How far apart, relative to the largest, rounding may bring one value and many: modules have 24 bits."""


def called(function: ForeignFunction, arguments: Sequence[Content], plan: Plan) -> Content:
    """The value of the function; the plan remembers which functions take all rounds at once."""
    given = [frozen(argument) for argument in arguments]
    leaves = [leaf for argument in given for leaf in _leaves(argument)]
    batch = tuple(np.broadcast_shapes(*(leaf.batch for leaf in leaves))) if leaves else ()
    known = all(leaf.known for leaf in leaves)
    if known and all(extent == 1 for extent in batch):
        return from_value(function.call(tuple(known_value(argument) for argument in given)))
    if known:
        with untraced():
            result = _over(function, given, batch, plan.at_once)
    else:
        try:
            result = _over(function, given, batch, plan.at_once)
        except Untraceable:
            plan.alone = True
            raise
        if any(leaf.data.requires_grad for leaf in leaves):
            _depends(function, function.kind.result, result)
    owners = frozenset[str]().union(*(leaf.owners for leaf in leaves))
    return _content(function.kind.result, result, known, owners)


def inputs(python: Callable[..., object], given: Sequence[Any]) -> list[Any]:
    """Numbers and arrays as tensors, reals of the type that a module computes with."""
    dtype = torch.float64
    if isinstance(python, torch.nn.Module):
        dtype = next((p.dtype for p in python.parameters() if p.is_floating_point()), dtype)
    found: list[Any] = []
    for value in given:
        if isinstance(value, Tensor) or is_numeric(value) or hasattr(value, "__array__"):
            value = torch.as_tensor(value)
            value = value.to(dtype) if value.is_floating_point() else value
        found.append(value)
    return found


# ------------------------------------------------------------------ arguments


def _leaves(content: Content) -> list[Batch]:
    if is_numeric(content):
        return [lift(content)]
    match content:
        case tuple():
            return [leaf for part in content for leaf in _leaves(part)]
        case Record(_, values):
            return [leaf for part in values for leaf in _leaves(part)]
        case _:
            return []


def _given(content: Content, each: Callable[[Batch], Tensor], kind: Type) -> Any:
    """An argument with tensors in it."""
    match kind, content:
        case typesys.Tuple(kinds), tuple():
            return tuple(_given(part, each, k) for part, k in zip(content, kinds, strict=True))
        case typesys.Record(fields), Record():
            return {name: _given(content[name], each, k) for name, k in fields}
        case typesys.List(element), tuple():
            return [_given(part, each, element) for part in content]
        case _:
            return each(lift(content)) if is_numeric(content) or isinstance(content, tuple) else content


def _asked(function: ForeignFunction, given: Sequence[Content], each: Callable[[Batch], Tensor]) -> Any:
    kinds = function.kind.parameters
    python = function.python
    try:
        return python(*inputs(python, [_given(c, each, k) for c, k in zip(given, kinds, strict=True)]))
    except Untraceable:
        raise
    except Exception as error:  # whatever a function of the user's may raise
        raise failed(function.name, error) from error


# ------------------------------------------------------------------ rounds


def _over(
    function: ForeignFunction, given: Sequence[Content], batch: tuple[int, ...], at_once: dict[Asked, bool]
) -> Any:
    """The results, with the axes of the batch in front: tensors, or nested tuples of them."""
    count = 1
    for extent in batch:
        count *= extent

    def whole(leaf: Batch) -> Tensor:
        return leaf.data.expand((*batch, *leaf.shape))

    def one(k: int) -> Any:
        value = _asked(function, given, lambda leaf: whole(leaf).reshape((count, *leaf.shape))[k])
        return _checked(function, function.kind.result, value, ())

    def by_one() -> Any:
        return _stacked([one(k) for k in range(count)], batch)

    if count == 1:
        return by_one()
    key = (function.name, batch, tuple(leaf.shape for argument in given for leaf in _leaves(argument)))
    if key not in at_once:
        with untraced():
            at_once[key] = _agree(lambda: _asked(function, given, whole), by_one, function, batch)
    if at_once[key]:
        return _checked(function, function.kind.result, _asked(function, given, whole), batch)
    return by_one()


def _agree(
    whole: Callable[[], Any], by_one: Callable[[], Any], function: ForeignFunction, batch: tuple[int, ...]
) -> bool:
    """Whether the function at all rounds at once gives what it gives at each."""
    wanted = _flat(by_one())
    try:
        found = _flat(_checked(function, function.kind.result, whole(), batch))
    except Exception:  # noqa: BLE001 - it was not written for more than one value, and says so in its own way
        return False
    return all(
        torch.allclose(a, b, rtol=CLOSE, atol=CLOSE * float(a.abs().max()), equal_nan=True)
        for a, b in zip(wanted, found, strict=True)
        if a.numel()
    )


def _stacked(values: Sequence[Any], batch: tuple[int, ...]) -> Any:
    if isinstance(values[0], tuple):
        return tuple(_stacked(parts, batch) for parts in zip(*values, strict=True))
    return torch.stack(tuple(values)).reshape((*batch, *values[0].shape))


def _flat(value: Any) -> list[Tensor]:
    return [leaf for part in value for leaf in _flat(part)] if isinstance(value, tuple) else [value]


# ------------------------------------------------------------------ results


def _checked(function: ForeignFunction, kind: Type, value: Any, batch: tuple[int, ...]) -> Any:
    """A result as tensors of the declared type's shape."""
    if isinstance(kind, typesys.Tuple):
        if not isinstance(value, tuple | list) or len(value) != len(kind.items):
            raise wrong_result(function.name, typesys.show(function.kind), "it is no tuple of that length")
        return tuple(_checked(function, k, v, batch) for k, v in zip(kind.items, value, strict=True))
    scalar, sizes = typesys.scalar_of(kind), typesys.shape_of(kind)
    dtypes = {typesys.Int: torch.int64, typesys.Bool: torch.bool, typesys.Real: torch.float64}
    dtype = dtypes.get(type(scalar))
    if dtype is None or isinstance(kind, typesys.List):
        raise Refused("E0551", f"`{function.name}` gives `{typesys.show(kind)}`, which no tensor can hold")
    try:
        data = value if isinstance(value, Tensor) else torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        found = f"it is a Python `{type(value).__name__}`"
        raise wrong_result(function.name, typesys.show(function.kind), found) from None
    shape = tuple(data.shape)
    wanted = tuple(_extent(size, function) for size in sizes)
    own = shape[len(batch) :]
    if (
        shape[: len(batch)] != batch
        or len(own) != len(wanted)
        or any(w not in (None, n) for w, n in zip(wanted, own, strict=True))
        or (data.is_floating_point() and not dtype.is_floating_point)
    ):
        found = f"its shape is {list(own)}, its type {data.dtype}"
        raise wrong_result(function.name, typesys.show(function.kind), found)
    return data.to(dtype)


def _extent(size: typesys.Extent, function: ForeignFunction) -> int | None:
    if isinstance(size, typesys.Size) and (not size.name or size.name in function.extents):
        return function.extents.get(size.name, 0) + size.offset
    return None


def _depends(function: ForeignFunction, kind: Type, value: Any) -> None:
    """Refuses reals that have lost the way back to the draws they were computed from."""
    if isinstance(kind, typesys.Tuple):
        for k, part in zip(kind.items, value, strict=True):
            _depends(function, k, part)
    elif value.is_floating_point() and not value.requires_grad and torch.is_grad_enabled():
        raise Refused(
            "E0551",
            f"the result of the Python function `{function.name}` does not follow the draws it is asked at",
            "write it with operations of torch, such as `torch.exp`, or use `--method importance`",
        )


def _content(kind: Type, value: Any, known: bool, owners: frozenset[str]) -> Content:
    if isinstance(kind, typesys.Tuple):
        return tuple(_content(k, part, known, owners) for k, part in zip(kind.items, value, strict=True))
    return settled(value, len(typesys.shape_of(kind)), known, owners)
