"""Sums, extremes and other functions of whole arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import cast

from pplc.semantics import linalg
from pplc.semantics.faults import outside_function, wrong_kind
from pplc.semantics.number import log_sum_exp
from pplc.semantics.primitives_arithmetic import (
    Primitive,
    Static,
    add,
    broadcast,
    div,
    is_number,
    maximum,
    minimum,
    mul,
    plain,
    sub,
    to_float,
)
from pplc.semantics.primitives_functions import sqrt
from pplc.semantics.values import Number, Value


def entries(name: str, array: Value) -> Iterator[Number]:
    """The numbers of an array of any rank, in order; bools count as 0 and 1."""
    array = plain(array)
    if isinstance(array, tuple):
        for item in array:
            yield from entries(name, item)
    elif isinstance(array, bool):
        yield int(array)
    elif is_number(array):
        yield cast(Number, array)
    else:
        raise wrong_kind(name, "an array of numbers", array)


def vector(name: str, array: Value) -> tuple[Number, ...]:
    """An array of rank 1 as its numbers."""
    array = plain(array)
    if not isinstance(array, tuple) or not all(is_number(x) for x in array):
        raise wrong_kind(name, "a vector of numbers", array)
    return cast("tuple[Number, ...]", array)


def filled(name: str, numbers: tuple[Number, ...]) -> tuple[Number, ...]:
    """The numbers, of which there must be at least one."""
    if not numbers:
        raise outside_function(name, (), "at least one number")
    return numbers


def total(exact: bool, numbers: Iterator[Number] | tuple[Number, ...]) -> Number:
    """The sum, from the first to the last."""
    result: Number = 0
    for x in numbers:
        result = add(exact, result, x)
    return result


def _sum(static: Static, exact: bool, array: Value) -> Value:  # noqa: ARG001
    return total(exact, entries("sum", array))


def _prod(static: Static, exact: bool, array: Value) -> Value:  # noqa: ARG001
    result: Number = 1
    for x in entries("prod", array):
        result = mul(exact, result, x)
    return result


def _mean(static: Static, exact: bool, array: Value) -> Value:  # noqa: ARG001
    numbers = filled("mean", tuple(entries("mean", array)))
    return div(exact, total(exact, numbers), len(numbers))


def _variance(static: Static, exact: bool, array: Value) -> Number:  # noqa: ARG001
    numbers = tuple(entries("variance", array))
    if len(numbers) < 2:
        raise outside_function("variance", numbers, "at least two numbers")
    mean = div(exact, total(exact, numbers), len(numbers))
    around = [sub(exact, x, mean) for x in numbers]
    return div(exact, total(exact, tuple(mul(exact, d, d) for d in around)), len(numbers) - 1)


def _sd(static: Static, exact: bool, array: Value) -> Value:
    return sqrt(exact, _variance(static, exact, array))


def _extreme(name: str, pick: Callable[[bool, Number, Number], Number]) -> Primitive:
    def primitive(static: Static, exact: bool, *arguments: Value) -> Value:  # noqa: ARG001
        if len(arguments) == 2:
            return broadcast(name, pick, exact, *arguments)
        first, *rest = filled(name, tuple(entries(name, arguments[0])))
        for x in rest:
            first = pick(exact, first, x)
        return first

    return primitive


def _some(static: Static, exact: bool, array: Value) -> Value:  # noqa: ARG001
    return any(x == 1 for x in entries("any", array))


def _every(static: Static, exact: bool, array: Value) -> Value:  # noqa: ARG001
    return all(x == 1 for x in entries("all", array))


def _log_sum_exp(static: Static, exact: bool, *arguments: Value) -> Value:  # noqa: ARG001
    if len(arguments) == 2:
        return broadcast("log_sum_exp", _log_add_exp, exact, *arguments)
    return log_sum_exp(map(to_float, entries("log_sum_exp", arguments[0])))


def _log_add_exp(exact: bool, a: Number, b: Number) -> Number:  # noqa: ARG001
    return log_sum_exp((to_float(a), to_float(b)))


def _norm(static: Static, exact: bool, x: Value) -> Value:  # noqa: ARG001
    numbers = vector("norm", x)
    if exact and not any(isinstance(entry, float) for entry in numbers):
        return linalg.root(sum((Fraction(entry) ** 2 for entry in numbers), Fraction(0)))
    return math.hypot(*map(to_float, numbers))


def _cumsum(static: Static, exact: bool, xs: Value) -> Value:  # noqa: ARG001
    result: list[Number] = []
    for x in vector("cumsum", xs):
        result.append(add(exact, result[-1], x) if result else x)
    return tuple(result)


def _sort(static: Static, exact: bool, xs: Value) -> Value:  # noqa: ARG001
    return tuple(sorted(vector("sort", xs)))


def _softmax(static: Static, exact: bool, xs: Value) -> Value:  # noqa: ARG001
    numbers = filled("softmax", vector("softmax", xs))
    if exact and all(x == numbers[0] and not isinstance(x, float) for x in numbers):
        return (Fraction(1, len(numbers)),) * len(numbers)
    top = max(map(to_float, numbers))
    if math.isinf(top):
        raise outside_function("softmax", numbers, "finite numbers")
    weights = [math.exp(to_float(x) - top) for x in numbers]
    whole = math.fsum(weights)
    return tuple(weight / whole for weight in weights)


REDUCTIONS: dict[str, Primitive] = {
    "sum": _sum,
    "prod": _prod,
    "mean": _mean,
    "variance": _variance,
    "sd": _sd,
    "min": _extreme("min", minimum),
    "max": _extreme("max", maximum),
    "any": _some,
    "all": _every,
    "log_sum_exp": _log_sum_exp,
    "norm": _norm,
    "cumsum": _cumsum,
    "sort": _sort,
    "softmax": _softmax,
}

__all__ = ["REDUCTIONS", "entries", "filled", "total", "vector"]
