"""Values of enumerations as numbers, for back ends that compute with tensors.

A value of `type Regime = Calm | Wild` is the place of its constructor in the declaration, so that a draw
of one is a finite draw like any other; what is reported gets its constructors back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from pplc.lang import core, typesys
from pplc.lang.analysis import expressions, inside, statements
from pplc.lang.passes.rewriting import bottom_up, in_every_function, with_expressions
from pplc.semantics.bound import Bound
from pplc.semantics.values import Tagged, Value

Tags = tuple[str, ...]


class _Hidden(Exception):
    """A value of an enumeration is reported as a part of something else."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A program whose enumerations are numbers.

    tags: by the name of a variable that is reported, the constructors that its numbers stand for.
    """

    bound: Bound
    tags: Mapping[str, Tags] = field(default_factory=dict[str, Tags])

    def named(self, name: str, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """The values of a variable as they are reported; NaN, where a run has none, stays."""
        tags = self.tags.get(name.split("[", maxsplit=1)[0].rsplit(".", maxsplit=1)[-1])
        if tags is None or values.dtype == object:
            return values
        found = np.empty(values.shape, dtype=object)
        for place, value in np.ndenumerate(values):
            number = float(value)
            found[place] = Tagged(tags[int(number)]) if number == number else number
        return found


def numbered(bound: Bound) -> Numbered:
    """The program with enumerations as numbers; as it is if one is reported inside something else."""
    program = bound.program
    places = {tag: k for tags in program.enumerations.values() for k, tag in enumerate(tags)}
    if not places:
        return Numbered(bound)
    tags: dict[str, Tags] = {}
    try:
        for function in program.functions.values():
            for name, found in _reported(function, program, entry=function.name == program.entry):
                if tags.setdefault(name, found) != found:
                    return Numbered(bound)
    except _Hidden:
        return Numbered(bound)

    def part(expr: core.Expr) -> core.Expr:
        match expr:
            case core.Prim("construct", (), (str() as tag,)) if tag in places:
                return core.Literal(places[tag], span=expr.span)
            case core.Prim("values", (), constructors):
                every = (core.Literal(places[str(tag)]) for tag in constructors)
                return core.Prim("list", tuple(every), span=expr.span)
            case core.Prim("is_tag", (value,), (str() as tag,)) if tag in places:
                return core.Prim("eq", (value, core.Literal(places[tag])), span=expr.span)
            case _:
                return expr

    def block(old: core.Block) -> core.Block:
        return tuple(with_expressions(s, lambda expr: bottom_up(expr, part), block) for s in old)

    def on_function(old: core.Function) -> core.Function:
        variables = {name: _as_number(kind, program) for name, kind in old.variables.items()}
        return replace(old, body=block(old.body), variables=variables)

    def value(old: Value) -> Value:
        match old:
            case Tagged(tag, ()) if tag in places:
                return places[tag]
            case Tagged(tag, payload):
                return Tagged(tag, tuple(map(value, payload)))
            case tuple():
                return tuple(map(value, old))
            case _:
                return old

    new = replace(
        bound,
        program=in_every_function(program, on_function),
        arguments={name: value(given) for name, given in bound.arguments.items()},
        interventions={address: value(given) for address, given in bound.interventions.items()},
    )
    return Numbered(new, {name: found for name, found in tags.items() if found})


def _as_number(kind: typesys.Type, program: core.Program) -> typesys.Type:
    match kind:
        case typesys.Sum(name) if name in program.enumerations:
            return typesys.Int()
        case typesys.Array(element):
            return replace(kind, element=_as_number(element, program))
        case typesys.List(element):
            return replace(kind, element=_as_number(element, program))
        case _:
            return kind


def _reported(function: core.Function, program: core.Program, *, entry: bool) -> list[tuple[str, Tags]]:
    """The variables of a function that are reported, each with the constructors of its values, if any."""
    found: list[tuple[str, Tags]] = []
    kinds = function.variables
    for statement in statements(function.body):
        if any(
            isinstance(part, core.Prim) and part.op in ("mem", "DirichletProcess")
            for expr in expressions(statement)
            for part in inside(expr)
        ):
            raise _Hidden  # the arguments of memoised functions are addresses
        match statement:
            case core.Draw(name, _, site):
                found.append((site.name, _tags(kinds.get(name), program)))
            case core.Observe(name, _, site) if name:
                found.append((site.name, _tags(kinds.get(name), program)))
            case core.Let(name, _, recorded) | core.Define(name, _, _, recorded) if recorded:
                found.append((recorded, _tags(kinds.get(name), program)))
            case core.Return(value) if entry:
                found.append(("return", _value_tags(value, kinds, program)))
            case _:
                pass
    return found


def _tags(kind: typesys.Type | None, program: core.Program) -> Tags:
    """The constructors of a value, or of the entries of an array; none if it is something else."""
    match kind:
        case typesys.Sum(name):
            if name in program.payloads:
                raise _Hidden
            return program.enumerations[name]
        case typesys.Array(element) | typesys.List(element) | typesys.Option(element):
            return _tags(element, program)
        case typesys.Tuple(items):
            if any(_tags(item, program) for item in items):
                raise _Hidden
        case typesys.Record(fields):
            if any(_tags(item, program) for _, item in fields):
                raise _Hidden
        case _:
            pass
    return ()


def _value_tags(expr: core.Expr, kinds: Mapping[str, typesys.Type], program: core.Program) -> Tags:
    """The same for the value of an expression."""

    def of(part: core.Expr) -> Tags:
        return _value_tags(part, kinds, program)

    match expr:
        case core.Variable(name):
            return _tags(kinds.get(name), program)
        case core.Prim("construct", (), (str() as tag,)):
            return next((tags for tags in program.enumerations.values() if tag in tags), ())
        case core.Prim("index", (array, *_)):
            return of(array)
        case core.Cond(_, then, orelse):
            return of(then) or of(orelse)
        case core.Prim("list" | "values", args, static):
            for one in (*args, *(core.Prim("construct", (), (tag,)) for tag in static)):
                if found := of(one):
                    return found
            return ()
        case core.Prim("eq" | "ne" | "is_tag" | "len" | "extent"):
            return ()
        case core.Prim(_, args):
            if any(map(of, args)):
                raise _Hidden
            return ()
        case _:
            return ()


__all__ = ["Numbered", "numbered"]
