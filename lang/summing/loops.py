"""Loops: those that stay, with the sums of their rounds inside, and those that become pending code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.summing import chains
from pplc.lang.summing.pending import CannotSum, Positions, Reading, Term, scope_of
from pplc.lang.summing.scope import Known

if TYPE_CHECKING:
    from pplc.lang.summing.walk import Walker


def loop(
    walker: Walker, statement: core.For, known: Known, out: list[Stmt], terms: list[Term], *, depends: bool
) -> None:
    """A loop that stays, its weights summed inside; or one that is pending code."""
    if known.depends(statement.iterable) or known.changed_by(statement.body):
        pending_loop(walker, statement, known, terms)
        return
    if not depends and not walker.touched(statement.body, known):
        out.append(statement)
        return
    if chains.is_chain(walker, statement, known):
        chains.summed(walker, statement, known, out, terms)
        return
    effects = any(isinstance(s, core.Draw | core.Observe | core.Weight) for s in statements(statement.body))
    if not effects:
        pending_loop(walker, statement, known, terms)
        return
    if statement.collect is not None:
        raise CannotSum("a list is collected in a loop with finite variables")
    inner, body = known.inner(), list[Stmt]()
    found = walker.block(statement.body, inner, body)
    found = walker.code.eliminated(inner.finite, found, body)
    walker.check_carried(statement, inner, known)
    walker.weigh([term for term in found if not term.scope], body)
    found = [term for term in found if term.scope]
    if not found:
        out.append(replace(statement, body=tuple(body), independent=False))
        return
    axes = walker.code.ordered(scope_of(term.reading for term in found))
    block, row = walker.code.joined(found, axes, "row")
    rows = walker.code.names.fresh("rows")
    body.extend(block)
    out.append(replace(statement, body=tuple(body), collect=row, into=rows, independent=False))

    def over_rounds(positions: Positions) -> tuple[Block, Expr]:
        each, into = walker.code.names.fresh("row"), walker.code.names.fresh("column")
        places = tuple(core.Variable(positions[axis]) for axis in axes)
        entry = core.Prim("index", (core.Variable(each), *places))
        whole = core.Prim(walker.scale.product, (core.Variable(into),))
        return (core.For(each, core.Variable(rows), (), collect=entry, into=into),), whole

    block, table = walker.code.table(axes, over_rounds, "table")
    if not isinstance(table, core.Variable):
        raise AssertionError("a term with a scope has a table")
    out.extend(block)
    terms.append(walker.code.of_table(table, axes, found[0].span))


def pending_loop(walker: Walker, statement: core.For, known: Known, terms: list[Term]) -> None:
    """A loop as pending code: the product of its weights, and the list that it collects."""
    iterable = walker.read(statement.iterable, known)
    inner, mark = known.inner(), walker.code.mark()
    variable = walker.code.names.fresh(statement.name)
    inner.values[statement.name] = Reading(core.Variable(variable))
    found = walker.inside(statement.body, inner)
    found = walker.code.eliminated(inner.finite, found, None)
    walker.check_carried(statement, _without(inner, statement.name), known)
    if found and statement.collect is not None:
        raise CannotSum("a list is collected in a loop with finite variables")
    ends = [walker.read(e, inner) for e in (statement.collect, statement.keep) if e is not None]
    every = [*(term.reading for term in found), *ends]
    if not every:
        return
    mine = frozenset[int]().union(*(r.needs for r in every))
    scope = scope_of(every) | iterable.scope
    own = {number for number in mine if number >= mark}
    into = walker.code.names.fresh(statement.into or "weights")
    collect = ends[0].value if ends else walker.scale.joined([term.reading.value for term in found])
    keep = ends[1].value if len(ends) > 1 else None
    body = walker.code.block_of(own)
    code = core.For(variable, iterable.value, body, collect, keep, into, span=statement.span)
    needs = walker.code.pend((code,), (mine - own) | iterable.needs)
    if ends:
        known.values[statement.into] = Reading(core.Variable(into), needs, scope)
    else:
        whole = core.Prim(walker.scale.product, (core.Variable(into),))
        terms.append(Term(Reading(whole, needs, scope), statement.span))


def _without(known: Known, name: str) -> Known:
    values = {key: reading for key, reading in known.values.items() if key != name}
    return Known(values, known.elements, known.arrays, known.finite, known.counts)
