"""The type checker: from a program to its types, or to everything that is wrong with it.

Items are checked in the order of their dependence: a function that declares its result can be called
before its body is looked at, one that does not is inferred first. Errors of a stage are reported all
together: names first, then types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from pplc.lang import syntax as s
from pplc.lang.check_annotations import declare_types, type_of
from pplc.lang.check_body import function_body, value_block
from pplc.lang.check_constants import names_in
from pplc.lang.check_definitions import let
from pplc.lang.check_expr import infer
from pplc.lang.check_queries import check_query
from pplc.lang.check_records import Checked, ModelSignature
from pplc.lang.check_state import Checker, Entry, Frame, FunctionSignature
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.loader import load_text
from pplc.lang.names import resolve
from pplc.lang.scope import Resolution
from pplc.lang.typesys import (
    INT,
    REAL,
    UNKNOWN_SIZE,
    WRONG,
    Base,
    Extent,
    Fn,
    Int,
    Model,
    Size,
    Type,
    Variable,
    array,
    with_sizes,
)
from pplc.lang.walk import within


def check_text(text: str, name: str = "<text>", folder: Path | None = None) -> Checked:
    """Parse and check a text; `Rejected` carries all errors of the first stage that finds any."""
    return check_program(load_text(text, name, folder))


def check_program(program: s.Program) -> Checked:
    """Check a program whose imports are followed."""
    names = resolve(program)
    c = checker(names)
    models: dict[str, ModelSignature] = {}
    for item in _ordered(c, program):
        _check_item(c, item, models)
    queries = tuple(
        query for item in program.items if isinstance(item, s.QueryItem) for query in item.queries
    )
    entry = next(
        (i.name for i in reversed(program.items) if isinstance(i, s.Function) and i.kind == "model"), ""
    )
    in_order = {
        i.name: models[i.name] for i in program.items if isinstance(i, s.Function) and i.kind == "model"
    }
    types = {key: c.unify.full(kind) for key, kind in c.types.items()}
    checked = Checked(program, names, types, in_order, entry, queries, tuple(_sorted(c.warnings)))
    if c.errors:
        raise Rejected(*_sorted(c.errors))
    for query in queries:
        check_query(checked, query)
    return checked


def checker(names: Resolution) -> Checker:
    """A checker that knows the types of a program, and nothing else of it yet."""
    c = Checker(names)
    c.infer = partial(infer, c)
    c.block = partial(value_block, c)
    declare_types(c)
    return c


def _sorted(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    return sorted(diagnostics, key=lambda d: (d.span.file.name, d.span.line, d.span.column))


# ------------------------------------------------------------------ order


def _ordered(c: Checker, program: s.Program) -> list[s.Item]:
    """Declared functions' bodies last, everything else after what it needs; circles are reported."""
    items = [i for i in program.items if isinstance(i, s.Function | s.Density | s.Let)]
    for item in items:
        if _is_declared(item):
            _declare(c, item)
    inferred = [item for item in items if not _is_declared(item)]
    names = {name: item for item in inferred for name in _defined(item)}
    needs: dict[int, list[s.Item]] = {
        id(item): [names[n] for n in _globals_of(c, item) if n in names] for item in inferred
    }
    done: set[int] = set()
    order: list[s.Item] = []
    for start in inferred:
        _visit(c, start, needs, done, order)
    return [*order, *(item for item in items if _is_declared(item))]


def _visit(
    c: Checker, start: s.Item, needs: Mapping[int, list[s.Item]], done: set[int], order: list[s.Item]
) -> None:
    """Depth first, without recursion: chains of functions may be long."""
    if id(start) in done:
        return
    done.add(id(start))
    path: list[tuple[s.Item, Iterator[s.Item]]] = [(start, iter(needs[id(start)]))]
    open_items = {id(start)}
    while path:
        item, rest = path[-1]
        following = next(rest, None)
        if following is None:
            path.pop()
            open_items.discard(id(item))
            order.append(item)
        elif id(following) in open_items:
            _circle(c, following)
        elif id(following) not in done:
            done.add(id(following))
            open_items.add(id(following))
            path.append((following, iter(needs[id(following)])))


def _circle(c: Checker, item: s.Item) -> None:
    if isinstance(item, s.Function):
        c.signatures.pop(item.name, None)
        c.report(
            "E0216",
            f"`{item.name}` calls itself, so its result must be declared",
            item.name_span,
            "recursive",
            f"write the type after an arrow, as in `{item.kind} {item.name}(…) -> int`",
        )


def _is_declared(item: s.Item) -> bool:
    return isinstance(item, s.Density) or (isinstance(item, s.Function) and item.result is not None)


def _defined(item: s.Item) -> list[str]:
    if isinstance(item, s.Function | s.Density):
        return [item.name]
    if isinstance(item, s.Let):
        return [node.name for node in _binds(item.pattern)]
    return []


def _binds(pattern: s.Pattern) -> Iterator[s.Bind]:
    return (node for node in within(pattern) if isinstance(node, s.Bind))


def _globals_of(c: Checker, item: s.Item) -> list[str]:
    found: list[str] = []
    for name in names_in(item):
        binding = c.binding(name)
        if binding is not None and binding.kind == "global":
            found.append(binding.unique)
    return found


# ------------------------------------------------------------------ declarations


