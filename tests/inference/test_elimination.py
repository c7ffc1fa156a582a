"""Variable elimination: laws, evidence and joint laws of programs with many variables alive at once."""

from __future__ import annotations

from fractions import Fraction
from math import exp, isclose, log, log1p
from typing import cast

import numpy as np
import pytest
from hypothesis import assume, given, settings

from pplc.inference import elimination
from pplc.inference.collect import RETURN
from pplc.inference.elimination import Plan, Refused, joint, plan, run
from pplc.inference.exact import run as run_forward
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.inference.result import Result
from pplc.inference.summary import Variable, summarise
from pplc.lang.check import check_program
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound
from pplc.semantics.measure import is_zero
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat
from pplc.semantics.representations.enumerated import denote
from pplc.semantics.values import MISSING, Value, show_address
from tests.support.again import AGAIN, text_of
from tests.support.programs import ARGUMENTS, Written, programs
from tests.support.reference import Data, Do, bound

Tables = dict[str, dict[tuple[int, ...], dict[str, Fraction]]]


def summary(found: Plan) -> dict[str, Variable]:
    """The variables as they are reported."""
    return summarise(Result("exact", laws=run(found).laws))


def exactly(variables: dict[str, Variable]) -> Tables:
    """The rational probabilities of every variable that has them, by element and value."""
    return {name: {i: dict(law) for i, law in v.exact.items()} for name, v in variables.items()}


def planned(written: Written) -> tuple[Bound, Plan]:
    """A generated program as a factor graph; programs that have none do not count."""
    program = Bound(lower(check_program(written.program)), ARGUMENTS)
    try:
        return program, plan(program)
    except Refused:
        assume(False)
        raise


# ------------------------------------------------------------------ generated programs


@settings(max_examples=150)
@given(written=programs())
def test_elimination_changes_no_probability(written: Written) -> None:
    program, found = planned(written)
    evidence = denote(program, Nested(), lambda run: run.value).evidence
    answers = run(found)
    assert answers.evidence == evidence
    if not is_zero(evidence):
        forward = summarise(run_forward(program, Options(), Silent()))
        assert exactly(summary(found)) == exactly(forward)
    else:
        assert answers.laws == {}


@settings(max_examples=50)
@given(written=programs())
def test_joint_laws_are_those_of_all_paths(written: Written) -> None:
    program, found = planned(written)
    expected = denote(
        program, Nested(), lambda run: frozenset({**run.variables(), RETURN: run.value}.items())
    )
    assert joint(found, lambda _: True, lambda made: frozenset(made.items())) == expected


@settings(max_examples=50)
@given(written=programs())
def test_floats_agree_with_rationals(written: Written) -> None:
    _, found = planned(written)
    exact = run(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elimination, "MOST_EXACT_ROWS", -1)
        floats = run(found)
    assert isclose(float(floats.evidence), float(exact.evidence), abs_tol=1e-12)
    assert floats.laws.keys() == exact.laws.keys()
    for name, elements in exact.laws.items():
        for index, law in elements.items():
            for value, probability in law.items():
                assert isclose(floats.laws[name][index][value], probability, abs_tol=1e-12)


# ------------------------------------------------------------------ networks

GRID = """
model grid(seen: bool[N]) {
  for i in 0..N {
    for j in 0..N {
      let up = if i > 0 { x[i - 1, j] } else { true }
      let left = if j > 0 { x[i, j - 1] } else { false }
      x[i, j] ~ Bernoulli(if up { if left { 0.9 } else { 0.6 } } else { if left { 0.3 } else { 0.05 } })
    }
  }
  observe seen[j] ~ Bernoulli(if x[N - 1, j] { 0.8 } else { 0.25 }) for j in 0..N
}"""


def grid_by_columns(seen: tuple[bool, ...]) -> tuple[float, float]:
    """The log evidence of `GRID` and the posterior of x[0, 0], by summing over the frontier of cells."""
    n = len(seen)
    chance = {(True, True): 0.9, (True, False): 0.6, (False, True): 0.3, (False, False): 0.05}
    totals: list[float] = []
    for corner in (True, False):
        # One axis for the latest cell of each column, all of them true above the first row.
        weights = np.zeros((2,) * n)
        weights[(1,) * n] = 1.0
        for i in range(n):
            for j in range(n):
                new = np.zeros_like(weights)
                for up in (0, 1):
                    for left in (0, 1):
                        here: list[int | slice] = [slice(None)] * n
                        here[j] = up
                        if j > 0:
                            here[j - 1] = left
                        elif left:
                            continue
                        old = weights[tuple(here)]
                        p = chance[bool(up), bool(left)]
                        for value in (0, 1):
                            if i == j == 0 and bool(value) != corner:
                                continue
                            weight = p if value else 1 - p
                            if i == n - 1:
                                q = 0.8 if value else 0.25
                                weight *= q if seen[j] else 1 - q
                            there = list(here)
                            there[j] = value
                            new[tuple(there)] += old * weight
                weights = new
        totals.append(float(weights.sum()))
    return log(sum(totals)), totals[0] / sum(totals)


