"""Declaring names and looking them up, with the errors that either can give; types and their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from pplc.lang.diagnostics import Diagnostic, Note, Span
from pplc.lang.scope import Activation, Binding, Kind, Scope
from pplc.lang.sizes import size_places
from pplc.lang.suggest import did_you_mean
from pplc.lang.syntax import (
    ArrayType,
    Block,
    Call,
    Define,
    Draw,
    Expr,
    FunctionType,
    GenericType,
    ListType,
    Name,
    NamedType,
    Node,
    OptionType,
    Parameter,
    RecordType,
    Size,
    SizeNumber,
    Target,
    TupleType,
    TypeExpr,
)
from pplc.lang.walk import within

MOST_PARTS = 100
"""Arms of a `match`, links of a chain of comparisons, clauses of a `for`: each nests in the one before."""


ELSEWHERE = {
    "float": "numbers are `real`",
    "double": "numbers are `real`",
    "number": "numbers are `real` or `int`",
    "integer": "integers are `int`",
    "boolean": "truth values are `bool`",
    "str": "texts are `string`",
    "vector": "an array of N numbers is `real[N]`",
    "matrix": "a matrix is `real[N, M]`",
    "list": "a list of `real` is `[real]`",
    "tuple": "a pair is `(real, int)`",
    "probability": "a number from 0 to 1 is a `unit`",
}
"""What the types of other languages are called here."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What every body can see: `values` are globals, constructors, builtins, families, actions."""

    values: Mapping[str, Binding]
    types: Mapping[str, Binding]
    aliases: Mapping[str, TypeExpr]


@dataclass(slots=True)
class Found:
    """What resolution writes down; see `Resolution` for the tables."""

    of: dict[int, Binding] = field(default_factory=dict[int, Binding])
    captures: dict[int, tuple[Binding, ...]] = field(default_factory=dict[int, tuple[Binding, ...]])
    arrays: dict[int, tuple[Binding, ...]] = field(default_factory=dict[int, tuple[Binding, ...]])
    sizes: dict[int, tuple[Binding, ...]] = field(default_factory=dict[int, tuple[Binding, ...]])
    errors: list[Diagnostic] = field(default_factory=list[Diagnostic])


