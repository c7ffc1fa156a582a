"""The statements of a model in order: what depends on no summed variable stays, the rest becomes terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pplc.lang import core, typesys
from pplc.lang.analysis import expressions, inside, reads, statements
from pplc.lang.core import Block, Expr, Stmt
from pplc.lang.diagnostics import NOWHERE, Span
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.passes.rewriting import with_expressions
from pplc.lang.summing import chains
from pplc.lang.summing.pending import CannotSum, Code, Finite, Reading, Term
from pplc.lang.summing.fusing import fused
from pplc.lang.summing.indices import plain
from pplc.lang.summing.scope import Known
from pplc.lang.summing.supports import Support, support_of


class Walker:
    """Reads one model.

    keep: sites that stay draws.
    """

    def __init__(self, function: core.Function, code: Code, keep: Callable[[str], bool]) -> None:
        self.function = function
        self.code = code
        self.scale = code.scale
        self.keep = keep
        self.changing = {
            statement.name for statement in statements(function.body) if isinstance(statement, core.Assign)
        }
        self.summed: set[str] = set()
        """Arrays of which elements are summed out or depend on such elements."""
        for statement in statements(function.body):
            if isinstance(statement, core.Draw) and statement.indices and self.summable(statement):
                self.summed.add(statement.name)
        self.after: list[Block] = []
        """What follows the blocks that are being read."""
        self.outs: list[list[Stmt]] = []
        """Where statements that stay go: the innermost last."""

    # ------------------------------------------------------------------ blocks

    def whole(self, body: Block) -> Block:
        """The body of the model, with every finite variable summed out."""
        *before, last = fused(body, lambda draw: self.summable(draw) is not None)
        out: list[Stmt] = []
        known = Known(arrays=set(self.summed))
        terms = self.block(tuple(before), known, out)
        self.weigh(self.code.eliminated(known.finite, terms, out), out)
        if any(name in self.summed for s in statements(tuple(out)) for name in reads(*expressions(s))):
            raise CannotSum("an array is read where its elements are summed out")
        sites = [s.site.name for s in statements(tuple(out)) if isinstance(s, core.Draw | core.Observe)]
        if any("#" in name and sites.count(name) > 1 for name in sites):
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

    # ------------------------------------------------------------------ statements

    def statement(self, statement: Stmt, known: Known, out: list[Stmt], terms: list[Term]) -> None:
        """One statement of a block that runs whatever the summed variables are."""
        depends = any(known.depends(expr) for expr in expressions(statement))
        match statement:
            case core.Draw() if (support := self.summable(statement)) is not None:
                self.finite(statement, support, known, terms)
            case core.Draw():
                self.refuse_discrete(statement)
                if depends:
                    self.drawn(statement, known, out, terms)
                else:
                    out.append(statement)
            case core.If():
                self.choice(statement, known, out, terms, depends=depends)
            case core.For():
                self.loop(statement, known, out, terms, depends=depends)
            case core.While(head, _, body):
                if depends or self.touched((*head, *body), known) or _assigns((*head, *body), known):
                    raise CannotSum("how long a loop goes on depends on a finite variable")
                out.append(statement)
            case core.Return() | core.Fail():
                raise CannotSum("the model returns early")
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
                scope = frozenset[Finite]().union(*(r.scope for r in given))
                known.values[name] = Reading(core.Variable(fresh), needs, scope)
            case core.Observe(_, _, _, law, value):
                self.observed(law, value, known, terms, span)
            case core.Weight(kind, value):
                reading = self.read(value, known)
                terms.append(Term(replace(reading, value=self.scale.weight(kind, reading.value)), span))
            case core.Draw() if (support := self.summable(statement)) is not None:
                self.finite(statement, support, known, terms)
            case _:
                raise CannotSum(
                    f"{type(statement).__name__.lower()} in runs that a finite variable decides on"
                )

    def observed(self, law: Expr, value: Expr, known: Known, terms: list[Term], span: Span) -> None:
        """The density of a law at a value as a term."""
        reading = self.read(core.Prim(self.scale.density, (law, value), span=span), known)
        terms.append(Term(reading, span))

    # ------------------------------------------------------------------ draws

    def summable(self, statement: core.Draw) -> Support | None:
        """The support of a draw that is to be summed out; None for any other."""
        law = statement.law
        if self.keep(statement.site.name) or not self.single(statement):
            return None
        if isinstance(law, core.Cond):
            return self.of_choice(law)
        return support_of(law)

    def of_choice(self, law: core.Cond) -> Support | None:
        """The support of one of two laws, if equal positions mean equal values."""
        sides = [
            self.of_choice(side) if isinstance(side, core.Cond) else support_of(side)
            for side in (law.then, law.orelse)
        ]
        first, second = sides
        if first is None or second is None or not first.like(second) or first.kind in ("list", "one"):
            return None
        if first.count == second.count:
            return first
        return replace(first, count=core.Prim("max", (first.count, second.count)))

    def single(self, statement: core.Draw) -> bool:
        """Whether a draw is one value, not an array."""
        kind = self.function.variables.get(statement.name)
        if statement.indices:
            if not isinstance(kind, typesys.Array) or len(kind.sizes) != len(statement.indices):
                return False
            kind = kind.element
        return isinstance(kind, typesys.Bool | typesys.Int | typesys.Sum | typesys.String | typesys.Real)

    def finite(self, statement: core.Draw, support: Support, known: Known, terms: list[Term]) -> None:
        """A draw that is summed out: its mass is a term."""
        law, span = statement.law, statement.span
        indices = [self.read(index, known) for index in statement.site.indices]
        if any(reading.scope or reading.needs for reading in indices):
            raise CannotSum("which variable is drawn depends on a finite one")
        count = self.code_count(support.count, known)
        first = None if support.first is None else self.read(support.first, known)
        if first is not None and first.scope and support.kind != "one":
            raise CannotSum("the values of a finite variable depend on another")
        site = replace(statement.site, indices=tuple(reading.value for reading in indices))
        base = statement.name.split("'", maxsplit=1)[0]
        if first is not None:
            support = replace(support, first=first.value)
        variable = self.code.variable(base, support := replace(support, count=count), site)
        known.finite.add(variable)
        needs, scope = (
            (frozenset[int](), frozenset[Finite]()) if first is None else (first.needs, first.scope)
        )
        reading = self.code.valued(variable, needs, scope)
        if statement.indices:
            known.elements[statement.name, plain(statement.indices)] = reading
        else:
            known.values[statement.name] = reading
        mass = self.mass(law, support, reading, known)
        terms.append(Term(replace(mass, scope=mass.scope | {variable}), span))

    def mass(self, law: Expr, support: Support, value: Reading, known: Known) -> Reading:
        """The mass of a law at the value of its draw."""
        if isinstance(law, core.Cond) or support.kind not in ("list", "one"):
            given = self.read(law, known)
            density = core.Prim(self.scale.density, (given.value, value.value), span=law.span)
            return Reading(density, given.needs | value.needs, given.scope | value.scope)
        weight = self.scale.one if support.kind == "one" else self.scale.inverse_count(support.count)
        given = self.read(weight, known)
        return Reading(given.value, given.needs | value.needs, given.scope | value.scope)

    def code_count(self, count: Expr, known: Known) -> Expr:
        """How many values a finite variable has; rows of one array are equally long, so that any will do."""
        match count:
            case core.Prim("extent", (of,), (axis,)) if known.depends(of):
                return core.Prim("extent", (self.any_row(of, known),), (axis,))
            case core.Prim(op, args, static) if known.depends(count) and op in ("add", "sub", "max"):
                return core.Prim(op, tuple(self.code_count(arg, known) for arg in args), static)
            case _:
                reading = self.read(count, known)
                if reading.scope or reading.needs:
                    raise CannotSum("how many values a finite variable has depends on another")
                return reading.value

    def any_row(self, of: Expr, known: Known) -> Expr:
        """An array as long as any that the expression may be."""
        match of:
            case core.Prim("index", (core.Variable(name), *indices)) if name not in known.values:
                kind = self.function.variables.get(name)
                if name not in known.arrays and isinstance(kind, typesys.Array | typesys.Matrix):
                    places = (core.Literal(0) if known.depends(i) else i for i in indices)
                    return core.Prim("index", (core.Variable(name), *places))
            case core.Cond(_, then, orelse):
                first, second = self.any_row(then, known), self.any_row(orelse, known)
                if first == second or _length(first) == _length(second) != -1:
                    return first
            case core.Prim("index", (core.Prim("list", (first, *rest)), _)):
                if _length(first) != -1 and all(_length(row) == _length(first) for row in rest):
                    return _row(first)
            case core.Prim("list"):
                return _row(of)
            case core.Variable(name) if name in known.values:
                (*_, last) = self.code.block_of(known.values[name].needs)
                if isinstance(last, core.Let):
                    return self.any_pending(last.value, known.values[name])
            case _ if not known.depends(of):
                return of
            case _:
                pass
        raise CannotSum("how many values a finite variable has depends on another")

    def any_pending(self, of: Expr, reading: Reading) -> Expr:
        """The same for the value of pending code: rows chosen by summed variables are the first ones."""
        match of:
            case core.Prim("index", (core.Variable(name), *indices)):
                kind = self.function.variables.get(name)
                if isinstance(kind, typesys.Array | typesys.Matrix):
                    written = {n for s in self.code.block_of(reading.needs) for n in [getattr(s, "name", "")]}
                    places = (
                        core.Literal(0) if written.intersection(reads(index)) else index for index in indices
                    )
                    return core.Prim("index", (core.Variable(name), *places))
            case _:
                pass
        raise CannotSum("how many values a finite variable has depends on another")

    def refuse_discrete(self, statement: core.Draw) -> None:
        """Other discrete draws are none of code's business."""
        if self.keep(statement.site.name):
            return
        for part in inside(statement.law):
            if isinstance(part, core.Law) and (
                (part.family in FAMILIES and FAMILIES[part.family].discrete)
                or part.family in ("Delta", "Empirical", "ZeroInflated")
                or (part.family == "Uniform" and len(part.args) == 1)
            ):
                raise CannotSum(f"`{part.family}` is not finite, or more than one value")
        if not isinstance(statement.law, core.Law):
            kind = self.function.variables.get(statement.name)
            if kind is None or not isinstance(typesys.scalar_of(kind), typesys.Real | typesys.Fn):
                raise CannotSum("a draw whose law is not written where it is drawn")

    def drawn(self, statement: core.Draw, known: Known, out: list[Stmt], terms: list[Term]) -> None:
        """A draw that stays, but whose law depends on summed variables.

        It is drawn from its law at the first values, and weighed by the ratio of the densities, which is
        the same measure where all the laws have one support.
        """
        law = statement.law
        if any(known.depends(i) for i in (*statement.indices, *statement.site.indices)):
            raise CannotSum("which variable is drawn depends on a finite one")
        if not isinstance(law, core.Law) or not _fixed_support(law):
            raise CannotSum("the support of a draw may depend on a finite variable")
        given = self.read(law, known)
        firsts = {variable: self.code.names.fresh(variable.position) for variable in given.scope}
        block, (base,) = self.code.written(given.needs, [given.value], firsts)
        out.extend(core.Let(first, core.Literal(0)) for first in firsts.values())
        out.extend(block)
        out.append(replace(statement, law=base))
        place: Expr = core.Variable(statement.name)
        if statement.indices:
            place = core.Prim("index", (place, *statement.indices))
        known.values.pop(statement.name, None)
        point = self.read(place, known)
        ratio = core.Prim(
            self.scale.over,
            (
                core.Prim(self.scale.density, (given.value, point.value), span=statement.span),
                core.Prim(self.scale.density, (base, point.value), span=statement.span),
            ),
        )
        terms.append(Term(Reading(ratio, given.needs, given.scope), statement.span))

    # ------------------------------------------------------------------ branches and loops

    def touched(self, block: Block, known: Known) -> bool:
        """Whether a block draws a variable that is summed out, or reads one."""
        for statement in statements(block):
            if any(known.depends(expr) for expr in expressions(statement)):
                return True
            if isinstance(statement, core.Draw) and self.summable(statement) is not None:
                return True
            if isinstance(statement, core.Draw):
                self.refuse_discrete(statement)
            if isinstance(statement, core.Return):
                raise CannotSum("the model returns early")
        return False

    def choice(
        self, statement: core.If, known: Known, out: list[Stmt], terms: list[Term], *, depends: bool
    ) -> None:
        """An `if`: both sides stay, or it becomes pending code."""
        both = (*statement.then, *statement.orelse)
        assigns = _assigns(both, known)
        if not depends and not assigns and not self.touched(both, known):
            out.append(statement)
            return
        if not depends and not assigns:
            attempt = self.both_stay(statement, known)
            if attempt is not None:
                out.append(attempt)
                return
        self.guarded(statement, known, terms)

    def both_stay(self, statement: core.If, known: Known) -> core.If | None:
        """The `if` with both sides summed inside; None if something summed reaches out of it."""
        sides: list[Block] = []
        for side in (statement.then, statement.orelse):
            inner, out = known.inner(), list[Stmt]()
            terms = self.block(side, inner, out)
            terms = self.code.eliminated(inner.finite, terms, out)
            if any(term.scope for term in terms):
                return None
            later = self.later()
            for name, reading in inner.values.items():
                if known.values.get(name) is not reading:
                    if not _bound_on_both(statement, name, either=True) or name in later:
                        return None
            self.weigh(terms, out)
            sides.append(tuple(out))
        return replace(statement, then=sides[0], orelse=sides[1])

    def guarded(self, statement: core.If, known: Known, terms: list[Term]) -> None:
        """An `if` as pending code: a weight, and the variables that it assigns."""
        test, mark = self.read(statement.test, known), self.code.mark()
        weight = self.code.names.fresh("weight")
        befores = {
            name: self.read(core.Variable(name), known)
            for name in _assigned((*statement.then, *statement.orelse))
            if not _bound_on_both(statement, name, either=True)
        }
        later = self.later()
        both = [name for name in _bound_by(statement.then) if _bound_on_both(statement, name)]
        after = [*befores, *(name for name in both if name in later)]
        fresh = {name: self.code.names.fresh(name) for name in after}
        needs, scope, weighs = set(test.needs), set(test.scope), False
        sides: list[Block] = []
        totals: list[list[Expr]] = []
        escaping: list[set[Finite]] = []
        for side in (statement.then, statement.orelse):
            inner = known.inner()
            inner.values.update(befores)
            found = self.inside(side, inner)
            values = [inner.values[name] for name in after]
            # A variable whose value goes on after the `if` is summed there; on the other side it is certain.
            going = inner.finite & _scope(values)
            escaping.append(going)
            found = self.code.eliminated(inner.finite - going, found, None)
            weighs = weighs or bool(found)
            every = [*(term.reading for term in found), *values]
            mine = frozenset[int]().union(*(reading.needs for reading in every))
            scope.update(*(reading.scope for reading in every))
            needs.update(number for number in mine if number < mark)
            block = self.code.block_of(number for number in mine if number >= mark)
            lets = (core.Let(fresh[n], value.value) for n, value in zip(after, values, strict=True))
            sides.append((*block, *lets))
            totals.append([term.reading.value for term in found])
        for mine, other in ((0, 1), (1, 0)):
            for variable in self.code.ordered(escaping[mine]):
                known.finite.add(variable)
                totals[other].append(self.code.certain(variable))
        if weighs:
            sides = [
                (*s, core.Let(weight, self.scale.joined(total)))
                for s, total in zip(sides, totals, strict=True)
            ]
        code = core.If(test.value, sides[0], sides[1], span=statement.span)
        closed, every_scope = self.code.pend((code,), needs), frozenset(scope)
        for name in after:
            known.values[name] = Reading(core.Variable(fresh[name]), closed, every_scope)
        if weighs:
            terms.append(Term(Reading(core.Variable(weight), closed, every_scope), statement.span))

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
                self.guarded(statement, known, terms)
            case core.For():
                self.pending_loop(statement, known, terms)
            case core.Define():
                raise CannotSum("an element is defined in runs that a finite variable decides on")
            case _:
                self.dependent(statement, known, terms)

    def loop(
        self, statement: core.For, known: Known, out: list[Stmt], terms: list[Term], *, depends: bool
    ) -> None:
        """A loop that stays, its weights summed inside; or one that is pending code."""
        if known.depends(statement.iterable) or _assigns(statement.body, known):
            self.pending_loop(statement, known, terms)
            return
        if not depends and not self.touched(statement.body, known):
            out.append(statement)
            return
        if chains.is_chain(self, statement, known):
            chains.summed(self, statement, known, out, terms)
            return
        effects = any(
            isinstance(s, core.Draw | core.Observe | core.Weight) for s in statements(statement.body)
        )
        if not effects:
            self.pending_loop(statement, known, terms)
            return
        if statement.collect is not None:
            raise CannotSum("a list is collected in a loop with finite variables")
        inner, body = known.inner(), list[Stmt]()
        found = self.block(statement.body, inner, body)
        found = self.code.eliminated(inner.finite, found, body)
        self.check_carried(statement, inner, known)
        self.weigh([term for term in found if not term.scope], body)
        found = [term for term in found if term.scope]
        if not found:
            out.append(replace(statement, body=tuple(body), independent=False))
            return
        axes = self.code.ordered(frozenset[Finite]().union(*(term.scope for term in found)))
        block, row = self.code.joined(found, axes, "row")
        rows = self.code.names.fresh("rows")
        body.extend(block)
        out.append(replace(statement, body=tuple(body), collect=row, into=rows, independent=False))

        def over_rounds(positions: dict[Finite, str]) -> tuple[Block, Expr]:
            each, into = self.code.names.fresh("row"), self.code.names.fresh("column")
            places = tuple(core.Variable(positions[axis]) for axis in axes)
            entry = core.Prim("index", (core.Variable(each), *places))
            whole = core.Prim(self.scale.product, (core.Variable(into),))
            return (core.For(each, core.Variable(rows), (), collect=entry, into=into),), whole

        block, table = self.code.table(axes, lambda at: over_rounds(dict(at)), "table")
        if not isinstance(table, core.Variable):
            raise AssertionError("a term with a scope has a table")
        out.extend(block)
        terms.append(self.code.of_table(table, axes, found[0].span))

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

    def pending_loop(self, statement: core.For, known: Known, terms: list[Term]) -> None:
        """A loop as pending code: the product of its weights, and the list that it collects."""
        iterable = self.read(statement.iterable, known)
        inner, mark = known.inner(), self.code.mark()
        variable = self.code.names.fresh(statement.name)
        inner.values[statement.name] = Reading(core.Variable(variable))
        found = self.inside(statement.body, inner)
        found = self.code.eliminated(inner.finite, found, None)
        self.check_carried(statement, _without(inner, statement.name), known)
        if found and statement.collect is not None:
            raise CannotSum("a list is collected in a loop with finite variables")
        ends = [self.read(e, inner) for e in (statement.collect, statement.keep) if e is not None]
        every = [*(term.reading for term in found), *ends]
        if not every:
            return
        mine = frozenset[int]().union(*(r.needs for r in every))
        scope = frozenset[Finite]().union(*(r.scope for r in every)) | iterable.scope
        own = {number for number in mine if number >= mark}
        into = self.code.names.fresh(statement.into or "weights")
        collect = ends[0].value if ends else self.scale.joined([term.reading.value for term in found])
        keep = ends[1].value if len(ends) > 1 else None
        body = self.code.block_of(own)
        code = core.For(variable, iterable.value, body, collect, keep, into, span=statement.span)
        needs = self.code.pend((code,), (mine - own) | iterable.needs)
        if ends:
            known.values[statement.into] = Reading(core.Variable(into), needs, scope)
        else:
            whole = core.Prim(self.scale.product, (core.Variable(into),))
            terms.append(Term(Reading(whole, needs, scope), statement.span))


