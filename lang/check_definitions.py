"""Loops, and what gives names to values: `let`, `var`, assignments, draws, elements of arrays."""

from __future__ import annotations

from dataclasses import replace

from pplc.lang import syntax as s
from pplc.lang.check_annotations import type_of
from pplc.lang.check_arms import bind_pattern
from pplc.lang.check_arrays import grown
from pplc.lang.check_atoms import is_atomless, law_is_atomless
from pplc.lang.check_constants import constant, is_latent, size_value
from pplc.lang.check_domains import require
from pplc.lang.check_draws import drawn
from pplc.lang.check_help import text_of
from pplc.lang.check_shapes import index, plain
from pplc.lang.check_state import Checker, Entry
from pplc.lang.typesys import (
    INT,
    REAL,
    UNKNOWN_SIZE,
    WRONG,
    Array,
    Extent,
    Int,
    List,
    Matrix,
    Option,
    Real,
    Size,
    Type,
    Variable,
    Vector,
    Wrong,
    dense,
    substitute_sizes,
)
from pplc.lang.walk import within

# ------------------------------------------------------------------ loops


def in_clauses(c: Checker, clauses: tuple[s.Clause, ...]) -> tuple[list[Extent | None], set[str]]:
    """Make the names of `for` clauses known. The length of each iterable (None for a list), and the names."""
    sizes: list[Extent | None] = []
    bound: set[str] = set()
    for clause in clauses:
        kind = c.unify.head(c.infer(clause.iterable, None))
        element: Type = WRONG
        size: Extent | None = None
        opened = kind.element if isinstance(kind, Option) else kind
        match c.unify.head(opened):
            case Array(_, (first, *_)):
                element, size = c.unify.element(opened), first
            case Vector(_, first) | Matrix(_, first):
                element, size = c.unify.element(opened), first
            case List(inner):
                element = inner
            case Wrong():
                pass
            case Variable() as unknown:
                element = c.unify.fresh()
                c.unify.fits(unknown, List(element))
            case other:
                help_ = f"`0..{text_of(clause.iterable)}` counts up to it" if isinstance(other, Int) else ""
                c.report(
                    "E0215",
                    f"a `for` goes over a range, an array or a list, but this is `{c.show(other)}`",
                    clause.iterable.span,
                    f"this is `{c.show(other)}`",
                    help_,
                )
        bind_pattern(c, clause.pattern, Entry(element, latent=is_latent(c, clause.iterable)))
        bound |= {b.unique for node in within(clause.pattern) if (b := c.names.of.get(id(node))) is not None}
        sizes.append(size)
        c.frame.loops += 1
    c.frame.locals |= bound
    return sizes, bound


def leave_clauses(c: Checker, clauses: tuple[list[Extent | None], set[str]]) -> None:
    """The loops of a statement are over."""
    c.frame.loops -= len(clauses[0])


def leave_comprehension(c: Checker, node: s.Comprehension) -> None:
    """The loops of a comprehension are over."""
    c.frame.loops -= len(node.clauses)


# ------------------------------------------------------------------ definitions


def _size_of_variable(c: Checker, kind: Type, value: s.Expr | None, unique: str) -> Extent | None:
    """The size that an integer that never changes stands for: a known one, or itself."""
    if not isinstance(c.unify.head(kind), Int):
        return None
    if value is not None:
        known = size_value(c, value)
        if isinstance(known, Size):
            return known
    c.frame.locals.add(unique)
    return Size(unique, 0, declared=False)


def let(c: Checker, node: s.Let) -> None:
    """`let p = e`."""
    kind = _annotated(c, node.type, node.value)
    pattern = node.pattern
    known = c.names.of.get(id(pattern))
    unique = known.unique if known is not None else ""
    entry = Entry(
        kind,
        _size_of_variable(c, kind, node.value, unique) if isinstance(pattern, s.Bind) else None,
        is_latent(c, node.value),
        is_atomless(c, node.value),
        constant(c, node.value) if isinstance(pattern, s.Bind) else None,
    )
    bind_pattern(c, pattern, entry)
    if isinstance(pattern, s.LiteralPattern | s.ConstructorPattern) or (
        known and known.kind == "constructor"
    ):
        c.report(
            "E0227",
            "a `let` needs a pattern that every value fits",
            pattern.span,
            "some values may not fit",
            "use `match`",
        )


