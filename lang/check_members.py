"""`r.field`, `d.logpdf(x)`, `d.mean`."""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_arguments import Slot, infer_all, place, report_count
from pplc.lang.check_shapes import broadcast, numeric, report_shapes
from pplc.lang.check_state import Checker
from pplc.lang.check_unify import Clash
from pplc.lang.functions import FUNCTIONS, MEMBERS, Member
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import (
    REAL,
    UNIT_INTERVAL,
    WRONG,
    Base,
    Dist,
    Fn,
    Model,
    Record,
    Type,
    Variable,
    Wrong,
    array,
    scalar_of,
    shape_of,
)


def member(c: Checker, node: s.Member) -> Type:
    """A field of a record, or a member of a law that is not called."""
    path = c.inside(node)
    if path is not None:
        return path
    base = c.unify.head(c.infer(node.base, None))
    match base:
        case Dist(element) | Base(element):
            known = _known(c, node, base)
            if known is None:
                return WRONG
            if known.takes == "nothing":
                return _mean(element)
            return Fn((_argument(element, known),), _result(element, known))
        case _:
            return _field(c, node, base)


def member_call(c: Checker, node: s.Call, function: s.Member) -> Type:
    """`d.logpdf(x)`; for laws of single numbers an array of points gives an array of answers."""
    base = c.unify.head(c.infer(function.base, None))
    if not isinstance(base, Dist | Base):
        return _field_call(c, node, c.record(function, _field(c, function, base)))
    known = _known(c, function, base)
    if known is None:
        infer_all(c, node)
        return WRONG
    element = c.unify.head(base.element)
    if known.takes == "nothing":
        infer_all(c, node)
        return c.report(
            "E0213",
            f"`{known.name}` is not a function",
            node.span,
            "called here",
            f"write it without parentheses: `.{known.name}`",
        )
    c.record(function, Fn((_argument(element, known),), _result(element, known)))
    arguments = place(c, node, known.name, [Slot("p" if known.takes == "probability" else "x")])
    if arguments is None or arguments[0] is None:
        return _result(element, known)
    value = arguments[0]
    wanted = _argument(element, known)
    kind = c.infer(value, wanted)
    given = numeric(c, kind)
    if numeric(c, wanted) is None or given is None:
        c.require(kind, wanted, value.span, f"the argument of `{known.name}`")
        return _result(element, known)
    what = f"the argument of `{known.name}`"
    c.require(given[0], scalar_of(wanted), value.span, what, narrowing=True)
    own = shape_of(wanted)
    shape = broadcast(c, own, given[1])
    if isinstance(shape, Clash):
        return report_shapes(c, f"`{known.name}` combines arrays of", shape, wanted, kind, value.span)
    lead = shape[: len(shape) - len(own)] if known.name == "logpdf" else shape
    return array(scalar_of(_result(element, known)), lead)


def _known(c: Checker, node: s.Member, base: Dist | Base) -> Member | None:
    known = MEMBERS.get(node.name)
    span = node.name_span if node.name_span.line else node.span
    if known is None:
        c.report(
            "E0211",
            f"a distribution has no member `{node.name}`",
            span,
            "unknown member",
            _instead(node.name) or did_you_mean(node.name, MEMBERS),
        )
    elif isinstance(base, Base) and known.name != "logpdf":
        c.report(
            "E0211",
            f"`{c.show(base)}` has a density only, and no `{node.name}`",
            span,
            "not known of a density",
            "only `logpdf` can be asked of it",
        )
        return None
    elif known.scalar and numeric(c, base.element) is None:
        c.report(
            "E0211",
            f"`{node.name}` is defined for laws of numbers, not for `{c.show(base)}`",
            span,
            "not a law of numbers",
        )
        return None
    return known


def _instead(name: str) -> str:
    other = {
        "logpmf": "logpdf",
        "pdf": "logpdf",
        "pmf": "logpdf",
        "log_prob": "logpdf",
        "ppf": "quantile",
        "icdf": "quantile",
    }
    if name in other:
        return f"write `{other[name]}`"
    return "to draw from it write `~`" if name in ("sample", "rvs", "rsample") else ""


def _argument(element: Type, known: Member) -> Type:
    if known.takes == "probability":
        return with_entry(element, UNIT_INTERVAL)
    return element


def _result(element: Type, known: Member) -> Type:
    if known.gives == "value":
        return element
    return with_entry(element, REAL) if known.scalar else REAL


def _mean(element: Type) -> Type:
    return with_entry(element, REAL)


def with_entry(kind: Type, entry: Type) -> Type:
    """A type of the same shape with other entries."""
    return array(entry, shape_of(kind))


# ------------------------------------------------------------------ records


def _field(c: Checker, node: s.Member, base: Type) -> Type:
    span = node.name_span if node.name_span.line else node.span
    match base:
        case Wrong():
            return WRONG
        case Record(fields):
            for name, kind in fields:
                if name == node.name:
                    return kind
            names = [name for name, _ in fields]
            return c.report(
                "E0211",
                f"this record has no field `{node.name}`",
                span,
                "unknown field",
                did_you_mean(node.name, names) or f"its type is `{c.show(base)}`",
            )
        case Variable():
            return c.report(
                "E0216",
                "the type of this value is not known here",
                node.base.span,
                f"`.{node.name}` of what?",
                "annotate the parameter, as in `fn (r: (a: real)) => r.a`",
            )
        case Model(element):
            help_ = f"draw from it first: `~…` has type `{c.show(element)}`"
            if node.name in MEMBERS:
                help_ = "a model has no density of its own; `infer(…)` is its law, where that can be computed"
            return c.report("E0211", f"`{c.show(base)}` has no members", span, "not a member", help_)
        case _:
            help_ = "members belong to records and distributions"
            if node.name in ("shape", "size", "length"):
                help_ = "`len(x)` is its length"
            elif node.name in FUNCTIONS:
                help_ = f"`{node.name}` is a function: `{node.name}(x)`"
            return c.report(
                "E0211", f"`{c.show(base)}` has no member `{node.name}`", span, "not a member", help_
            )


def _field_call(c: Checker, node: s.Call, kind: Type) -> Type:
    """A field that is a function, called."""
    opened = c.unify.head(kind)
    infer_all(c, node)
    if not isinstance(opened, Fn):
        if not isinstance(opened, Wrong):
            c.report("E0213", f"`{c.show(opened)}` is not a function", node.span, "called here")
        return WRONG
    if len(opened.parameters) != len(node.arguments):
        slots = [Slot("")] * len(opened.parameters)
        report_count(
            c,
            node,
            f".{node.function.name}" if isinstance(node.function, s.Member) else "",
            slots,
            len(node.arguments),
        )
        return opened.result
    for value, wanted in zip(node.arguments, opened.parameters, strict=True):
        c.check(value.value, wanted, "the argument")
    return opened.result
