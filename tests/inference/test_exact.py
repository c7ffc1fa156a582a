"""The exact engine: as many states as a chain needs, the answers of forward–backward, and its limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction as F
from math import exp, log

import numpy as np
import pytest

import pplc
from pplc.inference import states
from pplc.inference.answers import Bounds, Exact
from pplc.inference.collect import RETURN
from pplc.inference.exact import joint, refuses, run
from pplc.inference.forward import forward
from pplc.inference.options import Options
from pplc.inference.progress import Progress, Silent
from pplc.inference.result import Result
from pplc.semantics.bound import Bound, Budget
from pplc.semantics.values import Value
from tests.support.meanings import CASES
from tests.support.reference import Data, bound, marked, masses, rational, rejection
from tests.support.stopping import StopAfter

Laws = Mapping[str, Mapping[tuple[int, ...], Mapping[Value, F | float]]]
INIT = (F(1, 2), F(1, 4), F(1, 4))
TRANS = ((F(1, 2), F(1, 4), F(1, 4)), (F(1, 4), F(1, 2), F(1, 4)), (F(1, 10), F(1, 5), F(7, 10)))
EMIT = ((F(1, 2), F(1, 2)), (F(1, 10), F(9, 10)), (F(4, 5), F(1, 5)))
Y = tuple(k * k % 3 % 2 for k in range(20))
DATA: Data = {"y": Y, "init": INIT, "trans": TRANS, "emit": EMIT}

HEAD = "y: int[T], init: simplex[K], trans: array[K] simplex[K], emit: array[K] simplex[M]"
LOOP = f"""
model hmm({HEAD}) {{
  z[0] ~ Categorical(init)
  observe y[0] ~ Categorical(emit[z[0]])
  for t in 1..T {{
    z[t] ~ Categorical(trans[z[t - 1]])
    observe y[t] ~ Categorical(emit[z[t]])
  }}
  return z[T - 1]
}}
"""
VARIABLE = f"""
model hmm({HEAD}) {{
  var s = ~Categorical(init)
  observe y[0] ~ Categorical(emit[s])
  for t in 1..T {{
    s = ~Categorical(trans[s])
    observe y[t] ~ Categorical(emit[s])
  }}
  return s
}}
"""
WHILE = f"""
model hmm({HEAD}) {{
  var s = ~Categorical(init)
  var t = 0
  while t < T {{
    observe y[t] ~ Categorical(emit[s])
    t = t + 1
    if t < T {{ s = ~Categorical(trans[s]) }}
  }}
  return s
}}
"""
RECURSION = f"""
model step(t: int, s: int, y: int[T], trans: array[K] simplex[K], emit: array[K] simplex[M]) -> int {{
  observe y[t] ~ Categorical(emit[s])
  if t == len(y) - 1 {{ return s }}
  n ~ Categorical(trans[s])
  return ~step(t + 1, n, y, trans, emit)
}}
model hmm({HEAD}) {{
  s ~ Categorical(init)
  return ~step(0, s, y, trans, emit)
}}
"""


def answer(text: str, data: Data | None = None, budget: Budget | None = None) -> Result:
    """What the engine says of a program."""
    return run(bound(text, data, budget=budget or Budget()), Options(), Silent())


def laws_of(result: Result) -> Laws:
    """The laws of a result that has them."""
    assert result.laws is not None
    return result.laws


def smoothed() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], float]:
    """The posterior of every hidden state, [time, state], and the evidence: forward–backward in numpy."""
    trans, emit = np.array(TRANS, dtype=float), np.array(EMIT, dtype=float)
    alpha, beta = np.zeros((len(Y), 3)), np.ones((len(Y), 3))
    alpha[0] = np.array(INIT, dtype=float) * emit[:, Y[0]]
    for t in range(1, len(Y)):
        alpha[t] = (alpha[t - 1] @ trans) * emit[:, Y[t]]
    for t in reversed(range(len(Y) - 1)):
        beta[t] = trans @ (emit[:, Y[t + 1]] * beta[t + 1])
    evidence = float(alpha[-1].sum())
    return alpha * beta / evidence, evidence


@pytest.mark.parametrize(
    "text", [LOOP, VARIABLE, WHILE, RECURSION], ids=["loop", "var", "while", "recursion"]
)
def test_a_hidden_markov_model_has_a_state_per_step_and_value(text: str) -> None:
    result = answer(text, DATA)
    assert result.diagnostics["states"] == 1 + 3 * (len(Y) - 1)
    posterior, evidence = smoothed()
    assert isinstance(result.log_evidence, Exact)
    assert result.log_evidence.rational is not None
    assert result.log_evidence.value == pytest.approx(log(evidence), rel=1e-12)
    law = laws_of(result)["return"][()]
    assert [float(law[k]) for k in range(3)] == pytest.approx(posterior[-1], rel=1e-12)
    assert sum(law.values()) == 1


def test_every_hidden_state_has_the_law_of_forward_backward() -> None:
    laws = laws_of(answer(LOOP, DATA))["z"]
    posterior, _ = smoothed()
    found = [[float(laws[t,][k]) for k in range(3)] for t in range(len(Y))]
    assert np.allclose(found, posterior, rtol=1e-12, atol=0)


CHAIN = """
model chain() {
  z[0] ~ Bernoulli(0.5)
  for t in 1..200 {
    z[t] ~ Bernoulli(if z[t - 1] { 0.9 } else { 0.2 })
    observe true ~ Bernoulli(if z[t] { 0.6 } else { 0.3 })
  }
  return z[199]
}
"""


def test_a_long_chain_stays_rational() -> None:
    result = answer(CHAIN)
    assert result.diagnostics["states"] == 399
    assert isinstance(result.log_evidence, Exact)
    assert result.log_evidence.rational is not None
    assert "floating point" not in result.note


def test_rationals_that_outgrow_their_budget_go_on_in_floats_which_is_said() -> None:
    text = CHAIN.replace("0.9", "0.91372351").replace("0.6", "0.60000013")
    result = answer(text)
    assert isinstance(result.log_evidence, Exact)
    assert result.log_evidence.rational is None
    assert result.note.endswith("in floating point")
    forward = np.array([0.5, 0.5])
    for _ in range(199):
        forward = (forward @ np.array([[0.8, 0.2], [1 - 0.91372351, 0.91372351]])) * np.array(
            [0.3, 0.60000013]
        )
    assert result.log_evidence.value == pytest.approx(log(forward.sum()), rel=1e-12)
    law = laws_of(result)["z"][199,]
    assert float(law[True]) == pytest.approx(forward[1] / forward.sum(), rel=1e-12)
    assert sum(map(float, law.values())) == pytest.approx(1, abs=1e-12)


def test_independent_coins_have_one_state_each() -> None:
    result = answer("model m() { x[i] ~ Bernoulli(0.3) for i in 0..100; return x[0] }")
    assert result.diagnostics["states"] <= 200
    assert laws_of(result)["x"][99,] == {False: F(7, 10), True: F(3, 10)}


def test_a_count_has_as_many_states_as_values() -> None:
    result = answer("model m() { var n = 0; for i in 0..30 { if flip(0.5) { n = n + 1 } }; return n }")
    assert result.diagnostics["states"] == 30 * 31 / 2
    assert laws_of(result)["return"][()][30] == F(1, 2**30)


GEOMETRIC = "model g(p: real) -> int { if flip(p) { return 1 }; return 1 + ~g(p) }\n"


def test_an_endless_recursion_is_answered_up_to_what_does_not_matter() -> None:
    result = answer(GEOMETRIC + "model m() { n ~ g(0.5); condition(n % 2 == 0); return n }")
    assert 0 < result.diagnostics["left_out"] < 1e-15
    assert "were not followed: bounds" in result.note
    assert isinstance(result.log_evidence, Bounds)
    assert result.log_evidence.lower <= log(1 / 3) <= result.log_evidence.upper
    assert result.log_evidence.upper - result.log_evidence.lower < 1e-14
    law = laws_of(result)["n"][()]
    assert [float(law[n]) for n in (2, 4, 6)] == pytest.approx([3 / 4, 3 / 16, 3 / 64], rel=1e-14)


def test_nothing_is_left_out_of_a_recursion_whose_weight_can_grow() -> None:
    text = GEOMETRIC + "model m() { n ~ g(0.5); weight(2 ^ n); return n }"
    error = rejection(lambda: answer(text, budget=Budget(states=200)))
    assert error.code == "E0503"


def test_an_endless_recursion_is_followed_until_nothing_matters() -> None:
    result = answer(GEOMETRIC + "model m() { n ~ g(0.1); condition(n > 1); return n }")
    assert result.diagnostics["states"] > 256
    assert 0 < result.diagnostics["left_out"] < 1e-15
    assert float(laws_of(result)["n"][()][2]) == pytest.approx(0.1, rel=1e-13)


def test_a_density_may_make_up_for_what_is_left_of_a_recursion() -> None:
    text = GEOMETRIC + "model m() { n ~ g(0.5); observe 9.5 ~ Normal(n, 0.01); return n }"
    assert rejection(lambda: answer(text, budget=Budget(states=200))).code == "E0503"


@pytest.mark.parametrize("name", CASES)
def test_the_engine_agrees_with_the_meaning_of(name: str) -> None:
    case = CASES[name]
    result = run(case.bound, Options(), Silent())
    evidence = sum(case.masses.values())
    assert result.log_evidence == Exact(pytest.approx(log(evidence)), evidence)  # type: ignore[arg-type]
    assert laws_of(result)["return"][()] == {value: mass / evidence for value, mass in case.masses.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_joint_law_is_the_unnormalised_measure_of(name: str) -> None:
    case = CASES[name]
    law = joint(case.bound, lambda _: True, lambda outcome: frozenset({(RETURN, outcome[RETURN])}))
    measure = law.measure
    found = {dict(outcome.recorded)[RETURN]: rational(weight) for outcome, weight in measure.masses.items()}
    assert found == case.masses


def test_the_joint_law_keeps_variables_together() -> None:
    program = bound("model m() { a ~ Bernoulli(0.5); b ~ Bernoulli(if a { 0.75 } else { 0.25 }); return 1 }")
    measure = joint(
        program, lambda address: address in (("a",), ("b",)), lambda outcome: frozenset(outcome.items())
    ).measure
    found = {
        (dict(outcome.recorded)["a",], dict(outcome.recorded)["b",]): rational(weight)
        for outcome, weight in measure.masses.items()
    }
    q = F(1, 8)
    assert found == {(True, True): 3 * q, (True, False): q, (False, True): q, (False, False): 3 * q}


MIXED = """
model main() {
  usa ~ Bernoulli(0.5)
  let scale = if usa { 4.0 } else { 10.0 }
  observe 4.0 ~ Mixture([0.99, 0.01], [Uniform(0, scale), Delta(scale)])
  after ~ Bernoulli(0.5)
  return after
}
"""


def test_states_of_different_dimension_are_different_states() -> None:
    result = answer(MIXED)
    assert laws_of(result)["usa"][()] == {True: 1}
    assert laws_of(result)["after"][()] == {False: F(1, 2), True: F(1, 2)}
    assert isinstance(result.log_evidence, Exact)
    assert exp(result.log_evidence.value) == pytest.approx(0.005, rel=1e-12)
    measure = joint(bound(MIXED), lambda _: False, lambda outcome: frozenset(outcome.items())).measure
    ends = measure.masses.values()
    assert [exp(float(weight)) for weight in ends] == pytest.approx([0.0025, 0.0025], rel=1e-12)


def test_runs_whose_memory_differs_are_different_states() -> None:
    text = (
        "model m() { f ~ mem(fn (i: int) => Bernoulli(0.5)); let a = if f(0) { 1 } else { 1 }\n"
        "x ~ Bernoulli(0.5); return f(0) and x }"
    )
    assert laws_of(answer(text))["return"][()] == {False: F(3, 4), True: F(1, 4)}


def test_elements_that_are_read_later_are_kept_apart() -> None:
    text = "model m() { for t in 0..4 { z[t] ~ Bernoulli(0.5) }; return [z[0], z[3]] }"
    assert laws_of(answer(text))["return"][()] == {
        (a, b): F(1, 4) for a in (False, True) for b in (False, True)
    }


def test_an_element_that_nothing_reads_any_more_is_still_defined() -> None:
    text = "model m() { for i in [0, 1, 2, 0] { z[i] ~ Bernoulli(0.5); w ~ Bernoulli(0.5) }; return 1 }"
    program = bound(text)
    assert rejection(lambda: answer(text)) == rejection(lambda: masses(program))


def test_functions_have_no_law_and_other_values_are_in_order() -> None:
    text = (
        'model m() { let f = fn (x: int) => x; s ~ Uniform(["b", "a"]); n ~ Uniform([3, 1, 2]); return f(n) }'
    )
    laws = laws_of(answer(text))
    assert set(laws) == {"s", "n", "return"}
    assert [list(laws[name][()]) for name in ("s", "n")] == [["a", "b"], [1, 2, 3]]


def test_values_without_an_order_are_as_they_were_found() -> None:
    text = "type S = B | A\nmodel m() { s ~ Uniform(values(S)); return 1 }"
    assert [str(getattr(value, "tag", "")) for value in laws_of(answer(text))["s"][()]] == ["B", "A"]


def test_impossible_evidence_points_at_where_the_last_runs_died() -> None:
    text, line, column = marked(
        "model m() {\n  x ~ Bernoulli(0.5)\n  «condition(x and not x)»\n  return x\n}"
    )
    error = rejection(lambda: answer(text))
    assert (error.code, error.span.line, error.span.column) == ("E0403", line, column)


def test_an_impossible_observation_is_located_too() -> None:
    text, line, column = marked("model m(y: int) {\n  «observe y ~ UniformInt(0, 2)»\n}")
    error = rejection(lambda: answer(text, {"y": 3}))
    assert (error.code, error.span.line, error.span.column) == ("E0403", line, column)


def test_more_states_than_may_be_kept_are_refused_where_they_grow() -> None:
    text, line, column = marked(
        "model m() {\n  for i in 0..9 {\n    «x[i] ~ UniformInt(0, 9)»\n  }\n  return x\n}"
    )
    error = rejection(lambda: answer(text, budget=Budget(states=500)))
    assert (error.code, error.span.line, error.span.column) == ("E0503", line, column)


SAME = """
model m() {
  a ~ UniformInt(1, 30)
  b ~ UniformInt(1, 30)
  «c ~ UniformInt(1, 30)»
  return a == b or b == c or a == c
}
"""


def test_too_many_edges_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 30² states has 30 edges, though all end in one of two values."""
    text, line, column = marked(SAME)
    law = laws_of(forward(bound(text), Silent()))["return"][()]
    assert law[True] == 1 - F(29 * 28, 30 * 30)
    monkeypatch.setattr(states, "EDGES_PER_STATE", 0.02)
    error = rejection(lambda: forward(bound(text), Silent()))
    assert (error.code, error.span.line, error.span.column) == ("E0503", line, column)
    found = re.search(r"make ([\d,]+) steps or more, because of `c`, which has 30 values", error.message)
    assert found is not None
    assert 20_000 < int(found[1].replace(",", "")) < 30**3


