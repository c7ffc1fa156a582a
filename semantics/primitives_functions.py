"""The elementary functions of the library, element by element.

A result that happens to be rational stays so in exact runs (`exp(0)`, `log(1)`, `sqrt(4/9)`);
everything else is a float. Outside its domain a function is a `Fault`; `log(0)` is minus infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

from pplc.semantics import exact_elementary, linalg
from pplc.semantics.faults import not_always, outside_function, too_large, wrong_kind
from pplc.semantics.number import Inexact
from pplc.semantics.primitives_arithmetic import (
    MOST_BITS,
    Primitive,
    Static,
    binary,
    magnitude,
    plain,
    power,
    sound,
    to_float,
    unary,
)
from pplc.semantics.special import error_function, gamma
from pplc.semantics.symbolic import elementary
from pplc.semantics.symbolic.elementary import applied
from pplc.semantics.symbolic.expression import Unknown, is_positive
from pplc.semantics.values import Number, Value

_ZERO = Fraction(0)
_ONE = Fraction(1)


def _at(name: str, fixed: dict[int, Fraction], function: Callable[[float], float]) -> Primitive:
    """A function on floats, with its rational values at some ints, for exact runs."""

    def scalar(exact: bool, x: Number) -> Number:
        if isinstance(x, Unknown):
            return _of_unknown(name, x)
        if exact and not isinstance(x, float) and x in fixed:
            return fixed[int(x)]
        return sound(name, function(to_float(x)), x)

    return unary(name, scalar)


def _of_unknown(name: str, x: Unknown) -> Number:
    """A function of a continuous random variable, in normal form where there is one."""
    if name in DOMAINS:
        wanted, positive = DOMAINS[name]
        if not all(map(is_positive, positive(x))):
            raise not_always(name, x, wanted)
    normal = NORMAL.get(name)
    return cast(Number, applied(name, x) if normal is None else normal(x))


NORMAL: Mapping[str, Callable[[Unknown], object]] = {
    "exp": elementary.exp,
    "expm1": lambda x: elementary.exp(x) - 1,
    "log": elementary.log,
    "log1p": lambda x: elementary.log(1 + x),
    "logit": lambda x: elementary.log(x) - elementary.log(1 - x),
}

DOMAINS: Mapping[str, tuple[str, Callable[[Unknown], tuple[object, ...]]]] = {
    "log": ("a positive number", lambda x: (x,)),
    "lgamma": ("a positive number", lambda x: (x,)),
    "log1p": ("a number above -1", lambda x: (1 + x,)),
    "logit": ("a number between 0 and 1", lambda x: (x, 1 - x)),
}
"""Where a function has values, and what is positive just there. `lgamma` has no formula below 0."""


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _expm1(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return math.inf


def _log(x: float) -> float:
    if x < 0:
        raise outside_function("log", x, "a number that is not negative")
    return math.log(x) if x > 0 else -math.inf


def _log1p(x: float) -> float:
    if x < -1:
        raise outside_function("log1p", x, "a number that is at least -1")
    return math.log1p(x) if x > -1 else -math.inf


def _logit(p: float) -> float:
    if not 0 <= p <= 1:
        raise outside_function("logit", p, "a number between 0 and 1")
    if p in (0, 1):
        return -math.inf if p == 0 else math.inf
    return math.log(p) - math.log1p(-p)


def _lgamma(x: float) -> float:
    if x > 0:
        return gamma.lgamma(x) if x < math.inf else x
    if x == math.floor(x):
        raise outside_function("lgamma", x, "a number that is not zero or a negative integer")
    return math.lgamma(x)


def _angle(name: str, function: Callable[[float], float]) -> Callable[[float], float]:
    def of(x: float) -> float:
        if math.isinf(x):
            raise outside_function(name, x, "a finite number")
        return function(x)

    return of


def sqrt(exact: bool, x: Number) -> Number:
    """The square root; rational in exact runs if x is the square of a rational."""
    if isinstance(x, Unknown):
        if not is_positive(x):
            raise not_always("sqrt", x, "a number that is not negative")
        return cast(Number, elementary.sqrt(x))
    if x < 0:
        raise outside_function("sqrt", x, "a number that is not negative")
    return linalg.root(x) if exact else math.sqrt(to_float(x))


def sigmoid(exact: bool, x: Number) -> Number:
    """1 / (1 + e^-x), without overflow and accurate in the lower tail."""
    if isinstance(x, Unknown):
        return _of_unknown("sigmoid", x)
    if exact and x == 0 and not isinstance(x, float):
        return Fraction(1, 2)
    at = to_float(x)
    if at >= 0:
        return 1 / (1 + math.exp(-at))
    small = math.exp(at)
    return small / (1 + small)


def _beta(exact: bool, a: Number, b: Number) -> Number:
    for argument in (a, b):
        if not argument > 0:
            raise outside_function("beta", argument, "positive numbers")
    if exact and not isinstance(a, float) and not isinstance(b, float) and min(a, b) <= MOST_EXACT_BETA:
        try:
            return exact_elementary.log_beta(a, b).value
        except Inexact:
            pass
    return _exp(gamma.log_beta(to_float(a), to_float(b)))


MOST_EXACT_BETA = 1000
"""Above this, B(a, b) of integers has too many digits to be worth keeping."""


def choose(exact: bool, n: Number, k: Number) -> Number:  # noqa: ARG001
    """The binomial coefficient of two ints, 0 where k is outside 0..n."""
    if not isinstance(n, int) or not isinstance(k, int):
        raise wrong_kind("choose", "ints", k if isinstance(n, int) else n)
    if n < 0:
        raise outside_function("choose", n, "a number of things that is not negative")
    if not 0 <= k <= n:
        return 0
    if min(k, n - k) * n.bit_length() > MOST_BITS:
        raise too_large("choose", f"an integer of more than {MOST_BITS:,} binary digits")
    return math.comb(n, k)


def _whole(name: str, function: Callable[[Number], int]) -> Primitive:
    def scalar(exact: bool, x: Number) -> Number:  # noqa: ARG001
        if isinstance(x, float) and not math.isfinite(x):
            raise outside_function(name, x, "a finite number")
        return function(x)

    return unary(name, scalar)


def _to_int(static: Static, exact: bool, x: Value) -> Value:
    x = plain(x)
    if isinstance(x, tuple):
        return tuple(_to_int(static, exact, entry) for entry in x)
    return int(x) if isinstance(x, bool) else _truncated(static, exact, x)


_truncated = _whole("int", int)


def to_real(exact: bool, x: Number) -> Number:
    """An int as a real; a real as it is."""
    if isinstance(x, int):
        return Fraction(x) if exact else to_float(x)
    return x


def _pi(static: Static, exact: bool) -> Value:  # noqa: ARG001
    return math.pi


def _infinity(static: Static, exact: bool) -> Value:  # noqa: ARG001
    return math.inf


FUNCTIONS: dict[str, Primitive] = {
    "exp": _at("exp", {0: _ONE}, _exp),
    "log": _at("log", {1: _ZERO}, _log),
    "log1p": _at("log1p", {0: _ZERO}, _log1p),
    "expm1": _at("expm1", {0: _ZERO}, _expm1),
    "sqrt": unary("sqrt", sqrt),
    "pow": binary("^", power),
    "abs": unary("abs", lambda _, x: magnitude(x)),
    "floor": _whole("floor", math.floor),
    "ceil": _whole("ceil", math.ceil),
    "round": _whole("round", round),
    "sin": _at("sin", {0: _ZERO}, _angle("sin", math.sin)),
    "cos": _at("cos", {0: _ONE}, _angle("cos", math.cos)),
    "tan": _at("tan", {0: _ZERO}, _angle("tan", math.tan)),
    "atan": _at("atan", {0: _ZERO}, math.atan),
    "tanh": _at("tanh", {0: _ZERO}, math.tanh),
    "sigmoid": unary("sigmoid", sigmoid),
    "logit": _at("logit", {}, _logit),
    "erf": _at("erf", {0: _ZERO}, error_function.erf),
    "lgamma": _at("lgamma", {1: _ZERO, 2: _ZERO}, _lgamma),
    "beta": binary("beta", _beta),
    "choose": binary("choose", choose),
    "int": _to_int,
    "real": unary("real", to_real),
    "pi": _pi,
    "infinity": _infinity,
}
