"""`match`: patterns against types, arms that leave something out, arms that nothing reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from pplc.lang import syntax as s
from pplc.lang.check_constants import is_latent
from pplc.lang.check_cover import Covering, TooLarge
from pplc.lang.check_state import Checker, Entry
from pplc.lang.diagnostics import Span
from pplc.lang.typesys import (
    BOOL,
    INT,
    REAL,
    STRING,
    WRONG,
    Int,
    Option,
    Real,
    Size,
    Sum,
    Tuple,
    Type,
    Unit,
    Variable,
    Wrong,
)


def match_of(c: Checker, node: s.Match, run: Callable[[s.Block], Type | None]) -> Type | None:
    """The type of a `match`; `run` checks the body of an arm. None if every arm returns."""
    kind = c.infer(node.subject, None)
    entry = Entry(kind, latent=is_latent(c, node.subject))
    values: list[tuple[Type | None, s.Block]] = []
    before = len(c.errors)
    for arm in node.arms:
        bind_pattern(c, arm.pattern, entry)
    fits = len(c.errors) == before
    for arm in node.arms:
        values.append((run(arm.body), arm.body))
    if fits and not isinstance(c.unify.head(kind), Wrong | Variable):
        _check_cover(c, node, kind)
    return branches(c, values)


def branches(c: Checker, values: list[tuple[Type | None, s.Block]]) -> Type | None:
    """What the branches of an `if` or `match` have in common; None if all of them return."""
    common: Type | None = None
    for kind, block in values:
        if kind is None:
            continue
        joined = kind if common is None else c.unify.join(common, kind)
        if joined is None:
            assert common is not None
            where = block.value.span if block.value is not None else block.span
            nothing = isinstance(c.unify.head(kind), Unit) or isinstance(c.unify.head(common), Unit)
            help_ = "a branch without a value gives `()`" if nothing else ""
            return c.report(
                "E0210",
                f"the branches have different types: `{c.show(common)}` and `{c.show(kind)}`",
                where,
                f"this is `{c.show(kind)}`",
                help_,
            )
        common = joined
    return common


def _check_cover(c: Checker, node: s.Match, kind: Type) -> None:
    covering = Covering(c)
    try:
        for arm in node.arms:
            if not covering.add(arm.pattern, kind):
                c.report(
                    "E0228",
                    "this arm is never reached: the ones before it take everything that fits it",
                    arm.pattern.span,
                    "unreachable",
                )
        missing = covering.missing(kind)
    except TooLarge:
        c.report("E0217", "this `match` is too large to check", node.span, "too many cases")
        return
    if missing is not None:
        start = node.span
        head = Span(start.file, start.line, start.column, start.line, start.column + len("match"))
        c.report(
            "E0227",
            f"this `match` has no arm for {'other values' if missing == '_' else f'`{missing}`'}",
            head,
            "not every value has an arm",
            "add one, or `_ => …` for everything else",
        )


# ------------------------------------------------------------------ patterns


def bind_pattern(c: Checker, pattern: s.Pattern, entry: Entry) -> None:
    """Check a pattern against the type of what it matches, and make its names known."""
    kind = c.unify.head(entry.type)
    match pattern:
        case s.Wildcard():
            pass
        case s.Bind(name):
            known = c.names.of.get(id(pattern))
            if known is not None and known.kind == "constructor":
                _constructor(c, pattern, name, (), entry)
            else:
                if isinstance(kind, Int) and entry.size is None and known is not None:
                    entry = replace(entry, size=Size(known.unique, 0, declared=False))
                c.enter(pattern, entry)
        case s.LiteralPattern(value):
            opened = c.unify.head(kind.element) if isinstance(kind, Option) else kind
            wanted = _literal_type(value, opened)
            if not (isinstance(wanted, Real) and isinstance(opened, Real)) and c.unify.fits(wanted, opened):
                _does_not_fit(c, pattern, wanted, kind)
        case s.TuplePattern(items):
            _tuple(c, pattern, items, entry)
        case s.ConstructorPattern(name, arguments):
            _constructor(c, pattern, name, arguments, entry)
        case _:
            assert_never(pattern)


def _literal_type(value: s.Number | s.Boolean | s.String, matched: Type) -> Type:
    match value:
        case s.Boolean():
            return BOOL
        case s.String():
            return STRING
        case s.Number():
            return INT if value.is_int and isinstance(matched, Int | Variable) else REAL


def _does_not_fit(c: Checker, pattern: s.Pattern, found: Type, wanted: Type) -> None:
    c.report(
        "E0229",
        f"this pattern is for `{c.show(found)}`, but what it is matched with is `{c.show(wanted)}`",
        pattern.span,
        f"matched with `{c.show(wanted)}`",
    )


def _bind_all(c: Checker, patterns: tuple[s.Pattern, ...], entry: Entry) -> None:
    for pattern in patterns:
        bind_pattern(c, pattern, Entry(WRONG, latent=entry.latent))


def _tuple(c: Checker, pattern: s.TuplePattern, items: tuple[s.Pattern, ...], entry: Entry) -> None:
    kind = c.unify.head(entry.type)
    if isinstance(kind, Variable):
        fresh = Tuple(tuple(c.unify.fresh() for _ in items))
        c.unify.fits(kind, fresh)
        kind = fresh
    c.types[id(pattern)] = kind
    if isinstance(kind, Unit) and not items:
        return
    if isinstance(kind, Tuple) and len(kind.items) == len(items):
        for item, part in zip(items, kind.items, strict=True):
            bind_pattern(c, item, Entry(part, latent=entry.latent))
        return
    if isinstance(kind, Tuple):
        c.report(
            "E0229",
            f"this pattern has {len(items)} items, but the tuple it is matched with has {len(kind.items)}",
            pattern.span,
            f"matched with `{c.show(kind)}`",
        )
    elif not isinstance(kind, Wrong):
        c.report(
            "E0229",
            f"this pattern is for a tuple, but what it is matched with is `{c.show(kind)}`",
            pattern.span,
            f"matched with `{c.show(kind)}`",
        )
    _bind_all(c, items, entry)


def _constructor(
    c: Checker, pattern: s.Pattern, name: str, arguments: tuple[s.Pattern, ...], entry: Entry
) -> None:
    owner, fields = c.constructors[name]
    c.types[id(pattern)] = Sum(owner)
    kind = c.unify.head(entry.type)
    opened = c.unify.head(kind.element) if isinstance(kind, Option) else kind
    if c.unify.fits(Sum(owner), opened) is not None:
        _does_not_fit(c, pattern, Sum(owner), kind)
        _bind_all(c, arguments, entry)
        return
    if len(arguments) != len(fields):
        shape = f"{name}({', '.join(field or '_' for field, _ in fields)})" if fields else name
        c.report(
            "E0229",
            f"`{name}` has {len(fields)} parts, but this pattern has {len(arguments)}",
            pattern.span,
            f"expected `{shape}`",
        )
        _bind_all(c, arguments, entry)
        return
    for argument, (_, part) in zip(arguments, fields, strict=True):
        bind_pattern(c, argument, Entry(part, latent=entry.latent))
