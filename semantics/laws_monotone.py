"""Where a chain of functions stays below a value: the cdf of an image, if the chain is monotone."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

from pplc.semantics.primitives_arithmetic import to_float
from pplc.semantics.values import Number

Step: TypeAlias = "tuple[str, int, Number | None]"
"""An operation, the place of the argument in it, and what stands in its other place."""


class Threshold(NamedTuple):
    """f(x) <= y exactly where x <= `at` if f rises, where x >= `at` if it falls; `at` may be infinite."""

    at: float
    rises: bool


def threshold(steps: tuple[Step, ...], value: Number) -> Threshold | None:
    """The threshold of a whole chain, outermost step first; None if one of them is not monotone."""
    here = Threshold(to_float(value), True)
    for operation, place, other in steps:
        there = (
            _of_function(operation, here.at)
            if other is None
            else _of_arithmetic(operation, place, to_float(other), here.at)
        )
        if there is None:
            return None
        here = Threshold(there.at, here.rises == there.rises)
    return here


def _of_arithmetic(operation: str, place: int, c: float, y: float) -> Threshold | None:
    match operation, place:
        case ("add", _):
            return Threshold(y - c, True)
        case ("sub", 0):
            return Threshold(y + c, True)
        case ("sub", _):
            return Threshold(c - y, False)
        case ("mul", _):
            return Threshold(y / c, c > 0)
        case ("div", 0):
            return Threshold(y * c, c > 0)
        case ("pow", 0):
            return _of_power(c, y)
        case ("pow", _):
            # For falling powers nothing is below 0 either, however large x.
            edge = -math.inf if c > 1 else math.inf
            return Threshold(math.log(y) / math.log(c) if y > 0 else edge, c > 1)
        case _:
            return None


def _of_power(c: float, y: float) -> Threshold | None:
    """x^c for every x (odd c > 0), or for x >= 0 (a c that is no integer)."""
    if c.is_integer():
        return Threshold(math.copysign(abs(y) ** (1 / c), y), True) if c > 0 and c % 2 == 1 else None
    if c > 0:
        return Threshold(y ** (1 / c) if y >= 0 else -math.inf, True)
    return Threshold(y ** (1 / c) if y > 0 else math.inf, False)


def _of_function(operation: str, y: float) -> Threshold | None:
    match operation:
        case "neg":
            return Threshold(-y, False)
        case "real":
            return Threshold(y, True)
        case "exp":
            return Threshold(math.log(y) if y > 0 else -math.inf, True)
        case "expm1":
            return Threshold(math.log1p(y) if y > -1 else -math.inf, True)
        case "log":
            return Threshold(math.exp(y) if y < _LARGEST else math.inf, True)
        case "log1p":
            return Threshold(math.expm1(y) if y < _LARGEST else math.inf, True)
        case "sqrt":
            return Threshold(y * y if y >= 0 else -math.inf, True)
        case "sigmoid":
            return Threshold(math.log(y) - math.log1p(-y) if 0 < y < 1 else _edge(y, 0), True)
        case "logit":
            return Threshold(1 / (1 + math.exp(-y)) if y > -_LARGEST else 0.0, True)
        case "tanh":
            return Threshold(math.atanh(y) if -1 < y < 1 else _edge(y, -1), True)
        case "atan":
            inside = -math.pi / 2 < y < math.pi / 2
            return Threshold(math.tan(y) if inside else _edge(y, 0), True)
        case _:
            return None


_LARGEST = 709.0
"""e^x of a larger x is near the largest float."""


def _edge(y: float, lowest: float) -> float:
    """Below all values of a bounded function no x is, above them every x."""
    return -math.inf if y <= lowest else math.inf
