"""`infer(m)` in exact runs: merged, solved where states come back, refused where there is no end."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

import pplc


def law(text: str) -> dict[str, F]:
    return {
        value: F(p) for value, p in pplc.compile(text).infer({}, method="exact")["return"].exact[()].items()
    }


def test_an_inner_model_of_many_runs_and_few_states_has_its_law() -> None:
    text = (
        "model parity() { var odd = false\nfor i in 0..60 { if flip(0.25) { odd = not odd } }\n"
        "condition(odd or flip(0.5)); return odd }\n"
        "model m() { x ~ infer(parity()); y ~ infer(parity()); return x and y }"
    )
    odd = (1 - F(1, 2) ** 60) / 2
    share = odd / (odd + (1 - odd) / 2)
    assert law(text)["true"] == share**2


def test_an_inner_random_walk_has_the_solution_of_its_equations() -> None:
    text = (
        "model ruin(n: int) { var x = n\n"
        "while x > 0 and x < 5 { if flip(0.5) { x = x + 1 } else { x = x - 1 } }; return x == 5 }\n"
        "model m() { n ~ UniformInt(1, 4); observe true ~ infer(ruin(n)); return n }"
    )
    assert law(text) == {str(n): F(n, 10) for n in range(1, 5)}


def test_memoised_values_from_outside_are_seen_inside() -> None:
    text = (
        "model m() { f ~ mem(fn (i: int) => Bernoulli(0.25))\n"
        "let inner = model () { x ~ Bernoulli(if f(0) { 0.75 } else { 0.5 }); return x }\n"
        "let d = infer(inner())\n"
        "y ~ d; return y and f(0) }"
    )
    assert law(text)["true"] == F(3, 16)


def test_an_inner_model_without_end_is_refused() -> None:
    text = (
        "model g() -> int { if flip(0.5) { return 1 }; return 1 + ~g() }\n"
        "model m() { n ~ infer(g()); return n }"
    )
    with pytest.raises(pplc.Rejected) as caught:
        pplc.compile(text).infer({}, method="exact")
    assert caught.value.diagnostics[0].code == "E0503"
    assert "has no end" in caught.value.diagnostics[0].message
