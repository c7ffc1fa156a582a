"""Programs without end: bounds that contain the truth, and exact laws where states come back."""

from __future__ import annotations

from fractions import Fraction as F
from math import comb, exp, factorial, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pplc
from pplc.inference.answers import Bounds, Exact, Truncated, enclosed, enclosed_log
from pplc.inference.exact import run
from pplc.inference.forward import share_left
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.inference.recursion import Equations
from pplc.inference.reports import reported
from pplc.inference.solving import Diverges, flow
from pplc.inference.states import Explorer
from pplc.lang.diagnostics import Rejected
from pplc.semantics.bound import Bound, Budget
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.number import IMPOSSIBLE, LogRat, LogWeight
from pplc.semantics.values import Value
from tests.support.meaning import lowered
from tests.support.reference import bound

GEOMETRIC = "model g(p: real) -> int { if flip(p) { return 1 }; return 1 + ~g(p) }\n"
WALK = """
model walk(p: unit) {
  var x = 3
  var rounds = 0
  while x > 0 and x < 10 {
    x = if flip(p) { x + 1 } else { x - 1 }
    rounds = rounds + 1
  }
  let duration = rounds
  return x == 10
}
"""


def inferred(text: str, **data: object) -> pplc.Run:
    return pplc.compile(text).infer(data, method="exact")


def bounds_of(answer: object) -> Bounds:
    assert isinstance(answer, Bounds)
    return answer


def test_every_probability_of_a_recursion_lies_within_tight_bounds() -> None:
    run = inferred(GEOMETRIC + "model m() { n ~ g(0.25); return n }")
    found = run["n"].bounds[()]
    assert len(found) > 80
    for n in range(1, 80):
        truth = F(3, 4) ** (n - 1) * F(1, 4)
        assert F(found[str(n)].lower) <= truth <= F(found[str(n)].upper)
        assert found[str(n)].upper - found[str(n)].lower < 1e-14
    assert run.to_json()["variables"]["n"]["bounds"]["1"]["kind"] == "bounds"
    evidence = bounds_of(run.log_evidence)
    assert evidence.lower <= 0 <= evidence.upper < evidence.lower + 1e-12


def test_the_text_says_that_probabilities_are_bounds() -> None:
    text = str(inferred(GEOMETRIC + "model m() { n ~ g(0.25); return n }"))
    assert "was not followed)" in text
    assert "exact)" not in text


QUERIES: dict[str, F] = {
    "P(n == 3)": F(9, 64),
    "P(n > 2 | n < 5)": (F(9, 64) + F(27, 256)) / (1 - F(81, 256)),
    "P(n % 2 == 0)": F(3, 7),
    "E[n > 1]": F(3, 4),
    "E[b + n * 0]": F(1, 2),
}


@pytest.mark.parametrize("query", QUERIES)
def test_queries_about_an_endless_program_have_bounds(query: str) -> None:
    model = pplc.compile(GEOMETRIC + "model m() { b ~ UniformInt(0, 1); n ~ g(0.25); return n }")
    found = model.query(query, {}, method="exact")
    if isinstance(found, Truncated):
        assert query == "E[b + n * 0]"  # what a recursion returns may be anything
        assert found.value == pytest.approx(float(QUERIES[query]))
    else:
        assert F(bounds_of(found).lower) <= QUERIES[query] <= F(bounds_of(found).upper)
        assert bounds_of(found).upper - bounds_of(found).lower < 1e-12


def test_what_is_known_before_the_recursion_has_a_bounded_mean() -> None:
    model = pplc.compile(GEOMETRIC + "model m() { b ~ UniformInt(0, 7); n ~ g(0.25); return n }")
    found = bounds_of(model.query("E[b ^ 2]", {}, method="exact"))
    assert found.lower <= 17.5 <= found.upper < found.lower + 1e-12


