"""Resolves the names inside one function, model, density or top-level `let`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from pplc.lang.names_base import Names
from pplc.lang.scope import Activation, Scope
from pplc.lang.suggest import did_you_mean
from pplc.lang.syntax import (
    Assign,
    Binary,
    Bind,
    Block,
    Boolean,
    Call,
    Clause,
    Compare,
    Comprehension,
    ConstructorPattern,
    Define,
    Draw,
    Expr,
    ExprStmt,
    For,
    IfExpr,
    Index,
    Lambda,
    Let,
    ListLiteral,
    LiteralPattern,
    Match,
    Member,
    Name,
    Node,
    Number,
    Observe,
    Parameter,
    Pattern,
    Range,
    RecordLiteral,
    Return,
    Sample,
    Stmt,
    String,
    TupleLiteral,
    TuplePattern,
    Unary,
    VarDecl,
    While,
    Wildcard,
)
from pplc.lang.walk import within


class Body(Names):
    """Goes through a body in the order of evaluation, each name looked up where it stands."""

    def function(
        self, node: Node, parameters: Sequence[Parameter], body: Block, around: Scope | None
    ) -> Scope:
        """A body with its parameters, sizes and arrays; gives the scope at its end."""
        activation = Activation() if around is None else Activation(around.activation.taken)
        scope = Scope(activation, around)
        for parameter in parameters:
            self._declare(parameter, parameter.name, scope, parameter.span, may_shadow=True, visible=True)
        self.found.sizes[id(node)] = tuple(self._sizes_of(parameters, scope))
        for parameter in parameters:
            if parameter.type is not None:
                self.type(parameter.type, scope)
        self.found.arrays[id(node)] = tuple(self._arrays_of(body, scope))
        self._block_in(body, scope)
        return scope

    # -------------------------------------------------------------- statements

    def block(self, block: Block, scope: Scope) -> None:
        """A block with a scope of its own."""
        self._block_in(block, scope.inner())

    def _block_in(self, block: Block, scope: Scope) -> None:
        for statement in block.statements:
            self._statement(statement, scope)
        if block.value is not None:
            self.expr(block.value, scope)

    def _statement(self, stmt: Stmt, scope: Scope) -> None:
        match stmt:
            case Let(pattern, type_, value):
                if type_ is not None:
                    self.type(type_, scope)
                self.expr(value, scope)
                # Only `let`s of the body itself are reported, so only they can be asked for.
                top = scope.parent is None or scope.parent.activation is not scope.activation
                self.pattern(pattern, scope, visible=top)
            case VarDecl(name, type_, value):
                if type_ is not None:
                    self.type(type_, scope)
                self.expr(value, scope)
                self._declare(stmt, name, scope, stmt.span, mutable=True)
            case Assign(target, value):
                for index in target.indices:
                    self.expr(index, scope)
                self._assigned(target, value, scope)
                self.expr(value, scope)
            case Define(target, value, clauses) | Draw(target, value, clauses):
                inner = self._clauses(clauses, scope)
                for index in target.indices:
                    self.expr(index, inner)
                self.expr(value, inner)
                if target.indices or isinstance(stmt, Define):
                    self._element(target, inner)
                else:
                    self._declare(target, target.name, inner, target.span, visible=True)
            case Observe(value, law, clauses):
                inner = self._clauses(clauses, scope)
                self.expr(value, inner)
                self.expr(law, inner)
            case ExprStmt(expr, clauses):
                self.expr(expr, self._clauses(clauses, scope))
            case For(clauses, body):
                self.block(body, self._clauses(clauses, scope))
            case While(condition, body):
                self.expr(condition, scope)
                self.block(body, scope)
            case Return(value):
                if value is not None:
                    self.expr(value, scope)
            case _:
                assert_never(stmt)

    def _clauses(self, clauses: tuple[Clause, ...], scope: Scope, *, may_shadow: bool = False) -> Scope:
        if clauses:
            self._not_too_many(clauses, "ranges of a `for`", clauses[0].span)
        for clause in clauses:
            self.expr(clause.iterable, scope)
            scope = scope.inner()
            self.pattern(clause.pattern, scope, may_shadow=may_shadow)
        return scope

    # -------------------------------------------------------------- patterns

    def pattern(
        self, pattern: Pattern, scope: Scope, *, may_shadow: bool = False, visible: bool = False
    ) -> None:
        """Declare what a pattern binds; a name of a constructor is that constructor."""
        match pattern:
            case Wildcard() | LiteralPattern():
                pass
            case Bind(name):
                known = self.outside.values.get(name)
                if known is not None and known.kind == "constructor":
                    self.found.of[id(pattern)] = known
                else:
                    self._declare(pattern, name, scope, pattern.span, may_shadow=may_shadow, visible=visible)
            case TuplePattern(items):
                for item in items:
                    self.pattern(item, scope, may_shadow=may_shadow, visible=visible)
            case ConstructorPattern(_, arguments):
                self._constructor(pattern)
                for argument in arguments:
                    self.pattern(argument, scope, may_shadow=may_shadow, visible=visible)
            case _:
                assert_never(pattern)

    def constructors(self, pattern: Pattern) -> None:
        """Resolve the constructors of a pattern whose variables are known already."""
        for node in within(pattern):
            if isinstance(node, ConstructorPattern):
                self._constructor(node)

    def _catches_all(self, pattern: Pattern) -> None:
        """A name in an arm that looks like a constructor, but is none, would match everything in silence."""
        constructors = [n for n, b in self.outside.values.items() if b.kind == "constructor"]
        for node in within(pattern):
            if constructors and isinstance(node, Bind) and node.name[:1].isupper():
                if node.name not in constructors:
                    near = did_you_mean(node.name, constructors)
                    self._error(
                        "E0201",
                        f"there is no constructor `{node.name}`",
                        node.span,
                        "unknown constructor",
                        near or "a name that matches everything begins with a small letter",
                    )

    def _constructor(self, pattern: ConstructorPattern) -> None:
        known = self.outside.values.get(pattern.name)
        if known is not None and known.kind == "constructor":
            self.found.of[id(pattern)] = known
            return
        constructors = [n for n, b in self.outside.values.items() if b.kind == "constructor"]
        self._error(
            "E0201",
            f"there is no constructor `{pattern.name}`",
            pattern.span,
            "unknown constructor",
            did_you_mean(pattern.name, constructors),
        )

    # -------------------------------------------------------------- expressions

    def expr(self, expr: Expr, scope: Scope) -> None:
        """Resolve the names in an expression."""
        match expr:
            case Number() | Boolean() | String():
                pass
            case Name(name):
                self._use(expr, name, scope)
            case Unary(_, operand) | Sample(operand) | Member(operand, _):
                self.expr(operand, scope)
            case Binary(_, left, right) | Range(left, right):
                self.expr(left, scope)
                self.expr(right, scope)
            case Compare(first, rest):
                self._not_too_many(rest, "comparisons in a chain", expr.span)
                self.expr(first, scope)
                for _, item in rest:
                    self.expr(item, scope)
            case Call(function, arguments):
                self.expr(function, scope)
                for argument in arguments:
                    self.expr(argument.value, scope)
            case Index(base, indices):
                self.expr(base, scope)
                for index in indices:
                    self.expr(index, scope)
            case ListLiteral(items) | TupleLiteral(items):
                for item in items:
                    self.expr(item, scope)
            case RecordLiteral(fields):
                for _, item in fields:
                    self.expr(item, scope)
            case Comprehension(element, clauses, condition):
                inner = self._clauses(clauses, scope, may_shadow=True)
                if condition is not None:
                    self.expr(condition, inner)
                self.expr(element, inner)
            case Lambda(_, parameters, result, body):
                end = self.function(expr, parameters, body, scope)
                if result is not None:
                    self.type(result, end)
                self.found.captures[id(expr)] = tuple(end.activation.captured.values())
            case IfExpr(condition, then, orelse):
                self.expr(condition, scope)
                self.block(then, scope)
                if orelse is not None:
                    self.block(orelse, scope)
            case Match(subject, arms):
                self._not_too_many(arms, "arms of a `match`", expr.span)
                self.expr(subject, scope)
                for arm in arms:
                    inner = scope.inner()
                    self._catches_all(arm.pattern)
                    self.pattern(arm.pattern, inner)
                    self.block(arm.body, inner)
            case _:
                assert_never(expr)
