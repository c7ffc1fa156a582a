"""Semantic information: the worked example of G theory, its identities, and CM-EM."""

from __future__ import annotations

from math import fsum, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.information.semantic import (
    logical_probability,
    optimal_truth,
    pointwise,
    predicted,
    rate_point,
    semantic_information,
    semantic_kl,
)
from pplc.information.semantic_labels import told
from pplc.information.semantic_mixtures import informations, match_channels
from pplc.information.table import Floats, Table
from pplc.lang.diagnostics import Rejected

BIT = log(2)
X = np.arange(5)
PRIOR = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
TRUTH = np.array([np.exp(-((X - 1) ** 2) / 0.5), np.exp(-((X - 3) ** 2) / 0.5)])
USED = np.array([0.25, 0.5, 0.2, 0.05, 0])


def kl(p: Floats, q: Floats) -> float:
    return fsum(a * log(a / b) for a, b in zip(p.tolist(), q.tolist(), strict=True) if a > 0)


@st.composite
def vectors(draw: st.DrawFn) -> Floats:
    return np.array(draw(st.lists(st.integers(1, 20), min_size=5, max_size=5)), dtype=np.float64)


def test_what_a_label_tells_of_every_value() -> None:
    assert logical_probability(PRIOR, TRUTH[0]) == pytest.approx(0.267735, abs=5e-7)
    expected = [-0.984266, 1.901124, -0.984266, -9.640437, -24.067387]
    assert (pointwise(PRIOR, TRUTH[0]) / BIT).tolist() == pytest.approx(expected, abs=5e-7)


def test_semantic_information_is_shannons_less_what_the_meaning_misses() -> None:
    assert semantic_kl(USED, PRIOR, TRUTH[0]) / BIT == pytest.approx(0.025620, abs=5e-7)
    assert kl(USED, PRIOR) / BIT == pytest.approx(0.691446, abs=5e-7)
    assert kl(USED, predicted(PRIOR, TRUTH[0])) / BIT == pytest.approx(0.665826, abs=5e-7)


def test_the_truth_function_that_fits_the_use() -> None:
    best = optimal_truth(USED, PRIOR)
    assert best.tolist() == pytest.approx([1, 1, 0.2, 0.1, 0])
    assert semantic_kl(USED, PRIOR, best) / BIT == pytest.approx(0.691446, abs=5e-7)


@pytest.mark.parametrize(
    ("s", "conveyed", "rate"),
    [
        (0.25, -0.463461, 0.363178),
        (0.5, 0.085306, 0.547137),
        (1, 0.168341, 0.598258),
        (2, 0.169889, 0.599999),
        (5, 0.169890, 0.6),
    ],
)
def test_points_of_the_rate_curve(s: float, conveyed: float, rate: float) -> None:
    point = rate_point(PRIOR, TRUTH, s)
    assert point.conveyed / BIT == pytest.approx(conveyed, abs=5e-7)
    assert point.rate / BIT == pytest.approx(rate, abs=5e-7)


@settings(max_examples=30, deadline=None)
@given(vectors(), vectors(), vectors())
def test_the_identity_and_the_bound_hold_for_any_truth_function(a: Floats, b: Floats, c: Floats) -> None:
    prior, posterior, truth = a / a.sum(), b / b.sum(), c / 20
    lost = kl(posterior, predicted(prior, truth))
    assert semantic_kl(posterior, prior, truth) == pytest.approx(kl(posterior, prior) - lost, abs=1e-9)
    assert semantic_kl(posterior, prior, optimal_truth(posterior, prior)) == pytest.approx(
        kl(posterior, prior), abs=1e-9
    )


@settings(max_examples=30, deadline=None)
@given(vectors(), vectors(), vectors(), vectors())
def test_semantic_information_is_at_most_shannons(a: Floats, b: Floats, c: Floats, d: Floats) -> None:
    joint = np.array([a, b]) / (a.sum() + b.sum())
    shannon = sum(kl(row / row.sum(), joint.sum(0)) * row.sum() for row in joint)
    assert semantic_information(joint, np.array([c, d]) / 20) <= shannon + 1e-12


