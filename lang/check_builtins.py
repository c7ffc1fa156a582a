"""Calls of the library's functions: overloads, lifting, and the few with rules of their own."""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_arguments import Slot, in_order, infer_all, listed, place, report_count
from pplc.lang.check_constants import constant, size_value
from pplc.lang.check_domains import check_domain
from pplc.lang.check_operators import has_equality
from pplc.lang.check_shapes import broadcast_all, plain, report_shapes
from pplc.lang.check_state import Checker
from pplc.lang.check_unify import Clash
from pplc.lang.check_values import only_in_models
from pplc.lang.families import Domain
from pplc.lang.functions import FUNCTIONS, Signature
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import (
    BOOL,
    INT,
    POSITIVE,
    REAL,
    STRING,
    UNKNOWN_SIZE,
    WRONG,
    Array,
    Base,
    Bool,
    Dist,
    Extent,
    Fn,
    Int,
    List,
    Model,
    Option,
    Real,
    Size,
    Sum,
    Type,
    Variable,
    Wrong,
    array,
    scalar_of,
    shape_of,
)

METHODS = ("exact", "importance", "smc")
"""What `infer(m, method = …)` may name."""


def builtin_call(c: Checker, node: s.Call, name: str, wanted: Type | None) -> Type:
    """The type of a call of a library function."""
    match name:
        case "fold":
            return _fold(c, node)
        case "values":
            return _values(c, node)
        case "mem":
            return _mem(c, node)
        case "infer":
            return _infer_law(c, node)
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


# ------------------------------------------------------------------ rules of their own


def _fold(c: Checker, node: s.Call) -> Type:
    """`fold(f, initial, xs)`: what is carried may be wider than `initial`, as in a sum from 0."""
    arguments = place(c, node, "fold", [Slot("f"), Slot("initial"), Slot("xs")])
    if arguments is None:
        return WRONG
    f, initial, xs = (value for value in arguments if value is not None)
    element = c.unify.fresh(soft=True)
    c.check(xs, List(element), "`xs` of `fold`")
    carried = c.infer(initial, None)
    if isinstance(carried, Wrong):
        return WRONG
    start = c.attempt()
    result = _step(c, f, carried, element)
    if result is None or isinstance(result, Wrong) or _same(c, result, carried):
        return carried
    wider = c.unify.join(c.unify.full(result), carried)
    if wider is None:
        c.require(result, carried, f.span, "the result of the function of `fold`")
        return WRONG
    c.give_up(start)
    result = _step(c, f, wider, element)
    if result is not None:
        c.require(result, wider, f.span, "the result of the function of `fold`")
    return wider


def _same(c: Checker, found: Type, wanted: Type) -> bool:
    mark = c.unify.mark()
    if c.unify.fits(found, wanted) is None:
        return True
    c.unify.undo(mark)
    return False


def _step(c: Checker, f: s.Expr, carried: Type, element: Type) -> Type | None:
    result = c.unify.fresh()
    wanted = Fn((carried, element), result, random=True)
    found = c.infer(f, wanted)
    fits = c.require(found, wanted, f.span, "`f` of `fold`", narrowing=True)
    return c.unify.head(result) if fits else None


def _values(c: Checker, node: s.Call) -> Type:
    arguments = (
        place(c, node, "values", [Slot("type")]) if len(node.arguments) != 1 else [node.arguments[0].value]
    )
    if arguments is None:
        return WRONG
    argument = arguments[0]
    binding = c.binding(argument) if isinstance(argument, s.Name) else None
    if isinstance(argument, s.Name) and argument.name in ("int", "real"):
        return _endless(c, argument)
    if argument is None or binding is None or binding.kind != "type":
        infer_all(c, node)
        shown = argument.span if argument is not None else node.span
        return c.report(
            "E0210", "`values` lists the values of a type", shown, "not a type", "write `values(Shape)`"
        )
    kind: Type = (
        BOOL if binding.name == "bool" else Sum(binding.name) if binding.name in c.names.sums else WRONG
    )
    count = _count(c, kind, ())
    if count is None:
        return _endless(c, argument)
    c.types[id(argument)] = kind
    return array(kind, (Size("", count),))