def test_an_unbounded_mean_has_no_certificate_and_says_what_it_leaves_out() -> None:
    found = pplc.compile(GEOMETRIC + "model m() { n ~ g(0.25); return n }").query("E[n]", {}, method="exact")
    assert isinstance(found, Truncated)
    assert found.value == pytest.approx(4, rel=1e-10)
    assert 0 < found.left < 1e-14


def test_a_quantile_that_no_remainder_can_move_is_exact() -> None:
    found = pplc.compile(GEOMETRIC + "model m() { n ~ g(0.5); return n }").query("quantile(n, 0.9)", {})
    assert found == Exact(4.0)


@pytest.mark.parametrize("p", [F(1, 2), F(3, 5), F(1, 3)])
def test_the_gamblers_ruin_is_a_rational(p: F) -> None:
    run = inferred(WALK, p=p)
    ratio = (1 - p) / p
    wins = F(3, 10) if ratio == 1 else (1 - ratio**3) / (1 - ratio**10)
    assert F(run["return"].exact[()]["true"]) == wins
    assert run.log_evidence == Exact(0.0, F(1))
    duration = run["duration"]
    assert 0 < duration.left < 1e-14
    steps = (3 - 10 * wins) / (1 - 2 * p) if p != F(1, 2) else F(21)
    assert float(duration.mean) == pytest.approx(float(steps), rel=1e-9)


def test_recursion_that_only_returns_is_a_loop() -> None:
    text = (
        "model g(k: int) -> int { x ~ UniformInt(0, 3); if x == 0 { return k }; return ~g((k + x) % 5) }\n"
        "model m() { r ~ g(1); return r }"
    )
    law = {int(k): F(p) for k, p in inferred(text)["return"].exact[()].items()}
    matrix = np.zeros((5, 5))
    for k in range(5):
        for x in (1, 2, 3):
            matrix[k, (k + x) % 5] += 0.25
    visits = np.linalg.inv(np.eye(5) - matrix)[1]
    for k in range(5):
        assert 4 * float(law[k]) == pytest.approx(float(visits[k]), rel=1e-12)
    assert sum(law.values()) == 1


def test_conditions_and_weights_on_the_way_round_are_summed_up() -> None:
    text = (
        "model m() { var n = 0\nwhile flip(0.5) { weight(1.5); condition(flip(0.5)); n = (n + 1) % 3 }\n"
        "return n }"
    )
    run = inferred(text)
    step = F(3, 8)
    weights = [F(1, 2) * step**n / (1 - step**3) for n in range(3)]
    assert run.log_evidence == Exact(pytest.approx(log(sum(weights))), sum(weights))  # type: ignore[arg-type]
    assert {int(k): F(p) for k, p in run["return"].exact[()].items()} == {
        n: weight / sum(weights) for n, weight in enumerate(weights)
    }


def test_runs_that_never_end_have_no_mass() -> None:
    run = inferred("model m() { x ~ Bernoulli(0.25); while x { let y = flip(0.5) }; return x }")
    assert run.log_evidence == Exact(pytest.approx(log(0.75)), F(3, 4))  # type: ignore[arg-type]


def test_a_walk_that_may_never_come_back_has_wide_bounds() -> None:
    text = "model m() { var x = 2\nwhile x > 0 { if flip(0.75) { x = x + 1 } else { x = x - 1 } }; return x }"
    evidence = bounds_of(inferred(text).log_evidence)
    assert evidence.lower <= log(1 / 9) <= evidence.upper  # (1/4 / 3/4)², and the rest never ends
    assert evidence.upper > -0.01


def test_a_walk_with_a_drift_on_the_half_line_has_tight_bounds() -> None:
    text = "model m() { var x = 2\nwhile x > 0 { if flip(0.25) { x = x + 1 } else { x = x - 1 } }; return x }"
    evidence = bounds_of(inferred(text).log_evidence)
    assert evidence.lower <= 0 <= evidence.upper < evidence.lower + 1e-12


# ------------------------------------------------------------------ infinite laws


