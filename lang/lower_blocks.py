"""Lowering of statements, blocks, loops, comprehensions and `match`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from typing import assert_never

from pplc.lang import core
from pplc.lang.analysis import may_be_missing
from pplc.lang.core import Expr
from pplc.lang.lower_base import UNIT_VALUE, Branch, Loop, Rounds
from pplc.lang.lower_calls import Calls
from pplc.lang.lower_patterns import all_of, binds, tests
from pplc.lang.syntax import (
    Assign,
    Bind,
    Block,
    Clause,
    Comprehension,
    Define,
    Draw,
    ExprStmt,
    For,
    IfExpr,
    Index,
    Let,
    Match,
    Name,
    Observe,
    Pattern,
    Range,
    Return,
    Stmt,
    Target,
    VarDecl,
    While,
    Wildcard,
)
from pplc.lang.syntax import (
    Expr as Tree,
)
from pplc.lang.typesys import Array, Dist, Fn, Int, List, Model, Type
from pplc.lang.typesys import Base as BaseType


class Blocks(Calls):
    """Everything that is a statement or has statements inside.

    top: whether the statements being lowered are those of a body itself, not of a block inside it.
    """

    top = False

    @abstractmethod
    def collect_element(self, tree: Comprehension, rounds: Rounds) -> None:
        """The element and condition of a comprehension, inside its innermost loop."""

    # -------------------------------------------------------------- blocks

    def statements(self, statements: Sequence[Stmt]) -> None:
        """Lower statements in order."""
        for statement in statements:
            self.statement(statement)

    def block(self, block: Block, *, wanted: bool) -> Branch:
        """A block lowered aside, with its value if it is wanted."""
        top, self.top = self.top, False
        with self.aside() as branch:
            self.statements(block.statements)
            if block.value is None:
                pass
            elif wanted:
                branch.value = self.expr(block.value)
            else:
                self.action(block.value)
        self.top = top
        return branch

    def action(self, tree: Tree) -> None:
        """An expression for its effect."""
        match tree:
            case IfExpr():
                self.if_(tree, wanted=False)
            case Match():
                self.match(tree, wanted=False)
            case _:
                self.discard(self.expr(tree), tree.span)

    # -------------------------------------------------------------- statements

    def statement(self, statement: Stmt) -> None:
        """Lower one statement."""
        span = statement.span
        match statement:
            case Let(pattern, _, value):
                self._let(pattern, self.expr(value), statement)
            case VarDecl(_, _, value):
                self.emit(core.Let(self.variable(statement), self.expr(value), span=span))
            case Assign(target, value):
                *indices, new = self.parallel([*target.indices, value])
                self.emit(core.Assign(self.binding(target).unique, tuple(indices), new, span=span))
            case Define(target, value, clauses):
                with self._clauses(clauses):
                    *indices, new = self.parallel([*target.indices, value])
                    recorded = target.name if self._is_element_reported(target, new) else ""
                    self.emit(core.Define(self.variable(target), tuple(indices), new, recorded, span=span))
            case Draw(target, law, clauses):
                with self._clauses(clauses):
                    *indices, from_ = self.parallel([*target.indices, law])
                    place = tuple(indices)
                    site = core.Site(target.name, place, span=target.span)
                    if not place:
                        site = self.site(target.name, target.span)
                    self.emit(core.Draw(self.variable(target), place, site, from_, span=span))
            case Observe(_, _, clauses):
                with self._clauses(clauses):
                    self._observe(statement)
            case ExprStmt(expr, clauses):
                with self._clauses(clauses):
                    self.action(expr)
            case For(clauses, body):
                with self._clauses(clauses):
                    self._inside(body)
            case While(condition, body):
                self._while(condition, body, statement)
            case Return(value):
                result = UNIT_VALUE if value is None else self.expr(value)
                self.emit(core.Return(result, span=span))
            case _:
                assert_never(statement)

    def _inside(self, body: Block) -> None:
        """A block in the midst of statements, its value not wanted."""
        branch = self.block(body, wanted=False)
        for statement in branch.body:
            self.emit(statement)
        self.branch.leaves = self.branch.leaves or branch.leaves

    def _let(self, pattern: Pattern, value: Expr, statement: Let) -> None:
        span = statement.span
        if not isinstance(pattern, Bind):
            value = self.atom(value, span, statement.value)
        for bind, part in binds(pattern, value, self.output.names):
            recorded = bind.name if self._is_reported(bind, part) else ""
            self.emit(core.Let(self.variable(bind), part, recorded, span=span))

    def _is_reported(self, bind: Bind, value: Expr) -> bool:
        """Whether a `let` is a variable of the model: at its top, and data rather than a function."""
        return self.top and self.kind == "model" and self._is_data(value, self.type_of(bind))

    def _is_element_reported(self, target: Target, value: Expr) -> bool:
        """Whether `h[t] := …` is a variable of the model, as an element that is drawn is."""
        return self.kind == "model" and self._is_data(value, self.type_of(target))

    def _is_data(self, value: Expr, kind: Type | None) -> bool:
        if isinstance(value, core.Closure | core.Global | core.Law):
            return False
        while isinstance(kind, Array | List):
            kind = kind.element
        return not isinstance(kind, Fn | Model | Dist | BaseType)

    def _observe(self, statement: Observe) -> None:
        """The place of an observation is that of the parameter it speaks of, if it does."""
        span, value = statement.span, statement.value
        name = ""
        indices: tuple[Tree, ...] = ()
        match value:
            case Name() if self._is_parameter(value):
                name = self.binding(value).unique
            case Index(Name() as base, trees) if self._is_parameter(base) and all(map(self._is_int, trees)):
                name, indices = self.binding(base).unique, trees
            case _:
                pass
        if not name:
            point, law = self.parallel([value, statement.law])
            site = self.anonymous_site("observe", span)
            self.emit(core.Observe("", (), site, law, point, span=span))
            return
        *places, law = self.parallel([*indices, statement.law])
        place = tuple(places)
        # Missing entries are put in their place: the parameter changes.
        kind = self.variables.get(name)
        if kind is None or may_be_missing(kind):
            self.changing.add(name)
        observed: Expr = core.Variable(name, span=value.span)
        if place:
            observed = core.Prim("index", (observed, *place), span=value.span)
        user_name = value.name if isinstance(value, Name) else name
        if isinstance(value, Index) and isinstance(value.base, Name):
            user_name = value.base.name
        site = core.Site(user_name, place, span=value.span)
        self.emit(core.Observe(name, place, site, law, observed, span=span))

    def _is_parameter(self, tree: Name) -> bool:
        binding = self.binding(tree)
        return binding.kind == "local" and binding.unique in self.parameters

    def _is_int(self, tree: Tree) -> bool:
        kind = self.type_of(tree)
        return isinstance(kind, Int) if kind is not None else not isinstance(tree, Range)

    # -------------------------------------------------------------- loops

    def _clauses(self, clauses: Sequence[Clause]) -> ExitStack:
        """Enter the loops of clauses, outermost first; leaving emits them."""
        stack = ExitStack()
        top = self.top
        if clauses:
            stack.callback(setattr, self, "top", top)
            self.top = False
        for clause in clauses:
            items = self.expr(clause.iterable)
            name = self._loop_variable(clause.pattern)
            stack.enter_context(self.loop_over(items, name, clause.span))
            self._take_apart(clause.pattern, name)
        return stack

    def _loop_variable(self, pattern: Pattern) -> str:
        if isinstance(pattern, Bind) and self.binding(pattern).kind == "local":
            return self.variable(pattern)
        return self.fresh(pattern)

    def _take_apart(self, pattern: Pattern, name: str) -> None:
        if not isinstance(pattern, Bind | Wildcard):
            whole = core.Variable(name, span=pattern.span)
            for bind, part in binds(pattern, whole, self.output.names):
                self.emit(core.Let(self.variable(bind), part, span=bind.span))

    def _while(self, condition: Tree, body: Block, statement: While) -> None:
        """A `while` counts its rounds if a site inside needs it."""
        span = statement.span
        loop = Loop(self.fresh())
        self.loops.append(loop)
        with self.aside() as head:
            test = self.expr(condition)
        inside = self.block(body, wanted=False)
        self.loops.pop()
        if loop.counted:
            zero, one = core.Literal(0, span=span), core.Literal(1, span=span)
            self.emit(core.Let(loop.index, zero, span=span))
            count = core.Variable(loop.index, span=span)
            more = core.Prim("add", (count, one), span=span)
            if not inside.leaves:
                inside.body.append(core.Assign(loop.index, (), more, span=span))
        self.emit(core.While(tuple(head.body), test, tuple(inside.body), span=span))

    def comprehension(self, tree: Comprehension) -> Expr:
        """A loop that collects; several clauses give one flat list."""
        return self._collected(tree, tree.clauses)

    def _collected(self, tree: Comprehension, clauses: Sequence[Clause]) -> Expr:
        first, rest = clauses[0], clauses[1:]
        span = tree.span
        items = self.expr(first.iterable)
        name = self._loop_variable(first.pattern)
        with self.loop_over(items, name, first.span) as rounds:
            self._take_apart(first.pattern, name)
            if rest:
                rounds.collect = self._collected(tree, rest)
            else:
                self.collect_element(tree, rounds)
            rounds.into = self.fresh(None if rest else tree)
        result = core.Variable(rounds.into, span=span)
        return core.Prim("flatten", (result,), span=span) if rest else result

    # -------------------------------------------------------------- match and if

    def if_(self, tree: IfExpr, *, wanted: bool) -> Expr:
        """`if`, as a statement or as an expression."""
        test = self.expr(tree.condition)
        wanted = wanted and tree.orelse is not None
        then = self.block(tree.then, wanted=wanted)
        orelse = Branch() if tree.orelse is None else self.block(tree.orelse, wanted=wanted)
        return self.choose([(test, then)], orelse, tree.span, tree if wanted else None)

    def match(self, tree: Match, *, wanted: bool) -> Expr:
        """The arms in order; the first whose pattern fits is taken.

        The checker has seen that some arm fits, so what reaches the last one fits it.
        """
        names = self.output.names
        subject = self.atom(self.expr(tree.subject), tree.subject.span, tree.subject)
        branches: list[tuple[Expr, Branch]] = []
        for arm in tree.arms:
            branch = self.block(arm.body, wanted=wanted)
            branch.body[:0] = [
                core.Let(self.variable(bind), part, span=bind.span)
                for bind, part in binds(arm.pattern, subject, names)
            ]
            fits = all_of(list(tests(arm.pattern, subject, names)))
            branches.append((core.Literal(True, span=arm.span) if fits is None else fits, branch))
        _, otherwise = branches.pop()
        return self.choose(branches, otherwise, tree.span, tree if wanted else None)
