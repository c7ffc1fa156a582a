"""Arbitrary syntax trees, as the parser could give them: every node, every nesting, odd names.

Only canonical trees: what the grammar cannot tell apart appears in the one form that it gives.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from pplc.lang import syntax as s
from pplc.lang.lexer import KEYWORDS
from pplc.lang.tree import GENERIC, SIZED

SOME_NAMES = "x y z mu tau theta_1 Normal f g _a N T α β имя переменная é prior do".split()
NAMES = st.one_of(
    st.sampled_from(SOME_NAMES),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True),
).filter(lambda name: name not in KEYWORDS and name != "_")

PLAIN_TYPES = NAMES.filter(lambda name: name not in SIZED | GENERIC)


def tuples(
    elements: st.SearchStrategy[Any], least: int = 0, most: int = 3
) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(elements, min_size=least, max_size=most).map(tuple)


def named(elements: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.tuples(NAMES, elements), min_size=least, max_size=3).map(tuple)


NUMBERS = st.one_of(
    st.integers(0, 10**12).map(lambda value: s.Number(Decimal(value), True)),
    st.decimals(min_value=0, max_value=10**6, places=3).map(lambda value: s.Number(abs(value), False)),
    st.sampled_from(["1e-3", "2.5e3", "1e300", "0.0000001", "5e0", "0.0"]).map(
        lambda t: s.Number(Decimal(t), False)
    ),
)
STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(s.String)
BOOLEANS = st.booleans().map(s.Boolean)

# ------------------------------------------------------------------ types

SIZES = st.one_of(
    NAMES.map(s.SizeName),
    st.integers(0, 99).map(s.SizeNumber),
    st.builds(s.SizeSum, NAMES, st.integers(-9, 9).filter(bool)),
)


def _types(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(s.ArrayType, inner, tuples(SIZES, 1)),
        st.builds(s.NamedType, st.sampled_from(sorted(SIZED)), tuples(SIZES, 1)),
        st.builds(s.ListType, inner),
        st.builds(s.TupleType, tuples(inner)),
        st.builds(s.RecordType, named(inner)),
        st.builds(s.OptionType, inner),
        st.builds(s.FunctionType, tuples(inner), inner),
        st.builds(s.GenericType, st.sampled_from(sorted(GENERIC)), inner),
    )


TYPES: st.SearchStrategy[Any] = st.recursive(PLAIN_TYPES.map(s.NamedType), _types, max_leaves=6)
PARAMETERS = tuples(st.builds(s.Parameter, NAMES, st.none() | TYPES))

# ------------------------------------------------------------------ patterns

_LITERALS = st.one_of(
    st.builds(s.LiteralPattern, NUMBERS, st.booleans()),
    st.builds(s.LiteralPattern, STRINGS | BOOLEANS),
)
PATTERNS: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.just(s.Wildcard()), NAMES.map(s.Bind), _LITERALS),
    lambda inner: st.one_of(
        st.builds(s.TuplePattern, tuples(inner)), st.builds(s.ConstructorPattern, NAMES, tuples(inner))
    ),
    max_leaves=4,
)

# ------------------------------------------------------------------ expressions and statements

ATOMS = st.one_of(NUMBERS, STRINGS, BOOLEANS, NAMES.map(s.Name))


def _clauses(expr: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[tuple[Any, ...]]:
    return tuples(st.builds(s.Clause, PATTERNS, expr), least, 2)


def _arguments(expr: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(s.Argument, expr, st.just("") | NAMES)


def blocks(expr: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Blocks over given expressions; the last expression statement is the value, as the parser has it."""
    return st.builds(s.Block, tuples(statements(expr)), st.none() | expr)


