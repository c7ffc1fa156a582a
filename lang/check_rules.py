"""Calls of the library's functions that have rules of their own: `fold`, `values`, `mem`, `infer`."""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_arguments import Slot, infer_all, listed, place
from pplc.lang.check_domains import check_domain
from pplc.lang.check_operators import has_equality
from pplc.lang.check_state import Checker
from pplc.lang.families import Domain
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import (
    BOOL,
    INT,
    STRING,
    WRONG,
    Bool,
    Dist,
    Fn,
    List,
    Model,
    Size,
    Sum,
    Type,
    Wrong,
    array,
)

METHODS = ("exact", "importance")
"""What `infer(m, method = …)` may name."""


def fold_call(c: Checker, node: s.Call) -> Type:
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


def values_call(c: Checker, node: s.Call) -> Type:
    """`values(Shape)`: an array of all values of a finite type."""
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
    kind: Type = WRONG
    if binding.name in c.names.aliases:
        kind = c.unify.head(c.aliases.get(binding.name, WRONG))
    elif binding.name == "bool" or binding.name in c.names.sums:
        kind = BOOL if binding.name == "bool" else Sum(binding.name)
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


def mem_call(c: Checker, node: s.Call) -> Type:
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


def infer_call(c: Checker, node: s.Call) -> Type:
    """`infer(m, otherwise = d, method = …, draws = …)`: the law of what a model returns."""
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
