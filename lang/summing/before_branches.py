"""Draws that only some runs make, made by all: `let b = if z { ~Normal(0, 1) } else { 0.0 }`.

A draw that nobody reads integrates to 1, so that the measure over everything else stays the same. It must
have no name, because what is reported of a named one is that some runs do not have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import bound, reads, statements
from pplc.lang.core import Block, Stmt
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.passes.rewriting import with_expressions
from pplc.lang.summing.carried import finite_names


def before_branches(program: core.Program) -> core.Program:
    """The model with draws without a name put before an `if` that finite variables decide."""
    model = program.model
    finite = finite_names(model.body)
    rounds = {s.name for s in statements(model.body) if isinstance(s, core.For)}

    def block(old: Block) -> Block:
        return tuple(each for statement in old for each in written(statement))

    def written(statement: Stmt) -> Iterator[Stmt]:
        statement = with_expressions(statement, lambda expr: expr, block)
        names = set(reads(statement.test)) if isinstance(statement, core.If) else set[str]()
        if not isinstance(statement, core.If) or not names & finite or not names <= finite | rounds:
            yield statement
            return
        inside = {name for s in statements((statement,)) for name in bound(s)}
        sides: list[Block] = []
        for side in (statement.then, statement.orelse):
            moved = [s for s in side if _may_move(s, inside | finite)]
            yield from moved
            sides.append(tuple(s for s in side if s not in moved))
        yield replace(statement, then=sides[0], orelse=sides[1])

    body = block(model.body)
    if body == model.body:
        return program
    return replace(program, functions={**program.functions, model.name: replace(model, body=body)})


def _may_move(statement: Stmt, here: set[str]) -> bool:
    """Whether a statement is a draw of a proper continuous law that is the same before the `if`."""
    if not isinstance(statement, core.Draw) or "#" not in statement.site.name or statement.indices:
        return False
    law = statement.law
    return (
        isinstance(law, core.Law)
        and law.family in FAMILIES
        and law.family not in COMBINATORS
        and not FAMILIES[law.family].discrete
        and here.isdisjoint(reads(law, *statement.site.indices))
    )
