"""Small finite programs, well typed, as syntax trees: one generator for every stage of the way.

Parser and formatter, checker, lowering, passes and engines are tested on the same programs. They
branch, loop, recurse to a bound, weigh inside branches, draw from supports that depend on values, meet
impossible branches, change `var`s, define arrays, take tuples and sums apart, call functions and models.
Every node is made anew, as those of the parser are. No run fails, and the number of paths is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias, TypeVar

from hypothesis import strategies as st

from pplc.lang import syntax as s
from pplc.lang.formatter import format_program
from pplc.semantics.values import Value

Made = TypeVar("Made")
Kind: TypeAlias = Literal["bool", "int", "shape", "pair"]

MOST_PATHS = 300
"""Paths of one program, about: the product of the numbers of values of its draws."""

ARGUMENTS: dict[str, Value] = {"y": (1, 0, 2), "b": True}
"""Data for every generated program: `model main(y: int[N], b: bool)`."""

PROBABILITIES = ("0.25", "0.5", "0.2", "0.75", "1.0", "0.0")


def name(text: str) -> s.Name:
    """A name."""
    return s.Name(text)


def number(value: int) -> s.Number:
    """A whole number."""
    return s.Number(Decimal(value), True)


def decimal(text: str) -> s.Number:
    """A decimal."""
    return s.Number(Decimal(text), False)


def call(function: str, *arguments: s.Expr) -> s.Call:
    """A call by name."""
    return s.Call(s.Name(function), tuple(s.Argument(argument) for argument in arguments))


def block(*statements: s.Stmt, value: s.Expr | None = None) -> s.Block:
    """A block as the parser gives it: an expression at its end is its value."""
    if value is None and statements and isinstance(last := statements[-1], s.ExprStmt) and not last.clauses:
        return s.Block(statements[:-1], last.expr)
    return s.Block(statements, value)


def return_if(test: s.Expr, value: s.Expr) -> s.Stmt:
    """An early return."""
    return s.ExprStmt(s.IfExpr(test, block(s.Return(value)), None))


def parameter(text: str, type_: str) -> s.Parameter:
    """A parameter of a type without sizes."""
    return s.Parameter(text, s.NamedType(type_))


HELPERS: tuple[Callable[[], s.Item], ...] = (
    lambda: s.TypeDecl(
        "Shape",
        (
            s.Constructor("Square"),
            s.Constructor("Round", (("size", s.NamedType("int")),)),
            s.Constructor("Both", (("left", s.NamedType("int")), ("open", s.NamedType("bool")))),
        ),
    ),
    lambda: s.Let(s.Bind("three"), None, number(3)),
    lambda: s.Function(
        "fn",
        "least",
        (parameter("p", "int"), parameter("q", "int")),
        s.NamedType("int"),
        block(
            return_if(s.Compare(name("p"), (("<", name("q")),)), name("p")),
            s.Return(name("q")),
        ),
    ),
    lambda: s.Function(
        # Its variables are called like some of `main`.
        "fn",
        "twice",
        (parameter("v1", "int"),),
        None,
        block(
            s.Let(s.Bind("v2"), None, s.Binary("+", name("v1"), name("v1"))),
            s.Let(s.Bind("v3"), None, name("v2")),
            value=name("v3"),
        ),
    ),
    lambda: s.Function(
        "model",
        "countdown",
        (parameter("n", "int"),),
        s.NamedType("int"),
        block(
            s.ExprStmt(
                s.IfExpr(s.Compare(name("n"), (("<=", number(0)),)), block(s.Return(number(0))), None)
            ),
            s.ExprStmt(s.IfExpr(call("flip", decimal("0.5")), block(s.Return(name("n"))), None)),
            s.Return(
                s.Binary("+", number(1), s.Sample(call("countdown", s.Binary("-", name("n"), number(1)))))
            ),
        ),
    ),
    lambda: s.Function(
        "model",
        "noisy",
        (parameter("p", "bool"),),
        None,
        block(
            s.Draw(s.Target("q"), call("Bernoulli", decimal("0.25"))),
            s.ExprStmt(call("condition", s.Binary("or", name("p"), s.Unary("not", name("q"))))),
            s.Return(s.Compare(name("p"), (("!=", name("q")),))),
        ),
    ),
)


@dataclass(slots=True)
class Variable:
    """A variable in scope.

    length: of an array of ints defined up to there, else 0.
    bounds: of the values of a loop's variable, the upper one excluded.
    """

    name: str
    kind: Kind
    mutable: bool = False
    length: int = 0
    bounds: tuple[int, int] | None = None


@dataclass(slots=True)
class Writer:
    """Writes one program; `choice` picks one of several, by Hypothesis.

    most:  paths of the program, about.
    paths: how many each draw so far may lead to; times: rounds of the loops around.
    """

    draw: st.DrawFn
    most: int
    scope: list[Variable] = field(default_factory=list[Variable])
    paths: float = 1.0
    times: int = 1
    names: int = 0
    depth: int = 0
    random: bool = True

    def choice(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def below(self, limit: int) -> int:
        return self.draw(st.integers(0, limit - 1))

    def fresh(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def may_draw(self, values: int) -> bool:
        """Whether a draw of so many values fits, which is then counted."""
        if not self.random or self.paths * values**self.times > self.most:
            return False
        self.paths *= values**self.times
        return True

    def known(self, kind: Kind, *, array: bool = False) -> list[Variable]:
        return [v for v in self.scope if v.kind == kind and (v.length > 0) == array]

    # -------------------------------------------------------------- expressions

    def expr(self, kind: Kind, depth: int) -> s.Expr:
        match kind:
            case "bool":
                return self.boolean(depth)
            case "int":
                return self.integer(depth)
            case "shape":
                return self.shape(depth)
            case "pair":
                return s.TupleLiteral((self.integer(depth), self.boolean(depth)))

    def leaf(self, kind: Kind) -> s.Expr:
        variables = self.known(kind)
        if variables and self.below(4):
            return name(variables[self.below(len(variables))].name)
        if kind == "bool":
            return s.Boolean(bool(self.below(2)))
        if kind == "int":
            return number(self.below(4))
        return name("Square")

    def boolean(self, depth: int) -> s.Expr:
        if depth <= 0:
            return self.leaf("bool")
        match self.choice(
            "leaf", "flip", "noisy", "not", "and", "or", "less", "chain", "equal", "element", "if"
        ):
            case "flip" if self.may_draw(2):
                return call("flip", self.probability(depth - 1))
            case "noisy" if self.may_draw(2):
                return s.Sample(call("noisy", self.boolean(depth - 1)))
            case "not":
                return s.Unary("not", self.boolean(depth - 1))
            case ("and" | "or") as op:
                return s.Binary(op, self.boolean(depth - 1), self.boolean(depth - 1))
            case "less":
                return s.Compare(self.integer(depth - 1), (("<", self.integer(depth - 1)),))
            case "chain":
                middle, last = self.integer(depth - 1), self.integer(depth - 1)
                return s.Compare(self.integer(depth - 1), (("<=", middle), ("<", last)))
            case "equal":
                return s.Compare(self.integer(depth - 1), (("==", self.integer(depth - 1)),))
            case "if":
                return self.if_("bool", depth)
            case _:
                return self.leaf("bool")

    def integer(self, depth: int) -> s.Expr:
        if depth <= 0:
            return self.leaf("int")
        match self.choice(
            "leaf", "add", "sub", "mul", "mod", "element", "least", "twice", "three", "countdown", "draw",
            "if", "match", "sum", "fold", "map", "int", "pair", "lambda",
        ):  # fmt: skip
            case "add":
                return s.Binary("+", self.integer(depth - 1), self.integer(depth - 1))
            case "sub":
                return s.Binary("-", self.integer(depth - 1), self.integer(depth - 1))
            case "mul":
                return s.Binary("*", self.integer(depth - 1), number(self.below(3)))
            case "mod":
                return s.Binary("%", self.integer(depth - 1), number(1 + self.below(3)))
            case "element" if arrays := self.known("int", array=True):
                array = arrays[self.below(len(arrays))]
                return s.Index(name(array.name), (self.place(array.length, depth - 1),))
            case "least":
                return call("least", self.integer(depth - 1), self.integer(depth - 1))
            case "twice":
                return call("twice", self.integer(depth - 1))
            case "three":
                return name("three")
            case "countdown" if self.may_draw(3):
                return s.Sample(call("countdown", number(2)))
            case "draw" if self.may_draw(3):
                return s.Sample(self.int_law(depth - 1))
            case "if":
                return self.if_("int", depth)
            case "match":
                return self.match_shape(depth)
            case "sum":
                return call("sum", self.comprehension(depth))
            case "fold":
                return self.fold(depth)
            case "map":
                return call("len", call("map", self.function(depth), self.range(depth)))
            case "int":
                return call("int", self.boolean(depth - 1))
            case "pair" if pairs := self.known("pair"):
                pair = name(pairs[self.below(len(pairs))].name)
                first, second = self.fresh(), self.fresh()
                value = s.IfExpr(name(second), block(value=name(first)), block(value=number(0)))
                arm = s.Arm(s.TuplePattern((s.Bind(first), s.Bind(second))), block(value=value))
                return s.Match(pair, (arm,))
            case "lambda":
                return s.Call(self.function(depth), (s.Argument(self.integer(depth - 1)),))
            case _:
                return self.leaf("int")

    def shape(self, depth: int) -> s.Expr:
        if depth <= 0:
            return self.leaf("shape")
        match self.choice("leaf", "round", "both", "draw", "if"):
            case "round":
                return call("Round", self.integer(depth - 1))
            case "both":
                return call("Both", self.integer(depth - 1), self.boolean(depth - 1))
            case "draw" if self.may_draw(2):
                shapes = s.ListLiteral((name("Square"), call("Round", number(1))))
                return s.Sample(call("Uniform", shapes))
            case "if":
                return self.if_("shape", depth)
            case _:
                return self.leaf("shape")

    def probability(self, depth: int) -> s.Expr:
        if depth > 0 and not self.below(3):
            first, second = decimal(self.choice(*PROBABILITIES)), decimal(self.choice(*PROBABILITIES))
            return s.IfExpr(self.boolean(depth - 1), block(value=first), block(value=second))
        return decimal(self.choice(*PROBABILITIES))

    def index(self, length: int, depth: int) -> s.Expr:
        """An int within bounds, whatever the program does."""
        return s.Binary("%", call("abs", self.integer(depth)), number(length))

    def place(self, length: int, depth: int) -> s.Expr:
        """An index, often that of a loop, or its neighbour."""
        near: list[s.Expr] = []
        for variable in self.scope:
            if variable.bounds is not None:
                low, high = variable.bounds
                if low >= 0 and high <= length:
                    near.append(name(variable.name))
                if low >= 1 and high <= length + 1:
                    near.append(s.Binary("-", name(variable.name), number(1)))
                if low >= -1 and high < length:
                    near.append(s.Binary("+", name(variable.name), number(1)))
        if near and self.below(4):
            return near[self.below(len(near))]
        return self.index(length, depth)

    def int_law(self, depth: int) -> s.Expr:
        """A law of at most three ints, its support perhaps depending on values."""
        match self.choice("categorical", "uniform", "list", "delta"):
            case "categorical":
                parts = [decimal(text) for text in ("0.5", "0.25", "0.25")]
                return call("Categorical", s.ListLiteral(tuple(parts)))
            case "uniform":
                return call("UniformInt", number(0), self.index(3, depth))
            case "list":
                return call("Uniform", s.ListLiteral((self.integer(depth), self.integer(depth))))
            case _:
                return call("Delta", self.integer(depth))

    def if_(self, kind: Kind, depth: int) -> s.Expr:
        test = self.boolean(depth - 1)
        then = self.inside(lambda: self.value_block(kind, depth - 1))
        orelse = self.inside(lambda: self.value_block(kind, depth - 1))
        return s.IfExpr(test, then, orelse)

    def value_block(self, kind: Kind, depth: int) -> s.Block:
        if self.below(3) or depth <= 0:
            return block(value=self.expr(kind, depth))
        text = self.fresh()
        first = s.Let(s.Bind(text), None, self.expr("int", depth))
        self.scope.append(Variable(text, "int"))
        return block(first, value=self.expr(kind, depth))

    def match_shape(self, depth: int) -> s.Expr:
        subject = self.shape(depth - 1)
        size, left, open_ = self.fresh(), self.fresh(), self.fresh()

        def arm(pattern: s.Pattern, *variables: Variable) -> s.Arm:
            return s.Arm(pattern, self.inside(lambda: block(value=self.integer(depth - 1)), *variables))

        arms = [
            arm(s.Bind("Square")),
            arm(s.ConstructorPattern("Round", (s.Bind(size),)), Variable(size, "int")),
            arm(
                s.ConstructorPattern("Both", (s.Bind(left), s.Bind(open_))),
                Variable(left, "int"),
                Variable(open_, "bool"),
            ),
        ]
        kept = 1 + self.below(3)
        if kept < 3:
            arms = [*arms[:kept], arm(s.Wildcard())]
        return s.Match(subject, tuple(arms))

    def range(self, depth: int) -> s.Expr:
        match self.choice("fixed", "data", "list"):
            case "fixed":
                return s.Range(number(0), number(1 + self.below(2)))
            case "data":
                return name("y")
            case _:
                return s.ListLiteral((self.integer(0), self.integer(0)))

    def comprehension(self, depth: int) -> s.Expr:
        text = self.fresh()
        items = self.range(depth)
        self.times *= 3

        def element() -> s.Expr:
            condition = self.boolean(depth - 1) if self.below(2) else None
            return s.Comprehension(self.integer(depth - 1), (s.Clause(s.Bind(text), items),), condition)

        made = self.inside(element, Variable(text, "int"))
        self.times //= 3
        return made

    def function(self, depth: int) -> s.Expr:
        """An anonymous function of an int; it cannot use `var`s, and draws nothing."""
        text = self.fresh()
        random, self.random = self.random, False
        scope = self.scope
        self.scope = [*(v for v in scope if not v.mutable), Variable(text, "int")]
        value = self.integer(depth - 1)
        self.scope, self.random = scope, random
        return s.Lambda("fn", (parameter(text, "int"),), None, block(value=value))

    def fold(self, depth: int) -> s.Expr:
        total, item = self.fresh(), self.fresh()
        random, self.random = self.random, False
        scope = self.scope
        self.scope = [*(v for v in scope if not v.mutable), Variable(total, "int"), Variable(item, "int")]
        value = s.Binary("+", name(total), self.integer(depth - 1))
        self.scope, self.random = scope, random
        function = s.Lambda("fn", (parameter(total, "int"), parameter(item, "int")), None, block(value=value))
        return call("fold", function, self.integer(depth - 1), self.range(depth))

    def inside(self, write: Callable[[], Made], *variables: Variable) -> Made:
        """What is written in a scope of its own."""
        before = list(self.scope)
        self.scope.extend(variables)
        made = write()
        self.scope = before
        return made

    # -------------------------------------------------------------- statements

    def statements(self, count: int, depth: int, *, top: bool = False) -> list[s.Stmt]:
        found: list[s.Stmt] = []
        for _ in range(count):
            found.extend(self.statement(depth, top=top))
        return found

    def statement(self, depth: int, *, top: bool) -> Sequence[s.Stmt]:
        options = ("let", "draw", "shape", "pair", "var", "assign", "condition", "weight", "observe", "take")
        nested = (
            ("if", "for", "while", "match", "chain", "plate", "define", "early", "gather")
            if depth > 0
            else ()
        )
        match self.choice(*options, *nested):
            case "let":
                return [self.bind("bool" if self.below(2) else "int", 2)]
            case "shape":
                return [self.bind("shape", 2)]
            case "pair":
                return [self.bind("pair", 1)]
            case "var":
                text = self.fresh()
                value = self.integer(1)
                self.scope.append(Variable(text, "int", mutable=True))
                return [s.VarDecl(text, None, value)]
            case "gather":
                return self.gather()
            case "assign" if variables := [v for v in self.known("int") if v.mutable]:
                target = variables[self.below(len(variables))].name
                return [s.Assign(s.Target(target), self.integer(2))]
            case "draw" if self.may_draw(3):
                text = self.fresh()
                law = self.int_law(1)
                self.scope.append(Variable(text, "int"))
                return [s.Draw(s.Target(text), law)]
            case "condition":
                # Half of the conditions are likely to hold, so that few programs are impossible.
                test = self.boolean(2)
                return (
                    [s.ExprStmt(call("condition", s.Binary("or", test, call("flip", decimal("0.5")))))]
                    if (self.may_draw(2))
                    else [s.ExprStmt(call("condition", test))]
                )
            case "weight":
                return [s.ExprStmt(call("weight", self.probability(2)))]
            case "observe":
                return [s.Observe(self.boolean(1), call("Bernoulli", self.probability(1)))]
            case "take":
                first, second = self.fresh(), self.fresh()
                value = s.TupleLiteral((self.integer(1), self.boolean(1)))
                self.scope += [Variable(first, "int"), Variable(second, "bool")]
                return [s.Let(s.TuplePattern((s.Bind(first), s.Bind(second))), None, value)]
            case "if":
                test = self.boolean(2)
                then = self.inside(lambda: block(*self.statements(1 + self.below(2), depth - 1)))
                orelse = None
                if self.below(2):
                    orelse = self.inside(lambda: block(*self.statements(1, depth - 1)))
                return [s.ExprStmt(s.IfExpr(test, then, orelse))]
            case "early" if top:
                test = self.boolean(1)
                return [s.ExprStmt(s.IfExpr(test, block(s.Return(self.result())), None))]
            case "for":
                return [self.loop(depth)]
            case "while":
                return self.while_(depth)
            case "match":
                text = self.fresh()
                one = self.inside(lambda: block(*self.statements(1, depth - 1)), Variable(text, "int"))
                two = self.inside(lambda: block(*self.statements(1, depth - 1)))
                arms = (s.Arm(s.LiteralPattern(number(0)), two), s.Arm(s.Bind(text), one))
                return [s.ExprStmt(s.Match(self.integer(2), arms))]
            case "chain" if self.times == 1 and self.may_draw(2) and self.may_draw(2):
                return self.chain()
            case "plate" if self.times == 1 and self.may_draw(2) and self.may_draw(2):
                text, item = self.fresh(), self.fresh()
                law = call("UniformInt", number(0), s.Binary("%", name(item), number(2)))
                clause = s.Clause(s.Bind(item), s.Range(number(0), number(2)))
                self.scope.append(Variable(text, "int", length=2))
                return [s.Draw(s.Target(text, (name(item),)), law, (clause,))]
            case "define" if self.times == 1:
                text, item = self.fresh(), self.fresh()
                clause = s.Clause(s.Bind(item), s.Range(number(0), name("N")))
                value = self.inside(lambda: self.integer(1), Variable(item, "int"))
                self.scope.append(Variable(text, "int", length=3))
                return [s.Define(s.Target(text, (name(item),)), value, (clause,))]
            case _:
                return [self.bind("int", 1)]

    def bind(self, kind: Kind, depth: int) -> s.Stmt:
        text = self.fresh()
        value = self.expr(kind, depth)
        self.scope.append(Variable(text, kind))
        return s.Let(s.Bind(text), None, value)

    def loop(self, depth: int) -> s.Stmt:
        item = self.fresh()
        items = self.range(depth)
        self.times *= 3
        body = self.inside(
            lambda: block(*self.statements(1 + self.below(2), depth - 1)), Variable(item, "int")
        )
        self.times //= 3
        return s.For((s.Clause(s.Bind(item), items),), body)

    def gather(self) -> Sequence[s.Stmt]:
        """A loop that goes through an array, each round depending on the one before."""
        array = self.known("int", array=True)[-1]
        total, item = self.fresh(), self.fresh()
        low = self.below(2)
        counter = Variable(item, "int", bounds=(low, array.length))
        place = self.inside(lambda: self.place(array.length, 0), counter)
        more = s.Binary("+", s.Binary("*", number(2), name(total)), s.Index(name(array.name), (place,)))
        loop = s.For(
            (s.Clause(s.Bind(item), s.Range(number(low), number(array.length))),),
            block(s.Assign(s.Target(total), s.Binary("%", more, number(7)))),
        )
        self.scope.append(Variable(total, "int", mutable=True))
        return [s.VarDecl(total, None, number(0)), loop]

    def while_(self, depth: int) -> Sequence[s.Stmt]:
        count = self.fresh()
        test: s.Expr = s.Compare(name(count), (("<", number(2)),))
        self.times *= 3
        if self.may_draw(2):
            test = s.Binary("and", test, call("flip", decimal("0.5")))
        body = self.inside(lambda: self.statements(1, depth - 1))
        self.times //= 3
        more = s.Assign(s.Target(count), s.Binary("+", name(count), number(1)))
        self.scope.append(Variable(count, "int", mutable=True))
        return [s.VarDecl(count, None, number(0)), s.While(test, block(*body, more))]

    def chain(self) -> Sequence[s.Stmt]:
        """A Markov chain: each element depends on the one before."""
        text, item = self.fresh(), self.fresh()
        before = s.Index(name(text), (s.Binary("-", name(item), number(1)),))
        law = call("UniformInt", number(0), s.Binary("%", s.Binary("+", before, number(1)), number(2)))
        clause = s.Clause(s.Bind(item), s.Range(number(1), name("N")))
        self.scope.append(Variable(text, "int", length=3))
        return [
            s.Draw(s.Target(text, (number(0),)), call("UniformInt", number(0), number(1))),
            s.For((clause,), block(s.Draw(s.Target(text, (name(item),)), law))),
        ]

    def result(self) -> s.Expr:
        return s.TupleLiteral((self.late("int"), self.late("bool"), self.late("int")))

    def late(self, kind: Kind) -> s.Expr:
        """One of the variables defined last, so that what is written matters."""
        variables = self.known(kind)
        return name(variables[-1 - self.below(min(2, len(variables)))].name)


class Written:
    """A generated program. In reports it stands as its text, so it is no dataclass."""

    def __init__(self, program: s.Program) -> None:
        self.program = program

    def __repr__(self) -> str:
        return "\n" + format_program(self.program)


@st.composite
def programs(draw: st.DrawFn, most: int = MOST_PATHS) -> Written:
    """A program of about so many paths at most, whose entry is `main`; its arguments are `ARGUMENTS`."""
    writer = Writer(draw, most, [Variable("y", "int", length=3), Variable("b", "bool"), Variable("N", "int")])
    # Every program begins with a choice, so that most have several outcomes.
    first = writer.chain() if writer.may_draw(2) and writer.may_draw(2) and writer.below(2) else ()
    body = [*first, *writer.statements(draw(st.integers(1, 6)), 2, top=True)]
    result = s.Return(s.TupleLiteral((writer.integer(2), writer.boolean(1), writer.late("int"))))
    data = s.Parameter("y", s.ArrayType(s.NamedType("int"), (s.SizeName("N"),)))
    main = s.Function("model", "main", (data, parameter("b", "bool")), None, block(*body, result))
    return Written(s.Program((*(make() for make in HELPERS), main)))
