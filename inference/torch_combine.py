"""Values of the evaluator put together: both sides of an `if`, the rounds of a loop, arrays that change."""

# pyright: basic

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pplc.inference.torch_combinators import Iid
from pplc.inference.torch_elementwise import where
from pplc.inference.torch_growing import TorchGrowing
from pplc.inference.torch_index import move_batch_to_shape
from pplc.inference.torch_laws import TorchLaw
from pplc.inference.torch_primitives import elements, frozen, has_tensor
from pplc.inference.torch_spaces import Space, matrix_space
from pplc.inference.torch_values import (
    Batch,
    CannotVectorise,
    Content,
    Refused,
    is_numeric,
    lift,
    plain,
    settled,
    stack,
    tensor,
)
from pplc.lang import core, typesys
from pplc.lang.analysis import statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.evaluate import LocatedFault
from pplc.semantics.faults import index_outside
from pplc.semantics.values import (
    Fault,
    FunctionValue,
    ModelValue,
    Record,
)


def fitted(law: TorchLaw, value: Content) -> TorchLaw:
    """The law of an array of independent values, if the value has more axes than the law."""
    extents: list[int] = []
    while isinstance(value, tuple | range) and value:
        extents.append(len(value))
        value = value[0]
    if isinstance(value, Batch):
        extents.extend(value.shape)
    for extent in reversed(extents[: max(0, len(extents) - law.rank)]):
        law = Iid(law, extent)
    return law


def known_value(value: Content) -> Content:
    """A value for the reference semantics, which cannot hold random numbers."""
    match value:
        case FunctionValue(function, captured):
            return FunctionValue(function, tuple(known_value(c) for c in captured))
        case ModelValue(function, arguments):
            return ModelValue(known_value(function), tuple(known_value(a) for a in arguments))
        case Record(names, values):
            return Record(names, tuple(known_value(v) for v in values))
        case _:
            return plain(frozen(value))


def merged(test: Batch, yes: Content, no: Content) -> Content:
    """The value of an `if` whose sides were both evaluated."""
    if yes is no:
        return yes
    match yes, no:
        case TorchGrowing(), TorchGrowing():
            return yes.merged(no, lambda a, b: merged(test, a, b))
        case Record(names, left), Record(_, right):
            return Record(names, tuple(merged(test, a, b) for a, b in zip(left, right, strict=True)))
        case tuple(), tuple() if len(yes) == len(no):
            return tuple(merged(test, a, b) for a, b in zip(yes, no, strict=True))
        case _ if _array_like(yes) and _array_like(no):
            a, b = lift(yes), lift(no)
            if a.rank != b.rank or a.shape != b.shape:
                if test.known:
                    raise CannotVectorise("a choice between arrays of different shapes")
                raise Refused("E0541", "a choice between arrays of different shapes depends on a draw")
            result = where(test, a, b)
            return settled(result.data, result.rank, result.known, result.owners)
        case _:
            if type(yes) is type(no) and not has_tensor(yes) and not has_tensor(no) and yes == no:
                return yes
            if test.known:
                raise CannotVectorise("a choice between values that are not numbers")
            raise Refused("E0541", "a choice between values that are not numbers depends on a draw")


def _array_like(value: Content) -> bool:
    return is_numeric(value) or isinstance(value, tuple | range)


def outside(value: Content, level: int, count: int) -> Content:
    """What the rounds of a plate collected, as an array; tuples and records element by element."""
    if isinstance(value, tuple) and not is_plain(value):
        parts = [outside(item, level, count) for item in value]
        return tuple(zip(*(elements(part) for part in parts), strict=True))
    if isinstance(value, Record):
        parts = [elements(outside(item, level, count)) for item in value.values]
        return tuple(Record(value.names, row) for row in zip(*parts, strict=True))
    return move_batch_to_shape(lift(value), level, count)


def is_plain(value: tuple[Content, ...]) -> bool:
    """Whether a tuple is an array of numbers."""
    return stack(value) is not None


def gathered(values: list[Content]) -> Content:
    """The list that a comprehension collects, as an array where it is one."""
    if any(isinstance(value, Batch) for value in values):
        stacked = stack(values)
        if stacked is not None:
            return stacked
    return tuple(values)


def replaced(array: Content, places: Sequence[Content], value: Content) -> Content:
    """An array with one element replaced; the value itself if there are no places."""
    if not places:
        return value
    index, *rest = places
    if isinstance(index, bool) or not isinstance(index, int):
        raise CannotVectorise("an assignment at an index that differs between rounds")
    items = list(elements(array))
    if not 0 <= index < len(items):
        raise index_outside(index, len(items))
    items[index] = replaced(items[index], rest, value)
    return tuple(items)


def has_effects(block: core.Block) -> bool:
    """Whether a block draws, weighs or calls."""
    return any(isinstance(s, core.Draw | core.Observe | core.Weight | core.Call) for s in statements(block))


@contextmanager
def at(node: core.Node) -> Iterator[None]:
    """Says where an error happened."""
    try:
        yield
    except LocatedFault:
        raise
    except Fault as fault:
        raise LocatedFault(fault, node.span) from None
    except CannotVectorise as why:
        why.span = why.span or node.span
        raise
    except Refused as refused:
        raise Rejected(Diagnostic(refused.code, refused.message, node.span, "", refused.help)) from None


def space_of(density: core.UserDensity, sizes: Mapping[str, Content]) -> tuple[Space, tuple[int, ...]]:
    """The space of a user's density and the extents of its points."""

    def extent(size: object) -> int:
        if isinstance(size, typesys.Size):
            known = sizes.get(size.name, 0) if size.name else 0
            if isinstance(known, int):
                return known + size.offset
        raise Refused("E0542", f"the size of a point of `{density.name}` is not known")

    kind = density.support
    extents = tuple(extent(size) for size in typesys.shape_of(kind))
    zero, one = tensor(0.0), tensor(1.0)
    match kind:
        case typesys.Real("positive"):
            return Space("between", 0, zero, None), ()
        case typesys.Real("unit"):
            return Space("between", 0, zero, one), ()
        case typesys.Vector("unit_vector", _):
            raise Refused("E0542", "unit vectors have no unconstrained scale")
        case typesys.Vector("simplex" | "ordered" as name, _) | typesys.Matrix(name, _):
            return matrix_space(name), extents
        case typesys.Real() | typesys.Array(typesys.Real("real"), _):
            return Space("real", len(extents)), extents
        case typesys.Array(typesys.Real("positive"), _):
            return Space("between", 0, zero, None), extents
        case typesys.Array(typesys.Real("unit"), _):
            return Space("between", 0, zero, one), extents
        case _:
            return Space("none"), extents