@contextmanager
def blamed(statement: Stmt) -> Iterator[None]:
    """Says at which statement it was found that something cannot be summed out."""
    try:
        yield
    except CannotSum as why:
        if why.span == NOWHERE:
            why.span = statement.span
        raise


def _length(expr: Expr) -> int:
    return len(expr.args) if isinstance(expr, core.Prim) and expr.op == "list" else -1


def _scope(readings: Iterable[Reading]) -> frozenset[Finite]:
    return frozenset[Finite]().union(*(reading.scope for reading in readings))


def _row(of: Expr) -> Expr:
    """An array as long as a list."""
    return core.Prim("list", tuple(core.Literal(0) for _ in range(_length(of))))


def _without(known: Known, name: str) -> Known:
    values = {key: reading for key, reading in known.values.items() if key != name}
    return Known(values, known.elements, known.arrays, known.finite)


def _assigns(block: Block, known: Known) -> bool:
    """Whether a block assigns a variable whose value depends on summed ones."""
    return any(isinstance(s, core.Assign) and s.name in known.values for s in statements(block))


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


def _fixed_support(law: core.Law) -> bool:
    """Whether the support of a family is the same for all parameters."""
    family = FAMILIES.get(law.family)
    if family is None or law.family in COMBINATORS or family.discrete:
        return False
    return not isinstance(family.support.lower, str) and not isinstance(family.support.upper, str)


__all__ = ["Walker", "with_expressions"]
