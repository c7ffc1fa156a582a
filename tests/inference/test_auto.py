"""What `auto` chooses: exact answers where the queries have them, bounds where no other method ends."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction as F
from math import inf, log

import pytest
from scipy import special

import pplc
from pplc.inference import auto
from pplc.inference.answers import Answer, Bounds, Estimate, Exact, Truncated
from pplc.inference.auto import PROMISING, Trial
from pplc.inference.progress import Silent
from pplc.on_trial import settled

PRODUCT = "model m() { x ~ Uniform(0, 1); y ~ Uniform(0, 1); return x * y }"
THREE = "model m() { x ~ Uniform(0, 1); y ~ Uniform(0, 1); z ~ Uniform(0, 1); return sin(x * y * z) }"
SINE = "model m() { x ~ Uniform(0, 1); y ~ Uniform(0, 1); return sin(x * y) }"
HALF = "model m() { x ~ Uniform(0, 1); y ~ Uniform(0, 1); condition(x + y < 1); return x * y }"
RATES = "model m() { p ~ Pareto(1, 1); x ~ Exponential(p); return x }"
HURDLE = """
model m(y: real[N]) {
  p ~ Beta(2, 2)
  m ~ Normal(0, 2)
  observe y[i] ~ Mixture([p, 1 - p], [Delta(0.0), Normal(m, 1)]) for i in 0..N
}
"""
COUNTS = """
model m(y: int[N]) {
  p ~ Beta(2, 2)
  rate ~ Gamma(2, 1)
  observe y[i] ~ ZeroInflated(p, Poisson(rate)) for i in 0..N
}
"""
WALK = "model m() { var x = 1; while x > 0 { x = if flip(0.6) { x + 1 } else { x - 1 } }; return x }"
BRANCHING = """
model dies() -> int {
  if flip(0.25) { return 0 }
  let a = ~dies()
  return a + ~dies()
}
model m() { return ~dies() }
"""


@pytest.mark.parametrize(
    ("text", "query", "truth"),
    [
        (PRODUCT, "E[x * y]", F(1, 4)),
        (PRODUCT, "evidence", F(1)),
        (PRODUCT, "E[x * y | do(x = 0.5)]", F(1, 4)),
        (HALF, "E[x * y]", F(1, 12)),
        (HALF, "evidence", F(1, 2)),
    ],
)
def test_auto_answers_exactly_although_other_laws_have_no_closed_form(
    text: str, query: str, truth: F
) -> None:
    found = pplc.compile(text).query(query)
    assert isinstance(found, Exact)
    assert found.rational == truth


def test_auto_says_that_a_mean_is_infinite_instead_of_estimating_it() -> None:
    assert pplc.compile(RATES).query("E[p]") == Exact(inf)


@pytest.mark.parametrize(
    ("text", "data", "query"),
    [
        (HURDLE, [F(0), F(6, 5), F(0), F(5, 2), F(7, 10), F(0)], "E[p]"),
        (COUNTS, [0, 1, 0, 2, 3, 0], "E[rate]"),
        ("model m() { x ~ Normal(1, 2); y ~ Normal(3, 1); return x / y }", None, "P(return > 1)"),
    ],
)
def test_auto_finds_what_exact_finds_by_one_integral(
    text: str, data: object, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the machine: how long a trial takes is another matter."""
    monkeypatch.setattr(auto, "DENSE_SECONDS", 60.0)
    monkeypatch.setattr(auto, "PATIENT_SECONDS", 60.0)
    model = pplc.compile(text)
    bound = None if data is None else {"y": data}
    found, truth = model.query(query, bound), model.query(query, bound, method="exact")
    assert isinstance(found, Exact | Bounds)
    assert isinstance(truth, Exact | Bounds)
    assert abs(found.value - truth.value) < 1e-11


def test_the_table_of_a_run_needs_all_laws_so_that_auto_draws() -> None:
    run = pplc.compile(THREE).infer(draws=50)
    assert run.method.name == "nuts"
    assert "the law of `return` has no closed form (`pplc query` may have exact answers)" in run.why
    assert pplc.compile(THREE).query("E[x * y * z]") == Exact(0.125, F(1, 8))


def test_a_table_whose_quantiles_are_known_at_points_only_is_drawn() -> None:
    run = pplc.compile(SINE).infer(draws=50)
    assert run.method.name == "nuts"
    assert "the law of `return` is known at points only" in run.why


@pytest.mark.parametrize(
    ("text", "below"),
    [
        (PRODUCT, lambda p: p - p * log(p)),
        (
            "model m() { x ~ Uniform(0, 1); y ~ Uniform(0, 1); z ~ Uniform(0, 1); return x * y * z }",
            lambda p: p * (1 - log(p) + log(p) ** 2 / 2),
        ),
        ("model m() { x ~ Exponential(1); y ~ Exponential(1); return x * y }", lambda p: 1 - bessel(p)),
    ],
)
def test_a_product_is_a_variable_whose_table_is_exact(text: str, below: Callable[[float], float]) -> None:
    """P(x y > p) of exponential variables is 2 √p K₁(2 √p) (Gradshteyn & Ryzhik 2007, 3.471.9)."""
    run = pplc.compile(text).infer()
    assert run.method.name == "exact"
    for name, level in (("q05", 0.05), ("q95", 0.95)):
        assert below(float(run["return"].numbers[name])) == pytest.approx(level, abs=1e-8)


def bessel(p: float) -> float:
    return float(2 * p**0.5 * special.k1(2 * p**0.5))


