"""Capacity, rate–distortion and bottleneck: closed forms, and bounds on both sides."""

from __future__ import annotations

from math import log, log2

import numpy as np
import pytest

from pplc.information import channels
from pplc.information.channels import bottleneck, capacity, information_of, rate_distortion
from pplc.lang.diagnostics import Rejected

BIT = log(2)


def h(p: float) -> float:
    """The entropy of a bit, in bits."""
    return -p * log2(p) - (1 - p) * log2(1 - p)


@pytest.mark.parametrize(
    ("channel", "bits"),
    [
        ([[0.9, 0.1], [0.1, 0.9]], 1 - h(0.1)),
        ([[0.7, 0.3, 0], [0, 0.3, 0.7]], 0.7),
        ([[1, 0], [0.5, 0.5]], log2(1.25)),
        ([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0.5, 0.5]], log2(3)),
        ([[0.2, 0.8], [0.2, 0.8]], 0.0),
    ],
    ids=["symmetric", "erasure", "Z", "noiseless", "useless"],
)
def test_capacities_of_known_channels(channel: list[list[float]], bits: float) -> None:
    found = capacity(channel)
    assert found.lower / BIT - 1e-12 <= bits <= found.upper / BIT + 1e-12
    assert found.upper - found.lower < 1e-10


def test_the_capacity_of_random_channels_is_certified_and_attained() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        channel = rng.dirichlet(np.full(4, 0.4), 5)
        found = capacity(channel)
        assert 0 <= found.upper - found.lower < 1e-10
        attained = information_of(found.input[:, None] * channel)
        assert attained == pytest.approx(found.lower, abs=1e-12)
        for law in rng.dirichlet(np.ones(5), 50):
            assert information_of(law[:, None] * channel) <= found.upper + 1e-12


@pytest.mark.parametrize("distortion", [0.0, 0.02, 0.1, 0.25, 0.3, 0.9])
def test_rate_distortion_of_a_bit_with_errors(distortion: float) -> None:
    """R(D) = h(p) - h(D) below min(p, 1 - p); Cover & Thomas, theorem 10.3.1."""
    expected = max(h(0.3) - (h(distortion) if 0 < distortion < 1 else 0), 0.0) if distortion < 0.3 else 0.0
    found = rate_distortion([0.7, 0.3], 1 - np.eye(2), distortion)
    assert found.lower / BIT - 1e-9 <= expected <= found.upper / BIT + 1e-9
    assert found.upper - found.lower < 1e-8
    assert found.distortion <= distortion + 1e-9


def test_a_curve_with_a_straight_piece_is_certified_too() -> None:
    """A third copy that is always at distance .3: between slopes the optimum mixes two channels."""
    found = rate_distortion([0.5, 0.5], [[0, 1, 0.3], [1, 0, 0.3]], 0.15)
    assert 0 <= found.upper - found.lower < 1e-8
    assert found.distortion <= 0.15 + 1e-9
    assert found.upper < BIT / 2 + 1e-9  # mixing the identity and the third copy attains half a bit


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_bounds_hold_however_early_the_search_ends(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "STEPS_AT_A_SLOPE", steps)
    truth = (h(0.3) - h(0.1)) * BIT
    found = rate_distortion([0.7, 0.3], 1 - np.eye(2), 0.1)
    assert found.lower <= truth + 1e-12
    assert truth <= found.upper + 1e-12
    early = capacity([[1.0, 0.0], [0.5, 0.5]], steps=steps)
    assert early.lower <= log2(1.25) * BIT + 1e-12
    assert log2(1.25) * BIT <= early.upper + 1e-12


def test_the_bottleneck_of_a_symmetric_source() -> None:
    """Below beta = 1/rho² nothing is worth its rate; Chechik et al. (2005). Mrs. Gerber bounds the curve."""
    joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    cold, low, high, hot = bottleneck(joint, [1.0, 2.7, 3.5, 400.0])
    assert cold.rate == pytest.approx(0, abs=1e-9)
    assert low.rate == pytest.approx(0, abs=1e-3)
    assert hot.relevance == pytest.approx(information_of(joint), abs=1e-9)
    assert hot.rate == pytest.approx(BIT, abs=1e-9)
    # On the curve I(t; y) = 1 - h(a * .2) where I(x; t) = 1 - h(a); Witsenhausen & Wyner (1975).
    a = next(a for a in np.linspace(0.5, 0.0, 100_001) if 1 - (h(a) if a else 0) >= high.rate / BIT)
    crossed = a * 0.8 + (1 - a) * 0.2
    assert high.relevance / BIT == pytest.approx(1 - h(crossed), abs=1e-4)
    assert high.encoder.sum(1) == pytest.approx(1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: capacity([[0.5, 0.6]]),
        lambda: capacity([0.5, 0.5]),
        lambda: rate_distortion([0.5, 0.5], np.eye(3), 0.1),
        lambda: rate_distortion([0.5, 0.5], np.ones((2, 2)), 0.5),
        lambda: bottleneck([[0.5, 0.6]], [1]),
    ],
)
def test_what_is_no_law_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(Rejected, match="E0613"):
        wrong()
