"""Programs that gradient methods cannot handle: why, in words that name the variable, and never a crash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pplc.inference import nuts
from pplc.inference.feasible import refuses
from pplc.inference.options import Options
from pplc.inference.potential import Potential
from pplc.inference.progress import Silent
from pplc.inference.pyro_model import density_of
from pplc.inference.torch_outputs import outputs
from pplc.lang.diagnostics import Rejected
from tests.support.densities import bound_of

REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "E0532": ("model m() { x ~ Bernoulli(0.5); return x }", {}),
    "E0543": (
        "model m(y: real) { n ~ Poisson(3); x ~ Normal(0, 1); observe y ~ Normal(n * x, 1) }",
        {"y": 1.0},
    ),
    "E0546 recursion": (
        """model f(x: real) -> real { y ~ Normal(x, 1); if y > 0 { z ~ f(y); return z }; return y }
        model m() { x ~ f(0.0) }""",
        {},
    ),
    "E0539": ("model m() { z ~ Bernoulli(0.5); if z { x ~ Normal(0, 1) }; y ~ Normal(0, 1) }", {}),
    "E0546": ("model m() { x ~ Normal(0.1, 1); if x > 0 { y ~ Normal(0, 1) } }", {}),
    "E0530": ("model m() { n ~ UniformInt(2, 3); l ~ LKJCholesky(n, 1.0) }", {}),
    "E0533": (
        "model m(y: real?[2]) { a ~ Normal(0, 1); observe y ~ MvNormal([a, a], eye(2)) }",
        {"y": [1.0, None]},
    ),
    "E0535": ("model m() { x ~ Normal(0, 1); k ~ UniformInt(0, 1); z[k] ~ Normal(x, 1) }", {}),
    "E0535 strings": (
        """model m(w: array[N] string) {
          x ~ Normal(0, 1)
          k ~ UniformInt(0, 1)
          observe w[k] ~ Uniform(["a", "b"])
        }""",
        {"w": ["a", "b"]},
    ),
    "E0537": (
        """fn sum_to(n: int) -> real { if n == 0 { return 0.0 }; return n + sum_to(n - 1) }
        model m() { x ~ Normal(sum_to(300), 1) }""",
        {},
    ),
    "E0538": (
        """model m() {
          z ~ UniformInt(1, 3); x ~ Normal(0, 1)
          var k = 0
          while k < z { k = k + 1; factor(-x) }
        }""",
        {},
    ),
    "E0540": ("model m() { x ~ iid(Normal(0, 1), 3); factor(sum([-v for v in x if v > 0])) }", {}),
    "E0542": ("density D() on unit_vector[3] = fn (u: unit_vector[3]) => u[0]\nmodel m() { u ~ D() }", {}),
    "E0547": (
        "model m() { n ~ UniformInt(1, 3); x ~ Normal(0, 1); observe x ~ Normal(sum(ones(n)), 1) }",
        {},
    ),
    "E0547 infer": (
        """model g(p: real) { x ~ Bernoulli(p); return x }
        model m() { p ~ Uniform(0, 1); observe true ~ infer(g(p)) }""",
        {},
    ),
    "E0548": ("model m() { x ~ Ordered(ZeroInflated(0.3, Exponential(1)), 2) }", {}),
    "E0549": (
        "model m() { x ~ Normal(0, 1); observe 2.0 ~ Transformed(Normal(x, 1), fn (u) => exp(u)) }",
        {},
    ),
    "E0545": ("model m() { x ~ ZeroInflated(0.3, Exponential(1)) }", {}),
    "E0531": ("model m() { d ~ Gamma(2, 1); x ~ Truncated(StudentT(d, 0, 1), lower = 0.5) }", {}),
    "E0544": (
        "model m() { z ~ Bernoulli(0.5); x ~ Uniform(0, if z { 4 } else { 10 }); condition(x < 3) }",
        {},
    ),
    "E0541": (
        """model m() { z ~ Bernoulli(0.5); x ~ Normal(0, 1); let s = if z { "square" } else { "circle" } }""",
        {},
    ),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_program_that_has_no_density_is_refused(code: str) -> None:
    text, data = REFUSED[code]
    bound = bound_of(text, data)
    assert refuses(bound)
    with pytest.raises(Rejected) as caught:
        nuts.run(bound, Options(draws=5, warmup=5), Silent())
    assert caught.value.diagnostics[0].code == code.split(maxsplit=1)[0]


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_says_where_in_words_of_the_program(code: str) -> None:
    text, data = REFUSED[code]
    with pytest.raises(Rejected) as caught:
        nuts.run(bound_of(text, data), Options(draws=5, warmup=5), Silent())
    for diagnostic in caught.value.diagnostics:
        assert diagnostic.span.line >= 1
        assert "#" not in diagnostic.message


ACCEPTED = {
    "one draw": "model m() { x ~ Normal(0, 1) }",
    "recursion over data": """fn sum_to(n: int) -> real { if n == 0 { return 0.0 }; return n + sum_to(n - 1) }
        model m() { x ~ Normal(sum_to(150), 1) }""",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_program_with_a_density_is_not_refused(name: str) -> None:
    assert refuses(bound_of(ACCEPTED[name])) == ""


def test_a_bug_of_ours_while_a_density_is_recorded_is_no_reason_to_go_slowly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    density = density_of(bound_of(ACCEPTED["one draw"]))
    for error in (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):

        def broken(*_: object, jacobian: bool, error: type[Exception] = error) -> None:
            raise error

        monkeypatch.setattr(type(density), "__call__", broken)
        with pytest.raises(error):
            Potential(density, 2)


def test_a_bug_of_ours_while_draws_are_reported_is_no_reason_to_go_slowly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    density = density_of(bound_of(ACCEPTED["one draw"]))

    def broken(_: object, *, record: bool, given: bool) -> None:
        raise RuntimeError

    monkeypatch.setattr(type(density.model), "__call__", broken)
    with pytest.raises(RuntimeError):
        outputs(density, np.zeros((3, 1)), [(0, k) for k in range(3)])


def test_a_program_whose_statements_depend_on_draws_is_run_draw_by_draw() -> None:
    text = "model m() { x ~ Normal(0, 1); var k = 0; while k < x { k = k + 1 }; y ~ Normal(k, 1); let n = k }"
    density = density_of(bound_of(text))
    potential = Potential(density, 2)
    assert not potential.traced
    values = outputs(density, np.array([[0.5, 0.0], [-1.0, 0.0], [2.5, 0.0]]), [(0, k) for k in range(3)])
    assert values.values["n"].tolist() == [1, 0, 3]


def test_a_discrete_variable_that_is_read_from_afar_is_refused() -> None:
    """All elements would be alive at once."""
    text = """model m() {
      mu ~ Normal(0, 1)
      z[0] ~ Bernoulli(0.5)
      for t in 1..40 { z[t] ~ Bernoulli(if z[t-1] { 0.9 } else { 0.2 }) }
      observe 1.5 ~ Normal(mu * exp(-sum([int(z[39 - t]) for t in 0..40])), 1)
    }"""
    assert "z[" in refuses(bound_of(text))
