"""Moments of arrays: those of the elements, or refused by `check` where lengths may differ."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import pplc
from pplc.inference.answers import Estimate, Exact
from pplc.information.answers import Elements
from pplc.lang.diagnostics import Rejected

DICE = """\
model dice() {
  n ~ UniformInt(1, 3)
  d[i] ~ UniformInt(1, 6) for i in 0..2
  b[i] ~ Bernoulli(0.25) for i in 0..2
  let some = [i for i in 0..n]
  let ragged = [[0 for i in 0..j] for j in 0..2]
}
"""


def test_the_mean_of_an_array_is_the_array_of_means() -> None:
    model = pplc.compile(DICE)
    assert model.query("E[d]") == Elements({(i,): Exact(3.5, Fraction(7, 2)) for i in range(2)})
    assert model.query("E[d[0] * [1, 2] | d[0] > 4]") == Elements(
        {(0,): Exact(5.5, Fraction(11, 2)), (1,): Exact(11.0, Fraction(11))}
    )
    assert model.query("E[b]") == Elements({(i,): Exact(0.25, Fraction(1, 4)) for i in range(2)})
    assert model.query("quantile(d, 0.5)") == Elements({(i,): Exact(3.0, Fraction(3)) for i in range(2)})


def test_the_mean_of_drawn_arrays_is_that_of_their_elements() -> None:
    model = pplc.compile(DICE)

    def ask(query: str) -> object:
        return model.query(query, method="importance", draws=300, seed=3)

    for query in ("E[{}]", "sd({})", "quantile({}, 0.7)", "E[{} | n == 2]"):
        for array in ("d", "b"):
            found = ask(query.format(array))
            assert isinstance(found, Elements)
            for (k,), element in found.elements.items():
                assert element == ask(query.format(f"{array}[{k}]"))


def test_expressions_that_are_arrays_have_a_mean_for_each_element() -> None:
    run = pplc.compile(DICE + "query E[d + 1], E[d]").infer(method="importance", draws=50)
    shifted, plain = run.queries
    assert shifted.elements is not None
    assert plain.elements is not None
    assert [n.value - 1 for n in shifted.elements.values() if isinstance(n, Estimate)] == pytest.approx(
        [n.value for n in plain.elements.values() if isinstance(n, Estimate)]
    )


def test_the_output_has_a_line_or_an_entry_for_each_element() -> None:
    run = pplc.compile(DICE + "query E[d], E[b]").infer()
    assert "E[d][1] = 3.5 (7/2, exact)" in str(run)
    assert run.to_json()["queries"][0] == {
        "query": "E[d]",
        "kind": "array",
        "shape": [2],
        "elements": [{"kind": "exact", "value": 3.5, "exact": "7/2"}] * 2,
    }


@pytest.mark.parametrize("query", ["E[some]", "sd(some)", "E[ragged]", "quantile(some, 0.5)"])
def test_lists_whose_length_may_differ_are_refused_before_anything_runs(query: str) -> None:
    with pytest.raises(Rejected) as caught:
        pplc.compile(DICE + f"query {query}")
    assert [d.code for d in caught.value.diagnostics] == ["E0603"]


# ------------------------------------------------------------------ honest errors

NARROW = """\
model narrow(y: real) {
  mu ~ Normal(0, 1)
  rare ~ Bernoulli(0.002)
  observe y ~ Normal(mu, 0.02)
}
"""


def test_the_error_of_a_probability_is_that_of_the_effective_draws() -> None:
    model = pplc.compile(NARROW)
    run = model.infer({"y": 2.0}, method="importance", draws=4000, seed=1)
    ess = float(run["mu"].numbers["ess"])
    assert ess < 30
    # Draws of hardly any weight disagree, which says nothing of the heavy ones.
    found = model.query("P(mu > 1.85)", {"y": 2.0}, method="importance", draws=4000, seed=1)
    assert isinstance(found, Estimate)
    assert found.value > 1 - 1e-6
    assert found.interval[0] < 1 - 2 / (ess + 4)
    assert found.standard_error > 0.5 / (ess + 4)


def test_the_flag_names_the_number_of_the_table() -> None:
    run = pplc.compile(NARROW + "query E[mu]").infer({"y": 2.0}, method="importance", draws=4000, seed=1)
    (answered,) = run.queries
    assert isinstance(answered.answer, Estimate)
    assert f"it rests on {run['mu'].numbers['ess']:.0f} effective draws" in answered.answer.flags


def test_what_the_warnings_say_of_all_draws_is_not_said_again_of_each_answer() -> None:
    run = pplc.compile(NARROW + "query E[mu], P(mu > 1), E[mu | mu > 2]").infer(
        {"y": 2.0}, method="importance", draws=4000, seed=1
    )
    assert {d.code for d in run.warnings} >= {"W0318"}
    assert str(run).count("effective draws") == 1  # those that satisfy the condition


def test_agreement_of_chains_that_do_not_mix_proves_little() -> None:
    """The interval of an event that every draw agrees on is that of the effective draws."""
    from pplc.inference.result import Draws
    from pplc.information.sampled_queries import _probability  # pyright: ignore[reportPrivateUsage]
    from pplc.lang.parse import parse_expression

    rng = np.random.default_rng(1)
    slow = np.cumsum(rng.normal(size=(2, 1000)), axis=1) + 1000
    everywhere, share = np.ones((2, 1000)), np.ones((2, 1000))
    found = _probability(parse_expression("x > 0"), everywhere, share, Draws({"x": slow}), True)
    assert found.interval[0] < 0.8
    mixed = Draws({"x": rng.normal(size=(2, 1000)) + 1000})
    assert _probability(parse_expression("x > 0"), everywhere, share, mixed, True).interval[0] > 0.99


def test_independent_draws_have_no_chains_that_disagree() -> None:
    model = pplc.compile("model m() { mu ~ Normal(0, 10) }")
    for seed in range(8):
        found = model.query("prior E[mu]", method="importance", draws=8, seed=seed)
        assert isinstance(found, Estimate)
        assert not any("chains" in flag for flag in found.flags)


def test_a_rare_event_that_many_light_draws_have_seen_keeps_its_small_error() -> None:
    model = pplc.compile("model m(y: real) { mu ~ Normal(0, 1); observe y ~ Normal(mu, 0.6) }")
    exact = model.query("P(mu < 0)", {"y": 2.0}, method="importance", draws=4000, seed=1)
    assert isinstance(exact, Estimate)
    assert not exact.flags
    assert 0 < exact.standard_error < 3e-4
