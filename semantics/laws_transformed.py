"""`Transformed(d, f)`: the law of f(x), for f a chain of functions that can be undone one by one.

The density at y is the sum over the preimages x of y of the density at x times |dx/dy|. The body of
f is read from the outside in: each operation that holds the argument in one place is inverted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from pplc.lang import core
from pplc.semantics.faults import unavailable
from pplc.semantics.laws_base import Call, LawValue, Masses, is_nothing, log_of, nothing, number
from pplc.semantics.laws_finite import finite_law
from pplc.semantics.laws_monotone import Step, Threshold, threshold
from pplc.semantics.laws_scalar import bare, log_atom, log_difference, log_interval, scalar, search_quantile
from pplc.semantics.measure import share, times, total
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.primitives_arithmetic import add, div, magnitude, mul, neg, power, sub, to_float
from pplc.semantics.primitives_functions import to_real
from pplc.semantics.values import Fault, FunctionValue, Number, Value

if TYPE_CHECKING:
    from pplc.semantics.source import Source

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


@dataclass(frozen=True, slots=True)
class Transformed(LawValue):
    """The law of `function(x)` for x drawn from `base`."""

    base: LawValue
    function: FunctionValue
    chain: Chain
    call: Call = field(compare=False, repr=False)
    exact: bool

    def describe(self) -> str:
        return f"`Transformed({bare(self.base)}, …)`"

    @property
    def discrete(self) -> bool:
        return self.base.discrete

    def draw(self, source: Source) -> Value:
        return self.call(self.function, (self.base.draw(source),))

    def weigh(self, value: Value) -> tuple[LogWeight, int]:
        found: list[tuple[LogWeight, int]] = []
        for x, jacobian in self.chain.preimages(number(value, self.describe()), exact=self.exact):
            at: Number | None = _whole(x) if self.discrete else x
            if at is None:
                continue
            weight, dimension = self.base.weigh(at)
            found.append((times(weight, jacobian) if dimension else weight, dimension))
        positive = [(weight, dimension) for weight, dimension in found if not is_nothing(weight)]
        if not positive:
            return nothing(self.exact), 0 if self.discrete else 1
        lowest = min(dimension for _, dimension in positive)
        return total(weight for weight, dimension in positive if dimension == lowest), lowest

    def atoms(self) -> Masses:
        return [(self.call(self.function, (x,)), weight) for x, weight in self.base.atoms()]

    def log_cdf(self, x: Value) -> float:
        at, rises = self._threshold("logcdf", x)
        if math.isinf(at):
            return 0.0 if (at > 0) == rises else -math.inf
        return self.base.log_cdf(at) if rises else float(log_interval(self.base, at, None))

    def log_ccdf(self, x: Value) -> float:
        at, rises = self._threshold("logccdf", x)
        if math.isinf(at):
            return -math.inf if (at > 0) == rises else 0.0
        if rises:
            return self.base.log_ccdf(at)
        return log_difference(self.base.log_cdf(at), float(log_atom(self.base, at)))

    def _threshold(self, member: str, x: Value) -> Threshold:
        found = threshold(self.chain.steps, number(x, self.describe()))
        if found is None:
            raise unavailable(member, self.describe(), "its function does not rise or fall throughout")
        return found

    def quantile(self, p: Number) -> Value:
        if self._threshold("quantile", 0.5).rises:
            return self.call(self.function, (self.base.quantile(p),))
        return search_quantile(self, p)

    def mean(self) -> Value:
        if any(step not in _AFFINE for step, _, _ in self.chain.steps):
            self.refuse("mean")
        return self.call(self.function, (self.base.mean(),))


_AFFINE = frozenset({"add", "sub", "mul", "neg", "real"})


def _whole(x: Number) -> int | None:
    return int(x) if x == math.floor(x) else None


def transformed(base: LawValue, function: Value, *, exact: bool, call: Call, evaluate: Evaluate) -> LawValue:
    """`Transformed(base, function)`; finite laws may go through any function."""
    if not isinstance(function, FunctionValue):
        raise _not_invertible("it is not a function of the program")
    table = base.masses()
    if table is not None:
        image: dict[Value, list[LogWeight]] = {}
        for x, weight in table:
            image.setdefault(call(function, (x,)), []).append(weight)
        whole: LogWeight = LogRat(Fraction(1)) if base.exact else 0.0
        masses = {value: share(total(weights), whole) for value, weights in image.items()}
        return finite_law(masses, f"Transformed({bare(base)}, …)")
    chain = chain_of(function, evaluate)
    return Transformed(scalar("Transformed", base), function, chain, call, exact and base.exact)


def chain_of(function: FunctionValue, evaluate: Evaluate) -> Chain:
    """The steps back from the value to the argument; a `Fault` that says what cannot be undone."""
    definition = function.function
    if len(definition.parameters) != 1:
        raise _not_invertible("it does not take one argument")
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
    raise _not_invertible("its body is more than one expression")


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
                    raise _not_invertible("its value does not depend on its argument")
                if len(places) > 1:
                    raise _not_invertible("its argument stands on both sides of an operation")
                if op not in _ONE_ARGUMENT and (op not in _TWO_ARGUMENTS or len(args) != 2):
                    raise _not_invertible(f"`{op}` cannot be undone")
                other: Number | None = None
                if len(args) == 2:
                    other = number(evaluate(args[1 - places[0]], env), "Transformed")
                if _is_constant(op, places[0], other):
                    raise _not_invertible("its value does not depend on its argument")
                steps.append((op, places[0], other))
                at = args[places[0]]
            case core.Cond():
                raise _not_invertible("it chooses between two cases")
            case _:
                raise _not_invertible("its value does not depend on its argument")
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


def _not_invertible(why: str) -> Fault:
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