@pytest.mark.parametrize("side", [4, 12])
def test_a_grid_is_as_cheap_as_its_side_allows(side: int) -> None:
    seen = tuple(j % 3 != 1 for j in range(side))
    found = plan(bound(GRID, {"seen": seen}))
    answers = run(found)
    evidence, corner = grid_by_columns(seen)
    assert isclose(float(answers.evidence), evidence, rel_tol=1e-9)
    assert isclose(answers.laws["x"][0, 0][True], corner, abs_tol=1e-9)
    assert answers.rows <= 2 ** (side + 6)


CAUSES = """
model causes(rate: real[N], strength: real[N], late: bool) {
  x[i] ~ Bernoulli(rate[i]) for i in 0..N
  %s
  condition(y == late)
}"""

WAYS = {
    "as a product in a loop": """
      var q: real = 0.99
      for i in 0..N { if x[i] { q = q * (1 - strength[i]) } }
      y ~ Bernoulli(1 - q)""",
    "as a product of a list": """
      y ~ Bernoulli(1 - 0.99 * prod([if x[i] { 1 - strength[i] } else { 1 } for i in 0..N]))""",
    "as a disjunction": """
      works[i] ~ Bernoulli(if x[i] { strength[i] } else { 0 }) for i in 0..N
      let y = any(works) or flip(0.01)""",
    "as a `var` that is set": """
      var y = flip(0.01)
      for i in 0..N { if x[i] { if flip(strength[i]) { y = true } } }""",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("late", [True, False])
def test_a_noisy_or_is_linear_in_its_causes(way: str, late: bool) -> None:
    n = 1000
    rate = [Fraction(1 + i % 7, 5000) for i in range(n)]
    strength = [Fraction(1 + i % 11, 12) for i in range(n)]
    data: Data = {"rate": tuple(rate), "strength": tuple(strength), "late": late}
    answers = run(plan(bound(CAUSES % WAYS[way], data)))
    silent = [1 - r * s for r, s in zip(rate, strength, strict=True)]
    quiet = 0.99 * exp(sum(log1p(-float(r * s)) for r, s in zip(rate, strength, strict=True)))
    z = 1 - quiet if late else quiet
    assert isclose(float(answers.evidence), log(z), rel_tol=1e-9)
    for i in (0, 500, 999):
        here_and_quiet = quiet * float(rate[i] * (1 - strength[i]) / silent[i])
        here = float(rate[i]) - here_and_quiet if late else here_and_quiet
        assert isclose(answers.laws["x"][i,][True], here / z, rel_tol=1e-9)
    assert answers.rows <= 16


ASIA = """
model asia(xray: bool) {
  visit ~ Bernoulli(0.01)
  smoker ~ Bernoulli(0.5)
  tuberculosis ~ Bernoulli(if visit { 0.05 } else { 0.01 })
  cancer ~ Bernoulli(if smoker { 0.1 } else { 0.01 })
  bronchitis ~ Bernoulli(if smoker { 0.6 } else { 0.3 })
  let either = tuberculosis or cancer
  observe xray ~ Bernoulli(if either { 0.98 } else { 0.05 })
  let ill = if bronchitis { 0.8 } else { 0.1 }
  dyspnoea ~ Bernoulli(if either { if bronchitis { 0.9 } else { 0.7 } } else { ill })
}"""
"""Lauritzen & Spiegelhalter (1988)."""


def test_asia_is_answered_in_rationals() -> None:
    program = bound(ASIA, {"xray": True})
    found = plan(program)
    assert exactly(summary(found)) == exactly(summarise(run_forward(program, Options(), Silent())))


def test_counts_of_many_draws_are_binomial() -> None:
    text = """
    model m() {
      x[i] ~ Bernoulli(0.5) for i in 0..30
      var n = 0
      for i in 0..30 { if x[i] { n = n + 1 } }
      return n
    }"""
    laws = run(plan(bound(text))).laws
    row = [1]
    for _ in range(30):
        row = [a + b for a, b in zip([0, *row], [*row, 0], strict=True)]
    assert laws["return"][()] == {k: Fraction(c, 2**30) for k, c in enumerate(row)}
    assert laws["x"][7,] == {True: Fraction(1, 2), False: Fraction(1, 2)}


def test_an_element_at_a_random_place_is_one_factor_per_place() -> None:
    text = """
    model m() {
      x[i] ~ Categorical([0.5, 0.25, 0.25]) for i in 0..12
      k ~ UniformInt(0, 11)
      condition(x[k] == 2)
    }"""
    answers = run(plan(bound(text)))
    assert answers.evidence == LogRat(Fraction(1, 4))
    assert answers.laws["x"][3,][2] == Fraction(1, 12) + Fraction(11, 12) * Fraction(1, 4)
    assert answers.laws["k"][()] == dict.fromkeys(range(12), Fraction(1, 12))


def test_the_evidence_does_not_underflow() -> None:
    text = """
    model m(y: bool[N]) {
      biased ~ Bernoulli(0.5)
      observe y[i] ~ Bernoulli(if biased { 0.001 } else { 0.002 }) for i in 0..N
    }"""
    answers = run(plan(bound(text, {"y": (True,) * 3000})))
    expected = log(0.5) + 3000 * log(0.002) + log1p(exp(-3000 * log(2)))
    assert isclose(float(answers.evidence), expected, rel_tol=1e-12)
    assert answers.laws["biased"][()] == {False: 1.0, True: 0.0}


def test_densities_of_data_weigh_random_means() -> None:
    text = """
    model m(y: real[N]) {
      z[i] ~ Bernoulli(0.3) for i in 0..N
      observe y ~ Normal([if z[i] { 1 } else { -1 } for i in 0..N], 0.5)
    }"""
    y = (0.5, -2.0, 40.0)
    answers = run(plan(bound(text, {"y": y})))

    def density(x: float, mean: int) -> float:
        return -((x - mean) ** 2) / 0.5 - log(0.5) - 0.5 * log(2 * np.pi)

    for i, x in enumerate(y):
        odds = log(0.3 / 0.7) + density(x, 1) - density(x, -1)
        assert isclose(answers.laws["z"][i,][True], 1 / (1 + exp(-odds)), rel_tol=1e-9)
    each = [np.logaddexp(log(0.3) + density(x, 1), log(0.7) + density(x, -1)) for x in y]
    assert isclose(float(answers.evidence), sum(each), rel_tol=1e-12)


# ------------------------------------------------------------------ structure, errors, interventions

SAME = {
    "an early return": """
      a ~ Bernoulli(0.5); b ~ Bernoulli(0.25)
      if a { if b { return 1 }; condition(flip(0.75)) } else { c ~ UniformInt(0, 2); if c == 1 { return 7 } }
      d ~ Bernoulli(0.5)
      return if d { 2 } else { 3 }""",
    "a draw in one branch only": "if flip(0.25) { inner ~ UniformInt(0, 2); condition(inner < 2) }; return 0",
    "an array changed at a random place": """
      k ~ UniformInt(0, 2); var a = [0, 0, 0]; a[k] = 5; a[0] = a[0] + 1
      return a""",
    "records and sums": """
      r ~ Uniform([(a: 1, b: true), (a: 2, b: false)]); b ~ Bernoulli(0.5)
      let s = if b { (a: r.a, b: true) } else { r }
      return s""",
    "text": """x ~ Uniform(["a", "b"]); y ~ Uniform(["b", "c"]); condition(x != y); return (x, y)""",
    "a memoised function": """
      f ~ mem(fn (n: int) => Bernoulli(0.25)); return (f(1), f(2), f(1))""",
    "a random function": """
      up ~ Bernoulli(0.25); let f = if up { fn (n: int) => n + 1 } else { fn (n: int) => n - 1 }
      k ~ UniformInt(0, 2); return f(k)""",
    "nested inference": """
      a ~ Bernoulli(0.5)
      b ~ infer(inner(a))
      return a and b""",
    "recursion of known depth": "n ~ count(4); return n",
    "a list of random length": """
      a ~ UniformInt(0, 2); b ~ UniformInt(0, 2)
      c ~ Uniform([x for x in 0..4 if x != a and x != b]); return c""",
    "a loop whose length is drawn": """
      n ~ UniformInt(0, 3); var k = 0
      for i in 0..n { if flip(0.25) { k = k + i + 1 }; condition(k < 5) }
      return k""",
    "numbers equal to truth values": """
      b ~ Bernoulli(0.5); var k = 0
      if b { if flip(0.25) { k = k + 1 }; condition(k < 5) }
      if flip(0.5) { if flip(0.25) { k = k + 1 }; condition(k < 5) }
      return k""",
    "a loop over a drawn list": """
      xs ~ Uniform([[1, 2], [3], [4, 1, 2]]); var k = 0
      for x in xs { x1 ~ UniformInt(0, x); k = k + x1 }
      return k""",
    "a list as long as a draw says": """
      n ~ UniformInt(0, 2); b ~ Bernoulli(0.25)
      c ~ Uniform([x for x in 0..n + 2 if x > 0 or b]); return c""",
    "a return from a loop whose length is drawn": """
      n ~ UniformInt(1, 3)
      for i in 0..n { if flip(0.5) { return i }; weight(0.5) }
      return 7""",
    "a weight that is a product": """
      a ~ Bernoulli(0.5); b ~ Bernoulli(0.5)
      let w = (if a { 0.5 } else { 0.25 }) * (if b { 3 } else { 1 })
      weight(w); return a and b""",
}
HELPERS = """
model inner(a: bool) -> bool {
  c ~ Bernoulli(if a { 0.75 } else { 0.25 }); condition(c or flip(0.5)); return c
}
model count(n: int) -> int { if n == 0 { return 0 }; return (if flip(0.5) { 1 } else { 0 }) + ~count(n - 1) }
"""


@pytest.mark.parametrize("what", SAME)
def test_a_program_with_structure_is_what_forward_execution_says(what: str) -> None:
    program = bound(f"{HELPERS}model m() {{ {SAME[what]} }}")
    found = plan(program)
    assert exactly(summary(found)) == exactly(summarise(run_forward(program, Options(), Silent())))


def test_do_replaces_a_draw_and_drops_an_observation() -> None:
    text = """
    model m(y: bool) {
      a ~ Bernoulli(0.25)
      b ~ Bernoulli(if a { 0.5 } else { 0.75 })
      observe y ~ Bernoulli(if b { 0.5 } else { 0.25 })
    }"""
    changes: tuple[Do, ...] = ({("b",): True}, {("a",): False}, {("y",): True})
    for do in changes:
        program = bound(text, {"y": True}, do=do)
        assert exactly(summary(plan(program))) == exactly(
            summarise(run_forward(program, Options(), Silent()))
        )


GAPS = """
model m(y: bool?[3], z: bool?) {
  a ~ Bernoulli(0.25)
  b[i] ~ Bernoulli(if a { 0.75 } else { 0.5 }) for i in 0..3
  observe y ~ Bernoulli([if x { 0.9 } else { 0.2 } for x in b])
  if a { observe z ~ Bernoulli(if is_missing(y[0]) { 0.5 } else { if y[0] == true { 0.75 } else { 0.25 } }) }
  return a
}"""

SETS: tuple[Do, ...] = (
    {},
    {("b", (1,)): True},
    {("y", (0,)): False},
    {("y", (0,)): False, ("b", (2,)): False},
    {("y",): (True, True, False)},
    {("z",): True},
)


@pytest.mark.parametrize("do", SETS, ids=str)
@pytest.mark.parametrize("missing", range(16))
def test_missing_data_and_parts_that_are_set_are_what_forward_execution_says(missing: int, do: Do) -> None:
    y = tuple(MISSING if missing >> k & 1 else k != 1 for k in range(3))
    program = bound(GAPS, {"y": y, "z": MISSING if missing >> 3 else True}, do=do)
    forward = run_forward(program, Options(), Silent())
    assert exactly(summary(plan(program))) == exactly(summarise(forward))
    before = program.before_data()
    assert exactly(summary(plan(before))) == exactly(summarise(run_forward(before, Options(), Silent())))


def test_do_sets_an_element_of_a_draw_that_is_one_array() -> None:
    text = """
    model m() {
      x ~ iid(Bernoulli(0.25), 3)
      let y = [if b { 1 } else { 0 } for b in x]
      n ~ UniformInt(0, y[0] + y[1] + 1)
      return sum(y)
    }"""
    for do in cast(
        "tuple[Do, ...]", ({("x", (1,)): True}, {("y", (0,)): 5}, {("y", (2,)): 1, ("x", (0,)): False})
    ):
        program = bound(text, do=do)
        assert exactly(summary(plan(program))) == exactly(
            summarise(run_forward(program, Options(), Silent()))
        )


def test_many_missing_data_are_summed_out_one_by_one() -> None:
    text = """
    model m(y: bool?[N]) {
      x[i] ~ Bernoulli(0.5) for i in 0..N
      observe y[i] ~ Bernoulli(if x[i] { 0.75 } else { 0.25 }) for i in 0..N
      let n = sum([if b == true { 1 } else { 0 } for b in y])
      condition(n >= N - 1)
    }"""
    n = 30
    answers = run(plan(bound(text, {"y": (MISSING,) * n, "N": n})))
    assert answers.evidence == LogRat(Fraction(n + 1, 2**n))
    assert answers.laws["y"][4,][True] == Fraction(n, n + 1)


@pytest.mark.parametrize("name", AGAIN)
def test_before_the_data_both_ways_draw_a_place_where_it_is_observed_first(name: str) -> None:
    body, data = AGAIN[name]
    program = bound(text_of(body), data, prior=True)
    forward = exactly(summarise(run_forward(program, Options(), Silent())))
    assert forward == exactly(summary(plan(program)))


def test_the_prior_leaves_weights_out() -> None:
    text = "model m() { a ~ Bernoulli(0.25); condition(a); weight(0.5); return a }"
    answers = run(plan(bound(text, prior=True)))
    assert answers.laws["a"][()] == {False: Fraction(3, 4), True: Fraction(1, 4)}
    assert answers.evidence == LogRat(Fraction(1))


def test_some_names_alone_have_their_joint_law() -> None:
    found = plan(bound(ASIA, {"xray": True}))
    measure = joint(
        found,
        lambda address: show_address(address) in ("smoker", "dyspnoea"),
        lambda made: tuple(made[name,] for name in ("smoker", "dyspnoea")),
    )
    expected: dict[tuple[Value, ...], Fraction | float] = {}
    every = denote(bound(ASIA, {"xray": True}), Nested(), lambda run: tuple(run.variables().items()))
    for outcome, probability in every.probabilities().items():
        made = dict(outcome)
        key = (made["smoker",], made["dyspnoea",])
        expected[key] = expected.get(key, Fraction(0)) + probability
    assert measure.probabilities() == expected


def test_an_error_only_impossible_runs_would_meet_is_none() -> None:
    text = """
    model m() {
      x ~ UniformInt(0, 3)
      let t = [0.5, 0.25, 1]
      if x > 0 { y ~ Bernoulli(t[x - 1]) }
      return x
    }"""
    laws = run(plan(bound(text))).laws
    assert laws["y"][()] == {False: Fraction(5, 16), True: Fraction(7, 16)}


REFUSED: dict[str, tuple[str, str]] = {
    "a law that may be an error": ("x ~ Bernoulli(0.5); return flip(if x { 2 } else { 0.5 })", "an error"),
    "a weight that may be an error": ("x ~ Bernoulli(0.5); weight(if x { -1 } else { 1 })", "an error"),
    "a test that may be an error": (
        "x ~ Bernoulli(0.5); let a = [1]; if a[if x { 1 } else { 0 }] == 1 { return 1 }; return 0",
        "an error",
    ),
    "a loop that a draw ends": ("var n = 0; while flip(0.5) { n = n + 1 }; return n", "depends on a draw"),
    "recursion that a draw ends": ("x ~ forever(); return x", "calls itself"),
    "an endless law": ("n ~ Poisson(1); return n", "infinitely many values"),
    "a continuous law": ("x ~ Normal(0, 1); return x", "infinitely many values"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_elimination_cannot_do_is_refused_with_a_reason(what: str) -> None:
    text, reason = REFUSED[what]
    forever = "model forever() -> int { if flip(0.5) { return 0 }; return 1 + ~forever() }"
    with pytest.raises(Refused, match=reason):
        plan(bound(f"{forever}\nmodel m() {{ {text} }}"))


def test_a_network_without_structure_is_refused_by_its_cost() -> None:
    text = """
    model m(n: int) {
      x[i] ~ Bernoulli(0.5) for i in 0..n
      for i in 0..n { for j in 0..i { condition((x[i] == x[j]) or flip(0.5)) } }
    }"""
    found = plan(bound(text, {"n": 40}))
    assert found.rows > 10**11
    assert found.widest.startswith(("x[", "flip"))
    with pytest.raises(Refused, match="rows"):
        run(found)


def test_impossible_data_leave_no_law() -> None:
    answers = run(plan(bound("model m() { x ~ Bernoulli(0.5); condition(x); condition(not x) }")))
    assert is_zero(answers.evidence)
    assert answers.laws == {}
