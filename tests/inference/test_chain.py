"""Loops as matrix products: the answers are those of following runs, and nothing underflows."""

from __future__ import annotations

from fractions import Fraction as F
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from pplc.inference import chain_loop
from pplc.inference.chain import Chain, chain
from pplc.inference.chain_loop import LOOK_ROWS
from pplc.inference.chain_rows import Way, ways
from pplc.inference.collect import RETURN, variables
from pplc.inference.exact import run
from pplc.inference.forward import forward
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.lang.check import check_program
from pplc.lang.diagnostics import Rejected
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound
from pplc.semantics.values import Value
from tests.support.meaning import lowered
from tests.support.programs import ARGUMENTS, Written, programs

Data = dict[str, Value]


def cut(text: str, data: Data | None = None) -> Chain:
    """The program as a chain, however short."""
    found = chain(Bound(lowered(text), data or {}), Silent(), fewest=0)
    assert found is not None
    return found


def check(bound: Bound, found: Chain) -> None:
    """The chain says what following runs says."""
    laws, evidence = found.laws()
    result = forward(bound, Silent())
    assert result.laws is not None
    assert result.log_evidence is not None
    assert evidence == pytest.approx(getattr(result.log_evidence, "value"), abs=1e-11)  # noqa: B009
    names = variables(sorted(laws, key=lambda address: address == RETURN))
    assert set(names) == set(result.laws)
    for name, elements in names.items():
        for index, address in elements.items():
            law = {value: float(p) for value, p in result.laws[name][index].items() if p > 1e-300}
            some = {value: p for value, p in laws[address].items() if p > 1e-300}
            assert some == pytest.approx(law, abs=1e-11), (name, index)


HMM = """
model hmm(y: int[T], trans: array[K] simplex[K], emit: array[K] simplex[M]) {
  z[0] ~ Categorical(trans[0])
  observe y[0] ~ Categorical(emit[z[0]])
  for t in 1..T {
    z[t] ~ Categorical(trans[z[t - 1]])
    observe y[t] ~ Categorical(emit[z[t]])
  }
  return z[T - 1]
}
"""
TRANS = ((F(1, 2), F(1, 4), F(1, 4)), (F(1, 8), F(3, 4), F(1, 8)), (F(1, 10), F(1, 5), F(7, 10)))
EMIT = ((F(1, 2), F(1, 2)), (F(1, 10), F(9, 10)), (F(4, 5), F(1, 5)))
Y = tuple(k * k % 3 % 2 for k in range(12))
FIVE: Data = {"y": (1, 0, 2, 2, 1)}

