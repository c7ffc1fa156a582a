"""Python functions and torch modules as parameters of a model, in every engine."""

# pyright: basic
# What is given to a model is seen by no type checker, the functions here are as a user writes them.

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
import pytest
import torch

import pplc
from pplc.lang.diagnostics import Diagnostic, Rejected

REGRESSION = """\
model m(net: fn(real[K]) -> real, x: real[N, K], y: real[N]) {
  s ~ HalfNormal(1)
  u ~ iid(Normal(0, 1), K)
  observe y[i] ~ Normal(net(x[i]) * net(u), s) for i in 0..N
  return s
}
"""
DATA = {"x": [[0.5, -1.0], [1.5, 2.0], [0.0, 0.25]], "y": [0.5, 1.0, -0.5]}
VALUES = {"s": 0.8, "u": [0.3, -0.7]}


class Net(torch.nn.Module):
    """Two layers with weights that are always the same."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.first = torch.nn.Linear(2, 3, dtype=dtype)
        self.last = torch.nn.Linear(3, 1, dtype=dtype)
        with torch.no_grad():
            for k, parameter in enumerate(self.parameters()):
                values = torch.arange(parameter.numel(), dtype=dtype)
                parameter.copy_(torch.sin(values + k).reshape(parameter.shape))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return cast("torch.Tensor", self.last(torch.tanh(self.first(x)))).squeeze(-1)


def by_hand(net: Callable[[torch.Tensor], torch.Tensor]) -> tuple[float, dict[str, Any]]:
    """The log density of REGRESSION and its gradient, written in torch."""
    s = torch.tensor(VALUES["s"], dtype=torch.float64, requires_grad=True)
    u = torch.tensor(VALUES["u"], dtype=torch.float64, requires_grad=True)
    x, y = (torch.tensor(DATA[name], dtype=torch.float64) for name in "xy")
    dtype = (
        next((p.dtype for p in net.parameters()), s.dtype) if isinstance(net, torch.nn.Module) else s.dtype
    )
    mean = torch.stack([net(row.to(dtype)).double() for row in x]) * net(u.to(dtype)).double()
    normal = torch.distributions.Normal
    total = normal(mean, s).log_prob(y).sum() + normal(0.0, 1.0).log_prob(u).sum()
    total = total + torch.distributions.HalfNormal(torch.tensor(1.0, dtype=torch.float64)).log_prob(s)
    total.backward()
    assert s.grad is not None
    assert u.grad is not None
    return total.item(), {"s": s.grad.numpy(), "u": u.grad.numpy()}


def error(run: Callable[[], object]) -> Diagnostic:
    with pytest.raises(Rejected) as caught:
        run()
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


# ------------------------------------------------------------------ engines


def test_a_python_function_means_what_the_same_function_in_the_language_means() -> None:
    text = "model m({0}p: unit) {{ k ~ UniformInt(0, 4); observe true ~ Bernoulli(p ^ {1}(k)); return k }}"
    own = pplc.compile("fn f(k: int) -> int { return k * k }\n" + text.format("", "f"))
    given = pplc.compile(text.format("f: fn(int) -> int, ", "f"), functions={"f": lambda k: k * k})
    assert given.infer({"p": 0.5})["k"].exact == own.infer({"p": 0.5})["k"].exact


def test_functions_get_numbers_arrays_tuples_and_records() -> None:
    seen: list[Any] = []

    def f(*arguments: Any) -> Any:
        seen.append(arguments)
        return [1, 2], (True, "b")

    model = pplc.compile(
        "model m(f: fn(real, int, real[N], (bool, string), (a: real), [int], real?)\n"
        "  -> (int[2], (bool, string)),\n"
        '  x: real[N], y: real?) { k ~ Bernoulli(0.5); return f(1, 2, x, (k, "s"), (a: 2), [3], y) }',
        functions={"f": f},
    )
    run = model.infer({"x": [0.5, 1.5], "y": None})
    real, whole, array, pair, record, items, missing = seen[0]
    assert (type(real), real, type(whole), whole) == (float, 1.0, int, 2)
    assert array.dtype == np.float64
    assert array.tolist() == [0.5, 1.5]
    assert (pair, record, items, missing) == ((False, "s"), {"a": 2.0}, [3], None)
    assert run["return"].probabilities[()] == {'[[1, 2], [true, "b"]]': 1.0}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_flow_through_a_module(dtype: torch.dtype) -> None:
    net = Net(dtype)
    model = pplc.compile(REGRESSION, functions={"net": net})
    density, gradient = model.log_density(VALUES, DATA, gradient=True)
    wanted, wanted_gradient = by_hand(net)
    close = 1e-12 if dtype == torch.float64 else 1e-6
    assert density == pytest.approx(wanted, rel=close)
    for name, derivative in wanted_gradient.items():
        assert gradient[name] == pytest.approx(derivative, rel=close)
    assert model.log_density(VALUES, DATA) == pytest.approx(wanted, rel=1e-6)  # the reference


@pytest.mark.parametrize(
    "net",
    [
        lambda x: torch.sin(x[0]) + x[1] ** 2,  # not of several values at once
        lambda x: x.sum(),  # of several values at once, but it means something else
        lambda x: (x * torch.tensor([1.0, -2.0], dtype=torch.float64)).sum(-1),
    ],
)
def test_a_function_is_asked_round_by_round_unless_it_means_the_same(net: Callable[[Any], Any]) -> None:
    density, gradient = pplc.compile(REGRESSION, functions={"net": net}).log_density(
        VALUES, DATA, gradient=True
    )
    wanted, wanted_gradient = by_hand(net)
    assert density == pytest.approx(wanted, rel=1e-12)
    assert gradient["u"] == pytest.approx(wanted_gradient["u"], rel=1e-12)


def test_nuts_and_svi_follow_a_module() -> None:
    net = Net(torch.float64)
    weights = [p.detach().tolist() for p in net.parameters()]
    given = pplc.compile(REGRESSION, functions={"net": net})
    weights_of = "a: real[3, 2], b: real[3], c: real[1, 3], d: real[1]"
    text = (
        f"fn net(u: real[2], {weights_of}) -> real {{\n"
        "  let h = a @ u + b\n  let t = [tanh(h[0]), tanh(h[1]), tanh(h[2])]\n"
        "  return dot(c[0], t) + d[0]\n}\n"
        + REGRESSION.replace("net: fn(real[K]) -> real, x: real[N, K]", f"{weights_of}, x: real[N, 2]")
        .replace("net(x[i])", "net(x[i], a, b, c, d)").replace("net(u)", "net(u, a, b, c, d)")
        .replace(", K)", ", 2)")
    )  # fmt: skip
    own = pplc.compile(text)
    data = {**DATA, **dict(zip("abcd", weights, strict=True))}
    few: Any = {"draws": 20, "warmup": 20, "chains": 1, "seed": 3}
    ours = own.infer(data, method="nuts", **few).draws("u")
    theirs = given.infer(DATA, method="nuts", **few).draws("u")
    assert np.allclose(ours[:, :5], theirs[:, :5], rtol=1e-6)
    fast: Any = {"steps": 50, "draws": 10, "seed": 3}
    left = own.infer(data, method="svi", **fast).draws("u")
    assert np.allclose(left, given.infer(DATA, method="svi", **fast).draws("u"), rtol=1e-6)


# ------------------------------------------------------------------ errors

ONE = "model m(f: fn(real) -> {0}, x: real) {{\n  k ~ Normal(0, 1)\n  let y = f(x)\n  return k\n}}"


@pytest.mark.parametrize(
    ("kind", "function", "message"),
    [
        ("real", lambda x: "a", '`f(…)` in Python must be a number, but it is the string "a"'),
        ("real", lambda x: [x], "`f(…)` in Python must be a number, but it is a list of 1"),
        ("real", lambda x: math.nan, "`f(…)` is not a number (NaN)"),
        ("positive", lambda x: -x, "`f(…)` in Python must be a positive number, but it is -2"),
        ("int", lambda x: x + 0.5, "`f(…)` in Python must be an integer, but it is 2.5"),
        ("real[2]", lambda x: [x], "`f(…)` must have 2 elements, but it has 1"),
        ("(real, bool)", lambda x: (x,), "`f(…)` in Python must have 2 elements, but it has 1"),
    ],
)
def test_results_of_another_type_are_located(kind: str, function: Any, message: str) -> None:
    model = pplc.compile(ONE.format(kind), functions={"f": function})
    found = error(lambda: model.infer({"x": 2}, method="importance", draws=1))
    assert (found.code, found.message) == ("E0452", message)
    assert (found.span.line, found.span.column) == (3, 11)


def test_an_exception_of_the_function_is_located() -> None:
    model = pplc.compile(ONE.format("real"), functions={"f": lambda x: 1 / (x - 2)})
    for method in ("importance", "nuts"):
        found = error(partial(model.infer, {"x": 2}, method=method, draws=1))
        assert found.code == "E0451"
        assert found.message == "the Python function `f` failed: ZeroDivisionError: float division by zero"
        assert (found.span.line, found.span.column) == (3, 11)


@pytest.mark.parametrize("function", [math.exp, lambda x: x.detach(), float])
def test_a_function_that_loses_the_gradient_is_refused(function: Any) -> None:
    text = (
        "model m(f: fn(real) -> real) {\n  x ~ Normal(0, 1)\n  observe 1.0 ~ Normal(f(x), 1)\n  return x\n}"
    )
    model = pplc.compile(text, functions={"f": function})
    found = error(lambda: model.infer(method="nuts", draws=5, warmup=5))
    assert found.code == "E0551"
    assert (found.span.line, found.span.column) == (3, 24)


def test_infinite_results_are_results() -> None:
    text = "model m(f: fn(int) -> real) { k ~ UniformInt(0, 1); factor(f(k)); return k }"
    run = pplc.compile(text, functions={"f": lambda k: 0.0 if k else -math.inf}).infer()
    assert run["return"].probabilities[()] == {"1": 1.0}


def test_what_is_no_function_of_the_model_is_refused_at_once() -> None:
    with_law = "model m(f: fn(Dist[real]) -> real) { x ~ Normal(0, 1); return f(Normal(0, 1)) }"
    for text, functions, message in (
        (ONE.format("real"), {"g": math.exp}, "`m` has no parameter `g` of function type"),
        (ONE.format("real"), {"x": math.exp}, "`m` has no parameter `x` of function type"),
        (ONE.format("real"), {"f": 3}, "`f` must be a function, but it is a Python `int`"),
        (with_law, {"f": math.exp}, "`f` cannot come from Python: it takes or gives what is no data"),
    ):
        found = error(partial(pplc.compile, text, functions=cast("Any", functions)))
        assert (found.code, found.message) == ("E0323", message)


def test_functions_come_from_nowhere_else() -> None:
    model = pplc.compile(ONE.format("real"))
    found = error(lambda: model.infer({"x": 2}))
    assert (found.code, found.message) == ("E0309", "no function for the parameter `f`")
    found = error(lambda: model.infer({"x": 2, "f": math.exp}))
    assert (found.code, found.message) == ("E0304", "`f` is a function, which data cannot give")
