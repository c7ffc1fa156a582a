"""Shapes of lifted operations: NumPy's broadcasting with symbolic sizes, matrix products, indexing."""

from __future__ import annotations

from collections.abc import Sequence

from pplc.lang import syntax as s
from pplc.lang.check_constants import constant, range_size
from pplc.lang.check_help import size_help
from pplc.lang.check_state import Checker
from pplc.lang.check_unify import Clash
from pplc.lang.diagnostics import Span
from pplc.lang.typesys import (
    INT,
    UNKNOWN_SIZE,
    WRONG,
    Array,
    Bool,
    Dist,
    Extent,
    Int,
    List,
    Matrix,
    Option,
    Real,
    Size,
    SizeVariable,
    Tuple,
    Type,
    UnknownSize,
    Variable,
    Vector,
    Wrong,
    array,
    dense,
    scalar_of,
    shape_of,
)

ONE = Size("", 1)


def plain(c: Checker, kind: Type) -> Type:
    """The type as operations on arrays see it: lists as arrays of unknown length, `T?` as `T`."""
    match c.unify.head(kind):
        case Option(element):
            return plain(c, element)
        case List(element) if not isinstance(c.unify.head(element), List | Tuple | Wrong):
            return array(plain(c, element), (UNKNOWN_SIZE,))
        case Array(Option(element), sizes):
            return array(plain(c, element), sizes)
        case (Vector() | Matrix() | Array()) as other:
            return dense(other)
        case other:
            return other


def numeric(c: Checker, kind: Type) -> tuple[Int | Real | Variable, tuple[Extent, ...]] | None:
    """The entries and the shape of a number or an array of numbers; None for anything else."""
    opened = plain(c, kind)
    entry = c.unify.head(scalar_of(opened))
    return (entry, shape_of(opened)) if isinstance(entry, Int | Real | Variable) else None


def booleans(c: Checker, kind: Type) -> bool:
    """Whether a type is `bool` or an array of them."""
    return isinstance(scalar_of(plain(c, kind)), Bool)


def broadcast(c: Checker, left: Sequence[Extent], right: Sequence[Extent]) -> tuple[Extent, ...] | Clash:
    """The shape of `left + right` (NumPy): axes align from the last, and 1 stretches."""
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    lead = len(longer) - len(shorter)
    sizes = list(longer[:lead])
    for ours, theirs in zip(longer[lead:], shorter, strict=True):
        a, b = c.unify.size(ours), c.unify.size(theirs)
        if a == ONE or b == ONE:
            sizes.append(b if a == ONE else a)
            continue
        clash = c.unify.same_size(a, b)
        if clash is not None:
            return clash if longer is left else Clash("size", clash.wanted, clash.found)
        sizes.append(b if isinstance(a, UnknownSize) else a)
    return tuple(sizes)


def broadcast_all(c: Checker, shapes: Sequence[Sequence[Extent]]) -> tuple[Extent, ...] | Clash:
    """The shape that all of them stretch to."""
    result: tuple[Extent, ...] = ()
    for shape in shapes:
        both = broadcast(c, result, shape)
        if isinstance(both, Clash):
            return both
        result = both
    return result


def report_shapes(c: Checker, what: str, clash: Clash, left: Type, right: Type, span: Span) -> Wrong:
    """Two shapes that do not broadcast."""
    ours, theirs = _size(c, clash.found), _size(c, clash.wanted)
    return c.report(
        "E0220",
        f"{what} sizes `{ours}` and `{theirs}`, which differ",
        span,
        f"`{c.show(left)}` and `{c.show(right)}`",
        size_help(clash.found, clash.wanted),
    )


def _size(c: Checker, size: Type | Extent) -> str:
    return c.show_size(size) if isinstance(size, Size | SizeVariable | UnknownSize) else "?"


def matrix_product(c: Checker, node: s.Binary, left: Type, right: Type) -> Type:
    """`left @ right` for vectors and matrices."""
    ours, theirs = numeric(c, left), numeric(c, right)
    if ours is None or theirs is None or len(ours[1]) not in (1, 2) or len(theirs[1]) not in (1, 2):
        if isinstance(left, Wrong) or isinstance(right, Wrong):
            return WRONG
        return c.report(
            "E0212",
            f"`@` multiplies vectors and matrices, but here are `{c.show(left)}` and `{c.show(right)}`",
            node.span,
            "not a matrix product",
            "`*` multiplies numbers and, entry by entry, arrays",
        )
    a, b = ours[1], theirs[1]
    clash = c.unify.same_size(a[-1], b[0])
    if clash is not None:
        return c.report(
            "E0220",
            f"`@` needs as many columns on its left as rows on its right, but `{_size(c, clash.found)}`"
            f" and `{_size(c, clash.wanted)}` differ",
            node.span,
            f"`{c.show(left)}` @ `{c.show(right)}`",
            size_help(clash.found, clash.wanted),
        )
    for entry in (ours[0], theirs[0]):
        if isinstance(entry, Variable):
            c.unify.fits(entry, Real())
    both_int = isinstance(ours[0], Int) and isinstance(theirs[0], Int)
    return array(INT if both_int else Real(), (*a[:-1], *b[1:]))