LOOPS: dict[str, tuple[str, Data]] = {
    "a hidden Markov model": (HMM, {"y": Y, "trans": TRANS, "emit": EMIT}),
    "impossible emissions": (
        HMM,
        {"y": Y, "trans": TRANS, "emit": ((F(1), F(0)), (F(0), F(1)), (F(1, 2), F(1, 2)))},
    ),
    "normal emissions and a parameter drawn before the loop": (
        (
            "model m(y: real[T]) { i ~ UniformInt(0, 1)\nlet stay = [0.35, 0.65][i]\n"
            "z[0] ~ UniformInt(0, 1)\n"
            "observe y[0] ~ Normal(z[0], 0.8)\n"
            "for t in 1..T {\n"
            "z[t] ~ Categorical(if z[t - 1] == 0 { [stay, 1 - stay] } else { [1 - stay, stay] })\n"
            "observe y[t] ~ Normal([-1, 1][z[t]], 0.8) }; return i }"
        ),
        {"y": (F(1, 2), F(-1), F(2), F(1, 3), F(-1))},
    ),
    "a variable that changes": (
        (
            "model m(y: int[T]) { var s = 0\nfor t in 0..T { let d = if s > 1 { 0.25 } else { 0.5 }\n"
            "if flip(d) { s = s + 1 }\nobserve y[t] ~ UniformInt(0, s + 2) }\nreturn s }"
        ),
        FIVE,
    ),
    "two steps back": (
        (
            "model m(y: int[T]) { z[0] ~ Bernoulli(0.5); z[1] ~ Bernoulli(0.5)\n"
            "for t in 2..T { z[t] ~ Bernoulli(if z[t - 1] == z[t - 2] { 0.75 } else { 0.25 })\n"
            "observe y[t] ~ Binomial(2, if z[t] { 0.75 } else { 0.5 }) }\n"
            "return [z[T - 2], z[T - 1]] }"
        ),
        FIVE,
    ),
    "data of two kinds, one of which a law depends on": (
        (
            "model m(p: unit[N], y: bool[N]) { var on_ = false\n"
            "for i in 0..N { c[i] ~ Bernoulli(p[i]); if c[i] { on_ = on_ or flip(0.5) }\n"
            "observe y[i] ~ Bernoulli(if c[i] { 0.75 } else { p[i] }) }\ncondition(on_)\nreturn on_ }"
        ),
        {"p": (F(1, 3), F(1, 4), F(1, 3)), "y": (True, False, True)},
    ),
    "two loops, a plate, what lies between and after them": (
        (
            "model m(y: int[T]) { x[i] ~ Bernoulli(0.25) for i in 0..4; a ~ UniformInt(0, 2)\nvar s = a\n"
            "for t in 0..T { s = (s + ~UniformInt(0, 1)) % 3 }\nb ~ UniformInt(0, s)\nlet c = a + b\n"
            "for t in 0..T { w[t] ~ UniformInt(0, b); observe y[t] ~ UniformInt(0, w[t] + c) }\n"
            "d ~ UniformInt(0, b)\nreturn d + s }"
        ),
        FIVE,
    ),
    "rounds that know their number": (
        (
            "model m() { var s = 0\n"
            "for t in 0..6 { z[t] ~ UniformInt(0, t % 2); if t > 2 and z[t] == 1 { s = s + 1 } }\nreturn s }"
        ),
        {},
    ),
    "data before and after the round": (
        (
            "model m(y: int[T]) { for t in 1..T - 1 { x[t] ~ UniformInt(0, y[t - 1] + y[t + 1])\n"
            "observe y[t] ~ UniformInt(0, x[t] + 2) }; return 1 }"
        ),
        FIVE,
    ),
    "a model inside the rounds": (
        (
            "model step(p: real) { a ~ Bernoulli(p); b ~ Bernoulli(if a { 0.75 } else { 0.25 }); return b }\n"
            "model m() { for t in 0..4 { s[t] ~ step(if t == 0 { 0.5 } else { 0.25 }) }; return 1 }"
        ),
        {},
    ),
    "a loop inside the rounds": (
        (
            "model m() { var s = 0\nfor t in 0..4 { for k in 0..2 { let e = flip(0.25)\n"
            "if e { s = (s + 1) % 3 } } }\nreturn s }"
        ),
        {},
    ),
    "an array that is computed": (
        (
            "model m() { z[0] ~ Bernoulli(0.5); s[0] := 0\n"
            "for t in 1..6 { z[t] ~ Bernoulli(if z[t - 1] { 0.75 } else { 0.5 })\n"
            "s[t] := if z[t] { (s[t - 1] + 1) % 3 } else { 0 } }\nreturn s[5] }"
        ),
        {},
    ),
    "a weight and a state only reached late": (
        (
            "model m() { var s = 0\nfor t in 0..6 { if flip(0.5) and s < 3 { s = s + 1 }\nweight(s + 1)\n"
            "condition(s < 3 or flip(0.5)) }\nreturn s }"
        ),
        {},
    ),
}


@pytest.mark.parametrize("name", LOOPS)
def test_passing_through_loops_agrees_with_following_runs(name: str) -> None:
    text, data = LOOPS[name]
    check(Bound(lowered(text), data), cut(text, data))


