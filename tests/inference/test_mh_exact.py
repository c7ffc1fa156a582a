"""Metropolis-Hastings, exactly: the shipped step leaves the posterior as it is, and is the textbook's.

Bounded: programs of at most so many traces and ways to go on from them as the tests say. Continuous steps
have no exact check; what they share with integer ones (everything but the step itself) has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction as F
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import reject as reject_example

from pplc.inference.metropolis import (
    Kernel,
    Proposal,
    compared,
    mh_step,
    nowhere,
    redrawn,
    single_site,
    sites,
)
from pplc.inference.mh import init, step
from pplc.inference.mixture import SINGLE, WHOLE, Mixture, jointly_redrawn, jointly_walked
from pplc.inference.named_blocks import parse_blocks
from pplc.inference.proposals import proposal_kernel
from pplc.lang.check import check_program
from pplc.lang.families import FAMILIES, Kind
from pplc.lang.loader import load
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound
from pplc.semantics.laws import FamilyLaw
from pplc.semantics.machine import Machine
from pplc.semantics.number import LogRat
from pplc.semantics.representations.traced import Traced, replay
from pplc.semantics.source import Source
from pplc.semantics.values import Address, Value
from tests.acceptance.expected import FINITE
from tests.support.exact_kernels import (
    Matrix,
    State,
    Step,
    Table,
    TooLarge,
    hastings,
    image,
    is_invariant,
    matrix,
    redraws,
    site_redraws,
    site_walks,
    stationary,
    table,
    tabled_matrix,
)
from tests.support.programs import ARGUMENTS, Written, programs
from tests.support.reference import bound, rational

ACCEPTANCE = Path(__file__).parent.parent / "acceptance"


def stepping(machine: Machine, kernel: Kernel) -> Step:
    """One step of Metropolis-Hastings."""
    return lambda traced, source: mh_step(machine, traced, kernel, source)[0]


def walks(program: Table, state: State, site: Address) -> bool:
    """Whether the mixture may walk on a choice, as the manual states it: integers may, other atoms not."""
    law = program.traces[state].choices[site].law
    return isinstance(law, FamilyLaw) and FAMILIES[law.name].support.kind is Kind.INTEGER


def textbook_mixture(program: Table) -> Matrix:
    """The mixture as stated: 20 parts single choices, 1 part the whole trace.

    Steps are at most as long as the standard deviation of the law.
    """
    single, whole = F(SINGLE, SINGLE + WHOLE), F(WHOLE, SINGLE + WHOLE)

    def drawn(state: State, site: Address) -> F:
        return single / len(state) / (2 if walks(program, state, site) else 1)

    def walked(state: State, site: Address) -> F:
        return single / len(state) / 2 if walks(program, state, site) else F(0)

    def longest(state: State, site: Address) -> int:
        masses = program.traces[state].choices[site].law.masses()
        law = {value: rational(mass) for value, mass in masses or () if isinstance(value, int)}
        mean = sum((p * value for value, p in law.items()), F(0))
        return max(1, round(sqrt(sum((p * (value - mean) ** 2 for value, p in law.items()), F(0)))))

    everything = redraws(program, whole, lambda _: True)
    return hastings(
        program, [*site_redraws(program, drawn), *site_walks(program, walked, longest), everything]
    )


def checked(program: Table, most: int) -> None:
    """Validity and specification of the mixture."""
    kernel = tabled_matrix(program, stepping(program.machine, Mixture().kernel({})), most)
    assert is_invariant(program, kernel)
    assert kernel == textbook_mixture(program)


def acceptance(name: str) -> Bound:
    checked = check_program(load(ACCEPTANCE / f"{name}.ppl"))
    return Bound(lower(checked))


@pytest.mark.parametrize("name", FINITE)
def test_the_mixture_on_acceptance_programs_is_valid_and_the_textbooks(name: str) -> None:
    checked(table(acceptance(name)), 200_000)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(written=programs())
def test_the_mixture_on_generated_programs_is_valid_and_the_textbooks(written: Written) -> None:
    try:
        program = table(Bound(lower(check_program(written.program)), ARGUMENTS), 24)
        if not program.traces:
            reject_example()
        checked(program, 600)
    except TooLarge:
        reject_example()


@dataclass(frozen=True)
class Case:
    """A program, its data, and the variables of a block."""

    text: str
    names: str = ""
    data: Mapping[str, Value] = field(default_factory=dict[str, Value])


BLOCKS = {
    "a coin and its copies": Case(
        """
        model m() {
          n ~ UniformInt(0, 2)
          x[i] ~ Bernoulli(if n == 1 { 0.25 } else { 0.5 }) for i in 0..2
          k ~ UniformInt(0, n)
          weight(1 + k)
          if x[0] and x[1] { weight(0.5) }
          return n
        }
        """,
        "n,k",
    ),
    "more choices in one branch": Case(
        """
        model m() {
          n ~ UniformInt(0, 3)
          if n > 1 { j ~ UniformInt(0, n); weight(j + 1) }
          k ~ UniformInt(n, 4)
          weight(k + 1)
          return k
        }
        """,
        "n,j,k",
    ),
    "an array of integers": Case(
        """
        model m() {
          x ~ iid(UniformInt(0, 2), 2)
          y ~ UniformInt(0, x[0])
          weight(1 + x[1] + y)
          return y
        }
        """,
        "x,y",
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_are_valid_whether_they_are_redrawn_or_walk(name: str) -> None:
    program = table(bound(BLOCKS[name].text))
    (block,) = parse_blocks(program.machine.bound, BLOCKS[name].names)
    redraw = matrix(program, stepping(program.machine, jointly_redrawn(block)))
    assert redraw == hastings(program, [redraws(program, F(1), block)])
    walk = matrix(program, stepping(program.machine, jointly_walked(block, 1, {})))
    assert is_invariant(program, walk)
    assert any(len(row) > 1 for row in walk.values())
    mixed = Mixture(blocks=(block,)).kernel({(0, ("n",)): 2.0})
    assert is_invariant(program, matrix(program, stepping(program.machine, mixed)))


def test_one_step_of_a_chain_is_the_mixture_as_often_as_it_says() -> None:
    program = table(acceptance("D02_sprinkler_soft"))
    once = matrix(program, stepping(program.machine, Mixture().kernel({})))

    def twice(traced: Traced, source: Source) -> Traced:
        state = init(traced)._replace(moves=2)
        return step(program.machine, Mixture(), state, source, warm=False)[0].traced

    assert {s: image(row, once) for s, row in once.items()} == matrix(program, twice)


# ------------------------------------------------------------------ known values, and mutants that must fail


def mutant(change: Callable[[int, int], F]) -> Kernel:
    """Single-site redraws whose ratio has another factor than before/after for the numbers of choices."""

    def kernel(machine: Machine, current: Traced, source: Source) -> Proposal:
        before = sites(current)
        site = before[source.choose([1] * len(before))]
        new = replay(machine, {a: v for a, v in current.values.items() if a != site}, source)
        if new is None:
            return nowhere(machine)
        return compared(current, new, (site,), LogRat(change(len(before), len(sites(new)))))

    return kernel


# L04 (D02 as two uniform numbers): each is a piece of the unit interval, cut where the program compares it.
UNIFORMS = """
model main() {
  u ~ Categorical([0.3, 0.7])
  v ~ Categorical([0.1, 0.3, 0.6])
  let rain = u == 0
  let sprinkler = if rain { v == 0 } else { v <= 1 }
  if rain { weight(0.2) }
  if sprinkler { weight(0.1) }
  return rain
}
"""


def rains(state: State) -> F:
    return F(dict(state)[("u",)] == 0)


def test_l04_one_step_keeps_the_law_of_the_sprinkler() -> None:
    program = table(bound(UNIFORMS))
    kernel = matrix(program, stepping(program.machine, single_site()))
    assert is_invariant(program, kernel)
    assert sum(p * rains(s) for s, p in program.posterior.items()) == F(39, 359)
    assert kernel == hastings(program, site_redraws(program, lambda state, _: F(1, len(state))))


def test_l04_the_precedence_fault_has_the_wrong_law_that_was_shipped_once() -> None:
    program = table(bound(UNIFORMS))
    # q / p * n_old * n_new, read from left to right.
    kernel = matrix(program, stepping(program.machine, mutant(lambda before, after: F(before * after))))
    assert not is_invariant(program, kernel)
    assert stationary(kernel, rains) == pytest.approx(0.2636263350, abs=1e-10)
    wrong = image(program.posterior, kernel)
    distance = sum(abs(wrong.get(s, F(0)) - p) for s, p in program.posterior.items())
    assert float(distance) == pytest.approx(0.26, abs=5e-3)


DEPTH = 18
GEOMETRIC = f"""
model geometric(n: int) -> int {{
  if n == {DEPTH} {{ return n }}
  if flip(0.5) {{ return ~geometric(n + 1) }}
  return n
}}
model main() {{ return ~geometric(1) }}
"""


def length(state: State) -> F:
    """What is returned: the number of flips, unless the depth ends it."""
    return F(1 + sum(value is True for _, value in state))


def is_one(state: State) -> F:
    return F(length(state) == 1)


def test_l05_the_length_of_the_trace_is_accounted_for() -> None:
    program = table(bound(GEOMETRIC))
    kernel = matrix(program, stepping(program.machine, single_site()))
    assert is_invariant(program, kernel)
    laws = program.posterior
    for k in range(1, DEPTH):
        assert sum(p for s, p in laws.items() if length(s) == k) == F(1, 2**k)
    assert kernel == hastings(program, site_redraws(program, lambda state, _: F(1, len(state))))


def forgotten(before: int, after: int) -> F:
    """No length term."""
    del before, after
    return F(1)


def always(before: int, after: int) -> F:
    """A ratio so large that every proposal is accepted."""
    del before, after
    return F(10**9)


def inverted(before: int, after: int) -> F:
    """The length term the wrong way round."""
    return F(after, before)


@pytest.mark.parametrize(
    ("change", "one", "mean"), [(forgotten, 1 / 4, 3), (always, 1 / 4, 3), (inverted, 1 / 12, 13 / 3)]
)
def test_l05_faulty_length_terms_have_the_wrong_law(
    change: Callable[[int, int], F], one: float, mean: float
) -> None:
    program = table(bound(GEOMETRIC))
    kernel = matrix(program, stepping(program.machine, mutant(change)))
    assert not is_invariant(program, kernel)
    # The depth cuts off 2^-17 of the mass, weighed by up to the square of the length.
    assert stationary(kernel, is_one, 300) == pytest.approx(one, abs=2e-3)
    assert stationary(kernel, length, 300) == pytest.approx(mean, abs=4e-2)


def faulty_walk(machine: Machine, current: Traced, source: Source) -> Proposal:
    """A drift up only, as if it were symmetric."""
    before = sites(current)
    site = before[source.choose([1] * len(before))]
    value = current.choices[site].value
    assert isinstance(value, int)
    new = replay(machine, {**current.values, site: value + 1}, source)
    return nowhere(machine) if new is None else compared(current, new, (), LogRat(F(1)))


def gullible(machine: Machine, current: Traced, source: Source) -> Proposal:
    """A redraw that accepts always."""
    found = redrawn(sites(current)[0])(machine, current, source)
    return found._replace(log_ratio=LogRat(F(1)))


@pytest.mark.parametrize("kernel", [faulty_walk, gullible])
def test_faulty_kernels_are_caught(kernel: Kernel) -> None:
    program = table(bound(BLOCKS["more choices in one branch"].text))
    assert not is_invariant(program, matrix(program, stepping(program.machine, kernel)))


# ------------------------------------------------------------------ proposal programs

PROPOSALS = {
    "a walk that sees the data": Case(
        """
        model step(current: (n: int), top: int) {
          let low = if current.n > 0 { current.n - 1 } else { 0 }
          n ~ UniformInt(low, if current.n < top { current.n + 1 } else { top })
        }
        model m(top: int) {
          n ~ UniformInt(0, top)
          k ~ UniformInt(0, n)
          weight(1 + k * n)
          return k
        }
        """,
        data={"top": 3},
    ),
    "an element and a coin": Case(
        """
        model step(current: (z: int[2], b: bool)) {
          z[1] ~ Categorical(if current.z[0] == 1 { [0.25, 0.75] } else { [0.5, 0.5] })
          b ~ Bernoulli(if current.b { 0.25 } else { 0.5 })
        }
        model m() {
          b ~ Bernoulli(0.5)
          z[i] ~ Categorical([0.5, 0.5]) for i in 0..2
          if b { weight(2 + z[1]) }
          return z[0]
        }
        """
    ),
    "a choice that appears": Case(
        """
        model step(current: (n: int)) {
          n ~ UniformInt(0, 2)
          if n > 0 { j ~ Bernoulli(0.2) }
        }
        model m() {
          n ~ UniformInt(0, 2)
          if n > 0 {
            j ~ Bernoulli(0.75)
            if j { weight(0.5) }
          }
          if n == 2 {
            i ~ Bernoulli(0.5)
            if i { weight(3) }
          }
          return n
        }
        """
    ),
}


@pytest.mark.parametrize("name", PROPOSALS)
def test_proposal_programs_are_valid(name: str) -> None:
    case = PROPOSALS[name]
    program = table(bound(case.text, case.data))
    kernel = matrix(program, stepping(program.machine, proposal_kernel(program.machine, "step")))
    assert is_invariant(program, kernel)
    assert any(len(row) > 1 for row in kernel.values())
