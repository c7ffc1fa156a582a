"""Records the tensor operations of a computation, as a straight list that can be run again.

What does not depend on the input is computed while recording and becomes a constant. (torch's own
tracer gives the same list, but spends a millisecond on each operation.)
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map


class Untraceable(Exception):
    """The computation depends on its input in a way that a list of operations cannot say."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The result of an earlier operation, or the input."""

    slot: int


@dataclass(frozen=True, slots=True)
class Operation:
    """Applies a function to constants and earlier results; `outs` are the slots of its results."""

    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outs: tuple[int, ...]
    single: bool


_BLANK = ("zeros_like", "ones_like", "new_zeros", "new_ones", "new_full", "full_like", "new_empty")
"""Operations whose results do not depend on the entries of their argument."""
_ASKS = ("_local_scalar_dense", "item", "nonzero", "is_nonzero", "equal", "masked_select", "unique")
_RANDOM = ("rand", "bernoulli", "normal", "uniform", "multinomial", "poisson", "exponential_")


class Recorder(TorchDispatchMode):
    """Records every operation that touches the input or what came from it."""

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[Operation] = []
        self.slots: dict[int, int] = {}
        self.alive: list[Any] = list(inputs)
        self.count = 0
        for each in inputs:
            self._track(each)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: torch would load its compiler, for more than a second, only to keep it out of here."""
        return False

    def _track(self, value: Tensor) -> int:
        slot = self.count
        self.count += 1
        self.slots[id(value)] = slot
        self.alive.append(value)
        return slot

    def ref(self, value: Any) -> Any:
        """The value as it stands in an operation."""
        if isinstance(value, Tensor):
            slot = self.slots.get(id(value))
            if slot is not None:
                return Ref(slot)
            self.alive.append(value)
        return value

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        flat, _ = tree_flatten((args, kwargs))
        tracked = any(isinstance(x, Tensor) and id(x) in self.slots for x in flat)
        if not tracked:
            return func(*args, **kwargs)
        name = func._schema.name.split("::")[-1]  # noqa: SLF001
        if name in _ASKS:
            raise Untraceable(f"`{name}` of a value that depends on a draw")
        if name in _BLANK:
            blank = func(*args, **kwargs)
            self.alive.append(blank)
            return blank
        if func._schema.is_mutable:  # noqa: SLF001
            return self._in_place(func, name, args, kwargs)
        result = func(*args, **kwargs)
        if result is None:
            return None  # a check that raises, such as that of a matrix for being singular
        self._record(func, args, kwargs, result)
        return result

    def _record(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        single = isinstance(result, Tensor)
        results = (result,) if single else tuple(result)
        given = tree_map(self.ref, args)
        named = tree_map(self.ref, kwargs)
        outs = tuple(self._track(r) if isinstance(r, Tensor) else -1 for r in results)
        self.operations.append(Operation(func, tuple(given), dict(named), outs, single))

    def _in_place(self, func: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An operation on its whole first argument becomes one with a new result."""
        plain = getattr(torch.ops.aten, name.rstrip("_"), None)
        overload = func._schema.overload_name or "default"  # noqa: SLF001
        target = args[0]
        if plain is None or not hasattr(plain, overload) or target._is_view():  # noqa: SLF001
            raise Untraceable(f"`{name}` changes a tensor in place")
        functional = getattr(plain, overload)
        given = tree_map(self.ref, args)
        named = tree_map(self.ref, kwargs)
        func(*args, **kwargs)
        slot = self._track(target)
        self.operations.append(Operation(functional, tuple(given), dict(named), (slot,), True))
        return target


@dataclass(frozen=True, slots=True)
class Tape:
    """A recorded computation. outputs: references or constants."""

    operations: tuple[Operation, ...]
    inputs: int
    outputs: tuple[Any, ...]
    slots: int

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Runs it."""
        values: list[Any] = [None] * self.slots
        values[: self.inputs] = inputs

        def load(item: Any) -> Any:
            if isinstance(item, Ref):
                return values[item.slot]
            if isinstance(item, list | tuple):
                return [load(i) for i in item]
            return item

        for operation in self.operations:
            args = [load(a) for a in operation.args]
            kwargs = {k: load(v) for k, v in operation.kwargs.items()}
            result = operation.function(*args, **kwargs)
            if operation.single:
                values[operation.outs[0]] = result
            else:
                for slot, each in zip(operation.outs, result, strict=True):
                    if slot >= 0:
                        values[slot] = each
        return tuple(load(o) for o in self.outputs)


def record(function: Callable[..., Sequence[Tensor]], *inputs: Tensor) -> Tape:
    """The operations of a function at given inputs; raises `Untraceable` if they depend on the values."""
    recorder = Recorder(inputs)
    with recorder:
        results = function(*inputs)
    outputs = tuple(recorder.ref(r) for r in results)
    tape = Tape(tuple(recorder.operations), len(inputs), outputs, recorder.count)
    return simplified(tape)


def simplified(tape: Tape) -> Tape:
    """The same computation without repeats and without what nothing reads."""
    same: dict[int, int] = {}
    seen: dict[Any, Operation] = {}
    kept: list[Operation] = []

    def renamed(item: Any) -> Any:
        if isinstance(item, Ref):
            return Ref(same.get(item.slot, item.slot))
        if isinstance(item, list | tuple):
            return type(item)(renamed(i) for i in item)
        return item

    for operation in tape.operations:
        args = renamed(operation.args)
        kwargs = {k: renamed(v) for k, v in operation.kwargs.items()}
        name = operation.function._schema.name  # noqa: SLF001
        if name == "aten::detach":
            same[operation.outs[0]] = args[0].slot
            continue
        if name == "aten::pow" and isinstance(args[0], Ref) and args[1] == 1:  # as the slope of a square has
            same[operation.outs[0]] = args[0].slot
            continue
        new = Operation(operation.function, args, kwargs, operation.outs, operation.single)
        key = _key(new)
        if any(r in name for r in _RANDOM) or key not in seen:
            seen[key] = new
            kept.append(new)
        else:
            same.update(zip(operation.outs, seen[key].outs, strict=True))
    outputs = renamed(tape.outputs)
    needed = {o.slot for o in outputs if isinstance(o, Ref)}
    live: list[Operation] = []
    for operation in reversed(kept):
        if needed.intersection(operation.outs):
            live.append(operation)
            flat, _ = tree_flatten((operation.args, operation.kwargs))
            needed.update(item.slot for item in flat if isinstance(item, Ref))
    return Tape(tuple(reversed(live)), tape.inputs, outputs, tape.slots)


def _key(operation: Operation) -> Any:
    def hashable(item: Any) -> Any:
        if isinstance(item, Ref):
            return ("ref", item.slot)
        if isinstance(item, Tensor):
            return ("tensor", id(item))
        if isinstance(item, list | tuple):
            return tuple(hashable(i) for i in item)
        return (type(item).__name__, str(item))

    named = tuple((k, hashable(v)) for k, v in sorted(operation.kwargs.items()))
    return (str(operation.function), hashable(operation.args), named)
