"""Draws: those that are summed out, with their values and masses, and those that stay but depend on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pplc.lang import core, typesys
from pplc.lang.analysis import bound, inside, reads
from pplc.lang.core import Expr, Stmt
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.summing.indices import plain
from pplc.lang.summing.pending import CannotSum, Finite, Reading, Term
from pplc.lang.summing.scope import Known
from pplc.lang.summing.supports import Support, support_of

if TYPE_CHECKING:
    from pplc.lang.summing.walk import Walker


def summable(walker: Walker, statement: core.Draw) -> Support | None:
    """The support of a draw that is to be summed out; None for any other."""
    law = statement.law
    if walker.keep(statement.site.name) or not single(walker, statement):
        return None
    if isinstance(law, core.Cond):
        return of_choice(walker, law)
    return support_of(law)


def of_choice(walker: Walker, law: core.Cond) -> Support | None:
    """The support of one of two laws, if equal positions mean equal values."""
    sides = [
        of_choice(walker, side) if isinstance(side, core.Cond) else support_of(side)
        for side in (law.then, law.orelse)
    ]
    first, second = sides
    if first is None or second is None or not first.like(second) or first.kind in ("list", "one"):
        return None
    if first.count == second.count:
        return first
    return replace(first, count=core.Prim("max", (first.count, second.count)))


def single(walker: Walker, statement: core.Draw) -> bool:
    """Whether a draw is one value, not an array."""
    kind = walker.function.variables.get(statement.name)
    if statement.indices:
        if not isinstance(kind, typesys.Array) or len(kind.sizes) != len(statement.indices):
            return False
        kind = kind.element
    return isinstance(kind, typesys.Bool | typesys.Int | typesys.Sum | typesys.String | typesys.Real)


def finite(walker: Walker, statement: core.Draw, support: Support, known: Known, terms: list[Term]) -> None:
    """A draw that is summed out: its mass is a term."""
    law, span = statement.law, statement.span
    indices = [walker.read(index, known) for index in statement.site.indices]
    if any(reading.scope or reading.needs for reading in indices):
        raise CannotSum("which variable is drawn depends on a finite one")
    count = code_count(walker, support.count, known)
    first = None if support.first is None else walker.read(support.first, known)
    if first is not None and first.scope and support.kind != "one":
        raise CannotSum("the values of a finite variable depend on another")
    site = replace(statement.site, indices=tuple(reading.value for reading in indices))
    base = statement.name.split("'", maxsplit=1)[0]
    if first is not None:
        support = replace(support, first=first.value)
    variable = walker.code.variable(base, support := replace(support, count=count), site)
    known.finite.add(variable)
    needs, scope = (frozenset[int](), frozenset[Finite]()) if first is None else (first.needs, first.scope)
    reading = walker.code.valued(variable, needs, scope)
    if statement.indices:
        known.elements[statement.name, plain(statement.indices)] = reading
    else:
        known.values[statement.name] = reading
    weight = mass(walker, law, variable, reading, known)
    terms.append(Term(replace(weight, scope=weight.scope | {variable}), span))


def mass(walker: Walker, law: Expr, variable: Finite, value: Reading, known: Known) -> Reading:
    """The mass of a law at the value of its draw. Equal values in a list are each one of several."""
    support = variable.support
    if isinstance(law, core.Law) and law.family == "Empirical" and law.args[1] is not None:
        given = walker.read(law.args[1], known)
        entry = core.Prim("index", (given.value, core.Variable(variable.position)), span=law.span)
        return replace(given, value=walker.scale.weight("weight", entry))
    if isinstance(law, core.Cond) or support.kind not in ("list", "one"):
        given = walker.read(law, known)
        density = core.Prim(walker.scale.density, (given.value, value.value), span=law.span)
        return Reading(density, given.needs | value.needs, given.scope | value.scope)
    weight = walker.scale.one if support.kind == "one" else walker.scale.inverse_count(support.count)
    given = walker.read(weight, known)
    return Reading(given.value, given.needs | value.needs, given.scope | value.scope)


def code_count(walker: Walker, count: Expr, known: Known) -> Expr:
    """How many values a finite variable has; rows of one array are equally long, so that any will do."""
    match count:
        case core.Prim("extent", (of,), (axis,)) if known.depends(of):
            return core.Prim("extent", (any_row(walker, of, known),), (axis,))
        case core.Prim(op, args, static) if known.depends(count) and op in ("add", "sub", "max"):
            return core.Prim(op, tuple(code_count(walker, arg, known) for arg in args), static)
        case _:
            reading = walker.read(count, known)
            if reading.scope or reading.needs:
                raise CannotSum("how many values a finite variable has depends on another")
            return reading.value


def any_row(walker: Walker, of: Expr, known: Known) -> Expr:
    """An array as long as any that the expression may be."""
    match of:
        case core.Prim("index", (core.Variable(name), *indices)) if name not in known.values:
            kind = walker.function.variables.get(name)
            if name not in known.arrays and isinstance(kind, typesys.Array | typesys.Matrix):
                places = (core.Literal(0) if known.depends(i) else i for i in indices)
                return core.Prim("index", (core.Variable(name), *places))
        case core.Cond(_, then, orelse):
            first, second = any_row(walker, then, known), any_row(walker, orelse, known)
            if first == second or _length(first) == _length(second) != -1:
                return first
        case core.Prim("index", (core.Prim("list", (first, *rest)), _)):
            if _length(first) != -1 and all(_length(row) == _length(first) for row in rest):
                return _row(first)
        case core.Prim("list"):
            return _row(of)
        case core.Variable(name) if name in known.values:
            (*_, last) = walker.code.block_of(known.values[name].needs)
            if isinstance(last, core.Let):
                return any_pending(walker, last.value, known.values[name])
            if isinstance(last, core.For) and last.keep is None and not known.depends(last.iterable):
                return last.iterable
        case _ if not known.depends(of):
            return of
        case _:
            pass
    raise CannotSum("how many values a finite variable has depends on another")


def any_pending(walker: Walker, of: Expr, reading: Reading) -> Expr:
    """The same for the value of pending code: rows chosen by summed variables are the first ones."""
    match of:
        case core.Prim("index", (core.Variable(name), *indices)):
            kind = walker.function.variables.get(name)
            if isinstance(kind, typesys.Array | typesys.Matrix):
                written = {name for s in walker.code.block_of(reading.needs) for name in bound(s)}
                places = (
                    core.Literal(0) if written.intersection(reads(index)) else index for index in indices
                )
                return core.Prim("index", (core.Variable(name), *places))
        case _:
            pass
    raise CannotSum("how many values a finite variable has depends on another")


def refuse_discrete(walker: Walker, statement: core.Draw) -> None:
    """Other discrete draws are none of code's business."""
    if walker.keep(statement.site.name):
        return
    for part in inside(statement.law):
        if isinstance(part, core.Law) and (
            (part.family in FAMILIES and FAMILIES[part.family].discrete)
            or part.family in ("Delta", "Empirical", "ZeroInflated")
            or (part.family == "Uniform" and len(part.args) == 1)
        ):
            raise CannotSum(f"`{part.family}` is not finite, or more than one value")
    if not isinstance(statement.law, core.Law):
        kind = walker.function.variables.get(statement.name)
        if kind is None or not isinstance(typesys.scalar_of(kind), typesys.Real | typesys.Fn):
            raise CannotSum("a draw whose law is not written where it is drawn")


