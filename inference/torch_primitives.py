"""The primitive operations of Core on the values of the Pyro back end.

Where no argument is a tensor the reference semantics computes, and reports errors; here stands what
torch does. `guard` is the condition of an `if` whose two sides are both evaluated: in the rounds
that do not take the side, functions with a singularity get a harmless argument.
"""

# pyright: basic
# mypy: disable-error-code="no-any-return"
# Some of torch's operators are typed as giving anything.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor

from pplc.inference.torch_elementwise import elementwise, guarded, where
from pplc.inference.torch_growing import TorchGrowing
from pplc.inference.torch_index import index
from pplc.inference.torch_linear import (
    Guard,
    Operation,
    cholesky,
    diag,
    exp_quad,
    kernel,
    matern32,
    matern52,
    matmul,
    on_shape,
    or_nan,
    periodic,
    solve,
)
from pplc.inference.torch_values import (
    FLOAT,
    Batch,
    CannotVectorise,
    Content,
    combine,
    from_value,
    is_numeric,
    lift,
    plain,
    settled,
    stack,
    tensor,
)
from pplc.semantics.faults import wrong_kind
from pplc.semantics.primitives import PRIMITIVES
from pplc.semantics.values import MISSING, Record, Tagged

Static: TypeAlias = tuple[str | int, ...]

LEAST = -1e308
"""About the least finite number."""


def primitive(op: str, static: Static, guard: Guard, args: Sequence[Content]) -> Content:
    """The value of a primitive operation."""
    if op in STRUCTURE:
        return STRUCTURE[op](static, guard, *args)
    if not any(has_tensor(arg) for arg in args):
        return from_value(PRIMITIVES[op](static, False, *args))
    args = [frozen(arg) for arg in args]
    if op in NUMERIC:
        result = NUMERIC[op](guard, *args)
    elif op in LISTS:
        return LISTS[op](*args)
    else:
        return from_value(PRIMITIVES[op](static, False, *[plain(arg) for arg in args]))
    return (
        settled(result.data, result.rank, result.known, result.owners)
        if isinstance(result, Batch)
        else result
    )


def frozen(value: Content) -> Content:
    """An array that was defined element by element as an ordinary one."""
    return value.freeze() if isinstance(value, TorchGrowing) else value


def has_tensor(value: Content) -> bool:
    """Whether a tensor is somewhere in the value."""
    match value:
        case Batch() | TorchGrowing():
            return True
        case tuple():
            return any(has_tensor(item) for item in value)
        case Record(_, values):
            return any(has_tensor(item) for item in values)
        case Tagged(_, payload):
            return any(has_tensor(item) for item in payload)
        case _:
            return False


# ------------------------------------------------------------------ elementwise


def _unary(
    operation: Callable[[Tensor], Tensor], safe: float | None = None, *, real: bool = True
) -> Operation:
    def apply(guard: Guard, x: Content) -> Content:
        return elementwise(operation, x if safe is None else guarded(guard, x, safe), real=real)

    return apply


