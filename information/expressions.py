"""Expressions of queries: their value in one world, that is, given the variables of one run.

The operations are those of the semantics, so that a query computes what the same text in a model would.
Names are the reported variables (`theta`, `f.slope`, `z[3]`, as addresses are shown), the model's
parameters, and the program's functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from pplc.inference.collect import is_box
from pplc.inference.continuous.piece import NOTHING, Piece
from pplc.inference.joint import ELEMENT, assemble, plain
from pplc.inference.result import Index
from pplc.inference.sites import sites
from pplc.lang import core, syntax
from pplc.lang.check_answerable import cannot_be_asked
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.functions import FUNCTIONS
from pplc.lang.lower_arguments import law_places
from pplc.lang.suggest import did_you_mean
from pplc.semantics.evaluate import located
from pplc.semantics.laws import make_law
from pplc.semantics.laws_base import is_opaque
from pplc.semantics.primitives import PRIMITIVES
from pplc.semantics.values import (
    Fault,
    FunctionValue,
    MemoFunction,
    Record,
    Tagged,
    Value,
    show_address,
)

BINARY = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floordiv", "%": "mod", "^": "pow", "@": "matmul",
}  # fmt: skip
COMPARE = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


@dataclass(frozen=True)
class World:
    """What an expression may speak of.

    values: every variable by its name as shown, whole arrays as nested tuples; parameters as well.
    call:   runs a function of the program.
    exact:  numbers are `Fraction`s.
    absent: variables that other runs define and this one does not.
    piece:  the density over the continuous variables that values depend on.
    """

    program: core.Program
    values: Mapping[str, Value]
    call: Callable[[FunctionValue, tuple[Value, ...]], Value]
    exact: bool
    absent: frozenset[str] = frozenset()
    piece: Piece = NOTHING


def path(expression: syntax.Expr) -> str | None:
    """The address that an expression spells, such as `f.z[0, 3]`; None if it spells none.

    >>> path(syntax.Member(syntax.Name("f"), "slope"))
    'f.slope'
    """
    match expression:
        case syntax.Name(name):
            return name
        case syntax.Member(base, name):
            inner = path(base)
            return None if inner is None else f"{inner}.{name}"
        case syntax.Index(base, indices):
            inner = path(base)
            shown = [_literal(index) for index in indices]
            if inner is None or None in shown:
                return None
            return f"{inner}[{', '.join(text for text in shown if text is not None)}]"
        case _:
            return None


def _literal(expression: syntax.Expr) -> str | None:
    match expression:
        case syntax.Number(_, True) as number:
            return str(number.value)
        case syntax.String(value):
            return f'"{value}"'
        case _:
            return None


def mentioned(expression: syntax.Expr) -> Iterator[str]:
    """The longest paths that an expression spells: the variables it may read.

    >>> from decimal import Decimal
    >>> element = syntax.Index(syntax.Name("z"), (syntax.Number(Decimal(3), True),))
    >>> list(mentioned(element))
    ['z[3]']
    """
    spelled = path(expression)
    if spelled is not None:
        yield spelled
        return
    match expression:
        case syntax.Member(base, _) | syntax.Index(base, _):
            yield from mentioned(base)
        case _:
            pass
    yield from (name for part in _parts(expression) for name in mentioned(part))


def drawn_functions(expression: syntax.Expr, program: core.Program) -> frozenset[str]:
    """The paths of what an expression calls, neither of the program nor of the library: `f` in `f(6.0)`."""
    constructors = (name for names in program.sums.values() for name in names)
    library = {*PRIMITIVES, *FUNCTIONS, *FAMILIES, *COMBINATORS, *program.functions, *constructors}
    return frozenset(_called(expression)) - library


def _called(expression: syntax.Expr) -> Iterator[str]:
    if isinstance(expression, syntax.Call):
        spelled = path(expression.function)
        if spelled is not None:
            yield spelled
    if isinstance(expression, syntax.Member | syntax.Index):
        yield from _called(expression.base)
    yield from (name for part in _parts(expression) for name in _called(part))


def _parts(expression: syntax.Expr) -> Iterator[syntax.Expr]:
    match expression:
        case syntax.Unary(_, operand):
            yield operand
        case syntax.Binary(_, left, right) | syntax.Range(left, right):
            yield from (left, right)
        case syntax.Compare(first, rest):
            yield first
            yield from (operand for _, operand in rest)
        case syntax.Call(function, arguments):
            yield function
            yield from (argument.value for argument in arguments)
        case syntax.Index(_, indices):
            yield from indices
        case syntax.ListLiteral(items) | syntax.TupleLiteral(items):
            yield from items
        case syntax.RecordLiteral(fields):
            yield from (value for _, value in fields)
        case syntax.Comprehension(element, clauses, condition):
            yield element
            yield from (clause.iterable for clause in clauses)
            if condition is not None:
                yield condition
        case syntax.IfExpr(condition, then, orelse):
            yield condition
            yield from (
                block.value for block in (then, orelse) if block is not None and block.value is not None
            )
        case _:
            pass


# ------------------------------------------------------------------ values


def evaluate(expression: syntax.Expr, world: World) -> Value:
    """The value of an expression in a world; errors point into the query."""
    try:
        return _value(expression, world)
    except Fault as fault:
        raise located(fault, expression.span) from None


def _operate(op: str, world: World, *arguments: Value) -> Value:
    return PRIMITIVES[op]((), world.exact, *arguments)


def _value(expression: syntax.Expr, world: World) -> Value:
    spelled = path(expression)
    if spelled is not None and plain(spelled) in world.values:
        return world.values[plain(spelled)]
    match expression:
        case syntax.Number(_, is_int) as number:
            return int(number.value) if is_int else number.value if world.exact else float(number.value)
        case syntax.Boolean() | syntax.String():
            return expression.value
        case syntax.Name(name):
            return _named(name, expression, world)
        case syntax.Unary("not", operand):
            return _operate("not", world, _value(operand, world))
        case syntax.Unary(op, operand):
            value = _value(operand, world)
            return _operate("neg", world, value) if op == "-" else value
        case syntax.Binary("and", left, right):
            return _truth(left, world) and _truth(right, world)
        case syntax.Binary("or", left, right):
            return _truth(left, world) or _truth(right, world)
        case syntax.Binary(op, left, right):
            return _operate(BINARY[op], world, _value(left, world), _value(right, world))
        case syntax.Compare(first, rest):
            return _compare(first, rest, world)
        case syntax.Range(low, high):
            return _operate("range", world, _value(low, world), _value(high, world))
        case syntax.Call(function, arguments):
            return _call(function, arguments, world)
        case syntax.Index(base, indices):
            found = None if spelled is None else _part(plain(spelled), world)
            if found is not None:
                return found
            if isinstance(base, syntax.Name) and _without_elements(base.name, world):
                raise _no_element(base.name, expression)
            return _operate("index", world, _value(base, world), *(_value(i, world) for i in indices))
        case syntax.Member(base, name):
            return PRIMITIVES["field"]((name,), world.exact, _value(base, world))
        case syntax.ListLiteral(items) | syntax.TupleLiteral(items):
            return tuple(_value(item, world) for item in items)
        case syntax.RecordLiteral(fields):
            return Record(tuple(n for n, _ in fields), tuple(_value(v, world) for _, v in fields))
        case syntax.IfExpr(condition, syntax.Block((), then), syntax.Block((), orelse)) if then and orelse:
            return _value(then if _truth(condition, world) else orelse, world)
        case syntax.Comprehension(element, clauses, condition):
            return tuple(_value(element, inner) for inner in _rounds(clauses, condition, world))
        case _:
            raise _refused(expression)


def _part(name: str, world: World) -> Value | None:
    """An element whose array, or the array whose elements, the world has by another name; None if neither.

    What is asked for as `x[1, 0]` or `x[1][0]` may be the entry 0 of a value that was drawn as `x[1]`, and
    the row `x[1]` may have been drawn entry after entry, as `x[1, 0]` and `x[1, 1]`.
    """
    spelled = ELEMENT.fullmatch(name)
    if spelled is None or spelled[1] in world.values:
        return None
    whole, indices = spelled[1], spelled[2].split(", ")
    for length in reversed(range(1, len(indices) + 1)):
        around = world.values.get(f"{whole}[{', '.join(indices[:length])}]")
        if around is not None:
            places = indices[length:]
            return _operate("index", world, around, *map(int, places)) if places else around
    below: dict[Index, Value] = {}
    for other, value in world.values.items():
        element = ELEMENT.fullmatch(other)
        if element is not None and other.startswith(f"{name[:-1]}, "):
            below[tuple(map(int, element[2].split(", ")[len(indices) :]))] = value
    return assemble(below) if below and is_box(below) else None


def _without_elements(name: str, world: World) -> bool:
    """Whether an array of the model has no element that was asked for, and none in other runs either."""
    begins = (f"{name}[", f"{name}.")
    known = any(other == name or other.startswith(begins) for other in (*world.values, *world.absent))
    return not known and name in sites(world.program)


def _no_element(name: str, expression: syntax.Expr) -> Rejected:
    """The error of an index that an array of the model does not have."""
    message = f"`{name}` has no element with this index"
    return Rejected(Diagnostic("E0601", message, expression.span, "no such element"))


def _rounds(
    clauses: tuple[syntax.Clause, ...], condition: syntax.Expr | None, world: World
) -> Iterator[World]:
    if not clauses:
        if condition is None or _truth(condition, world):
            yield world
        return
    first, *rest = clauses
    if not isinstance(first.pattern, syntax.Bind):
        raise _refused(first.iterable)
    items = _value(first.iterable, world)
    for item in items if isinstance(items, tuple | range) else ():
        inner = replace(world, values={**world.values, first.pattern.name: item})
        yield from _rounds(tuple(rest), condition, inner)


def _refused(expression: syntax.Expr) -> Rejected:
    return Rejected(cannot_be_asked(expression))


def _named(name: str, expression: syntax.Expr, world: World) -> Value:
    if any(name in constructors for constructors in world.program.sums.values()):
        return Tagged(name)
    if name in PRIMITIVES:
        return _operate(name, world)  # a constant, such as `pi`
    if any(other == name or other.startswith((f"{name}[", f"{name}.")) for other in world.absent):
        raise Rejected(
            Diagnostic(
                "E0610",
                f"not every run of the model defines `{name}`",
                expression.span,
                "undefined in some runs",
                "ask for the value the model returns, or condition on the branch that defines it",
            )
        )
    raise Rejected(
        Diagnostic(
            "E0601",
            f"the model has no variable `{name}`",
            expression.span,
            "unknown here",
            did_you_mean(name, world.values)
            or "a query speaks of draws, `let`s and parameters of the entry model",
        )
    )


def not_asked(asked: str, function: syntax.Expr) -> Rejected:
    """The error of a drawn function that some runs do not have, or, memoised, do not ask this."""
    return Rejected(
        Diagnostic(
            "E0610",
            f"not every run of the model defines `{asked}`",
            function.span,
            "undefined in some runs",
            "a memoised function has the values that the model asks for; ask for it in the model",
        )
    )


def _truth(expression: syntax.Expr, world: World) -> bool:
    value = _value(expression, world)
    if not isinstance(value, bool):
        raise Rejected(
            Diagnostic(
                "E0602",
                "an event must be true or false",
                expression.span,
                "not a truth value",
                "compare it with something, as in `x > 0`",
            )
        )
    return value


def _compare(
    first: syntax.Expr, rest: tuple[tuple[syntax.CompareOp, syntax.Expr], ...], world: World
) -> bool:
    left = _value(first, world)
    for op, operand in rest:
        right = _value(operand, world)
        if _operate(COMPARE[op], world, left, right) is not True:
            return False
        left = right
    return True


def _call(function: syntax.Expr, given: tuple[syntax.Argument, ...], world: World) -> Value:
    name = function.name if isinstance(function, syntax.Name) else ""
    if name == "values":
        return _every_value(given, world)
    arguments = tuple(_value(argument.value, world) for argument in given)
    if name in FAMILIES or name in COMBINATORS:
        fitting, parametrisation = law_places(name, given)
        placed = [None if place is None else arguments[place] for place in fitting]
        return make_law(name, placed, parametrisation, exact=world.exact, call=world.call)
    definition = world.program.functions.get(name)
    if definition is not None and definition.kind == "fn":
        return world.call(FunctionValue(definition), _in_order(definition, given, arguments))
    spelled = path(function) or ""
    value = world.values.get(spelled)
    if isinstance(value, FunctionValue) and value.function.kind == "fn":
        return world.call(value, _in_order(value.function, given, arguments))
    asked = show_address((spelled, arguments))
    if asked in world.values:  # what a memoised function was asked in this run
        return world.values[asked]
    others = any(known.startswith(f"{spelled}[") for known in (*world.values, *world.absent))
    if isinstance(value, MemoFunction) or spelled in world.absent or (spelled and others):
        raise not_asked(asked, function)
    if any(name in constructors for constructors in world.program.sums.values()):
        return Tagged(name, arguments)
    if name in PRIMITIVES:
        return _operate(name, world, *arguments)
    raise _refused(function)


def _every_value(given: tuple[syntax.Argument, ...], world: World) -> Value:
    """`values(Shape)`: the alternatives of a sum type, which carry nothing."""
    match given:
        case (syntax.Argument(syntax.Name(kind)),) if kind in world.program.sums:
            return tuple(map(Tagged, world.program.sums[kind]))
        case _:
            raise _refused(given[0].value)


def _in_order(
    function: core.Function, given: tuple[syntax.Argument, ...], values: tuple[Value, ...]
) -> tuple[Value, ...]:
    """The arguments in the order of the parameters; some may have been given by name."""
    named = {argument.name: value for argument, value in zip(given, values, strict=True) if argument.name}
    by_place = [value for argument, value in zip(given, values, strict=True) if not argument.name]
    return (*by_place, *(named[parameter] for parameter in function.parameters[len(by_place) :]))


def datum(expression: syntax.Expr, world: World) -> Value:
    """The value of an expression that is no function, model or law: these have no table."""
    value = evaluate(expression, world)
    if is_opaque(value):
        raise _refused(expression)
    return value


def event(expression: syntax.Expr, world: World) -> bool:
    """Whether an event holds in a world."""
    try:
        return _truth(expression, world)
    except Fault as fault:
        raise located(fault, expression.span) from None


def numbers(expression: syntax.Expr, world: World) -> dict[Index, Fraction | float]:
    """The value of a number, under the index `()`, or of an array of numbers, by index.

    Truth values count as 0 and 1.
    """
    return dict(entries(evaluate(expression, world), (), expression, exact=world.exact))


def entries(
    value: Value, index: Index, expression: syntax.Expr, *, exact: bool
) -> Iterator[tuple[Index, Fraction | float]]:
    """The numbers in a value, by index, from an index on."""
    if isinstance(value, tuple | range):
        for k, item in enumerate(value):
            yield from entries(item, (*index, k), expression, exact=exact)
    elif isinstance(value, bool | int):
        yield index, Fraction(int(value)) if exact else float(value)
    elif isinstance(value, float | Fraction):
        yield index, value
    else:
        raise Rejected(
            Diagnostic("E0603", "moments and quantiles need numbers", expression.span, "not a number")
        )


def same_length(expression: syntax.Expr, rows: Iterable[Mapping[Index, object]]) -> None:
    """Refuses moments of lists that are not equally long in every run."""
    if len({tuple(row) for row in rows}) > 1:
        raise Rejected(
            Diagnostic(
                "E0603",
                "moments and quantiles of a list need it to be equally long in every run",
                expression.span,
                "of different lengths",
                "ask for one element, or for the `posterior` of the list",
            )
        )
