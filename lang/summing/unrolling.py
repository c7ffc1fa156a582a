"""Loops over finite variables written out, where rounds do not follow each other as those of a chain do.

`grp[g[i]]` may be any element of `grp`, and `d[0]` and `d[1]` meet in one weight: what is known of elements
that are read so is their joint law, and no loop over rounds. Written out, each element is a variable of its
own, and sums are taken in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pplc.lang import core, typesys
from pplc.lang.analysis import bound, expressions, reads, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.passes.constants import fold_constants
from pplc.lang.passes.rewriting import bottom_up, with_expressions
from pplc.lang.summing.carried import finite_names
from pplc.lang.summing.indices import constant
from pplc.lang.summing.renaming import Names, renamed

MOST_STATEMENTS = 600
"""Of a model that is written out."""


def unrolled(program: core.Program, *, apart: bool = False) -> core.Program | None:
    """The program with its loops over finite variables written out; None if it has none, or is too long.

    apart: observations of an array are taken apart where the elements of a parameter are known.
    """
    model = program.model
    rolled = _Unroller(Names(model), finite_names(model.body), dict(model.variables), apart)
    body = rolled.block(model.body)
    if not rolled.done or rolled.failed:
        return None
    functions = {**program.functions, model.name: replace(model, body=body, variables=rolled.variables)}
    return fold_constants(replace(program, functions=functions))


@dataclass(slots=True)
class _Unroller:
    """lists: the elements of lists that loops collected. left: statements that may still be written."""

    names: Names
    finite: frozenset[str]
    variables: dict[str, typesys.Type]
    apart: bool
    lists: dict[str, tuple[Expr, ...]] = field(default_factory=dict[str, tuple[Expr, ...]])
    left: int = MOST_STATEMENTS
    done: bool = False
    failed: bool = False

    def block(self, block: Block) -> Block:
        """A block with the loops in it written out."""
        return tuple(written for statement in block for written in self.statement(statement))

    def statement(self, statement: Stmt) -> Iterator[Stmt]:
        """One statement."""
        self.left -= 1
        if self.left < 0:
            self.failed = True
            return
        match statement:
            case core.For() if self.meets_finite(statement) and (rounds := _rounds(statement)) is not None:
                self.done = True
                yield from self.rounds(statement, rounds)
            case core.Let(name, core.Variable(other)) if other in self.lists:
                self.lists[name] = self.lists[other]
                yield statement
            case core.Observe() if self.apart and (entries := self.entries(statement)):
                yield from entries
            case _:
                yield with_expressions(statement, lambda expr: expr, self.block)

    def entries(self, statement: core.Observe) -> list[Stmt]:
        """An observation of an array as one for each entry, if it is plain that its law is one of scalars."""
        law = statement.law
        if not isinstance(law, core.Law) or law.family in COMBINATORS or FAMILIES[law.family].event_rank:
            return []
        counts = {
            len(self.lists[a.name]) for a in law.args if isinstance(a, core.Variable) and a.name in self.lists
        }
        if len(counts) != 1 or not self.is_array(statement.value):
            return []
        (count,) = counts
        found: list[Stmt] = []
        for k in range(count):
            args = [None if arg is None else self.entry(arg, k) for arg in law.args]
            if any(new is None and old is not None for new, old in zip(args, law.args, strict=True)):
                return []
            value = self.entry(statement.value, k)
            assert value is not None
            found.append(replace(statement, law=replace(law, args=tuple(args)), value=value))
        return found

    def is_array(self, expr: Expr) -> bool:
        """Whether an expression is a variable that is an array of numbers along one axis."""
        kind = self.variables.get(expr.name) if isinstance(expr, core.Variable) else None
        return isinstance(kind, typesys.Array) and len(kind.sizes) == 1

    def entry(self, expr: Expr, place: int) -> Expr | None:
        """An entry of an array, or a number, which is for all entries; None if it is neither for sure."""
        match expr:
            case core.Literal():
                return expr
            case core.Variable(name) if name in self.lists:
                return self.lists[name][place]
            case core.Variable() if self.is_array(expr):
                return core.Prim("index", (expr, core.Literal(place)), span=expr.span)
            case core.Variable(name) if isinstance(self.variables.get(name), typesys.Real | typesys.Int):
                return expr
            case _:
                return None

    def meets_finite(self, loop: core.For) -> bool:
        """Whether a loop draws finite variables, or reads what depends on them."""
        every = list(statements((loop,)))
        return any(not self.finite.isdisjoint((*bound(s), *reads(*expressions(s)))) for s in every)

    def rounds(self, loop: core.For, rounds: range) -> Iterator[Stmt]:
        """The rounds one after the other, what each binds for itself under a name of its own."""
        own = _own(loop)
        collected: list[Expr] = []
        for k in rounds:
            fresh = {name: self.names.fresh(name) for name in own}
            self.variables.update(
                {new: self.variables[old] for old, new in fresh.items() if old in self.variables}
            )
            self.finite |= {new for old, new in fresh.items() if old in self.finite}
            index = core.Literal(k)
            body = (*loop.body, core.Let("", loop.collect)) if loop.collect is not None else loop.body
            variable = self.names.fresh(loop.name)  # functions that a round makes capture it by name
            yield core.Let(variable, index)
            body = tuple(_at(s, loop.name, index) for s in body)
            here = renamed(body, {**fresh, loop.name: variable})
            if loop.collect is not None:
                *rest, last = here
                assert isinstance(last, core.Let)
                element = self.names.fresh(loop.into)
                collected.append(core.Variable(element))
                here = (*rest, replace(last, name=element))
            yield from self.block(here)
        if loop.into:
            self.lists[loop.into] = tuple(collected)
            yield core.Let(loop.into, core.Prim("list", tuple(collected)), span=loop.span)


def _rounds(loop: core.For) -> range | None:
    iterable = loop.iterable
    if not isinstance(iterable, core.Prim) or iterable.op != "range" or loop.keep is not None:
        return None
    start, stop = map(constant, iterable.args)
    return None if start is None or stop is None else range(start, stop)


def _own(loop: core.For) -> tuple[str, ...]:
    """The variables that live in a round."""
    found: dict[str, None] = {}
    for statement in statements(loop.body):
        match statement:
            case core.Let(name) | core.Call(name) | core.Draw(name, ()):
                found[name] = None
            case core.For(name, into=into):
                found.update(dict.fromkeys((name, into) if into else (name,)))
            case _:
                pass
    return tuple(found)


def _at(statement: Stmt, variable: str, index: Expr) -> Stmt:
    """A statement in the round of an index."""

    def change(part: Expr) -> Expr:
        return index if isinstance(part, core.Variable) and part.name == variable else part

    return with_expressions(
        statement,
        lambda expr: bottom_up(expr, change),
        lambda block: tuple(_at(inner, variable, index) for inner in block),
    )
