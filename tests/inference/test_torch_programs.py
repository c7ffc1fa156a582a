"""Programs on tensors: the density, the variables and the gradient are those of the reference machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from pplc.inference.potential import Potential
from pplc.inference.pyro_model import Fixed, density_of
from pplc.inference.torch_outputs import outputs
from pplc.lang.diagnostics import Rejected
from pplc.semantics.bound import Bound
from tests.support.densities import bound_of, close, joint, lookup


@dataclass(frozen=True)
class Case:
    text: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    discrete: tuple[str, ...] = ()


SERIES = [0.3, -1.2, 0.8, 2.1, -0.4]
CASES = {
    "eight schools": Case(
        """model m(y: real[J], sigma: positive[J]) {
          mu ~ Normal(0, 5)
          tau ~ HalfCauchy(5)
          theta[j] ~ Normal(mu, tau) for j in 0..J
          observe y ~ Normal(theta, sigma)
          return mu
        }""",
        {"y": [28.0, 8, -3, 7], "sigma": [15, 10, 16, 11]},
    ),
    "nested plates": Case(
        """model m(y: real[N, M]) {
          a[i] ~ Normal(0, 1) for i in 0..N
          b[i, j] ~ Normal(a[i], 1 + j) for i in 0..N, j in 0..M
          observe y[i, j] ~ Normal(b[i, j] + a[i], 0.5) for i in 0..N, j in 0..M
          let s = sum(b)
        }""",
        {"y": [[1.0, 2, 3], [0.5, -1, 2]]},
    ),
    "triangle": Case(
        """model m() {
          z[i, j] ~ Normal(i - j, 1) for i in 0..4, j in 0..i
          factor(-z[3, 1] * z[2, 0])
        }"""
    ),
    "autoregression": Case(
        """model m(y: real[T]) {
          phi ~ Uniform(-1, 1)
          s ~ Exponential(1)
          x[0] ~ Normal(0, 1)
          for t in 1..T { x[t] ~ Normal(phi * x[t-1], s) }
          observe y[t] ~ StudentT(4, x[t], 0.3) for t in 0..T
        }""",
        {"y": SERIES},
    ),
    "state in a variable": Case(
        """model m(y: real[T]) {
          a ~ Beta(2, 2)
          var level = 0.0
          var total = 0.0
          for t in 0..T {
            level = a * level + (1 - a) * y[t]
            total = total + (y[t] - level) ^ 2
          }
          factor(-total)
        }""",
        {"y": SERIES},
    ),
    "observed in a recurrence": Case(
        """model m(y: real[T], k: int[T]) {
          mu ~ Normal(0, 1); a ~ Beta(2, 2); b ~ Exponential(1)
          var v = 1.0
          for t in 1..T {
            v = 0.5 + a * (y[t - 1] - mu) ^ 2 + b * v
            observe y[t] ~ Normal(mu, sqrt(v))
            observe 2.0 ~ Uniform(0, 3)
            if y[t] > 0 { observe k[t] ~ Poisson(v) } else { observe k[t] ~ Binomial(3, a) }
          }
        }""",
        {"y": SERIES, "k": [0, 1, 3, 2, 0]},
    ),
    "groups": Case(
        """model m(y: real[N], g: int[N], x: real[N]) {
          mu ~ MvNormal([0.0, 0.0], [[1.0, 0.2], [0.2, 2.0]])
          a[k] ~ Normal(mu[0], 1) for k in 0..3
          s[k] ~ Gamma(2, 2) for k in 0..3
          observe y[n] ~ Normal(a[g[n]] + mu[1] * x[n], s[g[n]]) for n in 0..N
        }""",
        {"y": SERIES, "g": [0, 2, 1, 2, 0], "x": [1.0, 2, 3, 4, 5]},
    ),
    "correlated effects": Case(
        """model m() {
          l ~ LKJCholesky(3, 2.0)
          r ~ LKJ(2, 1.5)
          c ~ Wishart(4, [[1.0, 0.0], [0.0, 1.0]])
          s ~ iid(HalfNormal(1), 3)
          b ~ MvNormal([0.0, 0.0, 0.0], chol = diag(s) @ l)
          d ~ MvNormal([0.0, 0.0], r)
          p ~ Dirichlet([1.0, 2.0, 3.0])
          o ~ Ordered(Normal(0, 1), 3)
          factor(logdet(c) + dot(b, o) + log(p[1]))
        }"""
    ),
    "choice by data": Case(
        """model m(y: real[N]) {
          a ~ Normal(0, 1)
          b ~ Normal(0, 1)
          for i in 0..N {
            if y[i] > 0 { observe y[i] ~ Normal(a, 1) } else { observe y[i] ~ Normal(b, 2) }
          }
          let m = [if y[i] > 0 { a } else { b } for i in 0..N]
        }""",
        {"y": SERIES},
    ),
    "choice by a draw": Case(
        """fn pieces(x: real) -> real { if x > 0.1 { return log(x) } return x ^ 2 }
        model m() {
          x ~ Normal(0, 1)
          y ~ Normal(pieces(x), 1)
          if y > 0 { factor(-y) } else { factor(y) }
        }"""
    ),
    "functions as values": Case(
        """model line() {
          slope ~ Normal(0, 3); icept ~ Normal(0, 3)
          return fn (x: real) => slope * x + icept
        }
        model m(x: real[N], y: real[N]) {
          f ~ line()
          observe y[i] ~ Normal(f(x[i]), 0.5) for i in 0..N
          return f(6.0)
        }""",
        {"x": [1.0, 2, 3], "y": [1.5, 2.5, 3.0]},
    ),
    "models in a loop": Case(
        """model person(a: real) { x ~ Normal(a, 1); y ~ Normal(x, 2); return x + y }
        model m() {
          a ~ Normal(0, 1)
          for i in 0..3 { p[i] ~ person(a + i) }
          factor(-sum([p[i] ^ 2 for i in 0..3]))
        }"""
    ),
    "memoised": Case(
        """model m(names: array[N] string, y: real[N]) {
          effect ~ mem(fn (name: string) => Normal(0, 1))
          for i in 0..N { observe y[i] ~ Normal(effect(names[i]), 1) }
        }""",
        {"names": ["a", "b", "a"], "y": [1.0, 2, 3]},
    ),
    "missing": Case(
        """model m(y: real?[N]) {
          mu ~ Normal(0, 1)
          observe y ~ Normal(mu, 2)
        }""",
        {"y": [1.0, None, 3.0, None]},
    ),
    "missing one by one": Case(
        """model m(y: real?[N]) {
          mu ~ Normal(0, 1)
          observe y[i] ~ Normal(mu + i, 2) for i in 0..N
        }""",
        {"y": [1.0, None, 3.0]},
    ),
    "bounds that are drawn": Case(
        """model m() {
          a ~ Flat(lower = 0)
          b ~ Flat(lower = a)
          c ~ Uniform(a, b)
          d ~ Pareto(2, b)
          e ~ Truncated(Normal(a, 1), lower = c, upper = d)
          factor(-a - b)
        }"""
    ),
    "truncated and censored": Case(
        """model m(t: positive[N], c: positive) {
          k ~ LogNormal(0, 1)
          s ~ InverseGamma(3, 2)
          observe t ~ Censored(Weibull(k, s), upper = c)
          x ~ Truncated(Cauchy(0, s), lower = 1)
        }""",
        {"t": [0.5, 2.0, 1.2], "c": 2.0},
    ),
    "a density of one's own": Case(
        """density Bump(a: real) on unit = fn (x: real) => -a * (x - 0.5) ^ 2
        model m() { a ~ Normal(0, 1); x ~ Bump(a) }"""
    ),
    "mixture": Case(
        """model m(y: real[N]) {
          w ~ Beta(2, 2)
          mu ~ Ordered(Normal(0, 2), 2)
          observe y[n] ~ Mixture([w, 1 - w], [Normal(mu[0], 1), Normal(mu[1], 0.5)]) for n in 0..N
          observe 0 ~ ZeroInflated(w, Poisson(3))
        }""",
        {"y": SERIES},
    ),
    "mixture with indicators": Case(
        """model m(y: real[N]) {
          w ~ Dirichlet([1.0, 1.0, 1.0])
          mu ~ Ordered(Normal(0, 2), 3)
          for n in 0..N {
            z[n] ~ Categorical(w)
            observe y[n] ~ Normal(mu[z[n]], 1)
          }
        }""",
        {"y": SERIES},
        ("z",),
    ),
    "hidden Markov chain": Case(
        """model m(y: real[T]) {
          p ~ Beta(2, 1)
          mu ~ Normal(0, 1)
          z[0] ~ Bernoulli(0.5)
          observe y[0] ~ Normal(if z[0] { mu } else { -1.0 }, 1)
          for t in 1..T {
            z[t] ~ Bernoulli(if z[t-1] { p } else { 0.3 })
            observe y[t] ~ Normal(if z[t] { mu } else { -1.0 }, 1)
          }
          return z[T-1]
        }""",
        {"y": SERIES},
        ("z",),
    ),
    "chain of the second order": Case(
        """model m(y: real[T]) {
          mu ~ Normal(0, 1)
          z[0] ~ Bernoulli(0.5)
          z[1] ~ Bernoulli(if z[0] { 0.9 } else { 0.5 })
          for t in 2..T {
            z[t] ~ Bernoulli(if z[t-1] and z[t-2] { 0.8 } else { 0.3 })
            observe y[t] ~ Normal(if z[t] { mu } else { -1.0 }, 1)
          }
        }""",
        {"y": SERIES},
        ("z",),
    ),
    "one switch": Case(
        """model m(y: real[N]) {
          early ~ Exponential(1); late ~ Exponential(1)
          s ~ UniformInt(1, 4)
          observe y[t] ~ Normal(if t < s { early } else { late }, 1) for t in 0..N
        }""",
        {"y": SERIES},
        ("s",),
    ),
    "branch by an indicator": Case(
        """model m(y: real) {
          x ~ Normal(0, 1)
          z ~ Bernoulli(0.3)
          if z { observe y ~ Normal(x, 1) } else { observe y ~ Normal(2 * x, 0.5) }
          weight(if z { 0.5 } else { 1.5 })
        }""",
        {"y": 0.7},
        ("z",),
    ),
    "Gaussian process": Case(
        """model m(x: real[N], y: real[N]) {
          length ~ InverseGamma(5, 5); sd ~ HalfNormal(1); noise ~ HalfNormal(1)
          observe y ~ MvNormal(zeros(N), gp_exp_quad(x, sd, length) + noise ^ 2 * eye(N))
          factor(gp_matern52(x, sd, length)[0, 1] + gp_periodic(x, sd, length, noise + 1)[1, 2])
        }""",
        {"x": [0.0, 1, 2.5, 3], "y": [0.1, 0.9, 0.4, -0.2]},
    ),
    "library": Case(
        """model m() {
          x ~ iid(Normal(0, 1), 4)
          let a = sum(x) + prod(x) + mean(x) + variance(x) + sd(x) + min(x) + max(x) + norm(x)
          let b = log_sum_exp(x) + sum(softmax(x)) + sum(cumsum(x)) + sort(x)[1] + dot(x, x)
          let c = sum(outer(x, x)) + sum(sigmoid(x)) + sum(tanh(x)) + sum(erf(x)) + sum(lgamma(exp(x)))
          let q = outer(x, x) + eye(4)
          let d = sum(solve(q, x)) + logdet(q) + det(inv(q))
          let e = sum(cholesky(eye(4) + outer(x, x))) + sum(transpose(outer(x, x))[0]) + beta(exp(x[0]), 2.0)
          let f = sum(abs(x)) + sum(sin(x) + cos(x) + atan(x)) + max(x[0], x[1]) + expm1(x[2]) + sum(x ^ 2)
          let g = sum(x[[0, 2]]) + sum(x[1..3]) + sum(reverse(x)) + sum([p + q for p in x, q in x if true])
          let h = sum(outer(x, exp(x))[[0, 2, 1], 3])
          factor(-(a + b + c + d + e + f + g + h) / 10)
        }"""
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_density_is_that_of_the_reference(name: str) -> None:
    case = CASES[name]
    bound = bound_of(case.text, case.data)
    density = density_of(bound)
    assert bool(density.discrete) == bool(case.discrete)
    rng = np.random.default_rng(3)
    positions = rng.normal(size=(3, density.size))
    values = {
        variable: array
        for variable, array in outputs(density, positions, [(0, k) for k in range(3)]).values.items()
        if variable not in case.discrete
    }
    plain = Potential(density, 3, jacobian=False)
    found, _ = plain.value_and_gradient(positions)
    for k in range(3):
        expected = joint(bound, lookup(values, k))
        assert close(float(found[k]), expected), (float(found[k]), expected)


@pytest.mark.parametrize("name", CASES)
def test_gradient_is_the_slope_of_the_density(name: str) -> None:
    case = CASES[name]
    density = density_of(bound_of(case.text, case.data))
    potential = Potential(density, 2)
    assert potential.traced, potential.why
    rng = np.random.default_rng(4)
    positions = 0.7 * rng.normal(size=(2, density.size))
    values, gradients = potential.value_and_gradient(positions)
    assert np.isfinite(values).all()
    step = 1e-5
    for i in range(density.size):
        moved = [positions.copy(), positions.copy()]
        moved[0][:, i] += step
        moved[1][:, i] -= step
        above, below = (potential.value_and_gradient(p)[0] for p in moved)
        slope = (above - below) / (2 * step)
        for k in range(2):
            assert close(float(gradients[k, i]), float(slope[k]), 2e-6), (i, k, gradients[k, i], slope[k])


FIXED: list[dict[Any, Any]] = [
    {("mu",): 1.5},
    {("theta", (1,)): 2.0},
    {("theta",): (0.5, -1.0, 2.0, 0.0)},
    {("y",): (1.0, 2.0, 3.0, 4.0)},
    {("tau",): 2.0, ("theta", (3,)): 1.0},
]


@pytest.mark.parametrize("fixed", FIXED, ids=lambda f: ", ".join(map(str, f)))
def test_interventions_replace_draws_and_observations(fixed: dict[Any, Any]) -> None:
    case = CASES["eight schools"]
    bound = replace(bound_of(case.text, case.data), interventions=fixed)
    check(bound)


def test_observations_of_a_recurrence_are_weighed_together() -> None:
    """The names that users see are those of single observations."""
    case = CASES["observed in a recurrence"]
    density = density_of(bound_of(case.text, case.data))
    names: list[set[str]] = []
    for join in (True, False):
        fixed = Fixed(torch.zeros(density.size, dtype=torch.float64), density.slots, lambda _: torch.empty(0))
        trace, _ = density.traced(fixed, join=join)
        names.append({name for name, site in trace.nodes.items() if site["type"] == "sample"})
    assert {name for name in names[0] if name not in ("mu", "a", "b")} == {f"joined#{k}" for k in range(4)}
    assert {"y[1]", "y[4]", "k[2]"} <= names[1]


@dataclass(frozen=True)
class Set:
    """A model, elements that `do` sets, and how many numbers are left to draw."""

    text: str
    fixed: dict[Any, Any]
    size: int
    data: dict[str, Any] = field(default_factory=dict[str, Any])


SET = {
    "lifted draw": Set(
        "model m() { mu ~ Normal(0, 1); theta ~ Normal(mu, [1.0, 2.0, 3.0]); factor(-sum(theta ^ 4)) }",
        {("theta", (2,)): 1.5},
        3,
    ),
    "every entry of a draw": Set(
        "model m() { mu ~ Normal(0, 1); theta ~ iid(Normal(mu, 1), 2); factor(mu * sum(theta)) }",
        {("theta", (0,)): 1.5, ("theta", (1,)): -1.0},
        1,
    ),
    "a row of a draw": Set(
        "model m() { s ~ Exponential(1); a ~ iid(iid(Gamma(2, s), 2), 3); factor(-a[1, 0] * a[2, 1]) }",
        {("a", (1,)): (0.5, 2.0), ("a", (0, 1)): 3.0},
        4,
    ),
    "rounds with an array each": Set(
        "model m() { mu ~ Normal(0, 1); for i in 0..2 { z[i] ~ iid(Normal(mu, 1), 2) }; factor(z[1][0]) }",
        {("z", (1, 0)): 2.0},
        4,
    ),
    "an entry between random bounds": Set(
        "model m() { a ~ Normal(0, 1); x ~ Truncated(Normal([a, 0], 1), lower = [a, a + 1]) }",
        {("x", (0,)): 4.0},
        2,
    ),
    "observed entry": Set(
        "model m(y: real[N]) { mu ~ Normal(0, 1); observe y ~ Normal(mu, 1); factor(mu * sum(y)) }",
        {("y", (1,)): 50.0},
        1,
        {"y": [1.0, 2.0, 3.0]},
    ),
    "a row of what is observed": Set(
        "model m(y: real[N, 2]) { mu ~ Normal(0, 1); observe y ~ Normal([mu, 2 * mu], 1) }",
        {("y", (1,)): (5.0, 6.0)},
        1,
        {"y": [[1.0, 2.0], [3.0, 4.0], [7.0, 8.0]]},
    ),
    "observed beside a missing entry": Set(
        "model m(y: real?[N]) { mu ~ Normal(0, 1); observe y ~ Normal(mu, 1) }",
        {("y", (0,)): 50.0},
        2,
        {"y": [1.0, None, 3.0]},
    ),
    "a let and a called model": Set(
        """model pair() { a ~ Normal(0, 1); return [a, 2 * a] }
        model m() { p ~ pair(); let q = [p[0], p[1]]; factor(-q[0] ^ 2 * p[1] - p[0] ^ 2) }""",
        {("p", (0,)): 3.0, ("q", (1,)): 2.0},
        1,
    ),
}


@pytest.mark.parametrize("name", SET)
def test_an_element_that_do_sets_is_fixed_and_weighs_nothing(name: str) -> None:
    case = SET[name]
    bound = replace(bound_of(case.text, case.data), interventions=case.fixed)
    density = density_of(bound)
    assert density.size == case.size
    check(bound)
    values = outputs(density, np.zeros((1, density.size)), [(0, 1)]).values
    for address, value in entries_of(case.fixed):
        assert lookup(values, 0)(address) == value, address


def entries_of(fixed: dict[Any, Any]) -> Iterator[tuple[Any, float]]:
    """The single entries that are set."""
    for (name, index), value in fixed.items():
        for k, entry in np.ndenumerate(np.array(value)):
            yield (name, (*index, *k)), float(entry)


def test_an_entry_of_dependent_draws_is_replaced_after_the_draw() -> None:
    """The other entries keep their law: the normal's margin."""
    text = """model m(v: cov[2]) {
      x ~ MvNormal([1.0, 2.0], v)
      observe 3.0 ~ Normal(x[0], 1)
    }"""
    bound = replace(bound_of(text, {"v": [[1.0, 0.5], [0.5, 1.0]]}), interventions={("x", (1,)): Fraction(9)})
    density = density_of(bound)
    found = outputs(density, np.array([[0.3, -0.2]]), [(0, 1)]).values["x"]
    assert found[0].tolist() == [0.3, 9.0]