def _annotated(c: Checker, written: s.TypeExpr | None, value: s.Expr) -> Type:
    if written is None:
        return c.infer(value, None)
    wanted = type_of(c, written)
    found = c.infer(value, wanted)
    require(c, value, found, wanted, "the value")
    return wanted


def var(c: Checker, node: s.VarDecl) -> None:
    """`var x = e`."""
    kind = _annotated(c, node.type, node.value)
    if node.type is None:
        kind = _loosened(c.unify.head(kind))
    c.enter(node, Entry(kind, latent=is_latent(c, node.value)))


def _loosened(kind: Type) -> Type:
    """The type of a `var` that starts with a value: what comes later need not be positive, or sum to 1."""
    match dense(kind):
        case Real():
            return REAL
        case Array(Real(), sizes):
            return Array(REAL, sizes)
        case other:
            return other


def assign(c: Checker, node: s.Assign) -> None:
    """`x = e`, `a[i] = e`."""
    binding = c.binding(node.target)
    entry = c.entries.get(binding.unique) if binding is not None else None
    if binding is None or entry is None:
        c.infer(node.value, None)
        return
    wanted = entry.type
    if node.target.indices:
        wanted = index(c, node.target, entry.type, node.target.indices, node.target.name)
    c.types[id(node.target)] = entry.type
    found = c.infer(node.value, wanted)
    help_ = ""
    if isinstance(c.unify.head(wanted), Int) and isinstance(plain(c, found), Real):
        help_ = f"declare it as a real number: `var {node.target.name}: real = …`"
    elif isinstance(c.unify.head(wanted), Array | Vector) and isinstance(c.unify.head(found), List | Array):
        element = c.unify.element(wanted)
        if not node.target.indices:
            declared = f"var {node.target.name}: [{c.show(element)}] = …"
            help_ = f"if its length changes, declare it as a list: `{declared}`"
    c.require(found, wanted, node.value.span, f"what `{node.target.name}` is assigned", help_=help_)
    latent = entry.latent or is_latent(c, node.value)
    c.entries[binding.unique] = replace(entry, latent=latent)


def define(c: Checker, node: s.Draw | s.Define, target: s.Target, value: s.Expr) -> None:
    """`x ~ e`, `z[t] ~ e`, `a[t] := e`."""
    if isinstance(node, s.Draw):
        law = c.infer(value, None)
        kind = drawn(c, node, value, law)
        latent, atomless = True, law_is_atomless(c, value)
    else:
        kind = c.infer(value, None)
        latent, atomless = is_latent(c, value), is_atomless(c, value)
    binding = c.binding(target)
    if binding is None:
        return
    if not target.indices:
        size = _size_of_variable(c, kind, None, binding.unique)
        c.enter(target, Entry(kind, size, latent, atomless, drawn=isinstance(node, s.Draw)))
        c.frame.depth_of[binding.unique] = c.frame.loops
        return
    for position in target.indices:
        c.check(position, INT, "an index of a defined element")
    known = grown(c, binding)
    c.types[id(target)] = known.type
    _check_element(c, node, target, known, kind)
    first = binding.unique not in c.frame.depth_of
    c.frame.depth_of[binding.unique] = 0
    atomless = atomless if first else known.atomless and atomless
    c.entries[binding.unique] = replace(known, latent=known.latent or latent, atomless=atomless)


def _check_element(c: Checker, node: s.Node, target: s.Target, known: Entry, kind: Type) -> None:
    """An element must be of the type that the elements before have."""
    if isinstance(kind, Wrong) or not isinstance(known.type, Array):
        return
    local = dict.fromkeys(c.frame.locals, UNKNOWN_SIZE)
    found = substitute_sizes(c.unify.full(kind), local)
    clash = c.unify.fits(found, known.type.element)
    if clash is not None:
        c.mismatch(
            clash, found, c.unify.head(known.type.element), node.span, f"an element of `{target.name}`"
        )
