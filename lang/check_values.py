"""What a name is as a value: variables, and functions, families and constructors that are not called."""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_arrays import grown
from pplc.lang.check_domains import domain_type, support_type
from pplc.lang.check_state import Checker
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.functions import FUNCTIONS, Signature
from pplc.lang.scope import Binding
from pplc.lang.typesys import INT, UNKNOWN_SIZE, WRONG, Array, Dist, Extent, Fn, Sum, Type

ONLY_CALLED = ("fold", "values", "mem", "infer", "map", "filter", "zip", "ode")
"""Builtins whose rules need their arguments."""


def name_value(c: Checker, node: s.Name) -> Type:
    """The type of a name that stands alone."""
    binding = c.binding(node)
    if binding is None:
        return WRONG
    match binding.kind:
        case "local" | "size":
            return _variable(c, binding)
        case "global":
            known = c.globals.get(binding.unique)
            if known is not None:
                return known.type
            signature = c.signatures.get(binding.unique)
            return WRONG if signature is None else signature.as_function
        case "builtin":
            return _builtin(c, node)
        case "family":
            return _family(c, node)
        case "constructor":
            owner, fields = c.constructors[node.name]
            return Fn(tuple(kind for _, kind in fields), Sum(owner)) if fields else Sum(owner)
        case "action":
            return c.report(
                "E0213",
                f"`{node.name}` is something a model does, not a value",
                node.span,
                "not a value",
                f"call it as a statement: `{node.name}(…)`",
            )
        case "type":
            help_ = f"`values({node.name})` is the list of its values" if node.name in c.names.sums else ""
            return c.report("E0213", f"`{node.name}` is a type, not a value", node.span, "not a value", help_)


def _variable(c: Checker, binding: Binding) -> Type:
    c.used.add(binding.unique)
    if binding.rank:
        return grown(c, binding).type
    entry = c.entries.get(binding.unique)
    if entry is not None:
        return entry.type
    return INT if binding.kind == "size" else WRONG


def _builtin(c: Checker, node: s.Name) -> Type:
    function = FUNCTIONS[node.name]
    if function.constant is not None:
        return function.constant
    if node.name in ONLY_CALLED:
        return c.report(
            "E0213",
            f"`{node.name}` can be called, but not passed on",
            node.span,
            "not a value",
            f"wrap it: `fn (…) => {node.name}(…)`",
        )
    signature = function.signatures[-1]
    if node.name == "flip":
        only_in_models(c, node, "`flip` draws")
    kinds = c.unify.instantiate(_as_plain(signature), {})
    return Fn(kinds[:-1], kinds[-1], random=node.name == "flip")


def _as_plain(signature: Signature) -> tuple[Type, ...]:
    parameters = [kind for _, kind in signature.parameters]
    if signature.rule == "reduction":
        parameters = [Array(kind, (UNKNOWN_SIZE,)) for kind in parameters]
    return (*parameters, signature.result)


def only_in_models(c: Checker, node: s.Node, what: str) -> bool:
    """Complain about something random outside a model."""
    if c.frame.kind in ("model", "query"):
        return True
    kinds = {"fn": "an anonymous `fn`", "density": "a density", "let": "a top-level `let`"}
    named = c.frame.kind == "fn" and c.frame.name
    where = f"`{c.frame.name}` is a `fn`" if named else f"this is {kinds.get(c.frame.kind, 'no model')}"
    c.report(
        "E0222",
        f"{what}, but {where}, and only a `model` may be random",
        node.span,
        "not in a model",
        "write `model` instead of `fn`, and draw from it with `~` where it is used",
    )
    return False


def _family(c: Checker, node: s.Name) -> Type:
    if node.name in FAMILIES:
        family = FAMILIES[node.name]
        sizes: dict[str, Extent] = {}
        parameters = [
            domain_type(c, parameter.domain, parameter.size, sizes)
            for parameter in family.parameters
            if parameter.default is None
        ]
        return Fn(tuple(parameters), Dist(support_type(family, sizes, {}, {})))
    return c.report(
        "E0213",
        f"`{node.name}` can be called, but not passed on",
        node.span,
        "not a value",
        f"wrap it: `fn (…) => {node.name}({', '.join(a.name for a in COMBINATORS[node.name].arguments)})`",
    )
