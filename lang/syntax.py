"""The syntax tree: a closed sum of frozen records; positions do not count in equality.

Trees come from `pplc.lang.parse`, are printed by `pplc.lang.formatter`, typed by
`pplc.lang.check` and lowered by `pplc.lang.lower`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

from pplc.lang.diagnostics import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Node:
    """What every node has: the place it came from."""

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


# ------------------------------------------------------------------ types


@dataclass(frozen=True, slots=True)
class SizeName(Node):
    """A symbolic extent such as `J`."""

    name: str


@dataclass(frozen=True, slots=True)
class SizeNumber(Node):
    """A fixed extent such as `3`."""

    value: int


@dataclass(frozen=True, slots=True)
class SizeSum(Node):
    """An extent shifted by a constant: `N + 1`, `T - 1`."""

    name: str
    offset: int


Size: TypeAlias = SizeName | SizeNumber | SizeSum


@dataclass(frozen=True, slots=True)
class NamedType(Node):
    """`int`, `real`, `Shape`, or with sizes `simplex[K]`; `real[N, M]` is an `ArrayType`."""

    name: str
    sizes: tuple[Size, ...] = ()


@dataclass(frozen=True, slots=True)
class ArrayType(Node):
    """`real[N, M]` and `array[K] simplex[M]`."""

    element: TypeExpr
    sizes: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class ListType(Node):
    """`[T]`."""

    element: TypeExpr


@dataclass(frozen=True, slots=True)
class TupleType(Node):
    """`(T, U)`; `()` is the unit type."""

    items: tuple[TypeExpr, ...]


@dataclass(frozen=True, slots=True)
class RecordType(Node):
    """`(a: T, b: U)`."""

    fields: tuple[tuple[str, TypeExpr], ...]


@dataclass(frozen=True, slots=True)
class OptionType(Node):
    """`T?`: a value or missing."""

    element: TypeExpr


@dataclass(frozen=True, slots=True)
class FunctionType(Node):
    """`fn(T, U) -> V`."""

    parameters: tuple[TypeExpr, ...]
    result: TypeExpr


@dataclass(frozen=True, slots=True)
class GenericType(Node):
    """`Model[T]`, `Dist[T]`, `Base[T]`."""

    name: Literal["Model", "Dist", "Base"]
    argument: TypeExpr


TypeExpr: TypeAlias = (
    NamedType | ArrayType | ListType | TupleType | RecordType | OptionType | FunctionType | GenericType
)

# ------------------------------------------------------------------ expressions


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as written, an exact decimal; `is_int` if it has neither point nor exponent.

    Kept as `Decimal`, so that the literal `1e400000000` costs nothing; `value` is the rational.
    """

    decimal: Decimal
    is_int: bool

    @property
    def value(self) -> Fraction:
        """The exact value."""
        return Fraction(self.decimal)


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """`true`, `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class String(Node):
    """A quoted string, escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, function, model, family or constructor."""

    name: str


UnaryOp: TypeAlias = Literal["-", "+", "not"]
BinaryOp: TypeAlias = Literal["and", "or", "+", "-", "*", "/", "//", "%", "^", "@"]
CompareOp: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`-e`, `not e`."""

    op: UnaryOp
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`a + b`; `and` and `or` evaluate only what they need."""

    op: BinaryOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`a < b`, and chains `a < b <= c`, which mean `a < b and b <= c` with `b` evaluated once."""

    first: Expr
    rest: tuple[tuple[CompareOp, Expr], ...]


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`a..b`, half open."""

    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """One argument of a call; `name` is empty for a positional one."""

    value: Expr
    name: str = ""


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`f(a, name = b)`."""

    function: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`a[i, j]`; an index may be an int, a range or an array of ints."""

    base: Expr
    indices: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`r.field`, `d.logpdf`."""

    base: Expr
    name: str
    name_span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Sample(Node):
    """`~e`: a draw inside an expression. (`flip(p)` stays a `Call` until lowering.)"""

    law: Expr


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """`[a, b, c]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class TupleLiteral(Node):
    """`(a, b)`; `()` is the unit value."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class RecordLiteral(Node):
    """`(a: 1, b: 2)`."""

    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class Clause(Node):
    """One `pattern in iterable` of a `for`."""

    pattern: Pattern
    iterable: Expr


