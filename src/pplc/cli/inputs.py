"""Data, single values and budgets from the command line."""

from __future__ import annotations

from argparse import Namespace
from fractions import Fraction

from pplc.data_files import Raw, Table, read, reject
from pplc.lang import syntax
from pplc.lang.parse import parse_expression
from pplc.semantics.bound import Budget
from pplc.semantics.values import Tagged


def tables(arguments: Namespace) -> list[Table]:
    """The files of `--data`, in order; standard input is read once."""
    if arguments.data.count("-") > 1:
        reject("E0308", "standard input can be read only once, but `--data -` was given twice")
    return [read(path) for path in arguments.data]


def settings(arguments: Namespace) -> Table | None:
    """The values of `--set`."""
    values: dict[str, Raw] = {}
    for setting in arguments.set:
        name, sign, text = setting.partition("=")
        name = name.strip()
        if not sign or not name.isidentifier():
            reject(
                "E0318", f"`--set {setting}` is not of the form `NAME=VALUE`", advice="as in `--set p=0.3`"
            )
        if name in values:
            reject("E0318", f"`--set` gives `{name}` twice")
        values[name] = literal(parse_expression(text, f"--set {name}"))
    return Table("--set", values) if values else None


def literal(expression: syntax.Expr) -> Raw:
    """The value of a literal: a number, truth value, string, list, tuple, record or constructor."""
    match expression:
        case syntax.Number(_, is_int) as number:
            return int(number.value) if is_int else number.value
        case syntax.Boolean() | syntax.String():
            return expression.value
        case syntax.Unary("-" | "+" as sign, syntax.Number() as number):
            value = int(number.value) if number.is_int else number.value
            return -value if sign == "-" else value
        case syntax.Binary("/", left, right):
            return _quotient(literal(left), literal(right), expression)
        case syntax.ListLiteral(items) | syntax.TupleLiteral(items):
            return [literal(item) for item in items]
        case syntax.RecordLiteral(fields):
            return {name: literal(value) for name, value in fields}
        case syntax.Name("missing"):
            return None
        case syntax.Name(name):
            return Tagged(name)
        case _:
            return _not_a_literal(expression)


def _quotient(left: Raw, right: Raw, expression: syntax.Expr) -> Raw:
    """A rational such as `1/3`."""
    if isinstance(left, int | Fraction) and isinstance(right, int | Fraction) and right != 0:
        return Fraction(left) / Fraction(right)
    return _not_a_literal(expression)


def _not_a_literal(expression: syntax.Expr) -> Raw:
    reject(
        "E0318",
        "the value of `--set` must be a literal",
        expression.span,
        "computes something",
        'numbers, `1/3`, `true`, "text", `[1, 2]`, `(a: 1)`, alternatives of a sum type',
    )


def budget(arguments: Namespace) -> Budget:
    """What a run may use up."""
    return Budget.of(arguments.max_steps, arguments.max_calls, getattr(arguments, "max_states", None))
