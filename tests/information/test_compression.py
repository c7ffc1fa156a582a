"""Compression to a rate and couplings through a bottleneck: worked numbers, margins and bounds."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplc.inference.answers import Bounds, Exact
from pplc.information.bottleneck_coupling import couple_through
from pplc.information.compression import best_transfer, block_entropy, compress, greedy_partition, partitions
from pplc.information.pair import entropy_of, information_of

BIT = log(2)
THREE, FOUR = [0.7, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1]


@st.composite
def laws(draw: st.DrawFn, most: int = 4) -> list[float]:
    weights = draw(st.lists(st.integers(1, 9), min_size=2, max_size=most))
    return [w / sum(weights) for w in weights]


def bits_of(law: list[float], blocks: tuple[tuple[int, ...], ...]) -> float:
    return block_entropy(np.array(law), blocks) / BIT


def ends(answer: Exact | Bounds) -> tuple[float, float]:
    return (answer.value, answer.value) if isinstance(answer, Exact) else (answer.lower, answer.upper)


@pytest.mark.parametrize(
    ("law", "rate", "greedy", "best"),
    [
        (THREE, 0.3, 0, 0),
        (THREE, 0.5, 0.468996, 0.468996),
        (THREE, 0.8, 0.468996, 0.721928),
        (THREE, 0.9, 0.881291, 0.881291),
        (THREE, 1.157, 1.156780, 1.156780),
        (FOUR, 0.9, 0.881291, 0.881291),
        (FOUR, 1.0, 0.881291, 1.0),
        (FOUR, 1.2, 1.156780, 1.156780),
        (FOUR, 1.5, 1.156780, 1.485475),
        (FOUR, 1.8, 1.570951, 1.570951),
    ],
)
def test_the_greedy_and_the_best_partition(law: list[float], rate: float, greedy: float, best: float) -> None:
    found = compress(law, rate * BIT)
    assert bits_of(law, found.greedy) == pytest.approx(greedy, abs=5e-7)
    assert bits_of(law, found.partition) == pytest.approx(best, abs=5e-7)


@pytest.mark.parametrize(("rate", "most"), [(0.3, 0.20030), (0.6, 0.51051), (0.8, 0.75284), (1.0, 0.92142)])
def test_a_channel_tells_more_than_a_partition_between_its_rates(rate: float, most: float) -> None:
    found = compress(THREE, rate * BIT)
    assert isinstance(found.found, Bounds)
    assert found.found.lower / BIT == pytest.approx(most, abs=5e-6)
    assert found.found.upper / BIT == pytest.approx(rate)


def test_the_rates_of_partitions() -> None:
    rates = sorted({round(bits_of(THREE, blocks), 6) for blocks in partitions(3)})
    assert rates == [0, 0.468996, 0.721928, 0.881291, 1.15678]


@pytest.mark.parametrize(("count", "bell"), [(1, 1), (3, 5), (6, 203)])
def test_there_are_as_many_partitions_as_the_bell_number(count: int, bell: int) -> None:
    assert len(set(partitions(count))) == bell


@settings(max_examples=25, deadline=None)
@given(laws(), st.floats(0.05, 2))
def test_a_compression_keeps_the_rate_and_says_what_it_found(law: list[float], rate: float) -> None:
    found = compress(law, rate)
    joint = np.array(law)[:, None] * found.channel
    low, high = ends(found.found)
    assert entropy_of(joint.sum(0)) <= rate + 1e-9
    assert information_of(joint) == pytest.approx(low, abs=1e-9)
    assert bits_of(law, found.greedy) * BIT <= rate + 1e-9
    assert bits_of(law, found.greedy) <= bits_of(law, found.partition) + 1e-12
    assert bits_of(law, found.partition) * BIT <= low + 1e-12
    assert low <= high == pytest.approx(min(rate, entropy_of(np.array(law))))


@settings(max_examples=60, deadline=None)
@given(laws(8), st.floats(0.05, 2))
def test_the_greedy_partition_is_within_the_stated_distance(law: list[float], rate: float) -> None:
    second = sorted(law)[-2]
    distance = -second * log(second) - (1 - second) * log(1 - second)
    entropy = block_entropy(np.array(law), greedy_partition(law, rate))
    assert entropy <= rate + 1e-9
    assert min(rate, entropy_of(np.array(law))) - entropy <= distance + 1e-9


@settings(max_examples=20, deadline=None)
@given(laws(), laws(3), st.floats(0.1, 1.5))
def test_a_bottleneck_keeps_both_margins_and_the_rate(p: list[float], q: list[float], rate: float) -> None:
    found = couple_through(p, q, rate)
    low, high = ends(found.found)
    assert np.abs(found.joint.sum(1) - p).max() < 1e-12
    assert np.abs(found.joint.sum(0) - q).max() < 1e-12
    assert bits_of(p, found.encoder) * BIT <= rate + 1e-9
    assert information_of(found.joint) == pytest.approx(low, abs=1e-9)
    assert information_of(found.joint) == pytest.approx(information_of(found.decoder), abs=1e-9)
    assert found.greedy <= low + 1e-12
    assert low <= high + 1e-12
    assert high <= rate + 1e-12


def test_without_a_bottleneck_it_is_the_coupling_of_least_entropy() -> None:
    found = couple_through(THREE, [0.45, 0.3, 0.25], 10.0)
    assert ends(found.found)[0] / BIT == pytest.approx(0.881291, abs=1e-6)
    assert found.greedy / BIT == pytest.approx(0.781291, abs=1e-6)


def test_a_move_that_costs_more_than_it_tells_is_not_made() -> None:
    law = np.array([0.8, 0.2])
    moved = best_transfer(law, ((0,), (1,)), 0.8 * BIT)
    assert moved is not None
    assert moved[0] == pytest.approx(entropy_of(law))