def test_a_poisson_variable_is_cut_off_where_it_does_not_matter() -> None:
    run = inferred("model m() { n ~ Poisson(0.5); condition(n % 2 == 0); return n }")
    assert run["n"].bounds[()]["0"].lower <= 1 / np.cosh(0.5) <= run["n"].bounds[()]["0"].upper
    evidence = bounds_of(run.log_evidence)
    assert evidence.lower <= log(exp(-0.5) * np.cosh(0.5)) <= evidence.upper < evidence.lower + 1e-12


def test_data_far_out_in_the_tail_make_the_cut_come_later() -> None:
    run = inferred("model m() { n ~ Poisson(1); condition(n >= 30); return n }")
    truth = sum(exp(-1) / factorial(n) for n in range(30, 60))
    assert bounds_of(run.log_evidence).lower <= log(truth) <= bounds_of(run.log_evidence).upper
    assert run["n"].left < 1e-12


def test_rational_laws_of_infinitely_many_values_have_rational_remainders() -> None:
    run = inferred("model m() { a ~ Geometric(1 / 2); b ~ Geometric(1 / 2); return a + b }")
    found = run["return"].bounds[()]
    for n in range(10):
        truth = F(comb(n + 1, 1), 2 ** (n + 2))
        assert F(found[str(n)].lower) <= truth <= F(found[str(n)].upper)


# ------------------------------------------------------------------ parts


def test_bounds_are_rounded_outwards() -> None:
    found = enclosed(F(1, 3), 1e-20)
    assert F(found.lower) < F(1, 3) < F(found.upper)
    assert found.upper - found.lower < 1e-15
    assert enclosed(1.0, 0.5) == Bounds(pytest.approx(2 / 3), 1.0)  # type: ignore[arg-type]


@settings(max_examples=200)
@given(mass=st.fractions(F(1, 10**30), F(10**30)), left=st.floats(0, 1))
def test_the_bounds_of_a_logarithm_contain_it(mass: F, left: float) -> None:
    found = enclosed_log(LogRat(mass), left)
    low, high = (
        log(mass.numerator) - log(mass.denominator),
        log((mass * (1 + F(left))).numerator) - log((mass * (1 + F(left))).denominator),
    )
    assert found.lower <= low + 1e-13
    assert found.upper >= high - 1e-13
    assert found.upper - found.lower < 1e-12 + left * 1.01


@settings(max_examples=60)
@given(data=st.data())
def test_a_flow_around_cycles_solves_its_equations(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 7))
    rows: list[list[tuple[int, LogWeight]]] = []
    for _ in range(size):
        targets = data.draw(st.lists(st.integers(0, size - 1), max_size=3))
        rows.append([(j, LogRat(F(data.draw(st.integers(1, 3)), 10))) for j in targets])
    inflow: list[LogWeight] = [LogRat(F(data.draw(st.integers(0, 2)))) for _ in range(size)]
    solved = flow(inflow, rows, lambda weight: weight)
    values = [weight.value for weight in solved if isinstance(weight, LogRat)]
    assert len(values) == size
    for j in range(size):
        first = inflow[j]
        assert isinstance(first, LogRat)
        arriving = first.value
        for i, row in enumerate(rows):
            arriving += sum((values[i] * w.value for k, w in row if k == j and isinstance(w, LogRat)), F(0))
        assert values[j] == arriving
    floats = flow([float(w) for w in inflow], [[(j, float(w)) for j, w in row] for row in rows], float)
    assert [exp(float(x)) for x in floats] == pytest.approx([float(x) for x in values], rel=1e-12)


def test_a_cycle_that_gains_weight_has_no_sum() -> None:
    with pytest.raises(Diverges):
        flow([LogRat(F(1)), IMPOSSIBLE], [[(1, LogRat(F(2)))], [(0, LogRat(F(1, 2)))]], lambda weight: weight)


