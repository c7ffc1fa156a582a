"""Weights of a chain that do not need its loop, as tables that are computed before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pplc.lang import core
from pplc.lang.analysis import bound, expressions, reads, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.summing.pending import Code, Finite, Positions, Reading, Scope, Term
from pplc.lang.summing.renaming import bound_in, renamed, renamed_expr

MOST_AXES = 2
"""Variables of a table before the loop: a state and the one before it. Larger ones would fill memory."""


@dataclass(frozen=True, slots=True)
class Hoisting:
    """The terms of one loop.

    counts: how many values variables of earlier rounds have from the second round on.
    out:    where tables go, before the loop.
    """

    code: Code
    loop: core.For
    counts: Mapping[Finite, Expr]
    out: list[Stmt]

    def done(self, body: list[Stmt], found: list[Term], start: Expr) -> tuple[list[Stmt], list[Term]]:
        """What stays in the loop, and its terms, those that do not need it as entries of tables before it.

        If all terms can do without what stays in the loop, that gets a loop of its own first.
        """
        local = set(bound_in(tuple(body)))
        times = Counter(name for statement in statements(tuple(body)) for name in bound(statement))
        lets = {s.name: s for s in body if isinstance(s, core.Let) and times[s.name] == 1}
        wanted = [self.free_of(term, local, lets) for term in found]
        if body and all(sinks is not None for sinks in wanted):
            self.out.append(replace(self.loop, body=tuple(body), independent=False))
            body = []
        filled = (core.Draw, core.Define, core.Assign, core.Observe)
        written = {s.name for s in statements(tuple(body)) if isinstance(s, filled)}
        left: list[Term] = []
        groups: dict[tuple[Scope, bool], list[tuple[Term, Block]]] = {}
        for term, sinks in zip(found, wanted, strict=True):
            varying = local | {self.loop.name}
            if (
                sinks is None
                or not 0 < len(term.scope) <= MOST_AXES
                or written.intersection(reads(*self.expressions(term)))
                or varying.intersection(reads(*(self.counts.get(v, v.count) for v in term.scope)))
            ):
                left.append(term)
                continue
            values = (s.value for s in sinks if isinstance(s, core.Let))
            per_round = self.loop.name in reads(*self.expressions(term), *values)
            groups.setdefault((term.scope, per_round), []).append((term, sinks))
        for (scope, per_round), group in groups.items():
            left.append(self.before_loop(group, scope, start, per_round=per_round))
        return body, left

    def expressions(self, term: Term) -> Iterable[Expr]:
        """Everything that the code of a term evaluates."""
        for statement in statements(self.code.block_of(term.reading.needs)):
            yield from expressions(statement)
        yield term.reading.value

    def free_of(self, term: Term, local: set[str], lets: Mapping[str, core.Let]) -> Block | None:
        """The `let`s of the loop that a term needs, None if it needs more of the loop than these."""
        names = {name for expr in self.expressions(term) for name in reads(expr)}
        needed: dict[str, core.Let] = {}
        todo = [name for name in names if name in local]
        while todo:
            name = todo.pop()
            if name not in lets:
                return None
            if name not in needed:
                needed[name] = lets[name]
                todo += [n for n in reads(lets[name].value) if n in local]
        return tuple(let for name, let in lets.items() if name in needed)

    def before_loop(
        self,
        group: list[tuple[Term, Block]],
        scope: Scope,
        start: Expr,
        *,
        per_round: bool,
    ) -> Term:
        """Terms of the same variables as one table, or one for every round if they differ between rounds."""
        axes = [replace(axis, count=self.counts.get(axis, axis.count)) for axis in self.code.ordered(scope)]
        variable = self.code.names.fresh(self.loop.name)
        sinks = {s.name: s for _, block in group for s in block if isinstance(s, core.Let)}

        def make(positions: Positions) -> tuple[Block, Expr]:
            needs = frozenset[int]().union(*(term.reading.needs for term, _ in group))
            block, values = self.code.written(needs, [term.reading.value for term, _ in group], positions)
            names = {name: self.code.names.fresh(name) for name in sinks}
            if per_round:
                names[self.loop.name] = variable
            whole = self.code.scale.joined(values)
            return renamed((*sinks.values(), *block), names), renamed_expr(whole, names)

        block, table = self.code.table(axes, make, "table")
        places: list[Expr] = [core.Variable(axis.position) for axis in axes]
        if per_round:
            into = self.code.names.fresh("tables")
            self.out.append(core.For(variable, self.loop.iterable, block, collect=table, into=into))
            table = core.Variable(into)
            places.insert(0, _difference(core.Variable(self.loop.name), start))
        else:
            self.out.extend(block)
        return Term(Reading(core.Prim("index", (table, *places)), scope=scope), group[0][0].span)


def _difference(a: Expr, b: Expr) -> Expr:
    return a if b == core.Literal(0) else core.Prim("sub", (a, b))
