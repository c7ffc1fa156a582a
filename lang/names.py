"""Name resolution: what every name of a program stands for, before any type is known.

Rules, beyond ordinary block scopes:
- items of a file see each other, whatever their order;
- within a function a name means one thing at a time: an inner block may not define it again;
  comprehensions and the parameters of anonymous functions may;
- `z[t] ~ …` and `a[t] := …` define an array of the function they stand in, visible in all of it;
- size names of parameter types (`J` of `real[J]`) are integers in scope;
- a pattern that is the name of a constructor is that constructor;
- anonymous functions keep the values of what they use, so they cannot use a `var`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pplc.lang.diagnostics import NOWHERE, Diagnostic, Note, Rejected, Span
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.functions import ACTIONS, FUNCTIONS
from pplc.lang.graph import circular
from pplc.lang.names_base import Found, Outside, outer_binding
from pplc.lang.names_body import Body
from pplc.lang.names_sites import repeated_sites
from pplc.lang.scope import Activation, Binding, Kind, Resolution, Scope
from pplc.lang.suggest import did_you_mean
from pplc.lang.syntax import (
    Bind,
    Block,
    Constructor,
    Decision,
    Density,
    Expr,
    Function,
    Import,
    Item,
    Lambda,
    Let,
    NamedType,
    Node,
    Pattern,
    Program,
    Query,
    QueryItem,
    TypeDecl,
    TypeExpr,
)
from pplc.lang.walk import children, within

TYPE_NAMES = (
    "bool", "int", "real", "positive", "unit", "string",
    "simplex", "ordered", "unit_vector", "corr", "cov", "chol",
)  # fmt: skip
"""The types of the language that have a name."""

MOST_NAMES = 8
"""Variables that the error of an unknown one lists."""

_KINDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("builtin", tuple(FUNCTIONS)),
    ("family", (*FAMILIES, *COMBINATORS)),
    ("action", tuple(ACTIONS)),
)


def resolve(program: Program) -> Resolution:
    """Resolve every name of a program whose imports are merged; raises all errors it finds."""
    found = Found()
    table = _Items(program, found)
    outside = Outside(table.values, table.types, table.aliases)
    visible: dict[str, Mapping[str, Binding]] = {}
    reads: dict[str, set[str]] = {}
    for item in program.items:
        body = Body(outside, found)
        _item(item, body, visible)
        body.finish()
        for name in _names_of(item):
            reads[name] = body.globals_read
    table.check_cycles(reads)
    for item in program.items:
        for function in _all_functions(item):
            found.errors.extend(repeated_sites(function))
    if found.errors:
        raise Rejected(*sorted(_once(found.errors), key=lambda error: (error.span.line, error.span.column)))
    return Resolution(
        program,
        found.of,
        found.captures,
        found.arrays,
        found.sizes,
        table.aliases,
        table.sums,
        table.owners,
        table.globals,
        visible,
    )


RETURNED = Binding("local", "return", "return", NOWHERE)
"""What queries call `return`: the value of the model. No variable of a program can have that name."""


def resolve_query(names: Resolution, entry: str, query: Query) -> Mapping[int, Binding]:
    """The names in one query, spoken of the variables of the model `entry` (or the one it names).

    Keys are `id(node)` of Name and DoItem nodes; nested queries are included.
    """
    model = query.model or entry
    item = names.globals.get(model)
    if not isinstance(item, Function):
        models = [name for name, known in names.globals.items() if isinstance(known, Function)]
        raise Rejected(
            Diagnostic(
                "E0201",
                f"there is no model `{model}`",
                query.span,
                "unknown model",
                did_you_mean(model, models),
            )
        )
    found = Found()
    body = Body(_outside(names), found)
    scope = Scope(Activation(), None, {**names.visible[model], "return": RETURNED})
    _query(query, body, scope, model)
    body.finish()
    if found.errors:
        raise Rejected(*(_with_names(error, model, names.visible[model]) for error in found.errors))
    return found.of


def _with_names(error: Diagnostic, model: str, visible: Iterable[str]) -> Diagnostic:
    """The error, and if no name is near the unknown one, those that a query may speak of."""
    there = [f"`{name}`" for name in visible]
    if error.code != "E0201" or error.help or not there:
        return error
    more = ", …" if len(there) > MOST_NAMES else ""
    return replace(error, help=f"`{model}` has {', '.join(there[:MOST_NAMES])}{more}")


def _query(query: Query, body: Body, scope: Scope, model: str) -> None:
    inner: list[Expr | Query] = [part for group in query.groups for part in group]
    inner += [*query.given.conditions, *(value for _, value in query.options)]
    for item in query.given.interventions:
        inner += [*item.indices, item.value]
        known = scope.find(item.path[0])
        if known is None:
            body.found.errors.append(
                Diagnostic(
                    "E0201",
                    f"`{model}` has no variable `{item.path[0]}` to set",
                    item.span,
                    "unknown variable",
                    did_you_mean(item.path[0], scope.all_names()),
                )
            )
        else:
            body.found.of[id(item)] = known[0]
    for part in inner:
        if isinstance(part, Query):
            _query(part, body, scope, model)
        else:
            body.expr(part, scope)
    if query.decision is not None:
        _decision(query.decision, body, scope, model)


def _decision(decision: Decision, body: Body, scope: Scope, model: str) -> None:
    """What is decided has a name in the objective and in the limits alone."""
    if scope.find(decision.name) is not None:
        body.found.errors.append(
            Diagnostic(
                "E0202",
                f"`{model}` has a variable `{decision.name}` already",
                decision.span,
                "not a new name",
                "what is decided needs a name of its own",
            )
        )
        return
    if decision.values is not None:
        body.expr(decision.values, scope)
    inner = scope.inner()
    binding = Binding("local", decision.name, f"{decision.name}$decided", decision.span)
    inner.names[decision.name] = binding
    body.found.of[id(decision)] = binding
    _query(decision.objective, body, inner, model)
    for limit in decision.limits:
        _query(limit.information, body, inner, model)
        body.expr(limit.most, scope)


# ------------------------------------------------------------------ items


class _Items:
    """The global tables: values and types by name, filled before any body is looked at."""

    def __init__(self, program: Program, found: Found) -> None:
        self.values = dict(_library())
        self.types: dict[str, Binding] = {name: _outer("type", name) for name in TYPE_NAMES}
        self.aliases: dict[str, TypeExpr] = {}
        self.sums: dict[str, tuple[Constructor, ...]] = {}
        self.owners: dict[str, str] = {}
        self.globals: dict[str, Item] = {}
        self._errors = found.errors
        self._spans: dict[str, Span] = {}
        declared = [item for item in program.items if isinstance(item, TypeDecl)]
        for item in declared:
            self._type(item)
        for item in declared:
            self._alias_or_sum(item)
        for other in program.items:
            for name, span in _names_of(other).items():
                self._value(outer_binding("global", name, span))
                self.globals[name] = other

    def _type(self, item: TypeDecl) -> None:
        if item.name in self.types:
            before = self.types[item.name].declared
            notes = () if item.name in TYPE_NAMES else (Note(before, "first defined here"),)
            built_in = ": it is a type of the language" if item.name in TYPE_NAMES else ""
            self._errors.append(
                Diagnostic(
                    "E0202",
                    f"the type `{item.name}` is defined twice{built_in}",
                    item.name_span,
                    "defined again",
                    notes=notes,
                )
            )
        self.types[item.name] = outer_binding("type", item.name, item.name_span)

    def _alias_or_sum(self, item: TypeDecl) -> None:
        match item:
            case TypeDecl(name, _, alias) if alias is not None:
                self.aliases[name] = alias
            case TypeDecl(name, (Constructor(only, ()) as one,)) if only in self.types and only != name:
                self.aliases[name] = NamedType(only, span=one.span)
            case _:
                self.sums[item.name] = item.constructors
                for constructor in item.constructors:
                    self._value(outer_binding("constructor", constructor.name, constructor.span))
                    self.owners[constructor.name] = item.name

    def _value(self, binding: Binding) -> None:
        name = binding.name
        if name in self._spans:
            self._errors.append(
                Diagnostic(
                    "E0202",
                    f"`{name}` is defined twice",
                    binding.declared,
                    "defined again",
                    "functions, models, densities, constructors and `let`s of a program share their names",
                    (Note(self._spans[name], "first defined here"),),
                )
            )
        self._spans.setdefault(name, binding.declared)
        self.values[name] = binding

    def check_cycles(self, reads: Mapping[str, set[str]]) -> None:
        """Report types and top-level `let`s that are defined by themselves."""
        named = {name: _named_in(written) for name, written in self.aliases.items()}
        for name in circular(named):
            self._cycle("the type", name, self.types[name].declared)
        for name in circular(reads):
            if isinstance(self.globals[name], Let):
                self._cycle("the value of", name, self.values[name].declared)

    def _cycle(self, what: str, name: str, span: Span) -> None:
        self._errors.append(
            Diagnostic("E0208", f"{what} `{name}` depends on itself", span, "defined in a circle")
        )


def _named_in(type_: TypeExpr) -> set[str]:
    return {node.name for node in within(type_) if isinstance(node, NamedType)}


def _item(item: Item, body: Body, visible: dict[str, Mapping[str, Binding]]) -> None:
    match item:
        case Function(_, name, parameters, result, block):
            scope = body.function(item, parameters, block, None)
            if result is not None:
                body.type(result, scope)
            visible[name] = dict(scope.activation.visible)
        case Density(_, parameters, support, log_density):
            scope = body.function(item, parameters, Block((), log_density), None)
            body.type(support, scope)
        case TypeDecl(name, constructors):
            if name in body.outside.aliases:
                body.alias(body.outside.aliases[name])
            else:
                for constructor in constructors:
                    for _, field in constructor.fields:
                        body.type(field, Scope(Activation()))
        case Let(pattern, type_, value):
            scope = Scope(Activation())
            if type_ is not None:
                body.type(type_, scope)
            body.expr(value, scope)
            body.constructors(pattern)
            for bind in _binds(pattern):
                body.found.of[id(bind)] = body.outside.values[bind.name]
        case Import() | QueryItem():
            pass


def _names_of(item: Item) -> dict[str, Span]:
    match item:
        case Function() | Density():
            return {item.name: item.name_span}
        case Let(pattern):
            return {bind.name: bind.span for bind in _binds(pattern)}
        case _:
            return {}


def _binds(pattern: Pattern) -> Iterator[Bind]:
    return (node for node in within(pattern) if isinstance(node, Bind))


def _all_functions(item: Item) -> Iterator[Function | Lambda]:
    todo: list[Node] = [item]
    while todo:
        current = todo.pop()
        if isinstance(current, Function | Lambda):
            yield current
        todo.extend(children(current))


def _once(errors: list[Diagnostic]) -> list[Diagnostic]:
    """One diagnostic for each code and place: the scopes and the sites find some faults both."""
    first: dict[tuple[str, int, int], Diagnostic] = {}
    for error in errors:
        first.setdefault((error.code, error.span.line, error.span.column), error)
    return list(first.values())


def _outer(kind: Kind, name: str) -> Binding:
    return outer_binding(kind, name, NOWHERE)


def _library() -> Iterator[tuple[str, Binding]]:
    for kind, names in _KINDS:
        for name in names:
            yield name, _outer(kind, name)


def _outside(names: Resolution) -> Outside:
    values = dict(_library())
    values |= {name: _outer("constructor", name) for name in names.owners}
    values |= {name: _outer("global", name) for name in names.globals}
    types = {name: _outer("type", name) for name in (*TYPE_NAMES, *names.aliases, *names.sums)}
    return Outside(values, types, names.aliases)