OTHERS: dict[str, str] = {
    "all elements are read afterwards": "for t in 0..4 { z[t] ~ Bernoulli(0.5) }; return z",
    "a loop that is left": "for t in 0..4 { z[t] ~ Bernoulli(0.5); if z[t] { return t } }; return 9",
    "a fixed element": "z[0] ~ Bernoulli(0.5); for t in 1..4 { z[t] ~ Delta(z[0]) }",
    "a list of what is drawn": "let a = [~Bernoulli(0.5) for t in 0..4]; return a",
    "memoised draws": "f ~ mem(fn (i: int) => Bernoulli(0.5)); for t in 0..4 { let a = f(t) }; return f(0)",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_loops_are_left_to_following_runs(name: str) -> None:
    assert chain(Bound(lowered("model m() { " + OTHERS[name] + " }"), {}), Silent(), fewest=0) is None


def test_short_programs_stay_rational() -> None:
    text, data = LOOPS["a hidden Markov model"]
    assert chain(Bound(lowered(text), data), Silent()) is None


@settings(max_examples=60)
@given(written=programs())
def test_generated_programs_have_equal_laws_both_ways(written: Written) -> None:
    bound = Bound(lower(check_program(written.program)), ARGUMENTS)
    found = chain(bound, Silent(), fewest=0)
    if found is None:
        return
    if found.laws()[1] == -np.inf:
        with pytest.raises(Rejected, match="E0403"):
            forward(bound, Silent())
    else:
        check(bound, found)


UNDERFLOW = """
model m(y: real[T]) {
  z[0] ~ Bernoulli(0.5)
  for t in 1..T {
    z[t] ~ Bernoulli(if z[t - 1] { 0.5 } else { 0.25 })
    observe y[t] ~ Normal(if z[t] { 0 } else { 50 }, 1)
  }
  return z[T - 1]
}
"""


def test_densities_far_below_the_smallest_float_are_no_impossible_evidence() -> None:
    data: Data = {"y": tuple(F(3 * k % 47) for k in range(60))}
    found = cut(UNDERFLOW, data)
    assert found.laws()[1] < -5000
    check(Bound(lowered(UNDERFLOW), data), found)


FLIPPING = """
model m(y: bool[T]) {
  c ~ Bernoulli(0.5)
  for t in 0..T { observe y[t] ~ Bernoulli(if c { 1 / 1000 } else { 999 / 1000 }) }
  return c
}
"""


def test_a_state_that_falls_behind_by_more_than_a_float_holds_may_come_back() -> None:
    data: Data = {"y": (True,) * 150 + (False,) * 150}  # one state falls behind by 1e-450, then catches up
    laws, evidence = cut(FLIPPING, data).laws()
    assert laws["c",] == pytest.approx({True: 0.5, False: 0.5})
    assert evidence == pytest.approx(150 * (log(F(1, 1000)) + log(F(999, 1000))), rel=1e-12)


def test_a_long_chain_is_linear_and_has_its_evidence() -> None:
    data: Data = {"y": tuple(k % 2 for k in range(5000)), "trans": TRANS, "emit": EMIT}
    result = run(Bound(lowered(HMM), data), Options(), Silent())
    assert result.diagnostics["states"] == 3 * 4999 + 1
    trans, emit = np.array(TRANS, dtype=float), np.array(EMIT, dtype=float)
    alpha, evidence = np.array([1.0, 0, 0]), 0.0
    for t in range(5000):
        alpha = (alpha @ trans) * emit[:, t % 2]
        evidence += log(alpha.sum())
        alpha /= alpha.sum()
    assert getattr(result.log_evidence, "value") == pytest.approx(evidence, rel=1e-12)  # noqa: B009
    assert result.laws is not None
    assert [result.laws["z"][4999,][k] for k in range(3)] == pytest.approx(alpha, rel=1e-10)


def test_impossible_evidence_of_a_long_loop_points_at_it() -> None:
    text = HMM.replace("Categorical(emit[z[t]])", "UniformInt(2, z[t] + 2)")
    data: Data = {"y": (0,) * 400, "trans": TRANS, "emit": EMIT}
    with pytest.raises(Rejected) as caught:
        run(Bound(lowered(text), data), Options(), Silent())
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.span.line) == ("E0403", 5)


def test_a_loop_whose_states_multiply_in_every_round_is_left_after_a_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pairs = "b[i] == b[j] for i in 0..4, j in 0..i"
    text = "model m() { b[i] ~ UniformInt(1, 365) for i in 0..4; return any([" + pairs + "]) }"
    looked: list[object] = []

    def counted(*given: Any) -> list[Way]:
        looked.append(given)
        return ways(*given)

    monkeypatch.setattr(chain_loop, "ways", counted)
    assert chain(Bound(lowered(text), {}), Silent()) is None
    assert len(looked) == 1 + LOOK_ROWS
    looked.clear()
    kept = "model m() { var b = 0; for i in 0..20 { b = ~UniformInt(0, 200) }; return b }"
    assert chain(Bound(lowered(kept), {}), Silent()) is not None
    assert len(looked) > LOOK_ROWS  # states that others lead to as well do not multiply