@dataclass(frozen=True, slots=True)
class Comprehension(Node):
    """`[element for x in xs, y in ys if condition]`."""

    element: Expr
    clauses: tuple[Clause, ...]
    condition: Expr | None = None


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A parameter of a model, function or density; anonymous functions may leave out the type."""

    name: str
    type: TypeExpr | None = None


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """An anonymous `fn` or `model`. `fn (x) => e` has the body `Block((), e)`."""

    kind: Literal["fn", "model"]
    parameters: tuple[Parameter, ...]
    result: TypeExpr | None
    body: Block


@dataclass(frozen=True, slots=True)
class IfExpr(Node):
    """`if c { a } else { b }`, as an expression or a statement (then `orelse` may be missing)."""

    condition: Expr
    then: Block
    orelse: Block | None


@dataclass(frozen=True, slots=True)
class Arm(Node):
    """`pattern => body` of a `match`."""

    pattern: Pattern
    body: Block


@dataclass(frozen=True, slots=True)
class Match(Node):
    """`match e { pattern => body, … }`, as an expression or a statement."""

    subject: Expr
    arms: tuple[Arm, ...]


Expr: TypeAlias = (
    Number
    | Boolean
    | String
    | Name
    | Unary
    | Binary
    | Compare
    | Range
    | Call
    | Index
    | Member
    | Sample
    | ListLiteral
    | TupleLiteral
    | RecordLiteral
    | Comprehension
    | Lambda
    | IfExpr
    | Match
)

# ------------------------------------------------------------------ patterns


@dataclass(frozen=True, slots=True)
class Wildcard(Node):
    """`_`."""


@dataclass(frozen=True, slots=True)
class Bind(Node):
    """A name: binds, or matches the payload-free constructor of that name (decided by names)."""

    name: str


@dataclass(frozen=True, slots=True)
class LiteralPattern(Node):
    """A number (perhaps negative), string or boolean."""

    value: Number | Boolean | String
    negative: bool = False


@dataclass(frozen=True, slots=True)
class TuplePattern(Node):
    """`(p, q)`; `()` matches the unit value."""

    items: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class ConstructorPattern(Node):
    """`Circle(r)`."""

    name: str
    arguments: tuple[Pattern, ...]


Pattern: TypeAlias = Wildcard | Bind | LiteralPattern | TuplePattern | ConstructorPattern

# ------------------------------------------------------------------ statements


@dataclass(frozen=True, slots=True)
class Block(Node):
    """Statements and, if the block is used as an expression, its value.

    The parser stores a final expression statement as `value`, always; whether it is used as a
    value or as an action is for the checker.
    """

    statements: tuple[Stmt, ...]
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class Target(Node):
    """The left side of `~`, `:=`, `=`: a name, perhaps with indices."""

    name: str
    indices: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let p = e`, `let x: T = e`."""

    pattern: Pattern
    type: TypeExpr | None
    value: Expr