def _endless(c: Checker, argument: s.Expr) -> Type:
    name = argument.name if isinstance(argument, s.Name) else "this"
    return c.report(
        "E0224",
        f"`{name}` has no list of its values",
        argument.span,
        "not a finite type",
        "only `bool` and sum types without infinite payloads have one",
    )


def _count(c: Checker, kind: Type, seen: tuple[str, ...]) -> int | None:
    """The number of values of a finite type; None if it is infinite, or too large to list."""
    match kind:
        case Bool():
            return 2
        case Sum(name) if name not in seen:
            total = 0
            for constructor in c.names.sums[name]:
                product = 1
                for _, field in c.constructors[constructor.name][1]:
                    inner = _count(c, field, (*seen, name))
                    if inner is None:
                        return None
                    product *= inner
                total += product
                if total > 100_000:
                    return None
            return total
        case _:
            return None


def _mem(c: Checker, node: s.Call) -> Type:
    """`mem : (A → Model[B]) → Model[A → B]`."""
    arguments = place(c, node, "mem", [Slot("f")])
    if arguments is None or arguments[0] is None:
        return WRONG
    value = arguments[0]
    match c.unify.head(c.infer(value, None)):
        case Wrong():
            return WRONG
        case Fn(parameters, result):
            pass
        case other:
            return c.report(
                "E0210",
                f"`mem` takes a function, but this is `{c.show(other)}`",
                value.span,
                f"this is `{c.show(other)}`",
                "as in `mem(fn (name: string) => Bernoulli(0.4))`",
            )
    opened = c.unify.head(result)
    if not isinstance(opened, Model | Dist | Wrong):
        return c.report(
            "E0210",
            f"`mem` takes a function that gives a model or a law, but this one gives `{c.show(opened)}`",
            value.span,
            f"gives `{c.show(opened)}`",
            "only what is random needs remembering; leave out the `~` before what it gives",
        )
    for parameter in parameters:
        if not has_equality(c, parameter):
            return c.report(
                "E0224",
                f"`mem` compares arguments, but `{c.show(parameter)}` has no decidable equality",
                value.span,
                "cannot be remembered",
            )
    return Model(Fn(parameters, opened.element if isinstance(opened, Model | Dist) else WRONG))


def _infer_law(c: Checker, node: s.Call) -> Type:
    slots = [Slot("m"), Slot("otherwise", True), Slot("method", True), Slot("draws", True)]
    arguments = place(c, node, "infer", slots)
    if arguments is None or arguments[0] is None:
        return WRONG
    m, (otherwise, method, draws) = arguments[0], arguments[1:]
    kind = c.unify.head(c.infer(m, None))
    element: Type = WRONG
    match kind:
        case Model(inner) | Dist(inner):
            element = inner
        case Wrong():
            pass
        case Fn(_, result) if isinstance(c.unify.head(result), Model | Dist):
            c.report(
                "E0210",
                f"`infer` takes a model, but this is `{c.show(kind)}`",
                m.span,
                "a model without its arguments",
                "give it its arguments, as in `infer(m(…))`",
            )
        case _:
            c.report(
                "E0210",
                f"`infer` takes a model, but this is `{c.show(kind)}`",
                m.span,
                f"this is `{c.show(kind)}`",
            )
    if not has_equality(c, element):
        c.report(
            "E0224",
            f"the law of values of type `{c.show(element)}` cannot be computed",
            m.span,
            "values have no decidable equality",
        )
    if otherwise is not None:
        c.check(otherwise, Dist(element), "`otherwise` of `infer`")
    if method is not None:
        _method(c, method)
    if draws is not None:
        c.check(draws, INT, "`draws` of `infer`")
        check_domain(c, Domain.POSITIVE_INT, draws, "`draws` of `infer`")
    return Dist(element)


def _method(c: Checker, method: s.Expr) -> None:
    c.check(method, STRING, "`method` of `infer`")
    if isinstance(method, s.String) and method.value not in METHODS:
        c.report(
            "E0219",
            f"`infer` has no method `{method.value}`",
            method.span,
            f"expected {listed(METHODS, 'or')}",
            did_you_mean(method.value, METHODS),
        )
