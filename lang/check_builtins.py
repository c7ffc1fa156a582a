"""Calls of the library's functions: overloads, lifting, and the few with rules of their own."""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_arguments import Slot, in_order, infer_all, listed, place, report_count
from pplc.lang.check_constants import constant, size_value
from pplc.lang.check_domains import check_domain
from pplc.lang.check_rules import fold_call, infer_call, mem_call, values_call
from pplc.lang.check_shapes import broadcast_all, plain, report_shapes
from pplc.lang.check_state import Checker
from pplc.lang.check_unify import Clash
from pplc.lang.check_values import only_in_models
from pplc.lang.families import Domain
from pplc.lang.functions import FUNCTIONS, Signature
from pplc.lang.typesys import (
    BOOL,
    POSITIVE,
    REAL,
    UNKNOWN_SIZE,
    WRONG,
    Array,
    Base,
    Dist,
    Extent,
    Fn,
    Int,
    List,
    Model,
    Option,
    Real,
    Type,
    Variable,
    Wrong,
    array,
    scalar_of,
    shape_of,
)


def builtin_call(c: Checker, node: s.Call, name: str, wanted: Type | None) -> Type:
    """The type of a call of a library function."""
    match name:
        case "fold":
            return fold_call(c, node)
        case "values":
            return values_call(c, node)
        case "mem":
            return mem_call(c, node)
        case "infer":
            return infer_call(c, node)
        case _:
            pass
    if name == "flip" and not only_in_models(c, node, "`flip` draws"):
        infer_all(c, node)
        return BOOL
    function = FUNCTIONS[name]
    if function.constant is not None:
        infer_all(c, node)
        return c.report("E0213", f"`{name}` is a number, not a function", node.span, "called here")
    fitting = [(one, values) for one in function.signatures if (values := _values_of(node, one)) is not None]
    if not fitting:
        return _wrong_count(c, node, name)
    kinds: dict[int, Type] = {}
    for value in fitting[0][1]:
        if not isinstance(value, s.Lambda):
            hint = REAL if name in ("exp", "log") else wanted if name == "real" else None
            kinds[id(value)] = c.infer(value, hint)
    last = fitting[-1][0]
    for signature, values in fitting:
        ending = signature is last
        result = _apply(
            c, node, name, signature, values, kinds, only=ending and len(fitting) == 1, last=ending
        )
        if result is not None:
            return result
    return _no_overload(c, node, name, [signature for signature, _ in fitting], fitting[-1][1], kinds)


def _values_of(node: s.Call, signature: Signature) -> list[s.Expr] | None:
    least = len(signature.parameters) - signature.optional
    slots = [Slot(name, i >= least) for i, (name, _) in enumerate(signature.parameters)]
    placed = in_order(node.arguments, slots)
    if placed is None or placed[1]:
        return None
    return [value for value in placed[0] if value is not None]


def _wrong_count(c: Checker, node: s.Call, name: str) -> Type:
    signatures = FUNCTIONS[name].signatures
    counts = sorted({len(signature.parameters) for signature in signatures})
    if len(counts) == 1 or any(a.name for a in node.arguments):
        place(c, node, name, [Slot(parameter) for parameter, _ in signatures[0].parameters])
        return WRONG
    infer_all(c, node)
    slots = [Slot("", i >= counts[0]) for i in range(counts[-1])]
    report_count(c, node, name, slots, len(node.arguments))
    return WRONG


# ------------------------------------------------------------------ overloads


def _apply(
    c: Checker,
    node: s.Call,
    name: str,
    signature: Signature,
    values: list[s.Expr],
    kinds: dict[int, Type],
    *,
    only: bool,
    last: bool,
) -> Type | None:
    """The result if the arguments fit; else None, and with `only` complains.

    last: no other signature follows; only this one may decide what is not known yet.
    """
    if any(isinstance(kinds.get(id(value)), Wrong) for value in values):
        return WRONG
    match signature.rule:
        case "elementwise":
            return _elementwise(c, node, name, signature, values, kinds, only, last)
        case "reduction":
            return _reduction(c, name, signature, values[0], kinds, only, last)
        case "plain":
            return _plain(c, name, signature, values, kinds, only)


def _entry_fits(c: Checker, value: s.Expr, entry: Type, wanted: Type) -> bool:
    """Whether one number may stand for a parameter; written numbers count by their value."""
    if isinstance(entry, Variable):
        return c.unify.fits(entry, wanted) is None
    known = constant(c, value)
    if known is not None and isinstance(wanted, Real):
        return wanted == REAL or (known > 0 if wanted == POSITIVE else 0 <= known <= 1)
    return c.unify.fits(entry, wanted) is None