# ------------------------------------------------------------------ indexing


def index(c: Checker, node: s.Node, base: Type, indices: Sequence[s.Expr], base_text: str) -> Type:
    """The type of `base[indices]`; one index after the other, axis by axis."""
    kinds = [c.infer(position, INT) for position in indices]
    arrays = 0
    kept: list[Extent] = []
    current = base
    for position, kind in zip(indices, kinds, strict=True):
        current = c.unify.head(current)
        while isinstance(current, Option):
            current = c.unify.head(current.element)
        taken = _index_kind(c, position, kind)
        if taken is None or isinstance(current, Wrong):
            return WRONG
        if isinstance(current, Tuple):
            current = _item(c, position, current)
            continue
        axis = _first_axis(c, current)
        if axis is None:
            return _not_indexable(c, node, base, current, len(indices), base_text)
        if isinstance(taken, bool):
            _check_bounds(c, position, axis)
        else:
            kept.append(taken[0])
            arrays += not isinstance(position, s.Range)
        current = c.unify.element(current)
    if arrays > 1:
        return c.report(
            "E0214",
            "only one index can be an array; ranges can stand beside it",
            node.span,
            "two arrays of indices",
            "index twice, or write a comprehension",
        )
    return array(current, tuple(kept)) if kept else current


def _index_kind(c: Checker, position: s.Expr, kind: Type) -> bool | tuple[Extent] | None:
    """True for one integer, the length for a range or array of integers, None if it is neither."""
    opened = plain(c, kind)
    match opened:
        case Int() | Wrong():
            return True
        case Variable():
            c.unify.fits(opened, INT)
            return True
        case Array(Int(), (size,)):
            if isinstance(position, s.Range):
                return (range_size(c, position.low, position.high),)
            return (size,)
        case _:
            c.report(
                "E0214",
                f"an index is an `int`, a range or an array of `int`, but this is `{c.show(kind)}`",
                position.span,
                f"this is `{c.show(kind)}`",
                "`floor(x)` makes an integer of a real number" if isinstance(opened, Real) else "",
            )
            return None


def _first_axis(c: Checker, kind: Type) -> Extent | None:
    match kind:
        case Array(_, sizes):
            return c.unify.size(sizes[0])
        case Vector(_, size) | Matrix(_, size):
            return c.unify.size(size)
        case List():
            return UNKNOWN_SIZE
        case _:
            return None


def _check_bounds(c: Checker, position: s.Expr, axis: Extent) -> None:
    value = constant(c, position)
    if value is None:
        return
    if value < 0:
        last = c.show_size(axis)
        c.report(
            "E0221",
            f"the index {value} is negative",
            position.span,
            "indices start at 0",
            f"the last element is at `{last} - 1`" if last != "_" else "the last element is at `len(…) - 1`",
        )
    elif isinstance(axis, Size) and not axis.name and value >= axis.offset:
        c.report(
            "E0221",
            f"the index {value} is past the end: there are {axis.offset} elements",
            position.span,
            f"indices go from 0 to {axis.offset - 1}" if axis.offset else "there are no elements",
        )


def _item(c: Checker, position: s.Expr, kind: Tuple) -> Type:
    value = constant(c, position)
    if value is None or value.denominator != 1 or not 0 <= value < len(kind.items):
        return c.report(
            "E0214",
            f"an item of a tuple is taken by a number from 0 to {len(kind.items) - 1}",
            position.span,
            f"this tuple is `{c.show(kind)}`",
            "items of a tuple may differ in type; for a computed index use an array",
        )
    return kind.items[int(value)]


def _not_indexable(c: Checker, node: s.Node, base: Type, current: Type, count: int, text: str) -> Type:
    if isinstance(current, Variable):
        return c.report(
            "E0216",
            f"the type of `{text}` is not known here",
            node.span,
            "indexed here",
            "annotate it, as in `x: real[N]`",
        )
    rank = len(shape_of(c.unify.head(base)))
    if rank and count > rank:
        axes = "axis" if rank == 1 else "axes"
        return c.report(
            "E0214",
            f"`{text}` has {rank} {axes}, but {count} indices were given",
            node.span,
            f"`{text}` is `{c.show(base)}`",
        )
    help_ = "`iid(d, n)` is the law of n independent draws" if isinstance(current, Dist) else ""
    message = f"`{c.show(current)}` cannot be indexed"
    return c.report("E0214", message, node.span, f"`{text}` is `{c.show(base)}`", help_)
