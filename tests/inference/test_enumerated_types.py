"""Enumerations are numbers while a gradient method computes, and constructors in what it reports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pplc.inference.enumerated_types import numbered
from pplc.inference.potential import Potential
from pplc.inference.pyro_model import density_of
from pplc.inference.torch_outputs import outputs
from pplc.semantics.values import Tagged
from tests.support.densities import bound_of, close, joint, lookup

TYPES = "type Phase = Calm | Wild | Odd\ntype Shape = Square | Circle(r: real)\n"
MODEL = """model m(y: real[N], known: Phase[N]) {
  s ~ Normal(0, 1)
  for t in 0..N {
    r[t] ~ Uniform(values(Phase))
    observe y[t] ~ Normal(match r[t] { Calm => s, Wild => -s, Odd => if known[t] == Odd { 2 } else { 3 } }, 1)
  }
  let last = r[N - 1]
  return if last == Odd { Calm } else { last }
}"""
DATA = {"y": [0.3, -1.2], "known": [Tagged("Odd"), Tagged("Calm")]}


def test_what_is_reported_has_its_constructors() -> None:
    found = density_of(bound_of(TYPES + MODEL, DATA))
    assert found.summed is not None
    values = outputs(found, np.zeros((20, 1)), [(0, k + 1) for k in range(20)]).values
    phases = {Tagged("Calm"), Tagged("Wild"), Tagged("Odd")}
    assert values["r"].shape == (20, 2)
    assert set(values["r"].flat) == phases
    assert values["last"].tolist() == values["r"][:, 1].tolist()
    assert set(values["return"].flat) == {Tagged("Calm"), Tagged("Wild")}


def test_what_do_sets_is_a_constructor() -> None:
    bound = bound_of(TYPES + MODEL, DATA)
    bound = replace(bound, interventions={("r", (0,)): Tagged("Wild")})
    found = density_of(bound)
    position = np.full((1, 1), 0.4)
    value, _ = Potential(found, 1, jacobian=False).value_and_gradient(position)
    drawn = outputs(found, position, [(0, 1)]).values
    assert drawn["r"][0, 0] == Tagged("Wild")
    assert close(float(value[0]), joint(bound, lookup({"s": drawn["s"]}, 0)))


HIDDEN = {
    "in a record": "r ~ Uniform(values(Phase)); let pair = (phase: r, n: 1)",
    "in an address": "eyes ~ mem(fn (p: Phase) => Normal(0, 1)); let a = eyes(Calm)",
    "under one name with other values": "r ~ Uniform(values(Phase)); s ~ other()",
    "in another type": "r ~ Uniform([Square, Circle(1)])",
    "in the value of the model": "r ~ Uniform(values(Phase)); return (r, 1)",
}


@pytest.mark.parametrize("where", HIDDEN)
def test_a_program_whose_reports_would_show_numbers_stays_as_it_is(where: str) -> None:
    other = "model other() { r ~ Bernoulli(0.5); return int(r) }\n"
    bound = bound_of(f"{TYPES}{other}model m() {{ {HIDDEN[where]} }}")
    assert numbered(bound).bound is bound