def _elementwise(
    c: Checker,
    node: s.Call,
    name: str,
    signature: Signature,
    values: list[s.Expr],
    kinds: dict[int, Type],
    only: bool,
    last: bool,
) -> Type | None:
    shapes: list[tuple[Extent, ...]] = []
    for value, (parameter, wanted) in zip(values, signature.parameters, strict=True):
        opened = plain(c, kinds.get(id(value), WRONG))
        entry = c.unify.head(scalar_of(opened))
        if only and isinstance(entry, Int | Real) and isinstance(wanted, Real):
            if wanted != REAL and shape_of(opened) == ():
                domain = Domain.POSITIVE if wanted == POSITIVE else Domain.UNIT
                check_domain(c, domain, value, f"`{parameter}` of `{name}`")
        elif (isinstance(entry, Variable) and not last) or not _entry_fits(c, value, entry, wanted):
            if only:
                c.require(kinds[id(value)], wanted, value.span, f"`{parameter}` of `{name}`")
                return WRONG
            return None
        shapes.append(shape_of(opened))
    shape = broadcast_all(c, shapes)
    if isinstance(shape, Clash):
        left, right = kinds[id(values[0])], kinds[id(values[-1])]
        return report_shapes(c, f"`{name}` combines arrays of", shape, left, right, node.span)
    return array(signature.result, shape)


def _reduction(
    c: Checker,
    name: str,
    signature: Signature,
    value: s.Expr,
    kinds: dict[int, Type],
    only: bool,
    last: bool,
) -> Type | None:
    opened = plain(c, kinds[id(value)])
    entry = c.unify.head(scalar_of(opened))
    wanted = signature.parameters[0][1]
    if isinstance(opened, Variable):
        # What is not known yet is numbers, not truth values: the last signature is the widest.
        if not last:
            return None
        c.unify.fits(opened, Array(wanted, (UNKNOWN_SIZE,)))
        return signature.result
    if isinstance(opened, List):  # a list of lists
        entry = WRONG
    if shape_of(opened) and c.unify.fits(entry, wanted) is None:
        return signature.result
    if only:
        c.require(kinds[id(value)], Array(wanted, (UNKNOWN_SIZE,)), value.span, f"the argument of `{name}`")
        return WRONG
    return None


def _plain(
    c: Checker, name: str, signature: Signature, values: list[s.Expr], kinds: dict[int, Type], only: bool
) -> Type | None:
    start = c.unify.mark()
    sizes: dict[str, Extent] = {}
    for value, (parameter, kind) in zip(values, signature.parameters, strict=False):
        if isinstance(kind, Int):
            sizes[parameter] = size_value(c, value)
    wanted = c.unify.instantiate([*(kind for _, kind in signature.parameters), signature.result], sizes)
    pairs = list(zip(values, wanted, signature.parameters, strict=False))
    # Functions come last: what they are given is known by then.
    for value, kind, (parameter, _) in sorted(pairs, key=lambda pair: isinstance(pair[1], Fn)):
        if isinstance(value, s.Lambda):
            continue
        # `inv` of a matrix is a covariance only if it is known to be one of a covariance.
        narrowing = isinstance(kind, Real | Fn) or signature is FUNCTIONS[name].signatures[-1]
        clash = c.unify.fits(kinds[id(value)], kind, narrowing=narrowing)
        if clash is not None:
            if not only and clash.what != "size":
                c.unify.undo(start)
                return None
            c.mismatch(clash, kinds[id(value)], kind, value.span, f"`{parameter}` of `{name}`")
            return WRONG
        if isinstance(kind, Real) and kind == POSITIVE:
            check_domain(c, Domain.POSITIVE, value, f"`{parameter}` of `{name}`")
    for value, kind, (parameter, _) in pairs:
        if isinstance(value, s.Lambda):
            found = c.infer(value, kind)
            c.require(found, kind, value.span, f"`{parameter}` of `{name}`", narrowing=True)
    return wanted[-1]


def _no_overload(
    c: Checker,
    node: s.Call,
    name: str,
    signatures: list[Signature],
    values: list[s.Expr],
    kinds: dict[int, Type],
) -> Type:
    """No signature fits: point at the argument that the last one does not like, if there is one."""
    if name in ("map", "zip", "reverse"):  # the signatures differ only in arrays and lists
        return _plain(c, name, signatures[-1], values, kinds, True) or WRONG
    wanted = listed([_shown(c, signature) for signature in signatures], "or")
    given = ", ".join(c.show(kinds[id(v)]) for v in values if id(v) in kinds)
    help_ = ""
    if name == "sum" and len(values) == 1 and isinstance(plain(c, kinds[id(values[0])]), Int | Real):
        help_ = "it is a single number"
    for value in values:
        match c.unify.head(kinds.get(id(value), WRONG)):
            case Model(inner) | Dist(inner) | Base(inner):
                help_ = f"draw from it first: `~…` has type `{c.show(inner)}`"
            case Option() | _:
                pass
    return c.report("E0210", f"`{name}` does not take `({given})`", node.span, f"expected {wanted}", help_)


def _shown(c: Checker, signature: Signature) -> str:
    kinds = [kind for _, kind in signature.parameters]
    if signature.rule == "reduction":
        kinds = [Array(kind, (UNKNOWN_SIZE,)) for kind in kinds]
    return f"({', '.join(c.show(kind) for kind in kinds)})"
