"""The formatter: the tree stays, twice is once, comments stay, and a few layouts as golden text."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pplc.lang import syntax as s
from pplc.lang.document import HARD, Aside, Group, Line, Nest, layout
from pplc.lang.formatter import COLUMNS, format_expression, format_program, format_query, format_text
from pplc.lang.layout import MAX_NESTING
from pplc.lang.parse import parse, parse_expression, parse_query
from tests.lang.strategies import EXPRESSIONS, PROGRAMS, QUERIES

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("examples", "tests/programs/good", "tests/acceptance")
    for path in (ROOT / folder).rglob("*.ppl")
)

# Trees are large: an explained or shrunk failure would take minutes, and the text says enough.
FEW = settings(
    max_examples=60, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)


@FEW
@given(PROGRAMS)
def test_formatting_keeps_the_tree_and_formatting_twice_changes_nothing(program: s.Program) -> None:
    text = format_program(program)
    again = parse(text)
    assert again == program
    assert format_program(again) == text


@FEW
@given(EXPRESSIONS)
def test_a_formatted_expression_has_the_same_tree(expr: s.Expr) -> None:
    assert parse_expression(format_expression(expr)) == expr


@FEW
@given(QUERIES)
def test_a_formatted_query_has_the_same_tree(query: s.Query) -> None:
    assert parse_query(format_query(query)) == (query,)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_formatting_a_file_keeps_its_tree_and_every_comment(path: Path) -> None:
    program = parse(path.read_text(encoding="utf-8"))
    text = format_program(program)
    again = parse(text)
    assert again == program
    assert format_program(again) == text
    assert comments(again) == comments(program)


def comments(program: s.Program) -> Counter[str]:
    return Counter(comment.text.strip() for comment in program.comments)


UGLY = """\
# head
import   "lib.ppl"
model f(
  y:real[N], # outcomes

  # about x
  x : array[ N ]simplex[3]  #doses
  ,)->real{ # body
  # first


  x~Normal(0,   # mean
     1)  # end


  z ~ Normal(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb+ccccccccccccccccccccc*4)
  if a{ # why
    return 1 } # after
  else { return 2 }
  let k=map(fn(x){ # c
    let y=2; return y }, [1,2,3])
  let q = match u { A=>1  # one

    B=>{ return 1.50 }
    # last
  }
  w[i,j]~Poisson(rate+aaaaaaaaaaaaaaaaaaaa+bbbbbbbbbbbbbbbbbbbbb+cccccccccccccccccccc) for i in 0..3,j in 0..i
  factor((a+b)*-c^2-(-(-d)))
  # end of block
}
type S=|A # the a
  |B(r:real) # the b
density D ( a:real ) on positive = fn(x)=>-x
fn g(t:(real,int)?,u:[int], f:fn(real)->Model[int])=>t
query posterior(mu),prior I(mu;y|do(x=1),z>2), E[y|x]
#
# eof
"""

NEAT = """\
# head
import "lib.ppl"
model f(
  y: real[N],  # outcomes
  # about x
  x: array[N] simplex[3]  # doses
) -> real {  # body
  # first

  x ~ Normal(
    0,  # mean
    1
  )  # end

  z ~ Normal(
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb + ccccccccccccccccccccc * 4
  )
  if a {  # why
    return 1
  } else {  # after
    return 2
  }
  let k = map(fn (x) {  # c
    let y = 2
    return y
  }, [1, 2, 3])
  let q = match u {
    A => 1  # one

    B => { return 1.50 }
    # last
  }
  w[i, j] ~ Poisson(
    rate + aaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbb + cccccccccccccccccccc
  ) for i in 0..3, j in 0..i
  factor((a + b) * -c^2 - -(-d))
  # end of block
}
type S =
  | A  # the a
  | B(r: real)  # the b
density D(a: real) on positive = fn (x) => -x
fn g(t: (real, int)?, u: [int], f: fn(real) -> Model[int]) => t
query posterior(mu), prior I(mu; y | do(x = 1), z > 2), E[y | x]
#
# eof
"""


def test_an_ugly_file_becomes_neat() -> None:
    assert format_text(UGLY) == NEAT
    assert format_text(NEAT) == NEAT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("\n\n# only\n\n\n# these\n", "# only\n\n# these\n"),
        ("fn f()=>1\n\n\n\nfn g(){1}", "fn f() => 1\n\nfn g() { 1 }\n"),
        ("model m() { a;\n b }", "model m() {\n  a\n  b\n}\n"),
        ("model m() {}", "model m() {}\n"),
        ("model m() {\n # x\n}", "model m() {\n  # x\n}\n"),
        (
            "let x = if a { 1 } else { if b { 2 } else { 3 } }",
            "let x = if a { 1 } else { if b { 2 } else { 3 } }\n",
        ),
        ("let x = if a { 1 } else if b { 2 } else {3}", "let x = if a { 1 } else if b { 2 } else { 3 }\n"),
        ("let x = [1, # one\n 2]", "let x = [\n  1,  # one\n  2\n]\n"),
        ("let x = a + # why\n b", "# why\nlet x = a + b\n"),
        ("let x = f(a, b # last\n)", "let x = f(\n  a,\n  b  # last\n)\n"),
        ("let x = f(a,\n# lone\n)", "let x = f(\n  a\n  # lone\n)\n"),
        ('let x = "a\\u{e9}\\n"', 'let x = "a\\u{e9}\\n"\n'),
        ("let x = 1e6 + 0.50", "let x = 1e6 + 0.50\n"),
        ("type A = B # x\n# y", "type A = B  # x\n# y\n"),
    ],
)
def test_a_layout(before: str, after: str) -> None:
    assert format_text(before) == after
    assert format_text(after) == after


def test_lines_stay_within_the_width_where_they_can_be_broken() -> None:
    text = format_text(f"model m() {{ x ~ f({', '.join(f'argument_{i}' for i in range(40))}) }}\n")
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert format_text(text) == text


@pytest.mark.parametrize("unit", ["-", "[", "f(", "if a { ", "fn () => ", "match a { b => { ", "fn () { "])
def test_trees_at_the_limit_are_formatted_without_overflow(unit: str) -> None:
    closing = {"[": "]", "f(": ")", "if a { ": " }", "match a { b => { ": " } }", "fn () { ": " }"}.get(
        unit, ""
    )
    levels = {"-": 1, "[": 1}.get(unit, 3)
    depth = (MAX_NESTING - 10) // levels // (2 if unit.startswith("match") else 1)
    text = "let x = " + unit * depth + "a" + closing * depth
    assert parse(format_text(text)) == parse(text)


def test_a_group_is_broken_only_if_it_does_not_fit() -> None:
    doc = Group(("[", Nest((Line(""), "aaa", Line(" "), "bbb", Aside("  # c"))), Line(""), "]"))
    assert layout(doc, 9) == "[aaa bbb  # c]"
    assert layout(doc, 8) == "[\n  aaa\n  bbb  # c\n]"
    assert layout(Group(("a", HARD, "b", Line(" "), "c")), 80) == "a\nb c"
