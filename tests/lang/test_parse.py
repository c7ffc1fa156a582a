"""The parser: precedence, layout, spans, numbers, queries, recovery, limits, and its tables."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from pplc.lang import build_tables
from pplc.lang import syntax as s
from pplc.lang.diagnostics import Rejected
from pplc.lang.layout import MAX_NESTING
from pplc.lang.parse import (
    MAX_CHARACTERS,
    parse,
    parse_expression,
    parse_intervention,
    parse_query,
)

ROOT = Path(__file__).parents[2]


def name(text: str) -> s.Name:
    return s.Name(text)


def number(text: str) -> s.Number:
    return s.Number(Decimal(text), text.isdigit())


def binary(op: s.BinaryOp, left: s.Expr, right: s.Expr) -> s.Binary:
    return s.Binary(op, left, right)


A, B, C, X = name("a"), name("b"), name("c"), name("x")


def errors(text: str) -> list[tuple[str, int]]:
    """The codes of the errors in a text, with their lines."""
    with pytest.raises(Rejected) as raised:
        parse(text)
    return [(error.code, error.span.line) for error in raised.value.diagnostics]


def test_the_tables_shipped_are_those_of_the_grammar() -> None:
    grammar = (ROOT / "lang" / "grammar.lark").read_text(encoding="utf-8")
    assert build_tables.dump(build_tables.build(grammar)) == (ROOT / "lang" / "tables.json").read_text()


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-x^2", s.Unary("-", binary("^", X, number("2")))),
        ("a^b^c", binary("^", A, binary("^", B, C))),
        ("2^-1", binary("^", number("2"), s.Unary("-", number("1")))),
        ("a - b - c", binary("-", binary("-", A, B), C)),
        ("a + b * c", binary("+", A, binary("*", B, C))),
        ("a // b % c @ x", binary("@", binary("%", binary("//", A, B), C), X)),
        ("-a * b", binary("*", s.Unary("-", A), B)),
        ("~x^2", binary("^", s.Sample(X), number("2"))),
        ("~x(a) + 1", binary("+", s.Sample(s.Call(X, (s.Argument(A),))), number("1"))),
        ("~x.y[a]", s.Sample(s.Index(s.Member(X, "y"), (A,)))),
        ("~~x", s.Sample(s.Sample(X))),
        ("a or b and not c", binary("or", A, binary("and", B, s.Unary("not", C)))),
        ("not a == b", s.Unary("not", s.Compare(A, (("==", B),)))),
        ("a < b <= c", s.Compare(A, (("<", B), ("<=", C)))),
        ("(a < b) == c", s.Compare(s.Compare(A, (("<", B),)), (("==", C),))),
        ("a + 1..b * 2", s.Range(binary("+", A, number("1")), binary("*", B, number("2")))),
        ("1..x", s.Range(number("1"), X)),
        ("fn (x) => x + a", s.Lambda("fn", (s.Parameter("x"),), None, s.Block((), binary("+", X, A)))),
        ("()", s.TupleLiteral(())),
        ("(a)", A),
        ("(a,)", s.TupleLiteral((A,))),
        ("(a: b, c: x)", s.RecordLiteral((("a", B), ("c", X)))),
        ("[]", s.ListLiteral(())),
        ("x(a, lower = b)", s.Call(X, (s.Argument(A), s.Argument(B, "lower")))),
        ("x[a, 0..b]", s.Index(X, (A, s.Range(number("0"), B)))),
        (r'"a\n\"\\\u00e9\u{1F600}"', s.String('a\n"\\é😀')),
        ("[x for x in a if b]", s.Comprehension(X, (s.Clause(s.Bind("x"), A),), B)),
        (
            "match x { -1 => a, (_, b) => b\n c(x) => x }",
            s.Match(
                X,
                (
                    s.Arm(s.LiteralPattern(s.Number(Decimal(1), True), True), s.Block((), A)),
                    s.Arm(s.TuplePattern((s.Wildcard(), s.Bind("b"))), s.Block((), B)),
                    s.Arm(s.ConstructorPattern("c", (s.Bind("x"),)), s.Block((), X)),
                ),
            ),
        ),
        (
            "if a { b } else if b { c } else { x }",
            s.IfExpr(A, s.Block((), B), s.Block((), s.IfExpr(B, s.Block((), C), s.Block((), X)))),
        ),
    ],
)
def test_an_expression_has_its_tree(text: str, tree: s.Expr) -> None:
    assert parse_expression(text) == tree


@pytest.mark.parametrize(
    ("text", "value", "is_int"),
    [("7", "7", True), ("0.50", "0.5", False), ("1e-3", "0.001", False), ("2.5E3", "2500", False)],
)
def test_numbers_are_exact_decimals(text: str, value: str, is_int: bool) -> None:
    assert parse_expression(text) == s.Number(Decimal(value), is_int)


def real(*sizes: s.Size) -> s.TypeExpr:
    return s.ArrayType(s.NamedType("real"), sizes) if sizes else s.NamedType("real")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("real", real()),
        ("real[N, 3]", real(s.SizeName("N"), s.SizeNumber(3))),
        ("real[T - 1]", real(s.SizeSum("T", -1))),
        ("simplex[K]", s.NamedType("simplex", (s.SizeName("K"),))),
        ("array[K] simplex[M]", s.ArrayType(s.NamedType("simplex", (s.SizeName("M"),)), (s.SizeName("K"),))),
        ("real?[N]", s.ArrayType(s.OptionType(real()), (s.SizeName("N"),))),
        ("real[N]?", s.OptionType(real(s.SizeName("N")))),
        ("[real]", s.ListType(real())),
        ("()", s.TupleType(())),
        ("(real, (a: real))", s.TupleType((real(), s.RecordType((("a", real()),))))),
        ("Dist[real]", s.GenericType("Dist", real())),
        ("fn(real) -> Model[real]", s.FunctionType((real(),), s.GenericType("Model", real()))),
    ],
)
def test_a_type_has_its_tree(text: str, tree: s.TypeExpr) -> None:
    assert parse(f"fn f(x: {text}) => x").items == (
        s.Function("fn", "f", (s.Parameter("x", tree),), None, s.Block((), X)),
    )


def statements(text: str) -> tuple[s.Stmt, ...]:
    item = parse(f"model m() {{\n{text}\n}}").items[0]
    assert isinstance(item, s.Function)
    return item.body.statements


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("let x: real = a; 0", s.Let(s.Bind("x"), real(), A)),
        ("let (a, _) = x; 0", s.Let(s.TuplePattern((s.Bind("a"), s.Wildcard())), None, X)),
        ("var x = a; 0", s.VarDecl("x", None, A)),
        ("x[a] = b; 0", s.Assign(s.Target("x", (A,)), B)),
        ("x[a] := b for a in c", s.Define(s.Target("x", (A,)), B, (s.Clause(s.Bind("a"), C),))),
        ("x ~ a", s.Draw(s.Target("x"), A)),
        ("observe x + a ~ b", s.Observe(binary("+", X, A), B)),
        ("x(a) for a in b", s.ExprStmt(s.Call(X, (s.Argument(A),)), (s.Clause(s.Bind("a"), B),))),
        ("for a in b, c in x { }", s.For((s.Clause(s.Bind("a"), B), s.Clause(s.Bind("c"), X)), s.Block(()))),
        ("while a { b }", s.While(A, s.Block((), B))),
        ("return", s.Return(None)),
        ("return a", s.Return(A)),
    ],
)
def test_a_statement_has_its_tree(text: str, tree: s.Stmt) -> None:
    assert statements(text)[0] == tree


def test_a_last_expression_is_the_value_of_its_block() -> None:
    item = parse("fn f() { a; b }").items[0]
    assert isinstance(item, s.Function)
    assert item.body == s.Block((s.ExprStmt(A),), B)


@pytest.mark.parametrize(
    "text",
    [
        "x ~ a +\n b",
        "x ~\n a +\n\n # comment\n b",
        "x ~ f(a\n , b\n)",
        "x ~ f(fn (y) {\n let z = y\n z\n}, [a,\n b])",
        "if a { b }\n else { c }",
        "if a\n{ b }",
        "x ~ a; y ~ b",
        "if a { b } y ~ a",
        "match a { b => c\n c => b\n }",
        "for i in 0..3 { x[i] ~ a }; ; ;",
        "x ~ a\r\n  y ~ b\r",
    ],
)
def test_newlines_count_only_where_a_statement_can_end(text: str) -> None:
    flat = re.sub(r"#.*", "", text).replace("\n", " ") if ";" not in text and "{" not in text else None
    assert statements(text + "\nreturn 0")[-1] == s.Return(number("0"))
    if flat is not None and "\r" not in flat:
        assert statements(text) == statements(flat)


def test_a_newline_inside_a_block_inside_parentheses_counts() -> None:
    assert statements("x ~ f(fn () {\n a\n b })") == statements("x ~ f(fn () { a; b })")


def test_names_of_any_script_are_names_and_equal_under_normalisation() -> None:
    assert parse_expression("θ_1 + имя + e\u0301") == binary(
        "+", binary("+", name("θ_1"), name("имя")), name("\u00e9")
    )


def test_type_declarations_have_constructors_or_an_alias() -> None:
    circle = s.Constructor("Circle", (("r", real()),))
    assert parse("type S =\n  | Square\n  | Circle(r: real)\n  | Dot(real)").items[0] == s.TypeDecl(
        "S", (s.Constructor("Square"), circle, s.Constructor("Dot", (("", real()),)))
    )
    assert parse("type A = B").items[0] == s.TypeDecl("A", (s.Constructor("B"),))
    assert parse("type P = (x: real)").items[0] == s.TypeDecl("P", (), s.RecordType((("x", real()),)))


@pytest.mark.parametrize(
    "text",
    [
        "Model[3]",
        "Dist[real, int]",
        "real[1.5]",
        "real[N + 0.5]",
        "real[9999999999]",
        "real[[int]]",
        "array[real?] int",
        "real[N][M]",
        "Model[real][3]",
        "simplex[K][N]",
        "(fn() -> real)[3]",
    ],
)
def test_a_type_that_cannot_be_is_refused(text: str) -> None:
    assert errors(f"model m(\n  x: {text}) {{ }}") == [("E0123", 2)]


def test_arrays_of_any_type_are_written_with_array() -> None:
    model = s.GenericType("Model", s.NamedType("real"))
    assert parse("fn f(x: array[3] Model[real]) => x").items[0] == s.Function(
        "fn", "f", (s.Parameter("x", s.ArrayType(model, (s.SizeNumber(3),))),), None, s.Block((), X)
    )


def test_an_index_is_there_and_assigns_nothing() -> None:
    assert errors("let x = a[]") == [("E0101", 1)]
    assert errors("let x = a[i = 1]") == [("E0113", 1)]


def test_a_density_is_a_function_of_the_point() -> None:
    value = s.Lambda("fn", (s.Parameter("x"),), None, s.Block((), s.Unary("-", X)))
    assert parse("density D(a: real) on real = fn (x) => -x").items[0] == s.Density(
        "D", (s.Parameter("a", real()),), real(), value
    )


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("posterior(a, b)", s.Query("posterior", ((A, B),))),
        ("evidence", s.Query("evidence")),
        ("prior I(a; b)", s.Query("I", ((A,), (B,)), prior=True)),
        ("line.I(a; b | c)", s.Query("I", ((A,), (B,)), s.Given((), (C,)), model="line")),
        ("var(x)", s.Query("var", ((X,),))),
        ("quantile(x, 0.9)", s.Query("quantile", ((X, number("0.9")),))),
        ("pid(x; a, b, measure = c)", s.Query("pid", ((X,), (A, B)), options=(("measure", C),))),
        (
            "P(x == 1 | do(a = true, x[b] = 2, f.s = c), b > 2)",
            s.Query(
                "P",
                ((s.Compare(X, (("==", number("1")),)),),),
                s.Given(
                    interventions=(
                        s.DoItem(("a",), (), s.Boolean(True)),
                        s.DoItem(("x",), (B,), number("2")),
                        s.DoItem(("f", "s"), (), C),
                    ),
                    conditions=(s.Compare(B, ((">", number("2")),)),),
                ),
            ),
        ),
        (
            "bounds(E[x | do(a = b)], via = c)",
            s.Query(
                "bounds",
                ((s.Query("E", ((X,),), s.Given((s.DoItem(("a",), (), B),))),),),
                options=(("via", C),),
            ),
        ),
        ("bounds(E[x])", s.Query("bounds", ((s.Query("E", ((X,),)),),))),
        ("bounds(E(x))", s.Query("bounds", ((s.Query("E", ((X,),)),),))),
    ],
)
def test_a_query_has_its_tree(text: str, query: s.Query) -> None:
    assert parse_query(text) == (query,)
    assert parse(f"query {text}").items == (s.QueryItem((query,)),)


@pytest.mark.parametrize(
    "text",
    [
        "P(x = 1)",
        "P(x | y = 1)",
        "E y",
        "a.b.H(x)",
        "H(x(a | b) + 1)",
        "P(x | do(1))",
        "P(x | do(f(x) = 1))",
        "f(x[1] = 2)",
        "(a)(b; c)",
        "f()(b | c)",
        "H(f(x)(a | b))",
    ],
)
def test_a_bad_query_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(Rejected) as raised:
        parse_query(text)
    assert {error.code for error in raised.value.diagnostics} <= {"E0101", "E0122", "E0124"}
    assert raised.value.diagnostics[0].span.line == 1


def test_an_intervention_is_a_path_with_indices() -> None:
    assert parse_intervention("f.z[3] = 0.5") == s.DoItem(("f", "z"), (number("3"),), number("0.5"))


def test_spans_cover_exactly_the_text_of_their_node() -> None:
    text = "model m(é: real) {\n  x ~ Normal((a + b) * c,\n    1)\n}\n"
    program = parse(text)
    item = program.items[0]
    assert isinstance(item, s.Function)
    draw = item.body.statements[0]
    assert isinstance(draw, s.Draw)
    assert isinstance(draw.law, s.Call)
    first = draw.law.arguments[0].value
    assert [
        (n.line, n.column, n.end_line, n.end_column)
        for n in (item.span, item.name_span, draw.span, first.span)
    ] == [(1, 1, 4, 2), (1, 7, 1, 8), (2, 3, 3, 7), (2, 14, 2, 25)]


def test_comments_are_kept_with_their_places() -> None:
    comments = parse("# one\nlet a = 1 # two\n#three\n").comments
    assert [(c.text, c.line, c.column, c.alone) for c in comments] == [
        (" one", 1, 1, True),
        (" two", 2, 11, False),
        ("three", 3, 1, True),
    ]


def test_all_broken_statements_of_a_file_are_shown_and_whole_ones_are_not() -> None:
    body = "  x ~ a b\n  y ~ ~ ~ )\n  z ~ Normal(0, 1)\n  if a { u ~ b c }\n  w ~ !a\n"
    text = "model m() {\n" + body + "}\nquery H(, ), I(a)\nmodel\n"
    assert [line for _, line in errors(text)] == [2, 3, 5, 6, 8, 9]


def test_the_body_of_a_broken_header_is_skipped() -> None:
    assert errors("model m( {\n  x ~ a b\n}\nmodel n() { a b }") == [("E0102", 1), ("E0101", 4)]
    assert errors("def m(x):\n  y = 2\n  return y\nquery P(a = 1)") == [("E0117", 1), ("E0124", 4)]


def test_a_forgotten_brace_is_found_by_its_indentation_and_the_next_item_is_read() -> None:
    body = "  for j in 0..3 {\n    x[j] ~ a\n  return x\n}\n"
    assert errors("model m() {\n" + body) == [("E0102", 2)]
    assert errors("model m() {\n" + body + "query P(x = 1)") == [("E0102", 2), ("E0124", 6)]
    assert errors("model m() {\n  x ~ a\nmodel n() { return 1 1 }") == [("E0102", 1), ("E0101", 3)]
    assert errors("model m() {\n  x ~ f(a, [b\n\nfn g() => 1 1") == [("E0102", 1), ("E0102", 2), ("E0101", 4)]


def test_no_more_than_twenty_errors_are_shown() -> None:
    assert len(errors("model m() {\n" + "a b\n" * 100 + "}")) == 20


@pytest.mark.parametrize(
    "text",
    [
        "let x = " + "(" * 3_000,
        "let x = " + "[" * 100_000 + "]" * 3_000,
        "let x = " + "f(" * 150 + ")" * 150,
        "let x = " + "-" * 5_000 + "1",
        "let x = " + "not " * 5_000 + "a",
        "let x = 1" + " + 1" * 3_000,
        "let x = " + "2 ^ " * 3_000 + "2",
        "let x = f" + "(1)" * 3_000,
        "let x = a" + ".b" * 3_000,
        "let x = " + "if a { b } else " * 1_000 + "{ c }",
        "let x = " + "fn () => " * 3_000 + "1",
        "fn f(x: " + "fn() -> " * 3_000 + "real) => 1",
        "fn f(x: real" + "?" * 3_000 + ") => 1",
        "model m() {" + "for i in a {" * 1_000,
    ],
    ids=lambda text: text[8:24],
)
def test_deep_nesting_is_a_located_error(text: str) -> None:
    assert errors(text)[0] in (("E0108", 1), ("E0102", 1))
    assert "E0108" in [code for code, _ in errors(text)]


def test_trees_within_the_limit_are_accepted_and_can_be_compared() -> None:
    depth = MAX_NESTING - 10
    for text in ("-" * depth + "1", "[" * depth + "]" * depth, "1" + " + 1" * depth):
        assert parse_expression(text) == parse_expression(text)


@pytest.mark.parametrize(
    "text", ["1e400000000", "1e309", "1.8e308", "0." + "1" * 500, "1" * 100_000, "1e-500"]
)
def test_huge_numbers_are_located_errors(text: str) -> None:
    assert errors(f"let x =\n  {text}") == [("E0107", 2)]


def test_a_large_file_is_refused_before_it_is_read() -> None:
    assert errors("#" * (MAX_CHARACTERS + 1)) == [("E0109", 1)]
    assert parse("#" * MAX_CHARACTERS).items == ()


def test_many_statements_and_arms_take_linear_time() -> None:
    assert len(statements("x ~ a\n" * 5_000 + "return 0")) == 5_001


def test_an_empty_text_is_an_empty_program_and_no_query() -> None:
    assert parse("\n  # nothing\n").items == ()
    with pytest.raises(Rejected):
        parse_query("")
    with pytest.raises(Rejected):
        parse_expression("1 2")


def test_a_number_has_members_only_in_parentheses() -> None:
    assert parse_expression("(1).a") == s.Member(number("1"), "a")
    assert errors("let x = 1.a") == [("E0106", 1)]
