"""Calls of distributions made of distributions: `Truncated`, `Mixture`, `iid`, `Flat`, …"""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_arguments import Slot, listed, place
from pplc.lang.check_constants import constant, size_value
from pplc.lang.check_domains import between, check_domain
from pplc.lang.check_shapes import broadcast, numeric, plain, report_shapes
from pplc.lang.check_state import Checker
from pplc.lang.check_unify import Clash
from pplc.lang.families import Combinator, Domain, Gives, Takes
from pplc.lang.typesys import (
    INT,
    POSITIVE,
    REAL,
    UNIT_INTERVAL,
    WRONG,
    Array,
    Base,
    Dist,
    Extent,
    Fn,
    Int,
    List,
    Model,
    Real,
    Type,
    UnknownSize,
    Variable,
    Vector,
    Wrong,
    array,
    scalar_of,
    shape_of,
)


def combinator_call(c: Checker, node: s.Call, combinator: Combinator) -> Type:
    """The type of a call of a combinator; T, the type of its values, comes from its argument."""
    slots = [Slot(argument.name, argument.optional) for argument in combinator.arguments]
    placed = place(c, node, combinator.name, slots, help_=_help(combinator))
    if placed is None:
        return WRONG
    arguments = {
        a.name: value for a, value in zip(combinator.arguments, placed, strict=True) if value is not None
    }
    if combinator.needs_one and not arguments.keys() & set(combinator.needs_one):
        needed = listed(combinator.needs_one, "or")
        c.report(
            "E0204",
            f"`{combinator.name}` needs {needed}",
            node.span,
            "no bound given",
            f"as in `{combinator.name}(Normal(0, 1), lower = 0)`",
        )
    element = _element(c, combinator, arguments)
    for argument in combinator.arguments:
        if argument.name in arguments:
            element = _argument(
                c, combinator, argument.takes, argument.name, arguments[argument.name], element
            )
    if isinstance(element, Wrong):
        return Base(WRONG) if combinator.gives is Gives.BASE else Dist(WRONG)
    return _result(c, combinator, arguments, element)


def _help(combinator: Combinator) -> str:
    if combinator.name in ("Truncated", "Censored"):
        return f"as in `{combinator.name}(Normal(0, 1), lower = 0)`"
    return {"Mixture": "as in `Mixture([0.3, 0.7], [Normal(0, 1), Normal(2, 1)])`"}.get(combinator.name, "")


# ------------------------------------------------------------------ the type of the values


def _element(c: Checker, combinator: Combinator, arguments: dict[str, s.Expr]) -> Type:
    """T, from the argument that decides it."""
    for argument in combinator.arguments:
        value = arguments.get(argument.name)
        if value is None:
            continue
        what = f"`{argument.name}` of `{combinator.name}`"
        match argument.takes:
            case Takes.DIST:
                element = law_element(c, value, what)
                if combinator.scalar and isinstance(c.unify.head(element), Variable):
                    c.unify.fits(element, REAL)
                    element = c.unify.head(element)
                if combinator.scalar and not isinstance(element, Wrong) and numeric(c, element) is None:
                    return c.report(
                        "E0210",
                        f"{what} must be a law of numbers, but it is one of `{c.show(element)}`",
                        value.span,
                        "not a law of numbers",
                    )
                return element
            case Takes.DISTS:
                return _dists(c, value, what)
            case Takes.VALUE:
                return c.infer(value, None)
            case Takes.VALUES:
                return _elements(c, value, what)
            case Takes.REAL_BOUND:
                return REAL
            case _:
                pass
    return REAL


def law_element(c: Checker, value: s.Expr, what: str) -> Type:
    """T of an argument of type `Dist[T]`."""
    match c.unify.head(c.infer(value, None)):
        case Dist(element):
            return element
        case Wrong():
            return WRONG
        case Variable() as unknown:
            element = c.unify.fresh()
            c.unify.fits(unknown, Dist(element))
            return element
        case other:
            help_ = ""
            if isinstance(other, Model):
                help_ = "`infer(…)` makes a distribution of a model, where that can be computed"
            elif isinstance(other, Fn):
                help_ = "give it its parameters"
            return c.report(
                "E0210", f"{what} must be a distribution, but this is `{c.show(other)}`", value.span,
                f"this is `{c.show(other)}`", help_,
            )  # fmt: skip


def _dists(c: Checker, value: s.Expr, what: str) -> Type:
    kind = c.unify.head(c.infer(value, None))
    inner = c.unify.head(c.unify.element(kind)) if isinstance(kind, Array | List) else kind
    if isinstance(inner, Wrong):
        return WRONG
    if isinstance(kind, Array | List) and isinstance(inner, Dist):
        return inner.element
    help_ = "as in `[Normal(0, 1), Normal(2, 1)]`"
    if isinstance(kind, Dist):
        help_ = "write a list, as in `[Normal(mu[k], sigma[k]) for k in 0..K]`"
    return c.report(
        "E0210", f"{what} must be a list of distributions, but this is `{c.show(kind)}`", value.span,
        f"this is `{c.show(kind)}`", help_,
    )  # fmt: skip


