"""Which expressions a query can compute in every run: those without draws, blocks, laws and models."""

from __future__ import annotations

from collections.abc import Iterator

from pplc.lang import syntax as s
from pplc.lang.check_state import Checker
from pplc.lang.diagnostics import Diagnostic
from pplc.lang.scope import Binding
from pplc.lang.typesys import WRONG, Base, Dist, Fn, Model, Type
from pplc.lang.walk import children

HIGHER = frozenset(("map", "filter", "fold", "mem", "infer", "flip"))
"""Functions of the library that take a function or a model, or draw."""


def cannot_be_asked(expression: s.Node) -> Diagnostic:
    """The error of an expression that queries do not compute."""
    return Diagnostic(
        "E0606",
        "this kind of expression cannot stand in a query",
        expression.span,
        help="compute it in the model, give it a name with `let`, and ask for that name",
    )


def refuse_law(c: Checker, expression: s.Expr) -> None:
    """Report a law that is not written in the query: as a family or combinator with its arguments."""
    found = next(_unanswerable(c, expression, laws=True), None)
    binding = c.binding(expression.function) if isinstance(expression, s.Call) else None
    written = binding is not None and (binding.kind == "family" or binding.name == "couple")
    if found is None and written:
        return
    place = expression if found is None else found
    c.errors.append(
        Diagnostic(
            "E0606",
            "a law in a query is written out, as in `Bernoulli(0.3)`",
            place.span,
            "not written out",
            "or draw from it in the model, `x ~ …`, and ask about `x`",
        )
    )


def refuse_unanswerable(c: Checker, expression: s.Expr, kind: Type) -> None:
    """Report an expression that queries do not compute, or whose value is no datum."""
    found = next(_unanswerable(c, expression), None)
    if found is None and isinstance(kind, Fn | Model | Dist | Base):
        found = expression
    if found is not None:
        c.errors.append(cannot_be_asked(found))


def _unanswerable(c: Checker, node: s.Node, *, laws: bool = False) -> Iterator[s.Node]:
    """The nodes that are not computed; families only where a law may stand."""
    match node:
        case s.Sample() | s.Lambda() | s.Match():
            yield node
        case s.IfExpr(_, then, orelse):
            for block in (then, orelse):
                if block is not None and (block.statements or block.value is None):
                    yield node
        case s.Comprehension(_, clauses) if not all(isinstance(x.pattern, s.Bind) for x in clauses):
            yield node
        case s.Call(s.Name("values"), (s.Argument(s.Name(kind)),)):
            constructors = c.names.sums.get(kind, ())
            if not constructors or any(constructor.fields for constructor in constructors):
                yield node
            return
        case s.Call(s.Name() as function, arguments):
            binding = c.binding(function)
            named = any(argument.name for argument in arguments)
            family = laws and binding is not None and binding.kind == "family"
            if binding is not None and not family and not _computed(c, binding, named=named):
                yield node
        case s.Call(s.Member(base)):
            if isinstance(c.unify.head(c.types.get(id(base), WRONG)), Dist | Base):
                yield node
        case s.Call(s.Index()):
            pass
        case s.Call(function):
            yield function
        case _:
            pass
    for child in children(node):
        yield from _unanswerable(c, child, laws=laws)


def _computed(c: Checker, binding: Binding, *, named: bool) -> bool:
    """Whether calls of this are computed: functions with arguments in any way, others by place."""
    match binding.kind:
        case "family" | "action":
            return False
        case "builtin":
            return binding.name not in HIGHER and not named
        case "constructor":
            return not named
        case "global":
            item = c.names.globals.get(binding.name)
            return isinstance(item, s.Function) and item.kind == "fn"
        case _:
            return True
