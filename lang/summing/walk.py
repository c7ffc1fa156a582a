"""The statements of a model in order: what depends on no summed variable stays, the rest becomes terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pplc.lang import core
from pplc.lang.analysis import expressions, reads, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.diagnostics import NOWHERE, Span
from pplc.lang.summing import branches, draws, loops
from pplc.lang.summing.carried import finite_names
from pplc.lang.summing.fusing import fused
from pplc.lang.summing.indices import plain
from pplc.lang.summing.pending import CannotSum, Code, Reading, Term, scope_of
from pplc.lang.summing.scope import Known


class Walker:
    """Reads one model.

    keep:  sites that stay draws.
    apart: its loops over finite variables are written out, so that elements are variables of their own.
    """

    def __init__(
        self, function: core.Function, code: Code, keep: Callable[[str], bool], *, apart: bool = False
    ) -> None:
        self.function = function
        self.code = code
        self.scale = code.scale
        self.keep = keep
        self.changing = {
            statement.name for statement in statements(function.body) if isinstance(statement, core.Assign)
        }
        self.counts: Mapping[str, int] = _elements(function.body) if apart else {}
        self.joint = finite_names(function.body) & self.counts.keys()
        """Arrays some elements of which may depend on summed variables; then all are kept track of."""
        self.summed: set[str] = set()
        """Arrays of which elements are summed out or depend on such elements."""
        for statement in statements(function.body):
            if isinstance(statement, core.Draw) and statement.indices and draws.summable(self, statement):
                self.summed.add(statement.name)
        self.after: list[Block] = []
        """What follows the blocks that are being read."""
        self.outs: list[list[Stmt]] = []
        """Where statements that stay go: the innermost last."""

    def whole(self, body: Block) -> Block:
        """The body of the model, with every finite variable summed out."""
        *before, last = fused(body, lambda draw: draws.summable(self, draw) is not None)
        out: list[Stmt] = []
        known = Known(arrays=set(self.summed), counts=self.counts)
        terms = self.block(tuple(before), known, out)
        self.weigh(self.code.eliminated(known.finite, terms, out), out)
        if any(name in self.summed for s in statements(tuple(out)) for name in reads(*expressions(s))):
            raise CannotSum("an array is read where its elements are summed out")
        sites = [s.site for s in statements(tuple(out)) if isinstance(s, core.Draw | core.Observe)]
        if any("#" in site.name and sites.count(site) > 1 for site in sites):
            raise CannotSum("a site without a name would stand in two places")
        return (*out, last)

    def block(self, block: Block, known: Known, out: list[Stmt]) -> list[Term]:
        """The terms of a block; what stays is appended to `out`."""
        terms: list[Term] = []
        self.outs.append(out)
        for position, statement in enumerate(block):
            self.after.append(block[position + 1 :])
            with blamed(statement):
                self.statement(statement, known, out, terms)
            self.after.pop()
        self.outs.pop()
        return terms

    def weigh(self, terms: Sequence[Term], out: list[Stmt]) -> None:
        """Writes terms that depend on no summed variable any more as weights."""
        for term in terms:
            assert not term.scope
            block, (value,) = self.code.written(term.reading.needs, [term.reading.value], {})
            out.extend(block)
            out.append(core.Weight(self.scale.kind, value, span=term.span))

    def read(self, expr: Expr, known: Known) -> Reading:
        """An expression over pending code, variables that change as they are now."""
        reading = known.read(expr)
        copies = {
            name: core.Variable(self.copy(name)) for name in reads(reading.value) if name in self.changing
        }
        if not copies:
            return reading
        now = Known({name: Reading(copy) for name, copy in copies.items()})
        return replace(reading, value=now.read(reading.value).value)

    def later(self) -> set[str]:
        """The variables that are read after the statement at hand."""
        return {name for block in self.after for s in statements(block) for name in reads(*expressions(s))}

    def check_carried(self, statement: core.For, inner: Known, known: Known) -> None:
        """What a round computes from summed variables must not reach the next, or what follows."""
        changed = {name for name, reading in inner.values.items() if known.values.get(name) is not reading}
        own = {
            s.name
            for s in statements(statement.body)
            if isinstance(s, core.Let | core.Call) or (isinstance(s, core.Draw) and not s.indices)
        }
        own |= {s.into for s in statements(statement.body) if isinstance(s, core.For)}
        later = self.later()
        for name in changed:
            if name not in own or name in later:
                raise CannotSum(f"`{name}` carries a finite variable from round to round")

    def copy(self, name: str) -> str:
        """A variable that keeps the present value of one that changes."""
        fresh = self.code.names.fresh(name)
        self.outs[-1].append(core.Let(fresh, core.Variable(name)))
        return fresh

    def bind(self, name: str, reading: Reading, known: Known, span: Span) -> None:
        """Makes a variable stand for pending code."""
        fresh = self.code.names.fresh(name)
        needs = self.code.pend((core.Let(fresh, reading.value, span=span),), reading.needs)
        known.values[name] = Reading(core.Variable(fresh), needs, reading.scope)

    def statement(self, statement: Stmt, known: Known, out: list[Stmt], terms: list[Term]) -> None:
        """One statement of a block that runs whatever the summed variables are."""
        depends = any(known.depends(expr) for expr in expressions(statement))
        match statement:
            case core.Draw() if (support := draws.summable(self, statement)) is not None:
                draws.finite(self, statement, support, known, terms)
            case core.Draw():
                draws.refuse_discrete(self, statement)
                if depends:
                    draws.drawn(self, statement, known, out, terms)
                else:
                    out.append(statement)
            case core.If():
                branches.choice(self, statement, known, out, terms, depends=depends)
            case core.For():
                loops.loop(self, statement, known, out, terms, depends=depends)
            case core.While(head, _, body):
                if depends or self.touched((*head, *body), known) or known.changed_by((*head, *body)):
                    raise CannotSum("how long a loop goes on depends on a finite variable")
                out.append(statement)
            case core.Return() | core.Fail():
                raise CannotSum("the model returns early")
            case core.Define(name) if name in self.joint:
                self.dependent(statement, known, terms)
            case _ if not depends:
                if isinstance(statement, core.Let | core.Assign | core.Call):
                    if (
                        isinstance(statement, core.Assign)
                        and statement.indices
                        and statement.name in known.values
                    ):
                        raise CannotSum(f"an element of `{statement.name}` is assigned")
                    known.values.pop(statement.name, None)
                out.append(statement)
            case _:
                self.dependent(statement, known, terms)

    def dependent(self, statement: Stmt, known: Known, terms: list[Term]) -> None:
        """A statement whose values or weights depend on summed variables, or that runs only for some."""
        span = statement.span
        match statement:
            case core.Let(name, value) | core.Assign(name, (), value):
                self.bind(name, self.read(value, known), known, span)
            case core.Define(name, indices, value):
                if any(known.depends(index) for index in indices):
                    raise CannotSum(f"which element of `{name}` is defined depends on a finite variable")
                reading = self.read(value, known)
                self.bind(f"{name}", reading, inner := Known(), span)
                known.elements[name, plain(indices)] = inner.values[name]
                known.arrays.add(name)
                self.summed.add(name)
            case core.Call(name, function, args, keywords):
                if (
                    keywords
                    or not isinstance(function, core.Global | core.Closure)
                    or function == core.Global("infer")
                ):
                    raise CannotSum("a call whose arguments depend on a finite variable")
                given = [self.read(expr, known) for expr in (function, *args)]
                fresh = self.code.names.fresh(name)
                values = tuple(reading.value for reading in given)
                call = core.Call(fresh, values[0], values[1:], span=span)
                needs = self.code.pend((call,), frozenset[int]().union(*(r.needs for r in given)))
                scope = scope_of(given)
                known.values[name] = Reading(core.Variable(fresh), needs, scope)
            case core.Observe(_, _, _, law, value):
                self.observed(law, value, known, terms, span)
            case core.Weight(kind, value):
                reading = self.read(value, known)
                terms.append(Term(replace(reading, value=self.scale.weight(kind, reading.value)), span))
            case core.Draw() if (support := draws.summable(self, statement)) is not None:
                draws.finite(self, statement, support, known, terms)
            case _:
                raise CannotSum(
                    f"{type(statement).__name__.lower()} in runs that a finite variable decides on"
                )

    def observed(self, law: Expr, value: Expr, known: Known, terms: list[Term], span: Span) -> None:
        """The density of a law at a value as a term."""
        reading = self.read(core.Prim(self.scale.density, (law, value), span=span), known)
        terms.append(Term(reading, span))

    def touched(self, block: Block, known: Known) -> bool:
        """Whether a block draws a variable that is summed out, or reads one."""
        for statement in statements(block):
            if any(known.depends(expr) for expr in expressions(statement)):
                return True
            if isinstance(statement, core.Draw) and draws.summable(self, statement) is not None:
                return True
            if isinstance(statement, core.Draw):
                draws.refuse_discrete(self, statement)
            if isinstance(statement, core.Return):
                raise CannotSum("the model returns early")
        return False

    def inside(self, block: Block, known: Known) -> list[Term]:
        """The terms of a block that runs only for some values: everything in it is pending code."""
        terms: list[Term] = []
        for position, statement in enumerate(block):
            self.after.append(block[position + 1 :])
            with blamed(statement):
                self.statement_inside(statement, known, terms)
            self.after.pop()
        return terms

    def statement_inside(self, statement: Stmt, known: Known, terms: list[Term]) -> None:
        """One statement of such a block."""
        match statement:
            case core.If():
                branches.guarded(self, statement, known, terms)
            case core.For():
                loops.pending_loop(self, statement, known, terms)
            case core.Define():
                raise CannotSum("an element is defined in runs that a finite variable decides on")
            case _:
                self.dependent(statement, known, terms)


def _elements(body: Block) -> Mapping[str, int]:
    """How often elements of each array are defined."""
    return Counter(
        s.name
        for s in statements(body)
        if isinstance(s, core.Define) or (isinstance(s, core.Draw) and s.indices)
    )


@contextmanager
def blamed(statement: Stmt) -> Generator[None]:
    """Says at which statement it was found that something cannot be summed out."""
    try:
        yield
    except CannotSum as why:
        if why.span == NOWHERE:
            why.span = statement.span
        raise