def test_a_run_that_is_stopped_says_so() -> None:
    progress: Progress = StopAfter(0)
    text = "model m() { var n = 0; for i in 0..60 { if flip(0.5) { n = n + 1 } }; return n }"
    result = run(bound(text), Options(), progress)
    assert result.stopped
    assert result.log_evidence is None
    assert "256 states" in result.note


@pytest.mark.parametrize("gain", ["3", "1"])
def test_a_stopped_run_has_bounds_only_if_what_it_left_cannot_gain_weight(gain: str) -> None:
    weight = f"weight(if n < 900 {{ {gain} }} else {{ 1 }})"
    text = f"model m() {{ var n = 0; while flip(0.5) {{ n = n + 1; {weight} }}; return n }}"
    program = bound(text, budget=Budget(states=5_000))
    result = run(program, Options(), StopAfter(1))
    if gain == "1":
        assert isinstance(result.log_evidence, Bounds | Exact)
        assert result.laws is not None
    else:  # its true evidence is 1.5^900
        assert result.stopped
        assert result.laws is None
        assert result.log_evidence is None
        with pytest.raises(pplc.Rejected, match="E0321"):
            joint(program, lambda _: True, lambda made: frozenset(made.items()), StopAfter(1))


REFUSED: dict[str, tuple[str, str]] = {
    "a continuous draw": ("x ~ Normal(0, 1)", ""),
    "a continuous draw without rules": (
        "x ~ VonMises(0, 1)",
        "`x` is continuous, and `VonMises` has no rules for exact inference",
    ),
    "infinitely many values": ("x ~ Poisson(1)", ""),
    "infinitely many values with weights without bound": (
        "x ~ Poisson(1); weight(x)",
        "`x` has infinitely many values (`Poisson`)",
    ),
    "a finite draw": ("x ~ Bernoulli(0.5)", ""),
    "a draw from a list": ("x ~ Uniform([1, 2])", ""),
    "a continuous observation": ("x ~ Bernoulli(0.5); observe 1.0 ~ Normal(0, 1)", ""),
    "a model": ("x ~ infer(Bernoulli(0.5))", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_text_says_cannot_be_enumerated_is_refused_before_running(name: str) -> None:
    body, expected = REFUSED[name]
    assert refuses(bound("model m() { " + body + " }")) == expected


def test_do_and_the_prior_reach_the_engine() -> None:
    text = "model m(y: bool) { p ~ Uniform([0.25, 0.75]); observe y ~ Bernoulli(p); return y }"
    program: Bound = bound(text, {"y": True}, do={("p",): F(1, 4)}, prior=True)
    law = laws_of(run(program, Options(), Silent()))["return"][()]
    assert law == {False: F(3, 4), True: F(1, 4)}


def test_a_law_with_too_many_values_to_list_is_refused_and_auto_draws_instead() -> None:
    model = pplc.compile("model m() { x ~ UniformInt(0, 10000000000); return x > 5 }")
    with pytest.raises(pplc.Rejected) as caught:
        model.infer({}, method="exact")
    assert caught.value.diagnostics[0].code == "E0521"
    assert model.infer({}, seed=1)["return"].probabilities[()]["true"] > 0.99


DENSE = """
model dense(n: int) {
  x[i] ~ Bernoulli(0.5) for i in 0..n
  for i in 0..n { for j in 0..i { weight(if x[i] == x[j] { 2 } else { 1 }) } }
}
query P(x[0])"""


def test_what_is_out_of_reach_is_refused_at_once_with_its_estimate_and_its_variable() -> None:
    model = pplc.compile(DENSE)
    words = r"following runs takes 10\^1\d states or more, .* tables of 10\^1\d rows, because of `x\[\d+\]`"
    with pytest.raises(pplc.Rejected, match=words) as caught:
        model.infer({"n": 60}, method="exact")
    assert [d.code for d in caught.value.diagnostics] == ["E0503"]
    (query,) = model.infer({"n": 12}, method="exact").queries
    assert query.numbers[0] == Exact(0.5, F(1, 2))


RUNS = """var best = 0; var now = 0
  for i in 0..60 { now = if flip(0.3) { now + 1 } else { 0 }; best = max(best, now) }"""
COUNT = "for i in 0..12 { x[i] ~ Bernoulli(0.1 * (1 + i % 3)) }\n let best = sum(x)"


@pytest.mark.parametrize("text", [RUNS, COUNT], ids=["runs", "count"])
def test_where_nothing_is_observed_the_evidence_is_1_in_floating_point_too(text: str) -> None:
    result = pplc.compile(f"model m() {{ {text}\n return best }}").infer({}, method="exact")
    assert result.log_evidence == Exact(0.0, F(1))
