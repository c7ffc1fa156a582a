"""The Pyro model itself: what Pyro's own tools see of a program."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import pplc
from pplc.inference.pyro_model import density_of, to_pyro
from tests.support.densities import bound_of

pyro: Any = pytest.importorskip("pyro")

SCHOOLS = """model m(y: real[J], sigma: positive[J]) {
  mu ~ Normal(0, 5)
  tau ~ HalfCauchy(5)
  theta[j] ~ Normal(mu, tau) for j in 0..J
  observe y ~ Normal(theta, sigma)
  return mu
}"""
DATA = {"y": [28.0, 8, -3, 7], "sigma": [15, 10, 16, 11]}


def test_sites_are_named_as_the_program_names_its_variables() -> None:
    trace = pyro.poutine.trace(to_pyro(bound_of(SCHOOLS, DATA))).get_trace()
    sites = {name for name, site in trace.nodes.items() if site["type"] == "sample"}
    assert {"mu", "tau", "theta[:]", "y"} <= sites
    assert trace.nodes["theta[:]"]["value"].shape == (4,)
    assert trace.nodes["y"]["is_observed"]


def test_a_loop_of_independent_rounds_is_one_plate() -> None:
    trace = pyro.poutine.trace(to_pyro(bound_of(SCHOOLS, DATA))).get_trace()
    (frame,) = trace.nodes["theta[:]"]["cond_indep_stack"]
    assert frame.size == 4
    assert not trace.nodes["mu"]["cond_indep_stack"]


def test_the_density_of_a_trace_is_that_of_the_gradient_methods() -> None:
    bound = bound_of(SCHOOLS, DATA)
    torch.manual_seed(3)
    trace = pyro.poutine.trace(to_pyro(bound)).get_trace()
    values = {name: site["value"] for name, site in trace.nodes.items() if name in ("mu", "tau", "theta[:]")}
    u = torch.cat([values["mu"].reshape(1), values["tau"].log().reshape(1), values["theta[:]"]])
    density = density_of(bound)
    found = density(u.to(torch.float64), jacobian=False)
    assert abs(float(found) - float(trace.log_prob_sum())) < 1e-9


def test_pyros_own_variational_inference_runs_on_it() -> None:
    """AutoNormal on a conjugate model, by Pyro alone."""
    text = "model m(y: real[N]) { mu ~ Normal(0, 2); observe y ~ Normal(mu, 1) }"
    model = to_pyro(bound_of(text, {"y": [5.5, 6.5]}))
    pyro.clear_param_store()
    pyro.set_rng_seed(1)
    guide = pyro.infer.autoguide.AutoNormal(model)
    svi = pyro.infer.SVI(model, guide, pyro.optim.Adam({"lr": 0.05}), pyro.infer.Trace_ELBO())
    for _ in range(600):
        svi.step()
    assert abs(float(guide.median()["mu"]) - 16 / 3) < 0.3
    pyro.clear_param_store()


def test_a_run_forward_draws_from_the_prior() -> None:
    model = to_pyro(bound_of("model m() { p ~ Beta(3, 1); n ~ Binomial(5, p); return n }"))
    pyro.set_rng_seed(2)
    counts = [int(model()) for _ in range(200)]
    assert min(counts) >= 0
    assert max(counts) == 5
    assert abs(sum(counts) / 200 - 3.75) < 0.8


def test_the_gradient_of_a_model_with_one_element_set_is_that_of_the_other_draws() -> None:
    model = pplc.compile("model m() { mu ~ Normal(0, 1); x ~ Normal(mu, [1.0, 2.0, 3.0]) }").do({"x[1]": 4.0})
    values = {"mu": 0.5, "x": np.array([1.0, 99.0, -1.0])}
    total, gradient = model.log_density(values, gradient=True)
    normal = [-0.5 * (d / s) ** 2 - math.log(s) for d, s in ((0.5, 1), (0.5, 1), (-1.5, 3))]
    assert math.isclose(total, sum(normal) - 1.5 * math.log(2 * math.pi))
    assert np.allclose(gradient["x"], [-0.5, 0.0, 1.5 / 9])
    assert math.isclose(float(gradient["mu"]), -0.5 + 0.5 - 1.5 / 9)
