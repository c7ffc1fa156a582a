"""`var`s that take finite values and go from round to round, as chains of elements.

In `var late = false; for t in 0..T { s[t] ~ Bernoulli(p); late = late or s[t] }` the value of `late` depends
on all rounds so far, but the next round needs no more of them than whether `late` is true. Here it becomes an
array of which a round draws one element, certain given what the round knows, so that the forward algorithm
carries a table over its values instead of one over all that it was computed from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from pplc.lang import core, typesys
from pplc.lang.analysis import bound, expressions, reads, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.passes.rewriting import with_expressions
from pplc.lang.summing.indices import moved
from pplc.lang.summing.ranges import Values, values_of
from pplc.lang.summing.renaming import Names, renamed
from pplc.lang.summing.supports import support_of


def carried(function: core.Function, enumerations: Mapping[str, tuple[str, ...]]) -> core.Function:
    """The model with every such variable as an array; `enumerations` are constructors by type."""
    finite = finite_names(function.body)
    changing = {s.name for s in statements(function.body) if isinstance(s, core.Assign) and s.name in finite}
    if not changing:
        return function
    rewriter = _Rewriter(Names(function), set(finite), enumerations, dict(function.variables))
    body = rewriter.block(function.body)
    return replace(function, body=body, variables=rewriter.variables)


def finite_names(body: Block) -> frozenset[str]:
    """The variables whose values depend on draws that may be summed out."""
    found: set[str] = set()
    while True:
        more = found | set(_reached(body, found, inside=False))
        if more == found:
            return frozenset(found)
        found = more


def _reached(body: Block, found: Collection[str], *, inside: bool) -> Iterator[str]:
    """inside: whether the block runs only for some values of such variables."""
    for statement in body:
        depends = inside or any(name in found for name in reads(*expressions(statement)))
        if depends or (isinstance(statement, core.Draw) and _may_be_summed(statement.law)):
            if not isinstance(statement, core.Observe):
                yield from bound(statement)
        match statement:
            case core.If(_, then, orelse):
                yield from _reached((*then, *orelse), found, inside=depends)
            case core.For(body=block):
                yield from _reached(block, found, inside=depends)
            case core.While(head, _, block):
                yield from _reached((*head, *block), found, inside=depends)
            case _:
                pass


def _may_be_summed(law: Expr) -> bool:
    if isinstance(law, core.Cond):
        return _may_be_summed(law.then) or _may_be_summed(law.orelse)
    return support_of(law) is not None


@dataclass(slots=True)
class _Rewriter:
    """names: fresh ones. finite: what depends on summed variables. variables: their types."""

    names: Names
    finite: set[str]
    enumerations: Mapping[str, tuple[str, ...]]
    variables: dict[str, typesys.Type]

    def block(self, block: Block) -> Block:
        """A block with the loops in it rewritten."""
        done: list[Stmt] = []
        rest = list(block)
        while rest:
            statement, *rest = rest
            statement = with_expressions(statement, lambda expr: expr, self.block)
            if not isinstance(statement, core.For) or not _is_range(statement):
                done.append(statement)
                continue
            for name in self.carried_by(statement, done):
                values = values_of(name, statement, done, self.variables, self.enumerations)
                if values is None:
                    continue
                before, statement, (after, new) = self.as_chain(name, statement, values)
                done.extend(before)
                rest = [after, *renamed(tuple(rest), {name: new})]
            done.append(statement)
        return tuple(done)

    def carried_by(self, loop: core.For, before: list[Stmt]) -> list[str]:
        """The variables that a loop assigns and whose first value is set in the block around it."""
        set_before = {s.name for s in before if isinstance(s, core.Let)}
        inner = [s for s in statements(loop.body) if isinstance(s, core.Assign)]
        whole = {s.name for s in inner} - {s.name for s in inner if s.indices}
        nested = {
            s.name
            for each in statements(loop.body)
            if isinstance(each, core.For | core.While)
            for s in statements((each,))
            if isinstance(s, core.Assign)
        }
        names = dict.fromkeys(s.name for s in inner)
        return [n for n in names if n in whole & set_before & self.finite and n not in nested]

    def as_chain(
        self, name: str, loop: core.For, values: Values
    ) -> tuple[list[Stmt], core.For, tuple[Stmt, str]]:
        """What goes before the loop, the loop, and the variable's value after it under a new name."""
        assert isinstance(loop.iterable, core.Prim)
        start, stop = loop.iterable.args
        array, mine, after = self.names.fresh(name), self.names.fresh(name), self.names.fresh(name)
        kind = self.variables[name]
        self.finite |= {mine, after}
        self.variables[array] = typesys.Array(kind, (typesys.UnknownSize(),))
        self.variables[mine] = self.variables[after] = kind
        index = core.Variable(loop.name)

        def certain(place: Expr, value: Expr) -> Block:
            return values.certain(array, place, value, loop.span)

        def element(place: Expr) -> Expr:
            return core.Prim("index", (core.Variable(array), place))

        before = [
            core.Let(array, core.Prim("growing", (), (1,))),
            *certain(moved(start, -1), core.Variable(name)),
        ]
        body = (
            core.Let(mine, element(moved(index, -1)), span=loop.span),
            *renamed(loop.body, {name: mine}),
            *certain(index, core.Variable(mine)),
        )
        end = core.Let(after, element(moved(stop, -1)), span=loop.span)
        return before, replace(loop, body=body, independent=False), (end, after)


def _is_range(loop: core.For) -> bool:
    return isinstance(loop.iterable, core.Prim) and loop.iterable.op == "range" and loop.collect is None