@pytest.mark.parametrize("rate", ["Bernoulli(sigmoid(a + b * x[i]))", "Poisson(exp(a + b * x[i]))"])
def test_auto_integrates_regressions_with_two_coefficients(rate: str) -> None:
    kind, y = ("bool", [True, False, True, True]) if "Bernoulli" in rate else ("int", [1, 0, 4, 2])
    text = f"""
    model m(x: real[N], y: {kind}[N]) {{
      a ~ Normal(0, 2)
      b ~ Normal(0, 2)
      observe y[i] ~ {rate} for i in 0..N
    }}
    """
    data = {"x": [0.5, -1.2, 1.5, 0.3], "y": y}
    run = pplc.compile(text).infer(data)
    assert run.method.name == "exact"
    assert "proved" in run.why
    assert isinstance(run.log_evidence, Bounds)
    found = pplc.compile(text).query("E[b]", data)
    assert isinstance(found, Bounds)
    assert float(run["b"].numbers["mean"]) == pytest.approx(found.value, abs=1e-9)


def test_an_integral_that_takes_too_long_on_trial_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The help of an evidence that is then not known names the method that waits for it."""
    monkeypatch.setattr(auto, "PATIENT_SECONDS", 0.0)
    text = """
    model m() {
      a ~ Normal(0, 2)
      b ~ Normal(0, 2)
      observe true ~ Bernoulli(sigmoid(a + b))
      observe false ~ Bernoulli(sigmoid(a - b))
    }
    query evidence
    """
    run = pplc.compile(text).infer(draws=50)
    assert run.method.name == "nuts"
    assert "integration over two variables takes more than 0 s (`--method exact` waits for it)" in run.why
    (error,) = run.errors
    assert "exact" in error.help


def test_a_trial_that_was_passed_breaks_nothing_off_any_more() -> None:
    trial = Trial(Silent(), 0.0, patient=0.0)
    assert trial.late()
    assert trial.stopped()
    trial.passed()
    assert not trial.late()
    assert not trial.stopped()


def test_a_query_without_an_exact_answer_is_estimated() -> None:
    found = pplc.compile(PRODUCT).query("E[floor(4 * x * y)]", draws=50)
    assert isinstance(found, Estimate)


def evidence_help(text: str) -> str:
    run = pplc.compile(text + "\nquery evidence").infer(draws=50)
    assert run.method.name == "nuts"
    (error,) = run.errors
    assert error.code == "E0607"
    return error.help


def test_methods_that_give_the_evidence_are_those_that_can() -> None:
    means = "sin(a * b) + cos(b * c) + sin(a * c)"
    drawn = "a ~ Normal(0, 1); b ~ Normal(0, 1); c ~ Normal(0, 1)"
    three = f"model m() {{ {drawn}; observe 0.5 ~ Normal({means}, 1) }}"
    assert "exact" not in evidence_help(three)
    assert "importance" in evidence_help(three)
    assert "exact" in evidence_help(THREE)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (WALK, F(2, 3)),
        (
            BRANCHING,
            F(1, 3),
        ),
    ],
)
def test_auto_gives_bounds_of_what_no_method_draws_to_its_end(text: str, ends: F) -> None:
    run = pplc.compile(text).infer()
    assert run.method.name == "exact"
    assert "it has no end" in run.why
    assert "not drawn: " in run.why
    assert isinstance(run.log_evidence, Bounds)
    assert run.log_evidence.lower <= log(ends) <= run.log_evidence.upper
    assert run["return"].bounds[()]["0"].lower <= 1 <= run["return"].bounds[()]["0"].upper


FAMILY = """
model tree() -> int {
  k ~ Binomial(2, 0.3)
  var s = 1
  for i in 0..k { s = s + ~tree() }
  return s
}
model m() -> int { n ~ tree(); return n }
"""


def test_auto_takes_narrow_bounds_though_those_of_draws_inside_of_recursion_are_wide() -> None:
    """Σ n P(n) = 1 / (1 - 2 · 0.3); no tree of one node has children."""
    run = pplc.compile(FAMILY + "query E[return], P(n == 1)").infer()
    assert run.method.name == "exact"
    assert run.why.startswith("within narrow bounds")
    mean, one = (query.answer for query in run.queries)
    assert isinstance(mean, Truncated)
    assert abs(mean.value - 2.5) <= 1e-9
    assert isinstance(one, Bounds)
    assert one.lower <= 0.49 <= one.upper <= one.lower + 1e-12


def test_auto_draws_from_an_endless_program_whose_runs_end() -> None:
    text = "model m() { var n = 0; while flip(0.995) { n = n + ~UniformInt(0, 50) }; return n }"
    run = pplc.compile(text).infer(draws=100)
    assert run.method.name == "importance"
    assert "it has no end" in run.why


def test_a_trial_goes_on_past_its_time_if_enough_of_the_work_is_done() -> None:
    late = Trial(Silent(), 0.0, PROMISING)
    late.advance("drawing", 9, 100)
    assert late.stopped()
    assert late.over
    late.advance("drawing", 10, 100)
    assert not late.stopped()
    ended = Trial(Silent(0.0), 0.0, PROMISING)
    ended.advance("drawing", 10, 100)
    assert ended.stopped()  # for another reason than its own time
    assert not ended.over
    plain = Trial(Silent(), 0.0)
    plain.advance("states", 100, 100)
    assert plain.stopped()


@pytest.mark.parametrize(
    ("found", "enough"),
    [
        (Exact(inf), True),
        (Bounds(1.0, 1.0 + 1e-9), True),
        (Bounds(1e9, 1e9 + 1), True),
        (Bounds(0.5, 0.6), False),
        (Bounds(0.5, inf), False),
        (Truncated(0.5, 1e-7), True),
        (Truncated(0.5, 1e-3), False),
        (Estimate(0.5, 1e-20, (0.5, 0.5)), False),
    ],
)
def test_answers_count_as_exact_if_their_bounds_are_tight(found: Answer, enough: bool) -> None:
    assert settled(found) is enough