def _binary(operation: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    def apply(guard: Guard, a: Content, b: Content) -> Content:  # noqa: ARG001
        return elementwise(operation, a, b)

    return apply


def _div(guard: Guard, a: Content, b: Content) -> Content:
    return elementwise(torch.div, a, guarded(guard, b, 1), real=True)


def _floordiv(guard: Guard, a: Content, b: Content) -> Content:
    return elementwise(torch.floor_divide, a, guarded(guard, b, 1))


def _mod(guard: Guard, a: Content, b: Content) -> Content:
    return elementwise(torch.remainder, a, guarded(guard, b, 1))


def _pow(guard: Guard, a: Content, b: Content) -> Content:
    if isinstance(b, int) and not isinstance(b, bool) and b >= 0:
        return elementwise(lambda x: torch.pow(x, b), a)
    if isinstance(b, float) and b == 2:
        return elementwise(torch.square, a, real=True)
    if isinstance(b, int | float):
        return elementwise(lambda x: torch.pow(x, float(b)), guarded(guard, a, 1), real=True)
    return elementwise(torch.pow, guarded(guard, a, 1), b, real=True)


def _equal(guard: Guard, a: Content, b: Content) -> Content:  # noqa: ARG001
    if not (is_numeric(a) or isinstance(a, tuple)) or not (is_numeric(b) or isinstance(b, tuple)):
        raise CannotVectorise("a comparison of values that are not numbers")
    left, right = lift(a), lift(b)
    if left.rank != right.rank or left.shape != right.shape:
        if left.rank and right.rank:
            return False
    test = elementwise(torch.eq, left, right)
    return _reduced(test, lambda t, dims: t.all(dims[0]) if len(dims) == 1 else t.flatten(dims[0]).all(-1))


def _unequal(guard: Guard, a: Content, b: Content) -> Content:
    same = _equal(guard, a, b)
    return elementwise(torch.logical_not, same) if isinstance(same, Batch) else not same


def _beta(guard: Guard, a: Content, b: Content) -> Content:  # noqa: ARG001
    return elementwise(
        lambda x, y: torch.exp(torch.lgamma(x) + torch.lgamma(y) - torch.lgamma(x + y)), a, b, real=True
    )


def _choose(guard: Guard, n: Content, k: Content) -> Content:  # noqa: ARG001
    def count(x: Tensor, y: Tensor) -> Tensor:
        value = torch.exp(torch.lgamma(x + 1) - torch.lgamma(y + 1) - torch.lgamma(x - y + 1))
        return torch.where((y >= 0) & (y <= x), torch.round(value), torch.zeros_like(value)).to(torch.int64)

    return elementwise(count, n, k, real=True)


def _to_int(guard: Guard, x: Content) -> Content:  # noqa: ARG001
    return elementwise(lambda t: t.to(torch.int64), x)


def _sign_safe_abs(t: Tensor) -> Tensor:
    return torch.abs(t)


# ------------------------------------------------------------------ reductions


def _reduced(part: Batch, operation: Callable[[Tensor, list[int]], Tensor]) -> Batch:
    """One number per round from all entries of the array."""
    if part.rank == 0:
        part = Batch(part.data.unsqueeze(-1), 1, part.known, part.owners)
    dims = list(range(-part.rank, 0))
    return combine(lambda t: operation(t, dims), [part], 0)


def _entries(t: Tensor, dims: list[int]) -> Tensor:
    """All entries of the array on one last axis."""
    return t if len(dims) == 1 else t.flatten(dims[0])


def _reduction(operation: Callable[[Tensor], Tensor]) -> Operation:
    def apply(guard: Guard, *xs: Content) -> Content:  # noqa: ARG001
        return _reduced(_joined(xs), lambda t, dims: operation(_entries(t, dims)))

    return apply


def _joined(xs: Sequence[Content]) -> Batch:
    if len(xs) == 1:
        return lift(xs[0])
    parts = [elementwise(lambda a, b: torch.stack(torch.broadcast_tensors(a, b), -1), xs[0], xs[1])]
    (part,) = parts
    return Batch(part.data, part.rank + 1, part.known, part.owners)


def _sum(guard: Guard, xs: Content) -> Content:  # noqa: ARG001
    return _reduced(lift(xs), lambda t, dims: t.sum(dims))


def _mean(guard: Guard, xs: Content) -> Content:  # noqa: ARG001
    return _reduced(lift(xs), lambda t, dims: t.to(FLOAT).mean(dims))


def _least(guard: Guard, *xs: Content) -> Content:
    if len(xs) == 2:
        return elementwise(_pairwise(torch.minimum), *xs)
    return _reduction(lambda t: t.amin(-1))(guard, *xs)


def _greatest(guard: Guard, *xs: Content) -> Content:
    if len(xs) == 2:
        return elementwise(_pairwise(torch.maximum), *xs)
    return _reduction(lambda t: t.amax(-1))(guard, *xs)


def _pairwise(operation: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    def apply(a: Tensor, b: Tensor) -> Tensor:
        dtype = torch.promote_types(a.dtype, b.dtype)
        return operation(a.to(dtype), b.to(dtype))

    return apply


def _log_sum_exp(guard: Guard, *xs: Content) -> Content:  # noqa: ARG001
    if len(xs) == 2:
        return elementwise(torch.logaddexp, *xs, real=True)
    part = lift(xs[0])
    if part.rank == 1:
        return _reduced(part, lambda t, _: cast("Any", LogSum).apply(t.to(FLOAT)))
    return _reduced(part, lambda t, dims: torch.logsumexp(t.to(FLOAT), dims))


class LogSum(torch.autograd.Function):
    """`log_sum_exp` over the last axis; where all entries are minus infinity its slopes are 0, not NaN.

    In a chain with impossible transitions some states cannot be reached; they weigh nothing.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(weights: Tensor) -> Tensor:
        """The sum."""
        return torch.logsumexp(weights, -1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """Keeps what the slopes are made of."""
        ctx.save_for_backward(inputs[0], output)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """The shares of the entries in the sum."""
        weights, total = ctx.saved_tensors
        shares = torch.exp(weights - total.clamp(min=LEAST).unsqueeze(-1))
        return shares * gradient.unsqueeze(-1)


NUMERIC: Mapping[str, Operation] = MappingProxyType(
    {
        "add": _binary(torch.add),
        "sub": _binary(torch.sub),
        "mul": _binary(torch.mul),
        "div": _div,
        "floordiv": _floordiv,
        "mod": _mod,
        "pow": _pow,
        "matmul": matmul,
        "neg": _unary(torch.neg, real=False),
        "not": _unary(torch.logical_not, real=False),
        "eq": _equal,
        "ne": _unequal,
        "lt": _binary(torch.lt),
        "le": _binary(torch.le),
        "gt": _binary(torch.gt),
        "ge": _binary(torch.ge),
        "exp": _unary(torch.exp, 0),
        "log": _unary(torch.log, 1),
        "log1p": _unary(torch.log1p, 0),
        "expm1": _unary(torch.expm1, 0),
        "sqrt": _unary(torch.sqrt, 1),
        "abs": _unary(_sign_safe_abs, real=False),
        "floor": _unary(lambda t: torch.floor(t).to(torch.int64)),
        "ceil": _unary(lambda t: torch.ceil(t).to(torch.int64)),
        "round": _unary(lambda t: torch.round(t).to(torch.int64)),
        "sin": _unary(torch.sin),
        "cos": _unary(torch.cos),
        "tan": _unary(torch.tan),
        "atan": _unary(torch.atan),
        "tanh": _unary(torch.tanh),
        "sigmoid": _unary(torch.sigmoid),
        "logit": _unary(lambda t: torch.log(t) - torch.log1p(-t), 0.5),
        "erf": _unary(torch.erf),
        "lgamma": _unary(torch.lgamma, 1),
        "beta": _beta,
        "choose": _choose,
        "int": _to_int,
        "real": _unary(lambda t: t),
        "min": _least,
        "max": _greatest,
        "sum": _sum,
        "prod": _reduction(lambda t: t.prod(-1)),
        "mean": _mean,
        "variance": _reduction(lambda t: t.to(FLOAT).var(-1)),
        "sd": _reduction(lambda t: t.to(FLOAT).std(-1)),
        "any": _reduction(lambda t: t.any(-1)),
        "all": _reduction(lambda t: t.all(-1)),
        "log_sum_exp": _log_sum_exp,
        "norm": on_shape(0, lambda t: torch.linalg.vector_norm(t, dim=-1)),
        "cumsum": on_shape(1, lambda t: t.cumsum(-1), real=False),
        "sort": on_shape(1, lambda t: t.sort(-1).values, real=False),
        "softmax": on_shape(1, lambda t: torch.softmax(t, -1)),
        "dot": on_shape(0, lambda a, b: (a * b).sum(-1), real=False),
        "outer": on_shape(2, lambda a, b: a.unsqueeze(-1) * b.unsqueeze(-2), real=False),
        "diag": diag,
        "transpose": on_shape(2, lambda t: t.transpose(-1, -2), real=False),
        "inv": on_shape(2, lambda t: or_nan(*torch.linalg.inv_ex(t))),
        "solve": solve,
        "det": on_shape(0, torch.linalg.det),
        "logdet": on_shape(0, lambda t: torch.linalg.slogdet(t).logabsdet),
        "cholesky": on_shape(2, cholesky),
        "gp_exp_quad": kernel(exp_quad),
        "gp_matern32": kernel(matern32),
        "gp_matern52": kernel(matern52),
        "gp_periodic": kernel(periodic, 1),
        "reverse": lambda guard, x: combine(lambda t: t.flip(-lift(x).rank), [lift(x)], lift(x).rank),
    }
)

# ------------------------------------------------------------------ structure


def elements(value: Content) -> Sequence[Content]:
    """The elements along the first axis of an array or list."""
    value = frozen(value)
    if isinstance(value, tuple | range):
        return value
    part = lift(value)
    if part.rank == 0:
        raise wrong_kind("for", "an array or list", ())
    axis = part.data.dim() - part.rank
    return [index(part, (k,)) for k in range(part.data.shape[axis])]


def length(value: Content, axis: int = 0) -> int:
    """The extent of an array along an axis."""
    match value:
        case TorchGrowing():
            return value.length(axis) if axis < value.rank else length(value.freeze(), axis)
        case Batch():
            return value.shape[axis]
        case tuple() if axis > 0:
            return length(value[0], axis - 1) if value else 0
        case _:
            return len(value)


def _list(static: Static, guard: Guard, *items: Content) -> Content:  # noqa: ARG001
    items = tuple(frozen(item) for item in items)
    if any(isinstance(item, Batch) for item in items):
        stacked = stack(items)
        if stacked is not None:
            return stacked
    return items


def _tuple(static: Static, guard: Guard, *items: Content) -> Content:  # noqa: ARG001
    return tuple(frozen(item) for item in items)


def _record(static: Static, guard: Guard, *items: Content) -> Content:  # noqa: ARG001
    return Record(tuple(map(str, static)), tuple(frozen(item) for item in items))


def _construct(static: Static, guard: Guard, *items: Content) -> Content:  # noqa: ARG001
    return Tagged(str(static[0]), tuple(frozen(item) for item in items))


def _index(static: Static, guard: Guard, value: Content, *indices: Content) -> Content:  # noqa: ARG001
    indices = tuple(frozen(i) for i in indices)
    if isinstance(value, TorchGrowing):
        return value.read(indices, guard)
    return index(value, indices, guard)


def _item(static: Static, guard: Guard, value: Content) -> Content:  # noqa: ARG001
    value = frozen(value)
    return index(value, (int(static[0]),)) if isinstance(value, Batch) else value[int(static[0])]


STRUCTURE: Mapping[str, Callable[..., Content]] = MappingProxyType(
    {
        "tuple": _tuple,
        "list": _list,
        "record": _record,
        "field": lambda static, guard, value: value[str(static[0])],
        "construct": _construct,
        "is_tag": lambda static, guard, value: value.tag == static[0],
        "payload": lambda static, guard, value: value.payload[int(static[0])],
        "item": _item,
        "index": _index,
        "len": lambda static, guard, value: length(value),
        "extent": lambda static, guard, value: length(value, int(static[0]) if static else 0),
        "is_missing": lambda static, guard, value: value is MISSING,
        "missing": lambda static, guard: MISSING,
    }
)


def _flatten(lists: Content) -> Content:
    if isinstance(lists, Batch):
        front = lists.data.dim() - lists.rank
        return combine(lambda t: t.flatten(front, front + 1), [lists], lists.rank - 1)
    return _list((), None, *(e for inner in elements(lists) for e in elements(inner)))


LISTS: Mapping[str, Callable[..., Content]] = MappingProxyType(
    {
        "flatten": _flatten,
        "zip": lambda *xs: tuple(zip(*(elements(x) for x in xs), strict=True)),
        "append": lambda xs, x: _list((), None, *elements(xs), x),
        "concat": lambda *xs: _list((), None, *(e for x in xs for e in elements(x))),
    }
)

__all__ = ["elements", "frozen", "has_tensor", "length", "primitive", "tensor", "where"]
