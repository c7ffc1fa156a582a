"""Arithmetic and comparison, lifted over arrays by NumPy's broadcasting.

Ints are unbounded, `//` and `%` floor as in Python; `/` of two ints is a rational in exact runs and
a float otherwise. Rationals stay rational under `+ - * / // %` and integer powers; next to a float
they become floats. A result that is not a number is a `Fault`, never a NaN; overflow of a float is
an infinity. Ints and rationals of more than `MOST_BITS` bits are refused and rounded, respectively,
so that a small program cannot fill the memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias, cast

from pplc.semantics.faults import (
    division_by_zero,
    no_number,
    outside_function,
    shapes_differ,
    too_large,
    wrong_kind,
)
from pplc.semantics.formula import Formula, Open, as_rational, is_open
from pplc.semantics.growing import Growing
from pplc.semantics.symbolic.elementary import raised
from pplc.semantics.symbolic.expression import Unknown, expanded
from pplc.semantics.values import Number, Record, Tagged, Value, shape_of, show

Static: TypeAlias = "tuple[str | int, ...]"
Primitive: TypeAlias = "Callable[..., Value]"
"""`(static, exact, *arguments) -> value`: see `pplc.lang.core.Prim`."""

Unary: TypeAlias = Callable[[bool, Number], Value]
Binary: TypeAlias = Callable[[bool, Number, Number], Value]

BROADCAST = "axes are matched from the last, and a length of 1 stretches"

MOST_BITS = 1 << 17
_LARGEST = 1 << MOST_BITS


def plain(value: Value) -> Value:
    """A range as the ints it stands for, an array that was being defined as it is now."""
    if isinstance(value, range):
        return tuple(value)
    return value.freeze() if isinstance(value, Growing) else value


def to_float(number: Number) -> float:
    """The nearest float; an infinity beyond the largest."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def sound(name: str, result: float, *arguments: Value) -> float:
    """The result, unless it is NaN."""
    if result != result:
        raise no_number(name, " and ".join(show(argument) for argument in arguments))
    return result


def bounded(name: str, result: Number) -> Number:
    """The result, if its digits are within bounds; a rational beyond them as a float."""
    if isinstance(result, int):
        if -_LARGEST < result < _LARGEST:
            return result
        raise too_large(name, f"an integer of more than {MOST_BITS:,} binary digits")
    if isinstance(result, Fraction) and not is_open(result):
        if -_LARGEST < result.numerator < _LARGEST and result.denominator < _LARGEST:
            return result
        return to_float(result)
    return result


# ------------------------------------------------------------------ scalars


def add(exact: bool, a: Number, b: Number) -> Number:  # noqa: ARG001
    """The sum."""
    if type(a) is float and type(b) is float:
        return sound("+", a + b, a, b)
    if type(a) is int and type(b) is int:
        return bounded("+", a + b)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return a + b
    if isinstance(a, float) or isinstance(b, float):
        return sound("+", to_float(a) + to_float(b), a, b)
    return bounded("+", a + b)


def sub(exact: bool, a: Number, b: Number) -> Number:  # noqa: ARG001
    """The difference."""
    if type(a) is float and type(b) is float:
        return sound("-", a - b, a, b)
    if type(a) is int and type(b) is int:
        return bounded("-", a - b)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return a - b
    if isinstance(a, float) or isinstance(b, float):
        return sound("-", to_float(a) - to_float(b), a, b)
    return bounded("-", a - b)


def mul(exact: bool, a: Number, b: Number) -> Number:  # noqa: ARG001
    """The product."""
    if type(a) is float and type(b) is float:
        return sound("*", a * b, a, b)
    if type(a) is int and type(b) is int:
        return bounded("*", a * b)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return a * b
    if isinstance(a, float) or isinstance(b, float):
        return sound("*", to_float(a) * to_float(b), a, b)
    return bounded("*", a * b)


def div(exact: bool, a: Number, b: Number) -> Number:
    """The quotient, a real also for two ints."""
    if b == 0:
        raise division_by_zero("/", a)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return a / b
    if isinstance(a, float) or isinstance(b, float):
        return sound("/", to_float(a) / to_float(b), a, b)
    ratio = as_rational(a) / b
    return (
        bounded("/", ratio)
        if exact or isinstance(a, Fraction) or isinstance(b, Fraction)
        else to_float(ratio)
    )


