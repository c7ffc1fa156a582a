"""`if`: both sides stay as they are with their own sums inside, or the whole becomes pending code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.summing.pending import Finite, Reading, Term, scope_of
from pplc.lang.summing.scope import Known

if TYPE_CHECKING:
    from pplc.lang.summing.walk import Walker


def choice(
    walker: Walker, statement: core.If, known: Known, out: list[Stmt], terms: list[Term], *, depends: bool
) -> None:
    """An `if`: both sides stay, or it becomes pending code."""
    both = (*statement.then, *statement.orelse)
    assigns = known.changed_by(both)
    if not depends and not assigns and not walker.touched(both, known):
        out.append(statement)
        return
    if not depends and not assigns:
        attempt = both_stay(walker, statement, known)
        if attempt is not None:
            out.append(attempt)
            return
    guarded(walker, statement, known, terms)


def both_stay(walker: Walker, statement: core.If, known: Known) -> core.If | None:
    """The `if` with both sides summed inside; None if something summed reaches out of it."""
    sides: list[Block] = []
    for side in (statement.then, statement.orelse):
        inner, out = known.inner(), list[Stmt]()
        terms = walker.block(side, inner, out)
        terms = walker.code.eliminated(inner.finite, terms, out)
        if any(term.scope for term in terms):
            return None
        later = walker.later()
        for name, reading in inner.values.items():
            if known.values.get(name) is not reading:
                if not _bound_on_both(statement, name, either=True) or name in later:
                    return None
        walker.weigh(terms, out)
        sides.append(tuple(out))
    return replace(statement, then=sides[0], orelse=sides[1])


def guarded(walker: Walker, statement: core.If, known: Known, terms: list[Term]) -> None:
    """An `if` as pending code: a weight, and the variables that it assigns."""
    test, mark = walker.read(statement.test, known), walker.code.mark()
    weight = walker.code.names.fresh("weight")
    befores = {
        name: walker.read(core.Variable(name), known)
        for name in _assigned((*statement.then, *statement.orelse))
        if not _bound_on_both(statement, name, either=True)
    }
    later = walker.later()
    both = [name for name in _bound_by(statement.then) if _bound_on_both(statement, name)]
    after = [*befores, *(name for name in both if name in later)]
    fresh = {name: walker.code.names.fresh(name) for name in after}
    needs, scope, weighs = set(test.needs), set(test.scope), False
    sides: list[Block] = []
    totals: list[list[Expr]] = []
    escaping: list[set[Finite]] = []
    for side in (statement.then, statement.orelse):
        inner = known.inner()
        inner.values.update(befores)
        found = walker.inside(side, inner)
        values = [inner.values[name] for name in after]
        # A variable whose value goes on after the `if` is summed there; on the other side it is certain.
        going = inner.finite & scope_of(values)
        escaping.append(going)
        found = walker.code.eliminated(inner.finite - going, found, None)
        weighs = weighs or bool(found)
        every = [*(term.reading for term in found), *values]
        mine = frozenset[int]().union(*(reading.needs for reading in every))
        scope.update(*(reading.scope for reading in every))
        needs.update(number for number in mine if number < mark)
        block = walker.code.block_of(number for number in mine if number >= mark)
        lets = (core.Let(fresh[n], value.value) for n, value in zip(after, values, strict=True))
        sides.append((*block, *lets))
        totals.append([term.reading.value for term in found])
    for going, total in zip(escaping, reversed(totals), strict=True):
        known.finite |= going
        total.extend(walker.code.certain(variable) for variable in walker.code.ordered(going))
    if weighs:
        sides = [
            (*s, core.Let(weight, walker.scale.joined(total))) for s, total in zip(sides, totals, strict=True)
        ]
    code = core.If(test.value, sides[0], sides[1], span=statement.span)
    closed, every_scope = walker.code.pend((code,), needs), frozenset(scope)
    for name in after:
        known.values[name] = Reading(core.Variable(fresh[name]), closed, every_scope)
    if weighs:
        terms.append(Term(Reading(core.Variable(weight), closed, every_scope), statement.span))


def _assigned(block: Block) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.name for s in statements(block) if isinstance(s, core.Assign)))


def _bound_by(block: Block) -> tuple[str, ...]:
    """The variables that are bound wherever the end of a block is reached."""
    found: dict[str, None] = {}
    for statement in block:
        match statement:
            case core.Let(name) | core.Call(name) | core.Draw(name, ()):
                found[name] = None
            case core.For(into=into) if into:
                found[into] = None
            case core.If(_, then, orelse):
                orelse_ = _bound_by(orelse)
                found.update((name, None) for name in _bound_by(then) if name in orelse_)
            case _:
                pass
    return tuple(found)


def _bound_on_both(statement: core.If, name: str, *, either: bool = False) -> bool:
    """Whether both sides of an `if` bind a variable, so that it outlives them; or one of them does."""
    sides = (name in _bound_by(statement.then), name in _bound_by(statement.orelse))
    return any(sides) if either else all(sides)