def test_the_error_of_weights_without_bound_names_the_trouble() -> None:
    with pytest.raises(Rejected, match="E0524"):
        inferred("model f() { while flip(0.5) { weight(2) }; return 1 }")


def test_merged_cycles_are_as_many_states_as_there_are_positions() -> None:
    text = "model m() { var x = 3\nwhile x > 0 and x < 10 { if flip(0.5) { x = x + 1 } else { x = x - 1 } } }"
    bound = Bound(lowered(text), {})
    machine = Machine(bound, exact=True, infer=Nested())
    assert len(Explorer(machine, Silent(), forgetful=True).explore().nodes) > 500  # the rounds are counted
    assert inferred(text).log_evidence == Exact(0.0, F(1))


# ------------------------------------------------------------------ equations between calls

TREE = "model leaves() -> int { if flip(0.8) { return 1 }; return ~leaves() + ~leaves() }\n"


def leaves(n: int, split: F) -> F:
    """The probability of a binary tree with n leaves: Catalan numbers."""
    return F(comb(2 * n - 2, n - 1), n) * split ** (n - 1) * (1 - split) ** n


def test_a_grammar_has_the_law_of_its_trees_within_tight_bounds() -> None:
    model = pplc.compile(TREE + "model m() { n ~ leaves(); return n }")
    run = model.infer({}, method="exact")
    assert "equations between calls" in run.result.note
    for name in ("return", "n"):
        for n in range(1, 30):
            found = run[name].bounds[()][str(n)]
            assert F(found.lower) <= leaves(n, F(1, 5)) <= F(found.upper)
            assert found.upper - found.lower < 1e-12
    answer = bounds_of(model.query("P(n == 3)", {}, method="exact"))
    assert F(answer.lower) <= leaves(3, F(1, 5)) <= F(answer.upper)
    assert answer.upper - answer.lower < 1e-12


def test_conditions_inside_calls_take_mass_away() -> None:
    text = (
        "model t() -> int { if flip(0.5) { return 1 }; condition(flip(0.5))\n"
        "return ~t() + ~t() }\nmodel m() { n ~ t(); return n == 1 }"
    )
    run = inferred(text)
    evidence = 2 - 2**0.5  # x = 1/2 + x² / 4
    found = bounds_of(run.log_evidence)
    assert found.lower <= log(evidence) <= found.upper < found.lower + 1e-12
    assert run["return"].bounds[()]["true"].lower <= 0.5 / evidence <= run["return"].bounds[()]["true"].upper


def test_branching_that_may_go_on_for_ever_has_the_smaller_root() -> None:
    text = (
        "model dies() -> bool { if flip(0.25) { return true }; let a = ~dies(); return a and ~dies() }\n"
        "model m() { return ~dies() }"
    )
    evidence = bounds_of(inferred(text).log_evidence)
    assert evidence.lower <= log(1 / 3) <= evidence.upper  # x = 1/4 + 3/4 x²; the rest never ends


def test_auto_takes_tight_bounds() -> None:
    run = pplc.compile(GEOMETRIC + "model m() { n ~ g(0.25); return n }").infer({})
    assert run.method.name == "exact"


ROUND = """
model m(p: unit, w: unit, step: int, last: int) {
  var place = 0
  var rounds = 0
  while flip(p) {
    place = (place + (if flip(0.25) { step } else { 1 })) %% 5
    rounds = rounds + %d
    if place == last { condition(flip(w)) }
  }
  condition(place != 4)
  let turns = rounds
  return place
}
"""


