"""`ode` against SciPy's integrators at tight tolerances, closed forms, and torch against the reference."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from scipy.integrate import solve_ivp  # pyright: ignore[reportUnknownVariableType]

import pplc
from pplc.lang.diagnostics import Rejected
from pplc.semantics.ode import ERROR, NODES, ROWS, Vector, one_step, solution
from pplc.semantics.values import Fault

EQUATIONS: dict[str, tuple[Callable[[float, Vector], Vector], Vector]] = {
    "decay": (lambda t, y: (-2 * y[0],), (1.5,)),
    "oscillator": (lambda t, y: (y[1], -4 * y[0]), (1.0, 0.0)),
    "predators": (lambda t, y: (y[0] * (1.1 - 0.4 * y[1]), y[1] * (0.1 * y[0] - 0.4)), (10.0, 5.0)),
    "forced": (lambda t, y: (math.sin(3 * t) - y[0],), (0.0,)),
    "van der pol": (lambda t, y: (y[1], 5 * (1 - y[0] ** 2) * y[1] - y[0]), (2.0, 0.0)),
    "large": (lambda t, y: (1e6 - y[0],), (1e8,)),
}  # fmt: skip
TIMES = (0.25, 1.0, 1.0, 3.5, 8.0)


@pytest.mark.parametrize("name", EQUATIONS)
@pytest.mark.parametrize("tolerance", [1e-6, 1e-10])
def test_solutions_are_scipys(name: str, tolerance: float) -> None:
    slope, first = EQUATIONS[name]
    solve = cast("Any", solve_ivp)
    theirs = solve(slope, (0.25, 8.0), first, "DOP853", sorted(set(TIMES)), rtol=1e-13, atol=1e-13)
    rows = solution(slope, first, TIMES, 0.25, tolerance)
    assert rows[1] == rows[2]
    ours = np.array([rows[0], *rows[2:]])
    wanted = np.array(theirs.y.T, dtype=float)
    scale = 1 + np.abs(wanted).max(axis=0)
    assert (np.abs(ours - wanted) / scale).max() < 300 * tolerance  # errors of steps add up


def test_a_step_is_of_order_five_and_its_error_estimate_of_order_four() -> None:
    """Halving a step divides what it errs by 2^6, and its own estimate by 2^5."""

    def error(step: float) -> tuple[float, float]:
        new, _, estimate = one_step(lambda t, y: (y[0] * math.cos(t),), 0.0, (1.0,), (1.0,), step, 1e-8)
        return abs(new[0] - math.exp(math.sin(step))), estimate

    (one, first), (half, second) = error(0.2), error(0.1)
    assert math.log2(one / half) == pytest.approx(6, abs=0.5)
    assert math.log2(first / second) == pytest.approx(5, abs=0.5)


def test_the_tableau_is_consistent() -> None:
    for node, row in zip(NODES, ROWS, strict=True):
        assert sum(row) == pytest.approx(node, abs=1e-14)
    assert sum(ERROR) == pytest.approx(0, abs=1e-15)


def test_where_there_is_nothing_to_do_nothing_is_done() -> None:
    def never(t: float, y: Vector) -> Vector:
        raise AssertionError

    assert solution(never, (1.0, 2.0), (), 0.0, 1e-8) == ()
    assert solution(never, (1.0,), (3.0, 3.0), 3.0, 1e-8) == ((1.0,), (1.0,))
    assert solution(lambda t, y: (), (), (1.0,), 0.0, 1e-8) == ((),)


def test_a_solution_that_grows_without_bound_ends() -> None:
    with pytest.raises(Fault, match=r"E0453.*(steps|finite)"):
        solution(lambda t, y: (y[0] ** 2,), (1.0,), (2.0,), 0.0, 1e-8)


# ------------------------------------------------------------------ in programs

DECAY = """\
fn decay(rate: real) -> fn(real, real[2]) -> real[2] {
  return fn (t: real, y: real[2]) => [-rate * y[0], rate * y[0] - 0.5 * y[1]]
}
model m(ts: real[N], seen: real[N]) {
  rate ~ HalfNormal(1)
  first ~ Normal(1, 0.5)
  let y = ode(decay(rate), [first, 0.0], ts, 0.5, 0.0000001)
  observe seen[i] ~ Normal(y[i, 1], 0.1) for i in 0..N
  return y[N - 1, 0]
}
"""
DATA = {"ts": [0.5, 1.0, 3.0], "seen": [0.1, 0.3, 0.4]}


def test_gradients_are_those_of_the_closed_form() -> None:
    """y0 = f exp(-r t), y1 = f r (exp(-r t) - exp(-t/2)) / (1/2 - r)."""

    def density(rate: float, first: float) -> float:
        total = -(rate**2) / 2 + math.log(2 / math.sqrt(2 * math.pi))
        total += -((first - 1) ** 2) / 0.5 - math.log(0.5 * math.sqrt(2 * math.pi))
        for t, y in zip(DATA["ts"], DATA["seen"], strict=True):
            s = t - 0.5
            mean = first * rate * (math.exp(-rate * s) - math.exp(-s / 2)) / (0.5 - rate)
            total += -(((y - mean) / 0.1) ** 2) / 2 - math.log(0.1 * math.sqrt(2 * math.pi))
        return total

    at = (0.8, 1.2)
    value, gradient = pplc.compile(DECAY).log_density({"rate": at[0], "first": at[1]}, DATA, gradient=True)
    assert value == pytest.approx(density(*at), rel=1e-6)
    assert pplc.compile(DECAY).log_density({"rate": at[0], "first": at[1]}, DATA) == pytest.approx(
        value, rel=1e-10
    )
    h = 1e-6
    by_rate = (density(at[0] + h, at[1]) - density(at[0] - h, at[1])) / (2 * h)
    by_first = (density(at[0], at[1] + h) - density(at[0], at[1] - h)) / (2 * h)
    assert gradient["rate"] == pytest.approx(by_rate, rel=1e-5)
    assert gradient["first"] == pytest.approx(by_first, rel=1e-5)


def test_gradient_methods_follow_a_solution() -> None:
    quick = pplc.compile(DECAY.replace("0.0000001", "0.01"))
    run = quick.infer(DATA, method="nuts", draws=4, warmup=4, chains=1, seed=1)
    rate, last = run.draws("rate"), run.draws("return")
    assert last == pytest.approx(run.draws("first") * np.exp(-2.5 * rate), abs=0.05)


def test_a_solution_may_depend_on_what_is_enumerated() -> None:
    run = pplc.compile(
        "model m() { k ~ UniformInt(1, 2)\n"
        "  let y = ode(fn (t, y) => [-k * y[0]], [1.0], [1.0]); return y[0, 0] }"
    ).infer()
    assert run["return"].numbers["mean"] == pytest.approx((math.exp(-1) + math.exp(-2)) / 2, rel=1e-7)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("ode(fn (t, y) => [y[0]], [1.0], [1.0, 0.5])", "E0425"),
        ("ode(fn (t, y) => [y[0]], [1.0], [1.0], 2)", "E0425"),
        ("ode(fn (t, y) => [y[0]], [1.0], [1.0], 0, 2.0)", "E0425"),
        ("ode(fn (t, y) => [infinity], [1.0], [1.0])", "E0453"),
        ("ode(fn (t, y) => [1 / (t - t)], [1.0], [1.0])", "E0424"),
        ("ode(fn (t, y) => [y[0], 1.0], [1.0], [1.0])", "E0220"),
        ("ode(fn (y) => [y[0]], [1.0], [1.0])", "E0210"),
        ("ode(fn (t, y) => [real(int(flip(0.5)))], [1.0], [1.0])", "E0222"),
        ("map(ode, [1])", "E0213"),
    ],
)
def test_what_cannot_be_is_an_error_at_its_place(call: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(f"model m() {{\n  k ~ Bernoulli(0.5)\n  return {call}\n}}").infer()
    assert caught.value.diagnostics[0].code == code
    assert caught.value.diagnostics[0].span.line == 3