class Names:
    """The names of one outermost function: its scopes, those of anonymous functions inside it."""

    def __init__(self, outside: Outside, found: Found) -> None:
        self.outside = outside
        self.found = found
        self.globals_read: set[str] = set()
        self._unknown: dict[str, tuple[Span, list[str]]] = {}
        self._declared: dict[str, Span] = {}

    def _sizes_of(self, parameters: Sequence[Parameter], scope: Scope) -> list[Binding]:
        sizes: dict[str, Binding] = {}
        for parameter in parameters:
            if parameter.type is None:
                continue
            for place in size_places(parameter.type, self.outside.aliases):
                known = scope.find(place.name)
                outer = self.outside.values.get(place.name)
                if place.name in sizes:
                    if sizes[place.name].unique or place.axis < 0:
                        continue
                elif known is not None or (outer is not None and outer.kind == "global"):
                    continue
                unique = self._unique(place.name, scope) if place.axis >= 0 else ""
                binding = Binding("size", place.name, unique, place.span)
                sizes[place.name] = scope.names[place.name] = binding
                scope.activation.visible[place.name] = binding
        return list(sizes.values())

    def _arrays_of(self, body: Block, scope: Scope) -> list[Binding]:
        arrays: dict[str, Binding] = {}
        for node in within(body):
            if not isinstance(node, Draw | Define) or not node.target.indices:
                continue
            target = node.target
            known = arrays.get(target.name)
            if known is None:
                arrays[target.name] = self._declare(
                    target, target.name, scope, target.span, rank=len(target.indices), visible=True
                )
            elif known.rank != len(target.indices):
                self._error(
                    "E0207",
                    f"the elements of `{target.name}` are defined with {len(target.indices)} "
                    f"{_indices(len(target.indices))} here, but with {known.rank} elsewhere",
                    target.span,
                    f"{len(target.indices)} {_indices(len(target.indices))}",
                    notes=(Note(known.declared, f"{known.rank} {_indices(known.rank)}"),),
                )
        return list(arrays.values())

    # -------------------------------------------------------------- declaring and looking up

    def _unique(self, name: str, scope: Scope) -> str:
        taken = scope.activation.taken
        taken[name] += 1
        return name if taken[name] == 1 else f"{name}${taken[name]}"

    def _declare(
        self,
        node: Node,
        name: str,
        scope: Scope,
        span: Span,
        *,
        mutable: bool = False,
        rank: int = 0,
        may_shadow: bool = False,
        visible: bool = False,
    ) -> Binding:
        before = scope.names.get(name)
        if before is None and not may_shadow:
            seen = scope.find(name)
            before = seen[0] if seen is not None and (not seen[1] or rank) else None
        if before is not None:
            self._error(
                "E0202",
                f"`{name}` is defined twice",
                span,
                "defined again",
                _help_twice(name, before, rank, mutable, node),
                (Note(before.declared, "first defined here"),),
            )
        binding = Binding("local", name, self._unique(name, scope), span, mutable, rank)
        scope.names[name] = binding
        self.found.of[id(node)] = binding
        self._declared.setdefault(name, span)
        if visible:
            scope.activation.visible.setdefault(name, binding)
        return binding

    def _use(self, node: Node, name: str, scope: Scope) -> Binding | None:
        """The binding a name stands for here; reports it if there is none, or if it cannot be captured."""
        seen = scope.find(name)
        if seen is None:
            binding = self.outside.values.get(name) or self.outside.types.get(name)
            if binding is None:
                self._unknown.setdefault(name, (node.span, scope.all_names()))
                return None
            if binding.kind == "global":
                self.globals_read.add(name)
            self.found.of[id(node)] = binding
            return binding
        binding, crossed = seen
        if crossed and binding.mutable:
            self._error(
                "E0205",
                f"an anonymous function cannot use the `var` `{name}` of the function around it",
                node.span,
                "captured here",
                f"functions keep values: bind the present one first, as in `let now = {name}`",
                (Note(binding.declared, "declared here"),),
            )
        if not binding.unique:
            self._error(
                "E0206",
                f"the size `{name}` stands in a type only: no argument shows its value",
                node.span,
                "not known when the program runs",
                f"add a parameter `{name}: int`",
                (Note(binding.declared, "mentioned here"),),
            )
        for activation in crossed:
            if binding.unique:
                activation.captured.setdefault(binding.unique, binding)
        self.found.of[id(node)] = binding
        return binding

    def _error(
        self, code: str, message: str, span: Span, label: str, help_: str = "", notes: tuple[Note, ...] = ()
    ) -> None:
        self.found.errors.append(Diagnostic(code, message, span, label, help_, notes))

    def _not_too_many(self, parts: Sequence[object], what: str, span: Span) -> None:
        """Refuse what becomes so many blocks inside each other."""
        if len(parts) > MOST_PARTS:
            self._error("E0108", f"{len(parts)} {what} are more than {MOST_PARTS}", span, "too many")

    def finish(self) -> None:
        """Report each unknown name of the function once, with what it may have meant."""
        for name, (span, names) in self._unknown.items():
            help_ = did_you_mean(name, [*names, *self.outside.values, *self.outside.types])
            notes: tuple[Note, ...] = ()
            if name in self._declared:
                notes = (Note(self._declared[name], "defined here, but not visible from there"),)
                help_ = "a name is visible after its definition, and within its block"
            self._error("E0201", f"there is no `{name}` here", span, "unknown name", help_, notes)

    # -------------------------------------------------------------- types

    def type(self, type_: TypeExpr, scope: Scope) -> None:
        """Resolve the type names and size names in a type."""
        match type_:
            case NamedType(name, sizes):
                binding = self.outside.types.get(name)
                if binding is None:
                    help_ = ELSEWHERE.get(name) or did_you_mean(name, self.outside.types)
                    self._error("E0201", f"there is no type `{name}`", type_.span, "unknown type", help_)
                else:
                    self.found.of[id(type_)] = binding
                self._sizes(sizes, scope)
            case ArrayType(element, sizes):
                self.type(element, scope)
                self._sizes(sizes, scope)
            case ListType(element) | OptionType(element) | GenericType(_, element):
                self.type(element, scope)
            case TupleType(items):
                for item in items:
                    self.type(item, scope)
            case RecordType(fields):
                for _, item in fields:
                    self.type(item, scope)
            case FunctionType(parameters, result):
                for item in (*parameters, result):
                    self.type(item, scope)
            case _:
                assert_never(type_)

    def alias(self, type_: TypeExpr) -> None:
        """Resolve the type names of an alias; its size names belong to the parameters that use it."""
        scope = Scope(Activation())
        for place in size_places(type_, {}):
            scope.names[place.name] = Binding("size", place.name, "", place.span)
        self.type(type_, scope)

    def _sizes(self, sizes: tuple[Size, ...], scope: Scope) -> None:
        for size in sizes:
            if isinstance(size, SizeNumber):
                continue
            seen = scope.find(size.name)
            binding = seen[0] if seen is not None else self.outside.values.get(size.name)
            if binding is None or binding.kind not in ("local", "size", "global"):
                help_ = did_you_mean(size.name, scope.all_names())
                self._error(
                    "E0201",
                    f"there is no size `{size.name}` here",
                    size.span,
                    "unknown size",
                    help_ or "sizes are named by the types of parameters; a list `[T]` may have any length",
                )
            else:
                self.found.of[id(size)] = binding

    # -------------------------------------------------------------- targets

    def _element(self, target: Target, scope: Scope) -> None:
        if not target.indices:
            self._error(
                "E0207",
                f"`:=` defines an element of an array, but `{target.name}` has no index",
                target.span,
                "no index",
                f"write `let {target.name} = …`",
            )
            self._pretend(target, scope)
            return
        seen = scope.find(target.name)
        if seen is not None:
            self.found.of[id(target)] = seen[0]

    def _assigned(self, target: Target, value: Expr, scope: Scope) -> None:
        seen = scope.find(target.name)
        if seen is None:
            known = self.outside.values.get(target.name)
            if known is not None and known.kind == "global":
                message, help_ = f"`{target.name}` is assigned, but is not a `var`", "only a `var` changes"
            else:
                message = f"`{target.name}` is assigned, but was never declared"
                near = did_you_mean(target.name, [b.name for s in scope.chain() for b in s.names.values()])
                help_ = (
                    near or f"write `let {target.name} = …`, or `var {target.name} = …` if it changes later"
                )
                if self._is_law(value, scope):
                    help_ = (
                        f"to draw it write `{target.name} ~ …`; `let {target.name} = …` names the law itself"
                    )
            self._error("E0203", message, target.span, "not a `var`", help_)
            self._pretend(target, scope)
        elif not seen[0].mutable:
            help_ = "declare it with `var` instead of `let`"
            if seen[0].rank:
                help_ = "elements of an array are defined with `:=` or `~`"
            elif seen[0].kind == "size":
                help_ = "sizes are fixed"
            self._error(
                "E0203",
                f"`{target.name}` is assigned, but is not a `var`",
                target.span,
                "assigned here",
                help_,
                (Note(seen[0].declared, "declared here"),),
            )
        else:
            self._use(target, target.name, scope)

    def _is_law(self, value: Expr, scope: Scope) -> bool:
        """Whether a value is a distribution, to look at it: a call of a family."""
        if not isinstance(value, Call) or not isinstance(value.function, Name):
            return False
        name = value.function.name
        known = self.outside.values.get(name)
        return known is not None and known.kind == "family" and scope.find(name) is None

    def _pretend(self, target: Target, scope: Scope) -> None:
        """Define what was meant to be a variable, so that its uses are not reported as well."""
        scope.names.setdefault(
            target.name, Binding("local", target.name, self._unique(target.name, scope), target.span, True)
        )


def _indices(count: int) -> str:
    return "index" if count == 1 else "indices"


def _help_twice(name: str, before: Binding, rank: int, mutable: bool, node: Node) -> str:
    if mutable or not isinstance(node, Target):
        return f"choose another name; to change `{name}` later declare it with `var` and write `{name} = …`"
    if before.mutable:
        return f"`{name}` is a `var`: assign it, as in `{name}{'[…]' if rank else ''} = ~…`"
    if before.rank:
        return f"`{name}` is an array defined element by element"
    return f"if `{name}` is data, write `observe {name}{'[…]' if rank else ''} ~ …`"


def outer_binding(kind: Kind, name: str, declared: Span) -> Binding:
    """A binding that is no variable."""
    return Binding(kind, name, name, declared)