def floordiv(exact: bool, a: Number, b: Number) -> Number:  # noqa: ARG001
    """The floor of a / b."""
    if b == 0:
        raise division_by_zero("//", a)
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if isinstance(a, float) or isinstance(b, float):
        return sound("//", to_float(a) // to_float(b), a, b)
    return Fraction(a // b)


def mod(exact: bool, a: Number, b: Number) -> Number:  # noqa: ARG001
    """The remainder a - b floor(a / b), with the sign of b."""
    if b == 0:
        raise division_by_zero("%", a)
    if isinstance(a, float) or isinstance(b, float):
        if math.isinf(a):
            raise no_number("%", f"{show(a)} and {show(b)}")
        return to_float(a) % to_float(b)
    return a % b


def power(exact: bool, a: Number, b: Number) -> Number:
    """The power; rational for a rational a and an integer b."""
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return cast(Number, raised(a, b))
    if a == 0 and b < 0:
        raise division_by_zero("^", 1)
    if not isinstance(a, float) and not isinstance(b, float) and b == int(b):
        return _integer_power(exact, a, int(b))
    base, exponent = to_float(a), to_float(b)
    if base < 0 and not exponent.is_integer():
        raise outside_function("^", a, "a base that is not negative when the exponent is not an integer")
    try:
        return sound("^", math.pow(base, exponent), a, b)
    except OverflowError:
        return -math.inf if base < 0 and math.fmod(exponent, 2) != 0 else math.inf


def _integer_power(exact: bool, a: int | Fraction, b: int) -> Number:
    if is_open(a):
        return cast(Fraction, a**b)
    ratio = Fraction(a)
    bits = max(ratio.numerator.bit_length(), ratio.denominator.bit_length())
    if abs(b) * bits > MOST_BITS and abs(ratio) != 1 and ratio != 0:
        if isinstance(a, int) and b >= 0:
            raise too_large("^", f"an integer of about {abs(b) * bits:,} binary digits")
        return power(exact, to_float(a), float(b) if abs(b) < 1 << 1000 else math.copysign(math.inf, b))
    if isinstance(a, int) and b >= 0:
        return int(a ** (b if abs(a) > 1 or b == 0 else b % 2 + 2))
    result = ratio**b if abs(ratio) != 1 else ratio ** (b % 2)
    return result if exact or isinstance(a, Fraction) else to_float(result)


def neg(exact: bool, a: Number) -> Number:  # noqa: ARG001
    """The number of opposite sign."""
    return -a


def magnitude(x: Number) -> Number:
    """The absolute value."""
    return x if x >= 0 else -x


def minimum(exact: bool, a: Number, b: Number) -> Number:  # noqa: ARG001
    """The smaller of two numbers."""
    return b if b < a else a


def maximum(exact: bool, a: Number, b: Number) -> Number:  # noqa: ARG001
    """The larger of two numbers."""
    return b if b > a else a


# ------------------------------------------------------------------ lifting

_NUMBERS = frozenset({int, float, Fraction})
"""The types of numbers; a bool is none."""


def is_number(value: Value) -> bool:
    """Whether a value is an int or a real (a bool is neither)."""
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)


def rank_of(value: Value) -> int:
    """The axes of nested tuples, judged by their first elements."""
    rank = 0
    while isinstance(value, tuple):
        rank += 1
        if not value:
            break
        value = value[0]
    return rank


def unary(name: str, scalar: Unary) -> Primitive:
    """`scalar` as a primitive that goes over arrays of any rank."""

    def lifted(exact: bool, a: Value) -> Value:
        a = plain(a)
        if isinstance(a, tuple):
            return tuple(lifted(exact, item) for item in a)
        if not is_number(a):
            raise wrong_kind(name, "a number", a)
        return scalar(exact, cast(Number, a))

    def primitive(static: Static, exact: bool, a: Value) -> Value:  # noqa: ARG001
        return lifted(exact, a)

    return primitive


def binary(name: str, scalar: Binary) -> Primitive:
    """`scalar` as a primitive that broadcasts over arrays."""

    def primitive(static: Static, exact: bool, a: Value, b: Value) -> Value:  # noqa: ARG001
        if type(a) is float and type(b) is float:
            return scalar(exact, a, b)
        return broadcast(name, scalar, exact, a, b)

    return primitive


def broadcast(name: str, scalar: Binary, exact: bool, a: Value, b: Value) -> Value:
    """`scalar` over two numbers or arrays, by NumPy's rules: axes are matched from the last."""
    if type(a) in _NUMBERS and type(b) in _NUMBERS:
        return scalar(exact, cast(Number, a), cast(Number, b))
    a, b = plain(a), plain(b)

    def lifted(a: Value, b: Value, axes_a: int, axes_b: int) -> Value:
        if type(a) in _NUMBERS and type(b) in _NUMBERS:
            return scalar(exact, cast(Number, a), cast(Number, b))
        if axes_a == 0 and axes_b == 0:
            if is_number(a) and is_number(b):
                return scalar(exact, cast(Number, a), cast(Number, b))
            raise wrong_kind(name, "numbers", b if is_number(a) else a)
        if axes_a > axes_b:
            assert isinstance(a, tuple)
            return tuple(lifted(item, b, axes_a - 1, axes_b) for item in a)
        if axes_b > axes_a:
            assert isinstance(b, tuple)
            return tuple(lifted(a, item, axes_a, axes_b - 1) for item in b)
        assert isinstance(a, tuple)
        assert isinstance(b, tuple)
        if len(a) != len(b):
            if len(a) == 1:
                a = a * len(b)
            elif len(b) == 1:
                b = b * len(a)
            else:
                raise shapes_differ(name, shape_a, shape_b, BROADCAST)
        return tuple(lifted(x, y, axes_a - 1, axes_b - 1) for x, y in zip(a, b, strict=True))

    rank_a, rank_b = rank_of(a), rank_of(b)
    shape_a, shape_b = (shape_of(a), shape_of(b)) if rank_a or rank_b else ((), ())
    return lifted(a, b, rank_a, rank_b)


# ------------------------------------------------------------------ comparison


def _ordered(name: str, test: Callable[[bool, Number, Number], bool]) -> Primitive:
    lifted = binary(name, test)

    def primitive(static: Static, exact: bool, a: Value, b: Value) -> Value:
        if isinstance(a, str) and isinstance(b, str):
            return test(exact, cast(Number, (a > b) - (a < b)), 0)
        return lifted(static, exact, a, b)

    return primitive


def equal(static: Static, exact: bool, a: Value, b: Value) -> bool:  # noqa: ARG001
    """Whether two values of one type are the same, arrays and functions as a whole."""
    left, right = plain(a), plain(b)
    if left == right:
        return True
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        apart = expanded(cast(Fraction, left) - cast(Fraction, right))
        _refuse_open(apart)
        return bool(apart == 0)
    _refuse_open(left)
    _refuse_open(right)
    return False


def _refuse_open(value: Value) -> None:
    """Formulas that are written differently may be equal for some values of their symbols."""
    match value:
        case bool() | int() | str():
            pass
        case Formula():
            raise Open(value)
        case Unknown() if value.space.is_open(value):
            raise Open(value)
        case tuple():
            for item in value:
                _refuse_open(item)
        case Record(_, values):
            _refuse_open(values)
        case Tagged(_, payload):
            _refuse_open(payload)
        case _:
            pass


def unequal(static: Static, exact: bool, a: Value, b: Value) -> bool:
    """Whether two values differ."""
    return not equal(static, exact, a, b)


def negation(static: Static, exact: bool, a: Value) -> Value:
    """`not`, over arrays too."""
    a = plain(a)
    if isinstance(a, tuple):
        return tuple(negation(static, exact, item) for item in a)
    if not isinstance(a, bool):
        raise wrong_kind("not", "`true` or `false`", a)
    return not a


ARITHMETIC: dict[str, Primitive] = {
    "add": binary("+", add),
    "sub": binary("-", sub),
    "mul": binary("*", mul),
    "div": binary("/", div),
    "floordiv": binary("//", floordiv),
    "mod": binary("%", mod),
    "pow": binary("^", power),
    "neg": unary("-", neg),
    "not": negation,
    "eq": equal,
    "ne": unequal,
    "lt": _ordered("<", lambda _, a, b: a < b),
    "le": _ordered("<=", lambda _, a, b: a <= b),
    "gt": _ordered(">", lambda _, a, b: a > b),
    "ge": _ordered(">=", lambda _, a, b: a >= b),
}
