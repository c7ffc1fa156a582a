"""Compression: the variable t of entropy at most R that tells most about x.

Entropy-bounded information maximisation, max I(x; t) subject to H(t) <= R over all p(t | x): Ebrahimi, Chen
& Khisti (2024), "Minimum entropy coupling with bottleneck". For a function t = f(x) the information
is H(t), so that functions are partitions of the values of x; between the rates that they attain, moving a
little of one value's mass to another block is best (their theorem 3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum, isclose
from typing import TypeAlias

import numpy as np

from pplc.inference.answers import Bounds, Exact
from pplc.information.couplings import NEGLIGIBLE
from pplc.information.pair import entropy_of
from pplc.information.table import Floats

Partition: TypeAlias = tuple[tuple[int, ...], ...]
"""Blocks of places 0, 1, …; each place stands in one of them."""

Blocks: TypeAlias = list[tuple[float, tuple[int, ...]]]
"""The blocks of a partition with their masses."""

MOST_ATOMS = 10
"""Values of x whose partitions are all looked at: the tenth Bell number is 115,975."""

NEIGHBOURHOODS = 100
"""Partitions around which channels are looked for: those whose entropies are closest to the rate."""

STEPS = 128
"""Masses tried on the way from one block to another, to find where the entropy crosses the rate."""


@dataclass(frozen=True, slots=True)
class Compressed:
    """What was found for one rate; entropies and information in nats.

    greedy:    the partition that merging finds.
    partition: the best partition, or the greedy one where there are too many to look at.
    channel:   p(t | x), one row for each value of x, of the best found of all.
    found:     between the information of `channel` and min(R, H(x)), which nothing exceeds; exact where
               these agree.
    """

    greedy: Partition
    partition: Partition
    channel: Floats
    found: Exact | Bounds


def compress(law: Sequence[float], rate: float) -> Compressed:
    """The best compression of a law to a rate in nats."""
    p = np.asarray(law, dtype=np.float64)
    greedy = greedy_partition(law, rate)
    small = len(law) <= MOST_ATOMS
    stock = [(block_entropy(p, blocks), blocks) for blocks in partitions(len(law))] if small else []
    fitting = [pair for pair in stock if pair[0] <= rate + NEGLIGIBLE] or [(block_entropy(p, greedy), greedy)]
    value, best = max(fitting, key=lambda pair: (round(pair[0], 12), -len(pair[1])))
    channel = _membership(best, len(law))
    upper = min(rate, entropy_of(p))
    if not isclose(value, upper, rel_tol=0, abs_tol=NEGLIGIBLE):
        near = sorted(stock, key=lambda pair: abs(pair[0] - rate))[:NEIGHBOURHOODS]
        for blocks in [blocks for _, blocks in near] or [greedy]:
            moved = best_transfer(p, blocks, rate)
            if moved is not None and moved[0] > value + NEGLIGIBLE:
                value, channel = moved
    known = isclose(value, upper, rel_tol=0, abs_tol=NEGLIGIBLE)
    return Compressed(greedy, best, channel, Exact(upper) if known else Bounds(value, upper))


def greedy_partition(law: Sequence[float], rate: float) -> Partition:
    """A partition with entropy at most R nats: merge the two lightest blocks, or else the two heaviest.

    Whatever of the two first fits into R is the answer; if neither does, the heaviest are merged for good and
    it goes on. Within h(second largest probability) of min(R, H). Ebrahimi, Chen & Khisti (2024),
    algorithm 1.
    """
    blocks: Blocks = sorted(
        ((mass, (k,)) for k, mass in enumerate(law)), key=lambda block: (-block[0], block[1])
    )
    while True:
        if _entropy(blocks) <= rate + NEGLIGIBLE:
            break
        light = _merged(blocks, -2)
        if _entropy(light) <= rate + NEGLIGIBLE:
            blocks = light
            break
        blocks = _merged(blocks, 0)
    return tuple(sorted(tuple(sorted(places)) for _, places in blocks))


def _merged(blocks: Blocks, at: int) -> Blocks:
    """Two neighbours of blocks in order of mass made one, and the order restored."""
    first, second = blocks[at], blocks[at + 1]
    rest = [block for block in blocks if block is not first and block is not second]
    merged = (first[0] + second[0], first[1] + second[1])
    return sorted([*rest, merged], key=lambda block: (-block[0], block[1]))


def _entropy(blocks: Blocks) -> float:
    return entropy_of(np.array([mass for mass, _ in blocks]))


def block_entropy(law: Floats, blocks: Partition) -> float:
    """The entropy of a partition in nats."""
    return entropy_of(np.array([fsum(law[list(block)].tolist()) for block in blocks]))


def partitions(count: int) -> Iterator[Partition]:
    """All partitions of 0, …, count - 1; their number is the Bell number.

    >>> len(list(partitions(4)))
    15
    """
    blocks: list[list[int]] = []

    def extend(place: int) -> Iterator[Partition]:
        if place == count:
            yield tuple(map(tuple, blocks))
            return
        for block in blocks:
            block.append(place)
            yield from extend(place + 1)
            block.pop()
        blocks.append([place])
        yield from extend(place + 1)
        blocks.pop()

    return extend(0)


def best_transfer(law: Floats, blocks: Partition, rate: float) -> tuple[float, Floats] | None:
    """The most information within the rate from moving part of one value to another or a new block.

    The information and p(t | x), or None where nothing fits into the rate.
    """
    member = _membership(blocks, len(law))
    member = np.concatenate([member, np.zeros((len(law), 1))], axis=1)
    best: tuple[float, Floats] | None = None
    for i in range(len(law)):
        home = int(member[i].argmax())
        for to in range(member.shape[1]):
            if to == home:
                continue
            share = _largest_share(law, member, (i, home, to), rate)
            if share is None:
                continue
            channel = member.copy()
            channel[i, home], channel[i, to] = 1 - share, share
            information = entropy_of(law @ channel) - law[i] * entropy_of(channel[i])
            if best is None or information > best[0]:
                best = float(information), channel
    return best


def _largest_share(law: Floats, member: Floats, move: tuple[int, int, int], rate: float) -> float | None:
    """The share of a value to move for which H(t) <= R and I(x; t) is largest; None if none fits.

    The information is not concave in the share, so that all crossings of the rate, and the points between
    them, are candidates.
    """
    i, home, to = move
    masses = law @ member
    shares = np.linspace(0, 1, STEPS + 1)
    fixed = entropy_of(np.delete(masses, [home, to]))

    def entropies(at: Floats) -> Floats:
        moved = law[i] * at
        found: Floats = fixed + _shares(masses[home] - moved) + _shares(masses[to] + moved)
        return found

    over = entropies(shares) > rate
    low, high = shares[:-1][over[:-1] != over[1:]], shares[1:][over[:-1] != over[1:]]
    inside_low = ~over[:-1][over[:-1] != over[1:]]
    for _ in range(50):
        middle = (low + high) / 2
        stays = (entropies(middle) <= rate) == inside_low
        low, high = np.where(stays, middle, low), np.where(stays, high, middle)
    candidates = np.concatenate([shares[~over], np.where(inside_low, low, high)])
    if not candidates.size:
        return None
    gains = entropies(candidates) - law[i] * (_shares(candidates) + _shares(1 - candidates))
    return float(candidates[gains.argmax()])


def _shares(p: Floats) -> Floats:
    """-p ln p, elementwise, 0 where p is 0 or below it by rounding."""
    found: Floats = -p * np.log(np.where(p > 0, p, 1.0))
    return found


def _membership(blocks: Partition, count: int) -> Floats:
    member = np.zeros((count, len(blocks)))
    for k, block in enumerate(blocks):
        member[list(block), k] = 1
    return member
