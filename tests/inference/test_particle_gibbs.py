"""Conditional SMC leaves the posterior invariant, exactly, and is the kernel of the textbook."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from pplc.inference.conditional import Rule
from pplc.inference.metropolis import Block
from pplc.inference.particle_gibbs import sweep_of
from pplc.semantics.values import Address
from tests.inference.test_smc import PROGRAMS
from tests.support import textbook
from tests.support.exact_kernels import is_invariant, matrix, table
from tests.support.reference import bound

PARAMETER = """
model m() {
  p ~ Uniform([0.25, 0.75])
  z[0] ~ Bernoulli(p)
  weight(if z[0] { 1 } else { 3 })
  z[1] ~ Bernoulli(if z[0] { 0.75 } else { p })
  observe true ~ Bernoulli(if z[1] { 0.5 } else { 0.25 })
  return z[1]
}
"""
OTHER_PAST = """
model m() {
  n ~ UniformInt(0, 1)
  condition(if n == 0 { flip(0.5) } else { true })
  k ~ Bernoulli(0.5)
  weight(if k or n == 1 { 2 } else { 1 })
  j ~ Bernoulli(0.25)
  weight(if j == k { 1 } else { 3 })
  return (n, k, j)
}
"""
CASES = {**PROGRAMS, "a parameter": PARAMETER, "a past of another structure": OTHER_PAST}


def nothing(_: Address) -> bool:
    return False


def is_p(address: Address) -> bool:
    return address == ("p",)


@pytest.mark.parametrize("rule", [Rule(), Rule(F(2, 3)), Rule(1, ancestor_sampling=True)], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_a_sweep_leaves_the_posterior_invariant(name: str, rule: Rule) -> None:
    program = table(bound(CASES[name]))
    blocks: list[Block] = [nothing, is_p] if name == "a parameter" else [nothing]
    for block in blocks:
        kernel = matrix(program, sweep_of(program.machine, block, 2, rule))  # type: ignore[arg-type]
        assert is_invariant(program, kernel)
        # It moves: not the identity, which would be invariant as well.
        assert any(row.get(state, F(0)) < 1 for state, row in kernel.items())
        if block is is_p:
            assert all(dict(a)["p",] == dict(b)["p",] for a, row in kernel.items() for b in row)


@pytest.mark.parametrize("ancestor_sampling", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_a_sweep_is_the_textbooks(name: str, ancestor_sampling: bool) -> None:
    case = bound(CASES[name])
    program = table(case)
    sweep = sweep_of(program.machine, nothing, 2, Rule(1, ancestor_sampling=ancestor_sampling))
    for state, row in matrix(program, sweep).items():  # type: ignore[arg-type]
        naive = textbook.conditional_smc(case, state, 2, ancestor_sampling=ancestor_sampling)
        assert {after: p for after, p in row.items() if p} == naive
