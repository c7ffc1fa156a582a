"""`ode(f, y0, ts)`: the solution of y' = f(t, y) at given times, by an adaptive Runge-Kutta method.

The pair of order 5(4) of Dormand & Prince (1980), J. Comput. Appl. Math. 6, 19-26, table 2, advances with
the formula of order 5. The step is controlled as in Hairer, Nørsett & Wanner, Solving Ordinary Differential
Equations I (2nd ed.), II.4: the root mean square of the error, measured in tolerance · (1 + |y|), stays
below 1. Steps end at the times asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from pplc.semantics.faults import outside_function, wrong_kind
from pplc.semantics.laws_scalar import as_number
from pplc.semantics.values import Fault, ForeignFunction, FunctionValue, Value

Vector: TypeAlias = tuple[float, ...]
Slope: TypeAlias = Callable[[float, Vector], Vector]

NODES = (0.2, 0.3, 0.8, 8 / 9, 1.0, 1.0)
"""Where in a step the slopes after the first are taken."""

ROWS = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
"""What of the slopes before is added for each; the last row is the step itself."""

ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
"""The formula of order 5 less that of order 4."""

TOLERANCE = 1e-8
MOST_STEPS = 10_000
SAFETY, LEAST, MOST = 0.9, 0.2, 10.0
"""How much of the step that would just do is taken, and by how much steps may shrink and grow."""


def solved(
    call: Callable[[FunctionValue, tuple[Value, ...]], Value],
    function: Value,
    first: Value,
    times: Value,
    start: Value = 0.0,
    tolerance: Value = TOLERANCE,
) -> Value:
    """The solution at `times`, one row for each, of which `first` is the value at `start`.

    Faults: times that go back, a tolerance that is not positive, a slope that is not finite, too many steps.
    """
    if not isinstance(first, tuple) or not isinstance(times, tuple | range):
        raise wrong_kind(
            "ode", "a vector and a vector of times", first if not isinstance(first, tuple) else times
        )
    if not isinstance(function, FunctionValue | ForeignFunction):
        raise wrong_kind("ode", "a function of a time and a vector", function)

    def slope(t: float, y: Vector) -> Vector:
        value = function.call((t, y)) if isinstance(function, ForeignFunction) else call(function, (t, y))
        if not isinstance(value, tuple) or len(value) != len(y):
            raise wrong_kind("ode", f"a slope of {len(y)} numbers", value)
        found = tuple(float(as_number(entry)) for entry in value)
        if not all(map(math.isfinite, found)):
            raise unsolved(f"the slope at time {t:g} is not finite", "its slope is not finite")
        return found

    return solution(
        slope,
        tuple(float(as_number(entry)) for entry in first),
        checked_times([float(as_number(t)) for t in times], float(as_number(start))),
        float(as_number(start)),
        checked_tolerance(float(as_number(tolerance))),
    )


def checked_times(times: Sequence[float], start: float) -> Sequence[float]:
    """The times, if they are finite and do not go back."""
    before = start
    for t in times:
        if not before <= t < math.inf:
            raise outside_function("ode", t, f"times from {start:g} on, in order")
        before = t
    return times


def checked_tolerance(tolerance: float) -> float:
    """The tolerance, if it is one."""
    if not 1e-14 <= tolerance < 1:
        raise outside_function("ode", tolerance, "a tolerance from 1e-14 to below 1")
    return tolerance


def unsolved(why: str, label: str) -> Fault:
    """The equation has no solution that steps of this method reach."""
    return Fault(
        "E0453",
        f"`ode` cannot be solved: {why}",
        label,
        "the solution may grow without bound or change too fast: see to the parameters, or raise `tolerance`",
    )


def too_many_steps() -> Fault:
    """The steps that the tolerance wants do not get there."""
    return unsolved(f"it needs more than {MOST_STEPS:,} steps", "too many steps")


def solution(
    slope: Slope, y: Vector, times: Sequence[float], t: float, tolerance: float
) -> tuple[Vector, ...]:
    """The solution at times in order; `y` is its value at `t`."""
    rows: list[Vector] = []
    k = slope(t, y) if times and times[-1] > t else y
    step = first_step(slope, t, y, k, tolerance) if times and times[-1] > t else 0.0
    steps = 0
    for end in times:
        while t < end:
            steps += 1
            taken = min(step, end - t)
            if steps > MOST_STEPS or t + taken == t:
                raise too_many_steps()
            new, slopes, error = one_step(slope, t, y, k, taken, tolerance)
            if error <= 1:
                t = end if taken == end - t else t + taken
                y, k = new, slopes[-1]
            step = max(step, taken * factor(error)) if error <= 1 and taken < step else taken * factor(error)
        rows.append(y)
    return tuple(rows)


def factor(error: float) -> float:
    """By how much the next step is longer, from the error of the last in units of what is allowed."""
    return MOST if error == 0 else min(MOST, max(LEAST, SAFETY * error**-0.2))


def one_step(
    slope: Slope, t: float, y: Vector, k: Vector, step: float, tolerance: float
) -> tuple[Vector, list[Vector], float]:
    """The value after a step, the slopes on the way, and the error in units of what is allowed."""
    slopes = [k]
    new = y
    for node, row in zip(NODES, ROWS, strict=True):
        new = _moved(y, step, row, slopes)
        slopes.append(slope(t + node * step, new))
    parts = _moved((0.0,) * len(y), step, ERROR, slopes)
    return new, slopes, _norm(parts, y, new, tolerance)


def first_step(slope: Slope, t: float, y: Vector, k: Vector, tolerance: float) -> float:
    """A first step (Hairer, Nørsett & Wanner, II.4, page 169)."""
    size, rise = _norm(y, y, y, tolerance), _norm(k, y, y, tolerance)
    guess = 1e-6 if size < 1e-5 or rise < 1e-5 else 0.01 * size / rise
    later = slope(t + guess, _moved(y, guess, (1.0,), [k]))
    bend = _norm(tuple(b - a for a, b in zip(k, later, strict=True)), y, y, tolerance) / guess
    steep = max(rise, bend)
    return min(100 * guess, max(1e-6, guess * 1e-3) if steep <= 1e-15 else (0.01 / steep) ** 0.2)


def _moved(y: Vector, step: float, row: Sequence[float], slopes: Sequence[Vector]) -> Vector:
    pairs = [(a, k) for a, k in zip(row, slopes, strict=True) if a]
    return tuple(entry + step * sum(a * k[i] for a, k in pairs) for i, entry in enumerate(y))


def _norm(parts: Vector, y: Vector, new: Vector, tolerance: float) -> float:
    scaled = (
        (part / (tolerance * (1 + max(abs(a), abs(b))))) ** 2
        for part, a, b in zip(parts, y, new, strict=True)
    )
    return math.sqrt(sum(scaled) / len(y)) if y else 0.0
