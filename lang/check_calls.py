"""Calls: of the program's functions and models, of constructors, of actions, of values."""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_arguments import Slot, infer_all, place, report_count
from pplc.lang.check_atoms import refuse_equality
from pplc.lang.check_builtins import builtin_call
from pplc.lang.check_constants import size_value
from pplc.lang.check_domains import check_domain, require
from pplc.lang.check_laws import law_call
from pplc.lang.check_members import member_call
from pplc.lang.check_state import Checker, FunctionSignature
from pplc.lang.check_values import only_in_models
from pplc.lang.families import Domain
from pplc.lang.functions import ACTIONS
from pplc.lang.typesys import (
    BOOL,
    INT,
    REAL,
    UNIT,
    WRONG,
    Base,
    Bool,
    Dist,
    Extent,
    Fn,
    Int,
    Model,
    Real,
    Sum,
    Type,
    Variable,
    Wrong,
)


def call(c: Checker, node: s.Call, wanted: Type | None) -> Type:
    """The type of a call."""
    if isinstance(node.function, s.Member):
        return member_call(c, node, node.function)
    if isinstance(node.function, s.Name):
        binding = c.binding(node.function)
        if binding is None:
            infer_all(c, node)
            return WRONG
        match binding.kind:
            case "builtin":
                return builtin_call(c, node, binding.name, wanted)
            case "family":
                return law_call(c, node, binding.name)
            case "action":
                return _action(c, node, binding.name)
            case "constructor":
                owner, fields = c.constructors[binding.name]
                signature = FunctionSignature("constructor", binding.name, fields, Sum(owner))
                return _constructor(c, node, signature)
            case "global" if binding.unique in c.signatures:
                return known_call(c, node, c.signatures[binding.unique])
            case _:
                pass
    return _value_call(c, node, c.infer(node.function, None))


def known_call(c: Checker, node: s.Call, signature: FunctionSignature) -> Type:
    """A call of a function whose parameters have names; sizes of its result depend on arguments."""
    slots = [Slot(name) for name, _ in signature.parameters]
    arguments = place(c, node, signature.name, slots)
    if arguments is None:
        return _unsized(c, signature)
    values = [value for value in arguments if value is not None]
    sizes: dict[str, Extent] = {}
    given: list[Type | None] = []
    for (name, kind), value in zip(signature.parameters, values, strict=True):
        given.append(c.infer(value, INT) if isinstance(kind, Int) else None)
        if isinstance(kind, Int) and name:
            sizes[name] = size_value(c, value)
    kinds = c.unify.instantiate([*(kind for _, kind in signature.parameters), signature.result], sizes)
    for (name, _), wanted, value, known in zip(signature.parameters, kinds[:-1], values, given, strict=True):
        what = f"`{name}` of `{signature.name}`" if name else f"the argument of `{signature.name}`"
        require(c, value, c.infer(value, wanted) if known is None else known, wanted, what)
    return kinds[-1]


def _unsized(c: Checker, signature: FunctionSignature) -> Type:
    return c.unify.instantiate([signature.result], {})[0]


def _constructor(c: Checker, node: s.Call, signature: FunctionSignature) -> Type:
    if not signature.parameters:
        infer_all(c, node)
        return c.report(
            "E0204",
            f"`{signature.name}` takes no parameters",
            node.span,
            "not a function",
            f"write `{signature.name}` without parentheses",
        )
    return known_call(c, node, signature)


def _value_call(c: Checker, node: s.Call, kind: Type) -> Type:
    text = _text(node.function)
    match c.unify.head(kind):
        case Wrong():
            infer_all(c, node)
            return WRONG
        case Fn(parameters, result, random):
            if random and not only_in_models(c, node, "this function draws"):
                return WRONG
            if any(a.name for a in node.arguments):
                named = next(a for a in node.arguments if a.name)
                infer_all(c, node)
                return c.report(
                    "E0209",
                    f"{text} takes its arguments by position",
                    named.span,
                    "named",
                    "only functions of the file and of the library have parameters with names",
                )
            if len(parameters) != len(node.arguments):
                infer_all(c, node)
                report_count(c, node, text.strip("`"), [Slot("")] * len(parameters), len(node.arguments))
                return result
            for value, wanted in zip(node.arguments, parameters, strict=True):
                kind = c.infer(value.value, wanted)
                require(c, value.value, kind, wanted, f"the argument of {text}")
            return result
        case Variable() as unknown:
            kinds = tuple(c.infer(a.value, None) for a in node.arguments)
            result = c.unify.fresh()
            if c.unify.fits(unknown, Fn(kinds, result)) is not None:
                return c.report(
                    "E0216",
                    f"{text} is called with itself, which has no type",
                    node.span,
                    "a function of itself",
                    "write a recursive function with a name, and declare its result",
                )
            return result
        case Model() | Dist() | Base() as law:
            infer_all(c, node)
            return c.report(
                "E0213",
                f"{text} is `{c.show(law)}`, which is not a function",
                node.span,
                "called here",
                f"to draw from it write `~{text.strip('`')}`",
            )
        case other:
            infer_all(c, node)
            help_ = (
                f"to take an element write `{text.strip('`')}[…]`"
                if not isinstance(c.unify.element(other), Wrong)
                else ""
            )
            return c.report(
                "E0213",
                f"{text} is `{c.show(other)}`, which is not a function",
                node.span,
                "called here",
                help_,
            )


def _text(expr: s.Expr) -> str:
    span = expr.span
    text = span.file.line(span.line)[span.column - 1 : span.end_column - 1]
    return f"`{text}`" if span.line == span.end_line and 0 < len(text) <= 30 else "this value"


# ------------------------------------------------------------------ actions


def _action(c: Checker, node: s.Call, name: str) -> Type:
    if not only_in_models(c, node, f"`{name}` changes the weight of a run"):
        infer_all(c, node)
        return UNIT
    signature = ACTIONS[name].signatures[0]
    slots = [Slot(parameter) for parameter, _ in signature.parameters]
    named = any(argument.name for argument in node.arguments)
    arguments = place(c, node, name, slots, help_="equality is written `==`" if named else "")
    if arguments is None or arguments[0] is None:
        return UNIT
    value = arguments[0]
    kind = c.infer(value, None)
    if name == "condition":
        help_ = ""
        if isinstance(c.unify.head(kind), Real | Int):
            help_ = "for a likelihood write `weight(w)`, or `factor(l)` with its logarithm"
        c.require(kind, BOOL, value.span, "what `condition` is given", help_=help_)
        refuse_equality(c, value)
    else:
        help_ = (
            "to require that it is true write `condition(…)`" if isinstance(c.unify.head(kind), Bool) else ""
        )
        c.require(kind, REAL, value.span, f"what `{name}` is given", help_=help_)
        if name == "weight":
            check_domain(c, Domain.NONNEGATIVE, value, "the weight")
        elif name == "observe_soft":
            check_domain(c, Domain.UNIT, value, "the truth value")
    return UNIT