@settings(max_examples=20)
@given(
    p=st.fractions(F(1, 10), F(99, 100), max_denominator=100),
    w=st.fractions(F(0), F(1), max_denominator=20),
    step=st.integers(0, 4),
    last=st.integers(0, 4),
    states=st.integers(70, 300),
)
def test_bounds_of_generated_programs_contain_the_truth(
    p: F, w: F, step: int, last: int, states: int
) -> None:
    data: dict[str, Value] = {"p": p, "w": w, "step": step, "last": last}
    # Without a count of the rounds the states come back, and the answers are rational.
    truth = run(bound(ROUND % 0, data), Options(), Silent())
    assert isinstance(truth.log_evidence, Exact)
    assert truth.laws is not None
    # With it there is no end of them, and a small budget leaves much open.
    program = bound(ROUND % 1, data, budget=Budget(states=states))
    found = Explorer(Machine(program, exact=True, infer=Nested()), Silent(), forgetful=True).explore()
    left = share_left(found)
    evidence = enclosed_log(found.evidence(), left)
    assert evidence.lower <= truth.log_evidence.value <= evidence.upper
    laws, *_ = reported(found, found.evidence(), rational=False)
    for place, probability in truth.laws["return"][()].items():
        interval = enclosed(laws["return"][()].get(place, 0.0), left)
        assert F(interval.lower) <= F(probability) <= F(interval.upper)


def test_a_loop_that_only_return_leaves_needs_none_after_it() -> None:
    text = "model m() -> int { var n = 0; while true { n = n + 1; if flip(0.25) { return n } } }"
    found = bounds_of(pplc.compile(text).query("P(return == 2)", method="exact"))
    assert F(found.lower) <= F(3, 16) <= F(found.upper)


GENERATIONS = """
model gen(k: int) -> int {
  if k == 0 { return 1 }
  c ~ Binomial(2, 0.6)
  %s
  return sum([~gen(k - 1) for i in 0..c])
}
model m() { n ~ gen(%d); return n }
"""


def offspring(generations: int, kept: F = F(1)) -> dict[int, F]:
    """The law of the last generation, by its generating function; `kept` is the weight of each parent."""
    law = {1: F(1)}
    for _ in range(generations):
        found: dict[int, F] = {}
        for children, p in ((0, F(4, 25)), (1, F(12, 25)), (2, F(9, 25))):
            power = {0: p * kept}
            for _ in range(children):
                power = {
                    n: sum((power.get(i, F(0)) * law.get(n - i, F(0)) for i in range(n + 1)), F(0))
                    for n in range(max(power) + max(law) + 1)
                }
            for n, mass in power.items():
                found[n] = found.get(n, F(0)) + mass
        law = found
    return {n: mass for n, mass in law.items() if mass}


def test_a_recursion_that_ends_leaves_nothing_out_however_small() -> None:
    run = inferred(GENERATIONS % ("", 5))
    truth = offspring(5)
    assert run.result.laws is not None
    assert run.result.laws["n"][()] == truth
    assert truth[32] == F(9, 25) ** 31
    assert run.log_evidence == Exact(0.0, F(1))


def test_weights_above_one_are_no_hindrance_where_a_recursion_ends() -> None:
    truth = offspring(4, F(3, 2))
    whole = sum(truth.values(), F(0))
    run = inferred(GENERATIONS % ("weight(1.5)", 4))
    assert isinstance(run.log_evidence, Exact)
    assert run.log_evidence.rational == whole
    assert run["n"].exact[()] == {str(n): mass / whole for n, mass in sorted(truth.items())}


def test_auto_answers_a_recursion_that_ends_exactly() -> None:
    found = pplc.compile(GENERATIONS % ("", 5)).query("P(n == 32)")
    assert found == Exact(float(F(9, 25) ** 31), F(9, 25) ** 31)


def test_densities_of_different_dimension_are_not_added_up() -> None:
    text = """
model add(k: int) -> int {
  if k == 0 { return 0 }
  return (if flip(0.5) { 1 } else { 0 }) + ~add(k - 1)
}
model m() {
  let n = ~add(2)
  observe 1.5 ~ if n == 2 { %s } else { Normal(0, 1) }
  return n
}
"""
    assert inferred(text % "Delta(1.5)")["return"].probabilities[()] == {"2": 1.0}
    for law in ("Delta(1.5)", "Normal(1, 1)"):
        machine = Machine(Bound(lowered(text % law), {}), exact=True, infer=Nested())
        assert Equations(machine).whole(Silent()) is None


