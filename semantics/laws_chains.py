"""Functions as chains of steps that can be undone one by one, read from the outside in.

Each operation that holds the argument in one place is inverted; |dx/dy| is the product of the steps' own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pplc.lang import core
from pplc.semantics.laws_base import log_of, nothing, number
from pplc.semantics.laws_monotone import Step
from pplc.semantics.measure import times
from pplc.semantics.number import LogWeight
from pplc.semantics.primitives_arithmetic import add, div, magnitude, mul, neg, power, sub, to_float
from pplc.semantics.primitives_functions import to_real
from pplc.semantics.values import Fault, FunctionValue, Number, Value

Evaluate: TypeAlias = Callable[[core.Expr, Mapping[str, Value]], Value]
Preimages: TypeAlias = "list[tuple[Number, LogWeight]]"
"""Arguments that give a value, each with log |d argument / d value|."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps from the value of a function back to its argument.

    steps: outermost first; each is an operation, the place of the argument in it, and what stands
           in its other place, if it has one.
    """

    steps: tuple[Step, ...]

    def preimages(self, value: Number, *, exact: bool) -> Preimages:
        """The arguments that the chain takes to `value`."""
        found: Preimages = [(value, log_of(1, exact))]
        for operation, place, other in self.steps:
            found = [
                (x, times(weight, more))
                for y, weight in found
                for x, more in _undone(operation, place, other, y, exact=exact)
            ]
        return found


def chain_of(function: FunctionValue, evaluate: Evaluate) -> Chain:
    """The steps back from the value to the argument; a `Fault` that says what cannot be undone."""
    definition = function.function
    if len(definition.parameters) != 1:
        raise not_invertible("it does not take one argument")
    env: dict[str, Value] = dict(zip(definition.captured, function.captured, strict=True))
    moving: dict[str, core.Expr | None] = {definition.parameters[0]: None}
    for statement in definition.body:
        match statement:
            case core.Let(name, value) if _moves(value, moving):
                moving[name] = value
            case core.Let(name, value):
                env[name] = evaluate(value, env)
            case core.Return(value):
                return Chain(tuple(_steps(value, moving, env, evaluate)))
            case _:
                break
    raise not_invertible("its body is more than one expression")


def _moves(expression: core.Expr, moving: Mapping[str, object]) -> bool:
    """Whether an expression depends on the argument."""
    match expression:
        case core.Variable(name):
            return name in moving
        case core.Prim(_, args):
            return any(_moves(arg, moving) for arg in args)
        case core.Cond(test, then, orelse):
            return any(_moves(part, moving) for part in (test, then, orelse))
        case core.Law(_, args):
            return any(arg is not None and _moves(arg, moving) for arg in args)
        case core.Closure(_, captured):
            return any(name in moving for name in captured)
        case core.Literal() | core.Global():
            return False


def _steps(
    expression: core.Expr,
    moving: Mapping[str, core.Expr | None],
    env: Mapping[str, Value],
    evaluate: Evaluate,
) -> list[Step]:
    steps: list[Step] = []
    at: core.Expr | None = expression
    while at is not None:
        match at:
            case core.Variable(name) if name in moving:
                at = moving[name]
            case core.Prim(op, args):
                places = [place for place, arg in enumerate(args) if _moves(arg, moving)]
                if not places:
                    raise not_invertible("its value does not depend on its argument")
                if len(places) > 1:
                    raise not_invertible("its argument stands on both sides of an operation")
                if op not in _ONE_ARGUMENT and (op not in _TWO_ARGUMENTS or len(args) != 2):
                    raise not_invertible(f"`{op}` cannot be undone")
                other: Number | None = None
                if len(args) == 2:
                    other = number(evaluate(args[1 - places[0]], env), "Transformed")
                if _is_constant(op, places[0], other):
                    raise not_invertible("its value does not depend on its argument")
                steps.append((op, places[0], other))
                at = args[places[0]]
            case core.Cond():
                raise not_invertible("it chooses between two cases")
            case _:
                raise not_invertible("its value does not depend on its argument")
    return steps


def _is_constant(op: str, place: int, other: Number | None) -> bool:
    match op, place:
        case ("mul", _) | ("pow", 0):
            return other == 0
        case ("div", 0):
            return other == 0
        case ("div", 1):
            return other == 0
        case ("pow", 1):
            return other is not None and (other <= 0 or other == 1)
        case _:
            return False


def not_invertible(why: str) -> Fault:
    """The error that says why a function has no inverse here."""
    return Fault(
        "E0523",
        f"the function of `Transformed` cannot be inverted: {why}",
        "not invertible",
        "it must be a chain of functions such as `a + b * x`, `exp`, `log`, `sqrt`, `sigmoid`, powers;"
        " or draw x and return f(x) from a model",
    )


# ------------------------------------------------------------------ undoing one operation

_ONE_ARGUMENT = frozenset(
    {"neg", "exp", "log", "log1p", "expm1", "sqrt", "sigmoid", "logit", "tanh", "atan", "abs", "real"}
)
_TWO_ARGUMENTS = frozenset({"add", "sub", "mul", "div", "pow"})


def _undone(op: str, place: int, other: Number | None, y: Number, *, exact: bool) -> Preimages:
    """The arguments that `op` takes to y, with log |dx/dy|; empty where y is no value of it."""
    if other is not None:
        return _undone_arithmetic(op, place, other, y, exact=exact)
    if op == "neg":
        return [(neg(exact, y), log_of(1, exact))]
    if op == "real":
        return [(to_real(exact, y), log_of(1, exact))]
    if op == "abs":
        if y < 0:
            return []
        return [(x, log_of(1, exact)) for x in ((y,) if y == 0 else (y, -y))]
    if op == "sqrt":
        return [(mul(exact, y, y), log_of(2 * y, exact))] if y >= 0 else []
    return [(x, log_slope) for x, log_slope in _undone_transcendental(op, to_float(y))]


def _undone_arithmetic(op: str, place: int, c: Number, y: Number, *, exact: bool) -> Preimages:
    one = log_of(1, exact)
    match op, place:
        case ("add", _):
            return [(sub(exact, y, c), one)]
        case ("sub", 0):
            return [(add(exact, y, c), one)]
        case ("sub", _):
            return [(sub(exact, c, y), one)]
        case ("mul", _):
            return [(div(exact, y, c), log_of(div(exact, 1, magnitude(c)), exact))]
        case ("div", 0):
            return [(mul(exact, y, c), log_of(magnitude(c), exact))]
        case ("div", _):
            return (
                []
                if y == 0
                else [(div(exact, c, y), log_of(div(exact, magnitude(c), mul(exact, y, y)), exact))]
            )
        case ("pow", 0):
            return _roots(c, y, exact=exact)
        case _:
            at, base = to_float(y), math.log(c)
            return [(math.log(at) / base, -math.log(at) - math.log(abs(base)))] if at > 0 else []


def _roots(c: Number, y: Number, *, exact: bool) -> Preimages:
    """The x with x^c = y: two for an even c and y > 0, one for an odd c or one that is no integer."""
    whole = int(c) if c == math.floor(c) else None
    if whole == 1:
        return [(y, log_of(1, exact))]
    if y == 0:
        # The slope there is infinite or zero; only an atom at 0 counts.
        return [(y, nothing(exact))] if c > 0 else []
    if y < 0 and (whole is None or whole % 2 == 0):
        return []
    height = magnitude(y)
    if whole == -1:
        size, log_slope = div(exact, 1, height), log_of(power(exact, y, -2), exact)
    else:
        logarithm = math.log(to_float(height)) / to_float(c)
        size = math.pow(to_float(height), 1 / to_float(c))
        log_slope = logarithm - math.log(to_float(height)) - math.log(abs(to_float(c)))
    if whole is not None and whole % 2 == 0:
        return [(size, log_slope), (-size, log_slope)]
    return [(size if y > 0 else -size, log_slope)]


def _undone_transcendental(op: str, y: float) -> list[tuple[float, float]]:
    match op:
        case "exp":
            return [(math.log(y), -math.log(y))] if y > 0 else []
        case "log":
            return [(math.exp(y), y)] if y < 709 else []
        case "log1p":
            return [(math.expm1(y), y)] if y < 709 else []
        case "expm1":
            return [(math.log1p(y), -math.log1p(y))] if y > -1 else []
        case "sigmoid":
            return [(math.log(y) - math.log1p(-y), -math.log(y) - math.log1p(-y))] if 0 < y < 1 else []
        case "logit":
            # log s(1 - s) for s = 1 / (1 + e^-y), even in y.
            return [(_logistic(y), -abs(y) - 2 * math.log1p(math.exp(-abs(y))))]
        case "tanh":
            return [(math.atanh(y), -math.log1p(-y) - math.log1p(y))] if -1 < y < 1 else []
        case _:
            if not -math.pi / 2 < y < math.pi / 2:
                return []
            return [(math.tan(y), -2 * math.log(math.cos(y)))]


def _logistic(y: float) -> float:
    return 1 / (1 + math.exp(-y)) if y >= 0 else math.exp(y) / (1 + math.exp(y))
