"""Programs that gradient methods cannot handle: why, in words that name the variable, and never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from pplc.inference import nuts
from pplc.inference.feasible import refuses
from pplc.inference.options import Options
from pplc.inference.progress import Silent
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
    "E0545": ("model m() { x ~ ZeroInflated(0.3, Exponential(1)) }", {}),
    "E0531": ("model m() { d ~ Gamma(2, 1); x ~ Truncated(StudentT(d, 0, 1), lower = 0.5) }", {}),
    "E0544": (
        "model m() { z ~ Bernoulli(0.5); x ~ Uniform(0, if z { 4 } else { 10 }); condition(x < 3) }",
        {},
    ),
    "E0541": (
        """type Shape = Square | Circle
        model m() { z ~ Bernoulli(0.5); x ~ Normal(0, 1); let s = if z { Square } else { Circle } }""",
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


def test_a_program_with_a_density_is_not_refused() -> None:
    assert refuses(bound_of("model m() { x ~ Normal(0, 1) }")) == ""


def test_a_discrete_variable_that_is_read_from_afar_is_refused() -> None:
    """Four rounds back: the sum over the chain would need five variables at once."""
    text = """model m(y: real[T]) {
      mu ~ Normal(0, 1)
      z[0] ~ Bernoulli(0.5)
      z[1] ~ Bernoulli(0.5); z[2] ~ Bernoulli(0.5); z[3] ~ Bernoulli(0.5)
      for t in 4..T {
        z[t] ~ Bernoulli(if z[t-4] { 0.9 } else { 0.2 })
        observe y[t] ~ Normal(if z[t] { mu } else { 0.0 }, 1)
      }
    }"""
    assert "z[" in refuses(bound_of(text, {"y": [0.1 * k for k in range(12)]}))
