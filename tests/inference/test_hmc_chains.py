"""Chains: warm-up, equal seeds, going on where a run stopped, targets whose moments are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pplc.inference import hmc, laplace, nuts, svi
from pplc.inference import map as mode
from pplc.inference.adaptation import Moments, StepSize, windows
from pplc.inference.chain_states import ChainState
from pplc.inference.chains import Record, Settings, chain, lockstep, normals
from pplc.inference.diagnostics import ess_mean, rhat
from pplc.inference.gradient import start_of
from pplc.inference.nuts_kernel import Info, transition
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.inference.pyro_model import density_of
from pplc.inference.trajectory import Point, Vector
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.semantics.source import Seeded, Source
from tests.support.densities import bound_of
from tests.support.statistics import FALSE_ALARM
from tests.support.stopping import StopAfter

WIDTH = 6.2
"""Standard errors beyond which a normal number lies with probability below 1e-9."""


class LogGamma:
    """log of Gamma(3, 1) numbers of different scales: skewed, with known moments."""

    scales = np.array([0.1, 1.0, 20.0])
    mean = scales * (1.5 - 0.5772156649015329)
    sd = scales * math.sqrt(math.pi**2 / 6 - 1.25)

    def value_and_gradient(self, positions: Any) -> tuple[Any, Any]:
        z = positions / self.scales
        with np.errstate(over="ignore"):
            return (3 * z - np.exp(z)).sum(axis=1), (3 - np.exp(z)) / self.scales


def step(
    source: Source, start: Point, size: float, metric: Any
) -> Generator[Vector, tuple[Any, Vector], tuple[Point, Info]]:
    return transition(source, start, size, metric, 8)


def anywhere(source: Source) -> Any:
    return np.array([4 * source.uniform() - 2 for _ in range(3)])


def run(
    settings: Settings,
    count: int,
    resumed: list[ChainState] | None = None,
    given: Callable[[Source], Any] = anywhere,
) -> list[Record]:
    records = [Record(3) for _ in range(count)]
    chains = [
        chain(r, settings, k, given, step, None if resumed is None else resumed[k])
        for k, r in enumerate(records)
    ]
    assert lockstep(LogGamma(), chains, 3, lambda: True)
    return records


def test_nuts_finds_the_moments_of_a_skewed_target() -> None:
    records = run(Settings(1200, 600, 1, 5, 0.8), 4)
    draws = np.array([r.positions for r in records])
    for i in range(3):
        column = draws[:, :, i]
        error = LogGamma.sd[i] / math.sqrt(ess_mean(column))
        assert abs(column.mean() - LogGamma.mean[i]) < WIDTH * error
        squares = (column - LogGamma.mean[i]) ** 2
        error = squares.std() / math.sqrt(ess_mean(squares))
        assert abs(squares.mean() - LogGamma.sd[i] ** 2) < WIDTH * error
        assert rhat(column) < 1.05


def test_equal_seeds_give_equal_draws_and_others_different_ones() -> None:
    first, again = (run(Settings(20, 30, 1, 5, 0.8), 2) for _ in range(2))
    other = run(Settings(20, 30, 1, 6, 0.8), 2)
    for k in range(2):
        assert np.array_equal(first[k].positions, again[k].positions)
        assert not np.array_equal(first[k].positions, other[k].positions)
    assert not np.array_equal(first[0].positions, first[1].positions)


def test_a_chain_does_not_depend_on_how_many_there_are() -> None:
    assert np.array_equal(
        run(Settings(20, 30, 1, 5, 0.8), 1)[0].positions, run(Settings(20, 30, 1, 5, 0.8), 3)[0].positions
    )


def test_a_resumed_run_makes_the_draws_of_a_longer_one() -> None:
    long = run(Settings(30, 40, 2, 5, 0.8), 2)
    first = run(Settings(12, 40, 2, 5, 0.8), 2)
    states = [ChainState.from_dict(s.to_dict()) for r in first if (s := r.after(len(r.positions)))]
    rest = run(Settings(18, 40, 2, 5, 0.8), 2, states)
    for k in range(2):
        assert np.array_equal(long[k].positions, [*first[k].positions, *rest[k].positions])
        assert long[k].log_densities == [*first[k].log_densities, *rest[k].log_densities]


def test_adaptation_is_frozen_after_warm_up() -> None:
    for record in run(Settings(30, 60, 1, 5, 0.8), 2):
        assert len(set(record.steps)) == 1


def test_a_chain_without_a_start_is_lost() -> None:
    record = run(Settings(5, 5, 1, 5, 0.8), 1, given=lambda _: np.full(3, math.nan))[0]
    assert record.lost
    assert not record.positions


@pytest.mark.parametrize("target", [0.6, 0.8, 0.95])
def test_dual_averaging_reaches_its_target(target: float) -> None:
    """A sampler whose acceptance falls off with its step size."""
    tuner = StepSize.starting_at(1.0, target)
    size = 1.0
    for _ in range(2000):
        size = tuner.update(math.exp(-size))
    assert abs(math.exp(-tuner.final()) - target) < 0.02


def test_windows_cover_what_is_between_the_buffers() -> None:
    for warmup in range(20, 1200, 37):
        plan = windows(warmup)
        assert plan.ends
        assert sorted(plan.ends) == list(plan.ends)
        assert plan.start < plan.ends[0]
        assert plan.ends[-1] < warmup
    assert windows(10).ends == ()


def test_running_variances_are_those_of_the_draws() -> None:
    draws = np.random.default_rng(1).normal(size=(50, 3)) * [1, 10, 100]
    seen = Moments.of_size(3)
    for x in draws:
        seen.add(x)
    expected = 50 / 55 * draws.var(axis=0, ddof=1) + 1e-3 * 5 / 55
    assert np.allclose(seen.regularised(), expected, rtol=1e-12)


def test_momenta_are_standard_normal() -> None:
    x = normals(Seeded(3), 20_001)
    count = len(x)
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((x**power).mean() - moment) < WIDTH * math.sqrt(variance / count)


CONJUGATE = """model m(y: real[N]) {
  mu ~ Normal(0, 2)
  observe y ~ Normal(mu, 1)
  let twice = 2 * mu
  return mu > 5
}"""


@pytest.mark.parametrize("method", [nuts, hmc], ids=["nuts", "hmc"])
def test_the_posterior_of_a_conjugate_model_is_found(method: Any) -> None:
    bound = bound_of(CONJUGATE, {"y": [5.5, 6.5]})
    result = method.run(bound, Options(draws=400, warmup=300, seed=2), Silent())
    draws = result.draws
    mu = draws.values["mu"]
    assert mu.shape == (4, 400)
    assert abs(mu.mean() - 16 / 3) < WIDTH * (2 / 3) / math.sqrt(ess_mean(mu))
    assert np.array_equal(draws.values["twice"], 2 * mu)
    assert np.array_equal(draws.values["return"], mu > 5)
    assert draws.values["return"].dtype == np.bool_
    expected = -0.5 * (5.5 - mu) ** 2 - 0.5 * math.log(2 * math.pi)
    assert np.allclose(draws.log_likelihood["y"][..., 0], expected, rtol=1e-12)
    assert result.log_evidence is None
    assert result.no_evidence


def test_a_program_is_resumed_bit_by_bit_with_its_discrete_draws() -> None:
    text = """model m(y: real[N]) {
      mu ~ Normal(0, 2)
      for i in 0..N { z[i] ~ Bernoulli(0.3); observe y[i] ~ Normal(if z[i] { mu } else { -mu }, 1) }
    }"""
    bound = bound_of(text, {"y": [1.5, -2.0, 0.3]})
    long = nuts.run(bound, Options(draws=24, warmup=30, chains=2, seed=2), Silent())
    first = nuts.run(bound, Options(draws=10, warmup=30, chains=2, seed=2), Silent())
    rest = nuts.run(bound, Options(draws=14, warmup=30, chains=2, seed=2, state=first.state), Silent())
    assert first.draws is not None
    assert rest.draws is not None
    assert long.draws is not None
    for name, array in long.draws.values.items():
        joined = np.concatenate([first.draws.values[name], rest.draws.values[name]], axis=1)
        assert np.array_equal(array, joined), name


def test_discrete_draws_follow_their_law_given_the_rest() -> None:
    """The indicator of two equally good components has its prior as its posterior."""
    text = """model m(y: real) {
      mu ~ Normal(0, 1)
      z ~ Bernoulli(0.3)
      observe y ~ Normal(mu, 1)
    }"""
    result = nuts.run(bound_of(text, {"y": 0.5}), Options(draws=500, warmup=100, chains=4, seed=2), Silent())
    assert result.draws is not None
    share = result.draws.values["z"].mean()
    assert abs(share - 0.3) < math.sqrt(math.log(2 / FALSE_ALARM) / (2 * 2000))


def test_an_impossible_start_is_an_error_that_names_the_site() -> None:
    text = "model m(y: real) { x ~ Normal(0, 1); condition(x > 500); observe y ~ Normal(x, 1) }"
    with pytest.raises(Rejected) as caught:
        nuts.run(bound_of(text, {"y": 0.5}), Options(draws=5, warmup=5), Silent())
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0440"
    assert "`condition`" in diagnostic.message
    assert pointed(text, diagnostic) == "condition(x > 500)"


def pointed(text: str, diagnostic: Diagnostic) -> str:
    """What the caret stands under, on one line."""
    span = diagnostic.span
    return text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]


OUTSIDE = {
    "`y`, `sd` of `Normal` must be": "model m(y: real) { s ~ Normal(0, 1); observe y ~ Normal(0, s) }",
    "`z`, `p` of `Bernoulli` must be": """model m(y: real) {
      p ~ Uniform(-1, 2); z ~ Bernoulli(p); factor(if z { y } else { -y })
    }""",
    "`y`, `shape` of `Gamma` must be": """model m(y: real) {
      a ~ Normal(0, 1); observe y ~ Mixture([0.5, 0.5], [Gamma(a, 1), Gamma(1, 1)])
    }""",
}


SHAPE = "`y`, `shape` of `Gamma` must be"


@pytest.mark.parametrize(
    ("method", "words"), [*((nuts, w) for w in OUTSIDE), (hmc, SHAPE), (svi, SHAPE), (laplace, SHAPE)]
)
def test_a_parameter_that_leaves_its_domain_is_an_error_with_its_place(method: Any, words: str) -> None:
    """As for exact and importance: no answer about the part of the model that has a meaning."""
    text = OUTSIDE[words]
    with pytest.raises(Rejected) as caught:
        method.run(bound_of(text, {"y": 0.5}), Options(draws=90, warmup=40, seed=1), Silent())
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0401"
    assert "must be" in diagnostic.message
    assert pointed(text, diagnostic).startswith(("observe y", "z ~"))


class Impatient(Silent):
    """Does not wait for the end of chains that are long."""

    def advance(self, task: str, done: int, total: int | None = None, note: str = "") -> None:
        assert done < 5000


@pytest.mark.parametrize("method", [nuts, hmc])
def test_a_parameter_that_leaves_its_domain_is_said_when_it_does(method: Any) -> None:
    bound = bound_of(OUTSIDE[SHAPE], {"y": 0.5})
    with pytest.raises(Rejected) as caught:
        method.run(bound, Options(draws=100_000, warmup=40, seed=1), Impatient())
    assert caught.value.diagnostics[0].code == "E0401"


@pytest.mark.parametrize("method", [nuts, hmc, svi, laplace, mode])
def test_a_model_whose_parameter_is_never_in_its_domain_says_so_once(method: Any) -> None:
    text = "model m(y: real) {\n  s ~ Exponential(1)\n  observe y ~ Normal(0, -1 - s)\n}"
    with pytest.raises(Rejected) as caught:
        method.run(bound_of(text, {"y": 0.5}), Options(draws=50), Silent())
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0401"
    assert "`sd` of `Normal` must be a positive number, but it is -" in diagnostic.message
    assert diagnostic.span.line == 3


def test_a_scale_rounded_to_zero_only_rejects() -> None:
    """A funnel whose neck underflows."""
    text = "model m() { v ~ Normal(0, 300); x ~ Normal(0, exp(v)) }"
    result = nuts.run(bound_of(text), Options(draws=100, warmup=100, chains=2), Silent())
    assert result.draws is not None
    assert np.isfinite(result.draws.values["v"]).all()


def test_a_side_of_an_if_that_is_not_taken_does_no_harm() -> None:
    text = """model m(y: real) {
      s ~ Normal(0, 1)
      if s > 0 { observe y ~ Normal(0, s) } else { observe y ~ Normal(1, -s) }
    }"""
    result = nuts.run(bound_of(text, {"y": 1.0}), Options(draws=50, warmup=50, chains=2), Silent())
    assert result.draws is not None


def test_starting_values_are_taken_and_checked() -> None:
    bound = bound_of("model m() { s ~ Exponential(1); x ~ Normal(0, s) }")
    options = Options(draws=5, warmup=0, chains=1, init={"s": 2.0, "x": 1.0})
    assert nuts.run(bound, options, Silent()).draws is not None
    for init, code in (({"s": -1.0}, "E0331"), ({"t": 1.0}, "E0332"), ({"x": [1.0, 2.0]}, "E0330")):
        with pytest.raises(Rejected) as caught:
            nuts.run(bound, Options(draws=5, warmup=0, init=init), Silent())
        assert caught.value.diagnostics[0].code == code
        assert caught.value.diagnostics[0].span.line == 1


def test_a_starting_matrix_that_is_not_positive_definite_is_refused() -> None:
    bound = bound_of("model m() { v ~ Wishart(3, eye(2)) }")
    with pytest.raises(Rejected) as caught:
        nuts.run(bound, Options(draws=1, warmup=0, init={"v": [[1.0, 2.0], [2.0, 1.0]]}), Silent())
    assert caught.value.diagnostics[0].code == "E0331"


def test_starting_values_of_an_array_serve_the_entries_that_are_not_set() -> None:
    bound = replace(
        bound_of("model m() { x ~ iid(Normal(0, 1), 3) }"), interventions={("x", (1,)): Fraction(7)}
    )
    options = Options(draws=1, warmup=0, chains=1, init={"x": [1.0, 99.0, -1.0]})
    start = start_of(density_of(bound), options.init)(Seeded(0))
    assert start.tolist() == [1.0, -1.0]


def test_a_run_that_is_stopped_keeps_what_it_has() -> None:
    bound = bound_of("model m() { x ~ iid(Normal(0, 1), 50) }")
    result = nuts.run(bound, Options(draws=100_000, warmup=20, chains=1), StopAfter(0))
    assert result.stopped
    assert result.draws is not None
    assert result.draws.stats["lp"].shape[1] < 100_000
