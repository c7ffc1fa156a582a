"""Reductions to nodes: one method per rule of the grammar, named after it.

What the grammar cannot say (targets, sizes, queries) is checked here, and collected in `errors`.
A method is given the parts its rule keeps and the span of the whole; it returns a node, or a
plain value that only other methods see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, cast

from pplc.lang import syntax as s
from pplc.lang.diagnostics import Diagnostic, SourceFile, Span
from pplc.lang.lexer import Token

# The parts come from tables, so their types are known only by convention.
Parts = list[Any]

SIZED: Final = frozenset(("simplex", "ordered", "unit_vector", "corr", "cov", "chol"))
"""Types of the language that are named with their sizes; any other `T[N]` is an array of `T`."""

GENERIC: Final = frozenset(("Model", "Dist", "Base"))

NESTING_QUERIES: Final = frozenset(("bounds",))
"""Queries whose arguments are queries, as in `bounds(E[y | do(a = 1)])`."""

DECISION: Final = "decide yhat given (z, s, y) maximise P(yhat == y) subject to I(z; yhat) <= 0.1"
"""How a decision is written."""


@dataclass(frozen=True, slots=True)
class RawArgument:
    """`e`, or `left = e` before it is known what may stand left."""

    left: s.Expr | None
    value: s.Expr
    span: Span


@dataclass(frozen=True, slots=True)
class RawArguments:
    """Everything between the brackets of a call, an index or a query."""

    groups: tuple[tuple[RawArgument, ...], ...]
    given: tuple[RawArgument, ...] | None


class TreeBuilder:
    """Builds the tree of one file; `errors` holds what was wrong with it."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.errors: list[Diagnostic] = []
        # Queries nested in expressions, and arguments such as `z[3] = 1`: wrong unless a query claims them.
        self.unclaimed: dict[int, tuple[object, Diagnostic]] = {}
        self.targets: dict[int, s.Expr] = {}

    def finish(self) -> None:
        """Report what no query claimed."""
        self.errors.extend(diagnostic for _, diagnostic in self.unclaimed.values())

    def error(self, code: str, message: str, span: Span, label: str = "", help: str = "") -> None:
        """Collect one."""
        self.errors.append(Diagnostic(code, message, span, label, help))

    # -------------------------------------------------------------- items

    def program(self, parts: Parts, span: Span) -> s.Program:
        return s.Program(tuple(parts), span=span)

    def queries(self, parts: Parts, span: Span) -> tuple[s.Query, ...]:
        return tuple(parts)

    def expression(self, parts: Parts, span: Span) -> s.Expr:
        return cast(s.Expr, parts[0])

    def intervention(self, parts: Parts, span: Span) -> s.DoItem:
        return self._do_item(parts[0], parts[1], span)

    def function(self, parts: Parts, span: Span) -> s.Function:
        kind, name, parameters, result, body = parts
        return s.Function(
            kind, name.value, tuple(parameters), result, body, span=span, name_span=name.span(self.file)
        )

    def kind(self, parts: Parts, span: Span) -> str:
        return cast(Token, parts[0]).type

    def arrow_body(self, parts: Parts, span: Span) -> s.Block:
        return s.Block((), parts[0], span=parts[0].span)

    def parameters(self, parts: Parts, span: Span) -> Parts:
        return parts

    def parameter(self, parts: Parts, span: Span) -> s.Parameter:
        return s.Parameter(parts[0].value, parts[1], span=span)

    def density(self, parts: Parts, span: Span) -> s.Density:
        name, parameters, support, value = parts
        return s.Density(
            name.value, tuple(parameters), support, value, span=span, name_span=name.span(self.file)
        )

    def type_decl(self, parts: Parts, span: Span) -> s.TypeDecl:
        return s.TypeDecl(parts[0].value, tuple(parts[1:]), span=span, name_span=parts[0].span(self.file))

    def alias_decl(self, parts: Parts, span: Span) -> s.TypeDecl:
        return s.TypeDecl(parts[0].value, (), parts[1], span=span, name_span=parts[0].span(self.file))

    def constructor(self, parts: Parts, span: Span) -> s.Constructor:
        return s.Constructor(parts[0].value, tuple(parts[1:]), span=span)

    def constructor_field(self, parts: Parts, span: Span) -> tuple[str, s.TypeExpr]:
        return (parts[0].value if parts[0] else "", parts[1])

    def import_item(self, parts: Parts, span: Span) -> s.Import:
        return s.Import(parts[0].value, span=span)

    def query_item(self, parts: Parts, span: Span) -> s.QueryItem:
        return s.QueryItem(tuple(parts), span=span)

    # -------------------------------------------------------------- queries

    def query(self, parts: Parts, span: Span) -> s.Query:
        return cast(s.Query, parts[0])

    def prior_query(self, parts: Parts, span: Span) -> s.Query:
        word, query = parts
        if word.value != "prior":
            self.error(
                "E0124",
                f"a query cannot begin with `{word.text}`",
                word.span(self.file),
                "expected `prior` or nothing",
            )
        return replace(cast(s.Query, query), prior=True, span=span)

    def decision(self, parts: Parts, span: Span) -> s.Query:
        """`decide yhat in [0, 1] given (z, s) maximise P(yhat == y) subject to I(z; yhat) <= 0.1`."""
        head, name, values, given, arguments, maximise, objective, limits = parts
        self._expect(head, "decide")
        self._expect(given, "given")
        self._expect(maximise, "maximise")
        query = self._query("decide", "", arguments, span)
        decision = s.Decision(name.value, values, objective, limits, span=name.span(self.file))
        return replace(query, decision=decision)

    def bracketed(self, parts: Parts, span: Span) -> s.Query:
        return self._query(parts[0].value, "", parts[1], span)

    def limits(self, parts: Parts, span: Span) -> tuple[s.Limit, ...]:
        if not parts:
            return ()
        self._expect(parts[0], "subject")
        self._expect(parts[1], "to")
        return tuple(parts[2:])

    def limit(self, parts: Parts, span: Span) -> s.Limit:
        return s.Limit(parts[0], parts[1], span=span)

    def _expect(self, word: Token, wanted: str) -> None:
        """A word that is no keyword elsewhere."""
        if word.value != wanted:
            self.error(
                "E0124",
                f"expected `{wanted}`, but found `{word.text}`",
                word.span(self.file),
                f"expected `{wanted}`",
                f"write `{DECISION}`",
            )

    def query_head(self, parts: Parts, span: Span) -> s.Query:
        path: list[Token] = parts[0]
        arguments = parts[1] if len(parts) == 2 else RawArguments((), None)
        if len(path) > 2:
            self.error(
                "E0124",
                "a query names its model with one dot",
                path[0].span(self.file).to(path[-2].span(self.file)),
                "too many names",
                "write `model.H(x)`",
            )
        return self._query(str(path[-1].value), str(path[-2].value) if len(path) > 1 else "", arguments, span)

    def path(self, parts: Parts, span: Span) -> Parts:
        return parts

    def _query(self, head: str, model: str, arguments: RawArguments, span: Span) -> s.Query:
        groups: list[tuple[s.Expr | s.Query, ...]] = []
        options: list[tuple[str, s.Expr]] = []
        for group in arguments.groups:
            positional: list[s.Expr | s.Query] = []
            for argument in group:
                match argument.left:
                    case None:
                        positional.append(self._query_argument(head, argument.value))
                    case s.Name(name) if head != "P":
                        options.append((name, argument.value))
                    case _:
                        self._equals(argument)
            groups.append(tuple(positional))
        if len(groups) == 1 and not groups[0]:
            groups.clear()
        given = self._given(arguments.given or ())
        return s.Query(head, tuple(groups), given, tuple(options), False, model, span=span)

    def _query_argument(self, head: str, value: s.Expr | s.Query) -> s.Expr | s.Query:
        match value:
            case s.Query():
                self.unclaimed.pop(id(value), None)
            case s.Call(s.Name(inner), arguments) if head in NESTING_QUERIES:
                raw = tuple(
                    RawArgument(s.Name(a.name) if a.name else None, a.value, a.span) for a in arguments
                )
                return self._query(inner, "", RawArguments((raw,), None), value.span)
            case s.Index(s.Name(inner), indices) if head in NESTING_QUERIES:
                return s.Query(inner, (indices,), span=value.span)
            case _:
                pass
        return value

    def _given(self, items: Sequence[RawArgument]) -> s.Given:
        interventions: list[s.DoItem] = []
        conditions: list[s.Expr] = []
        for item in items:
            if item.left is not None:
                self._equals(item)
                continue
            match item.value:
                case s.Call(s.Name("do"), arguments):
                    for argument in arguments:
                        self.unclaimed.pop(id(argument), None)
                        left = self.targets.get(id(argument)) or (
                            s.Name(argument.name) if argument.name else None
                        )
                        if left is None:
                            self.error(
                                "E0124",
                                "`do` needs a name and a value",
                                argument.span,
                                "no `=` here",
                                "write `do(x = 1)`",
                            )
                        else:
                            interventions.append(self._do_item(left, argument.value, argument.span))
                case condition:
                    conditions.append(condition)
        return s.Given(tuple(interventions), tuple(conditions))

    def _do_item(self, left: s.Expr, value: s.Expr, span: Span) -> s.DoItem:
        target, indices = (left.base, left.indices) if isinstance(left, s.Index) else (left, ())
        path: list[str] = []
        while isinstance(target, s.Member):
            path.insert(0, target.name)
            target = target.base
        if isinstance(target, s.Name):
            path.insert(0, target.name)
        else:
            self.error(
                "E0122",
                "`do` sets a variable",
                left.span if left.span.line else span,
                "not a variable",
                "write `do(x = 1)`, `do(z[3] = 1)` or `do(f.slope = 1)`",
            )
        return s.DoItem(tuple(path), indices, value, span=span)

    def _equals(self, argument: RawArgument) -> None:
        self.error(
            "E0124",
            "an event compares with `==`, not `=`",
            argument.span,
            "`=` names an option or sets a value",
            "write `==`; to set a variable write `do(x = 1)` after the `|`",
        )

    # -------------------------------------------------------------- types

    def named_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        return s.NamedType(parts[0].value, span=span)

    def option_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        return s.OptionType(parts[0], span=span)

    def bracket_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        element, arguments = parts[0], parts[1:]
        match element:
            case s.NamedType(name, ()) if name in GENERIC:
                if len(arguments) != 1 or isinstance(arguments[0], (s.SizeNumber, s.SizeSum)):
                    self.error(
                        "E0123",
                        f"`{name}` takes one type",
                        span,
                        "expected one type",
                        f"write `{name}[real]`",
                    )
                    return s.NamedType("real", span=span)
                return s.GenericType(cast(Any, name), arguments[0], span=span)
            case s.NamedType(name, ()) if name in SIZED:
                return s.NamedType(name, self._sizes(arguments), span=span)
            case s.NamedType(sizes=()) | s.OptionType() | s.ListType() | s.TupleType() | s.RecordType():
                return s.ArrayType(element, self._sizes(arguments), span=span)
            case _:
                self.error(
                    "E0123",
                    "a type with sizes cannot be followed by more of them",
                    span,
                    "which index comes first?",
                    "write `real[N, M]` for a matrix, `array[N] simplex[K]` for an array of vectors",
                )
                return cast(s.TypeExpr, element)

    def array_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        return s.ArrayType(parts[-1], self._sizes(parts[:-1]), span=span)

    def function_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        return s.FunctionType(tuple(parts[:-1]), parts[-1], span=span)

    def list_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        return s.ListType(parts[0], span=span)

    def group_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        return cast(s.TypeExpr, parts[0])

    def tuple_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        return s.TupleType(tuple(parts), span=span)

    def record_type(self, parts: Parts, span: Span) -> s.TypeExpr:
        return s.RecordType(tuple(parts), span=span)

    def type_field(self, parts: Parts, span: Span) -> tuple[str, s.TypeExpr]:
        return (parts[0].value, parts[1])

    def size_number(self, parts: Parts, span: Span) -> s.Size:
        return s.SizeNumber(self._whole(parts[0]), span=span)

    def size_sum(self, parts: Parts, span: Span) -> s.Size:
        name, sign, number = parts
        offset = self._whole(number)
        return s.SizeSum(name.value, -offset if sign.type == "-" else offset, span=span)

    def _whole(self, token: Token) -> int:
        value = cast(Decimal, token.value)
        if not _is_int(token) or value > 10**9:
            self.error(
                "E0123", f"`{token.text}` is not a size", token.span(self.file), "expected a whole number"
            )
            return 1
        return int(value)

    def _sizes(self, arguments: Sequence[Any]) -> tuple[s.Size, ...]:
        sizes: list[s.Size] = []
        for argument in arguments:
            match argument:
                case s.SizeNumber() | s.SizeSum():
                    sizes.append(argument)
                case s.NamedType(name, ()):
                    sizes.append(s.SizeName(name, span=argument.span))
                case _:
                    self.error(
                        "E0123",
                        "this is not a size",
                        argument.span,
                        "expected a name or a whole number",
                        "sizes are `N`, `3`, `N + 1` or `N - 1`",
                    )
        return tuple(sizes)

    # -------------------------------------------------------------- statements

    def block(self, parts: Parts, span: Span) -> s.Block:
        if parts and isinstance(parts[-1], s.ExprStmt) and not parts[-1].clauses:
            return s.Block(tuple(parts[:-1]), parts[-1].expr, span=span)
        return s.Block(tuple(parts), None, span=span)

    def let(self, parts: Parts, span: Span) -> s.Stmt:
        return s.Let(parts[0], parts[1], parts[2], span=span)

    def var_decl(self, parts: Parts, span: Span) -> s.Stmt:
        return s.VarDecl(parts[0].value, parts[1], parts[2], span=span)

    def assign(self, parts: Parts, span: Span) -> s.Stmt:
        return s.Assign(self._target(parts[0], "="), parts[1], span=span)

    def define(self, parts: Parts, span: Span) -> s.Stmt:
        return s.Define(self._target(parts[0], ":="), parts[1], parts[2], span=span)

    def draw(self, parts: Parts, span: Span) -> s.Stmt:
        return s.Draw(self._target(parts[0], "~"), parts[1], parts[2], span=span)

    def observe(self, parts: Parts, span: Span) -> s.Stmt:
        return s.Observe(parts[0], parts[1], parts[2], span=span)

    def expr_stmt(self, parts: Parts, span: Span) -> s.Stmt:
        return s.ExprStmt(parts[0], parts[1], span=span)

    def for_stmt(self, parts: Parts, span: Span) -> s.Stmt:
        return s.For(parts[0], parts[1], span=span)

    def while_stmt(self, parts: Parts, span: Span) -> s.Stmt:
        return s.While(parts[0], parts[1], span=span)

    def return_stmt(self, parts: Parts, span: Span) -> s.Stmt:
        return s.Return(parts[0], span=span)

    def trailing(self, parts: Parts, span: Span) -> tuple[s.Clause, ...]:
        return tuple(parts)

    def clauses(self, parts: Parts, span: Span) -> tuple[s.Clause, ...]:
        return tuple(parts)

    def clause(self, parts: Parts, span: Span) -> s.Clause:
        return s.Clause(parts[0], parts[1], span=span)

    def _target(self, left: s.Expr, sign: str) -> s.Target:
        match left:
            case s.Name(name) if name != "_":
                return s.Target(name, span=left.span)
            case s.Index(s.Name(name), indices):
                return s.Target(name, indices, span=left.span)
            case _:
                advice = {
                    "~": "to weigh by the density of a value write `observe value ~ law`",
                    "=": "to compare write `==`; to take a tuple apart write `let (a, b) = e`",
                }.get(sign, "")
                self.error(
                    "E0122",
                    f"the left side of `{sign}` must be a variable",
                    left.span,
                    "expected `x` or `x[i]`",
                    advice,
                )
                return s.Target("_", span=left.span)

    # -------------------------------------------------------------- patterns

    def name_pattern(self, parts: Parts, span: Span) -> s.Pattern:
        name = parts[0].value
        return s.Wildcard(span=span) if name == "_" else s.Bind(name, span=span)

    def literal_pattern(self, parts: Parts, span: Span) -> s.Pattern:
        token: Token = parts[-1]
        value: s.Number | s.String | s.Boolean
        if token.type == "NUMBER":
            value = self.number([token], token.span(self.file))
        elif token.type == "STRING":
            value = self.string([token], span)
        else:
            value = s.Boolean(token.type == "true", span=span)
        return s.LiteralPattern(value, len(parts) == 2, span=span)

    def group_pattern(self, parts: Parts, span: Span) -> s.Pattern:
        return cast(s.Pattern, parts[0])

    def tuple_pattern(self, parts: Parts, span: Span) -> s.Pattern:
        return s.TuplePattern(tuple(parts), span=span)

    def constructor_pattern(self, parts: Parts, span: Span) -> s.Pattern:
        return s.ConstructorPattern(parts[0].value, tuple(parts[1:]), span=span)

    # -------------------------------------------------------------- expressions

    def arrow(self, parts: Parts, span: Span) -> s.Expr:
        kind, parameters, result, value = parts
        return s.Lambda(kind, tuple(parameters), result, s.Block((), value, span=value.span), span=span)

    def disjoin(self, parts: Parts, span: Span) -> s.Expr:
        return s.Binary("or", parts[0], parts[1], span=span)

    def conjoin(self, parts: Parts, span: Span) -> s.Expr:
        return s.Binary("and", parts[0], parts[1], span=span)

    def negate(self, parts: Parts, span: Span) -> s.Expr:
        return s.Unary("not", parts[0], span=span)

    def compare(self, parts: Parts, span: Span) -> s.Expr:
        return s.Compare(parts[0], tuple(zip(parts[1::2], parts[2::2], strict=True)), span=span)

    def operator(self, parts: Parts, span: Span) -> str:
        return cast(Token, parts[0]).type

    compare_op = sum_op = product_op = operator

    def range_of(self, parts: Parts, span: Span) -> s.Expr:
        return s.Range(parts[0], parts[1], span=span)

    def binary(self, parts: Parts, span: Span) -> s.Expr:
        return s.Binary(parts[1], parts[0], parts[2], span=span)

    def signed(self, parts: Parts, span: Span) -> s.Expr:
        return s.Unary(parts[0], parts[1], span=span)

    def power_of(self, parts: Parts, span: Span) -> s.Expr:
        return s.Binary("^", parts[0], parts[1], span=span)

    def sample(self, parts: Parts, span: Span) -> s.Expr:
        return s.Sample(parts[0], span=span)

    def call(self, parts: Parts, span: Span) -> s.Expr:
        function, arguments = parts
        if len(arguments.groups) > 1 or arguments.given is not None:
            return self._rich(function, arguments, span)
        return s.Call(function, tuple(map(self._argument, sum(arguments.groups, ()))), span=span)

    def _argument(self, raw: RawArgument) -> s.Argument:
        match raw.left:
            case None:
                return s.Argument(raw.value, span=raw.span)
            case s.Name(name):
                return s.Argument(raw.value, name, span=raw.span)
            case left:
                argument = s.Argument(raw.value, span=raw.span)
                self.targets[id(argument)] = left
                self.unclaimed[id(argument)] = (
                    argument,
                    Diagnostic(
                        "E0122",
                        "the left side of `=` in a call must be the name of a parameter",
                        left.span,
                        "not a name",
                        "to compare write `==`",
                    ),
                )
                return argument

    def _rich(self, function: s.Expr, arguments: RawArguments, span: Span) -> s.Expr:
        """A call with `;` or `|`: a query, right only where a query stands."""
        match function:
            case s.Name(head):
                query = self._query(head, "", arguments, span)
            case s.Member(s.Name(model), head):
                query = self._query(head, model, arguments, span)
            case _:
                self.error("E0124", "a query is a name with arguments", function.span, "not a name")
                return cast(s.Expr, s.Query("H", span=span))  # never seen: the file is refused
        sign = ";" if len(arguments.groups) > 1 else "|"
        self.unclaimed[id(query)] = (
            query,
            Diagnostic(
                "E0124",
                f"`{sign}` between arguments belongs in a query",
                span,
                "not a query",
                "arguments are separated by `,`, alternatives joined by `or`; a query stands after `query`",
            ),
        )
        return cast(s.Expr, query)

    def index(self, parts: Parts, span: Span) -> s.Expr:
        base, arguments = parts
        if len(arguments.groups) > 1 or arguments.given is not None:
            return self._rich(base, arguments, span)
        raw: tuple[RawArgument, ...] = sum(arguments.groups, ())
        if not raw:
            self.error("E0101", "the index is missing", span, "expected `a[i]` or `a[i, j]`")
        if any(argument.left for argument in raw):
            self.error(
                "E0113",
                "an index has no `=`",
                span,
                "assigns, and cannot stand here",
                "to compare write `==`",
            )
        return s.Index(base, tuple(argument.value for argument in raw), span=span)

    def member(self, parts: Parts, span: Span) -> s.Expr:
        base = parts[0]
        if isinstance(base, s.Number) and _start(base.span) == _start(span):  # not `(1).name`
            self.error(
                "E0106",
                "a decimal needs a digit after its point",
                base.span,
                "ends with the point",
                "write `1.0`; a range is `1..3`",
            )
        return s.Member(base, parts[1].value, span=span, name_span=parts[1].span(self.file))

    def arguments(self, parts: Parts, span: Span) -> RawArguments:
        return RawArguments(tuple(parts[:-1]), parts[-1])

    def argument_group(self, parts: Parts, span: Span) -> tuple[RawArgument, ...]:
        return tuple(parts)

    def argument(self, parts: Parts, span: Span) -> RawArgument:
        return RawArgument(parts[0] if len(parts) == 2 else None, parts[-1], span)

    def number(self, parts: Parts, span: Span) -> s.Number:
        return s.Number(parts[0].value, _is_int(parts[0]), span=span)

    def string(self, parts: Parts, span: Span) -> s.String:
        return s.String(parts[0].value, span=span)

    def boolean(self, parts: Parts, span: Span) -> s.Expr:
        return s.Boolean(parts[0].type == "true", span=span)

    def name(self, parts: Parts, span: Span) -> s.Expr:
        return s.Name(parts[0].value, span=span)

    def group(self, parts: Parts, span: Span) -> s.Expr:
        return cast(s.Expr, parts[0])

    def tuple_(self, parts: Parts, span: Span) -> s.Expr:
        return s.TupleLiteral(tuple(parts), span=span)

    def record(self, parts: Parts, span: Span) -> s.Expr:
        return s.RecordLiteral(tuple(parts), span=span)

    def field(self, parts: Parts, span: Span) -> tuple[str, s.Expr]:
        return (parts[0].value, parts[1])

    def list_(self, parts: Parts, span: Span) -> s.Expr:
        return s.ListLiteral(tuple(parts), span=span)

    def comprehension(self, parts: Parts, span: Span) -> s.Expr:
        return s.Comprehension(parts[0], parts[1], parts[2], span=span)

    def lambda_(self, parts: Parts, span: Span) -> s.Expr:
        return s.Lambda(parts[0], tuple(parts[1]), parts[2], parts[3], span=span)

    def if_expr(self, parts: Parts, span: Span) -> s.Expr:
        return s.IfExpr(parts[0], parts[1], parts[2], span=span)

    def else_if(self, parts: Parts, span: Span) -> s.Block:
        return s.Block((), parts[0], span=span)

    def match(self, parts: Parts, span: Span) -> s.Expr:
        return s.Match(parts[0], tuple(parts[1:]), span=span)

    def arm(self, parts: Parts, span: Span) -> s.Arm:
        body = parts[1]
        return s.Arm(
            parts[0], body if isinstance(body, s.Block) else s.Block((), body, span=body.span), span=span
        )


def _start(span: Span) -> tuple[int, int]:
    return (span.line, span.column)


def _is_int(token: Token) -> bool:
    return token.text.isdigit()
