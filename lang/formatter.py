"""The one way to lay out a program: two blanks a step, a hundred columns, comments kept.

The tree of the result is the tree of the input, and formatting twice changes nothing more. What
the author chose and the tree does not say is kept: blank lines (at most one), blocks on one line
if they fit, `{ e }` or `=> e`, `array[N] T` or `T[N]`, the digits of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias, assert_never

from pplc.lang import syntax as s
from pplc.lang.diagnostics import Span
from pplc.lang.document import HARD, SOFT, SPACE, Aside, Doc, Group, Nest, join, layout
from pplc.lang.parse import parse
from pplc.lang.render import width
from pplc.lang.tree import GENERIC, SIZED

COLUMNS: Final = 100
ROOM: Final = 80
"""Columns of a block that stays on one line."""

UNBOUNDED: Final = 1 << 30

Place: TypeAlias = tuple[int, int]
END_OF_FILE: Final[Place] = (1 << 60, 0)

_LEVELS: Final = {"or": 1, "and": 2, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7, "@": 7, "^": 9}
_NOT, _COMPARE, _RANGE, _SIGN, _SAMPLE, _POSTFIX, _ATOM = 3, 4, 5, 8, 10, 11, 12


def format_text(text: str, name: str = "<text>") -> str:
    """A file laid out anew; `Rejected` if it cannot be parsed."""
    return format_program(parse(text, name))


def format_program(program: s.Program) -> str:
    """The text of a program, its comments where they were."""
    formatter = _Formatter(program)
    return (
        layout(formatter.program(program), COLUMNS).strip("\n") + "\n"
        if program.items or program.comments
        else ""
    )


def format_expression(expr: s.Expr) -> str:
    """One expression on as few lines as fit."""
    return layout(_Formatter(s.Program(())).expr(expr, 0), COLUMNS)


def format_query(query: s.Query) -> str:
    """One query, as results show it."""
    return layout(_Formatter(s.Program(())).query(query), UNBOUNDED)


def _start(span: Span) -> Place:
    return (span.line, span.column)


def _end(span: Span) -> Place:
    return (span.end_line, span.end_column)


class _Formatter:
    """Walks the tree in the order of the text and takes comments as it passes them."""

    def __init__(self, program: s.Program) -> None:
        self.comments = sorted(program.comments, key=lambda comment: (comment.line, comment.column))
        self.next = 0
        self.lines = program.span.file.text.split("\n")

    # -------------------------------------------------------------- comments

    def _take_before(self, place: Place) -> list[s.Comment]:
        first = self.next
        while (
            self.next < len(self.comments)
            and (self.comments[self.next].line, self.comments[self.next].column) < place
        ):
            self.next += 1
        return self.comments[first : self.next]

    def _waits_before(self, place: Place) -> bool:
        if self.next >= len(self.comments):
            return False
        comment = self.comments[self.next]
        return (comment.line, comment.column) < place

    def _trailing(self, line: int, limit: Place) -> Doc:
        """The comment at the end of this line, if it stands before `limit`."""
        if (
            self._waits_before(limit)
            and self.comments[self.next].line == line
            and not self.comments[self.next].alone
        ):
            comment = self.comments[self.next]
            self.next += 1
            return Aside("  " + _hash(comment))
        return ()

    # -------------------------------------------------------------- sequences of lines

    def sequence(self, entries: Sequence[tuple[Span, Callable[[], Doc]]], limit: Place) -> list[Doc]:
        """Statements, items or arms, each with the comments around it; blank lines are empty parts."""
        out: list[Doc] = []
        last = 0

        def put(line: int, end: int, doc: Doc) -> None:
            nonlocal last
            if out and line > last + 1 and last:
                out.append(())
            out.append(doc)
            last = end

        for position, (span, make) in enumerate(entries):
            for comment in self._take_before(_start(span)):
                put(comment.line, comment.line, _hash_doc(comment))
            doc = make()
            inside = self._take_before(_end(span))
            for index, comment in enumerate(inside):
                put(span.line if index == 0 else 0, span.line - 1, _hash_doc(comment))
            following = _start(entries[position + 1][0]) if position + 1 < len(entries) else limit
            put(span.line, span.end_line, (doc, self._trailing(span.end_line, following)))
        for comment in self._take_before(limit):
            put(comment.line, comment.line, _hash_doc(comment))
        return out

    def program(self, program: s.Program) -> Doc:
        entries = [(item.span, partial(self.item, item)) for item in program.items]
        return join(HARD, self.sequence(entries, END_OF_FILE))

    def braces(
        self, entries: Sequence[tuple[Span, Callable[[], Doc]]], span: Span, flat: str, room: int = ROOM
    ) -> Doc:
        """`{ … }`: on one line if it was written so and takes at most `room`, else an entry a line.

        Decided here and not by the layout, so that what encloses it is laid out the same next time.
        """
        limit = _end(span) if span.line else (0, 0)
        commented = self._waits_before(limit)
        header: Doc = ()
        if commented and not self.comments[self.next].alone and entries:
            comment = self.comments[self.next]
            if (comment.line, comment.column) < _start(entries[0][0]):
                self.next += 1
                header = Aside("  " + _hash(comment))
        parts = self.sequence(entries, limit)
        if not parts:
            return "{}"
        if commented or span.line != span.end_line:
            return Group(("{", header, Nest((HARD, join(HARD, parts))), HARD, "}"), broken=True)
        line = layout(("{ ", join(flat, [part for part in parts if part]), " }"), UNBOUNDED)
        if "\n" not in line and width(line) <= room:
            return line
        return Group(("{", Nest((HARD, join(HARD, parts))), HARD, "}"), broken=True)

    def listed(
        self, opening: str, parts: Sequence[tuple[Span, Callable[[], Doc]]], closing: str, limit: Place
    ) -> Doc:
        """Parts between brackets, broken one a line if they do not fit or have comments among them."""
        if not parts:
            return opening + closing
        docs: list[Doc] = []
        commented = False
        for position, (span, make) in enumerate(parts):
            above = self._take_before(_start(span))
            doc = make()
            above += self._take_before(_end(span))
            more = position + 1 < len(parts)
            trailing = self._trailing(span.end_line, _start(parts[position + 1][0]) if more else limit)
            commented = commented or bool(above) or trailing != ()
            docs.append(
                (*((_hash_doc(comment), HARD) for comment in above), doc, "," if more else "", trailing)
            )
        for comment in self._take_before(limit):
            commented = True
            docs.append(_hash_doc(comment))
        return Group((opening, Nest((SOFT, join(SPACE, docs))), SOFT, closing), commented)

    # -------------------------------------------------------------- items

    def item(self, item: s.Item) -> Doc:
        match item:
            case s.Function(kind, name, parameters, result, body):
                header: Doc = (f"{kind} {name}", self.signature(parameters, result, body))
                return (header, self.body(kind, body, COLUMNS - width(layout(header, UNBOUNDED)) - 1))
            case s.Density(name, parameters, support, value):
                listed = self.parameters(parameters, _start(support.span))
                return (f"density {name}", listed, " on ", self.type(support), " =", self.right(value))
            case s.TypeDecl(name, _, alias) if alias is not None:
                return (f"type {name} = ", self.type(alias))
            case s.TypeDecl(name, constructors):
                return self.constructors(name, constructors)
            case s.Import(path):
                return f"import {_quote(path)}"
            case s.QueryItem(queries):
                return Group(("query ", Nest(join((",", SPACE), [self.query(query) for query in queries]))))
            case s.Let():
                return self.let(item)
            case _:
                assert_never(item)

    def constructors(self, name: str, constructors: Sequence[s.Constructor]) -> Doc:
        docs: list[Doc] = []
        commented = bool(constructors) and self._waits_before(_start(constructors[-1].span))
        for position, constructor in enumerate(constructors):
            above = [(_hash_doc(comment), HARD) for comment in self._take_before(_start(constructor.span))]
            doc: Doc = constructor.name
            if constructor.fields:
                doc = (doc, self.fields(constructor.fields, _end(constructor.span)))
            more = position + 1 < len(constructors)
            following = _start(constructors[position + 1].span) if more else (0, 0)
            docs.append(
                (
                    *above,
                    "| " if commented or position else "",
                    doc,
                    self._trailing(constructor.span.end_line, following),
                )
            )
        return Group((f"type {name} =", Nest((SPACE, join(SPACE, docs)))), commented)

    def signature(self, parameters: Sequence[s.Parameter], result: s.TypeExpr | None, body: s.Block) -> Doc:
        limit = _start(result.span if result else body.span)
        return (self.parameters(parameters, limit), (" -> ", self.type(result)) if result else ())

    def parameters(self, parameters: Sequence[s.Parameter], limit: Place) -> Doc:
        return self.listed("(", [(p.span, partial(self.parameter, p)) for p in parameters], ")", limit)

    def parameter(self, parameter: s.Parameter) -> Doc:
        return (parameter.name, ": ", self.type(parameter.type)) if parameter.type else parameter.name

    def field(self, name: str, kind: s.TypeExpr) -> Doc:
        return (f"{name}: ", self.type(kind)) if name else self.type(kind)

    def fields(self, fields: Sequence[tuple[str, s.TypeExpr]], limit: Place) -> Doc:
        parts = [(kind.span, partial(self.field, name, kind)) for name, kind in fields]
        return self.listed("(", parts, ")", limit)

    def body(self, kind: str, body: s.Block, room: int = ROOM) -> Doc:
        """What follows the head of a function: ` { … }`, or ` => e` if it was written so."""
        if (
            body.statements
            or body.value is None
            or body.span != body.value.span
            or (kind == "model" and not body.span.line)
        ):
            return (" ", self.block(body, room))
        return (" =>", self.right(body.value))

    def right(self, value: s.Expr) -> Doc:
        """What stands right of a sign."""
        return (" ", self.expr(value, 0))

    # -------------------------------------------------------------- types

    def type(self, kind: s.TypeExpr) -> Doc:
        match kind:
            case s.NamedType(name, sizes):
                return name + (_sizes(sizes) if sizes else "")
            case s.ArrayType(element, sizes):
                if self._is_prefix(kind):
                    return ("array", _sizes(sizes), " ", self.type(element))
                return (self.type(element), _sizes(sizes))
            case s.ListType(element):
                return ("[", self.type(element), "]")
            case s.TupleType(items):
                parts = [(item.span, partial(self.type, item)) for item in items]
                return self.listed("(", parts, ",)" if len(items) == 1 else ")", _end(kind.span))
            case s.RecordType(fields):
                return self.fields(fields, _end(kind.span))
            case s.OptionType(element):
                prefixed = isinstance(element, s.FunctionType) or (
                    isinstance(element, s.ArrayType) and self._is_prefix(element)
                )
                return ("(", self.type(element), ")?") if prefixed else (self.type(element), "?")
            case s.FunctionType(parameters, result):
                parts = [(item.span, partial(self.type, item)) for item in parameters]
                return ("fn", self.listed("(", parts, ")", _start(result.span)), " -> ", self.type(result))
            case s.GenericType(name, argument):
                return (name, "[", self.type(argument), "]")
            case _:
                assert_never(kind)

    def _is_prefix(self, kind: s.ArrayType) -> bool:
        match kind.element:
            case s.NamedType(name, ()) if name not in SIZED | GENERIC:
                pass
            case s.OptionType() | s.TupleType() | s.RecordType() | s.ListType():
                pass
            case _:
                return True
        return self._source(kind.span).startswith("array")

    def _source(self, span: Span) -> str:
        """The text of a span that lies on one line; empty for a tree that was not parsed."""
        if span.line == 0 or span.line != span.end_line or span.line > len(self.lines):
            return ""
        return self.lines[span.line - 1][span.column - 1 : span.end_column - 1]

    # -------------------------------------------------------------- statements

    def block(self, block: s.Block, room: int = ROOM) -> Doc:
        entries: list[tuple[Span, Callable[[], Doc]]] = [
            (statement.span, partial(self.statement, statement)) for statement in block.statements
        ]
        if block.value is not None:
            value = block.value
            entries.append((value.span, partial(self.expr, value, 0)))
        return self.braces(entries, block.span, "; ", room)

    def let(self, let: s.Let) -> Doc:
        kind: Doc = (": ", self.type(let.type)) if let.type else ()
        return ("let ", self.pattern(let.pattern), kind, " =", self.right(let.value))

    def statement(self, statement: s.Stmt) -> Doc:
        match statement:
            case s.Let():
                return self.let(statement)
            case s.VarDecl(name, kind, value):
                return (f"var {name}", (": ", self.type(kind)) if kind else (), " =", self.right(value))
            case s.Assign(target, value):
                return (self.target(target), " =", self.right(value))
            case s.Define(target, value, clauses):
                return (self.target(target), " :=", self.right(value), self.trailing(clauses))
            case s.Draw(target, law, clauses):
                return (self.target(target), " ~", self.right(law), self.trailing(clauses))
            case s.Observe(value, law, clauses):
                return ("observe ", self.expr(value, 0), " ~", self.right(law), self.trailing(clauses))
            case s.ExprStmt(expr, clauses):
                return (self.expr(expr, 0), self.trailing(clauses))
            case s.For(clauses, body):
                return ("for ", self.clauses(clauses), " ", self.block(body))
            case s.While(condition, body):
                return ("while ", self.expr(condition, 0), " ", self.block(body))
            case s.Return(value):
                return ("return ", self.expr(value, 0)) if value is not None else "return"
            case _:
                assert_never(statement)

    def target(self, target: s.Target) -> Doc:
        return (
            (target.name, self.exprs("[", target.indices, "]", _end(target.span)))
            if target.indices
            else target.name
        )

    def trailing(self, clauses: Sequence[s.Clause]) -> Doc:
        return (" for ", self.clauses(clauses)) if clauses else ()

    def clauses(self, clauses: Sequence[s.Clause]) -> Doc:
        docs: list[Doc] = [(self.pattern(c.pattern), " in ", self.expr(c.iterable, 0)) for c in clauses]
        return Group(Nest(join((",", SPACE), docs)))

    def pattern(self, pattern: s.Pattern) -> Doc:
        match pattern:
            case s.Wildcard():
                return "_"
            case s.Bind(name):
                return name
            case s.LiteralPattern(value, negative):
                return ("-" if negative else "", self.expr(value, 0))
            case s.TuplePattern(items):
                return (
                    "(",
                    join(", ", [self.pattern(item) for item in items]),
                    ",)" if len(items) == 1 else ")",
                )
            case s.ConstructorPattern(name, arguments):
                return (name, "(", join(", ", [self.pattern(item) for item in arguments]), ")")
            case _:
                assert_never(pattern)

    # -------------------------------------------------------------- expressions

    def expr(self, expr: s.Expr, level: int) -> Doc:
        """An expression where only those that bind at least as tightly as `level` may stand bare."""
        doc, own = self._bare(expr)
        return ("(", doc, ")") if own < level else doc

    def _bare(self, expr: s.Expr) -> tuple[Doc, int]:
        """An expression without parentheses around it, and how tightly it binds."""
        match expr:
            case s.Number():
                return self.number(expr), _ATOM
            case s.Boolean(value):
                return ("true" if value else "false"), _ATOM
            case s.String(value):
                return self._source(expr.span) or _quote(value), _ATOM
            case s.Name(name):
                return name, _ATOM
            case s.Unary("not", operand):
                return ("not ", self.expr(operand, _NOT)), _NOT
            case s.Unary(op, operand):
                doubled = isinstance(operand, s.Unary)  # `- -x` reads better, and `++x` only, as `-(-x)`
                return (op, self.expr(operand, _ATOM if doubled else _SIGN)), _SIGN
            case s.Binary("^", left, right):
                return (self.expr(left, _SAMPLE), "^", self.expr(right, _SIGN)), _LEVELS["^"]
            case s.Binary(op, left, right):
                return self.chain(op, left, right), _LEVELS[op]
            case s.Compare(first, rest):
                docs: list[Doc] = [self.expr(first, _RANGE)]
                for sign, operand in rest:
                    docs += [f" {sign}", SPACE, self.expr(operand, _RANGE)]
                return Group(Nest(tuple(docs))), _COMPARE
            case s.Range(low, high):
                return (self.expr(low, 6), "..", self.expr(high, 6)), _RANGE
            case s.Call(function, arguments):
                parts = [(a.span, partial(self.argument, a)) for a in arguments]
                return (
                    self.expr(function, _POSTFIX),
                    self.listed("(", parts, ")", _end(expr.span)),
                ), _POSTFIX
            case s.Index(base, indices):
                return (self.expr(base, _POSTFIX), self.exprs("[", indices, "]", _end(expr.span))), _POSTFIX
            case s.Member(s.Number() as base, name):
                return ("(", self.number(base), f").{name}"), _POSTFIX
            case s.Member(base, name):
                return (self.expr(base, _POSTFIX), f".{name}"), _POSTFIX
            case s.Sample(law):
                return ("~", self.expr(law, _SAMPLE)), _SAMPLE
            case s.ListLiteral(items):
                return self.exprs("[", items, "]", _end(expr.span)), _ATOM
            case s.TupleLiteral(items):
                return self.exprs("(", items, ",)" if len(items) == 1 else ")", _end(expr.span)), _ATOM
            case s.RecordLiteral(fields):
                records = [(v.span, partial(self.named, f"{n}: ", v)) for n, v in fields]
                return self.listed("(", records, ")", _end(expr.span)), _ATOM
            case s.Comprehension():
                return self.comprehension(expr), _ATOM
            case s.Lambda(kind, parameters, result, body):
                return (f"{kind} ", self.signature(parameters, result, body), self.body(kind, body)), 0
            case s.IfExpr():
                return self.conditional(expr), 0
            case s.Match(subject, arms):
                entries = [(arm.span, partial(self.arm, arm)) for arm in arms]
                inside = arms[0].span.to(expr.span) if arms else expr.span
                return ("match ", self.expr(subject, 0), " ", self.braces(entries, inside, ", ")), 0
            case _:
                assert_never(expr)

    def chain(self, op: str, left: s.Expr, right: s.Expr) -> Doc:
        """`a + b - c`: signs that bind alike, in one group, broken after every sign or none."""
        own = _LEVELS[op]
        operands: list[tuple[str, s.Expr]] = [(op, right)]
        while isinstance(left, s.Binary) and left.op != "^" and _LEVELS[left.op] == own:
            operands.append((left.op, left.right))
            left = left.left
        docs: list[Doc] = [self.expr(left, own)]
        for sign, operand in reversed(operands):
            docs += [f" {sign}", SPACE, self.expr(operand, own + 1)]
        return Group(Nest(tuple(docs)))

    def number(self, number: s.Number) -> str:
        source = self._source(number.span)
        if source:
            return source
        text = (
            format(number.decimal, "f") if number.is_int else str(number.decimal).lower().replace("e+", "e")
        )
        return text if number.is_int or "." in text or "e" in text else text + ".0"

    def named(self, label: str, value: s.Expr) -> Doc:
        return (label, self.expr(value, 0))

    def argument(self, argument: s.Argument) -> Doc:
        value = self.expr(argument.value, 0)
        return (f"{argument.name} = ", value) if argument.name else value

    def exprs(self, opening: str, items: Sequence[s.Expr], closing: str, limit: Place) -> Doc:
        return self.listed(
            opening, [(item.span, partial(self.expr, item, 0)) for item in items], closing, limit
        )

    def comprehension(self, expr: s.Comprehension) -> Doc:
        element: Doc = (self.expr(expr.element, 0), SPACE, "for ", self.clauses(expr.clauses))
        condition: Doc = (SPACE, "if ", self.expr(expr.condition, 0)) if expr.condition is not None else ()
        return Group(("[", Nest((SOFT, element, condition)), SOFT, "]"))

    def conditional(self, expr: s.IfExpr) -> Doc:
        docs: list[Doc] = ["if ", self.expr(expr.condition, 0), " ", self.block(expr.then)]
        orelse = expr.orelse
        while orelse is not None:
            match orelse:
                case s.Block((), s.IfExpr(condition, then, following) as inner) if orelse.span == inner.span:
                    docs += [" else if ", self.expr(condition, 0), " ", self.block(then)]
                    orelse = following
                case _:
                    docs += [" else ", self.block(orelse)]
                    orelse = None
        return tuple(docs)

    def arm(self, arm: s.Arm) -> Doc:
        body = arm.body
        if body.statements or body.value is None or body.span != body.value.span:
            return (self.pattern(arm.pattern), " => ", self.block(body))
        return (self.pattern(arm.pattern), " =>", self.right(body.value))

    # -------------------------------------------------------------- queries

    def query(self, query: s.Query) -> Doc:
        if query.decision is not None:
            return self.decision(query, query.decision)
        head = ("prior " if query.prior else "") + (f"{query.model}." if query.model else "") + query.head
        groups: list[Doc] = [
            join(
                ", ",
                [self.query(part) if isinstance(part, s.Query) else self.expr(part, 0) for part in group],
            )
            for group in query.groups
        ]
        options: list[Doc] = [(f"{name} = ", self.expr(value, 0)) for name, value in query.options]
        if options:
            last = [groups.pop()] if groups else []
            groups.append(join(", ", [*(last if query.groups[-1:] != ((),) else []), *options]))
        given = self.given(query.given)
        if not groups and not given:
            return head
        opening, closing = ("[", "]") if query.head == "E" else ("(", ")")
        inner: Doc = join("; ", groups)
        return (head, opening, inner, ((" | " if groups else "| "), given) if given else (), closing)

    def decision(self, query: s.Query, decision: s.Decision) -> Doc:
        """`decide … given …`, `maximise …` and `subject to …`, on a line each where one is too short."""
        what: Doc = ("prior " if query.prior else "") + f"decide {decision.name}"
        if decision.values is not None:
            what = (what, " in ", self.expr(decision.values, 0))
        sees = self.query(replace(query, head="given ", decision=None, prior=False))
        parts: list[Doc] = [(what, " ", sees), ("maximise ", self.query(decision.objective))]
        if decision.limits:
            limits: list[Doc] = [
                (self.query(limit.information), " <= ", self.expr(limit.most, 0)) for limit in decision.limits
            ]
            parts.append(("subject to ", join(" and ", limits)))
        return Group(Nest(join(SPACE, parts)))

    def given(self, given: s.Given) -> Doc:
        parts: list[Doc] = []
        if given.interventions:
            items: list[Doc] = [
                (self.do_target(item), " = ", self.expr(item.value, 0)) for item in given.interventions
            ]
            parts.append(("do(", join(", ", items), ")"))
        parts += [self.expr(condition, 0) for condition in given.conditions]
        return join(", ", parts)

    def do_target(self, item: s.DoItem) -> Doc:
        path = ".".join(item.path)
        return (
            (path, "[", join(", ", [self.expr(index, 0) for index in item.indices]), "]")
            if item.indices
            else path
        )


def _sizes(sizes: Sequence[s.Size]) -> str:
    shown: list[str] = []
    for size in sizes:
        match size:
            case s.SizeName(name):
                shown.append(name)
            case s.SizeNumber(value):
                shown.append(str(value))
            case s.SizeSum(name, offset):
                shown.append(f"{name} {'-' if offset < 0 else '+'} {abs(offset)}")
            case _:
                assert_never(size)
    return "[" + ", ".join(shown) + "]"


def _hash(comment: s.Comment) -> str:
    text = comment.text
    return "#" + text if not text or text[0] in " !#" else "# " + text


def _hash_doc(comment: s.Comment) -> Doc:
    return Aside(_hash(comment))


_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def _quote(value: str) -> str:
    """A string literal; what does not print is escaped."""
    return (
        '"'
        + "".join(_ESCAPES.get(c) or (c if c.isprintable() else f"\\u{{{ord(c):x}}}") for c in value)
        + '"'
    )
