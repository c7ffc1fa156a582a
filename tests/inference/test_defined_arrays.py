"""Arrays that a model defines by `:=` are variables of it, as arrays of draws are, whatever method runs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import pplc
from pplc.inference.answers import Exact

WALK = """
model walk() {
  h[0] := 1
  for t in 1..4 {
    e[t] ~ Bernoulli(0.5)
    h[t] := h[t - 1] + (if e[t] { 1 } else { 0 })
  }
}
"""

MEANS = """
model inner(k: int) { v[i] := i * k for i in 0..3; w ~ Normal(v[1], 1); return v[2] }
model means(x: real[N], y: real[N]) {
  b ~ Normal(0, 1)
  mu[i] := b * x[i] for i in 0..N
  for i in 0..N {
    if x[i] > 1.5 { s[i] := b } else { s[i] := x[i] }
    if b > 0 { r[i] := b } else { r[i] := -b }
  }
  q[i, j] := b * i + j for i in 0..2, j in 0..3
  u ~ inner(2)
  observe y[i] ~ Normal(mu[i], 1) for i in 0..N
}
"""
DATA = {"x": [1.0, 2.0, 3.0], "y": [1.0, -2.0, 3.0]}


def test_defined_elements_have_exact_laws() -> None:
    run = pplc.compile(WALK).infer(method="exact")
    assert run["h"].shape == (4,)
    assert run["h"].exact[(3,)] == {
        "1": Fraction(1, 8),
        "2": Fraction(3, 8),
        "3": Fraction(3, 8),
        "4": Fraction(1, 8),
    }


def test_queries_may_speak_of_defined_elements() -> None:
    model = pplc.compile(WALK)
    assert model.query("P(h[3] == 4 | h[1] == 2)") == Exact(0.25, Fraction(1, 4))
    assert model.query("E[h[3] - h[2]]") == Exact(0.5, Fraction(1, 2))


def test_do_sets_a_defined_element_and_what_follows_from_it() -> None:
    model = pplc.compile(WALK)
    assert model.query("P(h[3] == 11 | do(h[2] = 10))") == Exact(0.5, Fraction(1, 2))
    assert model.do({"h[2]": 10}).infer(method="exact")["h"].exact[(2,)] == {"10": Fraction(1)}


@pytest.mark.parametrize("method", ["importance", "nuts", "hmc", "laplace", "map", "svi"])
def test_every_method_reports_what_is_defined(method: str) -> None:
    options = {"nuts": {"warmup": 20}, "hmc": {"warmup": 20}, "svi": {"steps": 50}}.get(method, {})
    if method != "map":
        options["draws"] = 20
    run = pplc.compile(MEANS).infer(DATA, method=method, **options)  # type: ignore[arg-type]
    b = run.draws("b")[..., None]
    x = np.array(DATA["x"])
    np.testing.assert_allclose(run.draws("mu"), b * x)
    np.testing.assert_allclose(run.draws("s"), np.where(x > 1.5, b, x))
    np.testing.assert_allclose(run.draws("r"), np.abs(b) + 0 * x)
    np.testing.assert_allclose(
        run.draws("q"), b[..., None] * np.arange(2.0)[:, None] + np.arange(3.0), atol=1e-12
    )
    np.testing.assert_array_equal(run.draws("u.v")[0, 0], [0, 2, 4])


def test_functions_are_no_variables() -> None:
    run = pplc.compile(
        "model m() { f[i] := fn (x: real) => x + i for i in 0..3; z ~ Bernoulli(0.5) }"
    ).infer()
    assert list(run) == ["z"]
