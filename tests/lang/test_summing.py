"""Summing finite variables out keeps the measure over everything else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings

from pplc.inference.summed import sized
from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.lang.check import check_text
from pplc.lang.core_check import check_core
from pplc.lang.lower import lower
from pplc.lang.summing import LOGARITHMS, PLAIN, CannotSum, Scale, sum_out, sum_out_written_out
from pplc.lang.summing.before_branches import before_branches
from pplc.semantics.bound import Bound
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.representations.enumerated import denote
from pplc.semantics.values import Address, Value
from tests.support.densities import close, joint
from tests.support.finite import CASES, DATA, WRITTEN_OUT, bodies, program


def stays(site: str) -> bool:
    """Whether a draw is one of `x`, which is not summed out."""
    return site.startswith("x")


def over_x(program: core.Program, data: Mapping[str, Value]) -> Mapping[object, LogWeight]:
    """The unnormalised measure over the draws of `x`."""
    measure = denote(
        Bound(program, data),
        Nested(),
        lambda run: tuple(sorted((repr(a), v) for a, v in run.variables().items() if stays(str(a[0])))),
    )
    return dict[object, LogWeight](measure.masses.items())


@pytest.mark.parametrize("name", CASES)
def test_the_measure_over_the_rest_is_the_same(name: str) -> None:
    whole = lower(check_text(program(CASES[name])))
    summed = check_core(sum_out(whole, stays, PLAIN).program)
    assert all(stays(s.site.name) for s in statements(summed.model.body) if isinstance(s, core.Draw))
    expected = over_x(whole, DATA)
    assert over_x(summed, DATA) == expected
    assert all(isinstance(mass, LogRat) for mass in expected.values())


@pytest.mark.parametrize("name", CASES)
def test_logarithms_give_the_same_in_floats(name: str) -> None:
    whole = lower(check_text(program(CASES[name])))
    summed = check_core(sum_out(whole, stays, LOGARITHMS).program)
    expected, found = over_x(whole, DATA), over_x(summed, DATA)
    assert found.keys() == expected.keys()
    for x, mass in expected.items():
        assert close(float(found[x]), float(mass), 1e-12)


@settings(max_examples=150, deadline=None)
@given(body=bodies())
def test_the_measure_of_generated_programs_is_the_same(body: str) -> None:
    whole = lower(check_text(program(body)))
    summed = check_core(sum_out(whole, stays, PLAIN).program)
    assert not any(isinstance(s, core.Draw) and not stays(s.site.name) for s in statements(summed.model.body))
    assert over_x(summed, DATA) == over_x(whole, DATA)


@pytest.mark.parametrize("name", WRITTEN_OUT)
@pytest.mark.parametrize("scale", [PLAIN, LOGARITHMS], ids=["plain", "logarithms"])
def test_what_is_read_from_afar_is_summed_with_its_loops_written_out(name: str, scale: Scale) -> None:
    sized = sized_to(program(WRITTEN_OUT[name]))
    with pytest.raises(CannotSum):
        sum_out(sized, stays, scale)
    summed, with_draws = sum_out_written_out(sized, stays, scale)
    expected, found = over_x(sized, DATA), over_x(check_core(summed.program), DATA)
    assert over_x(with_draws, DATA) == expected
    if scale == PLAIN:
        assert found == expected
    assert found.keys() == expected.keys()
    assert all(close(float(found[x]), float(mass), 1e-12) for x, mass in expected.items())


def sized_to(text: str) -> core.Program:
    """A program that knows the length of its data."""
    return sized(Bound(lower(check_text(text)), DATA))


@settings(max_examples=100, deadline=None)
@given(body=bodies())
def test_the_measure_of_generated_programs_is_the_same_with_loops_written_out(body: str) -> None:
    whole = sized_to(program(body))
    try:
        summed, with_draws = sum_out_written_out(whole, stays, PLAIN)
    except CannotSum:
        assert "for " not in body
        return
    expected = over_x(whole, DATA)
    assert over_x(check_core(summed.program), DATA) == expected
    assert over_x(with_draws, DATA) == expected


def test_too_many_variables_that_meet_are_not_summed() -> None:
    text = "model m() { z[i] ~ Bernoulli(0.5) for i in 0..20; factor(sum([int(z[i]) for i in 0..20]) * 0.1) }"
    with pytest.raises(CannotSum, match="too many variables meet in one sum"):
        sum_out_written_out(lower(check_text(text)))


def rounds(text: str) -> list[core.For]:
    summed = sum_out(lower(check_text(text)))
    return [s for s in summed.program.model.body if isinstance(s, core.For)]


def test_a_plate_stays_one_loop_of_independent_rounds() -> None:
    text = """model m(y: real[N], w: simplex[K]) {
      mu[k] ~ Normal(0, 1) for k in 0..K
      for n in 0..N { z[n] ~ Categorical(w); observe y[n] ~ Normal(mu[z[n]], 1) }
    }"""
    means, plate = rounds(text)
    assert means.independent
    assert plate.independent
    assert [type(s).__name__ for s in plate.body] == ["For", "Let", "Weight"]


def test_only_the_product_with_the_table_stays_in_the_loop_of_a_chain() -> None:
    text = """model m(y: real[T], trans: array[K] simplex[K], init: simplex[K]) {
      mu[k] ~ Normal(0, 1) for k in 0..K
      z[0] ~ Categorical(init)
      for t in 1..T { z[t] ~ Categorical(trans[z[t-1]]); observe y[t] ~ Normal(mu[z[t]], 1) }
    }"""
    loops = rounds(text)
    assert [loop.independent for loop in loops] == [True, True, True, True, False, True]
    (chain,) = [loop for loop in loops if not loop.independent]
    densities = [
        part
        for statement in statements(chain.body)
        for expr in ([statement.value] if isinstance(statement, core.Let | core.Assign) else [])
        for part in [expr]
        if isinstance(part, core.Prim) and part.op == "logpdf"
    ]
    assert densities == []
    assert [type(s).__name__ for s in chain.body] == ["For", "For", "Assign"]


def test_a_line_of_variables_costs_tables_of_two() -> None:
    """Nested sums over n variables would be loops n deep."""
    line = "; ".join(f"a{k} ~ Bernoulli(if a{k - 1} {{ 0.25 }} else {{ 0.75 }})" for k in range(1, 12))
    text = (
        f"model m() {{ a0 ~ Bernoulli(0.5); {line}; x ~ Normal(0, 1); weight(if a11 {{ 1 }} else {{ 2 }}) }}"
    )

    def depth(block: core.Block) -> int:
        return max((1 + depth(s.body) if isinstance(s, core.For) else 0 for s in block), default=0)

    assert depth(sum_out(lower(check_text(text))).program.model.body) == 2


def test_a_program_without_finite_variables_has_no_sums() -> None:
    assert sum_out(lower(check_text("model m() { x ~ Normal(0, 1); return x }"))).sums == {}


CONTINUOUS = {
    "a mean": "z ~ Bernoulli(0.25); u ~ Normal(if z { 1 } else { -1 }, 1)",
    "means in a loop": """
        w ~ Beta(2, 3)
        for i in 0..3 {
          z ~ Bernoulli(w); u[i] ~ Normal(if z { 1 } else { -1 }, 0.5)
          weight(if z { exp(u[i]) } else { 2 })
        }""",
    "means and scales of two variables": """
        z ~ UniformInt(0, 2); s ~ Bernoulli(0.5); u ~ Normal(z, if s { 1 } else { 2 })
        v ~ StudentT(3, if z == 1 { u } else { 0 }, 1)
        condition(z > 0 or s)""",
}


@pytest.mark.parametrize("what", CONTINUOUS)
@pytest.mark.parametrize("scale", [PLAIN, LOGARITHMS], ids=["plain", "logarithms"])
def test_the_density_of_continuous_draws_that_depend_on_finite_ones(what: str, scale: Scale) -> None:
    whole = lower(check_text(f"model m() {{ {CONTINUOUS[what]} }}"))
    summed = check_core(sum_out(whole, lambda site: site in ("u", "v", "w"), scale).program)
    for k in range(4):
        values = {"u": 0.1 + 0.2 * k, "v": 0.3 - k, "w": 0.15 + 0.2 * k}

        def known(address: Address, values: Mapping[str, float] = values) -> Value | None:
            return values.get(str(address[0]))

        assert close(joint(Bound(summed, {}), known), joint(Bound(whole, {}), known), 1e-12)


def test_a_draw_of_one_branch_without_a_name_is_made_in_all_runs() -> None:
    whole = lower(
        check_text("""model m() {
      z ~ Bernoulli(0.25)
      let b = if z { ~Normal(0, 1) } else { 0.5 }
      for i in 0..2 {
        s ~ Bernoulli(0.5)
        let c = if s and i == 0 { ~Normal(i, 1) } else { b }
        weight(exp(-c * c))
      }
    }""")
    )
    moved = check_core(before_branches(whole))
    branches = [s for s in statements(moved.model.body) if isinstance(s, core.If)]
    assert len(branches) == 2
    assert not any(isinstance(s, core.Draw) for s in statements(tuple(branches)))
    assert before_branches(moved) == moved
    summed = check_core(sum_out(moved, lambda site: "#" in site, PLAIN).program)

    def known(address: Address) -> Value | None:
        return 0.25 * (1 + len(str(address))) if "#" in str(address[0]) else None

    assert close(joint(Bound(summed, {}), known), joint(Bound(moved, {}), known), 1e-12)


REFUSED = {
    "not finite": "n ~ Poisson(3); factor(-n * x)",
    "more than one value": "z ~ Bernoulli([0.5, 0.25]); factor(if z[0] { x } else { -x })",
    "the length of the run": "z ~ UniformInt(0, 3); var k = 0; while k < z { k = k + 1; factor(-x) }",
    "a sum from round to round": (
        "var n = 1; for i in 0..3 { z ~ Bernoulli(0.5); n = 2 * n + int(z) }\n"
        "factor(if n > 9 { x } else { -x })"
    ),
    "a support that another decides on": "a ~ UniformInt(1, 3); b ~ UniformInt(0, a); factor(b * x)",
    "bounds that one decides on": "z ~ Bernoulli(0.5); u ~ Uniform(0, if z { 1 } else { 2 }); factor(-u * x)",
    "a draw of some runs": "z ~ Bernoulli(0.5); if z { u ~ Normal(0, 1); factor(u) }",
    "an element read long after": (
        "z[0] ~ Bernoulli(0.5); for t in 1..4 { z[t] ~ Bernoulli(if z[t-1] { 0.5 } else { 0.25 }) }\n"
        "factor(if z[1] { x } else { 0 })"
    ),
    "an element read from afar": (
        "z[i] ~ Bernoulli(0.5) for i in 0..3; factor(if z[2 - i] { x } else { 0 }) for i in 0..3"
    ),
    "laws of other values": (
        "a ~ Bernoulli(0.5); b ~ if a { UniformInt(0, 1) } else { UniformInt(1, 2) }; factor(b * x)"
    ),
    "laws of a list and of others": (
        "a ~ Bernoulli(0.5); b ~ if a { Uniform([0, 1]) } else { Uniform([0, 2]) }; factor(b * x)"
    ),
    "a law that a variable holds": (
        "let law = Bernoulli(0.5); z[i] ~ law for i in 0..2; factor(if z[0] { x } else { -x })"
    ),
    "which variable is drawn": "a ~ UniformInt(0, 1); z[a] ~ Bernoulli(0.5); factor(int(z[a]) * x)",
    "which continuous variable is drawn": "a ~ UniformInt(0, 1); u[a] ~ Normal(0, 1); factor(a * x)",
    "how many values": "a ~ UniformInt(1, 2); b ~ Categorical(ones(a) / a); factor(b * x)",
    "rows of other lengths": (
        "a ~ Bernoulli(0.5); b ~ Categorical(if a { [0.5, 0.5] } else { [1.0] }); factor(b * x)"
    ),
    "a list that a loop collects": (
        "let c = [~UniformInt(0, 1) for i in 0..3]; let d = [c[i] for i in 0..3]; factor(sum(d) * x)"
    ),
    "an early end": "z ~ Bernoulli(0.5); if z { return x }; factor(x); return x",
    "an element of a state": "var v = [0, 0]; z ~ UniformInt(0, 1); v[z] = 1; factor(v[0] * x)",
    "an array read as a whole": "z[i] ~ UniformInt(0, 1) for i in 0..3; factor(sum(z) * x)",
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_summed_is_not(why: str) -> None:
    text = f"model m() {{ x ~ Normal(0, 1); {REFUSED[why]} }}"
    with pytest.raises(CannotSum):
        sum_out(lower(check_text(text)))