def test_an_entry_of_a_joint_observation_cannot_be_set() -> None:
    text = "model m(y: real[2]) { mu ~ Normal(0, 1); observe y ~ MvNormal([mu, mu], eye(2)) }"
    bound = replace(bound_of(text, {"y": [1.0, 2.0]}), interventions={("y", (1,)): Fraction(9)})
    for run in (lambda: density_of(bound), lambda: joint(bound, lambda _: 0.5)):
        with pytest.raises(Rejected) as caught:
            run()
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "E0433"
        assert diagnostic.span.line == 1


def test_a_prior_program_draws_what_it_would_observe() -> None:
    case = CASES["eight schools"]
    bound = bound_of(case.text, case.data).before_data()
    assert density_of(bound).size == 10
    check(bound)


def test_a_prior_program_draws_a_place_where_it_is_observed_first() -> None:
    text = """model m(y: real[3]) {
      mu ~ Normal(0, 1)
      observe y[i] ~ Normal(mu, 2) for i in 0..3
      observe y[2 - i] ~ Exponential(1) for i in 0..3
      z ~ Normal(y[2], 1)
    }"""
    bound = bound_of(text, {"y": [1.0, 2.0, 3.0]}).before_data()
    assert density_of(bound).size == 5
    check(bound)


def check(bound: Bound) -> None:
    density = density_of(bound)
    positions = np.random.default_rng(5).normal(size=(2, density.size))
    values = outputs(density, positions, [(0, 1), (0, 2)]).values
    found, _ = Potential(density, 2, jacobian=False).value_and_gradient(positions)
    for k in range(2):
        expected = joint(bound, lookup(values, k))
        assert close(float(found[k]), expected), (float(found[k]), expected)