def test_it_is_said_that_answers_are_given_that_a_run_ends_where_it_matters() -> None:
    said = "all answers are given that a run ends"
    often = (
        "model m() { var x = 1; while x > 0 { x = if flip(0.6) { x + 1 } else { x - 1 } }; return x == 0 }"
    )
    found = inferred(often)
    assert said in found.result.note
    assert said in str(found)
    assert said not in inferred(GEOMETRIC + "model m() { n ~ g(0.25); return n }").result.note


def test_a_walk_that_counts_its_steps_has_the_law_of_its_duration() -> None:
    """P(n = 2k + 1) = C_k p^k q^(k+1), with Catalan numbers C_k. Most states have next to no mass."""
    p, q = F(3, 10), F(7, 10)
    text = """model m() -> int {
      var x = 1; var n = 0
      while x > 0 { x = if flip(0.3) { x + 1 } else { x - 1 }; n = n + 1 }
      return n
    }"""
    run = pplc.compile(text).infer(method="exact")
    for k in range(8):
        true = F(comb(2 * k, k), k + 1) * p**k * q ** (k + 1)
        bounds = run["return"].bounds[()][str(2 * k + 1)]
        assert bounds.lower <= float(true) <= bounds.upper <= bounds.lower + 1e-13
    assert run["return"].mean == pytest.approx(2.5, abs=1e-10)


def test_generations_have_bounds_although_they_may_be_very_large() -> None:
    """P(extinct after t) by iterating the generating function (0.8 + 0.2 s)²."""
    text = """model m() -> int {
      var n = 1; var t = 0
      while n > 0 { n = ~Binomial(2 * n, 0.2); t = t + 1 }
      return t
    }"""
    run = pplc.compile(text).infer(method="exact")
    before, now = 0.0, 0.0
    for t in range(1, 6):
        before, now = now, (0.8 + 0.2 * now) ** 2
        bounds = run["return"].bounds[()][str(t)]
        assert bounds.lower - 1e-15 <= now - before <= bounds.upper + 1e-15
        assert bounds.upper - bounds.lower <= 1e-13


def test_states_that_are_reached_by_long_detours_only_are_followed() -> None:
    """Seen on the way, their mass is 1e-27 of each; that of all detours together is 1."""
    text = """model m() -> int {
      n ~ UniformInt(0, 600)
      var k = 0
      while k < 3 { if flip(0.000000001) { k = k + 1 } }
      return n + k
    }"""
    assert pplc.compile(text).query("P(return == 10)", method="exact") == Exact(1 / 601, F(1, 601))


def test_a_state_that_is_seen_first_with_next_to_no_mass_is_followed_once_it_has_more() -> None:
    """Of runs of weight 1e-25 it comes first, and of all others later."""
    text = """model m() {
      let a = ~UniformInt(0, 599)
      if a == 0 { weight(1e-25) } else {
        var d = 0
        while d < 3 { if flip(0.5) { d = d + 1 } }
        if flip(a / 1000) { return false }
      }
      y ~ Bernoulli(0.25)
      return y
    }"""
    found = pplc.compile(text).query("evidence", method="exact")
    assert isinstance(found, Exact)
    assert found.rational == F(599, 600) + F(1, 600 * 10**25)


def test_runs_with_more_densities_than_one_that_has_ended_are_not_followed() -> None:
    """Beside runs without a measurement, those with one weigh nothing: of them there is no end."""
    text = """model m() -> int {
      var n = 0
      while flip(0.5) { observe 0.1 ~ Normal(0, 0.1); n = n + 1 }
      return n
    }
    query P(return == 0), evidence"""
    run = pplc.compile(text).infer(method="exact")
    assert [query.answer for query in run.queries] == [Exact(1.0, F(1)), Exact(log(F(1, 2)), F(1, 2))]
