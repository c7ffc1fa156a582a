"""The manual: Sphinx, Markdown by MyST, and the colours of the language."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, _TokenType
from sphinx.application import Sphinx


class ModelLexer(RegexLexer):
    """Colours for model files."""

    name = "ppl"
    aliases: ClassVar[list[str]] = ["ppl"]
    filenames: ClassVar[list[str]] = ["*.ppl"]
    tokens: ClassVar[dict[str, list[tuple[str, _TokenType] | tuple[words, _TokenType]]]] = {
        "root": [
            (r"#.*$", Comment.Single),
            (r'"(\\.|[^"\\\n])*"', String),
            (
                words(
                    (
                        *("model", "fn", "density", "type", "import", "query", "let", "var", "if", "else"),
                        *("match", "for", "in", "while", "return", "observe", "on", "array"),
                    ),
                    suffix=r"\b",
                ),
                Keyword,
            ),
            (words(("and", "or", "not"), suffix=r"\b"), Operator.Word),
            (words(("true", "false"), suffix=r"\b"), Keyword.Constant),
            (
                words(
                    (
                        *("bool", "int", "real", "positive", "unit", "string", "simplex", "ordered"),
                        *("unit_vector", "corr", "cov", "chol", "Model", "Dist", "Base"),
                    ),
                    suffix=r"\b",
                ),
                Keyword.Type,
            ),
            (r"\d+\.\d+([eE][+-]?\d+)?|\d+[eE][+-]?\d+", Number.Float),
            (r"\d+", Number.Integer),
            (r"[^\W\d]\w*(?=\()", Name.Function),
            (r"[^\W\d]\w*", Name),
            (r":=|=>|->|\.\.|==|!=|<=|>=|//|[-+*/%^@<>=~|?]", Operator),
            (r"[()\[\]{},;:.]", Punctuation),
            (r"\s+", Text),
        ]
    }


def setup(app: Sphinx) -> None:
    """Called by Sphinx: makes the language known to code blocks."""
    app.add_lexer("ppl", ModelLexer)


_PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]

project = "pplc"
author = copyright = "the pplc authors"
release = version = _PROJECT["version"]

extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath", "deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = "pplc"
