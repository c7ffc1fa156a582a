"""The registry of error and warning codes: each has a page in the manual and tests of its own.

E01xx syntax, E02xx names, types and shapes, E03xx data and options, E04xx run time, E05xx methods
that cannot handle a model, E06xx queries; warnings begin with `W`. A code is never used again for
another mistake. To add one, write its entry into the section of its area; `pplc.lang.diagnostics`
says what a message must be like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """What the manual says of a code.

    title:       the mistake in a few words.
    explanation: why it is one, and what to do.
    example:     a program (or a command, data, a query) with the mistake, as short as can be.
    """

    title: str
    explanation: str
    example: str


# ------------------------------------------------------------------ E01xx: syntax and files

SYNTAX: Final[dict[str, Code]] = {
    "E0101": Code(
        "unexpected word or sign",
        "The text cannot be read at this place. The message lists what could stand there.",
        "model f() { x ~ Normal(0 1) }",
    ),
    "E0102": Code(
        "bracket never closed",
        "Every `(`, `[` and `{` needs its partner. The caret stands at the one that was opened and not closed.",
        "model f() { x ~ Normal(0, 1\n  return x }",
    ),
    "E0103": Code("bracket closes nothing", "A `)`, `]` or `}` stands where no such bracket is open.", "model f() { return 1 } }"),
    "E0104": Code(
        "bad string",
        "A string stands in double quotes on one line. Its escapes are `\\n \\t \\r \\\" \\\\ \\uXXXX \\u{X…}`.",
        'let s = "open',
    ),
    "E0105": Code("unexpected character", "A character that no name, number or sign begins with.", "let x = 3 € 4"),
    "E0106": Code(
        "badly written number",
        "A decimal has a digit before and after its point, as in `0.5` and `1.0`; digits are not grouped by `_`.",
        "let x = .5",
    ),
    "E0107": Code("number out of range", "A literal has at most 400 digits and lies between 1e-400 and 1.79e308.", "let x = 1e999"),
    "E0108": Code("nested too deep", "Brackets and expressions nest at most 200 deep. Name parts with `let`.", "(((…)))"),
    "E0109": Code("file too large", "A model file has at most a million characters. Numbers belong in data files.", ""),
    "E0110": Code(
        "reserved word used as a name",
        "The words `model fn density type import query let var if else match for in while return observe and or not"
        " true false on array` cannot be names.",
        "let model = 3",
    ),
    "E0111": Code(
        "operator of another language",
        "`and or not`, `^`, `x = x + 1`, `if c { a } else { b }` stand for what other languages write `&& || !`, `**`, `+=`, `?:`.",
        "let x = a && b",
    ),
    "E0112": Code(
        "draw written with another sign",
        "A draw is `x ~ law`. `x = law` names the law and draws nothing; `<-` and `= ~` are not used.",
        "model f() { x <- Normal(0, 1) }",
    ),
    "E0113": Code(
        "`=` and `==` confused",
        "`==` compares, `=` assigns to a `var` or names an argument, `let x = e` gives a name.",
        "model f(a: int) { if a = 1 { return 2 } }",
    ),
    "E0114": Code("nothing where a value is needed", "A sign such as `~`, `=` or `+` needs something on its right.", "model f() { x ~ }"),
    "E0115": Code(
        "block without braces",
        "What `if`, `else`, `for`, `while`, `fn` and `model` govern stands in `{ }`; no `then`, `:` or indentation.",
        "model f(a: bool) { if a then return 1 }",
    ),
    "E0116": Code(
        "badly written loop",
        "A loop is `for i in 0..N { … }`: no parentheses, a half-open range `a..b`, which leaves out `b`.",
        "model f() { for i in 0:3 { x ~ Normal(0, 1) } }",
    ),
    "E0117": Code(
        "word of another language",
        "`else if`, `fn`, `let`, `true`, `match` stand for what other languages call `elif`, `def`, `lambda`, `const`, `True`, `switch`.",
        "def f(x) { return x }",
    ),
    "E0118": Code(
        "declaration in the style of Stan or C",
        "A parameter of the model is drawn, `x ~ Normal(0, 1)`, and data are parameters of the model, `model f(y: real[N])`.",
        "model f() { real x; }",
    ),
    "E0119": Code("statement inside an expression", "`return`, `let`, `var`, `observe`, `while` begin a statement; they give no value.", "let x = return 3"),
    "E0120": Code("function or model without a body", "Write `fn f(x: real) => e`, or a block in braces.", "fn f(x: real)"),
    "E0121": Code(
        "statement or item in the wrong place",
        "Outside of models stand `model fn density type import query let`; inside of blocks stand statements.",
        "x ~ Normal(0, 1)",
    ),
    "E0122": Code("left side is no variable", "Left of `~`, `=` and `:=` stands a variable, perhaps with indices.", "model f() { f(2) = 3 }"),
    "E0123": Code("badly written type", "Sizes stand after a type, as in `real[N, M]`; `array[N] T` is for any other `T`.", "model f(y: array real[3]) { }"),
    "E0124": Code("badly written query", "Events compare with `==`; `do(x = 1)` and conditions stand after `|`, groups are separated by `;`.", "query P(x = 1)"),
    "E0125": Code("imported file not found", "The path is relative to the file that imports; it ends in `.ppl`.", 'import "none.ppl"'),
    "E0126": Code("import from outside", "A model file may import only files in its own folder and below; links do not help.", 'import "../x.ppl"'),
    "E0127": Code("files import each other", "Imports must not form a circle.", 'import "self.ppl"'),
    "E0128": Code("file is not text", "A model file is UTF-8 text.", ""),
    "E0129": Code("unclear chain", "`a..b..c` has no meaning.", "let x = 1..2..3"),
    "E0130": Code("mixed brackets", "`(a: 1, b: 2)` is a record, `(1, 2)` a tuple; one bracket cannot be both.", "let x = (a: 1, 2)"),
}

# ------------------------------------------------------------------ E02xx: names, types, shapes, arity

NAMES: Final[dict[str, Code]] = {}

# ------------------------------------------------------------------ E03xx and W03xx: data and options

DATA: Final[dict[str, Code]] = {}

# ------------------------------------------------------------------ E04xx: run time

RUN: Final[dict[str, Code]] = {}

# ------------------------------------------------------------------ E05xx: methods

METHODS: Final[dict[str, Code]] = {}

# ------------------------------------------------------------------ E06xx: queries

QUERIES: Final[dict[str, Code]] = {}

CODES: Final[dict[str, Code]] = SYNTAX | NAMES | DATA | RUN | METHODS | QUERIES
"""All of them, by code."""
