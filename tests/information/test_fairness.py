"""Disparity and the best fair decision: the table of cases, and the certificate of every decision."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
import pytest

from pplc.information.decision import Limit, decide
from pplc.information.entropy import mutual_information
from pplc.information.fairness import disparity
from pplc.information.pair import information_of
from pplc.information.table import Floats, Table
from pplc.lang.diagnostics import Rejected
from tests.support.joints import uniform

BIT = log(2)
HET = {
    (0, 0): Fraction(45, 100),
    (0, 1): Fraction(5, 100),
    (1, 0): Fraction(5, 100),
    (1, 1): Fraction(45, 100),
}


def _deciding(law: dict[tuple[int, int], Fraction], chance: list[list[Fraction]]) -> Table:
    """z, s and the decision with P(yhat = 1 | z, s)."""
    return Table.of(
        {
            (z, s, d): p * (q if d else 1 - q)
            for (z, s), p in law.items()
            for q in [chance[z][s]]
            for d in (0, 1)
        },
        ("z", "s", "yhat"),
    )


COPY = [[Fraction(0)] * 2, [Fraction(1)] * 2]
SOME = [[Fraction(2, 10), Fraction(4, 10)], [Fraction(5, 10), Fraction(8, 10)]]
EVEN = {(z, s): Fraction(1, 4) for z in (0, 1) for s in (0, 1)}
SAME = {(z, z): Fraction(1, 2) for z in (0, 1)}
XOR = [[Fraction(0), Fraction(1)], [Fraction(1), Fraction(0)]]

CASES = {
    "yhat = z, z independent of s": (_deciding(EVEN, COPY), (1, 1, 1, 0, 0)),
    "z = s, yhat = z": (_deciding(SAME, COPY), (1, 0, 0, 1, 0)),
    "yhat = z xor s": (_deciding(EVEN, XOR), (0, 1, 0, 0, 1)),
    "heterogeneous clients, yhat = z": (_deciding(HET, COPY), (1, 0.468996, 0.468996, 0.531004, 0)),
    "heterogeneous clients": (_deciding(HET, SOME), (0.230838, 0.038243, 0, 0.230838, 0.038243)),
}


@pytest.mark.parametrize("case", CASES)
def test_disparities(case: str) -> None:
    table, expected = CASES[case]
    found = disparity(table, "z", "yhat", "s")
    values = (found.across, found.within, found.unique, found.redundant, found.masked)
    assert [v / BIT for v in values] == pytest.approx(expected, abs=6e-7)
    assert found.unique + found.redundant == pytest.approx(found.across, abs=1e-12)
    assert found.unique + found.masked == pytest.approx(found.within, abs=1e-12)
    assert found.gap <= 1e-8 * BIT


def _clients() -> Table:
    """P(z, s) heterogeneous, P(y = 1 | z) = .3, .8, y independent of s given z."""
    chance = (Fraction(3, 10), Fraction(8, 10))
    return Table.of(
        {(z, s, y): p * (chance[z] if y else 1 - chance[z]) for (z, s), p in HET.items() for y in (0, 1)},
        ("z", "s", "y"),
    )


@pytest.mark.parametrize(
    ("across", "within", "accuracy", "digits"),
    [
        (1, 1, 1.0, 1e-8),
        (1, 0.05, 0.991825, 5e-7),
        (1, 0, 0.95, 1e-8),
        (0.05, 1, 0.880872, 5e-7),
        (0.05, 0.1, 0.880872, 5e-7),
        (0.01, 1, 0.808802, 5e-7),
        (0.01, 0.05, 0.808802, 5e-7),
        (0, 1, 0.75, 1e-8),
        (0, 0, 0.75, 1e-8),
    ],
)
def test_the_best_accuracy_within_limits(
    across: float, within: float, accuracy: float, digits: float
) -> None:
    table = _clients()
    limits = [Limit("z", across * BIT), Limit("z", within * BIT, given="s")]
    found = decide(table, "y", ["z", "s", "y"], limits)
    assert found.lower - 1e-12 <= found.upper <= found.lower + 4e-8
    assert found.lower == pytest.approx(accuracy, abs=digits)
    assert found.information[0] <= across * BIT + 1e-12
    assert found.information[1] <= within * BIT + 1e-12
    # The rule is one: its score and disparities are those of the law it makes.
    joint = _with_rule(table, found.rule)
    for rule in found.rule.values():
        assert rule.sum() == pytest.approx(1)
        assert rule.min() >= 0
    same = joint.marginal("y", "yhat").floats
    assert np.trace(same) == pytest.approx(found.lower, abs=1e-12)
    assert mutual_information(joint, "z", "yhat") == pytest.approx(found.information[0], abs=1e-12)
    assert mutual_information(joint, "z", "yhat", "s") == pytest.approx(found.information[1], abs=1e-12)


def _with_rule(table: Table, rule: Mapping[Any, Floats]) -> Table:
    """The law of everything and of the decision, for a rule that sees all of the table."""
    values = range(len(next(iter(rule.values()))))
    return Table.of(
        {(*seen, k): float(p) * float(rule[seen][k]) for seen, p in table.items() for k in values},
        (*table.names, "yhat"),
    )


def test_random_problems_are_certified_and_no_rule_does_better() -> None:
    rng = np.random.default_rng(11)
    for _ in range(6):
        p = rng.dirichlet(np.full(3 * 2 * 3, 0.7)).reshape(3, 2, 3)
        table = Table.of_array(p, ("z", "s", "y"))
        limits = [Limit("z", 0.05), Limit("z", 0.02, given="s")]
        found = decide(table, "y", ["z", "s", "y"], limits)
        assert 0 <= found.upper - found.lower + 1e-12 <= 4e-8
        for rule in rng.dirichlet(np.full(3, 0.3), (300, 3, 2, 3)):
            joint = p[..., None] * rule
            law = Table.of_array(joint, ("z", "s", "y", "d"))
            if mutual_information(law, "z", "d") <= 0.05 and mutual_information(law, "z", "d", "s") <= 0.02:
                assert np.trace(joint.sum((0, 1))) <= found.upper


def test_a_decision_may_see_less_than_its_limits_are_about() -> None:
    """Rules of one bit that is seen are two numbers: of a grid of them none within the limit does better."""
    rng = np.random.default_rng(3)
    for _ in range(4):
        p = rng.dirichlet(np.ones(12)).reshape(2, 3, 2)
        table = Table.of_array(p, ("x", "z", "y"))
        found = decide(table, "y", ["x"], [Limit("z", 0.003)])
        assert 0 <= found.upper - found.lower + 1e-12 <= 4e-8
        assert found.information[0] <= 0.003 + 1e-12
        best = 0.0
        for a, b in np.ndindex(201, 201):
            rule = np.array([[1 - a / 200, a / 200], [1 - b / 200, b / 200]])
            joint = np.einsum("xzy,xd->zyd", p, rule)
            if information_of(joint.sum(1)) <= 0.003:
                best = max(best, float(joint.sum(0).trace()))
        assert best <= found.upper
        assert best >= found.lower - 0.01  # the grid is nearly as good


def test_a_score_of_ones_own() -> None:
    """Three decisions, the third a safe one that always earns .9.

    Independent of z, the first is right at most .2 of the time and the second .3: .2 + .3 + .5 · .9.
    """
    score = [[1.0, 0.0, 0.9], [0.0, 1.0, 0.9]]
    found = decide(_clients(), "y", ["z", "s", "y"], [Limit("z", 0.0)], score=score)
    assert found.lower == pytest.approx(0.95, abs=1e-8)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda t: decide(t, "x1", ["t", "x1"], [Limit("t", -1.0)]),
        lambda t: decide(t, "x1", ["t", "x2"], score=[[1.0]]),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(Rejected, match="E0613"):
        wrong(uniform("000", "111"))
