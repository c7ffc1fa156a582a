"""Programs with finite and continuous variables: density, gradient and draws of what was summed out."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch

from pplc.inference.potential import Potential
from pplc.inference.pyro_model import Density, density_of
from pplc.inference.torch_outputs import outputs
from pplc.inference.torch_schedule import Schedule
from pplc.inference.torch_trace import record
from pplc.semantics.bound import Bound
from tests.support.densities import bound_of, close, joint, lookup
from tests.support.statistics import FALSE_ALARM


@dataclass(frozen=True)
class Case:
    """A model, its data, and the names of its finite variables."""

    body: str
    finite: tuple[str, ...]
    data: dict[str, Any] = field(default_factory=dict[str, Any])


Y = [0.3, -1.2, 0.8]
CASES = {
    "a mixture": Case(
        """w ~ Dirichlet([1.0, 1.0, 1.0]); mu ~ Ordered(Normal(0, 2), 3)
        for n in 0..N { z[n] ~ Categorical(w); observe y[n] ~ Normal(mu[z[n]], 1) }
        let k = z[1] + 1""",
        ("z",),
    ),
    "indicators in a loop of their own": Case(
        """w ~ Beta(1, 1); z[n] ~ Bernoulli(w) for n in 0..N
        mu[k] ~ Normal(0, 2) for k in 0..2
        observe y[n] ~ Normal(mu[int(z[n])], 1) for n in 0..N""",
        ("z",),
    ),
    "a hidden Markov chain": Case(
        """p ~ Beta(2, 1); mu ~ Normal(0, 1)
        z[0] ~ Bernoulli(0.5); observe y[0] ~ Normal(if z[0] { mu } else { -1.0 }, 1)
        for t in 1..N {
          z[t] ~ Bernoulli(if z[t-1] { p } else { 0.3 })
          observe y[t] ~ Normal(if z[t] { mu } else { -1.0 }, 1)
        }""",
        ("z",),
    ),
    "one variable for all rounds": Case(
        """mu ~ Normal(0, 1); g ~ UniformInt(1, 3)
        for n in 0..N { z ~ Bernoulli(0.25 * g); observe y[n] ~ Normal(if z { mu } else { g * 0.5 }, 1) }
        let h = g * g""",
        ("g", "z"),
    ),
    "chains in a plate": Case(
        """mu ~ Normal(0, 1)
        for i in 0..2 {
          z[i, 0] ~ Bernoulli(0.5)
          for t in 1..N {
            z[i, t] ~ Bernoulli(if z[i, t-1] { 0.75 } else { 0.25 })
            observe y[t] ~ Normal(if z[i, t] { mu } else { i }, 1)
          }
        }""",
        ("z",),
    ),
    "continuous variables that finite ones decide on": Case(
        """a ~ Normal(0, 1); g ~ Bernoulli(0.25)
        for n in 0..N {
          z[n] ~ Bernoulli(if g { 0.25 } else { 0.5 })
          x[n] ~ Normal(if z[n] { a } else { -a }, if g { 1 } else { 2 })
          observe y[n] ~ Normal(x[n], 1)
        }""",
        ("g", "z"),
    ),
    "durations": Case(
        """mu ~ Normal(0, 1); s[0] ~ Bernoulli(0.5); d[0] ~ UniformInt(0, 1)
        for t in 1..N {
          let new = if s[t-1] { 0.25 } else { 0.75 }
          s[t] ~ Bernoulli(if d[t-1] > 0 { if s[t-1] { 1.0 } else { 0.0 } } else { new })
          d[t] ~ Categorical(if d[t-1] > 0 { [1.0, 0.0] } else { [0.25, 0.75] })
          observe y[t] ~ Normal(if s[t] { mu } else { -1.0 }, 1)
        }""",
        ("s", "d"),
    ),
    "a chain from left to right": Case(
        """early ~ Normal(0, 1); late ~ Normal(1, 1); z[0] ~ Delta(0)
        for t in 1..N {
          z[t] ~ Categorical([[0.75, 0.25], [0.0, 1.0]][z[t-1]])
          observe y[t] ~ Normal(if z[t] == 0 { early } else { late }, 1)
        }""",
        ("z",),
    ),
    "a chain that follows what is drawn in its loop": Case(
        """x[0] ~ Normal(0, 1); z[0] ~ Bernoulli(0.5)
        for t in 1..N {
          x[t] ~ Normal(x[t-1], 1)
          let e = x[t] * 2
          z[t] ~ Bernoulli(if z[t-1] { sigmoid(e) } else { 0.3 })
          observe y[t] ~ Normal(if z[t] { e } else { -1.0 }, 1)
        }""",
        ("z",),
    ),
    "a change point": Case(
        """p ~ Beta(1, 4); early ~ Normal(0, 1); after ~ Normal(1, 1)
        var late = false; var n = 0
        for t in 0..N {
          s[t] ~ Bernoulli(p); late = late or s[t]
          if s[t] { n = n + 1 }
          observe y[t] ~ Normal(if late { after } else { early }, 1 + n)
        }
        factor(if n == 2 { early } else { 0 })""",
        ("s",),
    ),
    "rows of probabilities that are collected": Case(
        """stay ~ Beta(5, 2); z[0] ~ Categorical([0.5, 0.25, 0.25]); mu ~ Normal(0, 1)
        for t in 1..N {
          z[t] ~ Categorical([if z[t-1] == k { stay } else { (1 - stay) / 2 } for k in 0..3])
          observe y[t] ~ Normal(mu * z[t], 1)
        }""",
        ("z",),
    ),
    "constructors": Case(
        """s ~ Normal(0, 1); w ~ Beta(2, 2); var phase = Calm
        r[0] ~ Uniform(values(Phase))
        for t in 1..N {
          r[t] ~ Empirical(values(Phase), match r[t-1] { Calm => [w, 1 - w], Wild => [0.5, 0.5] })
          observe y[t] ~ Normal(match r[t] { Calm => s, Wild => -1 }, 1)
          if r[t] == r[t-1] { phase = r[t] }
        }
        observe y[0] ~ Normal(if phase == Wild { s } else { 0 }, 1)""",
        ("r",),
    ),
    "a group that is drawn": Case(
        """mu ~ Normal(0, 1); big[k] ~ Bernoulli(0.25) for k in 0..2
        for n in 0..N {
          g[n] ~ UniformInt(0, 1); x[n] ~ Normal(mu, 1)
          observe y[n] ~ Normal(if big[g[n]] { x[n] } else { -1 }, 1)
        }
        e ~ Normal(0, 1)""",
        ("big", "g"),
    ),
    "an array that is observed at once": Case(
        """mu ~ Normal(0, 1); s ~ Exponential(1); z[n] ~ Bernoulli(0.25) for n in 0..N
        let m = [if z[n] { mu } else { -1 } for n in 0..N]
        observe y ~ Normal(m, s)""",
        ("z",),
    ),
    "other families": Case(
        """a ~ Normal(0, 1); k ~ Uniform([3, 1, 3, 2]); b ~ Binomial(2, sigmoid(a))
        observe y[0] ~ Normal(k * a + b, 1)
        u ~ Uniform([0.5, 1.5]); factor(u * a)""",
        ("k", "b", "u"),
    ),
    "draws in branches": Case(
        """a ~ Normal(0, 1); g ~ Bernoulli(0.25)
        if g { h ~ UniformInt(0, 2); factor(h * a) } else { observe y[0] ~ Normal(a, 1) }
        for n in 0..N {
          if y[n] > 0 { z[n] ~ Bernoulli(0.25); observe y[n] ~ Normal(if z[n] { a } else { 0 }, 1) }
        }""",
        ("g", "h", "z"),
    ),
}
REPEATS = 600


def bound(case: Case) -> Bound:
    """The program of a case with its data."""
    text = f"type Phase = Calm | Wild\nmodel m(y: real[N]) {{\n{case.body}\n}}"
    return bound_of(text, {"y": Y} | case.data)


def density(case: Case) -> Density:
    """The density of a case, which the pass must have summed."""
    found = density_of(bound(case))
    assert found.summed is not None
    assert {name.split("[")[0] for name in found.discrete} == set(case.finite)
    return found


def without(values: dict[str, Any], finite: tuple[str, ...]) -> dict[str, Any]:
    """The values of the continuous variables."""
    return {name: array for name, array in values.items() if name.split("[")[0] not in finite}


@pytest.mark.parametrize("name", CASES)
def test_density_is_the_sum_over_all_runs_of_the_reference(name: str) -> None:
    case = CASES[name]
    found = density(case)
    positions = np.random.default_rng(5).normal(size=(3, found.size))
    values, _ = Potential(found, 3, jacobian=False).value_and_gradient(positions)
    drawn = outputs(found, positions, [(0, k + 1) for k in range(3)]).values
    for k in range(3):
        expected = joint(bound(case), lookup(without(drawn, case.finite), k))
        assert close(float(values[k]), expected, 1e-10)


@pytest.mark.parametrize("name", CASES)
def test_gradient_is_the_slope(name: str) -> None:
    found = density(CASES[name])
    potential = Potential(found, 2)
    assert potential.traced, potential.why
    positions = 0.7 * np.random.default_rng(4).normal(size=(2, found.size))
    _, gradients = potential.value_and_gradient(positions)
    for i in range(found.size):
        step = np.zeros(found.size)
        step[i] = 1e-5
        above, below = (potential.value_and_gradient(positions + s * step)[0] for s in (1, -1))
        for k in range(2):
            assert close(float(gradients[k, i]), float((above - below)[k] / 2e-5), 2e-6)


def frequencies(found: Density, case: Case, drawn_at: Any, law_at: Any) -> list[tuple[float, float]]:
    """Every joint value of the finite variables that was drawn: its share, and its probability elsewhere."""
    seeds = [(0, k + 1) for k in range(REPEATS)]
    drawn = outputs(found, np.repeat(drawn_at[None], REPEATS, axis=0), seeds).values
    rest = without(outputs(found, law_at[None], seeds[:1]).values, case.finite)
    total = joint(bound(case), lookup(rest, 0))
    finite = sorted(name for name in drawn if name.split("[")[0] in case.finite)
    counts: Counter[str] = Counter()
    values: dict[str, dict[str, Any]] = {}
    for k in range(REPEATS):
        one = {name: drawn[name][k : k + 1] for name in finite}
        key = str([array.tolist() for array in one.values()])
        counts[key] += 1
        values.setdefault(key, one)
    return [
        (count / REPEATS, math.exp(joint(bound(case), lookup(rest | values[key], 0)) - total))
        for key, count in counts.items()
    ]


TOLERANCE = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * REPEATS))
"""Hoeffding (1963): a frequency is further from its probability with a chance of at most FALSE_ALARM."""


@pytest.mark.parametrize("name", CASES)
def test_finite_variables_are_drawn_from_their_law_given_the_rest(name: str) -> None:
    case = CASES[name]
    found = density(case)
    position = np.random.default_rng(6).normal(size=found.size)
    pairs = frequencies(found, case, position, position)
    assert sum(probability for _, probability in pairs) <= 1 + 1e-9
    assert all(abs(share - probability) < TOLERANCE for share, probability in pairs)
    assert len(pairs) > 1


def test_draws_from_another_law_would_be_noticed() -> None:
    """The negative control: draws at one place have not the law of another."""
    case = CASES["a hidden Markov chain"]
    found = density(case)
    pairs = frequencies(found, case, np.array([2.0, 2.0]), np.array([-2.0, -2.0]))
    assert any(abs(share - probability) > TOLERANCE for share, probability in pairs)


def test_equal_seeds_draw_equal_values() -> None:
    found = density(CASES["a mixture"])
    position = np.zeros((1, found.size))
    one, two, other = (outputs(found, position, [(0, n)]).values["z"] for n in (5, 5, 6))
    assert one.tolist() == two.tolist()
    assert one.shape == other.shape == (1, 3)


def test_states_that_cannot_be_reached_have_no_slope_instead_of_nan() -> None:
    body = """mu ~ Normal(0, 1); z[0] ~ Categorical([1.0, 0.0, 0.0])
    for t in 1..N {
      z[t] ~ Categorical([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]][z[t-1]])
      observe y[t] ~ Normal(mu * z[t], 1)
    }"""
    found = density(Case(body, ("z",)))
    values, gradients = Potential(found, 1).value_and_gradient(np.array([[0.5]]))
    # The only path is 0, 1, 2.
    assert close(float(gradients[0, 0]), -0.5 + (Y[1] - 0.5) + 2 * (Y[2] - 1.0))
    assert np.isfinite(values).all()


def test_what_do_sets_and_missing_entries_are_enumerated_as_before() -> None:
    text = """model m(y: real?[N]) {
      mu ~ Normal(0, 1)
      for n in 0..N { z[n] ~ Bernoulli(0.5); observe y[n] ~ Normal(if z[n] { mu } else { 0 }, 1) }
    }"""
    whole = bound_of(text, {"y": Y})
    assert density_of(whole).summed is not None
    missing = bound_of(text, {"y": [0.3, None, 0.8]})
    for other in (replace(whole, interventions={("z", (1,)): True}), missing):
        found = density_of(other)
        assert found.summed is None
        position = np.full((1, found.size), 0.4)
        value, _ = Potential(found, 1, jacobian=False).value_and_gradient(position)
        drawn = without(outputs(found, position, [(0, 1)]).values, ("z",))
        assert close(float(value[0]), joint(other, lookup(drawn, 0)))


def test_a_round_of_a_chain_costs_the_same_few_operations_however_many_there_are() -> None:
    body = """p ~ Beta(2, 1); mu ~ Normal(0, 1); z[0] ~ Bernoulli(p)
    for t in 1..N {
      z[t] ~ Bernoulli(if z[t-1] { p } else { 0.3 })
      observe y[t] ~ Normal(if z[t] { mu } else { 0 }, 1)
    }"""
    lengths: list[int] = []
    for rounds in (10, 20, 40):
        found = density(Case(body, ("z",), {"y": [0.1 * k for k in range(rounds)]}))
        tape = record(Potential(found, 1)._single, torch.full((found.size,), 0.3, dtype=torch.float64))
        schedule = Schedule(tape, torch.full((found.size,), 0.3, dtype=torch.float64))
        lengths.append(len(schedule.steps))
    assert lengths[2] - lengths[1] == 2 * (lengths[1] - lengths[0])
    # Two additions and the sum; going back, shares of the entries and sums over what was repeated.
    assert (lengths[1] - lengths[0]) / 10 <= 11


def test_a_draw_that_some_runs_make_is_made_by_all() -> None:
    """A spike and a slab in every round of a loop."""
    body = """for n in 0..N {
      z[n] ~ Bernoulli(0.25)
      b[n] := if z[n] { ~Normal(0, 2) } else { 0.5 }
      observe y[n] ~ Normal(b[n], 1)
    }"""
    found = density(Case(body, ("z",)))
    position = np.array([[0.4, -0.7, 1.1]])
    value, _ = Potential(found, 1).value_and_gradient(position)

    def normal(x: float, mean: float, sd: float) -> float:
        return math.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi))

    slabs = [0.25 * normal(y, u, 1) for y, u in zip(Y, position[0], strict=True)]
    spikes = [0.75 * normal(y, 0.5, 1) for y in Y]
    sums = [(one + other) for one, other in zip(slabs, spikes, strict=True)]
    expected = sum(
        math.log(total) + math.log(normal(u, 0, 2)) for total, u in zip(sums, position[0], strict=True)
    )
    assert close(float(value[0]), expected)
    seeds = [(0, k + 1) for k in range(REPEATS)]
    drawn = outputs(found, np.repeat(position, REPEATS, axis=0), seeds).values
    assert np.array_equal(drawn["b"], np.where(drawn["z"], position, 0.5))
    for n in range(3):
        assert abs(float(drawn["z"][:, n].mean()) - slabs[n] / sums[n]) < TOLERANCE