def drawn(walker: Walker, statement: core.Draw, known: Known, out: list[Stmt], terms: list[Term]) -> None:
    """A draw that stays, but whose law depends on summed variables.

    It is drawn from its law at the first values, and weighed by the ratio of the densities, which is
    the same measure where all the laws have one support.
    """
    law = statement.law
    if any(known.depends(i) for i in (*statement.indices, *statement.site.indices)):
        raise CannotSum("which variable is drawn depends on a finite one")
    if not isinstance(law, core.Law) or not _fixed_support(law):
        raise CannotSum("the support of a draw may depend on a finite variable")
    given = walker.read(law, known)
    firsts = {variable: walker.code.names.fresh(variable.position) for variable in given.scope}
    block, (base,) = walker.code.written(given.needs, [given.value], firsts)
    out.extend(core.Let(first, core.Literal(0)) for first in firsts.values())
    out.extend(block)
    out.append(replace(statement, law=base))
    place: Expr = core.Variable(statement.name)
    if statement.indices:
        place = core.Prim("index", (place, *statement.indices))
    known.values.pop(statement.name, None)
    point = walker.read(place, known)
    ratio = core.Prim(
        walker.scale.over,
        (
            core.Prim(walker.scale.density, (given.value, point.value), span=statement.span),
            core.Prim(walker.scale.density, (base, point.value), span=statement.span),
        ),
    )
    terms.append(Term(Reading(ratio, given.needs, given.scope), statement.span))


def _length(expr: Expr) -> int:
    return len(expr.args) if isinstance(expr, core.Prim) and expr.op == "list" else -1


def _row(of: Expr) -> Expr:
    """An array as long as a list."""
    return core.Prim("list", tuple(core.Literal(0) for _ in range(_length(of))))


def _fixed_support(law: core.Law) -> bool:
    """Whether the support of a family is the same for all parameters."""
    family = FAMILIES.get(law.family)
    if family is None or law.family in COMBINATORS or family.discrete:
        return False
    return not isinstance(family.support.lower, str) and not isinstance(family.support.upper, str)