@dataclass(frozen=True, slots=True)
class VarDecl(Node):
    """`var x = e`."""

    name: str
    type: TypeExpr | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`x = e`, `a[i] = e`, only for a `var`."""

    target: Target
    value: Expr


@dataclass(frozen=True, slots=True)
class Define(Node):
    """`a[t] := e`."""

    target: Target
    value: Expr
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw(Node):
    """`x ~ e`, `z[t] ~ e`, with an optional trailing `for`."""

    target: Target
    law: Expr
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Observe(Node):
    """`observe v ~ d`, with an optional trailing `for`."""

    value: Expr
    law: Expr
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class ExprStmt(Node):
    """An expression for its effect: `condition(b)`, `factor(l) for i in 0..N`, `if`, `match`."""

    expr: Expr
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for i in 0..N { … }`."""

    clauses: tuple[Clause, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class While(Node):
    """`while c { … }`."""

    condition: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class Return(Node):
    """`return e`; without a value, `return` gives unit."""

    value: Expr | None


Stmt: TypeAlias = Let | VarDecl | Assign | Define | Draw | Observe | ExprStmt | For | While | Return

# ------------------------------------------------------------------ queries


@dataclass(frozen=True, slots=True)
class DoItem(Node):
    """`do(x = v)`: one intervention; `target` may have indices and a path `f.slope`."""

    path: tuple[str, ...]
    indices: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Given(Node):
    """What stands after `|`: interventions and conditions (events, or variables alone)."""

    interventions: tuple[DoItem, ...] = ()
    conditions: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """`I(z; yhat | s) <= 0.1`: the most that some information may be."""

    information: Query
    most: Expr


@dataclass(frozen=True, slots=True)
class Decision(Node):
    """`yhat in [0, 1] … maximise P(yhat == y) subject to I(z; yhat) <= 0.1`: what is decided, and how well.

    name:      of what is decided.
    values:    those it may have; None if they are those of what it is compared with.
    objective: the probability or expectation to be maximised.
    """

    name: str
    values: Expr | None
    objective: Query
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Query(Node):
    """One query. `I(mu; tau | z)` has head `I` and groups `((mu,), (tau,))`.

    head:    `posterior prior P E sd var quantile evidence H I KL TC pid bounds common wyner …`
    groups:  the arguments between `;`, each a comma-separated list of expressions or queries
             (`bounds(E[y | do(a = 1)])` nests); `E[...]` may use brackets.
    options: named arguments, such as `measure = broja`.
    prior:   the query begins with `prior`: the conditions and weights of the model are ignored.
    model:   `query line.I(a; b)` names another model of the file; else empty.
    decision: of `decide yhat given (z, s) maximise …`, what stands around what is given.
    """

    head: str
    groups: tuple[tuple[Expr | Query, ...], ...] = ()
    given: Given = Given()
    options: tuple[tuple[str, Expr], ...] = ()
    prior: bool = False
    model: str = ""
    decision: Decision | None = None


# ------------------------------------------------------------------ items


@dataclass(frozen=True, slots=True)
class Function(Node):
    """A named `fn` or `model`."""

    kind: Literal["fn", "model"]
    name: str
    parameters: tuple[Parameter, ...]
    result: TypeExpr | None
    body: Block
    name_span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Density(Node):
    """`density Name(args) on support = log-density`, the right side a function of the point."""

    name: str
    parameters: tuple[Parameter, ...]
    support: TypeExpr
    log_density: Expr
    name_span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Constructor(Node):
    """One alternative of a sum type; `fields` have names or the empty string."""

    name: str
    fields: tuple[tuple[str, TypeExpr], ...] = ()


@dataclass(frozen=True, slots=True)
class TypeDecl(Node):
    """`type Shape = Square | Circle(r: real)`, or `type Point = (x: real, y: real)`.

    `type A = B` parses as one constructor; names make it an alias if `B` is a type.
    """

    name: str
    constructors: tuple[Constructor, ...] = ()
    alias: TypeExpr | None = None
    name_span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`import "file.ppl"`."""

    path: str


@dataclass(frozen=True, slots=True)
class QueryItem(Node):
    """`query a, b`."""

    queries: tuple[Query, ...]


Item: TypeAlias = Function | Density | TypeDecl | Import | QueryItem | Let


@dataclass(frozen=True, slots=True)
class Comment:
    """`# text`, kept for the formatter; never part of a tree."""

    text: str
    line: int
    column: int
    alone: bool


@dataclass(frozen=True, slots=True)
class Program(Node):
    """A file, imports not yet followed."""

    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