def _elements(c: Checker, value: s.Expr, what: str) -> Type:
    kind = c.unify.head(c.infer(value, None))
    element = c.unify.element(kind)
    if isinstance(element, Wrong) and not isinstance(kind, Wrong):
        number = isinstance(plain(c, kind), Int | Real) and what.endswith("`Uniform`")
        help_ = "for the interval from 0 to 1 write `Uniform(0, 1)`" if number else ""
        return c.report(
            "E0210", f"{what} must be a list, but this is `{c.show(kind)}`", value.span,
            f"this is `{c.show(kind)}`", help_,
        )  # fmt: skip
    return element


# ------------------------------------------------------------------ the other arguments


def _argument(
    c: Checker, combinator: Combinator, takes: Takes, name: str, value: s.Expr, element: Type
) -> Type:
    """Check one argument; gives T, perhaps with the axes that arrays of bounds add."""
    what = f"`{name}` of `{combinator.name}`"
    match takes:
        case Takes.BOUND | Takes.REAL_BOUND:
            return _bound(c, value, what, element)
        case Takes.COUNT:
            c.check(value, INT, what)
            check_domain(c, Domain.NATURAL, value, what)
        case Takes.PROBABILITY:
            c.check(value, UNIT_INTERVAL, what, narrowing=True)
            check_domain(c, Domain.UNIT, value, what)
        case Takes.WEIGHTS:
            _weights(c, combinator, value, what)
        case Takes.FUNCTION:
            if not isinstance(element, Wrong):
                result = c.unify.fresh()
                c.check(value, Fn((element,), result), what)
                return c.unify.head(result)
        case Takes.DIST | Takes.DISTS | Takes.VALUE | Takes.VALUES:
            pass
    return element


def _bound(c: Checker, value: s.Expr, what: str, element: Type) -> Type:
    kind = c.infer(value, REAL)
    given = numeric(c, kind)
    if given is None:
        c.require(kind, REAL, value.span, what)
        return element
    if isinstance(given[0], Variable):
        c.unify.fits(given[0], REAL)
    if isinstance(element, Wrong):
        return element
    shape = broadcast(c, shape_of(element), given[1])
    if isinstance(shape, Clash):
        return report_shapes(c, f"{what} and the law have", shape, element, kind, value.span)
    return array(scalar_of(element), shape)


def _weights(c: Checker, combinator: Combinator, value: s.Expr, what: str) -> None:
    size = c.unify.fresh_size()
    kind = c.infer(value, Vector("simplex", size))
    opened = plain(c, kind)
    if not c.require(opened, Array(REAL, (size,)), value.span, what):
        return
    domain = Domain.SIMPLEX if combinator.name == "Mixture" else Domain.POSITIVE_VECTOR
    if combinator.name == "Mixture" or not isinstance(value, s.ListLiteral):
        check_domain(c, domain, value, what)


def _same_length(c: Checker, combinator: Combinator, arguments: dict[str, s.Expr]) -> None:
    """As many weights as there are things to choose from."""
    weights = arguments.get("weights")
    others = arguments.get("dists") or arguments.get("values")
    if weights is None or others is None:
        return
    ours, theirs = (c.unify.head(c.types.get(id(e), WRONG)) for e in (weights, others))
    a, b = _length(c, ours), _length(c, theirs)
    if (
        not isinstance(a, UnknownSize)
        and not isinstance(b, UnknownSize)
        and c.unify.same_size(a, b) is not None
    ):
        c.report(
            "E0220",
            f"`{combinator.name}` has `{c.show_size(a)}` weights for `{c.show_size(b)}` alternatives",
            weights.span.to(others.span),
            f"`{c.show_size(a)}` and `{c.show_size(b)}`",
        )


def _length(c: Checker, kind: Type) -> Extent:
    shape = shape_of(kind)
    return c.unify.size(shape[0]) if shape else UnknownSize()


# ------------------------------------------------------------------ the result


def _result(c: Checker, combinator: Combinator, arguments: dict[str, s.Expr], element: Type) -> Type:
    _same_length(c, combinator, arguments)
    match combinator.gives:
        case Gives.ARRAY:
            return Dist(array(element, (size_value(c, arguments["n"]),)))
        case Gives.ORDERED:
            if isinstance(c.unify.head(element), Int):
                return Dist(array(INT, (size_value(c, arguments["n"]),)))
            return Dist(Vector("ordered", size_value(c, arguments["n"])))
        case Gives.BASE:
            return Base(_between(c, arguments, element))
        case Gives.IMAGE:
            return Dist(element)
        case Gives.DIST:
            return Dist(_narrowed(c, combinator, arguments, element))


def _between(c: Checker, arguments: dict[str, s.Expr], element: Type) -> Type:
    lower, upper = (constant(c, arguments[n]) if n in arguments else None for n in ("lower", "upper"))
    return array(between(lower, upper), shape_of(element))


def _narrowed(c: Checker, combinator: Combinator, arguments: dict[str, s.Expr], element: Type) -> Type:
    """What truncation says of the values, and what censoring and zeros unsay."""
    entry = scalar_of(element)
    if not isinstance(entry, Real):
        return element
    match combinator.name:
        case "Truncated":
            bounded = scalar_of(_between(c, arguments, element))
            return element if bounded == REAL else array(bounded, shape_of(element))
        case "Censored":
            lower = constant(c, arguments["lower"]) if "lower" in arguments else None
            keeps = entry == POSITIVE and "lower" in arguments and lower is not None and lower > 0
            return element if keeps else array(REAL, shape_of(element))
        case "ZeroInflated":
            return element if entry == UNIT_INTERVAL else array(REAL, shape_of(element))
        case _:
            return element
