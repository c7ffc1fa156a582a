"""Syntax errors by example: what people write, and what they should hear.

A message is added by writing the mistake down. The first entry that fits is taken, so special
ones stand before general ones; a test asserts that every example gets its own entry's message.
"""

# ruff: noqa: E501  (a table: each text stands on one line)

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake, known by the words around the token at which the parser stopped.

    `<found>`, `<previous>`, `<next>`, `<start>` in the texts stand for those words. Patterns are
    alternatives separated by blanks, each the type or the text of a token; empty: anything.

    examples: files with the mistake.
    token:    the token that cannot stand where it stands.
    before:   the tokens directly before it; after: those after it.
    start:    the first token of the statement or item.
    accepts:  what could stand there instead, all of these; rejects: none of these.
    inside:   the innermost open bracket.
    glued:    no blank before the token.
    earlier:  a token before it on the same line.
    at:       which token the caret shows, counted from the token; None: the first of the statement.
    """

    code: str
    message: str
    label: str
    help: str
    examples: tuple[str, ...]
    token: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    start: str = ""
    accepts: str = ""
    rejects: str = ""
    inside: str = ""
    glued: bool = False
    earlier: str = ""
    at: int | None = 0


def _in_model(*lines: str) -> tuple[str, ...]:
    return tuple(f"model m(a: int, b: bool) {{\n  {line}\n}}\n" for line in lines)


_STAN_TYPES = "real int bool positive unit string simplex ordered unit_vector corr cov chol vector matrix row_vector array float double"
_STAN_BLOCKS = "data parameters transformed generated functions"

_SIGNS: Final = (
    ("E0111", "&&", "`&&` is not an operator", "write `and`", "a && b", "b && a"),
    ("E0111", "||", "`||` is not an operator", "write `or`", "a || b", "flip(0.5) || b"),
    ("E0111", "&", "`&` is not an operator", "write `and`", "a & b", "b & a"),
    ("E0111", "!", "`!` is not an operator", "write `not`", "!b", "a and !b"),
    ("E0111", "**", "`**` is not an operator", "write `^`", "a ** 2", "2 ** a"),
    ("E0111", "===", "`===` is not an operator", "write `==`", "a === 2", "2 === a"),
    ("E0111", "<>", "`<>` is not an operator", "write `!=`", "a <> 2", "2 <> a"),
    ("E0111", "::", "`::` is not an operator", "a type stands after `:`, a member after `.`", "a::b", "b::a"),
    (
        "E0111",
        "$",
        "`$` is not an operator",
        "a field is `record.field`, an element `array[i]`",
        "a$b",
        "b$a",
    ),
    (
        "E0111",
        "\\",
        "`\\` has no meaning here",
        "an anonymous function is `fn (x) => x + 1`",
        "\\a",
        "f(\\a)",
    ),
)
"""Signs that are wrong wherever they stand: code, sign, message, help, two examples."""

MISTAKES: Final[tuple[Mistake, ...]] = (
    # ---------------------------------------------------------------- signs of other languages
    Mistake(
        "E0118", "`target += e` is written `factor(e)`", "Stan's way of adding to the log density",
        "`factor(l)` multiplies the weight of the run by e^l", token="+=", before=("target",),
        examples=_in_model("target += 1.5", "target += a * 2"), at=-1,
    ),
    Mistake(
        "E0111", "`<found>` is not an operator", "not one of ours", "write the whole assignment, `x = x + e`; `x` must be a `var`",
        token="+= -= *= /= ++", examples=_in_model("var x = 0; x += 1", "var x = 0; x *= 2", "var i = 0; i++"),
    ),
    Mistake(
        "E0112", "`<-` is not a sign of this language", "to draw, or to name?",
        "to draw write `x ~ law`; to give a name `let x = e`; to compare with a negative number put a blank, `x < -1`",
        token="<-", examples=_in_model("x <- Normal(0, 1)", "x <- 3", "return a<-1"),
    ),
    *(
        Mistake(code, message, "not one of ours", advice, token=sign, examples=_in_model(*(f"return {e}" for e in examples)))
        for code, sign, message, advice, *examples in _SIGNS
    ),
    # ---------------------------------------------------------------- comments and braces
    Mistake(
        "E0111", "a comment begins with `#`", "not a comment", "write `# …`; `//` divides whole numbers",
        token="//", rejects="//", examples=_in_model("// a note", "x ~ Normal(0, 1); // a note"),
    ),
    Mistake(
        "E0111", "a comment begins with `#`", "`//` is not a comment", "write `# …`; `//` divides whole numbers",
        token="NAME NUMBER STRING for in if is the", accepts="*", before=("NAME",), earlier="//",
        examples=_in_model("x ~ Normal(0, 1) // the first draw", "x ~ Normal(0, 1) // a note on it"),
    ),
    Mistake(
        "E0111", "a comment begins with `#`", "not a comment", "write `# …` on every line of it",
        token="/", after=("*",), rejects="/", examples=("/* a file */\nmodel m() { }", *_in_model("/* a note */")),
    ),
    Mistake(
        "E0111", "a comment begins with `#`", "not a comment", "write `# …` on every line of it",
        token="* **", before=("/",), accepts="NUMBER", examples=_in_model("x ~ Normal(0, 1) /* a note */", "return a /* doc */"),
    ),
    Mistake(
        "E0130", "braces hold statements, not values", "not a value", "a record is `(a: 1, b: 2)`, a list `[1, 2]`",
        token="{", accepts="NUMBER [", rejects="let", examples=_in_model("return {a: 1, b: 2}", "let xs = {1, 2, 3}", "x ~ f({1, 2})"),
    ),
    # ---------------------------------------------------------------- numbers
    Mistake(
        "E0129", "a range has two dots", "a third dot", "write `a..b`, which leaves out `b`",
        token=".", before=("..",), examples=_in_model("return 1...3", "for i in 0...a { }"),
    ),
    Mistake(
        "E0106", "a decimal needs a digit before its point", "starts with the point", "write `0.<next>`",
        token=".", after=("NUMBER",), accepts="NUMBER", examples=_in_model("return .5", "x ~ Normal(.1, 1)"),
    ),
    Mistake(
        "E0106", "a decimal needs a digit after its point", "ends with the point", "write `1.0`; a range is `1..3`",
        before=("NUMBER", "."), accepts="NAME", rejects="NUMBER", examples=_in_model("x ~ Normal(1., 2)", "return 1. + a"), at=-1,
    ),
    Mistake(
        "E0106", "digits are not grouped by `_`", "not part of the number", "write `1000000` or `1e6`",
        token="_ _0 _00 _000 _000_000 _000_000_000 _500", before=("NUMBER",), glued=True,
        examples=_in_model("return 1_000", "x ~ Normal(0, 1_000_000)"),
    ),
    Mistake(
        "E0106", "a number cannot stand directly before a name", "no sign between them", "to multiply write `<previous> * <found>`",
        token="NAME", before=("NUMBER",), glued=True, examples=_in_model("return 2a", "x ~ Normal(0, 3b)"),
    ),
    # ---------------------------------------------------------------- words of other languages
    Mistake(
        "E0117", "`<start>` is not a word of this language", "written `else if`", "write `if c { … } else if d { … } else { … }`",
        start="elif elsif elseif", examples=_in_model("if b { return 1 }\n  elif a == 2 { return 2 }", "elif b { }"), at=None,
    ),
    Mistake(
        "E0117", "`<start>` is not a word of this language", "written `fn` or `model`",
        "a function is `fn f(x: real) => e`, a model that draws is `model m() { … }`",
        start="def func fun function define proc method procedure", at=None,
        examples=("def f(x) { return x }", "function f(x: real) { return x }", *_in_model("def f(x) { return x }")),
    ),
    Mistake(
        "E0117", "`lambda` is not a word of this language", "written `fn`", "write `fn (x) => e`",
        before=("lambda",), examples=_in_model("let f = lambda x: x + 1", "return map(lambda x: x, [1])"), at=-1,
    ),
    Mistake(
        "E0117", "`function` is not a word of this language", "written `fn`", "write `fn (x) => e` or `fn (x) { … }`",
        token="{", before=("function", "(", "", ")"), examples=_in_model("let f = function(x) { return x }", "return g(function(y) { y })"), at=-4,
    ),
    Mistake(
        "E0117", "`<start>` is not a word of this language", "written `let` or `var`",
        "`let x = e` names a value, `var x = e` one that may change",
        start="const val auto mut", token="NAME", examples=_in_model("const x = 3", "val y = 2"), at=None,
    ),
    Mistake(
        "E0117", "`<start>` is not a word of this language", "written `match`", "write `match e { 0 => a, 1 => b, _ => c }`",
        start="switch case select", examples=_in_model("switch a { }", "switch (a) { case 1: return 2 }"), at=None,
    ),
    Mistake(
        "E0117", "only model files can be imported", "not a quoted path", 'write `import "file.ppl"`',
        start="import", token="NAME", examples=("import numpy as np", "import helpers"),
    ),
    Mistake(
        "E0117", "`<found>` is not a word of this language", "written `import`", 'write `import "file.ppl"`',
        token="from include require using open library", accepts="model", rejects="NAME", examples=("from models import line", "library(stats)"),
    ),
    Mistake(
        "E0118", "there is no block `<found>`", "Stan's way",
        "data are the parameters of a model, `model m(y: real[N]) { … }`; unknowns are drawn in it, `mu ~ Normal(0, 5)`",
        token=_STAN_BLOCKS, rejects="NAME", examples=("data {\n  int N;\n}", "parameters {\n  real mu;\n}", "transformed data { }"),
    ),
    Mistake(
        "E0117", "`<found>` is not a word of this language", "written `model` or `type`",
        "a model is `model m(y: real[N]) { … }`, a type `type T = A | B`",
        token="class struct enum record data object interface", rejects="NAME",
        examples=("class Model { }", "struct Point { x: real }", "enum Shape { A, B }"),
    ),
    # ---------------------------------------------------------------- conditional expressions
    Mistake(
        "E0111", "`?` is not an operator", "no conditional operator", "write `if c { a } else { b }`",
        token="?", accepts="*", examples=_in_model("return b ? 1 : 2", "x ~ Normal(b ? 0 : 1, 1)"),
    ),
    Mistake(
        "E0111", "`if` cannot follow an expression", "written before what it governs",
        "a choice of values is `if c { a } else { b }`, a statement under a condition `if c { … }`",
        token="if", accepts="*", rejects="if", examples=_in_model("return 1 if b else 2", "factor(1.0) if b"),
    ),
    # ---------------------------------------------------------------- declarations
    Mistake(
        "E0118", "`<start>` cannot declare a variable", "Stan's and C's way",
        "an unknown is drawn, `x ~ Normal(0, 1)`; data are parameters of the model; a value has a name by `let x: <start> = e`",
        start=_STAN_TYPES, token="NAME", examples=_in_model("real x;", "int n = 3", "vector[3] beta"), at=None,
    ),
    Mistake(
        "E0118", "`array` cannot declare a variable", "Stan's and C's way",
        "an array is made by its elements, `z[i] ~ … for i in 0..N`; data are parameters of the model",
        token="array", accepts="let", examples=_in_model("array[3] real y;", "array[a] int z"),
    ),
    Mistake(
        "E0118", "a parameter is written name first", "expected `:`", "write `<found>: <previous>`",
        token="NAME", before=("NAME",), accepts=": , )", rejects="* =", inside="(",
        examples=("model m(real x) { }", "fn f(int n, real x) => x"),
    ),
    Mistake(
        "E0118", "a variable is declared by `let`, `var` or its draw", "not here",
        "write `let <previous>: T = e`; a draw has no type, `<previous> ~ law`",
        token=":", accepts="~ := =", examples=_in_model("x: real = 3", "x : real ~ Normal(0, 1)"),
    ),
    # ---------------------------------------------------------------- reserved words as names
    Mistake(
        "E0110", "`<found>` is a reserved word and cannot be a name", "reserved", "choose another name, such as `<found>_`",
        token="model fn density type import query let var if else match for in while return observe and or not true false on array",
        before=("let var density type . ,",), accepts="NAME", rejects="NUMBER (",
        examples=("type on = A", "density query(x: real) on real = fn (x) => x", *_in_model("var type = 1", "return a.type")),
    ),
    Mistake(
        "E0110", "`<found>` is a reserved word and cannot be a name", "reserved", "choose another name, such as `<found>_`",
        token="model density type import query let var else for in while return observe and or on array",
        after=("= ~ := : in ) , [ (",), accepts="NAME",
        examples=(
            "model m(type: int) { }", "model in() { }", "fn on(x) => x",
            *_in_model("let model = 3", "type ~ Normal(0, 1)", "for in in 0..3 { }", "return f(on)", "observe on ~ Normal(0, 1)"),
        ),
    ),
    Mistake(
        "E0110", "`<found>` is a reserved word and cannot be a name", "reserved", "choose another name, such as `<found>_`",
        token="model density type import query on array", after=("_NL } + - * / ^ == < >",), accepts="NAME NUMBER", rejects="let",
        examples=_in_model("return type", "return 1 + query * 2"),
    ),
    # ---------------------------------------------------------------- blocks without braces
    Mistake(
        "E0115", "there is no `<found>`", "not needed", "write `<start> … { … }`",
        token="then do begin", accepts="{", examples=_in_model("if b then return 1", "while b do { }", "for i in 0..3 do x ~ Normal(0, 1)"),
    ),
    Mistake(
        "E0115", "a block stands in braces, not after `:`", "expected `{`", "write `else {` … `}`",
        token=":", before=("else",), examples=_in_model("if b { return 1 } else: return 2", "if b { return 1 }\n  else:\n    return 2"),
    ),
    Mistake(
        "E0115", "a block stands in braces, not after `:`", "expected `{`", "write `{` here and `}` after the block",
        token=":", after=("NAME NUMBER STRING return let var observe for while if ~ else ( [ -",), accepts="{", start="if while",
        examples=_in_model("if b: return 1", "while b:\n    x ~ Normal(0, 1)", "if b: 1 else: 2"),
    ),
    Mistake(
        "E0116", "a loop has no parentheses", "in the way of R, C or Stan", "write `for i in 0..N { … }`; the end `N` is left out",
        before=("for", "(", "NAME"), token="in = : of NAME",
        examples=_in_model("for (i in 1:a) { x ~ Normal(0, 1) }", "for (i = 0; i < 3; i = i + 1) { }"), at=-2,
    ),
    Mistake(
        "E0116", "a range is written with `..`", "not a range", "write `a..b`, which starts at `a` and leaves out `b`",
        token=":", after=("NUMBER NAME ( -",), accepts="..", start="for", inside="{",
        examples=_in_model("for i in 0:3 { x ~ Normal(0, 1) }", "for i in 1:a { }"),
    ),
    Mistake(
        "E0116", "a range is written with `..`", "not a range", "write `a..b`, which leaves out `b`; the whole axis is `0..len(x)`",
        token=":", accepts="* ]", inside="[", examples=_in_model("return a[1:3]", "return a[0, 1:2]"),
    ),
    Mistake(
        "E0116", "a range is written with `..`", "not a range", "a whole axis is `0..len(x)`",
        token=":", inside="[", examples=_in_model("return a[:3]", "return a[:, 2]"),
    ),
    Mistake(
        "E0116", "a loop is written `for i in …`", "expected `in`", "write `for i in 0..N { … }`",
        before=("for", "NAME"), rejects="*", examples=_in_model("for i = 1..3 { }", "for i of [1, 2] { }", "x ~ Normal(0, 1) for i from 0..3"),
    ),
    Mistake(
        "E0116", "clauses are separated by `,`", "a second `for`", "write `for i in a, j in b`",
        token="for", start="", accepts=",", rejects="for NAME", examples=_in_model("return [x for x in a for y in b]", "z[i, j] ~ Normal(0, 1) for i in 0..3 for j in 0..2"),
    ),
    Mistake(
        "E0115", "a block stands in braces, not after `:`", "expected `{`", "write `{` here and `}` after the block",
        token=":", accepts="{", start="for", examples=_in_model("for i in 0..3:\n    x ~ Normal(0, 1)", "for i in 0..3: return 1"),
    ),
    Mistake(
        "E0115", "the block of `else` stands in braces", "expected `{`", "write `else { … }`",
        before=("else",), accepts="{ if", examples=_in_model("if b { return 1 } else return 2", "let x = if b { 1 } else 2"),
    ),
    # ---------------------------------------------------------------- functions
    Mistake(
        "E0120", "the type of the result stands after `->`", "expected `->`", "write `fn f(x: real) -> T { … }`",
        token=":", accepts="-> {", examples=("fn f(x: real): real { return x }", "model m(): int { return 1 }"),
    ),
    Mistake(
        "E0120", "the body of a function stands after `=>`", "expected `=>` or `{`", "write `fn f(x: real) => e`, or a block in braces",
        token="= :=", accepts="=> {", examples=("fn f(x: real) = x + 1", "fn g(x: real) -> real = x"),
    ),
    Mistake(
        "E0120", "this `<start>` has no body", "expected `=>` or `{`", "write `<start> … { … }`; a short function is `fn f(x: real) => e`",
        accepts="=> {", token="_NL $END", start="fn model", examples=("fn f(x: real)\nfn g() => 1", "model m()\n"), at=None,
    ),
    Mistake(
        "E0120", "the body of a function stands after `=>` or in braces", "expected `=>` or `{`", "write `fn (x) => e` or `fn (x) { … }`",
        accepts="=> {", rejects="*", examples=("fn f(x: real) return x", *_in_model("let f = fn (x) x + 1", "return fn (x)")),
    ),
    Mistake(
        "E0121", "a `<previous>` with a name belongs outside of blocks", "inside a block", "write `let <found> = <previous> (x) …`",
        token="NAME", before=("fn model",), accepts="(", rejects="NAME", examples=_in_model("fn f(x) { return x }", "model n() { return 1 }"), at=-1,
    ),
    Mistake(
        "E0120", "`<previous>` needs its parameters", "expected `(`", "write `<previous>()` if there are none",
        before=("fn model density", "NAME"), accepts="(", rejects="*", examples=("model m { }", "fn f x => x", "density D on real = fn (x) => x"),
    ),
    Mistake(
        "E0120", "`<previous>` needs a name and parameters here", "expected a name", "write `model m(y: real[N]) { … }`",
        before=("fn model density",), accepts="NAME", rejects="NUMBER (", examples=("model {\n  mu ~ Normal(0, 1)\n}", "fn (x: real) => x"),
    ),
    Mistake(
        "E0120", "an anonymous function begins with `fn`", "only `=>` is not enough", "write `fn (x) => e`",
        token="=>", accepts="*", examples=_in_model("let f = x => x + 1", "return map((x, y) => x, [1])"),
    ),
    # ---------------------------------------------------------------- draws and equal signs
    Mistake(
        "E0112", "a draw has no `<start>`", "draws, and does not assign", "write `x ~ law` without `<start>`; or `<start> x = ~law`",
        token="~", start="let var", accepts="=", examples=_in_model("let x ~ Normal(0, 1)", "var x ~ Normal(0, 1)"),
    ),
    Mistake(
        "E0112", "`observe` needs a value and its law", "expected `~`", "write `observe value ~ law`",
        start="observe", token="= == := , : <-", accepts="~", inside="{",
        examples=_in_model("observe y = Normal(0, 1)", "observe y, Normal(0, 1)"),
    ),
    Mistake(
        "E0112", "`observe` needs a value and its law", "no `~` in this statement", "write `observe value ~ law`",
        start="observe", token="_NL $END }", accepts="~", inside="{", at=None,
        examples=_in_model("observe(Normal(0, 1), a)", "observe a", "observe a\n  return 1"),
    ),
    Mistake(
        "E0114", "`<start>` needs a value", "expected `=` and a value", "write `<start> x = e`; what is unknown is drawn, `x ~ law`",
        start="let var", token="_NL $END }", accepts="=", inside="{", at=None, examples=_in_model("let x: real", "var x", "let x\n  return 1"),
    ),
    Mistake(
        "E0130", "a field of a record is written with `:`", "expected `:`", "write `(a: 1, b: 2)`",
        token="=", before=("( ,", "NAME"), accepts=": * )", examples=_in_model("let r = (a = 1)", "return (a = 1, b = 2)"),
    ),
    Mistake(
        "E0130", "a record has names for all its fields", "expected a name and `:`", "a record is `(a: 1, b: 2)`, a tuple `(1, 2)`",
        accepts="NAME )", rejects="NUMBER * = -> : true", token="NUMBER STRING ( [ - ~", inside="(", examples=_in_model("let r = (a: 1, 2)", 'return (a: 1, "b")'),
    ),
    Mistake(
        "E0130", "a record has names for all its fields", "no name before", "a record is `(a: 1, b: 2)`, a tuple `(1, 2)`",
        token=", )", before=("NAME",), accepts=":", rejects="* , ) = NAME", inside="(", examples=_in_model("let r = (a: 1, b)", "let r = (a: 1, b, c: 2)"), at=-1,
    ),
    Mistake(
        "E0130", "a tuple has no names", "this would be a record", "a record is `(a: 1, b: 2)`, a tuple `(1, 2)`; a named argument is `f(a = 1)`",
        token=":", before=("NAME",), accepts="*", inside="(", examples=_in_model("let r = (1, b: 2)", "x ~ Normal(mean: 0, sd: 1)"), at=-1,
    ),
    Mistake(
        "E0113", "`==` compares; here `=` is meant", "expected `=`", "write `<start> … = e`",
        token="==", accepts="=", examples=_in_model("let x == 3", "var x == 3"),
    ),
    Mistake(
        "E0113", "`:=` defines an element of an array; here `=` is meant", "expected `=`", "write `=`",
        token=":=", accepts="=", rejects="~", examples=_in_model("let x := 3", "var x := 3"),
    ),
    Mistake(
        "E0113", "`=` does not compare", "assigns, and cannot stand here", "to compare write `==`",
        token="= :=", accepts="==", examples=_in_model("if a = 1 { return 2 }", "return a = 1", "let x = a = 2", "while a = 1 { }"),
    ),
    # ---------------------------------------------------------------- places
    Mistake(
        "E0121", "this `else` has no `if`", "nothing to be the alternative of", "`else` stands directly after the `}` of its `if`",
        token="else", examples=_in_model("else { return 1 }", "if b { return 1 }; x ~ Normal(0, 1)\n  else { return 2 }"),
    ),
    Mistake(
        "E0121", "`<found>` belongs outside of models and functions", "inside a block", "end the block with `}` before it",
        token="query type density import", accepts="let return", examples=_in_model("query posterior(a)", "type T = A | B"),
    ),
    Mistake(
        "E0119", "an arm is an expression or a block", "expected an expression or `{`", "write `pattern => { <found> … }`",
        token="return let var observe while for", before=("=>",), accepts="{", examples=_in_model("match a { 0 => return 1, _ => 2 }", "match a { 0 => let x = 1 }"),
    ),
    Mistake(
        "E0119", "`<found>` begins a statement and has no value", "expected an expression", "put it on a line of its own, or use `if c { a } else { b }`",
        token="return let var observe while for", accepts="NAME NUMBER", rejects="let", examples=_in_model("let x = return 3", "x ~ let y = 2", "return f(observe a ~ Normal(0, 1))"),
    ),
    Mistake(
        "E0121", "a statement cannot stand outside of a model", "outside", "put it into `model m() { … }`; a constant is `let x = e`",
        accepts="model query", rejects="NAME", token="NAME NUMBER STRING return observe var for while if match ( [ - ~ not true false",
        examples=("x ~ Normal(0, 1)", "return 3", "model m() { }\nx = 3", "for i in 0..3 { }"),
    ),
    Mistake(
        "E0115", "the block of `<start>` stands in braces", "expected `{`", "write `<start> … { … }`",
        accepts="{ *", start="if while for", token="_NL NAME return let var observe NUMBER STRING ~ $END }",
        examples=_in_model("if b return 1", "if (b) x ~ Normal(0, 1)", "while b\n    return 1", "for i in 0..3 x ~ Normal(0, 1)"),
    ),
    # ---------------------------------------------------------------- types
    Mistake(
        "E0123", "alternatives are separated by `|`", "expected `|`", "write `type T = A | B(x: real)`",
        token=",", start="type", accepts="|", inside="", rejects=",", examples=("type Color = Red, Green", "type S = A, B(x: real)"),
    ),
    Mistake(
        "E0123", "a type is declared without braces", "not a type", "write `type T = A | B(x: real)`, or `type P = (x: real, y: real)`",
        token="{", start="type", examples=("type Color = enum { Red, Green }", "type P = { x: real }", "type P { x: real }"),
    ),
    Mistake(
        "E0120", "a parameter has no default value", "not allowed here", "leave `= …` out; the caller gives every argument",
        token="=", accepts=", )", rejects="*", start="model fn density", inside="(", examples=("model m(x: int = 3) { }", "fn f(x: int, y: real = 0.5) => x"),
    ),
    Mistake(
        "E0123", "`array` needs its sizes", "expected `[`", "write `array[N] T`; `real[N, M]` is a matrix",
        before=("array",), accepts="[", rejects="*", examples=("model m(y: array real[3]) { }", "model m(y: array) { }"),
    ),
    Mistake(
        "E0123", "the size of an array is missing", "expected a name or a number", "write `real[N]`; the name `N` then stands for the length",
        token="] ,", before=("[ ,",), accepts="array NUMBER", examples=("model m(y: real[]) { }", "model m(y: real[,]) { }"),
    ),
    Mistake(
        "E0123", "a size is a name, a number, or a name plus or minus a number", "not a size", "compute it before, as a parameter `K: int`",
        token="* / ^ // + - NUMBER", accepts="] ,", rejects="*", inside="[", before=("NUMBER NAME",), examples=("model m(y: real[2 * N]) { }", "model m(y: real[N / 2]) { }"),
    ),
    Mistake(
        "E0123", "a type takes its parts in `[ ]`", "not `<found>`", "write `Dist[real]`, `real[N]`; bounds are families' domains, or `positive`, `unit`",
        token="< <- <=", accepts="?", examples=("model m(d: Dist<real>) { }", "model m(y: real<lower = 0>) { }"),
    ),
    Mistake(
        "E0123", "a type is missing", "expected a type", "such as `real`, `int`, `real[N]`, `array[K] simplex[M]`",
        accepts="array [ fn", rejects="NUMBER", token="= { } ) ] , => _NL $END NUMBER STRING", examples=("model m(y: ) { }", "fn f(x: real) -> => x", "model m(y: 3) { }"),
    ),
    # ---------------------------------------------------------------- ranges and queries
    Mistake(
        "E0129", "ranges cannot be chained", "a second `..`", "a range is `a..b`; with a step write a comprehension, `[2 * i for i in 0..n]`",
        token="..", accepts="*", rejects="..", examples=_in_model("return 1..2..3", "for i in 0..2..a { }"),
    ),
    Mistake(
        "E0124", "what is given stands inside the parentheses", "outside", "write `P(a | b)`",
        token="|", start="query", before=(") ]",), examples=("query P(a) | b", "query E[y] | do(a = 1)"),
    ),
    Mistake(
        "E0124", "what is given stands after one `|`", "a second `|`", "separate conditions by `,`; to say `or` write `or`",
        token="|", rejects="|", accepts="* )", inside="(", start="query", examples=("query P(a | b | c)", "query H(x | y, z | w)"),
    ),
    Mistake(
        "E0124", "groups stand before the `|`", "after what is given", "write `I(a; b | c)`",
        token=";", rejects=";", accepts="* )", inside="(", start="query", examples=("query I(a | c; b)", "query I(a; b | c; d)"),
    ),
    Mistake(
        "E0124", "`query` needs a query", "expected one", "such as `posterior(mu)`, `P(x > 0)`, `evidence`",
        start="query", accepts="NAME", rejects="NUMBER", token="_NL $END NUMBER STRING ( [ - ~ } not if fn model match",
        examples=("query\nmodel m() { }", "query 3", "query (posterior(mu))"),
    ),
    Mistake(
        "E0124", "a query is a name with arguments", "expected `,` or the end of the line", "an expression goes inside, `E[x + y]`, `P(x > 0)`",
        start="query", inside="", token="+ - * / ^ % == != < > <= >= and or ~ = NUMBER STRING", examples=("query mu + tau", "query posterior(mu) / 2"),
    ),
    Mistake(
        "E0124", "conditions stand after `|`", "not a word of queries", "write `P(x > 1 | y == 2)`, `posterior(x | y > 2)`",
        token="where given when if such with", start="query", examples=("query posterior(x) where y > 2", "query P(x > 1) given y"),
    ),
    Mistake(
        "E0124", "conditions stand after `|`", "not a word of queries", "write `P(x > 1 | y == 2)`, `posterior(x | y > 2)`",
        before=("given where when",), start="query", examples=("query P(x > 1, given y)", "query H(x, given y = 2)"), at=-1,
    ),
    Mistake(
        "E0111", "`|` is not an operator", "stands in queries only", "to say `or` write `or`; an absolute value is `abs(x)`",
        token="|", rejects="|", examples=_in_model("y ~ Normal(0, 1) | a > 3", "return |a|", "let c = (a | b)"),
    ),
    # ---------------------------------------------------------------- left over
    Mistake(
        "E0101", "a `,` is missing before `<found>`", "expected `,` or an operator", "",
        token="NAME NUMBER STRING true false ~ not", accepts="* , )", rejects=":", inside="(",
        examples=_in_model("x ~ Normal(0 1)", 'return f("a" b)'),
    ),
    Mistake(
        "E0101", "a `,` is missing before `<found>`", "expected `,` or an operator", "",
        token="NAME NUMBER STRING true false ~ not", accepts="* , ]", inside="[", examples=_in_model("return [1 2]", "return a[1 b]"),
    ),
    Mistake(
        "E0130", "a list of variables has parentheses", "several on the left", "to take a tuple apart write `let (a, b) = e`; draw each on its own line",
        token=",", accepts="~ := =", inside="{", examples=_in_model("x, y ~ Normal(0, 1)", "x, y = (1, 2)"),
    ),
    Mistake(
        "E0101", "statements are separated by `;` or a new line", "not by `,`", "write each statement on its own line",
        token=",", accepts="_NL }", rejects=", ~ =", inside="{",
        examples=_in_model("x ~ Normal(0, 1), y ~ Normal(0, 1)", "x := 3,", "return 1,"),
    ),
    Mistake(
        "E0101", "a new statement begins here without `;` or a new line before it", "second statement", "write each statement on its own line",
        token="return let var observe while for if match", accepts="_NL }", inside="{",
        examples=_in_model("x ~ Normal(0, 1) return x", "let y = 2 observe y ~ Normal(0, 1)", "x ~ Normal(0, 1) let z = x"),
    ),
    Mistake(
        "E0101", "a new statement begins here without `;` or a new line before it", "second statement", "write each statement on its own line",
        token="NAME", after=("~ = := [",), accepts="_NL }", rejects="~", inside="{",
        examples=_in_model("x ~ Normal(0, 1) y ~ Normal(0, 1)", "let z = 2 x[0] ~ Normal(0, 1)"),
    ),
    Mistake(
        "E0130", "a list of variables has parentheses", "several on the left", "to take a tuple apart write `let (a, b) = e`",
        token=",", start="let", accepts="= :", inside="{", examples=_in_model("let x, y = (1, 2)", "let a, b = f(3)"),
    ),
)  # fmt: skip
