"""Lowering of calls: functions, models, builtins, families, constructors, actions, and the same as values."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Literal as OneOf
from typing import cast

from pplc.lang import core
from pplc.lang.core import Expr
from pplc.lang.diagnostics import Span
from pplc.lang.functions import FUNCTIONS, MEMBERS
from pplc.lang.lower_arguments import builtin_places, law_parameters, law_places, places
from pplc.lang.lower_base import UNIT_VALUE, Base, global_name
from pplc.lang.scope import Binding
from pplc.lang.syntax import (
    Argument,
    Call,
    Density,
    Function,
    Lambda,
    Let,
    Member,
    Name,
    NamedType,
    Sample,
    TypeExpr,
)
from pplc.lang.syntax import (
    Expr as Tree,
)
from pplc.lang.typesys import Fn, Record

DIRECT = ("builtin", "family", "constructor")
INFER = core.Global("infer")
MEMBER_OPS = {name: "mean_of" if name == "mean" else name for name in MEMBERS}


class Calls(Base):
    """Everything that is applied, or could be."""

    # -------------------------------------------------------------- calls in the source

    def call(self, tree: Call) -> Expr:
        """A call of whatever the callee is."""
        callee = tree.function
        if isinstance(callee, Name):
            binding = self.binding(callee)
            match binding.kind:
                case "builtin":
                    return self._builtin(binding.name, tree)
                case "family":
                    fitting, parametrisation = law_places(binding.name, tree.arguments)
                    return self._law(
                        binding.name, self._placed(tree.arguments, fitting), parametrisation, tree
                    )
                case "action":
                    return self._action(binding.name, tree)
                case "constructor":
                    return self._construct(binding.name, tree)
                case "global":
                    return self._global_call(binding.name, tree)
                case _:
                    pass
        if isinstance(callee, Member) and self.is_law_member(callee):
            values = self.parallel([callee.base, *(argument.value for argument in tree.arguments)])
            return core.Prim(MEMBER_OPS[callee.name], tuple(values), span=tree.span)
        function, *values = self.parallel([callee, *(argument.value for argument in tree.arguments)])
        return self.apply(function, values, tree.span, callee, tree)

    def _placed(self, arguments: Sequence[Argument], fitting: Sequence[int | None]) -> list[Expr | None]:
        values = self.parallel([argument.value for argument in arguments])
        return [None if place is None else values[place] for place in fitting]

    def _given(self, arguments: Sequence[Argument], fitting: Sequence[int | None]) -> list[Expr]:
        return [value for value in self._placed(arguments, fitting) if value is not None]

    def _global_call(self, name: str, tree: Call) -> Expr:
        item = self.output.names.globals[name]
        if isinstance(item, Let):
            function, *values = self.parallel(
                [tree.function, *(argument.value for argument in tree.arguments)]
            )
            return self.apply(function, values, tree.span, tree.function, tree)
        assert isinstance(item, Function | Density)
        fitting = places(tree.arguments, [parameter.name for parameter in item.parameters])
        assert fitting is not None
        values = self._given(tree.arguments, fitting)
        if isinstance(item, Density):
            return core.Law(name, tuple(values), span=tree.span)
        return self._call(core.Global(global_name(name), span=tree.function.span), values, tree.span, tree)

    def _call(self, function: Expr, values: Sequence[Expr], span: Span, tree: Tree | None) -> core.Variable:
        name = self.fresh(tree)
        self.emit(core.Call(name, function, tuple(values), span=span))
        return core.Variable(name, span=span)

    def apply(
        self, function: Expr, values: Sequence[Expr], span: Span, callee: Tree, tree: Tree | None
    ) -> Expr:
        """The result of a function value; `callee` is where it came from, `tree` what has its type."""
        kind = self.type_of(callee)
        if isinstance(kind, Fn) and kind.random:
            # `flip` as a value is a model of its draw.
            model = self._call(function, values, span, None)
            return self.draw(model, callee_name(callee), span, tree)
        return self._call(function, values, span, tree)

    def draw(self, law: Expr, callee: str, span: Span, tree: Tree | None) -> core.Variable:
        """An anonymous draw."""
        name = self.fresh(tree)
        self.emit(core.Draw(name, (), self.anonymous_site(callee, span), law, span=span))
        return core.Variable(name, span=span)

    # -------------------------------------------------------------- what the language brings

    def _law(self, family: str, values: Sequence[Expr | None], parametrisation: int, tree: Tree) -> Expr:
        return core.Law(family, tuple(values), parametrisation, span=tree.span)

    def _action(self, kind: str, tree: Call) -> Expr:
        (value,) = self.parallel([argument.value for argument in tree.arguments])
        named = cast(OneOf["factor", "weight", "condition", "observe_soft"], kind)
        self.emit(core.Weight(named, value, span=tree.span))
        return UNIT_VALUE

    def _construct(self, name: str, tree: Call) -> Expr:
        names = self.output.names
        constructor = next(c for c in names.sums[names.owners[name]] if c.name == name)
        fields = [field or f"{position}" for position, (field, _) in enumerate(constructor.fields)]
        fitting = places(tree.arguments, fields)
        assert fitting is not None
        return core.Prim("construct", tuple(self._given(tree.arguments, fitting)), (name,), span=tree.span)

    def _builtin(self, name: str, tree: Call) -> Expr:
        if name == "values":
            return self._values(tree)
        fitting = builtin_places(name, tree.arguments)
        if name in ("map", "filter", "fold"):
            trees = [tree.arguments[place].value for place in fitting if place is not None]
            return self._higher_order(name, trees, tree)
        if name == "infer":
            placed = self._placed(tree.arguments, fitting)
            result, model = self.fresh(tree), placed[0]
            assert model is not None
            parameters = [parameter for parameter, _ in FUNCTIONS["infer"].signatures[0].parameters]
            keywords = [(p, v) for p, v in zip(parameters[1:], placed[1:], strict=True) if v is not None]
            self.emit(core.Call(result, INFER, (model,), tuple(keywords), span=tree.span))
            return core.Variable(result, span=tree.span)
        values = self._given(tree.arguments, fitting)
        if name == "flip":
            return self.draw(core.Law("Bernoulli", tuple(values), span=tree.span), "flip", tree.span, tree)
        return core.Prim(name, tuple(values), span=tree.span)

    def _values(self, tree: Call) -> Expr:
        (argument,) = tree.arguments
        assert isinstance(argument.value, Name)
        constructors = self.output.names.sums.get(argument.value.name, ())
        if constructors and not any(constructor.fields for constructor in constructors):
            return core.Prim("values", (), tuple(c.name for c in constructors), span=tree.span)
        every = self._every_value(NamedType(argument.value.name), tree.span)
        return core.Prim("list", tuple(every), span=tree.span)

    def _every_value(self, written: TypeExpr, span: Span) -> Iterator[Expr]:
        """The values of a finite type in the order of declaration; of payloads the last varies fastest."""
        names = self.output.names
        assert isinstance(written, NamedType)
        if written.name in names.aliases:
            yield from self._every_value(names.aliases[written.name], span)
        elif written.name == "bool":
            yield from (core.Literal(False, span=span), core.Literal(True, span=span))
        else:
            for constructor in names.sums[written.name]:
                fields = [list(self._every_value(field, span)) for _, field in constructor.fields]
                for payload in itertools.product(*fields):
                    yield core.Prim("construct", payload, (constructor.name,), span=span)

    # -------------------------------------------------------------- map, filter, fold

    def _higher_order(self, name: str, trees: Sequence[Tree], tree: Call) -> Expr:
        """`map`, `filter`, `fold` of a function; a builtin given for it is applied directly."""
        callee = trees[0]
        if isinstance(callee, Name) and (binding := self.binding(callee)).kind in DIRECT:
            return self.iterate(
                name, lambda values: self.apply_named(binding, values, callee), self.parallel(trees[1:]), tree
            )
        given, *values = self.parallel(trees)
        function = self.atom(given, callee.span, callee)
        return self.iterate(
            name, lambda values: self.apply(function, values, tree.span, callee, None), values, tree
        )

    def iterate(
        self, name: str, apply: Callable[[Sequence[Expr]], Expr], values: Sequence[Expr], tree: Tree
    ) -> Expr:
        """The loop that `map`, `filter` or `fold` is; `values` are what follows the function."""
        span = tree.span
        element = core.Variable(self.fresh(), span=span)
        if name == "fold":
            total = self.let(values[0], span, tree)
            with self.loop_over(values[1], element.name, span):
                self.emit(core.Assign(total.name, (), apply((total, element)), span=span))
            return total
        with self.loop_over(values[0], element.name, span) as rounds:
            result = apply((element,))
            rounds.collect, rounds.keep = (result, None) if name == "map" else (element, result)
            rounds.into = self.fresh(tree)
        return core.Variable(rounds.into, span=span)

    def apply_named(self, binding: Binding, values: Sequence[Expr], callee: Tree) -> Expr:
        """A builtin, family, density or constructor of values in order."""
        name, span, given = binding.name, callee.span, tuple(values)
        match binding.kind:
            case "family" | "global":
                return core.Law(name, given, span=span)
            case "constructor":
                return core.Prim("construct", given, (name,), span=span)
            case _ if name == "flip":
                return self.draw(core.Law("Bernoulli", given, span=span), "flip", span, None)
            case _:
                return core.Prim(name, given, span=span)

    # -------------------------------------------------------------- as values

    def is_law_member(self, tree: Member) -> bool:
        """Whether `e.name` asks something of a law; records may have fields of the same names."""
        return tree.name in MEMBERS and not isinstance(self.type_of(tree.base), Record)

    def member(self, tree: Member) -> Expr:
        """`r.field`, `d.mean`, and `d.logpdf` as a function."""
        if not self.is_law_member(tree):
            return core.Prim("field", (self.expr(tree.base),), (tree.name,), span=tree.span)
        base = self.expr(tree.base)
        if MEMBERS[tree.name].takes == "nothing":
            return core.Prim(MEMBER_OPS[tree.name], (base,), span=tree.span)
        captured = base if isinstance(base, core.Variable) else self.let(base, tree.span, tree.base)
        body = core.Prim(
            MEMBER_OPS[tree.name],
            (core.Variable("d", span=tree.span), core.Variable("x", span=tree.span)),
            span=tree.span,
        )
        function = self.add_function(
            f"{tree.name}#of", "fn", ("x",), ("d",), (core.Return(body, span=tree.span),)
        )
        return core.Closure(function, (captured.name,), span=tree.span)

    def named_value(self, binding: Binding, tree: Name) -> Expr:
        """A builtin, family, constructor, density or function as a value."""
        name, span = binding.name, tree.span
        match binding.kind:
            case "constructor":
                names = self.output.names
                constructor = next(c for c in names.sums[names.owners[name]] if c.name == name)
                if not constructor.fields:
                    return core.Prim("construct", (), (name,), span=span)
                return self._expanded(binding, len(constructor.fields), tree)
            case "family":
                return self._expanded(binding, len(law_parameters(name)), tree)
            case "builtin":
                if FUNCTIONS[name].constant is not None:
                    return core.Prim(name, (), span=span)
                kind = self.type_of(tree)
                assert isinstance(kind, Fn)
                return self._expanded(binding, len(kind.parameters), tree)
            case _:
                item = self.output.names.globals[name]
                if isinstance(item, Let):
                    return self._call(core.Global(global_name(name), span=span), (), span, tree)
                if isinstance(item, Density):
                    return self._expanded(binding, len(item.parameters), tree)
                return core.Global(global_name(name), span=span)

    def _expanded(self, binding: Binding, arity: int, tree: Name) -> Expr:
        """A named operation as a function of its own, made once for the program: `Normal#2`."""
        name, span = f"{binding.name}#{arity}", tree.span
        if name not in self.output.functions:
            parameters = tuple(f"x{position}" for position in range(1, arity + 1))
            inside = self.sibling(name, "model" if binding.name == "flip" else "fn")
            values = [core.Variable(parameter, span=span) for parameter in parameters]
            inside.emit(core.Return(inside.apply_named(binding, values, tree), span=span))
            self.add_function(name, inside.kind, parameters, (), tuple(inside.branch.body))
        return core.Global(name, span=span)


def callee_name(tree: Tree) -> str:
    """What an anonymous draw from a law is called: `geometric` for `~geometric(p)`."""
    match tree:
        case Call(function, _):
            return callee_name(function)
        case Name(name) | Member(_, name):
            return name
        case Sample(law):
            return callee_name(law)
        case Lambda():
            return "model"
        case _:
            return "draw"