def _open(c: Checker, item: s.Function | s.Density) -> tuple[tuple[str, Type], ...]:
    """Make the parameters and sizes of a function known; gives the parameters."""
    c.entries, c.growing, c.used = {}, {}, set()
    for binding in c.names.sizes.get(id(item), ()):
        if binding.unique:
            c.entries[binding.unique] = Entry(INT, Size(binding.unique))
    for parameter in item.parameters:  # integers first: types may mention them as sizes
        if isinstance(parameter.type, s.NamedType):
            _parameter(c, parameter)
    return tuple((_unique(c, parameter), _parameter(c, parameter)) for parameter in item.parameters)


def _unique(c: Checker, parameter: s.Parameter) -> str:
    binding = c.names.of.get(id(parameter))
    return parameter.name if binding is None else binding.unique


def _parameter(c: Checker, parameter: s.Parameter) -> Type:
    if parameter.type is None:
        kind: Type = c.report(
            "E0216",
            f"the parameter `{parameter.name}` needs a type",
            parameter.span,
            "no type",
            f"as in `{parameter.name}: real`; only anonymous functions may leave it out",
        )
    else:
        kind = type_of(c, parameter.type)
    size = Size(_unique(c, parameter)) if isinstance(kind, Int) else None
    c.enter(parameter, Entry(kind, size))
    return kind


def _declare(c: Checker, item: s.Item) -> None:
    """Write down the signature of a function that declares its result."""
    if isinstance(item, s.Density):
        parameters = _open(c, item)
        support = type_of(c, item.support)
        c.signatures[item.name] = FunctionSignature("density", item.name, parameters, Base(support))
    elif isinstance(item, s.Function) and item.result is not None:
        parameters = _open(c, item)
        _set_signature(c, item, parameters, type_of(c, item.result))


def _set_signature(
    c: Checker, item: s.Function, parameters: tuple[tuple[str, Type], ...], result: Type
) -> None:
    if item.kind == "model":
        c.signatures[item.name] = FunctionSignature("model", item.name, parameters, Model(result))
    else:
        c.signatures[item.name] = FunctionSignature("function", item.name, parameters, result)


# ------------------------------------------------------------------ bodies


def _check_item(c: Checker, item: s.Item, models: dict[str, ModelSignature]) -> None:
    match item:
        case s.Function():
            _function(c, item, models)
        case s.Density():
            _density(c, item)
        case s.Let():
            c.entries, c.growing, c.used = {}, {}, set()
            c.frames.append(Frame("let", ""))
            let(c, item)
            c.frames.pop()
        case _:
            pass


def _function(c: Checker, item: s.Function, models: dict[str, ModelSignature]) -> None:
    parameters = _open(c, item)
    declared = type_of(c, item.result) if item.result is not None else None
    frame = Frame(item.kind, item.name, declared)
    result = function_body(c, frame, item.body, item, c.names.arrays.get(id(item), ()))
    if declared is None:
        if isinstance(c.unify.head(result), Variable):
            result = c.report(
                "E0216",
                f"the type of what `{item.name}` returns cannot be inferred",
                item.name_span,
                "what does it return?",
                f"write the type after an arrow, as in `{item.kind} {item.name}(…) -> [real]`",
            )
        _set_signature(c, item, parameters, result)
    if item.kind == "model":
        models[item.name] = _model_signature(c, item, frame, result)


def _density(c: Checker, item: s.Density) -> None:
    _open(c, item)
    support = type_of(c, item.support)
    c.frames.append(Frame("density", item.name))
    wanted = Fn((support,), REAL)
    found = c.infer(item.log_density, wanted)
    help_ = "as in `density Name(s: positive) on real = fn (x: real) => -x^2 / (2 * s^2)`"
    c.require(found, wanted, item.log_density.span, f"the log density of `{item.name}`", help_=help_)
    c.frames.pop()


def _model_signature(c: Checker, item: s.Function, frame: Frame, result: Type) -> ModelSignature:
    parameters = tuple((p.name, c.unify.full(c.types.get(id(p), WRONG)), p.span) for p in item.parameters)
    variables: dict[str, Type] = {}
    for name, binding in c.names.visible[item.name].items():
        entry = c.entries.get(binding.unique)
        if entry is not None:
            loops = frame.depth_of.get(binding.unique, 0)
            axes: tuple[Extent, ...] = (UNKNOWN_SIZE,) * loops
            variables[name] = array(_without(c, entry.type, frame), axes)
    calls: dict[str, str] = {}
    for draw in _draws(item):
        law = draw.law
        if isinstance(law, s.Call) and isinstance(law.function, s.Name):
            callee = c.names.of.get(id(law.function))
            known = c.signatures.get(callee.name) if callee is not None else None
            if callee is not None and known is not None and known.what == "model":
                calls[draw.target.name] = callee.name
    return ModelSignature(parameters, c.unify.full(result), variables, calls)


def _without(c: Checker, kind: Type, frame: Frame) -> Type:
    """The type as it is seen from outside, where local integers are unknown."""

    def forget(size: Extent) -> Extent:
        return UNKNOWN_SIZE if isinstance(size, Size) and size.name in frame.locals else size

    return with_sizes(c.unify.full(kind), forget)


def _draws(item: s.Function) -> Iterator[s.Draw]:
    return (node for node in within(item.body) if isinstance(node, s.Draw))


__all__ = ["Checked", "ModelSignature", "check_program", "check_query", "check_text"]