def statements(expr: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    target = st.builds(s.Target, NAMES, tuples(expr, most=2))
    some = _clauses(expr, least=0)
    small = st.builds(s.Block, tuples(st.builds(s.Return, expr), most=1), st.none() | expr)
    return st.one_of(
        st.builds(s.Let, PATTERNS, st.none() | TYPES, expr),
        st.builds(s.VarDecl, NAMES, st.none() | TYPES, expr),
        st.builds(s.Assign, target, expr),
        st.builds(s.Define, target, expr, some),
        st.builds(s.Draw, target, expr, some),
        st.builds(s.Observe, expr, expr, some),
        st.builds(s.ExprStmt, expr, _clauses(expr)),
        st.builds(s.For, _clauses(expr), small),
        st.builds(s.While, expr, small),
        st.builds(s.Return, st.none() | expr),
    )


def _expressions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    body = blocks(inner)
    comparison = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    return st.one_of(
        st.builds(s.Unary, st.sampled_from(["-", "+", "not"]), inner),
        st.builds(s.Binary, st.sampled_from("and or + - * / // % ^ @".split()), inner, inner),
        st.builds(s.Compare, inner, tuples(st.tuples(comparison, inner), 1)),
        st.builds(s.Range, inner, inner),
        st.builds(s.Call, inner, tuples(_arguments(inner))),
        st.builds(s.Index, inner, tuples(inner, 1)),
        st.builds(s.Member, inner, NAMES),
        st.builds(s.Sample, inner),
        st.builds(s.ListLiteral, tuples(inner)),
        st.builds(s.TupleLiteral, tuples(inner)),
        st.builds(s.RecordLiteral, named(inner)),
        st.builds(s.Comprehension, inner, _clauses(inner), st.none() | inner),
        st.builds(s.Lambda, st.sampled_from(["fn", "model"]), PARAMETERS, st.none() | TYPES, body),
        st.builds(s.IfExpr, inner, body, st.none() | body),
        st.builds(s.Match, inner, tuples(st.builds(s.Arm, PATTERNS, body))),
    )


EXPRESSIONS: st.SearchStrategy[Any] = st.recursive(ATOMS, _expressions, max_leaves=8)
BLOCKS = blocks(EXPRESSIONS)
STATEMENTS = statements(EXPRESSIONS)

# ------------------------------------------------------------------ queries

HEADS = st.sampled_from("posterior P E sd var quantile evidence H I KL TC pid common wyner".split())


def _is_do(expr: Any) -> bool:
    return isinstance(expr, s.Call) and expr.function == s.Name("do")


@st.composite
def queries(draw: st.DrawFn) -> s.Query:
    head = draw(HEADS)
    groups = draw(tuples(tuples(EXPRESSIONS, 1), most=3))
    do = st.builds(s.DoItem, tuples(NAMES, 1, 2), tuples(EXPRESSIONS, most=2), EXPRESSIONS)
    given = s.Given(
        draw(tuples(do, most=2)), draw(tuples(EXPRESSIONS.filter(lambda e: not _is_do(e)), most=2))
    )
    options = draw(named(EXPRESSIONS, 0)) if head != "P" else ()
    return s.Query(head, groups, given, options, draw(st.booleans()), draw(st.just("") | NAMES))


SUMS = ATOMS.filter(lambda e: isinstance(e, s.Number | s.Name))


@st.composite
def decisions(draw: st.DrawFn) -> s.Query:
    objective = s.Query(draw(st.sampled_from("PE")), ((draw(EXPRESSIONS),),))
    two = tuples(tuples(EXPRESSIONS, 1, 2), 2, 2)
    limit = st.builds(s.Limit, st.builds(s.Query, st.just("I"), two), SUMS)
    decision = s.Decision(draw(NAMES), draw(st.none() | SUMS), objective, draw(tuples(limit, most=2)))
    groups = (draw(tuples(EXPRESSIONS, 1, 3)),)
    return s.Query("decide", groups, prior=draw(st.booleans()), decision=decision)


QUERIES = queries() | decisions()

# ------------------------------------------------------------------ items

CONSTRUCTORS = st.builds(
    s.Constructor, NAMES, st.lists(st.tuples(st.just("") | NAMES, TYPES), max_size=2).map(tuple)
)
ITEMS = st.one_of(
    st.builds(s.Function, st.sampled_from(["fn", "model"]), NAMES, PARAMETERS, st.none() | TYPES, BLOCKS),
    st.builds(s.Density, NAMES, PARAMETERS, TYPES, EXPRESSIONS),
    st.builds(s.TypeDecl, NAMES, tuples(CONSTRUCTORS, 1)),
    st.builds(
        s.TypeDecl,
        NAMES,
        st.just(()),
        TYPES.filter(lambda t: not isinstance(t, s.NamedType) or bool(t.sizes)),
    ),
    st.builds(s.Import, st.text("abc./", min_size=1, max_size=6)),
    st.builds(s.QueryItem, tuples(QUERIES, 1, 2)),
    st.builds(s.Let, PATTERNS, st.none() | TYPES, EXPRESSIONS),
)
PROGRAMS = tuples(ITEMS).map(s.Program)
