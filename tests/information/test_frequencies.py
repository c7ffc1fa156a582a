"""Information from draws and from data: what the jackknife corrects, how honest its errors are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log
from pathlib import Path

import numpy as np
import pytest

import pplc
from pplc.inference.answers import Bounds, Estimate
from pplc.inference.result import Draws
from pplc.information.jackknife import groups, jackknife
from pplc.information.table import Table
from pplc.lang.diagnostics import Rejected

BIT = log(2)
ROWS, REPEATS = 400, 60

PAIR = np.array([[0.35, 0.15], [0.10, 0.40]])
NOISE = np.array([[0.9, 0.1], [0.2, 0.8]])
LAW = np.einsum("ab,ax,by->xyab", PAIR, NOISE, NOISE).reshape(4, 2, 2)
"""p(t, a, b), t made of a noisy a and a noisy b: nothing in it is symmetric, and no atom is 0."""


def sample(seed: int, rows: int = ROWS) -> dict[str, list[int]]:
    cells = np.random.default_rng(seed).choice(16, rows, p=LAW.ravel())
    return {"t": (cells // 4).tolist(), "a": (cells // 2 % 2).tolist(), "b": (cells % 2).tolist()}


def numbers(answer: object) -> dict[str, Estimate]:
    """The estimates of an answer by name."""
    parts = answer if isinstance(answer, Mapping) else {"": answer}
    found = {name: part for name, part in parts.items() if isinstance(part, Estimate)}
    assert len(found) == len(parts)
    return found


def test_the_jackknife_of_a_mean_is_its_textbook_error() -> None:
    values = np.random.default_rng(0).normal(3, 2, 20)
    found = jackknife(float(values.mean()), [float(np.delete(values, k).mean()) for k in range(20)])
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(values.std(ddof=1) / 20**0.5)
    assert found.interval[1] - found.value == pytest.approx(2.093024 * found.standard_error)


def test_the_jackknife_removes_a_bias_of_the_first_order() -> None:
    """The plug-in variance of groups of one is too small by a factor (n - 1) / n."""
    values = np.random.default_rng(1).normal(0, 1, 20)
    found = jackknife(float(values.var()), [float(np.delete(values, k).var()) for k in range(20)])
    assert found.value == pytest.approx(values.var(ddof=1))


def test_groups_are_stretches_of_chains_and_never_split_a_family() -> None:
    chains = groups(Draws({"x": np.zeros((4, 100))})).reshape(4, 100)
    assert len(np.unique(chains)) == 20
    assert all(len(np.unique(row)) == 5 and bool((np.diff(row) >= 0).all()) for row in chains)
    families = np.repeat(np.arange(30), 5)[None]
    found = groups(Draws({"x": np.zeros((1, 150))}, families=families))
    assert len(np.unique(found)) == 20
    assert all(len(np.unique(found[families[0] == family])) == 1 for family in range(30))
    few = groups(Draws({"x": np.zeros((1, 6))}, families=np.array([[0, 0, 0, 7, 7, 7]])))
    assert len(np.unique(few)) == 2


QUESTIONS: Mapping[str, Callable[[Table], Mapping[str, float]]] = {
    "pid(t; a, b)": lambda table: pplc.information.pid(table, "t", ["a", "b"]).atoms,
    "pid(t; a, b, measure = ccs)": lambda table: pplc.information.pid(table, "t", ["a", "b"], "ccs").atoms,
    "renyi(a, b, order = 2)": lambda table: {"": pplc.information.renyi(table, ("a", "b"), 2)},
    "count(t)": lambda table: {"": pplc.information.count(table, "t")},
    "dependence(t; b)": lambda table: {"": pplc.information.wasserstein_dependency(table, "t", "b")},
    "divergence(a, b, kind = js)": lambda table: {"": _apart(table)},
}


def _apart(table: Table) -> float:
    a, b = table.marginal("a"), table.marginal("b")
    return float(pplc.information.divergence(a, Table(a.names, b.values, b.probabilities), "js"))


@pytest.mark.parametrize("query", QUESTIONS)
def test_intervals_from_data_hold_the_truth_as_often_as_they_say(query: str) -> None:
    """60 samples: of honest 95 % intervals fewer than 48 hold the truth once in 10^10 or less."""
    truth = QUESTIONS[query](Table.of_array(LAW, ("t", "a", "b")))
    inside = dict.fromkeys(truth, 0)
    errors: dict[str, list[float]] = {name: [] for name in truth}
    for seed in range(REPEATS):
        for name, found in numbers(pplc.query(query, sample(seed))).items():
            inside[name] += found.interval[0] <= truth[name] <= found.interval[1]
            errors[name].append((found.value - truth[name]) / found.standard_error)
    for name in truth:
        assert inside[name] >= 48, (name, inside[name])
        # and none is much wider than it needs to be
        assert np.std(errors[name]) > 0.3, name


def test_a_decomposition_from_draws_agrees_with_the_exact_one() -> None:
    text = """
    model m() {
      a ~ Bernoulli(0.4)
      b ~ Bernoulli(if a { 0.7 } else { 0.4 })
      t ~ Bernoulli(if a and b { 0.9 } else { 0.2 })
      return t
    }
    """
    model = pplc.compile(text)
    for query in (
        "pid(t; a, b)",
        "disparity(t; a | b)",
        "capacity(a; t)",
        "KL(a, t)",
        "rate(t, distortion = 0.1)",
    ):
        exact = model.query(query, method="exact")
        parts = exact if isinstance(exact, Mapping) else {"": exact}
        for name, found in numbers(model.query(query, method="importance", draws=4000, seed=5)).items():
            known = parts[name]
            truth = (known.lower + known.upper) / 2 if isinstance(known, Bounds) else getattr(known, "value")  # noqa: B009
            assert abs(found.value - truth) < 5 * found.standard_error, (query, name)
            assert found.standard_error < 0.05


def test_the_order_of_rows_does_not_matter_to_errors() -> None:
    data = sample(3)
    order = np.lexsort((data["b"], data["a"], data["t"]))
    ordered = {name: [values[k] for k in order] for name, values in data.items()}
    for query in ("E[t]", "H(t)", "I(t; a)"):
        first, second = (numbers(pplc.query(query, each))[""] for each in (data, ordered))
        assert second.value == pytest.approx(first.value)
        assert second.standard_error == pytest.approx(first.standard_error, rel=1e-6)


def test_rows_are_asked_as_programs_are(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("old,job,pay\ntrue,smith,3.5\nfalse,clerk,2\ntrue,clerk,2\nfalse,smith,\n")
    mean = pplc.query("E[old]", path)
    assert isinstance(mean, Estimate)
    assert mean.value == 0.5
    both = pplc.query(
        'P(job == "clerk" | old)', {"old": [True, True, False], "job": ["clerk", "smith", "clerk"]}
    )
    assert isinstance(both, Estimate)
    assert both.value == 0.5
    for query, code in {
        "E[pay]": "E0601",
        "H(age)": "E0201",
        "prior H(old)": "E0609",
        "H(old | do(old = true))": "E0609",
        "evidence": "E0607",
        "common(old, job)": "E0615",
        "H(old | job == 3)": "E0212",
        'H(old | job == "king")': "E0604",
    }.items():
        with pytest.raises(Rejected, match=code):
            pplc.query(query, path)
    with pytest.raises(Rejected, match="E0613"):
        pplc.query("H(x)", {"x": 3})


def test_few_draws_are_flagged_and_an_endless_divergence_is_refused() -> None:
    found = numbers(pplc.query("pid(t; a, b)", sample(1, 20)))
    assert any("too few" in flag for flag in found["{a}"].flags)
    with pytest.raises(Rejected, match="E0615"):
        pplc.query("KL(x, y)", {"x": [0, 1, 2, 1], "y": [0, 1, 0, 1]})
    finite = pplc.query("divergence(x, y, kind = js)", {"x": [0, 1, 2, 1], "y": [0, 1, 0, 1]})
    assert isinstance(finite, Estimate)


def test_what_may_be_negative_stays_so() -> None:
    rng = np.random.default_rng(2)
    guess = {"a": rng.integers(0, 2, 400), "b": rng.integers(0, 2, 400)}
    loss = pplc.query("decide d in [0, 1] given (a) maximise E[-abs(d - b)]", guess)
    assert isinstance(loss, Estimate)
    assert loss.interval[0] <= -0.5 <= loss.interval[1] < 0
    x = {"x": rng.choice(5, 2000, p=[0.1, 0.2, 0.4, 0.2, 0.1])}
    heard = pplc.query("semantic(x; exp(-(x - 1)^2 / 0.5))", x, unit="bits")
    assert isinstance(heard, Mapping)
    informed, rate = heard["G"], heard["R"]
    assert isinstance(informed, Estimate)
    assert isinstance(rate, Estimate)
    assert informed.interval[0] <= -4.44673 <= informed.interval[1] < 0  # the exact answer
    assert rate.value == 0


def test_a_decision_between_equals_is_as_good_as_either() -> None:
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(400)
    data = {"a": np.tile([0, 0, 1, 1], 100)[shuffled], "b": np.tile([0, 1], 200)[shuffled]}
    found = pplc.query("decide d given (a) maximise P(d == b)", data)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0.5, abs=1e-6)
    assert 0.4 < found.interval[0] < 0.5 < found.interval[1] < 0.6