@settings(max_examples=8, deadline=None)
@given(vectors(), vectors(), vectors(), st.floats(0, 3))
def test_no_rate_is_below_what_it_conveys_and_the_curve_has_slope_s(
    a: Floats, b: Floats, c: Floats, s: float
) -> None:
    prior, truth = a / a.sum(), np.array([b, c]) / 20
    point, near = rate_point(prior, truth, s), rate_point(prior, truth, s + 1e-3)
    assert point.conveyed <= point.rate + 1e-9
    # R is convex in G with slope s: the chord between two points has a slope between theirs.
    rise, run = near.rate - point.rate, near.conveyed - point.conveyed
    assert -1e-7 + s * run <= rise <= (s + 1e-3) * run + 1e-7


def test_truth_is_between_0_and_1_and_something_is_true() -> None:
    with pytest.raises(Rejected, match="between 0 and 1"):
        logical_probability(PRIOR, TRUTH * 2)
    with pytest.raises(Rejected, match="no label is true"):
        rate_point(PRIOR, np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]) * 1.0, 1)


def test_a_mixture_is_found_again_and_rate_less_information_is_the_divergence() -> None:
    points = np.arange(100.0)
    parts = np.array([np.exp(-((points - 35) ** 2) / 128), np.exp(-((points - 65) ** 2) / 288)])
    parts /= parts.sum(1, keepdims=True)
    law = np.array([0.7, 0.3]) @ parts
    found = match_channels(points.tolist(), law.tolist(), [(30, 15), (70, 15)], rounds=150)
    assert found.weights == pytest.approx([0.7, 0.3], abs=1e-4)
    assert found.components @ points == pytest.approx([parts[0] @ points, parts[1] @ points], abs=1e-2)
    for rate, conveyed, divergence in zip(found.R, found.G, found.kl, strict=True):
        assert rate - conveyed == pytest.approx(divergence, abs=1e-9)
    assert all(after <= before + 1e-12 for before, after in zip(found.kl, found.kl[1:], strict=False))
    assert found.kl[-1] < 1e-9


@settings(max_examples=30, deadline=None)
@given(vectors(), vectors(), vectors(), st.floats(0.05, 0.95))
def test_the_identity_holds_wherever_a_fit_stands(a: Floats, b: Floats, c: Floats, w: float) -> None:
    components = np.array([b / b.sum(), c / c.sum()])
    rate, conveyed, divergence = informations(a / a.sum(), np.array([w, 1 - w]), components)
    assert rate - conveyed == pytest.approx(divergence, abs=1e-12)
    assert divergence == pytest.approx(kl(a / a.sum(), np.array([w, 1 - w]) @ components), abs=1e-12)


def test_labels_of_a_joint_law_have_their_means_as_truth_functions() -> None:
    law = {
        (x, near, far): p
        for x, p, near, far in [(0, 0.5, 1.0, 0.0), (1, 0.25, 0.5, 0.5), (2, 0.25, 0.0, 1.0)]
    }
    found = told(Table.of(law, ("x", "near", "far")), "x", ["near", "far"])
    assert found.truth.tolist() == [[1, 0.5, 0], [0, 0.5, 1]]
    assert found.logical == pytest.approx((0.625, 0.375))
    # P(x | near) = (0.8, 0.2, 0): KL = 0.8 ln 1.6 + 0.2 ln 0.8.
    assert found.information[0] == pytest.approx(0.8 * log(1.6) + 0.2 * log(0.8))
    assert found.point is not None
    assert found.point.conveyed == pytest.approx(rate_point(found.prior, found.truth, 1).conveyed)


def test_a_label_that_is_drawn_has_its_probability_as_truth_function() -> None:
    law = {
        (x, label): p for x, label, p in [(0, True, 0.4), (0, False, 0.1), (1, True, 0.1), (1, False, 0.4)]
    }
    found = told(Table.of(law, ("x", "label")), "x", ["label"])
    assert found.truth[0].tolist() == pytest.approx([0.8, 0.2])
    assert found.logical == pytest.approx((0.5,))


def test_labels_that_leave_a_value_out_have_no_rate() -> None:
    law = {(x, float(x == 0)): 0.5 for x in (0, 1)}
    found = told(Table.of(law, ("x", "zero")), "x", ["zero"])
    assert found.point is None
    assert found.information[0] == pytest.approx(log(2))


def test_a_label_is_a_number_between_0_and_1() -> None:
    for bad in (2.0, "yes"):
        with pytest.raises(Rejected) as caught:
            told(
                Table.of({(0, bad): 0.5, (1, 0.5 if bad == 2.0 else "no"): 0.5}, ("x", "label")),
                "x",
                ["label"],
            )
        assert caught.value.diagnostics[0].code == "E0613"
